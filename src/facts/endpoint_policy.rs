//! Whose credentials, from outside the account, a VPC endpoint's policy lets through.
//!
//! The policy grants nothing by itself, but it decides whether an intruder in the VPC can take
//! data out with credentials of his own. An entry rests on a request that the evaluator allows,
//! after explicit denies.

use std::collections::BTreeSet;

use super::Estate;
use super::grantee::unknown_in;
use crate::model::{AccountId, Fact, Grantee, Outsider, Pointer, PolicyDocument, Resource, Statement, VpcEndpoint};
use crate::policy::admits::{Admits, Caller, Target, admits_any, beside_denies, instances, named, strangers};
use crate::policy::{PolicyView, Principal, StatementView, account_of, is_unique_id, names_anyone};

/// Keys about the network of a request. Through the endpoint they are always the VPC's own, so
/// that they hold nobody back: they can be whatever the policy asks for.
const NETWORK_KEYS: [&str; 8] = [
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:sourcevpce",
    "aws:vpcsourceip",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
];

/// Who is let through; nobody where the endpoint takes no policy: one of a gateway load balancer,
/// or of somebody's own service.
pub(super) fn outsiders(resource: &Resource, endpoint: &VpcEndpoint, estate: &Estate<'_>) -> Fact<Vec<Outsider>> {
    let place = Pointer::configuration("policy");
    let policy = PolicyView::new(endpoint.policy.as_ref(), place, &resource.unknown);
    let mut waits_for = policy.unread();
    waits_for.extend(policy.statements().flat_map(|statement| unknown_in(&statement)));
    if !waits_for.is_empty() {
        return Fact::unknown(waits_for);
    }
    if endpoint.endpoint_type == "GatewayLoadBalancer" || endpoint.service_name.contains(".vpce.") {
        return Fact::known(Vec::new(), Vec::new());
    }
    let Some(document) = &endpoint.policy else { return Fact::known(Vec::new(), Vec::new()) };
    let denies: Vec<Statement> =
        document.statement.iter().filter(|statement| statement.effect == "Deny").cloned().collect();
    let service = super::endpoints::service(&endpoint.service_name, resource.region.as_str());
    let service = service.split('.').next().unwrap_or_default();
    let mut found = BTreeSet::new();
    let own_is_unknown = resource.account.is_unknown();
    for statement in policy.statements().filter(|statement| statement.statement.effect == "Allow") {
        let tried = beside_denies(statement.statement.clone(), &denies, &document.version);
        let targets = targets(&tried, service);
        for candidate in candidates(&statement, &tried, &resource.account) {
            match admits_any(&tried, &candidate.callers, &targets, "") {
                Admits::No => {}
                Admits::Unsure => waits_for.push(statement.place.to_string()),
                // Of an account that is not known yet, any may be the own one.
                Admits::Yes(_) if own_is_unknown && candidate.outsider.account.is_some() => {
                    waits_for.push("/account".to_owned());
                }
                Admits::Yes(_) => match is_own(&candidate.outsider, &resource.account, estate) {
                    Fact { value: Some(true), .. } => {}
                    Fact { value: Some(false), .. } => {
                        found.insert(Outsider { because: vec![statement.place.clone()], ..candidate.outsider });
                    }
                    Fact { value: None, waits_for: open, .. } => waits_for.extend(open),
                },
            }
        }
    }
    let because: BTreeSet<Pointer> = found.iter().flat_map(|outsider| outsider.because.clone()).collect();
    Fact::partial(found.into_iter().collect(), because.into_iter().collect(), waits_for)
}

/// Whether this is the organization that the account is in, as id or as a path that begins with it.
fn is_own(outsider: &Outsider, account: &AccountId, estate: &Estate<'_>) -> Fact<bool> {
    if outsider.who != Grantee::Organization {
        return Fact::known(false, Vec::new());
    }
    let id = outsider.name.split('/').next();
    estate.organization(account).map(|own| own.is_some() && own == id)
}

/// Somebody a statement may let in, and as whom to try.
struct Candidate {
    outsider: Outsider,
    callers: Vec<Caller>,
}

fn candidate(who: Grantee, name: &str, account: Option<&str>, callers: Vec<Caller>) -> Candidate {
    let account = account.map(ToOwned::to_owned);
    Candidate { outsider: Outsider { who, name: name.to_owned(), account, because: Vec::new() }, callers }
}

