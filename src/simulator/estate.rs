//! What the simulated AWS holds: accounts, described as data.
//!
//! The words here are the ones an administrator would use, not those of the wire formats, so that
//! an estate can be read, written by hand, and built by another implementation from the same file.
//! Times are ages in days: "a key of 200 days" stays true whenever the estate is loaded.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::estate_ec2::Region;
use super::estate_iam::{
    Analyzer, AwsPolicy, Group, ManagedPolicy, OidcProvider, PasswordPolicy, Role, Root, SamlProvider,
    ServerCertificate, User,
};
use super::estate_organization::Organization;
use super::estate_s3::{AccessBlock, AccessPoint, Bucket, DirectoryBucket, MultiRegionAccessPoint};
use super::estate_trail::{Trail, TrailEvent};

/// Tag keys to tag values.
pub type Tags = BTreeMap<String, String>;

/// Everything the simulated endpoint answers from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Estate {
    /// The time that all ages count back from.
    #[serde(skip, default = "epoch")]
    pub now: Timestamp,
    /// The accounts; the first one is where a caller without further words starts.
    pub accounts: Vec<Account>,
    /// Policies that AWS itself manages, shortened to what rules look at.
    #[serde(default)]
    pub aws_policies: Vec<AwsPolicy>,
    /// The organization that accounts belong to; without one each stands alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<Organization>,
}

/// One account and all that is in it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// Account alias.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// Id of the access key whose requests are answered from this account.
    pub access_key: String,
    /// Name of the user that holds that key.
    pub caller: String,
    /// The root user.
    #[serde(default)]
    pub root: Root,
    /// Absent when the account has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_policy: Option<PasswordPolicy>,
    /// The account-wide access block; absent when it was never set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s3_access_block: Option<AccessBlock>,
    /// IAM users.
    #[serde(default)]
    pub users: Vec<User>,
    /// IAM groups.
    #[serde(default)]
    pub groups: Vec<Group>,
    /// IAM roles.
    #[serde(default)]
    pub roles: Vec<Role>,
    /// Customer-managed policies.
    #[serde(default)]
    pub policies: Vec<ManagedPolicy>,
    /// SAML providers.
    #[serde(default)]
    pub saml_providers: Vec<SamlProvider>,
    /// OpenID Connect providers.
    #[serde(default)]
    pub oidc_providers: Vec<OidcProvider>,
    /// Server certificates.
    #[serde(default)]
    pub server_certificates: Vec<ServerCertificate>,
    /// Access analyzers of all regions.
    #[serde(default, skip_serializing_if = "is_default")]
    pub analyzers: Vec<Analyzer>,
    /// Buckets of all regions.
    #[serde(default)]
    pub buckets: Vec<Bucket>,
    /// Access points of all regions.
    #[serde(default)]
    pub access_points: Vec<AccessPoint>,
    /// Multi-region access points.
    #[serde(default)]
    pub multi_region_access_points: Vec<MultiRegionAccessPoint>,
    /// Directory buckets of all regions.
    #[serde(default)]
    pub directory_buckets: Vec<DirectoryBucket>,
    /// Trails of all regions.
    #[serde(default)]
    pub trails: Vec<Trail>,
    /// What CloudTrail's event history knows, in any order.
    #[serde(default, skip_serializing_if = "is_default")]
    pub events: Vec<TrailEvent>,
    /// What EC2 holds, by region name. A region that is not named here is not enabled.
    #[serde(default)]
    pub regions: BTreeMap<String, Region>,
}

impl Estate {
    /// The demo account, as it stood at the last midnight (UTC) before `now`.
    pub fn demo(now: Timestamp) -> Result<Self, serde_json::Error> {
        let mut estate: Self = serde_json::from_str(include_str!("demo.json"))?;
        estate.now = last_midnight(now);
        Ok(estate)
    }

    /// An estate of these accounts, with the AWS-managed policies of the demo.
    pub fn of(accounts: Vec<Account>, now: Timestamp) -> Result<Self, serde_json::Error> {
        Ok(Self { accounts, ..Self::demo(now)? })
    }

    /// The account with this id.
    #[must_use]
    pub fn account(&self, id: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.id == id)
    }

    /// The account with this id, to change it.
    pub fn account_mut(&mut self, id: &str) -> Option<&mut Account> {
        self.accounts.iter_mut().find(|account| account.id == id)
    }

    /// The first account, to change it.
    pub fn first_mut(&mut self) -> Option<&mut Account> {
        self.accounts.first_mut()
    }

    /// The instant so many days before the estate's now; negative days lie ahead.
    #[must_use]
    pub fn days_ago(&self, days: i64) -> Timestamp {
        self.now.saturating_sub(SignedDuration::from_hours(days.saturating_mul(24))).unwrap_or(self.now)
    }
}

impl Account {
    /// ARN of an IAM entity: `user`, `role`, … with its path and name.
    #[must_use]
    pub fn iam_arn(&self, kind: &str, path: &str, name: &str) -> String {
        format!("arn:aws:iam::{}:{kind}{path}{name}", self.id)
    }

    /// The bucket with this name.
    #[must_use]
    pub fn bucket(&self, name: &str) -> Option<&Bucket> {
        self.buckets.iter().find(|bucket| bucket.name == name)
    }

    /// The role with this name.
    #[must_use]
    pub fn role(&self, name: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.name == name)
    }
}

/// An identifier that looks like AWS's and follows from what it names: `prefix`, then upper-case
/// letters and digits.
pub(super) fn opaque_id(prefix: &str, of: &str) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let digits = blake3::hash(of.as_bytes());
    let tail = digits.as_bytes().iter().take(17).map(|byte| char::from(ALPHABET[usize::from(*byte & 31)]));
    prefix.chars().chain(tail).collect()
}

/// An EC2 identifier that follows from what it names: `prefix-` and 17 hexadecimal digits.
pub(super) fn hex_id(prefix: &str, of: &str) -> String {
    let digits = blake3::hash(of.as_bytes()).to_hex();
    format!("{prefix}-{}", &digits[..17])
}

/// A policy document as it is stored: compact JSON.
pub(super) fn document_text(document: &Value) -> String {
    document.to_string()
}

pub(super) fn root_path() -> String {
    "/".to_owned()
}

pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn epoch() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

fn last_midnight(now: Timestamp) -> Timestamp {
    let day = SignedDuration::from_hours(24).as_secs();
    Timestamp::from_second(now.as_second() - now.as_second().rem_euclid(day)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_count_back_from_the_last_midnight() {
        let estate = Estate::demo("2026-11-22T13:45:00Z".parse().unwrap()).unwrap();
        assert_eq!(estate.days_ago(0).to_string(), "2026-11-22T00:00:00Z");
        assert_eq!(estate.days_ago(2).to_string(), "2026-11-20T00:00:00Z");
        assert_eq!(estate.days_ago(-1).to_string(), "2026-11-23T00:00:00Z");
    }

    #[test]
    fn the_demo_has_the_promised_size() {
        let estate = Estate::demo(Timestamp::UNIX_EPOCH).unwrap();
        let account = &estate.accounts[0];
        assert_eq!((account.roles.len(), account.users.len(), account.buckets.len()), (62, 20, 40));
        let groups: usize = account.regions.values().map(|region| region.security_groups.len()).sum();
        assert_eq!(groups, 40);
    }

    #[test]
    fn identifiers_follow_from_names() {
        assert_eq!(opaque_id("AROA", "a"), opaque_id("AROA", "a"));
        assert_ne!(opaque_id("AROA", "a"), opaque_id("AROA", "b"));
        assert_eq!(hex_id("sgr", "x").len(), 21);
    }
}
