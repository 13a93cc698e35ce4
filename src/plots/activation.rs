//! The three linked plots of the activation laboratory: function and polynomial, error, inputs.

use egui::{Event, MouseWheelUnit, Rect, Sense, Ui, pos2, vec2};
use egui_plot::PlotPoint;
use kit::theme::{self, Tokens};
use kit::{Chart, Curve, Figure, Horizontal, Pen, Shown, Unit, number_text, number_ticks};
use view::lab::{Lab, LabCurve};

const FUNCTION: &str = "The activation function and the polynomial that stands in for it, on the interval and a little beyond. Turn the wheel to change the degree, with Alt where the page scrolls; drag an end of the interval to move it.";
const ERROR: &str = "Polynomial minus function. Dots mark the places where a minimax polynomial reaches its maximum error, with alternating sign: no polynomial of this degree has a smaller one.";
const INPUTS: &str = "What really goes into this activation layer: the share of the measured inputs in each bin, over training samples. Inputs outside the interval meet a polynomial that was never made for them.";

/// Shares of the height.
const FUNCTION_SHARE: f32 = 0.46;
const ERROR_SHARE: f32 = 0.27;
/// Space under the lowest plot, for the numbers.
const BOTTOM: f32 = 18.0;
/// Space under the other plots.
const NO_NUMBERS: f32 = 4.0;
/// Bins of the histogram, about.
const BINS: usize = 140;
/// How near an end of the interval can be taken hold of, points.
const GRIP: f32 = 8.0;
/// Width of the page that is saved, and heights of its plots.
const PAGE: f32 = 720.0;
const PAGE_HEIGHTS: [f32; 3] = [322.0, 212.0, 182.0];
/// How strongly the bars are drawn: the grid shows through.
const BARS: f32 = 0.7;
/// What a touchpad moves for one degree, points.
const STEP: f32 = 40.0;

/// What the pointer asked for in the plots.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Linked {
    /// Place under the pointer.
    pub hovered: Option<f64>,
    /// Degrees up or down by the wheel.
    pub degrees: isize,
    /// An end of the interval was dragged.
    pub interval: Option<(f64, f64)>,
}

/// Draws the plots into `rect`, one below the other.
pub fn linked(ui: &mut Ui, rect: Rect, lab: &Lab, scrolls: bool) -> Linked {
    let curve = lab.curve.as_ref().and_then(|c| c.as_deref().ok());
    let refusal = lab.curve.as_ref().and_then(|c| c.as_ref().err());
    let heights = [FUNCTION_SHARE, ERROR_SHARE, 1.0 - FUNCTION_SHARE - ERROR_SHARE];
    let room = rect.height() - 2.0 * theme::CARD_GAP;
    let mut top = rect.top();
    let places = heights.map(|share| {
        let place = Rect::from_min_size(pos2(rect.left(), top), vec2(rect.width(), share * room));
        top = place.bottom() + theme::CARD_GAP;
        place
    });
    let empty = match (curve, refusal) {
        (Some(_), _) => None,
        (None, Some(reason)) => Some(reason.as_str()),
        (None, None) => Some("Loading"),
    };
    let axis = Axis::of(lab, curve, rect.width());
    let t = theme::tokens(ui);
    let shown = [
        function(t, lab, curve, &axis, empty).show(ui, places[0], NO_NUMBERS),
        error(t, lab, curve, &axis, empty).show(ui, places[1], NO_NUMBERS),
        inputs(t, lab, &axis).show(ui, places[2], BOTTOM),
    ];
    let mut asked = pointer(ui, rect, &shown, lab, curve, &axis);
    if asked.hovered.is_some() {
        asked.degrees = wheel(ui, scrolls);
    }
    asked
}

