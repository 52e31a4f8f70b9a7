//! Arguments of `access`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use plimsoll::model::LedgerPlace;

/// What can be asked about access.
#[derive(Debug, Subcommand)]
pub(crate) enum AccessVerb {
    /// Whether a principal may do something, and why, layer by layer.
    ///
    /// Exits with 0 when it is allowed, 10 when it is denied, 3 when it depends on what is not
    /// known.
    Can {
        /// ARN, account id, service, `*` for an unsigned request, or the name of a user or role.
        principal: String,
        /// The action, s3:GetObject.
        action: String,
        /// ARN of what it is done on; `*` for actions without resource.
        #[arg(default_value = "*")]
        resource: String,
        #[command(flatten)]
        context: ContextArgs,
        #[command(flatten)]
        of: SnapshotArgs,
    },
    /// Everyone who may do something.
    Who {
        /// The action, s3:GetObject.
        action: String,
        /// ARN of what it is done on; `*` for actions without resource.
        #[arg(default_value = "*")]
        resource: String,
        /// Also those who are denied.
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        context: ContextArgs,
        #[command(flatten)]
        of: SnapshotArgs,
    },
    /// Whether a policy allows more or less than another one, with a request that shows it.
    ///
    /// Exits with 0 when nothing is gained (same, narrowed), 10 when something is, 3 when that is
    /// not known.
    Compare {
        /// File with a policy document, or its place in the snapshot, ARN#/configuration/policy.
        old: String,
        /// The same, of the new policy.
        new: String,
        /// What the policies hang on; told by their elements otherwise.
        #[arg(long, value_enum)]
        kind: Option<PolicyKind>,
        #[command(flatten)]
        of: SnapshotArgs,
    },
    /// How a principal gets to be a role, assuming one after the other.
    ///
    /// Exits with 0 when there is a way, 3 when every way depends on what is not known, 10 when
    /// there is none.
    Chain {
        /// ARN, name, service, identity provider, or `outside` for everyone outside of the snapshot.
        from: String,
        /// ARN or name of a role; `*` for everything that can be reached.
        to: String,
        /// Most hops of a chain.
        #[arg(long, default_value_t = 6, value_name = "NUMBER")]
        hops: usize,
        /// Most chains.
        #[arg(long, default_value_t = 20, value_name = "NUMBER")]
        most: usize,
        #[command(flatten)]
        of: SnapshotArgs,
    },
    /// Who can get more permissions than it was given, and how.
    ///
    /// Exits with 10 when there is a way for certain, 3 when ways depend on what is not known or
    /// policies were not read, 0 when there is none.
    Escalations {
        /// Only this principal: ARN or name.
        #[arg(long, value_name = "PRINCIPAL")]
        principal: Option<String>,
        /// Most targets that are named for one principal and path.
        #[arg(long, default_value_t = 3, value_name = "NUMBER")]
        targets: usize,
        #[command(flatten)]
        of: SnapshotArgs,
    },
    /// What in policies cannot be meant.
    ///
    /// Exits with 10 when there is something.
    Lint {
        /// Files with policy documents.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// What the policies hang on; told by their elements otherwise.
        #[arg(long, value_enum)]
        kind: Option<PolicyKind>,
    },
}

/// Which snapshot is asked.
#[derive(Debug, Clone, Args)]
pub(crate) struct SnapshotArgs {
    /// Snapshot file; without it the ledger's last snapshot.
    #[arg(long, value_name = "FILE")]
    pub(crate) snapshot: Option<PathBuf>,
    /// The ledger: a file, or postgres://user@host/database; the configuration's otherwise.
    #[arg(long, value_name = "PLACE", conflicts_with = "snapshot")]
    pub(crate) ledger: Option<LedgerPlace>,
}

/// What is known of a request's context.
#[derive(Debug, Clone, Args)]
pub(crate) struct ContextArgs {
    /// A condition key: KEY=VALUE, repeated for several values; KEY= is a key that the request
    /// does not have. All others are unknown.
    #[arg(long = "context", value_name = "KEY=VALUE")]
    pub(crate) keys: Vec<String>,
    /// The request has no other condition keys than those of --context and those that follow from
    /// principal and resource.
    #[arg(long)]
    pub(crate) whole_context: bool,
    /// Leave aside organization policies that were not read.
    #[arg(long)]
    pub(crate) without_organization: bool,
}

/// What a policy hangs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyKind {
    /// A user, group or role.
    Identity,
    /// A bucket, key, queue or other resource.
    Resource,
    /// A role: who may assume it.
    Trust,
    /// A limit: service or resource control policy, permissions boundary, session policy.
    Control,
}
