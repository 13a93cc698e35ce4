//! What the window shows. Panels read it; only `logic` changes it.

use super::dialog::PathDialog;
use super::layout::Layout;
use super::notifications::Notifications;
use super::palette::Palette;
use super::sheet::Sheet;
use super::tab::Tab;
use circuit::Plan;
use data::fetch::PublicSet;
use data::{Dataset, Shape};
use egui::util::undoer::{self, Undoer};
use inference::TableStudy;
use lesson::{Lesson, Session};
use look::{Ciphertext, LayerView, Pad};
use network::Network;
use report::Sample;
use scenario::{ActivationKind, Scenario, SchemeSelector};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use strip::Perspective;
use view::anatomy::Anatomy;
use view::{
    CompareView, CryptonnView, Difference, Download, History, KeptRuns, LeakView, MitigationView,
    NewNetwork, Origin, Pins, Replay, Results, RunView, SequenceView, SweepView, TaskStatus,
    TrainingView, lab::Lab,
};
use worker::{Glance, Loaded, LoadedData, LoadedSequence, Seen, TRAINS};

/// The answer to the setup as it stands.
#[derive(Debug, Default)]
pub struct Preview {
    pub plan: Option<Box<Plan>>,
    /// The name of the scenario that the plan or the refusal is of.
    pub of: String,
    /// Why the setup cannot work, one line.
    pub refusal: Option<String>,
    /// A newer answer is on its way.
    pub pending: bool,
}

/// A run that is to take longer is asked about before, seconds.
const LONG: f64 = 180.0;
/// Changes closer together than this are one step of undo.
pub const ONE_CHANGE: Duration = Duration::from_millis(700);

/// Everything on screen.
pub struct State {
    /// The setup as it stands.
    pub scenario: Scenario,
    /// The setup as it was opened, for going back.
    pub opened: Scenario,
    /// Setups to go back to.
    pub undo: Undoer<Scenario>,
    /// The data of the setup, also where the model does not fit them.
    pub data: Option<LoadedData>,
    /// The model of the setup, also where it does not fit the data.
    pub model: Option<Arc<Network>>,
    pub loaded: Option<Loaded>,
    /// What that model does with the first test samples in the clear.
    pub glance: Option<Glance>,
    /// It is being looked at.
    pub glancing: bool,
    /// Of a recurrent setup.
    pub loaded_sequence: Option<LoadedSequence>,
    pub preview: Preview,
    /// The newest run, live or over; while a replay is on the moment of it that is shown.
    pub run: Option<RunView>,
    /// The replay that is on.
    pub replay: Option<Replay>,
    /// The next run is shown slower than it is.
    pub slow: bool,
    /// Runs whose lines and figures stay beside later ones.
    pub pins: Pins,
    /// The runs that are kept over restarts.
    pub kept: KeptRuns,
    pub running: bool,
    pub stopping: bool,
    pub tab: Tab,
    /// Stage under the pointer, in any plot or in the table.
    pub hovered_stage: Option<usize>,
    /// Layers whose stages stand one by one in the plots and in the table.
    pub unfolded: BTreeSet<String>,
    /// Whose eyes the run is looked at with, where the strip is shown.
    pub seen_as: Perspective,
    /// The layer whose card is open.
    pub opened_layer: Option<String>,
    /// The tab Activation.
    pub lab: Lab,
    /// The lookup tables of the newest plan, where it has some.
    pub tables: Option<Arc<TableStudy>>,
    /// The tab Sweep.
    pub sweep: SweepView,
    /// The tab Training.
    pub training: TrainingView,
    /// A network that is written anew, in the tab Training.
    pub new_network: NewNetwork,
    /// The download of a public dataset.
    pub download: Download,
    /// Where the larger datasets are looked for.
    pub data_folder: Option<PathBuf>,
    /// What was trained and opened.
    pub history: History,
    /// The tab Training of an encrypted training.
    pub cryptonn: CryptonnView,
    /// The tab What the server learns.
    pub leak: LeakView,
    /// What protects the samples there.
    pub mitigations: MitigationView,
    pub layout: Layout,
    /// The tab Compare.
    pub compare: CompareView,
    /// The tab Sequence.
    pub sequence: SequenceView,
    /// A sweep, training or comparison is on.
    pub task_running: bool,
    /// It was asked to stop.
    pub task_stopping: bool,
    /// Position in the list of samples that are looked at.
    pub sample_at: usize,
    /// Which samples are looked at.
    pub difference: Difference,
    /// The lesson that somebody is in.
    pub lesson: Option<Session>,
    /// Lessons to choose from: those that come with the program, and those that were opened.
    pub lessons: Vec<Arc<Lesson>>,
    /// A sample of a person's own.
    pub pad: Pad,
    /// A value of the sample that is looked at, as a ciphertext.
    pub ciphertext: Ciphertext,
    /// Its values after a layer.
    pub layer: LayerView,
    pub notifications: Notifications,
    pub dialog: Option<PathDialog>,
    pub palette: Option<Palette>,
    pub sheet: Option<Sheet>,
    /// A setup was asked for from the clipboard.
    pub pasting: bool,
}

