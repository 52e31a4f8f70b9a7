//! Organizations against the simulated AWS: who may read what, that one account reads for all,
//! and that what was not read is never taken for absent.

use std::collections::{BTreeMap, BTreeSet};
use std::num::{NonZeroI32, NonZeroU32};

use plimsoll::ledger::Ledger;
use plimsoll::model::{
    AccountId, ChangeKind, Configuration, Gap, GapReason, Levels, NoLevels, OrganizationPolicyType, ResourceType,
    Service, Snapshot, levels,
};
use plimsoll::scan::{self, Account, Outcome, Terms};
use plimsoll::simulator::{ControlPolicy, Estate, Fault, FaultKind, Organization, Simulator, Size, When};
use plimsoll::source::aws::{Limits, Organization as Wish, Scope};
use serde_json::json;

use crate::estate::{INTERVAL, account, demo, folder, judge, serve, time};

const MANAGEMENT: &str = "100000000000";
const MEMBER: &str = "100000000001";
const SCP: OrganizationPolicyType = OrganizationPolicyType::ServiceControlPolicy;
const RCP: OrganizationPolicyType = OrganizationPolicyType::ResourceControlPolicy;

/// Limits under which trouble shows in a moment.
fn limits() -> Limits {
    Limits { calls_per_second: NonZeroU32::new(2_000), ..crate::estate::limits() }
}

fn id(account: &str) -> AccountId {
    account.parse().unwrap()
}

/// Two accounts with hardly anything in them, in an organization.
fn two() -> Estate {
    let size = Size { accounts: 2, regions: 1, buckets: 1, roles: 1, users: 1, security_groups: 1 };
    let mut estate = Estate::generated(&size, time(0)).unwrap();
    estate.organization = Some(Organization::of_two(MANAGEMENT, MEMBER));
    estate
}

fn way_into(simulator: &Simulator, id: &str, limits: &Limits) -> Account {
    let key = if id == MANAGEMENT { "AKIAGENERATED0000000" } else { "AKIAGENERATED0000001" };
    account(simulator, key, limits.clone())
}

async fn read_under(limits: &Limits, simulator: &Simulator, accounts: &[&str], organization: Wish) -> Snapshot {
    let accounts: Vec<_> = accounts.iter().map(|id| way_into(simulator, id, limits)).collect();
    let scope = Scope { organization, ..Scope::default() };
    scan::collect(&accounts, &scope, &|_| {}, &|| time(0)).await.unwrap().snapshot
}

async fn read(simulator: &Simulator, accounts: &[&str], organization: Wish) -> Snapshot {
    read_under(&limits(), simulator, accounts, organization).await
}

/// What a snapshot holds about organizations, and nothing else.
fn about_organizations(mut snapshot: Snapshot) -> Snapshot {
    snapshot.resources.retain(|resource| resource.resource_type.service() == Service::Organizations);
    snapshot.listings.retain(|listing| listing.resource_type.service() == Service::Organizations);
    snapshot.gaps.retain(|gap| gap.service == Service::Organizations);
    snapshot
}

/// Gaps about organizations, apart from tags, which are never asked for.
fn gaps(snapshot: &Snapshot) -> Vec<&Gap> {
    let ours = |gap: &&Gap| gap.service == Service::Organizations && gap.operation != "ListTagsForResource";
    snapshot.gaps.iter().filter(ours).collect()
}

/// Target and names of policies, level by level, with what was not read.
#[expect(clippy::panic, reason = "anything else is a failed test")]
fn told(snapshot: &Snapshot, account: &str, policy_type: OrganizationPolicyType) -> Vec<(String, Vec<String>, usize)> {
    match levels(snapshot, &id(account), policy_type) {
        Levels::Read(levels) => levels
            .iter()
            .map(|level| {
                let names = level.policies.iter().map(|(policy, _)| policy.name.clone()).collect();
                (level.target.to_owned(), names, level.unread.len())
            })
            .collect(),
        other => panic!("{account} {policy_type:?}: {other:?}"),
    }
}

fn level(target: &str, names: &[&str]) -> (String, Vec<String>, usize) {
    (target.to_owned(), names.iter().map(|name| (*name).to_owned()).collect(), 0)
}

#[expect(clippy::panic, reason = "anything else is a failed test")]
fn unread(snapshot: &Snapshot, account: &str) -> String {
    match levels(snapshot, &id(account), SCP) {
        Levels::Unread(why) => why,
        other => panic!("{other:?}"),
    }
}

