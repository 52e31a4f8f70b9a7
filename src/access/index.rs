//! The snapshot by what refers to what: who there is, with the policies each one has.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::class;
use super::documents::{Held, Source};
use crate::model::{
    AccessPoint, Account, AccountId, Bucket, Configuration, Gap, Grants, Group, Instance, ManagedPolicy, Pointer,
    PolicyDocument, Resource, ResourceType, Role, Snapshot, Statement, User,
};

/// What lets its holder do everything, for accounts whose copy was not read.
pub(super) const ADMINISTRATOR: &str = "policy/AdministratorAccess";

/// Users and roles, and what they refer to.
#[derive(Debug)]
pub(super) struct Index<'a> {
    /// Users and roles, sorted by ARN.
    pub(super) holders: Vec<Holder<'a>>,
    by_arn: HashMap<&'a str, usize>,
    by_name: HashMap<(&'a str, ResourceType, &'a str), usize>,
    groups: HashMap<&'a str, HashMap<&'a str, (Source<'a>, &'a Group)>>,
    policies: HashMap<&'a str, (Source<'a>, &'a ManagedPolicy)>,
    buckets: HashMap<&'a str, (Source<'a>, &'a Bucket)>,
    access_points: HashMap<&'a str, (Source<'a>, &'a AccessPoint)>,
    accounts: HashMap<&'a str, (Source<'a>, &'a Account)>,
    /// Instances that have an instance profile.
    pub(super) instances: Vec<(&'a Resource, &'a Instance)>,
    /// Accounts whose roles or users were listed, or of which one is there.
    pub(super) scanned: BTreeSet<&'a str>,
    /// The same, and every account of which anything is there.
    pub(super) seen: BTreeSet<&'a AccountId>,
    everything: PolicyDocument,
}

/// A user or a role with its policies.
#[derive(Debug)]
pub(super) struct Holder<'a> {
    pub(super) resource: &'a Resource,
    /// Its own policies, those of its groups, and why there may be more.
    pub(super) identity: Held<'a>,
    /// `None`: it has no boundary.
    pub(super) boundary: Option<Held<'a>>,
    /// Of roles.
    pub(super) trust: Option<Held<'a>>,
    /// Number of its class: all that hold the same policies.
    pub(super) class: usize,
    /// Number of its class by what of its policies is about assuming roles.
    pub(super) assuming: usize,
}

impl<'a> Holder<'a> {
    pub(super) fn arn(&self) -> &'a str {
        self.resource.id.as_str()
    }

    pub(super) fn account(&self) -> &'a str {
        self.resource.account.as_str()
    }

    pub(super) fn role(&self) -> Option<&'a Role> {
        match &self.resource.configuration {
            Configuration::Role(role) => Some(role),
            _ => None,
        }
    }

    pub(super) fn user(&self) -> Option<&'a User> {
        match &self.resource.configuration {
            Configuration::User(user) => Some(user),
            _ => None,
        }
    }

    pub(super) fn grants(&self) -> Option<&'a Grants> {
        self.role().map(|role| &role.grants).or_else(|| self.user().map(|user| &user.grants))
    }

    /// Tags, as far as they are known.
    pub(super) fn known_tags(&self) -> impl Iterator<Item = (&'a String, &'a String)> {
        self.knows_tags().then_some(&self.resource.tags).into_iter().flatten()
    }

    /// Whether all its tags are known.
    pub(super) fn knows_tags(&self) -> bool {
        let unknown = |place: &Pointer| place.overlaps(&Pointer::new("/tags"));
        self.resource.stale_since.is_none() && !self.resource.unknown.iter().any(unknown)
    }

    pub(super) fn boundary_arn(&self) -> Option<&'a str> {
        match &self.resource.configuration {
            Configuration::Role(role) => role.permissions_boundary.as_deref(),
            Configuration::User(user) => user.permissions_boundary.as_deref(),
            _ => None,
        }
    }

    /// Whether a service made the role and alone may use and change it.
    pub(super) fn service_linked(&self) -> bool {
        self.role().is_some_and(|role| role.path.starts_with("/aws-service-role/"))
    }

    /// Whether AWS owns the role, so that nobody in the account can change it.
    pub(super) fn reserved(&self) -> bool {
        self.role()
            .is_some_and(|role| role.path.starts_with("/aws-service-role/") || role.path.starts_with("/aws-reserved/"))
    }
}

