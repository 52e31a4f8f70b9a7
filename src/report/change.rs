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
    change.fields.iter().try_for_each(|field| write_field(field, terminal))
}

fn write_field(field: &FieldChange, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let values = if field.gained.is_empty() && field.lost.is_empty() {
        format!("{}: {} -> {}", field.path, value(field.old.as_ref()), value(field.new.as_ref()))
    } else {
        format!("{}:", field.path)
    };
    terminal.row(15, &[text(values, Paint::Dim)])?;
    for gained in &field.gained {
        terminal.row(17, &[text(format!("+ {gained}"), Paint::Red)])?;
    }
    for lost in &field.lost {
        terminal.row(17, &[text(format!("- {lost}"), Paint::Green)])?;
    }
    Ok(())
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
