//! Recurrent models in the native file format: the architecture under `recurrent` in the metadata.
//!
//! Tensors (all F32): `normalisation.offset`, `normalisation.scale`, `embedding.table`,
//! `recurrentN.GATE.input`, `.recurrent`, `.bias`, `recurrentN.candidate.shift`, `head.weight`,
//! `head.bias`.

use super::model::{
    Cell, Embedding, Gate, GateName, Head, RecurrentLayer, RecurrentModel, RecurrentParts,
};
use crate::blueprint::{ActivationPrint, Tensors, Written, digest, take_tensor};
use crate::file;
use crate::{ModelCard, ModelError, Normalisation, Provenance};
use data::Digest;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Field of the metadata that holds the architecture.
const KIND: &str = "recurrent";

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Blueprint {
    name: String,
    channels: usize,
    classes: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    embedding: Option<EmbeddingPrint>,
    layers: Vec<LayerPrint>,
    provenance: Provenance,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EmbeddingPrint {
    tokens: usize,
    width: usize,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LayerPrint {
    inputs: usize,
    hidden: usize,
    cell: CellPrint,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum CellPrint {
    Elman {
        state: ActivationPrint,
    },
    Gru {
        reset: ActivationPrint,
        update: ActivationPrint,
        candidate: ActivationPrint,
    },
    Lstm {
        input: ActivationPrint,
        forget: ActivationPrint,
        output: ActivationPrint,
        candidate: ActivationPrint,
        state: ActivationPrint,
    },
}

impl RecurrentModel {
    /// Reads a model file; nothing in it is trusted.
    ///
    /// # Errors
    /// When it cannot be read, is too large, is no recurrent model of a known version, or its
    /// tensors are not exactly those its architecture needs.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ModelError> {
        let path = path.as_ref();
        Self::from_bytes(&file::read(path)?, &format::path(path))
    }

    /// A model from the bytes of its file; `origin` names it in errors.
    ///
    /// # Errors
    /// As [`RecurrentModel::load`].
    pub fn from_bytes(bytes: &[u8], origin: &str) -> Result<Self, ModelError> {
        let file = file::open(bytes, origin, KIND)?;
        let format = |reason: String| ModelError::Format { origin: origin.into(), reason };
        let blueprint: Blueprint = serde_json::from_str(&file.architecture)
            .map_err(|e| format(format!("architecture: {}", file::one_line(&e))))?;
        let parts = blueprint.into_parts(file.tensors, file.names.card).map_err(format)?;
        let model = Self::new(parts)
            .map_err(|source| ModelError::Network { origin: origin.into(), source })?;
        file.names.seal.map_or(Ok(()), |seal| seal.check(model.digest())).map_err(format)?;
        Ok(model)
    }

    /// Writes the model file, whole or not at all.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), ModelError> {
        file::write(path.as_ref(), &self.to_bytes())
    }

    /// The bytes of the model file; the same model always gives the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let blueprint = Blueprint::of(self);
        let text = serde_json::to_string(&blueprint).unwrap_or_default();
        file::assemble(KIND, &text, self.card(), self.digest(), &tensors(self.parts()))
    }

    /// What it computes: over architecture and tensors, not over its name, its origin or the names of
    /// its classes.
    pub fn digest(&self) -> Digest {
        let print = Blueprint::of(self);
        let computes = (print.channels, print.classes, &print.embedding, &print.layers);
        let computes = serde_json::to_string(&computes).unwrap_or_default();
        digest(&computes, &tensors(self.parts()))
    }

    /// Whether the bytes of a file say that it holds a recurrent model.
    pub fn is_in(bytes: &[u8]) -> bool {
        file::open(bytes, "", KIND).is_ok()
    }
}

/// The name of a layer's tensors.
fn layer_name(index: usize) -> String {
    format!("recurrent{}", index + 1)
}

