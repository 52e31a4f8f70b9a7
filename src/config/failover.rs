//! The section `failover`: paths that must work when a region is degraded, as written -> as the
//! resources that rules judge.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::Config;
use super::fault::Reader;
use super::read::{Read, entries, parsed};
use super::value::{Interval, RoleArn, StsEndpoint};
use super::yaml::{Content, Mark, Node};
use crate::model::{AccountId, FailoverPath, Goal, Hop, Region, Resource, ResourceId, ServiceAccount};

entries! {
    /// One path that must work when a region is degraded.
    FailoverEntry {
        /// Its name: letters, digits, `.`, `_` and `-`.
        name: PathName,
        /// When the path is taken.
        when: Degraded,
        /// The region it leads to.
        region: Region,
        /// Who begins: the ARN of a role or of a user. In its place: `service_account`.
        #[serde(skip_serializing_if = "Option::is_none")]
        subject: Option<SubjectArn>,
        /// The Kubernetes service account that begins, in place of `subject`.
        #[serde(skip_serializing_if = "Option::is_none")]
        service_account: Option<ServiceAccountEntry>,
        /// The STS endpoint of hops that name none. None: `regional`.
        #[serde(skip_serializing_if = "Option::is_none")]
        sts: Option<StsEndpoint>,
        /// Roles that are assumed one after the other.
        #[serde(skip_serializing_if = "Option::is_none")]
        hops: Option<Vec<HopEntry>>,
        /// What must be allowed at the end.
        #[serde(skip_serializing_if = "Option::is_none")]
        must: Option<Vec<GoalEntry>>,
        /// What must not be allowed at the end. Actions and resources may be patterns.
        #[serde(skip_serializing_if = "Option::is_none")]
        must_not: Option<Vec<GoalEntry>>,
        /// The API calls that the runbook makes, such as `route53:ChangeResourceRecordSets`.
        #[serde(skip_serializing_if = "Option::is_none")]
        recipe: Option<Vec<ApiCall>>,
    }

    /// When a path is taken.
    Degraded {
        /// The region that is degraded then.
        degraded_region: Region,
    }

    /// A Kubernetes service account whose tokens IAM trusts.
    ServiceAccountEntry {
        /// The cluster's OpenID Connect issuer, with or without `https://`.
        issuer: Issuer,
        /// The subject of its tokens, `system:serviceaccount:orders:api`.
        sub: String,
        /// The audience of its tokens. None: `sts.amazonaws.com`.
        #[serde(skip_serializing_if = "Option::is_none")]
        audience: Option<String>,
    }

    /// One role that is assumed.
    HopEntry {
        /// The role.
        assume: RoleArn,
        /// The region whose STS is called. None: the region the path leads to.
        #[serde(skip_serializing_if = "Option::is_none")]
        region: Option<Region>,
        /// The STS endpoint, in place of the path's.
        #[serde(skip_serializing_if = "Option::is_none")]
        sts: Option<StsEndpoint>,
        /// The external id that is presented. Not a secret.
        #[serde(skip_serializing_if = "Option::is_none")]
        external_id: Option<String>,
        /// Session tags that are passed.
        #[serde(skip_serializing_if = "Option::is_none")]
        session_tags: Option<BTreeMap<String, String>>,
        /// How long the session must last, from 15m to 12h. None: an hour.
        #[serde(skip_serializing_if = "Option::is_none")]
        duration: Option<Interval>,
        /// The VPC endpoint that the call passes.
        #[serde(skip_serializing_if = "Option::is_none")]
        source_vpce: Option<EndpointId>,
        /// The address that the call comes from.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schemars(with = "Option<String>")]
        source_ip: Option<IpAddr>,
    }

    /// A request at the end of a path.
    GoalEntry {
        /// `dynamodb:PutItem`.
        action: ApiCall,
        /// An ARN, or `*` for actions without resource types.
        resource: Target,
        /// The region that is asked. None: the region the path leads to.
        #[serde(skip_serializing_if = "Option::is_none")]
        region: Option<Region>,
        /// Condition keys of the request and their values.
        #[serde(skip_serializing_if = "Option::is_none")]
        context: Option<BTreeMap<String, Values>>,
    }
}

/// One value, or a list of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Values(pub Vec<String>);

impl Read for Values {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.content {
            Content::Sequence(_) => Vec::<String>::read(node, reader).map(Self),
            Content::Scalar { .. } | Content::Mapping(_) => {
                reader.text("a text, or a list of texts", node).map(|text| Self(vec![text.to_owned()]))
            }
        }
    }
}

impl Serialize for Values {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl JsonSchema for Values {
    fn schema_name() -> Cow<'static, str> {
        "Values".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
    }
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident, $expected:literal, $pattern:literal, $parse:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        parsed! {
            $name, $expected, |text| { let parse: fn(&str) -> Option<String> = $parse; parse(text).map(Self) };
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "pattern": $pattern})
            }
        }
    )*};
}

