//! What others need to work with the objectives: Prometheus rules and their tests, dashboards, and
//! the same objectives in the languages of OpenSLO, Sloth and Pyrra.
//!
//! [`files`] turns an [`Exported`] into texts; the same objectives give the same bytes. Everything is
//! written on the series that carry the label `slo`, so that one set of counters serves all of them.
//! `time_scale` divides every window and delay, so that tests against real servers take minutes; the
//! names and labels of what is recorded stay those of the unscaled windows, and so do rates.

mod alerting;
mod backfill;
mod burning;
mod dashboard;
mod dashboards;
mod estate;
mod openslo;
mod promql;
mod proof;
mod proof_series;
mod pyrra;
mod recording;
mod sloth;
mod text;
mod yaml;

use crate::slo::{Cadence, Slo};

pub use backfill::{Past, Span, backfill};
pub use promql::left_out;

/// What is exported.
#[derive(Debug, Clone, Copy)]
pub struct Exported<'a> {
    /// The objectives, in the order of the configuration.
    pub slos: &'a [Slo],
    /// How often the counters move.
    pub cadence: Cadence,
    /// The least share of resource time that has to be known before an alert may resolve, 0 to 1.
    pub minimum_coverage: f64,
    /// Windows and delays are divided by this; 1 for all but tests. 0 counts as 1.
    pub time_scale: u32,
}

/// The languages of exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Recording rules of Prometheus.
    PrometheusRules,
    /// Alert rules of Prometheus, on what the recording rules record.
    Alerts,
    /// Unit tests of both, for `promtool test rules`.
    PromtoolTests,
    /// Dashboards of Grafana.
    Grafana,
    /// OpenSLO v1.
    OpenSlo,
    /// Sloth, `prometheus/v1`, and its catalogue of alert windows.
    Sloth,
    /// Pyrra, `pyrra.dev/v1alpha1`.
    Pyrra,
}

impl Language {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::PrometheusRules,
        Self::Alerts,
        Self::PromtoolTests,
        Self::Grafana,
        Self::OpenSlo,
        Self::Sloth,
        Self::Pyrra,
    ];
}

/// One file of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name, without a folder. Files name each other by it.
    pub name: &'static str,
    /// Its text.
    pub text: String,
}

/// The name of the file of recording rules.
pub const RULES: &str = "plimsoll.rules.yml";
/// The name of the file of alert rules.
pub const ALERTS: &str = "plimsoll.alerts.yml";

/// The files of an export in one language.
#[must_use]
pub fn files(language: Language, exported: &Exported<'_>) -> Vec<File> {
    let file = |name, text| vec![File { name, text }];
    match language {
        Language::PrometheusRules => file(RULES, recording::rules(exported)),
        Language::Alerts => file(ALERTS, alerting::rules(exported)),
        Language::PromtoolTests => proof::files(exported),
        Language::Grafana => dashboards::files(),
        Language::OpenSlo => file("openslo.yml", openslo::documents(exported)),
        Language::Sloth => sloth::files(exported),
        Language::Pyrra => file("pyrra.yml", pyrra::documents(exported)),
    }
}
