//! Live resources against what Terraform declares of them: what was changed outside, what is
//! missing, what is unmanaged, and what could not be compared.

use std::io;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::drift::declared::{Compared, DeclaredDrift, Standing};
use crate::model::{Change, Direction};

use super::change;
use super::terminal::{Paint, Terminal, counted, moment, resource, text};

/// Where the text below a resource begins.
const INDENT: usize = 15;

/// How live resources stand to what is declared.
#[derive(Debug, Clone, Copy)]
pub struct DeclaredReport<'a> {
    /// The comparison.
    pub drift: &'a DeclaredDrift,
    /// What is told of it one by one; everything is counted.
    pub told: &'a [Standing],
    /// `state` or `plan`.
    pub declared_by: &'a str,
    /// When the live resources were read.
    pub taken_at: Timestamp,
}

impl<'a> DeclaredReport<'a> {
    fn told(&self, standing: Standing) -> Vec<&'a Compared> {
        let mut all: Vec<&Compared> =
            if self.told.contains(&standing) { self.drift.with(standing).collect() } else { Vec::new() };
        all.sort_by_key(|compared| (urgency(compared), &compared.resource, &compared.address));
        all
    }

    /// Resources that are written otherwise than declared and mean the same.
    fn rewritten(&self) -> impl Iterator<Item = &'a Compared> {
        let same = self.drift.compared.iter().filter(|compared| !compared.standing.is_drift());
        same.filter(|compared| compared.change.is_some())
    }
}

fn urgency(compared: &Compared) -> u8 {
    compared.change.as_ref().map_or(u8::MAX, |told| change::urgency(told.direction))
}

/// The comparison as JSON, without `format` and `at`.
pub(super) fn document(report: &DeclaredReport<'_>) -> Value {
    let count = |standing: &Standing| report.drift.with(*standing).count();
    let counts = Standing::ALL.iter().map(|standing| (standing.name().to_owned(), count(standing).into()));
    let listed = |standing: Standing| report.told(standing);
    json!({
        "report": "declared_drift",
        "declared_by": report.declared_by,
        "taken_at": report.taken_at,
        "declared": report.drift.declared(),
        "counts": Value::Object(counts.collect()),
        "made_by_aws": report.drift.made_by_aws,
        "changed": listed(Standing::Changed),
        "missing": listed(Standing::Missing),
        "unmanaged": listed(Standing::Unmanaged),
        "not_comparable": listed(Standing::NotComparable),
        "rewritten": report.rewritten().collect::<Vec<_>>(),
        "beyond": beyond(report),
        "notes": report.drift.notes,
    })
}

/// Resources that are as declared, and hold more than Terraform manages of them.
fn beyond<'a>(report: &DeclaredReport<'a>) -> Vec<&'a Compared> {
    report.drift.with(Standing::Same).filter(|compared| !compared.beyond.is_empty()).collect()
}

/// The comparison for people.
pub(super) fn write(report: &DeclaredReport<'_>, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let mut first = true;
    for (standing, title) in [
        (Standing::Changed, "Changed outside Terraform"),
        (Standing::Missing, "Declared and missing"),
        (Standing::Unmanaged, "Unmanaged: live and not declared"),
        (Standing::NotComparable, "Not comparable"),
    ] {
        let all = report.told(standing);
        if all.is_empty() {
            continue;
        }
        if !std::mem::take(&mut first) {
            terminal.gap()?;
        }
        terminal.row(0, &[text(format!("{title} ({})", all.len()), Paint::Bold)])?;
        all.into_iter().try_for_each(|compared| write_compared(compared, terminal))?;
    }
    let more = beyond(report);
    if !more.is_empty() {
        if !std::mem::take(&mut first) {
            terminal.gap()?;
        }
        terminal.row(0, &[text("As declared, with more than Terraform manages of it", Paint::Bold)])?;
        more.into_iter().try_for_each(|compared| write_compared(compared, terminal))?;
    }
    if !first {
        terminal.gap()?;
    }
    summary(report, terminal)?;
    let rewritten: Vec<&Change> = report.rewritten().filter_map(|compared| compared.change.as_ref()).collect();
    change::same(&rewritten, terminal)?;
    if !report.drift.notes.is_empty() {
        terminal.gap()?;
    }
    let notes = report.drift.notes.iter();
    notes.map(|note| [text("note:", Paint::Bold), text(note, Paint::Plain)]).try_for_each(|row| terminal.row(0, &row))
}

