//! The present setup and what is explored, run encrypted one after the other: two rows of figures.

use crate::action::Action;
use crate::command::Command;
use crate::panels::origin;
use crate::panels::sweep::task_button;
use crate::queue::Queue;
use crate::state::State;
use egui::{Grid, RichText, Ui};
use kit::theme;
use study::{CompareRow, Row as _};
use view::{Compared, Results, TaskStatus};

/// Height of the card in the place below the plots.
pub const HEIGHT: f32 = 118.0;

/// The columns, by their ids.
const COLUMNS: [&str; 10] = [
    "name",
    "parameters",
    "accuracy",
    "reference_accuracy",
    "latency_secs",
    "upload_bytes",
    "margin_bits",
    "peak_memory_bytes",
    "evaluation_key_bytes",
    "agreement",
];

/// Whether there is something to show.
pub fn is_shown(state: &State) -> bool {
    let compare = &state.compare;
    compare.of == Compared::Polynomials && compare.status != TaskStatus::Idle
}

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    if !is_shown(state) {
        return;
    }
    let t = theme::tokens(ui);
    let view = &state.compare;
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 3.0;
        let results = Results::Compare;
        let going_on = state.is_going_on(results);
        let stale = origin::banner(ui, state, queue, results, state.origin(results), going_on);
        ui.horizontal(|ui| {
            kit::heading(ui, "Both, encrypted");
            match (&view.status, &view.doing) {
                (TaskStatus::Failed(reason), _) => _ = kit::caption(ui, reason),
                (TaskStatus::Stopped, _) => _ = kit::caption(ui, "stopped"),
                (TaskStatus::Running, Some((doing, done))) => {
                    let percent = format::percent(*done);
                    kit::caption(ui, &format!("{doing}, {percent}"));
                }
                (TaskStatus::Running, None) => _ = kit::caption(ui, "starting"),
                _ => {}
            }
            if ui.small_button("×").on_hover_text("Forgets these figures").clicked() && !going_on {
                queue.push(Action::Clear(results));
            }
        });
        if going_on {
            task_button(ui, state, queue, true, Command::RunBoth);
        }
        origin::dimmed(ui, stale);
        egui::ScrollArea::horizontal().id_salt("both").show(ui, |ui| {
            Grid::new("both").num_columns(COLUMNS.len()).spacing([14.0, 3.0]).show(ui, |ui| {
                let columns = CompareRow::columns(&COLUMNS);
                for column in &columns {
                    let title = if column.id == "name" { "Setup" } else { column.title };
                    let title = if column.id == "peak_memory_bytes" { "Memory" } else { title };
                    let text = RichText::new(title).font(theme::small()).color(t.text_weak);
                    ui.label(text).on_hover_text(column.about);
                }
                ui.end_row();
                for row in &view.rows {
                    for column in &columns {
                        let colour = match column.id {
                            _ if row.refusal.is_some() => t.notice,
                            "accuracy" | "agreement" if !row.is_right() => t.wrong,
                            "accuracy" => t.encrypted,
                            "reference_accuracy" => t.reference,
                            _ => t.text_strong,
                        };
                        let text = RichText::new(column.text(row)).size(12.0).color(colour);
                        ui.label(text);
                    }
                    ui.end_row();
                }
            });
        });
        for row in &view.rows {
            let Some(reason) = row.refusal().or(row.fault.as_deref()) else { continue };
            let text = format!("{}: {reason}", row.name);
            let text = RichText::new(text).font(theme::small()).color(t.notice);
            ui.add(egui::Label::new(text).wrap());
        }
    });
}
