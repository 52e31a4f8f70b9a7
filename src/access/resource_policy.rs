//! The policy of the resource a request is about: a bucket's, an access point's, a role's trust.
//!
//! For services whose resource policies are not collected the layer is unread, because such a
//! policy may allow and may deny; for those that have none, and for requests that make a new
//! resource, there is no layer.

use std::collections::HashMap;

use super::documents::{Held, Source};
use super::index::{Index, place};
use crate::model::{AccessPoint, Account, Bucket, Pointer, PolicyDocument, PublicAccessBlock, Statement};
use crate::policy::{Guards, LayerPolicies, PolicyView, policy_public};

/// Services that keep resource policies which are not collected: the service's prefix in ARNs,
/// and how the part after the account begins. Source: IAM user guide, "AWS services that work
/// with IAM", column resource-based policies.
const NOT_COLLECTED: &[(&str, &str)] = &[
    ("acm-pca", "certificate-authority/"),
    ("apigateway", ""),
    ("aps", "workspace/"),
    ("backup", "backup-vault:"),
    ("codeartifact", ""),
    ("codebuild", "project/"),
    ("codebuild", "report-group/"),
    ("dynamodb", "table/"),
    ("ecr", "repository/"),
    ("elasticfilesystem", "file-system/"),
    ("es", "domain/"),
    ("events", "event-bus/"),
    ("execute-api", ""),
    ("glacier", "vaults/"),
    ("glue", "catalog"),
    ("glue", "connection/"),
    ("glue", "database/"),
    ("glue", "table/"),
    ("iot", "policy/"),
    ("kafka", "cluster/"),
    ("kinesis", "stream/"),
    ("kms", "key/"),
    ("kms", "alias/"),
    ("lambda", "function:"),
    ("lambda", "layer:"),
    ("lex", "bot"),
    ("logs", "log-group:"),
    ("redshift-serverless", "snapshot/"),
    ("rekognition", "project/"),
    ("s3-object-lambda", "accesspoint/"),
    ("s3-outposts", "outpost/"),
    ("s3express", "bucket/"),
    ("s3tables", "bucket/"),
    ("schemas", "registry/"),
    ("secretsmanager", "secret:"),
    ("ses", "identity/"),
    ("signer", "/signing-profiles/"),
    ("sns", ""),
    ("sqs", ""),
    ("ssm", "opsitemgroup/"),
    ("ssm", "parameter/"),
    ("ssm-incidents", ""),
    ("vpc-lattice", ""),
    ("xray", ""),
];

/// Actions that make the resource they name, so that it has no policy yet.
const CREATING: &[&str] = &[
    "codebuild:createproject",
    "dynamodb:createtable",
    "ecr:createrepository",
    "kinesis:createstream",
    "kms:createkey",
    "lambda:createfunction",
    "logs:createloggroup",
    "s3:createbucket",
    "secretsmanager:createsecret",
    "sns:createtopic",
    "sqs:createqueue",
];

/// The actions a trust policy is asked about.
const TRUSTED: &[&str] = &[
    "sts:assumerole",
    "sts:assumerolewithsaml",
    "sts:assumerolewithwebidentity",
    "sts:setsourceidentity",
    "sts:tagsession",
];

/// The policies of buckets and access points, ready to be asked about.
#[derive(Debug, Default)]
pub(super) struct ResourcePolicies<'a> {
    buckets: HashMap<&'a str, Held<'a>>,
    access_points: HashMap<&'a str, Held<'a>>,
}

impl<'a> ResourcePolicies<'a> {
    pub(super) fn of(index: &Index<'a>) -> Self {
        let buckets =
            index.buckets().map(|(source, bucket)| (source.resource.name.as_str(), of_bucket(index, source, bucket)));
        let points = index
            .access_points()
            .map(|(source, point)| (source.resource.id.as_str(), of_access_point(index, source, point)));
        Self { buckets: buckets.collect(), access_points: points.collect() }
    }

