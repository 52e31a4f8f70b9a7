//! Laws of facts: hiding a part of a configuration never turns one known answer into another.

use proptest::prelude::*;
use serde_json::Value;

use super::estate::testing::{ACCOUNT, resource, snapshot};
use super::*;
use crate::model::{
    Account, AclGrant, Bucket, Grants, GroupRule, InlinePolicy, NetworkAcl, NetworkAclEntry, Pointer, PolicyDocument,
    PublicAccessBlock, Role, SecurityGroup, Statement,
};
use crate::policy::parse;

fn statement() -> impl Strategy<Value = Statement> {
    let effect = prop::sample::select(vec!["Allow", "Allow", "Deny"]);
    let principal = prop::sample::select(vec![
        r#""Principal":"*""#,
        r#""Principal":{"AWS":["444455556666","*"]}"#,
        r#""Principal":{"AWS":"arn:aws:iam::111122223333:role/a","Service":"ec2.amazonaws.com"}"#,
        r#""NotPrincipal":{"AWS":"arn:aws:iam::111122223333:root"}"#,
    ]);
    let action = prop::sample::select(vec![
        r#""Action":"*""#,
        r#""Action":["s3:*","sts:AssumeRole"]"#,
        r#""NotAction":["iam:*","s3:*"]"#,
        r#""NotAction":"s3:*""#,
    ]);
    let resource = prop::sample::select(vec![
        r#""Resource":"*""#,
        r#""Resource":["arn:aws:s3:::photos","arn:aws:s3:::photos/*"]"#,
        r#""NotResource":"arn:aws:s3:::vault/*""#,
    ]);
    let condition = prop::sample::select(vec![
        "{}",
        "{}",
        r#"{"Bool":{"aws:SecureTransport":"false"}}"#,
        r#"{"StringEquals":{"aws:PrincipalOrgID":["o-a1b2c3d4e5","o-*"]}}"#,
        r#"{"StringEquals":{"aws:SourceVpc":"vpc-0a1b2c3d"},"Bool":{"aws:SecureTransport":"false"}}"#,
        r#"{"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}"#,
        r#"{"StringNotLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:*"}}"#,
        r#"{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"},"Null":{"aws:SourceVpce":"true"}}"#,
    ]);
    (effect, principal, action, resource, condition).prop_map(|(effect, principal, action, resource, condition)| {
        let text = format!(
            r#"{{"Statement":{{"Effect":"{effect}",{principal},{action},{resource},"Condition":{condition}}}}}"#
        );
        parse(&text).unwrap().statement.remove(0)
    })
}

fn policy() -> impl Strategy<Value = PolicyDocument> {
    let statements = prop::collection::vec(statement(), 0..4);
    statements.prop_map(|statement| PolicyDocument { version: "2012-10-17".to_owned(), id: None, statement })
}

fn block() -> impl Strategy<Value = Option<PublicAccessBlock>> {
    let flags = (any::<bool>(), any::<bool>()).prop_map(|(acls, policy)| PublicAccessBlock {
        block_public_acls: acls,
        ignore_public_acls: acls,
        block_public_policy: policy,
        restrict_public_buckets: policy,
    });
    prop::option::of(flags)
}

fn bucket() -> impl Strategy<Value = Resource> {
    let grantee = prop::sample::select(vec!["owner", "http://acs.amazonaws.com/groups/global/AllUsers"]);
    let grant = grantee.prop_map(|grantee| AclGrant { grantee: grantee.to_owned(), permission: "READ".to_owned() });
    let ownership = prop::option::of(prop::sample::select(vec!["ObjectWriter", "BucketOwnerEnforced"]));
    (prop::option::of(policy()), block(), prop::collection::vec(grant, 0..3), ownership).prop_map(
        |(policy, public_access_block, acl, ownership)| {
            let ownership = ownership.map(ToOwned::to_owned);
            let bucket = Bucket { policy, public_access_block, acl: Some(acl), ownership, ..Bucket::default() };
            resource("arn:aws:s3:::photos", "photos", bucket)
        },
    )
}