/// The plots of `curve` as one SVG document; without that of the inputs where none were measured.
pub fn activation_svg(lab: &Lab, curve: &LabCurve) -> String {
    let t = theme::print_tokens();
    let request = curve.fitted.request();
    let axis = Axis::of(lab, Some(curve), PAGE);
    let mut all = vec![
        (PAGE_HEIGHTS[0], function(t, lab, Some(curve), &axis, None)),
        (PAGE_HEIGHTS[1], error(t, lab, Some(curve), &axis, None)),
    ];
    if lab.histogram().is_some() {
        all.push((PAGE_HEIGHTS[2], inputs(t, lab, &axis)));
    }
    let mut top = 0.0;
    let charts = all.into_iter().map(|(height, chart)| {
        let place = Rect::from_min_size(pos2(0.0, top), vec2(PAGE, height));
        top = place.bottom();
        (place, chart)
    });
    let charts: Vec<_> = charts.collect();
    let heading = format!(
        "{}, {}, degree {}, [{}, {}], maximum error {:.3e}",
        request.function.name(),
        request.method.name(),
        curve.fitted.degree(),
        number_text(request.interval.0),
        number_text(request.interval.1),
        curve.errors.max,
    );
    Figure { size: vec2(PAGE, top), heading, charts, ..Figure::default() }.svg()
}

/// The horizontal axis all three share.
struct Axis {
    view: (f64, f64),
    interval: (f64, f64),
    across: Vec<(f64, String)>,
}

impl Axis {
    fn of(lab: &Lab, curve: Option<&LabCurve>, width: f32) -> Self {
        let interval = lab.interval();
        let half = 0.6 * (interval.1 - interval.0);
        let centre = 0.5 * (interval.0 + interval.1);
        let view = curve.map_or((centre - half, centre + half), |c| c.view);
        // Numbers are about twice as wide as they are high.
        let across = number_ticks(view.0, view.1, width / 2.2);
        Self { view, interval, across }
    }
}

fn points(values: &[[f64; 2]]) -> Vec<PlotPoint> {
    values.iter().map(|p| PlotPoint::from(*p)).collect()
}

fn function<'a>(
    t: &Tokens,
    lab: &Lab,
    curve: Option<&LabCurve>,
    axis: &Axis,
    empty: Option<&'a str>,
) -> Chart<'a> {
    let curves = curve.map_or_else(Vec::new, |c| {
        let of = |name, colour, pen, values: &[[f64; 2]]| Curve {
            name,
            colour,
            pen,
            points: points(values),
            ..Curve::default()
        };
        vec![
            of("function", t.original, Pen::RunningUnder, &c.function),
            of("polynomial", t.reference, Pen::Running, &c.polynomial),
        ]
    });
    Chart {
        id: "lab function",
        title: "Function and polynomial",
        about: FUNCTION,
        unit: Unit::Number,
        x: axis.view,
        y: curve.map_or((-1.0, 1.0), LabCurve::value_range),
        curves,
        span: Some(axis.interval),
        across: axis.across.clone(),
        horizontal: Horizontal::named("input"),
        cursor: lab.hovered,
        empty,
        ..Chart::default()
    }
}

fn error<'a>(
    t: &Tokens,
    lab: &Lab,
    curve: Option<&LabCurve>,
    axis: &Axis,
    empty: Option<&'a str>,
) -> Chart<'a> {
    let marks = curve.and_then(|c| c.fitted.equioscillation()).map_or_else(Vec::new, |proof| {
        proof.extrema.iter().map(|e| PlotPoint::new(e.x, e.error)).collect()
    });
    let curves = curve.map_or_else(Vec::new, |c| {
        vec![Curve {
            name: "polynomial − function",
            colour: t.reference,
            pen: Pen::Running,
            points: points(&c.error),
            ..Curve::default()
        }]
    });
    Chart {
        id: "lab error",
        title: "Error",
        about: ERROR,
        unit: Unit::Number,
        x: axis.view,
        y: curve.map_or((-1.0, 1.0), LabCurve::error_range),
        curves,
        marks,
        span: Some(axis.interval),
        across: axis.across.clone(),
        horizontal: Horizontal::named("input"),
        cursor: lab.hovered,
        empty: empty.map(|_| ""),
        ..Chart::default()
    }
}

