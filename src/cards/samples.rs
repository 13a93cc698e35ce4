//! Samples of a dataset as they were read: rows of a table, pictures, curves, sentences.

use data::{Dataset, Facts, Shape, Split};
use egui::{Align2, Grid, Label, RichText, ScrollArea, Sense, Ui, vec2};
use kit::{pixels, theme};

/// Samples that are shown, evenly spread over the training part.
const SAMPLES: usize = 20;
/// Columns of a table that are shown of each sample.
const MOST_COLUMNS: usize = 12;
/// Pixels across that a small picture has at most.
const MOST_PIXELS: usize = 32;
/// Width of a small picture or curve.
const TILE: f32 = 68.0;
const LABEL: f32 = 15.0;
const ROW: f32 = 17.0;

/// A value of a table as it was written, unless that is long.
fn cell(value: f32) -> String {
    let text = value.to_string();
    if text.len() <= 8 { text } else { digits(f64::from(value)) }
}

/// A number in four digits.
pub(crate) fn digits(value: f64) -> String {
    let size = value.abs();
    let places = match size {
        _ if size >= 1000.0 => 0,
        _ if size >= 100.0 => 1,
        _ if size >= 10.0 => 2,
        _ => 3,
    };
    let rounded = format!("{value:.places$}").parse().unwrap_or(value);
    if size > 0.0 && rounded == 0.0 { format::short(value) } else { format::short(rounded) }
}

/// Draws twenty of them.
pub(crate) fn samples(ui: &mut Ui, dataset: &Dataset, facts: &Facts) {
    let (split, part) = match dataset.train().is_empty() {
        true => (dataset.test(), "test"),
        false => (dataset.train(), "training"),
    };
    let shown = split.len().min(SAMPLES);
    let all = format::count(split.len() as u64);
    kit::heading(ui, &format!("{shown} of {all} {part} samples, as they were read"));
    let indices = (0..shown).map(|at| at * split.len() / shown.max(1));
    match dataset.shape() {
        Shape::Flat { len } => table(ui, dataset, split, indices, len),
        Shape::Sequence { .. } if !dataset.vocabulary().is_empty() => {
            sentences(ui, dataset, split, indices);
        }
        _ => tiles(ui, dataset, facts, split, indices),
    }
}

fn label(dataset: &Dataset, split: &Split, index: usize) -> String {
    if !dataset.has_classes() {
        return format::NOT_KNOWN.to_owned();
    }
    let class = split.labels.get(index).copied().unwrap_or_default();
    dataset.classes().get(usize::from(class)).cloned().unwrap_or_else(|| class.to_string())
}

fn of_sample<'a>(dataset: &Dataset, split: &'a Split, index: usize) -> &'a [f32] {
    let len = dataset.shape().len();
    let start = index.saturating_mul(len);
    split.inputs.get(start..start.saturating_add(len)).unwrap_or_default()
}

fn table(
    ui: &mut Ui,
    dataset: &Dataset,
    split: &Split,
    indices: impl Iterator<Item = usize>,
    len: usize,
) {
    let t = theme::tokens(ui);
    let columns = len.min(MOST_COLUMNS);
    ScrollArea::horizontal().id_salt("sample rows").auto_shrink([false, true]).show(ui, |ui| {
        let grid = Grid::new("sample rows").num_columns(columns + 1).striped(true);
        grid.min_row_height(ROW).spacing([14.0, 2.0]).show(ui, |ui| {
            let small = |text: &str, colour| RichText::new(text).font(theme::small()).color(colour);
            ui.label(small("Class", t.text_weak));
            for at in 0..columns {
                let name = dataset.features().get(at).cloned();
                let name = name.unwrap_or_else(|| format!("value {}", at + 1));
                ui.label(small(&format::excerpt(&name), t.text_weak));
            }
            if columns < len {
                ui.label(small(&format!("and {} more", len - columns), t.text_weak));
            }
            ui.end_row();
            for index in indices {
                ui.label(small(&format::excerpt(&label(dataset, split, index)), t.text_strong));
                for value in of_sample(dataset, split, index).iter().take(columns) {
                    ui.label(small(&cell(*value), t.text));
                }
                ui.end_row();
            }
        });
    });
}

fn sentences(ui: &mut Ui, dataset: &Dataset, split: &Split, indices: impl Iterator<Item = usize>) {
    let t = theme::tokens(ui);
    let words = dataset.vocabulary();
    for index in indices {
        let values = of_sample(dataset, split, index);
        let length = split.lengths.get(index).map_or(values.len(), |l| usize::from(*l));
        let word = |token: &f32| words.get(*token as usize).map_or("?", String::as_str);
        let begins = values.len().saturating_sub(length);
        let text: Vec<&str> = values.iter().skip(begins).map(word).collect();
        let text = text.join(" ");
        ui.horizontal(|ui| {
            let class = RichText::new(label(dataset, split, index)).font(theme::small());
            ui.label(class.color(t.text_strong));
            let line = RichText::new(&text).font(theme::small()).color(t.text);
            ui.add(Label::new(line).truncate()).on_hover_text(&text);
        });
    }
}

