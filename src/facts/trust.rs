//! Who a role's trust policy lets in.
//!
//! Every Allow of an action by which a role is assumed lets its principals in, under what its
//! condition demands. Deny statements are guards around those and a fact of their own: what they
//! demand of everyone, or of some.

use std::collections::BTreeSet;

use super::Estate;
use super::requirement::{demanded, left_by_deny, says_something};
use super::subject::narrowed;
use crate::model::{
    AccountId, Dangling, Fact, Pointer, Requirement, RequirementKind, Resource, ResourceType, Role, TrustGuard, Trusted,
};
use crate::policy::{Guards, PolicyView, StatementView, account_of, is_unique_id, limited, pattern};

/// The actions by which a role is assumed.
const ASSUMING: &[&str] = &["sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity"];

/// Who is let in. An entry is known when its whole statement is: a condition still unknown could
/// be the one that restricts it.
pub(super) fn trusted(resource: &Resource, role: &Role, estate: &Estate<'_>) -> Fact<Vec<Trusted>> {
    let place = Pointer::configuration("assume_role_policy");
    let policy = PolicyView::new(role.assume_role_policy.as_ref(), place, &resource.unknown);
    let mut entries = BTreeSet::new();
    let mut waits_for = policy.unread();
    if role.assume_role_policy.is_none() && waits_for.is_empty() {
        // Every role has one.
        waits_for.push(policy.place().to_string());
    }
    for statement in policy.statements() {
        let lets_in = Fact::all([statement.has_effect("Allow"), assumes(&statement)]);
        if lets_in.value == Some(false) {
            continue;
        }
        waits_for.extend(lets_in.waits_for);
        waits_for.extend(statement.waits_for("Principal"));
        waits_for.extend(statement.waits_for("Condition"));
        if lets_in.value == Some(true) && statement.waits_for("Condition").is_empty() {
            for (kind, name) in names(&statement) {
                let entry = entry(&statement, &resource.account, kind, name);
                if entry.kind == "anyone" {
                    entries.extend(left_of_anyone(&statement, &entry, &resource.account));
                }
                entries.insert(entry);
            }
        }
    }
    if resource.account.is_unknown() && entries.iter().any(names_account) {
        // Whether these are foreign is not known; anyone is, in any account.
        entries.retain(|entry| !names_account(entry));
        waits_for.push("/account".to_owned());
    }
    let mut of_organization = |entry: Trusted| {
        let Some(account) = entry.account.as_deref().filter(|_| entry.foreign) else { return Some(entry) };
        let same = estate.in_one_organization(&resource.account, account);
        waits_for.extend(same.waits_for);
        let same = same.value?;
        Some(Trusted { of_organization: same.then_some(true), ..entry })
    };
    let entries: BTreeSet<Trusted> = entries.into_iter().filter_map(&mut of_organization).collect();
    let because: BTreeSet<Pointer> = entries.iter().map(|entry: &Trusted| entry.because.clone()).collect();
    Fact::partial(entries.into_iter().collect(), because.into_iter().collect(), waits_for)
}

/// Whether an entry is of an account, or of a service that has to act for one.
fn names_account(entry: &Trusted) -> bool {
    let of_source = |test: &Requirement| match test.key.as_str() {
        "aws:sourceaccount" => true,
        "aws:sourcearn" => test.values.iter().any(|value| account_of(value).is_some()),
        _ => false,
    };
    (entry.account.is_some() && entry.kind != "federated")
        || (entry.kind == "service" && entry.requirements.iter().any(of_source))
}

fn assumes(statement: &StatementView<'_>) -> Fact<bool> {
    let exceptions = statement.statement.not_action.as_ref();
    let listed = match exceptions {
        Some(_) => statement.list("NotAction", exceptions),
        None => statement.list("Action", statement.statement.action.as_ref()),
    };
    let is_listed = |action: &&str| listed.known.iter().any(|pattern| pattern::matches(pattern, action));
    let assumes = match exceptions {
        Some(_) => !ASSUMING.iter().all(is_listed),
        None => ASSUMING.iter().any(is_listed),
    };
    // More actions can only add to a list, and more exceptions only take away from the rest.
    let decided = assumes == exceptions.is_none();
    if listed.waits_for.is_empty() || decided {
        Fact::known(assumes, Vec::new())
    } else {
        Fact::unknown(listed.waits_for)
    }
}