fn of_service(simulator: &Simulator) -> u64 {
    simulator.stats().of_service("organizations")
}

#[tokio::test]
async fn an_account_without_an_organization_is_known_to_have_no_policies() {
    let simulator = serve(demo()).await;
    let account = account(&simulator, &simulator.access_key(), limits());
    let snapshot = scan::collect(&[account], &Scope::default(), &|_| {}, &|| time(0)).await.unwrap().snapshot;
    assert_eq!(gaps(&snapshot), Vec::<&Gap>::new());
    assert_eq!(of_service(&simulator), 1, "one question is enough");
    let ours = about_organizations(snapshot);
    assert_eq!(ours.resources.len(), 1);
    assert!(ours.listings.iter().all(|listing| listing.complete) && ours.listings.len() == 2, "{:?}", ours.listings);
    for policy_type in OrganizationPolicyType::ALL {
        let none = Levels::NoneApply(NoLevels::NoOrganization);
        assert_eq!(levels(&ours, &ours.resources[0].account, *policy_type), none);
    }
}

#[tokio::test]
async fn the_management_account_reads_for_every_account_of_the_scan() {
    let simulator = serve(two()).await;
    let snapshot = read(&simulator, &[MANAGEMENT, MEMBER], Wish::Required).await;
    assert_eq!(gaps(&snapshot), Vec::<&Gap>::new(), "what a member may not read is not missing");
    let expected = [
        level("r-nw01", &["FullAWSAccess"]),
        level("ou-nw01-workload", &["only-two-regions", "FullAWSAccess"]),
        level(MEMBER, &["FullAWSAccess"]),
    ];
    assert_eq!(told(&snapshot, MEMBER, SCP), expected);
    let resource_control = ["r-nw01", "ou-nw01-workload", MEMBER].map(|target| level(target, &["RCPFullAWSAccess"]));
    assert_eq!(told(&snapshot, MEMBER, RCP), resource_control);
    let none = Levels::NoneApply(NoLevels::ManagementAccount);
    assert_eq!(levels(&snapshot, &id(MANAGEMENT), SCP), none);

    let ours = about_organizations(snapshot);
    let accounts: Vec<_> = ours.resources.iter().map(|resource| resource.account.as_str()).collect();
    assert_eq!(accounts, [MANAGEMENT, MANAGEMENT, MANAGEMENT, MANAGEMENT, MEMBER], "policies belong to one account");
    assert!(ours.listings.iter().all(|listing| listing.complete), "{:?}", ours.listings);
}

#[tokio::test]
async fn a_member_that_may_not_read_has_one_gap_and_is_missing_nothing_that_was_required() {
    let simulator = serve(two()).await;
    let snapshot = read(&simulator, &[MEMBER], Wish::Auto).await;
    let [gap] = gaps(&snapshot)[..] else { panic!("{:#?}", gaps(&snapshot)) };
    assert_eq!((gap.operation.as_str(), gap.reason), ("ListRoots", GapReason::NotCollected));
    assert!(gap.message.starts_with("AccessDeniedException: You don't have permissions"), "{gap:?}");
    assert!(gap.message.contains("policies are read from account 100000000000"), "{gap:?}");
    assert_eq!(gap.permission, None, "no permission would help");
    assert!(snapshot.listings.iter().all(|listing| listing.complete), "{:?}", snapshot.listings);
    assert!(unread(&snapshot, MEMBER).starts_with("service control policies of 100000000001 were not read ("));
    assert_eq!(of_service(&simulator), 2, "the first refusal is enough");

    let snapshot = read(&simulator, &[MEMBER], Wish::Required).await;
    let [gap] = gaps(&snapshot)[..] else { panic!("{:#?}", gaps(&snapshot)) };
    assert_eq!(gap.reason, GapReason::Denied);
    assert!(snapshot.listings.iter().any(|listing| !listing.complete));
    unread(&snapshot, MEMBER);
}

