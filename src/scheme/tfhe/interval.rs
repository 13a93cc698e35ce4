//! How far a counted rate may lie from the true one.

/// The Clopper-Pearson interval: the rates under which `failures` or fewer, and `failures` or more,
/// of `trials` each have probability `(1 - confidence) / 2` at least.
///
/// Clopper and Pearson, Biometrika 26 (1934), 404-413.
pub fn rate_interval(failures: u64, trials: u64, confidence: f64) -> (f64, f64) {
    let tail = (1.0 - confidence) / 2.0;
    let low = if failures == 0 {
        0.0
    } else {
        // 1 - P(X <= failures - 1) grows with the rate.
        root(|p| 1.0 - at_most(failures - 1, trials, p) - tail)
    };
    let high = if failures >= trials { 1.0 } else { root(|p| tail - at_most(failures, trials, p)) };
    (low, high)
}

/// Where a growing function of a rate crosses 0.
fn root(f: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if f(middle) > 0.0 { high = middle } else { low = middle }
    }
    0.5 * (low + high)
}

/// Probability of `most` failures or fewer.
fn at_most(most: u64, trials: u64, rate: f64) -> f64 {
    if rate <= 0.0 {
        return 1.0;
    }
    if rate >= 1.0 {
        return if most >= trials { 1.0 } else { 0.0 };
    }
    let n = trials as f64;
    let log_of = |k: f64| {
        libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0)
            + k * rate.ln()
            + (n - k) * (-rate).ln_1p()
    };
    (0..=most).map(|k| log_of(k as f64).exp()).sum::<f64>().min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_the_table() {
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-4, "{a} {b}");
        let (low, high) = rate_interval(0, 100, 0.99);
        near(low, 0.0);
        near(high, 1.0 - 0.005f64.powf(0.01));
        let (low, high) = rate_interval(100, 100, 0.99);
        near(low, 0.005f64.powf(0.01));
        near(high, 1.0);
        // The ends are where the tails have half a hundredth.
        let (low, high) = rate_interval(10, 200, 0.99);
        assert!(low < 0.05 && 0.05 < high);
        near(1.0 - at_most(9, 200, low), 0.005);
        near(at_most(10, 200, high), 0.005);
    }
}