/// Kind and name of each principal as the policy writes it. All but some is anyone.
fn names<'a>(statement: &'a StatementView<'a>) -> Vec<(&'a str, &'a str)> {
    if statement.statement.not_principal.is_some() { vec![("AWS", "*")] } else { statement.principals() }
}

fn entry(statement: &StatementView<'_>, own: &AccountId, kind: &str, name: &str) -> Trusted {
    let account = account_of(name);
    let (kind, shown) = match kind {
        "Service" => ("service", name),
        "Federated" => ("federated", name),
        _ if name == "*" => ("anyone", name),
        _ if is_unique_id(name) => ("deleted", name),
        _ if name.ends_with(":root") => ("account", account.unwrap_or(name)),
        _ => ("principal", name),
    };
    // A role takes sessions from identity providers of its own account only.
    let is_own = |account: &str| account == own.as_str() || (kind == "federated" && own.is_unknown());
    let foreign = kind == "anyone" || account.is_some_and(|account| !is_own(account));
    let keys: BTreeSet<&str> = statement.conditions().map(|condition| condition.key).collect();
    let requirements: BTreeSet<Requirement> = statement.conditions().map(|test| demanded(&test)).collect();
    let requirements: Vec<Requirement> = requirements.into_iter().collect();
    Trusted {
        kind: kind.to_owned(),
        name: shown.to_owned(),
        account: account.map(ToOwned::to_owned),
        foreign,
        condition_keys: keys.into_iter().map(ToOwned::to_owned).collect(),
        restricted: limited(statement, Guards::Other).value == Some(true) || requirements.iter().any(of_one_account),
        confused_deputy_guard: guarded(kind, foreign, &requirements),
        subjects: (kind == "federated" && !name.contains(":saml-provider/")).then(|| narrowed(&requirements)),
        audience: (kind == "federated").then(|| {
            let asks = |test: &Requirement| test.kind == RequirementKind::Audience && limits(test);
            requirements.iter().any(asks)
        }),
        of_organization: None,
        requirements,
        because: statement.place.clone(),
    }
}

/// Whether a test leaves only principals of known accounts, whatever their names.
fn of_one_account(test: &Requirement) -> bool {
    test.demanded && test.key == "aws:principalarn" && test.values.iter().all(|value| account_of(value).is_some())
}

/// Whether a test demands a value, and one that leaves something out.
fn limits(test: &Requirement) -> bool {
    test.demanded && test.values.iter().all(|value| says_something(value))
}

/// The accounts and principals that a condition on who asks leaves of anyone.
fn left_of_anyone(statement: &StatementView<'_>, anyone: &Trusted, own: &AccountId) -> Vec<Trusted> {
    let about_who = |test: &&Requirement| {
        test.demanded && ["aws:principalaccount", "aws:principalarn"].contains(&test.key.as_str())
    };
    let named = anyone.requirements.iter().filter(about_who).flat_map(|test| &test.values);
    let accounts = named.filter(|value| account_of(value).is_some());
    accounts
        .map(|value| {
            let name = if value.starts_with("arn:") { value.clone() } else { format!("arn:aws:iam::{value}:root") };
            entry(statement, own, "AWS", &name)
        })
        .collect()
}

