//! One AWS object: identity, configuration, facts, and what of it is unknown.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;

use super::{
    AccessPoint, Account, AccountId, Address, Analyzer, Bucket, ClientVpnEndpoint, CustomerGateway, DhcpOptions,
    DirectoryBucket, EbsSnapshot, Facts, FailoverPath, FlowLog, Group, Image, Instance, InternetGateway,
    LaunchTemplate, ManagedPolicy, MultiRegionAccessPoint, NatGateway, NetworkAcl, NetworkInterface, OidcProvider,
    OrganizationAccount, OrganizationPolicy, Pointer, PrefixList, ProtectedResource, Region, RegionSettings,
    ResourceId, Role, RouteTable, SamlProvider, SecurityGroup, ServerCertificate, SpotFleet, Subnet,
    TrafficMirrorFilter, TrafficMirrorSession, TrafficMirrorTarget, Trail, TransitGateway, TransitGatewayAttachment,
    TransitGatewayRouteTable, User, Volume, Vpc, VpcEndpoint, VpcEndpointService, VpcPeeringConnection, VpnConnection,
    VpnGateway,
};

macro_rules! resource_types {
    ($($(#[$doc:meta])* $variant:ident, $name:literal, $service:ident, $configuration:ty;)*) => {
        /// The resource types of this version, by CloudFormation name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum ResourceType {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl ResourceType {
            /// All types, in the order of their names.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The CloudFormation name, `AWS::S3::Bucket`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The AWS service the type belongs to.
            #[must_use]
            pub const fn service(self) -> Service {
                match self { $(Self::$variant => Service::$service,)* }
            }

            /// The JSON Schema of `configuration` for this type.
            #[must_use]
            pub fn configuration_schema(self) -> schemars::Schema {
                match self { $(Self::$variant => schemars::schema_for!($configuration),)* }
            }
        }

        /// A resource's own attributes, by type.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        #[serde(untagged)]
        pub enum Configuration {
            $($(#[$doc])* $variant(Box<$configuration>),)*
        }

        impl Configuration {
            /// The type whose attributes these are.
            #[must_use]
            pub const fn resource_type(&self) -> ResourceType {
                match self { $(Self::$variant(_) => ResourceType::$variant,)* }
            }

            /// Reads the attributes of a resource of the given type.
            ///
            /// # Errors
            /// When the value does not have the form of that type.
            pub fn from_value(resource_type: ResourceType, value: Value) -> serde_json::Result<Self> {
                Ok(match resource_type { $(ResourceType::$variant => Self::$variant(serde_json::from_value(value)?),)* })
            }
        }

        $(impl From<$configuration> for Configuration {
            fn from(configuration: $configuration) -> Self {
                Self::$variant(Box::new(configuration))
            }
        })*
    };
}

resource_types! {
    /// What holds for an account as a whole.
    Account, "AWS::::Account", Iam, Account;
    /// An access analyzer.
    Analyzer, "AWS::AccessAnalyzer::Analyzer", AccessAnalyzer, Analyzer;
    /// A trail.
    Trail, "AWS::CloudTrail::Trail", CloudTrail, Trail;
    /// A client VPN endpoint.
    ClientVpnEndpoint, "AWS::EC2::ClientVpnEndpoint", Ec2, ClientVpnEndpoint;
    /// A customer gateway.
    CustomerGateway, "AWS::EC2::CustomerGateway", Ec2, CustomerGateway;
    /// A set of DHCP options.
    DhcpOptions, "AWS::EC2::DHCPOptions", Ec2, DhcpOptions;
    /// An Elastic IP address.
    Address, "AWS::EC2::EIP", Ec2, Address;
    /// A flow log.
    FlowLog, "AWS::EC2::FlowLog", Ec2, FlowLog;
    /// An image of the account's own.
    Image, "AWS::EC2::Image", Ec2, Image;
    /// An instance.
    Instance, "AWS::EC2::Instance", Ec2, Instance;
    /// An internet gateway.
    InternetGateway, "AWS::EC2::InternetGateway", Ec2, InternetGateway;
    /// A launch template.
    LaunchTemplate, "AWS::EC2::LaunchTemplate", Ec2, LaunchTemplate;
    /// A NAT gateway.
    NatGateway, "AWS::EC2::NatGateway", Ec2, NatGateway;
    /// A network ACL.
    NetworkAcl, "AWS::EC2::NetworkAcl", Ec2, NetworkAcl;
    /// A network interface.
    NetworkInterface, "AWS::EC2::NetworkInterface", Ec2, NetworkInterface;
    /// A prefix list.
    PrefixList, "AWS::EC2::PrefixList", Ec2, PrefixList;
    /// A route table.
    RouteTable, "AWS::EC2::RouteTable", Ec2, RouteTable;
    /// A security group.
    SecurityGroup, "AWS::EC2::SecurityGroup", Ec2, SecurityGroup;
    /// A snapshot of a volume.
    EbsSnapshot, "AWS::EC2::Snapshot", Ec2, EbsSnapshot;
    /// A spot fleet request.
    SpotFleet, "AWS::EC2::SpotFleet", Ec2, SpotFleet;
    /// A subnet.
    Subnet, "AWS::EC2::Subnet", Ec2, Subnet;
    /// A traffic mirror filter.
    TrafficMirrorFilter, "AWS::EC2::TrafficMirrorFilter", Ec2, TrafficMirrorFilter;
    /// A traffic mirror session.
    TrafficMirrorSession, "AWS::EC2::TrafficMirrorSession", Ec2, TrafficMirrorSession;
    /// A traffic mirror target.
    TrafficMirrorTarget, "AWS::EC2::TrafficMirrorTarget", Ec2, TrafficMirrorTarget;
    /// A transit gateway.
    TransitGateway, "AWS::EC2::TransitGateway", Ec2, TransitGateway;
    /// An attachment of a transit gateway.
    TransitGatewayAttachment, "AWS::EC2::TransitGatewayAttachment", Ec2, TransitGatewayAttachment;
    /// A route table of a transit gateway.
    TransitGatewayRouteTable, "AWS::EC2::TransitGatewayRouteTable", Ec2, TransitGatewayRouteTable;
    /// A VPC.
    Vpc, "AWS::EC2::VPC", Ec2, Vpc;
    /// A VPC endpoint.
    VpcEndpoint, "AWS::EC2::VPCEndpoint", Ec2, VpcEndpoint;
    /// An endpoint service of the account's own.
    VpcEndpointService, "AWS::EC2::VPCEndpointService", Ec2, VpcEndpointService;
    /// A peering connection between two VPCs.
    VpcPeeringConnection, "AWS::EC2::VPCPeeringConnection", Ec2, VpcPeeringConnection;
    /// A site-to-site VPN connection.
    VpnConnection, "AWS::EC2::VPNConnection", Ec2, VpnConnection;
    /// A virtual private gateway.
    VpnGateway, "AWS::EC2::VPNGateway", Ec2, VpnGateway;
    /// A volume.
    Volume, "AWS::EC2::Volume", Ec2, Volume;
    /// A group of users.
    Group, "AWS::IAM::Group", Iam, Group;
    /// A managed policy.
    ManagedPolicy, "AWS::IAM::ManagedPolicy", Iam, ManagedPolicy;
    /// An OpenID Connect provider.
    OidcProvider, "AWS::IAM::OIDCProvider", Iam, OidcProvider;
    /// A role.
    Role, "AWS::IAM::Role", Iam, Role;
    /// A SAML provider.
    SamlProvider, "AWS::IAM::SAMLProvider", Iam, SamlProvider;
    /// A server certificate.
    ServerCertificate, "AWS::IAM::ServerCertificate", Iam, ServerCertificate;
    /// A user.
    User, "AWS::IAM::User", Iam, User;
    /// An account's place in its organization.
    OrganizationAccount, "AWS::Organizations::Account", Organizations, OrganizationAccount;
    /// A policy of an organization.
    OrganizationPolicy, "AWS::Organizations::Policy", Organizations, OrganizationPolicy;
    /// An S3 access point.
    AccessPoint, "AWS::S3::AccessPoint", S3, AccessPoint;
    /// An S3 bucket.
    Bucket, "AWS::S3::Bucket", S3, Bucket;
    /// An S3 access point for several regions.
    MultiRegionAccessPoint, "AWS::S3::MultiRegionAccessPoint", S3, MultiRegionAccessPoint;
    /// An S3 directory bucket.
    DirectoryBucket, "AWS::S3Express::DirectoryBucket", S3, DirectoryBucket;
    /// Something that AWS Backup has backed up.
    ProtectedResource, "Plimsoll::Backup::ProtectedResource", Backup, ProtectedResource;
    /// What holds for EC2 in one account and region.
    RegionSettings, "Plimsoll::EC2::RegionSettings", Ec2, RegionSettings;
    /// A declared failover path.
    FailoverPath, "Plimsoll::Failover::Path", Iam, FailoverPath;
}

impl std::fmt::Display for ResourceType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

impl std::str::FromStr for ResourceType {
    type Err = super::InvalidId;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|known| known.name() == text).ok_or_else(|| super::InvalidId {
            text: text.to_owned(),
            expected: "a resource type of this version, such as AWS::S3::Bucket",
        })
    }
}

/// The AWS services of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    /// IAM Access Analyzer.
    AccessAnalyzer,
    /// AWS Backup.
    Backup,
    /// CloudTrail.
    CloudTrail,
    /// EC2 and VPC.
    Ec2,
    /// IAM, the account as a whole, and failover paths, which are made of roles.
    Iam,
    /// Organizations.
    Organizations,
    /// S3.
    S3,
}

