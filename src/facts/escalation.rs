//! How a user, a role or the members of a group can give themselves more permissions, and what a
//! managed policy would let its holder do.
//!
//! The ways are those of `policy::paths`. Those that need nobody else (the principal changes its
//! own policies, those of its groups, or its boundary) follow from its policies alone, so that this
//! fact changes when they do and not with every other principal of the account; those over another
//! identity are takeovers. Each way is one or more requests, decided by all policies of the
//! principal with their denies and by its boundary; what organization policies forbid is left
//! aside. A policy that is not known may deny or allow any of them: then nothing is known.

use std::collections::BTreeSet;

use super::Estate;
use super::estate::waits_here;
use super::grants::spelled;
use super::held::Held;
use super::takeover::{Asker, Way, has_steps};
use crate::model::{
    AccountId, Escalation, EscalationGain, Fact, ManagedPolicy, Pointer, PolicyDocument, Resource, Role, Takeover, User,
};
use crate::policy::Principal;
use crate::policy::paths::{Bind, Gain, Path, paths};

/// Both facts of one principal or policy.
pub(super) struct Ways {
    pub(super) escalations: Fact<Vec<Escalation>>,
    pub(super) takeovers: Fact<Vec<Takeover>>,
}

impl Ways {
    const fn none() -> Self {
        Self {
            escalations: Fact { value: Some(Vec::new()), because: Vec::new(), waits_for: Vec::new() },
            takeovers: Fact { value: Some(Vec::new()), because: Vec::new(), waits_for: Vec::new() },
        }
    }

    fn unknown(waits_for: impl IntoIterator<Item = String>) -> Self {
        let waits_for: BTreeSet<String> = waits_for.into_iter().collect();
        let waits_for: Vec<String> = waits_for.into_iter().collect();
        Self { escalations: Fact::unknown(waits_for.clone()), takeovers: Fact::unknown(waits_for) }
    }
}

pub(super) fn of_role<'a>(resource: &'a Resource, role: &'a Role, mut held: Held<'a>, estate: &Estate<'a>) -> Ways {
    if role.path.starts_with("/aws-service-role/") {
        // Nobody but AWS changes a service-linked role, and the role does not change itself.
        return Ways::none();
    }
    let arn = held.arn_of(resource, "role", &role.path);
    // What AWS Identity Center made is changed there alone; policies attached to it are not.
    let reserved = role.path.starts_with("/aws-reserved/");
    let own = if reserved { None } else { Some(arn.clone()) };
    held.ways(Principal::role(&arn), &Own { role: own.clone(), bounded_role: own, ..Own::default() }, estate)
}

pub(super) fn of_user<'a>(resource: &'a Resource, user: &'a User, mut held: Held<'a>, estate: &Estate<'a>) -> Ways {
    let arn = held.arn_of(resource, "user", &user.path);
    let own = Own { user: Some(arn.clone()), bounded_user: Some(arn.clone()), ..Own::default() };
    held.ways(Principal::User(arn), &own, estate)
}

/// What any member can do; a member's own policies may say more.
pub(super) fn of_group<'a>(resource: &'a Resource, held: &Held<'a>, estate: &Estate<'a>) -> Ways {
    let user = member(&resource.account);
    let own = Own { user: Some(user.clone()), ..Own::default() };
    held.ways(Principal::User(user), &own, estate)
}

