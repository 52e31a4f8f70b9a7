//! From published values to series, one function per subject.

use std::time::Duration;

use jiff::Timestamp;

use super::catalogue as metric;
use super::published::{
    FailureReason, Phase, Published, ScanValues, State, Totals, UnitStatus, WaiverStatus, as_value,
};
use super::series::Page;
use crate::model::{ChangeKind, Direction, GapReason, Resolution, Service, Severity};

/// The results of an evaluation, as label values.
const RESULTS: &[&str] = &["pass", "fail", "unknown", "waived"];

pub(super) fn fill(page: &mut Page, published: &Published, now: Timestamp) {
    information(page, published);
    runs(page, published);
    accrued(page, published, now);
    totals(page, &published.totals);
    if let Some(scan) = &published.scan {
        ratios(page, scan);
        resources(page, scan);
        groups(page, published, scan);
        evaluations(page, published, scan);
        findings(page, scan);
        reading(page, scan);
    }
}

fn information(page: &mut Page, published: &Published) {
    let build = &published.build;
    page.set(metric::BUILD_INFO, [&build.version, &build.revision, &build.rules_digest], 1.0);
    for (rule, summary) in &published.rules {
        page.set(metric::RULE_INFO, [rule.as_str(), summary.severity.name(), &summary.title], 1.0);
    }
    for (account, name) in &published.accounts {
        page.set(metric::ACCOUNT_INFO, [account.as_str(), name.as_deref().unwrap_or_default()], 1.0);
    }
    page.set(metric::SCAN_INTERVAL, [], published.interval.as_secs_f64());
    page.set(metric::SCAN_HOLD, [], published.hold.as_secs_f64());
    if let Some(reload) = &published.reload {
        page.set(metric::RELOAD_TIME, [], seconds(reload.at));
        page.set(metric::RELOAD_SUCCESSFUL, [], if reload.refused.is_none() { 1.0 } else { 0.0 });
    }
}

fn runs(page: &mut Page, published: &Published) {
    let runs = &published.runs;
    page.set(metric::SCAN_RUNS, [], as_value(runs.total));
    for reason in FailureReason::ALL {
        page.set(metric::SCAN_FAILURES, [reason.name()], count(runs.failures.get(reason)));
    }
    let times = [
        (metric::SCAN_START, runs.last_start),
        (metric::SCAN_COMPLETION, runs.last_completion),
        (metric::SCAN_SUCCESS, published.scan.as_ref().map(|scan| scan.as_of)),
    ];
    for (metric, time) in times {
        if let Some(time) = time {
            page.set(metric, [], seconds(time));
        }
    }
}

fn accrued(page: &mut Page, published: &Published, now: Timestamp) {
    let resource_seconds = published.resource_seconds(now);
    for (service, state) in service_states() {
        let value = resource_seconds.get(&(service, state)).copied().unwrap_or_default();
        page.set(metric::RESOURCE_SECONDS, [service.name(), state.name(), state.worst_severity()], value);
    }
    let open_seconds = published.open_seconds(now);
    for severity in Severity::ALL {
        let value = open_seconds.get(severity).copied().unwrap_or_default();
        page.set(metric::FINDING_OPEN_SECONDS, [severity.name()], value);
    }
}

fn totals(page: &mut Page, totals: &Totals) {
    for severity in Severity::ALL {
        page.set(metric::FINDINGS_OPENED, [severity.name()], count(totals.opened.get(severity)));
        for how in Resolution::ALL {
            let resolved = count(totals.resolved.get(&(*severity, *how)));
            page.set(metric::FINDINGS_RESOLVED, [severity.name(), how.name()], resolved);
        }
    }
    for &service in Service::ALL {
        for &kind in ChangeKind::ALL {
            for &direction in Direction::ALL {
                let changes = count(totals.changes.get(&(service, kind, direction)));
                page.set(metric::DRIFT_CHANGES, [service.name(), kind.name(), direction.name()], changes);
            }
        }
    }
    for ((service, operation), calls) in &totals.calls {
        let labels = [service.as_str(), operation.as_str()];
        page.set(metric::API_REQUESTS, labels, as_value(calls.requests));
        page.set(metric::API_ERRORS, labels, as_value(calls.errors));
        page.set(metric::API_THROTTLES, labels, as_value(calls.throttles));
        page.set(metric::API_RETRIES, labels, as_value(calls.retries));
    }
}

