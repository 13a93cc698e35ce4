//! Ctrl-C and its like.

use super::status::STOPPED;
use progress::Cancel;
use std::os::raw::c_int;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long a stop may take before the process ends without waiting further.
const STOP_PATIENCE: Duration = Duration::from_secs(3);
/// How often a signal is looked for.
const SIGNAL_TICK: Duration = Duration::from_millis(30);

/// Ctrl-C asks the work to stop; should it not come to a stop soon, or be asked for again, the process
/// ends all the same. Files are put in place whole or not at all, and those that are not whole are
/// taken away, so nothing broken is left.
pub(super) fn stop_on_signal(cancel: &Cancel) {
    let asked = Arc::new(AtomicBool::new(false));
    let set = heeded()
        .into_iter()
        .try_for_each(|signal| signal_hook::flag::register(signal, asked.clone()).map(|_| ()));
    if let Err(error) = set {
        eprintln!("warning: Ctrl-C stops without cleaning up: {error}");
        return;
    }
    let cancel = cancel.clone();
    std::thread::spawn(move || {
        wait(&asked, None);
        cancel.cancel();
        wait(&asked, Some(Instant::now() + STOP_PATIENCE));
        file::remove_unfinished();
        std::process::exit(STOPPED);
    });
}

/// Until a signal comes, or the time is over.
fn wait(asked: &AtomicBool, until: Option<Instant>) {
    while !asked.swap(false, Ordering::Relaxed) && until.is_none_or(|at| Instant::now() < at) {
        std::thread::sleep(SIGNAL_TICK);
    }
}

/// The signals that stop the work: but for those that whoever started it wants ignored, as `nohup` does
/// with that of a closed terminal, and shells with Ctrl-C for work in the background.
fn heeded() -> Vec<c_int> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    #[cfg_attr(not(target_os = "linux"), expect(unused_mut, reason = "one more on Linux"))]
    let mut all = vec![SIGINT, SIGTERM];
    // Elsewhere it cannot be seen whether it is ignored, and to stop work under `nohup` would lose more
    // than an unfinished file is in the way.
    #[cfg(target_os = "linux")]
    {
        all.push(signal_hook::consts::SIGHUP);
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = ignored(&status);
        all.retain(|signal| ignored >> (signal - 1) & 1 == 0);
    }
    all
}

/// The signals that a process ignores, by its status: bit n - 1 for signal n.
#[cfg(target_os = "linux")]
fn ignored(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #[test]
    #[cfg(target_os = "linux")]
    fn ignored_signals_are_read() {
        assert_eq!(super::ignored("Name:\tx\nSigIgn:\t0000000000000003\n"), 3);
        assert_eq!(super::ignored("Name:\tx\n"), 0);
    }
}
