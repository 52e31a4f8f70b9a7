//! The kinds of action that statements tell apart, within one pattern: first over the actions AWS
//! documents, then over all names there could be.

use std::collections::BTreeMap;

use super::automaton::{Bits, Union, kinds};
use super::budget::{Purse, Spent};
use super::glob::Glob;
use super::search::Query;
use super::space::{Hit, Names};
use crate::policy::catalog::{Action, catalog};
use crate::policy::pattern;

/// Actions that the same statements take.
#[derive(Debug, Clone)]
pub(super) struct Class {
    pub(super) example: String,
    /// Places in the catalogue.
    pub(super) members: Vec<usize>,
    /// Which of the statements to avoid take them.
    pub(super) taken_by: Bits,
}

/// A pattern of actions and how the statements stand to it.
pub(super) struct Classes<'p> {
    wanted: &'p str,
    glob: Option<Glob>,
    /// Of the statements that must take the action: those that take only a part.
    required: Vec<(Names<'p>, Vec<&'p str>)>,
    /// Of those to avoid: whether they take all, and if only a part, by which patterns.
    all: Bits,
    part: Vec<(usize, Names<'p>, Vec<&'p str>)>,
}

impl<'p> Classes<'p> {
    /// None where no action of the pattern is in question: one statement to avoid, which is known
    /// to take all else, takes all, or one that must take them takes none.
    pub(super) fn of(wanted: &'p str, query: &Query<'p>, killers: &[usize]) -> Option<Self> {
        let glob = (!pattern::is_literal(wanted)).then(|| Glob::action(wanted));
        let stand = |names: &Names<'p>| match &glob {
            Some(glob) => names.stand_to(wanted, glob),
            None if names.take_action(wanted) => Hit::All,
            None => Hit::None,
        };
        let killed = |at: &usize| stand(&query.avoid[*at].actions()) == Hit::All;
        if killers.iter().any(killed) {
            return None;
        }
        let mut classes =
            Self { wanted, glob: None, required: Vec::new(), all: Bits::new(query.avoid.len()), part: Vec::new() };
        // The statement the pattern is from takes it, unless it is everything but some.
        let first = query.must.first().filter(|piece| piece.actions().except);
        for piece in query.must.iter().skip(1).chain(first) {
            let names = piece.actions();
            match stand(&names) {
                Hit::All => {}
                Hit::None => return None,
                Hit::Part(by) => classes.required.push((names, by)),
            }
        }
        for (at, piece) in query.avoid.iter().enumerate() {
            let names = piece.actions();
            match stand(&names) {
                Hit::All => classes.all.set(at),
                Hit::None => {}
                Hit::Part(by) => classes.part.push((at, names, by)),
            }
        }
        classes.glob = glob;
        Some(classes)
    }

    pub(super) fn is_partial(&self) -> bool {
        !self.required.is_empty() || !self.part.is_empty()
    }

    /// The documented actions by which statements take them; without any, the pattern itself.
    pub(super) fn known(&self, _query: &Query<'p>) -> Vec<Class> {
        if self.glob.is_none() {
            return vec![self.whole(self.wanted.to_owned())];
        }
        if !self.is_partial() {
            return vec![self.whole(self.example())];
        }
        let catalog = catalog();
        let mut classes: BTreeMap<Bits, Class> = BTreeMap::new();
        for at in catalog.positions(self.wanted) {
            let Some(action) = catalog.actions().get(at) else { continue };
            let name = name_of(action);
            if !self.required.iter().all(|(names, by)| takes(names, by, &name)) {
                continue;
            }
            let mut taken_by = self.all.clone();
            for (place, names, by) in &self.part {
                if takes(names, by, &name) {
                    taken_by.set(*place);
                }
            }
            let class = classes.entry(taken_by.clone()).or_insert_with(|| Class {
                example: name,
                members: Vec::new(),
                taken_by,
            });
            class.members.push(at);
        }
        classes.into_values().collect()
    }

    fn whole(&self, example: String) -> Class {
        let members = catalog().position(&example).into_iter().collect();
        Class { example, members, taken_by: self.all.clone() }
    }

    /// A documented action of the pattern, else one it takes.
    fn example(&self) -> String {
        if matches!(self.wanted, "*" | "*:*") {
            return "s3:getobject".to_owned();
        }
        if let Some(action) = catalog().expand(self.wanted).first() {
            return name_of(action);
        }
        let name = self.wanted.replace('*', "example").replace('?', "x");
        if name.contains(':') { name } else { format!("{name}:example") }
    }

    /// Kinds of names there could be, those that fewer statements take first.
    pub(super) fn symbolic(&self, query: &Query<'p>, purse: &mut Purse) -> Result<Vec<Class>, Spent> {
        let Some(glob) = &self.glob else { return Ok(Vec::new()) };
        let read = |by: &[&str]| by.iter().map(|pattern| Glob::action(pattern)).collect::<Vec<Glob>>();
        let names = self.required.iter().map(|(names, by)| (names, by));
        let names: Vec<(&Names<'p>, &Vec<&'p str>)> =
            names.chain(self.part.iter().map(|(_, names, by)| (names, by))).collect();
        let globs: Vec<Vec<Glob>> = names.iter().map(|(_, by)| read(by)).collect();
        let lists: Vec<Vec<&Glob>> = globs.iter().map(|globs| globs.iter().collect()).collect();
        let sets: Vec<Union<'_>> = lists.iter().map(|globs| Union { globs, loose: false }).collect();
        let found = kinds(glob, &sets, &Bits::new(sets.len()), purse)?;
        let mut classes = Vec::new();
        for kind in found {
            let takes = |at: usize| kind.held.has(at) != names[at].0.except;
            if !(0..self.required.len()).all(takes) {
                continue;
            }
            let mut taken_by = self.all.clone();
            for (at, (place, ..)) in self.part.iter().enumerate() {
                if takes(self.required.len() + at) {
                    taken_by.set(*place);
                }
            }
            classes.push(Class { example: kind.text, members: Vec::new(), taken_by });
        }
        classes.sort_by_key(|class| class.taken_by.count());
        let _ = query;
        Ok(classes)
    }

    /// Why names that are not documented were not all looked at.
    pub(super) fn why_open(&self) -> String {
        let catalog = catalog();
        format!(
            "proven for the known actions of {} (catalogue of {}); for others the budget of the comparison ran out",
            self.wanted,
            catalog.date()
        )
    }
}

fn takes(names: &Names<'_>, by: &[&str], action: &str) -> bool {
    by.iter().any(|pattern| pattern::action_matches(pattern, action)) != names.except
}

/// `s3:getobject`.
fn name_of(action: &Action) -> String {
    format!("{}:{}", action.service().prefix(), action.name()).to_ascii_lowercase()
}