/// Pictures, and sequences as curves.
fn tiles(
    ui: &mut Ui,
    dataset: &Dataset,
    facts: &Facts,
    split: &Split,
    indices: impl Iterator<Item = usize>,
) {
    let t = theme::tokens(ui);
    let ends = |(low, high): (f64, f64), v: &data::ValueFacts| {
        (low.min(f64::from(v.least)), high.max(f64::from(v.most)))
    };
    let range = facts.values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), ends);
    let gap = theme::GAP;
    let columns = (((ui.available_width() + gap) / (TILE + gap)) as usize).max(1);
    let indices: Vec<usize> = indices.collect();
    Grid::new("tiles").num_columns(columns).spacing([gap, gap]).show(ui, |ui| {
        for (at, index) in indices.into_iter().enumerate() {
            if at > 0 && at % columns == 0 {
                ui.end_row();
            }
            let values = of_sample(dataset, split, index);
            let class = label(dataset, split, index);
            let name = format!("Sample {index}, {class}");
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 1.0;
                match dataset.shape() {
                    Shape::Sequence { steps, channels } => {
                        let length = split.lengths.get(index).map_or(steps, |l| usize::from(*l));
                        let values = values.get((steps - length.min(steps)) * channels..);
                        curves(ui, values.unwrap_or_default(), channels, range, &name);
                    }
                    shape => {
                        let (shape, values) = thumbnail(values, shape);
                        let size = vec2(TILE, pixels::height(shape, TILE));
                        pixels::sample(ui, size, shape, &values, range, t.series(0), &name)
                            .on_hover_text(&name);
                    }
                }
                let (rect, _) = ui.allocate_exact_size(vec2(TILE, LABEL), Sense::hover());
                ui.painter_at(rect).text(
                    rect.center(),
                    Align2::CENTER_CENTER,
                    format::excerpt(&class),
                    theme::small(),
                    t.text_weak,
                );
            });
        }
    });
}

/// A curve for each channel over the steps.
fn curves(ui: &mut Ui, values: &[f32], channels: usize, (low, high): (f64, f64), name: &str) {
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(TILE, TILE * 0.7), Sense::hover());
    kit::named(response, egui::Role::Image, name).on_hover_text(name);
    ui.painter().rect_filled(rect, 2, t.well);
    let steps = values.len() / channels.max(1);
    let inside = rect.shrink(3.0);
    for channel in 0..channels.min(6) {
        let points = (0..steps).filter_map(|step| {
            let value = f64::from(*values.get(step * channels + channel)?);
            let across = step as f32 / steps.saturating_sub(1).max(1) as f32;
            let up = ((value - low) / (high - low).max(1e-9)) as f32;
            Some(egui::pos2(
                inside.left() + across * inside.width(),
                inside.bottom() - up * inside.height(),
            ))
        });
        let line = egui::Shape::line(points.collect(), egui::Stroke::new(1.2, t.series(channel)));
        ui.painter().add(line);
    }
    ui.painter().rect_stroke(rect, 2, egui::Stroke::new(1.0, t.line), egui::StrokeKind::Inside);
}

/// A picture with no more pixels than are seen; of other than one or three channels the first.
fn thumbnail(values: &[f32], shape: Shape) -> (Shape, Vec<f64>) {
    let Shape::Image { channels, height, width } = shape else {
        return (shape, values.iter().map(|v| f64::from(*v)).collect());
    };
    let channels = if channels == 3 { 3 } else { 1 };
    let step = height.max(width).div_ceil(MOST_PIXELS).max(1);
    let (rows, columns) = (height.div_ceil(step), width.div_ceil(step));
    let mut small = Vec::with_capacity(channels * rows * columns);
    for channel in 0..channels {
        for row in 0..rows {
            for column in 0..columns {
                let at = (channel * height + row * step) * width + column * step;
                small.push(f64::from(values.get(at).copied().unwrap_or_default()));
            }
        }
    }
    (Shape::Image { channels, height: rows, width: columns }, small)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_made_small_by_leaving_pixels_out() {
        let shape = Shape::Image { channels: 3, height: 64, width: 40 };
        let values: Vec<f32> = (0..shape.len()).map(|v| v as f32).collect();
        let (small, kept) = thumbnail(&values, shape);
        assert_eq!(small, Shape::Image { channels: 3, height: 32, width: 20 });
        assert_eq!((kept.len(), kept[0], kept[1], kept[20]), (3 * 32 * 20, 0.0, 2.0, 80.0));
        assert_eq!(kept[32 * 20], 64.0 * 40.0, "the second channel follows");
        let shape = Shape::Image { channels: 2, height: 2, width: 2 };
        assert_eq!(thumbnail(&[1.0; 8], shape).1.len(), 4);
    }

    #[test]
    fn numbers_have_four_digits_and_small_ones_are_not_nothing() {
        assert_eq!([6.9, 0.1, 123_456.0].map(cell), ["6.9", "0.1", "123456"]);
        assert_eq!(cell(1.0 / 3.0), "0.333");
        let told = [5.84333, 1234.56, -0.00001, 12.3456, 0.0].map(digits);
        assert_eq!(told, ["5.843", "1235", "-1e-5", "12.35", "0"]);
    }
}
