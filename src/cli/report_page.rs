//! `report`: a saved report as a page of HTML.

use super::args::ReportArgs;
use super::context::Answer;
use super::inspect::run_report;
use super::table::pairs;
use anyhow::Result;

pub(super) fn command(args: &ReportArgs) -> Result<Answer> {
    let mut uses = file::Uses::of_process();
    uses.reads("report", &args.report);
    let out = uses.writes("--html", &args.html)?;
    let report = run_report(&file::as_text(args.report.as_os_str()))?;
    // Shapes come from the network, where it is built in.
    let known = network::is_named(&report.model);
    let network = if known { network::open(&report.model).ok() } else { None };
    let page = page::Page { report: &report, network: network.as_ref(), guesses: &[] };
    let html = page.html();
    let length = html.len() as u64;
    out.finish(html.as_bytes())?;
    let text = pairs(&[
        ("report", format::path(&args.report)),
        ("written", format!("{}, {}", format::path(&args.html), format::bytes(length))),
    ]);
    Ok(text.into())
}
