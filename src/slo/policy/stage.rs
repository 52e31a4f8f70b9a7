//! Which stages of the policy are active for one objective, since when, and why.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Action, Burning, Policy, Trigger};
use crate::slo::{BURN_WINDOWS, Slo, length};

/// What is known about the budget of one objective at a moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evidence {
    /// The remaining share of the budget; `None` when nothing was measured.
    pub remaining: Option<f64>,
    /// Burn rates by window; `None` where nothing was measured.
    pub burn_rates: BTreeMap<Duration, Option<f64>>,
    /// The share of what is expected that the last scan knows.
    pub known_now: Option<f64>,
    /// The same over the measured part of the window.
    pub known: Option<f64>,
    /// How long the objective has been measured.
    pub measured_for: Duration,
    /// Whether the last scan still holds.
    pub is_fresh: bool,
}

/// Why the evidence does not suffice.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Missing {
    /// The last scan is too old to say anything about now.
    Stale,
    /// Nothing in the scope of the objective was measured.
    Nothing,
    /// Too little of what is expected is known.
    Known {
        /// So much of it.
        share: f64,
        /// So much is needed.
        minimum: f64,
    },
    /// It has not been measured for long enough.
    History {
        /// So long it was, in seconds.
        seconds: u64,
        /// So long it must be, in seconds.
        minimum_seconds: u64,
    },
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale => f.write_str("the last scan is too old"),
            Self::Nothing => f.write_str("nothing was measured"),
            Self::Known { share, minimum } => {
                write!(f, "only {:.1} % is known, less than {:.1} %", share * 100.0, minimum * 100.0)
            }
            Self::History { seconds, minimum_seconds } => {
                let [is, needs] = [seconds, minimum_seconds].map(|seconds| length(Duration::from_secs(*seconds)));
                write!(f, "measured for {is}, less than {needs}")
            }
        }
    }
}

/// Which stages and triggers of one objective are active. Kept from one evaluation to the next.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Stages of the remaining budget, and since when.
    pub stages: BTreeMap<Action, Timestamp>,
    /// Triggers of the burn rate, by their name.
    pub triggers: BTreeMap<String, Triggered>,
    /// Reviews that are due, by the name of the trigger, also after its end. [`State::review`] takes
    /// one away.
    pub reviews: BTreeMap<String, Timestamp>,
}

/// An active trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Triggered {
    /// What it does.
    pub action: Action,
    /// Since when.
    pub since: Timestamp,
}

/// A stage or trigger that began or ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Transition {
    /// The objective.
    pub slo: String,
    /// What it does.
    pub action: Action,
    /// Whether it began; otherwise it ended.
    pub begins: bool,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub cause: Cause,
}

/// Why a stage or trigger began or ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Cause {
    /// So much of the budget remains.
    Remaining {
        /// The share.
        share: f64,
        /// What it went below, or above.
        threshold: f64,
    },
    /// The budget burns so fast.
    BurnRate {
        /// The trigger.
        trigger: String,
        /// The burn rate.
        rate: f64,
        /// What it went above, or not any more.
        threshold: f64,
        /// Until when a person must have looked.
        review_due: Option<Timestamp>,
    },
    /// The policy does not have it any more, or not for this objective.
    PolicyChanged,
}

impl State {
    /// A person has looked at what a trigger reported. Gives whether that was due.
    pub fn review(&mut self, trigger: &str) -> bool {
        self.reviews.remove(trigger).is_some()
    }

    /// What ends when the objective of this name is not there any more: everything that is active.
    #[must_use]
    pub fn ended(&self, slo: &str, at: Timestamp) -> Vec<Transition> {
        let triggered = self.triggers.values().map(|trigger| trigger.action);
        let actions = self.stages.keys().copied().chain(triggered);
        let end = |action| Transition { slo: slo.to_owned(), action, begins: false, at, cause: Cause::PolicyChanged };
        actions.map(end).collect()
    }

