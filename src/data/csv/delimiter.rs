//! What stands between the columns of a table.

use super::in_place::one_space;
use super::number::NumberFormat;

/// What may, the likelier first where all else is equal. Spaces are between words too: they may only
/// where none of these does.
const CANDIDATES: [u8; 4] = [b'\t', b';', b'|', b','];
/// Rows and bytes that are looked at.
const ROWS: usize = 64;
const BYTES: u64 = 1 << 20;

/// Its name in words, of many.
pub(super) fn plural(delimiter: u8) -> &'static str {
    match delimiter {
        b'\t' => "tabs",
        b';' => "semicolons",
        b'|' => "vertical bars",
        b' ' => "spaces",
        _ => "commas",
    }
}

/// The option that says that it is another.
pub(super) fn others(found: u8) -> String {
    const NAMES: [(u8, &str); 5] =
        [(b',', "comma"), (b';', "semicolon"), (b'\t', "tab"), (b'|', "pipe"), (b' ', "space")];
    let names = NAMES.iter().filter(|(delimiter, _)| *delimiter != found);
    let names: Vec<&str> = names.map(|(_, name)| *name).collect();
    match names.split_last() {
        Some((last, rest)) => format!("delimiter={} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// A reader of rows of any length; a space stands for any number of them, which `text` is prepared
/// for by [`prepared`].
pub(super) fn reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes())
}

/// The text for [`reader`]: with spaces as delimiter, those at the ends of lines go and runs of them
/// become one.
pub(super) fn prepared(text: String, delimiter: u8) -> String {
    if delimiter == b' ' { one_space(text) } else { text }
}

/// The delimiter under which the most rows have the same number of columns, and the most cells are
/// numbers; a comma where none makes columns.
pub(super) fn detect(text: &str) -> u8 {
    let mut best = (0.0, b',');
    for delimiter in CANDIDATES {
        let score = score(text, delimiter);
        if score > best.0 {
            best = (score, delimiter);
        }
    }
    if best.0 == 0.0 && score(text, b' ') > 0.0 { b' ' } else { best.1 }
}

/// Share of rows with the commonest number of columns, times the share of numbers in them, which
/// counts a little where there are none; 0 where that number is one.
fn score(text: &str, delimiter: u8) -> f64 {
    let format = NumberFormat::default();
    let text = prepared(beginning(text).to_owned(), delimiter);
    let mut reader = reader(&text, delimiter);
    let mut record = csv::StringRecord::new();
    let mut rows: Vec<(usize, usize)> = Vec::new();
    while rows.len() < ROWS && reader.read_record(&mut record).is_ok_and(|more| more) {
        if record.iter().all(|c| c.trim().is_empty()) {
            continue;
        }
        let numbers = record.iter().filter(|c| format.resembles_number(c.trim())).count();
        rows.push((record.len(), numbers));
    }
    let mut counts = std::collections::BTreeMap::new();
    for (columns, _) in &rows {
        *counts.entry(*columns).or_insert(0usize) += 1;
    }
    let Some((&columns, &alike)) = counts.iter().max_by_key(|(columns, n)| (**n, **columns)) else {
        return 0.0;
    };
    if columns < 2 {
        return 0.0;
    }
    let numbers: usize = rows.iter().filter(|r| r.0 == columns).map(|r| r.1).sum();
    let numbers = numbers as f64 / (alike * columns) as f64;
    // Words are separated by spaces without being columns.
    if delimiter == b' ' && numbers == 0.0 {
        return 0.0;
    }
    alike as f64 / rows.len() as f64 * (0.05 + numbers)
}

/// Whole lines from the beginning, of which there are enough.
fn beginning(text: &str) -> &str {
    let mut end = text.len().min(BYTES as usize);
    if end < text.len() {
        end = text.as_bytes()[..end].iter().rposition(|b| *b == b'\n').map_or(end, |at| at + 1);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_the_one_that_makes_columns() {
        for (text, expected) in [
            ("a,b,c\n1,2,x\n", b','),
            ("1,5;2;x\n2,5;3;y\n", b';'),
            ("a;b?,c,class\n1,2,x\n3,4,y\n", b','),
            ("1,2,x|y\n3,4,z|y\n", b','),
            ("1|2|x\n3|4|y\n", b'|'),
            ("1\t2,5\tx\n3\t4,5\ty\n", b'\t'),
            ("5.1  3.5 a\n 4.9 3.0 b\n", b' '),
            ("5 kg\ta\n6 kg\tb\n", b'\t'),
            ("5 kg,a\n6 kg,b\n", b','),
            ("1, 2, x\n3, 4, y\n", b','),
            ("1 234;5 678;x\n1 000;2 000;y\n", b';'),
            ("\"a\nb\";c;class\n1;2;x\n", b';'),
            ("one\ntwo words here\n", b','),
            ("", b','),
        ] {
            assert_eq!(detect(text), expected, "{text:?}");
        }
        assert_eq!(prepared(" 1   2  \n\"a  b\" 3\n".to_owned(), b' '), "1 2\n\"a  b\" 3\n");
    }
}
