//! Rows of a sweep as points: accuracy against what it costs.

use circuit::NoiseMeasure;
use egui::{Pos2, Rect, Sense, Stroke, Ui, pos2, vec2};
use egui_plot::PlotPoint;
use kit::{Chart, Curve, Figure, Horizontal, Mark, Pen, Unit, logarithmic, number_ticks, theme};
use study::SweepRow;
use view::{SweepAxis, SweepView};

const BY_DEGREE: &str = "Accuracy of the reference network in the clear, degree by degree, one colour and shape per method. Bars: where the accuracy on all samples of this kind lies, 95 % (Wilson); points whose bars overlap cannot be told apart by so many samples. Where networks were trained on with their polynomials, those are drawn solid and the others dashed. The line across is the network with its exact activation. Click a point to explore it.";
const BY_COST: &str = "Accuracy against what it costs: the upper left is where one wants to be. Weak points: polynomials put in after training, where networks were also trained on with them. Click a point to explore it.";

/// Space under the plots, for the numbers.
const BOTTOM: f32 = 18.0;
/// How near a point the pointer must be, points.
const REACH: f32 = 14.0;
/// Air beside the outermost points, as a share of the axis.
const AIR: f64 = 0.06;

/// What the pointer asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweepPointer {
    pub hovered: Option<usize>,
    pub clicked: Option<usize>,
}

/// Draws accuracy against `axis` into `rect`.
pub fn sweep(ui: &mut Ui, rect: Rect, view: &SweepView, axis: SweepAxis) -> SweepPointer {
    let chart = chart(theme::tokens(ui), rect.width(), view, axis);
    let ranges = (chart.x, chart.y);
    let shown = chart.show(ui, rect, BOTTOM);
    pointer(ui, shown.inside, view, axis, ranges)
}

/// Both plots as one SVG document, with the methods under them.
pub fn sweep_svg(view: &SweepView) -> String {
    let t = theme::print_tokens();
    let size = vec2(420.0, 330.0);
    let place = |at: f32| Rect::from_min_size(pos2(at * size.x, 0.0), size);
    let charts = [SweepAxis::Degree, view.choice.axis].map(|axis| chart(t, size.x, view, axis));
    let [first, second] = charts;
    let names: Vec<String> = view.series().iter().map(|of| view.series_name(of)).collect();
    let named = names.iter().enumerate();
    let legend = named.map(|(at, m)| (t.series(at), Mark::series(at), m.as_str())).collect();
    let charts = vec![(place(0.0), first), (place(1.0), second)];
    Figure { size: vec2(2.0 * size.x, size.y), charts, legend, ..Figure::default() }.svg()
}

fn chart<'a>(t: &theme::Tokens, width: f32, view: &SweepView, axis: SweepAxis) -> Chart<'a> {
    let by_degree = axis == SweepAxis::Degree;
    let (x, y) = (x_range(view, axis), y_range(view));
    let across = ticks(axis, x, width);
    let empty = if view.rows.iter().all(|r| r.replaced.is_none()) {
        Some("Run a sweep to see what each polynomial does to the answers")
    } else if exact(view).is_none() {
        Some("The data have no classes: accuracies are not known; the table has the agreement")
    } else {
        None
    };
    Chart {
        id: if by_degree { "sweep degree" } else { "sweep cost" },
        title: match axis {
            SweepAxis::Degree => "Accuracy by degree",
            SweepAxis::Depth => "Accuracy by depth",
            SweepAxis::Error => "Accuracy by largest error",
            SweepAxis::Latency => "Accuracy by time of all samples",
            SweepAxis::RingDegree => "Accuracy by ring degree N",
            SweepAxis::Modulus => "Accuracy by log2 q",
            SweepAxis::Margin => "Accuracy by least noise margin",
            SweepAxis::Upload => "Accuracy by bytes up, all samples",
            SweepAxis::Memory => "Accuracy by peak memory",
        },
        about: if by_degree { BY_DEGREE } else { BY_COST },
        unit: Unit::Share,
        x,
        y,
        curves: curves(view, axis, t),
        reference: exact(view).filter(|_| empty.is_none()).map(|a| (a, "original")),
        across,
        horizontal: match axis.is_logarithmic() {
            true => Horizontal::logarithmic(axis.name()),
            false => Horizontal::named(axis.name()),
        },
        empty,
        ..Chart::default()
    }
}

