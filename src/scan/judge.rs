//! Rules and waivers on a snapshot; what is already known about an unchanged document is taken
//! over.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::selection;
use crate::config::{Config, Interval, WaiverEntry, WaiverPolicy};
use crate::controls::Idle;
use crate::ledger::{CachedVerdict, Judged, Verdicts};
use crate::model::{Evaluation, Pointer, Resource, ResourceKey, ResourceType, Rule, RuleId, Snapshot, Verdict};
use crate::rules::waiver::{self, Tagged, Terms, Waiver, WaiverUse};
use crate::rules::{Engine, Job, Lost, Pack, PackFaults, Parameters, Suspect};
use crate::sli::EvaluationCounts;

/// The rules and waivers in force.
pub struct Judge {
    engine: Engine,
    waivers: Vec<Waiver>,
    terms: Terms,
    rules_digest: String,
    waivers_digest: String,
    idle: Vec<Idle>,
    notes: Vec<String>,
}

/// What the rules and waivers say about a snapshot.
#[derive(Debug)]
pub struct Judgement {
    /// After waivers; sorted by resource and rule.
    pub evaluations: Vec<Evaluation>,
    /// Verdicts before waivers about documents that were not known, to be kept.
    pub judged: Vec<Judged>,
    /// How many evaluations were made and how many taken over.
    pub work: EvaluationCounts,
    /// What became of the waivers.
    pub waivers: WaiverUse,
    /// Rules that cannot be trusted.
    pub suspects: Vec<Suspect>,
}

/// Why the configured rules cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JudgeFaults {
    /// The rules, or the parameters, have faults.
    #[error(transparent)]
    Pack(#[from] PackFaults),
    /// The configuration selects nothing.
    #[error(
        "the configuration leaves no rule enabled\nhelp: see rules.enabled and rules.disabled, and plimsoll rules list"
    )]
    NoRules,
    /// The configuration names rules or frameworks that do not exist.
    #[error("the configuration names what does not exist\n{}", .0.join("\n"))]
    Unknown(Vec<String>),
    /// Waivers accept more than any may.
    #[error("the configuration accepts too much\n{}", .0.join("\n"))]
    Waivers(Vec<String>),
}

impl Judge {
    /// The rules, parameters and waivers that a configuration asks for.
    ///
    /// # Errors
    /// All faults of the rules and parameters, or an empty selection.
    pub fn configured(config: &Config) -> Result<Self, JudgeFaults> {
        let mut pack = Self::all_rules(config)?;
        let notes = selection::check(&config.rules, &pack)?;
        let waivers: Vec<Waiver> = config.waivers.iter().map(waiver_of).collect();
        selection::check_waivers(&waivers, &pack)?;
        let idle = idle(config, &pack);
        pack.rules.retain(|rule| config.rules.selects(rule));
        pack.lost.retain(|lost| lost.rule.as_ref().is_none_or(|id| config.rules.may_select(id)));
        if pack.rules.is_empty() && pack.lost.is_empty() {
            return Err(JudgeFaults::NoRules);
        }
        let judges: BTreeSet<&RuleId> = pack.rules.iter().map(|rule| &rule.id).collect();
        pack.quarantined.retain(|id, _| judges.contains(id));
        let terms = terms_of(&config.waiver_policy);
        let waivers_digest = waiver::digest(&waivers, terms);
        Ok(Self { terms, waivers_digest, idle, notes, ..Self::new(&pack, waivers) })
    }

    /// Every rule there is, those that the configuration switches off too, with the severities it
    /// sets.
    ///
    /// # Errors
    /// All faults of the built-in rules and of the parameters.
    pub fn all_rules(config: &Config) -> Result<Pack, JudgeFaults> {
        let parameters = Parameters(config.parameters.clone().into_iter().collect());
        let mut pack = Pack::of_scan(config.rules.embedded, &config.rules.all_directories(), &parameters)?;
        for rule in &mut pack.rules {
            rule.severity = config.rules.severities.get(&rule.id).copied().unwrap_or(rule.severity);
        }
        Ok(pack)
    }