    /// The strictest action that is active.
    #[must_use]
    pub fn strictest(&self) -> Option<Action> {
        let triggered = self.triggers.values().map(|trigger| trigger.action);
        self.stages.keys().copied().chain(triggered).max()
    }

    /// Since when an action is active, by stage or trigger.
    #[must_use]
    pub fn since(&self, action: Action) -> Option<Timestamp> {
        let triggered = self.triggers.values().filter(|trigger| trigger.action == action).map(|trigger| trigger.since);
        self.stages.get(&action).copied().into_iter().chain(triggered).min()
    }
}

impl Policy {
    /// Whether the policy is about an objective.
    #[must_use]
    pub fn decides(&self, slo: &Slo) -> bool {
        self.objectives.iter().any(|pattern| pattern.matches(slo.name.as_str()))
    }

    /// What the evidence lacks; `None` when it suffices.
    #[must_use]
    pub fn missing(&self, evidence: &Evidence) -> Option<Missing> {
        let lacks = |share: Option<f64>| match share {
            None => Some(Missing::Nothing),
            Some(share) if share >= self.minimum_coverage => None,
            Some(share) => Some(Missing::Known { share, minimum: self.minimum_coverage }),
        };
        if evidence.remaining.is_none() && evidence.measured_for.is_zero() {
            return Some(Missing::Nothing);
        }
        if !evidence.is_fresh {
            return Some(Missing::Stale);
        }
        if evidence.remaining.is_none_or(f64::is_nan) {
            return Some(Missing::Nothing);
        }
        let short = (evidence.measured_for < self.minimum_history).then_some(Missing::History {
            seconds: evidence.measured_for.as_secs(),
            minimum_seconds: self.minimum_history.as_secs(),
        });
        lacks(evidence.known_now).or_else(|| lacks(evidence.known)).or(short)
    }

    /// What was active before, the evidence of now -> what is active now, and what began or ended.
    ///
    /// A stage begins where the remaining budget enters it and ends where it exceeds its exit; between
    /// the two it stays as it was. With evidence missing everything stays as it was. The same sequence
    /// of evidence gives the same transitions.
    #[must_use]
    pub fn advance(&self, slo: &Slo, evidence: &Evidence, before: &State, now: Timestamp) -> (State, Vec<Transition>) {
        let mut step = Step { slo, now, state: before.clone(), transitions: Vec::new() };
        step.drop_unknown(self);
        if self.decides(slo) && self.missing(evidence).is_none() {
            step.stages(self, evidence);
            self.triggers.iter().for_each(|trigger| step.trigger(trigger, evidence));
        }
        (step.state, step.transitions)
    }

    /// The windows over which burn rates must be known.
    #[must_use]
    pub fn burn_windows(&self) -> Vec<Duration> {
        let own = self.triggers.iter().filter_map(|trigger| match trigger.burning {
            Burning::Over { window, .. } => Some(window),
            Burning::Tier(_) => None,
        });
        let windows: std::collections::BTreeSet<Duration> = BURN_WINDOWS.iter().copied().chain(own).collect();
        windows.into_iter().collect()
    }

    /// The remaining share above which the strictest active stage ends; `None` when none is active.
    #[must_use]
    pub fn exit_of(&self, state: &State) -> Option<f64> {
        let active = self.stages.iter().filter(|stage| state.stages.contains_key(&stage.action));
        active.max_by_key(|stage| stage.action).map(|stage| stage.exit_above)
    }
}

struct Step<'a> {
    slo: &'a Slo,
    now: Timestamp,
    state: State,
    transitions: Vec<Transition>,
}

