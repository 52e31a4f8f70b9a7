//! `plimsoll history`: what one resource was, and when.

use plimsoll::exit::Exit;
use plimsoll::ledger::FindingFilter;
use plimsoll::model::ResourceId;
use plimsoll::report::{History, Report, VersionTold, differences};

use super::{WrongArgument, drift, existing_ledger, ledger_place, load_config, print};
use crate::cli::{Common, HistoryArgs};

pub(super) async fn run(common: &Common, arguments: &HistoryArgs) -> anyhow::Result<Exit> {
    let config = load_config(common)?;
    let wrong = |problem| WrongArgument {
        argument: "RESOURCE",
        problem,
        help: "see plimsoll findings, or the API's /api/v1/resources",
    };
    let id = ResourceId::new(arguments.resource.as_str()).map_err(|error| wrong(error.to_string()))?;
    let ledger = existing_ledger(ledger_place(&config, arguments.ledger.as_ref())).await?;
    let versions = ledger.history(&id).await?;
    if versions.is_empty() {
        return Err(wrong(format!("the ledger knows no resource {id}")).into());
    }
    let mut changes = ledger.changes_of(&id).await?;
    let findings = ledger.findings(&FindingFilter { resource: Some(id), ..FindingFilter::default() }).await?;
    for record in &mut changes {
        record.change.by = drift::made_by(&record.change, record.at, &findings);
    }
    let told: Vec<VersionTold<'_>> = versions
        .iter()
        .enumerate()
        .map(|(place, version)| VersionTold {
            hash: &version.hash,
            from: version.from,
            to: version.to,
            changes: changes.iter().filter(|record| record.at == version.from).map(|record| &record.change).collect(),
            differences: versions
                .get(place + 1)
                .map(|older| differences(&older.document, &version.document))
                .unwrap_or_default(),
        })
        .collect();
    print(common, &Report::History(History { versions: &told, findings: &findings }))?;
    Ok(Exit::Success)
}
