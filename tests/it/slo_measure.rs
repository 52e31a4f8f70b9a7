//! What a scan says about each objective: resources in scope by state, open findings, findings in
//! time and late.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use plimsoll::model::{
    AccountId, Bucket, Evaluation, Finding, Listing, Pattern, Pointer, Region, Remediation, Resolution, Resolved,
    Resource, ResourceId, ResourceType, Rule, RuleId, Service, Severity, Snapshot, User, Verdict, finding_id,
};
use plimsoll::sli::{self, States};
use plimsoll::slo::{Event, Indicator, Measure, Observed, Scanned, Scope, Slo, SloName, TimeWindow, measure};
use proptest::prelude::*;

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const LIMIT: Duration = Duration::from_hours(24);

fn start() -> Timestamp {
    "2026-03-01T00:00:00Z".parse().unwrap()
}

fn account(digit: char) -> AccountId {
    AccountId::new(digit.to_string().repeat(12)).unwrap()
}

fn bucket(name: &str) -> Resource {
    let id = ResourceId::new(format!("arn:aws:s3:::{name}")).unwrap();
    Resource::new(id, account('1'), Region::new("eu-central-1").unwrap(), name, Bucket::default())
}

fn user(name: &str) -> Resource {
    let id = ResourceId::new(format!("arn:aws:iam::222222222222:user/{name}")).unwrap();
    Resource::new(id, account('2'), Region::global(), name, User::default())
}

fn rule(id: &str, severity: Severity, resource_type: ResourceType, framework: &str) -> Rule {
    Rule {
        id: RuleId::new(id).unwrap(),
        title: String::new(),
        description: String::new(),
        severity,
        severity_reason: None,
        enabled: true,
        resource_types: vec![resource_type],
        controls: BTreeMap::from([(framework.to_owned(), vec!["1".to_owned()])]),
        reads: Vec::new(),
        reads_now: false,
        remediation: Remediation { text: String::new(), terraform: None, cli: None },
        related_resources: Vec::new(),
        digest: String::new(),
    }
}

fn rules() -> Vec<Rule> {
    vec![
        rule("s3-public", Severity::Critical, ResourceType::Bucket, "cis-5.0"),
        rule("s3-logged", Severity::Low, ResourceType::Bucket, "fsbp"),
        rule("iam-mfa", Severity::High, ResourceType::User, "cis-5.0"),
    ]
}

const fn fail() -> Verdict {
    Verdict::Fail { denials: Vec::new(), open: Vec::new() }
}

fn evaluation(resource: &Resource, rule: &Rule, verdict: Verdict) -> Evaluation {
    Evaluation { rule: rule.id.clone(), severity: rule.severity, resource: resource.into(), verdict }
}

fn slo(scope: Scope, indicator: Indicator) -> Slo {
    let name = SloName::new("a").unwrap();
    let window = TimeWindow::Rolling(Duration::from_hours(672));
    Slo { name, description: String::new(), scope, indicator, window, tiers: Vec::new() }
}

fn compliance(scope: Scope) -> Slo {
    slo(scope, Indicator::Compliance { target: 0.99 })
}

/// Two buckets and a user. The first bucket fails the low rule, the second passes, the user fails.
fn estate() -> (Snapshot, Vec<Evaluation>) {
    let mut snapshot = Snapshot::empty(start());
    let mut first = bucket("first");
    first.tags.insert("team".to_owned(), "payments".to_owned());
    let (second, ada) = (bucket("second"), user("ada"));
    let rules = rules();
    let evaluations = vec![
        evaluation(&first, &rules[0], Verdict::Pass),
        evaluation(&first, &rules[1], fail()),
        evaluation(&second, &rules[0], Verdict::Pass),
        evaluation(&second, &rules[1], Verdict::Pass),
        evaluation(&ada, &rules[2], fail()),
    ];
    snapshot.resources.extend([first, second, ada]);
    (snapshot, evaluations)
}

