//! One file per verb: arguments as meant -> library calls -> an exit code.
//!
//! This is the edge: the clock, the environment, standard output and signals are used here and
//! nowhere below.

mod access;
mod asking;
mod budget;
mod collect;
mod compliance;
mod config;
mod demo;
mod drift;
mod explain;
mod export;
mod findings;
mod gate;
mod history;
mod ledger;
mod metrics;
mod notifying;
mod postmortem;
mod published;
mod publishing;
mod rules;
mod scan;
mod serve;
mod slo;
mod status;
mod waivers;
mod when;

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::CommandFactory;
use jiff::{SignedDuration, Timestamp};
use plimsoll::config::{AccountEntry, Config, ConfigFaults, RoleArn};
use plimsoll::exit::Exit;
use plimsoll::ledger::Ledger;
use plimsoll::logging::LogFormat;
use plimsoll::model::{Finding, LedgerPlace, Region, Severity};
use plimsoll::report::{self, Format, Report, Style};
use plimsoll::rules::NothingThere;
use plimsoll::rules::template::CannotBegin;
use plimsoll::scan::{Account, Judge, JudgeFaults};
use plimsoll::sli::Assessment;
use plimsoll::source::aws::{Access, Depth, Limits, Organization, Scope};

use crate::cli::{self, AccessArgs, Cli, Common, RulesArgs, Verb};

/// The configuration file that is read when none is named.
const DEFAULT_CONFIG: &str = "plimsoll.yaml";

/// Does what the command line asks.
pub(crate) async fn run(cli: Cli) -> anyhow::Result<Exit> {
    let common = &cli.common;
    if common.format == cli::Format::Csv && !matches!(cli.verb, Verb::Report(_)) {
        let (problem, help) = ("only plimsoll report writes csv".to_owned(), "use table or json");
        return Err(WrongArgument { argument: "--format", problem, help }.into());
    }
    match cli.verb {
        Verb::Scan(arguments) => Box::pin(scan::run(common, &arguments)).await,
        Verb::Collect(arguments) => collect::run(common, &arguments).await,
        Verb::Serve(arguments) => Box::pin(serve::run(common, &arguments)).await,
        Verb::Budget(verb) => budget::run(common, &verb).await,
        Verb::Gate(arguments) => Box::pin(gate::run(common, &arguments)).await,
        Verb::Status(arguments) => status::run(common, &arguments).await,
        Verb::Findings(arguments) => findings::run(common, &arguments).await,
        Verb::History(arguments) => history::run(common, &arguments).await,
        Verb::Explain(arguments) => explain::run(common, &arguments).await,
        Verb::Drift(arguments) => drift::run(common, &arguments).await,
        Verb::Report(arguments) => compliance::run(common, &arguments).await,
        Verb::Postmortem(arguments) => postmortem::run(common, &arguments).await,
        Verb::Access(verb) => access::run(common, &verb).await,
        Verb::Rules(verb) => rules::run(common, &verb),
        Verb::Waivers(verb) => waivers::run(common, &verb).await,
        Verb::Slo(verb) => slo::run(common, &verb).await,
        Verb::Config(verb) => config::run(common, &verb),
        Verb::Ledger(verb) => ledger::run(common, &verb).await,
        Verb::Metrics(verb) => metrics::run(common, &verb).await,
        Verb::Export(arguments) => export::run(common, &arguments).await,
        Verb::Demo(arguments) => Box::pin(demo::run(common, &arguments)).await,
        Verb::Completions { shell } => completions(shell),
    }
}

/// The exit code of an error: faults that a person wrote are usage, all others are errors.
pub(crate) fn exit_of(error: &anyhow::Error) -> Exit {
    let wrong_input = error.is::<ConfigFaults>()
        || error.is::<JudgeFaults>()
        || error.is::<WrongArgument>()
        || error.is::<Refused>()
        || error.is::<NothingThere>()
        || error.is::<CannotBegin>();
    if wrong_input { Exit::Usage } else { Exit::Error }
}

