//! How a user, a role or the members of a group can give themselves more permissions.
//!
//! Only ways that need nobody else: the principal changes its own policies, those of its groups, or
//! its boundary. They follow from its policies alone, so that this fact changes when they do and
//! not with every other principal of the account. Each way is one request, decided by all policies
//! of the principal with their denies and by its boundary; what organization policies forbid is
//! left aside. A policy that is not known may deny or allow any of them: then nothing is known.

use std::collections::BTreeSet;

use super::Estate;
use super::estate::waits_here;
use crate::model::{
    AccountId, Escalation, EscalationGain, Fact, Grants, Group, Pointer, PolicyDocument, Resource, Role, User,
};
use crate::policy::{
    Applied, Decision, KeyValue, Layer, LayerPolicies, Need, Policies, Principal, Request, evaluate, pattern,
};

/// A request by which a principal changes what it may do.
struct Way {
    path: &'static str,
    action: &'static str,
    on: On,
    gain: EscalationGain,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum On {
    User,
    Role,
    Group,
    /// A customer-managed policy attached to the principal or to a group it is in.
    Policy,
    BoundedUser,
    BoundedRole,
}

const fn way(path: &'static str, action: &'static str, on: On, gain: EscalationGain) -> Way {
    Way { path, action, on, gain }
}

const WAYS: &[Way] = &[
    way("iam-001", "iam:CreatePolicyVersion", On::Policy, EscalationGain::Everything),
    way("rhino-setdefaultpolicyversion", "iam:SetDefaultPolicyVersion", On::Policy, EscalationGain::OlderVersion),
    way("iam-005", "iam:PutRolePolicy", On::Role, EscalationGain::Everything),
    way("iam-007", "iam:PutUserPolicy", On::User, EscalationGain::Everything),
    way("iam-008", "iam:AttachUserPolicy", On::User, EscalationGain::Everything),
    way("iam-009", "iam:AttachRolePolicy", On::Role, EscalationGain::Everything),
    way("iam-010", "iam:AttachGroupPolicy", On::Group, EscalationGain::Everything),
    way("iam-011", "iam:PutGroupPolicy", On::Group, EscalationGain::Everything),
    way("plimsoll-001", "iam:DeleteRolePermissionsBoundary", On::BoundedRole, EscalationGain::Boundary),
    way("plimsoll-002", "iam:DeleteUserPermissionsBoundary", On::BoundedUser, EscalationGain::Boundary),
];

/// What a principal holds, and what of it is not known.
struct Held<'a> {
    /// Each with the place it is seen from, and whether that place is the document itself.
    policies: Vec<(Pointer, bool, &'a PolicyDocument)>,
    /// ARNs of the groups it is in, or of the group itself.
    groups: Vec<String>,
    /// ARNs of attached customer-managed policies.
    attached: Vec<String>,
    boundary: Option<&'a PolicyDocument>,
    waits_for: Vec<String>,
}

pub(super) fn of_role(resource: &Resource, role: &Role, estate: &Estate<'_>) -> Fact<Vec<Escalation>> {
    if role.path.starts_with("/aws-service-role/") {
        // Nobody but AWS changes a service-linked role, and the role does not change itself.
        return Fact::known(Vec::new(), Vec::new());
    }
    let mut held = Held::new();
    held.add_grants(resource, &role.grants, estate, None);
    held.add_boundary(resource, role.permissions_boundary.as_deref(), estate);
    let arn = held.arn_of(resource, "role", &role.path);
    held.escalations(&Principal::role(&arn), &arn, &[On::Role, On::Policy, On::BoundedRole])
}

pub(super) fn of_user(resource: &Resource, user: &User, estate: &Estate<'_>) -> Fact<Vec<Escalation>> {
    let mut held = Held::new();
    held.add_grants(resource, &user.grants, estate, None);
    held.add_boundary(resource, user.permissions_boundary.as_deref(), estate);
    let place = Pointer::configuration("groups");
    held.waits_for.extend(waits_here(resource, &place));
    for (index, name) in user.groups.iter().enumerate() {
        let at = place.child(index);
        match estate.group(&resource.account, name) {
            Some((group, configuration)) => {
                held.add_grants(group, &configuration.grants, estate, Some(&at));
                let arn = held.arn_of(group, "group", &configuration.path);
                held.groups.push(arn);
            }
            None => held.waits_for.push(at.to_string()),
        }
    }
    let arn = held.arn_of(resource, "user", &user.path);
    held.escalations(&Principal::User(arn.clone()), &arn, &[On::User, On::Group, On::Policy, On::BoundedUser])
}

/// What any member can do; a member's own policies may say more.
pub(super) fn of_group(resource: &Resource, group: &Group, estate: &Estate<'_>) -> Fact<Vec<Escalation>> {
    let mut held = Held::new();
    held.add_grants(resource, &group.grants, estate, None);
    let member = format!("arn:aws:iam::{}:user/plimsoll-member", resource.account);
    let own = held.arn_of(resource, "group", &group.path);
    held.groups.push(own.clone());
    held.escalations(&Principal::User(member), &own, &[On::Group, On::Policy])
}

impl<'a> Held<'a> {
    const fn new() -> Self {
        Self { policies: Vec::new(), groups: Vec::new(), attached: Vec::new(), boundary: None, waits_for: Vec::new() }
    }

