//! The pipeline: collect, derive facts, judge, waive, compare, advance findings, assess, record, settle the budget policy.
//! The only place where the stages meet.
//!
//! Trouble with reading is data and never ends a scan: an account that cannot be entered leaves
//! its old resources in place, stale and so unknown. A scan fails only when there is no verdict
//! at all: no account could be entered, or the ledger cannot be written.

mod accounts;
mod detection;
mod judge;
mod measures;
mod organizations;
mod selection;
mod steps;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

pub use accounts::{Account, CollectError, Collected, collect, declare};
pub use judge::{Judge, JudgeFaults, Judgement};

use crate::findings::{Event, Transition, advance, reopen};
use crate::ledger::{LastScan, Ledger, LedgerError, ScanRecord, Writer};
use crate::metrics::Phase;
use crate::model::{Change, Evaluation, Finding, Snapshot, carry_forward};
use crate::rules::Suspect;
use crate::rules::waiver::WaiverUse;
use crate::sli::{Assessment, EvaluationCounts, assess, states};
use crate::slo::policy::{NO_POLICY, Policy, Target};
use crate::slo::{Slo, SloStatus};
use crate::{budgets, drift, facts, failover};

/// Tells the time. Given by the edge, so that nothing here reads a clock.
pub type Clock<'a> = &'a (dyn Fn() -> Timestamp + Send + Sync);

/// What a scan found, as it was recorded.
#[derive(Debug)]
pub struct Outcome {
    /// What was read, with stale resources and facts.
    pub snapshot: Snapshot,
    /// What the rules say, after waivers.
    pub evaluations: Vec<Evaluation>,
    /// Resources by state.
    pub assessment: Assessment,
    /// Differences from the previous snapshot.
    pub changes: Vec<Change>,
    /// What happened to findings.
    pub transitions: Vec<Transition>,
    /// The findings that are open after this scan, worst first, and then those that it resolved.
    pub findings: Vec<Finding>,
    /// The scan as the ledger has it, with the counters after it.
    pub last: LastScan,
    /// What became of the waivers.
    pub waivers: WaiverUse,
    /// Rules that cannot be trusted.
    pub suspects: Vec<Suspect>,
    /// How many evaluations were made and how many taken over.
    pub work: EvaluationCounts,
    /// How long each phase took.
    pub durations: BTreeMap<Phase, Duration>,
    /// What else a reader must know: why CloudTrail did not say who changed something.
    pub notes: Vec<String>,
    /// Where the objectives stand after it; or why the budget policy could not be settled, which the
    /// next scan makes good.
    pub objectives: Result<Vec<SloStatus>, LedgerError>,
}

/// What leaves a scan without a verdict.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// No account could be entered.
    #[error(transparent)]
    Collect(#[from] CollectError),
    /// The ledger could not be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// It took longer than a scan may.
    #[error(
        "the scan was stopped after {} s, the longest it may take\nhelp: raise collect.scan_timeout, or scan less at a time",
        .0.as_secs()
    )]
    TimedOut(Duration),
}

/// What a scan is made for, beside its rules.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The time between scans, from which the hold is made.
    pub interval: SignedDuration,
    /// The objectives that it measures.
    pub slos: &'a [Slo],
    /// What the state of their budgets means.
    pub policy: &'a Policy,
    /// Whether CloudTrail is asked which call changed what fails now.
    pub cloudtrail: bool,
    /// Who is told when a stage of the policy begins or ends.
    pub targets: &'a [Target],
}

impl Terms<'_> {
    /// Those of a scan that measures no objective.
    #[must_use]
    pub fn without_objectives(interval: SignedDuration) -> Self {
        Self { interval, slos: &[], policy: &NO_POLICY, cloudtrail: false, targets: &[] }
    }
}