fn tensors(parts: &RecurrentParts) -> Vec<Written<'_>> {
    let normalisation = &parts.normalisation;
    let mut all: Vec<Written<'_>> = vec![
        ("normalisation.offset".into(), vec![normalisation.offset.len()], &normalisation.offset),
        ("normalisation.scale".into(), vec![normalisation.scale.len()], &normalisation.scale),
    ];
    if let Some(Embedding { width, table }) = &parts.embedding {
        all.push(("embedding.table".into(), vec![table.len() / width, *width], table));
    }
    for (index, layer) in parts.layers.iter().enumerate() {
        let (inputs, hidden, at) = (layer.inputs, layer.hidden, layer_name(index));
        for (name, gate) in layer.gates() {
            let at = format!("{at}.{}", name.id());
            all.push((format!("{at}.input"), vec![hidden, inputs], &gate.input));
            all.push((format!("{at}.recurrent"), vec![hidden, hidden], &gate.recurrent));
            all.push((format!("{at}.bias"), vec![hidden], &gate.bias));
        }
        if let Cell::Gru { candidate_shift, .. } = &layer.cell {
            all.push((format!("{at}.candidate.shift"), vec![hidden], candidate_shift));
        }
    }
    let hidden = parts.layers.last().map_or(0, |l| l.hidden);
    all.push(("head.weight".into(), vec![parts.head.bias.len(), hidden], &parts.head.weight));
    all.push(("head.bias".into(), vec![parts.head.bias.len()], &parts.head.bias));
    all
}

impl Blueprint {
    fn of(model: &RecurrentModel) -> Self {
        let embedding = model
            .embedding()
            .map(|e| EmbeddingPrint { tokens: e.table.len() / e.width, width: e.width });
        let layers = model.layers().iter().map(|layer| LayerPrint {
            inputs: layer.inputs,
            hidden: layer.hidden,
            cell: match &layer.cell {
                Cell::Elman(gate) => {
                    CellPrint::Elman { state: ActivationPrint::of(&gate.activation) }
                }
                Cell::Gru { reset, update, candidate, .. } => CellPrint::Gru {
                    reset: ActivationPrint::of(&reset.activation),
                    update: ActivationPrint::of(&update.activation),
                    candidate: ActivationPrint::of(&candidate.activation),
                },
                Cell::Lstm { input, forget, output, candidate, state } => CellPrint::Lstm {
                    input: ActivationPrint::of(&input.activation),
                    forget: ActivationPrint::of(&forget.activation),
                    output: ActivationPrint::of(&output.activation),
                    candidate: ActivationPrint::of(&candidate.activation),
                    state: ActivationPrint::of(state),
                },
            },
        });
        Self {
            name: model.name().to_owned(),
            channels: model.channels(),
            classes: model.classes(),
            embedding,
            layers: layers.collect(),
            provenance: model.provenance().clone(),
        }
    }

    fn into_parts(self, mut tensors: Tensors, card: ModelCard) -> Result<RecurrentParts, String> {
        self.provenance.check(&self.name)?;
        let vector = |tensors: &mut Tensors, name: &str| -> Result<Vec<f32>, String> {
            let len = tensors.get(name).map_or(0, |(_, values)| values.len());
            take_tensor(tensors, name, &[len])
        };
        let normalisation = Normalisation {
            offset: vector(&mut tensors, "normalisation.offset")?,
            scale: vector(&mut tensors, "normalisation.scale")?,
        };
        let embedding = match self.embedding {
            Some(EmbeddingPrint { tokens, width }) => {
                let table = take_tensor(&mut tensors, "embedding.table", &[tokens, width])?;
                Some(Embedding { width, table })
            }
            None => None,
        };
        let mut layers = Vec::new();
        for (index, layer) in self.layers.into_iter().enumerate() {
            layers.push(layer.fill(&layer_name(index), &mut tensors)?);
        }
        let hidden = layers.last().map_or(0, |l| l.hidden);
        let head = Head {
            weight: take_tensor(&mut tensors, "head.weight", &[self.classes, hidden])?,
            bias: take_tensor(&mut tensors, "head.bias", &[self.classes])?,
        };
        if let Some(name) = tensors.keys().next() {
            let name: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
            return Err(format!("tensor {name} belongs to no layer"));
        }
        Ok(RecurrentParts {
            name: self.name,
            channels: self.channels,
            embedding,
            normalisation,
            layers,
            head,
            provenance: self.provenance,
            card,
        })
    }
}

