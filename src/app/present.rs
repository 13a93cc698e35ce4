//! The window in front of a room, and simple.

use super::app::App;
use egui::{Context, ViewportCommand};
use kit::theme;
use scenario::SIMPLE;

/// The least size of letters in front of a room, and the steps in which windows zoom.
const LEAST_LETTERS: f32 = 18.0;
const STEPS: f32 = 10.0;

impl App {
    /// Begins a presentation, or ends it: everything is as it was then.
    pub(super) fn present(&mut self, ctx: &Context) {
        let layout = &mut self.state.layout;
        let begins = match layout.presenting.take() {
            Some((zoom, folded)) => {
                ctx.set_zoom_factor(zoom);
                (layout.folded, layout.enlarged) = (folded, None);
                false
            }
            None => {
                layout.presenting = Some((ctx.zoom_factor(), layout.folded));
                let zoom = (LEAST_LETTERS / theme::small().size * STEPS).ceil() / STEPS;
                ctx.set_zoom_factor(zoom.max(ctx.zoom_factor()));
                (layout.folded, layout.enlarged) = (true, Some(0));
                true
            }
        };
        ctx.send_viewport_cmd(ViewportCommand::Fullscreen(begins));
    }

    /// Shows little, or everything.
    pub(super) fn toggle_simple(&mut self) {
        let mut scenario = self.state.scenario.clone();
        scenario.show = match scenario.show.is_empty() {
            true => SIMPLE.map(str::to_owned).to_vec(),
            false => Vec::new(),
        };
        self.edit(scenario);
    }
}
