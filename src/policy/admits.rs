//! Whether a resource policy lets a kind of caller do something at all.
//!
//! A caller chooses what to put into a request. So this looks for one request, made by the caller
//! on one of the targets, that an Allow takes and no Deny does: condition keys that matter are
//! tried with the values the policy names, with one it does not name, and absent. What is found is
//! an answer of [`judge`]; that nothing is found is one only where those few values stand for all
//! ([`Admits::Unsure`] otherwise).

use std::collections::{BTreeMap, BTreeSet};

use super::evaluate::{Effects, judge};
use super::pattern;
use super::{KeyValue, Layer, Need, Principal, Request, Truth, account_of};
use crate::model::{PolicyDocument, Statement};

/// Somebody who makes requests: as whom, and with what in them.
#[derive(Debug, Clone)]
pub struct Caller {
    /// As whom; all of them are tried.
    pub principals: Vec<Principal>,
    /// What keys (in lower case) can be for this caller; any other can be anything.
    pub choices: BTreeMap<String, Vec<KeyValue>>,
}

/// What is done to what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// `s3:getobject`.
    pub action: String,
    /// The ARN, without wildcard.
    pub resource: String,
}

/// Whether a caller gets in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admits {
    /// By this request.
    Yes(Box<Request>),
    /// By none.
    No,
    /// None was found, and those that were tried do not stand for all.
    Unsure,
}

/// Most requests that are tried for one answer.
const BUDGET: usize = 2_000;

/// Whether the policy lets the caller do one of the things.
#[must_use]
pub fn admits(document: &PolicyDocument, caller: &Caller, targets: &[Target], owner: &str) -> Admits {
    let mut search = Search::new(document, caller);
    for principal in &caller.principals {
        for target in targets {
            let mut request = Request::new(principal.clone(), target.action.as_str(), target.resource.as_str());
            request.resource_account = Some(owner.to_owned()).filter(|owner| !owner.is_empty());
            for (key, choices) in &caller.choices {
                if let [only] = choices.as_slice() {
                    request.context.set(key, only.clone());
                }
            }
            if let Some(found) = search.from(request.with_derived_keys()) {
                return Admits::Yes(Box::new(found));
            }
        }
    }
    match search.nothing_found() {
        // What the Allow statements do not take, no Deny can give back.
        Admits::Unsure if document.statement.iter().any(|statement| statement.effect == "Deny") => {
            let allows = document.statement.iter().filter(|statement| statement.effect == "Allow").cloned().collect();
            let allows = PolicyDocument { statement: allows, ..document.clone() };
            if admits(&allows, caller, targets, owner) == Admits::No { Admits::No } else { Admits::Unsure }
        }
        found => found,
    }
}

/// Whether the policy lets one of the callers do one of the things.
#[must_use]
pub fn admits_any(document: &PolicyDocument, callers: &[Caller], targets: &[Target], owner: &str) -> Admits {
    let mut answer = Admits::No;
    for caller in callers {
        match admits(document, caller, targets, owner) {
            Admits::No => {}
            Admits::Unsure => answer = Admits::Unsure,
            yes @ Admits::Yes(_) => return yes,
        }
    }
    answer
}

/// Whether the policy allows a request, or one that the caller makes of it by filling in what is
/// not known.
#[must_use]
pub fn admits_request(document: &PolicyDocument, caller: &Caller, request: Request) -> Admits {
    let mut search = Search::new(document, caller);
    search.from(request).map_or_else(|| search.nothing_found(), |found| Admits::Yes(Box::new(found)))
}

struct Search<'a> {
    document: &'a PolicyDocument,
    caller: &'a Caller,
    left: usize,
    /// Whether what was tried stands for all there is.
    sure: bool,
}

impl<'a> Search<'a> {
    fn new(document: &'a PolicyDocument, caller: &'a Caller) -> Self {
        Self { document, caller, left: BUDGET, sure: true }
    }

