use proptest::prelude::*;

use super::*;
use crate::model::{
    AccountId, Bucket, Gap, GapReason, Listing, OrganizationPolicy, OrganizationPolicyType, Pointer, Region,
    ResourceId, ResourceType, Service, Severity,
};

const fn at(second: i64) -> Timestamp {
    Timestamp::constant(second, 0)
}

fn rule() -> RuleId {
    RuleId::new("aws-s3-public-access-blocked").unwrap()
}

fn bucket(name: &str) -> Resource {
    let id = ResourceId::new(format!("arn:aws:s3:::{name}")).unwrap();
    let account = AccountId::new("111122223333").unwrap();
    Resource::new(id, account, Region::new("eu-central-1").unwrap(), name, Bucket::default())
}

fn stale(mut resource: Resource) -> Resource {
    resource.stale_since = Some(at(0));
    resource
}

/// A snapshot with the bucket list whole or not, or without a bucket list.
fn snapshot(resources: Vec<Resource>, whole: Option<bool>) -> Snapshot {
    let listing = |complete| Listing {
        account: AccountId::new("111122223333").unwrap(),
        region: Region::global(),
        resource_type: ResourceType::Bucket,
        complete,
        listed_before: false,
    };
    Snapshot { resources, listings: whole.map(listing).into_iter().collect(), ..Snapshot::empty(at(100)) }
}

fn evaluation(verdict: Verdict) -> Evaluation {
    Evaluation { rule: rule(), severity: Severity::High, resource: ResourceKey::from(&bucket("logs")), verdict }
}

fn fail() -> Verdict {
    Verdict::Fail {
        denials: vec![Denial {
            message: "open".to_owned(),
            path: Pointer::configuration("policy"),
            because: Vec::new(),
            topic: None,
        }],
        open: Vec::new(),
    }
}

fn waived() -> Verdict {
    Verdict::Waived { denials: Vec::new(), open: Vec::new(), reason: "a public site".to_owned() }
}

fn unknown() -> Verdict {
    Verdict::Unknown { causes: vec!["/configuration/policy".to_owned()] }
}

/// The finding as the scan at 10 s opened it.
fn open() -> Finding {
    let snapshot = snapshot(vec![bucket("logs")], Some(true));
    let transitions = advance(&[], &[evaluation(fail())], &snapshot, at(10));
    assert_eq!(transitions.len(), 1);
    assert_eq!(transitions[0].event, Event::Opened);
    transitions[0].finding.clone()
}

fn resolved() -> Finding {
    Finding { resolved: Some(Resolved { at: at(20), how: Resolution::Fixed }), ..open() }
}

/// What the scan at 100 s does to the finding: the event, and how it ended.
fn event(known: Finding, verdict: Option<Verdict>, snapshot: &Snapshot) -> Option<(Event, Option<Resolution>)> {
    let evaluations: Vec<_> = verdict.map(evaluation).into_iter().collect();
    let transitions = advance(&[known], &evaluations, snapshot, at(100));
    assert!(transitions.len() < 2);
    transitions.first().map(|transition| (transition.event, transition.finding.resolved.as_ref().map(|end| end.how)))
}

#[test]
fn a_failing_evaluation_opens_a_finding_and_keeps_it_seen() {
    let finding = open();
    assert_eq!((finding.first_seen, finding.last_seen, finding.reopened), (at(10), at(10), 0));
    let snapshot = snapshot(vec![bucket("logs")], Some(true));
    let transitions = advance(&[finding], &[evaluation(fail())], &snapshot, at(100));
    assert_eq!(transitions[0].event, Event::Seen);
    assert_eq!((transitions[0].finding.first_seen, transitions[0].finding.last_seen), (at(10), at(100)));
}

#[test]
fn what_was_seen_ends_a_finding() {
    let present = snapshot(vec![bucket("logs")], Some(true));
    let ended = |how| Some((Event::Resolved, Some(how)));
    assert_eq!(event(open(), Some(Verdict::Pass), &present), ended(Resolution::Fixed));
    assert_eq!(event(open(), Some(waived()), &present), ended(Resolution::Waived));
    assert_eq!(event(open(), None, &present), ended(Resolution::RuleRemoved));
    assert_eq!(event(open(), None, &snapshot(vec![], Some(true))), ended(Resolution::Deleted));
}

#[test]
fn what_was_not_seen_leaves_a_finding_as_it_is() {
    assert_eq!(event(open(), Some(unknown()), &snapshot(vec![bucket("logs")], Some(true))), None);
    assert_eq!(event(open(), None, &snapshot(vec![], Some(false))), None, "the list is not whole");
    assert_eq!(event(open(), None, &snapshot(vec![], None)), None, "the list is out of scope");
    for verdict in [Some(Verdict::Pass), Some(fail()), Some(waived()), Some(unknown()), None] {
        assert_eq!(event(open(), verdict, &snapshot(vec![stale(bucket("logs"))], Some(false))), None);
    }
}

