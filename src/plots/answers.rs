//! Who was right: every sample a cell, in a field for each of the three networks.

use egui::{Align2, Color32, Painter, Rect, Sense, Stroke, Ui, pos2, vec2};
use format::{self, NOT_KNOWN, Share};
use kit::{
    Chart,
    theme::{self, Tokens},
};
use report::Sample;
use view::{Difference, RunView, Status};

const ABOUT: &str = "Every sample is a cell, in the same place in all three fields: filled where the network gives the label, empty where it does not. A sample that only the reference and the encrypted network miss was lost by quantisation or approximation. A cell with a frame: encryption changed the answer. Click a cell to look at its sample.";

const UNLABELLED: &str = "The data have no classes, so nobody knows which answers are right. Every sample is a cell, in the same place in all three fields: in that of the reference filled where it answers as the original, in that of the encrypted network where it answers as the reference. A cell with a frame: encryption changed the answer. Click a cell to look at its sample.";

/// Space between the frame and the fields, and under the title.
const MARGIN: f32 = 10.0;
const TITLE: f32 = 25.0;
/// Height of the words over a field, and the space between two fields.
const WORDS: f32 = 14.0;
const GAP: f32 = 4.0;
/// Cells at least so wide stand apart.
const APART: f32 = 6.0;

/// What is drawn of the answers.
pub struct Answers<'a> {
    /// The newest run.
    pub run: Option<&'a RunView>,
    /// It belongs to another setup.
    pub is_stale: bool,
    /// Accuracy of the original after its training, of the setup's model, 0 to 1.
    pub expected: Option<f64>,
    /// Whether answers are seen at all: only with the key.
    pub has_key: bool,
}

/// Draws the answers of the newest run; the place of the sample that was clicked among all samples, as
/// the tab Samples orders them.
pub fn answers(ui: &mut Ui, rect: Rect, seen: &Answers<'_>) -> Option<usize> {
    if !seen.has_key {
        let empty = Some("the server sees no answer");
        Chart { id: "answers", title: "Who was right", empty, ..Chart::default() }
            .show(ui, rect, 0.0);
        return None;
    }
    let run = seen.run;
    let waiting = match run.map(|r| (&r.status, r.samples.is_empty())) {
        None => Some(match seen.expected {
            None => "Run to see three networks classify the test samples".to_owned(),
            Some(share) => format!(
                "Run to see three networks classify the test samples; the original had {} right after its training",
                format::percent(share)
            ),
        }),
        Some((Status::Running, true)) => Some("Answers come with the first batch".to_owned()),
        Some((_, true)) => Some("The run ended before there was an answer".to_owned()),
        Some((_, false)) => None,
    };
    let unlabelled = run.is_some_and(|r| r.three.unlabelled);
    let chart = Chart {
        id: "answers",
        title: if unlabelled { "Who agreed" } else { "Who was right" },
        about: if unlabelled { UNLABELLED } else { ABOUT },
        empty: Some(waiting.as_deref().unwrap_or_default()),
        ..Chart::default()
    };
    chart.show(ui, rect, 0.0);
    let run = run.filter(|r| !r.samples.is_empty())?;
    let inside =
        Rect::from_min_max(rect.min + vec2(MARGIN, TITLE), rect.max - vec2(MARGIN, MARGIN * 0.7));
    ui.painter().rect_filled(inside.expand2(vec2(4.0, 2.0)), 2, theme::tokens(ui).surface);
    fields(ui, inside, run, seen.is_stale)
}

