//! The finitely many values of a condition key that the tests on it can tell apart.
//!
//! Values are proposed by the kind of each test (the kinds of text its patterns make, the ends of
//! ranges and their neighbours) and judged by the evaluator itself, so that a proposal too many is
//! harmless; `whole` tells whether none can be missing.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::automaton::{Bits, Union, kinds};
use super::budget::Purse;
use super::glob::{Glob, Token};
use super::variables;
use crate::policy::evaluate::{Operator, Set, Test, date_of, range_of, test_holds};
use crate::policy::{Context, KeyValue, Truth};

/// A test of a condition on one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct KeyTest<'p> {
    /// Whether variables have a meaning in its values.
    pub(super) variables: bool,
    pub(super) operator: &'p str,
    pub(super) key: &'p str,
    pub(super) values: &'p [String],
}

/// One value of a key, and which tests hold on it.
#[derive(Debug, Clone)]
pub(super) struct Atom {
    pub(super) value: KeyValue,
    pub(super) holds: Bits,
}

/// The values of a key.
#[derive(Debug, Clone)]
pub(super) struct Atoms {
    pub(super) atoms: Vec<Atom>,
    /// Whether every behaviour of the tests is among them.
    pub(super) whole: bool,
}

/// How many behaviours of sets of values are told apart before giving up.
const MOST_SETS: usize = 512;

