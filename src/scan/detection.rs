//! How long after the change a finding opens: at most since the last scan that saw the unit without it,
//! exactly where CloudTrail knows the call that made the change.
//!
//! A bound is never below the truth. It begins at the last moment for which it is proved that the rule
//! of today passed: the document was really read then, and nothing that the rule reads was unknown; or
//! the list that would hold the resource was whole, and it was not there. Where there is no such moment,
//! or where it was not the estate that changed, there is no delay.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::judge::Judge;
use crate::explain::Cause;
use crate::findings::{Event, Transition};
use crate::ledger::{Awaited, Detection, LastScan, Ledger, LedgerError};
use crate::model::{
    ChangeEvent, Detected, DetectionBound, Finding, Pointer, Resource, ResourceKey, RuleId, Snapshot, Verdict,
};
use crate::source::aws::{Lookup, LookupLimits, NoAnswer, Session, calls_that_write, look_up, read_late};

/// How long an event is waited for: CloudTrail delivers within 15 minutes, as a rule.
const PATIENCE: SignedDuration = SignedDuration::from_hours(1);
/// Calls this close together are one change: a program that makes a bucket also sets its policy.
const ONE_CHANGE: SignedDuration = SignedDuration::from_mins(1);
/// How many documents of a resource are looked at for one of which it is known that it passed.
const DOCUMENTS: u32 = 50;
/// How many resources that deep, of one scan.
const DEEP: usize = 2_000;
/// Lookups of one scan, and time for them.
const LIMITS: LookupLimits = LookupLimits { most: 100, time: Duration::from_mins(1) };

/// Since when a finding may have been there, and how its resource was then.
#[derive(Debug, Clone)]
struct Clean {
    at: Timestamp,
    /// The document that passed; `None` where the resource was not there.
    resource: Option<Resource>,
}

/// A scan that opens findings.
pub(super) struct Openings<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) judge: &'a Judge,
    /// This scan.
    pub(super) snapshot: &'a Snapshot,
    /// The scan before; `None` for the first.
    pub(super) last: Option<&'a LastScan>,
    /// The resources of its findings as the scan before left them.
    pub(super) before: &'a HashMap<ResourceKey, Resource>,
    /// Why findings open.
    pub(super) causes: &'a BTreeMap<String, Cause>,
    /// Where CloudTrail is asked; nowhere when that is switched off.
    pub(super) sessions: &'a [Session],
}

/// The resources that a scan opens findings of, as the scan before left them.
pub(super) fn before(previous: &Snapshot, transitions: &[Transition]) -> HashMap<ResourceKey, Resource> {
    let opened: HashSet<&ResourceKey> = opened(transitions).map(|finding| &finding.resource).collect();
    if opened.is_empty() {
        return HashMap::new();
    }
    let keyed = previous.resources.iter().map(|resource| (ResourceKey::from(resource), resource));
    keyed.filter(|(key, _)| opened.contains(key)).map(|(key, resource)| (key, resource.clone())).collect()
}

fn opened(transitions: &[Transition]) -> impl Iterator<Item = &Finding> {
    let opens = |transition: &&Transition| matches!(transition.event, Event::Opened | Event::Reopened);
    transitions.iter().filter(opens).map(|transition| &transition.finding)
}

