//! What the server learns, as it is drawn: what is chosen, and what the attacks found.

use attack::{LabelLeak, LeakCurve, LeakOptions, Pool, Reconstruction, Score, ServerView, labels};
use std::sync::Arc;
use worker::{Failure, LeakRequest, LeakUpdate};

/// Rows per ciphertext of the limit that is drawn until another is chosen.
const USUAL_LIMIT: usize = 8;

/// One attack: what it found of the mini-batch that is looked at, and its curve.
#[derive(Clone, Debug, Default)]
pub struct Attack {
    pub found: Option<Reconstruction>,
    pub score: Score,
    pub curve: Option<LeakCurve>,
    /// The curve is of the newest that was seen.
    fresh: bool,
}

/// What is chosen in the view.
#[derive(Clone, Debug, PartialEq)]
pub struct LeakChoice {
    pub settings: LeakOptions,
    /// Steps seen; all when `None`.
    pub seen: Option<usize>,
    /// Position among the recorded mini-batches.
    pub batch: usize,
    /// Position of the sample within the mini-batch that is drawn large.
    pub sample: usize,
}

impl Default for LeakChoice {
    fn default() -> Self {
        let settings = LeakOptions { most_rows: Some(USUAL_LIMIT), ..LeakOptions::default() };
        Self { settings, seen: None, batch: 0, sample: 0 }
    }
}

/// Everything the view *What the server learns* shows.
#[derive(Clone, Debug, Default)]
pub struct LeakView {
    pub choice: LeakChoice,
    /// The attack on everything the server saw.
    pub open: Attack,
    /// The same attack against the mitigations that are chosen.
    pub limited: Attack,
    /// Labels read off the steps seen.
    pub labels: LabelLeak,
    /// An answer is on its way.
    pub pending: bool,
    pub failure: Option<String>,
    /// What the server saw, and the truth to measure by.
    pub data: Option<(Arc<ServerView>, Arc<Pool>)>,
    /// What was asked for last.
    asked: Option<LeakChoice>,
}

impl LeakView {
    /// The server has seen more, or something else.
    pub fn set_data(&mut self, view: Arc<ServerView>, pool: Arc<Pool>) {
        // What was found before stays to be seen until the new answers come.
        self.data = Some((view, pool));
        self.asked = None;
        (self.open.fresh, self.limited.fresh) = (false, false);
    }

    /// Nothing was seen.
    pub fn forget(&mut self) {
        let choice = self.choice.clone();
        *self = Self { choice, ..Self::default() };
    }

    /// Steps that were recorded, counted from the first of the training.
    pub fn steps(&self) -> usize {
        let view = self.data.as_ref().map(|(view, _)| view);
        view.and_then(|v| v.steps.last()).map_or(0, |s| s.step + 1)
    }

    /// Steps seen, as chosen.
    pub fn seen(&self) -> usize {
        self.choice.seen.unwrap_or(usize::MAX).min(self.steps())
    }

    /// Numbers of the recorded mini-batches.
    pub fn batches(&self) -> Vec<usize> {
        let steps = self.data.iter().flat_map(|(view, _)| &view.steps);
        let mut batches: Vec<usize> = steps.map(|s| s.batch).collect();
        batches.sort_unstable();
        batches.dedup();
        batches
    }

    /// The question to ask, when the choice differs from the last one asked.
    pub fn question(&mut self) -> Option<LeakRequest> {
        let (view, pool) = self.data.clone()?;
        let batches = self.batches();
        let batch = *batches.get(self.choice.batch).or(batches.first())?;
        let now = LeakChoice { seen: Some(self.seen()), sample: 0, ..self.choice.clone() };
        if self.asked.as_ref() == Some(&now) {
            return None;
        }
        let settings = self.choice.settings.clone();
        let mut attacks = Vec::new();
        for (shown, settings) in
            [(&mut self.open, settings.without_mitigations()), (&mut self.limited, settings)]
        {
            let current = shown.curve.as_ref().is_some_and(|c| c.settings == settings);
            attacks.push((settings, !(current && shown.fresh)));
        }
        if !self.choice.settings.is_mitigated() {
            attacks.truncate(1);
            self.limited = Attack::default();
        }
        self.pending = true;
        self.failure = None;
        self.asked = Some(now);
        let seen = self.seen();
        self.labels = labels(&view, seen);
        Some(LeakRequest { view, pool, batch, seen, attacks })
    }

    /// Takes in an answer.
    pub fn take(&mut self, update: LeakUpdate) {
        match update {
            LeakUpdate::Found { attack, found } => {
                let shown = self.attack(attack);
                (shown.found, shown.score) = match found {
                    Some(found) => (Some(found.0), found.1),
                    None => (None, Score::default()),
                };
            }
            LeakUpdate::Curve { attack, curve } => {
                let shown = self.attack(attack);
                (shown.curve, shown.fresh) = (Some(*curve), true);
            }
        }
    }

    /// The question is answered, or will not be.
    pub fn end(&mut self, result: Result<(), Failure>) {
        self.pending = false;
        self.failure = result.err().map(|failure| failure.to_string());
    }

    fn attack(&mut self, index: usize) -> &mut Attack {
        if index == 0 { &mut self.open } else { &mut self.limited }
    }
}