impl State {
    /// A fresh window on `scenario`.
    pub fn new(scenario: Scenario) -> Self {
        Self {
            opened: scenario.clone(),
            scenario,
            undo: Undoer::with_settings(undoer::Settings {
                stable_time: ONE_CHANGE.as_secs_f32(),
                ..Default::default()
            }),
            data: None,
            model: None,
            loaded: None,
            glance: None,
            glancing: false,
            loaded_sequence: None,
            preview: Preview::default(),
            run: None,
            replay: None,
            slow: false,
            pins: Pins::default(),
            kept: KeptRuns::default(),
            running: false,
            stopping: false,
            tab: Tab::Run,
            hovered_stage: None,
            unfolded: BTreeSet::new(),
            seen_as: Perspective::default(),
            opened_layer: None,
            lab: Lab::default(),
            tables: None,
            sweep: SweepView::default(),
            training: TrainingView::default(),
            new_network: NewNetwork::default(),
            download: Download::default(),
            data_folder: None,
            history: History::default(),
            cryptonn: CryptonnView::default(),
            leak: LeakView::default(),
            mitigations: MitigationView::default(),
            layout: Layout::default(),
            compare: CompareView::default(),
            sequence: SequenceView::default(),
            task_running: false,
            task_stopping: false,
            sample_at: 0,
            difference: Difference::default(),
            lesson: None,
            lessons: lesson::shipped().into_iter().map(Arc::new).collect(),
            pad: Pad::default(),
            ciphertext: Ciphertext::default(),
            layer: LayerView::default(),
            notifications: Notifications::default(),
            dialog: None,
            palette: None,
            sheet: None,
            pasting: false,
        }
    }

