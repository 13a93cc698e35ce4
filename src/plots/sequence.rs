//! A sequence over time: what goes in, the hidden state, and what every step does to noise and
//! traffic.

use circuit::{NoiseMeasure, NoiseStrategy};
use egui::{Color32, Rect, Ui, pos2, vec2};
use egui_plot::PlotPoint;
use format::{self, Share};
use kit::{
    Chart, Curve, Figure, Horizontal, Mark, Pen, Unit, logarithmic, number_ticks,
    theme::{self, Tokens},
};
use report::{SequenceReport, SequenceStep, SequenceTrace};
use study::StrategyRow;
use view::SequenceView;

const INPUT: &str = "The channels of one sequence as they are encrypted, step by step; padding in front is zero. More than four channels are cells, a column for every step: the stronger the colour, the larger the value.";
const STATE: &str =
    "Units of the top layer after each step: of the reference network in the clear, and decrypted.";
const BUDGET: &str = "Room of the state in its modulus, log2(q/2) − log2(max |phase|): one chain spends it step by step, a refresh gives it back, bootstrapping keeps it.";
const MARGIN: &str = "Dashed as planned, solid as measured with the secret key.";
const ERROR: &str = "Largest error of a state after each step, predicted and measured.";
const TRAFFIC: &str =
    "Bytes that cross in each step, all batches; steps without a round cross nothing.";
const COMPARED: &str = "Encrypted accuracy of each strategy against the time of one sequence from end to end over the chosen connection, keys included. Bars: where the accuracy on all such sequences lies, 95 % (Wilson). Hollow: not all steps, or not all sequences, were run. A cross marks one that decrypted wrongly.";

/// Space under the plots, for the numbers.
const BOTTOM: f32 = 18.0;
/// Channels that are drawn as lines at most; more become a field of cells.
const MOST_LINES: usize = 4;
/// Channels and units drawn at most.
const MOST_CURVES: usize = 4;

/// What is drawn when there is no run yet.
const NOTHING: &str = "Run to see it";

fn points(values: impl Iterator<Item = (usize, Option<f64>)>) -> Vec<PlotPoint> {
    values.filter_map(|(x, y)| Some(PlotPoint::new(x as f64 + 1.0, y?))).collect()
}

fn curve(name: &'static str, colour: Color32, pen: Pen, points: Vec<PlotPoint>) -> Curve {
    Curve { name, colour, pen, points, ..Curve::default() }
}

/// A chart over the steps.
fn over_steps<'a>(rect: Rect, steps: usize) -> Chart<'a> {
    let last = steps.max(2) as f64;
    let across = number_ticks(1.0, last, rect.width() / 2.4);
    let across = across.into_iter().filter(|(at, _)| at.fract() == 0.0 && *at >= 1.0).collect();
    Chart {
        x: (0.5, last + 0.5),
        across,
        horizontal: Horizontal::named("step"),
        ..Chart::default()
    }
}

/// Vertical bounds for all points.
fn bounds(unit: Unit, curves: &[Curve]) -> (f64, f64) {
    let (low, high) = unit.bounds(curves.iter().flat_map(|c| &c.points).map(|p| p.y));
    if high > low { (low, high) } else { (low - 1.0, high + 1.0) }
}

/// The values of the sequence.
pub fn sequence_input(ui: &mut Ui, rect: Rect, trace: Option<&SequenceTrace>) {
    let t = theme::tokens(ui);
    let steps = trace.map_or(0, |s| s.inputs.len());
    let channels = trace.and_then(|s| s.inputs.first()).map_or(0, Vec::len);
    let of = |channel: usize| {
        let values = trace.into_iter().flat_map(|s| s.inputs.iter().enumerate());
        points(values.map(move |(step, row)| (step, row.get(channel).copied())))
    };
    let curves: Vec<Curve> = (0..channels.min(MOST_CURVES))
        .map(|c| curve(if c == 0 { "input" } else { "" }, t.series(c), Pen::Running, of(c)))
        .collect();
    let many = channels > MOST_LINES;
    let curves = if many { Vec::new() } else { curves };
    let y = if many { (0.5, channels as f64 + 0.5) } else { bounds(Unit::Number, &curves) };
    let empty = trace.is_none().then_some(NOTHING);
    let shown = Chart {
        id: "sequence input",
        title: "Sequence by step",
        about: INPUT,
        unit: Unit::Number,
        y,
        curves,
        empty,
        ..over_steps(rect, steps)
    }
    .show(ui, rect, BOTTOM);
    if let Some(trace) = trace.filter(|_| many) {
        cells(ui, shown.inside, &trace.inputs);
    }
}

