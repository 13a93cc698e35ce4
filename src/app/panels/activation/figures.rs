//! What the polynomial costs: errors, depth, accuracy, and inputs that leave the interval.

use crate::command::Command;
use crate::panels::button::command_button;
use crate::panels::origin;
use crate::queue::Queue;
use crate::state::State;
use crate::tab::Tab;
use egui::{Color32, RichText, Ui};
use format::{self, Share};
use inference::PolynomialCheck;
use kit::{number_text, theme};
use network::RangeReport;
use view::lab::{Checked, LabCurve, TOLD_BEYOND};

/// Height of a line of figures.
const LINE: f32 = 17.0;

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    card(ui, |ui| match state.lab.recurrent {
        Some(_) => recurrent(ui, state, queue),
        None => accuracy(ui, state),
    });
    card(ui, |ui| {
        kit::heading(ui, "Polynomial");
        match &state.lab.curve {
            Some(Ok(curve)) => errors(ui, curve),
            Some(Err(reason)) => notice(ui, reason),
            None => _ = kit::caption(ui, "Not found yet"),
        }
    });
}

pub fn card(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.spacing_mut().interact_size.y = LINE;
        add(ui);
    });
}

/// A name on the left, a figure on the right.
pub fn line(ui: &mut Ui, name: &str, value: &str, colour: Color32, about: &str) {
    let t = theme::tokens(ui);
    ui.horizontal(|ui| {
        let text = RichText::new(name).font(theme::small()).color(t.text_weak);
        ui.label(text).on_hover_text(about);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let text = RichText::new(value).size(12.0).color(colour);
            ui.add(egui::Label::new(text).truncate()).on_hover_text(about);
        });
    });
}

pub fn notice(ui: &mut Ui, text: &str) {
    let t = theme::tokens(ui);
    egui::Frame::new()
        .fill(t.notice_fill)
        .stroke(egui::Stroke::new(1.0, t.notice))
        .corner_radius(4)
        .inner_margin(egui::Margin::symmetric(8, 4))
        .show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            ui.add(egui::Label::new(RichText::new(text).font(theme::small()).color(t.text)).wrap());
        });
}

/// Where the accuracies of a recurrent network are.
fn recurrent(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let t = theme::tokens(ui);
    kit::heading(ui, "Accuracy");
    let text = "What a polynomial does to a recurrent network shows over all its steps: put it in with Use in setup, and run it in the tab Sequence. Function and error are drawn here; inputs of the steps are not measured.";
    ui.add(egui::Label::new(RichText::new(text).font(theme::small()).color(t.text)).wrap());
    ui.add_space(2.0);
    command_button(ui, Command::Show(Tab::Sequence), "Show the tab Sequence", state, queue);
}

fn accuracy(ui: &mut Ui, state: &State) {
    let t = theme::tokens(ui);
    let Checked { check, failure, pending, of } = &state.lab.checked;
    ui.horizontal(|ui| {
        kit::heading(ui, "Accuracy in the clear");
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let so_far = check.as_ref().filter(|c| c.samples < c.of);
            if state.running && *pending {
                kit::caption(ui, "after the run");
            } else if let Some(of) = of.as_ref().filter(|_| state.lab.is_stale()) {
                let text = format!("of {}, degree {}", of.method.name(), of.degree);
                kit::caption(ui, &text)
                    .on_hover_text("The figures of the present choice are on their way");
            } else if let Some(c) = so_far {
                kit::caption(ui, &format!("{} samples", format::count(c.samples as u64)));
            } else if *pending {
                kit::caption(ui, "updating");
            }
        });
    });
    if let Some(reason) = failure {
        notice(ui, reason);
        return;
    }
    let dash = "—".to_owned();
    let share = |c: &PolynomialCheck, share: f64| Share::of_fraction(share, c.samples).both();
    let model = check.as_ref().map_or(dash.clone(), |c| share(c, c.model_accuracy));
    let about = "Share of test samples classified as labelled by the model as it was trained";
    line(ui, "Original", &model, t.original, about);
    // What is of another choice stands back until the figures of this one are there.
    origin::dimmed(ui, state.lab.is_stale());
    if let Some(function) = &state.lab.choice.function {
        let known = state.lab.exact.as_ref().filter(|(f, _)| f == function);
        let exact = known.map_or(dash.clone(), |(_, share)| format::percent(*share));
        let about = "The same model with the chosen function, exact, in place of its activations; it was trained with its own";
        line(ui, &format!("With exact {}", function.name()), &exact, t.original, about);
    }
    if state.hides_lab() {
        kit::caption(ui, "The accuracy with the polynomial is hidden until your guess stands");
        return;
    }
    let about = "Reference network: the model with the polynomials in place of its activations, in double precision";
    let polynomial = check.as_ref().map_or(dash.clone(), |c| share(c, c.accuracy));
    line(ui, "Reference", &polynomial, t.reference, about);
    let about =
        "Share of test samples to which the polynomial network and the model give the same class";
    let agreement = check.as_ref().map_or(dash.clone(), |c| share(c, c.agreement));
    line(ui, "Same answer", &agreement, t.text_strong, about);
    let depth = check.as_ref().map_or(dash, |c| c.depth.to_string());
    let about = "Multiplications one after the other in all polynomials of the network";
    line(ui, "Depth of all activations", &depth, t.text_strong, about);
    let Some(check) = check else { return };
    if check.not_finite > 0 {
        let count = format::count(check.not_finite as u64);
        notice(
            ui,
            &format!(
                "{count} samples have outputs that are no finite numbers: inputs far outside the interval blow up"
            ),
        );
    }
    for range in check.ranges.iter().filter(|r| r.values_outside > 0) {
        notice(ui, &outside(range, check.samples));
    }
}

