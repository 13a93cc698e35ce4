//! Latency, ciphertext size and noise margin per stage.

use crate::curves::{Curves, Drawn};
use circuit::{NoiseMeasure, StageKind};
use egui::epaint::TextShape;
use egui::{Rect, Ui, pos2, vec2};
use egui_plot::PlotPoint;
use kit::{Chart, Curve, Figure, Horizontal, Mark, Pen, PlaceNames, Unit, theme};
use std::f32::consts::FRAC_PI_2;
use view::{Pins, Place};

/// How figures of noise come about, beside what each of them is.
const MEASURED_HOW: &str = "Predicted before a key exists; measured with the secret key on a sample of ciphertexts (analysis mode). Safe figures alone prove nothing: measured points are also compared with the reference network, and a red cross marks a stage that decrypted wrongly.";

/// What a measure of noise is, and how it is measured, for whoever looks at the plot.
pub fn measured_how(measure: NoiseMeasure) -> String {
    format!("{} {MEASURED_HOW}", measure.definition())
}

const LATENCY: &str = "Wall time of each stage for all samples together, on a logarithmic axis: the encrypted stage (predicted and measured) and the same layer of the original network in the clear. While a run goes on both are told for the samples that are done. A layer in the clear is timed several times, and the median is drawn.";
const SIZE: &str = "Bytes of all ciphertexts after each stage for one batch, on a logarithmic axis, and of the same values in the clear. They need not be in memory all at once: stages are computed piece by piece where that saves memory.";

/// Width of the page that is saved, and height of a plot on it.
const PAGE: f32 = 720.0;
const PAGE_HEIGHT: f32 = 210.0;

/// Draws the latency of each stage; the stage under the pointer.
pub fn latency(
    ui: &mut Ui,
    rect: Rect,
    curves: &Curves<'_>,
    hovered: Option<usize>,
) -> Option<usize> {
    let plot = latency_of(curves, theme::tokens(ui));
    plot.show(ui, rect, curves, hovered)
}

/// Draws the size of the ciphertexts after each stage; the stage under the pointer.
pub fn size(ui: &mut Ui, rect: Rect, curves: &Curves<'_>, hovered: Option<usize>) -> Option<usize> {
    let plot = size_of(curves, theme::tokens(ui));
    plot.show(ui, rect, curves, hovered)
}

/// Draws the noise margin after each stage; the stage under the pointer.
pub fn margin(
    ui: &mut Ui,
    rect: Rect,
    curves: &Curves<'_>,
    hovered: Option<usize>,
) -> Option<usize> {
    if !curves.sees_noise {
        let chart = Chart {
            id: "margin",
            title: curves.measure.title(),
            empty: Some("the server sees no noise: it takes the key to measure it"),
            ..Chart::default()
        };
        chart.show(ui, rect, 0.0);
        return None;
    }
    let plot = margin_of(curves, theme::tokens(ui));
    plot.show(ui, rect, curves, hovered)
}

/// The three plots over the stages as one SVG document, one over the other.
pub fn stages_svg(curves: &Curves<'_>) -> String {
    let t = theme::print_tokens();
    let size = vec2(PAGE, PAGE_HEIGHT);
    let plots = [latency_of(curves, t), size_of(curves, t), margin_of(curves, t)];
    let shown = plots.iter().filter(|plot| plot.id != "margin" || curves.sees_noise);
    let charts: Vec<_> = shown
        .enumerate()
        .map(|(at, plot)| {
            let chart = plot.chart(curves, None);
            (Rect::from_min_size(pos2(0.0, at as f32 * size.y), size), chart)
        })
        .collect();
    let height = charts.len() as f32 * size.y;
    Figure { size: vec2(size.x, height), charts, ..Figure::default() }.svg()
}

fn latency_of(curves: &Curves<'_>, t: &theme::Tokens) -> StagePlot {
    let unit = Unit::Secs;
    let drawn = curves.side_by_side(
        t,
        unit,
        |stage| stage.plain_secs,
        |place| curves.planned_secs(place).or(curves.told(place).map(|told| told.secs_predicted)),
        |stage| stage.secs,
    );
    let title = curves.of_samples();
    StagePlot { id: "latency", title, about: LATENCY.to_owned(), unit, drawn }
}

