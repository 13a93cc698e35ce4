//! A ring around one control: a lesson points at it.

use crate::theme;
use egui::{Context, CornerRadius, Id, LayerId, Order, Rect, Stroke, StrokeKind};

/// Space between the control and its ring, and how thick that is.
const AIR: f32 = 3.0;
const WIDTH: f32 = 2.5;

#[derive(Clone, Default)]
struct Wanted {
    name: String,
    place: Option<Rect>,
}

fn id() -> Id {
    Id::unique("highlight")
}

/// The control with this name gets a ring in this frame.
pub fn point_at(ctx: &Context, name: &str) {
    let wanted = Wanted { name: name.to_owned(), place: None };
    ctx.data_mut(|data| data.insert_temp(id(), wanted));
}

/// A control of that name is here, and seen inside `clip`.
pub fn seen(ctx: &Context, name: &str, place: Rect, clip: Rect) {
    ctx.data_mut(|data| {
        if let Some(mut wanted) = data.get_temp::<Wanted>(id()).filter(|w| w.name == name) {
            let visible = place.intersect(clip);
            if wanted.place.is_none() && visible.is_positive() {
                wanted.place = Some(visible);
                data.insert_temp(id(), wanted);
            }
        }
    });
}

/// Draws the ring, when everything else is drawn, and points at nothing from then on.
pub fn draw(ctx: &Context) {
    let wanted = ctx.data_mut(|data| data.remove_temp::<Wanted>(id()));
    let Some(place) = wanted.and_then(|wanted| wanted.place) else { return };
    let colour = theme::tokens_of(ctx).notice;
    let painter = ctx.layer_painter(LayerId::new(Order::Middle, id()));
    painter.rect_stroke(
        place.expand(AIR),
        CornerRadius::same(6),
        Stroke::new(WIDTH, colour),
        StrokeKind::Outside,
    );
}
