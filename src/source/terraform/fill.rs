//! What a plan cannot know of what exists already, from the last scan.
//!
//! What the plan knows wins, and what it says is known after apply stays unknown: only places that
//! are unknown because no resource of the plan holds them are taken from the live document of the
//! same resource, found by ARN. Beside the planned documents stand live ones that facts need, such
//! as the account and attached policies; they are judged by nobody. What the plan changes is never
//! taken from the scan, and what the scan did not read stays unknown. What is only on one side although
//! it exists, because the plan holds no more than a part of it, is put on the other as the scan has it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value};

use crate::model::{AccountId, Configuration, Pointer, Region, Resource, ResourceKey, ResourceType, Snapshot};
use crate::network::short_id;

use super::device;
use super::encrypting::Encrypting;
use super::estate::Estate;
use super::format::ResourceChange;
use super::identity::known_name;
use super::other_side::{OtherSide, stands_already};
use super::side::is_not_held;
use super::touched::Touched;

/// What of a plan's two snapshots came from a scan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filling {
    /// Places of planned documents that the scan tells; one that is told of both sides counts once.
    pub places: usize,
    /// The documents that these places are in.
    pub resources: usize,
    /// Live documents that stand in both snapshots for facts to look at. Nobody asked about them:
    /// they are not to be judged.
    pub beside: BTreeSet<ResourceKey>,
    /// What of the plan the scan tells nothing about, a sentence each.
    pub notes: Vec<String>,
}

/// A place and the value that the plan does not hold.
enum Slot {
    /// A whole attribute.
    Attribute(String),
    /// The members of a list beyond those that the plan knows.
    Rest(String),
    Tags,
}

/// Types of which the plan may name one by its id without holding it.
pub(super) const BY_SHORT_ID: [ResourceType; 5] = [
    ResourceType::SecurityGroup,
    ResourceType::NetworkAcl,
    ResourceType::RouteTable,
    ResourceType::VpcEndpoint,
    ResourceType::PrefixList,
];

/// A scan, as resources of a plan are looked up in it.
pub(super) struct Live<'a> {
    snapshot: &'a Snapshot,
    by_id: HashMap<(ResourceType, &'a str), Vec<&'a Resource>>,
    by_short_id: HashMap<(ResourceType, &'a str), Vec<&'a Resource>>,
    /// Accounts of which the scan has a whole list of anything.
    accounts: BTreeSet<&'a AccountId>,
}

/// Both sides of a plan before anything is filled, and what the plan does.
pub(super) struct Planned<'a> {
    pub(super) changes: &'a [ResourceChange],
    pub(super) before: &'a mut Snapshot,
    pub(super) after: &'a mut Snapshot,
}

impl<'a> Live<'a> {
    pub(super) fn of(snapshot: &'a Snapshot) -> Self {
        let listings = snapshot.listings.iter().filter(|listing| listing.complete);
        let accounts = listings.map(|listing| &listing.account).collect();
        let mut live = Self { snapshot, by_id: HashMap::new(), by_short_id: HashMap::new(), accounts };
        for resource in &snapshot.resources {
            live.by_id.entry((resource.resource_type, resource.id.as_str())).or_default().push(resource);
            if BY_SHORT_ID.contains(&resource.resource_type) {
                live.by_short_id.entry((resource.resource_type, short_id(&resource.id))).or_default().push(resource);
            }
        }
        live
    }

    /// The account of a bucket that existed when the plan was made. Names of buckets are unique, so
    /// that a bucket of this name and region is the one that was scanned.
    pub(super) fn account_of(&self, estate: &Estate<'_>, bucket: usize) -> Option<AccountId> {
        let instance = estate.instance(bucket);
        let name = known_name(instance)?;
        let region = super::identity::region(estate, instance);
        let all = ["aws", "aws-cn", "aws-us-gov"].map(|partition| format!("arn:{partition}:s3:::{name}"));
        let found: Vec<&&Resource> = all
            .iter()
            .filter_map(|arn| self.by_id.get(&(ResourceType::Bucket, arn.as_str())))
            .flatten()
            .filter(|live| live.stale_since.is_none() && live.region == region)
            .collect();
        match found.as_slice() {
            [only] => Some(only.account.clone()),
            _ => None,
        }
    }

