//! What is told of one layer when its box is opened.

use crate::formula::{formula, why};
use crate::hidden::Hidden;
use crate::model::{LayerBox, Strip};
use crate::perspective::Perspective;
use crate::source::Source;
use circuit::StageKind;
use view::RunView;
use view::anatomy::LayerRow;

/// A figure: its name, predicted, measured.
pub type Row = (String, String, String);

/// One layer, in words and figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    pub name: String,
    /// What each layer in the box is, and what becomes of it.
    pub what: Vec<String>,
    /// What each computes.
    pub formulas: Vec<String>,
    pub rows: Vec<Row>,
    /// Why each kind of stage in it costs what it costs.
    pub why: Vec<&'static str>,
    /// What went wrong.
    pub wrong: Option<String>,
}

impl Details {
    /// Of the layer `layer` of `strip`, as `eyes` see it; `rows` are those of the network's anatomy.
    pub fn of(
        source: &Source<'_>,
        strip: &Strip,
        layer: &LayerBox,
        rows: &[LayerRow],
        eyes: Perspective,
    ) -> Self {
        let stages = || layer.stages.clone();
        let own = stages().find(|i| !source.layers(*i).is_empty());
        let kind = own.and_then(|i| source.kind(i)).unwrap_or(StageKind::Linear);
        let mut kinds: Vec<StageKind> = Vec::new();
        for kind in stages().filter_map(|i| source.kind(i)) {
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        let several = layer.layers.len() > 1;
        let known = |name: &String| rows.iter().find(|row| row.name == *name);
        let formula = |name: &String| {
            let network = source.network?;
            let at = network.layers().iter().position(|l| l.name == *name)?;
            formula(network, at, kind)
        };
        let wrong: u64 = stages().filter_map(|i| source.measured(i)).map(|s| s.wrong_values).sum();
        let mut what: Vec<String> =
            layer.layers.iter().filter_map(known).map(|row| told(row, several)).collect();
        if !layer.parts_of.is_empty() {
            let parts = layer.parts_of.join(" and ");
            what.push(format!("Its stage computes a part of {parts} too."));
        }
        Self {
            name: layer.name.clone(),
            what,
            formulas: layer.layers.iter().filter_map(formula).collect(),
            rows: figures(source, strip, layer, eyes),
            why: kinds.into_iter().map(why).collect(),
            wrong: (wrong > 0 && eyes.has_key())
                .then(|| format!("✗ {} values decrypted wrongly", format::count(wrong))),
        }
    }
}

impl Details {
    /// Takes off what is `hidden`.
    pub fn hide(&mut self, hidden: Hidden) {
        if hidden.predictions {
            self.rows.iter_mut().for_each(|(_, predicted, _)| *predicted = "—".to_owned());
        }
        self.rows.retain(|(name, ..)| !hidden.bytes || !name.starts_with("Bytes"));
    }
}

/// What a layer is, what it gives, and what becomes of it.
fn told(row: &LayerRow, with_name: bool) -> String {
    let name = if with_name { format!("{}: ", row.name) } else { String::new() };
    let (what, gives, becomes) = (&row.what, &row.output, row.becomes.text());
    capital(&format!("{name}{what}, gives {gives}. Under encryption {becomes}."))
}

fn capital(text: &str) -> String {
    let mut text = text.to_owned();
    if let Some(first) = text.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    text
}

fn figures(source: &Source<'_>, strip: &Strip, layer: &LayerBox, eyes: Perspective) -> Vec<Row> {
    let last = layer.stages.end - 1;
    let (planned, measured) = (source.planned(last), source.measured(last));
    let text = |value: Option<String>| value.unwrap_or_else(|| "—".to_owned());
    let row = |name: &str, predicted: Option<String>, measured: Option<String>| {
        (name.to_owned(), text(predicted), text(measured))
    };
    let count = |n: usize| format::count(n as u64);
    let mut rows = vec![row(
        "Ciphertexts",
        planned.map(|s| count(s.ciphertexts)),
        measured.map(|s| count(s.ciphertexts)),
    )];
    rows.push(row(
        "Bytes, one batch",
        planned.map(|s| format::bytes(s.ciphertext_bytes)),
        measured.map(|s| format::bytes(s.ciphertext_bytes)),
    ));
    rows.push(row(
        "log2 q",
        planned.map(|s| format!("{:.0}", s.log2_q)),
        measured.map(|s| format!("{:.0}", s.log2_q)),
    ));
    if eyes.has_key() {
        let name = capital(strip.measure.name());
        let noise = |bits: f64| strip.measure.text(bits);
        rows.push(row(
            &name,
            planned.map(|s| noise(s.margin_bits)),
            measured.and_then(|s| s.margin_bits_measured).map(noise),
        ));
    }
    rows.extend(times(source, layer));
    rows
}

/// Time of the layer; and of each stage, where there are several.
fn times(source: &Source<'_>, layer: &LayerBox) -> Vec<Row> {
    // While a run goes on both are told for the samples that are done.
    let share = source.run.map_or(1.0, RunView::measured_share);
    let planned = |i: usize| source.planned(i).map(|s| s.secs * share);
    let measured = |i: usize| source.measured(i).map(|s| s.secs);
    let row = |name: String, predicted: Option<f64>, measured: Option<f64>| {
        let text = |secs: Option<f64>| secs.map_or("—".to_owned(), format::secs);
        (name, text(predicted), text(measured))
    };
    let stages = || layer.stages.clone();
    let sum = |of: &dyn Fn(usize) -> Option<f64>| stages().map(of).sum::<Option<f64>>();
    let samples = match source.samples() {
        Some(n) if share >= 1.0 => format!(", {} samples", format::count(n as u64)),
        _ => ", so far".to_owned(),
    };
    let mut rows = vec![row(format!("Time{samples}"), sum(&planned), sum(&measured))];
    if layer.stages.len() > 1 {
        rows.extend(
            stages().map(|i| row(format!("   of it {}", source.name(i)), planned(i), measured(i))),
        );
    }
    let plain: f64 = stages().filter_map(|i| source.measured(i)).map(|s| s.plain_secs).sum();
    if plain > 0.0 {
        rows.push(row("Original, in the clear".to_owned(), None, Some(plain)));
    }
    rows
}
