//! How an estate stands by a framework: on a terminal, as JSON, as CSV.
//!
//! Every control of the framework is there, also those that no rule judges, and no share stands
//! without its coverage. The JSON form is part of the report's contract.

use std::collections::BTreeMap;
use std::io;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::controls::{Compliance, ControlStanding, ControlState, Counts, ResourceStanding, ResourceState, Summary};
use crate::model::{Listing, RuleId};

use super::indicator::down;
use super::terminal::{Cell, Paint, Terminal, counted, length, moment, number, resource, text};

/// How much of each control is shown on a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// A line for each control.
    Controls,
    /// Also the first resources that keep a control from passing.
    Worst,
    /// Everything.
    All,
}

/// Writes the report as text.
pub(super) fn write(compliance: &Compliance, detail: Detail, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let framework = compliance.framework;
    terminal.row(0, &[text(format!("{} ({})", framework.title, framework.id), Paint::Bold)])?;
    headline(compliance, terminal)?;
    terminal.gap()?;
    let mut rows = vec![header()];
    rows.extend(compliance.controls.iter().map(line));
    terminal.rows(0, &rows)?;
    if detail != Detail::Controls {
        for standing in &compliance.controls {
            behind(standing, detail, terminal)?;
        }
    }
    for stray in &compliance.strays {
        let note = format!("{} names {}, which {} does not have", stray.rule, stray.control, framework.id);
        terminal.row(0, &[text("note:", Paint::Bold), text(note, Paint::Plain)])?;
    }
    Ok(())
}

fn headline(compliance: &Compliance, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let summary = compliance.summary();
    let paint = if summary.fail > 0 { Paint::BoldRed } else { Paint::Plain };
    let passing = match summary.judged() {
        0 => "no control has a verdict".to_owned(),
        judged => format!("{} of {judged} controls with a verdict pass", summary.pass),
    };
    let settled = format!(
        "{} of {} controls are settled by rules and data; the others are nobody's pass",
        summary.settled(),
        summary.total()
    );
    let age = compliance_age(compliance, terminal.now);
    let rows = [
        vec![text("Controls", Paint::Bold), number(down(summary.passing()), paint), text(passing, Paint::Plain)],
        vec![
            text("Coverage", Paint::Bold),
            number(down(summary.coverage()), Paint::Plain),
            text(settled, Paint::Plain),
        ],
        vec![
            text("Data", Paint::Bold),
            number(age, Paint::Plain),
            text(format!("old, collected {}", moment(compliance.taken_at)), Paint::Plain),
        ],
    ];
    terminal.rows(0, &rows)?;
    terminal.row(0, &[text("States", Paint::Bold), text(states(&summary), Paint::Plain)])
}

fn compliance_age(compliance: &Compliance, now: Timestamp) -> String {
    length(now.duration_since(compliance.taken_at))
}

/// `5 pass, 2 fail, … of 63`: every state, also those without a control.
fn states(summary: &Summary) -> String {
    let parts: Vec<String> =
        ControlState::ALL.iter().map(|state| format!("{} {}", summary.get(*state), state.words())).collect();
    format!("{}: {}", counted(usize::try_from(summary.total()).unwrap_or(usize::MAX), "control"), parts.join(", "))
}

fn header() -> Vec<Cell> {
    let mut cells = vec![text("control", Paint::Dim)];
    let titles = ["fail", "unknown", "waived", "pass", "compliance", "coverage"];
    cells.extend(titles.map(|title| number(title, Paint::Dim)));
    cells.push(text("", Paint::Plain));
    cells
}

const fn paint(state: ControlState) -> Paint {
    match state {
        ControlState::Fail => Paint::Red,
        ControlState::Unknown | ControlState::NoRule | ControlState::Manual => Paint::Yellow,
        ControlState::Pass => Paint::Green,
        ControlState::Waived | ControlState::NotApplicable => Paint::Dim,
    }
}

