//! Which part of a rule a control asks for, and what a verdict says about that part.

use std::collections::BTreeSet;

use super::state::ResourceState;
use crate::model::{Denial, Rule, Verdict};

/// The part of a rule that a control asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part<'r> {
    /// All of it.
    Whole,
    /// Denials with one of these topics, and denials without any.
    Topics(BTreeSet<&'r str>),
}

impl<'r> Part<'r> {
    /// What the control of that id asks of the rule; `None` when the rule does not serve it.
    pub(super) fn of(rule: &'r Rule, framework: &str, control: &str) -> Option<Self> {
        let mut topics = BTreeSet::new();
        let mut serves = false;
        for written in rule.controls.get(framework)? {
            let (id, topic) = Rule::control_and_topic(written);
            if id != control {
                continue;
            }
            serves = true;
            match topic {
                Some(topic) => _ = topics.insert(topic),
                None => return Some(Self::Whole),
            }
        }
        serves.then_some(Self::Topics(topics))
    }

    fn holds(&self, denial: &Denial) -> bool {
        match self {
            Self::Whole => true,
            Self::Topics(topics) => denial.topic.as_deref().is_none_or(|topic| topics.contains(topic)),
        }
    }

    /// What a verdict says about this part, and in which words.
    ///
    /// When only other parts offend while something the rule reads is not known, this part is not
    /// known either: what would offend may be behind the gap.
    pub(super) fn of_verdict(&self, verdict: &Verdict) -> (ResourceState, Vec<String>) {
        match verdict {
            Verdict::Pass => (ResourceState::Pass, Vec::new()),
            Verdict::Unknown { causes } => (ResourceState::Unknown, causes.clone()),
            Verdict::Fail { denials, open } => self.of_denials(denials, open, ResourceState::Fail, None),
            Verdict::Waived { denials, open, reason } => {
                self.of_denials(denials, open, ResourceState::Waived, Some(reason))
            }
        }
    }

    fn of_denials(
        &self,
        denials: &[Denial],
        open: &[String],
        state: ResourceState,
        accepted: Option<&str>,
    ) -> (ResourceState, Vec<String>) {
        let own: Vec<&Denial> = denials.iter().filter(|denial| self.holds(denial)).collect();
        // A failure without denials is of the whole rule.
        if !own.is_empty() || denials.is_empty() {
            let said = |denial: &&Denial| match accepted {
                Some(reason) => format!("{} (accepted: {reason})", denial.message),
                None => denial.message.clone(),
            };
            return (state, own.iter().map(said).collect());
        }
        if open.is_empty() { (ResourceState::Pass, Vec::new()) } else { (ResourceState::Unknown, open.to_vec()) }
    }
}
