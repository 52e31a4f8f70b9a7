//! `plimsoll collect`: read accounts and write the snapshot to a file.

use std::io::Write;

use plimsoll::exit::Exit;
use plimsoll::progress::Progress;
use plimsoll::scan::{Judge, collect};
use plimsoll::source::file;

use super::{accounts, clock, load_config, scan, scope};
use crate::cli::{CollectArgs, Common};

pub(super) async fn run(common: &Common, arguments: &CollectArgs) -> anyhow::Result<Exit> {
    let config = load_config(common)?;
    let judge = Judge::configured(&config)?;
    let accounts = accounts(&config, &arguments.access)?;
    let progress = Progress::start(false);
    let say = |step| scan::say(&progress, &step);
    let collected = collect(&accounts, &scope(&config, &judge), &say, &clock).await?;
    progress.finish();
    file::write(&arguments.output, &collected.snapshot)?;
    let snapshot = &collected.snapshot;
    writeln!(
        std::io::stderr(),
        "{} resources and {} gaps written to {}",
        snapshot.resources.len(),
        snapshot.gaps.len(),
        arguments.output.display()
    )?;
    let whole = snapshot.listings.iter().all(|listing| listing.complete);
    Ok(if whole { Exit::Success } else { Exit::Incomplete })
}
