//! Whether model, data and setup fit one another, line by line, each with what to do next.

use crate::command::Command;
use crate::panels::button::named_button;
use crate::queue::Queue;
use crate::state::State;
use crate::tab::Tab;
use circuit::Plan;
use egui::{RichText, Ui};
use kit::theme;
use network::{Network, Op};
use view::anatomy::{Becomes, LayerRow};

/// A line of the list.
struct Line {
    /// Whether it fits; `None` where it is not known yet.
    fits: Option<bool>,
    text: String,
    /// What to do next, and the word for it.
    next: (Command, &'static str),
}

pub fn show(ui: &mut Ui, state: &State, network: &Network, rows: &[LayerRow], queue: &mut Queue) {
    let t = theme::tokens(ui);
    for line in lines(state, network, rows) {
        ui.horizontal(|ui| {
            let (sign, colour) = match line.fits {
                Some(true) => ("✓", t.right),
                Some(false) => ("!", t.notice),
                None => ("…", t.text_weak),
            };
            let sign = RichText::new(sign).color(colour);
            ui.add_sized([14.0, theme::TABLE_ROW], egui::Label::new(sign));
            let (command, word) = line.next;
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                named_button(ui, command, word, state, queue);
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    let weak = line.fits != Some(false);
                    let text =
                        RichText::new(&line.text).color(if weak { t.text } else { t.notice });
                    ui.add(egui::Label::new(text).wrap());
                });
            });
        });
    }
}

fn lines(state: &State, network: &Network, rows: &[LayerRow]) -> Vec<Line> {
    let mut lines = Vec::new();
    let (inputs, outputs) = (network.input(), network.classes());
    if let Some(data) = &state.data {
        let (shape, classes) = (data.dataset.shape(), data.dataset.classes().len());
        let fits = shape.len() == inputs.len();
        let next = match fits {
            true => (Command::Show(Tab::Data), "Look"),
            false => (Command::NewNetwork, "New network"),
        };
        let text = format!("Shape: model {inputs}, data {shape}");
        lines.push(Line { fits: Some(fits), text, next });
        let fits = classes <= outputs;
        let next = match fits {
            true => (Command::Show(Tab::Data), "Look"),
            false => (Command::NewNetwork, "New network"),
        };
        let text = match data.dataset.has_classes() {
            true => format!("Classes: model {outputs}, data {classes}"),
            false => format!("Classes: model {outputs}, data none: answers without accuracy"),
        };
        lines.push(Line { fits: Some(fits), text, next });
    }
    lines.extend(normalised(state, network));
    lines.push(activations(rows));
    lines.extend(max_pools(network));
    lines.push(whole(state));
    lines
}

fn activations(rows: &[LayerRow]) -> Line {
    let curved: Vec<&LayerRow> = rows.iter().filter(|row| row.is_activation).collect();
    let count = |wanted: fn(&Becomes) -> bool| curved.iter().filter(|r| wanted(&r.becomes)).count();
    let same = count(|b| matches!(b, Becomes::Same(_)));
    let other = count(|b| matches!(b, Becomes::Other(_)));
    let none = curved.len() - same - other;
    let text = match (curved.len(), none) {
        (0, _) => "Activations: none".to_owned(),
        (_, 0) => format!("Activations: {same} as they are, {other} replaced"),
        (_, none) => {
            format!("Activations: {none} of {} need something in their place", curved.len())
        }
    };
    let next = (Command::Show(Tab::Activation), "Choose");
    Line { fits: Some(none == 0), text, next }
}

/// What the normalisation makes of the data, and whether the network does well on them.
fn normalised(state: &State, network: &Network) -> Option<Line> {
    let seen = state.glance?;
    let normalisation = network.normalisation();
    let number = |values: &[f32]| match values {
        [one] => format!("{one:.4}"),
        _ => "a number for each value".to_owned(),
    };
    let [low, high] = [seen.inputs.0, seen.inputs.1].map(|x| format!("{x:.2}"));
    let text = format!(
        "Inputs: (raw - offset) / scale from {low} to {high}; offset {}, scale {}",
        number(&normalisation.offset),
        number(&normalisation.scale)
    );
    let text = match seen.right {
        Some(right) => format!("{text}; in the clear {right} of {} right", seen.samples),
        None => text,
    };
    Some(Line { fits: Some(!seen.is_doubtful()), text, next: (Command::Show(Tab::Data), "Look") })
}

/// What can be done about max pools, where there are any.
fn max_pools(network: &Network) -> Option<Line> {
    let all = network.layers().iter().filter(|l| matches!(l.op, Op::MaxPool { .. })).count();
    let text = match all {
        0 => return None,
        1 => "Max pools: 1 cannot be computed on ciphertexts".to_owned(),
        all => format!("Max pools: {all} cannot be computed on ciphertexts"),
    };
    let text = format!("{text}; put means in the place and train on");
    Some(Line { fits: Some(false), text, next: (Command::Train, "Train with means") })
}

/// What the plan says in one line.
fn whole(state: &State) -> Line {
    let next = (Command::Run, "Run");
    match (state.refusal(), state.preview.plan.as_deref()) {
        (Some(reason), _) => Line { fits: Some(false), text: reason.to_owned(), next },
        (None, Some(plan)) if !state.preview.pending => {
            Line { fits: Some(true), text: planned(plan), next }
        }
        (None, _) => Line { fits: None, text: "Planning".into(), next },
    }
}

fn planned(plan: &Plan) -> String {
    let time = format::secs(plan.secs.total());
    let samples = format::count(plan.images as u64);
    let scheme = plan.scheme.name();
    match &plan.tables {
        Some(tables) => format!(
            "{scheme}: {} lookups a sample, n = {}, N = {}; about {time} for {samples} samples",
            tables.lookups, tables.lwe_dimension, tables.polynomial_size
        ),
        None => format!(
            "{scheme}: depth {}, N = {}; about {time} for {samples} samples",
            plan.approximate.as_ref().map_or(plan.depth, |a| a.levels),
            plan.ring_degree
        ),
    }
}
