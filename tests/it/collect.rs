//! The collectors against the simulated AWS: what they read of a healthy account, and that each
//! way in which AWS goes wrong costs exactly what it hides.

use std::collections::{BTreeMap, BTreeSet};
use std::num::{NonZeroI32, NonZeroU32};
use std::time::Duration;

use jiff::Timestamp;
use plimsoll::model::{GapReason, Pointer, Region, ResourceType, Snapshot};
use plimsoll::simulator::{Estate, Fault, FaultKind, Simulator, When};
use plimsoll::source::aws::{Access, ConnectError, Depth, Keys, Limits, Organization, Scope, Session, collect};
use serde_json::Value;

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

/// Limits under which trouble shows in a moment.
fn limits() -> Limits {
    Limits {
        backoff: Duration::from_millis(1),
        longest_backoff: Duration::from_millis(5),
        calls_per_second: NonZeroU32::new(2_000),
        ..Limits::default()
    }
}

/// Time limits that a hanging call meets soon, and a busy machine does not.
fn impatient() -> Limits {
    Limits {
        read: Duration::from_secs(2),
        attempt: Duration::from_secs(2),
        operation: Duration::from_secs(3),
        attempts: 1,
        ..limits()
    }
}

fn access(simulator: &Simulator, limits: Limits) -> Access {
    Access {
        endpoint_url: Some(simulator.endpoint()),
        region: Some(Region::new("us-east-1").unwrap()),
        keys: Some(Keys {
            access_key_id: simulator.access_key(),
            secret_access_key: "any".into(),
            session_token: None,
        }),
        limits,
        ..Access::default()
    }
}

fn scope(simulator: &Simulator) -> Scope {
    let regions = simulator.look(|estate| estate.accounts[0].regions.keys().cloned().collect::<Vec<_>>());
    let regions = regions.into_iter().map(|region| Region::new(region).unwrap()).collect();
    let judged = ResourceType::ALL.iter().copied().collect();
    Scope { regions, judged, organization: Organization::Required, ..Scope::default() }
}

async fn scan(simulator: &Simulator, limits: Limits, scope: &Scope) -> (Snapshot, Session) {
    let session = Session::connect(&access(simulator, limits)).await.unwrap();
    let snapshot = collect(&session, scope, &|_| {}, now()).await;
    (snapshot, session)
}

async fn demo() -> Simulator {
    Simulator::start(Estate::demo(now()).unwrap()).await.unwrap()
}

/// The demo account with a few of each kind: enough where a test scans many times.
async fn small() -> Simulator {
    let mut estate = Estate::demo(now()).unwrap();
    let account = estate.first_mut().unwrap();
    account.buckets.truncate(8);
    account.roles.truncate(6);
    account.users.truncate(6);
    Simulator::start(estate).await.unwrap()
}

/// Gaps that are about trouble, not about what was never asked for.
fn troubles(snapshot: &Snapshot) -> Vec<&plimsoll::model::Gap> {
    snapshot.gaps.iter().filter(|gap| gap.reason != GapReason::NotCollected).collect()
}

/// The two are equal; where not, only what differs is shown.
fn assert_same(whole: &Snapshot, other: &Snapshot, what: &str) {
    assert_eq!(troubles(other), troubles(whole), "{what}");
    assert_eq!(other.listings, whole.listings, "{what}");
    assert_eq!(other.resources.len(), whole.resources.len(), "{what}");
    for (before, after) in whole.resources.iter().zip(&other.resources) {
        assert_eq!(after, before, "{what}");
    }
    assert_eq!(other, whole, "{what}");
}

fn count(snapshot: &Snapshot, resource_type: ResourceType) -> usize {
    snapshot.resources.iter().filter(|resource| resource.resource_type == resource_type).count()
}

