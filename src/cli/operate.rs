//! Arguments of what runs the program: `demo`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

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
    /// Keep the demo's ledger in this file instead of a temporary one.
    #[arg(long, value_name = "FILE")]
    pub(crate) ledger: Option<PathBuf>,
}
