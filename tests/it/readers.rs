//! A short run of every fuzz target on stable: the seeds of its folder, and what chance makes of them.

#[path = "../../fuzz/readers.rs"]
mod targets;

use std::path::{Path, PathBuf};
use targets::{READERS, ciphertexts};

/// Inputs made of the seeds of a reader.
const TRIES: u64 = 300;

/// SplitMix64.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end.max(1) as u64) as usize
    }

    /// A few bytes changed, cut out, doubled or put in, as fuzzers do.
    fn change(&mut self, seed: &[u8]) -> Vec<u8> {
        let mut bytes = seed.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            let to = (at + 1 + self.below(16)).min(bytes.len());
            match self.below(7) {
                0 if !bytes.is_empty() => bytes[at] ^= 1 << self.below(8),
                1 if !bytes.is_empty() => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][self.below(5)],
                2 => bytes.truncate(at),
                3 => drop(bytes.drain(at..to)),
                4 => {
                    let part = bytes[at..to].to_vec();
                    bytes.splice(at..at, part);
                }
                5 => drop(bytes.splice(at..at, [0xff; 8])),
                _ => {
                    let number = [0, 1, 1 << 20, u32::MAX][self.below(4)].to_le_bytes();
                    bytes.iter_mut().skip(at).zip(number).for_each(|(to, byte)| *to = byte);
                }
            }
        }
        bytes
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The seeds of a reader: those of its folder, and files of other tests.
fn seeds(name: &str) -> Vec<Vec<u8>> {
    let files = |folder: &Path, ends: &[&str]| -> Vec<Vec<u8>> {
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
        paths.sort();
        paths.retain(|p| p.is_file() && ends.iter().any(|e| p.to_string_lossy().ends_with(e)));
        paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
    };
    let it = root().join("tests/it");
    let mut all = files(&root().join("fuzz/seeds").join(name), &[""]);
    all.extend(match name {
        "onnx" => files(&it.join("onnx"), &["mlp_opset17.onnx", "softmax.onnx", "names.onnx"]),
        "safetensors" => {
            files(&root().join("models"), &["hospital.safetensors", "cryptornn.safetensors"])
        }
        "npz" => files(&it.join("brought/arrays"), &[".npz"]),
        "npy" => files(&it.join("brought/parts"), &[".npy"]),
        "pictures" => files(&it.join("brought/pictures/cat"), &["png", "bmp", "webp", "jpg"]),
        "scenario" => files(&it.join("old_files"), &["activation.json", "strategy.json"]),
        "report" => files(&it.join("old_files"), &["run-bgv.json", "run-ckks.json"]),
        "checkpoint" => files(&it.join("old_files"), &["checkpoint"]),
        _ => Vec::new(),
    });
    all.extend(ciphertexts().into_iter().filter(|(of, _)| *of == name).map(|(_, bytes)| bytes));
    all
}

#[test]
fn no_reader_fails_on_what_chance_makes_of_its_seeds() {
    for (name, read) in READERS {
        let seeds = seeds(name);
        assert!(!seeds.is_empty(), "{name} has no seeds");
        seeds.iter().for_each(|seed| read(seed));
        let mut chance = Chance(7);
        for _ in 0..TRIES {
            let at = chance.below(seeds.len());
            read(&chance.change(&seeds[at]));
        }
    }
}
