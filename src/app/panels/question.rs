//! What is asked before something long begins, or something is lost.

use crate::action::Action;
use crate::queue::Queue;
use crate::sheet::Sheet;
use crate::state::State;
use egui::{Context, Id, Label, Modal, Ui};
use kit::theme;

const WIDTH: f32 = 420.0;
/// Samples that are offered in the place of all.
const FEW: usize = 10;

pub fn show(ctx: &Context, state: &State, queue: &mut Queue) {
    let (Some(Sheet::LongRun) | Some(Sheet::Leave)) = state.sheet else { return };
    let modal = Modal::new(Id::unique("question")).frame(theme::dialog(ctx)).show(ctx, |ui| {
        ui.set_width((ctx.content_rect().width() * 0.8).min(WIDTH));
        match state.sheet {
            Some(Sheet::LongRun) => long_run(ui, state, queue),
            _ => leave(ui, state, queue),
        }
    });
    if modal.should_close() {
        queue.push(Action::CloseSheet);
    }
}

fn long_run(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let images = state.preview.plan.as_ref().map_or(0, |plan| plan.images);
    let all = format::count(images as u64);
    let secs = format::secs(state.long_secs().unwrap_or_default());
    ui.heading("This run takes long");
    ui.add(
        Label::new(format!("About {secs} for {all} samples. It can be stopped at any time."))
            .wrap(),
    );
    ui.add_space(theme::GAP);
    ui.horizontal_wrapped(|ui| {
        if ui.button(format!("Run all {all}")).clicked() {
            queue.push(Action::RunLong(None));
        }
        if images > FEW && ui.button(format!("Run {FEW} samples")).clicked() {
            queue.push(Action::RunLong(Some(FEW)));
        }
        if ui.button("Cancel").clicked() {
            queue.push(Action::CloseSheet);
        }
    });
}

fn leave(ui: &mut Ui, state: &State, queue: &mut Queue) {
    ui.heading("Close the window?");
    ui.add(Label::new(state.would_lose().unwrap_or("Nothing would be lost.")).wrap());
    ui.add_space(theme::GAP);
    ui.horizontal_wrapped(|ui| {
        if ui.button("Close the window").clicked() {
            queue.push(Action::LeaveWindow);
        }
        if ui.button("Stay").clicked() {
            queue.push(Action::CloseSheet);
        }
    });
}
