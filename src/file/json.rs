//! What is wrong with a JSON file or a setting, in words for a person.

use format::{escaped, excerpt};
use serde_json::Error;

/// Why `text` is not what was expected: the field, what it must be, and the place.
pub fn reason_in(text: &str, error: &Error) -> String {
    let message = error.to_string();
    let (line, column) = (error.line(), error.column());
    let message = message.strip_suffix(&format!(" at line {line} column {column}"));
    let message = message.map_or_else(|| error.to_string(), str::to_owned);
    if text.trim().is_empty() {
        return "there is nothing in it; JSON begins with { and ends with }".to_owned();
    }
    let place = offset(text, line, column);
    // A number that ends with the file, as in `0.`.
    let is_last =
        text[place..].trim_end().len() <= 1 && text.trim_end().ends_with(['.', '-', '+', 'e', 'E']);
    let is_cut = message == "invalid number" && is_last;
    let message = if is_cut { "EOF while parsing a value".to_owned() } else { message };
    let field = field_at(&text[..place]);
    let told = not_json(text, place).unwrap_or_else(|| reason(&field, &message));
    format!("{told}, line {line}, column {}", column.max(1))
}

/// Why the value of `field` is not what was expected; `message` is that of the parser.
pub fn reason(field: &str, message: &str) -> String {
    let wrong = message.strip_prefix("invalid type: ").or(message.strip_prefix("invalid value: "));
    let named = if field.is_empty() { "the whole" } else { field };
    if let Some((found, expected)) = wrong.and_then(|w| w.rsplit_once(", expected ")) {
        return format!("{named} must be {}, and is {}", kind(expected), value(found));
    }
    // A list in the place of named fields.
    if let Some(rest) = message.strip_prefix("invalid length ")
        && let Some((found, expected)) = rest.split_once(", expected ")
    {
        return match expected.starts_with("struct ") {
            true => format!("{named} must be a group of fields in {{ }}, and is a list"),
            false => format!("{named} has a list of {found}; {expected} is possible"),
        };
    }
    if message.starts_with("EOF while parsing") {
        return "the file ends too early: it was cut short; copy or write it again".to_owned();
    }
    if message.starts_with("recursion limit exceeded") {
        return "lists and groups are too deep in each other; 127 levels are possible".to_owned();
    }
    if message.starts_with("trailing characters") {
        return "something is behind the last }; leave it out".to_owned();
    }
    if let Some(rest) = message.strip_prefix("unknown variant ") {
        let (found, expected) = rest.split_once(", expected ").unwrap_or((rest, ""));
        let field = if field.is_empty() { "it" } else { field };
        let known = bare(expected.trim_start_matches("one of "));
        return format!("{field} is {}; {known} are possible", excerpt(&bare(found)));
    }
    if let Some(rest) = message.strip_prefix("unknown field ") {
        let (found, expected) = rest.split_once(", expected ").unwrap_or((rest, ""));
        let known = bare(expected.trim_start_matches("one of "));
        return format!("there is no field {}; {known} are possible", excerpt(&bare(found)));
    }
    if let Some(name) = message.strip_prefix("missing field ") {
        return format!("the field {} is missing", bare(name));
    }
    if let Some(name) = message.strip_prefix("duplicate field ") {
        return format!("the field {} is there twice", excerpt(&bare(name)));
    }
    escaped(message)
}

/// What a type of the program is to a person.
fn kind(expected: &str) -> String {
    let text = match expected {
        "u64" | "u32" | "u16" | "u8" | "usize" => "a whole number, 0 or more",
        "i64" | "i32" => "a whole number",
        "f64" | "f32" => "a number",
        "a boolean" => "true or false",
        "a string" | "a borrowed string" | "string or map" => "text",
        "a sequence" => "a list",
        other if other.starts_with("struct ") || other == "a map" => "a group of fields in { }",
        other => return other.to_owned(),
    };
    text.to_owned()
}

/// A value as the parser tells it, as a person wrote it.
fn value(found: &str) -> String {
    let written = |prefix: &str| found.strip_prefix(prefix).map(bare);
    for prefix in ["integer ", "floating point ", "boolean ", "number "] {
        if let Some(text) = written(prefix) {
            return excerpt(&text);
        }
    }
    match found {
        "null" | "Option value" | "unit value" => "nothing".to_owned(),
        "map" => "a group of fields".to_owned(),
        "sequence" => "a list".to_owned(),
        _ => match found.strip_prefix("string ") {
            Some(text) => excerpt(text.trim_matches('"')),
            None => excerpt(found),
        },
    }
}

/// Without the marks around names.
fn bare(text: &str) -> String {
    text.replace('`', "")
}

/// The byte at a place that the parser names; lines and columns begin at 1, columns are bytes.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let mut at = (before + column).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// A word that some programs write for a number and JSON does not have.
fn not_json(text: &str, place: usize) -> Option<String> {
    let start = text[..place].rfind([':', ',', '[', ' ', '\n']).map_or(0, |at| at + 1);
    let word: String =
        text[start..].chars().take_while(|c| c.is_alphanumeric() || "+-.".contains(*c)).collect();
    let word = word.trim_start_matches(['+', '-']);
    let known = ["nan", "inf", "infinity"].contains(&word.to_ascii_lowercase().as_str());
    known.then(|| {
        let field = field_at(&text[..start]);
        let field = if field.is_empty() { "a value" } else { &field };
        format!("{field} is {word}, which is no number")
    })
}

