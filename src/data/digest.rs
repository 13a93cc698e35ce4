//! Content told apart by its SHA-256.

use super::dataset::{Dataset, Shape, Split};
use rayon::prelude::*;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// Values that are hashed together; blocks are hashed side by side.
const BLOCK: usize = 1 << 20;
/// Hexadecimal digits of a shortened digest.
const SHORT: usize = 12;

/// A SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// SHA-256 of all parts, each behind its length, so that no two lists of parts run together.
    pub fn of<T: AsRef<[u8]>>(parts: impl IntoIterator<Item = T>) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            let part = part.as_ref();
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// The first digits, for people.
    pub fn short(&self) -> String {
        self.to_string().chars().take(SHORT).collect()
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl std::str::FromStr for Digest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "a digest has 64 hexadecimal digits".to_owned();
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(wrong());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.as_chunks::<2>().0) {
            let pair = std::str::from_utf8(pair).map_err(|_| wrong())?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| wrong())?;
        }
        Ok(Self(bytes))
    }
}

impl AsRef<[u8]> for Digest {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Dataset {
    /// What the samples are, whatever they and their classes are called and however the files were
    /// packed: over shape, values, labels and lengths of both parts.
    pub fn digest(&self) -> Digest {
        let (kind, sizes) = match self.shape() {
            Shape::Image { channels, height, width } => (0u8, [channels, height, width]),
            Shape::Flat { len } => (1, [len, 0, 0]),
            Shape::Sequence { steps, channels } => (2, [steps, channels, 0]),
        };
        let mut parts = vec![vec![kind], numbers(sizes.map(|n| n as u64))];
        for Split { inputs, labels, lengths } in [self.train(), self.test()] {
            // Without classes there are none to hash, which no labelled data have.
            let labels = if self.has_classes() { labels.as_slice() } else { &[] };
            parts.push(numbers(labels.iter().map(|l| u64::from(*l))));
            parts.push(numbers(lengths.iter().map(|l| u64::from(*l))));
            let blocks: Vec<Digest> = inputs.par_chunks(BLOCK).map(block).collect();
            parts.push(blocks.iter().flat_map(|d| d.0).collect());
        }
        Digest::of(parts)
    }
}

fn numbers(values: impl IntoIterator<Item = u64>) -> Vec<u8> {
    values.into_iter().flat_map(u64::to_le_bytes).collect()
}

/// Values as bytes where every one of them is a whole number from 0 to 255, as pixels are.
fn block(values: &[f32]) -> Digest {
    let bytes: Vec<u8> = values.iter().map(|v| *v as u8).collect();
    if values.iter().zip(&bytes).all(|(v, b)| f32::from(*b) == *v) {
        return Digest::of([&[0][..], &bytes]);
    }
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    Digest::of([&[1][..], &bytes])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_together() {
        // SHA-256 of eight zero bytes, a part of length 0, computed with sha256sum.
        let expected = "af5570f5a1810b7af78caf4bc70a660f0df51e42baf91d4de5b2328de0e83dfc";
        assert_eq!(Digest::of([""]).to_string(), expected);
        assert_eq!(expected.parse(), Ok(Digest::of([""])));
        assert_ne!(Digest::of(["ab", "c"]), Digest::of(["a", "bc"]));
        assert!(
            "xy".parse::<Digest>().is_err()
                && expected.replace('a', "g").parse::<Digest>().is_err()
        );
    }

    fn dataset(values: [f32; 4], labels: [u16; 2], name: &str) -> Dataset {
        let split = |at: usize| Split {
            inputs: values[2 * at..2 * at + 2].to_vec(),
            labels: vec![labels[at]],
            lengths: Vec::new(),
        };
        let classes = vec![format!("{name} a"), format!("{name} b")];
        let shape = Shape::Flat { len: 2 };
        Dataset::new(name, name, shape, classes, vec![], split(0), split(1)).expect("fits")
    }

    #[test]
    fn content_counts_and_names_do_not() {
        let one = dataset([1.0, 2.0, 3.0, 255.0], [0, 1], "one").digest();
        assert_eq!(one, dataset([1.0, 2.0, 3.0, 255.0], [0, 1], "two").digest());
        for other in [
            dataset([1.0, 2.0, 3.0, 254.0], [0, 1], "one"),
            dataset([1.0, 2.0, 3.0, 255.5], [0, 1], "one"),
            dataset([1.0, 2.0, 3.0, 255.0], [1, 1], "one"),
        ] {
            assert_ne!(one, other.digest());
        }
    }
}
