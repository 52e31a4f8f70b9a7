//! S3: buckets and their configuration, path style.

use jiff::Timestamp;
use serde_json::Value;

use super::estate::{Account, Estate, document_text, opaque_id};
use super::estate_s3::{AccessBlock, Bucket, LifecycleRule};
use super::paging::page;
use super::refusal::{Refusal, is_directory};
use super::request::{Call, Service};
use super::xml::Xml;

/// What S3 answers: the body, and the bucket's region for the header that carries it.
pub(super) struct Answer {
    pub(super) body: String,
    pub(super) region: Option<String>,
    pub(super) content_type: &'static str,
}

impl Answer {
    fn xml(body: String) -> Self {
        Self { body, region: None, content_type: "application/xml" }
    }
}

pub(super) fn answer(call: &Call, estate: &Estate, account: &Account) -> Result<Answer, Refusal> {
    let Some(name) = &call.asked.subject else {
        return if call.operation() == "ListDirectoryBuckets" {
            list_directory_buckets(call, estate, account).map(Answer::xml)
        } else {
            list_buckets(call, estate, account).map(Answer::xml)
        };
    };
    if is_directory(name) {
        return of_directory(call, account, name).map(Answer::xml);
    }
    let bucket = find(call, estate, account, name)?;
    in_its_region(call, bucket)?;
    if call.operation() == "GetBucketPolicy" {
        let policy = bucket
            .policy
            .as_ref()
            .ok_or_else(|| Refusal::new(404, "NoSuchBucketPolicy", "The bucket policy does not exist"))?;
        return Ok(Answer { body: document_text(policy), region: None, content_type: "application/json" });
    }
    if call.operation() == "HeadBucket" {
        return Ok(Answer { region: Some(bucket.region.clone()), ..Answer::xml(String::new()) });
    }
    configuration(call, account, bucket).map(Answer::xml)
}

/// Buckets live in one account, but every account sees that a name is taken.
fn find<'a>(call: &Call, estate: &Estate, account: &'a Account, name: &str) -> Result<&'a Bucket, Refusal> {
    account.bucket(name).ok_or_else(|| {
        if estate.accounts.iter().any(|other| other.bucket(name).is_some()) {
            return Refusal::denied(call);
        }
        Refusal::new(404, "NoSuchBucket", "The specified bucket does not exist")
    })
}

/// Only `GetBucketLocation` may be asked in any region.
fn in_its_region(call: &Call, bucket: &Bucket) -> Result<(), Refusal> {
    if call.region == bucket.region || call.operation() == "GetBucketLocation" {
        return Ok(());
    }
    let mut refusal = if call.region == "us-east-1" {
        let message = format!(
            "The authorization header is malformed; the region 'us-east-1' is wrong; expecting '{}'",
            bucket.region
        );
        Refusal::new(400, "AuthorizationHeaderMalformed", message)
    } else {
        let message = "The bucket you are attempting to access must be addressed using the specified endpoint. \
                       Please send all future requests to this endpoint.";
        Refusal::new(301, "PermanentRedirect", message)
    };
    refusal.region = Some(bucket.region.clone());
    Err(refusal)
}

/// Without any parameter AWS answers in the old way: everything at once, and no regions.
fn list_buckets(call: &Call, estate: &Estate, account: &Account) -> Result<String, Refusal> {
    let limit = call.parameter("max-buckets");
    let in_region = call.parameter("bucket-region");
    let prefix = call.parameter("prefix");
    let token = call.parameter("continuation-token");
    let paged = limit.or(in_region).or(prefix).or(token).is_some();
    let size = match limit.map(str::parse::<usize>) {
        None => 10_000,
        Some(Ok(size @ 1..=10_000)) => size,
        Some(_) => {
            return Err(Refusal::new(
                400,
                "InvalidArgument",
                "Argument max-buckets must be an integer between 1 and 10000",
            ));
        }
    };
    let mut buckets: Vec<&Bucket> = account
        .buckets
        .iter()
        .filter(|bucket| in_region.is_none_or(|region| bucket.region == region))
        .filter(|bucket| prefix.is_none_or(|prefix| bucket.name.starts_with(prefix)))
        .collect();
    buckets.sort_by(|one, other| one.name.cmp(&other.name));
    let page = page(&buckets, token, size)
        .map_err(|_bad| Refusal::new(400, "InvalidArgument", "The continuation token provided is incorrect"))?;
    Ok(document("ListAllMyBucketsResult", |xml| {
        xml.element("Owner", |xml| xml.text("ID", canonical_id(account)));
        xml.list("Buckets", "Bucket", page.items, |xml, bucket| {
            xml.text("Name", &bucket.name);
            xml.text("CreationDate", instant(estate.days_ago(bucket.created_days_ago)));
            if paged {
                xml.text("BucketRegion", &bucket.region);
                xml.text("BucketArn", format!("arn:aws:s3:::{}", bucket.name));
            }
        });
        xml.maybe("ContinuationToken", page.next);
        xml.maybe("Prefix", prefix);
    }))
}

