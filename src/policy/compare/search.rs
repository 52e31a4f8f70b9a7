//! The search for a request that some statements take and others do not.
//!
//! Dimension by dimension: kinds of action, kinds of resource, who asks, conditions. A request that
//! is found is confirmed by the evaluator before it counts.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::Kind;
use super::actions::{Class, Classes};
use super::automaton::Bits;
use super::budget::{Budget, Purse, Spent};
use super::conditions::{Asked, Found, Mode, TestId, Tests};
use super::glob::Glob;
use super::principals::{Candidate, Candidates, candidates, user};
use super::resources::{Resources, Within};
use super::space::Piece;
use super::variables::{Letters, Reading, has_variables, keys, value_in};
use super::witness::{Goal, confirmed, request};
use crate::model::PolicyDocument;
use crate::policy::evaluate::named;
use crate::policy::{KeyValue, Layer, Principal, Request, Truth, pattern};

/// What is known of a question after looking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// There is no such request.
    Proven,
    /// Here is one.
    Found(Box<Request>),
    /// It could not be told, and why.
    Open(String),
}

impl Verdict {
    /// The stronger of two: a request, else a doubt.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (found @ Self::Found(_), _) | (_, found @ Self::Found(_)) => found,
            (open @ Self::Open(_), _) | (_, open @ Self::Open(_)) => open,
            (Self::Proven, Self::Proven) => Self::Proven,
        }
    }

    pub(super) const fn is_found(&self) -> bool {
        matches!(self, Self::Found(_))
    }
}

/// Statements that must take a request, and those that must not.
pub(super) struct Query<'p> {
    pub(super) must: Vec<Piece<'p>>,
    pub(super) avoid: Vec<Piece<'p>>,
    pub(super) goal: Goal,
    pub(super) from: &'p [&'p PolicyDocument],
    pub(super) to: &'p [&'p PolicyDocument],
}

/// What a statement adds: actions on some of its resources.
#[derive(Debug, Clone)]
pub(super) struct Added<'p> {
    pub(super) piece: Piece<'p>,
    pub(super) denied: bool,
    /// Patterns as written.
    pub(super) patterns: Vec<&'p str>,
    /// Known actions, by their places in the catalogue.
    pub(super) known: Vec<usize>,
    /// All known actions but these.
    pub(super) all_but: Option<Vec<usize>>,
    /// Patterns of which only actions that are not in the catalogue are added.
    pub(super) unknown: Vec<&'p str>,
    /// Places in the statement's list of resources.
    pub(super) resources: Vec<usize>,
}

/// The answer for one set of statements that take an action.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    pub(super) verdict: Verdict,
    pub(super) resources: Vec<usize>,
}

/// One comparison's state.
pub(super) struct Search<'p> {
    kind: Kind,
    layer: Layer,
    everybody: Vec<Piece<'p>>,
    tests: Tests<'p>,
    letters: Letters,
    candidates: Option<Rc<Candidates>>,
    pub(super) purse: Purse,
    /// Requests that were found and not confirmed: faults of this module.
    pub(super) unconfirmed: Vec<Request>,
}

pub(super) const SPENT: &str = "the budget of the comparison ran out";

impl<'p> Search<'p> {
    pub(super) fn new(kind: Kind, everybody: Vec<Piece<'p>>, budget: &Budget) -> Self {
        Self {
            kind,
            layer: kind.layer(),
            everybody,
            tests: Tests::default(),
            letters: Letters::default(),
            candidates: None,
            purse: Purse::new(budget),
            unconfirmed: Vec::new(),
        }
    }

