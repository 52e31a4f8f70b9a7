//! One live resource as it would be had nobody touched what is declared of it.
//!
//! The declared document with the places that the declaration says nothing of taken from the live
//! one: what then differs is drift, and nothing else does.
//!
//! Of what is not declared itself, only parts, a live entry that covers a declared one which is gone is
//! taken for its changed form, and not for somebody else's.

use std::collections::HashMap;

use serde_json::Value;

use super::routes;
use crate::model::{
    AccountId, Configuration, Declared, Gap, GapReason, GroupRule, Pointer, Resource, ResourceId, Snapshot,
};
use crate::network::{Family, parse_cidr};

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
    let routes = routes::align(declared, live);
    let (declared, mut beyond, taken) = match &routes {
        Some(aligned) => (&aligned.declared, aligned.beyond.clone(), aligned.taken.as_slice()),
        None => (declared, Vec::new(), &[][..]),
    };
    let (mut own, other) = (declared.resource.document(), live.document());
    for place in &declared.not_held {
        match list_that_goes_on(&own, place) {
            Some(list) => {
                let gone = if declared.whole { Vec::new() } else { gone(&own, &other, &list) };
                let added = append(&mut own, &other, &list, |live| !gone.iter().any(|rule| rule.is_in(live)));
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
    for place in declared.resource.unknown.iter().filter(|place| !taken.contains(place)) {
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

/// Elements with a name, such as inline policies, are the same by that name; routes by their destination,
/// and entries of a network ACL by direction and number.
fn is_same_element(one: &Value, other: &Value) -> bool {
    let same = |key: &str| Some(one.get(key)? == other.get(key)?);
    same("name")
        .or_else(|| same("destination"))
        .or_else(|| Some(same("number")? && same("egress")?))
        .unwrap_or_else(|| one == other)
}

/// The declared entries of a security group that are not live.
fn gone(own: &Value, other: &Value, list: &Pointer) -> Vec<Gone> {
    if !["/configuration/ingress", "/configuration/egress"].contains(&list.as_str()) {
        return Vec::new();
    }
    let rules = |document: &Value| -> Vec<GroupRule> {
        let rules = document.pointer(list.as_str()).and_then(Value::as_array).into_iter().flatten();
        rules.filter_map(|rule| serde_json::from_value(rule.clone()).ok()).collect()
    };
    let live = rules(other);
    let is_live = |rule: &GroupRule| live.iter().any(|live| undescribed(live) == undescribed(rule));
    rules(own).into_iter().filter(|rule| !is_live(rule)).map(Gone).collect()
}

/// A declared entry of a security group that is not live.
struct Gone(GroupRule);

impl Gone {
    /// Whether a live entry admits all of it.
    fn is_in(&self, live: &Value) -> bool {
        let Ok(live) = serde_json::from_value::<GroupRule>(live.clone()) else { return false };
        let ports = |rule: &GroupRule| (rule.from_port.unwrap_or(0), rule.to_port.unwrap_or(i32::from(u16::MAX)));
        let ((first, last), (from, to)) = (ports(&live), ports(&self.0));
        let all = live.protocol == "all";
        let range = |text: Option<&String>| parse_cidr(text?);
        let within = |own: Option<&String>, live: Option<&String>| match (range(own), range(live)) {
            (Some(own), Some(live)) => {
                Family::ALL.iter().all(|&family| own.family(family).difference(live.family(family)).is_empty())
            }
            _ => false,
        };
        let peer = |rule: &GroupRule| (rule.group_id.clone(), rule.group_account.clone(), rule.prefix_list_id.clone());
        let is_named = self.0.group_id.is_some() || self.0.prefix_list_id.is_some();
        (all || live.protocol == self.0.protocol && first <= from && to <= last)
            && (within(self.0.cidr_ipv4.as_ref(), live.cidr_ipv4.as_ref())
                || within(self.0.cidr_ipv6.as_ref(), live.cidr_ipv6.as_ref())
                || is_named && peer(&live) == peer(&self.0))
    }
}

/// An entry by what it admits.
fn undescribed(rule: &GroupRule) -> GroupRule {
    GroupRule { description: None, ..rule.clone() }
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

#[cfg(test)]
mod tests {
    use super::super::declared::{Standing, align};
    use super::super::tests::{resource, snapshot};
    use super::*;
    use crate::model::{Declaration, NetworkAcl, NetworkAclEntry, SecurityGroup};

    /// How something stands of which others declare the rest: the list goes on after its one element.
    fn standing(arn: &str, list: &str, own: Configuration, live: Configuration) -> Standing {
        let not_held = vec![Pointer::new("/name"), Pointer::configuration(list).child(1)];
        let resource = resource(arn, own);
        let declared = Declared { resource, not_held, echoed: Vec::new(), whole: false, pending: false };
        let live = snapshot([super::super::tests::resource(arn, live)]);
        let mut alignment = align(&Declaration { resources: vec![declared], ..Declaration::default() }, &live);
        crate::facts::derive(&mut alignment.as_declared);
        alignment.compare(&live).compared[0].standing
    }

    #[test]
    fn a_wider_entry_in_place_of_a_declared_one_is_drift() {
        let rule = |port: i32, range: &str| GroupRule {
            protocol: "tcp".to_owned(),
            from_port: Some(port),
            to_port: Some(port),
            cidr_ipv4: Some(range.to_owned()),
            ..GroupRule::default()
        };
        let group = |rules: &[GroupRule]| -> Configuration {
            SecurityGroup { ingress: Some(rules.to_vec()), ..SecurityGroup::default() }.into()
        };
        let of = |live: &[GroupRule]| {
            let arn = "arn:aws:ec2:eu-central-1:111122223333:security-group/sg-0a";
            standing(arn, "ingress", group(&[rule(443, "10.0.0.0/8")]), group(live))
        };
        let others = rule(22, "192.0.2.0/24");
        assert_eq!(of(&[rule(443, "10.0.0.0/8"), others.clone()]), Standing::Same);
        assert_eq!(of(&[rule(443, "10.0.0.0/8"), rule(443, "0.0.0.0/0")]), Standing::Same, "the wide one is another's");
        assert_eq!(of(&[rule(443, "0.0.0.0/0"), others.clone()]), Standing::Changed);
        let all = GroupRule { protocol: "all".to_owned(), from_port: None, to_port: None, ..rule(0, "0.0.0.0/0") };
        assert_eq!(of(&[all]), Standing::Changed);
        assert_eq!(of(&[others]), Standing::Changed, "it is gone");
        let described = GroupRule { description: Some("by hand".to_owned()), ..rule(443, "10.0.0.0/8") };
        assert_eq!(of(&[described]), Standing::Same, "it admits the same");
    }

    #[test]
    fn an_entry_of_an_acl_is_the_one_with_its_direction_and_number() {
        let entry = |egress: bool, number: i32, range: &str| NetworkAclEntry {
            egress,
            number,
            allow: true,
            protocol: "all".to_owned(),
            cidr_ipv4: Some(range.to_owned()),
            ..NetworkAclEntry::default()
        };
        let acl = |entries: &[NetworkAclEntry]| -> Configuration {
            NetworkAcl { entries: entries.to_vec(), ..NetworkAcl::default() }.into()
        };
        let of = |live: &[NetworkAclEntry]| {
            let arn = "arn:aws:ec2:eu-central-1:111122223333:network-acl/acl-0a";
            standing(arn, "entries", acl(&[entry(false, 100, "10.0.0.0/8")]), acl(live))
        };
        let out = entry(true, 100, "0.0.0.0/0");
        assert_eq!(of(&[entry(false, 100, "10.0.0.0/8"), out.clone()]), Standing::Same);
        assert_eq!(of(&[entry(false, 100, "0.0.0.0/0"), out.clone()]), Standing::Changed);
        assert_eq!(of(&[entry(false, 90, "0.0.0.0/0"), entry(false, 100, "10.0.0.0/8"), out]), Standing::Same);
    }
}
