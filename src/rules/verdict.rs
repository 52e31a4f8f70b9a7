//! Three-valued verdicts from evidence.
//!
//! What a rule denies is a verdict only as far as it rests on known values. A denial that points
//! at a present, known value is evidence, whatever else is unknown. A denial about something
//! absent is evidence only when nothing the rule reads is unknown: the absent thing may be behind
//! the gap.

use serde_json::Value;

use crate::model::{Denial, Pointer, Verdict};

/// The verdict on one document.
///
/// `reads` are the places the rule looks at, `denials` what it denied, `unknown` the places of the
/// document whose value is not known, facts without a value among them.
#[must_use]
pub fn judge(reads: &[Pointer], denials: Vec<Denial>, document: &Value, unknown: &[Pointer]) -> Verdict {
    let causes = causes(reads, document, unknown);
    if causes.is_empty() {
        return if denials.is_empty() { Verdict::Pass } else { fail(denials, causes) };
    }
    let evidence: Vec<Denial> =
        denials.into_iter().filter(|denial| is_evidence(&denial.path, document, unknown)).collect();
    if evidence.is_empty() { Verdict::Unknown { causes } } else { fail(evidence, causes) }
}

fn fail(mut denials: Vec<Denial>, open: Vec<String>) -> Verdict {
    denials.sort();
    denials.dedup();
    Verdict::Fail { denials, open }
}

/// Whether a present, known value stands at the place.
fn is_evidence(path: &Pointer, document: &Value, unknown: &[Pointer]) -> bool {
    let present = match fact(path) {
        Some(fact) => fact.child("value").resolve(document).is_some() && path.resolve(document).is_some(),
        None => path.resolve(document).is_some(),
    };
    present && !unknown.iter().any(|place| place.covers(path))
}

/// What a verdict has to wait for: the unknown places among those the rule reads. A fact stands
/// for what it waits for; a fact that was never derived stands for itself.
fn causes(reads: &[Pointer], document: &Value, unknown: &[Pointer]) -> Vec<String> {
    let mut causes = Vec::new();
    for place in unknown.iter().filter(|place| reads.iter().any(|read| read.overlaps(place))) {
        let waits_for =
            fact(place).and_then(|fact| fact.child("waits_for").resolve(document)).and_then(Value::as_array);
        match waits_for {
            Some(waits_for) if !waits_for.is_empty() => {
                causes.extend(waits_for.iter().filter_map(Value::as_str).map(str::to_owned));
            }
            _ => causes.push(place.to_string()),
        }
    }
    for read in reads {
        if fact(read).is_some_and(|fact| fact.resolve(document).is_none()) {
            causes.push(format!("{read} was not derived"));
        }
    }
    causes.sort();
    causes.dedup();
    causes
}

/// The fact that a place is in: `/facts/public` for `/facts/public/value`.
fn fact(place: &Pointer) -> Option<Pointer> {
    let name = place.as_str().strip_prefix("/facts/")?.split('/').next()?;
    Some(Pointer::new(format!("/facts/{name}")))
}

/// What a denial about a fact rests on: the `because` of the value it points at, or else the
/// fact's own.
#[must_use]
pub fn because(path: &Pointer, document: &Value) -> Vec<Pointer> {
    let Some(fact) = fact(path) else { return Vec::new() };
    let own = path.resolve(document).and_then(|value| value.get("because"));
    let mut places = own.map(pointers).unwrap_or_default();
    if places.is_empty() {
        places = fact.child("because").resolve(document).map(pointers).unwrap_or_default();
    }
    places.sort();
    places.dedup();
    places
}

fn pointers(value: &Value) -> Vec<Pointer> {
    match value {
        Value::String(place) => vec![Pointer::new(place.clone())],
        Value::Array(places) => places.iter().filter_map(Value::as_str).map(Pointer::new).collect(),
        _ => Vec::new(),
    }
}

/// Reads what a rule's `deny` holds.
///
/// # Errors
/// When something in it is not `{"message": text, "path": [names and positions]}`, with or without
/// a `topic`.
pub(super) fn read_denials(deny: &Value, document: &Value) -> Result<Vec<Denial>, String> {
    let Value::Array(denials) = deny else {
        return Err(format!("deny is {deny}, not a set"));
    };
    denials.iter().map(|denial| read_denial(denial, document)).collect()
}

