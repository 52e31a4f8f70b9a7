//! `plimsoll ledger`: migrate, prune, check, export.

use std::io::BufWriter;
use std::time::Duration;

use jiff::SignedDuration;
use plimsoll::config::{Config, Interval};
use plimsoll::exit::Exit;
use plimsoll::ledger::{Ledger, LedgerError, Pruned};
use plimsoll::model::LedgerPlace;
use serde_json::{Value, json};

use super::{WrongArgument, clock, existing_ledger, ledger_place, load_config, print_text};
use crate::cli::{Common, Format, LedgerArgs, LedgerVerb, PruneArgs};

/// How long pruning waits for a scan to end.
const PATIENCE: Duration = Duration::from_mins(1);

pub(super) async fn run(common: &Common, verb: &LedgerVerb) -> anyhow::Result<Exit> {
    match verb {
        LedgerVerb::Migrate(of) => migrate(common, &place(common, of)?).await,
        LedgerVerb::Prune(arguments) => prune(common, &load_config(common)?, arguments).await,
        LedgerVerb::Check(of) => check(common, &place(common, of)?).await,
        LedgerVerb::Export(of) => export(&place(common, of)?).await,
    }
}

fn place(common: &Common, of: &LedgerArgs) -> anyhow::Result<LedgerPlace> {
    Ok(ledger_place(&load_config(common)?, of.ledger.as_ref()).clone())
}

async fn migrate(common: &Common, place: &LedgerPlace) -> anyhow::Result<Exit> {
    let (from, to) = Ledger::schemas(place).await?;
    let ledger = existing_ledger(place).await?;
    let sentence = if from == to {
        format!("{place} has schema {to} already, the newest that this program knows")
    } else {
        ledger.compact().await?;
        format!("{place} was brought from schema {from} to schema {to}")
    };
    ledger.close().await;
    tell(common, &sentence, &json!({"ledger": place.to_string(), "from": from, "to": to}))
}

async fn prune(common: &Common, config: &Config, arguments: &PruneArgs) -> anyhow::Result<Exit> {
    let place = ledger_place(config, arguments.of.ledger.as_ref());
    let keep: Interval = arguments.keep.parse().map_err(|error: plimsoll::model::InvalidId| WrongArgument {
        argument: "--keep",
        problem: error.to_string(),
        help: "write it like 90d or 400d",
    })?;
    long_enough(config, keep)?;
    let limit = clock().saturating_sub(SignedDuration::try_from(keep.duration())?)?;
    let ledger = existing_ledger(place).await?;
    let before = ledger.size().await?;
    let writer = ledger.writer("plimsoll ledger prune", PATIENCE).await?;
    let pruned = ledger.prune(&writer, limit).await?;
    let compacted = ledger.compact().await;
    let after = ledger.size().await?;
    writer.release().await;
    ledger.close().await;
    let kept = compacted.err().map(|error| format!("\nthe space could not be given back: {error}"));
    let kept = kept.unwrap_or_default();
    let sentence = format!("{place}: removed {}\n{} before, {} now{kept}", removed(&pruned), size(before), size(after));
    let removed = serde_json::to_value(pruned)?;
    let document = json!({
        "ledger": place.to_string(), "limit": limit, "removed": removed,
        "bytes_before": before, "bytes_after": after,
    });
    tell(common, &sentence, &document)
}

/// A window that is forgotten in part would give another budget.
fn long_enough(config: &Config, keep: Interval) -> Result<(), WrongArgument> {
    let slos = config.slos();
    let Some(longest) = slos.iter().max_by_key(|slo| slo.window.length()) else { return Ok(()) };
    if keep.duration() > longest.window.length() {
        return Ok(());
    }
    Err(WrongArgument {
        argument: "--keep",
        problem: format!("objective {} needs to know more than {}", longest.name, longest.window),
        help: "keep longer than the longest window of the objectives in the configuration",
    })
}

/// `12 scans, 3 changes`; what is none is left out.
fn removed(pruned: &Pruned) -> String {
    let parts = [
        (pruned.scans, "scans"),
        (pruned.failed_scans, "failed scans"),
        (pruned.versions, "versions of resources"),
        (pruned.documents, "documents"),
        (pruned.findings, "resolved findings"),
        (pruned.changes, "changes"),
        (pruned.slo_points, "points of objectives"),
        (pruned.transitions, "transitions of the budget policy"),
        (pruned.decisions, "answers of the gate"),
        (pruned.overrides_and_reviews, "overrides and reviews"),
    ];
    let said: Vec<String> =
        parts.iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{number} {what}")).collect();
    if said.is_empty() { "nothing; nothing is older".to_owned() } else { said.join(", ") }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} B"),
        10_000..10_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

async fn check(common: &Common, place: &LedgerPlace) -> anyhow::Result<Exit> {
    let ledger = existing_ledger(place).await?;
    let bytes = ledger.size().await?;
    let faults = match ledger.check().await {
        Ok(()) => Vec::new(),
        Err(LedgerError::Damaged { faults, .. }) => faults,
        Err(error) => return Err(error.into()),
    };
    ledger.close().await;
    let sentence = if faults.is_empty() {
        format!("{place} is in order; {}", size(bytes))
    } else {
        format!("{place} is damaged:\n  {}", faults.join("\n  "))
    };
    let exit = if faults.is_empty() { Exit::Success } else { Exit::Error };
    tell(common, &sentence, &json!({"ledger": place.to_string(), "bytes": bytes, "faults": faults}))?;
    Ok(exit)
}

async fn export(place: &LedgerPlace) -> anyhow::Result<Exit> {
    let ledger = existing_ledger(place).await?;
    ledger.export(&mut BufWriter::new(std::io::stdout())).await?;
    ledger.close().await;
    Ok(Exit::Success)
}

fn tell(common: &Common, sentence: &str, document: &Value) -> anyhow::Result<Exit> {
    match common.format {
        Format::Table | Format::Csv => print_text(sentence)?,
        Format::Json => print_text(&serde_json::to_string_pretty(document)?)?,
    }
    Ok(Exit::Success)
}
