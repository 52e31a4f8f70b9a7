//! Patterns as lists of tokens, so that those of actions, resources, ARNs and texts are one thing
//! to compare: what a wildcard may take is written in the token.
//!
//! Says how two patterns stand to each other: one covers the other, they have nothing in common,
//! or they overlap in part, which only the joint automaton can sort out.

/// One token of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Token {
    /// A letter that stands for itself.
    Is(char),
    /// A letter in either case.
    Fold(char),
    /// `?`.
    One,
    /// `?` in a part that ends at a colon.
    OneInPart,
    /// A decimal digit, in the shapes of account ids.
    Digit,
    /// `*`.
    Many,
    /// `*` in a part that ends at a colon.
    ManyInPart,
}

impl Token {
    pub(super) const fn is_many(self) -> bool {
        matches!(self, Self::Many | Self::ManyInPart)
    }

    /// Whether the token takes this letter (as one of several, for a star).
    pub(super) fn takes(self, letter: char) -> bool {
        match self {
            Self::Is(own) => own == letter,
            Self::Fold(own) => own == letter || own.eq_ignore_ascii_case(&letter),
            // A letter that stands for the value of a policy variable is any text, not one letter.
            Self::One => !is_variable(letter),
            Self::OneInPart => letter != ':' && !is_variable(letter),
            Self::Digit => letter.is_ascii_digit(),
            Self::Many => true,
            Self::ManyInPart => letter != ':',
        }
    }

    /// Whether every letter (or run of letters) of the other is one of this.
    fn covers(self, other: Self) -> bool {
        match other {
            Self::Is(letter) => self.takes(letter),
            Self::Fold(letter) => self.takes(letter.to_ascii_lowercase()) && self.takes(letter.to_ascii_uppercase()),
            Self::Digit => matches!(self, Self::Digit | Self::One | Self::OneInPart | Self::Many | Self::ManyInPart),
            Self::OneInPart => matches!(self, Self::One | Self::OneInPart | Self::Many | Self::ManyInPart),
            Self::One => matches!(self, Self::One | Self::Many),
            Self::ManyInPart => self.is_many(),
            Self::Many => self == Self::Many,
        }
    }

    /// Whether some letter is one of both.
    fn meets(self, other: Self) -> bool {
        match (self, other) {
            (Self::Is(letter), token) | (token, Self::Is(letter)) => token.takes(letter),
            (Self::Fold(letter), token) | (token, Self::Fold(letter)) => {
                token.takes(letter.to_ascii_lowercase()) || token.takes(letter.to_ascii_uppercase())
            }
            _ => true,
        }
    }
}

/// First of the letters that stand for policy variables; see `variables`.
pub(super) const VARIABLES: char = '\u{F0000}';

pub(super) fn is_variable(letter: char) -> bool {
    letter >= VARIABLES
}

/// A pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Glob {
    tokens: Vec<Token>,
    /// How many tokens at the start are letters.
    prefix: usize,
}

/// How a pattern stands to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stand {
    /// It takes every text of the other.
    Covers,
    /// It takes none.
    Apart,
    /// It takes some, as far as can be told here.
    Overlaps,
}

impl Glob {
    pub(super) fn new(tokens: impl IntoIterator<Item = Token>) -> Self {
        let mut kept: Vec<Token> = Vec::new();
        for token in tokens {
            match (kept.last().copied(), token) {
                // Runs of stars are one, the wider one; single letters of a run come first.
                (Some(last), token) if last.is_many() && token.is_many() => {
                    if token == Token::Many || last == Token::Many {
                        kept.pop();
                        kept.push(Token::Many);
                    }
                }
                (Some(Token::Many), Token::One) | (Some(Token::ManyInPart), Token::OneInPart) => {
                    kept.insert(kept.len() - 1, token);
                }
                _ => kept.push(token),
            }
        }
        let prefix = kept.iter().take_while(|token| matches!(token, Token::Is(_))).count();
        Self { tokens: kept, prefix }
    }

    /// A pattern of plain text.
    pub(super) fn text(pattern: &str) -> Self {
        Self::new(free(pattern))
    }