/// An argument that clap could not see is wrong.
#[derive(Debug, thiserror::Error)]
#[error("{argument}: {problem}\nhelp: {help}")]
pub(crate) struct WrongArgument {
    argument: &'static str,
    problem: String,
    help: &'static str,
}

/// What is asked for cannot be done as it is asked for: all that is wrong with it, and the next step.
#[derive(Debug, thiserror::Error)]
#[error("{problem}\nhelp: {help}")]
pub(crate) struct Refused {
    problem: String,
    help: String,
}

/// The clock, for everything below; in whole milliseconds, as the ledger keeps time.
fn clock() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

/// The configuration that is asked for, the one in this folder, or the defaults.
fn load_config(common: &Common) -> anyhow::Result<Config> {
    Ok(match config_path(common) {
        Some(path) => Config::load(&path)?,
        None => Config::default(),
    })
}

/// The configuration with what the command line says about rules.
fn load_config_with(common: &Common, judged_by: &RulesArgs) -> anyhow::Result<Config> {
    let mut config = load_config(common)?;
    choose_rules(&mut config, judged_by);
    Ok(config)
}

/// Rules of the command line stand beside those of the configuration; its frameworks take the
/// place of the configuration's.
fn choose_rules(config: &mut Config, judged_by: &RulesArgs) {
    config.rules.directories.extend(judged_by.rules.iter().cloned());
    if !judged_by.frameworks.is_empty() {
        config.rules.frameworks.clone_from(&judged_by.frameworks);
    }
}

fn config_path(common: &Common) -> Option<PathBuf> {
    let default = || Some(PathBuf::from(DEFAULT_CONFIG)).filter(|path| path.exists());
    common.config.clone().or_else(default)
}

/// The accounts of the command line, else of the configuration, else of the environment.
fn accounts(config: &Config, arguments: &AccessArgs) -> anyhow::Result<Vec<Account>> {
    let regions = regions(&arguments.regions)?;
    let pick =
        |entry: &AccountEntry| if regions.is_empty() { config.regions_of(entry).to_vec() } else { regions.clone() };
    let by_argument = arguments.profile.is_some() || arguments.role_arn.is_some();
    if by_argument || config.accounts.is_empty() {
        let access = Access {
            profile: arguments.profile.clone(),
            role_arn: arguments.role_arn.as_ref().map(|arn| role(arn)).transpose()?,
            external_id: arguments.external_id.clone(),
            limits: limits(config),
            ..Access::default()
        };
        let regions = if regions.is_empty() { config.regions.clone() } else { regions };
        return Ok(vec![Account { id: None, access, regions }]);
    }
    Ok(config
        .accounts
        .iter()
        .map(|entry| Account {
            id: entry.id.clone().or_else(|| entry.role_arn.as_ref().map(|role| role.account().clone())),
            access: Access {
                profile: entry.profile.clone(),
                role_arn: entry.role_arn.as_ref().map(|role| role.as_str().to_owned()),
                external_id: entry.external_id.clone(),
                limits: limits(config),
                ..Access::default()
            },
            regions: pick(entry),
        })
        .collect())
}

fn role(arn: &str) -> Result<String, WrongArgument> {
    let known = RoleArn::parse(arn).map(|role| role.as_str().to_owned());
    known.ok_or_else(|| WrongArgument {
        argument: "--role-arn",
        problem: format!("{arn:?} is not the ARN of a role"),
        help: "write it like arn:aws:iam::111122223333:role/plimsoll",
    })
}

fn regions(texts: &[String]) -> Result<Vec<Region>, WrongArgument> {
    let region = |text: &String| {
        Region::new(text.trim()).map_err(|error| WrongArgument {
            argument: "--region",
            problem: error.to_string(),
            help: "name regions as AWS does, separated by commas",
        })
    };
    texts.iter().map(region).collect()
}

