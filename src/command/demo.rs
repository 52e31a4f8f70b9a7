//! `plimsoll demo`: the main job on a machine without AWS.
//!
//! Only the account is simulated. Collectors, SDK, rules, ledger, pages and metrics are the ones
//! that scan a real account, and the simulated AWS speaks the real wire formats.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use plimsoll::config::Config;
use plimsoll::exit::Exit;
use plimsoll::findings::{Event, Transition};
use plimsoll::ledger::{Ledger, Writer};
use plimsoll::model::{Finding, LedgerPlace, ResourceType};
use plimsoll::progress::Progress;
use plimsoll::report::{Report, Status};
use plimsoll::scan::{Account, Judge, Outcome};
use plimsoll::simulator::{DEMO_CONFIGURATION, Estate, Simulator, attack};
use plimsoll::source::aws::{Access, Keys};
use tempfile::TempDir;

use super::published::InForce;
use super::{clock, limits, load_config_with, notifying, print, regions, scan, serve};
use crate::cli::{Common, DemoArgs, Format};

/// The regions of the demo account.
const REGIONS: [&str; 2] = ["eu-central-1", "us-east-1"];

pub(super) async fn run(common: &Common, arguments: &DemoArgs) -> anyhow::Result<Exit> {
    let config = configuration(common, arguments)?;
    let judge = Judge::configured(&config)?;
    let place = Place::of(arguments.ledger.as_ref())?;
    let simulator = Simulator::start_on(Estate::demo(clock())?, arguments.aws_port)
        .await
        .with_context(|| format!("cannot simulate AWS on port {}", arguments.aws_port))?;
    let accounts = vec![account(&simulator, &config)?];
    let ledger = Ledger::open(place.ledger()).await?;
    let judge = judge.recall(&ledger.rules().await?);
    let writer = ledger.writer("plimsoll demo", Duration::ZERO).await?;

    say(&format!("A simulated AWS account is served at {}; nothing leaves this machine.", simulator.endpoint()))?;
    let first = one(&ledger, &writer, &judge, &config, &accounts).await?;
    if common.format == Format::Table {
        summary(common, "First scan", &judge, &first)?;
        blocked_paths(common, &first)?;
    }

    let attacks = simulator.change(attack);
    say("\nAn attacker with a stolen key changes three things:")?;
    for attack in &attacks {
        say(&format!("  {}: {}", attack.resource, attack.what))?;
    }
    let second = one(&ledger, &writer, &judge, &config, &accounts).await?;
    match common.format {
        Format::Table | Format::Csv => what_changed(common, &judge, &second)?,
        Format::Json => scan::print_outcome(common, &config, &judge, &second, &scan::open(&second.findings))?,
    }
    compare(&first, &second)?;
    drop(writer);

    if !arguments.once {
        serve_on(arguments, ledger, config, judge, accounts).await?;
    }
    simulator.stop().await;
    Ok(Exit::Success)
}

/// The configuration that is asked for, with the demo account's failover paths and objectives if it
/// declares none.
fn configuration(common: &Common, arguments: &DemoArgs) -> anyhow::Result<Config> {
    let mut config = load_config_with(common, &arguments.judged_by)?;
    let demo = Config::parse(DEMO_CONFIGURATION, Path::new("demo.yaml"))?;
    if config.failover.is_empty() {
        config.failover = demo.failover;
    }
    if config.slos.is_empty() {
        config.slos = demo.slos;
    }
    Ok(config)
}

/// Where the demo's ledger is: a place that is kept, or a file that goes with the process.
enum Place {
    Kept(LedgerPlace),
    Temporary { place: LedgerPlace, _folder: TempDir },
}

impl Place {
    fn of(kept: Option<&LedgerPlace>) -> anyhow::Result<Self> {
        if let Some(place) = kept {
            return Ok(Self::Kept(place.clone()));
        }
        let folder = TempDir::with_prefix("plimsoll-demo-").context("cannot make a temporary folder")?;
        Ok(Self::Temporary { place: LedgerPlace::File(folder.path().join("ledger.db")), _folder: folder })
    }

    const fn ledger(&self) -> &LedgerPlace {
        match self {
            Self::Kept(place) | Self::Temporary { place, .. } => place,
        }
    }
}