    const fn nothing_found(&self) -> Admits {
        if self.sure { Admits::No } else { Admits::Unsure }
    }

    /// An allowed request that agrees with this one in all that is known of it.
    fn from(&mut self, request: Request) -> Option<Request> {
        if self.left == 0 {
            self.sure = false;
            return None;
        }
        self.left -= 1;
        let Effects { allow, deny } = judge(Layer::Resource, self.document, &request);
        let key = match (&allow, &deny) {
            (Truth::No, _) => return None,
            (_, Truth::Yes) => {
                self.sure = self.sure && !has_open_resources(self.document, &request.resource);
                return None;
            }
            (Truth::Yes, Truth::No) => return Some(request),
            (Truth::Depends(needs), _) | (_, Truth::Depends(needs)) => needs.iter().find_map(|need| match need {
                Need::Key(key) => Some(key.to_ascii_lowercase()),
                Need::Policy(_) => None,
            }),
        };
        let Some(key) = key.filter(|key| matches!(request.context.get(key), KeyValue::Unknown | KeyValue::Present))
        else {
            self.sure = false;
            return None;
        };
        for value in self.choices(&request.principal, &key) {
            let mut next = request.clone();
            next.context.set(&key, value);
            if let Some(found) = self.from(next) {
                return Some(found);
            }
        }
        None
    }

    fn choices(&mut self, principal: &Principal, key: &str) -> Vec<KeyValue> {
        if *principal == Principal::Anonymous && key.starts_with("aws:principal") {
            return vec![KeyValue::Absent];
        }
        if let Some(choices) = self.caller.choices.get(key) {
            return choices.clone();
        }
        let (values, sure) = values_of(self.document, key);
        self.sure &= sure;
        let mut choices: Vec<KeyValue> = values.into_iter().map(|value| KeyValue::Known(vec![value])).collect();
        choices.push(KeyValue::Absent);
        choices
    }
}

/// Values of a key that stand for all of them, and whether they really do.
fn values_of(document: &PolicyDocument, key: &str) -> (Vec<String>, bool) {
    let mut values = BTreeSet::from(["plimsoll-none-of-these".to_owned()]);
    let (mut sure, mut patterns) = (true, BTreeSet::new());
    for (operator, named) in tests_of(document, key) {
        let operator = operator.to_ascii_lowercase();
        if operator.contains(':') {
            sure = false;
        }
        let base = operator.rsplit(':').next().unwrap_or_default().trim_end_matches("ifexists");
        for value in named {
            match base {
                "bool" | "null" => values.extend(["true".to_owned(), "false".to_owned()]),
                _ if base.starts_with("numeric") => match value.parse::<i64>() {
                    Ok(number) => values.extend([-1, 0, 1].map(|step| number.saturating_add(step).to_string())),
                    Err(_) => sure = false,
                },
                _ if base.contains("like") || base.starts_with("arn") => {
                    if value.contains(['*', '?']) {
                        patterns.insert(value);
                    }
                    sure &= !value.contains('?') && !value.contains("${");
                    values.extend(instances(value));
                }
                _ if base.starts_with("string") => {
                    sure &= !value.contains("${");
                    values.insert(value.clone());
                }
                _ => {
                    sure = false;
                    values.insert(value.split('/').next().unwrap_or_default().to_owned());
                }
            }
        }
    }
    // What two patterns share is not among their instances.
    (values.into_iter().collect(), sure && patterns.len() <= 1)
}

fn tests_of<'a>(document: &'a PolicyDocument, key: &'a str) -> impl Iterator<Item = (&'a str, &'a Vec<String>)> {
    document.statement.iter().flat_map(move |statement| {
        statement.condition.iter().filter_map(move |(operator, keys)| Some((operator.as_str(), keys.get(key)?)))
    })
}

/// Texts of the form of a pattern: with as little as can be for each `*`, and with something that
/// no other pattern has.
#[must_use]
pub fn instances(pattern: &str) -> [String; 2] {
    ["", "~"].map(|rest| pattern.replace('*', rest).replace('?', "x"))
}

