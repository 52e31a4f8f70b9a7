//! The budget policy in the ledger: states, transitions, answers, overrides, reviews, who is told. Each
//! behaviour runs on SQLite and on PostgreSQL.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use plimsoll::budgets::{settle, statuses};
use plimsoll::ledger::{Delivery, LedgerError, PolicyChange, PolicyStates};
use plimsoll::model::Pattern;
use plimsoll::slo::Slo;
use plimsoll::slo::policy::{Action, Cause, Decision, Grant, Outcome, Policy, State, Target, Transition, Triggered};

use crate::budget_lab::{config, failing};
use crate::ledger_conformance::on_both;
use crate::ledger_lab::{Lab, at, export};
use crate::ledger_postgres::Home;

on_both! {
    a_new_ledger_has_no_policy,
    states_and_transitions_are_kept_together,
    states_that_others_changed_are_not_overwritten,
    two_who_settle_at_once_write_each_transition_once,
    settling_writes_only_what_began_or_ended,
    a_stage_of_an_objective_that_is_gone_ends,
    a_gate_between_two_scans_sees_what_its_moment_would_begin,
    a_clock_that_goes_back_is_no_obstacle,
    answers_are_kept_and_counted,
    answers_of_many_at_once_are_all_counted,
    an_override_holds_from_its_beginning_to_its_end,
    a_review_is_done_once,
    a_review_and_a_scan_at_once_are_both_kept,
    notifications_are_claimed_once_and_given_up_and_tried_again,
    everything_is_exported_and_pruned_and_in_order,
    faults_are_named,
}

fn slos() -> Vec<Slo> {
    config("").slos()
}

fn policy() -> Policy {
    config("").budget_policy.policy()
}

fn target(name: &str) -> Target {
    Target { name: name.to_owned(), actions: Action::ALL.to_vec(), objectives: vec![Pattern::new("*")] }
}

fn transition(slo: &str, action: Action, begins: bool, second: i64) -> Transition {
    let cause = Cause::Remaining { share: -0.25, threshold: 0.0 };
    Transition { slo: slo.to_owned(), action, begins, at: at(second), cause }
}

fn frozen(since: i64) -> State {
    State { stages: BTreeMap::from([(Action::Freeze, at(since))]), ..State::default() }
}

fn triggered(due: i64) -> State {
    let name = "fast: require_approval".to_owned();
    let active = Triggered { action: Action::RequireApproval, since: at(1) };
    State {
        triggers: BTreeMap::from([(name.clone(), active)]),
        reviews: BTreeMap::from([(name, at(due))]),
        ..State::default()
    }
}

async fn write(
    lab: &Lab,
    before: &PolicyStates,
    after: &PolicyStates,
    transitions: &[Transition],
    targets: &[Target],
) -> bool {
    let change = PolicyChange { before, after, transitions, targets };
    lab.ledger.record_policy(at(100), change).await.unwrap()
}

/// A ledger with these states and a transition, of which two are to be told.
async fn told(home: Home) -> Lab {
    let lab = Lab::new(home, &[]).await;
    let states = PolicyStates::from([("a".to_owned(), frozen(1)), ("b".to_owned(), triggered(500))]);
    let transitions = [transition("a", Action::Freeze, true, 100)];
    let only_b = Target { objectives: vec![Pattern::new("b")], ..target("of b") };
    let no_freeze = Target { actions: vec![Action::Warn], ..target("no freeze") };
    let targets = [target("pager"), target("chat"), only_b, no_freeze];
    assert!(write(&lab, &PolicyStates::new(), &states, &transitions, &targets).await);
    lab
}

async fn a_new_ledger_has_no_policy(home: Home) {
    let lab = Lab::new(home, &[]).await;
    let ledger = &lab.ledger;
    assert_eq!(ledger.policy_states().await.unwrap(), PolicyStates::new());
    assert_eq!(ledger.transitions(Timestamp::MIN, Timestamp::MAX).await.unwrap(), []);
    assert_eq!(ledger.decisions(10).await.unwrap(), []);
    assert_eq!(ledger.decision_counts().await.unwrap(), BTreeMap::new());
    assert_eq!(ledger.overrides(at(0)).await.unwrap(), []);
    assert_eq!(ledger.pending().await.unwrap(), []);
    assert!(!ledger.review("a", "b", ("c", ""), at(0)).await.unwrap());
}

