//! `AWS::IAM::Role`, `AWS::IAM::User` and `AWS::IAM::Group`, with their policies and attachments.
//!
//! A role's `managed_policy_arns` and `inline_policy` either set what it has or echo the separate
//! resources. Users and groups have no echo: of one that exists already a plan knows only what it
//! declares, and AWS may hold more.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    AccessKey, AccountId, Configuration, Grants, Group, InlinePolicy, Pointer, Region, Resource, Role, User,
};

use super::estate::{Estate, Id, Instance};
use super::identity::{by_address, known_name, partition, region, resource_id};
use super::join::{Children, Parent, parent};
use super::policy_document::{PlannedPolicy, policy};
use super::reference::unset_if_null;
use super::side::{NEVER_HELD, NOT_HELD, Notes, Side};
use super::value::{Field, Place, Settled};

/// Role, user or group: the Terraform types that give it something.
struct Kind {
    itself: &'static str,
    /// What it is called in words and in ARNs.
    word: &'static str,
    /// What it has beside path, tags, policies and groups.
    further: &'static [&'static str],
    /// The attribute by which its own resources name it.
    named_by: &'static str,
    inline: &'static str,
    attachment: &'static str,
    /// The list of `aws_iam_policy_attachment` that names it.
    list: &'static str,
    /// The resources that say "and nothing else", and the attribute by which they name it.
    exclusive: [&'static str; 2],
    exclusive_by: &'static str,
}

const ROLE: Kind = Kind {
    itself: "aws_iam_role",
    word: "role",
    further: &["assume_role_policy", "permissions_boundary", "max_session_duration", "instance_profiles", "observed"],
    named_by: "role",
    inline: "aws_iam_role_policy",
    attachment: "aws_iam_role_policy_attachment",
    list: "roles",
    exclusive: ["aws_iam_role_policies_exclusive", "aws_iam_role_policy_attachments_exclusive"],
    exclusive_by: "role_name",
};
const USER: Kind = Kind {
    itself: "aws_iam_user",
    word: "user",
    further: &[
        "permissions_boundary",
        "console_password",
        "password_last_changed",
        "mfa_active",
        "virtual_mfa",
        "access_keys",
        "observed",
    ],
    named_by: "user",
    inline: "aws_iam_user_policy",
    attachment: "aws_iam_user_policy_attachment",
    list: "users",
    exclusive: ["aws_iam_user_policies_exclusive", "aws_iam_user_policy_attachments_exclusive"],
    exclusive_by: "user_name",
};
const GROUP: Kind = Kind {
    itself: "aws_iam_group",
    word: "group",
    further: &[],
    named_by: "group",
    inline: "aws_iam_group_policy",
    attachment: "aws_iam_group_policy_attachment",
    list: "groups",
    exclusive: ["aws_iam_group_policies_exclusive", "aws_iam_group_policy_attachments_exclusive"],
    exclusive_by: "group_name",
};

/// What the separate resources of one side give to the principals of one kind.
struct Given {
    inline: Children,
    attachment: Children,
    list: Children,
    exclusive: [Children; 2],
}

impl Given {
    fn of(estate: &Estate<'_>, kind: &Kind) -> Self {
        let join = |child: &str, attribute: &str| Children::join(estate, child, attribute, &[kind.itself]);
        Self {
            inline: join(kind.inline, kind.named_by),
            attachment: join(kind.attachment, kind.named_by),
            list: Children::join_each(estate, "aws_iam_policy_attachment", kind.list, &[kind.itself]),
            exclusive: kind.exclusive.map(|exclusive| join(exclusive, kind.exclusive_by)),
        }
    }
}

/// A list that may have further members.
#[derive(Default)]
struct Open<T> {
    known: T,
    missing: Vec<String>,
}

impl<T> Open<T> {
    /// Notes that there may be more, at the place after the last member.
    fn note(self, attribute: &str, count: usize, notes: &mut Notes) -> T {
        if !self.missing.is_empty() {
            notes.unknown(Pointer::configuration(attribute).child(count), self.missing.join("; "));
        }
        self.known
    }
}

