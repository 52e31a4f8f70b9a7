//! The objectives as a specification of Sloth, `prometheus/v1`, with the catalogue of alert windows
//! that gives its alerts our windows and factors.
//!
//! Sloth has two alerts for each objective, each of two tiers, and reads burn rates from error
//! ratios. An absolute budget becomes one: the mean number of findings open at once, which may be
//! budget / window.

use super::openslo::{SERVICE, TOKEN};
use super::promql::{allowance, events, growth, has_range, open_seconds, tiers, window};
use super::text::{duration, number};
use super::yaml::{Yaml, document};
use super::{Exported, File};
use crate::slo::{Slo, Tier, TierName};

pub(super) fn files(exported: &Exported<'_>) -> Vec<File> {
    let mut files = vec![File { name: "sloth.yml", text: specification(exported) }];
    if let Some(text) = catalogues(exported) {
        files.push(File { name: "sloth-windows.yml", text });
    }
    files
}

fn specification(exported: &Exported<'_>) -> String {
    let slos = exported.slos.iter().map(|slo| if expressible(slo) { objective(slo) } else { not_expressible(slo) });
    let value = Yaml::map([
        ("version", Yaml::text("prometheus/v1")),
        ("service", Yaml::text(SERVICE)),
        ("slos", Yaml::list(slos)),
    ]);
    let remark = "Written by: plimsoll export sloth\n\
                  Generate with: sloth generate -i sloth.yml --slo-period-windows-path DIR --default-slo-period 28d\n\
                  where DIR holds sloth-windows.yml. Sloth takes one period for a whole file.";
    document(remark, &value)
}

/// Sloth knows rolling periods of whole days, and budgets below everything.
fn expressible(slo: &Slo) -> bool {
    has_range(slo) && allowance(slo).1 < 1.0
}

fn not_expressible(slo: &Slo) -> Yaml {
    Yaml::Remark(format!("Left out: {}. Sloth has no months of the calendar and no budgets above 100 %.", slo.name))
}

fn objective(slo: &Slo) -> Yaml {
    let query = |series: &str| Yaml::text(format!("sum({}({series}[{TOKEN}]))", growth(slo)));
    let sli = match events(slo) {
        Some((bad, all)) => ("events", Yaml::map([("error_query", query(&bad)), ("total_query", query(&all))])),
        None => ("raw", Yaml::map([("error_ratio_query", query(&open_seconds(slo)))])),
    };
    let label = |severity| Yaml::map([("labels", Yaml::texts([("severity", severity)]))]);
    let summary = format!("{} burns its budget faster than it may", slo.name);
    let alerting = Yaml::map([
        ("name", Yaml::text(super::burning::BURN)),
        ("labels", Yaml::texts([("slo", slo.name.as_str())])),
        ("annotations", Yaml::texts([("summary", summary)])),
        ("page_alert", label("page")),
        ("ticket_alert", label("ticket")),
    ]);
    Yaml::map([
        ("name", Yaml::text(slo.name.as_str())),
        ("objective", Yaml::bare(&number(100.0 * (1.0 - allowance(slo).1)))),
        ("description", Yaml::text(&slo.description)),
        ("sli", Yaml::map([sli])),
        ("alerting", alerting),
    ])
}

/// One catalogue for each period, from the first objective that has all four tiers: Sloth wants them.
fn catalogues(exported: &Exported<'_>) -> Option<String> {
    let mut texts = Vec::new();
    let mut periods = Vec::new();
    for slo in exported.slos.iter().filter(|slo| expressible(slo)) {
        let period = duration(window(slo));
        let tiers = tiers(exported, slo);
        let tier = |name| tiers.iter().copied().find(|tier| tier.name == name);
        let [Some(fast), Some(medium), Some(slow), Some(long)] =
            [TierName::Fast, TierName::Medium, TierName::Slow, TierName::Long].map(tier)
        else {
            continue;
        };
        if periods.contains(&period) {
            continue;
        }
        texts.push(document("", &catalogue(&period, [fast, medium, slow, long])));
        periods.push(period);
    }
    (!texts.is_empty())
        .then(|| format!("# Alert windows for Sloth, written by: plimsoll export sloth\n{}", texts.join("---\n")))
}

fn catalogue(period: &str, [fast, medium, slow, long]: [&Tier; 4]) -> Yaml {
    let tier = |tier: &Tier| {
        Yaml::map([
            ("errorBudgetPercent", Yaml::bare(&number(tier.budget_share * 100.0))),
            ("shortWindow", Yaml::text(duration(tier.short))),
            ("longWindow", Yaml::text(duration(tier.long))),
        ])
    };
    let pair = |quick, slow| Yaml::map([("quick", tier(quick)), ("slow", tier(slow))]);
    Yaml::map([
        ("apiVersion", Yaml::text("sloth.slok.dev/v1")),
        ("kind", Yaml::text("AlertWindows")),
        (
            "spec",
            Yaml::map([("sloPeriod", Yaml::text(period)), ("page", pair(fast, medium)), ("ticket", pair(slow, long))]),
        ),
    ])
}
