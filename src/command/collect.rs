//! `plimsoll collect`: read accounts and write the snapshot to a file.

use std::io::Write;

use plimsoll::exit::Exit;
use plimsoll::progress::Progress;
use plimsoll::scan::{Judge, collect};
use plimsoll::source::file;

use super::{accounts, clock, depth, load_config, scan};
use crate::cli::{CollectArgs, Common};

pub(super) async fn run(common: &Common, arguments: &CollectArgs) -> anyhow::Result<Exit> {
    let config = load_config(common)?;
    let wanted = Judge::configured(&config)?.wanted_of_buckets();
    let accounts = accounts(&config, &arguments.access)?;
    let progress = Progress::start(false);
    let say = |step| scan::say(&progress, &step);
    let collected = collect(&accounts, depth(&config), &wanted, &say, &clock).await?;
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