    /// A pattern of plain text without regard to case.
    pub(super) fn text_folded(pattern: &str, wildcards: bool) -> Self {
        Self::new(pattern.chars().map(|letter| match letter {
            '*' if wildcards => Token::Many,
            '?' if wildcards => Token::One,
            letter if letter.is_ascii_alphabetic() => Token::Fold(letter.to_ascii_lowercase()),
            letter => Token::Is(letter),
        }))
    }

    /// A text in which nothing is special.
    pub(super) fn literal(text: &str) -> Self {
        Self::new(text.chars().map(Token::Is))
    }

    /// An action pattern: a wildcard does not reach from the service over the colon.
    pub(super) fn action(pattern: &str) -> Self {
        match pattern.split_once(':') {
            Some((service, name)) => Self::new(in_part(service).chain([Token::Is(':')]).chain(free(name))),
            // Every action has a colon.
            None if pattern.bytes().all(|byte| byte == b'*') => Self::action("*:*"),
            None => Self::text(pattern),
        }
    }

    /// A resource pattern over ARNs: five bounded parts and a free one. A star that ends its part
    /// may reach over the parts that follow. Parts that a short pattern leaves out are stars; see
    /// [`Self::resource_as_it_stands`]. What stands for the resource `*` is not part of this.
    pub(super) fn resource(pattern: &str) -> Self {
        if is_whole(pattern) {
            return Self::with_reach(pattern);
        }
        let everything = pattern.chars().all(|letter| letter == '*');
        let mut parts = pattern.splitn(6, ':');
        let mut tokens = Vec::with_capacity(pattern.len());
        for _ in 0..5 {
            match parts.next() {
                Some(part) if !everything => tokens.extend(in_part(part)),
                _ => tokens.push(Token::ManyInPart),
            }
            tokens.push(Token::Is(':'));
        }
        tokens.push(Token::Many);
        Self::new(tokens)
    }

    /// What a short pattern takes besides: `arn:aws:logs:*:x` also takes an ARN that ends in `:x`.
    pub(super) fn resource_as_it_stands(pattern: &str) -> Option<Self> {
        (!is_whole(pattern) && pattern.contains("*:")).then(|| Self::with_reach(pattern))
    }

    fn with_reach(pattern: &str) -> Self {
        let mut tokens = Vec::with_capacity(pattern.len());
        for (at, part) in pattern.splitn(6, ':').enumerate() {
            if at > 0 {
                tokens.push(Token::Is(':'));
            }
            if at == 5 {
                tokens.extend(free(part));
                continue;
            }
            tokens.extend(in_part(part));
            if let Some(last @ Token::ManyInPart) = tokens.last_mut() {
                *last = Token::Many;
            }
        }
        Self::new(tokens)
    }

    /// An ARN pattern of a condition: six parts, else none.
    pub(super) fn arn(pattern: &str) -> Option<Self> {
        (pattern.splitn(6, ':').count() == 6).then(|| Self::resource_parts(pattern))
    }

    fn resource_parts(pattern: &str) -> Self {
        let parts: Vec<&str> = pattern.splitn(6, ':').collect();
        let (last, first) = (parts.last().copied().unwrap_or_default(), &parts[..parts.len().saturating_sub(1)]);
        let mut tokens = Vec::with_capacity(pattern.len());
        for part in first {
            tokens.extend(in_part(part));
            tokens.push(Token::Is(':'));
        }
        tokens.extend(free(last));
        Self::new(tokens)
    }

    pub(super) fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// Whether it takes exactly one text.
    pub(super) const fn is_literal(&self) -> bool {
        self.prefix == self.tokens.len()
    }

    /// Whether it can begin with this text.
    pub(super) fn takes_start(&self, start: &str) -> bool {
        let letters = self.tokens.iter().zip(start.chars());
        letters.take_while(|(token, _)| !token.is_many()).all(|(token, letter)| token.takes(letter))
    }

