//! The budget policy: stages with hysteresis, triggers with reviews, exceptions, missing data, plans,
//! break-glass.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use plimsoll::config::Config;
use plimsoll::model::{
    AccountId, Pattern, Region, Remediation, ResourceId, ResourceKey, ResourceType, Rule, RuleId, Severity,
};
use plimsoll::slo::policy::{
    Action, Cause, Decision, Effect, Evidence, Exception, Grant, Missing, Outcome, Plan, Planned, Policy, Ruling,
    State, Transition, Why, charge,
};
use plimsoll::slo::{Indicator, Scope, Slo, SloName, Spent, TIERS, TimeWindow};
use proptest::prelude::*;

const HOUR: Duration = Duration::from_hours(1);
const MINUTES: Duration = Duration::from_mins(5);

fn slo() -> Slo {
    Slo {
        name: SloName::new("resources-high").unwrap(),
        description: String::new(),
        scope: Scope::default(),
        indicator: Indicator::Compliance { target: 0.995 },
        window: TimeWindow::Rolling(672 * HOUR),
        tiers: TIERS.to_vec(),
    }
}

fn policy() -> Policy {
    Config::default().budget_policy.policy()
}

fn at(hour: i64) -> Timestamp {
    let start: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
    start + SignedDuration::from_hours(hour)
}

/// Everything is known, and so much of the budget is left.
fn left(remaining: f64) -> Evidence {
    Evidence {
        remaining: Some(remaining),
        burn_rates: BTreeMap::new(),
        known_now: Some(1.0),
        known: Some(1.0),
        measured_for: 48 * HOUR,
        is_fresh: true,
    }
}

fn burning(long: f64, short: f64) -> Evidence {
    Evidence { burn_rates: BTreeMap::from([(HOUR, Some(long)), (MINUTES, Some(short))]), ..left(0.9) }
}

/// Evidence in each of which something is missing.
fn lacking() -> Vec<(Evidence, Missing)> {
    let well = || left(1.0);
    vec![
        (Evidence { is_fresh: false, ..well() }, Missing::Stale),
        (Evidence { remaining: None, ..well() }, Missing::Nothing),
        (Evidence { remaining: Some(f64::NAN), ..well() }, Missing::Nothing),
        (Evidence { known_now: None, ..well() }, Missing::Nothing),
        (Evidence { known: None, ..well() }, Missing::Nothing),
        (Evidence { known_now: Some(0.89), ..well() }, Missing::Known { share: 0.89, minimum: 0.9 }),
        (Evidence { known: Some(0.5), ..well() }, Missing::Known { share: 0.5, minimum: 0.9 }),
        (Evidence { measured_for: HOUR, ..well() }, Missing::History { seconds: 3_600, minimum_seconds: 86_400 }),
        (Evidence::default(), Missing::Nothing),
    ]
}

/// Goes through evidence hour by hour; gives what is active after each, and all transitions.
fn replay(policy: &Policy, evidence: &[Evidence]) -> (Vec<State>, Vec<Transition>) {
    let (mut state, mut states, mut transitions) = (State::default(), Vec::new(), Vec::new());
    for (hour, evidence) in (0..).zip(evidence) {
        let (next, some) = policy.advance(&slo(), evidence, &state, at(hour));
        transitions.extend(some);
        states.push(next.clone());
        state = next;
    }
    (states, transitions)
}

fn told(transitions: &[Transition]) -> Vec<String> {
    let word = |begins| if begins { "begins" } else { "ends" };
    let since = |at: Timestamp| at.duration_since(self::at(0)).as_hours();
    transitions.iter().map(|one| format!("{}h {} {}", since(one.at), one.action.name(), word(one.begins))).collect()
}

#[test]
fn stages_come_and_go_at_their_own_thresholds() {
    let shares = [0.8, 0.3, 0.05, -0.01, 0.09, 0.10, 0.11, 0.35, 0.36, 0.6, 0.61];
    let (states, transitions) = replay(&policy(), &shares.map(left));
    assert_eq!(
        told(&transitions),
        [
            "1h warn begins",
            "2h require_approval begins",
            "3h freeze begins",
            "6h freeze ends",
            "8h require_approval ends",
            "10h warn ends"
        ]
    );
    let outcomes: Vec<&str> = states
        .iter()
        .zip(shares)
        .map(|(state, share)| policy().rule(&slo(), &left(share), state, at(99)).unwrap().outcome.name())
        .collect();
    let (approval, frozen) = ("approval_required", "frozen");
    assert_eq!(
        outcomes,
        ["allowed", "warned", approval, frozen, frozen, frozen, approval, approval, "warned", "warned", "allowed"]
    );
    assert_eq!(transitions[3].cause, Cause::Remaining { share: 0.11, threshold: 0.1 });
    assert_eq!(states[5].since(Action::Freeze), Some(at(3)));
    assert_eq!(policy().exit_of(&states[5]), Some(0.1));
}

