//! The whole way with real servers: a bucket becomes public, a scan finds it, Prometheus sees the
//! budget burn, Alertmanager tells people, the budget policy freezes, the gate says no; then it is
//! fixed, and all of it goes back. Rules are exported with windows of a sixtieth of their length.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use plimsoll::config::Config;
use plimsoll::ledger::Ledger;
use plimsoll::scan::{self, Terms};
use plimsoll::simulator::{Simulator, attack};
use serde_json::Value;
use tempfile::TempDir;

use crate::estate::{INTERVAL, account, collect, judge, limits, program, run, serve, small};
use crate::prometheus::Prometheus;
use crate::publish::{Gateway, free_port};
use crate::service::Service;
use crate::tools;

/// How long any one step may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(150);

const CONFIGURATION: &str = "
schedule: {interval: 10s, jitter: 0s}
slos:
  - name: public-buckets
    description: Buckets are public for 24 hours in all.
    indicator: {type: open_time, rules: [aws-s3-not-public]}
    budget: 24h
budget_policy:
  minimum_history: 1h
  burn_rates:
    - {window: 1m, above: 13.44, action: freeze, review_within: 1h}
";

const SLO: &str = "slo=\"public-buckets\"";

/// An Alertmanager of our own, which ends with the test.
struct Alertmanager {
    child: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Alertmanager {
    fn start(program: &Path, receiver: SocketAddr) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("alertmanager.yml");
        let configuration = format!(
            "route: {{receiver: people, group_by: [alertname, slo], group_wait: 1s, group_interval: 1s}}\n\
             receivers: [{{name: people, webhook_configs: [{{url: 'http://{receiver}/', send_resolved: true}}]}}]\n"
        );
        std::fs::write(&file, configuration).unwrap();
        let address = free_port();
        let child = Command::new(program)
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .arg("--cluster.listen-address=")
            .arg("--log.level=error")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, address, _folder: folder }
    }

    /// How many of our burn alerts are active.
    fn active(&self) -> Option<usize> {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(5))).build().into();
        let request = agent
            .get(format!("http://{}/api/v2/alerts", self.address))
            .query("filter", "alertname=\"PlimsollBudgetBurn\"")
            .query("filter", SLO)
            .query("active", "true");
        let alerts: Value = request.call().ok()?.body_mut().read_json().ok()?;
        Some(alerts.as_array()?.len())
    }
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What Alertmanager tells people, as JSON.
struct People {
    address: SocketAddr,
    told: Arc<Mutex<Vec<Value>>>,
}

impl People {
    fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&told);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if let Some(body) = answer(stream) {
                    heard.lock().unwrap().push(body);
                }
            }
        });
        Self { address, told }
    }

    /// Whether they were told of a burn that fires, or has ended.
    fn know(&self, status: &str) -> bool {
        let told = self.told.lock().unwrap();
        told.iter().any(|message| {
            let alerts = message["alerts"].as_array().into_iter().flatten();
            let ours = |alert: &&Value| alert["labels"]["alertname"] == "PlimsollBudgetBurn";
            alerts.filter(ours).any(|alert| alert["status"] == status)
        })
    }
}

fn answer(stream: TcpStream) -> Option<Value> {
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    let mut line = String::new();
    while reader.read_line(&mut line).ok()? > 0 && line != "\r\n" {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    reader.into_inner().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").ok()?;
    serde_json::from_slice(&body).ok()
}

/// Scans every 15 minutes up to 15 minutes ago, so that the budget is known for more than an hour.
async fn past(simulator: &Simulator, folder: &Path) {
    let config = Config::parse(CONFIGURATION, Path::new("plimsoll.yaml")).unwrap();
    let (slos, policy) = (config.slos(), config.budget_policy.policy());
    let terms = Terms { slos: &slos, policy: &policy, ..Terms::without_objectives(INTERVAL) };
    let ledger = Ledger::open(&folder.join("plimsoll.db")).await.unwrap();
    let now = Timestamp::now();
    for scans_ago in (1..=6).rev() {
        let at = now - INTERVAL * scans_ago;
        let account = account(simulator, &simulator.access_key(), limits());
        let collected = collect(&[account], at).await.unwrap();
        let writer = ledger.writer("a test", Duration::from_secs(10)).await.unwrap();
        scan::conclude(&ledger, &writer, judge(), collected, terms, &move || at).await.unwrap();
    }
    ledger.close().await;
}

/// The rules of the configuration for Prometheus, an hour as a minute.
fn export_rules(folder: &Path) {
    for what in ["prometheus-rules", "alerts"] {
        let arguments = ["export", what, "--time-scale", "60", "--into", "rules"];
        let exported = run(&mut program(folder), &arguments);
        assert_eq!(exported.code, 0, "{}", exported.stderr);
    }
}

fn scrape_configuration(folder: &Path, service: &str, gateway: SocketAddr, alertmanager: SocketAddr) -> String {
    format!(
        "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\n\
         rule_files: ['{}/*.yml']\n\
         alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{alertmanager}']}}]}}]}}\n\
         scrape_configs:\n\
         - {{job_name: plimsoll, static_configs: [{{targets: ['{service}']}}]}}\n\
         - {{job_name: pushed, metrics_path: /metrics, honor_labels: true, static_configs: [{{targets: ['{gateway}']}}],\n\
         \x20  metric_relabel_configs: [{{source_labels: [__name__], regex: 'plimsoll_(.*)', target_label: __name__, \
         replacement: 'pushed_$1'}}]}}\n",
        folder.join("rules").display(),
    )
}

/// The steps of the story with their times.
struct Clock {
    began: Instant,
    steps: Vec<(String, f64)>,
}

impl Clock {
    fn start() -> Self {
        Self { began: Instant::now(), steps: Vec::new() }
    }

    /// Waits until it is so, and notes how long that took.
    fn wait(&mut self, step: &str, mut is_so: impl FnMut() -> bool) {
        let patience = Instant::now() + PATIENCE;
        while !is_so() {
            assert!(Instant::now() < patience, "still waiting for: {step}; so far {:?}", self.steps);
            std::thread::sleep(Duration::from_millis(250));
        }
        self.steps.push((step.to_owned(), self.began.elapsed().as_secs_f64()));
    }

    /// Prints how long each step took, past what the test runner keeps back: CI's log shows it too.
    fn tell(&self, what: &str) {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{what}:").unwrap();
        self.steps.iter().for_each(|(step, at)| writeln!(out, "  {at:6.1} s  {step}").unwrap());
    }
}

/// The program on the ledger of the service.
fn ask(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let mut all = arguments.to_vec();
    all.extend(["--format", "json"]);
    let ended = run(&mut program(folder), &all);
    let answer = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| Value::from(ended.stderr));
    (ended.code, answer)
}