/// Accuracy with the exact activation, where it is known.
fn exact(view: &SweepView) -> Option<f64> {
    view.exact_accuracy.filter(|share| !share.is_nan())
}

/// The points of a row: after replacing, after training.
fn heights(row: &SweepRow) -> [Option<f64>; 2] {
    let known = |share: &f64| !share.is_nan();
    [row.replaced, row.trained].map(|found| found.map(|a| a.accuracy).filter(known))
}

fn curves(view: &SweepView, axis: SweepAxis, t: &theme::Tokens) -> Vec<Curve> {
    let any_trained = view.rows.iter().any(|r| r.trained.is_some());
    let mut curves = Vec::new();
    if axis != SweepAxis::Degree {
        let name = "best for its cost";
        let points = view.front(axis).into_iter().map(PlotPoint::from).collect();
        curves.push(Curve {
            name,
            colour: t.cursor,
            pen: Pen::Predicted,
            points,
            ..Curve::default()
        });
    }
    for (at, series) in view.series().into_iter().enumerate() {
        let pens = match (axis, any_trained) {
            (SweepAxis::Degree, false) => [Pen::Measured, Pen::Measured],
            (SweepAxis::Degree, true) => [Pen::Predicted, Pen::Measured],
            _ => [Pen::Points, Pen::Points],
        };
        // The list of methods beside the plots is the legend.
        let colour = t.series(at);
        for (trained, pen) in [false, true].into_iter().zip(pens) {
            let points = view.line(series, axis, trained);
            let whiskers = points.iter().map(|[x, y]| {
                let (low, high) = view.share(*y).interval();
                [*x, low, high]
            });
            let whiskers = if trained || !any_trained { whiskers.collect() } else { Vec::new() };
            let points = points.into_iter().map(PlotPoint::from).collect();
            // After training the networks before it stand back.
            let faded = any_trained && !trained;
            let mark = Mark::series(at);
            let of = view.series_name(series);
            curves.push(Curve {
                of,
                colour,
                pen,
                points,
                faded,
                mark,
                whiskers,
                ..Curve::default()
            });
        }
    }
    curves
}

fn x_range(view: &SweepView, axis: SweepAxis) -> (f64, f64) {
    let positions = view.rows.iter().filter_map(|r| axis.position(r));
    let (low, high) =
        positions.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), p| (l.min(p), h.max(p)));
    if low > high {
        return (0.0, 1.0);
    }
    let least = if axis.is_logarithmic() { 0.6 } else { 1.0 };
    let missing = (least - (high - low)).max(0.0) / 2.0;
    let air = AIR * (high - low).max(least);
    (low - missing - air, high + missing + air)
}

fn y_range(view: &SweepView) -> (f64, f64) {
    let found = view.rows.iter().flat_map(|row| heights(row)).flatten();
    let found = found.chain(exact(view));
    let low = found.map(|share| view.share(share).interval().0);
    let low = low.fold(1.0, f64::min);
    let high = view.rows.iter().flat_map(|row| heights(row)).flatten().chain(exact(view));
    let high = high.map(|share| view.share(share).interval().1).fold(low, f64::max);
    let air = (0.08 * (high - low)).max(0.002);
    (low - air, high + air)
}

/// Places with texts on a horizontal axis of `points` screen points.
fn ticks(axis: SweepAxis, x: (f64, f64), points: f32) -> Vec<(f64, String)> {
    match axis {
        SweepAxis::Latency => logarithmic(x, points, format::secs),
        SweepAxis::Error => logarithmic(x, points, |v| format!("{v:.0e}").replace('-', "−")),
        SweepAxis::RingDegree => powers_of_two(x),
        SweepAxis::Upload | SweepAxis::Memory => {
            logarithmic(x, points, |bytes| format::bytes(bytes as u64))
        }
        SweepAxis::Modulus | SweepAxis::Margin => number_ticks(x.0, x.1, points / 2.6),
        SweepAxis::Degree | SweepAxis::Depth => number_ticks(x.0, x.1, points / 2.6)
            .into_iter()
            .filter(|(at, _)| at.fract() == 0.0)
            .collect(),
    }
}