    /// Looks at every action of the first statement that must take the request.
    pub(super) fn run(&mut self, query: &Query<'p>) -> (Verdict, Vec<Added<'p>>) {
        let first = query.must[0];
        if self.purse.spend(query.avoid.len() as u64 / 4).is_err() {
            return (Verdict::Open(SPENT.to_owned()), Vec::new());
        }
        let killers: Vec<usize> = (0..query.avoid.len())
            .filter(|at| query.must.iter().any(|must| query.avoid[*at].dominates(must)))
            .collect();
        let mut leaves: HashMap<Bits, Leaf> = HashMap::new();
        let mut verdict = Verdict::Proven;
        let mut added: BTreeMap<Vec<usize>, Added<'p>> = BTreeMap::new();
        let names = first.actions();
        let patterns: Vec<&'p str> =
            if names.except { vec!["*"] } else { names.patterns.iter().map(String::as_str).collect() };
        for wanted in patterns {
            let classes = match Classes::of(wanted, query, &killers, &mut self.purse) {
                Ok(Some(classes)) => classes,
                Ok(None) => continue,
                Err(Spent) => return (verdict.or(Verdict::Open(SPENT.to_owned())), added.into_values().collect()),
            };
            let Ok(known) = classes.known(&mut self.purse) else {
                return (verdict.or(Verdict::Open(SPENT.to_owned())), added.into_values().collect());
            };
            let mut gained: Vec<(Class, Leaf)> = Vec::new();
            let (mut all, mut seen_open) = (true, false);
            let mut kept: Vec<usize> = Vec::new();
            for class in known {
                let leaf = self.cached(query, &mut leaves, &class);
                verdict = verdict.or(leaf.verdict.clone());
                seen_open |= matches!(leaf.verdict, Verdict::Open(_));
                if leaf.verdict.is_found() {
                    gained.push((class, leaf));
                } else {
                    all = false;
                    kept.extend(&class.members);
                }
            }
            let mut add = |resources: &[usize], put: &mut dyn FnMut(&mut Added<'p>)| {
                let entry = added.entry(resources.to_vec()).or_insert_with(|| Added {
                    piece: first,
                    denied: query.goal != Goal::Allowed,
                    patterns: Vec::new(),
                    known: Vec::new(),
                    all_but: None,
                    unknown: Vec::new(),
                    resources: resources.to_vec(),
                });
                put(entry);
            };
            if gained.is_empty() {
                if classes.is_partial() && !seen_open {
                    let (symbolic, resources) = self.symbolic(query, &classes, &mut leaves);
                    if symbolic.is_found() {
                        add(&resources, &mut |entry| entry.unknown.push(wanted));
                    }
                    verdict = verdict.or(symbolic);
                }
                continue;
            }
            let same = gained.iter().all(|(_, leaf)| leaf.resources == gained[0].1.resources);
            if all && same && !names.except {
                add(&gained[0].1.resources, &mut |entry| entry.patterns.push(wanted));
                continue;
            }
            for (class, leaf) in gained {
                add(&leaf.resources, &mut |entry| {
                    if class.rest {
                        entry.all_but.get_or_insert_default().extend(&kept);
                    } else {
                        entry.known.extend(&class.members);
                    }
                });
            }
        }
        (verdict, added.into_values().collect())
    }

    fn cached(&mut self, query: &Query<'p>, leaves: &mut HashMap<Bits, Leaf>, class: &Class) -> Leaf {
        if let Some(leaf) = leaves.get(&class.taken_by) {
            return leaf.clone();
        }
        let leaf = self.leaf(query, &class.taken_by, &class.example);
        leaves.insert(class.taken_by.clone(), leaf.clone());
        leaf
    }

    /// Actions that are not in the catalogue.
    fn symbolic(
        &mut self,
        query: &Query<'p>,
        classes: &Classes<'p>,
        leaves: &mut HashMap<Bits, Leaf>,
    ) -> (Verdict, Vec<usize>) {
        let mut part = self.purse.part();
        let given = part.left();
        let found = classes.symbolic(&mut part);
        self.purse.charge(given, &part);
        let Ok(found) = found else {
            return (Verdict::Open(classes.why_open()), Vec::new());
        };
        let mut verdict = Verdict::Proven;
        let mut proven: Vec<Bits> = Vec::new();
        for class in found {
            if self.purse.spend(1 + proven.len() as u64 / 16).is_err() {
                return (verdict.or(Verdict::Open(SPENT.to_owned())), Vec::new());
            }
            if proven.iter().any(|less| less.within(&class.taken_by)) {
                continue;
            }
            let leaf = self.cached(query, leaves, &class);
            match leaf.verdict {
                Verdict::Found(_) => return (leaf.verdict, leaf.resources),
                Verdict::Proven => proven.push(class.taken_by),
                open @ Verdict::Open(_) => verdict = verdict.or(open),
            }
        }
        (verdict, Vec::new())
    }

