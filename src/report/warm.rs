//! Times of work in the clear, warm and repeated: one try times wrongly what takes microseconds.

use std::time::{Duration, Instant};

/// Work is repeated until it took so long altogether, and so many times at most.
const ENOUGH: Duration = Duration::from_millis(60);
/// Work that took less than this the first time is done once more at least: on a busy machine threads
/// are slow to wake.
const SHORT: Duration = Duration::from_millis(600);
const MOST: usize = 9;

/// A result with its times, seconds.
pub struct Timed<T> {
    pub result: T,
    /// Median of each part.
    pub parts: Vec<f64>,
    /// Median of the whole.
    pub whole: f64,
}

/// Does `once`, which gives its result and the seconds of its parts, again and again while it is short.
/// The first time, with cold caches and threads that still sleep, counts only where there is no other.
///
/// # Errors
/// Those of `once`.
pub fn timed<T, E>(mut once: impl FnMut() -> Result<(T, Vec<f64>), E>) -> Result<Timed<T>, E> {
    let begun = Instant::now();
    let mut attempt = || -> Result<(T, (f64, Vec<f64>)), E> {
        let started = Instant::now();
        let (result, parts) = once()?;
        Ok((result, (started.elapsed().as_secs_f64(), parts)))
    };
    let (result, first) = attempt()?;
    let mut warm = Vec::new();
    let within = |least: usize| if least == 0 { SHORT } else { ENOUGH };
    while warm.len() + 1 < MOST && begun.elapsed() < within(warm.len()) {
        warm.push(attempt()?.1);
    }
    if warm.is_empty() {
        warm.push(first);
    }
    let count = warm[0].1.len();
    let part = |at: usize| median(warm.iter().filter_map(|(_, parts)| parts.get(at).copied()));
    let parts = (0..count).map(part).collect();
    let whole = median(warm.iter().map(|(whole, _)| *whole));
    Ok(Timed { result, parts, whole })
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cold_try_does_not_count_and_the_middle_one_does() {
        let mut calls = 0;
        let found = timed(|| -> Result<_, ()> {
            calls += 1;
            let secs = [50.0, 3.0, 1.0, 2.0, 9.0, 2.0, 2.0, 4.0, 1.0][calls - 1];
            Ok((calls, vec![secs, 10.0 * secs]))
        });
        let found = found.unwrap();
        assert_eq!((calls, found.result), (MOST, 1));
        // The middle of 1, 1, 2, 2, 2, 3, 4, 9.
        assert_eq!(found.parts, [2.0, 20.0]);
        assert!(found.whole < 1.0);
    }

    #[test]
    fn long_work_is_done_once() {
        let mut calls = 0;
        let found = timed(|| -> Result<_, ()> {
            calls += 1;
            std::thread::sleep(SHORT);
            Ok(((), vec![7.0]))
        });
        let found = found.unwrap();
        assert_eq!((calls, found.parts), (1, vec![7.0]));
        assert!(found.whole >= SHORT.as_secs_f64());
    }

    #[test]
    fn a_slow_first_try_is_not_the_only_one() {
        let mut calls = 0;
        let found = timed(|| -> Result<_, ()> {
            calls += 1;
            std::thread::sleep(if calls == 1 { 2 * ENOUGH } else { Duration::ZERO });
            Ok(((), vec![[90.0, 1.0][calls - 1]]))
        });
        assert_eq!((calls, found.unwrap().parts), (2, vec![1.0]));
    }

    #[test]
    fn an_error_ends_it() {
        let mut calls = 0;
        let found = timed(|| {
            calls += 1;
            if calls == 2 { Err("stopped") } else { Ok(((), vec![])) }
        });
        assert_eq!((found.err(), calls), (Some("stopped"), 2));
    }
}
