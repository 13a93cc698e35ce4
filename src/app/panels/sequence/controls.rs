//! The strategy, the sequence that is drawn, and the connection that times are told for.

use super::shown::shown;
use crate::action::Action;
use crate::command::Command;
use crate::panels::button::command_button;
use crate::queue::Queue;
use crate::state::State;
use activation::{Activation, Method};
use circuit::{NetworkModel, NoiseStrategy};
use data::Shape;
use egui::{ComboBox, DragValue, Label, RichText, Sense, Slider, Ui, vec2};
use kit::{field, row, theme};
use scenario::{Scenario, SequenceRequest};
use study::StrategyRequest;
use view::SequenceView;

/// Height of the plot under the controls.
const PLOT: f32 = 168.0;
/// Width of a slider that has its value behind it.
const SLIDER: f32 = 62.0;
/// Steps to start from when not all are wanted.
const SOME_STEPS: usize = 12;
/// Most steps between two refreshes that can be asked for.
const MOST_STEPS: usize = 1000;

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let Some(choice) = &state.scenario.sequence else {
        theme::card(ui).show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            kit::heading(ui, "Sequences");
            ui.add(Label::new("This setup has no recurrent network. Open one of the cryptornn scenarios to see sequences on ciphertexts, and the strategies for their noise.").wrap());
        });
        return;
    };
    strategy(ui, state, choice, queue);
    sequence(ui, state, queue);
    connection(ui, state, queue);
    let size = vec2(ui.available_width(), PLOT);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    plots::strategies_compared(ui, rect, &state.sequence);
}

fn strategy(ui: &mut Ui, state: &State, choice: &SequenceRequest, queue: &mut Queue) {
    let t = theme::tokens(ui);
    let mut chosen = choice.clone();
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 4.0;
        kit::heading(ui, "Strategy for the noise");
        field(ui, "Noise strategy", "What is done about noise that grows from step to step", |ui| {
            ComboBox::from_id_salt("remedy")
                .selected_text(choice.strategy.name())
                .width(ui.available_width())
                .show_ui(ui, |ui| {
                    for strategy in NoiseStrategy::ALL {
                        ui.selectable_value(&mut chosen.strategy, strategy, strategy.name())
                            .on_hover_text(strategy.reveals());
                    }
                })
                .response
        });
        let refreshes = chosen.strategy == NoiseStrategy::Refresh;
        row(ui, "Refresh", "Steps from one fresh state to the next", |ui| {
            ui.add_enabled_ui(refreshes, |ui| {
                let mut by_hand = chosen.refresh_every.is_some();
                if ui.checkbox(&mut by_hand, "By hand").changed() {
                    chosen.refresh_every = by_hand.then_some(1);
                }
                if let Some(steps) = &mut chosen.refresh_every {
                    let drag = DragValue::new(steps).range(1..=MOST_STEPS).speed(0.05);
                    ui.add(drag.prefix("every "));
                }
            });
        });
        let all = state.loaded_sequence.as_ref().map_or(MOST_STEPS, |l| match l.dataset.shape() {
            Shape::Sequence { steps, .. } => steps,
            _ => MOST_STEPS,
        });
        row(ui, "Steps", "All steps of every sequence, or only the last so many: one chain carries no more than fit its modulus", |ui| {
            let mut some = chosen.steps.is_some();
            if ui.checkbox(&mut some, "Only the last").changed() {
                chosen.steps = some.then_some(SOME_STEPS.min(all));
            }
            if let Some(steps) = &mut chosen.steps {
                let drag = ui.add(DragValue::new(steps).range(1..=all).speed(0.05));
                kit::named(drag, egui::Role::SpinButton, "Steps that are run");
            }
        });
        let text = format!("Reveals {}.", chosen.strategy.reveals());
        let text = RichText::new(text).font(theme::small()).color(t.text_weak);
        ui.add(Label::new(text).wrap());
        ui.horizontal(|ui| {
            command_button(ui, Command::CompareStrategies, "Run all strategies", state, queue);
            if let Some(doing) = &state.sequence.comparing {
                let text = format!("{} of {}, {}", doing.row + 1, doing.of, doing.name);
                kit::caption_about(ui, &text, &text);
            }
        });
        compared(ui, state, queue);
    });
    if chosen != *choice {
        let scenario = Scenario { sequence: Some(chosen), ..state.scenario.clone() };
        queue.push(Action::Edit(Box::new(scenario)));
    }
}

