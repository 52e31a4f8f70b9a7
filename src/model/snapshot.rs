//! All resources of a scope at one time, with what could not be read.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AccountId, Pointer, Region, Resource, ResourceId, ResourceType, Service, content_hash};

/// The version of the snapshot file that this program writes.
pub const SNAPSHOT_FORMAT: u32 = 1;

/// All resources of a scope at one time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Version of the file format; [`SNAPSHOT_FORMAT`].
    pub format: u32,
    /// When collection began.
    pub taken_at: Timestamp,
    /// What was listed, and whether each list is whole; sorted.
    pub listings: Vec<Listing>,
    /// Resources, sorted by account, region, type and id.
    pub resources: Vec<Resource>,
    /// What could not be read; sorted.
    pub gaps: Vec<Gap>,
}

impl Snapshot {
    /// A snapshot of nothing.
    #[must_use]
    pub const fn empty(taken_at: Timestamp) -> Self {
        Self { format: SNAPSHOT_FORMAT, taken_at, listings: Vec::new(), resources: Vec::new(), gaps: Vec::new() }
    }

    /// Puts everything in its order, so that the same content gives the same bytes.
    pub fn sort(&mut self) {
        self.resources.sort_by(|a, b| a.key().cmp(&b.key()));
        self.listings.sort();
        self.listings.dedup();
        self.gaps.sort();
        self.gaps.dedup();
    }

    /// The content hash of each resource's document, in the order of the resources.
    #[must_use]
    pub fn content_hashes(&self) -> Vec<String> {
        self.resources.iter().map(|resource| content_hash(&resource.document())).collect()
    }
}

/// Keeps what could not be listed again: every resource of `previous` that is not in `new` and
/// whose list in `new` is not whole is added, as stale since it was last seen.
///
/// A list that is not whole remembers whether it was before: what was listed as empty once does
/// not count as never seen. A resource that a whole list does not hold is gone. One that no list of `new` covers is out of
/// scope: it is not added. Everything in `new` stays as it is, and `new` is in order afterwards.
pub fn carry_forward(previous: &Snapshot, new: &mut Snapshot) {
    let carried: Vec<Resource> = {
        let lists = new.lists();
        let read: HashSet<_> = new.resources.iter().map(Resource::key).collect();
        let lost = |resource: &&Resource| lists.whole(resource.key()) == Some(false) && !read.contains(&resource.key());
        previous.resources.iter().filter(lost).cloned().collect()
    };
    let before: HashSet<_> = previous
        .listings
        .iter()
        .filter(|listing| listing.complete || listing.listed_before)
        .map(|listing| (&listing.account, &listing.region, listing.resource_type))
        .collect();
    for listing in new.listings.iter_mut().filter(|listing| !listing.complete) {
        listing.listed_before = before.contains(&(&listing.account, &listing.region, listing.resource_type));
    }
    new.resources.extend(carried.into_iter().map(|mut resource| {
        resource.stale_since.get_or_insert(previous.taken_at);
        resource
    }));
    new.sort();
}

/// The listings of a snapshot, to be asked about one resource after the other.
pub struct Lists<'a>(HashMap<(&'a AccountId, &'a str, ResourceType), bool>);

impl Snapshot {
    /// The listings, to be asked about one resource after the other.
    #[must_use]
    pub fn lists(&self) -> Lists<'_> {
        let mut lists = HashMap::new();
        for listing in &self.listings {
            let whole =
                lists.entry((&listing.account, listing.region.as_str(), listing.resource_type)).or_insert(false);
            *whole |= listing.complete;
        }
        Lists(lists)
    }
}

impl Lists<'_> {
    /// Whether the list that would hold this resource is whole; `None` when it is out of scope.
    /// A list under `global` holds the resources of all regions.
    #[must_use]
    pub fn whole(&self, resource: (&AccountId, &Region, ResourceType, &ResourceId)) -> Option<bool> {
        let (account, region, resource_type, _) = resource;
        self.of(account, region, resource_type)
    }

    /// Whether all that this listing is about is on a whole list.
    #[must_use]
    pub fn covers(&self, listing: &Listing) -> bool {
        self.of(&listing.account, &listing.region, listing.resource_type) == Some(true)
    }

    fn of(&self, account: &AccountId, region: &Region, resource_type: ResourceType) -> Option<bool> {
        let list = |region: &str| self.0.get(&(account, region, resource_type)).copied();
        match (list(region.as_str()), list("global")) {
            (None, other) | (other, None) => other,
            (Some(one), Some(other)) => Some(one || other),
        }
    }

    /// Whether the resource's type was left out where others of its service were listed: such a
    /// type is read only while a rule judges it.
    #[must_use]
    pub fn is_left_out(&self, resource: (&AccountId, &Region, ResourceType, &ResourceId)) -> bool {
        let (account, region, left_out, _) = resource;
        let beside = |known: &ResourceType| {
            known.service() == left_out.service() && self.0.contains_key(&(account, region.as_str(), *known))
        };
        self.whole(resource).is_none() && ResourceType::ALL.iter().any(beside)
    }
}

impl Resource {
    /// The order of resources in a snapshot, which also identifies one.
    #[must_use]
    pub fn key(&self) -> (&AccountId, &Region, ResourceType, &ResourceId) {
        (&self.account, &self.region, self.resource_type, &self.id)
    }
}

