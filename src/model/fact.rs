//! Facts: what follows from configuration, with the places it rests on.
//!
//! A fact is known or unknown, never guessed. Facts may draw on other resources (the account's
//! access block, the interfaces that use a group), so that `configuration` stays the resource's
//! own and drift is charged to the resource that changed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    AccountFacts, BucketAccess, Dangling, EbsSnapshotFacts, Escalation, FailoverFacts, ForeignControl, GrantFacts,
    InstanceFacts, LaunchTemplateFacts, MultiRegionAccessPointFacts, NetworkAclFacts, OpenService, Pointer,
    PublicAccessBlock, RegionSettingsFacts, ResourceType, SecurityGroupFacts, SpotFleetFacts, SubnetFacts, Takeover,
    TrustGuard, Trusted, VolumeFacts, VpcEndpointFacts, VpcEndpointServiceFacts, VpcFacts, VpcPeeringConnectionFacts,
};

/// A derived value: `value` with the places it rests on, or no value and what it waits for.
///
/// In a document: `{"value": true, "because": ["/configuration/policy/Statement/0"]}` or
/// `{"waits_for": ["/configuration/policy"]}`.
///
/// A fact that is a list can be *partial*: `value` holds what is known to be in it, and
/// `waits_for` says where more may come from. Elements of a partial list are known and can fail a
/// rule; that nothing else is in it is not known, so that such a rule cannot pass:
/// [`super::Resource::unknown_places`] reports `/facts/<name>/partial`, which overlaps
/// `/facts/<name>` and covers none of the elements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fact<T> {
    /// The value; absent when unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<T>,
    /// Places in the document that the value rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<Pointer>,
    /// What an unknown value, or the rest of a partial list, waits for: places in this document,
    /// `<resource id>#<pointer>` for a place in another one, or `list of <type> in <account>
    /// <region>` for a list that is not whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits_for: Vec<String>,
}

/// A fact that an older version did not derive.
impl<T> Default for Fact<T> {
    fn default() -> Self {
        Self::unknown(vec!["a scan by this version".to_owned()])
    }
}

impl<T> Fact<T> {
    /// A known value.
    #[must_use]
    pub fn known(value: T, because: Vec<Pointer>) -> Self {
        Self { value: Some(value), because, waits_for: Vec::new() }
    }

    /// A value that cannot be known yet, and what it waits for.
    #[must_use]
    pub fn unknown(waits_for: Vec<String>) -> Self {
        Self { value: None, because: Vec::new(), waits_for }
    }

    /// The same with another value.
    #[must_use]
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Fact<U> {
        Fact { value: self.value.map(change), because: self.because, waits_for: self.waits_for }
    }
}

impl<T> Fact<Vec<T>> {
    /// A list of which more may come from the places it waits for; without such places it is
    /// known, and with nothing known in it, unknown.
    #[must_use]
    pub fn partial(value: Vec<T>, because: Vec<Pointer>, mut waits_for: Vec<String>) -> Self {
        waits_for.sort();
        waits_for.dedup();
        match (value.is_empty(), waits_for.is_empty()) {
            (_, true) => Self::known(value, because),
            (true, false) => Self::unknown(waits_for),
            (false, false) => Self { value: Some(value), because, waits_for },
        }
    }
}

/// Three-valued logic: what is known decides wherever it can.
impl Fact<bool> {
    /// True when one of them is, with the places of all that are; false when all are false.
    #[must_use]
    pub fn any(facts: impl IntoIterator<Item = Self>) -> Self {
        Self::decided_by(true, facts)
    }

    /// False when one of them is, with the places of all that are; true when all are true.
    #[must_use]
    pub fn all(facts: impl IntoIterator<Item = Self>) -> Self {
        Self::decided_by(false, facts)
    }

    /// The opposite.
    #[must_use]
    pub fn negated(self) -> Self {
        self.map(|truth| !truth)
    }

    fn decided_by(decisive: bool, facts: impl IntoIterator<Item = Self>) -> Self {
        let (deciding, rest): (Vec<_>, Vec<_>) = facts.into_iter().partition(|fact| fact.value == Some(decisive));
        if !deciding.is_empty() {
            return Self::known(decisive, united(deciding.into_iter().flat_map(|fact| fact.because)));
        }
        let (because, waits_for): (Vec<_>, Vec<_>) =
            rest.into_iter().map(|fact| (fact.because, fact.waits_for)).unzip();
        let waits_for = united(waits_for.into_iter().flatten());
        if waits_for.is_empty() {
            Self::known(!decisive, united(because.into_iter().flatten()))
        } else {
            Self::unknown(waits_for)
        }
    }
}

fn united<T: Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    items.into_iter().collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

