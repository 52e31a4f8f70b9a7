//! What policies grant by and large, for those who hold them and for managed policies by
//! themselves.
//!
//! Policies are read one by one; what a document grants is worked out once however many hold it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::Estate;
use super::estate::waits_here;
use super::held::{Held, HeldPolicy};
use super::powers::{But, Full, Powers, Wide};
use super::takeover::Memo as Takeovers;
use crate::model::{
    AccountId, AllBut, Configuration, Fact, FullService, GrantFacts, GrantedBy, Grants, ManagedPolicy, Pointer,
    PolicyDocument, Resource, Role, Unbounded,
};
use crate::policy::{PolicyView, catalog};

/// What was worked out for documents of the snapshot.
#[derive(Debug, Default)]
pub(super) struct Memo<'a> {
    numbers: BTreeMap<&'a PolicyDocument, usize>,
    powers: RefCell<BTreeMap<(usize, AccountId), Rc<Powers>>>,
    pub(super) takeovers: Takeovers,
}

impl<'a> Memo<'a> {
    /// Gives each document of a resource a number, and equal ones the same.
    pub(super) fn add(&mut self, resource: &'a Resource) {
        let inline = |grants: &'a Grants| grants.inline_policies.iter().filter_map(|policy| policy.document.as_ref());
        let documents: Vec<&'a PolicyDocument> = match &resource.configuration {
            Configuration::Role(role) => inline(&role.grants).collect(),
            Configuration::User(user) => inline(&user.grants).collect(),
            Configuration::Group(group) => inline(&group.grants).collect(),
            Configuration::ManagedPolicy(policy) => policy.document.iter().collect(),
            _ => Vec::new(),
        };
        for document in documents {
            let next = self.numbers.len();
            self.numbers.entry(document).or_insert(next);
        }
    }

    /// The same number for equal documents; a stale resource's have none.
    pub(super) fn number(&self, document: &PolicyDocument) -> Option<usize> {
        self.numbers.get(document).copied()
    }

    /// What a document grants in an account.
    pub(super) fn powers(&self, document: &PolicyDocument, account: &AccountId) -> Rc<Powers> {
        let Some(number) = self.number(document) else { return Rc::new(Powers::of(document, account)) };
        let key = (number, account.clone());
        if let Some(known) = self.powers.borrow().get(&key) {
            return Rc::clone(known);
        }
        let powers = Rc::new(Powers::of(document, account));
        self.powers.borrow_mut().insert(key, Rc::clone(&powers));
        powers
    }
}

/// A list in the making.
struct Found<T> {
    entries: Vec<T>,
    because: Vec<Pointer>,
    waits_for: Vec<String>,
}

impl<T: Ord> Found<T> {
    const fn new(waits_for: Vec<String>) -> Self {
        Self { entries: Vec::new(), because: Vec::new(), waits_for }
    }

    fn add(&mut self, entry: T, because: &[Pointer]) {
        self.entries.push(entry);
        self.because.extend_from_slice(because);
    }

    fn fact(mut self) -> Fact<Vec<T>> {
        self.entries.sort();
        self.entries.dedup();
        self.because.sort();
        self.because.dedup();
        Fact::partial(self.entries, self.because, self.waits_for)
    }
}

/// What the policies of a user, group or role grant.
pub(super) fn of_held<'a>(held: &Held<'a>, admin_policies: Fact<Vec<GrantedBy>>, estate: &Estate<'a>) -> GrantFacts {
    let known: Vec<(&HeldPolicy<'a>, Rc<Powers>)> = held
        .policies
        .iter()
        .filter_map(|policy| Some((policy, estate.memo.powers(policy.known()?, held.account))))
        .collect();
    let missing = held.waits_for();
    let boundary = held.boundary.map(|document| estate.memo.powers(document, held.account));
    let bounds = Bounds { boundary, waits_for: &held.boundary_waits_for };
    let mut full = Found::new(missing.clone());
    let mut wide = Found::new([missing.clone(), account_waits_for(held.account)].concat());
    let mut but = Found::new(missing);
    for (policy, powers) in &known {
        for found in &powers.full {
            let because = policy.places(&found.statements);
            match bounds.withhold(|boundary| !boundary.has_service(&found.service)) {
                Ok(bounded) => full.add(full_service(found, bounded, Some(&policy.by), &because), &because),
                Err(waits_for) => full.waits_for.extend(waits_for),
            }
        }
        for found in &powers.wide {
            let because = policy.places(&[found.statement]);
            match bounds.withhold(|boundary| !boundary.has_wide(found.action)) {
                Ok(bounded) => wide.add(unbounded(found, bounded, Some(&policy.by), &because), &because),
                Err(waits_for) => wide.waits_for.extend(waits_for),
            }
        }
        for found in &powers.but {
            let because = policy.places(&[found.statement]);
            but.add(all_but(found, Some(&policy.by), &because), &because);
        }
    }
    GrantFacts { admin_policies, full_services: full.fact(), unbounded: wide.fact(), all_but: but.fact() }
}