/// Principals that are named and not there.
pub(super) fn dangling(resource: &Resource, role: &Role, estate: &Estate<'_>) -> Fact<Vec<Dangling>> {
    let place = Pointer::configuration("assume_role_policy");
    let policy = PolicyView::new(role.assume_role_policy.as_ref(), place, &resource.unknown);
    let mut found = BTreeSet::new();
    let mut waits_for = policy.unread();
    if role.assume_role_policy.is_none() && waits_for.is_empty() {
        waits_for.push(policy.place().to_string());
    }
    for statement in policy.statements() {
        let unknown: Vec<String> =
            ["Effect", "Principal", "Condition"].iter().flat_map(|element| statement.waits_for(element)).collect();
        if !unknown.is_empty() {
            waits_for.extend(unknown);
            continue;
        }
        if statement.statement.effect != "Allow" {
            continue;
        }
        let principals = statement.principals().into_iter().filter(|(kind, _)| *kind == "AWS").map(|(_, name)| name);
        let tests = statement.conditions().filter(|test| test.key == "aws:principalarn" && demanded(test).demanded);
        let in_conditions = tests.flat_map(|test| test.values).filter(|value| pattern::is_literal(value));
        for name in principals.chain(in_conditions.filter(|value| !value.contains("${"))) {
            let dangling = |kind: &str| Dangling {
                kind: kind.to_owned(),
                name: name.to_owned(),
                because: statement.place.clone(),
            };
            if is_unique_id(name) {
                found.insert(dangling("deleted"));
            } else if let Some(resource_type) = kind_of(name, &resource.account)
                && !estate.has_principal(name)
            {
                match estate.unlisted(resource, resource_type) {
                    Some(unlisted) => waits_for.push(unlisted),
                    None => drop(found.insert(dangling("missing"))),
                }
            }
        }
    }
    let because: BTreeSet<Pointer> = found.iter().map(|one: &Dangling| one.because.clone()).collect();
    Fact::partial(found.into_iter().collect(), because.into_iter().collect(), waits_for)
}

/// What an ARN names, when it is a user or a role of the account.
fn kind_of(arn: &str, own: &AccountId) -> Option<ResourceType> {
    let rest = arn.strip_prefix("arn:")?.splitn(5, ':').nth(4)?;
    account_of(arn).filter(|account| *account == own.as_str() && arn.contains(":iam:"))?;
    match rest.split('/').next()? {
        "role" => Some(ResourceType::Role),
        "user" => Some(ResourceType::User),
        _ => None,
    }
}

/// Whether strangers are kept from using the principal; `None` where it acts for nobody else.
///
/// A service is told apart by whom it acts for, another account by the external id that it gives
/// each of its customers or by being of the same organization. A value that lets anything match
/// guards nothing.
fn guarded(kind: &str, foreign: bool, requirements: &[Requirement]) -> Option<bool> {
    let by_organization = |key: &str| key.starts_with("aws:principalorg");
    let guard: &dyn Fn(&Requirement) -> bool = match kind {
        "service" => &|test| {
            test.kind == RequirementKind::Source
                || (test.kind == RequirementKind::Organization && !by_organization(&test.key))
        },
        "account" | "principal" if foreign => &|test| {
            test.kind == RequirementKind::ExternalId
                || (test.kind == RequirementKind::Organization && by_organization(&test.key))
        },
        _ => return None,
    };
    Some(requirements.iter().any(|test| guard(test) && limits(test)))
}

/// What Deny statements with one test demand of a request to assume the role.
pub(super) fn guards(resource: &Resource, role: &Role) -> Fact<Vec<TrustGuard>> {
    let place = Pointer::configuration("assume_role_policy");
    let policy = PolicyView::new(role.assume_role_policy.as_ref(), place, &resource.unknown);
    let mut guards = BTreeSet::new();
    let mut waits_for = policy.unread();
    if role.assume_role_policy.is_none() && waits_for.is_empty() {
        waits_for.push(policy.place().to_string());
    }
    for statement in policy.statements() {
        let denies = statement.has_effect("Deny");
        let read = ["Principal", "NotPrincipal", "Action", "NotAction", "Condition"];
        let mut unknown = denies.waits_for;
        unknown.extend(read.iter().flat_map(|element| statement.waits_for(element)));
        if denies.value == Some(false) {
            continue;
        }
        if unknown.is_empty() {
            guards.extend(guard(&statement));
        }
        waits_for.extend(unknown);
    }
    let because: BTreeSet<Pointer> = guards.iter().map(|guard: &TrustGuard| guard.because.clone()).collect();
    Fact::partial(guards.into_iter().collect(), because.into_iter().collect(), waits_for)
}