async fn states_and_transitions_are_kept_together(home: Home) {
    let lab = told(home).await;
    let ledger = &lab.ledger;
    let states = ledger.policy_states().await.unwrap();
    assert_eq!(states, PolicyStates::from([("a".to_owned(), frozen(1)), ("b".to_owned(), triggered(500))]));
    let kept = ledger.transitions(at(0), at(100)).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].transition, transition("a", Action::Freeze, true, 100));
    assert_eq!(ledger.transitions(at(100), at(200)).await.unwrap(), [], "after the first moment");
    let pending = ledger.pending().await.unwrap();
    let names: Vec<&str> = pending.iter().map(|one| one.target.as_str()).collect();
    assert_eq!(names, ["pager", "chat"], "those who want it, in the order of the configuration");
    assert!(pending.iter().all(|one| one.transition == kept[0] && one.attempts == 0 && one.error.is_none()));
}

async fn states_that_others_changed_are_not_overwritten(home: Home) {
    let lab = told(home).await;
    let before = lab.ledger.policy_states().await.unwrap();
    assert!(lab.ledger.review("b", "fast: require_approval", ("ada", ""), at(200)).await.unwrap());
    let after = PolicyStates::from([("a".to_owned(), frozen(7))]);
    assert!(!write(&lab, &before, &after, &[transition("b", Action::Warn, false, 300)], &[target("pager")]).await);
    assert_eq!(lab.ledger.transitions(Timestamp::MIN, Timestamp::MAX).await.unwrap().len(), 1, "nothing of it is kept");
    assert_eq!(lab.ledger.pending().await.unwrap().len(), 2);
    let before = lab.ledger.policy_states().await.unwrap();
    assert!(before["b"].reviews.is_empty() && before["b"].triggers.len() == 1);
    assert!(write(&lab, &before, &after, &[], &[]).await);
    assert_eq!(lab.ledger.policy_states().await.unwrap(), after, "what is not there any more is forgotten");
}

/// A ledger in which so many of 1,000 resources fail for more than an hour, and its last moment.
async fn spent(home: Home, high: u64) -> (Lab, Timestamp) {
    let mut lab = Lab::new(home, &[("logs", false)]).await;
    lab.measures = vec![(slos()[0].digest(), failing(high))];
    for scan in 0..5 {
        lab.scan(scan * 900).await;
    }
    (lab, at(4 * 900 + 60))
}

async fn two_who_settle_at_once_write_each_transition_once(home: Home) {
    let (lab, now) = spent(home, 60).await;
    let (slos, policy, targets) = (slos(), policy(), [target("pager")]);
    let settle = || settle(&lab.ledger, &slos, &policy, &targets, now);
    let (one, two, three) = tokio::join!(settle(), settle(), settle());
    for settled in [one, two, three] {
        assert_eq!(settled.unwrap()[0].state.strictest(), Some(Action::Freeze));
    }
    assert_eq!(lab.ledger.transitions(Timestamp::MIN, Timestamp::MAX).await.unwrap().len(), 3);
    assert_eq!(lab.ledger.pending().await.unwrap().len(), 3);
}

async fn settling_writes_only_what_began_or_ended(home: Home) {
    let (mut lab, now) = spent(home, 60).await;
    let (slos, policy, targets) = (slos(), policy(), [target("pager")]);
    settle(&lab.ledger, &slos, &policy, &targets, now).await.unwrap();
    let actions = |transitions: &[plimsoll::ledger::TransitionRecord]| -> Vec<(Action, bool)> {
        transitions.iter().map(|one| (one.transition.action, one.transition.begins)).collect()
    };
    let began = lab.ledger.transitions(Timestamp::MIN, Timestamp::MAX).await.unwrap();
    assert_eq!(actions(&began), [(Action::Warn, true), (Action::RequireApproval, true), (Action::Freeze, true)]);
    let Cause::Remaining { share, threshold } = began[2].transition.cause else { unreachable!("{began:?}") };
    assert!((share + 0.2).abs() < 1e-9 && threshold == 0.0, "{share} {threshold}");
    let rows = export(&lab.ledger).await;
    settle(&lab.ledger, &slos, &policy, &targets, now).await.unwrap();
    assert_eq!(export(&lab.ledger).await, rows, "nothing is written when nothing changes");
    // A process that was killed before it settled: the next scan finds what that one would have.
    lab.measures = vec![(slos[0].digest(), failing(0))];
    for scan in 5..60 {
        lab.scan(scan * 900).await;
    }
    settle(&lab.ledger, &slos, &policy, &targets, at(59 * 900 + 60)).await.unwrap();
    let all = lab.ledger.transitions(now, Timestamp::MAX).await.unwrap();
    assert_eq!(actions(&all), [(Action::Warn, false), (Action::RequireApproval, false), (Action::Freeze, false)]);
    assert_eq!(lab.ledger.pending().await.unwrap().len(), 6);
}

