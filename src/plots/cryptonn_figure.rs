//! An encrypted training and what the server learned from it, on one page.

use super::{cryptonn, leak};
use egui::{Pos2, Rect, Vec2, vec2};
use kit::{Figure, theme};
use view::{CryptonnView, LeakView};

/// Size of one plot.
const PLOT: Vec2 = vec2(420.0, 260.0);

/// The four plots of both as one SVG document.
pub fn cryptonn_svg(training: &CryptonnView, learned: &LeakView) -> String {
    let t = theme::print_tokens();
    let row = |at: f32| {
        let first = Rect::from_min_size(Pos2::new(0.0, at * PLOT.y), PLOT);
        (first, first.translate(vec2(PLOT.x, 0.0)))
    };
    let training = cryptonn::charts(t, row(0.0), training, training.epochs.len());
    let learned = leak::charts(t, row(1.0), learned);
    let charts = training.into_iter().chain(learned).collect();
    Figure { size: 2.0 * PLOT, charts, ..Figure::default() }.svg()
}