impl Service {
    /// All services.
    pub const ALL: &[Self] =
        &[Self::AccessAnalyzer, Self::Backup, Self::CloudTrail, Self::Ec2, Self::Iam, Self::Organizations, Self::S3];

    /// The name in labels and tables: `accessanalyzer`, `backup`, `cloudtrail`, `ec2`, `iam`, `organizations`, `s3`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AccessAnalyzer => "accessanalyzer",
            Self::Backup => "backup",
            Self::CloudTrail => "cloudtrail",
            Self::Ec2 => "ec2",
            Self::Iam => "iam",
            Self::Organizations => "organizations",
            Self::S3 => "s3",
        }
    }
}

impl std::fmt::Display for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// Where a resource's description came from. Never judged, never compared, not part of the
/// content hash.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Origin {
    /// Address in the Terraform plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terraform_address: Option<String>,
    /// Policy documents as they were written, by place in the document.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub policy_texts: BTreeMap<Pointer, String>,
    /// Why places are unknown, where there is more to say than the gap: the references a planned
    /// value waits for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unknown_because: BTreeMap<Pointer, String>,
    /// Places of a planned resource that hold what AWS gives to what is new, because nothing in the
    /// plan sets them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub defaults: BTreeSet<Pointer>,
}

/// One AWS object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Resource {
    /// ARN.
    pub id: ResourceId,
    /// Account.
    pub account: AccountId,
    /// Region; `global` for IAM.
    pub region: Region,
    /// CloudFormation type.
    #[serde(rename = "type")]
    pub resource_type: ResourceType,
    /// The name people use.
    pub name: String,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Own attributes.
    pub configuration: Configuration,
    /// Derived values; filled by [`crate::facts::derive`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facts: Option<Facts>,
    /// Places whose value exists but is not known, sorted.
    pub unknown: Vec<Pointer>,
    /// When the resource was last seen, if the last attempt to list it failed. All evaluations
    /// of a stale resource are `unknown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale_since: Option<Timestamp>,
    /// Where the description came from.
    pub origin: Origin,
}