/// In which layer, by how much, for how many samples.
fn outside(range: &RangeReport, samples: usize) -> String {
    format!(
        "{}: {} of its inputs leave the interval, in {} of {} samples, up to {:.2} times its half-width; widen the interval",
        range.layer,
        share(range.values_outside as f64 / range.values as f64),
        format::count(range.samples_outside),
        format::count(samples as u64),
        range.reach()
    )
}

/// Small shares keep a digit that says so.
fn share(value: f64) -> String {
    if value > 0.0 && value < 5e-5 { "under 0.01 %".to_owned() } else { format::percent(value) }
}

fn errors(ui: &mut Ui, curve: &LabCurve) {
    let t = theme::tokens(ui);
    let e = &curve.errors;
    let mut row = |name: &str, value: String, about: &str| {
        line(ui, name, &value, t.text_strong, about);
    };
    let asked = curve.fitted.request().degree;
    let degree = match curve.fitted.composite() {
        Some(composite) => {
            let parts: Vec<_> = composite.parts.iter().map(|p| p.degree().to_string()).collect();
            let gate = if composite.gate.is_some() { ", times x" } else { "" };
            format!("{{{}}}{gate}", parts.join(", "))
        }
        None if curve.fitted.degree() == asked => asked.to_string(),
        None => format!("{} of {asked}", curve.fitted.degree()),
    };
    row(
        "Degree",
        degree,
        "The degree reached: even and odd functions leave the highest coefficients 0. Of a composition the degree of each polynomial, the one applied first in front",
    );
    row(
        "Multiplicative depth",
        curve.fitted.multiplicative_depth().to_string(),
        "Multiplications one after the other in an encrypted evaluation, those by coefficients included: ⌈log2(degree + 1)⌉",
    );
    row(
        "Maximum error",
        format!("{} at {}", number_text(e.max), number_text(e.max_at)),
        "Largest distance from the function on the interval",
    );
    row(
        "RMS error",
        number_text(e.mean_square.sqrt()),
        "Root of the mean square error, every point of the interval counting alike",
    );
    if let Some(mean_square) = e.measured_mean_square {
        row(
            "RMS over the inputs",
            number_text(mean_square.sqrt()),
            "Root of the mean square error over the measured inputs of this layer, those outside the interval included",
        );
    }
    if let Some(outside) = e.share_outside {
        row(
            "Inputs outside",
            share(outside),
            "Share of the measured inputs of this layer that lie outside the interval",
        );
    }
    for (beyond, outside) in TOLD_BEYOND.iter().zip(&curve.outside) {
        row(
            &format!("Error {:.0} % beyond", beyond * 100.0),
            number_text(outside.max),
            "Largest error from the ends of the interval to this share of its half-width beyond them",
        );
    }
    if let Some(gap) = curve.fitted.gap() {
        row(
            "Gap around 0",
            format!("± {}", number_text(gap)),
            "Nearer to 0 the sign is not approximated",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaving_the_interval_is_told_with_layer_amount_and_samples() {
        let range = RangeReport {
            layer: "relu1".into(),
            interval: (-2.0, 2.0),
            lowest: -1.0,
            highest: 5.0,
            values: 100_000,
            values_outside: 3,
            samples_outside: 2,
        };
        assert_eq!(
            outside(&range, 360),
            "relu1: under 0.01 % of its inputs leave the interval, in 2 of 360 samples, up to 2.50 times its half-width; widen the interval"
        );
    }
}
