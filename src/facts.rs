//! What follows from configuration: who can reach a bucket, what a group admits from the world,
//! who a role trusts.
//!
//! Takes a snapshot and fills [`Resource::facts`]. Facts are three-valued: an unknown input makes
//! a fact unknown only where the known part does not already decide it, and a fact names the
//! places it rests on or waits for. What other resources contribute (the account's access block,
//! prefix lists, interfaces, managed policies) enters here and nowhere else. A stale resource
//! contributes nothing: what it said no longer counts as seen.

mod access_block;
mod access_point;
mod account;
mod admin;
mod analyzer;
mod between;
mod bucket;
mod bucket_access;
mod bucket_control;
mod compute;
mod delegated;
mod endpoint_policy;
mod endpoints;
mod escalation;
mod estate;
mod grantee;
mod grants;
mod group_entries;
mod held;
mod network_acl;
mod peering;
mod powers;
mod reach;
mod requirement;
mod s3_actions;
mod security_group;
mod subject;
mod takeover;
mod topology;
mod trail;
mod trust;

use estate::Estate;
use held::Held;

use crate::failover::{self, Ground};

use crate::model::{
    Configuration, Facts, ManagedPolicyFacts, NetworkAclFacts, PrincipalFacts, Resource, ResourceType, Role, RoleFacts,
    Snapshot, SubnetFacts,
};

/// Fills the facts of every resource; types without facts have none. Facts that were there are
/// replaced.
pub fn derive(snapshot: &mut Snapshot) {
    derive_of(snapshot, |_| true);
}

/// Fills the facts of the resources of some types, and leaves those of the others as they are.
pub fn derive_of(snapshot: &mut Snapshot, wanted: impl Fn(ResourceType) -> bool) {
    let estate = Estate::of(snapshot);
    // Only those who declared paths pay for it.
    let has_paths = wanted(ResourceType::FailoverPath)
        && snapshot.resources.iter().any(|resource| resource.resource_type == ResourceType::FailoverPath);
    let ground = has_paths.then(|| Ground::new(snapshot));
    let of = |resource| path_facts(resource, ground.as_ref()).or_else(|| facts_of(resource, &estate));
    let is_wanted = |resource: &Resource| wanted(resource.resource_type);
    let facts: Vec<Option<Facts>> = snapshot.resources.iter().filter(|one| is_wanted(one)).map(of).collect();
    for (resource, facts) in snapshot.resources.iter_mut().filter(|one| is_wanted(one)).zip(facts) {
        resource.facts = facts;
    }
}

fn path_facts(resource: &Resource, ground: Option<&Ground<'_>>) -> Option<Facts> {
    match (&resource.configuration, ground) {
        (Configuration::FailoverPath(path), Some(ground)) => {
            Some(Facts::FailoverPath(Box::new(failover::facts(path, ground))))
        }
        _ => None,
    }
}

fn facts_of<'a>(resource: &'a Resource, estate: &Estate<'a>) -> Option<Facts> {
    Some(match &resource.configuration {
        Configuration::Account(_) => Facts::Account(Box::new(account::facts(resource, estate))),
        Configuration::Bucket(bucket) => Facts::Bucket(Box::new(bucket::facts(resource, bucket, estate))),
        Configuration::AccessPoint(point) => Facts::AccessPoint(Box::new(access_point::facts(resource, point, estate))),
        Configuration::MultiRegionAccessPoint(point) => {
            Facts::MultiRegionAccessPoint(Box::new(access_point::multi_region(resource, point, estate)))
        }
        Configuration::SecurityGroup(group) => {
            Facts::SecurityGroup(Box::new(security_group::facts(resource, group, estate)))
        }
        Configuration::NetworkAcl(acl) => {
            Facts::NetworkAcl(Box::new(NetworkAclFacts { world_ingress: network_acl::world_ingress(resource, acl) }))
        }
        Configuration::EbsSnapshot(snapshot) => {
            Facts::EbsSnapshot(Box::new(compute::snapshot(resource, snapshot, estate)))
        }
        Configuration::Volume(volume) => Facts::Volume(Box::new(compute::volume(resource, volume, estate))),
        Configuration::LaunchTemplate(template) => {
            Facts::LaunchTemplate(Box::new(compute::launch_template(resource, template, estate)))
        }
        Configuration::SpotFleet(fleet) => Facts::SpotFleet(Box::new(compute::spot_fleet(resource, fleet, estate))),
        Configuration::Vpc(_) => Facts::Vpc(Box::new(reach::vpc(resource, estate))),
        Configuration::Subnet(subnet) => {
            Facts::Subnet(Box::new(SubnetFacts { internet_routed: reach::internet_routed(resource, subnet, estate) }))
        }
        Configuration::Instance(instance) => Facts::Instance(Box::new(reach::instance(resource, instance, estate))),
        Configuration::VpcEndpoint(endpoint) => {
            Facts::VpcEndpoint(Box::new(endpoints::facts(resource, endpoint, estate)))
        }
        Configuration::VpcEndpointService(service) => {
            Facts::VpcEndpointService(Box::new(endpoints::service_facts(resource, service)))
        }
        Configuration::VpcPeeringConnection(peering) => {
            Facts::VpcPeeringConnection(Box::new(peering::facts(resource, peering, estate)))
        }
        Configuration::RegionSettings(_) => Facts::RegionSettings(Box::new(analyzer::facts(resource, estate))),
        Configuration::Role(role) => Facts::Role(Box::new(role_facts(resource, role, estate))),
        Configuration::User(user) => {
            let held = Held::of_user(resource, user, estate);
            let (admin, admin_policies) = admin::of(&held, estate);
            let grants = grants::of_held(&held, admin_policies, estate);
            let escalation::Ways { escalations, takeovers } = escalation::of_user(resource, user, held, estate);
            Facts::User(Box::new(PrincipalFacts { admin, escalations, takeovers, grants }))
        }
        Configuration::Group(group) => {
            let held = Held::of_group(resource, group, estate);
            let (admin, admin_policies) = admin::of(&held, estate);
            let grants = grants::of_held(&held, admin_policies, estate);
            let escalation::Ways { escalations, takeovers } = escalation::of_group(resource, &held, estate);
            Facts::Group(Box::new(PrincipalFacts { admin, escalations, takeovers, grants }))
        }
        Configuration::ManagedPolicy(policy) => {
            let escalation::Ways { escalations, takeovers } = escalation::of_managed(resource, policy, estate);
            Facts::ManagedPolicy(Box::new(ManagedPolicyFacts {
                admin: admin::managed_policy(resource, policy),
                attached: estate.policy_attached(resource),
                escalations,
                takeovers,
                grants: grants::of_managed(resource, policy, estate),
            }))
        }
        _ => return None,
    })
}

fn role_facts<'a>(resource: &'a Resource, role: &'a Role, estate: &Estate<'a>) -> RoleFacts {
    let held = Held::of_role(resource, role, estate);
    let (admin, admin_policies) = admin::of(&held, estate);
    let grants = grants::of_role(resource, role, &held, admin_policies, estate);
    let escalation::Ways { escalations, takeovers } = escalation::of_role(resource, role, held, estate);
    RoleFacts {
        trusted: trust::trusted(resource, role, estate),
        trust_guards: trust::guards(resource, role),
        dangling: trust::dangling(resource, role, estate),
        admin,
        escalations,
        takeovers,
        grants,
    }
}

#[cfg(test)]
mod grants_tests;
#[cfg(test)]
mod reach_tests;
#[cfg(test)]
mod tests;
