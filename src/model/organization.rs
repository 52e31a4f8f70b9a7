//! Organizations: an account's place in the tree, the policies attached along the way to it, and
//! which of them apply.
//!
//! Service control policies limit the principals of an account, resource control policies its
//! resources. A request must be allowed at every level from the root down to the account. Three
//! cases are told apart and never mixed up: no policy applies, all that apply were read, or they
//! were not read; see [`Levels`].

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    AccountId, Configuration, Gap, Listing, Pointer, PolicyDocument, Region, Resource, ResourceType, Service, Snapshot,
};

/// A kind of organization policy that limits permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrganizationPolicyType {
    /// What the resources of an account may be used for, by anyone.
    ResourceControlPolicy,
    /// What the principals of an account may do.
    ServiceControlPolicy,
}

impl OrganizationPolicyType {
    /// Both types, in the order of their names.
    pub const ALL: &[Self] = &[Self::ResourceControlPolicy, Self::ServiceControlPolicy];

    /// AWS's name, `SERVICE_CONTROL_POLICY`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ResourceControlPolicy => "RESOURCE_CONTROL_POLICY",
            Self::ServiceControlPolicy => "SERVICE_CONTROL_POLICY",
        }
    }

    /// Many of them, in texts: `service control policies`.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        match self {
            Self::ResourceControlPolicy => "resource control policies",
            Self::ServiceControlPolicy => "service control policies",
        }
    }
}

/// `AWS::Organizations::Account`: which organization the account belongs to, and where it stands
/// in it. There is one for every account that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrganizationAccount {
    /// The organization; absent (and not unknown) when the account belongs to none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<Membership>,
}

/// An account in its organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Membership {
    /// The organization's id, `o-exampleorgid`.
    pub id: String,
    /// The management account, to which the organization's policies belong.
    pub management_account: AccountId,
    /// Whether this account is the management account, to which no policy applies.
    pub management: bool,
    /// The policy types that are in force, sorted; absent when unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_types: Option<Vec<OrganizationPolicyType>>,
    /// The root, then the organizational units down to the one that holds the account, by id;
    /// absent when unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parents: Option<Vec<String>>,
}

/// `AWS::Organizations::Policy`: a policy of an organization. Its account is the management
/// account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrganizationPolicy {
    /// What it limits.
    pub policy_type: OrganizationPolicyType,
    /// Whether AWS owns it, as `FullAWSAccess`.
    pub aws_managed: bool,
    /// What it says; absent when unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<PolicyDocument>,
    /// The roots, organizational units and accounts it is attached to, by id, sorted; absent when
    /// unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<String>>,
}

/// The organization policies of one type that apply to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Levels<'a> {
    /// None applies.
    NoneApply(NoLevels),
    /// Those of each level, from the root down to the account itself. What could not be read of a
    /// level stands in [`Level::unread`].
    Read(Vec<Level<'a>>),
    /// Nothing is known about them, and why, in words.
    Unread(String),
}

/// Why no policy applies to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoLevels {
    /// The account belongs to no organization.
    NoOrganization,
    /// Policies do not apply to the management account.
    ManagementAccount,
    /// The organization does not use policies of this type.
    NotEnabled,
}

impl NoLevels {
    /// In words, after the account: `belongs to no organization`.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NoOrganization => "belongs to no organization",
            Self::ManagementAccount => "is the management account, to which they do not apply",
            Self::NotEnabled => "is in an organization that has not enabled them",
        }
    }
}

/// The policies attached to one root, organizational unit or account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level<'a> {
    /// What they are attached to: `r-ab12`, `ou-ab12-cdef3456` or the account.
    pub target: &'a str,
    /// The policies, sorted by id, with what they say.
    pub policies: Vec<(&'a Resource, &'a PolicyDocument)>,
    /// Policies that are, or may be, attached here and could not be read, in words, sorted.
    pub unread: Vec<String>,
}

/// The policies of this type that apply to an account: [`Organizations::levels`], for one
/// question. It reads the whole snapshot each time.
#[must_use]
pub fn levels<'a>(snapshot: &'a Snapshot, account: &AccountId, policy_type: OrganizationPolicyType) -> Levels<'a> {
    Organizations::of(snapshot).levels(account, policy_type)
}