impl Step<'_> {
    fn note(&mut self, action: Action, begins: bool, cause: Cause) {
        let slo = self.slo.name.as_str().to_owned();
        self.transitions.push(Transition { slo, action, begins, at: self.now, cause });
    }

    /// What the policy does not have any more ends, and says so.
    fn drop_unknown(&mut self, policy: &Policy) {
        let decides = policy.decides(self.slo);
        let stages: Vec<Action> = self.state.stages.keys().copied().collect();
        for action in stages {
            if !(decides && policy.stages.iter().any(|stage| stage.action == action)) {
                self.state.stages.remove(&action);
                self.note(action, false, Cause::PolicyChanged);
            }
        }
        let judged = policy.triggers.iter().filter(|trigger| decides && trigger.windows(self.slo).is_some());
        let known: Vec<String> = judged.map(Trigger::name).collect();
        let triggers: Vec<(String, Triggered)> =
            self.state.triggers.iter().map(|(name, active)| (name.clone(), *active)).collect();
        for (name, active) in triggers.into_iter().filter(|(name, _)| !known.contains(name)) {
            self.state.triggers.remove(&name);
            self.note(active.action, false, Cause::PolicyChanged);
        }
    }

    fn stages(&mut self, policy: &Policy, evidence: &Evidence) {
        let Some(remaining) = evidence.remaining else { return };
        for stage in &policy.stages {
            let is_active = self.state.stages.contains_key(&stage.action);
            if !is_active && stage.enter.holds(remaining) {
                self.state.stages.insert(stage.action, self.now);
                let cause = Cause::Remaining { share: remaining, threshold: stage.enter.share() };
                self.note(stage.action, true, cause);
            } else if is_active && remaining > stage.exit_above {
                self.state.stages.remove(&stage.action);
                let cause = Cause::Remaining { share: remaining, threshold: stage.exit_above };
                self.note(stage.action, false, cause);
            }
        }
    }

    /// A trigger begins when all of its windows burn too fast, and ends when the longest does not. A
    /// window in which nothing was measured moves nothing.
    fn trigger(&mut self, trigger: &Trigger, evidence: &Evidence) {
        let name = trigger.name();
        let Some((windows, threshold)) = trigger.windows(self.slo) else { return };
        let rate = |window: &Duration| evidence.burn_rates.get(window).copied().flatten();
        let Some(longest) = windows.first().and_then(rate) else { return };
        let is_active = self.state.triggers.contains_key(&name);
        let all_burn = windows.iter().all(|window| rate(window).is_some_and(|rate| rate > threshold));
        let action = trigger.action;
        if !is_active && all_burn {
            let review_due = trigger.review_due(self.now);
            self.state.triggers.insert(name.clone(), Triggered { action, since: self.now });
            if let Some(due) = review_due {
                self.state.reviews.entry(name.clone()).or_insert(due);
            }
            self.note(action, true, Cause::BurnRate { trigger: name, rate: longest, threshold, review_due });
        } else if is_active && longest <= threshold {
            self.state.triggers.remove(&name);
            let review_due = self.state.reviews.get(&name).copied();
            self.note(action, false, Cause::BurnRate { trigger: name, rate: longest, threshold, review_due });
        }
    }
}

impl Trigger {
    /// Its name among those of one objective: `fast: require_approval`, `1h above 10: freeze`.
    #[must_use]
    pub fn name(&self) -> String {
        let action = self.action.name();
        match self.burning {
            Burning::Tier(tier) => format!("{tier}: {action}"),
            Burning::Over { window, above } => format!("{} above {above}: {action}", length(window)),
        }
    }

    /// Its windows, longest first, and the burn rate that all must exceed; `None` when the objective
    /// does without the tier.
    fn windows(&self, slo: &Slo) -> Option<(Vec<Duration>, f64)> {
        match self.burning {
            Burning::Over { window, above } => Some((vec![window], above)),
            Burning::Tier(name) => {
                let tier = slo.tiers.iter().find(|tier| tier.name == name)?;
                Some((vec![tier.long, tier.short], tier.factor(slo.window.length())))
            }
        }
    }

    fn review_due(&self, now: Timestamp) -> Option<Timestamp> {
        let within = SignedDuration::try_from(self.review_within?).ok()?;
        now.checked_add(within).ok()
    }
}
