//! One step: every resource followed through the causes.

use std::collections::BTreeMap;

use super::{Cause, Count, Step};
use crate::model::{ResourceKey, RuleId, Verdict, finding_id};
use crate::sli::State;

/// What one scan said about one resource.
#[derive(Debug, Clone)]
pub struct Seen<'a> {
    /// Content hash of its document.
    pub document: &'a str,
    /// Whether it could not be listed, so that its state is unknown whatever the rules say.
    pub stale: bool,
    /// Its state as it was counted; `None` when no rule judges it.
    pub state: Option<State>,
    /// What each rule said, by rule.
    pub said: BTreeMap<&'a RuleId, Said<'a>>,
}

/// What one rule said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said<'a> {
    /// The rule's digest; empty when it is not known any more.
    pub digest: &'a str,
    /// Pass, fail, waived or unknown.
    pub word: Word,
}

/// A verdict without its reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Word {
    /// Passes.
    Pass,
    /// Fails, and that was accepted.
    Waived,
    /// Not known.
    Unknown,
    /// Fails.
    Fail,
}

impl From<&Verdict> for Word {
    fn from(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Pass => Self::Pass,
            Verdict::Waived { .. } => Self::Waived,
            Verdict::Unknown { .. } => Self::Unknown,
            Verdict::Fail { .. } => Self::Fail,
        }
    }
}

/// How a resource counts: severities do not matter here.
impl From<State> for Word {
    fn from(state: State) -> Self {
        match state {
            State::Pass => Self::Pass,
            State::Waived => Self::Waived,
            State::Unknown => Self::Unknown,
            State::Fail(_) => Self::Fail,
        }
    }
}

/// A step, and why evaluations that fail now did not fail before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stepped {
    /// The counts along the way.
    pub step: Step,
    /// Why each finding that fails only now does, by finding id.
    pub causes: BTreeMap<String, Cause>,
}

/// Follows every resource from the scan before to this one. `still` are resources of both scans
/// that count as before and need not be followed.
#[must_use]
pub fn step(
    still: Count,
    before: &BTreeMap<&ResourceKey, Seen<'_>>,
    after: &BTreeMap<&ResourceKey, Seen<'_>>,
) -> Stepped {
    let mut stepped = Stepped { step: Step::standing(still), causes: BTreeMap::new() };
    for (key, was) in before {
        let start = was.state.map(Word::from);
        stepped.step.before.add(start);
        let Some(is) = after.get(key) else { continue };
        for (cause, word) in way(was, is) {
            stepped.step.after_mut(cause).add(word);
        }
        name_causes(&mut stepped.causes, key, was, is);
    }
    for (key, is) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
        for cause in Cause::ALL {
            stepped.step.after_mut(*cause).add(is.state.map(Word::from));
        }
        for (rule, _) in is.said.iter().filter(|(_, said)| said.word == Word::Fail) {
            stepped.causes.insert(finding_id(rule, key), Cause::Inventory);
        }
    }
    stepped
}

/// How a resource that both scans have counts after each cause.
fn way(was: &Seen<'_>, is: &Seen<'_>) -> [(Cause, Option<Word>); 5] {
    let (start, end) = (was.state.map(Word::from), is.state.map(Word::from));
    let mut words: BTreeMap<&RuleId, Option<Word>> =
        was.said.iter().map(|(rule, said)| (*rule, Some(said.word))).collect();
    let derived = counts(&words, was.stale);
    // What the rules are known to have said does not give the state that was counted: part of it is
    // not known any more, and the whole way has one cause.
    let single = (derived != start).then(|| whole_cause(was, is));
    let mut now = start;
    let mut stale = was.stale;
    Cause::ALL.iter().fold([(Cause::Inventory, None); 5], |mut stops, &cause| {
        match single {
            Some(single) if single == cause => now = end,
            Some(_) => {}
            None => {
                for rule in was.said.keys().chain(is.said.keys()) {
                    let (old, new) = (was.said.get(rule), is.said.get(rule));
                    if moved_by(old, new, was.document != is.document) == Some(cause) {
                        words.insert(rule, new.map(|said| said.word));
                    }
                }
                if cause == Cause::Coverage {
                    stale = is.stale;
                }
                now = counts(&words, stale);
            }
        }
        let last = cause == Cause::Coverage;
        stops[cause as usize] = (cause, if last { end } else { now });
        stops
    })
}

/// How a resource counts whose rules say this: by the worst.
fn counts(words: &BTreeMap<&RuleId, Option<Word>>, stale: bool) -> Option<Word> {
    let worst = words.values().flatten().max().copied();
    worst.map(|word| if stale { Word::Unknown } else { word })
}

/// Why a rule says something else now; `None` when it does not.
fn moved_by(old: Option<&Said<'_>>, new: Option<&Said<'_>>, other_document: bool) -> Option<Cause> {
    let (old, new) = match (old, new) {
        (None, None) => return None,
        (None, Some(_)) | (Some(_), None) => return Some(Cause::Rules),
        (Some(old), Some(new)) => (old, new),
    };
    match (old.word, new.word) {
        (was, is) if was == is => None,
        (Word::Unknown, _) | (_, Word::Unknown) => Some(Cause::Coverage),
        (Word::Waived, Word::Fail) | (Word::Fail, Word::Waived) => Some(Cause::Waivers),
        _ if !other_document && old.digest != new.digest => Some(Cause::Rules),
        _ => Some(Cause::Configuration),
    }
}

fn whole_cause(was: &Seen<'_>, is: &Seen<'_>) -> Cause {
    let unknown = |state: Option<State>| state == Some(State::Unknown);
    if unknown(was.state) || unknown(is.state) {
        Cause::Coverage
    } else if was.document == is.document {
        Cause::Rules
    } else {
        Cause::Configuration
    }
}

fn name_causes(causes: &mut BTreeMap<String, Cause>, key: &ResourceKey, was: &Seen<'_>, is: &Seen<'_>) {
    for (rule, said) in is.said.iter().filter(|(_, said)| said.word == Word::Fail) {
        let old = was.said.get(rule);
        if let Some(cause) = moved_by(old, Some(said), was.document != is.document) {
            causes.insert(finding_id(rule, key), cause);
        } else if was.stale {
            causes.insert(finding_id(rule, key), Cause::Coverage);
        }
    }
}