#[tokio::test]
async fn a_healthy_account_is_read_whole() {
    let simulator = demo().await;
    let (snapshot, session) = scan(&simulator, limits(), &scope(&simulator)).await;
    assert_eq!(troubles(&snapshot), Vec::<&plimsoll::model::Gap>::new());
    assert!(snapshot.listings.iter().all(|listing| listing.complete));
    simulator.look(|estate| {
        let account = &estate.accounts[0];
        let regions = || account.regions.values();
        assert_eq!(session.account.as_str(), account.id);
        assert_eq!(count(&snapshot, ResourceType::User), account.users.len());
        assert_eq!(count(&snapshot, ResourceType::Group), account.groups.len());
        assert_eq!(count(&snapshot, ResourceType::Role), account.roles.len());
        assert_eq!(count(&snapshot, ResourceType::SamlProvider), account.saml_providers.len());
        assert_eq!(count(&snapshot, ResourceType::OidcProvider), account.oidc_providers.len());
        assert_eq!(count(&snapshot, ResourceType::ServerCertificate), account.server_certificates.len());
        assert_eq!(count(&snapshot, ResourceType::Bucket), account.buckets.len());
        assert_eq!(count(&snapshot, ResourceType::AccessPoint), account.access_points.len());
        let points = account.multi_region_access_points.len();
        assert_eq!(count(&snapshot, ResourceType::MultiRegionAccessPoint), points);
        assert_eq!(count(&snapshot, ResourceType::DirectoryBucket), account.directory_buckets.len());
        assert_eq!(count(&snapshot, ResourceType::Trail), account.trails.len());
        assert_eq!(count(&snapshot, ResourceType::RegionSettings), account.regions.len());
        assert_eq!(count(&snapshot, ResourceType::Analyzer), account.analyzers.len());
        assert_eq!(count(&snapshot, ResourceType::Account), 1);
        let groups: usize = regions().map(|region| region.security_groups.len()).sum();
        assert_eq!(count(&snapshot, ResourceType::SecurityGroup), groups);
        let running = |region: &plimsoll::simulator::Region| {
            region.instances.iter().filter(|one| one.state != "terminated").count()
        };
        assert_eq!(count(&snapshot, ResourceType::Instance), regions().map(running).sum::<usize>());
        // Each instance has an interface of its own.
        let interfaces: usize = regions().map(|region| region.interfaces.len() + running(region)).sum();
        assert_eq!(count(&snapshot, ResourceType::NetworkInterface), interfaces);
        let volumes: usize = regions().map(|region| region.volumes.len()).sum();
        assert_eq!(count(&snapshot, ResourceType::Volume), volumes);
        let tables: usize = regions().map(|region| region.network.route_tables.len()).sum();
        assert_eq!(count(&snapshot, ResourceType::RouteTable), tables);
    });
    // Each type of the model that is read is listed in each region it belongs to, exactly once.
    let listed: BTreeSet<_> = snapshot.listings.iter().map(|listing| listing.resource_type).collect();
    assert_eq!(listed.len(), ResourceType::ALL.len() - 1, "failover paths are declared");
}

#[tokio::test]
async fn a_bucket_costs_at_most_ten_calls_and_iam_eleven_and_its_pages() {
    let simulator = demo().await;
    let _ = scan(&simulator, limits(), &scope(&simulator)).await;
    let stats = simulator.stats();
    let (buckets, directories, providers, trails) = simulator.look(|estate| {
        let account = &estate.accounts[0];
        let (buckets, directories) = (account.buckets.len(), account.directory_buckets.len());
        (buckets, directories, account.oidc_providers.len(), account.trails.len())
    });
    assert_eq!(
        stats.of_service("cloudtrail"),
        2 + 2 * trails as u64,
        "one list for each region, two calls for each trail"
    );
    let per_bucket: BTreeSet<_> = stats
        .calls
        .iter()
        .filter(|call| call.service == "s3" && !call.operation.starts_with("List"))
        .map(|call| call.operation.as_str())
        .collect();
    assert!(per_bucket.len() <= 10, "{per_bucket:?}");
    for operation in &per_bucket {
        let buckets = if *operation == "GetBucketLifecycleConfiguration" { buckets + directories } else { buckets };
        assert!(stats.of("s3", operation) <= buckets as u64, "{operation} is called more than once for some bucket");
    }
    assert_eq!(stats.of("s3", "GetBucketLocation"), 0, "the list tells the region");
    let paged = ["GetAccountAuthorizationDetails", "ListRoles", "ListVirtualMFADevices", "ListServerCertificates"];
    let pages: u64 = paged.iter().map(|operation| stats.of("iam", operation)).sum();
    let others = stats.of_service("iam") - pages - providers as u64;
    assert!(others <= 11, "{others} IAM calls beside {pages} pages");
    let regions = simulator.look(|estate| estate.accounts[0].regions.len());
    assert_eq!(stats.of_service("accessanalyzer"), regions as u64);
}

