//! The kinds of action that statements tell apart, within one pattern: first over the actions AWS
//! documents, then over all names there could be.

use std::collections::{BTreeSet, HashMap};

use super::automaton::{Bits, Union, kinds};
use super::budget::{Purse, Spent};
use super::glob::Glob;
use super::search::Query;
use super::space::{Actions, Hit, Piece, service_of};
use crate::policy::catalog::{Action, catalog};
use crate::policy::pattern;

/// Actions that the same statements take.
#[derive(Debug, Clone)]
pub(super) struct Class {
    pub(super) example: String,
    /// Places in the catalogue.
    pub(super) members: Vec<usize>,
    /// Stands for all services that no statement names.
    pub(super) rest: bool,
    /// Which of the statements to avoid take them.
    pub(super) taken_by: Bits,
}

/// A pattern of actions and how the statements stand to it.
pub(super) struct Classes<'p> {
    wanted: &'p str,
    glob: Option<Glob>,
    /// Of the statements that must take the action: those that take only a part, and by which
    /// patterns.
    required: Vec<Part<'p>>,
    /// Of those to avoid: whether they take all, and those that take only a part.
    all: Bits,
    part: Vec<(usize, Part<'p>)>,
}

struct Part<'p> {
    actions: Actions<'p>,
    by: Vec<&'p str>,
}

impl<'p> Classes<'p> {
    /// None where no action of the pattern is in question: one statement to avoid, which is known
    /// to take all else, takes all, or one that must take them takes none.
    pub(super) fn of(
        wanted: &'p str,
        query: &Query<'p>,
        killers: &[usize],
        purse: &mut Purse,
    ) -> Result<Option<Self>, Spent> {
        let glob = (!pattern::is_literal(wanted)).then(|| Glob::action(wanted));
        let mut stand = |piece: &Piece<'p>| {
            let mut work = 1;
            let hit = piece.actions().stand_to(wanted, glob.as_ref(), &mut work);
            purse.spend(work).map(|()| hit)
        };
        for at in killers {
            if stand(&query.avoid[*at])? == Hit::All {
                return Ok(None);
            }
        }
        let mut classes =
            Self { wanted, glob: None, required: Vec::new(), all: Bits::new(query.avoid.len()), part: Vec::new() };
        // The statement the pattern is from takes it, unless it is everything but some.
        let first = query.must.first().filter(|piece| piece.actions().except);
        for piece in query.must.iter().skip(1).chain(first) {
            match stand(piece)? {
                Hit::All => {}
                Hit::None => return Ok(None),
                Hit::Part(by) => classes.required.push(Part { actions: piece.actions(), by }),
            }
        }
        for (at, piece) in query.avoid.iter().enumerate() {
            match stand(piece)? {
                Hit::All => classes.all.set(at),
                Hit::None => {}
                Hit::Part(by) => classes.part.push((at, Part { actions: piece.actions(), by })),
            }
        }
        classes.glob = glob;
        Ok(Some(classes))
    }

    pub(super) fn is_partial(&self) -> bool {
        !self.required.is_empty() || !self.part.is_empty()
    }

    fn parts(&self) -> impl Iterator<Item = &Part<'p>> {
        self.required.iter().chain(self.part.iter().map(|(_, part)| part))
    }

    /// The documented actions by which statements take them; without any, the pattern itself.
    pub(super) fn known(&self, purse: &mut Purse) -> Result<Vec<Class>, Spent> {
        if self.glob.is_none() {
            return Ok(vec![self.whole(self.wanted.to_owned())]);
        }
        if !self.is_partial() {
            return Ok(vec![self.whole(self.example())]);
        }
        let catalog = catalog();
        let mut classes: HashMap<Bits, Class> = HashMap::new();
        let (places, rest) = self.places();
        purse.spend((places.len() * (1 + self.required.len() + self.part.len()) / 16) as u64)?;
        for (at, rest) in places.into_iter().map(|at| (at, false)).chain(rest.map(|at| (at, true))) {
            let Some(action) = catalog.actions().get(at) else { continue };
            let name = name_of(action);
            if !self.required.iter().all(|part| part.actions.take(&name)) {
                continue;
            }
            let mut taken_by = self.all.clone();
            for (place, part) in &self.part {
                if part.actions.take(&name) {
                    taken_by.set(*place);
                }
            }
            let class = classes.entry(taken_by).or_insert_with_key(|taken_by| Class {
                example: name,
                members: Vec::new(),
                rest: false,
                taken_by: taken_by.clone(),
            });
            class.rest |= rest;
            if !rest {
                class.members.push(at);
            }
        }
        let mut classes: Vec<Class> = classes.into_values().collect();
        classes.sort_by(|left, right| left.taken_by.cmp(&right.taken_by));
        Ok(classes)
    }

    /// Places in the catalogue to look at, and one that stands for all services that no pattern
    /// names.
    fn places(&self) -> (Vec<usize>, Option<usize>) {
        let catalog = catalog();
        let everything = matches!(self.wanted, "*" | "*:*");
        let named: BTreeSet<&str> = self.parts().flat_map(|part| &part.by).map(|by| service_of(by)).collect();
        if !everything || named.iter().any(|service| !pattern::is_literal(service)) {
            return (catalog.positions(self.wanted), None);
        }
        let (mut places, mut rest, mut first) = (Vec::new(), None, 0);
        for service in catalog.services() {
            let end = first + service.actions().len();
            if named.contains(service.prefix()) {
                places.extend(first..end);
            } else if rest.is_none() && end > first {
                rest = Some(first);
            }
            first = end;
        }
        (places, rest)
    }

    fn whole(&self, example: String) -> Class {
        let members = catalog().position(&example).into_iter().collect();
        Class { example, members, rest: false, taken_by: self.all.clone() }
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
    pub(super) fn symbolic(&self, purse: &mut Purse) -> Result<Vec<Class>, Spent> {
        let Some(glob) = &self.glob else { return Ok(Vec::new()) };
        let parts: Vec<&Part<'p>> = self.parts().collect();
        let read = |part: &&Part<'p>| part.by.iter().map(|own| Glob::action(own)).collect::<Vec<Glob>>();
        let globs: Vec<Vec<Glob>> = parts.iter().map(read).collect();
        let lists: Vec<Vec<&Glob>> = globs.iter().map(|globs| globs.iter().collect()).collect();
        let sets: Vec<Union<'_>> = lists.iter().map(|globs| Union { globs, loose: false }).collect();
        let found = kinds(glob, &sets, &Bits::new(sets.len()), purse)?;
        let mut classes = Vec::new();
        for kind in found {
            let takes = |at: usize| kind.held.has(at) != parts[at].actions.except;
            if !(0..self.required.len()).all(takes) {
                continue;
            }
            let mut taken_by = self.all.clone();
            for (at, (place, _)) in self.part.iter().enumerate() {
                if takes(self.required.len() + at) {
                    taken_by.set(*place);
                }
            }
            classes.push(Class { example: kind.text, members: Vec::new(), rest: false, taken_by });
        }
        classes.sort_by_key(|class| class.taken_by.count());
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

/// `s3:getobject`.
fn name_of(action: &Action) -> String {
    format!("{}:{}", action.service().prefix(), action.name()).to_ascii_lowercase()
}
