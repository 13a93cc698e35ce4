//! Loss and accuracy of an encrypted training beside the same training in the clear.

use egui::{Rect, Ui};
use egui_plot::PlotPoint;
use kit::theme::{self, Tokens};
use kit::{Chart, Curve, Horizontal, Mark, Pen, Unit, in_two, number_ticks};
use training::SideBySide;
use view::CryptonnView;

const LOSS: &str = "Cross-entropy of each mini-batch, smoothed: trained on ciphertexts, in plaintext on the same integers, and in plaintext on floating-point numbers. All three start from the same weights and take the same mini-batches.";
const ACCURACY: &str = "Share of the test samples classified as labelled after each epoch. Encrypted and fixed point must coincide: every integer is the same.";

/// What a curve draws.
type Value = fn(&SideBySide) -> f64;

/// Space under the plots, for the numbers.
const BOTTOM: f32 = 18.0;

/// Draws both plots into `rect`, side by side where there is room; there will be `epochs`.
pub fn cryptonn(ui: &mut Ui, rect: Rect, view: &CryptonnView, epochs: usize) {
    for (rect, chart) in charts(theme::tokens(ui), in_two(rect, 560.0), view, epochs) {
        chart.show(ui, rect, BOTTOM);
    }
}

/// Both plots at their `places`.
pub fn charts<'a>(
    t: &Tokens,
    places: (Rect, Rect),
    view: &CryptonnView,
    epochs: usize,
) -> [(Rect, Chart<'a>); 2] {
    let (first, second) = places;
    [(first, loss(t, first.width(), view)), (second, accuracy(t, second.width(), view, epochs))]
}

fn loss<'a>(t: &Tokens, width: f32, view: &CryptonnView) -> Chart<'a> {
    let of = view.of.max(1) as f64;
    let top = view.loss.iter().map(|(_, l)| l.encrypted.max(l.float)).fold(0.1, f64::max);
    Chart {
        id: "cryptonn loss",
        title: "Loss by step",
        about: LOSS,
        unit: Unit::Number,
        x: (0.0, of * 1.02),
        y: (0.0, top * 1.08),
        across: whole(of, width),
        horizontal: Horizontal::named("step"),
        curves: curves(t, view.loss.iter().copied(), true),
        empty: view.loss.is_empty().then_some("Train to see three networks learn the same"),
        ..Chart::default()
    }
}

fn accuracy<'a>(t: &Tokens, width: f32, view: &CryptonnView, epochs: usize) -> Chart<'a> {
    let last = view.epochs.last().map_or(1, |e| e.epoch);
    let of = epochs.max(last) as f64;
    let all = || view.epochs.iter().map(|e| (e.epoch as f64, e.accuracy));
    let least = all().map(|(_, a)| a.encrypted.min(a.float)).fold(1.0, f64::min);
    let air = (0.08 * (1.0 - least)).max(0.004);
    Chart {
        id: "cryptonn accuracy",
        title: "Accuracy by epoch",
        about: ACCURACY,
        unit: Unit::Share,
        x: (0.0, of * 1.02),
        y: ((least - air).max(0.0), 1.0 + air),
        across: whole(of, width),
        horizontal: Horizontal::named("epoch"),
        curves: curves(t, all(), false),
        empty: view.epochs.is_empty().then_some("Comes with the first epoch"),
        ..Chart::default()
    }
}

fn whole(of: f64, width: f32) -> Vec<(f64, String)> {
    let ticks = number_ticks(0.0, of, width / 3.0);
    let whole = ticks.into_iter().filter(|(at, _)| at.fract() == 0.0);
    whole.map(|(at, _)| (at, format::count(at as u64))).collect()
}

/// Fixed point is drawn broad and below, so that it shows beside the encrypted curve that covers it.
fn curves(
    t: &Tokens,
    points: impl Iterator<Item = (f64, SideBySide)> + Clone,
    many: bool,
) -> Vec<Curve> {
    let over = if many { Pen::Running } else { Pen::Measured };
    let values: [(&'static str, _, _, _, Value); 3] = [
        ("original", t.original, Mark::ORIGINAL, over, |v| v.float),
        ("reference", t.reference, Mark::REFERENCE, Pen::RunningUnder, |v| v.fixed_point),
        ("encrypted", t.encrypted, Mark::ENCRYPTED, over, |v| v.encrypted),
    ];
    values
        .into_iter()
        .map(|(name, colour, mark, pen, value)| Curve {
            name,
            colour,
            pen,
            mark,
            points: points.clone().map(|(x, v)| PlotPoint::new(x, value(&v))).collect(),
            ..Curve::default()
        })
        .collect()
}