#[tokio::test]
async fn the_same_account_gives_the_same_bytes_whatever_the_page_size() {
    let simulator = demo().await;
    let tiny = Limits { page_size: NonZeroI32::new(5), ..limits() };
    let mut texts = BTreeSet::new();
    for limits in [limits(), limits(), tiny] {
        let (snapshot, _) = scan(&simulator, limits, &scope(&simulator)).await;
        assert_eq!(troubles(&snapshot), Vec::<&plimsoll::model::Gap>::new());
        texts.insert(serde_json::to_string(&snapshot).unwrap());
    }
    assert_eq!(texts.len(), 1);
    assert!(simulator.stats().of("s3", "ListBuckets") > 5, "the last scan read many small pages");
}

#[tokio::test]
async fn policies_of_multi_region_access_points_are_read() {
    let simulator = demo().await;
    let (snapshot, _) = scan(&simulator, limits(), &scope(&simulator)).await;
    let point = |snapshot: &Snapshot, name: &str| {
        let mut points =
            snapshot.resources.iter().filter(|one| one.resource_type == ResourceType::MultiRegionAccessPoint);
        points.find(|point| point.name == name).unwrap().clone()
    };
    let told = point(&snapshot, "payments-global");
    let resource = &told.document()["configuration"]["policy"]["Statement"][0]["Resource"][0];
    assert_eq!(*resource, Value::String(format!("{}/object/*", told.id)));
    let silent = point(&snapshot, "backups-anywhere");
    assert_eq!(silent.document()["configuration"].get("policy"), None);
    assert!(!silent.unknown.contains(&Pointer::configuration("policy")), "it has none");

    let operation = "GetMultiRegionAccessPointPolicy";
    simulator
        .set_faults(vec![Fault::new(FaultKind::Denied).of("s3control", operation).for_subject("backups-anywhere")]);
    let (snapshot, _) = scan(&simulator, limits(), &scope(&simulator)).await;
    assert!(point(&snapshot, "backups-anywhere").unknown.contains(&Pointer::configuration("policy")));
    let [gap] = troubles(&snapshot)[..] else { panic!("{:#?}", snapshot.gaps) };
    assert_eq!(gap.permission.as_deref(), Some("s3:GetMultiRegionAccessPointPolicy"));
}

#[tokio::test]
async fn the_interceptor_counts_what_the_service_saw() {
    let simulator = small().await;
    simulator.set_faults(vec![Fault::new(FaultKind::Throttle).of_service("s3").when(When::Every(4))]);
    let (_, session) = scan(&simulator, limits(), &scope(&simulator)).await;
    let calls = session.calls();
    assert_eq!(calls.iter().map(|count| count.attempts).sum::<u64>(), simulator.stats().total());
    let throttled: u64 = simulator.stats().calls.iter().filter(|call| call.status == 503).map(|call| call.count).sum();
    assert_eq!(calls.iter().map(|count| count.throttles).sum::<u64>(), throttled);
    assert!(throttled > 0);
}

/// Removes what a snapshot says is unknown from a document, to compare the rest.
fn without(document: &mut Value, places: &[Pointer]) {
    for place in places {
        let Some((parent, key)) = place.as_str().rsplit_once('/') else { continue };
        match document.pointer_mut(parent) {
            Some(Value::Object(fields)) => drop(fields.remove(key)),
            Some(Value::Array(items)) => drop(key.parse().map(|index: usize| items[index].take())),
            _ => {}
        }
    }
    if let Value::Object(fields) = document {
        fields.remove("unknown");
    }
}

