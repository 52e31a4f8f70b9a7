//! A list of what happened, one line each: for a terminal in columns, for programs as documents.

use std::io;

use serde_json::{Value, json};

use super::terminal::{Cell, Paint, Terminal, text};

/// What happened, in the order it is given in.
#[derive(Debug, Clone)]
pub struct Log<'a> {
    /// What it is a list of; also the name of the report and of its list.
    pub name: &'static str,
    /// Titles of the columns.
    pub titles: &'a [&'static str],
    /// A row of cells for each; the last one wraps.
    pub rows: Vec<Vec<String>>,
    /// The same for programs.
    pub documents: Vec<Value>,
    /// What is said when there is nothing.
    pub empty: &'static str,
}

pub(super) fn write(log: &Log<'_>, terminal: &mut Terminal<'_>) -> io::Result<()> {
    if log.rows.is_empty() {
        return terminal.row(0, &[text(log.empty, Paint::Plain)]);
    }
    let titles: Vec<Cell> = log.titles.iter().map(|title| text(*title, Paint::Dim)).collect();
    let row = |cells: &Vec<String>| cells.iter().map(|cell| text(cell.as_str(), Paint::Plain)).collect::<Vec<Cell>>();
    let rows: Vec<Vec<Cell>> = std::iter::once(titles).chain(log.rows.iter().map(row)).collect();
    terminal.rows(0, &rows)
}

pub(super) fn document(log: &Log<'_>) -> Value {
    json!({"report": log.name, log.name: log.documents})
}
