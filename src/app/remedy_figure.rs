//! The plot of the remedies as SVG, for papers and slides.

use super::sequence_view::SequenceView;
use super::theme;
use crate::circuit::Remedy;
use crate::format;
use crate::run::sequence::RemedyRow;
use std::fmt::Write;

const WIDTH: f64 = 620.0;
const HEIGHT: f64 = 340.0;
const LEFT: f64 = 62.0;
const RIGHT: f64 = 250.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 44.0;
/// Least air around the points: decades of time, and accuracy.
const AIR: (f64, f64) = (0.4, 0.01);

/// Accuracy of each remedy against its time from end to end, as one SVG document.
pub fn svg(view: &SequenceView) -> String {
    let t = theme::print_tokens();
    let rows: Vec<&RemedyRow> = view.ran().map(|(_, r)| r).collect();
    let places: Vec<(f64, f64)> = rows
        .iter()
        .map(|r| (r.end_to_end_secs(&view.connection).max(1e-6).log10(), r.accuracy))
        .collect();
    let (x, y) =
        (around(places.iter().map(|p| p.0), AIR.0), around(places.iter().map(|p| p.1), AIR.1));
    let across = |v: f64| LEFT + (v - x.0) / (x.1 - x.0) * (WIDTH - LEFT - RIGHT);
    let up = |v: f64| HEIGHT - BOTTOM - (v - y.0) / (y.1 - y.0) * (HEIGHT - BOTTOM - TOP);
    let mut out = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" font-family="Inter, Helvetica, sans-serif" font-size="11">
<rect width="{WIDTH}" height="{HEIGHT}" fill="{}"/>
<text x="{LEFT}" y="20" fill="{}" font-size="13">Encrypted accuracy by time from end to end ({})</text>
"#,
        theme::hex(t.well),
        theme::hex(t.text_strong),
        view.connection.name
    );
    let (line, text) = (theme::hex(t.grid), theme::hex(t.text_weak));
    let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
    for decade in x.0.ceil() as i32..=x.1.floor() as i32 {
        let (at, name) = (across(f64::from(decade)), format::secs(10f64.powi(decade)));
        _ = writeln!(
            out,
            r#"<path d="M{at} {TOP}V{bottom}" stroke="{line}"/><text x="{at}" y="{}" fill="{text}" text-anchor="middle">{name}</text>"#,
            bottom + 16.0
        );
    }
    for part in 0..=4 {
        let value = y.0 + (y.1 - y.0) * f64::from(part) / 4.0;
        let at = up(value);
        _ = writeln!(
            out,
            r#"<path d="M{LEFT} {at}H{right}" stroke="{line}"/><text x="{}" y="{}" fill="{text}" text-anchor="end">{}</text>"#,
            LEFT - 6.0,
            at + 4.0,
            format::percent(value)
        );
    }
    for (at, (row, (x, y))) in rows.iter().zip(&places).enumerate() {
        let colour = theme::hex(t.series(at));
        let legend = TOP + 18.0 * at as f64 + 8.0;
        _ = writeln!(
            out,
            r#"<circle cx="{}" cy="{}" r="5" fill="{colour}"/><circle cx="{}" cy="{legend}" r="4" fill="{colour}"/><text x="{}" y="{}" fill="{}">{}</text>"#,
            across(*x),
            up(*y),
            right + 16.0,
            right + 26.0,
            legend + 4.0,
            theme::hex(t.text),
            caption(row)
        );
    }
    out.push_str("</svg>\n");
    out
}

/// A remedy with its polynomial.
fn caption(row: &RemedyRow) -> String {
    match row.remedy {
        Remedy::OneChain | Remedy::Refresh => format!("{}, {}", row.name(), row.activation),
        Remedy::Client | Remedy::Bootstrap => row.name(),
    }
}

/// The range of `values`, with `air` around it.
fn around(values: impl Iterator<Item = f64>, air: f64) -> (f64, f64) {
    let (low, high) =
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if low > high { (0.0, 1.0) } else { (low - air, high + air) }
}
