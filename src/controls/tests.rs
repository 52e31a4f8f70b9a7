use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::model::{
    AccountId, Bucket, Denial, Evaluation, Listing, Pointer, Region, Remediation, Resource, ResourceId, ResourceKey,
    ResourceType, Rule, RuleId, SecurityGroup, Severity, Snapshot, Verdict,
};

const AT: Timestamp = Timestamp::constant(2_000, 0);
/// A control of FSBP that the rules below serve.
const CONTROL: &str = "S3.8";

fn account(number: u8) -> AccountId {
    AccountId::new(format!("11112222333{number}")).unwrap()
}

fn region() -> Region {
    Region::new("eu-central-1").unwrap()
}

fn rule(id: &str, controls: &[&str], types: &[ResourceType]) -> Rule {
    Rule {
        id: RuleId::new(id).unwrap(),
        title: String::new(),
        description: String::new(),
        severity: Severity::High,
        severity_reason: None,
        enabled: true,
        resource_types: types.to_vec(),
        controls: BTreeMap::from([("fsbp".to_owned(), controls.iter().map(|&id| id.to_owned()).collect())]),
        reads: Vec::new(),
        reads_now: false,
        remediation: Remediation { text: String::new(), terraform: None, cli: None },
        related_resources: Vec::new(),
        digest: String::new(),
    }
}

fn bucket(number: usize) -> Resource {
    let id = ResourceId::new(format!("arn:aws:s3:::bucket-{number}")).unwrap();
    Resource::new(id, account(0), region(), format!("bucket-{number}"), Bucket::default())
}

fn listing(resource_type: ResourceType, complete: bool) -> Listing {
    Listing { account: account(0), region: Region::global(), resource_type, complete, listed_before: false }
}

fn snapshot(resources: Vec<Resource>, listings: Vec<Listing>) -> Snapshot {
    Snapshot { listings, resources, ..Snapshot::empty(AT) }
}

fn evaluation(rule: &Rule, resource: &Resource, verdict: Verdict) -> Evaluation {
    Evaluation { rule: rule.id.clone(), severity: rule.severity, resource: ResourceKey::from(resource), verdict }
}

fn denial(topic: Option<&str>) -> Denial {
    let path = Pointer::new("/configuration");
    Denial { message: "m".to_owned(), path, because: Vec::new(), topic: topic.map(str::to_owned) }
}

fn fail(topics: &[Option<&str>], open: &[&str]) -> Verdict {
    Verdict::Fail {
        denials: topics.iter().map(|topic| denial(*topic)).collect(),
        open: open.iter().map(|&cause| cause.to_owned()).collect(),
    }
}

fn unknown() -> Verdict {
    Verdict::Unknown { causes: vec!["denied".to_owned()] }
}

fn waived() -> Verdict {
    Verdict::Waived { denials: vec![denial(None)], open: Vec::new(), reason: "a site".to_owned() }
}

fn fsbp() -> &'static Framework {
    framework("fsbp").unwrap()
}

fn standing_of(compliance: &Compliance, id: &str) -> ControlStanding {
    compliance.controls.iter().find(|standing| standing.control.id == id).unwrap().clone()
}

/// The control after one rule gave these verdicts about one bucket each, from a whole list.
fn after(verdicts: &[Verdict]) -> ControlStanding {
    let rule = rule("aws-s3-a", &[CONTROL], &[ResourceType::Bucket]);
    let buckets: Vec<Resource> = (0..verdicts.len()).map(bucket).collect();
    let evaluations: Vec<Evaluation> =
        buckets.iter().zip(verdicts).map(|(bucket, verdict)| evaluation(&rule, bucket, verdict.clone())).collect();
    let snapshot = snapshot(buckets, vec![listing(ResourceType::Bucket, true)]);
    standing_of(&assess(fsbp(), &snapshot, &evaluations, &[rule], &[]), CONTROL)
}

