//! Axes: where the ticks are and what they say. Logarithmic axes are drawn as logarithms.

use circuit::NoiseMeasure;

/// Width of a number under a logarithmic axis, with the air beside it.
const TICK: f32 = 58.0;

/// The unit of a vertical axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// Seconds on a decimal logarithm.
    Secs,
    /// Bytes on a binary logarithm.
    Bytes,
    /// Bits, linear.
    Bits,
    /// `-log2` of a probability, linear.
    Failure,
    /// Shares from 0 to 1, linear.
    Share,
    /// Values without a unit, linear.
    #[default]
    Number,
}

/// A tick; minor ones have no text.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    pub at: f64,
    pub text: Option<String>,
}

impl Unit {
    /// The axis of a measure of noise.
    pub fn of_noise(measure: NoiseMeasure) -> Self {
        match measure {
            NoiseMeasure::Margin | NoiseMeasure::Precision => Self::Bits,
            NoiseMeasure::Failure => Self::Failure,
        }
    }

    /// Position of `value` on the axis; `None` where it has none (zero on a logarithm).
    pub fn position(self, value: f64) -> Option<f64> {
        let position = match self {
            Self::Secs => value.log10(),
            Self::Bytes => value.log2(),
            Self::Bits | Self::Failure | Self::Share | Self::Number => value,
        };
        position.is_finite().then_some(position)
    }

    /// The value at a position: what [`Unit::position`] undoes.
    pub fn value(self, position: f64) -> f64 {
        match self {
            Self::Secs => 10f64.powf(position),
            Self::Bytes => position.exp2(),
            Self::Bits | Self::Failure | Self::Share | Self::Number => position,
        }
    }

    /// Head of a column of such values.
    pub fn column(self) -> &'static str {
        match self {
            Self::Secs => "seconds",
            Self::Bytes => "bytes",
            Self::Bits => "bits",
            Self::Failure => "-log2 of the probability",
            Self::Share => "share",
            Self::Number => "value",
        }
    }

    /// The value as text.
    pub fn text(self, value: f64) -> String {
        match self {
            Self::Secs => format::secs(value),
            Self::Bytes => format::bytes(value.max(0.0).round() as u64),
            Self::Bits => format::bits(value),
            Self::Failure => NoiseMeasure::Failure.text(value),
            Self::Share => format::percent(value),
            Self::Number => number_text(value),
        }
    }

    /// Lowest and highest position to draw, with air around `positions`.
    pub fn bounds(self, positions: impl Iterator<Item = f64>) -> (f64, f64) {
        let (low, high) =
            positions.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), p| (l.min(p), h.max(p)));
        let (least, nothing) = match self {
            Self::Secs => (2.0, (-6.0, 0.0)),
            Self::Bytes => (4.0, (10.0, 24.0)),
            Self::Bits | Self::Failure => (10.0, (0.0, 40.0)),
            Self::Share => (0.05, (0.0, 1.0)),
            Self::Number => (0.0, (-1.0, 1.0)),
        };
        if low > high {
            return nothing;
        }
        let missing = (least - (high - low)).max(0.0) / 2.0;
        let air = 0.09 * (high - low).max(least);
        (low - missing - air, high + missing + air)
    }

    /// Ticks between `low` and `high` for an axis of `points` screen points.
    pub fn ticks(self, low: f64, high: f64, points: f32) -> Vec<Tick> {
        const APART: f64 = 22.0;
        let room = (f64::from(points) / APART).max(1.0);
        let span = (high - low).max(1e-9);
        match self {
            Self::Secs => decades(low, high, span, room),
            Self::Bytes => {
                let step = [1.0, 2.0, 5.0, 10.0, 20.0]
                    .into_iter()
                    .find(|s| span / s <= room)
                    .unwrap_or(40.0);
                multiples(low, high, step, |p| bytes_text(p.round() as i32))
            }
            Self::Bits => multiples(low, high, nice(span / room), |p| format!("{p:.0}")),
            Self::Failure => multiples(low.max(0.0), high, nice(span / room), |p| {
                if p == 0.0 { "1".to_owned() } else { format!("2^−{p:.0}") }
            }),
            Self::Share => {
                let step = nice(span / room);
                let digits = if step < 0.0095 { 1 } else { 0 };
                multiples(low, high, step, |p| format!("{:.digits$} %", p * 100.0))
                    .into_iter()
                    .filter(|t| t.at <= 1.0 + 1e-9)
                    .collect()
            }
            Self::Number => number_ticks(low, high, points)
                .into_iter()
                .map(|(at, text)| Tick { at, text: Some(text) })
                .collect(),
        }
    }
}

