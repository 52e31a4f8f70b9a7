//! Laws of comparing, on policies and requests made at random from a small world in which
//! everything meets: the evaluator is the judge of what the comparison says.

use fastrand::Rng;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::witness::effects;
use super::*;
use crate::policy::{Context, KeyValue, Principal, Truth, from_value};

const ACTIONS: &[&str] = &[
    "s3:GetObject",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:GetObjectTagging",
    "s3:ListAllMyBuckets",
    "ec2:DescribeInstances",
];
const ACTION_PATTERNS: &[&str] = &[
    "s3:*",
    "*",
    "s3:Get*",
    "s3:*Object",
    "s3:*Object*",
    "s3:Put*",
    "s3:?etObject",
    "s3:*Tagging",
    "s3:Get*Tagging",
    "s3:Delete*",
    "*:Get*",
    "s3:List*",
    "ec2:*",
];
const RESOURCES: &[&str] = &[
    "*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::b1/*",
    "arn:aws:s3:::b2/*",
    "arn:aws:s3:::b?/*",
    "arn:aws:s3:::b1/home/*",
    "arn:aws:s3:::b1/*/log*",
    "arn:aws:s3:::*/home/*",
    "arn:aws:s3:::b1/a.txt",
    "arn:aws:s3:::*log*",
    "arn:aws:s3:::b*/home/x",
    "arn:*:s3:::b1/*",
    "arn:aws:s3:::b1/???",
    "arn:aws:*",
    "arn:aws:*:home/x",
    "arn:aws:s3:*:*:b1/home/*",
];
const WITH_VARIABLES: &[&str] = &[
    "arn:aws:s3:::b1/${aws:username}/*",
    "arn:aws:s3:::b1/${aws:PrincipalTag/team}/*",
    "arn:aws:s3:::${aws:PrincipalTag/team, 'b1'}/home/*",
];
const OBJECTS: &[&str] = &[
    "b1/a.txt",
    "b1/home/x",
    "b1/home/log1",
    "b2/home/x",
    "b2/log.txt",
    "logs/home/x",
    "b1/alice/f",
    "b1/abc",
    "zz/q",
    "b1/x/logy",
    "b22/home/x",
    "b1/red/x",
    "red/home/y",
];
const TEAMS: &[&str] = &["red", "blue", "alice"];

/// What may stand in the policies of one case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct World {
    pub(super) kind: Kind,
    pub(super) variables: bool,
}

fn pick<'a>(rng: &mut Rng, from: &[&'a str]) -> &'a str {
    from[rng.usize(..from.len())]
}

fn some(rng: &mut Rng, from: &[&str], most: usize) -> Vec<String> {
    (0..rng.usize(1..=most)).map(|_| pick(rng, from).to_owned()).collect()
}

fn condition(rng: &mut Rng, world: World) -> (String, &'static str, Vec<String>) {
    let if_exists = if rng.u8(..5) == 0 { "IfExists" } else { "" };
    let operator = |rng: &mut Rng, names: &[&str]| format!("{}{if_exists}", pick(rng, names));
    let strings = ["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"];
    let likes = ["StringLike", "StringNotLike"];
    match rng.u8(..13) {
        0 => (operator(rng, &strings), "aws:RequestedRegion", some(rng, &["us-east-1", "eu-west-1", "US-EAST-1"], 2)),
        1 => (operator(rng, &likes), "aws:RequestedRegion", some(rng, &["us-*", "eu-*", "*-1", "??-east-?", "*"], 2)),
        2 => (operator(rng, &strings[..2]), "aws:PrincipalOrgID", some(rng, &["o-1", "o-2"], 2)),
        3 => {
            let ranges = ["10.0.0.0/8", "10.1.0.0/16", "192.0.2.1/32", "2001:db8::/32", "128.0.0.0/1"];
            (operator(rng, &["IpAddress", "NotIpAddress"]), "aws:SourceIp", some(rng, &ranges, 2))
        }
        4 => (operator(rng, &["Bool"]), "aws:SecureTransport", some(rng, &["true", "false"], 1)),
        5 => {
            let numeric = ["NumericLessThan", "NumericGreaterThanEquals", "NumericEquals", "NumericNotEquals"];
            (operator(rng, &numeric), "aws:MultiFactorAuthAge", some(rng, &["10", "300", "3600"], 1))
        }
        6 => {
            let dates = ["2024-01-01T00:00:00Z", "2026-06-01T00:00:00Z"];
            (operator(rng, &["DateLessThan", "DateGreaterThan"]), "aws:CurrentTime", some(rng, &dates, 1))
        }
        7 => {
            let arns =
                ["arn:aws:iam::123456789012:role/*", "arn:aws:iam::*:user/alice", "arn:aws:iam::123456789012:user/*"];
            (operator(rng, &["ArnLike", "ArnEquals", "ArnNotLike"]), "aws:PrincipalArn", some(rng, &arns, 2))
        }
        8 | 9 => {
            let sets = ["ForAnyValue:", "ForAllValues:"];
            let tests = ["StringEquals", "StringLike", "StringNotEquals", "StringNotLike"];
            let name = format!("{}{}", pick(rng, &sets), pick(rng, &tests));
            (name, "aws:TagKeys", some(rng, &["env", "team", "cost*", "t*"], 3))
        }
        10 => (operator(rng, &strings[..2]), "aws:username", some(rng, TEAMS, 2)),
        11 if world.variables => {
            let values = ["${aws:PrincipalTag/team}", "red", "${aws:PrincipalTag/team, 'blue'}"];
            (
                operator(rng, &["StringEquals", "StringLike", "StringNotEquals"]),
                "aws:ResourceTag/team",
                some(rng, &values, 2),
            )
        }
        11 => (operator(rng, &strings[..2]), "aws:PrincipalTag/team", some(rng, TEAMS, 2)),
        _ => {
            let keys = ["aws:TagKeys", "aws:MultiFactorAuthAge", "aws:PrincipalOrgID", "aws:username"];
            ("Null".to_owned(), keys[rng.usize(..keys.len())], some(rng, &["true", "false"], 1))
        }
    }
}

