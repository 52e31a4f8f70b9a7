use proptest::prelude::*;

use super::*;
use crate::model::{Bucket, Remediation, Resource, ResourceId, ResourceType, User, Verdict};

const TAKEN_AT: Timestamp = Timestamp::constant(1_000, 0);

fn account() -> AccountId {
    AccountId::new("111122223333").unwrap()
}

fn bucket(number: usize) -> Resource {
    let id = ResourceId::new(format!("arn:aws:s3:::bucket-{number:03}")).unwrap();
    Resource::new(id, account(), Region::new("eu-central-1").unwrap(), format!("bucket-{number:03}"), Bucket::default())
}

fn rule(id: &str, severity: Severity) -> Rule {
    Rule {
        id: RuleId::new(id).unwrap(),
        title: String::new(),
        description: String::new(),
        severity,
        severity_reason: None,
        enabled: true,
        resource_types: vec![ResourceType::Bucket],
        controls: BTreeMap::new(),
        reads: Vec::new(),
        reads_now: false,
        remediation: Remediation { text: String::new(), terraform: None, cli: None },
        related_resources: Vec::new(),
        digest: String::new(),
    }
}

fn rules() -> Vec<Rule> {
    vec![rule("blocked", Severity::Critical), rule("encrypted", Severity::High), rule("logged", Severity::Low)]
}

fn evaluation(resource: &Resource, rule: &Rule, verdict: Verdict) -> Evaluation {
    Evaluation { rule: rule.id.clone(), severity: rule.severity, resource: resource.into(), verdict }
}

const fn fail() -> Verdict {
    Verdict::Fail { denials: Vec::new(), open: Vec::new() }
}

const fn waived() -> Verdict {
    Verdict::Waived { denials: Vec::new(), open: Vec::new(), reason: String::new() }
}

const fn unknown() -> Verdict {
    Verdict::Unknown { causes: Vec::new() }
}

const fn listing(account: AccountId, region: Region, resource_type: ResourceType, complete: bool) -> Listing {
    Listing { account, region, resource_type, complete, listed_before: false }
}

/// The estate of `docs/sli.md`: 100 buckets, of which 70 pass, 5 fail (1 critical, 4 low), 5 are
/// waived, 8 have an unknown value and 12 are stale.
fn documented() -> (Snapshot, Vec<Evaluation>) {
    let mut snapshot = Snapshot::empty(TAKEN_AT);
    snapshot.listings.push(listing(account(), Region::global(), ResourceType::Bucket, false));
    let mut evaluations = Vec::new();
    for number in 0..100 {
        let mut resource = bucket(number);
        let (blocked, encrypted, logged) = match number {
            0..70 => (Verdict::Pass, Verdict::Pass, Verdict::Pass),
            70 => (fail(), Verdict::Pass, fail()),
            71..75 => (Verdict::Pass, unknown(), fail()),
            75..80 => (Verdict::Pass, Verdict::Pass, waived()),
            80..88 => (unknown(), waived(), Verdict::Pass),
            _ => (unknown(), unknown(), unknown()),
        };
        if number >= 88 {
            resource.stale_since = Some(Timestamp::constant(500, 0));
        }
        for (rule, verdict) in rules().iter().zip([blocked, encrypted, logged]) {
            evaluations.push(evaluation(&resource, rule, verdict));
        }
        snapshot.resources.push(resource);
    }
    (snapshot, evaluations)
}

#[test]
fn the_worked_example_of_the_documentation() {
    let (snapshot, evaluations) = documented();
    let assessment = assess(&snapshot, &evaluations, &rules());
    let overall = assessment.overall;
    assert_eq!(
        overall.resources,
        States { pass: 70, fail: BySeverity { critical: 1, low: 4, ..BySeverity::default() }, waived: 5, unknown: 20 }
    );
    assert_eq!((overall.stale, overall.unlisted), (12, 0));
    let ratios = overall.ratios();
    assert_eq!(ratios.failing, Some(0.0625));
    assert_eq!(ratios.compliance, Some(0.9375));
    assert_eq!(ratios.coverage, Some(0.8));
    assert_eq!(ratios.bound, Some(0.25));

    // At high or worse, the four that fail only a low rule are unknown (their encryption is), and
    // those waived for a low rule pass.
    let high = assessment.severities[&Severity::High];
    assert_eq!((high.resources.pass, high.resources.fail.total(), high.resources.unknown), (75, 1, 24));
    assert_eq!(high.ratios().failing, Some(1.0 / 76.0));

    let logged = assessment.rules[&RuleId::new("logged").unwrap()];
    assert_eq!((logged.pass, logged.fail, logged.waived, logged.unknown), (78, 5, 5, 12));
    assert_eq!(assessment.age(Timestamp::constant(1_600, 0)), SignedDuration::from_mins(10));
}

