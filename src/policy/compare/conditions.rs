//! Whether some context meets all conditions of the statements that must take a request, and for
//! each statement that must not, misses one.
//!
//! Each key has finitely many values that matter (`atoms`), so this is a search for one value per
//! key such that every statement to avoid is missed by some key.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::atoms::{Atom, Atoms, KeyTest, atoms, is_set};
use super::automaton::Bits;
use super::budget::{Purse, Spent};
use super::space::Piece;
use super::variables::Reading;
use crate::model::Statement;
use crate::policy::catalog::catalog;
use crate::policy::evaluate::{Operator, test_holds};
use crate::policy::{Context, KeyValue, Truth};

/// How strictly what is not certain is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// What is found can be shown: nothing uncertain helps.
    Strict,
    /// What is not found cannot be: everything uncertain helps.
    Lenient,
}

/// What a search over conditions gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// Values of keys.
    Values(Vec<(String, KeyValue)>),
    /// There are none.
    None,
    /// Not all could be looked at.
    Open,
}

/// One test, by its key and its place among the tests on that key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct TestId {
    pub(super) key: usize,
    pub(super) test: usize,
}

/// A key, and the values of variables where they matter to it.
type Place = (usize, Option<BTreeMap<String, String>>);

/// All tests of both sides, by key.
#[derive(Debug, Default)]
pub(super) struct Tests<'p> {
    ids: HashMap<KeyTest<'p>, TestId>,
    keys: HashMap<&'p str, usize>,
    by_key: Vec<Vec<KeyTest<'p>>>,
    multivalued: Vec<bool>,
    atoms: HashMap<Place, Rc<Atoms>>,
    by_statement: HashMap<*const Statement, Rc<[TestId]>>,
}

/// What is asked of one search.
pub(super) struct Asked<'a> {
    /// Tests that must hold.
    pub(super) must: &'a [TestId],
    /// Of each of these groups one test must fail.
    pub(super) avoid: &'a [Rc<[TestId]>],
    /// Keys that follow from who asks.
    pub(super) fixed: &'a BTreeMap<String, KeyValue>,
    pub(super) reading: &'a Reading,
    pub(super) mode: Mode,
}

impl<'p> Tests<'p> {
    pub(super) fn is_empty(&self) -> bool {
        self.by_statement.is_empty()
    }

    /// Takes in all statements, so that the values of each key are found once.
    pub(super) fn add_all(&mut self, pieces: &[Piece<'p>]) {
        for piece in pieces {
            self.of(piece);
        }
    }

    /// The tests of a statement.
    pub(super) fn of(&mut self, piece: &Piece<'p>) -> Rc<[TestId]> {
        let place = std::ptr::from_ref(piece.statement);
        if let Some(ids) = self.by_statement.get(&place) {
            return Rc::clone(ids);
        }
        let ids: Rc<[TestId]> = piece.tests().map(|test| self.id(test)).collect();
        self.by_statement.insert(place, Rc::clone(&ids));
        ids
    }

    fn id(&mut self, test: KeyTest<'p>) -> TestId {
        if let Some(id) = self.ids.get(&test) {
            return *id;
        }
        let key = *self.keys.entry(test.key).or_insert_with(|| {
            self.by_key.push(Vec::new());
            self.multivalued.push(catalog().is_multivalued(test.key) == Some(true));
            self.by_key.len() - 1
        });
        let id = TestId { key, test: self.by_key[key].len() };
        self.by_key[key].push(test);
        self.multivalued[key] |= is_set(test.operator);
        self.ids.insert(test, id);
        // Values found for fewer tests do not tell this one apart.
        self.atoms.retain(|(of, _), _| *of != key);
        id
    }

    fn test(&self, id: TestId) -> KeyTest<'p> {
        self.by_key[id.key][id.test]
    }

    /// Whether the evaluator does not know what a test says, or not in this reading.
    fn is_murky(&self, id: TestId, reading: &Reading) -> bool {
        let test = self.test(id);
        Operator::read(test.operator).is_none() || (test.variables && *reading == Reading::Letters)
    }

    /// Whether one of these tests has an operator that is not known.
    pub(super) fn any_unknown(&self, ids: &[TestId]) -> bool {
        ids.iter().any(|id| Operator::read(self.test(*id).operator).is_none())
    }

    pub(super) fn search(&mut self, asked: &Asked<'_>, purse: &mut Purse) -> Result<Found, Spent> {
        let strict = asked.mode == Mode::Strict;
        let murky_must = asked.must.iter().any(|id| self.is_murky(*id, asked.reading));
        if strict && murky_must {
            return Ok(Found::None);
        }
        let must: Vec<TestId> = asked.must.iter().copied().filter(|id| !self.is_murky(*id, asked.reading)).collect();
        let mut groups: Vec<Vec<TestId>> = Vec::new();
        let mut seen: BTreeSet<Vec<TestId>> = BTreeSet::new();
        for group in asked.avoid {
            let open: Vec<TestId> = group.iter().copied().filter(|id| !asked.must.contains(id)).collect();
            let clear: Vec<TestId> = open.iter().copied().filter(|id| !self.is_murky(*id, asked.reading)).collect();
            if clear.len() < open.len() && !strict {
                continue;
            }
            if clear.is_empty() {
                return Ok(Found::None);
            }
            purse.spend(1 + (group.len() * asked.must.len() / 16) as u64)?;
            if seen.insert(clear.clone()) {
                groups.push(clear);
            }
        }
        let mut keys: Vec<usize> = must.iter().chain(groups.iter().flatten()).map(|id| id.key).collect();
        keys.sort_unstable();
        keys.dedup();
        let mut choices = Vec::with_capacity(keys.len());
        let mut whole = true;
        for key in keys {
            let atoms = self.values(key, asked, purse);
            whole &= atoms.whole;
            purse.spend((atoms.atoms.len() * (1 + groups.len()) / 8) as u64)?;
            let choice = Choice::new(key, &atoms, &must, &groups);
            if choice.options.is_empty() {
                return Ok(if whole { Found::None } else { Found::Open });
            }
            choices.push(choice);
        }
        let mut chosen = vec![None; choices.len()];
        let left: Vec<usize> = (0..groups.len()).collect();
        if !choose(&choices, &left, &mut chosen, purse)? {
            return Ok(if whole { Found::None } else { Found::Open });
        }
        let values = choices.iter().zip(chosen).filter_map(|(choice, option)| {
            let (_, value) = choice.options.get(option.unwrap_or(0))?;
            Some((self.by_key[choice.key].first()?.key.to_owned(), value.clone()))
        });
        Ok(Found::Values(values.collect()))
    }

