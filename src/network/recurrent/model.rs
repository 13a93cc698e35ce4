//! A recurrent network: a table of tokens perhaps, one or two cells, and a dense head.

use crate::card::{Start, on_one_line, role_of};
use crate::model::check_activation;
use crate::provenance::MAX_TEXT_BYTES;
use crate::{ModelCard, NetworkError, Normalisation, Provenance, Role};
use activation::Activation;
use serde::{Deserialize, Serialize};

/// Most layers of cells.
const MAX_LAYERS: usize = 2;
/// Most units of a cell, channels of a step, classes.
pub(super) const MAX_WIDTH: usize = 4096;
/// Most tokens of an embedding.
pub(super) const MAX_TOKENS: usize = 1 << 20;

/// One affine map of input and state, and the function applied to it:
/// `f(input x + recurrent h + bias)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// Row-major `[hidden][inputs]`.
    pub input: Vec<f32>,
    /// Row-major `[hidden][hidden]`.
    pub recurrent: Vec<f32>,
    /// One per hidden unit.
    pub bias: Vec<f32>,
    pub activation: Activation,
}

/// What a layer does at each step; `.` is the product unit by unit.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// `h' = f(W x + U h + b)` (Elman, Cognitive Science 14 (1990)).
    Elman(Gate),
    /// Gated recurrent unit, reset after the product (Cho et al., arXiv 1406.1078, in the form of
    /// cuDNN): `r = s(W_r x + U_r h + b_r)`, `z = s(W_z x + U_z h + b_z)`,
    /// `n = f(W_n x + b_n + r . (U_n h + c))`, `h' = n + z . (h - n)`.
    Gru {
        reset: Gate,
        update: Gate,
        candidate: Gate,
        /// `c`, one per hidden unit.
        candidate_shift: Vec<f32>,
    },
    /// Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000):
    /// `i = s(W_i x + U_i h + b_i)`, `f` and `o` alike, `g = t(W_g x + U_g h + b_g)`,
    /// `c' = f . c + i . g`, `h' = o . state(c')`.
    Lstm { input: Gate, forget: Gate, output: Gate, candidate: Gate, state: Activation },
}

impl Cell {
    /// What people call it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Elman(_) => "Elman cell",
            Self::Gru { .. } => "GRU",
            Self::Lstm { .. } => "LSTM",
        }
    }
}

/// One layer of recurrent units.
#[derive(Clone, Debug, PartialEq)]
pub struct RecurrentLayer {
    /// Channels of its input at each step.
    pub inputs: usize,
    /// Units.
    pub hidden: usize,
    pub cell: Cell,
}

/// Vectors of tokens, looked up before anything is encrypted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Embedding {
    /// Channels of a token.
    pub width: usize,
    /// Row-major `[tokens][width]`; a token is its row.
    pub table: Vec<f32>,
}

/// The dense layer on the last state of the last layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// Row-major `[classes][hidden]`.
    pub weight: Vec<f32>,
    /// One per class.
    pub bias: Vec<f32>,
}

/// What a [`RecurrentModel`] is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct RecurrentParts {
    pub name: String,
    /// Values of one step of a raw sample: 1 where it is a token.
    pub channels: usize,
    pub embedding: Option<Embedding>,
    /// `(x - offset) / scale` of raw values, one value or one per channel; with an embedding, of
    /// nothing (offset 0, scale 1).
    pub normalisation: Normalisation,
    pub layers: Vec<RecurrentLayer>,
    pub head: Head,
    pub provenance: Provenance,
    /// Its features are the channels of a step.
    pub card: ModelCard,
}

/// A many-to-one recurrent network whose parts fit together (see [`RecurrentModel::new`]).
///
/// A state starts at zero, and stays zero while a padded sample has not begun.
#[derive(Clone, Debug, PartialEq)]
pub struct RecurrentModel {
    parts: RecurrentParts,
    classes: usize,
}

/// The names of the functions of a cell, in the order of [`RecurrentLayer::functions`]: those of its
/// gates, and of an LSTM `State`, which is applied to the state of its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateName {
    State,
    Reset,
    Update,
    Candidate,
    Input,
    Forget,
    Output,
}

