//! What the window shows. Panels read it; only `logic` changes it.

use super::compare_view::CompareView;
use super::cryptonn_view::CryptonnView;
use super::dialog::PathDialog;
use super::lab::Lab;
use super::leak_view::LeakView;
use super::mitigation_view::MitigationView;
use super::notes::Notes;
use super::palette::Palette;
use super::run_view::RunView;
use super::sequence_view::SequenceView;
use super::sweep_view::SweepView;
use super::training_view::TrainingView;
use crate::circuit::Plan;
use crate::run::{ActivationKind, Scenario, SchemeSelector, TableStudy};
use crate::worker::{Loaded, LoadedSequence, TRAINS};
use std::sync::Arc;

/// What is in the centre.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    #[default]
    Run,
    Samples,
    Activation,
    Sweep,
    Training,
    Leak,
    Compare,
    Sequence,
}

/// The answer to the setup as it stands.
#[derive(Debug, Default)]
pub struct Preview {
    pub plan: Option<Box<Plan>>,
    /// Why the setup cannot work, one line.
    pub refusal: Option<String>,
    /// A newer answer is on its way.
    pub pending: bool,
}

/// Everything on screen.
pub struct State {
    /// The setup as it stands.
    pub scenario: Scenario,
    /// The setup as it was opened, for going back.
    pub opened: Scenario,
    pub undo: Vec<Scenario>,
    pub redo: Vec<Scenario>,
    pub loaded: Option<Loaded>,
    /// Of a recurrent setup.
    pub loaded_sequence: Option<LoadedSequence>,
    pub preview: Preview,
    /// The newest run, live or over.
    pub run: Option<RunView>,
    pub running: bool,
    pub stopping: bool,
    pub tab: Tab,
    /// Stage under the pointer, in any plot or in the table.
    pub hovered_stage: Option<usize>,
    /// The tab Activation.
    pub lab: Lab,
    /// The lookup tables of the newest plan, where it has some.
    pub tables: Option<Arc<TableStudy>>,
    /// The tab Sweep.
    pub sweep: SweepView,
    /// The tab Training.
    pub training: TrainingView,
    /// The tab Training of an encrypted training.
    pub cryptonn: CryptonnView,
    /// The tab What the server learns.
    pub leak: LeakView,
    /// What protects the samples there.
    pub mitigations: MitigationView,
    /// The tab Compare.
    pub compare: CompareView,
    /// The tab Sequence.
    pub sequence: SequenceView,
    /// A sweep, training or comparison is on.
    pub task_running: bool,
    /// It was asked to stop.
    pub task_stopping: bool,
    /// Position in the list of samples, disagreements first.
    pub sample_at: usize,
    pub notes: Notes,
    pub dialog: Option<PathDialog>,
    pub palette: Option<Palette>,
    pub show_about: bool,
    pub show_log: bool,
}

impl State {
    /// A fresh window on `scenario`.
    pub fn new(scenario: Scenario) -> Self {
        Self {
            opened: scenario.clone(),
            scenario,
            undo: Vec::new(),
            redo: Vec::new(),
            loaded: None,
            loaded_sequence: None,
            preview: Preview::default(),
            run: None,
            running: false,
            stopping: false,
            tab: Tab::Run,
            hovered_stage: None,
            lab: Lab::default(),
            tables: None,
            sweep: SweepView::default(),
            training: TrainingView::default(),
            cryptonn: CryptonnView::default(),
            leak: LeakView::default(),
            mitigations: MitigationView::default(),
            compare: CompareView::default(),
            sequence: SequenceView::default(),
            task_running: false,
            task_stopping: false,
            sample_at: 0,
            notes: Notes::default(),
            dialog: None,
            palette: None,
            show_about: false,
            show_log: false,
        }
    }

    /// Whether the run shown belongs to the setup as it stands.
    pub fn run_is_of_setup(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.scenario == self.scenario)
    }

    /// Names of the layers that are activations: polynomials of the model, then its tables.
    pub fn activation_names(&self) -> Vec<&str> {
        let layers = self.loaded.iter().flat_map(|l| l.network.layers());
        let tables = self.tables.iter().flat_map(|s| s.network.tables());
        let layers = layers.filter(|l| !l.op.is_affine()).map(|l| l.name.as_str());
        layers.chain(tables.map(|t| t.name.as_str())).collect()
    }

    /// Whether the setup has a recurrent network, and it is in memory.
    pub fn is_recurrent(&self) -> bool {
        self.scenario.sequence.is_some() && self.loaded_sequence.is_some()
    }

    /// Whether the setup trains on encrypted data.
    pub fn is_cryptonn(&self) -> bool {
        self.scenario.training.is_some()
    }

    /// Whether the setup can be trained on encrypted data as it stands.
    pub fn can_train_encrypted(&self) -> bool {
        let refusal = self.preview.refusal.as_deref();
        self.is_cryptonn()
            && self.loaded.as_ref().is_some_and(|l| l.training.is_some())
            && refusal.is_none_or(|r| r == TRAINS)
    }

    /// Whether activations are lookup tables.
    pub fn is_lookup(&self) -> bool {
        self.scenario.activation.kind == ActivationKind::Lookup
            || self.scenario.scheme.kind == SchemeSelector::Tfhe
    }

    /// Whether something that takes the keyboard is open.
    pub fn is_modal(&self) -> bool {
        self.dialog.is_some() || self.palette.is_some() || self.show_about || self.show_log
    }
}
