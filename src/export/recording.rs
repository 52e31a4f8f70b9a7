//! Recording rules: what is bad over each window, how fast the budget burns, what is left of it.

use std::time::Duration;

use super::Exported;
use super::promql::{
    allowance, events, grown, growth, has_range, open_seconds, quotient, recorded, recorded_window, window, windows,
};
use super::text::{duration, number};
use super::yaml::{Yaml, document};
use crate::slo::{Indicator, Slo};

/// How often windows of weeks are recorded: they read much and move little, but a record that is
/// older than five minutes is gone.
const SELDOM: Duration = Duration::from_mins(2);

pub(super) fn rules(exported: &Exported<'_>) -> String {
    let mut groups = vec![estate(exported)];
    groups.extend(exported.slos.iter().map(|slo| objective(exported, slo)));
    groups.extend(exported.slos.iter().map(|slo| budget(exported, slo)));
    let remark = "Recording rules, written by: plimsoll export prometheus-rules";
    document(remark, &Yaml::map([("groups", Yaml::List(groups))]))
}

/// The names of all groups of recording rules, in the order in which they depend on each other.
pub(super) fn group_names(exported: &Exported<'_>) -> Vec<String> {
    let objectives = exported.slos.iter().map(|slo| format!("plimsoll-slo-{}", slo.name));
    let budgets = exported.slos.iter().map(|slo| format!("plimsoll-budget-{}", slo.name));
    std::iter::once("plimsoll-estate".to_owned()).chain(objectives).chain(budgets).collect()
}

/// A group that is evaluated as often as Prometheus evaluates groups that do not say.
fn group(name: String, rules: Vec<Yaml>) -> Yaml {
    Yaml::map([("name", Yaml::text(name)), ("rules", Yaml::List(rules))])
}

fn seldom(exported: &Exported<'_>, name: String, rules: Vec<Yaml>) -> Yaml {
    let interval = Yaml::text(exported.range(SELDOM));
    Yaml::map([("name", Yaml::text(name)), ("interval", interval), ("rules", Yaml::List(rules))])
}

/// A record of an objective. Its label `slo` is written out too: two rules of one name and the same
/// written labels look like one rule twice.
fn of(slo: &Slo, name: impl Into<String>, expression: &str, window: Option<Duration>) -> Yaml {
    let own = std::iter::once(("slo", slo.name.to_string()));
    let labels: Vec<_> = own.chain(window.map(|length| ("window", duration(length)))).collect();
    record(name, expression, &labels)
}

fn record(name: impl Into<String>, expression: &str, labels: &[(&str, String)]) -> Yaml {
    let mut entries = vec![("record", Yaml::text(name)), ("expr", Yaml::expression(expression))];
    if !labels.is_empty() {
        entries.push(("labels", Yaml::texts(labels.iter().map(|(key, value)| (*key, value.as_str())))));
    }
    Yaml::map(entries)
}

/// Shares of resource time of the whole estate, whatever the objectives.
fn estate(exported: &Exported<'_>) -> Yaml {
    let seconds = |state: &str, length| {
        format!("sum(increase(plimsoll_resource_seconds_total{state}[{}]))", exported.range(length))
    };
    let valid = "{state=~\"pass|fail|waived\"}";
    let failing = |length| quotient(&seconds("{state=\"fail\"}", length), &seconds(valid, length));
    let measured = |length| quotient(&seconds(valid, length), &seconds("", length));
    let (hour, day) = (Duration::from_hours(1), Duration::from_hours(24));
    let rules = vec![
        Yaml::Remark("Share of resource time that failed, of the time that was measured.".to_owned()),
        record("plimsoll:failing_resource_time:ratio_1h", &failing(hour), &[]),
        record("plimsoll:failing_resource_time:ratio_1d", &failing(day), &[]),
        Yaml::Remark("Share of resource time that was measured at all.".to_owned()),
        record("plimsoll:measured_resource_time:ratio_1h", &measured(hour), &[]),
        record("plimsoll:measured_resource_time:ratio_1d", &measured(day), &[]),
    ];
    group("plimsoll-estate".to_owned(), rules)
}

