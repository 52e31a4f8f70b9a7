//! Objectives on a terminal and for programs: what is promised, and which tiers of alerts do their
//! work.

use std::io;

use serde_json::{Value, json};

use crate::slo::{Cadence, Indicator, Reach, Scope, Slo, Threshold, Verdict, length};

use super::terminal::{Cell, Paint, Terminal, counted, number, text};

/// Objectives and what was said about them.
#[derive(Debug, Clone, Copy)]
pub struct SloReport<'a> {
    /// The objectives.
    pub checked: &'a [Checked],
    /// How often counters are taken to move; `None` to list the objectives and no more.
    pub cadence: Option<Cadence>,
}

/// One objective that was looked at.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The objective.
    pub slo: Slo,
    /// All tiers, fastest first.
    pub reach: Vec<Reach>,
    /// How many of the rules that judge are in its scope.
    pub rules: usize,
}

impl Checked {
    /// Whether something must be changed: a tier that cannot work, a scope without a rule.
    #[must_use]
    pub fn is_faulty(&self) -> bool {
        self.rules == 0 || self.reach.iter().any(|one| one.is_fault)
    }
}

pub(super) fn write(report: SloReport<'_>, terminal: &mut Terminal<'_>) -> io::Result<()> {
    if report.checked.is_empty() {
        return terminal.row(0, &[text("no objectives; declare them under slos in the configuration", Paint::Plain)]);
    }
    let Some(cadence) = report.cadence else { return list(report.checked, terminal) };
    for one in report.checked {
        check(one, terminal)?;
        terminal.gap()?;
    }
    let faulty = report.checked.iter().filter(|one| one.is_faulty()).count();
    let in_steps = if cadence.stepwise { ", counters that move only then" } else { "" };
    let summary = format!(
        "{} with a scan every {}{in_steps}: {}",
        counted(report.checked.len(), "objective"),
        length(cadence.interval),
        if faulty == 0 { "all can be watched".to_owned() } else { format!("{faulty} to be changed") }
    );
    terminal.row(0, &[text(summary, Paint::Bold)])
}

fn list(checked: &[Checked], terminal: &mut Terminal<'_>) -> io::Result<()> {
    let titles = ["name", "measures", "of", "promise", "window", "tiers"].map(|title| text(title, Paint::Dim));
    let row = |one: &Checked| {
        let tiers: Vec<&str> = one.slo.tiers.iter().map(|tier| tier.name.name()).collect();
        vec![
            text(one.slo.name.as_str(), Paint::Bold),
            text(one.slo.indicator.name(), Paint::Plain),
            text(scope(&one.slo.scope), Paint::Plain),
            text(promise(&one.slo.indicator), Paint::Plain),
            text(one.slo.window.to_string(), Paint::Plain),
            text(if tiers.is_empty() { "none".to_owned() } else { tiers.join(" ") }, Paint::Plain),
        ]
    };
    let rows: Vec<Vec<Cell>> = std::iter::once(titles.to_vec()).chain(checked.iter().map(row)).collect();
    terminal.rows(0, &rows)
}

fn check(one: &Checked, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let Checked { slo, reach, rules } = one;
    let about = format!("{} of {} over {}", slo.indicator.name(), scope(&slo.scope), slo.window);
    let promise = format!("{about}: {}", promise(&slo.indicator));
    terminal.row(0, &[text(slo.name.as_str(), Paint::Bold), text(promise, Paint::Plain)])?;
    let titles = ["tier", "alert", "windows"].map(|title| text(title, Paint::Dim)).into_iter();
    let titles = titles.chain(["factor", "fires above", "after"].map(|title| number(title, Paint::Dim)));
    let titles: Vec<Cell> = titles.chain([text("", Paint::Dim)]).collect();
    let rows: Vec<Vec<Cell>> = std::iter::once(titles).chain(reach.iter().map(row)).collect();
    terminal.rows(2, &rows)?;
    for tier in reach.iter().filter(|tier| !tier.because.is_empty() && tier.verdict != Verdict::Disabled) {
        let line = format!("{}: {}", tier.tier.name, tier.because);
        terminal.row(2, &[text(line, paint(tier))])?;
    }
    if *rules == 0 {
        let line = "no rule that judges is in its scope, so that nothing would ever be measured";
        terminal.row(2, &[text(line, Paint::Red)])?;
    }
    if reach.iter().all(|tier| !tier.verdict.remains()) {
        terminal.row(2, &[text("no tier remains: nobody is told how fast it burns", Paint::Yellow)])?;
    }
    Ok(())
}

fn row(one: &Reach) -> Vec<Cell> {
    let windows = format!("{} and {}", length(one.tier.long), length(one.tier.short));
    let after = one.fires_after.map_or_else(|| "never".to_owned(), length);
    vec![
        text(one.tier.name.name(), Paint::Plain),
        text(one.tier.name.severity(), Paint::Plain),
        text(windows, Paint::Plain),
        number(format!("{:.3}", one.factor), Paint::Plain),
        number(threshold(one.threshold), Paint::Plain),
        number(after, Paint::Plain),
        text(one.verdict.name(), paint(one)),
    ]
}

