//! The header of a NumPy array: the few Python literals that it is made of.

use super::value_type::{Kind, Type};
use format::excerpt;

/// Most axes of an array.
const MAX_AXES: usize = 8;
/// Longest text of one value, bytes.
const MAX_TEXT: usize = 4096;

/// What the header says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub of: Type,
    /// Whether the first axis is the fastest.
    pub fortran_order: bool,
    pub dims: Vec<usize>,
}

impl Header {
    /// Reads `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`, keys in any order.
    ///
    /// # Errors
    /// What is not understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        let broken = || format!("a header that is none of NumPy: {}", excerpt(text.trim()));
        let mut left = text.trim().strip_prefix('{').ok_or_else(broken)?.trim_start();
        let (mut of, mut fortran_order, mut dims) = (None, None, None);
        while !left.starts_with('}') {
            let (key, rest) = quoted(left).ok_or_else(broken)?;
            let rest = rest.trim_start().strip_prefix(':').ok_or_else(broken)?.trim_start();
            left = match key {
                "descr" if rest.starts_with('[') => {
                    return Err("an array of records; save one array of numbers for each".into());
                }
                "descr" => {
                    let (descr, rest) = quoted(rest).ok_or_else(broken)?;
                    of = Some(value_type(descr)?);
                    rest
                }
                "fortran_order" => {
                    let truth = [("True", true), ("False", false)];
                    let found =
                        truth.iter().find_map(|(word, is)| Some((*is, rest.strip_prefix(word)?)));
                    let (is, rest) = found.ok_or_else(broken)?;
                    fortran_order = Some(is);
                    rest
                }
                "shape" => {
                    let inside = rest.strip_prefix('(').ok_or_else(broken)?;
                    let (inside, rest) = inside.split_once(')').ok_or_else(broken)?;
                    dims = Some(lengths(inside).ok_or_else(broken)?);
                    rest
                }
                _ => return Err(broken()),
            };
            left = left.trim_start();
            left = left.strip_prefix(',').unwrap_or(left).trim_start();
        }
        let (of, fortran_order, dims) =
            (of.ok_or_else(broken)?, fortran_order.ok_or_else(broken)?, dims.ok_or_else(broken)?);
        if dims.len() > MAX_AXES {
            return Err(format!("{} axes; at most {MAX_AXES} are read", dims.len()));
        }
        Ok(Self { of, fortran_order, dims })
    }
}

/// The text between the quotes at the beginning, and what is behind them.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let mark = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    text.get(1..)?.split_once(mark)
}

/// `3, 4`, `3,` or nothing; Python 2 wrote `3L`.
fn lengths(text: &str) -> Option<Vec<usize>> {
    let parts = text.split(',').map(str::trim).filter(|t| !t.is_empty());
    parts.map(|t| t.strip_suffix('L').unwrap_or(t).parse().ok()).collect()
}

/// `<f4`, `|u1`, `<U10` and the like.
fn value_type(descr: &str) -> Result<Type, String> {
    let shown = excerpt(descr);
    let other = || {
        format!(
            "values of type {shown}; booleans, integers, floating-point numbers of 2, 4 or 8 bytes and texts are read: save with .astype('float32')"
        )
    };
    let (order, rest) = match descr.chars().next() {
        Some(order @ ('<' | '>' | '|' | '=')) => (order, descr.get(1..).unwrap_or_default()),
        _ => ('<', descr),
    };
    let kind = match rest.chars().next() {
        Some('b') => Kind::Bool,
        Some('i') => Kind::Signed,
        Some('u') => Kind::Unsigned,
        Some('f') => Kind::Float,
        Some('S' | 'a') => Kind::Bytes,
        Some('U') => Kind::Characters,
        Some('O') => {
            return Err(
                "an array of Python objects, which only Python can read; save numbers: np.save(path, np.asarray(x, dtype='float32'))".into(),
            );
        }
        _ => return Err(other()),
    };
    let length: usize = rest.get(1..).and_then(|n| n.parse().ok()).ok_or_else(other)?;
    let bytes = if kind == Kind::Characters { length.saturating_mul(4) } else { length };
    let fits = match kind {
        Kind::Bool => bytes == 1,
        Kind::Signed | Kind::Unsigned => matches!(bytes, 1 | 2 | 4 | 8),
        Kind::Float => matches!(bytes, 2 | 4 | 8),
        Kind::Bytes | Kind::Characters => (1..=MAX_TEXT).contains(&bytes),
    };
    if !fits {
        return Err(other());
    }
    Ok(Type { kind, bytes, big_endian: order == '>' })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_numpy_are_read() {
        let of = |kind, bytes, big_endian| Type { kind, bytes, big_endian };
        for (text, expected) in [
            (
                "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }   \n",
                (of(Kind::Float, 4, false), false, vec![3, 4]),
            ),
            (
                "{'shape': (7,), 'fortran_order': True, 'descr': '|u1'}",
                (of(Kind::Unsigned, 1, false), true, vec![7]),
            ),
            (
                "{\"descr\": \">i8\", \"fortran_order\": False, \"shape\": (2L, 1L)}",
                (of(Kind::Signed, 8, true), false, vec![2, 1]),
            ),
            (
                "{'descr': '<U5', 'fortran_order': False, 'shape': ()}",
                (of(Kind::Characters, 20, false), false, vec![]),
            ),
        ] {
            let header = Header::parse(text).unwrap();
            assert_eq!((header.of, header.fortran_order, header.dims), expected, "{text}");
        }
    }

    #[test]
    fn others_are_refused_in_one_line() {
        for (text, said) in [
            ("", "none of NumPy"),
            ("{'descr': '<f4'", "none of NumPy"),
            ("{'descr': '<f4'}", "none of NumPy"),
            ("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", "Python objects"),
            ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", "records"),
            ("{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", "type <c8"),
            ("{'descr': '<f16', 'fortran_order': False, 'shape': (1,)}", "type <f16"),
            ("{'descr': '<U99999999999999999999', 'fortran_order': False, 'shape': (1,)}", "type"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", "none of NumPy"),
            ("{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", "none of NumPy"),
            (
                "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}",
                "9 axes; at most 8",
            ),
        ] {
            let told = Header::parse(text).unwrap_err();
            assert!(told.contains(said) && !told.contains('\n'), "{text}: {told}");
        }
    }
}
