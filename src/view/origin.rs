//! Where a result comes from: the setup it was made with, and when.

use scenario::{ActivationRequest, Scenario, SchemeRequest, SchemeSelector, Setup};
use std::time::{Duration, Instant};

/// What is shown of a setup, and kept until it is cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Results {
    Run,
    Compare,
    Sweep,
    Training,
    /// The rows of the tab Sequence.
    Sequence,
    /// An encrypted training.
    Cryptonn,
    Mitigations,
}

/// Differences that are named; more are counted.
const NAMED: usize = 2;

/// The setup that results were made with.
#[derive(Clone, Debug)]
pub struct Origin {
    pub setup: Setup,
    results: Results,
    at: Instant,
    /// Something else was computed meanwhile: times mean little.
    pub disturbed: bool,
}

impl Origin {
    /// Results that are being made with `scenario` from now on.
    pub fn new(results: Results, scenario: &Scenario) -> Self {
        Self { setup: Setup::of(scenario), results, at: Instant::now(), disturbed: false }
    }

    /// Whether `scenario` would give these results too, as far as its settings matter for them.
    pub fn is(&self, scenario: &Scenario) -> bool {
        matters(self.results, &self.setup.scenario) == matters(self.results, scenario)
    }

    /// Whether it is of the same results, not only of the same setup.
    pub fn is_same(&self, other: &Self) -> bool {
        self.at == other.at && self.results == other.results
    }

    /// Whether the results are no older than `since`.
    pub fn is_since(&self, since: Instant) -> bool {
        self.at >= since
    }

    /// `of deep, 3 min ago`; where the name is the same, with what is different.
    pub fn line(&self, present: &Scenario) -> String {
        let of = &self.setup.scenario;
        let mut name = of.name.clone();
        if of.name == present.name {
            let ours = Setup::of(&matters(self.results, of));
            let differences = ours.differences(&matters(self.results, present));
            let more = differences.len().saturating_sub(NAMED);
            let mut named: Vec<String> = differences.into_iter().take(NAMED).collect();
            if more > 0 {
                named.push(format!("{more} more"));
            }
            name = format!("{name} with {}", named.join(", "));
        }
        format!("of {name}, {}", age(self.at.elapsed()))
    }
}

/// `scenario` without what makes no difference for `results`.
fn matters(results: Results, scenario: &Scenario) -> Scenario {
    let mut kept = scenario.clone();
    kept.name.clear();
    kept.description.clear();
    kept.show.clear();
    match results {
        Results::Run | Results::Cryptonn => {}
        // Settings of the training are what is compared.
        Results::Mitigations => kept.training = None,
        // The schemes are what is compared.
        Results::Compare => kept.scheme.kind = SchemeSelector::Auto,
        // Polynomials come from the laboratory.
        Results::Sweep => kept.activation = ActivationRequest::default(),
        Results::Training => {
            kept.activation = ActivationRequest::default();
            kept.scheme = SchemeRequest::default();
            kept.sequence = None;
            (kept.images, kept.threads) = (None, None);
        }
        // Strategies and their polynomials are what is compared.
        Results::Sequence => {
            kept.sequence = None;
            kept.activation = ActivationRequest::default();
        }
    }
    kept
}

/// A while in words.
pub(super) fn age(since: Duration) -> String {
    const DAY: u64 = 24 * 3600;
    match since.as_secs() {
        0..60 => "just now".to_owned(),
        secs @ 60..3600 => format!("{} min ago", secs / 60),
        secs @ 3600..DAY => format!("{} h ago", secs / 3600),
        secs if secs < 2 * DAY => "yesterday".to_owned(),
        secs => format!("{} days ago", secs / DAY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_matters_makes_a_result_another_ones() {
        let digits = Scenario::open("digits").unwrap();
        let set = |text: &str| digits.with_setting(text).unwrap();
        let of = |results| Origin::new(results, &digits);
        assert!(of(Results::Compare).is(&set("scheme.kind=ckks")));
        assert!(!of(Results::Compare).is(&set("images=4")));
        assert!(!of(Results::Run).is(&set("scheme.kind=ckks")));
        assert!(of(Results::Sweep).is(&set("activation.degree=7")));
        assert!(of(Results::Training).is(&set("images=4")));
        assert!(!of(Results::Training).is(&set("model=digits-table")));
    }

    #[test]
    fn the_line_names_the_setup_or_what_is_different() {
        let digits = Scenario::open("digits").unwrap();
        let other = digits.with_setting("images=4").unwrap();
        let origin = Origin::new(Results::Run, &other);
        assert_eq!(origin.line(&digits), "of digits with images=4, just now");
        let deep = Scenario::open("deep").unwrap();
        assert_eq!(origin.line(&deep), "of digits, just now");
        assert_eq!(age(Duration::from_secs(190)), "3 min ago");
    }
}
