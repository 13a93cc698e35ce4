//! Accuracy over the samples seen so far.

use super::chart::{Chart, Curve, Pen};
use super::ticks::{Unit, nice};
use crate::app::run_view::Standing;
use crate::app::state::State;
use crate::app::theme;
use crate::format;
use egui::{Align2, Rect, Ui, pos2};
use egui_plot::PlotPoint;

const ABOUT: &str = "Share of samples classified as labelled, over the samples seen so far: the float network with its own activations in the clear, and the decrypted answers of the encrypted network.";

/// Space under the plot: numbers and the word for them.
const BOTTOM: f32 = 30.0;

/// Draws the running accuracy of the newest run.
pub fn accuracy(ui: &mut Ui, rect: Rect, state: &State) {
    let t = theme::tokens(ui);
    let run = state.run.as_ref();
    let faded = !state.run_is_of_setup();
    let plan = run.and_then(|r| r.plan.as_deref()).or(state.preview.plan.as_deref());
    let images = plan.map_or(1000, |p| p.images).max(1) as f64;
    let points = |points: &[[f64; 2]]| points.iter().map(|p| PlotPoint::from(*p)).collect();
    let wrong = run.is_some_and(|r| r.is_wrong());
    let mut curves = Vec::new();
    let expected = state.loaded.as_ref().and_then(|l| l.network.provenance().test_accuracy);
    if let Some(share) = expected.filter(|_| run.is_none_or(|r| r.samples.is_empty())) {
        let line = vec![PlotPoint::new(0.0, share), PlotPoint::new(images, share)];
        curves.push(Curve {
            name: "at training",
            colour: t.plain,
            pen: Pen::Predicted,
            points: line,
            faded: false,
        });
    }
    if let Some(run) = run {
        let mut add = |name, colour, pen, values: &[[f64; 2]]| {
            curves.push(Curve { name, colour, pen, points: points(values), faded });
        };
        add("plaintext", t.plain, Pen::RunningUnder, &run.plain.points);
        if !wrong {
            add("encrypted", t.encrypted, Pen::Running, &run.encrypted.points);
        }
    }
    // The first few samples swing wildly; the axis follows what comes after them.
    let settled =
        curves.iter().flat_map(|c| c.points.iter().filter(|p| p.x >= images * 0.04).map(|p| p.y));
    let lowest = settled.fold(1.0, f64::min);
    let low = ((lowest - 0.02) * 20.0).floor() / 20.0;
    let low = low.clamp(0.0, 0.9);
    let empty = match run.map(|r| &r.standing) {
        None if curves.is_empty() => Some("Run to see both networks classify the test samples"),
        Some(Standing::Running) if curves.iter().all(|c| c.points.is_empty()) => {
            Some("Answers come with the first batch")
        }
        _ => None,
    };
    let chart = Chart {
        id: "accuracy",
        title: "Accuracy",
        about: ABOUT,
        unit: Unit::Share,
        x: (0.0, images),
        y: (low, 1.0 + (1.0 - low) * 0.06),
        curves,
        empty,
        verdict: wrong.then_some("Decrypted wrongly: no encrypted accuracy"),
        ..Chart::default()
    };
    let shown = chart.show(ui, rect, BOTTOM);
    if empty.is_none() {
        bottom_axis(ui, shown.inside, images);
    }
}

fn bottom_axis(ui: &Ui, inside: Rect, images: f64) {
    let t = theme::tokens(ui);
    let painter = ui.painter();
    let step = nice(images / f64::from(inside.width() / 80.0).max(1.0)).max(1.0);
    let mut at = 0.0;
    while at <= images {
        let x = inside.left() + (at / images) as f32 * inside.width();
        let text = format::count(at as u64);
        let align = if at == 0.0 { Align2::LEFT_TOP } else { Align2::CENTER_TOP };
        // No number over the edge, and none over the word at the end.
        if x < inside.right() - 56.0 || at == 0.0 {
            painter.text(pos2(x, inside.bottom() + 3.0), align, text, theme::small(), t.text_weak);
        }
        at += step;
    }
    painter.text(
        pos2(inside.right(), inside.bottom() + 3.0),
        Align2::RIGHT_TOP,
        "samples",
        theme::small(),
        t.text_weak,
    );
}