#[tokio::test]
async fn a_delegated_administrator_reads_as_well_and_nothing_is_there_twice() {
    let simulator = serve(two()).await;
    simulator.change(|estate| {
        let organization = estate.organization.as_mut().unwrap();
        organization.delegated_administrators = vec![MEMBER.to_owned()];
    });
    let alone = read(&simulator, &[MEMBER], Wish::Required).await;
    assert_eq!(gaps(&alone), Vec::<&Gap>::new());
    assert_eq!(told(&alone, MEMBER, SCP).len(), 3);
    let both = read(&simulator, &[MANAGEMENT, MEMBER], Wish::Required).await;
    assert_eq!(told(&both, MEMBER, SCP), told(&alone, MEMBER, SCP));
    let keys: BTreeSet<_> = both.resources.iter().map(plimsoll::model::Resource::key).collect();
    assert_eq!(keys.len(), both.resources.len());
}

/// What the organization is asked for, apart from which one it is.
const TREE: [&str; 5] = ["ListRoots", "ListParents", "ListPolicies", "DescribePolicy", "ListTargetsForPolicy"];

/// Nothing is told of the member's policies that is not so, and something is missing.
fn assert_only_missing(whole: &Snapshot, damaged: &Snapshot, what: &str) {
    let Levels::Read(found) = levels(damaged, &id(MEMBER), SCP) else { return };
    let whole = told(whole, MEMBER, SCP);
    assert_eq!(found.len(), whole.len(), "{what}");
    for (level, (target, names, _)) in found.iter().zip(&whole) {
        assert_eq!(level.target, target, "{what}");
        let told: Vec<_> = level.policies.iter().map(|(policy, _)| policy.name.clone()).collect();
        assert!(told.iter().all(|name| names.contains(name)), "{what}: {told:?}");
        assert!(told.len() == names.len() || !level.unread.is_empty(), "{what}: {level:?}");
    }
    assert!(found.iter().any(|level| !level.unread.is_empty()), "{what}: nothing is missing");
}

#[tokio::test]
async fn each_denied_read_is_told_and_counts_only_where_it_was_required() {
    let simulator = serve(two()).await;
    let accounts = [MANAGEMENT, MEMBER];
    let whole = read(&simulator, &accounts, Wish::Required).await;
    for operation in ["DescribeOrganization"].into_iter().chain(TREE) {
        simulator.set_faults(vec![Fault::new(FaultKind::Denied).of("organizations", operation)]);
        let required = read(&simulator, &accounts, Wish::Required).await;
        let auto = read(&simulator, &accounts, Wish::Auto).await;
        assert_only_missing(&whole, &required, operation);
        assert_only_missing(&whole, &auto, operation);
        let denied: Vec<_> = gaps(&required).into_iter().filter(|gap| gap.operation == operation).collect();
        assert!(!denied.is_empty(), "{operation}: {:#?}", gaps(&required));
        for gap in denied {
            assert_eq!(gap.reason, GapReason::Denied, "{operation}");
            assert_eq!(gap.permission.as_deref(), Some(format!("organizations:{operation}").as_str()));
        }
        assert!(gaps(&auto).iter().all(|gap| gap.reason == GapReason::NotCollected), "{operation}");
        assert!(auto.listings.iter().all(|listing| listing.complete), "{operation}: {:?}", auto.listings);
        // The management account is known not to be limited as long as it is known to be that.
        let management = levels(&auto, &id(MANAGEMENT), SCP);
        let known = matches!(management, Levels::NoneApply(NoLevels::ManagementAccount));
        assert_eq!(known, operation != "DescribeOrganization", "{management:?}");
    }
}

#[tokio::test]
async fn throttling_hides_nothing_that_patience_can_get() {
    let simulator = serve(two()).await;
    let accounts = [MANAGEMENT, MEMBER];
    let whole = about_organizations(read(&simulator, &accounts, Wish::Auto).await);
    let busy = Fault::new(FaultKind::Throttle).of_service("organizations");
    simulator.set_faults(vec![busy.clone().when(When::Every(2))]);
    let patient = about_organizations(read(&simulator, &accounts, Wish::Auto).await);
    assert_eq!(patient, whole);

    let hasty = Limits { attempts: 2, throttle_rounds: 1, ..limits() };
    for operation in TREE {
        simulator.set_faults(vec![busy.clone().of("organizations", operation)]);
        let snapshot = read_under(&hasty, &simulator, &accounts, Wish::Auto).await;
        assert_only_missing(&whole, &snapshot, operation);
        let throttled = |gap: &&Gap| gap.operation == operation && gap.reason == GapReason::Throttled;
        assert!(gaps(&snapshot).iter().any(throttled), "{operation}: {:#?}", gaps(&snapshot));
    }
}

