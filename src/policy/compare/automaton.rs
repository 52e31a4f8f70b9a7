//! The joint automaton: reads all patterns at once, letter by letter, and so finds the finitely
//! many kinds of text they can tell apart, each with its shortest text.
//!
//! All positions of all patterns are bits of one row, so that a step is a few shifts and masks.
//! Only letters that stand at a live position matter, and one letter that stands nowhere.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use super::budget::{Purse, Spent};
use super::glob::{Glob, Token, is_variable};

/// A set of small numbers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    pub(super) fn new(width: usize) -> Self {
        Self(vec![0; width.div_ceil(64)])
    }

    pub(super) fn set(&mut self, at: usize) {
        self.0[at / 64] |= 1 << (at % 64);
    }

    pub(super) fn clear(&mut self, at: usize) {
        self.0[at / 64] &= !(1 << (at % 64));
    }

    pub(super) fn has(&self, at: usize) -> bool {
        self.0[at / 64] >> (at % 64) & 1 == 1
    }

    pub(super) fn within(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(own, other)| own & !other == 0)
    }

    pub(super) fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(own, other)| own & other != 0)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    pub(super) fn count(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(at, &word)| {
            let mut word = word;
            std::iter::from_fn(move || {
                let bit = word.trailing_zeros();
                word &= word.wrapping_sub(1);
                (bit < 64).then(|| at * 64 + bit as usize)
            })
        })
    }
}

/// A quick hash for rows of bits, which nobody chooses from outside to collide.
#[derive(Debug, Default)]
struct Mixer(u64);

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 29
    }
}

/// A set of texts: what some of these patterns take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Union<'g> {
    pub(super) globs: &'g [&'g Glob],
    /// A text with a letter of a variable counts as taken where some value of the variable would
    /// make it so; otherwise where all do.
    pub(super) loose: bool,
}

/// One kind of text: which sets hold it, and its shortest text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) text: String,
    pub(super) held: Bits,
}

struct Masks {
    /// Positions of single letters that take the letter.
    step: Vec<u64>,
    /// Positions of stars that take the letter.
    stay: Vec<u64>,
}

struct Table<'g> {
    tokens: Vec<Option<Token>>,
    words: usize,
    stars: Vec<u64>,
    masks: HashMap<char, Masks>,
    base: std::ops::Range<usize>,
    accept: Vec<(usize, usize)>,
    sets: &'g [Union<'g>],
    /// Where the patterns of loose sets stand.
    loose: Vec<std::ops::Range<usize>>,
    fresh: char,
    digit: Option<char>,
    colons: bool,
}

