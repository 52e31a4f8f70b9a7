//! `plimsoll report`: how the estate of the last scan, or of a snapshot file, stands by frameworks.
//!
//! The snapshot is judged anew by the chosen frameworks' rules, as of the time it was taken, so that
//! the report does not depend on which rules the scan was made with. Waivers are those that hold
//! today.

use std::io::Write;

use anyhow::Context as _;
use plimsoll::controls::{self, Compliance};
use plimsoll::exit::Exit;
use plimsoll::facts;
use plimsoll::model::Snapshot;
use plimsoll::report::compliance::{Detail, csv};
use plimsoll::report::{ComplianceReport, Report};
use plimsoll::scan::{self, Judge};

use super::{WrongArgument, access, clock, load_config_with, print};
use crate::cli::{Common, Format, ReportArgs};

pub(super) async fn run(common: &Common, arguments: &ReportArgs) -> anyhow::Result<Exit> {
    let config = load_config_with(common, &arguments.judged_by)?;
    let frameworks = &config.rules.frameworks;
    let known = || controls::frameworks().iter().map(|framework| framework.id.as_str()).collect::<Vec<_>>().join(", ");
    if let Some(unknown) = frameworks.iter().find(|id| controls::framework(id).is_none()) {
        return wrong("--framework", format!("there is no framework {unknown}; there are {}", known()));
    }
    if frameworks.is_empty() {
        return wrong("--framework", format!("no framework is chosen; there are {}", known()));
    }
    let judge = Judge::configured(&config)?;
    let mut snapshot = access::snapshot(common, &arguments.of).await?;
    if arguments.of.snapshot.is_some() {
        scan::declare(&mut snapshot, config.failover_paths());
    } else {
        leave_out_of_scope(&mut snapshot);
    }
    facts::derive(&mut snapshot);
    let today = clock();
    let judgement = judge.judge_all(&snapshot, snapshot.taken_at, today);
    let mut reports = super::scan::compliance(&config, &judge, &snapshot, &judgement.evaluations);
    let detail = if arguments.controls.is_empty() { Detail::Worst } else { Detail::All };
    if let Some(unknown) = keep(&mut reports, &arguments.controls) {
        return wrong("--control", format!("{} has no control {unknown}", frameworks.join(", ")));
    }
    if common.format == Format::Csv {
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        csv(&reports, &mut out).and_then(|()| out.flush()).context("cannot write to standard output")?;
    } else {
        let notes = super::scan::notes(&judge, &judgement.waivers, &judgement.suspects, today);
        let report = ComplianceReport { frameworks: &reports, detail, gaps: &snapshot.gaps, notes: &notes };
        print(common, &Report::Compliance(report))?;
    }
    Ok(super::scan::without_lost(&judge, exit(&reports)))
}

fn wrong<T>(argument: &'static str, problem: String) -> anyhow::Result<T> {
    Err(WrongArgument { argument, problem, help: "name it like plimsoll report --framework cis-5.0 --control 2.1.4" }
        .into())
}

/// The ledger keeps resources that are in scope no more: no list of the last scan covers them.
fn leave_out_of_scope(snapshot: &mut Snapshot) {
    let covered: Vec<bool> = {
        let lists = snapshot.lists();
        let covered = |resource: &plimsoll::model::Resource| lists.whole(resource.key()).is_some();
        snapshot.resources.iter().map(covered).collect()
    };
    let mut covered = covered.into_iter();
    snapshot.resources.retain(|resource| covered.next() == Some(true) || resource.stale_since.is_none());
}

/// Leaves only the controls that are asked for; returns one that no framework has.
fn keep<'c>(reports: &mut [Compliance], controls: &'c [String]) -> Option<&'c String> {
    if controls.is_empty() {
        return None;
    }
    let has = |id: &&String| reports.iter().any(|report| report.framework.control(id).is_some());
    let unknown = controls.iter().find(|id| !has(id));
    for report in reports.iter_mut() {
        report.controls.retain(|standing| controls.contains(&standing.control.id));
    }
    unknown
}

/// 10 when a control fails, 3 when none does and something that rules judge is unknown.
fn exit(reports: &[Compliance]) -> Exit {
    let summaries: Vec<_> = reports.iter().map(Compliance::summary).collect();
    if summaries.iter().any(|summary| summary.fail > 0) {
        Exit::Findings
    } else if summaries.iter().any(|summary| summary.unknown > 0) {
        Exit::Incomplete
    } else {
        Exit::Success
    }
}
