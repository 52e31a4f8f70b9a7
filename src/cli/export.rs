//! Arguments of `export`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use plimsoll::model::LedgerPlace;

/// Arguments of `export`.
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct ExportArgs {
    #[command(subcommand)]
    pub(crate) verb: Option<ExportVerb>,
    /// What to write.
    #[arg(value_enum, required = true)]
    pub(crate) what: Option<ExportLanguage>,
    /// Write the files into this folder instead of standard output.
    #[arg(long, value_name = "DIR")]
    pub(crate) into: Option<PathBuf>,
    /// Divide all windows and delays of rules by this, for tests against real servers.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) time_scale: u32,
}

/// What is exported of the ledger.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum ExportVerb {
    /// The past of the objectives for Prometheus, so that one over 28 days is not blind for four weeks.
    ///
    /// OpenMetrics with timestamps, from the ledger, for: promtool tsdb create-blocks-from openmetrics
    /// --max-block-duration=672h FILE DATA. Every series of an objective that exported rules, alerts and
    /// dashboards read; the ledger's numbers, also between scans and where scans were missing.
    Backfill(BackfillArgs),
}

/// Arguments of `export backfill`.
#[derive(Debug, Clone, Args)]
pub(crate) struct BackfillArgs {
    /// From when on: a length of time up to now such as 28d, or a moment such as 2026-11-22T13:00Z; all
    /// that the ledger remembers otherwise.
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: Option<String>,
    /// The time of the last values, told in the same way. A Prometheus that already scrapes keeps the
    /// newest three hours in memory, and loses of them what a back-filled block covers.
    #[arg(long, value_name = "WHEN", default_value = "3h")]
    pub(crate) until: String,
    /// There is a value at every whole multiple of this, beside those at scans.
    #[arg(long, value_name = "DURATION", default_value = "15m")]
    pub(crate) step: String,
    /// The label that the scrapes of Prometheus add, from job_name.
    #[arg(long, value_name = "NAME", default_value = "plimsoll")]
    pub(crate) job: String,
    /// The label that the scrapes of Prometheus add, from the target, such as plimsoll:9090: only with
    /// all labels of scrapes do the series go on as the same ones.
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) instance: Option<String>,
    /// Another label that scrapes add; repeated for several.
    #[arg(long = "label", value_name = "NAME=VALUE")]
    pub(crate) labels: Vec<String>,
    /// Write into this file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) into: Option<PathBuf>,
    /// The ledger: a file, or postgres://user@host/database; the configuration's otherwise.
    #[arg(long, value_name = "PLACE")]
    pub(crate) ledger: Option<LedgerPlace>,
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
