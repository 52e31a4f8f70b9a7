//! A draft of a postmortem as Markdown: what the ledger knows of a time, and room for what people know.
//!
//! Blameless: it tells what changed and what detected it, never who. The sections that need people
//! are there and empty. The same ledger gives the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};

use super::markdown::{code, prose};
use super::terminal::{counted, length, moment};
use crate::explain::{Cause, Explanation};
use crate::model::{Change, Finding, Severity};

/// Rows of the timeline that are shown; the rest is counted.
const MOST_ROWS: usize = 200;

/// What the ledger knows of a time.
#[derive(Debug, Clone)]
pub struct Postmortem<'a> {
    /// The time: after its first moment, until its last.
    pub between: (Timestamp, Timestamp),
    /// Every opening that was open in it, with its cause where that was kept.
    pub findings: &'a [(Option<Cause>, Finding)],
    /// What scans in it saw change, with the time of the scan.
    pub changes: &'a [(Timestamp, &'a Change)],
    /// Scans in it that gave no verdict: when, and why.
    pub failures: &'a [(Timestamp, String)],
    /// Why the SLI moved over it; `None` when it has no two scans.
    pub explanation: Option<&'a Explanation>,
    /// The lowest SLI in it, and when; `None` when nothing was valid.
    pub lowest: Option<(Timestamp, f64)>,
    /// The lowest coverage in it, and when.
    pub least_coverage: Option<(Timestamp, f64)>,
    /// What each objective used up in it.
    pub budgets: &'a [BudgetUsed],
    /// Transitions of the budget policy: when, of which objective, in words.
    pub stages: &'a [(Timestamp, String, String)],
}

/// What one objective used up.
#[derive(Debug, Clone, PartialEq)]
pub struct BudgetUsed {
    /// Its name.
    pub slo: String,
    /// Share of a whole window's budget that was used up in the time; `None` when nothing was
    /// measured.
    pub used: Option<f64>,
    /// Share that remained at its end, below 0 when overspent.
    pub remaining: Option<f64>,
}

/// The draft.
#[must_use]
pub fn render(postmortem: &Postmortem<'_>) -> String {
    let mut text = String::new();
    let sections = [head, summary, impact, timeline, detection, causes, people];
    for section in sections {
        section(postmortem, &mut text);
    }
    text
}

fn head(postmortem: &Postmortem<'_>, text: &mut String) {
    let (from, to) = postmortem.between;
    let _ = writeln!(
        text,
        "# Postmortem (draft): {} to {}\n\n| | |\n|---|---|\n| Status | draft |\n| Authors | |\n| Reviewed by | |\n",
        moment(from),
        moment(to)
    );
}

fn summary(postmortem: &Postmortem<'_>, text: &mut String) {
    text.push_str("## Summary\n\n");
    let opened = opened(postmortem);
    let worst = opened.iter().map(|(_, finding)| finding.severity).max();
    let resources: BTreeSet<_> = opened.iter().map(|(_, finding)| &finding.resource).collect();
    let ended = opened.iter().filter(|(_, finding)| ended_by(finding, postmortem.between.1)).count();
    match worst {
        Some(worst) => {
            let _ = writeln!(
                text,
                "{} opened on {}, the worst of severity {worst}; {ended} of them ended before {}.",
                counted(opened.len(), "finding"),
                counted(resources.len(), "resource"),
                moment(postmortem.between.1),
            );
        }
        None => text.push_str("No finding opened.\n"),
    }
    if let Some(Explanation { from: Some(from), to: Some(to), .. }) = postmortem.explanation {
        let _ = writeln!(text, "The SLI went from {} to {}.", percent(*from), percent(*to));
    }
    if !postmortem.failures.is_empty() {
        let _ = writeln!(text, "{} gave no verdict.", counted(postmortem.failures.len(), "scan"));
    }
    text.push('\n');
}

fn impact(postmortem: &Postmortem<'_>, text: &mut String) {
    text.push_str("## Impact\n\n| severity | opened | open at the end | finding-hours |\n|---|---:|---:|---:|\n");
    for severity in Severity::ALL {
        let of = |finding: &&Finding| finding.severity == *severity;
        let begun = opened(postmortem).iter().filter(|(_, finding)| finding.severity == *severity).count();
        let all = postmortem.findings.iter().map(|(_, finding)| finding).filter(of);
        let open = all.clone().filter(|finding| !ended_by(finding, postmortem.between.1)).count();
        let hours: f64 = all.map(|finding| open_time(finding, postmortem.between).as_secs_f64() / 3600.0).sum();
        let _ = writeln!(text, "| {severity} | {begun} | {open} | {hours:.2} |");
    }
    text.push('\n');
    for (what, point) in [("SLI", postmortem.lowest), ("coverage", postmortem.least_coverage)] {
        if let Some((at, share)) = point {
            let _ = writeln!(text, "The lowest {what} was {} at {}.", percent(share), moment(at));
        }
    }
    if postmortem.budgets.is_empty() {
        text.push_str("No objective is configured.\n\n");
        return;
    }
    text.push_str("\n| objective | budget used | remaining at the end |\n|---|---:|---:|\n");
    for BudgetUsed { slo, used, remaining } in postmortem.budgets {
        let told = |share: &Option<f64>| share.map_or_else(|| "not measured".to_owned(), percent);
        let _ = writeln!(text, "| {} | {} | {} |", prose(slo), told(used), told(remaining));
    }
    text.push('\n');
}

