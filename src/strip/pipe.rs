//! How thick a pipe is.

/// Bytes of the thinnest pipe, as a power of two, and its thickness in points.
const THIN: (f64, f32) = (14.0, 2.0);
/// Points for each doubling, up to the thickest.
const DOUBLING: f32 = 0.6;
const THICKEST: f32 = 12.0;

/// The thickness of a pipe of so many bytes, points: it grows with the logarithm.
pub fn thickness(bytes: u64) -> f32 {
    let doublings = (bytes.max(1) as f64).log2() - THIN.0;
    (THIN.1 + doublings.max(0.0) as f32 * DOUBLING).min(THICKEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_grows_alike_with_each_doubling() {
        let [a, b, c] = [1 << 20, 1 << 21, 1 << 22].map(thickness);
        assert!(a < b && ((b - a) - (c - b)).abs() < 1e-6);
        assert_eq!((thickness(0), thickness(u64::MAX)), (THIN.1, THICKEST));
    }
}
