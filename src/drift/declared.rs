//! Live resources against what a Terraform state or plan declares of them.
//!
//! [`align`] finds the live resource of each declared one, and makes the snapshot that would be
//! live had nobody touched what is declared; its facts are to be derived like those of every
//! snapshot. [`Alignment::compare`] then says what was changed outside Terraform, what is missing,
//! what is unmanaged, and what could not be compared. Nothing is the same, missing or unmanaged
//! that was not seen: a list that is not whole, a stale resource and an unknown place say nothing.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;
use serde_json::Value;

use super::counterpart::{
    Found, Index, default_networks, hangs_on, instances_beside, is_made_by_aws, is_setting, stands_in,
};
use super::overlay::{Gaps, overlay};
use super::{united, whole};
use crate::model::{
    AccountId, Change, ChangeKind, Configuration, Declaration, Declared, Direction, FieldChange, Pointer, Region,
    Resource, ResourceKey, ResourceType, Snapshot,
};

/// How a resource stands to what is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Declared and live, with another meaning.
    Changed,
    /// Declared and not live, although all of its kind were listed.
    Missing,
    /// Live and not declared, of a type that the declaration manages in this account and region.
    Unmanaged,
    /// Declared, and something of it could not be compared; what could is the same.
    NotComparable,
    /// Declared, and live as declared.
    Same,
}

impl Standing {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Changed, Self::Missing, Self::Unmanaged, Self::NotComparable, Self::Same];

    /// The word in tables and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Missing => "missing",
            Self::Unmanaged => "unmanaged",
            Self::NotComparable => "not_comparable",
            Self::Same => "same",
        }
    }

    /// Whether it is drift.
    #[must_use]
    pub const fn is_drift(self) -> bool {
        matches!(self, Self::Changed | Self::Missing | Self::Unmanaged)
    }
}

/// One resource, live or declared, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// How it stands.
    pub standing: Standing,
    /// The live resource; of one that is not live, the declared one.
    pub resource: ResourceKey,
    /// The name people use.
    pub name: String,
    /// Its Terraform address, when it is declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// From declared to live: `removed` of what is missing, `added` of what is unmanaged, and
    /// `rewritten` of what means the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// Why it could not be compared at all, or what is to be known about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Declared places that could not be compared, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_compared: Vec<PlaceNote>,
    /// Live elements of lists that Terraform does not manage as a whole, such as the policies
    /// attached to a user: neither declared nor drift. Sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub beyond: Vec<PlaceNote>,
}

/// A place in a document, and a word about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct PlaceNote {
    /// The place.
    pub path: Pointer,
    /// The word.
    pub note: String,
}

/// Live resources against declared ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeclaredDrift {
    /// Every declared resource, and those that are unmanaged; sorted by standing and resource.
    pub compared: Vec<Compared>,
    /// How many live resources of managed types are not declared because AWS made them: service
    /// roles, default VPCs and what comes with them, default security groups.
    pub made_by_aws: usize,
    /// What else a reader must know, a sentence each.
    pub notes: Vec<String>,
}

/// Declared resources with the live ones they stand for.
#[derive(Debug)]
pub struct Alignment {
    /// The live snapshot as it would be had nobody touched what is declared.
    pub as_declared: Snapshot,
    settled: Vec<Compared>,
    /// Declared resources that are live, by the key of the live one.
    pairs: BTreeMap<ResourceKey, Compared>,
    /// Regions of buckets that are live elsewhere.
    moved: BTreeMap<ResourceKey, Region>,
    missing: BTreeMap<ResourceKey, Compared>,
    unmanaged: Vec<usize>,
    made_by_aws: usize,
    /// Places that the scan was not to read, and of how many resources.
    not_collected: BTreeMap<(ResourceType, Pointer), usize>,
    notes: Vec<String>,
}

