//! A dataset: the balance of its classes, the ranges of its values, and twenty samples.

use crate::samples::{digits, samples};
use data::{Dataset, Facts};
use egui::{Align2, Grid, Rect, RichText, ScrollArea, Sense, Ui, vec2};
use kit::theme;

/// Classes and values that are listed.
const MOST_CLASSES: usize = 64;
const MOST_VALUES: usize = 256;
/// Below this width the two cards stand below one another.
const TWO_CARDS: f32 = 560.0;
const LISTS: f32 = 230.0;
const ROW: f32 = 17.0;
const BAR: f32 = 12.0;
/// Width of a letter of a name, about.
const LETTER: f32 = 6.5;

/// Draws the cards one under the other, the first two beside one another where there is room.
pub fn dataset(ui: &mut Ui, dataset: &Dataset, facts: &Facts) {
    let width = ui.available_width();
    if width >= TWO_CARDS && !facts.values.is_empty() {
        let half = (width - theme::CARD_GAP) / 2.0;
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = theme::CARD_GAP;
            card(ui, half, "Classes", |ui| classes(ui, facts));
            card(ui, half, "Values", |ui| values(ui, facts));
        });
    } else {
        card(ui, width, "Classes", |ui| classes(ui, facts));
        if !facts.values.is_empty() {
            card(ui, width, "Values", |ui| values(ui, facts));
        }
    }
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        samples(ui, dataset, facts);
    });
}

fn card(ui: &mut Ui, width: f32, title: &str, add: impl FnOnce(&mut Ui)) {
    theme::card(ui).show(ui, |ui| {
        ui.vertical(|ui| {
            ui.set_width(width - 2.0 * f32::from(theme::CARD_MARGIN) - 2.0);
            kit::heading(ui, title);
            ScrollArea::vertical()
                .id_salt(title)
                .max_height(LISTS)
                .auto_shrink([false, true])
                .show(ui, add);
        });
    });
}

/// A bar for each class: samples to train on, and behind them those to test on.
fn classes(ui: &mut Ui, facts: &Facts) {
    let t = theme::tokens(ui);
    if facts.classes.is_empty() {
        kit::caption(ui, "The data have no classes: run a model on them for answers");
        return;
    }
    ui.spacing_mut().item_spacing.y = 3.0;
    let all: usize = facts.classes.iter().map(|c| c.train + c.test).sum();
    let most = facts.classes.iter().map(|c| c.train + c.test).max().unwrap_or(1).max(1);
    let longest = facts.classes.iter().take(MOST_CLASSES).map(|c| c.name.chars().count()).max();
    let names = (longest.unwrap_or(0) as f32 * LETTER + 8.0).min(ui.available_width() * 0.35);
    for class in facts.classes.iter().take(MOST_CLASSES) {
        let size = vec2(ui.available_width(), BAR + 4.0);
        let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
        let both = class.train + class.test;
        let share = format::percent(both as f64 / all.max(1) as f64);
        let told = format!(
            "{}: {} samples, {share}; {} to train on, {} to test",
            class.name,
            format::count(both as u64),
            format::count(class.train as u64),
            format::count(class.test as u64)
        );
        kit::named(response, egui::Role::Label, &told).on_hover_text(&told);
        let text = |ui: &Ui, rect: Rect, align: Align2, text: String, colour| {
            let at = align.pos_in_rect(&rect);
            ui.painter_at(rect).text(at, align, text, theme::small(), colour);
        };
        let name = rect.with_max_x(rect.left() + names);
        text(ui, name, Align2::LEFT_CENTER, format::excerpt(&class.name), t.text);
        let count = rect.with_min_x(rect.right() - 92.0);
        let told = format!("{} ({share})", format::count(both as u64));
        text(ui, count, Align2::RIGHT_CENTER, told, t.text_weak);
        let bars =
            Rect::from_min_max(name.right_top(), count.left_bottom()).shrink2(vec2(6.0, 2.0));
        let length = |samples: usize| bars.width() * samples as f32 / most as f32;
        ui.painter().rect_filled(bars.with_max_x(bars.left() + length(both)), 2, t.cursor);
        ui.painter().rect_filled(
            bars.with_max_x(bars.left() + length(class.train)),
            2,
            t.series(0),
        );
    }
    if facts.classes.len() > MOST_CLASSES {
        kit::caption(ui, &format!("and {} more", facts.classes.len() - MOST_CLASSES));
    }
    ui.horizontal(|ui| {
        for (colour, name) in [(t.series(0), "to train on"), (t.cursor, "to test")] {
            let (rect, _) = ui.allocate_exact_size(vec2(8.0, 8.0), Sense::hover());
            ui.painter().rect_filled(rect, 1, colour);
            kit::caption(ui, name);
        }
    });
}

/// Range, mean and spread of each value.
fn values(ui: &mut Ui, facts: &Facts) {
    let t = theme::tokens(ui);
    ScrollArea::horizontal().id_salt("values").auto_shrink([false, true]).show(ui, |ui| {
        Grid::new("values")
            .num_columns(5)
            .striped(true)
            .min_row_height(ROW)
            .spacing([8.0, 2.0])
            .show(ui, |ui| {
                for name in ["Value", "Least", "Most", "Mean", "Deviation"] {
                    let text = RichText::new(name).font(theme::small()).color(t.text_weak);
                    ui.label(text);
                }
                ui.end_row();
                for value in facts.values.iter().take(MOST_VALUES) {
                    let name = RichText::new(format::excerpt(&value.name)).font(theme::small());
                    ui.label(name.color(t.text));
                    let (least, most) = (f64::from(value.least), f64::from(value.most));
                    for number in [least, most, value.mean, value.deviation] {
                        ui.label(
                            RichText::new(digits(number)).font(theme::small()).color(t.text_strong),
                        );
                    }
                    ui.end_row();
                }
            });
    });
    if facts.values.len() > MOST_VALUES {
        kit::caption(ui, &format!("and {} more", facts.values.len() - MOST_VALUES));
    }
}
