//! Policy variables in patterns, in the two readings a comparison needs.
//!
//! By letters, each variable is one letter that only a `*` takes: what is covered in this reading
//! is covered for all values. By values, each has a chosen value: what is refuted in this reading
//! is refuted by a request that can be written down.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::glob::{Glob, Token, VARIABLES};

/// What stands in a text.
enum Part<'t> {
    Plain(&'t str),
    Letter(char),
    Variable { key: String, default: Option<&'t str> },
}

/// How variables are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reading {
    /// Each as a letter of its own.
    Letters,
    /// By the values of these keys; keys that are not here are absent.
    Values(BTreeMap<String, String>),
}

/// The letters given to variables so far.
#[derive(Debug, Default)]
pub(super) struct Letters(Vec<(String, Option<String>)>);

/// Whether a text of a policy of this version holds variables.
pub(super) fn has_variables(version: &str, text: &str) -> bool {
    version == "2012-10-17" && text.contains("${")
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let (mut parts, mut rest) = (Vec::new(), text);
    while let Some((before, after)) = rest.split_once("${") {
        let Some((variable, after)) = after.split_once('}') else { break };
        parts.push(Part::Plain(before));
        parts.push(match variable {
            "*" | "?" | "$" => Part::Letter(variable.chars().next().unwrap_or('$')),
            variable => {
                let (key, default) = match variable.split_once(',') {
                    None => (variable, None),
                    Some((key, default)) => {
                        let default = default.trim();
                        (key, default.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')))
                    }
                };
                Part::Variable { key: key.trim().to_ascii_lowercase(), default }
            }
        });
        rest = after;
    }
    parts.push(Part::Plain(rest));
    parts
}

/// The keys that a text names in variables.
pub(super) fn keys(text: &str) -> impl Iterator<Item = String> + '_ {
    parts(text).into_iter().filter_map(|part| match part {
        Part::Variable { key, .. } => Some(key),
        _ => None,
    })
}

impl Letters {
    fn letter(&mut self, key: String, default: Option<&str>) -> char {
        let name = (key, default.map(str::to_owned));
        let at = self.0.iter().position(|known| *known == name).unwrap_or_else(|| {
            self.0.push(name);
            self.0.len() - 1
        });
        u32::try_from(at).ok().and_then(|at| char::from_u32(u32::from(VARIABLES) + at)).unwrap_or(VARIABLES)
    }

    /// A resource pattern; variables have a meaning after the fifth colon only. None where a
    /// variable has no value: the pattern takes nothing then.
    pub(super) fn resource(&mut self, pattern: &str, reading: &Reading) -> Option<Glob> {
        let Some((at, _)) = pattern.match_indices(':').nth(4) else { return Some(Glob::resource(pattern)) };
        let (first, last) = pattern.split_at(at + 1);
        let tail = self.tokens(last, reading)?;
        let head = Glob::resource(first);
        Some(Glob::new(head.tokens().iter().copied().chain(tail)))
    }

    fn tokens(&mut self, text: &str, reading: &Reading) -> Option<Vec<Token>> {
        let mut tokens = Vec::with_capacity(text.len());
        for part in parts(text) {
            match (part, reading) {
                (Part::Plain(text), _) => tokens.extend(Glob::text(text).tokens()),
                (Part::Letter(letter), _) => tokens.push(Token::Is(letter)),
                (Part::Variable { key, default }, Reading::Letters) => {
                    tokens.push(Token::Is(self.letter(key, default)));
                }
                (Part::Variable { key, default }, Reading::Values(values)) => {
                    let value = values.get(&key).map(String::as_str).or(default)?;
                    tokens.extend(value.chars().map(Token::Is));
                }
            }
        }
        Some(tokens)
    }
}

/// A condition value with the variables' values put in, as a pattern text of the same kind. What
/// is put in stands for itself; where it holds wildcards it cannot be written, and is left out.
pub(super) fn filled<'t>(text: &'t str, values: &BTreeMap<String, String>) -> Option<Cow<'t, str>> {
    let mut filled = String::with_capacity(text.len());
    for part in parts(text) {
        match part {
            Part::Plain(text) => filled.push_str(text),
            Part::Letter(letter) => filled.push(letter),
            Part::Variable { key, default } => filled.push_str(values.get(&key).map(String::as_str).or(default)?),
        }
    }
    Some(Cow::Owned(filled))
}

/// The value a variable has when a pattern with it takes a text: only where all before it is plain.
pub(super) fn value_in(pattern: &str, text: &str) -> Option<(String, String)> {
    let mut rest = text;
    let mut parts = parts(pattern).into_iter();
    loop {
        match parts.next()? {
            Part::Plain(plain) if !plain.contains(['*', '?']) => rest = rest.strip_prefix(plain)?,
            Part::Plain(_) => return None,
            Part::Letter(letter) => rest = rest.strip_prefix(letter)?,
            Part::Variable { key, .. } => {
                let end = match parts.next() {
                    Some(Part::Plain(after)) => after.chars().next().filter(|next| !matches!(next, '*' | '?')),
                    _ => None,
                };
                let value = end.map_or(rest, |end| rest.split(end).next().unwrap_or(rest));
                return (!value.is_empty()).then(|| (key, value.to_owned()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(user: &str) -> Reading {
        Reading::Values(BTreeMap::from([("aws:username".to_owned(), user.to_owned())]))
    }

    #[test]
    fn a_variable_is_a_letter_or_its_value() {
        let mut letters = Letters::default();
        let pattern = "arn:aws:s3:::b/${aws:UserName}/*";
        let by_letter = letters.resource(pattern, &Reading::Letters).unwrap();
        assert_eq!(by_letter, letters.resource("arn:aws:s3:::b/${aws:username}/*", &Reading::Letters).unwrap());
        assert!(!by_letter.takes("arn:aws:s3:::b/alice/x"));
        assert!(letters.resource(pattern, &values("a*")).unwrap().takes("arn:aws:s3:::b/a*/x"));
        assert!(!letters.resource(pattern, &values("a*")).unwrap().takes("arn:aws:s3:::b/ab/x"));
        assert_eq!(letters.resource(pattern, &Reading::Values(BTreeMap::new())), None);
        let with_default = "arn:aws:s3:::b/${aws:username, 'all'}/${*}";
        assert!(
            letters.resource(with_default, &Reading::Values(BTreeMap::new())).unwrap().takes("arn:aws:s3:::b/all/*")
        );
    }

    #[test]
    fn a_text_tells_the_value_of_a_variable() {
        let value = value_in("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/alice/x/y").unwrap();
        assert_eq!(value, ("aws:username".to_owned(), "alice".to_owned()));
        assert_eq!(value_in("arn:aws:s3:::*/${aws:username}", "arn:aws:s3:::b/alice"), None);
    }
}
