//! IAM's patterns: `*` is any text, also none, `?` is one character; nothing else is special.
//!
//! Actions and ARNs are patterns in parts: a wildcard does not reach over the `:` between them.

/// One letter of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Letter {
    /// `*`.
    Any,
    /// `?`.
    One,
    /// A byte that stands for itself.
    Is(u8),
}

impl Letter {
    const fn of(byte: u8) -> Self {
        match byte {
            b'*' => Self::Any,
            b'?' => Self::One,
            byte => Self::Is(byte),
        }
    }

    /// The letters of a pattern as written.
    pub(super) fn of_pattern(pattern: &str) -> impl Iterator<Item = Self> + '_ {
        pattern.bytes().map(Self::of)
    }

    /// The letters of a text in which nothing is special.
    pub(super) fn of_text(text: &str) -> impl Iterator<Item = Self> + '_ {
        text.bytes().map(Self::Is)
    }
}

/// Whether a text has the form of the pattern.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    glob(pattern.as_bytes(), text.as_bytes(), Letter::of)
}

/// Whether a text has the form of a pattern of which parts were put in as they are.
pub(super) fn letters_match(pattern: &[Letter], text: &str) -> bool {
    glob(pattern, text.as_bytes(), |letter| letter)
}

/// Walks both in one go and, on a mismatch, gives the last `*` one byte more. Earlier stars need
/// no second try, so the time is at most the product of the lengths.
fn glob<T: Copy>(pattern: &[T], text: &[u8], letter: impl Fn(T) -> Letter) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut last_star: Option<(usize, usize)> = None;
    while t < text.len() {
        let step = match pattern.get(p).map(|&at| letter(at)) {
            Some(Letter::Any) => {
                last_star = Some((p + 1, t));
                p += 1;
                continue;
            }
            Some(Letter::One) => character_length(text, t),
            Some(Letter::Is(byte)) => usize::from(byte == text[t]),
            None => 0,
        };
        if step > 0 {
            p += 1;
            t += step;
        } else if let Some((after, from)) = last_star {
            last_star = Some((after, from + 1));
            (p, t) = (after, from + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|&at| letter(at) == Letter::Any)
}

/// Bytes of the character that begins here; none where none begins.
fn character_length(text: &[u8], at: usize) -> usize {
    let continues = |byte: &u8| byte & 0b1100_0000 == 0b1000_0000;
    if continues(&text[at]) { 0 } else { 1 + text[at + 1..].iter().take_while(|byte| continues(byte)).count() }
}

/// Whether the pattern takes every text: nothing but stars.
#[must_use]
pub fn is_everything(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.bytes().all(|byte| byte == b'*')
}

/// Whether the pattern has no wildcard.
#[must_use]
pub fn is_literal(pattern: &str) -> bool {
    !pattern.contains(['*', '?'])
}

/// Whether an action has the form of the pattern, both in lower case. A wildcard does not reach
/// from the service over the `:`; a pattern without `:` is matched as it is.
#[must_use]
pub fn action_matches(pattern: &str, action: &str) -> bool {
    match (pattern.split_once(':'), action.split_once(':')) {
        (Some((service, name)), Some((of_service, of_name))) => matches(service, of_service) && matches(name, of_name),
        _ => matches(pattern, action),
    }
}

/// Whether an ARN has the form of the pattern, in six parts: wildcards of the first five stay
/// inside their part, the last may hold anything, colons included.
///
/// A `*` that ends its part may also reach over the parts that follow, so that
/// `arn:aws:logs:*:log-group:x` takes a log group of any region and account; parts that a short
/// pattern leaves out are taken for `*`. Source: IAM user guide, "IAM JSON policy elements:
/// Resource". The resource `*`, of actions that have no resources, is taken only by a pattern that
/// takes everything. What is not an ARN is matched as plain text.
#[must_use]
pub fn resource_matches(pattern: &str, resource: &str) -> bool {
    match resource_halves(pattern, resource) {
        Halves::Decided(matched) => matched || crosses(pattern, resource),
        Halves::Rest(rest, of_resource) => matches(rest, of_resource) || crosses(pattern, resource),
    }
}

/// Whether the pattern takes the ARN when stars at the end of a part reach over colons.
fn crosses(pattern: &str, resource: &str) -> bool {
    resource != "*" && pattern.contains("*:") && matches(pattern, resource) && {
        let letters: Vec<Letter> = Letter::of_pattern(pattern).collect();
        letters_cross(&letters, resource)
    }
}

/// The same for a pattern of which parts were put in as they are.
pub(super) fn letters_cross(pattern: &[Letter], text: &str) -> bool {
    let text = text.as_bytes();
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    let mut colons = 0;
    for (at, letter) in pattern.iter().enumerate() {
        let in_last_part = colons >= 5;
        match letter {
            Letter::Any => {
                let free = in_last_part || matches!(pattern.get(at + 1), None | Some(Letter::Is(b':')));
                for t in 0..text.len() {
                    reached[t + 1] |= reached[t] && (free || text[t] != b':');
                }
            }
            Letter::One => {
                let mut next = vec![false; text.len() + 1];
                for t in (0..text.len()).filter(|&t| reached[t] && (in_last_part || text[t] != b':')) {
                    let length = character_length(text, t);
                    next[t + length] |= length > 0;
                }
                reached = next;
            }
            Letter::Is(byte) => {
                colons += usize::from(*byte == b':');
                for t in (0..text.len()).rev() {
                    reached[t + 1] = reached[t] && text[t] == *byte;
                }
                reached[0] = false;
            }
        }
    }
    reached[text.len()]
}

/// What comparing all but the last part of an ARN with a pattern gives.
pub(super) enum Halves<'a> {
    /// The first parts, or a short pattern, already decide.
    Decided(bool),
    /// They match; this pattern is left for this sixth part.
    Rest(&'a str, &'a str),
}

