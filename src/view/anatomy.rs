//! A network layer by layer: shapes, sizes, and what becomes of each under encryption.

use activation::Method;
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

/// The layers of `network`, and what the setup makes of them; `refusal` is why it cannot work, where it
/// cannot: the layer that it names is the one.
pub fn anatomy(network: &Network, scenario: &Scenario, refusal: Option<&str>) -> Vec<LayerRow> {
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
            let choice = &scenario.activation;
            let tables = choice.kind == ActivationKind::Lookup
                || scenario.scheme.kind == SchemeSelector::Tfhe;
            if tables {
                let bits = choice.bits.map_or(String::new(), |bits| format!(" of {bits} bits"));
                return Becomes::Other(format!("a lookup table{bits}"));
            }
            if function.is_polynomial() {
                return Becomes::Same("as it is: a polynomial");
            }
            match choice.method.parse::<Method>() {
                Ok(method) if method.uses_degree() => Becomes::Other(format!(
                    "a polynomial of degree {} ({})",
                    choice.degree,
                    method.name()
                )),
                Ok(method) => Becomes::Other(method.name().to_owned()),
                Err(_) => Becomes::Impossible(format!(
                    "{} is no polynomial: choose what stands in its place (Activation in the setup), or a lookup table",
                    function.name()
                )),
            }
        }
        // All others are linear.
        _ => Becomes::Same("as it is: weighted sums"),
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
        anatomy(&network::open(model).unwrap(), &scenario, refusal)
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