fn guard(statement: &StatementView<'_>) -> Option<TrustGuard> {
    let mut tests = statement.conditions();
    let (Some(test), None) = (tests.next(), tests.next()) else { return None };
    let takes = |action: &&str| {
        let of = |patterns: &Vec<String>| patterns.iter().any(|pattern| pattern::matches(pattern, action));
        match &statement.statement.not_action {
            Some(exceptions) => !of(exceptions),
            None => statement.statement.action.as_ref().is_some_and(of),
        }
    };
    let actions: Vec<String> = ASSUMING.iter().copied().filter(takes).map(ToOwned::to_owned).collect();
    if actions.is_empty() {
        return None;
    }
    let everyone = statement.principals().contains(&("AWS", "*"));
    let requirement = left_by_deny(&test)?;
    let about_whom = matches!(requirement.kind, RequirementKind::Subject | RequirementKind::Audience);
    Some(TrustGuard {
        everyone,
        actions,
        limits: limits(&requirement),
        subjects: about_whom.then(|| narrowed(std::slice::from_ref(&requirement))),
        requirement,
        because: statement.place.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::estate::testing::{resource, snapshot, without};
    use super::*;
    use crate::model::{Membership, OrganizationAccount, Subjects};
    use crate::policy::{Context, Layer, Principal, Request, Truth, judge, parse};

    fn fact(statements: &str, unknown: &[&str]) -> Fact<Vec<Trusted>> {
        let policy = parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)).unwrap();
        let role = Role { assume_role_policy: Some(policy), ..Role::default() };
        let resource = without(resource("arn:aws:iam::111122223333:role/r", "r", role.clone()), unknown);
        let snapshot = snapshot([]);
        trusted(&resource, &role, &Estate::of(&snapshot))
    }

    fn allow(principal: &str, condition: &str) -> String {
        format!(r#"{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole","Condition":{condition}}}"#)
    }

    fn words(principal: &str) -> Vec<String> {
        let foreign = |entry: &Trusted| if entry.foreign { " foreign" } else { "" };
        let entries = fact(&allow(principal, "{}"), &[]).value.unwrap();
        entries.iter().map(|entry| format!("{} {}{}", entry.kind, entry.name, foreign(entry))).collect()
    }

    #[test]
    fn anyone_is_seen_also_when_the_account_is_not_known() {
        let text =
            format!(r#"{{"Statement":[{},{}]}}"#, allow(r#""*""#, "{}"), allow(r#"{"AWS":"111122223333"}"#, "{}"));
        let role = Role { assume_role_policy: Some(parse(&text).unwrap()), ..Role::default() };
        let mut planned = resource("arn:aws:iam::111122223333:role/r", "r", role.clone());
        planned.account = AccountId::unknown();
        let snapshot = snapshot([]);
        let fact = trusted(&planned, &role, &Estate::of(&snapshot));
        assert_eq!(fact.waits_for, ["/account"]);
        assert_eq!(fact.value.unwrap().iter().map(|entry| entry.kind.as_str()).collect::<Vec<_>>(), ["anyone"]);
    }

    #[test]
    fn a_provider_is_of_the_account_of_the_role_though_that_is_not_known() {
        let provider = r#"{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}"#;
        let text = format!(
            r#"{{"Statement":[{}]}}"#,
            allow(provider, "{}").replace("AssumeRole", "AssumeRoleWithWebIdentity")
        );
        let role = Role { assume_role_policy: Some(parse(&text).unwrap()), ..Role::default() };
        let mut planned = resource("arn:aws:iam::111122223333:role/r", "r", role.clone());
        planned.account = AccountId::unknown();
        let fact = trusted(&planned, &role, &Estate::of(&snapshot([])));
        assert!(fact.waits_for.is_empty(), "{:?}", fact.waits_for);
        let entries = fact.value.unwrap();
        assert_eq!((entries[0].kind.as_str(), entries[0].foreign), ("federated", false));
        assert_eq!(entries[0].subjects, Some(crate::model::Subjects::Any));
    }

    #[test]
    fn whom_a_service_acts_for_waits_for_the_account() {
        let service = r#"{"Service":"cloudtrail.amazonaws.com"}"#;
        let known = |condition: &str| {
            let text = format!(r#"{{"Statement":[{}]}}"#, allow(service, condition));
            let role = Role { assume_role_policy: Some(parse(&text).unwrap()), ..Role::default() };
            let mut planned = resource("arn:aws:iam::111122223333:role/r", "r", role.clone());
            planned.account = AccountId::unknown();
            let snapshot = snapshot([]);
            trusted(&planned, &role, &Estate::of(&snapshot)).value.map(|entries| entries.len())
        };
        assert_eq!(known("{}"), Some(1));
        assert_eq!(known(r#"{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::logs"}}"#), Some(1));
        assert_eq!(known(r#"{"StringEquals":{"aws:SourceAccount":"111122223333"}}"#), None);
        assert_eq!(known(r#"{"ArnLike":{"aws:SourceArn":"arn:aws:cloudtrail:*:111122223333:trail/*"}}"#), None);
    }

    #[test]
    fn whether_another_account_is_of_the_organization_may_be_unknown() {
        const OTHER: &str = "444455556666";
        let place = |account: &str, organization: Option<&str>| {
            let organization = organization.map(|id| Membership {
                id: id.to_owned(),
                management_account: AccountId::new(OTHER).unwrap(),
                management: false,
                policy_types: None,
                parents: None,
            });
            let arn = format!("arn:aws:organizations::{account}:account");
            let mut resource = resource(&arn, account, OrganizationAccount { organization });
            resource.account = AccountId::new(account).unwrap();
            resource
        };
        let text = format!(r#"{{"Statement":[{}]}}"#, allow(&format!(r#"{{"AWS":"{OTHER}"}}"#), "{}"));
        let role = Role { assume_role_policy: Some(parse(&text).unwrap()), ..Role::default() };
        let told = |places: Vec<Resource>| {
            let snapshot = snapshot(places);
            let role_of_account = resource("arn:aws:iam::111122223333:role/r", "r", role.clone());
            let fact = trusted(&role_of_account, &role, &Estate::of(&snapshot));
            (fact.value.map(|entries| entries[0].of_organization), fact.waits_for)
        };
        let unread = || without(place(OTHER, None), &["/configuration/organization"]);
        let stale = || Resource { stale_since: Some(jiff::Timestamp::UNIX_EPOCH), ..place(OTHER, Some("o-1")) };
        let waits = || vec![format!("arn:aws:organizations::{OTHER}:account#/configuration/organization")];
        let own = || place("111122223333", Some("o-1"));
        assert_eq!(told(vec![own(), place(OTHER, Some("o-1"))]), (Some(Some(true)), vec![]));
        assert_eq!(told(vec![own(), place(OTHER, Some("o-2"))]), (Some(None), vec![]));
        assert_eq!(told(vec![own()]), (Some(None), vec![]), "an account elsewhere");
        assert_eq!(told(vec![own(), unread()]), (None, waits()));
        assert_eq!(told(vec![own(), stale()]), (None, waits()));
        assert_eq!(told(vec![place("111122223333", None), unread()]), (Some(None), vec![]), "in none");
    }

    #[test]
    fn principals_are_named_by_what_they_are() {
        for (principal, expected) in [
            (r#""*""#, "anyone * foreign"),
            (r#"{"AWS":"111122223333"}"#, "account 111122223333"),
            (r#"{"AWS":"arn:aws:iam::444455556666:root"}"#, "account 444455556666 foreign"),
            (r#"{"AWS":"arn:aws:iam::111122223333:role/ci"}"#, "principal arn:aws:iam::111122223333:role/ci"),
            (
                r#"{"AWS":"arn:aws:sts::444455556666:assumed-role/a/b"}"#,
                "principal arn:aws:sts::444455556666:assumed-role/a/b foreign",
            ),
            (r#"{"AWS":"AROAEXAMPLEID1234567A"}"#, "deleted AROAEXAMPLEID1234567A"),
            (r#"{"Service":"ec2.amazonaws.com"}"#, "service ec2.amazonaws.com"),
            (
                r#"{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}"#,
                "federated arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com",
            ),
        ] {
            assert_eq!(words(principal), [expected], "{principal}");
        }
    }

    #[test]
    fn conditions_are_named_and_only_fixed_ones_restrict() {
        let external = fact(&allow(r#"{"AWS":"*"}"#, r#"{"StringEquals":{"sts:ExternalId":"x"}}"#), &[]);
        let entry = &external.value.unwrap()[0];
        assert_eq!(
            (entry.condition_keys.as_slice(), entry.restricted),
            (["sts:externalid".to_owned()].as_slice(), false)
        );
        let organization = fact(&allow(r#""*""#, r#"{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}"#), &[]);
        assert!(organization.value.unwrap()[0].restricted);
    }

    fn guarded(principal: &str, condition: &str) -> Option<bool> {
        fact(&allow(principal, condition), &[]).value.unwrap()[0].confused_deputy_guard
    }

    #[test]
    fn deputies_are_guarded_by_whom_they_act_for() {
        const SERVICE: &str = r#"{"Service":"cloudtrail.amazonaws.com"}"#;
        const FOREIGN: &str = r#"{"AWS":"444455556666"}"#;
        for (principal, condition, expected) in [
            (SERVICE, "{}", Some(false)),
            (SERVICE, r#"{"StringEquals":{"aws:SourceAccount":"111122223333"}}"#, Some(true)),
            (SERVICE, r#"{"ArnLike":{"aws:SourceArn":"arn:aws:cloudtrail:*:111122223333:trail/*"}}"#, Some(true)),
            (SERVICE, r#"{"ArnLike":{"aws:SourceArn":"arn:aws:cloudtrail:*:*:*"}}"#, Some(false)),
            (SERVICE, r#"{"StringEquals":{"aws:SourceOrgID":"o-a1b2c3d4e5"}}"#, Some(true)),
            (SERVICE, r#"{"StringEqualsIfExists":{"aws:SourceAccount":"111122223333"}}"#, Some(false)),
            (SERVICE, r#"{"StringEquals":{"sts:ExternalId":"a"}}"#, Some(false)),
            (FOREIGN, "{}", Some(false)),
            (FOREIGN, r#"{"StringEquals":{"sts:ExternalId":["a","b"]}}"#, Some(true)),
            (FOREIGN, r#"{"StringLike":{"sts:ExternalId":"*"}}"#, Some(false)),
            (FOREIGN, r#"{"StringNotEquals":{"sts:ExternalId":"a"}}"#, Some(false)),
            (FOREIGN, r#"{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}"#, Some(true)),
            (r#"{"AWS":"111122223333"}"#, "{}", None),
            (r#"{"Federated":"arn:aws:iam::111122223333:saml-provider/idp"}"#, "{}", None),
        ] {
            assert_eq!(guarded(principal, condition), expected, "{principal} {condition}");
        }
    }

    /// What the evaluator says to a request that brings none of the keys.
    fn bare_request(principal: &str, condition: &str) -> Truth {
        let caller = match principal {
            r#"{"AWS":"444455556666"}"# => Principal::User("arn:aws:iam::444455556666:user/u".to_owned()),
            _ => Principal::Service("cloudtrail.amazonaws.com".to_owned()),
        };
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, allow(principal, condition));
        let mut request = Request::new(caller, "sts:AssumeRole", "arn:aws:iam::111122223333:role/r");
        request.context = Context::whole();
        judge(Layer::Resource, &parse(&text).unwrap(), &request).allow
    }

    #[test]
    fn the_evaluator_confirms_guards() {
        const SERVICE: &str = r#"{"Service":"cloudtrail.amazonaws.com"}"#;
        const FOREIGN: &str = r#"{"AWS":"444455556666"}"#;
        for (principal, condition) in [
            (SERVICE, r#"{"StringEquals":{"aws:SourceAccount":"111122223333"}}"#),
            (SERVICE, r#"{"ArnLike":{"aws:SourceArn":"arn:aws:cloudtrail:*:111122223333:trail/*"}}"#),
            (FOREIGN, r#"{"StringLike":{"sts:ExternalId":"a*"}}"#),
            (FOREIGN, r#"{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/r-ab12/*"}}"#),
        ] {
            assert_eq!(guarded(principal, condition), Some(true), "{principal} {condition}");
            assert_eq!(bare_request(principal, condition), Truth::No, "{principal} {condition}");
        }
        for (principal, condition) in [
            (SERVICE, "{}"),
            (SERVICE, r#"{"StringEqualsIfExists":{"aws:SourceAccount":"111122223333"}}"#),
            (FOREIGN, r#"{"StringNotEquals":{"sts:ExternalId":"a"}}"#),
            (FOREIGN, r#"{"ForAllValues:StringLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/r-ab12/*"}}"#),
        ] {
            assert_eq!(guarded(principal, condition), Some(false), "{principal} {condition}");
            assert_eq!(bare_request(principal, condition), Truth::Yes, "{principal} {condition}");
        }
    }

    #[test]
    fn subjects_of_a_provider_are_counted_from_anybody_to_named_ones() {
        let subjects = |condition: &str| {
            let provider =
                r#"{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}"#;
            fact(&allow(provider, condition), &[]).value.unwrap()[0].subjects
        };
        let sub = |operator: &str, value: &str| {
            format!(
                r#"{{"{operator}":{{"token.actions.githubusercontent.com:sub":{value}}},
                "StringEquals":{{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"}}}}"#
            )
        };
        assert_eq!(subjects("{}"), Some(Subjects::Any));
        assert_eq!(subjects(&sub("StringLike", r#""*""#)), Some(Subjects::Any));
        assert_eq!(subjects(&sub("StringNotLike", r#""repo:eve/*""#)), Some(Subjects::Any));
        assert_eq!(subjects(&sub("ForAllValues:StringLike", r#""repo:octo/site:*""#)), Some(Subjects::Any));
        assert_eq!(subjects(&sub("StringLike", r#"["repo:octo/site:*","repo:octo/*"]"#)), Some(Subjects::Owner));
        assert_eq!(subjects(&sub("StringLike", r#""repo:octo/site:*""#)), Some(Subjects::Named));
    }

    #[test]
    fn denies_are_guards_for_everyone_or_for_some() {
        let guards = |statements: &str, unknown: &[&str]| {
            let policy = parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)).unwrap();
            let role = Role { assume_role_policy: Some(policy), ..Role::default() };
            guards(&without(resource("arn:aws:iam::111122223333:role/r", "r", role.clone()), unknown), &role)
        };
        let deny = |condition: &str| allow(r#""*""#, condition).replace("Allow", "Deny");
        let external = deny(r#"{"StringNotEquals":{"sts:ExternalId":"a"}}"#);
        let found = guards(&external, &[]).value.unwrap();
        assert!(found[0].everyone && found[0].requirement.demanded);
        assert_eq!(
            (found[0].requirement.words.as_str(), found[0].actions.as_slice()),
            (r#"sts:externalid is "a""#, ["sts:assumerole".to_owned()].as_slice())
        );
        let two = deny(r#"{"StringNotEquals":{"sts:ExternalId":"a"},"Bool":{"aws:SecureTransport":"false"}}"#);
        assert_eq!(guards(&two, &[]).value.unwrap(), [], "the opposite of two tests is not one");
        assert_eq!(guards(&external.replace("Deny", "Allow"), &[]).value.unwrap(), []);
        let place = "/configuration/assume_role_policy/Statement";
        assert_eq!(guards(&external, &[&format!("{place}/0/Condition/StringNotEquals")]).value, None);
        assert_eq!(guards(&external, &[&format!("{place}/1")]).waits_for.len(), 1, "more may come");
    }

    #[test]
    fn all_but_some_is_anyone_and_a_statement_that_assumes_nothing_lets_nobody_in() {
        let but = r#"{"Effect":"Allow","NotPrincipal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:*"}"#;
        assert_eq!(fact(but, &[]).value.unwrap()[0].kind, "anyone");
        for statement in [
            allow(r#""*""#, "{}").replace("sts:AssumeRole", "sts:TagSession"),
            allow(r#""*""#, "{}").replace("Allow", "Deny"),
        ] {
            assert_eq!(fact(&statement, &[]).value.unwrap(), [], "{statement}");
        }
    }

    #[test]
    fn what_is_known_of_a_trust_policy_stays_known() {
        let statement = "/configuration/assume_role_policy/Statement";
        let two = fact(
            &allow(r#"{"AWS":["444455556666","arn:aws:iam::later:root"]}"#, "{}"),
            &[&format!("{statement}/0/Principal/AWS/1")],
        );
        assert_eq!((two.value.unwrap().len(), two.waits_for.len()), (1, 1));
        assert_eq!(fact(&allow(r#""*""#, "{}"), &[&format!("{statement}/0/Condition")]).value, None);
        assert_eq!(fact(&allow(r#""*""#, "{}"), &["/configuration/assume_role_policy"]).value, None);
        let bare = resource("arn:aws:iam::111122223333:role/r", "r", Role::default());
        let nothing = snapshot([]);
        let unread = trusted(&bare, &Role::default(), &Estate::of(&nothing));
        assert_eq!(unread.value, None, "every role has a trust policy");
        assert_eq!(fact(&allow(r#""*""#, "{}"), &[&format!("{statement}/0/Sid")]).waits_for.len(), 0);
    }
}
