//! What is learned over the steps: error and identification, of everything, and had it seen less.

use attack::Score;
use egui::{Rect, Ui};
use egui_plot::PlotPoint;
use kit::theme::{self, Tokens};
use kit::{Chart, Curve, Horizontal, Pen, Unit, in_two};
use view::LeakView;

const ERROR: &str = "Mean squared error of a reconstructed input, in units of the range of inputs squared, over all samples of the recorded mini-batches. The line is what somebody reaches who has seen nothing and guesses the average sample every time.";
const IDENTIFIED: &str = "Share of the reconstructions that lie nearer to their own true sample than to any other of the pool. Guessing at random identifies one in the size of the pool.";

/// Space under the plots, for the numbers.
const BOTTOM: f32 = 18.0;

/// Draws both plots into `rect`, side by side where there is room.
pub fn leak(ui: &mut Ui, rect: Rect, view: &LeakView) {
    for (rect, chart) in charts(theme::tokens(ui), in_two(rect, 440.0), view) {
        chart.show(ui, rect, BOTTOM);
    }
}

/// Both plots at their `places`.
pub fn charts<'a>(t: &Tokens, places: (Rect, Rect), view: &LeakView) -> [(Rect, Chart<'a>); 2] {
    let (first, second) = places;
    let average = view.data.as_ref().map(|(_, pool)| pool.mean_guess_error());
    let error = |s: &Score| s.mean_squared_error;
    let curves = curves(t, view, error);
    // Without points there is still an axis, and a table's errors are a hundredth of an image's.
    let least = average.filter(|a| *a > 0.0).unwrap_or(0.05);
    let highest = curves.iter().flat_map(|c| &c.points).map(|p| p.y).fold(least, f64::max);
    let errors = Chart {
        id: "leak error",
        title: "Error by steps seen",
        about: ERROR,
        unit: Unit::Number,
        y: (-0.02 * highest, highest * 1.08),
        reference: average.map(|a| (a, "guessing the average sample")),
        ..base(view, first, curves)
    };
    let identified = Chart {
        id: "leak identified",
        title: "Identified",
        about: IDENTIFIED,
        unit: Unit::Share,
        y: (-0.02, 1.05),
        ..base(view, second, self::curves(t, view, |s| s.identified))
    };
    [(first, errors), (second, identified)]
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
        horizontal: Horizontal::scaled("steps seen", |at| at.exp2() - 1.0),
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

fn curves(t: &Tokens, view: &LeakView, value: fn(&Score) -> f64) -> Vec<Curve> {
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