impl<'a> Index<'a> {
    pub(super) fn of(snapshots: &[&'a Snapshot]) -> Self {
        let mut index = Self {
            holders: Vec::new(),
            by_arn: HashMap::new(),
            by_name: HashMap::new(),
            groups: HashMap::new(),
            policies: HashMap::new(),
            buckets: HashMap::new(),
            access_points: HashMap::new(),
            accounts: HashMap::new(),
            instances: Vec::new(),
            scanned: BTreeSet::new(),
            seen: BTreeSet::new(),
            everything: everything(),
        };
        let mut gaps: BTreeMap<&str, Vec<&'a Gap>> = BTreeMap::new();
        for gap in snapshots.iter().flat_map(|snapshot| &snapshot.gaps) {
            if let Some(resource) = &gap.resource {
                gaps.entry(resource.as_str()).or_default().push(gap);
            }
        }
        let resources = || snapshots.iter().flat_map(|snapshot| &snapshot.resources);
        let source = |resource: &'a Resource| Source {
            resource,
            gaps: gaps.get(resource.id.as_str()).cloned().unwrap_or_default(),
        };
        resources().for_each(|resource| index.add(source(resource)));
        let is_holder = |kind| matches!(kind, ResourceType::Role | ResourceType::User);
        let mut holders: Vec<Holder<'a>> = resources()
            .filter(|resource| is_holder(resource.resource_type))
            .map(|resource| index.holder(&source(resource)))
            .collect();
        holders.sort_by_key(|holder| (holder.resource.id.as_str(), holder.resource.stale_since));
        holders.dedup_by_key(|holder| holder.resource.id.as_str());
        let classes = class::classes(&holders);
        let assuming = class::classes_of_assuming(&holders);
        for (holder, (class, assuming)) in holders.iter_mut().zip(classes.into_iter().zip(assuming)) {
            (holder.class, holder.assuming) = (class, assuming);
        }
        index.by_arn = holders.iter().enumerate().map(|(at, holder)| (holder.arn(), at)).collect();
        index.by_name = holders
            .iter()
            .enumerate()
            .map(|(at, holder)| ((holder.account(), holder.resource.resource_type, holder.resource.name.as_str()), at))
            .collect();
        index.holders = holders;
        let listed = snapshots.iter().flat_map(|snapshot| &snapshot.listings);
        index
            .scanned
            .extend(listed.filter(|listing| is_holder(listing.resource_type)).map(|listing| listing.account.as_str()));
        index.scanned.extend(index.holders.iter().map(Holder::account));
        index.seen.extend(resources().map(|resource| &resource.account));
        index.seen.extend(snapshots.iter().flat_map(|snapshot| &snapshot.listings).map(|listing| &listing.account));
        index
    }

    fn add(&mut self, source: Source<'a>) {
        let resource = source.resource;
        match &resource.configuration {
            Configuration::Group(group) => {
                self.groups.entry(resource.account.as_str()).or_default().insert(&resource.name, (source, group));
            }
            Configuration::ManagedPolicy(policy) => {
                let known = |policy: &ManagedPolicy, resource: &Resource| {
                    policy.document.is_some() && resource.stale_since.is_none()
                };
                let kept = self.policies.get(resource.id.as_str());
                if kept.is_none_or(|(other, kept)| !known(kept, other.resource)) {
                    self.policies.insert(resource.id.as_str(), (source, policy));
                }
            }
            Configuration::Bucket(bucket) => {
                self.buckets.insert(&resource.name, (source, bucket));
            }
            Configuration::AccessPoint(point) => {
                self.access_points.insert(resource.id.as_str(), (source, point));
            }
            Configuration::Account(account) => {
                self.accounts.insert(resource.account.as_str(), (source, account));
            }
            Configuration::Instance(instance) if instance.instance_profile.is_some() => {
                self.instances.push((resource, instance));
            }
            _ => {}
        }
    }

