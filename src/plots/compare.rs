//! Schemes side by side: accuracy against time, noise through the network, bytes.

use circuit::{NoiseMeasure, SchemeKind};
use egui::{Rect, Ui, pos2, vec2};
use egui_plot::PlotPoint;
use format::{self, Share};
use kit::{
    Chart, Curve, Figure, Horizontal, Mark, Pen, Unit, logarithmic,
    theme::{self, Tokens},
};
use study::CompareRow;
use view::CompareView;

const ACCURACY: &str = "Share of samples classified as labelled after decryption, against the time per sample when as many are sent as were run, on a logarithmic axis. Bars: where the accuracy on all samples of this kind lies, 95 % (Wilson). A cross marks a scheme whose outputs decrypted wrongly: no answers.";
const NOISE: &str = "As measured at the input, after each activation, and of the scores. Each scheme has a quantity and an axis of its own: they cannot be compared with each other, their shapes can. With polynomials it falls with every activation; bootstrapping makes the noise new at every table. A cross marks a scheme that decrypted wrongly.";
const BYTES: &str = "Bytes of evaluation keys, and of what goes up and down for all samples, on a logarithmic axis.";
const BOTTOM: f32 = 18.0;
/// Narrower plots have short names of what is sent.
const SHORT_NAMES: f32 = 230.0;
/// Margins further below zero are drawn here.
const LOWEST_MARGIN: f64 = -60.0;
/// Margins above are so good that their height says nothing.
const HIGHEST_MARGIN: f64 = 320.0;

/// Schemes that have names in the legend.
fn legend(row: &CompareRow) -> &'static str {
    SchemeKind::ALL
        .into_iter()
        .map(SchemeKind::name)
        .find(|known| row.scheme == *known)
        .unwrap_or("")
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

/// The plots in the window: noise above, one plot for each scheme, accuracy and bytes below.
pub fn compare(ui: &mut Ui, rect: Rect, view: &CompareView) {
    for (rect, chart) in charts(theme::tokens(ui), rect, view, &titles(view)) {
        chart.show(ui, rect, BOTTOM);
    }
}

/// The same as one SVG document.
pub fn compare_svg(view: &CompareView) -> String {
    let rect = Rect::from_min_size(pos2(0.0, 0.0), vec2(860.0, 620.0));
    let titles = titles(view);
    let charts = charts(theme::print_tokens(), rect, view, &titles);
    Figure { size: rect.size(), charts, ..Figure::default() }.svg()
}

/// The title of the noise plot of each row that ran.
fn titles(view: &CompareView) -> Vec<String> {
    ran(view).map(|(_, row)| format!("{}: {}", row.name, row.noise.title())).collect()
}

fn charts<'a>(
    t: &Tokens,
    rect: Rect,
    view: &CompareView,
    titles: &'a [String],
) -> Vec<(Rect, Chart<'a>)> {
    let gap = theme::CARD_GAP / 2.0;
    let (upper, lower) = rect.split_top_bottom_at_fraction(0.5);
    let (upper, lower) = (upper.with_max_y(upper.max.y - gap), lower.with_min_y(lower.min.y + gap));
    let (first, second) = lower.split_left_right_at_fraction(0.6);
    let (first, second) =
        (first.with_max_x(first.max.x - gap), second.with_min_x(second.min.x + gap));
    let mut charts = vec![
        (first, accuracy_chart(t, first.width(), view)),
        (second, bytes_chart(t, second.width(), view)),
    ];
    let width = (upper.width() + theme::CARD_GAP) / titles.len().max(1) as f32;
    for (place, ((at, row), title)) in ran(view).zip(titles).enumerate() {
        let left = upper.left() + place as f32 * width;
        let size = vec2(width - theme::CARD_GAP, upper.height());
        let rect = Rect::from_min_size(pos2(left, upper.top()), size);
        charts.push((rect, noise_chart(t, view, at, row, title)));
    }
    if titles.is_empty() {
        let chart = Chart {
            id: "compare noise",
            title: "Noise through the network",
            about: NOISE,
            empty: empty(view),
            ..Chart::default()
        };
        charts.push((upper, chart));
    }
    charts
}

/// Accuracy against time of a sample.
fn accuracy_chart<'a>(t: &Tokens, width: f32, view: &CompareView) -> Chart<'a> {
    let place = |r: &CompareRow| (1.0 / r.images_per_sec.max(1e-9)).log10();
    let mut curves = Vec::new();
    let mut wrong = Vec::new();
    for (at, row) in ran(view).filter(|(_, row)| !row.accuracy.is_nan()) {
        let point = PlotPoint::new(place(row), row.accuracy);
        if row.wrong_outputs > 0 {
            wrong.push(point);
        } else {
            curves.push(Curve {
                name: legend(row),
                colour: t.series(at),
                mark: Mark::series(at),
                pen: Pen::Points,
                whiskers: vec![whisker(point.x, row)],
                points: vec![point],
                ..Curve::default()
            });
        }
    }
    let positions = || ran(view).map(|(_, r)| place(r));
    let low = positions().fold(f64::INFINITY, f64::min);
    let high = positions().fold(f64::NEG_INFINITY, f64::max);
    let x = if low <= high { (low - 0.5, high + 0.5) } else { (-4.0, 0.0) };
    let shares = ran(view).flat_map(|(_, r)| {
        let [_, low, high] = whisker(0.0, r);
        [Some(r.accuracy).filter(|a| !a.is_nan()).unwrap_or(low), low, high]
    });
    let plain = ran(view).map(|(_, r)| r.plain_accuracy).find(|share| !share.is_nan());
    let unknown = plain.is_none().then_some("The data have no classes: accuracies are not known");
    Chart {
        id: "compare accuracy",
        title: "Accuracy by time per sample",
        about: ACCURACY,
        unit: Unit::Share,
        x,
        y: Unit::Share.bounds(shares.chain(plain)),
        curves,
        reference: plain.map(|p| (p, "original")),
        across: logarithmic(x, width, format::secs),
        horizontal: Horizontal::logarithmic("seconds a sample"),
        wrong,
        empty: empty(view).or(unknown),
        ..Chart::default()
    }
}

