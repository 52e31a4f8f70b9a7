//! S3's answers as configuration of the model. `None` means that there is no such configuration.

use std::collections::BTreeMap;

use aws_sdk_s3::operation::get_bucket_acl::GetBucketAclOutput;
use aws_sdk_s3::operation::get_bucket_encryption::GetBucketEncryptionOutput;
use aws_sdk_s3::operation::get_bucket_lifecycle_configuration::GetBucketLifecycleConfigurationOutput;
use aws_sdk_s3::operation::get_bucket_logging::GetBucketLoggingOutput;
use aws_sdk_s3::operation::get_bucket_notification_configuration::GetBucketNotificationConfigurationOutput;
use aws_sdk_s3::operation::get_bucket_ownership_controls::GetBucketOwnershipControlsOutput;
use aws_sdk_s3::operation::get_bucket_replication::GetBucketReplicationOutput;
use aws_sdk_s3::operation::get_bucket_versioning::GetBucketVersioningOutput;
use aws_sdk_s3::operation::get_bucket_website::GetBucketWebsiteOutput;
use aws_sdk_s3::operation::get_object_lock_configuration::GetObjectLockConfigurationOutput;
use aws_sdk_s3::operation::get_public_access_block::GetPublicAccessBlockOutput;
use aws_sdk_s3::types::{self as sdk, Grantee, MfaDeleteStatus, ObjectLockEnabled, Tag};

use super::{filled, sorted};
use crate::model::{
    AccountId, AclGrant, BucketEncryption, BucketLogging, BucketVersioning, LifecycleRule, Notifications, ObjectLock,
    PublicAccessBlock, Replication, ReplicationRule, Website,
};

pub(super) fn ownership(answer: &GetBucketOwnershipControlsOutput) -> Option<String> {
    let rule = answer.ownership_controls()?.rules().first()?;
    Some(rule.object_ownership().as_str().to_owned())
}

/// Grants, with the owner's own id written `owner`.
pub(super) fn acl(answer: &GetBucketAclOutput) -> Vec<AclGrant> {
    let owner = answer.owner().and_then(sdk::Owner::id);
    let grants = answer.grants().iter().filter_map(|grant| {
        let permission = grant.permission()?.as_str().to_owned();
        Some(AclGrant { grantee: grantee(grant.grantee()?, owner)?, permission })
    });
    let mut grants = sorted(grants);
    grants.dedup();
    grants
}

fn grantee(grantee: &Grantee, owner: Option<&str>) -> Option<String> {
    match grantee.id() {
        Some(id) if Some(id) == owner => Some("owner".to_owned()),
        Some(id) => Some(id.to_owned()),
        None => filled(grantee.uri()).or_else(|| filled(grantee.email_address())),
    }
}

pub(super) fn access_block(answer: &GetPublicAccessBlockOutput) -> Option<PublicAccessBlock> {
    let block = answer.public_access_block_configuration()?;
    Some(PublicAccessBlock {
        block_public_acls: block.block_public_acls().unwrap_or_default(),
        ignore_public_acls: block.ignore_public_acls().unwrap_or_default(),
        block_public_policy: block.block_public_policy().unwrap_or_default(),
        restrict_public_buckets: block.restrict_public_buckets().unwrap_or_default(),
    })
}

pub(super) fn encryption(answer: &GetBucketEncryptionOutput) -> Option<BucketEncryption> {
    let rule = answer.server_side_encryption_configuration()?.rules().first()?;
    let default = rule.apply_server_side_encryption_by_default()?;
    Some(BucketEncryption {
        algorithm: default.sse_algorithm().as_str().to_owned(),
        kms_key_id: filled(default.kms_master_key_id()),
        bucket_key_enabled: rule.bucket_key_enabled().unwrap_or_default(),
    })
}

/// AWS leaves the status out of a bucket that never had versioning.
pub(super) fn versioning(answer: &GetBucketVersioningOutput) -> BucketVersioning {
    BucketVersioning {
        status: answer.status().map_or("Disabled", |status| status.as_str()).to_owned(),
        mfa_delete: answer.mfa_delete() == Some(&MfaDeleteStatus::Enabled),
    }
}

pub(super) fn logging(answer: GetBucketLoggingOutput) -> Option<BucketLogging> {
    let logging = answer.logging_enabled?;
    Some(BucketLogging { target_bucket: logging.target_bucket, target_prefix: logging.target_prefix })
}

pub(super) fn lifecycle(answer: &GetBucketLifecycleConfigurationOutput) -> Option<Vec<LifecycleRule>> {
    let rules = sorted(answer.rules().iter().map(lifecycle_rule));
    (!rules.is_empty()).then_some(rules)
}