fn limits(config: &Config) -> Limits {
    let collect = &config.collect;
    Limits {
        connect: collect.connect_timeout.duration(),
        read: collect.read_timeout.duration(),
        attempt: collect.attempt_timeout.duration(),
        operation: collect.operation_timeout.duration(),
        attempts: collect.attempts,
        concurrency: usize::try_from(collect.concurrency).ok().and_then(std::num::NonZeroUsize::new),
        ..Limits::default()
    }
}

/// What to read of each account.
fn scope(config: &Config, judge: &Judge) -> Scope {
    let depth = match config.collect.depth {
        plimsoll::config::Depth::Standard => Depth::Standard,
        plimsoll::config::Depth::Full => Depth::Full,
    };
    let organization = match config.collect.organization {
        plimsoll::config::Organization::Auto => Organization::Auto,
        plimsoll::config::Organization::Required => Organization::Required,
        plimsoll::config::Organization::Off => Organization::Off,
    };
    let (wanted, wanted_of_instances) = (judge.wanted_of_buckets(), judge.wanted_of_instances());
    Scope { depth, organization, wanted, wanted_of_instances, judged: judge.judged(), ..Scope::default() }
}

fn interval(config: &Config) -> SignedDuration {
    SignedDuration::try_from(config.schedule.interval.duration()).unwrap_or(SignedDuration::MAX)
}

/// The ledger of the command line, else of the configuration.
fn ledger_place<'a>(config: &'a Config, argument: Option<&'a LedgerPlace>) -> &'a LedgerPlace {
    argument.unwrap_or(&config.ledger)
}

/// A ledger that must exist: asking questions never creates one.
async fn existing_ledger(place: &LedgerPlace) -> anyhow::Result<Ledger> {
    let ledger = Ledger::existing(place).await?;
    ledger.with_context(|| {
        format!("there is no ledger {place}\nhelp: run plimsoll scan first, or name the ledger with --ledger")
    })
}

/// A severity of the command line.
fn severity(argument: &'static str, text: Option<&String>) -> Result<Option<Severity>, WrongArgument> {
    let Some(text) = text else { return Ok(None) };
    let known = Severity::ALL.iter().copied().find(|severity| severity.name() == text);
    known.map(Some).ok_or_else(|| WrongArgument {
        argument,
        problem: format!("{text:?} is not a severity"),
        help: "the severities are critical, high, medium and low",
    })
}

/// The least severity that makes a command exit with 10: `--fail-on` with a severity or `never`,
/// else the configuration's.
fn fail_on(config: &Config, argument: Option<&String>) -> Result<Option<Severity>, WrongArgument> {
    match argument {
        None => Ok(config.thresholds.fail_on.severity()),
        Some(never) if never == "never" || never == "none" => Ok(None),
        Some(_) => severity("--fail-on", argument),
    }
}

/// The exit code that a standing deserves; `worst` is the severity of the worst open finding. What is
/// known to fail counts also when not everything was read; without that, low coverage means that there
/// is no verdict.
///
/// `listed` says whether every list in scope is whole. One that was empty and cannot be read any
/// more leaves coverage at 100 %, since nothing was expected on it; where all has to be read,
/// there is no verdict either.
fn verdict(
    assessment: &Assessment,
    worst: Option<Severity>,
    fail_on: Option<Severity>,
    minimum_coverage: f64,
    listed: bool,
) -> Exit {
    if worst.zip(fail_on).is_some_and(|(worst, least)| worst >= least) {
        return Exit::Findings;
    }
    match coverage(assessment, fail_on) {
        Some(_) if minimum_coverage >= 1.0 && !listed => Exit::Incomplete,
        Some(coverage) if coverage >= minimum_coverage => Exit::Success,
        Some(_) | None => Exit::Incomplete,
    }
}

/// The severity of the worst open finding.
fn worst(findings: &[Finding]) -> Option<Severity> {
    findings.iter().filter(|finding| finding.resolved.is_none()).map(|finding| finding.severity).max()
}

