//! Who may do everything.
//!
//! A document allows everything when one Allow without condition covers every action on every
//! resource, or when several together have every action that AWS lists. A condition that every
//! request stands is none. Every spelling of "every action" counts (`*`, `*:*`, `?*`). `NotAction` counts when
//! its exceptions leave a way to grant oneself the rest: whoever may write IAM policies is held
//! by no list of exceptions. Deny statements and the permissions boundary are left aside: they
//! are a second line, which the same principal may often lift, and no reason to grant everything.

use std::collections::BTreeMap;

use super::Estate;
use super::held::{Held, HeldPolicy};
use super::powers::Span;
use crate::model::{Fact, GrantedBy, ManagedPolicy, Pointer, Resource};
use crate::policy::{Condition, PolicyView, StatementView, pattern};

/// Actions by which a principal can give itself any other permission.
const SELF_GRANTS: &[&str] = &[
    "iam:attachgrouppolicy",
    "iam:attachrolepolicy",
    "iam:attachuserpolicy",
    "iam:createpolicyversion",
    "iam:putgrouppolicy",
    "iam:putrolepolicy",
    "iam:putuserpolicy",
    "iam:setdefaultpolicyversion",
];

/// Every ARN of a partition, and of all partitions.
const EVERY_RESOURCE: &[&str] = &["arn:aws:?*:*:*:?*", "arn:aws-cn:?*:*:*:?*", "arn:aws-us-gov:?*:*:*:?*"];

/// Every ARN of IAM.
const EVERY_IAM: &[&str] = &["arn:aws:iam::*", "arn:aws-cn:iam::*", "arn:aws-us-gov:iam::*"];

/// Whether the policies that are held allow everything, by one of them or by several together, and
/// which do: where only several together, all that have a part in it.
pub(super) fn of(held: &Held<'_>, estate: &Estate<'_>) -> (Fact<bool>, Fact<Vec<GrantedBy>>) {
    let mut answers: Vec<Fact<bool>> = held.policies.iter().map(|policy| of_held(policy, held, estate)).collect();
    let mut found: Vec<GrantedBy> = Vec::new();
    let mut waits_for: Vec<String> = held.missing.clone();
    for (policy, answer) in held.policies.iter().zip(&answers) {
        waits_for.extend(answer.waits_for.iter().cloned());
        if answer.value == Some(true) {
            found.push(policy.by.clone());
        }
    }
    if !answers.iter().any(|answer| answer.value == Some(true)) {
        let (together, parts) = together(held, estate);
        if together.value == Some(true) && waits_for.is_empty() {
            found = parts;
        }
        answers.push(together);
    }
    if !held.missing.is_empty() {
        answers.push(Fact::unknown(held.missing.clone()));
    }
    found.sort();
    let because = found.iter().map(|by| by.because.clone()).collect();
    (Fact::any(answers), Fact::partial(found, because, waits_for))
}

/// Whether a managed policy allows everything.
pub(super) fn managed_policy(resource: &Resource, policy: &ManagedPolicy) -> Fact<bool> {
    let place = Pointer::configuration("document");
    if policy.document.is_none() {
        // Every policy has a document, so that an absent one is unknown, marked or not.
        return Fact::unknown(vec![place.to_string()]);
    }
    allows_everything(&PolicyView::new(policy.document.as_ref(), place, &resource.unknown))
}

/// The answer of one policy, as seen from who holds it.
fn of_held(policy: &HeldPolicy<'_>, held: &Held<'_>, estate: &Estate<'_>) -> Fact<bool> {
    if policy.known().is_some_and(|document| !estate.memo.powers(document, held.account).admin) {
        return Fact::known(false, vec![policy.by.because.clone()]);
    }
    let Some(view) = policy.view() else {
        // Usual in a plan: an AWS managed policy is named, and its document is not there. The one
        // that allows everything is known by name; AWS may change any other.
        if policy.by.kind == "attached" && policy.by.policy.ends_with(":iam::aws:policy/AdministratorAccess") {
            return Fact::known(true, vec![policy.by.because.clone()]);
        }
        return Fact::unknown(policy.waits_for.clone());
    };
    let answer = allows_everything(&view);
    if policy.in_place {
        return answer;
    }
    match answer.value {
        Some(value) => Fact::known(value, vec![policy.by.because.clone()]),
        None => Fact::unknown(policy.waits_for.clone()),
    }
}

