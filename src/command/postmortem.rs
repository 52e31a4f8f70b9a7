//! `plimsoll postmortem`: what the ledger knows of a time, as a draft for people to go on with.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use jiff::Timestamp;
use plimsoll::exit::Exit;
use plimsoll::explain::{Explanation, explain};
use plimsoll::ledger::{Ledger, RecordedStep};
use plimsoll::report::postmortem::{BudgetUsed, Postmortem, render};
use plimsoll::slo::policy::Transition;
use plimsoll::slo::{History, Slo, readings, spent};

use super::{WrongArgument, clock, existing_ledger, ledger_place, load_config, print_text, when};
use crate::cli::{Common, Format, PostmortemArgs};

/// Scans without verdict that are looked through; a scan every minute for a month is less.
const MOST_FAILURES: u32 = 50_000;

/// After which moment, and until which.
type Between = (Timestamp, Timestamp);

pub(super) async fn run(common: &Common, arguments: &PostmortemArgs) -> anyhow::Result<Exit> {
    if common.format == Format::Json {
        let (problem, help) = ("a postmortem is Markdown".to_owned(), "leave it out; see plimsoll explain for JSON");
        return Err(WrongArgument { argument: "--format", problem, help }.into());
    }
    let (config, between) = (load_config(common)?, between(arguments, clock())?);
    let ledger = existing_ledger(ledger_place(&config, arguments.ledger.as_ref())).await?;
    let text = draft(&ledger, &config.slos(), between).await?;
    match &arguments.into {
        Some(path) => write_new(path, &text)?,
        None => print_text(&text)?,
    }
    Ok(Exit::Success)
}

fn between(arguments: &PostmortemArgs, now: Timestamp) -> Result<Between, WrongArgument> {
    let from = when::moment("--since", &arguments.since, now)?;
    let until = arguments.until.as_ref().map(|text| when::moment("--until", text, now)).transpose()?;
    let until = until.unwrap_or(now);
    if from >= until {
        let problem = format!("{from} is not before {until}");
        return Err(WrongArgument { argument: "--since", problem, help: "give a time before --until" });
    }
    Ok((from, until))
}

/// Somebody may have gone on with a draft that is there.
fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    let file = std::fs::File::create_new(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| format!("cannot write {}", path.display()))
}

async fn draft(ledger: &Ledger, slos: &[Slo], between: Between) -> anyhow::Result<String> {
    let (from, until) = between;
    let steps = steps(ledger, between).await?;
    let explanations = explanations(&steps);
    let findings = ledger.open_between(from, until).await?;
    let changes = ledger.changes_between(from, until).await?;
    let failed = ledger.failed_scans(MOST_FAILURES).await?.into_iter();
    let failed = failed.filter(|failed| failed.finished > from && failed.finished <= until);
    let failures: Vec<(Timestamp, String)> = failed.map(|failed| (failed.finished, failed.message)).collect();
    let stages: Vec<Transition> =
        ledger.transitions(from, until).await?.into_iter().map(|record| record.transition).collect();
    let mut budgets = Vec::with_capacity(slos.len());
    for slo in slos {
        budgets.push(used(ledger, slo, between).await?);
    }
    let inside = || steps.iter().filter(|step| step.taken_at > from);
    Ok(render(&Postmortem {
        between,
        findings: &findings,
        changes: &changes.iter().map(|record| (record.at, &record.change)).collect::<Vec<_>>(),
        scans: &steps.iter().map(|step| step.taken_at).collect::<Vec<_>>(),
        failures: &failures,
        explanations: explanations.as_ref().map(|[down, up]| [down, up]),
        lowest: lowest(inside().map(|step| (step.taken_at, step.count.compliance()))),
        least_coverage: lowest(inside().map(|step| (step.taken_at, step.coverage))),
        budgets: &budgets,
        stages: &stages,
    }))
}

/// The scans that began to read in the time, and the last one before.
async fn steps(ledger: &Ledger, (from, until): Between) -> anyhow::Result<Vec<RecordedStep>> {
    let Some(last) = ledger.scan_until(until).await? else { return Ok(Vec::new()) };
    let first = ledger.scan_until(from).await?.unwrap_or(0);
    Ok(ledger.steps(first, last).await?)
}

/// Why the SLI moved up to the scan at which it was lowest, and from there on.
fn explanations(steps: &[RecordedStep]) -> Option<[Explanation; 2]> {
    let measured = steps.iter().enumerate().skip(1).map(|(place, step)| (place, step.count.compliance()));
    let (lowest, _) = lowest(measured)?;
    let why = |steps: &[RecordedStep]| {
        let (first, rest) = steps.split_first()?;
        Some(explain(first.count, rest.iter().map(|step| (step.step, step.count))))
    };
    Some([why(&steps[..=lowest])?, why(&steps[lowest..])?])
}

/// The first of the lowest.
fn lowest<At>(shares: impl Iterator<Item = (At, Option<f64>)>) -> Option<(At, f64)> {
    let known = shares.filter_map(|(at, share)| Some((at, share?)));
    known.reduce(|lowest, other| if other.1 < lowest.1 { other } else { lowest })
}

/// What an objective used up in the time, of the budget of the window that ends with it.
async fn used(ledger: &Ledger, slo: &Slo, (from, until): Between) -> anyhow::Result<BudgetUsed> {
    let mut points = ledger.points(&slo.digest(), slo.window.start(until).min(from)).await?;
    points.truncate(points.partition_point(|point| point.at <= until));
    let readings = readings(&points, until);
    let history = History::new(slo, &readings, until);
    let added = history.tally(until).since(&history.tally(from));
    let whole = spent(&slo.indicator, &history.over_window());
    let bad = slo.indicator.is_measured(&added).then(|| slo.indicator.amounts(&added));
    let part = spent(&slo.indicator, &added).used;
    let share = if part > 0.0 { part / whole.budget } else { 0.0 };
    Ok(BudgetUsed {
        slo: slo.name.clone(),
        indicator: slo.indicator,
        since: history.since(),
        bad,
        used: bad.map(|_| share).filter(|share| share.is_finite()),
        remaining: whole.remaining,
    })
}