/// One control. Without a rule there is nothing to count.
fn line(standing: &ControlStanding) -> Vec<Cell> {
    let counts = &standing.counts;
    let word = if standing.state == ControlState::NotApplicable { "n/a" } else { standing.state.words() };
    let mut cells = vec![text(word, paint(standing.state))];
    if standing.rules.is_empty() {
        cells.extend(["", "", "", "", "-", "-"].map(|empty| number(empty, Paint::Dim)));
    } else {
        let amounts = [counts.fail, counts.unknown, counts.waived, counts.pass];
        cells.extend(amounts.map(|amount| number(amount, Paint::Plain)));
        cells.push(number(down(counts.compliance()), Paint::Plain));
        cells.push(number(down(counts.coverage()), Paint::Plain));
    }
    cells.push(text(format!("{} {}", standing.control.id, standing.control.title), Paint::Plain));
    cells
}

/// The resources behind a control's state, and why it is not judged.
fn behind(standing: &ControlStanding, detail: Detail, terminal: &mut Terminal<'_>) -> io::Result<()> {
    const EACH: usize = 3;
    let shown = |found: &&ResourceStanding| match detail {
        Detail::All => true,
        Detail::Worst => matches!(found.state, ResourceState::Fail | ResourceState::Unknown),
        Detail::Controls => false,
    };
    let open = matches!(standing.state, ControlState::Fail | ControlState::Unknown);
    if detail == Detail::Worst && !open {
        return Ok(());
    }
    terminal.heading(&format!("{} {}: {}", standing.control.id, standing.control.title, standing.state.words()))?;
    if detail == Detail::All {
        let rules: Vec<&str> = standing.rules.iter().map(RuleId::as_str).collect();
        let rules = if rules.is_empty() { "none".to_owned() } else { rules.join(", ") };
        let assessed = standing.control.assessment.name();
        terminal.rows(
            2,
            &[
                vec![text("section", Paint::Dim), text(standing.control.section.as_str(), Paint::Plain)],
                vec![text("assessed", Paint::Dim), text(assessed, Paint::Plain)],
                vec![text("rules", Paint::Dim), text(rules, Paint::Plain)],
            ],
        )?;
    }
    for reason in &standing.reasons {
        terminal.row(2, &[text(reason.as_str(), Paint::Yellow)])?;
    }
    for list in &standing.unlisted {
        terminal.row(2, &[text(unlisted(list), Paint::Yellow)])?;
    }
    let mut found: Vec<&ResourceStanding> = standing.resources.iter().filter(shown).collect();
    found.sort_by(|one, other| (other.state, &one.resource).cmp(&(one.state, &other.resource)));
    let limit = if detail == Detail::All { usize::MAX } else { EACH };
    for standing in found.iter().take(limit) {
        write_resource(standing, terminal)?;
    }
    match found.len().saturating_sub(limit) {
        0 => Ok(()),
        more => {
            let control = &standing.control.id;
            terminal.row(2, &[text(format!("… and {more} more: --control {control} shows all"), Paint::Dim)])
        }
    }
}

fn unlisted(list: &Listing) -> String {
    format!("the list of {} in {} {} is not whole", list.resource_type, list.account, list.region)
}

fn write_resource(found: &ResourceStanding, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let state = match found.state {
        ResourceState::Fail => Paint::Red,
        ResourceState::Unknown => Paint::Yellow,
        ResourceState::Waived => Paint::Dim,
        ResourceState::Pass => Paint::Green,
    };
    terminal
        .row(2, &[text(format!("{:<7}", found.state.name()), state), text(resource(&found.resource), Paint::Plain)])?;
    found.messages.iter().try_for_each(|message| terminal.row(11, &[text(message.as_str(), Paint::Plain)]))
}

/// The report as JSON.
pub(super) fn document(compliance: &Compliance, now: Timestamp) -> Value {
    let summary = compliance.summary();
    let states: BTreeMap<&str, u64> =
        ControlState::ALL.iter().map(|state| (state.name(), summary.get(*state))).collect();
    json!({
        "framework": compliance.framework.id,
        "title": compliance.framework.title,
        "taken_at": compliance.taken_at,
        "age_seconds": now.duration_since(compliance.taken_at).as_secs(),
        "summary": {
            "controls": summary.total(),
            "states": states,
            "passing": summary.passing(),
            "coverage": summary.coverage(),
        },
        "controls": compliance.controls.iter().map(control).collect::<Vec<_>>(),
        "strays": compliance.strays.iter()
            .map(|stray| json!({"rule": stray.rule, "control": stray.control}))
            .collect::<Vec<_>>(),
    })
}