fn list_directory_buckets(call: &Call, estate: &Estate, account: &Account) -> Result<String, Refusal> {
    let size = call.parameter("max-directory-buckets").and_then(|text| text.parse().ok());
    let mut buckets: Vec<_> = account.directory_buckets.iter().filter(|bucket| bucket.region == call.region).collect();
    buckets.sort_by(|one, other| one.name.cmp(&other.name));
    let page = page(&buckets, call.parameter("continuation-token"), size.unwrap_or(1000).clamp(1, 1000))
        .map_err(|_bad| Refusal::new(400, "InvalidArgument", "The continuation token provided is incorrect"))?;
    Ok(document("ListAllMyDirectoryBucketsResult", |xml| {
        xml.list("Buckets", "Bucket", page.items, |xml, bucket| {
            xml.text("Name", &bucket.name);
            xml.text("CreationDate", instant(estate.days_ago(bucket.created_days_ago)));
        });
        xml.maybe("ContinuationToken", page.next);
    }))
}

/// Of a directory bucket only its lifecycle is asked.
fn of_directory(call: &Call, account: &Account, name: &str) -> Result<String, Refusal> {
    let mut buckets = account.directory_buckets.iter();
    let bucket = buckets
        .find(|bucket| bucket.name == name && bucket.region == call.region)
        .ok_or_else(|| Refusal::new(404, "NoSuchBucket", "The specified bucket does not exist"))?;
    match call.operation() {
        "GetBucketLifecycleConfiguration" => lifecycle(&bucket.lifecycle),
        _ => Err(Refusal::unsupported(&call.asked)),
    }
}

fn configuration(call: &Call, account: &Account, bucket: &Bucket) -> Result<String, Refusal> {
    match call.operation() {
        "GetBucketLocation" => Ok(location(bucket)),
        "GetBucketPolicyStatus" => policy_status(bucket),
        "GetBucketAcl" => Ok(acl(account, bucket)),
        "GetBucketOwnershipControls" => ownership(bucket),
        "GetPublicAccessBlock" => access_block(bucket),
        "GetBucketEncryption" => Ok(encryption(bucket)),
        "GetBucketVersioning" => Ok(versioning(bucket)),
        "GetBucketLogging" => Ok(logging(bucket)),
        "GetBucketLifecycleConfiguration" => lifecycle(&bucket.lifecycle),
        "GetObjectLockConfiguration" => object_lock(bucket),
        "GetBucketReplication" => replication(bucket),
        "GetBucketNotificationConfiguration" => Ok(notification(bucket)),
        "GetBucketWebsite" => website(bucket),
        "GetBucketTagging" => tagging(bucket),
        _ => Err(Refusal::unsupported(&call.asked)),
    }
}

/// us-east-1 has no location constraint, for reasons of age.
fn location(bucket: &Bucket) -> String {
    document("LocationConstraint", |xml| {
        if bucket.region != "us-east-1" {
            xml.raw(&bucket.region);
        }
    })
}

fn policy_status(bucket: &Bucket) -> Result<String, Refusal> {
    let policy = bucket
        .policy
        .as_ref()
        .ok_or_else(|| Refusal::new(404, "NoSuchBucketPolicy", "The bucket policy does not exist"))?;
    Ok(document("PolicyStatus", |xml| xml.text("IsPublic", is_public(policy))))
}

/// AWS's definition in a simple form: some statement allows everyone, and no condition limits it
/// to fixed values of a key that names the caller or where it calls from.
fn is_public(policy: &Value) -> bool {
    const LIMITS: [&str; 8] = [
        "aws:sourcearn",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:sourceaccount",
        "aws:principalorgid",
        "aws:principalaccount",
        "aws:principalarn",
        "aws:sourceip",
    ];
    let everyone = |principal: &Value| {
        let any = |value: &Value| value == "*" || value.as_array().is_some_and(|all| all.iter().any(|one| one == "*"));
        any(principal) || any(&principal["AWS"])
    };
    let limited = |condition: &Value| {
        condition.as_object().is_some_and(|operators| {
            operators.values().filter_map(Value::as_object).flat_map(|keys| keys.iter()).any(|(key, values)| {
                let wide = values == "*" || values == "0.0.0.0/0" || values == "::/0";
                LIMITS.contains(&key.to_ascii_lowercase().as_str()) && !wide
            })
        })
    };
    let statements = policy["Statement"].as_array().cloned().unwrap_or_else(|| vec![policy["Statement"].clone()]);
    statements.iter().any(|statement| {
        statement["Effect"] == "Allow" && everyone(&statement["Principal"]) && !limited(&statement["Condition"])
    })
}