impl Resource {
    /// A resource without tags, facts or unknown places.
    #[must_use]
    pub fn new(
        id: ResourceId,
        account: AccountId,
        region: Region,
        name: impl Into<String>,
        configuration: impl Into<Configuration>,
    ) -> Self {
        let configuration = configuration.into();
        Self {
            id,
            account,
            region,
            resource_type: configuration.resource_type(),
            name: name.into(),
            tags: BTreeMap::new(),
            configuration,
            facts: None,
            unknown: Vec::new(),
            stale_since: None,
            origin: Origin::default(),
        }
    }

    /// Marks a place as unknown, once, keeping the list sorted.
    pub fn mark_unknown(&mut self, place: Pointer) {
        if let Err(position) = self.unknown.binary_search(&place) {
            self.unknown.insert(position, place);
        }
    }

    /// The document that rules judge and drift compares: everything but `origin` and
    /// `stale_since`. Keys are sorted.
    ///
    /// # Panics
    /// Never: every field has a JSON form.
    #[must_use]
    #[expect(clippy::expect_used, reason = "every field of a resource has a JSON form with string keys")]
    pub fn document(&self) -> Value {
        let mut document = serde_json::to_value(self).expect("a resource has a JSON form");
        if let Value::Object(fields) = &mut document {
            fields.remove("origin");
            fields.remove("stale_since");
        }
        document
    }

