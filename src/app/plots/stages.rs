//! Latency, ciphertext size and noise margin per stage.

use super::chart::{Chart, Curve, Pen};
use super::ticks::Unit;
use crate::app::run_view::RunView;
use crate::app::state::State;
use crate::app::theme;
use crate::circuit::{Plan, StageKind, StagePlan};
use crate::run::StageReport;
use egui::{Align2, Rect, Ui, pos2};
use egui_plot::PlotPoint;

/// What margin means here, for whoever looks at the plot.
pub const MARGIN_DEFINITION: &str = "Margin = log2(q/2) − log2(max |phase|), in bits (BFV: of t times the phase modulo q, which takes the message out): how much larger the noise of a ciphertext may still grow before decryption fails, at 0. For CKKS: bits of precision above the required, log2(allowed error) − log2(largest error). For TFHE: −log2 of the probability that a table reads a sum more than one step off, given the noise so far. Predicted before a key exists; measured with the secret key on a sample of ciphertexts (analysis mode). A positive margin alone proves nothing: measured points are also compared with the network the ciphertexts stand for, and a red cross marks a stage that decrypted wrongly.";

const LATENCY: &str = "Wall time of each stage, all batches, on a logarithmic axis: the encrypted stage (predicted and measured) and the same layer of the float network in the clear.";
const SIZE: &str = "Bytes of all ciphertexts after each stage (one batch), on a logarithmic axis, and of the same values in the clear.";

/// Space under a plot for the names of the stages.
const NAMES: f32 = 30.0;

/// What the plots and the table show: predictions of the setup, measurements of the newest run.
pub struct Curves<'a> {
    pub plan: Option<&'a Plan>,
    pub run: Option<&'a RunView>,
    /// The run belongs to an earlier setup.
    pub faded: bool,
}

impl<'a> Curves<'a> {
    /// The curves for what `state` holds. A run of an earlier setup is drawn faded, and only while its
    /// stages are still those of the plan.
    pub fn of(state: &'a State) -> Self {
        let current = state.run_is_of_setup();
        let run = state.run.as_ref();
        let plan = if current { run.and_then(|r| r.plan.as_deref()) } else { None };
        let plan = plan.or(state.preview.plan.as_deref());
        let same_stages = |run: &&RunView| {
            let names = run.stages.iter().map(|s| s.as_ref().map(|s| s.name.as_str()));
            plan.is_none_or(|p| {
                p.stages.len() == run.stages.len()
                    && p.stages.iter().zip(names).all(|(p, n)| n.is_none_or(|n| n == p.name))
            })
        };
        let run = run.filter(|r| current || same_stages(r));
        Self { plan, run, faded: !current }
    }

    /// Number of stages.
    pub fn len(&self) -> usize {
        self.plan.map_or(0, |p| p.stages.len()).max(self.run.map_or(0, |r| r.stages.len()))
    }

    /// Whether there is nothing to draw.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Prediction for stage `i`.
    pub fn planned(&self, i: usize) -> Option<&'a StagePlan> {
        self.plan?.stages.get(i)
    }

    /// What was measured in stage `i`.
    pub fn measured(&self, i: usize) -> Option<&'a StageReport> {
        self.run?.stages.get(i)?.as_ref()
    }

    /// Name of stage `i`.
    pub fn name(&self, i: usize) -> &'a str {
        self.measured(i)
            .map(|s| s.name.as_str())
            .or(self.planned(i).map(|s| s.name.as_str()))
            .unwrap_or_default()
    }

    /// Kind of stage `i`.
    pub fn kind(&self, i: usize) -> Option<StageKind> {
        self.measured(i).map(|s| s.kind).or(self.planned(i).map(|s| s.kind))
    }

    fn points(&self, unit: Unit, value: impl Fn(usize) -> Option<f64>) -> Vec<PlotPoint> {
        (0..self.len())
            .filter_map(|i| Some(PlotPoint::new(i as f64, unit.position(value(i)?)?)))
            .collect()
    }

    /// The curves of plaintext, prediction and encryption, in their fixed colours.
    fn side_by_side(
        &self,
        t: &theme::Tokens,
        unit: Unit,
        plain: impl Fn(&StageReport) -> f64,
        predicted: impl Fn(&StagePlan) -> f64,
        encrypted: impl Fn(&StageReport) -> f64,
    ) -> Vec<Drawn> {
        let measured =
            |of: &dyn Fn(&StageReport) -> f64| self.points(unit, |i| self.measured(i).map(of));
        vec![
            ("plaintext", t.plain, Pen::Measured, measured(&plain)),
            (
                "predicted",
                t.encrypted,
                Pen::Predicted,
                self.points(unit, |i| self.planned(i).map(&predicted)),
            ),
            ("encrypted", t.encrypted, Pen::Measured, measured(&encrypted)),
        ]
    }
}

/// Draws the latency of each stage; the stage under the pointer.
pub fn latency(
    ui: &mut Ui,
    rect: Rect,
    curves: &Curves<'_>,
    hovered: Option<usize>,
) -> Option<usize> {
    let unit = Unit::Secs;
    let drawn = curves.side_by_side(
        theme::tokens(ui),
        unit,
        |stage| stage.plain_secs,
        |stage| stage.secs,
        |stage| stage.secs,
    );
    stage_chart(ui, rect, curves, hovered, "latency", "Latency", LATENCY, unit, drawn)
}

