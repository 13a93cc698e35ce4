//! What an array is, by its name: `x_train`, `test_labels`, `images`, `class_names`.

/// What an array holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Inputs,
    Labels,
    /// Names of the classes.
    Names,
}

/// Of which part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Part {
    Whole,
    Train,
    Validation,
    Test,
}

const TRAIN: [&str; 3] = ["train", "training", "tr"];
const VALIDATION: [&str; 5] = ["val", "valid", "validation", "dev", "holdout"];
const TEST: [&str; 4] = ["test", "testing", "te", "eval"];
const INPUTS: [&str; 11] = [
    "x", "image", "images", "img", "imgs", "data", "input", "inputs", "features", "samples",
    "values",
];
const LABELS: [&str; 8] =
    ["y", "label", "labels", "target", "targets", "class", "classes", "digits"];
const NAMES: [&str; 2] = ["names", "categories"];

/// What the array `name` is; `None` where that cannot be told.
pub(super) fn role(name: &str) -> Option<(What, Part)> {
    let lower = name.to_lowercase();
    let mut words: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    // Written together: xtrain, ytest.
    if let [only] = words[..]
        && let Some(rest) = only.get(1..)
        && [&TRAIN[..], &VALIDATION, &TEST].iter().any(|list| list.contains(&rest))
    {
        words = vec![only.get(..1)?, rest];
    }
    let is = |list: &[&str]| words.iter().any(|word| list.contains(word));
    let what = if is(&NAMES) {
        What::Names
    } else if is(&LABELS) {
        What::Labels
    } else if is(&INPUTS) {
        What::Inputs
    } else {
        return None;
    };
    let part = match () {
        () if is(&TRAIN) => Part::Train,
        () if is(&VALIDATION) => Part::Validation,
        () if is(&TEST) => Part::Test,
        () => Part::Whole,
    };
    Some((what, part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_people_use_are_known() {
        use {Part::*, What::*};
        for (name, expected) in [
            // Keras, MedMNIST, Kuzushiji-MNIST, scikit-learn, notMNIST, and what people write.
            ("x_train", Some((Inputs, Train))),
            ("y_test", Some((Labels, Test))),
            ("train_images", Some((Inputs, Train))),
            ("val_labels", Some((Labels, Validation))),
            ("k49-train-imgs", Some((Inputs, Train))),
            ("kmnist-test-labels", Some((Labels, Test))),
            ("data", Some((Inputs, Whole))),
            ("target", Some((Labels, Whole))),
            ("target_names", Some((Names, Whole))),
            ("X", Some((Inputs, Whole))),
            ("Xtrain", Some((Inputs, Train))),
            ("ytest", Some((Labels, Test))),
            ("arr_0", None),
            ("weights", None),
        ] {
            assert_eq!(role(name), expected, "{name}");
        }
    }
}
