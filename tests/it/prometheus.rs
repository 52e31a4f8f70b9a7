//! A real Prometheus scrapes the real server, and its arithmetic agrees with ours.
#![expect(clippy::float_cmp, reason = "the numbers are whole, and so exact")]

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use plimsoll::metrics::Published;
use plimsoll::model::Service;
use plimsoll::server::{Limits, Scanned, Schedule};
use plimsoll::sli::{BySeverity, States};
use serde_json::Value;

use crate::server::{Server, nothing, once, scanned};
use crate::{metrics, tools};

/// A Prometheus of our own, which ends with the test.
pub(crate) struct Prometheus {
    child: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Prometheus {
    /// Scrapes and evaluates every second, with the rules of `deploy/`.
    pub(crate) fn start(program: &Path, target: &str) -> Self {
        Self::start_with(program, target, |_data| {})
    }

    /// The same over a storage folder that was filled before.
    pub(crate) fn start_with(program: &Path, target: &str, fill: impl FnOnce(&Path)) -> Self {
        let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/prometheus/plimsoll.[ar]*.yml");
        let configuration = format!(
            "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\n\
             rule_files: ['{}']\n\
             scrape_configs: [{{job_name: plimsoll, static_configs: [{{targets: ['{target}']}}]}}]\n",
            rules.display()
        );
        Self::start_as(program, &configuration, fill)
    }

    /// The same with a configuration of the caller's.
    pub(crate) fn start_as(program: &Path, configuration: &str, fill: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fill(&folder.path().join("data"));
        let file = folder.path().join("prometheus.yml");
        std::fs::write(&file, configuration).unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let child = Command::new(program)
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .arg("--enable-feature=exemplar-storage")
            .arg("--storage.tsdb.retention.time=60d")
            .arg("--log.level=error")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, address, _folder: folder }
    }

    fn ask(&self, query: &str, at: Option<Timestamp>) -> Option<Value> {
        let time = at.map(|at| at.to_string());
        let time = time.iter().map(|time| ("time", time.as_str()));
        self.get("query", [("query", query)].into_iter().chain(time))
    }

