//! Who can get more permissions than it was given, and how.
//!
//! Every principal tries every path of [`crate::policy::paths`]; what its own policies do not name at all
//! is left out before anything is evaluated. A principal that may do everything in its account
//! has nothing to gain. What leads to everything in several steps is found by walking back from
//! those who are there: over roles that can be assumed, and over paths that give a target.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde::Serialize;

use super::attempt::{Attempt, Step};
use super::chain::{Hop, Hops, of_its_own};
use super::power::{allows_all, gained, gained_by_group, is_administrator};
use super::targets::{Target, Targets};
use super::{Access, trust};
use crate::model::ResourceId;
use crate::policy::paths::{ASSUMING, Bind, Gain, Path, paths};

/// How wide to search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EscalationLimits {
    /// Most targets that are named for one principal and path.
    pub targets: usize,
    /// Most targets that are tried for one principal.
    pub tries: usize,
}

impl Default for EscalationLimits {
    fn default() -> Self {
        Self { targets: 3, tries: 20_000 }
    }
}

/// What the search found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Escalations {
    /// The ways to more, by principal.
    pub found: Vec<Escalation>,
    /// Principals that may do everything in their account, perhaps with a second factor, and have
    /// nothing to gain.
    pub administrators: Vec<ResourceId>,
    /// Principals of whose policies something was not read, and what.
    pub unread: Vec<(ResourceId, String)>,
    /// Principals with more targets than were tried.
    pub unfinished: Vec<ResourceId>,
}

/// One way of one principal to more permissions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Escalation {
    /// Who.
    pub principal: ResourceId,
    /// The published path, `iam-001`; for several steps the last one's.
    pub path: String,
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// Whom or what it leads to; absent when it is the principal itself, or not known which.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Whether the path gives every permission in the account, or leads to one who has.
    pub everything: bool,
    /// What is gained, in words.
    pub gains: Vec<String>,
    /// Whether every step is allowed, but for organization policies that were not read, and
    /// nothing else must hold.
    pub certain: bool,
    /// What else must hold, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unless: Option<String>,
    /// Whether there are more targets than the ones named.
    pub more_targets: bool,
}

/// The search, and what it remembers.
struct Search<'s, 'a> {
    access: &'s Access<'a>,
    hops: Hops,
    targets: Targets<'s, 'a>,
    actions: Vec<&'static str>,
    /// By class: the actions its policies name, as bits.
    named: BTreeMap<usize, u128>,
    /// By pair of classes.
    gains: BTreeMap<(usize, usize), Rc<Vec<String>>>,
    limits: EscalationLimits,
}

/// All ways to more permissions of all principals, or of one.
pub(super) fn escalations(access: &Access<'_>, principal: Option<&str>, limits: EscalationLimits) -> Escalations {
    let mut search = Search::new(access, limits);
    let mut found = Escalations::default();
    let mut direct: BTreeMap<usize, Vec<(Escalation, Option<usize>)>> = BTreeMap::new();
    for at in 0..access.index.holders.len() {
        let holder = &access.index.holders[at];
        if is_administrator(holder) {
            found.administrators.push(holder.resource.id.clone());
            continue;
        }
        if holder.service_linked() {
            continue;
        }
        let unread = holder.identity.unread.iter().chain(holder.boundary.iter().flat_map(|layer| &layer.unread));
        found.unread.extend(unread.map(|why| (holder.resource.id.clone(), why.clone())).take(1));
        let (ways, finished) = search.of(at);
        if !finished {
            found.unfinished.push(holder.resource.id.clone());
        }
        direct.insert(at, ways);
    }
    let in_steps = search.in_steps(&direct);
    found.found = direct.into_values().flatten().map(|(way, _)| way).chain(in_steps).collect();
    if let Some(principal) = principal {
        found.found.retain(|way| way.principal.as_str() == principal);
        found.administrators.retain(|id| id.as_str() == principal);
        found.unread.retain(|(id, _)| id.as_str() == principal);
        found.unfinished.retain(|id| id.as_str() == principal);
    }
    found.found.sort_by(|one, other| order(one).cmp(&order(other)));
    found
}

fn order(way: &Escalation) -> impl Ord + '_ {
    (&way.principal, !way.everything, !way.certain, way.steps.len(), &way.path, &way.target)
}