    /// Whether it takes the text.
    pub(super) fn takes(&self, text: &str) -> bool {
        let (mut at, mut rest) = (0, text.chars());
        let mut again: Option<(usize, std::str::Chars<'_>)> = None;
        // The last star takes one letter more on a mismatch; a star that ends at a colon gives up
        // there, and then so does an earlier one, unless it may cross: such patterns are walked whole.
        if self.tokens.contains(&Token::Many) && self.tokens.contains(&Token::ManyInPart) {
            return self.walk(text);
        }
        loop {
            match (self.tokens.get(at).copied(), rest.clone().next()) {
                (Some(token), _) if token.is_many() => {
                    at += 1;
                    again = Some((at, rest.clone()));
                    continue;
                }
                (None, None) => return true,
                (Some(token), Some(letter)) if token.takes(letter) => {
                    at += 1;
                    rest.next();
                    continue;
                }
                _ => {}
            }
            let Some((after, mut from)) = again else { return false };
            match from.next() {
                Some(letter) if self.tokens[after - 1].takes(letter) => {}
                _ => return false,
            }
            (at, rest) = (after, from.clone());
            again = Some((after, from));
        }
    }

    fn walk(&self, text: &str) -> bool {
        let mut reached = vec![false; self.tokens.len() + 1];
        reached[0] = true;
        self.close(&mut reached);
        for letter in text.chars() {
            let mut next = vec![false; self.tokens.len() + 1];
            for (at, token) in self.tokens.iter().enumerate().filter(|(at, _)| reached[*at]) {
                if token.takes(letter) {
                    next[if token.is_many() { at } else { at + 1 }] = true;
                }
            }
            self.close(&mut next);
            reached = next;
        }
        reached[self.tokens.len()]
    }

    fn close(&self, reached: &mut [bool]) {
        for (at, token) in self.tokens.iter().enumerate() {
            if reached[at] && token.is_many() {
                reached[at + 1] = true;
            }
        }
    }

    /// How many steps it takes at most to see how it stands to another pattern.
    pub(super) fn work(&self, other: &Self) -> u64 {
        let common = self.prefix.min(other.prefix);
        if self.tokens[..common] == other.tokens[..common] {
            ((self.tokens.len() - common) * (other.tokens.len() - common) / 64) as u64
        } else {
            0
        }
    }

    /// How it stands to another pattern. `Covers` and `Apart` are proven; `Overlaps` may be
    /// either in rare cases.
    pub(super) fn stand(&self, other: &Self) -> Stand {
        if self == other {
            return Stand::Covers;
        }
        let common = self.prefix.min(other.prefix);
        if self.tokens[..common] != other.tokens[..common] {
            return Stand::Apart;
        }
        if self.tokens[common..] == [Token::Many] {
            return Stand::Covers;
        }
        if self.covers(other) {
            Stand::Covers
        } else if self.meets(other) {
            Stand::Overlaps
        } else {
            Stand::Apart
        }
    }

    fn covers(&self, inner: &Self) -> bool {
        let inner = &inner.tokens;
        let mut reached = vec![false; inner.len() + 1];
        reached[0] = true;
        for &wanted in &self.tokens {
            if wanted.is_many() {
                for at in 0..inner.len() {
                    reached[at + 1] = reached[at + 1] || (reached[at] && wanted.covers(inner[at]));
                }
                continue;
            }
            for at in (0..inner.len()).rev() {
                reached[at + 1] = reached[at] && !inner[at].is_many() && wanted.covers(inner[at]);
            }
            reached[0] = false;
        }
        reached[inner.len()]
    }

    fn meets(&self, other: &Self) -> bool {
        let (left, right) = (&self.tokens, &other.tokens);
        let width = right.len() + 1;
        let mut row = vec![false; width];
        row[0] = true;
        for i in 0..=left.len() {
            let mut below = vec![false; width];
            let a = left.get(i).copied();
            for j in 0..width {
                if !row[j] {
                    continue;
                }
                let b = right.get(j).copied();
                // A star may end here, or take what the other side has next.
                if a.is_some_and(Token::is_many) {
                    below[j] = true;
                }
                if b.is_some_and(Token::is_many) {
                    row[j + 1] = true;
                }
                if let (Some(a), Some(b)) = (a, b)
                    && a.meets(b)
                {
                    match (a.is_many(), b.is_many()) {
                        (true, false) => row[j + 1] = true,
                        (false, true) => below[j] = true,
                        (false, false) => below[j + 1] = true,
                        (true, true) => {}
                    }
                }
            }
            if i == left.len() {
                return row[right.len()];
            }
            row = below;
        }
        false
    }
}

/// Whether all six parts of an ARN are there.
fn is_whole(pattern: &str) -> bool {
    pattern.splitn(6, ':').count() == 6
}

fn free(pattern: &str) -> impl Iterator<Item = Token> + '_ {
    pattern.chars().map(|letter| match letter {
        '*' => Token::Many,
        '?' => Token::One,
        letter => Token::Is(letter),
    })
}

