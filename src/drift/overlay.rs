//! One live resource as it would be had nobody touched what is declared of it.
//!
//! The declared document with the places that the declaration says nothing of taken from the live
//! one: what then differs is drift, and nothing else does.

use std::collections::HashMap;

use serde_json::Value;

use crate::model::{AccountId, Configuration, Declared, Gap, GapReason, Pointer, Resource, ResourceId, Snapshot};

/// A declared resource laid over the live one.
pub(super) struct Overlay {
    /// The live resource as it is declared.
    pub(super) resource: Resource,
    /// Declared places that could not be compared, and why.
    pub(super) not_compared: Vec<(Pointer, String)>,
    /// Places that the scan was not to read, and that hold nothing as declared, or tags.
    pub(super) not_collected: Vec<Pointer>,
    /// Live elements of lists that are not declared as a whole, by list.
    pub(super) beyond: Vec<(Pointer, String)>,
}

/// Lays the declared resource over the live one.
///
/// # Errors
/// When the two have no common form, in words.
pub(super) fn overlay(declared: &Declared, live: &Resource, gaps: &Gaps<'_>) -> Result<Overlay, String> {
    let (mut own, other) = (declared.resource.document(), live.document());
    let mut beyond = Vec::new();
    for place in &declared.not_held {
        match list_that_goes_on(&own, place) {
            Some(list) => {
                let added = append(&mut own, &other, &list, |_| true);
                beyond.extend(added.into_iter().map(|element| (list.clone(), element)));
            }
            None => put(&mut own, place, other.pointer(place.as_str())),
        }
    }
    for (list, element) in &declared.echoed {
        let added = append(&mut own, &other, list, |live| live == element);
        beyond.extend(added.into_iter().map(|element| (list.clone(), element)));
    }
    allow_for_aws(&mut own, &other);
    let mut resource = live.clone();
    resource.facts = None;
    own["name"].as_str().unwrap_or_default().clone_into(&mut resource.name);
    resource.tags = serde_json::from_value(own["tags"].take()).map_err(|error| error.to_string())?;
    resource.configuration = Configuration::from_value(live.resource_type, own["configuration"].clone())
        .map_err(|error| format!("the declared resource has another form: {error}"))?;
    for place in &declared.resource.unknown {
        resource.mark_unknown(place.clone());
    }
    for place in live.unknown.iter().map(|place| element_moved(&own, &other, place)) {
        resource.mark_unknown(place);
    }
    if !declared.whole {
        beyond.clear();
    }
    let (not_collected, not_compared) = unread(declared, live, gaps);
    Ok(Overlay { resource, not_compared, not_collected, beyond })
}

/// The declared places that the scan was not to read and of which there is little to tell, and
/// those that could not be compared for another reason, with it.
fn unread(declared: &Declared, live: &Resource, gaps: &Gaps<'_>) -> (Vec<Pointer>, Vec<(Pointer, String)>) {
    let because = &declared.resource.origin.unknown_because;
    let known_later = declared.resource.unknown.iter().map(|place| {
        let why = because.get(place).map_or("it is not known yet", String::as_str);
        (place.clone(), format!("declared, {why}"))
    });
    let mut not_compared: Vec<(Pointer, String)> = known_later.collect();
    let mut not_collected = Vec::new();
    let document = declared.resource.document();
    let is_held = |place: &&Pointer| !declared.not_held.iter().any(|other| other.covers(place));
    for place in live.unknown.iter().filter(is_held) {
        let gap = gaps.about(live, place);
        let left_out = gap.is_some_and(|gap| gap.reason == GapReason::NotCollected);
        if left_out && (place.as_str() == "/tags" || document.pointer(place.as_str()).is_none_or(Value::is_null)) {
            not_collected.push(place.clone());
        } else {
            let why = gap.map(|gap| format!(": {} {}", gap.operation, gap.reason.name())).unwrap_or_default();
            not_compared.push((place.clone(), format!("live, not read{why}")));
        }
    }
    not_compared.sort();
    not_compared.dedup_by(|a, b| a.0 == b.0);
    (not_collected, not_compared)
}

/// The gaps of a snapshot, to be asked about one resource after the other.
pub(super) struct Gaps<'a>(HashMap<(&'a AccountId, Option<&'a ResourceId>), Vec<&'a Gap>>);

