//! A ledger under trouble: two writers, files that are something else or cannot be written, full
//! disks, servers that restart. Nothing is lost, the error names the place and the next step, and no
//! error holds a password.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use plimsoll::ledger::{FailedScan, Ledger, LedgerError};
use plimsoll::model::LedgerPlace;
use sqlx::migrate::Migrate;
use sqlx::{Connection, Executor};

use crate::estate::{Ended, program, program_on, run, serve, small};
use crate::ledger_conformance::on_both;
use crate::ledger_lab::{Lab, SCHEMA, at};
use crate::ledger_postgres::{Home, PASSWORD, Server};

on_both! {
    a_second_writer_is_told_who_has_the_ledger_and_a_reader_is_not_disturbed,
    a_waiting_writer_gets_the_ledger_when_it_is_free,
    a_recording_that_is_given_up_leaves_nothing,
    overlapping_scans_are_recorded_one_after_the_other,
    those_who_begin_a_ledger_at_once_share_it,
}

/// An error with all its causes, and without any password.
fn said(error: &LedgerError) -> String {
    let mut parts = vec![error.to_string(), format!("{error:?}")];
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        parts.extend([error.to_string(), format!("{error:?}")]);
        cause = error.source();
    }
    let text = parts.join("\n");
    assert!(!text.contains(PASSWORD), "{text}");
    text
}

async fn a_second_writer_is_told_who_has_the_ledger_and_a_reader_is_not_disturbed(home: Home) {
    let ledger = home.ledger().await;
    let first = ledger.writer("plimsoll serve", Duration::from_secs(1)).await.unwrap();
    let other = home.ledger().await;
    assert_eq!(other.scans(10).await.unwrap(), []);
    let refused = other.writer("plimsoll scan", Duration::from_millis(100)).await.unwrap_err();
    assert!(matches!(refused, LedgerError::InUse { .. }), "{refused}");
    let refused = said(&refused);
    assert!(refused.contains("in use by plimsoll serve"), "{refused}");
    assert!(refused.contains("process ") && refused.contains("help: wait until that scan ends"), "{refused}");
    first.release().await;
    other.writer("plimsoll scan", Duration::from_secs(5)).await.unwrap();
}

async fn a_waiting_writer_gets_the_ledger_when_it_is_free(home: Home) {
    let ledger = home.ledger().await;
    let first = ledger.writer("the first", Duration::from_secs(1)).await.unwrap();
    let release = async {
        tokio::time::sleep(Duration::from_millis(120)).await;
        drop(first);
    };
    let (second, ()) = tokio::join!(ledger.writer("the second", Duration::from_secs(30)), release);
    second.unwrap();
}

/// As when a scan takes longer than it may.
async fn a_recording_that_is_given_up_leaves_nothing(home: Home) {
    let mut lab = Lab::new(home, &[("logs", false)]).await;
    lab.buckets.extend((0..400).map(|number| (format!("bucket-{number}"), number % 2 == 0)));
    let first = lab.scan(0).await;
    for public in lab.buckets.values_mut() {
        *public = !*public;
    }
    for microseconds in [100, 3_000, 10_000, 30_000] {
        let writer = lab.ledger.writer("a test", Duration::from_secs(10)).await.unwrap();
        let given_up = tokio::time::timeout(Duration::from_micros(microseconds), lab.record(&writer, 900)).await;
        if given_up.is_ok() {
            writer.release().await;
            break;
        }
        let (reason, message) = ("timed_out".to_owned(), "it took too long".to_owned());
        let failed = FailedScan { started: at(900), finished: at(901), reason, message };
        writer.record_failure(&failed).await.unwrap();
        writer.release().await;
        let latest = lab.ledger.last_scan().await.unwrap().unwrap().scan;
        assert!(latest == first.scan || latest.id == 2, "{latest:?}");
        lab.ledger.check().await.unwrap();
        if latest.id == 2 {
            break;
        }
    }
    lab.scan(1800).await;
    lab.ledger.check().await.unwrap();
}

