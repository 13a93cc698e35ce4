//! What protects the samples, and what it costs: ways that were trained with, as a table.

use crate::action::Action;
use crate::command::Command;
use crate::exports;
use crate::panels::button::{export_buttons, named_button};

use crate::queue::Queue;
use crate::state::State;
use egui::{Color32, RichText, Ui};
use kit::theme;
use study::{MitigationRow, Row as _};
use view::TaskStatus;

/// Height of a line of the table.
const LINE: f32 = 17.0;
/// Height of the card without its lines.
const FRAME: f32 = 88.0;

/// What fits the card.
const COLUMNS: [&str; 7] = [
    "mitigation",
    "epochs",
    "accuracy",
    "mean_squared_error",
    "identified",
    "mean_squared_error_similar_data",
    "identified_similar_data",
];

/// Height the card takes.
pub fn height(state: &State) -> f32 {
    let rows = state.mitigations.rows.len() as f32;
    FRAME + if rows > 0.0 { (rows + 1.0) * (LINE + 2.0) } else { 0.0 }
}

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let t = theme::tokens(ui);
    let view = &state.mitigations;
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 4.0;
        ui.horizontal(|ui| {
            kit::heading(ui, "Mitigations, trained with");
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                export_buttons(ui, exports::MITIGATIONS, state, queue);
                let running = view.status == TaskStatus::Running;
                let (command, text) = if running {
                    (Command::StopTask, "Stop")
                } else {
                    (Command::CompareMitigations, "Compare")
                };
                named_button(ui, command, text, state, queue);
            });
        });
        if view.status == TaskStatus::Running {
            kit::progress(ui, view.fraction(), "Progress of the comparison of mitigations");
        }
        let text = status(state);
        ui.add(
            egui::Label::new(RichText::new(text).font(theme::small()).color(t.text_weak)).wrap(),
        );
        if !view.rows.is_empty() {
            table(ui, state, queue);
        }
    });
}

fn status(state: &State) -> String {
    let view = &state.mitigations;
    match (&view.status, &view.doing) {
        (TaskStatus::Running, Some((name, row, of, _))) => {
            format!("{name}, {} of {of}", row + 1)
        }
        (TaskStatus::Failed(reason), _) => reason.clone(),
        _ if view.rows.is_empty() => {
            "Trains with each mitigation in plaintext fixed point, whose integers are those of the encrypted training, and attacks what the server would have seen".to_owned()
        }
        _ => "* by somebody who knows similar data. Fewer units and noise change what is learned; a limit ends the training when a mini-batch has used up its rows".to_owned(),
    }
}

fn table(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let t = theme::tokens(ui);
    let columns = MitigationRow::columns(&COLUMNS);
    ui.spacing_mut().interact_size.y = LINE;
    let small =
        |text: &str, colour: Color32| RichText::new(text).font(theme::small()).color(colour);
    egui::ScrollArea::horizontal().id_salt("mitigations").show(ui, |ui| {
        egui::Grid::new("mitigations table").spacing([10.0, 2.0]).striped(true).show(ui, |ui| {
            for column in &columns {
                ui.label(small(column.title, t.text_weak)).on_hover_text(column.about);
            }
            ui.end_row();
            for row in &state.mitigations.rows {
                for (at, column) in columns.iter().enumerate() {
                    let colour = match at {
                        0 => t.text_strong,
                        1 | 2 => t.series(0),
                        _ => t.series(1),
                    };
                    ui.label(RichText::new(column.text(row)).size(12.0).color(colour))
                        .on_hover_text(column.about);
                }
                let used = state.scenario.training.as_ref() == Some(&row.training);
                let button = egui::Button::new(small("Use", t.text)).small();
                let about = "Makes these the settings of the encrypted training";
                let button = ui.add_enabled(!used && !state.task_running, button);
                let button = button.on_hover_text(about);
                if kit::named(button, egui::Role::Button, &format!("Use {}", row.name)).clicked() {
                    let training = Some(row.training.clone());
                    let scenario = scenario::Scenario { training, ..state.scenario.clone() };
                    queue.push(Action::Edit(Box::new(scenario)));
                }
                ui.end_row();
            }
        });
    });
}
