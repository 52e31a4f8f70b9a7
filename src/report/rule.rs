//! Rules on a terminal: the list, one of them in full, and the worst of a scan.

use std::cmp::Reverse;
use std::io;

use serde::Serialize;

use crate::model::{Pointer, Rule};
use crate::rules::Parameter;
use crate::sli::{Assessment, RuleCounts};

use super::terminal::{Paint, Terminal, number, text};

/// A rule in a list, and whether it judges.
#[derive(Debug, Clone, Serialize)]
pub struct ListedRule<'a> {
    /// The rule.
    #[serde(flatten)]
    pub rule: &'a Rule,
    /// `judges`, or in a word why not: `opt_in`, `not_enabled`, `disabled`, `other_framework`,
    /// `quarantined`.
    pub standing: &'static str,
    /// Why it does not judge, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether it comes with the program.
    pub built_in: bool,
}

/// A rule with all there is to say about it.
#[derive(Debug, Clone, Serialize)]
pub struct RuleDetail<'a> {
    /// The rule, and whether it judges.
    #[serde(flatten)]
    pub listed: ListedRule<'a>,
    /// Its file.
    pub file: &'a str,
    /// The parameters it uses, with the values in force.
    pub parameters: Vec<Parameter>,
    /// Its Rego, when that is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'a str>,
}

/// Rules, one line each, worst severity first; those that do not judge after the others.
pub(super) fn list(rules: &[ListedRule<'_>], terminal: &mut Terminal<'_>) -> io::Result<()> {
    if rules.is_empty() {
        return terminal.row(0, &[text("no rule is like that", Paint::Plain)]);
    }
    let (mut judging, mut others): (Vec<&ListedRule<'_>>, Vec<_>) =
        rules.iter().partition(|listed| listed.reason.is_none());
    for part in [&mut judging, &mut others] {
        part.sort_by_key(|listed| (Reverse(listed.rule.severity), &listed.rule.id));
    }
    let row = |listed: &&ListedRule<'_>, paint| {
        vec![
            text(listed.rule.severity.name(), Paint::of_severity(listed.rule.severity)),
            text(listed.rule.id.as_str(), paint),
            text(listed.rule.title.as_str(), Paint::Plain),
        ]
    };
    terminal.rows(0, &judging.iter().map(|listed| row(listed, Paint::Bold)).collect::<Vec<_>>())?;
    if !others.is_empty() {
        if !judging.is_empty() {
            terminal.gap()?;
        }
        terminal.row(0, &[text("Not judging:", Paint::Dim)])?;
        let with_reason = |listed: &&ListedRule<'_>| {
            let mut cells = row(listed, Paint::Dim);
            cells[2] = text(listed.reason.clone().unwrap_or_default(), Paint::Dim);
            cells
        };
        terminal.rows(0, &others.iter().map(with_reason).collect::<Vec<_>>())?;
    }
    Ok(())
}

/// One rule with all there is to say about it.
pub(super) fn whole(detail: &RuleDetail<'_>, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let rule = detail.listed.rule;
    terminal.row(0, &[text(rule.id.as_str(), Paint::Bold)])?;
    terminal.row(0, &[text(rule.title.as_str(), Paint::Plain)])?;
    if let Some(reason) = &detail.listed.reason {
        terminal.row(0, &[text("judges nothing:", Paint::Yellow), text(reason.as_str(), Paint::Plain)])?;
    }
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
    if rule.reads_now {
        rows.push(field("time", "it is judged again each day".to_owned()));
    }
    rows.extend(rule.severity_reason.iter().map(|reason| field("severity because", reason.clone())));
    rows.extend(rule.controls.iter().map(|(framework, controls)| field(framework, controls.join(", "))));
    rows.extend(rule.related_resources.iter().map(|link| field("see", link.clone())));
    rows.push(field("file", detail.file.to_owned()));
    rows.push(field("digest", rule.digest.clone()));
    terminal.rows(0, &rows)?;
    if !detail.parameters.is_empty() {
        terminal.heading("Parameters")?;
        for parameter in &detail.parameters {
            let mut value = parameter.value.to_string();
            if parameter.value != parameter.default {
                value = format!("{value} (default {})", parameter.default);
            }
            terminal.row(0, &[text(parameter.name.as_str(), Paint::Bold), text(value, Paint::Plain)])?;
            terminal.row(2, &[text(parameter.meaning.as_str(), Paint::Plain)])?;
        }
    }
    terminal.heading("What to do")?;
    remediation(rule, 0, terminal)?;
    if let Some(source) = detail.source {
        terminal.heading("Rego")?;
        for line in source.lines() {
            terminal.row(0, &[text(line.replace('\t', "    "), Paint::Plain)])?;
        }
    }
    Ok(())
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
