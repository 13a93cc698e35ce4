//! The application: services around one [`State`].

use super::queue::Queue;
use super::state::State;
use super::tab::Tab;
use egui::ColorImage;
use file::Aside;
use ring::Kernel;
use scenario::Scenario;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Instant;
use view::History;
use worker::{Check, Engine, Worker};

/// The application: services around one [`State`].
pub struct App {
    pub(super) state: State,
    pub(super) queue: Queue,
    pub(super) worker: Worker,
    pub(super) plan_due: Option<Instant>,
    /// When the newest plan was asked for.
    pub(super) plan_began: Option<Instant>,
    /// The name of the scenario that is being planned.
    pub(super) planning: String,
    /// An image of the window that is on its way, and the file for it.
    pub(super) screenshot: Option<(PathBuf, Receiver<Arc<ColorImage>>)>,
    /// A scenario file is being read; whether it shall be run then.
    pub(super) opening: Option<bool>,
    /// What the newest check was asked for.
    pub(super) checked: Option<Check>,
    /// What would be the setup when its cost was asked for last.
    pub(super) costed: Option<Scenario>,
    /// A trained model on its way to a file that the setup shall take.
    pub(super) model_to_use: Option<PathBuf>,
    /// A new network on its way to a file of a person's choice.
    pub(super) saving_network: Option<PathBuf>,
    /// Where trained models lie that nobody has saved; made for the first of them.
    pub(super) aside: Option<Aside>,
    /// It was said that the window closes whatever is on.
    pub(super) leaves: bool,
    /// The setup that the sample on the pad was answered under.
    pub(super) answered: Option<Scenario>,
    /// When the replay was played last, by the clock of the window in seconds.
    pub(super) played_at: Option<f64>,
}

impl App {
    /// A window on `scenario`, driven by `engine`; its plan is made at once.
    pub fn new(cc: &eframe::CreationContext<'_>, engine: impl Engine, scenario: Scenario) -> Self {
        let ctx = &cc.egui_ctx;
        kit::theme::install(ctx);
        // The zoom commands of the table replace the built-in ones.
        ctx.options_mut(|o| o.zoom_with_keyboard = false);
        // Tables open at their first column, wherever they were scrolled to last time.
        ctx.data_mut(|data| data.remove_by_type::<egui::scroll_area::State>());
        let wake = ctx.clone();
        let mut state = State::new(scenario);
        state.lab.choice = state.lab.choice.following(&state.scenario.activation);
        state.preview.pending = true;
        match cc.storage.map(|storage| storage.get_string(History::KEY)) {
            Some(Some(kept)) => state.history = History::from_text(&kept),
            // The first start: somebody may want to know where to begin.
            Some(None) => state.tab = Tab::Welcome,
            None => {}
        }
        if let Err(error) = Kernel::named_by_variable() {
            state.notifications.error(format!("{error}; the fastest one is used"));
        }
        Self {
            state,
            queue: Queue::default(),
            worker: Worker::new(engine, move || wake.request_repaint()),
            plan_due: Some(Instant::now()),
            plan_began: None,
            planning: String::new(),
            screenshot: None,
            opening: None,
            checked: None,
            costed: None,
            model_to_use: None,
            saving_network: None,
            aside: None,
            leaves: false,
            answered: None,
            played_at: None,
        }
    }

    /// The window with public datasets in `folder`; in the one that a person chose, where that is only
    /// the usual one.
    pub fn with_data_in(mut self, folder: Option<PathBuf>) -> Self {
        let chosen = self.state.history.data_folder.as_ref().map(PathBuf::from);
        let usual = folder.is_none() || folder == data::default_data_dir();
        match chosen.filter(|_| usual) {
            Some(chosen) => self.look_in(chosen),
            None => self.state.data_folder = folder,
        }
        self
    }

    /// What the window shows.
    pub fn state(&self) -> &State {
        &self.state
    }
}
