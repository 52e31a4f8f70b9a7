//! `plimsoll export`: the objectives in the languages of others.

use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use plimsoll::config::{Config, Interval};
use plimsoll::exit::Exit;
use plimsoll::export::{self, Exported, File, Language, Past, Span};
use plimsoll::ledger::Ledger;
use plimsoll::slo::{Slo, TIERS};

use super::{WrongArgument, clock, existing_ledger, ledger_place, load_config, print_text, when};
use crate::cli::{BackfillArgs, Common, ExportArgs, ExportLanguage, ExportVerb};

pub(super) async fn run(common: &Common, arguments: &ExportArgs) -> anyhow::Result<Exit> {
    let config = load_config(common)?;
    match (&arguments.verb, arguments.what) {
        (Some(ExportVerb::Backfill(arguments)), _) => backfill(&config, arguments).await,
        (None, Some(language)) => objectives_as(language, &config, arguments),
        (None, None) => Ok(Exit::Usage),
    }
}

/// The objectives in the language of others.
fn objectives_as(language: ExportLanguage, config: &Config, arguments: &ExportArgs) -> anyhow::Result<Exit> {
    let slos = objectives(config);
    if slos.is_empty() {
        tracing::warn!("the configuration has no objectives; write them under slos, see plimsoll slo list");
    }
    let exported = Exported {
        slos: &slos,
        cadence: config.cadence(),
        minimum_coverage: config.thresholds.minimum_coverage.get(),
        time_scale: scale(language, arguments.time_scale)?,
    };
    let files = export::files(language.into(), &exported);
    match (&arguments.into, files.as_slice()) {
        (Some(folder), files) => write(folder, files)?,
        (None, [file]) => print_text(&file.text)?,
        (None, files) => return Err(several(files).into()),
    }
    Ok(Exit::Success)
}

/// Only rules can be scaled: what is tested without servers is tested as it is.
fn scale(language: ExportLanguage, by: u32) -> Result<u32, WrongArgument> {
    let rules = matches!(language, ExportLanguage::PrometheusRules | ExportLanguage::Alerts);
    if rules || by == 1 {
        return Ok(by);
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

/// The objectives of the configuration with all tiers that are not disabled: an export says why it
/// leaves one out.
fn objectives(config: &Config) -> Vec<Slo> {
    let with_tiers = |(mut slo, asked): (Slo, plimsoll::slo::Asked)| {
        slo.tiers = TIERS.iter().filter(|tier| asked.wants(tier.name)).copied().collect();
        slo
    };
    config.slos().into_iter().zip(config.asked_tiers()).map(with_tiers).collect()
}

/// The past of the objectives as OpenMetrics.
async fn backfill(config: &Config, arguments: &BackfillArgs) -> anyhow::Result<Exit> {
    let (span, labels) = (span(arguments, clock())?, labels(arguments)?);
    let slos = config.slos();
    if slos.is_empty() {
        anyhow::bail!("the configuration has no objectives\nhelp: write them under slos, see plimsoll slo list");
    }
    let ledger = existing_ledger(ledger_place(config, arguments.ledger.as_ref())).await?;
    let mut pasts = Vec::with_capacity(slos.len());
    for slo in &slos {
        let past = past(&ledger, slo, &span).await?;
        if past.moments() == 0 {
            tracing::warn!(objective = %slo.name, "it was not measured by then, and has no past to write");
        }
        pasts.push(past);
    }
    let written = match &arguments.into {
        Some(path) => {
            let file = std::fs::File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
            to(&pasts, &labels, file).with_context(|| format!("cannot write {}", path.display()))?
        }
        None => to(&pasts, &labels, std::io::stdout().lock()).context("cannot write to standard output")?,
    };
    tracing::info!(values = written, "the past of the objectives was written");
    Ok(Exit::Success)
}

async fn past<'a>(ledger: &Ledger, slo: &'a Slo, span: &Span) -> anyhow::Result<Past<'a>> {
    let points = ledger.points(&slo.digest(), slo.window.start(span.from)).await?;
    Ok(Past::new(slo, &points, span))
}

fn to(pasts: &[Past<'_>], labels: &[(String, String)], out: impl Write) -> std::io::Result<u64> {
    let mut out = BufWriter::new(out);
    let written = export::backfill(pasts, labels, &mut out)?;
    out.flush()?;
    Ok(written)
}

fn span(arguments: &BackfillArgs, now: Timestamp) -> Result<Span, WrongArgument> {
    let from = arguments.since.as_ref().map(|text| when::moment("--since", text, now)).transpose()?;
    let until = when::moment("--until", &arguments.until, now)?;
    let step = arguments.step.parse::<Interval>().ok().map(Interval::duration);
    let step = step.filter(|step| *step >= Duration::from_secs(1)).ok_or_else(|| WrongArgument {
        argument: "--step",
        problem: format!("{:?} is not a length of at least 1s", arguments.step),
        help: "write it like 15m",
    })?;
    let span = Span { from: from.unwrap_or(Timestamp::MIN), until, step };
    if span.from >= span.until {
        let problem = format!("{} is not before {}", span.from, span.until);
        return Err(WrongArgument { argument: "--since", problem, help: "give a time before --until" });
    }
    Ok(span)
}

/// The labels that scrapes add, and that no series has by itself.
fn labels(arguments: &BackfillArgs) -> Result<Vec<(String, String)>, WrongArgument> {
    let mut labels = vec![("job".to_owned(), arguments.job.clone())];
    labels.extend(arguments.instance.clone().map(|instance| ("instance".to_owned(), instance)));
    for text in &arguments.labels {
        let wrong = |problem: &str| WrongArgument {
            argument: "--label",
            problem: format!("{text:?} {problem}"),
            help: "write it like cluster=eu-1",
        };
        let (name, value) = text.split_once('=').ok_or_else(|| wrong("has no value"))?;
        let letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        if !is_name || name.starts_with("__") || !name.chars().all(letter) {
            return Err(wrong("does not begin with the name of a label"));
        }
        if ["slo", "state", "outcome"].contains(&name) || labels.iter().any(|(known, _)| known == name) {
            return Err(wrong("names a label that is there already"));
        }
        labels.push((name.to_owned(), value.to_owned()));
    }
    Ok(labels)
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
