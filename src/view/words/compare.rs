//! A comparison of schemes in plain words.

use crate::compare::CompareView;
use study::CompareRow;

/// Which scheme answers first, which answers most, which sends least.
pub fn compare_words(view: &CompareView) -> Vec<String> {
    let ran: Vec<&CompareRow> = view.rows.iter().filter(|row| row.refusal.is_none()).collect();
    let least = |of: fn(&CompareRow) -> f64| ran.iter().min_by(|a, b| of(a).total_cmp(&of(b)));
    let (Some(first), Some(most), Some(sends)) = (
        least(|row| row.latency_secs),
        least(|row| -row.images_per_sec),
        least(|row| (row.evaluation_key_bytes + row.upload_bytes + row.download_bytes) as f64),
    ) else {
        return Vec::new();
    };
    let all = sends.evaluation_key_bytes + sends.upload_bytes + sends.download_bytes;
    let mut told = vec![
        format!("{} has the first answer, after {}.", first.name, format::secs(first.latency_secs)),
        format!(
            "{} has the most answers, {} a second: ",
            most.name,
            format::count(most.images_per_sec.round().max(0.0) as u64)
        ) + if most.name == first.name {
            "it is the fastest either way."
        } else {
            "it computes on thousands of samples at once, and a single one takes as long as all."
        },
        format!("{} sends least: {} with its keys.", sends.name, format::bytes(all)),
    ];
    let wrong: Vec<&str> =
        ran.iter().filter(|row| row.wrong_outputs > 0).map(|row| row.name.as_str()).collect();
    if !wrong.is_empty() {
        told.push(format!(
            "Decrypted wrongly: {}. What came out there is no answer.",
            wrong.join(", ")
        ));
    }
    let refused: Vec<&str> =
        view.rows.iter().filter(|row| row.refusal.is_some()).map(|row| row.name.as_str()).collect();
    if !refused.is_empty() {
        told.push(format!("Not possible for this network: {}.", refused.join(", ")));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_strength_is_of_the_scheme_that_has_it() {
        let row = |name: &str, latency_secs, images_per_sec, upload_bytes| CompareRow {
            name: name.into(),
            latency_secs,
            images_per_sec,
            upload_bytes,
            ..CompareRow::default()
        };
        let mut rows = vec![row("BGV", 2.0, 1000.0, 1 << 20), row("TFHE", 0.5, 2.0, 1 << 10)];
        rows[0].wrong_outputs = 3;
        let refusal = Some("no level is left".to_owned());
        rows.push(CompareRow { refusal, ..row("CKKS", 0.0, 0.0, 0) });
        let view = CompareView { rows, ..CompareView::default() };
        let told = compare_words(&view);
        assert_eq!(told[0], "TFHE has the first answer, after 500 ms.");
        assert!(told[1].starts_with("BGV has the most answers, 1000 a second: it computes on"));
        assert_eq!(told[2], "TFHE sends least: 1.00 KiB with its keys.");
        assert!(told[3].starts_with("Decrypted wrongly: BGV."));
        assert_eq!(told[4], "Not possible for this network: CKKS.");
        assert!(compare_words(&CompareView::default()).is_empty());
    }
}
