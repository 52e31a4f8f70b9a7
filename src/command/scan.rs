//! `plimsoll scan`: collect, judge, record, print.

use std::time::Duration;

use plimsoll::config::{CloudTrail, Config};
use plimsoll::controls::{self, Compliance};
use plimsoll::exit::Exit;
use plimsoll::facts;
use plimsoll::findings::advance;
use plimsoll::ledger::{FailedScan, Ledger, LedgerError, Writer};
use plimsoll::model::{Evaluation, Finding, LedgerPlace, ResourceType, Rule, RuleId, Severity, Snapshot};
use plimsoll::progress::Progress;
use plimsoll::report::waiver::{name, sentence};
use plimsoll::report::{Report, ScanOutcome};
use plimsoll::rules::waiver::{Tagged, WaiverUse};
use plimsoll::rules::waiver_review::{Problem, review};
use plimsoll::scan::{self, Account, Judge, Judgement, Outcome, ScanError, Terms};
use plimsoll::sli::assess;
use plimsoll::source::aws::Scope;
use plimsoll::source::{aws, file};

use super::publishing::Publishing;
use super::{
    WrongArgument, accounts, clock, fail_on, interval, ledger_place, load_config_with, notifying, print, published,
    scope, verdict, worst,
};
use crate::cli::{Common, PublishArgs, ScanArgs};

/// How long a scan waits for another one to end that records into the same ledger.
const PATIENCE: Duration = Duration::from_mins(1);

pub(super) async fn run(common: &Common, arguments: &ScanArgs) -> anyhow::Result<Exit> {
    let config = load_config_with(common, &arguments.judged_by)?;
    let judge = Judge::configured(&config)?;
    let fail_on = fail_on(&config, arguments.fail_on.as_ref())?;
    if let Some(path) = &arguments.snapshot {
        return once(common, &config, &judge, file::read(path)?, Vec::new(), fail_on);
    }
    let accounts = accounts(&config, &arguments.access)?;
    if is_aside(arguments) {
        refuse_metrics(&arguments.publish)?;
        return aside(common, &config, &judge, &accounts, fail_on).await;
    }
    let publishing = Publishing::of(&config, &arguments.publish)?;
    let started = clock();
    let (ledger, writer, before) = match open_ledger(ledger_place(&config, arguments.ledger.as_ref())).await {
        Ok(ready) => ready,
        Err(error) => {
            publishing.broken(&judge, &config, started).await;
            return Err(error.into());
        }
    };
    let judge = judge.recall(&before);
    let progress = Progress::start(false);
    let limit = config.collect.scan_timeout.duration();
    let say = |step| say(&progress, &step);
    let outcome = tokio::time::timeout(limit, one(&ledger, &writer, &judge, &config, &accounts, &say)).await;
    let outcome = outcome.unwrap_or_else(|_elapsed| Err((ScanError::TimedOut(limit), started)));
    progress.finish();
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err((error, started)) => {
            record_failure(&writer, &error, started).await;
            publishing.failed(&ledger, &judge, &config, started).await;
            return Err(error.into());
        }
    };
    let findings = open(&outcome.findings);
    print_outcome(common, &config, &judge, &outcome, &findings)?;
    let minimum = config.thresholds.minimum_coverage.get();
    let listed = outcome.last.scan.complete;
    let exit = without_lost(&judge, verdict(&outcome.assessment, worst(&findings), fail_on, minimum, listed));
    if !publishing.is_nowhere() {
        let page = published::scanned(&ledger, outcome, &judge, &config).await?.published;
        publishing.scanned(&page).await;
    }
    // Others may record meanwhile.
    writer.release().await;
    notifying::deliver(&ledger, &config).await;
    ledger.close().await;
    Ok(exit)
}

/// The ledger, the right to record into it, and the rules it remembers.
async fn open_ledger(place: &LedgerPlace) -> Result<(Ledger, Writer, Vec<Rule>), LedgerError> {
    let ledger = Ledger::open(place).await?;
    let rules = ledger.rules().await?;
    let writer = ledger.writer("plimsoll scan", PATIENCE).await?;
    Ok((ledger, writer, rules))
}

