//! All exports: a row each, from which its command, menu entry, dialog and file name follow.

use super::export::{Content, Export};
use super::found::{
    NO_LAYERS, NO_MODEL, answers, checkpoint, compared, confusion, curve, data, has_strategies,
    has_trained_encrypted, mitigations, onnx, page, ready, run, sweep, text,
};
use super::stages;
use crate::export_id::ExportId;
use crate::ready::when;
use crate::words::{CTRL, CTRL_ALT, CTRL_SHIFT, Words};
use egui::Key;
use study::Study as _;
use view::cryptonn_export as encrypted;
use view::{anatomy, lab};

/// All exports, in the order of the menu; those that stand beside one another in a tab are a group.
pub static ALL: &[&[Export]] = &[
    SETUP,
    RUN,
    PINNED,
    ANSWERS,
    LAB,
    SWEEP,
    COMPARE,
    STRATEGIES,
    MODEL,
    NEW_NETWORK,
    DATA,
    LAYERS,
    ENCRYPTED,
    LEAK,
    MITIGATIONS,
    CHECKPOINT,
    WINDOW,
];

const SETUP: &[Export] = &[
    Export::new(".json", "Save scenario…",
        "Save the setup as a .json file that the command line runs too", CTRL, Key::S, |_| Ok(()),
        |state| Ok(state.scenario.to_json().into_bytes())),
];

const RUN: &[Export] = &[
    Export::new("-report.json", "Export report…", "Save everything the run showed as JSON, with what it told on the way: it can be opened and shown again", CTRL,
        Key::E, |state| ready(run(state)),
        |state| {
            let told = state.whole_run().map(|run| (*run.recording).clone()).unwrap_or_default();
            run(state)?.to_json(&told).map(String::into_bytes).map_err(text)
        }),
    Export::new("-report.html", "Export report as a page…", "Save the run as one page of HTML to print or hand in: setup, figures, plots, guesses, parameters",
        CTRL_ALT, Key::Q, |state| ready(run(state)), |state| Ok(page(state)?.into_bytes())),
    Export::new("-stages.svg", "Export plots of the stages as SVG…", "Save time, size and noise of each stage as a figure for papers and slides",
        CTRL_ALT, Key::I, |state| ready(run(state)), |state| {
            run(state)?;
            Ok(plots::stages_svg(&crate::curves::of(state)).into_bytes())
        }),
    Export::new("-stages.csv", "Export stages as CSV…", "Save the stage table", CTRL_SHIFT, Key::E,
        |state| ready(run(state)), |state| stages::csv(run(state)?).map_err(text)),
];

pub const PINNED: &[Export] = &[
    Export::new("-pinned.csv", "Export pinned runs as CSV…",
        "Save what is different between the pinned runs and the present one: settings, figures, differences, ratios",
        CTRL_SHIFT, Key::Q, |state| when(!state.pins.all().is_empty(), "no run is pinned"),
        |state| Ok(view::compared_csv(&state.pins, state.whole_run()).into_bytes())),
];

pub const ANSWERS: &[Export] = &[
    Export::new("-answers.csv", "Export answers as CSV…",
        "Save classes and scores by the three networks, a row for each sample", CTRL_ALT, Key::A,
        |state| ready(run(state)), |state| Ok(answers(state)?.into_bytes())),
    Export::new("-confusion.csv", "Export confusion matrices as CSV…",
        "Save how often samples of each class are given each class, by network", CTRL_ALT, Key::P,
        |state| ready(confusion(state)), |state| {
            let names = &run(state)?.class_names;
            Ok(confusion(state)?.to_csv(names).into_bytes())
        }),
];

pub const LAB: &[Export] = &[
    Export::new("-curves.csv", "Export curves as CSV…",
        "Save function, polynomial, error and measured distribution", CTRL, Key::K,
        |state| ready(curve(state)),
        |state| lab::curves_csv(curve(state)?, state.lab.histogram()).map_err(text)),
    Export::new("-coefficients.csv", "Export coefficients as CSV…",
        "Save the coefficients in the Chebyshev basis and in powers of x", CTRL_SHIFT, Key::K,
        |state| ready(curve(state)), |state| lab::coefficients_csv(curve(state)?).map_err(text)),
    Export::new("-activation.svg", "Export plots as SVG…",
        "Save the plots of the activation laboratory as a drawing", CTRL, Key::G,
        |state| ready(curve(state)),
        |state| Ok(plots::activation_svg(&state.lab, curve(state)?).into_bytes())),
];

pub const SWEEP: &[Export] = &[
    Export::new("-sweep.csv", "Export sweep as CSV…", "Save the rows of the sweep as a table",
        CTRL_SHIFT, Key::G, |state| ready(sweep(state)),
        |state| Ok(sweep(state)?.to_csv().into_bytes())),
    Export::new("-sweep.json", "Export sweep as JSON…", "Save everything the sweep found",
        CTRL_SHIFT, Key::J, |state| ready(sweep(state)),
        |state| Ok(sweep(state)?.to_json().into_bytes())),
    Export::new("-sweep.svg", "Export sweep as SVG…", "Save the plots of the sweep as a drawing",
        CTRL_SHIFT, Key::P, |state| ready(sweep(state)),
        |state| Ok(plots::sweep_svg(&state.sweep).into_bytes())),
];