impl<'a> Gaps<'a> {
    pub(super) fn of(snapshot: &'a Snapshot) -> Self {
        let mut gaps: HashMap<_, Vec<&Gap>> = HashMap::new();
        for gap in &snapshot.gaps {
            gaps.entry((&gap.account, gap.resource.as_ref())).or_default().push(gap);
        }
        Self(gaps)
    }

    /// Why a live place is unknown.
    fn about(&self, live: &Resource, place: &Pointer) -> Option<&'a Gap> {
        let own = [Some(&live.id), None].into_iter().filter_map(|id| self.0.get(&(&live.account, id)));
        own.flatten().copied().find(|gap| gap.places.iter().any(|other| other.overlaps(place)))
    }
}

const STATUS: &str = "/configuration/versioning/status";

/// What AWS and the provider say in more than one way.
fn allow_for_aws(own: &mut Value, other: &Value) {
    // Tags that AWS sets: the provider never shows them.
    let live_tags = other["tags"].as_object().into_iter().flatten();
    for (key, value) in live_tags.filter(|(key, _)| key.starts_with("aws:")) {
        own["tags"][key] = value.clone();
    }
    // What a bucket reads back is `enabled = false` for versioning that is suspended and for
    // versioning that never was; to suspend it is the only way back.
    if own.pointer(STATUS).is_some_and(|status| status == "Disabled")
        && other.pointer(STATUS).is_some_and(|status| status == "Suspended")
        && let Some(status) = own.pointer_mut(STATUS)
    {
        *status = "Suspended".into();
    }
}

/// The list that this place is the end of: `/configuration/groups/2` of a list of two.
fn list_that_goes_on(document: &Value, place: &Pointer) -> Option<Pointer> {
    let (list, index) = place.as_str().rsplit_once('/')?;
    let index: usize = index.parse().ok()?;
    let length = match document.pointer(list) {
        None | Some(Value::Null) => 0,
        Some(Value::Array(elements)) => elements.len(),
        Some(_) => return None,
    };
    (index >= length).then(|| Pointer::new(list))
}

/// Adds to a list the live elements that it lacks and that pass a test; returns their names.
fn append(own: &mut Value, other: &Value, list: &Pointer, test: impl Fn(&Value) -> bool) -> Vec<String> {
    let live = other.pointer(list.as_str()).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut elements = own.pointer(list.as_str()).and_then(Value::as_array).cloned().unwrap_or_default();
    let lacking = live.iter().filter(|one| test(one) && !elements.iter().any(|own| is_same_element(own, one)));
    let added: Vec<Value> = lacking.cloned().collect();
    let names = added.iter().map(name_of).collect();
    elements.extend(added);
    put(own, list, Some(&Value::Array(elements)));
    names
}

/// Elements with a name, such as inline policies, are the same by that name.
fn is_same_element(one: &Value, other: &Value) -> bool {
    match (one.get("name"), other.get("name")) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

fn name_of(element: &Value) -> String {
    let name = element.get("name").unwrap_or(element);
    name.as_str().map_or_else(|| name.to_string(), str::to_owned)
}

/// Sets a place, or empties it; nothing where there is nothing to set it in.
fn put(document: &mut Value, place: &Pointer, value: Option<&Value>) {
    let Some((parent, key)) = place.as_str().rsplit_once('/') else { return };
    let key = key.replace("~1", "/").replace("~0", "~");
    match (document.pointer_mut(parent), value) {
        (Some(Value::Object(fields)), Some(value)) => {
            fields.insert(key, value.clone());
        }
        (Some(Value::Object(fields)), None) => {
            fields.remove(&key);
        }
        (Some(Value::Array(elements)), Some(value)) => {
            if let Some(element) = key.parse::<usize>().ok().and_then(|index| elements.get_mut(index)) {
                *element = value.clone();
            }
        }
        _ => {}
    }
}

/// A place that is unknown in the live document, in the other one: the whole list, when the
/// element does not stand at the same index there.
fn element_moved(own: &Value, other: &Value, place: &Pointer) -> Pointer {
    let mut list = String::new();
    for step in place.as_str().split('/').skip(1) {
        let below = format!("{list}/{step}");
        if let Some(Value::Array(_)) = other.pointer(&list) {
            let same = match (own.pointer(&below), other.pointer(&below)) {
                (Some(one), Some(other)) => is_same_element(one, other),
                (None, None) => true,
                _ => false,
            };
            return if same { place.clone() } else { Pointer::new(list) };
        }
        list = below;
    }
    place.clone()
}
