//! Changes on a terminal: one resource after the other, what widened access first.

use std::io;

use serde_json::Value;

use crate::model::{Change, ChangeKind, Direction, FieldChange};

use super::terminal::{Paint, Terminal, resource, text};

/// All changes.
pub(super) fn list(changes: &[Change], terminal: &mut Terminal<'_>) -> io::Result<()> {
    let mut changes: Vec<&Change> = changes.iter().collect();
    changes.sort_by_key(|change| (change.direction, change.kind, &change.resource));
    changes.into_iter().try_for_each(|change| write_change(change, terminal))
}

fn write_change(change: &Change, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let paint = Paint::of_direction(change.direction);
    let kind = match change.kind {
        ChangeKind::Added => "+",
        ChangeKind::Removed => "-",
        ChangeKind::Changed => "~",
    };
    terminal.row(
        0,
        &[
            text(kind, Paint::Bold),
            text(format!("{} {:<8}", mark(change.direction), change.direction.name()), paint),
            text(format!("{} {}", change.kind.name(), resource(&change.resource)), Paint::Plain),
        ],
    )?;
    change.fields.iter().try_for_each(|field| write_field(field, terminal))?;
    change
        .breaks
        .iter()
        .try_for_each(|path| terminal.row(15, &[text(format!("breaks failover path {path}"), Paint::Red)]))
}

fn write_field(field: &FieldChange, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let (came, went) = statements(field);
    let in_words = !(field.gained.is_empty() && field.lost.is_empty() && came.is_empty() && went.is_empty());
    let values = if in_words {
        format!("{}:", field.path)
    } else {
        format!("{}: {} -> {}", field.path, value(field.old.as_ref()), value(field.new.as_ref()))
    };
    terminal.row(15, &[text(values, Paint::Dim)])?;
    for gained in &field.gained {
        terminal.row(17, &[text(format!("+ {gained}"), Paint::Red)])?;
    }
    for lost in &field.lost {
        terminal.row(17, &[text(format!("- {lost}"), Paint::Green)])?;
    }
    // Which way access moved is not said of statements: a new Deny takes away.
    for statement in came {
        terminal.row(17, &[text(format!("+ {statement}"), Paint::Plain)])?;
    }
    for statement in went {
        terminal.row(17, &[text(format!("- {statement}"), Paint::Plain)])?;
    }
    Ok(())
}

/// Of a policy that changed: the statements that came, and those that went. Nothing for what is
/// no policy.
fn statements(field: &FieldChange) -> (Vec<&Value>, Vec<&Value>) {
    let (old, new) = (statements_of(field.old.as_ref()), statements_of(field.new.as_ref()));
    let came = new.iter().filter(|statement| !old.contains(statement)).collect();
    let went = old.iter().filter(|statement| !new.contains(statement)).collect();
    (came, went)
}

fn statements_of(policy: Option<&Value>) -> &[Value] {
    let statements = policy.and_then(|policy| policy.get("Statement")).and_then(Value::as_array);
    statements.map(Vec::as_slice).unwrap_or_default()
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
