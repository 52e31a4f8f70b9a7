//! The rules under the real OPA: they hold no private functions, and it reads them as we do.
//!
//! OPA comes as a shared library from PyPI, fetched once into `target/opa` by `tests/opa/rules.py`,
//! which needs python3 with pip. Where that fails the test says NOT TESTED; where `CI` is set it
//! fails.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use plimsoll::rules::{Pack, Parameters, testing};
use serde_json::{Value, json};

/// What the script says; `None` when it cannot run.
#[expect(clippy::print_stderr, reason = "what is not tested has to be said")]
fn under_opa(request: &Value) -> Option<Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let run = || -> std::io::Result<std::process::Output> {
        let mut script = Command::new("python3")
            .arg(root.join("tests/opa/rules.py"))
            .arg(root.join("target/opa"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut input = script.stdin.take().unwrap();
        // A script that ends early closes its input; what it says tells why.
        let _ = input.write_all(request.to_string().as_bytes());
        drop(input);
        script.wait_with_output()
    };
    let problem = match run() {
        Ok(output) if output.status.success() => return Some(serde_json::from_slice(&output.stdout).unwrap()),
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => format!("python3: {error}"),
    };
    let message = format!("OPA could not be fetched from PyPI, or does not run here: {problem}");
    assert!(std::env::var_os("CI").is_none(), "{message}");
    eprintln!("\n    NOT TESTED: {message}\n");
    None
}

#[test]
#[expect(clippy::print_stderr, reason = "the counts are for people to look at")]
fn the_rules_and_their_tests_say_the_same_under_opa() {
    let pack = Pack::embedded(&Parameters::default()).unwrap();
    let cases = testing::asked(&pack).unwrap();
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let Some(said) = under_opa(&json!({"rules": rules, "cases": cases})) else { return };
    let wrong: Vec<&str> = said["wrong"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    let tests = said["tests"].as_u64().unwrap();
    assert!(tests >= pack.rules.len() as u64, "each rule has test_ rules, which OPA runs: {tests}");
    assert_eq!(said["cases"], cases.len());
    eprintln!("OPA: {tests} tests and {} cases of {} rules", cases.len(), pack.rules.len());
}

/// A difference is seen: the script is no rubber stamp.
#[test]
fn opa_s_own_answer_is_what_is_compared() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let input = json!({"resource": {"facts": {"plain_http_denied": {"value": true}}}, "now": "2026-11-22T00:00:00Z"});
    let case = json!({
        "file": "f", "line": 1, "name": "n", "query": "data.aws.s3.tls_only.deny", "input": input,
        "denied": [{"message": "m", "path": ["facts", "plain_http_denied"]}],
    });
    let Some(said) = under_opa(&json!({"rules": rules, "cases": [case]})) else { return };
    assert_eq!(said["wrong"].as_array().unwrap().len(), 1, "{said}");
    assert!(said["wrong"][0].as_str().unwrap().starts_with("f:1: n\n  OPA denies []"), "{said}");
}
