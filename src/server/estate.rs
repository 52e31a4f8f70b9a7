//! The detail of the last completed scan: what the API and the overview page show.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::model::{
    Change, Evaluation, Finding, Gap, Pointer, Resource, ResourceKey, Rule, RuleId, Severity, Snapshot, Verdict,
};
use crate::sli::{self, State};

/// The detail of the last completed scan.
#[derive(Debug, Clone, Default)]
pub struct Estate {
    /// Resources with their evaluations, in the order of the snapshot.
    pub resources: Vec<JudgedResource>,
    /// Findings, open ones and resolved ones.
    pub findings: Vec<Finding>,
    /// What changed since the scan before.
    pub changes: Vec<Change>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
    /// Scans, latest first.
    pub scans: Vec<ScanEntry>,
}

/// One scan in the history.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScanEntry {
    /// Number in the ledger; null for a failed one.
    pub id: Option<i64>,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// How it ended.
    pub outcome: ScanOutcome,
    /// Why it failed; null otherwise.
    pub failure: Option<String>,
    /// Share of valid resources that comply.
    pub compliance: Option<f64>,
    /// Share of expected resources that are known.
    pub coverage: Option<f64>,
    /// Resources that should have been read.
    pub expected: Option<u64>,
    /// Resources that fail.
    pub failing: Option<u64>,
    /// Digest of the rules it judged by.
    pub rules_digest: Option<String>,
}

/// How a scan ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ScanOutcome {
    /// Everything asked for was read.
    Complete,
    /// Something could not be read.
    Incomplete,
    /// It brought no values.
    Failed,
}

/// A resource with its state and the evaluations that give it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JudgedResource {
    /// Identity.
    #[serde(flatten)]
    pub resource: ResourceKey,
    /// The name people use.
    pub name: String,
    /// `pass`, `fail`, `unknown` or `waived`; null when no rule applies.
    #[serde(serialize_with = "state_word")]
    pub state: Option<State>,
    /// The severity of the worst failing evaluation; null when none fails.
    pub worst_severity: Option<Severity>,
    /// Places whose value is not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<Pointer>,
    /// When the resource was last seen, if the last attempt to list it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale_since: Option<Timestamp>,
    /// Its evaluations, by rule.
    pub evaluations: Vec<JudgedEvaluation>,
}

/// One rule's evaluation of the resource it stands under.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JudgedEvaluation {
    /// The rule.
    pub rule: RuleId,
    /// Its severity.
    pub severity: Severity,
    /// The answer, with what offends or what it waits for.
    #[serde(flatten)]
    pub verdict: Verdict,
}

#[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference to the field")]
fn state_word<S: serde::Serializer>(state: &Option<State>, serializer: S) -> Result<S::Ok, S::Error> {
    state.map(State::name).serialize(serializer)
}

/// The severity of a failing state.
pub(super) const fn state_severity(state: State) -> Option<Severity> {
    match state {
        State::Fail(severity) => Some(severity),
        State::Pass | State::Waived | State::Unknown => None,
    }
}

impl JudgedResource {
    /// The resources of a snapshot with their evaluations, in the states in which
    /// [`sli::assess`] counts them.
    #[must_use]
    pub fn of(snapshot: &Snapshot, evaluations: &[Evaluation], rules: &[Rule]) -> Vec<Self> {
        let mut by_resource: HashMap<&ResourceKey, Vec<&Evaluation>> = HashMap::new();
        for evaluation in evaluations {
            by_resource.entry(&evaluation.resource).or_default().push(evaluation);
        }
        let states = sli::states(snapshot, evaluations, rules);
        let judge = |resource: &Resource| {
            let key = ResourceKey::from(resource);
            let mut found = by_resource.get(&key).cloned().unwrap_or_default();
            found.sort_by(|a, b| a.rule.cmp(&b.rule));
            let state = states.get(&key).copied();
            Self::new(resource, key, state, found)
        };
        snapshot.resources.iter().map(judge).collect()
    }

    fn new(resource: &Resource, key: ResourceKey, state: Option<State>, evaluations: Vec<&Evaluation>) -> Self {
        Self {
            resource: key,
            name: resource.name.clone(),
            state,
            worst_severity: state.and_then(state_severity),
            unknown: resource.unknown.clone(),
            stale_since: resource.stale_since,
            evaluations: evaluations.into_iter().map(JudgedEvaluation::from).collect(),
        }
    }
}

impl From<&Evaluation> for JudgedEvaluation {
    fn from(evaluation: &Evaluation) -> Self {
        Self { rule: evaluation.rule.clone(), severity: evaluation.severity, verdict: evaluation.verdict.clone() }
    }
}
