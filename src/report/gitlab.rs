//! The code quality report of GitLab, for the widget of a merge request.
//!
//! GitLab compares the reports of two branches by fingerprint, so a fingerprint is made of rule and
//! place, not of what is said about them. What fails and what is unknown is listed, what is
//! accepted is not. GitLab shows an empty list as "no changes", so a plan that does not tell
//! everything is never one.
//!
//! An issue is about a line of a file, and there is no other place in the format: exit code, what
//! denies, the scan that the plan was filled from and the causes of what is unknown are left out.
//! They are in the log of the job, which prints the answer for a terminal, and in the JUnit report.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::gate::Decision;
use crate::model::{Rule, Severity, SourcePlace, Verdict};

use super::foreign::visible;
use super::judgement::Judgement;
use super::told;

/// The report. `file` is where a resource stands whose block is not known: the plan. `incomplete`
/// are the reasons why there is no whole answer.
#[must_use]
pub fn render(judgements: &[Judgement], rules: &[Rule], incomplete: &[String], file: &str) -> Value {
    let mut told = BTreeMap::new();
    let plan = SourcePlace { file: file.to_owned(), line: 1 };
    let issues = judgements.iter().filter_map(|judgement| {
        let severity = match judgement.verdict {
            Verdict::Fail { .. } => severity(judgement.severity),
            Verdict::Unknown { .. } => "info",
            Verdict::Waived { .. } | Verdict::Pass => return None,
        };
        let title = rules.iter().find(|rule| rule.id == judgement.rule).map_or("", |rule| rule.title.as_str());
        let place = judgement.place();
        // Two addresses with sensitive keys may read the same; GitLab drops a repeated fingerprint.
        let before = told.entry(judgement.fingerprint()).and_modify(|count| *count += 1).or_insert(0_usize);
        let fingerprint = if *before == 0 {
            judgement.fingerprint()
        } else {
            digest(&format!("{}\n{before}", judgement.fingerprint()))
        };
        let said = format!("{title}: {}", judgement.message());
        let description = format!("{place}: {}", said.trim_start_matches(": "));
        let declared = judgement.declared.as_ref().unwrap_or(&plan);
        Some(issue(&description, judgement.rule.as_str(), &fingerprint, severity, declared))
    });
    let reasons = incomplete.iter().map(|reason| {
        let description = format!("the plan does not tell everything: {reason}");
        issue(&description, "plan-is-complete", &digest(&description), "blocker", &plan)
    });
    reasons.chain(issues).collect()
}

/// The report with what keeps the plan from going ahead by the budget policy, so that it is no empty
/// list then.
#[must_use]
pub fn with_decision(mut report: Value, decision: &Decision, file: &str) -> Value {
    let said = told::budget_line(decision).filter(|_| told::budget_stops(decision));
    if let (Some(said), Value::Array(issues)) = (said, &mut report) {
        let plan = SourcePlace { file: file.to_owned(), line: 1 };
        issues.insert(0, issue(&said, "budget-policy", &digest("budget-policy"), "blocker", &plan));
    }
    report
}

fn issue(description: &str, rule: &str, fingerprint: &str, severity: &str, declared: &SourcePlace) -> Value {
    json!({
        "description": visible(description),
        "check_name": rule,
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {"path": declared.file.trim_start_matches("./"), "lines": {"begin": declared.line}},
    })
}

const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "blocker",
        Severity::High => "critical",
        Severity::Medium => "major",
        Severity::Low => "minor",
    }
}

fn digest(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex()[..32].to_owned()
}