/// What a comparison runs.
fn compared(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let view = &state.sequence;
    let mut request = view.request.clone();
    let about = "Seconds a row may take by prediction; where all steps or all sequences take longer, fewer are run and the row says so";
    row(ui, "At most", about, |ui| {
        let mut limited = request.row_secs.is_some();
        if ui.checkbox(&mut limited, "a row").changed() {
            request.row_secs = if limited { StrategyRequest::default().row_secs } else { None };
        }
        if let Some(secs) = &mut request.row_secs {
            let drag = DragValue::new(secs).range(1.0..=36_000.0).speed(0.2).max_decimals(0);
            let drag = ui.add(drag.suffix(" s"));
            kit::named(drag, egui::Role::SpinButton, "Seconds a row");
        }
    });
    let about = "Polynomials in the place of the exact function, without training: a row each";
    field(ui, "Polynomials", about, |ui| {
        let text = match request.activations.len() {
            0 => "trained only".to_owned(),
            count => format!("trained, and {count}"),
        };
        ComboBox::from_id_salt("compared methods")
            .selected_text(text)
            .width(ui.available_width())
            .close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside)
            .show_ui(ui, |ui| {
                let fits =
                    |m: &Method| m.applies_to(&Activation::Tanh).is_ok() && !m.takes_coefficients();
                for method in Method::ALL.into_iter().filter(fits) {
                    let mut on = view.compares(method);
                    if ui.checkbox(&mut on, method.name()).changed() {
                        request.activations.retain(|m| *m != method);
                        if on {
                            request.activations.push(method);
                        }
                    }
                }
            })
            .response
    });
    if request != view.request {
        let view = SequenceView { request, ..view.clone() };
        queue.push(Action::EditSequence(Box::new(view)));
    }
}

fn sequence(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let Some(report) = shown(state).filter(|r| !r.traces.is_empty()) else { return };
    let mut view = state.sequence.trace;
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 4.0;
        field(ui, "Sequence", "Which of the sequences that were followed is drawn", |ui| {
            let last = report.traces.len() - 1;
            view = view.min(last);
            ui.add(Slider::new(&mut view, 0..=last).show_value(false))
        });
        if let Some(trace) = report.traces.get(view) {
            let padding = match trace.begins {
                0 => String::new(),
                steps => format!(", begins after {steps} steps of padding"),
            };
            kit::caption(ui, &format!("test sample {}{padding}", trace.index));
        }
        let units: Vec<String> = report.hidden.iter().map(usize::to_string).collect();
        let mut cells = format!("{}, {} units", report.cell, units.join(" + "));
        if report.step_secs > 0.0 {
            cells.push_str(&format!("; {} a step", format::secs(report.step_secs)));
        }
        kit::caption(ui, &cells).on_hover_text(
            "Cell, units by layer, and once it was run the time of one step of a batch",
        );
        if report.longest_chain > 0 {
            kit::caption(
                ui,
                &format!("one chain carries {} steps at 128 bits", report.longest_chain),
            );
        }
    });
    if view != state.sequence.trace {
        queue.push(Action::EditSequence(Box::new(SequenceView {
            trace: view,
            ..state.sequence.clone()
        })));
    }
}

fn connection(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let mut chosen: NetworkModel = state.sequence.connection.clone();
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 4.0;
        kit::heading(ui, "Connection");
        ui.spacing_mut().slider_width = SLIDER;
        field(ui, "Preset", "Round-trip time and bandwidth between client and server", |ui| {
            ComboBox::from_id_salt("connection")
                .selected_text(chosen.name.clone())
                .width(ui.available_width())
                .show_ui(ui, |ui| {
                    for preset in NetworkModel::presets() {
                        let name = preset.name.clone();
                        if ui.selectable_label(chosen.name == name, name).clicked() {
                            chosen = preset;
                        }
                    }
                })
                .response
        });
        let before = chosen.clone();
        let mut millis = chosen.round_trip_secs * 1e3;
        field(
            ui,
            "Round trip",
            "Time for a message there and its answer back, without work",
            |ui| ui.add(Slider::new(&mut millis, 0.01..=500.0).logarithmic(true).suffix(" ms")),
        );
        chosen.round_trip_secs = millis / 1e3;
        for (name, bits, about) in [
            ("Up", &mut chosen.up_bits_per_sec, "Bandwidth from client to server"),
            ("Down", &mut chosen.down_bits_per_sec, "Bandwidth from server to client"),
        ] {
            let mut mega = *bits / 1e6;
            field(ui, name, about, |ui| {
                ui.add(Slider::new(&mut mega, 0.5..=100_000.0).logarithmic(true).suffix(" Mb/s"))
            });
            if (mega * 1e6 - *bits).abs() > 1e-6 * *bits {
                *bits = mega * 1e6;
            }
        }
        let far = |a: f64, b: f64| (a - b).abs() > 1e-6 * b.abs();
        if far(chosen.round_trip_secs, before.round_trip_secs)
            || far(chosen.up_bits_per_sec, before.up_bits_per_sec)
            || far(chosen.down_bits_per_sec, before.down_bits_per_sec)
        {
            chosen.name = "by hand".to_owned();
        } else {
            chosen = before;
        }
    });
    if chosen != state.sequence.connection {
        queue.push(Action::EditSequence(Box::new(SequenceView {
            connection: chosen,
            ..state.sequence.clone()
        })));
    }
}
