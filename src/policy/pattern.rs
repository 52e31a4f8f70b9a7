//! IAM's patterns: `*` is any text, also none, `?` is one character; nothing else is special.

/// Whether a text has the form of the pattern.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    walk(&pattern, &text, |wanted, found| wanted == '?' || wanted == found)
}

/// Whether every text that has the form of `inner` also has that of `pattern`.
///
/// Sound, and complete but for a pattern that needs `?` to stand inside a `*` of the other:
/// `?*` against `*a` answers no.
#[must_use]
pub fn covers(pattern: &str, inner: &str) -> bool {
    walk(&normal(pattern), &normal(inner), |wanted, found| match found {
        '*' => false,
        '?' => wanted == '?',
        found => wanted == '?' || wanted == found,
    })
}

/// The pattern with the `?` of each run of wildcards first and one `*` last: `*?` is `?*`.
fn normal(pattern: &str) -> Vec<char> {
    let mut normal: Vec<char> = Vec::with_capacity(pattern.len());
    for letter in pattern.chars() {
        match (normal.last(), letter) {
            (Some('*'), '*') => {}
            (Some('*'), '?') => normal.insert(normal.len() - 1, '?'),
            _ => normal.push(letter),
        }
    }
    normal
}

/// Whether some text has the form of both patterns.
#[must_use]
pub fn overlaps(left: &str, right: &str) -> bool {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut reached = vec![vec![false; right.len() + 1]; left.len() + 1];
    reached[0][0] = true;
    for i in 0..=left.len() {
        for j in 0..=right.len() {
            if !reached[i][j] {
                continue;
            }
            let (a, b) = (left.get(i), right.get(j));
            if a == Some(&'*') {
                reached[i + 1][j] = true;
                if b.is_some() {
                    reached[i][j + 1] = true;
                }
            }
            if b == Some(&'*') {
                reached[i][j + 1] = true;
                if a.is_some() {
                    reached[i + 1][j] = true;
                }
            }
            if let (Some(a), Some(b)) = (a, b)
                && *a != '*'
                && *b != '*'
                && (a == b || *a == '?' || *b == '?')
            {
                reached[i + 1][j + 1] = true;
            }
        }
    }
    reached[left.len()][right.len()]
}

/// Whether the pattern can take the whole text, with `one` judging a character outside a `*`.
fn walk(pattern: &[char], text: &[char], one: impl Fn(char, char) -> bool) -> bool {
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for &wanted in pattern {
        if wanted == '*' {
            let first = reached.iter().position(|reached| *reached).unwrap_or(reached.len());
            reached.iter_mut().skip(first).for_each(|reached| *reached = true);
            continue;
        }
        for at in (0..text.len()).rev() {
            reached[at + 1] = reached[at] && one(wanted, text[at]);
        }
        reached[0] = false;
    }
    reached[text.len()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stars_span_slashes_and_colons() {
        assert!(matches("arn:aws:s3:::b/*", "arn:aws:s3:::b/a/c:d.txt"));
        assert!(matches("s3:get?bject*", "s3:getobjectacl"));
        assert!(!matches("s3:get?", "s3:get"));
    }

    #[test]
    fn every_spelling_of_everything_covers_every_action() {
        for everything in ["*", "*:*", "?*", "**", "*?", "?*:*", "*:?*"] {
            assert!(covers(everything, "?*:?*"), "{everything}");
        }
        for part in ["s3:*", "*:get*", "a*", "?:*"] {
            assert!(!covers(part, "?*:?*"), "{part}");
        }
    }

    fn texts() -> Vec<String> {
        let mut texts = vec![String::new()];
        for length in 0..4 {
            let longer: Vec<String> = texts
                .iter()
                .filter(|text| text.len() == length)
                .flat_map(|text| ["a", "b", "c"].map(|letter| format!("{text}{letter}")))
                .collect();
            texts.extend(longer);
        }
        texts
    }

    proptest! {
        #[test]
        fn cover_and_overlap_agree_with_matching(left in "[ab?*]{0,3}", right in "[ab?*]{0,3}") {
            let texts = texts();
            let common = texts.iter().any(|text| matches(&left, text) && matches(&right, text));
            // Texts of up to four letters are enough to show an overlap unless both sides need more.
            prop_assert!(!common || overlaps(&left, &right));
            let escapes = texts.iter().any(|text| matches(&right, text) && !matches(&left, text));
            prop_assert!(!covers(&left, &right) || !escapes);
        }
    }
}
