//! The objectives as OpenSLO v1 documents.
//!
//! Ratios are `ratioMetric` with counters. An absolute budget has no ratio: its `raw` failure ratio
//! is the mean number of findings open at once, and its target 1 - budget / window, so that its burn
//! rate is ours. An alert policy holds one condition, which has one window; the short window of a
//! tier stands in `alertAfter`.

use std::time::Duration;

use super::Exported;
use super::promql::{allowance, events, growth, has_range, open_seconds, tiers, window};
use super::text::{duration, number};
use super::yaml::{Yaml, document};
use crate::slo::{Slo, Tier};

/// What stands for the window in queries; the reader of the document puts ranges in its place.
pub(super) const TOKEN: &str = "{{.window}}";

/// The name of the service that all objectives belong to.
pub(super) const SERVICE: &str = "plimsoll";

const TARGET: &str = "plimsoll-notifications";

pub(super) fn documents(exported: &Exported<'_>) -> String {
    let mut documents = vec![service()];
    documents.extend(exported.slos.iter().map(|slo| objective(exported, slo)));
    for slo in exported.slos {
        documents.extend(tiers(exported, slo).into_iter().map(|tier| policy(slo, tier)));
    }
    documents.push(target());
    let texts: Vec<String> = documents.iter().map(|value| document("", value)).collect();
    format!("# OpenSLO v1, written by: plimsoll export openslo\n{}", texts.join("---\n"))
}

fn header(kind: &str, name: &str, title: &str, spec: Yaml) -> Yaml {
    let metadata = Yaml::map([("name", Yaml::text(name)), ("displayName", quoted(title))]);
    Yaml::map([
        ("apiVersion", Yaml::text("openslo/v1")),
        ("kind", Yaml::text(kind)),
        ("metadata", metadata),
        ("spec", spec),
    ])
}

/// A display name such as 99.5 has to be text, whatever it looks like.
fn quoted(text: &str) -> Yaml {
    Yaml::Bare(format!("'{}'", text.replace('\'', "''")))
}

fn service() -> Yaml {
    let says = "Configuration compliance of the AWS estate.";
    header("Service", SERVICE, "AWS configuration", Yaml::map([("description", Yaml::text(says))]))
}

fn target() -> Yaml {
    let entries = [("description", "Where alerts of plimsoll go."), ("target", "alertmanager")];
    header("AlertNotificationTarget", TARGET, "Notifications", Yaml::texts(entries))
}

/// The window as OpenSLO writes it: a whole number of one unit.
fn time_window(slo: &Slo) -> Yaml {
    if has_range(slo) {
        let entries = [("duration", Yaml::text(duration(window(slo)))), ("isRolling", Yaml::bare(&true))];
        return Yaml::list([Yaml::map(entries)]);
    }
    let calendar = Yaml::map([("startTime", quoted("2026-01-01 00:00:00")), ("timeZone", Yaml::text("Etc/UTC"))]);
    let entries = [("duration", Yaml::text("1M")), ("isRolling", Yaml::bare(&false)), ("calendar", calendar)];
    Yaml::list([Yaml::map(entries)])
}

fn objective(exported: &Exported<'_>, slo: &Slo) -> Yaml {
    let target = 1.0 - allowance(slo).1;
    let indicator = Yaml::map([
        ("metadata", Yaml::texts([("name", slo.name.as_str())])),
        ("spec", Yaml::map([("ratioMetric", ratio_metric(slo))])),
    ]);
    let goal = Yaml::map([
        ("displayName", quoted(&format!("{} %", number(target * 100.0)))),
        ("target", Yaml::bare(&number(target))),
    ]);
    let policies = tiers(exported, slo).into_iter().map(|tier| Yaml::text(policy_name(slo, tier)));
    let spec = Yaml::map([
        ("description", Yaml::text(&slo.description)),
        ("service", Yaml::text(SERVICE)),
        ("indicator", indicator),
        ("timeWindow", time_window(slo)),
        ("budgetingMethod", Yaml::text("Occurrences")),
        ("objectives", Yaml::list([goal])),
        ("alertPolicies", Yaml::list(policies)),
    ]);
    header("SLO", slo.name.as_str(), slo.name.as_str(), spec)
}

fn ratio_metric(slo: &Slo) -> Yaml {
    let source = |query: String| {
        let metric_source = Yaml::map([("type", Yaml::text("Prometheus")), ("spec", Yaml::texts([("query", query)]))]);
        Yaml::map([("metricSource", metric_source)])
    };
    let query = |series: &str| format!("sum({}({series}[{TOKEN}]))", growth(slo));
    let counter = ("counter", Yaml::bare(&true));
    let Some((bad, all)) = events(slo) else {
        let raw = source(query(&open_seconds(slo)));
        return Yaml::map([counter, ("rawType", Yaml::text("failure")), ("raw", raw)]);
    };
    Yaml::map([counter, ("bad", source(query(&bad))), ("total", source(query(&all)))])
}

fn policy_name(slo: &Slo, tier: &Tier) -> String {
    format!("{}-{}", slo.name, tier.name.name())
}

fn policy(slo: &Slo, tier: &Tier) -> Yaml {
    let name = policy_name(slo, tier);
    let condition = Yaml::map([
        ("kind", Yaml::text("burnrate")),
        ("op", Yaml::text("gt")),
        ("threshold", Yaml::bare(&number(tier.factor(window(slo))))),
        ("lookbackWindow", Yaml::text(shorthand(tier.long))),
        ("alertAfter", Yaml::text(shorthand(tier.short))),
    ]);
    let condition = Yaml::map([
        ("kind", Yaml::text("AlertCondition")),
        ("metadata", Yaml::texts([("name", &name)])),
        ("spec", Yaml::map([("severity", Yaml::text(tier.name.severity())), ("condition", condition)])),
    ]);
    let spec = Yaml::map([
        ("alertWhenNoData", Yaml::bare(&true)),
        ("alertWhenBreaching", Yaml::bare(&true)),
        ("alertWhenResolved", Yaml::bare(&true)),
        ("conditions", Yaml::list([condition])),
        ("notificationTargets", Yaml::list([Yaml::texts([("targetRef", TARGET)])])),
    ]);
    header("AlertPolicy", &name, &format!("{}: {}", slo.name, tier.name.name()), spec)
}

/// OpenSLO knows no unit below a minute.
fn shorthand(length: Duration) -> String {
    duration(Duration::from_mins(length.as_secs().div_ceil(60).max(1)))
}
