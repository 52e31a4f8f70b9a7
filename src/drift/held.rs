//! The policies that a user, group or role holds, and which of them came and went.
//!
//! The documents of attached policies and of groups are read from one side only, today's where it
//! is known: a document that changed is charged to its policy and not to everyone who holds it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use crate::model::{AccountId, Configuration, Grants, Pointer, PolicyDocument, Resource, Snapshot, Statement, User};

/// Managed policies and groups of two snapshots.
pub(super) struct Policies<'a> {
    managed: HashMap<&'a str, &'a PolicyDocument>,
    groups: HashMap<(&'a AccountId, &'a str), &'a Resource>,
}

/// What changed in the set of documents that a principal holds.
#[derive(Debug, Default)]
pub(super) struct Delta<'a> {
    /// Documents that are held before and after.
    pub(super) kept: Vec<&'a PolicyDocument>,
    /// Documents that are no longer held, or as they were.
    pub(super) gone: Vec<&'a PolicyDocument>,
    /// Documents that are held now, or as they are now.
    pub(super) come: Vec<&'a PolicyDocument>,
    /// Of what came and went, what was not read, in words; sorted.
    pub(super) unread: BTreeSet<String>,
}

/// A part of what a principal holds, by the name it holds it under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    Inline(&'a str),
    Attached(&'a str),
    Group(&'a str),
}

/// The documents of a part; in words what could not be read.
type Documents<'a> = Vec<Result<&'a PolicyDocument, String>>;

impl<'a> Policies<'a> {
    pub(super) fn of(old: &'a Snapshot, new: &'a Snapshot) -> Self {
        let mut policies = Self { managed: HashMap::new(), groups: HashMap::new() };
        let fresh = |resource: &&Resource| resource.stale_since.is_none();
        for resource in old.resources.iter().chain(&new.resources).filter(fresh) {
            match &resource.configuration {
                Configuration::ManagedPolicy(policy) if is_known(resource, &Pointer::configuration("document")) => {
                    policies.managed.extend(policy.document.as_ref().map(|document| (resource.id.as_str(), document)));
                }
                Configuration::Group(_) => {
                    policies.groups.insert((&resource.account, resource.name.as_str()), resource);
                }
                _ => {}
            }
        }
        policies
    }

    /// The document of a managed policy.
    pub(super) fn managed(&self, arn: &str) -> Option<&'a PolicyDocument> {
        // The one AWS policy whose document is known without having been read.
        let known_by_name = || arn.ends_with(":iam::aws:policy/AdministratorAccess").then(|| everything());
        self.managed.get(arn).copied().or_else(known_by_name)
    }

    /// What changed in the documents that a principal holds.
    pub(super) fn delta(&self, old: &'a Resource, new: &'a Resource) -> Delta<'a> {
        let (mut before, mut after) = (self.held(old), self.held(new));
        let unknown = |place: &Pointer| !is_known(old, place) || !is_known(new, place);
        let inline_unlisted = [old, new]
            .iter()
            .any(|side| side.unknown.iter().any(|place| place.covers(&Pointer::configuration("inline_policies"))));
        let mut delta = Delta::default();
        let parts: BTreeSet<Part<'a>> = before.keys().chain(after.keys()).copied().collect();
        for part in parts {
            let unlisted = match part {
                Part::Inline(_) => inline_unlisted,
                Part::Attached(_) => unknown(&Pointer::configuration("attached_policies")),
                Part::Group(_) => unknown(&Pointer::configuration("groups")),
            };
            delta.add(before.remove(&part), after.remove(&part), unlisted);
        }
        delta
    }

    fn held(&self, resource: &'a Resource) -> BTreeMap<Part<'a>, Documents<'a>> {
        match &resource.configuration {
            Configuration::Role(role) => self.granted(resource, &role.grants),
            Configuration::Group(group) => self.granted(resource, &group.grants),
            Configuration::User(user) => self.user(resource, user),
            _ => BTreeMap::new(),
        }
    }

    fn user(&self, resource: &'a Resource, user: &'a User) -> BTreeMap<Part<'a>, Documents<'a>> {
        let mut held = self.granted(resource, &user.grants);
        for name in &user.groups {
            let group = self.groups.get(&(&resource.account, name.as_str()));
            let documents = match group {
                Some(group) => self.held(group).into_values().flatten().chain(unlisted(group)).collect(),
                None => vec![Err(format!("the policies of group {name} were not read"))],
            };
            held.insert(Part::Group(name), documents);
        }
        held
    }

    fn granted(&self, resource: &'a Resource, grants: &'a Grants) -> BTreeMap<Part<'a>, Documents<'a>> {
        let place = Pointer::configuration("inline_policies");
        let mut held: BTreeMap<Part<'a>, Documents<'a>> = BTreeMap::new();
        for (index, policy) in grants.inline_policies.iter().enumerate() {
            let known = is_known(resource, &place.child(index).child("document"));
            let document = policy.document.as_ref().filter(|_| known);
            let unread = || format!("inline policy {} of {} was not read", policy.name, resource.name);
            held.insert(Part::Inline(&policy.name), vec![document.ok_or_else(unread)]);
        }
        for arn in &grants.attached_policies {
            let unread = || format!("the document of {arn} was not read");
            held.insert(Part::Attached(arn), vec![self.managed(arn).ok_or_else(unread)]);
        }
        held
    }
}

