//! Arguments of what measures: `scan`, `collect`, `serve`, `gate`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use plimsoll::model::LedgerPlace;

use super::{AccessArgs, GateFormat, PublishArgs, RulesArgs};

/// Arguments of `scan`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ScanArgs {
    #[command(flatten)]
    pub(crate) access: AccessArgs,
    #[command(flatten)]
    pub(crate) judged_by: RulesArgs,
    /// Judge a snapshot file instead of collecting; nothing is recorded.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["profile", "role_arn", "regions"])]
    pub(crate) snapshot: Option<PathBuf>,
    /// The ledger: a file, or postgres://user@host/database; the configuration's otherwise.
    #[arg(long, value_name = "PLACE")]
    pub(crate) ledger: Option<LedgerPlace>,
    /// Exit 10 when a finding of at least this severity is open.
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<String>,
    #[command(flatten)]
    pub(crate) publish: PublishArgs,
}

/// Arguments of `collect`.
#[derive(Debug, Clone, Args)]
pub(crate) struct CollectArgs {
    #[command(flatten)]
    pub(crate) access: AccessArgs,
    /// Where the snapshot goes.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

/// Arguments of `serve`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) access: AccessArgs,
    #[command(flatten)]
    pub(crate) judged_by: RulesArgs,
    /// Address to listen on; the configuration's otherwise.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<SocketAddr>,
    /// The ledger: a file, or postgres://user@host/database; the configuration's otherwise.
    #[arg(long, value_name = "PLACE")]
    pub(crate) ledger: Option<LedgerPlace>,
}

/// Arguments of `gate`.
#[derive(Debug, Clone, Args)]
pub(crate) struct GateArgs {
    #[command(flatten)]
    pub(crate) judged_by: RulesArgs,
    /// Output of `terraform show -json` on a plan, or on a state, which is judged as it is; `-` for
    /// standard input. None: may we deploy now?
    pub(crate) plan: Option<PathBuf>,
    /// The ledger whose budgets are asked, the configuration's otherwise; and fill what the plan does not
    /// hold of existing resources from the last scan in it.
    #[arg(long, value_name = "PLACE", conflicts_with = "snapshot")]
    pub(crate) ledger: Option<LedgerPlace>,
    /// Fill it from this snapshot file.
    #[arg(long, value_name = "FILE", requires = "plan")]
    pub(crate) snapshot: Option<PathBuf>,
    /// Deny when the plan adds a failure of at least this severity.
    #[arg(long, value_name = "SEVERITY", requires = "plan")]
    pub(crate) fail_on: Option<String>,
    /// Deny only for failures that the plan makes: the default.
    #[arg(long, conflicts_with = "all", requires = "plan")]
    pub(crate) new_only: bool,
    /// Also deny for failures that were there before the plan.
    #[arg(long, requires = "plan")]
    pub(crate) all: bool,
    /// Also deny for what cannot be known before apply, on resources that the plan touches.
    #[arg(long, requires = "plan")]
    pub(crate) deny_unknown: bool,
    /// Who approves, where the budget policy asks for approval; repeated for several. It is recorded with
    /// the answer, and lifts no freeze.
    #[arg(long = "approved-by", value_name = "NAME")]
    pub(crate) approved_by: Vec<String>,
    /// How the answer is printed.
    #[arg(long = "output", short, value_enum)]
    pub(crate) output: Option<GateFormat>,
    /// Folder of the root module, to name file and line of resources in sarif, github, markdown and gitlab.
    #[arg(long, value_name = "DIR", requires = "plan")]
    pub(crate) source: Option<PathBuf>,
}
