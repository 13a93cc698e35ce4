//! Schemes side by side: accuracy against time, margin through the network, bytes.

use super::chart::{Chart, Curve, Pen};
use super::svg;
use super::sweep::logarithmic;
use super::ticks::Unit;
use crate::app::compare_view::CompareView;
use crate::app::theme;
use crate::app::theme::Tokens;
use crate::format;
use crate::run::CompareRow;
use egui::{Rect, Ui, pos2, vec2};
use egui_plot::PlotPoint;

const ACCURACY: &str = "Share of samples classified as labelled after decryption, against the time of one sample when as many are sent as were run, on a logarithmic axis. A cross marks a scheme whose outputs decrypted wrongly: no answers.";
const MARGIN: &str = "Measured margin at the input, after each activation, and of the scores; of each scheme in its own meaning. With polynomials the margin falls with every activation; bootstrapping makes the noise new at every table. A cross marks a scheme that decrypted wrongly.";
const BYTES: &str = "Bytes of evaluation keys, and of what goes up and down for all samples, on a logarithmic axis.";
const BOTTOM: f32 = 18.0;
/// Margins further below zero are drawn here.
const LOWEST_MARGIN: f64 = -60.0;
/// Margins above are so good that their height says nothing.
const HIGHEST_MARGIN: f64 = 320.0;

/// Schemes that have names in the legend.
fn legend(name: &str) -> &'static str {
    ["BGV", "CKKS", "TFHE", "BFV"].into_iter().find(|known| name.starts_with(known)).unwrap_or("")
}

fn empty(view: &CompareView) -> Option<&'static str> {
    let none = view.rows.iter().all(|r| r.refusal.is_some());
    none.then_some(if view.rows.is_empty() {
        "Compare to see the schemes side by side"
    } else {
        "No scheme could run"
    })
}

/// Rows that ran, with the number of their colour.
fn ran(view: &CompareView) -> impl Iterator<Item = (usize, &CompareRow)> {
    view.rows.iter().enumerate().filter(|(_, r)| r.refusal.is_none())
}

/// The plots in the window: margins above, accuracy and bytes below.
pub fn compare(ui: &mut Ui, rect: Rect, view: &CompareView, activations: &[&str]) {
    for (rect, chart) in charts(theme::tokens(ui), rect, view, activations) {
        chart.show(ui, rect, BOTTOM);
    }
}

/// The same as one SVG document.
pub fn compare_svg(view: &CompareView, activations: &[&str]) -> String {
    let rect = Rect::from_min_size(pos2(0.0, 0.0), vec2(860.0, 620.0));
    let charts = charts(theme::print_tokens(), rect, view, activations);
    svg::document(rect.width(), rect.height(), &charts, &[])
}

