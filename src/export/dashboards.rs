//! The four dashboards: objectives, findings, where things fail, and the scanner itself.

use super::File;
use super::dashboard::{Dashboard, Form, Panel};

/// Budgets: red when used up, green above half.
const BUDGET: &[(Option<f64>, &str)] =
    &[(None, "red"), (Some(0.0), "orange"), (Some(0.25), "yellow"), (Some(0.5), "green")];
/// Coverage: red below 95 %.
const COVERAGE: &[(Option<f64>, &str)] = &[(None, "red"), (Some(0.95), "yellow"), (Some(0.99), "green")];
/// What should be zero.
const NONE: &[(Option<f64>, &str)] = &[(None, "green"), (Some(1e-9), "red")];

pub(super) fn files() -> Vec<File> {
    let file = |name, dashboard: Dashboard| File { name, text: dashboard.json() };
    vec![
        file("plimsoll-overview.json", overview()),
        file("plimsoll-findings.json", findings()),
        file("plimsoll-where.json", places()),
        file("plimsoll-scanner.json", scanner()),
    ]
}

fn overview() -> Dashboard {
    Dashboard {
        uid: "plimsoll-overview",
        title: "plimsoll: objectives",
        description: "What is promised, how much of it is kept, how fast budgets burn, and what follows for changes.",
        by_objective: true,
        rows: vec![
            ("Objectives", objectives()),
            ("Burning", burning()),
            ("What follows", policy()),
            ("Estate", estate()),
        ],
    }
}

fn objectives() -> Vec<Panel> {
    vec![
        Panel::new(Form::Number, "Promised", "percentunit", "The least share that must be good over the objective's window. Budgets of open time have none.")
            .target("max by (slo) (plimsoll_slo_objective_ratio{slo=~\"$slo\"})", "{{slo}}"),
        Panel::new(Form::Number, "Attained", "percentunit", "The share that was good over the objective's window, as far back as Prometheus remembers. Nothing measured shows nothing.")
            .target("1 - max by (slo) (plimsoll:slo_error:ratio_window{slo=~\"$slo\"})", "{{slo}}"),
        Panel::new(Form::Number, "Budget left", "percentunit", "What is left of the budget, by the ledger. Below zero more was used than there was.")
            .target("min by (slo) (plimsoll_slo_budget_remaining_ratio{slo=~\"$slo\"})", "{{slo}}")
            .steps(BUDGET),
        Panel::new(Form::Number, "Measured part of the window", "percentunit", "The share of the objective's window that was measured. A new objective begins near zero, and its numbers say little until this is high.")
            .target("min by (slo) (plimsoll_slo_window_coverage_ratio{slo=~\"$slo\"})", "{{slo}}")
            .steps(COVERAGE),
    ]
}

fn burning() -> Vec<Panel> {
    vec![
        Panel::new(Form::Lines, "Budget left over time", "percentunit", "By the ledger, which decides, and as Prometheus reckons it from its own samples. They part when Prometheus has not seen the whole window.")
            .target("min by (slo) (plimsoll_slo_budget_remaining_ratio{slo=~\"$slo\"})", "{{slo}} (ledger)")
            .target("min by (slo) (plimsoll:slo_budget_remaining:ratio{slo=~\"$slo\"})", "{{slo}} (Prometheus)"),
        Panel::new(Form::Lines, "Burn rate by window", "none", "How fast the budget is spent, relative to spending it evenly: 1 uses it up exactly at the end of the window. Pages begin at 13.44 over an hour and 5.6 over six for windows of 28 days.")
            .target("max by (slo, window) (plimsoll:slo_burn:ratio{slo=~\"$slo\",window=~\"1h|6h|1d|3d\"})", "{{slo}} {{window}}"),
        Panel::new(Form::Lines, "Bad share over one hour", "percentunit", "The share that was bad over the last hour. A gap means that nothing was measured.")
            .target("max by (slo) (plimsoll:slo_error:ratio_rate1h{slo=~\"$slo\"})", "{{slo}}"),
        Panel::new(Form::Lines, "Findings open at once", "short", "Mean number of findings open over the last hour, for budgets of open time.")
            .target("max by (slo) (plimsoll:slo_open:mean_rate1h{slo=~\"$slo\"})", "{{slo}}"),
    ]
}