/// Whether what Deny statements leave of the resources has a form that instances of the patterns
/// do not stand for: what several patterns share.
fn has_open_resources(document: &PolicyDocument, resource: &str) -> bool {
    let space = format!("{}/*", resource.split('/').next().unwrap_or_default());
    let here = |one: &&String| pattern::overlaps(one, &space);
    let of = |effect: &'static str| document.statement.iter().filter(move |statement| statement.effect == effect);
    let allowed: Vec<&String> = of("Allow").flat_map(|statement| statement.resource.iter().flatten()).collect();
    let odd = |one: &String| one.contains('?') || one.contains("${");
    let shares = |spared: &String| {
        spared.contains('*')
            && allowed.iter().any(|one| pattern::overlaps(one, spared))
            && !allowed.iter().any(|one| pattern::covers(one, spared))
    };
    let spared: BTreeSet<Vec<&String>> = of("Deny")
        .filter_map(|statement| statement.not_resource.as_ref())
        .map(|spared| spared.iter().filter(here).collect())
        .collect();
    of("Deny").flat_map(|statement| statement.resource.iter().flatten()).filter(here).any(odd)
        || spared.len() > 1 && spared.iter().flatten().any(|one| one.contains('*'))
        || spared.iter().flatten().any(|one| odd(one) || shares(one))
}

/// Callers who belong to nobody the policy names: one who signs nothing, one with an account of
/// his own, and the same through an endpoint of his own.
#[must_use]
pub fn strangers(document: &PolicyDocument) -> Vec<Caller> {
    let account = unnamed_account(document);
    let user = Principal::User(format!("arn:aws:iam::{account}:user/stranger"));
    let absent = || vec![KeyValue::Absent];
    let known = |value: &str| KeyValue::Known(vec![value.to_owned()]);
    let addresses: Vec<KeyValue> = addresses(document).iter().map(|address| known(address)).collect();
    let mut base: BTreeMap<String, Vec<KeyValue>> = [
        "aws:sourcearn",
        "aws:sourceaccount",
        "aws:sourceowner",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:sourcevpc",
        "aws:sourcevpcarn",
        "aws:sourcevpce",
        "aws:vpcsourceip",
        "aws:vpceaccount",
        "aws:vpceorgid",
        "aws:vpceorgpaths",
        "aws:principalservicename",
        "aws:principalservicenameslist",
        "s3:dataaccesspointarn",
        "s3:dataaccesspointaccount",
        "s3:accesspointnetworkorigin",
    ]
    .map(|key| (key.to_owned(), absent()))
    .into();
    base.insert("aws:sourceip".to_owned(), addresses);
    base.insert("aws:principalisawsservice".to_owned(), vec![known("false")]);

    let mut unsigned = base.clone();
    let of_principals = [
        "aws:principalarn",
        "aws:principalaccount",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:userid",
        "aws:username",
    ];
    unsigned.extend(of_principals.map(|key| (key.to_owned(), absent())));
    let mut signed = base;
    signed.extend([
        ("aws:principalorgid".to_owned(), vec![known("o-plimsoll00"), KeyValue::Absent]),
        ("aws:principalorgpaths".to_owned(), vec![known("o-plimsoll00/r-0000/"), KeyValue::Absent]),
        ("aws:userid".to_owned(), vec![known("AIDAPLIMSOLLSTRANGER0")]),
    ]);
    let mut through_endpoint = signed.clone();
    through_endpoint.extend([
        ("aws:sourceip".to_owned(), absent()),
        ("aws:sourcevpc".to_owned(), vec![known("vpc-0plimsollstranger")]),
        ("aws:sourcevpce".to_owned(), vec![known("vpce-0plimsollstranger")]),
        ("aws:vpcsourceip".to_owned(), vec![known("10.77.0.7")]),
        ("aws:vpceaccount".to_owned(), vec![known(&account)]),
        ("aws:vpceorgid".to_owned(), vec![known("o-plimsoll00"), KeyValue::Absent]),
    ]);
    vec![
        Caller { principals: vec![Principal::Anonymous], choices: unsigned },
        Caller { principals: vec![user.clone()], choices: signed },
        Caller { principals: vec![user], choices: through_endpoint },
    ]
}

