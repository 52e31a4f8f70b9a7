//! A draft of a postmortem as Markdown: what the ledger knows of a time, and room for what people know.
//!
//! Blameless: it tells what changed and what detected it, never who. The sections that need people
//! are there and empty. The same ledger gives the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};

use super::foreign::visible;
use super::terminal::{counted, moment, resource};
use crate::explain::{Cause, Explanation};
use crate::model::{Change, ChangeKind, Finding, Resolution, RuleId, Severity};
use crate::slo::policy::{self, Transition};
use crate::slo::{Amounts, Indicator, SloName};

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
    /// When scans began to read, ascending: those in it, and the last one before.
    pub scans: &'a [Timestamp],
    /// Scans in it that gave no verdict: when, and why.
    pub failures: &'a [(Timestamp, String)],
    /// Why the SLI moved over it, up to the scan at which it was lowest and from there on; `None` when
    /// it has no two scans.
    pub explanations: Option<[&'a Explanation; 2]>,
    /// The lowest SLI in it, and when; `None` when nothing was valid.
    pub lowest: Option<(Timestamp, f64)>,
    /// The lowest coverage in it, and when.
    pub least_coverage: Option<(Timestamp, f64)>,
    /// What each objective used up in it.
    pub budgets: &'a [BudgetUsed],
    /// What began and ended of the budget policy, oldest first.
    pub stages: &'a [Transition],
}

/// What one objective used up.
#[derive(Debug, Clone, PartialEq)]
pub struct BudgetUsed {
    /// Its name.
    pub slo: SloName,
    /// What it measures.
    pub indicator: Indicator,
    /// Since when it is measured; `None` when it never was.
    pub since: Option<Timestamp>,
    /// What was bad in the time; `None` when nothing was measured.
    pub bad: Option<Amounts>,
    /// Share of the whole budget, of the window that ends with the time, that was used up in it.
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
        "# Postmortem (draft): {} to {}\n\n| | |\n|---|---|\n| Status | draft |\n| Length | {} |\n| Authors | |\n| Reviewed by | |\n",
        moment(from),
        moment(to),
        span(to.duration_since(from))
    );
}

