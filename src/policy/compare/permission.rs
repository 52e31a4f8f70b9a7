//! What was gained or lost, for people: actions grouped to short patterns over the catalogue, on
//! which resources, under which conditions.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::search::Added;
use super::witness::spelled;
use super::words::{conditions, listed};
use crate::model::Statement;
use crate::policy::catalog::{Action, catalog};
use crate::policy::pattern;

/// By which kind of statement something was gained or lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Through {
    /// Gained: a statement allows it now.
    Allowed,
    /// Lost: no statement allows it any more.
    NoLongerAllowed,
    /// Gained where other policies allow it: no statement denies it any more.
    NoLongerDenied,
    /// Lost: a statement denies it now.
    Denied,
}

impl Through {
    pub(super) const fn gained(denial: bool) -> Self {
        if denial { Self::NoLongerDenied } else { Self::Allowed }
    }

    pub(super) const fn lost(denial: bool) -> Self {
        if denial { Self::Denied } else { Self::NoLongerAllowed }
    }
}

/// Actions on resources under conditions, gained or lost.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Permission {
    /// How.
    pub through: Through,
    /// Patterns of actions, as AWS spells them: `s3:GetObject*`.
    pub actions: Vec<String>,
    /// Whether only actions are meant that have these forms and are not in the catalogue.
    pub undocumented: bool,
    /// Patterns of resources; empty where the policy says nothing of resources.
    pub resources: Vec<String>,
    /// Whether all resources but these are meant.
    pub all_but: bool,
    /// To whom, for policies that say so: `AWS arn:aws:iam::111122223333:root`.
    pub principals: Vec<String>,
    /// What has to hold, in words; all of them.
    pub conditions: Vec<String>,
}

const MOST_SHOWN: usize = 8;

impl std::fmt::Display for Permission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&first_of(&self.actions))?;
        if self.undocumented {
            f.write_str(" (only actions that are not in the catalogue)")?;
        }
        if !self.resources.is_empty() {
            let but = if self.all_but { "all but " } else { "" };
            write!(f, " on {but}{}", first_of(&self.resources))?;
        }
        if !self.principals.is_empty() {
            write!(f, " to {}", first_of(&self.principals))?;
        }
        if !self.conditions.is_empty() {
            write!(f, " when {}", self.conditions.join(" and "))?;
        }
        match self.through {
            Through::Allowed | Through::NoLongerAllowed => Ok(()),
            Through::NoLongerDenied => f.write_str(" (no longer denied)"),
            Through::Denied => f.write_str(" (now denied)"),
        }
    }
}

