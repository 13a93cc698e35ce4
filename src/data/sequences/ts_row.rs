//! A line of a file of time series: one series and its class.

use super::ts_header::unquoted;
use format::excerpt;

/// Most steps of a series.
const MAX_STEPS: usize = 65_535;
/// Most channels.
const MAX_CHANNELS: usize = 4096;

/// One series.
pub(super) struct Row {
    /// `[steps][channels]`.
    pub values: Vec<f32>,
    pub channels: usize,
    pub class: u16,
    /// A class that is written otherwise than in the header, and its name there.
    pub respelled: Option<(String, String)>,
}

/// Reads a line behind `@data`; `labelled`: with a class at its end, which is one of `classes`, or is not
/// looked at.
pub(super) fn row(line: &str, labelled: bool, classes: Option<&[String]>) -> Result<Row, String> {
    let (body, label) = match labelled {
        true => line.rsplit_once(':').ok_or("no : before the class; is the line cut off?")?,
        false => (line, ""),
    };
    let (class, respelled) = match classes.filter(|_| labelled) {
        Some(classes) => class(unquoted(label), classes)?,
        None => (0, None),
    };
    let mut channels: Vec<Vec<f32>> = Vec::new();
    for (index, text) in body.split(':').enumerate() {
        if index == MAX_CHANNELS {
            return Err(format!("more than {MAX_CHANNELS} channels"));
        }
        if text.trim().is_empty() {
            return Err(format!("channel {} is empty; is a : too many?", index + 1));
        }
        let mut values = Vec::new();
        for (step, cell) in text.split(',').enumerate() {
            let place = || format!("channel {}, value {}", index + 1, step + 1);
            if step == MAX_STEPS {
                return Err(format!("channel {} has more than {MAX_STEPS} values", index + 1));
            }
            let cell = cell.trim();
            let value: f32 = cell.parse().map_err(|_| match cell {
                "?" => format!("{} is missing; fill missing values in first", place()),
                "" => format!("{} is empty; is a comma too many?", place()),
                _ => format!("{} is {}, which is no number", place(), excerpt(cell)),
            })?;
            if value.is_nan() {
                return Err(format!("{} is missing; fill missing values in first", place()));
            }
            if !value.is_finite() {
                return Err(format!("{} is {}, which is not finite", place(), excerpt(cell)));
            }
            values.push(value);
        }
        if let Some(first) = channels.first()
            && first.len() != values.len()
        {
            return Err(format!(
                "channel {} has {} values where the first has {}; channels of a series need the same number",
                index + 1,
                values.len(),
                first.len()
            ));
        }
        channels.push(values);
    }
    let steps = channels.first().map_or(0, Vec::len);
    let at = |step: usize| channels.iter().filter_map(move |c| c.get(step).copied());
    let values = (0..steps).flat_map(at).collect();
    Ok(Row { values, channels: channels.len(), class, respelled })
}

/// The index of a class: as it is written, or else the only one that is the same number.
fn class(label: &str, classes: &[String]) -> Result<(u16, Option<(String, String)>), String> {
    if let Some(at) = classes.iter().position(|c| c == label) {
        return Ok((at as u16, None));
    }
    let number = label.parse::<f64>().ok();
    let same = |c: &String| number.is_some() && c.parse::<f64>().ok() == number;
    let found: Vec<usize> =
        (0..classes.len()).filter(|&c| classes.get(c).is_some_and(same)).collect();
    match found.as_slice() {
        [one] => {
            let name = classes.get(*one).cloned().unwrap_or_default();
            Ok((*one as u16, Some((label.to_owned(), name))))
        }
        _ => {
            let shown: Vec<String> = classes.iter().take(8).map(|c| excerpt(c)).collect();
            let more = if classes.len() > 8 { ", …" } else { "" };
            Err(format!(
                "class {} is not among those of @classLabel ({}{more})",
                excerpt(label),
                shown.join(", ")
            ))
        }
    }
}
