//! What the rules said about each resource, to be asked about any part of the rules.

use std::collections::HashMap;

use super::State;
use crate::model::{
    Evaluation, Listing, Region, Resource, ResourceKey, ResourceType, Rule, RuleId, Severity, Snapshot,
};

/// Which rules judge which types, and what they said.
#[derive(Debug)]
pub struct Judged<'a> {
    by_type: HashMap<ResourceType, Vec<By>>,
    answers: HashMap<&'a ResourceKey, Vec<(By, State)>>,
}

/// Which rule judges, to be told whether it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct By {
    /// Its place in the list of rules; `None` when it is not there any more.
    pub rule: Option<usize>,
    /// Its severity.
    pub severity: Severity,
}

/// What was said about one resource.
#[derive(Debug, Clone, Copy)]
pub struct Answers<'a> {
    applying: &'a [By],
    given: &'a [(By, State)],
    is_stale: bool,
}

impl<'a> Judged<'a> {
    /// From evaluations and the rules that judged.
    #[must_use]
    pub fn new(evaluations: &'a [Evaluation], rules: &'a [Rule]) -> Self {
        let mut by_type: HashMap<_, Vec<_>> = HashMap::new();
        let mut places: HashMap<&RuleId, usize> = HashMap::new();
        for (place, rule) in rules.iter().enumerate() {
            places.insert(&rule.id, place);
            for resource_type in &rule.resource_types {
                by_type.entry(*resource_type).or_default().push(By { rule: Some(place), severity: rule.severity });
            }
        }
        let mut answers: HashMap<_, Vec<_>> = HashMap::new();
        for evaluation in evaluations {
            let by = By { rule: places.get(&evaluation.rule).copied(), severity: evaluation.severity };
            let state = State::of(&evaluation.verdict, evaluation.severity);
            answers.entry(&evaluation.resource).or_default().push((by, state));
        }
        Self { by_type, answers }
    }

    /// What was said about a resource.
    #[must_use]
    pub fn about(&self, resource: &Resource) -> Answers<'_> {
        Answers {
            applying: self.applying(resource.resource_type),
            given: self.answers.get(&ResourceKey::from(resource)).map_or(&[], Vec::as_slice),
            is_stale: resource.stale_since.is_some(),
        }
    }

    /// The rules that judge resources of a type.
    #[must_use]
    pub fn applying(&self, resource_type: ResourceType) -> &[By] {
        self.by_type.get(&resource_type).map_or(&[], Vec::as_slice)
    }
}

impl Answers<'_> {
    /// The resource's state under the rules that count; `None` when none of them applies.
    ///
    /// One to which a rule applies and about which none said anything is `unknown`, as is every stale
    /// one, whatever was said.
    #[must_use]
    pub fn state(&self, counts: impl Fn(By) -> bool) -> Option<State> {
        let worst = self.given.iter().filter(|(by, _)| counts(*by)).map(|(_, state)| *state).max();
        match worst {
            Some(_) if self.is_stale => Some(State::Unknown),
            Some(state) => Some(state),
            None => self.applying.iter().any(|by| counts(*by)).then_some(State::Unknown),
        }
    }
}

/// The incomplete lists of which not one resource is known. Each counts as one unknown resource, as
/// nobody knows how many it hides.
#[must_use]
pub fn never_seen(snapshot: &Snapshot) -> Vec<&Listing> {
    let global = Region::global();
    let mut seen = std::collections::HashSet::new();
    for resource in &snapshot.resources {
        seen.insert((&resource.account, &resource.region, resource.resource_type));
        seen.insert((&resource.account, &global, resource.resource_type));
    }
    let known = |listing: &&Listing| seen.contains(&(&listing.account, &listing.region, listing.resource_type));
    let unseen = |listing: &&Listing| !listing.complete && !listing.listed_before && !known(listing);
    snapshot.listings.iter().filter(unseen).collect()
}
