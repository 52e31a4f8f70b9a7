//! Which resource a child belongs to: by value, or by the references of the configuration when
//! the value is not known yet.
//!
//! A join that does not give exactly one parent is said to be in doubt on every candidate. It is
//! never guessed.

use std::collections::{BTreeMap, BTreeSet};

use super::estate::{Estate, Id, Instance};
use super::identity::BY_ADDRESS;
use super::json::Value;
use super::reference::{Target, targets};
use super::value::{Expression, Field, Place};

/// Whom a child belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Parent {
    /// One resource of this plan.
    One(Id),
    /// Something that the plan does not hold, by name, id or ARN.
    Outside(String),
    /// One of these, or something else; why it cannot be told.
    Doubt(Vec<Id>, String),
    /// One of the many resources that this names; why it cannot be told which.
    Crowd(String, String),
    /// Any of those that are about to be created; why it cannot be told which.
    Anyone(String),
    /// Nobody: the attribute is not set.
    Nobody,
}

/// All children of one kind, by parent.
#[derive(Debug, Default)]
pub(super) struct Children {
    pub(super) of: BTreeMap<Id, Vec<Id>>,
    /// Parents that may have a further child, and why that cannot be told.
    doubts: BTreeMap<Id, Doubts>,
    /// Children of parents outside the plan, by the parent's name.
    pub(super) outside: BTreeMap<String, Vec<Id>>,
    /// Children of one of many, by the name of those.
    crowds: BTreeMap<String, Doubts>,
    /// Children that may belong to anyone.
    anyones: Doubts,
    /// Those of them, while nobody in the plan is there to be in doubt about.
    strays: Vec<Id>,
    /// All of which it cannot be told whom they belong to.
    unsure: Vec<Id>,
}

/// The address of the child that a name outside the plan stands for, because whom it belongs to cannot be
/// told.
pub(super) fn stray(name: &str) -> Option<&str> {
    name.strip_prefix(BY_ADDRESS)
}

/// Why children may belong to a parent: the first few, and how many there are.
#[derive(Debug, Clone, Default)]
pub(super) struct Doubts {
    first: Vec<String>,
    count: usize,
}

/// How many doubts of one kind a reason names.
const SHOWN: usize = 5;

/// Of how many kinds of doubt a reason names the first few.
const KINDS: usize = 4;

/// How many parts of a bucket one of them may name it by.
const PARTS: u32 = 8;

/// Of more resources than this a child is not put in doubt one by one: there may be as many
/// children.
const MOST: usize = 32;

impl Doubts {
    fn add(&mut self, estate: &Estate<'_>, child: Id, why: &str) {
        self.count += 1;
        if self.first.len() < SHOWN {
            self.first.push(format!("{} may belong to it: {why}", estate.instance(child).address));
        }
    }

    /// Appends another kind of doubts; of many kinds the first few are named.
    fn append(&mut self, other: &Self) {
        self.count += other.count;
        self.first.extend(other.first.iter().take((SHOWN * KINDS).saturating_sub(self.first.len())).cloned());
    }

    fn sentence(&self) -> String {
        let more = self.count.saturating_sub(self.first.len());
        let and_more = if more == 0 { String::new() } else { format!("; and {more} more") };
        format!("{}{and_more}", self.first.join("; "))
    }
}

impl Children {
    /// Joins every resource of one Terraform type by one attribute to parents of one type.
    pub(super) fn join(estate: &Estate<'_>, kind: &str, attribute: &str, parent_kinds: &[&str]) -> Self {
        Self::join_some(estate, kind, attribute, parent_kinds, |_| true)
    }

    /// Joins those resources of one Terraform type that pass a test.
    pub(super) fn join_some<'a>(
        estate: &Estate<'a>,
        kind: &str,
        attribute: &str,
        parent_kinds: &[&str],
        test: impl Fn(&Instance<'a>) -> bool,
    ) -> Self {
        let mut children = Self::default();
        for &child in estate.of_kind(kind).iter().filter(|&&child| test(estate.instance(child))) {
            let place = estate.instance(child).get(attribute);
            children.add(estate, child, parent(estate, child, place, parent_kinds));
        }
        if parent_kinds == ["aws_s3_bucket"] {
            children.doubt_namesakes(estate, attribute);
        }
        children.spread(estate, parent_kinds)
    }

