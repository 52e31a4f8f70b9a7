//! When the server scans, what it does when a scan fails, and how it ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use plimsoll::ledger::FailedScan;
use plimsoll::metrics::FailureReason;
use plimsoll::server::{Limits, ScanFailure, Schedule, Signals, Work, listen, serve};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::metrics;
use crate::server::{Server, keep, nothing, once, scanned};

/// The next scan as soon as one has ended.
fn at_once() -> Schedule {
    Schedule { interval: Duration::from_millis(1), ..once() }
}

fn failure(message: &str) -> ScanFailure {
    ScanFailure { reason: FailureReason::Connect, message: message.to_owned() }
}

/// How many scans failed for a reason.
fn failures(page: &str, reason: &str) -> u64 {
    let series = format!("plimsoll_scan_failures_total{{reason=\"{reason}\"}} ");
    page.lines().find_map(|line| line.strip_prefix(&series)).unwrap().parse().unwrap()
}

#[test]
fn a_failed_scan_keeps_the_last_good_values_and_says_why() {
    let count = AtomicUsize::new(0);
    let scan = move |_| {
        let first = count.fetch_add(1, Ordering::SeqCst) == 0;
        async move { if first { Ok(scanned()) } else { Err(failure("the credentials have expired")) } }
    };
    let server = Server::start(at_once(), Limits::default(), nothing(), scan, keep);
    server.wait_for("/", |_, page| page.contains("the credentials have expired"));
    let page = server.get("/").1;
    assert!(page.contains("from the last scan that succeeded") && page.contains("96.84 %"));
    let sli = server.json("/api/v1/sli");
    assert_eq!(sli["last_failure"]["reason"], "connect");
    assert_eq!(sli["overall"]["fail"], 3);
    assert_eq!(server.get("/readyz").0, 200);
    let page = server.get("/metrics").1;
    assert!(failures(&page, "connect") > 1, "the values begin with one failure");
    assert!(page.contains("plimsoll_failing_resources_ratio 0.03157"));
}

#[test]
fn a_scan_that_panics_is_a_failed_scan_and_the_next_one_runs() {
    let count = AtomicUsize::new(0);
    let scan = move |_| {
        let first = count.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            assert!(!first, "a fault of the program, on purpose");
            Ok(scanned())
        }
    };
    let server = Server::start(at_once(), Limits::default(), nothing(), scan, keep);
    server.wait_for("/readyz", |status, _| status == 200);
    assert_eq!(failures(&server.get("/metrics").1, "internal"), 1);
}

#[test]
fn a_scan_that_takes_too_long_is_told_to_stop_and_counts_as_failed() {
    let scan = |stop: CancellationToken| async move {
        stop.cancelled().await;
        Err(failure("it was told to stop"))
    };
    let schedule = Schedule { scan_limit: Duration::from_millis(50), ..once() };
    let server = Server::start(schedule, Limits::default(), scanned(), scan, keep);
    server.wait_for("/metrics", |_, page| failures(page, "timed_out") == 1);
    let scans = server.json("/api/v1/scans");
    assert_eq!((&scans["total"], &scans["items"][0]["outcome"]), (&Value::from(3), &Value::from("failed")));
    assert!(scans["items"][0]["failure"].as_str().unwrap().starts_with("timed_out: the scan was stopped after"));
}

#[test]
fn every_failure_is_recorded_and_none_of_a_shutdown() {
    let recorded = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = Arc::clone(&recorded);
    let count = AtomicUsize::new(0);
    let scan = move |stop: CancellationToken| {
        let first = count.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            if !first {
                stop.cancelled().await;
            }
            Err(failure("no credentials"))
        }
    };
    let record = move |failed: FailedScan| {
        seen.lock().unwrap().push(failed);
        std::future::ready(())
    };
    let signals = Signals::default();
    let for_server = signals.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let work = Work::new(scan, || std::future::ready(keep()), record);
        let server = tokio::spawn(serve(listener, at_once(), Limits::default(), nothing(), work, for_server));
        while recorded.lock().unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        signals.shutdown.cancel();
        server.await.unwrap().unwrap();
    });
    let recorded = recorded.lock().unwrap();
    assert_eq!(recorded.len(), 1);
    assert_eq!((recorded[0].reason.as_str(), recorded[0].message.as_str()), ("connect", "no credentials"));
}

#[test]
fn two_scans_never_run_at_once() {
    let (running, most, count) =
        (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (for_most, for_count) = (Arc::clone(&most), Arc::clone(&count));
    let scan = move |_| {
        let (running, most, count) = (Arc::clone(&running), Arc::clone(&for_most), Arc::clone(&for_count));
        async move {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(5)).await;
            running.fetch_sub(1, Ordering::SeqCst);
            count.fetch_add(1, Ordering::SeqCst);
            Ok(scanned())
        }
    };
    let server = Server::start(at_once(), Limits::default(), nothing(), scan, || Ok(at_once()));
    while count.load(Ordering::SeqCst) < 20 {
        server.signals.reload.notify_one();
        std::thread::sleep(Duration::from_millis(1));
    }
    server.stop().unwrap();
    assert_eq!(most.load(Ordering::SeqCst), 1);
}