    /// The other dimensions, for actions that these statements to avoid take.
    fn leaf(&mut self, query: &Query<'p>, taken_by: &Bits, action: &str) -> Leaf {
        let avoid: Vec<Piece<'p>> = taken_by.iter().map(|at| query.avoid[at]).collect();
        let anywhere = |piece: &Piece<'p>| {
            piece.dominates(&query.must[0]) || query.must.get(1).is_some_and(|must| piece.dominates(must))
        };
        if avoid.iter().any(anywhere) {
            return Leaf { verdict: Verdict::Proven, resources: Vec::new() };
        }
        let variables = self.variables(query, &avoid);
        let readings = readings(&variables, query, &avoid);
        let bases = bases(&query.must[0]);
        let mut leaf = Leaf { verdict: Verdict::Proven, resources: Vec::new() };
        let mut look = Look { query, avoid: &avoid, action, variables: &variables, murky: false, read: Vec::new() };
        for (at, base) in bases.iter().enumerate() {
            let mut own = Verdict::Proven;
            for reading in &readings {
                own = own.or(self.on_base(&mut look, base, reading, Mode::Strict));
                if own.is_found() {
                    break;
                }
            }
            if !own.is_found() && (look.murky || !variables.is_empty()) {
                let reading = if variables.is_empty() { readings[0].clone() } else { Reading::Letters };
                own = own.or(self.on_base(&mut look, base, &reading, Mode::Lenient));
            }
            if own.is_found() {
                leaf.resources.push(at);
            }
            leaf.verdict = leaf.verdict.or(own);
            if self.purse.left() == 0 {
                leaf.verdict = leaf.verdict.or(Verdict::Open(SPENT.to_owned()));
                break;
            }
        }
        leaf
    }

    /// Keys that stand in variables of the statements looked at.
    fn variables(&self, query: &Query<'p>, avoid: &[Piece<'p>]) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for piece in query.must.iter().chain(avoid) {
            let version = &piece.document.version;
            if version != "2012-10-17" {
                continue;
            }
            let names = piece.resources().map_or(&[][..], |names| names.patterns);
            let values = piece.statement.condition.values().flat_map(BTreeMap::values).flatten();
            for text in names.iter().chain(values).filter(|text| has_variables(version, text)) {
                found.extend(keys(text));
            }
        }
        found
    }

    fn on_base(&mut self, look: &mut Look<'_, 'p>, base: &Base<'p>, reading: &Reading, mode: Mode) -> Verdict {
        let query = look.query;
        let first = query.must[0];
        let glob = match base.pattern {
            Some(text) if has_variables(&first.document.version, text) => match self.letters.resource(text, reading) {
                Some(glob) => glob,
                None => return Verdict::Proven,
            },
            Some(text) => Glob::resource(text),
            None => Glob::resource("*"),
        };
        let Ok(read) = self.read(look, reading) else { return Verdict::Open(SPENT.to_owned()) };
        let (mut required, sets) = (read.required.clone(), &read.sets);
        if base.pattern.is_none() {
            required.push(self.resources(&first, reading));
        }
        look.murky |= required.iter().chain(sets).any(|set| set.uncertain);
        if mode == Mode::Strict && required.iter().any(|set| set.uncertain) {
            return Verdict::Proven;
        }
        let within = Within {
            base: &glob,
            everything: base.pattern.is_none_or(pattern::is_everything),
            required: &required,
            sets,
            letters: *reading == Reading::Letters,
            action: look.action,
        };
        let mut part = self.purse.part();
        let given = part.left();
        let kinds = within.kinds(&mut part);
        self.purse.charge(given, &part);
        let Ok(kinds) = kinds else { return Verdict::Open(SPENT.to_owned()) };
        let mut verdict = Verdict::Proven;
        let mut proven: Vec<Bits> = Vec::new();
        for kind in kinds {
            let mut taken = kind.taken_by.clone();
            for (at, _) in sets.iter().enumerate().filter(|(_, set)| set.uncertain) {
                if mode == Mode::Strict { taken.set(at) } else { taken.clear(at) }
            }
            if self.purse.spend(1 + proven.len() as u64 / 16).is_err() {
                return verdict.or(Verdict::Open(SPENT.to_owned()));
            }
            if proven.iter().any(|less| less.within(&taken)) {
                continue;
            }
            match self.by_somebody(look, &taken, &kind.text, reading, mode) {
                Verdict::Proven => proven.push(taken),
                found @ Verdict::Found(_) => return found,
                open @ Verdict::Open(_) => verdict = verdict.or(open),
            }
        }
        verdict
    }

    fn read(&mut self, look: &mut Look<'_, 'p>, reading: &Reading) -> Result<Rc<Sets>, Spent> {
        if let Some((_, sets)) = look.read.iter().find(|(of, _)| of == reading) {
            return Ok(Rc::clone(sets));
        }
        let pieces = look.query.must[1..].iter().chain(look.avoid);
        let patterns: usize = pieces.map(|piece| piece.resources().map_or(1, |names| 1 + names.patterns.len())).sum();
        self.purse.spend(patterns as u64)?;
        let required = look.query.must[1..].iter().map(|piece| self.resources(piece, reading)).collect();
        let sets = look.avoid.iter().map(|piece| self.resources(piece, reading)).collect();
        let sets = Rc::new(Sets { required, sets });
        look.read.push((reading.clone(), Rc::clone(&sets)));
        Ok(sets)
    }

    fn resources(&mut self, piece: &Piece<'p>, reading: &Reading) -> Resources {
        let deny = piece.statement.effect == "Deny";
        let mut read = Resources::read(piece.resources(), &piece.document.version, deny, &mut self.letters, reading);
        read.uncertain |= piece.resources().is_none() && self.layer != Layer::Resource;
        read
    }

    /// Who may ask, and in which context.
    fn by_somebody(
        &mut self,
        look: &mut Look<'_, 'p>,
        taken: &Bits,
        resource: &str,
        reading: &Reading,
        mode: Mode,
    ) -> Verdict {
        let all = self.candidates();
        let mut extra = Vec::new();
        if let Reading::Values(values) = reading
            && let Some(name) = values.get("aws:username")
        {
            extra.push(user(self.kind, name));
        }
        let must: Vec<TestId> = look.query.must.iter().flat_map(Piece::tests).map(|test| self.tests.id(test)).collect();
        if self.purse.spend(1).is_err() {
            return Verdict::Open(SPENT.to_owned());
        }
        let mut verdict = if all.whole { Verdict::Proven } else { Verdict::Open(SPENT.to_owned()) };
        for candidate in all.candidates.iter().chain(&extra) {
            if self.purse.spend(1 + u64::from(taken.count())).is_err() {
                return verdict.or(Verdict::Open(SPENT.to_owned()));
            }
            let own = self.by(look, candidate, taken, &must, resource, reading, mode);
            if own.is_found() {
                return own;
            }
            verdict = verdict.or(own);
        }
        verdict
    }

    fn candidates(&mut self) -> Rc<Candidates> {
        if let Some(candidates) = &self.candidates {
            return Rc::clone(candidates);
        }
        let found = Rc::new(candidates(self.kind, self.everybody.iter(), &mut self.purse));
        self.candidates = Some(Rc::clone(&found));
        found
    }

    #[expect(clippy::too_many_arguments, reason = "the coordinates of one point of the search")]
    fn by(
        &mut self,
        look: &mut Look<'_, 'p>,
        candidate: &Candidate,
        taken: &Bits,
        must: &[TestId],
        resource: &str,
        reading: &Reading,
        mode: Mode,
    ) -> Verdict {
        for piece in &look.query.must {
            match named(piece.statement, &candidate.principal).truth {
                Truth::Yes => {}
                Truth::No => return Verdict::Proven,
                Truth::Depends(_) => {
                    look.murky = true;
                    if mode == Mode::Strict {
                        return Verdict::Proven;
                    }
                }
            }
        }
        let mut avoid = Vec::new();
        for at in taken.iter() {
            let piece = look.avoid[at];
            let takes = match named(piece.statement, &candidate.principal).truth {
                Truth::Yes => true,
                Truth::No => false,
                Truth::Depends(_) => {
                    look.murky = true;
                    mode == Mode::Strict
                }
            };
            if !takes {
                continue;
            }
            if !piece.has_tests() {
                return Verdict::Proven;
            }
            avoid.push(piece.tests().map(|test| self.tests.id(test)).collect::<Vec<TestId>>());
        }
        let Some(fixed) = fixed(candidate, look.variables, reading) else { return Verdict::Proven };
        look.murky |= self.tests.any_unknown(must) || avoid.iter().any(|group| self.tests.any_unknown(group));
        let asked = Asked { must, avoid: &avoid, fixed: &fixed, reading, mode };
        let mut part = self.purse.part();
        let given = part.left();
        let found = self.tests.search(&asked, &mut part);
        self.purse.charge(given, &part);
        match found {
            Err(_) | Ok(Found::Open) => Verdict::Open(SPENT.to_owned()),
            Ok(Found::None) => Verdict::Proven,
            Ok(Found::Values(_)) if mode == Mode::Lenient => Verdict::Open(look.why()),
            Ok(Found::Values(values)) => self.found(look, &candidate.principal, resource, values, reading),
        }
    }

    fn found(
        &mut self,
        look: &Look<'_, 'p>,
        principal: &Principal,
        resource: &str,
        mut values: Vec<(String, KeyValue)>,
        reading: &Reading,
    ) -> Verdict {
        if let Reading::Values(chosen) = reading {
            values.extend(chosen.iter().map(|(key, value)| (key.clone(), KeyValue::Known(vec![value.clone()]))));
        }
        let request = request(principal.clone(), look.action, resource, values);
        let query = look.query;
        if confirmed(query.goal, self.layer, query.from, query.to, &request) {
            return Verdict::Found(Box::new(request));
        }
        self.unconfirmed.push(request);
        Verdict::Open(
            "a request was found that the evaluator does not confirm: the witness was not confirmed".to_owned(),
        )
    }
}