impl RecurrentLayer {
    /// Number of trained values.
    pub fn parameters(&self) -> usize {
        let gates = self.gates().into_iter();
        let gates: usize =
            gates.map(|(_, g)| g.input.len() + g.recurrent.len() + g.bias.len()).sum();
        gates + if matches!(self.cell, Cell::Gru { .. }) { self.hidden } else { 0 }
    }

    /// Multiplications of a value with a weight, in one step of a sample.
    pub fn macs(&self) -> usize {
        self.gates().into_iter().map(|(_, gate)| gate.input.len() + gate.recurrent.len()).sum()
    }

    /// Values that go from step to step: the state, and of an LSTM behind it that of its cells.
    pub fn carried(&self) -> usize {
        match self.cell {
            Cell::Elman(_) | Cell::Gru { .. } => self.hidden,
            Cell::Lstm { .. } => 2 * self.hidden,
        }
    }

    /// The gates with their names: one of an Elman cell, three of a GRU, four of an LSTM.
    pub fn gates(&self) -> Vec<(GateName, &Gate)> {
        match &self.cell {
            Cell::Elman(gate) => vec![(GateName::State, gate)],
            Cell::Gru { reset, update, candidate, .. } => vec![
                (GateName::Reset, reset),
                (GateName::Update, update),
                (GateName::Candidate, candidate),
            ],
            Cell::Lstm { input, forget, output, candidate, .. } => vec![
                (GateName::Input, input),
                (GateName::Forget, forget),
                (GateName::Output, output),
                (GateName::Candidate, candidate),
            ],
        }
    }

    /// The functions with their names: those of the gates, and of an LSTM that of the state of its cells.
    pub fn functions(&self) -> Vec<(GateName, &Activation)> {
        let gates = self.gates().into_iter().map(|(name, gate)| (name, &gate.activation));
        let of_cells = match &self.cell {
            Cell::Lstm { state, .. } => Some((GateName::State, state)),
            Cell::Elman(_) | Cell::Gru { .. } => None,
        };
        gates.chain(of_cells).collect()
    }

    /// The same functions, to be changed.
    fn functions_mut(&mut self) -> Vec<&mut Activation> {
        match &mut self.cell {
            Cell::Elman(gate) => vec![&mut gate.activation],
            Cell::Gru { reset, update, candidate, .. } => {
                [reset, update, candidate].map(|gate| &mut gate.activation).into()
            }
            Cell::Lstm { input, forget, output, candidate, state } => {
                let gates = [input, forget, output, candidate];
                gates.into_iter().map(|gate| &mut gate.activation).chain([state]).collect()
            }
        }
    }
}

impl GateName {
    /// As it stands in files and reports.
    pub fn id(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Reset => "reset",
            Self::Update => "update",
            Self::Candidate => "candidate",
            Self::Input => "input",
            Self::Forget => "forget",
            Self::Output => "output",
        }
    }
}

impl RecurrentModel {
    /// A model, checked: one or two layers that take what the one before gives, weights of the
    /// length their place needs and finite, at least two classes.
    ///
    /// # Errors
    /// When a part does not fit; the text says which.
    pub fn new(parts: RecurrentParts) -> Result<Self, NetworkError> {
        let network = parts.name.clone();
        let whole = |reason: String| NetworkError::Whole { network: network.clone(), reason };
        let classes = parts.head.bias.len();
        if !(2..=MAX_WIDTH).contains(&classes) {
            return Err(whole(format!("{classes} classes; 2 to {MAX_WIDTH} are possible")));
        }
        if !(1..=MAX_WIDTH).contains(&parts.channels) {
            let channels = parts.channels;
            return Err(whole(format!("{channels} channels; 1 to {MAX_WIDTH} are possible")));
        }
        if !(1..=MAX_LAYERS).contains(&parts.layers.len()) {
            let layers = parts.layers.len();
            return Err(whole(format!("{layers} layers; 1 to {MAX_LAYERS} are possible")));
        }
        check_input(&parts).map_err(whole)?;
        let tokens = parts.embedding.as_ref().map_or(0, |e| e.table.len() / e.width.max(1));
        parts.card.check(classes, parts.channels, tokens).map_err(whole)?;
        let mut width = parts.embedding.as_ref().map_or(parts.channels, |e| e.width);
        for (index, layer) in parts.layers.iter().enumerate() {
            check_layer(layer, width).map_err(|reason| NetworkError::Layer {
                network: network.clone(),
                layer: format!("recurrent{}", index + 1),
                reason,
            })?;
            width = layer.hidden;
        }
        check_values("weight", &parts.head.weight, classes * width)
            .and_then(|()| check_values("bias", &parts.head.bias, classes))
            .map_err(|reason| NetworkError::Layer {
                network: network.clone(),
                layer: "head".into(),
                reason,
            })?;
        Ok(Self { parts, classes })
    }

