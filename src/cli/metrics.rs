//! Arguments of `metrics`, and of where a scan puts its metrics page.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use plimsoll::model::LedgerPlace;

use super::RulesArgs;

/// Where a scan puts its metrics page, beside what the configuration says.
#[derive(Debug, Clone, Args, Default)]
pub(crate) struct PublishArgs {
    /// Also write the metrics page to this file, for node_exporter's textfile collector; in place of
    /// the configuration's.
    #[arg(long, value_name = "FILE")]
    pub(crate) metrics_file: Option<PathBuf>,
    /// Also push the metrics page to the Pushgateway at this address; in place of the
    /// configuration's. Job, labels, credentials and time limits are those of the configuration.
    #[arg(long, value_name = "URL")]
    pub(crate) pushgateway: Option<String>,
}

/// What can be done with metrics.
#[derive(Debug, Subcommand)]
pub(crate) enum MetricsVerb {
    /// Publish the page of the ledger's last scan again, as it would be scraped now.
    ///
    /// Exits with 1 when it could not be published.
    Push(PushArgs),
    /// What a page costs: series by family, bytes, samples per second, disk, and what the limit of
    /// series would fold.
    Estimate(EstimateArgs),
}

/// Arguments of `metrics push`.
#[derive(Debug, Clone, Args)]
pub(crate) struct PushArgs {
    #[command(flatten)]
    pub(crate) judged_by: RulesArgs,
    #[command(flatten)]
    pub(crate) publish: PublishArgs,
    /// Remove the group from the Pushgateway instead, for scanners that are no more.
    #[arg(long, conflicts_with_all = ["metrics_file", "ledger"])]
    pub(crate) delete: bool,
    /// The ledger: a file, or postgres://user@host/database; the configuration's otherwise.
    #[arg(long, value_name = "PLACE")]
    pub(crate) ledger: Option<LedgerPlace>,
}

/// Arguments of `metrics estimate`.
#[derive(Debug, Clone, Args)]
pub(crate) struct EstimateArgs {
    /// Accounts in scope.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) accounts: u32,
    /// Regions with resources.
    #[arg(long, value_name = "N", default_value_t = 17, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) regions: u32,
    /// Rules in force; those of the program by default.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) rules: Option<u32>,
    /// Objectives.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub(crate) slos: u32,
}
