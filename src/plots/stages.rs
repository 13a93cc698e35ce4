//! Latency, ciphertext size and noise margin per stage.

use circuit::{NoiseMeasure, StageKind, StagePlan};
use egui::{Align2, Rect, Ui, pos2, vec2};
use egui_plot::PlotPoint;
use kit::{Chart, Curve, Figure, Horizontal, Mark, Pen, Unit, theme};
use report::StageReport;
use std::ops::Deref;
use view::{Pin, Pins, RunView, Stages};

/// How figures of noise come about, beside what each of them is.
const MEASURED_HOW: &str = "Predicted before a key exists; measured with the secret key on a sample of ciphertexts (analysis mode). Safe figures alone prove nothing: measured points are also compared with the reference network, and a red cross marks a stage that decrypted wrongly.";

/// What a measure of noise is, and how it is measured, for whoever looks at the plot.
pub fn measured_how(measure: NoiseMeasure) -> String {
    format!("{} {MEASURED_HOW}", measure.definition())
}

const LATENCY: &str = "Wall time of each stage for all samples together, on a logarithmic axis: the encrypted stage (predicted and measured) and the same layer of the original network in the clear. While a run goes on both are told for the samples that are done. A layer in the clear is timed several times, and the median is drawn.";
const SIZE: &str = "Bytes of all ciphertexts after each stage for one batch, on a logarithmic axis, and of the same values in the clear. They need not be in memory all at once: stages are computed piece by piece where that saves memory.";

/// Space under a plot for the names of the stages.
const NAMES: f32 = 30.0;
/// Width of the page that is saved, and height of a plot on it.
const PAGE: f32 = 720.0;
const PAGE_HEIGHT: f32 = 210.0;

/// What the plots and the table show: predictions of the setup, measurements of the newest run; of a run
/// that goes on both.
pub struct Curves<'a> {
    pub stages: Stages<'a>,
    /// The run belongs to an earlier setup.
    pub faded: bool,
    /// The plan belongs to the setup before; the one of this is being made.
    pub pending: bool,
    /// What is told of noise.
    pub measure: NoiseMeasure,
    /// Whether noise is seen at all: only with the key.
    pub sees_noise: bool,
    /// Somebody is about to guess what is predicted: it is not drawn.
    pub hides_predicted: bool,
    /// Runs whose lines stay over those of the present one, where they have the same stages.
    pub pinned: &'a [Pin],
}

impl<'a> Deref for Curves<'a> {
    type Target = Stages<'a>;

    fn deref(&self) -> &Stages<'a> {
        &self.stages
    }
}

