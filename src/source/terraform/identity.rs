//! Account, region and identity of planned resources.
//!
//! A resource to be created has no ARN yet. A bucket's follows from its name, an IAM resource's
//! from account, path and name; all others are `terraform:` and their address until they exist.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{AccountId, Region, ResourceId};

use super::estate::{Estate, Id, Instance};
use super::format::{Configuration, ProviderConfig};
use super::json::{Object, Value};
use super::value::Field;

/// Which account each provider configuration of a plan works in, as far as the plan tells.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    by_provider: BTreeMap<String, AccountId>,
    only: Option<AccountId>,
    /// Whether an account counts only for resources whose provider shows it.
    strict: bool,
}

impl Accounts {
    /// Reads them off the caller identities, ARNs and owners of both sides.
    pub(super) fn of(estates: &[&Estate<'_>]) -> Self {
        let mut seen = seen(estates);
        let mut all: BTreeSet<AccountId> = seen.values().flatten().cloned().collect();
        let configured = estates.iter().find_map(|estate| estate.configuration()).map(configured).unwrap_or_default();
        // The account of one configuration is not that of another, of which nothing is known.
        if all.is_empty() && configured.values().all(Option::is_some) {
            all.extend(configured.values().flatten().cloned());
        }
        for (key, account) in configured {
            seen.entry(key).or_default().extend(account);
        }
        let by_provider = seen.into_iter().filter_map(|(key, accounts)| Some((key, single(accounts)?))).collect();
        Self { by_provider, only: single(all), strict: false }
    }

    /// The accounts as what a scan says may be put beside a plan: a wrong one would take another
    /// account's protection for this one's. Only what names an account counts: the resource itself,
    /// another one of its provider configuration, and configurations with the same credentials; that
    /// there is but one account in the plan, or in the scan, proves nothing.
    ///
    /// `account_of` gives the account of a bucket that existed before, as the scan has it.
    pub(super) fn proven(
        before: &Estate<'_>,
        all: &[&Estate<'_>],
        account_of: impl Fn(Id) -> Option<AccountId>,
    ) -> Self {
        let mut seen: BTreeMap<String, BTreeSet<AccountId>> = BTreeMap::new();
        for instance in all.iter().flat_map(|estate| &estate.instances).filter(|instance| is_witness(instance)) {
            if let Some(account) = own_account(instance) {
                seen.entry(provider(instance).to_owned()).or_default().insert(account);
            }
        }
        let providers = before.configuration().and_then(|configuration| configuration.provider_config.as_ref());
        let Some(providers) = providers else { return Self { strict: true, ..Self::default() } };
        for (key, account) in before.configuration().map(configured).unwrap_or_default() {
            seen.entry(key).or_default().extend(account);
        }
        let mut by_credentials: BTreeMap<String, BTreeSet<AccountId>> = BTreeMap::new();
        for (key, accounts) in seen.into_iter().filter(|(_, accounts)| !accounts.is_empty()) {
            by_credentials.entry(credentials(providers, &key)).or_default().extend(accounts);
        }
        // What the plan itself names counts more than what the scan says of its buckets.
        let mut by_buckets: BTreeMap<String, BTreeSet<AccountId>> = BTreeMap::new();
        for &bucket in before.of_kind("aws_s3_bucket").iter().filter(|&&bucket| is_shown(before.instance(bucket))) {
            if let Some(account) = account_of(bucket) {
                let credentials = credentials(providers, provider(before.instance(bucket)));
                by_buckets.entry(credentials).or_default().insert(account);
            }
        }
        for (credentials, accounts) in by_buckets {
            by_credentials.entry(credentials).or_insert(accounts);
        }
        let keys: BTreeSet<&str> = before.blocks().filter_map(|block| block.provider_config_key.as_deref()).collect();
        let of = |key: &str| single(by_credentials.get(&credentials(providers, key))?.clone());
        let by_provider = keys.into_iter().filter_map(|key| Some((key.to_owned(), of(key)?))).collect();
        Self { by_provider, only: None, strict: true }
    }

    /// The account of a resource, as far as the plan tells.
    pub(super) fn account(&self, instance: &Instance<'_>) -> AccountId {
        let counts = !self.strict || is_shown(instance);
        let of_provider = || self.by_provider.get(provider(instance)).filter(|_| counts).cloned();
        own_account(instance).or_else(of_provider).or_else(|| self.only.clone()).unwrap_or_else(AccountId::unknown)
    }
}

/// Whether the plan shows which provider configuration the instance has.
fn is_shown(instance: &Instance<'_>) -> bool {
    instance.block.is_some_and(|block| block.provider_config_key.is_some())
}

/// Whether the account that an instance names is surely the one its provider works in: the ARN of
/// a subscription is in the account of its topic, and members of all kinds name their own account.
fn is_witness(instance: &Instance<'_>) -> bool {
    const KINDS: [&str; 11] = [
        "aws_caller_identity",
        "aws_default_security_group",
        "aws_iam_group",
        "aws_iam_instance_profile",
        "aws_iam_policy",
        "aws_iam_role",
        "aws_iam_user",
        "aws_kms_key",
        "aws_s3_account_public_access_block",
        "aws_security_group",
        "aws_vpc",
    ];
    is_shown(instance) && KINDS.contains(&instance.kind)
}

/// The accounts that resources name, by provider configuration.
fn seen(estates: &[&Estate<'_>]) -> BTreeMap<String, BTreeSet<AccountId>> {
    let mut seen: BTreeMap<String, BTreeSet<AccountId>> = BTreeMap::new();
    for instance in estates.iter().flat_map(|estate| &estate.instances) {
        if let Some(account) = own_account(instance) {
            seen.entry(provider(instance).to_owned()).or_default().insert(account);
        }
    }
    seen
}

/// The account that each provider configuration names by itself: that of the role it assumes, or the
/// only one that it allows. Values that are written out count, and no others.
fn configured(configuration: &Configuration) -> BTreeMap<String, Option<AccountId>> {
    let account = |config: &ProviderConfig| {
        let expressions = config.expressions.as_ref()?;
        assumed(expressions, "assume_role")
            .or_else(|| assumed(expressions, "assume_role_with_web_identity"))
            .or_else(|| allowed(expressions))
    };
    let providers = configuration.provider_config.iter().flatten();
    let is_aws = |key: &str| key.rsplit(':').next().is_some_and(|own| own.split('.').next() == Some("aws"));
    providers.filter(|(key, _)| is_aws(key)).map(|(key, config)| (key.clone(), account(config))).collect()
}

/// The account of the role that is assumed last.
fn assumed(expressions: &Value, block: &str) -> Option<AccountId> {
    let role = expressions.get(block)?.as_array()?.last()?.get("role_arn")?;
    role.get("constant_value")?.as_str()?.split(':').nth(4)?.parse().ok()
}

fn allowed(expressions: &Value) -> Option<AccountId> {
    let [only] = expressions.get("allowed_account_ids")?.get("constant_value")?.as_array()? else { return None };
    only.as_str()?.parse().ok()
}

fn single(accounts: BTreeSet<AccountId>) -> Option<AccountId> {
    let mut accounts = accounts.into_iter();
    let first = accounts.next()?;
    accounts.next().is_none().then_some(first)
}

/// What a provider configuration signs its requests with, as far as the plan shows it: two with the
/// same text work in one account. One in a module stands for itself, since its variables have other
/// values there, and so does one of which there may be several; one without anything in a module is
/// that of the root, if that has nothing to inherit.
fn credentials(providers: &BTreeMap<String, ProviderConfig>, key: &str) -> String {
    const ELSEWHERE: [&str; 4] = ["region", "default_tags", "ignore_tags", "alias"];
    let texts = |key: &str| {
        let expressions = providers.get(key).and_then(|config| config.expressions.as_ref()?.as_object());
        let expressions = expressions.into_iter().flat_map(Object::iter).filter(|(name, _)| !ELSEWHERE.contains(name));
        let texts = expressions.map(|(name, expression)| format!("{name}={expression}")).collect::<Vec<_>>().join(" ");
        if texts.contains("each.") { format!("{key} {texts}") } else { texts }
    };
    let root = key.rsplit(':').next().unwrap_or(key);
    let (own, inherited) = (texts(key), texts(root));
    let provider = root.split('.').next().unwrap_or(root);
    if key == root || own.is_empty() && inherited.is_empty() {
        format!("{provider} {inherited}")
    } else {
        format!("{key} {own}")
    }
}

pub(super) fn provider<'a>(instance: &'a Instance<'_>) -> &'a str {
    instance.block.and_then(|block| block.provider_config_key.as_deref()).unwrap_or("aws")
}

/// The account that an instance's own attributes tell.
fn own_account(instance: &Instance<'_>) -> Option<AccountId> {
    let attribute = |name: &str| instance.value.get(name).and_then(Value::as_str);
    if instance.data {
        return (instance.kind == "aws_caller_identity").then(|| attribute("account_id")).flatten()?.parse().ok();
    }
    let from_arn = attribute("arn").and_then(|arn| arn.split(':').nth(4)).and_then(|account| account.parse().ok());
    from_arn
        .or_else(|| attribute("owner_id")?.parse().ok())
        .or_else(|| attribute("account_id")?.parse().ok())
        .filter(|account| *account != AccountId::unknown())
}

/// The region of a regional resource: its own attribute, its ARN, or its provider's.
pub(super) fn region(estate: &Estate<'_>, instance: &Instance<'_>) -> Region {
    let known = |attribute: &str| match instance.get(attribute).text() {
        Field::Known(region) => region.parse().ok(),
        _ => None,
    };
    known("region")
        .or_else(|| known("bucket_region"))
        .or_else(|| instance.value.get("arn")?.as_str()?.split(':').nth(3)?.parse().ok())
        .or_else(|| provider_region(estate, instance))
        .unwrap_or_else(Region::unknown)
}

/// The region that the provider is configured with. A provider that a module inherits without
/// naming it has a key of its own and no expressions: then the one it inherits from counts.
fn provider_region(estate: &Estate<'_>, instance: &Instance<'_>) -> Option<Region> {
    let providers = estate.configuration()?.provider_config.as_ref()?;
    let key = provider(instance);
    let inherited = key.rsplit(':').next().unwrap_or(key);
    let region = |key: &str| providers.get(key)?.expressions.as_ref()?.get("region");
    let expression = region(key).or_else(|| region(inherited))?;
    let text = match expression.get("constant_value").and_then(Value::as_str) {
        Some(text) => text.to_owned(),
        None => super::value::references(expression)
            .iter()
            .find_map(|reference| reference.strip_prefix("var."))
            .and_then(|name| {
                let variable = || estate.module(&[])?.variables.as_ref()?.get(name)?.default.as_ref();
                estate.root_variable(name).or_else(variable)?.as_str()
            })?
            .to_owned(),
    };
    text.parse().ok()
}

/// The id of a resource: its ARN, the ARN it will have, or its address.
pub(super) fn resource_id(estate: &Estate<'_>, accounts: &Accounts, id: Id) -> ResourceId {
    let instance = estate.instance(id);
    let known = match instance.get("arn").text() {
        Field::Known(arn) => arn.parse().ok(),
        _ => None,
    };
    known
        .or_else(|| existing_arn(estate, accounts, instance))
        .or_else(|| predicted_arn(estate, accounts, instance))
        .unwrap_or_else(|| by_address(instance.address))
}

/// What of EC2 is called in ARNs, where the provider may tell only the id.
const EC2_PATHS: [(&str, &str); 22] = [
    ("aws_default_network_acl", "network-acl"),
    ("aws_default_route_table", "route-table"),
    ("aws_default_subnet", "subnet"),
    ("aws_default_vpc", "vpc"),
    ("aws_ebs_volume", "volume"),
    ("aws_ec2_managed_prefix_list", "prefix-list"),
    ("aws_ec2_transit_gateway", "transit-gateway"),
    ("aws_egress_only_internet_gateway", "egress-only-internet-gateway"),
    ("aws_eip", "elastic-ip"),
    ("aws_flow_log", "vpc-flow-log"),
    ("aws_instance", "instance"),
    ("aws_internet_gateway", "internet-gateway"),
    ("aws_launch_template", "launch-template"),
    ("aws_nat_gateway", "natgateway"),
    ("aws_network_acl", "network-acl"),
    ("aws_network_interface", "network-interface"),
    ("aws_route_table", "route-table"),
    ("aws_subnet", "subnet"),
    ("aws_vpc", "vpc"),
    ("aws_vpc_endpoint", "vpc-endpoint"),
    ("aws_vpc_peering_connection", "vpc-peering-connection"),
    ("aws_vpn_gateway", "vpn-gateway"),
];

/// The ARN of something of EC2 that exists: others refer to it by its id, which has to be seen in
/// it, even where account and region are not known.
fn existing_arn(estate: &Estate<'_>, accounts: &Accounts, instance: &Instance<'_>) -> Option<ResourceId> {
    let (_, path) = EC2_PATHS.iter().find(|(kind, _)| *kind == instance.kind)?;
    let Field::Known(id) = instance.get("id").text() else { return None };
    ec2_arn(&region(estate, instance), &accounts.account(instance), path, &id)
}

/// The ARN of something of EC2 by its id.
pub(super) fn ec2_arn(region: &Region, account: &AccountId, path: &str, id: &str) -> Option<ResourceId> {
    format!("arn:{}:ec2:{region}:{account}:{path}/{id}", partition(region)).parse().ok()
}

/// `terraform:` and the address.
#[expect(clippy::expect_used, reason = "the prefix makes every text a resource id")]
pub(super) fn by_address(address: &str) -> ResourceId {
    ResourceId::new(format!("terraform:{address}")).expect("the prefix makes it an id")
}

/// The name that an attribute holds, when it is known.
pub(super) fn known_name(instance: &Instance<'_>) -> Option<String> {
    let attribute = if instance.kind == "aws_s3_bucket" { "bucket" } else { "name" };
    instance.get(attribute).text().or(None).ok().flatten()
}

fn predicted_arn(estate: &Estate<'_>, accounts: &Accounts, instance: &Instance<'_>) -> Option<ResourceId> {
    let name = known_name(instance)?;
    let partition = partition(&region_of_provider(estate, instance));
    if instance.kind == "aws_s3_bucket" {
        return format!("arn:{partition}:s3:::{name}").parse().ok();
    }
    if instance.kind == "aws_s3_access_point" {
        let (region, account) = (region(estate, instance), accounts.account(instance));
        let known = region != Region::unknown() && account != AccountId::unknown();
        return known.then(|| format!("arn:{partition}:s3:{region}:{account}:accesspoint/{name}").parse().ok())?;
    }
    let kind = match instance.kind {
        "aws_iam_role" => "role",
        "aws_iam_user" => "user",
        "aws_iam_group" => "group",
        "aws_iam_policy" => "policy",
        "aws_iam_instance_profile" => "instance-profile",
        _ => return None,
    };
    let account = accounts.account(instance);
    if account == AccountId::unknown() {
        return None;
    }
    let path = instance.get("path").text().or(Some("/".to_owned())).ok().flatten()?;
    format!("arn:{partition}:iam::{account}:{kind}{path}{name}").parse().ok()
}

fn region_of_provider(estate: &Estate<'_>, instance: &Instance<'_>) -> Region {
    provider_region(estate, instance).unwrap_or_else(Region::unknown)
}

/// The partition that a region belongs to.
pub(super) fn partition(region: &Region) -> &'static str {
    if region.as_str().starts_with("cn-") {
        "aws-cn"
    } else if region.as_str().starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    }
}
