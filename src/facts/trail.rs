//! What the trails of an account record, and where they deliver.
//!
//! Trails of another account count for the account that sees them: they are trails of its
//! organization.

use std::collections::BTreeMap;

use super::Estate;
use super::estate::waits_elsewhere;
use crate::model::{
    AccessLevel, AccountId, AdvancedEventSelector, Bucket, BucketAccess, EventSelector, Fact, FieldSelector, Grantee,
    Pointer, Resource, ResourceType, Trail,
};

/// The trails of a snapshot.
#[derive(Debug, Default)]
pub(super) struct Trails<'a>(BTreeMap<&'a AccountId, Vec<(&'a Resource, &'a Trail)>>);

impl<'a> Trails<'a> {
    pub(super) fn add(&mut self, resource: &'a Resource, trail: &'a Trail) {
        self.0.entry(&resource.account).or_default().push((resource, trail));
    }

    fn of(&self, account: &AccountId) -> &[(&'a Resource, &'a Trail)] {
        self.0.get(account).map_or(&[], Vec::as_slice)
    }

    /// Whether a trail of any account delivers to the bucket.
    fn deliver_to(&self, bucket: &str) -> bool {
        self.0.values().flatten().any(|(_, trail)| trail.bucket.as_deref() == Some(bucket))
    }
}

/// Which events of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

/// Whether a multi-region trail that is on records such access to the objects of every bucket.
pub(super) fn s3_events_logged(account: &Resource, access: Access, estate: &Estate<'_>) -> Fact<bool> {
    let of_trails = estate.trails.of(&account.account).iter().map(|(resource, trail)| {
        let at = |place: &str, value: bool| match waits_elsewhere(resource, &Pointer::configuration(place)) {
            waits_for if waits_for.is_empty() => Fact::known(value, Vec::new()),
            waits_for => Fact::unknown(waits_for),
        };
        let basic = trail.event_selectors.iter().any(|selector| takes_all(selector, access));
        let advanced = trail.advanced_event_selectors.iter().any(|selector| advanced_takes_all(selector, access));
        Fact::all([
            at("multi_region", trail.multi_region),
            at("logging", trail.logging),
            Fact::any([at("event_selectors", basic), at("advanced_event_selectors", advanced)]),
        ])
    });
    let unlisted = estate.unlisted_in_account(&account.account, ResourceType::Trail);
    Fact::any(of_trails.chain(unlisted.map(|list| Fact::unknown(vec![list]))))
}

const OBJECT: &str = "AWS::S3::Object";

/// `arn:aws:s3` and `arn:aws:s3:::` stand for every bucket.
fn every_bucket(arn: &str) -> bool {
    let mut parts = arn.trim_end_matches(':').split(':');
    (parts.next(), parts.nth(1), parts.next()) == (Some("arn"), Some("s3"), None)
}

fn takes_all(selector: &EventSelector, access: Access) -> bool {
    let only = match access {
        Access::Read => "ReadOnly",
        Access::Write => "WriteOnly",
    };
    let of_objects = |resource: &&crate::model::DataResource| resource.resource_type == OBJECT;
    let mut values = selector.data_resources.iter().filter(of_objects).flat_map(|resource| &resource.values);
    (selector.read_write_type == "All" || selector.read_write_type == only) && values.any(|value| every_bucket(value))
}

/// Whether all fields of a selector take every such event.
fn advanced_takes_all(selector: &AdvancedEventSelector, access: Access) -> bool {
    let value_of_read_only = match access {
        Access::Read => "true",
        Access::Write => "false",
    };
    let equals = |field: &FieldSelector, value: &str| field.equals.iter().any(|one| one == value) && !excludes(field);
    let named = |name: &str| selector.fields.iter().any(|field| field.field == name);
    named("eventCategory")
        && named("resources.type")
        && selector.fields.iter().all(|field| match field.field.as_str() {
            "eventCategory" => equals(field, "Data"),
            "resources.type" => equals(field, OBJECT),
            "readOnly" => equals(field, value_of_read_only),
            "eventSource" => equals(field, "s3.amazonaws.com"),
            "resources.ARN" => field.starts_with.iter().any(|value| every_bucket(value)) && !excludes(field),
            // Any other field leaves some events out.
            _ => false,
        })
}

