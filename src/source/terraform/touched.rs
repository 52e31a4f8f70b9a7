//! What a plan changes, where the planned documents do not show it: of that, an earlier scan says
//! nothing any more.

use std::collections::{BTreeSet, HashSet};

use crate::model::{Resource, ResourceType};

use super::format::ResourceChange;
use super::json::Value;

/// Attributes that Terraform resources set on a resource that the plan may not hold: the type, the
/// attribute, the Terraform type, and of which resources.
const SETS: [(ResourceType, &str, &str, Reach); 22] = [
    (ResourceType::Account, "root_management", "aws_iam_organizations_features", Reach::All),
    (ResourceType::Account, "s3_public_access_block", "aws_organizations_policy", Reach::All),
    (ResourceType::Account, "s3_public_access_block", "aws_organizations_policy_attachment", Reach::All),
    (ResourceType::Account, "s3_public_access_block", "aws_organizations_account", Reach::All),
    (ResourceType::User, "access_keys", "aws_iam_access_key", Reach::Named),
    (ResourceType::User, "console_password", "aws_iam_user_login_profile", Reach::Named),
    (ResourceType::User, "password_last_changed", "aws_iam_user_login_profile", Reach::Named),
    (ResourceType::User, "mfa_active", "aws_iam_virtual_mfa_device", Reach::All),
    (ResourceType::User, "virtual_mfa", "aws_iam_virtual_mfa_device", Reach::All),
    (ResourceType::Bucket, "policy", "aws_s3_bucket_policy", Reach::Named),
    (ResourceType::Bucket, "ownership", "aws_s3_bucket_ownership_controls", Reach::Named),
    (ResourceType::Bucket, "acl", "aws_s3_bucket_acl", Reach::Named),
    (ResourceType::Bucket, "acl", "aws_s3_bucket_ownership_controls", Reach::Named),
    (ResourceType::Bucket, "public_access_block", "aws_s3_bucket_public_access_block", Reach::Named),
    (ResourceType::Bucket, "encryption", "aws_s3_bucket_server_side_encryption_configuration", Reach::Named),
    (ResourceType::Bucket, "versioning", "aws_s3_bucket_versioning", Reach::Named),
    (ResourceType::Bucket, "logging", "aws_s3_bucket_logging", Reach::Named),
    (ResourceType::Bucket, "lifecycle_rules", "aws_s3_bucket_lifecycle_configuration", Reach::Named),
    (ResourceType::Bucket, "object_lock", "aws_s3_bucket_object_lock_configuration", Reach::Named),
    (ResourceType::Bucket, "replication", "aws_s3_bucket_replication_configuration", Reach::Named),
    (ResourceType::Bucket, "notifications", "aws_s3_bucket_notification", Reach::Named),
    (ResourceType::Bucket, "website", "aws_s3_bucket_website_configuration", Reach::Named),
];

/// The resources that a plan changes, by Terraform type.
#[derive(Debug, Default)]
pub(super) struct Touched<'a> {
    created: BTreeSet<&'a str>,
    kinds: BTreeSet<&'a str>,
    /// What resources of each Terraform type name, whole ARNs and their last parts.
    names: HashSet<(&'a str, &'a str)>,
}

/// The attributes by which one resource names another that it gives something.
const NAMING: [&str; 5] = ["bucket", "user", "group", "group_name", "groups"];

impl<'a> Touched<'a> {
    /// What these changes do. Deposed objects count: to delete one is a change.
    pub(super) fn of(changes: &'a [ResourceChange]) -> Self {
        let mut touched = Self::default();
        for change in changes.iter().filter(|change| change.mode.as_deref() != Some("data") && !change.does("no-op")) {
            if change.does("create") {
                touched.created.insert(&change.address);
            }
            let (Some(kind), Some(planned)) = (&change.kind, &change.change) else { continue };
            touched.kinds.insert(kind);
            for value in [&planned.before, &planned.after].into_iter().flatten() {
                NAMING.iter().filter_map(|naming| value.get(naming)).for_each(|name| touched.name(kind, name));
            }
        }
        touched
    }

    fn name(&mut self, kind: &'a str, name: &'a Value) {
        match name {
            Value::String(text) => {
                self.names.insert((kind, text));
                self.names
                    .extend(text.starts_with("arn:").then(|| Some((kind, text.rsplit([':', '/']).next()?))).flatten());
            }
            Value::Array(members) => members.iter().for_each(|member| self.name(kind, member)),
            _ => {}
        }
    }

    /// Whether the resource at an address is made by the plan, anew or in place of another.
    pub(super) fn creates(&self, address: &str) -> bool {
        self.created.contains(address)
    }

    /// Whether the plan changes a resource whose Terraform type begins like this.
    pub(super) fn any(&self, prefix: &str) -> bool {
        self.kinds.range(prefix..).next().is_some_and(|kind| kind.starts_with(prefix))
    }

    /// Whether the plan changes a resource of one of these Terraform types that names this.
    pub(super) fn names(&self, kinds: &[&str], name: &str) -> bool {
        kinds.iter().any(|kind| self.names.contains(&(*kind, name)))
    }

    /// Whether the plan changes what a resource has as this attribute.
    pub(super) fn sets(&self, resource: &Resource, attribute: &str) -> bool {
        let mut rows = SETS.iter().filter(|(kind, set, ..)| *kind == resource.resource_type && *set == attribute);
        rows.any(|(_, _, kind, reach)| match reach {
            Reach::Named => self.names(&[*kind], &resource.name),
            Reach::All => self.kinds.contains(kind),
        })
    }
}

/// Of which resources a Terraform resource sets an attribute.
#[derive(Debug, Clone, Copy)]
enum Reach {
    /// Of the one that it names.
    Named,
    /// It names none: of any.
    All,
}
