//! The objectives as custom resources of Pyrra.
//!
//! Pyrra takes the two counters of a ratio as pure selectors and chooses its own windows and
//! factors, so an absolute budget and a month of the calendar cannot be said in it.

use super::Exported;
use super::promql::{events, has_range, window};
use super::text::{duration, number};
use super::yaml::{Yaml, document};
use crate::slo::Slo;

pub(super) fn documents(exported: &Exported<'_>) -> String {
    let mut texts = Vec::new();
    let mut remarks = vec!["Resources of Pyrra, written by: plimsoll export pyrra".to_owned()];
    for slo in exported.slos {
        match events(slo).filter(|_| has_range(slo)) {
            Some((bad, all)) => texts.push(document("", &resource(slo, &bad, &all))),
            None => remarks.push(format!(
                "Left out: {}. Pyrra has neither budgets of open time nor months of the calendar.",
                slo.name
            )),
        }
    }
    let remarks: Vec<String> = remarks.iter().map(|remark| format!("# {remark}\n")).collect();
    remarks.concat() + &texts.join("---\n")
}

fn resource(slo: &Slo, bad: &str, all: &str) -> Yaml {
    let labels = Yaml::texts([("prometheus", "k8s"), ("role", "alert-rules"), ("pyrra.dev/slo", slo.name.as_str())]);
    let metadata = Yaml::map([
        ("name", Yaml::text(slo.name.as_str())),
        ("namespace", Yaml::text("monitoring")),
        ("labels", labels),
    ]);
    let metric = |series: &str| Yaml::texts([("metric", series)]);
    let percent = number(100.0 * slo.indicator.target().unwrap_or_default());
    let spec = Yaml::map([
        // Kubernetes takes no numbers with a point.
        ("target", Yaml::Bare(format!("'{percent}'"))),
        ("window", Yaml::text(duration(window(slo)))),
        ("description", Yaml::text(&slo.description)),
        ("indicator", Yaml::map([("ratio", Yaml::map([("errors", metric(bad)), ("total", metric(all))]))])),
        ("alerting", Yaml::texts([("name", super::burning::BURN), ("absentName", "PlimsollObjectiveAbsent")])),
    ]);
    Yaml::map([
        ("apiVersion", Yaml::text("pyrra.dev/v1alpha1")),
        ("kind", Yaml::text("ServiceLevelObjective")),
        ("metadata", metadata),
        ("spec", spec),
    ])
}
