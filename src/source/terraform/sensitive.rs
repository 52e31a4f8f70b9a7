//! Values that a plan marks as sensitive. They are judged, but appear in no output.
//!
//! A plan holds them in clear and only says where they stand. They are gathered here, with the
//! texts inside a sensitive policy, and taken out of whatever is printed. One letter or digit, a
//! truth value, and the account of an ARN say something only of the place they stand in: they are
//! taken out of what is said about that place, and the value of such a place is not shown at all.

use std::collections::BTreeSet;
use std::ops::Range;

use aho_corasick::AhoCorasick;

use crate::model::Pointer;

use super::format::{ConfigurationModule, PlanFile, ResourceChange};
use super::json::Value;
use super::sensitive_places::Places;

/// What stands in place of a sensitive value.
pub const REDACTED: &str = "(sensitive)";

/// Texts from this length on are taken out wherever they stand. Shorter ones, such as a port, only
/// where they are a word of a sentence; one letter or digit tells nothing.
const SHORTEST: usize = 4;
const SHORTEST_WORD: usize = 2;

/// Of longer texts, so much is enough to know one by; it bounds the time that a comparison takes.
const HEAD: usize = 256;

/// A beginning of this length may be cut off at its last letter, of up to four bytes.
const SHORTEST_HEAD: usize = HEAD - 3;

/// Takes the sensitive values of a plan out of texts.
#[derive(Debug, Clone, Default)]
pub struct Redaction {
    /// The beginnings of all texts; none when nothing is sensitive.
    beginnings: Option<AhoCorasick>,
    /// Sorted.
    texts: Vec<String>,
    /// Shorter ones.
    words: BTreeSet<String>,
    /// Words that are sensitive only where they are said of a sensitive place.
    here: BTreeSet<String>,
    /// Sensitive places of the documents.
    places: Places,
}

impl Redaction {
    pub(super) fn of(plan: &PlanFile, changes: &[ResourceChange], places: Places) -> Self {
        let mut found = BTreeSet::new();
        for change in changes.iter().filter_map(|change| change.change.as_ref()) {
            for (value, marks) in [(&change.before, &change.before_sensitive), (&change.after, &change.after_sensitive)]
            {
                if let (Some(value), Some(marks)) = (value, marks) {
                    gather(value, marks, &mut found);
                }
            }
        }
        for resource in super::estate::prior(plan) {
            if let (Some(value), Some(marks)) = (&resource.values, &resource.sensitive_values) {
                gather(value, marks, &mut found);
            }
        }
        if let Some(root) = plan.configuration.as_ref().and_then(|configuration| configuration.root_module.as_ref()) {
            let value = |name: &str| plan.variables.as_ref()?.get(name)?.get("value");
            configured(root, &value, &mut found);
        }
        Self { places, ..Self::from_texts(&found) }
    }

    #[expect(clippy::expect_used, reason = "an automaton of texts that were in memory fits into memory")]
    fn from_texts(found: &BTreeSet<String>) -> Self {
        let spelled: BTreeSet<String> = found.iter().flat_map(|text| spellings(text)).collect();
        let (texts, words): (BTreeSet<_>, BTreeSet<_>) =
            spelled.into_iter().filter(|text| !is_policy_word(text)).partition(|text| text.len() >= SHORTEST);
        let heads: BTreeSet<&str> = texts.iter().map(|text| head(text)).collect();
        let beginnings = (!heads.is_empty()).then(|| {
            AhoCorasick::new(heads).expect("as many texts as a file can hold are within the automaton's limits")
        });
        let words = words.into_iter().filter(|word| word.len() >= SHORTEST_WORD).collect();
        let here = found.iter().filter_map(|text| said_of_its_place(text)).map(str::to_owned).collect();
        Self { beginnings, texts: texts.into_iter().collect(), words, here, places: Places::new() }
    }

    /// Whether a place of a document holds a sensitive value, or is in one.
    #[must_use]
    pub fn hides(&self, address: &str, place: &Pointer) -> bool {
        self.places.get(address).is_some_and(|places| places.iter().any(|other| other.overlaps(place)))
    }

    /// Whether any place of a document holds a sensitive value.
    #[must_use]
    pub fn hides_some(&self, address: &str) -> bool {
        self.places.contains_key(address)
    }

