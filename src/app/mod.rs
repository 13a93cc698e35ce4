//! The window: state, logic, panels, plots, commands.
//!
//! Panels and plots only read [`State`] and queue [`Action`]s; `logic` applies them.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod action;
mod app;
mod command;
// A table by hand: a row in a few lines.
#[rustfmt::skip]
mod command_table;
mod commands;
mod cryptonn_tasks;
mod curves;
mod dialog;
mod display;
mod explore;
mod export_id;
mod exports;
mod facts;
mod files;
mod gallery;
mod hidden;
mod kept;
mod kept_act;
mod layout;
mod lesson_act;
mod lesson_steps;
mod logic;
mod news;
mod notifications;
mod own_samples;
mod own_tasks;
mod palette;
mod palette_search;
mod panels;
mod paths;
mod preference;
mod preferences;
mod present;
mod public_data;
mod queue;
mod ready;
mod replays;
mod share;
mod sheet;
mod state;
mod strategies;
mod tab;
mod tasks;
mod words;

pub use action::Action;
pub use app::App;
pub use command::Command;
pub use export_id::ExportId;
pub use queue::Queue;
pub use state::State;
pub use tab::Tab;
pub use view::lab::{Checked, Lab, LabCurve, LabRequest};
pub use view::{
    Attack, Blueprint, Compared, Comparing, CryptonnView, Difference, History, LeakChoice,
    LeakView, MitigationView, NewNetwork, Origin, Results, RunView, SequenceView, Status,
    SweepAxis, SweepChoice, SweepView, SweptRow, TaskStatus, Three, TrainingView,
};

use anyhow::Context as _;
use scenario::{Scenario, Sources};
use std::path::PathBuf;
use worker::SessionEngine;

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
/// Folder of the kept runs in it.
const KEPT: &str = "runs";
/// With its title bar it fits a screen of 1280 x 800.
const DEFAULT_SIZE: [f32; 2] = [1260.0, 740.0];
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
    // What windows left that were killed; nothing waits for it.
    std::thread::spawn(file::remove_abandoned);
    let data_dir = options.data_dir;
    let engine = SessionEngine::new(Sources { data_dir: data_dir.clone() });
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
        Box::new(|cc| Ok(Box::new(open_app(cc, engine, scenario, data_dir)))),
    )
    .map_err(|error| anyhow::anyhow!(display::no_window(&error.to_string())))
}

fn open_app(
    cc: &eframe::CreationContext<'_>,
    engine: SessionEngine,
    scenario: Scenario,
    data_dir: Option<PathBuf>,
) -> App {
    let kept = eframe::storage_dir(APP_ID).map(|folder| folder.join(KEPT));
    App::new(cc, engine, scenario).with_data_in(data_dir).with_runs_in(kept)
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.step(ctx);
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        storage.set_string(History::KEY, self.state.history.to_text());
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        panels::show(ui, &self.state, &mut self.queue);
        if !self.queue.is_empty() {
            ui.ctx().request_repaint();
        }
    }
}