/// Whether one statement allows everything, or all of a document together.
fn allows_everything(view: &PolicyView<'_>) -> Fact<bool> {
    let single = view.any(is_everything);
    if single.value == Some(true) {
        return single;
    }
    let span = Span::of(view);
    if span.is_everything() {
        return Fact::known(true, vec![view.place().clone()]);
    }
    if span.may_be_everything() && single.value == Some(false) {
        return Fact::unknown(view.waits_for());
    }
    single
}

/// Whether all policies together allow everything, and each that has a part in it: where those of
/// one group do, or the principal's own, those alone.
fn together(held: &Held<'_>, estate: &Estate<'_>) -> (Fact<bool>, Vec<GrantedBy>) {
    let mut span = Span::default();
    let mut parts = Vec::new();
    let mut by_holder: BTreeMap<Option<String>, Span> = BTreeMap::new();
    let mut add = |policy: &HeldPolicy<'_>, own: &Span| {
        if !own.is_empty() {
            parts.push(policy.by.clone());
            by_holder.entry(policy.by.group.clone()).or_default().add(own);
        }
        span.add(own);
    };
    let mut is_open = !held.missing.is_empty();
    for policy in &held.policies {
        match (policy.known(), policy.view()) {
            (Some(document), _) => add(policy, &estate.memo.powers(document, held.account).span),
            (None, Some(view)) => add(policy, &Span::of(&view)),
            (None, None) => is_open = true,
        }
    }
    let alone = |by: &GrantedBy| by_holder.get(&by.group).is_some_and(Span::is_everything);
    if parts.iter().any(alone) {
        parts.retain(alone);
    } else {
        for by in &mut parts {
            by.with_others = by_holder.len() > 1;
        }
    }
    if is_open {
        span.open();
    }
    let answer = if span.is_everything() {
        Fact::known(true, parts.iter().map(|by| by.because.clone()).collect())
    } else if span.may_be_everything() {
        Fact::unknown(held.waits_for())
    } else {
        Fact::known(false, Vec::new())
    };
    (answer, parts)
}

/// Whether a statement allows every action on every resource, without condition.
pub(super) fn is_everything(statement: &StatementView<'_>) -> Fact<bool> {
    let allows = statement.has_effect("Allow");
    if allows.value == Some(false) {
        return allows;
    }
    Fact::all([
        allows,
        unconditional(statement),
        Fact::any([every_action(statement), all_but_a_few_actions(statement)]),
        Fact::any([every_resource(statement), all_but_a_few_resources(statement)]),
    ])
}

/// Whether a statement has no condition, or one that every request stands.
pub(super) fn unconditional(statement: &StatementView<'_>) -> Fact<bool> {
    if statement.conditions().any(|test| test.whole && !says_nothing(&test)) {
        return known(false);
    }
    match statement.waits_for("Condition") {
        waits_for if waits_for.is_empty() => known(true),
        waits_for => Fact::unknown(waits_for),
    }
}

/// Whether every signed request stands the test: what has any value, or the one that all have.
fn says_nothing(test: &Condition<'_>) -> bool {
    let operator = test.operator.to_ascii_lowercase();
    let base = operator.rsplit(':').next().unwrap_or_default();
    let always_there =
        base.ends_with("ifexists") || operator.starts_with("forallvalues:") || ALWAYS_THERE.contains(&test.key);
    let has = |wanted: &str| test.values.iter().any(|value| value.eq_ignore_ascii_case(wanted));
    match base.trim_end_matches("ifexists") {
        "stringlike" => always_there && test.values.iter().any(|value| pattern::is_everything(value)),
        "arnlike" | "arnequals" => {
            let every = |value: &&str| pattern::is_everything(value) || pattern::covers(value, "arn:?*:?*:*:?*:?*");
            always_there && test.values.iter().any(every)
        }
        "ipaddress" => test.key == "aws:sourceip" && has("0.0.0.0/0") && has("::/0"),
        "bool" => test.key == "aws:securetransport" && has("true"),
        "null" => ALWAYS_THERE.contains(&test.key) && has("false"),
        _ => false,
    }
}

/// Condition keys that every request of a user or a role has.
const ALWAYS_THERE: &[&str] = &[
    "aws:currenttime",
    "aws:epochtime",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principaltype",
    "aws:requestedregion",
    "aws:securetransport",
    "aws:userid",
];

const fn known(value: bool) -> Fact<bool> {
    Fact { value: Some(value), because: Vec::new(), waits_for: Vec::new() }
}

