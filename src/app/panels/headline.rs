//! The figures that matter, in one row; or, in red, that they mean nothing.

use super::origin;
use crate::queue::Queue;
use crate::state::State;
use egui::{Color32, Rect, RichText, Ui, Vec2, vec2};
use format::{self, Share};
use kit::theme::{self, Tokens};
use view::{Results, RunView, Status};

const HEIGHT: f32 = 68.0;
/// Below this width of the tab the figures stand on two rows.
const TWO_ROWS: f32 = 560.0;
/// Remarks that are written out, so that they hardly move what is below; more stand behind the last.
const REMARKS: usize = 1;
/// A run that took so many times what was planned was not alone.
const BUSY: f64 = 3.0;
/// Runs shorter than this are not held against their plan, seconds.
const SHORT: f64 = 1.0;

struct Figure {
    name: &'static str,
    /// The name where there is little room.
    short: &'static str,
    value: String,
    /// What the value is of, or beside.
    under: String,
    colour: Color32,
    about: &'static str,
    /// It is of another setup, or of the one before.
    stale: bool,
}

/// What has to be known of the results: whose they are, that they are wrong, and remarks.
pub fn notes(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let t = theme::tokens(ui);
    let (origin, going_on) = (state.origin(Results::Run), state.is_going_on(Results::Run));
    let stale = origin::banner(ui, state, queue, Results::Run, origin, going_on);
    // That something decrypted wrongly is seen by whoever decrypts.
    let sees = state.eyes().has_key();
    let wrong = state.run.as_ref().filter(|_| sees).and_then(RunView::wrong_text);
    if let Some(text) = &wrong {
        ui.scope(|ui| {
            origin::dimmed(ui, stale);
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
        });
    }
    let texts = remarks_of(state);
    if sees && !texts.is_empty() {
        ui.scope(|ui| {
            origin::dimmed(ui, stale);
            remarks(ui, &texts);
        });
    }
}

/// The figures as cards, of sequences: there is no strip of these.
pub fn cards(ui: &mut Ui, state: &State) {
    let t = theme::tokens(ui);
    let stale = state.run.is_some() && !state.run_is_of_setup();
    let figures = figures(state, t, stale);
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
    costs(ui, state, stale);
}

/// Warnings of a run, one line each; what the plan warned of stands in the plan already.
fn remarks_of(state: &State) -> Vec<String> {
    let Some(run) = &state.run else { return Vec::new() };
    let Some(report) = &run.report else { return Vec::new() };
    let planned = state.preview.plan.as_deref().filter(|_| state.run_is_of_setup());
    let told = |message: &str| {
        planned.is_some_and(|plan| plan.warnings.iter().any(|w| w.message == message))
    };
    let warnings = report.warnings.iter().map(|w| w.message.clone());
    let mut all: Vec<String> = warnings.filter(|message| !told(message)).collect();
    let planned = run.plan.as_ref().map_or(0.0, |plan| plan.secs.total());
    let took = report.encrypted.total_secs;
    if planned > 0.0 && took > SHORT && took > BUSY * planned {
        all.push(format!(
            "The run took {:.1} times as long as planned ({} for {}): the machine was busy",
            took / planned,
            format::secs(took),
            format::secs(planned)
        ));
    }
    all
}