const fn paint(one: &Reach) -> Paint {
    match one.verdict {
        _ if one.is_fault => Paint::Red,
        Verdict::Fires => Paint::Plain,
        Verdict::Hard => Paint::Yellow,
        Verdict::NeverFires | Verdict::TooFast | Verdict::TooSlow | Verdict::Disabled => Paint::Dim,
    }
}

/// `6.72 % bad`, `0.48 open (1 finding)`.
fn threshold(threshold: Threshold) -> String {
    match threshold {
        Threshold::Share(share) => format!("{:.2} % bad", share * 100.0),
        Threshold::Open(open) => {
            let findings = threshold.findings().and_then(|findings| usize::try_from(findings).ok());
            format!("{open:.2} open ({})", counted(findings.unwrap_or(usize::MAX), "finding"))
        }
    }
}

/// `at least 99.5 %`, `at most 24h open`.
pub(super) fn promise(indicator: &Indicator) -> String {
    let percent = |target: f64| {
        let text = format!("{:.4}", target * 100.0);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    match *indicator {
        Indicator::Compliance { target } | Indicator::Coverage { target } => format!("at least {} %", percent(target)),
        Indicator::OpenTime { budget } => format!("at most {} open", length(budget)),
        Indicator::Detection { target, within } | Indicator::Remediation { target, within } => {
            format!("at least {} % within {}", percent(target), length(within))
        }
    }
}

/// `high or worse, s3, tag team=pay*`; `everything`.
fn scope(scope: &Scope) -> String {
    let severity = scope.severity.iter().map(|severity| format!("{severity} or worse"));
    let services = scope.services.iter().map(ToString::to_string);
    let accounts = scope.accounts.iter().map(|account| format!("account {account}"));
    let rules = scope.rules.iter().map(|rule| format!("rule {rule}"));
    let frameworks = scope.frameworks.iter().cloned();
    let tags = scope.tags.iter().map(|(key, value)| format!("tag {key}={value}"));
    let parts: Vec<String> =
        severity.chain(services).chain(accounts).chain(rules).chain(frameworks).chain(tags).collect();
    if parts.is_empty() { "everything".to_owned() } else { parts.join(", ") }
}

pub(super) fn document(report: SloReport<'_>) -> Value {
    let objectives: Vec<Value> = report.checked.iter().map(|one| objective(one, report.cadence.is_some())).collect();
    match report.cadence {
        None => json!({"report": "slos", "objectives": objectives}),
        Some(cadence) => json!({
            "report": "slo_check",
            "interval_seconds": cadence.interval.as_secs(),
            "stepwise": cadence.stepwise,
            "ok": report.checked.iter().all(|one| !one.is_faulty()),
            "objectives": objectives,
        }),
    }
}

fn objective(one: &Checked, is_check: bool) -> Value {
    let slo = &one.slo;
    let (budget, within) = match slo.indicator {
        Indicator::OpenTime { budget } => (Some(budget.as_secs_f64()), None),
        Indicator::Detection { within, .. } | Indicator::Remediation { within, .. } => {
            (None, Some(within.as_secs_f64()))
        }
        Indicator::Compliance { .. } | Indicator::Coverage { .. } => (None, None),
    };
    let mut document = json!({
        "name": slo.name,
        "description": slo.description,
        "type": slo.indicator.name(),
        "target": slo.indicator.target(),
        "budget_seconds": budget,
        "within_seconds": within,
        "window": slo.window.to_string(),
        "window_seconds": slo.window.length().as_secs(),
        "scope": slo.scope,
        "digest": slo.digest(),
    });
    if is_check {
        document["rules"] = one.rules.into();
        document["ok"] = (!one.is_faulty()).into();
        document["tiers"] = one.reach.iter().map(tier).collect();
    } else {
        document["tiers"] = slo.tiers.iter().map(|tier| tier.name.name()).collect();
    }
    document
}

fn tier(one: &Reach) -> Value {
    let (share, open) = match one.threshold {
        Threshold::Share(share) => (Some(share), None),
        Threshold::Open(open) => (None, Some(open)),
    };
    json!({
        "tier": one.tier.name,
        "severity": one.tier.name.severity(),
        "long_seconds": one.tier.long.as_secs(),
        "short_seconds": one.tier.short.as_secs(),
        "factor": one.factor,
        "threshold_ratio": share,
        "threshold_open": open,
        "least_findings": one.threshold.findings(),
        "fires_after_seconds": one.fires_after.map(|after| after.as_secs()),
        "verdict": one.verdict,
        "because": one.because,
        "fault": one.is_fault,
    })
}
