//! The menu bar: every command, and what stands over the whole window.

use crate::action::Action;
use crate::command::Command;
use crate::panels::button::command_button;
use crate::queue::Queue;
use crate::state::State;
use crate::tab::Tab;
use egui::{Align, Layout, RichText, Ui};
use kit::theme;

const FILE: &[Option<Command>] = &[
    Some(Command::OpenScenario),
    Some(Command::OpenModel),
    Some(Command::OpenDataset),
    Some(Command::OpenCheckpoint),
    None,
    Some(Command::SaveScenario),
    Some(Command::ExportReport),
    Some(Command::ExportStages),
    Some(Command::ExportCurves),
    Some(Command::ExportCoefficients),
    Some(Command::ExportFigure),
    Some(Command::ExportSweep),
    Some(Command::ExportSweepReport),
    Some(Command::ExportSweepFigure),
    Some(Command::ExportCompare),
    Some(Command::ExportCompareReport),
    Some(Command::ExportCompareFigure),
    Some(Command::ExportStrategies),
    Some(Command::ExportStrategyReport),
    Some(Command::ExportStrategyFigure),
    Some(Command::SaveModel),
    Some(Command::ExportCryptonn),
    Some(Command::ExportLeak),
    Some(Command::ExportCryptonnReport),
    Some(Command::ExportCryptonnFigure),
    Some(Command::ExportMitigations),
    Some(Command::SaveCheckpoint),
    Some(Command::SaveScreenshot),
    None,
    Some(Command::Quit),
];
const SETUP: &[Option<Command>] = &[
    Some(Command::Run),
    Some(Command::Stop),
    None,
    Some(Command::Undo),
    Some(Command::Redo),
    Some(Command::ResetSetup),
    None,
    Some(Command::RaiseDegree),
    Some(Command::LowerDegree),
    Some(Command::NextMethod),
    Some(Command::PreviousMethod),
    Some(Command::MeasuredInterval),
    Some(Command::UseApproximation),
    None,
    Some(Command::RunSweep),
    Some(Command::Train),
    Some(Command::PauseTraining),
    Some(Command::ContinueTraining),
    Some(Command::CompareMitigations),
    Some(Command::CompareStrategies),
    Some(Command::StopTask),
    Some(Command::UseTrained),
];
const VIEW: &[Option<Command>] = &[
    Some(Command::ShowRun),
    Some(Command::ShowSamples),
    Some(Command::ShowActivation),
    Some(Command::ShowSweep),
    Some(Command::ShowTraining),
    Some(Command::ShowLeak),
    Some(Command::ShowSequence),
    Some(Command::NextSample),
    Some(Command::PreviousSample),
    None,
    Some(Command::ToggleTheme),
    Some(Command::ZoomIn),
    Some(Command::ZoomOut),
    Some(Command::ZoomReset),
    None,
    Some(Command::Palette),
];
/// Less room than this for the right end: what the keyboard reaches too is left out.
const ROOM_FOR_ALL: f32 = 210.0;
const HELP: &[Option<Command>] = &[Some(Command::About), Some(Command::ShowLog)];

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    egui::MenuBar::new().ui(ui, |ui| {
        let t = theme::tokens(ui);
        ui.label(RichText::new("CryptoScope").font(theme::strong(14.0)).color(t.text_strong));
        ui.add_space(6.0);
        for (name, commands) in
            [("File", FILE), ("Setup", SETUP), ("View", VIEW), ("Help", HELP)]
        {
            let response = ui.menu_button(name, |ui| entries(ui, commands, state, queue)).response;
            kit::named(response, egui::Role::Button, &format!("{name} menu"));
        }
        ui.add_space(8.0);
        ui.separator();
        ui.add_space(4.0);
        let tabs = [
            (Tab::Run, "Run", Command::ShowRun),
            (Tab::Samples, "Samples", Command::ShowSamples),
            (Tab::Activation, "Activation", Command::ShowActivation),
            (Tab::Sweep, "Sweep", Command::ShowSweep),
            (Tab::Training, "Training", Command::ShowTraining),
            (Tab::Leak, "What the server learns", Command::ShowLeak),
            (Tab::Compare, "Compare", Command::ShowCompare),
            (Tab::Sequence, "Sequence", Command::ShowSequence),
        ];
        for (tab, name, command) in tabs {
            // Shown for what it is about, or while it is looked at.
            let fits = match tab {
                Tab::Leak => state.is_cryptonn(),
                Tab::Sequence => state.scenario.sequence.is_some() || state.tab == tab,
                _ => true,
            };
            if !fits {
                continue;
            }
            let response = ui
                .selectable_label(state.tab == tab, name)
                .on_hover_text(command.hover_text(ui.ctx()));
            // The button Run has that name already.
            let response = kit::named(response, egui::Role::Tab, &format!("{name} tab"));
            if response.clicked() {
                queue.push(Action::SelectTab(tab));
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let other = if ui.visuals().dark_mode { "Light" } else { "Dark" };
            command_button(ui, Command::ToggleTheme, other, state, queue);
            if ui.available_width() > ROOM_FOR_ALL {
                command_button(ui, Command::Palette, "Commands…", state, queue);
            }
            kit::badge(ui, "Analysis mode", t.text_weak, t.surface).on_hover_text(
                "Margins and errors are measured with the secret key, on the client's side. Such figures leak \
                 what the noise hides: never hand them to a server. The server of a run never holds the key.",
            );
        });
    });
}

fn entries(ui: &mut Ui, commands: &[Option<Command>], state: &State, queue: &mut Queue) {
    for entry in commands {
        let Some(command) = entry else {
            ui.separator();
            continue;
        };
        let spec = command.spec();
        let button = egui::Button::new(spec.label)
            .right_text(ui.ctx().format_shortcut(&spec.shortcut))
            .min_size(egui::vec2(240.0, 0.0));
        let response =
            ui.add_enabled(command.is_enabled(state), button).on_hover_text(spec.tooltip);
        // The shortcut is not part of the name.
        let response = kit::named(response, egui::Role::Button, spec.label);
        if response.clicked() {
            queue.push(*command);
            ui.close();
        }
    }
}