    /// Joins by the members of a list.
    pub(super) fn join_each(estate: &Estate<'_>, kind: &str, attribute: &str, parent_kinds: &[&str]) -> Self {
        let mut children = Self::default();
        for &child in estate.of_kind(kind) {
            for found in parents(estate, child, estate.instance(child).get(attribute), parent_kinds) {
                children.add(estate, child, found);
            }
        }
        children.spread(estate, parent_kinds)
    }

    fn add(&mut self, estate: &Estate<'_>, child: Id, parent: Parent) {
        if matches!(parent, Parent::Doubt(..) | Parent::Crowd(..) | Parent::Anyone(_)) {
            self.unsure.push(child);
        }
        match parent {
            Parent::One(parent) => {
                let children = self.of.entry(parent).or_default();
                // Children come one after the other; one may name its parent twice.
                if children.last() != Some(&child) {
                    children.push(child);
                }
            }
            Parent::Outside(name) => self.outside.entry(name).or_default().push(child),
            Parent::Doubt(candidates, why) => {
                for candidate in candidates {
                    self.doubts.entry(candidate).or_default().add(estate, child, &why);
                }
            }
            Parent::Crowd(name, why) => self.crowds.entry(name).or_default().add(estate, child, &why),
            Parent::Anyone(why) => {
                self.anyones.add(estate, child, &why);
                self.strays.push(child);
            }
            Parent::Nobody => {}
        }
    }

    /// With each child that may belong to anyone, while nobody in the plan can be meant, as that of a
    /// parent of its own outside the plan: what it says is not to be lost.
    pub(super) fn with_strays(mut self, estate: &Estate<'_>) -> Self {
        for child in std::mem::take(&mut self.strays) {
            let name = format!("{BY_ADDRESS}{}", estate.instance(child).address);
            self.outside.entry(name).or_default().push(child);
        }
        self
    }

    /// With strays, and with each child in doubt that passes a test, as that of a parent of its own: of
    /// whomever it is, what it says is certain.
    pub(super) fn with_strays_and<'a>(
        mut self,
        estate: &Estate<'a>,
        is_certain: impl Fn(&Instance<'a>) -> bool,
    ) -> Self {
        let strays: BTreeSet<Id> = std::mem::take(&mut self.strays).into_iter().collect();
        let of = |child: &Id| strays.contains(child) || is_certain(estate.instance(*child));
        self.strays = std::mem::take(&mut self.unsure).into_iter().filter(of).collect();
        self.with_strays(estate)
    }

    /// Puts those children in doubt on every candidate that may belong to any, or to any of one
    /// name. Done once for all, so that many such children of many parents stay cheap.
    fn spread(mut self, estate: &Estate<'_>, kinds: &[&str]) -> Self {
        for (name, doubts) in std::mem::take(&mut self.crowds) {
            for candidate in kinds.iter().flat_map(|kind| estate.named(kind, &name)) {
                self.doubts.entry(*candidate).or_default().append(&doubts);
            }
        }
        let doubts = std::mem::take(&mut self.anyones);
        if doubts.count > 0 {
            let candidates = candidates(estate, kinds);
            if !candidates.is_empty() {
                self.strays.clear();
            }
            for candidate in candidates {
                self.doubts.entry(candidate).or_default().append(&doubts);
            }
        }
        self
    }