/// Metrics are those of the ledger, and nothing of this scan will be in it. What the configuration
/// says is about other scans.
fn refuse_metrics(publish: &PublishArgs) -> Result<(), WrongArgument> {
    let argument = match publish {
        PublishArgs { metrics_file: Some(_), .. } => "--metrics-file",
        PublishArgs { pushgateway: Some(_), .. } => "--pushgateway",
        PublishArgs { .. } => return Ok(()),
    };
    let problem = "a scan by --framework is not recorded, and metrics are those of the ledger".to_owned();
    let help = "name a ledger for it with --ledger, or choose rules.frameworks in the configuration";
    Err(WrongArgument { argument, problem, help })
}

/// Whether a scan is a question by the way: frameworks that the command line chooses, for the ledger
/// of all scans. Recorded there, they would make the SLI jump and end the findings of all other
/// rules.
const fn is_aside(arguments: &ScanArgs) -> bool {
    !arguments.judged_by.frameworks.is_empty() && arguments.ledger.is_none()
}

/// One scan of these accounts that is not recorded.
async fn aside(
    common: &Common,
    config: &Config,
    judge: &Judge,
    accounts: &[Account],
    fail_on: Option<Severity>,
) -> anyhow::Result<Exit> {
    let progress = Progress::start(false);
    let limit = config.collect.scan_timeout.duration();
    let say = |step| say(&progress, &step);
    let collected = tokio::time::timeout(limit, scan::collect(accounts, &scope(config, judge), &say, &clock)).await;
    progress.finish();
    let snapshot = collected.map_err(|_elapsed| ScanError::TimedOut(limit))??.snapshot;
    let note = "nothing was recorded: --framework leaves out rules that the ledger's scans are made with; name a \
                ledger for it with --ledger, or choose rules.frameworks in the configuration";
    once(common, config, judge, snapshot, vec![note.to_owned()], fail_on)
}

/// One scan of these accounts, recorded.
pub(super) async fn one(
    ledger: &Ledger,
    writer: &Writer,
    judge: &Judge,
    config: &Config,
    accounts: &[Account],
    progress: &(dyn Fn(aws::Progress) + Sync),
) -> Result<Outcome, (ScanError, jiff::Timestamp)> {
    let started = clock();
    let explain = |error| (error, started);
    let directory_buckets =
        ledger.places_of(ResourceType::DirectoryBucket).await.map_err(|error| explain(ScanError::from(error)))?;
    let scope = Scope { directory_buckets, ..scope(config, judge) };
    let mut collected =
        scan::collect(accounts, &scope, progress, &clock).await.map_err(|error| explain(ScanError::from(error)))?;
    collected.declare(config.failover_paths());
    let (slos, policy, targets) = (config.slos(), config.budget_policy.policy(), config.budget_policy.targets());
    let cloudtrail = config.collect.cloudtrail == CloudTrail::On;
    let terms = Terms { interval: interval(config), slos: &slos, policy: &policy, cloudtrail, targets: &targets };
    scan::conclude(ledger, writer, judge, collected, terms, &clock).await.map_err(explain)
}

/// Leaves a trace of a scan without verdict. The ledger may be the very thing that is broken, so
/// trouble with it is only logged: the scan's own error is what the caller reports.
pub(super) async fn record_failure(writer: &Writer, error: &ScanError, started: jiff::Timestamp) {
    let failed = FailedScan {
        started,
        finished: clock(),
        reason: published::failure_reason(error).name().to_owned(),
        message: error.to_string(),
    };
    if let Err(error) = writer.record_failure(&failed).await {
        tracing::warn!(%error, "the failed scan could not be recorded");
    }
}

/// Says how far collection has come.
pub(super) fn say(progress: &Progress, step: &aws::Progress) {
    progress.say(format!("{} {}: {} of {}", step.region, step.service, step.done, step.of));
}

/// The open ones.
pub(super) fn open(findings: &[Finding]) -> Vec<Finding> {
    findings.iter().filter(|finding| finding.resolved.is_none()).cloned().collect()
}

/// Prints what a recorded scan found.
pub(super) fn print_outcome(
    common: &Common,
    config: &Config,
    judge: &Judge,
    outcome: &Outcome,
    findings: &[Finding],
) -> anyhow::Result<()> {
    let id = outcome.last.scan.id.to_string();
    let mut notes = notes(judge, &outcome.waivers, &outcome.suspects, outcome.snapshot.taken_at);
    notes.extend(outcome.notes.iter().cloned());
    print(
        common,
        &Report::Scan(ScanOutcome {
            scan: Some(&id),
            assessment: &outcome.assessment,
            findings,
            changes: (outcome.last.scan.id > 1).then_some(outcome.changes.as_slice()),
            gaps: &outcome.snapshot.gaps,
            rules: judge.rules(),
            frameworks: &compliance(config, judge, &outcome.snapshot, &outcome.evaluations),
            notes: &notes,
        }),
    )
}