impl Openings<'_> {
    /// Tells the findings that open how long that took, as far as it is known now, and gives what is
    /// to be recorded. `now` is when everything had been read.
    pub(super) async fn detect(&self, transitions: &mut [Transition], now: Timestamp) -> Result<LookedUp, LedgerError> {
        let new = match self.last {
            Some(last) => self.bounds(transitions, (last.scan.taken_at, last.scan.finished), now).await?,
            None => Vec::new(),
        };
        let looked_up = look_for(self.sessions, new, self.ledger.awaited().await?, self.snapshot.taken_at).await;
        tell(&looked_up.detections, transitions);
        Ok(looked_up)
    }

    /// What is known of each opening with a delay without asking anybody, in the order of the findings.
    /// `previous` is when the scan before began and ended.
    async fn bounds(
        &self,
        transitions: &[Transition],
        previous: (Timestamp, Timestamp),
        finished: Timestamp,
    ) -> Result<Vec<Detection>, LedgerError> {
        let clean = self.clean(transitions, previous.0).await?;
        let took = previous.1.duration_since(previous.0);
        let mut detections = Vec::new();
        for finding in opened(transitions) {
            let Some(clean) = clean.get(&finding.id) else { continue };
            let Some(delay_seconds) = seconds_of(finding.first_seen.duration_since(clean.at)) else { continue };
            let detected = Detected { bound: DetectionBound::Upper, delay_seconds, event: None };
            let calls = if self.sessions.is_empty() { Vec::new() } else { self.calls(finding, clean) };
            let until = finished.saturating_add(PATIENCE).unwrap_or(finished);
            let sure_from = clean.at.saturating_add(took).unwrap_or(clean.at);
            let awaited = Awaited { from: clean.at, sure_from, to: finished, calls, until };
            let awaited = (!awaited.calls.is_empty()).then_some(awaited);
            detections.push(Detection { finding: Finding { detected: Some(detected), ..finding.clone() }, awaited });
        }
        Ok(detections)
    }

    /// When each opening was last known not to be there.
    async fn clean(
        &self,
        transitions: &[Transition],
        previous: Timestamp,
    ) -> Result<HashMap<String, Clean>, LedgerError> {
        let mut clean = HashMap::new();
        let mut changed: Vec<&Finding> = Vec::new();
        let whole = self.ledger.last_whole().await?;
        for finding in opened(transitions) {
            let ResourceKey { account, region, resource_type, .. } = &finding.resource;
            match self.causes.get(&finding.id) {
                Some(Cause::Inventory) => {
                    let absent = whole.of(account, region, *resource_type);
                    clean.extend(absent.map(|at| (finding.id.clone(), Clean { at, resource: None })));
                }
                Some(Cause::Configuration | Cause::Coverage) => changed.push(finding),
                Some(Cause::Rules | Cause::Waivers) | None => {}
            }
        }
        let mut unknown = Vec::new();
        for (finding, was, verdict) in self.judged_before(&changed, previous) {
            match verdict {
                Some(Verdict::Pass) => {
                    let at = self.sooner(finding, was.stale_since.unwrap_or(previous));
                    clean.insert(finding.id.clone(), Clean { at, resource: Some(was.clone()) });
                }
                Some(Verdict::Unknown { .. }) => unknown.push(finding),
                Some(Verdict::Fail { .. } | Verdict::Waived { .. }) | None => {}
            }
        }
        for finding in unknown.into_iter().take(DEEP) {
            clean.extend(self.before_unknown(finding).await?.map(|found| (finding.id.clone(), found)));
        }
        Ok(clean)
    }

    /// What each finding's rule says about the document of the scan before, as of when that was read.
    fn judged_before<'f>(
        &self,
        findings: &[&'f Finding],
        previous: Timestamp,
    ) -> Vec<(&'f Finding, &Resource, Option<Verdict>)> {
        let mut by_time: BTreeMap<Timestamp, Vec<(&RuleId, Resource)>> = BTreeMap::new();
        let before = |finding: &Finding| self.before.get(&finding.resource);
        for finding in findings {
            if let Some(was) = before(finding) {
                let as_read = Resource { stale_since: None, ..was.clone() };
                by_time.entry(was.stale_since.unwrap_or(previous)).or_default().push((&finding.rule, as_read));
            }
        }
        let mut verdicts = HashMap::new();
        for (at, asked) in &by_time {
            verdicts.extend(self.judge.verdicts_of(asked, *at));
        }
        let told = |finding: &&'f Finding| {
            let verdict = verdicts.remove(&(finding.rule.clone(), finding.resource.clone()));
            Some((*finding, before(finding)?, verdict))
        };
        findings.iter().filter_map(told).collect()
    }

    /// The last document of which the rule of today knows that it passes, before those of which it does
    /// not know. One that fails was no finding then for another reason: a waiver, another rule.
    async fn before_unknown(&self, finding: &Finding) -> Result<Option<Clean>, LedgerError> {
        let earlier = self.ledger.earlier(&finding.resource, DOCUMENTS).await?;
        for one in &earlier {
            let asked = [(&finding.rule, one.resource.clone())];
            match self.judge.verdicts_of(&asked, one.read_at).into_values().next() {
                Some(Verdict::Pass) => {
                    let at = self.sooner(finding, one.read_at);
                    return Ok(Some(Clean { at, resource: Some(one.resource.clone()) }));
                }
                Some(Verdict::Unknown { .. }) => {}
                Some(Verdict::Fail { .. } | Verdict::Waived { .. }) | None => return Ok(None),
            }
        }
        let absent = earlier.last().and_then(|first| first.absent_at);
        Ok(absent.map(|at| Clean { at, resource: None }))
    }

    /// What AWS itself tells late was so only that much sooner.
    fn sooner(&self, finding: &Finding, read_at: Timestamp) -> Timestamp {
        let Some((late, places)) = read_late(finding.resource.resource_type) else { return read_at };
        let reads = self.judge.rules().iter().find(|rule| rule.id == finding.rule).map(|rule| rule.reads.as_slice());
        let overlap = |place: &Pointer| reads.unwrap_or_default().iter().any(|read| read.overlaps(place));
        if places.iter().any(overlap) { read_at.saturating_sub(late).unwrap_or(read_at) } else { read_at }
    }

    /// The calls that may have made it fail: those that write what differs now, as far as it offends.
    fn calls(&self, finding: &Finding, clean: &Clean) -> Vec<String> {
        let key =
            (&finding.resource.account, &finding.resource.region, finding.resource.resource_type, &finding.resource.id);
        let found = self.snapshot.resources.binary_search_by(|resource| resource.key().cmp(&key));
        let Some(now) = found.ok().map(|at| &self.snapshot.resources[at]) else { return Vec::new() };
        let mut differ = differing(clean.resource.as_ref(), now);
        let offending: BTreeSet<String> = offending(finding).intersection(&differ).cloned().collect();
        if !offending.is_empty() || clean.resource.is_none() {
            differ = offending;
        }
        calls_that_write(finding.resource.resource_type, &differ, clean.resource.is_none())
    }
}