async fn a_stage_of_an_objective_that_is_gone_ends(home: Home) {
    let (lab, now) = spent(home, 60).await;
    let (slos, policy, targets) = (slos(), policy(), [target("pager")]);
    settle(&lab.ledger, &slos, &policy, &targets, now).await.unwrap();
    settle(&lab.ledger, &[], &policy, &targets, now).await.unwrap();
    let all = lab.ledger.transitions(Timestamp::MIN, Timestamp::MAX).await.unwrap();
    assert_eq!(all.len(), 6);
    for ended in &all[3..] {
        assert_eq!((ended.transition.begins, &ended.transition.cause), (false, &Cause::PolicyChanged));
        assert_eq!(ended.transition.slo, "resources-high");
    }
    assert_eq!(lab.ledger.policy_states().await.unwrap(), PolicyStates::new());
    assert_eq!(lab.ledger.pending().await.unwrap().len(), 6, "and who was told of its beginning is told");
    // It comes back with its past, and its stages begin anew.
    settle(&lab.ledger, &slos, &policy, &targets, now).await.unwrap();
    assert_eq!(lab.ledger.transitions(Timestamp::MIN, Timestamp::MAX).await.unwrap().len(), 9);
}

async fn a_gate_between_two_scans_sees_what_its_moment_would_begin(home: Home) {
    let (mut lab, now) = spent(home, 0).await;
    let (slos, policy) = (slos(), policy());
    lab.measures = vec![(slos[0].digest(), failing(1000))];
    lab.scan(4500).await;
    settle(&lab.ledger, &slos, &policy, &[], at(4560)).await.unwrap();
    assert_eq!(lab.ledger.transitions(now, Timestamp::MAX).await.unwrap(), []);
    // All fail since 4560 s; after 5 minutes of 80 more than 5 % of resource-time is bad.
    let at_once = statuses(&lab.ledger, &slos, &policy, at(4560)).await.unwrap();
    assert_eq!(at_once[0].ruling.as_ref().unwrap().outcome, Outcome::Allowed);
    let later = statuses(&lab.ledger, &slos, &policy, at(4860)).await.unwrap();
    assert_eq!(later[0].ruling.as_ref().unwrap().outcome, Outcome::Frozen);
    assert_eq!(later[0].state.since(Action::Freeze), Some(at(4860)));
    assert_eq!(lab.ledger.policy_states().await.unwrap()["resources-high"], State::default(), "and changes nothing");
}

async fn a_clock_that_goes_back_is_no_obstacle(home: Home) {
    let (lab, now) = spent(home, 60).await;
    let (slos, policy) = (slos(), policy());
    settle(&lab.ledger, &slos, &policy, &[], now).await.unwrap();
    let earlier = now - SignedDuration::from_mins(10);
    let asked = statuses(&lab.ledger, &slos, &policy, earlier).await.unwrap();
    assert_eq!(asked[0].ruling.as_ref().unwrap().outcome, Outcome::Frozen, "what is active stays active");
    settle(&lab.ledger, &slos, &policy, &[], earlier).await.unwrap();
    assert_eq!(lab.ledger.transitions(Timestamp::MIN, Timestamp::MAX).await.unwrap().len(), 3);
    lab.ledger.check().await.unwrap();
}

fn answer(second: i64) -> Decision {
    Decision::now(&[], at(second))
}

