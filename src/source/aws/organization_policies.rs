//! The policies of an organization: what they say and what they are attached to.

use aws_sdk_organizations::Client;
use aws_sdk_organizations::types::{PolicySummary, PolicyType};
use futures::StreamExt;

use super::cell::{Chain, Page, Regional};
use super::fault::Fault;
use super::meter::Meter;
use super::organization::{PAGE, Reading, tags};
use super::{Progress, filled, read_policy, sorted};
use crate::model::{
    AccountId, Gap, OrganizationPolicy, OrganizationPolicyType, Pointer, Region, Resource, ResourceId, ResourceType,
    Service,
};

/// Reads all policies of these types; they belong to the management account.
pub(super) async fn collect(
    reading: &mut Reading<'_>,
    management_account: &AccountId,
    types: &[OrganizationPolicyType],
    progress: &(dyn Fn(Progress) + Sync),
) {
    let organizations = reading.organizations;
    let mut listed = Vec::new();
    let mut complete = true;
    let mut counts = false;
    for policy_type in types {
        let mut list = policies(organizations, *policy_type);
        list.read().await;
        list.read_again().await;
        if let Some(fault) = &list.fault {
            complete = false;
            counts |= reading.counts(fault);
            reading.gap(organizations.cell.unlisted(fault, &[ResourceType::OrganizationPolicy]));
        }
        listed.extend(list.items.into_iter().map(|summary| (*policy_type, summary)));
    }
    if complete || counts {
        reading.listed(management_account, ResourceType::OrganizationPolicy, complete);
    }
    let meter = Meter::new(Service::Organizations, &Region::global(), listed.len(), progress);
    let (partition, owner) = (reading.session.partition.as_str(), management_account);
    let read =
        |(policy_type, summary)| meter.measure(read_one(organizations, (partition, owner), policy_type, summary));
    let policies: Vec<_> =
        futures::stream::iter(listed).map(read).buffered(organizations.cell.concurrency()).collect().await;
    for (resource, gaps) in policies.into_iter().flatten() {
        reading.collected.resources.push(resource);
        for gap in gaps {
            reading.gap(gap);
        }
    }
}

fn policies(organizations: &Regional<Client>, policy_type: OrganizationPolicyType) -> Chain<'_, PolicySummary> {
    const OPERATION: &str = "ListPolicies";
    Chain::new(OPERATION, move |token| async move {
        let request = || {
            organizations
                .client
                .list_policies()
                .filter(PolicyType::from(policy_type.name()))
                .max_results(organizations.cell.page(PAGE))
                .set_next_token(token.clone())
                .send()
        };
        let answer = organizations.cell.call(OPERATION, request).await?;
        Ok(Page { items: answer.policies.unwrap_or_default(), next: answer.next_token })
    })
}

/// One policy; `None` when it was deleted in the meantime.
async fn read_one(
    organizations: &Regional<Client>,
    (partition, owner): (&str, &AccountId),
    policy_type: OrganizationPolicyType,
    summary: PolicySummary,
) -> Option<(Resource, Vec<Gap>)> {
    let policy_id = summary.id.unwrap_or_default();
    let made =
        || format!("arn:{partition}:organizations::{owner}:policy/{}/{policy_id}", policy_type.name().to_lowercase());
    let id = ResourceId::new(summary.arn.unwrap_or_else(made)).ok()?;
    let name = summary.name.unwrap_or_else(|| policy_id.clone());
    let mut policy =
        OrganizationPolicy { policy_type, aws_managed: summary.aws_managed, document: None, targets: None };
    let mut resource = Resource::new(id, owner.clone(), Region::global(), name, policy.clone());
    let mut gaps = Vec::new();
    let (content, targets) = tokio::join!(content(organizations, &policy_id), targets(organizations, &policy_id));
    let document = Pointer::configuration("document");
    let content = content.and_then(|text| {
        read_policy(&mut resource, &document, &text).map_err(|problem| Fault::malformed(DESCRIBE_POLICY, problem))
    });
    match content {
        Ok(document) => policy.document = Some(document),
        Err(fault) if fault.is(&[GONE]) => return None,
        Err(fault) => gaps.push(organizations.cell.unread(&fault, &mut resource, &[document])),
    }
    match targets {
        Ok(targets) => policy.targets = Some(targets),
        Err(fault) if fault.is(&[GONE]) => return None,
        Err(fault) => {
            let place = Pointer::configuration("targets");
            gaps.push(organizations.cell.unread(&fault, &mut resource, &[place]));
        }
    }
    resource.mark_unknown(tags());
    resource.configuration = policy.into();
    Some((resource, gaps))
}

/// The policy was deleted in the meantime.
const GONE: &str = "PolicyNotFoundException";

const DESCRIBE_POLICY: &str = "DescribePolicy";

async fn content(organizations: &Regional<Client>, policy: &str) -> Result<String, Fault> {
    let request = || organizations.client.describe_policy().policy_id(policy).send();
    let mut answer = organizations.cell.call(DESCRIBE_POLICY, request).await;
    if answer.as_ref().is_err_and(Fault::may_pass) {
        answer = organizations.cell.call(DESCRIBE_POLICY, request).await;
    }
    let content = answer?.policy.and_then(|policy| policy.content);
    filled(content.as_deref()).ok_or_else(|| Fault::malformed(DESCRIBE_POLICY, "the answer holds no policy"))
}

/// Ids of what the policy is attached to, sorted.
async fn targets(organizations: &Regional<Client>, policy: &str) -> Result<Vec<String>, Fault> {
    const OPERATION: &str = "ListTargetsForPolicy";
    let mut list = Chain::new(OPERATION, move |token: Option<String>| async move {
        let request = || {
            organizations
                .client
                .list_targets_for_policy()
                .policy_id(policy)
                .max_results(organizations.cell.page(PAGE))
                .set_next_token(token.clone())
                .send()
        };
        let answer = organizations.cell.call(OPERATION, request).await?;
        let items = answer.targets.unwrap_or_default().into_iter().filter_map(|target| target.target_id);
        Ok(Page { items: items.collect(), next: answer.next_token })
    });
    list.read().await;
    list.read_again().await;
    match list.fault {
        None => Ok(sorted(list.items)),
        Some(fault) => Err(fault),
    }
}