    /// A text that is about places of a document, without what is sensitive in them.
    #[must_use]
    pub fn redact_about<'p>(&self, address: &str, places: impl IntoIterator<Item = &'p Pointer>, text: &str) -> String {
        let about = !self.here.is_empty() && places.into_iter().any(|place| self.hides(address, place));
        if about { self.redact(&without_words(text, &self.here)) } else { self.redact(text) }
    }

    /// The text without sensitive values.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        if self.words.contains(text) {
            return REDACTED.to_owned();
        }
        let mut redacted = String::with_capacity(text.len());
        let mut written = 0;
        for hidden in self.hidden(text) {
            redacted.push_str(&text[written..hidden.start]);
            redacted.push_str(REDACTED);
            written = hidden.end;
        }
        redacted.push_str(&text[written..]);
        // A number in an address is no sentence.
        if self.words.is_empty() || !redacted.contains(' ') { redacted } else { without_words(&redacted, &self.words) }
    }

    /// Where a text holds sensitive ones, from front to back; what overlaps is one.
    fn hidden(&self, text: &str) -> Vec<Range<usize>> {
        let Some(beginnings) = &self.beginnings else { return Vec::new() };
        let found = beginnings.find_overlapping_iter(text).map(|found| {
            let further = if found.range().len() < SHORTEST_HEAD { 0 } else { self.long_at(&text[found.start()..]) };
            found.start()..found.end().max(found.start() + further)
        });
        let mut found: Vec<Range<usize>> = found.collect();
        found.sort_by_key(|range| range.start);
        let mut hidden: Vec<Range<usize>> = Vec::new();
        for range in found {
            match hidden.last_mut() {
                Some(last) if range.start < last.end => last.end = last.end.max(range.end),
                _ => hidden.push(range),
            }
        }
        hidden
    }

    /// How much of `rest` is the beginning of a long sensitive text.
    fn long_at(&self, rest: &str) -> usize {
        let after = self.texts.partition_point(|text| text.as_str() <= rest);
        let near = [after.checked_sub(1), Some(after)].into_iter().flatten().filter_map(|at| self.texts.get(at));
        let longest = near.map(|text| common(text.as_bytes(), rest.as_bytes())).max().unwrap_or_default();
        rest.floor_char_boundary(longest)
    }
}

fn without_words(text: &str, words: &BTreeSet<String>) -> String {
    let is_letter = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut redacted = String::with_capacity(text.len());
    for part in text.split_inclusive(|letter| !is_letter(letter)) {
        let word = part.trim_end_matches(|letter| !is_letter(letter));
        if words.contains(word) {
            redacted.push_str(REDACTED);
            redacted.push_str(&part[word.len()..]);
        } else {
            redacted.push_str(part);
        }
    }
    redacted
}

/// What a sensitive text tells only where it is said of its place: itself, when it is that short or
/// a truth value, and the account of an ARN.
fn said_of_its_place(text: &str) -> Option<&str> {
    let account = || {
        let account = text.strip_prefix("arn:")?.split(':').nth(3)?;
        account.bytes().all(|byte| byte.is_ascii_digit()).then_some(account)
    };
    let text = text.trim();
    let own = Some(text).filter(|text| text.len() < SHORTEST_WORD || matches!(*text, "true" | "false"));
    own.or_else(account).filter(|word| !word.is_empty())
}

/// The beginning of a text by which it is found.
fn head(text: &str) -> &str {
    &text[..text.floor_char_boundary(HEAD)]
}

/// How many bytes two texts have in common at their beginning.
fn common(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}

/// The ways in which messages and documents write a text: quoted, as part of a pointer, in small
/// letters, as the range that an address stands for; and whom an ARN names.
fn spellings(text: &str) -> Vec<String> {
    let quoted = |written: String| written[1..written.len() - 1].to_owned();
    let mut spellings = vec![
        text.to_owned(),
        text.trim().to_owned(),
        text.trim().to_lowercase(),
        quoted(serde_json::Value::from(text).to_string()),
        quoted(format!("{text:?}")),
        text.replace('~', "~0").replace('/', "~1"),
    ];
    if let Ok(range) = text.parse::<ipnet::IpNet>() {
        spellings.extend([range.trunc().to_string(), range.network().to_string(), range.addr().to_string()]);
    }
    // Not the account: it is part of the id of every other resource, see `said_of_its_place`.
    if let ["arn", _, "iam" | "sts", _, _, name] = text.splitn(6, ':').collect::<Vec<_>>()[..] {
        spellings.extend(name.split_once('/').map(|(_, name)| name.to_owned()));
    }
    spellings
}

/// Values of the configuration that stand behind a sensitive variable or output of any module.
fn configured<'a>(
    module: &'a ConfigurationModule,
    value: &dyn Fn(&str) -> Option<&'a Value>,
    found: &mut BTreeSet<String>,
) {
    for (name, variable) in module.variables.iter().flatten().filter(|(_, variable)| variable.sensitive == Some(true)) {
        variable.default.iter().chain(value(name)).for_each(|value| all_texts(value, true, found));
    }
    for output in module.outputs.iter().flatten().map(|(_, output)| output) {
        let constant = output.expression.as_ref().and_then(|expression| expression.get("constant_value"));
        constant.filter(|_| output.sensitive == Some(true)).into_iter().for_each(|value| all_texts(value, true, found));
    }
    for call in module.module_calls.iter().flatten().map(|(_, call)| call) {
        let value = |name: &str| call.expressions.as_ref()?.get(name)?.get("constant_value");
        call.module.iter().for_each(|module| configured(module, &value, found));
    }
}

