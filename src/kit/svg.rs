//! Charts as one SVG document, for papers and slides: what the window draws, in print colours.

use crate::chart::{Chart, Curve, Mark, Pen};
use crate::place_names::PlaceNames;
use crate::theme;
use egui::{Color32, Rect, Vec2, vec2};
use std::fmt::Write;

const LEFT: f64 = 58.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 32.0;
const BOTTOM: f64 = 30.0;
/// Width of a letter, about, to place the legend.
const LETTER: f64 = 6.2;
const PEN: f64 = 22.0;

/// Least width of a name under the charts, and the height of a line of them.
const NAME: f32 = 168.0;
const LINE: f32 = 16.0;

/// Height of the words above the charts.
const HEADING: f32 = 26.0;

/// Charts on one page, with words above them and, below, what the colours mean.
#[derive(Default)]
pub struct Figure<'a> {
    /// Width, and height without heading and legend.
    pub size: Vec2,
    /// None where it is empty.
    pub heading: String,
    /// Each with its place in `size`.
    pub charts: Vec<(Rect, Chart<'a>)>,
    pub legend: Vec<(Color32, Mark, &'a str)>,
}

impl Figure<'_> {
    /// The figure as one SVG document.
    pub fn svg(&self) -> String {
        let t = theme::print_tokens();
        let width = self.size.x;
        let head = if self.heading.is_empty() { 0.0 } else { HEADING };
        let drawn = head + self.size.y;
        let longest = self.legend.iter().map(|(.., name)| name.chars().count()).max().unwrap_or(0);
        let column = NAME.max(longest as f32 * LETTER as f32 + 24.0);
        let columns = (width / column).floor().max(1.0) as usize;
        let height = drawn + LINE * self.legend.len().div_ceil(columns) as f32;
        let mut out = format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-family="Inter, Helvetica, sans-serif" font-size="11">
<rect width="{width}" height="{height}" fill="{}"/>
"#,
            theme::hex(t.well)
        );
        if !self.heading.is_empty() {
            _ = writeln!(
                out,
                r#"<text x="12" y="20" font-size="14" font-weight="600" fill="{}">{}</text>"#,
                theme::hex(t.text_strong),
                escaped(&self.heading)
            );
        }
        for (number, (rect, chart)) in self.charts.iter().enumerate() {
            Frame::new(rect.translate(vec2(0.0, head)), chart, number).draw(&mut out);
        }
        for (at, (colour, mark, name)) in self.legend.iter().enumerate() {
            let x = 12.0 + (at % columns) as f32 * column;
            let y = drawn + (at / columns) as f32 * LINE + 2.0;
            let full = Ink { colour: theme::hex(*colour), opacity: 1.0, hollow: false };
            marker(&mut out, (f64::from(x), f64::from(y)), *mark, &full);
            _ = writeln!(
                out,
                r#"<text x="{}" y="{}" fill="{}">{}</text>"#,
                x + 9.0,
                y + 4.0,
                theme::hex(t.text),
                escaped(name)
            );
        }
        out.push_str("</svg>\n");
        out
    }
}

/// Text as XML and HTML hold it.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A chart with the place of its inside.
struct Frame<'a> {
    chart: &'a Chart<'a>,
    number: usize,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    /// Of its places, where these have words.
    names: PlaceNames,
}

impl<'a> Frame<'a> {
    fn new(rect: Rect, chart: &'a Chart<'a>, number: usize) -> Self {
        let (left, right) = (f64::from(rect.left()) + LEFT, f64::from(rect.right()) - RIGHT);
        let step = (right - left) / (chart.x.1 - chart.x.0);
        let words: &[String] = if chart.across.is_empty() { &chart.horizontal.words } else { &[] };
        let width = |text: &str| LETTER as f32 * text.chars().count() as f32;
        let names = PlaceNames::new(words, step as f32, width);
        let below = BOTTOM.max(f64::from(names.height()) + 6.0);
        Self {
            chart,
            number,
            left,
            right,
            top: f64::from(rect.top()) + TOP,
            bottom: f64::from(rect.bottom()) - below,
            names,
        }
    }

