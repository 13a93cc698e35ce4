//! What exports save, or why there is nothing yet.

use crate::ready::{Ready, when};
use crate::state::State;
use report::{Confusion, RunReport};
use study::{CompareReport, MitigationReport, SweepReport};
use training::Checkpoint;
use view::lab::LabCurve;

/// What is saved, or why there is nothing.
pub type Found<'a, T> = Result<&'a T, &'static str>;

/// Why there are no layers to save.
pub const NO_LAYERS: &str = "no model is loaded yet";

pub const NO_MODEL: &str = "no trained model to save yet";

pub fn run(state: &State) -> Found<'_, RunReport> {
    let report = state.whole_run().and_then(|run| run.report.as_deref());
    report.ok_or("no finished run to save yet; run first")
}

/// A finished run as a page, with the guesses of the lesson that it was made in.
pub fn page(state: &State) -> Result<String, &'static str> {
    let report = run(state)?;
    let session = state.lesson.as_ref();
    let guesses: Vec<_> =
        session.map(|s| s.all_guessed()).unwrap_or_default().into_iter().cloned().collect();
    let network = state.model.as_deref().filter(|_| state.run_is_of_setup());
    Ok(page::Page { report, network, guesses: &guesses }.html())
}

/// The answers of a finished run, as CSV.
pub fn answers(state: &State) -> Result<String, &'static str> {
    let names = &run(state)?.class_names;
    let samples = state.whole_run().map(|run| run.samples.as_slice()).unwrap_or_default();
    Ok(report::answers_csv(samples, names))
}

pub fn confusion(state: &State) -> Found<'_, Confusion> {
    run(state)?.confusion.as_deref().ok_or("the data have no classes, or more than 20")
}

pub fn curve(state: &State) -> Found<'_, LabCurve> {
    let curve = state.lab.curve.as_ref().and_then(|curve| curve.as_deref().ok());
    curve.ok_or("no polynomial yet; open the activation laboratory first")
}

pub fn data(state: &State) -> Found<'_, data::Facts> {
    state.data.as_ref().map(|data| &*data.facts).ok_or("no data are loaded yet")
}

pub fn sweep(state: &State) -> Found<'_, SweepReport> {
    state.sweep.report.as_deref().ok_or("no sweep to save yet")
}

pub fn compared(state: &State) -> Found<'_, CompareReport> {
    state.compare.report.as_deref().ok_or("no comparison to save yet")
}

pub fn has_strategies(state: &State) -> Ready {
    when(state.sequence.ran().next().is_some(), "no strategy was run yet")
}

pub fn has_trained_encrypted(state: &State) -> Ready {
    when(state.is_cryptonn() && state.cryptonn.step > 0, "no encrypted training to save yet")
}

pub fn mitigations(state: &State) -> Found<'_, MitigationReport> {
    state.mitigations.report.as_deref().ok_or("no finished comparison to save yet")
}

pub fn checkpoint(state: &State) -> Found<'_, Checkpoint> {
    state.cryptonn.checkpoint.as_deref().ok_or("no training to keep yet")
}

pub fn ready<T>(found: Found<'_, T>) -> Ready {
    found.map(|_| ())
}

pub fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// The network of the setup as an ONNX file.
pub fn onnx(state: &State) -> Result<Vec<u8>, String> {
    match (&state.model, &state.loaded_sequence) {
        (Some(network), _) => Ok(export::layers(network)),
        (None, Some(loaded)) => export::recurrent(&loaded.model).map_err(text),
        (None, None) => Err(NO_LAYERS.to_owned()),
    }
}
