//! Ways to more permissions on small accounts.

use serde_json::{Value, json};

use super::tests::{HOME, allow, document, group, managed, role, snapshot, trusting, user};
use super::{Access, EscalationLimits, Escalations};
use crate::model::{Configuration, Resource, Snapshot};

fn search(snapshot: &Snapshot) -> Escalations {
    Access::new(snapshot).escalations(None, EscalationLimits::default())
}

/// `ana iam-001 policy/read everything certain`.
fn words(found: &Escalations) -> Vec<String> {
    let short = |arn: &str| arn.rsplit('/').next().unwrap().to_owned();
    found
        .found
        .iter()
        .map(|way| {
            let target = way.target.as_deref().map_or_else(|| "-".to_owned(), short);
            let grade = if way.everything { "everything" } else { "more" };
            let sure = if way.certain { "certain" } else { "depends" };
            format!("{} {} {target} {grade} {sure}", short(way.principal.as_str()), way.path)
        })
        .collect()
}

fn found(resources: impl IntoIterator<Item = Resource>) -> Vec<String> {
    words(&search(&snapshot(resources)))
}

fn on(kind: &str, name: &str) -> String {
    format!("arn:aws:iam::{HOME}:{kind}/{name}")
}

fn attached(mut resource: Resource, policy: &str) -> Resource {
    match &mut resource.configuration {
        Configuration::User(user) => user.grants.attached_policies.push(policy.to_owned()),
        Configuration::Role(role) => role.grants.attached_policies.push(policy.to_owned()),
        other => panic!("{other:?}"),
    }
    resource
}

fn admin(name: &str, trusted: &Value) -> Resource {
    role(HOME, name, &trusting(trusted), &allow("*", "*"))
}

#[test]
fn a_principal_may_edit_itself() {
    let putting = |action: &str, resource: &str| found([user(HOME, "ana", &allow(action, resource))]);
    assert_eq!(putting("iam:PutUserPolicy", &on("user", "ana")), ["ana iam-007 - everything certain"]);
    assert_eq!(putting("iam:PutUserPolicy", &on("user", "${aws:username}")), ["ana iam-007 - everything certain"]);
    assert_eq!(putting("iam:PutUserPolicy", &on("user", "bob")), Vec::<String>::new());
    assert_eq!(putting("iam:PutRolePolicy", "*"), Vec::<String>::new(), "a user has no role policies");
    let own = role(HOME, "ops", &trusting(&json!({"AWS": HOME})), &allow("iam:*RolePolicy", "*"));
    assert_eq!(found([own]), ["ops iam-005 - everything certain", "ops iam-009 - everything certain"]);
}

#[test]
fn attaching_is_only_everything_when_any_policy_may_be_attached() {
    let narrow = json!({"Effect": "Allow", "Action": "iam:AttachUserPolicy", "Resource": "*",
                        "Condition": {"ArnEquals": {"iam:PolicyARN": on("policy", "harmless")}}});
    assert_eq!(found([user(HOME, "ana", &narrow)]), Vec::<String>::new());
}

#[test]
fn a_customer_policy_is_edited_and_one_of_aws_is_not() {
    let edits = allow("iam:CreatePolicyVersion", "*");
    let home = [attached(user(HOME, "ana", &edits), &on("policy", "read")), managed(HOME, "read", &allow("s3:*", "*"))];
    assert_eq!(found(home), ["ana iam-001 read everything certain"]);
    let aws = attached(user(HOME, "ana", &edits), "arn:aws:iam::aws:policy/ReadOnlyAccess");
    assert_eq!(found([aws]), Vec::<String>::new());
}

#[test]
fn becoming_another_counts_only_where_there_is_something_to_gain() {
    let keys = allow("iam:CreateAccessKey", "*");
    let home = || [user(HOME, "ana", &keys), user(HOME, "same", &keys), user(HOME, "root-like", &allow("*", "*"))];
    assert_eq!(
        found(home()),
        ["ana iam-002 root-like everything certain", "same iam-002 root-like everything certain"]
    );
    let more = [user(HOME, "ana", &keys), user(HOME, "reader", &allow("s3:GetObject", "*"))];
    let search = search(&snapshot(more));
    assert_eq!(words(&search), ["ana iam-002 reader more certain"]);
    assert_eq!(search.found[0].gains, ["s3:GetObject on *"]);
}

#[test]
fn a_role_is_passed_only_to_a_service_it_trusts_and_that_may_be_told() {
    let starts = |pass: &Value| json!([pass, allow("lambda:CreateFunction", "*"), allow("lambda:InvokeFunction", "*")]);
    let lambda = || json!({"Service": "lambda.amazonaws.com"});
    let with = |pass: &Value, trusted: &Value| found([user(HOME, "ana", &starts(pass)), admin("fn", trusted)]);
    let pass = allow("iam:PassRole", "*");
    assert_eq!(with(&pass, &lambda()), ["ana lambda-001 fn everything certain"]);
    assert_eq!(with(&pass, &json!({"Service": "glue.amazonaws.com"})), Vec::<String>::new());
    let only = json!({"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*",
                      "Condition": {"StringEquals": {"iam:PassedToService": "glue.amazonaws.com"}}});
    assert_eq!(with(&only, &lambda()), Vec::<String>::new());
    assert_eq!(with(&allow("iam:PassRole", &on("role", "other")), &lambda()), Vec::<String>::new());
}

