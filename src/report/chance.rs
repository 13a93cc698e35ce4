//! How probable a count is by chance.

/// Natural logarithm of the probability that of `trials` independent ones at most `successes` succeed,
/// each with probability `p`: the lower tail of the binomial distribution, summed in logarithms, so
/// that neither large counts nor tiny probabilities leave the range of doubles. Relative error of the
/// probability about `1e-9`.
///
/// A `p` outside of 0 to 1 is taken as the nearer end.
pub fn ln_at_most(successes: u64, trials: u64, p: f64) -> f64 {
    if successes >= trials || p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return f64::NEG_INFINITY;
    }
    let n = trials as f64;
    let ln_factorial = |k: f64| libm::lgamma(k + 1.0);
    let ln_term = |k: u64| {
        let k = k as f64;
        let ways = ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k);
        ways + k * p.ln() + (n - k) * (-p).ln_1p()
    };
    let terms: Vec<f64> = (0..=successes).map(ln_term).collect();
    let largest = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = terms.iter().map(|t| (t - largest).exp()).sum();
    (largest + sum.ln()).min(0.0)
}

/// `log10` of the chance below which a promise counts as broken.
pub const BROKEN_LOG10: f64 = -6.0;

#[cfg(test)]
mod tests {
    use super::*;

    /// Right values from exact fractions (Python's `fractions`).
    #[test]
    fn tails_are_those_of_exact_fractions() {
        let known = [
            (0, 10, 0.5, 9.765625e-4),
            (3, 10, 0.5, 0.171875),
            (9, 10, 0.9, 0.651_321_559_9),
            (990, 1000, 0.999, 1.0742833868464958e-07),
            (52, 100, 0.999, 8.857546349580752e-116),
            (34, 40, 0.994, 1.5033394947954376e-07),
        ];
        for (k, n, p, right) in known {
            let found = ln_at_most(k, n, p).exp();
            assert!((found / right - 1.0).abs() < 1e-8, "{k} of {n} at {p}: {found} for {right}");
        }
    }

    #[test]
    fn ends_are_exact_and_tiny_tails_stay_finite() {
        assert_eq!(ln_at_most(10, 10, 0.3), 0.0);
        assert_eq!(ln_at_most(3, 10, 0.0), 0.0);
        assert_eq!(ln_at_most(9, 10, 1.0), f64::NEG_INFINITY);
        // (1 - p)^n at k = 0.
        let ln = ln_at_most(0, 100_000, 0.999);
        assert!((ln - 100_000.0 * 0.001f64.ln()).abs() < 1e-3, "{ln}");
    }
}
