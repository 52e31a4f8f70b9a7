//! Publishing the page of a scan: a real Pushgateway that stays, restarts, refuses and is not there;
//! answers that we make up; and a file.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use plimsoll::publish::{Client, Credentials, Limits, PublishError, Pushgateway, Secret};
use plimsoll::simulator::attack;

use crate::estate::{Ended, folder, program, program_on, run, run_beside, serve, small};
use crate::metrics::{assert_no_counter_fell, samples};
use crate::tools;

/// A Pushgateway of our own, which ends with the test.
pub(crate) struct Gateway {
    program: PathBuf,
    arguments: Vec<String>,
    pub(crate) address: SocketAddr,
    child: Option<Child>,
}

impl Gateway {
    pub(crate) fn start(arguments: &[&str]) -> Option<Self> {
        let program = tools::find("prometheus-pushgateway", "prometheus-pushgateway")?;
        let address = free_port();
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let mut gateway = Self { program, arguments, address, child: None };
        gateway.run();
        Some(gateway)
    }

    /// Starts it, and waits until it listens.
    fn run(&mut self) {
        let child = Command::new(&self.program)
            .arg(format!("--web.listen-address={}", self.address))
            .arg("--log.level=error")
            .args(&self.arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.child = Some(child);
        let patience = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(self.address).is_err() {
            assert!(Instant::now() < patience, "the Pushgateway does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Our own metrics on it.
    fn page(&self) -> String {
        let mut answer = ureq::get(format!("{}/metrics", self.url())).call().unwrap();
        let page = answer.body_mut().read_to_string().unwrap();
        page.lines().filter(|line| line.starts_with("plimsoll_")).fold(String::new(), |page, line| page + line + "\n")
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.stop();
    }
}

pub(crate) fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// The value of the only series of a family.
fn value(page: &str, family: &str) -> f64 {
    let of_family = |series: &str| series.split('{').next() == Some(family);
    let found: Vec<f64> =
        samples(page).iter().filter(|(series, _)| of_family(series)).map(|(_, value)| *value).collect();
    assert_eq!(found.len(), 1, "series of {family} on\n{page}");
    found[0]
}

fn configure(folder: &Path, text: &str) {
    std::fs::write(folder.join("plimsoll.yaml"), text).unwrap();
}

/// A scan without credentials, which fails at once.
fn failing_scan(folder: &Path) -> Ended {
    run(program(folder).env("AWS_REGION", "eu-central-1"), &["scan"])
}

#[tokio::test(flavor = "multi_thread")]
async fn scans_that_end_go_on_counting_on_the_pushgateway_and_a_failed_one_leaves_the_last_good_values() {
    let Some(gateway) = Gateway::start(&[]) else { return };
    let (folder, _) = folder();
    let url = gateway.url();
    configure(
        folder.path(),
        &format!("publish:\n  pushgateway: {{url: {url:?}, labels: {{scope: prod, team: a/b}}}}\n  file: p.prom\n"),
    );
    let simulator = serve(small()).await;
    let scanned = run_beside(program_on(&simulator, folder.path()), &["scan"]).await;
    assert!([0, 10].contains(&scanned.code), "{}", scanned.stderr);
    let first = gateway.page();
    assert!(
        first.contains(r#"job="plimsoll""#) && first.contains(r#"scope="prod""#) && first.contains(r#"team="a/b""#)
    );
    assert_eq!(value(&first, "plimsoll_scan_runs_total").to_string(), "1");
    let on_page = |page: &str| page.lines().filter(|line| line.starts_with("plimsoll_")).count();
    let file = folder.path().join("p.prom");
    assert_eq!(on_page(&std::fs::read_to_string(&file).unwrap()), on_page(&first), "the same page is in the file");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o644);

    simulator.change(attack);
    run_beside(program_on(&simulator, folder.path()), &["scan"]).await;
    let second = gateway.page();
    assert_no_counter_fell(&first, &second);
    assert_eq!(value(&second, "plimsoll_scan_runs_total").to_string(), "2");
    let opened = |page: &str| -> f64 {
        samples(page).iter().filter(|(series, _)| series.starts_with("plimsoll_findings_opened")).map(|(_, n)| n).sum()
    };
    assert!(opened(&second) > opened(&first), "the attack opened findings");

    let failed = failing_scan(folder.path());
    assert_eq!(failed.code, 1, "{}", failed.stderr);
    let third = gateway.page();
    assert_no_counter_fell(&second, &third);
    assert_eq!(value(&third, "plimsoll_scan_runs_total").to_string(), "3");
    let failures =
        |page: &str| samples(page).iter().any(|(series, n)| series.contains(r#"reason="connect""#) && *n > 0.0);
    assert!(failures(&third) && !failures(&second));
    assert!(
        value(&third, "plimsoll_scan_last_completion_timestamp_seconds")
            > value(&third, "plimsoll_scan_last_success_timestamp_seconds")
    );
    let kept = |page: &str| -> BTreeMap<String, f64> {
        samples(page).into_iter().filter(|(series, _)| !series.starts_with("plimsoll_scan_")).collect()
    };
    assert_eq!(kept(&third), kept(&second), "the last good values stay");
    let in_file = std::fs::read_to_string(&file).unwrap();
    assert_eq!(value(&in_file, "plimsoll_scan_runs_total").to_string(), "3");
    assert!(value(&in_file, "plimsoll_known_resources") > 0.0, "the file keeps them too");

    simulator.change(|_| ());
    run_beside(program_on(&simulator, folder.path()), &["scan"]).await;
    assert_no_counter_fell(&third, &gateway.page());

    let deleted = run(&mut program(folder.path()), &["metrics", "push", "--delete"]);
    assert_eq!((deleted.code, gateway.page().as_str()), (0, ""), "{}", deleted.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pushgateway_that_restarts_is_filled_again_from_the_ledger() {
    let Some(mut gateway) = Gateway::start(&[]) else { return };
    let (folder, _) = folder();
    let simulator = serve(small()).await;
    let url = gateway.url();
    configure(folder.path(), &format!("publish: {{pushgateway: {{url: {url:?}, attempts: 10}}}}\n"));
    run_beside(program_on(&simulator, folder.path()), &["scan"]).await;
    let before = gateway.page();
    gateway.stop();
    // It comes back while the push is being tried again.
    let mut command = program(folder.path());
    let pushing = std::thread::spawn(move || run(&mut command, &["metrics", "push", "--format", "json"]));
    std::thread::sleep(Duration::from_millis(400));
    gateway.run();
    let pushed = pushing.join().unwrap();
    assert_eq!(pushed.code, 0, "{}", pushed.stderr);
    let said: serde_json::Value = serde_json::from_str(&pushed.stdout).unwrap();
    assert_eq!((&said["published"], &said["scan"]), (&true.into(), &1.into()));
    let absent = ["plimsoll_waivers", "plimsoll_scan_duration_seconds"];
    let remembered: String = before
        .lines()
        .filter(|line| !absent.iter().any(|name| line.contains(name)))
        .fold(String::new(), |page, line| page + line + "\n");
    assert_no_counter_fell(&remembered, &gateway.page());
    assert_eq!(value(&gateway.page(), "plimsoll_scan_runs_total").to_string(), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pushgateway_that_is_not_there_changes_no_verdict_and_is_said() {
    let (folder, _) = folder();
    let simulator = serve(small()).await;
    let nobody = format!("http://{}", free_port());
    configure(folder.path(), "publish: {pushgateway: {attempts: 2}}\n");
    let without = run_beside(program_on(&simulator, folder.path()), &["scan"]).await;
    let scanned = run_beside(program_on(&simulator, folder.path()), &["scan", "--pushgateway", &nobody]).await;
    assert_eq!(scanned.code, without.code);
    assert!(scanned.stderr.contains("ERROR"), "{}", scanned.stderr);
    let said =
        format!("the metrics page was not pushed: {nobody}/metrics/job/plimsoll cannot be reached in 2 attempt(s)");
    assert!(scanned.stderr.contains(&said), "{}", scanned.stderr);
    let pushed = run(&mut program(folder.path()), &["metrics", "push", "--pushgateway", &nobody]);
    assert_eq!(pushed.code, 1);
    assert!(pushed.stdout.is_empty() && pushed.stderr.contains("cannot be reached"), "{}", pushed.stderr);
}

#[test]
fn what_cannot_be_pushed_is_said_before_anything_is_done() {
    let (folder, _) = folder();
    let push = |arguments: &[&str]| run(&mut program(folder.path()), &[&["metrics", "push"], arguments].concat());
    let nowhere = push(&[]);
    assert!(nowhere.code == 2 && nowhere.stderr.contains("where the page goes"), "{}", nowhere.stderr);
    assert_eq!(push(&["--delete"]).code, 2);
    let empty = push(&["--pushgateway", "http://127.0.0.1:9"]);
    assert!(empty.code == 1 && empty.stderr.contains("there is no ledger"), "{}", empty.stderr);
    let user = push(&["--pushgateway", "http://me:hunter2@127.0.0.1:9"]);
    assert!(user.code == 2 && !user.stderr.contains("hunter2"), "{}", user.stderr);
    configure(folder.path(), "publish: {pushgateway: {url: 'http://g', token_variable: NOT_SET}}\n");
    let missing = push(&[]);
    assert!(missing.code == 1 && missing.stderr.contains("NOT_SET is not set"), "{}", missing.stderr);
}

/// The password is `test`; the hash is the one of the exporter toolkit's documentation.
const WEB: &str = "tls_server_config: {cert_file: c.pem, key_file: k.pem}\n\
    basic_auth_users: {scanner: $2b$12$hNf2lSsxfm0.i4a.1kVpSOVyBCfIB51VRjgBUyv6kdnyTlgWj81Ay}\n";

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_only_who_is_trusted_is_told_and_only_the_right_password_helps() {
    let Some(openssl) = tools::find("openssl", "openssl") else { return };
    let (folder, ledger) = folder();
    let place = |name: &str| folder.path().join(name).display().to_string();
    let made = Command::new(openssl)
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", &place("k.pem"), "-out", &place("c.pem")])
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(made.success());
    std::fs::write(folder.path().join("web.yml"), WEB).unwrap();
    let Some(gateway) = Gateway::start(&[&format!("--web.config.file={}", place("web.yml"))]) else { return };
    crate::estate::scan(&serve(small()).await, &ledger, jiff::Timestamp::now()).await;

    let push = |password: &str, trusted: bool| {
        std::fs::write(folder.path().join("password"), password).unwrap();
        let url = format!("https://localhost:{}", gateway.address.port());
        configure(
            folder.path(),
            &format!(
                "publish: {{pushgateway: {{url: {url:?}, username: scanner, password_file: password, attempts: 1}}}}\n"
            ),
        );
        let mut command = program(folder.path());
        if trusted {
            command.env("SSL_CERT_FILE", folder.path().join("c.pem"));
        }
        run(&mut command, &["metrics", "push", "-vv"])
    };
    let right = push("test\n", true);
    assert_eq!(right.code, 0, "{}", right.stderr);
    let wrong = push("hunter2", true);
    assert_eq!(wrong.code, 1);
    assert!(wrong.stderr.contains("status 401") && wrong.stderr.contains("the credentials are missing or wrong"));
    let unknown = push("hunter2", false);
    assert!(unknown.code == 1 && unknown.stderr.contains("cannot be reached"), "{}", unknown.stderr);
    for ended in [right, wrong, unknown] {
        let said = ended.stdout + &ended.stderr;
        assert!(!said.contains("hunter2") && !said.contains("c2Nhbm5lc"), "{said}");
    }
}

/// Answers one connection after the other with these, and keeps the requests.
fn answers(answers: Vec<&'static str>) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&requests);
    std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = vec![0; 4096];
            let length = stream.read(&mut request).unwrap();
            kept.lock().unwrap().push(String::from_utf8_lossy(&request[..length]).into_owned());
            if answer.is_empty() {
                // No answer at all, and no end either.
                std::thread::sleep(Duration::from_secs(20));
            }
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (address, requests)
}

fn gateway_at(address: SocketAddr, limits: Limits) -> Pushgateway {
    let client = Client::new(limits, Credentials::Bearer(Secret::new("token").unwrap()));
    Pushgateway::new(client, &format!("http://{address}"), "plimsoll", &BTreeMap::new())
}

const LIMITS: Limits = Limits {
    connect: Duration::from_secs(2),
    attempt: Duration::from_secs(2),
    total: Duration::from_secs(20),
    attempts: 4,
};
const BUSY: &str = "HTTP/1.1 503 Busy\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
const TAKEN: &str = "HTTP/1.1 202 Accepted\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

#[test]
fn trouble_that_passes_is_waited_for() {
    let (address, requests) = answers(vec![BUSY, BUSY, TAKEN]);
    gateway_at(address, LIMITS).put("a 1\n").unwrap();
    let requests = requests.lock().unwrap();
    assert_eq!(requests.len(), 3);
    for request in requests.iter() {
        let request = request.to_lowercase();
        assert!(request.starts_with("put /metrics/job/plimsoll http/1.1"), "{request}");
        assert!(request.contains("authorization: bearer token") && request.contains("text/plain; version=0.0.4"));
    }
}

#[test]
fn what_is_refused_is_not_tried_again_and_the_reason_is_told() {
    let refusal =
        "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 23\r\n\r\npushed metrics are\nodd\n\n";
    let (address, requests) = answers(vec![refusal, TAKEN]);
    let error = gateway_at(address, LIMITS).post("a 1\n").unwrap_err();
    assert!(matches!(&error, PublishError::Refused { status: 400, .. }), "{error}");
    assert!(error.to_string().ends_with("with status 400: pushed metrics are odd"), "{error}");
    assert_eq!(requests.lock().unwrap().len(), 1);
}

#[test]
fn credentials_are_not_taken_to_another_address() {
    let (other, elsewhere) = answers(vec![TAKEN]);
    let redirect =
        format!("HTTP/1.1 307 Moved\r\nlocation: http://{other}/\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    let (address, _) = answers(vec![redirect.leak()]);
    let error = gateway_at(address, LIMITS).put("a 1\n").unwrap_err();
    assert!(matches!(&error, PublishError::Refused { status: 307, .. }), "{error}");
    assert!(elsewhere.lock().unwrap().is_empty());
}

#[test]
fn an_answer_that_does_not_come_ends_with_the_time_limit() {
    let (address, _) = answers(vec!["", ""]);
    let limits = Limits { attempt: Duration::from_millis(200), total: Duration::from_millis(300), ..LIMITS };
    let error = gateway_at(address, limits).put("a 1\n").unwrap_err();
    assert!(matches!(&error, PublishError::Unreachable { attempts: 1, .. }), "{error}");
}

#[test]
fn what_does_not_fit_together_is_a_fault_of_the_configuration() {
    let (folder, _) = folder();
    let faults = |pushgateway: &str| {
        configure(folder.path(), &format!("publish: {{pushgateway: {{{pushgateway}}}}}\n"));
        let checked = run(&mut program(folder.path()), &["config", "check"]);
        (checked.code, checked.stdout + &checked.stderr)
    };
    assert_eq!(faults("url: 'https://g:9091/push', labels: {scope: prod, instance: a}").0, 0);
    for (pushgateway, said) in [
        ("labels: {rule: a}", "metrics have a label rule themselves"),
        ("labels: {slo: a}", "metrics have a label slo themselves"),
        ("labels: {le: a}", "metrics have a label le themselves"),
        ("labels: {job: a}", "the job has a key of its own"),
        ("labels: {a-b: a}", "is not a label"),
        ("labels: {__a: a}", "is not a label"),
        ("url: gateway", "begins with http:// or https://"),
        ("url: 'http://u:hunter2@g'", "do not belong in the address"),
        ("url: 'http://'", "not an address"),
        ("username: me", "there is no password"),
        ("password_file: p", "there is no username"),
        ("username: me, password_file: p, token_file: t", "are two credentials"),
        ("attempts: 0", "is not between 1 and 10"),
        ("timeout: 1s", "which it must hold"),
        ("connect_timeout: 0s", "nothing is reached in no time"),
    ] {
        let (code, text) = faults(pushgateway);
        assert!(code == 2 && text.contains(said), "{pushgateway}: {code} {text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
    configure(folder.path(), "publish: {file: page.txt}\n");
    let checked = run(&mut program(folder.path()), &["config", "check"]);
    assert!(checked.code == 2 && (checked.stdout + &checked.stderr).contains("ends in .prom"));
}

#[test]
fn the_cost_of_a_page_is_told_and_what_the_limit_would_fold() {
    let (folder, _) = folder();
    let estimate =
        |arguments: &[&str]| run(&mut program(folder.path()), &[&["metrics", "estimate"], arguments].concat());
    let small = estimate(&["--accounts", "10", "--rules", "100", "--slos", "5"]);
    assert_eq!(small.code, 0, "{}", small.stderr);
    for said in ["10 accounts, 17 regions, 100 rules, 5 objectives", "  plimsoll_account_resources", "for 28 days"] {
        assert!(small.stdout.contains(said), "{said} in {}", small.stdout);
    }
    assert!(!small.stdout.contains("past the limit"));
    let large = estimate(&["--accounts", "5000"]);
    assert!(large.stdout.contains("label sets are past the limit"), "{}", large.stdout);
    let json: serde_json::Value =
        serde_json::from_str(&estimate(&["--accounts", "1", "--format", "json"]).stdout).unwrap();
    assert!(json["series"].as_u64().unwrap() > 100 && json["size"]["rules"].as_u64().unwrap() > 100, "{json}");
    assert_eq!(estimate(&["--accounts", "0"]).code, 2);
}