fn every_action(statement: &StatementView<'_>) -> Fact<bool> {
    let actions = statement.list("Action", statement.statement.action.as_ref());
    decided(actions.known.iter().any(|action| pattern::covers(action, "?*:?*")), actions.waits_for)
}

fn all_but_a_few_actions(statement: &StatementView<'_>) -> Fact<bool> {
    let Some(exceptions) = &statement.statement.not_action else { return known(false) };
    let exceptions = statement.list("NotAction", Some(exceptions));
    let left = |grant: &&str| !exceptions.known.iter().any(|exception| pattern::matches(exception, grant));
    but_not(SELF_GRANTS.iter().any(left), exceptions.waits_for)
}

pub(super) fn every_resource(statement: &StatementView<'_>) -> Fact<bool> {
    let resources = statement.list("Resource", statement.statement.resource.as_ref());
    let covers_all = |resource: &&str| EVERY_RESOURCE.iter().any(|every| pattern::covers(resource, every));
    decided(resources.known.iter().any(covers_all), resources.waits_for)
}

fn all_but_a_few_resources(statement: &StatementView<'_>) -> Fact<bool> {
    let Some(exceptions) = &statement.statement.not_resource else { return known(false) };
    let exceptions = statement.list("NotResource", Some(exceptions));
    let touches_iam = |exception: &&str| EVERY_IAM.iter().any(|iam| pattern::overlaps(exception, iam));
    but_not(!exceptions.known.iter().any(touches_iam), exceptions.waits_for)
}

/// True when the known part says so; otherwise false unless more may come.
fn decided(known_part: bool, waits_for: Vec<String>) -> Fact<bool> {
    if known_part || waits_for.is_empty() { known(known_part) } else { Fact::unknown(waits_for) }
}

/// False when the known exceptions say so; otherwise true unless more may come.
fn but_not(known_part: bool, waits_for: Vec<String>) -> Fact<bool> {
    decided(!known_part, waits_for).negated()
}

#[cfg(test)]
mod tests {
    use super::super::estate::testing::{listed, resource, snapshot, without};
    use super::*;
    use crate::model::{Facts, Grants, Group, InlinePolicy, PolicyDocument, ResourceType, Role, User};
    use crate::policy::parse;

    fn policy(statement: &str) -> PolicyDocument {
        parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#)).unwrap()
    }

    fn inline(statement: &str) -> Grants {
        let document = Some(policy(statement));
        Grants { inline_policies: vec![InlinePolicy { name: "p".to_owned(), document }], ..Grants::default() }
    }

    fn attached(arn: &str) -> Grants {
        Grants { attached_policies: vec![arn.to_owned()], ..Grants::default() }
    }

    fn role(grants: Grants) -> Resource {
        resource("arn:aws:iam::111122223333:role/r", "r", Role { grants, ..Role::default() })
    }

    fn admin(resources: impl IntoIterator<Item = Resource>) -> Fact<bool> {
        let mut snapshot = snapshot(resources);
        crate::facts::derive(&mut snapshot);
        match snapshot.resources[0].facts.clone().unwrap() {
            Facts::Role(facts) => facts.admin,
            Facts::User(facts) | Facts::Group(facts) => facts.admin,
            Facts::ManagedPolicy(facts) => facts.admin,
            other => panic!("{other:?}"),
        }
    }

    fn allows_all(statement: &str) -> Option<bool> {
        admin([role(inline(statement))]).value
    }