fn acl(account: &Account, bucket: &Bucket) -> String {
    let owner = canonical_id(account);
    document("AccessControlPolicy", |xml| {
        xml.element("Owner", |xml| xml.text("ID", &owner));
        xml.element("AccessControlList", |xml| {
            grant(xml, &owner, "FULL_CONTROL");
            for extra in &bucket.grants {
                grant(xml, &extra.to, &extra.permission);
            }
        });
    })
}

fn grant(xml: &mut Xml, to: &str, permission: &str) {
    let (kind, element, value) = match to {
        "AllUsers" | "AuthenticatedUsers" => ("Group", "URI", format!("http://acs.amazonaws.com/groups/global/{to}")),
        "LogDelivery" => ("Group", "URI", "http://acs.amazonaws.com/groups/s3/LogDelivery".to_owned()),
        user => ("CanonicalUser", "ID", user.to_owned()),
    };
    xml.element("Grant", |xml| {
        xml.raw(&format!("<Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"{kind}\">"));
        xml.text(element, value);
        xml.raw("</Grantee>");
        xml.text("Permission", permission);
    });
}

fn ownership(bucket: &Bucket) -> Result<String, Refusal> {
    let ownership = bucket.ownership.as_ref().ok_or_else(|| {
        Refusal::new(404, "OwnershipControlsNotFoundError", "The bucket ownership controls were not found")
    })?;
    Ok(document("OwnershipControls", |xml| {
        xml.element("Rule", |xml| xml.text("ObjectOwnership", ownership));
    }))
}

fn access_block(bucket: &Bucket) -> Result<String, Refusal> {
    let block = bucket.access_block.ok_or_else(|| {
        let message = "The public access block configuration was not found";
        Refusal::new(404, "NoSuchPublicAccessBlockConfiguration", message)
    })?;
    Ok(document("PublicAccessBlockConfiguration", |xml| access_block_flags(xml, block)))
}

/// The four flags, in the spelling that S3 and S3 Control share.
pub(super) fn access_block_flags(xml: &mut Xml, block: AccessBlock) {
    xml.text("BlockPublicAcls", block.block_acls);
    xml.text("IgnorePublicAcls", block.ignore_acls);
    xml.text("BlockPublicPolicy", block.block_policy);
    xml.text("RestrictPublicBuckets", block.restrict_buckets);
}

/// Every bucket has been encrypted by default since 2023; what was never configured is AES256.
fn encryption(bucket: &Bucket) -> String {
    let key = bucket.encryption.as_deref().filter(|encryption| encryption.starts_with("arn:"));
    document("ServerSideEncryptionConfiguration", |xml| {
        xml.element("Rule", |xml| {
            xml.element("ApplyServerSideEncryptionByDefault", |xml| {
                xml.text("SSEAlgorithm", if key.is_some() { "aws:kms" } else { "AES256" });
                xml.maybe("KMSMasterKeyID", key);
            });
            xml.text("BucketKeyEnabled", key.is_some());
        });
    })
}

fn versioning(bucket: &Bucket) -> String {
    document("VersioningConfiguration", |xml| {
        xml.maybe("Status", bucket.versioning.as_ref());
        if bucket.mfa_delete {
            xml.text("MfaDelete", "Enabled");
        }
    })
}

fn logging(bucket: &Bucket) -> String {
    document("BucketLoggingStatus", |xml| {
        if let Some(logging) = &bucket.logging {
            xml.element("LoggingEnabled", |xml| {
                xml.text("TargetBucket", &logging.bucket);
                xml.text("TargetPrefix", &logging.prefix);
            });
        }
    })
}

fn lifecycle(rules: &[LifecycleRule]) -> Result<String, Refusal> {
    if rules.is_empty() {
        let message = "The lifecycle configuration does not exist";
        return Err(Refusal::new(404, "NoSuchLifecycleConfiguration", message));
    }
    Ok(document("LifecycleConfiguration", |xml| {
        for rule in rules {
            xml.element("Rule", |xml| lifecycle_rule(xml, rule));
        }
    }))
}

