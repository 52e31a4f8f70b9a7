//! `plimsoll export`: the objectives in the languages of others.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use plimsoll::exit::Exit;
use plimsoll::export::{self, Exported, File, Language};
use plimsoll::model::Severity;
use plimsoll::slo::{Indicator, Scope, Slo, SloName, TIERS, TimeWindow};

use super::{WrongArgument, load_config, print_text};
use crate::cli::{Common, ExportArgs, ExportLanguage};

pub(super) fn run(common: &Common, arguments: &ExportArgs) -> anyhow::Result<Exit> {
    let config = load_config(common)?;
    let slos = objectives();
    let exported = Exported {
        slos: &slos,
        interval: config.schedule.interval.duration(),
        minimum_coverage: config.thresholds.minimum_coverage.get(),
        time_scale: scale(arguments)?,
    };
    let files = export::files(arguments.what.into(), &exported);
    match (&arguments.into, files.as_slice()) {
        (Some(folder), files) => write(folder, files)?,
        (None, [file]) => print_text(&file.text)?,
        (None, files) => return Err(several(files).into()),
    }
    Ok(Exit::Success)
}

/// Only rules can be scaled: what is tested without servers is tested as it is.
fn scale(arguments: &ExportArgs) -> Result<u32, WrongArgument> {
    let rules = matches!(arguments.what, ExportLanguage::PrometheusRules | ExportLanguage::Alerts);
    if rules || arguments.time_scale == 1 {
        return Ok(arguments.time_scale);
    }
    Err(WrongArgument {
        argument: "--time-scale",
        problem: "only rules can be scaled".to_owned(),
        help: "use it with prometheus-rules or alerts",
    })
}

fn several(files: &[File]) -> WrongArgument {
    let names: Vec<&str> = files.iter().map(|file| file.name).collect();
    WrongArgument {
        argument: "--into",
        problem: format!("this is several files: {}", names.join(", ")),
        help: "name the folder to write them into",
    }
}

fn write(folder: &Path, files: &[File]) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    for file in files {
        let path = folder.join(file.name);
        std::fs::write(&path, &file.text).with_context(|| format!("cannot write {}", path.display()))?;
        print_text(&path.display().to_string())?;
    }
    Ok(())
}

/// The objectives that are exported: those of the demo.
fn objectives() -> Vec<Slo> {
    const HOUR: Duration = Duration::from_hours(1);
    let slo = |name: &str, description: &str, indicator, severity| {
        Some(Slo {
            name: SloName::new(name)?,
            description: description.to_owned(),
            scope: Scope { severity, ..Scope::default() },
            indicator,
            window: TimeWindow::Rolling(HOUR * 24 * 28),
            tiers: TIERS.to_vec(),
        })
    };
    let (high, critical) = (Some(Severity::High), Some(Severity::Critical));
    let (detection, remediation) = (
        Indicator::Detection { target: 0.9, within: HOUR / 2 },
        Indicator::Remediation { target: 0.9, within: HOUR * 24 * 7 },
    );
    let slos = [
        slo(
            "resources-high",
            "Resources pass all rules of severity high and critical.",
            Indicator::Compliance { target: 0.99 },
            high,
        ),
        slo("coverage", "Resources can be read and judged.", Indicator::Coverage { target: 0.95 }, None),
        slo(
            "critical-open",
            "Critical findings are open for 24 hours in all.",
            Indicator::OpenTime { budget: HOUR * 24 },
            critical,
        ),
        slo("detection", "Findings are detected within 30 minutes of the change.", detection, None),
        slo(
            "remediation-high",
            "Findings of severity high and critical are resolved within 7 days.",
            remediation,
            high,
        ),
    ];
    slos.into_iter().flatten().collect()
}

impl From<ExportLanguage> for Language {
    fn from(language: ExportLanguage) -> Self {
        match language {
            ExportLanguage::PrometheusRules => Self::PrometheusRules,
            ExportLanguage::Alerts => Self::Alerts,
            ExportLanguage::Grafana => Self::Grafana,
            ExportLanguage::Openslo => Self::OpenSlo,
            ExportLanguage::Sloth => Self::Sloth,
            ExportLanguage::Pyrra => Self::Pyrra,
            ExportLanguage::PromtoolTests => Self::PromtoolTests,
        }
    }
}
