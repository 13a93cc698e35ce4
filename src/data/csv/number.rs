//! Numbers as people write them.

/// How the numbers of a table are written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct NumberFormat<'a> {
    /// `1,5` and not `1.5`.
    pub decimal_comma: bool,
    /// What stands between groups of three digits; a space means spaces of any width.
    pub thousands: Option<char>,
    /// Units before or behind a number.
    pub strip: &'a [String],
}

/// Signs that stand beside numbers.
const SYMBOLS: [char; 7] = ['%', '$', '€', '£', '¥', '°', '‰'];

impl NumberFormat<'_> {
    /// The number in a trimmed cell; infinities and NaN are numbers here.
    pub fn parse(&self, cell: &str) -> Option<f32> {
        let plain = !self.decimal_comma && self.thousands.is_none() && self.strip.is_empty();
        if plain && let Ok(value) = cell.parse() {
            return Some(value);
        }
        let (sign, rest) = split_sign(cell);
        let rest = self.without_units(rest);
        let (sign, rest) = match (sign, split_sign(rest)) {
            ("", found) => found,
            (sign, ("", rest)) => (sign, rest),
            _ => return None,
        };
        if rest.is_empty() {
            return None;
        }
        let mut text = String::from(sign);
        text.push_str(&self.digits(rest)?);
        text.parse().ok().or_else(|| {
            // An exponent as Fortran writes it.
            let d = text.find(['d', 'D'])?;
            let number = text.as_bytes();
            let digit = |at: usize| number.get(at).is_some_and(u8::is_ascii_digit);
            let before = d > 0 && (digit(d - 1) || number.get(d - 1) == Some(&b'.'));
            let signed = matches!(number.get(d + 1), Some(b'+' | b'-'));
            if !before || !digit(d + 1 + usize::from(signed)) {
                return None;
            }
            text.replace_range(d..=d, "e");
            text.parse().ok()
        })
    }

    fn without_units<'t>(&self, mut text: &'t str) -> &'t str {
        for unit in self.strip {
            text = text.strip_prefix(unit.as_str()).unwrap_or(text).trim();
            text = text.strip_suffix(unit.as_str()).unwrap_or(text).trim();
        }
        text
    }

    /// The digits as Rust reads them; `None` where groups are not of three digits.
    fn digits(&self, text: &str) -> Option<String> {
        let point = if self.decimal_comma { ',' } else { '.' };
        let end = text.find([point, 'e', 'E']).unwrap_or(text.len());
        let (whole, rest) = text.split_at(end);
        let mut out = String::with_capacity(text.len());
        let separates = |c: char| match self.thousands {
            Some(' ') => matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}'),
            Some('\'') => matches!(c, '\'' | '’'),
            other => other == Some(c),
        };
        let groups: Vec<&str> = whole.split(separates).collect();
        if let [first, others @ ..] = groups.as_slice()
            && !others.is_empty()
        {
            let three = |g: &&str| g.len() == 3 && g.bytes().all(|b| b.is_ascii_digit());
            if !(1..=3).contains(&first.len()) || !others.iter().all(three) {
                return None;
            }
        }
        out.extend(groups);
        if self.decimal_comma {
            if out.contains('.') || rest.contains('.') {
                return None;
            }
            out.push_str(&rest.replacen(',', ".", 1));
        } else {
            out.push_str(rest);
        }
        Some(out)
    }

    /// Whether a cell is a number in this or another way of writing numbers, or one with a sign such
    /// as `%` or `$` beside it.
    pub fn resembles_number(&self, cell: &str) -> bool {
        let core = cell.trim_matches(SYMBOLS).trim();
        [cell, core].iter().any(|c| self.parse(c).is_some()) || other_format(core).is_some()
    }

    /// How a cell that is no number could be read as one: what it has, and the option for it.
    pub fn suggestion(&self, cell: &str) -> Option<String> {
        let points = NumberFormat { thousands: Some('.'), ..*self };
        if self.decimal_comma && self.thousands.is_none() && points.parse(cell).is_some() {
            return Some("has points between thousands; add &thousands=point".into());
        }
        if let Some(found) = other_format(cell) {
            return Some(found);
        }
        let number = |c: char| {
            c.is_ascii_digit() || matches!(c, '+' | '-' | '\u{2212}' | '.' | ',' | '\'' | ' ')
        };
        let core = cell.trim_matches(|c| !number(c)).trim();
        let at = cell.find(core).filter(|_| !core.is_empty())?;
        let (before, after) = (cell[..at].trim(), cell[at + core.len()..].trim());
        let readable = self.parse(core).is_some() || other_format(core).is_some();
        let short = |unit: &str| unit.chars().count() <= 6 && !unit.contains(['?', '&', '=', ',']);
        match (before, after) {
            ("", unit) | (unit, "") if readable && short(unit) => {
                Some(format!("has {unit} beside the number; ?strip={unit} leaves it out"))
            }
            _ => None,
        }
    }
}

fn split_sign(text: &str) -> (&'static str, &str) {
    for (sign, meaning) in [("+", "+"), ("-", "-"), ("\u{2212}", "-")] {
        if let Some(rest) = text.strip_prefix(sign) {
            return (meaning, rest);
        }
    }
    ("", text)
}