    /// A plan shows of `"${aws_s3_bucket.data.id}-replica"` only what it refers to: a part of a bucket
    /// that is named like this refers to the same as one of the bucket it is named after. They are told
    /// apart when each of the two buckets has one.
    fn doubt_namesakes(&mut self, estate: &Estate<'_>, attribute: &str) {
        let Namesakes { groups, of } = estate.namesakes.get_or_init(|| namesakes(estate));
        let mut bare: Vec<Option<Vec<Id>>> = vec![None; groups.len()];
        let mut doubts: Vec<Doubts> = vec![Doubts::default(); groups.len()];
        for (&bucket, named) in of {
            let waits = |child: &Id| matches!(estate.instance(*child).get(attribute).field(), Field::Unknown(_));
            let parts: Vec<Id> = self.of(bucket).iter().copied().filter(waits).collect();
            if parts.is_empty() {
                continue;
            }
            for &group in named {
                let without = || groups[group].iter().copied().filter(|&one| self.of(one).is_empty()).collect();
                bare[group].get_or_insert_with(without);
            }
            if parts.len() == 1 && named.iter().all(|&group| bare[group].as_ref().is_none_or(Vec::is_empty)) {
                continue;
            }
            self.of.entry(bucket).or_default().retain(|child| parts.binary_search(child).is_err());
            let why = named_after(estate, bucket, named.iter().flat_map(|&group| &groups[group]));
            let mut own = Doubts::default();
            for part in parts {
                own.add(estate, part, &why);
            }
            for &group in named {
                doubts[group].append(&own);
            }
            self.doubts.entry(bucket).or_default().append(&own);
        }
        for (bare, doubts) in bare.into_iter().zip(doubts) {
            for one in bare.into_iter().flatten().filter(|_| doubts.count > 0) {
                self.doubts.entry(one).or_default().append(&doubts);
            }
        }
    }

    /// The children of a parent.
    pub(super) fn of(&self, parent: Id) -> &[Id] {
        self.of.get(&parent).map_or(&[], Vec::as_slice)
    }

    /// Why a parent may have further children.
    pub(super) fn doubt(&self, parent: Id) -> Option<String> {
        self.doubts.get(&parent).map(Doubts::sentence)
    }
}

/// Buckets whose name is known after apply and made of the names of others.
#[derive(Debug, Default)]
pub(super) struct Namesakes {
    /// Those that are named after the same.
    groups: Vec<Vec<Id>>,
    /// The groups that are named after a bucket.
    of: BTreeMap<Id, Vec<usize>>,
}

fn namesakes(estate: &Estate<'_>) -> Namesakes {
    const BUCKET: &str = "aws_s3_bucket";
    let mut groups: BTreeMap<Vec<Id>, Vec<Id>> = BTreeMap::new();
    for &id in estate.of_kind(BUCKET) {
        let name = estate.instance(id).get("bucket");
        if let (Field::Unknown(_), Some(expression)) = (name.field(), expression_of(name)) {
            groups.entry(named(estate, id, expression, &[BUCKET])).or_default().push(id);
        }
    }
    let mut found = Namesakes::default();
    for (buckets, group) in groups {
        for bucket in buckets {
            found.of.entry(bucket).or_default().push(found.groups.len());
        }
        found.groups.push(group);
    }
    found
}

fn named_after<'i>(estate: &Estate<'_>, bucket: Id, namesakes: impl Iterator<Item = &'i Id> + Clone) -> String {
    let more = namesakes.clone().count().saturating_sub(SHOWN);
    let and_more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let first: Vec<&str> = namesakes.take(SHOWN).map(|&namesake| estate.instance(namesake).address).collect();
    format!("{}{and_more} is named after {}", first.join(", "), estate.instance(bucket).address)
}

/// Whom one attribute of a child names.
pub(super) fn parent(estate: &Estate<'_>, child: Id, place: Place<'_>, kinds: &[&str]) -> Parent {
    match place.text() {
        Field::Known(text) => by_value(estate, child, &text, kinds),
        Field::Absent | Field::Default => Parent::Nobody,
        Field::Unknown(why) => by_reference(estate, child, place, kinds, why),
    }
}

/// Whom the members of a list attribute of a child name.
pub(super) fn parents(estate: &Estate<'_>, child: Id, place: Place<'_>, kinds: &[&str]) -> Vec<Parent> {
    let known = place.texts().known;
    let mut found: Vec<Parent> = known.iter().map(|text| by_value(estate, child, text, kinds)).collect();
    found.extend(open_parents(estate, child, place, kinds));
    found
}