impl<'s, 'a> Search<'s, 'a> {
    fn new(access: &'s Access<'a>, limits: EscalationLimits) -> Self {
        let actions: BTreeSet<&'static str> = paths().flat_map(|path| path.steps).map(|(action, _)| *action).collect();
        let actions: Vec<&'static str> = actions.into_iter().collect();
        let mut named = BTreeMap::new();
        for holder in &access.index.holders {
            named.entry(holder.class).or_insert_with(|| {
                let statements = holder.identity.policies.iter().flat_map(|policy| &policy.document.statement);
                let allows: Vec<_> = statements.filter(|statement| statement.effect == "Allow").collect();
                let is_named = |action: &str| allows.iter().any(|statement| trust::names(statement, &[action]));
                actions
                    .iter()
                    .enumerate()
                    .filter(|(_, action)| is_named(action))
                    .fold(0, |bits, (at, _)| bits | 1 << at)
            });
        }
        let targets = Targets::of(access, &named);
        Self { access, hops: Hops::of(access), targets, actions, named, gains: BTreeMap::new(), limits }
    }

    /// Whether a class names every action of a path that its own policies have to allow.
    fn names(&self, class: usize, path: &Path) -> bool {
        let bits = self.named.get(&class).copied().unwrap_or_default();
        // A trust policy may let somebody assume a role by name alone.
        let asked = path.steps.iter().filter(|(action, _)| *action != trust::ASSUME);
        asked.filter_map(|(action, _)| self.actions.binary_search(action).ok()).all(|at| bits & 1 << at != 0)
    }

    /// The ways of one principal, each with the position of the target it leads to, and whether
    /// everything was tried.
    fn of(&mut self, at: usize) -> (Vec<(Escalation, Option<usize>)>, bool) {
        let holder = &self.access.index.holders[at];
        let mut attempt = Attempt::by(self.access, at);
        let mut tries = self.limits.tries;
        let mut found = Vec::new();
        // What already has every permission but for its boundary gains nothing from its own policies.
        let unlimited = allows_all(&holder.identity);
        for path in paths().filter(|path| self.names(holder.class, path)).collect::<Vec<_>>() {
            if unlimited && path.gain == Gain::Everything && path.bind.is_own() {
                continue;
            }
            let Some(fixed) = Targets::fixed_steps(&mut attempt, path) else { continue };
            let mut named = 0;
            for target in self.targets.bound(path, at, &self.hops) {
                if tries == 0 {
                    return (found, false);
                }
                tries -= 1;
                let Some(gains) = self.gains_of(at, path, &target) else { continue };
                let Some(steps) = self.targets.steps(&mut attempt, path, &target) else { continue };
                if named == self.limits.targets {
                    if let Some((last, _)) = found.last_mut() {
                        let last: &mut Escalation = last;
                        last.more_targets = true;
                    }
                    break;
                }
                named += 1;
                let steps = fixed.iter().cloned().chain(steps).collect();
                found.push((self.escalation(at, path, &target, steps, gains), target.leads_to()));
            }
        }
        (found, true)
    }

    fn escalation(
        &self,
        at: usize,
        path: &Path,
        target: &Target<'a>,
        steps: Vec<Step>,
        gains: Vec<String>,
    ) -> Escalation {
        let everything = match path.gain {
            Gain::Everything => true,
            Gain::Boundary => allows_all(&self.access.index.holders[at].identity),
            Gain::Target => match target {
                Target::Group(_, group) => allows_all(group),
                target => target.leads_to().is_some_and(|at| is_administrator(&self.access.index.holders[at])),
            },
            Gain::Older => false,
        };
        let unless = path.unless.map(ToOwned::to_owned);
        Escalation {
            principal: self.access.index.holders[at].resource.id.clone(),
            path: path.id.to_owned(),
            certain: unless.is_none() && steps.iter().all(|step| step.certain),
            steps,
            target: self.targets.name(target),
            everything,
            gains,
            unless,
            more_targets: false,
        }
    }

    /// What a principal gains by a path, in words; `None` when it is nothing.
    fn gains_of(&mut self, at: usize, path: &Path, target: &Target<'a>) -> Option<Vec<String>> {
        let holder = &self.access.index.holders[at];
        match path.gain {
            Gain::Everything => {
                let whose = target.leads_to().map_or(holder, |other| &self.access.index.holders[other]);
                let bounded =
                    if whose.boundary.is_some() { "every permission within the boundary" } else { "every permission" };
                Some(vec![format!("{bounded} in account {}", whose.account())])
            }
            Gain::Boundary => Some(vec!["what the permissions boundary withholds".to_owned()]),
            Gain::Older => Some(vec!["what an older version of the policy allows".to_owned()]),
            Gain::Target => {
                let gains = match target {
                    Target::Group(_, group) => Rc::new(gained_by_group(&holder.identity, group)),
                    target => self.gained(at, target.leads_to()?),
                };
                (!gains.is_empty()).then(|| gains.to_vec())
            }
        }
    }

