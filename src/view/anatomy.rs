//! A network layer by layer: shapes, sizes, and what becomes of each under encryption.

use activation::{Activation, Method};
use circuit::NoiseStrategy;
use network::recurrent::{Cell, RecurrentLayer, RecurrentModel};
use network::{MAX_POOL, Network, Op};
use scenario::{ActivationKind, Scenario, SchemeSelector};

/// What becomes of a layer under encryption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Becomes {
    /// It is computed as it is.
    Same(&'static str),
    /// Something stands in its place.
    Other(String),
    /// It cannot be computed, and why.
    Impossible(String),
}

impl Becomes {
    /// For people.
    pub fn text(&self) -> &str {
        match self {
            Self::Same(text) => text,
            Self::Other(text) | Self::Impossible(text) => text,
        }
    }
}

/// A layer as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerRow {
    pub name: String,
    pub what: String,
    pub output: String,
    pub parameters: usize,
    /// Multiplications with a weight, for one sample.
    pub macs: usize,
    pub becomes: Becomes,
    /// It applies a function to every value.
    pub is_activation: bool,
}

/// A network as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anatomy {
    pub name: String,
    /// Inputs, classes and sizes in one line.
    pub summary: String,
    /// The command that it was trained by; empty where nobody knows.
    pub made_by: String,
    pub notes: Vec<String>,
    pub rows: Vec<LayerRow>,
}

impl Anatomy {
    /// Of a network of layers.
    pub fn of(network: &Network, scenario: &Scenario, refusal: Option<&str>) -> Self {
        let rows = layers(network, scenario, refusal);
        let summary = format!(
            "{} in, {} classes; {} layers, {}",
            network.input(),
            network.classes(),
            rows.len(),
            sizes(network.parameters(), &rows)
        );
        Self {
            name: network.name().to_owned(),
            summary,
            made_by: network.provenance().command.clone(),
            notes: network.card().notes.clone(),
            rows,
        }
    }

    /// Of a recurrent network, for sequences of so many steps.
    pub fn of_sequences(model: &RecurrentModel, steps: usize, scenario: &Scenario) -> Self {
        let rows = cells(model, steps, scenario);
        let summary = format!(
            "{steps} steps of {} in, {} classes; {} recurrent, {}",
            model.channels(),
            model.classes(),
            match model.layers().len() {
                1 => "1 layer".to_owned(),
                all => format!("{all} layers"),
            },
            sizes(model.parameters(), &rows)
        );
        Self {
            name: model.name().to_owned(),
            summary,
            made_by: model.provenance().command.clone(),
            notes: model.card().notes.clone(),
            rows,
        }
    }
}

fn sizes(parameters: usize, rows: &[LayerRow]) -> String {
    let macs: usize = rows.iter().map(|row| row.macs).sum();
    let [parameters, macs] = [parameters, macs].map(|n| format::count(n as u64));
    format!("{parameters} parameters, {macs} multiplications a sample")
}

/// The weighted sums and the functions of each layer of cells, and what is before and behind them.
fn cells(model: &RecurrentModel, steps: usize, scenario: &Scenario) -> Vec<LayerRow> {
    let row = |name: String, what: String, width: usize, becomes: Becomes| LayerRow {
        name,
        what,
        output: width.to_string(),
        parameters: 0,
        macs: 0,
        becomes,
        is_activation: false,
    };
    let mut rows = Vec::new();
    if let Some(e) = model.embedding() {
        let what =
            format!("{} words looked up, each as {} values", e.table.len() / e.width, e.width);
        let before = Becomes::Same("as it is: the client's, before it encrypts");
        let parameters = e.table.len();
        rows.push(LayerRow { parameters, ..row("embedding".into(), what, e.width, before) });
    }
    for (at, layer) in model.layers().iter().enumerate() {
        let name = format!("{} {}", layer.cell.name(), at + 1);
        let what = format!(
            "weighted sums of the step ({}) and the state ({})",
            layer.inputs, layer.hidden
        );
        let sums = Becomes::Same("as it is: weighted sums, at every step");
        rows.push(LayerRow {
            parameters: layer.parameters(),
            macs: steps * layer.macs(),
            ..row(name.clone(), what, layer.hidden, sums)
        });
        let mut functions: Vec<&Activation> = Vec::new();
        for (_, function) in layer.functions() {
            if !functions.contains(&function) {
                functions.push(function);
            }
        }
        rows.extend(functions.into_iter().map(|function| LayerRow {
            is_activation: true,
            ..row(
                name.clone(),
                function.name().to_string(),
                layer.hidden,
                in_cells(function, layer, scenario),
            )
        }));
    }
    let (head, classes) = (model.head(), model.classes());
    let what = "weighted sums of the last state".to_owned();
    rows.push(LayerRow {
        parameters: head.weight.len() + head.bias.len(),
        macs: head.weight.len(),
        ..row("head".into(), what, classes, Becomes::Same("as it is: weighted sums"))
    });
    rows
}

