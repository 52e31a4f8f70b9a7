//! `AWS::IAM::Role`, `AWS::IAM::User` and `AWS::IAM::Group`, with their policies and attachments.
//!
//! A role's `managed_policy_arns` and `inline_policy` either set what it has or echo the separate
//! resources. Users and groups have no echo: of one that exists already a plan knows only what it
//! declares, and AWS may hold more.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{AccessKey, Grants, Group, InlinePolicy, Pointer, Region, Resource, Role, User};

use super::estate::{Estate, Id, Instance};
use super::identity::{known_name, resource_id};
use super::join::{Children, Parent, parent};
use super::policy_document::{PlannedPolicy, policy};
use super::reference::unset_if_null;
use super::side::{NEVER_HELD, NOT_HELD, Notes, Side};
use super::value::{Field, Place, Settled};

/// Role, user or group: the Terraform types that give it something.
struct Kind {
    itself: &'static str,
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
    named_by: "role",
    inline: "aws_iam_role_policy",
    attachment: "aws_iam_role_policy_attachment",
    list: "roles",
    exclusive: ["aws_iam_role_policies_exclusive", "aws_iam_role_policy_attachments_exclusive"],
    exclusive_by: "role_name",
};
const USER: Kind = Kind {
    itself: "aws_iam_user",
    named_by: "user",
    inline: "aws_iam_user_policy",
    attachment: "aws_iam_user_policy_attachment",
    list: "users",
    exclusive: ["aws_iam_user_policies_exclusive", "aws_iam_user_policy_attachments_exclusive"],
    exclusive_by: "user_name",
};
const GROUP: Kind = Kind {
    itself: "aws_iam_group",
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
        let members = echo.texts();
        open.known.extend(members.known);
        if members.unknown.is_some() {
            self.listed_arns(id, echo, &mut open);
        }
        if let (Some((previous, before)), Some(given), false) =
            (self.side.before(id), &self.previously, echo.is_configured())
        {
            let mut echoed = Open { known: BTreeSet::new(), missing: Vec::new() };
            self.attach(previous, before, given, &mut echoed);
            for arn in &echoed.known {
                open.known.remove(arn);
            }
        }
        self.attach(self.side.estate, id, &self.now, &mut open);
        let complete = !self.now.exclusive[1].of(id).is_empty() || echo.value.is_array();
        if !instance.creating && !complete {
            open.missing.push(NOT_HELD.to_owned());
        }
        open
    }

    /// Members of `managed_policy_arns` that are only known as references.
    fn listed_arns(&self, id: Id, place: Place<'_>, open: &mut Open<BTreeSet<String>>) {
        for found in super::join::parents(self.side.estate, id, place, &["aws_iam_policy"]) {
            match found {
                Parent::One(policy) => {
                    open.known.insert(resource_id(self.side.estate, self.side.accounts, policy).to_string());
                }
                Parent::Doubt(_, why) | Parent::Crowd(_, why) | Parent::Anyone(why) => open.missing.push(why),
                Parent::Outside(_) | Parent::Nobody => {}
            }
        }
    }

    fn attach(&self, estate: &Estate<'_>, id: Id, given: &Given, open: &mut Open<BTreeSet<String>>) {
        for children in [&given.attachment, &given.list] {
            for &child in children.of(id) {
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
            open.missing.extend(children.doubt(id));
        }
    }

    fn inline(&self, id: Id, notes: &mut Notes) -> Vec<InlinePolicy> {
        let instance = self.side.instance(id);
        let mut found: BTreeMap<String, Settled<PlannedPolicy>> = BTreeMap::new();
        let mut missing = Vec::new();
        let blocks = instance.get("inline_policy").items();
        missing.extend(blocks.unknown);
        for block in &blocks.known {
            if let Field::Known(name) = block.get("name").text() {
                found.insert(name, policy(self.side.estate, instance, block.get("policy")));
            }
        }
        if let (Some((previous, before)), Some(given)) = (self.side.before(id), &self.previously) {
            for &child in given.inline.of(before) {
                if let Field::Known(name) = previous.instance(child).get("name").text() {
                    found.remove(&name);
                }
            }
        }
        for &child in self.now.inline.of(id) {
            let child = self.side.instance(child);
            let settled = policy(self.side.estate, child, child.get("policy"));
            let name = child.get("name").text().or(None).ok().flatten();
            found.insert(name.unwrap_or_else(|| format!("(name of {} is made up)", child.address)), settled);
        }
        missing.extend(self.now.inline.doubt(id));
        let complete = !self.now.exclusive[0].of(id).is_empty() || instance.value.get("inline_policy").is_some();
        if !instance.creating && !complete {
            missing.push(NOT_HELD.to_owned());
        }
        let open = Open { known: found, missing };
        let count = open.known.len();
        write_inline(open.note("inline_policies", count, notes), notes)
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
    side.estate.of_kind(ROLE.itself).iter().map(|&id| role(&gifts, &profiles, id)).collect()
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
    side.estate.of_kind(GROUP.itself).iter().map(group).collect()
}

/// All users of a side.
pub(super) fn users(side: &Side<'_, '_>) -> Vec<Resource> {
    let gifts = Gifts::of(side, &USER);
    let belongings = Belongings::of(side.estate);
    side.estate.of_kind(USER.itself).iter().map(|&id| user(&gifts, &belongings, id)).collect()
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
    for &child in belongings.joins.of(id) {
        let groups = side.instance(child).get("groups");
        for found in super::join::parents(side.estate, child, groups, &[GROUP.itself]) {
            put_group(side, found, &mut open);
        }
    }
    for &child in belongings.members.of(id) {
        put_group(side, parent(side.estate, child, side.instance(child).get("group"), &[GROUP.itself]), &mut open);
    }
    open.missing.extend(belongings.joins.doubt(id));
    open.missing.extend(belongings.members.doubt(id));
    if !side.instance(id).creating {
        open.missing.push(NOT_HELD.to_owned());
    }
    open
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
        Parent::Doubt(_, why) | Parent::Crowd(_, why) | Parent::Anyone(why) => open.missing.push(why),
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