/// All that `damaged` has is as in `whole`, and what it lacks is unknown or not listed.
fn assert_only_hidden(whole: &Snapshot, damaged: &Snapshot, what: &str) {
    let left: BTreeMap<_, _> = damaged.resources.iter().map(|resource| (resource.key(), resource)).collect();
    for resource in &whole.resources {
        let Some(other) = left.get(&resource.key()) else {
            let unlisted = damaged.gaps.iter().any(|gap| gap.unlisted.contains(&resource.resource_type));
            assert!(unlisted, "{what}: {} is missing without a word", resource.id);
            let complete = |listing: &&plimsoll::model::Listing| {
                listing.resource_type == resource.resource_type && listing.complete && listing.region == resource.region
            };
            assert!(!damaged.listings.iter().any(|listing| complete(&listing)), "{what}: {}", resource.id);
            continue;
        };
        let (mut before, mut after) = (resource.document(), other.document());
        without(&mut before, &other.unknown);
        without(&mut after, &other.unknown);
        assert_eq!(before, after, "{what}: {} has other values", resource.id);
        // Each unknown place has a gap that names it.
        for place in &other.unknown {
            let explained = |gap: &&plimsoll::model::Gap| {
                gap.places.iter().any(|named| named.covers(place))
                    && gap.resource.as_ref().is_none_or(|id| *id == other.id)
            };
            assert!(damaged.gaps.iter().any(|gap| explained(&gap)), "{what}: {place} of {} is unknown", other.id);
        }
    }
    assert!(damaged.resources.len() <= whole.resources.len(), "{what}: something was invented");
}

#[tokio::test]
async fn each_denied_operation_is_a_gap_that_names_its_permission_and_hides_nothing_else() {
    let simulator = small().await;
    let scope = Scope { depth: Depth::Full, ..scope(&simulator) };
    let (whole, session) = scan(&simulator, limits(), &scope).await;
    assert_eq!(troubles(&whole), Vec::<&plimsoll::model::Gap>::new());
    let service = |name: &str| name.to_lowercase().replace(' ', "");
    let operations: Vec<_> = session
        .calls()
        .into_iter()
        .map(|count| (service(&count.service), count.operation))
        .filter(|(service, _)| service != "sts")
        .collect();
    assert!(operations.len() > 40, "{operations:?}");
    for (service, operation) in operations {
        simulator.set_faults(vec![Fault::new(FaultKind::Denied).of(&service, &operation)]);
        let (damaged, _) = scan(&simulator, limits(), &scope).await;
        let what = format!("{service}:{operation} denied");
        let kinds: BTreeSet<_> = troubles(&damaged)
            .into_iter()
            .map(|gap| (gap.operation.clone(), gap.reason, gap.permission.clone().unwrap_or_default()))
            // Directory buckets have a permission of their own for the same operation.
            .filter(|(operation, _, permission)| operation.starts_with("List") || !permission.starts_with("s3express:"))
            .collect();
        let [(named, GapReason::Denied, permission)] = kinds.iter().collect::<Vec<_>>()[..] else {
            panic!("{what}: {kinds:#?}");
        };
        assert_eq!(*named, operation, "{what}");
        assert_eq!(*permission, expected_permission(&service, &operation), "{what}");
        assert_only_hidden(&whole, &damaged, &what);
    }
}

/// As the Service Authorization Reference names them.
fn expected_permission(service: &str, operation: &str) -> String {
    match (service, operation) {
        ("s3", "ListBuckets") => "s3:ListAllMyBuckets".into(),
        ("s3", "ListDirectoryBuckets") => "s3express:ListAllMyDirectoryBuckets".into(),
        ("s3", "GetPublicAccessBlock") => "s3:GetBucketPublicAccessBlock".into(),
        ("s3control", "GetPublicAccessBlock") => "s3:GetAccountPublicAccessBlock".into(),
        ("s3", "GetBucketEncryption") => "s3:GetEncryptionConfiguration".into(),
        ("s3", "GetBucketLifecycleConfiguration") => "s3:GetLifecycleConfiguration".into(),
        ("s3", "GetBucketReplication") => "s3:GetReplicationConfiguration".into(),
        ("s3", "GetBucketNotificationConfiguration") => "s3:GetBucketNotification".into(),
        ("s3", "GetObjectLockConfiguration") => "s3:GetBucketObjectLockConfiguration".into(),
        ("s3control", operation) => format!("s3:{operation}"),
        ("accessanalyzer", operation) => format!("access-analyzer:{operation}"),
        (service, operation) => format!("{service}:{operation}"),
    }
}

