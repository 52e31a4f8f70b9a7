//! Changes on a terminal: one resource after the other, what widened access first, and at the
//! end what was only written otherwise.

use std::io;

use serde_json::Value;

use crate::model::{Change, ChangeEvent, ChangeKind, Direction, FieldChange};

use super::terminal::{Paint, Terminal, counted, moment, resource, text};

/// How many lines of one kind are shown of one attribute: all of them are in the JSON report.
const MOST_LINES: usize = 8;

/// All changes, and their numbers.
pub(super) fn all(changes: &[Change], terminal: &mut Terminal<'_>) -> io::Result<()> {
    let (drift, rewritten) = parted(changes);
    if drift.is_empty() {
        terminal.row(0, &[text("no drift", Paint::Green)])?;
    } else {
        drift.iter().try_for_each(|change| write_change(change, terminal))?;
        terminal.gap()?;
        terminal.row(0, &[text(numbers(&drift), Paint::Bold)])?;
    }
    same(&rewritten, terminal)
}

/// All changes under a heading.
pub(super) fn since_the_scan_before(changes: &[Change], terminal: &mut Terminal<'_>) -> io::Result<()> {
    let (drift, rewritten) = parted(changes);
    if drift.is_empty() {
        terminal.heading("No drift since the scan before")?;
    } else {
        terminal.heading(&format!("{} since the scan before", numbers(&drift)))?;
        drift.iter().try_for_each(|change| write_change(change, terminal))?;
    }
    same(&rewritten, terminal)
}

/// What is not as it was, what widened access first; and what is only written otherwise.
fn parted(changes: &[Change]) -> (Vec<&Change>, Vec<&Change>) {
    let mut changes: Vec<&Change> = changes.iter().collect();
    changes.sort_by_key(|change| (urgency(change.direction), change.kind, &change.resource));
    changes.into_iter().partition(|change| change.is_drift())
}

/// What may have widened access comes before what surely did not.
pub(super) const fn urgency(direction: Direction) -> u8 {
    match direction {
        Direction::Widened => 0,
        Direction::Both => 1,
        Direction::Unknown => 2,
        Direction::Narrowed => 3,
        Direction::Neutral => 4,
    }
}

/// `3 changes: 2 widened, 1 unknown`.
fn numbers(changes: &[&Change]) -> String {
    let by_direction = Direction::ALL.iter().filter_map(|direction| {
        let number = changes.iter().filter(|change| change.direction == *direction).count();
        (number > 0).then(|| format!("{number} {}", direction.name()))
    });
    format!("{}: {}", counted(changes.len(), "change"), by_direction.collect::<Vec<_>>().join(", "))
}

/// The resources that are written otherwise and mean the same.
pub(super) fn same(changes: &[&Change], terminal: &mut Terminal<'_>) -> io::Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    terminal.gap()?;
    let title = format!("{} written otherwise, with the same meaning:", counted(changes.len(), "resource"));
    terminal.row(0, &[text(title, Paint::Dim)])?;
    changes.iter().try_for_each(|change| {
        let places: Vec<&str> = change.fields.iter().map(|field| field.path.as_str()).collect();
        let line = format!("{}: {}", resource(&change.resource), places.join(", "));
        terminal.row(0, &[text("=", Paint::Dim), text(line, Paint::Dim)])
    })
}

fn write_change(change: &Change, terminal: &mut Terminal<'_>) -> io::Result<()> {
    write_head(change, terminal)?;
    write_body(change, terminal)
}

/// The line that says what happened to which resource.
pub(super) fn write_head(change: &Change, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let paint = Paint::of_direction(change.direction);
    let kind = match change.kind {
        ChangeKind::Added => "+",
        ChangeKind::Removed => "-",
        ChangeKind::Changed => "~",
        ChangeKind::Rewritten => "=",
    };
    terminal.row(
        0,
        &[
            text(kind, Paint::Bold),
            text(format!("{} {:<8}", mark(change.direction), change.direction.name()), paint),
            text(format!("{} {}", change.kind.name(), resource(&change.resource)), Paint::Plain),
        ],
    )
}

/// What is to be said about it.
pub(super) fn write_body(change: &Change, terminal: &mut Terminal<'_>) -> io::Result<()> {
    change.fields.iter().try_for_each(|field| write_field(field, terminal))?;
    if let Some(event) = &change.by {
        terminal.row(15, &[text(called(event), Paint::Plain)])?;
    }
    let consequences = change.consequences.iter();
    consequences.map(|words| text(words, Paint::Bold)).try_for_each(|words| terminal.row(15, &[words]))?;
    change
        .breaks
        .iter()
        .try_for_each(|path| terminal.row(15, &[text(format!("breaks failover path {path}"), Paint::Red)]))
}