/// Coverage of what the verdict is about: of all that is judged, and of what rules of the least
/// severity or worse judge, whichever is lower. A resource that fails by a lesser rule is known,
/// and yet what a critical one says of it may not be.
fn coverage(assessment: &Assessment, fail_on: Option<Severity>) -> Option<f64> {
    let overall = assessment.overall.ratios().coverage?;
    let slice = fail_on.and_then(|least| assessment.severities.get(&least)?.ratios().coverage);
    Some(slice.map_or(overall, |slice| slice.min(overall)))
}

/// Prints a report on standard output.
fn print(common: &Common, report: &Report<'_>) -> anyhow::Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    report::write(report, common.format.into(), clock(), Style::of_stdout(), &mut out)?;
    out.flush().context("cannot write to standard output")
}

/// Prints text on standard output.
fn print_text(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    out.flush().context("cannot write to standard output")
}

fn completions(shell: clap_complete::Shell) -> anyhow::Result<Exit> {
    let mut page = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "plimsoll", &mut page);
    print_text(&String::from_utf8(page)?)?;
    Ok(Exit::Success)
}

impl From<cli::Format> for Format {
    fn from(format: cli::Format) -> Self {
        match format {
            // Only `report` writes CSV, by itself.
            cli::Format::Table | cli::Format::Csv => Self::Table,
            cli::Format::Json => Self::Json,
        }
    }
}

impl From<cli::LogFormat> for LogFormat {
    fn from(format: cli::LogFormat) -> Self {
        match format {
            cli::LogFormat::Text => Self::Human,
            cli::LogFormat::Json => Self::Json,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use plimsoll::model::{
        AccountId, Bucket, Evaluation, Listing, Remediation, Resource, ResourceId, ResourceKey, ResourceType, Rule,
        RuleId, Snapshot, Verdict,
    };
    use plimsoll::sli::assess;

    use super::*;

    /// A failure of little weight makes a resource known; what a critical rule would say of it is
    /// still not.
    #[test]
    fn a_critical_rule_that_could_not_judge_leaves_no_verdict() {
        let account = AccountId::new("111122223333").unwrap();
        let rule = |id: &str, severity| Rule {
            id: RuleId::new(id).unwrap(),
            title: String::new(),
            description: String::new(),
            severity,
            severity_reason: None,
            enabled: true,
            resource_types: vec![ResourceType::Bucket],
            controls: BTreeMap::new(),
            reads: Vec::new(),
            reads_now: false,
            remediation: Remediation { text: String::new(), terraform: None, cli: None },
            related_resources: Vec::new(),
            digest: String::new(),
        };
        let id = ResourceId::new("arn:aws:s3:::b").unwrap();
        let bucket = Resource::new(id, account.clone(), Region::global(), "b", Bucket::default());
        let rules = [rule("aws-s3-a", Severity::Low), rule("aws-s3-b", Severity::Critical)];
        let verdicts = [
            Verdict::Fail { denials: Vec::new(), open: Vec::new() },
            Verdict::Unknown { causes: vec!["the rule cannot be used".to_owned()] },
        ];
        let evaluations: Vec<Evaluation> = rules
            .iter()
            .zip(verdicts)
            .map(|(rule, verdict)| Evaluation {
                rule: rule.id.clone(),
                severity: rule.severity,
                resource: ResourceKey::from(&bucket),
                verdict,
            })
            .collect();
        let listing = Listing {
            account,
            region: Region::global(),
            resource_type: ResourceType::Bucket,
            complete: true,
            listed_before: false,
        };
        let snapshot =
            Snapshot { listings: vec![listing], resources: vec![bucket], ..Snapshot::empty(Timestamp::UNIX_EPOCH) };
        let assessment = assess(&snapshot, &evaluations, &rules);
        let exit = |fail_on| verdict(&assessment, None, fail_on, 0.9, true);
        assert_eq!(exit(Some(Severity::High)), Exit::Incomplete);
        assert_eq!(exit(None), Exit::Success, "nothing is asked of it but to be read");
        assert_eq!(exit(Some(Severity::Low)), Exit::Success, "it fails, and no finding is open");
    }
}