    /// The ARN, also of what is only planned, whose account has to be known for that.
    fn arn_of(&mut self, resource: &Resource, kind: &str, path: &str) -> String {
        if resource.id.as_str().starts_with("arn:") {
            return resource.id.to_string();
        }
        if resource.account == AccountId::unknown() {
            self.waits_for.push("/account".to_owned());
        }
        format!("arn:aws:iam::{}:{kind}{path}{}", resource.account, resource.name)
    }

    /// The inline and attached policies of the principal, or of a group it is in.
    fn add_grants(&mut self, holder: &'a Resource, grants: &'a Grants, estate: &Estate<'a>, through: Option<&Pointer>) {
        let seen = |place: Pointer| through.map_or((place, true), |group| (group.clone(), false));
        for place in ["inline_policies", "attached_policies"].map(Pointer::configuration) {
            let unknown = waits_here(holder, &place).into_iter().filter(|place| !place.ends_with("/name"));
            self.waits_for.extend(unknown.map(|at| if through.is_some() { format!("{}#{at}", holder.id) } else { at }));
        }
        for (index, policy) in grants.inline_policies.iter().enumerate() {
            let place = Pointer::configuration("inline_policies").child(index).child("document");
            let (place, whole) = seen(place);
            match &policy.document {
                Some(document) => self.policies.push((place, whole, document)),
                None => self.waits_for.push(place.to_string()),
            }
        }
        for (index, arn) in grants.attached_policies.iter().enumerate() {
            let (place, _) = seen(Pointer::configuration("attached_policies").child(index));
            if let Some((policy, configuration)) = estate.policy(arn).filter(|(_, policy)| !policy.aws_managed) {
                let arn = self.arn_of(policy, "policy", &configuration.path);
                self.attached.push(arn);
            }
            match managed(arn, estate) {
                Ok(document) => self.policies.push((place, false, document)),
                Err(waits_for) => self.waits_for.extend(waits_for),
            }
        }
    }

    fn add_boundary(&mut self, holder: &Resource, boundary: Option<&str>, estate: &Estate<'a>) {
        self.waits_for.extend(waits_here(holder, &Pointer::configuration("permissions_boundary")));
        if let Some(arn) = boundary {
            match managed(arn, estate) {
                Ok(document) => self.boundary = Some(document),
                Err(waits_for) => self.waits_for.extend(waits_for),
            }
        }
    }

    fn escalations(&self, principal: &Principal, own: &str, ways: &[On]) -> Fact<Vec<Escalation>> {
        if !self.waits_for.is_empty() {
            let waits_for: BTreeSet<String> = self.waits_for.iter().cloned().collect();
            return Fact::unknown(waits_for.into_iter().collect());
        }
        let mut found = BTreeSet::new();
        for way in WAYS.iter().filter(|way| ways.contains(&way.on) && self.names(way.action)) {
            for resource in self.resources(way.on, own) {
                found.extend(self.escalation(way, principal, &resource));
            }
        }
        if self.has_everything() {
            found.retain(|escalation| escalation.gain == EscalationGain::Boundary);
        }
        let because: BTreeSet<Pointer> = found.iter().flat_map(|way: &Escalation| way.because.clone()).collect();
        Fact::known(found.into_iter().collect(), because.into_iter().collect())
    }