/// Lines with the whole text on hovering.
pub fn remarks(ui: &mut Ui, texts: &[String]) {
    let t = theme::tokens(ui);
    let line = |ui: &mut Ui, text: String, about: &str| {
        let text = RichText::new(text).font(theme::small()).color(t.notice);
        let label = egui::Label::new(text).truncate().show_tooltip_when_elided(false);
        ui.add(label).on_hover_text(about);
    };
    for (at, text) in texts.iter().take(REMARKS).enumerate() {
        let more = texts.len() - REMARKS.min(texts.len());
        if at + 1 == REMARKS && more > 0 {
            line(ui, format!("{} more remarks; {text}", more), &texts[at..].join("\n\n"));
        } else {
            line(ui, text.clone(), text);
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
    let inside = rect.shrink2(vec2(9.0, 6.0));
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(inside));
    child.spacing_mut().item_spacing.y = 1.0;
    origin::dimmed(&mut child, figure.stale);
    let name = if inside.width() < 104.0 { figure.short } else { figure.name };
    let small = |text: &str| RichText::new(text).font(theme::small()).color(t.text_weak);
    child.add(egui::Label::new(small(name)).truncate()).on_hover_text(figure.about);
    let value =
        RichText::new(&figure.value).font(theme::figure(inside.width())).color(figure.colour);
    child.add(egui::Label::new(value).truncate()).on_hover_text(figure.about);
    let about = format!("{}\n\n{}", figure.under, figure.about);
    child.add(egui::Label::new(small(&figure.under)).truncate()).on_hover_text(about);
}

/// What the reference cost and what encryption cost, in one line that is always there.
fn costs(ui: &mut Ui, state: &State, stale: bool) {
    let t = theme::tokens(ui);
    ui.scope(|ui| {
        origin::dimmed(ui, stale);
        let three = state.run.as_ref().map(RunView::counts).filter(|three| three.seen > 0);
        let wrong = state.run.as_ref().is_some_and(RunView::is_wrong);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 5.0;
            let Some(three) = three else {
                let text = "Original: the float network. Reference: what ciphertexts hold, in the clear. Encrypted: what was decrypted.";
                let text = RichText::new(text).font(theme::small()).color(t.text_weak);
                ui.add(egui::Label::new(text).truncate());
                return;
            };
            let word = |ui: &mut Ui, text: &str, colour: Color32| {
                ui.label(RichText::new(text).font(theme::small()).color(colour));
            };
            word(ui, "What the reference cost:", t.text_weak);
            word(ui, &three.reference_cost(), t.reference);
            word(ui, "What encryption cost:", t.text_weak);
            match wrong {
                true => word(ui, "all answers, they decrypted wrongly", t.wrong),
                false => word(ui, &three.encryption_cost(), t.encrypted),
            }
        })
        .response
        .on_hover_text("The reference is the network of integers, polynomials or tables that the ciphertexts stand for. What it does to the accuracy of the original is the price of quantisation and approximation. Encryption must change nothing: an answer that is not that of the reference was changed by noise.");
    });
}

fn figures(state: &State, t: &Tokens, stale: bool) -> [Figure; 6] {
    let run = state.run.as_ref();
    let dash = || "—".to_owned();
    let is_wrong = run.is_some_and(RunView::is_wrong);
    let three = run.map(RunView::counts).unwrap_or_default();
    let seen = three.seen > 0;
    let counted =
        |share: Share| if share.of >= format::FEW { share.counted() } else { String::new() };
    let few = seen && three.seen < format::FEW as usize;
    let under = |share: Share| match share.is_known() {
        false => "the data have no classes".to_owned(),
        true if few => "samples".to_owned(),
        true => counted(share),
    };
    let [time, rate] = times(state, t, stale);
    [
        Figure {
            name: "Original accuracy",
            short: "Original",
            value: three.original().text(),
            under: if seen { under(three.original()) } else { String::new() },
            colour: t.original,
            about: "The original network: floating-point numbers and exact activations, in the clear",
            stale,
        },
        Figure {
            name: "Reference accuracy",
            short: "Reference",
            value: three.reference().text(),
            under: if seen { under(three.reference()) } else { String::new() },
            colour: t.reference,
            about: "The reference network: what the ciphertexts stand for, in the clear. Integers under BGV and BFV, polynomials under CKKS, lookup tables under TFHE",
            stale,
        },
        Figure {
            name: "Encrypted accuracy",
            short: "Encrypted",
            value: if is_wrong { dash() } else { three.encrypted().text() },
            under: match seen {
                false => String::new(),
                true if is_wrong => "decrypted wrongly".to_owned(),
                true => three.agreement_text(),
            },
            colour: t.encrypted,
            about: "The decrypted answers, and how many of them are those of the reference network; nothing when anything decrypted wrongly",
            stale,
        },
        wrong_outputs(run, t, stale),
        time,
        rate,
    ]
}

