//! Lookup tables in plans and reports.

use super::table::{Table, pairs};
use circuit::TablePlan;
use report::TableReport;

/// A probability as a power of two.
fn power(p: f64) -> String {
    if p > 0.0 { format!("2^{:.1}", p.log2()) } else { "less than 2^-1000".to_owned() }
}

/// Parameters and predicted noise of a plan.
pub(super) fn plan(tables: &TablePlan) -> String {
    let switch = match tables.key_switch_levels {
        0 => "no key switch".to_owned(),
        levels => format!("key switch {levels} digits of {} bits", tables.key_switch_base_log),
    };
    let parameters = pairs(&[
        (
            "TFHE",
            format!(
                "n {}, k {}, N {}, PBS {} digits of {} bits, {switch}",
                tables.lwe_dimension,
                tables.glwe_dimension,
                tables.polynomial_size,
                tables.pbs_levels,
                tables.pbs_base_log
            ),
        ),
        (
            "lookups",
            format!(
                "{} a sample, {} each on one thread, {} a sample",
                format::count(tables.lookups as u64),
                format::secs(tables.lookup_secs),
                format::secs(tables.sample_secs)
            ),
        ),
        (
            "failure",
            format!(
                "wrong bin {} a lookup, {} a sample; adjacent bin {:.2} lookups a sample",
                power(tables.failure_per_lookup),
                power(tables.failure_per_sample),
                tables.adjacent_per_sample
            ),
        ),
        ("agreement", format!("{} of answers, predicted", format::percent(tables.agreement))),
        (
            "scores",
            format!(
                "noise {:.2} units, bound {:.1}, words of {} bits",
                tables.score_standard_deviation, tables.score_bound, tables.output_bits
            ),
        ),
        ("keys in memory", format::bytes(tables.key_memory_bytes)),
    ]);
    let mut noise = Table::new(&[
        "table",
        "bits",
        "step",
        "sum",
        "key switch",
        "modulus switch",
        "output",
        "adjacent bin",
    ]);
    for t in &tables.tables {
        noise.row(vec![
            t.name.clone(),
            t.bits.to_string(),
            format!("2^{:.2}", t.step.log2()),
            format!("2^{:.2}", t.standard_deviation_sum.log2()),
            format!("2^{:.2}", t.standard_deviation_key_switch.log2()),
            format!("2^{:.2}", t.standard_deviation.log2()),
            format!("2^{:.2}", t.standard_deviation_output.log2()),
            format::percent(t.adjacent),
        ]);
    }
    format!(
        "{parameters}\n{}standard deviations of the noise as shares of the torus\n",
        noise.render()
    )
}

/// Measured noise and lookups of a report.
pub(super) fn report(tables: &TableReport) -> String {
    let head = ["table", "noise", "values", "predicted", "measured", "variance"];
    let mut noise = Table::new(&head);
    let all = tables.tables.iter().flat_map(|t| t.noise.iter().map(move |n| (t.name.as_str(), n)));
    for (name, n) in std::iter::once(("input", &tables.inputs)).chain(all) {
        noise.row(vec![
            name.to_owned(),
            n.what.name().to_owned(),
            format::count(n.samples),
            format!("2^{:.2}", n.standard_deviation_predicted.log2()),
            format!("2^{:.2}", n.standard_deviation_measured.log2()),
            format!("x {:.3}", n.variance_ratio()),
        ]);
    }
    let mut lookups = Table::new(&["table", "lookups", "adjacent bin", "predicted", "wrong bin"]);
    for t in &tables.tables {
        lookups.row(vec![
            t.name.clone(),
            format::count(t.lookups),
            format::count(t.adjacent),
            format!("{:.1}", t.adjacent_predicted),
            format::count(t.wrong_bin),
        ]);
    }
    let [least, median, most] = tables.sample_secs;
    format!(
        "\n{}\n{}one sample {} (median; {} to {}), keys in memory {}, {} predicted to hit a wrong bin in a sample\n",
        noise.render(),
        lookups.render(),
        format::secs(median),
        format::secs(least),
        format::secs(most),
        format::bytes(tables.key_memory_bytes),
        power(tables.failure_per_sample_predicted)
    )
}