fn inputs<'a>(t: &Tokens, lab: &Lab, axis: &Axis) -> Chart<'a> {
    let bins = lab.histogram().map_or_else(Vec::new, |h| {
        let total = h.total() as f64;
        let bins = h.bins(BINS);
        bins.iter().map(|b| [b.low, b.high, b.count as f64 / total]).collect()
    });
    let most = bins.iter().map(|b: &[f64; 3]| b[2]).fold(0.0, f64::max);
    let empty = match &lab.data {
        Some(data) if data.layers.is_empty() => Some("The model has no activation layers"),
        Some(_) if bins.is_empty() => Some("Nothing was measured"),
        None if lab.recurrent.is_some() => {
            Some("Inputs of the steps of a recurrent network are not measured")
        }
        None if lab.checked.failure.is_some() => Some("No model to measure: see the setup"),
        None => Some("Measuring what goes into the activation layers"),
        _ => None,
    };
    Chart {
        id: "lab inputs",
        title: "Measured inputs",
        about: INPUTS,
        unit: Unit::Share,
        x: axis.view,
        y: (0.0, if most > 0.0 { most * 1.1 } else { 1.0 }),
        bars: bins,
        bar_colour: t.original.gamma_multiply(BARS),
        span: Some(axis.interval),
        across: axis.across.clone(),
        horizontal: Horizontal::named("input"),
        cursor: lab.hovered,
        empty,
        ..Chart::default()
    }
}

/// What the pointer does over any of the plots.
fn pointer(
    ui: &mut Ui,
    rect: Rect,
    shown: &[Shown; 3],
    lab: &Lab,
    curve: Option<&LabCurve>,
    axis: &Axis,
) -> Linked {
    let inside = shown[0].inside;
    let all = Rect::from_x_y_ranges(inside.x_range(), inside.top()..=shown[2].inside.bottom());
    let response = ui.interact(all, ui.scope_id().with("lab plots"), Sense::drag());
    let value = |x: f32| {
        let share = f64::from((x - all.left()) / all.width());
        axis.view.0 + share * (axis.view.1 - axis.view.0)
    };
    let place = |x: f64| {
        let share = ((x - axis.view.0) / (axis.view.1 - axis.view.0)) as f32;
        all.left() + share * all.width()
    };
    let mut asked = Linked::default();
    let grip = ui.scope_id().with("lab grip");
    let mut held: Option<bool> = ui.data(|d| d.get_temp(grip)).flatten();
    let near = |x: f32| {
        let (low, high) = ((x - place(axis.interval.0)).abs(), (x - place(axis.interval.1)).abs());
        (low.min(high) <= GRIP).then_some(high <= low)
    };
    if let Some(at) = response.hover_pos() {
        if response.drag_started() {
            held = ui.input(|i| i.pointer.press_origin()).and_then(|p| near(p.x));
        }
        if held.is_some() || near(at.x).is_some() {
            ui.set_cursor_icon(egui::CursorIcon::ResizeHorizontal);
        }
    }
    if response.dragged()
        && let (Some(upper), Some(at)) = (held, response.interact_pointer_pos())
    {
        let least = 0.02 * (axis.interval.1 - axis.interval.0);
        let (low, high) = axis.interval;
        let to = round_to(value(at.x), (axis.view.1 - axis.view.0) / 500.0);
        asked.interval =
            Some(if upper { (low, to.max(low + least)) } else { (to.min(high - least), high) });
    }
    if response.drag_stopped() {
        held = None;
    }
    ui.data_mut(|d| d.insert_temp(grip, held));
    let Some(at) = response.hover_pos().filter(|p| rect.contains(*p)) else { return asked };
    let x = value(at.x);
    asked.hovered = Some(x);
    if held.is_none() && !egui::Popup::is_any_open(ui.ctx()) {
        tip(ui, lab, curve, x);
    }
    asked
}

