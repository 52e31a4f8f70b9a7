//! `/api/v1/sli`: how much fails, how much of it was seen, and how old that is.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;

use crate::metrics::Published;
use crate::server::board::{Board, LastFailure};
use crate::sli::{Assessment, Indicator, RuleCounts};

/// The indicator with its coverage and its age.
#[derive(Debug, Serialize)]
pub(super) struct Sli {
    /// When the scan ended that the values are from; null before the first.
    as_of: Option<Timestamp>,
    age_seconds: Option<i64>,
    /// How long the values hold after that.
    hold_seconds: Option<i64>,
    /// Whether they still do.
    held: bool,
    rules_digest: String,
    /// All resources; null before the first scan.
    overall: Option<Slice>,
    /// Looking only at rules of this severity or worse.
    by_severity: BTreeMap<String, Slice>,
    by_service: BTreeMap<String, Slice>,
    by_account: BTreeMap<String, Slice>,
    by_region: BTreeMap<String, Slice>,
    by_rule: BTreeMap<String, RuleCounts>,
    /// The last scan, when it brought no values; null when it did.
    last_failure: Option<LastFailure>,
}

/// A part of the estate.
#[derive(Debug, Serialize)]
struct Slice {
    /// Share of valid resources that comply; null when nothing is valid.
    compliance: Option<f64>,
    /// Share of expected resources that are known; null when nothing is expected.
    coverage: Option<f64>,
    /// Share of expected resources that fail or are unknown: the conservative bound.
    failing_or_unknown: Option<f64>,
    expected: u64,
    pass: u64,
    fail: u64,
    waived: u64,
    unknown: u64,
    /// Failing resources by worst severity.
    fail_by_severity: BTreeMap<&'static str, u64>,
}

pub(super) async fn sli(State(board): State<Board>) -> Json<Sli> {
    let (shown, now) = board.look();
    Json(Sli::new(&shown.published, shown.failure.as_deref().cloned(), now))
}

impl Sli {
    fn new(published: &Published, last_failure: Option<LastFailure>, now: Timestamp) -> Self {
        let standing = published.scan.as_ref().map(|scan| &scan.standing);
        let assessment = published.scan.as_ref().map(|scan| &scan.assessment);
        Self {
            as_of: standing.map(|standing| standing.at),
            age_seconds: published.age(now).map(|age| age.as_secs()),
            hold_seconds: standing.map(|standing| standing.hold.as_secs()),
            held: published.is_held(now),
            rules_digest: published.build.rules_digest.clone(),
            overall: assessment.map(|assessment| Slice::from(&assessment.overall)),
            by_severity: slices(assessment, |assessment| &assessment.severities),
            by_service: slices(assessment, |assessment| &assessment.services),
            by_account: slices(assessment, |assessment| &assessment.accounts),
            by_region: slices(assessment, |assessment| &assessment.regions),
            by_rule: assessment
                .iter()
                .flat_map(|assessment| &assessment.rules)
                .map(|(rule, counts)| (rule.to_string(), *counts))
                .collect(),
            last_failure,
        }
    }
}

fn slices<K: ToString>(
    assessment: Option<&Assessment>,
    part: fn(&Assessment) -> &BTreeMap<K, Indicator>,
) -> BTreeMap<String, Slice> {
    let parts = assessment.into_iter().flat_map(part);
    parts.map(|(name, indicator)| (name.to_string(), Slice::from(indicator))).collect()
}

impl From<&Indicator> for Slice {
    fn from(indicator: &Indicator) -> Self {
        let states = &indicator.resources;
        Self {
            compliance: states.compliance(),
            coverage: states.coverage(),
            failing_or_unknown: states.bound(),
            expected: states.total(),
            pass: states.pass,
            fail: states.fail.total(),
            waived: states.waived,
            unknown: states.unknown,
            fail_by_severity: states.fail.iter().map(|(severity, failing)| (severity.name(), failing)).collect(),
        }
    }
}