async fn overlapping_scans_are_recorded_one_after_the_other(home: Home) {
    let one = Lab::new(home, &[("site", true)]).await;
    let scans = (0..6).map(|number| one.scan(900 * (5 - number)));
    let mut ids: Vec<_> = futures::future::join_all(scans).await.into_iter().map(|last| last.scan.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, [1, 2, 3, 4, 5, 6]);
    let last = one.ledger.last_scan().await.unwrap().unwrap();
    assert_eq!(last.counters.findings_opened.high, 1, "the finding is the same in all of them");
    assert!(last.counters.integrals.overall().total() <= 5 * 900 * 1000, "no time counts twice");
    one.ledger.check().await.unwrap();
}

async fn those_who_begin_a_ledger_at_once_share_it(home: Home) {
    let ledgers = futures::future::join_all((0..4).map(|_| home.ledger())).await;
    assert_eq!(ledgers.len(), 4);
    for ledger in ledgers {
        assert_eq!(ledger.scans(1).await.unwrap(), []);
        ledger.check().await.unwrap();
    }
    assert_eq!(Ledger::schemas(&home.place()).await.unwrap(), (SCHEMA, SCHEMA));
}

#[tokio::test]
async fn other_files_are_refused_and_left_as_they_are() {
    let directory = tempfile::tempdir().unwrap();
    let text = directory.path().join("notes.txt");
    std::fs::write(&text, "these are my notes, and they are no ledger at all\n".repeat(100)).unwrap();
    let before = std::fs::read(&text).unwrap();
    let refused = Ledger::open(&text).await.unwrap_err();
    assert!(matches!(refused, LedgerError::NotALedger { .. }), "{refused}");
    assert!(said(&refused).contains("notes.txt is not a ledger\nhelp: "));
    assert_eq!(std::fs::read(&text).unwrap(), before);

    let foreign = directory.path().join("foreign.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&foreign).create_if_missing(true);
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    connection.execute("CREATE TABLE recipes (name TEXT)").await.unwrap();
    connection.close().await.unwrap();
    let before = std::fs::read(&foreign).unwrap();
    assert!(matches!(Ledger::open(&foreign).await.unwrap_err(), LedgerError::NotALedger { .. }));
    assert_eq!(std::fs::read(&foreign).unwrap(), before);

    let nowhere = directory.path().join("missing").join("ledger.db");
    assert!(said(&Ledger::open(&nowhere).await.unwrap_err()).contains("help: its directory must be writable"));
    assert!(matches!(Ledger::open(directory.path()).await.unwrap_err(), LedgerError::Open { .. }));

    let empty = directory.path().join("empty.db");
    std::fs::write(&empty, "").unwrap();
    assert_eq!(Ledger::open(&empty).await.unwrap().scans(1).await.unwrap(), [], "a file of no bytes is a new ledger");
}

#[tokio::test]
async fn other_databases_are_refused_and_left_as_they_are() {
    let Some(home) = Home::postgres().await else { return };
    home.tamper("CREATE TABLE scans (recipe TEXT)").await;
    let refused = Ledger::open(&home.place()).await.unwrap_err();
    assert!(matches!(refused, LedgerError::NotALedger { .. }), "{refused}");
    assert!(said(&refused).contains("postgres://plimsoll@127.0.0.1:"), "{refused}");
    assert!(Ledger::existing(&home.place()).await.is_err());
    home.tamper("ALTER TABLE scans RENAME TO recipes").await;
    assert!(matches!(Ledger::open(&home.place()).await.unwrap_err(), LedgerError::NotALedger { .. }));
    home.tamper("DROP TABLE recipes").await;
    assert!(Ledger::existing(&home.place()).await.unwrap().is_none(), "asking begins no ledger");
    assert_eq!(Ledger::schemas(&home.place()).await.unwrap(), (0, SCHEMA));
    home.ledger().await.check().await.unwrap();
}

#[tokio::test]
async fn a_ledger_that_another_process_has_only_begun_is_a_ledger() {
    let home = Home::file();
    let LedgerPlace::File(path) = home.place() else { unreachable!() };
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    connection.ensure_migrations_table("_sqlx_migrations").await.unwrap();
    connection.close().await.unwrap();
    assert_eq!(Ledger::schemas(&home.place()).await.unwrap().0, 0);
    assert_eq!(home.ledger().await.scans(1).await.unwrap(), []);
}

#[tokio::test]
async fn damage_of_a_file_is_found() {
    let home = Home::file();
    let LedgerPlace::File(path) = home.place() else { unreachable!() };
    home.ledger().await.close().await;
    let mut bytes = std::fs::read(&path).unwrap();
    let (middle, end) = (4096 * 2, bytes.len());
    bytes[middle..end].fill(0xaa);
    std::fs::write(&path, bytes).unwrap();
    let found = match Ledger::open(&path).await {
        Ok(ledger) => ledger.check().await.unwrap_err(),
        Err(error) => error,
    };
    assert!(matches!(found, LedgerError::Damaged { .. }), "{found}");
    assert!(said(&found).contains("ledger.db is damaged: "));
}

/// A limit of the process on the size of files: the signal ignored, as a full disk gives an error.
fn limited(mut command: Command, blocks: u64) -> Command {
    let mut shell = Command::new("bash");
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    shell.args(["-c", &script]).arg(command.get_program()).args(command.get_args());
    shell.current_dir(command.get_current_dir().unwrap()).env_clear();
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command = shell;
    command
}

#[test]
fn a_disk_that_takes_no_more_leaves_the_previous_scan_as_the_latest() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let simulator = runtime.block_on(serve(small()));
    let home = Home::file();
    let folder = tempfile::tempdir().unwrap();
    let scan = |blocks| {
        let mut command = program_on(&simulator, folder.path());
        command.args(["scan", "--region", "eu-central-1,us-east-1", "--ledger", &home.argument()]);
        limited(command, blocks).output().map(Ended::from).unwrap()
    };
    let first = scan(1_000_000);
    assert_eq!(first.code, 10, "{}", first.stderr);
    let latest = || runtime.block_on(async { home.ledger().await.last_scan().await.unwrap().unwrap() });
    let before = latest();
    simulator.change(|estate| {
        for bucket in &mut estate.first_mut().unwrap().buckets {
            bucket.tags.insert("much".to_owned(), "x".repeat(200));
        }
    });
    let refused = scan(20);
    assert_eq!(refused.code, 1, "{}{}", refused.stdout, refused.stderr);
    assert!(refused.stderr.contains("ledger.db") && refused.stderr.contains("help: "), "{}", refused.stderr);
    assert_eq!(latest(), before);
    runtime.block_on(async { home.ledger().await.check().await.unwrap() });
    assert_eq!(scan(1_000_000).code, 10);
    assert_eq!(latest().scan.id, 2);
}