/// Draws the size of the ciphertexts after each stage; the stage under the pointer.
pub fn size(ui: &mut Ui, rect: Rect, curves: &Curves<'_>, hovered: Option<usize>) -> Option<usize> {
    let unit = Unit::Bytes;
    let drawn = curves.side_by_side(
        theme::tokens(ui),
        unit,
        |stage| stage.plain_bytes as f64,
        |stage| stage.ciphertext_bytes as f64,
        |stage| stage.ciphertext_bytes as f64,
    );
    stage_chart(ui, rect, curves, hovered, "size", "Ciphertext size", SIZE, unit, drawn)
}

/// Draws the noise margin after each stage; the stage under the pointer.
pub fn margin(
    ui: &mut Ui,
    rect: Rect,
    curves: &Curves<'_>,
    hovered: Option<usize>,
) -> Option<usize> {
    let t = theme::tokens(ui);
    let unit = Unit::Bits;
    let drawn = vec![
        (
            "predicted",
            t.encrypted,
            Pen::Predicted,
            curves.points(unit, |i| Some(curves.planned(i)?.margin_bits)),
        ),
        (
            "measured",
            t.encrypted,
            Pen::Measured,
            curves.points(unit, |i| curves.measured(i)?.margin_bits_measured),
        ),
    ];
    stage_chart(
        ui,
        rect,
        curves,
        hovered,
        "margin",
        "Noise margin, bits",
        MARGIN_DEFINITION,
        unit,
        drawn,
    )
}

type Drawn = (&'static str, egui::Color32, Pen, Vec<PlotPoint>);

#[expect(clippy::too_many_arguments, reason = "three callers above, one line each")]
fn stage_chart(
    ui: &mut Ui,
    rect: Rect,
    curves: &Curves<'_>,
    hovered: Option<usize>,
    id: &'static str,
    title: &'static str,
    about: &str,
    unit: Unit,
    drawn: Vec<Drawn>,
) -> Option<usize> {
    let count = curves.len();
    let margin = unit == Unit::Bits;
    let positions = drawn.iter().flat_map(|(.., points)| points.iter().map(|p| p.y));
    // The line at which decryption fails is always in sight.
    let y = unit.bounds(positions.chain(margin.then_some(0.0)));
    let wrong_at = |i: usize| {
        let measured = curves.measured(i).filter(|s| s.wrong_values > 0)?;
        let value = measured.margin_bits_measured.unwrap_or(0.0);
        Some(PlotPoint::new(i as f64, value.clamp(y.0, y.1)))
    };
    let wrong = if margin { (0..count).filter_map(wrong_at).collect() } else { Vec::new() };
    let is_table = curves.plan.is_some_and(|p| p.tables.is_some());
    let reference =
        if is_table { "tables read wrongly near 0" } else { "decryption fails below 0" };
    let chart = Chart {
        id,
        title,
        about,
        unit,
        x: (-0.5, count.max(1) as f64 - 0.5),
        y,
        curves: drawn
            .into_iter()
            .map(|(name, colour, pen, points)| {
                let faded = curves.faded && pen != Pen::Predicted;
                Curve { name, colour, pen, points, faded }
            })
            .collect(),
        reference: (margin && count > 0).then_some((0.0, reference)),
        wrong,
        cursor: hovered.filter(|i| *i < count).map(|i| i as f64),
        empty: curves.is_empty().then_some("No plan yet"),
        ..Chart::default()
    };
    let shown = chart.show(ui, rect, NAMES);
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
            egui::Grid::new("stage details").num_columns(3).spacing([14.0, 2.0]).show(ui, |ui| {
                for (name, predicted, measured) in text {
                    ui.label(name);
                    ui.label(predicted);
                    ui.label(measured);
                    ui.end_row();
                }
            });
        });
    }
    at
}

/// Name, predicted and measured, for the stage under the pointer.
fn details(curves: &Curves<'_>, i: usize) -> Vec<(&'static str, String, String)> {
    let (planned, measured) = (curves.planned(i), curves.measured(i));
    let text = |unit: Unit, v: Option<f64>| v.map_or("—".to_owned(), |v| unit.text(v));
    let rows = [
        ("Time", Unit::Secs, planned.map(|s| s.secs), measured.map(|s| s.secs)),
        ("Time in the clear", Unit::Secs, None, measured.map(|s| s.plain_secs)),
        (
            "Size",
            Unit::Bytes,
            planned.map(|s| s.ciphertext_bytes as f64),
            measured.map(|s| s.ciphertext_bytes as f64),
        ),
        (
            "Margin",
            Unit::Bits,
            planned.map(|s| s.margin_bits),
            measured.and_then(|s| s.margin_bits_measured),
        ),
    ];
    let mut out = vec![("", "predicted".to_owned(), "measured".to_owned())];
    out.extend(rows.map(|(name, unit, p, m)| (name, text(unit, p), text(unit, m))));
    if let Some(wrong) = measured.map(|s| s.wrong_values).filter(|w| *w > 0) {
        out.push(("Decrypted wrongly", String::new(), crate::format::count(wrong)));
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
