//! All exports: a row each, from which its command, menu entry, dialog and file name follow.

mod export;
mod stages;

pub use export::{Content, Export};

use crate::command::Command;
use crate::export_id::ExportId;
use crate::plots;
use crate::state::State;
use crate::words::{CTRL, CTRL_ALT, CTRL_SHIFT, Ready, Words, when};
use egui::Key;
use report::RunReport;
use study::{CompareReport, MitigationReport, Study as _, SweepReport};
use training::Checkpoint;
use view::cryptonn_export as encrypted;
use view::lab::{self, LabCurve};

/// All exports, in the order of the menu; those that stand beside one another in a tab are a group.
static ALL: &[&[Export]] = &[
    SETUP,
    RUN,
    LAB,
    SWEEP,
    COMPARE,
    STRATEGIES,
    MODEL,
    ENCRYPTED,
    LEAK,
    MITIGATIONS,
    CHECKPOINT,
    WINDOW,
];

const SETUP: &[Export] = &[Export::new(
    ".json",
    "Save scenario…",
    "Save the setup as a .json file that the command line runs too",
    CTRL,
    Key::S,
    |_| Ok(()),
    |state| Ok(state.scenario.to_json().into_bytes()),
)];

const RUN: &[Export] = &[
    Export::new(
        "-report.json",
        "Export report…",
        "Save everything the run showed as JSON",
        CTRL,
        Key::E,
        |state| ready(run(state)),
        |state| serde_json::to_vec_pretty(run(state)?).map_err(text),
    ),
    Export::new(
        "-stages.csv",
        "Export stages as CSV…",
        "Save the stage table",
        CTRL_SHIFT,
        Key::E,
        |state| ready(run(state)),
        |state| stages::csv(run(state)?).map_err(text),
    ),
];

pub const LAB: &[Export] = &[
    Export::new(
        "-curves.csv",
        "Export curves as CSV…",
        "Save function, polynomial, error and measured distribution",
        CTRL,
        Key::K,
        |state| ready(curve(state)),
        |state| lab::curves_csv(curve(state)?, state.lab.histogram()).map_err(text),
    ),
    Export::new(
        "-coefficients.csv",
        "Export coefficients as CSV…",
        "Save the coefficients in the Chebyshev basis and in powers of x",
        CTRL_SHIFT,
        Key::K,
        |state| ready(curve(state)),
        |state| lab::coefficients_csv(curve(state)?).map_err(text),
    ),
    Export::new(
        "-activation.svg",
        "Export plots as SVG…",
        "Save the plots of the activation laboratory as a drawing",
        CTRL,
        Key::G,
        |state| ready(curve(state)),
        |state| Ok(plots::activation_svg(&state.lab, curve(state)?).into_bytes()),
    ),
];

pub const SWEEP: &[Export] = &[
    Export::new(
        "-sweep.csv",
        "Export sweep as CSV…",
        "Save the rows of the sweep as a table",
        CTRL_SHIFT,
        Key::G,
        |state| ready(sweep(state)),
        |state| Ok(sweep(state)?.to_csv().into_bytes()),
    ),
    Export::new(
        "-sweep.json",
        "Export sweep as JSON…",
        "Save everything the sweep found",
        CTRL_SHIFT,
        Key::J,
        |state| ready(sweep(state)),
        |state| Ok(sweep(state)?.to_json().into_bytes()),
    ),
    Export::new(
        "-sweep.svg",
        "Export sweep as SVG…",
        "Save the plots of the sweep as a drawing",
        CTRL_SHIFT,
        Key::P,
        |state| ready(sweep(state)),
        |state| Ok(plots::sweep_svg(&state.sweep).into_bytes()),
    ),
];

pub const COMPARE: &[Export] = &[
    Export::new(
        "-schemes.csv",
        "Export comparison as CSV…",
        "Save the rows of the comparison as a table",
        CTRL_SHIFT,
        Key::Y,
        |state| ready(compared(state)),
        |state| Ok(compared(state)?.to_csv().into_bytes()),
    ),
    Export::new(
        "-schemes.json",
        "Export comparison as JSON…",
        "Save everything the comparison found",
        CTRL_SHIFT,
        Key::H,
        |state| ready(compared(state)),
        |state| Ok(compared(state)?.to_json().into_bytes()),
    ),
    Export::new(
        "-schemes.svg",
        "Export comparison as SVG…",
        "Save the plots of the comparison as a drawing",
        CTRL_SHIFT,
        Key::D,
        |state| ready(compared(state)),
        |state| Ok(plots::compare_svg(&state.compare).into_bytes()),
    ),
];

pub const STRATEGIES: &[Export] = &[
    Export::new(
        "-strategies.csv",
        "Export strategies as CSV…",
        "Save the table of strategies",
        CTRL_SHIFT,
        Key::B,
        has_strategies,
        |state| Ok(state.sequence.comparison().to_csv().into_bytes()),
    ),
    Export::new(
        "-strategies.json",
        "Export strategies as JSON…",
        "Save the table of strategies with the connection it is told for",
        CTRL_ALT,
        Key::Y,
        has_strategies,
        |state| Ok(state.sequence.comparison().to_json().into_bytes()),
    ),
    Export::new(
        "-strategies.svg",
        "Export strategies as SVG…",
        "Save the plot of accuracy against time as a drawing",
        CTRL_ALT,
        Key::H,
        has_strategies,
        |state| Ok(plots::remedies_svg(&state.sequence).into_bytes()),
    ),
];