fn excludes(field: &FieldSelector) -> bool {
    [&field.not_equals, &field.not_starts_with, &field.not_ends_with].into_iter().any(|values| !values.is_empty())
}

/// Whether logs of trails come to a bucket whose own accesses are not logged.
pub(super) fn logs_unwatched(
    resource: &Resource,
    bucket: &Bucket,
    effective: &Fact<Vec<BucketAccess>>,
    estate: &Estate<'_>,
) -> Fact<bool> {
    let place = Pointer::configuration("logging");
    let unlogged = match super::estate::waits_here(resource, &place) {
        waits_for if waits_for.is_empty() => Fact::known(bucket.logging.is_none(), vec![place]),
        waits_for => Fact::unknown(waits_for),
    };
    Fact::all([unlogged, takes_trail_logs(resource, effective, estate)])
}

/// Whether a trail delivers to the bucket, or its policy lets CloudTrail: the trail may belong to
/// an account that is not scanned.
fn takes_trail_logs(resource: &Resource, effective: &Fact<Vec<BucketAccess>>, estate: &Estate<'_>) -> Fact<bool> {
    if estate.trails.deliver_to(&resource.name) {
        return Fact::known(true, Vec::new());
    }
    let delivers = |entry: &&BucketAccess| {
        entry.who == Grantee::Service
            && entry.name == "cloudtrail.amazonaws.com"
            && entry.levels.contains(&AccessLevel::Write)
    };
    if let Some(entry) = effective.value.iter().flatten().find(delivers) {
        return Fact::known(true, entry.because.clone());
    }
    let policy = effective.waits_for.iter().filter(|place| place.starts_with("/configuration/policy")).cloned();
    let unlisted = estate.unlisted_in_account(&resource.account, ResourceType::Trail);
    match policy.chain(unlisted).collect::<Vec<_>>() {
        waits_for if waits_for.is_empty() => Fact::known(false, Vec::new()),
        waits_for => Fact::unknown(waits_for),
    }
}

#[cfg(test)]
mod tests {
    use super::super::estate::testing::{ACCOUNT, listed, resource, snapshot, without};
    use super::*;
    use crate::model::{Account, BucketLogging, DataResource, Facts, Snapshot};

    const TRAIL: &str = "arn:aws:cloudtrail:eu-central-1:111122223333:trail/audit";

    fn trail(change: impl FnOnce(&mut Trail)) -> Trail {
        let mut trail = Trail { multi_region: true, logging: true, ..Trail::default() };
        change(&mut trail);
        trail
    }

    fn basic(kind: &str, value: &str) -> EventSelector {
        let data_resources = vec![DataResource { resource_type: OBJECT.to_owned(), values: vec![value.to_owned()] }];
        EventSelector { read_write_type: kind.to_owned(), management_events: true, data_resources }
    }

    fn fields(fields: &[(&str, &str)]) -> AdvancedEventSelector {
        let fields = fields.iter().map(|(field, value)| FieldSelector {
            field: (*field).to_owned(),
            equals: vec![(*value).to_owned()],
            ..FieldSelector::default()
        });
        AdvancedEventSelector { name: None, fields: fields.collect() }
    }

    fn facts(trails: Vec<Resource>, complete: bool) -> (Option<bool>, Option<bool>) {
        let account = resource("arn:aws:iam::111122223333:root", ACCOUNT, Account::default());
        let mut snapshot = snapshot([account].into_iter().chain(trails));
        listed(&mut snapshot, "global", ResourceType::Trail, complete);
        crate::facts::derive(&mut snapshot);
        match snapshot.resources[0].facts.as_ref().unwrap() {
            Facts::Account(facts) => (facts.s3_write_events_logged.value, facts.s3_read_events_logged.value),
            other => panic!("{other:?}"),
        }
    }

    fn one(change: impl FnOnce(&mut Trail)) -> (Option<bool>, Option<bool>) {
        facts(vec![resource(TRAIL, "audit", trail(change))], true)
    }

    #[test]
    fn basic_selectors_count_for_every_bucket_only() {
        let with = |kind: &str, value: &str| one(|trail| trail.event_selectors = vec![basic(kind, value)]);
        assert_eq!(with("All", "arn:aws:s3"), (Some(true), Some(true)));
        assert_eq!(with("WriteOnly", "arn:aws:s3:::"), (Some(true), Some(false)));
        assert_eq!(with("ReadOnly", "arn:aws-cn:s3"), (Some(false), Some(true)));
        assert_eq!(with("All", "arn:aws:s3:::photos/"), (Some(false), Some(false)));
        assert_eq!(with("All", "arn:aws:lambda"), (Some(false), Some(false)));
    }