fn ratios(page: &mut Page, scan: &ScanValues) {
    let ratios = [
        (metric::FAILING_RATIO, scan.failing_ratio()),
        (metric::BOUND_RATIO, scan.bound()),
        (metric::COVERAGE_RATIO, scan.coverage()),
    ];
    for (metric, ratio) in ratios {
        if let Some(ratio) = ratio {
            page.set(metric, [], ratio);
        }
    }
    page.set(metric::KNOWN_RESOURCES, [], as_value(scan.known));
    page.set(metric::EXPECTED_RESOURCES, [], as_value(scan.expected));
}

fn resources(page: &mut Page, scan: &ScanValues) {
    for (service, state) in service_states() {
        let labels = [service.name(), state.name(), state.worst_severity()];
        page.set(metric::RESOURCES, labels, count(scan.by_service.get(&(service, state))));
    }
}

fn groups(page: &mut Page, published: &Published, scan: &ScanValues) {
    let judged = scan.by_account.keys().map(|(account, _)| account);
    for account in published.accounts.keys().chain(judged) {
        for &state in State::ALL {
            let labels = [account.as_str(), state.name(), state.worst_severity()];
            page.set(metric::ACCOUNT_RESOURCES, labels, count(scan.by_account.get(&(account.clone(), state))));
        }
    }
    for (region, service, _) in scan.by_region.keys() {
        for result in RESULTS {
            let there = |state: &&State| state.name() == *result;
            let of =
                |state: &State| scan.by_region.get(&(region.clone(), *service, *state)).copied().unwrap_or_default();
            let value: u64 = State::ALL.iter().filter(there).map(of).sum();
            page.set(metric::REGION_RESOURCES, [region.as_str(), service.name(), result], as_value(value));
        }
    }
}

fn evaluations(page: &mut Page, published: &Published, scan: &ScanValues) {
    for (rule, summary) in &published.rules {
        for &result in RESULTS {
            let labels = [rule.as_str(), summary.severity.name(), result];
            page.set(metric::EVALUATIONS, labels, count(scan.evaluations.get(&(rule.clone(), result))));
        }
    }
}

fn findings(page: &mut Page, scan: &ScanValues) {
    for &severity in Severity::ALL {
        for &service in Service::ALL {
            let open = count(scan.findings_open.get(&(severity, service)));
            page.set(metric::FINDINGS_OPEN, [severity.name(), service.name()], open);
        }
        if let Some(&oldest) = scan.oldest_open.get(&severity) {
            page.set(metric::FINDING_OLDEST, [severity.name()], seconds(oldest));
        }
    }
}

fn reading(page: &mut Page, scan: &ScanValues) {
    for &service in Service::ALL {
        for &reason in GAP_REASONS {
            page.set(metric::GAPS, [service.name(), reason.name()], count(scan.gaps.get(&(service, reason))));
        }
    }
    for status in WaiverStatus::ALL {
        page.set(metric::WAIVERS, [status.name()], count(scan.waivers.get(status)));
    }
    for status in UnitStatus::ALL {
        page.set(metric::SCAN_UNITS, [status.name()], count(scan.units.get(status)));
    }
    for phase in Phase::ALL {
        let took = scan.durations.get(phase).copied().unwrap_or(Duration::ZERO);
        page.set(metric::SCAN_DURATION, [phase.name()], took.as_secs_f64());
    }
}

/// All reasons of gaps.
const GAP_REASONS: &[GapReason] = &[
    GapReason::Denied,
    GapReason::Throttled,
    GapReason::TimedOut,
    GapReason::Credentials,
    GapReason::Unavailable,
    GapReason::Malformed,
    GapReason::RegionDisabled,
    GapReason::NotCollected,
];

fn service_states() -> impl Iterator<Item = (Service, State)> {
    Service::ALL.iter().flat_map(|&service| State::ALL.iter().map(move |&state| (service, state)))
}

fn count(count: Option<&u64>) -> f64 {
    as_value(count.copied().unwrap_or_default())
}

fn seconds(time: Timestamp) -> f64 {
    time.as_duration().as_secs_f64()
}
