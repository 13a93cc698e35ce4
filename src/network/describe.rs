//! A network in words, for people.

use super::layer::Layer;
use super::model::Network;
use data::Shape;
use std::fmt::Write;

impl Network {
    /// Number of trained values.
    pub fn parameters(&self) -> usize {
        self.layers().iter().map(|l| l.op.parameters()).sum()
    }

    /// The network in several lines of text: layers, shapes, parameters, integer grid, origin.
    pub fn describe(&self) -> String {
        let mut text = format!(
            "network     {}\ninput       {}\nparameters  {}\n",
            self.name(),
            self.input(),
            format::count(self.parameters() as u64)
        );
        for (name, value) in self.card().describe(self.classes(), self.digest(), self.role()) {
            _ = writeln!(text, "{name:<12}{value}");
        }
        self.describe_normalisation(&mut text);
        self.describe_quantisation(&mut text);
        self.describe_provenance(&mut text);
        text.push('\n');
        let rows: Vec<[String; 4]> =
            self.layers().iter().zip(self.shapes()).map(|(l, s)| row(l, *s)).collect();
        let heads = ["layer", "kind", "output", "parameters"].map(str::to_owned);
        let widths: Vec<usize> = (0..4)
            .map(|c| {
                let cells = rows.iter().chain([&heads]).map(|r| r[c].chars().count());
                cells.max().unwrap_or(0)
            })
            .collect();
        for [name, kind, output, parameters] in std::iter::once(&heads).chain(&rows) {
            let (a, b, c, d) = (widths[0], widths[1], widths[2], widths[3]);
            _ = writeln!(text, "{name:a$}  {kind:b$}  {output:>c$}  {parameters:>d$}");
        }
        text
    }

    fn describe_normalisation(&self, text: &mut String) {
        let normalisation = self.normalisation();
        let shown = |values: &[f32]| {
            let some: Vec<String> = values.iter().take(SHOWN).map(f32::to_string).collect();
            let more = match values.len() > SHOWN {
                true => format!(", … ({} in all)", format::count(values.len() as u64)),
                false => String::new(),
            };
            some.join(", ") + &more
        };
        let (offset, scale) = (shown(&normalisation.offset), shown(&normalisation.scale));
        _ = writeln!(text, "values      (x - offset) / scale; offset {offset}; scale {scale}");
    }

    fn describe_quantisation(&self, text: &mut String) {
        let Some(q) = self.quantisation() else {
            text.push_str("integers    none (trained without a grid)\n");
            return;
        };
        let weights: Vec<String> =
            q.weights.iter().map(|w| format!("{} x {}", w.max, w.step)).collect();
        _ = writeln!(
            text,
            "integers    inputs {} to {} in steps of {}; weights up to {}",
            q.input.min,
            q.input.max,
            q.input.step,
            weights.join(", ")
        );
    }

    fn describe_provenance(&self, text: &mut String) {
        let p = self.provenance();
        if !p.dataset.is_empty() {
            _ = writeln!(text, "trained on  {}", p.dataset);
        }
        if !p.command.is_empty() {
            _ = writeln!(text, "made by     {}", p.command);
        }
        if let Some(accuracy) = p.test_accuracy {
            _ = writeln!(text, "accuracy    {} on the test split", format::percent(accuracy));
        }
    }
}

/// Numbers of a list that are shown.
const SHOWN: usize = 4;

fn row(layer: &Layer, shape: Shape) -> [String; 4] {
    let parameters = format::count(layer.op.parameters() as u64);
    [layer.name.clone(), layer.op.summary(), shape.to_string(), parameters]
}
