//! `plimsoll slo`: the objectives, whether their alerts can do their work, and a past for new ones.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use plimsoll::config::{Config, Interval};
use plimsoll::exit::Exit;
use plimsoll::ledger::{Ledger, Writer};
use plimsoll::model::{Finding, LedgerPlace, Rule};
use plimsoll::report::{CheckedSlo, Report, SloReport};
use plimsoll::scan::Judge;
use plimsoll::slo::{Cadence, History, Point, Slo, SloName, reach, readings, seeded, spent};
use serde::Serialize;
use serde_json::json;

use super::{
    WrongArgument, clock, existing_ledger, ledger_place, load_config, load_config_with, print, print_text, when,
};
use crate::cli::{Common, Format, RulesArgs, SloVerb};

/// How long a scan that is being recorded is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) async fn run(common: &Common, verb: &SloVerb) -> anyhow::Result<Exit> {
    match verb {
        SloVerb::List { judged_by } => told(common, judged_by, None),
        SloVerb::Check { judged_by, interval, one_shot } => {
            told(common, judged_by, Some((interval.as_deref(), *one_shot)))
        }
        SloVerb::Seed { name, since, dry_run, ledger } => {
            let config = load_config(common)?;
            let wanted = Wanted { name: name.as_deref(), since: since.as_deref(), is_dry: *dry_run };
            seed(common, &config, ledger.as_ref(), &wanted).await
        }
    }
}

/// The objectives with their tiers; checked for a cadence when one is asked about.
fn told(common: &Common, judged_by: &RulesArgs, asked: Option<(Option<&str>, bool)>) -> anyhow::Result<Exit> {
    let config = load_config_with(common, judged_by)?;
    let judge = Judge::configured(&config)?;
    let usual = config.cadence();
    let cadence = match asked {
        Some((interval, stepwise)) => Cadence {
            interval: interval.map(length).transpose()?.unwrap_or(usual.interval),
            stepwise: stepwise || usual.stepwise,
        },
        None => usual,
    };
    let checked = check(&config, judge.rules(), cadence);
    let report = SloReport { checked: &checked, cadence: asked.map(|_| cadence) };
    print(common, &Report::Slo(report))?;
    Ok(if asked.is_some() && checked.iter().any(CheckedSlo::is_faulty) { Exit::Usage } else { Exit::Success })
}

/// Which objectives get a past, from when on, and whether it is only told.
struct Wanted<'a> {
    name: Option<&'a str>,
    since: Option<&'a str>,
    is_dry: bool,
}

/// What became of one objective.
#[derive(Serialize)]
struct Seeded<'a> {
    slo: &'a SloName,
    /// Points that it has of the past now, or would have.
    points: usize,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    /// Share of the budget that they leave.
    remaining: Option<f64>,
    /// Why it has none.
    refused: Option<String>,
}

async fn seed(
    common: &Common,
    config: &Config,
    place: Option<&LedgerPlace>,
    wanted: &Wanted<'_>,
) -> anyhow::Result<Exit> {
    let since = wanted.since.map(|text| when::moment("--since", text, clock())).transpose()?;
    let slos: Vec<Slo> =
        config.slos().into_iter().filter(|slo| wanted.name.is_none_or(|name| slo.name.as_str() == name)).collect();
    if let (Some(name), []) = (wanted.name, slos.as_slice()) {
        let problem = format!("there is no objective {name:?}");
        return Err(WrongArgument { argument: "NAME", problem, help: "see plimsoll slo list" }.into());
    }
    let ledger = existing_ledger(ledger_place(config, place)).await?;
    let writer = if wanted.is_dry { None } else { Some(ledger.writer("plimsoll slo seed", PATIENCE).await?) };
    let mut all = Vec::with_capacity(slos.len());
    for slo in &slos {
        all.push(one(&ledger, writer.as_ref(), slo, since.unwrap_or(Timestamp::MIN)).await?);
    }
    if let Some(writer) = writer {
        writer.release().await;
    }
    match common.format {
        Format::Json => print_text(&json!({"written": !wanted.is_dry, "objectives": all}).to_string())?,
        Format::Table | Format::Csv => print_text(&lines(&all, wanted.is_dry))?,
    }
    let refused = wanted.name.is_some() && all.iter().any(|one| one.refused.is_some());
    Ok(if refused { Exit::Error } else { Exit::Success })
}

