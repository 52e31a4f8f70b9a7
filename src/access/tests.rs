//! Accounts in a few lines, and what can be done in them.

use serde_json::{Value, json};

use super::*;
use crate::model::{
    AccountId, Bucket, Configuration, Grants, Group, InlinePolicy, Listing, ManagedPolicy, Pointer, PolicyDocument,
    PublicAccessBlock, Region, Resource, ResourceType, Role, User,
};
use crate::policy::{Decision, from_value};

pub(super) const HOME: &str = "111122223333";
pub(super) const OTHER: &str = "444455556666";

pub(super) fn document(statements: &Value) -> PolicyDocument {
    from_value(&json!({"Version": "2012-10-17", "Statement": statements})).unwrap()
}

fn resource(account: &str, kind: &str, path: &str, configuration: impl Into<Configuration>) -> Resource {
    let name = path.rsplit('/').next().unwrap();
    let id = match kind {
        "bucket" => format!("arn:aws:s3:::{name}"),
        _ => format!("arn:aws:iam::{account}:{kind}/{path}"),
    };
    Resource::new(ResourceId::new(id).unwrap(), AccountId::new(account).unwrap(), Region::global(), name, configuration)
}

pub(super) fn grants(inline: &Value, attached: &[&str]) -> Grants {
    let inline_policies = match inline {
        Value::Null => Vec::new(),
        statements => vec![InlinePolicy { name: "own".into(), document: Some(document(statements)) }],
    };
    Grants { inline_policies, attached_policies: attached.iter().map(|arn| (*arn).to_owned()).collect() }
}

/// A role with a trust policy and inline statements.
pub(super) fn role(account: &str, path: &str, trust: &Value, inline: &Value) -> Resource {
    let folder = path.rsplit_once('/').map_or("/".to_owned(), |(folder, _)| format!("/{folder}/"));
    let role = Role {
        path: folder,
        assume_role_policy: Some(document(trust)),
        grants: grants(inline, &[]),
        ..Role::default()
    };
    resource(account, "role", path, role)
}

/// A user with inline statements.
pub(super) fn user(account: &str, name: &str, inline: &Value) -> Resource {
    resource(account, "user", name, User { path: "/".into(), grants: grants(inline, &[]), ..User::default() })
}

pub(super) fn group(account: &str, name: &str, inline: &Value) -> Resource {
    resource(account, "group", name, Group { path: "/".into(), grants: grants(inline, &[]) })
}

pub(super) fn managed(account: &str, name: &str, statements: &Value) -> Resource {
    let policy = ManagedPolicy { path: "/".into(), aws_managed: false, document: Some(document(statements)) };
    resource(account, "policy", name, policy)
}

fn bucket(account: &str, name: &str, policy: &Value) -> Resource {
    let policy = (!policy.is_null()).then(|| document(policy));
    let ownership = Some("BucketOwnerEnforced".to_owned());
    resource(account, "bucket", name, Bucket { policy, ownership, ..Bucket::default() })
}

pub(super) fn snapshot(resources: impl IntoIterator<Item = Resource>) -> Snapshot {
    let mut snapshot = Snapshot::empty(jiff::Timestamp::UNIX_EPOCH);
    snapshot.resources.extend(resources);
    snapshot.resources.push(resource(HOME, "account", "x", crate::model::Account::default()));
    for kind in [ResourceType::Role, ResourceType::User] {
        let (account, region) = (AccountId::new(HOME).unwrap(), Region::global());
        snapshot.listings.push(Listing { account, region, resource_type: kind, complete: true, listed_before: false });
    }
    snapshot
}

pub(super) fn trusting(principal: &Value) -> Value {
    json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})
}

pub(super) fn allow(action: &str, resource: &str) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

/// `allow`, `deny`, or what the answer depends on, organization policies left aside.
fn can(snapshot: &Snapshot, principal: &str, action: &str, resource: &str) -> String {
    let access = Access::new(snapshot);
    let principal = access.read_principal(principal).unwrap();
    match access.can(&Request::new(principal, action, resource)).decision {
        Decision::Allow => "allow".to_owned(),
        Decision::Deny(_) => "deny".to_owned(),
        Decision::Depends(needs) => {
            let rest: Vec<String> =
                needs.iter().filter(|need| !Access::is_about_organization(need)).map(ToString::to_string).collect();
            if rest.is_empty() { "allow".to_owned() } else { rest.join("; ") }
        }
    }
}