fn lifecycle_rule(rule: &sdk::LifecycleRule) -> LifecycleRule {
    let filter = rule.filter();
    let prefix = filter
        .and_then(|filter| filter.prefix().or_else(|| filter.and().and_then(sdk::LifecycleRuleAndOperator::prefix)));
    #[expect(deprecated, reason = "rules from before filters existed still carry their prefix here")]
    let prefix = prefix.or_else(|| rule.prefix());
    let noncurrent = rule.noncurrent_version_expiration();
    let abort = rule.abort_incomplete_multipart_upload();
    LifecycleRule {
        id: rule.id().unwrap_or_default().to_owned(),
        enabled: rule.status() == &sdk::ExpirationStatus::Enabled,
        prefix: filled(prefix),
        expiration_days: rule.expiration().and_then(sdk::LifecycleExpiration::days),
        noncurrent_expiration_days: noncurrent.and_then(sdk::NoncurrentVersionExpiration::noncurrent_days),
        abort_incomplete_upload_days: abort.and_then(sdk::AbortIncompleteMultipartUpload::days_after_initiation),
        transition_days: rule.transitions().iter().filter_map(sdk::Transition::days).min(),
        noncurrent_transition_days: rule
            .noncurrent_version_transitions()
            .iter()
            .filter_map(sdk::NoncurrentVersionTransition::noncurrent_days)
            .min(),
    }
}

pub(super) fn object_lock(answer: &GetObjectLockConfigurationOutput) -> Option<ObjectLock> {
    let lock = answer.object_lock_configuration()?;
    let retention = lock.rule().and_then(sdk::ObjectLockRule::default_retention);
    Some(ObjectLock {
        enabled: lock.object_lock_enabled() == Some(&ObjectLockEnabled::Enabled),
        mode: retention.and_then(|retention| retention.mode()).map(|mode| mode.as_str().to_owned()),
        days: retention.and_then(sdk::DefaultRetention::days),
        years: retention.and_then(sdk::DefaultRetention::years),
    })
}

pub(super) fn replication(answer: &GetBucketReplicationOutput, own: &AccountId) -> Option<Replication> {
    let replication = answer.replication_configuration()?;
    let rules = replication.rules().iter().map(|rule| ReplicationRule {
        id: rule.id().unwrap_or_default().to_owned(),
        enabled: rule.status() == &sdk::ReplicationRuleStatus::Enabled,
        destination: rule.destination().map(sdk::Destination::bucket).unwrap_or_default().to_owned(),
        account: rule
            .destination()
            .and_then(|destination| filled(destination.account()))
            .filter(|account| account != own.as_str()),
    });
    Some(Replication { role: replication.role().to_owned(), rules: sorted(rules) })
}

pub(super) fn website(answer: GetBucketWebsiteOutput) -> Website {
    Website {
        index_document: answer.index_document.map(|index| index.suffix),
        redirect_all_requests_to: answer.redirect_all_requests_to.map(|redirect| redirect.host_name),
    }
}

/// Every bucket has a notification configuration; an empty one is none.
pub(super) fn notifications(answer: &GetBucketNotificationConfigurationOutput) -> Option<Notifications> {
    let topics = answer.topic_configurations().iter().map(sdk::TopicConfiguration::topic_arn);
    let queues = answer.queue_configurations().iter().map(sdk::QueueConfiguration::queue_arn);
    let functions =
        answer.lambda_function_configurations().iter().map(sdk::LambdaFunctionConfiguration::lambda_function_arn);
    let mut targets = sorted(topics.chain(queues).chain(functions).map(str::to_owned));
    targets.dedup();
    let notifications = Notifications { targets, event_bridge: answer.event_bridge_configuration().is_some() };
    (notifications != Notifications::default()).then_some(notifications)
}

pub(super) fn tags(list: &[Tag]) -> BTreeMap<String, String> {
    super::tags(list, |tag| (Some(tag.key()), Some(tag.value())))
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::types::{Grant, Owner, Permission, Type};

    use super::*;

    #[test]
    fn the_owner_is_called_owner_and_everyone_by_the_groups_address() {
        let grant = |grantee: aws_sdk_s3::types::builders::GranteeBuilder, permission: Permission| {
            Grant::builder().grantee(grantee.build().unwrap()).permission(permission).build()
        };
        let everyone = "http://acs.amazonaws.com/groups/global/AllUsers";
        let answer = GetBucketAclOutput::builder()
            .owner(Owner::builder().id("abc").build())
            .grants(grant(Grantee::builder().r#type(Type::Group).uri(everyone), Permission::Read))
            .grants(grant(Grantee::builder().r#type(Type::CanonicalUser).id("abc"), Permission::FullControl))
            .build();
        let grants: Vec<_> = acl(&answer).into_iter().map(|grant| (grant.grantee, grant.permission)).collect();
        assert_eq!(grants, [(everyone.to_owned(), "READ".to_owned()), ("owner".to_owned(), "FULL_CONTROL".to_owned())]);
    }

    #[test]
    fn a_bucket_that_never_had_versioning_is_disabled() {
        let never = versioning(&GetBucketVersioningOutput::builder().build());
        assert_eq!((never.status.as_str(), never.mfa_delete), ("Disabled", false));
    }

    #[test]
    fn no_targets_are_no_notifications() {
        assert_eq!(notifications(&GetBucketNotificationConfigurationOutput::builder().build()), None);
    }
}
