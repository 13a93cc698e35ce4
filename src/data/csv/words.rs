//! Columns of words: a column for each of their words in their place, 1 where a row has it, else 0.

use super::layout::Layout;
use super::values::Values;
use crate::guess::Guess;
use format::excerpt;

/// Most columns of a table.
const MAX_COLUMNS: usize = 65_536;

/// Values that a table may become in any case; above that one for each byte of its text, so that reading it
/// takes no more than 4 times its memory.
const FREE_VALUES: usize = 1 << 23;

/// A table in which every column is one of numbers.
pub(super) struct Spread {
    pub values: Vec<f32>,
    pub names: Vec<String>,
    pub columns: usize,
    pub guess: Option<Guess>,
}

/// Puts a column `NAME=WORD` for each word, in the order of the alphabet, in the place of each column of
/// words. A missing word, which is told by NaN, is none of them.
///
/// # Errors
/// When the columns, or the values in them, become too many; `bytes` is the length of the text.
pub(super) fn spread(read: Values, layout: &Layout, bytes: usize) -> Result<Spread, String> {
    let columns = layout.values.len();
    if read.words.is_empty() {
        let names = layout.names.clone();
        return Ok(Spread { values: read.values, names, columns, guess: None });
    }
    let name = |at: usize| match layout.names.get(at) {
        Some(name) => name.clone(),
        None => format!("column {}", layout.values.get(at).map_or(0, |c| c + 1)),
    };
    // Of each column its first new one, and of its words their new places behind that.
    let (mut names, mut places) = (Vec::new(), Vec::with_capacity(columns));
    for at in 0..columns {
        let first = names.len();
        let Some(words) = read.words.get(&at) else {
            names.push(name(at));
            places.push((first, None));
            continue;
        };
        let mut order: Vec<usize> = (0..words.len()).collect();
        order.sort_by(|a, b| words[*a].cmp(&words[*b]));
        let mut place = vec![0; words.len()];
        for (to, word) in order.into_iter().enumerate() {
            place[word] = to;
            names.push(format!("{}={}", name(at), words[word]));
        }
        places.push((first, Some(place)));
    }
    if names.len() > MAX_COLUMNS {
        return Err(format!(
            "{} columns with one for each word; at most {MAX_COLUMNS} are read: drop some with ?drop=",
            names.len()
        ));
    }
    let all = read.rows.saturating_mul(names.len());
    // Values are 4 bytes: before and after stand beside each other, then a part is split off.
    if all.saturating_add(read.values.len().max(all / 4)) > FREE_VALUES + bytes {
        let widest = read.words.iter().max_by_key(|(_, words)| words.len());
        let (at, words) = widest.map_or((0, 0), |(at, words)| (*at, words.len()));
        return Err(format!(
            "{all} values with a column for each word, too many for a file of {}; drop columns of many words: {} has {words}, ?drop={}",
            format::bytes(bytes as u64),
            excerpt(&name(at)),
            layout.values.get(at).map_or(0, |c| c + 1)
        ));
    }
    let (mut values, mut without) = (Vec::with_capacity(all), 0_usize);
    for row in read.values.chunks_exact(columns) {
        let begin = values.len();
        values.resize(begin + names.len(), 0.0);
        for (value, (first, place)) in row.iter().zip(&places) {
            match place {
                None => values[begin + first] = *value,
                Some(_) if value.is_nan() => without += 1,
                Some(place) => {
                    let word = place.get(*value as usize).copied().unwrap_or(0);
                    values[begin + first + word] = 1.0;
                }
            }
        }
    }
    let told: Vec<String> = read
        .words
        .iter()
        .take(4)
        .map(|(at, words)| format!("{} ({})", excerpt(&name(*at)), words.len()))
        .collect();
    let mut text = format!("a column for each word of {}", told.join(", "));
    if without > 0 {
        text += &format!("; where the word is missing ({without} times) all of them are 0");
    }
    Ok(Spread { values, columns: names.len(), names, guess: Some(Guess::note(text)) })
}
