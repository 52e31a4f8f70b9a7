//! Configuration of IAM resources and of the account itself.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{PolicyDocument, PublicAccessBlock};

/// A policy that lives inside a user, group or role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct InlinePolicy {
    /// Its name.
    pub name: String,
    /// Its document; absent when unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<PolicyDocument>,
}

/// What a user, group or role is granted by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Grants {
    /// Inline policies, sorted by name.
    #[serde(default)]
    pub inline_policies: Vec<InlinePolicy>,
    /// ARNs of attached managed policies, sorted.
    #[serde(default)]
    pub attached_policies: Vec<String>,
}

/// `AWS::IAM::User`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct User {
    /// IAM path, `/` by default.
    pub path: String,
    /// Names of the groups the user is in, sorted.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Inline and attached policies.
    #[serde(flatten)]
    pub grants: Grants,
    /// ARN of the permissions boundary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions_boundary: Option<String>,
    /// Whether the user can sign in to the console.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub console_password: Option<bool>,
    /// When the console password was last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub password_last_changed: Option<Timestamp>,
    /// Whether any MFA device is active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mfa_active: Option<bool>,
    /// Whether one of the MFA devices is an authenticator app. What is not one (a token, a security
    /// key, a passkey) is held by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub virtual_mfa: Option<bool>,
    /// Access keys that exist, by slot of the credential report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_keys: Option<Vec<AccessKey>>,
    /// What use left behind; never drift.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<UserObserved>,
}

/// One access key of a user or of root.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct AccessKey {
    /// 1 or 2.
    pub slot: u8,
    /// Whether requests signed with it are accepted.
    pub active: bool,
    /// When it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub last_rotated: Option<Timestamp>,
}

/// When credentials were last used. Absent fields were never used; truncated to the day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UserObserved {
    /// When the user was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub created: Option<Timestamp>,
    /// Last console sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub password_last_used: Option<Timestamp>,
    /// Access-key slot to its last use.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub access_key_last_used: BTreeMap<String, Timestamp>,
    /// Access-key slot to the service that was last called with it, as in endpoints: `s3`, `sts`.
    #[serde(default)]
    pub access_key_last_service: BTreeMap<String, String>,
}

/// `AWS::IAM::Group`. Members are on the users.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Group {
    /// IAM path.
    pub path: String,
    /// Inline and attached policies.
    #[serde(flatten)]
    pub grants: Grants,
}

/// `AWS::IAM::Role`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Role {
    /// IAM path; `/aws-service-role/` marks service-linked roles.
    pub path: String,
    /// The trust policy; absent only when unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assume_role_policy: Option<PolicyDocument>,
    /// Inline and attached policies.
    #[serde(flatten)]
    pub grants: Grants,
    /// ARN of the permissions boundary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions_boundary: Option<String>,
    /// Longest session in seconds. `GetAccountAuthorizationDetails` does not report it; unknown
    /// then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_session_duration: Option<i32>,
    /// ARNs of the instance profiles that hold this role, sorted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_profiles: Option<Vec<String>>,
    /// What use left behind; never drift.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<RoleObserved>,
}

/// When a role was last used, truncated to the day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RoleObserved {
    /// When the role was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub created: Option<Timestamp>,
    /// Last use within AWS's tracking period (400 days); absent when none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub last_used: Option<Timestamp>,
    /// Region of the last use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_region: Option<String>,
}

/// `AWS::IAM::ManagedPolicy`: customer managed, or AWS managed and attached somewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ManagedPolicy {
    /// IAM path.
    pub path: String,
    /// Whether AWS owns it.
    pub aws_managed: bool,
    /// The default version's document; absent when unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<PolicyDocument>,
}

/// `AWS::IAM::ServerCertificate`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServerCertificate {
    /// IAM path.
    pub path: String,
    /// When it stops being valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub expires: Option<Timestamp>,
}

/// `AWS::IAM::SAMLProvider`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SamlProvider {
    /// When its metadata stops being valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub expires: Option<Timestamp>,
}

/// `AWS::IAM::OIDCProvider`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OidcProvider {
    /// Issuer without scheme, `token.actions.githubusercontent.com`.
    pub url: String,
    /// Audiences, sorted.
    #[serde(default)]
    pub client_ids: Vec<String>,
    /// Certificate thumbprints, sorted.
    #[serde(default)]
    pub thumbprints: Vec<String>,
}

/// `AWS::::Account`: what holds for the account as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    /// The root user's credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<Root>,
    /// What the organization may do about the root users of its accounts; absent (and not unknown)
    /// where there is no organization, and in its members, which are not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_management: Option<RootManagement>,
    /// The password policy; absent (and not unknown) when the account has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_policy: Option<PasswordPolicy>,
    /// The account-wide S3 public access block; absent (and not unknown) when never set, which is
    /// the same as four times false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s3_public_access_block: Option<PublicAccessBlock>,
    /// What use left behind; never drift.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<AccountObserved>,
}

/// Central management of the root users of an organization's accounts, as its management account
/// or the administrator that it delegates to may see it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RootManagement {
    /// Whether root credentials of member accounts can be taken away from here.
    pub credentials: bool,
    /// Whether privileged tasks in member accounts can be done from here, in short sessions.
    pub sessions: bool,
}

/// The root user's credentials.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Root {
    /// Whether root has a password; absent where AWS does not say, which is no proof of none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_present: Option<bool>,
    /// Whether root has access keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_keys_present: Option<bool>,
    /// Whether root has an MFA device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mfa_enabled: Option<bool>,
    /// Whether one of its devices is an authenticator app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub virtual_mfa: Option<bool>,
}

/// When root was last used, truncated to the day; absent fields were never used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountObserved {
    /// Last sign-in or signed request of root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub root_last_used: Option<Timestamp>,
}

/// The account's password policy. AWS's defaults stand where a field was not set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PasswordPolicy {
    /// Shortest password; AWS's default is 6.
    pub minimum_length: i32,
    /// At least one of `!@#$%^&*()_+-=[]{}|'`.
    pub require_symbols: bool,
    /// At least one digit.
    pub require_numbers: bool,
    /// At least one upper-case letter.
    pub require_uppercase: bool,
    /// At least one lower-case letter.
    pub require_lowercase: bool,
    /// Whether users may change their own password.
    pub allow_users_to_change: bool,
    /// Days until a password expires; absent when it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age_days: Option<i32>,
    /// How many old passwords may not be used again; absent when none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reuse_prevention: Option<i32>,
}
