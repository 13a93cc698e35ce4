//! What is compared, and how far.

use crate::action::Action;
use crate::command::Command;
use crate::exports;
use crate::panels::button::{export_buttons, hover, named_button};
use crate::queue::Queue;
use crate::state::State;
use activation::{Activation, Method};
use egui::{Button, ComboBox, DragValue, RichText, TextEdit, Ui, vec2};
use kit::{field, row, theme};
use view::{SweepAxis, SweepChoice, TaskStatus};

const EPOCHS: std::ops::RangeInclusive<usize> = 1..=200;
/// Radius of the colour of a method.
const DOT: f32 = 4.0;
/// Height of the button that starts and stops.
const BUTTON: f32 = 30.0;

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let mut choice = state.sweep.choice.clone();
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 4.0;
        start(ui, state, queue);
        ui.add_space(2.0);
        kit::heading(ui, "Methods");
        let function = state.lab.function();
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.spacing_mut().interact_size.y = 19.0;
            for method in Method::ALL {
                let refusal = method.applies_to(&function).err();
                let mut chosen = choice.methods.contains(&method) && refusal.is_none();
                let drawn = state.sweep.series().iter().position(|row| row.method == method);
                let entry = ui.horizontal(|ui| {
                    let entry = egui::Checkbox::new(&mut chosen, method.name());
                    let entry = ui.add_enabled(refusal.is_none(), entry);
                    if let Some(at) = drawn {
                        dot(ui, at);
                    }
                    entry
                });
                let entry = entry.inner;
                let entry = entry.on_hover_text(method.summary());
                let entry = match refusal {
                    Some(reason) => entry.on_disabled_hover_text(reason.to_string()),
                    None => entry,
                };
                if entry.changed() {
                    choice.methods.retain(|m| *m != method);
                    if chosen {
                        choice.methods.push(method);
                    }
                }
            }
        });
        ui.add_space(2.0);
        lists(ui, state, &mut choice);
        row(ui, "Order", "Every other degree first, for all methods; those between after", |ui| {
            let check = ui.checkbox(&mut choice.coarse_first, "coarse first");
            kit::named(check, egui::Role::CheckBox, "Every other degree first");
        });
        row(ui, "Train", "Also train each network on with its polynomials inside", |ui| {
            let check = ui.checkbox(&mut choice.fine_tune, "with them,");
            kit::named(check, egui::Role::CheckBox, "Train with the polynomials");
            let drag = DragValue::new(&mut choice.epochs).range(EPOCHS).suffix(" epochs");
            let drag = ui.add_enabled(choice.fine_tune, drag);
            kit::named(drag, egui::Role::SpinButton, "Epochs for each row");
        });
        row(ui, "Encrypt", "Also run each network encrypted, as the setup says", |ui| {
            let check = ui.checkbox(&mut choice.encrypted, "and measure");
            kit::named(check, egui::Role::CheckBox, "Run each row encrypted");
        });
        let about = "What accuracy is drawn against in the plot on the right";
        field(ui, "Against", about, |ui| {
            let name = choice.axis.name();
            ComboBox::from_id_salt("sweep axis")
                .selected_text(name)
                .width(ui.available_width())
                .show_ui(ui, |ui| {
                    for axis in SweepAxis::COSTS {
                        ui.selectable_value(&mut choice.axis, axis, axis.name());
                    }
                })
                .response
        });
        ui.horizontal_wrapped(|ui| {
            named_button(ui, Command::AddToSweep, "Add explored", state, queue);
            named_button(ui, Command::ClearSweep, "Clear", state, queue);
        });
        ui.horizontal(|ui| {
            export_buttons(ui, exports::SWEEP, state, queue);
        });
    });
    legend(ui, state);
    if choice != state.sweep.choice {
        queue.push(Action::EditSweep(Box::new(choice)));
    }
}