/// Round values between `low` and `high` with their texts, for an axis of `points` screen points.
pub fn number_ticks(low: f64, high: f64, points: f32) -> Vec<(f64, String)> {
    let room = f64::from(points) / 21.0;
    let span = (high - low).max(f64::MIN_POSITIVE);
    let step = nice(span / room.max(1.0));
    let largest = low.abs().max(high.abs());
    (0..=(span / step) as i64 + 1)
        .map(|k| ((low / step).ceil() + k as f64) * step)
        .filter(|at| (low..=high).contains(at))
        .map(|at| (at, tick_text(at, step, largest)))
        .collect()
}

/// As many digits as tell neighbouring ticks apart; powers of ten where plain digits would be many.
fn tick_text(at: f64, step: f64, largest: f64) -> String {
    // -0 and what rounding leaves of 0.
    if at.abs() < 1e-9 * step {
        return "0".to_owned();
    }
    if largest >= 1e5 || step < 1e-4 {
        let digits = ((largest.log10().floor() - step.log10().floor()) as usize).min(3);
        let text = format!("{at:.digits$e}");
        return text.replace('-', "−");
    }
    let digits = (-step.log10().floor()).max(0.0) as usize;
    format!("{at:.digits$}").replace('-', "−")
}

/// A value in about four digits.
pub fn number_text(value: f64) -> String {
    let size = value.abs();
    let text = if value == 0.0 {
        "0".to_owned()
    } else if !value.is_finite() {
        "—".to_owned()
    } else if (1e-3..1e5).contains(&size) {
        let digits = (3.0 - size.log10().floor()).clamp(0.0, 6.0) as usize;
        let text = format!("{value:.digits$}");
        let cut = text.trim_end_matches('0').trim_end_matches('.');
        if text.contains('.') { cut.to_owned() } else { text }
    } else {
        format!("{value:.2e}")
    };
    text.replace('-', "−")
}

/// Powers of ten, with twice and five times of them where there is room.
pub fn logarithmic(x: (f64, f64), points: f32, text: impl Fn(f64) -> String) -> Vec<(f64, String)> {
    let decades = x.0.floor() as i32..=x.1.ceil() as i32;
    let of = |steps: &[f64]| -> Vec<(f64, String)> {
        let all = decades.clone().flat_map(|d| steps.iter().map(move |s| s * 10f64.powi(d)));
        let inside = all.filter(|v| (x.0..=x.1).contains(&v.log10()));
        inside.map(|v| (v.log10(), text(v))).collect()
    };
    let fine = of(&[1.0, 2.0, 5.0]);
    if fine.len() as f32 * TICK <= points { fine } else { of(&[1.0]) }
}

fn decades(low: f64, high: f64, span: f64, room: f64) -> Vec<Tick> {
    let step = (span / room).ceil().max(1.0) as i32;
    let mut ticks = Vec::new();
    for decade in low.floor() as i32..=high.ceil() as i32 {
        let at = f64::from(decade);
        let text = (decade.rem_euclid(step) == 0).then(|| secs_text(decade));
        ticks.push(Tick { at, text });
        if step == 1 && span / room < 0.5 {
            ticks.extend((2..10).map(|m| Tick { at: at + f64::from(m).log10(), text: None }));
        }
    }
    ticks.retain(|t| (low..=high).contains(&t.at));
    ticks
}

fn multiples(low: f64, high: f64, step: f64, text: impl Fn(f64) -> String) -> Vec<Tick> {
    let first = (low / step).ceil() as i64;
    let last = (high / step).floor() as i64;
    (first..=last)
        .map(|k| {
            let at = k as f64 * step;
            Tick { at, text: Some(text(at)) }
        })
        .collect()
}

