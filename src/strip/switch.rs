//! The switch between who looks.

use crate::perspective::Perspective;
use egui::{Color32, FontId, RichText, Ui};

const TEXT: f32 = 12.0;
const PADDING: f32 = 7.0;
const BETWEEN: f32 = 2.0;

/// Room that the switch takes, points.
pub fn width(ui: &Ui) -> f32 {
    let wide = |eyes: Perspective| {
        let (text, font) = (eyes.name().to_owned(), FontId::proportional(TEXT));
        let text = ui.painter().layout_no_wrap(text, font, Color32::PLACEHOLDER);
        text.size().x.ceil() + 2.0 * PADDING + BETWEEN
    };
    Perspective::ALL.into_iter().map(wide).sum()
}

/// Draws the switch; the perspective that was chosen.
pub fn switch(ui: &mut Ui, now: Perspective) -> Option<Perspective> {
    let mut chosen = None;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = BETWEEN;
        ui.spacing_mut().button_padding.x = PADDING;
        for eyes in Perspective::ALL {
            let text = RichText::new(eyes.name()).size(TEXT);
            let entry = ui.selectable_label(now == eyes, text).on_hover_text(eyes.about());
            let name = format!("See as: {}", eyes.name());
            if kit::named(entry, egui::Role::Button, &name).clicked() && now != eyes {
                chosen = Some(eyes);
            }
        }
    });
    chosen
}
