//! `plimsoll drift`: what changed between two snapshots, or in the ledger's last scan.

use jiff::Timestamp;
use plimsoll::exit::Exit;
use plimsoll::model::{Change, Resource, Snapshot};
use plimsoll::report::Report;
use plimsoll::scan::declare;
use plimsoll::source::file;
use plimsoll::{drift, facts, failover};

use super::{existing_ledger, ledger_path, load_config, print};
use crate::cli::{Common, DriftArgs};

/// More changes than one scan can have.
const ALL: u32 = u32::MAX;

pub(super) async fn run(common: &Common, arguments: &DriftArgs) -> anyhow::Result<Exit> {
    let changes = match (&arguments.old, &arguments.new) {
        (Some(old), Some(new)) => {
            let paths = load_config(common)?.failover_paths();
            let (old, new) = (with_facts(file::read(old)?, &paths), with_facts(file::read(new)?, &paths));
            let mut changes = drift::compare(&old, &new);
            failover::annotate(&mut changes, &old, &new);
            changes
        }
        _ => last_recorded(common, arguments).await?,
    };
    print(common, &Report::Drift(&changes))?;
    Ok(if arguments.fail && changes.iter().any(Change::is_drift) { Exit::Drift } else { Exit::Success })
}

fn with_facts(mut snapshot: Snapshot, paths: &[Resource]) -> Snapshot {
    declare(&mut snapshot, paths.to_vec());
    facts::derive(&mut snapshot);
    snapshot
}

/// What the latest scan saw change.
async fn last_recorded(common: &Common, arguments: &DriftArgs) -> anyhow::Result<Vec<Change>> {
    let config = load_config(common)?;
    let ledger = existing_ledger(ledger_path(&config, arguments.ledger.as_ref())).await?;
    let Some(last) = ledger.last_scan().await? else { return Ok(Vec::new()) };
    let since: Timestamp = last.scan.taken_at;
    let records = ledger.changes(since, ALL).await?;
    Ok(records.into_iter().filter(|record| record.scan == last.scan.id).map(|record| record.change).collect())
}
