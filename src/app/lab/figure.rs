//! The three linked plots as SVG, for papers and slides.

use super::LabCurve;
use crate::plots::{number_text, number_ticks};
use crate::theme;
use activation::Histogram;
use std::fmt::Write;

const WIDTH: f64 = 720.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 44.0;
/// Heights of the plots and the space between them.
const HEIGHTS: [f64; 3] = [260.0, 150.0, 120.0];
const GAP: f64 = 30.0;
const BOTTOM: f64 = 40.0;
/// Bins of the histogram.
const BINS: usize = 160;

/// One plot: where it lies, and its axes.
struct Frame {
    top: f64,
    height: f64,
    x: (f64, f64),
    y: (f64, f64),
}

impl Frame {
    fn x(&self, value: f64) -> f64 {
        LEFT + (value - self.x.0) / (self.x.1 - self.x.0) * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        self.top + (self.y.1 - value) / (self.y.1 - self.y.0) * self.height
    }
}

/// The plots of `curve` as one SVG document.
pub fn svg(curve: &LabCurve, measured: Option<&Histogram>) -> String {
    let t = theme::print_tokens();
    let request = curve.fitted.request();
    let bins = measured.map(|m| m.bins(BINS)).unwrap_or_default();
    let total = measured.map_or(1.0, |m| m.total() as f64);
    let densest = bins.iter().map(|b| b.count as f64 / total).fold(1e-9, f64::max);
    let ranges = [curve.value_range(), curve.error_range(), (0.0, densest * 1.08)];
    let titles = [
        format!("{} (blue) and its polynomial (orange)", request.function.name()),
        "Error, polynomial minus function".to_owned(),
        "Share of the measured inputs".to_owned(),
    ];
    let shown = if bins.is_empty() { 2 } else { 3 };
    let height = TOP + HEIGHTS.iter().take(shown).map(|h| h + GAP).sum::<f64>() - GAP + BOTTOM;
    let mut out = String::new();
    _ = write!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" font-family="Inter, Helvetica, sans-serif" font-size="11">
<rect width="{WIDTH}" height="{height}" fill="{}"/>
<text x="{LEFT}" y="20" font-size="14" font-weight="600" fill="{}">{}, {}, degree {}, [{}, {}], maximum error {:.3e}</text>
"#,
        theme::hex(t.well),
        theme::hex(t.text_strong),
        request.function.name(),
        request.method.name(),
        curve.fitted.degree(),
        number_text(request.interval.0),
        number_text(request.interval.1),
        curve.errors.max,
    );
    let mut top = TOP;
    for (i, title) in titles.iter().enumerate().take(shown) {
        let frame = Frame { top, height: HEIGHTS[i], x: curve.view, y: ranges[i] };
        axes(&mut out, &frame, request.interval, title, i + 1 == shown);
        _ = writeln!(
            out,
            r#"<clipPath id="plot{i}"><rect x="{LEFT}" y="{top}" width="{}" height="{}"/></clipPath><g clip-path="url(#plot{i})">"#,
            WIDTH - LEFT - RIGHT,
            HEIGHTS[i]
        );
        match i {
            0 => {
                line(&mut out, &frame, &curve.function, &theme::hex(t.original), 3.0);
                line(&mut out, &frame, &curve.polynomial, &theme::hex(t.reference), 1.6);
            }
            1 => line(&mut out, &frame, &curve.error, &theme::hex(t.reference), 1.6),
            _ => {
                for bin in &bins {
                    let (left, right) = (frame.x(bin.low), frame.x(bin.high));
                    let high = frame.y(bin.count as f64 / total);
                    _ = writeln!(
                        out,
                        r#"<rect x="{left:.2}" y="{high:.2}" width="{:.2}" height="{:.2}" fill="{}"/>"#,
                        right - left,
                        frame.y(0.0) - high,
                        theme::hex(t.original)
                    );
                }
            }
        }
        out.push_str("</g>\n");
        top += HEIGHTS[i] + GAP;
    }
    out.push_str("</svg>\n");
    out
}

fn axes(out: &mut String, frame: &Frame, interval: (f64, f64), title: &str, last: bool) {
    let t = theme::print_tokens();
    let (grid, weak) = (theme::hex(t.grid), theme::hex(t.text_weak));
    let (right, bottom) = (WIDTH - RIGHT, frame.top + frame.height);
    let inside = (frame.x(interval.0), frame.x(interval.1));
    _ = writeln!(
        out,
        r#"<rect x="{:.2}" y="{}" width="{:.2}" height="{}" fill="{}"/><text x="{LEFT}" y="{}" fill="{weak}">{title}</text>"#,
        inside.0,
        frame.top,
        inside.1 - inside.0,
        frame.height,
        theme::hex(t.grid_minor),
        frame.top - 6.0,
    );
    for (at, text) in number_ticks(frame.y.0, frame.y.1, frame.height as f32) {
        let y = frame.y(at);
        _ = writeln!(
            out,
            r#"<path d="M{LEFT} {y:.2}H{right}" stroke="{grid}"/><text x="{}" y="{:.2}" text-anchor="end" fill="{weak}">{text}</text>"#,
            LEFT - 6.0,
            y + 4.0
        );
    }
    // Half as many numbers as along the height: they are wider than tall.
    for (at, text) in number_ticks(frame.x.0, frame.x.1, (right - LEFT) as f32 / 2.0) {
        let x = frame.x(at);
        _ = writeln!(out, r#"<path d="M{x:.2} {}V{bottom}" stroke="{grid}"/>"#, frame.top);
        if last {
            _ = writeln!(
                out,
                r#"<text x="{x:.2}" y="{}" text-anchor="middle" fill="{weak}">{text}</text>"#,
                bottom + 16.0
            );
        }
    }
    _ = writeln!(
        out,
        r#"<rect x="{LEFT}" y="{}" width="{}" height="{}" fill="none" stroke="{}"/>"#,
        frame.top,
        right - LEFT,
        frame.height,
        theme::hex(t.line)
    );
}

fn line(out: &mut String, frame: &Frame, points: &[[f64; 2]], colour: &str, width: f64) {
    // Far outside the plot numbers only grow; they are cut where nobody sees it.
    let reach = 3.0 * (frame.y.1 - frame.y.0);
    _ = write!(out, r#"<polyline fill="none" stroke="{colour}" stroke-width="{width}" points=""#);
    for [x, y] in points {
        let y = y.clamp(frame.y.0 - reach, frame.y.1 + reach);
        _ = write!(out, "{:.2},{:.2} ", frame.x(*x), frame.y(y));
    }
    out.push_str("\"/>\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use activation::{Activation, Approximation, Method};

    #[test]
    fn the_figure_is_one_well_formed_document() {
        let request = Approximation::new(Activation::Relu, Method::Minimax, 4, (-2.0, 2.0));
        let curve = LabCurve::new(&request, None).expect("fits");
        let measured = Histogram::of(&[-1.0, 0.5, 0.5, 1.5]);
        for (text, plots) in [(svg(&curve, None), 2), (svg(&curve, Some(&measured)), 3)] {
            assert!(text.starts_with("<svg ") && text.ends_with("</svg>\n"));
            assert_eq!(text.matches("<clipPath").count(), plots);
            assert_eq!(text.matches("<polyline").count(), 3);
            for tag in ["g", "clipPath", "text"] {
                let opened = text.matches(&format!("<{tag} ")).count();
                assert_eq!(opened, text.matches(&format!("</{tag}>")).count(), "{tag}");
            }
            assert!(!text.contains("NaN") && !text.contains("inf"));
        }
    }
}