impl<'a> Curves<'a> {
    /// Prediction for stage `i`, unless it is hidden.
    pub fn planned(&self, i: usize) -> Option<&'a StagePlan> {
        self.stages.planned(i).filter(|_| !self.hides_predicted)
    }

    /// Samples that times are told for: those that are done while the run goes on.
    fn samples(&self) -> Option<(usize, usize)> {
        let of = self.plan?.images;
        Some(((self.share() * of as f64).round() as usize, of))
    }

    /// Share of the samples of the plan that times are told for.
    fn share(&self) -> f64 {
        self.run.map_or(1.0, RunView::measured_share)
    }

    /// What the times are of, in words.
    fn of_samples(&self) -> String {
        match self.samples() {
            None => "Time of each stage".to_owned(),
            Some((done, of)) if done < of => format!(
                "Time of each stage, {} of {} samples so far",
                format::count(done as u64),
                format::count(of as u64)
            ),
            Some((_, 1)) => "Time of each stage, 1 sample".to_owned(),
            Some((_, of)) => {
                format!("Time of each stage, all {} samples", format::count(of as u64))
            }
        }
    }

    /// Predicted seconds of stage `i` for the samples that times are told for.
    pub fn planned_secs(&self, i: usize) -> Option<f64> {
        Some(self.planned(i)?.secs * self.share())
    }

    /// Whether a pinned run has the stages that are drawn: it is not drawn over others.
    pub fn can_draw(&self, pin: &Pin) -> bool {
        pin.has_stages((0..self.len()).map(|i| self.name(i)))
    }

    /// The curves of the pinned runs, with the markers of their places.
    fn before(
        &self,
        t: &theme::Tokens,
        unit: Unit,
        value: impl Fn(&StageReport) -> Option<f64>,
    ) -> Vec<Drawn> {
        let pens = [Pen::Pinned; 2].into_iter().zip(Pins::NAMES);
        let pins = self.pinned.iter().zip(pens).filter(|(pin, _)| self.can_draw(pin));
        let curve = |(pin, (pen, name)): (&Pin, (Pen, &'static str))| {
            let points = pin.stages().iter().enumerate().filter_map(|(i, stage)| {
                Some(PlotPoint::new(i as f64, unit.position(value(stage)?)?))
            });
            (name, t.text_weak, pen, points.collect())
        };
        pins.map(curve).collect()
    }

    /// What a report tells of predictions, where its plan is gone.
    fn told(&self, i: usize) -> Option<&'a StageReport> {
        self.measured(i).filter(|_| self.plan.is_none() && !self.hides_predicted)
    }

    fn points(&self, unit: Unit, value: impl Fn(usize) -> Option<f64>) -> Vec<PlotPoint> {
        (0..self.len())
            .filter_map(|i| Some(PlotPoint::new(i as f64, unit.position(value(i)?)?)))
            .collect()
    }

    /// The curves of the original network, the prediction and the encrypted one, in their fixed colours.
    fn side_by_side(
        &self,
        t: &theme::Tokens,
        unit: Unit,
        plain: impl Fn(&StageReport) -> f64,
        predicted: impl Fn(usize) -> Option<f64>,
        encrypted: impl Fn(&StageReport) -> f64,
    ) -> Vec<Drawn> {
        let measured =
            |of: &dyn Fn(&StageReport) -> f64| self.points(unit, |i| self.measured(i).map(of));
        let before = self.before(t, unit, |stage| Some(encrypted(stage)));
        let mut curves = vec![
            ("original", t.original, Pen::Measured, measured(&plain)),
            ("predicted", t.encrypted, Pen::Predicted, self.points(unit, &predicted)),
            ("encrypted", t.encrypted, Pen::Measured, measured(&encrypted)),
        ];
        curves.extend(before);
        curves
    }
}

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
        |i| curves.planned_secs(i).or(curves.told(i).map(|stage| stage.secs_predicted)),
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
        |i| Some(curves.planned(i)?.ciphertext_bytes as f64),
        |stage| stage.ciphertext_bytes as f64,
    );
    let title = match curves.plan {
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
    let predicted = |i| {
        let planned = curves.planned(i).map(|stage| stage.margin_bits);
        planned.or(curves.told(i).map(|stage| stage.margin_bits_predicted))
    };
    let mut drawn = vec![
        ("predicted", t.encrypted, Pen::Predicted, curves.points(unit, predicted)),
        (
            "measured",
            t.encrypted,
            Pen::Measured,
            curves.points(unit, |i| curves.measured(i)?.margin_bits_measured),
        ),
    ];
    if curves.pinned.iter().all(|pin| pin.measure() == curves.measure) {
        drawn.extend(curves.before(t, unit, |stage| stage.margin_bits_measured));
    }
    let title = curves.measure.title().to_owned();
    StagePlot { id: "margin", title, about: measured_how(curves.measure), unit, drawn }
}