fn policy() -> Vec<Panel> {
    vec![
        Panel::new(Form::Number, "Actions in force", "short", "Which actions the budget policy has in force: warn, require approval, freeze. Nothing is shown when none is.")
            .target("max by (slo, action) (plimsoll_policy_action_active{slo=~\"$slo\"}) == 1", "{{slo}}: {{action}}")
            .steps(&[(None, "orange")])
            .size(8, 6),
        Panel::new(Form::Number, "Since", "dateTimeAsIso", "When the action in force began.")
            .target("1000 * max by (slo, action) (plimsoll_policy_action_since_timestamp_seconds{slo=~\"$slo\"}) and on (slo, action) max by (slo, action) (plimsoll_policy_action_active) == 1", "{{slo}}: {{action}}")
            .size(8, 6),
        Panel::new(Form::Number, "Budget recovers", "dateTimeAsIso", "When the budget is back if nothing new burns. Nothing is shown for budgets that need not recover.")
            .target("1000 * max by (slo) (plimsoll_slo_budget_recovery_timestamp_seconds{slo=~\"$slo\"})", "{{slo}}")
            .size(8, 6),
        Panel::new(Form::Bars, "Decisions of the gate", "short", "How the gate decided over the chosen time, overrides included.")
            .target("sum by (decision, reason) (increase(plimsoll_gate_decisions_total[$__range])) > 0", "{{decision}}: {{reason}}")
            .size(24, 6),
    ]
}

fn estate() -> Vec<Panel> {
    vec![
        Panel::new(
            Form::Number,
            "Failing resources",
            "percentunit",
            "Share of judged resources that fail, at the last completed scan. Read it with the coverage beside it.",
        )
        .target("max(plimsoll_failing_resources_ratio)", "failing")
        .steps(NONE),
        Panel::new(
            Form::Number,
            "Failing or unknown",
            "percentunit",
            "The conservative bound: share of expected resources that fail or could not be judged.",
        )
        .target("max(plimsoll_failing_or_unknown_resources_ratio)", "failing or unknown"),
        Panel::new(
            Form::Number,
            "Coverage",
            "percentunit",
            "Share of expected resources that are known at the last completed scan.",
        )
        .target("min(plimsoll_coverage_ratio)", "known")
        .steps(COVERAGE),
        Panel::new(Form::Number, "Age of the data", "s", "Time since the last good scan.")
            .target("time() - max(plimsoll_scan_last_success_timestamp_seconds)", "age"),
        Panel::new(
            Form::Areas,
            "Resources by state",
            "short",
            "Every resource counts once, in the state of its worst evaluation.",
        )
        .target("sum by (state) (plimsoll_resources)", "{{state}}"),
        Panel::new(
            Form::Lines,
            "Failing resource time over one day",
            "percentunit",
            "Share of the resource time of a day that failed, and that was measured at all.",
        )
        .target("plimsoll:failing_resource_time:ratio_1d", "failing")
        .target("plimsoll:measured_resource_time:ratio_1d", "measured"),
    ]
}

fn findings() -> Dashboard {
    Dashboard {
        uid: "plimsoll-findings",
        title: "plimsoll: findings",
        description: "What is open and for how long, how fast it is found and repaired, and what is accepted.",
        by_objective: false,
        rows: vec![
            ("Open", open_findings()),
            ("Found and repaired", life_cycle()),
            ("Accepted and changed", accepted()),
        ],
    }
}

