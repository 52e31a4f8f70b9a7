//! The parts sum to the step, whatever happened; and each cause is told from the others.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::model::{ResourceKey, ResourceType, RuleId, Severity, finding_id};
use crate::sli::State;

/// One resource in one scan: document, stale, and what its rules said with which digest.
type Told = (u8, bool, Vec<(u8, u8, Word)>);

fn rule(number: u8) -> RuleId {
    RuleId::new(format!("aws-s3-rule-{number}")).unwrap()
}

fn key(number: u8) -> ResourceKey {
    ResourceKey {
        account: "111122223333".parse().unwrap(),
        region: "eu-central-1".parse().unwrap(),
        resource_type: ResourceType::Bucket,
        id: format!("arn:aws:s3:::bucket-{number}").parse().unwrap(),
    }
}

fn state(word: Word) -> State {
    match word {
        Word::Pass => State::Pass,
        Word::Waived => State::Waived,
        Word::Unknown => State::Unknown,
        Word::Fail => State::Fail(Severity::High),
    }
}

/// Texts that the borrowed values of a scan point into.
struct Texts {
    keys: Vec<ResourceKey>,
    rules: Vec<RuleId>,
    numbers: Vec<String>,
}

impl Texts {
    fn new() -> Self {
        Self {
            keys: (0..8).map(key).collect(),
            rules: (0..4).map(rule).collect(),
            numbers: (0..8).map(|number| number.to_string()).collect(),
        }
    }

    fn scan(&self, told: &BTreeMap<u8, Told>) -> BTreeMap<&ResourceKey, Seen<'_>> {
        let seen = |(document, stale, said): &Told| {
            let said: BTreeMap<&RuleId, Said<'_>> = said
                .iter()
                .map(|(rule, digest, word)| {
                    let digest = self.numbers[usize::from(*digest)].as_str();
                    (&self.rules[usize::from(*rule)], Said { digest, word: *word })
                })
                .collect();
            let worst = said.values().map(|said| said.word).max();
            let state = worst.map(|word| if *stale { State::Unknown } else { state(word) });
            Seen { document: &self.numbers[usize::from(*document)], stale: *stale, state, said }
        };
        told.iter().map(|(number, told)| (&self.keys[usize::from(*number)], seen(told))).collect()
    }
}

fn count(told: &BTreeMap<u8, Told>) -> Count {
    let mut count = Count::default();
    for (_, stale, said) in told.values().filter(|(_, stale, _)| !stale) {
        assert!(!stale);
        match said.iter().map(|(_, _, word)| *word).max() {
            Some(Word::Fail) => {
                count.fail += 1;
                count.valid += 1;
            }
            Some(Word::Pass | Word::Waived) => count.valid += 1,
            Some(Word::Unknown) | None => {}
        }
    }
    count
}

fn words() -> impl Strategy<Value = Word> {
    prop_oneof![Just(Word::Pass), Just(Word::Waived), Just(Word::Unknown), Just(Word::Fail)]
}

fn scan() -> impl Strategy<Value = BTreeMap<u8, Told>> {
    let said = prop::collection::btree_map(0_u8..4, (0_u8..3, words()), 0..4)
        .prop_map(|said| said.into_iter().map(|(rule, (digest, word))| (rule, digest, word)).collect());
    prop::collection::btree_map(0_u8..8, (0_u8..4, any::<bool>(), said), 0..8)
}

proptest! {
    #[test]
    fn the_parts_sum_to_the_step(scans in prop::collection::vec(scan(), 1..6)) {
        let texts = Texts::new();
        let steps: Vec<_> = scans
            .array_windows()
            .map(|[before, after]| (Some(step(Count::default(), &texts.scan(before), &texts.scan(after)).step), count(after)))
            .collect();
        let explanation = explain(count(&scans[0]), steps);
        prop_assert_eq!(explanation.from, count(&scans[0]).compliance());
        prop_assert_eq!(explanation.to, count(scans.last().unwrap()).compliance());
        prop_assert!(explanation.unrecorded.abs() < f64::EPSILON);
        if let (Some(from), Some(to)) = (explanation.from, explanation.to) {
            let sum: f64 = explanation.parts.values().sum();
            prop_assert!((to - from - sum).abs() < 1e-12, "{explanation:?} sums to {sum}");
        }
    }

    #[test]
    fn every_stop_is_a_population_of_whole_resources(before in scan(), after in scan()) {
        let texts = Texts::new();
        let step = step(Count::default(), &texts.scan(&before), &texts.scan(&after)).step;
        prop_assert_eq!(step.before, count(&before));
        prop_assert_eq!(step.coverage, count(&after));
        for cause in Cause::ALL {
            let stop = step.after(*cause);
            prop_assert!(stop.fail <= stop.valid && stop.valid <= after.len() as u64);
        }
    }

    #[test]
    fn what_fails_now_and_did_not_before_has_a_cause(before in scan(), after in scan()) {
        let texts = Texts::new();
        let causes = step(Count::default(), &texts.scan(&before), &texts.scan(&after)).causes;
        for (number, (_, stale, said)) in &after {
            for (rule, _, word) in said {
                let old = before.get(number).filter(|(_, stale, _)| !stale);
                let failed = old.is_some_and(|(_, _, old)| old.iter().any(|(r, _, w)| r == rule && *w == Word::Fail));
                if *word == Word::Fail && !failed && !stale {
                    let id = finding_id(&texts.rules[usize::from(*rule)], &texts.keys[usize::from(*number)]);
                    prop_assert!(causes.contains_key(&id));
                }
            }
        }
    }
}

