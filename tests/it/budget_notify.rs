//! Who is told of transitions: a real HTTP server on loopback, a real program, and a ledger that says
//! who was not.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use plimsoll::budgets::settle;
use serde_json::{Value, json};

use crate::budget_lab::{Past, config};
use crate::estate::{program_on, run_beside, serve, small};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
const ERROR: &str = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 6\r\nConnection: close\r\n\r\nbroken";
/// No answer, for longer than anybody waits.
const SLOW: &str = "";

/// What was posted: the head of the request and its body.
type Posted = Arc<Mutex<Vec<(String, Value)>>>;

/// Answers one request after the other with these, the last of them for ever, and keeps what was posted.
fn receiver(answers: &'static [&'static str]) -> (SocketAddr, Posted) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let posted = Posted::default();
    let kept = Arc::clone(&posted);
    std::thread::spawn(move || {
        for number in 0.. {
            let Ok((stream, _)) = listener.accept() else { return };
            let answer = answers[number.min(answers.len() - 1)];
            let kept = Arc::clone(&kept);
            std::thread::spawn(move || answer_one(stream, answer, &kept));
        }
    });
    (address, posted)
}

fn answer_one(mut stream: std::net::TcpStream, answer: &str, kept: &Posted) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length: ") {
            length = value.trim().parse().unwrap();
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    kept.lock().unwrap().push((head, serde_json::from_slice(&body).unwrap()));
    if answer == SLOW {
        std::thread::sleep(Duration::from_mins(1));
    }
    let _ = stream.write_all(answer.as_bytes());
}

/// A ledger whose objective has just been found frozen, with these who are to be told of it.
async fn frozen(notify: &str) -> Past {
    let policy = format!("  notify:\n{notify}");
    let past = Past::failing(60, &policy).await;
    let config = config(&policy);
    let last = past.lab.ledger.last_scan().await.unwrap().unwrap().standing.at;
    let (slos, targets) = (config.slos(), config.budget_policy.targets());
    settle(&past.lab.ledger, &slos, &config.budget_policy.policy(), &targets, last).await.unwrap();
    past
}

/// What became of each, latest first: state, tries, and trouble.
fn told(past: &Past, more: &[&str]) -> Vec<(String, u64, String)> {
    let (code, list) = past.json(&[&["budget", "notifications"], more].concat());
    assert_eq!(code, 0, "{list}");
    let one = |one: &Value| {
        let error = one["error"].as_str().unwrap_or_default().to_owned();
        (one["state"].as_str().unwrap().to_owned(), one["attempts"].as_u64().unwrap(), error)
    };
    list["notifications"].as_array().unwrap().iter().map(one).collect()
}

/// Lets what is due be told, as after a scan.
fn deliver(past: &Past) {
    assert_eq!(past.ask(&["budget", "notifications", "--retry"]).code, 0);
}

#[tokio::test]
async fn a_webhook_is_told_of_each_transition_in_its_order() {
    let (address, posted) = receiver(&[OK]);
    let past =
        frozen(&format!("    - {{name: ops, webhook: {{url: 'http://{address}/hook', token_variable: TOKEN}}}}\n"))
            .await;
    let mut command = crate::estate::program(past.folder.path());
    let ledger = past.lab.home.argument();
    let ended = crate::estate::run(
        command.env("TOKEN", "hunter2"),
        &["budget", "notifications", "--retry", "-vv", "--ledger", &ledger],
    );
    assert!(ended.code == 0 && !ended.stderr.contains("hunter2"), "{}", ended.stderr);
    let posted = posted.lock().unwrap();
    let actions: Vec<&Value> = posted.iter().map(|(_, body)| &body["action"]).collect();
    assert_eq!(actions, ["warn", "require_approval", "freeze"]);
    let (head, body) = &posted[2];
    assert!(head.starts_with("POST /hook HTTP/1.1\r\n"), "{head}");
    assert!(head.to_lowercase().contains("content-type: application/json"), "{head}");
    assert!(head.contains("Bearer hunter2"), "{head}");
    assert_eq!(
        (&body["format"], &body["event"], &body["objective"]),
        (&json!(1), &json!("began"), &json!("resources-high"))
    );
    assert!(body["transition"].is_i64() && body["at"].is_string() && body["cause"]["type"] == "remaining", "{body}");
    let text = "resources-high: freeze began, as -20.0 % of the budget is left; the threshold is 0.0 %";
    assert_eq!(body["text"], text);
    drop(posted);
    assert!(told(&past, &[]).iter().all(|(state, attempts, _)| state == "sent" && *attempts == 1));
}

#[tokio::test]
async fn slack_is_told_in_its_own_form_and_the_address_stays_secret() {
    let (address, posted) = receiver(&[ERROR, OK]);
    let past = frozen("    - {name: chat, slack: {url_file: hook}, actions: [freeze]}\n").await;
    std::fs::write(past.folder.path().join("hook"), format!("http://{address}/services/hunter2\n")).unwrap();
    let ended = past.ask(&["budget", "notifications", "--retry", "-vv"]);
    assert!(!format!("{}{}", ended.stdout, ended.stderr).contains("hunter2"), "{}", ended.stderr);
    let posted = posted.lock().unwrap();
    assert_eq!(posted.len(), 2, "an error is tried again");
    let text = "plimsoll: resources-high: freeze began, as -20.0 % of the budget is left; the threshold is 0.0 %";
    assert_eq!(posted[1].1, json!({"text": text}), "and of nothing but the freeze");
    drop(posted);
    assert_eq!(told(&past, &[]), [("sent".to_owned(), 2, String::new())]);
}

