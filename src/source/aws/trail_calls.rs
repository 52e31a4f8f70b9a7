//! Which API calls write what of a resource: the names that CloudTrail gives them.
//!
//! From AWS' service reference and its lists of events that CloudTrail records. What is not here
//! explains nothing: a name too few only leaves a delay known less well, while one that does not
//! belong here would accuse somebody.

use std::collections::BTreeSet;

use crate::model::ResourceType;

/// One operation, and the attributes of the resource's `configuration` that it writes.
struct Writes(&'static str, &'static [&'static str]);

/// Operations on one type: the first of them makes a resource of it.
const fn writes(resource_type: ResourceType) -> &'static [Writes] {
    match resource_type {
        ResourceType::Bucket => &[
            Writes("CreateBucket", &[]),
            Writes("PutBucketPolicy", &["policy"]),
            Writes("DeleteBucketPolicy", &["policy"]),
            Writes("PutBucketAcl", &["acl"]),
            Writes("PutBucketOwnershipControls", &["ownership"]),
            Writes("DeleteBucketOwnershipControls", &["ownership"]),
            Writes("PutBucketPublicAccessBlock", &["public_access_block"]),
            Writes("DeleteBucketPublicAccessBlock", &["public_access_block"]),
            Writes("PutBucketEncryption", &["encryption"]),
            Writes("DeleteBucketEncryption", &["encryption"]),
            Writes("PutBucketVersioning", &["versioning"]),
            Writes("PutBucketLogging", &["logging"]),
            Writes("PutBucketLifecycle", &["lifecycle_rules"]),
            Writes("DeleteBucketLifecycle", &["lifecycle_rules"]),
            Writes("PutBucketReplication", &["replication"]),
            Writes("DeleteBucketReplication", &["replication"]),
            Writes("PutBucketNotification", &["notifications"]),
            Writes("PutBucketWebsite", &["website"]),
            Writes("DeleteBucketWebsite", &["website"]),
        ],
        ResourceType::SecurityGroup => &[
            Writes("CreateSecurityGroup", &[]),
            Writes("AuthorizeSecurityGroupIngress", &["ingress"]),
            Writes("RevokeSecurityGroupIngress", &["ingress"]),
            Writes("AuthorizeSecurityGroupEgress", &["egress"]),
            Writes("RevokeSecurityGroupEgress", &["egress"]),
            Writes("ModifySecurityGroupRules", &["ingress", "egress"]),
        ],
        ResourceType::NetworkAcl => &[
            Writes("CreateNetworkAcl", &[]),
            Writes("CreateNetworkAclEntry", &["entries"]),
            Writes("ReplaceNetworkAclEntry", &["entries"]),
            Writes("DeleteNetworkAclEntry", &["entries"]),
        ],
        ResourceType::Role => &[
            Writes("CreateRole", &[]),
            Writes("UpdateAssumeRolePolicy", &["assume_role_policy"]),
            Writes("AttachRolePolicy", &["attached_policies"]),
            Writes("DetachRolePolicy", &["attached_policies"]),
            Writes("PutRolePolicy", &["inline_policies"]),
            Writes("DeleteRolePolicy", &["inline_policies"]),
            Writes("PutRolePermissionsBoundary", &["permissions_boundary"]),
            Writes("DeleteRolePermissionsBoundary", &["permissions_boundary"]),
            Writes("UpdateRole", &["max_session_duration"]),
        ],
        ResourceType::User => &[
            Writes("CreateUser", &[]),
            Writes("AttachUserPolicy", &["attached_policies"]),
            Writes("DetachUserPolicy", &["attached_policies"]),
            Writes("PutUserPolicy", &["inline_policies"]),
            Writes("DeleteUserPolicy", &["inline_policies"]),
            Writes("AddUserToGroup", &["groups"]),
            Writes("RemoveUserFromGroup", &["groups"]),
            Writes("PutUserPermissionsBoundary", &["permissions_boundary"]),
            Writes("DeleteUserPermissionsBoundary", &["permissions_boundary"]),
            Writes("CreateLoginProfile", &["console_password"]),
            Writes("DeleteLoginProfile", &["console_password"]),
            Writes("CreateAccessKey", &["access_keys"]),
            Writes("UpdateAccessKey", &["access_keys"]),
            Writes("DeleteAccessKey", &["access_keys"]),
            Writes("EnableMFADevice", &["mfa_active", "virtual_mfa"]),
            Writes("DeactivateMFADevice", &["mfa_active", "virtual_mfa"]),
        ],
        ResourceType::Group => &[
            Writes("CreateGroup", &[]),
            Writes("AttachGroupPolicy", &["attached_policies"]),
            Writes("DetachGroupPolicy", &["attached_policies"]),
            Writes("PutGroupPolicy", &["inline_policies"]),
            Writes("DeleteGroupPolicy", &["inline_policies"]),
        ],
        ResourceType::ManagedPolicy => &[
            Writes("CreatePolicy", &[]),
            Writes("CreatePolicyVersion", &["document"]),
            Writes("SetDefaultPolicyVersion", &["document"]),
        ],
        ResourceType::Instance => {
            &[Writes("RunInstances", &[]), Writes("ModifyInstanceMetadataOptions", &["metadata_options"])]
        }
        ResourceType::Subnet => {
            &[Writes("CreateSubnet", &[]), Writes("ModifySubnetAttribute", &["map_public_ip_on_launch"])]
        }
        ResourceType::EbsSnapshot => &[Writes("CreateSnapshot", &[]), Writes("ModifySnapshotAttribute", &["public"])],
        ResourceType::Volume => &[Writes("CreateVolume", &[])],
        ResourceType::Vpc => &[Writes("CreateVpc", &[])],
        _ => &[],
    }
}

/// The operations that may have written one of these attributes of a resource, or `made` it; sorted.
/// None for a type of which nothing certain is known.
///
/// A resource that was there before may have been deleted and made again, which writes everything.
#[must_use]
pub fn calls_that_write(resource_type: ResourceType, attributes: &BTreeSet<String>, made: bool) -> Vec<String> {
    let all = writes(resource_type);
    let writes = |Writes(_, written): &&Writes| written.iter().any(|one| attributes.contains(*one));
    let written: Vec<&Writes> = all.iter().filter(writes).collect();
    let makes = all.first().filter(|_| made || !written.is_empty());
    let mut calls: Vec<String> = makes.into_iter().chain(written).map(|call| call.0.to_owned()).collect();
    calls.sort();
    calls
}

/// The service that CloudTrail names as the source of these calls.
pub(super) fn source_of(resource_type: ResourceType) -> Option<&'static str> {
    let mut service = resource_type.name().split("::").skip(1);
    match service.next()? {
        "S3" => Some("s3.amazonaws.com"),
        "EC2" => Some("ec2.amazonaws.com"),
        "IAM" => Some("iam.amazonaws.com"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(resource_type: ResourceType, attributes: &[&str], made: bool) -> Vec<String> {
        let attributes = attributes.iter().map(|one| (*one).to_owned()).collect();
        calls_that_write(resource_type, &attributes, made)
    }

    #[test]
    fn only_calls_that_write_what_changed_may_explain_it() {
        let of_bucket = |attributes: &[&str], made| calls(ResourceType::Bucket, attributes, made);
        assert_eq!(of_bucket(&["policy"], false), ["CreateBucket", "DeleteBucketPolicy", "PutBucketPolicy"]);
        assert_eq!(of_bucket(&["observed"], false), [""; 0]);
        assert_eq!(of_bucket(&["versioning"], true), ["CreateBucket", "PutBucketVersioning"]);
        assert_eq!(calls(ResourceType::Trail, &["logging"], true), [""; 0], "in doubt none");
    }

    /// A name that no document has would never match.
    #[test]
    fn every_attribute_stands_in_the_schema_of_its_type() {
        for resource_type in ResourceType::ALL {
            let schema = serde_json::to_value(resource_type.configuration_schema()).unwrap();
            for Writes(call, attributes) in writes(*resource_type) {
                assert!(source_of(*resource_type).is_some(), "{call}");
                for attribute in *attributes {
                    assert!(schema["properties"].get(attribute).is_some(), "{call}: {attribute} in {resource_type}");
                }
            }
        }
    }
}