/// The callers of other accounts that a statement names, or that its conditions limit everyone to.
fn candidates(statement: &StatementView<'_>, document: &PolicyDocument, own: &AccountId) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    if names_anyone(statement).value == Some(true) {
        candidates.extend(within_limits(statement, document).unwrap_or_else(|| anyone(statement, document)));
    }
    if statement.statement.not_principal.is_none() {
        // A deleted principal makes no requests, and services act for somebody who is judged.
        let acts = |(kind, name): &(&str, &str)| *kind == "AWS" && !name.contains('*') && !is_unique_id(name);
        candidates.extend(statement.principals().into_iter().filter(acts).map(|(kind, name)| {
            let account = account_of(name);
            let whole = name.ends_with(":root") || account == Some(name);
            let (who, shown) =
                if whole { (Grantee::Account, account.unwrap_or(name)) } else { (Grantee::Principal, name) };
            candidate(who, shown, account, vec![named(kind, name, document)])
        }));
    }
    candidates.retain(|candidate| candidate.outsider.account.as_deref() != Some(own.as_str()));
    candidates
}

fn anyone(statement: &StatementView<'_>, document: &PolicyDocument) -> Vec<Candidate> {
    let principals = statement.principals();
    if let ([(kind @ "Federated", name)], None) = (principals.as_slice(), &statement.statement.not_principal) {
        return vec![candidate(Grantee::Federated, name, None, vec![named(kind, name, document)])];
    }
    let mut callers = strangers(document);
    for caller in &mut callers {
        caller.choices.retain(|key, _| !NETWORK_KEYS.contains(&key.as_str()));
        let account = caller.principals.iter().find_map(Principal::account).map(ToOwned::to_owned);
        caller.principals.extend(account.iter().flat_map(|account| namesakes(statement, account)));
    }
    vec![candidate(Grantee::Everyone, "*", None, callers)]
}

/// Principals of an account whose ARNs have the forms that conditions ask for.
fn namesakes(statement: &StatementView<'_>, account: &str) -> Vec<Principal> {
    let asked = statement.conditions().filter(|test| test.key == "aws:principalarn").flat_map(|test| test.values);
    let with_account = |pattern: &str| {
        let parts: Vec<&str> = pattern.splitn(6, ':').collect();
        match parts.as_slice() {
            [_, _, _, _, open, rest] if open.contains(['*', '?']) => format!("arn:aws:iam::{account}:{rest}"),
            _ => pattern.replacen('*', &format!("arn:aws:iam::{account}:"), 1),
        }
    };
    let arns = asked.flat_map(|pattern| instances(&with_account(pattern)));
    arns.filter(|arn| account_of(arn) == Some(account)).map(|arn| Principal::read(&arn)).collect()
}

/// Whom a condition on the caller leaves of everyone; `None` when no condition does.
fn within_limits(statement: &StatementView<'_>, document: &PolicyDocument) -> Option<Vec<Candidate>> {
    let limit = |key: &str, fixes: &dyn Fn(&str) -> bool| {
        statement
            .conditions()
            .filter(|test| test.whole && test.key == key && !test.values.is_empty() && is_positive(test.operator))
            .find(|test| test.values.iter().all(|value| fixes(value)))
            .map(|test| test.values.clone())
    };
    let members = |account: &str| vec![named("AWS", &format!("arn:aws:iam::{account}:root"), document)];
    if let Some(arns) = limit("aws:principalarn", &|arn| account_of_pattern(arn).is_some()) {
        let of = |arn: &&str| {
            let account = account_of_pattern(arn)?;
            Some(candidate(Grantee::Principal, arn, Some(account), members(account)))
        };
        return Some(arns.iter().filter_map(of).collect());
    }
    if let Some(accounts) = limit("aws:principalaccount", &is_account) {
        let of = |account: &&str| candidate(Grantee::Account, account, Some(account), members(account));
        return Some(accounts.iter().map(of).collect());
    }
    let organization = |value: &str| {
        let first = value.split('/').next().unwrap_or_default();
        first.starts_with("o-") && !first.contains(['*', '?', '$'])
    };
    for key in ["aws:principalorgid", "aws:principalorgpaths"] {
        if let Some(organizations) = limit(key, &organization) {
            let of = |name: &&str| candidate(Grantee::Organization, name, None, vec![named("AWS", "*", document)]);
            return Some(organizations.iter().map(of).collect());
        }
    }
    None
}

