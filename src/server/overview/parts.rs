//! The parts of the overview page.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::metrics::{Published, ScanValues};
use crate::model::{Change, FieldChange, Severity};
use crate::server::Estate;
use crate::sli::{RuleCounts, States};

/// How many rows a table of this page has at most; the API has the rest.
const MOST_ROWS: usize = 15;
/// How many attributes of one change, and how many lines of each.
const MOST_FIELDS: usize = 6;
const MOST_LINES: usize = 4;

/// `0.99954` is `99.95 %`. Never rounded up to 100 %, nor down to 0 %, unless it is.
pub(super) fn percent(ratio: f64) -> String {
    let hundredths = ratio * 10_000.0;
    let shown = if ratio < 1.0 { hundredths.round().min(9_999.0) } else { hundredths };
    let shown = if ratio > 0.0 { shown.max(1.0) } else { shown };
    format!("{:.2} %", shown / 100.0)
}

/// How long ago, in the largest unit that is not zero: `3 h`, `12 min`.
pub(super) fn age(since: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(since).as_secs().max(0);
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// All resources as one bar.
pub(super) fn states_bar(states: &States) -> Markup {
    let parts =
        [("pass", states.pass), ("waived", states.waived), ("unknown", states.unknown), ("fail", states.fail.total())];
    let starts = parts.iter().scan(0, |end, (_, count)| {
        let start = *end;
        *end += count;
        Some(start)
    });
    html! {
        @if states.total() > 0 {
            svg.bar viewBox=(format!("0 0 {} 1", states.total())) preserveAspectRatio="none" aria-hidden="true" {
                @for ((word, count), start) in parts.iter().zip(starts) {
                    rect class=(word) x=(start) y="0" width=(count) height="1" {}
                }
            }
        }
        ul.legend { @for (word, count) in parts { li class=(word) { (count) " " (word) } } }
    }
}

/// Resources by service, state and worst severity; a service of which nothing is judged is left out.
pub(super) fn services(scan: &ScanValues) -> Markup {
    let counted = scan.assessment.services.iter().filter(|(_, slice)| slice.resources.total() > 0);
    html! {
        section {
            h2 { "Resources by service" }
            div.wide tabindex="0" { table {
                thead { tr {
                    th scope="col" { "service" }
                    @for severity in Severity::ALL { th.number scope="col" { "fail " (severity) } }
                    @for word in ["unknown", "waived", "pass"] { th.number scope="col" { (word) } }
                } }
                tbody { @for (service, slice) in counted { tr {
                    th scope="row" { (service) }
                    @for (severity, failing) in slice.resources.fail.iter() { (number(severity.name(), failing)) }
                    @for count in [slice.resources.unknown, slice.resources.waived, slice.resources.pass] { (number("", count)) }
                } } }
            } }
        }
    }
}

/// A number; zero is not coloured.
fn number(class: &str, count: u64) -> Markup {
    html! { td.number { @if count == 0 || class.is_empty() { (count) } @else { span class=(class) { (count) } } } }
}

/// The rules that fail most.
pub(super) fn rules(published: &Published, scan: &ScanValues) -> Markup {
    let mut worst: Vec<_> = scan.assessment.rules.iter().filter(|(_, counts)| counts.fail > 0).collect();
    let badness = |counts: &RuleCounts| (counts.severity, counts.fail);
    worst.sort_by(|a, b| badness(b.1).cmp(&badness(a.1)).then(a.0.cmp(b.0)));
    html! {
        section {
            h2 { "Worst rules" }
            @if worst.is_empty() { p.soft { "No rule fails." } } @else {
                div.wide tabindex="0" { table {
                    thead { tr { th scope="col" { "rule" } th scope="col" { "severity" } th.number scope="col" { "fail" } th.number scope="col" { "unknown" } th.number scope="col" { "pass" } } }
                    tbody { @for (rule, counts) in worst.iter().take(MOST_ROWS) { tr {
                        td.name {
                            @if let Some(summary) = published.rules.get(rule) { (summary.title) br; }
                            a.soft href=(format!("/api/v1/findings?rule={rule}")) { (rule) }
                        }
                        td class=(counts.severity.name()) { (counts.severity) }
                        td.number { (counts.fail) }
                        td.number { (counts.unknown) }
                        td.number { (counts.pass) }
                    } } }
                } }
                (rest(worst.len(), "rules fail", "/api/v1/sli"))
            }
        }
    }
}

/// Open findings, worst and oldest first.
pub(super) fn findings(estate: &Estate, now: Timestamp) -> Markup {
    let mut open: Vec<_> = estate.findings.iter().filter(|finding| finding.resolved.is_none()).collect();
    open.sort_by(|a, b| b.severity.cmp(&a.severity).then(a.first_seen.cmp(&b.first_seen)).then(a.id.cmp(&b.id)));
    html! {
        section {
            h2 { "Open findings: " (open.len()) }
            @if !open.is_empty() {
                div.wide tabindex="0" { table {
                    thead { tr { th scope="col" { "severity" } th scope="col" { "resource" } th scope="col" { "what offends" } th.number scope="col" { "open for" } } }
                    tbody { @for finding in open.iter().take(MOST_ROWS) { tr {
                        td class=(finding.severity.name()) { (finding.severity) }
                        td.name { (finding.resource.id) br; span.soft { (finding.resource.account) " " (finding.resource.region) } }
                        td.name { @for denial in finding.denials.iter().take(2) { (denial.message) br; } span.soft { (finding.rule) } }
                        td.number { (age(finding.first_seen, now)) }
                    } } }
                } }
                (rest(open.len(), "findings are open", "/api/v1/findings"))
            }
        }
    }
}

/// What the last scan found changed, what widened access first.
pub(super) fn changes(estate: &Estate) -> Markup {
    let (mut drift, rewritten): (Vec<&Change>, Vec<&Change>) =
        estate.changes.iter().partition(|change| change.is_drift());
    drift.sort_by_key(|change| (change.direction, change.kind, &change.resource));
    html! {
        section {
            h2 { "Changed since the scan before: " (drift.len()) }
            @if !drift.is_empty() {
                div.wide tabindex="0" { table {
                    thead { tr { th scope="col" { "resource" } th scope="col" { "change" } th scope="col" { "access" } th scope="col" { "what" } } }
                    tbody { @for change in drift.iter().take(MOST_ROWS) { tr {
                        td.name { (change.name) br; span.soft { (change.resource.resource_type) " " (change.resource.account) } }
                        td { (change.kind.name()) }
                        td class=(change.direction.name()) { (change.direction.name()) }
                        td.name {
                            @for field in change.fields.iter().filter(|field| !field.same_meaning).take(MOST_FIELDS) { (field_of_change(field)) }
                            @for words in &change.consequences { (words) br; }
                        }
                    } } }
                } }
                (rest(drift.len(), "resources changed", "/api/v1/changes"))
            }
            @if !rewritten.is_empty() {
                p.soft { (rewritten.len()) " written otherwise, with the same meaning. " a href="/api/v1/changes?kind=rewritten" { "Which ones" } }
            }
        }
    }
}

/// One attribute: what was gained and lost, with the first witness of each.
fn field_of_change(field: &FieldChange) -> Markup {
    let gained = field.gained_witness.as_ref().map(|witness| witness.sentence(true));
    let lost = field.lost_witness.as_ref().map(|witness| witness.sentence(false));
    html! {
        (field.path) br;
        @for words in field.gained.iter().take(MOST_LINES) { span.widened { "+ " (words) } br; }
        @if let Some(proof) = gained { span.soft { "proof: " (proof) } br; }
        @for words in field.lost.iter().take(MOST_LINES) { span.narrowed { "− " (words) } br; }
        @if let Some(proof) = lost { span.soft { "proof: " (proof) } br; }
        @if let Some(reason) = &field.reason { span.soft { "note: " (reason) } br; }
    }
}

/// What could not be read, so that unknown resources have a reason.
pub(super) fn gaps(estate: &Estate) -> Markup {
    html! {
        @if !estate.gaps.is_empty() {
            section {
                h2 { "Could not be read: " (estate.gaps.len()) }
                div.wide tabindex="0" { table {
                    thead { tr { th scope="col" { "where" } th scope="col" { "operation" } th scope="col" { "reason" } th scope="col" { "missing permission" } } }
                    tbody { @for gap in estate.gaps.iter().take(MOST_ROWS) { tr {
                        td.name { @if let Some(resource) = &gap.resource { (resource) br; } span.soft { (gap.account) " " (gap.region) } }
                        td { (gap.operation) }
                        td.name { (gap.reason.name()) br; span.soft { (gap.message) } }
                        td { (gap.permission.as_deref().unwrap_or_default()) }
                    } } }
                } }
            }
        }
    }
}

fn rest(total: usize, what: &str, address: &str) -> Markup {
    html! { @if total > MOST_ROWS { p.soft { (total) " " (what) "; the first " (MOST_ROWS) " are shown. " a href=(address) { "All of them" } } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_never_rounded_to_all_or_nothing() {
        assert_eq!(percent(1.0), "100.00 %");
        assert_eq!(percent(0.999_999), "99.99 %");
        assert_eq!(percent(0.000_001), "0.01 %");
        assert_eq!(percent(0.0), "0.00 %");
        assert_eq!(percent(0.9375), "93.75 %");
    }
}
