//! What the three networks say to a sample, class by class.

use super::hatching::hatched;
use egui::{Align2, Color32, Rect, RichText, Sense, Stroke, Ui, pos2, vec2};
use kit::theme;
use report::Sample;

const BAR: f32 = 9.0;
/// Classes that are shown, at most.
const MOST_ROWS: usize = 64;
/// Width of the names of classes, at most.
const NAMES: f32 = 92.0;
/// Width of the numbers.
const NUMBERS: f32 = 64.0;
/// Numbers from here on are written with powers of ten.
const LARGE: f32 = 1e5;

/// What is drawn.
pub struct Answers<'a> {
    pub sample: &'a Sample,
    /// Names of the classes, where they are known.
    pub names: &'a [String],
    /// It decrypted wrongly: what came out is no answer.
    pub wrong: bool,
}

impl Answers<'_> {
    fn name(&self, class: u16) -> String {
        self.names.get(usize::from(class)).cloned().unwrap_or_else(|| class.to_string())
    }

    /// Draws the three answers and a row of bars for each class; `because` says what made the
    /// difference, between the two.
    pub fn show(&self, ui: &mut Ui, because: impl FnOnce(&mut Ui)) {
        let (t, sample) = (theme::tokens(ui), self.sample);
        ui.horizontal_wrapped(|ui| {
            let label = sample.label.map_or_else(|| format::NOT_KNOWN.to_owned(), |l| self.name(l));
            verdict(ui, "Label", &label, t.text_strong);
            verdict(ui, "Original", &self.name(sample.plain), t.original);
            verdict(ui, "Reference", &self.name(sample.reference), t.reference);
            if self.wrong {
                verdict(ui, "Encrypted", "✗ not an answer", t.wrong);
            } else {
                verdict(ui, "Encrypted", &self.name(sample.encrypted), t.encrypted);
            }
        });
        if self.wrong {
            let text = "Decrypted wrongly: the hatched bars are what came out, cut off at the scale of the others. They are noise, not an answer";
            ui.label(RichText::new(text).font(theme::small()).color(t.wrong));
        } else {
            because(ui);
        }
        ui.add_space(4.0);
        self.bars(ui);
    }

    fn bars(&self, ui: &mut Ui) {
        let sample = self.sample;
        let shown: &[f32] = if self.wrong { &[] } else { &sample.encrypted_logits };
        let all = sample.plain_logits.iter().chain(&sample.reference_logits).chain(shown);
        let (low, high) = all
            .filter(|v| v.is_finite())
            .fold((0.0_f32, 0.0_f32), |(l, h), v| (l.min(*v), h.max(*v)));
        for class in 0..sample.plain_logits.len().min(MOST_ROWS) {
            self.row(ui, class, (low, high));
        }
    }

    fn row(&self, ui: &mut Ui, class: usize, (low, high): (f32, f32)) {
        let (t, sample) = (theme::tokens(ui), self.sample);
        let size = vec2(ui.available_width(), 3.0 * BAR + 9.0);
        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
        let is_label = Some(class) == sample.label.map(usize::from);
        let colour = if is_label { t.text_strong } else { t.text_weak };
        let names_end = rect.left() + NAMES.min(0.3 * rect.width());
        let painter = ui.painter();
        let name = self.name(class as u16);
        painter.with_clip_rect(rect.with_max_x(names_end)).text(
            pos2(names_end - 8.0, rect.center().y),
            Align2::RIGHT_CENTER,
            if is_label { format!("● {name}") } else { name },
            egui::FontId::proportional(12.0),
            colour,
        );
        let bars = Rect::from_min_max(pos2(names_end, rect.top()), rect.max - vec2(NUMBERS, 0.0));
        let span = (high - low).max(f32::EPSILON);
        let x = |v: f32| bars.left() + (v - low) / span * bars.width();
        let bar = |value: f32, row: usize, colour: Color32, wrong: bool| {
            let top = bars.top() + 2.0 + row as f32 * (BAR + 1.0);
            let inside = if value.is_nan() { 0.0 } else { value.clamp(low, high) };
            let (a, b) = (x(inside.min(0.0)), x(inside.max(0.0)));
            let field = Rect::from_min_max(pos2(a, top), pos2(b.max(a + 1.0), top + BAR));
            if wrong {
                hatched(painter, field, colour);
            } else {
                painter.rect_filled(field, 1, colour);
            }
            let middle = pos2(rect.right(), top + BAR / 2.0);
            let text =
                if value.abs() < LARGE { format!("{value:.3}") } else { format!("{value:.1e}") };
            painter.text(middle, Align2::RIGHT_CENTER, text, theme::small(), colour);
        };
        let encrypted = if self.wrong { t.wrong } else { t.encrypted };
        let three = [
            (sample.plain_logits.get(class), t.original, false),
            (sample.reference_logits.get(class), t.reference, false),
            (sample.encrypted_logits.get(class), encrypted, self.wrong),
        ];
        for (row, (value, colour, wrong)) in three.into_iter().enumerate() {
            if let Some(value) = value {
                bar(*value, row, colour, wrong);
            }
        }
        painter.vline(x(0.0), bars.y_range(), Stroke::new(1.0, t.line));
    }
}

fn verdict(ui: &mut Ui, name: &str, value: &str, colour: Color32) {
    let t = theme::tokens(ui);
    let mut text = egui::text::LayoutJob::default();
    let format = |font, colour| egui::TextFormat {
        valign: egui::Align::Center,
        ..egui::TextFormat::simple(font, colour)
    };
    text.append(name, 0.0, format(egui::TextStyle::Body.resolve(ui.style()), t.text_weak));
    text.append(value, 5.0, format(theme::strong(15.0), colour));
    // A name and its value stay together.
    ui.add(egui::Label::new(text).extend());
    ui.add_space(14.0);
}
