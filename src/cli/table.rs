//! Text tables that line up.

use study::Row;

/// A table whose first column is aligned left and the others right.
pub(super) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(head: &[&str]) -> Self {
        Self { rows: vec![head.iter().map(|&h| h.to_owned()).collect()] }
    }

    /// The columns `ids` of rows of a study; names of columns in small letters.
    pub fn of<'a, R: Row>(ids: &[&str], rows: impl Iterator<Item = &'a R>) -> Self {
        let columns = R::columns(ids);
        let head: Vec<String> = columns.iter().map(|c| c.title.to_lowercase()).collect();
        let mut table = Self::new(&head.iter().map(String::as_str).collect::<Vec<_>>());
        rows.for_each(|row| table.row(columns.iter().map(|c| c.text(row)).collect()));
        table
    }

    /// A row of cells; text from files in them stays on its line.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells.iter().map(|cell| format::escaped(cell)).collect());
    }

    /// The lines of the table, two spaces between columns.
    pub fn render(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |c: usize| self.rows.iter().filter_map(|r| r.get(c)).map(|t| wide(t)).max();
        let widths: Vec<usize> = (0..columns).map(|c| width(c).unwrap_or(0)).collect();
        let mut out = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (at, (cell, &width)) in row.iter().zip(&widths).enumerate() {
                let gap = " ".repeat(width - wide(cell));
                if at == 0 {
                    line.push_str(cell);
                    line.push_str(&gap);
                } else {
                    line.push_str("  ");
                    line.push_str(&gap);
                    line.push_str(cell);
                }
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }
}

fn wide(text: &str) -> usize {
    text.chars().count()
}

/// Columns that text is folded to.
const COLUMNS: usize = 100;

/// Lines of `label  value`, the values lined up and folded to the width of a page.
pub(super) fn pairs(rows: &[(&str, String)]) -> String {
    let width = rows.iter().map(|(label, _)| wide(label)).max().unwrap_or(0);
    let line = |(label, value): &(&str, String)| {
        let gap = " ".repeat(width - wide(label) + 2);
        folded(&format!("{label}{gap}"), value)
    };
    rows.iter().map(line).collect()
}

/// `head` and then the words of `text`, further lines indented to where the text begins.
pub(super) fn folded(head: &str, text: &str) -> String {
    let indent = wide(&format::escaped(head));
    let mut out = format::escaped(head);
    let mut at = indent;
    for word in format::escaped(text).split(' ') {
        if at > indent && at + 1 + wide(word) > COLUMNS {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            at = indent;
        } else if at > indent {
            out.push(' ');
            at += 1;
        }
        out.push_str(word);
        at += wide(word);
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_line_up_on_the_right() {
        let mut table = Table::new(&["name", "µs"]);
        table.row(vec!["a".into(), "1".into()]);
        table.row(vec!["long name".into(), "100".into()]);
        assert_eq!(table.render(), "name        µs\na            1\nlong name  100\n");
    }

    #[test]
    fn values_line_up_on_the_left() {
        assert_eq!(pairs(&[("a", "1".into()), ("bcd", "2".into())]), "a    1\nbcd  2\n");
    }

    #[test]
    fn long_text_is_folded_under_its_beginning() {
        let text = folded("warning: ", &"word ".repeat(30));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].len() <= COLUMNS && lines[1].starts_with("         word"), "{text}");
    }
}