fn wrong_outputs(run: Option<&RunView>, t: &Tokens, stale: bool) -> Figure {
    let report = run.and_then(|r| r.report.as_deref());
    let is_wrong = run.is_some_and(RunView::is_wrong);
    let wrong = report.map(|r| r.encrypted.wrong_outputs);
    Figure {
        name: "Wrong outputs",
        short: "Wrong outputs",
        value: match wrong {
            Some(n) => format::count(n),
            None if is_wrong => "some".to_owned(),
            None => "—".to_owned(),
        },
        under: report.map_or_else(String::new, |r| {
            format!("of {}", format::count((r.images * r.classes) as u64))
        }),
        colour: match wrong {
            Some(0) if !is_wrong => t.right,
            _ if is_wrong => t.wrong,
            _ => t.text_strong,
        },
        about: "Decrypted values that differ from the reference network, under CKKS and TFHE by more than the stated error bound; any is a failure",
        stale,
    }
}

/// Time of all samples, and of one of them.
fn times(state: &State, t: &Tokens, stale: bool) -> [Figure; 2] {
    let run = state.run.as_ref();
    let report = run.and_then(|r| r.report.as_deref());
    // While a run goes on its own plan counts, whatever is chosen meanwhile.
    let running = run.filter(|r| r.status == Status::Running);
    let plan = running.map_or(state.preview.plan.as_deref(), |r| r.plan.as_deref());
    let pending = if running.is_some() { stale } else { state.preview.pending };
    let live = running.and_then(|r| r.progress);
    let samples = |n: usize| format!("{} samples", format::count(n as u64));
    let dash = || "—".to_owned();
    let (name, value, under, old) = match (report, live, plan) {
        (Some(r), ..) => ("Time", format::secs(r.encrypted.total_secs), samples(r.images), stale),
        (None, Some(p), _) => {
            ("Time left", format::secs(p.eta_secs.max(0.0)), String::new(), stale)
        }
        (None, None, Some(plan)) => {
            ("Predicted time", format::secs(plan.secs.total()), samples(plan.images), pending)
        }
        (None, None, None) => ("Predicted time", dash(), String::new(), pending),
    };
    let each = |secs: f64, n: usize| format::secs(secs / n.max(1) as f64);
    let (each_name, each_value, each_old) = match (report, plan) {
        (Some(r), _) => ("Per sample", each(r.encrypted.total_secs, r.images), stale),
        (None, Some(p)) => ("Predicted per sample", each(p.secs.total(), p.images), pending),
        (None, None) => ("Per sample", dash(), pending),
    };
    let batches = match (report, plan) {
        (Some(r), _) if r.bytes.rounds > 1 => format!("in {} batches", r.bytes.rounds),
        (Some(_), _) => "all in one batch".to_owned(),
        (None, Some(p)) if p.tables.is_some() => "one at a time".to_owned(),
        (None, Some(p)) if p.batches > 1 => format!("in {} batches", p.batches),
        (None, Some(_)) => "all in one batch".to_owned(),
        (None, None) => String::new(),
    };
    let tables = report.is_some_and(|r| r.tables.is_some());
    [
        Figure {
            name,
            short: name,
            value,
            under,
            colour: t.text_strong,
            about: "Encrypt, evaluate and decrypt all samples; keys are made once and not counted",
            stale: old,
        },
        Figure {
            name: each_name,
            short: "Per sample",
            value: each_value,
            under: if tables { "one at a time".to_owned() } else { batches },
            colour: t.text_strong,
            about: "The time of all samples over their number. In a batch the first answer comes when the last does: a sample sent alone waits as long as a full batch",
            stale: each_old,
        },
    ]
}
