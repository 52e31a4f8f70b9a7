//! Every lint from both sides: what it is about, and what is near it and meant.

use super::*;
use crate::policy::parse;

fn said(layer: Layer, document: &str) -> Vec<Lint> {
    lint(&parse(document).unwrap(), layer)
}

/// Kind and place of the lints of an identity policy with these statements.
fn check(statements: &str) -> Vec<(LintKind, String)> {
    let lints = said(Layer::Identity, &format!(r#"{{"Version":"2012-10-17","Statement":{statements}}}"#));
    lints.into_iter().map(|lint| (lint.kind, lint.place.to_string())).collect()
}

/// Those of one Allow on everything, with these elements.
fn allow(elements: &str) -> Vec<(LintKind, String)> {
    check(&format!(r#"{{"Effect":"Allow",{elements}}}"#))
}

/// Those of a resource policy with one Allow of `s3:GetObject` on the objects of a bucket.
fn granted_to(principal: &str) -> Vec<(LintKind, String)> {
    let statement = r#""Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*""#;
    let lints =
        said(Layer::Resource, &format!(r#"{{"Version":"2012-10-17","Statement":{{{statement},{principal}}}}}"#));
    lints.into_iter().map(|lint| (lint.kind, lint.place.to_string())).collect()
}

fn one(kind: LintKind, place: &str) -> Vec<(LintKind, String)> {
    vec![(kind, place.to_owned())]
}

fn none() -> Vec<(LintKind, String)> {
    Vec::new()
}

#[test]
fn unknown_services_and_actions() {
    let of = |actions: &str| allow(&format!(r#""Action":{actions},"Resource":"*""#));
    assert_eq!(of(r#"["s3:GetObject","s3:getobjekt"]"#), one(LintKind::UnknownAction, "/Statement/0/Action/1"));
    assert_eq!(of(r#""s3:Got*""#), one(LintKind::UnknownAction, "/Statement/0/Action/0"));
    assert_eq!(of(r#""GetObject""#), one(LintKind::UnknownAction, "/Statement/0/Action/0"));
    assert_eq!(of(r#""s33:GetObject""#), one(LintKind::UnknownService, "/Statement/0/Action/0"));
    for known in ["*", "*:*", "S3:*", "s3:GETOBJECT", "s3:Get?bject*", "*:Get*", "s3*:Foo"] {
        assert_eq!(of(&format!("{known:?}")), none(), "{known}");
    }
}

#[test]
fn the_action_that_was_meant_is_named() {
    let document = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:GetObjct","Resource":"*"}}"#;
    let lints = said(Layer::Identity, document);
    let [lint] = lints.as_slice() else { panic!("{lints:?}") };
    assert!(lint.message.starts_with(r#"AWS documents no action "s3:getobjct" (as of 20"#), "{}", lint.message);
    assert!(lint.message.ends_with("; is s3:GetObject meant?"), "{}", lint.message);
    assert_eq!(lint.statement, Some(0));
}

#[test]
fn exceptions_in_what_grants() {
    let filter =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","NotAction":"iam:*","NotResource":"arn:aws:s3:::b"}}"#;
    let kinds = |layer| said(layer, filter).into_iter().map(|lint| lint.kind).collect::<Vec<_>>();
    assert_eq!(kinds(Layer::Identity), [LintKind::AllowNotAction, LintKind::AllowNotResource]);
    assert_eq!(kinds(Layer::Boundary), []);
    assert_eq!(kinds(Layer::ServiceControl), []);
    assert_eq!(check(r#"{"Effect":"Deny","NotAction":"iam:*","Resource":"*"}"#), none());
}

#[test]
fn resources_that_no_action_acts_on() {
    let of = |action: &str, resource: &str| allow(&format!(r#""Action":{action},"Resource":"{resource}""#));
    let not_taken = one(LintKind::ResourceNotTaken, "/Statement/0/Resource/0");
    assert_eq!(of(r#""s3:ListBucket""#, "arn:aws:s3:::b/*"), not_taken);
    assert_eq!(of(r#""s3:GetObject""#, "arn:aws:s3:::b"), not_taken);
    assert_eq!(of(r#""s3:ListAllMyBuckets""#, "arn:aws:s3:::*"), not_taken);
    assert_eq!(of(r#"["iam:PassRole","s3:Get*"]"#, "arn:aws:ec2:*:*:vpc/*"), not_taken);
    assert_eq!(of(r#""s3:ListBucket""#, "arn:aws:s3:::${aws:PrincipalTag/team}"), none());
    assert_eq!(of(r#"["s3:ListBucket","s3:GetObject"]"#, "arn:aws:s3:::b/*"), none());
    assert_eq!(of(r#""s3:GetObject""#, "arn:aws:s3:::*"), none());
    assert_eq!(of(r#""iam:PassRole""#, "arn:aws-cn:iam::111122223333:role/path/name"), none());
    assert_eq!(of(r#""s3:*""#, "arn:aws:nosuch:::b"), none(), "an ARN that the catalogue does not know");
    assert_eq!(of(r#"["s3:ListBucket","s3:getobjekt"]"#, "arn:aws:s3:::b/*").len(), 1, "an action it does not know");
    assert_eq!(of(r#""*""#, "arn:aws:s3:::b"), none());
}

#[test]
fn arns_with_too_few_parts() {
    let of = |resource: &str| allow(&format!(r#""Action":"waf:GetRule","Resource":"{resource}""#));
    assert_eq!(of("arn:aws:waf:*"), one(LintKind::ShortArn, "/Statement/0/Resource/0"));
    assert_eq!(of("arn:aws:waf::111122223333:rule/*"), none());
    assert_eq!(of("**"), none());
}

#[test]
fn versions_and_variables() {
    let of = |version: &str, resource: &str| {
        let statement = format!(r#"{{"Effect":"Allow","Action":"s3:GetObject","Resource":"{resource}"}}"#);
        let lints = said(Layer::Identity, &format!(r#"{{{version}"Statement":{statement}}}"#));
        lints.into_iter().map(|lint| lint.kind).collect::<Vec<_>>()
    };
    let (plain, variable) = ("arn:aws:s3:::b/*", "arn:aws:s3:::b/${aws:username}/*");
    assert_eq!(of("", plain), [LintKind::OldVersion]);
    assert_eq!(of("", variable), [LintKind::VariableAsText]);
    assert_eq!(of(r#""Version":"2012-10-17","#, variable), []);
    let condition = r#"{"Statement":{"Effect":"Deny","Action":"s3:GetObject","Resource":"*",
        "Condition":{"StringEquals":{"aws:PrincipalTag/a":["x","${aws:username}"]}}}}"#;
    let [lint] = &said(Layer::Identity, condition)[..] else { panic!() };
    assert_eq!(lint.place.as_str(), "/Statement/0/Condition/StringEquals/aws:principaltag~1a/0");
}

/// The lints of an Allow of these actions under this condition.
fn under(actions: &str, condition: &str) -> Vec<LintKind> {
    let lints = allow(&format!(r#""Action":{actions},"Resource":"*","Condition":{{{condition}}}"#));
    lints.into_iter().map(|(kind, _)| kind).collect()
}

#[test]
fn operators_have_one_spelling() {
    let of = |operator: &str| under(r#""s3:GetObject""#, &format!(r#""{operator}":{{"aws:username":"a"}}"#));
    for unknown in ["stringEquals", "StringMatches", "StringEqualsIfexists", "NullIfExists"] {
        assert_eq!(of(unknown), [LintKind::UnknownOperator], "{unknown}");
    }
    for known in ["StringEquals", "StringNotLikeIfExists", "ArnLike"] {
        assert_eq!(of(known), [], "{known}");
    }
}

#[test]
fn set_operators_are_for_sets() {
    let of = |condition: &str| under(r#""ec2:CreateTags""#, condition);
    assert_eq!(of(r#""ForAnyValue:StringEquals":{"aws:username":"a"}"#), [LintKind::SetOperatorOnOneValue]);
    assert_eq!(of(r#""StringEquals":{"aws:TagKeys":"a"}"#), [LintKind::OneValueOperatorOnSet]);
    assert_eq!(of(r#""ForAnyValue:StringEquals":{"aws:TagKeys":"a"},"Null":{"aws:TagKeys":"false"}"#), []);
    assert_eq!(of(r#""StringEquals":{"aws:username":"a"}"#), []);
}

#[test]
fn all_of_no_values() {
    let of = |condition: &str| under(r#""kms:CreateGrant""#, condition);
    let all = r#""ForAllValues:StringEquals":{"kms:GrantOperations":"Decrypt"}"#;
    assert_eq!(of(all), [LintKind::ForAllValuesOfNone]);
    assert_eq!(of(&format!(r#"{all},"Null":{{"kms:GrantOperations":"true"}}"#)), [LintKind::ForAllValuesOfNone]);
    assert_eq!(of(&format!(r#"{all},"Null":{{"kms:GrantOperations":false}}"#)), []);
    assert_eq!(of(&format!(r#"{all},"ForAnyValue:StringLike":{{"kms:GrantOperations":"*"}}"#)), []);
    assert_eq!(under(r#""ec2:CreateTags""#, r#""ForAllValues:StringEquals":{"aws:TagKeys":"a"}"#), []);
    let deny = r#"{"Effect":"Deny","Action":"kms:CreateGrant","Resource":"*","Condition":{"#;
    assert_eq!(check(&format!("{deny}{all}}}}}")), none());
}

#[test]
fn keys_that_nothing_has() {
    let of = |key: &str| under(r#"["s3:GetObject","s3:ListBucket"]"#, &format!(r#""StringEquals":{{"{key}":"a"}}"#));
    assert_eq!(of("aws:SourceVpcs"), [LintKind::UnknownKey]);
    assert_eq!(of("s3:prefixes"), [LintKind::UnknownKey]);
    assert_eq!(of("prefix"), [LintKind::UnknownKey]);
    assert_eq!(of("iam:PassedToService"), [LintKind::KeyNotTaken]);
    assert_eq!(of("s3:x-amz-acl"), [LintKind::KeyNotTaken]);
    for known in ["s3:prefix", "aws:PrincipalTag/any", "token.actions.githubusercontent.com:sub", "ec2:RoleDelivery"] {
        assert_eq!(of(known), [], "{known}");
    }
    let some = r#""StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}"#;
    assert_eq!(under(r#"["ec2:RunInstances","iam:PassRole"]"#, some), []);
    assert_eq!(under(r#""*""#, some), []);
}

#[test]
fn values_that_cannot_be() {
    let of = |condition: &str| under(r#""s3:ListBucket""#, condition);
    assert_eq!(of(r#""StringEquals":{"s3:prefix":[]}"#), [LintKind::EmptyCondition]);
    assert_eq!(of(r#""Bool":{"aws:SecureTransport":"yes"}"#), [LintKind::ImpossibleValue]);
    assert_eq!(of(r#""IpAddress":{"aws:SourceIp":["10.0.0.0/8","10.0.0.0/33"]}"#), [LintKind::ImpossibleValue]);
    assert_eq!(of(r#""NumericLessThan":{"s3:max-keys":"ten"}"#), [LintKind::ImpossibleValue]);
    assert_eq!(of(r#""StringEquals":{"s3:prefix":"home/*"}"#), [LintKind::WildcardAsText]);
    assert_eq!(of(r#""StringEquals":{"s3:prefix":["","home/${aws:username}","home/${*}"]}"#), []);
    assert_eq!(of(r#""StringLike":{"s3:prefix":"home/*"}"#), []);
    assert_eq!(of(r#""IpAddress":{"aws:SourceIp":["192.0.2.1","2001:db8::/32"]}"#), []);
    assert_eq!(of(r#""Bool":{"aws:SecureTransport":"True"},"NumericLessThan":{"s3:max-keys":10}"#), []);
}

#[test]
fn lists_without_members() {
    assert_eq!(allow(r#""Action":[],"Resource":"*""#), one(LintKind::EmptyList, "/Statement/0/Action"));
    assert_eq!(allow(r#""Action":"s3:*","Resource":[]"#), one(LintKind::EmptyList, "/Statement/0/Resource"));
    assert_eq!(granted_to(r#""Principal":{"AWS":[]}"#), one(LintKind::EmptyList, "/Statement/0/Principal/AWS"));
}

#[test]
fn principals_that_nobody_is() {
    let of = |name: &str| granted_to(&format!(r#""Principal":{{"AWS":"{name}"}}"#));
    let at = "/Statement/0/Principal/AWS/0";
    assert_eq!(of("arn:aws:iam::111122223333:role/*"), one(LintKind::PrincipalPattern, at));
    assert_eq!(of("arn:aws:iam::111122223333:group/admins"), one(LintKind::GroupPrincipal, at));
    assert_eq!(of("AROAEXAMPLE123456789A"), one(LintKind::DanglingPrincipal, at));
    assert_eq!(granted_to(r#""NotPrincipal":{"AWS":"111122223333"}"#)[0].0, LintKind::AllowNotPrincipal);
    for name in ["*", "111122223333", "arn:aws:iam::111122223333:role/group/x", "arn:aws:iam::111122223333:user/AIDA"] {
        assert_eq!(of(name), none(), "{name}");
    }
    assert_eq!(granted_to(r#""Principal":{"Service":"*.amazonaws.com"}"#)[0].0, LintKind::PrincipalPattern);
    assert_eq!(granted_to(r#""Principal":{"Service":"ec2.amazonaws.com"}"#), none());
}

#[test]
fn elements_that_a_kind_of_policy_has_or_has_not() {
    let document = |elements: &str| {
        format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Deny","Action":"sts:AssumeRole"{elements}}}}}"#)
    };
    let kinds = |layer: Layer, elements: &str| {
        said(layer, &document(elements)).into_iter().map(|lint| lint.kind).collect::<Vec<_>>()
    };
    let (principal, resource) = (r#","Principal":"*""#, r#","Resource":"*""#);
    assert_eq!(kinds(Layer::Identity, principal), [LintKind::PrincipalMisplaced, LintKind::ResourceMissing]);
    assert_eq!(kinds(Layer::Identity, resource), []);
    assert_eq!(kinds(Layer::Resource, principal), []);
    assert_eq!(kinds(Layer::Resource, resource), [LintKind::PrincipalMisplaced]);
    assert_eq!(kinds(Layer::ResourceControl, &format!("{principal}{resource}")), []);
}

#[test]
fn statements_that_a_deny_takes_back() {
    let allow = r#"{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::b/x/*"}"#;
    let with = |deny: &str| check(&format!("[{allow},{deny}]"));
    let unreachable = one(LintKind::Unreachable, "/Statement/0");
    assert_eq!(with(r#"{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::b/*"}"#), unreachable);
    assert_eq!(with(r#"{"Effect":"Deny","NotAction":"iam:*","Resource":"*"}"#), unreachable);
    assert_eq!(with(r#"{"Effect":"Deny","NotAction":["iam:*","s3:Get*"],"Resource":"*"}"#), none());
    assert_eq!(with(r#"{"Effect":"Deny","Action":"s3:Get*","Resource":"*"}"#), none());
    assert_eq!(with(r#"{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::b/x/?*"}"#), none());
    let condition = r#""Condition":{"Bool":{"aws:SecureTransport":"false"}}"#;
    assert_eq!(with(&format!(r#"{{"Effect":"Deny","Action":"*","Resource":"*",{condition}}}"#)), none());
}

#[test]
fn statements_that_another_covers() {
    let narrow = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:username}"}"#;
    let with = |other: &str| check(&format!("[{narrow},{other}]"));
    assert_eq!(with(r#"{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::b/*"}"#).len(), 1);
    assert_eq!(with(r#"{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::b/???????????????"}"#), none());
    assert_eq!(with(r#"{"Effect":"Allow","Action":"s3:Put*","Resource":"*"}"#), none());
    let labelled = narrow.replace("\"Effect\"", "\"Sid\":\"again\",\"Effect\"");
    assert_eq!(with(&labelled), one(LintKind::Redundant, "/Statement/1"), "of two that say the same, one");
    let condition = r#""Condition":{"Bool":{"aws:SecureTransport":"true"}}"#;
    let guarded = format!(r#"{{"Effect":"Allow","Action":"s3:GetObject","Resource":"*",{condition}}}"#);
    assert_eq!(with(&guarded), none());
}

#[test]
fn an_account_does_not_cover_its_roles() {
    let statement = |principal: &str| {
        format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}"#
        )
    };
    let role = statement("arn:aws:iam::111122223333:role/a");
    let of = |other: &str| {
        let document = format!(r#"{{"Version":"2012-10-17","Statement":[{role},{}]}}"#, statement(other));
        said(Layer::Resource, &document).len()
    };
    assert_eq!(of("111122223333"), 0);
    assert_eq!(of("*"), 1);
}

#[test]
fn a_document_that_would_take_too_long_ends_with_saying_so() {
    let resource = |at: usize| format!(r#""arn:aws:s3:::{}{at}""#, "a*".repeat(200));
    let resources: Vec<String> = (0..60).map(resource).collect();
    let statement = |at: usize| {
        format!(r#"{{"Sid":"s{at}","Effect":"Allow","Action":"s3:G*e*t*{at}*","Resource":[{}]}}"#, resources.join(","))
    };
    let statements: Vec<String> = (0..40).map(statement).collect();
    let document = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
    let lints = said(Layer::Identity, &document);
    assert_eq!(lints.first().map(|lint| lint.kind), Some(LintKind::Unfinished), "{:?}", lints.len());
}

#[test]
fn kinds_have_names_for_machines() {
    let lints = allow(r#""Action":"s3:*","Resource":"arn:aws:s3:*""#);
    assert_eq!(serde_json::to_string(&lints[0].0).unwrap(), r#""short_arn""#);
}

proptest::proptest! {
    #[test]
    fn every_lint_points_at_something(
        texts in proptest::collection::vec("([a-zé3:*?$,{} .]{0,12}|s3:Get[A-Z*]{0,6}|arn:aws:s3:::[a-z/*${}]{0,8})", 1..4),
        operator in "(ForAllValues:|ForAnyValue:)?(StringEquals|Bool|NumericEquals|IpAddress|stringlike|é)(IfExists)?",
        key in "(aws:[A-Za-z]{0,9}|s3:prefix|aws:TagKeys|é|[a-z:]{0,6})",
        not in proptest::bool::ANY,
    ) {
        let (action, resource, principal) = if not {
            ("NotAction", "NotResource", "NotPrincipal")
        } else {
            ("Action", "Resource", "Principal")
        };
        let statement = serde_json::json!({
            "Effect": "Allow", action: texts, resource: texts, principal: { "AWS": texts },
            "Condition": { operator: { key: texts } },
        });
        let deny = serde_json::json!({ "Effect": "Deny", "Action": texts, "Resource": texts, "Principal": "*" });
        let document = crate::policy::from_value(&serde_json::json!({ "Statement": [statement, deny] })).unwrap();
        let canonical = serde_json::to_value(&document).unwrap();
        for layer in [Layer::Identity, Layer::Resource, Layer::ServiceControl, Layer::ResourceControl] {
            for lint in lint(&document, layer) {
                proptest::prop_assert!(lint.place.resolve(&canonical).is_some(), "{:?}", lint);
            }
        }
    }
}