texts! {
    /// The name of a path.
    PathName, "a name of letters, digits, ., _ and -", "^[A-Za-z0-9][A-Za-z0-9._-]*$",
    |text| {
        let valid = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        (text.bytes().all(valid) && text.starts_with(|first: char| first.is_ascii_alphanumeric())).then(|| text.to_owned())
    };
    /// The ARN of a role or of a user.
    SubjectArn, "the ARN of a role or of a user", "^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/.+$",
    |text| {
        let role = text.replacen(":user/", ":role/", 1);
        RoleArn::parse(&role).map(|_| text.to_owned())
    };
    /// The issuer of a cluster's tokens, without scheme.
    Issuer, "an issuer such as https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE", "^(https://)?[^/ ]+\\.[^ ]+$",
    |text| {
        let issuer = text.strip_prefix("https://").unwrap_or(text).trim_end_matches('/');
        let host = issuer.split('/').next().unwrap_or_default();
        let valid = host.contains('.') && !issuer.contains([' ', '*', '?', ',']) && !issuer.contains("://");
        valid.then(|| issuer.to_owned())
    };
    /// An action of an API, or a pattern over actions.
    ApiCall, "an action such as dynamodb:PutItem", "^[A-Za-z0-9*-]+:[A-Za-z0-9*?]+$",
    |text| {
        let (service, name) = text.split_once(':')?;
        let valid = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"*?-".contains(&b));
        (valid(service) && valid(name)).then(|| text.to_owned())
    };
    /// What a request is about.
    Target, "an ARN, or *", "^(\\*|arn:.+)$",
    |text| (text == "*" || (text.starts_with("arn:") && text.split(':').count() >= 6)).then(|| text.to_owned());
    /// The id of a VPC endpoint.
    EndpointId, "the id of a VPC endpoint such as vpce-0a1b2c3d4e5f67890", "^vpce-[0-9a-z]+$",
    |text| {
        let id = text.strip_prefix("vpce-")?;
        (!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric())).then(|| text.to_owned())
    };
}

parsed! {
    IpAddr, "an address such as 192.0.2.17", |text| text.parse().ok();
}

/// What does not fit together in a path, and names that are there twice.
pub(super) fn sense(paths: &[FailoverEntry], node: &Node, reader: &mut Reader) {
    let items = node.items("failover");
    let mut names: Vec<(&PathName, usize)> = Vec::new();
    for (index, (path, item)) in paths.iter().zip(items).enumerate() {
        reader.at(format!("failover[{index}]"), |reader| {
            if let Some((_, line)) = names.iter().find(|(name, _)| **name == path.name) {
                let problem = format!("{} is there twice, first in line {line}", path.name.as_str());
                fault(reader, "name", item.mark_of("name"), problem, None);
            }
            path.sense(item, reader);
        });
        names.push((&path.name, item.mark_of("name").line));
    }
}

fn fault(reader: &mut Reader, key: &str, mark: Mark, problem: impl Into<String>, help: Option<&str>) {
    reader.at(key, |reader| reader.fault(Some(mark), problem, help.map(str::to_owned)));
}

impl FailoverEntry {
    fn sense(&self, node: &Node, reader: &mut Reader) {
        if self.region == self.when.degraded_region {
            let problem = format!("the path leads into {}, the region that is degraded", self.region);
            fault(reader, "region", node.mark_of("region"), problem, None);
        }
        match (&self.subject, &self.service_account) {
            (None, None) => fault(
                reader,
                "subject",
                node.mark,
                "the key is missing",
                Some("say who begins: subject or service_account"),
            ),
            (Some(_), Some(_)) => {
                let help = Some("keep the one that begins");
                fault(reader, "service_account", node.mark_of("service_account"), "there is a subject already", help);
            }
            (None, Some(_)) if self.hops().is_empty() => {
                let help = Some("name the role that trusts the cluster's issuer");
                fault(reader, "hops", node.mark_of("hops"), "a service account can do nothing without a role", help);
            }
            _ => {}
        }
        if self.goals().next().is_none() {
            let help = Some("name requests under must or must_not");
            fault(reader, "must", node.mark_of("must"), "nothing is asked of the path", help);
        }
        self.hops_sense(node, reader);
        for (index, (goal, item)) in self.must.iter().flatten().zip(node.items("must")).enumerate() {
            reader.at(format!("must[{index}]"), |reader| goal.one_request(item, reader));
        }
        for (index, (call, item)) in self.recipe.iter().flatten().zip(node.items("recipe")).enumerate() {
            if call.as_str().contains(['*', '?']) {
                let key = format!("recipe[{index}]");
                fault(reader, &key, item.mark, "a step of a recipe is one action, not a pattern", None);
            }
        }
    }