/// Both sides of what is given, so that an echo of what was can be told from what is.
struct Gifts<'s, 'e, 'a> {
    side: &'s Side<'e, 'a>,
    now: Given,
    previously: Option<Given>,
}

impl<'s, 'e, 'a> Gifts<'s, 'e, 'a> {
    fn of(side: &'s Side<'e, 'a>, kind: &Kind) -> Self {
        Self {
            side,
            now: Given::of(side.estate, kind),
            previously: side.previous.map(|previous| Given::of(previous, kind)),
        }
    }

    fn grants(&self, id: Id, notes: &mut Notes) -> Grants {
        let attached = self.attached(id);
        let count = attached.known.len();
        let attached_policies = attached.note("attached_policies", count, notes).into_iter().collect();
        Grants { inline_policies: self.inline(id, notes), attached_policies }
    }

    /// ARNs of attached policies; of a policy to be created, the id it has in this plan.
    fn attached(&self, id: Id) -> Open<BTreeSet<String>> {
        let instance = self.side.instance(id);
        let mut open = Open { known: BTreeSet::new(), missing: Vec::new() };
        let echo = unset_if_null(self.side.estate, instance, instance.get("managed_policy_arns"));
        let exclusive = self.now.exclusive[1].of(id);
        // An exclusive set detaches what only the echo still has.
        if exclusive.is_empty() || echo.is_configured() {
            self.listed_arns(id, echo, &mut open);
        }
        if let (Some((previous, before)), Some(given), false) =
            (self.side.before(id), &self.previously, echo.is_configured())
        {
            let mut echoed = Open { known: BTreeSet::new(), missing: Vec::new() };
            for children in [&given.attachment, &given.list] {
                self.attach(previous, children.of(before), &mut echoed);
            }
            for arn in &echoed.known {
                open.known.remove(arn);
            }
        }
        for children in [&self.now.attachment, &self.now.list] {
            self.attach(self.side.estate, children.of(id), &mut open);
            open.missing.extend(children.doubt(id));
        }
        self.attach_exclusive(exclusive, &mut open);
        let complete = !exclusive.is_empty() || echo.value.is_array();
        if !instance.creating && !complete {
            open.missing.push(NOT_HELD.to_owned());
        }
        open
    }

    /// Members of a list of ARNs; some may only be known as references.
    fn listed_arns(&self, owner: Id, place: Place<'_>, open: &mut Open<BTreeSet<String>>) {
        let members = place.texts();
        open.known.extend(members.known);
        if members.unknown.is_none() {
            return;
        }
        for found in super::join::parents(self.side.estate, owner, place, &["aws_iam_policy"]) {
            match found {
                Parent::One(policy) => {
                    open.known.insert(resource_id(self.side.estate, self.side.accounts, policy).to_string());
                }
                Parent::Doubt(_, why) | Parent::Anyone(why) => open.missing.push(why),
                Parent::Outside(_) | Parent::Nobody => {}
            }
        }
    }

    fn attach(&self, estate: &Estate<'_>, children: &[Id], open: &mut Open<BTreeSet<String>>) {
        for &child in children {
            let place = estate.instance(child).get("policy_arn");
            match place.text() {
                Field::Known(arn) => {
                    open.known.insert(arn);
                }
                Field::Unknown(why) => match parent(estate, child, place, &["aws_iam_policy"]) {
                    Parent::One(policy) => {
                        open.known.insert(resource_id(estate, self.side.accounts, policy).to_string());
                    }
                    _ => open.missing.push(why),
                },
                Field::Absent | Field::Default => {}
            }
        }
    }

    /// What exclusive sets list is attached by them, if nothing else attaches it.
    fn attach_exclusive(&self, sets: &[Id], open: &mut Open<BTreeSet<String>>) {
        for &set in sets {
            self.listed_arns(set, self.side.instance(set).get("policy_arns"), open);
        }
    }

