//! The account as a whole against the simulated AWS: what an organization does about root users,
//! who is told, and what the rules make of it.

use plimsoll::model::{Configuration, GapReason, Pointer, Resource, RootManagement, Snapshot};
use plimsoll::scan;
use plimsoll::simulator::{Analyzer, Estate, Fault, FaultKind, Mfa, Organization, Root, Simulator, Size};
use plimsoll::source::aws::Scope;

use crate::estate::{account, folder, limits, scan as scan_first, serve, time, verdicts};

const MANAGEMENT: &str = "100000000000";
const MEMBER: &str = "100000000001";

/// Two accounts with hardly anything in them, in an organization with these root features.
fn two(root_features: Option<&[&str]>) -> Estate {
    let size = Size { accounts: 2, regions: 1, buckets: 1, roles: 1, users: 1, security_groups: 1 };
    let mut estate = Estate::generated(&size, time(0)).unwrap();
    let root_features = root_features.map(|features| features.iter().map(|one| (*one).to_owned()).collect());
    estate.organization = Some(Organization { root_features, ..Organization::of_two(MANAGEMENT, MEMBER) });
    estate
}

async fn read(simulator: &Simulator) -> Snapshot {
    let accounts = ["AKIAGENERATED0000000", "AKIAGENERATED0000001"].map(|key| account(simulator, key, limits()));
    scan::collect(&accounts, &Scope::default(), &|_| {}, &|| time(0)).await.unwrap().snapshot
}

fn of<'a>(snapshot: &'a Snapshot, account: &str) -> &'a Resource {
    let is_account = |resource: &&Resource| matches!(resource.configuration, Configuration::Account(_));
    snapshot.resources.iter().filter(is_account).find(|resource| resource.account.as_str() == account).unwrap()
}

/// What is known about central root management, and whether it is unknown.
fn root_management(resource: &Resource) -> (Option<RootManagement>, bool) {
    let Configuration::Account(account) = &resource.configuration else { panic!("{resource:?}") };
    (account.root_management, resource.unknown.contains(&Pointer::configuration("root_management")))
}

#[tokio::test]
async fn only_where_the_organization_is_managed_is_central_root_management_told() {
    let both = RootManagement { credentials: true, sessions: true };
    let cases = [
        (Some(&["RootCredentialsManagement", "RootSessions"][..]), both),
        (Some(&["RootSessions"]), RootManagement { credentials: false, sessions: true }),
        (Some(&[]), RootManagement::default()),
        (None, RootManagement::default()),
    ];
    for (features, expected) in cases {
        let snapshot = read(&serve(two(features)).await).await;
        assert_eq!(root_management(of(&snapshot, MANAGEMENT)), (Some(expected), false), "{features:?}");
        assert_eq!(root_management(of(&snapshot, MEMBER)), (None, false), "a member is not told");
    }
    let mut alone = two(None);
    alone.organization = None;
    let snapshot = read(&serve(alone).await).await;
    assert_eq!(root_management(of(&snapshot, MANAGEMENT)), (None, false));
    let mut bills_only = two(Some(&["RootSessions"]));
    bills_only.organization.as_mut().unwrap().all_features = false;
    let snapshot = read(&serve(bills_only).await).await;
    assert_eq!(root_management(of(&snapshot, MANAGEMENT)), (Some(RootManagement::default()), false));
}

#[tokio::test]
async fn a_denied_question_about_root_management_is_unknown_and_names_its_permission() {
    let simulator = serve(two(Some(&["RootSessions"]))).await;
    simulator.set_faults(vec![Fault::new(FaultKind::Denied).of("iam", "ListOrganizationsFeatures")]);
    let snapshot = read(&simulator).await;
    assert_eq!(root_management(of(&snapshot, MANAGEMENT)), (None, true));
    let gap = snapshot.gaps.iter().find(|gap| gap.operation == "ListOrganizationsFeatures").unwrap();
    assert_eq!((gap.reason, gap.permission.as_deref()), (GapReason::Denied, Some("iam:ListOrganizationsFeatures")));
}

/// The verdicts of the demo account's rules that are about the account or a region, by rule.
async fn verdict(change: impl FnOnce(&mut plimsoll::simulator::Account), rule: &str) -> Vec<&'static str> {
    let mut estate = crate::estate::small();
    change(estate.first_mut().unwrap());
    let (_folder, ledger) = folder();
    let outcome = scan_first(&serve(estate).await, &ledger, time(0)).await;
    verdicts(&outcome).into_iter().filter(|((_, id), _)| id == rule).map(|(_, verdict)| verdict).collect()
}

#[tokio::test]
async fn a_root_without_credentials_needs_no_device() {
    let without = |no_password| {
        move |account: &mut plimsoll::simulator::Account| {
            account.root = Root { created_days_ago: 900, mfa: Mfa::None, no_password, ..Root::default() };
        }
    };
    assert_eq!(verdict(without(true), "aws-account-root-mfa-enabled").await, ["pass"]);
    assert_eq!(verdict(without(false), "aws-account-root-mfa-enabled").await, ["fail"]);
}

#[tokio::test]
async fn each_region_is_watched_by_an_active_analyzer_of_its_own() {
    let rule = "aws-accessanalyzer-external-access-analyzed";
    assert_eq!(verdict(|_| {}, rule).await, ["pass", "fail"]);
    let analyzer = |status: &str| Analyzer {
        name: "us".to_owned(),
        region: "us-east-1".to_owned(),
        analyzer_type: "ACCOUNT".to_owned(),
        status: status.to_owned(),
        ..Analyzer::default()
    };
    assert_eq!(verdict(|account| account.analyzers.push(analyzer("ACTIVE")), rule).await, ["pass", "pass"]);
    assert_eq!(verdict(|account| account.analyzers.push(analyzer("FAILED")), rule).await, ["pass", "fail"]);
}
