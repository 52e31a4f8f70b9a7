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
use super::conditions::{Mode, Tests};
use super::glob::Glob;
use super::principals::Candidates;
use super::readings::{readings, variables_of};
use super::resources::{self, Resources, Sorted, Within};
use super::space::Piece;
use super::variables::{Letters, Reading, has_variables};
use super::witness::Goal;
use crate::model::PolicyDocument;
use crate::policy::{Layer, Request, pattern};

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

/// What one run has seen so far.
struct Looked<'p> {
    leaves: HashMap<Bits, Leaf>,
    verdict: Verdict,
    /// By the resources of the statement.
    added: BTreeMap<Vec<usize>, Added<'p>>,
}

impl<'p> Looked<'p> {
    fn add(&mut self, verdict: &Verdict) {
        if !self.verdict.is_found() {
            self.verdict = std::mem::replace(&mut self.verdict, Verdict::Proven).or(verdict.clone());
        }
    }

    fn doubt(&mut self, why: &str) {
        self.add(&Verdict::Open(why.to_owned()));
    }

    fn entry(&mut self, query: &Query<'p>, resources: &[usize]) -> &mut Added<'p> {
        self.added.entry(resources.to_vec()).or_insert_with(|| Added {
            piece: query.must[0],
            denied: query.goal != Goal::Allowed,
            patterns: Vec::new(),
            known: Vec::new(),
            all_but: None,
            unknown: Vec::new(),
            resources: resources.to_vec(),
        })
    }
}

/// Those to avoid that take all else a statement takes, so that their actions are out of question.
fn killers(query: &Query<'_>) -> Vec<usize> {
    let kills = |piece: &Piece<'_>| query.must.iter().any(|must| piece.dominates(must));
    (0..query.avoid.len()).filter(|at| kills(&query.avoid[*at])).collect()
}

/// One comparison's state.
pub(super) struct Search<'p> {
    pub(super) kind: Kind,
    pub(super) layer: Layer,
    pub(super) everybody: Vec<Piece<'p>>,
    pub(super) tests: Tests<'p>,
    letters: Letters,
    pub(super) candidates: Option<Rc<Candidates>>,
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
        let mut look = Looked { leaves: HashMap::new(), verdict: Verdict::Proven, added: BTreeMap::new() };
        let looked = match self.purse.spend(query.avoid.len() as u64 / 4) {
            Ok(()) => {
                let killers = killers(query);
                let names = first.actions();
                let mut patterns: Vec<&'p str> = vec!["*"];
                if !names.except {
                    patterns = names.patterns.iter().map(String::as_str).collect();
                    for killer in &killers {
                        query.avoid[*killer].actions().strike(&mut patterns);
                    }
                }
                patterns.into_iter().try_for_each(|wanted| self.pattern(query, &killers, wanted, &mut look))
            }
            spent => spent,
        };
        if looked.is_err() {
            look.doubt(SPENT);
        }
        (look.verdict, look.added.into_values().collect())
    }

    /// Looks at the actions of one pattern.
    fn pattern(
        &mut self,
        query: &Query<'p>,
        killers: &[usize],
        wanted: &'p str,
        look: &mut Looked<'p>,
    ) -> Result<(), Spent> {
        let Some(classes) = Classes::of(wanted, query, killers, &mut self.purse)? else { return Ok(()) };
        let mut gained: Vec<(Class, Leaf)> = Vec::new();
        let (mut kept, mut open, mut all): (Vec<usize>, bool, bool) = (Vec::new(), false, true);
        for class in classes.known(&mut self.purse)? {
            let leaf = self.cached(query, &mut look.leaves, &class);
            look.add(&leaf.verdict);
            open |= matches!(leaf.verdict, Verdict::Open(_));
            if leaf.verdict.is_found() {
                gained.push((class, leaf));
            } else {
                all = false;
                kept.extend(&class.members);
            }
        }
        let Some((_, some)) = gained.first() else {
            if classes.is_partial() && !open {
                let (verdict, resources) = self.symbolic(query, &classes, &mut look.leaves);
                if verdict.is_found() {
                    look.entry(query, &resources).unknown.push(wanted);
                }
                look.add(&verdict);
            }
            return Ok(());
        };
        let same = gained.iter().all(|(_, leaf)| leaf.resources == some.resources);
        if all && same && !query.must[0].actions().except {
            let resources = some.resources.clone();
            look.entry(query, &resources).patterns.push(wanted);
            return Ok(());
        }
        for (class, leaf) in gained {
            let entry = look.entry(query, &leaf.resources);
            if class.rest {
                entry.all_but.get_or_insert_default().extend(&kept);
            } else {
                entry.known.extend(&class.members);
            }
        }
        Ok(())
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
        let variables = variables_of(query, &avoid);
        let readings = readings(&variables, query, &avoid);
        let bases = bases(&query.must[0]);
        let mut leaf = Leaf { verdict: Verdict::Proven, resources: Vec::new() };
        let mut look = Look { query, avoid: &avoid, action, variables: &variables, murky: false, read: Vec::new() };
        for base in &bases {
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
            if own.is_found() && leaf.resources.last() != Some(&base.at) {
                leaf.resources.push(base.at);
            }
            leaf.verdict = leaf.verdict.or(own);
            if self.purse.left() == 0 {
                leaf.verdict = leaf.verdict.or(Verdict::Open(SPENT.to_owned()));
                break;
            }
        }
        leaf
    }

    fn on_base(&mut self, look: &mut Look<'_, 'p>, base: &Base<'p>, reading: &Reading, mode: Mode) -> Verdict {
        let query = look.query;
        let first = query.must[0];
        let glob = match base.pattern {
            Some(text) if has_variables(&first.document.version, text) => match self.letters.resource(text, reading) {
                Some(glob) => glob,
                None => return Verdict::Proven,
            },
            Some(text) if base.as_it_stands => match Glob::resource_as_it_stands(text) {
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
        if base.as_it_stands {
            required.push(Resources::arns());
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
        let Ok(sorted) = Sorted::new(&within, &mut self.purse) else { return Verdict::Open(SPENT.to_owned()) };
        let uncertain: Vec<usize> = (0..sets.len()).filter(|at| sets[*at].uncertain).collect();
        let mut proven: Vec<Bits> = Vec::new();
        if let Some(mut always) = sorted.at_least() {
            // What even the sets that take every kind leave nothing of, needs no further look.
            for at in &uncertain {
                always.clear(*at);
            }
            if self.by_somebody(look, &always, "*", reading, Mode::Lenient) == Verdict::Proven {
                return Verdict::Proven;
            }
            if let Some(plain) = sorted.plain() {
                let verdict = self.on_kind(look, &plain, &uncertain, &mut proven, reading, mode);
                if verdict.is_found() {
                    return verdict;
                }
            }
        }
        let mut part = self.purse.part();
        let given = part.left();
        let kinds = sorted.kinds(&mut part);
        self.purse.charge(given, &part);
        let Ok(kinds) = kinds else { return Verdict::Open(SPENT.to_owned()) };
        let mut verdict = Verdict::Proven;
        for kind in kinds {
            verdict = verdict.or(self.on_kind(look, &kind, &uncertain, &mut proven, reading, mode));
            if verdict.is_found() {
                break;
            }
        }
        verdict
    }

    /// Looks at one kind of resource, unless more than it has been looked at in vain.
    fn on_kind(
        &mut self,
        look: &mut Look<'_, 'p>,
        kind: &resources::Kind,
        uncertain: &[usize],
        proven: &mut Vec<Bits>,
        reading: &Reading,
        mode: Mode,
    ) -> Verdict {
        let mut taken = kind.taken_by.clone();
        for at in uncertain {
            if mode == Mode::Strict {
                taken.set(*at);
            } else {
                taken.clear(*at);
            }
        }
        if self.purse.spend(1 + proven.len() as u64 / 16).is_err() {
            return Verdict::Open(SPENT.to_owned());
        }
        if proven.iter().any(|less| less.within(&taken)) {
            return Verdict::Proven;
        }
        let verdict = self.by_somebody(look, &taken, &kind.text, reading, mode);
        if verdict == Verdict::Proven {
            proven.push(taken);
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
}

/// The resources of the statements of one look.
pub(super) struct Sets {
    required: Vec<Resources>,
    sets: Vec<Resources>,
}

/// What one look is about.
pub(super) struct Look<'l, 'p> {
    pub(super) query: &'l Query<'p>,
    pub(super) avoid: &'l [Piece<'p>],
    pub(super) action: &'l str,
    pub(super) variables: &'l BTreeSet<String>,
    /// Something was met whose meaning is not certain.
    pub(super) murky: bool,
    /// The resources of the statements, by reading.
    pub(super) read: Vec<(Reading, Rc<Sets>)>,
}

impl Look<'_, '_> {
    pub(super) fn why(&self) -> String {
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
    /// Its place in the list.
    at: usize,
    pattern: Option<&'p str>,
    /// Read as [`Glob::resource_as_it_stands`].
    as_it_stands: bool,
}

fn bases<'p>(piece: &Piece<'p>) -> Vec<Base<'p>> {
    let Some(names) = piece.resources().filter(|names| !names.except) else {
        return vec![Base { at: 0, pattern: None, as_it_stands: false }];
    };
    let of = |(at, name): (usize, &'p String)| {
        let base = |as_it_stands| Base { at, pattern: Some(name.as_str()), as_it_stands };
        let short = Glob::resource_as_it_stands(name).is_some();
        [Some(base(false)), short.then(|| base(true))].into_iter().flatten()
    };
    names.patterns.iter().enumerate().flat_map(of).collect()
}
