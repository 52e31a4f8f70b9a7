//! YAML as people write it: block style, long expressions in literal blocks, comments where
//! something was left out.

use std::fmt::Write;

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Yaml {
    /// Keys and values, in this order.
    Map(Vec<(String, Self)>),
    /// Items; a [`Yaml::Remark`] among them is a comment.
    List(Vec<Self>),
    /// Text, quoted where it has to be.
    Text(String),
    /// A number or a truth value.
    Bare(String),
    /// Text of several lines.
    Block(String),
    /// A comment.
    Remark(String),
}

impl Yaml {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn bare(value: &impl ToString) -> Self {
        Self::Bare(value.to_string())
    }

    pub(super) fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::List(items.into_iter().collect())
    }

    pub(super) fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// Keys with texts.
    pub(super) fn texts<K: Into<String>, V: Into<String>>(entries: impl IntoIterator<Item = (K, V)>) -> Self {
        Self::map(entries.into_iter().map(|(key, value)| (key, Self::text(value))))
    }

    /// An expression: a block when it has several lines.
    pub(super) fn expression(text: &str) -> Self {
        if text.contains('\n') { Self::Block(text.to_owned()) } else { Self::text(text) }
    }

    fn is_scalar(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Bare(_))
            || matches!(self, Self::Map(entries) if entries.is_empty())
            || matches!(self, Self::List(items) if items.is_empty())
    }

    fn scalar(&self) -> String {
        match self {
            Self::Text(text) => quoted(text),
            Self::Bare(value) => value.clone(),
            Self::Map(_) => "{}".to_owned(),
            Self::List(_) | Self::Block(_) | Self::Remark(_) => "[]".to_owned(),
        }
    }
}

/// A document below a comment.
pub(super) fn document(remark: &str, value: &Yaml) -> String {
    let mut text = String::new();
    comment(remark, 0, &mut text);
    write(value, 0, &mut text);
    text
}

fn write(value: &Yaml, indent: usize, out: &mut String) {
    match value {
        Yaml::Map(entries) => entries.iter().for_each(|(key, value)| entry(key, value, indent, out)),
        Yaml::List(items) => items.iter().for_each(|value| item(value, indent, out)),
        Yaml::Remark(remark) => comment(remark, indent, out),
        Yaml::Text(_) | Yaml::Bare(_) | Yaml::Block(_) => {
            let _ = writeln!(out, "{:indent$}{}", "", value.scalar());
        }
    }
}

fn entry(key: &str, value: &Yaml, indent: usize, out: &mut String) {
    let _ = write!(out, "{:indent$}{}:", "", quoted(key));
    match value {
        _ if value.is_scalar() => {
            let _ = writeln!(out, " {}", value.scalar());
        }
        Yaml::Block(text) => {
            out.push_str(" |\n");
            for line in text.lines() {
                let _ = writeln!(out, "{:1$}{line}", "", indent + 2);
            }
        }
        _ => {
            out.push('\n');
            write(value, indent + 2, out);
        }
    }
}

fn item(value: &Yaml, indent: usize, out: &mut String) {
    if let Yaml::Remark(remark) = value {
        comment(remark, indent, out);
        return;
    }
    if value.is_scalar() {
        let _ = writeln!(out, "{:indent$}- {}", "", value.scalar());
        return;
    }
    let mut nested = String::new();
    write(value, indent + 2, &mut nested);
    let _ = write!(out, "{:indent$}- {}", "", nested.trim_start());
}

fn comment(remark: &str, indent: usize, out: &mut String) {
    for line in remark.lines() {
        let _ = writeln!(out, "{:indent$}{}", "", format!("# {line}").trim_end());
    }
}

/// Plain where nothing could be misread, else in single quotes.
fn quoted(text: &str) -> String {
    let safe = |letter: char| letter.is_ascii_alphanumeric() || "_-./: ".contains(letter);
    let word = text.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_');
    let duration = text.ends_with(['s', 'm', 'h', 'd']) && text[..text.len() - 1].chars().all(|c| c.is_ascii_digit());
    let reserved = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let plain = text.chars().all(safe)
        && !text.contains(": ")
        && !text.ends_with([':', ' '])
        && !reserved.contains(&text.to_ascii_lowercase().as_str());
    if plain && (word || (duration && text.len() > 1)) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_misread_is_quoted() {
        for plain in ["page", "5m", "plimsoll:slo_burn:ratio", "a b"] {
            assert_eq!(quoted(plain), plain);
        }
        for misread in ["99.5", "on", "", "a: b", "{{ $value }}", "it's", "a:", "12"] {
            assert!(quoted(misread).starts_with('\''), "{misread}");
        }
        assert_eq!(quoted("it's"), "'it''s'");
    }

    #[test]
    fn lists_of_maps_blocks_and_remarks_stand_in_block_style() {
        let value = Yaml::map([(
            "rules",
            Yaml::list([
                Yaml::map([("expr", Yaml::expression("a\n+ b")), ("labels", Yaml::texts([("slo", "x")]))]),
                Yaml::Remark("left out".to_owned()),
                Yaml::text("c"),
            ]),
        )]);
        let expected =
            "# head\nrules:\n  - expr: |\n      a\n      + b\n    labels:\n      slo: x\n  # left out\n  - c\n";
        assert_eq!(document("head", &value), expected);
    }
}