/// The same for a role, with what its trust policy leaves out.
pub(super) fn of_role<'a>(
    resource: &'a Resource,
    role: &'a Role,
    held: &Held<'a>,
    admin_policies: Fact<Vec<GrantedBy>>,
    estate: &Estate<'a>,
) -> GrantFacts {
    let mut facts = of_held(held, admin_policies, estate);
    let place = Pointer::configuration("assume_role_policy");
    let view = PolicyView::new(role.assume_role_policy.as_ref(), place.clone(), &resource.unknown);
    let mut found = Found::new(facts.all_but.waits_for);
    found.entries = facts.all_but.value.unwrap_or_default();
    found.because = facts.all_but.because;
    let mut unknown = waits_here(resource, &place);
    if role.assume_role_policy.is_none() && unknown.is_empty() {
        unknown.push(place.to_string());
    }
    if unknown.is_empty() {
        for statement in view.statements().filter(|statement| statement.statement.effect == "Allow") {
            let because = statement.place.clone();
            let principals = statement.statement.not_principal.iter().flatten().flat_map(|(_, names)| names).cloned();
            let principals: Vec<String> = principals.collect();
            let elements = [
                ("NotAction", statement.statement.not_action.clone()),
                ("NotPrincipal", statement.statement.not_principal.is_some().then_some(principals)),
            ];
            for (element, except) in elements {
                let Some(except) = except else { continue };
                let element = element.to_owned();
                let entry = AllBut { element, except, every_resource: false, by: None, because: because.clone() };
                found.add(entry, std::slice::from_ref(&because));
            }
        }
    }
    found.waits_for.extend(unknown);
    facts.all_but = found.fact();
    facts
}

/// What a managed policy grants by itself.
pub(super) fn of_managed<'a>(resource: &'a Resource, policy: &'a ManagedPolicy, estate: &Estate<'a>) -> GrantFacts {
    let place = Pointer::configuration("document");
    let mut unknown = waits_here(resource, &place);
    let admin_policies = Fact::known(Vec::new(), Vec::new());
    let document = match &policy.document {
        Some(document) if unknown.is_empty() => document,
        _ => {
            if unknown.is_empty() {
                unknown.push(place.to_string());
            }
            return GrantFacts {
                admin_policies,
                full_services: Fact::unknown(unknown.clone()),
                unbounded: Fact::unknown(unknown.clone()),
                all_but: Fact::unknown(unknown),
            };
        }
    };
    let powers = estate.memo.powers(document, &resource.account);
    let places = |statements: &[usize]| -> Vec<Pointer> {
        statements.iter().map(|index| place.child("Statement").child(index)).collect()
    };
    let mut full = Found::new(Vec::new());
    let mut wide = Found::new(account_waits_for(&resource.account));
    let mut but = Found::new(Vec::new());
    for found in &powers.full {
        let because = places(&found.statements);
        full.add(full_service(found, false, None, &because), &because);
    }
    for found in &powers.wide {
        let because = places(&[found.statement]);
        wide.add(unbounded(found, false, None, &because), &because);
    }
    for found in &powers.but {
        let because = places(&[found.statement]);
        but.add(all_but(found, None, &because), &because);
    }
    GrantFacts { admin_policies, full_services: full.fact(), unbounded: wide.fact(), all_but: but.fact() }
}

/// Whether a pattern takes all of an account's resources is not known without the account.
fn account_waits_for(account: &AccountId) -> Vec<String> {
    account.is_unknown().then(|| "/account".to_owned()).into_iter().collect()
}

/// A permissions boundary, or what it waits for.
struct Bounds<'h> {
    boundary: Option<Rc<Powers>>,
    waits_for: &'h [String],
}

impl Bounds<'_> {
    /// Whether the boundary withholds something; nothing does where there is none.
    fn withhold(&self, question: impl Fn(&Powers) -> bool) -> Result<bool, Vec<String>> {
        match &self.boundary {
            _ if !self.waits_for.is_empty() => Err(self.waits_for.to_vec()),
            Some(boundary) => Ok(question(boundary)),
            None => Ok(false),
        }
    }
}

fn full_service(found: &Full, bounded: bool, by: Option<&GrantedBy>, because: &[Pointer]) -> FullService {
    FullService {
        service: found.service.clone(),
        except: found.except.clone(),
        every_resource: found.every_resource,
        bounded,
        by: by.cloned(),
        because: because.to_vec(),
    }
}

fn unbounded(found: &Wide, bounded: bool, by: Option<&GrantedBy>, because: &[Pointer]) -> Unbounded {
    Unbounded {
        action: spelled(found.action),
        limits: found.limits.clone(),
        narrowed: found.narrowed,
        bounded,
        by: by.cloned(),
        because: because.to_vec(),
    }
}

fn all_but(found: &But, by: Option<&GrantedBy>, because: &[Pointer]) -> AllBut {
    AllBut {
        element: found.element.to_owned(),
        except: found.except.clone(),
        every_resource: found.every_resource,
        by: by.cloned(),
        because: because.first().cloned().unwrap_or_else(|| Pointer::new("")),
    }
}

/// An action as AWS writes it.
pub(super) fn spelled(action: &str) -> String {
    catalog().action(action).map_or_else(|| action.to_owned(), ToString::to_string)
}