#[test]
fn a_control_stands_as_its_worst_resource_does() {
    assert_eq!(after(&[Verdict::Pass, fail(&[None], &[]), unknown()]).state, ControlState::Fail);
    assert_eq!(after(&[Verdict::Pass, unknown(), waived()]).state, ControlState::Unknown);
    assert_eq!(after(&[Verdict::Pass, waived()]).state, ControlState::Waived);
    assert_eq!(after(&[Verdict::Pass]).state, ControlState::Pass);
    assert_eq!(after(&[]).state, ControlState::NotApplicable);
}

#[test]
fn a_control_judged_by_a_looser_parameter_never_passes() {
    let user = Resource::new(
        ResourceId::new("arn:aws:iam::111122223330:user/u").unwrap(),
        account(0),
        Region::global(),
        "u",
        crate::model::User::default(),
    );
    let keys = rule("aws-iam-keys", &["IAM.3"], &[ResourceType::User]);
    let lists = vec![listing(ResourceType::User, true)];
    let after = |verdict: Verdict, days: u32| {
        let evaluations = [evaluation(&keys, &user, verdict)];
        let snapshot = snapshot(vec![user.clone()], lists.clone());
        let compliance = assess(fsbp(), &snapshot, &evaluations, std::slice::from_ref(&keys), &[]);
        let days = serde_json::json!(days);
        let held = compliance.held_to_limits(&BTreeMap::from([("access_key_max_age_days", &days)]));
        let standing = standing_of(&held, "IAM.3");
        (standing.state, standing.reasons)
    };
    for days in [30, 90] {
        assert_eq!(after(Verdict::Pass, days), (ControlState::Pass, Vec::new()));
    }
    let reason = "judged with access_key_max_age_days = 365, and the control asks for at most 90";
    assert_eq!(after(Verdict::Pass, 365), (ControlState::Unknown, vec![reason.to_owned()]));
    assert_eq!(after(waived(), 365).0, ControlState::Unknown);
    assert_eq!(after(fail(&[None], &[]), 365).0, ControlState::Fail);
}

#[test]
fn limits_are_numbers_or_lists() {
    let limit = |text: &str| serde_json::from_str::<Limit>(text).unwrap();
    let exceeded = |text: &str, value: serde_json::Value| limit(text).exceeded("p", &value);
    let least = r#"{"at_least": 14}"#;
    assert_eq!(exceeded(least, 14.into()), None);
    assert_eq!(exceeded(least, 8.into()).unwrap(), "judged with p = 8, and the control asks for at least 14");
    let includes = r#"{"includes": [22, 23]}"#;
    assert_eq!(exceeded(includes, vec![22, 23, 24].into()), None);
    assert_eq!(exceeded(includes, vec![22].into()).unwrap(), "judged without 23 in p, and the control asks for it");
    let only = r#"{"only": [22, 23]}"#;
    assert_eq!(exceeded(only, vec![22].into()), None);
    assert_eq!(exceeded(only, vec![80].into()).unwrap(), "judged with 80 in p, which the control does not allow");
}

#[test]
fn shares_come_with_their_coverage() {
    let standing = after(&[Verdict::Pass, Verdict::Pass, fail(&[None], &[]), waived(), unknown()]);
    assert_eq!(standing.counts, Counts { pass: 2, fail: 1, waived: 1, unknown: 1 });
    assert_eq!((standing.counts.compliance(), standing.counts.coverage()), (Some(0.75), Some(0.8)));
    assert_eq!(standing.places[&account(0)][&region()], standing.counts);
    assert_eq!(Counts::default().compliance(), None);
}

#[test]
fn a_control_without_a_rule_never_passes_and_says_why() {
    let whole = snapshot(Vec::new(), Vec::new());
    let compliance = assess(framework("cis-5.0").unwrap(), &whole, &[], &[], &[]);
    let monitored = standing_of(&compliance, "4.1");
    assert_eq!(monitored.state, ControlState::Manual);
    assert!(!monitored.reasons.is_empty());
    assert_eq!(standing_of(&compliance, "3.2").state, ControlState::NoRule);
    assert_eq!(compliance.summary().pass, 0);
    assert_eq!(compliance.summary().total(), compliance.framework.controls.len() as u64);
}

