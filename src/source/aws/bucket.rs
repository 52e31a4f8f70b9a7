//! One bucket, read part by part: which parts are asked for, which are known without asking, and
//! what is left unknown.

use std::collections::BTreeSet;

use super::cell::{Cell, Regional};
use super::fault::Fault;
use super::iam_convert::not_collected;
use super::s3::region_place;
use super::s3_convert::{self as convert};
use super::{Collected, Depth, Scope, Session, read_policy};
use crate::model::{AclGrant, Bucket, BucketObserved, Gap, Pointer, Region, Resource};

/// A part of a bucket's configuration: one call, one place in the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Policy,
    PolicyStatus,
    Ownership,
    Acl,
    PublicAccessBlock,
    Encryption,
    Versioning,
    Logging,
    Lifecycle,
    Tagging,
    ObjectLock,
    Replication,
    Website,
    Notifications,
}

impl Part {
    /// In the order in which they are read: a part comes after the one that may make it needless.
    const ALL: [Self; 14] = [
        Self::Policy,
        Self::PolicyStatus,
        Self::Ownership,
        Self::Acl,
        Self::PublicAccessBlock,
        Self::Encryption,
        Self::Versioning,
        Self::Logging,
        Self::Lifecycle,
        Self::Tagging,
        Self::ObjectLock,
        Self::Replication,
        Self::Website,
        Self::Notifications,
    ];

    /// The API operation.
    pub(super) const fn operation(self) -> &'static str {
        match self {
            Self::Policy => "GetBucketPolicy",
            Self::PolicyStatus => "GetBucketPolicyStatus",
            Self::Ownership => "GetBucketOwnershipControls",
            Self::Acl => "GetBucketAcl",
            Self::PublicAccessBlock => "GetPublicAccessBlock",
            Self::Encryption => "GetBucketEncryption",
            Self::Versioning => "GetBucketVersioning",
            Self::Logging => "GetBucketLogging",
            Self::Lifecycle => "GetBucketLifecycleConfiguration",
            Self::Tagging => "GetBucketTagging",
            Self::ObjectLock => "GetObjectLockConfiguration",
            Self::Replication => "GetBucketReplication",
            Self::Website => "GetBucketWebsite",
            Self::Notifications => "GetBucketNotificationConfiguration",
        }
    }

    /// The place in the document.
    fn place(self) -> Pointer {
        match self {
            Self::Policy => Pointer::configuration("policy"),
            Self::PolicyStatus => Pointer::configuration("observed"),
            Self::Ownership => Pointer::configuration("ownership"),
            Self::Acl => Pointer::configuration("acl"),
            Self::PublicAccessBlock => Pointer::configuration("public_access_block"),
            Self::Encryption => Pointer::configuration("encryption"),
            Self::Versioning => Pointer::configuration("versioning"),
            Self::Logging => Pointer::configuration("logging"),
            Self::Lifecycle => Pointer::configuration("lifecycle_rules"),
            Self::Tagging => Pointer::new("/tags"),
            Self::ObjectLock => Pointer::configuration("object_lock"),
            Self::Replication => Pointer::configuration("replication"),
            Self::Website => Pointer::configuration("website"),
            Self::Notifications => Pointer::configuration("notifications"),
        }
    }

    /// Whether the part is asked for by default. The ten that are make at most ten calls.
    const fn is_standard(self) -> bool {
        !matches!(self, Self::ObjectLock | Self::Replication | Self::Website | Self::Notifications)
    }
}

/// Which parts are asked for.
#[derive(Debug)]
pub(super) struct Plan {
    asked: BTreeSet<Part>,
}

impl Plan {
    pub(super) fn new(scope: &Scope) -> Self {
        let wanted = |part: Part| scope.wanted.iter().any(|place| place.overlaps(&part.place()));
        let asked = |part: &Part| part.is_standard() || scope.depth == Depth::Full || wanted(*part);
        Self { asked: Part::ALL.into_iter().filter(asked).collect() }
    }
}

/// The parts that some bucket has and that were not asked for.
#[derive(Debug, Default)]
pub(super) struct Unasked {
    parts: BTreeSet<Part>,
}

impl Unasked {
    pub(super) fn note(&mut self, draft: &Draft) {
        self.parts.extend(draft.unasked.iter().copied());
    }

    /// One gap for each operation, not one for each bucket.
    pub(super) fn gaps(&self, cell: &Cell) -> Vec<Gap> {
        let gap = |part: &Part| Gap {
            region: Region::global(),
            places: vec![part.place()],
            ..cell.gap(&not_collected(part.operation(), "no enabled rule reads it, and the depth is standard"))
        };
        self.parts.iter().map(gap).collect()
    }
}