/// The dotted name of the field that `text`, the beginning of a JSON text, ends in.
fn field_at(text: &str) -> String {
    // The name of each group, and in a list the number of the entry.
    let mut groups: Vec<(String, bool)> = Vec::new();
    let (mut key, mut last) = (String::new(), String::new());
    let mut letters = text.chars();
    while let Some(c) = letters.next() {
        match c {
            '"' => {
                last.clear();
                while let Some(c) = letters.next() {
                    match c {
                        '"' => break,
                        '\\' => last.extend(letters.next()),
                        c => last.push(c),
                    }
                }
            }
            ':' => key = std::mem::take(&mut last),
            ',' => match groups.last() {
                Some((_, true)) => key = next(&key),
                _ => key.clear(),
            },
            '{' => groups.push((std::mem::take(&mut key), false)),
            '[' => groups.push((std::mem::replace(&mut key, next("")), true)),
            '}' | ']' => key = groups.pop().unwrap_or_default().0,
            _ => {}
        }
    }
    groups.push((key, false));
    let names = groups.iter().filter(|(name, _)| !name.is_empty()).map(|(name, _)| excerpt(name));
    names.collect::<Vec<_>>().join(".")
}

/// The number of the entry behind that of number `at`; the first behind none.
fn next(at: &str) -> String {
    (at.parse::<usize>().unwrap_or(0) + 1).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Default, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Colour {
        #[default]
        Red,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Inner {
        width: f64,
        colour: Colour,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        seed: u64,
        #[serde(default, deserialize_with = "crate::fields")]
        inner: Inner,
        #[serde(default)]
        many: Many,
    }

    #[derive(Debug, Default)]
    struct Many(Vec<Inner>);

    impl<'de> Deserialize<'de> for Many {
        fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            #[derive(Deserialize)]
            struct One(#[serde(deserialize_with = "crate::fields")] Inner);
            let all = Vec::<One>::deserialize(from)?;
            Ok(Self(all.into_iter().map(|One(inner)| inner).collect()))
        }
    }

    fn told(text: &str) -> String {
        let mut from = serde_json::Deserializer::from_str(text);
        let read: Result<Outer, _> = crate::fields(&mut from);
        reason_in(text, &read.and_then(|_| from.end()).unwrap_err())
    }

    #[test]
    fn what_is_right_is_read() {
        let text = "{\"seed\": 1, \"inner\": {\"width\": 2, \"colour\": \"red\"}}";
        let Outer { seed, inner: Inner { width, colour: Colour::Red }, many: Many(many) } =
            serde_json::from_str(text).unwrap();
        assert_eq!((seed, width, many.len()), (1, 2.0, 0));
    }

    #[test]
    fn the_field_what_it_must_be_and_the_place_are_named() {
        let cases = [
            (
                "{\"seed\": \"x\"}",
                "seed must be a whole number, 0 or more, and is x, line 1, column 12",
            ),
            (
                "{\"seed\": -1}",
                "seed must be a whole number, 0 or more, and is -1, line 1, column 11",
            ),
            (
                "{\"seed\": 1.5}",
                "seed must be a whole number, 0 or more, and is 1.5, line 1, column 12",
            ),
            (
                "{\"seed\": null}",
                "seed must be a whole number, 0 or more, and is nothing, line 1, column 13",
            ),
            (
                "{\"seed\": 1, \"inner\": {\"width\": \"wide\"}}",
                "inner.width must be a number, and is wide, line 1, column 37",
            ),
            (
                "{\"seed\": 1,\n \"inner\": {\"width\": NaN}}",
                "inner.width is NaN, which is no number, line 2, column 21",
            ),
            (
                "{\"seed\": 1, \"inner\": {\"width\": -Infinity}}",
                "inner.width is Infinity, which is no number, line 1, column 33",
            ),
            ("{\"inner\": {}}", "the field seed is missing, line 1, column 13"),
            ("{\"seed\": 1, \"seed\": 2}", "the field seed is there twice, line 1, column 18"),
            (
                "{\"sead\": 1}",
                "there is no field sead; seed, inner, many are possible, line 1, column 7",
            ),
        ];
        for (text, wanted) in cases {
            assert_eq!(told(text), wanted);
        }
        for (text, wanted) in [
            ("", "there is nothing in it"),
            ("\n ", "there is nothing in it"),
            ("[]", "the whole must be a group of fields in { }, and is a list"),
            ("{\"seed\": 1", "cut short"),
            ("{\"seed\": 0.", "cut short"),
            ("{\"seed\": -", "cut short"),
            ("{\"seed\": 0.}", "invalid number"),
            ("{\"seed\": 1}}", "behind the last }"),
            ("{\"inner\": [[[", "inner must be a group of fields in { }, and is a list"),
            ("{\"many\": [{}, [[", "many.2 must be a group of fields in { }, and is a list"),
            ("{\"many\": [{\"width\": 1}, {\"width\": \"x\"", "many.2.width must be"),
        ] {
            let told = told(text);
            assert!(told.contains(wanted), "{text}: {told}");
        }
        let colour = told("{\"seed\": 1, \"inner\": {\"colour\": \"green\"}}");
        assert!(colour.starts_with("inner.colour is green; red"), "{colour}");
        let group = told("{\"seed\": 1, \"inner\": 3}");
        assert!(group.starts_with("inner must be a group of fields in { }, and is 3"), "{group}");
    }

    #[test]
    fn long_and_strange_values_stay_on_one_short_line() {
        let text = format!("{{\"seed\": \"{}\\n\"}}", "x".repeat(5000));
        assert!(told(&text).len() < 150);
        assert!(!told("{\"seed\": \"a\\u001b[31mb\\nc\"}").contains(char::is_control));
        assert!(!told("{\"se\u{1b}ed\": 1}").contains(char::is_control));
    }
}
