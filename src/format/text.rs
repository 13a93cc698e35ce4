//! Text that comes from files, on one line and short: names of classes, columns and models, cells in
//! messages, paths.

use std::path::Path;

/// Characters of a text from a file that are shown.
const SHOWN: usize = 40;

/// Text from a file as it is printed anywhere: one line, at most 40 characters and then `…`, control
/// and direction-changing characters escaped (`\u{1b}`), an empty text as `""`.
pub fn excerpt(text: &str) -> String {
    if text.is_empty() {
        return "\"\"".to_owned();
    }
    let mut chars = text.chars();
    let mut short: String = chars.by_ref().take(SHOWN).collect();
    if chars.next().is_some() {
        short.push('…');
    }
    escaped(&short)
}

/// A path as it is printed anywhere: whole, on one line, escaped as in [`excerpt`].
pub fn path(path: &Path) -> String {
    escaped(&path.to_string_lossy())
}

/// An error of a library, which may quote what stands in a file: on one line, at most 300 characters.
pub fn one_line(error: &dyn std::fmt::Display) -> String {
    const SHOWN: usize = 300;
    escaped(&error.to_string().chars().take(SHOWN).collect::<String>())
}

/// The whole text on one line: control and direction-changing characters, line separators, and
/// characters without width that hide a difference are escaped.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || is_hidden(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

/// Marks of direction, separators and fillers: what changes the look of the text around it, or has
/// none of its own. Joiners (U+200C, U+200D) are letters' business in many scripts, and stay.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_on_one_line_and_short() {
        assert_eq!(path(Path::new("a\nb\u{202e}c.csv")), "a\\u{a}b\\u{202e}c.csv");
        assert_eq!(excerpt(&"x".repeat(41)), format!("{}…", "x".repeat(40)));
        assert_eq!(excerpt(&"é".repeat(40)), "é".repeat(40), "characters count, not bytes");
        assert_eq!(excerpt("\u{1b}[31mred\u{7}\u{9b}"), "\\u{1b}[31mred\\u{7}\\u{9b}");
        assert_eq!(excerpt("a\u{2066}b\u{feff}c\u{e0041}"), "a\\u{2066}b\\u{feff}c\\u{e0041}");
        assert_eq!(excerpt(""), "\"\"");
        assert_eq!(excerpt("हिन्दी 中文 naïve"), "हिन्दी 中文 naïve");
    }
}