#[test]
fn a_reload_takes_effect_with_a_scan_at_once_or_is_refused_with_the_reason() {
    let count = Arc::new(AtomicUsize::new(0));
    let scans = Arc::clone(&count);
    let scan = move |_| {
        scans.fetch_add(1, Ordering::SeqCst);
        async { Ok(scanned()) }
    };
    let asked = AtomicUsize::new(0);
    let reload = move || {
        let first = asked.fetch_add(1, Ordering::SeqCst) == 0;
        if first { Err("plimsoll.yaml:3:5: unknown key <regoins>".to_owned()) } else { Ok(once()) }
    };
    let server = Server::start(once(), Limits::default(), nothing(), scan, reload);
    server.wait_for("/readyz", |status, _| status == 200);
    server.signals.reload.notify_one();
    server.wait_for("/", |_, page| {
        page.contains("unknown key &lt;regoins&gt;") && page.contains("The old ones stay in force")
    });
    assert!(server.get("/metrics").1.contains("plimsoll_reload_last_successful 0\n"));
    assert_eq!(count.load(Ordering::SeqCst), 1);
    server.signals.reload.notify_one();
    server.wait_for("/metrics", |_, page| page.contains("plimsoll_reload_last_successful 1\n"));
    server.wait_for("/healthz", |_, _| count.load(Ordering::SeqCst) == 2);
    assert!(!server.get("/").1.contains("refused"));
}

#[test]
fn shutdown_in_the_middle_of_a_scan_cancels_it_and_is_success() {
    let ended = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&ended);
    let scan = move |stop: CancellationToken| {
        let seen = Arc::clone(&seen);
        async move {
            stop.cancelled().await;
            seen.fetch_add(1, Ordering::SeqCst);
            Err(failure("cancelled"))
        }
    };
    let server = Server::start(once(), Limits::default(), nothing(), scan, keep);
    server.get("/healthz");
    server.stop().unwrap();
    assert_eq!(ended.load(Ordering::SeqCst), 1);
}

#[test]
fn a_scan_that_does_not_listen_and_a_request_that_does_not_end_cannot_stop_the_shutdown() {
    let limits = Limits { drain: Duration::from_millis(100), ..Limits::default() };
    let server = Server::start(once(), limits, nothing(), |_| std::future::pending(), keep);
    let mut stream = std::net::TcpStream::connect(server.address).unwrap();
    std::io::Write::write_all(&mut stream, b"GET /healthz HTTP/1.1\r\nHost: ").unwrap();
    server.get("/healthz");
    server.stop().unwrap();
}

#[test]
fn a_schedule_that_breaks_ends_the_server_with_an_error() {
    let reload = || panic!("a fault of the program, on purpose");
    let mut server = Server::start(once(), Limits::default(), nothing(), |_| async { Ok(scanned()) }, reload);
    server.wait_for("/readyz", |status, _| status == 200);
    server.signals.reload.notify_one();
    let error = server.thread.take().unwrap().join().unwrap().unwrap_err();
    assert_eq!(error.to_string(), "scans have stopped by a fault of the program");
}

#[test]
fn counters_never_fall_over_many_scans() {
    let server = Server::start(at_once(), Limits::default(), nothing(), |_| async { Ok(scanned()) }, keep);
    server.wait_for("/readyz", |status, _| status == 200);
    let mut before = server.get("/metrics").1;
    for _ in 0..30 {
        let after = server.get("/metrics").1;
        metrics::assert_no_counter_fell(&before, &after);
        before = after;
    }
}

const CHILD: &str = "PLIMSOLL_TEST_SERVES_UNTIL_TOLD";

/// Serves when started by the test below, so that a real signal meets a process of its own.
#[test]
#[expect(clippy::print_stdout, reason = "the parent process reads the address here")]
fn in_a_process_of_its_own() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let served = runtime.block_on(async {
        let signals = Signals::of_the_process()?;
        let listener = listen("127.0.0.1:0".parse().unwrap()).await?;
        println!("at {}", listener.local_addr().unwrap());
        let reload = || std::future::ready(Err("refused on purpose".to_owned()));
        let scan = |stop: CancellationToken| async move {
            stop.cancelled().await;
            Err(failure("cancelled"))
        };
        let work = Work::new(scan, reload, |_| std::future::ready(()));
        let schedule = Schedule { scan_limit: Duration::from_millis(200), ..once() };
        serve(listener, schedule, Limits::default(), nothing(), work, signals).await
    });
    served.unwrap();
}

#[test]
fn sigterm_ends_the_process_well_and_sighup_does_not_end_it() {
    use std::io::{BufRead, BufReader};
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "schedule::in_a_process_of_its_own", "--nocapture"])
        .env(CHILD, "1")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let address = lines.find_map(|line| Some(line.unwrap().split_once("at 127")?.1.to_owned())).unwrap();
    let server =
        Server { address: format!("127{address}").parse().unwrap(), signals: Signals::default(), thread: None };
    let tell = |signal: &str| {
        let id = child.id().to_string();
        assert!(std::process::Command::new("kill").args([signal, &id]).status().unwrap().success());
    };
    tell("-HUP");
    server.wait_for("/", |_, page| page.contains("refused on purpose"));
    tell("-TERM");
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert!(child.wait().unwrap().success(), "{rest:?}");
}