fn control(standing: &ControlStanding) -> Value {
    let control = standing.control;
    let accounts: BTreeMap<String, BTreeMap<String, Value>> = standing
        .places
        .iter()
        .map(|(account, regions)| {
            let regions = regions.iter().map(|(region, counts)| (region.to_string(), amounts(counts))).collect();
            (account.to_string(), regions)
        })
        .collect();
    let resources: Vec<Value> = standing
        .resources
        .iter()
        .map(|found| {
            json!({
                "resource": found.resource,
                "state": found.state,
                "rules": found.rules,
                "messages": found.messages,
            })
        })
        .collect();
    json!({
        "id": control.id,
        "title": control.title,
        "section": control.section,
        "assessment": control.assessment,
        "severity": control.severity,
        "state": standing.state,
        "rules": standing.rules,
        "resources_by_state": amounts(&standing.counts),
        "accounts": accounts,
        "resources": resources,
        "unlisted": standing.unlisted,
        "reasons": standing.reasons,
    })
}

fn amounts(counts: &Counts) -> Value {
    json!({
        "pass": counts.pass,
        "fail": counts.fail,
        "waived": counts.waived,
        "unknown": counts.unknown,
        "compliance": counts.compliance(),
        "coverage": counts.coverage(),
    })
}

/// Writes reports as CSV with a line of names: one line for each resource under each control, and
/// one for each control without resources.
///
/// # Errors
/// When the stream does not take it.
pub fn csv(reports: &[Compliance], out: &mut dyn io::Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record([
        "framework",
        "control",
        "title",
        "section",
        "assessment",
        "control_state",
        "account",
        "region",
        "type",
        "resource",
        "resource_state",
        "rules",
        "detail",
        "taken_at",
    ])?;
    for compliance in reports {
        for standing in &compliance.controls {
            for record in records(compliance, standing) {
                table.write_record(record.iter().map(|field| harmless(field)))?;
            }
        }
    }
    table.flush()
}

fn records(compliance: &Compliance, standing: &ControlStanding) -> Vec<[String; 14]> {
    let ids = |rules: &[RuleId]| rules.iter().map(RuleId::as_str).collect::<Vec<_>>().join(" ");
    let record = |place: [String; 5], rules: String, detail: String| {
        let [account, region, resource_type, id, state] = place;
        [
            compliance.framework.id.clone(),
            standing.control.id.clone(),
            standing.control.title.clone(),
            standing.control.section.clone(),
            standing.control.assessment.name().to_owned(),
            standing.state.name().to_owned(),
            account,
            region,
            resource_type,
            id,
            state,
            rules,
            detail,
            compliance.taken_at.to_string(),
        ]
    };
    let mut records = Vec::new();
    for found in &standing.resources {
        let key = &found.resource;
        let place = [
            key.account.to_string(),
            key.region.to_string(),
            key.resource_type.to_string(),
            key.id.to_string(),
            found.state.name().to_owned(),
        ];
        records.push(record(place, ids(&found.rules), found.messages.join("; ")));
    }
    let lists = standing.unlisted.iter().map(unlisted);
    let why: Vec<String> = standing.reasons.iter().cloned().chain(lists).collect();
    if !why.is_empty() || records.is_empty() {
        records.push(record(std::array::from_fn(|_| String::new()), ids(&standing.rules), why.join("; ")));
    }
    records
}

/// A field that a spreadsheet does not take for a formula.
fn harmless(field: &str) -> String {
    if field.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{field}") } else { field.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_looks_like_a_formula_is_text() {
        assert_eq!(harmless("=cmd()"), "'=cmd()");
        assert_eq!(harmless("arn:aws:s3:::a"), "arn:aws:s3:::a");
    }
}