    /// The layer of the resource's own policy; `None` when the resource has no policy.
    pub(super) fn layer<'s>(&'s self, index: &'s Index<'a>, action: &str, resource: &str) -> Option<LayerPolicies<'s>> {
        let is = |known: &&str| known.eq_ignore_ascii_case(action);
        if CREATING.iter().any(is) {
            return None;
        }
        let arn = Arn::read(resource)?;
        match arn.service {
            "s3" if arn.rest.starts_with("accesspoint/") => Some(self.access_point(resource)),
            "s3" => self.bucket(arn.rest.split('/').next().unwrap_or_default()),
            "iam" if arn.rest.starts_with("role/") && TRUSTED.iter().any(is) => {
                Some(trust(index, resource, arn.account))
            }
            _ => {
                let keeps = |(service, start): &&(&str, &str)| *service == arn.service && arn.rest.starts_with(start);
                let unread = || LayerPolicies::unread(format!("the resource policy of {resource} is not collected"));
                NOT_COLLECTED.iter().find(keeps).map(|_| unread())
            }
        }
    }

    fn bucket(&self, name: &str) -> Option<LayerPolicies<'_>> {
        let Some(held) = self.buckets.get(name) else {
            return Some(LayerPolicies::unread(format!(
                "the policy of bucket {name} was not read: it is not in the snapshot"
            )));
        };
        (!held.policies.is_empty() || !held.unread.is_empty()).then(|| held.applied())
    }

    fn access_point(&self, resource: &str) -> LayerPolicies<'_> {
        let arn = resource.split_once("/object/").map_or(resource, |(arn, _)| arn);
        let missing = || {
            LayerPolicies::unread(format!("the policy of access point {arn} was not read: it is not in the snapshot"))
        };
        self.access_points.get(arn).map_or_else(missing, Held::applied)
    }
}

/// The parts of an ARN that tell which policy it has.
struct Arn<'t> {
    service: &'t str,
    account: &'t str,
    rest: &'t str,
}

impl<'t> Arn<'t> {
    fn read(text: &'t str) -> Option<Self> {
        let mut parts = text.strip_prefix("arn:")?.splitn(5, ':').skip(1);
        let (service, _region) = (parts.next()?, parts.next()?);
        Some(Self { service, account: parts.next()?, rest: parts.next()? })
    }
}

fn trust<'s>(index: &'s Index<'_>, arn: &str, account: &str) -> LayerPolicies<'s> {
    match index.holder_of(arn).and_then(|holder| holder.trust.as_ref()) {
        Some(trust) => trust.applied(),
        None if index.scanned.contains(account) => LayerPolicies::unread(format!("role {arn} is not in the snapshot")),
        None => LayerPolicies::unread(format!(
            "the trust policy of {arn} was not read: account {account} is not in the snapshot"
        )),
    }
}

fn of_bucket<'a>(index: &Index<'a>, source: &Source<'a>, bucket: &'a Bucket) -> Held<'a> {
    let at = Pointer::configuration("policy");
    let mut held = Held::default();
    held.add(source, place(source, &at), bucket.policy.as_ref(), &at);
    add_acl(&mut held, index, source, bucket);
    add_object_acls(&mut held, index, source, bucket);
    add_restriction(&mut held, index, source, bucket);
    held
}

fn of_access_point<'a>(index: &Index<'a>, source: &Source<'a>, point: &'a AccessPoint) -> Held<'a> {
    let at = Pointer::configuration("policy");
    let mut held = Held::default();
    held.add(source, place(source, &at), point.policy.as_ref(), &at);
    // The bucket's own policy is asked about such a request as well, with the bucket as resource.
    match index.bucket(&point.bucket) {
        Some((_, bucket)) if bucket.policy.is_none() => {}
        _ => held.unread.push(format!("the policy of bucket {} is asked as well, and was not", point.bucket)),
    }
    held
}

