//! Reports for a terminal. For people: what is shown and how may change at any time.

use std::io;

use jiff::Timestamp;

use super::compliance::{self, Detail};
use super::terminal::{Paint, Terminal, counted, text};
use super::{
    ComplianceReport, Report, ScanOutcome, Status, Style, access, budget, change, declared, explanation, finding, gap,
    gate, indicator, life, log, objectives, rule, slo, waiver,
};

/// Writes a report as text.
///
/// # Errors
/// When the stream does not take it.
pub fn write(report: &Report<'_>, now: Timestamp, style: Style, out: &mut dyn io::Write) -> io::Result<()> {
    let terminal = &mut Terminal::new(out, style, now);
    match report {
        Report::Scan(outcome) => scan(outcome, terminal),
        Report::Status(standing) => status(standing, terminal),
        Report::Findings([]) | Report::FindingsInOrder([]) => terminal.row(0, &[text("no findings", Paint::Green)]),
        Report::Findings(findings) => finding::list(findings, &[], terminal),
        Report::FindingsInOrder(findings) => life::in_order(findings, terminal),
        Report::Finding(detail) => life::finding(detail, terminal),
        Report::History(history) => life::history(history, terminal),
        Report::Explanation(report) => explanation::write(report, terminal),
        Report::Drift(changes) => change::all(changes, terminal),
        Report::DeclaredDrift(report) => declared::write(report, terminal),
        Report::Rules(rules) => rule::list(rules, terminal),
        Report::Waivers(asked) => waiver::list(*asked, terminal),
        Report::Slo(asked) => slo::write(*asked, terminal),
        Report::Rule(one) => rule::whole(one, terminal),
        Report::Gate(outcome) => gate::outcome(outcome, terminal),
        Report::Budget(answer) => budget::write(answer, terminal),
        Report::Log(list) => log::write(list, terminal),
        Report::Access(asked) => access::write(asked, terminal),
        Report::Compliance(report) => frameworks(report, terminal),
    }
}

fn scan(outcome: &ScanOutcome<'_>, terminal: &mut Terminal<'_>) -> io::Result<()> {
    indicator::headline(outcome.assessment, terminal)?;
    indicator::slices(outcome.assessment, terminal)?;
    rule::worst(outcome.assessment, terminal)?;
    if !outcome.findings.is_empty() {
        finding::summary(outcome.findings, outcome.rules, terminal)?;
    }
    for standing in outcome.frameworks {
        terminal.gap()?;
        compliance::write(standing, Detail::Controls, terminal)?;
    }
    match outcome.changes {
        None => {}
        Some(changes) => change::since_the_scan_before(changes, terminal)?,
    }
    gap::list(outcome.gaps, terminal)?;
    notes(outcome.notes, terminal)
}

fn frameworks(report: &ComplianceReport<'_>, terminal: &mut Terminal<'_>) -> io::Result<()> {
    for (index, standing) in report.frameworks.iter().enumerate() {
        if index > 0 {
            terminal.gap()?;
        }
        compliance::write(standing, report.detail, terminal)?;
    }
    gap::list(report.gaps, terminal)?;
    notes(report.notes, terminal)
}

fn status(standing: &Status<'_>, terminal: &mut Terminal<'_>) -> io::Result<()> {
    indicator::headline(standing.assessment, terminal)?;
    indicator::windows(standing.windows, terminal)?;
    objectives::list(standing.objectives, terminal)?;
    indicator::slices(standing.assessment, terminal)?;
    rule::worst(standing.assessment, terminal)?;
    terminal.gap()?;
    terminal.row(
        0,
        &[text(
            format!("{} open", counted(usize::try_from(standing.open).unwrap_or(usize::MAX), "finding")),
            Paint::Plain,
        )],
    )?;
    gap::list(standing.gaps, terminal)?;
    notes(standing.notes, terminal)
}

fn notes(notes: &[String], terminal: &mut Terminal<'_>) -> io::Result<()> {
    if notes.is_empty() {
        return Ok(());
    }
    terminal.gap()?;
    notes.iter().try_for_each(|note| terminal.row(0, &[text("note:", Paint::Bold), text(note.as_str(), Paint::Plain)]))
}
