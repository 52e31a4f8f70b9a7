//! The objectives of the demo, and others that stand at the edges.

use std::time::Duration;

use plimsoll::export::Exported;
use plimsoll::model::Severity;
use plimsoll::slo::{Indicator, Scope, Slo, SloName, TIERS, TimeWindow};

const WINDOW: TimeWindow = TimeWindow::Rolling(Duration::from_hours(28 * 24));

/// An objective with all tiers.
pub(crate) fn slo(name: &str, description: &str, indicator: Indicator, severity: Option<Severity>) -> Slo {
    Slo {
        name: SloName::new(name).unwrap(),
        description: description.to_owned(),
        scope: Scope { severity, ..Scope::default() },
        indicator,
        window: WINDOW,
        tiers: TIERS.to_vec(),
    }
}

/// The objectives of the demo.
pub(crate) fn slos() -> Vec<Slo> {
    let (half_hour, day, week) = (Duration::from_mins(30), Duration::from_hours(24), Duration::from_hours(7 * 24));
    let (high, critical) = (Some(Severity::High), Some(Severity::Critical));
    let compliance = "Resources pass all rules of severity high and critical.";
    let remediation = "Findings of severity high and critical are resolved within 7 days.";
    vec![
        slo("resources-high", compliance, Indicator::Compliance { target: 0.99 }, high),
        slo("coverage", "Resources can be read and judged.", Indicator::Coverage { target: 0.95 }, None),
        slo(
            "critical-open",
            "Critical findings are open for 24 hours in all.",
            Indicator::OpenTime { budget: day },
            critical,
        ),
        slo(
            "detection",
            "Findings are detected within 30 minutes of the change.",
            Indicator::Detection { target: 0.9, within: half_hour },
            None,
        ),
        slo("remediation-high", remediation, Indicator::Remediation { target: 0.9, within: week }, high),
    ]
}

/// What is exported of them: a scan every 15 minutes.
pub(crate) fn exported(slos: &[Slo]) -> Exported<'_> {
    Exported { slos, interval: Duration::from_mins(15), minimum_coverage: 0.95, time_scale: 1 }
}
