//! Where jobs and the window meet: jobs that wait for their turn, and news that wait to be seen.

use super::failure::Failure;
use super::key::{Key, Lane};
use progress::Cancel;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// News that may wait for the window before a job that tells what must not be lost waits too.
pub(super) const ROOM: usize = 256;

/// Least time between two calls of the window for what is told in passing: about 30 frames a second.
const PACE: Duration = Duration::from_millis(33);

/// What jobs tell the window.
pub trait News: Send + 'static {
    /// Whether it is told in passing: the job never waits for the window, and tells nothing of it any
    /// more once it is to stop.
    fn is_passing(&self) -> bool;

    /// Whether it makes `older`, told in passing by the same job and not seen yet, obsolete.
    fn replaces(&self, older: &Self) -> bool;
}

/// Work that was not begun; given a failure it ends with that at once.
pub(super) type Work = Box<dyn FnOnce(Option<Failure>) + Send>;

/// A job that waits for its turn.
pub(super) struct Waiting {
    pub key: Key,
    pub job: u64,
    pub work: Work,
}

/// News of a job.
pub(super) struct Told<U> {
    pub job: u64,
    pub news: U,
    /// Nothing comes after it.
    pub is_end: bool,
}

/// What hangs on the board.
pub(super) struct Board<U> {
    pub waiting: Vec<Waiting>,
    /// Lanes in which something is done.
    pub busy: Vec<Lane>,
    pub news: Vec<Told<U>>,
    pub closing: bool,
    called_at: Option<Instant>,
}

impl<U: News> Board<U> {
    /// Takes down what a job told in passing, or all of it.
    pub fn take_down(&mut self, job: u64, only_passing: bool) {
        self.news.retain(|told| told.job != job || only_passing && !told.news.is_passing());
    }

    /// What comes next in a lane; the lane is free when there is nothing.
    pub fn next(&mut self, lane: Lane) -> Option<Work> {
        let in_lane = |w: &Waiting| w.key.lane(w.job) == lane;
        let turns = (0..self.waiting.len()).filter(|at| in_lane(&self.waiting[*at]));
        let Some(first) = turns.min_by_key(|at| (self.waiting[*at].key, *at)) else {
            self.busy.retain(|busy| *busy != lane);
            return None;
        };
        Some(self.waiting.remove(first).work)
    }
}

/// The board, shared by the window and all jobs.
pub(super) struct Shared<U> {
    board: Mutex<Board<U>>,
    changed: Condvar,
    /// Calls the window.
    wake: Box<dyn Fn() + Send + Sync>,
}

impl<U> Shared<U> {
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        let (waiting, busy, news) = (Vec::new(), Vec::new(), Vec::new());
        let board = Board { waiting, busy, news, closing: false, called_at: None };
        Self { board: Mutex::new(board), changed: Condvar::new(), wake: Box::new(wake) }
    }

    /// The board, also after a panic elsewhere: it is whole at every step.
    pub fn lock(&self) -> MutexGuard<'_, Board<U>> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the board and lets jobs that wait look at it.
    pub fn change<T>(&self, change: impl FnOnce(&mut Board<U>) -> T) -> T {
        let made = change(&mut self.lock());
        self.changed.notify_all();
        made
    }

    fn wait<'a>(&self, board: MutexGuard<'a, Board<U>>) -> MutexGuard<'a, Board<U>> {
        self.changed.wait(board).unwrap_or_else(PoisonError::into_inner)
    }
}

/// The reins of a job.
#[derive(Default)]
pub(super) struct Reins {
    pub cancel: Cancel,
    paused: AtomicBool,
    unheard: AtomicBool,
}

impl Reins {
    /// Stops the job; what it still tells is for nobody.
    pub fn drop_job(&self) {
        self.cancel.cancel();
        self.unheard.store(true, Ordering::Relaxed);
    }

    pub fn set_paused(&self, paused: bool) {
        self.paused.store(paused, Ordering::Relaxed);
    }
}

/// Where a job tells its news, and hears that it is to stop.
pub struct Outlet<U> {
    pub(super) job: u64,
    pub(super) reins: Arc<Reins>,
    pub(super) shared: Arc<Shared<U>>,
}

impl<U: News> Outlet<U> {
    /// Set when the job is to stop.
    pub fn cancel(&self) -> &Cancel {
        &self.reins.cancel
    }

    /// Tells `news`. What must not be lost waits for room as long as the window is open.
    pub fn send(&self, news: U) {
        let passing = news.is_passing();
        let mut board = self.shared.lock();
        while !passing && board.news.len() >= ROOM && !self.is_unheard(&board) {
            board = self.shared.wait(board);
        }
        if self.is_unheard(&board) || passing && self.cancel().is_cancelled() {
            return;
        }
        if passing {
            board.news.retain(|old| {
                old.job != self.job || !old.news.is_passing() || !news.replaces(&old.news)
            });
        }
        board.news.push(Told { job: self.job, news, is_end: false });
        let soon = board.called_at.is_some_and(|at| at.elapsed() < PACE);
        if passing && soon {
            return;
        }
        board.called_at = Some(Instant::now());
        drop(board);
        (self.shared.wake)();
    }

    /// Tells the end.
    pub(super) fn end(&self, news: U) {
        let mut board = self.shared.lock();
        if self.is_unheard(&board) {
            return;
        }
        board.news.push(Told { job: self.job, news, is_end: true });
        drop(board);
        (self.shared.wake)();
    }

    /// Returns when the job is not paused, or when it is to stop.
    pub fn wait_while_paused(&self) {
        let mut board = self.shared.lock();
        while self.reins.paused.load(Ordering::Relaxed) && !self.cancel().is_cancelled() {
            board = self.shared.wait(board);
        }
    }

    fn is_unheard(&self, board: &Board<U>) -> bool {
        board.closing || self.reins.unheard.load(Ordering::Relaxed)
    }
}