fn role() -> impl Strategy<Value = Resource> {
    let inline = policy().prop_map(|document| InlinePolicy { name: "p".to_owned(), document: Some(document) });
    let attached = prop::sample::select(vec![vec![], vec!["arn:aws:iam::aws:policy/AdministratorAccess".to_owned()]]);
    (policy(), prop::collection::vec(inline, 0..3), attached).prop_map(|(trust, inline_policies, attached_policies)| {
        let grants = Grants { inline_policies, attached_policies };
        let role = Role { assume_role_policy: Some(trust), grants, ..Role::default() };
        resource("arn:aws:iam::111122223333:role/r", "r", role)
    })
}

type Shape = (&'static str, Option<(i32, i32)>, &'static str);

fn shape() -> impl Strategy<Value = Shape> {
    let range = prop::sample::select(vec!["0.0.0.0/0", "0.0.0.0/1", "0.0.0.0/3", "96.0.0.0/3", "10.0.0.0/8", "::/0"]);
    let ports = prop::option::of((0_i32..6, 0_i32..4).prop_map(|(first, length)| (first, first + length)));
    (prop::sample::select(vec!["all", "tcp", "udp"]), ports, range)
}

fn families(range: &str) -> (Option<String>, Option<String>) {
    if range.contains(':') { (None, Some(range.to_owned())) } else { (Some(range.to_owned()), None) }
}

fn group() -> impl Strategy<Value = Resource> {
    prop::collection::vec(shape(), 0..5).prop_map(|shapes| {
        let rule = |(protocol, ports, range): Shape| {
            let (cidr_ipv4, cidr_ipv6) = families(range);
            let (from_port, to_port) = (ports.map(|ports| ports.0), ports.map(|ports| ports.1));
            GroupRule {
                protocol: protocol.to_owned(),
                from_port,
                to_port,
                cidr_ipv4,
                cidr_ipv6,
                ..GroupRule::default()
            }
        };
        let ingress = Some(shapes.into_iter().map(rule).collect());
        let id = "arn:aws:ec2:eu-central-1:111122223333:security-group/sg-0a";
        resource(id, "web", SecurityGroup { ingress, ..SecurityGroup::default() })
    })
}

fn acl() -> impl Strategy<Value = Resource> {
    prop::collection::vec((shape(), any::<bool>(), 1_i32..4), 0..5).prop_map(|entries| {
        let entry = |((protocol, ports, range), allow, number): (Shape, bool, i32)| {
            let (cidr_ipv4, cidr_ipv6) = families(range);
            let (from_port, to_port) = (ports.map(|ports| ports.0), ports.map(|ports| ports.1));
            let protocol = protocol.to_owned();
            NetworkAclEntry { egress: false, number, allow, protocol, from_port, to_port, cidr_ipv4, cidr_ipv6 }
        };
        let entries = entries.into_iter().map(entry).collect();
        let id = "arn:aws:ec2:eu-central-1:111122223333:network-acl/acl-0a";
        resource(id, "acl-0a", NetworkAcl { entries, ..NetworkAcl::default() })
    })
}

/// Every place in a value, with the place of an element that could follow in a list.
fn places(at: &Pointer, value: &Value, found: &mut Vec<Pointer>) {
    found.push(at.clone());
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| places(&at.child(key), value, found)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| places(&at.child(index), value, found));
            found.push(at.child(items.len()));
        }
        _ => {}
    }
}

fn facts(resource: &Resource, account: Option<PublicAccessBlock>) -> Value {
    let settings = Account { s3_public_access_block: account, ..Account::default() };
    let mut snapshot = snapshot([
        resource.clone(),
        super::estate::testing::resource("arn:aws:iam::111122223333:root", ACCOUNT, settings),
    ]);
    derive(&mut snapshot);
    snapshot.resources[0].document()["facts"].clone()
}

