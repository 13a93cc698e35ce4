//! What is learned over the steps: error and identification, of everything, and had it seen less.

use super::chart::{Chart, Curve, Pen, in_two};
use super::ticks::Unit;
use crate::leak_view::LeakView;
use crate::theme;
use attack::Score;
use egui::{Rect, Ui};
use egui_plot::PlotPoint;

const ERROR: &str = "Mean squared error of a reconstructed input, in units of the range of inputs squared, over all samples of the recorded mini-batches. The line is what somebody reaches who has seen nothing and guesses the average sample every time.";
const IDENTIFIED: &str = "Share of the reconstructions that lie nearer to their own true sample than to any other of the pool. Guessing at random identifies one in the size of the pool.";

/// Space under the plots, for the numbers.
const BOTTOM: f32 = 18.0;

/// Draws both plots into `rect`, side by side where there is room.
pub fn leak(ui: &mut Ui, rect: Rect, view: &LeakView) {
    let (first, second) = in_two(rect, 440.0);
    let average = view.data.as_ref().map(|(_, pool)| pool.mean_guess_error());
    let error = |s: &Score| s.mean_squared_error;
    let curves = curves(ui, view, error);
    // Without points there is still an axis, and a table's errors are a hundredth of an image's.
    let least = average.filter(|a| *a > 0.0).unwrap_or(0.05);
    let highest = curves.iter().flat_map(|c| &c.points).map(|p| p.y).fold(least, f64::max);
    let chart = Chart {
        id: "leak error",
        title: "Error by steps seen",
        about: ERROR,
        unit: Unit::Number,
        y: (-0.02 * highest, highest * 1.08),
        reference: average.map(|a| (a, "guessing the average sample")),
        ..base(view, first, curves)
    };
    chart.show(ui, first, BOTTOM);
    let chart = Chart {
        id: "leak identified",
        title: "Identified",
        about: IDENTIFIED,
        unit: Unit::Share,
        y: (-0.02, 1.05),
        ..base(view, second, self::curves(ui, view, |s| s.identified))
    };
    chart.show(ui, second, BOTTOM);
}

fn base<'a>(view: &LeakView, rect: Rect, curves: Vec<Curve>) -> Chart<'a> {
    let waiting = if view.data.is_none() {
        Some("Train first: then this is what came out of it")
    } else {
        curves.iter().all(|c| c.points.is_empty()).then_some("Reconstructing")
    };
    Chart {
        x: (0.0, position(view.steps()) * 1.02),
        across: steps(view.steps(), rect.width()),
        curves,
        cursor: view.data.is_some().then(|| position(view.seen())),
        empty: waiting,
        ..Chart::default()
    }
}

/// Steps lie on a logarithm: most is learned in the first ones.
fn position(steps: usize) -> f64 {
    (1.0 + steps as f64).log2()
}

fn steps(last: usize, width: f32) -> Vec<(f64, String)> {
    let mut at = -100.0;
    let mut ticks = Vec::new();
    let decades = (0..9).flat_map(|k| [1, 2, 5].map(|d| d * 10_usize.pow(k)));
    for step in [0].into_iter().chain(decades).take_while(|s| *s <= last) {
        let x = position(step) / position(last.max(1)) * f64::from(width);
        if x - at > 36.0 {
            ticks.push((position(step), format::count(step as u64)));
            at = x;
        }
    }
    ticks
}

fn curves(ui: &Ui, view: &LeakView, value: fn(&Score) -> f64) -> Vec<Curve> {
    let t = theme::tokens(ui);
    let all = [
        ("had it seen less", t.series(0), view.limited.curve.as_ref()),
        ("all that was seen", t.series(1), view.open.curve.as_ref()),
    ];
    all.into_iter()
        .filter_map(|(name, colour, curve)| {
            let points = curve?.points.iter();
            let points = points.map(|p| PlotPoint::new(position(p.steps), value(&p.score)));
            Some(Curve {
                name,
                colour,
                pen: Pen::Measured,
                points: points.collect(),
                ..Curve::default()
            })
        })
        .collect()
}
