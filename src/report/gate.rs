//! The gate's answer on a terminal: by address in the plan, with the rule, the attribute and what
//! to do. What denies comes first, what the plan mends last.

use std::io;

use jiff::SignedDuration;

use crate::gate::{Decision, Effect, Filled, GateFinding, Outcome};
use crate::model::Rule;

use super::finding::denials;
use super::rule::remediation;
use super::terminal::{Cell, Paint, Terminal, counted, length, text};

/// Where the text below a finding begins.
const INDENT: usize = 10;

/// What the gate says about a plan.
#[derive(Debug, Clone, Copy)]
pub struct GateOutcome<'a> {
    /// The answer.
    pub decision: &'a Decision,
    /// The rules that judged.
    pub rules: &'a [Rule],
}

/// The answer, and what led to it.
pub(super) fn outcome(outcome: &GateOutcome<'_>, terminal: &mut Terminal<'_>) -> io::Result<()> {
    for (address, findings) in by_address(&outcome.decision.findings) {
        terminal.row(0, &heading(address, &findings))?;
        findings.into_iter().try_for_each(|finding| write_finding(finding, outcome.rules, terminal))?;
        terminal.gap()?;
    }
    answer(outcome.decision, terminal)
}

/// Findings by address. An address stands where its first finding stands, so the order of the
/// decision, what denies first, holds for addresses too.
fn by_address(findings: &[GateFinding]) -> Vec<(&str, Vec<&GateFinding>)> {
    let mut addresses: Vec<(&str, Vec<&GateFinding>)> = Vec::new();
    for finding in findings {
        match addresses.iter_mut().find(|(address, _)| *address == finding.address) {
            Some((_, findings)) => findings.push(finding),
            None => addresses.push((&finding.address, vec![finding])),
        }
    }
    addresses
}

fn heading(address: &str, findings: &[&GateFinding]) -> Vec<Cell> {
    let first = findings.first();
    let actions = first.map_or_else(String::new, |finding| finding.actions.join(", "));
    let name = first.filter(|finding| !address.contains(&finding.name)).map_or("", |finding| finding.name.as_str());
    let cells = [(address, Paint::Bold), (name, Paint::Plain), (&actions, Paint::Dim)];
    cells.into_iter().filter(|(cell, _)| !cell.is_empty()).map(|(cell, paint)| text(cell, paint)).collect()
}

fn write_finding(finding: &GateFinding, rules: &[Rule], terminal: &mut Terminal<'_>) -> io::Result<()> {
    let rule = rules.iter().find(|rule| rule.id == finding.rule);
    let effect = match finding.effect {
        Effect::NewFailure | Effect::Worse | Effect::Exposed => Paint::Red,
        Effect::Unknown | Effect::StillFailing => Paint::Yellow,
        Effect::Waived => Paint::Dim,
        Effect::Fixed | Effect::Deleted => Paint::Green,
    };
    let denies = if finding.denies { "denies" } else { "" };
    terminal.row(
        2,
        &[
            text(format!("{denies:<6}"), Paint::BoldRed),
            text(format!("{:<13}", finding.effect.name()), effect),
            text(format!("{:<8}", finding.severity), Paint::of_severity(finding.severity)),
            text(finding.rule.as_str(), Paint::Plain),
        ],
    )?;
    if let Some(rule) = rule {
        terminal.row(INDENT, &[text(rule.title.as_str(), Paint::Dim)])?;
    }
    denials(&finding.denials, INDENT, terminal)?;
    for cause in &finding.waits_for {
        terminal.row(INDENT, &[text(format!("waits for {cause}"), Paint::Plain)])?;
    }
    if let Some(reason) = &finding.waived {
        terminal.row(INDENT, &[text(format!("accepted: {reason}"), Paint::Plain)])?;
    }
    match rule.filter(|_| finding.denies) {
        Some(rule) => {
            terminal.row(INDENT, &[text("to do:", Paint::Bold)])?;
            remediation(rule, INDENT + 2, terminal)
        }
        None => Ok(()),
    }
}

fn answer(decision: &Decision, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let (word, paint) = match decision.outcome {
        Outcome::Allowed => ("ALLOWED", Paint::Green),
        Outcome::Denied => ("DENIED", Paint::BoldRed),
        Outcome::Incomplete => ("INCOMPLETE", Paint::Yellow),
    };
    let counts: Vec<String> = Effect::ALL
        .iter()
        .map(|effect| (effect, decision.with(*effect).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(effect, count)| format!("{count} {}", effect.name()))
        .collect();
    let counts = if counts.is_empty() { "nothing to remark".to_owned() } else { counts.join(", ") };
    terminal.row(0, &[text(word, paint), text(counts, Paint::Plain)])?;
    terminal.row(2, &[text(format!("indicator over the plan: {}", decision.sli), Paint::Plain)])?;
    if let Some(filled) = &decision.filled {
        write_filled(filled, terminal)?;
    }
    if !decision.incomplete.is_empty() {
        let missing = counted(decision.incomplete.len(), "reason");
        terminal.row(2, &[text(format!("{missing} why the plan does not tell everything:"), Paint::Yellow)])?;
    }
    decision.incomplete.iter().try_for_each(|reason| terminal.row(4, &[text(reason.as_str(), Paint::Plain)]))
}

/// From which scan, how old it is, and what it told.
fn write_filled(filled: &Filled, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let (places, resources) = (counted(filled.places, "place"), counted(filled.resources, "resource"));
    let told = format!("{places} of {resources} of the plan, {} beside it", counted(filled.beside, "live resource"));
    let when = format!("taken {}, {} before", filled.taken_at, length(SignedDuration::from_secs(filled.age_seconds)));
    terminal.row(2, &[text(format!("filled from {}, {when}: {told}", filled.from), Paint::Plain)])?;
    filled.notes.iter().try_for_each(|note| terminal.row(4, &[text(note.as_str(), Paint::Yellow)]))
}
