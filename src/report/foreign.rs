//! Texts that strangers chose, such as names, keys and tags, made harmless for where they go.

/// Without what a reader cannot see: control characters, and those that turn or hide the text
/// around them, become U+FFFD. Line feeds and tabs stay.
pub(super) fn visible(text: &str) -> String {
    let hides = |letter: char| {
        (letter.is_control() && !matches!(letter, '\n' | '\t'))
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    text.chars().map(|letter| if hides(letter) { '\u{fffd}' } else { letter }).collect()
}

/// At most so many characters, the last of them `…` when some are left out.
pub(super) fn shortened(text: &str, most: usize) -> String {
    if text.chars().nth(most).is_none() {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// What a text says first: up to the end of its first sentence or paragraph.
pub(super) fn first_sentence(text: &str) -> &str {
    let text = text.trim();
    let ends = [text.find(".\n").map(|at| at + 1), text.find(". ").map(|at| at + 1), text.find("\n\n")];
    ends.into_iter().flatten().min().and_then(|end| text.get(..end)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_visible_and_of_a_length() {
        assert_eq!(visible("a\u{1b}[31m\u{202e}b\n"), "a\u{fffd}[31m\u{fffd}b\n");
        assert_eq!([shortened("abcd", 4), shortened("äbcde", 4)], ["abcd", "äbc…"]);
        assert_eq!(first_sentence("Set v2.0 first. Then\nlook."), "Set v2.0 first.");
        assert_eq!(first_sentence("One\nline"), "One\nline");
    }
}
