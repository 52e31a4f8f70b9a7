//! The life of findings: open, still open, resolved, reopened.
//!
//! [`advance`] takes what was known and one scan, and gives what happens to each finding. It is
//! pure; the ledger keeps what it says. The one policy to know: only what was seen ends a
//! finding. An unknown evaluation, a stale resource, a list that is not whole and a resource out
//! of scope leave it as it is: still open, last seen when it was last seen.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::BuildHasher;

use jiff::Timestamp;

use crate::model::{
    Denial, Evaluation, Finding, Lists, Resolution, Resolved, Resource, ResourceKey, ResourceType, RuleId, Snapshot,
    Verdict, finding_id,
};

/// What one scan does to one finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// What happened.
    pub event: Event,
    /// The finding after it.
    pub finding: Finding,
}

/// What happens to a finding in a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// It fails for the first time.
    Opened,
    /// It fails again after having been resolved: a new opening of the same finding.
    Reopened,
    /// It was open and fails still.
    Seen,
    /// It ended.
    Resolved,
}

/// What a scan does to the findings known so far; sorted by finding id.
///
/// Of those that are resolved only the number of openings matters, which [`reopen`] can add afterwards.
/// A known finding that is not in the answer stays as it is. An evaluation that passes ends it
/// as fixed, a waived one as waived; a whole list without the resource as deleted; a resource
/// that is there while the rule has no evaluation for it, as rule removed, and so does one of a
/// type that is not read any more.
#[must_use]
pub fn advance(known: &[Finding], evaluations: &[Evaluation], snapshot: &Snapshot, at: Timestamp) -> Vec<Transition> {
    let scan = Scan::new(evaluations, snapshot);
    let mut transitions = BTreeMap::new();
    let mut by_id: HashMap<&str, &Finding> = HashMap::new();
    for finding in known {
        by_id.insert(&finding.id, finding);
        if finding.resolved.is_none()
            && let Some(how) = scan.end_of(finding)
        {
            let finding = Finding { resolved: Some(Resolved { at, how }), ..finding.clone() };
            transitions.insert(finding.id.clone(), Transition { event: Event::Resolved, finding });
        }
    }
    for evaluation in evaluations {
        if let Verdict::Fail { denials, .. } = &evaluation.verdict
            && !scan.is_stale(&evaluation.resource)
        {
            let id = finding_id(&evaluation.rule, &evaluation.resource);
            let transition = fails(by_id.get(id.as_str()).copied(), id.clone(), evaluation, denials, at);
            transitions.insert(id, transition);
        }
    }
    transitions.into_values().collect()
}

/// Makes openings of findings that were open before into reopenings. `earlier` holds the number of
/// openings that each of them had, by id.
pub fn reopen<S: BuildHasher>(transitions: &mut [Transition], earlier: &HashMap<String, u32, S>) {
    for transition in transitions.iter_mut().filter(|transition| transition.event == Event::Opened) {
        if let Some(number) = earlier.get(&transition.finding.id) {
            transition.event = Event::Reopened;
            transition.finding.reopened = *number;
        }
    }
}

/// A failing evaluation, and the finding it had before, if any.
fn fails(
    before: Option<&Finding>,
    id: String,
    evaluation: &Evaluation,
    denials: &[Denial],
    at: Timestamp,
) -> Transition {
    let (event, first_seen, reopened) = match before {
        None => (Event::Opened, at, 0),
        Some(before) if before.resolved.is_some() => (Event::Reopened, at, before.reopened + 1),
        Some(before) => (Event::Seen, before.first_seen, before.reopened),
    };
    let detected = before.filter(|_| event == Event::Seen).and_then(|before| before.detected.clone());
    let finding = Finding {
        id,
        rule: evaluation.rule.clone(),
        severity: evaluation.severity,
        resource: evaluation.resource.clone(),
        denials: denials.to_vec(),
        first_seen,
        last_seen: at,
        resolved: None,
        reopened,
        detected,
    };
    Transition { event, finding }
}

/// One scan, to be asked about one finding after the other.
struct Scan<'a> {
    lists: Lists<'a>,
    /// Types that were asked for somewhere, and not all listed. Not each of them has a list.
    missing: HashSet<ResourceType>,
    verdicts: HashMap<(&'a RuleId, &'a ResourceKey), &'a Verdict>,
    present: HashSet<ResourceKey>,
    stale: HashSet<ResourceKey>,
}

impl<'a> Scan<'a> {
    fn new(evaluations: &'a [Evaluation], snapshot: &'a Snapshot) -> Self {
        let is_stale = |resource: &&Resource| resource.stale_since.is_some();
        Self {
            lists: snapshot.lists(),
            missing: snapshot.gaps.iter().flat_map(|gap| gap.unlisted.iter().copied()).collect(),
            verdicts: evaluations
                .iter()
                .map(|evaluation| ((&evaluation.rule, &evaluation.resource), &evaluation.verdict))
                .collect(),
            present: snapshot.resources.iter().map(ResourceKey::from).collect(),
            stale: snapshot.resources.iter().filter(is_stale).map(ResourceKey::from).collect(),
        }
    }

    fn is_stale(&self, resource: &ResourceKey) -> bool {
        self.stale.contains(resource)
    }

    /// How this scan ends an open finding, if it does.
    fn end_of(&self, finding: &Finding) -> Option<Resolution> {
        let key = &finding.resource;
        if self.is_stale(key) {
            return None;
        }
        if !self.present.contains(key) {
            let place = (&key.account, &key.region, key.resource_type, &key.id);
            return match self.lists.whole(place) {
                Some(true) => Some(Resolution::Deleted),
                Some(false) => None,
                // Nobody asks for the type any more, so that no rule in force judges it.
                None if self.missing.contains(&key.resource_type) => None,
                None => self.lists.is_left_out(place).then_some(Resolution::RuleRemoved),
            };
        }
        match self.verdicts.get(&(&finding.rule, key)) {
            Some(Verdict::Pass) => Some(Resolution::Fixed),
            Some(Verdict::Waived { .. }) => Some(Resolution::Waived),
            Some(Verdict::Fail { .. } | Verdict::Unknown { .. }) => None,
            None => Some(Resolution::RuleRemoved),
        }
    }
}

#[cfg(test)]
mod tests;
