//! The line over results that another setup than the present one gave.

use crate::action::Action;
use crate::queue::Queue;
use crate::state::State;
use egui::{RichText, Ui};
use kit::theme;
use std::time::Duration;
use view::{Origin, Results};

/// How often the age in a line is written anew.
const AGES: Duration = Duration::from_secs(30);

/// Says where the results of a tab come from when that is not the present setup, and lets what is drawn after
/// it stand back then.
pub fn told(ui: &mut Ui, state: &State, queue: &mut Queue, results: Results) {
    let going_on = state.is_going_on(results);
    let stale = banner(ui, state, queue, results, state.origin(results), going_on);
    dimmed(ui, stale);
}

/// Says where results come from when that is not the present setup, and what to do about it; `true`
/// when it did: the results are to be [`dimmed`] then.
pub fn banner(
    ui: &mut Ui,
    state: &State,
    queue: &mut Queue,
    results: Results,
    origin: Option<&Origin>,
    going_on: bool,
) -> bool {
    let Some(origin) = origin else { return false };
    if origin.disturbed {
        let text = "Measured while other work ran: times are not comparable";
        let text = RichText::new(text).font(theme::small()).color(theme::tokens(ui).notice);
        ui.add(egui::Label::new(text).truncate()).on_hover_text(
            "A run and a sweep, a training or a comparison shared the processor; run again alone for times that count",
        );
    }
    if origin.is(&state.scenario) {
        return false;
    }
    ui.ctx().request_repaint_after(AGES);
    let t = theme::tokens(ui);
    egui::Frame::new()
        .fill(t.notice_fill)
        .stroke(egui::Stroke::new(1.0, t.notice))
        .corner_radius(4)
        .inner_margin(egui::Margin::symmetric(8, 2))
        .show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            ui.horizontal_wrapped(|ui| {
                let line = format!("What is shown is {}", origin.line(&state.scenario));
                let text = RichText::new(&line).font(theme::small()).color(t.text_strong);
                ui.label(text).on_hover_text(format!(
                    "These results are of another setup than the present one. Its digest is {}",
                    origin.setup.digest
                ));
                let show = ui.small_button("Show that setup");
                if show.on_hover_text("Makes it the present setup again").clicked() {
                    queue.push(Action::Edit(Box::new(origin.setup.scenario.clone())));
                }
                let clear = ui.add_enabled(!going_on, egui::Button::new("Clear").small());
                let clear = clear
                    .on_hover_text("Forgets these results")
                    .on_disabled_hover_text("Still going on; stop it first");
                let clear = kit::named(clear, egui::Role::Button, "Clear these results");
                if clear.clicked() {
                    queue.push(Action::Clear(results));
                }
            });
        });
    true
}

/// Draws what follows in `ui` as results of another setup, where they are.
pub fn dimmed(ui: &mut Ui, stale: bool) {
    if stale {
        ui.multiply_opacity(theme::STALE);
    }
}
