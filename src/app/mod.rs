//! The window: state, logic, panels, plots, commands.
//!
//! Panels and plots only read [`State`] and queue [`Action`]s; `logic` applies them.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod action;
mod command;
mod command_table;
mod commands;
mod cryptonn_tasks;
mod dialog;
mod display;
mod explore;
mod export;
mod files;
mod logic;
mod notifications;
mod palette;
mod palette_search;
mod panels;
mod paths;
mod plots;
mod queue;
mod state;
mod strategies;
mod tab;
mod tasks;

pub use action::Action;
pub use command::Command;
pub use queue::Queue;
pub use state::State;
pub use tab::Tab;
pub use view::lab::{Checked, Lab, LabCurve, LabRequest};
pub use view::{
    Attack, Comparing, CryptonnView, Difference, LeakChoice, LeakView, MitigationView, Origin,
    Results, RunView, SequenceView, Status, SweepAxis, SweepChoice, SweepView, TaskStatus, Three,
    TrainingView,
};

use anyhow::Context as _;
use ring::Kernel;
use scenario::{Scenario, Sources};
use std::path::PathBuf;
use std::time::Instant;
use worker::{Check, Engine, LeakWorker, SessionEngine, Task, Worker};

/// What draws the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Renderer {
    /// Vulkan, Metal or DirectX where there is one.
    #[default]
    Wgpu,
    /// OpenGL; faster where a processor draws.
    Glow,
}

/// How the window is opened.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Built-in scenario or `.json` file; `digits` when left out.
    pub scenario: Option<String>,
    /// Changes to it, `key=value` as in [`Scenario::with_setting`].
    pub settings: Vec<String>,
    pub renderer: Renderer,
    /// Folder of the larger public datasets.
    pub data_dir: Option<PathBuf>,
}

/// Name of the application on the desktop, and of its folder of settings.
const APP_ID: &str = "cryptoscope";
const DEFAULT_SIZE: [f32; 2] = [1280.0, 800.0];
const MIN_SIZE: [f32; 2] = [640.0, 400.0];

/// Opens the window and returns when it is closed.
///
/// # Errors
/// When the scenario cannot be read, or when there is no display or nothing to draw with.
pub fn open(options: Options) -> anyhow::Result<()> {
    let name = options.scenario.as_deref().unwrap_or("digits");
    let mut scenario = Scenario::open(name)?;
    for setting in &options.settings {
        scenario = scenario.with_setting(setting)?;
    }
    let engine = SessionEngine::new(Sources { data_dir: options.data_dir });
    let icon = eframe::icon_data::from_png_bytes(include_bytes!("../../assets/icon.png"))
        .context("the built-in icon")?;
    let native = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_app_id(APP_ID)
            .with_inner_size(DEFAULT_SIZE)
            .with_min_inner_size(MIN_SIZE)
            .with_drag_and_drop(true)
            .with_icon(icon),
        renderer: match options.renderer {
            Renderer::Wgpu => eframe::Renderer::Wgpu,
            Renderer::Glow => eframe::Renderer::Glow,
        },
        ..Default::default()
    };
    eframe::run_native(
        "CryptoScope",
        native,
        Box::new(|cc| Ok(Box::new(App::new(cc, engine, scenario)?))),
    )
    .map_err(|error| anyhow::anyhow!(display::no_window(&error.to_string())))
}

/// The application: services around one [`State`].
pub struct App {
    state: State,
    queue: Queue,
    worker: Worker,
    files: files::Files,
    plan_due: Option<Instant>,
    /// The name of the scenario that is being planned.
    planning: String,
    edited_at: Option<Instant>,
    screenshot_pending: bool,
    /// A scenario file is being read; whether it shall be run then.
    opening: Option<bool>,
    /// What the newest check was asked for.
    checked: Option<Check>,
    /// The sweep or training that is on.
    task: Option<Task>,
    /// Reconstructs what the server learns.
    leak: LeakWorker,
    /// A trained model on its way to a file that the setup shall take.
    model_to_use: Option<PathBuf>,
    /// Trained models taken so far.
    kept_models: usize,
}

impl App {
    /// A window on `scenario`, driven by `engine`; its plan is made at once.
    ///
    /// # Errors
    /// When the system gives no thread for the worker.
    pub fn new<E: Engine>(
        cc: &eframe::CreationContext<'_>,
        engine: E,
        scenario: Scenario,
    ) -> std::io::Result<Self> {
        let ctx = &cc.egui_ctx;
        kit::theme::install(ctx);
        // The zoom commands of the table replace the built-in ones.
        ctx.options_mut(|o| o.zoom_with_keyboard = false);
        // Tables open at their first column, wherever they were scrolled to last time.
        ctx.data_mut(|data| data.remove_by_type::<egui::scroll_area::State>());
        let wake = ctx.clone();
        let worker = Worker::start(engine, move || wake.request_repaint())?;
        let wake = ctx.clone();
        let leak = LeakWorker::start(move || wake.request_repaint())?;
        let mut state = State::new(scenario);
        state.preview.pending = true;
        if let Err(error) = Kernel::named_by_variable() {
            state.notifications.error(format!("{error}; the fastest one is used"));
        }
        Ok(Self {
            state,
            queue: Queue::default(),
            worker,
            files: files::Files::new(ctx.clone()),
            plan_due: Some(Instant::now()),
            planning: String::new(),
            edited_at: None,
            screenshot_pending: false,
            opening: None,
            checked: None,
            task: None,
            leak,
            model_to_use: None,
            kept_models: 0,
        })
    }

    /// What the window shows.
    pub fn state(&self) -> &State {
        &self.state
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.step(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        panels::show(ui, &self.state, &mut self.queue);
        if !self.queue.is_empty() {
            ui.ctx().request_repaint();
        }
    }
}