/// A file system of its own, of two megabytes; `None`, and loudly so, where none can be mounted.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    #[expect(clippy::print_stderr, reason = "what is not tested has to be said")]
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=2m", "none"]).arg(folder.path()).output();
        if mounted.is_ok_and(|ended| ended.status.success()) {
            return Some(Self(folder));
        }
        eprintln!("\n    NOT TESTED: a full disk; only root can mount one\n");
        None
    }

    fn grow(&self) {
        let grown = Command::new("mount").args(["-o", "remount,size=100m"]).arg(self.0.path()).status();
        assert!(grown.unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(self.0.path()).status());
    }
}

#[tokio::test]
async fn a_full_disk_leaves_the_previous_scan_as_the_latest() {
    let Some(disk) = SmallDisk::mount() else { return };
    let folder = tempfile::Builder::new().tempdir_in(disk.0.path()).unwrap();
    let mut lab = Lab::new(Home::File(folder), &[("site", true)]).await;
    let first = lab.scan(1000).await;
    lab.buckets.extend((0..6000).map(|number| (format!("bucket-{number:05}"), true)));
    let refused = lab.try_scan(1900).await.unwrap_err();
    assert!(matches!(refused, LedgerError::Full { .. }), "{refused}");
    let refused = said(&refused);
    assert!(refused.contains("no space left for the ledger /") && refused.contains("help: make room"), "{refused}");
    assert_eq!(lab.ledger.last_scan().await.unwrap().unwrap(), first);
    assert_eq!(lab.findings().await.len(), 1);
    lab.ledger.check().await.unwrap();
    for _ in 0..9 {
        assert_eq!(lab.findings().await.len(), 1, "no connection is left in the middle of what was refused");
    }

    disk.grow();
    let next = lab.scan(2800).await;
    assert_eq!((next.scan.id, next.counters.scan_runs), (2, 2));
    assert_eq!(next.counters.integrals.overall().fail.high, 1_800_000, "the states held meanwhile");
    lab.ledger.check().await.unwrap();
}