    fn x(&self, value: f64) -> f64 {
        let (low, high) = self.chart.x;
        self.left + (value - low) / (high - low) * (self.right - self.left)
    }

    fn y(&self, value: f64) -> f64 {
        let (low, high) = self.chart.y;
        self.top + (high - value) / (high - low) * (self.bottom - self.top)
    }

    fn draw(&self, out: &mut String) {
        let t = theme::print_tokens();
        let Self { left, right, top, bottom, number, .. } = *self;
        _ = writeln!(
            out,
            r#"<text x="{left}" y="{}" font-size="13" font-weight="600" fill="{}">{}</text>"#,
            top - 14.0,
            theme::hex(t.text_strong),
            escaped(self.chart.title)
        );
        self.legend(out);
        if let Some((low, high)) = self.chart.span {
            let (x, end) = (self.x(low).max(left), self.x(high).min(right));
            _ = writeln!(
                out,
                r#"<rect x="{x:.1}" y="{top}" width="{:.1}" height="{}" fill="{}"/>"#,
                (end - x).max(0.0),
                bottom - top,
                theme::hex(t.grid_minor)
            );
        }
        self.axes(out);
        _ = writeln!(
            out,
            r#"<clipPath id="plot{number}"><rect x="{left}" y="{top}" width="{}" height="{}"/></clipPath><g clip-path="url(#plot{number})">"#,
            right - left,
            bottom - top
        );
        for [low, high, up] in &self.chart.bars {
            let (x, y) = (self.x(*low), self.y(*up));
            let (wide, tall) = (self.x(*high) - x, bottom - y);
            let colour = theme::hex(self.chart.bar_colour);
            _ = writeln!(
                out,
                r#"<rect x="{x:.1}" y="{y:.1}" width="{wide:.1}" height="{tall:.1}" fill="{colour}"/>"#
            );
        }
        if let Some((at, words)) = self.chart.reference {
            let y = self.y(at);
            _ = writeln!(
                out,
                r#"<path d="M{left} {y:.1}H{right}" stroke="{}"/><text x="{}" y="{:.1}" fill="{}">{}</text>"#,
                theme::hex(t.text),
                left + 6.0,
                if y - top > 18.0 { y - 4.0 } else { y + 13.0 },
                theme::hex(t.text_weak),
                escaped(words)
            );
        }
        for curve in &self.chart.curves {
            self.curve(out, curve);
        }
        let strong = Ink { colour: theme::hex(t.text_strong), opacity: 1.0, hollow: false };
        for mark in &self.chart.marks {
            marker(out, (self.x(mark.x), self.y(mark.y)), Mark::Round, &strong);
        }
        out.push_str("</g>\n");
        for point in &self.chart.wrong {
            let (x, y) = (self.x(point.x), self.y(point.y));
            _ = writeln!(
                out,
                r#"<path d="M{} {}l10 10m0 -10l-10 10" stroke="{}" stroke-width="1.6"/>"#,
                x - 5.0,
                y - 5.0,
                theme::hex(t.wrong)
            );
        }
        if let Some(words) = self.chart.verdict.or(self.chart.empty) {
            let (x, y) = ((left + right) / 2.0, (top + bottom) / 2.0);
            _ = writeln!(
                out,
                r#"<text x="{x}" y="{y}" text-anchor="middle" fill="{}">{}</text>"#,
                theme::hex(t.text),
                escaped(words)
            );
        }
    }

