//! Arguments of what explains: `status`, `findings`, `history`, `explain`, `drift`, `report`,
//! `postmortem`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use plimsoll::model::LedgerPlace;

use super::{RulesArgs, SnapshotArgs};

/// Arguments of `status`.
#[derive(Debug, Clone, Args)]
pub(crate) struct StatusArgs {
    /// The ledger: a file, or postgres://user@host/database; the configuration's otherwise.
    #[arg(long, value_name = "PLACE")]
    pub(crate) ledger: Option<LedgerPlace>,
    /// Length of the window, such as 24h or 28d.
    #[arg(long, default_value = "24h", value_name = "DURATION")]
    pub(crate) window: String,
}

/// Arguments of `findings`.
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct FindingsArgs {
    #[command(subcommand)]
    pub(crate) verb: Option<FindingsVerb>,
    /// The ledger: a file, or postgres://user@host/database; the configuration's otherwise.
    #[arg(long, value_name = "PLACE")]
    pub(crate) ledger: Option<LedgerPlace>,
    /// Also those that are resolved.
    #[arg(long, conflicts_with = "resolved")]
    pub(crate) all: bool,
    /// Those that are resolved, and no open ones.
    #[arg(long)]
    pub(crate) resolved: bool,
    /// Opened or resolved since: a length of time up to now such as 24h, or a moment such as
    /// 2026-11-22T13:00Z.
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: Option<String>,
    /// Of at least this severity.
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) severity: Option<String>,
    /// Of this rule.
    #[arg(long, value_name = "ID")]
    pub(crate) rule: Option<String>,
    /// In this account.
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<String>,
    /// On resources of this service: s3, iam, ec2, account.
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Option<String>,
    /// On resources whose ARN contains this.
    #[arg(long, value_name = "TEXT")]
    pub(crate) resource: Option<String>,
    /// What comes first.
    #[arg(long, value_enum, default_value_t = FindingsOrder::Rule)]
    pub(crate) sort: FindingsOrder,
    /// At most so many, after sorting.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) limit: Option<usize>,
}

/// What can be asked about findings beside the list.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum FindingsVerb {
    /// One finding: what offends and stands there, each opening with the change that caused it, and
    /// what to do.
    Show {
        /// Its id, or enough of its beginning to be the only one.
        id: String,
        /// The ledger: a file, or postgres://user@host/database; the configuration's otherwise.
        #[arg(long, value_name = "PLACE")]
        ledger: Option<LedgerPlace>,
    },
}

/// What comes first in a list of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FindingsOrder {
    /// The worst severity, and all findings of one rule together.
    Rule,
    /// The one that has been open for longest.
    Oldest,
    /// The one that was opened or resolved last.
    Latest,
}

/// Arguments of `history`.
#[derive(Debug, Clone, Args)]
pub(crate) struct HistoryArgs {
    /// ARN of the resource.
    pub(crate) resource: String,
    /// The ledger: a file, or postgres://user@host/database; the configuration's otherwise.
    #[arg(long, value_name = "PLACE")]
    pub(crate) ledger: Option<LedgerPlace>,
}

/// Arguments of `explain`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ExplainArgs {
    /// The scan before: its number, a length of time up to now such as 24h, or a moment such as
    /// 2026-11-22T13:00Z, for the last scan until then. The last scan but one otherwise.
    pub(crate) from: Option<String>,
    /// The scan after, told in the same way; the last one otherwise.
    pub(crate) to: Option<String>,
    /// The ledger: a file, or postgres://user@host/database; the configuration's otherwise.
    #[arg(long, value_name = "PLACE")]
    pub(crate) ledger: Option<LedgerPlace>,
}

/// Arguments of `drift`.
#[derive(Debug, Clone, Args)]
pub(crate) struct DriftArgs {
    /// Snapshot before; without files, the ledger's last recorded changes.
    #[arg(requires = "new")]
    pub(crate) old: Option<PathBuf>,
    /// Snapshot after.
    pub(crate) new: Option<PathBuf>,
    /// Compare what the last scan saw with what Terraform declares: `terraform show -json` of a
    /// state, or of a plan (what will be there when it has been applied); `-` for standard input.
    ///
    /// Tells what was changed outside Terraform, what is missing, what is unmanaged (live and not
    /// declared, of a type that is declared in the same account and region), and what could not be
    /// compared. Only what the declaration holds is compared. What AWS makes by itself is never
    /// unmanaged: its own policies, service-linked and reserved roles, default VPCs with their
    /// subnets, default network ACLs and security groups; they are counted. Exits with 3 when
    /// nothing could be compared, and with --fail also when there is no drift but less was compared
    /// than the configured minimum coverage.
    #[arg(long, value_name = "FILE", conflicts_with = "old")]
    pub(crate) declared: Option<PathBuf>,
    /// The snapshot file to compare with what is declared; the ledger's last snapshot otherwise.
    #[arg(long, value_name = "FILE", requires = "declared", conflicts_with = "ledger")]
    pub(crate) snapshot: Option<PathBuf>,
    /// Of what is compared with the declaration, tell and fail on these only.
    #[arg(long, value_name = "KIND", value_delimiter = ',', requires = "declared")]
    pub(crate) only: Vec<DriftKind>,
    /// Neither tell nor fail on what is unmanaged.
    #[arg(long, requires = "declared", conflicts_with = "only")]
    pub(crate) no_unmanaged: bool,
    /// The ledger: a file, or postgres://user@host/database; the configuration's otherwise.
    #[arg(long, value_name = "PLACE", conflicts_with = "old")]
    pub(crate) ledger: Option<LedgerPlace>,
    /// Exit 11 when anything changed; what was only written otherwise did not.
    #[arg(long)]
    pub(crate) fail: bool,
}

/// How a resource can stand to what is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DriftKind {
    /// Declared and live, and not as declared.
    Changed,
    /// Declared and not live.
    Missing,
    /// Live and not declared.
    Unmanaged,
    /// Not to be compared, or not as a whole.
    NotComparable,
}

/// Arguments of `report`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    pub(crate) judged_by: RulesArgs,
    /// Only this control, with every resource behind it; repeated for several.
    #[arg(long = "control", value_name = "ID")]
    pub(crate) controls: Vec<String>,
    #[command(flatten)]
    pub(crate) of: SnapshotArgs,
}

/// Arguments of `postmortem`.
#[derive(Debug, Clone, Args)]
pub(crate) struct PostmortemArgs {
    /// From when on: a length of time up to now such as 6h, or a moment such as 2026-11-22T13:00Z.
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: String,
    /// Until when, told in the same way; now otherwise.
    #[arg(long, value_name = "WHEN")]
    pub(crate) until: Option<String>,
    /// Write into this file instead of standard output. One that is there already stays.
    #[arg(long, value_name = "FILE")]
    pub(crate) into: Option<PathBuf>,
    /// The ledger: a file, or postgres://user@host/database; the configuration's otherwise.
    #[arg(long, value_name = "PLACE")]
    pub(crate) ledger: Option<LedgerPlace>,
}