    /// An answer of its API; none while it does not answer.
    pub(crate) fn get<'a>(
        &self,
        what: &str,
        parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Option<Value> {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(5))).build().into();
        let request = agent.get(format!("http://{}/api/v1/{what}", self.address)).query_pairs(parameters);
        Some(request.call().ok()?.body_mut().read_json().unwrap())
    }

    /// The samples that a query gives at a time, as labels and value.
    fn query(&self, query: &str, at: Option<Timestamp>) -> Option<Vec<(Value, f64)>> {
        let answer = self.ask(query, at)?;
        let samples = answer["data"]["result"].as_array().unwrap().iter();
        Some(
            samples
                .map(|sample| (sample["metric"].clone(), sample["value"][1].as_str().unwrap().parse().unwrap()))
                .collect(),
        )
    }

    /// The times of the first and the last sample in a range.
    pub(crate) fn scrapes(&self, range: &str, at: Timestamp) -> (Timestamp, Timestamp) {
        let answer = self.ask(range, Some(at)).unwrap();
        let samples = answer["data"]["result"][0]["values"].as_array().unwrap();
        let time = |sample: &Value| {
            let seconds = SignedDuration::from_secs_f64(sample[0].as_f64().unwrap());
            Timestamp::from_duration(seconds).unwrap()
        };
        (time(&samples[0]), time(samples.last().unwrap()))
    }

    pub(crate) fn value(&self, query: &str, at: Option<Timestamp>) -> Option<f64> {
        self.query(query, at)?.first().map(|(_, value)| *value)
    }

    pub(crate) fn wait_for(&self, query: &str, wanted: impl Fn(f64) -> bool) -> f64 {
        let patience = Instant::now() + Duration::from_mins(1);
        loop {
            let value = self.value(query, None);
            if let Some(value) = value
                && wanted(value)
            {
                return value;
            }
            assert!(Instant::now() < patience, "{query} still gives {value:?}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Scans that take turns: 3 of 60 buckets fail, then 33. Each continues the counters of the last.
#[derive(Clone)]
struct Scans(Arc<Mutex<Vec<Published>>>);

impl Scans {
    fn new() -> Self {
        let mut first = metrics::published(Timestamp::now());
        // Counters near zero would be extrapolated differently from large ones.
        let day = States {
            pass: 86_400_000,
            fail: BySeverity { critical: 86_400_000, ..BySeverity::default() },
            waived: 86_400_000,
            unknown: 86_400_000,
        };
        first.counters.integrals.resources.insert(Service::S3, day);
        Self(Arc::new(Mutex::new(vec![first])))
    }

    fn next(&self) -> Scanned {
        let mut done = self.0.lock().unwrap();
        let now = Timestamp::now();
        let mut next = metrics::published(now);
        next.counters.integrals = done.last().unwrap().integrals(now);
        let states = next.scan.as_mut().unwrap().standing.resources.get_mut(&Service::S3).unwrap();
        if done.len().is_multiple_of(2) {
            states.pass -= 30;
            states.fail.critical += 30;
        }
        done.push(next.clone());
        Scanned { published: next, ..scanned() }
    }

    /// The share of resource time between two moments that failed, by our own reckoning.
    fn failing_share(&self, from: Timestamp, to: Timestamp) -> f64 {
        let done = self.0.lock().unwrap();
        let at = |time| {
            let begun = |published: &&Published| published.scan.as_ref().unwrap().standing.at <= time;
            done.iter().rev().find(begun).unwrap().integrals(time)
        };
        at(to).since(&at(from)).overall().failing_ratio().unwrap()
    }
}

#[test]
fn prometheus_reckons_the_same_share_of_failing_resource_time() {
    let Some(program) = tools::find("prometheus", "prometheus") else { return };
    let scans = Scans::new();
    let next = scans.clone();
    let schedule = Schedule { interval: Duration::from_secs(3), ..once() };
    let scan = move |_| std::future::ready(Ok(next.next()));
    let server = Server::start(schedule, Limits::default(), nothing(), scan, || Ok(once()));
    server.wait_for("/readyz", |status, _| status == 200);
    let prometheus = Prometheus::start(&program, &server.address.to_string());
    prometheus.wait_for("count_over_time(plimsoll_scan_runs_total[1m])", |scrapes| scrapes >= 9.0);

    let series = prometheus.query(r#"{__name__=~"plimsoll_.+"}"#, None).unwrap();
    let (_, page) = server.get("/metrics");
    let on_page = page.lines().filter(|line| !line.starts_with('#')).count();
    let recorded = series.iter().filter(|(labels, _)| labels["__name__"].as_str().unwrap().contains(':')).count();
    assert_eq!(series.len() - recorded, on_page, "every series of the page is in Prometheus");
    assert!(
        series.iter().all(|(labels, _)| labels.as_object().unwrap().keys().all(|key| !key.starts_with("exported_")))
    );
    let scraped = prometheus.value("sum(scrape_samples_scraped)", None).unwrap();
    assert_eq!(scraped.to_string(), on_page.to_string());

    assert_eq!(prometheus.value("sum(plimsoll_resources)", None), Some(100.0));
    assert_eq!(prometheus.value("plimsoll_coverage_ratio", None), Some(0.95));

    let now = Timestamp::now();
    let ratio = "sum(increase(plimsoll_resource_seconds_total{state=\"fail\"}[1m])) \
                 / sum(increase(plimsoll_resource_seconds_total{state=~\"pass|fail|waived\"}[1m]))";
    let reckoned = prometheus.value(ratio, Some(now)).unwrap();
    let (first, last) = prometheus.scrapes("plimsoll_scan_runs_total[1m]", now);
    let ours = scans.failing_share(first, last);
    assert!((reckoned - ours).abs() < 0.01, "Prometheus says {reckoned}, we say {ours}");
    assert!(ours > 0.05, "both kinds of scan were at work: {ours}");
    prometheus.wait_for("plimsoll:failing_resource_time:ratio_1d", |recorded| recorded > 0.0 && recorded < 1.0);

    let alert = prometheus.wait_for(r#"ALERTS{alertname="PlimsollWaiverExpired",alertstate="firing"}"#, |_| true);
    assert_eq!(alert, 1.0);
    assert_eq!(prometheus.query(r#"ALERTS{alertname="PlimsollScanStale"}"#, None), Some(Vec::new()));
}
