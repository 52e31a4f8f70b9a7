//! What principals are given: policies inside them, and attached ones.
//!
//! A role's `managed_policy_arns` and `inline_policy` either set what it has or echo the separate
//! resources. Users and groups have no echo: of one that exists already a plan knows only what it
//! declares, and AWS may hold more. An exclusive set says that there is nothing else: it attaches
//! the managed policies that it lists, and takes away what it does not list.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Grants, InlinePolicy, NOT_IN_PLAN, Pointer};

use super::ec2::filled_in;
use super::estate::{Estate, Id};
use super::identity::resource_id;
use super::join::{Children, Parent, open_parents, parent, parents};
use super::policy_document::{PlannedPolicy, policy};
use super::reference::unset_if_null;
use super::side::{NOT_HELD, Notes, Side, is_set};
use super::value::{Field, Place, Settled};

const INLINE: [&str; 3] = ["aws_iam_role_policy", "aws_iam_user_policy", "aws_iam_group_policy"];

/// Role, user or group: the Terraform types that give it something.
pub(super) struct Kind {
    pub(super) itself: &'static str,
    /// What it is called in words and in ARNs.
    pub(super) word: &'static str,
    /// What it has beside path, tags, policies and groups.
    pub(super) further: &'static [&'static str],
    /// The attribute by which its own resources name it.
    pub(super) named_by: &'static str,
    pub(super) inline: &'static str,
    pub(super) attachment: &'static str,
    /// The list of `aws_iam_policy_attachment` that names it.
    pub(super) list: &'static str,
    /// The resources that say "and nothing else", and the attribute by which they name it.
    pub(super) exclusive: [&'static str; 2],
    pub(super) exclusive_by: &'static str,
}

