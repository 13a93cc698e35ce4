//! The figures that matter, in one row; or, in red, that they mean nothing.

use crate::app::run_view::{RunView, Standing};
use crate::app::state::State;
use crate::app::theme;
use crate::format;
use crate::run::RANGE_EXCEEDED;
use egui::{Color32, Rect, RichText, Ui, Vec2, vec2};

const HEIGHT: f32 = 56.0;
/// Below this width of the tab the figures stand on two rows.
const TWO_ROWS: f32 = 560.0;

struct Figure {
    name: &'static str,
    /// The name where there is little room.
    short: &'static str,
    value: String,
    colour: Color32,
    about: &'static str,
}

pub fn show(ui: &mut Ui, state: &State) {
    let t = theme::tokens(ui);
    let wrong = state.run.as_ref().and_then(RunView::wrong_text);
    if let Some(text) = &wrong {
        egui::Frame::new()
            .fill(t.wrong_fill)
            .stroke(egui::Stroke::new(1.5, t.wrong))
            .corner_radius(theme::ROUNDING)
            .inner_margin(egui::Margin::symmetric(12, 6))
            .show(ui, |ui| {
                ui.set_min_width(ui.available_width());
                let text = RichText::new(text).font(theme::strong(13.5)).color(t.wrong);
                ui.add(egui::Label::new(text).wrap());
            });
    } else if state.run.is_some() && !state.run_is_of_setup() {
        let note = RichText::new(
            "The setup has changed since this run: predictions are of the new setup, measurements of the old one.",
        );
        ui.add(egui::Label::new(note.font(theme::small()).color(t.text_weak)).truncate());
    }
    let report = state.run.as_ref().and_then(|r| r.report.as_deref());
    for warning in report.iter().flat_map(|r| &r.warnings).filter(|w| w.kind == RANGE_EXCEEDED) {
        let text = RichText::new(&warning.message).font(theme::small()).color(t.notice);
        ui.add(egui::Label::new(text).wrap());
    }
    let figures = figures(state, t);
    let columns = if ui.available_width() < TWO_ROWS { 3 } else { figures.len() };
    for row_of in figures.chunks(columns) {
        let gaps = theme::CARD_GAP * (columns - 1) as f32;
        let size = Vec2::new((ui.available_width() - gaps) / columns as f32, HEIGHT);
        let whole = vec2(ui.available_width(), HEIGHT);
        let (row, _) = ui.allocate_exact_size(whole, egui::Sense::hover());
        for (i, figure) in row_of.iter().enumerate() {
            let left = row.left() + i as f32 * (size.x + theme::CARD_GAP);
            draw(ui, Rect::from_min_size(egui::pos2(left, row.top()), size), figure);
        }
    }
}

fn draw(ui: &mut Ui, rect: Rect, figure: &Figure) {
    let t = theme::tokens(ui);
    ui.painter().rect(
        rect,
        theme::ROUNDING,
        t.surface,
        egui::Stroke::new(1.0, t.line),
        egui::StrokeKind::Inside,
    );
    let inside = rect.shrink2(vec2(10.0, 7.0));
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(inside));
    child.spacing_mut().item_spacing.y = 2.0;
    let name = if inside.width() < 104.0 { figure.short } else { figure.name };
    let name = RichText::new(name).font(theme::small()).color(t.text_weak);
    child.add(egui::Label::new(name).truncate()).on_hover_text(figure.about);
    let value =
        RichText::new(&figure.value).font(theme::figure(inside.width())).color(figure.colour);
    child.add(egui::Label::new(value).truncate()).on_hover_text(figure.about);
}

fn figures(state: &State, t: &theme::Tokens) -> [Figure; 6] {
    let run = state.run.as_ref();
    let report = run.and_then(|r| r.report.as_deref());
    let dash = || "—".to_owned();
    let share = |v: Option<f64>| v.map_or_else(dash, format::percent);
    let is_wrong = run.is_some_and(RunView::is_wrong);
    let plain = report.map(|r| r.plain.accuracy).or(run.and_then(|r| r.plain.share()));
    let encrypted = if is_wrong {
        None
    } else {
        report.map(|r| r.encrypted.accuracy).or(run.and_then(RunView::encrypted_share))
    };
    let agreement = report.filter(|_| !is_wrong).map(|r| r.encrypted.agreement);
    let wrong = report.map(|r| r.encrypted.wrong_outputs);
    let plan = state.preview.plan.as_deref();
    let live = run.filter(|r| r.standing == Standing::Running);
    let (time_name, time) = match (report, live.and_then(|r| r.progress), plan) {
        (Some(r), ..) => ("Total time", format::secs(r.encrypted.total_secs)),
        (None, Some(p), _) => ("Time left", format::secs(p.eta_secs.max(0.0))),
        (None, None, Some(plan)) => ("Predicted time", format::secs(plan.secs.total())),
        (None, None, None) => ("Predicted time", dash()),
    };
    let (rate_name, rate) = match (report, plan) {
        (Some(r), _) => ("Images per second", rate(r.encrypted.images_per_sec)),
        (None, Some(p)) if p.secs.total() > 0.0 => {
            ("Predicted images/s", rate(p.images as f64 / p.secs.total()))
        }
        _ => ("Images per second", dash()),
    };
    let wrong_colour = match wrong {
        Some(0) if !is_wrong => t.right,
        _ if is_wrong => t.wrong,
        _ => t.text_strong,
    };
    let wrong_text = match wrong {
        Some(n) => format::count(n),
        None if is_wrong => "some".to_owned(),
        None => dash(),
    };
    [
        Figure {
            name: "Plaintext accuracy",
            short: "Plaintext",
            value: share(plain),
            colour: t.plain,
            about: "The original float network with its original activation, in the clear",
        },
        Figure {
            name: "Encrypted accuracy",
            short: "Encrypted",
            value: share(encrypted),
            colour: t.encrypted,
            about: "The decrypted answers; nothing when anything decrypted wrongly",
        },
        Figure {
            name: "Agreement",
            short: "Agreement",
            value: share(agreement),
            colour: t.text_strong,
            about: "Samples whose encrypted class equals that of the network the ciphertexts stand for: the integer network, under CKKS the polynomial one",
        },
        Figure {
            name: "Wrong outputs",
            short: "Wrong outputs",
            value: wrong_text,
            colour: wrong_colour,
            about: "Decrypted values that differ from that network, under CKKS by more than the stated error bound; any is a failure",
        },
        Figure {
            name: time_name,
            short: time_name,
            value: time,
            colour: t.text_strong,
            about: "Encrypt, evaluate and decrypt all samples",
        },
        Figure {
            name: rate_name,
            short: "Images/s",
            value: rate,
            colour: t.text_strong,
            about: "Samples per second of encrypt, evaluate and decrypt together",
        },
    ]
}

fn rate(per_sec: f64) -> String {
    if !per_sec.is_finite() {
        "—".to_owned()
    } else if per_sec >= 100.0 {
        format::count(per_sec.round() as u64)
    } else {
        format!("{per_sec:.1}")
    }
}