const FAIL: Word = Word::Fail;
const PASS: Word = Word::Pass;

/// One resource that passes beside the one that is told about: the parts, in percent.
fn parts(before: Option<Told>, after: Option<Told>) -> Vec<(&'static str, i64)> {
    let texts = Texts::new();
    let scan = |told: Option<Told>| {
        let mut scan = BTreeMap::from([(7, (0, false, vec![(0, 0, PASS)]))]);
        scan.extend(told.map(|told| (0, told)));
        scan
    };
    let (before, after) = (scan(before), scan(after));
    let step = step(Count::default(), &texts.scan(&before), &texts.scan(&after)).step;
    let explanation = explain(count(&before), [(Some(step), count(&after))]);
    #[expect(clippy::cast_possible_truncation, reason = "percents")]
    let percent = |part: f64| (part * 100.0).round() as i64;
    let moved = explanation.parts.iter().filter(|(_, part)| **part != 0.0);
    moved.map(|(cause, part)| (cause.name(), percent(*part))).collect()
}

#[test]
fn each_cause_is_told_from_the_others() {
    let told = |document, stale, said: &[(u8, u8, Word)]| Some((document, stale, said.to_vec()));
    let passing = || told(0, false, &[(0, 0, PASS)]);
    let failing = || told(0, false, &[(0, 0, FAIL)]);
    assert_eq!(parts(None, failing()), [("inventory", -50)]);
    assert_eq!(parts(failing(), None), [("inventory", 50)]);
    assert_eq!(parts(passing(), told(1, false, &[(0, 0, FAIL)])), [("configuration", -50)]);
    // The same document by the same rule: only the date is another one.
    assert_eq!(parts(passing(), failing()), [("configuration", -50)]);
    assert_eq!(parts(passing(), told(0, false, &[(0, 1, FAIL)])), [("rules", -50)]);
    assert_eq!(parts(passing(), told(0, false, &[(0, 0, PASS), (1, 0, FAIL)])), [("rules", -50)]);
    assert_eq!(parts(failing(), told(0, false, &[(0, 0, Word::Waived)])), [("waivers", 50)]);
    assert_eq!(parts(failing(), told(0, false, &[(0, 0, Word::Unknown)])), [("coverage", 50)]);
    assert_eq!(parts(failing(), told(0, true, &[(0, 0, FAIL)])), [("coverage", 50)]);
    assert_eq!(parts(passing(), passing()), []);
}

#[test]
fn two_causes_at_one_resource_are_two_parts() {
    // Repaired by hand for one rule, while a new rule fails it: up by the one, down by the other.
    let before = Some((0, false, vec![(0, 0, FAIL)]));
    let after = Some((1, false, vec![(0, 0, PASS), (1, 0, FAIL)]));
    assert_eq!(parts(before, after), [("configuration", 50), ("rules", -50)]);
}

#[test]
fn a_scan_without_a_step_leaves_its_move_without_a_cause() {
    let (good, bad) = (Count { fail: 0, valid: 4 }, Count { fail: 1, valid: 4 });
    let explanation = explain(good, [(None, bad)]);
    assert_eq!((explanation.from, explanation.to), (Some(1.0), Some(0.75)));
    assert!((explanation.unrecorded + 0.25).abs() < 1e-12);
    assert!(explanation.parts.values().all(|part| *part == 0.0));
}

#[test]
fn what_is_not_known_any_more_of_a_verdict_leaves_one_cause_for_the_resource() {
    // The state says fail, and no rule is remembered to have said so.
    let texts = Texts::new();
    let key = &texts.keys[0];
    let before = BTreeMap::from([(
        key,
        Seen { document: "0", stale: false, state: Some(State::Fail(Severity::Low)), said: BTreeMap::new() },
    )]);
    let after = texts.scan(&BTreeMap::from([(0, (1, false, vec![(0, 0, PASS)]))]));
    let step = step(Count::default(), &before, &after).step;
    assert_eq!(step.inventory, Count { fail: 1, valid: 1 });
    assert_eq!(step.configuration, Count { fail: 0, valid: 1 });
}