/// Finds the live resource of each declared one.
#[must_use]
pub fn align(declaration: &Declaration, live: &Snapshot) -> Alignment {
    let index = Index::of(live, declaration);
    let found: Vec<Found> = declaration.resources.iter().map(|declared| index.find(declared)).collect();
    let renamed = renamed(&declaration.resources, &found, live);
    let gaps = Gaps::of(live);
    let mut alignment = Alignment {
        as_declared: live.clone(),
        settled: Vec::new(),
        pairs: BTreeMap::new(),
        moved: BTreeMap::new(),
        missing: BTreeMap::new(),
        unmanaged: Vec::new(),
        made_by_aws: 0,
        not_collected: BTreeMap::new(),
        notes: index.notes(),
    };
    let mut managed: HashSet<Managed> = HashSet::new();
    let mut claimed: HashSet<usize> = HashSet::new();
    for (declared, found) in declaration.resources.iter().zip(found) {
        match found {
            Found::Live(at) => {
                let key = ResourceKey::from(&live.resources[at]);
                if declared.whole {
                    managed.insert(managed_as(&key));
                }
                if claimed.insert(at) {
                    alignment.pair(&named_as_live(declared, &renamed), (at, &live.resources[at]), &gaps);
                } else {
                    alignment.settle(declared, key, "the live resource is declared more than once".to_owned());
                }
            }
            Found::Missing(key) => {
                if declared.whole {
                    managed.insert(managed_as(&key));
                }
                alignment.miss(declared, key);
            }
            Found::Unclear(candidates, why) => {
                claimed.extend(candidates);
                alignment.settle(declared, ResourceKey::from(&declared.resource), why);
            }
        }
    }
    if declaration.incomplete.is_empty() {
        alignment.leave(declaration, live, &managed, &claimed);
    } else {
        let why = declaration.incomplete.join("; ");
        alignment.notes.push(format!("what is unmanaged is not told: {why}"));
    }
    alignment.as_declared.sort();
    alignment
}

impl Alignment {
    /// A declared resource that is live.
    fn pair(&mut self, declared: &Declared, (at, resource): (usize, &Resource), gaps: &Gaps<'_>) {
        let key = ResourceKey::from(resource);
        if let Some(since) = resource.stale_since {
            return self.settle(declared, key, format!("it was not read since {since}"));
        }
        let overlaid = match overlay(declared, resource, gaps) {
            Ok(overlaid) => overlaid,
            Err(why) => return self.settle(declared, key, why),
        };
        let mut compared = compared(Standing::Same, declared, key.clone());
        compared.name.clone_from(&resource.name);
        compared.not_compared = place_notes(overlaid.not_compared);
        compared.beyond = place_notes(overlaid.beyond);
        for place in overlaid.not_collected {
            *self.not_collected.entry((key.resource_type, place)).or_default() += 1;
        }
        self.as_declared.resources[at] = overlaid.resource;
        let region = &declared.resource.region;
        if declared.whole && *region != Region::unknown() && *region != key.region {
            self.moved.insert(key.clone(), region.clone());
        }
        self.pairs.insert(key, compared);
    }

    /// A declared resource that is not live.
    fn miss(&mut self, declared: &Declared, key: ResourceKey) {
        let compared = compared(Standing::Missing, declared, key.clone());
        let mut resource = declared.resource.clone();
        (resource.account, resource.region) = (key.account.clone(), key.region.clone());
        for place in &declared.not_held {
            resource.mark_unknown(place.clone());
        }
        if self.missing.insert(key, compared).is_none() {
            self.as_declared.resources.push(resource);
        }
    }

    /// A declared resource that cannot be compared at all.
    fn settle(&mut self, declared: &Declared, key: ResourceKey, why: String) {
        let mut compared = compared(Standing::NotComparable, declared, key);
        compared.reason = Some(why);
        self.settled.push(compared);
    }

    /// What is live, of a managed type, and nobody's.
    fn leave(
        &mut self,
        declaration: &Declaration,
        live: &Snapshot,
        managed: &HashSet<Managed>,
        claimed: &HashSet<usize>,
    ) {
        let default_networks = default_networks(live);
        let is_nobodys = |at: usize, resource: &Resource| {
            resource.stale_since.is_none()
                && !claimed.contains(&at)
                && !declaration.besides.contains(&resource.id)
                && !is_setting(resource.resource_type)
                && managed.contains(&managed_as(&ResourceKey::from(resource)))
        };
        let instances = instances_beside(live, is_nobodys);
        for (at, resource) in live.resources.iter().enumerate() {
            let is_nobodys = is_nobodys(at, resource) && !hangs_on(&instances, resource);
            if is_nobodys && (is_made_by_aws(resource) || stands_in(&default_networks, resource)) {
                self.made_by_aws += 1;
            } else if is_nobodys {
                self.unmanaged.push(at);
            }
        }
    }