/// Whom those members of a list name that are not known.
///
/// Every resource that a list refers to is in it, unless the list has fewer members than it refers
/// to: then a condition chooses among them.
pub(super) fn open_parents(estate: &Estate<'_>, child: Id, place: Place<'_>, kinds: &[&str]) -> Vec<Parent> {
    let members = place.texts();
    let Some(why) = members.unknown else { return Vec::new() };
    let Some(expression) = expression_of(place) else { return vec![Parent::Anyone(why)] };
    let Listed { ids, known, values, others } = listed(estate, child, expression, kinds, &members.known);
    let (is_choice, is_short) = match unknown_members(place) {
        Some(count) => {
            let all = ids.len() + known + others;
            (ids.len() > count || all > count + members.known.len(), ids.len() < count)
        }
        None => (others > 0 || values > 0 && ids.len() > 1, ids.is_empty()),
    };
    let mut found = match ids.len() {
        0 => Vec::new(),
        count if is_choice && count > MOST => vec![Parent::Anyone(why.clone())],
        _ if is_choice => vec![Parent::Doubt(ids, why.clone())],
        _ => ids.into_iter().map(Parent::One).collect(),
    };
    if is_short || others > 0 {
        found.push(Parent::Anyone(why));
    }
    found
}

/// How many members of a list are not known; `None` when not even their number is.
fn unknown_members(place: Place<'_>) -> Option<usize> {
    Some(place.unknown.as_array()?.iter().filter(|mark| **mark == Value::Bool(true)).count())
}

/// What the expression of a list refers to.
#[derive(Default)]
struct Listed {
    /// Instances of the wanted types that may be unknown members.
    ids: Vec<Id>,
    /// How many of its references are known members.
    known: usize,
    /// How many further ones have a known value.
    values: usize,
    /// How many lead elsewhere, or nowhere.
    others: usize,
}

fn listed(estate: &Estate<'_>, child: Id, expression: &Value, kinds: &[&str], members: &[String]) -> Listed {
    let mut listed = Listed::default();
    let mut left = PARTS;
    for target in targets(estate, estate.instance(child), expression) {
        let known = match &target {
            Target::Value(value) => Some(value.as_str().unwrap_or_default().to_owned()),
            Target::Instance(id, attribute) => estate.instance(*id).get(attribute).text().or(None).ok().flatten(),
            Target::Stopped(_) => None,
        };
        if known.as_ref().is_some_and(|text| members.contains(text)) {
            listed.known += 1;
            continue;
        }
        let meant = meant(estate, &target, kinds, &mut left);
        match (meant.is_empty(), known.is_some()) {
            (false, _) => listed.ids.extend(meant),
            (true, true) => listed.values += 1,
            (true, false) => listed.others += 1,
        }
    }
    listed.ids.sort_unstable();
    listed.ids.dedup();
    listed
}

fn by_value(estate: &Estate<'_>, child: Id, text: &str, kinds: &[&str]) -> Parent {
    let count: usize = kinds.iter().map(|kind| estate.named(kind, text).len()).sum();
    let module = &estate.instance(child).module;
    let mut all: Vec<Id> = Vec::new();
    for kind in kinds {
        all.extend(if count > MOST { estate.named_in(kind, text, module) } else { estate.named(kind, text) });
    }
    let why = |count: usize| format!("{count} resources are named {text}");
    if count > MOST && (all.is_empty() || all.len() > MOST) {
        return Parent::Crowd(text.to_owned(), why(count));
    }
    let nearest = narrow(estate, child, &all);
    match nearest.as_slice() {
        // Parts of a directory bucket are named like those of a bucket.
        [] if kinds == ["aws_s3_bucket"] && text.ends_with("--x-s3") => Parent::Nobody,
        [] => Parent::Outside(text.to_owned()),
        [one] => Parent::One(*one),
        several => Parent::Doubt(several.to_vec(), why(several.len())),
    }
}

/// Two buckets may have one literal name, in a module that is used twice or behind two providers:
/// the one in the child's own module instance, then the one of its provider, is meant.
fn narrow(estate: &Estate<'_>, child: Id, all: &[Id]) -> Vec<Id> {
    let child = estate.instance(child);
    let module = |id: &Id| estate.instance(*id).module == child.module;
    let provider = |id: &Id| {
        let key = |block: Option<&super::format::Block>| block.and_then(|block| block.provider_config_key.clone());
        key(estate.instance(*id).block) == key(child.block)
    };
    let keep = |ids: Vec<Id>, test: &dyn Fn(&Id) -> bool| {
        let kept: Vec<Id> = ids.iter().copied().filter(test).collect();
        if kept.is_empty() || ids.len() == 1 { ids } else { kept }
    };
    keep(keep(all.to_vec(), &module), &provider)
}