/// Runs the program as somebody who may not write there.
fn as_nobody(command: &mut Command) {
    use std::os::unix::fs::MetadataExt;
    use std::os::unix::process::CommandExt;
    if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
        command.uid(65_534).gid(65_534);
    }
}

#[tokio::test]
async fn a_ledger_that_can_only_be_read_says_so_and_stays_as_it_is() {
    let home = Home::file();
    let lab = Lab::new(home, &[("site", true)]).await;
    let first = lab.scan(1000).await;
    lab.ledger.clone().close().await;
    let LedgerPlace::File(path) = lab.home.place() else { unreachable!() };
    let folder = path.parent().unwrap();
    let mode = |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    mode(&path, 0o444);
    std::fs::remove_file(folder.join("ledger.db.lock")).unwrap();
    for directory in [0o555, 0o777] {
        mode(folder, directory);
        for arguments in [&["ledger", "prune"][..], &["findings"], &["ledger", "check"]] {
            let mut command = program(Path::new("/"));
            command.args(arguments).args(["--ledger", path.to_str().unwrap()]);
            as_nobody(&mut command);
            let ended = command.output().map(Ended::from).unwrap();
            let reads = arguments != ["ledger", "prune"];
            let told = ended.stderr.contains("ledger.db") && ended.stderr.contains("help: ");
            assert!(
                told || (reads && ended.code != 1),
                "{directory:o} {arguments:?}: {}{}",
                ended.stdout,
                ended.stderr
            );
            assert!(reads || ended.code == 1, "{directory:o} {arguments:?}: {}", ended.stdout);
        }
    }
    mode(&path, 0o644);
    mode(folder, 0o755);
    let ledger = lab.home.ledger().await;
    assert_eq!(ledger.last_scan().await.unwrap().unwrap(), first);
    ledger.check().await.unwrap();
}

