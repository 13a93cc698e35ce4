//! What a person prefers is done.

use super::app::App;
use super::preference::Preference;
use egui::Context;
use worker::Shelf;

impl App {
    pub(super) fn prefer(&mut self, ctx: &Context, preference: Preference) {
        match preference {
            Preference::Theme(theme) => ctx.set_theme(theme),
            Preference::UsualFolder => {
                self.state.history.data_folder = None;
                if let Some(folder) = data::default_data_dir() {
                    self.look_in(folder);
                }
            }
            Preference::KeepRuns(days) => {
                self.state.history.keep_days = days;
                let folder = self.state.kept.shelf.as_ref().map(|shelf| shelf.folder().to_owned());
                let shelf = folder.map(|folder| Shelf::new(folder).for_days(days));
                self.state.kept.shelf.clone_from(&shelf);
                if let Some(shelf) = shelf {
                    self.worker.list_kept(shelf);
                }
            }
            Preference::ForgetKeys => self.worker.forget_keys(),
            Preference::ForgetLists => {
                self.state.history.forget_lists();
                self.state.notifications.info("The lists are empty; no file was deleted");
            }
        }
    }
}