/// The texts at the places that `marks` says are sensitive.
fn gather(value: &Value, marks: &Value, found: &mut BTreeSet<String>) {
    match (value, marks) {
        (value, Value::Bool(true)) => all_texts(value, false, found),
        (Value::Array(values), Value::Array(marks)) => {
            values.iter().zip(marks).for_each(|(value, marks)| gather(value, marks, found));
        }
        (Value::Object(values), Value::Object(marks)) => {
            for (key, marks) in marks.iter() {
                match (values.get(key), marks) {
                    // The keys of tags are anybody's; those of a block are the provider's.
                    (Some(value), Value::Bool(true)) => all_texts(value, is_map(key), found),
                    (Some(value), marks) => gather(value, marks, found),
                    (None, _) => {}
                }
            }
        }
        _ => {}
    }
}

fn is_map(attribute: &str) -> bool {
    matches!(attribute, "tags" | "tags_all")
}

/// Every text of a value, and on demand its keys; a text that is JSON itself also gives what is in
/// it.
fn all_texts(value: &Value, keys: bool, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            found.insert(text.to_string());
            if text.trim_start().starts_with(['{', '['])
                && let Ok(inside) = serde_json::from_str::<Value>(text)
            {
                all_texts(&inside, false, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| all_texts(value, keys, found)),
        Value::Object(fields) => {
            for (key, value) in fields.iter() {
                if keys {
                    found.insert(key.to_owned());
                }
                // Of the keys of a policy, `aws:PrincipalTag/team`, the end is anybody's.
                found.extend(key.split_once('/').map(|(_, end)| end.to_owned()));
                all_texts(value, keys, found);
            }
        }
        Value::Number(number) => _ = found.insert(number.to_string()),
        Value::Bool(truth) => _ = found.insert(truth.to_string()),
        Value::Null => {}
    }
}

/// Words of the policy language and of addresses, which tell nothing.
fn is_policy_word(text: &str) -> bool {
    matches!(text, "Allow" | "Deny" | "allow" | "deny" | "2012-10-17" | "2008-10-17" | "true" | "false" | "AWS" | "aws")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn redaction(value: serde_json::Value, marks: serde_json::Value) -> Redaction {
        let mut found = BTreeSet::new();
        gather(&value.into(), &marks.into(), &mut found);
        Redaction::from_texts(&found)
    }

    #[test]
    fn marked_values_and_what_stands_in_a_marked_policy_are_taken_out() {
        let policy = r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"999988887777"}}}"#;
        let value = json!({"bucket": "open-name", "policy": policy, "tags": {"key": "hunter22"}});
        let redaction = redaction(value, json!({"policy": true, "tags": {"key": true}}));
        assert_eq!(
            redaction.redact("Allow 999988887777 on open-name with hunter22"),
            "Allow (sensitive) on open-name with (sensitive)"
        );
    }

    #[test]
    fn a_value_is_taken_out_however_it_is_written() {
        let value = json!({
            "quoted": "say \"hu\nsh\"", "path": "secret/path~1", "name": " Secret-Name ", "range": "203.0.113.77/24",
            "arn": "arn:aws:iam::999988887777:role/hidden/one", "tags": {"hush-key": "x"}, "port": 22,
        });
        let marks = value.as_object().unwrap().keys().map(|key| (key.clone(), json!(true)));
        let marks = serde_json::Value::Object(marks.collect());
        let redaction = redaction(value, marks);
        for text in [
            "say \"hu\nsh\"",
            r#"say \"hu\nsh\""#,
            "secret~1path~01",
            "secret-name",
            "203.0.113.0/24",
            "hidden/one",
            "hush-key",
        ] {
            assert_eq!(redaction.redact(&format!("<{text}>")), format!("<{REDACTED}>"), "{text}");
        }
        assert_eq!(redaction.redact("port 22 of 2222, 22"), "port (sensitive) of 2222, (sensitive)");
        assert_eq!(redaction.redact("22"), REDACTED);
        assert_eq!(redaction.redact("aws_instance.x[22]"), "aws_instance.x[22]");
    }

    #[test]
    fn of_texts_with_one_beginning_the_longest_is_taken_out() {
        let long = "x".repeat(300);
        let texts = ["hunter", "hunter-two", "hunter-two-and-more", &format!("{long}abc"), &format!("{long}\u{e4}")];
        let redaction = Redaction::from_texts(&texts.map(str::to_owned).into());
        assert_eq!(redaction.redact("hunter-tw"), "(sensitive)-tw");
        assert_eq!(redaction.redact("hunter-two-and"), "(sensitive)-and");
        assert_eq!(redaction.redact(&format!("a {long}abcd hunter")), "a (sensitive)d (sensitive)");
        // Most of a long text tells as much as all of it.
        assert_eq!(redaction.redact(&format!("{long}\u{e5}")), "(sensitive)\u{e5}");
        assert_eq!(redaction.redact("h\u{e4}tte hunte"), "h\u{e4}tte hunte");
        assert_eq!(Redaction::default().redact("as it is"), "as it is");
    }
}