fn states(scope: Scope, snapshot: &Snapshot, evaluations: &[Evaluation]) -> States {
    measured(&compliance(scope), snapshot, evaluations, &[], None, start()).resources
}

fn measured(
    slo: &Slo,
    snapshot: &Snapshot,
    evaluations: &[Evaluation],
    findings: &[Observed<'_>],
    before: Option<Timestamp>,
    at: Timestamp,
) -> Measure {
    let scanned = Scanned { snapshot, evaluations, rules: &rules(), findings, before, at };
    let measures = measure(std::slice::from_ref(slo), &scanned);
    assert_eq!(measures.len(), 1);
    measures[0]
}

/// Passing, failing, waived and unknown.
fn counts(states: States) -> [u64; 4] {
    [states.pass, states.fail.total(), states.waived, states.unknown]
}

#[test]
fn resources_are_judged_only_by_rules_in_scope() {
    let (snapshot, evaluations) = estate();
    let of = |scope| counts(states(scope, &snapshot, &evaluations));
    assert_eq!(of(Scope::default()), [1, 2, 0, 0]);
    assert_eq!(of(Scope { severity: Some(Severity::High), ..Scope::default() }), [2, 1, 0, 0]);
    assert_eq!(of(Scope { severity: Some(Severity::Critical), ..Scope::default() }), [2, 0, 0, 0], "no rule for users");
    assert_eq!(of(Scope { services: vec![Service::S3], ..Scope::default() }), [1, 1, 0, 0]);
    assert_eq!(of(Scope { accounts: vec![account('2')], ..Scope::default() }), [0, 1, 0, 0]);
    assert_eq!(of(Scope { rules: vec![Pattern::new("s3-pub*")], ..Scope::default() }), [2, 0, 0, 0]);
    assert_eq!(of(Scope { frameworks: vec!["fsbp".to_owned()], ..Scope::default() }), [1, 1, 0, 0]);
    let team = BTreeMap::from([("team".to_owned(), Pattern::new("pay*"))]);
    assert_eq!(of(Scope { tags: team, ..Scope::default() }), [0, 1, 0, 0]);
    assert_eq!(of(Scope { rules: vec![Pattern::new("none")], ..Scope::default() }), [0; 4]);
}

#[test]
fn what_was_not_seen_is_unknown_in_every_scope_that_may_hold_it() {
    let (mut snapshot, evaluations) = estate();
    snapshot.resources[0].stale_since = Some(start());
    assert_eq!(counts(states(Scope::default(), &snapshot, &evaluations)), [1, 1, 0, 1], "a stale resource");
    let (mut snapshot, evaluations) = estate();
    assert_eq!(counts(states(Scope::default(), &snapshot, &evaluations[1..])), [1, 2, 0, 0]);
    assert_eq!(counts(states(Scope::default(), &snapshot, &evaluations[2..])), [1, 1, 0, 1], "nothing was said");
    let list = |resource_type| Listing {
        account: account('3'),
        region: Region::global(),
        resource_type,
        complete: false,
        listed_before: false,
    };
    snapshot.listings.extend([list(ResourceType::Bucket), list(ResourceType::User)]);
    let team = BTreeMap::from([("team".to_owned(), Pattern::new("pay*"))]);
    let of = |scope| states(scope, &snapshot, &evaluations).unknown;
    assert_eq!(of(Scope::default()), 2, "lists that could not be read");
    assert_eq!(of(Scope { services: vec![Service::S3], ..Scope::default() }), 1);
    assert_eq!(of(Scope { accounts: vec![account('1')], ..Scope::default() }), 0);
    assert_eq!(of(Scope { tags: team.clone(), ..Scope::default() }), 2, "nobody knows what they hide");
    snapshot.listings.clear();
    snapshot.resources[1].unknown.push(Pointer::new("/tags"));
    let states = states(Scope { tags: team, ..Scope::default() }, &snapshot, &evaluations);
    assert_eq!(counts(states), [0, 1, 0, 1], "tags that could not be read");
}

fn finding(rule: &Rule, resource: &Resource, first_seen: Timestamp) -> Finding {
    let key = resource.into();
    Finding {
        id: finding_id(&rule.id, &key),
        rule: rule.id.clone(),
        severity: rule.severity,
        resource: key,
        denials: Vec::new(),
        first_seen,
        last_seen: first_seen,
        resolved: None,
        reopened: 0,
        detected: None,
    }
}

fn resolved(finding: Finding, at: Timestamp, how: Resolution) -> Finding {
    Finding { resolved: Some(Resolved { at, how }), ..finding }
}

#[test]
fn open_findings_count_in_the_scopes_they_are_in() {
    let (snapshot, evaluations) = estate();
    let rules = rules();
    let logged = finding(&rules[1], &snapshot.resources[0], start());
    let mfa = finding(&rules[2], &snapshot.resources[2], start());
    let fixed = resolved(finding(&rules[0], &snapshot.resources[1], start()), start(), Resolution::Fixed);
    let gone = finding(&rule("s3-old", Severity::High, ResourceType::Bucket, "x"), &snapshot.resources[1], start());
    let observed = [(&logged, Event::Open), (&mfa, Event::Open), (&fixed, Event::Resolved), (&gone, Event::Open)]
        .map(|(finding, event)| Observed { finding, event });
    let open = |scope| {
        let slo = slo(scope, Indicator::OpenTime { budget: LIMIT });
        measured(&slo, &snapshot, &evaluations, &observed, None, start()).open
    };
    assert_eq!(open(Scope::default()), 3);
    assert_eq!(open(Scope { severity: Some(Severity::High), ..Scope::default() }), 2);
    assert_eq!(open(Scope { accounts: vec![account('2')], ..Scope::default() }), 1);
    assert_eq!(open(Scope { frameworks: vec!["fsbp".to_owned()], ..Scope::default() }), 1);
    assert_eq!(open(Scope { rules: vec![Pattern::new("s3-*")], ..Scope::default() }), 2);
    let team = BTreeMap::from([("team".to_owned(), Pattern::new("payments"))]);
    assert_eq!(open(Scope { tags: team, ..Scope::default() }), 1);
}

#[test]
fn detection_is_judged_when_a_finding_opens_and_only_where_the_delay_is_known() {
    let (snapshot, evaluations) = estate();
    let finding = finding(&rules()[1], &snapshot.resources[0], start());
    let slo = slo(Scope::default(), Indicator::Detection { target: 0.9, within: Duration::from_hours(1) });
    let of = |event| {
        let observed = [Observed { finding: &finding, event }];
        let measure = measured(&slo, &snapshot, &evaluations, &observed, None, start());
        (measure.within, measure.late)
    };
    assert_eq!(of(Event::Opened { delay: Some(HOUR) }), (1, 0));
    assert_eq!(of(Event::Opened { delay: Some(HOUR + SignedDuration::from_millis(1)) }), (0, 1));
    assert_eq!(of(Event::Opened { delay: None }), (0, 0));
    assert_eq!(of(Event::Open), (0, 0));
    assert_eq!(of(Event::Resolved), (0, 0));
}

/// Runs scans at these hours over one finding of hour 0, which ends in the last one if `how` says so.
fn remediated(hours: &[i64], how: Option<Resolution>) -> (u64, u64) {
    let (snapshot, evaluations) = estate();
    let slo = slo(Scope::default(), Indicator::Remediation { target: 0.9, within: LIMIT });
    let mut before = None;
    let mut sum = (0, 0);
    for (index, hour) in hours.iter().enumerate() {
        let at = start() + HOUR * i32::try_from(*hour).unwrap();
        let open = finding(&rules()[1], &snapshot.resources[0], start());
        let (finding, event) = match how {
            Some(how) if index + 1 == hours.len() => (resolved(open, at, how), Event::Resolved),
            _ if index == 0 => (open, Event::Opened { delay: None }),
            _ => (open, Event::Open),
        };
        let observed = [Observed { finding: &finding, event }];
        let measure = measured(&slo, &snapshot, &evaluations, &observed, before, at);
        sum = (sum.0 + measure.within, sum.1 + measure.late);
        before = Some(before.map_or(at, |before: Timestamp| before.max(at)));
    }
    sum
}

#[test]
fn remediation_is_judged_once_in_the_life_of_a_finding() {
    assert_eq!(remediated(&[0, 12, 24], Some(Resolution::Fixed)), (1, 0), "at the last moment");
    assert_eq!(remediated(&[0, 12, 20], Some(Resolution::Deleted)), (1, 0));
    assert_eq!(remediated(&[0, 12, 20], Some(Resolution::Waived)), (0, 0), "nothing was remediated");
    assert_eq!(remediated(&[0, 12, 20], Some(Resolution::RuleRemoved)), (0, 0));
    assert_eq!(remediated(&[0, 12, 24], None), (0, 0), "it is not late yet");
    assert_eq!(remediated(&[0, 12, 25, 26, 40], None), (0, 1), "late once, and no more");
    assert_eq!(remediated(&[0, 12, 25, 26], Some(Resolution::Fixed)), (0, 1), "late, and fixed afterwards");
    assert_eq!(remediated(&[0, 12, 30], Some(Resolution::Fixed)), (0, 1), "nobody saw it fixed in time");
    assert_eq!(remediated(&[0, 25, 23, 26], None), (0, 1), "a clock that goes back does not count it again");
}

fn verdicts() -> impl Strategy<Value = Verdict> {
    prop_oneof![
        Just(Verdict::Pass),
        Just(fail()),
        Just(Verdict::Waived { denials: Vec::new(), open: Vec::new(), reason: String::new() }),
        Just(Verdict::Unknown { causes: Vec::new() }),
    ]
}

proptest! {
    /// An objective over everything counts what the SLI counts, and one over a severity what the SLI
    /// of that severity does.
    #[test]
    fn an_objective_counts_as_the_sli_does(
        said in prop::collection::vec((verdicts(), verdicts(), 0_u8..4, any::<bool>()), 0..30),
        list in any::<bool>(),
    ) {
        let rules = rules();
        let mut snapshot = Snapshot::empty(start());
        let mut evaluations = Vec::new();
        for (index, (public, logged, given, is_stale)) in said.into_iter().enumerate() {
            let mut resource = bucket(&format!("b{index}"));
            resource.stale_since = is_stale.then(start);
            if given & 1 == 0 {
                evaluations.push(evaluation(&resource, &rules[0], public));
            }
            if given & 2 == 0 {
                evaluations.push(evaluation(&resource, &rules[1], logged));
            }
            snapshot.resources.push(resource);
        }
        let listing = Listing {
            account: account('3'), region: Region::global(), resource_type: ResourceType::User, complete: list, listed_before: false,
        };
        snapshot.listings.push(listing);
        let assessed = sli::assess(&snapshot, &evaluations, &rules);
        prop_assert_eq!(states(Scope::default(), &snapshot, &evaluations), assessed.overall.resources);
        for severity in Severity::ALL {
            let scope = Scope { severity: Some(*severity), ..Scope::default() };
            prop_assert_eq!(states(scope, &snapshot, &evaluations), assessed.severities[severity].resources);
        }
        let scope = Scope { services: vec![Service::Iam], ..Scope::default() };
        prop_assert_eq!(states(scope, &snapshot, &evaluations), assessed.services[&Service::Iam].resources);
    }

    /// However scans lie, a finding is in time, late or neither once.
    #[test]
    fn no_finding_is_counted_twice(mut hours in prop::collection::vec(1_i64..100, 1..20), ends in any::<bool>(), sorted in any::<bool>()) {
        if sorted {
            hours.sort_unstable();
        }
        hours.insert(0, 0);
        let (within, late) = remediated(&hours, ends.then_some(Resolution::Fixed));
        prop_assert!(within + late <= 1);
        let seen_late = hours.iter().any(|hour| *hour > 24);
        if sorted {
            prop_assert_eq!(late == 1, seen_late);
        }
    }
}
