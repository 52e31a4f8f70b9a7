//! Live resources that stand beside the planned ones, for facts to look at: the account, the
//! organization, attached policies, prefix lists, and what else a plan refers to.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    AccountId, Configuration, Grants, GroupRule, PrefixList, Region, Resource, ResourceKey, ResourceType, Snapshot,
};
use crate::network::short_id;

use super::touched::Touched;

/// Types that stand beside the plan as a whole, as far as they are in its accounts, and how the
/// Terraform types begin that change them: then none of them is told, since the scan is of before.
const WHOLE: [(ResourceType, &[&str]); 7] = [
    (
        ResourceType::Account,
        &[
            "aws_s3_account_public_access_block",
            "aws_iam_account_password_policy",
            "aws_iam_organizations_features",
            "aws_organizations_",
        ],
    ),
    (ResourceType::OrganizationAccount, &["aws_organizations_"]),
    (ResourceType::AccessPoint, ACCESS_POINTS),
    (ResourceType::MultiRegionAccessPoint, ACCESS_POINTS),
    (ResourceType::Trail, &["aws_cloudtrail"]),
    (ResourceType::FlowLog, &["aws_flow_log"]),
    (
        ResourceType::RegionSettings,
        &[
            "aws_ebs_default_kms_key",
            "aws_ebs_encryption_by_default",
            "aws_ebs_snapshot_block_public_access",
            "aws_ec2_image_block_public_access",
            "aws_ec2_instance_metadata_defaults",
            "aws_ec2_serial_console_access",
            "aws_vpc_block_public_access",
        ],
    ),
];
const ACCESS_POINTS: &[&str] = &["aws_s3_access_point", "aws_s3control_"];

/// Types of which a whole list says that there are no others.
const LISTED: [ResourceType; 5] = [
    ResourceType::OrganizationAccount,
    ResourceType::AccessPoint,
    ResourceType::MultiRegionAccessPoint,
    ResourceType::Trail,
    ResourceType::FlowLog,
];

/// The Terraform types that give a group something.
const GROUP_PARTS: [&str; 5] = [
    "aws_iam_group_policies_exclusive",
    "aws_iam_group_policy",
    "aws_iam_group_policy_attachment",
    "aws_iam_group_policy_attachments_exclusive",
    "aws_iam_policy_attachment",
];

/// Adds to both sides what facts need and the plan does not hold; `held` are the live forms of what
/// it does hold, on either side. Gives what was added.
pub(super) fn add(
    mut sides: [&mut Snapshot; 2],
    live: &Snapshot,
    held: &BTreeSet<ResourceKey>,
    touched: &Touched<'_>,
) -> BTreeSet<ResourceKey> {
    let wanted = Wanted::of(&sides);
    let groups: Vec<&Resource> = live.resources.iter().filter(|live| wanted.is_group(live, touched)).collect();
    let mut policies = wanted.policies.clone();
    for group in groups.iter().filter_map(|group| grants(group)) {
        policies.extend(group.attached_policies.iter().cloned());
    }
    let mut once: BTreeSet<&str> = BTreeSet::new();
    let is_wanted = |live: &&Resource| {
        let stays = live.stale_since.is_none() || live.resource_type == ResourceType::OrganizationAccount;
        stays
            && !held.contains(&ResourceKey::from(*live))
            && (wanted.is_wanted(live, touched)
                || wanted.is_group(live, touched)
                // AWS's own policies are the same in every account: one copy is enough.
                || live.resource_type == ResourceType::ManagedPolicy
                    && policies.contains(live.id.as_str())
                    && !wanted.holds_policy.contains(live.id.as_str()))
    };
    let found: Vec<&Resource> = live
        .resources
        .iter()
        .filter(is_wanted)
        .filter(|live| live.resource_type != ResourceType::ManagedPolicy || once.insert(live.id.as_str()))
        .collect();
    let listings = live.listings.iter().filter(|listing| {
        listing.complete
            && LISTED.contains(&listing.resource_type)
            && wanted.accounts.contains(&listing.account)
            && is_untouched(listing.resource_type, touched)
    });
    for side in &mut sides {
        side.resources.extend(found.iter().map(|live| (*live).clone()));
        side.listings.extend(listings.clone().cloned());
        side.sort();
    }
    found.into_iter().map(ResourceKey::from).collect()
}