/// `PutBucketPolicy by arn:aws:iam::111122223333:user/ada at 2026-11-22 12:04`.
pub(super) fn called(event: &ChangeEvent) -> String {
    format!("{} by {} at {}", event.name, event.who, moment(event.at))
}

fn write_field(field: &FieldChange, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let (came, went) = elements(field);
    let by_element = !(came.is_empty() && went.is_empty());
    let in_words = !(field.gained.is_empty() && field.lost.is_empty()) && is_long(field);
    let values = if field.same_meaning {
        format!("{}: written otherwise, with the same meaning", field.path)
    } else if by_element || in_words || (field.old.is_none() && field.new.is_none()) {
        format!("{}:", field.path)
    } else {
        format!("{}: {} -> {}", field.path, value(field.old.as_ref()), value(field.new.as_ref()))
    };
    terminal.row(15, &[text(values, Paint::Dim)])?;
    if field.same_meaning {
        return Ok(());
    }
    // Which way access moved is not said of elements: a new Deny takes away.
    lines("+", &came, Paint::Plain, terminal)?;
    lines("-", &went, Paint::Plain, terminal)?;
    lines("gained", &field.gained, Paint::Red, terminal)?;
    if let Some(witness) = &field.gained_witness {
        terminal.row(17, &[text("proof ", Paint::Dim), text(witness.sentence(true), Paint::Plain)])?;
    }
    lines("lost", &field.lost, Paint::Green, terminal)?;
    if let Some(witness) = &field.lost_witness {
        terminal.row(17, &[text("proof ", Paint::Dim), text(witness.sentence(false), Paint::Plain)])?;
    }
    match &field.reason {
        Some(reason) => terminal.row(17, &[text("note  ", Paint::Dim), text(reason, Paint::Plain)]),
        None => Ok(()),
    }
}

/// Lines that begin with the same word, as many as are shown.
fn lines(word: &str, lines: &[String], paint: Paint, terminal: &mut Terminal<'_>) -> io::Result<()> {
    for line in lines.iter().take(MOST_LINES) {
        terminal.row(17, &[text(format!("{word:<6}"), paint), text(line, paint)])?;
    }
    match lines.len().saturating_sub(MOST_LINES) {
        0 => Ok(()),
        more => terminal.row(17, &[text(format!("{word:<6}"), paint), text(format!("and {more} more"), paint)]),
    }
}

/// Whether a value is too long to be shown beside its words.
fn is_long(field: &FieldChange) -> bool {
    let long = |value: &Option<Value>| matches!(value, Some(Value::Array(_) | Value::Object(_)));
    long(&field.old) || long(&field.new)
}

/// The elements that came, and those that went: statements of a policy whose meaning is not
/// known, names of attached policies and groups. Nothing where the words say it all.
fn elements(field: &FieldChange) -> (Vec<String>, Vec<String>) {
    let told = !(field.gained.is_empty() && field.lost.is_empty());
    let (old, new) = (elements_of(field.old.as_ref()), elements_of(field.new.as_ref()));
    let names = old.iter().chain(new).all(Value::is_string);
    if told && !names {
        return (Vec::new(), Vec::new());
    }
    let beyond = |these: &[Value], those: &[Value]| {
        let beyond = these.iter().filter(|one| !those.contains(one));
        beyond.map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned)).collect()
    };
    (beyond(new, old), beyond(old, new))
}

fn elements_of(value: Option<&Value>) -> &[Value] {
    let elements = value.and_then(|value| value.as_array().or_else(|| value.get("Statement")?.as_array()));
    elements.map(Vec::as_slice).unwrap_or_default()
}

/// Which way access moved, at a glance.
const fn mark(direction: Direction) -> char {
    match direction {
        Direction::Widened => '▲',
        Direction::Narrowed => '▼',
        Direction::Both => '◆',
        Direction::Neutral => '·',
        Direction::Unknown => '?',
    }
}

/// A value, cut when it is long: the whole of it is in the JSON report.
fn value(value: Option<&Value>) -> String {
    const LONGEST: usize = 60;
    let text = value.map_or_else(|| "nothing".to_owned(), Value::to_string);
    if text.chars().count() <= LONGEST { text } else { text.chars().take(LONGEST).chain(['…']).collect() }
}