#[test]
fn inline_attached_and_group_policies_all_allow() {
    let attached = format!("arn:aws:iam::{HOME}:policy/read");
    let mut member = user(HOME, "ana", &Value::Null);
    if let Configuration::User(user) = &mut member.configuration {
        user.groups = vec!["ops".into()];
        user.grants.attached_policies = vec![attached];
    }
    let ana = member.id.to_string();
    let home = snapshot([
        member,
        group(HOME, "ops", &allow("sqs:ListQueues", "*")),
        managed(HOME, "read", &allow("s3:GetObject", "arn:aws:s3:::b/*")),
        bucket(HOME, "b", &Value::Null),
    ]);
    assert_eq!(can(&home, "ana", "s3:GetObject", "arn:aws:s3:::b/k"), "allow");
    assert_eq!(can(&home, &ana, "sqs:ListQueues", "*"), "allow");
    assert_eq!(can(&home, &ana, "s3:PutObject", "arn:aws:s3:::b/k"), "deny");
}

#[test]
fn a_policy_that_was_not_read_is_what_the_answer_depends_on() {
    let mut member = role(HOME, "ops", &trusting(&json!("*")), &allow("s3:*", "*"));
    if let Configuration::Role(role) = &mut member.configuration {
        role.grants.attached_policies = vec!["arn:aws:iam::aws:policy/ReadOnlyAccess".into()];
    }
    let ops = member.id.to_string();
    let home = snapshot([member.clone(), bucket(HOME, "b", &Value::Null)]);
    let missing = "managed policy arn:aws:iam::aws:policy/ReadOnlyAccess is not in the snapshot";
    assert_eq!(can(&home, &ops, "ec2:DescribeVpcs", "*"), missing);
    assert_eq!(
        can(&home, &ops, "kms:Decrypt", &format!("arn:aws:kms:eu-west-1:{HOME}:key/k")).matches("; ").count(),
        1
    );

    member.stale_since = Some(jiff::Timestamp::UNIX_EPOCH);
    let stale = snapshot([member, bucket(HOME, "b", &Value::Null)]);
    assert!(can(&stale, &ops, "s3:GetObject", "arn:aws:s3:::b/k").contains("could not be listed again since 1970"));
}

#[test]
fn a_statement_of_which_a_part_is_unknown_allows_nothing_for_certain() {
    let two = json!([allow("s3:GetObject", "*"), allow("sqs:*", "*")]);
    let mut planned = role(HOME, "ops", &trusting(&json!("*")), &two);
    let at = Pointer::new("/configuration/inline_policies/0/document/Statement");
    planned.mark_unknown(at.child(0).child("Resource").child(0));
    let ops = planned.id.to_string();
    let home = snapshot([planned.clone(), bucket(HOME, "b", &Value::Null)]);
    let unknown = format!("{ops}#{at}/0/Resource/0 is not known");
    assert_eq!(can(&home, &ops, "s3:GetObject", "arn:aws:s3:::b/k"), unknown);
    // The unknown part might also be what denies.
    assert_eq!(can(&home, &ops, "sqs:ListQueues", "*"), unknown);

    planned.unknown = vec![at.child(0).child("Sid")];
    let labelled = snapshot([planned, bucket(HOME, "b", &Value::Null)]);
    assert_eq!(can(&labelled, &ops, "s3:GetObject", "arn:aws:s3:::b/k"), "allow");
}

#[test]
fn boundaries_limit_and_service_linked_roles_know_no_organization() {
    let mut limited = role(HOME, "ops", &trusting(&json!("*")), &allow("*", "*"));
    if let Configuration::Role(role) = &mut limited.configuration {
        role.permissions_boundary = Some(format!("arn:aws:iam::{HOME}:policy/limit"));
    }
    let linked = role(HOME, "aws-service-role/x/Linked", &trusting(&json!("*")), &allow("sqs:*", "*"));
    let (ops, linked_arn) = (limited.id.to_string(), linked.id.to_string());
    let home =
        snapshot([limited, linked, managed(HOME, "limit", &allow("s3:*", "*")), bucket(HOME, "b", &Value::Null)]);
    assert_eq!(can(&home, &ops, "s3:GetObject", "arn:aws:s3:::b/k"), "allow");
    assert_eq!(can(&home, &ops, "ec2:DescribeVpcs", "*"), "deny");
    let answer = Access::new(&home).can(&Request::new(Principal::role(&linked_arn), "sqs:ListQueues", "*"));
    assert_eq!(answer.decision, Decision::Allow);
    let answer = Access::new(&home).can(&Request::new(Principal::role(&ops), "s3:ListAllMyBuckets", "*"));
    let Decision::Depends(needs) = answer.decision else { panic!("{answer:?}") };
    assert!(needs.iter().all(Access::is_about_organization), "{needs:?}");
}

