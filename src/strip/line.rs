//! The figures in a line, with the switch at its right end.

use crate::figures::{Figure, Tone};
use crate::perspective::Perspective;
use crate::switch::{switch, width as switch_width};
use egui::{Color32, FontId, Label, Rect, RichText, Ui, UiBuilder, pos2, vec2};
use kit::theme::{self, Tokens};

/// Height of a row of figures, and between two.
const ROW: f32 = 29.0;
const BETWEEN: f32 = 4.0;
/// Space behind a figure, at least and at most.
const APART: (f32, f32) = (12.0, 34.0);
/// Where there is little room.
const SHORT_APART: f32 = 9.0;
/// Size of a value, and where there is little room.
const VALUE: (f32, f32) = (13.5, 12.5);

/// The figures laid out: where each begins and how wide it is, row by row.
pub struct Line {
    cells: Vec<(usize, f32, f32)>,
    pub height: f32,
    switch_row: usize,
    switch: f32,
    is_short: bool,
}

impl Line {
    /// Lays `figures` out in `width` points: in short words where they do not stand on one row otherwise.
    pub fn new(ui: &Ui, figures: &[Figure], width: f32) -> Self {
        let switch = switch_width(ui);
        let whole = Self::of(&widths(ui, figures, false), APART.0, width, switch);
        if whole.height <= ROW {
            return whole;
        }
        let short = Self::of(&widths(ui, figures, true), SHORT_APART, width, switch);
        Self { is_short: true, ..short }
    }

    fn of(widths: &[f32], least: f32, width: f32, switch: f32) -> Self {
        let mut rows: Vec<Vec<usize>> = vec![Vec::new()];
        let mut used = 0.0;
        for (i, w) in widths.iter().enumerate() {
            if used + w > width && used > 0.0 {
                rows.push(Vec::new());
                used = 0.0;
            }
            if let Some(row) = rows.last_mut() {
                row.push(i);
            }
            used += w + least;
        }
        // The switch stands at the end of the last row, or on one of its own.
        if used + switch > width && used > 0.0 {
            rows.push(Vec::new());
        }
        let last = rows.len() - 1;
        let mut cells = Vec::with_capacity(widths.len());
        for (at, row) in rows.iter().enumerate() {
            let room = width - if at == last { switch } else { 0.0 };
            let sum: f32 = row.iter().filter_map(|i| widths.get(*i)).sum();
            let apart = ((room - sum) / row.len().max(1) as f32).clamp(least, APART.1);
            let mut x = 0.0;
            for w in row.iter().filter_map(|i| widths.get(*i)) {
                cells.push((at, x, w.min(width)));
                x += w + apart;
            }
        }
        let height = rows.len() as f32 * (ROW + BETWEEN) - BETWEEN;
        Self { cells, height, switch_row: last, switch, is_short: false }
    }

    /// Draws it into `rect`; the perspective that was chosen.
    pub fn show(
        &self,
        ui: &mut Ui,
        rect: Rect,
        figures: &[Figure],
        now: Perspective,
        dim: f32,
    ) -> Option<Perspective> {
        let t = theme::tokens(ui);
        let top = |row: usize| rect.top() + row as f32 * (ROW + BETWEEN);
        for (figure, (row, x, width)) in figures.iter().zip(&self.cells) {
            let min = pos2(rect.left() + x, top(*row));
            // A hair more than the text: letters end between pixels.
            let place = Rect::from_min_size(min, vec2(width + 2.0, ROW));
            let mut cell = ui.new_child(UiBuilder::new().max_rect(place));
            cell.multiply_opacity(dim);
            cell.spacing_mut().item_spacing.y = 0.0;
            let caption = RichText::new(caption_of(figure, self.is_short))
                .font(theme::small())
                .color(t.text_weak);
            kit::explained(&mut cell, &figure.caption, caption).on_hover_text(&figure.about);
            let value = RichText::new(&figure.value).font(value_font(self.is_short));
            let value = value.color(colour(figure.tone, t));
            cell.add(Label::new(value).truncate()).on_hover_text(&figure.about);
        }
        let min = pos2(rect.right() - self.switch, top(self.switch_row) + 3.0);
        let place = Rect::from_min_size(min, vec2(self.switch, theme::ROW));
        let mut child = ui.new_child(UiBuilder::new().max_rect(place));
        switch(&mut child, now)
    }
}

fn caption_of(figure: &Figure, short: bool) -> &str {
    if short { &figure.short } else { &figure.caption }
}

fn value_font(short: bool) -> FontId {
    theme::strong(if short { VALUE.1 } else { VALUE.0 })
}

/// How wide each figure is.
fn widths(ui: &Ui, figures: &[Figure], short: bool) -> Vec<f32> {
    let wide = |text: &str, font| {
        let text = ui.painter().layout_no_wrap(text.to_owned(), font, Color32::PLACEHOLDER);
        text.size().x
    };
    let of = |f: &Figure| {
        let caption = wide(caption_of(f, short), theme::small());
        caption.max(wide(&f.value, value_font(short))).ceil()
    };
    figures.iter().map(of).collect()
}

fn colour(tone: Tone, t: &Tokens) -> Color32 {
    match tone {
        Tone::Original => t.original,
        Tone::Reference => t.reference,
        Tone::Encrypted => t.encrypted,
        Tone::Strong => t.text_strong,
        Tone::Weak => t.text_weak,
        Tone::Right => t.right,
        Tone::Wrong => t.wrong,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_go_on_a_second_row_before_anything_is_cut_or_covered() {
        let widths = [60.0, 80.0, 80.0, 60.0, 50.0, 60.0, 110.0];
        for width in [200.0, 420.0, 640.0, 900.0, 1500.0] {
            let line = Line::of(&widths, APART.0, width, 150.0);
            for (i, (row, x, w)) in line.cells.iter().enumerate() {
                let room = if *row == line.switch_row { width - 150.0 } else { width };
                assert!(x + w <= room + 0.5, "{i} of {width}");
                if let Some((next_row, next_x, _)) = line.cells.get(i + 1) {
                    assert!(next_row > row || *next_x >= x + w + APART.0, "{i} of {width}");
                }
            }
        }
        assert_eq!(Line::of(&widths, APART.0, 900.0, 150.0).switch_row, 0);
        assert_eq!(Line::of(&widths, APART.0, 640.0, 150.0).switch_row, 1);
    }
}
