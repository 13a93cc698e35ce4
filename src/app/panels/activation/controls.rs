//! What is approximated, how, and where.

use super::costs;
use crate::action::Action;
use crate::command::Command;
use crate::exports::{self, Export};
use crate::panels::button::{command_button, hover, named_button};
use crate::panels::polynomial_field;
use crate::queue::Queue;
use crate::state::State;
use activation::{Activation, MAX_PARTS, Method};
use egui::{ComboBox, DragValue, Slider, Ui};
use kit::{field, row, theme};
use view::lab::{HALF_WIDTHS, LabRequest, TOP_DEGREE};

/// Width of the column of controls and figures.
pub const COLUMN: f32 = 268.0;

const SQUARES: &str = "The activations of this network are polynomials already and are kept as they are: nothing is approximated. Another function shows what it would do to weights that were trained without it.";
/// Limits of what can be typed as an end of the interval.
const ENDS: std::ops::RangeInclusive<f64> = -1e6..=1e6;
/// Height of an open list: all entries without scrolling.
const LIST: f32 = 420.0;
/// Width of the number beside a slider.
const NUMBER: f32 = 54.0;
/// Width of the button that walks through the degrees.
const PLAY: f32 = 28.0;

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let mut choice = state.lab.choice.clone();
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 4.0;
        function(ui, state, &mut choice);
        method(ui, state, &mut choice);
        if choice.method.takes_coefficients() {
            polynomial_field::show(ui, "laboratory", &mut choice.own);
        }
        degree(ui, state, &mut choice, queue);
        interval(ui, state, &mut choice);
        layer(ui, state, &mut choice);
        if state.lab.has_polynomials_only() {
            let text = egui::RichText::new(SQUARES).font(theme::small());
            let colour = theme::tokens(ui).notice;
            ui.add(egui::Label::new(text.color(colour)).wrap());
        }
        ui.horizontal(|ui| {
            command_button(ui, Command::UseApproximation, "Use in setup", state, queue);
            command_button(ui, Command::RunBoth, "Run both", state, queue);
            let enabled = exports::LAB.iter().all(|export| (export.ready)(state).is_ok());
            ui.add_enabled_ui(enabled, |ui| {
                let button = ui.menu_button("Export", |ui| {
                    for command in exports::LAB.iter().map(Export::command) {
                        let entry = ui.button(command.words().label);
                        if hover(entry, command, state).clicked() {
                            queue.push(command);
                            ui.close();
                        }
                    }
                });
                button.response.on_hover_text("Save curves, coefficients or plots");
            });
        });
    });
    let choice = choice.clamped();
    if choice != state.lab.choice {
        queue.push(Action::EditLab(Box::new(choice)));
    }
}

fn combo(ui: &mut Ui, id: &str, shown: &str, entries: impl FnOnce(&mut Ui)) -> egui::Response {
    ComboBox::from_id_salt(("lab", id))
        .selected_text(shown)
        .width(ui.available_width())
        .truncate()
        .height(LIST)
        .show_ui(ui, entries)
        .response
}

fn function(ui: &mut Ui, state: &State, choice: &mut LabRequest) {
    let own = state.lab.layer().map(|l| l.function.name());
    let own = own.map_or("Own".to_owned(), |name| format!("Own: {name}"));
    let shown = choice.function.as_ref().map_or(own.clone(), Activation::name);
    field(ui, "Function", "The activation function that a polynomial stands in for", |ui| {
        combo(ui, "function", &shown, |ui| {
            ui.selectable_value(&mut choice.function, None, own).on_hover_text(
                "Each layer keeps its own function; layers that are polynomials already stay as they are",
            );
            for function in Activation::TARGETS {
                let name = function.name();
                ui.selectable_value(&mut choice.function, Some(function), name);
            }
        })
    });
}

fn method(ui: &mut Ui, state: &State, choice: &mut LabRequest) {
    let function = choice.function.clone().unwrap_or_else(|| state.lab.function());
    let next = ui.ctx().format_shortcut(&Command::NextMethod.words().keys);
    let about = format!("{}. {next} takes the next one", choice.method.summary());
    field(ui, "Method", &about, |ui| {
        combo(ui, "method", choice.method.name(), |ui| {
            for method in Method::ALL {
                let refusal = method.applies_to(&function).err();
                ui.add_enabled_ui(refusal.is_none(), |ui| {
                    let entry = ui.selectable_value(&mut choice.method, method, method.name());
                    let entry = entry.on_hover_text(method.summary());
                    if let Some(reason) = refusal {
                        entry.on_disabled_hover_text(reason.to_string());
                    }
                });
            }
        })
    });
}

