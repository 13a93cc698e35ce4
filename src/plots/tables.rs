//! The plots of a lookup table: the function and its steps, the sums it reads, lookups that were off.

use egui::{Rect, Ui, pos2, vec2};
use egui_plot::PlotPoint;
use kit::{Chart, Curve, Horizontal, Pen, Unit, number_ticks, theme};
use network::table::{Accumulators, Table};
use report::LookupReport;

const STEPS: &str = "The activation function, and what the lookup table gives for each step of its range. Sums in a step all give the same output; the table ends where the shading begins.";
const SUMS: &str = "The weighted sums that this table reads, over training samples: share in each bin. Noise of an encrypted run moves a sum a little; it matters only where a sum lies close to a step.";
const FLIPS: &str = "Lookups that hit an adjacent bin, by the distance of the sum to the nearest step where the output changes, in widths of a step: predicted from the noise, and counted in the run.";

/// Shares of the height.
const SHARES: [f32; 3] = [0.46, 0.30, 0.24];
const BOTTOM: f32 = 18.0;
const BINS: usize = 160;
/// How much further than the range is drawn, as a share of it.
const BEYOND: f64 = 0.12;
const CURVE_POINTS: usize = 400;
const BARS: f32 = 0.7;

/// Draws a table into `rect`; `read` is what the newest run of this setup counted.
pub fn tables(
    ui: &mut Ui,
    rect: Rect,
    table: &Table,
    layer: &Accumulators,
    read: Option<&LookupReport>,
) {
    let room = rect.height() - 2.0 * theme::CARD_GAP;
    let mut top = rect.top();
    let places = SHARES.map(|share| {
        let place = Rect::from_min_size(pos2(rect.left(), top), vec2(rect.width(), share * room));
        top = place.bottom() + theme::CARD_GAP;
        place
    });
    let scale = table.input_scale;
    let reach = table.range() as f64 * scale;
    let view = (-(1.0 + BEYOND) * reach, (1.0 + BEYOND) * reach);
    let across = number_ticks(view.0, view.1, rect.width() / 2.2);
    steps(ui, places[0], table, view, &across);
    sums(ui, places[1], table, layer, view, &across);
    flips(ui, places[2], read);
}

fn steps(ui: &mut Ui, rect: Rect, table: &Table, view: (f64, f64), across: &[(f64, String)]) {
    let t = theme::tokens(ui);
    let scale = table.input_scale;
    let reach = table.range() as f64 * scale;
    let mut curves = Vec::new();
    let mut heights = vec![0.0];
    for (at, look_up) in table.functions.iter().enumerate() {
        let exact: Vec<PlotPoint> = (0..=CURVE_POINTS)
            .map(|i| view.0 + (view.1 - view.0) * i as f64 / CURVE_POINTS as f64)
            .map(|x| PlotPoint::new(x, look_up.function.eval_f64(x)))
            .collect();
        heights.extend(exact.iter().map(|p| p.y));
        let first = at == 0;
        curves.push(Curve {
            name: if first { "function" } else { "" },
            colour: t.original,
            pen: Pen::RunningUnder,
            points: exact,
            ..Curve::default()
        });
        for step in 0..table.steps() as i64 {
            let level = f64::from(look_up.at(step)) * look_up.step;
            heights.push(level);
            let left = (step * table.width - table.range()) as f64 * scale;
            let right = left + table.width as f64 * scale;
            curves.push(Curve {
                name: if first && step == 0 { "lookup table" } else { "" },
                colour: t.reference,
                pen: Pen::RunningUnder,
                points: vec![PlotPoint::new(left, level), PlotPoint::new(right, level)],
                ..Curve::default()
            });
        }
    }
    let chart = Chart {
        id: "table steps",
        title: "Function and table",
        about: STEPS,
        unit: Unit::Number,
        x: view,
        y: Unit::Number.bounds(heights.into_iter()),
        curves,
        span: Some((-reach, reach)),
        across: across.to_vec(),
        horizontal: Horizontal::named("input"),
        ..Chart::default()
    };
    chart.show(ui, rect, BOTTOM);
}

fn sums(
    ui: &mut Ui,
    rect: Rect,
    table: &Table,
    layer: &Accumulators,
    view: (f64, f64),
    across: &[(f64, String)],
) {
    let t = theme::tokens(ui);
    let scale = table.input_scale;
    let total = layer.sums.total().max(1) as f64;
    let bins = layer.sums.bins(BINS).into_iter();
    let bars: Vec<[f64; 3]> =
        bins.map(|b| [b.low * scale, b.high * scale, b.count as f64 / total]).collect();
    let most = bars.iter().map(|b| b[2]).fold(0.0, f64::max);
    let reach = table.range() as f64 * scale;
    let chart = Chart {
        id: "table sums",
        title: "Sums before the table",
        about: SUMS,
        unit: Unit::Share,
        x: view,
        y: (0.0, if most > 0.0 { most * 1.1 } else { 1.0 }),
        bars,
        bar_colour: t.original.gamma_multiply(BARS),
        span: Some((-reach, reach)),
        across: across.to_vec(),
        horizontal: Horizontal::named("input"),
        empty: (layer.sums.total() == 0).then_some("Nothing was measured"),
        ..Chart::default()
    };
    chart.show(ui, rect, BOTTOM);
}

fn flips(ui: &mut Ui, rect: Rect, read: Option<&LookupReport>) {
    let t = theme::tokens(ui);
    let rows: Vec<_> = read.iter().flat_map(|r| &r.distances).filter(|d| d.lookups > 0).collect();
    let share = |count: f64, of: u64| count / of.max(1) as f64;
    let line = |name, pen, of: &dyn Fn(&report::DistanceReport) -> f64| Curve {
        name,
        colour: t.encrypted,
        pen,
        points: rows.iter().map(|d| PlotPoint::new(d.distance, of(d))).collect(),
        ..Curve::default()
    };
    let curves = vec![
        line("predicted", Pen::Predicted, &|d| share(d.off_predicted, d.lookups)),
        line("counted", Pen::Measured, &|d| share(d.off as f64, d.lookups)),
    ];
    let most = curves.iter().flat_map(|c| c.points.iter().map(|p| p.y)).fold(0.02, f64::max);
    let farthest = rows.iter().map(|d| d.distance).fold(0.1, f64::max);
    let chart = Chart {
        id: "table flips",
        title: "In an adjacent bin, by distance to the step",
        about: FLIPS,
        unit: Unit::Share,
        x: (0.0, farthest * 1.05),
        y: (0.0, most * 1.15),
        curves,
        horizontal: Horizontal::named("distance to the step"),
        across: number_ticks(0.0, farthest * 1.05, rect.width() / 2.2),
        empty: rows.is_empty().then_some("Run to count the lookups that noise moves"),
        ..Chart::default()
    };
    chart.show(ui, rect, BOTTOM);
}