    /// Compares. The facts of `as_declared` and `live` are derived.
    #[must_use]
    pub fn compare(mut self, live: &Snapshot) -> DeclaredDrift {
        let changes = super::compare(&self.as_declared, live);
        let mut changes: HashMap<ResourceKey, Change> =
            changes.into_iter().map(|change| (change.resource.clone(), change)).collect();
        let mut all = self.settled;
        for (key, mut compared) in self.pairs {
            let change = with_region(changes.remove(&key), self.moved.remove(&key), &compared);
            if !change.as_ref().is_some_and(Change::is_drift) {
                compared.reason = None;
            }
            compared.standing = match &change {
                Some(change) if change.is_drift() => Standing::Changed,
                _ if !compared.not_compared.is_empty() => Standing::NotComparable,
                _ => Standing::Same,
            };
            compared.change = change;
            all.push(compared);
        }
        for (key, mut compared) in self.missing {
            compared.change = changes.remove(&key);
            all.push(compared);
        }
        for at in self.unmanaged {
            let resource = &live.resources[at];
            all.push(Compared {
                standing: Standing::Unmanaged,
                resource: ResourceKey::from(resource),
                name: resource.name.clone(),
                address: None,
                change: Some(whole(resource, ChangeKind::Added)),
                reason: None,
                not_compared: Vec::new(),
                beyond: Vec::new(),
            });
        }
        all.sort_by(|a, b| (a.standing, &a.resource, &a.address).cmp(&(b.standing, &b.resource, &b.address)));
        let not_collected = self.not_collected.iter();
        let not_collected: Vec<String> =
            not_collected.map(|((kind, place), count)| format!("{place} of {count} {kind}")).collect();
        if !not_collected.is_empty() {
            self.notes.push(format!("the scan was not to read, so not compared: {}", not_collected.join(", ")));
        }
        DeclaredDrift { compared: all, made_by_aws: self.made_by_aws, notes: self.notes }
    }
}

fn compared(standing: Standing, declared: &Declared, resource: ResourceKey) -> Compared {
    let pending = "the plan is to create or change it, and may not be applied yet";
    Compared {
        standing,
        resource,
        name: declared.resource.name.clone(),
        address: declared.resource.origin.terraform_address.clone(),
        change: None,
        reason: declared.pending.then(|| pending.to_owned()),
        not_compared: Vec::new(),
        beyond: Vec::new(),
    }
}

fn place_notes(notes: Vec<(Pointer, String)>) -> Vec<PlaceNote> {
    let mut notes: Vec<PlaceNote> = notes.into_iter().map(|(path, note)| PlaceNote { path, note }).collect();
    notes.sort();
    notes
}

/// A bucket that is live in another region was deleted and made anew.
fn with_region(change: Option<Change>, declared: Option<Region>, compared: &Compared) -> Option<Change> {
    let Some(declared) = declared else { return change };
    let live = Value::from(compared.resource.region.as_str());
    let field = FieldChange::new(Pointer::new("/region"), Some(declared.as_str().into()), Some(live));
    let mut change = change.unwrap_or_else(|| Change {
        resource: compared.resource.clone(),
        name: compared.name.clone(),
        kind: ChangeKind::Changed,
        direction: Direction::Neutral,
        fields: Vec::new(),
        consequences: Vec::new(),
        breaks: Vec::new(),
        by: None,
    });
    change.kind = ChangeKind::Changed;
    change.fields.push(field);
    change.fields.sort_by(|a, b| a.path.cmp(&b.path));
    change.direction = united(&change.fields);
    Some(change)
}

/// Account, region and type: buckets are managed in an account as a whole.
type Managed = (AccountId, Option<Region>, ResourceType);

fn managed_as(key: &ResourceKey) -> Managed {
    let region = (key.resource_type != ResourceType::Bucket).then(|| key.region.clone());
    (key.account.clone(), region, key.resource_type)
}

/// The live ids of resources that had none when the plan was made.
fn renamed(declared: &[Declared], found: &[Found], live: &Snapshot) -> HashMap<String, String> {
    let pairs = declared.iter().zip(found).filter_map(|(declared, found)| match found {
        Found::Live(at) => Some((declared.resource.id.to_string(), live.resources[*at].id.to_string())),
        _ => None,
    });
    pairs.filter(|(planned, live)| planned != live).collect()
}

