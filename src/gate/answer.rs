//! The answer in sentences, the same ones in every output.

use std::fmt;

use serde::Serialize;

use crate::model::Severity;
use crate::slo::policy;

use super::{Decision, Effect, Failures, GateFinding, OnUnknown, Outcome, Policy, Request};

/// What is to be said of a plan that changes nothing that is judged, so that "allowed" is not read
/// as "was looked at".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Remark {
    /// It holds nothing that a rule judges; it changes so many resources of other types.
    NothingJudged(usize),
    /// It holds something that is judged, and changes none of it.
    NothingChanges,
}

impl Remark {
    pub(super) fn of(request: &Request<'_>, changes: bool) -> Option<Self> {
        let judged = request.before.evaluations.len() + request.after.evaluations.len();
        match (judged, changes) {
            (0, _) => Some(Self::NothingJudged(request.changed.len())),
            (_, false) => Some(Self::NothingChanges),
            (_, true) => None,
        }
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingJudged(0) => f.write_str("no rule judges anything in it, and it changes nothing"),
            Self::NothingJudged(1) => {
                f.write_str("no rule judges anything in it: it changes one resource of another type")
            }
            Self::NothingJudged(count) => {
                write!(f, "no rule judges anything in it: it changes {count} resources of other types")
            }
            Self::NothingChanges => f.write_str("it changes nothing that the rules judge"),
        }
    }
}

impl fmt::Display for Policy {
    /// `failures of severity high or worse that the plan makes`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(least) = self.fail_on else { return f.write_str("nothing") };
        let what = match self.unknown {
            OnUnknown::List => "failures",
            OnUnknown::Deny => "failures and unknowns",
        };
        let worse = if least == Severity::Critical { "" } else { " or worse" };
        let whose = match (self.failures, self.unknown) {
            (Failures::New, OnUnknown::List) => "that the plan makes",
            (Failures::New, OnUnknown::Deny) => "that the plan makes or touches",
            (Failures::All, OnUnknown::List) => "old and new",
            (Failures::All, OnUnknown::Deny) => "old and new, unknowns where the plan touches",
        };
        let comma = if self.failures == Failures::All { "," } else { "" };
        write!(f, "{what} of severity {least}{worse}{comma} {whose}")
    }
}

impl Outcome {
    /// The same among the answers of the budget policy.
    #[must_use]
    pub const fn in_policy(self) -> policy::Outcome {
        match self {
            Self::Allowed => policy::Outcome::Allowed,
            Self::Denied => policy::Outcome::Denied,
            Self::Incomplete => policy::Outcome::Incomplete,
        }
    }
}

impl Decision {
    /// What the gate says: the strictest of what the rules and the budget policy say. `denied` comes
    /// before `frozen`, then `approval_required`, then `incomplete`: each takes more to lift than the next.
    #[must_use]
    pub fn answer(&self) -> policy::Outcome {
        let rules = self.outcome.in_policy();
        self.budget.as_ref().map_or(rules, |budget| budget.outcome.max(rules))
    }

    /// The same in a word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        self.answer().name()
    }

    /// The process exit code.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        self.answer().exit_code()
    }

    /// Why the exit code is what it is: `exit code 10: 2 findings deny`.
    #[must_use]
    pub fn why(&self) -> String {
        let (code, rules) = (self.exit_code(), self.rules_say());
        let Some(budget) = &self.budget else { return format!("exit code {code}: {rules}") };
        let said = budget.policy_says();
        if self.answer() == self.outcome.in_policy() && self.outcome != Outcome::Allowed {
            format!("exit code {code}: {rules}, which counts before what the budget policy says: {said}")
        } else {
            format!("exit code {code}: the budget policy says {said}, and by the rules {rules}")
        }
    }

    /// What the rules say: `2 findings deny, and the plan does not tell everything`.
    #[must_use]
    pub fn rules_say(&self) -> String {
        let denying = match self.findings.iter().filter(|finding| finding.denies).count() {
            0 => "no finding denies".to_owned(),
            1 => "1 finding denies".to_owned(),
            count => format!("{count} findings deny"),
        };
        let partly = match self.outcome {
            _ if self.incomplete.is_empty() => "",
            Outcome::Denied => ", and the plan does not tell everything",
            Outcome::Allowed | Outcome::Incomplete => ", but the plan does not tell everything",
        };
        format!("{denying}{partly}")
    }

    /// What the plan adds to what fails: new failures, worse ones, and those that only something outside
    /// the plan may prevent.
    pub fn adds(&self) -> impl Iterator<Item = &GateFinding> {
        let adds = |effect| matches!(effect, Effect::NewFailure | Effect::Worse | Effect::Exposed);
        self.findings.iter().filter(move |finding| adds(finding.effect))
    }

    /// What fails before the plan, and will be there after it.
    pub fn failing_before(&self) -> impl Iterator<Item = &GateFinding> {
        let failed = |effect| matches!(effect, Effect::Worse | Effect::StillFailing | Effect::Fixed);
        self.findings.iter().filter(move |finding| failed(finding.effect))
    }

    /// How many failures it ends.
    #[must_use]
    pub fn ends(&self) -> usize {
        self.with(Effect::Fixed).count() + self.with(Effect::Deleted).count()
    }

    /// How much of it cannot be judged: unknown evaluations that it touches, and reasons why it does
    /// not tell everything.
    #[must_use]
    pub fn unknowns(&self) -> usize {
        self.with(Effect::Unknown).filter(|finding| finding.touched).count() + self.incomplete.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_denies_is_said_as_the_gate_is_set() {
        for (fail_on, failures, unknown, said) in [
            (None, Failures::All, OnUnknown::Deny, "nothing"),
            (
                Some(Severity::High),
                Failures::New,
                OnUnknown::List,
                "failures of severity high or worse that the plan makes",
            ),
            (Some(Severity::Critical), Failures::All, OnUnknown::List, "failures of severity critical, old and new"),
            (
                Some(Severity::Low),
                Failures::New,
                OnUnknown::Deny,
                "failures and unknowns of severity low or worse that the plan makes or touches",
            ),
        ] {
            assert_eq!(Policy { fail_on, failures, unknown }.to_string(), said);
        }
    }
}
