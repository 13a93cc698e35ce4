//! The distributions of measured noise, under the plots of a run with lookup tables.

use crate::action::Action;

use crate::queue::Queue;
use crate::state::State;
use egui::{ComboBox, Rect, Sense, Ui, vec2};
use kit::theme;
use plots::{noise, noise_places};
use report::TableReport;

/// Height of a distribution.
pub const HEIGHT: f32 = 132.0;
/// Least width of one.
const LEAST_WIDTH: f32 = 150.0;
const PICKER: f32 = 24.0;

/// What of noise the newest run of this setup measured.
pub fn report(state: &State) -> Option<&TableReport> {
    let run = state.run.as_ref().filter(|_| state.eyes().has_key());
    run?.report.as_ref()?.tables.as_ref()
}

/// Height of all of it.
pub fn height(state: &State) -> f32 {
    report(state).map_or(0.0, |_| HEIGHT + PICKER + theme::CARD_GAP)
}

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let Some(report) = report(state) else { return };
    let layer = state.lab.choice.layer.min(report.tables.len().saturating_sub(1));
    ui.horizontal(|ui| {
        kit::heading(ui, "Measured noise");
        let name = report.tables.get(layer).map_or("none", |t| t.name.as_str());
        let mut choice = state.lab.choice.clone();
        ui.add_enabled_ui(report.tables.len() > 1, |ui| {
            let picker =
                ComboBox::from_id_salt("noise layer").selected_text(name).show_ui(ui, |ui| {
                    for (i, table) in report.tables.iter().enumerate() {
                        ui.selectable_value(&mut choice.layer, i, &table.name);
                    }
                });
            kit::named(picker.response, egui::Role::ComboBox, "Table whose noise is shown");
        });
        if choice != state.lab.choice {
            queue.push(Action::EditLab(Box::new(choice)));
        }
        if let Some(table) = report.tables.get(layer) {
            let text = format!(
                "{} lookups: {} in an adjacent bin ({:.1} predicted), {} in a wrong bin{}",
                format::count(table.lookups),
                format::count(table.adjacent),
                table.adjacent_predicted,
                format::count(table.wrong_bin),
                if report.keys_kept { "; keys of the run before" } else { "" }
            );
            kit::caption(ui, &text);
        }
    });
    let places = noise_places(report, layer);
    let gap = theme::CARD_GAP;
    let columns = ((ui.available_width() + gap) / (LEAST_WIDTH + gap)).floor().max(1.0) as usize;
    let columns = columns.min(places.len().max(1));
    let width = (ui.available_width() - gap * (columns - 1) as f32) / columns as f32;
    for row in places.chunks(columns) {
        let (all, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
        for (i, place) in row.iter().enumerate() {
            let min = all.min + vec2(i as f32 * (width + gap), 0.0);
            noise(ui, Rect::from_min_size(min, vec2(width, HEIGHT)), place);
        }
    }
}
