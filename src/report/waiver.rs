//! Waivers on a terminal and for programs: what each accepts, until when, and what is wrong with
//! it.

use std::io;

use serde_json::{Value, json};

use crate::rules::waiver::{Standing, Waiver};
use crate::rules::waiver_review::{Problem, Reviewed};

use super::terminal::{Cell, Paint, Terminal, counted, number, text};

/// Waivers that were looked at.
#[derive(Debug, Clone, Copy)]
pub struct WaiverReport<'a> {
    /// All that were given.
    pub waivers: &'a [Waiver],
    /// What is said about them, or about those of them that are asked for.
    pub reviewed: &'a [Reviewed],
    /// What they were compared with, in words.
    pub compared_with: &'a str,
}

pub(super) fn list(report: WaiverReport<'_>, terminal: &mut Terminal<'_>) -> io::Result<()> {
    if report.waivers.is_empty() {
        return terminal.row(0, &[text("no waivers", Paint::Plain)]);
    }
    terminal.row(0, &[text(format!("compared with {}", report.compared_with), Paint::Dim)])?;
    terminal.gap()?;
    let rows: Vec<Vec<Cell>> = report.reviewed.iter().map(|one| row(&report.waivers[one.at], one)).collect();
    let titles = ["", "rule", "resource", "owner", "until"].map(|title| text(title, Paint::Dim));
    let titles: Vec<Cell> = titles.into_iter().chain([number("failures", Paint::Dim)]).collect();
    let rows: Vec<Vec<Cell>> = [titles].into_iter().chain(rows).collect();
    terminal.rows(0, &rows)?;
    let problems: usize = report.reviewed.iter().map(|one| one.problems.len()).sum();
    terminal.gap()?;
    for one in report.reviewed {
        for problem in &one.problems {
            let waiver = name(&report.waivers[one.at]);
            let line = format!("{waiver}: {}", sentence(problem, one, report.waivers));
            terminal.row(0, &[text(line, paint(problem))])?;
        }
    }
    let summary = format!("{}, {}", counted(report.reviewed.len(), "waiver"), counted(problems, "problem"));
    terminal.row(0, &[text(summary, Paint::Bold)])
}

fn row(waiver: &Waiver, one: &Reviewed) -> Vec<Cell> {
    let (state, paint) = match one.standing {
        Standing::InForce => ("in force", Paint::Plain),
        Standing::Expired => ("expired", Paint::Red),
        Standing::TooLong(_) => ("too long", Paint::Red),
    };
    vec![
        text(state, paint),
        text(rule(waiver), Paint::Bold),
        text(resource(waiver), Paint::Plain),
        text(waiver.owner.as_str(), Paint::Plain),
        text(waiver.expires.to_string(), Paint::Plain),
        match one.failures {
            Some(failures) => number(failures as u64, Paint::Plain),
            None => text("", Paint::Plain),
        },
    ]
}

/// `aws-s3-* on site-*`, with what else limits it.
#[must_use]
pub fn name(waiver: &Waiver) -> String {
    format!("{} on {}", rule(waiver), resource(waiver))
}

fn rule(waiver: &Waiver) -> String {
    match waiver.severity {
        Some(most) => format!("{} up to {most}", waiver.rule),
        None => waiver.rule.clone(),
    }
}

fn resource(waiver: &Waiver) -> String {
    let account = waiver.account.iter().map(|account| format!(" in {account}"));
    let tags = waiver.tags.iter().map(|(name, value)| format!(" with {name}={value}"));
    std::iter::once(waiver.resource.clone()).chain(account).chain(tags).collect()
}

const fn paint(problem: &Problem) -> Paint {
    match problem {
        Problem::Expired | Problem::TooLong { .. } => Paint::Red,
        _ => Paint::Yellow,
    }
}

/// What is wrong, and what to do.
#[must_use]
pub fn sentence(problem: &Problem, one: &Reviewed, waivers: &[Waiver]) -> String {
    let waiver = &waivers[one.at];
    match problem {
        Problem::Expired => {
            let again = match one.failures {
                Some(failures) if failures > 0 => format!("; {} again", counts(failures)),
                _ => String::new(),
            };
            format!("expired on {}{again}", waiver.expires)
        }
        Problem::TooLong { days, most } => format!(
            "would hold for {days} days, and {most} is the most (waiver_policy.maximum_age): it accepts nothing; give \
             an earlier day, or the day it was granted"
        ),
        Problem::EndsSoon => match one.days_left {
            0 => format!("ends today, on {}", waiver.expires),
            1 => format!("ends tomorrow, on {}", waiver.expires),
            days => format!("ends in {days} days, on {}", waiver.expires),
        },
        Problem::NoRule => "no rule in force has that id; see plimsoll rules list".to_owned(),
        Problem::Unused => "nothing fails that it is about; take it out".to_owned(),
        Problem::Undecided(unknown) => {
            format!("nothing is known to fail that it is about, but {} unknown", are(*unknown))
        }
        Problem::Everything => "accepts every failure in every account; name an account, tags or a rule".to_owned(),
        Problem::Broad { failures, rules, resources } => format!(
            "accepts {} of {} on {}; name what is meant",
            counted(*failures, "failure"),
            counted(*rules, "rule"),
            counted(*resources, "resource")
        ),
        Problem::Covered(by) => format!("is covered by the waiver of {}; take one of them out", name(&waivers[*by])),
    }
}

fn counts(failures: usize) -> String {
    if failures == 1 { "1 failure counts".to_owned() } else { format!("{failures} failures count") }
}

fn are(evaluations: usize) -> String {
    if evaluations == 1 { "1 evaluation is".to_owned() } else { format!("{evaluations} evaluations are") }
}

pub(super) fn document(report: WaiverReport<'_>) -> Value {
    let one = |one: &Reviewed| {
        let problems = one
            .problems
            .iter()
            .map(|problem| json!({"problem": problem.name(), "message": sentence(problem, one, report.waivers)}));
        json!({
            "waiver": report.waivers[one.at],
            "state": match one.standing {
                Standing::InForce => "in_force",
                Standing::Expired => "expired",
                Standing::TooLong(_) => "too_long",
            },
            "days_left": one.days_left,
            "failures": one.failures,
            "problems": problems.collect::<Vec<_>>(),
        })
    };
    let waivers: Vec<Value> = report.reviewed.iter().map(one).collect();
    json!({"report": "waivers", "compared_with": report.compared_with, "waivers": waivers})
}