fn write_compared(compared: &Compared, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let told = compared.change.as_ref().filter(|_| compared.standing.is_drift());
    let dim = |words: String| text(words, Paint::Dim);
    match (told, compared.standing) {
        (Some(told), _) => change::write_head(told, terminal)?,
        (None, Standing::Missing) => {
            terminal.row(0, &[text("-", Paint::Bold), text(resource(&compared.resource), Paint::Plain)])?;
        }
        (None, Standing::Same) => terminal.row(2, &[text(resource(&compared.resource), Paint::Plain)])?,
        (None, _) => terminal.row(0, &[text("?", Paint::Yellow), text(resource(&compared.resource), Paint::Plain)])?,
    }
    if let Some(address) = &compared.address {
        // What does not exist yet has no ARN that would tell its name.
        let planned = compared.resource.id.as_str().starts_with("terraform:");
        let name = if planned { format!(", named {}", compared.name) } else { String::new() };
        terminal.row(INDENT, &[dim(format!("declared as {address}{name}"))])?;
    }
    if let Some(told) = told {
        change::write_body(told, terminal)?;
    }
    if let Some(reason) = &compared.reason {
        terminal.row(INDENT, &[text(reason, Paint::Plain)])?;
    }
    for note in &compared.not_compared {
        terminal.row(INDENT, &[dim(format!("{}: not compared ({})", note.path, note.note))])?;
    }
    for note in &compared.beyond {
        terminal.row(INDENT, &[dim(format!("{}: beside what is declared, {}", note.path, note.note))])?;
    }
    Ok(())
}

/// `12 declared resources against the scan of …: 9 as declared, 2 changed, 1 missing; 4 unmanaged`.
fn summary(report: &DeclaredReport<'_>, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let drift = report.drift;
    let count = |standing| drift.with(standing).count();
    let parts: Vec<String> = [
        (Standing::Same, "as declared"),
        (Standing::Changed, "changed outside"),
        (Standing::Missing, "missing"),
        (Standing::NotComparable, "not comparable"),
    ]
    .into_iter()
    .filter(|(standing, _)| count(*standing) > 0)
    .map(|(standing, words)| format!("{} {words}", count(standing)))
    .collect();
    let declared = counted(drift.declared(), "declared resource");
    let parts = if parts.is_empty() { "nothing to compare".to_owned() } else { parts.join(", ") };
    let line = format!("{declared} of the {} against {}: {parts}", report.declared_by, moment(report.taken_at));
    terminal.row(0, &[text(line, Paint::Bold)])?;
    let beside =
        format!("{} live and unmanaged; {} made by AWS left out", count(Standing::Unmanaged), drift.made_by_aws);
    terminal.row(0, &[text(beside, Paint::Plain)])?;
    let widened = |compared: &&Compared| {
        let told = compared.change.as_ref();
        compared.standing.is_drift()
            && told.is_some_and(|told| matches!(told.direction, Direction::Widened | Direction::Both))
    };
    let told = report.told.iter().flat_map(|standing| drift.with(*standing));
    match told.filter(widened).count() {
        _ if drift.is_empty() => terminal.row(0, &[text("nothing that is declared could be compared", Paint::Yellow)]),
        0 if drift.compared.iter().all(|compared| compared.standing == Standing::Same) => {
            terminal.row(0, &[text("no drift", Paint::Green)])
        }
        0 => Ok(()),
        some => terminal.row(0, &[text(format!("{some} of what is told here widened access"), Paint::Red)]),
    }
}