/// What an ACL lets everyone do, written as a policy; objects' own ACLs are not collected.
fn add_acl<'a>(held: &mut Held<'a>, index: &Index<'a>, source: &Source<'a>, bucket: &Bucket) {
    let enforced = bucket.ownership.as_deref() == Some("BucketOwnerEnforced");
    let ignores = |block: Option<PublicAccessBlock>| block.is_some_and(|block| block.ignore_public_acls);
    let account = index.account(source.resource.account.as_str());
    let ignored = ignores(bucket.public_access_block) || ignores(block_of(account));
    if enforced || ignored || source.resource.stale_since.is_some() {
        return;
    }
    if let Some(why) = source.unknown_place(&Pointer::configuration("acl")) {
        held.unread.push(why);
        return;
    }
    let everyone =
        |grantee: &str| grantee.ends_with("/global/AllUsers") || grantee.ends_with("/global/AuthenticatedUsers");
    let grants = bucket.acl.iter().flatten().filter(|grant| everyone(&grant.grantee));
    let statements: Vec<Statement> =
        grants.filter_map(|grant| granted(&grant.grantee, &grant.permission, source)).collect();
    if statements.is_empty() {
        return;
    }
    let ownership = source.unknown_place(&Pointer::configuration("ownership"));
    if let Some(why) = ownership.or_else(|| block_unread(source, account)) {
        held.unread.push(why);
        return;
    }
    let document = PolicyDocument { version: "2012-10-17".to_owned(), id: None, statement: statements };
    held.add_own(place(source, &Pointer::configuration("acl")), document);
}

/// What ACLs of single objects may let others do, which are not collected: a statement that
/// depends on them. It is left out where ACLs are off, or public ones are ignored.
fn add_object_acls<'a>(held: &mut Held<'a>, index: &Index<'a>, source: &Source<'a>, bucket: &Bucket) {
    let known = |place: &str| source.unknown_place(&Pointer::configuration(place)).is_none();
    let off = known("ownership") && bucket.ownership.as_deref() == Some("BucketOwnerEnforced");
    let ignores = |block: Option<PublicAccessBlock>| block.is_some_and(|block| block.ignore_public_acls);
    let account = index.account(source.resource.account.as_str());
    let ignored = known("public_access_block") && ignores(bucket.public_access_block) || ignores(block_of(account));
    if off || ignored || source.resource.stale_since.is_some() {
        return;
    }
    let mut statement = statement_for_everyone("Allow", OBJECT_ACTIONS);
    statement.resource = Some(vec![format!("{}/*", source.resource.id)]);
    let key = |key: &str, value: &str| [(key.to_owned(), vec![value.to_owned()])].into_iter().collect();
    statement.condition = [
        ("StringEquals".to_owned(), key(OBJECT_ACL, "true")),
        ("StringNotEqualsIfExists".to_owned(), key("aws:principalaccount", source.resource.account.as_str())),
    ]
    .into_iter()
    .collect();
    let document = PolicyDocument { version: "2012-10-17".to_owned(), id: None, statement: vec![statement] };
    held.add_own(format!("the ACL of the object in {}", source.resource.id), document);
}

/// What an object's ACL can grant.
const OBJECT_ACTIONS: &[&str] = &[
    "s3:getobject",
    "s3:getobjectacl",
    "s3:getobjectversion",
    "s3:getobjectversionacl",
    "s3:putobjectacl",
    "s3:putobjectversionacl",
];

/// Stands for what is not known: a key that no request has, so that nothing decides it.
const OBJECT_ACL: &str = "the-object's-own-acl-allows-it";

/// The account's access block, unless it is only what an earlier scan saw.
fn block_of(account: Option<(&Source<'_>, &Account)>) -> Option<PublicAccessBlock> {
    let (_, account) = account.filter(|(source, _)| source.stale().is_none())?;
    account.s3_public_access_block
}

/// Why the access block in force is not known, when it is not: that of the bucket, or of the
/// account.
fn block_unread(source: &Source<'_>, account: Option<(&Source<'_>, &Account)>) -> Option<String> {
    let of_account = Pointer::configuration("s3_public_access_block");
    source.unknown_place(&Pointer::configuration("public_access_block")).or_else(|| match account {
        Some((source, _)) => source.stale().or_else(|| source.unknown_place(&of_account)),
        None => Some(format!("the public access block of account {} was not read", source.resource.account)),
    })
}