fn lifecycle_rule(xml: &mut Xml, rule: &LifecycleRule) {
    xml.text("ID", &rule.id);
    xml.element("Filter", |xml| xml.text("Prefix", &rule.prefix));
    xml.text("Status", if rule.disabled { "Disabled" } else { "Enabled" });
    let mut days = |element: &str, child: &str, days: Option<u32>| {
        if let Some(days) = days {
            xml.element(element, |xml| xml.text(child, days));
        }
    };
    days("Expiration", "Days", rule.expire_days);
    days("NoncurrentVersionExpiration", "NoncurrentDays", rule.noncurrent_days);
    days("AbortIncompleteMultipartUpload", "DaysAfterInitiation", rule.abort_upload_days);
    if let Some(days) = rule.archive_days {
        xml.element("Transition", |xml| {
            xml.text("Days", days);
            xml.text("StorageClass", "GLACIER");
        });
    }
    if let Some(days) = rule.noncurrent_archive_days {
        xml.element("NoncurrentVersionTransition", |xml| {
            xml.text("NoncurrentDays", days);
            xml.text("StorageClass", "GLACIER");
        });
    }
}

fn object_lock(bucket: &Bucket) -> Result<String, Refusal> {
    let lock = bucket.object_lock.as_ref().ok_or_else(|| {
        let message = "Object Lock configuration does not exist for this bucket";
        Refusal::new(404, "ObjectLockConfigurationNotFoundError", message)
    })?;
    Ok(document("ObjectLockConfiguration", |xml| {
        xml.text("ObjectLockEnabled", "Enabled");
        xml.element("Rule", |xml| {
            xml.element("DefaultRetention", |xml| {
                xml.text("Mode", &lock.mode);
                xml.text("Days", lock.days);
            });
        });
    }))
}

fn replication(bucket: &Bucket) -> Result<String, Refusal> {
    let replication = bucket.replication.as_ref().ok_or_else(|| {
        let message = "The replication configuration was not found";
        Refusal::new(404, "ReplicationConfigurationNotFoundError", message)
    })?;
    Ok(document("ReplicationConfiguration", |xml| {
        xml.text("Role", &replication.role);
        xml.element("Rule", |xml| {
            xml.text("ID", &replication.id);
            xml.text("Priority", 1);
            xml.element("Filter", |xml| xml.text("Prefix", ""));
            xml.text("Status", "Enabled");
            xml.element("DeleteMarkerReplication", |xml| xml.text("Status", "Disabled"));
            xml.element("Destination", |xml| {
                xml.text("Bucket", format!("arn:aws:s3:::{}", replication.to));
                xml.maybe("Account", replication.account.as_ref());
            });
        });
    }))
}

fn notification(bucket: &Bucket) -> String {
    document("NotificationConfiguration", |xml| {
        for (number, target) in bucket.notifies.iter().enumerate() {
            let (element, child) = match target.split(':').nth(2) {
                Some("lambda") => ("CloudFunctionConfiguration", "CloudFunction"),
                Some("sqs") => ("QueueConfiguration", "Queue"),
                Some(_) => ("TopicConfiguration", "Topic"),
                None => {
                    xml.element("EventBridgeConfiguration", |_| {});
                    continue;
                }
            };
            xml.element(element, |xml| {
                xml.text("Id", format!("events-{number}"));
                xml.text(child, target);
                xml.text("Event", "s3:ObjectCreated:*");
            });
        }
    })
}

fn website(bucket: &Bucket) -> Result<String, Refusal> {
    let index = bucket.website_index.as_ref().ok_or_else(|| {
        let message = "The specified bucket does not have a website configuration";
        Refusal::new(404, "NoSuchWebsiteConfiguration", message)
    })?;
    Ok(document("WebsiteConfiguration", |xml| {
        xml.element("IndexDocument", |xml| xml.text("Suffix", index));
    }))
}

fn tagging(bucket: &Bucket) -> Result<String, Refusal> {
    if bucket.tags.is_empty() {
        return Err(Refusal::new(404, "NoSuchTagSet", "The TagSet does not exist"));
    }
    Ok(document("Tagging", |xml| {
        xml.list("TagSet", "Tag", &bucket.tags, |xml, (key, value)| {
            xml.text("Key", key);
            xml.text("Value", value);
        });
    }))
}

/// The account's id in ACLs: 64 hexadecimal digits.
fn canonical_id(account: &Account) -> String {
    blake3::hash(opaque_id("canonical", &account.id).as_bytes()).to_hex().to_string()
}

pub(super) fn instant(at: Timestamp) -> impl std::fmt::Display {
    at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
}

fn document(root: &str, fill: impl FnOnce(&mut Xml)) -> String {
    Xml::document(root, Service::S3.namespace(), fill)
}
