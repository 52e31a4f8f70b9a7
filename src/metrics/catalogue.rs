//! The list of all metrics: the one place where a name, its help and its labels are written.

use std::fmt::Write;

/// A metric's form in the exposition format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only grows; a lower value means that counting began again.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts of lengths of time by upper bound, in the label `le`, with their sum and number.
    Histogram,
}

impl Kind {
    /// The word of the exposition format.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// One metric.
#[derive(Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name, in base units.
    pub name: &'static str,
    /// Its form.
    pub kind: Kind,
    /// Its labels, in the order in which values are given.
    pub labels: &'static [&'static str],
    /// What it measures, in one or two sentences.
    pub help: &'static str,
}

macro_rules! metrics {
    ($($constant:ident $kind:ident $name:literal [$($label:literal),*] $help:literal;)*) => {
        $(pub(crate) const $constant: &Metric =
            &Metric { name: $name, kind: Kind::$kind, labels: &[$($label),*], help: $help };)*

        /// All metrics, in the order in which the reference explains them.
        pub const METRICS: &[&Metric] = &[$($constant,)*];
    };
}

metrics! {
    FAILING_RATIO Gauge "plimsoll_failing_resources_ratio" []
        "Share of valid resources (pass, fail, waived) that fail, 0 to 1, at the last completed scan. Absent when nothing is valid.";
    BOUND_RATIO Gauge "plimsoll_failing_or_unknown_resources_ratio" []
        "Share of expected resources that fail or are unknown, 0 to 1, at the last completed scan: the conservative bound. Absent when nothing is expected.";
    COVERAGE_RATIO Gauge "plimsoll_coverage_ratio" []
        "Share of expected resources that are known, 0 to 1, at the last completed scan. Absent when nothing is expected.";
    KNOWN_RESOURCES Gauge "plimsoll_known_resources" []
        "Resources whose state is known at the last completed scan: the numerator of the coverage.";
    EXPECTED_RESOURCES Gauge "plimsoll_expected_resources" []
        "Resources that should have been read in the last completed scan: the denominator of the coverage.";
    RESOURCES Gauge "plimsoll_resources" ["aws_service", "state", "worst_severity"]
        "Resources by state at the last completed scan. Each resource counts once, in the state of its worst evaluation.";
    RESOURCE_SECONDS Counter "plimsoll_resource_seconds_total" ["aws_service", "state", "worst_severity"]
        "Resource time spent in each state since the ledger began. Grows between scans in the states of the last one; past the hold it grows as unknown.";
    ACCOUNT_RESOURCES Gauge "plimsoll_account_resources" ["account_id", "state", "worst_severity"]
        "Resources by account and state at the last completed scan. Accounts past the limit of series share account_id __other__.";
    REGION_RESOURCES Gauge "plimsoll_region_resources" ["aws_region", "state", "worst_severity"]
        "Resources by region and state at the last completed scan; global for IAM. Regions past the limit of series share aws_region __other__.";
    EVALUATIONS Gauge "plimsoll_evaluations" ["rule", "severity", "result"]
        "Evaluations (one rule on one resource) by result at the last completed scan. Rules past the limit of series share rule __other__.";
    FINDINGS_OPEN Gauge "plimsoll_findings_open" ["severity", "aws_service"]
        "Open findings at the last completed scan.";
    FINDING_OPEN_SECONDS Counter "plimsoll_finding_open_seconds_total" ["severity"]
        "Time that findings have been open, from detection, summed over findings since the ledger began. Grows between scans until the hold.";
    FINDINGS_OPENED Counter "plimsoll_findings_opened_total" ["severity"]
        "Findings opened or reopened since the ledger began.";
    FINDINGS_RESOLVED Counter "plimsoll_findings_resolved_total" ["severity", "reason"]
        "Findings resolved since the ledger began, by how they ended.";
    FINDING_OLDEST Gauge "plimsoll_finding_oldest_open_timestamp_seconds" ["severity"]
        "When the oldest open finding was first seen. Absent when none is open.";
    FINDINGS_OVERDUE Gauge "plimsoll_findings_overdue" ["severity"]
        "Findings of the last completed scan that are open for longer than an objective allows. Grows between scans as time limits end. Absent for severities without a time limit.";
    DETECTION_DELAY Histogram "plimsoll_finding_detection_delay_seconds" ["severity", "bound"]
        "Time from a change until its finding was opened, since the ledger began. bound=\"upper\" counts from the previous scan that saw the resource's unit without it, so that the delay was shorter; exact from the moment of the change.";
    REMEDIATION_TIME Histogram "plimsoll_finding_time_to_remediate_seconds" ["severity"]
        "Time from opening to the scan that saw the finding fixed or its resource deleted, since the ledger began. Findings that are still open are not in it; see plimsoll_findings_overdue.";
    WAIVERS Gauge "plimsoll_waivers" ["status"]
        "Waivers at the last completed scan: used, expired, too_long (they would hold for longer than waiver_policy.maximum_age, and accept nothing), or unmatched (nothing fails that they accept).";
    EVALUATIONS_JUDGED Counter "plimsoll_evaluations_judged_total" []
        "Evaluations made since the ledger began.";
    EVALUATIONS_REUSED Counter "plimsoll_evaluations_reused_total" []
        "Evaluations taken over from an earlier scan since the ledger began, because neither document nor rule had changed.";
    DRIFT_CHANGES Counter "plimsoll_drift_changes_total" ["aws_service", "change", "direction"]
        "Changes of resources from one scan to the next since the ledger began, and which way access moved. What was only written otherwise and means the same has change=\"rewritten\" and is no drift.";
    GAPS Gauge "plimsoll_gaps" ["aws_service", "reason"]
        "Things in scope that the last completed scan could not read.";
    SCAN_START Gauge "plimsoll_scan_last_start_timestamp_seconds" []
        "When the last scan that ended, well or not, began. Absent before the first.";
    SCAN_COMPLETION Gauge "plimsoll_scan_last_completion_timestamp_seconds" []
        "When the last scan ended, well or not. Absent before the first.";
    SCAN_SUCCESS Gauge "plimsoll_scan_last_success_timestamp_seconds" []
        "When the last scan whose values are on this page ended. Absent before the first.";
    SCAN_DURATION Gauge "plimsoll_scan_duration_seconds" ["phase"]
        "How long each phase of the last completed scan took.";
    SCAN_RUNS Counter "plimsoll_scan_runs_total" []
        "Scans that ended, well or not.";
    SCAN_FAILURES Counter "plimsoll_scan_failures_total" ["reason"]
        "Scans that ended without values, by reason.";
    SCAN_UNITS Gauge "plimsoll_scan_units" ["status"]
        "Units (account, region and service) of the last completed scan: complete, or incomplete because something could not be read.";
    SCAN_INTERVAL Gauge "plimsoll_scan_interval_seconds" []
        "Configured time from the start of one scan to the start of the next.";
    SCAN_HOLD Gauge "plimsoll_scan_hold_seconds" []
        "How long after a scan its states are taken to last. Past it, resource time counts as unknown.";
    API_REQUESTS Counter "plimsoll_aws_api_requests_total" ["aws_service", "operation"]
        "Requests sent to AWS, retries included.";
    API_ERRORS Counter "plimsoll_aws_api_errors_total" ["aws_service", "operation"]
        "Calls to AWS that failed for good.";
    API_THROTTLES Counter "plimsoll_aws_api_throttles_total" ["aws_service", "operation"]
        "Requests that AWS refused for being too many.";
    API_RETRIES Counter "plimsoll_aws_api_retries_total" ["aws_service", "operation"]
        "Requests sent again after a failure.";
    SLO_RESOURCE_SECONDS Counter "plimsoll_slo_resource_seconds_total" ["slo", "state"]
        "Resource time in the scope of an objective by state, judged only by rules in scope, since its definition was first measured. Compliance: bad is fail, the total is pass, fail and waived. Coverage: bad is unknown, the total is all. Grows like plimsoll_resource_seconds_total.";
    SLO_FINDING_OPEN_SECONDS Counter "plimsoll_slo_finding_open_seconds_total" ["slo"]
        "Time that findings in the scope of an objective have been open, summed over findings, since its definition was first measured. Grows between scans until the hold.";
    SLO_FINDINGS Counter "plimsoll_slo_findings_total" ["slo", "outcome"]
        "Findings in the scope of an objective that turned out within or late for its time limit, since its definition was first measured.";
    SLO_OBJECTIVE Gauge "plimsoll_slo_objective_ratio" ["slo"]
        "The least share that must be good, above 0 and below 1. Absent for objectives of open_time.";
    SLO_BUDGET Gauge "plimsoll_slo_budget_seconds" ["slo"]
        "Finding time that may be used up in a window. Only for objectives of open_time.";
    SLO_WINDOW Gauge "plimsoll_slo_window_seconds" ["slo"]
        "The time over which an objective holds; for a month of the calendar, the length of the current one.";
    SLO_REMAINING Gauge "plimsoll_slo_budget_remaining_ratio" ["slo"]
        "Share of the budget of the window that is left at the last completed scan, as the ledger reckons it; below 0 when more than all is spent. Absent when nothing was measured.";
    SLO_WINDOW_COVERAGE Gauge "plimsoll_slo_window_coverage_ratio" ["slo"]
        "Share of the window that was measured, 0 to 1, at the last completed scan.";
    SLO_BURN_RATE Gauge "plimsoll_slo_burn_rate" ["slo", "window"]
        "How fast the budget was being spent over each window up to the last completed scan; 1 spends it exactly in the objective's own window. Absent when nothing was measured.";
    SLO_RECOVERY Gauge "plimsoll_slo_budget_recovery_timestamp_seconds" ["slo"]
        "The earliest time at which the policy's strictest action on an objective ends, if nothing new burns. Absent when no action is active, or when it does not end by itself.";
    POLICY_ACTION Gauge "plimsoll_policy_action_active" ["slo", "action"]
        "Whether the budget policy asks for an action on an objective (1) or not (0), at the last completed scan.";
    POLICY_ACTION_SINCE Gauge "plimsoll_policy_action_since_timestamp_seconds" ["slo", "action"]
        "Since when the action is active. Absent while it is not.";
    GATE_DECISIONS Counter "plimsoll_gate_decisions_total" ["decision", "reason"]
        "Decisions of the gate since the ledger began.";
    RULE_INFO Gauge "plimsoll_rule_info" ["rule", "severity", "title"]
        "Always 1. Join by rule to get a rule's title.";
    ACCOUNT_INFO Gauge "plimsoll_account_info" ["account_id", "account_name"]
        "Always 1. Join by account_id to get an account's name.";
    BUILD_INFO Gauge "plimsoll_build_info" ["version", "revision", "rules_digest"]
        "Always 1. The program and the rules that made this page.";
    RELOAD_SUCCESSFUL Gauge "plimsoll_reload_last_successful" []
        "Whether the last reload of rules and configuration was taken over (1) or refused (0). Absent before the first.";
    RELOAD_TIME Gauge "plimsoll_reload_last_timestamp_seconds" []
        "When a reload of rules and configuration was last asked for. Absent before the first.";
    SERIES Gauge "plimsoll_metrics_series" ["family"]
        "Series on this page, by metric family.";
    SERIES_DROPPED Gauge "plimsoll_metrics_series_dropped" ["family"]
        "Series left out for the limit of series, by metric family; their values are in the series labelled __other__, except for info metrics.";
}

/// The reference of all metrics as Markdown; `docs/metrics.md` is this text.
#[must_use]
pub fn reference() -> String {
    let mut text = String::from(INTRODUCTION);
    text.push_str("| metric | type | labels | meaning |\n|---|---|---|---|\n");
    for metric in METRICS {
        let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} |",
            metric.name,
            metric.kind.name(),
            labels.join(", "),
            metric.help.replace('|', "\\|").replace("__other__", "`__other__`")
        );
    }
    text
}

const INTRODUCTION: &str = include_str!("introduction.md");