pub const COMPARE: &[Export] = &[
    Export::new("-schemes.csv", "Export comparison as CSV…",
        "Save the rows of the comparison as a table", CTRL_SHIFT, Key::Y,
        |state| ready(compared(state)), |state| Ok(compared(state)?.to_csv().into_bytes())),
    Export::new("-schemes.json", "Export comparison as JSON…",
        "Save everything the comparison found", CTRL_SHIFT, Key::H, |state| ready(compared(state)),
        |state| Ok(compared(state)?.to_json().into_bytes())),
    Export::new("-schemes.svg", "Export comparison as SVG…",
        "Save the plots of the comparison as a drawing", CTRL_SHIFT, Key::D,
        |state| ready(compared(state)),
        |state| Ok(plots::compare_svg(&state.compare).into_bytes())),
];

pub const STRATEGIES: &[Export] = &[
    Export::new("-strategies.csv", "Export strategies as CSV…", "Save the table of strategies",
        CTRL_SHIFT, Key::B, has_strategies,
        |state| Ok(state.sequence.comparison().to_csv().into_bytes())),
    Export::new("-strategies.json", "Export strategies as JSON…",
        "Save the table of strategies with the connection it is told for", CTRL_ALT, Key::Y,
        has_strategies, |state| Ok(state.sequence.comparison().to_json().into_bytes())),
    Export::new("-strategies.svg", "Export strategies as SVG…",
        "Save the plot of accuracy against time as a drawing", CTRL_ALT, Key::H, has_strategies,
        |state| Ok(plots::strategies_svg(&state.sequence).into_bytes())),
];

pub const MODEL: &[Export] = &[
    Export::new("-polynomial.safetensors", "Save trained model…",
        "Save the trained network as a model file", CTRL_SHIFT, Key::N,
        |state| when(state.training.has_model(), NO_MODEL),
        |state| state.training.bytes().ok_or_else(|| NO_MODEL.to_owned())),
];

/// The export that saves a new network.
pub const NEW_MODEL: ExportId = ExportId("-network.safetensors");

pub const NEW_NETWORK: &[Export] = &[
    Export::new(NEW_MODEL.0, "Save new network…", "Save the network that was written and trained",
        CTRL_ALT, Key::N, |state| when(state.new_network.training.has_model(), NO_MODEL),
        |state| state.new_network.training.bytes().ok_or_else(|| NO_MODEL.to_owned())),
    Export::new("-learning.csv", "Export learning curves as CSV…",
        "Save loss and accuracies of every epoch of the new network", CTRL_ALT, Key::K,
        |state| when(!state.new_network.training.epochs.is_empty(), "no epoch was trained yet"),
        |state| Ok(state.new_network.training.to_csv().into_bytes())),
];

pub const DATA: &[Export] = &[
    Export::new("-data.csv", "Export data overview as CSV…",
        "Save how many samples each class has, and the range of each value", CTRL_ALT, Key::D,
        |state| ready(data(state)), |state| Ok(data(state)?.to_csv().into_bytes())),
];

pub const LAYERS: &[Export] = &[
    Export::new("-layers.csv", "Export layers as CSV…",
        "Save the layers of the model, their sizes, and what becomes of each under encryption",
        CTRL_ALT, Key::B, |state| when(state.model.is_some() || state.loaded_sequence.is_some(), NO_LAYERS),
        |state| {
            let rows = state.anatomy().ok_or(NO_LAYERS)?.rows;
            Ok(anatomy::to_csv(&rows).into_bytes())
        }),
    Export::new("-model.onnx", "Export model as ONNX…",
        "Save the network of the setup as an ONNX file, which other programs read", CTRL_SHIFT, Key::V,
        |state| when(state.model.is_some() || state.loaded_sequence.is_some(), NO_LAYERS), onnx),
];

pub const ENCRYPTED: &[Export] = &[
    Export::new("-epochs.csv", "Export encrypted training as CSV…",
        "Save the accuracy of each epoch, encrypted and in plaintext", CTRL_ALT, Key::C,
        has_trained_encrypted, |state| encrypted::epochs_csv(&state.cryptonn).map_err(text)),
    Export::new("-training.json", "Export encrypted training as JSON…",
        "Save everything the encrypted training told, and what the server learned", CTRL_ALT,
        Key::J, has_trained_encrypted,
        |state| encrypted::json(&state.cryptonn, &state.leak).map_err(text)),
    Export::new("-training.svg", "Export encrypted training as SVG…",
        "Save the plots of the encrypted training and of what the server learned as a drawing",
        CTRL_ALT, Key::G, has_trained_encrypted,
        |state| Ok(plots::cryptonn_svg(&state.cryptonn, &state.leak).into_bytes())),
];

const LEAK: &[Export] = &[
    Export::new("-leak.csv", "Export what the server learns as CSV…",
        "Save error and identification over the steps seen", CTRL_ALT, Key::L,
        |state| {
            let is_there = state.is_cryptonn() && state.leak.open.curve.is_some();
            when(is_there, "nothing the server learned to save yet")
        },
        |state| encrypted::leak_csv(&state.leak).map_err(text)),
];

pub const MITIGATIONS: &[Export] = &[
    Export::new("-mitigations.csv", "Export mitigations as CSV…", "Save the table of mitigations",
        CTRL_ALT, Key::E, |state| ready(mitigations(state)),
        |state| Ok(mitigations(state)?.to_csv().into_bytes())),
];

pub const CHECKPOINT: &[Export] = &[
    Export::new(".ckpt", "Save checkpoint…",
        "Keep the encrypted training as it stands, to continue it later", CTRL_ALT, Key::S,
        |state| ready(checkpoint(state)), |state| Ok(checkpoint(state)?.to_bytes())),
];

const WINDOW: &[Export] = &[Export {
    id: ExportId(".png"),
    words: Words::new("Save screenshot…", "Save the window as a PNG image", CTRL_SHIFT, Key::S),
    ready: |_| Ok(()),
    content: Content::Window,
}];
