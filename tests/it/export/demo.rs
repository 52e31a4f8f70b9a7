//! The objectives of the demo.

use std::path::Path;
use std::time::Duration;

use plimsoll::config::Config;
use plimsoll::export::Exported;
use plimsoll::slo::{Cadence, Slo, TIERS};

/// The objectives of the demo, as a configuration has them.
pub(crate) const CONFIGURATION: &str = "\
schedule: {interval: 15m}
slos:
  - name: resources-high
    description: Resources pass all rules of severity high and critical.
    indicator: {type: compliance, severity: high}
    target: 0.99
  - name: coverage
    description: Resources can be read and judged.
    indicator: {type: coverage}
    target: 0.95
  - name: critical-open
    description: Critical findings are open for 24 hours in all.
    indicator: {type: open_time, severity: critical}
    budget: 24h
  - name: detection
    description: Findings are detected within 30 minutes of the change.
    indicator: {type: detection, within: 30m}
    target: 0.9
  - name: remediation-high
    description: Findings of severity high and critical are resolved within 7 days.
    indicator: {type: remediation, severity: high, within: 7d}
    target: 0.9
";

/// The objectives of the demo, with all tiers: an export says which it leaves out.
pub(crate) fn slos() -> Vec<Slo> {
    let mut slos = Config::parse(CONFIGURATION, Path::new("plimsoll.yaml")).unwrap().slos();
    for slo in &mut slos {
        slo.tiers = TIERS.to_vec();
    }
    slos
}

/// What is exported of them: a scan every 15 minutes.
pub(crate) fn exported(slos: &[Slo]) -> Exported<'_> {
    let cadence = Cadence { interval: Duration::from_mins(15), stepwise: false };
    Exported { slos, cadence, minimum_coverage: 0.95, time_scale: 1 }
}
