//! Progress on standard error: a bar on a terminal, a line now and then elsewhere.

use indicatif::{ProgressBar, ProgressStyle};
use progress::Step;
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Least time between two plain lines about the same thing.
const LINE_INTERVAL: Duration = Duration::from_secs(5);

/// Shows progress; threads may report to it at the same time.
pub(super) struct Progress<'a> {
    inner: Mutex<Inner<'a>>,
}

struct Inner<'a> {
    err: &'a mut (dyn Write + Send),
    bar: Option<ProgressBar>,
    /// Last line: what it was about, and when.
    last: Option<(String, Instant)>,
}

impl<'a> Progress<'a> {
    /// Bars when `terminal`, otherwise lines to `err`.
    pub fn new(err: &'a mut (dyn Write + Send), terminal: bool) -> Self {
        let bar = terminal.then(|| {
            let bar = ProgressBar::new(1000);
            // The template is fixed; should indicatif refuse it, its own default serves.
            if let Ok(style) = ProgressStyle::with_template("{wide_bar} {msg}") {
                bar.set_style(style);
            }
            bar
        });
        Self { inner: Mutex::new(Inner { err, bar, last: None }) }
    }

    /// Shows a step of training, loading or downloading.
    pub fn step(&self, step: &Step) {
        let fraction = (step.total > 0).then(|| step.done as f64 / step.total as f64);
        let state =
            fraction.map_or_else(|| format::count(step.done), |f| format!("{:.0} %", f * 100.0));
        self.show(&step.what, &state, fraction.unwrap_or(0.0));
    }

    /// Shows how far a run is: share of the whole, and predicted seconds left.
    pub fn run(&self, what: &str, fraction: f64, eta_secs: f64) {
        let state = format!("{:.0} %, {} left", fraction * 100.0, format::secs(eta_secs));
        self.show(what, &state, fraction);
    }

    /// Shows how far a training is: as [`Progress::run`], and its loss.
    pub fn training(&self, what: &str, fraction: f64, eta_secs: f64, loss: f64) {
        let left = format::secs(eta_secs);
        let state = format!("{:.0} %, loss {loss:.3}, {left} left", fraction * 100.0);
        self.show(what, &state, fraction);
    }

    /// Writes results while no bar is in the way.
    pub fn suspended<T>(&self, write: impl FnOnce() -> T) -> T {
        let bar = self.inner.lock().unwrap_or_else(PoisonError::into_inner).bar.clone();
        match bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    fn show(&self, what: &str, state: &str, fraction: f64) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let what = format::escaped(what);
        if let Some(bar) = &inner.bar {
            bar.set_position((fraction.clamp(0.0, 1.0) * 1000.0) as u64);
            bar.set_message(format!("{what}  {state}"));
            return;
        }
        let now = Instant::now();
        let due = inner
            .last
            .as_ref()
            .is_none_or(|(about, at)| *about != what || now.duration_since(*at) >= LINE_INTERVAL);
        if due {
            // Progress nobody can read is no reason to stop.
            writeln!(inner.err, "{what}  {state}").ok();
            inner.last = Some((what, now));
        }
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        let inner = self.inner.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = &inner.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_when_the_work_changes_and_not_at_every_step() {
        let mut err = Vec::new();
        {
            let progress = Progress::new(&mut err, false);
            for done in 0..100 {
                progress.step(&Step { what: "load".into(), done, total: 100 });
            }
            progress.run("encrypt", 0.25, 1.5);
        }
        assert_eq!(String::from_utf8(err).unwrap(), "load  0 %\nencrypt  25 %, 1.50 s left\n");
    }
}
