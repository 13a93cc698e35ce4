//! Rows of a sweep as points: accuracy against what it costs.

use super::chart::{Chart, Curve, Pen};
use super::ticks::{Unit, number_ticks};
use crate::activation::Method;
use crate::app::state::State;
use crate::app::sweep_view::{SweepAxis, SweepView};
use crate::app::theme;
use crate::format;
use crate::run::SweepRow;
use egui::{Pos2, Rect, Sense, Stroke, Ui, pos2};
use egui_plot::PlotPoint;

const BY_DEGREE: &str = "Accuracy in the clear, degree by degree, one colour per method. Dashed: polynomials put in after training; solid: trained on with them inside. The line across is the network with its exact activation. Click a point to explore it.";
const BY_COST: &str = "Accuracy against what it costs: the upper left is where one wants to be. Dashed: polynomials put in after training; solid: trained on with them inside. Click a point to explore it.";

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
pub fn sweep(ui: &mut Ui, rect: Rect, state: &State, axis: SweepAxis) -> SweepPointer {
    let t = theme::tokens(ui);
    let view = &state.sweep;
    let by_degree = axis == SweepAxis::Degree;
    let x = x_range(view, axis);
    let y = y_range(view);
    let across = ticks(axis, x, rect.width() / 2.6);
    let empty = if view.rows.iter().all(|r| r.replaced.is_none()) {
        Some("Run a sweep to see what each polynomial does to the answers")
    } else {
        None
    };
    let chart = Chart {
        id: if by_degree { "sweep degree" } else { "sweep cost" },
        title: match axis {
            SweepAxis::Degree => "Accuracy by degree",
            SweepAxis::Depth => "Accuracy by depth",
            SweepAxis::Error => "Accuracy by largest error",
            SweepAxis::Latency => "Accuracy by latency",
        },
        about: if by_degree { BY_DEGREE } else { BY_COST },
        unit: Unit::Share,
        x,
        y,
        curves: curves(view, axis, t),
        reference: view.exact_accuracy.filter(|_| empty.is_none()).map(|a| (a, "exact")),
        across,
        empty,
        ..Chart::default()
    };
    let shown = chart.show(ui, rect, BOTTOM);
    pointer(ui, shown.inside, view, axis, (x, y))
}

/// The points of a row: after replacing, after training.
fn heights(row: &SweepRow) -> [Option<f64>; 2] {
    [row.replaced.map(|a| a.accuracy), row.trained.map(|a| a.accuracy)]
}

fn curves(view: &SweepView, axis: SweepAxis, t: &theme::Tokens) -> Vec<Curve> {
    let mut methods: Vec<Method> = Vec::new();
    for row in &view.rows {
        if !methods.contains(&row.method) {
            methods.push(row.method);
        }
    }
    let any_trained = view.rows.iter().any(|r| r.trained.is_some());
    let mut curves = Vec::new();
    for (at, method) in methods.into_iter().enumerate() {
        let colour = t.series(at);
        let points = |which: usize| -> Vec<PlotPoint> {
            let rows = view.rows.iter().filter(|r| r.method == method);
            let mut points: Vec<[f64; 2]> = rows
                .filter_map(|r| Some([axis.position(r)?, (*heights(r).get(which)?)?]))
                .collect();
            points.sort_by(|a, b| a[0].total_cmp(&b[0]));
            points.into_iter().map(PlotPoint::from).collect()
        };
        let pen = if any_trained { Pen::Predicted } else { Pen::Measured };
        let name = method.name();
        let replaced = Curve { name, colour, pen, points: points(0), faded: false };
        if any_trained {
            // The legend names each method once.
            curves.push(Curve { name: "", ..replaced });
            curves.push(Curve {
                name,
                colour,
                pen: Pen::Measured,
                points: points(1),
                faded: false,
            });
        } else {
            curves.push(replaced);
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
    let found = view.rows.iter().flat_map(heights).flatten();
    let low = found.chain(view.exact_accuracy).fold(1.0, f64::min);
    let high = view.rows.iter().flat_map(heights).flatten().chain(view.exact_accuracy);
    let high = high.fold(low, f64::max);
    let air = (0.08 * (high - low)).max(0.002);
    (low - air, high + air)
}

fn ticks(axis: SweepAxis, x: (f64, f64), points: f32) -> Vec<(f64, String)> {
    match axis {
        SweepAxis::Latency => {
            let ticks = Unit::Secs.ticks(x.0, x.1, points);
            ticks.into_iter().filter_map(|t| Some((t.at, t.text?))).collect()
        }
        SweepAxis::Error => {
            let all = x.0.ceil() as i32..=x.1.floor() as i32;
            all.map(|p| (f64::from(p), format!("1e{p}").replace('-', "−"))).collect()
        }
        SweepAxis::Degree | SweepAxis::Depth => {
            number_ticks(x.0, x.1, points).into_iter().filter(|(at, _)| at.fract() == 0.0).collect()
        }
    }
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
        response.on_hover_ui_at_pointer(|ui| details(ui, row));
    }
    SweepPointer { hovered: under, clicked }
}

/// Everything known of a row, for hovering.
fn details(ui: &mut Ui, row: &SweepRow) {
    ui.strong(format!("{}, degree {}, {}", row.method.name(), row.degree, row.interval_text()));
    let mut line = |name: &str, value: String| ui.label(format!("{name} {value}"));
    if let Some(a) = row.replaced {
        line("Put in after training", format::percent(a.accuracy));
    }
    if let Some(a) = row.trained {
        line("Trained with it", format::percent(a.accuracy));
    }
    if let Some(fit) = &row.fit {
        line("Largest error", format!("{:.2e}, depth {}", fit.error_max, fit.depth));
    }
    if let Some(c) = row.predicted {
        let text = format!(
            "{} in {}, margin {}",
            c.scheme.name(),
            format::secs(c.latency_secs),
            format::bits(c.margin_bits)
        );
        line("Predicted", text);
    }
    if let Some(r) = row.encrypted {
        let text = format!("{} in {}", format::percent(r.accuracy), format::secs(r.latency_secs));
        line("Encrypted", text);
    }
    if let Some(refusal) = &row.refusal {
        ui.label(refusal);
    }
}