#[tokio::test]
async fn who_cannot_be_told_is_given_up_after_the_last_try_and_told_on_request() {
    let (address, posted) = receiver(&[ERROR, ERROR, ERROR, ERROR, OK]);
    let notify =
        format!("    - {{name: ops, webhook: {{url: 'http://{address}/'}}, actions: [freeze], attempts: 4}}\n");
    let past = frozen(&notify).await;
    deliver(&past);
    let trouble = "it answers with status 500: broken".to_owned();
    assert_eq!(told(&past, &[]), [("pending".to_owned(), 3, trouble.clone())], "three tries after one scan");
    deliver(&past);
    assert_eq!(posted.lock().unwrap().len(), 3, "not at once again");
    past.lab.home.tamper("UPDATE notifications SET at = at - 60000").await;
    deliver(&past);
    let dead = ("given_up".to_owned(), 4, trouble);
    assert_eq!(told(&past, &["--dead"]), [dead]);
    let listed = past.ask(&["budget", "notifications", "--dead"]).stdout;
    assert!(listed.contains("given up") && listed.contains("ops") && listed.contains("4 tries"), "{listed}");
    deliver(&past);
    assert_eq!(told(&past, &[]), [("sent".to_owned(), 1, String::new())], "on request it is tried anew");
    assert_eq!(told(&past, &["--dead"]), []);
    assert_eq!(posted.lock().unwrap().len(), 5);
}

#[tokio::test]
async fn a_program_is_told_and_has_a_time_limit() {
    let past = frozen(
        "    - {name: page, command: [sh, -c, 'cat > told.json'], actions: [freeze]}\n    - {name: slow, command: \
         [sh, -c, 'exec sleep 60'], actions: [freeze], time_limit: 1s, attempts: 1}\n    - {name: gone, command: \
         [/nowhere/at/all], actions: [freeze], attempts: 1}\n",
    )
    .await;
    deliver(&past);
    let document: Value =
        serde_json::from_str(&std::fs::read_to_string(past.folder.path().join("told.json")).unwrap()).unwrap();
    assert_eq!((&document["action"], &document["event"]), (&json!("freeze"), &json!("began")));
    let told = told(&past, &[]);
    let states: Vec<&str> = told.iter().map(|(state, _, _)| state.as_str()).collect();
    assert_eq!(states, ["given_up", "given_up", "sent"], "{told:?}");
    assert!(told[0].2.contains("cannot be started") && told[1].2.contains("did not end in 1 s"), "{told:?}");
}

#[tokio::test]
async fn who_is_not_in_the_configuration_any_more_or_has_no_secret_is_not_told() {
    let past = frozen(
        "    - {name: a, command: ['true'], actions: [freeze]}\n    - {name: b, webhook: {url_variable: NOT_SET}, \
         actions: [freeze], attempts: 1}\n",
    )
    .await;
    past.configure("  notify:\n    - {name: b, webhook: {url_variable: NOT_SET}, actions: [freeze], attempts: 1}\n");
    deliver(&past);
    let told = told(&past, &["--dead"]);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].2.contains("NOT_SET is not set") && told[1].2.contains("does not name this target"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_tells_what_it_finds_and_a_receiver_that_hangs_changes_no_verdict() {
    let (well, posted) = receiver(&[OK]);
    let (hangs, _) = receiver(&[SLOW]);
    let simulator = serve(small()).await;
    let policy = format!(
        "  notify:\n    - {{name: well, webhook: {{url: 'http://{well}/'}}, actions: [freeze]}}\n    - {{name: hangs, \
         webhook: {{url: 'http://{hangs}/'}}, time_limit: 1s}}\n"
    );
    let past = Past::failing(60, &policy).await;
    let ledger = past.lab.home.argument();
    let scan = async || run_beside(program_on(&simulator, past.folder.path()), &["scan", "--ledger", &ledger]).await;
    let scanned = scan().await;
    assert!([0, 10].contains(&scanned.code), "{}", scanned.stderr);
    assert_eq!(posted.lock().unwrap().iter().map(|(_, body)| &body["action"]).collect::<Vec<_>>(), ["freeze"]);
    assert!(scanned.stderr.contains("nobody was told of a transition"), "{}", scanned.stderr);
    let pending: Vec<(String, u64, String)> =
        told(&past, &[]).into_iter().filter(|(state, _, _)| state == "pending").collect();
    assert_eq!(pending.len(), 3);
    assert_eq!(pending.iter().map(|(_, attempts, _)| *attempts).collect::<Vec<_>>(), [0, 0, 3], "one behind the other");
    assert_eq!(past.ask(&["gate"]).code, 13, "and the gate knows");
    let again = scan().await;
    assert_eq!(again.code, scanned.code);
    assert_eq!(posted.lock().unwrap().len(), 1, "who was told is not told again");
}
