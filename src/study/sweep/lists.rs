//! Lists that a person types for a sweep: degrees, intervals and functions.

use activation::Activation;
use network::IntervalRule;

/// How much wider than its measured inputs the interval of a layer is.
const MARGIN: f64 = 0.1;

/// What stands between the entries of a list.
const BETWEEN: [char; 2] = [',', ';'];

/// An entry as it was typed.
fn shown(part: &str) -> &str {
    if part.is_empty() { "nothing" } else { part }
}

/// Degrees from 1 to `most`: numbers and ranges with both ends, as `2, 3, 5-7` or `2..9`; rising, each
/// once.
///
/// # Errors
/// In one line what is no such list.
pub fn degree_list(text: &str, most: usize) -> Result<Vec<usize>, String> {
    let mut all = Vec::new();
    for part in text.split(BETWEEN).map(str::trim) {
        let wrong = || {
            format!(
                "{} is no degree: write numbers and ranges from 1 to {most}, as 2, 3, 5-7",
                shown(part)
            )
        };
        let ends = part.split_once("..").or_else(|| part.split_once(['-', '–']));
        let (low, high) = ends.unwrap_or((part, part));
        let low: usize = low.trim().parse().map_err(|_| wrong())?;
        let high = high.trim_start_matches('=').trim();
        let high: usize = high.parse().map_err(|_| wrong())?;
        if low < 1 || low > high || high > most {
            return Err(wrong());
        }
        all.extend(low..=high);
    }
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

/// Intervals: half-widths, `measured`, or two ends as `-1..3`.
///
/// # Errors
/// In one line what is no such list.
pub fn interval_list(text: &str) -> Result<Vec<IntervalRule>, String> {
    let one = |part: &str| {
        if part == "measured" {
            return Some(IntervalRule::Measured { quantile: 1.0, margin: MARGIN });
        }
        let number = |text: &str| text.trim().replace('−', "-").parse::<f64>().ok();
        let (low, high) = match part.split_once("..") {
            Some((low, high)) => (number(low)?, number(high)?),
            None => number(part.trim_start_matches('±')).map(|half| (-half, half))?,
        };
        (low.is_finite() && high.is_finite() && low < high)
            .then_some(IntervalRule::Given((low, high)))
    };
    let mut all: Vec<IntervalRule> = Vec::new();
    for part in text.split(BETWEEN).map(str::trim) {
        let rule = one(part).ok_or_else(|| {
            format!(
                "{} is no interval: write half-widths above 0, measured, or two ends, as 3, 5, measured, -1..3",
                shown(part)
            )
        })?;
        if !all.contains(&rule) {
            all.push(rule);
        }
    }
    Ok(all)
}

/// Functions by their names, as `relu, tanh`.
///
/// # Errors
/// In one line what is no function, with those there are.
pub fn function_list(text: &str) -> Result<Vec<Activation>, String> {
    let one = |name: &str| {
        let known = Activation::TARGETS.map(|f| f.name().to_lowercase());
        let at = known.iter().position(|known| *known == name.to_lowercase());
        at.and_then(|at| Activation::TARGETS.get(at).cloned())
            .ok_or_else(|| format!("{name}: {} are possible", known.join(", ")))
    };
    let mut all = Vec::new();
    for name in text.split(BETWEEN).map(str::trim) {
        let function = one(name)?;
        if !all.contains(&function) {
            all.push(function);
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_numbers_and_ranges_each_once() {
        let read = |text| degree_list(text, 63);
        assert_eq!(read("2, 3, 5-7").unwrap(), [2, 3, 5, 6, 7]);
        assert_eq!(read("2..5").unwrap(), [2, 3, 4, 5]);
        assert_eq!(read("9;2..=3, 3").unwrap(), [2, 3, 9]);
        for bad in ["", "x", "5..2", "2..", "0", "1-64", "-3", "2,,3", "2.5"] {
            let told = read(bad).unwrap_err();
            assert!(told.contains("is no degree: write numbers and ranges from 1 to 63"), "{told}");
        }
        assert!(degree_list("32", 31).is_err());
    }

    #[test]
    fn intervals_are_half_widths_measured_or_two_ends() {
        let found = interval_list("3, ±5, measured, −1..3, 3").unwrap();
        let given = |low, high| IntervalRule::Given((low, high));
        assert_eq!(found[..2], [given(-3.0, 3.0), given(-5.0, 5.0)]);
        assert!(matches!(found[2], IntervalRule::Measured { .. }));
        assert_eq!(found[3..], [given(-1.0, 3.0)]);
        for bad in ["0", "-1", "wide", "inf", "", "3..1"] {
            let told = interval_list(bad).unwrap_err();
            assert!(told.contains("is no interval") && !told.contains('\n'), "{told}");
        }
    }

    #[test]
    fn functions_are_named() {
        assert_eq!(
            function_list("ReLU, tanh, relu").unwrap(),
            [Activation::Relu, Activation::Tanh]
        );
        assert!(function_list("step").unwrap_err().contains("relu"));
    }
}
