//! What a scan measures for each objective.

use std::collections::HashSet;

use jiff::Timestamp;

use crate::findings::{self, Transition};
use crate::ledger::Detection;
use crate::model::{Evaluation, Finding, Rule, Snapshot};
use crate::slo::{Event, Measure, Observed, Scanned, Slo, measure};

/// A scan that is about to be recorded.
pub(super) struct ThisScan<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) evaluations: &'a [Evaluation],
    pub(super) rules: &'a [Rule],
    /// Findings that were open before it.
    pub(super) open: &'a [Finding],
    /// What it does to them.
    pub(super) transitions: &'a [Transition],
    /// What is known of how long openings took.
    pub(super) detections: &'a [Detection],
    /// From when on the scan before holds; `None` for the first.
    pub(super) before: Option<Timestamp>,
    /// When it ended.
    pub(super) at: Timestamp,
}

impl ThisScan<'_> {
    /// What it measures, by the digest of each objective's definition.
    pub(super) fn measures(&self, slos: &[Slo]) -> Vec<(String, Measure)> {
        if slos.is_empty() {
            return Vec::new();
        }
        let touched: HashSet<&str> = self.transitions.iter().map(|transition| transition.finding.id.as_str()).collect();
        let untouched = self
            .open
            .iter()
            .filter(|finding| !touched.contains(finding.id.as_str()))
            .map(|finding| Observed { finding, event: Event::Open });
        let observed = self.transitions.iter().map(observed).chain(untouched).chain(self.detected());
        let observed: Vec<Observed<'_>> = observed.collect();
        let scanned = Scanned {
            snapshot: self.snapshot,
            evaluations: self.evaluations,
            rules: self.rules,
            findings: &observed,
            before: self.before,
            at: self.at,
        };
        slos.iter().map(Slo::digest).zip(measure(slos, &scanned)).collect()
    }

    /// The delays that are counted with this scan: those of which nothing more is awaited.
    fn detected(&self) -> impl Iterator<Item = Observed<'_>> {
        self.detections.iter().filter(|detection| detection.awaited.is_none()).filter_map(|detection| {
            let delay = detection.finding.detected.as_ref()?.delay();
            Some(Observed { finding: &detection.finding, event: Event::Detected { delay } })
        })
    }
}

const fn observed(transition: &Transition) -> Observed<'_> {
    let event = match transition.event {
        findings::Event::Opened | findings::Event::Reopened => Event::Opened { delay: None }, // told by `Event::Detected`, now or by a later scan
        findings::Event::Seen => Event::Open,
        findings::Event::Resolved => Event::Resolved,
    };
    Observed { finding: &transition.finding, event }
}