/// Judges a snapshot by itself. Nothing is recorded, so everything that fails is a finding seen now.
fn once(
    common: &Common,
    config: &Config,
    judge: &Judge,
    mut snapshot: Snapshot,
    mut said: Vec<String>,
    fail_on: Option<Severity>,
) -> anyhow::Result<Exit> {
    scan::declare(&mut snapshot, config.failover_paths());
    facts::derive(&mut snapshot);
    let now = clock();
    let Judgement { evaluations, waivers, suspects, .. } = judge.judge_all(&snapshot, now, now);
    let assessment = assess(&snapshot, &evaluations, judge.rules());
    let transitions = advance(&[], &evaluations, &snapshot, snapshot.taken_at);
    let findings: Vec<Finding> = transitions.into_iter().map(|transition| transition.finding).collect();
    said.extend(notes(judge, &waivers, &suspects, now));
    print(
        common,
        &Report::Scan(ScanOutcome {
            scan: None,
            assessment: &assessment,
            findings: &findings,
            changes: None,
            gaps: &snapshot.gaps,
            rules: judge.rules(),
            frameworks: &compliance(config, judge, &snapshot, &evaluations),
            notes: &said,
        }),
    )?;
    let listed = snapshot.listings.iter().all(|listing| listing.complete);
    let minimum = config.thresholds.minimum_coverage.get();
    Ok(without_lost(judge, verdict(&assessment, worst(&findings), fail_on, minimum, listed)))
}

/// A scan that was without a rule cannot say that all is well.
pub(super) fn without_lost(judge: &Judge, exit: Exit) -> Exit {
    if exit == Exit::Success && !judge.lost().is_empty() { Exit::Incomplete } else { exit }
}

/// How the estate stands by the chosen frameworks.
pub(super) fn compliance(
    config: &Config,
    judge: &Judge,
    snapshot: &Snapshot,
    evaluations: &[Evaluation],
) -> Vec<Compliance> {
    let chosen = controls::frameworks().iter().filter(|framework| config.rules.frameworks.contains(&framework.id));
    let parameters = judge.parameters();
    chosen
        .map(|framework| controls::assess(framework, snapshot, evaluations, judge.rules(), judge.idle()))
        .map(|compliance| compliance.held_to_limits(&parameters))
        .collect()
}

/// What else a reader must know. `now` is the moment at which the waivers held.
pub(super) fn notes(
    judge: &Judge,
    waivers: &WaiverUse,
    suspects: &[plimsoll::rules::Suspect],
    now: jiff::Timestamp,
) -> Vec<String> {
    let mut notes = judge.notes();
    notes.extend(suspects.iter().map(|suspect| {
        format!("rule {} cannot be trusted, its evaluations are unknown: {}", suspect.rule, suspect.reason)
    }));
    notes.extend(of_waivers(judge, waivers, now));
    notes
}

/// What a scan says about waivers; `plimsoll waivers check` says more.
fn of_waivers(judge: &Judge, outcome: &WaiverUse, now: jiff::Timestamp) -> Vec<String> {
    let rules: Vec<&RuleId> = judge.rules().iter().map(|rule| &rule.id).collect();
    let reviewed = review(judge.waivers(), &rules, None, judge.terms(), &Tagged::default(), now);
    let mut notes = Vec::new();
    for one in &reviewed {
        let waiver = &judge.waivers()[one.at];
        let used = |problem: &&Problem| match problem {
            Problem::Expired | Problem::TooLong { .. } | Problem::NoRule => true,
            Problem::EndsSoon => outcome.used.iter().any(|(at, _)| *at == one.at),
            _ => false,
        };
        let told = one.problems.iter().filter(used);
        notes.extend(
            told.map(|problem| format!("the waiver of {} {}", name(waiver), sentence(problem, one, judge.waivers()))),
        );
    }
    let told = |at: &&usize| !reviewed[**at].problems.contains(&Problem::NoRule);
    let unmatched = outcome.unmatched.iter().filter(told).map(|&at| &judge.waivers()[at]);
    notes.extend(unmatched.map(|waiver| format!("the waiver of {} matches nothing that fails", name(waiver))));
    notes
}
