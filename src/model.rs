//! The nouns every stage shares: resources and their configuration, facts, gaps, snapshots and
//! evaluations.
//!
//! Nothing here does I/O, knows the SDK, Rego or the ledger. A value that could not be read is
//! never a default: it is left out and its JSON pointer stands in [`Resource::unknown`].

mod change;
mod declared;
mod detection;
mod ec2;
mod ec2_compute;
mod ec2_network;
mod evaluation;
mod exposure;
mod fact;
mod fact_account;
mod fact_bucket;
mod fact_compute;
mod fact_grants;
mod fact_network;
mod fact_reach;
mod failover;
mod finding;
mod iam;
mod id;
mod ledger_place;
mod organization;
mod pattern;
mod pointer;
mod policy_document;
mod resource;
mod rule;
mod s3;
mod snapshot;
mod source_place;
mod unknown;
mod witness;

pub use change::*;
pub use declared::*;
pub use detection::*;
pub use ec2::*;
pub use ec2_compute::*;
pub use ec2_network::*;
pub use evaluation::*;
pub use exposure::*;
pub use fact::*;
pub use fact_account::*;
pub use fact_bucket::*;
pub use fact_compute::*;
pub use fact_grants::*;
pub use fact_network::*;
pub use fact_reach::*;
pub use failover::*;
pub use finding::*;
pub use iam::*;
pub use id::*;
pub use ledger_place::{LedgerPlace, PostgresUrl};
pub use organization::*;
pub use pattern::Pattern;
pub use pointer::{Places, Pointer};
pub use policy_document::{PolicyDocument, Statement, canonical_aws_principal};
pub use resource::*;
pub use rule::*;
pub use s3::*;
pub use snapshot::*;
pub use source_place::SourcePlace;
pub use unknown::*;
pub use witness::*;