/// An account that the policy does not name.
#[must_use]
pub fn unnamed_account(document: &PolicyDocument) -> String {
    let named = |account: &str| {
        let in_list = |list: &Vec<String>| list.iter().any(|text| text.contains(account));
        document.statement.iter().any(|statement| {
            let principals = [&statement.principal, &statement.not_principal].into_iter().flatten();
            principals.flat_map(BTreeMap::values).any(in_list)
                || statement.condition.values().flat_map(BTreeMap::values).any(in_list)
        })
    };
    let mut candidates = (0..1000).map(|step: u64| (987_650_000_000 + step * 7).to_string());
    candidates.find(|account| !named(account)).unwrap_or_default()
}

/// Public addresses, none of them in a range that AWS takes for a fixed one.
fn addresses(document: &PolicyDocument) -> Vec<String> {
    const SPREAD: &[&str] = &[
        "5.188.0.7",
        "45.77.0.7",
        "77.88.0.7",
        "103.4.0.7",
        "151.5.0.7",
        "185.9.0.7",
        "213.7.0.7",
        "2a09:bac0::7",
        "2607:f8b0::7",
    ];
    let fixed: Vec<ipnet::IpNet> = tests_of(document, "aws:sourceip")
        .flat_map(|(_, values)| values)
        .filter(|range| super::public::is_narrow(range))
        .filter_map(|range| super::public::network(range))
        .collect();
    let outside = |address: &&str| {
        address.parse::<std::net::IpAddr>().is_ok_and(|address| !fixed.iter().any(|range| range.contains(&address)))
    };
    let wide = tests_of(document, "aws:sourceip")
        .flat_map(|(_, values)| values)
        .filter_map(|range| super::public::network(range));
    let first = wide.map(|range| range.hosts().next().unwrap_or_else(|| range.addr()).to_string());
    let mut addresses: Vec<String> = SPREAD.iter().map(|address| (*address).to_owned()).chain(first).collect();
    addresses.retain(|address| outside(&address.as_str()));
    addresses
}

/// A caller whom the policy names: an account, a user, role or session, a service. Keys can be
/// anything for him.
#[must_use]
pub fn named(kind: &str, name: &str, document: &PolicyDocument) -> Caller {
    let principals = match (kind, account_of(name)) {
        ("Service", _) => vec![Principal::Service(name.to_owned())],
        ("Federated", _) => vec![Principal::Federated(name.to_owned())],
        (_, Some(account)) if name.ends_with(":root") => members(account, document),
        _ if name == "*" => members(&unnamed_account(document), document),
        _ => vec![Principal::read(name)],
    };
    Caller { principals, choices: BTreeMap::new() }
}

/// Principals of an account: any user, and those that conditions name.
fn members(account: &str, document: &PolicyDocument) -> Vec<Principal> {
    let mut members = vec![Principal::User(format!("arn:aws:iam::{account}:user/plimsoll"))];
    let arns = tests_of(document, "aws:principalarn").flat_map(|(_, values)| values);
    let own = arns.flat_map(|arn| instances(arn)).filter(|arn| account_of(arn) == Some(account));
    members.extend(own.map(|arn| Principal::read(&arn)));
    members.sort();
    members.dedup();
    members
}

/// The Allow of one statement with the Deny statements of the policy.
#[must_use]
pub fn beside_denies(allow: Statement, denies: &[Statement], version: &str) -> PolicyDocument {
    let statement = [allow].into_iter().chain(denies.iter().cloned()).collect();
    PolicyDocument { version: version.to_owned(), id: None, statement }
}