/// The values that tell these tests on one key apart. `known` are the values of keys that stand in
/// variables, the only context the tests see; `multivalued` says that the key can have several.
pub(super) fn atoms(
    tests: &[KeyTest<'_>],
    known: &BTreeMap<String, String>,
    multivalued: bool,
    purse: &mut Purse,
) -> Atoms {
    let Some(first) = tests.first() else { return Atoms { atoms: Vec::new(), whole: true } };
    let (values, mut whole) = proposals(tests, known, purse);
    let mut context = Context::whole();
    for (key, value) in known {
        context.set(key, KeyValue::Known(vec![value.clone()]));
    }
    let mut judge = |value: KeyValue| {
        context.set(first.key, value.clone());
        let mut holds = Bits::new(tests.len());
        for (at, test) in tests.iter().enumerate() {
            let version = if test.variables { "2012-10-17" } else { "2008-10-17" };
            if test_holds(version, test.operator, test.key, test.values, &context) == Truth::Yes {
                holds.set(at);
            }
        }
        Atom { value, holds }
    };
    let mut seen: BTreeSet<Bits> = BTreeSet::new();
    let mut atoms = Vec::new();
    for value in values {
        if purse.spend(tests.len() as u64).is_err() {
            whole = false;
            break;
        }
        let atom = judge(KeyValue::Known(vec![value]));
        if seen.insert(atom.holds.clone()) {
            atoms.push(atom);
        }
    }
    if multivalued {
        whole &= unite(&mut atoms, &mut seen, &mut judge, purse);
    }
    let absent = judge(KeyValue::Absent);
    if seen.insert(absent.holds.clone()) {
        atoms.push(absent);
    }
    Atoms { atoms, whole }
}

/// Adds sets of values until they show no new behaviour. What a set does follows from what its
/// members do, so uniting known behaviours finds all.
fn unite(
    atoms: &mut Vec<Atom>,
    seen: &mut BTreeSet<Bits>,
    judge: &mut impl FnMut(KeyValue) -> Atom,
    purse: &mut Purse,
) -> bool {
    let single: Vec<String> = atoms.iter().flat_map(|atom| values_of(&atom.value).to_vec()).collect();
    let mut at = 0;
    while at < atoms.len() {
        let own = values_of(&atoms[at].value).to_vec();
        for value in &single {
            if own.contains(value) {
                continue;
            }
            if atoms.len() > MOST_SETS || purse.spend(4).is_err() {
                return false;
            }
            let mut more = own.clone();
            more.push(value.clone());
            let atom = judge(KeyValue::Known(more));
            if seen.insert(atom.holds.clone()) {
                atoms.push(atom);
            }
        }
        at += 1;
    }
    true
}

fn values_of(value: &KeyValue) -> &[String] {
    match value {
        KeyValue::Known(values) => values,
        _ => &[],
    }
}

/// Whether a test is for keys with several values.
pub(super) fn is_set(operator: &str) -> bool {
    Operator::read(operator).is_some_and(|operator| operator.set != Set::Single)
}

/// Proposed single values, and whether they are all that matter.
fn proposals(tests: &[KeyTest<'_>], known: &BTreeMap<String, String>, purse: &mut Purse) -> (Vec<String>, bool) {
    let mut proposed = Proposed::default();
    for test in tests {
        let Some(operator) = Operator::read(test.operator) else { continue };
        for value in test.values {
            if !test.variables || !operator.test.takes_variables() || !value.contains("${") {
                proposed.add(operator.test, value);
            } else if let Some(value) = variables::filled(value, known) {
                proposed.add(operator.test, &value);
            }
        }
    }
    proposed.values(purse)
}

#[derive(Default)]
struct Proposed {
    globs: BTreeSet<Glob>,
    numbers: BTreeSet<String>,
    dates: BTreeSet<String>,
    addresses: BTreeSet<IpAddr>,
    booleans: bool,
    bytes: BTreeSet<String>,
}

impl Proposed {
    fn add(&mut self, test: Test, value: &str) {
        match test {
            Test::StringEquals => _ = self.globs.insert(Glob::literal(value)),
            Test::StringEqualsIgnoreCase => _ = self.globs.insert(Glob::text_folded(value, false)),
            Test::StringLike => _ = self.globs.insert(Glob::text(value)),
            Test::ArnLike => self.globs.extend(Glob::arn(value)),
            Test::NumericEquals
            | Test::NumericLess
            | Test::NumericLessEquals
            | Test::NumericGreater
            | Test::NumericGreaterEquals => _ = self.numbers.insert(value.trim().to_owned()),
            Test::DateEquals | Test::DateLess | Test::DateLessEquals | Test::DateGreater | Test::DateGreaterEquals => {
                _ = self.dates.insert(value.to_owned());
            }
            Test::Bool => {
                self.booleans = true;
                if !value.eq_ignore_ascii_case("true") && !value.eq_ignore_ascii_case("false") {
                    self.globs.insert(Glob::text_folded(value, false));
                }
            }
            Test::BinaryEquals => _ = self.bytes.insert(value.to_owned()),
            Test::IpAddress => self.addresses.extend(around(value)),
            Test::Null => {}
        }
    }

    fn values(self, purse: &mut Purse) -> (Vec<String>, bool) {
        let (mut values, mut whole) = (Vec::new(), true);
        // Types that one text can be at once, told apart by both: then the values of one type are
        // not all that matter.
        let plain =
            self.globs.iter().all(|glob| glob.tokens().iter().all(|token| !token.is_many() && *token != Token::One));
        let types =
            [!self.numbers.is_empty(), !self.dates.is_empty(), !self.addresses.is_empty(), !self.bytes.is_empty()];
        let typed = types.iter().filter(|used| **used).count();
        whole &= typed <= 1 && (typed == 0 || plain);
        if typed == 0 && !(self.booleans && self.globs.is_empty()) {
            whole &= texts(&self.globs, &mut values, purse);
        } else if !self.globs.is_empty() {
            texts(&self.globs, &mut values, purse);
        }
        if self.booleans {
            values.extend(["true", "false"].map(str::to_owned));
        }
        values.extend(self.numbers.iter().flat_map(|number| numbers_around(number)));
        values.extend(self.dates.iter().flat_map(|date| dates_around(date)));
        if !self.addresses.is_empty() {
            let both =
                [IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9)), IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 9, 0, 0, 0, 0, 9))];
            values.extend(self.addresses.iter().chain(&both).map(ToString::to_string));
        }
        if !self.bytes.is_empty() {
            values.extend(self.bytes);
            values.push("cGxpbXNvbGw=".to_owned());
        }
        (values, whole)
    }
}