/// The three fields, one over the other.
fn fields(ui: &mut Ui, inside: Rect, run: &RunView, stale: bool) -> Option<usize> {
    let t = theme::tokens(ui);
    let mut painter = ui.painter_at(inside);
    if stale {
        painter.multiply_opacity(theme::STALE);
    }
    type Lane = (&'static str, Color32, fn(&Sample) -> bool, Share);
    let fills: [fn(&Sample) -> bool; 3] = match run.three.unlabelled {
        true => [|_| true, |s| s.reference == s.plain, |s| s.encrypted == s.reference],
        false => [
            |s| s.label == Some(s.plain),
            |s| s.label == Some(s.reference),
            |s| s.label == Some(s.encrypted),
        ],
    };
    let lanes: [Lane; 3] = [
        ("Original", t.original, fills[0], run.three.original()),
        ("Reference", t.reference, fills[1], run.three.reference()),
        ("Encrypted", t.encrypted, fills[2], run.three.encrypted()),
    ];
    let height = (inside.height() - 2.0 * GAP) / 3.0;
    let images = run.plan.as_ref().map_or(0, |p| p.images).max(run.samples.len());
    let pointer = ui.input(|i| i.pointer.hover_pos());
    let mut under = None;
    for (at, (name, colour, right, share)) in lanes.into_iter().enumerate() {
        let top = inside.top() + at as f32 * (height + GAP);
        let wrong = at == 2 && run.is_wrong();
        let words = match wrong {
            true => "✗ decrypted wrongly: no answers".to_owned(),
            false if !share.is_known() => "right answers are not known".to_owned(),
            false => format!("{} right", share.counted()),
        };
        let end =
            painter.text(pos2(inside.left(), top), Align2::LEFT_TOP, name, theme::small(), colour);
        painter.text(
            pos2(end.right() + 6.0, top),
            Align2::LEFT_TOP,
            words,
            theme::small(),
            if wrong { t.wrong } else { t.text },
        );
        let field = Rect::from_min_max(
            pos2(inside.left(), top + WORDS),
            pos2(inside.right(), top + height),
        );
        painter.rect_filled(field, 2, t.well);
        if wrong {
            painter.rect_stroke(field, 2, Stroke::new(1.0, t.wrong), egui::StrokeKind::Inside);
            continue;
        }
        let cells = Cells::new(field, images);
        cells.fill(&painter, &run.samples, colour, right);
        if at == 2 {
            cells.frame(&painter, &run.samples, t);
        }
        under = under.or(pointer.and_then(|p| cells.at(p)));
    }
    let response = ui.interact(inside, ui.scope_id().with("answers"), Sense::click());
    let sample = under.and_then(|i| Some((i, run.samples.get(i)?)));
    let (index, sample) = sample.filter(|_| response.hovered())?;
    ui.ctx().set_cursor_icon(egui::CursorIcon::PointingHand);
    let clicked = response.clicked();
    response.on_hover_text_at_pointer(describe(run, sample));
    clicked.then(|| run.order(Difference::Any).iter().position(|i| *i == index)).flatten()
}

/// A sample in a line.
fn describe(run: &RunView, sample: &Sample) -> String {
    let names = run.report.as_ref().map(|r| r.class_names.as_slice()).unwrap_or_default();
    let name =
        |class: u16| names.get(usize::from(class)).cloned().unwrap_or_else(|| class.to_string());
    let encrypted = if run.is_wrong() { "✗".to_owned() } else { name(sample.encrypted) };
    format!(
        "Test sample {}: label {}; original {}, reference {}, encrypted {encrypted}",
        sample.index,
        sample.label.map_or_else(|| NOT_KNOWN.to_owned(), name),
        name(sample.plain),
        name(sample.reference),
    )
}

/// Cells of one size that fill a field row by row.
struct Cells {
    field: Rect,
    columns: usize,
    size: egui::Vec2,
}

impl Cells {
    /// About square cells for `count` samples.
    fn new(field: Rect, count: usize) -> Self {
        let count = count.max(1);
        let ratio = field.height().max(1.0) / field.width().max(1.0);
        let rows = (count as f32 * ratio).sqrt().round().max(1.0) as usize;
        let columns = count.div_ceil(rows);
        let rows = count.div_ceil(columns);
        let size = vec2(field.width() / columns as f32, field.height() / rows as f32);
        Self { field, columns, size }
    }

    fn place(&self, at: usize) -> Rect {
        let (row, column) = (at / self.columns, at % self.columns);
        let min = self.field.min + vec2(column as f32 * self.size.x, row as f32 * self.size.y);
        Rect::from_min_size(min, self.size)
    }

    /// The sample under a point.
    fn at(&self, point: egui::Pos2) -> Option<usize> {
        let from = point - self.field.min;
        let inside = self.field.contains(point);
        inside.then(|| {
            (from.y / self.size.y) as usize * self.columns + (from.x / self.size.x) as usize
        })
    }

    /// Fills the cells of samples that are `right`; neighbours in a row as one, where cells are small.
    fn fill(
        &self,
        painter: &Painter,
        samples: &[Sample],
        colour: Color32,
        right: fn(&Sample) -> bool,
    ) {
        let apart = self.size.x >= APART;
        let mut begun: Option<usize> = None;
        for at in 0..=samples.len() {
            let is_right = samples.get(at).is_some_and(right);
            let ends = !is_right || apart || at.is_multiple_of(self.columns);
            if let Some(first) = begun.filter(|_| ends) {
                let whole = self.place(first).union(self.place(at - 1));
                painter.rect_filled(if apart { whole.shrink(0.75) } else { whole }, 0, colour);
                begun = None;
            }
            if is_right && begun.is_none() {
                begun = Some(at);
            }
        }
    }

    /// Frames the cells whose answer encryption changed.
    fn frame(&self, painter: &Painter, samples: &[Sample], t: &Tokens) {
        for (at, _) in samples.iter().enumerate().filter(|(_, s)| Difference::Encryption.holds(s)) {
            let place = self.place(at);
            let least = Rect::from_center_size(place.center(), place.size().max(vec2(4.0, 4.0)));
            let stroke = Stroke::new(1.5, t.text_strong);
            painter.rect_stroke(least, 0, stroke, egui::StrokeKind::Outside);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_has_a_cell_inside_the_field_and_is_found_there() {
        let field = Rect::from_min_size(pos2(10.0, 20.0), vec2(430.0, 17.0));
        for count in [1, 3, 29, 359, 10_000] {
            let cells = Cells::new(field, count);
            for at in [0, count / 2, count - 1] {
                let place = cells.place(at);
                assert!(field.expand(0.01).contains_rect(place), "{at} of {count}");
                assert_eq!(cells.at(place.center()), Some(at), "{at} of {count}");
            }
        }
        assert_eq!(Cells::new(field, 5).at(pos2(0.0, 0.0)), None);
    }
}