macro_rules! facts {
    ($($(#[$doc:meta])* $variant:ident: $facts:ty;)*) => {
        /// What follows from a resource's configuration, by resource type.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        #[serde(untagged)]
        pub enum Facts {
            $($(#[$doc])* $variant(Box<$facts>),)*
        }

        impl Facts {
            /// Reads the facts of a resource of the given type; `None` for types without facts.
            ///
            /// # Errors
            /// When the value does not have the form of that type's facts.
            pub fn from_value(resource_type: ResourceType, value: Value) -> serde_json::Result<Option<Self>> {
                Ok(Some(match resource_type {
                    $(ResourceType::$variant => Self::$variant(serde_json::from_value(value)?),)*
                    _ => return Ok(None),
                }))
            }
        }

        impl ResourceType {
            /// The JSON Schema of `facts` for this type, when it has any.
            #[must_use]
            pub fn facts_schema(self) -> Option<schemars::Schema> {
                Some(match self {
                    $(Self::$variant => schemars::schema_for!($facts),)*
                    _ => return None,
                })
            }
        }
    };
}

facts! {
    /// Of an account.
    Account: AccountFacts;
    /// Of a bucket.
    Bucket: BucketFacts;
    /// Of an access point.
    AccessPoint: AccessPointFacts;
    /// Of a multi-region access point.
    MultiRegionAccessPoint: MultiRegionAccessPointFacts;
    /// Of a security group.
    SecurityGroup: SecurityGroupFacts;
    /// Of a network ACL.
    NetworkAcl: NetworkAclFacts;
    /// Of a VPC.
    Vpc: VpcFacts;
    /// Of a snapshot of a volume.
    EbsSnapshot: EbsSnapshotFacts;
    /// Of a launch template.
    LaunchTemplate: LaunchTemplateFacts;
    /// Of a spot fleet.
    SpotFleet: SpotFleetFacts;
    /// Of a volume.
    Volume: VolumeFacts;
    /// Of a subnet.
    Subnet: SubnetFacts;
    /// Of an instance.
    Instance: InstanceFacts;
    /// Of a VPC endpoint.
    VpcEndpoint: VpcEndpointFacts;
    /// Of an endpoint service.
    VpcEndpointService: VpcEndpointServiceFacts;
    /// Of a peering connection.
    VpcPeeringConnection: VpcPeeringConnectionFacts;
    /// Of a role.
    Role: RoleFacts;
    /// Of a user.
    User: PrincipalFacts;
    /// Of a group.
    Group: PrincipalFacts;
    /// Of a managed policy.
    ManagedPolicy: ManagedPolicyFacts;
    /// Of EC2 in one region.
    RegionSettings: RegionSettingsFacts;
    /// Of a failover path.
    FailoverPath: FailoverFacts;
}

/// Facts of a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BucketFacts {
    /// Whether the bucket policy is public by AWS's definition, access blocks left aside.
    pub policy_public: Fact<bool>,
    /// Whether somebody to whom the policy names no relation (unsigned, or with an account of his
    /// own) is allowed something after its explicit denies, access blocks left aside.
    #[serde(default)]
    pub public_after_deny: Fact<bool>,
    /// Whether the ACL grants anything to everyone or to every AWS account, access blocks and
    /// ownership left aside.
    pub acl_public: Fact<bool>,
    /// The access block in force: each flag of the bucket or of the account.
    pub public_access_block: Fact<PublicAccessBlock>,
    /// Whether anyone can reach the bucket after ownership and access blocks.
    pub public: Fact<bool>,
    /// Whether the policy denies plain HTTP to every principal, for every action, on the bucket
    /// and all its objects. Only a deny on `aws:SecureTransport` (or without any condition)
    /// counts: a lower bound on `s3:TlsVersion` says nothing about requests without TLS.
    pub plain_http_denied: Fact<bool>,
    /// Accounts other than the bucket's own that the policy grants something, sorted: named as
    /// principals, or, where everyone is named, by `aws:PrincipalAccount` or `aws:PrincipalArn`.
    pub foreign_accounts: Fact<Vec<String>>,
    /// Who gets in from outside the bucket's account, and what for, sorted: by policy, ACL and
    /// access points, after ownership, access blocks and explicit denies. Organization policies
    /// and the callers' own permissions are left aside.
    #[serde(default)]
    pub effective_access: Fact<Vec<BucketAccess>>,
    /// Whether a public policy together with `RestrictPublicBuckets` shuts out other accounts that
    /// the policy names: the flag leaves only the account itself and AWS services.
    #[serde(default)]
    pub foreign_access_cut: Fact<bool>,
    /// Those of `effective_access` who are everyone, or everyone with an AWS account. Known to be
    /// empty where access blocks and ownership shut out the public, whatever is not read.
    #[serde(default)]
    pub public_access: Fact<Vec<BucketAccess>>,
    /// Whether single objects may be public by ACLs of their own, which are not collected: ACLs
    /// count, and public ones are not ignored.
    #[serde(default)]
    pub objects_may_be_public: Fact<bool>,
    /// Who outside the account may change who gets at the bucket or how it is encrypted, by the
    /// bucket policy after explicit denies and access blocks, sorted.
    #[serde(default)]
    pub foreign_control: Fact<Vec<ForeignControl>>,
    /// AWS services that the policy lets in whoever they act for, sorted.
    #[serde(default)]
    pub open_services: Fact<Vec<OpenService>>,
    /// Whether the policy denies TLS before version 1.2 to every principal, for every action, on
    /// the bucket and all its objects.
    #[serde(default)]
    pub old_tls_denied: Fact<bool>,
    /// Whether an enabled replication rule leads to a bucket in another region.
    #[serde(default)]
    pub replicated_to_another_region: Fact<bool>,
    /// Whether trails deliver to the bucket, or its policy lets CloudTrail write to it, while
    /// server access logging is off.
    #[serde(default)]
    pub trail_logs_unwatched: Fact<bool>,
}

/// Facts of an access point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccessPointFacts {
    /// Whether anyone can reach it after its own and the account's access block.
    pub public: Fact<bool>,
    /// The access block in force: each flag of the access point or of the account.
    #[serde(default)]
    pub public_access_block: Fact<PublicAccessBlock>,
}

/// Facts of a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RoleFacts {
    /// Who the trust policy lets in, sorted.
    pub trusted: Fact<Vec<Trusted>>,
    /// What Deny statements of the trust policy demand of a request, sorted.
    #[serde(default)]
    pub trust_guards: Fact<Vec<TrustGuard>>,
    /// Principals that the trust policy names and that are not there, sorted.
    #[serde(default)]
    pub dangling: Fact<Vec<Dangling>>,
    /// Whether its policies allow every action on every resource, denies and the permissions
    /// boundary left aside.
    pub admin: Fact<bool>,
    /// How it can give itself more permissions by its own policies, sorted; none for one who
    /// holds every permission already. After explicit denies and the permissions boundary;
    /// organization policies are left aside.
    #[serde(default)]
    pub escalations: Fact<Vec<Escalation>>,
    /// Ways of its policies to take over other users, roles or what runs as a role, sorted; none
    /// for one who holds every permission already. After explicit denies and the permissions
    /// boundary; organization policies, and whether such a target is there, are left aside.
    #[serde(default)]
    pub takeovers: Fact<Vec<Takeover>>,
    /// What its policies grant by and large.
    #[serde(flatten)]
    pub grants: GrantFacts,
}

/// Facts of a user or a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PrincipalFacts {
    /// Whether its policies (for a user also those of its groups) allow every action on every
    /// resource, denies and the permissions boundary left aside.
    pub admin: Fact<bool>,
    /// How it can give itself more permissions by its own policies (for a group: how each of its members can), sorted; none for one who
    /// holds every permission already. After explicit denies and the permissions boundary;
    /// organization policies are left aside.
    #[serde(default)]
    pub escalations: Fact<Vec<Escalation>>,
    /// Ways of its policies to take over other users, roles or what runs as a role, sorted; none
    /// for one who holds every permission already. After explicit denies and the permissions
    /// boundary; organization policies, and whether such a target is there, are left aside.
    #[serde(default)]
    pub takeovers: Fact<Vec<Takeover>>,
    /// What its policies grant by and large.
    #[serde(flatten)]
    pub grants: GrantFacts,
}

