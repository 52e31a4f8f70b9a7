//! The statements of both sides as boxes in one space of requests: action, resource, principal,
//! and one dimension per condition key.

use std::cmp::Ordering;

use super::atoms::KeyTest;
use super::glob::{Glob, Stand};
use super::variables::has_variables;
use crate::model::{PolicyDocument, Statement};
use crate::policy::pattern;

/// One statement.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'p> {
    pub(super) document: &'p PolicyDocument,
    pub(super) statement: &'p Statement,
}

/// The actions or resources of a statement.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names<'p> {
    pub(super) patterns: &'p [String],
    /// Everything but these.
    pub(super) except: bool,
}

/// How the actions of a statement stand to a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Hit<'p> {
    All,
    None,
    /// By these patterns in part.
    Part(Vec<&'p str>),
}

/// The statements of one side.
#[derive(Debug, Default)]
pub(super) struct Side<'p> {
    pub(super) allow: Vec<Piece<'p>>,
    pub(super) deny: Vec<Piece<'p>>,
}

impl<'p> Side<'p> {
    pub(super) fn new(documents: &[&'p PolicyDocument]) -> Self {
        let mut side = Self::default();
        for document in documents {
            for statement in &document.statement {
                let list = if statement.effect == "Deny" { &mut side.deny } else { &mut side.allow };
                list.push(Piece { document, statement });
            }
        }
        // The statements of one canonical document are in this order already.
        if documents.len() > 1 {
            side.allow.sort_by(|left, right| left.order(right));
            side.deny.sort_by(|left, right| left.order(right));
        }
        side
    }
}

/// The statements of one side that the other does not have word for word.
pub(super) fn not_among<'p>(own: &[Piece<'p>], other: &[Piece<'p>]) -> Vec<Piece<'p>> {
    own.iter().filter(|piece| other.binary_search_by(|probe| probe.order(piece)).is_err()).copied().collect()
}

impl<'p> Piece<'p> {
    /// By content, labels aside.
    fn order(&self, other: &Self) -> Ordering {
        let parts = |piece: &Self| {
            let statement = piece.statement;
            (
                &statement.effect,
                &statement.principal,
                &statement.not_principal,
                &statement.action,
                &statement.not_action,
                &statement.resource,
                &statement.not_resource,
                &statement.condition,
            )
        };
        let variables = |piece: &Self| piece.document.version == "2012-10-17";
        parts(self).cmp(&parts(other)).then_with(|| variables(self).cmp(&variables(other)))
    }

    pub(super) fn actions(&self) -> Names<'p> {
        match (&self.statement.action, &self.statement.not_action) {
            (Some(patterns), _) => Names { patterns, except: false },
            (None, Some(patterns)) => Names { patterns, except: true },
            (None, None) => Names { patterns: &[], except: false },
        }
    }

    /// None where the statement says nothing of resources, as in trust policies.
    pub(super) fn resources(&self) -> Option<Names<'p>> {
        match (&self.statement.resource, &self.statement.not_resource) {
            (Some(patterns), _) => Some(Names { patterns, except: false }),
            (None, Some(patterns)) => Some(Names { patterns, except: true }),
            (None, None) => None,
        }
    }

    pub(super) fn tests(&self) -> impl Iterator<Item = KeyTest<'p>> + 'p {
        let version = self.document.version.as_str();
        self.statement.condition.iter().flat_map(move |(operator, keys)| {
            keys.iter().map(move |(key, values)| KeyTest {
                variables: values.iter().any(|value| has_variables(version, value)),
                operator,
                key,
                values,
            })
        })
    }

    pub(super) fn has_tests(&self) -> bool {
        self.statement.condition.values().any(|keys| !keys.is_empty())
    }

    /// Whether every request of the other that has one of this one's actions is taken by this one;
    /// told from equal parts only.
    pub(super) fn dominates(&self, other: &Self) -> bool {
        let (own, others) = (self.statement, other.statement);
        let same_principal = own.principal == others.principal && own.not_principal == others.not_principal;
        let version = self.document.version == other.document.version;
        same_principal && self.takes_resources_of(other, version) && self.conditions_within(other, version)
    }

    fn takes_resources_of(&self, other: &Self, same_version: bool) -> bool {
        let (own, others) = (self.statement, other.statement);
        match (&own.resource, &others.resource) {
            (Some(own), _) if own.iter().any(|own| pattern::is_everything(own)) => true,
            (Some(own), Some(others)) => {
                (same_version || !others.iter().any(|name| name.contains("${")))
                    && others.iter().all(|name| own.binary_search(name).is_ok())
            }
            (None, None) => own.not_resource == others.not_resource && same_version,
            _ => false,
        }
    }

    /// Whether the other asks all that this asks.
    fn conditions_within(&self, other: &Self, same_version: bool) -> bool {
        self.statement.condition.iter().all(|(operator, keys)| {
            let others = other.statement.condition.get(operator);
            keys.iter().all(|(key, values)| {
                let plain = same_version || !values.iter().any(|value| value.contains("${"));
                plain && others.and_then(|others| others.get(key)) == Some(values)
            })
        })
    }
}

impl<'p> Names<'p> {
    pub(super) fn take_action(&self, action: &str) -> bool {
        let listed = || self.wild().any(|pattern| pattern::action_matches(pattern, action));
        let found = self.patterns.binary_search_by(|pattern| pattern.as_str().cmp(action)).is_ok() || listed();
        found != self.except
    }

    pub(super) fn wild(&self) -> impl Iterator<Item = &'p str> + 'p {
        self.patterns.iter().map(String::as_str).filter(|pattern| !pattern::is_literal(pattern))
    }

    /// How these actions stand to those of a pattern.
    pub(super) fn stand_to(&self, wanted: &str, glob: &Glob) -> Hit<'p> {
        if pattern::is_literal(wanted) {
            return if self.take_action(wanted) { Hit::All } else { Hit::None };
        }
        let mut part = Vec::new();
        for pattern in self.near(wanted) {
            if pattern == wanted {
                return if self.except { Hit::None } else { Hit::All };
            }
            if pattern::is_literal(pattern) {
                if pattern::action_matches(wanted, pattern) {
                    part.push(pattern);
                }
                continue;
            }
            match Glob::action(pattern).stand(glob) {
                Stand::Covers => return if self.except { Hit::None } else { Hit::All },
                Stand::Apart => {}
                Stand::Overlaps => part.push(pattern),
            }
        }
        match (part.is_empty(), self.except) {
            (true, false) => Hit::None,
            (true, true) => Hit::All,
            (false, _) => Hit::Part(part),
        }
    }

    /// Those that can have an action in common with a pattern: literals with its beginning, and
    /// whatever has wildcards.
    fn near(&self, wanted: &str) -> impl Iterator<Item = &'p str> + 'p {
        let start = wanted.split(['*', '?']).next().unwrap_or_default().to_owned();
        self.patterns.iter().map(String::as_str).filter(move |pattern| {
            let own = pattern.find(['*', '?']).map_or(*pattern, |at| &pattern[..at]);
            let common = own.len().min(start.len());
            own.as_bytes()[..common] == start.as_bytes()[..common]
                && (own.len() < pattern.len() || own.len() >= start.len())
        })
    }
}
