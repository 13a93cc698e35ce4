//! What is saved of an encrypted training and of what the server learned from it.

use super::cryptonn_view::CryptonnView;
use super::leak_view::{Attack, LeakView};
use super::theme;
use crate::plots::number_text;
use egui::Color32;
use serde_json::json;
use std::fmt::Write;

const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 48.0;
const BOTTOM: f64 = 28.0;
/// Lines across a plot, and up.
const LINES: i32 = 4;

/// One line per epoch, units in the column names.
pub fn epochs_csv(view: &CryptonnView) -> Result<Vec<u8>, csv::Error> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record([
        "epoch",
        "encrypted_accuracy",
        "fixed_point_accuracy",
        "plain_accuracy",
        "fixed_point_identical",
        "secs",
    ])?;
    for e in &view.epochs {
        out.write_record([
            e.epoch.to_string(),
            e.accuracy.encrypted.to_string(),
            e.accuracy.fixed_point.to_string(),
            e.accuracy.float.to_string(),
            e.fixed_point_identical.to_string(),
            e.secs.to_string(),
        ])?;
    }
    out.into_inner().map_err(|e| e.into_error().into())
}

/// One line per attack and number of steps seen.
pub fn leak_csv(view: &LeakView) -> Result<Vec<u8>, csv::Error> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record([
        "attack",
        "steps_seen",
        "mean_squared_error",
        "identified",
        "certain",
        "known_share",
    ])?;
    for (name, attack) in [("all_seen", &view.open), ("mitigated", &view.limited)] {
        for p in attack.curve.iter().flat_map(|c| &c.points) {
            out.write_record([
                name.to_owned(),
                p.steps.to_string(),
                p.score.mean_squared_error.to_string(),
                p.score.identified.to_string(),
                p.score.certain.to_string(),
                p.score.known_share.to_string(),
            ])?;
        }
    }
    out.into_inner().map_err(|e| e.into_error().into())
}

/// Everything that is shown of both.
pub fn json(training: &CryptonnView, leak: &LeakView) -> Result<Vec<u8>, serde_json::Error> {
    let attack = |a: &Attack| {
        json!({
            "curve": a.curve,
            "samples": a.found.as_ref().map(|f| &f.samples),
            "reconstructed": a.found.as_ref().map(|f| &f.values),
        })
    };
    let loss: Vec<_> =
        training.loss.iter().map(|(step, loss)| json!({ "step": step, "loss": loss })).collect();
    serde_json::to_vec_pretty(&json!({
        "epochs": training.epochs,
        "loss": loss,
        "phases_secs": training.phases,
        "traffic": training.traffic,
        "discrete_logs": training.dlog,
        "leak": {
            "steps_seen": leak.seen(),
            "labels": leak.labels,
            "all_seen": attack(&leak.open),
            "mitigated": attack(&leak.limited),
        },
    }))
}

struct Line {
    name: &'static str,
    colour: Color32,
    width: f64,
    points: Vec<[f64; 2]>,
}

/// The four plots as one SVG document.
pub fn svg(training: &CryptonnView, leak: &LeakView) -> String {
    let t = theme::print_tokens();
    let (width, height) = (2.0 * WIDTH, 2.0 * HEIGHT);
    let mut out = String::new();
    _ = write!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-family="Inter, Helvetica, sans-serif" font-size="11">
<rect width="{width}" height="{height}" fill="{}"/>
"#,
        theme::hex(t.well)
    );
    let three = |points: Vec<(f64, training::SideBySide)>| {
        let line = |name, colour, width, value: fn(&training::SideBySide) -> f64| {
            let points = points.iter().map(|(x, v)| [*x, value(v)]).collect();
            Line { name, colour, width, points }
        };
        vec![
            line("original", t.original, 1.6, |v| v.float),
            line("reference", t.reference, 4.0, |v| v.fixed_point),
            line("encrypted", t.encrypted, 1.6, |v| v.encrypted),
        ]
    };
    let two = |value: fn(&attack::Score) -> f64| {
        let line = |name, colour, attack: &Attack| {
            let points = attack.curve.iter().flat_map(|c| &c.points);
            let points = points.map(|p| [(1.0 + p.steps as f64).log2(), value(&p.score)]);
            Line { name, colour, width: 1.6, points: points.collect() }
        };
        vec![
            line("had it seen less", t.series(0), &leak.limited),
            line("all that was seen", t.series(1), &leak.open),
        ]
    };
    let epochs = training.epochs.iter().map(|e| (e.epoch as f64, e.accuracy)).collect();
    plot(&mut out, (0.0, 0.0), "Loss by step", &three(training.loss.clone()));
    plot(&mut out, (WIDTH, 0.0), "Accuracy by epoch", &three(epochs));
    let error = two(|s| s.mean_squared_error);
    plot(&mut out, (0.0, HEIGHT), "Error of the reconstruction by log2(1 + steps seen)", &error);
    plot(&mut out, (WIDTH, HEIGHT), "Identified by log2(1 + steps seen)", &two(|s| s.identified));
    out.push_str("</svg>\n");
    out
}

fn plot(out: &mut String, at: (f64, f64), title: &str, lines: &[Line]) {
    let t = theme::print_tokens();
    let span = |axis: usize| {
        let values = lines.iter().flat_map(|l| &l.points).map(|p| p[axis]);
        let (low, high) = values.fold((0.0_f64, 0.0_f64), |(l, h), v| (l.min(v), h.max(v)));
        (low, if high > low { high } else { low + 1.0 })
    };
    let (across, up) = (span(0), span(1));
    let (from, to) = (at.0 + LEFT, at.0 + WIDTH - RIGHT);
    let (top, bottom) = (at.1 + TOP, at.1 + HEIGHT - BOTTOM);
    let x = |v: f64| from + (v - across.0) / (across.1 - across.0) * (to - from);
    let y = |v: f64| bottom - (v - up.0) / (up.1 - up.0) * (bottom - top);
    let (grid, weak) = (theme::hex(t.grid), theme::hex(t.text_weak));
    _ = writeln!(
        out,
        r#"<text x="{from}" y="{}" font-size="13" font-weight="600" fill="{}">{title}</text>"#,
        at.1 + 20.0,
        theme::hex(t.text_strong),
    );
    for k in 0..=LINES {
        let share = f64::from(k) / f64::from(LINES);
        let (vx, vy) = (across.0 + share * (across.1 - across.0), up.0 + share * (up.1 - up.0));
        _ = writeln!(
            out,
            r#"<path d="M{from} {0:.1}H{to}M{1:.1} {top}V{bottom}" stroke="{grid}"/><text x="{2}" y="{3:.1}" text-anchor="end" fill="{weak}">{4}</text><text x="{1:.1}" y="{5}" text-anchor="middle" fill="{weak}">{6}</text>"#,
            y(vy),
            x(vx),
            from - 6.0,
            y(vy) + 4.0,
            number_text(vy),
            bottom + 15.0,
            number_text(vx),
        );
    }
    for (k, line) in lines.iter().enumerate() {
        let colour = theme::hex(line.colour);
        _ = writeln!(
            out,
            r#"<text x="{}" y="{}" fill="{colour}">{}</text>"#,
            from + 110.0 * k as f64,
            at.1 + 38.0,
            line.name
        );
        let points: Vec<String> =
            line.points.iter().map(|p| format!("{:.1},{:.1}", x(p[0]), y(p[1]))).collect();
        _ = writeln!(
            out,
            r#"<polyline points="{}" fill="none" stroke="{colour}" stroke-width="{}"/>"#,
            points.join(" "),
            line.width
        );
    }
}