fn open_findings() -> Vec<Panel> {
    vec![
        Panel::new(Form::Number, "Open critical findings", "short", "Each of these pages after five minutes.")
            .target("sum(plimsoll_findings_open{severity=\"critical\"})", "critical")
            .steps(NONE),
        Panel::new(
            Form::Number,
            "Overdue findings",
            "short",
            "Open for longer than findings of their severity may be.",
        )
        .target("sum by (severity) (plimsoll_findings_overdue)", "{{severity}}")
        .steps(NONE),
        Panel::new(
            Form::Number,
            "Age of the oldest",
            "s",
            "How long the oldest open finding of each severity has been open. Nothing is shown when none is.",
        )
        .target("time() - min by (severity) (plimsoll_finding_oldest_open_timestamp_seconds)", "{{severity}}")
        .size(12, 5),
        Panel::new(Form::Areas, "Open by severity", "short", "Open findings at the last completed scan.")
            .target("sum by (severity) (plimsoll_findings_open)", "{{severity}}"),
        Panel::new(Form::Areas, "Open by service", "short", "Open findings at the last completed scan.")
            .target("sum by (aws_service) (plimsoll_findings_open)", "{{aws_service}}"),
        Panel::new(
            Form::Lines,
            "Mean number open over one hour",
            "short",
            "Finding time per time: what budgets of open time count.",
        )
        .target("sum by (severity) (rate(plimsoll_finding_open_seconds_total[1h]))", "{{severity}}"),
        Panel::new(
            Form::Lines,
            "Time spent open over one day",
            "s",
            "Finding time of a day, summed over findings: one critical finding that was open all day is 24 hours.",
        )
        .target("sum by (severity) (increase(plimsoll_finding_open_seconds_total[1d]))", "{{severity}}"),
    ]
}

fn life_cycle() -> Vec<Panel> {
    vec![
        Panel::new(Form::Lines, "Opened in a day", "short", "Findings opened or reopened over a day.")
            .target("sum by (severity) (increase(plimsoll_findings_opened_total[1d]))", "{{severity}}"),
        Panel::new(Form::Lines, "Resolved in a day", "short", "Findings resolved over a day, by how they ended. What was deleted or waived was not repaired.")
            .target("sum by (reason) (increase(plimsoll_findings_resolved_total[1d]))", "{{reason}}"),
        Panel::new(Form::Lines, "Time to detect, 90 of 100", "s", "Nine of ten findings were detected faster, over a day. The bound `upper` counts from the last clean scan, `exact` from the change itself.")
            .target("histogram_quantile(0.9, sum by (le, severity, bound) (rate(plimsoll_finding_detection_delay_seconds_bucket[1d])))", "{{severity}} {{bound}}"),
        Panel::new(Form::Lines, "Time to remediate, 90 of 100", "s", "Nine of ten findings that were resolved over the week were resolved faster. What is never repaired is not in it; see what is overdue.")
            .target("histogram_quantile(0.9, sum by (le, severity) (rate(plimsoll_finding_time_to_remediate_seconds_bucket[7d])))", "{{severity}}"),
        Panel::new(Form::Heat, "Detection delays", "s", "How many findings were detected how long after the change.")
            .target("sum by (le) (increase(plimsoll_finding_detection_delay_seconds_bucket[$__rate_interval]))", "{{le}}"),
        Panel::new(Form::Heat, "Times to remediate", "s", "How many findings were resolved how long after their detection.")
            .target("sum by (le) (increase(plimsoll_finding_time_to_remediate_seconds_bucket[$__rate_interval]))", "{{le}}"),
    ]
}

fn accepted() -> Vec<Panel> {
    vec![
        Panel::new(
            Form::Lines,
            "Waivers",
            "short",
            "Accepted failures by whether they still hold and accept anything.",
        )
        .target("sum by (status) (plimsoll_waivers)", "{{status}}"),
        Panel::new(
            Form::Lines,
            "Changes in a day",
            "short",
            "Changes from scan to scan over a day, by which way access moved.",
        )
        .target(
            "sum by (direction) (increase(plimsoll_drift_changes_total{change!=\"rewritten\"}[1d]))",
            "{{direction}}",
        ),
    ]
}

fn places() -> Dashboard {
    Dashboard {
        uid: "plimsoll-where",
        title: "plimsoll: accounts, regions, rules",
        description: "Where most fails and where least is known. No resource is named here; the report and the API do that.",
        by_objective: false,
        rows: vec![("Accounts", accounts()), ("Regions", regions()), ("Rules", rules())],
    }
}

