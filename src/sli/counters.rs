//! What only ever grows: the cumulative counters that the ledger keeps and `/metrics` publishes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{BySeverity, DETECTION_BUCKETS, Exemplar, Histogram, Integrals, REMEDIATION_BUCKETS};
use crate::model::{Change, ChangeKind, DetectionBound, Direction, Finding, Resolution, Service, Severity};

/// Cumulative counters since the ledger began. They live in the ledger, so that a restart or a
/// one-shot scan continues them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counters {
    /// Time in each state, up to the end of the last scan.
    pub integrals: Integrals,
    /// Findings opened, reopened ones included, by severity.
    pub findings_opened: BySeverity,
    /// Findings resolved, by how and by severity.
    pub findings_resolved: BTreeMap<Resolution, BySeverity>,
    /// Changes since the previous snapshot, by service, kind and direction.
    pub changes: BTreeMap<Service, BTreeMap<ChangeKind, BTreeMap<Direction, u64>>>,
    /// Evaluations made, and those taken over because neither document nor rule had changed.
    pub evaluations: EvaluationCounts,
    /// Scans begun that came to an end, good or bad.
    pub scan_runs: u64,
    /// Scans that gave no verdict, by reason.
    pub scan_failures: BTreeMap<String, u64>,
    /// API calls, by service and operation.
    pub calls: Calls,
    /// How long it took from a change until its finding was opened.
    pub detection: BTreeMap<DetectionBound, BTreeMap<Severity, Histogram>>,
    /// How long findings were open that were fixed, or whose resource was deleted.
    pub remediation: BTreeMap<Severity, Histogram>,
    /// The finding that was opened last.
    pub last_opened: BTreeMap<Severity, Exemplar>,
}

/// API calls by service (`s3`) and operation (`GetBucketPolicy`).
pub type Calls = BTreeMap<String, BTreeMap<String, CallCount>>;

/// Calls of one API operation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CallCount {
    /// Calls, each with all its attempts.
    pub calls: u64,
    /// Requests sent; `attempts - calls` were retries.
    pub attempts: u64,
    /// Requests answered by throttling.
    pub throttles: u64,
    /// Calls that failed in the end.
    pub errors: u64,
}

/// How much work the rules were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EvaluationCounts {
    /// Evaluations made.
    pub judged: u64,
    /// Evaluations taken over from an earlier scan.
    pub reused: u64,
}

impl Counters {
    /// Counts a finding that was opened or reopened.
    pub fn observe_opening(&mut self, finding: &Finding) {
        self.findings_opened.add(finding.severity, 1);
        let exemplar = Exemplar { finding: finding.id.clone(), value: 1, at: finding.first_seen };
        self.last_opened.insert(finding.severity, exemplar);
    }

    /// Counts how long the opening of a finding took from the change that made it, where that is known.
    pub fn observe_detection(&mut self, finding: &Finding) {
        let Some(detected) = &finding.detected else { return };
        let histogram = self.detection.entry(detected.bound).or_default().entry(finding.severity).or_default();
        histogram.observe(DETECTION_BUCKETS, detected.delay(), &finding.id, finding.first_seen);
    }

    /// Counts a finding that was resolved. What was fixed or deleted was remediated; a waiver, or a
    /// rule that is gone, leaves the resource as it was.
    pub fn observe_resolution(&mut self, finding: &Finding) {
        let Some(resolved) = &finding.resolved else { return };
        self.findings_resolved.entry(resolved.how).or_default().add(finding.severity, 1);
        if matches!(resolved.how, Resolution::Fixed | Resolution::Deleted) {
            let took = resolved.at.duration_since(finding.first_seen);
            let histogram = self.remediation.entry(finding.severity).or_default();
            histogram.observe(REMEDIATION_BUCKETS, took, &finding.id, resolved.at);
        }
    }

    /// Counts the API calls of one scan.
    pub fn add_calls(&mut self, calls: &Calls) {
        for (service, operations) in calls {
            let known = self.calls.entry(service.clone()).or_default();
            for (operation, count) in operations {
                let sum = known.entry(operation.clone()).or_default();
                sum.calls += count.calls;
                sum.attempts += count.attempts;
                sum.throttles += count.throttles;
                sum.errors += count.errors;
            }
        }
    }

    /// Counts the changes of one scan.
    pub fn add_changes(&mut self, changes: &[Change]) {
        for change in changes {
            let service = self.changes.entry(change.resource.resource_type.service()).or_default();
            *service.entry(change.kind).or_default().entry(change.direction).or_default() += 1;
        }
    }
}
