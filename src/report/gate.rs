//! The gate's answer on a terminal: by address in the plan, with the rule, the attribute and what
//! to do.

use std::collections::BTreeMap;
use std::io;

use crate::model::{Evaluation, Rule, RuleId, Verdict};

use super::finding::denials;
use super::rule::remediation;
use super::terminal::{Paint, Terminal, counted, text};

/// What the gate says about a plan.
#[derive(Debug, Clone)]
pub struct GateOutcome<'a> {
    /// The answer.
    pub decision: Decision,
    /// Why, a sentence each.
    pub reasons: &'a [String],
    /// How many planned resources were judged.
    pub resources: usize,
    /// The evaluations, of all verdicts.
    pub evaluations: &'a [Judged<'a>],
    /// The rules that judged.
    pub rules: &'a [Rule],
}

/// The answer of the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decision {
    /// The change may go ahead.
    Allowed,
    /// It may not.
    Denied,
    /// It may once a person approves it.
    ApprovalRequired,
    /// Only changes that reduce risk may go ahead, and this is none.
    Frozen,
}

impl Decision {
    /// The word in tables and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::ApprovalRequired => "approval required",
            Self::Frozen => "frozen",
        }
    }
}

/// An evaluation of a planned resource.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'a> {
    /// The resource's address in the plan.
    pub address: &'a str,
    /// The evaluation.
    pub evaluation: &'a Evaluation,
}

/// The answer, and what led to it.
pub(super) fn outcome(outcome: &GateOutcome<'_>, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let count = |name| outcome.evaluations.iter().filter(|judged| judged.evaluation.verdict.name() == name).count();
    for (address, evaluations) in by_address(outcome.evaluations) {
        terminal.row(0, &[text(address, Paint::Bold)])?;
        evaluations.into_iter().try_for_each(|evaluation| write_evaluation(evaluation, outcome.rules, terminal))?;
        terminal.gap()?;
    }
    let (word, paint) = match outcome.decision {
        Decision::Allowed => ("ALLOWED", Paint::Green),
        Decision::Denied => ("DENIED", Paint::BoldRed),
        Decision::ApprovalRequired => ("APPROVAL REQUIRED", Paint::Yellow),
        Decision::Frozen => ("FROZEN", Paint::Cyan),
    };
    let counts = format!(
        "{} judged: {} fail, {} unknown, {} waived, {} pass",
        counted(outcome.resources, "resource"),
        count("fail"),
        count("unknown"),
        count("waived"),
        count("pass")
    );
    terminal.row(0, &[text(word, paint), text(counts, Paint::Plain)])?;
    outcome.reasons.iter().try_for_each(|reason| terminal.row(2, &[text(reason.as_str(), Paint::Plain)]))
}

/// What a reader must look at, by address: everything that does not pass, the worst first.
fn by_address<'a>(evaluations: &[Judged<'a>]) -> BTreeMap<&'a str, Vec<&'a Evaluation>> {
    let mut addresses: BTreeMap<&str, Vec<&Evaluation>> = BTreeMap::new();
    for judged in evaluations.iter().filter(|judged| judged.evaluation.verdict != Verdict::Pass) {
        addresses.entry(judged.address).or_default().push(judged.evaluation);
    }
    for evaluations in addresses.values_mut() {
        evaluations.sort_by_key(|evaluation| {
            (place(&evaluation.verdict), std::cmp::Reverse(evaluation.severity), &evaluation.rule)
        });
    }
    addresses
}

const fn place(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Fail { .. } => 0,
        Verdict::Unknown { .. } => 1,
        Verdict::Waived { .. } => 2,
        Verdict::Pass => 3,
    }
}

fn write_evaluation(evaluation: &Evaluation, rules: &[Rule], terminal: &mut Terminal<'_>) -> io::Result<()> {
    let rule = find(rules, &evaluation.rule);
    let paint = match &evaluation.verdict {
        Verdict::Fail { .. } => Paint::of_severity(evaluation.severity),
        Verdict::Unknown { .. } => Paint::Yellow,
        Verdict::Waived { .. } | Verdict::Pass => Paint::Dim,
    };
    terminal.row(
        2,
        &[
            text(format!("{:<7}", evaluation.verdict.name()), paint),
            text(format!("{:<8}", evaluation.severity), Paint::of_severity(evaluation.severity)),
            text(evaluation.rule.as_str(), Paint::Plain),
            text(rule.map_or("", |rule| rule.title.as_str()), Paint::Dim),
        ],
    )?;
    match &evaluation.verdict {
        Verdict::Fail { denials: denied } => {
            denials(denied, 11, terminal)?;
            match rule {
                Some(rule) => {
                    terminal.row(11, &[text("To do:", Paint::Bold)])?;
                    remediation(rule, 13, terminal)
                }
                None => Ok(()),
            }
        }
        Verdict::Unknown { causes } => {
            causes.iter().try_for_each(|cause| terminal.row(11, &[text(format!("waits for {cause}"), Paint::Plain)]))
        }
        Verdict::Waived { denials: denied, reason } => {
            denials(denied, 11, terminal)?;
            terminal.row(11, &[text(format!("accepted: {reason}"), Paint::Plain)])
        }
        Verdict::Pass => Ok(()),
    }
}

fn find<'a>(rules: &'a [Rule], id: &RuleId) -> Option<&'a Rule> {
    rules.iter().find(|rule| rule.id == *id)
}