fn account(simulator: &Simulator, config: &Config) -> anyhow::Result<Account> {
    let keys =
        Keys { access_key_id: simulator.access_key(), secret_access_key: "simulated".to_owned(), session_token: None };
    let regions = regions(&REGIONS.map(str::to_owned))?;
    let access = Access {
        endpoint_url: Some(simulator.endpoint()),
        region: regions.first().cloned(),
        keys: Some(keys),
        limits: limits(config),
        ..Access::default()
    };
    Ok(Account { id: None, access, regions })
}

async fn one(
    ledger: &Ledger,
    writer: &Writer,
    judge: &Judge,
    config: &Config,
    accounts: &[Account],
) -> anyhow::Result<Outcome> {
    let progress = Progress::start(false);
    let outcome = scan::one(ledger, writer, judge, config, accounts, &|step| scan::say(&progress, &step)).await;
    progress.finish();
    let outcome = outcome.map_err(|(error, _started)| error)?;
    notifying::deliver(ledger, config).await;
    Ok(outcome)
}

/// Where things stand after a scan.
fn summary(common: &Common, title: &str, judge: &Judge, outcome: &Outcome) -> anyhow::Result<()> {
    say(&format!("\n{title}"))?;
    let notes = scan::notes(judge, &outcome.waivers, &outcome.suspects, outcome.snapshot.taken_at);
    print(
        common,
        &Report::Status(Status {
            scan: None,
            assessment: &outcome.assessment,
            findings: &scan::open(&outcome.findings),
            open: outcome.last.standing.findings.total(),
            gaps: &outcome.snapshot.gaps,
            windows: &[],
            objectives: outcome.objectives.as_deref().unwrap_or_default(),
            notes: &notes,
        }),
    )
}

/// The failover paths that would not work.
fn blocked_paths(common: &Common, outcome: &Outcome) -> anyhow::Result<()> {
    let of_a_path = |finding: &Finding| finding.resource.resource_type == ResourceType::FailoverPath;
    let findings: Vec<_> = scan::open(&outcome.findings).into_iter().filter(of_a_path).collect();
    if findings.is_empty() {
        return Ok(());
    }
    say("\nA failover path that would not work")?;
    print(common, &Report::Findings(&findings))
}

/// Where things stand after the attack, what changed, and the findings it opened.
fn what_changed(common: &Common, judge: &Judge, outcome: &Outcome) -> anyhow::Result<()> {
    summary(common, "Second scan", judge, outcome)?;
    say("\nDrift since the first scan")?;
    print(common, &Report::Drift(&outcome.changes))?;
    say("\nFindings it opened")?;
    let opened = |transition: &&Transition| matches!(transition.event, Event::Opened | Event::Reopened);
    let opened: Vec<_> = outcome.transitions.iter().filter(opened).map(|opened| opened.finding.clone()).collect();
    print(common, &Report::Findings(&opened))
}

/// The SLI before and after, in one line.
fn compare(first: &Outcome, second: &Outcome) -> anyhow::Result<()> {
    let percent = |outcome: &Outcome| {
        let share = outcome.assessment.overall.ratios().compliance;
        share.map_or_else(|| "none".to_owned(), |share| format!("{:.2} %", share * 100.0))
    };
    let duration = |outcome: &Outcome| {
        let sum: Duration = outcome.durations.values().sum();
        format!("{:.1} s", sum.as_secs_f64())
    };
    say(&format!(
        "\ncompliance SLI {} -> {}; {} changes; scans took {} and {}; second scan: {} evaluations made, {} taken over, \
         {} documents written",
        percent(first),
        percent(second),
        second.changes.iter().filter(|change| change.is_drift()).count(),
        duration(first),
        duration(second),
        second.work.judged,
        second.work.reused,
        second.last.scan.written.documents,
    ))
}

async fn serve_on(
    arguments: &DemoArgs,
    ledger: Ledger,
    config: Config,
    judge: Judge,
    accounts: Vec<Account>,
) -> anyhow::Result<()> {
    let address = arguments.listen;
    say(&format!("\nserving http://{address}/ and http://{address}/metrics until Ctrl-C"))?;
    let in_force = InForce { config: Arc::new(config), judge: Arc::new(judge), accounts: Arc::new(accounts) };
    let same = in_force.clone();
    serve::serve(ledger, in_force, address, move || std::future::ready(Ok(same.clone()))).await
}

/// What the demo tells beside its results goes to standard error.
fn say(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stderr(), "{text}").context("cannot write to standard error")
}
