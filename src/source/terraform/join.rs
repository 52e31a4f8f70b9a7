//! Which resource a child belongs to: by value, or by the references of the configuration when
//! the value is not known yet.
//!
//! A join that does not give exactly one parent is said to be in doubt on every candidate. It is
//! never guessed.

use std::collections::BTreeMap;

use serde_json::Value;

use super::estate::{Estate, Id, Instance};
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
}

/// Why children may belong to a parent: the first few, and how many there are.
#[derive(Debug, Clone, Default)]
pub(super) struct Doubts {
    first: Vec<String>,
    count: usize,
}

/// How many doubts of one kind a reason names.
const SHOWN: usize = 5;

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

    fn append(&mut self, other: &Self) {
        self.count += other.count;
        self.first.extend(other.first.iter().cloned());
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
            Parent::Anyone(why) => self.anyones.add(estate, child, &why),
            Parent::Nobody => {}
        }
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
            for candidate in candidates(estate, kinds) {
                self.doubts.entry(candidate).or_default().append(&doubts);
            }
        }
        self
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
    let members = place.texts();
    let mut found: Vec<Parent> = members.known.iter().map(|text| by_value(estate, child, text, kinds)).collect();
    if let Some(why) = members.unknown {
        let Some(expression) = expression_of(place) else {
            found.push(Parent::Anyone(why));
            return found;
        };
        let (named, stopped) = named(estate, child, expression, kinds);
        // Every resource that a list refers to is in it.
        found.extend(named.into_iter().map(Parent::One));
        if stopped {
            found.push(Parent::Anyone(why));
        }
    }
    found
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
    match named(estate, child, expression, kinds).0.as_slice() {
        [one] => Parent::One(*one),
        [] => match outside(estate, child, expression) {
            Some(name) => by_value(estate, child, &name, kinds),
            None => Parent::Anyone(why),
        },
        several if several.len() > MOST => Parent::Anyone(why),
        several => Parent::Doubt(several.to_vec(), why),
    }
}

/// The instances of the wanted types that an expression names, and whether part of it leads
/// nowhere.
fn named(estate: &Estate<'_>, child: Id, expression: &Value, kinds: &[&str]) -> (Vec<Id>, bool) {
    let mut named = Vec::new();
    let mut stopped = false;
    for target in targets(estate, estate.instance(child), expression) {
        match target {
            Target::Instance(id, _) if !estate.instance(id).data && kinds.contains(&estate.instance(id).kind) => {
                named.push(id);
            }
            Target::Instance(id, _) if estate.instance(id).data => named.extend(through_data(estate, id, kinds)),
            Target::Stopped(_) => stopped = true,
            Target::Instance(..) | Target::Value(_) => {}
        }
    }
    named.sort_unstable();
    named.dedup();
    (named, stopped)
}

/// The resource that a data source looks up by a name that is not known yet.
fn through_data(estate: &Estate<'_>, data: Id, kinds: &[&str]) -> Option<Id> {
    let instance = estate.instance(data);
    let attribute = match instance.kind {
        "aws_s3_bucket" => "bucket",
        "aws_security_group" => "id",
        "aws_iam_role" | "aws_iam_policy" => "name",
        "aws_iam_user" => "user_name",
        "aws_iam_group" => "group_name",
        _ => return None,
    };
    let place = instance.get(attribute);
    if let Field::Known(text) = place.text() {
        return kinds.iter().find_map(|kind| estate.named(kind, &text).first().copied());
    }
    targets(estate, instance, expression_of(place)?).into_iter().find_map(|target| match target {
        Target::Instance(id, _) if !estate.instance(id).data && kinds.contains(&estate.instance(id).kind) => Some(id),
        _ => None,
    })
}

/// A name that an expression refers to, of something outside the plan: a variable, or a data
/// source that was read.
fn outside(estate: &Estate<'_>, child: Id, expression: &Value) -> Option<String> {
    let mut texts = targets(estate, estate.instance(child), expression).into_iter().map(|target| match target {
        Target::Value(Value::String(text)) => Some(text),
        Target::Instance(id, attribute) if estate.instance(id).data => match estate.instance(id).get(&attribute).text()
        {
            Field::Known(text) => Some(text),
            _ => None,
        },
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
        Expression::AnyOf(_) | Expression::Unset | Expression::Hidden => None,
    }
}