fn first_of(texts: &[String]) -> String {
    let shown = texts.iter().take(MOST_SHOWN).map(String::as_str).collect::<Vec<&str>>().join(", ");
    match texts.len().saturating_sub(MOST_SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// What was added, statement by statement, as permissions; and how many more there are than asked.
pub(super) fn permissions(added: &[Added<'_>], through: fn(bool) -> Through, most: usize) -> (Vec<Permission>, usize) {
    let mut groups: BTreeMap<Permission, Actions> = BTreeMap::new();
    for one in added {
        let mut permission = about(one, through(one.denied));
        if !one.unknown.is_empty() {
            let actions = one.unknown.iter().map(|pattern| as_written(pattern)).collect();
            groups.insert(Permission { actions, undocumented: true, ..permission.clone() }, Actions::default());
        }
        if one.patterns.is_empty() && one.known.is_empty() && one.all_but.is_none() {
            continue;
        }
        permission.undocumented = false;
        groups.entry(permission).or_default().add(one);
    }
    let more = groups.len().saturating_sub(most);
    let kept = groups.into_iter().take(most).map(|(permission, actions)| {
        if permission.undocumented { permission } else { Permission { actions: actions.grouped(), ..permission } }
    });
    let mut kept: Vec<Permission> = kept.collect();
    kept.sort();
    (kept, more)
}

/// All but the actions.
fn about(added: &Added<'_>, through: Through) -> Permission {
    let statement = added.piece.statement;
    let (resources, all_but) = match added.piece.resources() {
        None => (Vec::new(), false),
        Some(names) if names.except => (names.patterns.to_vec(), true),
        Some(names) => (added.resources.iter().filter_map(|at| names.patterns.get(*at)).cloned().collect(), false),
    };
    Permission {
        through,
        actions: Vec::new(),
        undocumented: false,
        resources,
        all_but,
        principals: principals(statement),
        conditions: conditions(statement),
    }
}

fn principals(statement: &Statement) -> Vec<String> {
    let names = |map: &BTreeMap<String, Vec<String>>| -> Vec<String> {
        let named = map.iter().flat_map(|(kind, names)| {
            names.iter().map(move |name| match (kind.as_str(), name.as_str()) {
                ("AWS", "*") => "everyone".to_owned(),
                ("AWS", name) => name.to_owned(),
                (kind, name) => format!("{kind} {name}"),
            })
        });
        named.collect()
    };
    match (&statement.principal, &statement.not_principal) {
        (Some(map), _) => names(map),
        (None, Some(map)) => vec![format!("everyone but {}", listed(&names(map)))],
        (None, None) => Vec::new(),
    }
}

#[derive(Default)]
struct Actions {
    known: BTreeSet<usize>,
    patterns: BTreeSet<String>,
}

impl Actions {
    fn add(&mut self, added: &Added<'_>) {
        if let Some(kept) = &added.all_but {
            let kept = Self { known: kept.iter().copied().collect(), patterns: BTreeSet::new() }.grouped();
            let actions = added.piece.actions();
            let named =
                if actions.except { actions.patterns.iter().map(|own| as_written(own)).collect() } else { kept };
            self.patterns.insert(if named.is_empty() {
                "*".to_owned()
            } else {
                format!("all but {}", first_of(&named))
            });
            return;
        }
        self.known.extend(&added.known);
        for pattern in &added.patterns {
            match catalog().position(pattern) {
                Some(at) if pattern::is_literal(pattern) => _ = self.known.insert(at),
                _ => _ = self.patterns.insert(as_written(pattern)),
            }
        }
    }

    fn grouped(self) -> Vec<String> {
        let mut all: BTreeSet<String> = self.patterns;
        let actions = catalog().actions();
        let mut rest: Vec<usize> = self.known.into_iter().collect();
        while let Some(first) = rest.first().copied() {
            let Some(action) = actions.get(first) else { break };
            let service = action.service();
            let own = service.actions();
            let start = first - own.iter().position(|other| other.name() == action.name()).unwrap_or(0);
            let here = rest.iter().take_while(|at| **at < start + own.len()).count();
            let named: Vec<bool> =
                (start..start + own.len()).map(|at| rest[..here].binary_search(&at).is_ok()).collect();
            group(own, &named, service.prefix(), "", &mut all);
            rest.drain(..here);
        }
        all.into_iter().collect()
    }
}

const FEWEST: usize = 3;

/// Shortens a stretch of a service's actions: a pattern where all with a beginning are meant.
fn group(actions: &[Action], named: &[bool], service: &str, start: &str, into: &mut BTreeSet<String>) {
    if !named.contains(&true) {
        return;
    }
    if named.iter().all(|named| *named) && (actions.len() >= FEWEST || start.is_empty()) {
        into.insert(format!("{service}:{start}*"));
        return;
    }
    let mut at = 0;
    while at < actions.len() {
        let name = actions[at].name();
        let word = first_word(name.get(start.len()..).unwrap_or_default());
        let longer = &name[..start.len() + word.len()];
        let same =
            |action: &Action| action.name().get(..longer.len()).is_some_and(|own| own.eq_ignore_ascii_case(longer));
        let end = at + actions[at..].iter().take_while(|action| same(action)).count().max(1);
        let alone = end == at + 1 || word.is_empty();
        if alone {
            for (action, _) in actions[at..end].iter().zip(&named[at..end]).filter(|(_, named)| **named) {
                into.insert(spelled(action));
            }
        } else {
            group(&actions[at..end], &named[at..end], service, longer, into);
        }
        at = end;
    }
}

/// `Get` of `GetObjectAcl`.
fn first_word(name: &str) -> &str {
    let upper = |letter: char| letter.is_ascii_uppercase();
    let end = name.char_indices().skip(1).find(|(_, letter)| upper(*letter)).map_or(name.len(), |(at, _)| at);
    &name[..end]
}

/// A pattern with the case AWS uses, as far as a documented action tells.
fn as_written(pattern: &str) -> String {
    let Some((service, name)) = pattern.split_once(':') else { return pattern.to_owned() };
    let plain = name.split(['*', '?']).next().unwrap_or_default();
    if plain.is_empty() {
        return pattern.to_owned();
    }
    let found = catalog().expand(&format!("{service}:{plain}*"));
    match found.first().and_then(|action| action.name().get(..plain.len())) {
        Some(spelled) => format!("{service}:{spelled}{}", &name[plain.len()..]),
        None => pattern.to_owned(),
    }
}