/// The kinds of text the base takes, told apart by the sets.
///
/// `dull` says of a set of held numbers that texts with these and more are of no interest, which
/// ends paths that have entered such a set for good.
pub(super) fn kinds(base: &Glob, sets: &[Union<'_>], dull: &Bits, purse: &mut Purse) -> Result<Vec<Kind>, Spent> {
    Table::new(base, sets).walk(dull, purse)
}

impl<'g> Table<'g> {
    fn new(base: &Glob, sets: &'g [Union<'g>]) -> Self {
        let mut tokens: Vec<Option<Token>> = Vec::new();
        let add = |glob: &Glob, tokens: &mut Vec<Option<Token>>| {
            tokens.extend(glob.tokens().iter().copied().map(Some));
            tokens.push(None);
            tokens.len() - 1
        };
        let mut accept = vec![(add(base, &mut tokens), usize::MAX)];
        let base = 0..tokens.len();
        let mut loose = Vec::new();
        for (number, set) in sets.iter().enumerate() {
            for glob in set.globs {
                let first = tokens.len();
                accept.push((add(glob, &mut tokens), number));
                if set.loose {
                    loose.push(first..tokens.len());
                }
            }
        }
        let words = tokens.len().div_ceil(64);
        let mut stars = vec![0; words];
        for (at, token) in tokens.iter().enumerate() {
            if token.is_some_and(Token::is_many) {
                stars[at / 64] |= 1 << (at % 64);
            }
        }
        let used = |letter: char| {
            tokens.iter().any(
                |token| matches!(token, Some(Token::Is(own) | Token::Fold(own)) if own.eq_ignore_ascii_case(&letter)),
            )
        };
        let fresh = ('a'..='z')
            .rev()
            .skip(2)
            .chain(['y', 'z'])
            .chain('A'..='Z')
            .chain('\u{3b1}'..='\u{3c9}')
            .find(|letter| !used(*letter))
            .unwrap_or('\u{2603}');
        let digit = ('0'..='9').rev().find(|letter| !used(*letter));
        let colons = tokens.iter().any(|token| matches!(token, Some(Token::ManyInPart | Token::OneInPart)));
        Self { words, stars, masks: HashMap::new(), base, accept, sets, loose, fresh, digit, colons, tokens }
    }

    fn start(&self) -> Vec<u64> {
        let mut row = vec![0; self.words];
        let mut first = 0;
        for (accept, _) in &self.accept {
            row[first / 64] |= 1 << (first % 64);
            first = accept + 1;
        }
        self.close(&mut row);
        row
    }

    /// Stars may take nothing. No star follows another, so one shift is enough.
    fn close(&self, row: &mut [u64]) {
        let mut carry = 0;
        for (word, stars) in row.iter_mut().zip(&self.stars) {
            let past = *word & stars;
            *word |= past << 1 | carry;
            carry = past >> 63;
        }
    }

    fn masks(&mut self, letter: char) -> &Masks {
        let (tokens, words) = (&self.tokens, self.words);
        self.masks.entry(letter).or_insert_with(|| {
            let mut masks = Masks { step: vec![0; words], stay: vec![0; words] };
            for (at, token) in tokens.iter().enumerate() {
                if let Some(token) = token
                    && token.takes(letter)
                {
                    let row = if token.is_many() { &mut masks.stay } else { &mut masks.step };
                    row[at / 64] |= 1 << (at % 64);
                }
            }
            masks
        })
    }

    fn step(&mut self, row: &[u64], letter: char) -> Option<Vec<u64>> {
        let last = self.base.end.div_ceil(64);
        let end = self.base.end;
        let masks = self.masks(letter);
        let alive = (0..last).any(|at| {
            let live = row[at] & (masks.step[at] | masks.stay[at]);
            let own = if (at + 1) * 64 <= end { u64::MAX } else { (1 << (end % 64)) - 1 };
            live & own != 0
        });
        if !alive {
            return None;
        }
        let mut next = vec![0; row.len()];
        let mut carry = 0;
        for at in 0..row.len() {
            let moved = row[at] & masks.step[at];
            next[at] = moved << 1 | carry | (row[at] & masks.stay[at]);
            carry = moved >> 63;
        }
        if is_variable(letter) {
            self.leap(row, &mut next);
        }
        self.close(&mut next);
        Some(next)
    }

    /// In loose sets the text of a variable may lead from a live position to any later one.
    fn leap(&self, row: &[u64], next: &mut [u64]) {
        for range in &self.loose {
            let live = range.clone().find(|at| row[at / 64] >> (at % 64) & 1 == 1);
            for at in live.unwrap_or(range.end)..range.end {
                next[at / 64] |= 1 << (at % 64);
            }
        }
    }

    /// Letters that can make a difference here.
    fn letters(&self, row: &[u64]) -> Vec<char> {
        let mut letters = Vec::new();
        let mut digits = false;
        for (at, word) in row.iter().enumerate() {
            let mut word = *word;
            while word != 0 {
                match self.tokens[at * 64 + word.trailing_zeros() as usize] {
                    Some(Token::Is(letter)) => letters.push(letter),
                    Some(Token::Fold(letter)) => {
                        letters.push(letter.to_ascii_lowercase());
                        letters.push(letter.to_ascii_uppercase());
                    }
                    Some(Token::Digit) => digits = true,
                    _ => {}
                }
                word &= word - 1;
            }
        }
        if digits {
            match self.digit {
                Some(digit) => letters.push(digit),
                None => letters.extend('0'..='9'),
            }
        }
        if self.colons {
            letters.push(':');
        }
        letters.sort_unstable();
        letters.dedup();
        // Letters of variables last, the one that stands nowhere first: shorter and plainer texts.
        let plain = letters.iter().copied().filter(|letter| !is_variable(*letter));
        let variables = letters.iter().copied().filter(|letter| is_variable(*letter));
        std::iter::once(self.fresh).chain(plain).chain(variables).collect()
    }

    fn held(&self, row: &[u64]) -> Option<Bits> {
        let on = |at: usize| row[at / 64] >> (at % 64) & 1 == 1;
        if !on(self.accept[0].0) {
            return None;
        }
        let mut held = Bits::new(self.sets.len());
        for (at, set) in &self.accept[1..] {
            if on(*at) {
                held.set(*set);
            }
        }
        Some(held)
    }

    /// Sets that hold every continuation: a star stands last and is live.
    fn held_for_good(&self, row: &[u64]) -> Bits {
        let mut held = Bits::new(self.sets.len());
        for (at, set) in &self.accept[1..] {
            let Some(before) = at.checked_sub(1) else { continue };
            if self.tokens[before] == Some(Token::Many) && row[before / 64] >> (before % 64) & 1 == 1 {
                held.set(*set);
            }
        }
        held
    }

    fn walk(mut self, dull: &Bits, purse: &mut Purse) -> Result<Vec<Kind>, Spent> {
        let cost = 1 + (self.words + self.accept.len() / 16) as u64;
        let mut known: HashSet<Bits> = HashSet::new();
        let start = self.start();
        let mut seen: HashSet<Vec<u64>, BuildHasherDefault<Mixer>> = HashSet::default();
        seen.insert(start.clone());
        let mut states: Vec<(Vec<u64>, usize, char)> = vec![(start, 0, ' ')];
        let mut kinds: Vec<Kind> = Vec::new();
        let mut at = 0;
        while at < states.len() {
            purse.spend(cost)?;
            let row = states[at].0.clone();
            if let Some(held) = self.held(&row)
                && !held.meets(dull)
                && known.insert(held.clone())
            {
                kinds.push(Kind { text: path(&states, at), held });
            }
            if dull.is_empty() || !self.held_for_good(&row).meets(dull) {
                for letter in self.letters(&row) {
                    purse.spend(cost)?;
                    if let Some(next) = self.step(&row, letter)
                        && seen.insert(next.clone())
                    {
                        states.push((next, at, letter));
                    }
                }
            }
            at += 1;
        }
        Ok(kinds)
    }
}

fn path(states: &[(Vec<u64>, usize, char)], mut at: usize) -> String {
    let mut letters = Vec::new();
    while at != 0 {
        letters.push(states[at].2);
        at = states[at].1;
    }
    letters.iter().rev().collect()
}
