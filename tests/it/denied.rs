//! Never pass what was not seen: each read that the collectors make goes wrong in turn, and the
//! scan that goes without it makes nothing better, moves no denominator and says what is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::path::Path;
use std::time::Duration;

use futures::StreamExt;
use plimsoll::findings::Event;
use plimsoll::model::{ChangeKind, Gap, GapReason};
use plimsoll::scan::{CollectError, Outcome, ScanError};
use plimsoll::simulator::{Estate, Fault, FaultKind, Simulator, Size};
use plimsoll::source::aws::{ConnectError, Limits};

use crate::estate::{account, folder, limits, scan, scan_accounts, scan_under, serve, small, time, verdicts};

/// Scans at the same time.
const AT_ONCE: usize = 4;

/// A service and its operation, as the simulated AWS counts them.
type Operation = (String, String);

/// What a whole scan asks for, bar the one call that tells which account this is.
fn asked(simulator: &Simulator) -> BTreeSet<Operation> {
    let calls = simulator.stats().calls.into_iter().map(|call| (call.service, call.operation));
    calls.filter(|(_, operation)| operation != "GetCallerIdentity").collect()
}

/// What holds whatever could not be read: everything is as it was, or unknown.
fn assert_only_unknown(before: &Outcome, after: &Outcome, what: &str) {
    let (was, is) = (verdicts(before), verdicts(after));
    assert_eq!(is.keys().collect::<Vec<_>>(), was.keys().collect::<Vec<_>>(), "{what}");
    assert_nothing_better(&was, after, what);

    let (old, new) = (&before.assessment.overall, &after.assessment.overall);
    // A list that was whole and empty may hold anything now, which counts as one resource.
    assert_eq!(new.resources.total(), old.resources.total() + new.unlisted, "{what}: the denominator");
    assert!(new.ratios().coverage <= old.ratios().coverage, "{what}: {new:?} {old:?}");
    assert!(new.ratios().bound >= old.ratios().bound, "{what}: {new:?} {old:?}");
    let gone = |change: &&plimsoll::model::Change| change.kind == ChangeKind::Removed;
    assert_eq!(after.changes.iter().find(gone), None, "{what}");
    assert_eq!(after.changes, [], "{what}: nothing changed");
    let events: BTreeSet<_> = after.transitions.iter().map(|transition| transition.event).collect();
    assert!(events.is_subset(&BTreeSet::from([Event::Seen])), "{what}: {events:?}");
    let open = |outcome: &Outcome| -> BTreeSet<String> {
        outcome.findings.iter().filter(|one| one.resolved.is_none()).map(|one| one.id.clone()).collect()
    };
    assert_eq!(open(after), open(before), "{what}: open findings");
    assert!(!after.last.scan.complete, "{what}");
}

/// Each verdict is the one of the whole scan, or none.
fn assert_nothing_better(
    was: &BTreeMap<(plimsoll::model::ResourceKey, String), &'static str>,
    after: &Outcome,
    what: &str,
) {
    for (key, verdict) in verdicts(after) {
        let expected = was.get(&key).copied();
        assert!(verdict == "unknown" || Some(verdict) == expected, "{what}: {key:?} is {verdict}, was {expected:?}");
    }
}

fn gaps<'a>(outcome: &'a Outcome, operation: &str, reason: GapReason) -> Vec<&'a Gap> {
    outcome.snapshot.gaps.iter().filter(|gap| gap.operation == operation && gap.reason == reason).collect()
}

#[tokio::test]
async fn each_denied_read_makes_nothing_pass_and_moves_no_denominator() {
    let (folder, ledger) = folder();
    let simulator = serve(small()).await;
    let baseline = scan(&simulator, &ledger, time(0)).await;
    let asked = asked(&simulator);
    assert!(asked.len() >= 40, "{asked:?}");

    let one = |operation| denied(folder.path(), &baseline, operation);
    let costs: Vec<(Operation, u64)> = futures::stream::iter(asked).map(one).buffered(AT_ONCE).collect().await;
    let without: Vec<_> = costs.iter().filter(|(_, unknown)| *unknown == 0).map(|(operation, _)| operation).collect();
    assert!(without.len() * 2 < costs.len(), "most reads are there for a rule: {without:?}");
}

