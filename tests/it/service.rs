//! `plimsoll serve` as a process: ready after the first scan, reloaded, left without AWS, stopped,
//! and scraped by a real Prometheus.
#![expect(clippy::float_cmp, reason = "the numbers are whole, and so exact")]

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use plimsoll::ledger::Ledger;
use plimsoll::simulator::{Fault, FaultKind, Simulator, attack};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::estate::{Ended, folder, program, program_on, run, serve, small};
use crate::prometheus::Prometheus;
use crate::tools;

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

const FAILING: &str = "plimsoll_failing_resources_ratio";

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// The program serving, which ends with the test.
pub(crate) struct Service {
    child: Child,
    log: PathBuf,
    pub(crate) address: String,
}

impl Service {
    pub(crate) fn start(simulator: &Simulator, folder: &Path) -> Self {
        let log = folder.join("log");
        let arguments =
            ["serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--region", "eu-central-1,us-east-1"];
        let child = program_on(simulator, folder)
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut service = Self { child, log, address: String::new() };
        service.address = service.wait("the address", |service| {
            let address = service.logged("serving")?["address"].as_str()?.to_owned();
            Some(address)
        });
        service
    }

    /// The last event in the log with this message.
    fn logged(&self, message: &str) -> Option<Value> {
        let log = std::fs::read_to_string(&self.log).unwrap();
        let mut events = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        events.rfind(|event| event["message"] == message)
    }

