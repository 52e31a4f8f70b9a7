//! `kill -9` in the middle of a scan: the ledger opens, nothing in it is damaged, the latest scan
//! is a whole one, and the next scan goes on from there.

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use plimsoll::ledger::{Ledger, ScanId};
use plimsoll::simulator::{Latency, Simulator};

use crate::estate::{Ended, folder, program_on, serve, small};

const KILLS: u64 = 10;

/// Scans with findings exit with 10.
const DONE: i32 = 10;

#[test]
fn a_killed_scan_leaves_the_previous_one_as_the_latest() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let simulator = runtime.block_on(serve(small()));
    let (folder, ledger) = folder();
    let first = scan(&simulator, folder.path()).wait_with_output().map(Ended::from).unwrap();
    assert_eq!(first.code, DONE, "{}", first.stderr);
    let calls = simulator.stats().total();

    let mut cut = 0;
    for kill in 0..KILLS {
        let previous = runtime.block_on(latest(&ledger));
        simulator.reset();
        simulator.set_latency(Latency::Aws);
        simulator.change(|estate| {
            // Every bucket changes, so that there is something to write.
            for bucket in &mut estate.first_mut().unwrap().buckets {
                bucket.tags.insert("kill".to_owned(), kill.to_string());
            }
        });
        // Most in the middle of collecting, the last ones while judging or recording.
        let mut child = scan(&simulator, folder.path());
        let enough = || simulator.stats().total() >= (calls * (kill + 1) / (KILLS - 3)).min(calls);
        while child.try_wait().unwrap().is_none() && !enough() {
            std::thread::sleep(Duration::from_millis(2));
        }
        if kill >= KILLS - 4 {
            std::thread::sleep(Duration::from_millis(fastrand::u64(0..200)));
        }
        child.kill().unwrap();
        cut += u64::from(child.wait().unwrap().code().is_none());

        let now = runtime.block_on(latest(&ledger));
        assert!(now == previous || now == previous + 1, "kill {kill}: {previous} became {now}");
        simulator.set_latency(Latency::None);
        let next = scan(&simulator, folder.path()).wait_with_output().map(Ended::from).unwrap();
        assert_eq!(next.code, DONE, "kill {kill}: {}", next.stderr);
        assert_eq!(runtime.block_on(latest(&ledger)), now + 1, "kill {kill}");
    }
    assert!(cut >= KILLS / 2, "only {cut} scans were cut off; the test is too slow for its own kills");
}

fn scan(simulator: &Simulator, folder: &Path) -> Child {
    program_on(simulator, folder)
        .args(["scan", "--region", "eu-central-1,us-east-1", "--format", "json"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The number of the latest scan of an undamaged ledger.
async fn latest(path: &Path) -> ScanId {
    let ledger = Ledger::open(path).await.unwrap();
    ledger.check().await.unwrap();
    let last = ledger.last_scan().await.unwrap().unwrap();
    assert_eq!(ledger.previous_snapshot().await.unwrap().unwrap().taken_at, last.scan.taken_at);
    ledger.close().await;
    last.scan.id
}
