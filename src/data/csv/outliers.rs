//! Columns in which a few values are so large that all others become one number beside them.

use super::layout::Layout;
use crate::guess::Guess;
use format::excerpt;

/// Span of all values, in spans of the middle half, from which on a column is told of.
const LARGEST_RATIO: f64 = 1e6;
/// Rows that the middle half is estimated from.
const SAMPLE: usize = 4000;

/// Tells of the first such column, and how many there are.
pub(super) fn find(values: &[f32], columns: usize, layout: &Layout) -> Option<Guess> {
    let mut low = vec![f32::INFINITY; columns];
    let mut high = vec![f32::NEG_INFINITY; columns];
    for row in values.chunks_exact(columns.max(1)) {
        for ((low, high), value) in low.iter_mut().zip(&mut high).zip(row) {
            *low = low.min(*value);
            *high = high.max(*value);
        }
    }
    let rows = values.len() / columns.max(1);
    let step = rows.div_ceil(SAMPLE).max(1);
    let span = |column: usize| {
        let cells = values.iter().skip(column).step_by(columns * step);
        let mut cells: Vec<f32> = cells.copied().filter(|v| !v.is_nan()).collect();
        cells.sort_by(f32::total_cmp);
        let at = |share: usize| cells.get(cells.len() * share / 4).copied().unwrap_or(0.0);
        f64::from(at(3)) - f64::from(at(1))
    };
    let found: Vec<usize> = (0..columns)
        .filter(|&column| {
            let whole = f64::from(high[column]) - f64::from(low[column]);
            // Without a middle half there is nothing to compare with.
            let middle = if whole > 0.0 { span(column) } else { 0.0 };
            middle > 0.0 && whole > LARGEST_RATIO * middle
        })
        .collect();
    let first = *found.first()?;
    let name = layout.names.get(first).map_or(String::new(), |n| format!(" ({})", excerpt(n)));
    let more = match found.len() {
        1 => String::new(),
        n => format!(", and {} more columns do the same", n - 1),
    };
    let number = layout.values.get(first).map_or(0, |c| c + 1);
    Some(Guess::new(
        format!(
            "column {number}{name} goes from {:e} to {:e}, far beyond most of its values, which training then cannot tell apart{more}",
            low[first], high[first]
        ),
        &format!("drop={number}"),
    ))
}
