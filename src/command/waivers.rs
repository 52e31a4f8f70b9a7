//! `plimsoll waivers`: what is accepted, and what is wrong with that.

use plimsoll::exit::Exit;
use plimsoll::facts;
use plimsoll::ledger::Ledger;
use plimsoll::model::{RuleId, Snapshot};
use plimsoll::report::{Report, WaiverReport};
use plimsoll::rules::waiver::Tagged;
use plimsoll::rules::waiver_review::{Reviewed, review};
use plimsoll::scan::{self, Judge};
use plimsoll::source::file;

use super::{clock, ledger_place, load_config, print};
use crate::cli::{Common, SnapshotArgs, WaiversVerb};

pub(super) async fn run(common: &Common, verb: &WaiversVerb) -> anyhow::Result<Exit> {
    let (of, check) = match verb {
        WaiversVerb::List { of } => (of, false),
        WaiversVerb::Check { of } => (of, true),
    };
    let config = load_config(common)?;
    let judge = Judge::configured(&config)?;
    let (snapshot, compared_with) = snapshot(&config, of).await?;
    let evaluations = snapshot.as_ref().map(|snapshot| judge.judge_all(snapshot, clock(), clock()).evaluations);
    let resources = snapshot.as_ref().map_or(&[][..], |snapshot| &snapshot.resources);
    let tagged = Tagged::of(resources, judge.waivers());
    let rules: Vec<&RuleId> = judge.rules().iter().map(|rule| &rule.id).collect();
    let mut reviewed = review(judge.waivers(), &rules, evaluations.as_deref(), judge.terms(), &tagged, clock());
    if check {
        reviewed.retain(|one: &Reviewed| !one.problems.is_empty());
    }
    let report = WaiverReport { waivers: judge.waivers(), reviewed: &reviewed, compared_with: &compared_with };
    print(common, &Report::Waivers(report))?;
    Ok(if check && !reviewed.is_empty() { Exit::Findings } else { Exit::Success })
}

/// What waivers are compared with: the file, else the ledger's last scan, else nothing.
async fn snapshot(config: &plimsoll::config::Config, of: &SnapshotArgs) -> anyhow::Result<(Option<Snapshot>, String)> {
    let (mut snapshot, from) = if let Some(path) = &of.snapshot {
        (file::read(path)?, path.display().to_string())
    } else {
        let place = ledger_place(config, of.ledger.as_ref());
        let ledger = match Ledger::existing(place).await? {
            None if of.ledger.is_none() => {
                return Ok((None, "nothing: there is no ledger yet, so that use is not known".to_owned()));
            }
            None => super::existing_ledger(place).await?,
            Some(ledger) => ledger,
        };
        match ledger.previous_snapshot().await? {
            Some(snapshot) => (snapshot, format!("the last scan in {place}")),
            None => return Ok((None, format!("nothing: {place} has no scan yet"))),
        }
    };
    scan::declare(&mut snapshot, config.failover_paths());
    facts::derive(&mut snapshot);
    let taken = snapshot.taken_at;
    Ok((Some(snapshot), format!("{from}, taken at {taken}")))
}
