//! How the window is laid out: folded, simple, for a room.

use super::app::App;
use egui::{Context, ViewportCommand};
use kit::theme;
use scenario::SIMPLE;

/// Plots of a run.
pub const PLOTS: usize = 4;
/// The least size of letters in front of a room, and the steps in which windows zoom.
const LEAST_LETTERS: f32 = 18.0;
const STEPS: f32 = 10.0;

/// How the window is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Layout {
    /// The setup is folded away.
    pub folded: bool,
    /// The plot of the run that is shown alone, counted from 0.
    pub enlarged: Option<usize>,
    /// How it was before the presentation that is on: zoom, and whether the setup was folded.
    presenting: Option<(f32, bool)>,
}

impl Layout {
    /// Whether it is shown to a room.
    pub fn presents(&self) -> bool {
        self.presenting.is_some()
    }

    /// Folds the setup away, or unfolds it.
    pub fn fold(&mut self) {
        self.folded = !self.folded;
    }

    /// Shows the first plot alone, or all.
    pub fn toggle_enlarged(&mut self) {
        self.enlarged = if self.enlarged.is_none() { Some(0) } else { None };
    }

    /// Goes to another plot.
    pub fn step(&mut self, by: isize) {
        let now = self.enlarged.map_or(if by > 0 { -1 } else { 0 }, |at| at as isize);
        self.enlarged = Some((now + by).rem_euclid(PLOTS as isize) as usize);
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plots_follow_each_other_in_a_ring() {
        let mut layout = Layout::default();
        layout.step(1);
        assert_eq!(layout.enlarged, Some(0));
        layout.step(-1);
        assert_eq!(layout.enlarged, Some(PLOTS - 1));
        layout.step(1);
        layout.toggle_enlarged();
        assert_eq!(layout, Layout::default());
    }
}