    fn gained(&mut self, at: usize, target: usize) -> Rc<Vec<String>> {
        let (holder, other) = (&self.access.index.holders[at], &self.access.index.holders[target]);
        let known = self.gains.entry((holder.class, other.class)).or_insert_with(|| {
            Rc::new(if is_administrator(other) {
                vec![format!("every permission in account {}", other.account())]
            } else if allows_all(&holder.identity) && holder.account() == other.account() {
                Vec::new()
            } else {
                gained(&holder.identity, &other.identity)
            })
        });
        Rc::clone(known)
    }

    /// The ways to everything that take more than one step: for each principal without a shorter
    /// one, the shortest.
    fn in_steps(&self, direct: &BTreeMap<usize, Vec<(Escalation, Option<usize>)>>) -> Vec<Escalation> {
        let holders = &self.access.index.holders;
        let is_there = |at: &usize| {
            is_administrator(&holders[*at])
                || direct.get(at).is_some_and(|ways| ways.iter().any(|(way, _)| way.everything))
        };
        let mut reached: BTreeSet<usize> = (0..holders.len()).filter(is_there).collect();
        let mut next: BTreeMap<usize, Link<'_>> = BTreeMap::new();
        loop {
            let mut nearest = self.hops.to_any(&reached);
            let waiting = direct.iter().filter(|(at, _)| !reached.contains(at));
            let linked: Vec<(usize, Link<'_>)> = waiting
                .filter_map(|(at, ways)| {
                    let hop = nearest.from(*at).map(|(role, hop)| Link::Hop(role, hop));
                    let way = ways.iter().find_map(|(way, target)| {
                        let target = target.filter(|target| reached.contains(target))?;
                        Some(Link::Way(target, way))
                    });
                    Some((*at, hop.or(way)?))
                })
                .collect();
            if linked.is_empty() {
                break;
            }
            reached.extend(linked.iter().map(|(at, _)| *at));
            next.extend(linked);
        }
        next.keys().map(|at| self.joined(*at, &next, direct)).collect()
    }

    /// The links from a principal to one who has everything, as one escalation.
    fn joined(
        &self,
        at: usize,
        next: &BTreeMap<usize, Link<'_>>,
        direct: &BTreeMap<usize, Vec<(Escalation, Option<usize>)>>,
    ) -> Escalation {
        let holders = &self.access.index.holders;
        let (mut steps, mut certain, mut unless) = (Vec::new(), true, Vec::new());
        let (mut path, mut here) = (ASSUMING.to_owned(), at);
        while let Some(link) = next.get(&here) {
            match link {
                Link::Hop(role, hop) => {
                    steps.push(as_step(of_its_own(self.access, here, hop)));
                    certain &= hop.certain;
                    here = *role;
                }
                Link::Way(target, way) => {
                    steps.extend(way.steps.iter().cloned());
                    certain &= way.certain;
                    unless.extend(way.unless.clone());
                    path.clone_from(&way.path);
                    here = *target;
                }
            }
        }
        let last = direct.get(&here).and_then(|ways| {
            let everything = ways.iter().map(|(way, _)| way).filter(|way| way.everything);
            everything.min_by_key(|way| (!way.certain, way.steps.len()))
        });
        let mut target = holders[here].arn().to_owned();
        let mut gains = vec![format!("every permission in account {}", holders[here].account())];
        if let Some(way) = last {
            steps.extend(way.steps.iter().cloned());
            certain &= way.certain;
            unless.extend(way.unless.clone());
            path.clone_from(&way.path);
            gains.clone_from(&way.gains);
            target = way.target.clone().unwrap_or(target);
        }
        Escalation {
            principal: holders[at].resource.id.clone(),
            path,
            steps,
            target: Some(target),
            everything: true,
            gains,
            certain,
            unless: (!unless.is_empty()).then(|| unless.join("; ")),
            more_targets: false,
        }
    }
}

/// One link on the way to everything.
#[derive(Debug, Clone, Copy)]
enum Link<'f> {
    Hop(usize, &'f Hop),
    Way(usize, &'f Escalation),
}

fn as_step(hop: Hop) -> Step {
    Step {
        action: hop.action,
        resource: hop.to,
        certain: hop.certain,
        requirements: hop.requirements,
        evidence: hop.evidence,
    }
}

impl Bind {
    /// Whether the path is about the principal itself.
    const fn is_own(self) -> bool {
        matches!(self, Self::OwnUser | Self::OwnRole | Self::OwnGroup | Self::OwnPolicy)
    }
}