fn by_reference(estate: &Estate<'_>, child: Id, place: Place<'_>, kinds: &[&str], why: String) -> Parent {
    let Some(expression) = expression_of(place) else {
        return Parent::Anyone(why);
    };
    match named(estate, child, expression, kinds).as_slice() {
        [one] => Parent::One(*one),
        [] => match outside(estate, child, expression, kinds) {
            Some(name) => by_value(estate, child, &name, kinds),
            None if kinds == ["aws_s3_bucket"] && names_directories(estate, child, expression) => Parent::Nobody,
            None => Parent::Anyone(with_end(estate, child, expression, why)),
        },
        several if several.len() > MOST => Parent::Anyone(why),
        several => Parent::Doubt(several.to_vec(), why),
    }
}

/// What an unknown value waits for, with where its references lead in the end: what a plan does not
/// show, such as a local.
fn with_end(estate: &Estate<'_>, child: Id, expression: &Value, why: String) -> String {
    let ends = targets(estate, estate.instance(child), expression).into_iter().filter_map(|target| match target {
        Target::Stopped(reference) if !why.contains(&reference) => Some(reference),
        _ => None,
    });
    let ends: Vec<String> = ends.take(SHOWN).collect();
    if ends.is_empty() { why } else { format!("{why}, by way of {}", ends.join(", ")) }
}

/// Whether an expression names directory buckets and nothing else.
fn names_directories(estate: &Estate<'_>, child: Id, expression: &Value) -> bool {
    let targets = targets(estate, estate.instance(child), expression);
    let is_directory = |target: &Target| matches!(target, Target::Instance(id, _) if estate.instance(*id).kind == "aws_s3_directory_bucket");
    !targets.is_empty() && targets.iter().all(is_directory)
}

/// The instances of the wanted types that an expression names.
fn named(estate: &Estate<'_>, child: Id, expression: &Value, kinds: &[&str]) -> Vec<Id> {
    let mut left = PARTS;
    let targets = targets(estate, estate.instance(child), expression);
    let mut named: Vec<Id> = targets.iter().flat_map(|target| meant(estate, target, kinds, &mut left)).collect();
    named.sort_unstable();
    named.dedup();
    named
}

/// The instances of the wanted types that a target is, or leads to.
fn meant(estate: &Estate<'_>, target: &Target, kinds: &[&str], left: &mut u32) -> Vec<Id> {
    let Target::Instance(id, attribute) = target else { return Vec::new() };
    let instance = estate.instance(*id);
    if instance.data {
        through_data(estate, *id, kinds)
    } else if kinds.contains(&instance.kind) {
        vec![*id]
    } else if is_default_group(kinds, attribute) {
        adopted(estate, *id).into_iter().collect()
    } else if kinds == ["aws_s3_bucket"] && is_part(estate, *id, attribute) {
        through_part(estate, *id, left)
    } else {
        Vec::new()
    }
}

/// The attribute by which a data source looks up a resource of this type.
fn looked_up_by(kind: &str) -> Option<&'static str> {
    match kind {
        "aws_s3_bucket" => Some("bucket"),
        "aws_security_group" => Some("id"),
        "aws_iam_role" | "aws_iam_policy" => Some("name"),
        "aws_iam_user" => Some("user_name"),
        "aws_iam_group" => Some("group_name"),
        _ => None,
    }
}

/// The resources that a data source may look up. Several when a name is of several, or when it is
/// chosen on a condition: which one it is, is not for us to guess.
fn through_data(estate: &Estate<'_>, data: Id, kinds: &[&str]) -> Vec<Id> {
    let instance = estate.instance(data);
    let Some(place) = looked_up_by(instance.kind).map(|attribute| instance.get(attribute)) else { return Vec::new() };
    if let Field::Known(text) = place.text() {
        let some = |kind: &&str| estate.named(kind, &text).iter().copied().take(MOST + 1).collect::<Vec<_>>();
        return kinds.iter().flat_map(|kind| narrow(estate, data, &some(kind))).collect();
    }
    let Some(expression) = expression_of(place) else { return Vec::new() };
    let found = targets(estate, instance, expression).into_iter().filter_map(|target| match target {
        Target::Instance(id, _) if !estate.instance(id).data && kinds.contains(&estate.instance(id).kind) => Some(id),
        _ => None,
    });
    found.collect()
}

