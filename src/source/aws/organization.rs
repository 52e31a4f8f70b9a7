//! Organizations: where accounts stand in their organization, and the policies that limit them.
//!
//! Any account may ask which organization it is in; only the management account and those it
//! delegates to may read the tree and the policies. They are read once, from an account that may,
//! and serve every account of the scan. Under [`Organization::Auto`] a refusal is one gap "not
//! collected" and the scan goes without; under [`Organization::Required`] it is a gap like any
//! other.

use std::collections::BTreeMap;

use aws_sdk_organizations::Client;
use aws_sdk_organizations::types::{OrganizationFeatureSet, ParentType, PolicyTypeStatus, Root};

use super::cell::{Chain, Page, Regional};
use super::fault::Fault;
use super::iam_convert::not_collected;
use super::{Collected, Progress, Scope, Session, organization_policies};
use crate::model::{
    AccountId, Gap, GapReason, Listing, Membership, OrganizationAccount, OrganizationPolicyType, Pointer, Region,
    Resource, ResourceId, ResourceType,
};

/// Whether the organization is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Organization {
    /// As far as the credentials may; what is denied is not in the scope.
    #[default]
    Auto,
    /// All of it; what is denied is missing.
    Required,
    /// Not at all.
    Off,
}

/// Reads the account's organization, as far as this account may.
pub(super) async fn collect(session: &Session, scope: &Scope, progress: &(dyn Fn(Progress) + Sync)) -> Collected {
    let organizations = session.organizations();
    let mut reading = Reading { session, scope, organizations: &organizations, collected: Collected::default() };
    if scope.organization == Organization::Off {
        reading.leave_out();
        return reading.collected;
    }
    let mut own = reading.account(&session.account, None);
    match describe(&organizations).await {
        Ok(None) => reading.listed(&session.account, ResourceType::OrganizationPolicy, true),
        Ok(Some(described)) => reading.tree(&mut own, described, progress).await,
        Err(fault) => reading.lack(&fault, &mut own, &[place(""), tags()], &[ResourceType::OrganizationPolicy]),
    }
    reading.listed(&session.account, ResourceType::OrganizationAccount, true);
    reading.collected.resources.push(own);
    reading.collected
}

/// What is being read.
pub(super) struct Reading<'a> {
    pub(super) session: &'a Session,
    scope: &'a Scope,
    pub(super) organizations: &'a Regional<Client>,
    pub(super) collected: Collected,
}

/// The organization as any of its accounts may know it.
struct Described {
    id: String,
    management_account: AccountId,
    all_features: bool,
}

