//! Who may be able to assume which role, by look-up: the candidates that are worth an evaluation.
//!
//! Named principals lead to a role directly. A role that trusts an account is a candidate only for
//! principals of that account whose own policies name an assume action on it, so that the number
//! of evaluations stays near the number of edges.

use std::collections::{BTreeMap, BTreeSet};

use super::index::{Holder, Index};
use crate::model::Statement;
use crate::policy::{account_of, pattern};

/// The actions by which a role is assumed.
pub(super) const ASSUME: &str = "sts:assumerole";
const ASSUMING: &[&str] = &[ASSUME, "sts:assumerolewithsaml", "sts:assumerolewithwebidentity"];

/// Roles by whom their trust policies name, as positions in the index.
#[derive(Debug, Default)]
pub(super) struct Trusts<'a> {
    named: BTreeMap<String, BTreeSet<usize>>,
    accounts: BTreeMap<&'a str, BTreeSet<usize>>,
    services: BTreeMap<String, BTreeSet<usize>>,
    providers: BTreeMap<String, BTreeSet<usize>>,
    everyone: BTreeSet<usize>,
    unread: BTreeSet<usize>,
}

/// On which roles a principal's own policies may let it use an assume action.
#[derive(Debug, Default)]
pub(super) struct Assumable<'s> {
    pub(super) literal: BTreeSet<&'s str>,
    pub(super) patterns: BTreeSet<&'s str>,
    pub(super) unread: bool,
}

/// Somebody outside of the snapshot whom a trust policy names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outsider {
    /// A principal of an account that is not in the snapshot.
    Named(String),
    /// Any principal of an account that is not in the snapshot.
    Account(String),
    /// An identity provider's users.
    Provider(String),
    /// Any principal of any account.
    Anyone,
}

impl<'a> Trusts<'a> {
    pub(super) fn of(index: &Index<'a>) -> Self {
        let mut trusts = Self::default();
        for (at, holder) in index.holders.iter().enumerate() {
            let Some(trust) = &holder.trust else { continue };
            if !trust.unread.is_empty() {
                trusts.unread.insert(at);
            }
            let statements = trust.policies.iter().flat_map(|policy| &policy.document.statement);
            for statement in statements.filter(|statement| lets_in(statement)) {
                trusts.add(at, statement, index);
            }
        }
        trusts
    }

    fn add(&mut self, at: usize, statement: &Statement, index: &Index<'a>) {
        let Some(principals) = &statement.principal else {
            self.everyone.insert(at);
            return;
        };
        for (kind, name) in principals.iter().flat_map(|(kind, names)| names.iter().map(move |name| (kind, name))) {
            match kind.as_str() {
                "Service" => self.services.entry(name.clone()).or_default().insert(at),
                "Federated" => self.providers.entry(name.clone()).or_default().insert(at),
                "AWS" if name == "*" => self.everyone.insert(at),
                "AWS" => match name.strip_suffix(":root").and_then(account_of_root) {
                    Some(account) => match index.scanned.get(account) {
                        Some(account) => self.accounts.entry(account).or_default().insert(at),
                        None => self.named.entry(name.clone()).or_default().insert(at),
                    },
                    None => self.named.entry(role_of_session(name)).or_default().insert(at),
                },
                _ => false,
            };
        }
    }

    /// The roles that a user or role may be able to assume by a name on one side.
    pub(super) fn direct(&self, index: &Index<'a>, holder: &Holder<'a>, assumable: &Assumable<'_>) -> BTreeSet<usize> {
        let mut found: BTreeSet<usize> = self.named.get(holder.arn()).into_iter().flatten().copied().collect();
        // A short name stands where the policy names a session, whose ARN does not tell the path.
        if let Some(without_path) = without_path(holder.arn()) {
            found.extend(self.named.get(&without_path).into_iter().flatten());
        }
        found.extend(&self.everyone);
        found.extend(assumable.literal.iter().filter_map(|arn| index.position_of(arn)));
        found.retain(|at| index.holders[*at].role().is_some());
        found
    }

    /// The roles that it may be able to assume because they trust its account, or were not read.
    pub(super) fn delegated(&self, index: &Index<'a>, holder: &Holder<'a>, assumable: &Assumable<'_>) -> Vec<usize> {
        if assumable.patterns.is_empty() && !assumable.unread {
            return Vec::new();
        }
        let delegating: BTreeSet<&usize> =
            self.accounts.get(holder.account()).into_iter().flatten().chain(&self.unread).collect();
        let fits = |at: &usize| {
            let arn = index.holders[*at].arn();
            assumable.unread || assumable.patterns.iter().any(|pattern| pattern::matches(pattern, arn))
        };
        delegating.into_iter().copied().filter(fits).collect()
    }