#[test]
fn a_launch_may_be_limited_to_a_place_of_its_own() {
    let narrow = json!([
        allow("iam:PassRole", "*"),
        allow("lambda:CreateFunction", "arn:aws:lambda:eu-west-1:111122223333:function:dev-*"),
        allow("lambda:InvokeFunction", "arn:aws:lambda:*:*:function:dev-*")
    ]);
    let search =
        search(&snapshot([user(HOME, "ana", &narrow), admin("fn", &json!({"Service": "lambda.amazonaws.com"}))]));
    assert_eq!(words(&search), ["ana lambda-001 fn everything certain"]);
    assert_eq!(search.found[0].steps[0].resource, "arn:aws:lambda:eu-west-1:111122223333:function:dev-plimsoll");
    let actions: Vec<&str> = search.found[0].steps.iter().map(|step| step.action.as_str()).collect();
    let expected =
        ["lambda:CreateFunction", "lambda:InvokeFunction", "iam:PassRole", "sts:AssumeRole by lambda.amazonaws.com"];
    assert_eq!(actions, expected);
}

#[test]
fn groups_are_joined_and_edited() {
    let joins = allow("iam:AddUserToGroup", "*");
    let home = [user(HOME, "ana", &joins), group(HOME, "admins", &allow("*", "*"))];
    let search = search(&snapshot(home));
    assert_eq!(words(&search), ["ana iam-013 admins everything certain"]);
    let mut member = user(HOME, "bob", &allow("iam:PutGroupPolicy", &on("group", "ops")));
    if let Configuration::User(user) = &mut member.configuration {
        user.groups = vec!["ops".into()];
    }
    assert_eq!(found([member, group(HOME, "ops", &Value::Null)]), ["bob iam-011 ops everything certain"]);
}

#[test]
fn several_steps_lead_to_everything() {
    let home = [
        user(HOME, "ana", &allow("sts:AssumeRole", &on("role", "one"))),
        role(HOME, "one", &trusting(&json!({"AWS": HOME})), &allow("sts:AssumeRole", &on("role", "two"))),
        role(HOME, "two", &trusting(&json!({"AWS": HOME})), &allow("iam:PutRolePolicy", "*")),
        user(HOME, "bob", &allow("s3:*", "*")),
    ];
    let search = search(&snapshot(home));
    assert_eq!(
        words(&search),
        [
            "one iam-005 two everything certain",
            "two iam-005 - everything certain",
            "ana iam-005 two everything certain"
        ]
    );
    let ana = search.found.last().unwrap();
    let actions: Vec<&str> = ana.steps.iter().map(|step| step.action.as_str()).collect();
    assert_eq!(actions, ["sts:AssumeRole", "sts:AssumeRole", "iam:PutRolePolicy"]);
}

#[test]
fn assuming_a_role_and_making_it_mightier() {
    let changes = json!([allow("iam:AttachRolePolicy", "*"), allow("sts:AssumeRole", "*")]);
    let home = [user(HOME, "ana", &changes), role(HOME, "ops", &trusting(&json!({"AWS": HOME})), &Value::Null)];
    assert_eq!(found(home), ["ana iam-014 ops everything certain"]);
    let reserved = role(HOME, "aws-reserved/sso.amazonaws.com/ops", &trusting(&json!({"AWS": HOME})), &Value::Null);
    assert_eq!(found([user(HOME, "ana", &changes), reserved]), Vec::<String>::new());
}

#[test]
fn what_depends_says_on_what() {
    let mfa = json!({"Effect": "Allow", "Action": "iam:PutUserPolicy", "Resource": "*",
                     "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}});
    let search = search(&snapshot([user(HOME, "ana", &mfa)]));
    assert_eq!(words(&search), ["ana iam-007 - everything depends"]);
    let asked: Vec<&str> = search.found[0].steps[0].requirements.iter().map(|asked| asked.words.as_str()).collect();
    assert!(asked.contains(&"aws:MultiFactorAuthPresent is true"), "{asked:?}");
}

#[test]
fn who_has_everything_has_nothing_to_gain_and_who_was_not_read_is_named() {
    let silent = attached(user(HOME, "silent", &Value::Null), "arn:aws:iam::aws:policy/ReadOnlyAccess");
    let root = attached(user(HOME, "boss", &Value::Null), "arn:aws:iam::aws:policy/AdministratorAccess");
    let guarded = json!([allow("*", "*"), {"Effect": "Deny", "Action": "*", "Resource": "*",
                         "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}]);
    let plain = user(HOME, "plain", &allow("s3:*", "*"));
    let search = search(&snapshot([silent, root, user(HOME, "guarded", &guarded), plain]));
    assert_eq!(search.found, []);
    assert_eq!(
        search.administrators.iter().map(|id| id.as_str().to_owned()).collect::<Vec<_>>(),
        [on("user", "boss"), on("user", "guarded")]
    );
    assert_eq!(search.unread.len(), 1);
    assert!(search.unread[0].1.contains("ReadOnlyAccess"));
}

#[test]
fn the_boundary_limits_and_its_removal_is_a_way() {
    let with_boundary = |inline: &Value, boundary: &Value| {
        let mut ana = user(HOME, "ana", inline);
        if let Configuration::User(user) = &mut ana.configuration {
            user.permissions_boundary = Some(on("policy", "limit"));
        }
        let mut limit = managed(HOME, "limit", boundary);
        if let Configuration::ManagedPolicy(policy) = &mut limit.configuration {
            policy.document = Some(document(boundary));
        }
        found([ana, limit])
    };
    assert_eq!(with_boundary(&allow("iam:PutUserPolicy", "*"), &allow("s3:*", "*")), Vec::<String>::new());
    assert_eq!(
        with_boundary(&allow("iam:PutUserPolicy", "*"), &allow("iam:*", "*")),
        ["ana iam-007 - everything certain"]
    );
    assert_eq!(
        with_boundary(&allow("iam:DeleteUserPermissionsBoundary", "*"), &allow("iam:*", "*")),
        ["ana plimsoll-002 - more certain"]
    );
}
