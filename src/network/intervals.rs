//! Sets of numbers as sorted, disjoint, inclusive intervals.

/// A set of numbers. Intervals are sorted, do not touch, and include both ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Intervals(Vec<(u128, u128)>);

impl Intervals {
    /// Nothing.
    #[must_use]
    pub const fn empty() -> Self {
        Self(Vec::new())
    }

    /// All numbers from `first` to `last`, both included; nothing when `first` is the greater.
    #[must_use]
    pub fn range(first: u128, last: u128) -> Self {
        if first <= last { Self(vec![(first, last)]) } else { Self::empty() }
    }

    /// The union of any ranges, in any order.
    #[must_use]
    pub fn from_ranges(ranges: impl IntoIterator<Item = (u128, u128)>) -> Self {
        let mut ranges: Vec<_> = ranges.into_iter().filter(|(first, last)| first <= last).collect();
        ranges.sort_unstable();
        let mut merged: Vec<(u128, u128)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut() {
                Some(open) if first <= open.1.saturating_add(1) => open.1 = open.1.max(last),
                _ => merged.push((first, last)),
            }
        }
        Self(merged)
    }

    /// What is in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::from_ranges(self.0.iter().chain(&other.0).copied())
    }

    /// What is in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut common = Vec::new();
        while let (Some(&&(a, b)), Some(&&(c, d))) = (left.peek(), right.peek()) {
            let (first, last) = (a.max(c), b.min(d));
            if first <= last {
                common.push((first, last));
            }
            if b < d {
                left.next()
            } else {
                right.next()
            };
        }
        Self(common)
    }

    /// What is in this set and not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let mut rest = Vec::new();
        for &(first, last) in &self.0 {
            let mut next = Some(first);
            for &(from, to) in other.0.iter().filter(|(from, to)| *to >= first && *from <= last) {
                let Some(start) = next else { break };
                if from > start {
                    rest.push((start, from - 1));
                }
                next = to.checked_add(1).map(|after| after.max(start));
            }
            rest.extend(next.filter(|start| *start <= last).map(|start| (start, last)));
        }
        Self(rest)
    }

    /// Whether a number is in the set.
    #[must_use]
    pub fn contains(&self, number: u128) -> bool {
        self.0.iter().any(|(first, last)| (*first..=*last).contains(&number))
    }

    /// Whether nothing is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many numbers are in the set; the greatest number when there are more than that.
    #[must_use]
    pub fn size(&self) -> u128 {
        self.0.iter().fold(0, |size: u128, (first, last)| size.saturating_add((last - first).saturating_add(1)))
    }

    /// The intervals, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (u128, u128)> + '_ {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn small_set() -> impl Strategy<Value = (Intervals, BTreeSet<u128>)> {
        prop::collection::vec((0_u128..40, 0_u128..8), 0..6).prop_map(|ranges| {
            let ranges: Vec<_> = ranges.into_iter().map(|(first, length)| (first, first + length)).collect();
            let members = ranges.iter().flat_map(|(first, last)| *first..=*last).collect();
            (Intervals::from_ranges(ranges), members)
        })
    }

    fn members(set: &Intervals) -> BTreeSet<u128> {
        (0..64).filter(|number| set.contains(*number)).collect()
    }

    proptest! {
        #[test]
        fn the_algebra_agrees_with_sets_of_single_numbers((a, x) in small_set(), (b, y) in small_set()) {
            prop_assert_eq!(members(&a.union(&b)), x.union(&y).copied().collect());
            prop_assert_eq!(members(&a.intersection(&b)), x.intersection(&y).copied().collect());
            prop_assert_eq!(members(&a.difference(&b)), x.difference(&y).copied().collect());
            prop_assert_eq!(a.size(), x.len() as u128);
        }

        #[test]
        fn equal_sets_are_written_alike((a, x) in small_set(), (b, y) in small_set()) {
            prop_assert_eq!(a == b, x == y);
            prop_assert_eq!(a.difference(&b).union(&a.intersection(&b)), a);
        }
    }

    #[test]
    fn the_ends_of_the_number_line_do_not_overflow() {
        let all = Intervals::range(0, u128::MAX);
        assert!(all.difference(&all).is_empty());
        assert_eq!(all.difference(&Intervals::range(0, 0)), Intervals::range(1, u128::MAX));
        assert_eq!(all.union(&Intervals::range(5, u128::MAX)), all);
        assert_eq!(all.size(), u128::MAX);
    }
}
