//! What an exporter noted beside the graph: names and normalisation.

use network::ModelCard;
use serde_json::Value;
use std::collections::HashMap;

/// What the metadata say.
#[derive(Default)]
pub struct Given {
    pub card: ModelCard,
    /// `(x - offset) / scale` of raw values, one number for all or one for each value.
    pub normalisation: Option<(Vec<f32>, Vec<f32>)>,
}

/// Reads `classes` and `features` (JSON lists of texts, or texts between commas) and `offset` and `scale`
/// (numbers, or JSON lists of them: one for all, or one for each of the `len` values).
///
/// # Errors
/// When one of them is there and is not that.
pub fn read(metadata: &HashMap<String, String>, len: usize) -> Result<Given, String> {
    let get = |key: &str| metadata.get(key).map(|text| text.trim()).filter(|t| !t.is_empty());
    let texts = |key: &str| get(key).map(names).unwrap_or_default();
    let numbers = |key: &str| -> Result<Option<Vec<f32>>, String> {
        let Some(text) = get(key) else { return Ok(None) };
        let fail = || {
            format!(
                "metadata {key} is {}; a number or a list of {len} numbers is needed",
                format::excerpt(text)
            )
        };
        let found = match serde_json::from_str(text).map_err(|_| fail())? {
            Value::Array(list) => list,
            one => vec![one],
        };
        let found: Option<Vec<f32>> = found.iter().map(|v| v.as_f64().map(|v| v as f32)).collect();
        let found = found.filter(|f| f.len() == 1 || f.len() == len).ok_or_else(fail)?;
        let fine = found.iter().all(|v| v.is_finite() && (key != "scale" || *v != 0.0));
        if fine { Ok(Some(found)) } else { Err(fail()) }
    };
    let (offset, scale) = (numbers("offset")?, numbers("scale")?);
    let normalisation = (offset.is_some() || scale.is_some())
        .then(|| (offset.unwrap_or(vec![0.0]), scale.unwrap_or(vec![1.0])));
    let card = ModelCard {
        classes: texts("classes"),
        features: texts("features"),
        ..ModelCard::default()
    };
    Ok(Given { card, normalisation })
}

fn names(text: &str) -> Vec<String> {
    let clean = |name: &str| name.trim().replace(char::is_control, " ");
    match serde_json::from_str(text) {
        Ok(Value::Array(list)) => {
            list.iter().map(|v| clean(&v.as_str().map_or(v.to_string(), str::to_owned))).collect()
        }
        _ => text.split(',').map(clean).collect(),
    }
}
