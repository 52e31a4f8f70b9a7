//! A request that shows a change, as people write it down: by whom it can be made, and with the
//! context keys that the policies ask for.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Configuration, PolicyDocument, Resource, ResourceType, Statement, Witness, WitnessRequest};
use crate::policy::{Context, KeyValue, Layer, Principal, Request, Truth, judge};

/// Requests that people understand at once.
const TELLING: &[(&str, &str)] = &[
    ("iam:CreateAccessKey", "arn:aws:iam::{account}:user/example"),
    ("iam:PutRolePolicy", "arn:aws:iam::{account}:role/example"),
    ("s3:DeleteBucket", "arn:aws:s3:::example"),
    ("s3:PutObject", "arn:aws:s3:::example/example"),
    ("s3:GetObject", "arn:aws:s3:::example/example"),
    ("ec2:TerminateInstances", "arn:aws:ec2:us-east-1:{account}:instance/i-0123456789abcdef0"),
    ("kms:Decrypt", "arn:aws:kms:us-east-1:{account}:key/example"),
    ("sts:AssumeRole", "arn:aws:iam::{account}:role/example"),
];

/// What is known about the two sides of a change when a request is to show it.
pub(super) struct Proof<'a> {
    resource: &'a Resource,
    old: Vec<&'a PolicyDocument>,
    new: Vec<&'a PolicyDocument>,
    layer: Layer,
}

impl<'a> Proof<'a> {
    /// Of policies that a principal holds, or that hold it back.
    pub(super) const fn held(
        resource: &'a Resource,
        old: Vec<&'a PolicyDocument>,
        new: Vec<&'a PolicyDocument>,
    ) -> Self {
        Self { resource, old, new, layer: Layer::Identity }
    }

    /// Of a resource's own policy.
    pub(super) const fn own(
        resource: &'a Resource,
        old: Vec<&'a PolicyDocument>,
        new: Vec<&'a PolicyDocument>,
    ) -> Self {
        Self { resource, old, new, layer: Layer::Resource }
    }

    /// The request for the report.
    pub(super) fn witness(&self, request: &Request) -> Witness {
        let (principal, request) = if self.layer == Layer::Identity {
            self.by_holder(&self.telling(request))
        } else {
            let request = self.on_storage(request);
            (request.principal.to_string(), request)
        };
        Witness::Request(WitnessRequest {
            principal,
            action: request.action.clone(),
            resource: self.target(&request),
            context: self.needed(&request),
        })
    }

    /// The context keys that the request needs to be as they are: with any other value, or without
    /// it, one of the sides may say something else.
    fn needed(&self, request: &Request) -> BTreeMap<String, String> {
        let (says, derived) = (self.says(request), derived(request));
        let mut open = request.clone();
        let mut needed = BTreeMap::new();
        for key in self.tested_keys().into_iter().chain(request.context.keys.keys().map(String::as_str)) {
            let value = request.context.get(key).clone();
            if derived.get(key) == Some(&value) || needed.contains_key(key) {
                continue;
            }
            open.context.set(key, KeyValue::Unknown);
            if self.says(&open) != says {
                needed.insert(key.to_owned(), in_words(&value));
                open.context.set(key, value);
            }
        }
        needed
    }

    /// Of a bucket or access point: an unsigned request, and one on an object where the action is
    /// on objects, if that shows the change as well.
    fn on_storage(&self, request: &Request) -> Request {
        let alike = |(principal, (action, target)): (&Principal, &(&str, String))| {
            let principal = principal.clone();
            let mut alike =
                Request { principal, action: (*action).to_owned(), resource: target.clone(), ..request.clone() };
            alike.context = Self::bare(request);
            Some(alike.with_derived_keys()).filter(|alike| self.says(alike) == self.says(request))
        };
        let usual = usual_requests(self.resource);
        let by = [&Principal::Anonymous, &request.principal];
        let all = by.into_iter().flat_map(|principal| usual.iter().map(move |usual| (principal, usual)));
        all.into_iter().find_map(alike).unwrap_or_else(|| request.clone())
    }

