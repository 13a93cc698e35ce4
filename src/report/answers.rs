//! Answers sample by sample, as a table.

use super::event::Sample;

/// A row for each sample, in the order of their indices: its index in the test part, the class that the
/// original, the reference and the encrypted network give it, its label where the data have classes, and
/// the scores of the three networks, in the units of the original one.
pub fn answers_csv(samples: &[Sample], class_names: &[String]) -> String {
    let mut samples: Vec<&Sample> = samples.iter().collect();
    samples.sort_by_key(|sample| sample.index);
    let labelled = samples.iter().any(|sample| sample.label.is_some());
    let outputs = samples.first().map_or(0, |sample| sample.plain_logits.len());
    let name = |class: usize| class_names.get(class).cloned().unwrap_or_else(|| class.to_string());
    let mut head: Vec<String> =
        ["sample", "original", "reference", "encrypted"].map(Into::into).into();
    head.extend(labelled.then(|| "label".to_owned()));
    for network in ["original", "reference", "encrypted"] {
        head.extend((0..outputs).map(|class| format!("{network}_score_{}", name(class))));
    }
    let row = |sample: &&Sample| {
        let classes = [sample.plain, sample.reference, sample.encrypted];
        let mut row = vec![sample.index.to_string()];
        row.extend(classes.map(|class| name(usize::from(class))));
        if labelled {
            row.push(sample.label.map_or_else(String::new, |label| name(usize::from(label))));
        }
        for scores in [&sample.plain_logits, &sample.reference_logits, &sample.encrypted_logits] {
            let score = |class| scores.get(class).map_or_else(String::new, f32::to_string);
            row.extend((0..outputs).map(score));
        }
        row
    };
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    format::csv_table(&head, samples.iter().map(row))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(index: usize, label: Option<u16>) -> Sample {
        Sample {
            index,
            label,
            plain: 1,
            reference: 1,
            encrypted: 0,
            plain_logits: vec![-0.5, 2.0],
            reference_logits: vec![0.25, 1.0],
            encrypted_logits: vec![1.5, 1.0],
        }
    }

    #[test]
    fn every_sample_has_its_row_in_order_with_classes_by_name() {
        let names = ["yes, no".to_owned(), "=2+3".to_owned()];
        let text = answers_csv(&[sample(1, Some(0)), sample(0, Some(1))], &names);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(
            lines[0],
            "sample,original,reference,encrypted,label,\"original_score_yes, no\",original_score_=2+3,\"reference_score_yes, no\",reference_score_=2+3,\"encrypted_score_yes, no\",encrypted_score_=2+3"
        );
        // No spreadsheet takes a name for a formula; a number stays one.
        assert_eq!(lines[1], "0,'=2+3,'=2+3,\"yes, no\",'=2+3,-0.5,2,0.25,1,1.5,1");
        assert_eq!(lines[2], "1,'=2+3,'=2+3,\"yes, no\",\"yes, no\",-0.5,2,0.25,1,1.5,1");
    }

    #[test]
    fn without_classes_there_is_no_column_for_them() {
        let text = answers_csv(&[sample(7, None)], &[]);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("sample,original,reference,encrypted,original_score_0,"));
        assert_eq!(lines[1], "7,1,1,0,-0.5,2,0.25,1,1.5,1");
    }
}
