//! The kinds of resource that statements tell apart, within one pattern of the statement looked at.

use std::collections::HashSet;

use super::automaton::{Bits, Union, kinds};
use super::budget::{Purse, Spent};
use super::glob::{Glob, Stand, Token, is_variable};
use super::space::Names;
use super::variables::{Letters, Reading, has_variables};
use super::witness::some_resource;
use crate::policy::pattern;

/// The resources of a statement, read.
#[derive(Debug, Clone)]
pub(super) struct Resources {
    globs: Vec<Glob>,
    /// A pattern takes everything, the resource `*` as well.
    everything: bool,
    except: bool,
    /// A variable of `NotResource` has no value, or there is no `Resource` where one has
    /// to be: what the statement takes is not certain.
    pub(super) uncertain: bool,
}

/// A kind of resource: an example, and which of the sets take it.
#[derive(Debug, Clone)]
pub(super) struct Kind {
    pub(super) text: String,
    pub(super) taken_by: Bits,
}

impl Resources {
    pub(super) fn read(
        names: Option<Names<'_>>,
        version: &str,
        deny: bool,
        letters: &mut Letters,
        reading: &Reading,
    ) -> Self {
        let mut own = Self { globs: Vec::new(), everything: false, except: false, uncertain: false };
        let Some(names) = names else {
            own.everything = true;
            return own;
        };
        own.except = names.except;
        for name in names.patterns {
            if pattern::is_everything(name) {
                own.everything = true;
            } else if !has_variables(version, name) {
                own.globs.push(Glob::resource(name));
                own.globs.extend(Glob::resource_as_it_stands(name));
            } else if name.matches(':').count() < 5 && name.contains("*:") {
                // Variables in a short pattern that reaches over colons: seen by the evaluator only.
                own.uncertain = true;
            } else if let Some(glob) = letters.resource(name, reading) {
                own.globs.push(glob);
            } else if names.except && (deny || name.contains("*:")) {
                own.uncertain = true;
            } else if names.except {
                // A variable without a value makes an Allow take nothing where the parts before it
                // match: as if any text stood there.
                let head = name.match_indices(':').nth(4).map_or(name.as_str(), |(at, _)| &name[..=at]);
                own.globs.push(Glob::resource(&format!("{head}*")));
            }
        }
        own
    }

    /// All ARNs.
    pub(super) fn arns() -> Self {
        Self { globs: vec![Glob::resource("*")], everything: false, except: false, uncertain: false }
    }

    fn constant(&self) -> Option<bool> {
        self.everything.then_some(!self.except)
    }
}

/// What a statement's own resources are to be within.
pub(super) struct Within<'a> {
    pub(super) base: &'a Glob,
    /// The pattern takes every resource.
    pub(super) everything: bool,
    /// Sets that must take the resource.
    pub(super) required: &'a [Resources],
    /// Sets told apart.
    pub(super) sets: &'a [Resources],
    /// In lenient reading: what some value of a variable would do counts for `required`, and what
    /// all do for `sets`.
    pub(super) letters: bool,
    pub(super) action: &'a str,
}

/// How the sets stand to the base.
pub(super) struct Sorted<'a> {
    within: &'a Within<'a>,
    all: Vec<&'a Resources>,
    /// Whether each set takes all of the base, or none of it.
    whole: Vec<Option<bool>>,
    /// The sets that take a part, by which patterns, and whether loosely.
    parts: Vec<(usize, Vec<&'a Glob>, bool)>,
    varies: bool,
}

impl<'a> Sorted<'a> {
    pub(super) fn new(within: &'a Within<'a>, purse: &mut Purse) -> Result<Self, Spent> {
        let all: Vec<&Resources> = within.required.iter().chain(within.sets).collect();
        let is_letter = |token: &Token| matches!(token, Token::Is(letter) if is_variable(*letter));
        let varies = within.base.tokens().iter().any(is_letter);
        let mut sorted = Self { within, all, whole: Vec::new(), parts: Vec::new(), varies };
        for at in 0..sorted.all.len() {
            let set = sorted.all[at];
            let work: u64 = set.globs.iter().map(|glob| 1 + glob.work(within.base)).sum();
            purse.spend(1 + work)?;
            if let Some(constant) = set.constant() {
                sorted.whole.push(Some(constant));
                continue;
            }
            let loose = within.letters && varies && (set.except != (at < within.required.len()));
            let (whole, globs) = within.stand(set, loose);
            sorted.whole.push(whole);
            if whole.is_none() {
                sorted.parts.push((at, globs, loose));
            }
        }
        Ok(sorted)
    }