fn accounts() -> Vec<Panel> {
    vec![
        Panel::new(Form::Bars, "Failing resources, ten worst accounts", "short", "Accounts past the limit of series share the value __other__.")
            .target("topk(10, sum by (account_id) (plimsoll_account_resources{state=\"fail\"}) > 0)", "{{account_id}}"),
        Panel::new(Form::Bars, "Failing share, ten worst accounts", "percentunit", "Share of judged resources that fail.")
            .target("topk(10, sum by (account_id) (plimsoll_account_resources{state=\"fail\"}) / (sum by (account_id) (plimsoll_account_resources{state=~\"pass|fail|waived\"}) > 0))", "{{account_id}}"),
        Panel::new(Form::Bars, "Critical failures by account", "short", "Resources whose worst evaluation is critical.")
            .target("topk(10, sum by (account_id) (plimsoll_account_resources{state=\"fail\",worst_severity=\"critical\"}) > 0)", "{{account_id}}"),
        Panel::new(Form::Bars, "Unknown resources, ten worst accounts", "short", "Accounts where most could not be judged; a denied read is no pass.")
            .target("topk(10, sum by (account_id) (plimsoll_account_resources{state=\"unknown\"}) > 0)", "{{account_id}}"),
    ]
}

fn regions() -> Vec<Panel> {
    vec![
        Panel::new(Form::Bars, "Failing resources, ten worst regions", "short", "IAM stands under global.")
            .target("topk(10, sum by (aws_region) (plimsoll_region_resources{state=\"fail\"}) > 0)", "{{aws_region}}"),
        Panel::new(
            Form::Bars,
            "Unknown resources, ten worst regions",
            "short",
            "Regions where most could not be judged.",
        )
        .target("topk(10, sum by (aws_region) (plimsoll_region_resources{state=\"unknown\"}) > 0)", "{{aws_region}}"),
    ]
}

fn rules() -> Vec<Panel> {
    let titled = " * on (rule) group_left (title) max by (rule, title) (plimsoll_rule_info)";
    let failing = format!("topk(10, sum by (rule) (plimsoll_evaluations{{result=\"fail\"}}) > 0){titled}");
    let unknown = format!("topk(10, sum by (rule) (plimsoll_evaluations{{result=\"unknown\"}}) > 0){titled}");
    let waived = format!("topk(10, sum by (rule) (plimsoll_evaluations{{result=\"waived\"}}) > 0){titled}");
    vec![
        Panel::new(
            Form::Bars,
            "Rules that fail most",
            "short",
            "Evaluations that fail, by rule: one rule on one resource each.",
        )
        .target(&failing, "{{title}}"),
        Panel::new(Form::Bars, "Rules that know least", "short", "Evaluations that could not be decided, by rule.")
            .target(&unknown, "{{title}}"),
        Panel::new(Form::Bars, "Rules that are waived most", "short", "Failures that are accepted, by rule.")
            .target(&waived, "{{title}}"),
        Panel::new(
            Form::Lines,
            "Failing evaluations by severity",
            "short",
            "One resource may fail several rules; this counts each.",
        )
        .target("sum by (severity) (plimsoll_evaluations{result=\"fail\"})", "{{severity}}"),
    ]
}

fn scanner() -> Dashboard {
    Dashboard {
        uid: "plimsoll-scanner",
        title: "plimsoll: scanner",
        description: "Whether scans run, what they cost and what they could not read.",
        by_objective: false,
        rows: vec![("Scans", scans()), ("AWS", calls()), ("Program", program())],
    }
}

