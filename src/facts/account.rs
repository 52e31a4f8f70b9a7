//! Facts of an account: whether somebody in it holds what somebody should, and how people get in.

use std::collections::BTreeMap;

use super::Estate;
use super::estate::waits_elsewhere;
use super::trail::{self, Access};
use crate::model::{AccountFacts, AccountId, Configuration, Fact, Pointer, Resource, ResourceType};

/// The facts of an account's document.
pub(super) fn facts(resource: &Resource, estate: &Estate<'_>) -> AccountFacts {
    let found = estate.identities.of(&resource.account);
    let unlisted = |resource_type| estate.unlisted(resource, resource_type);
    AccountFacts {
        support_access_granted: estate.attached(&aws_policy(resource, "AWSSupportAccess"), resource),
        audit_role: found.audit_role.fact(unlisted(ResourceType::Role)),
        saml_provider: found.saml_provider.fact(unlisted(ResourceType::SamlProvider)),
        console_users: found.console_users.fact(unlisted(ResourceType::User)),
        s3_write_events_logged: trail::s3_events_logged(resource, Access::Write, estate),
        s3_read_events_logged: trail::s3_events_logged(resource, Access::Read, estate),
    }
}

/// The ARN of a policy that AWS manages, in the partition of the account.
fn aws_policy(account: &Resource, name: &str) -> String {
    let partition = account.id.as_str().split(':').nth(1).unwrap_or("aws");
    format!("arn:{partition}:iam::aws:policy/{name}")
}

/// Identities by account, as far as the facts of accounts ask about them.
#[derive(Debug, Default)]
pub(super) struct Identities<'a>(BTreeMap<&'a AccountId, Found>);

/// What was found in one account.
#[derive(Debug, Default)]
struct Found {
    audit_role: Existence,
    saml_provider: Existence,
    console_users: Existence,
}

/// Whether one was found, and the places that may hide one.
#[derive(Debug, Default)]
struct Existence {
    found: bool,
    waits_for: Vec<String>,
}

impl Existence {
    fn add(&mut self, found: bool, waits_for: Vec<String>) {
        self.found |= found;
        self.waits_for.extend(waits_for);
    }

    /// Known to be none only when the list is whole and nothing in it is hidden.
    fn fact(&self, unlisted: Option<String>) -> Fact<bool> {
        if self.found {
            return Fact::known(true, Vec::new());
        }
        let waits_for: Vec<String> = self.waits_for.iter().cloned().chain(unlisted).collect();
        if waits_for.is_empty() { Fact::known(false, Vec::new()) } else { Fact::unknown(waits_for) }
    }
}

static NOTHING: Found = Found { audit_role: NONE, saml_provider: NONE, console_users: NONE };
const NONE: Existence = Existence { found: false, waits_for: Vec::new() };

impl<'a> Identities<'a> {
    pub(super) fn add(&mut self, resource: &'a Resource) {
        match &resource.configuration {
            Configuration::Role(role) => {
                let audits = |arn: &String| arn.ends_with(":iam::aws:policy/SecurityAudit");
                let place = Pointer::configuration("attached_policies");
                let found = role.grants.attached_policies.iter().any(audits);
                self.in_account(resource).audit_role.add(found, waits_elsewhere(resource, &place));
            }
            Configuration::SamlProvider(_) => self.in_account(resource).saml_provider.add(true, Vec::new()),
            Configuration::User(user) => {
                let place = Pointer::configuration("console_password");
                let found = user.console_password == Some(true);
                self.in_account(resource).console_users.add(found, waits_elsewhere(resource, &place));
            }
            _ => {}
        }
    }

    fn in_account(&mut self, resource: &'a Resource) -> &mut Found {
        self.0.entry(&resource.account).or_default()
    }

    fn of(&self, account: &AccountId) -> &Found {
        self.0.get(account).unwrap_or(&NOTHING)
    }
}

#[cfg(test)]
mod tests {
    use super::super::estate::testing::{ACCOUNT, listed, resource, snapshot, without};
    use super::*;
    use crate::model::{Account, Facts, Grants, Role, SamlProvider, User};

    fn account() -> Resource {
        resource("arn:aws:iam::111122223333:root", ACCOUNT, Account::default())
    }

    fn role(policy: &str) -> Resource {
        let grants = Grants { attached_policies: vec![policy.to_owned()], ..Grants::default() };
        resource("arn:aws:iam::111122223333:role/helper", "helper", Role { grants, ..Role::default() })
    }

    fn user(console_password: Option<bool>) -> Resource {
        resource("arn:aws:iam::111122223333:user/ada", "ada", User { console_password, ..User::default() })
    }

    /// The facts of an account that is listed whole but for these types.
    fn facts_of(others: impl IntoIterator<Item = Resource>, unlisted: &[ResourceType]) -> AccountFacts {
        let mut snapshot = snapshot([account()].into_iter().chain(others));
        for listed_type in ResourceType::ALL {
            listed(&mut snapshot, "global", *listed_type, !unlisted.contains(listed_type));
        }
        crate::facts::derive(&mut snapshot);
        match snapshot.resources[0].facts.clone().unwrap() {
            Facts::Account(facts) => *facts,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn support_access_is_granted_by_the_policy_on_anybody() {
        const SUPPORT: &str = "arn:aws:iam::aws:policy/AWSSupportAccess";
        assert_eq!(facts_of([role(SUPPORT)], &[ResourceType::User]).support_access_granted.value, Some(true));
        let other = || role("arn:aws:iam::111122223333:policy/AWSSupportAccess");
        assert_eq!(facts_of([other()], &[]).support_access_granted.value, Some(false));
        for unlisted in [ResourceType::User, ResourceType::Group, ResourceType::Role] {
            assert_eq!(facts_of([other()], &[unlisted]).support_access_granted.value, None);
        }
        let hidden = without(role(SUPPORT), &["/configuration/attached_policies"]);
        assert_eq!(facts_of([hidden], &[]).support_access_granted.value, None);
    }

    #[test]
    fn auditors_are_roles() {
        const AUDIT: &str = "arn:aws:iam::aws:policy/SecurityAudit";
        assert_eq!(facts_of([role(AUDIT)], &[]).audit_role.value, Some(true));
        assert_eq!(facts_of([user(None)], &[]).audit_role.value, Some(false));
        assert_eq!(facts_of([], &[ResourceType::Role]).audit_role.value, None);
        let stale = Resource { stale_since: Some(jiff::Timestamp::UNIX_EPOCH), ..role(AUDIT) };
        assert_eq!(facts_of([stale], &[ResourceType::Role]).audit_role.value, None);
    }

    #[test]
    fn how_people_get_in() {
        let provider = resource("arn:aws:iam::111122223333:saml-provider/sso", "sso", SamlProvider { expires: None });
        let facts = facts_of([provider, user(Some(false))], &[]);
        assert_eq!((facts.saml_provider.value, facts.console_users.value), (Some(true), Some(false)));
        let facts = facts_of([user(Some(true))], &[ResourceType::User, ResourceType::SamlProvider]);
        assert_eq!((facts.saml_provider.value, facts.console_users.value), (None, Some(true)));
        let unread = without(user(None), &["/configuration/console_password"]);
        assert_eq!(facts_of([unread], &[]).console_users.value, None);
    }
}
