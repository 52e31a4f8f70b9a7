//! Facts about who may do what with a bucket that only its owner should, and of multi-region
//! access points.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AccessLevel, Fact, Grantee, Pointer, PublicAccessBlock};

/// Somebody outside the bucket's account who may change who gets at it, or how it is encrypted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct ForeignControl {
    /// What kind of caller it is; never an AWS service.
    pub who: Grantee,
    /// Account id, ARN, organization, network or canonical user id; `*` for everyone.
    pub name: String,
    /// The account it belongs to, when it names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// `s3:DeleteBucketPolicy`, `s3:PutBucketAcl`, `s3:PutBucketPolicy`,
    /// `s3:PutEncryptionConfiguration` or `s3:PutObjectAcl`.
    pub action: String,
    /// The statement.
    pub because: Pointer,
}

/// An AWS service that is let in whoever it acts for: nothing binds the source of its requests to
/// known accounts, resources or organizations.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct OpenService {
    /// `cloudtrail.amazonaws.com`.
    pub service: String,
    /// What for, sorted.
    pub levels: Vec<AccessLevel>,
    /// The statement.
    pub because: Pointer,
}

/// Facts of a multi-region access point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MultiRegionAccessPointFacts {
    /// The access block in force: each flag of the access point or of the account.
    #[serde(default)]
    pub public_access_block: Fact<PublicAccessBlock>,
}
