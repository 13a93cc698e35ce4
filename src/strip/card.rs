//! The card of a layer: what it is, what it computes and costs, and why.

use crate::details::Details;
use egui::{Context, Grid, Id, Label, Pos2, RichText, Ui, Window};
use kit::theme;

const WIDTH: f32 = 400.0;

/// Draws the card where it was left, at first at `at`; whether it was closed.
pub fn card(ctx: &Context, details: &Details, at: Pos2) -> bool {
    let mut open = true;
    let room = ctx.content_rect();
    Window::new(RichText::new(&details.name).font(theme::strong(15.0)))
        .id(Id::unique("layer card"))
        .open(&mut open)
        .collapsible(false)
        .resizable(false)
        .default_pos(at)
        .constrain_to(room)
        .show(ctx, |ui| {
            ui.set_width(WIDTH.min(room.width() - 40.0));
            egui::ScrollArea::vertical()
                .max_height((room.height() - 90.0).max(120.0))
                .show(ui, |ui| content(ui, details));
        });
    !open
}

fn content(ui: &mut Ui, details: &Details) {
    let t = theme::tokens(ui);
    ui.spacing_mut().item_spacing.y = 4.0;
    let wrapped = |ui: &mut Ui, text: RichText| {
        ui.add(Label::new(text).wrap());
    };
    if let Some(wrong) = &details.wrong {
        wrapped(ui, RichText::new(wrong).font(theme::heading()).color(t.wrong));
    }
    for what in &details.what {
        wrapped(ui, RichText::new(what).color(t.text));
    }
    for formula in &details.formulas {
        wrapped(ui, RichText::new(formula).color(t.text_strong));
    }
    ui.add_space(2.0);
    // Rows of text alone need no room for a button.
    ui.spacing_mut().interact_size.y = 0.0;
    Grid::new("layer figures").num_columns(3).spacing([16.0, 2.0]).show(ui, |ui| {
        let small = |text: &str| RichText::new(text).font(theme::small()).color(t.text_weak);
        for head in ["", "predicted", "measured"] {
            ui.label(small(head));
        }
        ui.end_row();
        for (name, predicted, measured) in &details.rows {
            ui.label(small(name));
            ui.label(RichText::new(predicted).size(12.0).color(t.text_weak));
            ui.label(RichText::new(measured).size(12.0).color(t.text_strong));
            ui.end_row();
        }
    });
    ui.add_space(2.0);
    for why in &details.why {
        wrapped(ui, RichText::new(*why).font(theme::small()).color(t.text));
    }
}