    /// The roles that a principal outside of the snapshot may be able to assume.
    pub(super) fn candidates_of_foreign(&self, arn: &str) -> BTreeSet<usize> {
        let root = account_of(arn).map(|account| format!("arn:{}:iam::{account}:root", partition(arn)));
        let named = self.named.get(arn).into_iter().flatten();
        let by_account = root.and_then(|root| self.named.get(&root)).into_iter().flatten();
        named.chain(by_account).chain(&self.everyone).copied().collect()
    }

    /// The roles whose trust policy names a service.
    pub(super) fn of_service(&self, service: &str) -> impl Iterator<Item = usize> + '_ {
        self.services.get(service).into_iter().flatten().copied()
    }

    /// The roles whose trust policy names an identity provider.
    pub(super) fn of_provider(&self, provider: &str) -> impl Iterator<Item = usize> + '_ {
        self.providers.get(provider).into_iter().flatten().copied()
    }

    /// Who outside of the snapshot is named, and by which roles.
    pub(super) fn outsiders(&self, index: &Index<'a>) -> Vec<(Outsider, usize)> {
        let foreign = |name: &str| account_of(name).is_some_and(|account| !index.scanned.contains(account));
        let mut found = Vec::new();
        for (name, roles) in self.named.iter().filter(|(name, _)| foreign(name)) {
            let outsider = if name.ends_with(":root") {
                Outsider::Account(account_of(name).unwrap_or_default().to_owned())
            } else {
                Outsider::Named(name.clone())
            };
            found.extend(roles.iter().map(|role| (outsider.clone(), *role)));
        }
        for (provider, roles) in &self.providers {
            found.extend(roles.iter().map(|role| (Outsider::Provider(provider.clone()), *role)));
        }
        found.extend(self.everyone.iter().map(|role| (Outsider::Anyone, *role)));
        found.sort();
        found
    }
}

impl<'s> Assumable<'s> {
    /// Where the policies of a user or role let it use an assume action. Denies and conditions
    /// are left to the evaluation.
    pub(super) fn by(holder: &'s Holder<'_>) -> Self {
        let mut found = Self { unread: !holder.identity.unread.is_empty(), ..Self::default() };
        let statements = holder.identity.policies.iter().flat_map(|policy| &policy.document.statement);
        for statement in statements.filter(|statement| statement.effect == "Allow" && names(statement, &[ASSUME])) {
            match (&statement.resource, &statement.not_resource) {
                (Some(resources), _) => resources.iter().for_each(|resource| found.add(resource)),
                (None, Some(_)) => found.add("*"),
                (None, None) => {}
            }
        }
        found
    }

    fn add(&mut self, resource: &'s str) {
        if resource.contains(['*', '?', '$']) {
            // A variable may stand for anything.
            self.patterns.insert(if resource.contains("${") { "*" } else { resource });
        } else {
            self.literal.insert(resource);
        }
    }
}

fn lets_in(statement: &Statement) -> bool {
    statement.effect == "Allow" && names(statement, ASSUMING)
}

/// Whether a statement is about one of the actions.
pub(super) fn names(statement: &Statement, actions: &[&str]) -> bool {
    let listed = |patterns: &[String], action: &str| patterns.iter().any(|pattern| pattern::matches(pattern, action));
    match (&statement.action, &statement.not_action) {
        (Some(patterns), _) => actions.iter().any(|action| listed(patterns, action)),
        (None, Some(patterns)) => actions.iter().any(|action| !listed(patterns, action)),
        (None, None) => false,
    }
}

fn account_of_root(prefix: &str) -> Option<&str> {
    prefix.split(':').nth(4)
}

fn partition(arn: &str) -> &str {
    arn.split(':').nth(1).unwrap_or("aws")
}

/// The role of a session's ARN, without its path; any other name as it is.
fn role_of_session(name: &str) -> String {
    let Some((account, rest)) = name.split_once(":assumed-role/") else { return name.to_owned() };
    let role = rest.split('/').next().unwrap_or_default();
    format!("{}:role/{role}", account.replacen(":sts:", ":iam:", 1))
}

fn without_path(arn: &str) -> Option<String> {
    let (account, rest) = arn.split_once(":role/")?;
    let name = rest.rsplit_once('/')?.1;
    Some(format!("{account}:role/{name}"))
}
