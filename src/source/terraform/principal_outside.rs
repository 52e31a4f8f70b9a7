//! Roles, users and groups that a plan gives something without holding them: an attachment to a role
//! made elsewhere, a user's password. What they are given is known, and nothing else of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{AccountId, Configuration, Grants, Pointer, Region, Resource, User};

use super::estate::{Estate, Instance};
use super::format::ResourceChange;
use super::grants::{Gifts, Given, Kind, Open, USER, write_inline};
use super::identity::{by_address, partition, region};
use super::join::{Children, stray};
use super::json::Value;
use super::principal::{Belongings, put_groups};
use super::side::{Notes, Side};

/// A principal that the plan gives something without holding it.
pub(super) struct Stranger<'e, 'a> {
    name: String,
    /// The first resource that gives it something.
    first: &'e Instance<'a>,
    grants: Grants,
    notes: Notes,
    /// Why nothing else is known.
    why: String,
}

impl Stranger<'_, '_> {
    pub(super) fn resource(
        mut self,
        side: &Side<'_, '_>,
        kind: &Kind,
        make: impl FnOnce(Grants) -> Configuration,
    ) -> Resource {
        for attribute in kind.further {
            self.notes.unknown(Pointer::configuration(attribute), self.why.clone());
        }
        let account = side.accounts.account(self.first);
        let partition = partition(&region(side.estate, self.first));
        let address = address_of(self.first, &self.name);
        let id = if stray(&self.name).is_some() {
            by_address(&address)
        } else if account == AccountId::unknown() {
            by_address(&format!("{}[{}]", self.first.address, self.name))
        } else {
            // The path is not known, and names are unique without it.
            let arn = format!("arn:{partition}:iam::{account}:{}/{}", kind.word, self.name);
            arn.parse().unwrap_or_else(|_| by_address(self.first.address))
        };
        let name = stray(&self.name).map_or_else(|| self.name.clone(), str::to_owned);
        let mut resource = Resource::new(id, account, Region::global(), name, make(self.grants));
        resource.origin.terraform_address = Some(address);
        self.notes.write_to(&mut resource);
        resource
    }
}

/// What names several principals in a list, and the lists.
const LISTS: [(&str, &[&str]); 2] =
    [("aws_iam_policy_attachment", &["roles", "users", "groups"]), ("aws_iam_group_membership", &["users"])];

/// The address that a principal goes by which only this resource names: one that names several
/// gives each an address of its own.
fn address_of(first: &Instance<'_>, name: &str) -> String {
    let names_several = stray(name).is_none() && LISTS.iter().any(|(kind, _)| *kind == first.kind);
    if names_several { listed(first.address, name) } else { first.address.to_owned() }
}

fn listed(address: &str, name: &str) -> String {
    format!("{address}[{name:?}]")
}

/// The addresses that the principals in the lists of a change go by, in case that they are not in the plan.
pub(super) fn addresses(change: &ResourceChange) -> BTreeSet<String> {
    let lists = LISTS.iter().filter(|(kind, _)| change.kind.as_deref() == Some(*kind)).flat_map(|(_, lists)| *lists);
    let of = |list: &&str| {
        let sides = change.change.iter().flat_map(|change| [&change.before, &change.after]).flatten();
        let names = sides.filter_map(|side| side.get(list)?.as_array()).flatten().filter_map(Value::as_str);
        names.map(|name| listed(&change.address, name)).collect::<Vec<_>>()
    };
    lists.flat_map(of).collect()
}

impl<'e, 'a> Gifts<'_, 'e, 'a> {
    /// What the plan gives to principals that it does not hold, or takes from them. `more` is what else
    /// tells of them, now and previously.
    pub(super) fn strangers(&self, kind: &Kind, more: [&[&Children]; 2]) -> Vec<Stranger<'e, 'a>> {
        let given = [Some(&self.now), self.previously.as_ref()].into_iter().flatten().flat_map(all);
        let children = given.chain(more.into_iter().flatten().copied());
        let mut names: BTreeSet<String> = children.flat_map(|children| children.outside.keys().cloned()).collect();
        names.retain(|name| self.side.estate.named(kind.itself, name).is_empty());
        names.into_iter().filter_map(|name| self.stranger(name, kind, more)).collect()
    }

    fn stranger(&self, name: String, kind: &Kind, more: [&[&Children]; 2]) -> Option<Stranger<'e, 'a>> {
        let why = format!("the {} is not in the plan", kind.word);
        let of = |children: &Children| children.outside.get(&name).cloned().unwrap_or_default();
        let mut notes = Notes::default();
        let mut attached = Open { known: BTreeSet::new(), missing: Vec::new() };
        for children in [&self.now.attachment, &self.now.list] {
            self.attach(self.side.estate, &of(children), &mut attached);
        }
        let exclusive = of(&self.now.exclusive[1]);
        self.attach_exclusive(&exclusive, &mut attached);
        if exclusive.is_empty() {
            attached.missing.push(why.clone());
        }
        let count = attached.known.len();
        let attached_policies = attached.note("attached_policies", count, &mut notes).into_iter().collect();
        let mut inline = Open { known: BTreeMap::new(), missing: Vec::new() };
        self.put_inline(&of(&self.now.inline), &mut inline);
        let exclusive = of(&self.now.exclusive[0]);
        self.put_kept(&exclusive, &of(&self.now.inline), &mut inline);
        if exclusive.is_empty() {
            inline.missing.push(why.clone());
        }
        let count = inline.known.len();
        let inline_policies = write_inline(inline.note("inline_policies", count, &mut notes), &mut notes);
        let first = |estate: &'e Estate<'a>, given: &Given, more: &[&Children]| {
            let least = |children: &[&Children]| children.iter().flat_map(|children| of(children)).min();
            Some(estate.instance(least(&all(given)).or_else(|| least(more))?))
        };
        // The same part on both sides, so that the principal goes by one address.
        let [more, more_previously] = more;
        let earlier = || first(self.side.previous?, self.previously.as_ref()?, more_previously);
        let first = earlier().or_else(|| first(self.side.estate, &self.now, more))?;
        notes.unknown(Pointer::new("/tags"), why.clone());
        notes.unknown(Pointer::configuration("path"), why.clone());
        Some(Stranger { name, first, grants: Grants { inline_policies, attached_policies }, notes, why })
    }
}

/// The children that tell what a principal is given.
const fn all(given: &Given) -> [&Children; 5] {
    let [inline, attached] = &given.exclusive;
    [&given.attachment, &given.list, &given.inline, attached, inline]
}

/// A user that the plan gives policies, groups or a password without holding it.
pub(super) fn user_outside(side: &Side<'_, '_>, belongings: &Belongings, mut stranger: Stranger<'_, '_>) -> Resource {
    let of = |children: &Children| children.outside.get(&stranger.name).cloned().unwrap_or_default();
    let mut groups = Open { known: BTreeSet::new(), missing: vec![stranger.why.clone()] };
    put_groups(side, &of(&belongings.joins), &of(&belongings.members), &mut groups);
    let has_password = !of(&belongings.profiles).is_empty();
    let count = groups.known.len();
    let groups = groups.note("groups", count, &mut stranger.notes).into_iter().collect();
    let mut resource = stranger.resource(side, &USER, |grants| User { groups, grants, ..User::default() }.into());
    if let (Configuration::User(user), true) = (&mut resource.configuration, has_password) {
        user.console_password = Some(true);
        let place = Pointer::configuration("console_password");
        resource.unknown.retain(|unknown| *unknown != place);
        resource.origin.unknown_because.remove(&place);
    }
    resource
}
