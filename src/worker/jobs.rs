//! The one runner of background jobs: a job is a closure with a flag to stop it and an outlet for news.

use super::board::{News, Outlet, Reins, Shared, Waiting};
use super::failure::{Failure, guarded};
use super::key::{Key, Lane, Rule};
use scenario::RunError;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

/// A job was asked for while another of its key is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("one is on already; stop it first or let it finish")]
pub struct Busy;

/// A job that was asked for and whose end was not seen yet.
struct On {
    key: Key,
    job: u64,
    reins: Arc<Reins>,
}

/// All background jobs. Dropping it stops them and waits for their threads.
pub struct Jobs<U: News> {
    shared: Arc<Shared<U>>,
    on: Vec<On>,
    jobs: u64,
    threads: Vec<JoinHandle<()>>,
}

impl<U: News> Jobs<U> {
    /// None yet; `wake` is called after news were told, on the thread of their job.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        let shared = Arc::new(Shared::new(wake));
        Self { shared, on: Vec::new(), jobs: 0, threads: Vec::new() }
    }

    /// Asks for `work`. Its end, also that of a panic, is told once and last, as the news that `end`
    /// makes of it; that of a job which was replaced never is.
    ///
    /// # Errors
    /// When a job of the same key is on and goes on.
    pub fn start<T>(
        &mut self,
        key: Key,
        work: impl FnOnce(&Outlet<U>) -> Result<T, RunError> + Send + 'static,
        end: impl FnOnce(Result<T, Failure>) -> U + Send + 'static,
    ) -> Result<(), Busy> {
        match key.rule() {
            Rule::GoesOn if self.is_on(key) => return Err(Busy),
            Rule::Replaced => self.drop_jobs(key),
            Rule::GoesOn | Rule::Both => {}
        }
        self.jobs += 1;
        let (job, reins) = (self.jobs, Arc::new(Reins::default()));
        self.on.push(On { key, job, reins: Arc::clone(&reins) });
        let outlet = Outlet { job, reins, shared: Arc::clone(&self.shared) };
        let work = Box::new(move |failure: Option<Failure>| {
            let result = match failure {
                Some(failure) => Err(failure),
                None => guarded(|| work(&outlet)),
            };
            outlet.end(end(result));
        });
        let lane = key.lane(job);
        let is_free = self.shared.change(|board| {
            board.waiting.push(Waiting { key, job, work });
            let is_free = !board.busy.contains(&lane);
            board.busy.extend(is_free.then_some(lane));
            is_free
        });
        if is_free {
            self.open(lane);
        }
        Ok(())
    }

    /// Starts the thread of a lane; it ends when nothing waits there any more.
    fn open(&mut self, lane: Lane) {
        let shared = Arc::clone(&self.shared);
        let next = move || shared.lock().next(lane);
        let all = next.clone();
        let body = move || {
            while let Some(work) = all() {
                work(None);
            }
        };
        self.threads.retain(|thread| !thread.is_finished());
        match Builder::new().name(format!("{:?}", lane.0)).spawn(body) {
            // The desktop's dialog is closed by a person, who may have closed the window before.
            Ok(_) if lane.0 == Key::Dialog => {}
            Ok(thread) => self.threads.push(thread),
            Err(error) => {
                while let Some(work) = next() {
                    work(Some(Failure::Refused(format!("no thread to work on: {error}"))));
                }
            }
        }
    }

    /// Asks the jobs of a key to stop. Their end comes as news, nothing else in passing before it.
    pub fn cancel(&self, key: Key) {
        for On { job, reins, .. } in self.on.iter().filter(|on| on.key == key) {
            let not_begun = self.shared.change(|board| {
                reins.cancel.cancel();
                board.take_down(*job, true);
                let at = board.waiting.iter().position(|w| w.job == *job);
                at.map(|at| board.waiting.remove(at))
            });
            if let Some(waiting) = not_begun {
                (waiting.work)(Some(Failure::Cancelled));
            }
        }
    }

    /// Stops the jobs of a key, and drops what they told or will tell.
    pub fn drop_jobs(&mut self, key: Key) {
        for On { job, reins, .. } in self.on.extract_if(.., |on| on.key == key) {
            self.shared.change(|board| {
                reins.drop_job();
                board.waiting.retain(|w| w.job != job);
                board.take_down(job, false);
            });
        }
    }

    /// Holds jobs of a key where they can be held, or lets them go on.
    pub fn set_paused(&self, key: Key, paused: bool) {
        for on in self.on.iter().filter(|on| on.key == key) {
            self.shared.change(|_| on.reins.set_paused(paused));
        }
    }

    /// Whether a job of a key is on: also while it waits or stops, until its end was seen.
    pub fn is_on(&self, key: Key) -> bool {
        self.on.iter().any(|on| on.key == key)
    }

    /// Whether a job of a key is on that was asked to stop.
    pub fn is_stopping(&self, key: Key) -> bool {
        self.on.iter().any(|on| on.key == key && on.reins.cancel.is_cancelled())
    }

    /// What came since the last call, without waiting.
    pub fn drain(&mut self) -> Vec<U> {
        let all = self.shared.change(|board| std::mem::take(&mut board.news));
        let ended: Vec<u64> = all.iter().filter(|told| told.is_end).map(|told| told.job).collect();
        self.on.retain(|on| !ended.contains(&on.job));
        all.into_iter().map(|told| told.news).collect()
    }
}

