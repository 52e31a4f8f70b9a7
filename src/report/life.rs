//! The life of one finding and of one resource: what happened when, and why.

use std::io;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

use super::change;
use super::finding::denials;
use super::rule::remediation;
use super::terminal::{Paint, Terminal, counted, length, moment, resource, text};
use crate::explain::Cause;
use crate::model::{Change, DetectionBound, Finding, Pointer, Rule};

/// One finding with all there is to say about it.
#[derive(Debug, Clone, Serialize)]
pub struct FindingDetail<'a> {
    /// Each opening of it, oldest first; the last is the finding as it stands.
    pub openings: &'a [Opening<'a>],
    /// The rule as the latest scan had it; `None` when it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'a Rule>,
    /// What stands in the resource's document at the places that offend.
    pub evidence: &'a [Evidence],
    /// How many documents the resource has had.
    pub versions: usize,
}

/// One opening of a finding, and what led to it.
#[derive(Debug, Clone, Serialize)]
pub struct Opening<'a> {
    /// The finding as of this opening.
    #[serde(flatten)]
    pub finding: &'a Finding,
    /// Why it fails since then and did not before; `None` when that was not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// What changed at the resource in the scan that opened it.
    pub opened_by: Vec<&'a Change>,
    /// What changed at the resource in the scan that resolved it.
    pub resolved_by: Vec<&'a Change>,
}

/// What stands at one place of a document.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    /// The place.
    pub path: Pointer,
    /// What stands there; `None` when nothing does.
    pub value: Option<Value>,
}

/// The documents that one resource has had, and its findings.
#[derive(Debug, Clone, Serialize)]
pub struct History<'a> {
    /// Each time of a document, newest first.
    pub versions: &'a [VersionTold<'a>],
    /// The latest opening of each finding.
    pub findings: &'a [Finding],
}

/// One time of a document.
#[derive(Debug, Clone, Serialize)]
pub struct VersionTold<'a> {
    /// Content hash.
    pub hash: &'a str,
    /// When it was first seen like that.
    pub from: Timestamp,
    /// When it was first seen otherwise, or gone; `None` while it is so.
    pub to: Option<Timestamp>,
    /// What the scan that first saw it said about the change.
    pub changes: Vec<&'a Change>,
    /// Places where it differs from the version before, sorted.
    pub differences: Vec<Difference>,
}

/// One place where two documents differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// The place.
    pub path: Pointer,
    /// What stood there; `None` when nothing did.
    pub old: Option<Value>,
    /// What stands there now.
    pub new: Option<Value>,
}

/// Where two documents differ: the outermost places below which they have nothing in common, or of
/// which only one of them has anything. Lists are compared as a whole, unless they are as long.
#[must_use]
pub fn differences(old: &Value, new: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(&Pointer::new(""), Some(old), Some(new), &mut found);
    found
}

fn compare(path: &Pointer, old: Option<&Value>, new: Option<&Value>, found: &mut Vec<Difference>) {
    match (old, new) {
        (old, new) if old == new => {}
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let keys: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for key in keys {
                compare(&path.child(key), old.get(key), new.get(key), found);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) if old.len() == new.len() => {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                compare(&path.child(index), Some(old), Some(new), found);
            }
        }
        _ => found.push(Difference { path: path.clone(), old: old.cloned(), new: new.cloned() }),
    }
}

/// The JSON form of one finding.
pub(super) fn finding_document(detail: &FindingDetail<'_>) -> Value {
    json!({"report": "finding", "finding": detail})
}

/// The JSON form of a history.
pub(super) fn history_document(history: &History<'_>) -> Value {
    json!({"report": "history", "history": history})
}

/// One finding on a terminal.
pub(super) fn finding(detail: &FindingDetail<'_>, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let Some(Opening { finding, .. }) = detail.openings.last() else { return Ok(()) };
    let title = detail.rule.map_or("the rule is gone", |rule| rule.title.as_str());
    terminal.row(
        0,
        &[
            text(finding.severity.name(), Paint::of_severity(finding.severity)),
            text(finding.rule.as_str(), Paint::Bold),
            text(title, Paint::Plain),
        ],
    )?;
    let field = |name: &str, value: String| vec![text(name, Paint::Dim), text(value, Paint::Plain)];
    let rows = vec![
        field("finding", finding.id.clone()),
        field("resource", resource(&finding.resource)),
        field("state", state(finding, terminal)),
        field("documents", format!("{}: plimsoll history {}", detail.versions, finding.resource.id)),
    ];
    terminal.rows(0, &rows)?;
    terminal.heading(if finding.resolved.is_some() { "What offended" } else { "What offends" })?;
    denials(&finding.denials, 0, terminal)?;
    for Evidence { path, value } in detail.evidence {
        let value = value.as_ref().map_or_else(|| "nothing stands there".to_owned(), Value::to_string);
        terminal.row(2, &[text(path.as_str(), Paint::Dim), text(value, Paint::Plain)])?;
    }
    terminal.heading("What happened")?;
    for opening in detail.openings {
        opening_of(opening, terminal)?;
    }
    if let Some(rule) = detail.rule {
        terminal.heading("What to do")?;
        remediation(rule, 0, terminal)?;
    }
    Ok(())
}

fn state(finding: &Finding, terminal: &Terminal<'_>) -> String {
    let age = |since| length(terminal.now.duration_since(since));
    let state = match &finding.resolved {
        Some(resolved) => format!("{} {} ago", resolved.how.name(), age(resolved.at)),
        None if finding.last_seen < terminal.now => {
            format!("open for {}, last seen {} ago", age(finding.first_seen), age(finding.last_seen))
        }
        None => format!("open for {}", age(finding.first_seen)),
    };
    match finding.reopened {
        0 => state,
        times => format!("{state}, {}", counted(times as usize + 1, "opening")),
    }
}