async fn answers_are_kept_and_counted(home: Home) {
    let lab = Lab::new(home, &[]).await;
    let ledger = &lab.ledger;
    ledger.record_decision(&answer(1), None).await.unwrap();
    let approved = answer(2).approved(BTreeSet::from(["ada".to_owned()]));
    assert_eq!((approved.outcome, approved.reason()), (Outcome::Warned, "approval"));
    ledger.record_decision(&approved, Some("hash of a plan")).await.unwrap();
    let denied = answer(3).judged(Outcome::Denied, "1 finding denies".to_owned());
    ledger.record_decision(&denied, Some("hash of a plan")).await.unwrap();
    let kept = ledger.decisions(2).await.unwrap();
    let words: Vec<_> = kept.iter().map(|one| (one.at, one.outcome, one.reason.as_str())).collect();
    assert_eq!(words, [(at(3), Outcome::Denied, "rules"), (at(2), Outcome::Warned, "approval")]);
    assert_eq!(kept[1].plan.as_deref(), Some("hash of a plan"));
    assert_eq!(kept[1].decision["approved_by"], serde_json::json!(["ada"]));
    assert_eq!(kept[0].decision["policy"], "approval_required");
    let counts = ledger.decision_counts().await.unwrap();
    assert_eq!(counts[&(Outcome::ApprovalRequired, "no_objective".to_owned())], 1);
    assert_eq!(counts.values().sum::<u64>(), 3);

    // A pipeline asks for one output after the other: that is one answer. Another person, another plan,
    // or ten minutes later is another.
    let again = |second, name: &str| answer(second).approved(BTreeSet::from([name.to_owned()]));
    for (answer, plan) in [
        (again(4, "ada"), "hash of a plan"),
        (again(5, "ben"), "hash of a plan"),
        (again(6, "ada"), "hash of another plan"),
        (again(602, "ada"), "hash of a plan"),
    ] {
        ledger.record_decision(&answer, Some(plan)).await.unwrap();
    }
    assert_eq!(ledger.decisions(9).await.unwrap().len(), 6);
    assert_eq!(ledger.decision_counts().await.unwrap().values().sum::<u64>(), 6);
}

async fn answers_of_many_at_once_are_all_counted(home: Home) {
    let lab = Lab::new(home, &[]).await;
    let ledger = &lab.ledger;
    let record = || async {
        for second in 0..5 {
            ledger.record_decision(&answer(second), None).await.unwrap();
        }
    };
    tokio::join!(record(), record(), record(), record());
    assert_eq!(ledger.decision_counts().await.unwrap().values().sum::<u64>(), 20);
    assert_eq!(ledger.decisions(100).await.unwrap().len(), 20);
}

fn grant(from: i64, until: i64) -> Grant {
    Grant {
        approvers: BTreeSet::from(["ada".to_owned(), "bob".to_owned()]),
        reason: "the site is down".to_owned(),
        ticket: Some("INC-1".to_owned()),
        from: at(from),
        until: at(until),
    }
}

async fn an_override_holds_from_its_beginning_to_its_end(home: Home) {
    let lab = Lab::new(home, &[]).await;
    let ledger = &lab.ledger;
    ledger.record_override(&grant(100, 200), at(100)).await.unwrap();
    ledger.record_override(&grant(150, 250), at(150)).await.unwrap();
    let held = async |second| ledger.overrides(at(second)).await.unwrap();
    assert_eq!(held(99).await, []);
    assert_eq!(held(100).await, [grant(100, 200)]);
    assert_eq!(held(199).await, [grant(150, 250), grant(100, 200)], "the latest first");
    assert_eq!(held(200).await, [grant(150, 250)]);
    assert_eq!(held(250).await, []);
    assert_eq!(ledger.past_overrides(at(200)).await.unwrap().len(), 1);
}

async fn a_review_is_done_once(home: Home) {
    let lab = told(home).await;
    let review = async |slo, trigger| lab.ledger.review(slo, trigger, ("ada", "a new bucket"), at(300)).await.unwrap();
    assert!(!review("a", "fast: require_approval").await);
    assert!(!review("b", "slow: warn").await);
    assert!(review("b", "fast: require_approval").await);
    assert!(!review("b", "fast: require_approval").await);
    let rows = export(&lab.ledger).await;
    let reviews: Vec<_> = rows.iter().filter(|row| row["table"] == "reviews").collect();
    assert_eq!(
        (reviews.len(), &reviews[0]["reviewer"], &reviews[0]["note"]),
        (1, &"ada".into(), &"a new bucket".into())
    );
    assert_eq!(lab.ledger.policy_states().await.unwrap()["b"].triggers.len(), 1, "the trigger goes on");
}