#[test]
fn the_edges_of_a_stage_are_where_the_words_say() {
    let after = |share: f64| replay(&policy(), &[left(share)]).0[0].strictest();
    assert_eq!(after(0.5), None, "warn begins below");
    assert_eq!(after(0.499), Some(Action::Warn));
    assert_eq!(after(0.25), Some(Action::Warn));
    assert_eq!(after(0.249), Some(Action::RequireApproval));
    assert_eq!(after(1e-12), Some(Action::RequireApproval));
    assert_eq!(after(0.0), Some(Action::Freeze), "freeze begins at");
    assert_eq!(after(-0.0), Some(Action::Freeze));
    assert_eq!(after(-7.0), Some(Action::Freeze));
}

#[test]
fn missing_data_holds_everything_and_asks_for_approval() {
    for (evidence, expected) in lacking() {
        let missing = policy().missing(&evidence).unwrap();
        assert_eq!(missing, expected);
        let (states, transitions) = replay(&policy(), &[left(-0.5), evidence.clone()]);
        assert_eq!(states[0], states[1], "a freeze is not left: {evidence:?}");
        assert_eq!(transitions.len(), 3);
        assert_eq!(policy().rule(&slo(), &evidence, &states[1], at(2)).unwrap().outcome, Outcome::Frozen);
        let (states, transitions) = replay(&policy(), &[left(0.9), evidence.clone()]);
        assert!(transitions.is_empty());
        let ruling = policy().rule(&slo(), &evidence, &states[1], at(2)).unwrap();
        assert_eq!((ruling.outcome, ruling.because[0].why), (Outcome::ApprovalRequired, Why::MissingData));
    }
    assert_eq!(policy().missing(&left(0.9)), None);
}

#[test]
fn no_objective_that_decides_is_no_permission() {
    let decision = Decision::now(&[], at(0));
    assert_eq!((decision.outcome, decision.reason()), (Outcome::ApprovalRequired, "no_objective"));
    let others = Policy { objectives: vec![Pattern::new("other-*")], ..policy() };
    assert_eq!(others.rule(&slo(), &left(0.9), &State::default(), at(0)), None);
}

#[test]
fn what_the_policy_does_not_have_any_more_ends_and_says_so() {
    let (states, _) = replay(&policy(), &[Evidence { burn_rates: burning(20.0, 20.0).burn_rates, ..left(-1.0) }]);
    let others = Policy { objectives: vec![Pattern::new("other-*")], ..policy() };
    let (state, transitions) = others.advance(&slo(), &left(-1.0), &states[0], at(1));
    assert_eq!((state.strictest(), transitions.len()), (None, 4));
    assert!(transitions.iter().all(|one| one.cause == Cause::PolicyChanged && !one.begins));
    let without_fast = Slo { tiers: TIERS[1..].to_vec(), ..slo() };
    let (state, _) = policy().advance(&without_fast, &Evidence::default(), &states[0], at(1));
    assert!(state.triggers.is_empty() && state.stages.len() == 3);
}