/// One line of the timeline: when, the order within that moment, what, and where.
type Row = (Timestamp, u8, String, String);

fn timeline(postmortem: &Postmortem<'_>, text: &mut String) {
    let (from, to) = postmortem.between;
    let within = |at: Timestamp| at > from && at <= to;
    let affected: BTreeSet<_> = postmortem.findings.iter().map(|(_, finding)| &finding.resource).collect();
    let mut rows: Vec<Row> = Vec::new();
    for (at, change) in postmortem.changes.iter().filter(|(_, change)| affected.contains(&change.resource)) {
        let places: Vec<&str> = change.fields.iter().map(|field| field.path.as_str()).take(3).collect();
        let what = format!("change seen: {}, {}, {}", change.kind.name(), change.direction.name(), places.join(" "));
        rows.push((*at, 0, what.trim_end_matches([',', ' ']).to_owned(), change.resource.id.to_string()));
    }
    for (_, finding) in postmortem.findings {
        let place = || finding.resource.id.to_string();
        if within(finding.first_seen) {
            rows.push((
                finding.first_seen,
                1,
                format!("detected: {} ({})", finding.rule, finding.severity),
                place(),
            ));
        }
        if let Some(resolved) = finding.resolved.as_ref().filter(|resolved| within(resolved.at)) {
            let how = resolved.how.name().replace('_', " ");
            rows.push((resolved.at, 3, format!("{how}: {}", finding.rule), place()));
        }
    }
    rows.extend(postmortem.stages.iter().map(|(at, slo, what)| (*at, 2, format!("budget policy: {what}"), slo.clone())));
    rows.extend(postmortem.failures.iter().map(|(at, why)| (*at, 4, format!("scan without verdict: {why}"), String::new())));
    rows.sort();
    text.push_str("## Timeline\n\nTimes are UTC. A change happened between the scan before and the one that saw it.\n\n");
    text.push_str("| time | what | where |\n|---|---|---|\n");
    for (at, _, what, place) in rows.iter().take(MOST_ROWS) {
        let place = if place.is_empty() { String::new() } else { code(place) };
        let _ = writeln!(text, "| {} | {} | {place} |", at.strftime("%Y-%m-%d %H:%M:%S"), prose(what));
    }
    if let Some(more) = rows.len().checked_sub(MOST_ROWS).filter(|more| *more > 0) {
        let _ = writeln!(text, "\n{more} more lines are in the ledger: `plimsoll findings --all --since …`.");
    }
    text.push('\n');
}

fn detection(postmortem: &Postmortem<'_>, text: &mut String) {
    text.push_str("## Detection\n\nWhat detected it, most findings first:\n\n");
    let mut rules: BTreeMap<_, usize> = BTreeMap::new();
    for (_, finding) in opened(postmortem) {
        *rules.entry(&finding.rule).or_default() += 1;
    }
    let mut rules: Vec<_> = rules.into_iter().collect();
    rules.sort_by_key(|(rule, findings)| (std::cmp::Reverse(*findings), *rule));
    if rules.is_empty() {
        text.push_str("- nothing opened\n");
    }
    for (rule, findings) in rules {
        let _ = writeln!(text, "- {}: {}", code(rule.as_str()), counted(findings, "finding"));
    }
    text.push_str("\nHow could it have been detected sooner?\n\n");
}

fn causes(postmortem: &Postmortem<'_>, text: &mut String) {
    text.push_str("## Why the SLI moved\n\n");
    let Some(explanation) = postmortem.explanation else {
        text.push_str("There are no two scans in this time to compare.\n\n");
        return;
    };
    text.push_str("| cause | percentage points |\n|---|---:|\n");
    for (cause, part) in &explanation.parts {
        let _ = writeln!(text, "| {} | {:+.3} |", cause.name(), part * 100.0 + 0.0);
    }
    if explanation.unrecorded.abs() > 0.0 {
        let _ = writeln!(text, "| not recorded | {:+.3} |", explanation.unrecorded * 100.0);
    }
    text.push('\n');
}

/// The sections that only people can write.
fn people(_: &Postmortem<'_>, text: &mut String) {
    text.push_str(
        "## Contributing causes\n\n\n## What went well\n\n\n## What went badly\n\n\n## Where we were lucky\n\n\n\
         ## Action items\n\n| action | kind (prevent, detect, mitigate) | owner | ticket |\n|---|---|---|---|\n| | | | |\n",
    );
}

/// The openings that began in the time.
fn opened<'a>(postmortem: &Postmortem<'a>) -> Vec<&'a (Option<Cause>, Finding)> {
    let (from, to) = postmortem.between;
    let begun = |(_, finding): &&(Option<Cause>, Finding)| finding.first_seen > from && finding.first_seen <= to;
    postmortem.findings.iter().filter(begun).collect()
}

fn ended_by(finding: &Finding, moment: Timestamp) -> bool {
    finding.resolved.as_ref().is_some_and(|resolved| resolved.at <= moment)
}

/// How long a finding was open between two moments.
fn open_time(finding: &Finding, (from, to): (Timestamp, Timestamp)) -> SignedDuration {
    let end = finding.resolved.as_ref().map_or(to, |resolved| resolved.at.min(to));
    end.duration_since(finding.first_seen.max(from)).max(SignedDuration::ZERO)
}

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

/// How long it took, for the notes of a command.
#[must_use]
pub fn span(between: (Timestamp, Timestamp)) -> String {
    length(between.1.duration_since(between.0))
}