fn principal(rng: &mut Rng) -> Value {
    let aws = [
        "*",
        "arn:aws:iam::123456789012:root",
        "arn:aws:iam::123456789012:role/r",
        "arn:aws:iam::123456789012:user/alice",
        "arn:aws:sts::123456789012:assumed-role/r/s",
        "arn:aws:iam::210987654321:root",
    ];
    match rng.u8(..6) {
        0 => json!({"Service": some(rng, &["ec2.amazonaws.com", "lambda.amazonaws.com"], 2)}),
        1 => json!({"Federated": some(rng, &["accounts.example.com"], 1), "AWS": some(rng, &aws, 1)}),
        _ => json!({"AWS": some(rng, &aws, 2)}),
    }
}

pub(super) fn statement(rng: &mut Rng, world: World) -> Value {
    let mut statement = json!({"Effect": if rng.u8(..10) < 3 { "Deny" } else { "Allow" }});
    let actions: Vec<&str> = ACTIONS.iter().chain(ACTION_PATTERNS).copied().collect();
    let element = if rng.u8(..8) == 0 { "NotAction" } else { "Action" };
    statement[element] = some(rng, &actions, 3).into();
    if world.kind != Kind::Trust {
        let element = if rng.u8(..8) == 0 { "NotResource" } else { "Resource" };
        let mut resources = some(rng, RESOURCES, 2);
        if world.variables && rng.u8(..3) == 0 {
            resources.push(pick(rng, WITH_VARIABLES).to_owned());
        }
        statement[element] = resources.into();
    }
    if matches!(world.kind, Kind::Resource | Kind::Trust) {
        let element = if rng.u8(..20) == 0 { "NotPrincipal" } else { "Principal" };
        statement[element] = principal(rng);
    }
    for _ in 0..rng.usize(..3) {
        let (operator, key, values) = condition(rng, world);
        statement["Condition"][operator][key] = values.into();
    }
    statement
}

pub(super) fn statements(rng: &mut Rng, world: World) -> Vec<Value> {
    (0..rng.usize(1..4)).map(|_| statement(rng, world)).collect()
}

/// A policy a person might have made of this one.
fn changed(rng: &mut Rng, statements: &[Value], world: World) -> Vec<Value> {
    let mut changed = statements.to_vec();
    let at = rng.usize(..changed.len());
    match rng.u8(..9) {
        0 | 1 => changed.push(statement(rng, world)),
        2 if changed.len() > 1 => _ = changed.remove(at),
        3 => {
            if let Some(object) = changed[at].as_object_mut() {
                object.remove("Condition");
            }
        }
        4 => {
            let (operator, key, values) = condition(rng, world);
            changed[at]["Condition"][operator][key] = values.into();
        }
        5 if changed[at].get("Resource").is_some() => changed[at]["Resource"] = some(rng, RESOURCES, 2).into(),
        6 if changed[at].get("Action").is_some() => {
            let more = pick(rng, ACTION_PATTERNS).into();
            if let Some(actions) = changed[at]["Action"].as_array_mut() {
                actions.push(more);
            }
        }
        7 => changed[at]["Effect"] = if changed[at]["Effect"] == "Deny" { "Allow" } else { "Deny" }.into(),
        _ => changed[at] = statement(rng, world),
    }
    changed
}

