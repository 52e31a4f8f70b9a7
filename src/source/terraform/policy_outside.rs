//! `AWS::IAM::ManagedPolicy` of policies that a plan attaches without holding them, and whose document
//! a data source has read.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Configuration, ManagedPolicy, Pointer, Region, Resource, ResourceId};

use super::identity::known_name;
use super::policy_document::policy;
use super::side::{Notes, Side};
use super::value::Field;

/// The policies that these principals have attached or as their boundary, as data sources have read
/// them. One that nobody of the plan has is nobody's concern here.
pub(super) fn read_policies(side: &Side<'_, '_>, principals: &[Resource]) -> Vec<Resource> {
    let mut found: BTreeMap<ResourceId, Resource> = BTreeMap::new();
    let wanted: BTreeSet<&str> = principals.iter().flat_map(named_by).collect();
    let sources = side.estate.instances.iter().filter(|instance| instance.data && instance.kind == "aws_iam_policy");
    for instance in sources {
        let Field::Known(arn) = instance.get("arn").text() else { continue };
        // The document of this one is known without asking AWS.
        let is_told = arn.ends_with(":iam::aws:policy/AdministratorAccess")
            || !side.estate.named("aws_iam_policy", &arn).is_empty();
        let (false, true, Ok(id)) = (is_told, wanted.contains(arn.as_str()), arn.parse::<ResourceId>()) else {
            continue;
        };
        let aws_managed = arn.split(':').nth(4) == Some("aws");
        let account = arn.split(':').nth(4).and_then(|account| account.parse().ok());
        let account = account.unwrap_or_else(|| side.accounts.apart(instance));
        let mut notes = Notes::default();
        let document = policy(side.estate, instance, instance.get("policy"));
        let configuration = ManagedPolicy {
            path: notes.take("path", instance.get("path").text().or(Some("/".to_owned()))).unwrap_or_default(),
            aws_managed,
            document: notes.policy(&Pointer::configuration("document"), document),
        };
        notes.unknown(Pointer::new("/tags"), "the policy is not in the plan");
        let name = known_name(instance).unwrap_or_else(|| arn.clone());
        let mut resource = Resource::new(id.clone(), account, Region::global(), name, configuration);
        resource.origin.terraform_address = Some(instance.address.to_owned());
        notes.write_to(&mut resource);
        found.entry(id).or_insert(resource);
    }
    found.into_values().collect()
}

/// The ARNs of managed policies that a principal names.
fn named_by(principal: &Resource) -> Vec<&str> {
    let (grants, boundary) = match &principal.configuration {
        Configuration::Role(role) => (&role.grants, role.permissions_boundary.as_deref()),
        Configuration::User(user) => (&user.grants, user.permissions_boundary.as_deref()),
        Configuration::Group(group) => (&group.grants, None),
        _ => return Vec::new(),
    };
    grants.attached_policies.iter().map(String::as_str).chain(boundary).collect()
}