/// Texts that tell the patterns apart; whether they are all.
fn texts(globs: &BTreeSet<Glob>, values: &mut Vec<String>, purse: &mut Purse) -> bool {
    if globs.iter().all(Glob::is_literal) {
        let letters = |glob: &Glob| {
            glob.tokens()
                .iter()
                .filter_map(|token| match token {
                    Token::Is(letter) => Some(*letter),
                    _ => None,
                })
                .collect::<String>()
        };
        let literals: Vec<String> = globs.iter().map(letters).collect();
        let fresh = (0..).map(|number| if number == 0 { "other".to_owned() } else { format!("other{number}") });
        let fresh = fresh.into_iter().find(|text| !globs.contains(&Glob::literal(text)));
        values.extend(literals);
        values.extend(fresh);
        values.push(String::new());
        return true;
    }
    // The empty text is apart: set operators leave it out.
    let everything = Glob::text("?*");
    values.push(String::new());
    let lists: Vec<[&Glob; 1]> = globs.iter().map(|glob| [glob]).collect();
    let sets: Vec<Union<'_>> = lists.iter().map(|globs| Union { globs, loose: false }).collect();
    if let Ok(kinds) = kinds(&everything, &sets, &Bits::new(sets.len()), purse) {
        let empty = values.pop();
        values.extend(kinds.into_iter().map(|kind| kind.text));
        values.extend(empty);
        true
    } else {
        values.extend(globs.iter().map(example));
        false
    }
}

/// Some text a pattern takes.
pub(super) fn example(glob: &Glob) -> String {
    let letters = glob.tokens().iter().filter_map(|token| match token {
        Token::Is(letter) | Token::Fold(letter) => Some(*letter),
        Token::One | Token::OneInPart => Some('x'),
        Token::Digit => Some('9'),
        Token::Many | Token::ManyInPart => None,
    });
    letters.collect()
}

/// The number, and one just below and one just above it: smaller steps than any other number of
/// the policies is away can only come from numbers with more digits, which is why a digit is added.
fn numbers_around(number: &str) -> [String; 3] {
    let point = if number.contains('.') { "" } else { "." };
    let negative = number.starts_with('-');
    let outward = format!("{number}{point}000000000001");
    let inward = just_below_size(number);
    if negative { [number.to_owned(), outward, inward] } else { [number.to_owned(), inward, outward] }
}

/// A number a little closer to zero, or past it when it is zero.
fn just_below_size(number: &str) -> String {
    let negative = number.starts_with('-');
    let digits = number.trim_start_matches(['-', '+']);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut all: Vec<u8> = whole.bytes().chain(fraction.bytes()).chain(*b"000000000000").collect();
    let mut at = all.len();
    while at > 0 {
        at -= 1;
        match all[at] {
            b'0' => all[at] = b'9',
            digit if digit.is_ascii_digit() => {
                all[at] = digit - 1;
                let text: String = all.into_iter().map(char::from).collect();
                let (whole, fraction) = text.split_at(whole.len());
                return format!(
                    "{}{}.{fraction}",
                    if negative { "-" } else { "" },
                    if whole.is_empty() { "0" } else { whole }
                );
            }
            _ => return number.to_owned(),
        }
    }
    if negative { "0.000000000001".to_owned() } else { "-0.000000000001".to_owned() }
}

fn dates_around(date: &str) -> Vec<String> {
    let Some(time) = date_of(date) else { return vec![date.to_owned()] };
    let step = jiff::SignedDuration::from_nanos(1);
    [time.checked_sub(step).ok(), Some(time), time.checked_add(step).ok()]
        .into_iter()
        .flatten()
        .map(|time| time.to_string())
        .collect()
}

/// The first and last address of a range, and those just outside.
fn around(range: &str) -> Vec<IpAddr> {
    let Some(range) = range_of(range) else { return Vec::new() };
    let (first, last) = (range.network(), range.broadcast());
    let mut around = vec![first, last];
    match (first, last) {
        (IpAddr::V4(first), IpAddr::V4(last)) => {
            around.extend(first.to_bits().checked_sub(1).map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits))));
            around.extend(last.to_bits().checked_add(1).map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits))));
        }
        (IpAddr::V6(first), IpAddr::V6(last)) => {
            around.extend(first.to_bits().checked_sub(1).map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits))));
            around.extend(last.to_bits().checked_add(1).map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits))));
        }
        _ => {}
    }
    around
}
