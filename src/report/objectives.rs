//! Where objectives stand: what is left of each budget, how fast it is being used up, until when,
//! and what the budget policy makes of it.

use std::io;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::slo::policy::{Action, Outcome, Ruling};
use crate::slo::{Indicator, SloStatus, length};

use super::slo::promise;
use super::terminal::{Cell, Paint, Terminal, counted, moment, number, text};

/// The burn rates that a terminal shows; programs get all of them.
const SHOWN: [Duration; 3] = [Duration::from_hours(1), Duration::from_hours(6), Duration::from_hours(72)];

pub(super) fn list(statuses: &[SloStatus], terminal: &mut Terminal<'_>) -> io::Result<()> {
    if statuses.is_empty() {
        return Ok(());
    }
    terminal.heading(&counted(statuses.len(), "objective"))?;
    let titles = ["objective", "promise", "window"].map(|title| text(title, Paint::Dim)).into_iter();
    let burns = SHOWN.map(|window| format!("burn {}", length(window)));
    let numbers = ["attained", "left"].map(ToOwned::to_owned).into_iter().chain(burns);
    let titles = titles.chain(numbers.map(|title| number(title, Paint::Dim))).chain([text("policy", Paint::Dim)]);
    let rows: Vec<Vec<Cell>> = std::iter::once(titles.collect()).chain(statuses.iter().map(row)).collect();
    terminal.rows(2, &rows)?;
    for status in statuses {
        let now = terminal.now;
        for line in remarks(status, now) {
            terminal.row(2, &[text(format!("{}: {line}", status.slo.name), Paint::Plain)])?;
        }
    }
    Ok(())
}

fn row(status: &SloStatus) -> Vec<Cell> {
    let slo = &status.slo;
    let attained = status.spent.attainment.map_or_else(|| "-".to_owned(), |share| percent(share, 3));
    let left = status.spent.remaining.map_or_else(|| "unknown".to_owned(), |share| percent(share, 1));
    let paint = match status.spent.remaining {
        None => Paint::Yellow,
        Some(left) if left <= 0.0 => Paint::Red,
        Some(left) if left < 0.25 => Paint::Yellow,
        Some(_) => Paint::Plain,
    };
    let burns = SHOWN.map(|window| {
        let rate = status.burn_rates.get(&window).copied().flatten();
        number(rate.map_or_else(|| "-".to_owned(), |rate| format!("{rate:.2}")), Paint::Plain)
    });
    let (policy, of_policy) = match &status.ruling {
        None => ("-", Paint::Dim),
        Some(ruling) => (said(ruling), paint_of(ruling.outcome)),
    };
    let mut cells = vec![
        text(slo.name.as_str(), Paint::Bold),
        text(promise(&slo.indicator), Paint::Plain),
        text(slo.window.to_string(), Paint::Plain),
        number(attained, Paint::Plain),
        number(left, paint),
    ];
    cells.extend(burns);
    cells.push(text(policy, of_policy));
    cells
}

const fn said(ruling: &Ruling) -> &'static str {
    match ruling.outcome {
        Outcome::Allowed => "go ahead",
        Outcome::Warned => "go ahead, little is left",
        Outcome::Override => "set aside",
        Outcome::ApprovalRequired => "approval required",
        Outcome::Frozen => "frozen",
        Outcome::Denied => "denied",
        Outcome::Incomplete => "incomplete",
    }
}

const fn paint_of(outcome: Outcome) -> Paint {
    match outcome {
        Outcome::Allowed => Paint::Plain,
        Outcome::Warned | Outcome::Override | Outcome::ApprovalRequired | Outcome::Incomplete => Paint::Yellow,
        Outcome::Frozen | Outcome::Denied => Paint::Red,
    }
}

/// What a row has no room for, a sentence each.
fn remarks(status: &SloStatus, now: Timestamp) -> Vec<String> {
    let mut remarks: Vec<String> =
        status.ruling.iter().flat_map(|ruling| &ruling.because).map(|reason| reason.text.clone()).collect();
    if let Some(at) = status.exhausts {
        remarks.push(format!("its budget is used up at {} if it burns on as over the last day", moment(at)));
    }
    if let Some(at) = status.recovers {
        let what = match status.state.strictest() {
            Some(action) => format!("{} ends", action.name()),
            None => "some budget is left again".to_owned(),
        };
        remarks.push(format!("{what} at {} if nothing new burns", moment(at)));
    }
    if let Some(at) = status.since.filter(|since| *since > status.slo.window.start(now)) {
        remarks.push(format!("measured since {}, so that the window is not full yet", moment(at)));
    }
    remarks
}

/// `85.71 %`, rounded towards what is worse.
fn percent(share: f64, digits: i32) -> String {
    let scale = 10f64.powi(digits + 2);
    let places = usize::try_from(digits).unwrap_or(0);
    format!("{:.places$} %", (share * scale).floor() / scale * 100.0)
}

/// One objective for programs. Times in seconds, shares from 0 to 1.
pub(super) fn document(status: &SloStatus) -> Value {
    let SloStatus { slo, spent, .. } = status;
    let per_unit = if slo.indicator.counts_findings() { 1.0 } else { 1000.0 };
    let unit = match slo.indicator {
        Indicator::Compliance { .. } | Indicator::Coverage { .. } => "resource_seconds",
        Indicator::OpenTime { .. } => "finding_seconds",
        Indicator::Detection { .. } | Indicator::Remediation { .. } => "findings",
    };
    let burn_rates: Map<String, Value> =
        status.burn_rates.iter().map(|(window, rate)| (length(*window), json!(rate))).collect();
    let actions: Map<String, Value> = Action::ALL
        .iter()
        .filter_map(|action| Some((action.name().to_owned(), json!(status.state.since(*action)?))))
        .collect();
    json!({
        "name": slo.name,
        "type": slo.indicator.name(),
        "target": slo.indicator.target(),
        "window": slo.window.to_string(),
        "window_seconds": slo.window.length().as_secs(),
        "measured_since": status.since,
        "window_coverage": status.window_coverage,
        "attainment": spent.attainment,
        "budget": {
            "unit": unit,
            "total": spent.budget / per_unit,
            "used": spent.used / per_unit,
            "remaining": spent.remaining,
        },
        "burn_rates": burn_rates,
        "exhausts_at": status.exhausts,
        "recovers_at": status.recovers,
        "decision": status.ruling.as_ref().map(|ruling| ruling.outcome),
        "stage": status.state.strictest(),
        "actions": actions,
        "triggers": status.state.triggers,
        "reviews_due": status.state.reviews,
        "because": status.ruling.as_ref().map(|ruling| &ruling.because),
    })
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn a_share_is_never_shown_better_than_it_is() {
        assert_eq!(percent(0.999_999_9, 3), "99.999 %");
        assert_eq!(percent(0.857_142, 1), "85.7 %");
        assert_eq!(percent(-0.251, 1), "-25.1 %");
        assert_eq!(percent(1.0, 3), "100.000 %");
    }
}
