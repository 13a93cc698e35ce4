//! What a horizontal axis stands for.

/// What the places of a horizontal axis stand for.
#[derive(Clone, Debug)]
pub struct Horizontal {
    /// Head of its column.
    pub name: &'static str,
    /// The value that is drawn at a place.
    pub value: fn(f64) -> f64,
    /// What stands at 0, 1, 2, … where these are no numbers.
    pub words: Vec<String>,
}

impl Default for Horizontal {
    fn default() -> Self {
        Self::named("x")
    }
}

impl Horizontal {
    /// Places that are their own values.
    pub fn named(name: &'static str) -> Self {
        Self::scaled(name, |at| at)
    }

    /// Places whose values are `value` of them.
    pub fn scaled(name: &'static str, value: fn(f64) -> f64) -> Self {
        Self { name, value, words: Vec::new() }
    }

    /// Places that are the decimal logarithms of values.
    pub fn logarithmic(name: &'static str) -> Self {
        Self::scaled(name, |at| 10f64.powf(at))
    }

    /// Places that stand for words.
    pub fn words(name: &'static str, words: Vec<String>) -> Self {
        Self { words, ..Self::named(name) }
    }

    /// The value at a place, as text.
    pub(crate) fn text(&self, at: f64) -> String {
        let whole = at.fract() == 0.0 && at >= 0.0;
        let word = self.words.get(at.max(0.0) as usize).filter(|_| whole);
        word.cloned().unwrap_or_else(|| digits((self.value)(at)))
    }
}

/// As many digits as tell plotted values apart, without those that rounding made.
pub(crate) fn digits(value: f64) -> String {
    let text = format!("{value:.9e}");
    text.parse::<f64>().map_or(text, |short| short.to_string())
}
