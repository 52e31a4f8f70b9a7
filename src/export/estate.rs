//! Alerts that are not about a burn rate: budgets that are low, freezes, scans that fail, numbers
//! that cannot be.

use std::time::Duration;

use super::Exported;
use super::alerting::Alert;
use super::promql::{allowance, tiers, window};
use super::text::{number, percent};
use crate::slo::Slo;

const fn minutes(minutes: u64) -> Duration {
    Duration::from_mins(minutes)
}

pub(super) fn alerts(exported: &Exported<'_>) -> Vec<Alert> {
    let mut alerts = budgets();
    alerts.extend(scans(exported));
    alerts.extend(absence(exported));
    alerts.extend(sanity());
    alerts.extend(findings());
    alerts.extend(housekeeping(exported));
    alerts
}

fn alert(name: &'static str, severity: &'static str, hold: Duration, expression: &str, says: [&str; 2]) -> Alert {
    let [summary, description] = says.map(str::to_owned);
    let (expression, keep) = (expression.to_owned(), Duration::ZERO);
    Alert { name, expression, hold, keep, severity, labels: Vec::new(), summary, description }
}

/// The ledger is the authority on budgets and stages; what it publishes is asked here.
fn budgets() -> Vec<Alert> {
    let exhausted = alert(
        "PlimsollBudgetExhausted",
        "ticket",
        minutes(5),
        "min by (slo) (plimsoll_slo_budget_remaining_ratio) <= 0",
        [
            "{{ $labels.slo }} has no budget left ({{ $value | humanizePercentage }})",
            "The policy for an empty budget applies; plimsoll status says which stage is in force, and when the budget recovers if nothing new burns.",
        ],
    );
    let low = alert(
        "PlimsollBudgetLow",
        "ticket",
        minutes(5),
        "min by (slo) (plimsoll_slo_budget_remaining_ratio) <= 0.25\nunless min by (slo) (plimsoll_slo_budget_remaining_ratio) <= 0",
        [
            "{{ $labels.slo }} has {{ $value | humanizePercentage }} of its budget left",
            "Put off changes that may fail rules of its scope; plimsoll status says what burns and when time that burnt leaves the window.",
        ],
    );
    let freeze = alert(
        "PlimsollFreezeActive",
        "info",
        Duration::ZERO,
        "max by (slo) (plimsoll_policy_action_active{action=\"freeze\"}) == 1",
        [
            "Changes are frozen for {{ $labels.slo }}",
            "plimsoll gate lets through only plans that reduce risk, and exceptions. plimsoll status says what ends the freeze.",
        ],
    );
    vec![exhausted, low, freeze]
}

fn scans(exported: &Exported<'_>) -> Vec<Alert> {
    let stale = alert(
        "PlimsollScanStale",
        "page",
        Duration::ZERO,
        "time() - plimsoll_scan_last_success_timestamp_seconds > plimsoll_scan_hold_seconds",
        [
            "The last good scan is older than its values hold",
            "Resource time counts as unknown until a scan succeeds. The overview page says why the last one failed.",
        ],
    );
    let failing = alert(
        "PlimsollScanFailing",
        "ticket",
        minutes(15),
        &format!("sum(increase(plimsoll_scan_failures_total[{}])) > 0", exported.range(minutes(60))),
        [
            "{{ $value | humanize }} scans failed in the last hour",
            "The last good values are still shown, with their age. The log and the overview page have the reason.",
        ],
    );
    let never = alert(
        "PlimsollNeverScanned",
        "page",
        minutes(60),
        "plimsoll_build_info unless on (job, instance) plimsoll_scan_last_success_timestamp_seconds",
        ["plimsoll has been running for an hour without completing a scan", "The log and the overview page say why."],
    );
    let least = number(exported.minimum_coverage);
    let coverage = alert(
        "PlimsollCoverageLow",
        "ticket",
        minutes(15),
        &format!("plimsoll:measured_resource_time:ratio_1h < {least}"),
        [
            "Only {{ $value | humanizePercentage }} of the resource time of the last hour is known",
            &format!(
                "Below {} no alert on compliance resolves. plimsoll_gaps and the overview page say what could not be read, and which permission is missing.",
                percent(exported.minimum_coverage)
            ),
        ],
    );
    vec![stale, failing, never, coverage]
}

/// How long the metrics of an objective may be away: as long as its fastest tier would take to fire
/// if everything were bad, at least 2 and at most 15 minutes.
///
/// With a target of 0.99 over 28 d that is 13.44 × 0.01 × 1 h = 8 min; at 0.999 it is 2 min.
pub(super) fn patience(exported: &Exported<'_>, slo: &Slo) -> Duration {
    let seconds = |tier: &crate::slo::Tier| tier.factor(window(slo)) * allowance(slo).1 * tier.long.as_secs_f64();
    let shortest = tiers(exported, slo).into_iter().map(seconds).fold(900.0, f64::min);
    let whole_minutes = Duration::from_secs_f64(shortest.max(0.0)).as_secs() / 60;
    minutes(whole_minutes.clamp(2, 15))
}

