//! How numbers and texts are printed, everywhere the same: one function per unit, and one for text
//! from files.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod date;
mod text;

pub use date::date;
pub use text::{escaped, excerpt, one_line, path};

pub mod number;
mod share;

pub use share::{FEW, NOT_KNOWN, Share};

/// Bytes with a binary unit, three significant digits: `196 KiB`, `1.21 GiB`.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = count as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 {
        format!("{count} B")
    } else {
        format!("{} {}", three_digits(value), UNITS[unit])
    }
}

/// Seconds with a fitting unit, three significant digits: `7.60 µs`, `420 ms`, `1.25 s`, `2 min 05 s`.
pub fn secs(value: f64) -> String {
    if !value.is_finite() {
        return "—".to_owned();
    }
    if value >= 119.5 {
        let whole = value.round() as u64;
        return if whole >= 3600 {
            format!("{} h {:02} min", whole / 3600, whole % 3600 / 60)
        } else {
            format!("{} min {:02} s", whole / 60, whole % 60)
        };
    }
    let (scale, unit) = if value >= 0.9995 {
        (1.0, "s")
    } else if value >= 0.9995e-3 {
        (1e3, "ms")
    } else if value > 0.0 {
        (1e6, "µs")
    } else {
        return "0 s".to_owned();
    };
    format!("{} {unit}", three_digits(value * scale))
}

/// A share as a percentage with two decimals: `99.02 %`; what is no number is not known.
pub fn percent(share: f64) -> String {
    if share.is_finite() { format!("{:.2} %", share * 100.0) } else { NOT_KNOWN.to_owned() }
}

/// Bits with one decimal: `12.3 bits`.
pub fn bits(value: f64) -> String {
    if value.is_finite() { format!("{value:.1} bits") } else { "—".to_owned() }
}

/// A real number in few digits: `2.5`, `-0.001`, `1e308`.
pub fn short(value: f64) -> String {
    let size = value.abs();
    if value.is_finite() && (size >= 1e7 || (size > 0.0 && size < 1e-4)) {
        let text = format!("{value:e}");
        // Not more digits than anybody reads.
        return if text.len() <= 12 { text } else { format!("{value:.3e}") };
    }
    let text = format!("{value}");
    if text.len() <= 12 { text } else { format!("{value:.6}") }
}

/// Between groups of digits: the only space at which no line of the window breaks (epaint takes the narrow
/// one, U+202F, for one at which it may).
const IN_NUMBER: char = '\u{a0}';

/// A whole number in groups, which stays on one line: `10 000`.
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) && digits.len() > 4 {
            out.push(IN_NUMBER);
        }
        out.push(digit);
    }
    out
}

/// A word as a shell takes it for one.
pub fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./=,:+@%-".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

fn three_digits(value: f64) -> String {
    if value >= 99.95 {
        format!("{value:.0}")
    } else if value >= 9.995 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

/// A cell of a table that spreadsheets open: texts that they would take for a formula, as names from
/// files may look, have an apostrophe before them; numbers are as they are, `+-5` too.
pub fn cell(text: &str) -> std::borrow::Cow<'_, str> {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let number = text.trim_start_matches(['+', '-']).parse::<f64>().is_ok();
    match formula && !number {
        true => format!("'{text}").into(),
        false => text.into(),
    }
}

/// A table as CSV: `head`, then one line per row of as many cells, each as [`cell`] has it.
pub fn csv_table<R: IntoIterator<Item = String>>(
    head: &[&str],
    rows: impl Iterator<Item = R>,
) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail, and all rows are equally long.
    writer.write_record(head.iter().map(|text| cell(text).into_owned())).ok();
    for row in rows {
        writer.write_record(row.into_iter().map(|text| cell(&text).into_owned())).ok();
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        let rows = [["=1+2", "-0.5"], ["@SUM(A1)", "+cmd|x"], ["+-5", "-inf"]];
        let text = csv_table(&["-a", "b"], rows.iter().map(|row| row.map(str::to_owned)));
        assert_eq!(text, "'-a,b\n'=1+2,-0.5\n'@SUM(A1),'+cmd|x\n+-5,-inf\n");
    }

    #[test]
    fn bytes_take_the_fitting_unit() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(196_608), "192 KiB");
        assert_eq!(bytes(1_300_000_000), "1.21 GiB");
    }

    #[test]
    fn secs_take_the_fitting_unit() {
        assert_eq!(secs(0.0), "0 s");
        assert_eq!(secs(7.6e-6), "7.60 µs");
        assert_eq!(secs(0.42), "420 ms");
        assert_eq!(secs(1.25), "1.25 s");
        assert_eq!(secs(125.0), "2 min 05 s");
        assert_eq!(secs(7260.0), "2 h 01 min");
    }

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (2.5, "2.5"),
            (-5.0, "-5"),
            (0.0, "0"),
            (1e308, "1e308"),
            (-1e308, "-1e308"),
            (1e-300, "1e-300"),
            (0.01, "0.01"),
            (f64::MAX, "1.798e308"),
            (1.0 / 3.0, "0.333333"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(short(value), text);
        }
    }

    #[test]
    fn counts_are_grouped_from_five_digits() {
        assert_eq!(count(8192), "8192");
        assert_eq!(count(10_000), "10\u{a0}000");
    }

    #[test]
    fn what_is_not_a_number_prints_as_a_dash() {
        assert_eq!(secs(f64::NAN), "—");
        assert_eq!(percent(f64::NAN), "not known");
        assert_eq!(bits(f64::INFINITY), "—");
    }
}