#[test]
fn a_type_that_was_asked_for_and_refused_is_not_left_out() {
    let account = || AccountId::new("999900001111").unwrap();
    let id = ResourceId::new("arn:aws:organizations::999900001111:policy/o-a/service_control_policy/p-1").unwrap();
    let configuration = OrganizationPolicy {
        policy_type: OrganizationPolicyType::ServiceControlPolicy,
        aws_managed: false,
        document: None,
        targets: None,
    };
    let policy = Resource::new(id, account(), Region::global(), "p-1", configuration);
    let known = Finding { resource: ResourceKey::from(&policy), ..open() };
    let listing = Listing {
        account: account(),
        region: Region::global(),
        resource_type: ResourceType::OrganizationAccount,
        complete: true,
        listed_before: false,
    };
    let gap = Gap {
        account: account(),
        region: Region::global(),
        service: Service::Organizations,
        operation: "ListPolicies".to_owned(),
        resource: None,
        unlisted: vec![ResourceType::OrganizationPolicy],
        places: Vec::new(),
        reason: GapReason::NotCollected,
        message: "AccessDeniedException".to_owned(),
        permission: None,
    };
    let left_out = Snapshot { listings: vec![listing], ..Snapshot::empty(at(100)) };
    let refused = Snapshot { gaps: vec![gap], ..left_out.clone() };
    assert_eq!(event(known.clone(), None, &left_out), Some((Event::Resolved, Some(Resolution::RuleRemoved))));
    assert_eq!(event(known, None, &refused), None);
}

#[test]
fn a_finding_that_comes_back_is_reopened_with_a_new_beginning() {
    let snapshot = snapshot(vec![bucket("logs")], Some(true));
    let transitions = advance(&[resolved()], &[evaluation(fail())], &snapshot, at(100));
    assert_eq!(transitions[0].event, Event::Reopened);
    let finding = &transitions[0].finding;
    assert_eq!((finding.first_seen, finding.reopened, finding.resolved.clone()), (at(100), 1, None));
}

#[test]
fn a_resolved_finding_stays_resolved_while_nothing_fails() {
    let present = snapshot(vec![bucket("logs")], Some(true));
    for verdict in [Some(Verdict::Pass), Some(waived()), Some(unknown()), None] {
        assert_eq!(event(resolved(), verdict, &present), None);
    }
}

#[test]
fn an_accepted_failure_that_was_never_open_is_no_finding() {
    let present = snapshot(vec![bucket("logs")], Some(true));
    assert_eq!(advance(&[], &[evaluation(waived())], &present, at(100)), []);
}

fn any_verdict() -> impl Strategy<Value = Option<Verdict>> {
    prop_oneof![Just(None), Just(Some(Verdict::Pass)), Just(Some(fail())), Just(Some(waived())), Just(Some(unknown()))]
}

proptest! {
    /// Whatever a scan says: a finding ends only when its resource was read, or when a whole list
    /// does not hold it.
    #[test]
    fn a_gap_never_ends_a_finding(
        verdict in any_verdict(),
        listed in any::<bool>(),
        is_stale in any::<bool>(),
        whole in prop_oneof![Just(None), Just(Some(true)), Just(Some(false))],
    ) {
        let resource = if is_stale { stale(bucket("logs")) } else { bucket("logs") };
        let snapshot = snapshot(if listed { vec![resource] } else { vec![] }, whole);
        let was_read = listed && !is_stale;
        let known_gone = !listed && whole == Some(true);
        let seen = verdict.as_ref().is_none_or(|verdict| !matches!(verdict, Verdict::Unknown { .. }));
        if let Some((Event::Resolved, _)) = event(open(), verdict, &snapshot) {
            prop_assert!(known_gone || (was_read && seen));
        }
    }

    /// A finding that is open stays known and open until a scan resolves it, over any sequence of
    /// scans; its openings are counted.
    #[test]
    fn openings_and_ends_alternate(verdicts in prop::collection::vec(any_verdict(), 1..30)) {
        let present = snapshot(vec![bucket("logs")], Some(true));
        let mut known: Option<Finding> = None;
        let (mut openings, mut ends) = (0, 0);
        for (second, verdict) in (1000..).zip(verdicts) {
            let evaluations: Vec<_> = verdict.map(evaluation).into_iter().collect();
            let before: Vec<_> = known.clone().into_iter().collect();
            for transition in advance(&before, &evaluations, &present, at(second)) {
                openings += u32::from(matches!(transition.event, Event::Opened | Event::Reopened));
                ends += u32::from(transition.event == Event::Resolved);
                known = Some(transition.finding);
            }
            let is_open = known.as_ref().is_some_and(|finding| finding.resolved.is_none());
            prop_assert_eq!(openings, ends + u32::from(is_open));
        }
        if let Some(finding) = known {
            prop_assert_eq!(finding.reopened + 1, openings);
        }
    }
}