/// Whole seconds, rounded up; `None` for a length below 0: the clock went back, and nothing is known.
fn seconds_of(length: SignedDuration) -> Option<u64> {
    let seconds = u64::try_from(length.as_secs()).ok()?;
    (length.subsec_nanos() >= 0).then(|| seconds + u64::from(length.subsec_nanos() > 0))
}

/// The attributes of `configuration` that differ; all of a resource that was not there.
fn differing(before: Option<&Resource>, now: &Resource) -> BTreeSet<String> {
    let attributes = |resource: &Resource| match resource.document().get_mut("configuration").map(Value::take) {
        Some(Value::Object(attributes)) => attributes,
        _ => serde_json::Map::new(),
    };
    let now = attributes(now);
    let before = before.map(attributes).unwrap_or_default();
    let all: BTreeSet<&String> = now.keys().chain(before.keys()).collect();
    all.into_iter().filter(|name| now.get(*name) != before.get(*name)).cloned().collect()
}

/// The attributes of `configuration` that offend, or that an offending fact rests on.
fn offending(finding: &Finding) -> BTreeSet<String> {
    let places = finding.denials.iter().flat_map(|denial| std::iter::once(&denial.path).chain(&denial.because));
    places
        .filter_map(|place| place.as_str().strip_prefix("/configuration/"))
        .filter_map(|rest| rest.split('/').next().map(str::to_owned))
        .collect()
}

/// What the lookups of one scan gave.
#[derive(Debug, Default)]
pub(super) struct LookedUp {
    /// Every detection that differs from what the ledger has: those of this scan, and awaited ones.
    pub(super) detections: Vec<Detection>,
    /// What a reader must know.
    pub(super) notes: Vec<String>,
}

