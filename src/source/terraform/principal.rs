//! `AWS::IAM::Role`, `AWS::IAM::User` and `AWS::IAM::Group`.
//!
//! Of a principal that exists already a plan knows only what it declares: AWS may hold more access
//! keys, groups and instance profiles.

use std::collections::BTreeSet;

use crate::model::{AccessKey, Group, Pointer, Region, Resource, Role, RoleObserved, User, UserObserved};

use super::estate::{Estate, Id, Instance};
use super::grants::{GROUP, Gifts, Open, ROLE, USER};
use super::identity::{known_name, resource_id};
use super::join::{Children, Parent, parent, parents};
use super::policy_document::policy;
use super::principal_outside::user_outside;
use super::side::{NEVER_HELD, NOT_HELD, Notes, Side};
use super::value::{Field, Settled};

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
    found
        .extend(gifts.strangers(&ROLE, [&[], &[]]).into_iter().map(|stranger| stranger.resource(side, &ROLE, outside)));
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
        observed: observed(side, instance, &mut notes),
    };
    side.resource(id, Region::global(), name(instance), configuration, notes)
}

/// When a role was used: one that the plan makes never was.
fn observed(side: &Side<'_, '_>, instance: &Instance<'_>, notes: &mut Notes) -> Option<RoleObserved> {
    if !instance.creating {
        notes.unknown(Pointer::configuration("observed"), NEVER_HELD);
        return None;
    }
    let new = RoleObserved { created: Some(side.today), ..RoleObserved::default() };
    Some(notes.aws_default("observed", new))
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
    found.extend(
        gifts.strangers(&GROUP, [&[], &[]]).into_iter().map(|stranger| stranger.resource(side, &GROUP, outside)),
    );
    found
}

/// All users of a side.
pub(super) fn users(side: &Side<'_, '_>) -> Vec<Resource> {
    let gifts = Gifts::of(side, &USER);
    let belongings = Belongings::of(side.estate);
    let mut found: Vec<Resource> =
        side.estate.of_kind(USER.itself).iter().map(|&id| user(&gifts, &belongings, id)).collect();
    let previously = side.previous.map(Belongings::of);
    let earlier: Vec<&Children> = previously.iter().flat_map(Belongings::tell).collect();
    let strangers = gifts.strangers(&USER, [&belongings.tell(), &earlier]);
    found.extend(strangers.into_iter().map(|stranger| user_outside(side, &belongings, stranger)));
    found
}

/// What only users have.
pub(super) struct Belongings {
    /// `aws_iam_user_group_membership`: one user, many groups.
    pub(super) joins: Children,
    /// `aws_iam_group_membership`: one group, many users.
    pub(super) members: Children,
    pub(super) profiles: Children,
    pub(super) keys: Children,
}

impl Belongings {
    fn of(estate: &Estate<'_>) -> Self {
        let join = |child: &str| Children::join(estate, child, "user", &[USER.itself]).with_strays(estate);
        let members = Children::join_each(estate, "aws_iam_group_membership", "users", &[USER.itself]);
        Self {
            joins: join("aws_iam_user_group_membership"),
            members: members.with_strays(estate),
            profiles: join("aws_iam_user_login_profile"),
            keys: join("aws_iam_access_key"),
        }
    }

    /// What tells of a user outside the plan.
    const fn tell(&self) -> [&Children; 3] {
        [&self.joins, &self.members, &self.profiles]
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
        access_keys: access_keys(side, belongings, id, &mut notes),
        ..User::default()
    };
    let configuration = if instance.creating {
        new_user(side, configuration, &mut notes)
    } else {
        for attribute in MADE_BY_USE {
            notes.unknown(Pointer::configuration(attribute), NEVER_HELD);
        }
        configuration
    };
    side.resource(id, Region::global(), name(instance), configuration, notes)
}

/// What no resource of Terraform's sets.
const MADE_BY_USE: [&str; 4] = ["password_last_changed", "mfa_active", "virtual_mfa", "observed"];

/// A user that the plan makes: nobody has used it, and nobody has tied an MFA device to it, which takes
/// the user. Its password is made today.
fn new_user(side: &Side<'_, '_>, user: User, notes: &mut Notes) -> User {
    for attribute in MADE_BY_USE {
        notes.left_to_aws(Pointer::configuration(attribute));
    }
    User {
        password_last_changed: user.console_password.filter(|password| *password).map(|_| side.today),
        mfa_active: Some(false),
        virtual_mfa: Some(false),
        observed: Some(UserObserved { created: Some(side.today), ..UserObserved::default() }),
        ..user
    }
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
pub(super) fn put_groups(side: &Side<'_, '_>, joins: &[Id], members: &[Id], open: &mut Open<BTreeSet<String>>) {
    for &child in joins {
        let groups = side.instance(child).get("groups");
        for found in parents(side.estate, child, groups, &[GROUP.itself]) {
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
        notes.left_to_aws(place.child(keys.len()).child("last_rotated"));
        keys.push(AccessKey { slot, active, last_rotated: Some(side.today) });
    }
    Some(keys)
}