/// The organizations of a snapshot, to be asked about many accounts.
#[derive(Debug)]
pub struct Organizations<'a> {
    accounts: BTreeMap<&'a AccountId, (&'a Resource, &'a OrganizationAccount)>,
    policies: BTreeMap<&'a AccountId, Vec<(&'a Resource, &'a OrganizationPolicy)>>,
    /// By management account: whether all its policies were listed.
    listed: BTreeMap<&'a AccountId, bool>,
    /// By account, what kept it from reading where it stands or which policies there are.
    gaps: BTreeMap<&'a AccountId, &'a Gap>,
}

impl<'a> Organizations<'a> {
    /// Finds everything about organizations in a snapshot.
    #[must_use]
    pub fn of(snapshot: &'a Snapshot) -> Self {
        let mut found = Self {
            accounts: BTreeMap::new(),
            policies: BTreeMap::new(),
            listed: BTreeMap::new(),
            gaps: BTreeMap::new(),
        };
        for resource in &snapshot.resources {
            match &resource.configuration {
                Configuration::OrganizationAccount(account) => {
                    found.accounts.insert(&resource.account, (resource, account));
                }
                Configuration::OrganizationPolicy(policy) => {
                    found.policies.entry(&resource.account).or_default().push((resource, policy));
                }
                _ => {}
            }
        }
        for listing in snapshot.listings.iter().filter(|listing| is_policies(listing)) {
            *found.listed.entry(&listing.account).or_default() |= listing.complete;
        }
        for gap in snapshot.gaps.iter().filter(|gap| hides_levels(gap)) {
            found.gaps.entry(&gap.account).or_insert(gap);
        }
        found
    }

    /// The policies of this type that apply to an account.
    ///
    /// An account of which nothing is in the snapshot (it was not scanned, or is somebody else's)
    /// is [`Levels::Unread`], as is one whose organization could not be asked.
    #[must_use]
    pub fn levels(&self, account: &AccountId, policy_type: OrganizationPolicyType) -> Levels<'a> {
        let unread = || Levels::Unread(self.unread(account, policy_type));
        let Some((resource, place)) = self.accounts.get(account) else { return unread() };
        if resource.stale_since.is_some() || is_unknown(resource, "organization") {
            return unread();
        }
        let Some(membership) = &place.organization else { return Levels::NoneApply(NoLevels::NoOrganization) };
        if membership.management {
            return Levels::NoneApply(NoLevels::ManagementAccount);
        }
        match (&membership.policy_types, &membership.parents) {
            (Some(types), _) if !types.contains(&policy_type) => Levels::NoneApply(NoLevels::NotEnabled),
            (Some(_), Some(parents)) if self.listed.contains_key(&membership.management_account) => {
                let targets = parents.iter().map(String::as_str).chain([resource.account.as_str()]);
                Levels::Read(targets.map(|target| self.level(target, membership, policy_type)).collect())
            }
            _ => unread(),
        }
    }

    fn level(&self, target: &'a str, membership: &Membership, policy_type: OrganizationPolicyType) -> Level<'a> {
        let mut level = Level { target, policies: Vec::new(), unread: Vec::new() };
        let policies = self.policies.get(&membership.management_account).map_or(&[][..], Vec::as_slice);
        for (resource, policy) in policies.iter().filter(|(_, policy)| policy.policy_type == policy_type) {
            let stale = resource.stale_since.is_some();
            match (&policy.targets, &policy.document) {
                (Some(targets), _) if !stale && !targets.iter().any(|attached| attached == target) => {}
                (Some(_), Some(document)) if !stale => level.policies.push((resource, document)),
                _ => level.unread.push(format!("policy {} ({}) was not read", resource.name, resource.id)),
            }
        }
        if self.listed.get(&membership.management_account) == Some(&false) {
            level.unread.push(format!("the {} of {} were not all listed", policy_type.plural(), membership.id));
        }
        level.policies.sort_by_key(|(resource, _)| &resource.id);
        level.unread.sort();
        level
    }

    /// `service control policies of 111122223333 were not read (organizations:ListRoots: …)`, with
    /// what kept the management account from reading them, or else the account itself.
    fn unread(&self, account: &AccountId, policy_type: OrganizationPolicyType) -> String {
        let what = format!("{} of {account} were not read", policy_type.plural());
        let membership = self.accounts.get(account).and_then(|(_, place)| place.organization.as_ref());
        let of_management = membership.and_then(|membership| self.gaps.get(&membership.management_account));
        let gap = of_management.or_else(|| self.gaps.get(account));
        gap.map_or(what.clone(), |gap| format!("{what} (organizations:{}: {})", gap.operation, gap.message))
    }
}

