//! The gate's answer on a terminal: by module and address in the plan, with the rule, the attribute
//! and what to do. What denies comes first, what the plan mends last. Unknown evaluations of a
//! resource that wait for the same are one entry, and the end says what all of them wait for.

use std::collections::BTreeMap;
use std::io;

use jiff::SignedDuration;

use crate::gate::{Decision, Effect, Filled, GateFinding};
use crate::model::{Rule, RuleId};
use crate::slo::policy::Outcome;

use super::budget;
use super::finding::denials;
use super::rule::remediation;
use super::terminal::{Cell, Paint, Terminal, counted, length, text};
use super::told;

/// Where the text below a finding begins, seen from its address.
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
    let modules = by_module(outcome.decision.findings.iter().filter(|finding| told::is_listed(finding)));
    let titles = modules.iter().any(|module| !module.name.is_empty());
    let mut told = BTreeMap::new();
    for module in modules {
        if titles {
            let name = if module.name.is_empty() { "root module" } else { module.name };
            let count = counted(module.addresses.len(), "resource");
            terminal.row(0, &[text(name, Paint::Bold), text(count, Paint::Dim)])?;
        }
        let indent = if titles { 2 } else { 0 };
        for (address, findings) in module.addresses {
            terminal.row(indent, &heading(address, &findings))?;
            let (waiting, others): (Vec<&GateFinding>, Vec<&GateFinding>) =
                findings.into_iter().partition(|finding| finding.effect == Effect::Unknown && !finding.denies);
            // What was failing before and what is mended stands behind what is unknown.
            let made = others.partition_point(|finding| finding.effect < Effect::Unknown || finding.denies);
            for finding in &others[..made] {
                write_finding(finding, outcome.rules, indent, &mut told, terminal)?;
            }
            write_waiting(&waiting, indent, terminal)?;
            for finding in &others[made..] {
                write_finding(finding, outcome.rules, indent, &mut told, terminal)?;
            }
            terminal.gap()?;
        }
    }
    answer(outcome.decision, terminal)
}

/// The findings in one instance of a module.
struct Module<'a> {
    /// Empty for the root module.
    name: &'a str,
    addresses: Vec<(&'a str, Vec<&'a GateFinding>)>,
}

/// Findings by module and address. Both stand where their first finding stands, so the order of
/// the decision, what denies first, holds for them too.
fn by_module<'a>(findings: impl Iterator<Item = &'a GateFinding>) -> Vec<Module<'a>> {
    let mut modules: Vec<Module<'_>> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in findings {
        let name = module_of(&finding.address);
        let number = *numbers.entry(name).or_insert_with(|| {
            modules.push(Module { name, addresses: Vec::new() });
            modules.len() - 1
        });
        let addresses = &mut modules[number].addresses;
        let place = *places.entry(&finding.address).or_insert_with(|| {
            addresses.push((&finding.address, Vec::new()));
            addresses.len() - 1
        });
        addresses[place].1.push(finding);
    }
    modules
}

/// The instance of a module that an address is in, `module.a["x.y"].module.b[0]`; empty for the
/// root module. Keys may hold dots, brackets and quotes.
fn module_of(address: &str) -> &str {
    let mut end = 0;
    while let Some(rest) = address[end..].trim_start_matches('.').strip_prefix("module.") {
        let start = address.len() - rest.len();
        let Some(length) = name_length(rest) else { break };
        end = start + length;
    }
    &address[..end]
}

/// Up to the first dot that is not part of a key.
fn name_length(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, letter) in text.char_indices() {
        match letter {
            '.' if !quoted => return Some(at),
            '"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = letter == '\\' && !escaped;
    }
    None
}

fn heading(address: &str, findings: &[&GateFinding]) -> Vec<Cell> {
    let first = findings.first();
    let actions = first.map_or_else(String::new, |finding| finding.actions.join(", "));
    let name = first.filter(|finding| !address.contains(&finding.name)).map_or("", |finding| finding.name.as_str());
    let cells = [(address, Paint::Bold), (name, Paint::Plain), (&actions, Paint::Dim)];
    cells.into_iter().filter(|(cell, _)| !cell.is_empty()).map(|(cell, paint)| text(cell, paint)).collect()
}

fn write_finding<'a>(
    finding: &'a GateFinding,
    rules: &[Rule],
    indent: usize,
    told: &mut BTreeMap<&'a RuleId, &'a str>,
    terminal: &mut Terminal<'_>,
) -> io::Result<()> {
    let rule = rules.iter().find(|rule| rule.id == finding.rule);
    write_title(finding, indent, terminal)?;
    let indent = indent + INDENT;
    if let Some(rule) = rule {
        terminal.row(indent, &[text(rule.title.as_str(), Paint::Dim)])?;
    }
    denials(&finding.denials, indent, terminal)?;
    for cause in &finding.waits_for {
        terminal.row(indent, &[text(format!("waits for {cause}"), Paint::Plain)])?;
    }
    if let Some(reason) = &finding.waived {
        terminal.row(indent, &[text(format!("accepted: {reason}"), Paint::Plain)])?;
    }
    let Some(rule) = rule.filter(|_| finding.denies) else { return Ok(()) };
    // Said once: a module with a hundred instances breaks a rule a hundred times.
    if let Some(address) = told.get(&finding.rule) {
        return terminal.row(indent, &[text("to do:", Paint::Bold), text(format!("as for {address}"), Paint::Plain)]);
    }
    told.insert(&finding.rule, &finding.address);
    terminal.row(indent, &[text("to do:", Paint::Bold)])?;
    remediation(rule, indent + 2, terminal)
}

