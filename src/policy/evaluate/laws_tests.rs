//! Laws of deciding, on random policies over two unknown keys.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

use super::*;
use crate::policy::{KeyValue, Need, from_value};

/// `k` has one value, `m` a set of them.
const PATTERNS: [&str; 4] = ["a", "b", "ab*", "a*"];
const ON_ONE: [&str; 7] = [
    "StringEquals",
    "StringNotEquals",
    "StringLike",
    "StringNotLike",
    "StringLikeIfExists",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
];
const ON_MANY: [&str; 4] = [
    "ForAnyValue:StringLike",
    "ForAllValues:StringLike",
    "ForAnyValue:StringNotLike",
    "ForAllValues:StringNotEqualsIfExists",
];

fn test() -> impl Strategy<Value = Value> {
    let values = || subsequence(&PATTERNS[..], 1..=2);
    let on_one = (select(&ON_ONE[..]), values()).prop_map(|(operator, values)| json!({operator: {"k": values}}));
    let on_many = (select(&ON_MANY[..]), values()).prop_map(|(operator, values)| json!({operator: {"m": values}}));
    let null = (select(&["k", "m"][..]), any::<bool>()).prop_map(|(key, absent)| json!({"Null": {key: absent}}));
    prop_oneof![4 => on_one, 3 => on_many, 1 => null]
}

fn statement(effect: &'static str) -> impl Strategy<Value = Value> {
    let condition = proptest::option::weighted(0.8, (test(), proptest::option::of(test())));
    (select(&["*", "arn:aws:s3:::b/*", "arn:aws:s3:::c/*"][..]), condition).prop_map(move |(resource, condition)| {
        let mut statement = json!({"Effect": effect, "Action": "s3:*", "Resource": resource});
        if let Some((first, second)) = condition {
            let mut tests = first;
            if let Some((operator, keys)) = second.iter().flat_map(|test| test.as_object().unwrap()).next() {
                tests[operator] = keys.clone();
            }
            statement["Condition"] = tests;
        }
        statement
    })
}

fn statements() -> impl Strategy<Value = Vec<Value>> {
    proptest::collection::vec(prop_oneof![3 => statement("Allow"), 1 => statement("Deny")], 0..4)
}

/// Statements of identity policies, boundary, service control policies and resource policy.
fn layers() -> impl Strategy<Value = [Option<Vec<Value>>; 4]> {
    let rarely = || proptest::option::weighted(0.3, statements());
    (statements(), rarely(), rarely(), rarely()).prop_map(|(own, boundary, control, resource)| {
        let named = |mut statements: Vec<Value>| {
            for statement in &mut statements {
                statement["Principal"] = json!("*");
            }
            statements
        };
        [Some(own), boundary, control, resource.map(named)]
    })
}

type Documents = [Option<PolicyDocument>; 4];

fn documents(layers: &[Option<Vec<Value>>; 4]) -> Documents {
    layers.each_ref().map(|statements| {
        let document = |statements| from_value(&json!({"Version": "2012-10-17", "Statement": statements})).unwrap();
        statements.as_ref().map(document)
    })
}

fn policies([identity, boundary, control, resource]: &Documents) -> Policies<'_> {
    let one = |document| LayerPolicies::of(vec![Applied::new("policy", document)]);
    Policies {
        identity: identity.as_ref().map(one).unwrap_or_default(),
        boundary: boundary.as_ref().map(one),
        service_control: control.iter().map(one).collect(),
        resource: resource.as_ref().map(one),
        ..Policies::default()
    }
}

fn decide(request: &Request, layers: &[Option<Vec<Value>>; 4]) -> Decision {
    evaluate(request, &policies(&documents(layers))).decision
}

fn request() -> Request {
    let user = Principal::User("arn:aws:iam::111122223333:user/ann".to_owned());
    Request::new(user, "s3:GetObject", "arn:aws:s3:::b/x")
}

fn known(values: &[&str]) -> KeyValue {
    KeyValue::Known(values.iter().map(|value| (*value).to_owned()).collect())
}

fn values_of_k() -> Vec<KeyValue> {
    let values = ["", "a", "A", "b", "B", "ab", "abz", "az", "z", "a*", "A*", "ab*", "aB*", "Ab*", "AB*"];
    values.iter().map(|value| known(&[*value])).chain([KeyValue::Absent]).collect()
}

