//! `plimsoll status`: the SLI of the latest scan, over a window, and where the objectives stand.

use jiff::SignedDuration;
use plimsoll::budgets;
use plimsoll::config::Interval;
use plimsoll::exit::Exit;
use plimsoll::ledger::FindingFilter;
use plimsoll::report::{Report, Status, Window};
use plimsoll::slo::SloStatus;
use plimsoll::slo::policy::Outcome;

use super::{WrongArgument, clock, existing_ledger, ledger_place, load_config, print, verdict};
use crate::cli::{Common, Format, StatusArgs};

pub(super) async fn run(common: &Common, arguments: &StatusArgs) -> anyhow::Result<Exit> {
    let config = load_config(common)?;
    let length: Interval = arguments.window.parse().map_err(|error: plimsoll::model::InvalidId| WrongArgument {
        argument: "--window",
        problem: error.to_string(),
        help: "write it like 90m, 24h or 28d",
    })?;
    let ledger = existing_ledger(ledger_place(&config, arguments.ledger.as_ref())).await?;
    let Some(last) = ledger.last_scan().await? else {
        anyhow::bail!("the ledger has no scan yet\nhelp: run plimsoll scan");
    };
    let now = clock();
    let from = now.saturating_sub(SignedDuration::try_from(length.duration())?)?;
    let window = Window { length: length.to_string(), milliseconds: ledger.window(from, now).await?.overall() };
    // A table only counts them, and there may be a hundred thousand.
    let findings = match common.format {
        Format::Json => ledger.findings(&FindingFilter { open: Some(true), ..FindingFilter::default() }).await?,
        Format::Table | Format::Csv => Vec::new(),
    };
    let open = &last.standing.findings;
    let gaps = ledger.gaps().await?;
    let policy = config.budget_policy.policy();
    let objectives = budgets::statuses(&ledger, &config.slos(), &policy, now).await?;
    let mut notes = Vec::new();
    let age = now.duration_since(last.standing.at);
    if age > last.standing.hold {
        notes.push("the last scan is older than it holds: since then all resource time counts as unknown".to_owned());
    }
    let id = last.scan.id.to_string();
    print(
        common,
        &Report::Status(Status {
            scan: Some(&id),
            assessment: &last.assessment,
            findings: &findings,
            open: open.total(),
            gaps: &gaps,
            windows: &[window],
            objectives: &objectives,
            notes: &notes,
        }),
    )?;
    let standing = verdict(
        &last.assessment,
        open.iter().filter(|(_, number)| *number > 0).map(|(severity, _)| severity).max(),
        config.thresholds.fail_on.severity(),
        config.thresholds.minimum_coverage.get(),
        last.scan.complete,
    );
    let standing = if age > last.standing.hold && standing == Exit::Success { Exit::Incomplete } else { standing };
    Ok(with_objectives(standing, &objectives))
}

/// A freeze is said before anything else, and that there is no verdict before that somebody must
/// approve; findings are said when no budget speaks against a change.
fn with_objectives(standing: Exit, objectives: &[SloStatus]) -> Exit {
    let rulings = objectives.iter().filter_map(|status| status.ruling.as_ref());
    match rulings.map(|ruling| ruling.outcome).max() {
        Some(Outcome::Frozen) => Exit::Frozen,
        Some(Outcome::ApprovalRequired) if standing != Exit::Incomplete => Exit::ApprovalRequired,
        _ => standing,
    }
}