    fn inline(&self, id: Id, notes: &mut Notes) -> Vec<InlinePolicy> {
        let instance = self.side.instance(id);
        let mut open = Open { known: BTreeMap::new(), missing: Vec::new() };
        let exclusive = self.now.exclusive[0].of(id);
        let blocks = instance.get("inline_policy").items();
        open.missing.extend(blocks.unknown);
        for block in &blocks.known {
            if let Field::Known(name) = block.get("name").text()
                && self.is_kept(exclusive, &name)
            {
                open.known.insert(name, policy(self.side.estate, instance, block.get("policy")));
            }
        }
        if let (Some((previous, before)), Some(given)) = (self.side.before(id), &self.previously) {
            for &child in given.inline.of(before) {
                if let Field::Known(name) = previous.instance(child).get("name").text() {
                    open.known.remove(&name);
                }
            }
        }
        self.put_inline(self.now.inline.of(id), &mut open);
        open.missing.extend(self.now.inline.doubt(id));
        let complete = !exclusive.is_empty() || instance.value.get("inline_policy").is_some();
        if !instance.creating && !complete {
            open.missing.push(NOT_HELD.to_owned());
        }
        let count = open.known.len();
        write_inline(open.note("inline_policies", count, notes), notes)
    }

    /// Whether no exclusive set removes the inline policy of this name.
    fn is_kept(&self, exclusive: &[Id], name: &str) -> bool {
        exclusive.iter().all(|&set| {
            let names = self.side.instance(set).get("policy_names").texts();
            names.unknown.is_some() || names.known.iter().any(|kept| kept == name)
        })
    }

    fn put_inline(&self, children: &[Id], open: &mut Open<Inline>) {
        for &child in children {
            let child = self.side.instance(child);
            let settled = policy(self.side.estate, child, child.get("policy"));
            let name = child.get("name").text().or(None).ok().flatten();
            open.known.insert(name.unwrap_or_else(|| format!("(name of {} is made up)", child.address)), settled);
        }
    }