    /// Where no policy names the action, which then is any of many: a request that people
    /// understand, if it shows the change as well.
    fn telling(&self, request: &Request) -> Request {
        let action = request.action.to_ascii_lowercase();
        let named = self.statements().any(|statement| statement.action.iter().flatten().any(|one| *one == action));
        let account = self.resource.account.as_str();
        let alike = |(action, target): &(&str, &str)| {
            let target = target.replace("{account}", account);
            let mut alike = Request { action: (*action).to_owned(), resource: target, ..request.clone() };
            (alike.resource_account, alike.context) = (None, Self::bare(request));
            Some(alike.with_derived_keys()).filter(|alike| self.says(alike) == self.says(request))
        };
        (!named).then(|| TELLING.iter().find_map(alike)).flatten().unwrap_or_else(|| request.clone())
    }

    /// The context without what follows from principal and resource.
    fn bare(request: &Request) -> Context {
        let derived = derived(request);
        let mut context = request.context.clone();
        context.keys.retain(|key, value| derived.get(key) != Some(value));
        context
    }

    /// The same request made by the user or role that holds the policies, if that shows it too.
    fn by_holder(&self, request: &Request) -> (String, Request) {
        let arn = self.resource.id.as_str();
        let holder = match &self.resource.configuration {
            Configuration::Role(_) => Principal::role(arn),
            Configuration::User(_) => Principal::User(arn.to_owned()),
            Configuration::Group(_) => return (format!("a member of group {}", self.resource.name), request.clone()),
            _ => return (format!("who holds {arn}"), request.clone()),
        };
        let other = Request { principal: holder, context: Self::bare(request), ..request.clone() }.with_derived_keys();
        if self.says(&other) == self.says(request) {
            (other.principal.to_string(), other)
        } else {
            // A variable such as the name of a user, which no session of a role has.
            (format!("{} (with the policies of {})", request.principal, self.resource.name), request.clone())
        }
    }

    /// What the old and the new policies say.
    fn says(&self, request: &Request) -> [(Truth, Truth); 2] {
        [&self.old, &self.new].map(|documents| {
            let nothing = (Truth::No, Truth::No);
            documents.iter().fold(nothing, |(allow, deny), document| {
                let one = judge(self.layer, document, request);
                (either(allow, one.allow), either(deny, one.deny))
            })
        })
    }

    /// The keys that the policies test.
    fn tested_keys(&self) -> BTreeSet<&'a str> {
        let conditions = self.statements().flat_map(|statement| statement.condition.values());
        conditions.flat_map(BTreeMap::keys).map(String::as_str).collect()
    }

    fn statements(&self) -> impl Iterator<Item = &'a Statement> + '_ {
        self.old.iter().chain(&self.new).flat_map(|document| &document.statement)
    }

    /// What is acted on: trust policies do not say it, it is the role.
    fn target(&self, request: &Request) -> String {
        let trust = self.layer == Layer::Resource && matches!(self.resource.configuration, Configuration::Role(_));
        if trust { self.resource.id.to_string() } else { request.resource.clone() }
    }
}

/// The keys that follow from principal and resource.
fn derived(request: &Request) -> BTreeMap<String, KeyValue> {
    Request { context: Context::whole(), ..request.clone() }.with_derived_keys().context.keys
}

/// What is usually done with a bucket or access point, and on what.
pub(super) fn usual_requests(resource: &Resource) -> Vec<(&'static str, String)> {
    let id = resource.id.as_str();
    let object = match resource.resource_type {
        ResourceType::AccessPoint | ResourceType::MultiRegionAccessPoint => format!("{id}/object/example"),
        ResourceType::Bucket => format!("{id}/example"),
        _ => return Vec::new(),
    };
    let of_objects = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"].map(|action| (action, object.clone()));
    let of_it = ["s3:ListBucket", "s3:GetBucketAcl", "s3:GetBucketPolicy", "s3:PutBucketPolicy"];
    of_objects.into_iter().chain(of_it.map(|action| (action, id.to_owned()))).collect()
}

fn either(one: Truth, other: Truth) -> Truth {
    match (one, other) {
        (Truth::Yes, _) | (_, Truth::Yes) => Truth::Yes,
        (Truth::No, other) => other,
        (one, _) => one,
    }
}

fn in_words(value: &KeyValue) -> String {
    match value {
        KeyValue::Known(values) => values.join(", "),
        KeyValue::Present => "(any value)".to_owned(),
        KeyValue::Absent => "(absent)".to_owned(),
        KeyValue::Unknown => "(any value or none)".to_owned(),
    }
}