    /// The sets that take every kind, where there is more than one.
    pub(super) fn at_least(&self) -> Option<Bits> {
        let everything = |set: &Resources| set.constant().unwrap_or(set.except);
        let always = |at: usize| self.whole[at] == Some(true) && (!self.within.everything || everything(self.all[at]));
        (!self.parts.is_empty()).then(|| self.taken_by(&always))
    }

    /// The kind of a resource as people know them.
    pub(super) fn plain(&self) -> Option<Kind> {
        let text = self.within.plain();
        if text == "*" || self.varies || !self.within.base.takes(&text) {
            return None;
        }
        let listed = |set: &Resources| set.globs.iter().any(|glob| glob.takes(&text));
        let takes = |at: usize| self.whole[at].unwrap_or_else(|| listed(self.all[at]) != self.all[at].except);
        let taken_by = self.is_required(&takes).then(|| self.taken_by(&takes))?;
        Some(Kind { text, taken_by })
    }

    /// All kinds, those that fewer sets take first.
    pub(super) fn kinds(&self, purse: &mut Purse) -> Result<Vec<Kind>, Spent> {
        let mut found: Vec<Kind> = Vec::new();
        let mut seen: HashSet<Bits> = HashSet::new();
        let mut add = |text: String, takes: &dyn Fn(usize) -> bool| {
            if self.is_required(takes) {
                let taken_by = self.taken_by(takes);
                if seen.insert(taken_by.clone()) {
                    found.push(Kind { text, taken_by });
                }
            }
        };
        if self.parts.is_empty() {
            add(self.within.plain(), &|at| self.whole[at] == Some(true));
        } else {
            let unions: Vec<Union<'_>> =
                self.parts.iter().map(|(_, globs, loose)| Union { globs, loose: *loose }).collect();
            let place = |at: usize| self.parts.iter().position(|(set, ..)| *set == at);
            for kind in kinds(self.within.base, &unions, &Bits::new(unions.len()), purse)? {
                let held = |at: usize| place(at).is_some_and(|part| kind.held.has(part));
                add(kind.text.clone(), &|at| self.whole[at].unwrap_or_else(|| held(at) != self.all[at].except));
            }
        }
        if self.within.everything {
            add("*".to_owned(), &|at| self.all[at].constant().unwrap_or(self.all[at].except));
        }
        found.sort_by_key(|kind| kind.taken_by.count());
        Ok(found)
    }

    fn is_required(&self, takes: &dyn Fn(usize) -> bool) -> bool {
        (0..self.within.required.len()).all(takes)
    }

    fn taken_by(&self, takes: &dyn Fn(usize) -> bool) -> Bits {
        let mut by = Bits::new(self.within.sets.len());
        (0..self.within.sets.len()).filter(|at| takes(self.within.required.len() + at)).for_each(|at| by.set(at));
        by
    }
}

impl Within<'_> {
    /// How a set stands to the base, or the patterns by which it takes a part of it.
    fn stand<'r>(&self, set: &'r Resources, loose: bool) -> (Option<bool>, Vec<&'r Glob>) {
        if set.globs.contains(self.base) {
            return (Some(!set.except), Vec::new());
        }
        let mut part = Vec::new();
        for glob in &set.globs {
            match glob.stand(self.base) {
                Stand::Covers => return (Some(!set.except), Vec::new()),
                Stand::Apart if !loose => {}
                Stand::Apart | Stand::Overlaps => part.push(glob),
            }
        }
        if part.is_empty() { (Some(set.except), part) } else { (None, part) }
    }

    /// A resource as people know them, that the base takes.
    fn plain(&self) -> String {
        if self.everything {
            return some_resource(self.action);
        }
        let service = self.action.split(':').next().unwrap_or("example");
        let mut text = String::new();
        let mut part = 0;
        for token in self.base.tokens() {
            match token {
                Token::Is(letter) | Token::Fold(letter) => {
                    part += usize::from(*letter == ':');
                    text.push(*letter);
                }
                Token::One | Token::OneInPart => text.push('x'),
                Token::Digit => text.push('9'),
                Token::Many | Token::ManyInPart => text.push_str(match part {
                    1 => "aws",
                    2 => service,
                    3 => "us-east-1",
                    4 => "111122223333",
                    _ => "example",
                }),
            }
        }
        text
    }
}
