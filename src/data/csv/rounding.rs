//! Columns whose numbers have more digits than are kept.

use super::cell::Row;
use super::layout::Layout;
use crate::guess::Guess;
use format::excerpt;

/// Share of a column's span that rounding may change without being told.
const TOLD: f64 = 1e-3;

/// Tells of the first column of `rows` in which rounding to 32 bits changes values by more than a
/// thousandth of their span, as with times in seconds since 1970. Numbers in a format of their own
/// are not looked at.
pub(super) fn find(rows: &[Row], layout: &Layout) -> Option<Guess> {
    let (at, column) = layout.values.iter().enumerate().find(|(_, column)| lost(rows, **column))?;
    let name = layout.names.get(at).map_or(String::new(), |n| format!(" ({})", excerpt(n)));
    let number = column + 1;
    Some(Guess::new(
        format!(
            "column {number}{name} has more digits than are kept: values near each other become one; subtract their smallest first"
        ),
        &format!("drop={number}"),
    ))
}

fn lost(rows: &[Row], column: usize) -> bool {
    let (mut low, mut high, mut error) = (f64::INFINITY, f64::NEG_INFINITY, 0.0f64);
    let cells = rows.iter().filter_map(|row| row.cells.get(column)?.parse::<f64>().ok());
    for value in cells.filter(|v| v.is_finite()) {
        low = low.min(value);
        high = high.max(value);
        error = error.max((value - f64::from(value as f32)).abs());
    }
    low < high && error > TOLD * (high - low)
}