    /// Whether any Allow takes the action; most principals end here.
    fn names(&self, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        let takes = |patterns: &Vec<String>| patterns.iter().any(|one| pattern::matches(one, &action));
        self.policies.iter().flat_map(|(_, _, document)| &document.statement).any(|statement| {
            statement.effect == "Allow"
                && match &statement.not_action {
                    Some(exceptions) => !takes(exceptions),
                    None => statement.action.as_ref().is_some_and(takes),
                }
        })
    }

    /// Whether the policies allow everything and deny nothing: then only a boundary can withhold.
    fn has_everything(&self) -> bool {
        let mut statements = self.policies.iter().flat_map(|(_, _, document)| &document.statement);
        let every = |list: &Option<Vec<String>>| list.iter().flatten().any(|one| one == "*");
        let everything = statements.clone().any(|statement| {
            statement.effect == "Allow"
                && statement.condition.is_empty()
                && every(&statement.action)
                && every(&statement.resource)
        });
        everything && statements.all(|statement| statement.effect == "Allow")
    }

    fn resources(&self, on: On, own: &str) -> Vec<String> {
        match on {
            On::Group => self.groups.clone(),
            On::Policy => self.attached.clone(),
            On::BoundedUser | On::BoundedRole if self.boundary.is_none() => Vec::new(),
            On::User | On::Role | On::BoundedUser | On::BoundedRole => vec![own.to_owned()],
        }
    }

    fn escalation(&self, way: &Way, principal: &Principal, resource: &str) -> Option<Escalation> {
        let layer = |documents: Vec<Applied<'a>>| LayerPolicies { policies: documents, unread: Vec::new() };
        let identity = self.policies.iter().enumerate();
        let policies = Policies {
            identity: layer(identity.map(|(at, (_, _, document))| Applied::new(at.to_string(), document)).collect()),
            boundary: self.boundary.map(|document| layer(vec![Applied::new("boundary", document)])),
            ..Policies::default()
        };
        let mut request = Request::new(principal.clone(), way.action, resource);
        request.context.set("aws:PrincipalIsAWSService", KeyValue::Known(vec!["false".to_owned()]));
        let answer = evaluate(&request.with_derived_keys(), &policies);
        let depends_on = match &answer.decision {
            Decision::Allow => Vec::new(),
            Decision::Deny(_) => return None,
            Decision::Depends(needs) => needs
                .iter()
                .map(|need| match need {
                    Need::Key(key) => key.to_ascii_lowercase(),
                    Need::Policy(why) => why.clone(),
                })
                .collect(),
        };
        let statements =
            answer.layers.iter().filter(|said| said.layer == Layer::Identity).flat_map(|said| &said.statements);
        let mut because: Vec<Pointer> = statements
            .filter_map(|statement| {
                let (place, whole, _) = self.policies.get(statement.policy.parse::<usize>().ok()?)?;
                Some(if *whole { place.child("Statement").child(statement.statement) } else { place.clone() })
            })
            .collect();
        because.sort();
        because.dedup();
        Some(Escalation {
            path: way.path.to_owned(),
            action: way.action.to_owned(),
            resource: resource.to_owned(),
            gain: way.gain,
            depends_on,
            because,
        })
    }
}

/// The document of a managed policy, or what it waits for.
fn managed<'a>(arn: &str, estate: &Estate<'a>) -> Result<&'a PolicyDocument, Vec<String>> {
    let place = Pointer::configuration("document");
    let Some((policy, configuration)) = estate.policy(arn) else { return Err(vec![format!("{arn}#{place}")]) };
    let unknown = super::estate::waits_elsewhere(policy, &place);
    match &configuration.document {
        Some(document) if unknown.is_empty() => Ok(document),
        _ if unknown.is_empty() => Err(vec![format!("{}#{place}", policy.id)]),
        _ => Err(unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::super::estate::testing::{resource, snapshot, without};
    use super::*;
    use crate::model::{Facts, InlinePolicy, ManagedPolicy, ResourceId};
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