fn degree(ui: &mut Ui, state: &State, choice: &mut LabRequest, queue: &mut Queue) {
    let composed = choice.method == Method::CompositeMinimax;
    let about = if composed {
        "Degree of each of the composed polynomials; the wheel over the plots changes it too"
    } else {
        "Highest degree; the wheel over the plots changes it too"
    };
    field(ui, "Degree", about, |ui| {
        ui.spacing_mut().slider_width = (ui.available_width() - NUMBER - PLAY).max(40.0);
        let slider = Slider::new(&mut choice.degree, 1..=TOP_DEGREE);
        let response = ui.add_enabled(choice.method.uses_degree(), slider);
        let response = kit::named(response, egui::Role::Slider, "Degree");
        let text = if state.lab.playing.is_some() { "■" } else { "▶" };
        named_button(ui, Command::PlayDegrees, text, state, queue);
        response
    });
    costs::strip(ui, state, choice);
    if composed {
        field(ui, "Composed", "How many polynomials are applied one after the other", |ui| {
            ui.spacing_mut().slider_width = (ui.available_width() - NUMBER).max(40.0);
            ui.add(Slider::new(&mut choice.parts, 1..=MAX_PARTS))
        });
    }
}

fn interval(ui: &mut Ui, state: &State, choice: &mut LabRequest) {
    let shown = state.lab.interval();
    let about = "Half-width l of the interval [−l, l]; the ends can be dragged in the plots too";
    let mut half = 0.5 * (shown.1 - shown.0);
    let before = half;
    field(ui, "Interval ±", about, |ui| {
        ui.spacing_mut().slider_width = (ui.available_width() - NUMBER).max(40.0);
        let slider = Slider::new(&mut half, HALF_WIDTHS)
            .logarithmic(true)
            .clamping(egui::SliderClamping::Never)
            .max_decimals(2);
        let response = ui.add(slider);
        kit::named(response, egui::Role::Slider, "Interval")
    });
    if half != before && half > 0.0 {
        choice.set_half_width(half);
    }
    let ends = "Lower and upper end: the interval need not be symmetric";
    row(ui, "Ends", ends, |ui| {
        let (mut low, mut high) = shown;
        let width = (ui.available_width() - theme::GAP) / 2.0;
        let mut changed = false;
        for (name, value) in [("Lower end", &mut low), ("Upper end", &mut high)] {
            let speed = 0.005 * (shown.1 - shown.0);
            let drag = DragValue::new(value).range(ENDS).speed(speed).max_decimals(2);
            let response = ui.add_sized([width, theme::ROW], drag).on_hover_text(ends);
            changed |= response.changed();
            kit::named(response, egui::Role::SpinButton, name);
        }
        if changed && low < high {
            choice.measured = false;
            choice.interval = (low, high);
        }
    });
    row(ui, "", "", |ui| {
        let about = "Each layer has its own interval: it holds all inputs measured on training samples, and a tenth more";
        let known = state.lab.histogram().is_some();
        let mut measured = choice.measured;
        let check = egui::Checkbox::new(&mut measured, "Measured, per layer");
        if ui.add_enabled(known, check).on_hover_text(about).changed() {
            choice.measured = measured;
            // By hand one starts from what was measured.
            choice.interval = shown;
        }
    });
}

fn layer(ui: &mut Ui, state: &State, choice: &mut LabRequest) {
    let layers = state.lab.data.as_ref().map(|d| d.layers.as_slice()).unwrap_or_default();
    let shown = state.lab.layer().map_or("none", |l| l.layer.as_str());
    field(ui, "Layer", "The activation layer whose inputs are shown", |ui| {
        ui.add_enabled_ui(layers.len() > 1, |ui| {
            combo(ui, "layer", shown, |ui| {
                for (i, layer) in layers.iter().enumerate() {
                    let text = format!("{} ({})", layer.layer, layer.function.name());
                    ui.selectable_value(&mut choice.layer, i, text);
                }
            })
        })
        .inner
    });
}