/// `value` in steps of about `step`, so that a dragged end has few digits.
fn round_to(value: f64, step: f64) -> f64 {
    let step = 10f64.powf(step.log10().floor());
    (value / step).round() * step
}

/// Steps of the wheel, taken from whatever else would scroll; where something `scrolls`, of the wheel with
/// Alt alone.
fn wheel(ui: &Ui, scrolls: bool) -> isize {
    let id = ui.scope_id().with("lab wheel");
    let mut turned: f32 = ui.data(|d| d.get_temp(id)).unwrap_or(0.0);
    let before = turned;
    ui.input(|input| {
        for event in &input.events {
            if let Event::MouseWheel { unit, delta, modifiers, .. } = event
                && !modifiers.command
                && (modifiers.alt || !scrolls)
            {
                turned += match unit {
                    MouseWheelUnit::Point => delta.y / STEP,
                    MouseWheelUnit::Line | MouseWheelUnit::Page => delta.y,
                };
            }
        }
    });
    let takes = !scrolls || ui.input(|i| i.modifiers.alt);
    if turned != before || (takes && ui.input(|i| i.smooth_scroll_delta.y != 0.0)) {
        ui.input_mut(|i| i.smooth_scroll_delta.y = 0.0);
    }
    let steps = turned.trunc();
    ui.data_mut(|d| d.insert_temp(id, turned - steps));
    steps as isize
}

fn tip(ui: &Ui, lab: &Lab, curve: Option<&LabCurve>, x: f64) {
    let Some(curve) = curve else { return };
    let mut rows = vec![
        ("x", number_text(x)),
        ("Function", number_text(curve.fitted.request().function.eval_f64(x))),
        ("Polynomial", number_text(curve.fitted.eval(x))),
        ("Error", number_text(curve.fitted.error_at(x))),
    ];
    if let Some(histogram) = lab.histogram() {
        let below = 1.0 - histogram.share_outside(f64::NEG_INFINITY, x);
        rows.push(("Inputs below x", format::percent(below)));
    }
    egui::Tooltip::always_open(
        ui.ctx().clone(),
        ui.layer_id(),
        ui.scope_id().with("lab tip"),
        egui::PopupAnchor::Pointer,
    )
    .gap(14.0)
    .show(|ui| {
        egui::Grid::new("lab tip").num_columns(2).spacing([14.0, 2.0]).show(ui, |ui| {
            for (name, value) in rows {
                ui.label(name);
                ui.label(value);
                ui.end_row();
            }
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use activation::{Activation, Approximation, Histogram, Method};
    use inference::ActivationData;
    use network::LayerInputs;
    use std::sync::Arc;

    #[test]
    fn the_page_has_a_plot_of_the_inputs_where_they_were_measured() {
        let request = Approximation::new(Activation::Relu, Method::Minimax, 4, (-2.0, 2.0));
        let curve = LabCurve::new(&request, None).expect("fits");
        let layer = LayerInputs {
            layer: "relu1".into(),
            function: Activation::Relu,
            histogram: Histogram::of(&[-1.0, 0.5, 0.5, 1.5]),
            sample: Vec::new(),
        };
        let mut measured = Lab::default();
        let data = ActivationData { layers: vec![layer], ..ActivationData::default() };
        measured.take_data(Arc::new(data));
        for (lab, plots) in [(Lab::default(), 2), (measured, 3)] {
            let text = activation_svg(&lab, &curve);
            assert_eq!(text.matches("<clipPath").count(), plots);
            // Each curve, and its pen in the legend.
            assert_eq!(text.matches("<polyline").count(), 6);
            assert!(text.contains("ReLU, Minimax, degree 4, [−2, 2], maximum error "));
            assert!(!text.contains("NaN") && !text.contains("inf"));
        }
    }
}