/// The resources of the statements of one look.
struct Sets {
    required: Vec<Resources>,
    sets: Vec<Resources>,
}

/// What one look is about.
struct Look<'l, 'p> {
    query: &'l Query<'p>,
    avoid: &'l [Piece<'p>],
    action: &'l str,
    variables: &'l BTreeSet<String>,
    /// Something was met whose meaning is not certain.
    murky: bool,
    /// The resources of the statements, by reading.
    read: Vec<(Reading, Rc<Sets>)>,
}

impl Look<'_, '_> {
    fn why(&self) -> String {
        if self.variables.is_empty() {
            "the meaning of a statement is not certain: NotPrincipal, a canonical user or an operator that is not known, or no Resource"
                .to_owned()
        } else {
            let names: Vec<&str> = self.variables.iter().map(String::as_str).collect();
            format!("it depends on the values of policy variables: {}", names.join(", "))
        }
    }
}

/// One pattern of the resources, or all of them for `NotResource` and where there are none.
struct Base<'p> {
    pattern: Option<&'p str>,
}

fn bases<'p>(piece: &Piece<'p>) -> Vec<Base<'p>> {
    match piece.resources() {
        Some(names) if !names.except => names.patterns.iter().map(|name| Base { pattern: Some(name) }).collect(),
        _ => vec![Base { pattern: None }],
    }
}