/// Whether all resources of one type in one account and region were listed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// Account.
    pub account: AccountId,
    /// Region. Buckets are listed once per account, under `global`, whatever region they are in.
    pub region: Region,
    /// Type.
    pub resource_type: ResourceType,
    /// Whether the list is whole. An incomplete list says nothing about what it does not hold.
    pub complete: bool,
    /// Of a list that is not whole: whether an earlier scan had the whole of it, so that what to
    /// expect is known; see [`carry_forward`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub listed_before: bool,
}

/// Something in scope that could not be read, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// Account.
    pub account: AccountId,
    /// Region.
    pub region: Region,
    /// Service.
    pub service: Service,
    /// API operation, `GetBucketPolicy`.
    pub operation: String,
    /// The resource, when the call was about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<ResourceId>,
    /// The types whose list is not whole because of this.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unlisted: Vec<ResourceType>,
    /// Places in that resource's document that are unknown because of this.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Pointer>,
    /// Why.
    pub reason: GapReason,
    /// The service's own words, or the transport's.
    pub message: String,
    /// The IAM action that would allow the call, `s3:GetBucketPolicy`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permission: Option<String>,
}

/// Why something could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// The caller lacks a permission.
    Denied,
    /// The service kept throttling.
    Throttled,
    /// A time limit ended the call.
    TimedOut,
    /// Credentials have expired or are missing.
    Credentials,
    /// The service could not be reached, or kept failing.
    Unavailable,
    /// The answer could not be understood.
    Malformed,
    /// The region is not enabled in the account.
    RegionDisabled,
    /// Not asked for by the configuration of this scan.
    NotCollected,
}

impl GapReason {
    /// The word in tables and labels.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Throttled => "throttled",
            Self::TimedOut => "timed_out",
            Self::Credentials => "credentials",
            Self::Unavailable => "unavailable",
            Self::Malformed => "malformed",
            Self::RegionDisabled => "region_disabled",
            Self::NotCollected => "not_collected",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Bucket;

    const YESTERDAY: Timestamp = Timestamp::constant(1_000, 0);
    const TODAY: Timestamp = Timestamp::constant(2_000, 0);

    fn account() -> AccountId {
        AccountId::new("111122223333").unwrap()
    }

    fn bucket(name: &str) -> Resource {
        let id = ResourceId::new(format!("arn:aws:s3:::{name}")).unwrap();
        Resource::new(id, account(), Region::new("eu-central-1").unwrap(), name, Bucket::default())
    }

    fn listing(region: &str, complete: bool) -> Listing {
        let region = Region::new(region).unwrap();
        Listing { account: account(), region, resource_type: ResourceType::Bucket, complete, listed_before: false }
    }

    /// The names in the new snapshot after yesterday's "logs" and "site" were carried forward,
    /// with what they are stale since.
    fn carried(listings: Vec<Listing>, read: &[&str]) -> Vec<(String, Option<Timestamp>)> {
        let mut previous = Snapshot::empty(YESTERDAY);
        previous.resources = vec![bucket("logs"), bucket("site")];
        let mut new = Snapshot::empty(TODAY);
        new.listings = listings;
        new.resources = read.iter().map(|name| bucket(name)).collect();
        carry_forward(&previous, &mut new);
        new.resources.into_iter().map(|resource| (resource.name, resource.stale_since)).collect()
    }

    #[test]
    fn what_a_list_that_is_not_whole_does_not_hold_is_kept_as_stale() {
        let expected = [("logs".to_owned(), None), ("site".to_owned(), Some(YESTERDAY))];
        assert_eq!(carried(vec![listing("global", false)], &["logs"]), expected);
    }

    #[test]
    fn what_a_whole_list_does_not_hold_is_gone() {
        assert_eq!(carried(vec![listing("global", true)], &["logs"]), [("logs".to_owned(), None)]);
        assert_eq!(carried(vec![listing("global", true), listing("eu-central-1", false)], &[]), []);
    }

    #[test]
    fn a_list_that_was_whole_once_is_never_a_list_never_seen() {
        let mut latest = Snapshot::empty(YESTERDAY);
        latest.listings.push(listing("global", true));
        for listed_before in [true, true] {
            let mut next = Snapshot::empty(TODAY);
            next.listings.push(listing("global", false));
            carry_forward(&latest, &mut next);
            assert_eq!(next.listings, [Listing { listed_before, ..listing("global", false) }]);
            latest = next;
        }
        let mut first = Snapshot::empty(TODAY);
        first.listings.push(listing("eu-west-1", false));
        carry_forward(&latest, &mut first);
        assert_eq!(first.listings, [listing("eu-west-1", false)]);
    }

    #[test]
    fn what_no_list_covers_is_out_of_scope() {
        assert_eq!(carried(vec![], &[]), []);
        assert_eq!(carried(vec![listing("eu-west-1", false)], &[]), []);
    }

    #[test]
    fn a_resource_stays_stale_since_it_was_last_seen() {
        let mut previous = Snapshot::empty(YESTERDAY);
        let mut stale = bucket("logs");
        stale.stale_since = Some(Timestamp::constant(500, 0));
        previous.resources.push(stale.clone());
        let mut new = Snapshot::empty(TODAY);
        new.listings.push(listing("global", false));
        carry_forward(&previous, &mut new);
        assert_eq!(new.resources, [stale]);
    }
}
