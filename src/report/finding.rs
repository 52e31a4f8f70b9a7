//! Findings on a terminal: by rule, the worst first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

use crate::model::{Denial, Finding, Pointer, Rule, RuleId, Severity};

use super::terminal::{Paint, Terminal, counted, length, resource, text};

/// All findings, by rule.
pub(super) fn list(findings: &[Finding], rules: &[Rule], terminal: &mut Terminal<'_>) -> io::Result<()> {
    by_rule(findings).into_iter().try_for_each(|group| write_group(&group, group.findings.len(), rules, terminal))
}

/// The findings of a scan, a few for each rule.
pub(super) fn summary(findings: &[Finding], rules: &[Rule], terminal: &mut Terminal<'_>) -> io::Result<()> {
    const EACH: usize = 3;
    terminal.heading(&counted(findings.len(), "finding"))?;
    by_rule(findings).into_iter().try_for_each(|group| write_group(&group, EACH, rules, terminal))
}

struct Group<'a> {
    rule: &'a RuleId,
    severity: Severity,
    findings: Vec<&'a Finding>,
}

/// Groups in the order of severity, then of how many there are, then of the rule's id.
fn by_rule(findings: &[Finding]) -> Vec<Group<'_>> {
    let mut groups: BTreeMap<&RuleId, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        groups.entry(&finding.rule).or_default().push(finding);
    }
    let mut groups: Vec<Group<'_>> = groups
        .into_iter()
        .filter_map(|(rule, mut findings)| {
            findings.sort_by_key(|finding| &finding.resource);
            findings.iter().map(|finding| finding.severity).max().map(|severity| Group { rule, severity, findings })
        })
        .collect();
    groups.sort_by_key(|group| Reverse((group.severity, group.findings.len())));
    groups
}

fn write_group(group: &Group<'_>, limit: usize, rules: &[Rule], terminal: &mut Terminal<'_>) -> io::Result<()> {
    let title = rules.iter().find(|rule| rule.id == *group.rule).map_or("", |rule| rule.title.as_str());
    terminal.row(
        0,
        &[
            text(format!("{:<8}", group.severity), Paint::of_severity(group.severity)),
            text(group.rule.as_str(), Paint::Bold),
            text(title, Paint::Dim),
        ],
    )?;
    group.findings.iter().take(limit).try_for_each(|finding| write_finding(finding, terminal))?;
    match group.findings.len().saturating_sub(limit) {
        0 => Ok(()),
        more => {
            terminal.row(10, &[text(format!("… and {more} more: plimsoll findings --rule {}", group.rule), Paint::Dim)])
        }
    }
}

fn write_finding(finding: &Finding, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let age = |since| length(terminal.now.duration_since(since));
    let state = match &finding.resolved {
        Some(resolved) => format!("{} {} ago", resolved.how.name(), age(resolved.at)),
        None => format!("open for {}", age(finding.first_seen)),
    };
    let state = match finding.reopened {
        0 => state,
        1 => state + ", reopened once",
        times => format!("{state}, reopened {times} times"),
    };
    terminal.row(10, &[text(resource(&finding.resource), Paint::Plain), text(state, Paint::Dim)])?;
    denials(&finding.denials, 12, terminal)
}

/// What offends, and where it stands.
pub(super) fn denials(denials: &[Denial], indent: usize, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let mut told = BTreeSet::new();
    for denial in denials {
        // The places that a fact rests on say more than the place of the fact itself.
        let places = if denial.because.is_empty() { std::slice::from_ref(&denial.path) } else { &denial.because };
        let places: Vec<&str> = places.iter().map(Pointer::as_str).collect();
        // Two parts of a fact, or two topics, may say the same to a reader.
        if !told.insert((&denial.message, places.clone())) {
            continue;
        }
        terminal.row(indent, &[text(denial.message.as_str(), Paint::Plain)])?;
        terminal.row(indent + 2, &[text(places.join(", "), Paint::Dim)])?;
    }
    Ok(())
}