fn in_part(pattern: &str) -> impl Iterator<Item = Token> + '_ {
    free(pattern).map(|token| match token {
        Token::Many => Token::ManyInPart,
        Token::One => Token::OneInPart,
        token => token,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(length: usize) -> Vec<String> {
        let mut texts = vec![String::new()];
        let mut last = texts.clone();
        for _ in 0..length {
            last = last.iter().flat_map(|text| ["a", "b", "c", ":"].map(|letter| format!("{text}{letter}"))).collect();
            texts.extend(last.clone());
        }
        texts
    }

    #[test]
    fn wildcards_of_bounded_parts_stop_at_a_colon() {
        assert!(Glob::action("s3:get*").takes("s3:getobject"));
        assert!(Glob::action("s*:get*").takes("s3:getobject"));
        assert!(!Glob::action("s*:object").takes("s3:get:object"));
        assert!(Glob::action("*").takes("s3:getobject"));
        assert!(Glob::resource("arn:aws:s3:::b/*").takes("arn:aws:s3:::b/a:c/d"));
        assert!(!Glob::resource("arn:aws:*:x").takes("arn:aws:s3:r:a:x"));
        assert!(Glob::resource_as_it_stands("arn:aws:*:x").unwrap().takes("arn:aws:s3:r:a:x"));
        assert!(Glob::resource("arn:aws:logs:*:log-group:x").takes("arn:aws:logs:us-east-1:111122223333:log-group:x"));
        assert!(Glob::resource("arn:aws:waf:*").takes("arn:aws:waf:r:a:x/y"));
        assert!(!Glob::resource("*").takes("*"));
        assert!(Glob::resource("*").takes("arn:aws:s3:::b"));
    }

    proptest! {
        #[test]
        fn resources_are_read_as_the_evaluator_reads_them(
            pattern in "arn(:[ab?*]{0,2}){1,6}",
            resource in "arn(:[ab]{0,2}){5,7}",
        ) {
            let globs = [Some(Glob::resource(&pattern)), Glob::resource_as_it_stands(&pattern)];
            let takes = globs.iter().flatten().any(|glob| glob.takes(&resource));
            prop_assert_eq!(takes, crate::policy::pattern::resource_matches(&pattern, &resource));
        }

        #[test]
        fn standing_agrees_with_taking(left in "[ab:?*]{0,4}", right in "[ab:?*]{0,4}", kinds in 0..4_u8) {
            let read = |kind: u8, pattern: &str| if kind == 0 { Glob::text(pattern) } else { Glob::action(pattern) };
            let (left, right) = (read(kinds & 1, &left), read(kinds & 2, &right));
            let texts = texts(5);
            let common = texts.iter().any(|text| left.takes(text) && right.takes(text));
            let escapes = texts.iter().any(|text| right.takes(text) && !left.takes(text));
            match left.stand(&right) {
                Stand::Covers => prop_assert!(!escapes),
                Stand::Apart => prop_assert!(!common),
                Stand::Overlaps => {}
            }
            prop_assert!(!common || left.meets(&right));
        }

        #[test]
        fn taking_agrees_with_the_walk(pattern in "[ab:?*]{0,6}", text in "[abc:]{0,6}") {
            for glob in [Glob::text(&pattern), Glob::action(&pattern), Glob::resource(&pattern)] {
                prop_assert_eq!(glob.takes(&text), glob.walk(&text));
            }
        }
    }
}