fn size_of(curves: &Curves<'_>, t: &theme::Tokens) -> StagePlot {
    let unit = Unit::Bytes;
    let drawn = curves.side_by_side(
        t,
        unit,
        |stage| stage.plain_bytes as f64,
        |place| Some(curves.planned(place)?.ciphertext_bytes as f64),
        |stage| stage.ciphertext_bytes as f64,
    );
    let title = match curves.stages.plan {
        Some(p) if p.tables.is_some() => "Ciphertext size, one sample".to_owned(),
        Some(p) => {
            let most = p.images.min(p.ring_degree);
            format!("Ciphertext size, a batch of {}", format::count(most as u64))
        }
        None => "Ciphertext size".to_owned(),
    };
    StagePlot { id: "size", title, about: SIZE.to_owned(), unit, drawn }
}

fn margin_of(curves: &Curves<'_>, t: &theme::Tokens) -> StagePlot {
    let unit = Unit::of_noise(curves.measure);
    let predicted = |place: &Place| {
        let planned = curves.planned(place).map(|stage| stage.margin_bits);
        planned.or(curves.told(place).map(|stage| stage.margin_bits_predicted))
    };
    let mut drawn = vec![
        ("predicted", t.encrypted, Pen::Predicted, curves.points(unit, predicted)),
        (
            "measured",
            t.encrypted,
            Pen::Measured,
            curves.points(unit, |place| place.measured.as_ref()?.margin_bits_measured),
        ),
    ];
    if curves.pinned.iter().all(|pin| pin.measure() == curves.measure) {
        drawn.extend(curves.before(t, unit, |stage| stage.margin_bits_measured));
    }
    let title = curves.measure.title().to_owned();
    StagePlot { id: "margin", title, about: measured_how(curves.measure), unit, drawn }
}

/// A plot over the stages: what it is called, and what is drawn.
struct StagePlot {
    id: &'static str,
    title: String,
    about: String,
    unit: Unit,
    drawn: Vec<Drawn>,
}