/// The first line of a finding.
fn write_title(finding: &GateFinding, indent: usize, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let effect = match finding.effect {
        Effect::NewFailure | Effect::Worse | Effect::Exposed => Paint::Red,
        Effect::Unknown | Effect::StillFailing => Paint::Yellow,
        Effect::Waived => Paint::Dim,
        Effect::Fixed | Effect::Deleted => Paint::Green,
    };
    let denies = if finding.denies { "denies" } else { "" };
    terminal.row(
        indent + 2,
        &[
            text(format!("{denies:<6}"), Paint::BoldRed),
            text(format!("{:<13}", finding.effect.name()), effect),
            text(format!("{:<8}", finding.severity), Paint::of_severity(finding.severity)),
            text(finding.rule.as_str(), Paint::Plain),
        ],
    )
}

/// Unknown evaluations of one resource: those that wait for the same together, and that once.
fn write_waiting(findings: &[&GateFinding], indent: usize, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let mut groups: Vec<(&[String], Vec<&GateFinding>)> = Vec::new();
    let mut places: BTreeMap<&[String], usize> = BTreeMap::new();
    for finding in findings {
        let place = *places.entry(&finding.waits_for).or_insert_with(|| {
            groups.push((&finding.waits_for, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(finding);
    }
    for (causes, findings) in groups {
        findings.iter().try_for_each(|finding| write_title(finding, indent, terminal))?;
        for cause in causes {
            terminal.row(indent + INDENT + 2, &[text(format!("waits for {cause}"), Paint::Dim)])?;
        }
    }
    Ok(())
}

fn answer(decision: &Decision, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let answer = decision.answer();
    let paint = if answer == Outcome::Incomplete { Paint::Yellow } else { budget::paint(answer) };
    let word = answer.name().replace('_', " ").to_uppercase();
    terminal.row(0, &[text(word, paint), text(decision.counts(), Paint::Plain)])?;
    terminal.row(2, &[text(format!("{}; what denies: {}", decision.why(), decision.policy), Paint::Plain)])?;
    terminal.row(2, &[text(format!("indicator over the plan: {}", decision.sli), Paint::Plain)])?;
    if let Some(said) = &decision.budget {
        terminal.row(2, &[text(format!("budget policy: {}", said.policy_says()), budget::paint(said.policy))])?;
        budget::body(said, 4, terminal)?;
    }
    if let Some(remark) = decision.remark {
        terminal.row(2, &[text(format!("about the plan: {remark}"), Paint::Yellow)])?;
    }
    if let Some(filled) = &decision.filled {
        write_filled(filled, terminal)?;
    }
    if !decision.incomplete.is_empty() {
        let missing = counted(decision.incomplete.len(), "reason");
        terminal.row(2, &[text(format!("{missing} why the plan does not tell everything:"), Paint::Yellow)])?;
    }
    decision.incomplete.iter().try_for_each(|reason| terminal.row(4, &[text(reason.as_str(), Paint::Plain)]))?;
    write_causes(decision, terminal)
}

/// What the unknown evaluations wait for, by what tells it.
fn write_causes(decision: &Decision, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let groups = told::cause_groups(decision);
    if groups.is_empty() {
        return Ok(());
    }
    terminal.row(2, &[text(format!("{}:", told::waiting(decision)), Paint::Yellow)])?;
    for group in groups {
        terminal.row(4, &[text(group.meaning, Paint::Plain)])?;
        for cause in group.causes {
            terminal.row(6, &[text(told::cause(cause), Paint::Dim)])?;
        }
        if group.more > 0 {
            terminal.row(6, &[text(format!("and {}", counted(group.more, "more cause")), Paint::Dim)])?;
        }
    }
    match told::unlisted_sentence(decision) {
        Some(sentence) => terminal.row(2, &[text(sentence, Paint::Plain)]),
        None => Ok(()),
    }
}

/// From which scan, how old it is, and what it told.
fn write_filled(filled: &Filled, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let told = told::filling(filled);
    let when = format!("taken {}, {} before", filled.taken_at, length(SignedDuration::from_secs(filled.age_seconds)));
    terminal.row(2, &[text(format!("filled from {}, {when}: {told}", filled.from), Paint::Plain)])?;
    filled.notes.iter().try_for_each(|note| terminal.row(4, &[text(note.as_str(), Paint::Yellow)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_of_an_address_may_have_keys_with_dots_and_quotes() {
        for (address, module) in [
            ("aws_s3_bucket.b", ""),
            ("module.a.aws_s3_bucket.b[\"module.x.y\"]", "module.a"),
            (r#"module.a["x.\"y].z"].module.b[0].aws_s3_bucket.b"#, r#"module.a["x.\"y].z"].module.b[0]"#),
            ("module.", ""),
            ("module.a", ""),
            ("module.a[\"open", ""),
        ] {
            assert_eq!(module_of(address), module, "{address}");
        }
    }
}