/// What a user or a role with this policy alone could do.
pub(super) fn of_managed<'a>(resource: &'a Resource, policy: &'a ManagedPolicy, estate: &Estate<'a>) -> Ways {
    if policy.aws_managed {
        return Ways::none();
    }
    let place = Pointer::configuration("document");
    let unknown = waits_here(resource, &place);
    let document = match &policy.document {
        Some(document) if unknown.is_empty() => document,
        _ if unknown.is_empty() => return Ways::unknown([place.to_string()]),
        _ => return Ways::unknown(unknown),
    };
    let mut held = Held::new(resource);
    let arn = held.arn_of(resource, "policy", &policy.path);
    if !held.arns_wait_for.is_empty() {
        return Ways::unknown(held.arns_wait_for);
    }
    let powers = estate.memo.powers(document, &resource.account);
    if powers.is_everything() {
        return Ways::none();
    }
    let documents = [document];
    let user = member(&resource.account);
    let role = format!("arn:aws:iam::{}:role/plimsoll-member", resource.account);
    let at = |statements: &BTreeSet<(usize, usize)>| -> Vec<Pointer> {
        statements.iter().map(|(_, index)| place.child("Statement").child(index)).collect()
    };
    let mut escalations = BTreeSet::new();
    let mut takeovers = BTreeSet::new();
    let askers = [
        (Principal::User(user.clone()), Own { user: Some(user), ..Own::default() }),
        (Principal::role(&role), Own { role: Some(role), ..Own::default() }),
    ];
    for (principal, own) in askers {
        let own = Own { policies: vec![arn.clone()], ..own };
        let asker = Asker { principal, account: &resource.account, identity: &documents, boundary: None };
        escalations.extend(own.escalations(&asker, powers.steps, &at));
        takeovers.extend(asker.ways(estate).iter().map(|way| takeover(way, at(&way.statements))));
    }
    Ways { escalations: listed(escalations, |way| &way.because), takeovers: listed(takeovers, |way| &way.because) }
}

fn member(account: &AccountId) -> String {
    format!("arn:aws:iam::{account}:user/plimsoll-member")
}

/// What a principal can change of itself: the resources that its own paths are tried on.
#[derive(Debug, Clone, Default)]
struct Own {
    user: Option<String>,
    role: Option<String>,
    bounded_user: Option<String>,
    bounded_role: Option<String>,
    groups: Vec<String>,
    policies: Vec<String>,
}

impl Own {
    fn resources(&self, path: &Path) -> Vec<&String> {
        let action = path.steps.first().map_or("", |(action, _)| action);
        match path.bind {
            Bind::OwnUser => self.user.iter().collect(),
            Bind::OwnRole => self.role.iter().collect(),
            Bind::OwnGroup => self.groups.iter().collect(),
            Bind::OwnPolicy => self.policies.iter().collect(),
            Bind::OwnBoundary if action.contains("user") => self.bounded_user.iter().collect(),
            Bind::OwnBoundary => self.bounded_role.iter().collect(),
            Bind::OtherGroup
            | Bind::User(_)
            | Bind::Role
            | Bind::RolePolicy
            | Bind::Passed(_)
            | Bind::PassedProfile
            | Bind::Running(_)
            | Bind::Instance => Vec::new(),
        }
    }

    /// The ways that need nobody else, with the places that `at` gives of their statements.
    fn escalations(
        &self,
        asker: &Asker<'_, '_>,
        steps: u128,
        at: &impl Fn(&BTreeSet<(usize, usize)>) -> Vec<Pointer>,
    ) -> BTreeSet<Escalation> {
        let mut found = BTreeSet::new();
        for path in paths().filter(|path| has_steps(path, steps)) {
            let [(action, _)] = path.steps else { continue };
            for resource in self.resources(path) {
                let Some((depends_on, statements)) = asker.ask(action, resource, None) else { continue };
                found.insert(Escalation {
                    path: path.id.to_owned(),
                    action: spelled(action),
                    resource: resource.clone(),
                    gain: match path.gain {
                        Gain::Everything | Gain::Target => EscalationGain::Everything,
                        Gain::Boundary => EscalationGain::Boundary,
                        Gain::Older => EscalationGain::OlderVersion,
                    },
                    depends_on: depends_on.into_iter().collect(),
                    because: at(&statements),
                });
            }
        }
        found
    }
}