    /// Whether both have one document, wherever they come from, and are equally fresh.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let parts = |one: &Self| (one.resource_type, one.stale_since);
        parts(self) == parts(other)
            && (&self.id, &self.account, &self.region) == (&other.id, &other.account, &other.region)
            && self.configuration == other.configuration
            && self.facts == other.facts
            && (&self.name, &self.tags, &self.unknown) == (&other.name, &other.tags, &other.unknown)
    }

    /// All unknown places as rules see them: those of the configuration, `/facts/<name>` for facts
    /// that have no value, and `/facts/<name>/partial` for lists that may hold more than is known.
    #[must_use]
    pub fn unknown_places(&self, document: &Value) -> Vec<Pointer> {
        let mut places = self.unknown.clone();
        if let Some(Value::Object(facts)) = document.get("facts") {
            let base = Pointer::new("/facts");
            places.extend(facts.iter().filter_map(|(name, fact)| match (fact.get("value"), fact.get("waits_for")) {
                (None, _) => Some(base.child(name)),
                (Some(_), Some(_)) => Some(base.child(name).child("partial")),
                (Some(_), None) => None,
            }));
        }
        places
    }
}

/// A resource's content hash: BLAKE3 of its document in sorted JSON, 64 hex digits.
#[must_use]
pub fn content_hash(document: &Value) -> String {
    blake3::hash(document.to_string().as_bytes()).to_hex().to_string()
}

/// `resource` as stored: typed fields are read once the type is known.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredResource {
    id: ResourceId,
    account: AccountId,
    region: Region,
    #[serde(rename = "type")]
    resource_type: ResourceType,
    name: String,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    configuration: Value,
    #[serde(default)]
    facts: Option<Value>,
    #[serde(default)]
    unknown: Vec<Pointer>,
    #[serde(default)]
    stale_since: Option<Timestamp>,
    #[serde(default)]
    origin: Origin,
}

impl<'de> Deserialize<'de> for Resource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = StoredResource::deserialize(deserializer)?;
        let explain = |error: serde_json::Error| de::Error::custom(format!("{}: {error}", stored.id));
        Ok(Self {
            configuration: Configuration::from_value(stored.resource_type, stored.configuration).map_err(explain)?,
            facts: stored
                .facts
                .map(|facts| Facts::from_value(stored.resource_type, facts))
                .transpose()
                .map_err(explain)?
                .flatten(),
            resource_type: stored.resource_type,
            account: stored.account,
            region: stored.region,
            name: stored.name,
            tags: stored.tags,
            unknown: stored.unknown,
            stale_since: stored.stale_since,
            origin: stored.origin,
            id: stored.id,
        })
    }
}
