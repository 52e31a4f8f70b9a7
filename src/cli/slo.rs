//! Arguments of `slo`.

use clap::Subcommand;

use super::RulesArgs;

/// What can be done with objectives.
#[derive(Debug, Subcommand)]
pub(crate) enum SloVerb {
    /// All objectives of the configuration, with the tiers of alerts that remain.
    List {
        #[command(flatten)]
        judged_by: RulesArgs,
    },
    /// Whether the alerts of each objective can fire, and scans tell enough for them.
    ///
    /// Exits with 2 when something must be changed: a tier that can never fire, one that was asked for
    /// and outruns the scans, an objective without a rule.
    Check {
        #[command(flatten)]
        judged_by: RulesArgs,
        /// Time between scans, such as 1h; schedule.interval of the configuration otherwise.
        #[arg(long, value_name = "DURATION")]
        interval: Option<String>,
        /// Counters move only when a scan is recorded, as with scheduled scans and a Pushgateway or a
        /// text file; otherwise they go on between scans, as with serve.
        #[arg(long)]
        one_shot: bool,
    },
}
