//! One AWS account, read through its API: IAM in bulk, every bucket, the network of EC2 in the
//! regions of the scope, and the policies of its organization.
//!
//! Collection never fails. What could not be read is a [`Gap`] with the operation, the reason and
//! the missing permission, and the values behind it are unknown; no collector stops another.
//! Only entering the account can fail, see [`ConnectError`].

mod access_points;
mod accessanalyzer;
mod backup;
mod bucket;
mod calls;
mod cell;
mod cloudtrail;
mod compute_convert;
mod connect;
mod credential_report;
mod credentials;
mod directory_buckets;
mod ec2;
mod ec2_compute;
mod ec2_convert;
mod ec2_network;
mod ec2_network_convert;
mod fault;
mod iam;
mod iam_convert;
mod instance_details;
mod limiter;
mod meter;
mod multi_region_access_points;
mod organization;
mod organization_policies;
mod region_settings;
mod s3;
mod s3_convert;
pub(in crate::source) mod secrets;
mod session;
mod trail_calls;
mod trail_events;

use std::collections::{BTreeMap, BTreeSet};

use aws_smithy_types::DateTime;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use jiff::{SignedDuration, Timestamp};

pub use self::calls::CallCount;
use self::cell::Cell;
pub use self::connect::ConnectError;
use self::iam_convert::not_collected;
pub use self::organization::Organization;
pub use self::session::{Access, Keys, Limits, Session};
pub use self::trail_calls::calls_that_write;
pub use self::trail_events::{Answer, LOOKUP_OPERATION, Lookup, LookupLimits, NoAnswer, look_up};
use crate::model::{
    AccountId, Gap, GapReason, Listing, Pointer, PolicyDocument, Region, Resource, ResourceType, Service, Snapshot,
};
use crate::policy;

/// What to read.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Regions whose EC2 network and access points are read. Buckets are read wherever they are,
    /// and IAM has no region.
    pub regions: Vec<Region>,
    /// How much is asked about each bucket.
    pub depth: Depth,
    /// Places that the enabled rules read, such as `/configuration/website`: they are asked for
    /// whatever the depth.
    pub wanted: BTreeSet<Pointer>,
    /// Places of instances that the enabled rules read: what costs calls of its own is asked for
    /// only when it is among them.
    pub wanted_of_instances: BTreeSet<Pointer>,
    /// Types that a rule in force judges: a type that no other reading needs is listed only then.
    pub judged: BTreeSet<ResourceType>,
    /// Whether the organization is read.
    pub organization: Organization,
    /// The accounts of the same scan: whichever may read the organization tells for all of them
    /// where they stand in it.
    pub accounts: Vec<AccountId>,
    /// Where directory buckets were seen before. There a host that does not exist does not mean
    /// that there are none.
    pub directory_buckets: BTreeSet<(AccountId, Region)>,
}

/// Types that nothing but a rule about the type itself, such as one on tags, looks at.
const ONLY_WHEN_JUDGED: [ResourceType; 8] = [
    ResourceType::CustomerGateway,
    ResourceType::DhcpOptions,
    ResourceType::TrafficMirrorFilter,
    ResourceType::TrafficMirrorSession,
    ResourceType::TrafficMirrorTarget,
    ResourceType::TransitGatewayAttachment,
    ResourceType::TransitGatewayRouteTable,
    ResourceType::VpnGateway,
];

impl Scope {
    /// Whether resources of this type are read.
    #[must_use]
    pub fn reads(&self, resource_type: ResourceType) -> bool {
        let needed = self.depth == Depth::Full || self.judged.contains(&resource_type);
        needed || !ONLY_WHEN_JUDGED.contains(&resource_type)
    }
}

/// How much is asked about each bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Depth {
    /// What most rules need, in at most ten calls. The rest is unknown, with the reason "not
    /// collected".
    #[default]
    Standard,
    /// Everything.
    Full,
}

/// How far collection has come in one region and service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The service.
    pub service: Service,
    /// The region; `global` for IAM and buckets.
    pub region: Region,
    /// Lists or buckets that were read.
    pub done: usize,
    /// Lists or buckets in all.
    pub of: usize,
}

/// Reads the account. The answer is sorted: the same account gives the same bytes.
pub async fn collect(
    session: &Session,
    scope: &Scope,
    progress: &(dyn Fn(Progress) + Sync),
    taken_at: Timestamp,
) -> Snapshot {
    let network = async {
        let regions: FuturesUnordered<_> =
            scope.regions.iter().map(|region| ec2::collect(session, scope, region, progress)).collect();
        regions.collect::<Vec<_>>().await
    };
    let backups = async {
        let regions: FuturesUnordered<_> =
            scope.regions.iter().map(|region| backup::collect(session, region, progress)).collect();
        regions.collect::<Vec<_>>().await
    };
    let analyzers = async {
        let regions: FuturesUnordered<_> =
            scope.regions.iter().map(|region| accessanalyzer::collect(session, region, progress)).collect();
        regions.collect::<Vec<_>>().await
    };
    let beside_buckets = async {
        tokio::join!(
            access_points::collect(session, scope),
            multi_region_access_points::collect(session),
            directory_buckets::collect(session, scope),
            cloudtrail::collect(session, scope),
        )
    };
    let (mut account, buckets, beside_buckets, organization, network, analyzers, backups) = tokio::join!(
        iam::collect(session, progress),
        s3::collect(session, scope, progress),
        beside_buckets,
        organization::collect(session, scope, progress),
        network,
        analyzers,
        backups,
    );
    access_points::account_block(session, &mut account).await;

    let mut snapshot = Snapshot::empty(taken_at);
    let regional = network.into_iter().chain(analyzers).chain(backups);
    let (access_points, multi_region, directories, trails) = beside_buckets;
    let parts = [account.finish(), buckets, access_points, multi_region, directories, trails, organization];
    for part in parts.into_iter().chain(regional) {
        snapshot.listings.extend(part.listings);
        snapshot.resources.extend(part.resources);
        snapshot.gaps.extend(part.gaps);
    }
    tell_disabled_regions(&mut snapshot, &scope.regions);
    snapshot.sort();
    snapshot
}