/// Many channels as a field of cells, a column for every step, the first channel below.
fn cells(ui: &Ui, inside: Rect, rows: &[Vec<f64>]) {
    let t = theme::tokens(ui);
    let all = || rows.iter().flatten();
    let low = all().copied().fold(f64::INFINITY, f64::min);
    let high = all().copied().fold(f64::NEG_INFINITY, f64::max);
    let span = (high - low).max(f64::MIN_POSITIVE);
    let width = inside.width() / rows.len().max(1) as f32;
    let mut mesh = egui::Mesh::default();
    for (step, row) in rows.iter().enumerate() {
        let height = inside.height() / row.len().max(1) as f32;
        for (channel, value) in row.iter().enumerate() {
            let share = ((value - low) / span) as f32;
            let min = egui::pos2(
                inside.left() + step as f32 * width,
                inside.bottom() - (channel + 1) as f32 * height,
            );
            // A little more than a cell, so that no lines show between them.
            let size = egui::vec2(width + 0.5, height + 0.5);
            let place = Rect::from_min_size(min, size).intersect(inside);
            mesh.add_colored_rect(place, t.well.lerp_to_gamma(t.series(0), share));
        }
    }
    ui.painter_at(inside).add(mesh);
}

/// The hidden state in the clear and decrypted.
pub fn sequence_state(ui: &mut Ui, rect: Rect, trace: Option<&SequenceTrace>) {
    let t = theme::tokens(ui);
    let steps = trace.map_or(0, |s| s.plain.len());
    let units = trace.map_or(0, |s| s.units.len()).min(MOST_CURVES);
    let of = |rows: &[Vec<f64>], unit: usize| {
        points(rows.iter().enumerate().map(|(step, row)| (step, row.get(unit).copied())))
    };
    let mut curves = Vec::new();
    for unit in 0..units {
        let Some(trace) = trace else { continue };
        let named = |name: &'static str| if unit == 0 { name } else { "" };
        let plain = of(&trace.plain, unit);
        curves.push(curve(named("reference"), t.reference, Pen::RunningUnder, plain));
        let encrypted = of(&trace.encrypted, unit);
        curves.push(curve(named("encrypted"), t.encrypted, Pen::Running, encrypted));
    }
    let y = bounds(Unit::Number, &curves);
    let empty = trace.is_none().then_some(NOTHING);
    Chart {
        id: "sequence state",
        title: "Hidden state",
        about: STATE,
        unit: Unit::Number,
        y,
        curves,
        empty,
        ..over_steps(rect, steps)
    }
    .show(ui, rect, BOTTOM);
}

/// Which figure of the steps a plot shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepFigure {
    Budget,
    Margin,
    Error,
    Traffic,
}

impl StepFigure {
    fn of(self, step: &SequenceStep) -> (Option<f64>, Option<f64>) {
        let log2 = |v: f64| (v > 0.0).then(|| v.log2());
        match self {
            Self::Budget => (Some(step.budget_bits_predicted), step.budget_bits_measured),
            Self::Margin => (Some(step.margin_bits_predicted), step.margin_bits_measured),
            Self::Error => (log2(step.max_abs_error_predicted), step.max_abs_error.and_then(log2)),
            Self::Traffic => (log2(step.up_bytes as f64), log2(step.down_bytes as f64)),
        }
    }
}

/// A figure of every step.
pub fn sequence_steps(
    ui: &mut Ui,
    rect: Rect,
    figure: StepFigure,
    report: Option<&SequenceReport>,
) {
    let t = theme::tokens(ui);
    let steps = report.map_or(&[][..], |r| &r.per_step);
    let all: Vec<_> = steps.iter().map(|s| (s.step, figure.of(s))).collect();
    let first = points(all.iter().map(|(x, (y, _))| (*x, *y)));
    let second = points(all.iter().map(|(x, (_, y))| (*x, *y)));
    let measure = match report.map(|r| r.strategy) {
        Some(NoiseStrategy::Bootstrap) => NoiseMeasure::Failure,
        _ => NoiseMeasure::Precision,
    };
    let how = format!("{} {MARGIN}", measure.definition());
    let (id, title, about, unit) = match figure {
        StepFigure::Budget => ("sequence budget", "Modulus left, bits by step", BUDGET, Unit::Bits),
        StepFigure::Margin => ("sequence margin", measure.title(), &*how, Unit::of_noise(measure)),
        StepFigure::Error => ("sequence error", "Error by step, log2", ERROR, Unit::Number),
        StepFigure::Traffic => {
            ("sequence traffic", "Traffic by step, all sequences", TRAFFIC, Unit::Bytes)
        }
    };
    let (first, second) = match figure {
        StepFigure::Budget => (with_size(first), with_size(second)),
        _ => (first, second),
    };
    let curves = if figure == StepFigure::Traffic {
        vec![
            curve("up", t.series(0), Pen::Measured, first),
            curve("down", t.series(1), Pen::Measured, second),
        ]
    } else {
        vec![
            curve("predicted", t.encrypted, Pen::Predicted, first),
            curve("measured", t.encrypted, Pen::Measured, second),
        ]
    };
    let wrong: Vec<PlotPoint> = if figure == StepFigure::Traffic {
        Vec::new()
    } else {
        let bad = steps.iter().filter(|s| s.wrong_values > 0);
        points(bad.map(|s| (s.step, figure.of(s).1)))
    };
    let crosses = curves.iter().any(|c| !c.points.is_empty());
    let empty = match report {
        None => Some(NOTHING),
        Some(_) if !crosses => Some("Nothing crosses between the steps"),
        Some(_) => None,
    };
    let at_zero = measure.at_zero().filter(|_| figure == StepFigure::Margin && crosses);
    let reference = at_zero.map(|words| (0.0, words));
    let mut y = bounds(unit, &curves);
    if reference.is_some() {
        y = (y.0.min(-1.0), y.1.max(1.0));
    }
    Chart {
        id,
        title,
        about,
        unit,
        y,
        curves,
        wrong,
        empty,
        reference,
        ..over_steps(rect, steps.len())
    }
    .show(ui, rect, BOTTOM);
}