/// The resource with the live ids of those it names.
fn named_as_live(declared: &Declared, renamed: &HashMap<String, String>) -> Declared {
    let mut declared = declared.clone();
    if renamed.is_empty() {
        return declared;
    }
    let mut configuration = declared.resource.document()["configuration"].take();
    rename(&mut configuration, renamed);
    if let Ok(configuration) = Configuration::from_value(declared.resource.resource_type, configuration) {
        declared.resource.configuration = configuration;
    }
    declared
}

fn rename(value: &mut Value, renamed: &HashMap<String, String>) {
    match value {
        Value::String(text) => {
            if let Some(live) = renamed.get(text.as_str()) {
                text.clone_from(live);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, renamed)),
        Value::Object(fields) => fields.values_mut().for_each(|field| rename(field, renamed)),
        _ => {}
    }
}

impl DeclaredDrift {
    /// Those of one standing.
    pub fn with(&self, standing: Standing) -> impl Iterator<Item = &Compared> {
        self.compared.iter().filter(move |compared| compared.standing == standing)
    }

    /// How many resources are declared.
    #[must_use]
    pub fn declared(&self) -> usize {
        self.compared.len() - self.with(Standing::Unmanaged).count()
    }

    /// How many of the declared resources were compared as a whole: changed, missing or the same.
    #[must_use]
    pub fn settled(&self) -> usize {
        self.declared() - self.with(Standing::NotComparable).count()
    }

    /// Whether nothing that is declared could be compared, not even in part.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let compared = |one: &Compared| match one.standing {
            Standing::Unmanaged => false,
            Standing::NotComparable => one.reason.is_none(),
            Standing::Changed | Standing::Missing | Standing::Same => true,
        };
        !self.compared.iter().any(compared)
    }

    /// Puts a text in place of both values of each field that is hidden, by the address of its
    /// resource and its path: what is live there is as sensitive as what is declared.
    pub fn hide(&mut self, is_hidden: &dyn Fn(&str, &Pointer) -> bool, text: &str) {
        for compared in &mut self.compared {
            let (Some(address), Some(told)) = (&compared.address, &mut compared.change) else { continue };
            told.fields.iter_mut().filter(|field| is_hidden(address, &field.path)).for_each(|field| {
                field.old.iter_mut().chain(&mut field.new).for_each(|value| *value = text.into());
                for words in [&mut field.gained, &mut field.lost].into_iter().filter(|words| !words.is_empty()) {
                    *words = vec![text.to_owned()];
                }
                (field.gained_witness, field.lost_witness) = (None, None);
                field.reason = field.reason.take().map(|_| text.to_owned());
            });
        }
    }

    /// Puts every text through a function: sensitive values of a state must not be printed.
    pub fn map_texts(&mut self, change: &dyn Fn(&str) -> String) {
        for compared in &mut self.compared {
            compared.name = change(&compared.name);
            compared.address = compared.address.take().map(|address| change(&address));
            compared.reason = compared.reason.take().map(|reason| change(&reason));
            compared.resource.map_texts(change);
            for note in compared.not_compared.iter_mut().chain(&mut compared.beyond) {
                note.note = change(&note.note);
                note.path = Pointer::new(change(note.path.as_str()));
            }
            if let Some(told) = &mut compared.change {
                told.resource = compared.resource.clone();
                told.name.clone_from(&compared.name);
                told.consequences.iter_mut().for_each(|text| *text = change(text));
                told.fields.iter_mut().for_each(|field| map_field(field, change));
            }
        }
    }
}

fn map_field(field: &mut FieldChange, change: &dyn Fn(&str) -> String) {
    field.path = Pointer::new(change(field.path.as_str()));
    field.old.iter_mut().chain(&mut field.new).for_each(|value| map_value(value, change));
    field.gained.iter_mut().chain(&mut field.lost).for_each(|text| *text = change(text));
    field.reason = field.reason.take().map(|reason| change(&reason));
    for witness in [&mut field.gained_witness, &mut field.lost_witness] {
        // A proof in which something has to be left out is none.
        witness.take_if(|witness| {
            let sentence = witness.sentence(true);
            change(&sentence) != sentence
        });
    }
}

fn map_value(value: &mut Value, change: &dyn Fn(&str) -> String) {
    match value {
        Value::String(text) => *text = change(text),
        Value::Number(number) => {
            let text = number.to_string();
            let changed = change(&text);
            if changed != text {
                *value = changed.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| map_value(item, change)),
        Value::Object(fields) => {
            for (key, mut field) in std::mem::take(fields) {
                map_value(&mut field, change);
                fields.insert(change(&key), field);
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}
