//! What IAM holds in an account.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::estate::{Tags, is_default, root_path};

/// A policy written into a user, group or role.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InlinePolicy {
    /// Its name.
    pub name: String,
    /// Its document.
    pub document: Value,
}

/// An IAM user.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Its name.
    pub name: String,
    /// IAM path.
    #[serde(default = "root_path")]
    pub path: String,
    /// When it was created.
    pub created_days_ago: i64,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
    /// Names of the groups it is in.
    #[serde(default, skip_serializing_if = "is_default")]
    pub groups: Vec<String>,
    /// ARNs of attached policies.
    #[serde(default, skip_serializing_if = "is_default")]
    pub attached: Vec<String>,
    /// Inline policies.
    #[serde(default, skip_serializing_if = "is_default")]
    pub inline: Vec<InlinePolicy>,
    /// ARN of the permissions boundary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boundary: Option<String>,
    /// The console password; absent when the user cannot sign in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Password>,
    /// The MFA device.
    #[serde(default, skip_serializing_if = "is_default")]
    pub mfa: Mfa,
    /// Access keys, at most two.
    #[serde(default, skip_serializing_if = "is_default")]
    pub access_keys: Vec<AccessKey>,
}

/// A console password.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Password {
    /// When it was set.
    pub changed_days_ago: i64,
    /// When it was last used; absent when never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_days_ago: Option<i64>,
}

/// An access key of a user or of root.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessKey {
    /// When it was created.
    pub created_days_ago: i64,
    /// Whether it is switched off.
    #[serde(default, skip_serializing_if = "is_default")]
    pub inactive: bool,
    /// When it was last used; absent when never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_days_ago: Option<i64>,
    /// The service it was last used for; `s3` when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_for: Option<String>,
}

/// What second factor a sign-in needs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mfa {
    /// None.
    #[default]
    None,
    /// An authenticator app.
    Virtual,
    /// A hardware device.
    Hardware,
}

/// The root user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Root {
    /// When the account was created.
    pub created_days_ago: i64,
    /// Whether it has no password, as in an account whose organization took it away.
    #[serde(default, skip_serializing_if = "is_default")]
    pub no_password: bool,
    /// The MFA device.
    #[serde(default)]
    pub mfa: Mfa,
    /// When root last signed in; absent when never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_days_ago: Option<i64>,
    /// Access keys; there should be none.
    #[serde(default, skip_serializing_if = "is_default")]
    pub access_keys: Vec<AccessKey>,
}

/// An IAM group. Members are on the users.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// IAM path.
    #[serde(default = "root_path")]
    pub path: String,
    /// When it was created.
    pub created_days_ago: i64,
    /// ARNs of attached policies.
    #[serde(default, skip_serializing_if = "is_default")]
    pub attached: Vec<String>,
    /// Inline policies.
    #[serde(default, skip_serializing_if = "is_default")]
    pub inline: Vec<InlinePolicy>,
}

/// An IAM role.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// IAM path.
    #[serde(default = "root_path")]
    pub path: String,
    /// Description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When it was created.
    pub created_days_ago: i64,
    /// When it was last used; absent when never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_days_ago: Option<i64>,
    /// Region of the last use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_in: Option<String>,
    /// Longest session in seconds.
    #[serde(default = "one_hour")]
    pub max_session_seconds: u32,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
    /// The trust policy.
    pub trust: Value,
    /// ARNs of attached policies.
    #[serde(default, skip_serializing_if = "is_default")]
    pub attached: Vec<String>,
    /// Inline policies.
    #[serde(default, skip_serializing_if = "is_default")]
    pub inline: Vec<InlinePolicy>,
    /// ARN of the permissions boundary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boundary: Option<String>,
    /// Name of the instance profile that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_profile: Option<String>,
}

/// A customer-managed policy.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManagedPolicy {
    /// Its name.
    pub name: String,
    /// IAM path.
    #[serde(default = "root_path")]
    pub path: String,
    /// Description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When it was created.
    pub created_days_ago: i64,
    /// Versions, oldest first; the last one is the default.
    pub versions: Vec<Value>,
}

/// A policy that AWS manages.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AwsPolicy {
    /// Its name.
    pub name: String,
    /// IAM path: `/`, `/service-role/`, `/job-function/`.
    #[serde(default = "root_path")]
    pub path: String,
    /// Its document, shortened.
    pub document: Value,
}

/// The account's password policy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordPolicy {
    /// Shortest password.
    pub minimum_length: u32,
    /// Needs a symbol.
    #[serde(default)]
    pub symbols: bool,
    /// Needs a digit.
    #[serde(default)]
    pub numbers: bool,
    /// Needs an upper-case letter.
    #[serde(default)]
    pub uppercase: bool,
    /// Needs a lower-case letter.
    #[serde(default)]
    pub lowercase: bool,
    /// Users may change their own.
    #[serde(default)]
    pub users_may_change: bool,
    /// Days until it expires; absent when it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age_days: Option<u32>,
    /// How many old ones are refused; absent when none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remembered: Option<u32>,
}

/// A SAML provider.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SamlProvider {
    /// Its name.
    pub name: String,
    /// When it was created.
    pub created_days_ago: i64,
    /// When its metadata stops being valid.
    pub expires_in_days: i64,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

/// An OpenID Connect provider.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcProvider {
    /// Issuer without scheme.
    pub url: String,
    /// When it was created.
    pub created_days_ago: i64,
    /// Audiences.
    pub audiences: Vec<String>,
    /// Certificate thumbprints.
    pub thumbprints: Vec<String>,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

/// A server certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerCertificate {
    /// Its name.
    pub name: String,
    /// IAM path.
    #[serde(default = "root_path")]
    pub path: String,
    /// When it was uploaded.
    pub created_days_ago: i64,
    /// When it stops being valid; negative when it already has.
    pub expires_in_days: i64,
}

/// An access analyzer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Analyzer {
    /// Its name.
    pub name: String,
    /// The region it looks at.
    pub region: String,
    /// `ACCOUNT`, `ORGANIZATION`, `ACCOUNT_UNUSED_ACCESS`, …
    #[serde(rename = "type", default = "external")]
    pub analyzer_type: String,
    /// `ACTIVE`, `CREATING`, `DISABLED` or `FAILED`.
    #[serde(default = "active")]
    pub status: String,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

fn external() -> String {
    "ACCOUNT".to_owned()
}

fn active() -> String {
    "ACTIVE".to_owned()
}

fn one_hour() -> u32 {
    3600
}