    /// The resource of this id, if there is one.
    pub(super) fn only(&self, resource_type: ResourceType, id: &str) -> Option<&'a Resource> {
        match self.by_id.get(&(resource_type, id)).map(Vec::as_slice) {
            Some([only]) => Some(*only),
            _ => None,
        }
    }

    /// The live form of a planned resource, within its account and region where they are known.
    pub(super) fn find(&self, planned: &Resource) -> Option<&'a Resource> {
        let by_id = self.by_id.get(&(planned.resource_type, planned.id.as_str()));
        let by_name = || self.by_short_id.get(&(planned.resource_type, planned.name.as_str()));
        let same = |live: &&&Resource| {
            (planned.account.is_unknown() || planned.account == live.account)
                && (planned.region == Region::unknown() || planned.region == live.region)
        };
        let found: Vec<&&Resource> = by_id.or_else(by_name)?.iter().filter(same).collect();
        match found.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }
}

/// Fills both sides. The side before is read while the one after is filled, so it comes last.
pub(super) fn fill(planned: Planned<'_>, live: &Live<'_>) -> Filling {
    let Planned { changes, before, after } = planned;
    let touched = Touched::of(changes);
    let mut held: BTreeSet<ResourceKey> = BTreeSet::new();
    for resource in before.resources.iter().chain(&after.resources) {
        held.extend(live.find(resource).map(ResourceKey::from));
    }
    let mut told: BTreeMap<String, BTreeSet<Pointer>> = BTreeMap::new();
    let mut note = |resource: &Resource, places: Vec<Pointer>| {
        if !places.is_empty() {
            let address = resource.origin.terraform_address.clone().unwrap_or_else(|| resource.id.to_string());
            told.entry(format!("{} {address}", resource.resource_type)).or_default().extend(places);
        }
    };
    let mut unscanned: BTreeSet<AccountId> = BTreeSet::new();
    let mut nowhere = 0;
    let other_side = OtherSide::of(before, after, live);
    let encrypting = Encrypting::of(live.snapshot, after, &touched);
    let previous = Previous::of(before);
    for resource in &mut after.resources {
        let address = resource.origin.terraform_address.as_deref().unwrap_or_default();
        let created = touched.creates(address) || device::owner(address).is_some_and(|owner| touched.creates(owner));
        if created && !stands_already(resource) {
            let mut places = super::fill_region::fill(resource, live, &touched);
            places.extend(encrypting.decide(resource));
            note(resource, places);
            continue;
        }
        let before = previous.of_same(resource);
        let filler = Filler { touched: &touched, before: Before::Known(before) };
        let places = live.find(resource).map(|live| filler.fill(resource, live)).unwrap_or_default();
        note(resource, places);
    }
    drop(previous);
    for resource in &mut before.resources {
        let filler = Filler { touched: &touched, before: Before::IsThis };
        let places = live.find(resource).map(|live| filler.fill(resource, live)).unwrap_or_default();
        note(resource, places);
    }
    before.resources.extend(other_side.before);
    after.resources.extend(other_side.after);
    for resource in &after.resources {
        if resource.account.is_unknown() {
            nowhere += 1;
        } else if !live.accounts.contains(&resource.account) {
            unscanned.insert(resource.account.clone());
        }
    }
    let beside = super::beside::add([before, after], live.snapshot, &held, &touched);
    let mut notes: Vec<String> =
        unscanned.iter().map(|account| format!("account {account} of the plan is not in the scan")).collect();
    if nowhere > 0 {
        let what = if nowhere == 1 { "one resource".to_owned() } else { format!("{nowhere} resources") };
        notes.push(format!("the plan does not tell the account of {what}, and none is assumed"));
    }
    let places = told.values().map(BTreeSet::len).sum();
    Filling { places, resources: told.len(), beside, notes }
}