#[tokio::test]
async fn half_an_answer_is_never_taken_for_the_whole() {
    let simulator = serve(two()).await;
    let accounts = [MANAGEMENT, MEMBER];
    let whole = read(&simulator, &accounts, Wish::Auto).await;
    for kind in [FaultKind::Truncate, FaultKind::Http500, FaultKind::BadGateway] {
        for operation in ["DescribeOrganization"].into_iter().chain(TREE) {
            simulator.set_faults(vec![Fault::new(kind).of("organizations", operation)]);
            let quick = Limits { attempts: 1, ..limits() };
            let snapshot = read_under(&quick, &simulator, &accounts, Wish::Auto).await;
            let what = format!("{operation} {kind:?}");
            assert_only_missing(&whole, &snapshot, &what);
            assert!(!gaps(&snapshot).is_empty(), "{what}");
        }
    }
}

#[tokio::test]
async fn without_the_wish_nothing_is_asked_and_that_is_said() {
    let simulator = serve(two()).await;
    let snapshot = read(&simulator, &[MANAGEMENT, MEMBER], Wish::Off).await;
    assert_eq!(of_service(&simulator), 0);
    let expected = "service control policies of 100000000001 were not read (organizations:DescribeOrganization: \
                    collect.organization is off)";
    assert_eq!(unread(&snapshot, MEMBER), expected);
    let ours = about_organizations(snapshot);
    assert_eq!((ours.resources.len(), ours.listings.len(), ours.gaps.len()), (0, 0, 2));
}

#[tokio::test]
async fn a_type_that_is_not_enabled_limits_nothing_and_one_on_its_way_is_unknown() {
    let simulator = serve(two()).await;
    let accounts = [MANAGEMENT, MEMBER];
    let state = |policy_type: &'static str, state: Option<&'static str>| {
        simulator.change(|estate| {
            let types = &mut estate.organization.as_mut().unwrap().policy_types;
            match state {
                Some(state) => drop(types.insert(policy_type.to_owned(), state.to_owned())),
                None => drop(types.remove(policy_type)),
            }
        });
    };
    state("RESOURCE_CONTROL_POLICY", None);
    let snapshot = read(&simulator, &accounts, Wish::Auto).await;
    assert_eq!(levels(&snapshot, &id(MEMBER), RCP), Levels::NoneApply(NoLevels::NotEnabled));
    assert_eq!(told(&snapshot, MEMBER, SCP).len(), 3);

    state("SERVICE_CONTROL_POLICY", Some("PENDING_DISABLE"));
    let snapshot = read(&simulator, &accounts, Wish::Auto).await;
    assert!(unread(&snapshot, MEMBER).contains("SERVICE_CONTROL_POLICY is PENDING_DISABLE"));

    simulator.change(|estate| estate.organization.as_mut().unwrap().all_features = false);
    let snapshot = read(&simulator, &[MEMBER], Wish::Auto).await;
    assert_eq!(levels(&snapshot, &id(MEMBER), SCP), Levels::NoneApply(NoLevels::NotEnabled), "only bills are shared");
}

#[tokio::test]
async fn a_large_organization_is_read_page_by_page() {
    let simulator = serve(two()).await;
    simulator.change(|estate| {
        let organization = estate.organization.as_mut().unwrap();
        let policy = |number: usize| ControlPolicy {
            id: format!("p-{number:08}"),
            name: format!("policy {number}"),
            policy_type: SCP.name().to_owned(),
            aws_managed: false,
            document: json!({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}),
            targets: (0..45).map(|other| format!("{:012}", 200_000_000_000_u64 + other)).chain([MEMBER.to_owned()]).collect(),
        };
        organization.policies.extend((0..45).map(policy));
    });
    let whole = about_organizations(read(&simulator, &[MANAGEMENT, MEMBER], Wish::Auto).await);
    assert_eq!(told(&whole, MEMBER, SCP)[2].1.len(), 46);
    let small_pages = Limits { page_size: NonZeroI32::new(7), ..limits() };
    let paged = about_organizations(read_under(&small_pages, &simulator, &[MANAGEMENT, MEMBER], Wish::Auto).await);
    assert_eq!(paged, whole);
}