impl StagePlot {
    fn chart(&self, curves: &Curves<'_>, hovered: Option<usize>) -> Chart<'_> {
        let unit = self.unit;
        let places = curves.folding.places();
        let count = places.len();
        let margin = matches!(unit, Unit::Bits | Unit::Failure);
        let positions = self.drawn.iter().flat_map(|(.., points)| points.iter().map(|p| p.y));
        // What 0 means is always in sight.
        let at_zero = curves.measure.at_zero().filter(|_| margin && count > 0);
        let y = unit.bounds(positions.chain(at_zero.map(|_| 0.0)));
        let wrong_at = |(i, place): (usize, &&Place)| {
            let measured = place.measured.as_ref().filter(|s| s.wrong_values > 0)?;
            let value = measured.margin_bits_measured.unwrap_or(0.0);
            Some(PlotPoint::new(i as f64, value.clamp(y.0, y.1)))
        };
        let wrong = places.iter().enumerate().filter(|_| margin).filter_map(wrong_at).collect();
        let under = places.iter().position(|p| hovered.is_some_and(|h| p.stages.contains(&h)));
        Chart {
            id: self.id,
            title: &self.title,
            about: &self.about,
            unit,
            x: (-0.5, count.max(1) as f64 - 0.5),
            y,
            curves: self
                .drawn
                .iter()
                .cloned()
                .map(|(name, colour, pen, points)| {
                    let predicted = pen == Pen::Predicted;
                    let faded = match pen {
                        Pen::Pinned => false,
                        _ if predicted => curves.pending,
                        _ => curves.faded,
                    };
                    let mark = match name {
                        "original" => Mark::ORIGINAL,
                        name if name == Pins::NAMES[0] => Mark::Up,
                        name if name == Pins::NAMES[1] => Mark::Down,
                        _ => Mark::ENCRYPTED,
                    };
                    Curve { name, colour, pen, points, faded, mark, ..Curve::default() }
                })
                .collect(),
            horizontal: Horizontal::words("stage", names(&places)),
            reference: at_zero.map(|words| (0.0, words)),
            wrong,
            cursor: under.map(|i| i as f64),
            empty: (count == 0).then_some("No plan yet"),
            ..Chart::default()
        }
    }

    /// Draws it; the stage under the pointer.
    fn show(
        &self,
        ui: &mut Ui,
        rect: Rect,
        curves: &Curves<'_>,
        hovered: Option<usize>,
    ) -> Option<usize> {
        let places = curves.folding.places();
        let count = places.len();
        let step = kit::inside_width(rect) / count.max(1) as f32;
        let width = |text: &str| {
            let (text, font) = (text.to_owned(), theme::small());
            ui.painter().layout_no_wrap(text, font, theme::tokens(ui).text_weak).size().x
        };
        let names = PlaceNames::new(&names(&places), step, width);
        let shown = self.chart(curves, hovered).show(ui, rect, names.height());
        let under = places.iter().position(|p| hovered.is_some_and(|h| p.stages.contains(&h)));
        draw_names(ui, shown.inside, &names, under);
        let pointer = shown.response.hover_pos().filter(|p| shown.inside.contains(*p));
        let at = pointer.map(|p| {
            ((p.x - shown.inside.left()) / shown.inside.width() * count as f32).floor() as usize
        });
        let at = at.and_then(|i| places.get(i));
        if let Some(place) = at {
            let text = details(curves, place);
            egui::Tooltip::always_open(
                ui.ctx().clone(),
                ui.layer_id(),
                ui.scope_id().with("stage details"),
                egui::PopupAnchor::Pointer,
            )
            .gap(14.0)
            .show(|ui| {
                ui.label(egui::RichText::new(&place.name).font(theme::heading()));
                egui::Grid::new("stage details").num_columns(3).spacing([14.0, 2.0]).show(
                    ui,
                    |ui| {
                        for (name, predicted, measured) in text {
                            ui.label(name);
                            ui.label(predicted);
                            ui.label(measured);
                            ui.end_row();
                        }
                    },
                );
            });
        }
        at.map(|place| place.main)
    }
}

/// Name, predicted and measured, for the place under the pointer.
fn details(curves: &Curves<'_>, place: &Place) -> Vec<(&'static str, String, String)> {
    let (planned, measured) = (curves.planned(place), place.measured.as_ref());
    let text = |unit: Unit, v: Option<f64>| v.map_or("—".to_owned(), |v| unit.text(v));
    let mut rows = vec![
        ("Time", Unit::Secs, curves.planned_secs(place), measured.map(|s| s.secs)),
        ("Time of the original", Unit::Secs, None, measured.map(|s| s.plain_secs)),
        (
            "Size",
            Unit::Bytes,
            planned.map(|s| s.ciphertext_bytes as f64),
            measured.map(|s| s.ciphertext_bytes as f64),
        ),
    ];
    if curves.sees_noise {
        rows.push((
            match curves.measure {
                NoiseMeasure::Margin => "Noise margin",
                NoiseMeasure::Precision => "Spare precision",
                NoiseMeasure::Failure => "Failure probability",
            },
            Unit::of_noise(curves.measure),
            planned.map(|s| s.margin_bits),
            measured.and_then(|s| s.margin_bits_measured),
        ));
    }
    let mut out = vec![("", "predicted".to_owned(), "measured".to_owned())];
    out.extend(rows.into_iter().map(|(name, unit, p, m)| (name, text(unit, p), text(unit, m))));
    let wrong = measured.map(|s| s.wrong_values).filter(|w| *w > 0 && curves.sees_noise);
    if let Some(wrong) = wrong {
        out.push(("Decrypted wrongly", String::new(), format::count(wrong)));
    }
    out
}

/// What stands under the plot for each place.
fn names(places: &[&Place]) -> Vec<String> {
    let name = |place: &&Place| match place.kind {
        Some(StageKind::Switch) => "relin. switch".to_owned(),
        _ => place.label.clone(),
    };
    places.iter().map(name).collect()
}

/// Draws the names under the plot; that under the pointer stands out.
fn draw_names(ui: &Ui, inside: Rect, shown: &PlaceNames, under: Option<usize>) {
    let t = theme::tokens(ui);
    let step = inside.width() / shown.names.len().max(1) as f32;
    for (i, lines) in shown.names.iter().enumerate() {
        let near = under.is_some_and(|at| at != i && at.abs_diff(i) < shown.every);
        if (i % shown.every != 0 && under != Some(i)) || near {
            continue;
        }
        let colour = if under == Some(i) { t.text_strong } else { t.text_weak };
        let middle = pos2(inside.left() + (i as f32 + 0.5) * step, inside.bottom() + 3.0);
        for (line, text) in lines.iter().enumerate() {
            let galley = ui.painter().layout_no_wrap(text.clone(), theme::small(), colour);
            let size = galley.size();
            if shown.turned {
                // Its end is at the plot.
                let at = middle + vec2(-size.y / 2.0, size.x);
                ui.painter().add(TextShape::new(at, galley, colour).with_angle(-FRAC_PI_2));
            } else {
                let at = middle + vec2(-size.x / 2.0, PlaceNames::below(line));
                ui.painter().galley(at, galley, colour);
            }
        }
    }
}
