//! The JSON report: a published contract.
//!
//! One object with `format`, `report` and the report's own keys, sorted lists, two spaces of
//! indentation and a line feed at the end. A key may be added at any time; a change of what a
//! key means, or its removal, raises [`FORMAT`].

use std::collections::BTreeMap;
use std::io;

use jiff::Timestamp;
use serde::ser::{Error as _, SerializeMap as _, SerializeSeq as _};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::gate::{Count, GateFinding};
use crate::model::{Change, Finding, Gap, Rule};
use crate::sli::{Assessment, Indicator, States};

use super::{
    GateOutcome, Report, Window, access, budget, compliance, declared, explanation, life, log, objectives, slo, waiver,
};

/// The version of the JSON report that this program writes.
pub const FORMAT: u32 = 1;

/// Writes a report as JSON.
///
/// # Errors
/// When the stream does not take it.
pub fn write(report: &Report<'_>, now: Timestamp, out: &mut dyn io::Write) -> io::Result<()> {
    if let Report::Gate(outcome) = report {
        serde_json::to_writer_pretty(&mut *out, &gate(outcome, now))?;
    } else {
        serde_json::to_writer_pretty(&mut *out, &document(report, now)?)?;
    }
    out.write_all(b"\n")
}

fn document(report: &Report<'_>, now: Timestamp) -> io::Result<Value> {
    Ok(match report {
        Report::Scan(outcome) => json!({
            "format": FORMAT,
            "report": "scan",
            "scan": outcome.scan,
            "at": now,
            "sli": sli(outcome.assessment, now),
            "findings": sorted(outcome.findings, finding_order),
            "changes": outcome.changes.map(|changes| of_kind(changes, true)),
            "rewritten": outcome.changes.map(|changes| of_kind(changes, false)),
            "gaps": sorted(outcome.gaps, gap_order),
            "rules": sorted(outcome.rules, rule_order),
            "frameworks": outcome.frameworks.iter().map(|standing| compliance::document(standing, now)).collect::<Vec<_>>(),
            "notes": outcome.notes,
        }),
        Report::Status(status) => json!({
            "format": FORMAT,
            "report": "status",
            "scan": status.scan,
            "at": now,
            "sli": sli(status.assessment, now),
            "windows": status.windows.iter().map(window).collect::<Vec<_>>(),
            "objectives": status.objectives.iter().map(objectives::document).collect::<Vec<_>>(),
            "findings": sorted(status.findings, finding_order),
            "gaps": sorted(status.gaps, gap_order),
            "notes": status.notes,
        }),
        Report::Findings(findings) => {
            json!({"format": FORMAT, "report": "findings", "at": now, "findings": sorted(findings, finding_order)})
        }
        Report::FindingsInOrder(findings) => {
            json!({"format": FORMAT, "report": "findings", "at": now, "findings": findings})
        }
        Report::Finding(detail) => told(life::finding_document(detail), now)?,
        Report::History(history) => told(life::history_document(history), now)?,
        Report::Explanation(report) => told(explanation::document(report), now)?,
        Report::Drift(changes) => json!({
            "format": FORMAT,
            "report": "drift",
            "at": now,
            "changes": of_kind(changes, true),
            "rewritten": of_kind(changes, false),
        }),
        Report::DeclaredDrift(report) => told(declared::document(report), now)?,
        Report::Rules(rules) => json!({"format": FORMAT, "report": "rules", "rules": sorted(rules, listed_order)}),
        Report::Rule(detail) => json!({"format": FORMAT, "report": "rule", "rule": serde_json::to_value(detail)?}),
        Report::Compliance(report) => json!({
            "format": FORMAT,
            "report": "compliance",
            "at": now,
            "frameworks": report.frameworks.iter().map(|standing| compliance::document(standing, now)).collect::<Vec<_>>(),
            "gaps": sorted(report.gaps, gap_order),
            "notes": report.notes,
        }),
        Report::Gate(outcome) => serde_json::to_value(gate(outcome, now))?,
        Report::Slo(asked) => {
            let mut document = slo::document(*asked);
            document["format"] = FORMAT.into();
            document
        }
        Report::Budget(answer) => told(budget::document(answer), now)?,
        Report::Log(list) => told(log::document(list), now)?,
        Report::Waivers(asked) => told(waiver::document(*asked), now)?,
        Report::Access(asked) => told(access::document(asked), now)?,
    })
}

/// A document with the version and the time of every report.
fn told(mut document: Value, now: Timestamp) -> io::Result<Value> {
    document["format"] = FORMAT.into();
    document["at"] = serde_json::to_value(now)?;
    Ok(document)
}

