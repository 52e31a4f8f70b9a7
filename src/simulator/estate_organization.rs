//! An organization: its tree, and the policies attached in it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// An organization of accounts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organization {
    /// `o-` and ten characters or more.
    pub id: String,
    /// Whether policies can be used, and not only bills be paid together.
    #[serde(default = "yes")]
    pub all_features: bool,
    /// The account that rules over the others.
    pub management_account: String,
    /// Accounts that may read everything, beside it.
    #[serde(default)]
    pub delegated_administrators: Vec<String>,
    /// What IAM may do about the root users of its accounts: `RootCredentialsManagement`,
    /// `RootSessions`. Absent while trusted access is not enabled for IAM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_features: Option<Vec<String>>,
    /// Id of the root, `r-` and four characters.
    pub root: String,
    /// Policy types to their state: `ENABLED`, `PENDING_ENABLE` or `PENDING_DISABLE`.
    #[serde(default)]
    pub policy_types: BTreeMap<String, String>,
    /// Organizational units.
    #[serde(default)]
    pub units: Vec<Unit>,
    /// Accounts to the root or unit they are in.
    pub accounts: BTreeMap<String, String>,
    /// Policies of all types.
    #[serde(default)]
    pub policies: Vec<ControlPolicy>,
}

/// An organizational unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// `ou-`, the root's four characters, and eight more.
    pub id: String,
    /// The root or unit it is in.
    pub parent: String,
}

/// A policy of an organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlPolicy {
    /// `p-` and eight characters, or `p-FullAWSAccess`.
    pub id: String,
    /// Name.
    pub name: String,
    /// `SERVICE_CONTROL_POLICY` or `RESOURCE_CONTROL_POLICY`.
    pub policy_type: String,
    /// Whether AWS owns it.
    #[serde(default)]
    pub aws_managed: bool,
    /// What it says.
    pub document: Value,
    /// The root, units and accounts it is attached to.
    #[serde(default)]
    pub targets: Vec<String>,
}

const fn yes() -> bool {
    true
}

impl Organization {
    /// A management account and a member in a unit that may use only two regions of Europe, with
    /// both policy types in force.
    #[must_use]
    pub fn of_two(management_account: &str, member: &str) -> Self {
        const ROOT: &str = "r-nw01";
        const UNIT: &str = "ou-nw01-workload";
        let everywhere = || [ROOT, UNIT, management_account, member].map(str::to_owned).to_vec();
        let aws = |id: &str, name: &str, policy_type: &str, document| ControlPolicy {
            id: id.to_owned(),
            name: name.to_owned(),
            policy_type: policy_type.to_owned(),
            aws_managed: true,
            document,
            targets: everywhere(),
        };
        Self {
            id: "o-nordwind01".to_owned(),
            all_features: true,
            management_account: management_account.to_owned(),
            delegated_administrators: Vec::new(),
            root_features: None,
            root: ROOT.to_owned(),
            policy_types: [SERVICE_CONTROL, RESOURCE_CONTROL]
                .map(|policy_type| (policy_type.to_owned(), "ENABLED".to_owned()))
                .into(),
            units: vec![Unit { id: UNIT.to_owned(), parent: ROOT.to_owned() }],
            accounts: [(management_account, ROOT), (member, UNIT)]
                .map(|(account, parent)| (account.to_owned(), parent.to_owned()))
                .into(),
            policies: vec![
                aws("p-FullAWSAccess", "FullAWSAccess", SERVICE_CONTROL, full_access()),
                ControlPolicy {
                    id: "p-regions1".to_owned(),
                    name: "only-two-regions".to_owned(),
                    policy_type: SERVICE_CONTROL.to_owned(),
                    aws_managed: false,
                    document: only_two_regions(),
                    targets: vec![UNIT.to_owned()],
                },
                aws("p-RCPFullAWSAccess", "RCPFullAWSAccess", RESOURCE_CONTROL, full_access_by_everyone()),
            ],
        }
    }

    /// The root or unit that holds an account or unit.
    pub(super) fn parent(&self, child: &str) -> Option<&str> {
        let unit = || self.units.iter().find(|unit| unit.id == child).map(|unit| &unit.parent);
        self.accounts.get(child).or_else(unit).map(String::as_str)
    }
}

const SERVICE_CONTROL: &str = "SERVICE_CONTROL_POLICY";
const RESOURCE_CONTROL: &str = "RESOURCE_CONTROL_POLICY";

fn full_access() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
}

fn full_access_by_everyone() -> Value {
    let statement = json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"});
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

/// Services without a region stay usable.
fn only_two_regions() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{
        "Sid": "OnlyTwoRegions",
        "Effect": "Deny",
        "NotAction": ["iam:*", "organizations:*", "sts:*", "support:*"],
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]}}
    }]})
}
