//! Where the boxes stand.

use egui::{Pos2, Rect, pos2, vec2};

/// Height of the words over the boxes, of a box, and of the ground of the server around its boxes.
pub const WORDS: f32 = 15.0;
const BOX: f32 = 41.0;
const EDGE: f32 = 5.0;
/// Height of all of it.
pub const HEIGHT: f32 = WORDS + BOX + EDGE;

/// Widths of the boxes of the client, and of the pipes outside the server, in wide strips and narrow ones.
const CLIENT: (f32, f32) = (84.0, 66.0);
const OUTSIDE: (f32, f32) = (58.0, 50.0);
const NARROW: f32 = 700.0;
/// Widths of a layer.
const LAYER: (f32, f32) = (58.0, 150.0);
/// Space between layers, and between the edge of the server and its first layer.
const GAP: f32 = 12.0;

/// The boxes of a strip.
pub struct Boxes {
    pub input: Rect,
    pub server: Rect,
    pub layers: Vec<Rect>,
    pub output: Rect,
    /// The strip is wider than its room, and scrolls.
    pub width: f32,
}

impl Boxes {
    /// Places `count` layers in `room` points, from `min` on.
    pub fn new(min: Pos2, room: f32, count: usize) -> Self {
        let (client, outside) =
            if room < NARROW { (CLIENT.1, OUTSIDE.1) } else { (CLIENT.0, OUTSIDE.0) };
        let n = count.max(1) as f32;
        let around = 2.0 * (client + outside);
        let each = ((room - around - (n + 1.0) * GAP) / n).clamp(LAYER.0, LAYER.1);
        let width = (around + n * each + (n + 1.0) * GAP).max(room);
        let gap = (width - around - n * each) / (n + 1.0);
        let top = min.y + WORDS;
        let at = |x: f32, wide: f32| Rect::from_min_size(pos2(x, top), vec2(wide, BOX));
        let first = min.x + client + outside;
        let server = Rect::from_min_max(
            pos2(first, min.y),
            pos2(min.x + width - client - outside, min.y + HEIGHT),
        );
        let layer = |i: usize| at(first + gap + i as f32 * (each + gap), each);
        Self {
            input: at(min.x, client),
            server,
            layers: (0..count).map(layer).collect(),
            output: at(min.x + width - client, client),
            width,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_stand_apart_in_their_order_and_scroll_only_where_they_must() {
        for (room, count) in
            [(885.0, 3), (885.0, 5), (620.0, 5), (400.0, 9), (885.0, 40), (300.0, 0)]
        {
            let boxes = Boxes::new(pos2(10.0, 20.0), room, count);
            let mut before = boxes.server.left();
            assert!(boxes.input.right() < before);
            for layer in &boxes.layers {
                assert!(layer.left() >= before + GAP - 0.01 && layer.width() >= LAYER.0);
                before = layer.right();
            }
            assert!(before <= boxes.server.right() && boxes.server.right() < boxes.output.left());
            assert!((boxes.output.right() - 10.0 - boxes.width).abs() < 0.01);
            assert!(boxes.width >= room);
        }
        assert_eq!(Boxes::new(Pos2::ZERO, 620.0, 5).width, 620.0);
        assert!(Boxes::new(Pos2::ZERO, 620.0, 20).width > 620.0);
    }
}
