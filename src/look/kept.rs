//! Samples of a person's own as a table that the program reads as it reads any other.

/// A sample that was kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// Raw values, as the data have them.
    pub raw: Vec<f32>,
    /// What it is, where that was said.
    pub label: Option<u16>,
}

/// The samples as CSV, and the options that stand behind its path. Classes are in it where each sample has
/// one and there are two at least. `features` are the names of the values of a table; `image` is the
/// shape of pictures, channels, height, width.
pub fn table(
    kept: &[Kept],
    classes: &[String],
    features: &[String],
    image: Option<(usize, usize, usize)>,
) -> (String, String) {
    let named = |label: Option<u16>| classes.get(usize::from(label?)).cloned();
    let names: Vec<Option<String>> = kept.iter().map(|k| named(k.label)).collect();
    let first = names.first().cloned().flatten();
    let labelled = names.iter().all(Option::is_some) && names.iter().any(|n| *n != first);
    let width = kept.first().map_or(0, |k| k.raw.len());
    let column = |at: usize| features.get(at).cloned().unwrap_or_else(|| format!("pixel{at}"));
    let mut head: Vec<String> = (0..width).map(column).collect();
    let rows = kept.iter().zip(names).map(|(kept, name)| {
        let values = kept.raw.iter().map(f32::to_string);
        values.chain(name.filter(|_| labelled)).collect::<Vec<String>>()
    });
    if labelled {
        head.push("class".into());
    }
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    let text = format::csv_table(&head, rows);
    let mut options = String::from("header=yes&drop=none&class=");
    options += if labelled { "class&split=none" } else { "none" };
    if let Some((channels, height, width)) = image {
        options += &format!("&shape={channels}x{height}x{width}");
    }
    (text, options)
}
