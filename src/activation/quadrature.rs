//! Integration over an interval that is cut where the integrand is not smooth.

/// Nodes and weights of the `n`-point Gauss-Legendre rule on `[-1, 1]`, by Newton's method on `P_n`
/// (Abramowitz and Stegun, section 25.4.29).
pub(super) fn gauss_legendre(n: usize) -> Vec<(f64, f64)> {
    let count = n as f64;
    (0..n)
        .map(|i| {
            let mut x = (std::f64::consts::PI * (i as f64 + 0.75) / (count + 0.5)).cos();
            let mut slope = 1.0;
            for _ in 0..8 {
                let (mut before, mut here) = (0.0, 1.0);
                for k in 0..n {
                    let k = k as f64;
                    (before, here) = (here, ((2.0 * k + 1.0) * x * here - k * before) / (k + 1.0));
                }
                slope = count * (x * here - before) / (x * x - 1.0);
                x -= here / slope;
            }
            (x, 2.0 / ((1.0 - x * x) * slope * slope))
        })
        .collect()
}

/// Nodes and weights of the `n`-point rule on each piece between neighbouring `cuts` (rising).
pub(super) fn pieces(cuts: &[f64], n: usize) -> Vec<(f64, f64)> {
    let rule = gauss_legendre(n);
    let pairs = cuts.iter().zip(cuts.iter().skip(1));
    pairs
        .flat_map(|(low, high)| {
            let (centre, half) = (0.5 * (low + high), 0.5 * (high - low));
            rule.iter().map(move |(x, w)| (centre + half * x, half * w))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_integrates_powers_up_to_twice_its_size() {
        for n in [1, 2, 5, 32] {
            for power in 0..2 * n as i32 {
                let sum: f64 = gauss_legendre(n).iter().map(|(x, w)| w * x.powi(power)).sum();
                let exact = if power % 2 == 0 { 2.0 / f64::from(power + 1) } else { 0.0 };
                assert!((sum - exact).abs() < 1e-14, "{n} nodes, power {power}: {sum}");
            }
        }
    }

    #[test]
    fn pieces_add_up_over_a_kink() {
        let sum: f64 = pieces(&[-1.0, 0.0, 2.0], 4).iter().map(|(x, w)| w * x.abs()).sum();
        assert!((sum - 2.5).abs() < 1e-14);
    }
}
