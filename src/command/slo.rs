//! `plimsoll slo`: the objectives, and whether their alerts can do their work.

use std::time::Duration;

use plimsoll::config::{Config, Interval};
use plimsoll::exit::Exit;
use plimsoll::model::Rule;
use plimsoll::report::{CheckedSlo, Report, SloReport};
use plimsoll::scan::Judge;
use plimsoll::slo::{Cadence, reach};

use super::{WrongArgument, load_config_with, print};
use crate::cli::{Common, SloVerb};

pub(super) fn run(common: &Common, verb: &SloVerb) -> anyhow::Result<Exit> {
    let (SloVerb::List { judged_by } | SloVerb::Check { judged_by, .. }) = verb;
    let config = load_config_with(common, judged_by)?;
    let judge = Judge::configured(&config)?;
    let usual = Cadence { interval: config.schedule.interval.duration(), stepwise: false };
    let (cadence, is_check) = match verb {
        SloVerb::List { .. } => (usual, false),
        SloVerb::Check { interval, one_shot, .. } => {
            let interval = interval.as_deref().map(length).transpose()?.unwrap_or(usual.interval);
            (Cadence { interval, stepwise: *one_shot }, true)
        }
    };
    let checked = check(&config, judge.rules(), cadence);
    let report = SloReport { checked: &checked, cadence: is_check.then_some(cadence) };
    print(common, &Report::Slo(report))?;
    Ok(if is_check && checked.iter().any(CheckedSlo::is_faulty) { Exit::Usage } else { Exit::Success })
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