/// What the default group of a VPC is called that no resource of the plan adopts, before the VPC's address.
pub(super) const DEFAULT_GROUP_OF: &str = "default group of ";

fn is_default_group(kinds: &[&str], attribute: &str) -> bool {
    attribute == "default_security_group_id" && kinds.contains(&ADOPTING)
}

const ADOPTING: &str = "aws_default_security_group";

/// The resource that adopts the default group of a VPC.
fn adopted(estate: &Estate<'_>, vpc: Id) -> Option<Id> {
    let of = |id: Id| match parent(estate, id, estate.instance(id).get("vpc_id"), &["aws_vpc", "aws_default_vpc"]) {
        Parent::One(vpc) => Some((vpc, id)),
        _ => None,
    };
    let all = || estate.of_kind(ADOPTING).iter().rev().filter_map(|&id| of(id)).collect();
    estate.default_groups.get_or_init(all).get(&vpc).copied()
}

/// The buckets of a part that another part names its bucket by: `bucket = aws_s3_bucket_policy.b.id`
/// says that the policy is to be set first.
fn through_part(estate: &Estate<'_>, part: Id, left: &mut u32) -> Vec<Id> {
    *left = left.saturating_sub(1);
    let instance = estate.instance(part);
    let place = instance.get("bucket");
    match (place.text(), expression_of(place)) {
        (Field::Known(text), _) => narrow(estate, part, estate.named("aws_s3_bucket", &text)),
        (Field::Unknown(_), Some(expression)) if *left > 0 => {
            let through = |target| match target {
                Target::Instance(id, _) if is_kind(estate, id, "aws_s3_bucket") => vec![id],
                Target::Instance(id, attribute) if is_part(estate, id, &attribute) => through_part(estate, id, left),
                _ => Vec::new(),
            };
            targets(estate, instance, expression).into_iter().flat_map(through).collect()
        }
        _ => Vec::new(),
    }
}

fn is_kind(estate: &Estate<'_>, id: Id, kind: &str) -> bool {
    !estate.instance(id).data && estate.instance(id).kind == kind
}

/// Whether this is the attribute by which a part of a bucket names the bucket.
fn is_part(estate: &Estate<'_>, id: Id, attribute: &str) -> bool {
    let instance = estate.instance(id);
    !instance.data && instance.kind.starts_with("aws_s3_bucket_") && matches!(attribute, "id" | "bucket")
}

/// A name that an expression refers to, of something outside the plan: a variable, or a data source
/// that was read, or that is read during apply and looks for a known name.
fn outside(estate: &Estate<'_>, child: Id, expression: &Value, kinds: &[&str]) -> Option<String> {
    let known = |place: Place<'_>| match place.text() {
        Field::Known(text) => Some(text),
        _ => None,
    };
    let mut texts = targets(estate, estate.instance(child), expression).into_iter().map(|target| match target {
        Target::Value(Value::String(text)) => Some(text.into_string()),
        Target::Instance(id, attribute) if estate.instance(id).data => {
            let data = estate.instance(id);
            let looked_up = || known(data.get(looked_up_by(data.kind).filter(|_| kinds.contains(&data.kind))?));
            known(data.get(&attribute)).or_else(looked_up)
        }
        Target::Instance(id, attribute) if is_default_group(kinds, &attribute) => {
            Some(format!("{DEFAULT_GROUP_OF}{}", estate.instance(id).address))
        }
        _ => None,
    });
    let only = texts.next()??;
    texts.next().is_none().then_some(only)
}

/// Whom a name that is unknown may mean: it must itself be unknown, so be about to be created.
fn candidates(estate: &Estate<'_>, kinds: &[&str]) -> Vec<Id> {
    let all = kinds.iter().flat_map(|kind| estate.of_kind(kind));
    all.copied().filter(|id| estate.instance(*id).creating).collect()
}

fn expression_of(place: Place<'_>) -> Option<&Value> {
    match place.expression {
        Expression::Set(expression) => Some(expression),
        Expression::AnyOf(_) | Expression::Unset | Expression::Unseen(_) | Expression::Hidden => None,
    }
}