/// Facts of a managed policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ManagedPolicyFacts {
    /// Whether the document allows every action on every resource.
    pub admin: Fact<bool>,
    /// Whether a user, group or role has it attached.
    pub attached: Fact<bool>,
    /// How a user or a role with this policy alone could give itself more permissions, sorted;
    /// none for a policy that allows everything, and none for AWS's own.
    #[serde(default)]
    pub escalations: Fact<Vec<Escalation>>,
    /// Ways to take over other users, roles or what runs as a role by this policy alone, sorted;
    /// none for a policy that allows everything, and none for AWS's own.
    #[serde(default)]
    pub takeovers: Fact<Vec<Takeover>>,
    /// What it grants by and large. There are no `admin_policies`: it is one itself, or not.
    #[serde(flatten)]
    pub grants: GrantFacts,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unknown() -> Fact<bool> {
        Fact::unknown(vec!["/configuration/policy".to_owned()])
    }

    #[test]
    fn what_is_known_decides_wherever_it_can() {
        let yes = || Fact::known(true, vec![Pointer::new("/a")]);
        let no = || Fact::known(false, vec![Pointer::new("/b")]);
        assert_eq!(Fact::any([unknown(), yes()]), yes());
        assert_eq!(Fact::any([unknown(), no()]), unknown());
        assert_eq!(Fact::any([no(), no()]), no());
        assert_eq!(Fact::all([unknown(), no()]), no());
        assert_eq!(Fact::all([unknown(), yes()]), unknown());
        assert_eq!(Fact::all([]).value, Some(true));
        assert_eq!(unknown().negated(), unknown());
    }
}