fn read(statements: &[Value]) -> PolicyDocument {
    from_value(&json!({"Version": "2012-10-17", "Statement": statements})).unwrap()
}

fn request(rng: &mut Rng, world: World) -> Request {
    let alice = Principal::read("arn:aws:iam::123456789012:user/alice");
    let role = Principal::read("arn:aws:sts::123456789012:assumed-role/r/s");
    let principals = [
        alice,
        role,
        Principal::read("arn:aws:iam::123456789012:role/other"),
        Principal::read("arn:aws:iam::123456789012:user/red"),
        Principal::read("arn:aws:iam::999999999999:user/alice"),
        Principal::read("arn:aws:iam::210987654321:role/r"),
        Principal::Root("123456789012".to_owned()),
        Principal::Service("ec2.amazonaws.com".to_owned()),
        Principal::Federated("accounts.example.com".to_owned()),
        Principal::Anonymous,
    ];
    let most = if world.kind == Kind::Identity { 6 } else { principals.len() };
    let principal = principals[rng.usize(..most)].clone();
    let mut context = Context::whole();
    let mut may = |rng: &mut Rng, key: &str, values: &[&str]| {
        if rng.u8(..4) > 0 {
            context.set(key, KeyValue::Known(vec![pick(rng, values).to_owned()]));
        }
    };
    may(rng, "aws:RequestedRegion", &["us-east-1", "eu-west-1", "US-EAST-1", "us-west-2", "ap-south-1"]);
    may(rng, "aws:SourceIp", &["10.1.2.3", "10.9.9.9", "192.0.2.1", "8.8.8.8", "2001:db8::1", "2620::1"]);
    may(rng, "aws:SecureTransport", &["true", "false"]);
    may(rng, "aws:MultiFactorAuthAge", &["5", "10", "300", "301", "9999"]);
    may(rng, "aws:CurrentTime", &["2023-01-01T00:00:00Z", "2025-01-01T00:00:00Z", "2027-01-01T00:00:00Z"]);
    may(rng, "aws:ResourceTag/team", TEAMS);
    if principal.account().is_some() {
        may(rng, "aws:PrincipalOrgID", &["o-1", "o-2", "o-3"]);
        may(rng, "aws:PrincipalTag/team", TEAMS);
    }
    if rng.u8(..3) > 0 {
        context.set("aws:TagKeys", KeyValue::Known(some(rng, &["env", "team", "cost", "costs", "tz"], 3)));
    }
    let resource = format!("arn:aws:s3:::{}", pick(rng, OBJECTS));
    let resource = if rng.u8(..12) == 0 { "*".to_owned() } else { resource };
    Request { context, ..Request::new(principal, pick(rng, ACTIONS), resource) }.with_derived_keys()
}

/// What one side says of a request: whether an Allow takes it, and whether a Deny does; none where
/// the evaluator does not know.
fn says(kind: Kind, document: &PolicyDocument, request: &Request) -> Option<(bool, bool)> {
    let effects = effects(kind.layer(), &[document], request);
    let known = |truth: Truth| match truth {
        Truth::Yes => Some(true),
        Truth::No => Some(false),
        Truth::Depends(_) => None,
    };
    Some((known(effects.allow)?, known(effects.deny)?))
}

/// Whether the comparison leaves room for more here than there.
fn may_gain(relation: &Relation) -> bool {
    !matches!(relation, Relation::Same | Relation::Narrowed)
}

fn turned(relation: &Relation) -> &'static str {
    match relation {
        Relation::Same => "same",
        Relation::Narrowed => "widened",
        Relation::Widened => "narrowed",
        Relation::Incomparable => "incomparable",
        Relation::AtLeastWidened(_) => "at least narrowed",
        Relation::AtLeastNarrowed(_) => "at least widened",
        Relation::Unknown(_) => "unknown",
    }
}

