//! The public datasets that can be downloaded, and where they are offered.

use super::archive::archived;
use super::download::{Fetched, files};
use super::error::FetchError;
use super::file::is_right;
use super::patience::Patience;
use super::remote::RemoteFile;
use progress::Watch;
use std::path::Path;

/// A public dataset.
#[derive(Debug, PartialEq, Eq)]
pub struct PublicSet {
    /// What it is called here.
    pub name: &'static str,
    /// Its folder in the data folder.
    pub folder: &'static str,
    pub licence: &'static str,
    /// Name, length and SHA-256 of each file.
    files: &'static [(&'static str, u64, &'static str)],
    offers: &'static [Offer],
}

/// Where a set is offered; the checksums decide, not who offers it.
#[derive(Debug, PartialEq, Eq)]
enum Offer {
    /// The address of a folder with its files.
    Folder(&'static str),
    /// The address of a ZIP archive that has them in it.
    Archive(&'static str),
}

/// Every set that can be downloaded.
pub const SETS: [PublicSet; 7] = [
    PublicSet {
        name: "mnist",
        folder: "mnist",
        licence: "CC BY-SA 3.0",
        files: &[
            (
                "train-images-idx3-ubyte.gz",
                9_912_422,
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            ),
            (
                "train-labels-idx1-ubyte.gz",
                28_881,
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            ),
            (
                "t10k-images-idx3-ubyte.gz",
                1_648_877,
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            ),
            (
                "t10k-labels-idx1-ubyte.gz",
                4542,
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            ),
        ],
        offers: &[
            Offer::Folder("https://ossci-datasets.s3.amazonaws.com/mnist/"),
            Offer::Folder("https://storage.googleapis.com/cvdf-datasets/mnist/"),
        ],
    },
    PublicSet {
        name: "fashion-mnist",
        folder: "fashion-mnist",
        licence: "MIT",
        files: &[
            (
                "train-images-idx3-ubyte.gz",
                26_421_880,
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            ),
            (
                "train-labels-idx1-ubyte.gz",
                29_515,
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            ),
            (
                "t10k-images-idx3-ubyte.gz",
                4_422_102,
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            ),
            (
                "t10k-labels-idx1-ubyte.gz",
                5148,
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            ),
        ],
        offers: &[Offer::Folder("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/")],
    },
    PublicSet {
        name: "cifar10",
        folder: "cifar10",
        licence: "cite Krizhevsky 2009",
        files: &[(
            "cifar-10-binary.tar.gz",
            170_052_171,
            "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        )],
        offers: &[Offer::Folder("https://www.cs.toronto.edu/~kriz/")],
    },
    PublicSet {
        name: "ItalyPowerDemand",
        folder: "sequences/ItalyPowerDemand",
        licence: "UCR archive, cite Dau et al. 2019",
        files: &[
            (
                "ItalyPowerDemand_TRAIN.ts",
                18_300,
                "341269cb7e6cef96846b30e774580beec79addb93848ba360145219115a74b7c",
            ),
            (
                "ItalyPowerDemand_TEST.ts",
                274_054,
                "26122451f87dd0387ef90b18bc8a86c041371b8a1c068004922b939971247144",
            ),
        ],
        offers: &[
            Offer::Folder(
                "https://raw.githubusercontent.com/sktime/sktime/7bd7d1620c0656f3210eeb850bb1c0034159ee47/sktime/datasets/data/ItalyPowerDemand/",
            ),
            Offer::Archive(
                "https://timeseriesclassification.com/aeon-toolkit/ItalyPowerDemand.zip",
            ),
        ],
    },
    PublicSet {
        name: "ECG200",
        folder: "sequences/ECG200",
        licence: "UCR archive, cite Dau et al. 2019",
        files: &[
            (
                "ECG200_TRAIN.ts",
                107_212,
                "6b855dbcbae2d968937c2416d22bdc2dc74be90d5ce6345f56950fa7e754b3fe",
            ),
            (
                "ECG200_TEST.ts",
                107_209,
                "526d18e133ea51ac13dc528fa2bb13f63b4f93473bc329f0fb8a03d4ec92c235",
            ),
        ],
        offers: &[Offer::Archive("https://timeseriesclassification.com/aeon-toolkit/ECG200.zip")],
    },
    PublicSet {
        name: "JapaneseVowels",
        folder: "sequences/JapaneseVowels",
        licence: "CC BY 4.0",
        files: &[
            (
                "JapaneseVowels_TRAIN.ts",
                487_971,
                "68a430eabd919cc77f40b1f5f3bc0dcafacc1486bca9260785aeb7d262cc78cd",
            ),
            (
                "JapaneseVowels_TEST.ts",
                649_132,
                "b3d41d6a0ca3bcad3afb9ca7d4365382aa51341e2e58bae2a574babdda5b9462",
            ),
        ],
        offers: &[
            Offer::Folder(
                "https://raw.githubusercontent.com/sktime/sktime/7bd7d1620c0656f3210eeb850bb1c0034159ee47/sktime/datasets/data/JapaneseVowels/",
            ),
            Offer::Archive("https://timeseriesclassification.com/aeon-toolkit/JapaneseVowels.zip"),
        ],
    },
    PublicSet {
        name: "sentiment",
        folder: "sequences/sentiment-labelled-sentences",
        licence: "CC BY 4.0",
        files: &[
            (
                "amazon_cells_labelled.txt",
                58_226,
                "47003fc0a0d4840b00e96e715b6189bad09e7443a3da41c4cbe12ffc79f86ae3",
            ),
            (
                "imdb_labelled.txt",
                85_285,
                "aef2e49e3da25714d61175e3a6e68eeef74a20a2f914318dc3be9947ea86512d",
            ),
            (
                "yelp_labelled.txt",
                61_320,
                "c76468b7b5c6e56a0804d728345c5f84aa2142ddb214420f61cc9cfd4c00d2ea",
            ),
        ],
        offers: &[Offer::Archive(
            "https://archive.ics.uci.edu/static/public/331/sentiment+labelled+sentences.zip",
        )],
    },
];

impl PublicSet {
    /// The set of that name; `mnist-rows` is `mnist`, read in another way.
    pub fn named(name: &str) -> Option<&'static Self> {
        let bare = name.split_once('?').map_or(name, |(name, _)| name);
        let bare = bare.strip_suffix("-rows").unwrap_or(bare);
        SETS.iter().find(|set| set.name == bare)
    }

    /// Its files.
    pub fn files(&self) -> Vec<RemoteFile> {
        let file = |(name, bytes, sha256): &(&str, u64, &str)| RemoteFile {
            name: (*name).to_owned(),
            bytes: *bytes,
            sha256: (*sha256).to_owned(),
        };
        self.files.iter().map(file).collect()
    }

    /// Bytes of all its files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|(_, bytes, _)| bytes).sum()
    }

    /// Downloads the set into its folder in `data_dir` (made when it is not there), from `mirrors`
    /// (addresses of folders with its files) in turn, or from where it is offered when there are none: a
    /// mirror of all sets that the environment names goes first.
    /// Stops within 0.3 s of a cancel; what has arrived by then stays as `.part` and is continued next
    /// time, but for archives, which are small.
    ///
    /// # Errors
    /// When no place gives a file whose length and SHA-256 are right, or the disk refuses.
    pub fn fetch(
        &self,
        data_dir: &Path,
        mirrors: &[String],
        watch: &Watch,
    ) -> Result<Fetched, FetchError> {
        self.fetch_with(data_dir, mirrors, Patience::default(), watch)
    }

    /// Its folder at the address that `CRYPTOSCOPE_MIRROR` has, laid out as a data folder.
    fn own_mirror(&self) -> Option<String> {
        let base = std::env::var("CRYPTOSCOPE_MIRROR").ok().filter(|base| !base.is_empty())?;
        Some(format!("{}/{}/", base.trim_end_matches('/'), self.folder))
    }

    fn fetch_with(
        &self,
        data_dir: &Path,
        mirrors: &[String],
        patience: Patience,
        watch: &Watch,
    ) -> Result<Fetched, FetchError> {
        let (dest, wanted) = (data_dir.join(self.folder), self.files());
        if !mirrors.is_empty() {
            return files(&dest, &wanted, mirrors, patience, watch);
        }
        let mut folders: Vec<String> = self.own_mirror().into_iter().collect();
        let mut archives = Vec::new();
        for offer in self.offers {
            match offer {
                Offer::Folder(address) => folders.push((*address).to_owned()),
                Offer::Archive(address) => archives.push((*address).to_owned()),
            }
        }
        let failed = match files(&dest, &wanted, &folders, patience, watch) {
            Err(failed @ FetchError::NoMirror { .. }) if !archives.is_empty() => failed,
            done => return done,
        };
        let mut missing = Vec::new();
        for file in wanted {
            if !is_right(&dest.join(&file.name), &file, watch)? {
                missing.push(file);
            }
        }
        archived(&dest, &missing, &archives, patience, watch).map_err(|error| {
            // Both, where folders were tried too.
            match (error, failed) {
                (
                    FetchError::NoMirror { file, reasons },
                    FetchError::NoMirror { reasons: before, .. },
                ) if !folders.is_empty() => {
                    FetchError::NoMirror { file, reasons: format!("{before}; {reasons}") }
                }
                (error, _) => error,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NAMED;

    #[test]
    fn every_set_that_is_not_built_in_can_be_downloaded() {
        for named in NAMED.iter().filter(|n| !n.embedded) {
            let set = PublicSet::named(named.name);
            assert!(set.is_some_and(|set| set.bytes() > 0), "{}", named.name);
        }
        assert_eq!(PublicSet::named("mnist-rows").map(|s| s.name), Some("mnist"));
        assert_eq!(PublicSet::named("ECG200?frame=4").map(|s| s.name), Some("ECG200"));
        assert!(PublicSet::named("digits").is_none());
        for set in &SETS {
            let of = |file: RemoteFile| file.sha256.len() == 64 && !file.name.contains('/');
            assert!(set.files().into_iter().all(of) && !set.offers.is_empty(), "{}", set.name);
        }
    }
}