    /// Whether the run shown belongs to the setup as it stands.
    pub fn run_is_of_setup(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.origin.is(&self.scenario))
    }

    /// Whether a part of the window is shown: everything, or what the scenario names.
    pub fn shows(&self, part: &str) -> bool {
        let show = &self.scenario.show;
        show.is_empty() || show.iter().any(|shown| shown == part)
    }

    /// Whether results of a kind are being made.
    pub fn is_going_on(&self, results: Results) -> bool {
        let running = |status: &TaskStatus| *status == TaskStatus::Running;
        match results {
            Results::Run => self.running,
            Results::Sequence => self.running || self.sequence.comparing.is_some(),
            Results::Compare => running(&self.compare.status),
            Results::Sweep => running(&self.sweep.status),
            Results::Training => running(&self.training.status),
            Results::Cryptonn => running(&self.cryptonn.status),
            Results::Mitigations => running(&self.mitigations.status),
        }
    }

    /// Where results of a kind come from, while there are some.
    pub fn origin(&self, results: Results) -> Option<&Origin> {
        match results {
            Results::Run => self.run.as_ref().map(|run| &run.origin),
            Results::Sequence => self.sequence.origin.as_ref(),
            Results::Compare => self.compare.origin.as_ref(),
            Results::Sweep => self.sweep.origin.as_ref(),
            Results::Training => self.training.origin.as_ref(),
            Results::Cryptonn => self.cryptonn.origin.as_ref(),
            Results::Mitigations => self.mitigations.origin.as_ref(),
        }
    }

    /// Results that are being made while others are too: their times mean little from now on.
    pub(super) fn disturb(&mut self) {
        let tasks = [
            Results::Compare,
            Results::Sweep,
            Results::Training,
            Results::Cryptonn,
            Results::Mitigations,
        ];
        if !self.running || !tasks.into_iter().any(|results| self.is_going_on(results)) {
            return;
        }
        if let Some(run) = self.whole_run_mut() {
            run.origin.disturbed = true;
        }
        if let Some(origin) =
            self.sequence.origin.as_mut().filter(|_| self.scenario.sequence.is_some())
        {
            origin.disturbed = true;
        }
        let (compare, sweep) = (&mut self.compare, &mut self.sweep);
        let views = [
            (&compare.status, &mut compare.origin),
            (&sweep.status, &mut sweep.origin),
            (&self.cryptonn.status, &mut self.cryptonn.origin),
        ];
        for (status, origin) in views {
            if let Some(origin) = origin.as_mut().filter(|_| *status == TaskStatus::Running) {
                origin.disturbed = true;
            }
        }
    }

    /// Forgets results of a kind.
    pub(super) fn clear(&mut self, results: Results) {
        if self.is_going_on(results) {
            return;
        }
        match results {
            Results::Run => {
                (self.run, self.replay) = (None, None);
                self.sample_at = 0;
            }
            Results::Sequence => {
                self.sequence.clear();
                self.leave_replay();
                self.run = self.run.take().filter(|run| run.scenario.sequence.is_none());
            }
            Results::Compare => self.compare.clear(),
            Results::Sweep => self.sweep.clear(),
            Results::Training => self.training.clear(),
            Results::Cryptonn => {
                self.cryptonn = CryptonnView::default();
                self.leak.forget();
            }
            Results::Mitigations => self.mitigations = MitigationView::default(),
        }
    }

    /// The samples of the newest run that are looked at, by their place among all.
    pub fn shown_samples(&self) -> Vec<usize> {
        self.run.as_ref().map_or_else(Vec::new, |run| run.order(self.difference))
    }

    /// Looks at another of them.
    pub(super) fn step_sample(&mut self, by: isize) {
        let last = self.shown_samples().len().saturating_sub(1);
        self.sample_at = self.sample_at.saturating_add_signed(by).min(last);
        self.tab = Tab::Samples;
    }

    /// The sample of the newest run that is looked at, and its raw values, where they are in memory.
    pub fn shown_sample(&self) -> Option<(&Sample, Option<&[f32]>)> {
        let run = self.run.as_ref()?;
        let order = run.order(self.difference);
        let at = self.sample_at.min(order.len().saturating_sub(1));
        let sample = run.samples.get(*order.get(at)?)?;
        let values = run.dataset.as_ref().and_then(|dataset| {
            let len = dataset.shape().len();
            let start = sample.index.saturating_mul(len);
            dataset.test().inputs.get(start..start.saturating_add(len))
        });
        Some((sample, values))
    }

    /// The data whose samples can be drawn or set by hand.
    pub fn own_samples(&self) -> Option<&Arc<Dataset>> {
        let loaded = self.loaded.as_ref().filter(|_| self.has_loaded() && !self.is_cryptonn())?;
        Some(&loaded.dataset).filter(|dataset| Pad::takes(dataset.shape()))
    }

    /// Whose eyes everything is looked at with: where there is no strip nothing is hidden.
    pub fn eyes(&self) -> Perspective {
        let run = self.run.as_ref().is_some_and(|run| run.scenario.sequence.is_some());
        let sequence = self.scenario.sequence.is_some() || run;
        if sequence || self.is_cryptonn() { Perspective::Both } else { self.seen_as }
    }

    /// The layer whose card is to be seen.
    pub fn shown_layer(&self) -> Option<&str> {
        let seen = self.tab == Tab::Run && self.eyes().has_layers();
        self.opened_layer.as_deref().filter(|_| seen)
    }

    /// Whether Esc goes from one plot of the run back to all; while one is on it stops that.
    pub fn shows_plot_alone(&self) -> bool {
        let alone = self.layout.enlarged.is_some() && !self.layout.presents();
        alone && self.tab == Tab::Run && !self.running
    }

    /// Whether Esc leaves the replay; while a run is on it stops that.
    pub fn leaves_replay(&self) -> bool {
        let seen = matches!(self.tab, Tab::Run | Tab::Samples | Tab::Sequence);
        self.replay.is_some() && seen && !self.running
    }

    /// Whether the model and the data of the setup are in memory, and not those of the one before.
    pub fn has_loaded(&self) -> bool {
        self.loaded.is_some() && !self.preview.pending
    }

    /// The setup with its model and data, when they are in memory.
    pub(super) fn setup(&self) -> Option<(Scenario, Loaded)> {
        Some((self.scenario.clone(), self.loaded.clone()?))
    }

    /// The model and data that are in memory, of either kind.
    pub(super) fn seen(&self) -> Option<Seen> {
        let layers = self.loaded.clone().map(Seen::Layers);
        layers.or_else(|| self.loaded_sequence.clone().map(Seen::Sequences))
    }

    /// Whether the setup has a recurrent network, and it is in memory.
    pub fn is_recurrent(&self) -> bool {
        self.scenario.sequence.is_some() && self.loaded_sequence.is_some()
    }

    /// Whether the setup trains on encrypted data.
    pub fn is_cryptonn(&self) -> bool {
        self.scenario.training.is_some()
    }

    /// Whether the setup names a public dataset whose files are not there.
    pub fn lacks_public_data(&self) -> bool {
        !self.preview.pending && self.data.is_none() && data::is_named(&self.scenario.dataset)
    }

    /// That set, where it can be downloaded.
    pub fn missing_set(&self) -> Option<&'static PublicSet> {
        PublicSet::named(&self.scenario.dataset).filter(|_| self.lacks_public_data())
    }

    /// Why the setup as it stands cannot work.
    pub fn refusal(&self) -> Option<&str> {
        self.preview.refusal.as_deref().filter(|_| !self.preview.pending)
    }

    /// The model layer by layer, where one is loaded.
    pub fn anatomy(&self) -> Option<Anatomy> {
        if let Some(network) = &self.model {
            return Some(Anatomy::of(network, &self.scenario, self.refusal()));
        }
        let loaded = self.loaded_sequence.as_ref()?;
        let Shape::Sequence { steps, .. } = loaded.dataset.shape() else { return None };
        let of_setup = self.scenario.sequence.as_ref().and_then(|choice| choice.steps);
        let steps = of_setup.unwrap_or(steps);
        Some(Anatomy::of_sequences(&loaded.model, steps, &self.scenario))
    }

    /// Whether a network can be written for the data of the setup.
    pub fn takes_network(&self) -> bool {
        !self.preview.pending && self.data.is_some()
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

    /// Seconds that the run of the setup takes, where that is so long that one asks before.
    pub fn long_secs(&self) -> Option<f64> {
        let plan = self.preview.plan.as_deref().filter(|_| !self.preview.pending)?;
        Some(plan.secs.total()).filter(|secs| *secs > LONG)
    }

    /// Whether the run of the setup takes long.
    pub fn is_long(&self) -> bool {
        self.long_secs().is_some()
    }

    /// What would be lost if the window closed now, in words.
    pub fn would_lose(&self) -> Option<&'static str> {
        match () {
            () if self.running => Some("A run is on; what it found so far would be lost."),
            () if self.task_running => {
                Some("A training, sweep or comparison is on; what it found so far would be lost.")
            }
            () if self.history.models.iter().any(|model| !model.saved) => {
                Some("A network that was trained here is not saved; it would be lost.")
            }
            () => None,
        }
    }

    /// Whether something that takes the keyboard is open.
    pub fn is_modal(&self) -> bool {
        self.dialog.is_some() || self.palette.is_some() || self.sheet.is_some()
    }
}