#[tokio::test]
async fn heavy_throttling_slows_the_scan_and_hides_nothing() {
    let simulator = small().await;
    let (whole, _) = scan(&simulator, limits(), &scope(&simulator)).await;
    let throttled = |service: &str| Fault::new(FaultKind::Throttle).of_service(service).when(When::Pct(50));
    let services = ["accessanalyzer", "iam", "s3", "ec2", "s3control", "organizations", "cloudtrail"];
    simulator.set_faults(services.into_iter().map(throttled).collect());
    let (snapshot, session) = scan(&simulator, limits(), &scope(&simulator)).await;
    assert_same(&whole, &snapshot, "throttled");
    assert!(session.calls().iter().map(|count| count.throttles).sum::<u64>() > 50);
}

#[tokio::test]
async fn passing_failures_of_every_kind_hide_nothing() {
    let simulator = small().await;
    let (whole, _) = scan(&simulator, limits(), &scope(&simulator)).await;
    for kind in [FaultKind::Http500, FaultKind::BadGateway, FaultKind::Reset, FaultKind::Throttle] {
        simulator.set_faults(vec![Fault::new(kind).of_service("s3").when(When::Every(7))]);
        let (snapshot, _) = scan(&simulator, limits(), &scope(&simulator)).await;
        assert_same(&whole, &snapshot, &format!("{kind:?}"));
    }
}

#[tokio::test]
async fn an_operation_that_never_answers_times_out_and_stops_nothing_else() {
    let simulator = small().await;
    let (whole, _) = scan(&simulator, limits(), &scope(&simulator)).await;
    let quick = impatient();
    simulator.set_faults(vec![Fault::new(FaultKind::Hang).of("ec2", "DescribeVpcs").in_region("us-east-1")]);
    let (damaged, _) = scan(&simulator, quick, &scope(&simulator)).await;
    let gaps = troubles(&damaged);
    assert_eq!(gaps.len(), 1, "{gaps:#?}");
    assert_eq!((gaps[0].operation.as_str(), gaps[0].reason), ("DescribeVpcs", GapReason::TimedOut));
    assert_eq!(gaps[0].unlisted, [ResourceType::Vpc]);
    assert_only_hidden(&whole, &damaged, "DescribeVpcs hangs");
}

#[tokio::test]
async fn a_service_that_is_gone_in_one_region_is_given_up_quickly_there_only() {
    let simulator = demo().await;
    let (whole, _) = scan(&simulator, limits(), &scope(&simulator)).await;
    simulator.reset();
    let quick = Limits { breaker_after: NonZeroU32::new(3).unwrap(), ..impatient() };
    simulator.set_faults(vec![Fault::new(FaultKind::Hang).of_service("s3").in_region("eu-central-1")]);
    let (damaged, session) = scan(&simulator, quick, &scope(&simulator)).await;
    let gaps = troubles(&damaged);
    let elsewhere: Vec<_> = gaps.iter().filter(|gap| gap.region.as_str() != "eu-central-1").collect();
    assert_eq!(elsewhere, Vec::<&&plimsoll::model::Gap>::new());
    assert!(gaps.iter().any(|gap| gap.reason == GapReason::TimedOut));
    let refused = gaps.iter().filter(|gap| gap.message.starts_with("not called: ")).count();
    assert!(refused > 50, "{refused} calls were not made");
    assert_only_hidden(&whole, &damaged, "S3 hangs in eu-central-1");
    assert!(session.calls().iter().any(|count| count.operation == "GetBucketPolicy"));
}

#[tokio::test]
async fn a_list_that_breaks_off_keeps_what_was_read_and_is_not_complete() {
    let simulator = demo().await;
    let tiny = Limits { page_size: NonZeroI32::new(5), ..limits() };
    // The first pages come; then nothing but failures.
    let later = Fault::new(FaultKind::Denied).of("ec2", "DescribeSecurityGroups").when(When::Every(3));
    simulator.set_faults(vec![later]);
    let (snapshot, _) = scan(&simulator, tiny, &scope(&simulator)).await;
    let read = count(&snapshot, ResourceType::SecurityGroup);
    assert!(read >= 5, "{read} groups");
    let incomplete: BTreeSet<_> =
        snapshot.listings.iter().filter(|listing| !listing.complete).map(|listing| listing.resource_type).collect();
    assert_eq!(incomplete, BTreeSet::from([ResourceType::PrefixList, ResourceType::SecurityGroup]));
}

