//! The plots of a sweep as SVG, for papers and slides.

use super::plots::{ranges, ticks};
use super::sweep_view::{SweepAxis, SweepView};
use super::theme;
use crate::format;
use std::fmt::Write;

const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 330.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 62.0;
/// Width of a name in the legend.
const NAME: f64 = 168.0;
/// Lines across a plot.
const LINES: i32 = 6;

/// Both plots as one SVG document.
pub fn svg(view: &SweepView) -> String {
    let t = theme::print_tokens();
    let width = 2.0 * WIDTH;
    let columns = (width / NAME).floor().max(1.0);
    let methods = view.methods();
    let lines = (methods.len() as f64 / columns).ceil();
    let height = HEIGHT + 16.0 * lines;
    let mut out = String::new();
    _ = write!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-family="Inter, Helvetica, sans-serif" font-size="11">
<rect width="{width}" height="{height}" fill="{}"/>
"#,
        theme::hex(t.well)
    );
    plot(&mut out, view, SweepAxis::Degree, 0.0);
    plot(&mut out, view, view.choice.axis, WIDTH);
    for (at, method) in methods.iter().enumerate() {
        let (line, column) = ((at as f64 / columns).floor(), at as f64 % columns);
        let (x, y) = (12.0 + column * NAME, HEIGHT + 6.0 + 16.0 * line);
        _ = writeln!(
            out,
            r#"<circle cx="{x}" cy="{}" r="4" fill="{}"/><text x="{}" y="{y}" fill="{}">{}</text>"#,
            y - 4.0,
            theme::hex(t.series(at)),
            x + 9.0,
            theme::hex(t.text),
            method.name()
        );
    }
    out.push_str("</svg>\n");
    out
}

fn plot(out: &mut String, view: &SweepView, axis: SweepAxis, left: f64) {
    let t = theme::print_tokens();
    let (x_range, y_range) = ranges(view, axis);
    let (from, to) = (left + LEFT, left + WIDTH - RIGHT);
    let (top, bottom) = (TOP, HEIGHT - BOTTOM);
    let x = |v: f64| from + (v - x_range.0) / (x_range.1 - x_range.0) * (to - from);
    let y = |v: f64| top + (y_range.1 - v) / (y_range.1 - y_range.0) * (bottom - top);
    let (grid, weak) = (theme::hex(t.grid), theme::hex(t.text_weak));
    _ = writeln!(
        out,
        r#"<text x="{from}" y="20" font-size="13" font-weight="600" fill="{}">Accuracy by {}</text>"#,
        theme::hex(t.text_strong),
        axis.name()
    );
    for (at, text) in ticks(axis, x_range, (to - from) as f32) {
        let at = x(at);
        _ = writeln!(
            out,
            r#"<line x1="{at:.1}" x2="{at:.1}" y1="{top}" y2="{bottom}" stroke="{grid}"/><text x="{at:.1}" y="{}" text-anchor="middle" fill="{weak}">{text}</text>"#,
            bottom + 15.0
        );
    }
    for k in 0..=LINES {
        let share = y_range.0 + f64::from(k) / f64::from(LINES) * (y_range.1 - y_range.0);
        let at = y(share);
        _ = writeln!(
            out,
            r#"<line x1="{from}" x2="{to}" y1="{at:.1}" y2="{at:.1}" stroke="{grid}"/><text x="{}" y="{:.1}" text-anchor="end" fill="{weak}">{}</text>"#,
            from - 6.0,
            at + 4.0,
            format::percent(share)
        );
    }
    if let Some(exact) = view.exact_accuracy {
        let at = y(exact);
        _ = writeln!(
            out,
            r#"<line x1="{from}" x2="{to}" y1="{at:.1}" y2="{at:.1}" stroke="{}"/>"#,
            theme::hex(t.text)
        );
    }
    for (index, method) in view.methods().into_iter().enumerate() {
        let colour = theme::hex(t.series(index));
        for trained in [false, true] {
            let points = view.line(method, axis, trained);
            if axis == SweepAxis::Degree {
                let all: Vec<String> =
                    points.iter().map(|p| format!("{:.1},{:.1}", x(p[0]), y(p[1]))).collect();
                let dash = if trained { "" } else { r#" stroke-dasharray="5 3""# };
                _ = writeln!(
                    out,
                    r#"<polyline points="{}" fill="none" stroke="{colour}" stroke-width="1.6"{dash}/>"#,
                    all.join(" ")
                );
            }
            let opacity = if trained { 1.0 } else { 0.6 };
            for p in &points {
                _ = writeln!(
                    out,
                    r#"<circle cx="{:.1}" cy="{:.1}" r="3" fill="{colour}" fill-opacity="{opacity}"/>"#,
                    x(p[0]),
                    y(p[1])
                );
            }
        }
    }
}
