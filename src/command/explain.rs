//! `plimsoll explain`: why the SLI moved between two scans.

use anyhow::Context as _;
use plimsoll::exit::Exit;
use plimsoll::explain::explain;
use plimsoll::ledger::{Ledger, RecordedStep, ScanId};
use plimsoll::report::{ExplanationReport, Report, ScanPoint};

use super::{WrongArgument, clock, existing_ledger, ledger_place, load_config, print, when};
use crate::cli::{Common, ExplainArgs};

pub(super) async fn run(common: &Common, arguments: &ExplainArgs) -> anyhow::Result<Exit> {
    let config = load_config(common)?;
    let ledger = existing_ledger(ledger_place(&config, arguments.ledger.as_ref())).await?;
    let last = ledger.last_scan().await?.context("the ledger has no scan yet\nhelp: run plimsoll scan")?.scan.id;
    let to = match &arguments.to {
        Some(text) => named(&ledger, "TO", text, last).await?,
        None => last,
    };
    let from = match &arguments.from {
        Some(text) => named(&ledger, "FROM", text, last).await?,
        None => (to - 1).max(1),
    };
    if from > to {
        let problem = format!("scan {from} came after scan {to}");
        return Err(WrongArgument { argument: "FROM", problem, help: "name the earlier scan first" }.into());
    }
    let steps = ledger.steps(from, to).await?;
    let (Some(first), Some(end)) = (steps.first(), steps.last()) else {
        anyhow::bail!("the ledger does not have scan {from} any more\nhelp: name a later one");
    };
    if first.scan != from {
        anyhow::bail!("the ledger begins with scan {}\nhelp: name that one or a later one", first.scan);
    }
    let explanation = explain(first.count, steps[1..].iter().map(|step| (step.step, step.count)));
    let opened = ledger.opened(first.taken_at, end.taken_at).await?;
    let resolved = ledger.resolved(first.taken_at, end.taken_at).await?;
    print(
        common,
        &Report::Explanation(ExplanationReport {
            from: point(first),
            to: point(end),
            scans: steps.len() - 1,
            explanation: &explanation,
            opened: &opened.iter().map(|(cause, finding)| (*cause, finding)).collect::<Vec<_>>(),
            resolved: &resolved.iter().collect::<Vec<_>>(),
        }),
    )?;
    Ok(Exit::Success)
}

const fn point(step: &RecordedStep) -> ScanPoint {
    ScanPoint { scan: step.scan, taken_at: step.taken_at, fail: step.count.fail, valid: step.count.valid }
}

/// A scan by its number, or the last one until a moment.
async fn named(ledger: &Ledger, argument: &'static str, text: &str, last: ScanId) -> anyhow::Result<ScanId> {
    if let Ok(number) = text.parse::<ScanId>() {
        if (1..=last).contains(&number) {
            return Ok(number);
        }
        let problem = format!("there is no scan {number}; the last one is {last}");
        return Err(WrongArgument { argument, problem, help: "name a scan by its number, or a moment" }.into());
    }
    let moment = when::moment(argument, text, clock())?;
    let scan = ledger.scan_until(moment).await?;
    Ok(scan.ok_or_else(|| WrongArgument {
        argument,
        problem: format!("the ledger has no scan until {moment}"),
        help: "name a later moment, or a scan by its number",
    })?)
}
