//! The one thing to press, how far it got, and whether it can work.

use crate::command::Command;
use crate::panels::button::hover;
use crate::queue::Queue;
use crate::state::State;
use egui::{Button, RichText, Ui, Vec2};
use kit::theme;
use view::{Comparing, Progress, Status};

const BUTTON_HEIGHT: f32 = 40.0;
const PROGRESS_HEIGHT: f32 = 6.0;

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let t = theme::tokens(ui);
    let encrypted = state.is_cryptonn().then_some(state.task_running);
    let (command, text, fill) = match (state.running, state.stopping) {
        _ if encrypted == Some(true) && state.task_stopping => {
            (Command::StopTask, "Stopping…", t.stop)
        }
        _ if encrypted == Some(true) => (Command::StopTask, "■  Stop", t.stop),
        (false, _) if encrypted.is_some() => (Command::Run, "▶  Train encrypted", t.action),
        (true, true) => (Command::Stop, "Stopping…", t.stop),
        (true, false) => (Command::Stop, "■  Stop", t.stop),
        (false, _) => (Command::Run, "▶  Run", t.action),
    };
    let enabled = command.is_enabled(state);
    let button =
        Button::new(RichText::new(text).font(theme::strong(16.0)).color(t.on_action)).fill(fill);
    let size = Vec2::new(ui.available_width(), BUTTON_HEIGHT);
    let response = ui.add_enabled_ui(enabled, |ui| ui.add_sized(size, button)).inner;
    let response = hover(response, command, state);
    let response = kit::named(response, egui::Role::Button, command.words().label);
    if response.clicked() {
        queue.push(command);
    }
    bar(ui, state);
    status(ui, state);
}

fn bar(ui: &mut Ui, state: &State) {
    let t = theme::tokens(ui);
    let run = state.run.as_ref();
    let fraction = match run.filter(|_| !state.is_cryptonn()).map(|r| (&r.status, r.progress)) {
        Some((Status::Running, progress)) => {
            let fraction = progress.map_or(0.0, |p| p.fraction);
            state.sequence.comparing.as_ref().map_or(fraction, |doing| doing.whole(fraction))
        }
        Some((Status::Finished, _)) if state.run_is_of_setup() => 1.0,
        _ if state.is_cryptonn() => state.cryptonn.fraction(),
        _ => 0.0,
    };
    let fraction = if fraction.is_finite() { fraction.clamp(0.0, 1.0) } else { 0.0 };
    let (rect, response) = ui.allocate_exact_size(
        Vec2::new(ui.available_width(), PROGRESS_HEIGHT),
        egui::Sense::hover(),
    );
    ui.painter().rect_filled(rect, 3, t.line);
    let mut done = rect;
    done.set_width(rect.width() * fraction as f32);
    ui.painter().rect_filled(
        done,
        3,
        if state.running || state.is_cryptonn() { t.encrypted } else { t.cursor },
    );
    response.widget_info(|| {
        let mut info = egui::WidgetInfo::labeled(egui::Role::ProgressIndicator, true, "Progress");
        info.value = Some(fraction * 100.0);
        info
    });
}

fn status(ui: &mut Ui, state: &State) {
    let t = theme::tokens(ui);
    let text = match &state.run {
        _ if state.is_cryptonn() => super::cryptonn::status(state),
        Some(run) => match &run.status {
            _ if run.replayed.is_some() && !state.running => "A replay is shown".to_owned(),
            Status::Running if state.stopping => "Stopping".to_owned(),
            Status::Running => under_way(run.progress, state.sequence.comparing.as_ref()),
            Status::Finished => {
                let secs = run.report.as_ref().map_or(f64::NAN, |r| r.encrypted.total_secs);
                let of = match state.run_is_of_setup() {
                    true => String::new(),
                    false => format!(" of {}", run.scenario.name),
                };
                format!(
                    "Finished {} samples{of} in {}",
                    format::count(run.samples.len() as u64),
                    format::secs(secs)
                )
            }
            Status::Stopped => {
                format!("Stopped after {} samples", format::count(run.samples.len() as u64))
            }
            Status::Failed(reason) => reason.clone(),
        },
        None => match &state.preview {
            preview if preview.pending => "Planning".to_owned(),
            preview if preview.plan.is_some() => "Ready".to_owned(),
            _ => "Not ready".to_owned(),
        },
    };
    let colour = match state.run.as_ref().map(|r| &r.status) {
        Some(Status::Failed(_)) => t.notice,
        _ => t.text_weak,
    };
    let label = RichText::new(&text).font(theme::small()).color(colour);
    ui.add(egui::Label::new(label).truncate()).on_hover_text(text);
}

/// How far a run is, and which of several it is.
fn under_way(progress: Option<Progress>, comparing: Option<&Comparing>) -> String {
    let of_it = if comparing.is_some() { " of it" } else { "" };
    let told = progress.map_or("starting".to_owned(), |p| {
        // What goes on is not all done.
        let percent = (p.fraction * 100.0).clamp(0.0, 99.0).floor();
        let left = format::secs(p.eta_secs.max(0.0));
        format!("{percent} %{of_it}, about {left}{of_it} left ({})", p.phase.name())
    });
    match comparing {
        Some(Comparing { row, of, .. }) => format!("Strategy {} of {of}: {told}", row + 1),
        None => capital(&told),
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use report::Phase;

    #[test]
    fn a_run_that_goes_on_is_never_all_done_and_one_of_many_says_so() {
        let at = |fraction, eta_secs| Some(Progress { phase: Phase::Evaluate, fraction, eta_secs });
        assert_eq!(under_way(None, None), "Starting");
        assert_eq!(under_way(at(0.629, 3.2), None), "62 %, about 3.20 s left (evaluate)");
        assert_eq!(under_way(at(1.0, 0.0), None), "99 %, about 0 s left (evaluate)");
        let doing = Comparing { name: "client".into(), row: 3, of: 5 };
        assert_eq!(under_way(None, Some(&doing)), "Strategy 4 of 5: starting");
        assert_eq!(
            under_way(at(1.0, 0.0), Some(&doing)),
            "Strategy 4 of 5: 99 % of it, about 0 s of it left (evaluate)"
        );
        assert!((doing.whole(1.0) - 0.8).abs() < 1e-12);
    }
}
