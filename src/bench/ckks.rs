//! CryptoNets under CKKS per image, beside a figure cited for OpenFHE.

use super::cryptonets::{Runs, scenario};
use super::harness::{BenchError, Harness};
use super::measurement::Measurement;
use inference::Session;

/// Images of a run: whole batches of every ring degree up to 8192, as the cited figure has them.
const IMAGES: usize = 8192;

/// Evaluation of CryptoNets on one batch with OpenFHE CKKS, encryption not counted, CPU seconds on
/// one core: our own measurement of OpenFHE (N = 8192, 38 + 5 x 35 bits, FIXEDMANUAL, BV key
/// switching, explicit rescaling) on the kind of machine this program was written on. Cited, not
/// measured in this run.
const OPENFHE_SECS: f64 = 25.2;
/// Images in that batch, and its largest error over its largest output.
const OPENFHE_IMAGES: f64 = 4096.0;
const OPENFHE_RELATIVE_ERROR: f64 = 8e-5 / 3.2;

pub(crate) fn measure(harness: &mut Harness) -> Result<(), BenchError> {
    let session = |precision_bits: Option<u32>| -> Result<Session, BenchError> {
        let mut scenario = scenario()?;
        scenario.threads = Some(harness.threads());
        scenario.seed = harness.options.seed;
        scenario.images = Some(IMAGES);
        let mut scenario = scenario
            .with_setting("scheme.kind=ckks")
            .map_err(|e| BenchError::Refused(e.to_string()))?;
        scenario.scheme.precision_bits = precision_bits;
        Ok(Session::open(&scenario, harness.sources)?)
    };
    let usual = session(None)?;
    let largest = usual.plan()?.stages.last().map_or(1.0, |s| s.range_calibrated);
    let bits = -(OPENFHE_RELATIVE_ERROR * largest).log2();
    let precise = session(Some(bits.ceil().max(0.0) as u32))?;
    for (what, session) in [("ckks cryptonets", usual), ("ckks cryptonets precise", precise)] {
        let runs = Runs::new(harness, what, &session)?;
        let measurement = figure(harness, what, &runs, &session)?;
        harness.emit_run(measurement)?;
    }
    Ok(())
}

/// Evaluation alone, as the cited figure counts.
fn figure(
    harness: &Harness,
    what: &str,
    runs: &Runs,
    session: &Session,
) -> Result<Measurement, BenchError> {
    let plan = session.plan()?;
    let timing = runs.timing(|r| r.encrypted.evaluate_secs);
    let images = plan.images as f64;
    let mut measurement = Measurement::new(what, &timing, images, "images")
        .with("images", plan.images)
        .with("batches", plan.batches)
        .with("ring_degree", plan.ring_degree)
        .with("primes", plan.primes.len())
        .with("log2_q", plan.log2_q)
        .with("log2_qp", plan.log2_qp)
        .with("security_bits", plan.security_bits)
        .found("predicted_secs", plan.secs.evaluate)
        .found("measured_over_predicted", timing.median() / plan.secs.evaluate)
        .found("encrypt_secs", runs.timing(|r| r.encrypted.encrypt_secs).median())
        .found("decrypt_secs", runs.timing(|r| r.encrypted.decrypt_secs).median())
        .checked_by("every decrypted output against the real network, within the error bound");
    if let Some(report) = runs.last() {
        measurement = measurement
            .found("error_bound", report.encrypted.error_bound.unwrap_or(0.0))
            .found("max_abs_error", report.encrypted.max_abs_error)
            .found("agreement", report.encrypted.agreement)
            .found("accuracy", report.encrypted.accuracy);
    }
    // The cited figure is that of one core.
    let core_secs = timing.median() * harness.threads() as f64 / images;
    let cited = OPENFHE_SECS / OPENFHE_IMAGES;
    let source = "OpenFHE CKKS, N 8192, 38 + 5 x 35 bits, 25.2 CPU s per 4096 images on one core: cited from our earlier measurement, not measured in this run";
    measurement = measurement
        .found("core_secs_per_image", core_secs)
        .found("cited_openfhe_core_secs_per_image", cited)
        .found("times_faster_than_cited_openfhe", cited / core_secs)
        .found("cited", source);
    measurement.threads = plan.threads;
    Ok(measurement)
}