async fn one<'a>(
    ledger: &Ledger,
    writer: Option<&Writer>,
    slo: &'a Slo,
    since: Timestamp,
) -> anyhow::Result<Seeded<'a>> {
    let none = |refused: String| Seeded {
        slo: &slo.name,
        points: 0,
        from: None,
        to: None,
        remaining: None,
        refused: Some(refused),
    };
    if let Some(since) = ledger.measured_since(&slo.digest()).await? {
        return Ok(none(format!("it is measured already, since {}", shown(since))));
    }
    let slice = match slo.slice() {
        Ok(slice) => slice,
        Err(untold) => return Ok(none(untold.reason().to_owned())),
    };
    let scans = ledger.past_scans(&slice, since).await?;
    let until = scans.last().map_or(since, |last| last.taken_at);
    let openings = ledger.open_between(Timestamp::MIN, until).await?;
    let findings: Vec<Finding> = openings.into_iter().map(|(_, finding)| finding).collect();
    let points = seeded(slo, &scans, &findings, &ledger.rules().await?);
    let (Some((_, first)), Some((_, last))) = (points.first(), points.last()) else {
        return Ok(none("the ledger has no scans that tell its past".to_owned()));
    };
    if let Some(writer) = writer
        && !ledger.seed(writer, &slo.digest(), &points).await?
    {
        return Ok(none("it is measured already".to_owned()));
    }
    let alone: Vec<Point> = points.iter().map(|(_, point)| *point).collect();
    let readings = readings(&alone, last.at);
    let added = History::new(slo, &readings, last.at).over_window();
    let remaining = spent(&slo.indicator, &added).remaining;
    Ok(Seeded {
        slo: &slo.name,
        points: points.len(),
        from: Some(first.at),
        to: Some(last.at),
        remaining,
        refused: None,
    })
}

fn lines(all: &[Seeded<'_>], is_dry: bool) -> String {
    let mut text = String::new();
    let width = all.iter().map(|one| one.slo.as_str().len()).max().unwrap_or(0);
    for one in all {
        let what = match (&one.refused, one.from, one.to) {
            (None, Some(from), Some(to)) => {
                let left = one.remaining.map_or_else(
                    || "nothing measured".to_owned(),
                    |left| format!("{:.2} % of the budget left", left * 100.0),
                );
                let would = if is_dry { "would have " } else { "" };
                format!("{would}{} points from {} to {}: {left}", one.points, shown(from), shown(to))
            }
            (refused, ..) => format!("left alone: {}", refused.as_deref().unwrap_or_default()),
        };
        let _ = writeln!(text, "{:<width$}  {what}", one.slo.as_str());
    }
    if all.is_empty() {
        text.push_str("the configuration has no objectives\n");
    }
    text
}

fn shown(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

fn check(config: &Config, rules: &[Rule], cadence: Cadence) -> Vec<CheckedSlo> {
    let slos = config.slos().into_iter().zip(config.asked_tiers());
    slos.map(|(slo, asked)| CheckedSlo {
        reach: reach(&slo.indicator, slo.window, &asked, cadence),
        rules: rules.iter().filter(|rule| slo.scope.has_rule(rule)).count(),
        slo,
    })
    .collect()
}

fn length(text: &str) -> Result<Duration, WrongArgument> {
    let interval = text.parse::<Interval>().ok().map(Interval::duration);
    interval.filter(|interval| *interval >= Duration::from_secs(10)).ok_or_else(|| WrongArgument {
        argument: "--interval",
        problem: format!("{text:?} is not a time between scans of at least 10s"),
        help: "write it like 15m, 1h30m or 1d",
    })
}
