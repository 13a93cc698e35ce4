//! A dataset in plain words.

use data::{Dataset, Facts};

/// How many samples there are, what always giving one answer would be right in, and what is kept apart.
pub fn data_words(dataset: &Dataset, facts: &Facts) -> Vec<String> {
    let (train, test) = (dataset.train().len(), dataset.test().len());
    let [train_text, test_text] = [train, test].map(|n| format::count(n as u64));
    let mut told = vec![match train {
        0 => format!("{test_text} samples are run; there are none to train on."),
        _ => format!(
            "A network learns from {train_text} samples, and is judged by {test_text} others that it has never seen. Only these are encrypted and run."
        ),
    }];
    let most = facts.classes.iter().max_by_key(|class| class.test);
    told.extend(most.filter(|class| class.test > 0).map(|class| {
        let share = format::percent(class.test as f64 / test.max(1) as f64);
        format!("Whoever always answers {} is right in {share}: a network must be better than that to have learned anything.", class.name)
    }));
    let ends =
        facts.values.iter().map(|v| (v.least, v.most)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    told.extend(ends.map(|(least, most)| {
        format!("Values lie between {least} and {most}. The client brings them to the scale of the network before it encrypts them.")
    }));
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_told_with_what_guessing_would_give() {
        let digits = data::open("digits", None).expect("built in");
        let told = data_words(&digits, &Facts::of(&digits));
        // 1797 digits of scikit-learn, 359 of them to test; the most frequent class has a tenth.
        assert!(told[0].contains("1438 samples") && told[0].contains("359 others"), "{}", told[0]);
        assert!(told[1].contains("is right in 1"), "{}", told[1]);
        assert!(told[2].starts_with("Values lie between 0 and 16."), "{}", told[2]);
    }
}
