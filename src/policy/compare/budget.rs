//! What makes a comparison end: a count of steps, not of time, so that the same input always has
//! the same answer.

/// How much work one comparison may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Steps of all kinds: states of automata, nodes of the search over conditions, statements met.
    pub steps: u64,
    /// Steps of one automaton or one search, so that one hard place does not use up all.
    pub at_once: u64,
    /// How many permissions are listed as gained, and as lost.
    pub permissions: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { steps: 1_000_000, at_once: 50_000, permissions: 50 }
    }
}

/// The budget ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spent;

/// What is left of a budget.
#[derive(Debug)]
pub(super) struct Purse {
    left: u64,
    at_once: u64,
}

impl Purse {
    pub(super) const fn new(budget: &Budget) -> Self {
        Self { left: budget.steps, at_once: budget.at_once }
    }

    /// A purse for one automaton or search.
    pub(super) fn part(&self) -> Self {
        let left = self.left.min(self.at_once);
        Self { left, at_once: left }
    }

    /// Takes back what a part used.
    pub(super) fn charge(&mut self, given: u64, part: &Self) {
        self.left = self.left.saturating_sub(given - part.left);
    }

    pub(super) const fn left(&self) -> u64 {
        self.left
    }

    pub(super) fn spend(&mut self, steps: u64) -> Result<(), Spent> {
        if steps > self.left {
            self.left = 0;
            return Err(Spent);
        }
        self.left -= steps;
        Ok(())
    }
}
