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

/// The most memory, bytes, that `inspect` of a file takes, and what it says on standard error.
#[cfg(target_os = "linux")]
fn memory_of_inspect(path: &Path) -> (u64, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_cryptoscope"));
    let (out, err) = (std::process::Stdio::null(), std::process::Stdio::piped());
    let mut child = command.arg("inspect").arg(path).stdout(out).stderr(err).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        let told = std::fs::read_to_string(&status).unwrap_or_default();
        let line = told.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|l| l.split_whitespace().next()?.parse::<u64>().ok());
        most = most.max(1024 * kib.unwrap_or(0));
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let said = child.wait_with_output().unwrap().stderr;
    (most, String::from_utf8_lossy(&said).into_owned())
}

/// Memory stays below 4 times the size of a table and 64 MiB, and that of a packed one that is made to fill
/// it below 128 MiB.
#[cfg(target_os = "linux")]
#[test]
fn tables_take_memory_by_their_size() {
    let dir = tempfile::tempdir().unwrap();
    let rows = |row: &dyn Fn(usize) -> String, bytes: usize| {
        let mut text = String::new();
        for at in 0.. {
            text += &row(at);
            if text.len() > bytes {
                break;
            }
        }
        text
    };
    let size = 48 << 20;
    let kinds = ["x", "y", "z"];
    let narrow = rows(&|at| format!("{},{}\n", at % 10, at % 2), size);
    let lines = rows(&|at| format!("{},{}\r\n", at % 10, at % 2), size);
    let spaced = rows(&|at| format!("{}  {}\n", at % 10, at % 2), size);
    let digits = rows(&|at| format!("{}{}\n", "7,".repeat(200), kinds[at % 3]), size);
    for (name, text) in
        [("narrow", narrow), ("lines", lines), ("spaced", spaced), ("digits", digits)]
    {
        let path = dir.path().join(format!("{name}.csv"));
        std::fs::write(&path, &text).unwrap();
        let (most, said) = memory_of_inspect(&path);
        assert!(said.is_empty() && most > 0, "{name}: {said}");
        let allowed = 4 * text.len() as u64 + (64 << 20);
        assert!(most <= allowed, "{name}: {} MiB of {}", most >> 20, allowed >> 20);
    }
    let bomb = dir.path().join("bomb.csv.gz");
    let file = std::fs::File::create(&bomb).unwrap();
    let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::best());
    (0..200).for_each(|_| std::io::Write::write_all(&mut packed, &[b'1'; 1 << 20]).unwrap());
    packed.finish().unwrap();
    let (most, said) = memory_of_inspect(&bomb);
    assert!(said.contains("more than 100 times its size"), "{said}");
    assert!(most <= 128 << 20, "bomb: {} MiB", most >> 20);
}
