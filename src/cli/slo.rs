//! Arguments of `slo`.

use clap::Subcommand;
use plimsoll::model::LedgerPlace;

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
    /// Give objectives that no scan has measured yet the past that the ledger knows exactly.
    ///
    /// Of every scan the ledger keeps resources by state: of all, by severity, by service; and from
    /// when to when each finding was open. An objective over the whole estate, over a severity or over
    /// services gets the points that it would have if it had been measured all along. One over accounts,
    /// rules, frameworks or tags, and one of detection, does not follow from that, and is left alone.
    Seed {
        /// Its name; all that have no past otherwise.
        name: Option<String>,
        /// From when on: a length of time up to now such as 28d, or a moment such as 2026-11-22T13:00Z;
        /// all that the ledger remembers otherwise.
        #[arg(long, value_name = "WHEN")]
        since: Option<String>,
        /// Say what would be written, and write nothing.
        #[arg(long)]
        dry_run: bool,
        /// The ledger: a file, or postgres://user@host/database; the configuration's otherwise.
        #[arg(long, value_name = "PLACE")]
        ledger: Option<LedgerPlace>,
    },
}