pub(super) fn resource_halves<'a>(pattern: &'a str, resource: &'a str) -> Halves<'a> {
    if is_everything(pattern) {
        return Halves::Decided(true);
    }
    if resource == "*" {
        return Halves::Decided(false);
    }
    if !is_arn(resource) {
        return Halves::Decided(matches(pattern, resource));
    }
    let mut wanted = pattern.splitn(6, ':');
    let mut found = resource.splitn(6, ':');
    for _ in 0..5 {
        match (wanted.next(), found.next()) {
            (Some(wanted), Some(found)) if matches(wanted, found) => {}
            (None, Some(_)) => return Halves::Decided(true),
            (Some(_), _) | (None, None) => return Halves::Decided(false),
        }
    }
    match (wanted.next(), found.next()) {
        (Some(wanted), Some(found)) => Halves::Rest(wanted, found),
        (wanted, _) => Halves::Decided(wanted.is_none()),
    }
}

fn is_arn(text: &str) -> bool {
    text.bytes().filter(|byte| *byte == b':').count() >= 5
}

/// Whether an ARN has the form of an ARN pattern of a condition: exactly six parts on both sides.
#[must_use]
pub fn arn_matches(pattern: &str, arn: &str) -> bool {
    is_arn(pattern)
        && is_arn(arn)
        && pattern.splitn(6, ':').zip(arn.splitn(6, ':')).all(|(wanted, found)| matches(wanted, found))
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

    #[test]
    fn one_is_a_character_not_a_byte() {
        assert!(matches("a?c", "aöc") && matches("*?", "ö") && matches("?*ö", "xöö"));
        assert!(!matches("a??c", "aöc") && !matches("??", "ö") && !matches("*??", "ö"));
    }

    #[test]
    fn wildcards_stay_in_their_part_of_an_arn() {
        let object = "arn:aws:s3:::b/a:c";
        for pattern in ["*", "arn:*", "arn:aws:s3:::*", "arn:*:s3:::b/*", "arn:aws:s3:*:*:b/a:?", "arn:aws:s3*"] {
            assert!(resource_matches(pattern, object), "{pattern}");
        }
        for pattern in
            ["arn:aws:*b/a:c", "arn:aws:s*b/a:c", "arn:aws:s3::b/*", "arn:aws:s3:::B/*", "b/*", "", "arn:aws:s3?::b/*"]
        {
            assert!(!resource_matches(pattern, object), "{pattern}");
        }
        assert!(resource_matches("*", "*") && !resource_matches("arn:*", "*"));
        assert!(arn_matches("arn:aws:iam::*:role/?*", "arn:aws:iam::111122223333:role/a/b"));
        assert!(!arn_matches("*", "arn:aws:iam::111122223333:role/a"));
    }

    #[test]
    fn a_star_at_the_end_of_a_part_reaches_over_colons() {
        let group = "arn:aws:logs:eu-central-1:111122223333:log-group:x:*";
        for pattern in ["arn:aws:logs:*:log-group:x:*", "arn:*:log-group:x:*", "arn:aws:logs:eu-*:log-group:?:*"] {
            assert!(resource_matches(pattern, group), "{pattern}");
        }
        for pattern in
            ["arn:aws:logs:*1:log-group:x:*", "arn:aws:logs:*:log-group:y:*", "arn:aws:logs:?*::log-group:x:*"]
        {
            assert!(!resource_matches(pattern, group), "{pattern}");
        }
    }

    #[test]
    fn wildcards_of_actions_stay_in_service_or_name() {
        assert!(action_matches("*", "s3:getobject") && action_matches("s3:get*", "s3:getobject"));
        assert!(action_matches("*:get*", "s3:getobject") && !action_matches("s*t:object", "s3:getobject"));
    }

    #[test]
    fn two_hundred_stars_take_no_time() {
        let (pattern, text) = ("*a".repeat(200) + "b", "a".repeat(10_000));
        assert!(!matches(&pattern, &text));
    }

    /// Matching as the definition has it, one choice at a time.
    fn by_definition(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, rest) => rest.is_none(),
            (Some(('*', pattern)), found) => {
                by_definition(pattern, text) || found.is_some_and(|(_, text)| by_definition_star(pattern, text))
            }
            (Some((wanted, pattern)), Some((found, text))) => {
                (*wanted == '?' || wanted == found) && by_definition(pattern, text)
            }
            (Some(_), None) => false,
        }
    }

    fn by_definition_star(pattern: &[char], text: &[char]) -> bool {
        (0..=text.len()).any(|from| by_definition(pattern, &text[from..]))
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
        fn matching_is_as_defined(pattern in "[aö?*]{0,6}", text in "[aöb]{0,6}") {
            let letters = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(matches(&pattern, &text), by_definition(&letters(&pattern), &letters(&text)));
        }

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
