//! The look of a terminal report: colour, columns, wrapped text.
//!
//! Colour is put on after the width is measured, so that a coloured table has the same layout as
//! a plain one. Only a cell that is last in its row wraps; the others are short words and
//! numbers.

use std::io::{self, IsTerminal, Write};

use jiff::{SignedDuration, Timestamp};

use super::foreign::visible;
use crate::model::{Direction, ResourceKey, Severity};

/// How wide and colourful a report may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Columns.
    pub width: usize,
    /// Whether colours are used.
    pub colour: bool,
}

impl Style {
    /// For a file or a pipe.
    pub const PLAIN: Self = Self { width: 120, colour: false };

    /// What standard output can show: colours only on a terminal and unless `NO_COLOR` is set to
    /// something (no-color.org), as wide as the terminal from 60 to 160 columns.
    #[must_use]
    pub fn of_stdout() -> Self {
        let width = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        Self::of(io::stdout().is_terminal(), width, std::env::var("NO_COLOR").ok().as_deref())
    }

    fn of(terminal: bool, width: Option<usize>, no_color: Option<&str>) -> Self {
        if !terminal {
            return Self::PLAIN;
        }
        Self { width: width.unwrap_or(80).clamp(60, 160), colour: no_color.is_none_or(str::is_empty) }
    }
}

/// A colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paint {
    Plain,
    Bold,
    Dim,
    Red,
    BoldRed,
    Yellow,
    Green,
    Cyan,
}

impl Paint {
    const fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Red => "31",
            Self::BoldRed => "1;31",
            Self::Yellow => "33",
            Self::Green => "32",
            Self::Cyan => "36",
        }
    }

    pub(super) const fn of_severity(severity: Severity) -> Self {
        match severity {
            Severity::Critical => Self::BoldRed,
            Severity::High => Self::Red,
            Severity::Medium => Self::Yellow,
            Severity::Low => Self::Cyan,
        }
    }

    pub(super) const fn of_direction(direction: Direction) -> Self {
        match direction {
            Direction::Widened => Self::Red,
            Direction::Narrowed => Self::Green,
            Direction::Both | Direction::Unknown => Self::Yellow,
            Direction::Neutral => Self::Dim,
        }
    }
}

/// The least room a wrapping cell is given; with less than that left, its further lines begin
/// further to the left.
const LITTLE_ROOM: usize = 20;

/// A piece of text in one colour; in a row, right-aligned when it is a number.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    text: String,
    paint: Paint,
    right: bool,
}

/// A cell with text, to the left.
pub(super) fn text(text: impl Into<String>, paint: Paint) -> Cell {
    Cell { text: text.into(), paint, right: false }
}

/// The text of a number.
pub(super) struct Number(String);

impl From<u64> for Number {
    fn from(number: u64) -> Self {
        Self(number.to_string())
    }
}

impl From<String> for Number {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Number {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// A cell with a number, to the right.
pub(super) fn number(number: impl Into<Number>, paint: Paint) -> Cell {
    Cell { text: number.into().0, paint, right: true }
}

/// A stream to write a report to.
pub(super) struct Terminal<'w> {
    out: &'w mut dyn Write,
    style: Style,
    pub(super) now: Timestamp,
}

impl<'w> Terminal<'w> {
    pub(super) fn new(out: &'w mut dyn Write, style: Style, now: Timestamp) -> Self {
        Self { out, style, now }
    }

    /// An empty line.
    pub(super) fn gap(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    /// A heading with an empty line before it.
    pub(super) fn heading(&mut self, title: &str) -> io::Result<()> {
        self.gap()?;
        self.row(0, &[text(title, Paint::Bold)])
    }

    /// One row by itself.
    pub(super) fn row(&mut self, indent: usize, cells: &[Cell]) -> io::Result<()> {
        let widths: Vec<usize> = cells.iter().map(Cell::width).collect();
        self.aligned(indent, cells, &widths)
    }

    /// Rows in columns.
    pub(super) fn rows(&mut self, indent: usize, rows: &[Vec<Cell>]) -> io::Result<()> {
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|column| rows.iter().filter_map(|row| row.get(column)).map(Cell::width).max().unwrap_or(0))
            .collect();
        rows.iter().try_for_each(|row| self.aligned(indent, row, &widths))
    }

