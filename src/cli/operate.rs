//! Arguments of what runs the program: `ledger`, `demo`.

use std::net::SocketAddr;

use clap::{Args, Subcommand};
use plimsoll::model::LedgerPlace;

use super::RulesArgs;

/// Arguments of `demo`.
#[derive(Debug, Clone, Args)]
pub(crate) struct DemoArgs {
    #[command(flatten)]
    pub(crate) judged_by: RulesArgs,
    /// End after the second scan instead of serving.
    #[arg(long)]
    pub(crate) once: bool,
    /// Address to serve pages and metrics on.
    #[arg(long, default_value = "127.0.0.1:9820", value_name = "ADDRESS")]
    pub(crate) listen: SocketAddr,
    /// Loopback port of the simulated AWS; a free one by default. Any AWS client can scan it too.
    #[arg(long, default_value_t = 0, value_name = "PORT")]
    pub(crate) aws_port: u16,
    /// Keep the demo's ledger in this place instead of a temporary file.
    #[arg(long, value_name = "PLACE")]
    pub(crate) ledger: Option<LedgerPlace>,
}

/// What can be done with the ledger.
#[derive(Debug, Subcommand)]
pub(crate) enum LedgerVerb {
    /// Bring the ledger's schema up to date. All other commands do that too, when they open it.
    Migrate(LedgerArgs),
    /// Remove what nothing younger than a limit needs; open findings and the latest scan stay.
    Prune(PruneArgs),
    /// Read the whole ledger and look for damage.
    ///
    /// Exits with 1 when there is some.
    Check(LedgerArgs),
    /// Write everything as JSON Lines, in either format of output.
    Export(LedgerArgs),
}

/// Which ledger.
#[derive(Debug, Clone, Args)]
pub(crate) struct LedgerArgs {
    /// The ledger: a file, or postgres://user@host/database; the configuration's otherwise.
    #[arg(long, value_name = "PLACE")]
    pub(crate) ledger: Option<LedgerPlace>,
}

/// Arguments of `ledger prune`.
#[derive(Debug, Clone, Args)]
pub(crate) struct PruneArgs {
    #[command(flatten)]
    pub(crate) of: LedgerArgs,
    /// How far back the ledger remembers: windows of up to this length stay as they are.
    #[arg(long, default_value = "400d", value_name = "DURATION")]
    pub(crate) keep: String,
}