/// The side before, to be asked for the earlier form of a resource.
struct Previous<'a> {
    by_id: HashMap<(ResourceType, &'a str), &'a Resource>,
    by_address: HashMap<(ResourceType, &'a str), &'a Resource>,
}

impl<'a> Previous<'a> {
    fn of(before: &'a Snapshot) -> Self {
        let mut previous = Self { by_id: HashMap::new(), by_address: HashMap::new() };
        for resource in &before.resources {
            previous.by_id.insert((resource.resource_type, resource.id.as_str()), resource);
            if let Some(address) = &resource.origin.terraform_address {
                previous.by_address.insert((resource.resource_type, address), resource);
            }
        }
        previous
    }

    fn of_same(&self, after: &Resource) -> Option<&'a Resource> {
        let by_address = || self.by_address.get(&(after.resource_type, after.origin.terraform_address.as_deref()?));
        self.by_id.get(&(after.resource_type, after.id.as_str())).or_else(by_address).copied()
    }
}

/// The earlier form of the resource that is filled.
enum Before<'a> {
    /// It is the earlier form itself.
    IsThis,
    /// This one, if it was in the plan at all.
    Known(Option<&'a Resource>),
}

struct Filler<'a> {
    touched: &'a Touched<'a>,
    before: Before<'a>,
}

impl Filler<'_> {
    /// Takes from the live document what the plan does not hold; gives the places.
    fn fill(&self, planned: &mut Resource, live: &Resource) -> Vec<Pointer> {
        if live.stale_since.is_some() {
            return Vec::new();
        }
        if planned.account.is_unknown() {
            planned.account = live.account.clone();
        }
        if planned.region == Region::unknown() {
            planned.region = live.region.clone();
        }
        let open = planned.origin.unknown_because.iter().filter(|(_, why)| is_not_held(why));
        let open: Vec<Pointer> = open.map(|(place, _)| place.clone()).collect();
        if open.is_empty() {
            return open;
        }
        let (Some(mut attributes), Some(known)) = (attributes(planned), attributes(live)) else { return Vec::new() };
        let before = match self.before {
            Before::Known(Some(before)) => self::attributes(before),
            Before::Known(None) | Before::IsThis => None,
        };
        let own_unchanged = match &before {
            Some(before) => is_unchanged(before, &attributes),
            None => matches!(self.before, Before::IsThis),
        };
        let mut filled = Vec::new();
        for place in open {
            let Some(slot) = slot(&place, &attributes) else { continue };
            if live.unknown.iter().any(|unknown| unknown.overlaps(&slot.place())) {
                let why = format!("{}, and the last scan could not read it", super::side::NOT_HELD);
                planned.origin.unknown_because.insert(place, why);
                continue;
            }
            let done = match &slot {
                Slot::Tags => {
                    planned.tags.clone_from(&live.tags);
                    true
                }
                Slot::Attribute(name) | Slot::Rest(name) => {
                    let observed = name != "observed" || own_unchanged || outlives_change(planned.resource_type);
                    observed
                        && self.may_take(planned, name, &slot)
                        && take(name, &slot, &mut attributes, &known, before.as_ref())
                }
            };
            if done {
                filled.push(place);
            }
        }
        // Both are documents of one type, so that this reads what was just written.
        let Ok(configuration) = Configuration::from_value(planned.resource_type, Value::Object(attributes)) else {
            return Vec::new();
        };
        planned.configuration = configuration;
        planned.unknown.retain(|place| !filled.contains(place));
        planned.origin.unknown_because.retain(|place, _| !filled.contains(place));
        filled
    }

    /// Whether the plan leaves the attribute as it is. One that a resource of the plan set before
    /// and none sets any more is taken away by the plan.
    fn may_take(&self, planned: &Resource, name: &str, slot: &Slot) -> bool {
        let Before::Known(before) = self.before else { return true };
        let place = Pointer::configuration(name);
        let was_known = before.is_some_and(|before| !before.unknown.iter().any(|other| other.overlaps(&place)));
        let by_member = matches!(slot, Slot::Rest(_)) || name == "instance_profiles";
        (by_member || !was_known) && !self.touched.sets(planned, name)
    }
}

impl Slot {
    fn place(&self) -> Pointer {
        match self {
            Self::Attribute(name) | Self::Rest(name) => Pointer::configuration(name),
            Self::Tags => Pointer::new("/tags"),
        }
    }
}