/// Keys that are fixed by who asks and by the reading of variables; none where these differ.
fn fixed(candidate: &Candidate, variables: &BTreeSet<String>, reading: &Reading) -> Option<BTreeMap<String, KeyValue>> {
    let mut fixed = candidate.fixed.clone();
    let Reading::Values(values) = reading else { return Some(fixed) };
    for key in variables {
        let wanted = values.get(key).map_or(KeyValue::Absent, |value| KeyValue::Known(vec![value.clone()]));
        match fixed.get(key) {
            Some(KeyValue::Present) if wanted == KeyValue::Absent => return None,
            Some(KeyValue::Known(_) | KeyValue::Absent) if fixed.get(key) != Some(&wanted) => return None,
            _ => _ = fixed.insert(key.clone(), wanted),
        }
    }
    Some(fixed)
}

const MOST_READINGS: usize = 8;
const MOST_NAMES: usize = 50;

/// Values of variables worth a look: an example, those that other patterns and conditions name,
/// and none.
fn readings(variables: &BTreeSet<String>, query: &Query<'_>, avoid: &[Piece<'_>]) -> Vec<Reading> {
    if variables.is_empty() {
        return vec![Reading::Values(BTreeMap::new())];
    }
    let example = |key: &str| match key {
        "aws:principalaccount" | "aws:sourceaccount" | "aws:resourceaccount" => "111122223333".to_owned(),
        "aws:principaltype" => "User".to_owned(),
        _ => "example".to_owned(),
    };
    let examples: BTreeMap<String, String> = variables.iter().map(|key| (key.clone(), example(key))).collect();
    let mut found = vec![examples.clone()];
    let pieces: Vec<&Piece<'_>> = query.must.iter().chain(avoid).collect();
    let names: Vec<&String> =
        pieces.iter().filter_map(|piece| piece.resources()).flat_map(|names| names.patterns).collect();
    let with: Vec<&&String> = names.iter().filter(|name| name.contains("${")).take(MOST_NAMES).collect();
    let mut propose = |key: String, value: String| {
        let mut values = examples.clone();
        values.insert(key, value);
        if found.len() < MOST_READINGS && !found.contains(&values) {
            found.push(values);
        }
    };
    for name in names.iter().filter(|name| !name.contains("${")).take(MOST_NAMES) {
        let text: String = name.replace('*', "").replace('?', "x");
        with.iter().filter_map(|pattern| value_in(pattern, &text)).for_each(|(key, value)| propose(key, value));
    }
    for test in pieces.iter().flat_map(|piece| piece.tests()).filter(|test| variables.contains(test.key)) {
        for value in test.values.iter().filter(|value| pattern::is_literal(value) && !value.contains("${")) {
            propose(test.key.to_owned(), value.clone());
        }
    }
    found.push(BTreeMap::new());
    found.into_iter().map(Reading::Values).collect()
}
