//! SARIF 2.1.0, for code scanning pages and editors.
//!
//! A failing judgement is a result with the severity's level; an unknown one is of kind `open`,
//! which SARIF has for what could not be determined; a waived one is suppressed with its reason.
//! The place is the block that declares the resource, else the plan file, and as logical location
//! the Terraform address. Fingerprints are of rule and place, so that a result stays the same one
//! from run to run. A plan that does not tell everything is an execution without success. The
//! invocation has the exit code and why it is that; the properties of the run have where the gate
//! was set, the scan that the plan was filled from, and what the unknown evaluations wait for.

use serde_json::{Value, json};

use crate::model::{Rule, Severity, Verdict};

use super::judgement::Judgement;
use super::told;
use crate::gate::Decision;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The log of one run: all rules, and what is to be said about them. `file` is the plan file as
/// the reader of the log knows it, relative where possible.
#[must_use]
pub fn render(judgements: &[Judgement], rules: &[Rule], file: &str) -> Value {
    let results: Vec<Value> = judgements
        .iter()
        .filter(|judgement| !matches!(judgement.verdict, Verdict::Pass))
        .map(|judgement| result(judgement, rules, file))
        .collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "plimsoll",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(descriptor).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

/// The log with the answer, and with the reasons why there is no whole one, so that a log without
/// results does not read as "nothing wrong".
#[must_use]
pub fn with_decision(mut log: Value, decision: &Decision) -> Value {
    let notification = |level: &str, text: &str| json!({"level": level, "message": {"text": text}});
    let mut notifications: Vec<Value> =
        decision.incomplete.iter().map(|reason| notification("error", reason)).collect();
    let level = if told::budget_stops(decision) { "error" } else { "note" };
    notifications.extend(told::budget(decision).iter().map(|said| notification(level, said)));
    notifications.extend(decision.remark.map(|remark| notification("note", &format!("about the plan: {remark}"))));
    if let Some(scan) = &decision.filled {
        notifications.push(notification("note", &told::filled(scan)));
        notifications.extend(scan.notes.iter().map(|note| notification("warning", note)));
    }
    log["runs"][0]["invocations"] = json!([{
        "executionSuccessful": decision.incomplete.is_empty(),
        "exitCode": decision.exit_code(),
        "exitCodeDescription": decision.why(),
        "toolExecutionNotifications": notifications,
    }]);
    log["runs"][0]["properties"] = json!({
        "outcome": decision.word(),
        "budget": decision.budget,
        "whatDenies": decision.policy.to_string(),
        "indicator": decision.sli.to_string(),
        "filled": decision.filled,
        "unknownByCause": decision.unknown_by_cause,
    });
    log
}

fn descriptor(rule: &Rule) -> Value {
    let mut help = format!("{}\n\n{}", rule.description, rule.remediation.text);
    let mut markdown = help.clone();
    for (language, code) in [("hcl", &rule.remediation.terraform), ("sh", &rule.remediation.cli)] {
        if let Some(code) = code {
            help = format!("{help}\n\n{code}");
            markdown = format!("{markdown}\n\n```{language}\n{code}\n```");
        }
    }
    let tags: Vec<String> = rule
        .controls
        .iter()
        .flat_map(|(framework, controls)| controls.iter().map(move |control| format!("{framework}/{control}")))
        .collect();
    let mut descriptor = json!({
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.description},
        "help": {"text": help, "markdown": markdown},
        "defaultConfiguration": {"level": level(rule.severity)},
        "properties": {"tags": tags, "security-severity": score(rule.severity), "severity": rule.severity},
    });
    if let (Some(page), Value::Object(fields)) = (rule.related_resources.first(), &mut descriptor) {
        fields.insert("helpUri".to_owned(), json!(page));
    }
    descriptor
}

fn result(judgement: &Judgement, rules: &[Rule], file: &str) -> Value {
    let place = judgement.place();
    let mut location = json!({"logicalLocations": [{
        "name": judgement.name,
        "fullyQualifiedName": place,
        "kind": "resource",
    }]});
    let (file, line) = judgement.declared.as_ref().map_or((file, 1), |declared| (&declared.file, declared.line));
    location["physicalLocation"] = json!({"artifactLocation": {"uri": uri(file)}, "region": {"startLine": line}});
    let fails = matches!(judgement.verdict, Verdict::Fail { .. } | Verdict::Waived { .. });
    let mut result = json!({
        "ruleId": judgement.rule,
        "kind": if fails { "fail" } else { "open" },
        "level": if fails { level(judgement.severity) } else { "none" },
        "message": {"text": format!("{place}: {}", judgement.message())},
        "locations": [location],
        // GitHub looks at this one only; the other says what it is made of.
        "partialFingerprints": {
            "primaryLocationLineHash": format!("{}:1", judgement.fingerprint()),
            "ruleAndPlace/v1": judgement.fingerprint(),
        },
        "properties": {
            "resourceType": judgement.resource.resource_type,
            "account": judgement.resource.account,
            "region": judgement.resource.region,
            "denies": judgement.denies,
        },
    });
    if let Value::Object(fields) = &mut result {
        if let Some(index) = rules.iter().position(|rule| rule.id == judgement.rule) {
            fields.insert("ruleIndex".to_owned(), json!(index));
        }
        if let Some(state) = baseline_state(judgement) {
            fields.insert("baselineState".to_owned(), json!(state));
        }
        if let Verdict::Waived { reason, .. } = &judgement.verdict {
            fields.insert(
                "suppressions".to_owned(),
                json!([{"kind": "external", "status": "accepted", "justification": reason}]),
            );
        }
    }
    result
}

fn baseline_state(judgement: &Judgement) -> Option<&'static str> {
    use crate::gate::Effect;
    match judgement.effect? {
        Effect::NewFailure | Effect::Exposed => Some("new"),
        Effect::Worse => Some("updated"),
        Effect::StillFailing | Effect::Waived => Some("unchanged"),
        Effect::Unknown | Effect::Fixed | Effect::Deleted => None,
    }
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

/// The scale of GitHub's code scanning: critical from 9.0, high from 7.0, medium from 4.0.
const fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
    }
}

/// A path as a URI reference: forward slashes, and what a URI cannot hold percent-encoded.
fn uri(path: &str) -> String {
    use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
    const OUTSIDE: &AsciiSet = &CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'#')
        .add(b'%')
        .add(b'<')
        .add(b'>')
        .add(b'?')
        .add(b'[')
        .add(b']')
        .add(b'^')
        .add(b'`')
        .add(b'{')
        .add(b'|')
        .add(b'}');
    utf8_percent_encode(&path.replace('\\', "/"), OUTSIDE).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_a_uri_reference() {
        assert_eq!(uri(r"out dir\plan#1.json"), "out%20dir/plan%231.json");
    }
}
