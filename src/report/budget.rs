//! The answer of the budget policy: by itself, and below that of the rules about a plan.

use std::io;

use serde_json::{Value, json};

use super::terminal::{Cell, Paint, Terminal, number, text};
use crate::slo::policy::{Decision, Outcome, Reason, Standing};

/// What the gate answers without a plan.
#[derive(Debug, Clone, Copy)]
pub struct BudgetAnswer<'a> {
    /// The answer.
    pub decision: &'a Decision,
    /// What else a reader must know, a sentence each.
    pub notes: &'a [String],
}

/// Whether it goes ahead and why, in one sentence: `exit code 13: critical-hours: freeze since …`.
pub(super) fn why(decision: &Decision) -> String {
    let because = decision.because.first().map_or_else(|| "nothing is the matter".to_owned(), sentence);
    format!("exit code {}: {because}", decision.outcome.exit_code())
}

/// `critical-hours: freeze since …`.
pub(super) fn sentence(reason: &Reason) -> String {
    match &reason.slo {
        Some(slo) => format!("{slo}: {}", reason.text),
        None => reason.text.clone(),
    }
}

pub(super) fn write(answer: &BudgetAnswer<'_>, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let decision = answer.decision;
    let word = decision.outcome.name().replace('_', " ").to_uppercase();
    terminal.row(0, &[text(word, paint(decision.outcome)), text(means(decision.outcome), Paint::Plain)])?;
    terminal.row(2, &[text(why(decision), Paint::Plain)])?;
    body(decision, 2, terminal)?;
    notes(answer.notes, 2, terminal)
}

pub(super) fn notes(notes: &[String], indent: usize, terminal: &mut Terminal<'_>) -> io::Result<()> {
    notes
        .iter()
        .try_for_each(|note| terminal.row(indent, &[text("note:", Paint::Bold), text(note.as_str(), Paint::Plain)]))
}

/// The objectives, and the reasons with what each leads to.
pub(super) fn body(decision: &Decision, indent: usize, terminal: &mut Terminal<'_>) -> io::Result<()> {
    if !decision.objectives.is_empty() {
        let titles = vec![text("objective", Paint::Dim), number("budget left", Paint::Dim), text("answer", Paint::Dim)];
        let row = |one: &Standing| {
            let left = one.remaining.map_or_else(|| "unknown".to_owned(), |share| format!("{:.1} %", share * 100.0));
            vec![
                text(one.slo.as_str(), Paint::Bold),
                number(left, Paint::Plain),
                text(one.outcome.name().replace('_', " "), paint(one.outcome)),
            ]
        };
        let rows: Vec<Vec<Cell>> = std::iter::once(titles).chain(decision.objectives.iter().map(row)).collect();
        terminal.rows(indent, &rows)?;
    }
    let rows: Vec<Vec<Cell>> = decision
        .because
        .iter()
        .map(|reason| {
            let word = reason.outcome.name().replace('_', " ");
            vec![text(word, paint(reason.outcome)), text(sentence(reason), Paint::Plain)]
        })
        .collect();
    terminal.rows(indent, &rows)
}

pub(super) const fn paint(outcome: Outcome) -> Paint {
    match outcome {
        Outcome::Allowed => Paint::Green,
        Outcome::Warned | Outcome::Override | Outcome::Incomplete => Paint::Yellow,
        Outcome::ApprovalRequired => Paint::Red,
        Outcome::Frozen | Outcome::Denied => Paint::BoldRed,
    }
}

const fn means(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allowed => "changes may go ahead",
        Outcome::Warned => "changes may go ahead, and something is to be known",
        Outcome::Override => "changes may go ahead, as people set the answer aside",
        Outcome::Incomplete => "nobody knows",
        Outcome::ApprovalRequired => "changes may go ahead once a person approves: --approved-by NAME",
        Outcome::Frozen => "only changes that reduce risk may go ahead",
        Outcome::Denied => "this may not go ahead",
    }
}

/// The report without a plan.
pub(super) fn document(answer: &BudgetAnswer<'_>) -> Value {
    json!({
        "report": "budget_gate",
        "outcome": answer.decision.outcome,
        "exit_code": answer.decision.outcome.exit_code(),
        "why": why(answer.decision),
        "budget": answer.decision,
        "notes": answer.notes,
    })
}
