//! What the command line prints of reports with fixed figures, and what their files hold, against
//! accepted texts. `INSTA_UPDATE=always cargo test -p cryptoscope-cli snapshots` accepts what is
//! printed now; `git diff` shows the change.

use report::RunReport;
use serde_json::from_str;
use study::{CompareReport, StrategyComparison, Study, SweepReport, SweepRequest};
use training::CryptonnReport;

/// A report of an earlier run: its figures never change.
macro_rules! file {
    ($name:literal) => {
        include_str!(concat!("snapshots/reports/", $name))
    };
}

#[test]
fn runs_are_printed_as_accepted() {
    for (name, text) in [
        ("bgv", file!("run-bgv.json")),
        ("ckks", file!("run-ckks.json")),
        ("tables", file!("run-tables.json")),
    ] {
        let report: RunReport = from_str(text).unwrap();
        insta::assert_snapshot!(name, super::run::show(&report));
    }
    let report: RunReport = from_str(file!("run-sequence.json")).unwrap();
    let sequence = report.sequence.clone().unwrap();
    insta::assert_snapshot!("sequence", super::sequence::show(&report, &sequence));
}

#[test]
fn studies_are_printed_and_written_as_accepted() {
    let sweep: SweepReport = from_str(file!("sweep.json")).unwrap();
    let request = SweepRequest {
        methods: vec![activation::Method::Minimax],
        degrees: vec![2],
        intervals: Vec::new(),
        parts: 1,
        own: None,
        functions: vec![None],
        coarse_first: false,
        fine_tune: None,
        encrypted: false,
    };
    insta::assert_snapshot!("sweep", super::sweep::show(&sweep, &request));
    insta::assert_snapshot!("sweep_csv", sweep.to_csv());
    let compared: CompareReport = from_str(file!("compare.json")).unwrap();
    insta::assert_snapshot!("compare", super::compare::show(&compared));
    insta::assert_snapshot!("compare_csv", compared.to_csv());
    let strategies: StrategyComparison = from_str(file!("strategies.json")).unwrap();
    insta::assert_snapshot!("strategies", super::strategies::show(&strategies));
    insta::assert_snapshot!("strategies_csv", strategies.to_csv());
    let training: CryptonnReport = from_str(file!("training.json")).unwrap();
    insta::assert_snapshot!("training", super::train_encrypted::show(&training));
}

#[test]
fn reports_are_written_as_accepted() {
    let report: RunReport = from_str(file!("run-bgv.json")).unwrap();
    insta::assert_snapshot!("report_json", serde_json::to_string_pretty(&report).unwrap());
}