pub(super) const ROLE: Kind = Kind {
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
pub(super) const USER: Kind = Kind {
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
pub(super) const GROUP: Kind = Kind {
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
pub(super) struct Given {
    pub(super) inline: Children,
    pub(super) attachment: Children,
    pub(super) list: Children,
    pub(super) exclusive: [Children; 2],
}

impl Given {
    fn of(estate: &Estate<'_>, kind: &Kind) -> Self {
        let join =
            |child: &str, attribute: &str| Children::join(estate, child, attribute, &[kind.itself]).with_strays(estate);
        let list = Children::join_each(estate, "aws_iam_policy_attachment", kind.list, &[kind.itself]);
        Self {
            inline: join(kind.inline, kind.named_by),
            attachment: join(kind.attachment, kind.named_by),
            list: list.with_strays(estate),
            exclusive: kind.exclusive.map(|exclusive| join(exclusive, kind.exclusive_by)),
        }
    }
}

/// A list that may have further members.
#[derive(Default)]
pub(super) struct Open<T> {
    pub(super) known: T,
    pub(super) missing: Vec<String>,
}

impl<T> Open<T> {
    /// Notes that there may be more, at the place after the last member.
    pub(super) fn note(self, attribute: &str, count: usize, notes: &mut Notes) -> T {
        if !self.missing.is_empty() {
            notes.unknown(Pointer::configuration(attribute).child(count), self.missing.join("; "));
        }
        self.known
    }
}

/// Both sides of what is given, so that an echo of what was can be told from what is.
pub(super) struct Gifts<'s, 'e, 'a> {
    pub(super) side: &'s Side<'e, 'a>,
    pub(super) now: Given,
    pub(super) previously: Option<Given>,
}

impl<'s, 'e, 'a> Gifts<'s, 'e, 'a> {
    pub(super) fn of(side: &'s Side<'e, 'a>, kind: &Kind) -> Self {
        Self {
            side,
            now: Given::of(side.estate, kind),
            previously: side.previous.map(|previous| Given::of(previous, kind)),
        }
    }

    pub(super) fn grants(&self, id: Id, notes: &mut Notes) -> Grants {
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
        let is_set = is_set(self.side, id, "managed_policy_arns");
        let exclusive = self.now.exclusive[1].of(id);
        // An exclusive set detaches what only the echo still has.
        if exclusive.is_empty() || is_set {
            self.listed_arns(id, echo, &mut open);
        }
        if let (Some((previous, before)), Some(given), false) = (self.side.before(id), &self.previously, is_set) {
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
        let Some(why) = members.unknown else { return };
        if place.unknown.as_array().is_none() {
            // Of a list of unknown length a plan shows no constants.
            open.missing.push(why);
        }
        for found in parents(self.side.estate, owner, place, &["aws_iam_policy"]) {
            match found {
                Parent::One(policy) => {
                    open.known.insert(resource_id(self.side.estate, self.side.accounts, policy).to_string());
                }
                Parent::Doubt(_, why) | Parent::Crowd(_, why) | Parent::Anyone(why) => open.missing.push(why),
                Parent::Outside(_) | Parent::Nobody => {}
            }
        }
    }

    pub(super) fn attach(&self, estate: &Estate<'_>, children: &[Id], open: &mut Open<BTreeSet<String>>) {
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
    pub(super) fn attach_exclusive(&self, sets: &[Id], open: &mut Open<BTreeSet<String>>) {
        for &set in sets {
            self.listed_arns(set, self.side.instance(set).get("policy_arns"), open);
        }
    }

    fn inline(&self, id: Id, notes: &mut Notes) -> Vec<InlinePolicy> {
        let instance = self.side.instance(id);
        let mut open = Open { known: BTreeMap::new(), missing: Vec::new() };
        let exclusive = self.now.exclusive[0].of(id);
        let blocks = filled_in(self.side, instance, "inline_policy").items();
        open.missing.extend(blocks.unknown);
        for (index, block) in blocks.known.iter().enumerate() {
            let name = match block.get("name").text() {
                Field::Known(name) if self.is_kept(exclusive, &name) => name,
                Field::Unknown(_) | Field::Default => {
                    format!("(name of inline_policy {} of {} is {LATER})", index + 1, instance.address)
                }
                Field::Known(_) | Field::Absent => continue,
            };
            open.known.insert(name, policy(self.side.estate, instance, block.get("policy")));
        }
        let is_set = is_set(self.side, id, "inline_policy");
        if let (Some((previous, before)), Some(given), false) = (self.side.before(id), &self.previously, is_set) {
            for &child in given.inline.of(before) {
                if let Field::Known(name) = previous.instance(child).get("name").text() {
                    open.known.remove(&name);
                }
            }
        }
        self.put_inline(self.now.inline.of(id), &mut open);
        open.missing.extend(self.now.inline.doubt(id));
        self.put_kept(exclusive, self.now.inline.of(id), &mut open);
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

    /// Notes the inline policies that exclusive sets keep, and whose document nothing in the plan holds.
    pub(super) fn put_kept(&self, exclusive: &[Id], inline: &[Id], open: &mut Open<Inline>) {
        for &set in exclusive {
            let names = self.side.instance(set).get("policy_names");
            for name in names.texts().known.iter().filter(|name| !open.known.contains_key(*name)) {
                open.missing.push(format!("the document of inline policy {name}{NOT_IN_PLAN}"));
            }
            for kept in open_parents(self.side.estate, set, names, &INLINE) {
                match kept {
                    Parent::One(child) if inline.contains(&child) => {}
                    Parent::One(child) => {
                        open.missing.push(format!("whether {} belongs to it", self.side.instance(child).address));
                    }
                    Parent::Doubt(_, why) | Parent::Crowd(_, why) | Parent::Anyone(why) => open.missing.push(why),
                    Parent::Outside(_) | Parent::Nobody => {}
                }
            }
        }
    }

    pub(super) fn put_inline(&self, children: &[Id], open: &mut Open<Inline>) {
        for &child in children {
            let child = self.side.instance(child);
            let settled = policy(self.side.estate, child, child.get("policy"));
            let name = child.get("name").text().or(None).ok().flatten();
            open.known.insert(name.unwrap_or_else(|| format!("(name of {} is made up)", child.address)), settled);
        }
    }
}

const LATER: &str = "known after apply";

/// Inline policies by name. One whose name is not known goes by a text in parentheses, which no name has.
pub(super) type Inline = BTreeMap<String, Settled<PlannedPolicy>>;

pub(super) fn write_inline(found: BTreeMap<String, Settled<PlannedPolicy>>, notes: &mut Notes) -> Vec<InlinePolicy> {
    let list = Pointer::configuration("inline_policies");
    found
        .into_iter()
        .enumerate()
        .map(|(index, (name, settled))| {
            let entry = list.child(index);
            if name.starts_with('(') {
                let why = if name.contains(LATER) { LATER } else { "the provider makes up a name" };
                notes.unknown(entry.child("name"), why);
            }
            InlinePolicy { document: notes.policy(&entry.child("document"), settled), name }
        })
        .collect()
}
