//! The indicators on a terminal: the headline, and the estate by severity, service, account and
//! region. No share stands without its coverage and the age of the data.

use std::collections::BTreeMap;
use std::io;

use crate::model::Severity;
use crate::sli::{Assessment, Indicator, States};

use super::Window;
use super::terminal::{Cell, Paint, Terminal, counted, length, moment, number, text};

/// The four numbers every reader needs first.
pub(super) fn headline(assessment: &Assessment, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let Indicator { resources, stale, unlisted } = &assessment.overall;
    let failing = resources.fail.total();
    let paint = match resources.compliance() {
        None => Paint::Yellow,
        Some(_) if failing > 0 => Paint::BoldRed,
        Some(_) => Paint::Green,
    };
    let covered = if resources.unknown > 0 || resources.total() == 0 { Paint::Yellow } else { Paint::Green };
    let verdicts = match resources.valid() {
        0 => "no resource has a verdict".to_owned(),
        valid => format!("{failing} of {valid} resources with a verdict fail"),
    };
    let rows = vec![
        vec![
            text("Compliance", Paint::Bold),
            number(down(resources.compliance()), paint),
            text(verdicts, Paint::Plain),
        ],
        vec![
            text("Coverage", Paint::Bold),
            number(down(resources.coverage()), covered),
            text(unknown(resources, *stale, *unlisted), Paint::Plain),
        ],
        vec![
            text("Bound", Paint::Bold),
            number(up(resources.bound()), Paint::Plain),
            text("would fail if everything unknown did", Paint::Plain),
        ],
        vec![
            text("Data", Paint::Bold),
            number(length(assessment.age(terminal.now)), Paint::Plain),
            text(format!("old, collected {}", moment(assessment.taken_at)), Paint::Plain),
        ],
    ];
    terminal.rows(0, &rows)
}

fn unknown(resources: &States, stale: u64, unlisted: u64) -> String {
    let line = format!("{} of {} resources unknown", resources.unknown, resources.total());
    let mut parts = Vec::new();
    if stale > 0 {
        parts.push(format!("{stale} stale"));
    }
    if unlisted > 0 {
        parts.push(counted(usize::try_from(unlisted).unwrap_or(usize::MAX), "list") + " never read");
    }
    if parts.is_empty() { line } else { format!("{line} ({})", parts.join(", ")) }
}

/// The estate in slices. A slice that holds nothing, or is the whole, is left out.
pub(super) fn slices(assessment: &Assessment, terminal: &mut Terminal<'_>) -> io::Result<()> {
    if assessment.overall.resources.total() == 0 {
        return Ok(());
    }
    let mut rows = vec![header("resources")];
    for severity in Severity::ALL {
        if let Some(indicator) = assessment.severities.get(severity) {
            let name =
                if *severity == Severity::Critical { "critical".to_owned() } else { format!("{severity} or worse") };
            rows.push(slice(text(name, Paint::of_severity(*severity)), &indicator.resources));
        }
    }
    add(&assessment.services, &mut rows);
    if assessment.accounts.len() > 1 {
        add(&assessment.accounts, &mut rows);
    }
    if assessment.regions.len() > 1 {
        add(&assessment.regions, &mut rows);
    }
    terminal.gap()?;
    terminal.rows(0, &rows)
}

fn add<K: ToString>(slices: &BTreeMap<K, Indicator>, rows: &mut Vec<Vec<Cell>>) {
    let counted = slices.iter().filter(|(_, indicator)| indicator.resources.total() > 0);
    rows.extend(counted.map(|(name, indicator)| slice(text(name.to_string(), Paint::Plain), &indicator.resources)));
}

/// Shares of resource-time over windows.
pub(super) fn windows(windows: &[Window], terminal: &mut Terminal<'_>) -> io::Result<()> {
    if windows.is_empty() {
        return Ok(());
    }
    let mut rows = vec![
        ["resource-time", "compliance", "coverage", "bound"].iter().map(|title| number(*title, Paint::Dim)).collect(),
    ];
    for window in windows {
        let time = &window.milliseconds;
        rows.push(vec![
            number(format!("last {}", window.length), Paint::Plain),
            number(down(time.compliance()), Paint::Plain),
            number(down(time.coverage()), Paint::Plain),
            number(up(time.bound()), Paint::Plain),
        ]);
    }
    terminal.gap()?;
    terminal.rows(0, &rows)
}

fn header(first: &str) -> Vec<Cell> {
    let mut cells = vec![text(first, Paint::Dim)];
    let titles = ["fail", "unknown", "waived", "pass", "compliance", "coverage", "bound"];
    cells.extend(titles.iter().map(|title| number(*title, Paint::Dim)));
    cells
}

fn slice(name: Cell, states: &States) -> Vec<Cell> {
    let alarming = |count: u64, paint| if count > 0 { paint } else { Paint::Plain };
    vec![
        name,
        number(states.fail.total(), alarming(states.fail.total(), Paint::Red)),
        number(states.unknown, alarming(states.unknown, Paint::Yellow)),
        number(states.waived, Paint::Plain),
        number(states.pass, Paint::Plain),
        number(down(states.compliance()), Paint::Plain),
        number(down(states.coverage()), Paint::Plain),
        number(up(states.bound()), Paint::Plain),
    ]
}

/// A share that is good when high, rounded down: one failing resource in a hundred thousand is
/// never 100 %.
pub(super) fn down(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", (share * 1000.0 + 1e-9).floor() / 10.0))
}

/// A share that is good when low, rounded up: never 0 % unless it is.
fn up(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", (share * 1000.0 - 1e-9).max(0.0).ceil() / 10.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_to_the_bad_side() {
        assert_eq!(
            [down(Some(0.99999)), down(Some(1.0)), down(Some(0.57)), down(None)],
            ["99.9 %", "100.0 %", "57.0 %", "-"]
        );
        assert_eq!([up(Some(0.00001)), up(Some(0.0)), up(Some(0.25)), up(None)], ["0.1 %", "0.0 %", "25.0 %", "-"]);
    }
}