    /// These rules and waivers.
    #[must_use]
    pub fn new(pack: &Pack, waivers: Vec<Waiver>) -> Self {
        let waivers_digest = waiver::digest(&waivers, Terms::default());
        Self {
            engine: Engine::new(pack),
            rules_digest: pack.digest(),
            waivers,
            terms: Terms::default(),
            waivers_digest,
            idle: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// The same, with the lost rules that an earlier scan judged by in quarantine: all they judge
    /// is unknown, and what they found stays open.
    #[must_use]
    pub fn recall(self, before: &[Rule]) -> Self {
        if self.lost().is_empty() {
            return self;
        }
        let mut pack = self.engine.pack().clone();
        pack.recall(before);
        Self { engine: Engine::new(&pack), rules_digest: pack.digest(), ..self }
    }

    /// Rules that the folders hold, but that nothing can be judged by.
    #[must_use]
    pub fn lost(&self) -> &[Lost] {
        &self.engine.pack().lost
    }

    /// Rules that judge nothing but `unknown`, with the cause.
    #[must_use]
    pub fn quarantined(&self) -> &BTreeMap<RuleId, String> {
        &self.engine.pack().quarantined
    }

    /// What of the selection of rules has no effect, and which rules are missing; a sentence each.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let lost = self.lost().iter().map(|lost| {
            let name = lost.rule.as_ref().map_or(&*lost.file, |rule| rule.as_str());
            format!("rule {name} is missing, nothing was judged by it: {}", lost.cause)
        });
        lost.chain(self.notes.iter().cloned()).collect()
    }

    /// The rules in force, sorted by id.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.engine.pack().rules
    }

    /// Rules that are there and do not judge, with the reason.
    #[must_use]
    pub fn idle(&self) -> &[Idle] {
        &self.idle
    }

    /// The values of the rules' parameters in force, by name.
    #[must_use]
    pub fn parameters(&self) -> BTreeMap<&str, &Value> {
        self.engine.pack().parameters.iter().map(|parameter| (parameter.name.as_str(), &parameter.value)).collect()
    }

    /// Digest of the rules and their parameters.
    #[must_use]
    pub fn rules_digest(&self) -> &str {
        &self.rules_digest
    }

    /// Digest of the waivers.
    #[must_use]
    pub fn waivers_digest(&self) -> &str {
        &self.waivers_digest
    }

    /// The waivers that were given.
    #[must_use]
    pub fn waivers(&self) -> &[Waiver] {
        &self.waivers
    }

    /// What waivers may be.
    #[must_use]
    pub const fn terms(&self) -> Terms {
        self.terms
    }

    /// Places of buckets that the rules read: the collector asks for them whatever its depth.
    #[must_use]
    pub fn wanted_of_buckets(&self) -> BTreeSet<Pointer> {
        self.engine.rules_of(ResourceType::Bucket).flat_map(|rule| rule.reads.iter().cloned()).collect()
    }

    /// The types that the rules judge: the collector lists some types only for them.
    #[must_use]
    pub fn judged(&self) -> BTreeSet<ResourceType> {
        self.rules().iter().flat_map(|rule| rule.resource_types.iter().copied()).collect()
    }

    /// Places of instances that the rules read: some cost calls of their own.
    #[must_use]
    pub fn wanted_of_instances(&self) -> BTreeSet<Pointer> {
        self.engine.rules_of(ResourceType::Instance).flat_map(|rule| rule.reads.iter().cloned()).collect()
    }

    /// Judges a snapshot from nothing: by the rules as of one moment, with the waivers that hold at
    /// another. A snapshot of last month is judged as it was; what was accepted until last week is
    /// not accepted today.
    #[must_use]
    pub fn judge_all(&self, snapshot: &Snapshot, now: Timestamp, waived: Timestamp) -> Judgement {
        self.judge_each(&snapshot.resources.iter().collect::<Vec<_>>(), (now, waived))
    }

    /// Judges a snapshot beside another one that is judged: only resources whose document the other
    /// one does not have, under its key, are judged; for the others `evaluations` are taken over.
    /// Waivers hold as of the moment of the snapshot.
    #[must_use]
    pub fn judge_beside(
        &self,
        snapshot: &Snapshot,
        (known, evaluations): (&Snapshot, &[Evaluation]),
    ) -> Vec<Evaluation> {
        let known: HashMap<_, &Resource> = known.resources.iter().map(|resource| (resource.key(), resource)).collect();
        let is_known = |resource: &Resource| known.get(&resource.key()).is_some_and(|other| other.is_same(resource));
        let (same, differing): (Vec<&Resource>, Vec<&Resource>) =
            snapshot.resources.iter().partition(|resource| is_known(resource));
        let same: HashSet<ResourceKey> = same.into_iter().map(ResourceKey::from).collect();
        let judgement = self.judge_each(&differing, (snapshot.taken_at, snapshot.taken_at));
        let mut all = judgement.evaluations;
        let first = all.len();
        all.extend(evaluations.iter().filter(|evaluation| same.contains(&evaluation.resource)).cloned());
        distrust(&mut all[first..], &judgement.suspects);
        all.sort_by(|a, b| (&a.resource, &a.rule).cmp(&(&b.resource, &b.rule)));
        all
    }

    /// All rules on these resources; nothing is kept of what they say.
    fn judge_each(&self, resources: &[&Resource], (now, waived): (Timestamp, Timestamp)) -> Judgement {
        let evaluated = self.engine.evaluate(resources, now);
        let work = EvaluationCounts { judged: evaluated.evaluated as u64, reused: 0 };
        let mut evaluations = evaluated.evaluations;
        evaluations.sort_by(|a, b| (&a.resource, &a.rule).cmp(&(&b.resource, &b.rule)));
        let tagged = Tagged::of(resources.iter().copied(), &self.waivers);
        let waivers = waiver::apply(&mut evaluations, &self.waivers, self.terms, &tagged, waived);
        Judgement { evaluations, judged: Vec::new(), work, waivers, suspects: evaluated.suspects }
    }

    /// What single rules say about single documents as of a moment, before waivers.
    pub(super) fn verdicts_of(
        &self,
        asked: &[(&RuleId, Resource)],
        at: Timestamp,
    ) -> HashMap<(RuleId, ResourceKey), Verdict> {
        let jobs: Vec<Job<'_>> = asked.iter().map(|(rule, resource)| Job { resource, rules: vec![*rule] }).collect();
        let evaluated = self.engine.evaluate_jobs(&jobs, at);
        let mut evaluations = evaluated.evaluations;
        distrust(&mut evaluations, &evaluated.suspects);
        evaluations.into_iter().map(|one| ((one.rule, one.resource), one.verdict)).collect()
    }

    /// Judges a snapshot, taking over what is known about documents and rules that have not
    /// changed. `documents` are the content hashes of the snapshot's resources, in their order.
    /// The moments are those of [`Judge::judge_all`].
    #[must_use]
    pub fn judge(
        &self,
        snapshot: &Snapshot,
        documents: &[String],
        kept: &Verdicts,
        (now, waived): (Timestamp, Timestamp),
    ) -> Judgement {
        let today = now.to_zoned(TimeZone::UTC).date();
        let mut evaluations = Vec::new();
        let mut jobs = Vec::new();
        for (resource, document) in snapshot.resources.iter().zip(documents) {
            let (known, missing) = self.look_up(resource, document, kept, today);
            evaluations.extend(known);
            if !missing.is_empty() {
                jobs.push(Job { resource, rules: missing });
            }
        }
        let reused = evaluations.len() as u64;
        let evaluated = self.engine.evaluate_jobs(&jobs, now);
        let work = EvaluationCounts { judged: evaluated.evaluated as u64, reused };
        evaluations.extend(evaluated.evaluations);
        distrust(&mut evaluations, &evaluated.suspects);
        evaluations.sort_by(|a, b| (&a.resource, &a.rule).cmp(&(&b.resource, &b.rule)));
        let judged = self.to_keep(&jobs, &evaluations, &evaluated.suspects, (snapshot, documents), today);
        let tagged = Tagged::of(&snapshot.resources, &self.waivers);
        let waivers = waiver::apply(&mut evaluations, &self.waivers, self.terms, &tagged, waived);
        Judgement { evaluations, judged, work, waivers, suspects: evaluated.suspects }
    }

    /// What is known about one resource, and the rules that must still be run. A stale resource
    /// has the document it had when it was read, so nothing is taken over for it.
    fn look_up(
        &self,
        resource: &Resource,
        document: &str,
        kept: &Verdicts,
        today: Date,
    ) -> (Vec<Evaluation>, Vec<&RuleId>) {
        let mut known = Vec::new();
        let mut missing = Vec::new();
        for rule in self.engine.rules_of(resource.resource_type) {
            let verdict = if resource.stale_since.is_some() { None } else { kept.get(document, rule, today) };
            match verdict {
                Some(verdict) => known.push(Evaluation {
                    rule: rule.id.clone(),
                    severity: rule.severity,
                    resource: ResourceKey::from(resource),
                    verdict: verdict.clone(),
                }),
                None => missing.push(&rule.id),
            }
        }
        (known, missing)
    }

    /// All verdicts about each document of which some were made now, before waivers. Those of
    /// suspect rules are not kept: they must be tried again.
    fn to_keep(
        &self,
        jobs: &[Job<'_>],
        evaluations: &[Evaluation],
        suspects: &[Suspect],
        (snapshot, documents): (&Snapshot, &[String]),
        today: Date,
    ) -> Vec<Judged> {
        let mut by_resource: HashMap<&ResourceKey, Vec<&Evaluation>> = HashMap::new();
        for evaluation in evaluations {
            by_resource.entry(&evaluation.resource).or_default().push(evaluation);
        }
        let fresh: BTreeSet<_> =
            jobs.iter().filter(|job| job.resource.stale_since.is_none()).map(|job| job.resource.key()).collect();
        let mut judged = BTreeMap::new();
        for (resource, document) in snapshot.resources.iter().zip(documents) {
            if !fresh.contains(&resource.key()) {
                continue;
            }
            let of_it = by_resource.get(&ResourceKey::from(resource)).map(Vec::as_slice).unwrap_or_default();
            let verdicts = of_it
                .iter()
                .filter(|evaluation| suspects.iter().all(|suspect| suspect.rule != evaluation.rule))
                .filter_map(|evaluation| self.keep(evaluation, today))
                .collect();
            judged.insert(document, Judged { document: document.clone(), verdicts });
        }
        judged.into_values().collect()
    }

    fn keep(&self, evaluation: &Evaluation, today: Date) -> Option<CachedVerdict> {
        debug_assert!(!matches!(evaluation.verdict, Verdict::Waived { .. }), "verdicts are kept before waivers");
        let rule = self.engine.pack().rule(&evaluation.rule)?;
        Some(CachedVerdict::new(rule, today, evaluation.verdict.clone()))
    }
}

