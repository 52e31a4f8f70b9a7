//! Arguments of `export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Arguments of `export`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ExportArgs {
    /// What to write.
    #[arg(value_enum)]
    pub(crate) what: ExportLanguage,
    /// Write the files into this folder instead of standard output.
    #[arg(long, value_name = "DIR")]
    pub(crate) into: Option<PathBuf>,
    /// Divide all windows and delays of rules by this, for tests against real servers.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) time_scale: u32,
}

/// The languages of `export`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportLanguage {
    /// Recording rules of Prometheus.
    PrometheusRules,
    /// Alert rules of Prometheus, on the recording rules.
    Alerts,
    /// Dashboards of Grafana, four files.
    Grafana,
    /// OpenSLO v1.
    Openslo,
    /// Sloth, and its catalogue of alert windows, two files.
    Sloth,
    /// Pyrra.
    Pyrra,
    /// Unit tests of the rules for promtool, two files.
    PromtoolTests,
}
