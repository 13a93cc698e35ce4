//! Missing values of a table, filled in from its training part: what is tested on tells nothing.

use super::options::Incomplete;
use crate::dataset::Split;
use crate::guess::Guess;
use format::excerpt;

/// Puts the mean or median of each column of `train` in the place of NaN in both parts.
///
/// # Errors
/// When a column has no value to take them from; when there is no training part: what one row is answered
/// would then depend on the other rows.
pub(super) fn fill(
    train: &mut Split,
    test: &mut Split,
    columns: usize,
    names: &[String],
    how: Incomplete,
) -> Result<Option<Guess>, String> {
    let missing = |part: &Split| part.inputs.iter().filter(|v| v.is_nan()).count();
    let all = missing(train) + missing(test);
    if all == 0 {
        return Ok(None);
    }
    if train.is_empty() {
        return Err(format!(
            "{all} values are missing in rows that are to be answered, and a mean of these would make an answer depend on the rows beside it; fill them in first, or leave such rows out with ?missing=drop"
        ));
    }
    let (word, statistic): (_, fn(&mut [f32]) -> f32) = match how {
        Incomplete::Median => ("median", median),
        _ => ("mean", mean),
    };
    let mut filling = Vec::with_capacity(columns);
    for column in 0..columns {
        let cells = train.inputs.iter().skip(column).step_by(columns);
        let mut cells: Vec<f32> = cells.copied().filter(|v| !v.is_nan()).collect();
        if cells.is_empty() {
            let name = names.get(column).map_or_else(|| (column + 1).to_string(), |n| excerpt(n));
            return Err(format!(
                "column {name} has no value in the training part to take the {word} of; drop it with ?drop={name}"
            ));
        }
        filling.push(statistic(&mut cells));
    }
    let mut gaps = vec![0; columns];
    for part in [train, test] {
        for (at, value) in part.inputs.iter_mut().enumerate() {
            if value.is_nan() {
                *value = filling[at % columns];
                gaps[at % columns] += 1;
            }
        }
    }
    Ok(Some(Guess::new(
        format!(
            "{all} missing values ({}) are the {word} of their column in the training part",
            by_column(&gaps, names)
        ),
        "missing=drop",
    )))
}

/// How many values are missing in which column, those with most first.
pub(super) fn by_column(gaps: &[usize], names: &[String]) -> String {
    const SHOWN: usize = 5;
    let mut all: Vec<(usize, usize)> =
        gaps.iter().copied().enumerate().filter(|(_, count)| *count > 0).collect();
    all.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let name = |at: usize| names.get(at).map_or_else(|| (at + 1).to_string(), |n| excerpt(n));
    let shown = all.iter().take(SHOWN).map(|(at, count)| format!("{} {count}", name(*at)));
    let mut shown: Vec<String> = shown.collect();
    if all.len() > SHOWN {
        shown.push(format!("{} columns more", all.len() - SHOWN));
    }
    format!("column {}", shown.join(", "))
}

fn mean(cells: &mut [f32]) -> f32 {
    (cells.iter().map(|v| f64::from(*v)).sum::<f64>() / cells.len() as f64) as f32
}

fn median(cells: &mut [f32]) -> f32 {
    cells.sort_by(f32::total_cmp);
    let at = |place: usize| f64::from(cells.get(place).copied().unwrap_or_default());
    let half = cells.len() / 2;
    match cells.len().is_multiple_of(2) {
        true => (0.5 * (at(half - 1) + at(half))) as f32,
        false => at(half) as f32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_filled_from_the_training_part_alone() {
        let part = |inputs: &[f32]| Split {
            inputs: inputs.to_vec(),
            labels: vec![0; inputs.len() / 2],
            lengths: vec![],
        };
        let gap = f32::NAN;
        // Column 1: 1, 2, 9 (mean 4, median 2); column 2: 10, 20 (both 15).
        let train = part(&[1.0, 10.0, 2.0, gap, 9.0, 20.0]);
        let test = part(&[gap, 1000.0, 500.0, gap]);
        for (how, first, second) in [(Incomplete::Mean, 4.0, 15.0), (Incomplete::Median, 2.0, 15.0)]
        {
            let (mut train, mut test) = (train.clone(), test.clone());
            let told = fill(&mut train, &mut test, 2, &[], how).unwrap().unwrap();
            assert!(told.text.starts_with("3 missing values (column 2 2, 1 1) are the"), "{told}");
            assert_eq!(train.inputs, [1.0, 10.0, 2.0, second, 9.0, 20.0]);
            assert_eq!(test.inputs, [first, 1000.0, 500.0, second]);
        }
        // Rows that are to be answered tell nothing about each other.
        let (mut none, mut alone) = (Split::default(), test.clone());
        let told = fill(&mut none, &mut alone, 2, &[], Incomplete::Mean).unwrap_err();
        assert!(told.starts_with("2 values are missing in rows that are to be answered"), "{told}");
        let (mut train, mut test) = (part(&[gap, 1.0]), test);
        let told = fill(&mut train, &mut test, 2, &["a".into(), "b".into()], Incomplete::Mean);
        assert!(told.unwrap_err().contains("column a has no value"));
    }
}