    /// A model of parts that are known to fit.
    pub(super) fn trusted(parts: RecurrentParts, classes: usize) -> Self {
        Self { parts, classes }
    }

    /// The same model with another function in the place of each, in the order of
    /// [`RecurrentLayer::functions`] and layer after layer; `None` leaves one as it is.
    ///
    /// # Errors
    /// When there are more or fewer entries than functions, or one is not allowed in a network.
    pub fn with_activations(
        &self,
        activations: &[Option<Activation>],
    ) -> Result<Self, NetworkError> {
        let mut parts = self.parts.clone();
        let mut functions: Vec<&mut Activation> =
            parts.layers.iter_mut().flat_map(RecurrentLayer::functions_mut).collect();
        if functions.len() != activations.len() {
            return Err(NetworkError::Whole {
                network: self.parts.name.clone(),
                reason: format!(
                    "{} activations for {} functions; one for each is needed",
                    activations.len(),
                    functions.len()
                ),
            });
        }
        for (function, activation) in functions.iter_mut().zip(activations) {
            if let Some(activation) = activation {
                **function = activation.clone();
            }
        }
        parts.card = parts.card.names();
        Self::new(parts)
    }

    /// The same model as made by this command.
    pub fn made_by(mut self, command: &str) -> Self {
        self.parts.provenance.command = on_one_line(command, MAX_TEXT_BYTES);
        self
    }

    /// Short name.
    pub fn name(&self) -> &str {
        &self.parts.name
    }

    /// Values of one step of a raw sample.
    pub fn channels(&self) -> usize {
        self.parts.channels
    }

    /// Values of one step as the first layer takes it: those that are encrypted.
    pub fn width(&self) -> usize {
        self.parts.embedding.as_ref().map_or(self.parts.channels, |e| e.width)
    }

    /// Number of outputs, one per class.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The layers, first to last.
    pub fn layers(&self) -> &[RecurrentLayer] {
        &self.parts.layers
    }

    /// The dense layer at the end.
    pub fn head(&self) -> &Head {
        &self.parts.head
    }

    /// The vectors of tokens, where samples are text.
    pub fn embedding(&self) -> Option<&Embedding> {
        self.parts.embedding.as_ref()
    }

    /// How raw values become inputs.
    pub fn normalisation(&self) -> &Normalisation {
        &self.parts.normalisation
    }

    /// Where it comes from.
    pub fn provenance(&self) -> &Provenance {
        &self.parts.provenance
    }

    /// What its outputs and inputs are called, and which models belong to it.
    pub fn card(&self) -> &ModelCard {
        &self.parts.card
    }

    /// What it is by its activations.
    pub fn role(&self) -> Role {
        let functions = self.parts.layers.iter().flat_map(RecurrentLayer::functions);
        role_of(functions.map(|(_, function)| function))
    }

    /// This model as the start of a training.
    pub(crate) fn as_start(&self) -> Start<'_> {
        let (digest, role) = (self.digest(), self.role());
        Start { name: self.name(), digest, role, card: &self.parts.card }
    }

    /// All parts, to make another model from.
    pub fn parts(&self) -> &RecurrentParts {
        &self.parts
    }

    /// Number of trained values.
    pub fn parameters(&self) -> usize {
        let parts = &self.parts;
        let table = parts.embedding.as_ref().map_or(0, |e| e.table.len());
        let layers: usize = parts.layers.iter().map(RecurrentLayer::parameters).sum();
        table + layers + parts.head.weight.len() + parts.head.bias.len()
    }
}

