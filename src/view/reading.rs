//! Options behind the path of a dataset, as readers propose them: `?incomplete=skip`.

/// The options that a text proposes, in its order, each once; those that leave something to fill in
/// (`?class=NAME`) are none.
pub fn options_in(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    for (at, _) in text.match_indices('?') {
        let rest = &text[at..];
        let ends = |c: char| c.is_whitespace() || ",;()\"`".contains(c);
        let option = rest.find(ends).map_or(rest, |end| &rest[..end]);
        let option = option.trim_end_matches(['.', ':']);
        if is_option(option) && !found.contains(&option) {
            found.push(option);
        }
    }
    found
}

fn is_option(text: &str) -> bool {
    let pairs = text.trim_start_matches('?');
    let is_key = |key: &str| !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase());
    let is_open = |value: &str| value.is_empty() || value.chars().all(|c| c.is_ascii_uppercase());
    !pairs.is_empty()
        && pairs.split('&').all(|pair| {
            pair.split_once('=').is_some_and(|(key, value)| is_key(key) && !is_open(value))
        })
}

/// The dataset `name` read with `option` besides; an option of the same key gives way, but columns that
/// are left out, or become a column for each word, add up.
pub fn with_option(name: &str, option: &str) -> String {
    let (path, before) = name.split_once('?').unwrap_or((name, ""));
    let mut pairs: Vec<String> =
        before.split('&').filter(|p| !p.is_empty()).map(str::to_owned).collect();
    for pair in option.trim_start_matches('?').split('&') {
        let key = pair.split_once('=').map_or(pair, |(key, _)| key);
        let is_same = |p: &String| match key {
            "drop" | "onehot" => p == pair,
            _ => p.split_once('=').is_some_and(|(k, _)| k == key),
        };
        match pairs.iter_mut().find(|p| is_same(p)) {
            Some(known) => *known = pair.to_owned(),
            None => pairs.push(pair.to_owned()),
        }
    }
    format!("{path}?{}", pairs.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proposals_are_found_and_what_is_to_be_filled_in_is_none() {
        let text = "the value is missing; fill it in, leave such rows out with ?incomplete=skip, or the column with ?drop=3 (?missing=n/a&incomplete=skip). Why? Name it (?class=NAME), again ?drop=3.";
        let expected = ["?incomplete=skip", "?drop=3", "?missing=n/a&incomplete=skip"];
        assert_eq!(options_in(text), expected);
        assert!(options_in("what?").is_empty() && options_in("?class=").is_empty());
    }

    #[test]
    fn an_option_joins_those_that_are_there() {
        assert_eq!(with_option("a.csv", "?drop=3"), "a.csv?drop=3");
        assert_eq!(with_option("a.csv?drop=3", "?drop=4"), "a.csv?drop=3&drop=4");
        let both = with_option("a.csv?header=no&class=2", "?header=yes&incomplete=skip");
        assert_eq!(both, "a.csv?header=yes&class=2&incomplete=skip");
    }
}