#[tokio::test]
async fn an_answer_that_was_cut_off_is_malformed_and_its_policy_is_unknown() {
    let simulator = small().await;
    let bucket = simulator.look(|estate| {
        let buckets = &estate.accounts[0].buckets;
        buckets.iter().find(|bucket| bucket.policy.is_some()).map(|bucket| bucket.name.clone()).unwrap()
    });
    simulator.set_faults(vec![Fault::new(FaultKind::Truncate).of("s3", "GetBucketPolicy").for_subject(&bucket)]);
    let (snapshot, _) = scan(&simulator, limits(), &scope(&simulator)).await;
    let gaps = troubles(&snapshot);
    assert_eq!(gaps.len(), 1, "{gaps:#?}");
    assert_eq!(gaps[0].reason, GapReason::Malformed);
    let resource = snapshot.resources.iter().find(|resource| resource.name == bucket).unwrap();
    assert!(resource.unknown.contains(&Pointer::configuration("policy")));
    assert_eq!(resource.document().pointer("/configuration/policy"), None);
}

/// The SDK takes half an answer for the whole; nothing that it hid may pass as absent.
#[tokio::test]
async fn half_an_answer_of_any_operation_is_never_taken_for_the_whole() {
    let simulator = small().await;
    let (whole, _) = scan(&simulator, limits(), &scope(&simulator)).await;
    let asked = simulator.stats();
    let operations: BTreeSet<_> =
        asked.calls.iter().map(|call| (call.service.clone(), call.operation.clone())).collect();
    for (service, operation) in operations {
        if service == "sts" {
            continue;
        }
        simulator.set_faults(vec![Fault::new(FaultKind::Truncate).of(&service, &operation)]);
        let (damaged, _) = scan(&simulator, limits(), &scope(&simulator)).await;
        assert_only_hidden(&whole, &damaged, &format!("half of {operation}"));
    }
}

#[tokio::test]
async fn credentials_that_expire_are_renewed_once() {
    let simulator = small().await;
    let (whole, _) = scan(&simulator, limits(), &scope(&simulator)).await;
    simulator.set_faults(vec![Fault::new(FaultKind::Expired).of_service("s3").when(When::First(1))]);
    let (snapshot, _) = scan(&simulator, limits(), &scope(&simulator)).await;
    assert_same(&whole, &snapshot, "renewed");
    simulator.set_faults(vec![Fault::new(FaultKind::Expired).of_service("s3")]);
    let (snapshot, _) = scan(&simulator, limits(), &scope(&simulator)).await;
    let gaps = troubles(&snapshot);
    assert!(gaps.iter().all(|gap| gap.reason == GapReason::Credentials), "{gaps:#?}");
    assert_only_hidden(&whole, &snapshot, "expired");
}

#[tokio::test]
async fn a_region_that_is_not_enabled_says_so() {
    let simulator = small().await;
    let (whole, _) = scan(&simulator, limits(), &scope(&simulator)).await;
    let mut wider = scope(&simulator);
    wider.regions.push(Region::new("ap-southeast-3").unwrap());
    let (snapshot, _) = scan(&simulator, limits(), &wider).await;
    let gaps = troubles(&snapshot);
    assert!(!gaps.is_empty());
    assert!(gaps.iter().all(|gap| gap.region.as_str() == "ap-southeast-3"), "{gaps:#?}");
    assert!(gaps.iter().all(|gap| gap.reason == GapReason::RegionDisabled), "{gaps:#?}");
    assert_eq!(snapshot.resources, whole.resources);
    assert!(trails_are_whole(&snapshot), "a region that is not enabled holds no trail");
    let only = Scope { regions: wider.regions.split_off(wider.regions.len() - 1), ..wider.clone() };
    let (snapshot, _) = scan(&simulator, limits(), &only).await;
    assert!(!trails_are_whole(&snapshot), "no region answered");
    wider.regions = [scope(&simulator).regions, only.regions].concat();
    simulator.set_faults(vec![Fault::new(FaultKind::Denied).of("cloudtrail", "DescribeTrails").in_region("us-east-1")]);
    let (snapshot, _) = scan(&simulator, limits(), &wider).await;
    assert!(!trails_are_whole(&snapshot), "another region did not answer for a reason of its own");
}

fn trails_are_whole(snapshot: &Snapshot) -> bool {
    let mut lists = snapshot.listings.iter().filter(|listing| listing.resource_type == ResourceType::Trail);
    lists.all(|listing| listing.complete)
}