impl Reading<'_> {
    /// The document of an account. Its id does not change with the organization it is in.
    fn account(&self, account: &AccountId, organization: Option<Membership>) -> Resource {
        let id = ResourceId::new(format!("arn:{}:organizations::{account}:account", self.session.partition));
        let id = id.unwrap_or_else(|_not_an_arn| self.session.arn("organizations", "", "account"));
        let configuration = OrganizationAccount { organization };
        Resource::new(id, account.clone(), Region::global(), account.as_str(), configuration)
    }

    pub(super) fn listed(&mut self, account: &AccountId, resource_type: ResourceType, complete: bool) {
        let (account, region) = (account.clone(), Region::global());
        self.collected.listings.push(Listing { account, region, resource_type, complete, listed_before: false });
    }

    /// The tree as far as the accounts of the scan stand in it, and the policies.
    async fn tree(&mut self, own: &mut Resource, described: Described, progress: &(dyn Fn(Progress) + Sync)) {
        let Described { id, management_account, all_features } = described;
        let management = management_account == self.session.account;
        let mut membership = Membership { id, management_account, management, policy_types: None, parents: None };
        let mut roots = roots(self.organizations);
        roots.read().await;
        roots.read_again().await;
        let types = if all_features { enabled(&roots) } else { Ok(Vec::new()) };
        if let Some(fault) = &roots.fault {
            self.refused(own, membership, fault, types.is_ok());
            return;
        }
        match &types {
            Ok(types) => membership.policy_types = Some(types.clone()),
            Err(fault) => {
                let unlisted = [ResourceType::OrganizationPolicy];
                self.lack(fault, own, &[place("/policy_types")], &unlisted);
            }
        }
        self.places(own, &membership).await;
        // Whatever the state of a type, its policies may be in force.
        let types = types.unwrap_or_else(|_pending| OrganizationPolicyType::ALL.to_vec());
        organization_policies::collect(self, &membership.management_account, &types, progress).await;
        self.leave_out_tags(own);
    }

    /// Only the management account, or one that it delegates to, may see the tree.
    fn refused(&mut self, own: &mut Resource, mut membership: Membership, fault: &Fault, no_policies: bool) {
        let (mut places, mut unlisted) = (vec![place("/parents"), tags()], Vec::new());
        if no_policies {
            membership.policy_types = Some(Vec::new());
        } else {
            places.push(place("/policy_types"));
            unlisted.push(ResourceType::OrganizationPolicy);
        }
        // What IAM refuses, it names; a permission does not help where the organization refuses.
        let permission_helps = membership.management || fault.message.contains("not authorized to perform");
        let mut fault = fault.clone();
        if fault.reason == GapReason::Denied && !membership.management {
            let (words, management) = (&fault.message, &membership.management_account);
            fault.message = format!("{words}; policies are read from account {management} or one that it delegates to");
        }
        if no_policies || self.counts(&fault) {
            self.listed(&membership.management_account, ResourceType::OrganizationPolicy, no_policies);
        }
        own.configuration = OrganizationAccount { organization: Some(membership) }.into();
        self.lack(&fault, own, &places, &unlisted);
        if let (Some(gap), false) = (self.collected.gaps.last_mut(), permission_helps) {
            gap.permission = None;
        }
    }

    /// Where the accounts of the scan stand. Of an account elsewhere there is nothing to say.
    async fn places(&mut self, own: &mut Resource, membership: &Membership) {
        let mut tree = Tree::default();
        let own_id = self.session.account.clone();
        let parents = tree.above(self.organizations, own_id.as_str()).await;
        let organization = Some(Membership { parents: parents.as_ref().ok().cloned().flatten(), ..membership.clone() });
        own.configuration = OrganizationAccount { organization }.into();
        match parents {
            Ok(Some(_)) => {}
            Ok(None) => {
                let nowhere = Fault::malformed(LIST_PARENTS, "the account is in no unit of its organization");
                self.lack(&nowhere, own, &[place("/parents")], &[]);
            }
            Err(fault) => {
                self.lack(&fault, own, &[place("/parents")], &[]);
                if !fault.may_pass() {
                    return;
                }
            }
        }
        for account in self.scope.accounts.iter().filter(|account| **account != own_id) {
            let parents = match tree.above(self.organizations, account.as_str()).await {
                Ok(Some(parents)) => parents,
                Ok(None) => continue,
                Err(fault) => {
                    let mut other = self.account(account, None);
                    self.lack(&fault, &mut other, &[place("/parents")], &[]);
                    // The others would only each wait as long; they have what they know themselves.
                    break;
                }
            };
            let management = *account == membership.management_account;
            let membership = Membership { management, parents: Some(parents), ..membership.clone() };
            let mut other = self.account(account, Some(membership));
            other.mark_unknown(tags());
            if own.unknown.contains(&place("/policy_types")) {
                other.mark_unknown(place("/policy_types"));
            }
            self.collected.resources.push(other);
        }
    }

    /// Notes what is missing of an account's document, and of which lists.
    fn lack(&mut self, fault: &Fault, account: &mut Resource, places: &[Pointer], unlisted: &[ResourceType]) {
        let gap = self.organizations.cell.unread(fault, account, places);
        self.gap(Gap { account: account.account.clone(), unlisted: unlisted.to_vec(), ..gap });
    }

    /// Whether what is missing by this fault was asked for.
    pub(super) fn counts(&self, fault: &Fault) -> bool {
        fault.reason != GapReason::Denied || self.scope.organization == Organization::Required
    }

    /// Adds a gap; what is denied and need not be read is "not collected", with the same words.
    pub(super) fn gap(&mut self, mut gap: Gap) {
        if gap.reason == GapReason::Denied && self.scope.organization != Organization::Required {
            gap.reason = GapReason::NotCollected;
            gap.message += "; collect.organization is auto, so the scan goes without";
        }
        self.collected.gaps.push(gap);
    }

    fn leave_out(&mut self) {
        let fault = not_collected("DescribeOrganization", "collect.organization is off");
        let types = [ResourceType::OrganizationAccount, ResourceType::OrganizationPolicy];
        self.collected.gaps.push(self.organizations.cell.unlisted(&fault, &types));
    }

    /// Tags would cost one more call each.
    fn leave_out_tags(&mut self, own: &mut Resource) {
        own.mark_unknown(tags());
        let fault = not_collected("ListTagsForResource", "tags cost one call per resource");
        let gap = self.organizations.cell.gap(&fault);
        self.collected.gaps.push(Gap { places: vec![tags()], ..gap });
    }
}

/// The place of tags.
pub(super) fn tags() -> Pointer {
    Pointer::new("/tags")
}

/// A place in an account's document, below the organization.
fn place(attribute: &str) -> Pointer {
    Pointer::configuration(&format!("organization{attribute}"))
}

/// `None` when the account is in no organization.
async fn describe(organizations: &Regional<Client>) -> Result<Option<Described>, Fault> {
    const OPERATION: &str = "DescribeOrganization";
    let request = || organizations.client.describe_organization().send();
    let mut answer = organizations.cell.call(OPERATION, request).await;
    if answer.as_ref().is_err_and(Fault::may_pass) {
        answer = organizations.cell.call(OPERATION, request).await;
    }
    let organization = match answer {
        Ok(answer) => answer.organization,
        Err(fault) if fault.is(&["AWSOrganizationsNotInUseException"]) => return Ok(None),
        Err(fault) => return Err(fault),
    };
    let malformed = || Fault::malformed(OPERATION, "the answer names no organization and management account");
    let organization = organization.ok_or_else(malformed)?;
    Ok(Some(Described {
        management_account: organization
            .master_account_id
            .and_then(|id| AccountId::new(id).ok())
            .ok_or_else(malformed)?,
        all_features: organization.feature_set != Some(OrganizationFeatureSet::ConsolidatedBilling),
        id: organization.id.ok_or_else(malformed)?,
    }))
}