fn granted(grantee: &str, permission: &str, source: &Source<'_>) -> Option<Statement> {
    let reading = ["s3:listbucket", "s3:listbucketmultipartuploads", "s3:listbucketversions"];
    let actions: &[&str] = match permission {
        "READ" => &reading,
        "WRITE" => &["s3:putobject"],
        "READ_ACP" => &["s3:getbucketacl"],
        "WRITE_ACP" => &["s3:putbucketacl"],
        "FULL_CONTROL" => &[
            "s3:getbucketacl",
            "s3:listbucket",
            "s3:listbucketmultipartuploads",
            "s3:listbucketversions",
            "s3:putbucketacl",
            "s3:putobject",
        ],
        _ => return None,
    };
    let bucket = source.resource.id.as_str();
    let mut statement = statement_for_everyone("Allow", actions);
    statement.resource = Some(vec![bucket.to_owned(), format!("{bucket}/*")]);
    if grantee.ends_with("/global/AuthenticatedUsers") {
        let signed = [("aws:principalaccount".to_owned(), vec!["false".to_owned()])];
        statement.condition = [("Null".to_owned(), signed.into_iter().collect())].into_iter().collect();
    }
    Some(statement)
}

fn statement_for_everyone(effect: &str, actions: &[&str]) -> Statement {
    Statement {
        effect: effect.to_owned(),
        principal: Some([("AWS".to_owned(), vec!["*".to_owned()])].into_iter().collect()),
        action: Some(actions.iter().map(|action| (*action).to_owned()).collect()),
        ..Statement::default()
    }
}

/// What `RestrictPublicBuckets` takes from a public policy, written as a policy: everything but
/// the account's own principals and AWS services.
fn add_restriction<'a>(held: &mut Held<'a>, index: &Index<'a>, source: &Source<'a>, bucket: &'a Bucket) {
    let view = PolicyView::new(bucket.policy.as_ref(), Pointer::configuration("policy"), &source.resource.unknown);
    let public = policy_public(&view, Guards::Bucket).value;
    if bucket.policy.is_none() || public == Some(false) || source.resource.stale_since.is_some() {
        return;
    }
    let restricts = |block: Option<PublicAccessBlock>| block.is_some_and(|block| block.restrict_public_buckets);
    let account = index.account(source.resource.account.as_str());
    let on = restricts(bucket.public_access_block) || restricts(block_of(account));
    match (on, public, block_unread(source, account)) {
        (true, Some(_), _) => {
            let name = place(source, &Pointer::configuration("public_access_block"));
            let document = restriction(source);
            held.add_own(name, document);
        }
        (true, None, _) => {
            held.unread.push(format!("whether the policy of {} is public is not known", source.resource.id));
        }
        (false, _, Some(why)) => held.unread.push(why),
        (false, _, None) => {}
    }
}

fn restriction(source: &Source<'_>) -> PolicyDocument {
    let mut statement = statement_for_everyone("Deny", &["s3:*"]);
    let bucket = source.resource.id.as_str();
    statement.resource = Some(vec![bucket.to_owned(), format!("{bucket}/*")]);
    statement.sid = Some("RestrictPublicBuckets".to_owned());
    let account = [("aws:principalaccount".to_owned(), vec![source.resource.account.as_str().to_owned()])];
    let service = [("aws:principalisawsservice".to_owned(), vec!["false".to_owned()])];
    statement.condition = [
        ("BoolIfExists".to_owned(), service.into_iter().collect()),
        ("StringNotEquals".to_owned(), account.into_iter().collect()),
    ]
    .into_iter()
    .collect();
    PolicyDocument { version: "2012-10-17".to_owned(), id: None, statement: vec![statement] }
}