async fn record(simulator: &Simulator, accounts: &[&str], wish: Wish, ledger: &std::path::Path, at: i32) -> Outcome {
    let accounts: Vec<_> = accounts.iter().map(|id| way_into(simulator, id, &limits())).collect();
    let scope = Scope { organization: wish, wanted: judge().wanted_of_buckets(), ..Scope::default() };
    let clock = move || time(at);
    let collected = scan::collect(&accounts, &scope, &|_| {}, &clock).await.unwrap();
    let ledger = Ledger::open(ledger).await.unwrap();
    let writer = ledger.writer("a test", std::time::Duration::from_secs(10)).await.unwrap();
    let outcome = scan::conclude(&ledger, &writer, judge(), collected, Terms::without_objectives(INTERVAL), &clock)
        .await
        .unwrap();
    drop(writer);
    ledger.close().await;
    outcome
}

#[tokio::test]
async fn what_can_no_longer_be_listed_stays_and_counts_as_not_read() {
    let (_folder, ledger) = folder();
    let simulator = serve(two()).await;
    let accounts = [MANAGEMENT, MEMBER];
    let before = record(&simulator, &accounts, Wish::Required, &ledger, 0).await;
    assert!(before.last.scan.complete, "{:#?}", before.snapshot.gaps);
    simulator.set_faults(vec![Fault::new(FaultKind::Denied).of("organizations", "ListPolicies")]);
    let after = record(&simulator, &accounts, Wish::Required, &ledger, 1).await;
    let policies = |outcome: &Outcome| {
        let policies = outcome.snapshot.resources.iter();
        policies.filter(|resource| resource.resource_type == ResourceType::OrganizationPolicy).count()
    };
    assert_eq!((policies(&after), after.changes.len()), (policies(&before), 0), "{:#?}", after.changes);
    assert!(!after.last.scan.complete);
    assert!(told(&after.snapshot, MEMBER, SCP).iter().all(|(_, names, unread)| names.is_empty() && *unread > 0));

    simulator.set_faults(Vec::new());
    let again = record(&simulator, &accounts, Wish::Required, &ledger, 2).await;
    assert_eq!(told(&again.snapshot, MEMBER, SCP), told(&before.snapshot, MEMBER, SCP));
    assert_eq!(again.changes, []);
}

#[tokio::test]
async fn a_changed_policy_is_drift_and_moves_no_sli() {
    let (_folder, ledger) = folder();
    let simulator = serve(two()).await;
    let accounts = [MANAGEMENT, MEMBER];
    let before = record(&simulator, &accounts, Wish::Auto, &ledger, 0).await;
    simulator.change(|estate| {
        let policies = &mut estate.organization.as_mut().unwrap().policies;
        let policy = policies.iter_mut().find(|policy| policy.name == "only-two-regions").unwrap();
        policy.targets.clear();
    });
    let after = record(&simulator, &accounts, Wish::Auto, &ledger, 1).await;
    let [change] = &after.changes[..] else { panic!("{:#?}", after.changes) };
    assert_eq!((change.kind, change.name.as_str()), (ChangeKind::Changed, "only-two-regions"));
    assert_eq!(change.fields[0].lost, ["ou-nw01-workload"]);
    assert_eq!(after.assessment.overall, before.assessment.overall);

    // With and without the organization, the same resources count.
    let without = record(&simulator, &accounts, Wish::Off, &ledger, 2).await;
    assert_eq!(without.assessment.overall, before.assessment.overall);
    assert!(without.last.scan.complete && without.changes.is_empty(), "{:#?}", without.changes);
    let counted: BTreeMap<_, _> = without.assessment.services.iter().collect();
    assert_eq!(counted[&Service::Organizations].resources.total(), 0);
}

#[tokio::test]
async fn documents_are_kept_in_canonical_form_beside_their_text() {
    let simulator = serve(two()).await;
    let snapshot = read(&simulator, &[MANAGEMENT], Wish::Auto).await;
    let policy = snapshot.resources.iter().find(|resource| resource.name == "only-two-regions").unwrap();
    let Configuration::OrganizationPolicy(configuration) = &policy.configuration else { panic!("{policy:?}") };
    let document = configuration.document.as_ref().unwrap();
    assert_eq!(document.statement[0].not_action.as_ref().unwrap()[0], "iam:*");
    assert!(document.statement[0].condition["StringNotEquals"].contains_key("aws:requestedregion"));
    assert_eq!(policy.origin.policy_texts.len(), 1);
    let id = "arn:aws:organizations::100000000000:policy/o-nordwind01/service_control_policy/p-regions1";
    assert_eq!(policy.id.as_str(), id);
}
