//! Loss, accuracy and range of a training while it goes on.

use egui::{Color32, Rect, Ui, pos2, vec2};
use egui_plot::PlotPoint;
use kit::{Chart, Curve, Horizontal, Pen, Unit, number_ticks, theme};
use network::train::EpochRecord;
use view::TrainingView;

const LOSS: &str = "Cross-entropy and range penalty, smoothed over the mini-batches; of short epochs the mean of each.";
const ACCURACY: &str = "After each epoch: share of the training samples classified as labelled while the weights still moved, and of the samples held out of training.";
const INSIDE: &str = "Share of the inputs of all activations inside the interval of their polynomial, over each epoch. What leaves it meets a polynomial that was never made for it.";

/// Epochs that are marked one by one; markers of more would cover the curve.
const MARKED: usize = 60;
/// Space under the plots, for the numbers.
const BOTTOM: f32 = 18.0;

/// Draws loss, accuracy and, where activations have intervals, the share inside of them into `rect`, one
/// below the other, over `epochs`.
pub fn training(ui: &mut Ui, rect: Rect, view: &TrainingView, epochs: usize, intervals: bool) {
    let t = theme::tokens(ui);
    let plots = if intervals { 3.0 } else { 2.0 };
    let height = (rect.height() - (plots - 1.0) * theme::CARD_GAP) / plots;
    let place = |i: usize| {
        let top = rect.top() + i as f32 * (height + theme::CARD_GAP);
        Rect::from_min_size(pos2(rect.left(), top), vec2(rect.width(), height))
    };
    let of = epochs.max(1) as f64;
    let across = number_ticks(0.0, of, rect.width() / 3.0);
    let across: Vec<_> = across.into_iter().filter(|(at, _)| at.fract() == 0.0).collect();
    let base = || Chart {
        x: (0.0, of * 1.02),
        across: across.clone(),
        horizontal: Horizontal::named("epoch"),
        ..Chart::default()
    };
    let empty = view.loss.is_empty().then_some("Start a training to see it learn");

    // Mini-batches are told of in passing; where less of them than of epochs was heard, epochs are drawn.
    let loss: Vec<PlotPoint> = match view.loss.len() > 2 * view.epochs.len() {
        true => view.loss.iter().map(|p| PlotPoint::from(*p)).collect(),
        false => by_epoch(view, |r| Some(r.loss)),
    };
    let top = loss.iter().skip(loss.len() / 50).map(|p| p.y).fold(0.1, f64::max);
    let low = loss.iter().map(|p| p.y).fold(top, f64::min).min(0.0);
    let chart = Chart {
        id: "training loss",
        title: "Loss by epoch",
        about: LOSS,
        unit: Unit::Number,
        y: (low, top * 1.08),
        curves: vec![curve("training", t.series(0), Pen::Running, loss)],
        empty,
        ..base()
    };
    chart.show(ui, place(0), BOTTOM);

    let train = by_epoch(view, |r| Some(r.train_accuracy));
    let held = by_epoch(view, |r| Some(r.accuracy));
    let pen = if train.len() > MARKED { Pen::Running } else { Pen::Measured };
    let least = train.iter().chain(&held).map(|p| p.y).fold(1.0, f64::min);
    let air = (0.08 * (1.0 - least)).max(0.002);
    let waiting = view.epochs.is_empty().then_some("Comes with the first epoch");
    let chart = Chart {
        id: "training accuracy",
        title: "Accuracy by epoch",
        about: ACCURACY,
        unit: Unit::Share,
        y: (least - air, 1.0 + air),
        curves: vec![
            curve("training", t.series(0), pen, train),
            curve("held out", t.series(1), pen, held),
        ],
        empty: empty.or(waiting),
        ..base()
    };
    chart.show(ui, place(1), BOTTOM);

    if !intervals {
        return;
    }
    let inside = by_epoch(view, |r| r.share_inside);
    let least = inside.iter().map(|p| p.y).fold(1.0, f64::min);
    let air = (0.08 * (1.0 - least)).max(0.005);
    let chart = Chart {
        id: "training range",
        title: "Inside the interval",
        about: INSIDE,
        unit: Unit::Share,
        y: (least - air, 1.0 + air),
        curves: vec![curve("activation inputs", t.series(0), Pen::Measured, inside)],
        empty: empty.or(waiting),
        ..base()
    };
    chart.show(ui, place(2), BOTTOM);
}

fn by_epoch(view: &TrainingView, value: impl Fn(&EpochRecord) -> Option<f64>) -> Vec<PlotPoint> {
    let points = view.epochs.iter();
    points.filter_map(|r| Some(PlotPoint::new(r.epoch as f64, value(r)?))).collect()
}

fn curve(name: &'static str, colour: Color32, pen: Pen, points: Vec<PlotPoint>) -> Curve {
    Curve { name, colour, pen, points, ..Curve::default() }
}