/// Whether everything in a partial list is in the whole one: the same element or, for reach, one
/// that holds it.
fn is_part(part: &Value, whole: &Value) -> bool {
    let number = |value: &Value, key: &str| value[key].as_u64();
    let held = |one: &Value, other: &Value| {
        one == other
            || (one.get("family").is_some()
                && one["family"] == other["family"]
                && (one["protocol"] == other["protocol"] || other["protocol"] == "all")
                && number(other, "from_port") <= number(one, "from_port")
                && number(one, "to_port") <= number(other, "to_port"))
    };
    let whole = whole.as_array().unwrap();
    part.as_array().unwrap().iter().all(|one| whole.iter().any(|other| held(one, other)))
}

/// The value of a fact as far as it is an answer: which entries admit a reach is an explanation.
fn answer(fact: &Value) -> Value {
    let mut value = fact["value"].clone();
    for element in value.as_array_mut().into_iter().flatten() {
        if let (Some(fields), true) = (element.as_object_mut(), fact["value"][0].get("family").is_some()) {
            fields.remove("because");
            fields.remove("sources");
        }
    }
    value
}

/// What an inline policy is called explains an answer, and is none.
fn without_names(value: &mut Value) {
    match value {
        Value::Array(elements) => elements.iter_mut().for_each(without_names),
        Value::Object(fields) => {
            fields.remove("policy");
            fields.values_mut().for_each(without_names);
        }
        _ => {}
    }
}

/// The resource with another value at the place, which nobody may look at; `None` when such a
/// resource has no form.
fn disguised(resource: &Resource, place: &Pointer, disguise: &str) -> Option<Resource> {
    let mut configuration = resource.document()["configuration"].take();
    let below = place.as_str().strip_prefix("/configuration").unwrap();
    if let Some(value) = configuration.pointer_mut(below) {
        *value = match value.take() {
            Value::Bool(truth) => Value::Bool(!truth),
            Value::Number(_) => Value::from(disguise.len()),
            Value::String(_) => Value::from(disguise),
            Value::Array(_) => Value::Array(Vec::new()),
            other => other,
        };
    }
    let configuration = Configuration::from_value(resource.resource_type, configuration).ok()?;
    let mut disguised = Resource { configuration, ..resource.clone() };
    disguised.mark_unknown(place.clone());
    Some(disguised)
}

fn check(
    resource: &Resource,
    account: Option<PublicAccessBlock>,
    place: &Pointer,
    disguise: &str,
) -> Result<(), TestCaseError> {
    let Some(hidden) = disguised(resource, place, disguise) else { return Ok(()) };
    let (mut whole, mut part) = (facts(resource, account), facts(&hidden, account));
    if place.as_str().ends_with("/name") {
        without_names(&mut whole);
        without_names(&mut part);
    }
    for (name, after) in part.as_object().unwrap() {
        let before = &whole[name];
        if after.get("value").is_none() {
            continue;
        }
        if after.get("waits_for").is_none() {
            prop_assert_eq!(answer(before), answer(after), "{} without {}", name, place);
        } else {
            let part = is_part(&after["value"], &before["value"]);
            prop_assert!(part, "{} without {}: {} of {}", name, place, after, before);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn hiding_a_part_never_changes_a_known_answer(
        resource in prop_oneof![bucket(), role(), group(), acl()],
        account in block(),
        choice in any::<prop::sample::Index>(),
        disguise in prop::sample::select(vec!["*", "all", "tcp", "0.0.0.0/0", "10.0.0.0/8", "Allow", "Deny", "vpc-1", "true"]),
    ) {
        let mut candidates = Vec::new();
        for (key, value) in resource.document()["configuration"].as_object().unwrap() {
            places(&Pointer::configuration(key), value, &mut candidates);
        }
        if !candidates.is_empty() {
            check(&resource, account, choice.get(&candidates), disguise)?;
        }
    }
}
