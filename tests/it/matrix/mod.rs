//! Forced failures over schemes, protocols and phases, each with the outcome it must have: 0 silently
//! wrong, 0 panics, 0 hangs, 0 aborts. Every case runs the program as a process.

mod case;
mod files;
mod refusals;
mod right;
mod shared;
mod trainings;

use case::Case;
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Cases that there must be at least.
const LEAST: usize = 300;
/// Cases at a time.
const WORKERS: usize = 2;

fn all() -> Vec<Case> {
    [refusals::all(), files::all(), trainings::all(), right::all()].into_iter().flatten().collect()
}

#[test]
fn every_forced_failure_ends_as_it_must() {
    let (cases, shared) = (all(), shared::make());
    let names: BTreeSet<_> = cases.iter().map(|case| &case.name).collect();
    assert_eq!(names.len(), cases.len(), "every case is another one");
    assert!(cases.len() >= LEAST, "{} cases", cases.len());
    let before = shared::contents(shared.path());
    let (next, faults) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Some(fault) = case.run(shared.path()) {
                        faults.lock().unwrap().push(format!("{}\n  {fault}", case.name));
                    }
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap();
    let (count, of) = (faults.len(), cases.len());
    assert!(faults.is_empty(), "{count} of {of} cases end otherwise:\n{}", faults.join("\n"));
    assert!(shared::contents(shared.path()) == before, "no case changes what it reads");
}
