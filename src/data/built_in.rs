//! The datasets that come with the program; `datasets/README.md` has their origin and licence.

use super::csv::{self, CsvOptions, Header};
use super::dataset::{Dataset, Shape};
use super::error::DataError;
use super::source::Source;

/// A dataset that can be opened by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// What a user types.
    pub name: &'static str,
    /// One line for people.
    pub description: &'static str,
    /// Whether it is part of the program; otherwise it is looked for in the data folder.
    pub embedded: bool,
}

/// Every dataset that has a name, the default first.
pub const NAMED: [Named; 12] = [
    Named {
        name: "digits",
        description: "1797 handwritten digits of 8x8 pixels (UCI, scikit-learn)",
        embedded: true,
    },
    Named {
        name: "breast_cancer",
        description: "569 tumours, 30 measurements each, malignant or benign (Wisconsin Diagnostic)",
        embedded: true,
    },
    Named {
        name: "iris",
        description: "150 flowers, 4 lengths each, 3 species (Fisher 1936)",
        embedded: true,
    },
    Named {
        name: "mnist",
        description: "70 000 handwritten digits of 28x28 pixels, from the data folder",
        embedded: false,
    },
    Named {
        name: "fashion-mnist",
        description: "70 000 pictures of clothes, 28x28 pixels, from the data folder",
        embedded: false,
    },
    Named {
        name: "cifar10",
        description: "60 000 pictures of 32x32 pixels in colour, 10 classes, from the data folder",
        embedded: false,
    },
    Named {
        name: "waves",
        description: "1536 noisy waveforms of 24 steps: sine, square, sawtooth or pulse, made from a seed",
        embedded: true,
    },
    Named {
        name: "ItalyPowerDemand",
        description: "1096 days of electricity, 24 steps, winter or summer, from the data folder",
        embedded: false,
    },
    Named {
        name: "ECG200",
        description: "200 heartbeats, 96 steps, normal or infarction, from the data folder",
        embedded: false,
    },
    Named {
        name: "JapaneseVowels",
        description: "640 utterances, 7 to 29 steps of 12 channels, 9 speakers, from the data folder",
        embedded: false,
    },
    Named {
        name: "sentiment",
        description: "3000 sentences, good or bad, from the data folder",
        embedded: false,
    },
    Named {
        name: "mnist-rows",
        description: "MNIST read row by row: 28 steps of 28 channels, from the data folder",
        embedded: false,
    },
];

struct Embedded {
    name: &'static str,
    source: &'static str,
    bytes: &'static [u8],
    /// scikit-learn's first line, which names sizes and classes.
    has_title: bool,
    classes: &'static [&'static str],
    features: &'static [&'static str],
    shape: Option<Shape>,
}

const EMBEDDED: [Embedded; 3] = [
    Embedded {
        name: "digits",
        source: "Optical Recognition of Handwritten Digits, UCI, as shipped by scikit-learn",
        bytes: include_bytes!("../../datasets/digits.csv.gz"),
        has_title: false,
        classes: &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
        features: &[],
        shape: Some(Shape::Image { channels: 1, height: 8, width: 8 }),
    },
    Embedded {
        name: "breast_cancer",
        source: "Breast Cancer Wisconsin (Diagnostic), UCI, as shipped by scikit-learn",
        bytes: include_bytes!("../../datasets/breast_cancer.csv.gz"),
        has_title: true,
        classes: &["malignant", "benign"],
        features: &[
            "mean radius",
            "mean texture",
            "mean perimeter",
            "mean area",
            "mean smoothness",
            "mean compactness",
            "mean concavity",
            "mean concave points",
            "mean symmetry",
            "mean fractal dimension",
            "radius error",
            "texture error",
            "perimeter error",
            "area error",
            "smoothness error",
            "compactness error",
            "concavity error",
            "concave points error",
            "symmetry error",
            "fractal dimension error",
            "worst radius",
            "worst texture",
            "worst perimeter",
            "worst area",
            "worst smoothness",
            "worst compactness",
            "worst concavity",
            "worst concave points",
            "worst symmetry",
            "worst fractal dimension",
        ],
        shape: None,
    },
    Embedded {
        name: "iris",
        source: "Iris, R. A. Fisher 1936, UCI, as shipped by scikit-learn",
        bytes: include_bytes!("../../datasets/iris.csv.gz"),
        has_title: true,
        classes: &["setosa", "versicolor", "virginica"],
        features: &[
            "sepal length (cm)",
            "sepal width (cm)",
            "petal length (cm)",
            "petal width (cm)",
        ],
        shape: None,
    },
];

/// Opens an embedded dataset; `None` when there is none of that name.
pub(super) fn open(name: &str) -> Option<Result<Dataset, DataError>> {
    EMBEDDED.iter().find(|e| e.name == name).map(Embedded::open)
}

impl Embedded {
    fn open(&self) -> Result<Dataset, DataError> {
        let options = CsvOptions {
            delimiter: Some(b','),
            skip_lines: usize::from(self.has_title),
            header: Header::No,
            shape: self.shape,
            ..CsvOptions::default()
        };
        let (raw, _) = csv::open(
            &mut Source::from_bytes(self.name, self.bytes)?,
            self.name,
            self.source,
            &options,
        )?;
        let texts = |list: &[&str]| list.iter().map(|&t| t.to_owned()).collect();
        Ok(Dataset::new(
            self.name,
            self.source,
            raw.shape(),
            texts(self.classes),
            texts(self.features),
            raw.train().clone(),
            raw.test().clone(),
        )?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(name: &str) -> Dataset {
        open(name).unwrap().unwrap()
    }

    #[test]
    fn digits_are_1797_images_of_8x8() {
        let d = opened("digits");
        assert_eq!(d.shape(), Shape::Image { channels: 1, height: 8, width: 8 });
        assert_eq!((d.train().len(), d.test().len()), (1438, 359));
        let all = d.train().inputs.iter().chain(&d.test().inputs);
        assert!(all.clone().all(|v| (0.0..=16.0).contains(v) && v.fract() == 0.0));
        // Sum over the file, computed with awk.
        assert_eq!(all.map(|&v| f64::from(v)).sum::<f64>(), 561_718.0);
    }

    #[test]
    fn breast_cancer_has_212_malignant_and_357_benign() {
        let d = opened("breast_cancer");
        assert_eq!(d.shape(), Shape::Flat { len: 30 });
        assert_eq!(
            (d.classes(), d.features().len()),
            (&["malignant".into(), "benign".into()][..], 30)
        );
        let malignant = |s: &crate::Split| s.labels.iter().filter(|&&l| l == 0).count();
        assert_eq!((malignant(d.train()), malignant(d.test())), (170, 42));
        assert_eq!((d.train().len(), d.test().len()), (456, 113));
    }

    #[test]
    fn iris_has_10_test_flowers_of_each_species() {
        let d = opened("iris");
        for class in 0..3 {
            assert_eq!(d.test().labels.iter().filter(|&&l| l == class).count(), 10);
        }
        assert_eq!((d.shape(), d.train().len()), (Shape::Flat { len: 4 }, 120));
    }

    #[test]
    fn every_embedded_name_is_listed() {
        let listed: Vec<_> = NAMED.iter().filter(|n| n.embedded).map(|n| n.name).collect();
        let tables = EMBEDDED.iter().map(|e| e.name);
        assert_eq!(listed, tables.chain(["waves"]).collect::<Vec<_>>());
    }
}
