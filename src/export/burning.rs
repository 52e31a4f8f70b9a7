//! Burn-rate alerts: an objective burns faster than a tier allows, over its long and its short window.
//!
//! Such an alert begins on evidence and ends on evidence. When its objective's scope is no longer
//! read, failing resources become unknown and the burn rate falls; that is not a repair, so the alert
//! goes on until enough of the scope is read again.

use std::time::Duration;

use super::Exported;
use super::alerting::Alert;
use super::promql::{allowance, events, grown, recorded, window};
use super::recording::measured_name;
use super::text::{duration, number, percent, rounded, spoken};
use crate::slo::{Indicator, Slo, Tier, TierName};

/// The name of all burn-rate alerts; `slo` and `burn_tier` tell them apart.
pub(super) const BURN: &str = "PlimsollBudgetBurn";

pub(super) fn alert(exported: &Exported<'_>, slo: &Slo, tier: &Tier) -> Alert {
    let own = ("slo", slo.name.to_string());
    let labels = vec![own, ("burn_tier", tier.name.name().to_owned()), ("window", duration(tier.long))];
    Alert {
        name: BURN,
        expression: expression(exported, slo, tier),
        hold: Duration::ZERO,
        keep: keep(tier),
        severity: tier.name.severity(),
        labels,
        summary: summary(slo, tier),
        description: description(exported, slo, tier),
    }
}

/// Pages do not come and go with single scrapes; tickets have short windows of hours that see to it.
const fn keep(tier: &Tier) -> Duration {
    match tier.name {
        TierName::Fast | TierName::Medium => Duration::from_mins(5),
        TierName::Slow | TierName::Long => Duration::ZERO,
    }
}

fn expression(exported: &Exported<'_>, slo: &Slo, tier: &Tier) -> String {
    let threshold = format!("({} * {})", number(tier.factor(window(slo))), allowance(slo).0);
    let name = &slo.name;
    let above = |length| format!("{}{{slo=\"{name}\"}} > {threshold}", recorded(slo, length));
    let mut burns = format!("  {}\nand on (slo)\n  {}", above(tier.long), above(tier.short));
    if let Some(spent) = spent(exported, slo, tier) {
        burns.push_str(&spent);
    }
    let fires = format!("alertname=\"{BURN}\",alertstate=\"firing\",slo=\"{name}\",burn_tier=\"{}\"", tier.name.name());
    let measured = format!("{}{{slo=\"{name}\"}} == 1", measured_name(tier.short));
    format!("(\n{burns}\n)\nor on (slo)\n(\n  max by (slo) (ALERTS{{{fires}}})\nunless on (slo)\n  {measured}\n)")
}

/// Findings are few: two late ones of three in an hour are a high rate and perhaps no harm. What was
/// late must also have used up the tier's share of the budget, reckoned by the findings of the whole
/// window.
fn spent(exported: &Exported<'_>, slo: &Slo, tier: &Tier) -> Option<String> {
    let of_findings = matches!(slo.indicator, Indicator::Detection { .. } | Indicator::Remediation { .. });
    let (late, all) = events(slo).filter(|_| of_findings)?;
    Some(format!(
        "\nand on (slo)\n  {}\n> on (slo)\n  {} * {}",
        grown("increase", &late, &exported.range(tier.long)),
        number(tier.budget_share * allowance(slo).1),
        grown("increase", &all, &exported.range(window(slo)))
    ))
}

fn summary(slo: &Slo, tier: &Tier) -> String {
    let times = rounded(tier.factor(window(slo)));
    format!("{} burns its budget more than {times} times as fast as it may", slo.name)
}

fn description(exported: &Exported<'_>, slo: &Slo, tier: &Tier) -> String {
    let lasts = spoken(Duration::from_secs_f64(window(slo).as_secs_f64() / tier.factor(window(slo))));
    format!(
        "{} At this rate a whole budget lasts {lasts}, and what is left of it lasts {}. {} While less than {} of its \
         resources can be read, this does not resolve.",
        what_burns(slo, tier),
        left(slo, tier),
        what_to_do(slo, tier),
        percent(exported.minimum_coverage)
    )
}

fn what_burns(slo: &Slo, tier: &Tier) -> String {
    let threshold = tier.factor(window(slo)) * allowance(slo).1;
    let (share, length) = (percent(threshold), spoken(tier.long));
    match slo.indicator {
        Indicator::Compliance { .. } => {
            format!("Over {length}, more than {share} of the resource time that was judged failed.")
        }
        Indicator::Coverage { .. } => {
            format!("Over {length}, more than {share} of the resource time that is expected was not known.")
        }
        Indicator::OpenTime { .. } => {
            format!("Over {length}, more than {} of its findings were open at once, on average.", rounded(threshold))
        }
        Indicator::Detection { within, .. } => {
            let within = spoken(within);
            format!(
                "Of the findings of {length}, more than {share} were detected later than {within} after the change."
            )
        }
        Indicator::Remediation { within, .. } => {
            let within = spoken(within);
            format!(
                "Of the findings that fell due within {length}, more than {share} were open for longer than {within}."
            )
        }
    }
}

/// How long what is left lasts, asked for when the alert is written.
fn left(slo: &Slo, tier: &Tier) -> String {
    let name = &slo.name;
    let query = format!(
        "clamp_min(min by (slo) (plimsoll_slo_budget_remaining_ratio{{slo='{name}'}}), 0) * {} / on (slo) \
         max by (slo) (plimsoll:slo_burn:ratio{{slo='{name}',window='{}'}})",
        number(window(slo).as_secs_f64()),
        duration(tier.long)
    );
    format!(
        "{{{{ with query \"{query}\" }}}}{{{{ . | first | value | humanizeDuration }}}}{{{{ else }}}}an unknown time{{{{ end }}}}"
    )
}

fn what_to_do(slo: &Slo, tier: &Tier) -> &'static str {
    let page = tier.name.severity() == "page";
    match slo.indicator {
        Indicator::Compliance { .. } | Indicator::OpenTime { .. } if page => {
            "Now: plimsoll findings names what is open; take back the change that opened it."
        }
        Indicator::Compliance { .. } | Indicator::OpenTime { .. } => {
            "plimsoll findings names what is open; plan its repair before the budget is used up."
        }
        Indicator::Coverage { .. } => {
            "The overview page and plimsoll_gaps say what could not be read and which permission is missing."
        }
        Indicator::Detection { .. } => {
            "See whether scans are late, slow or failing, or whether the interval is longer than the promise."
        }
        Indicator::Remediation { .. } => "plimsoll findings shows the oldest first; give each an owner and a day.",
    }
}
