//! Rules on a terminal: the list, one of them in full, and the worst of a scan.

use std::cmp::Reverse;
use std::io;

use crate::model::{Pointer, Rule};
use crate::sli::{Assessment, RuleCounts};

use super::terminal::{Cell, Paint, Terminal, number, text};

/// All rules, one line each, worst severity first.
pub(super) fn list(rules: &[Rule], terminal: &mut Terminal<'_>) -> io::Result<()> {
    let mut rules: Vec<&Rule> = rules.iter().collect();
    rules.sort_by_key(|rule| (Reverse(rule.severity), &rule.id));
    let rows: Vec<Vec<Cell>> = rules
        .iter()
        .map(|rule| {
            vec![
                text(rule.severity.name(), Paint::of_severity(rule.severity)),
                text(rule.id.as_str(), Paint::Bold),
                text(rule.title.as_str(), Paint::Plain),
            ]
        })
        .collect();
    terminal.rows(0, &rows)
}

/// One rule with all there is to say about it.
pub(super) fn whole(rule: &Rule, terminal: &mut Terminal<'_>) -> io::Result<()> {
    terminal.row(0, &[text(rule.id.as_str(), Paint::Bold)])?;
    terminal.row(0, &[text(rule.title.as_str(), Paint::Plain)])?;
    terminal.gap()?;
    terminal.row(0, &[text(rule.description.as_str(), Paint::Plain)])?;
    terminal.gap()?;
    let field = |name: &str, value: String| vec![text(name, Paint::Dim), text(value, Paint::Plain)];
    let types: Vec<&str> = rule.resource_types.iter().map(|resource_type| resource_type.name()).collect();
    let reads: Vec<&str> = rule.reads.iter().map(Pointer::as_str).collect();
    let mut rows = vec![
        vec![text("severity", Paint::Dim), text(rule.severity.name(), Paint::of_severity(rule.severity))],
        field("resources", types.join(", ")),
        field("reads", reads.join(", ")),
    ];
    rows.extend(rule.controls.iter().map(|(framework, controls)| field(framework, controls.join(", "))));
    rows.extend(rule.related_resources.iter().map(|link| field("see", link.clone())));
    rows.push(field("digest", rule.digest.clone()));
    terminal.rows(0, &rows)?;
    terminal.heading("What to do")?;
    remediation(rule, 0, terminal)
}

/// What to do about a finding of a rule.
pub(super) fn remediation(rule: &Rule, indent: usize, terminal: &mut Terminal<'_>) -> io::Result<()> {
    terminal.row(indent, &[text(rule.remediation.text.trim_end(), Paint::Plain)])?;
    let code = [("Terraform", &rule.remediation.terraform), ("AWS CLI", &rule.remediation.cli)];
    for (title, code) in code {
        if let Some(code) = code {
            terminal.row(indent, &[text(format!("{title}:"), Paint::Dim)])?;
            for line in code.trim_end().lines() {
                terminal.row(indent + 2, &[text(line, Paint::Cyan)])?;
            }
        }
    }
    Ok(())
}

/// The rules with the most failing resources, worst severity first.
pub(super) fn worst(assessment: &Assessment, terminal: &mut Terminal<'_>) -> io::Result<()> {
    const SHOWN: usize = 8;
    let mut failing: Vec<(&str, &RuleCounts)> = assessment
        .rules
        .iter()
        .filter(|(_, counts)| counts.fail > 0)
        .map(|(id, counts)| (id.as_str(), counts))
        .collect();
    failing.sort_by_key(|(_, counts)| Reverse((counts.severity, counts.fail)));
    if failing.is_empty() {
        return Ok(());
    }
    let titles = ["fail", "unknown", "waived", "pass"].map(|title| number(title, Paint::Dim));
    let mut rows = vec![vec![text("rules", Paint::Dim), text("", Paint::Plain)]];
    rows[0].extend(titles);
    let more = failing.len().saturating_sub(SHOWN);
    for (id, counts) in failing.into_iter().take(SHOWN) {
        rows.push(vec![
            text(counts.severity.name(), Paint::of_severity(counts.severity)),
            text(id, Paint::Plain),
            number(counts.fail, Paint::Red),
            number(counts.unknown, Paint::Plain),
            number(counts.waived, Paint::Plain),
            number(counts.pass, Paint::Plain),
        ]);
    }
    terminal.gap()?;
    terminal.rows(0, &rows)?;
    if more > 0 {
        terminal.row(0, &[text(format!("… and {more} more rules fail"), Paint::Dim)])?;
    }
    Ok(())
}