/// Ring degrees on a logarithmic axis.
fn powers_of_two(x: (f64, f64)) -> Vec<(f64, String)> {
    let powers = (10_u32..=17).map(|power| 2_f64.powi(power as i32));
    let places = powers.map(|n| (n.log10(), format::count(n as u64)));
    places.filter(|(at, _)| (x.0..=x.1).contains(at)).collect()
}

fn pointer(
    ui: &mut Ui,
    inside: Rect,
    view: &SweepView,
    axis: SweepAxis,
    (x, y): ((f64, f64), (f64, f64)),
) -> SweepPointer {
    let t = theme::tokens(ui);
    let place = |row: &SweepRow| -> Vec<Pos2> {
        let Some(at) = axis.position(row) else { return Vec::new() };
        let right = ((at - x.0) / (x.1 - x.0)) as f32;
        let up = |h: f64| ((y.1 - h) / (y.1 - y.0)) as f32;
        let found = heights(row).into_iter().flatten();
        found
            .map(|h| {
                pos2(inside.left() + right * inside.width(), inside.top() + up(h) * inside.height())
            })
            .collect()
    };
    let id = ui.scope_id().with(("sweep points", axis.name()));
    let response = ui.interact(inside, id, Sense::click());
    let mut nearest: Option<(f32, usize)> = None;
    if let Some(at) = response.hover_pos() {
        for (index, row) in view.rows.iter().enumerate() {
            for point in place(row) {
                let far = point.distance(at);
                if far < REACH && nearest.is_none_or(|(best, _)| far < best) {
                    nearest = Some((far, index));
                }
            }
        }
    }
    let under = nearest.map(|(_, index)| index);
    let painter = ui.painter_at(inside.expand(theme::MARKER * 3.0));
    if let Some(row) = view.hovered.or(under).and_then(|i| view.rows.get(i)) {
        for point in place(row) {
            painter.circle_stroke(point, theme::MARKER * 2.2, Stroke::new(1.5, t.text_strong));
        }
    }
    let clicked = under.filter(|_| response.clicked());
    if let Some(row) = under.and_then(|i| view.rows.get(i)) {
        ui.ctx().set_cursor_icon(egui::CursorIcon::PointingHand);
        response.on_hover_ui_at_pointer(|ui| details(ui, view, row));
    }
    SweepPointer { hovered: under, clicked }
}

/// Everything known of a row, for hovering.
fn details(ui: &mut Ui, view: &SweepView, row: &SweepRow) {
    let function = row.function.as_ref().map_or(String::new(), |f| format!(", {}", f.name()));
    let interval = row.interval_text();
    ui.strong(format!("{}, degree {}, {interval}{function}", row.method.name(), row.degree));
    let mut line = |name: &str, value: String| ui.label(format!("{name} {value}"));
    if let Some(a) = row.replaced {
        line("Put in after training", view.share(a.accuracy).both());
    }
    if let Some(a) = row.trained {
        line("Trained with it", view.share(a.accuracy).both());
    }
    if let Some(fit) = &row.fit {
        line("Largest error", format!("{:.2e}, depth {}", fit.error_max, fit.depth));
    }
    if let Some(c) = row.predicted {
        let text = format!(
            "{} in {}, {} {}",
            c.scheme.name(),
            format::secs(c.latency_secs),
            NoiseMeasure::of(c.scheme).name(),
            NoiseMeasure::of(c.scheme).text(c.margin_bits)
        );
        line("Predicted", text);
        let text = format!(
            "{}, log2 q {}, {} up, memory {}",
            format::count(c.ring_degree as u64),
            format::bits(c.log2_q),
            format::bytes(c.upload_bytes),
            format::bytes(c.peak_memory_bytes)
        );
        line("Ring degree N", text);
    }
    if let Some(r) = row.encrypted {
        let accuracy = view.share(r.accuracy).both();
        let text = format!("{accuracy}, in {}", format::secs(r.latency_secs));
        line("Encrypted", text);
    }
    if let Some(refusal) = &row.refusal {
        ui.label(refusal);
    }
}