pub const MODEL: &[Export] = &[Export::new(
    "-polynomial.safetensors",
    "Save trained model…",
    "Save the trained network as a model file",
    CTRL_SHIFT,
    Key::N,
    |state| when(state.training.has_model(), NO_MODEL),
    |state| state.training.bytes().ok_or_else(|| NO_MODEL.to_owned()),
)];

pub const ENCRYPTED: &[Export] = &[
    Export::new(
        "-epochs.csv",
        "Export encrypted training as CSV…",
        "Save the accuracy of each epoch, encrypted and in plaintext",
        CTRL_ALT,
        Key::C,
        has_trained_encrypted,
        |state| encrypted::epochs_csv(&state.cryptonn).map_err(text),
    ),
    Export::new(
        "-training.json",
        "Export encrypted training as JSON…",
        "Save everything the encrypted training told, and what the server learned",
        CTRL_ALT,
        Key::J,
        has_trained_encrypted,
        |state| encrypted::json(&state.cryptonn, &state.leak).map_err(text),
    ),
    Export::new(
        "-training.svg",
        "Export encrypted training as SVG…",
        "Save the plots of the encrypted training and of what the server learned as a drawing",
        CTRL_ALT,
        Key::G,
        has_trained_encrypted,
        |state| Ok(plots::cryptonn_svg(&state.cryptonn, &state.leak).into_bytes()),
    ),
];

const LEAK: &[Export] = &[Export::new(
    "-leak.csv",
    "Export what the server learns as CSV…",
    "Save error and identification over the steps seen",
    CTRL_ALT,
    Key::L,
    |state| {
        let is_there = state.is_cryptonn() && state.leak.open.curve.is_some();
        when(is_there, "nothing the server learned to save yet")
    },
    |state| encrypted::leak_csv(&state.leak).map_err(text),
)];

pub const MITIGATIONS: &[Export] = &[Export::new(
    "-mitigations.csv",
    "Export mitigations as CSV…",
    "Save the table of mitigations",
    CTRL_ALT,
    Key::E,
    |state| ready(mitigations(state)),
    |state| Ok(mitigations(state)?.to_csv().into_bytes()),
)];

pub const CHECKPOINT: &[Export] = &[Export::new(
    ".ckpt",
    "Save checkpoint…",
    "Keep the encrypted training as it stands, to continue it later",
    CTRL_ALT,
    Key::S,
    |state| ready(checkpoint(state)),
    |state| Ok(checkpoint(state)?.to_bytes()),
)];

const WINDOW: &[Export] = &[Export {
    id: ExportId(".png"),
    words: Words::new("Save screenshot…", "Save the window as a PNG image", CTRL_SHIFT, Key::S),
    ready: |_| Ok(()),
    content: Content::Window,
}];

/// What is saved, or why there is nothing.
type Found<'a, T> = Result<&'a T, &'static str>;

const NO_MODEL: &str = "no trained model to save yet";

fn run(state: &State) -> Found<'_, RunReport> {
    let report = state.run.as_ref().and_then(|run| run.report.as_deref());
    report.ok_or("no finished run to save yet; run first")
}

fn curve(state: &State) -> Found<'_, LabCurve> {
    let curve = state.lab.curve.as_ref().and_then(|curve| curve.as_deref().ok());
    curve.ok_or("no polynomial yet; open the activation laboratory first")
}

fn sweep(state: &State) -> Found<'_, SweepReport> {
    state.sweep.report.as_deref().ok_or("no sweep to save yet")
}

fn compared(state: &State) -> Found<'_, CompareReport> {
    state.compare.report.as_deref().ok_or("no comparison to save yet")
}

fn has_strategies(state: &State) -> Ready {
    when(state.sequence.ran().next().is_some(), "no strategy was run yet")
}

fn has_trained_encrypted(state: &State) -> Ready {
    when(state.is_cryptonn() && state.cryptonn.step > 0, "no encrypted training to save yet")
}

fn mitigations(state: &State) -> Found<'_, MitigationReport> {
    state.mitigations.report.as_deref().ok_or("no finished comparison to save yet")
}

fn checkpoint(state: &State) -> Found<'_, Checkpoint> {
    state.cryptonn.checkpoint.as_deref().ok_or("no training to keep yet")
}

fn ready<T>(found: Found<'_, T>) -> Ready {
    found.map(|_| ())
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// All exports, in the order of the menu.
pub fn all() -> impl Iterator<Item = &'static Export> {
    ALL.iter().copied().flatten()
}

/// The row of an export.
pub fn find(id: ExportId) -> &'static Export {
    // Names come from the table alone.
    all().find(|export| export.id == id).unwrap_or(&SETUP[0])
}

impl Export {
    pub fn command(&self) -> Command {
        Command::Export(self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scenario::Scenario;
    use std::collections::HashSet;

    #[test]
    fn names_and_endings_tell_exports_apart() {
        let names: HashSet<_> = all().map(|export| export.id.0).collect();
        assert_eq!(names.len(), all().count());
        let endings: HashSet<_> = all().map(|export| export.id.ending()).collect();
        let known = ["json", "csv", "svg", "png", "ckpt", "safetensors"];
        assert_eq!(endings, HashSet::from(known));
        assert!(all().all(|export| export.words.label.ends_with('…')));
    }

    #[test]
    fn only_setup_and_window_can_be_saved_at_the_start() {
        let state = State::new(Scenario::open("digits").unwrap());
        let ready = all().filter(|export| (export.ready)(&state).is_ok());
        assert_eq!(ready.map(|export| export.id.0).collect::<Vec<_>>(), [".json", ".png"]);
    }
}
