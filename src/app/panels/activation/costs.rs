//! What the polynomial costs encrypted: its figures, and the degrees that are possible.

use super::figures::{card, line, notice};
use crate::action::Action;
use crate::explore::explored;
use crate::panels::origin;
use crate::queue::Queue;
use crate::state::State;
use activation::Method;
use circuit::NoiseMeasure;
use egui::{RichText, Sense, Ui};
use kit::theme;
use plots::DegreeCell;
use study::SweepCost;
use view::lab::LabRequest;
use worker::Cost;

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    if state.is_cryptonn() || state.lab.has_polynomials_only() || state.hides_predictions() {
        return;
    }
    card(ui, |ui| {
        let setup = explored(state);
        let shown = state.lab.costs.shown();
        let stale =
            setup.as_ref().is_none_or(|setup| shown.is_none_or(|cost| cost.setup != *setup));
        ui.horizontal(|ui| {
            kit::heading(ui, "Encrypted, predicted");
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let text = match shown.filter(|_| stale && setup.is_some()) {
                    _ if stale && setup.is_some() && state.running => "after the run".to_owned(),
                    Some(cost) => format!("of {}", name(cost)),
                    None if stale && setup.is_some() => "planning".to_owned(),
                    None => return,
                };
                let about = "The figures of the present choice are on their way";
                kit::caption_about(ui, &text, about);
            });
        });
        if setup.is_none() {
            return unusable(ui, state, queue);
        }
        origin::dimmed(ui, stale);
        match shown.map(|cost| &cost.found) {
            Some(Ok(cost)) => figures(ui, state, Some(cost)),
            Some(Err(reason)) => notice(ui, reason),
            None => figures(ui, state, None),
        }
    });
}

/// Method and degree that a cost is of.
fn name(cost: &Cost) -> String {
    let activation = &cost.setup.activation;
    match (activation.method.parse::<Method>(), &activation.polynomial) {
        (Ok(Method::Own), Some(own)) => format!("{}, degree {}", Method::Own.name(), own.degree()),
        (Ok(method), _) if !method.uses_degree() => method.name().to_owned(),
        (method, _) => format!("{}, degree {}", method.map_or("", Method::name), activation.degree),
    }
}

/// Why the setup cannot have what is explored, and what to do about it.
fn unusable(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let t = theme::tokens(ui);
    let (low, high) = state.lab.interval();
    let waits = state.lab.data.is_none() && state.lab.recurrent.is_none();
    let text = match () {
        () if waits => "Comes when the layers are measured",
        () if low != -high => "A setup has intervals with 0 in the middle.",
        () => "Predicted for the function that the model really has, as a setup takes it.",
    };
    ui.add(egui::Label::new(RichText::new(text).font(theme::small()).color(t.text_weak)).wrap());
    if !waits && low != -high && ui.button("Make symmetric").clicked() {
        let mut choice = state.lab.choice.clone();
        choice.set_half_width(high.abs().max(low.abs()));
        queue.push(Action::EditLab(Box::new(choice)));
    }
}

fn figures(ui: &mut Ui, state: &State, cost: Option<&SweepCost>) {
    let t = theme::tokens(ui);
    let measure = cost.map_or(NoiseMeasure::Precision, |c| NoiseMeasure::of(c.scheme));
    let text = |of: &dyn Fn(&SweepCost) -> String| cost.map_or_else(|| "—".to_owned(), of);
    let mut row = |name: &str, of: &dyn Fn(&SweepCost) -> String, about: &str| {
        line(ui, name, &text(of), t.text_strong, about);
    };
    row(
        "Levels",
        &|c| format!("{} of {}", c.levels, c.scheme.name()),
        "Levels that squares and polynomials of the whole network use up",
    );
    row(
        "Ring degree N",
        &|c| format::count(c.ring_degree as u64),
        "Slots of a ciphertext: the smallest that is secure with this modulus",
    );
    row(
        "log2 q",
        &|c| format::bits(c.log2_q),
        "Bits of the ciphertext modulus: more levels, more bits",
    );
    let samples = state.scenario.images.map(|images| images as u64);
    let all = samples.map_or("all".to_owned(), format::count);
    row(
        &format!("Time, {all} samples"),
        &|c| format::secs(c.latency_secs),
        "Encrypt, evaluate and decrypt; the time of Run, predicted",
    );
    row("Bytes up", &|c| format::bytes(c.upload_bytes), "From client to server, all samples");
    row(
        measure.title().split(',').next().unwrap_or_default(),
        &|c| measure.text(c.margin_bits),
        "The least of all stages; below 0 nothing fits",
    );
}

/// The degrees that are possible, with the present one marked; a press takes another.
pub fn strip(ui: &mut Ui, state: &State, choice: &mut LabRequest) {
    let Some(setup) = explored(state).filter(|_| choice.method.uses_degree()) else { return };
    if state.hides_predictions() {
        return;
    }
    let degrees = state.lab.costs.degrees(&setup);
    let cells: Vec<DegreeCell> =
        (1..).zip(&degrees).map(|(degree, of)| DegreeCell::of(degree, *of)).collect();
    let possible = cells.iter().rposition(|cell| cell.ring_degree.is_some());
    let possible = possible.map_or("none known yet".to_owned(), |at| format!("to {}", at + 1));
    let label = format!("Possible degrees, {possible}");
    let sense = Sense::click_and_drag();
    if let Some(degree) = plots::degree_strip(ui, &cells, Some(choice.degree), sense, &label) {
        choice.degree = degree;
    }
}