/// A bucket while it is read.
#[derive(Debug)]
pub(super) struct Draft {
    name: String,
    region: Region,
    located: Option<Fault>,
    bucket: Bucket,
    /// Carries tags, unknown places and policy texts until the document is whole.
    resource: Resource,
    faults: Vec<(Part, Fault)>,
    unasked: Vec<Part>,
    vanished: bool,
}

impl Draft {
    pub(super) fn new(session: &Session, name: &str, region: Region, located: Option<Fault>) -> Self {
        let id = session.bucket_arn(name);
        let resource = Resource::new(id, session.account.clone(), region.clone(), name, Bucket::default());
        Self {
            name: name.to_owned(),
            region,
            located,
            bucket: Bucket::default(),
            resource,
            faults: Vec::new(),
            unasked: Vec::new(),
            vanished: false,
        }
    }

    /// Whether the bucket was deleted while it was read.
    pub(super) const fn vanished(&self) -> bool {
        self.vanished
    }

    /// Reads all parts, one after the other.
    pub(super) async fn read(&mut self, session: &Session, plan: &Plan) {
        for part in Part::ALL {
            self.read_part(session, plan, part).await;
            if self.vanished {
                return;
            }
        }
    }

    /// Reads once more the parts that failed and may succeed now.
    pub(super) async fn read_again(mut self, session: &Session, plan: &Plan) -> Self {
        let (again, stay): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.faults).into_iter().partition(|(_, fault)| fault.may_pass());
        self.faults = stay;
        for (part, _) in again {
            self.read_part(session, plan, part).await;
        }
        self
    }

    async fn read_part(&mut self, session: &Session, plan: &Plan, part: Part) {
        if self.is_known_without_asking(part) {
            return;
        }
        if !plan.asked.contains(&part) {
            self.unasked.push(part);
            self.resource.mark_unknown(part.place());
            return;
        }
        let mut answer = self.ask(&session.s3(&self.region), part).await;
        if let Some(region) = self.moved(&answer) {
            self.region = region.clone();
            self.resource.region = region;
            self.located = None;
            answer = self.ask(&session.s3(&self.region), part).await;
        }
        match answer {
            Ok(()) => {}
            Err(fault) if fault.is(&["NoSuchBucket"]) => self.vanished = true,
            Err(fault) => self.faults.push((part, fault)),
        }
    }

    /// The region that the service says the bucket is in, when it is another one.
    fn moved(&self, answer: &Result<(), Fault>) -> Option<Region> {
        let region = answer.as_ref().err()?.elsewhere.as_deref()?;
        Region::new(region).ok().filter(|region| *region != self.region)
    }

    /// What follows from the parts that were read: a bucket without a policy has no policy
    /// status, one with ACLs off has the owner's grant alone, and one that never had versioning
    /// has neither object lock nor replication.
    fn is_known_without_asking(&mut self, part: Part) -> bool {
        let failed = |part: Part| self.faults.iter().any(|(failed, _)| *failed == part);
        match part {
            Part::PolicyStatus => self.bucket.policy.is_none() && !self.policy_exists() && !failed(Part::Policy),
            Part::Acl if self.bucket.ownership.as_deref() == Some("BucketOwnerEnforced") => {
                let grant = AclGrant { grantee: "owner".to_owned(), permission: "FULL_CONTROL".to_owned() };
                self.bucket.acl = Some(vec![grant]);
                true
            }
            Part::ObjectLock | Part::Replication => {
                self.bucket.versioning.as_ref().is_some_and(|versioning| versioning.status == "Disabled")
            }
            _ => false,
        }
    }

    /// Whether there is a policy, even one that could not be understood.
    fn policy_exists(&self) -> bool {
        self.resource.origin.policy_texts.contains_key(&Part::Policy.place())
    }

    /// Makes the call for one part and puts the answer in its place.
    async fn ask(&mut self, s3: &Regional<aws_sdk_s3::Client>, part: Part) -> Result<(), Fault> {
        let (client, cell, name) = (&s3.client, &*s3.cell, self.name.clone());
        let bucket = &mut self.bucket;
        macro_rules! call {
            ($method:ident) => {
                cell.call(part.operation(), || client.$method().bucket(&name).send()).await
            };
        }
        match part {
            Part::Policy => {
                let text = absent(call!(get_bucket_policy), "NoSuchBucketPolicy")?.and_then(|answer| answer.policy);
                if let Some(text) = text {
                    let policy = read_policy(&mut self.resource, &part.place(), &text);
                    bucket.policy = Some(policy.map_err(|problem| Fault::malformed(part.operation(), problem))?);
                    self.resource.unknown.retain(|place| *place != part.place());
                }
            }
            Part::PolicyStatus => {
                let status = absent(call!(get_bucket_policy_status), "NoSuchBucketPolicy")?;
                let policy_is_public =
                    status.and_then(|answer| answer.policy_status).and_then(|status| status.is_public);
                bucket.observed = policy_is_public.map(|public| BucketObserved { policy_is_public: Some(public) });
            }
            Part::Ownership => {
                let controls = absent(call!(get_bucket_ownership_controls), "OwnershipControlsNotFoundError")?;
                bucket.ownership = controls.and_then(|answer| convert::ownership(&answer));
            }
            Part::Acl => bucket.acl = Some(convert::acl(&call!(get_bucket_acl)?)),
            Part::PublicAccessBlock => {
                let block = absent(call!(get_public_access_block), "NoSuchPublicAccessBlockConfiguration")?;
                bucket.public_access_block = block.and_then(|answer| convert::access_block(&answer));
            }
            Part::Encryption => {
                let code = "ServerSideEncryptionConfigurationNotFoundError";
                bucket.encryption =
                    absent(call!(get_bucket_encryption), code)?.and_then(|answer| convert::encryption(&answer));
            }
            Part::Versioning => bucket.versioning = Some(convert::versioning(&call!(get_bucket_versioning)?)),
            Part::Logging => bucket.logging = convert::logging(call!(get_bucket_logging)?),
            Part::Lifecycle => {
                let rules = absent(call!(get_bucket_lifecycle_configuration), "NoSuchLifecycleConfiguration")?;
                bucket.lifecycle_rules = rules.and_then(|answer| convert::lifecycle(&answer));
            }
            Part::Tagging => {
                let tags = absent(call!(get_bucket_tagging), "NoSuchTagSet")?;
                self.resource.tags = tags.map(|answer| convert::tags(&answer.tag_set)).unwrap_or_default();
            }
            Part::ObjectLock => {
                let lock = absent(call!(get_object_lock_configuration), "ObjectLockConfigurationNotFoundError")?;
                bucket.object_lock = lock.and_then(|answer| convert::object_lock(&answer));
            }
            Part::Replication => {
                let replication = absent(call!(get_bucket_replication), "ReplicationConfigurationNotFoundError")?;
                bucket.replication = replication.and_then(|answer| convert::replication(&answer, &cell.account));
            }
            Part::Website => {
                let website = absent(call!(get_bucket_website), "NoSuchWebsiteConfiguration")?;
                bucket.website = website.map(convert::website);
            }
            Part::Notifications => {
                bucket.notifications = convert::notifications(&call!(get_bucket_notification_configuration)?);
            }
        }
        Ok(())
    }

    /// The resource, and a gap for each part that could not be read.
    pub(super) fn finish(self, session: &Session, collected: &mut Collected) {
        let Self { mut resource, bucket, faults, located, region, .. } = self;
        resource.configuration = bucket.into();
        let s3 = session.s3(&region);
        if let Some(fault) = located {
            collected.gaps.push(s3.cell.unread(&fault, &mut resource, &[region_place()]));
        }
        for (part, fault) in faults {
            collected.gaps.push(s3.cell.unread(&fault, &mut resource, &[part.place()]));
        }
        collected.resources.push(resource);
    }
}

