//! `kill -9` in the middle of a scan: the ledger opens, nothing in it is damaged, the latest scan
//! is a whole one, and the next scan goes on from there.

use std::process::{Child, Stdio};
use std::time::Duration;

use plimsoll::ledger::ScanId;
use plimsoll::simulator::{Latency, Simulator};
use tokio::runtime::Runtime;

use crate::estate::{Ended, program_on, serve, small};
use crate::ledger_postgres::Home;

const KILLS: u64 = 10;

/// Scans with findings exit with 10.
const DONE: i32 = 10;

#[test]
fn a_killed_scan_leaves_the_previous_one_as_the_latest_in_a_file() {
    kill_scans(&runtime(), &Home::file());
}

#[test]
fn a_killed_scan_leaves_the_previous_one_as_the_latest_in_postgres() {
    let runtime = runtime();
    if let Some(home) = runtime.block_on(Home::postgres()) {
        kill_scans(&runtime, &home);
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn kill_scans(runtime: &Runtime, home: &Home) {
    let simulator = runtime.block_on(serve(small()));
    let first = scan(&simulator, home).wait_with_output().map(Ended::from).unwrap();
    assert_eq!(first.code, DONE, "{}", first.stderr);
    let calls = simulator.stats().total();

    let mut cut = 0;
    for kill in 0..KILLS {
        let previous = runtime.block_on(latest(home));
        simulator.reset();
        simulator.set_latency(Latency::Aws);
        simulator.change(|estate| {
            // Every bucket changes, so that there is something to write.
            for bucket in &mut estate.first_mut().unwrap().buckets {
                bucket.tags.insert("kill".to_owned(), kill.to_string());
            }
        });
        // Most in the middle of collecting, the last ones while judging or recording.
        let mut child = scan(&simulator, home);
        let enough = || simulator.stats().total() >= (calls * (kill + 1) / (KILLS - 3)).min(calls);
        while child.try_wait().unwrap().is_none() && !enough() {
            std::thread::sleep(Duration::from_millis(2));
        }
        if kill >= KILLS - 4 {
            std::thread::sleep(Duration::from_millis(fastrand::u64(0..200)));
        }
        child.kill().unwrap();
        cut += u64::from(child.wait().unwrap().code().is_none());

        let now = runtime.block_on(latest(home));
        assert!(now == previous || now == previous + 1, "kill {kill}: {previous} became {now}");
        simulator.set_latency(Latency::None);
        let next = scan(&simulator, home).wait_with_output().map(Ended::from).unwrap();
        assert_eq!(next.code, DONE, "kill {kill}: {}", next.stderr);
        assert_eq!(runtime.block_on(latest(home)), now + 1, "kill {kill}");
    }
    assert!(cut >= KILLS / 2, "only {cut} scans were cut off; the test is too slow for its own kills");
}

fn scan(simulator: &Simulator, home: &Home) -> Child {
    let folder = tempfile::tempdir().unwrap();
    program_on(simulator, folder.path())
        .args(["scan", "--region", "eu-central-1,us-east-1", "--format", "json", "--ledger", &home.argument()])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The number of the latest scan of an undamaged ledger.
async fn latest(home: &Home) -> ScanId {
    let ledger = home.ledger().await;
    ledger.check().await.unwrap();
    let last = ledger.last_scan().await.unwrap().unwrap();
    assert_eq!(ledger.previous_snapshot().await.unwrap().unwrap().taken_at, last.scan.taken_at);
    ledger.close().await;
    last.scan.id
}