async fn a_review_and_a_scan_at_once_are_both_kept(home: Home) {
    let (lab, now) = spent(home, 60).await;
    let (slos, policy) = (slos(), policy());
    let states = PolicyStates::from([("resources-high".to_owned(), triggered(500))]);
    assert!(write(&lab, &PolicyStates::new(), &states, &[], &[]).await);
    let targets: [Target; 0] = [];
    let (reviewed, settled) = tokio::join!(
        lab.ledger.review("resources-high", "fast: require_approval", ("ada", ""), now),
        settle(&lab.ledger, &slos, &policy, &targets, now)
    );
    assert!(reviewed.unwrap());
    settled.unwrap();
    let state = &lab.ledger.policy_states().await.unwrap()["resources-high"];
    assert!(state.reviews.is_empty(), "{state:?}");
    assert_eq!(state.strictest(), Some(Action::Freeze));
}

async fn notifications_are_claimed_once_and_given_up_and_tried_again(home: Home) {
    let lab = told(home).await;
    let ledger = &lab.ledger;
    let mut one = ledger.pending().await.unwrap().remove(0);
    let (first, second) = tokio::join!(ledger.begin_telling(&one, at(200)), ledger.begin_telling(&one, at(200)));
    assert_eq!([first.unwrap(), second.unwrap()].iter().filter(|begun| **begun).count(), 1, "only one may tell");
    let tried = ledger.pending().await.unwrap().remove(0);
    assert_eq!((tried.attempts, tried.at), (1, at(200)), "a try is counted before it is made");
    one.attempts = 1;
    (one.at, one.delivery, one.error) = (at(201), Delivery::GivenUp, Some("status 500".to_owned()));
    ledger.delivered(&one).await.unwrap();
    assert_eq!(ledger.notifications(Delivery::GivenUp).await.unwrap(), [one.clone()]);
    assert!(!ledger.begin_telling(&one, at(300)).await.unwrap(), "a dead letter is not told");
    let mut other = ledger.pending().await.unwrap().remove(0);
    (other.delivery, other.attempts) = (Delivery::Sent, 1);
    ledger.delivered(&other).await.unwrap();
    assert_eq!(ledger.pending().await.unwrap(), []);
    assert_eq!(ledger.tell_again(at(400)).await.unwrap(), 1);
    let again = ledger.pending().await.unwrap();
    assert_eq!((again.len(), again[0].id, again[0].attempts), (1, one.id, 0));
    assert_eq!(ledger.notifications(Delivery::Sent).await.unwrap().len(), 1, "who was told is not told again");
}

async fn everything_is_exported_and_pruned_and_in_order(home: Home) {
    let (lab, now) = spent(home, 60).await;
    settle(&lab.ledger, &slos(), &policy(), &[target("pager")], now).await.unwrap();
    lab.ledger.record_decision(&answer(1), None).await.unwrap();
    lab.ledger.record_decision(&answer(9000), None).await.unwrap();
    lab.ledger.record_override(&grant(1, 2), at(1)).await.unwrap();
    lab.ledger.record_override(&grant(1, 9000), at(1)).await.unwrap();
    lab.ledger.check().await.unwrap();
    let count = async || {
        let rows = export(&lab.ledger).await;
        ["policy_states", "policy_transitions", "decisions", "decision_counts", "overrides", "notifications"]
            .map(|table| rows.iter().filter(|row| row["table"] == table).count())
    };
    assert_eq!(count().await, [1, 3, 2, 1, 2, 3]);
    let writer = lab.ledger.writer("a test", std::time::Duration::from_secs(10)).await.unwrap();
    let pruned = lab.ledger.prune(&writer, at(8000)).await.unwrap();
    writer.release().await;
    assert_eq!((pruned.transitions, pruned.decisions, pruned.overrides_and_reviews), (3, 1, 1));
    assert_eq!(count().await, [1, 0, 1, 1, 1, 0], "the state stays, and so does what was counted");
    assert_eq!(lab.ledger.decision_counts().await.unwrap().values().sum::<u64>(), 2);
    lab.ledger.check().await.unwrap();
}

async fn faults_are_named(home: Home) {
    let lab = told(home).await;
    lab.ledger.record_decision(&answer(1), None).await.unwrap();
    for (tampering, sentence) in [
        ("DELETE FROM policy_transitions", "the transition that somebody was told of is not there: "),
        (
            "UPDATE decision_counts SET times = 0",
            "more answers of the gate are kept than were counted: approval_required",
        ),
    ] {
        lab.home.tamper(tampering).await;
        let found = lab.ledger.check().await.unwrap_err();
        let LedgerError::Damaged { faults, .. } = &found else { unreachable!("{tampering}: {found}") };
        assert!(faults.iter().any(|fault| fault.contains(sentence)), "{tampering}: {faults:#?}");
    }
}
