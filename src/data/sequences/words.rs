//! Sentences as words.

use unicode_segmentation::UnicodeSegmentation;

/// The words of a sentence: runs of letters, digits and apostrophes in lower case, marks above and
/// below letters with them; single letters in scripts without spaces; and every `!` or `?`.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut end = |word: &mut String| {
        let whole = word.trim_matches('\'');
        if !whole.is_empty() {
            words.push(whole.to_owned());
        }
        word.clear();
    };
    for letter in text.graphemes(true) {
        let first = letter.chars().next().unwrap_or(' ');
        if stands_alone(first) {
            end(&mut word);
            word.push_str(letter);
            end(&mut word);
        } else if first.is_alphanumeric() || first == '\'' {
            word.push_str(&letter.to_lowercase());
        } else {
            end(&mut word);
            if let Some(mark) = mark(first) {
                word.push(mark);
                end(&mut word);
            }
        }
    }
    end(&mut word);
    words
}

/// Exclamation and question marks, wide ones too.
fn mark(c: char) -> Option<char> {
    match c {
        '!' | '！' => Some('!'),
        '?' | '？' => Some('?'),
        _ => None,
    }
}

/// Letters of scripts that are written without spaces: Han, kana, Thai, Lao, Burmese, Khmer.
pub(super) fn stands_alone(c: char) -> bool {
    matches!(c,
        '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}'
        | '\u{0e01}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}')
        && c.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_become_words() {
        assert_eq!(words("It's GREAT!! 'Not' bad..."), ["it's", "great", "!", "!", "not", "bad"]);
        assert!(words(" ... ").is_empty());
        assert_eq!(words("यह फ़िल्म अच्छी है।"), ["यह", "फ़िल्म", "अच्छी", "है"]);
        assert_eq!(words("很好看！OK吗"), ["很", "好", "看", "!", "ok", "吗"]);
        assert_eq!(words("cafe\u{301} noir"), ["cafe\u{301}", "noir"]);
    }
}