#[tokio::test]
async fn a_trail_of_the_organization_stands_beside_the_accounts_own() {
    let mut estate = Estate::demo(now()).unwrap();
    let account = estate.first_mut().unwrap();
    account.buckets.clear();
    account.trails.push(plimsoll::simulator::Trail {
        name: "organization".into(),
        region: "us-east-1".into(),
        bucket: "central-trail".into(),
        owner: Some("999988887777".into()),
        ..Default::default()
    });
    let simulator = Simulator::start(estate).await.unwrap();
    // Its home region is not in the scope: the other one names it.
    let scope = Scope { regions: vec![Region::new("eu-central-1").unwrap()], ..scope(&simulator) };
    let arn = "arn:aws:cloudtrail:us-east-1:999988887777:trail/organization";
    let (snapshot, _) = scan(&simulator, limits(), &scope).await;
    let [gap] = troubles(&snapshot)[..] else { panic!("{:#?}", snapshot.gaps) };
    assert_eq!((gap.operation.as_str(), gap.resource.as_ref().unwrap().as_str()), ("GetEventSelectors", arn));
    assert!(gap.message.starts_with("TrailNotFoundException"), "{gap:#?}");
    assert_eq!(count(&snapshot, ResourceType::Trail), 2, "it was named a moment ago");
    simulator.set_faults(vec![Fault::new(FaultKind::Denied).of("cloudtrail", "GetEventSelectors").for_subject(arn)]);
    let (snapshot, session) = scan(&simulator, limits(), &scope).await;
    let trails: Vec<_> = snapshot.resources.iter().filter(|one| one.resource_type == ResourceType::Trail).collect();
    let names: Vec<_> = trails.iter().map(|trail| trail.name.as_str()).collect();
    assert_eq!(names, ["nordwind-audit", "organization"], "a trail of one region is named by that region only");
    let organization = trails[1];
    assert_eq!((organization.id.as_str(), organization.region.as_str()), (arn, "us-east-1"));
    assert_eq!(organization.account, session.account);
    let gaps = troubles(&snapshot);
    let [gap] = gaps[..] else { panic!("{gaps:#?}") };
    assert_eq!(gap.permission.as_deref(), Some("cloudtrail:GetEventSelectors"));
    assert_eq!(gap.resource.as_ref(), Some(&organization.id));
    assert!(organization.unknown.contains(&Pointer::configuration("event_selectors")));
    assert_eq!(organization.document()["configuration"]["logging"], Value::Bool(true));
}

#[tokio::test]
async fn an_account_that_cannot_be_entered_says_why_and_what_to_do() {
    let simulator = small().await;
    let mut unknown_key = access(&simulator, limits());
    unknown_key.keys.as_mut().unwrap().access_key_id = "AKIANOBODYKNOWSTHIS1".into();
    let error = Session::connect(&unknown_key).await.unwrap_err();
    assert!(matches!(error, ConnectError::Refused { .. }), "{error:?}");
    assert!(error.to_string().contains("help: the access key is unknown to AWS"), "{error}");

    simulator.set_faults(vec![Fault::new(FaultKind::Expired).of_service("sts")]);
    let error = Session::connect(&access(&simulator, limits())).await.unwrap_err();
    assert!(error.to_string().contains("help: they have expired"), "{error}");

    let nowhere = Access { endpoint_url: Some("http://127.0.0.1:1".into()), ..access(&simulator, limits()) };
    let error = Session::connect(&nowhere).await.unwrap_err();
    assert!(error.to_string().starts_with("cannot reach http://127.0.0.1:1: "), "{error}");
}

#[tokio::test]
async fn a_role_is_assumed_with_its_external_id_or_named_in_the_error() {
    let simulator = small().await;
    let role = simulator.look(|estate| {
        let account = &estate.accounts[0];
        account.iam_arn("role", "/", &account.roles[0].name)
    });
    let assume =
        Access { role_arn: Some(role.clone()), external_id: Some("x-1".into()), ..access(&simulator, limits()) };
    let denied = Fault::new(FaultKind::Denied).of("sts", "AssumeRole");
    simulator.set_faults(vec![denied]);
    let error = Session::connect(&assume).await.unwrap_err();
    assert!(error.to_string().starts_with(&format!("cannot assume role {role}: ")), "{error}");
    assert!(error.to_string().contains("with this external id"), "{error}");
}
