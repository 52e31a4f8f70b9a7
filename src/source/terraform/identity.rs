//! Account, region and identity of planned resources.
//!
//! A resource to be created has no ARN yet. A bucket's follows from its name, an IAM resource's
//! from account, path and name; all others are `terraform:` and their address until they exist.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{AccountId, Region, Resource, ResourceId};

use super::address::{module_of, steps};
use super::estate::{Estate, Id, Instance};
use super::format::{Configuration, ProviderConfig};
use super::json::{Object, Value};
use super::reference::only_value;
use super::value::Field;

/// Which account each provider configuration of a plan works in, as far as the plan tells.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    by_provider: BTreeMap<String, AccountId>,
    /// The account of all, where all have the same credentials and one of them tells it.
    only: Option<AccountId>,
    /// What those accounts go by that the plan does not tell, by provider configuration.
    untold: BTreeMap<String, AccountId>,
    /// What the account goes by of a resource that does not show its provider.
    anywhere: Option<AccountId>,
}

impl Accounts {
    /// Reads them off the caller identities, ARNs and owners of both sides. What names an account counts
    /// for all configurations with the same credentials, and for no other.
    pub(super) fn of(estates: &[&Estate<'_>]) -> Self {
        let Some(first) = estates.first() else { return Self::default() };
        let signatures = Signatures::of(first);
        let seen = seen(estates, |instance| signatures.is_one || is_shown(instance));
        let by_credentials = signatures.together(seen);
        let only = by_credentials.values().next().filter(|_| signatures.is_one).and_then(single);
        Self { only, ..Self::told(&signatures, &by_credentials) }
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
        let signatures = Signatures::of(before);
        let mut by_credentials = signatures.together(seen(all, is_shown));
        // What the plan itself names counts more than what the scan says of its buckets.
        let mut by_buckets = Seen::new();
        for &bucket in before.of_kind("aws_s3_bucket").iter().filter(|&&bucket| is_shown(before.instance(bucket))) {
            if let Some(account) = account_of(bucket) {
                by_buckets.entry(provider(before.instance(bucket)).to_owned()).or_default().insert(account);
            }
        }
        for (credentials, accounts) in signatures.together(by_buckets) {
            by_credentials.entry(credentials).or_insert(accounts);
        }
        Self::told(&signatures, &by_credentials)
    }

    /// The accounts of provider configurations, those that are not told each by a name of its own: two
    /// configurations share one where they have the same credentials.
    fn told(signatures: &Signatures, by_credentials: &Seen) -> Self {
        let mut accounts = Self::default();
        let mut untold: Vec<&str> = Vec::new();
        for (key, credentials) in &signatures.by_key {
            if let Some(account) = by_credentials.get(credentials).and_then(single) {
                accounts.by_provider.insert(key.clone(), account);
                continue;
            }
            let at = untold.iter().position(|other| other == credentials).unwrap_or_else(|| {
                untold.push(credentials);
                untold.len() - 1
            });
            accounts.untold.insert(key.clone(), AccountId::untold(at));
        }
        accounts.anywhere = (!signatures.is_one).then(|| AccountId::untold(untold.len()));
        accounts
    }

    /// The account of a resource, as far as the plan tells.
    pub(super) fn account(&self, instance: &Instance<'_>) -> AccountId {
        let of_provider = || self.by_provider.get(provider(instance)).filter(|_| is_shown(instance)).cloned();
        own_account(instance).or_else(of_provider).or_else(|| self.only.clone()).unwrap_or_else(AccountId::unknown)
    }

    /// The same, one that the plan does not tell by what it goes by: resources that may be in two accounts
    /// have nothing to do with each other.
    pub(super) fn apart(&self, instance: &Instance<'_>) -> AccountId {
        let account = self.account(instance);
        if !account.is_unknown() {
            return account;
        }
        let untold = if is_shown(instance) { self.untold.get(provider(instance)) } else { self.anywhere.as_ref() };
        untold.cloned().unwrap_or(account)
    }

    /// Tells resources in different accounts apart, of which the plan tells neither.
    pub(super) fn tell_apart(&self, estates: &[&Estate<'_>], resources: &mut [Resource]) {
        if self.anywhere.is_none() {
            return;
        }
        for resource in resources.iter_mut().filter(|resource| resource.account.is_unknown()) {
            let address = resource.origin.terraform_address.as_deref().unwrap_or_default();
            // A volume goes by its instance's address and a block.
            let owner = address.rsplit_once('.').map_or(address, |(owner, _)| owner);
            // And a principal that a list names, by the list's address and its name.
            let list = address.rsplit_once('[').map_or(address, |(list, _)| list);
            let found = [address, owner, list]
                .into_iter()
                .find_map(|address| estates.iter().find_map(|estate| Some(estate.instance(estate.at(address)?))));
            if let Some(instance) = found {
                resource.account = self.apart(instance);
            }
        }
    }
}

/// Accounts that are named, by provider configuration or by credentials.
type Seen = BTreeMap<String, BTreeSet<AccountId>>;

/// What the provider configurations of a plan sign their requests with.
struct Signatures {
    by_key: BTreeMap<String, String>,
    /// Whether all have the same credentials.
    is_one: bool,
}

impl Signatures {
    fn of(estate: &Estate<'_>) -> Self {
        let none = BTreeMap::new();
        let configured = estate.configuration().and_then(|configuration| configuration.provider_config.as_ref());
        let providers = configured.unwrap_or(&none);
        let of_aws = estate.blocks().filter(|block| block.kind.as_deref().is_some_and(|kind| kind.starts_with("aws_")));
        let keys: BTreeSet<&str> = of_aws.filter_map(|block| block.provider_config_key.as_deref()).collect();
        let names: BTreeSet<&str> = keys.iter().map(|key| local_name(key)).collect();
        // A configuration without any block may still have made what is deleted.
        let others = providers.keys().map(String::as_str).filter(|key| names.contains(local_name(key)));
        let all: BTreeSet<String> = others.chain(keys.iter().copied()).map(|key| credentials(providers, key)).collect();
        let by_key = keys.iter().map(|&key| (key.to_owned(), credentials(providers, key))).collect();
        Self { by_key, is_one: all.len() < 2 }
    }

    /// What is seen of configurations with the same credentials, put together.
    fn together(&self, seen: Seen) -> Seen {
        let mut together = Seen::new();
        for (key, accounts) in seen {
            let credentials = match self.by_key.get(&key) {
                Some(credentials) => credentials.clone(),
                None if self.is_one => self.by_key.values().next().cloned().unwrap_or_default(),
                None => continue,
            };
            together.entry(credentials).or_default().extend(accounts);
        }
        together
    }
}

/// Whether the plan shows which provider configuration the instance has.
fn is_shown(instance: &Instance<'_>) -> bool {
    instance.block.is_some_and(|block| block.provider_config_key.is_some())
}

/// Whether the account that an instance names is surely the one its provider works in: the ARN of
/// a subscription is in the account of its topic, and members of all kinds name their own account.
fn is_witness(instance: &Instance<'_>) -> bool {
    WITNESSES.binary_search(&instance.kind).is_ok()
}

/// The accounts that witnesses and the configurations themselves name, by provider configuration.
fn seen(estates: &[&Estate<'_>], counts: impl Fn(&Instance<'_>) -> bool) -> Seen {
    let mut seen = Seen::new();
    for instance in estates.iter().flat_map(|estate| &estate.instances).filter(|instance| is_witness(instance)) {
        if let Some(account) = own_account(instance).filter(|_| counts(instance)) {
            seen.entry(provider(instance).to_owned()).or_default().insert(account);
        }
    }
    let configured = estates.iter().find_map(|estate| estate.configuration()).map(configured).unwrap_or_default();
    for (key, accounts) in configured {
        seen.entry(key).or_default().extend(accounts);
    }
    seen
}

/// The account that each provider configuration names by itself: that of the role it assumes, or the
/// only one that it allows. Values that are written out count, and no others.
fn configured(configuration: &Configuration) -> Seen {
    let account = |config: &ProviderConfig| {
        let expressions = config.expressions.as_ref()?;
        assumed(expressions, "assume_role")
            .or_else(|| assumed(expressions, "assume_role_with_web_identity"))
            .or_else(|| allowed(expressions))
    };
    let providers = configuration.provider_config.iter().flatten().filter(|(key, _)| local_name(key) == "aws");
    providers.filter_map(|(key, config)| Some((key.clone(), BTreeSet::from([account(config)?])))).collect()
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

fn single(accounts: &BTreeSet<AccountId>) -> Option<AccountId> {
    accounts.first().filter(|_| accounts.len() == 1).cloned()
}

/// The name that a provider has in its module.
fn local_name(key: &str) -> &str {
    let own = key.rsplit(':').next().unwrap_or(key);
    own.split('.').next().unwrap_or(own)
}

/// What a provider configuration signs its requests with, as far as the plan shows it: two with the
/// same text work in one account. One in a module stands for itself, since its variables have other
/// values there, and so does one of which there may be several.
fn credentials(providers: &BTreeMap<String, ProviderConfig>, key: &str) -> String {
    let own = signed_with(providers, key);
    let above: Vec<String> = std::iter::successors(above(key), |key| self::above(key)).collect();
    let nearest = above.iter().find(|key| providers.contains_key(*key)).or_else(|| above.last());
    match nearest {
        // One with an alias that is not shown may have any.
        None if key != local_name(key) && !providers.contains_key(key) => key.to_owned(),
        None => format!("{} {own}", local_name(key)),
        Some(nearest) if own.is_empty() && inherits(providers, key, nearest, above.first() == Some(nearest)) => {
            credentials(providers, nearest)
        }
        Some(_) => format!("{key} {own}"),
    }
}

/// Whether a configuration in a module without any credentials has those of the nearest above.
///
/// Terraform calls a configuration that a module inherits by the key of the one just above where there is
/// one, so that a key beside it stands for a block that was written, and signs with what the environment
/// has. Before 1.2 it did not, and which of several a module was given is not told.
fn inherits(providers: &BTreeMap<String, ProviderConfig>, key: &str, nearest: &str, is_next: bool) -> bool {
    let is_default = key.ends_with(&format!(":{}", local_name(key)));
    match (providers.contains_key(key), is_next && providers.contains_key(nearest)) {
        (true, true) => signed_with(providers, nearest).is_empty(),
        (true, false) if is_default => true,
        _ => {
            let of_root = providers.keys().filter(|other| !other.contains(':') && local_name(other) == local_name(key));
            of_root.map(|key| signed_with(providers, key)).collect::<BTreeSet<String>>().len() < 2
        }
    }
}

/// The arguments of a provider configuration that may decide on the account.
fn signed_with(providers: &BTreeMap<String, ProviderConfig>, key: &str) -> String {
    let expressions = providers.get(key).and_then(|config| config.expressions.as_ref()?.as_object());
    let expressions = expressions.into_iter().flat_map(Object::iter).filter(|(name, _)| !ELSEWHERE.contains(name));
    let texts = expressions.map(|(name, expression)| format!("{name}={expression}")).collect::<Vec<_>>().join(" ");
    if texts.contains("each.") { format!("{key} {texts}") } else { texts }
}

/// The key that a configuration would have one module further up.
fn above(key: &str) -> Option<String> {
    let (module, name) = key.rsplit_once(':')?;
    Some(module.rfind(".module.").map_or_else(|| name.to_owned(), |end| format!("{}:{name}", &module[..end])))
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
        .filter(|account: &AccountId| !account.is_unknown())
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
/// naming it has a key of its own and no expressions: then the nearest above it counts.
fn provider_region(estate: &Estate<'_>, instance: &Instance<'_>) -> Option<Region> {
    let providers = estate.configuration()?.provider_config.as_ref()?;
    let mut key = provider(instance).to_owned();
    let expression = loop {
        let config = providers.get(&key).and_then(|config| config.expressions.as_ref());
        match config.and_then(|config| config.get("region")) {
            Some(region) => break region,
            None => key = above(&key)?,
        }
    };
    // Variables are those of the module that the configuration stands in.
    let module = key.rsplit_once(':').and_then(|(module, _)| Some(module_of(&steps(module)?))).unwrap_or_default();
    only_value(estate, &module, expression)?.as_str()?.parse().ok()
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

/// What ids begin with of what has none yet.
pub(super) const BY_ADDRESS: &str = "terraform:";

/// `terraform:` and the address.
#[expect(clippy::expect_used, reason = "the prefix makes every text a resource id")]
pub(super) fn by_address(address: &str) -> ResourceId {
    ResourceId::new(format!("{BY_ADDRESS}{address}")).expect("the prefix makes it an id")
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

/// Arguments of a provider that do not decide on the account.
const ELSEWHERE: [&str; 22] = [
    "alias",
    "custom_ca_bundle",
    "default_tags",
    "http_proxy",
    "https_proxy",
    "ignore_tags",
    "insecure",
    "max_retries",
    "no_proxy",
    "region",
    "retry_mode",
    "s3_us_east_1_regional_endpoint",
    "s3_use_path_style",
    "skip_credentials_validation",
    "skip_metadata_api_check",
    "skip_region_validation",
    "skip_requesting_account_id",
    "sts_region",
    "token_bucket_rate_limiter_capacity",
    "use_dualstack_endpoint",
    "use_fips_endpoint",
    "version",
];

/// What names the account that its provider works in.
const WITNESSES: [&str; 74] = [
    "aws_acm_certificate",
    "aws_alb",
    "aws_alb_listener",
    "aws_alb_target_group",
    "aws_autoscaling_group",
    "aws_backup_vault",
    "aws_caller_identity",
    "aws_cloudfront_distribution",
    "aws_cloudtrail",
    "aws_cloudwatch_log_group",
    "aws_cloudwatch_metric_alarm",
    "aws_codebuild_project",
    "aws_cognito_user_pool",
    "aws_db_instance",
    "aws_db_option_group",
    "aws_db_parameter_group",
    "aws_db_subnet_group",
    "aws_default_network_acl",
    "aws_default_route_table",
    "aws_default_security_group",
    "aws_default_subnet",
    "aws_default_vpc",
    "aws_dynamodb_table",
    "aws_ebs_volume",
    "aws_ec2_managed_prefix_list",
    "aws_ec2_transit_gateway",
    "aws_ecr_repository",
    "aws_ecs_cluster",
    "aws_ecs_service",
    "aws_ecs_task_definition",
    "aws_efs_file_system",
    "aws_eip",
    "aws_eks_cluster",
    "aws_elasticache_cluster",
    "aws_elasticache_replication_group",
    "aws_flow_log",
    "aws_iam_group",
    "aws_iam_instance_profile",
    "aws_iam_openid_connect_provider",
    "aws_iam_policy",
    "aws_iam_role",
    "aws_iam_saml_provider",
    "aws_iam_server_certificate",
    "aws_iam_user",
    "aws_instance",
    "aws_internet_gateway",
    "aws_kinesis_firehose_delivery_stream",
    "aws_kinesis_stream",
    "aws_kms_alias",
    "aws_kms_key",
    "aws_lambda_function",
    "aws_launch_template",
    "aws_lb",
    "aws_lb_listener",
    "aws_lb_target_group",
    "aws_network_acl",
    "aws_network_interface",
    "aws_opensearch_domain",
    "aws_rds_cluster",
    "aws_rds_cluster_instance",
    "aws_redshift_cluster",
    "aws_route_table",
    "aws_s3_access_point",
    "aws_s3_account_public_access_block",
    "aws_secretsmanager_secret",
    "aws_security_group",
    "aws_sfn_state_machine",
    "aws_sns_topic",
    "aws_sqs_queue",
    "aws_ssm_parameter",
    "aws_subnet",
    "aws_vpc",
    "aws_vpc_endpoint",
    "aws_wafv2_web_acl",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn witnesses_are_in_the_order_in_which_they_are_looked_up() {
        assert!(WITNESSES.is_sorted_by(|one, next| one < next));
        assert!(EC2_PATHS.is_sorted_by(|(one, _), (next, _)| one < next));
    }
}