fn values_of_m() -> Vec<KeyValue> {
    let values = ["", "a", "b", "abz", "az", "z", "ab*", "a*"];
    let chosen =
        |set: usize| (0..values.len()).filter(move |at| set >> at & 1 == 1).map(|at| values[at]).collect::<Vec<_>>();
    (1..1 << values.len()).map(|set| known(&chosen(set))).chain([KeyValue::Absent]).collect()
}

/// Whether the request is allowed, for each value of `k` and of `m`.
fn possible(layers: &[Option<Vec<Value>>; 4]) -> Vec<Vec<bool>> {
    let documents = documents(layers);
    let mut request = request();
    let mut allowed = |k: KeyValue, m: KeyValue| {
        request.context.set("k", k);
        request.context.set("m", m);
        match evaluate(&request, &policies(&documents)).decision {
            Decision::Depends(needs) => panic!("everything is known, and yet {needs:?}"),
            decision => decision == Decision::Allow,
        }
    };
    let mut row = |k: KeyValue| values_of_m().into_iter().map(|m| allowed(k.clone(), m)).collect();
    values_of_k().into_iter().map(&mut row).collect()
}

/// Whether `m` is tested against so few values that all sets of them are tried.
fn few_values_of_m(layers: &[Option<Vec<Value>>; 4]) -> bool {
    let statements = layers.iter().flatten().flatten();
    let tests = statements.filter_map(|statement| statement["Condition"].as_object()).flatten();
    let on_m = tests.filter(|(operator, _)| *operator != "Null").filter_map(|(_, keys)| keys["m"].as_array());
    on_m.flatten().collect::<std::collections::HashSet<_>>().len() <= 2
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn an_answer_is_that_of_all_possible_requests(layers in layers()) {
        let possible = possible(&layers);
        let all = |allowed: bool| possible.iter().flatten().all(|possible| *possible == allowed);
        match decide(&request(), &layers) {
            Decision::Allow => prop_assert!(all(true)),
            Decision::Deny(_) => prop_assert!(all(false)),
            Decision::Depends(needs) => {
                let on_k = (0..possible[0].len()).any(|m| possible.iter().any(|row| row[m] != possible[0][m]));
                let on_m = possible.iter().any(|row| row.iter().any(|allowed| *allowed != row[0]));
                let named = |key: &str| needs.contains(&Need::Key(key.to_owned()));
                // Where the values of `m` are too many to try all sets, a key too many is named.
                prop_assert!(named("k") || !on_k, "k matters");
                prop_assert!(named("m") || !on_m, "m matters");
                if !few_values_of_m(&layers) {
                    return Ok(());
                }
                prop_assert_eq!((named("k"), named("m"), needs.len()), (on_k, on_m, usize::from(on_k) + usize::from(on_m)));
            }
        }
    }

    #[test]
    fn a_deny_never_allows_more(layers in layers(), deny in statement("Deny"), at in 0..4usize) {
        let mut more = layers.clone();
        let Some(statements) = &mut more[at] else { return Ok(()) };
        let mut deny = deny;
        if at == 3 {
            deny["Principal"] = json!("*");
        }
        statements.push(deny);
        let (before, after) = (decide(&request(), &layers), decide(&request(), &more));
        prop_assert!(after != Decision::Allow || before == Decision::Allow);
        // With more values to try than are tried, "denied" may become "depends".
        prop_assert!(!matches!(before, Decision::Deny(_)) || after != Decision::Allow);
        if few_values_of_m(&more) {
            prop_assert!(!matches!(before, Decision::Deny(_)) || matches!(after, Decision::Deny(_)));
        }
    }

    #[test]
    fn the_order_and_the_grouping_of_statements_mean_nothing(layers in layers()) {
        let mut other = layers.clone();
        for statements in other.iter_mut().flatten() {
            statements.reverse();
            let again = statements.first().cloned();
            statements.extend(again);
        }
        let (one, two) = (decide(&request(), &layers), decide(&request(), &other));
        if !matches!((&one, &two), (Decision::Deny(_), Decision::Deny(_))) {
            prop_assert_eq!(one, two);
        }
    }
}
