//! How long work will still take, from how long it took so far.

use std::time::Duration;

/// Less of the work, or of time, says nothing yet.
const LEAST_DONE: f64 = 0.01;
const LEAST_ELAPSED: Duration = Duration::from_secs(1);

/// The time left where the share `done` took `elapsed`; `None` while that is too little to tell.
pub fn time_left(elapsed: Duration, done: f64) -> Option<Duration> {
    let known = done >= LEAST_DONE && elapsed >= LEAST_ELAPSED;
    let secs = elapsed.as_secs_f64() * (1.0 - done).max(0.0) / done;
    if known { Duration::try_from_secs_f64(secs).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_in_ten_seconds_leaves_thirty() {
        assert_eq!(time_left(Duration::from_secs(10), 0.25), Some(Duration::from_secs(30)));
        assert_eq!(time_left(Duration::from_secs(10), 1.0), Some(Duration::ZERO));
        assert_eq!(time_left(Duration::from_secs(10), 0.0), None);
        assert_eq!(time_left(Duration::from_millis(10), 0.5), None);
    }
}
