//! What past scans tell of an objective that they did not measure.
//!
//! Of every scan the ledger keeps resources by state: of all, by least severity, by service; and of
//! every finding from when to when it was open. An objective over just these follows from them as if
//! it had been measured all along. What does not follow is refused with the reason, never guessed.

use jiff::{SignedDuration, Timestamp};

use super::{Event, Indicator, Measure, Observed, Point, Scanned, Scope, Slo, Tally, measure};
use crate::model::{Finding, Rule, Service, Severity, Snapshot};
use crate::sli::States;

/// Which resources by state an objective counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slice {
    /// All that any rule judges.
    Overall,
    /// As rules of this severity or worse judge them.
    Severity(Severity),
    /// Those of these services.
    Services(Vec<Service>),
}

/// A scan of the past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastScan {
    /// Its number.
    pub id: i64,
    /// When it began to read: the time of what it did to findings.
    pub taken_at: Timestamp,
    /// From when on what it found stands, and for how long.
    pub at: Timestamp,
    /// For how long.
    pub hold: SignedDuration,
    /// Resources by state, of the objective's slice.
    pub resources: States,
    /// Digest of the rules.
    pub rules_digest: String,
}

/// Why an objective cannot be told from the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Untold {
    /// How long detection took is not kept of findings.
    Detection,
    /// Its scope is narrowed by something the past is not kept by.
    Scope(&'static str),
}

impl Untold {
    /// The reason, in a sentence.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Detection => "how long it took to detect a finding is not kept",
            Self::Scope(by) => by,
        }
    }
}

impl Slo {
    /// The resources by state that it counts.
    ///
    /// # Errors
    /// When the past does not tell them apart.
    pub fn slice(&self) -> Result<Slice, Untold> {
        if matches!(self.indicator, Indicator::Detection { .. }) {
            return Err(Untold::Detection);
        }
        let Scope { severity, services, accounts, rules, frameworks, tags } = &self.scope;
        if !accounts.is_empty() {
            return Err(Untold::Scope("past states are not kept by account"));
        }
        if !rules.is_empty() {
            return Err(Untold::Scope("past states are not kept by rule"));
        }
        if !frameworks.is_empty() {
            return Err(Untold::Scope("past states are not kept by framework"));
        }
        if !tags.is_empty() {
            return Err(Untold::Scope("past states are not kept by tag"));
        }
        match (severity, services.as_slice()) {
            (None, []) => Ok(Slice::Overall),
            (Some(severity), []) => Ok(Slice::Severity(*severity)),
            (None, services) => Ok(Slice::Services(services.to_vec())),
            (Some(_), _) => Err(Untold::Scope("past states are kept by severity and by service, not by both")),
        }
    }
}

/// The points of an objective as the scans would have measured it, each with the number of its scan,
/// oldest first; `scans` come in their order.
///
/// The first of them tells what stood before, and has a point of its own only as the first of all
/// scans.
/// Under other rules than those of the last scan a severity may have meant others: a scope by severity
/// begins after the last change of rules. It begins after the last scan that was taken before the one
/// before it, too, as a clock that goes back leaves the order of findings open.
#[must_use]
pub fn seeded(slo: &Slo, scans: &[PastScan], findings: &[Finding], rules: &[Rule]) -> Vec<(i64, Point)> {
    let scans = &scans[begin(slo, scans)..];
    let mut points: Vec<(i64, Point)> = Vec::new();
    let mut before: Option<Timestamp> = None;
    let mut life = Life::new(findings);
    for scan in scans {
        let observed = life.observed(scan.taken_at);
        if before.is_some() || scan.id == 1 {
            let found = of_findings(slo, scan, before, &observed, rules);
            let found = Measure { resources: scan.resources, ..found };
            let tally = points.last().map_or_else(Tally::default, |(_, last)| last.at(scan.at)).and(&found);
            // What turned out in the scan is in the tally already.
            let measure = Measure { within: 0, late: 0, ..found };
            points.push((scan.id, Point { at: scan.at, hold: scan.hold, measure, tally }));
        }
        before = Some(scan.at);
    }
    points
}

/// From which scan on the past is in order.
fn begin(slo: &Slo, scans: &[PastScan]) -> usize {
    let Some(last) = scans.last() else { return 0 };
    let by_rules = slo.scope.severity.is_some();
    let breaks = |(place, pair): (usize, &[PastScan])| {
        let [earlier, later] = pair else { return None };
        let is_other = by_rules && earlier.rules_digest != last.rules_digest;
        (is_other || later.taken_at <= earlier.taken_at || later.at <= earlier.at).then_some(place + 1)
    };
    scans.windows(2).enumerate().filter_map(breaks).next_back().unwrap_or(0)
}

/// Open findings, and those in time and late, as a scan counts them.
fn of_findings(
    slo: &Slo,
    scan: &PastScan,
    before: Option<Timestamp>,
    findings: &[Observed<'_>],
    rules: &[Rule],
) -> Measure {
    let snapshot = Snapshot::empty(scan.taken_at);
    let scanned = Scanned { snapshot: &snapshot, evaluations: &[], rules, findings, before, at: scan.at };
    measure(std::slice::from_ref(slo), &scanned).pop().unwrap_or_default()
}

/// Findings in the order of their first sight, and those of them that are open at a scan.
struct Life {
    coming: Vec<Finding>,
    open: Vec<Opening>,
}

/// A finding as it was while it was open, and as its end left it.
struct Opening {
    open: Finding,
    ended: Option<Finding>,
}

impl Life {
    fn new(findings: &[Finding]) -> Self {
        let mut coming = findings.to_vec();
        coming.sort_by_key(|finding| std::cmp::Reverse(finding.first_seen));
        Self { coming, open: Vec::new() }
    }

    /// What was open after a scan, and what it resolved. Scans are asked for in their order.
    fn observed(&mut self, taken_at: Timestamp) -> Vec<Observed<'_>> {
        while let Some(next) = self.coming.pop_if(|next| next.first_seen <= taken_at) {
            let ended = next.resolved.is_some().then(|| next.clone());
            self.open.push(Opening { open: Finding { resolved: None, ..next }, ended });
        }
        self.open.retain(|opening| opening.ends().is_none_or(|end| end >= taken_at));
        self.open
            .iter()
            .map(|opening| match &opening.ended {
                Some(finding) if opening.ends() == Some(taken_at) => Observed { finding, event: Event::Resolved },
                _ => Observed { finding: &opening.open, event: Event::Open },
            })
            .collect()
    }
}

impl Opening {
    fn ends(&self) -> Option<Timestamp> {
        self.ended.as_ref()?.resolved.as_ref().map(|resolved| resolved.at)
    }
}