#[test]
fn a_list_that_failed_and_of_which_nothing_is_known_counts_as_one_unknown_resource() {
    let mut snapshot = Snapshot::empty(TAKEN_AT);
    snapshot.listings = vec![
        listing(account(), Region::global(), ResourceType::Bucket, false),
        listing(account(), Region::global(), ResourceType::User, false),
    ];
    let assessment = assess(&snapshot, &[], &rules());
    assert_eq!((assessment.overall.resources.total(), assessment.overall.unlisted), (1, 1), "no rule judges users");
    let ratios = assessment.overall.ratios();
    assert_eq!((ratios.compliance, ratios.coverage, ratios.bound), (None, Some(0.0), Some(1.0)));

    snapshot.resources.push(bucket(1));
    let evaluations: Vec<_> =
        rules().iter().map(|rule| evaluation(&snapshot.resources[0], rule, Verdict::Pass)).collect();
    assert_eq!(assess(&snapshot, &evaluations, &rules()).overall.unlisted, 0, "a bucket of any region is known");
}

#[test]
fn an_empty_estate_has_no_compliance_rather_than_a_perfect_one() {
    let ratios = assess(&Snapshot::empty(TAKEN_AT), &[], &rules()).overall.ratios();
    assert_eq!((ratios.compliance, ratios.coverage, ratios.bound), (None, None, None));
}

#[test]
fn a_resource_to_which_no_rule_applies_is_not_counted() {
    let mut snapshot = Snapshot::empty(TAKEN_AT);
    let id = ResourceId::new("arn:aws:iam::111122223333:user/ada").unwrap();
    snapshot.resources.push(Resource::new(id, account(), Region::global(), "ada", User::default()));
    assert_eq!(assess(&snapshot, &[], &rules()).overall, Indicator::default());
}

#[test]
fn a_resource_that_should_have_been_judged_and_was_not_is_unknown() {
    let mut snapshot = Snapshot::empty(TAKEN_AT);
    snapshot.resources.push(bucket(1));
    assert_eq!(assess(&snapshot, &[], &rules()).overall.resources, States { unknown: 1, ..States::default() });
}

#[test]
fn an_assessment_survives_being_stored() {
    let (snapshot, evaluations) = documented();
    let assessment = assess(&snapshot, &evaluations, &rules());
    let text = serde_json::to_string(&assessment).unwrap();
    assert_eq!(serde_json::from_str::<Assessment>(&text).unwrap(), assessment);
}

fn any_verdict() -> impl Strategy<Value = Verdict> {
    prop_oneof![Just(Verdict::Pass), Just(fail()), Just(waived()), Just(unknown())]
}

/// Some buckets, three evaluations each, and which of those a denied read would hide.
fn estate() -> impl Strategy<Value = (Snapshot, Vec<Evaluation>, Vec<bool>)> {
    prop::collection::vec((prop::array::uniform3((any_verdict(), any::<bool>())), any::<bool>()), 0..20).prop_map(
        |buckets| {
            let mut snapshot = Snapshot::empty(TAKEN_AT);
            let (mut evaluations, mut hidden) = (Vec::new(), Vec::new());
            for (number, (verdicts, stale)) in buckets.into_iter().enumerate() {
                let mut resource = bucket(number);
                resource.stale_since = stale.then_some(TAKEN_AT);
                for (rule, (verdict, hide)) in rules().iter().zip(verdicts) {
                    evaluations.push(evaluation(&resource, rule, verdict));
                    hidden.push(hide);
                }
                snapshot.resources.push(resource);
            }
            (snapshot, evaluations, hidden)
        },
    )
}

proptest! {
    #[test]
    fn every_resource_and_every_evaluation_is_counted_once((snapshot, evaluations, _) in estate()) {
        let assessment = assess(&snapshot, &evaluations, &rules());
        let resources = snapshot.resources.len() as u64;
        prop_assert_eq!(assessment.overall.resources.total(), resources);
        prop_assert_eq!(assessment.severities[&Severity::Low], assessment.overall);
        for slices in [
            assessment.services.values().collect::<Vec<_>>(),
            assessment.accounts.values().collect(),
            assessment.regions.values().collect(),
        ] {
            prop_assert_eq!(slices.iter().map(|slice| slice.resources.total()).sum::<u64>(), resources);
        }
        let counted: u64 = assessment.rules.values().map(RuleCounts::total).sum();
        prop_assert_eq!(counted, evaluations.len() as u64);
        prop_assert_eq!(states(&snapshot, &evaluations, &rules()).len() as u64, resources);
    }

    /// A denied read turns verdicts into unknown. Nothing starts to pass because of it, what was
    /// expected stays, coverage does not rise, and the bound does not fall.
    #[test]
    fn a_gap_takes_verdicts_away_and_never_makes_anything_pass((snapshot, evaluations, hidden) in estate()) {
        let read = assess(&snapshot, &evaluations, &rules());
        let denied: Vec<_> = evaluations
            .iter()
            .zip(hidden)
            .map(|(evaluation, hide)| Evaluation {
                verdict: if hide { unknown() } else { evaluation.verdict.clone() },
                ..evaluation.clone()
            })
            .collect();
        let denied = assess(&snapshot, &denied, &rules());
        for (severity, before) in &read.severities {
            let after = &denied.severities[severity].resources;
            let before = &before.resources;
            prop_assert_eq!(after.total(), before.total());
            prop_assert!(after.pass <= before.pass);
            prop_assert!(after.waived <= before.waived);
            prop_assert!(after.fail.total() <= before.fail.total());
            prop_assert!(after.coverage() <= before.coverage());
            prop_assert!(after.bound() >= before.bound());
        }
    }
}