/// What is bad and how fast that burns, over the short windows.
fn objective(exported: &Exported<'_>, slo: &Slo) -> Yaml {
    let mut rules = vec![Yaml::Remark(slo.description.clone())];
    let windows = windows(slo);
    for &length in &windows {
        rules.push(of(slo, recorded(slo, length), &bad(exported, slo, length), None));
    }
    for &length in &windows {
        let expression = format!("{}{{slo=\"{}\"}} / ({})", recorded(slo, length), slo.name, allowance(slo).0);
        rules.push(of(slo, "plimsoll:slo_burn:ratio", &expression, Some(length)));
    }
    let mut short: Vec<Duration> = slo.tiers.iter().map(|tier| tier.short).collect();
    short.sort_unstable();
    short.dedup();
    for length in short {
        rules.push(of(slo, measured_name(length), &measured(exported, slo, length), None));
    }
    group(format!("plimsoll-slo-{}", slo.name), rules)
}

/// The name of the record that says whether enough was seen over a window.
pub(super) fn measured_name(length: Duration) -> String {
    format!("plimsoll:slo_measured:bool_rate{}", duration(length))
}

/// 1 when enough of what the objective expects was seen over a window. 0 is not bad: it is not
/// known. An objective without resources has nothing to see.
fn measured(exported: &Exported<'_>, slo: &Slo, length: Duration) -> String {
    let series = |state: &str| format!("plimsoll_slo_resource_seconds_total{{slo=\"{}\"{state}}}", slo.name);
    let range = exported.range(length);
    format!(
        "{}\n>= bool {} * {}",
        grown("rate", &series(",state=~\"pass|fail|waived\""), &range),
        number(exported.minimum_coverage),
        grown("rate", &series(""), &range)
    )
}

fn bad(exported: &Exported<'_>, slo: &Slo, length: Duration) -> String {
    let range = exported.range(length);
    match events(slo) {
        Some((bad, all)) => quotient(&grown(growth(slo), &bad, &range), &grown(growth(slo), &all, &range)),
        None => grown("rate", &open_seconds(slo), &range),
    }
}

/// Where no finding was due and something was judged, none was late: as `plimsoll status` has it.
fn none_due(slo: &Slo, all: &str, range: &str) -> String {
    let judged = format!("plimsoll_slo_resource_seconds_total{{slo=\"{}\",state=~\"pass|fail|waived\"}}", slo.name);
    format!("or ({all} == 0\n    and on (slo) {} > 0)", grown("increase", &judged, range))
}

/// The whole window of an objective, and what is left of its budget.
fn budget(exported: &Exported<'_>, slo: &Slo) -> Yaml {
    let name = format!("plimsoll-budget-{}", slo.name);
    if !has_range(slo) {
        let remark = format!(
            "{} counts by months of the calendar, which PromQL has no ranges for; what is left is what the ledger says.",
            slo.name
        );
        let left = format!("min by (slo) (plimsoll_slo_budget_remaining_ratio{{slo=\"{}\"}})", slo.name);
        let rules = vec![Yaml::Remark(remark), of(slo, "plimsoll:slo_budget_remaining:ratio", &left, None)];
        return seldom(exported, name, rules);
    }
    let length = window(slo);
    let range = exported.range(length);
    let used = match events(slo) {
        Some((bad, all)) => {
            let all = grown("increase", &all, &range);
            let share = quotient(&grown("increase", &bad, &range), &all);
            if slo.indicator.counts_findings() { format!("{share}\n{}", none_due(slo, &all, &range)) } else { share }
        }
        None => grown("increase", &open_seconds(slo), &range),
    };
    let whole = match slo.indicator {
        Indicator::OpenTime { budget } => number(exported.scaled(budget).as_secs_f64()),
        _ => allowance(slo).0,
    };
    let share = format!("{}{{slo=\"{}\"}} / {whole}", recorded_window(slo), slo.name);
    let rules = vec![
        of(slo, recorded_window(slo), &used, Some(length)),
        of(slo, "plimsoll:slo_burn:ratio", &share, Some(length)),
        of(slo, "plimsoll:slo_budget_remaining:ratio", &format!("1 - max by (slo) ({share})"), None),
    ];
    seldom(exported, name, rules)
}