fn read_denial(denial: &Value, document: &Value) -> Result<Denial, String> {
    let wrong = || format!("deny holds {denial}, not {{\"message\": text, \"path\": [names and positions]}}");
    let known = |key: &String| ["message", "path", "topic"].contains(&key.as_str());
    let fields = denial.as_object().filter(|fields| fields.keys().all(known)).ok_or_else(wrong)?;
    let message = fields.get("message").and_then(Value::as_str).ok_or_else(wrong)?;
    let segments = fields.get("path").and_then(Value::as_array).ok_or_else(wrong)?;
    let path = pointer(segments).ok_or_else(wrong)?;
    let topic = fields.get("topic").map(|topic| topic.as_str().filter(|topic| is_topic(topic)));
    let topic = topic.map(|topic| topic.map(str::to_owned).ok_or_else(|| not_a_topic(denial))).transpose()?;
    let because = because(&path, document);
    Ok(Denial { message: message.to_owned(), path, because, topic })
}

fn not_a_topic(denial: &Value) -> String {
    format!("deny holds {denial}, whose topic is not a word of lower-case letters, digits and dashes")
}

/// Whether a text can name a part of a rule: lower-case letters, digits and dashes.
pub(super) fn is_topic(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(allowed)
}

/// The place of a denial: relative to `configuration`, unless it begins with `facts` or `tags`.
fn pointer(segments: &[Value]) -> Option<Pointer> {
    let mut place = match segments.first()? {
        Value::String(first) if first == "facts" || first == "tags" => Pointer::default(),
        _ => Pointer::new("/configuration"),
    };
    for segment in segments {
        place = match segment {
            Value::String(name) => place.child(name),
            Value::Number(position) => place.child(position.as_u64()?),
            _ => return None,
        };
    }
    Some(place)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        json!({
            "configuration": {"policy": {"Statement": [{"Effect": "Allow"}]}, "versioning": {"status": "Suspended"}},
            "facts": {
                "public": {"value": true, "because": ["/configuration/policy/Statement/0"]},
                "trusted": {"value": [{"kind": "anyone", "because": "/configuration/policy/Statement/0"}], "because": []},
                "hidden": {"waits_for": ["/configuration/acl", "other#/configuration/x"]},
            },
        })
    }

    fn denial(path: &str) -> Denial {
        Denial { message: "m".to_owned(), path: Pointer::new(path), because: Vec::new(), topic: None }
    }

    fn places(places: &[&str]) -> Vec<Pointer> {
        places.iter().map(|place| Pointer::new(*place)).collect()
    }

    fn check(reads: &[&str], denied: &[&str], unknown: &[&str], expected: &str) {
        let denials = denied.iter().map(|path| denial(path)).collect();
        let verdict = judge(&places(reads), denials, &document(), &places(unknown));
        let got = match &verdict {
            Verdict::Fail { denials, .. } => {
                format!("fail {}", denials.iter().map(|denial| denial.path.as_str()).collect::<Vec<_>>().join(" "))
            }
            Verdict::Unknown { causes } => format!("unknown {}", causes.join(" ")),
            other => other.name().to_owned(),
        };
        assert_eq!(got, expected);
    }

    const POLICY: &str = "/configuration/policy";
    const STATEMENT: &str = "/configuration/policy/Statement/0";
    const LOGGING: &str = "/configuration/logging";

    #[test]
    fn everything_known_and_nothing_denied_passes() {
        check(&[POLICY], &[], &[], "pass");
        check(&[POLICY], &[], &[LOGGING], "pass");
    }

    #[test]
    fn a_denial_of_a_known_value_fails_whatever_else_is_unknown() {
        check(&[POLICY, LOGGING], &[STATEMENT], &[LOGGING], "fail /configuration/policy/Statement/0");
        check(&[POLICY], &["/facts/public"], &[POLICY], "fail /facts/public");
    }

    #[test]
    fn a_denial_about_something_absent_fails_only_when_all_is_known() {
        check(&[LOGGING], &[LOGGING], &[], "fail /configuration/logging");
        check(&[LOGGING], &[LOGGING], &[LOGGING], "unknown /configuration/logging");
        check(&[LOGGING, POLICY], &[LOGGING], &[STATEMENT], "unknown /configuration/policy/Statement/0");
    }

    #[test]
    fn only_evidence_is_told_while_something_is_unknown() {
        check(&[POLICY, LOGGING], &[STATEMENT, LOGGING], &[LOGGING], "fail /configuration/policy/Statement/0");
    }

    #[test]
    fn a_denial_of_a_value_behind_a_gap_is_no_evidence() {
        check(&[POLICY], &[STATEMENT], &[POLICY], "unknown /configuration/policy");
    }

    #[test]
    fn an_unknown_fact_names_what_it_waits_for() {
        let unknown = &["/facts/hidden"];
        check(&["/facts/hidden"], &[], unknown, "unknown /configuration/acl other#/configuration/x");
        check(&["/facts/hidden"], &["/facts/hidden"], unknown, "unknown /configuration/acl other#/configuration/x");
        check(&["/facts/absent"], &[], &[], "unknown /facts/absent was not derived");
    }

    #[test]
    fn a_denial_of_a_fact_carries_what_the_fact_rests_on() {
        let read = |path: Value| read_denials(&json!([{"message": "m", "path": path}]), &document()).unwrap().remove(0);
        assert_eq!(read(json!(["facts", "public"])).because, places(&[STATEMENT]));
        assert_eq!(read(json!(["facts", "trusted", "value", 0])).because, places(&[STATEMENT]));
        assert_eq!(read(json!(["policy"])).because, []);
        assert_eq!(read(json!(["policy", "Statement", 0])).path, Pointer::new(STATEMENT));
        assert_eq!(read(json!(["tags", "team"])).path, Pointer::new("/tags/team"));
    }

    #[test]
    fn a_denial_may_say_which_part_of_the_rule_it_is_about() {
        let denied = json!([{"message": "m", "path": ["a"], "topic": "ssh"}, {"message": "m", "path": ["a"]}]);
        let topics: Vec<Option<String>> =
            read_denials(&denied, &document()).unwrap().into_iter().map(|denial| denial.topic).collect();
        assert_eq!(topics, [Some("ssh".to_owned()), None]);
    }

    #[test]
    fn a_failure_keeps_what_it_does_not_know() {
        let verdict = judge(&places(&[POLICY, LOGGING]), vec![denial(STATEMENT)], &document(), &places(&[LOGGING]));
        let Verdict::Fail { open, .. } = verdict else { panic!("{verdict:?}") };
        assert_eq!(open, [LOGGING]);
    }

    #[test]
    fn a_malformed_denial_is_an_error() {
        for denial in [
            json!("text"),
            json!({"message": "m"}),
            json!({"message": "m", "path": [true]}),
            json!({"message": 1, "path": ["a"]}),
            json!({"message": "m", "path": ["a"], "topic": "Two words"}),
            json!({"message": "m", "path": ["a"], "topic": 22}),
            json!({"message": "m", "path": ["a"], "tobic": "ssh"}),
        ] {
            assert!(read_denials(&json!([denial]), &document()).is_err(), "{denial}");
        }
        assert!(read_denials(&json!(true), &document()).is_err());
    }

    fn any_places() -> impl Strategy<Value = Vec<Pointer>> {
        let place = prop::sample::select(vec![
            POLICY,
            STATEMENT,
            LOGGING,
            "/configuration/versioning",
            "/configuration/versioning/status",
            "/facts/public",
            "/facts/hidden",
            "/tags",
        ]);
        prop::collection::vec(place.prop_map(Pointer::new), 0..4)
    }

    proptest! {
        #[test]
        fn nothing_passes_while_something_it_reads_is_unknown(
            reads in any_places(), denied in any_places(), unknown in any_places()
        ) {
            let denials = denied.iter().map(|path| denial(path.as_str())).collect();
            let verdict = judge(&reads, denials, &document(), &unknown);
            let overlap = unknown.iter().any(|place| reads.iter().any(|read| read.overlaps(place)));
            prop_assert!(!(overlap && verdict == Verdict::Pass));
        }

        #[test]
        fn more_unknown_places_never_turn_a_verdict_into_pass_or_into_a_new_failure(
            reads in any_places(), denied in any_places(), unknown in any_places(), more in any_places()
        ) {
            let denials = || denied.iter().map(|path| denial(path.as_str())).collect();
            let before = judge(&reads, denials(), &document(), &unknown);
            let together: Vec<Pointer> = unknown.into_iter().chain(more).collect();
            let after = judge(&reads, denials(), &document(), &together);
            prop_assert!(after.name() == before.name() || after.name() == "unknown", "{before:?} became {after:?}");
        }
    }
}
