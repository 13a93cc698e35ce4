//! Everything that can be done with a key, a menu or the palette.

use super::command::Command;
use super::command_table::{Spec, TABLE};
use super::state::State;
use crate::tab::Tab;
use egui::Modifiers;
use view::TaskStatus;

impl Command {
    /// How it is shown and reached.
    pub fn spec(self) -> &'static Spec {
        // Every command is in the table; a test holds that.
        TABLE.iter().find(|s| s.command == self).unwrap_or(&TABLE[0])
    }

    /// Whether it makes sense now.
    pub fn is_enabled(self, state: &State) -> bool {
        match self {
            Self::Run | Self::Train if state.is_cryptonn() => {
                state.can_train_encrypted() && !state.task_running
            }
            // A refusal is of the setup before as long as the plan of this one is not made.
            Self::Run => {
                !state.running && (state.preview.refusal.is_none() || state.preview.pending)
            }
            Self::Stop => state.running && !state.stopping,
            Self::ExportReport | Self::ExportStages => {
                state.run.as_ref().is_some_and(|r| r.report.is_some())
            }
            Self::Undo => !state.undo.is_empty(),
            Self::Redo => !state.redo.is_empty(),
            Self::ResetSetup => state.scenario != state.opened,
            Self::NextSample | Self::PreviousSample => !state.shown_samples().is_empty(),
            Self::UseApproximation => state.lab.usable_interval().is_some(),
            Self::ExportCurves | Self::ExportCoefficients | Self::ExportFigure => {
                matches!(state.lab.curve, Some(Ok(_)))
            }
            Self::RunSweep => {
                let choice = &state.sweep.choice;
                state.has_loaded() && !state.task_running && !choice.methods.is_empty()
            }
            Self::Train => {
                (state.has_loaded() || (state.is_recurrent() && !state.preview.pending))
                    && !state.task_running
            }
            Self::Compare => state.has_loaded() && !state.task_running,
            Self::ExportCompare | Self::ExportCompareReport | Self::ExportCompareFigure => {
                state.compare.report.is_some()
            }
            Self::StopTask => state.task_running && !state.task_stopping,
            Self::ExportSweep | Self::ExportSweepReport | Self::ExportSweepFigure => {
                state.sweep.report.is_some()
            }
            Self::ShowLeak => state.is_cryptonn(),
            Self::PauseTraining => {
                state.cryptonn.status == TaskStatus::Running && !state.task_stopping
            }
            Self::ContinueTraining => state.can_continue_cryptonn(),
            Self::SaveCheckpoint => state.cryptonn.checkpoint.is_some(),
            Self::OpenCheckpoint => !state.task_running,
            Self::CompareMitigations => state.can_train_encrypted() && !state.task_running,
            Self::ExportMitigations => state.mitigations.report.is_some(),
            Self::ExportCryptonn | Self::ExportCryptonnReport | Self::ExportCryptonnFigure => {
                state.is_cryptonn() && state.cryptonn.step > 0
            }
            Self::ExportLeak => state.is_cryptonn() && state.leak.open.curve.is_some(),
            Self::CompareStrategies => !state.running && state.scenario.sequence.is_some(),
            Self::ExportStrategies | Self::ExportStrategyReport | Self::ExportStrategyFigure => {
                state.sequence.ran().next().is_some()
            }
            Self::UseTrained | Self::SaveModel => {
                state.training.trained.is_some() || state.training.trained_recurrent.is_some()
            }
            Self::MeasuredInterval => state.lab.histogram().is_some(),
            Self::RaiseDegree | Self::LowerDegree | Self::NextMethod | Self::PreviousMethod => {
                state.tab == Tab::Activation
            }
            _ => true,
        }
    }

    /// Shortcut and tooltip in one text, for hovering.
    pub fn hover_text(self, ctx: &egui::Context) -> String {
        let spec = self.spec();
        format!("{} ({})", spec.tooltip, ctx.format_shortcut(&spec.shortcut))
    }
}

/// Commands whose shortcut was pressed. While something modal is open only Esc-like keys of that
/// thing count, and while text is edited its own keys (undo, word moves) stay with the text.
pub fn pressed(ctx: &egui::Context, state: &State) -> Vec<Command> {
    if state.is_modal() {
        return Vec::new();
    }
    let typing = ctx.text_edit_focused();
    let menu_open = egui::Popup::is_any_open(ctx);
    let mut order: Vec<&Spec> = TABLE.iter().collect();
    // Longest modifiers first: Ctrl+Shift+O and Ctrl+Alt+O must not be taken for Ctrl+O.
    let more = |m: Modifiers| u8::from(m.shift) + u8::from(m.alt);
    order.sort_by_key(|s| std::cmp::Reverse(more(s.shortcut.modifiers)));
    ctx.input_mut(|input| {
        order
            .into_iter()
            .filter(|s| {
                let texts_own = matches!(
                    s.command,
                    Command::Undo | Command::Redo | Command::NextSample | Command::PreviousSample
                );
                let kept_back = (typing && texts_own) || (menu_open && s.command == Command::Stop);
                !kept_back && input.consume_shortcut(&s.shortcut)
            })
            .map(|s| s.command)
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_two_shortcuts_clash() {
        for os_is_mac in [false, true] {
            let mut seen = HashSet::new();
            for spec in TABLE {
                let name = spec.shortcut.format(&egui::ModifierNames::NAMES, os_is_mac);
                assert!(seen.insert(name.clone()), "{name} is used twice");
            }
        }
    }

    #[test]
    fn every_command_is_in_the_table_once_with_words() {
        let commands: HashSet<_> = TABLE.iter().map(|s| s.command).collect();
        assert_eq!(commands.len(), TABLE.len());
        for spec in TABLE {
            assert_eq!(spec.command.spec().label, spec.label);
            assert!(!spec.tooltip.is_empty() && !spec.label.ends_with(['.', ':']));
        }
    }

    #[test]
    fn what_opens_a_dialog_says_so() {
        for spec in TABLE {
            let asks = spec.label.starts_with("Open")
                || spec.label.starts_with("Save")
                || spec.label.starts_with("Export");
            assert!(!asks || spec.label.ends_with('…'), "{}", spec.label);
        }
    }
}