impl<'a> Held<'a> {
    fn ways(&self, principal: Principal, own: &Own, estate: &Estate<'a>) -> Ways {
        let mut waits_for = self.waits_for();
        waits_for.extend(self.arns_wait_for.iter().cloned());
        waits_for.extend(self.boundary_waits_for.iter().cloned());
        if !waits_for.is_empty() {
            return Ways::unknown(waits_for);
        }
        let powers: Vec<_> = self
            .policies
            .iter()
            .enumerate()
            .filter_map(|(at, policy)| {
                let document = policy.document?;
                Some((at, document, estate.memo.powers(document, self.account)))
            })
            .collect();
        // Most policies have no part in any path; without them, more principals have the same.
        let parts = || powers.iter().filter(|(.., powers)| powers.of_paths);
        let documents: Vec<&'a PolicyDocument> = parts().map(|(_, document, _)| *document).collect();
        let positions: Vec<usize> = parts().map(|(at, ..)| *at).collect();
        let mut own = Own { groups: self.groups.clone(), policies: self.attached.clone(), ..own.clone() };
        if self.boundary.is_none() {
            (own.bounded_user, own.bounded_role) = (None, None);
        }
        let asker = Asker { principal, account: self.account, identity: &documents, boundary: self.boundary };
        let at = |statements: &BTreeSet<(usize, usize)>| self.places_of(statements, &positions);
        let steps = powers.iter().fold(0, |bits, (.., powers)| bits | powers.steps);
        let mut escalations = own.escalations(&asker, steps, &at);
        // Whoever has everything can only gain what a boundary withholds.
        let unlimited = powers.iter().any(|(.., powers)| powers.is_everything())
            && !powers.iter().any(|(.., powers)| powers.denies);
        if unlimited {
            escalations.retain(|escalation| escalation.gain == EscalationGain::Boundary);
        }
        let takeovers = if unlimited && self.boundary.is_none() {
            BTreeSet::new()
        } else {
            asker.ways(estate).iter().map(|way| takeover(way, at(&way.statements))).collect()
        };
        Ways { escalations: listed(escalations, |way| &way.because), takeovers: listed(takeovers, |way| &way.because) }
    }

    fn places_of(&self, statements: &BTreeSet<(usize, usize)>, positions: &[usize]) -> Vec<Pointer> {
        let places = statements.iter().filter_map(|(document, statement)| {
            Some(self.policies.get(*positions.get(*document)?)?.places(&[*statement]))
        });
        let places: BTreeSet<Pointer> = places.flatten().collect();
        places.into_iter().collect()
    }
}

fn takeover(way: &Way, because: Vec<Pointer>) -> Takeover {
    Takeover {
        path: way.path.id.to_owned(),
        actions: way.actions(),
        any_target: way.any_target,
        target: way.target.clone(),
        gain: way.gain(),
        depends_on: way.depends_on.iter().cloned().collect(),
        unless: way.path.unless.map(ToOwned::to_owned),
        extends: way.extends.map(ToOwned::to_owned),
        because,
    }
}