/// What becomes of a function of cells.
fn in_cells(function: &Activation, layer: &RecurrentLayer, scenario: &Scenario) -> Becomes {
    match scenario.sequence.as_ref().map(|choice| choice.strategy) {
        Some(NoiseStrategy::ClientAided) => {
            Becomes::Other("itself, applied by the client at every step".into())
        }
        Some(NoiseStrategy::Bootstrap) if !matches!(layer.cell, Cell::Elman(_)) => {
            Becomes::Impossible("lookup tables run Elman cells: choose another strategy".into())
        }
        Some(NoiseStrategy::Bootstrap) => Becomes::Other(table(scenario)),
        _ => curve(function, scenario),
    }
}

/// The layers of `network`, and what the setup makes of them; `refusal` is why it cannot work, where it
/// cannot: the layer that it names is the one.
fn layers(network: &Network, scenario: &Scenario, refusal: Option<&str>) -> Vec<LayerRow> {
    let layers = network.layers().iter().zip(network.shapes());
    layers
        .map(|(layer, shape)| {
            let refused = refusal.filter(|line| names(line, &layer.name));
            LayerRow {
                name: layer.name.clone(),
                what: layer.op.summary(),
                output: shape.to_string(),
                parameters: layer.op.parameters(),
                macs: layer.op.macs(*shape),
                is_activation: layer.op.is_activation(),
                becomes: match refused {
                    Some(line) => Becomes::Impossible(line.to_owned()),
                    None => becomes(&layer.op, scenario),
                },
            }
        })
        .collect()
}

/// Whether a line names a layer: as a word of its own.
fn names(line: &str, layer: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    line.match_indices(layer).any(|(at, found)| {
        let before = line[..at].chars().next_back().is_some_and(is_part);
        let after = &line[at + found.len()..];
        let mut after = after.chars();
        let next = after.next();
        // A full stop ends a sentence, or goes on with a name.
        let goes_on = match next {
            Some('.') => after.next().is_some_and(is_part),
            Some(c) => is_part(c),
            None => false,
        };
        !before && !goes_on
    })
}

fn becomes(op: &Op, scenario: &Scenario) -> Becomes {
    match op {
        Op::AvgPool { .. } | Op::SumPool { .. } => Becomes::Same("as it is: sums of neighbours"),
        Op::Flatten | Op::Branch { .. } | Op::Concat { .. } => {
            Becomes::Same("as it is: nothing is computed")
        }
        Op::Add { .. } => Becomes::Same("as it is: sums"),
        Op::MaxPool { .. } => Becomes::Impossible(MAX_POOL.to_owned()),
        Op::BatchNorm { .. } => Becomes::Other("part of the layer before it".into()),
        Op::Activation(function) => {
            let tables = scenario.activation.kind == ActivationKind::Lookup
                || scenario.scheme.kind == SchemeSelector::Tfhe;
            if tables { Becomes::Other(table(scenario)) } else { curve(function, scenario) }
        }
        // All others are linear.
        _ => Becomes::Same("as it is: weighted sums"),
    }
}

fn table(scenario: &Scenario) -> String {
    let bits = scenario.activation.bits.map_or(String::new(), |bits| format!(" of {bits} bits"));
    format!("a lookup table{bits}")
}

/// What becomes of a function where polynomials are computed.
fn curve(function: &Activation, scenario: &Scenario) -> Becomes {
    let choice = &scenario.activation;
    if function.is_polynomial() {
        return Becomes::Same("as it is: a polynomial");
    }
    match choice.method.parse::<Method>() {
        Ok(method) if method.uses_degree() => {
            Becomes::Other(format!("a polynomial of degree {} ({})", choice.degree, method.name()))
        }
        Ok(method) => Becomes::Other(method.name().to_owned()),
        Err(_) => Becomes::Impossible(format!(
            "{} is no polynomial: choose what stands in its place (Activation in the setup), or a lookup table",
            function.name()
        )),
    }
}