/// Scans with the operation denied, on the ledger of a whole scan and on a new one. Gives how
/// many more evaluations are unknown.
async fn denied(folder: &Path, baseline: &Outcome, operation: Operation) -> (Operation, u64) {
    let (service, name) = &operation;
    let what = format!("{service}:{name} denied");
    let simulator = serve(small()).await;
    simulator.set_faults(vec![Fault::new(FaultKind::Denied).of(service, name)]);

    let ledger = folder.join(format!("{service}-{name}.db"));
    std::fs::copy(folder.join("plimsoll.db"), &ledger).unwrap();
    let known = scan(&simulator, &ledger, time(1)).await;
    assert_only_unknown(baseline, &known, &what);
    assert_eq!(known.assessment.overall.unlisted, 0, "{what}: the denominator");
    let gaps = gaps(&known, name, GapReason::Denied);
    assert!(!gaps.is_empty(), "{what}: no gap says so: {:#?}", known.snapshot.gaps);
    for gap in gaps {
        // The service's refusal names the action, and the gap names the same.
        let action = gap.permission.as_deref().unwrap_or_default();
        assert!(gap.message.contains(&format!("perform: {action} ")), "{what}: {gap:?}");
        assert!(!gap.unlisted.is_empty() || !gap.places.is_empty(), "{what}: {gap:?}");
    }

    let new = scan(&simulator, &folder.join(format!("{service}-{name}-new.db")), time(1)).await;
    assert_nothing_better(&verdicts(baseline), &new, &what);
    let coverage = |outcome: &Outcome| outcome.assessment.overall.ratios().coverage;
    assert!(coverage(&new) <= coverage(baseline), "{what}");
    (operation, unknown(&known) - unknown(baseline))
}

fn unknown(outcome: &Outcome) -> u64 {
    outcome.assessment.rules.values().map(|counts| counts.unknown).sum()
}

/// One of each kind of call: a list, a detail, IAM in bulk, another service.
const SAMPLE: [(&str, &str); 5] = [
    ("s3", "ListBuckets"),
    ("s3", "GetBucketPolicy"),
    ("iam", "GetAccountAuthorizationDetails"),
    ("ec2", "DescribeSecurityGroups"),
    ("s3control", "ListAccessPoints"),
];

#[tokio::test]
async fn reads_that_are_throttled_for_ever_are_given_up_and_unknown() {
    let limits = Limits { attempts: 2, throttle_rounds: 1, ..limits() };
    go_wrong(FaultKind::Throttle, &limits, &[GapReason::Throttled]).await;
}

#[tokio::test]
async fn reads_that_are_never_answered_end_by_their_time_limit_and_are_unknown() {
    let limits = Limits {
        read: Duration::from_secs(2),
        attempt: Duration::from_secs(2),
        operation: Duration::from_secs(3),
        attempts: 1,
        breaker_after: NonZeroU32::new(3).unwrap(),
        ..limits()
    };
    // Once a service has not answered several times in a row, it is not called any more.
    go_wrong(FaultKind::Hang, &limits, &[GapReason::TimedOut, GapReason::Unavailable]).await;
}

async fn go_wrong(kind: FaultKind, limits: &Limits, reasons: &[GapReason]) {
    let (folder, ledger) = folder();
    let simulator = serve(small()).await;
    let baseline = scan(&simulator, &ledger, time(0)).await;
    let scans = SAMPLE.map(|(service, operation)| {
        let (folder, baseline) = (folder.path(), &baseline);
        Box::pin(async move {
            let what = format!("{service}:{operation} {kind:?}");
            let simulator = serve(small()).await;
            simulator.set_faults(vec![Fault::new(kind).of(service, operation)]);
            let ledger = folder.join(format!("{operation}.db"));
            std::fs::copy(folder.join("plimsoll.db"), &ledger).unwrap();
            let after = scan_under(limits.clone(), &simulator, &ledger, time(1)).await;
            assert_only_unknown(baseline, &after, &what);
            let told = reasons.iter().flat_map(|reason| gaps(&after, operation, *reason)).count();
            assert!(told > 0, "{what}: {:#?}", after.snapshot.gaps);
        })
    });
    futures::stream::iter(scans).buffered(AT_ONCE).collect::<Vec<()>>().await;
}

