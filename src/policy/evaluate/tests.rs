//! Each rule of AWS's evaluation logic, on the smallest policies that show it.
#![expect(clippy::needless_pass_by_value, reason = "cases are written as literals")]

use serde_json::{Value, json};

use super::*;
use crate::policy::{Context, Denial, KeyValue, Need, Principal, Says, from_value};

const USER: &str = "arn:aws:iam::111122223333:user/ann";
const ROLE: &str = "arn:aws:iam::111122223333:role/team/orders";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/orders/run";
const OTHER: &str = "444455556666";
const OBJECT: &str = "arn:aws:s3:::b/a";

/// Policies by layer, from JSON of statements; `control` and `resource_control` are lists of
/// levels.
fn decide(request: &Request, layers: &Value) -> Decision {
    let document = |statements: &Value| from_value(&json!({"Version": "2012-10-17", "Statement": statements})).unwrap();
    let read = |name: &str| layers.get(name).map(&document);
    let levels = |name: &str| -> Vec<PolicyDocument> {
        layers.get(name).and_then(Value::as_array).into_iter().flatten().map(&document).collect()
    };
    let (identity, boundary, session, resource) =
        (read("identity"), read("boundary"), read("session"), read("resource"));
    let (control, resource_control) = (levels("control"), levels("resource_control"));
    let one = |name: &'static str, document| LayerPolicies::of(vec![Applied::new(name, document)]);
    let policies = Policies {
        identity: identity.as_ref().map(|document| one("own", document)).unwrap_or_default(),
        boundary: boundary.as_ref().map(|document| one("boundary", document)),
        session: session.as_ref().map(|document| one("session", document)),
        service_control: control.iter().map(|document| one("scp", document)).collect(),
        resource_control: resource_control.iter().map(|document| one("rcp", document)).collect(),
        resource: resource.as_ref().map(|document| one("policy", document)),
    };
    evaluate(request, &policies).decision
}

fn allow() -> Value {
    json!({"Effect": "Allow", "Action": "*", "Resource": "*"})
}

fn deny() -> Value {
    json!({"Effect": "Deny", "Action": "*", "Resource": "*"})
}

fn nothing() -> Value {
    json!({"Effect": "Allow", "Action": "x:y", "Resource": "*"})
}

fn to(principal: &str) -> Value {
    json!({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "*", "Resource": "*"})
}

fn user() -> Principal {
    Principal::User(USER.to_owned())
}

fn session() -> Principal {
    Principal::Role { role: ROLE.to_owned(), session: SESSION.to_owned() }
}

fn get(principal: Principal) -> Request {
    Request { context: Context::whole(), ..Request::new(principal, "s3:GetObject", OBJECT) }
}

fn foreign(principal: Principal) -> Request {
    Request { resource_account: Some(OTHER.to_owned()), ..get(principal) }
}

fn denied_by(decision: Decision) -> (Layer, bool) {
    match decision {
        Decision::Deny(Denial { layer, statement, reason }) => {
            assert!(!reason.is_empty());
            (layer, statement.is_some())
        }
        other => panic!("not denied: {other:?}"),
    }
}

#[track_caller]
fn allowed(request: &Request, layers: Value) {
    assert_eq!(decide(request, &layers), Decision::Allow, "{layers}");
}

#[track_caller]
fn implicit(request: &Request, layers: Value, layer: Layer) {
    assert_eq!(denied_by(decide(request, &layers)), (layer, false), "{layers}");
}

#[track_caller]
fn explicit(request: &Request, layers: Value, layer: Layer) {
    assert_eq!(denied_by(decide(request, &layers)), (layer, true), "{layers}");
}