/// Degrees, intervals and functions, as lists.
fn lists(ui: &mut Ui, state: &State, choice: &mut SweepChoice) {
    let (low, high) = state.lab.interval();
    let interval = match state.lab.choice.measured {
        true => "measured, per layer".to_owned(),
        false => format!("{low:.2}..{high:.2}"),
    };
    let function = state.lab.choice.function.as_ref().map_or("own".to_owned(), Activation::name);
    let fields = [
        ("Degrees", "Numbers and ranges from 1 to 31, as 2, 3, 5-7", "2, 3, 5-7".to_owned()),
        (
            "Intervals",
            "Half-widths, measured, or two ends, as 3, 5, measured, -1..3; when empty that of the tab Activation",
            interval,
        ),
        ("Functions", "Names as relu, tanh; when empty that of the tab Activation", function),
    ];
    let texts = [&mut choice.degrees, &mut choice.intervals, &mut choice.functions];
    for ((name, about, hint), text) in fields.into_iter().zip(texts) {
        field(ui, name, about, |ui| {
            let edit = TextEdit::singleline(text).hint_text(hint);
            let edit = ui.add(edit.desired_width(ui.available_width()));
            kit::named(edit, egui::Role::TextInput, name)
        });
    }
    let wrong = [choice.degrees().err(), choice.intervals().err(), choice.functions().err()];
    for reason in wrong.into_iter().flatten() {
        let t = theme::tokens(ui);
        let text = RichText::new(reason).font(theme::small()).color(t.notice);
        ui.add(egui::Label::new(text).wrap());
    }
}

/// What the colours mean, where a method has several lines.
fn legend(ui: &mut Ui, state: &State) {
    let series = state.sweep.series();
    let several = |at: usize| series.iter().filter(|s| s.method == series[at].method).count() > 1;
    if !(0..series.len()).any(several) {
        return;
    }
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 2.0;
        for (at, of) in series.iter().enumerate() {
            ui.horizontal(|ui| {
                dot(ui, at);
                kit::caption(ui, &state.sweep.series_name(of));
            });
        }
    });
}

/// The marker of a method in the plots.
fn dot(ui: &mut Ui, at: usize) {
    let (rect, _) = ui.allocate_exact_size(egui::Vec2::splat(DOT * 2.0), egui::Sense::hover());
    kit::marker(ui.painter(), rect.center(), kit::Mark::series(at), theme::tokens(ui).series(at));
}

fn start(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let running = state.sweep.status == TaskStatus::Running;
    task_button(ui, state, queue, running, Command::RunSweep);
    let fraction = state.sweep.doing.as_ref().map_or(0.0, |d| d.1);
    let text = match &state.sweep.status {
        TaskStatus::Idle => "A row for each method and degree".to_owned(),
        TaskStatus::Running => {
            let doing = state.sweep.doing.as_ref().map(|doing| doing.0.clone());
            let left = state.sweep.time_left().map_or(String::new(), |left| {
                format!(", about {} left", format::secs(left.as_secs_f64()))
            });
            doing.map_or("Starting".to_owned(), |doing| doing + &left)
        }
        TaskStatus::Finished => {
            format!("Finished {} rows", format::count(state.sweep.newest().count() as u64))
        }
        TaskStatus::Stopped => {
            format!("Stopped after {} rows", format::count(state.sweep.newest().count() as u64))
        }
        TaskStatus::Failed(reason) => reason.clone(),
    };
    kit::progress(ui, if running { fraction } else { 0.0 }, "Sweep progress");
    kit::caption_about(ui, &text, &text);
}

/// The button that starts long work, or stops it.
pub fn task_button(ui: &mut Ui, state: &State, queue: &mut Queue, running: bool, start: Command) {
    let t = theme::tokens(ui);
    let command = if running { Command::StopTask } else { start };
    let label = command.words().label;
    let text = match (running, state.task_stopping) {
        (true, true) => "Stopping…",
        (true, false) => "Stop",
        (false, _) => label,
    };
    let fill = if running { t.stop } else { t.action };
    let text = RichText::new(text).font(theme::strong(13.5)).color(t.on_action);
    let button = Button::new(text).fill(fill);
    let size = vec2(ui.available_width(), BUTTON);
    let enabled = command.is_enabled(state);
    let response = ui.add_enabled_ui(enabled, |ui| ui.add_sized(size, button)).inner;
    let response = hover(response, command, state);
    let response = kit::named(response, egui::Role::Button, label);
    if response.clicked() {
        queue.push(command);
    }
}