/// Where the accuracy behind that of a row lies.
fn whisker(x: f64, row: &CompareRow) -> [f64; 3] {
    let (low, high) = Share::of_fraction(row.accuracy, row.images).interval();
    [x, low, high]
}

/// The figures that are drawn, with the names of their stages: at the input, after each activation, of
/// the scores. What a table adds up meanwhile is further from failing than what goes into it.
fn margins(row: &CompareRow) -> Vec<(&str, f64)> {
    let last = row.margins.len().saturating_sub(1);
    let drawn = row
        .margins
        .iter()
        .enumerate()
        .filter(|(i, (name, _))| *i == 0 || *i == last || row.activations.contains(name));
    drawn.map(|(_, (name, m))| (name.as_str(), m.clamp(LOWEST_MARGIN, HIGHEST_MARGIN))).collect()
}

/// What was measured of the noise of one scheme through the network, from the names in the row.
fn noise_chart<'a>(
    t: &Tokens,
    view: &CompareView,
    at: usize,
    row: &CompareRow,
    title: &'a str,
) -> Chart<'a> {
    let margins = margins(row);
    let points: Vec<PlotPoint> =
        margins.iter().enumerate().map(|(i, (_, m))| PlotPoint::new(i as f64, *m)).collect();
    let wrong: Vec<PlotPoint> = match row.wrong_outputs {
        0 => Vec::new(),
        _ => points.last().copied().into_iter().collect(),
    };
    let last = margins.len().saturating_sub(1).max(1) as f64;
    let names = margins.iter().map(|(name, _)| (*name).to_owned()).collect();
    let unit = Unit::of_noise(row.noise);
    let reference = row.noise.at_zero().map(|words| (0.0, words));
    let heights = points.iter().map(|p| p.y).chain(reference.map(|r| r.0));
    let y = match row.noise {
        // From certain failure up: a flat line is flat.
        NoiseMeasure::Failure => unit.bounds(heights.chain([0.0])),
        _ => unit.bounds(heights),
    };
    let across = [(0.0, "input"), (last, "scores")];
    Chart {
        id: NOISE_IDS[at % NOISE_IDS.len()],
        title,
        about: NOISE,
        unit,
        x: (-0.04 * last, 1.04 * last),
        y,
        curves: vec![Curve {
            colour: t.series(at),
            mark: Mark::series(at),
            pen: Pen::Measured,
            points,
            ..Curve::default()
        }],
        reference,
        across: across.map(|(at, text)| (at, text.to_owned())).to_vec(),
        horizontal: Horizontal::words("stage", names),
        wrong,
        empty: empty(view),
        ..Chart::default()
    }
}

/// What the noise plots are known by.
const NOISE_IDS: [&str; 4] =
    ["compare noise", "compare noise 2", "compare noise 3", "compare noise 4"];

/// What the places of the plot of bytes are.
const BYTES_OF: [&str; 3] = ["keys", "upload", "download"];

/// Keys, upload and download.
fn bytes_chart<'a>(t: &Tokens, width: f32, view: &CompareView) -> Chart<'a> {
    let curves: Vec<Curve> = ran(view)
        .map(|(at, row)| {
            let values = [row.evaluation_key_bytes, row.upload_bytes, row.download_bytes];
            let points = values.into_iter().enumerate().filter_map(|(i, bytes)| {
                Some(PlotPoint::new(i as f64, Unit::Bytes.position(bytes as f64)?))
            });
            Curve {
                name: legend(row),
                colour: t.series(at),
                mark: Mark::series(at),
                pen: Pen::Points,
                points: points.collect(),
                ..Curve::default()
            }
        })
        .collect();
    let heights = curves.iter().flat_map(|c| c.points.iter().map(|p| p.y));
    let y = Unit::Bytes.bounds(heights);
    let [up, down] = if width < SHORT_NAMES { ["up", "down"] } else { ["upload", "download"] };
    let across = [(0.0, "keys"), (1.0, up), (2.0, down)];
    Chart {
        id: "compare bytes",
        title: "Bytes, all samples",
        about: BYTES,
        unit: Unit::Bytes,
        x: (-0.3, 2.3),
        y,
        curves,
        across: across.map(|(at, text)| (at, text.to_owned())).to_vec(),
        horizontal: Horizontal::words("bytes of", BYTES_OF.map(str::to_owned).to_vec()),
        empty: empty(view),
        ..Chart::default()
    }
}
