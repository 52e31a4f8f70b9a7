//! What real policy texts grant, by the facts of who holds them.

use super::estate::testing::{listed, resource, snapshot, without};
use super::*;
use crate::model::{
    AllBut, Fact, FullService, GrantFacts, Grants, Group, InlinePolicy, ManagedPolicy, PolicyDocument, Takeover,
    Unbounded, User,
};
use crate::policy::parse;

const OPS: &str = "arn:aws:iam::111122223333:policy/ops";
const LIMIT: &str = "arn:aws:iam::111122223333:policy/limit";

fn document(statements: &str) -> PolicyDocument {
    parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)).unwrap()
}

fn allow(action: &str, resource: &str) -> String {
    format!(r#"{{"Effect":"Allow","Action":{action},"Resource":{resource}}}"#)
}

fn inline(statements: &str) -> Grants {
    let document = Some(document(statements));
    Grants { inline_policies: vec![InlinePolicy { name: "p".to_owned(), document }], ..Grants::default() }
}

fn role(grants: Grants) -> Resource {
    resource("arn:aws:iam::111122223333:role/r", "r", Role { path: "/".to_owned(), grants, ..Role::default() })
}

fn managed(arn: &str, statements: &str) -> Resource {
    let document = Some(document(statements));
    let configuration = ManagedPolicy { document, path: "/".to_owned(), ..ManagedPolicy::default() };
    resource(arn, arn.rsplit('/').next().unwrap(), configuration)
}

fn facts(resources: impl IntoIterator<Item = Resource>) -> Facts {
    let mut snapshot = snapshot(resources);
    derive(&mut snapshot);
    snapshot.resources[0].facts.clone().unwrap()
}

fn grants(resources: impl IntoIterator<Item = Resource>) -> GrantFacts {
    match facts(resources) {
        Facts::Role(facts) => facts.grants,
        Facts::User(facts) | Facts::Group(facts) => facts.grants,
        Facts::ManagedPolicy(facts) => facts.grants,
        other => panic!("{other:?}"),
    }
}

fn admin(resources: impl IntoIterator<Item = Resource>) -> Fact<bool> {
    match facts(resources) {
        Facts::Role(facts) => facts.admin,
        Facts::User(facts) | Facts::Group(facts) => facts.admin,
        Facts::ManagedPolicy(facts) => facts.admin,
        other => panic!("{other:?}"),
    }
}

fn services(statements: &str) -> Vec<String> {
    let told = |full: FullService| {
        let but = if full.except.is_empty() { String::new() } else { format!(" but {}", full.except.join(" ")) };
        format!("{}{but}{}", full.service, if full.every_resource { "" } else { " in part" })
    };
    grants([role(inline(statements))]).full_services.value.unwrap().into_iter().map(told).collect()
}

fn wide(statements: &str) -> Vec<String> {
    let told = |wide: Unbounded| {
        let limits: Vec<String> = wide.limits.into_iter().map(|limit| limit.words).collect();
        format!("{} {}{}", wide.action, limits.join(", "), if wide.narrowed { " narrowed" } else { "" })
    };
    let facts = grants([role(inline(statements))]);
    facts.unbounded.value.unwrap().into_iter().map(told).map(|text| text.trim().to_owned()).collect()
}

fn takeovers(resources: impl IntoIterator<Item = Resource>) -> Vec<Takeover> {
    match facts(resources) {
        Facts::Role(facts) => facts.takeovers.value.unwrap(),
        Facts::User(facts) | Facts::Group(facts) => facts.takeovers.value.unwrap(),
        Facts::ManagedPolicy(facts) => facts.takeovers.value.unwrap(),
        other => panic!("{other:?}"),
    }
}

fn paths(statements: &str) -> Vec<String> {
    let told = |way: Takeover| format!("{}{}", way.path, if way.any_target { "" } else { " some" });
    takeovers([role(inline(statements))]).into_iter().map(told).collect()
}

#[test]
fn administration_split_over_statements_is_administration() {
    let all_but_iam = r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#;
    let iam = allow(r#""iam:*""#, r#""*""#);
    for (statements, expected) in [
        (format!("{all_but_iam},{iam}"), true),
        (all_but_iam.to_owned(), false),
        (iam.clone(), false),
        (format!("{all_but_iam},{}", allow(r#"["iam:[*","iam:Get*"]"#, r#""*""#)), false),
        (format!("{all_but_iam},{}", allow(r#""iam:*""#, r#""arn:aws:iam::111122223333:role/*""#)), false),
        (format!("{},{}", allow(r#""?*""#, r#""arn:aws:s3:::b""#), allow(r#""*:*""#, r#""*""#)), true),
        (
            (b'a'..=b'z')
                .map(|letter| allow(&format!(r#""{}*""#, letter as char), r#""*""#))
                .collect::<Vec<_>>()
                .join(","),
            true,
        ),
    ] {
        assert_eq!(admin([role(inline(&statements))]).value, Some(expected), "{statements}");
        assert_eq!(admin([managed(OPS, &statements)]).value, Some(expected), "{statements}");
    }
    let split =
        Grants { inline_policies: inline(all_but_iam).inline_policies, attached_policies: vec![OPS.to_owned()] };
    let resources = || [role(split.clone()), managed(OPS, &iam)];
    assert_eq!(admin(resources()).value, Some(true), "over policies");
    assert_eq!(grants(resources()).admin_policies.value.unwrap().len(), 2);
    let unread = [role(split.clone()), without(managed(OPS, &iam), &["/configuration/document/Statement/0"])];
    assert_eq!(admin(unread).value, None);
}

#[test]
fn administration_by_several_groups_is_told_of_the_user() {
    let all_but_iam = r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#;
    let iam = allow(r#""iam:*""#, r#""*""#);
    let parts = |groups: [&str; 2]| -> Vec<(Option<String>, bool)> {
        let user = User { groups: vec!["a".to_owned(), "b".to_owned()], ..User::default() };
        let user = resource("arn:aws:iam::111122223333:user/u", "u", user);
        let group = |name: &str, statements: &str| {
            let group = Group { path: "/".to_owned(), grants: inline(statements) };
            resource(&format!("arn:aws:iam::111122223333:group/{name}"), name, group)
        };
        let found = grants([user, group("a", groups[0]), group("b", groups[1])]).admin_policies.value.unwrap();
        found.into_iter().map(|by| (by.group, by.with_others)).collect()
    };
    let of = |name: &str, with_others| (Some(name.to_owned()), with_others);
    assert_eq!(parts([all_but_iam, &iam]), [of("a", true), of("b", true)]);
    assert_eq!(parts([&format!("{all_but_iam},{iam}"), &iam]), [of("a", false)]);
    assert_eq!(parts([&iam, &allow(r#""s3:*""#, r#""*""#)]), []);
}

#[test]
fn what_a_planned_role_grants_waits_for_the_account_only_where_that_matters() {
    let mut planned = role(Grants {
        attached_policies: vec![OPS.to_owned()],
        ..inline(&allow(r#"["kms:*","iam:PassRole"]"#, r#""*""#))
    });
    let mut ops = managed(OPS, &allow(r#""s3:*""#, r#""*""#));
    for resource in [&mut planned, &mut ops] {
        resource.id = crate::model::ResourceId::new(format!("terraform:aws_iam.{}", resource.name)).unwrap();
        resource.account = crate::model::AccountId::unknown();
    }
    if let Configuration::Role(role) = &mut planned.configuration {
        role.grants.attached_policies = vec![ops.id.to_string()];
        let service = r#"{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}"#;
        role.assume_role_policy = Some(document(service));
    }
    for resources in [vec![ops.clone()], vec![planned.clone(), ops.clone()]] {
        let facts = grants(resources.clone());
        assert_eq!((facts.full_services.waits_for, facts.all_but.waits_for), (vec![], vec![]));
        assert_eq!(facts.unbounded.waits_for, ["/account"]);
        assert_eq!(admin(resources).value, Some(false));
    }
}

#[test]
fn a_condition_that_every_request_stands_is_none() {
    let with = |condition: &str| {
        let statement = format!(r#"{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{condition}}}"#);
        admin([role(inline(&statement))]).value
    };
    for condition in [
        r#"{"Bool":{"aws:SecureTransport":"true"}}"#,
        r#"{"StringLike":{"aws:PrincipalArn":"*"}}"#,
        r#"{"StringLikeIfExists":{"aws:SourceVpc":"*"}}"#,
        r#"{"Null":{"aws:PrincipalAccount":"false"}}"#,
    ] {
        assert_eq!(with(condition), Some(true), "{condition}");
    }
    for condition in [
        r#"{"StringLike":{"aws:SourceVpc":"*"}}"#,
        r#"{"Bool":{"aws:SecureTransport":"true","aws:MultiFactorAuthPresent":"true"}}"#,
        r#"{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}"#,
    ] {
        assert_eq!(with(condition), Some(false), "{condition}");
    }
}

#[test]
fn the_policy_that_gives_everything_is_named() {
    let all = allow(r#""*""#, r#""*""#);
    let held = Grants { inline_policies: inline(&all).inline_policies, attached_policies: vec![OPS.to_owned()] };
    let found = grants([role(held), managed(OPS, &all)]).admin_policies.value.unwrap();
    let told: Vec<(&str, &str, &str)> =
        found.iter().map(|by| (by.kind.as_str(), by.policy.as_str(), by.because.as_str())).collect();
    assert_eq!(
        told,
        [
            ("attached", OPS, "/configuration/attached_policies/0"),
            ("inline", "p", "/configuration/inline_policies/0/document")
        ]
    );
    let group =
        resource("arn:aws:iam::111122223333:group/g", "g", Group { path: "/".to_owned(), grants: inline(&all) });
    let user = User { groups: vec!["g".to_owned()], ..User::default() };
    let user = resource("arn:aws:iam::111122223333:user/u", "u", user);
    let found = grants([user, group]).admin_policies.value.unwrap();
    assert_eq!((found[0].group.as_deref(), found[0].because.as_str()), (Some("g"), "/configuration/groups/0"));
    let named = Grants {
        attached_policies: vec!["arn:aws:iam::aws:policy/AdministratorAccess".to_owned()],
        ..Grants::default()
    };
    assert!(grants([role(named)]).admin_policies.value.unwrap()[0].aws_managed);
}

#[test]
fn full_access_to_a_service_is_told_however_it_is_spelled() {
    let one_by_one: Vec<String> =
        crate::policy::catalog().expand("kms:*").iter().map(|action| format!("\"{action}\"")).collect();
    for (statements, expected) in [
        (allow(r#""kms:*""#, r#""*""#), &["kms"][..]),
        (allow(r#""k?s:*""#, r#""*""#), &["kms"]),
        (allow(&format!("[{}]", one_by_one.join(",")), r#""*""#), &["kms"]),
        (allow(r#""kms:*""#, r#""arn:aws:kms:*:*:key/*""#), &["kms in part"]),
        (allow(r#""kms:D*""#, r#""*""#), &[]),
        (
            format!(
                "{},{}",
                allow(r#""kms:*""#, r#""*""#),
                allow(r#""kms:Decrypt""#, r#""*""#).replace("Allow", "Deny")
            ),
            &[],
        ),
        (allow(r#""*""#, r#""*""#), &["*"]),
        (
            r#"{"Effect":"Allow","NotAction":["iam:*","organizations:*"],"Resource":"*"}"#.to_owned(),
            &["* but iam organizations"],
        ),
        (allow(r#""plimsollservice:*""#, r#""*""#), &["plimsollservice"]),
    ] {
        assert_eq!(services(&statements), expected, "{statements}");
    }
}

#[test]
fn a_sensitive_action_on_everything_is_told_with_what_limits_it() {
    let with = |condition: &str| {
        format!(r#"{{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{condition}}}"#)
    };
    for (statements, expected) in [
        (allow(r#""iam:PassRole""#, r#""*""#), &["iam:PassRole"][..]),
        (allow(r#""iam:Pass*""#, r#""arn:aws:iam::*:role/*""#), &["iam:PassRole"]),
        (allow(r#""iam:PassRole""#, r#""arn:aws:iam::111122223333:role/*""#), &["iam:PassRole"]),
        (allow(r#""iam:PassRole""#, r#""arn:aws:iam::111122223333:role/service/*""#), &[]),
        (allow(r#""iam:PassRole""#, r#""arn:aws:iam::444455556666:role/*""#), &[]),
        (
            with(r#"{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}"#),
            &[r#"iam:PassRole iam:passedtoservice is "ec2.amazonaws.com" narrowed"#],
        ),
        (with(r#"{"StringLike":{"iam:PassedToService":"*"}}"#), &["iam:PassRole"]),
        (with(r#"{"StringNotEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}"#), &["iam:PassRole"]),
        (
            with(r#"{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#),
            &[r#"iam:PassRole aws:multifactorauthpresent is "true""#],
        ),
        (
            with(r#"{"StringEquals":{"aws:ResourceAccount":"111122223333"}}"#),
            &[r#"iam:PassRole aws:resourceaccount is "111122223333""#],
        ),
        (
            with(r#"{"StringEquals":{"kms:CallerAccount":"111122223333"}}"#).replace("iam:PassRole", "kms:Decrypt"),
            &[r#"kms:Decrypt kms:calleraccount is "111122223333""#],
        ),
        (
            with(r#"{"StringEquals":{"aws:ResourceAccount":"111122223333"}}"#).replace("iam:PassRole", "kms:Decrypt"),
            &[r#"kms:Decrypt aws:resourceaccount is "111122223333""#],
        ),
        (
            format!(
                r#"{},{{"Effect":"Deny","Action":"iam:PassRole","NotResource":"arn:aws:iam::111122223333:role/app"}}"#,
                allow(r#""iam:PassRole""#, r#""*""#)
            ),
            &[],
        ),
        (
            allow(r#""secretsmanager:Get*""#, r#""arn:aws:secretsmanager:eu-west-1:111122223333:secret:*""#),
            &["secretsmanager:GetSecretValue"],
        ),
        (allow(r#""aws-marketplace:Subscribe""#, r#""*""#), &["aws-marketplace:Subscribe"]),
        (
            r#"{"Effect":"Allow","Action":"kms:Decrypt","NotResource":"arn:aws:kms:*:*:key/a"}"#.to_owned(),
            &["kms:Decrypt"],
        ),
    ] {
        assert_eq!(wide(&statements), expected, "{statements}");
    }
}

#[test]
fn a_boundary_that_withholds_is_told() {
    let bounded = |limit: &str| {
        let configuration = Role {
            path: "/".to_owned(),
            grants: inline(&allow(r#"["kms:*","iam:PassRole"]"#, r#""*""#)),
            permissions_boundary: Some(LIMIT.to_owned()),
            ..Role::default()
        };
        [resource("arn:aws:iam::111122223333:role/r", "r", configuration), managed(LIMIT, limit)]
    };
    let told = |resources: [Resource; 2]| {
        let facts = grants(resources);
        (facts.full_services.value.unwrap()[0].bounded, facts.unbounded.value.unwrap()[0].bounded)
    };
    assert_eq!(told(bounded(&allow(r#""s3:*""#, r#""*""#))), (true, true));
    assert_eq!(told(bounded(&allow(r#""*""#, r#""*""#))), (false, false));
    let of_region = |statement: String| {
        let condition = r#","Condition":{"StringEquals":{"aws:RequestedRegion":"eu-central-1"}}}"#;
        statement.strip_suffix('}').unwrap().to_owned() + condition
    };
    let some_regions = bounded(&of_region(allow(r#""*""#, r#""*""#)));
    assert!(!told(some_regions).1, "every role is left, from there");
    let unread = bounded(&allow(r#""*""#, r#""*""#)).into_iter().take(1);
    assert_eq!(grants(unread).full_services.value, None);
}

#[test]
fn an_allow_of_all_but_something_is_told() {
    let told = |resource: Resource| -> Vec<(String, Vec<String>, bool)> {
        let entries: Vec<AllBut> = grants([resource]).all_but.value.unwrap();
        entries.into_iter().map(|entry| (entry.element, entry.except, entry.every_resource)).collect()
    };
    let not_action = r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"arn:aws:s3:::b/*"}"#;
    assert_eq!(told(managed(OPS, not_action)), [("NotAction".to_owned(), vec!["iam:*".to_owned()], false)]);
    let denied = r#"{"Effect":"Deny","NotAction":"iam:*","Resource":"*"}"#;
    assert_eq!(told(managed(OPS, denied)), []);
    let trust = parse(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole",
            "NotPrincipal":{"AWS":"arn:aws:iam::111122223333:user/eve"}}}"#,
    );
    let configuration = Role { assume_role_policy: Some(trust.unwrap()), ..Role::default() };
    let found = told(resource("arn:aws:iam::111122223333:role/r", "r", configuration));
    assert_eq!(found[0].0, "NotPrincipal");
}

#[test]
fn ways_over_another_identity_are_told_with_whether_any_will_do() {
    let pass = allow(r#""iam:PassRole""#, r#""*""#);
    let pass_one = allow(r#""iam:PassRole""#, r#""arn:aws:iam::111122223333:role/app""#);
    let function = allow(r#"["lambda:CreateFunction","lambda:InvokeFunction"]"#, r#""*""#);
    for (statements, expected) in [
        (allow(r#""iam:CreateAccessKey""#, r#""*""#), &["iam-002"][..]),
        (allow(r#""iam:CreateAccessKey""#, r#""arn:aws:iam::*:user/${aws:username}""#), &[]),
        (format!("{pass},{function}"), &["lambda-001"]),
        (format!("{pass_one},{function}"), &["lambda-001 some"]),
        (function.clone(), &[]),
        (pass.clone(), &[]),
        (
            format!(
                r#"{{"Effect":"Allow","Action":"iam:PassRole","Resource":"*",
                    "Condition":{{"StringEquals":{{"iam:PassedToService":"ec2.amazonaws.com"}}}}}},{function}"#
            ),
            &[],
        ),
        (allow(r#"["iam:AttachRolePolicy","sts:AssumeRole"]"#, r#""arn:aws:iam::*:role/*""#), &["iam-014"]),
        (allow(r#""*""#, r#""*""#), &[]),
        (format!("{pass},{function},{}", allow(r#""lambda:*""#, r#""*""#).replace("Allow", "Deny")), &[]),
    ] {
        assert_eq!(paths(&statements), expected, "{statements}");
    }
    let way = takeovers([managed(OPS, &format!("{pass},{function}"))]).remove(0);
    assert_eq!(way.actions, ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]);
    assert_eq!(way.because.len(), 2);
    let code = allow(r#"["lambda:UpdateFunctionCode","lambda:InvokeFunction"]"#, r#""*""#);
    let found: Vec<(String, Option<String>)> =
        takeovers([managed(OPS, &code)]).into_iter().map(|way| (way.path, way.extends)).collect();
    assert_eq!(found, [("lambda-003".to_owned(), None), ("lambda-004".to_owned(), Some("lambda-003".to_owned()))]);
}

#[test]
fn every_published_path_is_found_by_its_own_actions() {
    use crate::policy::paths::{Bind, paths};
    for path in paths() {
        let actions: Vec<String> = path.steps.iter().map(|(action, _)| format!("\"{action}\"")).collect();
        let statement = allow(&format!("[{}]", actions.join(",")), r#""*""#);
        let found = match facts([managed(OPS, &statement)]) {
            Facts::ManagedPolicy(facts) => facts,
            other => panic!("{other:?}"),
        };
        let own = found.escalations.value.unwrap().into_iter().map(|way| way.path);
        let others = found.takeovers.value.unwrap().into_iter().map(|way| way.path);
        let all: Vec<String> = own.chain(others).collect();
        // Groups and boundaries are not the policy's: those who have them tell.
        let by_holder = matches!(path.bind, Bind::OwnGroup | Bind::OwnBoundary);
        assert_eq!(all.iter().any(|found| found == path.id), !by_holder, "{} in {all:?}", path.id);
    }
}

#[test]
fn what_a_policy_alone_would_let_its_holder_do() {
    let escalations = |statements: &str| match facts([managed(OPS, statements)]) {
        Facts::ManagedPolicy(facts) => facts.escalations.value.unwrap(),
        other => panic!("{other:?}"),
    };
    let own: Vec<String> =
        escalations(&allow(r#""iam:CreatePolicyVersion""#, r#""*""#)).into_iter().map(|way| way.resource).collect();
    assert_eq!(own, [OPS]);
    assert_eq!(escalations(&allow(r#""iam:PutUserPolicy""#, r#""arn:aws:iam::*:user/${aws:username}""#)).len(), 1);
    assert_eq!(escalations(&allow(r#""iam:PutUserPolicy""#, r#""arn:aws:iam::111122223333:user/bob""#)).len(), 0);
    assert_eq!(escalations(&allow(r#""*""#, r#""*""#)).len(), 0);
    let unread = without(managed(OPS, &allow(r#""iam:*""#, r#""*""#)), &["/configuration/document/Statement/0/Action"]);
    assert!(matches!(facts([unread]), Facts::ManagedPolicy(facts) if facts.escalations.value.is_none()));
}

#[test]
fn policies_and_groups_that_nobody_uses_are_judged_all_the_same() {
    let all = allow(r#""*""#, r#""*""#);
    let group =
        resource("arn:aws:iam::111122223333:group/g", "g", Group { path: "/".to_owned(), grants: inline(&all) });
    assert_eq!(admin([group]).value, Some(true));
    let mut alone = snapshot([managed(OPS, &all)]);
    for kind in [ResourceType::Role, ResourceType::User, ResourceType::Group] {
        listed(&mut alone, "global", kind, true);
    }
    derive(&mut alone);
    let Some(Facts::ManagedPolicy(facts)) = &alone.resources[0].facts else { panic!("no facts") };
    assert_eq!((facts.admin.value, facts.attached.value), (Some(true), Some(false)));
}

#[test]
fn a_trust_policy_that_names_who_is_not_there() {
    let trust = |principal: &str, complete: bool, others: Vec<Resource>| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"AWS":"{principal}"}}}}}}"#
        );
        let configuration = Role { assume_role_policy: Some(parse(&text).unwrap()), ..Role::default() };
        let mut snapshot =
            snapshot(std::iter::once(resource("arn:aws:iam::111122223333:role/r", "r", configuration)).chain(others));
        listed(&mut snapshot, "global", ResourceType::Role, complete);
        derive(&mut snapshot);
        match snapshot.resources[0].facts.clone().unwrap() {
            Facts::Role(facts) => {
                facts.dangling.value.map(|found| found.into_iter().map(|one| one.kind).collect::<Vec<_>>())
            }
            other => panic!("{other:?}"),
        }
    };
    let ci = "arn:aws:iam::111122223333:role/ci";
    assert_eq!(trust("AROAEXAMPLEID1234567A", true, vec![]), Some(vec!["deleted".to_owned()]));
    assert_eq!(trust(ci, true, vec![]), Some(vec!["missing".to_owned()]));
    assert_eq!(trust(ci, false, vec![]), None);
    assert_eq!(trust(ci, false, vec![resource(ci, "ci", Role::default())]), Some(vec![]));
    assert_eq!(trust("arn:aws:iam::444455556666:role/ci", true, vec![]), Some(vec![]));
    assert_eq!(trust("arn:aws:iam::111122223333:root", true, vec![]), Some(vec![]));
}

#[test]
fn anyone_of_one_account_is_that_account() {
    let trusted = |condition: &str| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","Condition":{condition}}}}}"#
        );
        let configuration = Role { assume_role_policy: Some(parse(&text).unwrap()), ..Role::default() };
        match facts([resource("arn:aws:iam::111122223333:role/r", "r", configuration)]) {
            Facts::Role(facts) => facts.trusted.value.unwrap(),
            other => panic!("{other:?}"),
        }
    };
    let found = trusted(r#"{"StringEquals":{"aws:PrincipalAccount":"444455556666"}}"#);
    assert_eq!(
        found.iter().map(|entry| (entry.kind.as_str(), entry.name.as_str())).collect::<Vec<_>>(),
        [("account", "444455556666"), ("anyone", "*")]
    );
    assert!(found[1].restricted && found[0].foreign && found[0].confused_deputy_guard == Some(false));
    let found = trusted(r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::444455556666:role/ci-*"}}"#);
    assert!(found.iter().any(|entry| entry.kind == "principal" && entry.foreign));
    assert!(found.iter().all(|entry| entry.restricted));
    let found = trusted(r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/ci-*"}}"#);
    assert!(found.len() == 1 && !found[0].restricted);
}