fn summary(postmortem: &Postmortem<'_>, text: &mut String) {
    text.push_str("## Summary\n\n");
    let opened = opened(postmortem);
    match opened.iter().map(|(_, finding)| finding.severity).max() {
        Some(worst) => {
            let resources: BTreeSet<_> = opened.iter().map(|(_, finding)| &finding.resource).collect();
            let ended = opened.iter().filter(|(_, finding)| ended_by(finding, postmortem.between.1)).count();
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
    if let Some([Explanation { from: Some(from), to: Some(lowest), .. }, Explanation { to: Some(to), .. }]) =
        postmortem.explanations
    {
        let [from, lowest, to] = [from, lowest, to].map(|share| percent(*share));
        let _ = writeln!(text, "The SLI was {from} before, {lowest} at its lowest, and {to} at the end.");
    }
    let begun: BTreeSet<&str> =
        postmortem.stages.iter().filter(|stage| stage.begins).map(|stage| stage.action.name()).collect();
    if !begun.is_empty() {
        let begun: Vec<String> = begun.into_iter().map(|action| action.replace('_', " ")).collect();
        let _ = writeln!(text, "The budget policy asked for: {}.", begun.join(", "));
    }
    if !postmortem.failures.is_empty() {
        let _ = writeln!(text, "{} gave no verdict.", counted(postmortem.failures.len(), "scan"));
    }
    text.push('\n');
}

fn impact(postmortem: &Postmortem<'_>, text: &mut String) {
    text.push_str("## Impact\n\n| severity | opened | open still at the end | finding-hours | open before |\n");
    text.push_str("|---|---:|---:|---:|---:|\n");
    let opened = opened(postmortem);
    for severity in Severity::ALL {
        let all = postmortem.findings.iter().filter(|(_, finding)| finding.severity == *severity).count();
        let begun: Vec<&Finding> =
            opened.iter().map(|(_, finding)| finding).filter(|finding| finding.severity == *severity).collect();
        let open = begun.iter().filter(|finding| !ended_by(finding, postmortem.between.1)).count();
        let hours: f64 =
            begun.iter().map(|finding| open_time(finding, postmortem.between).as_secs_f64() / 3600.0).sum();
        let _ = writeln!(text, "| {severity} | {} | {open} | {hours:.2} | {} |", begun.len(), all - begun.len());
    }
    text.push('\n');
    for (what, point) in [("SLI", postmortem.lowest), ("coverage", postmortem.least_coverage)] {
        if let Some((at, share)) = point {
            let _ = writeln!(text, "The lowest {what} was {} at {}.", percent(share), moment(at));
        }
    }
    text.push('\n');
    budgets(postmortem, text);
}

fn budgets(postmortem: &Postmortem<'_>, text: &mut String) {
    if postmortem.budgets.is_empty() {
        text.push_str("No objective is configured.\n\n");
        return;
    }
    text.push_str("| objective | what was bad | of the whole budget | budget left at the end |\n|---|---|---:|---:|\n");
    for used in postmortem.budgets {
        let told = |share: Option<f64>| share.map_or_else(|| "not measured".to_owned(), percent);
        let late = used.since.filter(|since| *since > postmortem.between.0);
        let note = late.map(|since| format!(" (measured since {})", moment(since))).unwrap_or_default();
        let bad = used.bad.map_or_else(|| "not measured".to_owned(), |bad| amount(used.indicator, bad));
        let _ = writeln!(text, "| {} | {bad}{note} | {} | {} |", used.slo, told(used.used), told(used.remaining));
    }
    text.push('\n');
}

/// `2.50 resource-hours failing`, `1 of 4 findings late`.
fn amount(indicator: Indicator, Amounts { bad, total }: Amounts) -> String {
    let hours = SignedDuration::from_millis(i64::try_from(bad).unwrap_or(i64::MAX)).as_secs_f64() / 3600.0;
    match indicator {
        Indicator::Compliance { .. } => format!("{hours:.2} resource-hours failing"),
        Indicator::Coverage { .. } => format!("{hours:.2} resource-hours unknown"),
        Indicator::OpenTime { .. } => format!("{hours:.2} finding-hours open"),
        Indicator::Detection { .. } | Indicator::Remediation { .. } => format!("{bad} of {total} findings late"),
    }
}

/// One line of the timeline: when, the order within that moment, what, and where.
type Row = (Timestamp, u8, String, String);

fn timeline(postmortem: &Postmortem<'_>, text: &mut String) {
    let (mut rows, others) = changes(postmortem);
    rows.extend(lives(postmortem));
    let stage = |stage: &Transition| (stage.at, 2, told(stage), stage.slo.clone());
    rows.extend(postmortem.stages.iter().map(stage));
    let failure =
        |(at, why): &(Timestamp, String)| (*at, 4, format!("scan without verdict: {}", code(why)), String::new());
    rows.extend(postmortem.failures.iter().map(failure));
    rows.sort();
    text.push_str(
        "## Timeline\n\nTimes are UTC. A change happened between the scan before and the one that saw it.\n\n",
    );
    text.push_str("| time | what | where |\n|---|---|---|\n");
    for (at, _, what, place) in rows.iter().take(MOST_ROWS) {
        let _ = writeln!(text, "| {} | {what} | {place} |", at.strftime("%Y-%m-%d %H:%M:%S"));
    }
    if let Some(more) = rows.len().checked_sub(MOST_ROWS).filter(|more| *more > 0) {
        let _ = writeln!(text, "\n{more} more lines are in the ledger: `plimsoll findings --all --since …`.");
    }
    if others > 0 {
        let _ = writeln!(text, "\n{} of other resources: `plimsoll drift`.", counted(others, "change"));
    }
    text.push('\n');
}

/// What changed at resources of which a finding opened or ended, and how many changes there were
/// elsewhere.
fn changes(postmortem: &Postmortem<'_>) -> (Vec<Row>, usize) {
    let moved = |finding: &Finding| {
        within(postmortem, finding.first_seen)
            || finding.resolved.as_ref().is_some_and(|resolved| within(postmortem, resolved.at))
    };
    let affected: BTreeSet<_> = postmortem
        .findings
        .iter()
        .filter(|(_, finding)| moved(finding))
        .map(|(_, finding)| &finding.resource)
        .collect();
    let mut rows = Vec::new();
    for (at, change) in postmortem.changes.iter().filter(|(_, change)| affected.contains(&change.resource)) {
        let places: Vec<String> = change.fields.iter().take(3).map(|field| code(field.path.as_str())).collect();
        let more = if change.fields.len() > places.len() { ", …" } else { "" };
        let what = match change.kind {
            ChangeKind::Changed => change.direction.name().to_owned(),
            kind => format!("{}, {}", kind.name(), change.direction.name()),
        };
        let what = format!("change seen: {what} {}{more}", places.join(", "));
        rows.push((*at, 0, what.trim_end().to_owned(), code(&resource(&change.resource))));
    }
    let others = postmortem.changes.len() - rows.len();
    (rows, others)
}

/// When findings were detected, and how they ended.
fn lives(postmortem: &Postmortem<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    for (cause, finding) in postmortem.findings {
        let place = code(&resource(&finding.resource));
        let rule = code(finding.rule.as_str());
        if within(postmortem, finding.first_seen) {
            let by = cause.map(|cause| format!(", by {}", cause.name())).unwrap_or_default();
            rows.push((finding.first_seen, 1, format!("detected: {rule} ({}{by})", finding.severity), place.clone()));
        }
        if let Some(resolved) = finding.resolved.as_ref().filter(|resolved| within(postmortem, resolved.at)) {
            let after = span(resolved.at.duration_since(finding.first_seen));
            let how = match resolved.how {
                Resolution::Fixed => "fixed",
                Resolution::Deleted => "resource deleted",
                Resolution::Waived => "accepted by a waiver",
                Resolution::RuleRemoved => "rule removed",
            };
            rows.push((resolved.at, 3, format!("{how}: {rule}, open for {after}"), place));
        }
    }
    rows
}

/// `freeze begins: −3.00 % of the budget is left, threshold 0.00 %`.
fn told(stage: &Transition) -> String {
    let action = stage.action.name().replace('_', " ");
    let what = if stage.begins { "begins" } else { "ends" };
    let why = match &stage.cause {
        policy::Cause::Remaining { share, threshold } => {
            format!("{} of the budget is left, threshold {}", percent(*share), percent(*threshold))
        }
        policy::Cause::BurnRate { trigger, rate, threshold, .. } => {
            format!("burn rate {rate:.2} over {}, threshold {threshold:.2}", code(trigger))
        }
        policy::Cause::PolicyChanged => "the policy was changed".to_owned(),
    };
    format!("budget policy: {action} {what}: {why}")
}

/// What one rule detected.
#[derive(Default)]
struct Detected {
    findings: usize,
    /// The longest time between a change and its detection, at most.
    within: Option<SignedDuration>,
    /// The longest time from detection to a repair.
    repaired: Option<SignedDuration>,
}

fn detection(postmortem: &Postmortem<'_>, text: &mut String) {
    text.push_str("## Detection\n\n");
    let mut rules: BTreeMap<&RuleId, Detected> = BTreeMap::new();
    for (cause, finding) in opened(postmortem) {
        let detected = rules.entry(&finding.rule).or_default();
        detected.findings += 1;
        if matches!(cause, Some(Cause::Configuration | Cause::Inventory)) {
            detected.within = detected.within.max(since_the_scan_before(postmortem, finding.first_seen));
        }
        detected.repaired = detected.repaired.max(repaired_after(finding, postmortem.between.1));
    }
    let mut rules: Vec<_> = rules.into_iter().collect();
    rules.sort_by_key(|(rule, detected)| (std::cmp::Reverse(detected.findings), *rule));
    if rules.is_empty() {
        text.push_str("Nothing opened.\n");
    } else {
        text.push_str("| rule | findings | change to detection | detection to repair |\n|---|---:|---:|---:|\n");
    }
    for (rule, Detected { findings, within, repaired }) in rules {
        let within = within.map(|within| format!("at most {}", span(within))).unwrap_or_default();
        let repaired = repaired.map(|repaired| format!("at most {}", span(repaired))).unwrap_or_default();
        let _ = writeln!(text, "| {} | {findings} | {within} | {repaired} |", code(rule.as_str()));
    }
    text.push_str("\nHow could it have been detected sooner?\n\n");
}

/// A change that a scan saw happened after the scan before it.
fn since_the_scan_before(postmortem: &Postmortem<'_>, seen: Timestamp) -> Option<SignedDuration> {
    let before = postmortem.scans.iter().rev().find(|scan| **scan < seen)?;
    Some(seen.duration_since(*before))
}

fn repaired_after(finding: &Finding, until: Timestamp) -> Option<SignedDuration> {
    let resolved = finding.resolved.as_ref().filter(|resolved| resolved.at <= until)?;
    let is_repair = matches!(resolved.how, Resolution::Fixed | Resolution::Deleted);
    is_repair.then(|| resolved.at.duration_since(finding.first_seen))
}

fn causes(postmortem: &Postmortem<'_>, text: &mut String) {
    text.push_str("## Why the SLI moved\n\n");
    let Some([down, up]) = postmortem.explanations else {
        text.push_str("There are no two scans in this time to compare.\n\n");
        return;
    };
    text.push_str("In percentage points, up to the scan at which it was lowest, and from there to the end.\n\n");
    text.push_str("| cause | to the lowest | to the end |\n|---|---:|---:|\n");
    let points = |part: f64| format!("{:+.3}", part * 100.0 + 0.0);
    for cause in Cause::ALL {
        let [down, up] = [down, up].map(|explanation| explanation.parts.get(cause).copied().unwrap_or_default());
        let _ = writeln!(text, "| {} | {} | {} |", cause.name(), points(down), points(up));
    }
    if down.unrecorded.abs() > 0.0 || up.unrecorded.abs() > 0.0 {
        let _ = writeln!(text, "| not recorded | {} | {} |", points(down.unrecorded), points(up.unrecorded));
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
    postmortem.findings.iter().filter(|(_, finding)| within(postmortem, finding.first_seen)).collect()
}

fn within(postmortem: &Postmortem<'_>, at: Timestamp) -> bool {
    let (from, to) = postmortem.between;
    at > from && at <= to
}

fn ended_by(finding: &Finding, moment: Timestamp) -> bool {
    finding.resolved.as_ref().is_some_and(|resolved| resolved.at <= moment)
}

/// How long a finding was open between two moments.
fn open_time(finding: &Finding, (from, to): (Timestamp, Timestamp)) -> SignedDuration {
    let end = finding.resolved.as_ref().map_or(to, |resolved| resolved.at.min(to));
    end.duration_since(finding.first_seen.max(from)).max(SignedDuration::ZERO)
}

/// A text from outside as code, in one line and in one cell of a table.
fn code(text: &str) -> String {
    let text = visible(text).replace(['\n', '\t'], " ").replace('`', "'").replace('|', "\\|");
    format!("`{text}`")
}

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0 + 0.0)
}

/// Two units, rounded down: `2 d 3 h`, `1 h 30 min`, `12 min 5 s`, `40 s`.
fn span(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    let units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let first = units.iter().position(|(length, _)| seconds >= *length).unwrap_or(units.len() - 1);
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (index, (length, unit)) in units.iter().enumerate().skip(first).take(2) {
        let amount = rest / length;
        rest %= length;
        if amount > 0 || index == units.len() - 1 && parts.is_empty() {
            parts.push(format!("{amount} {unit}"));
        }
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_two_units() {
        let told = |seconds| span(SignedDuration::from_secs(seconds));
        assert_eq!([0, 40, 725, 5400, 183_600].map(told), ["0 s", "40 s", "12 min 5 s", "1 h 30 min", "2 d 3 h"]);
        assert_eq!(told(3601), "1 h");
    }

    #[test]
    fn a_text_from_outside_stays_in_its_cell() {
        assert_eq!(code("a|b`c\nd"), "`a\\|b'c d`");
    }
}
