//! What the end-to-end tests stand on: the simulated AWS, the pipeline on it, and the program.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use plimsoll::config::Config;
use plimsoll::ledger::Ledger;
use plimsoll::model::{ResourceKey, Verdict};
use plimsoll::scan::{self, Account, Collected, Judge, Outcome, ScanError, Terms};
use plimsoll::simulator::{Estate, Simulator};
use plimsoll::source::aws::{Access, Keys, Limits, Organization, Scope};

/// The time between scans.
pub(crate) const INTERVAL: SignedDuration = SignedDuration::from_mins(15);

/// The rules that come with the program.
static JUDGE: LazyLock<Judge> = LazyLock::new(|| Judge::configured(&Config::default()).unwrap());

pub(crate) fn judge() -> &'static Judge {
    &JUDGE
}

/// The time of the n-th scan; all of them on one day.
pub(crate) fn time(scan: i32) -> Timestamp {
    "2026-11-22T12:00:00Z".parse::<Timestamp>().unwrap() + INTERVAL * scan
}

/// The demo account.
pub(crate) fn demo() -> Estate {
    Estate::demo(time(0)).unwrap()
}

/// The demo account with a few of each kind, good and bad ones, and all that an attack changes.
pub(crate) fn small() -> Estate {
    const BUCKETS: [&str; 8] = [
        "customer-exports",
        "payments-ledger",
        "tracking-public-maps",
        "partner-inbox",
        "lake-sandbox",
        "web-legacy-site",
        "access-logs",
        "mobile-crash-reports",
    ];
    let mut estate = demo();
    let account = estate.first_mut().unwrap();
    account.buckets.retain(|bucket| BUCKETS.iter().any(|name| bucket.name == format!("nordwind-{name}")));
    assert_eq!(account.buckets.len(), BUCKETS.len());
    let mut kept = 0;
    account.roles.retain(|role| {
        kept += 1;
        kept % 6 == 0 || role.name == "ci-deploy"
    });
    estate
}

pub(crate) async fn serve(estate: Estate) -> Simulator {
    Simulator::start(estate).await.unwrap()
}

/// Limits under which trouble shows in a moment.
pub(crate) fn limits() -> Limits {
    Limits { backoff: Duration::from_millis(1), longest_backoff: Duration::from_millis(5), ..Limits::default() }
}

/// The account behind an access key, in all regions of the simulated estate.
pub(crate) fn account(simulator: &Simulator, access_key: &str, limits: Limits) -> Account {
    let regions: Vec<_> = simulator.look(|estate| {
        let account = estate.accounts.iter().find(|account| account.access_key == access_key).unwrap();
        account.regions.keys().map(|region| region.parse().unwrap()).collect()
    });
    let keys = Keys { access_key_id: access_key.to_owned(), secret_access_key: "any".to_owned(), session_token: None };
    let access = Access {
        endpoint_url: Some(simulator.endpoint()),
        region: Some("us-east-1".parse().unwrap()),
        keys: Some(keys),
        limits,
        ..Access::default()
    };
    Account { id: None, access, regions }
}

/// Reads the accounts as a scan does.
pub(crate) async fn collect(accounts: &[Account], at: Timestamp) -> Result<Collected, ScanError> {
    let clock = move || at;
    let organization = Organization::Required;
    let (wanted, wanted_of_instances) = (judge().wanted_of_buckets(), judge().wanted_of_instances());
    let judged = judge().judged();
    let scope = Scope { wanted, wanted_of_instances, judged, organization, ..Scope::default() };
    Ok(scan::collect(accounts, &scope, &|_| {}, &clock).await?)
}

/// One scan of the accounts, recorded; the ledger is closed afterwards and may be copied.
pub(crate) async fn scan_accounts(accounts: &[Account], ledger: &Path, at: Timestamp) -> Result<Outcome, ScanError> {
    let collected = collect(accounts, at).await?;
    let ledger = Ledger::open(ledger).await?;
    let writer = ledger.writer("a test", Duration::from_secs(10)).await?;
    let clock = move || at;
    let outcome =
        scan::conclude(&ledger, &writer, judge(), collected, Terms::without_objectives(INTERVAL), &clock).await;
    drop(writer);
    ledger.close().await;
    outcome
}

/// One scan of the first account, under these limits.
pub(crate) async fn scan_under(limits: Limits, simulator: &Simulator, ledger: &Path, at: Timestamp) -> Outcome {
    let account = account(simulator, &simulator.access_key(), limits);
    scan_accounts(&[account], ledger, at).await.unwrap()
}

/// One scan of the first account.
pub(crate) async fn scan(simulator: &Simulator, ledger: &Path, at: Timestamp) -> Outcome {
    scan_under(limits(), simulator, ledger, at).await
}

/// The verdict about a resource by a rule, in one word.
pub(crate) fn verdicts(outcome: &Outcome) -> std::collections::BTreeMap<(ResourceKey, String), &'static str> {
    let word = |verdict: &Verdict| verdict.name();
    outcome.evaluations.iter().map(|one| ((one.resource.clone(), one.rule.to_string()), word(&one.verdict))).collect()
}

/// The program in this folder, without anything of the environment of the tests.
pub(crate) fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder)
        .env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

/// The program, which takes the simulated AWS for the real one.
pub(crate) fn program_on(simulator: &Simulator, folder: &Path) -> Command {
    let mut command = program(folder);
    command
        .env("AWS_ENDPOINT_URL", simulator.endpoint())
        .env("AWS_ACCESS_KEY_ID", simulator.access_key())
        .env("AWS_SECRET_ACCESS_KEY", "any")
        .env("AWS_REGION", "eu-central-1");
    command
}

/// What the program said and how it ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

pub(crate) fn run(command: &mut Command, arguments: &[&str]) -> Ended {
    command.args(arguments).output().unwrap().into()
}

/// Waits for the program on a thread of its own, so that a simulated AWS on this one's runtime
/// goes on answering.
pub(crate) async fn run_beside(mut command: Command, arguments: &[&str]) -> Ended {
    command.args(arguments);
    tokio::task::spawn_blocking(move || command.output().unwrap().into()).await.unwrap()
}

/// A folder of its own for a test, and the place of a ledger in it.
pub(crate) fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("plimsoll.db");
    (folder, ledger)
}
