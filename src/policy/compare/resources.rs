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

impl Within<'_> {
    /// The kinds, those that fewer sets take first.
    pub(super) fn kinds(&self, purse: &mut Purse) -> Result<Vec<Kind>, Spent> {
        let all: Vec<&Resources> = self.required.iter().chain(self.sets).collect();
        let mut taken: Vec<Option<bool>> = Vec::with_capacity(all.len());
        let mut parts: Vec<(usize, Vec<&Glob>, bool)> = Vec::new();
        let base_varies =
            self.base.tokens().iter().any(|token| matches!(token, Token::Is(letter) if is_variable(*letter)));
        for (at, set) in all.iter().enumerate() {
            let work: u64 = set.globs.iter().map(|glob| 1 + glob.work(self.base)).sum();
            purse.spend(1 + work)?;
            if let Some(constant) = set.constant() {
                taken.push(Some(constant));
                continue;
            }
            let loose = self.letters && base_varies && (set.except != (at < self.required.len()));
            let (constant, globs) = self.stand(set, loose);
            taken.push(constant);
            if constant.is_none() {
                parts.push((at, globs, loose));
            }
        }
        let mut found: Vec<(String, Bits)> = Vec::new();
        let mut seen: HashSet<Bits> = HashSet::new();
        let required = self.required.len();
        let mut add = |text: String, takes: &dyn Fn(usize) -> bool| {
            if !(0..required).all(takes) {
                return;
            }
            let mut by = Bits::new(self.sets.len());
            (0..self.sets.len()).filter(|at| takes(required + at)).for_each(|at| by.set(at));
            if seen.insert(by.clone()) {
                found.push((text, by));
            }
        };
        let plain = self.plain();
        if parts.is_empty() {
            add(plain, &|at| taken[at] == Some(true));
        } else {
            let unions: Vec<Union<'_>> = parts.iter().map(|(_, globs, loose)| Union { globs, loose: *loose }).collect();
            let place = |at: usize| parts.iter().position(|(set, ..)| *set == at);
            // The plain example first, so that it stands for its kind.
            if plain != "*" && !base_varies {
                add(plain.clone(), &|at| {
                    taken[at].unwrap_or_else(|| all[at].globs.iter().any(|glob| glob.takes(&plain)) != all[at].except)
                });
            }
            for kind in kinds(self.base, &unions, &Bits::new(unions.len()), purse)? {
                let held = |at: usize| place(at).is_some_and(|part| kind.held.has(part));
                add(kind.text.clone(), &|at| taken[at].unwrap_or_else(|| held(at) != all[at].except));
            }
        }
        if self.everything {
            add("*".to_owned(), &|at| all[at].constant().unwrap_or(all[at].except));
        }
        let mut kinds: Vec<Kind> = found.into_iter().map(|(text, taken_by)| Kind { text, taken_by }).collect();
        kinds.sort_by_key(|kind| kind.taken_by.count());
        Ok(kinds)
    }

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
