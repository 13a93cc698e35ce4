//! Curves and coefficients as CSV.

use super::LabCurve;
use activation::{ChebyshevSeries, Histogram};

/// The curves of the plots, one line per place; the measured share is that of the bin it lies in.
pub fn curves_csv(curve: &LabCurve, measured: Option<&Histogram>) -> Result<Vec<u8>, csv::Error> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(["x", "function", "polynomial", "error", "in_interval", "measured_density"])?;
    let bins = measured.map(|m| (m.bins(200), m.total() as f64));
    let (low, high) = curve.fitted.request().interval;
    for [x, value] in &curve.function {
        let density = bins.as_ref().map(|(bins, total)| {
            let bin = bins.iter().find(|b| (b.low..b.high).contains(x));
            bin.map_or(0.0, |b| b.count as f64 / total / (b.high - b.low))
        });
        out.write_record([
            x.to_string(),
            value.to_string(),
            curve.fitted.eval(*x).to_string(),
            curve.fitted.error_at(*x).to_string(),
            (low..=high).contains(x).to_string(),
            density.map_or(String::new(), |d| d.to_string()),
        ])?;
    }
    out.into_inner().map_err(|e| e.into_error().into())
}

/// The coefficients, one line each: of the Chebyshev basis of its interval and, for a single
/// polynomial, of the powers of x.
pub fn coefficients_csv(curve: &LabCurve) -> Result<Vec<u8>, csv::Error> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(["part", "k", "interval_low", "interval_high", "chebyshev", "power_of_x"])?;
    let powers = curve.fitted.monomials();
    for (part, series) in parts(curve).iter().enumerate() {
        let (low, high) = series.interval();
        for (k, c) in series.coefficients().iter().enumerate() {
            let power = powers.as_ref().map(|p| p.coefficients().get(k).copied().unwrap_or(0.0));
            out.write_record([
                (part + 1).to_string(),
                k.to_string(),
                low.to_string(),
                high.to_string(),
                c.to_string(),
                power.map_or(String::new(), |p| p.to_string()),
            ])?;
        }
    }
    out.into_inner().map_err(|e| e.into_error().into())
}

/// The polynomials of a composition, or the one there is.
fn parts(curve: &LabCurve) -> Vec<ChebyshevSeries> {
    match curve.fitted.composite() {
        Some(composite) => composite.parts.clone(),
        None => curve.fitted.chebyshev().into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use activation::{Activation, Approximation, Method};

    fn rows(bytes: Vec<u8>) -> Vec<csv::StringRecord> {
        csv::Reader::from_reader(&bytes[..]).records().map(|r| r.expect("a row")).collect()
    }

    #[test]
    fn curves_and_coefficients_read_back() {
        let request = Approximation::new(Activation::Relu, Method::LeastSquares, 2, (-1.0, 1.0));
        let curve = LabCurve::new(&request, None).expect("fits");
        let curves = rows(curves_csv(&curve, None).expect("writes"));
        assert_eq!(curves.len(), curve.function.len());
        let number = |r: &csv::StringRecord, i: usize| r[i].parse::<f64>().expect("a number");
        for row in &curves {
            let off = number(row, 2) - number(row, 1) - number(row, 3);
            assert!(off.abs() < 1e-12 && row[5].is_empty());
        }
        let coefficients = rows(coefficients_csv(&curve).expect("writes"));
        assert_eq!(coefficients.len(), 3);
        assert!((number(&coefficients[2], 5) - 15.0 / 32.0).abs() < 1e-12);
        let spread: Vec<f32> = (0..100).map(|i| i as f32 / 100.0 - 0.5).collect();
        let measured = Histogram::of(&spread);
        let curves = rows(curves_csv(&curve, Some(&measured)).expect("writes"));
        assert!(curves.iter().any(|r| number(r, 5) > 0.0));
    }

    #[test]
    fn parts_of_a_composition_are_told_apart() {
        let request =
            Approximation::new(Activation::Sign, Method::CompositeMinimax, 3, (-2.0, 2.0));
        let curve = LabCurve::new(&request, None).expect("fits");
        let rows = rows(coefficients_csv(&curve).expect("writes"));
        assert_eq!(rows.len(), 8);
        assert_eq!((&rows[0][0], &rows[7][0], &rows[7][5]), ("1", "2", ""));
    }
}