fn absence(exported: &Exported<'_>) -> Vec<Alert> {
    let shortest = exported.slos.iter().map(|slo| patience(exported, slo)).min().unwrap_or(minutes(10));
    let all = alert(
        "PlimsollMetricsAbsent",
        "page",
        shortest,
        "absent(plimsoll_build_info)",
        [
            "No plimsoll is scraped",
            "Without it nothing measures compliance; silence does not mean that all is well. See whether it runs and whether Prometheus reaches it.",
        ],
    );
    let each = exported.slos.iter().map(|slo| {
        let name = &slo.name;
        let expression =
            format!("absent(plimsoll_slo_window_seconds{{slo=\"{name}\"}}) unless on () absent(plimsoll_build_info)");
        let wait = patience(exported, slo);
        let says = [
            "Nothing is published about {{ $labels.slo }}",
            "The program runs with a configuration that does not have this objective. Export the rules anew, or put the objective back.",
        ];
        let labels = vec![("slo", name.to_string())];
        Alert { labels, ..alert("PlimsollObjectiveAbsent", "page", wait, &expression, says) }
    });
    std::iter::once(all).chain(each).collect()
}

fn sanity() -> Vec<Alert> {
    let impossible = [
        "plimsoll_failing_resources_ratio > 1",
        "plimsoll_coverage_ratio > 1",
        "plimsoll_slo_budget_remaining_ratio > 1",
        "plimsoll_slo_window_coverage_ratio > 1",
        "plimsoll:slo_error:ratio_rate1h > 1",
    ];
    vec![alert(
        "PlimsollSanity",
        "ticket",
        minutes(10),
        &impossible.join("\nor "),
        [
            "A share is above 1: {{ $value }}",
            "No budget can be trusted until this is understood. Two programs that publish one objective, or a ledger that was put back, do this. Run plimsoll status and compare.",
        ],
    )]
}

fn findings() -> Vec<Alert> {
    let open = alert(
        "PlimsollCriticalFindingOpen",
        "page",
        minutes(5),
        "sum(plimsoll_findings_open{severity=\"critical\"}) > 0",
        [
            "{{ $value }} critical findings are open",
            "The overview page and /api/v1/findings?severity=critical name the resources.",
        ],
    );
    // An alert's own label `severity` says whom to tell; that of the findings needs another name.
    let by_severity = "label_replace(plimsoll_findings_overdue, \"finding_severity\", \"$1\", \"severity\", \"(.+)\")";
    let overdue = alert(
        "PlimsollFindingsOverdue",
        "ticket",
        minutes(15),
        &format!("sum by (finding_severity) ({by_severity}) > 0"),
        [
            "{{ $value }} {{ $labels.finding_severity }} findings are open for longer than they may be",
            "plimsoll findings shows the oldest first. Repair them, or waive them with a reason and an end.",
        ],
    );
    vec![open, overdue]
}

fn housekeeping(exported: &Exported<'_>) -> Vec<Alert> {
    let rate = |metric| format!("sum by (aws_service) (rate({metric}[{}]))", exported.range(minutes(60)));
    let (refused, sent) = (rate("plimsoll_aws_api_throttles_total"), rate("plimsoll_aws_api_requests_total"));
    let share = format!("{refused}\n/ {sent}\n> 0.1");
    vec![
        alert(
            "PlimsollApiThrottled",
            "ticket",
            minutes(60),
            &share,
            [
                "AWS refuses {{ $value | humanizePercentage }} of the requests to {{ $labels.aws_service }}",
                "Other users of the account share the same limits; scan less often or with less concurrency.",
            ],
        ),
        alert(
            "PlimsollReloadRefused",
            "ticket",
            Duration::ZERO,
            "plimsoll_reload_last_successful == 0",
            [
                "New rules or configuration were refused",
                "The old ones stay in force. The overview page has the reason.",
            ],
        ),
        alert(
            "PlimsollWaiverExpired",
            "ticket",
            Duration::ZERO,
            "sum(plimsoll_waivers{status=\"expired\"}) > 0",
            [
                "{{ $value }} waivers have expired",
                "What they accepted counts as failing again. Repair it, or decide anew: plimsoll waivers.",
            ],
        ),
        alert(
            "PlimsollSeriesDropped",
            "ticket",
            minutes(60),
            "sum by (family) (plimsoll_metrics_series_dropped) > 0",
            [
                "{{ $labels.family }} has more series than the limit",
                "The rest shares the label value __other__; sums are right. The API has every value.",
            ],
        ),
    ]
}
