//! Facts of an account as a whole, and of EC2 in one region of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Fact;

/// Facts of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountFacts {
    /// Whether a user, group or role has AWS's policy `AWSSupportAccess` attached.
    #[serde(default)]
    pub support_access_granted: Fact<bool>,
    /// Whether a role has AWS's policy `SecurityAudit` attached.
    #[serde(default)]
    pub audit_role: Fact<bool>,
    /// Whether there is a SAML provider, by which people sign in with an identity from elsewhere.
    #[serde(default)]
    pub saml_provider: Fact<bool>,
    /// Whether an IAM user has a console password.
    #[serde(default)]
    pub console_users: Fact<bool>,
    /// Whether a multi-region trail that is on records writes to the objects of every bucket.
    #[serde(default)]
    pub s3_write_events_logged: Fact<bool>,
    /// Whether a multi-region trail that is on records reads of the objects of every bucket.
    #[serde(default)]
    pub s3_read_events_logged: Fact<bool>,
}

/// Facts of EC2 in one region of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RegionSettingsFacts {
    /// Whether an active analyzer looks for access from outside: one of the account's own in this
    /// region, or one that another account of the same snapshot holds here for their organization.
    #[serde(default)]
    pub external_access_analyzed: Fact<bool>,
}