/// The rules of a pack that the configuration does not choose.
fn idle(config: &Config, pack: &Pack) -> Vec<Idle> {
    let idle = |rule: &Rule| {
        let reason = config.rules.standing(rule).reason()?;
        Some(Idle { rule: rule.clone(), reason })
    };
    pack.rules.iter().filter_map(idle).collect()
}

/// Makes every evaluation of a suspect rule unknown, also those taken over from earlier scans.
fn distrust(evaluations: &mut [Evaluation], suspects: &[Suspect]) {
    for evaluation in evaluations {
        if let Some(suspect) = suspects.iter().find(|suspect| suspect.rule == evaluation.rule) {
            evaluation.verdict = Verdict::Unknown { causes: vec![suspect.reason.clone()] };
        }
    }
}

pub(super) fn distinct(documents: &[String]) -> Vec<String> {
    documents.iter().collect::<BTreeSet<_>>().into_iter().cloned().collect()
}

fn terms_of(policy: &WaiverPolicy) -> Terms {
    let days = |length: Interval| i32::try_from(length.duration().as_secs() / (24 * 60 * 60)).unwrap_or(i32::MAX);
    Terms {
        maximum_days: days(policy.maximum_age),
        warn_days: days(policy.warn_before),
        most_failures: usize::try_from(policy.most_failures).unwrap_or(usize::MAX),
    }
}

