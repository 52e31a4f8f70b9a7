//! The S3 access block in force: of the bucket or of the account, flag by flag.
//!
//! A block at the level of an organization (an S3 policy: all four flags or none) needs no reading
//! of its own. S3 answers for an account with what is in force there: "the effective account-level
//! configuration, which may inherit from organization-level policies" (S3 API reference,
//! `GetPublicAccessBlock` of an account). So the account's flags, once read, hold the
//! organization's, and an account that was not read leaves both unknown. Only a plan tells an
//! account's own flags without them; there an S3 policy would override what Terraform sets.

use std::collections::BTreeSet;

use super::Estate;
use super::estate::{waits_elsewhere, waits_here};
use crate::model::{AccountId, Bucket, Fact, Pointer, PublicAccessBlock, Resource};

/// The access block in force, each flag by itself.
pub(super) struct Flags {
    block_public_acls: Fact<bool>,
    pub(super) ignore_public_acls: Fact<bool>,
    block_public_policy: Fact<bool>,
    pub(super) restrict_public_buckets: Fact<bool>,
}

impl Flags {
    /// Each flag that is set here or there.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            block_public_acls: Fact::any([self.block_public_acls, other.block_public_acls]),
            ignore_public_acls: Fact::any([self.ignore_public_acls, other.ignore_public_acls]),
            block_public_policy: Fact::any([self.block_public_policy, other.block_public_policy]),
            restrict_public_buckets: Fact::any([self.restrict_public_buckets, other.restrict_public_buckets]),
        }
    }

    /// All four flags, or unknown when one of them is.
    pub(super) fn united(&self) -> Fact<PublicAccessBlock> {
        let all = [
            &self.block_public_acls,
            &self.ignore_public_acls,
            &self.block_public_policy,
            &self.restrict_public_buckets,
        ];
        if let [
            Some(block_public_acls),
            Some(ignore_public_acls),
            Some(block_public_policy),
            Some(restrict_public_buckets),
        ] = all.map(|flag| flag.value)
        {
            let because: BTreeSet<Pointer> = all.iter().flat_map(|flag| flag.because.iter().cloned()).collect();
            let block = PublicAccessBlock {
                block_public_acls,
                ignore_public_acls,
                block_public_policy,
                restrict_public_buckets,
            };
            return Fact::known(block, because.into_iter().collect());
        }
        let waits_for: BTreeSet<String> = all.iter().flat_map(|flag| flag.waits_for.iter().cloned()).collect();
        Fact::unknown(waits_for.into_iter().collect())
    }
}

/// The flags of one access block; `waits_for` says what is unknown at a place below the block.
pub(super) fn own_flags(
    block: Option<PublicAccessBlock>,
    because: &Pointer,
    waits_for: impl Fn(&str) -> Vec<String>,
) -> Flags {
    let block = block.unwrap_or_default();
    let flag = |name: &str, value: bool| match waits_for(name) {
        waits_for if waits_for.is_empty() => Fact::known(value, vec![because.clone()]),
        waits_for => Fact::unknown(waits_for),
    };
    Flags {
        block_public_acls: flag("block_public_acls", block.block_public_acls),
        ignore_public_acls: flag("ignore_public_acls", block.ignore_public_acls),
        block_public_policy: flag("block_public_policy", block.block_public_policy),
        restrict_public_buckets: flag("restrict_public_buckets", block.restrict_public_buckets),
    }
}

/// The flags in force on a bucket.
pub(super) fn flags(resource: &Resource, bucket: &Bucket, estate: &Estate<'_>) -> Flags {
    let place = Pointer::configuration("public_access_block");
    let own = own_flags(bucket.public_access_block, &place, |flag| waits_here(resource, &place.child(flag)));
    own.or(account_flags(&resource.account, estate))
}

/// The flags of the account. They rest on another document, so that `because` stays empty.
pub(super) fn account_flags(account: &AccountId, estate: &Estate<'_>) -> Flags {
    let place = Pointer::configuration("s3_public_access_block");
    let found = estate.account(account);
    let mut flags =
        own_flags(found.and_then(|(_, account)| account.s3_public_access_block), &place, |flag| match found {
            Some((account, _)) => waits_elsewhere(account, &place.child(flag)),
            None => vec![format!("arn:aws:iam::{account}:root#{place}")],
        });
    for flag in [
        &mut flags.block_public_acls,
        &mut flags.ignore_public_acls,
        &mut flags.block_public_policy,
        &mut flags.restrict_public_buckets,
    ] {
        flag.because.clear();
    }
    flags
}