/// S3 answers "there is none" with an error of its own for each part.
fn absent<T>(answer: Result<T, Fault>, code: &str) -> Result<Option<T>, Fault> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(fault) if fault.is(&[code]) => Ok(None),
        Err(fault) => Err(fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(depth: Depth, wanted: &[&str]) -> Scope {
        let wanted = wanted.iter().map(|place| Pointer::new(*place)).collect();
        Scope { depth, wanted, ..Scope::default() }
    }

    #[test]
    fn ten_parts_are_asked_for_by_default_and_more_where_a_rule_reads_them() {
        assert_eq!(Plan::new(&scope(Depth::Standard, &[])).asked.len(), 10);
        let plan =
            Plan::new(&scope(Depth::Standard, &["/configuration/website", "/configuration/object_lock/enabled"]));
        assert!(plan.asked.contains(&Part::Website) && plan.asked.contains(&Part::ObjectLock));
        assert!(!plan.asked.contains(&Part::Notifications));
        assert_eq!(Plan::new(&scope(Depth::Full, &[])).asked.len(), Part::ALL.len());
    }

    #[test]
    fn an_error_that_means_none_is_an_answer() {
        let fault = |code: &str| Fault { code: Some(code.to_owned()), ..Fault::malformed("GetBucketTagging", "") };
        assert_eq!(absent::<()>(Err(fault("NoSuchTagSet")), "NoSuchTagSet"), Ok(None));
        assert!(absent::<()>(Err(fault("AccessDenied")), "NoSuchTagSet").is_err());
    }
}
