//! What `plimsoll gate` prints for other programs, read by other people's readers: SARIF by its
//! schema, JUnit by junitparser, Markdown by GitHub's renderer, and `deploy/` by the schemas of
//! those who run it.
//!
//! The readers come from PyPI and npm, fetched once into `target/readers` by
//! `tests/readers/read.py`. Where that fails a test says NOT TESTED; where `CI` is set it fails.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::estate::{Ended, folder, program, run};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Asks the readers; `None` when they cannot be had.
#[expect(clippy::print_stderr, reason = "what is not tested has to be said")]
fn readers(asked: &Value) -> Option<Value> {
    let run = || -> std::io::Result<std::process::Output> {
        let mut script = Command::new("python3")
            .arg(root().join("tests/readers/read.py"))
            .arg(root().join("target/readers"))
            .current_dir(root())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut input = script.stdin.take().unwrap();
        // A script that ends early closes its input; what it says tells why.
        let _ = input.write_all(asked.to_string().as_bytes());
        drop(input);
        script.wait_with_output()
    };
    let problem = match run() {
        Ok(output) if output.status.success() => return Some(serde_json::from_slice(&output.stdout).unwrap()),
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => format!("python3: {error}"),
    };
    let message = format!("the readers could not be fetched from PyPI and npm, or do not run here: {problem}");
    assert!(std::env::var_os("CI").is_none(), "{message}");
    eprintln!("\n    NOT TESTED: {message}\n");
    None
}

/// The gate on a fixture, run at the root of the repository.
fn gate(fixture: &str, more: &[&str]) -> Ended {
    let plan = format!("terraform-fixtures/{fixture}/plan.json");
    run(&mut program(root()), &[&["gate", plan.as_str()], more].concat())
}

fn gate_with_source(fixture: &str, output: &str) -> Ended {
    gate(fixture, &["--output", output, "--source", &format!("terraform-fixtures/{fixture}")])
}

/// The gate on a plan of our own making.
fn gate_on(plan: &Value, output: &str) -> Ended {
    let (folder, _) = folder();
    std::fs::write(folder.path().join("plan.json"), plan.to_string()).unwrap();
    run(&mut program(folder.path()), &["gate", "plan.json", "--output", output])
}

