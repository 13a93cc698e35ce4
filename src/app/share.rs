//! The setup as a line of text, and a fresh start.

use super::app::App;
use super::state::State;
use egui::{Context, Event, ViewportCommand};
use scenario::Scenario;

impl App {
    /// Puts the setup onto the clipboard.
    pub(super) fn copy_setup(&mut self, ctx: &Context) {
        ctx.copy_text(self.state.scenario.to_line());
        self.state.notifications.info("Copied the setup as a line of text");
    }

    /// Asks for the clipboard; the answer comes as an event of a later frame.
    pub(super) fn paste_setup(&mut self, ctx: &Context) {
        self.state.pasting = true;
        // What comes is no text for a field.
        ctx.memory_mut(egui::Memory::stop_text_input);
        ctx.send_viewport_cmd(ViewportCommand::RequestPaste);
    }

    /// Takes the setup that was pasted, where it was asked for.
    pub(super) fn take_pasted(&mut self, ctx: &Context) {
        // Nothing came while the clipboard was empty, and now a field is written in: that paste is its own.
        self.state.pasting &= ctx.memory(|memory| memory.focused()).is_none();
        if !self.state.pasting {
            return;
        }
        let pasted = ctx.input(|input| {
            input.events.iter().find_map(|event| match event {
                Event::Paste(text) => Some(text.clone()),
                _ => None,
            })
        });
        let Some(text) = pasted else { return };
        self.state.pasting = false;
        match Scenario::from_text(&text) {
            Ok(scenario) => {
                let name = format::excerpt(&scenario.name);
                self.take_scenario(scenario);
                self.state.notifications.info(format!("Pasted the setup {name}"));
            }
            Err(error) => self.state.notifications.error(error.to_string()),
        }
    }

    /// The scenario as it comes, and an empty window; what was trained or written stays.
    pub(super) fn start_over(&mut self, ctx: &Context) {
        let name = &self.state.scenario.name;
        let shipped = Scenario::built_in().into_iter().find(|s| s.name == *name);
        let scenario = shipped.unwrap_or_else(|| self.state.opened.clone());
        let fresh = State::new(scenario.clone());
        let state = &mut self.state;
        (state.run, state.replay, state.pins) = (fresh.run, fresh.replay, fresh.pins);
        state.sweep = fresh.sweep;
        state.compare = fresh.compare;
        state.sequence = fresh.sequence;
        state.lab = fresh.lab;
        state.tab = fresh.tab;
        state.seen_as = fresh.seen_as;
        state.opened_layer = fresh.opened_layer;
        state.unfolded = fresh.unfolded;
        state.sample_at = fresh.sample_at;
        state.difference = fresh.difference;
        // The laboratory is told of the data anew.
        (state.loaded, state.loaded_sequence) = (None, None);
        self.checked = None;
        self.take_scenario(scenario);
        self.replan();
        ctx.set_zoom_factor(1.0);
    }
}