/// A waiver of the configuration, as the rules know it.
fn waiver_of(entry: &WaiverEntry) -> Waiver {
    Waiver {
        rule: entry.rule.as_str().to_owned(),
        severity: entry.severity,
        resource: entry.resource.as_str().to_owned(),
        account: entry.account.clone(),
        tags: entry.tags.iter().flatten().map(|(name, tag)| (name.clone(), tag.as_str().to_owned())).collect(),
        reason: entry.reason.clone(),
        owner: entry.owner.clone(),
        ticket: entry.ticket.clone(),
        granted: entry.granted,
        expires: entry.expires,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AccountId, Region, ResourceId, Severity};

    #[test]
    fn what_a_suspect_rule_said_before_is_unknown_too() {
        let evaluation = |rule: &str| Evaluation {
            rule: RuleId::new(rule).unwrap(),
            severity: Severity::High,
            resource: ResourceKey {
                account: AccountId::unknown(),
                region: Region::global(),
                resource_type: ResourceType::Bucket,
                id: ResourceId::new("arn:aws:s3:::b").unwrap(),
            },
            verdict: Verdict::Pass,
        };
        let mut evaluations = vec![evaluation("aws-s3-a"), evaluation("aws-s3-b")];
        let suspect = Suspect { rule: RuleId::new("aws-s3-a").unwrap(), reason: "it errs".to_owned() };
        distrust(&mut evaluations, &[suspect]);
        assert_eq!(evaluations[0].verdict, Verdict::Unknown { causes: vec!["it errs".to_owned()] });
        assert_eq!(evaluations[1].verdict, Verdict::Pass);
    }
}