fn charts<'a>(
    t: &Tokens,
    rect: Rect,
    view: &CompareView,
    activations: &[&str],
) -> [(Rect, Chart<'a>); 3] {
    let gap = theme::CARD_GAP / 2.0;
    let (upper, lower) = rect.split_top_bottom_at_fraction(0.5);
    let (upper, lower) = (upper.with_max_y(upper.max.y - gap), lower.with_min_y(lower.min.y + gap));
    let (first, second) = lower.split_left_right_at_fraction(0.6);
    let (first, second) =
        (first.with_max_x(first.max.x - gap), second.with_min_x(second.min.x + gap));
    [
        (upper, margin_chart(t, view, activations)),
        (first, accuracy_chart(t, first.width(), view)),
        (second, bytes_chart(t, view)),
    ]
}

/// Accuracy against time of a sample.
fn accuracy_chart<'a>(t: &Tokens, width: f32, view: &CompareView) -> Chart<'a> {
    let place = |r: &CompareRow| (1.0 / r.images_per_sec.max(1e-9)).log10();
    let mut curves = Vec::new();
    let mut wrong = Vec::new();
    for (at, row) in ran(view) {
        let point = PlotPoint::new(place(row), row.accuracy);
        if row.wrong_outputs > 0 {
            wrong.push(point);
        } else {
            curves.push(Curve {
                name: legend(&row.name),
                colour: t.series(at),
                pen: Pen::Points,
                points: vec![point],
                faded: false,
            });
        }
    }
    let positions = || ran(view).map(|(_, r)| place(r));
    let low = positions().fold(f64::INFINITY, f64::min);
    let high = positions().fold(f64::NEG_INFINITY, f64::max);
    let x = if low <= high { (low - 0.5, high + 0.5) } else { (-4.0, 0.0) };
    let shares = ran(view).map(|(_, r)| r.accuracy);
    let plain = ran(view).map(|(_, r)| r.plain_accuracy).next();
    Chart {
        id: "compare accuracy",
        title: "Accuracy by time of a sample",
        about: ACCURACY,
        unit: Unit::Share,
        x,
        y: Unit::Share.bounds(shares.chain(plain)),
        curves,
        reference: plain.map(|p| (p, "original network, in the clear")),
        across: logarithmic(x, width, format::secs),
        wrong,
        empty: empty(view),
        ..Chart::default()
    }
}

/// The margins that are drawn: at the input, after each of the `activations`, of the scores. What a
/// table adds up meanwhile has more room than what it reads.
fn margins(row: &CompareRow, activations: &[&str]) -> Vec<f64> {
    let last = row.margins.len().saturating_sub(1);
    let drawn = row
        .margins
        .iter()
        .enumerate()
        .filter(|(i, (name, _))| *i == 0 || *i == last || activations.contains(&name.as_str()));
    drawn.map(|(_, (_, m))| m.clamp(LOWEST_MARGIN, HIGHEST_MARGIN)).collect()
}

/// Margins through the network whose activation layers have these names.
fn margin_chart<'a>(t: &Tokens, view: &CompareView, activations: &[&str]) -> Chart<'a> {
    let mut curves = Vec::new();
    let mut wrong = Vec::new();
    for (at, row) in ran(view) {
        let margins = margins(row, activations);
        let last = margins.len().saturating_sub(1).max(1) as f64;
        let points: Vec<PlotPoint> =
            margins.iter().enumerate().map(|(i, m)| PlotPoint::new(i as f64 / last, *m)).collect();
        if row.wrong_outputs > 0 {
            wrong.extend(points.last().copied());
        }
        let (name, colour) = (legend(&row.name), t.series(at));
        curves.push(Curve { name, colour, pen: Pen::Measured, points, faded: false });
    }
    let heights = curves.iter().flat_map(|c| c.points.iter().map(|p| p.y));
    let y = Unit::Bits.bounds(heights.chain([0.0]));
    let across = [(0.0, "input"), (0.5, "activations"), (1.0, "scores")];
    Chart {
        id: "compare margin",
        title: "Measured margin through the network, bits",
        about: MARGIN,
        unit: Unit::Bits,
        x: (-0.02, 1.02),
        y,
        curves,
        reference: empty(view).is_none().then_some((0.0, "wrong below 0")),
        across: across.map(|(at, text)| (at, text.to_owned())).to_vec(),
        wrong,
        empty: empty(view),
        ..Chart::default()
    }
}

/// Keys, upload and download.
fn bytes_chart<'a>(t: &Tokens, view: &CompareView) -> Chart<'a> {
    let curves: Vec<Curve> = ran(view)
        .map(|(at, row)| {
            let values = [row.evaluation_key_bytes, row.upload_bytes, row.download_bytes];
            let points = values.into_iter().enumerate().filter_map(|(i, bytes)| {
                Some(PlotPoint::new(i as f64, Unit::Bytes.position(bytes as f64)?))
            });
            Curve {
                name: legend(&row.name),
                colour: t.series(at),
                pen: Pen::Points,
                points: points.collect(),
                faded: false,
            }
        })
        .collect();
    let heights = curves.iter().flat_map(|c| c.points.iter().map(|p| p.y));
    let y = Unit::Bytes.bounds(heights);
    let across = [(0.0, "keys"), (1.0, "upload"), (2.0, "download")];
    Chart {
        id: "compare bytes",
        title: "Bytes",
        about: BYTES,
        unit: Unit::Bytes,
        x: (-0.3, 2.3),
        y,
        curves,
        across: across.map(|(at, text)| (at, text.to_owned())).to_vec(),
        empty: empty(view),
        ..Chart::default()
    }
}
