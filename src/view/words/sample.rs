//! One sample in plain words.

use report::Sample;

/// Who says what to a sample, and what made the difference.
pub fn sample_words(sample: &Sample, classes: &[String]) -> Vec<String> {
    let name = |class: u16| classes.get(usize::from(class)).map_or("?", String::as_str);
    let is = match sample.label {
        Some(label) => format!("Sample {} is labelled {}.", sample.index, name(label)),
        None => format!("Sample {} has no label: nobody says what is right.", sample.index),
    };
    let [original, reference, encrypted] =
        [sample.plain, sample.reference, sample.encrypted].map(name);
    let approximation = match sample.reference == sample.plain {
        true => format!(
            "The original network says {original}, and so does the one that ciphertexts stand for."
        ),
        false => format!(
            "The original network says {original}, but the one that ciphertexts stand for, with its integers, polynomials or tables, says {reference}: that is what the approximation did, before anything was encrypted."
        ),
    };
    let encryption = match sample.encrypted == sample.reference {
        true => "Decrypted, the answer is the same: encryption changed nothing.".to_owned(),
        false => format!("Decrypted, the answer is {encrypted}: noise changed it."),
    };
    vec![is, approximation, encryption]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn approximation_and_encryption_are_told_apart() {
        let classes = ["cat", "dog", "fox"].map(str::to_owned);
        let mut sample = Sample {
            index: 7,
            label: Some(0),
            plain: 0,
            reference: 1,
            encrypted: 1,
            plain_logits: Vec::new(),
            reference_logits: Vec::new(),
            encrypted_logits: Vec::new(),
        };
        let told = sample_words(&sample, &classes);
        assert_eq!(told[0], "Sample 7 is labelled cat.");
        assert!(told[1].contains("says cat, but") && told[1].contains("says dog"));
        assert!(told[2].ends_with("changed nothing."));
        (sample.label, sample.reference, sample.encrypted) = (None, 0, 2);
        let told = sample_words(&sample, &classes);
        assert!(told[0].contains("no label") && told[1].contains("so does"));
        assert_eq!(told[2], "Decrypted, the answer is fox: noise changed it.");
    }
}
