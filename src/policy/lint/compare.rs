//! Comparing patterns, with a bound on the work that the lints of one document may be.

use crate::policy::pattern;

/// Steps that are left. One step is about the comparison of two characters.
#[derive(Debug)]
pub(super) struct Budget {
    left: usize,
    spent: bool,
}

impl Default for Budget {
    /// More than every policy that AWS stores takes, and less than a second of work.
    fn default() -> Self {
        Self { left: 100_000_000, spent: false }
    }
}

impl Budget {
    /// Takes steps; whether there were enough.
    pub(super) fn take(&mut self, steps: usize) -> bool {
        match self.left.checked_sub(steps) {
            Some(left) => self.left = left,
            None => self.spent = true,
        }
        !self.spent
    }

    /// Whether something was not done.
    pub(super) const fn is_spent(&self) -> bool {
        self.spent
    }

    /// Whether every text of `inner` has the form of `outer`. What stands before the first wildcard
    /// decides most cases. No when the budget is spent.
    pub(super) fn covers(&mut self, outer: &str, inner: &str) -> bool {
        match outer.find(['*', '?']) {
            None => outer == inner,
            Some(at) if !inner.starts_with(&outer[..at]) => false,
            Some(_) => self.take(outer.len() * inner.len()) && pattern::covers(outer, inner),
        }
    }

    /// Whether some text has the form of both; so does what differs before the first wildcard not.
    /// Yes when the budget is spent.
    pub(super) fn overlap(&mut self, one: &str, other: &str) -> bool {
        let wild = |byte: u8| matches!(byte, b'*' | b'?');
        let first = one.bytes().zip(other.bytes()).find(|(one, other)| wild(*one) || wild(*other) || one != other);
        let apart = first.is_some_and(|(one, other)| !wild(one) && !wild(other));
        !apart && (!self.take(one.len() * other.len()) || pattern::overlaps(one, other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spent_budget_says_what_leads_to_no_lint() {
        let mut budget = Budget::default();
        assert!(budget.covers("s3:*", "s3:Get*") && !budget.overlap("s3:*", "iam:*"));
        assert!(!budget.take(usize::MAX) && budget.is_spent());
        assert!(!budget.covers("s3:*", "s3:Get*") && budget.overlap("s3:*", "s3:x"));
    }

    proptest::proptest! {
        #[test]
        fn short_cuts_change_no_answer(one in "[ab?*]{0,4}", other in "[ab?*]{0,4}") {
            let mut budget = Budget::default();
            proptest::prop_assert_eq!(budget.overlap(&one, &other), pattern::overlaps(&one, &other));
            proptest::prop_assert_eq!(budget.covers(&one, &other), pattern::covers(&one, &other));
        }
    }
}
