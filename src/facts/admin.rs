//! Who may do everything.
//!
//! A document allows everything when one Allow without condition covers every action on every
//! resource. Every spelling of "every action" counts (`*`, `*:*`, `?*`). `NotAction` counts when
//! its exceptions leave a way to grant oneself the rest: whoever may write IAM policies is held
//! by no list of exceptions. Deny statements and the permissions boundary are left aside: they
//! are a second line, which the same principal may often lift, and no reason to grant everything.

use super::Estate;
use super::estate::waits_here;
use crate::model::{Fact, Grants, ManagedPolicy, Pointer, PolicyDocument, Resource, User};
use crate::policy::{PolicyView, StatementView, pattern};

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

/// Whether the policies of a role, a group or a user (groups left aside) allow everything.
pub(super) fn principal(resource: &Resource, grants: &Grants, estate: &Estate<'_>) -> Fact<bool> {
    Fact::any(policies_of(resource, grants, estate))
}

/// Whether the policies of a user and of its groups allow everything.
pub(super) fn user(resource: &Resource, user: &User, estate: &Estate<'_>) -> Fact<bool> {
    let place = Pointer::configuration("groups");
    let mut policies = policies_of(resource, &user.grants, estate);
    for (index, name) in user.groups.iter().enumerate() {
        let at = place.child(index);
        let theirs = match estate.group(&resource.account, name) {
            Some((group, configuration)) => policies_of(group, &configuration.grants, estate),
            None => vec![Fact::unknown(vec![at.to_string()])],
        };
        policies.extend(theirs.into_iter().map(|answer| seen_from(answer, &at)));
    }
    let waits_for = waits_here(resource, &place);
    if !waits_for.is_empty() {
        policies.push(Fact::unknown(waits_for));
    }
    Fact::any(policies)
}

/// Whether a managed policy allows everything.
pub(super) fn managed_policy(resource: &Resource, policy: &ManagedPolicy) -> Fact<bool> {
    let place = Pointer::configuration("document");
    allows_everything(resource, place, policy.document.as_ref())
}

fn policies_of(resource: &Resource, grants: &Grants, estate: &Estate<'_>) -> Vec<Fact<bool>> {
    let inline = Pointer::configuration("inline_policies");
    let attached = Pointer::configuration("attached_policies");
    let mut policies: Vec<Fact<bool>> = Vec::new();
    for (index, policy) in grants.inline_policies.iter().enumerate() {
        let place = inline.child(index).child("document");
        policies.push(allows_everything(resource, place, policy.document.as_ref()));
    }
    for (index, arn) in grants.attached_policies.iter().enumerate() {
        let place = attached.child(index);
        if !resource.unknown.iter().any(|other| other.covers(&place)) {
            policies.push(attached_answer(arn, &place, estate));
        }
    }
    // Whole policies that are not in the lists.
    let listed = |place: &Pointer| {
        (0..grants.inline_policies.len()).any(|index| inline.child(index).child("document").covers(place))
    };
    let missing = resource
        .unknown
        .iter()
        .filter(|place| (place.overlaps(&inline) && !listed(place)) || place.overlaps(&attached));
    let waits_for: Vec<String> =
        missing.filter(|place| !place.as_str().ends_with("/name")).map(ToString::to_string).collect();
    if !waits_for.is_empty() {
        policies.push(Fact::unknown(waits_for));
    }
    policies
}

fn attached_answer(arn: &str, place: &Pointer, estate: &Estate<'_>) -> Fact<bool> {
    if let Some((policy, configuration)) = estate.policy(arn) {
        let document = configuration.document.as_ref();
        let mut answer = allows_everything(policy, Pointer::configuration("document"), document);
        answer.waits_for = answer.waits_for.iter().map(|waits| format!("{}#{waits}", policy.id)).collect();
        return seen_from(answer, place);
    }
    // Usual in a plan: an AWS managed policy is named, and its document is not there. The one that
    // allows everything is known by name; AWS may change any other.
    if arn.ends_with(":iam::aws:policy/AdministratorAccess") {
        return Fact::known(true, vec![place.clone()]);
    }
    Fact::unknown(vec![format!("{arn}#/configuration/document")])
}

/// The same answer, resting on a place in another document.
fn seen_from(mut answer: Fact<bool>, place: &Pointer) -> Fact<bool> {
    answer.because = if answer.value.is_some() { vec![place.clone()] } else { Vec::new() };
    answer
}

/// Every policy has a document, so that an absent one is unknown, marked or not.
fn allows_everything(resource: &Resource, place: Pointer, document: Option<&PolicyDocument>) -> Fact<bool> {
    if document.is_none() {
        return Fact::unknown(vec![place.to_string()]);
    }
    PolicyView::new(document, place, &resource.unknown).any(is_everything)
}

/// Whether a statement allows every action on every resource, without condition.
fn is_everything(statement: &StatementView<'_>) -> Fact<bool> {
    let conditions = statement.waits_for("Condition");
    let unconditional =
        if conditions.is_empty() { known(statement.statement.condition.is_empty()) } else { Fact::unknown(conditions) };
    Fact::all([
        statement.has_effect("Allow"),
        unconditional,
        Fact::any([every_action(statement), all_but_a_few_actions(statement)]),
        Fact::any([every_resource(statement), all_but_a_few_resources(statement)]),
    ])
}

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

fn every_resource(statement: &StatementView<'_>) -> Fact<bool> {
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
    use crate::model::{Facts, Group, InlinePolicy, ResourceType, Role};
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
