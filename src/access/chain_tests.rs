//! Chains of roles on small accounts.

use serde_json::{Value, json};

use super::tests::{HOME, OTHER, allow, role, snapshot, trusting, user};
use super::{Access, ChainLimits};
use crate::model::{AccountId, Listing, Region, Resource, ResourceType, Snapshot};

fn words(snapshot: &Snapshot, from: &str, to: &str) -> Vec<String> {
    let access = Access::new(snapshot);
    let chains = access.chains(&access.endpoint(from).unwrap(), &access.endpoint(to).unwrap(), ChainLimits::default());
    let name = |arn: &str| arn.rsplit('/').next().unwrap().to_owned();
    chains
        .iter()
        .map(|chain| {
            let mut line = name(&chain.hops[0].from);
            for hop in &chain.hops {
                let asked: Vec<&str> = hop.requirements.iter().map(|asked| asked.words.as_str()).collect();
                let asked: Vec<&str> = asked.into_iter().filter(|words| !words.contains("control policies")).collect();
                let asked = if asked.is_empty() { String::new() } else { format!(" [{}]", asked.join("; ")) };
                line = format!("{line} -> {}{asked}", name(&hop.to));
            }
            line
        })
        .collect()
}

fn arn(account: &str, role: &str) -> String {
    format!("arn:aws:iam::{account}:role/{role}")
}

fn chained(account: &str, name: &str, by: &str, next: &Value) -> Resource {
    role(account, name, &trusting(&json!({"AWS": by})), next)
}

fn both_accounts(mut snapshot: Snapshot) -> Snapshot {
    let (account, region) = (AccountId::new(OTHER).unwrap(), Region::global());
    let resource_type = ResourceType::Role;
    snapshot.listings.push(Listing { account, region, resource_type, complete: true, listed_before: false });
    snapshot
}

#[test]
fn a_chain_crosses_accounts_and_names_what_each_hop_asks() {
    let external = json!({"Effect": "Allow", "Principal": {"AWS": arn(HOME, "middle")}, "Action": "sts:AssumeRole",
                          "Condition": {"StringEquals": {"sts:ExternalId": "orders"}}});
    let home = both_accounts(snapshot([
        user(HOME, "ana", &allow("sts:AssumeRole", "*")),
        chained(HOME, "middle", HOME, &allow("sts:AssumeRole", &arn(OTHER, "*"))),
        role(OTHER, "end", &external, &Value::Null),
        role(OTHER, "closed", &trusting(&json!({"AWS": arn(HOME, "other")})), &Value::Null),
    ]));
    assert_eq!(words(&home, "ana", "end"), [r#"ana -> middle -> end [sts:ExternalId is "orders"]"#]);
    assert_eq!(words(&home, "ana", "closed"), Vec::<String>::new());
    let access = Access::new(&home);
    let chain =
        &access.chains(&access.endpoint("ana").unwrap(), &access.endpoint("end").unwrap(), ChainLimits::default())[0];
    assert!(!chain.certain && chain.hops[0].certain);
    assert_eq!(chain.notes.len(), 1, "a chained session has its one-hour cap");
    let evidence: Vec<&str> = chain.hops[1].evidence.iter().map(|place| place.policy.as_str()).collect();
    let own = format!("{}#/configuration/inline_policies/0/document", arn(HOME, "middle"));
    let trust = format!("{}#/configuration/assume_role_policy", arn(OTHER, "end"));
    assert_eq!(evidence, [own.as_str(), trust.as_str()]);
}

#[test]
fn a_cycle_is_walked_once_and_chains_come_shortest_first() {
    let anyone = allow("sts:AssumeRole", "*");
    let home = snapshot([
        user(HOME, "ana", &anyone),
        chained(HOME, "one", HOME, &anyone),
        chained(HOME, "two", HOME, &anyone),
        chained(HOME, "end", &arn(HOME, "two"), &anyone),
    ]);
    assert_eq!(words(&home, "ana", "end"), ["ana -> two -> end", "ana -> one -> two -> end"]);
    assert_eq!(words(&home, "end", "one"), ["end -> one", "end -> two -> one"]);
    assert_eq!(words(&home, "ana", "*"), ["ana -> one", "ana -> two", "ana -> two -> end"]);
}

#[test]
fn a_role_of_an_account_that_was_not_scanned_is_a_hop_that_nobody_vouches_for() {
    let away = arn("777788889999", "away");
    let home =
        snapshot([user(HOME, "ana", &allow("sts:AssumeRole", &away)), chained(HOME, "back", &away, &Value::Null)]);
    let found = words(&home, "ana", "back");
    assert_eq!(found.len(), 1);
    let unread = "account 777788889999 is not in the snapshot";
    assert!(found[0].starts_with("ana -> away [") && found[0].matches(unread).count() == 2, "{found:?}");
}

#[test]
fn everyone_outside_is_a_start() {
    let github = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";
    let subject = json!({"Effect": "Allow", "Principal": {"Federated": github}, "Action": "sts:AssumeRoleWithWebIdentity",
                         "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/*"}}});
    let home = snapshot([
        role(HOME, "ci", &subject, &allow("sts:AssumeRole", "*")),
        chained(HOME, "deploy", HOME, &Value::Null),
        chained(HOME, "partner", "777788889999", &Value::Null),
        chained(HOME, "own", &arn(HOME, "ci"), &Value::Null),
    ]);
    let found = words(&home, "outside", "deploy");
    let expected = r#"token.actions.githubusercontent.com -> ci [token.actions.githubusercontent.com:sub is like "repo:acme/*"] -> deploy"#;
    assert_eq!(found, [expected]);
    let found = words(&home, "*", "partner");
    assert_eq!(found[0], "any principal of 777788889999 -> partner [its own account allows it]");
    assert_eq!(words(&home, "outside", "own").len(), 1, "only by way of the provider");
}

#[test]
fn boundaries_and_denies_close_a_hop() {
    let guarded = json!([allow("sts:AssumeRole", "*"),
                         {"Effect": "Deny", "Action": "sts:*", "Resource": arn(HOME, "end")}]);
    let home = snapshot([user(HOME, "ana", &guarded), chained(HOME, "end", HOME, &Value::Null)]);
    assert_eq!(words(&home, "ana", "end"), Vec::<String>::new());
}

#[test]
fn a_service_assumes_the_roles_that_trust_it() {
    let home = snapshot([role(HOME, "fn", &trusting(&json!({"Service": "lambda.amazonaws.com"})), &Value::Null)]);
    assert_eq!(words(&home, "lambda.amazonaws.com", "fn"), ["lambda.amazonaws.com -> fn"]);
}