fn open_findings(folder: &Path) -> usize {
    let (_, answer) = ask(folder, &["findings", "--rule", "aws-s3-not-public"]);
    answer["findings"].as_array().map_or(usize::MAX, Vec::len)
}

fn freezes(service: &Service) -> Option<f64> {
    service.metric(&format!("plimsoll_policy_action_active{{{SLO},action=\"freeze\"}}"))
}

#[test]
fn a_public_bucket_pages_freezes_and_is_forgiven_once_it_is_fixed() {
    let Some(prometheus) = tools::find("prometheus", "prometheus") else { return };
    let Some(alertmanager) = tools::find("prometheus-alertmanager", "prometheus-alertmanager") else { return };
    let Some(gateway) = Gateway::start(&["--push.disable-consistency-check"]) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("plimsoll.yaml"), CONFIGURATION).unwrap();
    let mut good = small();
    let public = ["nordwind-tracking-public-maps", "nordwind-mobile-crash-reports", "nordwind-web-legacy-site"];
    good.first_mut().unwrap().buckets.retain(|bucket| !public.contains(&bucket.name.as_str()));
    let simulator = runtime.block_on(serve(good.clone()));
    runtime.block_on(past(&simulator, folder));
    export_rules(folder);

    let people = People::listen();
    let alertmanager = Alertmanager::start(&alertmanager, people.address);
    let mut service = Service::start(&simulator, folder);
    let configuration = scrape_configuration(folder, &service.address, gateway.address, alertmanager.address);
    let prometheus = Prometheus::start_as(&prometheus, &configuration, |_data| {});
    service.wait_ready();
    assert_eq!(open_findings(folder), 0);
    assert_eq!(freezes(&service), Some(0.0));
    let (exit, answer) = ask(folder, &["gate"]);
    assert_eq!(exit, 0, "{answer}");

    let mut before = Clock::start();
    // The long window is a minute: it has to be full of good before.
    let scrapes = "count_over_time(plimsoll_slo_finding_open_seconds_total{job=\"plimsoll\"}[2m])";
    before.wait("a whole long window is measured", || prometheus.value(scrapes, None).is_some_and(|n| n >= 65.0));
    assert_eq!((alertmanager.active(), people.know("firing")), (Some(0), false));

    let mut bad = Clock::start();
    simulator.change(attack);
    bad.wait("a finding is open", || open_findings(folder) == 1);
    let counter = format!("plimsoll_slo_finding_open_seconds_total{{{SLO},job=\"plimsoll\"}}");
    bad.wait("Prometheus sees the counter grow", || prometheus.value(&counter, None).is_some_and(|value| value > 0.0));
    bad.wait("Alertmanager has the alert", || alertmanager.active().is_some_and(|alerts| alerts > 0));
    bad.wait("people were told", || people.know("firing"));
    bad.wait("the policy freezes", || freezes(&service) == Some(1.0));
    bad.wait("the gate says no", || ask(folder, &["gate"]).0 == 13);
    bad.tell("a bucket becomes public");
    let (_, status) = ask(folder, &["status"]);
    assert_eq!(status["objectives"][0]["stage"], "freeze", "{status}");

    // A job that ends pushes the same, and Prometheus reads it from there.
    let (pushed, answer) = ask(folder, &["metrics", "push", "--pushgateway", &gateway.url()]);
    assert_eq!(pushed, 0, "{answer}");
    let frozen = format!("pushed_policy_action_active{{{SLO},action=\"freeze\"}}");
    prometheus.wait_for(&frozen, |value| (value - 1.0).abs() < f64::EPSILON);

    let mut mended = Clock::start();
    simulator.change(|estate| *estate = good.clone());
    mended.wait("the finding is resolved", || open_findings(folder) == 0);
    mended.wait("the alert is resolved", || alertmanager.active() == Some(0));
    mended.wait("people were told that it ended", || people.know("resolved"));
    mended.wait("the policy does not freeze any more", || freezes(&service) == Some(0.0));
    mended.wait("the gate says yes", || ask(folder, &["gate"]).0 == 0);
    mended.tell("it is fixed");
    let decisions = "sum(plimsoll_gate_decisions_total{decision=\"frozen\",job=\"plimsoll\"})";
    prometheus.wait_for(decisions, |times| times >= 1.0);
    let (_, status) = ask(folder, &["status"]);
    let left = status["objectives"][0]["budget"]["remaining"].as_f64().unwrap();
    assert!(left > 0.99 && left < 1.0, "a minute of 24 hours is used up: {left}");
    let spent = SignedDuration::from_secs_f64(status["objectives"][0]["budget"]["used"].as_f64().unwrap());
    assert!(spent < SignedDuration::from_mins(10), "{spent}");
}
