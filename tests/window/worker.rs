//! The worker thread, without a window.

use crate::scripted::{Control, Scripted};
use cryptoscope::report::{Event, Told};
use cryptoscope::scenario::Scenario;
use cryptoscope::worker::{Busy, Failure, Key, Update, Worker};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

fn start(control: &Control) -> Worker {
    Worker::new(Scripted::new(control.clone()), || {})
}

fn digits() -> Scenario {
    Scenario::open("digits").expect("built in")
}

fn of_degree(ring_degree: usize) -> Scenario {
    digits().with_setting(&format!("scheme.ring_degree={ring_degree}")).expect("a field")
}

/// Gathers updates until `last` is one of them.
fn until(worker: &mut Worker, last: impl Fn(&Update) -> bool) -> Vec<Update> {
    let end = Instant::now() + Duration::from_secs(20);
    let mut all = Vec::new();
    while !all.iter().any(&last) {
        assert!(Instant::now() < end, "timed out; so far {all:?}");
        all.extend(worker.jobs.drain());
        std::thread::sleep(Duration::from_millis(2));
    }
    all
}

fn is_planned(update: &Update) -> bool {
    matches!(update, Update::Planned(_))
}

fn is_end(update: &Update) -> bool {
    matches!(update, Update::RunEnded(_))
}

fn end_of(updates: &[Update]) -> Result<usize, Failure> {
    let ends: Vec<_> = updates
        .iter()
        .filter_map(|u| match u {
            Update::RunEnded(result) => Some(result.clone().map(|r| r.images)),
            _ => None,
        })
        .collect();
    assert_eq!(ends.len(), 1, "a run ends once");
    ends.into_iter().next().expect("one")
}

#[test]
fn a_run_tells_everything_in_order_and_ends_once() {
    let mut worker = start(&Control::default());
    worker.run(digits()).expect("free");
    let all = until(&mut worker, is_end);
    assert!(matches!(all.first(), Some(Update::Run(Told { event: Event::Planned(_), .. }))));
    let samples: usize =
        all.iter()
            .map(|u| {
                if let Update::Run(Told { event: Event::Samples(s), .. }) = u { s.len() } else { 0 }
            })
            .sum();
    assert_eq!(samples, end_of(&all).expect("finished"), "no sample is lost in batching");
    let stages = all
        .iter()
        .filter(|u| matches!(u, Update::Run(Told { event: Event::Stage { .. }, .. })))
        .count();
    assert_eq!(stages, 8);
    assert!(is_end(all.last().expect("some")), "nothing comes after the end");
    assert!(!worker.jobs.is_on(Key::Run));
}

#[test]
fn only_the_newest_plan_is_answered() {
    let control = Control::default();
    let mut worker = start(&control);
    for _ in 0..50 {
        worker.plan(of_degree(4096));
    }
    worker.plan(of_degree(32768));
    let mut all = until(&mut worker, is_planned);
    std::thread::sleep(Duration::from_millis(30));
    all.extend(worker.jobs.drain());
    let degrees: Vec<_> = all
        .iter()
        .filter_map(|u| match u {
            Update::Planned(Ok(plan)) => Some(plan.ring_degree),
            _ => None,
        })
        .collect();
    assert_eq!(degrees, [32768]);
    let made = control.planned.lock().unwrap().len();
    assert!(made < 51, "replaced requests that were not begun are not planned ({made} were)");
}

#[test]
fn cancelling_is_quick_and_nothing_of_the_run_comes_after_it() {
    let control = Control::default();
    control.set(|s| s.hold = true);
    let mut worker = start(&control);
    worker.run(digits()).expect("free");
    until(&mut worker, |u| {
        matches!(u, Update::Run(Told { event: Event::Stage { index: 3, .. }, .. }))
    });
    worker.jobs.cancel(Key::Run);
    assert!(worker.jobs.is_stopping(Key::Run));
    let all = until(&mut worker, is_end);
    assert_eq!(all.len(), 1, "late events of the stopped run are dropped: {all:?}");
    assert_eq!(end_of(&all), Err(Failure::Cancelled));
    control.set(|s| s.hold = false);
    worker.run(digits()).expect("free again");
    assert!(end_of(&until(&mut worker, is_end)).is_ok());
}

#[test]
fn a_second_run_is_refused_while_one_is_on() {
    let control = Control::default();
    control.set(|s| s.hold = true);
    let mut worker = start(&control);
    worker.run(digits()).expect("free");
    assert_eq!(worker.run(digits()), Err(Busy));
    control.set(|s| s.hold = false);
    assert!(end_of(&until(&mut worker, is_end)).is_ok());
}

#[test]
fn a_plan_asked_for_during_a_run_comes_after_it() {
    let control = Control::default();
    control.set(|s| s.hold = true);
    let mut worker = start(&control);
    worker.run(digits()).expect("free");
    until(&mut worker, |u| matches!(u, Update::Run(_)));
    worker.plan(of_degree(16384));
    control.set(|s| s.hold = false);
    let all = until(&mut worker, is_planned);
    assert!(end_of(&all).is_ok());
    assert!(matches!(all.last(), Some(Update::Planned(Ok(p))) if p.ring_degree == 16384));
}

#[test]
fn a_panic_is_an_error_and_the_worker_goes_on() {
    let control = Control::default();
    control.set(|s| s.panic = true);
    let mut worker = start(&control);
    worker.run(digits()).expect("free");
    let end = end_of(&until(&mut worker, is_end));
    assert_eq!(end, Err(Failure::Panicked("scripted panic".into())));
    control.set(|s| s.panic = false);
    worker.run(digits()).expect("free");
    assert!(end_of(&until(&mut worker, is_end)).is_ok());
}

#[test]
fn refusals_come_back_as_their_line() {
    let control = Control::default();
    control.set(|s| s.refuse = Some("no such model".into()));
    let mut worker = start(&control);
    worker.plan(digits());
    let all = until(&mut worker, is_planned);
    let [Update::Data(Some(_)), rest @ ..] = &all[..] else { panic!("the data are told: {all:?}") };
    let nothing = [Update::Model(None), Update::Loaded(None), Update::LoadedSequence(None)];
    assert_eq!(format!("{:?}", &rest[..3]), format!("{nothing:?}"), "nothing of a setup before");
    assert!(
        matches!(&rest[3..], [Update::Planned(Err(Failure::Refused(line)))] if line == "no such model")
    );
}

#[test]
fn dropping_the_handle_stops_a_run_that_nobody_listens_to() {
    let control = Control::default();
    control.set(|s| {
        s.hold = true;
        s.pause = Duration::from_millis(1);
    });
    let woken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&woken);
    let wake = move || {
        count.fetch_add(1, Ordering::Relaxed);
    };
    let mut worker = Worker::new(Scripted::new(control.clone()), wake);
    worker.run(digits()).expect("free");
    let until = Instant::now() + Duration::from_secs(60);
    while woken.load(Ordering::Relaxed) == 0 {
        assert!(Instant::now() < until, "the window was not woken");
        std::thread::sleep(Duration::from_millis(1));
    }
    drop(worker);
}
