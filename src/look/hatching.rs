//! What is no answer: hatched, so that it is told from one without colours too.

use egui::{Color32, Painter, Rect, Stroke, StrokeKind, pos2};

/// Distance of two lines, points.
const GAP: f32 = 4.0;

/// Fills a field with slanted lines.
pub fn hatched(painter: &Painter, rect: Rect, colour: Color32) {
    let inside = painter.with_clip_rect(rect.intersect(painter.clip_rect()));
    let mut x = rect.left() - rect.height();
    while x < rect.right() {
        let line = [pos2(x, rect.bottom()), pos2(x + rect.height(), rect.top())];
        inside.line_segment(line, Stroke::new(1.0, colour));
        x += GAP;
    }
    painter.rect_stroke(rect, 0, Stroke::new(1.0, colour), StrokeKind::Inside);
}
