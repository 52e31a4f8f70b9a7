//! Roles, users and groups that a plan gives something without holding them: an attachment to a role
//! made elsewhere, a user's password. What they are given is known, and nothing else of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{AccountId, Configuration, Grants, Pointer, Region, Resource, User};

use super::estate::Instance;
use super::grants::{Gifts, Given, Kind, Open, USER, write_inline};
use super::identity::{by_address, partition, region};
use super::join::Children;
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
        let id = if account == AccountId::unknown() {
            by_address(&format!("{}[{}]", self.first.address, self.name))
        } else {
            // The path is not known, and names are unique without it.
            let arn = format!("arn:{partition}:iam::{account}:{}/{}", kind.word, self.name);
            arn.parse().unwrap_or_else(|_| by_address(self.first.address))
        };
        let mut resource = Resource::new(id, account, Region::global(), self.name, make(self.grants));
        resource.origin.terraform_address = Some(self.first.address.to_owned());
        self.notes.write_to(&mut resource);
        resource
    }
}

impl<'e, 'a> Gifts<'_, 'e, 'a> {
    /// What the plan gives to principals that it does not hold.
    pub(super) fn strangers(&self, kind: &Kind, more: &[&Children]) -> Vec<Stranger<'e, 'a>> {
        let given = |given: &Given| -> BTreeSet<String> {
            let children = [&given.inline, &given.attachment, &given.list, &given.exclusive[1]];
            children.into_iter().flat_map(|children| children.outside.keys().cloned()).collect()
        };
        let mut names = given(&self.now);
        names.extend(more.iter().flat_map(|children| children.outside.keys().cloned()));
        names.retain(|name| self.side.estate.named(kind.itself, name).is_empty());
        names.into_iter().filter_map(|name| self.stranger(name, kind, more)).collect()
    }

    fn stranger(&self, name: String, kind: &Kind, more: &[&Children]) -> Option<Stranger<'e, 'a>> {
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
        if of(&self.now.exclusive[0]).is_empty() {
            inline.missing.push(why.clone());
        }
        let count = inline.known.len();
        let inline_policies = write_inline(inline.note("inline_policies", count, &mut notes), &mut notes);
        let parts = |given: &Given| {
            [&given.attachment, &given.list, &given.inline, &given.exclusive[1]].into_iter().flat_map(of).min()
        };
        // The same part on both sides, so that the principal goes by one address.
        let earlier = || Some(self.side.previous?.instance(parts(self.previously.as_ref()?)?));
        let now = || parts(&self.now).or_else(|| more.iter().flat_map(|children| of(children)).min());
        let first = earlier().or_else(|| Some(self.side.instance(now()?)))?;
        notes.unknown(Pointer::new("/tags"), why.clone());
        notes.unknown(Pointer::configuration("path"), why.clone());
        Some(Stranger { name, first, grants: Grants { inline_policies, attached_policies }, notes, why })
    }
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