fn opening_of(opening: &Opening<'_>, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let Opening { finding, cause, opened_by, resolved_by } = opening;
    let opened = match cause {
        Some(cause) => format!("opened, by {}", in_words(*cause)),
        None => "opened".to_owned(),
    };
    terminal.row(0, &[text(moment(finding.first_seen), Paint::Dim), text(opened, Paint::Plain)])?;
    detected(finding, terminal)?;
    opened_by.iter().try_for_each(|change| told(change, terminal))?;
    let Some(resolved) = &finding.resolved else { return Ok(()) };
    let took = length(resolved.at.duration_since(finding.first_seen));
    let ended = format!("{} after {took}", resolved.how.name().replace('_', " "));
    terminal.row(0, &[text(moment(resolved.at), Paint::Dim), text(ended, Paint::Plain)])?;
    resolved_by.iter().try_for_each(|change| told(change, terminal))
}

/// How long detection took, and who made the change.
fn detected(finding: &Finding, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let Some(detected) = &finding.detected else { return Ok(()) };
    let told = match detected.bound {
        DetectionBound::Exact => format!("detected {} after the change", length(detected.delay())),
        DetectionBound::Upper => format!("detected at most {} after the change", length(up(detected.delay()))),
    };
    terminal.row(2, &[text(told, Paint::Plain)])?;
    let Some(event) = &detected.event else { return Ok(()) };
    let call = match detected.bound {
        DetectionBound::Exact => change::called(event),
        DetectionBound::Upper => format!("one of several calls, the last of them {}", change::called(event)),
    };
    terminal.row(2, &[text(call, Paint::Plain), text(format!("event {}", event.id), Paint::Dim)])
}

/// A length that is no shorter when it is told in its largest unit: 119 s are at most 2 min.
fn up(delay: SignedDuration) -> SignedDuration {
    const UNITS: [i64; 3] = [24 * 60 * 60, 60 * 60, 60];
    let seconds = delay.as_secs();
    let unit = UNITS.into_iter().find(|unit| seconds >= *unit).unwrap_or(1);
    SignedDuration::from_secs(seconds.saturating_add(unit - 1) / unit * unit)
}

/// A cause as the end of "opened, by …".
const fn in_words(cause: Cause) -> &'static str {
    match cause {
        Cause::Inventory => "a resource that appeared",
        Cause::Configuration => "what is configured",
        Cause::Rules => "a rule that is new or changed",
        Cause::Waivers => "a waiver that holds no more",
        Cause::Coverage => "what could be read again",
    }
}

fn told(change: &Change, terminal: &mut Terminal<'_>) -> io::Result<()> {
    change::write_head(change, terminal)?;
    change::write_body(change, terminal)
}

/// The history of a resource on a terminal.
pub(super) fn history(history: &History<'_>, terminal: &mut Terminal<'_>) -> io::Result<()> {
    for version in history.versions {
        let until = version.to.map_or_else(|| "now".to_owned(), moment);
        let hash = version.hash.get(..12).unwrap_or(version.hash);
        terminal
            .row(0, &[text(format!("{} to {until}", moment(version.from)), Paint::Bold), text(hash, Paint::Dim)])?;
        version.changes.iter().try_for_each(|change| told(change, terminal))?;
        if version.changes.is_empty() {
            version.differences.iter().try_for_each(|difference| place(difference, terminal))?;
        }
    }
    terminal.heading(&counted(history.findings.len(), "finding"))?;
    in_order(history.findings, terminal)
}

/// Findings, one line each, in the order they are given in.
pub(super) fn in_order(findings: &[Finding], terminal: &mut Terminal<'_>) -> io::Result<()> {
    let line = |finding: &Finding| {
        vec![
            text(finding.severity.name(), Paint::of_severity(finding.severity)),
            text(finding.id.as_str(), Paint::Dim),
            text(finding.rule.as_str(), Paint::Bold),
            text(state(finding, terminal), Paint::Plain),
            text(resource(&finding.resource), Paint::Dim),
        ]
    };
    let lines: Vec<_> = findings.iter().map(line).collect();
    terminal.rows(0, &lines)
}

/// What stands at a place and what stood there, in one line.
fn place(difference: &Difference, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let shown = |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), Value::to_string);
    let line = format!("{} -> {}", shown(&difference.old), shown(&difference.new));
    terminal.row(2, &[text(difference.path.as_str(), Paint::Dim), text(line, Paint::Plain)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_told_where_they_stand() {
        let old = json!({"tags": {"team": "a"}, "configuration": {"list": [1, 2], "same": true, "gone": 1}});
        let new = json!({"tags": {"team": "b"}, "configuration": {"list": [1, 3], "same": true, "more": [1]}});
        let told: Vec<String> = differences(&old, &new)
            .iter()
            .map(|difference| format!("{} {:?} {:?}", difference.path.as_str(), difference.old, difference.new))
            .collect();
        assert_eq!(
            told,
            [
                "/configuration/gone Some(Number(1)) None",
                "/configuration/list/1 Some(Number(2)) Some(Number(3))",
                "/configuration/more None Some(Array [Number(1)])",
                "/tags/team Some(String(\"a\")) Some(String(\"b\"))",
            ]
        );
        assert_eq!(differences(&old, &old), []);
    }

    #[test]
    fn lists_of_different_length_differ_as_a_whole() {
        let told = differences(&json!([1, 2]), &json!([1]));
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].path.as_str(), "");
    }
}