fn fixture(name: &str) -> Value {
    let file = root().join("terraform-fixtures").join(name).join("plan.json");
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// A security group that is open to the world, once for each key.
fn open_groups(keys: impl IntoIterator<Item = String>) -> Value {
    let mut plan = fixture("security_group_inline_world_ssh");
    let changes = plan["resource_changes"].as_array_mut().unwrap();
    let at = changes.iter().position(|change| change["address"] == "aws_security_group.bastion").unwrap();
    let group = changes.remove(at);
    for key in keys {
        let mut group = group.clone();
        group["address"] = json!(format!("aws_security_group.bastion[{}]", json!(key)));
        group["index"] = json!(key);
        changes.push(group);
    }
    plan
}

const HOSTILE: [&str; 8] = [
    "a | b | c",
    "</code></details><img src=x onerror=alert(1)><script>",
    "@octocat @nordwind/admins #1 GH-12",
    "[click](https://evil.example/) www.evil.example mail@evil.example",
    "line\r\n::error::forged\n##[add-mask]x\n| row |",
    "`tick` ``` ~~~ **bold** _under_ $x$ \\| \\",
    "<!-- plimsoll-gate -->",
    "100%25 a,b:c::d",
];

fn hostile() -> Value {
    open_groups(HOSTILE.map(str::to_owned))
}

/// Line of a resource's block in a file of the fixtures.
fn line_of(file: &str, header: &str) -> u64 {
    let text = std::fs::read_to_string(root().join("terraform-fixtures").join(file)).unwrap();
    u64::try_from(text.lines().position(|line| line.starts_with(header)).unwrap()).unwrap() + 1
}

#[test]
fn sarif_is_valid_by_its_schema() {
    let mut logs = Vec::new();
    for name in ["public_bucket_by_policy", "module_instances", "targeted", "moved_and_forgotten"] {
        logs.push((name, gate(name, &["--output", "sarif"]).stdout));
        logs.push((name, gate_with_source(name, "sarif").stdout));
    }
    logs.push(("hostile", gate_on(&hostile(), "sarif").stdout));
    let (folder, scan) = empty_scan();
    logs.push(("filled", gate("module_instances", &["--output", "sarif", "--snapshot", &scan]).stdout));
    drop(folder);
    for (name, log) in logs {
        let log: Value = serde_json::from_str(&log).unwrap();
        assert!(!log["runs"][0]["results"].as_array().unwrap().is_empty(), "{name}");
        let Some(said) = readers(&json!({"sarif": log})) else { return };
        assert_eq!(said["sarif"], json!([]), "{name}");
    }
    let mut broken: Value = serde_json::from_str(&gate("targeted", &["--output", "sarif"]).stdout).unwrap();
    broken["runs"][0]["results"][0]["level"] = json!("terrible");
    let said = readers(&json!({"sarif": broken})).unwrap();
    assert_ne!(said["sarif"], json!([]), "the schema is no rubber stamp");
}

#[test]
fn a_log_of_a_plan_that_does_not_tell_everything_is_no_success() {
    let invocation = |name: &str| {
        let log: Value = serde_json::from_str(&gate(name, &["--output", "sarif"]).stdout).unwrap();
        log["runs"][0]["invocations"][0].clone()
    };
    assert_eq!(invocation("private_bucket_defaults")["executionSuccessful"], true);
    let partial = invocation("refresh_only");
    assert_eq!(partial["executionSuccessful"], false);
    assert!(partial.to_string().contains("-refresh-only"), "{partial}");
}

/// The gate on a fixture in every output that has room for more than findings.
fn outputs(name: &str, more: &[&str]) -> Vec<(&'static str, String)> {
    let all = ["table", "json", "sarif", "junit", "github", "markdown"];
    all.map(|output| (output, gate(name, &[&["--output", output], more].concat()).stdout)).to_vec()
}

/// A text as it is written, without the breaks of lines and words.
fn plain(output: &str, text: &str) -> String {
    let text = text.replace("%0A", "\n").replace("&quot;", "\"").replace("&#34;", "\"").replace("<wbr>", "");
    let text = text.replace("&#95;", "_").replace("&#58;", ":").replace("&#46;", ".");
    let text = if output == "markdown" { text.replace("<code>", "").replace("</code>", "") } else { text };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_output_says_why_the_exit_code_is_what_it_is_and_what_denies() {
    let makes = "failures of severity high or worse that the plan makes";
    for (name, more, said) in [
        ("public_bucket_by_policy", &[][..], ["xit code 10: ", makes]),
        ("private_bucket_defaults", &[], ["xit code 0: no finding denies", makes]),
        ("refresh_only", &[], ["xit code 3: no finding denies, but the plan does not tell everything", makes]),
        (
            "unchanged_after_apply",
            &["--all", "--fail-on", "low"],
            ["xit code 10: ", "failures of severity low or worse, old and new"],
        ),
        (
            "jsonencode_unknown_policy",
            &["--new-only", "--deny-unknown", "--fail-on", "critical"],
            ["xit code 0: ", "failures and unknowns of severity critical that the plan makes or touches"],
        ),
        ("sensitive_policy", &["--fail-on", "none"], ["xit code 0: no finding denies", "hat denies: nothing"]),
    ] {
        for (output, text) in outputs(name, more) {
            let text = plain(output, &text);
            let structured = ["json", "sarif", "junit"].contains(&output);
            for said in said {
                let said = if structured { said.trim_start_matches("hat denies: ") } else { said };
                let in_json = output == "json" && !said.starts_with("xit code");
                assert!(in_json || text.contains(said), "{name} {output}: {said:?} is not in {text}");
            }
        }
    }
    let report: Value = serde_json::from_str(&gate("unchanged_after_apply", &["--all", "-o", "json"]).stdout).unwrap();
    assert_eq!(report["policy"], json!({"fail_on": "high", "failures": "all", "unknown": "list"}));
    assert_eq!(report["exit_code"], 0);
}

#[test]
fn every_output_says_each_reason_why_a_plan_is_incomplete() {
    for name in ["refresh_only", "targeted", "errored"] {
        let report: Value = serde_json::from_str(&gate(name, &["-o", "json"]).stdout).unwrap();
        for reason in report["incomplete"].as_array().unwrap() {
            let words: Vec<&str> = reason.as_str().unwrap().split(['-', '(', ')']).next().unwrap().split(' ').collect();
            for (output, text) in outputs(name, &[]) {
                let text = plain(output, &text);
                assert!(text.contains(words.join(" ").trim()), "{name} {output}: {words:?} is not in {text}");
            }
        }
    }
}

/// A scan that saw nothing, in `live.json`.
fn empty_scan() -> (tempfile::TempDir, String) {
    let (folder, _) = folder();
    let scan = folder.path().join("live.json");
    let snapshot = plimsoll::model::Snapshot::empty("2026-11-22T13:00:00Z".parse().unwrap());
    plimsoll::source::file::write(&scan, &snapshot).unwrap();
    let scan = scan.to_str().unwrap().to_owned();
    (folder, scan)
}

#[test]
fn every_output_says_from_which_scan_the_plan_was_filled() {
    let (_folder, scan) = empty_scan();
    for (output, text) in outputs("vpc_that_exists", &["--snapshot", &scan]) {
        let text = plain(output, &text);
        assert!(text.contains("live.json"), "{output}: {text}");
        let when = if ["table", "json"].contains(&output) { "2026-11-22T13:00:00Z" } else { "2026-11-22 13:00 UTC" };
        let when = when.split(' ').next().unwrap();
        assert!(text.contains(when), "{output}: {text}");
        let note = "is not in the scan";
        assert!(text.contains(note), "{output}: {note:?} is not in {text}");
    }
}

/// What unknown evaluations wait for is said once for all of them, with what would tell it.
#[test]
fn causes_of_what_is_unknown_are_counted_in_every_output() {
    let name = "jsonencode_unknown_policy";
    let report: Value = serde_json::from_str(&gate(name, &["-o", "json"]).stdout).unwrap();
    let unknown = |finding: &&Value| finding["effect"] == "unknown" || finding["effect"] == "exposed";
    let count = report["findings"].as_array().unwrap().iter().filter(unknown).count();
    assert_eq!(
        report["unknown_by_cause"],
        json!([
            {"cause": "policy of AWS::S3::Bucket", "told_by": "apply", "evaluations": count, "resources": 1},
            {"cause": "list of AWS::CloudTrail::Trail", "told_by": "account", "evaluations": 1, "resources": 1},
        ])
    );
    for (output, text) in outputs(name, &[]).into_iter().filter(|(output, _)| *output != "json") {
        let text = plain(output, &text);
        assert!(text.contains("policy of AWS::S3::Bucket"), "{output}: {text}");
        if output != "sarif" {
            assert!(text.contains(&format!("{count} evaluations of 1 resource")), "{output}: {text}");
            assert!(text.contains("known after apply"), "{output}: {text}");
        }
    }
    // Rules that wait for the same are told together.
    let table = gate(name, &[]).stdout;
    assert_eq!(table.matches("waits for /configuration/policy").count(), 2, "{table}");
    let notices = gate(name, &["-o", "github"]).stdout;
    assert_eq!(notices.matches("::notice ").count(), 3, "{notices}");
}

#[test]
fn what_is_unknown_and_stays_so_is_counted_and_not_listed() {
    let name = "refresh_only";
    let report: Value = serde_json::from_str(&gate(name, &["-o", "json"]).stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let still: Vec<&Value> =
        findings.iter().filter(|finding| finding["effect"] == "unknown" && finding["touched"] == false).collect();
    assert!(!still.is_empty(), "{report}");
    let rule = still[0]["rule"].as_str().unwrap();
    for output in ["table", "markdown", "github"] {
        let text = gate(name, &["-o", output]).stdout;
        assert!(!text.contains(rule), "{output}: {text}");
        assert!(plain(output, &text).contains("1 unknown evaluation is of resources that the plan does not change"));
    }
    assert!(gate(name, &["-o", "sarif"]).stdout.contains(rule));
}

#[test]
fn places_are_file_and_line_of_the_block_with_source_and_the_plan_without() {
    let place = |name: &str, source: bool, address: &str| -> Value {
        let ended = if source { gate_with_source(name, "sarif") } else { gate(name, &["--output", "sarif"]) };
        let log: Value = serde_json::from_str(&ended.stdout).unwrap();
        let results = log["runs"][0]["results"].as_array().unwrap();
        let location = |result: &Value| result["locations"][0].clone();
        let named = |location: &Value| location["logicalLocations"][0]["fullyQualifiedName"] == address;
        let found = results.iter().map(location).find(named).unwrap_or_else(|| panic!("{address}: {log}"));
        let physical = &found["physicalLocation"];
        json!([physical["artifactLocation"]["uri"], physical["region"]["startLine"]])
    };
    let group = "aws_security_group.bastion";
    let ssh = "security_group_inline_world_ssh";
    let line = line_of(&format!("{ssh}/main.tf"), r#"resource "aws_security_group" "bastion""#);
    assert_eq!(place(ssh, true, group), json!([format!("terraform-fixtures/{ssh}/main.tf"), line]));
    assert_eq!(place(ssh, false, group), json!([format!("terraform-fixtures/{ssh}/plan.json"), 1]));
    let line = line_of("module_instances/store/main.tf", r#"resource "aws_s3_bucket" "this""#);
    let bucket = r#"module.store["a.b"].aws_s3_bucket.this"#;
    let expected = json!(["terraform-fixtures/module_instances/store/main.tf", line]);
    assert_eq!(place("module_instances", true, bucket), expected);
}

/// A module from elsewhere has no files here: its call is what a person can change.
#[test]
fn a_resource_in_a_module_from_elsewhere_stands_where_the_module_is_called() {
    let mut plan = fixture("module_instances");
    plan["configuration"]["root_module"]["module_calls"]["store"]["source"] = json!("registry/store/aws");
    let (folder, _) = folder();
    std::fs::write(folder.path().join("plan.json"), plan.to_string()).unwrap();
    let main = root().join("terraform-fixtures/module_instances/main.tf");
    std::fs::copy(main, folder.path().join("main.tf")).unwrap();
    let ended = run(&mut program(folder.path()), &["gate", "plan.json", "--source", ".", "-o", "gitlab"]);
    let issues: Vec<Value> = serde_json::from_str(&ended.stdout).unwrap();
    let bucket = issues.iter().find(|issue| issue["description"].to_string().contains("aws_s3_bucket.this")).unwrap();
    let line = line_of("module_instances/main.tf", r#"module "store""#);
    assert_eq!(bucket["location"], json!({"path": "main.tf", "lines": {"begin": line}}));
}

#[test]
fn a_source_that_is_no_folder_is_an_error() {
    let ended = gate("private_bucket_defaults", &["--source", "no/such/folder"]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(ended.stderr.contains("no/such/folder") && ended.stderr.contains("--source"), "{}", ended.stderr);
}

#[test]
fn junit_is_read_as_the_decision_says() {
    for name in ["public_bucket_by_policy", "targeted", "jsonencode_unknown_policy"] {
        let decision: Value = serde_json::from_str(&gate(name, &["--output", "json"]).stdout).unwrap();
        let count = |wanted: &dyn Fn(&Value) -> bool| {
            decision["findings"].as_array().unwrap().iter().filter(|finding| wanted(finding)).count()
        };
        let gone = |finding: &Value| finding["effect"] == "fixed" || finding["effect"] == "deleted";
        let reasons = decision["incomplete"].as_array().unwrap().len();
        let Some(said) = readers(&json!({"junit": gate(name, &["--output", "junit"]).stdout})) else { return };
        let junit = &said["junit"];
        assert_eq!(junit["failures"], count(&|finding| finding["denies"] == true), "{name}");
        assert_eq!(junit["errors"], reasons, "{name}");
        assert_eq!(junit["tests"], count(&|finding| !gone(finding)) + reasons.max(1), "{name}");
        let cases: Vec<&Value> =
            junit["suites"].as_array().unwrap().iter().flat_map(|suite| suite["cases"].as_array().unwrap()).collect();
        assert_eq!(junit["tests"], cases.len(), "{name}");
        let failed = cases.iter().filter(|case| case["results"][0]["kind"] == "Failure").count();
        assert_eq!(junit["failures"], failed, "{name}");
        let plan = &junit["suites"][0];
        assert_eq!(plan["name"], "plan", "{name}");
        let told = |wanted: &str| plan["properties"].as_array().unwrap().iter().any(|one| one[0] == wanted);
        assert!(told("outcome") && told("denies") && told("indicator"), "{name}: {plan}");
        assert!(plan["properties"].as_array().unwrap().contains(&json!(["why", decision["why"]])), "{name}: {plan}");
        assert_eq!(told("unknown"), decision["unknown_by_cause"] != json!([]), "{name}: {plan}");
    }
    let Some(said) = readers(&json!({"junit": gate_on(&hostile(), "junit").stdout})) else { return };
    let names = said["junit"].to_string();
    assert!(names.contains("<script>") && names.contains("@octocat"), "{names}");
}

/// A workflow command as the runner reads it: command, properties, message.
fn command(line: &str) -> Option<(String, BTreeMap<String, String>, String)> {
    let unescape = |text: &str, pairs: &[(&str, &str)]| {
        pairs.iter().fold(text.to_owned(), |text, (escaped, letter)| text.replace(escaped, letter))
    };
    let (information, data) = line.trim_start().strip_prefix("::")?.split_once("::")?;
    let (name, properties) = information.split_once(' ').unwrap_or((information, ""));
    let message = [("%0D", "\r"), ("%0A", "\n"), ("%25", "%")];
    let property = [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")];
    let properties = properties.split(',').filter_map(|pair| pair.split_once('='));
    let properties = properties.map(|(key, value)| (key.to_owned(), unescape(value, &property))).collect();
    Some((name.to_owned(), properties, unescape(data, &message)))
}

#[test]
fn annotations_name_file_line_and_what_to_do() {
    let ended = gate_with_source("security_group_inline_world_ssh", "github");
    assert_eq!(ended.code, 10);
    let commands: Vec<_> = ended.stdout.lines().map(|line| command(line).unwrap()).collect();
    let (name, properties, message) = &commands[0];
    let line = line_of("security_group_inline_world_ssh/main.tf", r#"resource "aws_security_group" "bastion""#);
    assert_eq!(name, "error");
    assert_eq!(properties["file"], "terraform-fixtures/security_group_inline_world_ssh/main.tf");
    assert_eq!(properties["line"], line.to_string());
    assert!(message.starts_with("aws_security_group.bastion: "), "{message}");
    let levels: Vec<&str> = commands.iter().map(|(name, ..)| name.as_str()).collect();
    let ranks =
        levels.iter().map(|level| ["error", "warning", "notice"].iter().position(|name| name == level).unwrap());
    assert!(ranks.is_sorted(), "{levels:?}");
    let (_, last, answer) = commands.last().unwrap();
    assert_eq!(last["title"], "plimsoll: denied");
    assert!(answer.contains("new failure") && answer.contains("indicator over the plan"), "{answer}");
}

#[test]
fn no_more_annotations_than_github_shows_and_none_is_forged() {
    let keys = HOSTILE.iter().copied().map(str::to_owned).chain((0..30).map(|number| format!("k{number}")));
    let ended = gate_on(&open_groups(keys), "github");
    assert_eq!(ended.code, 10);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut listed = 0;
    for line in ended.stdout.lines() {
        if let Some((name, _, message)) = command(line) {
            assert!(["error", "warning", "notice", "group", "endgroup"].contains(&name.as_str()), "{line}");
            assert!(message != "forged", "{line}");
            *counts.entry(name).or_default() += 1;
        } else {
            assert!(!line.is_empty() && !line.contains("##["), "{line}");
            listed += 1;
        }
    }
    assert_eq!(counts["error"], 10, "{}", ended.stdout);
    assert!(counts.values().all(|count| *count <= 10), "{counts:?}");
    let denying = 38;
    assert!(ended.stdout.lines().filter(|line| line.starts_with("error ")).count() >= denying - 9, "{}", ended.stdout);
    assert!(ended.stdout.contains(&format!("::group::{listed} more\n")), "{}", ended.stdout);
}

#[test]
fn an_incomplete_plan_is_an_error_for_every_reader() {
    assert!(gate("refresh_only", &["-o", "github"]).stdout.starts_with("::error title=plimsoll%3A the plan does not"));
    let first = gate("refresh_only", &["-o", "markdown"]).stdout;
    assert!(first.starts_with("### ⚠️ plimsoll gate: no answer, the plan is incomplete\n"), "{first}");
    let issues: Value = serde_json::from_str(&gate("refresh_only", &["-o", "gitlab"]).stdout).unwrap();
    assert_eq!((&issues[0]["check_name"], &issues[0]["severity"]), (&json!("plan-is-complete"), &json!("blocker")));
}

#[test]
fn gitlab_has_what_it_asks_for_and_a_fingerprint_does_not_depend_on_the_message() {
    let ended = gate_with_source("module_instances", "gitlab");
    let issues: Vec<Value> = serde_json::from_str(&ended.stdout).unwrap();
    let mut fingerprints = BTreeSet::new();
    for issue in &issues {
        let severity = issue["severity"].as_str().unwrap();
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&severity), "{issue}");
        for text in ["description", "check_name"] {
            assert!(!issue[text].as_str().unwrap().is_empty(), "{issue}");
        }
        let path = issue["location"]["path"].as_str().unwrap();
        assert!(root().join(path).is_file(), "{issue}");
        assert!(issue["location"]["lines"]["begin"].as_u64().unwrap() >= 1, "{issue}");
        assert!(fingerprints.insert(issue["fingerprint"].as_str().unwrap().to_owned()), "twice: {issue}");
    }
    assert!(issues.len() > 4);
    // Open to fewer addresses: another message, the same rule on the same resource.
    let open_to = |addresses: &str| {
        let plan = fixture("security_group_inline_world_ssh").to_string().replace("::/0", addresses);
        let issues = gate_on(&serde_json::from_str(&plan).unwrap(), "gitlab").stdout;
        let issues: Vec<Value> = serde_json::from_str(&issues).unwrap();
        let ssh = issues.into_iter().find(|issue| issue["check_name"] == "aws-ec2-ssh-closed-to-world").unwrap();
        (ssh["description"].clone(), ssh["fingerprint"].clone())
    };
    let (one, other) = (open_to("::/0"), open_to("2001:db8::/64"));
    assert_ne!(one.0, other.0);
    assert_eq!(one.1, other.1);
}

/// What GitHub would show, without what stands in code: there nobody is mentioned, nothing linked.
fn outside_of_code(html: &str) -> String {
    let mut parts = html.split("<code");
    let mut outside = parts.next().unwrap().to_owned();
    parts.for_each(|part| outside.push_str(part.split_once("</code>").unwrap().1));
    outside
}

#[test]
fn nothing_in_a_plan_becomes_markdown_html_a_link_or_a_mention() {
    let ended = gate_on(&hostile(), "markdown");
    let Some(said) = readers(&json!({"markdown": ended.stdout})) else { return };
    let html = said["markdown"].as_str().unwrap();
    let rows = ended.stdout.lines().filter(|line| line.starts_with("| <code>")).count();
    assert!(rows >= HOSTILE.len());
    let cells = |line: &str| line.trim_end_matches(" |").split(" |").count();
    let written: usize = ended.stdout.lines().filter(|line| line.starts_with("| <code>")).map(cells).sum();
    assert_eq!(html.matches("<td>").count(), written, "each row has its cells\n{html}");
    for tag in ["<a ", "<img", "<script", "<strong", "<em", "<del"] {
        assert!(!html.contains(tag), "{tag} in {html}");
    }
    let outside = outside_of_code(html);
    for text in ["@", "evil", "#1", "::error", "http", "octocat"] {
        assert!(!outside.contains(text), "{text} in {outside}");
    }
    assert_eq!(html.matches("<details").count(), html.matches("</details>").count());
    assert_eq!(html.matches("<!-- plimsoll-gate -->").count(), 1, "the mark is ours alone");
    // All of it is still there to read.
    let text = html
        .replace("<!-- -->", "")
        .replace("<wbr>", "")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    for seen in
        ["a | b | c", "@octocat @nordwind/admins #1 GH-12", "<img src=x onerror=alert(1)><script>", "**bold** _under_"]
    {
        assert!(text.contains(seen), "{seen} is not in {text}");
    }
}

#[test]
fn a_comment_says_the_answer_first_and_is_found_by_its_mark() {
    let ended = gate_with_source("module_instances", "markdown");
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert!(lines[0].starts_with("### ") && lines[0].contains("plimsoll gate: "), "{}", lines[0]);
    assert!(lines[3].starts_with("Indicator over the plan: "), "{}", lines[3]);
    assert_eq!(lines.last().copied(), Some("<!-- plimsoll-gate -->"));
    assert_eq!(ended.stdout, gate_with_source("module_instances", "markdown").stdout);
    assert!(ended.stdout.contains("store/<wbr>main"), "{}", ended.stdout);
}

#[test]
fn a_comment_is_cut_to_what_github_takes_and_says_by_how_much() {
    let ended = gate_on(&open_groups((0..3_000).map(|number| format!("key-{number}"))), "markdown");
    assert!(ended.stdout.len() < 65_536, "{}", ended.stdout.len());
    assert!(ended.stdout.ends_with("\n<!-- plimsoll-gate -->\n"));
    let titles = ended.stdout.matches("<summary><b>").count();
    assert!(titles >= 1 && ended.stdout.matches("\n</details>\n").count() >= titles);
    let rows = ended.stdout.lines().filter(|line| line.starts_with("| <code>"));
    let shown: usize = rows.map(|row| row.matches("<code>aws-").count()).sum();
    let left_out =
        ended.stdout.lines().find_map(|line| line.strip_prefix("**")?.split_once(" findings left out")).unwrap().0;
    let junit = gate_on(&open_groups((0..3_000).map(|number| format!("key-{number}"))), "junit").stdout;
    let about_the_plan = 1;
    assert_eq!(shown + left_out.parse::<usize>().unwrap() + about_the_plan, junit.matches("<testcase ").count());
    assert!(shown > 50, "{shown}");
}

#[test]
fn the_table_is_grouped_by_module() {
    let table = gate("module_instances", &["--fail-on", "low"]).stdout;
    let headings: Vec<&str> = table.lines().filter(|line| line.starts_with("module.")).collect();
    assert_eq!(headings.len(), 2, "{table}");
    for module in [r#"module.store["a.b"]  "#, r#"module.store["two"]  "#] {
        assert!(headings.iter().any(|heading| heading.starts_with(module)), "{module} in {table}");
    }
    assert!(table.lines().any(|line| line.starts_with(r#"  module.store["a.b"].aws_s3_bucket.this"#)), "{table}");
    // What to do stands once, and is referred to from then on.
    assert!(table.contains("Terraform:") && table.contains("to do:  as for module.store["), "{table}");
}

/// A plan of resources that no rule judges, and one that changes nothing of those that are, say so:
/// "allowed" alone would read as if something had been looked at.
#[test]
fn a_plan_that_changes_nothing_that_is_judged_says_so() {
    let change = |address: &str, actions: &[&str]| {
        let (kind, name) = address.split_once('.').unwrap();
        json!({"address": address, "mode": "managed", "type": kind, "name": name,
               "provider_name": "registry.terraform.io/hashicorp/google",
               "change": {"actions": actions, "before": null, "after": {"name": name}, "after_unknown": {}}})
    };
    let plan = |changes: Value| {
        json!({"format_version": "1.2", "planned_values": {"root_module": {}}, "resource_changes": changes,
               "configuration": {"root_module": {}}, "complete": true, "errored": false})
    };
    let other = plan(json!([change("google_storage_bucket.a", &["create"]), change("null_resource.b", &["create"])]));
    let one = plan(json!([change("google_storage_bucket.a", &["create"])]));
    for (plan, said) in [
        (&other, "no rule judges anything in it: it changes 2 resources of other types"),
        (&one, "no rule judges anything in it: it changes one resource of another type"),
        (&plan(json!([])), "no rule judges anything in it, and it changes nothing"),
        (&unchanged(), "it changes nothing that the rules judge"),
    ] {
        for output in ["table", "json", "sarif", "junit", "github", "markdown"] {
            let ended = gate_on(plan, output);
            assert_eq!(ended.code, 0, "{said} {output}: {}{}", ended.stdout, ended.stderr);
            assert!(ended.stdout.contains(said), "{output}: {said:?} is not in {}", ended.stdout);
        }
    }
    for name in ["public_bucket_by_policy", "unchanged_after_apply", "private_bucket_defaults"] {
        let report: Value = serde_json::from_str(&gate(name, &["-o", "json"]).stdout).unwrap();
        assert_eq!(report["remark"].is_null(), name != "unchanged_after_apply", "{name}: {}", report["remark"]);
    }
}

/// A plan that changes a resource of another provider beside a bucket that stays as it is.
fn unchanged() -> Value {
    let mut plan = fixture("unchanged_after_apply");
    plan["resource_changes"].as_array_mut().unwrap().push(json!({
        "address": "null_resource.a", "mode": "managed", "type": "null_resource", "name": "a",
        "change": {"actions": ["create"], "before": null, "after": {}, "after_unknown": {}},
    }));
    plan
}

/// The policy of a bucket that stays as it is belongs to the bucket: what it makes unknown is what
/// the plan makes unknown.
#[test]
fn a_part_that_is_not_known_touches_what_it_belongs_to() {
    let mut plan = fixture("jsonencode_unknown_policy");
    let changes = plan["resource_changes"].as_array_mut().unwrap();
    let bucket = changes.iter_mut().find(|change| change["type"] == "aws_s3_bucket").unwrap();
    let mut exists = bucket["change"]["after"].clone();
    exists["id"] = exists["bucket"].clone();
    exists["arn"] = json!(format!("arn:aws:s3:::{}", exists["bucket"].as_str().unwrap()));
    bucket["change"] = json!({"actions": ["no-op"], "before": exists, "after": exists, "after_unknown": {}});
    let bucket = json!({"address": bucket["address"], "mode": "managed", "type": "aws_s3_bucket",
        "name": bucket["name"], "values": exists});
    plan["prior_state"] = json!({"format_version": "1.0", "values": {"root_module": {"resources": [bucket]}}});
    let (folder, _) = folder();
    std::fs::write(folder.path().join("plan.json"), plan.to_string()).unwrap();
    let gate = |more: &[&str]| run(&mut program(folder.path()), &[&["gate", "plan.json"], more].concat());
    let report: Value = serde_json::from_str(&gate(&["-o", "json"]).stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let control = findings.iter().find(|finding| finding["rule"] == "aws-s3-controlled-by-own-account").unwrap();
    assert_eq!((&control["effect"], &control["touched"]), (&json!("unknown"), &json!(true)), "{control}");
    assert_eq!(control["actions"], json!([]), "the bucket itself stays as it is");
    assert!(control["waits_for"][0].as_str().unwrap().contains("known after apply"), "{control}");
    assert_eq!(gate(&[]).code, 0);
    assert_eq!(gate(&["--deny-unknown"]).code, 10);
}

/// AWS refuses a public ACL on a bucket whose ownership nobody set. The plan asks for it all the same.
#[test]
fn a_public_acl_that_only_aws_refuses_is_exposed() {
    const CONTROLS: &str = "aws_s3_bucket_ownership_controls";
    let mut plan = fixture("public_bucket_split_resources_known_after_apply");
    plan["resource_changes"].as_array_mut().unwrap().retain(|change| change["type"] != CONTROLS);
    let blocks = plan["configuration"]["root_module"]["resources"].as_array_mut().unwrap();
    blocks.retain(|block| block["type"] != CONTROLS);
    let (folder, _) = folder();
    std::fs::write(folder.path().join("plan.json"), plan.to_string()).unwrap();
    let ended = run(&mut program(folder.path()), &["gate", "plan.json", "--format", "json"]);
    assert_eq!(ended.code, 10, "{}{}", ended.stdout, ended.stderr);
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    let media = |rule: &str| {
        let findings = report["findings"].as_array().unwrap();
        findings.iter().find(|one| one["rule"] == rule && one["address"] == "aws_s3_bucket.media").cloned()
    };
    let public = media("aws-s3-not-public").unwrap();
    assert_eq!((&public["effect"], &public["denies"]), (&json!("exposed"), &json!(true)), "{public}");
    assert!(public["denials"][0]["message"].as_str().unwrap().contains("anyone on the internet"), "{public}");
    assert_eq!(media("aws-s3-acls-disabled"), None, "what was assumed is no finding");
    let logs = report["findings"].as_array().unwrap().iter().filter(|one| one["address"] == "aws_s3_bucket.logs");
    assert!(logs.clone().count() > 0 && logs.clone().all(|one| one["effect"] != "exposed"), "{report}");
}

#[test]
fn only_new_failures_can_be_asked_for_by_name() {
    assert_eq!(gate("unchanged_after_apply", &["--new-only", "--fail-on", "low"]).code, 0);
    let both = gate("unchanged_after_apply", &["--new-only", "--all"]);
    assert_eq!(both.code, 2, "{}", both.stderr);
    let (folder, _) = folder();
    let state = json!({"format_version": "1.0", "values": {"root_module": {}}});
    std::fs::write(folder.path().join("state.json"), state.to_string()).unwrap();
    let ended = run(&mut program(folder.path()), &["gate", "state.json", "--new-only"]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    assert!(ended.stderr.contains("--new-only") && ended.stderr.contains("state"), "{}", ended.stderr);
}

/// The step of Atlantis, with a stand-in for Terraform: a plan that is denied, incomplete or not
/// shown is not there to be applied, and what shows a plan is removed.
#[test]
fn atlantis_has_nothing_to_apply_when_a_plan_is_not_allowed() {
    let Some(said) = readers(&json!({"yaml": {"deploy/atlantis/repos.yaml": null}})) else { return };
    let steps = &said["yaml"]["deploy/atlantis/repos.yaml"]["document"]["workflows"]["plimsoll"]["plan"]["steps"];
    let script = steps.as_array().unwrap().iter().find_map(|step| step["run"].as_str()).unwrap();
    check_shell(script);
    for (fixture, version, expected) in [
        ("private_bucket_defaults", "", 0),
        ("private_bucket_defaults", "9.9.9", 0),
        ("private_bucket_defaults", "1.2.3", 0),
        ("public_bucket_by_policy", "", 10),
        ("refresh_only", "", 3),
        ("no_such_fixture", "", 1),
    ] {
        let (work, _) = folder();
        let [plan, show] = ["plan.tfplan", "plan.json"].map(|name| work.path().join(name));
        std::fs::write(&plan, "a plan").unwrap();
        for name in ["terraform", "terraform1.2.3"] {
            let terraform = work.path().join(name);
            std::fs::write(&terraform, "#!/bin/sh\nbasename \"$0\" >&2\ncat \"$SHOWN\"\n").unwrap();
            std::fs::set_permissions(&terraform, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        }
        let program = PathBuf::from(env!("CARGO_BIN_EXE_plimsoll"));
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{}:{path}", work.path().display(), program.parent().unwrap().display());
        let mut shell = Command::new("sh");
        shell
            .args(["-c", script])
            .env("PATH", path)
            .env("ATLANTIS_TERRAFORM_VERSION", version)
            .env("PLANFILE", &plan)
            .env("SHOWFILE", &show)
            .env("SHOWN", root().join("terraform-fixtures").join(fixture).join("plan.json"));
        let ended: Ended = shell.output().unwrap().into();
        assert_eq!(ended.code, expected, "{fixture}: {}{}", ended.stdout, ended.stderr);
        let used = if version == "1.2.3" { "terraform1.2.3" } else { "terraform" };
        assert_eq!(ended.stderr.lines().next(), Some(used), "{}", ended.stderr);
        assert!(!show.exists(), "{fixture}: what shows the plan is removed");
        assert_eq!(plan.exists(), expected == 0, "{fixture}");
    }
}

#[test]
fn files_of_deploy_are_what_their_readers_take() {
    let asked = json!({"yaml": {
        "deploy/github/plimsoll-gate.yml": "github-workflows",
        "deploy/github/example.yml": "github-workflows",
        "deploy/gitlab/plimsoll-gate.gitlab-ci.yml": "gitlab-ci",
        "deploy/atlantis/repos.yaml": null,
    }});
    let Some(said) = readers(&asked) else { return };
    for (file, answer) in said["yaml"].as_object().unwrap() {
        assert_eq!(answer["wrong"], json!([]), "{file}");
    }
    let called = &said["yaml"]["deploy/github/plimsoll-gate.yml"]["document"]["on"]["workflow_call"]["inputs"];
    let given = &said["yaml"]["deploy/github/example.yml"]["document"]["jobs"]["production"]["with"];
    for input in given.as_object().unwrap().keys() {
        assert!(called.get(input).is_some(), "the example gives {input}, which is no input");
    }
    let steps = &said["yaml"]["deploy/github/plimsoll-gate.yml"]["document"]["jobs"]["gate"]["steps"];
    for step in steps.as_array().unwrap() {
        let script = step["run"].as_str().or(step["with"]["script"].as_str()).unwrap_or_default();
        assert!(!script.contains("${{"), "an input would be run as a script: {script}");
        check_shell(step["run"].as_str().unwrap_or_default());
    }
    comment_twice(steps);
}

/// bash reads it.
fn check_shell(script: &str) {
    let read = Command::new("bash").args(["-n", "-c", script]).output().unwrap();
    assert!(read.status.success(), "{script}: {}", String::from_utf8_lossy(&read.stderr));
}

/// The workflow's own script, run twice beside comments of others: it makes one comment, and then
/// writes that one anew.
fn comment_twice(steps: &Value) {
    const HARNESS: &str = r"
        const comments = [
          {id: 1, user: {type: 'User'}, body: 'x <!-- plimsoll-gate -->\n<!-- plimsoll-gate-of: envs/a -->'},
          {id: 2, user: {type: 'Bot'}, body: 'y <!-- plimsoll-gate -->\n<!-- plimsoll-gate-of: envs/b -->'},
        ];
        const issues = {
          listComments: 'listComments',
          createComment: async ({body}) => { comments.push({id: 3, user: {type: 'Bot'}, body}); },
          updateComment: async ({comment_id, body}) => { comments.find((one) => one.id === comment_id).body = body; },
        };
        const github = {rest: {issues}, paginate: async () => comments};
        const context = {repo: {owner: 'o', repo: 'r'}, issue: {number: 7}};
        const step = new (Object.getPrototypeOf(async function () {}).constructor)('github', 'context', 'require', process.env.SCRIPT);
        (async () => {
          await step(github, context, require);
          require('fs').appendFileSync(`${process.env.WORK}/gate.md`, 'again\n');
          await step(github, context, require);
          console.log(JSON.stringify(comments));
        })();
    ";
    let Some(node) = crate::tools::find("node", "nodejs") else { return };
    let step = steps.as_array().unwrap().iter().find(|step| step["name"] == "Comment").unwrap();
    let (work, _) = folder();
    std::fs::write(work.path().join("gate.md"), gate("targeted", &["-o", "markdown"]).stdout).unwrap();
    let ended: Ended = Command::new(node)
        .args(["-e", HARNESS])
        .env("WORK", work.path())
        .env("NAME", "envs/a")
        .env("SCRIPT", step["with"]["script"].as_str().unwrap())
        .output()
        .unwrap()
        .into();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let comments: Vec<Value> = serde_json::from_str(&ended.stdout).unwrap();
    let bodies: Vec<&str> = comments.iter().map(|comment| comment["body"].as_str().unwrap()).collect();
    assert_eq!(bodies.len(), 3, "{bodies:?}");
    assert!(bodies[0].starts_with("x ") && bodies[1].starts_with("y "), "comments of others stay: {bodies:?}");
    assert!(bodies[2].contains("again") && bodies[2].contains("<!-- plimsoll-gate -->"), "{bodies:?}");
}

/// The workflow's step that judges, and the one that answers, in the real shell with the real gate.
#[test]
fn the_workflow_ends_as_the_gate_does() {
    let Some(said) = readers(&json!({"yaml": {"deploy/github/plimsoll-gate.yml": null}})) else { return };
    let steps = said["yaml"]["deploy/github/plimsoll-gate.yml"]["document"]["jobs"]["gate"]["steps"].clone();
    let script = |name: &str| {
        let step = steps.as_array().unwrap().iter().find(|step| step["name"] == name).unwrap();
        step["run"].as_str().unwrap().to_owned()
    };
    for (fixture, report, expected) in [
        ("private_bucket_defaults", "fail", 0),
        ("public_bucket_by_policy", "fail", 10),
        ("public_bucket_by_policy", "report", 0),
        ("refresh_only", "fail", 3),
        ("refresh_only", "report", 0),
    ] {
        let (work, _) = folder();
        let plan = root().join("terraform-fixtures").join(fixture).join("plan.json");
        std::fs::copy(plan, work.path().join("plan.json")).unwrap();
        let (outputs, summary) = (work.path().join("outputs"), work.path().join("summary"));
        let mut shell = bash(&script("Judge the plan"), root());
        shell
            .env("WORK", work.path())
            .env("DIRECTORY", format!("terraform-fixtures/{fixture}"))
            .env("GATE_ARGUMENTS", "--fail-on high")
            .env("GITHUB_OUTPUT", &outputs)
            .env("GITHUB_STEP_SUMMARY", &summary);
        let judged: Ended = shell.output().unwrap().into();
        assert_eq!(judged.code, 0, "{fixture}: {}", judged.stderr);
        let code = std::fs::read_to_string(&outputs).unwrap();
        let code = code.trim().strip_prefix("code=").unwrap();
        assert!(std::fs::read_to_string(&summary).unwrap().contains("plimsoll gate: "));
        assert!(std::fs::read_to_string(work.path().join("gate.sarif")).unwrap().contains("2.1.0"));
        let inner = work.path().join("removed");
        std::fs::create_dir(&inner).unwrap();
        let mut shell = bash(&script("Answer"), root());
        shell.env("WORK", &inner).env("CODE", code).env("ON_DENIED", report).env("ON_INCOMPLETE", report);
        let answered: Ended = shell.output().unwrap().into();
        assert_eq!(answered.code, expected, "{fixture} {report}: {}", answered.stdout);
        assert!(!inner.exists(), "the plan is removed");
    }
    let mut shell = bash(&script("Answer"), root());
    shell.env("WORK", "/nonexistent").env("CODE", "").env("ON_DENIED", "report").env("ON_INCOMPLETE", "report");
    assert_eq!(Ended::from(shell.output().unwrap()).code, 1, "no answer is no success");
}

/// The job of GitLab, with a stand-in for Terraform: it ends as the gate does, leaves the two reports
/// that GitLab reads, and removes the plan.
#[test]
fn the_gitlab_job_ends_as_the_gate_does_and_leaves_its_reports() {
    let file = "deploy/gitlab/plimsoll-gate.gitlab-ci.yml";
    let Some(said) = readers(&json!({"yaml": {file: null}})) else { return };
    let job = &said["yaml"][file]["document"]["plimsoll-gate"];
    let script = |key: &str| {
        let lines: Vec<&str> = job[key].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
        lines.join("\n")
    };
    for (fixture, expected) in [("private_bucket_defaults", 0), ("public_bucket_by_policy", 10), ("refresh_only", 3)] {
        let (project, _) = folder();
        let terraform = project.path().join("terraform");
        std::fs::write(&terraform, "#!/bin/sh\ncase \"$2\" in show) cat \"$PLAN\" ;; esac\n").unwrap();
        std::fs::set_permissions(&terraform, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let work = project.path().join(".plimsoll-gate");
        let run = |script: &str| -> Ended {
            let mut shell = bash(script, project.path());
            let path = std::env::var("PATH").unwrap_or_default();
            let program = PathBuf::from(env!("CARGO_BIN_EXE_plimsoll"));
            let path = format!("{}:{}:{path}", project.path().display(), program.parent().unwrap().display());
            shell
                .env("PATH", path)
                .env("DIRECTORY", job["variables"]["DIRECTORY"].as_str().unwrap())
                .env("WORK", &work)
                .env("PLAN", root().join("terraform-fixtures").join(fixture).join("plan.json"));
            shell.output().unwrap().into()
        };
        let ended = run(&script("script"));
        assert_eq!(ended.code, expected, "{fixture}: {}{}", ended.stdout, ended.stderr);
        assert!(ended.stdout.contains(&format!("exit code {expected}: ")), "{fixture}: {}", ended.stdout);
        let reports = &job["artifacts"]["reports"];
        let report = |key: &str| std::fs::read_to_string(project.path().join(reports[key].as_str().unwrap())).unwrap();
        assert!(serde_json::from_str::<Value>(&report("codequality")).unwrap().is_array());
        assert!(report("junit").contains(&format!("exit code {expected}: ")));
        assert!(work.exists());
        assert_eq!(run(&script("after_script")).code, 0);
        assert!(!work.exists(), "the plan is removed");
    }
}

/// A shell as GitHub starts it, with our program first on the path.
fn bash(script: &str, folder: &Path) -> Command {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_plimsoll"));
    let path = std::env::var("PATH").unwrap_or_default();
    let mut shell = Command::new("bash");
    shell
        .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", program.parent().unwrap().display()));
    shell
}

/// The script for hooks, with a stand-in for Terraform that shows a plan that was made before.
#[test]
fn the_local_script_plans_judges_and_leaves_nothing_behind() {
    const TERRAFORM: &str = "#!/bin/sh\nset -e\ncase \"$2\" in\n  init) exit 0 ;;\n  \
        plan) [ -z \"$BROKEN\" ] || { echo 'no such provider' >&2; exit 1; } ;;\n  show) cat \"$PLAN\" ;;\nesac\n";
    let (folder, _) = folder();
    let terraform = folder.path().join("terraform");
    std::fs::write(&terraform, TERRAFORM).unwrap();
    std::fs::set_permissions(&terraform, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let temporary = folder.path().join("temporary");
    std::fs::create_dir(&temporary).unwrap();
    let run = |fixture: &str, broken: &str| -> Ended {
        let script = format!("deploy/local/plimsoll-gate terraform-fixtures/{fixture} --fail-on high");
        let mut shell = bash(&script, root());
        shell
            .env("TERRAFORM", &terraform)
            .env("TMPDIR", &temporary)
            .env("BROKEN", broken)
            .env("PLAN", root().join("terraform-fixtures").join(fixture).join("plan.json"));
        shell.output().unwrap().into()
    };
    assert_eq!(run("private_bucket_defaults", "").code, 0);
    let denied = run("public_bucket_by_policy", "");
    assert_eq!(denied.code, 10, "{}", denied.stderr);
    assert!(denied.stdout.contains("DENIED"));
    let broken = run("private_bucket_defaults", "yes");
    assert_eq!(broken.code, 1);
    assert!(broken.stderr.contains("no such provider"), "{}", broken.stderr);
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0, "the plan is removed");
}

/// Every argument of the gate that `deploy/` names is one.
#[test]
fn the_arguments_in_deploy_exist() {
    let help = run(&mut program(root()), &["gate", "--help"]).stdout;
    let mut named = BTreeSet::new();
    for file in [
        "README.md",
        "github/plimsoll-gate.yml",
        "github/example.yml",
        "gitlab/plimsoll-gate.gitlab-ci.yml",
        "atlantis/repos.yaml",
        "local/plimsoll-gate",
    ] {
        let text = std::fs::read_to_string(root().join("deploy").join(file)).unwrap();
        for line in text.lines().filter(|line| line.contains("plimsoll gate ") || line.contains("plimsoll-gate ")) {
            let after = line.split_once("plimsoll gate ").or_else(|| line.split_once("plimsoll-gate ")).unwrap().1;
            let words = after.split(|letter: char| !letter.is_alphanumeric() && letter != '-');
            named.extend(words.filter(|word| word.starts_with("--")).map(str::to_owned));
        }
    }
    assert!(named.contains("--source") && named.contains("--output"), "{named:?}");
    for argument in &named {
        assert!(help.contains(argument.as_str()), "{argument} is no argument of plimsoll gate");
    }
    let readme = std::fs::read_to_string(root().join("deploy/README.md")).unwrap();
    for output in ["table", "json", "sarif", "junit", "github", "markdown", "gitlab"] {
        assert!(readme.contains(&format!("| `{output}` |")) && help.contains(output), "{output}");
    }
}