    #[test]
    fn every_spelling_of_everything_counts() {
        for action in [r#""*""#, r#""*:*""#, r#""?*""#, r#""**""#, r#"["s3:GetObject","*"]"#] {
            let statement = format!(r#"{{"Effect":"Allow","Action":{action},"Resource":"*"}}"#);
            assert_eq!(allows_all(&statement), Some(true), "{action}");
        }
        for resource in [r#""arn:aws:*""#, r#""arn:*:*:*:*:*""#, r#"["arn:aws:s3:::b","*"]"#] {
            let statement = format!(r#"{{"Effect":"Allow","Action":"*","Resource":{resource}}}"#);
            assert_eq!(allows_all(&statement), Some(true), "{resource}");
        }
    }

    #[test]
    fn a_part_of_everything_does_not() {
        for statement in [
            r#"{"Effect":"Allow","Action":"iam:*","Resource":"*"}"#,
            r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::*"}"#,
            r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}"#,
            r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#,
            r#"{"Effect":"Allow","NotAction":["iam:*","organizations:*"],"Resource":"*"}"#,
            r#"{"Effect":"Allow","Action":"*","NotResource":"arn:aws:iam::*:role/*"}"#,
        ] {
            assert_eq!(allows_all(statement), Some(false), "{statement}");
        }
    }

    #[test]
    fn exceptions_that_do_not_guard_iam_hold_nobody() {
        assert_eq!(allows_all(r#"{"Effect":"Allow","NotAction":"aws-portal:*","Resource":"*"}"#), Some(true));
        assert_eq!(allows_all(r#"{"Effect":"Allow","NotAction":"iam:Delete*","Resource":"*"}"#), Some(true));
        assert_eq!(allows_all(r#"{"Effect":"Allow","Action":"*","NotResource":"arn:aws:s3:::vault/*"}"#), Some(true));
    }

    #[test]
    fn what_is_denied_beside_it_is_left_aside() {
        let all = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
        assert_eq!(allows_all(&format!(r#"{all},{{"Effect":"Deny","Action":"s3:*","Resource":"*"}}"#)), Some(true));
    }

    #[test]
    fn attached_policies_and_groups_count() {
        let arn = "arn:aws:iam::111122223333:policy/ops";
        let ops = |document| resource(arn, "ops", ManagedPolicy { document, ..ManagedPolicy::default() });
        let all = policy(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#);
        let held = admin([role(attached(arn)), ops(Some(all.clone()))]);
        assert_eq!((held.value, held.because), (Some(true), vec![Pointer::new("/configuration/attached_policies/0")]));
        let unread = admin([role(attached(arn)), without(ops(None), &["/configuration/document"])]);
        assert_eq!((unread.value, unread.waits_for), (None, vec![format!("{arn}#/configuration/document")]));
        assert_eq!(admin([role(attached(arn))]).value, None, "not in the snapshot");
        assert_eq!(admin([role(attached("arn:aws:iam::aws:policy/AdministratorAccess"))]).value, Some(true));
        assert_eq!(admin([role(attached("arn:aws:iam::aws:policy/ReadOnlyAccess"))]).value, None);

        let group = resource(
            "arn:aws:iam::111122223333:group/admins",
            "admins",
            Group { grants: attached(arn), ..Group::default() },
        );
        let configuration = User { groups: vec!["admins".to_owned()], ..User::default() };
        let user = || resource("arn:aws:iam::111122223333:user/u", "u", configuration.clone());
        let fact = admin([user(), group.clone(), ops(Some(all))]);
        assert_eq!((fact.value, fact.because), (Some(true), vec![Pointer::new("/configuration/groups/0")]));
        assert_eq!(admin([user()]).value, None);
    }

    #[test]
    fn an_unknown_part_matters_only_where_the_known_part_does_not_decide() {
        let all = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
        let place = "/configuration/inline_policies/0/document/Statement";
        let with = |statement: &str, unknown: &str| admin([without(role(inline(statement)), &[unknown])]).value;
        assert_eq!(with(all, &format!("{place}/1")), Some(true));
        assert_eq!(with(all, "/configuration/attached_policies"), Some(true));
        let read = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":["*","later"]}"#;
        assert_eq!(with(read, &format!("{place}/0/Resource/1")), Some(false), "the action decides");
        assert_eq!(with(read, &format!("{place}/1")), None);
        assert_eq!(with(read, "/configuration/attached_policies/0"), None);
    }

    #[test]
    fn a_policy_is_unattached_only_when_every_principal_was_listed() {
        let arn = "arn:aws:iam::111122223333:policy/ops";
        let check = |principal: Resource, complete: bool| {
            let ops = resource(arn, "ops", ManagedPolicy::default());
            let mut snapshot = snapshot([ops, principal]);
            for kind in [ResourceType::Role, ResourceType::User, ResourceType::Group] {
                listed(&mut snapshot, "global", kind, complete);
            }
            crate::facts::derive(&mut snapshot);
            match snapshot.resources[0].facts.as_ref().unwrap() {
                Facts::ManagedPolicy(facts) => facts.attached.value,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(check(role(attached(arn)), false), Some(true));
        assert_eq!(check(role(Grants::default()), true), Some(false));
        assert_eq!(check(role(Grants::default()), false), None);
        let unread = without(role(Grants::default()), &["/configuration/attached_policies"]);
        assert_eq!(check(unread, true), None);
    }
}