/// The indicators. Every slice has its counts and all four shares.
fn sli(assessment: &Assessment, now: Timestamp) -> Value {
    json!({
        "taken_at": assessment.taken_at,
        "age_seconds": assessment.age(now).as_secs(),
        "overall": indicator(&assessment.overall),
        "at_severity_or_worse": slices(&assessment.severities),
        "services": slices(&assessment.services),
        "accounts": slices(&assessment.accounts),
        "regions": slices(&assessment.regions),
        "rules": assessment.rules.iter().map(|(id, counts)| (id.to_string(), json!({
            "severity": counts.severity,
            "pass": counts.pass,
            "fail": counts.fail,
            "waived": counts.waived,
            "unknown": counts.unknown,
        }))).collect::<BTreeMap<_, _>>(),
    })
}

fn slices<K: ToString>(slices: &BTreeMap<K, Indicator>) -> BTreeMap<String, Value> {
    slices.iter().map(|(name, slice)| (name.to_string(), indicator(slice))).collect()
}

fn indicator(indicator: &Indicator) -> Value {
    let mut value = states(&indicator.resources);
    value["stale"] = indicator.stale.into();
    value["unlisted"] = indicator.unlisted.into();
    value
}

/// Amounts by state and their shares; `null` where there is nothing to divide by.
fn states(states: &States) -> Value {
    json!({
        "compliance": states.compliance(),
        "coverage": states.coverage(),
        "bound": states.bound(),
        "failing": states.failing_ratio(),
        "expected": states.total(),
        "valid": states.valid(),
        "pass": states.pass,
        "fail": states.fail.total(),
        "fail_by_worst_severity": {
            "critical": states.fail.critical,
            "high": states.fail.high,
            "medium": states.fail.medium,
            "low": states.fail.low,
        },
        "waived": states.waived,
        "unknown": states.unknown,
    })
}

fn window(window: &Window) -> Value {
    json!({"length": window.length, "resource_milliseconds": states(&window.milliseconds)})
}

/// A report of which one list may be long: its members become documents one after the other.
struct WithList<'a, T> {
    rest: Value,
    name: &'static str,
    list: &'a [T],
}

impl<T: Serialize> Serialize for WithList<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rest: BTreeMap<&str, &Value> =
            self.rest.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value)).collect();
        let mut fields = serializer.serialize_map(Some(rest.len() + 1))?;
        for (name, value) in rest.range(..self.name) {
            fields.serialize_entry(name, value)?;
        }
        fields.serialize_entry(self.name, &Documents(self.list))?;
        for (name, value) in rest.range(self.name..) {
            fields.serialize_entry(name, value)?;
        }
        fields.end()
    }
}

struct Documents<'a, T>(&'a [T]);

impl<T: Serialize> Serialize for Documents<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for member in self.0 {
            list.serialize_element(&serde_json::to_value(member).map_err(S::Error::custom)?)?;
        }
        list.end()
    }
}

/// The answer of the gate. The decision comes sorted.
fn gate<'a>(outcome: &GateOutcome<'a>, now: Timestamp) -> WithList<'a, GateFinding> {
    let decision = outcome.decision;
    let count = |count: Count| {
        json!({
            "compliance": count.compliance(),
            "failing": count.failing,
            "valid": count.valid,
            "unknown": count.unknown,
        })
    };
    let rest = json!({
        "format": FORMAT,
        "report": "gate",
        "at": now,
        "outcome": decision.word(),
        "exit_code": decision.exit_code(),
        "why": decision.why(),
        "rules_outcome": decision.outcome.name(),
        "budget": decision.budget,
        "policy": decision.policy,
        "remark": decision.remark.map(|remark| remark.to_string()),
        "incomplete": decision.incomplete,
        "filled": decision.filled,
        "unknown_by_cause": decision.unknown_by_cause,
        "sli": {"before": count(decision.sli.before), "after": count(decision.sli.after)},
        "rules": sorted(outcome.rules, rule_order),
    });
    WithList { rest, name: "findings", list: &decision.findings }
}

fn sorted<'a, T: Serialize, K: Ord>(items: &'a [T], order: fn(&'a T) -> K) -> Vec<&'a T> {
    let mut items: Vec<&T> = items.iter().collect();
    items.sort_by_key(|item| order(item));
    items
}

fn listed_order<'a>(listed: &'a super::ListedRule<'_>) -> impl Ord + use<'a> {
    &listed.rule.id
}

fn finding_order(finding: &Finding) -> impl Ord + use<'_> {
    (std::cmp::Reverse(finding.severity), &finding.rule, &finding.resource)
}

/// Changes that are drift, or those that are only written otherwise; sorted.
fn of_kind(changes: &[Change], drift: bool) -> Vec<&Change> {
    sorted(changes, change_order).into_iter().filter(|change| change.is_drift() == drift).collect()
}

fn change_order(change: &Change) -> impl Ord + use<'_> {
    (&change.resource, change.kind)
}

fn gap_order(gap: &Gap) -> &Gap {
    gap
}

fn rule_order(rule: &Rule) -> impl Ord + use<'_> {
    &rule.id
}