#[test]
fn an_explicit_deny_of_any_layer_decides() {
    let all = json!({"identity": [allow()], "boundary": [allow()], "session": [allow()], "control": [[allow()]],
                     "resource_control": [[]], "resource": [to(USER)]});
    let request = get(user());
    allowed(&request, all.clone());
    let with = |layer: &str, value: Value| {
        let mut layers = all.clone();
        layers[layer] = value;
        layers
    };
    explicit(&request, with("identity", json!([allow(), deny()])), Layer::Identity);
    explicit(&request, with("boundary", json!([allow(), deny()])), Layer::Boundary);
    explicit(&request, with("session", json!([allow(), deny()])), Layer::Session);
    explicit(&request, with("control", json!([[allow()], [allow(), deny()]])), Layer::ServiceControl);
    explicit(&request, with("resource_control", json!([[], [deny()]])), Layer::ResourceControl);
    let by_resource = json!([{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": OBJECT}]);
    explicit(&request, with("resource", by_resource), Layer::Resource);
}

#[test]
fn nothing_allows_by_itself() {
    implicit(&get(user()), json!({}), Layer::Identity);
    implicit(&get(user()), json!({"identity": [nothing()]}), Layer::Identity);
    implicit(&get(user()), json!({"resource": [to(&format!("arn:aws:iam::{OTHER}:root"))]}), Layer::Identity);
}

#[test]
fn every_level_of_service_control_policies_has_to_allow() {
    allowed(&get(user()), json!({"identity": [allow()], "control": [[allow()], [allow()]]}));
    implicit(&get(user()), json!({"identity": [allow()], "control": [[allow()], [nothing()]]}), Layer::ServiceControl);
    implicit(&get(user()), json!({"identity": [allow()], "control": [[]]}), Layer::ServiceControl);
    implicit(
        &get(Principal::Root("111122223333".to_owned())),
        json!({"control": [[nothing()]]}),
        Layer::ServiceControl,
    );
}

#[test]
fn the_boundary_and_the_session_limit_identity_policies() {
    implicit(&get(user()), json!({"identity": [allow()], "boundary": [nothing()]}), Layer::Boundary);
    implicit(&get(session()), json!({"identity": [allow()], "session": [nothing()]}), Layer::Session);
    allowed(&get(session()), json!({"identity": [allow()], "session": [allow()], "boundary": [allow()]}));
    implicit(&get(session()), json!({"session": [allow()], "boundary": [allow()]}), Layer::Identity);
}

#[test]
fn within_the_account_it_matters_whom_the_resource_policy_names() {
    let limits = json!({"boundary": [nothing()], "session": [nothing()]});
    let with = |principal: &str, limits: &Value| {
        let mut layers = limits.clone();
        layers["resource"] = json!([to(principal)]);
        layers
    };
    allowed(&get(user()), with(USER, &limits));
    allowed(&get(session()), with(SESSION, &limits));
    allowed(&get(session()), with("*", &limits));
    allowed(&get(session()), with(ROLE, &json!({})));
    implicit(&get(session()), with(ROLE, &limits), Layer::Boundary);
    implicit(&get(session()), with(ROLE, &json!({"session": [nothing()]})), Layer::Session);
    implicit(&get(user()), with("111122223333", &json!({})), Layer::Identity);
    implicit(&get(session()), with("111122223333", &json!({})), Layer::Identity);
    let by_condition = json!({"resource": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*",
        "Condition": {"ArnEquals": {"aws:PrincipalArn": ROLE}}}], "boundary": [nothing()]});
    allowed(&get(session()).with_derived_keys(), by_condition.clone());
    implicit(&get(user()).with_derived_keys(), by_condition, Layer::Identity);
}

#[test]
fn across_accounts_both_sides_have_to_allow() {
    let root = "111122223333";
    for name in [USER, root, "*"] {
        allowed(&foreign(user()), json!({"identity": [allow()], "resource": [to(name)]}));
        implicit(&foreign(user()), json!({"resource": [to(name)]}), Layer::Identity);
    }
    implicit(&foreign(user()), json!({"identity": [allow()]}), Layer::Resource);
    implicit(&foreign(user()), json!({"identity": [allow()], "resource": [to(OTHER)]}), Layer::Resource);
    implicit(
        &foreign(user()),
        json!({"identity": [allow()], "resource": [to(root)], "boundary": [nothing()]}),
        Layer::Boundary,
    );
    implicit(
        &foreign(session()),
        json!({"identity": [allow()], "resource": [to(SESSION)], "session": [nothing()]}),
        Layer::Session,
    );
}

#[test]
fn partitions_share_nothing() {
    let request = Request { resource: "arn:aws-cn:s3:::b/a".to_owned(), ..foreign(user()) };
    implicit(&request, json!({"identity": [allow()], "resource": [to("*")]}), Layer::Resource);
}

#[test]
fn trust_and_key_policies_have_to_allow_within_the_account_too() {
    let role = "arn:aws:iam::111122223333:role/deploy";
    let key = "arn:aws:kms:eu-central-1:111122223333:key/1";
    let trust =
        |principal: &str| json!({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"});
    for (action, resource) in [("sts:AssumeRole", role), ("kms:Decrypt", key)] {
        let of =
            |principal: Principal| Request { context: Context::whole(), ..Request::new(principal, action, resource) };
        let grants = |principal: &str| if action == "kms:Decrypt" { to(principal) } else { trust(principal) };
        implicit(&of(user()), json!({"identity": [allow()]}), Layer::Resource);
        implicit(&of(user()), json!({"identity": [allow()], "resource": [grants(OTHER)]}), Layer::Resource);
        allowed(&of(user()), json!({"identity": [allow()], "resource": [grants("111122223333")]}));
        implicit(&of(user()), json!({"resource": [grants("111122223333")]}), Layer::Identity);
        allowed(&of(user()), json!({"resource": [grants(USER)]}));
        allowed(&of(session()), json!({"resource": [grants(ROLE)]}));
        implicit(&of(session()), json!({"resource": [grants(ROLE)], "boundary": [nothing()]}), Layer::Boundary);
    }
    let itself = Request { context: Context::whole(), ..Request::new(session(), "sts:AssumeRole", ROLE) };
    implicit(&itself, json!({"identity": [allow()], "resource": [trust(USER)]}), Layer::Resource);
    allowed(&itself, json!({"resource": [trust(ROLE)]}));
}

#[test]
fn those_outside_accounts_need_the_resource_policy_alone() {
    let service = Principal::Service("cloudtrail.amazonaws.com".to_owned());
    let grant = json!({"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:*", "Resource": "*"});
    allowed(&get(service.clone()), json!({"resource": [grant], "control": [[deny()]], "boundary": [deny()]}));
    implicit(&get(service.clone()), json!({"resource": [to("111122223333")]}), Layer::Resource);
    explicit(
        &get(service),
        json!({"resource": [grant, {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]}),
        Layer::Resource,
    );
    allowed(&get(Principal::Anonymous), json!({"resource": [to("*")]}));
    explicit(
        &get(Principal::Anonymous),
        json!({"resource": [to("*")], "resource_control": [[deny()]]}),
        Layer::ResourceControl,
    );
    implicit(&get(Principal::Anonymous), json!({"resource": [to(USER)], "identity": [allow()]}), Layer::Resource);
}

#[test]
fn providers_are_named_in_full() {
    let provider = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";
    let action = "sts:AssumeRoleWithWebIdentity";
    let request = |provider: &str| {
        let principal = Principal::Federated(provider.to_owned());
        Request { context: Context::whole(), ..Request::new(principal, action, "arn:aws:iam::111122223333:role/ci") }
    };
    let trust = |provider: &str| json!({"resource": [{"Effect": "Allow", "Principal": {"Federated": provider}, "Action": action}]});
    allowed(&request(provider), trust(provider));
    allowed(&request("cognito-identity.amazonaws.com"), trust("cognito-identity.amazonaws.com"));
    implicit(
        &request("cognito-identity.amazonaws.com.evil.example"),
        trust("cognito-identity.amazonaws.com"),
        Layer::Resource,
    );
}

#[test]
fn a_federation_session_may_what_its_session_policy_says() {
    let federated = || get(Principal::FederatedUser("arn:aws:sts::111122223333:federated-user/bob".to_owned()));
    implicit(&federated(), json!({"identity": [allow()]}), Layer::Session);
    allowed(&federated(), json!({"identity": [allow()], "session": [allow()]}));
    allowed(&federated(), json!({"resource": [to("arn:aws:sts::111122223333:federated-user/bob")]}));
}

#[test]
fn the_root_user_needs_no_identity_policy_and_assumes_no_role() {
    let root = || Principal::Root("111122223333".to_owned());
    allowed(&get(root()), json!({}));
    implicit(&foreign(root()), json!({}), Layer::Resource);
    allowed(&foreign(root()), json!({"resource": [to("111122223333")]}));
    let closed = json!({"resource": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}]});
    explicit(&get(root()), closed.clone(), Layer::Resource);
    allowed(&Request { action: "s3:DeleteBucketPolicy".to_owned(), ..get(root()) }, closed);
    let assume = Request::new(root(), "sts:AssumeRole", "arn:aws:iam::111122223333:role/deploy");
    implicit(&assume, json!({"resource": [to("*")]}), Layer::Identity);
}

#[test]
fn everybody_may_ask_who_they_are() {
    let request = Request::new(user(), "sts:GetCallerIdentity", "*");
    allowed(&request, json!({"identity": [deny()], "control": [[deny()]]}));
}

#[test]
fn exceptions_of_principals_have_to_be_complete() {
    let but = |effect: &str, names: Value| json!({"Effect": effect, "NotPrincipal": {"AWS": names}, "Action": "*", "Resource": "*"});
    let layers = |statement: Value| json!({"identity": [allow()], "resource": [statement]});
    allowed(&get(user()), layers(but("Deny", json!(["111122223333", USER]))));
    allowed(&get(session()), layers(but("Deny", json!(["111122223333", ROLE, SESSION]))));
    explicit(&get(user()), layers(but("Deny", json!([OTHER]))), Layer::Resource);
    for names in [json!(["111122223333", ROLE]), json!([ROLE, SESSION]), json!(["111122223333"])] {
        let decision = decide(&get(session()), &layers(but("Deny", names)));
        let Decision::Depends(needs) = decision else { panic!("{decision:?}") };
        assert!(matches!(needs.first(), Some(Need::Policy(why)) if why.contains("is not listed")));
    }
    let mut bounded = layers(but("Deny", json!(["111122223333", USER])));
    bounded["boundary"] = json!([allow()]);
    explicit(&get(user()), bounded, Layer::Resource);
    allowed(&foreign(user()), layers(but("Allow", json!([OTHER]))));
    implicit(&foreign(user()), layers(but("Allow", json!(["111122223333", USER]))), Layer::Resource);
}

#[test]
fn what_was_not_read_counts_where_the_rest_does_not_decide() {
    let document = from_value(&json!({"Version": "2012-10-17", "Statement": [allow()]})).unwrap();
    let denying = from_value(&json!({"Version": "2012-10-17", "Statement": [deny()]})).unwrap();
    let one = |document| LayerPolicies::of(vec![Applied::new("own", document)]);
    let why = "service control policies of 111122223333 were not read";
    let mut policies = Policies { identity: one(&document), ..Policies::default() };
    policies.service_control = vec![LayerPolicies::unread(why)];
    let needs = [Need::Policy(why.to_owned())].into();
    assert_eq!(evaluate(&get(user()), &policies).decision, Decision::Depends(needs));
    policies.identity = one(&denying);
    assert_eq!(denied_by(evaluate(&get(user()), &policies).decision), (Layer::Identity, true));
    policies.identity = LayerPolicies::default();
    assert_eq!(denied_by(evaluate(&get(user()), &policies).decision), (Layer::Identity, false));
}

#[test]
fn every_layer_says_its_word() {
    let document = from_value(&json!({"Version": "2012-10-17", "Statement": [allow()]})).unwrap();
    let policies =
        Policies { identity: LayerPolicies::of(vec![Applied::new("own", &document)]), ..Policies::default() };
    let answer = evaluate(&get(user()), &policies);
    let said: Vec<(Layer, bool)> =
        answer.layers.iter().map(|layer| (layer.layer, layer.says == Says::NotAsked)).collect();
    assert_eq!(
        said,
        [
            (Layer::ResourceControl, true),
            (Layer::ServiceControl, true),
            (Layer::Resource, true),
            (Layer::Identity, false),
            (Layer::Boundary, true),
            (Layer::Session, true),
        ]
    );
    assert_eq!(answer.layers[3].reason, "statement 0 of own allows");
    assert_eq!(answer.layers[3].statements[0].policy, "own");
}

/// What a statement of an identity policy with this condition gives to a request with `k`.
fn with_condition(operator: &str, key: &str, wanted: Value, found: &KeyValue) -> Decision {
    let mut request = get(user());
    request.context.set("k", found.clone());
    let mut statement = allow();
    statement["Condition"] = json!({operator: {key: wanted}});
    decide(&request, &json!({"identity": [statement]}))
}

fn known(values: &[&str]) -> KeyValue {
    KeyValue::Known(values.iter().map(|value| (*value).to_owned()).collect())
}

#[test]
fn operators_on_absent_and_present_keys() {
    for (operator, wanted, absent, present) in [
        ("StringEquals", json!("a"), false, true),
        ("StringNotEquals", json!("a"), true, false),
        ("StringEqualsIfExists", json!("a"), true, true),
        ("StringNotEqualsIfExists", json!("a"), true, false),
        ("StringEqualsIfExists", json!("b"), true, false),
        ("StringEqualsIgnoreCase", json!("A"), false, true),
        ("StringNotLike", json!(["b*", "a*"]), true, false),
        ("Null", json!("true"), true, false),
        ("Null", json!(false), false, true),
        ("ForAnyValue:StringEquals", json!(["a", "b"]), false, true),
        ("ForAllValues:StringEquals", json!(["b"]), true, false),
        ("ForAnyValue:StringNotEquals", json!(["a"]), false, false),
        ("ForAllValues:StringNotEquals", json!(["b"]), true, true),
        ("NumericEquals", json!("1"), false, false),
        ("NumericNotEquals", json!("1"), true, true),
        ("ArnNotLike", json!("arn:aws:iam::*:role/x"), true, true),
        ("NotIpAddress", json!("10.0.0.0/8"), true, true),
        ("BinaryEquals", json!("YQ=="), false, false),
    ] {
        for (found, expected) in [(KeyValue::Absent, absent), (known(&["a"]), present)] {
            let decision = with_condition(operator, "K", wanted.clone(), &found);
            assert_eq!(decision == Decision::Allow, expected, "{operator} {wanted} on {found:?}");
        }
    }
}

#[test]
fn set_operators_take_many_values() {
    for (operator, found, expected) in [
        ("ForAllValues:StringLike", &["a1", "b"][..], true),
        ("ForAllValues:StringLike", &["a1", "c"], false),
        ("ForAllValues:StringLike", &[], true),
        ("ForAllValues:StringLike", &[""], true),
        ("ForAnyValue:StringLike", &["c", "b"], true),
        ("ForAnyValue:StringLike", &["c"], false),
        ("ForAnyValue:StringLike", &[], false),
        ("ForAnyValue:StringNotLike", &["b", "c"], true),
        ("ForAnyValue:StringNotLike", &["b", "a"], false),
        ("ForAllValues:StringNotLike", &["b", "c"], false),
    ] {
        let decision = with_condition(operator, "k", json!(["a*", "b"]), &known(found));
        assert_eq!(decision == Decision::Allow, expected, "{operator} on {found:?}");
    }
}

#[test]
fn an_unknown_key_is_named_unless_it_does_not_matter() {
    let needs = |decision: Decision| match decision {
        Decision::Depends(needs) => needs.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        decided => format!("{decided:?}"),
    };
    assert_eq!(needs(with_condition("StringEquals", "K", json!("a"), &KeyValue::Unknown)), "k");
    assert_eq!(needs(with_condition("StringLike", "k", json!("*"), &KeyValue::Unknown)), "k");
    assert_eq!(with_condition("StringLikeIfExists", "k", json!("*"), &KeyValue::Unknown), Decision::Allow);
    assert_eq!(with_condition("StringLike", "k", json!("*"), &KeyValue::Present), Decision::Allow);
    assert_eq!(with_condition("Null", "k", json!("false"), &KeyValue::Present), Decision::Allow);
    let unknown = needs(with_condition("StringMatches", "k", json!("a"), &known(&["a"])));
    assert_eq!(unknown, r#""StringMatches" is not a condition operator of IAM"#);
}

#[test]
fn variables_stand_in_resources_after_the_fifth_colon() {
    let statement = |resource: &str| json!([{"Effect": "Allow", "Action": "s3:*", "Resource": resource}]);
    let mut request = get(user()).with_derived_keys();
    request.resource = "arn:aws:s3:::b/ann/x".to_owned();
    allowed(&request, json!({"identity": statement("arn:aws:s3:::b/${aws:username}/*")}));
    implicit(&request, json!({"identity": statement("arn:aws:s3:::b/${aws:userid2}/*")}), Layer::Identity);
    let old = from_value(&json!({"Statement": statement("arn:aws:s3:::b/${aws:username}/*")})).unwrap();
    assert_eq!(judge(Layer::Identity, &old, &request).allow, Truth::No);
    request.resource = "arn:aws:s3:::b/${aws:username}/x".to_owned();
    assert_eq!(judge(Layer::Identity, &old, &request).allow, Truth::Yes);
}

#[test]
fn an_exception_with_a_variable_without_value_allows_nothing_and_is_unknown_to_deny() {
    let but =
        |effect: &str| json!([{"Effect": effect, "Action": "s3:*", "NotResource": "arn:aws:s3:::b/${aws:username}/*"}]);
    implicit(&get(session()), json!({"identity": but("Allow")}), Layer::Identity);
    let mut both = but("Deny");
    both.as_array_mut().unwrap().push(allow());
    assert!(matches!(decide(&get(session()), &json!({"identity": both})), Decision::Depends(_)));
}

#[test]
fn the_resource_star_is_taken_by_everything_only() {
    let statement = |resource: &str| json!({"identity": [{"Effect": "Allow", "Action": "s3:*", "Resource": resource}]});
    let mut request = get(user());
    request.resource = "*".to_owned();
    allowed(&request, statement("*"));
    implicit(&request, statement("arn:aws:s3:::*"), Layer::Identity);
}

/// What two statements on `k`, each with an effect, an operator and a value, give while `k` is
/// unknown, and every other key as well.
fn with_two(first: (&str, &str, Value), second: (&str, &str, Value)) -> Decision {
    let statement = |(effect, operator, wanted): (&str, &str, Value)| json!({"Effect": effect, "Action": "*", "Resource": "*", "Condition": {operator: {"k": wanted}}});
    let request = Request::new(user(), "s3:GetObject", OBJECT);
    decide(&request, &json!({"identity": [statement(first), statement(second)]}))
}

#[test]
fn statements_together_decide_what_none_decides_alone() {
    for (first, second) in [
        (("StringEquals", json!("a")), ("StringNotEquals", json!("a"))),
        (("StringLike", json!("a*")), ("StringNotLike", json!("ab*"))),
        (("StringNotLike", json!(["a*", "b"])), ("StringLike", json!(["a*", "b"]))),
        (("StringEqualsIgnoreCase", json!("a")), ("StringNotEqualsIgnoreCase", json!("A"))),
        (("NumericLessThanIfExists", json!("10")), ("NumericGreaterThanEquals", json!("10"))),
        (("NumericLessThanIfExists", json!("-1")), ("NumericGreaterThan", json!("-1.5"))),
        (("DateLessThanEqualsIfExists", json!("2026-01-01")), ("DateGreaterThan", json!("2026-01-01"))),
        (("IpAddress", json!(["10.0.0.0/8", "2001:db8::/32"])), ("NotIpAddress", json!("10.0.0.0/9"))),
        (("ArnLike", json!("arn:aws:iam::*:role/*")), ("ArnNotLike", json!("arn:aws:iam::111122223333:role/a*"))),
        (("BoolIfExists", json!("true")), ("Bool", json!("false"))),
        (("Null", json!("true")), ("Null", json!("false"))),
        (("Null", json!("true")), ("StringLike", json!("*"))),
        (("ForAllValues:StringEquals", json!(["a", "b"])), ("ForAnyValue:StringNotEquals", json!(["a", "b"]))),
        (("BinaryEquals", json!("YQ==")), ("Null", json!(["true", "false"]))),
    ] {
        let decision = with_two(("Allow", first.0, first.1.clone()), ("Allow", second.0, second.1.clone()));
        assert_eq!(decision, Decision::Allow, "{first:?} {second:?}");
    }
    let covered = with_two(("Allow", "StringEquals", json!("a")), ("Deny", "StringLike", json!("a*")));
    let Decision::Deny(denial) = covered else { panic!("{covered:?}") };
    assert!(denial.reason.ends_with(", whatever k is"), "{}", denial.reason);
}

#[test]
fn statements_together_may_still_leave_it_open() {
    for (first, second) in [
        (("StringEquals", json!("a")), ("StringEquals", json!("b"))),
        (("StringLike", json!("ab*")), ("StringNotLike", json!("a*"))),
        (("StringEquals", json!("a")), ("StringNotEqualsIgnoreCase", json!("a"))),
        (("NumericLessThan", json!("10")), ("NumericGreaterThan", json!("10"))),
        (("NumericLessThanIfExists", json!("9007199254740992")), ("NumericGreaterThan", json!("9007199254740992.5"))),
        (("IpAddress", json!("10.0.0.0/8")), ("NotIpAddress", json!("0.0.0.0/0"))),
        (("Bool", json!("true")), ("Bool", json!("false"))),
        (("ForAllValues:StringEquals", json!(["a"])), ("ForAllValues:StringEquals", json!(["b"]))),
        (("StringLike", json!("a?")), ("StringNotLike", json!("a?"))),
    ] {
        let decision = with_two(("Allow", first.0, first.1.clone()), ("Allow", second.0, second.1.clone()));
        let only_k = Decision::Depends([Need::Key("k".to_owned())].into());
        // Patterns with `?` are not told apart: the last is in truth always allowed.
        assert_eq!(decision, only_k, "{first:?} {second:?}");
    }
}

#[test]
fn a_key_that_changes_nothing_is_not_named() {
    let when = |condition: Value| json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition});
    let request = Request::new(user(), "s3:GetObject", OBJECT);
    let statements = json!([
        when(json!({"StringEquals": {"a": "1", "b": "1"}})),
        when(json!({"StringEquals": {"a": "1"}, "StringNotEquals": {"b": "1"}})),
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"a": "2", "c": "1"}}},
    ]);
    let needs = Decision::Depends([Need::Key("a".to_owned())].into());
    assert_eq!(decide(&request, &json!({"identity": statements})), needs);
}