    /// A user or role by its ARN, or, where only the name of a role is known, by that.
    pub(super) fn holder_of(&self, arn: &str) -> Option<&Holder<'a>> {
        self.position_of(arn).map(|at| &self.holders[at])
    }

    pub(super) fn position_of(&self, arn: &str) -> Option<usize> {
        if let Some(at) = self.by_arn.get(arn) {
            return Some(*at);
        }
        let account = arn.split(':').nth(4)?;
        let path = arn.splitn(6, ':').nth(5)?;
        let name = path.strip_prefix("role/").filter(|name| !name.contains('/'))?;
        self.by_name.get(&(account, ResourceType::Role, name)).copied()
    }

    pub(super) fn bucket(&self, name: &str) -> Option<(&Source<'a>, &'a Bucket)> {
        self.buckets.get(name).map(|(source, bucket)| (source, *bucket))
    }

    pub(super) fn buckets(&self) -> impl Iterator<Item = (&Source<'a>, &'a Bucket)> {
        self.buckets.values().map(|(source, bucket)| (source, *bucket))
    }

    pub(super) fn access_points(&self) -> impl Iterator<Item = (&Source<'a>, &'a AccessPoint)> {
        self.access_points.values().map(|(source, point)| (source, *point))
    }

    pub(super) fn account(&self, account: &str) -> Option<(&Source<'a>, &'a Account)> {
        self.accounts.get(account).map(|(source, settings)| (source, *settings))
    }

    pub(super) fn group(&self, account: &str, name: &str) -> Option<(&Source<'a>, &'a Group)> {
        self.groups.get(account)?.get(name).map(|(source, group)| (source, *group))
    }

    pub(super) fn groups(&self) -> impl Iterator<Item = (&Source<'a>, &'a Group)> {
        self.groups.values().flat_map(HashMap::values).map(|(source, group)| (source, *group))
    }

    /// The policies of a group.
    pub(super) fn granted(&self, source: &Source<'a>, grants: &'a Grants) -> Held<'a> {
        let mut held = Held::default();
        self.add_grants(&mut held, source, grants);
        held
    }

    fn holder(&self, source: &Source<'a>) -> Holder<'a> {
        let resource = source.resource;
        let mut holder =
            Holder { resource, identity: Held::default(), boundary: None, trust: None, class: 0, assuming: 0 };
        let boundary = match &resource.configuration {
            Configuration::Role(role) => {
                holder.trust = Some(trust(source, role));
                self.add_grants(&mut holder.identity, source, &role.grants);
                &role.permissions_boundary
            }
            Configuration::User(user) => {
                self.add_grants(&mut holder.identity, source, &user.grants);
                self.add_groups(&mut holder.identity, source, user);
                &user.permissions_boundary
            }
            _ => &None,
        };
        holder.boundary = self.boundary(source, boundary.as_deref());
        holder
    }

    fn add_grants(&self, held: &mut Held<'a>, source: &Source<'a>, grants: &'a Grants) {
        if let Some(why) = source.stale() {
            held.unread.push(why);
            return;
        }
        let list = Pointer::configuration("inline_policies");
        for (index, policy) in grants.inline_policies.iter().enumerate() {
            let at = list.child(index).child("document");
            let unread = held.unread.len();
            held.add(source, place(source, &at), policy.document.as_ref(), &at);
            if policy.document.is_none() && held.unread.len() == unread {
                held.unread.push(format!("inline policy {} of {} was not read", policy.name, source.resource.id));
            }
        }
        held.unread.extend(source.why_partial(&list, grants.inline_policies.len()));
        let list = Pointer::configuration("attached_policies");
        for (index, arn) in grants.attached_policies.iter().enumerate() {
            match source.unknown_element(&list, index) {
                Some(why) => held.unread.push(why),
                None => self.add_managed(held, arn),
            }
        }
        held.unread.extend(source.why_partial(&list, grants.attached_policies.len()));
    }

    fn add_groups(&self, held: &mut Held<'a>, source: &Source<'a>, user: &'a User) {
        if source.stale().is_some() {
            return;
        }
        let list = Pointer::configuration("groups");
        for (index, name) in user.groups.iter().enumerate() {
            if let Some(why) = source.unknown_element(&list, index) {
                held.unread.push(why);
            } else if let Some((source, group)) = self.group(source.resource.account.as_str(), name) {
                self.add_grants(held, source, &group.grants);
            } else {
                held.unread.push(format!("group {name} of {} is not in the snapshot", source.resource.id));
            }
        }
        held.unread.extend(source.why_partial(&list, user.groups.len()));
    }

    fn add_managed(&self, held: &mut Held<'a>, arn: &str) {
        match self.policies.get(arn) {
            Some((source, _)) if source.resource.stale_since.is_some() => held.unread.extend(source.stale()),
            Some((source, policy)) => {
                let unread = held.unread.len();
                held.add(source, arn.to_owned(), policy.document.as_ref(), &Pointer::configuration("document"));
                if policy.document.is_none() && held.unread.len() == unread {
                    held.unread.push(format!("managed policy {arn} was not read"));
                }
            }
            None if arn.ends_with(ADMINISTRATOR) && arn.split(':').nth(4) == Some("aws") => {
                held.add_own(arn.to_owned(), self.everything.clone());
            }
            None => held.unread.push(format!("managed policy {arn} is not in the snapshot")),
        }
    }

    fn boundary(&self, source: &Source<'a>, arn: Option<&str>) -> Option<Held<'a>> {
        let at = Pointer::configuration("permissions_boundary");
        if let Some(why) = source.stale().or_else(|| source.unknown_place(&at)) {
            return Some(Held::unread(why));
        }
        let mut held = Held::default();
        self.add_managed(&mut held, arn?);
        Some(held)
    }
}

fn trust<'a>(source: &Source<'a>, role: &'a Role) -> Held<'a> {
    let at = Pointer::configuration("assume_role_policy");
    let mut trust = Held::default();
    trust.add(source, place(source, &at), role.assume_role_policy.as_ref(), &at);
    if trust.policies.is_empty() && trust.unread.is_empty() {
        trust.unread.push(format!("the trust policy of {} was not read", source.resource.id));
    }
    trust
}

/// Where a document stands, as its name.
pub(super) fn place(source: &Source<'_>, at: &Pointer) -> String {
    format!("{}#{at}", source.resource.id)
}

fn everything() -> PolicyDocument {
    let all = || Some(vec!["*".to_owned()]);
    let statement = Statement { effect: "Allow".to_owned(), action: all(), resource: all(), ..Statement::default() };
    PolicyDocument { version: "2012-10-17".to_owned(), id: None, statement: vec![statement] }
}
