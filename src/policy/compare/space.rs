//! The statements of both sides as boxes in one space of requests: action, resource, principal,
//! and one dimension per condition key.

use std::cell::OnceCell;
use std::cmp::Ordering;

use super::Kind;
use super::atoms::KeyTest;
use super::glob::{Glob, Stand};
use super::variables::has_variables;
use crate::model::{PolicyDocument, Statement};
use crate::policy::{Layer, pattern};

/// One statement.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'p> {
    pub(super) document: &'p PolicyDocument,
    pub(super) statement: &'p Statement,
    index: &'p OnceCell<Index>,
}

/// The actions of a statement.
#[derive(Debug, Clone, Copy)]
pub(super) struct Actions<'p> {
    pub(super) patterns: &'p [String],
    /// Everything but these.
    pub(super) except: bool,
    index: &'p OnceCell<Index>,
}

/// Where in a sorted list of actions those with wildcards stand; made when first asked for.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// Those of one service, by service.
    wild: Vec<u32>,
    /// Those of several.
    wide: Vec<u32>,
}

/// The resources of a statement.
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
    /// `indexes` has a place for each statement.
    pub(super) fn new(kind: Kind, documents: &[&'p PolicyDocument], indexes: &'p [OnceCell<Index>]) -> Self {
        let mut side = Self::default();
        let mut indexes = indexes.iter();
        for document in documents {
            for (statement, index) in document.statement.iter().zip(&mut indexes) {
                // A policy of a resource that names nobody is about nobody.
                let nobody = statement.principal.is_none() && statement.not_principal.is_none();
                if nobody && kind.layer() == Layer::Resource {
                    continue;
                }
                let list = if statement.effect == "Deny" { &mut side.deny } else { &mut side.allow };
                list.push(Piece { document, statement, index });
            }
        }
        // The statements of one canonical document are in this order already.
        if documents.len() > 1 {
            side.allow.sort_by(Piece::order);
            side.deny.sort_by(Piece::order);
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

    pub(super) fn actions(&self) -> Actions<'p> {
        let (patterns, except): (&[String], bool) = match (&self.statement.action, &self.statement.not_action) {
            (Some(patterns), _) => (patterns, false),
            (None, Some(patterns)) => (patterns, true),
            (None, None) => (&[], false),
        };
        Actions { patterns, except, index: self.index }
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

impl<'p> Actions<'p> {
    pub(super) fn take(&self, action: &str) -> bool {
        (self.lists(action) || self.wild_near(service_of(action)).any(|own| pattern::action_matches(own, action)))
            != self.except
    }

    /// Takes from a sorted list of patterns those that stand here word for word.
    pub(super) fn strike(&self, patterns: &mut Vec<&'p str>) {
        if self.except {
            return;
        }
        let mut own = self.patterns.iter().map(String::as_str).peekable();
        patterns.retain(|pattern| {
            while own.next_if(|own| own < pattern).is_some() {}
            own.peek() != Some(pattern)
        });
    }

    /// Whether the list has this pattern, letter by letter.
    fn lists(&self, pattern: &str) -> bool {
        self.patterns.binary_search_by(|own| own.as_str().cmp(pattern)).is_ok()
    }

    /// Patterns with wildcards that can take actions of a service.
    fn wild_near<'a>(&'a self, service: &'a str) -> impl Iterator<Item = &'p str> + 'a {
        let index = self.index();
        let patterns = self.patterns;
        let own = move |at: &u32| &patterns[*at as usize][..];
        let first = index.wild.partition_point(|at| service_of(own(at)) < service);
        let same = index.wild[first..].iter().map(own).take_while(move |own| service_of(own) == service);
        same.chain(index.wide.iter().map(own))
    }

    fn index(&self) -> &'p Index {
        self.index.get_or_init(|| {
            let mut index = Index::default();
            for (at, own) in self.patterns.iter().enumerate() {
                let Ok(place) = u32::try_from(at) else { break };
                if pattern::is_literal(own) {
                    continue;
                }
                let wide = !own.contains(':') || !pattern::is_literal(service_of(own));
                if wide { &mut index.wide } else { &mut index.wild }.push(place);
            }
            index.wild.sort_by(|left, right| {
                service_of(&self.patterns[*left as usize]).cmp(service_of(&self.patterns[*right as usize]))
            });
            index
        })
    }

    /// How these actions stand to those of a pattern; `work` counts the steps it took.
    pub(super) fn stand_to(&self, wanted: &str, glob: Option<&Glob>, work: &mut u64) -> Hit<'p> {
        let covered = if self.except { Hit::None } else { Hit::All };
        if self.lists(wanted) {
            return covered;
        }
        let Some(glob) = glob else {
            return if self.take(wanted) { Hit::All } else { Hit::None };
        };
        let mut part = Vec::new();
        for own in self.near(wanted) {
            *work += 1;
            if pattern::is_literal(own) {
                if pattern::action_matches(wanted, own) {
                    part.push(own);
                }
                continue;
            }
            let own_glob = Glob::action(own);
            *work += own_glob.work(glob);
            match own_glob.stand(glob) {
                Stand::Covers => return covered,
                Stand::Apart => {}
                Stand::Overlaps => part.push(own),
            }
        }
        match (part.is_empty(), self.except) {
            (true, false) => Hit::None,
            (true, true) => Hit::All,
            (false, _) => Hit::Part(part),
        }
    }

    /// Those that can have an action in common with a pattern with wildcards.
    fn near<'a>(&'a self, wanted: &'a str) -> Box<dyn Iterator<Item = &'p str> + 'a> {
        let patterns = self.patterns;
        let service = service_of(wanted);
        if !wanted.contains(':') || !pattern::is_literal(service) {
            return Box::new(patterns.iter().map(String::as_str));
        }
        let start = wanted.split(['*', '?']).next().unwrap_or_default();
        let first = patterns.partition_point(|own| own.as_str() < start);
        let literals = patterns[first..].iter().map(String::as_str).take_while(move |own| own.starts_with(start));
        Box::new(literals.filter(|own| pattern::is_literal(own)).chain(self.wild_near(service)))
    }
}

/// What stands before the colon.
pub(super) fn service_of(action: &str) -> &str {
    action.split(':').next().unwrap_or(action)
}
