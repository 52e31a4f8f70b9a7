//! Who is told of a transition, and in which words.

use std::fmt;

use serde::Serialize;

use super::{Action, Cause, Transition};
use crate::model::Pattern;

/// Somebody who is told when a stage or trigger begins or ends. How is for others to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Target {
    /// The name.
    pub name: String,
    /// Only of these actions.
    pub actions: Vec<Action>,
    /// Only of these objectives, by name.
    pub objectives: Vec<Pattern>,
}

impl Target {
    /// Whether it is told of this one.
    #[must_use]
    pub fn wants(&self, transition: &Transition) -> bool {
        self.actions.contains(&transition.action)
            && self.objectives.iter().any(|pattern| pattern.matches(&transition.slo))
    }
}

impl fmt::Display for Transition {
    /// `critical-hours: freeze began, as 0.0 % of the budget is left (at most 0.0 %)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = self.action.name().replace('_', " ");
        let what = if self.begins { "began" } else { "ended" };
        write!(f, "{}: {action} {what}, as {}", self.slo, self.cause)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Remaining { share, threshold } => {
                let (share, threshold) = (share * 100.0, threshold * 100.0);
                write!(f, "{share:.1} % of the budget is left; the threshold is {threshold:.1} %")
            }
            Self::BurnRate { trigger, rate, threshold, review_due } => {
                write!(
                    f,
                    "the budget burns at {rate:.2} times the even rate; the threshold is {threshold:.2} ({trigger})"
                )?;
                review_due.iter().try_for_each(|due| write!(f, "; a review is due at {due}"))
            }
            Self::PolicyChanged => f.write_str("the configuration does not have it any more"),
        }
    }
}