#[test]
fn a_rule_that_is_switched_off_leaves_its_control_open() {
    let [on, off] = ["aws-s3-a", "aws-s3-b"].map(|id| rule(id, &[CONTROL], &[ResourceType::Bucket]));
    let idle = [Idle { rule: off, reason: "rules.disabled has aws-s3-b".to_owned() }];
    let bucket = bucket(0);
    let evaluations = [evaluation(&on, &bucket, Verdict::Pass)];
    let snapshot = snapshot(vec![bucket], vec![listing(ResourceType::Bucket, true)]);
    let partly = standing_of(&assess(fsbp(), &snapshot, &evaluations, &[on], &idle), CONTROL);
    assert_eq!(partly.state, ControlState::Unknown);
    assert_eq!(partly.reasons, ["aws-s3-b does not judge: rules.disabled has aws-s3-b"]);
    let fully = standing_of(&assess(fsbp(), &snapshot, &[], &[], &idle), CONTROL);
    assert_eq!((fully.state, fully.reasons.len()), (ControlState::Unknown, 1));
}

#[test]
fn a_list_that_is_not_whole_keeps_a_control_from_passing() {
    let rule = rule("aws-s3-a", &[CONTROL], &[ResourceType::Bucket]);
    let rules = std::slice::from_ref(&rule);
    let state = |resources: Vec<Resource>, listings: Vec<Listing>| {
        let evaluations: Vec<_> = resources.iter().map(|resource| evaluation(&rule, resource, Verdict::Pass)).collect();
        let standing = standing_of(&assess(fsbp(), &snapshot(resources, listings), &evaluations, rules, &[]), CONTROL);
        (standing.state, standing.counts.unknown)
    };
    let partial = listing(ResourceType::Bucket, false);
    assert_eq!(state(vec![bucket(0)], vec![partial.clone()]), (ControlState::Unknown, 0));
    assert_eq!(state(Vec::new(), vec![partial.clone()]), (ControlState::Unknown, 1));
    let emptied = Listing { listed_before: true, ..partial.clone() };
    assert_eq!(state(Vec::new(), vec![emptied]), (ControlState::Unknown, 0));
    assert_eq!(state(Vec::new(), Vec::new()), (ControlState::Unknown, 1));
    let regional = Listing { region: region(), ..partial };
    let whole = listing(ResourceType::Bucket, true);
    assert_eq!(state(vec![bucket(0)], vec![whole, regional]), (ControlState::Pass, 0));
}

#[test]
fn what_is_stale_or_was_not_judged_is_unknown() {
    let rule = rule("aws-s3-a", &[CONTROL], &[ResourceType::Bucket]);
    let stale = Resource { stale_since: Some(AT), ..bucket(0) };
    let evaluations = [evaluation(&rule, &stale, Verdict::Pass)];
    let snapshot = snapshot(vec![stale, bucket(1)], vec![listing(ResourceType::Bucket, true)]);
    let standing = standing_of(&assess(fsbp(), &snapshot, &evaluations, &[rule], &[]), CONTROL);
    assert_eq!((standing.state, standing.counts.unknown), (ControlState::Unknown, 2));
    assert_eq!(standing.resources[1].messages, ["aws-s3-a did not judge it"]);
}

#[test]
fn a_control_of_a_topic_fails_for_that_topic_only() {
    use ControlState::{Fail, Pass, Unknown, Waived};
    let rule = rule("aws-ec2-a", &["EC2.19@telnet", "EC2.18"], &[ResourceType::SecurityGroup]);
    let id = ResourceId::new("arn:aws:ec2:eu-central-1:111122223330:security-group/sg-1").unwrap();
    let group = Resource::new(id, account(0), region(), "sg-1", SecurityGroup::default());
    let state = |verdict: Verdict| {
        let evaluations = [evaluation(&rule, &group, verdict)];
        let snapshot = snapshot(vec![group.clone()], vec![listing(ResourceType::SecurityGroup, true)]);
        let compliance = assess(fsbp(), &snapshot, &evaluations, std::slice::from_ref(&rule), &[]);
        ["EC2.19", "EC2.18"].map(|id| standing_of(&compliance, id).state)
    };
    assert_eq!(state(fail(&[Some("telnet")], &[])), [Fail, Fail]);
    assert_eq!(state(fail(&[Some("ssh")], &[])), [Pass, Fail]);
    assert_eq!(state(fail(&[Some("ssh")], &["/facts/x"])), [Unknown, Fail]);
    assert_eq!(state(fail(&[Some("ssh"), None], &[])), [Fail, Fail]);
    assert_eq!(state(unknown()), [Unknown, Unknown]);
    let accepted = |topic: &str, open: &[&str]| Verdict::Waived {
        denials: vec![denial(Some(topic))],
        open: open.iter().map(|&cause| cause.to_owned()).collect(),
        reason: "r".to_owned(),
    };
    assert_eq!(state(accepted("telnet", &[])), [Waived, Waived]);
    assert_eq!(state(accepted("ssh", &[])), [Pass, Waived]);
    assert_eq!(state(accepted("ssh", &["/facts/x"])), [Unknown, Waived]);
}