/// Judges what was collected and records it as one scan, in one transaction.
///
/// # Errors
/// When the ledger cannot be read or written; then it is as it was before.
#[expect(clippy::too_many_lines, reason = "one stage after the other, none of which stands for itself")]
pub async fn conclude(
    ledger: &Ledger,
    writer: &Writer,
    judge: &Judge,
    mut collected: Collected,
    terms: Terms<'_>,
    clock: Clock<'_>,
) -> Result<Outcome, ScanError> {
    let mut phases = Phases::begin(collected.started);
    phases.end(Phase::Collect, clock());

    let previous = ledger.previous_snapshot().await?;
    if let Some(previous) = &previous {
        collected.keep_in_scope(previous);
        carry_forward(previous, &mut collected.snapshot);
    }
    let Collected { mut snapshot, mut calls, started, sessions, .. } = collected;
    facts::derive(&mut snapshot);
    let documents = snapshot.content_hashes();
    let mut kept = ledger.verdicts(&judge::distinct(&documents)).await?;
    let judgement = judge.judge(&snapshot, &documents, &kept, (snapshot.taken_at, snapshot.taken_at));
    phases.end(Phase::Evaluate, clock());

    let is_not_first = previous.is_some();
    let memory = ledger.memory().await?;
    let mut transitions = advance(memory.open(), &judgement.evaluations, &snapshot, snapshot.taken_at);
    let opened = transitions.iter().filter(|transition| transition.event == Event::Opened);
    let opened: Vec<String> = opened.map(|transition| transition.finding.id.clone()).collect();
    reopen(&mut transitions, &ledger.openings_of(&opened).await?);
    let resources_before = previous.as_ref().map(|previous| detection::before(previous, &transitions));
    // Against what was last known: what changed while it could not be read is drift once it can.
    let changes = match previous {
        Some(previous) => {
            let before = ledger.last_known(previous).await?;
            let mut changes = drift::compare(&before, &snapshot);
            failover::annotate(&mut changes, &before, &snapshot);
            changes
        }
        None => Vec::new(),
    };
    let assessment = assess(&snapshot, &judgement.evaluations, judge.rules());
    let states = states(&snapshot, &judgement.evaluations, judge.rules());
    kept.extend(ledger.verdicts(&steps::gone(&memory, &documents)).await?);
    let stepped = steps::Scans {
        before: &memory,
        verdicts: &kept,
        rules_before: &ledger.rules().await?,
        snapshot: &snapshot,
        documents: &documents,
        states: &states,
        evaluations: &judgement.evaluations,
        transitions: &transitions,
        rules: judge.rules(),
    }
    .step();
    let last = ledger.last_scan().await?;
    let looked_up = detection::Openings {
        ledger,
        judge,
        snapshot: &snapshot,
        last: last.as_ref(),
        before: &resources_before.unwrap_or_default(),
        causes: &stepped.causes,
        sessions: if terms.cloudtrail { &sessions } else { &[] },
    }
    .detect(&mut transitions, clock())
    .await?;
    accounts::add_lookups(&mut calls, &sessions);
    let finished = clock();
    let measures = measures::ThisScan {
        snapshot: &snapshot,
        evaluations: &judgement.evaluations,
        rules: judge.rules(),
        open: memory.open(),
        transitions: &transitions,
        detections: &looked_up.detections,
        before: last.map(|last| last.standing.at),
        at: finished,
    }
    .measures(terms.slos);
    phases.end(Phase::Compare, finished);

    let last = writer
        .record(&ScanRecord {
            started,
            finished,
            interval: terms.interval,
            snapshot: &snapshot,
            memory: &memory,
            documents: &documents,
            states: &states,
            evaluations: &judgement.evaluations,
            rules: judge.rules(),
            judged: &judgement.judged,
            work: judgement.work,
            assessment: &assessment,
            stepped: is_not_first.then_some(&stepped),
            transitions: &transitions,
            detections: &looked_up.detections,
            changes: &changes,
            rules_digest: judge.rules_digest(),
            waivers_digest: judge.waivers_digest(),
            calls: &calls,
            measures: &measures,
        })
        .await?;
    for note in &looked_up.notes {
        tracing::info!("{note}");
    }
    let objectives = budgets::settle(ledger, terms.slos, terms.policy, terms.targets, last.standing.at).await;
    phases.end(Phase::Record, clock());

    let mut findings: Vec<Finding> = memory.open_after(&transitions).cloned().collect();
    findings.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.id.cmp(&b.id)));
    let resolved = transitions.iter().filter(|transition| transition.event == Event::Resolved);
    findings.extend(resolved.map(|transition| transition.finding.clone()));
    Ok(Outcome {
        snapshot,
        evaluations: judgement.evaluations,
        assessment,
        changes,
        transitions,
        findings,
        last,
        waivers: judgement.waivers,
        suspects: judgement.suspects,
        work: judgement.work,
        durations: phases.durations,
        notes: looked_up.notes,
        objectives,
    })
}

/// Times the phases of a scan, each from the end of the one before.
struct Phases {
    last: Timestamp,
    durations: BTreeMap<Phase, Duration>,
}

impl Phases {
    const fn begin(at: Timestamp) -> Self {
        Self { last: at, durations: BTreeMap::new() }
    }

    fn end(&mut self, phase: Phase, at: Timestamp) {
        let elapsed = at.duration_since(self.last);
        self.durations.insert(phase, Duration::try_from(elapsed).unwrap_or_default());
        self.last = at;
    }
}
