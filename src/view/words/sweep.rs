//! A sweep in plain words.

use crate::sweep::{SweepAxis, SweepView, SweptRow};
use study::SweepRow;

/// How much worse than the original a polynomial may be to count as good: half a point.
const GOOD: f64 = 0.005;

/// Which polynomials keep the answers, and which of these costs least.
pub fn sweep_words(view: &SweepView) -> Vec<String> {
    let known = |row: &&SweptRow| row.accuracy().is_some_and(|share| !share.is_nan());
    // Of equally good ones the one of the lowest degree.
    let share = |row: &SweepRow| row.accuracy().unwrap_or(0.0);
    let known = view.rows.iter().filter(known);
    let best = known.max_by(|a, b| share(a).total_cmp(&share(b)).then(b.degree.cmp(&a.degree)));
    let Some(best) = best else { return Vec::new() };
    let named = |row: &SweepRow| format!("{}, degree {}", row.method.name(), row.degree);
    let right = |row: &SweepRow| view.share(row.accuracy().unwrap_or(f64::NAN)).both();
    let mut told = vec![format!(
        "Of {} polynomials {} keeps most answers: {} right.",
        view.rows.len(),
        named(best),
        right(best)
    )];
    let Some(exact) = view.exact_accuracy.filter(|share| !share.is_nan()) else { return told };
    // Of several functions each has an original of its own.
    let original = |row: &SweptRow| if row.original.is_nan() { exact } else { row.original };
    let good = |row: &&SweptRow| row.accuracy().is_some_and(|share| share >= original(row) - GOOD);
    let cost = |row: &SweepRow| SweepAxis::Latency.position(row);
    let cheapest = view.rows.iter().filter(good).filter_map(|row| Some((cost(row)?, row)));
    let cheapest = cheapest.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, row)| row);
    told.push(match cheapest {
        None => format!("None comes within half a point of the original, {} right.", view.share(exact).both()),
        Some(row) => format!(
            "Within half a point of the original ({} right) the fastest is {}, with {} right in {} for all samples, {}.",
            view.share(exact).both(),
            named(row),
            right(row),
            format::secs(cost(row).map_or(f64::NAN, |at| 10f64.powf(at))),
            if row.encrypted.is_some() { "measured" } else { "as predicted" }
        ),
    });
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use activation::Method;
    use network::IntervalRule;
    use scenario::Scenario;
    use study::{SweepAccuracy, SweepRun};

    fn row(degree: usize, accuracy: f64, secs: f64) -> SweptRow {
        let row = SweepRow {
            method: Method::Minimax,
            degree,
            interval: IntervalRule::Given((-1.0, 1.0)),
            function: None,
            parts: 2,
            own: None,
            original: 0.95,
            layers: Vec::new(),
            images: 200,
            refusal: None,
            fit: None,
            replaced: Some(SweepAccuracy { accuracy, agreement: 1.0, samples_outside: 0.0 }),
            trained: None,
            predicted: None,
            encrypted: Some(SweepRun {
                accuracy,
                reference_accuracy: accuracy,
                agreement: 1.0,
                wrong_outputs: 0,
                right: true,
                latency_secs: secs,
                margin_bits: None,
                upload_bytes: 0,
                evaluation_key_bytes: 0,
                peak_memory_bytes: 0,
            }),
        };
        let scenario = Scenario::open("digits-relu").expect("built in");
        SweptRow { row, scenario: scenario.into(), sweep: 0 }
    }

    #[test]
    fn the_fastest_of_those_as_good_as_the_original_is_named() {
        let mut view = SweepView {
            exact_accuracy: Some(0.95),
            images: 200,
            rows: vec![row(2, 0.6, 0.1), row(4, 0.945, 0.2), row(6, 0.955, 0.4)],
            ..SweepView::default()
        };
        let told = sweep_words(&view);
        assert!(told[0].starts_with("Of 3 polynomials ") && told[0].contains("degree 6 keeps"));
        assert!(told[1].contains("(95.00 %, 190 of 200 right)"), "{}", told[1]);
        assert!(
            told[1].contains(
                "degree 4, with 94.50 %, 189 of 200 right in 200 ms for all samples, measured."
            ),
            "{}",
            told[1]
        );
        view.rows.truncate(1);
        assert!(sweep_words(&view)[1].starts_with("None comes within half a point"));
    }
}