fn is_untouched(resource_type: ResourceType, touched: &Touched<'_>) -> bool {
    let row = WHOLE.iter().find(|(whole, _)| *whole == resource_type);
    row.is_some_and(|(_, prefixes)| !prefixes.iter().any(|prefix| touched.any(prefix)))
}

/// What the planned documents refer to.
#[derive(Default)]
struct Wanted {
    accounts: BTreeSet<AccountId>,
    /// Accounts whose own document the plan holds.
    own_accounts: BTreeSet<AccountId>,
    /// ARNs.
    policies: BTreeSet<String>,
    /// ARNs of policies that are in the plan, or came with it.
    holds_policy: BTreeSet<String>,
    /// Names of groups that users are in.
    groups: BTreeSet<(AccountId, String)>,
    prefix_lists: BTreeMap<Region, BTreeSet<String>>,
    security_groups: BTreeMap<Region, BTreeSet<String>>,
}

impl Wanted {
    fn of(sides: &[&mut Snapshot; 2]) -> Self {
        let mut wanted = Self::default();
        for resource in sides.iter().flat_map(|side| &side.resources) {
            if !resource.account.is_unknown() {
                wanted.accounts.insert(resource.account.clone());
            }
            if let Some(grants) = grants(resource) {
                wanted.policies.extend(grants.attached_policies.iter().cloned());
            }
            match &resource.configuration {
                Configuration::Account(_) => _ = wanted.own_accounts.insert(resource.account.clone()),
                Configuration::ManagedPolicy(_) => _ = wanted.holds_policy.insert(resource.id.to_string()),
                Configuration::Role(role) => wanted.policies.extend(role.permissions_boundary.clone()),
                Configuration::User(user) => {
                    wanted.policies.extend(user.permissions_boundary.clone());
                    let of = |group: &String| (resource.account.clone(), group.clone());
                    wanted.groups.extend(user.groups.iter().map(of));
                }
                Configuration::SecurityGroup(group) => {
                    let rules = group.ingress.iter().chain(&group.egress).flatten();
                    rules.for_each(|rule| wanted.peers(&resource.region, rule));
                }
                _ => {}
            }
        }
        wanted
    }

    fn peers(&mut self, region: &Region, rule: &GroupRule) {
        let put = |lists: &mut BTreeMap<Region, BTreeSet<String>>, id: &Option<String>| {
            if let Some(id) = id {
                lists.entry(region.clone()).or_default().insert(id.clone());
            }
        };
        put(&mut self.prefix_lists, &rule.prefix_list_id);
        put(&mut self.security_groups, &rule.group_id);
    }

    fn is_wanted(&self, live: &Resource, touched: &Touched<'_>) -> bool {
        let named = |lists: &BTreeMap<Region, BTreeSet<String>>| {
            lists.get(&live.region).is_some_and(|ids| ids.contains(short_id(&live.id)))
        };
        match &live.configuration {
            Configuration::PrefixList(list) => {
                named(&self.prefix_lists) && (is_of_aws(list) || !touched.any("aws_ec2_managed_prefix_list"))
            }
            Configuration::SecurityGroup(_) => named(&self.security_groups),
            Configuration::OrganizationAccount(_) => is_untouched(live.resource_type, touched),
            Configuration::Account(_) if self.own_accounts.contains(&live.account) => false,
            _ => self.accounts.contains(&live.account) && is_untouched(live.resource_type, touched),
        }
    }

    /// Whether a planned user is in this group, and the plan gives it nothing and takes nothing
    /// from it.
    fn is_group(&self, live: &Resource, touched: &Touched<'_>) -> bool {
        live.resource_type == ResourceType::Group
            && live.stale_since.is_none()
            && self.groups.contains(&(live.account.clone(), live.name.clone()))
            && !touched.names(&GROUP_PARTS, &live.name)
    }
}

fn is_of_aws(list: &PrefixList) -> bool {
    list.owner == "AWS"
}

fn grants(resource: &Resource) -> Option<&Grants> {
    match &resource.configuration {
        Configuration::Role(role) => Some(&role.grants),
        Configuration::User(user) => Some(&user.grants),
        Configuration::Group(group) => Some(&group.grants),
        _ => None,
    }
}