fn check_against_the_evaluator(rng: &mut Rng, world: World) -> Comparison {
    let old = statements(rng, world);
    let new = changed(rng, &old, world);
    let (old, new) = (read(&old), read(&new));
    let there = compare(world.kind, &[&old], &[&new], &Budget::default());
    let back = compare(world.kind, &[&new], &[&old], &Budget::default());
    let shown =
        || format!("{}\n{}\n{there:#?}", serde_json::to_string(&old).unwrap(), serde_json::to_string(&new).unwrap());
    assert!(there.unconfirmed.is_empty(), "{}", shown());
    assert_eq!(turned(&there.relation), back.relation.name(), "{}", shown());
    assert_eq!(turned(&there.standalone), back.standalone.name(), "{}", shown());
    for _ in 0..40 {
        let request = request(rng, world);
        let said = (says(world.kind, &old, &request), says(world.kind, &new, &request));
        let (Some((old_allow, old_deny)), Some((new_allow, new_deny))) = said else { continue };
        let (was, is) = (old_allow && !old_deny, new_allow && !new_deny);
        let gained = is && !old_allow || old_deny && !new_deny;
        let lost = was && !new_allow || new_deny && !old_deny;
        assert!(!gained || may_gain(&there.relation), "{request:#?} {}", shown());
        assert!(!lost || may_gain(&back.relation), "{request:#?} {}", shown());
        assert!(was || !is || may_gain(&there.standalone), "{request:#?} {}", shown());
        assert!(!was || is || may_gain(&back.standalone), "{request:#?} {}", shown());
    }
    there
}

const KINDS: [Kind; 4] = [Kind::Identity, Kind::Resource, Kind::Trust, Kind::Control];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 200 } else { 1_000 }))]

    #[test]
    fn no_request_contradicts_a_comparison(seed in any::<u64>(), kind in 0..4_usize, variables in any::<bool>()) {
        check_against_the_evaluator(&mut Rng::with_seed(seed), World { kind: KINDS[kind], variables });
    }

    #[test]
    fn the_form_of_a_policy_means_nothing(seed in any::<u64>(), kind in 0..4_usize) {
        let world = World { kind: KINDS[kind], variables: true };
        let mut rng = Rng::with_seed(seed);
        let written = statements(&mut rng, world);
        let mut other = Vec::new();
        for statement in &written {
            // A statement for each action, in another order.
            match statement.get("Action").and_then(Value::as_array) {
                Some(actions) => other.extend(actions.iter().map(|action| {
                    let mut one = statement.clone();
                    one["Action"] = action.clone();
                    one["Sid"] = "split".into();
                    one
                })),
                None => other.push(statement.clone()),
            }
        }
        rng.shuffle(&mut other);
        let (one, split) = (read(&written), read(&other));
        prop_assert_eq!(&compare(world.kind, &[&one], &[&one], &Budget::default()).relation, &Relation::Same);
        let comparison = compare(world.kind, &[&one], &[&split], &Budget::default());
        prop_assert_eq!(&comparison.relation, &Relation::Same, "{:?}", comparison);
        // The same statements in several policies.
        let parts: Vec<PolicyDocument> = other.iter().map(|statement| read(std::slice::from_ref(statement))).collect();
        let parts: Vec<&PolicyDocument> = parts.iter().collect();
        prop_assert_eq!(&compare(world.kind, &parts, &[&one], &Budget::default()).relation, &Relation::Same);
    }

    #[test]
    fn another_allow_never_narrows_and_another_deny_never_widens(seed in any::<u64>(), kind in 0..4_usize) {
        let world = World { kind: KINDS[kind], variables: true };
        let mut rng = Rng::with_seed(seed);
        let written = statements(&mut rng, world);
        let mut more = statement(&mut rng, world);
        for (effect, against) in [("Allow", ["narrowed", "at least narrowed"]), ("Deny", ["widened", "at least widened"])] {
            more["Effect"] = effect.into();
            let longer: Vec<Value> = written.iter().cloned().chain([more.clone()]).collect();
            let relation = compare(world.kind, &[&read(&written)], &[&read(&longer)], &Budget::default()).relation;
            prop_assert!(!against.contains(&relation.name()) && relation != Relation::Incomparable, "{}", relation);
        }
    }
}

/// Most differences are told; the rest says why.
#[test]
fn few_random_changes_stay_unknown() {
    let mut rng = Rng::with_seed(7);
    for kind in KINDS {
        let world = World { kind, variables: false };
        let rounds = 150;
        let unknown = (0..rounds).filter(|_| check_against_the_evaluator(&mut rng, world).relation.reason().is_some());
        let unknown = unknown.count();
        assert!(unknown * 10 < rounds, "{kind:?}: {unknown} of {rounds}");
    }
}