#[test]
fn a_control_about_some_types_leaves_others_aside() {
    let tagged = Rule {
        controls: BTreeMap::from([("security-hub".to_owned(), vec!["EC2.43".to_owned(), "EC2.44".to_owned()])]),
        ..rule("aws-vpc-a", &[], &[ResourceType::SecurityGroup, ResourceType::Subnet])
    };
    let id = ResourceId::new("arn:aws:ec2:eu-central-1:111122223330:security-group/sg-1").unwrap();
    let group = Resource::new(id, account(0), region(), "sg-1", SecurityGroup::default());
    let evaluations = [evaluation(&tagged, &group, fail(&[None], &[]))];
    let lists = vec![listing(ResourceType::SecurityGroup, true), listing(ResourceType::Subnet, true)];
    let compliance =
        assess(framework("security-hub").unwrap(), &snapshot(vec![group], lists), &evaluations, &[tagged], &[]);
    assert_eq!(standing_of(&compliance, "EC2.43").state, ControlState::Fail);
    assert_eq!(standing_of(&compliance, "EC2.44").state, ControlState::NotApplicable);
}

#[test]
fn a_control_that_the_framework_does_not_have_is_told() {
    let rule = rule("aws-s3-a", &["S3.999@x", CONTROL], &[ResourceType::Bucket]);
    let compliance = assess(fsbp(), &snapshot(Vec::new(), Vec::new()), &[], &[rule], &[]);
    assert_eq!(compliance.strays.len(), 1);
    assert_eq!(compliance.strays[0].control, "S3.999");
}

fn any_verdict() -> impl Strategy<Value = Option<Verdict>> {
    let topic = prop::sample::select(vec![None, Some("ssh"), Some("rdp")]);
    let denied =
        (prop::collection::vec(topic, 1..3), any::<bool>(), any::<bool>()).prop_map(|(topics, open, waive)| {
            let verdict = fail(&topics, if open { &["/facts/x"] } else { &[] });
            match verdict {
                Verdict::Fail { denials, open } if waive => Verdict::Waived { denials, open, reason: String::new() },
                verdict => verdict,
            }
        });
    prop_oneof![
        4 => Just(Some(Verdict::Pass)),
        1 => Just(Some(unknown())),
        1 => Just(None),
        2 => denied.prop_map(Some),
    ]
}

/// Two rules, one serving the control whole and one by topic, on some buckets; lists that are whole
/// or not; buckets that are stale or not.
fn any_estate() -> impl Strategy<Value = (Vec<Rule>, Snapshot, Vec<Evaluation>)> {
    let buckets = prop::collection::vec((any_verdict(), any_verdict(), prop::bool::weighted(0.1)), 0..6);
    let lists = prop::collection::vec((any::<bool>(), any::<bool>(), 0..2u8), 0..3);
    (buckets, lists).prop_map(|(buckets, lists)| {
        let rules = vec![
            rule("aws-s3-a", &["S3.8@ssh", "S3.9"], &[ResourceType::Bucket]),
            rule("aws-s3-b", &["S3.8", "S3.2@rdp"], &[ResourceType::Bucket]),
        ];
        let mut resources = Vec::new();
        let mut evaluations = Vec::new();
        for (number, (one, other, stale)) in buckets.into_iter().enumerate() {
            let resource = Resource { stale_since: stale.then_some(AT), ..bucket(number) };
            for (rule, verdict) in rules.iter().zip([one, other]) {
                evaluations.extend(verdict.map(|verdict| evaluation(rule, &resource, verdict)));
            }
            resources.push(resource);
        }
        let lists = lists
            .into_iter()
            .map(|(complete, listed_before, number)| Listing {
                account: account(number),
                listed_before,
                ..listing(ResourceType::Bucket, complete)
            })
            .collect();
        (rules, snapshot(resources, lists), evaluations)
    })
}