#[test]
fn a_variable_keeps_its_key_open() {
    let request =
        Request { resource: "arn:aws:s3:::b/ann/x".to_owned(), ..Request::new(session(), "s3:GetObject", OBJECT) };
    let home = json!({"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::b/${aws:username}/*"});
    let but = json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:username": "ann"}}});
    let needs = Decision::Depends([Need::Key("aws:username".to_owned())].into());
    assert_eq!(decide(&request, &json!({"identity": [home, but]})), needs);
}

#[test]
fn a_denial_names_the_statement_that_came_nearest() {
    let reason = |statement: Value| match decide(&get(user()), &json!({"identity": [statement]})) {
        Decision::Deny(denial) => denial.reason,
        other => panic!("{other:?}"),
    };
    let allows = |resource: &str, condition: Value| json!({"Sid": "Read", "Effect": "Allow", "Action": "s3:Get*", "Resource": resource, "Condition": condition});
    let nothing = "no identity policy of arn:aws:iam::111122223333:user/ann allows s3:GetObject on arn:aws:s3:::b/a, \
                   and no resource policy lets it in by name";
    assert_eq!(reason(super::tests::nothing()), nothing);
    assert_eq!(
        reason(allows("arn:aws:s3:::c/*", json!({}))),
        format!("{nothing}; statement 0 (Read) of own allows it only on arn:aws:s3:::c/*")
    );
    assert_eq!(
        reason(allows("*", json!({"StringEquals": {"aws:SourceVpce": ["vpce-1", "vpce-2"]}}))),
        format!(
            "{nothing}; statement 0 (Read) of own allows it only with aws:sourcevpce StringEquals vpce-1 or vpce-2, \
             and aws:sourcevpce is absent"
        )
    );
}

#[test]
fn policies_without_measure_leave_it_open_in_good_time() {
    let statement = |number: usize| {
        let stars = "*a".repeat(number % 200);
        json!({"Effect": if number.is_multiple_of(2) { "Allow" } else { "Deny" }, "Action": "s3:*", "Resource": "*",
               "Condition": {"StringLike": {format!("k{}", number % 40): [format!("{number}{stars}"), stars]},
                             "ArnLike": {format!("a{}", number % 7): format!("arn:aws:iam::*:role/{stars}{number}")}}})
    };
    let statements: Vec<Value> = (0..3_000).map(statement).collect();
    let decision = decide(&Request::new(user(), "s3:GetObject", OBJECT), &json!({"identity": statements}));
    let Decision::Depends(needs) = decision else { panic!("{decision:?}") };
    assert_eq!(needs.len(), 47);
}