/// Whether a test holds back whoever has none of the values, or no such key.
fn is_positive(operator: &str) -> bool {
    let operator = operator.strip_prefix("ForAnyValue:").unwrap_or(operator).to_ascii_lowercase();
    ["stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"].contains(&operator.as_str())
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The account of an ARN that may hold wildcards, as long as none stands before the account's end.
fn account_of_pattern(arn: &str) -> Option<&str> {
    let mut parts = arn.splitn(6, ':');
    let before = parts.by_ref().take(4).all(|part| !part.contains(['*', '?', '$']));
    parts.next().filter(|account| before && is_account(account))
}

/// Requests to try: an action and a resource of each form that the policy names, and one that it
/// does not name.
fn targets(document: &PolicyDocument, service: &str) -> Vec<Target> {
    let of = |lists: fn(&Statement) -> [&Option<Vec<String>>; 2], other: String| {
        let patterns = document.statement.iter().flat_map(lists).flatten().flatten();
        let mut forms: BTreeSet<String> =
            patterns.filter(|pattern| *pattern != "*").flat_map(|pattern| instances(pattern)).collect();
        forms.insert(other);
        forms
    };
    let actions = of(|statement| [&statement.action, &statement.not_action], format!("{service}:plimsoll"));
    let resources = of(
        |statement| [&statement.resource, &statement.not_resource],
        format!("arn:aws:{service}:::plimsoll/plimsoll"),
    );
    let target = |action: &String, resource: &String| Target { action: action.clone(), resource: resource.clone() };
    actions.iter().flat_map(|action| resources.iter().map(move |resource| target(action, resource))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::estate::testing::{resource, snapshot, without};
    use super::*;
    use crate::model::{Membership, OrganizationAccount};
    use crate::policy::parse;

    fn let_through(policy: &str) -> Vec<(Grantee, String)> {
        let fact = let_through_of(policy, Some(account_of_organization(Some("o-own1234567"))));
        fact.value.unwrap().into_iter().map(|outsider| (outsider.who, outsider.name)).collect()
    }

    fn let_through_of(policy: &str, account: Option<Resource>) -> Fact<Vec<Outsider>> {
        let endpoint = VpcEndpoint {
            service_name: "com.amazonaws.eu-central-1.s3".to_owned(),
            endpoint_type: "Gateway".to_owned(),
            policy: Some(parse(policy).unwrap()),
            ..VpcEndpoint::default()
        };
        let id = "arn:aws:ec2:eu-central-1:111122223333:vpc-endpoint/vpce-0a";
        let snapshot = snapshot(account);
        outsiders(&resource(id, "s3", endpoint.clone()), &endpoint, &Estate::of(&snapshot))
    }

    #[test]
    fn while_the_own_account_is_not_known_any_may_be_the_own_one() {
        let of = |principal: &str| {
            let policy = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, allow(principal, ""));
            let endpoint = VpcEndpoint {
                service_name: "com.amazonaws.eu-central-1.s3".to_owned(),
                endpoint_type: "Gateway".to_owned(),
                policy: Some(parse(&policy).unwrap()),
                ..VpcEndpoint::default()
            };
            let mut planned = resource("terraform:aws_vpc_endpoint.s3", "s3", endpoint.clone());
            planned.account = AccountId::unknown();
            let fact = outsiders(&planned, &endpoint, &Estate::of(&snapshot(None)));
            (fact.value.map(|found| found.len()), fact.waits_for)
        };
        assert_eq!(of(r#"{"AWS":"111122223333"}"#), (None, vec!["/account".to_owned()]));
        assert_eq!(of(r#""*""#), (Some(1), Vec::new()), "anyone is somebody else too");
    }

    fn account_of_organization(organization: Option<&str>) -> Resource {
        let organization = organization.map(|id| Membership {
            id: id.to_owned(),
            management_account: AccountId::new("999988887777").unwrap(),
            management: false,
            policy_types: None,
            parents: None,
        });
        let id = "arn:aws:organizations::111122223333:account";
        resource(id, "111122223333", OrganizationAccount { organization })
    }

    fn allow(principal: &str, condition: &str) -> String {
        format!(
            r#"{{"Effect":"Allow","Principal":{principal},"Action":"*","Resource":"*","Condition":{{{condition}}}}}"#
        )
    }

    fn only(statement: &str) -> Vec<(Grantee, String)> {
        let_through(&format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#))
    }

    fn everyone() -> Vec<(Grantee, String)> {
        vec![(Grantee::Everyone, "*".to_owned())]
    }

    #[test]
    fn the_default_policy_lets_everyone_through() {
        let default = r#"{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}"#;
        assert_eq!(let_through(default), everyone());
    }

    #[test]
    fn a_condition_on_the_caller_limits_and_one_on_the_network_does_not() {
        let own = r#""StringEquals":{"aws:PrincipalAccount":"111122223333"}"#;
        assert_eq!(only(&allow(r#""*""#, own)), []);
        let vpc = r#""StringEquals":{"aws:SourceVpc":"vpc-0a"}"#;
        assert_eq!(only(&allow(r#""*""#, vpc)), everyone());
        let two = r#""StringEquals":{"aws:PrincipalAccount":["111122223333","444455556666"]}"#;
        assert_eq!(only(&allow(r#""*""#, two)), [(Grantee::Account, "444455556666".to_owned())]);
        let organization = r#""StringEquals":{"aws:PrincipalOrgID":"o-abc1234567"}"#;
        assert_eq!(only(&allow(r#""*""#, organization)), [(Grantee::Organization, "o-abc1234567".to_owned())]);
        let optional = r#""StringEqualsIfExists":{"aws:PrincipalOrgID":"o-abc1234567"}"#;
        assert_eq!(only(&allow(r#""*""#, optional)), everyone(), "an account without organization has no such key");
        let role = r#""ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/*"}"#;
        assert_eq!(only(&allow(r#""*""#, role)), []);
        let any_role = r#""ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/deploy"}"#;
        assert_eq!(only(&allow(r#""*""#, any_role)), everyone());
    }

    #[test]
    fn only_the_own_organization_is_no_outsider() {
        let policy = |test: &str| format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, allow(r#""*""#, test));
        let by_id = policy(r#""StringEquals":{"aws:PrincipalOrgID":["o-own1234567","o-abc1234567"]}"#);
        let by_path = policy(r#""ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-own1234567/r-ab12/*"}"#);
        let names = |policy: &str, account: Option<Resource>| {
            let fact = let_through_of(policy, account);
            fact.value.map(|outsiders| outsiders.into_iter().map(|outsider| outsider.name).collect::<Vec<_>>())
        };
        let own = || Some(account_of_organization(Some("o-own1234567")));
        assert_eq!(names(&by_id, own()).unwrap(), ["o-abc1234567"]);
        assert_eq!(names(&by_path, own()).unwrap(), [""; 0]);
        let alone = || Some(account_of_organization(None));
        assert_eq!(names(&by_path, alone()).unwrap(), ["o-own1234567/r-ab12/*"], "the account is in none");
        assert_eq!(names(&by_path, None), None);
        let unread = without(account_of_organization(None), &["/configuration/organization"]);
        assert_eq!(names(&by_path, Some(unread)), None);
        let units = without(account_of_organization(Some("o-own1234567")), &["/configuration/organization/parents"]);
        assert_eq!(names(&by_path, Some(units)).unwrap(), [""; 0]);
    }

    #[test]
    fn principals_of_other_accounts_are_named() {
        assert_eq!(only(&allow(r#"{"AWS":"111122223333"}"#, "")), []);
        assert_eq!(only(&allow(r#"{"AWS":"444455556666"}"#, "")), [(Grantee::Account, "444455556666".to_owned())]);
        let role = "arn:aws:iam::444455556666:role/x";
        assert_eq!(only(&allow(&format!(r#"{{"AWS":"{role}"}}"#), "")), [(Grantee::Principal, role.to_owned())]);
    }

    #[test]
    fn a_deny_for_all_others_closes_an_open_allow() {
        let deny = r#"{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalAccount":"111122223333"}}}"#;
        let open = allow(r#""*""#, "");
        assert_eq!(only(&format!("{open},{deny}")), []);
        let part = deny.replace(r#""Action":"*""#, r#""Action":"s3:PutObject""#);
        assert_eq!(only(&format!("{open},{part}")), everyone(), "reading is still open");
    }

    #[test]
    fn an_unread_policy_and_one_that_has_no_effect() {
        let id = "arn:aws:ec2:eu-central-1:111122223333:vpc-endpoint/vpce-0a";
        let endpoint = VpcEndpoint { endpoint_type: "Interface".to_owned(), ..VpcEndpoint::default() };
        let unread = without(resource(id, "x", endpoint.clone()), &["/configuration/policy"]);
        let empty = snapshot([]);
        let estate = Estate::of(&empty);
        assert_eq!(outsiders(&unread, &endpoint, &estate).value, None);
        let endpoint = VpcEndpoint {
            service_name: "com.amazonaws.vpce.eu-central-1.vpce-svc-0a".to_owned(),
            policy: parse(r#"{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}"#).ok(),
            ..endpoint
        };
        assert_eq!(outsiders(&resource(id, "x", endpoint.clone()), &endpoint, &estate).value.unwrap(), []);
    }
}
