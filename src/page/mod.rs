//! A run on one page of HTML that prints well: what was asked, what came out, and what it cost; with
//! room for a name, and guesses beside their truths.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod parts;
mod style;

use kit::escaped;
use lesson::Guessed;
use network::Network;
use report::RunReport;
use scenario::Scenario;
use strip::{Hidden, Perspective, Source};
use style::STYLE;
use view::{RunView, Stages, run_words};

/// What a page is made of.
pub struct Page<'a> {
    pub report: &'a RunReport,
    /// The network of the run, where it is at hand: shapes come from it.
    pub network: Option<&'a Network>,
    /// What somebody guessed before.
    pub guesses: &'a [Guessed],
}

impl Page<'_> {
    /// The page as one HTML document, which needs no other file.
    pub fn html(&self) -> String {
        let report = self.report;
        let run = finished(report);
        let source =
            Source { stages: Stages { plan: None, run: Some(&run) }, network: self.network };
        let mut page = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>CryptoScope: {0}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{0}</h1>\n",
            escaped(&report.scenario)
        );
        page.push_str("<p class=\"name\">Name: <span></span></p>\n");
        page.push_str(&parts::asked(report));
        if run.is_wrong() {
            let text = run.wrong_text().unwrap_or_default();
            page.push_str(&format!("<p class=\"wrong\">✗ {}</p>\n", escaped(&text)));
        }
        page.push_str(&parts::strip(&source));
        page.push_str(&parts::figures(&strip::figures(
            &source,
            Perspective::Both,
            Hidden::default(),
        )));
        page.push_str("<h2>In plain words</h2>\n");
        let words = run_words(&run);
        page.push_str(&format!("<p>{}</p>\n", escaped(&words.join(" "))));
        page.push_str(&parts::guesses(self.guesses));
        page.push_str("<h2>Stage by stage</h2>\n");
        page.push_str(&plots::stages_svg(&parts::curves(&source, report)));
        page.push_str(&parts::stages(report));
        page.push_str(&parts::warnings(report));
        page.push_str("<h2>Parameters</h2>\n");
        page.push_str(&parts::parameters(report));
        page.push_str("<p class=\"small\">Made by CryptoScope ");
        page.push_str(&escaped(&report.cryptoscope_version));
        page.push_str(
            ". Noise was measured with the secret key (analysis mode): such figures stay with the client.</p>\n</body>\n</html>\n",
        );
        page
    }
}

/// The run that the report is of, at its end.
fn finished(report: &RunReport) -> RunView {
    let setup = report.setup.as_ref().map(|setup| setup.scenario.clone());
    let scenario = setup.or_else(|| Scenario::built_in().into_iter().next());
    let mut run = RunView::new(scenario.unwrap_or_else(|| unreachable!("there are scenarios")));
    run.end(Ok(Box::new(report.clone())));
    run
}

#[cfg(test)]
mod tests {
    use super::*;
    use experiment::Experiment;
    use lesson::{Guess, Unit, Value};
    use progress::Cancel;
    use scenario::Sources;

    fn report() -> RunReport {
        let scenario = Scenario::open("hospital").unwrap();
        let opened = Experiment::open(&scenario, &Sources::default()).unwrap();
        opened.run(&Cancel::default(), &|_| {}).unwrap()
    }

    #[test]
    fn a_page_tells_the_run_and_needs_nothing_else() {
        let report = report();
        let guess = Guessed {
            label: "Times as long".into(),
            unit: Unit::Times,
            places: Vec::new(),
            guess: Guess::Number(50.0),
            truth: Some(Value::Number(100.0)),
        };
        let network = network::open("hospital").unwrap();
        let page = Page { report: &report, network: Some(&network), guesses: &[guess] }.html();
        // Accuracies of the shipped model on its 113 test samples (docs/figures.md), and the guess by hand.
        for text in ["97.35 %", "0 of 226", "128 bits", "2.0 times too little", "<svg ", "</html>"]
        {
            assert!(page.contains(text), "{text}");
        }
        for tag in ["table", "tr", "td", "div", "svg", "p", "h2"] {
            let (opened, closed) = (
                page.matches(&format!("<{tag}")).count(),
                page.matches(&format!("</{tag}>")).count(),
            );
            // <p also begins <path and <polyline.
            assert!(tag == "p" || opened == closed, "{tag}: {opened} {closed}");
        }
        for other in ["src=", "href=", "@import", "url(http"] {
            assert!(!page.contains(other), "{other}");
        }
    }

    #[test]
    fn names_of_files_are_text_on_the_page() {
        let mut report = report();
        report.model = "<script>alert(1)</script>".into();
        report.scenario = "\"><img onerror=x>".into();
        report.stages[0].name = "<b>".into();
        let page = Page { report: &report, network: None, guesses: &[] }.html();
        for raw in ["<script>", "<img", "<td><b>"] {
            assert!(!page.contains(raw), "{raw}");
        }
    }
}