/// 1, 2 or 5 times a power of ten, at least `step`.
pub fn nice(step: f64) -> f64 {
    let power = 10f64.powf(step.max(1e-300).log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .map(|m| m * power)
        .into_iter()
        .find(|s| *s >= step * 0.999)
        .unwrap_or(step)
}

fn secs_text(decade: i32) -> String {
    let (unit, power) = match decade {
        ..-6 => ("ns", decade + 9),
        -6..-3 => ("µs", decade + 6),
        -3..0 => ("ms", decade + 3),
        _ => ("s", decade),
    };
    format!("{} {unit}", 10f64.powi(power))
}

fn bytes_text(power: i32) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let unit = (power.max(0) / 10).min(4);
    format!("{} {}", 2f64.powi(power - unit * 10), units[unit as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(unit: Unit, low: f64, high: f64) -> Vec<String> {
        unit.ticks(low, high, 120.0).into_iter().filter_map(|t| t.text).collect()
    }

    #[test]
    fn ticks_are_round_values() {
        assert_eq!(texts(Unit::Secs, -4.5, 0.5), ["100 µs", "1 ms", "10 ms", "100 ms", "1 s"]);
        assert_eq!(texts(Unit::Bytes, 9.0, 31.0), ["1 KiB", "32 KiB", "1 MiB", "32 MiB", "1 GiB"]);
        assert_eq!(texts(Unit::Bits, -3.0, 43.0), ["0", "10", "20", "30", "40"]);
        assert_eq!(texts(Unit::Failure, -3.0, 43.0), ["1", "2^−10", "2^−20", "2^−30", "2^−40"]);
        assert_eq!(texts(Unit::Share, 0.93, 1.01), ["94 %", "96 %", "98 %", "100 %"]);
    }

    #[test]
    fn ticks_stay_inside_and_apart() {
        for unit in [Unit::Secs, Unit::Bytes, Unit::Bits, Unit::Failure, Unit::Share, Unit::Number]
        {
            for (low, high) in [(0.0, 1.0), (-7.3, 3.1), (12.0, 90.0), (0.2, 0.21)] {
                for points in [40.0_f32, 120.0, 400.0] {
                    let ticks = unit.ticks(low, high, points);
                    assert!(ticks.iter().all(|t| (low - 1e-9..=high + 1e-9).contains(&t.at)));
                    let named: Vec<_> = ticks.iter().filter(|t| t.text.is_some()).collect();
                    for pair in named.windows(2) {
                        let apart = (pair[1].at - pair[0].at) / (high - low) * f64::from(points);
                        assert!(apart > 15.0, "{unit:?} {low} {high} {points}: {apart}");
                    }
                }
            }
        }
    }

    #[test]
    fn numbers_have_as_many_digits_as_they_need() {
        let texts = |low, high| -> Vec<String> {
            number_ticks(low, high, 120.0).into_iter().map(|(_, text)| text).collect()
        };
        assert_eq!(texts(-5.0, 5.0), ["−4", "−2", "0", "2", "4"]);
        assert_eq!(texts(-0.011, 0.012), ["−0.010", "−0.005", "0", "0.005", "0.010"]);
        assert_eq!(texts(-2e-9, 2.1e-9), ["−2e−9", "−1e−9", "0", "1e−9", "2e−9"]);
        assert_eq!(texts(0.0, 4e6), ["0", "1e6", "2e6", "3e6", "4e6"]);
        for (value, text) in
            [(0.25, "0.25"), (-12.5, "−12.5"), (1234.567, "1235"), (1.5e-7, "1.50e−7"), (0.0, "0")]
        {
            assert_eq!(number_text(value), text);
        }
    }

    #[test]
    fn zero_has_no_place_on_a_logarithm() {
        assert_eq!(Unit::Secs.position(0.0), None);
        assert_eq!(Unit::Bytes.position(1024.0), Some(10.0));
        assert_eq!(Unit::Bits.position(-3.0), Some(-3.0));
    }
}