fn listed<T: Ord>(found: BTreeSet<T>, because: impl Fn(&T) -> &Vec<Pointer>) -> Fact<Vec<T>> {
    let places: BTreeSet<Pointer> = found.iter().flat_map(|way| because(way).clone()).collect();
    Fact::known(found.into_iter().collect(), places.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::super::estate::testing::{resource, snapshot, without};
    use super::*;
    use crate::model::{Facts, Grants, Group, InlinePolicy, ManagedPolicy, ResourceId};
    use crate::policy::parse;

    const OPS: &str = "arn:aws:iam::111122223333:policy/ops";
    const LIMIT: &str = "arn:aws:iam::111122223333:policy/limit";

    fn document(statements: &str) -> PolicyDocument {
        parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)).unwrap()
    }

    fn allow(action: &str, resource: &str) -> String {
        format!(r#"{{"Effect":"Allow","Action":{action},"Resource":"{resource}"}}"#)
    }

    fn inline(statements: &str) -> Grants {
        let document = Some(document(statements));
        Grants { inline_policies: vec![InlinePolicy { name: "p".to_owned(), document }], ..Grants::default() }
    }

    fn role(grants: Grants) -> Resource {
        resource("arn:aws:iam::111122223333:role/r", "r", Role { path: "/".to_owned(), grants, ..Role::default() })
    }

    fn policy(arn: &str, statements: &str) -> Resource {
        let configuration = ManagedPolicy { document: Some(document(statements)), ..ManagedPolicy::default() };
        resource(arn, arn.rsplit('/').next().unwrap(), configuration)
    }

    fn fact(resources: impl IntoIterator<Item = Resource>) -> Fact<Vec<Escalation>> {
        let mut snapshot = snapshot(resources);
        crate::facts::derive(&mut snapshot);
        match snapshot.resources[0].facts.clone().unwrap() {
            Facts::Role(facts) => facts.escalations,
            Facts::User(facts) | Facts::Group(facts) => facts.escalations,
            other => panic!("{other:?}"),
        }
    }

    fn paths(resources: impl IntoIterator<Item = Resource>) -> Vec<String> {
        fact(resources).value.unwrap().into_iter().map(|escalation| escalation.path).collect()
    }

    #[test]
    fn a_role_that_may_write_its_own_policies_escalates() {
        let own = "arn:aws:iam::111122223333:role/r";
        let found = fact([role(inline(&allow(r#""iam:PutRolePolicy""#, own)))]).value.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].path.as_str(), found[0].resource.as_str(), found[0].gain, found[0].depends_on.len()),
            ("iam-005", own, EscalationGain::Everything, 0)
        );
        assert_eq!(found[0].because, [Pointer::new("/configuration/inline_policies/0/document/Statement/0")]);
        assert_eq!(paths([role(inline(&allow(r#""iam:*""#, "*")))]), ["iam-005", "iam-009"]);
        for harmless in [
            allow(r#""iam:PutRolePolicy""#, "arn:aws:iam::111122223333:role/other"),
            allow(r#"["iam:PutUserPolicy","iam:AttachUserPolicy","s3:*"]"#, "*"),
            format!("{},{}", allow(r#""iam:*""#, "*"), allow(r#""iam:*Policy""#, "*").replace("Allow", "Deny")),
            allow(r#""*""#, "*"),
        ] {
            assert_eq!(paths([role(inline(&harmless))]), [""; 0], "{harmless}");
        }
    }

    #[test]
    fn own_policies_and_groups_are_written_too() {
        let attached = || Grants { attached_policies: vec![OPS.to_owned()], ..Grants::default() };
        let ops = || policy(OPS, &allow(r#"["iam:CreatePolicyVersion","iam:PutGroupPolicy"]"#, "*"));
        assert_eq!(paths([role(attached()), ops()]), ["iam-001"]);
        let group = || {
            let configuration = Group { path: "/".to_owned(), grants: attached() };
            resource("arn:aws:iam::111122223333:group/g", "g", configuration)
        };
        let configuration = User { path: "/".to_owned(), groups: vec!["g".to_owned()], ..User::default() };
        let user = || resource("arn:aws:iam::111122223333:user/u", "u", configuration.clone());
        let found = fact([user(), group(), ops()]);
        assert_eq!(found.because, [Pointer::new("/configuration/groups/0")]);
        assert_eq!(paths([user(), group(), ops()]), ["iam-001", "iam-011"]);
        assert_eq!(paths([group(), ops()]), ["iam-001", "iam-011"], "its members");
        assert_eq!(fact([user(), ops()]).value, None, "the group is not known");
    }

    #[test]
    fn what_a_group_allows_is_told_of_the_user_who_can_use_it() {
        let group = |name: &str, statements: &str| {
            let configuration = Group { path: "/".to_owned(), grants: inline(statements) };
            resource(&format!("arn:aws:iam::111122223333:group/{name}"), name, configuration)
        };
        let user = |grants: Grants, boundary: Option<&str>| {
            let configuration = User {
                path: "/".to_owned(),
                groups: vec!["g".to_owned(), "w".to_owned()],
                grants,
                permissions_boundary: boundary.map(ToOwned::to_owned),
                ..User::default()
            };
            resource("arn:aws:iam::111122223333:user/u", "u", configuration)
        };
        let nothing = || group("w", &allow(r#""s3:GetObject""#, "*"));
        let own = || group("g", &allow(r#"["iam:AttachUserPolicy","iam:PutUserPolicy"]"#, "*"));
        assert_eq!(paths([own(), nothing()]), ["iam-007", "iam-008"], "its members");
        assert_eq!(paths([user(Grants::default(), None), own(), nothing()]), ["iam-007", "iam-008"]);
        let limited = || policy(LIMIT, &allow(r#""*""#, "*"));
        let off = group("g", &allow(r#""iam:DeleteUserPermissionsBoundary""#, "*"));
        assert_eq!(paths([user(Grants::default(), Some(LIMIT)), off, nothing(), limited()]), ["plimsoll-002"]);
        let attached = Grants { attached_policies: vec![OPS.to_owned()], ..Grants::default() };
        let version = group("g", &allow(r#""iam:CreatePolicyVersion""#, "*"));
        let ops = policy(OPS, &allow(r#""s3:GetObject""#, "*"));
        assert_eq!(paths([user(attached, None), version, nothing(), ops]), ["iam-001"]);
        let other = group("g", &allow(r#""iam:PutGroupPolicy""#, "arn:aws:iam::111122223333:group/w"));
        assert_eq!(paths([other.clone(), nothing()]), [""; 0], "not each member is in the other one");
        assert_eq!(paths([user(Grants::default(), None), other, nothing()]), ["iam-011"]);
    }

    #[test]
    fn a_boundary_holds_unless_it_can_be_taken_off() {
        let bounded = |statements: &str, limit: &str| {
            let configuration = Role {
                path: "/".to_owned(),
                grants: inline(statements),
                permissions_boundary: Some(LIMIT.to_owned()),
                ..Role::default()
            };
            [resource("arn:aws:iam::111122223333:role/r", "r", configuration), policy(LIMIT, limit)]
        };
        let everything = allow(r#""*""#, "*");
        assert_eq!(paths(bounded(&everything, &allow(r#""s3:*""#, "*"))), [""; 0]);
        assert_eq!(paths(bounded(&everything, &everything)), ["plimsoll-001"]);
        assert_eq!(fact([role(inline(&everything))].into_iter().chain([])).value.unwrap().len(), 0);
        let unread = bounded(&everything, &everything).into_iter().take(1);
        assert_eq!(fact(unread).value, None);
    }

    #[test]
    fn conditions_are_named() {
        let statement = r#"{"Effect":"Allow","Action":"iam:AttachRolePolicy","Resource":"*",
            "Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}"#;
        assert_eq!(fact([role(inline(statement))]).value.unwrap()[0].depends_on, ["aws:multifactorauthpresent"]);
    }

    #[test]
    fn an_unknown_policy_leaves_nothing_known() {
        let write = allow(r#""iam:PutRolePolicy""#, "*");
        for place in ["inline_policies/0/document/Statement/1", "attached_policies", "permissions_boundary"] {
            let place = format!("/configuration/{place}");
            assert_eq!(fact([without(role(inline(&write)), &[&place])]).waits_for, [place]);
        }
        let named = fact([without(role(inline(&write)), &["/configuration/inline_policies/0/name"])]);
        assert_eq!(named.value.unwrap().len(), 1);
    }

    #[test]
    fn what_is_planned_has_the_arn_it_will_have() {
        let mut planned = role(inline(&allow(r#""iam:PutRolePolicy""#, "arn:aws:iam::111122223333:role/r")));
        planned.id = ResourceId::new("terraform:aws_iam_role.r").unwrap();
        assert_eq!(paths([planned.clone()]), ["iam-005"]);
        planned.account = AccountId::unknown();
        assert_eq!(fact([planned]).waits_for, ["/account"]);
    }
}