/// Looks for the calls that are awaited, by this scan's openings and by earlier ones. What is found is
/// exact; what is not found in time, or never will be, stays a bound.
///
/// `sessions` is empty where CloudTrail is not to be asked: then nothing is awaited any more.
async fn look_for(sessions: &[Session], new: Vec<Detection>, earlier: Vec<Detection>, taken_at: Timestamp) -> LookedUp {
    let mut looked_up = LookedUp::default();
    let of_this_scan = new.len();
    let mut all: Vec<Detection> = new.into_iter().chain(earlier).collect();
    // Those that are asked for the last time come first, then the worst.
    let mut order: Vec<usize> = (0..all.len()).filter(|at| all[*at].awaited.is_some()).collect();
    let is_last = |detection: &Detection| detection.awaited.as_ref().is_some_and(|awaited| taken_at >= awaited.until);
    order.sort_by_key(|at| {
        let detection = &all[*at];
        (!is_last(detection), std::cmp::Reverse(detection.finding.severity), detection.finding.first_seen)
    });
    let (mut asked, mut of): (Vec<Lookup>, Vec<Vec<usize>>) = (Vec::new(), Vec::new());
    for at in order {
        let Some(lookup) = lookup(&all[at]) else { continue };
        let place = asked.iter().position(|other| *other == lookup).unwrap_or_else(|| {
            asked.push(lookup);
            of.push(Vec::new());
            of.len() - 1
        });
        of[place].push(at);
    }
    let answers = if sessions.is_empty() { Vec::new() } else { look_up(sessions, &asked, LIMITS).await };
    let mut answered: HashMap<usize, _> = HashMap::new();
    for (places, answer) in of.into_iter().zip(answers) {
        answered.extend(places.into_iter().map(|at| (at, answer.clone())));
    }
    let mut unanswered = BTreeMap::new();
    for (at, mut detection) in all.drain(..).enumerate() {
        let was_awaited = detection.awaited.is_some();
        let answer = answered.remove(&at);
        if let Some(Err(NoAnswer::Denied(problem) | NoAnswer::NotYet(problem))) = &answer {
            *unanswered.entry((detection.finding.resource.account.clone(), problem.clone())).or_insert(0_u64) += 1;
        }
        let ends = match answer {
            _ if sessions.is_empty() => true,
            Some(Ok(events)) => explain(&mut detection, &events) || is_last(&detection),
            Some(Err(NoAnswer::Denied(_))) => true,
            Some(Err(NoAnswer::NotYet(_))) | None => is_last(&detection),
        };
        if ends {
            detection.awaited = None;
        }
        if at < of_this_scan || was_awaited && ends {
            looked_up.detections.push(detection);
        }
    }
    let note = |((account, problem), findings): (_, u64)| {
        format!(
            "CloudTrail in account {account} did not say who changed the resources of {findings} findings: {problem}"
        )
    };
    looked_up.notes = unanswered.into_iter().map(note).collect();
    looked_up
}

/// Puts what became known into the findings that a scan opens.
fn tell(detections: &[Detection], transitions: &mut [Transition]) {
    let known: HashMap<(&str, u32), &Detection> =
        detections.iter().map(|one| ((one.finding.id.as_str(), one.finding.reopened), one)).collect();
    for Transition { finding, .. } in transitions {
        if let Some(detection) = known.get(&(finding.id.as_str(), finding.reopened)) {
            finding.detected.clone_from(&detection.finding.detected);
        }
    }
}

fn lookup(detection: &Detection) -> Option<Lookup> {
    let Awaited { from, to, calls, .. } = detection.awaited.clone()?;
    Some(Lookup { resource: detection.finding.resource.clone(), from, to, calls })
}

/// Tells a finding which call opened it; gives whether that is exact.
///
/// A call that came while the scan before was reading may have been seen by it, so it proves nothing.
/// Calls within a minute are one change, which began with the first of them. Where several changes may
/// have made it fail nobody knows which did: the bound stays, and the last call is told.
fn explain(detection: &mut Detection, events: &[ChangeEvent]) -> bool {
    let Detection { finding, awaited: Some(awaited) } = detection else { return false };
    let (Some(first), Some(last), Some(detected)) = (events.first(), events.last(), &mut finding.detected) else {
        return false;
    };
    if last.at >= awaited.sure_from {
        detected.event = Some(last.clone());
    }
    if first.at < awaited.sure_from || last.at.duration_since(first.at) > ONE_CHANGE {
        return false;
    }
    // A change while the scan was reading was seen at once.
    detected.delay_seconds = seconds_of(finding.first_seen.duration_since(first.at)).unwrap_or(0);
    detected.bound = DetectionBound::Exact;
    detected.event = Some(first.clone());
    true
}

#[cfg(test)]
mod tests;