/// EC2 says when an account has not enabled a region; other services there do not know the
/// caller's credentials, and say only that.
///
/// A disabled region holds no trail of its own. So the account's list of trails, which is made of
/// what every region names, is whole when all others answered.
fn tell_disabled_regions(snapshot: &mut Snapshot, regions: &[Region]) {
    let disabled = snapshot.gaps.iter().filter(|gap| gap.service == Service::Ec2 && ec2::is_disabled(gap));
    let disabled: BTreeSet<Region> = disabled.map(|gap| gap.region.clone()).collect();
    for gap in &mut snapshot.gaps {
        if gap.reason == GapReason::Credentials && disabled.contains(&gap.region) {
            gap.reason = GapReason::RegionDisabled;
        }
    }
    let of_trails = |gap: &&Gap| gap.unlisted.contains(&ResourceType::Trail);
    let silent: Vec<&Gap> = snapshot.gaps.iter().filter(of_trails).collect();
    let answered = regions.iter().any(|region| silent.iter().all(|gap| gap.region != *region));
    if answered && silent.iter().all(|gap| gap.reason == GapReason::RegionDisabled) {
        let trails = snapshot.listings.iter_mut().filter(|listing| listing.resource_type == ResourceType::Trail);
        trails.for_each(|listing| listing.complete = true);
    }
}

/// Places of a type's documents that are not of the moment they are read at, and how old they may be:
/// AWS makes a credential report at most every four hours.
#[must_use]
pub fn read_late(resource_type: ResourceType) -> Option<(SignedDuration, Vec<Pointer>)> {
    let places = match resource_type {
        ResourceType::User => iam_convert::report_places(),
        ResourceType::Account => vec![iam_convert::root_use_place()],
        _ => return None,
    };
    Some((SignedDuration::from_hours(4), places))
}

/// What one collector read.
#[derive(Debug, Default)]
struct Collected {
    listings: Vec<Listing>,
    resources: Vec<Resource>,
    gaps: Vec<Gap>,
}

impl Collected {
    /// Adds what another collector, or the same one in another region, read.
    fn extend(&mut self, other: Self) {
        self.listings.extend(other.listings);
        self.resources.extend(other.resources);
        self.gaps.extend(other.gaps);
    }

    fn listed(&mut self, session: &Session, region: &Region, resource_type: ResourceType, complete: bool) {
        let (account, region) = (session.account.clone(), region.clone());
        self.listings.push(Listing { account, region, resource_type, complete, listed_before: false });
    }
}

/// Tags that are not asked for are unknown, with the operation that would give them and why it is
/// not called.
fn leave_out_tags(cell: &Cell, operation: &'static str, why: &str, collected: &mut Collected) {
    let place = Pointer::new("/tags");
    for resource in &mut collected.resources {
        resource.mark_unknown(place.clone());
    }
    if !collected.resources.is_empty() {
        let gap = cell.gap(&not_collected(operation, why));
        collected.gaps.push(Gap { region: Region::global(), places: vec![place], ..gap });
    }
}

/// Reads a policy text into its canonical form and keeps the original in `origin`. A text that is
/// no policy leaves the place unknown, and the reason is returned.
fn read_policy(resource: &mut Resource, place: &Pointer, text: &str) -> Result<PolicyDocument, String> {
    resource.origin.policy_texts.insert(place.clone(), text.to_owned());
    policy::parse(text).map_err(|error| {
        resource.mark_unknown(place.clone());
        error.to_string()
    })
}

/// Tags by key.
fn tags<T>(tags: &[T], pair: impl Fn(&T) -> (Option<&str>, Option<&str>)) -> BTreeMap<String, String> {
    tags.iter()
        .map(pair)
        .filter_map(|(key, value)| Some((key?.to_owned(), value.unwrap_or_default().to_owned())))
        .collect()
}

/// A text that is there and not empty.
fn filled(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

fn sorted<T: Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.into_iter().collect();
    items.sort();
    items
}

/// An SDK time, to the second.
fn timestamp(time: &DateTime) -> Option<Timestamp> {
    Timestamp::from_second(time.secs()).ok()
}

/// The beginning of the day in UTC: times of last use are kept to the day, so that use does not
/// change documents by the minute.
fn day(time: Timestamp) -> Timestamp {
    const DAY: i64 = 86_400;
    Timestamp::from_second(time.as_second() - time.as_second().rem_euclid(DAY)).unwrap_or(time)
}