impl RecurrentModel {
    /// The model in several lines of text: layers, parameters, functions, origin.
    pub fn describe(&self) -> String {
        let mut rows = vec![
            ("network", format!("{}, recurrent", self.name())),
            ("input", format!("steps of {}", self.channels())),
        ];
        if let Some(e) = self.embedding() {
            let tokens = e.table.len() / e.width;
            rows.push(("tokens", format!("{tokens}, looked up as {} values", e.width)));
        }
        for layer in self.layers() {
            let kind = layer.cell.name();
            let functions: Vec<_> =
                layer.functions().iter().map(|(_, function)| function.name()).collect();
            rows.push((
                "layer",
                format!("{kind}, {} units, {}", layer.hidden, functions.join(", ")),
            ));
        }
        rows.push(("parameters", format::count(self.parameters() as u64)));
        rows.extend(self.card().describe(self.classes(), self.digest(), self.role()));
        let p = self.provenance();
        for (name, text) in [("trained on", &p.dataset), ("made by", &p.command)] {
            if !text.is_empty() {
                rows.push((name, text.clone()));
            }
        }
        if let Some(accuracy) = p.test_accuracy {
            rows.push(("accuracy", format!("{} on the test split", format::percent(accuracy))));
        }
        rows.iter().map(|(name, text)| format!("{name:<12}{text}\n")).collect()
    }
}

fn check_input(parts: &RecurrentParts) -> Result<(), String> {
    let Normalisation { offset, scale } = &parts.normalisation;
    for (what, values) in [("offset", offset), ("scale", scale)] {
        if values.len() != 1 && values.len() != parts.channels {
            return Err(format!(
                "normalisation {what} has {} values; 1 or {} are needed",
                values.len(),
                parts.channels
            ));
        }
        if values.iter().any(|v| !v.is_finite() || (what == "scale" && *v == 0.0)) {
            return Err(format!("normalisation {what} must be finite, and a scale not 0"));
        }
    }
    let Some(embedding) = &parts.embedding else { return Ok(()) };
    let (width, values) = (embedding.width, embedding.table.len());
    if !(1..=MAX_WIDTH).contains(&width) || values == 0 || !values.is_multiple_of(width) {
        return Err(format!("embedding of {values} values is no table of rows of {width}"));
    }
    let tokens = values / width;
    if tokens > MAX_TOKENS {
        return Err(format!("embedding of {tokens} tokens; at most {MAX_TOKENS} are allowed"));
    }
    if parts.channels != 1 || (offset.as_slice(), scale.as_slice()) != (&[0.0], &[1.0]) {
        return Err("with an embedding a step is one token: 1 channel, offset 0, scale 1".into());
    }
    check_values("embedding", &embedding.table, values)
}

fn check_layer(layer: &RecurrentLayer, width: usize) -> Result<(), String> {
    let (inputs, hidden) = (layer.inputs, layer.hidden);
    if inputs != width {
        return Err(format!("takes {inputs} channels but is given {width}"));
    }
    if !(1..=MAX_WIDTH).contains(&hidden) {
        return Err(format!("{hidden} units; 1 to {MAX_WIDTH} are possible"));
    }
    for (name, gate) in layer.gates() {
        let name = name.id();
        check_values(&format!("{name} input"), &gate.input, hidden * inputs)?;
        check_values(&format!("{name} recurrent"), &gate.recurrent, hidden * hidden)?;
        check_values(&format!("{name} bias"), &gate.bias, hidden)?;
        check_activation(&gate.activation)?;
    }
    match &layer.cell {
        Cell::Elman(_) => Ok(()),
        Cell::Gru { candidate_shift, .. } => {
            check_values("candidate shift", candidate_shift, hidden)
        }
        Cell::Lstm { state, .. } => check_activation(state),
    }
}

fn check_values(what: &str, values: &[f32], needed: usize) -> Result<(), String> {
    if values.len() != needed {
        return Err(format!("{what} has {} values; {needed} are needed", values.len()));
    }
    match values.iter().position(|v| !v.is_finite()) {
        Some(at) => Err(format!("{what} has a value that is not a finite number at position {at}")),
        None => Ok(()),
    }
}
