//! Why the SLI moved, on a terminal and as JSON.

use std::io;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::terminal::{Paint, Terminal, counted, moment, number, resource, text};
use crate::explain::{Cause, Explanation};
use crate::model::{Finding, Resolution};

/// How many findings of a cause a terminal shows; all of them are in the JSON report.
const EACH: usize = 5;

/// Why the SLI moved between two scans.
#[derive(Debug, Clone, Serialize)]
pub struct ExplanationReport<'a> {
    /// The scan before.
    pub from: ScanPoint,
    /// The scan after.
    pub to: ScanPoint,
    /// How many scans lie between, `to` included.
    pub scans: usize,
    /// The parts.
    pub explanation: &'a Explanation,
    /// Findings opened since, with the cause where it was kept.
    pub opened: &'a [(Option<Cause>, &'a Finding)],
    /// Findings resolved since.
    pub resolved: &'a [&'a Finding],
}

/// One scan.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ScanPoint {
    /// Number.
    pub scan: i64,
    /// When its collection began.
    pub taken_at: Timestamp,
    /// Failing resources.
    pub fail: u64,
    /// Resources with a verdict.
    pub valid: u64,
}

/// The JSON form.
pub(super) fn document(report: &ExplanationReport<'_>) -> Value {
    let opened: Vec<Value> =
        report.opened.iter().map(|(cause, finding)| json!({"cause": cause, "finding": finding})).collect();
    json!({
        "report": "explain",
        "from": report.from,
        "to": report.to,
        "scans": report.scans,
        "sli": {"from": report.explanation.from, "to": report.explanation.to},
        "parts": report.explanation.parts,
        "unrecorded": report.explanation.unrecorded,
        "opened": opened,
        "resolved": report.resolved,
    })
}

/// The parts, and the findings behind them.
pub(super) fn write(report: &ExplanationReport<'_>, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let Explanation { from, to, parts, unrecorded } = report.explanation;
    let percent = |share: Option<f64>| share.map_or_else(|| "nothing valid".to_owned(), |share| percents(share, false));
    let step = from.zip(*to).map(|(from, to)| format!(", {} points", percents(to - from, true).trim_end_matches(" %")));
    terminal.row(
        0,
        &[text(format!("SLI {} -> {}{}", percent(*from), percent(*to), step.unwrap_or_default()), Paint::Bold)],
    )?;
    let point = |point: &ScanPoint| {
        format!("scan {} of {}: {} of {} fail", point.scan, moment(point.taken_at), point.fail, point.valid)
    };
    terminal.row(0, &[text(format!("{}  ->  {}", point(&report.from), point(&report.to)), Paint::Dim)])?;
    terminal.gap()?;
    let mut rows: Vec<_> = parts
        .iter()
        .map(|(cause, part)| {
            vec![
                text(cause.name(), Paint::Plain),
                number(percents(*part, true), paint(*part)),
                text(behind(report, *cause), Paint::Dim),
            ]
        })
        .collect();
    if unrecorded.abs() > 0.0 {
        let why = "scans of which no cause was kept";
        rows.push(vec![
            text("unrecorded", Paint::Plain),
            number(percents(*unrecorded, true), paint(*unrecorded)),
            text(why, Paint::Dim),
        ]);
    }
    terminal.rows(0, &rows)?;
    for cause in Cause::ALL {
        let findings: Vec<&Finding> =
            report.opened.iter().filter(|(of, _)| *of == Some(*cause)).map(|(_, finding)| *finding).collect();
        list(&format!("{} opened by {}", counted(findings.len(), "finding"), cause.name()), &findings, terminal)?;
        let findings: Vec<&Finding> =
            report.resolved.iter().filter(|finding| resolved_by(finding) == Some(*cause)).copied().collect();
        list(&format!("{} resolved by {}", counted(findings.len(), "finding"), cause.name()), &findings, terminal)?;
    }
    Ok(())
}

fn behind(report: &ExplanationReport<'_>, cause: Cause) -> String {
    let opened = report.opened.iter().filter(|(of, _)| *of == Some(cause)).count();
    let resolved = report.resolved.iter().filter(|finding| resolved_by(finding) == Some(cause)).count();
    match (opened, resolved) {
        (0, 0) => String::new(),
        (opened, 0) => format!("{opened} opened"),
        (0, resolved) => format!("{resolved} resolved"),
        (opened, resolved) => format!("{opened} opened, {resolved} resolved"),
    }
}

/// Which cause an end comes from.
const fn resolved_by(finding: &Finding) -> Option<Cause> {
    match &finding.resolved {
        Some(resolved) => Some(match resolved.how {
            Resolution::Fixed => Cause::Configuration,
            Resolution::Deleted => Cause::Inventory,
            Resolution::Waived => Cause::Waivers,
            Resolution::RuleRemoved => Cause::Rules,
        }),
        None => None,
    }
}

fn list(title: &str, findings: &[&Finding], terminal: &mut Terminal<'_>) -> io::Result<()> {
    if findings.is_empty() {
        return Ok(());
    }
    terminal.heading(title)?;
    for finding in findings.iter().take(EACH) {
        terminal.row(
            0,
            &[
                text(format!("{:<8}", finding.severity), Paint::of_severity(finding.severity)),
                text(finding.id.as_str(), Paint::Dim),
                text(finding.rule.as_str(), Paint::Bold),
                text(resource(&finding.resource), Paint::Plain),
            ],
        )?;
    }
    match findings.len().saturating_sub(EACH) {
        0 => Ok(()),
        more => terminal.row(0, &[text(format!("… and {more} more"), Paint::Dim)]),
    }
}

/// `98.125 %`; a step with its sign, `-0.250 %`. Three places, as one resource in 100,000 shows.
fn percents(share: f64, signed: bool) -> String {
    let text = format!("{:.3} %", share * 100.0);
    match (signed, text.as_str()) {
        (true, "-0.000 %" | "0.000 %") => "0.000 %".to_owned(),
        (true, _) if share > 0.0 => format!("+{text}"),
        _ => text,
    }
}

fn paint(part: f64) -> Paint {
    if part < 0.0 {
        Paint::Red
    } else if part > 0.0 {
        Paint::Green
    } else {
        Paint::Dim
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_have_a_sign_and_nothing_has_none() {
        assert_eq!(percents(0.98125, false), "98.125 %");
        assert_eq!(percents(-0.0025, true), "-0.250 %");
        assert_eq!(percents(0.0025, true), "+0.250 %");
        assert_eq!(percents(-0.000_000_1, true), "0.000 %");
    }
}