#[test]
fn a_bucket_of_another_account_needs_both_sides() {
    let reads = allow("s3:GetObject", "*");
    let shared = |principal: &str| json!({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"});
    let with = |principal: &str| {
        let mut other = bucket(OTHER, "b", &shared(principal));
        other.account = AccountId::new(OTHER).unwrap();
        snapshot([user(HOME, "ana", &reads), user(HOME, "bob", &Value::Null), other])
    };
    assert_eq!(can(&with(HOME), "ana", "s3:GetObject", "arn:aws:s3:::b/k"), "allow");
    assert_eq!(can(&with(HOME), "bob", "s3:GetObject", "arn:aws:s3:::b/k"), "deny");
    assert_eq!(can(&with("777788889999"), "ana", "s3:GetObject", "arn:aws:s3:::b/k"), "deny");
    assert!(can(&with(HOME), "ana", "s3:GetObject", "arn:aws:s3:::elsewhere/k").contains("not in the snapshot"));
}

#[test]
fn a_restricted_public_bucket_serves_its_account_only() {
    let public = json!({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"});
    let with = |restrict: bool| {
        let mut open = bucket(HOME, "b", &public);
        if let Configuration::Bucket(bucket) = &mut open.configuration {
            bucket.public_access_block =
                Some(PublicAccessBlock { restrict_public_buckets: restrict, ..PublicAccessBlock::default() });
        }
        snapshot([user(HOME, "ana", &Value::Null), open])
    };
    assert_eq!(can(&with(false), "*", "s3:GetObject", "arn:aws:s3:::b/k"), "allow");
    assert_eq!(can(&with(true), "*", "s3:GetObject", "arn:aws:s3:::b/k"), "deny");
    assert_eq!(can(&with(true), "ana", "s3:GetObject", "arn:aws:s3:::b/k"), "allow");
}

#[test]
fn the_trust_policy_is_the_resource_policy_of_assuming() {
    let home = snapshot([
        user(HOME, "ana", &Value::Null),
        user(HOME, "bob", &allow("sts:AssumeRole", "*")),
        role(HOME, "service/named", &trusting(&json!({"AWS": format!("arn:aws:iam::{HOME}:user/ana")})), &Value::Null),
        role(HOME, "delegated", &trusting(&json!({"AWS": HOME})), &Value::Null),
    ]);
    let named = format!("arn:aws:iam::{HOME}:role/service/named");
    let delegated = format!("arn:aws:iam::{HOME}:role/delegated");
    assert_eq!(can(&home, "ana", "sts:AssumeRole", &named), "allow");
    assert_eq!(can(&home, "bob", "sts:AssumeRole", &named), "deny");
    assert_eq!(can(&home, "ana", "sts:AssumeRole", &delegated), "deny");
    assert_eq!(can(&home, "bob", "sts:AssumeRole", &delegated), "allow");
    let foreign = format!("arn:aws:iam::{OTHER}:role/x");
    assert_eq!(
        can(&home, "bob", "sts:AssumeRole", &foreign),
        format!("the trust policy of {foreign} was not read: account {OTHER} is not in the snapshot")
    );
}

#[test]
fn everyone_who_can_is_named_also_outside() {
    let shared = json!({"Effect": "Allow", "Principal": {"AWS": OTHER, "Service": "logs.amazonaws.com"},
                        "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/*"});
    let home =
        snapshot([user(HOME, "ana", &allow("s3:*", "*")), user(HOME, "bob", &Value::Null), bucket(HOME, "b", &shared)]);
    let access = Access::new(&home);
    let standings = access.who("s3:PutObject", "arn:aws:s3:::b/k", &Context::open());
    let words: Vec<(String, bool)> = standings
        .iter()
        .map(|standing| (standing.principal.to_string(), matches!(standing.answer.decision, Decision::Deny(_))))
        .collect();
    let expected = [
        (format!("arn:aws:iam::{HOME}:user/ana"), false),
        (format!("arn:aws:iam::{HOME}:user/bob"), true),
        (format!("arn:aws:iam::{HOME}:root"), false),
        (format!("arn:aws:iam::{OTHER}:root"), false),
        ("logs.amazonaws.com".to_owned(), false),
    ];
    assert_eq!(words, expected);
}

#[test]
fn names_are_looked_up_and_must_be_one_principals() {
    let home = snapshot([
        user(HOME, "ana", &Value::Null),
        user(HOME, "dot.ted", &Value::Null),
        role(HOME, "a/twice", &trusting(&json!("*")), &Value::Null),
        role(HOME, "b/twice", &trusting(&json!("*")), &Value::Null),
    ]);
    let access = Access::new(&home);
    assert_eq!(access.endpoint("ana"), Ok(Endpoint::Holder(format!("arn:aws:iam::{HOME}:user/ana"))));
    assert_eq!(access.endpoint("b/twice"), Ok(Endpoint::Holder(format!("arn:aws:iam::{HOME}:role/b/twice"))));
    assert_eq!(access.endpoint("outside"), Ok(Endpoint::World));
    assert_eq!(access.endpoint("lambda.amazonaws.com"), Ok(Endpoint::Outside("lambda.amazonaws.com".into())));
    assert_eq!(access.endpoint("dot.ted"), Ok(Endpoint::Holder(format!("arn:aws:iam::{HOME}:user/dot.ted"))));
    assert!(matches!(access.endpoint("twice"), Err(NameError::Ambiguous { .. })));
    assert_eq!(access.endpoint("nobody"), Err(NameError::Unknown("nobody".into())));
    assert!(matches!(access.endpoint("arn:aws:s3:::b"), Err(NameError::NotPrincipal(_))));
}

#[test]
fn an_object_may_be_public_by_an_acl_of_its_own() {
    let read = |ownership: &str, ignored: bool, principal: &str, action: &str, target: &str| {
        let block = PublicAccessBlock { ignore_public_acls: ignored, ..PublicAccessBlock::default() };
        let settings =
            Bucket { ownership: Some(ownership.to_owned()), public_access_block: Some(block), ..Bucket::default() };
        let mut data = bucket(HOME, "data", &Value::Null);
        data.configuration = settings.into();
        can(&snapshot([data, user(HOME, "ana", &Value::Null)]), principal, action, target)
    };
    let object = "arn:aws:s3:::data/a.txt";
    let open = read("ObjectWriter", false, "*", "s3:GetObject", object);
    assert!(open.contains("the-object's-own-acl"), "{open}");
    assert_eq!(read("BucketOwnerEnforced", false, "*", "s3:GetObject", object), "deny");
    assert_eq!(read("ObjectWriter", true, "*", "s3:GetObject", object), "deny");
    assert_eq!(read("ObjectWriter", false, "*", "s3:DeleteObject", object), "deny", "no ACL grants that");
    assert_eq!(read("ObjectWriter", false, "ana", "s3:GetObject", object), "deny", "the own account asks its policies");
}

#[test]
fn an_acl_that_was_not_read_is_never_taken_for_a_closed_one() {
    use crate::model::AclGrant;
    let target = "arn:aws:s3:::data";
    let listed = |change: &dyn Fn(&mut Resource, &mut Bucket), stale: bool| {
        let mut data = bucket(HOME, "data", &Value::Null);
        let everyone = "http://acs.amazonaws.com/groups/global/AllUsers".to_owned();
        let acl = Some(vec![AclGrant { grantee: everyone, permission: "READ".to_owned() }]);
        let mut settings = Bucket { acl, ownership: Some("ObjectWriter".to_owned()), ..Bucket::default() };
        change(&mut data, &mut settings);
        data.configuration = settings.into();
        let mut snapshot = snapshot([data]);
        if stale {
            let account = snapshot.resources.last_mut().unwrap();
            account.stale_since = Some(jiff::Timestamp::UNIX_EPOCH);
            let block = PublicAccessBlock { ignore_public_acls: true, ..PublicAccessBlock::default() };
            let settings = crate::model::Account { s3_public_access_block: Some(block), ..Default::default() };
            account.configuration = settings.into();
        }
        can(&snapshot, "*", "s3:ListBucket", target)
    };
    let unknown = |place: &'static str| {
        move |data: &mut Resource, _: &mut Bucket| data.mark_unknown(Pointer::configuration(place))
    };
    assert_eq!(listed(&|_, _| {}, false), "allow");
    let unread = listed(
        &|data, settings| {
            settings.acl = None;
            data.mark_unknown(Pointer::configuration("acl"));
        },
        false,
    );
    assert_eq!(unread, "arn:aws:s3:::data#/configuration/acl is not known");
    assert!(listed(&unknown("public_access_block"), false).ends_with("public_access_block is not known"));
    assert!(listed(&unknown("ownership"), false).ends_with("ownership is not known"));
    assert!(listed(&|_, _| {}, true).contains("could not be listed again"), "a stale block closes nothing");
}