type Drawn = (&'static str, egui::Color32, Pen, Vec<PlotPoint>);

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
        let count = curves.len();
        let margin = matches!(unit, Unit::Bits | Unit::Failure);
        let positions = self.drawn.iter().flat_map(|(.., points)| points.iter().map(|p| p.y));
        // What 0 means is always in sight.
        let at_zero = curves.measure.at_zero().filter(|_| margin && count > 0);
        let y = unit.bounds(positions.chain(at_zero.map(|_| 0.0)));
        let wrong_at = |i: usize| {
            let measured = curves.measured(i).filter(|s| s.wrong_values > 0)?;
            let value = measured.margin_bits_measured.unwrap_or(0.0);
            Some(PlotPoint::new(i as f64, value.clamp(y.0, y.1)))
        };
        let wrong = if margin { (0..count).filter_map(wrong_at).collect() } else { Vec::new() };
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
            horizontal: Horizontal::words(
                "stage",
                (0..count).map(|i| short_name(curves.name(i), curves.kind(i), 1)).collect(),
            ),
            reference: at_zero.map(|words| (0.0, words)),
            wrong,
            cursor: hovered.filter(|i| *i < count).map(|i| i as f64),
            empty: curves.is_empty().then_some("No plan yet"),
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
        let count = curves.len();
        let shown = self.chart(curves, hovered).show(ui, rect, NAMES);
        names(ui, shown.inside, curves, hovered);
        let pointer = shown.response.hover_pos().filter(|p| shown.inside.contains(*p));
        let at = pointer.map(|p| {
            ((p.x - shown.inside.left()) / shown.inside.width() * count as f32).floor() as usize
        });
        let at = at.filter(|i| *i < count);
        if let Some(i) = at {
            let text = details(curves, i);
            egui::Tooltip::always_open(
                ui.ctx().clone(),
                ui.layer_id(),
                ui.scope_id().with("stage details"),
                egui::PopupAnchor::Pointer,
            )
            .gap(14.0)
            .show(|ui| {
                ui.label(egui::RichText::new(curves.name(i)).font(theme::heading()));
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
        at
    }
}

/// Name, predicted and measured, for the stage under the pointer.
fn details(curves: &Curves<'_>, i: usize) -> Vec<(&'static str, String, String)> {
    let (planned, measured) = (curves.planned(i), curves.measured(i));
    let text = |unit: Unit, v: Option<f64>| v.map_or("—".to_owned(), |v| unit.text(v));
    let mut rows = vec![
        ("Time", Unit::Secs, curves.planned_secs(i), measured.map(|s| s.secs)),
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

/// The names of the stages under the plot; on two rows by turns where they would collide.
fn names(ui: &Ui, inside: Rect, curves: &Curves<'_>, hovered: Option<usize>) {
    let t = theme::tokens(ui);
    let count = curves.len();
    if count == 0 {
        return;
    }
    const AIR: f32 = 5.0;
    let step = inside.width() / count as f32;
    let painter = ui.painter();
    let layout = |i: usize, lines: usize| {
        let colour = if hovered == Some(i) { t.text_strong } else { t.text_weak };
        let text = short_name(curves.name(i), curves.kind(i), lines);
        painter.layout_no_wrap(text, theme::small(), colour)
    };
    let mut galleys: Vec<_> = (0..count).map(|i| layout(i, 2)).collect();
    let widest = |galleys: &[std::sync::Arc<egui::Galley>]| {
        galleys.iter().map(|g| g.size().x + AIR).fold(0.0, f32::max)
    };
    let rows = if widest(&galleys) <= step { 1 } else { 2 };
    if rows == 2 {
        galleys = (0..count).map(|i| layout(i, 1)).collect();
    }
    // Only every second, third, ... name when even that does not fit.
    let every = (widest(&galleys) / (step * rows as f32)).ceil().max(1.0) as usize;
    for (i, galley) in galleys.into_iter().enumerate() {
        let near_hovered = hovered.is_some_and(|h| h != i && h.abs_diff(i) < every);
        if (i % every != 0 && hovered != Some(i)) || near_hovered {
            continue;
        }
        let x = inside.left() + (i as f32 + 0.5) * step;
        let row = (i / every % rows) as f32 * 13.0;
        let at = pos2(x, inside.bottom() + 3.0 + row);
        let place = Align2::CENTER_TOP.anchor_size(at, galley.size());
        painter.galley(place.min, galley, t.text_weak);
    }
}

/// A name that fits under a plot, on at most so many lines.
fn short_name(name: &str, kind: Option<StageKind>, lines: usize) -> String {
    const LONGEST: usize = 14;
    let name = if kind == Some(StageKind::Switch) { "relin. switch" } else { name };
    if lines == 1 && kind == Some(StageKind::Switch) {
        return "switch".to_owned();
    }
    let cut = |word: &str| {
        if word.chars().count() > LONGEST {
            word.chars().take(LONGEST - 1).chain(['…']).collect()
        } else {
            word.to_owned()
        }
    };
    match name.split_once(' ') {
        Some((first, second)) if lines > 1 => format!("{}\n{}", cut(first), cut(second)),
        _ => cut(name),
    }
}