    fn axes(&self, out: &mut String) {
        let t = theme::print_tokens();
        let (grid, weak) = (theme::hex(t.grid), theme::hex(t.text_weak));
        let Self { left, right, top, bottom, .. } = *self;
        let (low, high) = self.chart.y;
        let ticks = self.chart.unit.ticks(low, high, (bottom - top) as f32);
        for (tick, text) in ticks.iter().filter_map(|t| Some((t, t.text.as_ref()?))) {
            let y = self.y(tick.at);
            _ = writeln!(
                out,
                r#"<path d="M{left} {y:.1}H{right}" stroke="{grid}"/><text x="{}" y="{:.1}" text-anchor="end" fill="{weak}">{}</text>"#,
                left - 6.0,
                y + 4.0,
                escaped(text)
            );
        }
        for (at, lines) in self.names.names.iter().enumerate() {
            let x = self.x(at as f64);
            _ = writeln!(out, r#"<path d="M{x:.1} {top}V{bottom}" stroke="{grid}"/>"#);
            if at % self.names.every > 0 {
                continue;
            }
            for (line, text) in lines.iter().enumerate() {
                let y = bottom + 15.0 + f64::from(PlaceNames::below(line));
                let place = match self.names.turned {
                    true => {
                        let (x, y) = (x + 4.0, bottom + 6.0);
                        format!(
                            r#"transform="translate({x:.1} {y:.1}) rotate(-90)" text-anchor="end""#
                        )
                    }
                    false => format!(r#"x="{x:.1}" y="{y}" text-anchor="middle""#),
                };
                _ = writeln!(out, r#"<text {place} fill="{weak}">{}</text>"#, escaped(text));
            }
        }
        for (at, text) in &self.chart.across {
            let x = self.x(*at);
            _ = writeln!(
                out,
                r#"<path d="M{x:.1} {top}V{bottom}" stroke="{grid}"/><text x="{x:.1}" y="{}" text-anchor="middle" fill="{weak}">{}</text>"#,
                bottom + 15.0,
                escaped(text)
            );
        }
    }

    /// Pens with their names, from the right.
    fn legend(&self, out: &mut String) {
        let t = theme::print_tokens();
        let mut right = self.right;
        let named = |c: &&Curve| !c.name.is_empty() && !c.points.is_empty();
        for curve in self.chart.curves.iter().rev().filter(named) {
            let left = right - PEN - LETTER * curve.name.chars().count() as f64;
            let middle = self.top - 18.0;
            pen(out, curve, &format!("{left:.1},{middle} {:.1},{middle}", left + 17.0));
            if matches!(curve.pen, Pen::Measured | Pen::Points | Pen::Pinned) {
                marker(out, (left + 8.5, middle), curve.mark, &Ink::of(curve));
            }
            _ = writeln!(
                out,
                r#"<text x="{:.1}" y="{}" fill="{}">{}</text>"#,
                left + PEN,
                middle + 4.0,
                theme::hex(t.text),
                escaped(curve.name)
            );
            right = left - 12.0;
        }
    }

    fn curve(&self, out: &mut String, curve: &Curve) {
        let place = |p: &egui_plot::PlotPoint| format!("{:.1},{:.1}", self.x(p.x), self.y(p.y));
        let points: Vec<String> = curve.points.iter().map(place).collect();
        pen(out, curve, &points.join(" "));
        for [x, low, high] in &curve.whiskers {
            let (x, low, high) = (self.x(*x), self.y(*low), self.y(*high));
            _ = writeln!(
                out,
                r#"<path class="whisker" d="M{x:.1} {low:.1}V{high:.1}M{0:.1} {low:.1}h8M{0:.1} {high:.1}h8" stroke="{1}" stroke-opacity="0.6"/>"#,
                x - 4.0,
                theme::hex(curve.colour)
            );
        }
        if matches!(curve.pen, Pen::Measured | Pen::Points | Pen::Pinned) {
            for p in &curve.points {
                marker(out, (self.x(p.x), self.y(p.y)), curve.mark, &Ink::of(curve));
            }
        }
    }
}

/// Curves of an earlier setup stand back.
fn opacity(curve: &Curve) -> f64 {
    if curve.faded { 0.5 } else { 1.0 }
}

/// How a marker is filled.
struct Ink {
    colour: String,
    opacity: f64,
    hollow: bool,
}

impl Ink {
    fn of(curve: &Curve) -> Self {
        let colour = theme::hex(curve.colour);
        Self { colour, opacity: opacity(curve), hollow: curve.hollow }
    }
}

/// Radius of a marker.
const MARKER: f64 = 3.2;

fn marker(out: &mut String, (x, y): (f64, f64), mark: Mark, ink: &Ink) {
    let Ink { colour, opacity, .. } = ink;
    let style = match ink.hollow {
        true => format!(r#"fill="none" stroke="{colour}" stroke-opacity="{opacity}""#),
        false => format!(r#"fill="{colour}" fill-opacity="{opacity}""#),
    };
    let corners: Vec<String> = mark
        .corners()
        .iter()
        .map(|[right, down]| {
            format!("{:.1},{:.1}", x + MARKER * f64::from(*right), y + MARKER * f64::from(*down))
        })
        .collect();
    _ = match corners.is_empty() {
        true => writeln!(out, r#"<circle cx="{x:.1}" cy="{y:.1}" r="{MARKER}" {style}/>"#),
        false => writeln!(out, r#"<polygon class="mark" points="{}" {style}/>"#, corners.join(" ")),
    };
}

/// The line of a curve through `points`; none where markers stand alone.
fn pen(out: &mut String, curve: &Curve, points: &str) {
    let (width, dash) = match curve.pen {
        Pen::Points => return,
        Pen::Predicted => (1.6, r#" stroke-dasharray="5 3""#),
        Pen::Pinned => (1.6, r#" stroke-dasharray="1 3""#),
        Pen::RunningUnder => (4.0, ""),
        Pen::Measured | Pen::Running => (1.6, ""),
    };
    let colour = theme::hex(curve.colour);
    _ = writeln!(
        out,
        r#"<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-opacity="{}"{dash}/>"#,
        opacity(curve)
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui_plot::PlotPoint;

    fn figure(chart: Chart<'_>) -> String {
        let size = vec2(400.0, 200.0);
        let rect = Rect::from_min_size(egui::Pos2::ZERO, size);
        let legend = vec![(Color32::RED, Mark::Square, "<script> & others")];
        let heading = "[-1, 1] & \"more\" > less".to_owned();
        Figure { size, heading, charts: vec![(rect, chart)], legend }.svg()
    }

    #[test]
    fn the_document_is_well_formed_and_texts_are_escaped() {
        let text = figure(Chart {
            title: "a < b",
            x: (0.0, 1.0),
            y: (0.0, 1.0),
            curves: vec![Curve {
                name: "<c>",
                points: vec![[0.0, 0.5].into()],
                ..Curve::default()
            }],
            bars: vec![[0.0, 0.5, 0.25]],
            marks: vec![PlotPoint::new(0.5, 0.5)],
            span: Some((0.25, 0.75)),
            across: vec![(0.5, "1 < 2".to_owned())],
            reference: Some((0.5, "x < y")),
            wrong: vec![PlotPoint::new(0.5, 0.5)],
            verdict: Some("no < yes"),
            ..Chart::default()
        });
        assert!(text.starts_with("<svg ") && text.ends_with("</svg>\n"));
        for tag in ["g", "clipPath", "text"] {
            let opened = text.matches(&format!("<{tag} ")).count();
            assert_eq!(opened, text.matches(&format!("</{tag}>")).count(), "{tag}");
        }
        for raw in ["<script>", "a < b", "<c>", "1 < 2", "x < y", "no < yes", "& others"] {
            assert!(!text.contains(raw), "{raw}");
        }
        assert!(
            text.contains("&lt;script&gt; &amp; others") && text.contains("] &amp; &quot;more")
        );
    }

    #[test]
    fn names_of_places_stand_in_lines_or_are_turned() {
        let chart = |count: usize| {
            let words = vec!["pool1 + conv2".to_owned(); count];
            Chart {
                x: (-0.5, count as f64 - 0.5),
                y: (0.0, 1.0),
                horizontal: crate::Horizontal::words("stage", words),
                ..Chart::default()
            }
        };
        // 328 units for six names or for twenty.
        let text = figure(chart(6));
        let count = |text: &str, part: &str| text.matches(part).count();
        assert_eq!((count(&text, ">pool1+</text>"), count(&text, ">conv2</text>")), (6, 6));
        let text = figure(chart(20));
        assert_eq!((count(&text, "rotate(-90)"), count(&text, ">pool1+c…</text>")), (20, 20));
    }

    #[test]
    fn a_chart_without_curves_says_why() {
        let empty =
            Chart { empty: Some("nothing yet"), x: (0.0, 1.0), y: (0.0, 1.0), ..Chart::default() };
        let text = figure(empty);
        assert!(text.contains("nothing yet") && !text.contains("NaN"));
    }
}