    /// Asks again and again until there is an answer.
    fn wait<T>(&mut self, what: &str, mut ask: impl FnMut(&Self) -> Option<T>) -> T {
        let patience = Instant::now() + PATIENCE;
        loop {
            if let Some(answer) = ask(self) {
                return answer;
            }
            let ended = self.child.try_wait().unwrap();
            let log = || std::fs::read_to_string(&self.log).unwrap();
            assert_eq!(ended, None, "waiting for {what}: {}", log());
            assert!(Instant::now() < patience, "still waiting for {what}: {}", log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn get(&self, path: &str) -> (u16, String) {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut answer = agent.get(format!("http://{}{path}", self.address)).call().unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    }

    /// The value of a series, by its name and labels as they stand on the page.
    pub(crate) fn metric(&self, series: &str) -> Option<f64> {
        let (_, page) = self.get("/metrics");
        let value = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
        Some(value.parse().unwrap())
    }

    pub(crate) fn wait_ready(&mut self) {
        self.wait("the first scan", |service| (service.get("/readyz").0 == 200).then_some(()));
    }

    fn signal(&self, name: &str) {
        let told = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
    }

    /// Tells it to end and waits until it has.
    fn terminate(mut self) -> ExitStatus {
        self.signal("-TERM");
        let patience = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < patience, "it does not end: {}", std::fs::read_to_string(&self.log).unwrap());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn it_is_ready_after_the_first_scan_and_ends_when_told() {
    let runtime = runtime();
    let simulator = runtime.block_on(serve(small()));
    let (folder, ledger) = folder();
    let mut service = Service::start(&simulator, folder.path());
    assert_eq!(service.get("/healthz").0, 200);
    service.wait_ready();
    let failing = service.metric(FAILING).unwrap();
    assert!(failing > 0.0 && failing < 1.0, "{failing}");
    assert_eq!(service.metric("plimsoll_coverage_ratio"), Some(1.0));
    assert_eq!(service.get("/").0, 200);
    for path in ["scans", "findings", "resources", "sli"] {
        let (status, body) = service.get(&format!("/api/v1/{path}"));
        assert_eq!(status, 200, "{path}: {body}");
        let answer: Value = serde_json::from_str(&body).unwrap();
        assert!(answer.is_object(), "{path}: {answer}");
    }
    let (_, page) = service.get("/metrics");
    assert_clean(&page);

    assert_eq!(service.terminate().code(), Some(0));
    let scans = runtime.block_on(async { Ledger::open(&ledger).await.unwrap().scans(9).await.unwrap() });
    assert_eq!(scans.len(), 1);
    assert_eq!(scans[0].slices.overall.ratios().failing, Some(failing));
}

/// Prometheus' own linter has nothing to say about the page.
fn assert_clean(page: &str) {
    let Some(promtool) = tools::find("promtool", "prometheus") else { return };
    let mut child = Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), page.as_bytes()).unwrap();
    let said = Ended::from(child.wait_with_output().unwrap());
    assert_eq!((said.code, said.stdout.as_str(), said.stderr.as_str()), (0, "", ""), "{page}");
}

#[test]
fn told_to_stop_in_the_middle_of_a_scan_it_ends_well_and_keeps_the_ledger() {
    let runtime = runtime();
    let simulator = runtime.block_on(serve(small()));
    let slow = Fault { delay_ms: 60_000, ..Fault::new(FaultKind::Delay).of_service("s3") };
    simulator.set_faults(vec![slow]);
    let (folder, ledger) = folder();
    let mut service = Service::start(&simulator, folder.path());
    service.wait("calls", |_| (simulator.stats().of_service("ec2") > 0).then_some(()));
    assert_eq!(service.get("/readyz").0, 503);
    assert_eq!(service.terminate().code(), Some(0));
    let scans = runtime.block_on(async {
        let ledger = Ledger::open(&ledger).await.unwrap();
        ledger.check().await.unwrap();
        ledger.scans(9).await.unwrap()
    });
    assert_eq!(scans, []);
}

#[test]
fn a_broken_configuration_is_refused_with_its_place_and_a_good_one_taken_over() {
    let runtime = runtime();
    let simulator = runtime.block_on(serve(small()));
    let (folder, _) = folder();
    let configure = |text: &str| std::fs::write(folder.path().join("plimsoll.yaml"), text).unwrap();
    let interval = |service: &Service| service.metric("plimsoll_scan_interval_seconds").unwrap();
    configure("schedule: {interval: 2h}\n");
    let mut service = Service::start(&simulator, folder.path());
    service.wait_ready();
    assert_eq!((interval(&service), service.metric("plimsoll_reload_last_successful")), (7200.0, None));

    configure("schedule: {interval: 1h}\nrulez: {}\n");
    service.signal("-HUP");
    service.wait("the refusal", |service| (service.metric("plimsoll_reload_last_successful")? == 0.0).then_some(()));
    let refused = service.logged("the new rules and configuration are refused, the old stay in force").unwrap();
    assert!(refused["reason"].as_str().unwrap().contains("plimsoll.yaml:2:1: rulez: unknown key"), "{refused}");
    assert_eq!((service.get("/readyz").0, interval(&service)), (200, 7200.0));
    assert_eq!(service.metric("plimsoll_scan_runs_total"), Some(1.0));

    configure("schedule: {interval: 1h}\nrules: {disabled: [aws-iam-*]}\n");
    service.signal("-HUP");
    service.wait("the next scan", |service| (interval(service) == 3600.0).then_some(()));
    assert_eq!(service.metric("plimsoll_reload_last_successful"), Some(1.0));
    let (_, page) = service.get("/metrics");
    assert!(page.contains("rule=\"aws-s3-") && !page.contains("rule=\"aws-iam-"), "{page}");
    assert_eq!(service.terminate().code(), Some(0));
}

#[test]
fn without_aws_it_shows_the_last_good_values_and_counts_the_failure() {
    let runtime = runtime();
    let simulator = runtime.block_on(serve(small()));
    let (folder, _) = folder();
    std::fs::write(folder.path().join("plimsoll.yaml"), "collect: {attempts: 1}\n").unwrap();
    let mut service = Service::start(&simulator, folder.path());
    service.wait_ready();
    let failing = service.metric(FAILING);
    runtime.block_on(simulator.stop());
    // A reload is followed by a scan at once.
    service.signal("-HUP");
    let failures = "plimsoll_scan_failures_total{reason=\"connect\"}";
    service.wait("the failure", |service| (service.metric(failures)? == 1.0).then_some(()));
    assert_eq!(service.metric(FAILING), failing);
    let time = |name: &str| service.metric(&format!("plimsoll_scan_last_{name}_timestamp_seconds")).unwrap();
    assert!(time("success") < time("completion"));
    let (status, body) = service.get("/readyz");
    assert!(status == 200 && body.starts_with("ok, data are "), "{status} {body}");
    assert_eq!(service.terminate().code(), Some(0));
}

#[test]
fn a_port_in_use_is_an_error_that_says_what_to_do() {
    let (folder, _) = folder();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = run(&mut program(folder.path()), &["serve", "--listen", &address]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains(&format!("cannot listen on {address}")), "{}", ended.stderr);
    assert!(ended.stderr.contains("\nhelp: another process serves there"), "{}", ended.stderr);
}

#[test]
fn prometheus_and_the_ledger_agree_on_the_share_of_failing_resource_time() {
    let Some(prometheus) = tools::find("prometheus", "prometheus") else { return };
    let runtime = runtime();
    let simulator = runtime.block_on(serve(small()));
    let (folder, ledger) = folder();
    std::fs::write(folder.path().join("plimsoll.yaml"), "schedule: {interval: 10s, jitter: 0s}\n").unwrap();
    let mut service = Service::start(&simulator, folder.path());
    service.wait_ready();
    let before = service.metric(FAILING).unwrap();
    let prometheus = Prometheus::start(&prometheus, &service.address);
    prometheus.wait_for("count_over_time(plimsoll_scan_runs_total[2m])", |scrapes| scrapes >= 12.0);
    simulator.change(attack);
    service.wait("the attack to be seen", |service| (service.metric(FAILING)? > before).then_some(()));
    let scrapes = prometheus.wait_for("count_over_time(plimsoll_scan_runs_total[2m])", |_| true);
    prometheus.wait_for("count_over_time(plimsoll_scan_runs_total[2m])", |now| now >= scrapes + 12.0);

    let now = Timestamp::now();
    let share = |states: &str| {
        let spent = format!("plimsoll_resource_seconds_total{{state=~\"{states}\"}}");
        format!("sum(max_over_time({spent}[2m]) - min_over_time({spent}[2m]))")
    };
    let ratio = format!("{} / {}", share("fail"), share("pass|fail|waived"));
    let reckoned = prometheus.value(&ratio, Some(now)).unwrap();
    let (first, last) = prometheus.scrapes("plimsoll_scan_runs_total[2m]", now);
    let ours = runtime.block_on(async {
        let ledger = Ledger::open(&ledger).await.unwrap();
        ledger.window(first, last).await.unwrap().overall().failing_ratio().unwrap()
    });
    let after = service.metric(FAILING).unwrap();
    assert!(before < ours && ours < after, "both standings count: {before} {ours} {after}");
    assert!((reckoned - ours).abs() < 0.1 * (after - before), "Prometheus says {reckoned}, the ledger {ours}");

    // The same by the command, over a window that ends a moment later.
    let length = now.duration_since(first) + SignedDuration::from_secs(1);
    let window = format!("{}s", length.as_secs());
    let status = run(&mut program(folder.path()), &["status", "--format", "json", "--window", &window]);
    let status: Value = serde_json::from_str(&status.stdout).unwrap();
    let told = status["windows"][0]["resource_milliseconds"]["failing"].as_f64().unwrap();
    assert!((reckoned - told).abs() < 0.3 * (after - before), "Prometheus says {reckoned}, plimsoll status {told}");
    assert_clean(&service.get("/metrics").1);
    assert_eq!(service.terminate().code(), Some(0));
}