#[tokio::test]
async fn without_any_permission_nothing_passes_and_nothing_is_lost() {
    let (_folder, ledger) = folder();
    let simulator = serve(small()).await;
    let baseline = scan(&simulator, &ledger, time(0)).await;
    let denied = ["accessanalyzer", "iam", "ec2", "s3", "s3control", "organizations", "cloudtrail", "backup"];
    simulator.set_faults(denied.map(|service| Fault::new(FaultKind::Denied).of_service(service)).to_vec());
    let after = scan(&simulator, &ledger, time(1)).await;
    assert_only_unknown(&baseline, &after, "everything denied");
    assert_eq!(after.assessment.overall.unlisted, 0);
    let ratios = after.assessment.overall.ratios();
    assert_eq!((ratios.coverage, ratios.bound, ratios.compliance), (Some(0.0), Some(1.0), None));
    assert_eq!(after.assessment.overall.resources.unknown, baseline.assessment.overall.resources.total());

    simulator.set_faults(Vec::new());
    let again = scan(&simulator, &ledger, time(2)).await;
    assert_eq!(verdicts(&again), verdicts(&baseline));
    assert_eq!(again.changes, []);
    assert_eq!(again.assessment.overall, baseline.assessment.overall);
}

#[tokio::test]
async fn an_account_that_cannot_be_entered_leaves_its_resources_unknown() {
    let (_folder, ledger) = folder();
    let size = Size { accounts: 2, regions: 1, buckets: 3, roles: 4, users: 3, security_groups: 3 };
    let simulator = serve(Estate::generated(&size, time(0)).unwrap()).await;
    let [mut one, mut two] =
        ["AKIAGENERATED0000000", "AKIAGENERATED0000001"].map(|key| account(&simulator, key, limits()));
    one.id = Some("100000000000".parse().unwrap());
    two.id = Some("100000000001".parse().unwrap());
    let accounts = [one, two];
    let baseline = scan_accounts(&accounts, &ledger, time(0)).await.unwrap();

    let no_entry = Fault::new(FaultKind::Denied).of("sts", "GetCallerIdentity");
    simulator.set_faults(vec![no_entry.clone().in_account("100000000001")]);
    let after = scan_accounts(&accounts, &ledger, time(1)).await.unwrap();
    assert_only_unknown(&baseline, &after, "one account denied");
    let told = gaps(&after, "GetCallerIdentity", GapReason::Credentials);
    assert!(!told.is_empty() && told.iter().all(|gap| gap.account.as_str() == "100000000001"), "{told:?}");
    let coverage = |id: &str| after.assessment.accounts[&id.parse().unwrap()].ratios().coverage;
    assert_eq!((coverage("100000000000"), coverage("100000000001")), (Some(1.0), Some(0.0)));

    // Also when the regions are left to credentials that cannot be had.
    let mut unnamed = accounts.clone();
    unnamed[1].regions.clear();
    let again = scan_accounts(&unnamed, &ledger, time(2)).await.unwrap();
    assert_only_unknown(&baseline, &again, "one account denied, its regions not named");

    simulator.set_faults(vec![no_entry]);
    let error = scan_accounts(&accounts, &ledger, time(3)).await.unwrap_err();
    let refused = matches!(&error, ScanError::Collect(CollectError::Connect(ConnectError::Refused { .. })));
    assert!(refused, "{error}");
    assert!(error.to_string().contains("sts:GetCallerIdentity") && error.to_string().contains("\nhelp: "), "{error}");
}

#[tokio::test]
async fn two_ways_into_one_account_are_refused_before_anything_counts_twice() {
    let (_folder, ledger) = folder();
    let simulator = serve(small()).await;
    let account = account(&simulator, &simulator.access_key(), limits());
    let error = scan_accounts(&[account.clone(), account], &ledger, time(0)).await.unwrap_err();
    assert!(matches!(&error, ScanError::Collect(CollectError::Twice(_))), "{error}");
    assert!(error.to_string().contains("\nhelp: "), "{error}");
}