#[test]
fn a_trigger_begins_with_both_windows_and_ends_with_the_long_one() {
    let evidence =
        [burning(20.0, 1.0), burning(13.44, 20.0), burning(13.5, 13.5), burning(13.5, 0.0), burning(13.0, 20.0)];
    let (states, transitions) = replay(&policy(), &evidence);
    assert_eq!(told(&transitions), ["2h require_approval begins", "4h require_approval ends"]);
    let Cause::BurnRate { review_due, rate, .. } = &transitions[0].cause else { panic!("{transitions:?}") };
    assert_eq!((*review_due, *rate), (Some(at(26)), 13.5));
    let outcome = |state: &State, evidence: &Evidence, hour| policy().rule(&slo(), evidence, state, at(hour)).unwrap();
    assert_eq!(outcome(&states[3], &evidence[3], 3).outcome, Outcome::ApprovalRequired);
    assert_eq!(outcome(&states[4], &left(0.9), 26).outcome, Outcome::Allowed);
    let overdue = outcome(&states[4], &left(0.9), 27);
    assert_eq!((overdue.outcome, overdue.because[0].why), (Outcome::Warned, Why::Review));
    let mut reviewed = states[4].clone();
    assert!(reviewed.review("fast: require_approval") && !reviewed.review("fast: require_approval"));
    assert_eq!(outcome(&reviewed, &left(0.9), 27).outcome, Outcome::Allowed);
}

#[test]
fn a_burn_rate_that_is_not_known_moves_nothing() {
    let unknown = Evidence { burn_rates: BTreeMap::from([(HOUR, None), (MINUTES, Some(99.0))]), ..left(0.9) };
    let (states, transitions) = replay(&policy(), &[burning(20.0, 20.0), unknown.clone(), left(0.9)]);
    assert_eq!((transitions.len(), states[2].triggers.len()), (1, 1));
    assert!(replay(&policy(), &[unknown]).1.is_empty());
}

fn exception(objectives: &str) -> Exception {
    Exception {
        name: "move".to_owned(),
        objectives: vec![Pattern::new(objectives)],
        owner: "web@example.com".to_owned(),
        ticket: Some("WEB-13".to_owned()),
        reason: "moving house".to_owned(),
        expires: "2026-03-02".parse().unwrap(),
    }
}

#[test]
fn an_exception_lowers_stages_to_a_warning_until_the_end_of_its_last_day() {
    let (states, _) = replay(&policy(), &[left(-1.0)]);
    let outcome = |objectives: &str, evidence: &Evidence, hour| {
        let policy = Policy { exceptions: vec![exception(objectives)], ..policy() };
        policy.rule(&slo(), evidence, &states[0], at(hour)).unwrap()
    };
    let set_aside = outcome("resources-*", &left(-1.0), 47);
    assert_eq!(set_aside.outcome, Outcome::Warned);
    let text = "exception move of web@example.com until 2026-03-02: moving house (WEB-13)";
    assert!(set_aside.because.iter().any(|reason| reason.why == Why::Exception && reason.text == text));
    assert_eq!(outcome("resources-*", &left(-1.0), 48).outcome, Outcome::Frozen, "it has ended");
    assert_eq!(outcome("others", &left(-1.0), 47).outcome, Outcome::Frozen);
    for (evidence, _) in lacking() {
        assert_eq!(outcome("*", &evidence, 1).outcome, Outcome::ApprovalRequired, "it does not stand in for data");
    }
}

fn ruling(evidence: &Evidence) -> Ruling {
    let (states, _) = replay(&policy(), std::slice::from_ref(evidence));
    policy().rule(&slo(), evidence, &states[0], at(0)).unwrap()
}

#[test]
fn the_strictest_objective_decides() {
    let of = |shares: &[f64]| {
        let rulings: Vec<Ruling> = shares.iter().map(|share| ruling(&left(*share))).collect();
        let decision = Decision::now(&rulings, at(0));
        (decision.outcome, decision.outcome.exit_code(), decision.reason())
    };
    assert_eq!(of(&[0.9, 0.8]), (Outcome::Allowed, 0, "none"));
    assert_eq!(of(&[0.9, 0.4]), (Outcome::Warned, 0, "budget"));
    assert_eq!(of(&[0.1, 0.4]), (Outcome::ApprovalRequired, 12, "budget"));
    assert_eq!(of(&[0.9, -0.4, 0.1]), (Outcome::Frozen, 13, "budget"));
}

#[test]
fn a_plan_that_only_reduces_risk_passes_a_freeze_but_not_missing_data() {
    let weighed = |evidence: &Evidence, effect| Decision::now(&[ruling(evidence)], at(0)).with_plan(effect, Vec::new());
    let passed = weighed(&left(-1.0), Effect::ReducesRisk);
    assert_eq!(passed.outcome, Outcome::Warned);
    assert!(passed.because.iter().any(|reason| reason.why == Why::ReducesRisk));
    assert_eq!(weighed(&left(0.9), Effect::ReducesRisk).outcome, Outcome::Allowed);
    for effect in [Effect::Neutral, Effect::AddsFailures] {
        assert_eq!(weighed(&left(-1.0), effect).outcome, Outcome::Frozen);
    }
    for (evidence, _) in lacking() {
        assert_eq!(weighed(&evidence, Effect::ReducesRisk).outcome, Outcome::ApprovalRequired);
    }
}