/// The layers as CSV.
pub fn to_csv(rows: &[LayerRow]) -> String {
    let head = ["layer", "kind", "output", "parameters", "multiplications", "under_encryption"];
    let rows = rows.iter().map(|row| {
        [
            row.name.clone(),
            row.what.clone(),
            row.output.clone(),
            row.parameters.to_string(),
            row.macs.to_string(),
            row.becomes.text().to_owned(),
        ]
    });
    format::csv_table(&head, rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(model: &str, settings: &[&str], refusal: Option<&str>) -> Vec<LayerRow> {
        let scenario = Scenario::open("digits").unwrap();
        let set = |s: Scenario, text: &&str| s.with_setting(text).unwrap();
        let scenario = settings.iter().fold(scenario, set);
        Anatomy::of(&network::open(model).unwrap(), &scenario, refusal).rows
    }

    #[test]
    fn every_layer_says_what_becomes_of_it() {
        let keep = ["activation.method=keep"];
        let rows = of("digits-table", &keep, None);
        let curved: Vec<_> = rows.iter().filter(|r| r.what == "ReLU").collect();
        assert!(!curved.is_empty());
        for row in &curved {
            assert!(matches!(&row.becomes, Becomes::Impossible(why) if why.contains("ReLU")));
        }
        let fitted = ["activation.method=minimax", "activation.degree=4"];
        let rows = of("digits-table", &fitted, None);
        assert!(rows.iter().any(|r| r.becomes.text() == "a polynomial of degree 4 (Minimax)"));
        let rows = of("digits-table", &["scheme.kind=tfhe", "activation.bits=4"], None);
        assert!(rows.iter().any(|r| r.becomes.text() == "a lookup table of 4 bits"));
        let rows = of("digits", &keep, None);
        assert!(rows.iter().all(|r| matches!(r.becomes, Becomes::Same(_))), "{rows:?}");
        assert_eq!(to_csv(&rows).lines().count(), rows.len() + 1);
    }

    #[test]
    fn cells_say_what_becomes_of_their_functions() {
        let of = |model: &str, settings: &[&str]| {
            let scenario = Scenario::open("cryptornn").unwrap();
            let set = |s: Scenario, text: &&str| s.with_setting(text).unwrap();
            let scenario = settings.iter().fold(scenario, set);
            let model = network::recurrent::open(model).unwrap();
            let anatomy = Anatomy::of_sequences(&model, 5, &scenario);
            let sum: usize = anatomy.rows.iter().map(|row| row.parameters).sum();
            assert_eq!(sum, model.parameters());
            anatomy
        };
        let degree = ["activation.method=minimax", "activation.degree=5"];
        let lstm = of("cryptornn-lstm-tanh", &degree);
        let functions: Vec<_> = lstm.rows.iter().filter(|row| row.is_activation).collect();
        let names: Vec<_> = functions.iter().map(|row| row.what.as_str()).collect();
        assert_eq!(names, ["sigmoid", "tanh"]);
        let minimax = "a polynomial of degree 5 (Minimax)";
        assert!(functions.iter().all(|row| row.becomes.text() == minimax));
        let aided = of("cryptornn-lstm-tanh", &["sequence.strategy=client_aided"]);
        assert!(aided.rows.iter().any(|row| row.becomes.text().contains("by the client")));
        let tables = of("cryptornn-lstm-tanh", &["sequence.strategy=bootstrap"]);
        assert!(tables.rows.iter().any(|row| matches!(row.becomes, Becomes::Impossible(_))));
        let elman = of("cryptornn-tanh", &["sequence.strategy=bootstrap", "activation.bits=4"]);
        assert!(elman.rows.iter().any(|row| row.becomes.text() == "a lookup table of 4 bits"));
    }

    #[test]
    fn a_refusal_stands_at_the_layer_that_it_names() {
        let line = "layer square2 needs 24 bits of margin; use fewer squares";
        assert!(names(line, "square2") && !names(line, "square") && !names(line, "quare2"));
        assert!(names("see conv1.", "conv1") && !names("see conv1.bias", "conv1"));
        let all = of("digits", &[], None);
        for row in &all {
            let rows = of("digits", &[], Some(&format!("layer {} needs more", row.name)));
            let refused = rows.iter().filter(|r| matches!(r.becomes, Becomes::Impossible(_)));
            assert_eq!(refused.map(|r| &r.name).collect::<Vec<_>>(), [&row.name]);
        }
    }
}