impl<'a> Delta<'a> {
    /// Adds a part as it was and as it is. Where it is not known whether the part came or went
    /// (its list, or the document on one side, was not read), it counts as kept.
    fn add(&mut self, before: Option<Documents<'a>>, after: Option<Documents<'a>>, unlisted: bool) {
        match (before, after) {
            (Some(before), Some(after)) if before != after && before.iter().chain(&after).all(Result::is_ok) => {
                self.gone.extend(before.into_iter().flatten());
                self.come.extend(after.into_iter().flatten());
            }
            (Some(before), Some(after)) => {
                self.kept.extend(if after.iter().all(Result::is_ok) { after } else { before }.into_iter().flatten());
            }
            (Some(one), None) | (None, Some(one)) if unlisted => self.kept.extend(one.into_iter().flatten()),
            (Some(before), None) => read(before, &mut self.gone, &mut self.unread),
            (None, Some(after)) => read(after, &mut self.come, &mut self.unread),
            (None, None) => {}
        }
    }
}

fn read<'a>(documents: Documents<'a>, known: &mut Vec<&'a PolicyDocument>, unread: &mut BTreeSet<String>) {
    for document in documents {
        match document {
            Ok(document) => known.push(document),
            Err(words) => drop(unread.insert(words)),
        }
    }
}

/// What a group holds beside what is listed.
fn unlisted<'a>(group: &Resource) -> Option<Result<&'a PolicyDocument, String>> {
    let lists = ["inline_policies", "attached_policies"].map(Pointer::configuration);
    let missing = |list: &Pointer| group.unknown.iter().any(|place| place.covers(list));
    lists.iter().any(missing).then(|| Err(format!("not all policies of group {} were read", group.name)))
}

fn is_known(resource: &Resource, place: &Pointer) -> bool {
    !resource.unknown.iter().any(|other| other.overlaps(place))
}

/// The policy that allows everything: `AdministratorAccess`, and what holds where there is no
/// permissions boundary.
pub(super) fn everything() -> &'static PolicyDocument {
    static EVERYTHING: LazyLock<PolicyDocument> = LazyLock::new(|| PolicyDocument {
        version: "2012-10-17".to_owned(),
        id: None,
        statement: vec![Statement {
            effect: "Allow".to_owned(),
            action: Some(vec!["*".to_owned()]),
            resource: Some(vec!["*".to_owned()]),
            ..Statement::default()
        }],
    });
    &EVERYTHING
}