    /// What the plan gives to principals that it does not hold.
    fn strangers(&self, kind: &Kind, more: &[&Children]) -> Vec<Stranger<'e, 'a>> {
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

/// Inline policies by name.
type Inline = BTreeMap<String, Settled<PlannedPolicy>>;

/// A principal that the plan gives something without holding it.
struct Stranger<'e, 'a> {
    name: String,
    /// The first resource that gives it something.
    first: &'e Instance<'a>,
    grants: Grants,
    notes: Notes,
    /// Why nothing else is known.
    why: String,
}

impl Stranger<'_, '_> {
    fn resource(mut self, side: &Side<'_, '_>, kind: &Kind, make: impl FnOnce(Grants) -> Configuration) -> Resource {
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

fn write_inline(found: BTreeMap<String, Settled<PlannedPolicy>>, notes: &mut Notes) -> Vec<InlinePolicy> {
    let list = Pointer::configuration("inline_policies");
    found
        .into_iter()
        .enumerate()
        .map(|(index, (name, settled))| {
            let entry = list.child(index);
            if name.starts_with('(') {
                notes.unknown(entry.child("name"), "the provider makes up a name");
            }
            InlinePolicy { document: notes.policy(&entry.child("document"), settled), name }
        })
        .collect()
}

/// Name and path that every principal has.
fn path(instance: &Instance<'_>, notes: &mut Notes) -> String {
    notes.take("path", instance.get("path").text().or(Some("/".to_owned()))).unwrap_or_default()
}

fn name(instance: &Instance<'_>) -> String {
    known_name(instance).unwrap_or_else(|| instance.address.to_owned())
}

/// The ARN of the boundary; of a policy to be created, the id it has in this plan.
fn boundary(side: &Side<'_, '_>, id: Id) -> Settled<String> {
    let place = side.instance(id).get("permissions_boundary");
    match place.text() {
        Field::Unknown(why) => match parent(side.estate, id, place, &["aws_iam_policy"]) {
            Parent::One(policy) => Ok(Some(resource_id(side.estate, side.accounts, policy).to_string())),
            _ => Err(why),
        },
        field => field.or(None),
    }
}

/// All roles of a side.
pub(super) fn roles(side: &Side<'_, '_>) -> Vec<Resource> {
    let gifts = Gifts::of(side, &ROLE);
    let profiles = Children::join(side.estate, "aws_iam_instance_profile", "role", &[ROLE.itself]);
    let mut found: Vec<Resource> =
        side.estate.of_kind(ROLE.itself).iter().map(|&id| role(&gifts, &profiles, id)).collect();
    let outside = |grants| Role { grants, ..Role::default() }.into();
    found.extend(gifts.strangers(&ROLE, &[]).into_iter().map(|stranger| stranger.resource(side, &ROLE, outside)));
    found
}

fn role(gifts: &Gifts<'_, '_, '_>, profiles: &Children, id: Id) -> Resource {
    let side = gifts.side;
    let instance = side.instance(id);
    let mut notes = Notes::default();
    let trust = policy(side.estate, instance, instance.get("assume_role_policy"));
    let configuration = Role {
        path: path(instance, &mut notes),
        assume_role_policy: notes.policy(&Pointer::configuration("assume_role_policy"), trust),
        grants: gifts.grants(id, &mut notes),
        permissions_boundary: notes.take("permissions_boundary", boundary(side, id)),
        max_session_duration: notes
            .take("max_session_duration", instance.get("max_session_duration").number().or(Some(3600))),
        instance_profiles: notes.take("instance_profiles", instance_profiles(side, profiles, id)),
        observed: None,
    };
    notes.unknown(Pointer::configuration("observed"), NEVER_HELD);
    side.resource(id, Region::global(), name(instance), configuration, notes)
}

fn instance_profiles(side: &Side<'_, '_>, profiles: &Children, id: Id) -> Settled<Vec<String>> {
    if let Some(doubt) = profiles.doubt(id) {
        return Err(doubt);
    }
    if !side.instance(id).creating && profiles.of(id).is_empty() {
        return Err(NOT_HELD.to_owned());
    }
    let id_of = |&profile: &Id| resource_id(side.estate, side.accounts, profile).to_string();
    let all: BTreeSet<String> = profiles.of(id).iter().map(id_of).collect();
    Ok(Some(all.into_iter().collect()))
}

/// All groups of a side.
pub(super) fn groups(side: &Side<'_, '_>) -> Vec<Resource> {
    let gifts = Gifts::of(side, &GROUP);
    let group = |&id: &Id| {
        let instance = side.instance(id);
        let mut notes = Notes::default();
        let configuration = Group { path: path(instance, &mut notes), grants: gifts.grants(id, &mut notes) };
        side.resource(id, Region::global(), name(instance), configuration, notes)
    };
    let mut found: Vec<Resource> = side.estate.of_kind(GROUP.itself).iter().map(group).collect();
    let outside = |grants| Group { grants, ..Group::default() }.into();
    found.extend(gifts.strangers(&GROUP, &[]).into_iter().map(|stranger| stranger.resource(side, &GROUP, outside)));
    found
}

/// All users of a side.
pub(super) fn users(side: &Side<'_, '_>) -> Vec<Resource> {
    let gifts = Gifts::of(side, &USER);
    let belongings = Belongings::of(side.estate);
    let mut found: Vec<Resource> =
        side.estate.of_kind(USER.itself).iter().map(|&id| user(&gifts, &belongings, id)).collect();
    let more = [&belongings.joins, &belongings.members, &belongings.profiles];
    found.extend(gifts.strangers(&USER, &more).into_iter().map(|stranger| user_outside(side, &belongings, stranger)));
    found
}

/// A user that the plan gives policies, groups or a password without holding it.
fn user_outside(side: &Side<'_, '_>, belongings: &Belongings, mut stranger: Stranger<'_, '_>) -> Resource {
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

/// What only users have.
struct Belongings {
    /// `aws_iam_user_group_membership`: one user, many groups.
    joins: Children,
    /// `aws_iam_group_membership`: one group, many users.
    members: Children,
    profiles: Children,
    keys: Children,
}

impl Belongings {
    fn of(estate: &Estate<'_>) -> Self {
        let join = |child: &str| Children::join(estate, child, "user", &[USER.itself]);
        Self {
            joins: join("aws_iam_user_group_membership"),
            members: Children::join_each(estate, "aws_iam_group_membership", "users", &[USER.itself]),
            profiles: join("aws_iam_user_login_profile"),
            keys: join("aws_iam_access_key"),
        }
    }
}

fn user(gifts: &Gifts<'_, '_, '_>, belongings: &Belongings, id: Id) -> Resource {
    let side = gifts.side;
    let instance = side.instance(id);
    let mut notes = Notes::default();
    let groups = groups_of(side, belongings, id);
    let count = groups.known.len();
    let configuration = User {
        path: path(instance, &mut notes),
        groups: groups.note("groups", count, &mut notes).into_iter().collect(),
        grants: gifts.grants(id, &mut notes),
        permissions_boundary: notes.take("permissions_boundary", boundary(side, id)),
        console_password: notes.take("console_password", console_password(side, belongings, id)),
        password_last_changed: None,
        mfa_active: None,
        virtual_mfa: None,
        access_keys: access_keys(side, belongings, id, &mut notes),
        observed: None,
    };
    for attribute in ["password_last_changed", "mfa_active", "virtual_mfa", "observed"] {
        notes.unknown(Pointer::configuration(attribute), NEVER_HELD);
    }
    side.resource(id, Region::global(), name(instance), configuration, notes)
}

fn groups_of(side: &Side<'_, '_>, belongings: &Belongings, id: Id) -> Open<BTreeSet<String>> {
    let mut open = Open { known: BTreeSet::new(), missing: Vec::new() };
    put_groups(side, belongings.joins.of(id), belongings.members.of(id), &mut open);
    open.missing.extend(belongings.joins.doubt(id));
    open.missing.extend(belongings.members.doubt(id));
    if !side.instance(id).creating {
        open.missing.push(NOT_HELD.to_owned());
    }
    open
}

/// The groups of a user, by what lists groups of it, and by what lists it as a member.
fn put_groups(side: &Side<'_, '_>, joins: &[Id], members: &[Id], open: &mut Open<BTreeSet<String>>) {
    for &child in joins {
        let groups = side.instance(child).get("groups");
        for found in super::join::parents(side.estate, child, groups, &[GROUP.itself]) {
            put_group(side, found, open);
        }
    }
    for &child in members {
        put_group(side, parent(side.estate, child, side.instance(child).get("group"), &[GROUP.itself]), open);
    }
}

fn put_group(side: &Side<'_, '_>, found: Parent, open: &mut Open<BTreeSet<String>>) {
    match found {
        Parent::One(group) => match known_name(side.instance(group)) {
            Some(name) => {
                open.known.insert(name);
            }
            None => open.missing.push(format!("the name of {}", side.instance(group).address)),
        },
        Parent::Outside(name) => {
            open.known.insert(name);
        }
        Parent::Doubt(_, why) | Parent::Anyone(why) => open.missing.push(why),
        Parent::Nobody => {}
    }
}

fn console_password(side: &Side<'_, '_>, belongings: &Belongings, id: Id) -> Settled<bool> {
    if !belongings.profiles.of(id).is_empty() {
        return Ok(Some(true));
    }
    match belongings.profiles.doubt(id) {
        Some(doubt) => Err(doubt),
        None if side.instance(id).creating => Ok(Some(false)),
        None => Err(NOT_HELD.to_owned()),
    }
}

/// Keys of a user to be created; one that exists may have others, and which slot a key has is not
/// in a plan.
fn access_keys(side: &Side<'_, '_>, belongings: &Belongings, id: Id, notes: &mut Notes) -> Option<Vec<AccessKey>> {
    let place = Pointer::configuration("access_keys");
    if !side.instance(id).creating || belongings.keys.doubt(id).is_some() {
        notes.unknown(place, belongings.keys.doubt(id).unwrap_or_else(|| NOT_HELD.to_owned()));
        return None;
    }
    let mut keys = Vec::new();
    for (slot, &key) in (1..=2).zip(belongings.keys.of(id)) {
        let status = side.instance(key).get("status").text().or(Some("Active".to_owned()));
        let active = match status {
            Ok(status) => status.is_none_or(|status| status == "Active"),
            Err(why) => {
                notes.unknown(place.child(keys.len()).child("active"), why);
                true
            }
        };
        notes.unknown(place.child(keys.len()).child("last_rotated"), NEVER_HELD);
        keys.push(AccessKey { slot, active, last_rotated: None });
    }
    Some(keys)
}
