//! YAML as it stands in the file: every node with its line and column, every key kept, also when
//! it is there twice, and every scalar as its text. `accounts: [012345678901]` must stay twelve
//! digits, so what a scalar means is decided by whoever reads it.
//!
//! Anchors and aliases are refused: they would let one line blow up to gigabytes, and a
//! configuration is easier to review without them.

use std::fmt::Write as _;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, SpannedEventReceiver};
use serde_json::Value;

/// Line and column, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Mark {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// A value and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) mark: Mark,
    pub(super) content: Content,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    /// Text; `plain` when it was written without quotes.
    Scalar { text: String, plain: bool },
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values in the order of the file.
    Mapping(Vec<(Node, Node)>),
}

/// What is wrong with the file as YAML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Malformed {
    pub(super) mark: Mark,
    pub(super) problem: String,
}

impl Node {
    /// Whether nothing was written here: `schedule:` and no more, or `~` or `null`.
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null"))
    }

    /// What stands here, in words for a message.
    pub(super) fn describe(&self) -> String {
        match &self.content {
            _ if self.is_null() => "nothing".to_owned(),
            Content::Scalar { text, .. } => format!("{text:?}"),
            Content::Sequence(_) => "a list".to_owned(),
            Content::Mapping(_) => "a mapping".to_owned(),
        }
    }
}

/// Reads one document; `None` when the file holds nothing but comments.
pub(super) fn read(text: &str) -> Result<Option<Node>, Malformed> {
    let mut builder = Builder::default();
    let mut parser = Parser::new_from_str(text);
    parser.load(&mut builder, true).map_err(|error| Malformed {
        mark: Mark { line: error.marker().line(), column: error.marker().col() + 1 },
        problem: error.info().to_owned(),
    })?;
    match builder.refused {
        Some(refused) => Err(refused),
        None => Ok(builder.root),
    }
}

/// A collection that is not finished yet.
enum Open {
    Sequence(Mark, Vec<Node>),
    Mapping(Mark, Vec<(Node, Node)>, Option<Node>),
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
    refused: Option<Malformed>,
}

impl SpannedEventReceiver<'_> for Builder {
    fn on_event(&mut self, event: Event<'_>, span: Span) {
        let mark = Mark { line: span.start.line(), column: span.start.col() + 1 };
        match event {
            Event::Scalar(text, style, ..) => {
                let plain = style == ScalarStyle::Plain;
                self.place(Node { mark, content: Content::Scalar { text: text.into_owned(), plain } });
            }
            Event::SequenceStart(..) => self.open.push(Open::Sequence(mark, Vec::new())),
            Event::MappingStart(..) => self.open.push(Open::Mapping(mark, Vec::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(_) => self.refuse(mark, "aliases (*name) are not supported; write the value out"),
            Event::DocumentStart(_) if self.root.is_some() => {
                self.refuse(mark, "a second document; the file must hold one");
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {}
        }
    }
}

impl Builder {
    fn place(&mut self, node: Node) {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::Sequence(_, items)) => items.push(node),
            Some(Open::Mapping(_, entries, key)) => match key.take() {
                None => *key = Some(node),
                Some(key) => entries.push((key, node)),
            },
        }
    }

    fn close(&mut self) {
        match self.open.pop() {
            Some(Open::Sequence(mark, items)) => self.place(Node { mark, content: Content::Sequence(items) }),
            Some(Open::Mapping(mark, entries, _)) => self.place(Node { mark, content: Content::Mapping(entries) }),
            None => {}
        }
    }

    fn refuse(&mut self, mark: Mark, problem: &str) {
        self.refused.get_or_insert(Malformed { mark, problem: problem.to_owned() });
        self.place(Node { mark, content: Content::Scalar { text: String::new(), plain: true } });
    }
}

