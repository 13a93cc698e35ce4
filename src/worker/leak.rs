//! A thread for reconstructions: the newest question wins, and replaces the one that is being
//! answered.

use super::thread::guarded;
use attack::{LeakCurve, LeakOptions, Pool, Reconstruction, Score, ServerView, curve, reconstruct};
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use progress::Cancel;
use scenario::RunError;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// Answers that may wait for the window.
const ROOM: usize = 32;

/// What is asked: the samples of a mini-batch after some steps, by several attacks.
#[derive(Clone, Debug)]
pub struct LeakRequest {
    pub view: Arc<ServerView>,
    pub pool: Arc<Pool>,
    /// Mini-batch that is looked at.
    pub batch: usize,
    /// Steps seen.
    pub seen: usize,
    /// Each attack, and whether its curve over all steps is wanted too.
    pub attacks: Vec<(LeakOptions, bool)>,
}

/// An answer, in order; those to a replaced question never come.
#[derive(Clone, Debug)]
pub enum LeakUpdate {
    /// The mini-batch as an attack makes it out; `None` when the view has nothing of it.
    Found {
        attack: usize,
        found: Option<Box<(Reconstruction, Score)>>,
    },
    Curve {
        attack: usize,
        curve: Box<LeakCurve>,
    },
    /// The question is answered, or why it is not.
    Done(Result<(), String>),
}

/// Handle of the thread. Dropping it ends the thread.
pub struct LeakWorker {
    ask: Option<Sender<(u64, LeakRequest, Cancel)>>,
    answers: Receiver<(u64, LeakUpdate)>,
    newest: u64,
    cancel: Cancel,
    thread: Option<JoinHandle<()>>,
}

impl LeakWorker {
    /// Starts the thread; `wake` is called after each answer.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(wake: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        let (ask, questions) = unbounded::<(u64, LeakRequest, Cancel)>();
        let (tx, answers) = bounded(ROOM);
        let body = move || {
            while let Ok(question) = questions.recv() {
                let (id, request, cancel) = questions.try_iter().last().unwrap_or(question);
                let tell = |update| {
                    // The window is gone when this fails.
                    tx.send((id, update)).ok();
                    wake();
                };
                let result = guarded(|| answer(&request, &cancel, &tell));
                tell(LeakUpdate::Done(result.map_err(|failure| failure.to_string())));
            }
        };
        let thread = std::thread::Builder::new().name("leak".into()).spawn(body)?;
        let cancel = Cancel::default();
        Ok(Self { ask: Some(ask), answers, newest: 0, cancel, thread: Some(thread) })
    }

    /// Asks; whatever was asked before is given up.
    pub fn ask(&mut self, request: LeakRequest) {
        self.cancel.cancel();
        self.cancel = Cancel::default();
        self.newest += 1;
        if let Some(ask) = &self.ask {
            // The thread lives as long as this handle.
            ask.send((self.newest, request, self.cancel.clone())).ok();
        }
    }

    /// Answers to the newest question since the last call, without waiting.
    pub fn drain(&self) -> Vec<LeakUpdate> {
        let of_newest = self.answers.try_iter().filter(|(id, _)| *id == self.newest);
        of_newest.map(|(_, update)| update).collect()
    }
}

impl Drop for LeakWorker {
    fn drop(&mut self) {
        self.cancel.cancel();
        self.ask = None;
        if let Some(thread) = self.thread.take() {
            while !thread.is_finished() {
                self.answers.recv_timeout(Duration::from_millis(2)).ok();
            }
            thread.join().ok();
        }
    }
}

fn answer(
    request: &LeakRequest,
    cancel: &Cancel,
    tell: &dyn Fn(LeakUpdate),
) -> Result<(), RunError> {
    let LeakRequest { view, pool, batch, seen, attacks } = request;
    for (attack, (settings, _)) in attacks.iter().enumerate() {
        let found = reconstruct(view, *batch, *seen, settings, pool.background.as_ref(), cancel)?;
        let found = found.map(|found| {
            let score = pool.score(&found);
            Box::new((found, score))
        });
        tell(LeakUpdate::Found { attack, found });
    }
    for (attack, (settings, wanted)) in attacks.iter().enumerate() {
        if *wanted {
            let curve = Box::new(curve(view, pool, settings, cancel)?);
            tell(LeakUpdate::Curve { attack, curve });
        }
    }
    Ok(())
}
