//! Bounds on the text of a Rego file, which hold before the parser may see it.
//!
//! The parser takes exponential time on nested brackets and calls itself for each operator of an
//! expression, so both are counted on the text.

use super::fault::Fault;
use super::guard::Role;

const MAX_BYTES: usize = 64 * 1024;
/// The engine's own limit on the length of a line.
const MAX_COLUMNS: usize = 1024;
const MAX_NESTING: usize = 8;
/// Test files hold documents.
const MAX_NESTING_TEST: usize = 12;

const MAX_CHAIN: usize = 100;

/// Checks the bounds that hold before the parser may see the text.
pub(super) fn text(file: &str, role: Role, text: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    if text.len() > MAX_BYTES {
        faults.push(Fault::new(
            file,
            0,
            format!("the file has {} bytes; at most {MAX_BYTES} are read", text.len()),
            "split the rule, or move shared parts into rules/lib",
        ));
    }
    if let Some((line, _)) = (1u32..).zip(text.lines()).find(|(_, line)| line.chars().count() > MAX_COLUMNS) {
        faults.push(Fault::new(file, line, format!("the line has more than {MAX_COLUMNS} characters"), "break it"));
    }
    let most = if role == Role::Test { MAX_NESTING_TEST } else { MAX_NESTING };
    if let Some(line) = nested_deeper_than(most, text) {
        faults.push(Fault::new(
            file,
            line,
            format!("brackets are nested deeper than {most}"),
            "give the inner part a name of its own",
        ));
    }
    if let Some(line) = chained_longer_than(MAX_CHAIN, text) {
        faults.push(Fault::new(
            file,
            line,
            format!("an expression has more than {MAX_CHAIN} operators"),
            "give a part of it a name of its own",
        ));
    }
    faults
}

/// The first line where more brackets are open than allowed.
fn nested_deeper_than(most: usize, text: &str) -> Option<u32> {
    let mut open = 0usize;
    for (line, token) in Tokens::new(text) {
        match token {
            Token::Symbol('[' | '{' | '(') => open += 1,
            Token::Symbol(']' | '}' | ')') => open = open.saturating_sub(1),
            Token::Symbol(_) | Token::Word(_) | Token::Text => {}
        }
        if open > most {
            return Some(line);
        }
    }
    None
}

/// The first line where an expression has more operators, dots and indices than allowed: each
/// nests the syntax tree one deeper. An expression goes on over a line break that has one of them
/// on either side.
fn chained_longer_than(most: usize, text: &str) -> Option<u32> {
    let mut length = 0usize;
    let mut last: Option<(u32, Token<'_>)> = None;
    for (line, token) in Tokens::new(text) {
        let links = token.links(last.map(|(_, last)| last));
        if let Some((last_line, last)) = last
            && last_line != line
            && !(links || last.links(None) || last == Token::Symbol('[') || token == Token::Symbol(']'))
        {
            length = 0;
        }
        length += usize::from(links);
        if length > most {
            return Some(line);
        }
        last = Some((line, token));
    }
    None
}

/// What the bounds need to know of a text; white space and comments are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'t> {
    Word(&'t str),
    /// A string.
    Text,
    Symbol(char),
}

impl Token<'_> {
    /// Whether it makes the expression before it longer.
    fn links(self, before: Option<Self>) -> bool {
        match self {
            Token::Symbol('[') => {
                matches!(before, Some(Token::Word(_) | Token::Text | Token::Symbol(']' | ')' | '}')))
            }
            Token::Symbol(symbol) => "+-*/%&|<>=!.:".contains(symbol),
            Token::Word(word) => word == "in",
            Token::Text => false,
        }
    }
}

/// Tokens with their lines.
struct Tokens<'t> {
    rest: &'t str,
    line: u32,
}

impl<'t> Tokens<'t> {
    const fn new(text: &'t str) -> Self {
        Self { rest: text, line: 1 }
    }

    /// Takes so many bytes, counting their lines.
    fn take(&mut self, bytes: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.line += u32::try_from(taken.matches('\n').count()).unwrap_or(0);
        self.rest = rest;
        taken
    }
}

impl<'t> Iterator for Tokens<'t> {
    type Item = (u32, Token<'t>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let blank = self.rest.len() - self.rest.trim_start().len();
            self.take(blank);
            if !self.rest.starts_with('#') {
                break;
            }
            self.take(self.rest.find('\n').unwrap_or(self.rest.len()));
        }
        let line = self.line;
        let first = self.rest.chars().next()?;
        let word = self.rest.find(|character: char| !character.is_alphanumeric() && character != '_');
        let token = match first {
            '"' => {
                self.take(string_length(self.rest));
                Token::Text
            }
            '`' => {
                self.take(self.rest[1..].find('`').map_or(self.rest.len(), |end| end + 2));
                Token::Text
            }
            _ if word != Some(0) => Token::Word(self.take(word.unwrap_or(self.rest.len()))),
            symbol => {
                self.take(symbol.len_utf8());
                Token::Symbol(symbol)
            }
        };
        Some((line, token))
    }
}

/// Bytes of the string that a text begins with, quotes included; an open one ends with its line.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            b'\n' => return at,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_strings_and_comments_do_not_nest() {
        assert_eq!(nested_deeper_than(1, "a := [\"[[[\\\"[\", `[[`] # [[[\n"), None);
        assert_eq!(nested_deeper_than(2, "a := [\n[\n[1]]]"), Some(3));
        assert_eq!(nested_deeper_than(2, "# one\na := [[[1]]]"), Some(2));
    }

    #[test]
    fn a_chain_goes_on_over_lines_and_ends_with_its_expression() {
        let chain = |links: usize, break_at: &str| format!("x := 1{}", format!("{break_at}+ 1").repeat(links));
        assert_eq!(chained_longer_than(6, &chain(4, "\n")), None);
        assert_eq!(chained_longer_than(6, &chain(5, "\n")), Some(6));
        assert_eq!(chained_longer_than(6, &chain(5, " ")), Some(1));
        assert_eq!(chained_longer_than(3, "x := a.b\ny := c.d\n"), None);
        assert_eq!(chained_longer_than(3, "x := a[\n0\n][\n0\n]"), Some(3));
        assert_eq!(chained_longer_than(3, "[\n[1],\n[2],\n[3],\n[4],\n]"), None);
        assert_eq!(chained_longer_than(3, "x := 1 in 2 in 3"), Some(1));
        assert_eq!(chained_longer_than(1, "# a.b.c.d\n\"a.b.c.d\" `a.b.c`"), None);
    }
}