/// Steps at which the state has a size: of one that is still zero, as before the first step of a padded
/// sequence, what is left of its modulus says nothing and is very much.
fn with_size(points: Vec<PlotPoint>) -> Vec<PlotPoint> {
    let mut heights: Vec<f64> = points.iter().map(|p| p.y).collect();
    heights.sort_by(f64::total_cmp);
    let middle = heights.get(heights.len() / 2).copied().unwrap_or(0.0);
    points.into_iter().filter(|p| p.y <= 2.0 * middle.max(1.0)).collect()
}

/// Accuracy of the strategies against time.
pub fn strategies_compared(ui: &mut Ui, rect: Rect, view: &SequenceView) {
    strategies(theme::tokens(ui), rect.width(), view).show(ui, rect, BOTTOM);
}

/// The same as an SVG document, with the polynomials in words under it.
pub fn strategies_svg(view: &SequenceView) -> String {
    let t = theme::print_tokens();
    let rect = Rect::from_min_size(pos2(0.0, 0.0), vec2(620.0, 340.0));
    let rows: Vec<&StrategyRow> = view.ran().map(|(_, row)| row).collect();
    let names: Vec<String> = rows
        .iter()
        .map(|row| {
            let steps = match row.is_partial() {
                true => format!(
                    ", {} of {} steps, {} sequences",
                    row.steps, row.all_steps, row.sequences
                ),
                false => String::new(),
            };
            format!("{}, {}{steps}", row.name(), row.activation)
        })
        .collect();
    let legend = rows
        .iter()
        .enumerate()
        .zip(&names)
        .map(|((at, row), name)| {
            (t.series(strategy_place(row.strategy)), strategy_mark(&rows[..at], row), name.as_str())
        })
        .collect();
    let chart = strategies(t, rect.width(), view);
    Figure { size: rect.size(), charts: vec![(rect, chart)], legend, ..Figure::default() }.svg()
}

/// The shape of a row: rows of one strategy have one colour and shapes of their own.
fn strategy_mark(before: &[&StrategyRow], row: &StrategyRow) -> Mark {
    Mark::series(before.iter().filter(|r| r.strategy == row.strategy).count())
}

fn strategies<'a>(t: &Tokens, width: f32, view: &SequenceView) -> Chart<'a> {
    let place = |r: &StrategyRow| r.end_to_end_secs(&view.connection).max(1e-6).log10();
    let rows: Vec<&StrategyRow> = view.ran().map(|(_, row)| row).collect();
    let mut curves: Vec<Curve> = Vec::new();
    let mut wrong = Vec::new();
    let mut heights = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        if row.accuracy.is_nan() {
            continue;
        }
        let point = PlotPoint::new(place(row), row.accuracy);
        heights.push(row.accuracy);
        if row.wrong_outputs > 0 {
            wrong.push(point);
            continue;
        }
        let (low, high) = Share::of_fraction(row.accuracy, row.sequences).interval();
        heights.extend([low, high]);
        // One name for all rows of a strategy.
        let name = row.strategy.name();
        let named = curves.iter().any(|c| c.name == name);
        curves.push(Curve {
            name: if named { "" } else { name },
            colour: t.series(strategy_place(row.strategy)),
            pen: Pen::Points,
            mark: strategy_mark(&rows[..at], row),
            hollow: row.is_partial(),
            whiskers: vec![[point.x, low, high]],
            points: vec![point],
            ..Curve::default()
        });
    }
    let (low, high) = rows
        .iter()
        .map(|r| place(r))
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
    let x = if low > high { (-1.0, 1.0) } else { (low - 0.5, high + 0.5) };
    let known = rows.iter().map(|r| r.plain_accuracy).filter(|share| !share.is_nan());
    let plain = known.reduce(f64::max);
    let empty = match rows.is_empty() {
        true => Some("Each strategy that was run is a point here"),
        false if plain.is_none() => Some("The data have no classes: accuracies are not known"),
        false => None,
    };
    Chart {
        id: "strategies",
        title: "Accuracy by time of one sequence",
        about: COMPARED,
        unit: Unit::Share,
        x,
        y: Unit::Share.bounds(heights.into_iter().chain(plain)),
        curves,
        reference: plain.map(|p| (p, "original")),
        across: logarithmic(x, width, format::secs),
        horizontal: Horizontal::logarithmic("seconds a sequence"),
        wrong,
        empty,
        ..Chart::default()
    }
}

/// The number of a strategy's colour.
pub fn strategy_place(strategy: NoiseStrategy) -> usize {
    NoiseStrategy::ALL.iter().position(|r| *r == strategy).unwrap_or(0)
}