#[tokio::test]
async fn a_server_that_restarts_between_scan_and_recording_is_found_again() {
    let Some(server) = Server::start() else { return };
    let mut lab = Lab::new(Home::Postgres(server.database().await), &[("site", true)]).await;
    lab.scan(0).await;
    let writer = lab.ledger.writer("plimsoll scan", Duration::from_secs(10)).await.unwrap();
    server.stop();
    server.start_again();
    let recorded = lab.record(&writer, 900).await.unwrap();
    assert_eq!(recorded.scan.id, 2);

    // Another process takes the right that was lost, and records.
    server.stop();
    server.start_again();
    let other = lab.ledger.writer("plimsoll serve", Duration::from_secs(10)).await.unwrap();
    let between = lab.record(&other, 1800).await.unwrap();
    let waiting = tokio::join!(lab.record(&writer, 1900), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        other.release().await;
    });
    let refused = waiting.0.unwrap_err();
    assert!(matches!(refused, LedgerError::Overtaken { .. }), "{refused}");
    assert!(said(&refused).contains("help: scan again"), "{refused}");
    assert_eq!(lab.ledger.last_scan().await.unwrap().unwrap(), between);
    drop(writer);

    lab.buckets.insert("site".to_owned(), false);
    let next = lab.scan(2700).await;
    assert_eq!(next.scan.id, 4);
    assert_eq!(next.counters.integrals.overall().fail.high, 2_700_000, "from 60 s to 2,760 s");
    lab.ledger.check().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_restarts_while_scans_are_recorded_loses_and_doubles_nothing() {
    let Some(server) = Server::start() else { return };
    let server = std::sync::Arc::new(server);
    let mut lab = Lab::new(Home::Postgres(server.database().await), &[]).await;
    let restarts = std::sync::Arc::clone(&server);
    let restarting = tokio::task::spawn_blocking(move || {
        for _ in 0..4 {
            std::thread::sleep(Duration::from_millis(fastrand::u64(100..500)));
            restarts.stop();
            restarts.start_again();
        }
    });
    let mut recorded = 0;
    while !restarting.is_finished() || recorded < 5 {
        for bucket in 0..40 {
            lab.buckets.insert(format!("bucket-{bucket}"), (bucket + recorded) % 3 == 0);
        }
        let writer = lab.ledger.writer("plimsoll scan", Duration::from_secs(10)).await;
        let Ok(writer) = writer.inspect_err(|error| drop(said(error))) else { continue };
        // What is read before it is recorded may fail; then nothing is recorded.
        match lab.record(&writer, 900 * recorded).await {
            Ok(last) => {
                recorded += 1;
                assert_eq!(last.scan.id, recorded);
            }
            Err(error) => assert!(said(&error).contains("cannot reach the ledger"), "{error}"),
        }
    }
    restarting.await.unwrap();
    let last = lab.ledger.last_scan().await.unwrap().unwrap();
    assert_eq!((last.scan.id, last.counters.scan_runs), (recorded, u64::try_from(recorded).unwrap()));
    assert_eq!(lab.ledger.scans(999).await.unwrap().len(), usize::try_from(recorded).unwrap());
    lab.ledger.check().await.unwrap();
}

#[tokio::test]
async fn a_lock_whose_connection_was_ended_is_taken_again() {
    let Some(home) = Home::postgres().await else { return };
    let lab = Lab::new(home, &[("site", true)]).await;
    let writer = lab.ledger.writer("plimsoll scan", Duration::from_secs(10)).await.unwrap();
    // Nothing is left open meanwhile that the server would end by itself.
    let lingering = "DO $$ BEGIN ASSERT NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE state <> 'idle'
                     AND application_name LIKE 'plimsoll%' AND datname = current_database()); END $$";
    lab.home.tamper(lingering).await;
    lab.home
        .tamper(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE application_name LIKE 'plimsoll scan%' AND datname = current_database()",
        )
        .await;
    assert_eq!(lab.record(&writer, 0).await.unwrap().scan.id, 1);
    lab.ledger.check().await.unwrap();
}