fn scans() -> Vec<Panel> {
    vec![
        Panel::new(
            Form::Number,
            "Since the last good scan",
            "s",
            "Red once the values of the last scan hold no longer.",
        )
        .target("time() - max(plimsoll_scan_last_success_timestamp_seconds)", "age"),
        Panel::new(
            Form::Number,
            "Values hold for",
            "s",
            "How long after a scan its states are taken to last; past it resource time is unknown.",
        )
        .target("max(plimsoll_scan_hold_seconds)", "hold"),
        Panel::new(Form::Number, "Interval", "s", "Configured time from scan to scan.")
            .target("max(plimsoll_scan_interval_seconds)", "interval"),
        Panel::new(
            Form::Number,
            "Failed scans in a day",
            "short",
            "Scans that ended without values over the last day, by reason.",
        )
        .target("sum by (reason) (increase(plimsoll_scan_failures_total[1d])) > 0", "{{reason}}")
        .steps(NONE),
        Panel::new(Form::Areas, "Duration by phase", "s", "How long each phase of the last completed scan took.")
            .target("max by (phase) (plimsoll_scan_duration_seconds)", "{{phase}}"),
        Panel::new(Form::Lines, "Scans in an hour", "short", "Scans that ended, well or not, and those that failed.")
            .target("sum(increase(plimsoll_scan_runs_total[1h]))", "ended")
            .target("sum(increase(plimsoll_scan_failures_total[1h]))", "failed"),
        Panel::new(
            Form::Areas,
            "Units",
            "short",
            "Account, region and service: complete, or incomplete because something could not be read.",
        )
        .target("sum by (status) (plimsoll_scan_units)", "{{status}}"),
        Panel::new(Form::Areas, "Gaps", "short", "What the last completed scan could not read, and why.")
            .target("sum by (aws_service, reason) (plimsoll_gaps) > 0", "{{aws_service}}: {{reason}}"),
    ]
}

fn calls() -> Vec<Panel> {
    vec![
        Panel::new(Form::Lines, "Requests", "reqps", "Requests sent to AWS, retries included.")
            .target("sum by (aws_service) (rate(plimsoll_aws_api_requests_total[$__rate_interval]))", "{{aws_service}}"),
        Panel::new(Form::Lines, "Refused for being too many", "percentunit", "Share of requests that AWS refused; others in the account share the limits.")
            .target("sum by (aws_service) (rate(plimsoll_aws_api_throttles_total[$__rate_interval])) / (sum by (aws_service) (rate(plimsoll_aws_api_requests_total[$__rate_interval])) > 0)", "{{aws_service}}"),
        Panel::new(Form::Lines, "Errors", "reqps", "Calls that failed for good, after all retries.")
            .target("sum by (aws_service, operation) (rate(plimsoll_aws_api_errors_total[$__rate_interval])) > 0", "{{aws_service}} {{operation}}"),
        Panel::new(Form::Lines, "Retries", "reqps", "Requests that were sent again after a failure.")
            .target("sum by (aws_service) (rate(plimsoll_aws_api_retries_total[$__rate_interval]))", "{{aws_service}}"),
    ]
}

fn program() -> Vec<Panel> {
    vec![
        Panel::new(
            Form::Lines,
            "Evaluations",
            "ops",
            "Made anew, and taken over because neither document nor rule had changed.",
        )
        .target("sum(rate(plimsoll_evaluations_judged_total[$__rate_interval]))", "judged")
        .target("sum(rate(plimsoll_evaluations_reused_total[$__rate_interval]))", "taken over"),
        Panel::new(Form::Bars, "Series by family", "short", "The ten largest families of the metrics page.")
            .target("topk(10, sum by (family) (plimsoll_metrics_series))", "{{family}}"),
        Panel::new(Form::Number, "Series left out", "short", "Folded into __other__ for the limit of series.")
            .target("sum(plimsoll_metrics_series_dropped)", "left out")
            .steps(NONE),
        Panel::new(
            Form::Number,
            "Last reload",
            "short",
            "1: taken over, 0: refused. Nothing is shown before the first.",
        )
        .target("min(plimsoll_reload_last_successful)", "taken over"),
        Panel::new(Form::Number, "Version", "short", "The program and the rules that made the page.")
            .target("max by (version, rules_digest) (plimsoll_build_info)", "{{version}}, rules {{rules_digest}}")
            .size(12, 5),
    ]
}