/// What stands at a place: an attribute, the members of a list after the known ones, or the tags.
/// Places inside a value are not filled.
fn slot(place: &Pointer, attributes: &Map<String, Value>) -> Option<Slot> {
    if place.as_str() == "/tags" {
        return Some(Slot::Tags);
    }
    let mut steps = place.as_str().strip_prefix("/configuration/")?.split('/');
    let name = steps.next()?.to_owned();
    match (steps.next(), steps.next()) {
        (None, _) => Some(Slot::Attribute(name)),
        (Some(index), None) => {
            let known = attributes.get(&name).and_then(Value::as_array).map_or(0, Vec::len);
            (index.parse() == Ok(known)).then_some(Slot::Rest(name))
        }
        _ => None,
    }
}

/// Puts the live value into the planned attributes. Members that the plan had before are left out:
/// either it still has them, or it takes them away.
fn take(
    name: &str,
    slot: &Slot,
    planned: &mut Map<String, Value>,
    live: &Map<String, Value>,
    before: Option<&Map<String, Value>>,
) -> bool {
    let earlier = before.and_then(|before| before.get(name)).and_then(Value::as_array);
    match (slot, live.get(name)) {
        (Slot::Rest(_), Some(Value::Array(members))) => {
            let kept = planned.entry(name).or_insert_with(|| Value::Array(Vec::new()));
            let Value::Array(kept) = kept else { return false };
            for member in members {
                let known = |list: &[Value]| list.iter().any(|other| is_same(name, other, member));
                if !known(kept) && !earlier.is_some_and(|earlier| known(earlier)) {
                    kept.push(member.clone());
                }
            }
        }
        // The live list is empty, and the documents leave out what is empty.
        (Slot::Rest(_), None) | (Slot::Tags, _) => {}
        (Slot::Rest(_), Some(_)) => return false,
        (Slot::Attribute(_), Some(Value::Array(members))) if earlier.is_some() => {
            let left = |member: &&Value| !earlier.is_some_and(|earlier| earlier.contains(member));
            planned.insert(name.to_owned(), members.iter().filter(left).cloned().collect());
        }
        (Slot::Attribute(_), Some(value)) => _ = planned.insert(name.to_owned(), value.clone()),
        (Slot::Attribute(_), None) => _ = planned.remove(name),
    }
    true
}

/// Whether two members of a list are one thing: inline policies by name, routes by destination, entries
/// of a network ACL by direction and number, and those of a security group by all but their description,
/// which EC2 does not tell them apart by.
pub(super) fn is_same(name: &str, one: &Value, other: &Value) -> bool {
    let without = |value: &Value, left_out: &str| {
        let fields = value.as_object()?.iter().filter(|(key, _)| *key != left_out);
        Some(fields.map(|(key, value)| (key.clone(), value.clone())).collect::<Map<_, _>>())
    };
    match name {
        "inline_policies" => one.get("name") == other.get("name"),
        "routes" => one.get("destination") == other.get("destination"),
        "entries" if one.is_object() => ["egress", "number"].iter().all(|key| one.get(key) == other.get(key)),
        "ingress" | "egress" => without(one, "description") == without(other, "description"),
        _ => one == other,
    }
}

/// Whether what AWS observed of a resource stays true when its configuration changes: when a
/// principal was last used does, whether AWS calls a policy public does not.
fn outlives_change(resource_type: ResourceType) -> bool {
    matches!(resource_type, ResourceType::Account | ResourceType::Role | ResourceType::User)
}

fn is_unchanged(before: &Map<String, Value>, after: &Map<String, Value>) -> bool {
    let own = |fields: &Map<String, Value>| fields.iter().filter(|(key, _)| *key != "observed").count();
    own(before) == own(after) && after.iter().all(|(key, value)| key == "observed" || before.get(key) == Some(value))
}

pub(super) fn attributes(resource: &Resource) -> Option<Map<String, Value>> {
    match serde_json::to_value(&resource.configuration) {
        Ok(Value::Object(attributes)) => Some(attributes),
        _ => None,
    }
}
