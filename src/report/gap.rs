//! Gaps on a terminal: by what went wrong, with what would mend it.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use crate::model::{Gap, GapReason};

use super::terminal::{Paint, Terminal, counted, text};

/// All gaps of one cause in one place are one line.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Cause<'a> {
    reason: GapReason,
    operation: &'a str,
    account: &'a str,
    region: &'a str,
}

/// What could not be read.
pub(super) fn list(gaps: &[Gap], terminal: &mut Terminal<'_>) -> io::Result<()> {
    if gaps.is_empty() {
        return Ok(());
    }
    let not_asked = |gap: &&Gap| gap.reason == GapReason::NotCollected && gap.unlisted.is_empty();
    let (left_out, missing): (Vec<&Gap>, Vec<&Gap>) = gaps.iter().partition(not_asked);
    let mut causes: BTreeMap<Cause<'_>, Vec<&Gap>> = BTreeMap::new();
    for gap in &missing {
        let cause = Cause {
            reason: gap.reason,
            operation: &gap.operation,
            account: gap.account.as_str(),
            region: gap.region.as_str(),
        };
        causes.entry(cause).or_default().push(gap);
    }
    if !missing.is_empty() {
        terminal.heading(&counted(missing.len(), "gap"))?;
    }
    let rows: Vec<_> = causes
        .iter()
        .map(|(cause, gaps)| {
            vec![
                text(cause.reason.name(), Paint::Yellow),
                text(cause.operation, Paint::Plain),
                text(cause.account, Paint::Plain),
                text(cause.region, Paint::Plain),
                text(consequence(gaps), Paint::Dim),
            ]
        })
        .collect();
    terminal.rows(0, &rows)?;
    permissions(gaps, terminal)?;
    not_asked_for(&left_out, terminal)
}

/// Details that no rule in force reads are one line: nothing went wrong.
fn not_asked_for(gaps: &[&Gap], terminal: &mut Terminal<'_>) -> io::Result<()> {
    let operations: BTreeSet<&str> = gaps.iter().map(|gap| gap.operation.as_str()).collect();
    if operations.is_empty() {
        return Ok(());
    }
    let operations = operations.into_iter().collect::<Vec<_>>().join(", ");
    let line = format!("not asked for, because no rule in force reads it (collect.depth: full asks): {operations}");
    terminal.gap()?;
    terminal.row(0, &[text(line, Paint::Dim)])
}

/// What is unknown because of these gaps.
fn consequence(gaps: &[&Gap]) -> String {
    let types: BTreeSet<&str> = gaps.iter().flat_map(|gap| &gap.unlisted).map(|unlisted| unlisted.name()).collect();
    let resources: BTreeSet<&str> =
        gaps.iter().filter_map(|gap| gap.resource.as_ref()).map(crate::model::ResourceId::as_str).collect();
    let mut parts = Vec::new();
    if !types.is_empty() {
        parts.push(format!("no list of {}", types.into_iter().collect::<Vec<_>>().join(", ")));
    }
    match resources.len() {
        0 => {}
        1 => parts.extend(resources.into_iter().map(str::to_owned)),
        count => parts.push(counted(count, "resource")),
    }
    parts.join("; ")
}

fn permissions(gaps: &[Gap], terminal: &mut Terminal<'_>) -> io::Result<()> {
    let denied = gaps.iter().filter(|gap| gap.reason == GapReason::Denied);
    let missing: BTreeSet<&str> = denied.filter_map(|gap| gap.permission.as_deref()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.into_iter().collect::<Vec<_>>().join(", ");
    terminal.row(0, &[text("help:", Paint::Bold), text(format!("allow the scanner {list}"), Paint::Plain)])
}