fn rule() -> Rule {
    Rule {
        id: RuleId::new("s3-public").unwrap(),
        title: String::new(),
        description: String::new(),
        severity: Severity::High,
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

fn key(name: &str) -> ResourceKey {
    ResourceKey {
        account: AccountId::new("111122223333").unwrap(),
        region: Region::new("eu-central-1").unwrap(),
        resource_type: ResourceType::Bucket,
        id: ResourceId::new(format!("arn:aws:s3:::{name}")).unwrap(),
    }
}

const HOUR_MS: f64 = 3_600_000.0;

#[test]
fn a_plan_is_charged_with_what_it_would_burn() {
    let (rule, one, two) = (rule(), key("one"), key("two"));
    let adds = [&one, &two].map(|resource| Planned { rule: &rule, resource, tags: None });
    let plan = Plan { adds: &adds, before: &[], ends: 1, unknown: 0 };
    assert_eq!(plan.effect(), Effect::AddsFailures);
    // 100 resources over 28 d at 0.995 give 336 resource-hours, of which 48 are used.
    let spent =
        Spent { attainment: Some(0.999), budget: 336.0 * HOUR_MS, used: 48.0 * HOUR_MS, remaining: Some(0.857) };
    let charged = charge(&slo(), &plan, &spent, 100).unwrap();
    assert_eq!(charged.adds, 2);
    assert!((charged.burn_rate.unwrap() - 4.0).abs() < 1e-9);
    assert!((charged.per_hour.unwrap() - 2.0 / 288.0).abs() < 1e-12);
    assert_eq!(charged.lasts, Some(144 * HOUR));
    let decision = Decision::now(&[ruling(&left(0.857))], at(0)).with_plan(plan.effect(), vec![charged]);
    assert_eq!((decision.outcome, decision.reason()), (Outcome::Warned, "adds_failures"));
    let text = "the plan adds 2 failing: 0.7 % of the remaining budget per hour, which then lasts 6d";
    assert_eq!(decision.because[0].text, text);

    let gone = Spent { used: 400.0 * HOUR_MS, remaining: Some(-0.19), ..spent };
    let charged = charge(&slo(), &plan, &gone, 100).unwrap();
    assert_eq!((charged.per_hour, charged.lasts), (None, Some(Duration::ZERO)));
    assert_eq!(charged.to_string(), "the plan adds 2 failing: there is no budget left for it");

    let hours = Slo { indicator: Indicator::OpenTime { budget: 24 * HOUR }, ..slo() };
    let fresh = Spent { attainment: None, budget: 24.0 * HOUR_MS, used: 0.0, remaining: Some(1.0) };
    let charged = charge(&hours, &plan, &fresh, 100).unwrap();
    assert!((charged.burn_rate.unwrap() - 56.0).abs() < 1e-9);
    assert_eq!(charged.lasts, Some(12 * HOUR));
    let critical = Slo { scope: Scope { severity: Some(Severity::Critical), ..Scope::default() }, ..hours };
    assert_eq!(charge(&critical, &plan, &fresh, 100), None, "out of scope");
}

#[test]
fn a_plan_reduces_risk_only_when_all_of_it_is_known() {
    let effect = |ends, unknown| Plan { adds: &[], before: &[], ends, unknown }.effect();
    assert_eq!(effect(1, 0), Effect::ReducesRisk);
    assert_eq!(effect(1, 1), Effect::Neutral);
    assert_eq!(effect(0, 0), Effect::Neutral);
}

fn grant() -> Grant {
    Grant {
        approvers: BTreeSet::from(["ada".to_owned(), "bob".to_owned()]),
        reason: "the site is down".to_owned(),
        ticket: Some("INC-1".to_owned()),
        from: at(0),
        until: at(4),
    }
}

#[test]
fn people_set_an_answer_aside_by_the_terms_and_not_otherwise() {
    let terms = policy().break_glass;
    let frozen = |hour| Decision { at: at(hour), ..Decision::now(&[ruling(&left(-1.0))], at(hour)) };
    let overridden = frozen(3).overridden(&grant(), terms).unwrap();
    assert_eq!(
        (overridden.outcome, overridden.outcome.exit_code(), overridden.reason()),
        (Outcome::Override, 0, "break_glass")
    );
    assert!(overridden.because.iter().any(|reason| reason.why == Why::Budget), "what was set aside is still told");
    let calm = Decision::now(&[ruling(&left(0.9))], at(1));
    assert_eq!(calm.clone().overridden(&grant(), terms).unwrap(), calm);
    let refused = |grant: &Grant, hour| frozen(hour).overridden(grant, terms).unwrap_err().faults;
    assert_eq!(refused(&grant(), 4), ["it ended at 2026-03-01T04:00:00Z"]);
    assert_eq!(refused(&Grant { from: at(2), ..grant() }, 1), ["it begins at 2026-03-01T02:00:00Z"]);
    let bad = Grant {
        approvers: BTreeSet::from(["ada".to_owned(), " ".to_owned()]),
        reason: " ".to_owned(),
        ticket: None,
        until: at(5),
        ..grant()
    };
    let faults = ["1 of 2 people agreed", "there is no reason", "there is no ticket", "it is for longer than 4h"];
    assert_eq!(refused(&bad, 1), faults);
}

fn evidence() -> impl Strategy<Value = Evidence> {
    prop_oneof![
        6 => (-1.0_f64..1.0).prop_map(left),
        2 => (0.0_f64..30.0, 0.0_f64..30.0).prop_map(|(long, short)| burning(long, short)),
        1 => prop::sample::select(lacking()).prop_map(|(evidence, _)| evidence),
    ]
}

proptest! {
    #[test]
    fn a_stage_never_flaps_on_values_between_its_thresholds(first in -1.0_f64..1.0, between in prop::collection::vec(0.0_f64..1.0, 1..20)) {
        for stage in policy().stages {
            let (low, high) = (stage.enter.share(), stage.exit_above);
            let values = between.iter().map(|part| left(low + f64::EPSILON + part * (high - low - 2.0 * f64::EPSILON)));
            let evidence: Vec<Evidence> = std::iter::once(left(first)).chain(values).collect();
            let one = Policy { stages: vec![stage], ..policy() };
            let (states, _) = replay(&one, &evidence);
            prop_assert!(states.windows(2).all(|pair| pair[0] == pair[1]), "{stage:?} {states:?}");
        }
    }

    #[test]
    fn a_replay_gives_the_same_and_transitions_give_the_state(evidence in prop::collection::vec(evidence(), 1..30)) {
        let (states, transitions) = replay(&policy(), &evidence);
        prop_assert_eq!(replay(&policy(), &evidence), (states.clone(), transitions.clone()));
        for action in Action::ALL {
            let moves = transitions.iter().filter(|one| one.action == *action && matches!(one.cause, Cause::Remaining { .. }));
            let moves: Vec<bool> = moves.map(|one| one.begins).collect();
            prop_assert!(moves.iter().enumerate().all(|(index, begins)| *begins == (index % 2 == 0)), "begin, end, begin, …");
            prop_assert_eq!(states.last().unwrap().stages.contains_key(action), moves.len() % 2 == 1);
        }
        let json = serde_json::to_string(states.last().unwrap()).unwrap();
        prop_assert_eq!(&serde_json::from_str::<State>(&json).unwrap(), states.last().unwrap());
    }

    /// Allowed or warned is said only when everything needed is known and no stage says otherwise.
    #[test]
    fn nothing_goes_ahead_without_data(evidence in prop::collection::vec(evidence(), 1..30)) {
        let (states, _) = replay(&policy(), &evidence);
        let (state, last) = (states.last().unwrap(), evidence.last().unwrap());
        let decision = Decision::now(&[policy().rule(&slo(), last, state, at(99)).unwrap()], at(99));
        if decision.outcome <= Outcome::Warned {
            prop_assert_eq!(policy().missing(last), None);
            prop_assert!(last.remaining.unwrap() >= 0.25);
            prop_assert!(state.strictest() <= Some(Action::Warn));
        }
        prop_assert_eq!(decision.outcome == Outcome::Frozen, state.stages.contains_key(&Action::Freeze));
    }
}