    /// One row whose cells have the given widths, two spaces apart. The last one wraps.
    fn aligned(&mut self, indent: usize, cells: &[Cell], widths: &[usize]) -> io::Result<()> {
        let Some((last, others)) = cells.split_last() else { return Ok(()) };
        let mut line = " ".repeat(indent);
        let mut column = indent;
        for (cell, width) in others.iter().zip(widths) {
            let space = " ".repeat(width.saturating_sub(cell.width()));
            let painted = self.paint(&shown(&cell.text), cell.paint);
            line.push_str(&if cell.right { space + &painted } else { painted + &space });
            line.push_str("  ");
            column += width + 2;
        }
        if last.right {
            let width = widths.get(others.len()).copied().unwrap_or(0);
            line.push_str(&" ".repeat(width.saturating_sub(last.width())));
        }
        // Under the text, unless that begins so far right that little room would be left.
        let room = self.style.width.saturating_sub(column);
        let hanging = if room < LITTLE_ROOM { indent + 4 } else { column };
        for (index, part) in wrap(&last.text, room.max(LITTLE_ROOM)).iter().enumerate() {
            let painted = self.paint(part, last.paint);
            if index == 0 {
                writeln!(self.out, "{}", format!("{line}{painted}").trim_end())?;
            } else {
                writeln!(self.out, "{}{painted}", " ".repeat(hanging))?;
            }
        }
        Ok(())
    }

    fn paint(&self, text: &str, paint: Paint) -> String {
        if self.style.colour && paint != Paint::Plain && !text.is_empty() {
            format!("\u{1b}[{}m{text}\u{1b}[0m", paint.code())
        } else {
            text.to_owned()
        }
    }
}

impl Cell {
    fn width(&self) -> usize {
        self.text.chars().count()
    }
}

/// Breaks a text between words so that no line is longer than `width`, save for words that are.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for (index, word) in paragraph.split(' ').enumerate() {
            let word = shown(word);
            if !line.trim().is_empty() && line.chars().count() + 1 + word.chars().count() > width {
                lines.push(std::mem::take(&mut line));
            } else if index > 0 {
                line.push(' ');
            }
            line.push_str(&word);
        }
        lines.push(line);
    }
    lines
}

/// A text on one line, without what a resource's name or tag may carry to the terminal to move its
/// cursor, change its colours, or turn the text around.
fn shown(text: &str) -> String {
    visible(text).replace(['\n', '\t'], "\u{fffd}")
}

/// `1 finding`, `3 findings`.
pub(super) fn counted(count: usize, singular: &str) -> String {
    match (count, singular.strip_suffix('y')) {
        (1, _) => format!("1 {singular}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        _ => format!("{count} {singular}s"),
    }
}

/// A resource's ARN; where it does not tell account and region, as a bucket's does not, those too.
pub(super) fn resource(key: &ResourceKey) -> String {
    let id = key.id.as_str();
    if id.contains(key.account.as_str()) { id.to_owned() } else { format!("{id} ({} {})", key.account, key.region) }
}

/// `2026-11-22 13:00 UTC`.
pub(super) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// A length of time in its largest unit, rounded down: `45 s`, `4 min`, `3 h`, `2 d`.
pub(super) fn length(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_whose_user_did_not_refuse_them() {
        assert_eq!(Style::of(false, Some(80), None), Style::PLAIN);
        assert_eq!(Style::of(true, Some(80), None), Style { width: 80, colour: true });
        assert_eq!(Style::of(true, None, Some("")), Style { width: 80, colour: true });
        assert_eq!(Style::of(true, Some(400), Some("1")), Style { width: 160, colour: false });
    }

    #[test]
    fn a_text_is_wrapped_between_words_and_harmless() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("arn:aws:iam::1:role/long", 5), ["arn:aws:iam::1:role/long"]);
        assert_eq!(wrap("a\u{1b}[31mb", 20), ["a\u{fffd}[31mb"]);
        assert_eq!(shown("a\nb\u{7}\u{202e}\t"), "a\u{fffd}b\u{fffd}\u{fffd}\u{fffd}");
    }

    #[test]
    fn a_coloured_table_has_the_layout_of_a_plain_one() {
        let rows = [
            vec![text("a", Paint::Red), number(1_u64, Paint::Bold)],
            vec![text("bcd", Paint::Plain), number(22_u64, Paint::Dim)],
        ];
        let render = |colour| {
            let mut out = Vec::new();
            Terminal::new(&mut out, Style { width: 80, colour }, Timestamp::UNIX_EPOCH).rows(1, &rows).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(render(false), " a     1\n bcd  22\n");
        let plain =
            ["31", "1", "2", "0"].iter().fold(render(true), |text, code| text.replace(&format!("\u{1b}[{code}m"), ""));
        assert_eq!(plain, render(false));
    }

    #[test]
    fn counts_and_lengths_read_well() {
        assert_eq!(
            [counted(1, "policy"), counted(2, "policy"), counted(0, "gap")],
            ["1 policy", "2 policies", "0 gaps"]
        );
        let lengths = [59, 60, 7_199, 172_800].map(|seconds| length(SignedDuration::from_secs(seconds)));
        assert_eq!(lengths, ["59 s", "1 min", "1 h", "2 d"]);
    }
}