/// A node as JSON, scalars by YAML's core schema: what [`read`] leaves open for typed values is
/// decided here for free-form ones.
pub(super) fn to_json(node: &Node) -> Value {
    match &node.content {
        Content::Scalar { text, plain: false } => Value::String(text.clone()),
        Content::Scalar { text, plain: true } => plain_to_json(text),
        Content::Sequence(items) => Value::Array(items.iter().map(to_json).collect()),
        Content::Mapping(entries) => Value::Object(
            entries
                .iter()
                .filter_map(|(key, value)| match &key.content {
                    Content::Scalar { text, .. } => Some((text.clone(), to_json(value))),
                    Content::Sequence(_) | Content::Mapping(_) => None,
                })
                .collect(),
        ),
    }
}

fn plain_to_json(text: &str) -> Value {
    match text {
        "" | "~" | "null" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        // A leading zero marks an identifier, not a number.
        _ if text.len() > 1 && text.starts_with('0') && !text.starts_with("0.") => Value::String(text.to_owned()),
        _ => match serde_json::from_str(text) {
            Ok(Value::Number(number)) => Value::Number(number),
            _ => Value::String(text.to_owned()),
        },
    }
}

/// A JSON value as YAML that [`read`] reads back to the same value.
pub(super) fn write(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::Object(fields) if !fields.is_empty() => write_block(value, 0, &mut text),
        Value::Array(items) if !items.is_empty() => write_block(value, 0, &mut text),
        _ => {
            text.push_str(&inline(value));
            text.push('\n');
        }
    }
    text
}

fn write_block(value: &Value, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let _ = write!(text, "{indent}{}:", inline(&Value::String(key.clone())));
                write_nested(value, depth, text);
            }
        }
        Value::Array(items) => {
            for item in items {
                let _ = write!(text, "{indent}-");
                write_nested(item, depth, text);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn write_nested(value: &Value, depth: usize, text: &mut String) {
    let empty = match value {
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    };
    if empty {
        let _ = writeln!(text, " {}", inline(value));
    } else {
        text.push('\n');
        write_block(value, depth + 1, text);
    }
}

/// A scalar or an empty collection. A text that could be read as something else is quoted.
fn inline(value: &Value) -> String {
    let Value::String(text) = value else { return value.to_string() };
    let plain = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_./@-".contains(&byte))
        && !matches!(text.to_ascii_lowercase().as_str(), "true" | "false" | "null" | "yes" | "no" | "on" | "off");
    if plain { text.clone() } else { value.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_keep_their_place_and_duplicates_are_kept() {
        let node = read("a: 1\nb:\n  - x\na: 2\n").unwrap().unwrap();
        let Content::Mapping(entries) = &node.content else { panic!("{node:?}") };
        let marks: Vec<(usize, usize)> = entries.iter().map(|(key, _)| (key.mark.line, key.mark.column)).collect();
        assert_eq!(marks, [(1, 1), (2, 1), (4, 1)]);
    }

    #[test]
    fn free_form_values_follow_the_core_schema_but_an_account_id_stays_text() {
        let node = read("{a: 1, b: 1.5, c: true, d: ~, e: '1', f: 012345678901, g: [x, {h: no}]}").unwrap().unwrap();
        let expected =
            json!({"a": 1, "b": 1.5, "c": true, "d": null, "e": "1", "f": "012345678901", "g": ["x", {"h": "no"}]});
        assert_eq!(to_json(&node), expected);
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        let value = json!({"a": {"b": [], "c": {}, "d": ["x y", "12", {"e": "true", "f": [[1], 2.5]}]}, "g: h": null,
            "i": "line\nbreak \"quoted\" #no comment"});
        assert_eq!(to_json(&read(&write(&value)).unwrap().unwrap()), value, "{}", write(&value));
    }

    #[test]
    fn aliases_and_second_documents_are_refused_with_their_place() {
        let alias = read("a: &x 1\nb: *x\n").unwrap_err();
        assert_eq!((alias.mark.line, alias.mark.column), (2, 4));
        assert_eq!(read("a: 1\n---\nb: 1\n").unwrap_err().mark.line, 2);
        assert_eq!(read("a: [1\n").unwrap_err().mark.line, 2);
    }
}