/// Another way of writing numbers in which a cell is one, in words and with its option.
fn other_format(cell: &str) -> Option<String> {
    let with = |decimal_comma: bool, thousands: Option<char>| {
        let format = NumberFormat { decimal_comma, thousands, strip: &[] };
        format.parse(cell).is_some_and(f32::is_finite)
    };
    if with(false, None) {
        return None;
    }
    let behind = "behind the path";
    Some(match (with(true, None), with(false, Some(','))) {
        (true, true) => format!(
            "has a comma before three digits: for a decimal comma open it with ?decimal=comma {behind}, for thousands with ?thousands=comma"
        ),
        (true, false) => {
            format!("has a decimal comma; write a point, or open it with ?decimal=comma {behind}")
        }
        (false, true) => {
            format!("has thousands separators; open it with ?thousands=comma {behind}")
        }
        (false, false) => {
            let ways = [
                (false, ' ', "space"),
                (false, '\'', "apostrophe"),
                (true, '.', "point&decimal=comma"),
                (true, ' ', "space&decimal=comma"),
                (true, '\'', "apostrophe&decimal=comma"),
            ];
            let (_, _, option) = ways.iter().find(|(comma, c, _)| with(*comma, Some(*c)))?;
            format!("has thousands separators; open it with ?thousands={option} {behind}")
        }
    })
}

/// What true and false are as numbers.
pub(super) fn truth(cell: &str) -> Option<f32> {
    if cell.eq_ignore_ascii_case("true") {
        Some(1.0)
    } else if cell.eq_ignore_ascii_case("false") {
        Some(0.0)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: NumberFormat = NumberFormat { decimal_comma: false, thousands: None, strip: &[] };

    #[test]
    fn numbers_are_read_as_they_are_written() {
        for (cell, value) in [
            ("1.5", 1.5),
            ("\u{2212}2", -2.0),
            ("+3e2", 300.0),
            ("1.5D+03", 1500.0),
            ("2d-1", 0.2),
            (".5", 0.5),
        ] {
            assert_eq!(PLAIN.parse(cell), Some(value), "{cell}");
        }
        for cell in ["", "-", "d", "1,5", "1 5", "5%", "D3", "1d", "--1", "0x10", "1_0"] {
            assert_eq!(PLAIN.parse(cell), None, "{cell}");
        }
        let of = |decimal_comma, thousands| NumberFormat { decimal_comma, thousands, strip: &[] };
        assert_eq!(of(true, None).parse("-1,5"), Some(-1.5));
        assert_eq!(of(true, None).parse("1.5"), None);
        assert_eq!(of(true, Some('.')).parse("1.234.567,5"), Some(1_234_567.5));
        assert_eq!(of(false, Some(',')).parse("1,234,567.0"), Some(1_234_567.0));
        assert_eq!(of(false, Some(',')).parse("12"), Some(12.0));
        for wrong in ["1,23", "1,2345", ",123", "1234,567", "1,234,56"] {
            assert_eq!(of(false, Some(',')).parse(wrong), None, "{wrong}");
        }
        assert_eq!(of(false, Some(' ')).parse("1\u{202f}234"), Some(1234.0));
        assert_eq!(of(false, Some('\'')).parse("1'234"), Some(1234.0));
        let units = ["%".to_owned(), "$".to_owned(), "kg".to_owned()];
        let units = NumberFormat { strip: &units, thousands: Some(','), ..PLAIN };
        for (cell, value) in
            [("12 %", 12.0), ("-$1,500", -1500.0), ("$-3", -3.0), ("7kg", 7.0), ("8", 8.0)]
        {
            assert_eq!(units.parse(cell), Some(value), "{cell}");
        }
    }

    #[test]
    fn a_way_to_read_a_cell_is_suggested() {
        for (cell, option) in [
            ("1,5", "?decimal=comma"),
            ("1,234,567", "?thousands=comma"),
            ("1,234", "?thousands=comma"),
            ("1,234", "?decimal=comma"),
            ("1.234,5", "?thousands=point&decimal=comma"),
            ("1.234.567", "?thousands=point&decimal=comma"),
            ("1 234", "?thousands=space"),
            ("1 234,5", "?thousands=space&decimal=comma"),
            ("1'234", "?thousands=apostrophe"),
            ("12%", "?strip=%"),
            ("$5", "?strip=$"),
            ("5 kg", "?strip=kg"),
        ] {
            assert!(
                PLAIN.suggestion(cell).is_some_and(|s| s.contains(option)),
                "{cell}: {:?}",
                PLAIN.suggestion(cell)
            );
        }
        let german = NumberFormat { decimal_comma: true, ..PLAIN };
        assert!(german.suggestion("1.234").is_some_and(|s| s.contains("thousands=point")));
        for none in ["cat", "", "a1b", "width"] {
            assert_eq!(PLAIN.suggestion(none), None, "{none}");
        }
        assert!(PLAIN.resembles_number("12 %") && PLAIN.resembles_number("1.234,5"));
        assert!(
            !PLAIN.resembles_number("x1")
                && !PLAIN.resembles_number("2nd")
                && !PLAIN.resembles_number("")
        );
    }
}