impl LayerPrint {
    fn fill(self, at: &str, tensors: &mut Tensors) -> Result<RecurrentLayer, String> {
        let Self { inputs, hidden, cell } = self;
        let mut gate = |name: GateName, print: ActivationPrint| -> Result<Gate, String> {
            let at = format!("{at}.{}", name.id());
            Ok(Gate {
                input: take_tensor(tensors, &format!("{at}.input"), &[hidden, inputs])?,
                recurrent: take_tensor(tensors, &format!("{at}.recurrent"), &[hidden, hidden])?,
                bias: take_tensor(tensors, &format!("{at}.bias"), &[hidden])?,
                activation: print.into_activation(&at)?,
            })
        };
        let cell = match cell {
            CellPrint::Elman { state } => Cell::Elman(gate(GateName::State, state)?),
            CellPrint::Gru { reset, update, candidate } => {
                let (reset, update) =
                    (gate(GateName::Reset, reset)?, gate(GateName::Update, update)?);
                let candidate = gate(GateName::Candidate, candidate)?;
                let shift = take_tensor(tensors, &format!("{at}.candidate.shift"), &[hidden])?;
                Cell::Gru { reset, update, candidate, candidate_shift: shift }
            }
            CellPrint::Lstm { input, forget, output, candidate, state } => Cell::Lstm {
                input: gate(GateName::Input, input)?,
                forget: gate(GateName::Forget, forget)?,
                output: gate(GateName::Output, output)?,
                candidate: gate(GateName::Candidate, candidate)?,
                state: state.into_activation(&format!("{at}.state"))?,
            },
        };
        Ok(RecurrentLayer { inputs, hidden, cell })
    }
}

#[cfg(test)]
mod tests {
    use super::super::CellKind;
    use super::*;
    use activation::{Activation, ChebyshevSeries};

    fn models() -> Vec<RecurrentModel> {
        let plain = RecurrentModel::random(3, 4, 5, 2, CellKind::Gru, 1);
        let small = RecurrentModel::random(2, 3, 2, 1, CellKind::Elman, 2);
        let long = RecurrentModel::random(2, 3, 2, 1, CellKind::Lstm, 3);
        let series = ChebyshevSeries::new((-3.0, 3.0), vec![0.0, 1.1, 0.0, -0.1]);
        let polynomial =
            small.with_activations(&[Some(Activation::Chebyshev(series))]).expect("allowed");
        let embedding = Some(Embedding { width: 2, table: vec![0.5; 12] });
        let text =
            RecurrentModel::new(RecurrentParts { channels: 1, embedding, ..small.parts().clone() });
        vec![plain, small, polynomial, long, text.expect("fits")]
    }

    #[test]
    fn a_file_gives_back_the_model() {
        for model in models() {
            let bytes = model.to_bytes();
            assert!(RecurrentModel::is_in(&bytes));
            assert_eq!(RecurrentModel::from_bytes(&bytes, "m").expect("reads"), model);
        }
    }

    #[test]
    fn broken_files_are_refused() {
        let bytes = models()[2].to_bytes();
        for cut in 0..bytes.len() {
            assert!(RecurrentModel::from_bytes(&bytes[..cut], "m").is_err(), "cut at {cut}");
        }
        let text = |from: &str, to: &str| {
            assert_eq!(from.len(), to.len());
            let mut changed = bytes.clone();
            let found = bytes.windows(from.len()).position(|w| w == from.as_bytes());
            let at = found.expect("is there");
            changed[at..at + to.len()].copy_from_slice(to.as_bytes());
            RecurrentModel::from_bytes(&changed, "m").unwrap_err().to_string()
        };
        assert!(text("\\\"hidden\\\":3", "\\\"hidden\\\":4").contains("has shape"));
        assert!(text("\\\"classes\\\":2", "\\\"classes\\\":9").contains("has shape"));
        assert!(text("\"recurrent\":", "\"recurrant\":").contains("recurrent"));
        let network = crate::open("digits").expect("built in").to_bytes();
        let refused = RecurrentModel::from_bytes(&network, "m").unwrap_err().to_string();
        assert!(refused.contains("metadata recurrent is missing"), "{refused}");
    }
}