    /// A role that is assumed twice is a cycle: what follows its first session follows anyway.
    fn hops_sense(&self, node: &Node, reader: &mut Reader) {
        let mut before: Vec<&str> = self.subject.iter().map(SubjectArn::as_str).collect();
        for (index, (hop, item)) in self.hops().iter().zip(node.items("hops")).enumerate() {
            reader.at(format!("hops[{index}]"), |reader| {
                if before.contains(&hop.assume.as_str()) {
                    let help = Some("leave the detour out");
                    fault(reader, "assume", item.mark_of("assume"), "the path has been this role before", help);
                }
                if let Some(duration) = hop.duration
                    && !(Interval::from_secs(900)..=Interval::from_secs(12 * 3_600)).contains(&duration)
                {
                    let problem = format!("{duration} is not between 15m and 12h");
                    fault(reader, "duration", item.mark_of("duration"), problem, None);
                }
                if index == 0 && self.service_account.is_some() && hop.session_tags.is_some() {
                    let problem = "the tags of a service account's session are in its token, not in the call";
                    fault(reader, "session_tags", item.mark_of("session_tags"), problem, None);
                }
                if index == 0 && self.service_account.is_some() && hop.external_id.is_some() {
                    let problem = "a token is presented here, and no external id with it";
                    fault(reader, "external_id", item.mark_of("external_id"), problem, None);
                }
            });
            before.push(hop.assume.as_str());
        }
    }

    fn hops(&self) -> &[HopEntry] {
        self.hops.as_deref().unwrap_or_default()
    }

    fn goals(&self) -> impl Iterator<Item = &GoalEntry> {
        self.must.iter().flatten().chain(self.must_not.iter().flatten())
    }

    /// The account of the subject; that of the first role for a service account.
    fn account(&self) -> Option<AccountId> {
        let of_arn = |arn: &str| arn.split(':').nth(4).and_then(|account| AccountId::new(account).ok());
        match &self.subject {
            Some(subject) => of_arn(subject.as_str()),
            None => self.hops().first().map(|hop| hop.assume.account().clone()),
        }
    }

    fn path(&self) -> FailoverPath {
        let goal = |goal: &GoalEntry| goal.goal(&self.region);
        FailoverPath {
            degraded_region: self.when.degraded_region.clone(),
            region: self.region.clone(),
            subject: self.subject.as_ref().map(|subject| subject.as_str().to_owned()),
            service_account: self.service_account.as_ref().map(|account| ServiceAccount {
                issuer: account.issuer.as_str().to_owned(),
                sub: account.sub.clone(),
                audience: account.audience.clone().unwrap_or_else(|| "sts.amazonaws.com".to_owned()),
            }),
            hops: self.hops().iter().map(|hop| hop.hop(self)).collect(),
            must: self.must.iter().flatten().map(goal).collect(),
            must_not: self.must_not.iter().flatten().map(goal).collect(),
            recipe: self.recipe.iter().flatten().map(|call| call.as_str().to_owned()).collect(),
        }
    }
}

impl HopEntry {
    fn hop(&self, path: &FailoverEntry) -> Hop {
        let seconds = |duration: Interval| u32::try_from(duration.duration().as_secs()).unwrap_or(u32::MAX);
        Hop {
            assume: self.assume.as_str().to_owned(),
            region: self.region.clone().unwrap_or_else(|| path.region.clone()),
            global_sts: self.sts.or(path.sts) == Some(StsEndpoint::Global),
            external_id: self.external_id.clone(),
            session_tags: self.session_tags.clone().unwrap_or_default(),
            duration_seconds: self.duration.map(seconds),
            source_vpce: self.source_vpce.as_ref().map(|id| id.as_str().to_owned()),
            source_ip: self.source_ip.map(|address| address.to_string()),
        }
    }
}

impl GoalEntry {
    /// What must be allowed is one request; a pattern would leave open which.
    fn one_request(&self, node: &Node, reader: &mut Reader) {
        let help = Some("patterns are for must_not");
        if self.action.as_str().contains(['*', '?']) {
            fault(reader, "action", node.mark_of("action"), "one action is needed here, not a pattern", help);
        }
        if self.resource.as_str() != "*" && self.resource.as_str().contains(['*', '?']) {
            fault(reader, "resource", node.mark_of("resource"), "one resource is needed here, not a pattern", help);
        }
    }

    fn goal(&self, region: &Region) -> Goal {
        let context = self.context.iter().flatten().map(|(key, values)| (key.clone(), values.0.clone()));
        Goal {
            action: self.action.as_str().to_owned(),
            resource: self.resource.as_str().to_owned(),
            region: self.region.clone().unwrap_or_else(|| region.clone()),
            context: context.collect(),
        }
    }
}

impl Config {
    /// The declared failover paths, as resources of the account that begins, in the region they
    /// lead to.
    #[must_use]
    pub fn failover_paths(&self) -> Vec<Resource> {
        let resource = |entry: &FailoverEntry| {
            let (account, name) = (entry.account()?, entry.name.as_str());
            let id = format!("arn:aws:plimsoll:{}:{account}:failover-path/{name}", entry.region);
            Some(Resource::new(ResourceId::new(id).ok()?, account, entry.region.clone(), name, entry.path()))
        };
        // Nothing is lost here: a path that was read has a name, an account and a region.
        self.failover.iter().filter_map(resource).collect()
    }
}