/// Organizations gives at most this many items at once.
pub(super) const PAGE: i32 = 20;

const LIST_ROOTS: &str = "ListRoots";

fn roots(organizations: &Regional<Client>) -> Chain<'_, Root> {
    Chain::new(LIST_ROOTS, move |token| async move {
        let page = organizations.cell.page(PAGE);
        let request = || organizations.client.list_roots().max_results(page).set_next_token(token.clone()).send();
        let answer = organizations.cell.call(LIST_ROOTS, request).await?;
        Ok(Page { items: answer.roots.unwrap_or_default(), next: answer.next_token })
    })
}

/// The policy types in force. One on its way in or out may be or not.
fn enabled(roots: &Chain<'_, Root>) -> Result<Vec<OrganizationPolicyType>, Fault> {
    if let Some(fault) = &roots.fault {
        return Err(fault.clone());
    }
    if roots.items.is_empty() {
        return Err(Fault::malformed(LIST_ROOTS, "the answer holds no root"));
    }
    let mut types = Vec::new();
    for known in OrganizationPolicyType::ALL {
        let mut states = roots.items.iter().flat_map(Root::policy_types);
        let state = states.find(|state| state.r#type().is_some_and(|found| found.as_str() == known.name()));
        match state.and_then(|state| state.status()) {
            None => {}
            Some(PolicyTypeStatus::Enabled) => types.push(*known),
            Some(other) => {
                let message = format!("{} is {}", known.name(), other.as_str());
                let fault = Fault::malformed(LIST_ROOTS, message);
                return Err(Fault { reason: GapReason::Unavailable, ..fault });
            }
        }
    }
    Ok(types)
}

const LIST_PARENTS: &str = "ListParents";

/// The tree from below, as far as it was asked for: each unit is asked about once.
#[derive(Default)]
struct Tree(BTreeMap<String, Above>);

/// What a unit or account is in.
#[derive(Clone)]
struct Above {
    id: String,
    is_root: bool,
}

/// Units stand in one another at most five deep, below the root.
const DEEPEST: usize = 8;

impl Tree {
    /// The root, then the units down to the one that holds the account; `None` when it is not in
    /// this organization.
    async fn above(&mut self, organizations: &Regional<Client>, account: &str) -> Result<Option<Vec<String>>, Fault> {
        let mut path = Vec::new();
        let mut child = account.to_owned();
        while path.len() < DEEPEST {
            let parent = match self.0.get(&child) {
                Some(parent) => parent.clone(),
                None => match parent(organizations, &child).await {
                    Ok(parent) => self.0.entry(child).or_insert(parent).clone(),
                    Err(fault) if fault.is(&["ChildNotFoundException"]) => return Ok(None),
                    Err(fault) => return Err(fault),
                },
            };
            path.push(parent.id.clone());
            if parent.is_root {
                path.reverse();
                return Ok(Some(path));
            }
            child = parent.id;
        }
        Err(Fault::malformed(LIST_PARENTS, format!("no root above {account}")))
    }
}

async fn parent(organizations: &Regional<Client>, child: &str) -> Result<Above, Fault> {
    let mut parents = Chain::new(LIST_PARENTS, move |token: Option<String>| async move {
        let request = || organizations.client.list_parents().child_id(child).set_next_token(token.clone()).send();
        let answer = organizations.cell.call(LIST_PARENTS, request).await?;
        Ok(Page { items: answer.parents.unwrap_or_default(), next: answer.next_token })
    });
    parents.read().await;
    parents.read_again().await;
    if let Some(fault) = parents.fault {
        return Err(fault);
    }
    let parent = parents.items.into_iter().find_map(|parent| Some((parent.id?, parent.r#type?)));
    let (id, kind) = parent.ok_or_else(|| Fault::malformed(LIST_PARENTS, format!("{child} has no parent")))?;
    Ok(Above { id, is_root: kind == ParentType::Root })
}

#[cfg(test)]
mod tests {
    use aws_sdk_organizations::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};

    /// Wherever the scan is at home, Organizations is asked where it is.
    #[tokio::test]
    async fn one_endpoint_serves_all_regions_of_a_partition() {
        for (region, host) in [
            ("eu-central-1", "organizations.us-east-1.amazonaws.com"),
            ("cn-north-1", "organizations.cn-northwest-1.amazonaws.com.cn"),
            ("us-gov-east-1", "organizations.us-gov-west-1.amazonaws.com"),
        ] {
            let parameters = Params::builder().region(region).build().unwrap();
            let endpoint = DefaultResolver::new().resolve_endpoint(&parameters).await.unwrap();
            assert_eq!(endpoint.url(), format!("https://{host}"));
        }
    }
}