    #[test]
    fn advanced_selectors_count_when_no_field_leaves_anything_out() {
        let all = [("eventCategory", "Data"), ("resources.type", OBJECT)];
        let with = |more: &[(&str, &str)]| {
            one(|trail| trail.advanced_event_selectors = vec![fields(&[&all[..], more].concat())])
        };
        assert_eq!(with(&[]), (Some(true), Some(true)));
        assert_eq!(with(&[("readOnly", "false")]), (Some(true), Some(false)));
        assert_eq!(with(&[("eventName", "PutObject")]), (Some(false), Some(false)));
        let without_logs = |trail: &mut Trail| {
            let mut selector = fields(&all);
            let not_starts_with = vec!["arn:aws:s3:::logs/".to_owned()];
            let field = "resources.ARN".to_owned();
            selector.fields.push(FieldSelector { field, not_starts_with, ..FieldSelector::default() });
            trail.advanced_event_selectors = vec![selector];
        };
        assert_eq!(one(without_logs), (Some(false), Some(false)));
        let management = |trail: &mut Trail| {
            trail.advanced_event_selectors = vec![fields(&[("eventCategory", "Management")])];
        };
        assert_eq!(one(management), (Some(false), Some(false)));
    }

    #[test]
    fn a_trail_that_is_off_or_of_one_region_does_not_count() {
        let selects = |trail: &mut Trail| trail.event_selectors = vec![basic("All", "arn:aws:s3")];
        let off = |trail: &mut Trail| {
            selects(trail);
            trail.logging = false;
        };
        assert_eq!(one(off), (Some(false), Some(false)));
        let regional = |trail: &mut Trail| {
            selects(trail);
            trail.multi_region = false;
        };
        assert_eq!(one(regional), (Some(false), Some(false)));
    }

    #[test]
    fn what_was_not_read_of_trails_is_not_known() {
        assert_eq!(facts(Vec::new(), false), (None, None));
        assert_eq!(facts(Vec::new(), true), (Some(false), Some(false)));
        let unread = |places: &[&str], logging: bool| {
            let found = trail(|trail| {
                trail.event_selectors = vec![basic("WriteOnly", "arn:aws:s3")];
                trail.logging = logging;
            });
            facts(vec![without(resource(TRAIL, "audit", found), places)], true)
        };
        assert_eq!(unread(&["/configuration/logging"], false), (None, Some(false)));
        let selectors = ["/configuration/event_selectors", "/configuration/advanced_event_selectors"];
        assert_eq!(unread(&selectors, true), (None, None));
        assert_eq!(unread(&selectors, false), (Some(false), Some(false)), "it is off, whatever it selects");
    }

    fn unwatched(bucket: Bucket, trails: Vec<Resource>, complete: bool) -> Option<bool> {
        let bucket = resource("arn:aws:s3:::logs", "logs", bucket);
        let mut snapshot: Snapshot = snapshot([bucket].into_iter().chain(trails));
        listed(&mut snapshot, "global", ResourceType::Trail, complete);
        crate::facts::derive(&mut snapshot);
        match snapshot.resources[0].facts.as_ref().unwrap() {
            Facts::Bucket(facts) => facts.trail_logs_unwatched.value,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_bucket_takes_trail_logs_by_a_trail_or_by_its_policy() {
        let delivers = || vec![resource(TRAIL, "audit", trail(|trail| trail.bucket = Some("logs".to_owned())))];
        assert_eq!(unwatched(Bucket::default(), delivers(), false), Some(true));
        let logged = Bucket { logging: Some(BucketLogging::default()), ..Bucket::default() };
        assert_eq!(unwatched(logged, delivers(), false), Some(false));
        assert_eq!(unwatched(Bucket::default(), Vec::new(), true), Some(false));
        assert_eq!(unwatched(Bucket::default(), Vec::new(), false), None);
        let text = r#"{"Statement":{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},
            "Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/AWSLogs/*"}}"#;
        let policy = Some(crate::policy::parse(text).unwrap());
        assert_eq!(unwatched(Bucket { policy, ..Bucket::default() }, Vec::new(), false), Some(true));
    }
}