impl<U: News> Drop for Jobs<U> {
    fn drop(&mut self) {
        let not_begun = self.shared.change(|board| {
            board.closing = true;
            self.on.iter().for_each(|on| on.reins.cancel.cancel());
            std::mem::take(&mut board.waiting)
        });
        drop(not_begun);
        for thread in self.threads.drain(..) {
            thread.join().ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::ROOM;
    use progress::Cancelled;
    use std::sync::mpsc::{Sender, channel};
    use std::time::{Duration, Instant};

    #[derive(Debug, PartialEq)]
    enum Told {
        Step(usize),
        Row(usize),
        End(Key, Result<(), Failure>),
    }

    impl News for Told {
        fn is_passing(&self) -> bool {
            matches!(self, Self::Step(_))
        }

        fn replaces(&self, _older: &Self) -> bool {
            true
        }
    }

    type Out<'a> = &'a Outlet<Told>;

    fn ask(
        jobs: &mut Jobs<Told>,
        key: Key,
        work: impl FnOnce(Out<'_>) + Send + 'static,
    ) -> Result<(), Busy> {
        let work = move |out: Out<'_>| {
            work(out);
            Ok(out.cancel().check()?)
        };
        jobs.start(key, work, move |result| Told::End(key, result))
    }

    fn until(jobs: &mut Jobs<Told>, last: &Told) -> Vec<Told> {
        let (mut all, since) = (Vec::new(), Instant::now());
        while !all.contains(last) {
            assert!(since.elapsed() < Duration::from_secs(20), "so far {all:?}");
            all.extend(jobs.drain());
            std::thread::sleep(Duration::from_millis(1));
        }
        all
    }

    /// Work that says that it began, and goes on until it is to stop.
    fn endless(began: Sender<()>) -> impl FnOnce(Out<'_>) + Send + 'static {
        move |out| {
            began.send(()).unwrap();
            while !out.cancel().is_cancelled() {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }

    const STOPPED: Result<(), Failure> = Err(Failure::Cancelled);

    #[test]
    fn what_waits_goes_first_to_last_and_the_newest_replaces() {
        let mut jobs = Jobs::new(|| {});
        let (tx, began) = channel();
        ask(&mut jobs, Key::Check, endless(tx)).unwrap();
        began.recv().unwrap();
        for plan in 0..3 {
            ask(&mut jobs, Key::Plan, move |out| out.send(Told::Row(plan))).unwrap();
        }
        ask(&mut jobs, Key::Run, |out| out.send(Told::Row(9))).unwrap();
        assert_eq!(ask(&mut jobs, Key::Run, |_| {}), Err(Busy));
        jobs.cancel(Key::Check);
        assert!(jobs.is_stopping(Key::Check));
        let all = until(&mut jobs, &Told::End(Key::Plan, Ok(())));
        let (run, plan) = (Told::End(Key::Run, Ok(())), Told::End(Key::Plan, Ok(())));
        assert_eq!(all, [Told::End(Key::Check, STOPPED), Told::Row(9), run, Told::Row(2), plan]);
        assert!(!jobs.is_on(Key::Check) && !jobs.is_on(Key::Run) && !jobs.is_on(Key::Plan));
    }

    #[test]
    fn what_is_told_in_passing_is_replaced_and_ends_with_the_stop() {
        let mut jobs = Jobs::new(|| {});
        let (tx, told) = channel();
        let work = move |out: Out<'_>| {
            (0..2 * ROOM).for_each(|at| out.send(Told::Step(at)));
            out.send(Told::Row(0));
            tx.send(()).unwrap();
            while !out.cancel().is_cancelled() {}
            out.send(Told::Step(0));
            out.send(Told::Row(1));
        };
        ask(&mut jobs, Key::Task, work).unwrap();
        told.recv().unwrap();
        assert_eq!(jobs.drain(), [Told::Step(2 * ROOM - 1), Told::Row(0)]);
        jobs.cancel(Key::Task);
        let end = Told::End(Key::Task, STOPPED);
        assert_eq!(until(&mut jobs, &end), [Told::Row(1), Told::End(Key::Task, STOPPED)]);
    }

    #[test]
    fn what_must_not_be_lost_waits_for_room_and_for_nobody_when_the_window_closes() {
        let mut jobs = Jobs::new(|| {});
        let rows = |out: Out<'_>| (0..3 * ROOM).for_each(|at| out.send(Told::Row(at)));
        ask(&mut jobs, Key::Task, rows).unwrap();
        let all = until(&mut jobs, &Told::End(Key::Task, Ok(())));
        assert_eq!(all.len(), 3 * ROOM + 1);
        ask(&mut jobs, Key::Task, rows).unwrap();
        ask(&mut jobs, Key::Attack, endless(channel().0)).unwrap();
        drop(jobs);
    }

    #[test]
    fn a_paused_job_goes_on_when_it_may_or_when_it_is_to_stop() {
        let mut jobs = Jobs::new(|| {});
        for stop in [false, true] {
            let (tx, began) = channel();
            let work = move |out: Out<'_>| {
                tx.send(()).unwrap();
                std::thread::sleep(Duration::from_millis(20));
                out.wait_while_paused();
            };
            ask(&mut jobs, Key::Task, work).unwrap();
            began.recv().unwrap();
            jobs.set_paused(Key::Task, true);
            std::thread::sleep(Duration::from_millis(60));
            assert_eq!(jobs.drain(), []);
            if stop {
                jobs.cancel(Key::Task)
            } else {
                jobs.set_paused(Key::Task, false)
            }
            let end = if stop { STOPPED } else { Ok(()) };
            until(&mut jobs, &Told::End(Key::Task, end));
        }
    }

    #[test]
    fn a_job_that_waits_is_stopped_at_once_and_a_panic_is_told() {
        let mut jobs = Jobs::new(|| {});
        let (tx, began) = channel();
        ask(&mut jobs, Key::Plan, endless(tx)).unwrap();
        began.recv().unwrap();
        ask(&mut jobs, Key::Run, |_| {}).unwrap();
        jobs.cancel(Key::Run);
        assert_eq!(jobs.drain(), [Told::End(Key::Run, STOPPED)]);
        jobs.drop_jobs(Key::Plan);
        ask(&mut jobs, Key::Plan, |_| panic!("at the disco")).unwrap();
        let panicked = Err(Failure::Panicked("at the disco".into()));
        let told = Told::End(Key::Plan, panicked);
        assert_eq!(until(&mut jobs, &told).len(), 1);
        let refuse = |_: Out<'_>| -> Result<(), RunError> { Err(Cancelled.into()) };
        jobs.start(Key::File, refuse, |result| Told::End(Key::File, result)).unwrap();
        until(&mut jobs, &Told::End(Key::File, STOPPED));
    }
}
