//! The stage table as CSV.

use report::RunReport;

/// The stage table as CSV, one line per stage, units in the column names.
pub fn csv(report: &RunReport) -> Result<Vec<u8>, csv::Error> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record([
        "stage",
        "name",
        "kind",
        "secs",
        "secs_predicted",
        "plain_secs",
        "ciphertexts",
        "parts",
        "log2_q",
        "ciphertext_bytes",
        "plain_bytes",
        "margin_bits_predicted",
        "margin_bits_measured",
        "max_abs_error",
        "wrong_values",
    ])?;
    let optional = |value: Option<f64>| value.map_or(String::new(), |v| v.to_string());
    for (index, s) in report.stages.iter().enumerate() {
        let kind = serde_json::to_value(s.kind).unwrap_or_default();
        out.write_record([
            index.to_string(),
            format::cell(&s.name).into_owned(),
            kind.as_str().unwrap_or_default().to_owned(),
            s.secs.to_string(),
            s.secs_predicted.to_string(),
            s.plain_secs.to_string(),
            s.ciphertexts.to_string(),
            s.components.to_string(),
            s.log2_q.to_string(),
            s.ciphertext_bytes.to_string(),
            s.plain_bytes.to_string(),
            s.margin_bits_predicted.to_string(),
            optional(s.margin_bits_measured),
            optional(s.max_abs_error),
            s.wrong_values.to_string(),
        ])?;
    }
    out.into_inner().map_err(|e| e.into_error().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use circuit::StageKind;
    use report::StageReport;

    #[test]
    fn every_column_is_filled_and_what_was_not_measured_is_empty() {
        let stage = StageReport {
            name: "conv, first".into(),
            kind: StageKind::Linear,
            secs: 0.5,
            secs_predicted: 0.25,
            plain_secs: 0.001,
            ciphertexts: 845,
            components: 2,
            log2_q: 137.5,
            ciphertext_bytes: 1 << 20,
            plain_bytes: 1 << 10,
            margin_bits_predicted: 20.5,
            margin_bits_measured: None,
            max_abs_error: Some(0.0),
            max_abs_error_predicted: None,
            wrong_values: 0,
        };
        let report = RunReport { stages: vec![stage], ..RunReport::default() };
        let text = String::from_utf8(csv(&report).unwrap()).unwrap();
        let mut lines = csv::Reader::from_reader(text.as_bytes());
        let columns = lines.headers().unwrap().len();
        let row = lines.records().next().unwrap().unwrap();
        assert_eq!(row.len(), columns);
        assert_eq!(&row[1], "conv, first");
        assert_eq!((&row[2], &row[12], &row[13]), ("linear", "", "0"));
    }
}