    /// The values of a key, or the one that is fixed.
    fn values(&mut self, key: usize, asked: &Asked<'_>, purse: &mut Purse) -> Rc<Atoms> {
        let tests = &self.by_key[key];
        let name = tests[0].key;
        let known = match asked.reading {
            Reading::Values(values) if tests.iter().any(|test| test.variables) => Some(values.clone()),
            _ => None,
        };
        let own = match asked.reading {
            Reading::Values(values) => values.get(name).map(|value| KeyValue::Known(vec![value.clone()])),
            Reading::Letters => None,
        };
        match own.as_ref().or_else(|| asked.fixed.get(name)) {
            Some(value @ (KeyValue::Known(_) | KeyValue::Absent)) => {
                return Rc::new(Atoms { atoms: vec![judged(tests, value, known.as_ref())], whole: true });
            }
            Some(KeyValue::Present) => {
                let all = self.free(key, known, purse);
                let atoms = all.atoms.iter().filter(|atom| atom.value != KeyValue::Absent).cloned().collect();
                return Rc::new(Atoms { atoms, whole: all.whole });
            }
            Some(KeyValue::Unknown) | None => {}
        }
        self.free(key, known, purse)
    }

    fn free(&mut self, key: usize, known: Option<BTreeMap<String, String>>, purse: &mut Purse) -> Rc<Atoms> {
        let place = (key, known);
        if let Some(atoms) = self.atoms.get(&place) {
            return Rc::clone(atoms);
        }
        let none = BTreeMap::new();
        let mut part = purse.part();
        let given = part.left();
        let known = place.1.as_ref().unwrap_or(&none);
        let found = Rc::new(atoms(&self.by_key[key], known, self.multivalued[key], &mut part));
        purse.charge(given, &part);
        self.atoms.insert(place, Rc::clone(&found));
        found
    }
}

fn judged(tests: &[KeyTest<'_>], value: &KeyValue, known: Option<&BTreeMap<String, String>>) -> Atom {
    let mut context = Context::whole();
    for (key, value) in known.into_iter().flatten() {
        context.set(key, KeyValue::Known(vec![value.clone()]));
    }
    let mut holds = Bits::new(tests.len());
    for (at, test) in tests.iter().enumerate() {
        context.set(test.key, value.clone());
        let version = if test.variables { "2012-10-17" } else { "2008-10-17" };
        if test_holds(version, test.operator, test.key, test.values, &context) == Truth::Yes {
            holds.set(at);
        }
    }
    Atom { value: value.clone(), holds }
}

/// What values of one key there are to choose from: which groups each misses a test of.
struct Choice {
    key: usize,
    options: Vec<(Bits, KeyValue)>,
}

impl Choice {
    fn new(key: usize, atoms: &Atoms, must: &[TestId], groups: &[Vec<TestId>]) -> Self {
        let mut options: Vec<(Bits, KeyValue)> = Vec::new();
        let own: Vec<usize> = must.iter().filter(|id| id.key == key).map(|id| id.test).collect();
        for atom in atoms.atoms.iter().filter(|atom| own.iter().all(|test| atom.holds.has(*test))) {
            let mut misses = Bits::new(groups.len());
            for (at, group) in groups.iter().enumerate() {
                if group.iter().any(|id| id.key == key && !atom.holds.has(id.test)) {
                    misses.set(at);
                }
            }
            if options.iter().any(|(other, _)| misses.within(other)) {
                continue;
            }
            options.retain(|(other, _)| !other.within(&misses));
            options.push((misses, atom.value.clone()));
        }
        Self { key, options }
    }
}

/// Chooses an option per key so that every group left is missed.
fn choose(choices: &[Choice], left: &[usize], chosen: &mut [Option<usize>], purse: &mut Purse) -> Result<bool, Spent> {
    purse.spend(1 + choices.len() as u64)?;
    let Some(group) = left.first() else { return Ok(true) };
    for (at, choice) in choices.iter().enumerate() {
        if chosen[at].is_some() {
            continue;
        }
        for (option, (misses, _)) in choice.options.iter().enumerate() {
            if !misses.has(*group) {
                continue;
            }
            chosen[at] = Some(option);
            let rest: Vec<usize> = left.iter().copied().filter(|group| !misses.has(*group)).collect();
            purse.spend(left.len() as u64)?;
            if choose(choices, &rest, chosen, purse)? {
                return Ok(true);
            }
            chosen[at] = None;
        }
    }
    Ok(false)
}