proptest! {
    #[test]
    fn every_resource_and_every_control_is_counted_once((rules, snapshot, evaluations) in any_estate()) {
        let compliance = assess(fsbp(), &snapshot, &evaluations, &rules, &[]);
        prop_assert_eq!(compliance.summary().total(), fsbp().controls.len() as u64);
        for standing in compliance.controls.iter().filter(|standing| !standing.rules.is_empty()) {
            prop_assert_eq!(standing.resources.len(), snapshot.resources.len());
            let hidden = standing.counts.expected() - standing.resources.len() as u64;
            prop_assert!(standing.counts.unknown >= hidden);
            let placed: u64 = standing.places.values().flat_map(BTreeMap::values).map(Counts::expected).sum();
            prop_assert!(placed == standing.counts.expected() || snapshot.listings.is_empty());
        }
    }

    #[test]
    fn nothing_passes_that_was_not_seen_and_judged((rules, snapshot, evaluations) in any_estate()) {
        let compliance = assess(fsbp(), &snapshot, &evaluations, &rules, &[]);
        let whole = !snapshot.listings.is_empty() && snapshot.listings.iter().all(|listing| listing.complete);
        for standing in &compliance.controls {
            let settled = matches!(
                standing.state,
                ControlState::Pass | ControlState::Waived | ControlState::NotApplicable
            );
            if !settled {
                continue;
            }
            let serving: Vec<&Rule> =
                rules.iter().filter(|rule| part::Part::of(rule, "fsbp", &standing.control.id).is_some()).collect();
            prop_assert!(!serving.is_empty());
            prop_assert!(whole || snapshot.listings.iter().any(|listing| listing.complete));
            for resource in &snapshot.resources {
                prop_assert!(resource.stale_since.is_none());
                for rule in &serving {
                    let verdict = evaluations
                        .iter()
                        .find(|found| found.rule == rule.id && found.resource == ResourceKey::from(resource))
                        .map(|found| &found.verdict);
                    let judged = !matches!(verdict, None | Some(Verdict::Unknown { .. }));
                    prop_assert!(judged);
                }
            }
            prop_assert!(standing.unlisted.is_empty() && standing.counts.unknown == 0);
        }
    }

    #[test]
    fn losing_sight_never_makes_a_control_better((rules, snapshot, evaluations) in any_estate(), lost in 0..6usize) {
        let before = assess(fsbp(), &snapshot, &evaluations, &rules, &[]);
        let mut blurred = evaluations;
        if let Some(evaluation) = blurred.get_mut(lost) {
            evaluation.verdict = unknown();
        }
        let after = assess(fsbp(), &snapshot, &blurred, &rules, &[]);
        for (before, after) in before.controls.iter().zip(&after.controls) {
            prop_assert!(after.counts.pass <= before.counts.pass && after.counts.fail <= before.counts.fail);
            prop_assert_eq!(after.counts.expected(), before.counts.expected());
            prop_assert!(after.state == before.state || after.state == ControlState::Unknown);
        }
    }

    #[test]
    fn a_whole_control_is_never_better_than_one_of_a_topic(verdict in any_verdict()) {
        let verdict = verdict.unwrap_or(Verdict::Pass);
        let whole = rule("aws-s3-a", &["S3.8"], &[ResourceType::Bucket]);
        let part = rule("aws-s3-a", &["S3.8@ssh"], &[ResourceType::Bucket]);
        let [whole, part] = [whole, part]
            .map(|rule| part::Part::of(&rule, "fsbp", "S3.8").unwrap().of_verdict(&verdict).0);
        prop_assert!(part <= whole || part == ResourceState::Unknown);
    }
}