#[tokio::test]
async fn what_is_said_of_a_server_holds_no_password() {
    let Some(home) = Home::postgres().await else { return };
    let url = home.argument();
    let wrong = url.replace(PASSWORD, &format!("{PASSWORD}-wrong"));
    let refused = said(&Ledger::open(&LedgerPlace::new(&wrong)).await.unwrap_err());
    assert!(refused.contains("cannot reach the ledger postgres://plimsoll@127.0.0.1:"), "{refused}");
    assert!(refused.contains("help: is the server running"), "{refused}");
    let nowhere = LedgerPlace::new(&format!("postgres://plimsoll:{PASSWORD}@127.0.0.1:notaport/x"));
    assert!(said(&Ledger::open(&nowhere).await.unwrap_err()).contains("cannot be understood\nhelp: "));
    let mistyped = format!("postgres://127.0.0.1/x?pasword={PASSWORD}");
    let ended = run(&mut program(&std::env::temp_dir()), &["-vv", "ledger", "check", "--ledger", &mistyped]);
    assert!(ended.stderr.contains("a parameter that is not known"), "{}", ended.stderr);
    assert!(!ended.stderr.contains(PASSWORD), "{}", ended.stderr);
    let encrypted = LedgerPlace::new(&format!("{url}?sslmode=require"));
    let refused = said(&Ledger::open(&encrypted).await.unwrap_err());
    assert!(refused.contains("server does not support TLS"), "it is not taken without: {refused}");
    let missing = LedgerPlace::new(&url.replace("/test_", "/missing_"));
    assert!(said(&Ledger::open(&missing).await.unwrap_err()).contains("does not exist"));

    // By the environment, as the program takes it, in all its output.
    let folder = tempfile::tempdir().unwrap();
    let without = url.replace(&format!(":{PASSWORD}"), "");
    let mut command = program(folder.path());
    command.args(["-vv", "ledger", "migrate", "--ledger", &without]).env("PGPASSWORD", PASSWORD);
    let none = command.output().map(Ended::from).unwrap();
    assert!(none.stderr.contains("there is no ledger postgres://plimsoll@127.0.0.1:"), "{}", none.stderr);
    home.ledger().await.close().await;
    for arguments in [["ledger", "check"], ["ledger", "prune"], ["ledger", "migrate"]] {
        let mut command = program(folder.path());
        command.args(["-vv", "--log-format", "json"]).args(arguments).args(["--ledger", &url]);
        let ended = command.output().map(Ended::from).unwrap();
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        assert!(
            !ended.stderr.contains(PASSWORD) && !ended.stdout.contains(PASSWORD),
            "{}{}",
            ended.stdout,
            ended.stderr
        );
        assert!(ended.stdout.contains("postgres://plimsoll@127.0.0.1:"), "{}", ended.stdout);
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_waited_for_and_then_named() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let place = LedgerPlace::new(&format!("postgres://me:{PASSWORD}@127.0.0.1:{port}/plimsoll"));
    let refused = Ledger::open(&place).await.unwrap_err();
    assert!(matches!(refused, LedgerError::Unreachable { .. }), "{refused}");
    assert!(said(&refused).contains(&format!("cannot reach the ledger postgres://me@127.0.0.1:{port}/plimsoll")));
}

#[test]
fn a_password_in_the_configuration_is_a_fault_that_does_not_repeat_it() {
    let folder = tempfile::tempdir().unwrap();
    let write =
        |ledger: &str| std::fs::write(folder.path().join("plimsoll.yaml"), format!("ledger: {ledger}\n")).unwrap();
    write(&format!("postgres://me:{PASSWORD}@db.example/plimsoll"));
    let refused = run(&mut program(folder.path()), &["config", "check"]);
    assert_eq!(refused.code, 2);
    assert!(
        refused.stderr.contains("a password in the address of postgres://me@db.example/plimsoll"),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("PGPASSWORD") && !refused.stderr.contains(PASSWORD), "{}", refused.stderr);
    write("postgres://me@db.example/plimsoll?sslmode=verify-full");
    let shown = run(&mut program(folder.path()), &["config", "show"]).stdout;
    assert!(shown.contains("postgres://me@db.example/plimsoll?sslmode=verify-full"), "{shown}");
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_not_waited_for_without_end() {
    let Some(server) = Server::start() else { return };
    let place = LedgerPlace::new(&server.database().await);
    server.freeze();
    let refused = Ledger::open(&place).await;
    server.thaw();
    let refused = refused.unwrap_err();
    assert!(matches!(refused, LedgerError::Unreachable { .. }), "{refused}");
    assert!(said(&refused).contains("timed out"), "{refused:?}");
    assert_eq!(Ledger::open(&place).await.unwrap().scans(1).await.unwrap(), []);
}

#[tokio::test]
async fn connections_are_encrypted_and_the_server_is_known_by_its_certificate() {
    let Some(server) = Server::start() else { return };
    let url = server.database().await;
    let Some(certificate) = server.encrypt() else { return };
    server.stop();
    server.start_again();
    let known = format!("{url}?sslmode=verify-full&sslrootcert={}", certificate.display());
    let lab = Lab::new(Home::Postgres(known), &[("site", true)]).await;
    assert_eq!(lab.scan(0).await.scan.id, 1);
    let stranger = Ledger::open(&LedgerPlace::new(&format!("{url}?sslmode=verify-full"))).await.unwrap_err();
    assert!(said(&stranger).contains("certificate"), "{stranger:?}");
}