fn is_policies(listing: &Listing) -> bool {
    listing.resource_type == ResourceType::OrganizationPolicy && listing.region == Region::global()
}

/// Not what is missing of one policy, or tags.
fn hides_levels(gap: &Gap) -> bool {
    let organization = Pointer::configuration("organization");
    gap.service == Service::Organizations
        && (gap.unlisted.contains(&ResourceType::OrganizationPolicy)
            || gap.places.iter().any(|place| organization.covers(place)))
}

fn is_unknown(resource: &Resource, attribute: &str) -> bool {
    let place = Pointer::configuration(attribute);
    resource.unknown.iter().any(|unknown| unknown.covers(&place))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::model::{GapReason, ResourceId, Statement};

    const MANAGEMENT: &str = "999900001111";
    const MEMBER: &str = "111122223333";
    const SCP: OrganizationPolicyType = OrganizationPolicyType::ServiceControlPolicy;
    const RCP: OrganizationPolicyType = OrganizationPolicyType::ResourceControlPolicy;

    fn id(account: &str) -> AccountId {
        AccountId::new(account).unwrap()
    }

    fn account(account: &str, organization: Option<Membership>) -> Resource {
        let arn = ResourceId::new(format!("arn:aws:organizations::{account}:account")).unwrap();
        Resource::new(arn, id(account), Region::global(), account, OrganizationAccount { organization })
    }

    fn membership() -> Membership {
        Membership {
            id: "o-exampleorgid".into(),
            management_account: id(MANAGEMENT),
            management: false,
            policy_types: Some(vec![SCP]),
            parents: Some(vec!["r-ab12".into(), "ou-ab12-11111111".into()]),
        }
    }

    fn policy(name: &str, targets: &[&str]) -> Resource {
        let arn = format!("arn:aws:organizations::{MANAGEMENT}:policy/o-exampleorgid/service_control_policy/{name}");
        let statement = vec![Statement { effect: "Allow".into(), ..Statement::default() }];
        let configuration = OrganizationPolicy {
            policy_type: SCP,
            aws_managed: false,
            document: Some(PolicyDocument { statement, ..PolicyDocument::default() }),
            targets: Some(targets.iter().map(|target| (*target).to_owned()).collect()),
        };
        Resource::new(ResourceId::new(arn).unwrap(), id(MANAGEMENT), Region::global(), name, configuration)
    }

    fn listing(complete: bool) -> Listing {
        Listing {
            account: id(MANAGEMENT),
            region: Region::global(),
            resource_type: ResourceType::OrganizationPolicy,
            complete,
            listed_before: false,
        }
    }

    fn snapshot(resources: Vec<Resource>) -> Snapshot {
        Snapshot { resources, listings: vec![listing(true)], ..Snapshot::empty(Timestamp::UNIX_EPOCH) }
    }

    /// The names of policies and what was not read, level by level.
    fn read(snapshot: &Snapshot) -> Vec<(String, Vec<String>, Vec<String>)> {
        let Levels::Read(levels) = levels(snapshot, &id(MEMBER), SCP) else { panic!("not read") };
        let names = |level: &Level<'_>| level.policies.iter().map(|(policy, _)| policy.name.clone()).collect();
        levels.iter().map(|level| (level.target.to_owned(), names(level), level.unread.clone())).collect()
    }

    fn unread(snapshot: &Snapshot) -> String {
        match levels(snapshot, &id(MEMBER), SCP) {
            Levels::Unread(why) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_account_without_an_organization_has_no_levels() {
        let standing_alone = snapshot(vec![account(MEMBER, None)]);
        for policy_type in OrganizationPolicyType::ALL {
            let none = Levels::NoneApply(NoLevels::NoOrganization);
            assert_eq!(levels(&standing_alone, &id(MEMBER), *policy_type), none);
        }
    }

    #[test]
    fn no_policy_applies_to_the_management_account_or_of_a_type_that_is_not_enabled() {
        let management = Membership { management: true, policy_types: None, parents: None, ..membership() };
        let managed = snapshot(vec![account(MEMBER, Some(management)), policy("p-1", &[MEMBER])]);
        assert_eq!(levels(&managed, &id(MEMBER), SCP), Levels::NoneApply(NoLevels::ManagementAccount));
        let member = snapshot(vec![account(MEMBER, Some(membership()))]);
        assert_eq!(levels(&member, &id(MEMBER), RCP), Levels::NoneApply(NoLevels::NotEnabled));
    }

    #[test]
    fn levels_go_from_the_root_to_the_account() {
        let whole = snapshot(vec![
            account(MEMBER, Some(membership())),
            policy("everything", &["r-ab12", "ou-ab12-11111111", MEMBER]),
            policy("other unit", &["ou-ab12-22222222"]),
            policy("regions", &["ou-ab12-11111111"]),
        ]);
        let level = |target: &str, names: &[&str]| {
            (target.to_owned(), names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(), Vec::new())
        };
        let expected = [
            level("r-ab12", &["everything"]),
            level("ou-ab12-11111111", &["everything", "regions"]),
            level(MEMBER, &["everything"]),
        ];
        assert_eq!(read(&whole), expected);
    }

    #[test]
    fn a_policy_that_was_not_read_is_missing_where_it_is_or_may_be_attached() {
        let mut silent = policy("silent", &["r-ab12"]);
        let mut lost = policy("lost", &[]);
        for (resource, attribute) in [(&mut silent, "document"), (&mut lost, "targets")] {
            let Configuration::OrganizationPolicy(policy) = &mut resource.configuration else { unreachable!() };
            match attribute {
                "document" => policy.document = None,
                _ => policy.targets = None,
            }
        }
        let found = read(&snapshot(vec![account(MEMBER, Some(membership())), silent, lost]));
        let missing: Vec<_> = found.iter().map(|(_, _, unread)| unread.len()).collect();
        assert_eq!(missing, [2, 1, 1], "{found:?}");
        assert!(found[0].2[1].starts_with("policy silent (arn:aws:organizations::"), "{found:?}");
    }

    #[test]
    fn a_list_that_is_not_whole_leaves_every_level_open() {
        let mut part = snapshot(vec![account(MEMBER, Some(membership())), policy("regions", &["r-ab12"])]);
        part.listings = vec![listing(false)];
        let found = read(&part);
        assert_eq!(found[0].1, ["regions"]);
        for (_, _, unread) in found {
            assert_eq!(unread, ["the service control policies of o-exampleorgid were not all listed"]);
        }
        part.resources[1].stale_since = Some(Timestamp::UNIX_EPOCH);
        assert!(read(&part).iter().all(|(_, policies, unread)| policies.is_empty() && unread.len() == 2));
    }

    #[test]
    fn what_was_not_read_is_never_taken_for_absent() {
        let nothing = Snapshot::empty(Timestamp::UNIX_EPOCH);
        assert_eq!(unread(&nothing), "service control policies of 111122223333 were not read");

        let mut unknown = account(MEMBER, None);
        unknown.mark_unknown(Pointer::configuration("organization"));
        let mut denied = snapshot(vec![unknown]);
        denied.gaps = vec![Gap {
            account: id(MEMBER),
            region: Region::global(),
            service: Service::Organizations,
            operation: "DescribeOrganization".into(),
            resource: None,
            unlisted: Vec::new(),
            places: vec![Pointer::configuration("organization")],
            reason: GapReason::NotCollected,
            message: "AccessDeniedException: no".into(),
            permission: None,
        }];
        let expected = "service control policies of 111122223333 were not read (organizations:DescribeOrganization: \
                        AccessDeniedException: no)";
        assert_eq!(unread(&denied), expected);

        let no_place = Membership { parents: None, ..membership() };
        let no_types = Membership { policy_types: None, ..membership() };
        for member in [no_place, no_types] {
            unread(&snapshot(vec![account(MEMBER, Some(member))]));
        }
        let mut stale = snapshot(vec![account(MEMBER, None)]);
        stale.resources[0].stale_since = Some(Timestamp::UNIX_EPOCH);
        unread(&stale);
        let mut unlisted = snapshot(vec![account(MEMBER, Some(membership()))]);
        unlisted.listings.clear();
        unread(&unlisted);
    }
}
