//! What is to be said about each waiver: that it is over, ends soon, would hold for too long, is
//! not needed, accepts too much, or says what another one says.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::waiver::{Standing, Tagged, Terms, Waiver, matches};
use crate::model::{Evaluation, ResourceKey, RuleId, Verdict};

/// One waiver, looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewed {
    /// Its position in the list that was given.
    pub at: usize,
    /// Whether it accepts anything.
    pub standing: Standing,
    /// Days that it still holds after today; negative when it has expired.
    pub days_left: i32,
    /// Failures it is about, accepted or not; `None` when there is nothing to compare with.
    pub failures: Option<usize>,
    /// What somebody should look at.
    pub problems: Vec<Problem>,
}

/// What is wrong with a waiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// Its last day is over: what it accepted counts as failing again.
    Expired,
    /// It would hold for so many days, more than waivers may; it accepts nothing.
    TooLong {
        /// Its days.
        days: i32,
        /// The most there may be.
        most: i32,
    },
    /// It ends within the time of warning.
    EndsSoon,
    /// No rule in force has that id.
    NoRule,
    /// Nothing fails that it is about.
    Unused,
    /// Nothing is known to fail that it is about, and so many evaluations are unknown.
    Undecided(usize),
    /// It accepts every failure of every account.
    Everything,
    /// It accepts so many failures, of so many rules and resources.
    Broad {
        /// Failures.
        failures: usize,
        /// Rules among them.
        rules: usize,
        /// Resources among them.
        resources: usize,
    },
    /// The waiver at this position accepts the same and more, for at least as long.
    Covered(usize),
}

impl Problem {
    /// Its name in JSON.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::TooLong { .. } => "too_long",
            Self::EndsSoon => "ends_soon",
            Self::NoRule => "no_rule",
            Self::Unused => "unused",
            Self::Undecided(_) => "undecided",
            Self::Everything | Self::Broad { .. } => "broad",
            Self::Covered(_) => "duplicate",
        }
    }
}

/// Looks at every waiver, `rules` being those in force. `evaluations` are those of a scan, before or after waivers; without
/// them nothing is said about use.
#[must_use]
pub fn review(
    waivers: &[Waiver],
    rules: &[&RuleId],
    evaluations: Option<&[Evaluation]>,
    terms: Terms,
    tagged: &Tagged<'_>,
    now: Timestamp,
) -> Vec<Reviewed> {
    let one = |(at, waiver): (usize, &Waiver)| {
        let about = evaluations.map(|evaluations| About::of(waiver, evaluations, tagged));
        let standing = waiver.standing(terms, now);
        let mut problems = Vec::new();
        match standing {
            Standing::Expired => problems.push(Problem::Expired),
            Standing::TooLong(days) => problems.push(Problem::TooLong { days, most: terms.maximum_days }),
            Standing::InForce => {
                problems.extend(waiver.expires_within(terms.warn_days, now).then_some(Problem::EndsSoon));
                problems.extend(everything(waiver).then_some(Problem::Everything));
                let covering = covered(waivers, at, terms, now);
                problems.extend(covering.map(Problem::Covered));
                if rules.iter().any(|rule| matches(&waiver.rule, rule.as_str())) {
                    problems.extend(about.as_ref().and_then(|about| about.problem(terms, covering.is_some())));
                } else {
                    problems.push(Problem::NoRule);
                }
            }
        }
        let failures = about.map(|about| about.failures);
        Reviewed { at, standing, days_left: waiver.days_left(now), failures, problems }
    };
    waivers.iter().enumerate().map(one).collect()
}

/// Whether nothing but a severity limits it.
fn everything(waiver: &Waiver) -> bool {
    let any = |pattern: &str| pattern.chars().all(|letter| letter == '*');
    any(&waiver.rule) && any(&waiver.resource) && waiver.account.is_none() && waiver.tags.is_empty()
}

/// Another waiver in force that makes this one needless; of two that say the same, the first
/// stays.
fn covered(waivers: &[Waiver], at: usize, terms: Terms, now: Timestamp) -> Option<usize> {
    let covers = |other: &usize| {
        *other != at
            && waivers[*other].standing(terms, now) == Standing::InForce
            && waivers[*other].covers(&waivers[at])
            && (*other < at || !waivers[at].covers(&waivers[*other]))
    };
    (0..waivers.len()).find(covers)
}

/// What a waiver is about.
struct About<'a> {
    failures: usize,
    unknown: usize,
    rules: BTreeSet<&'a RuleId>,
    resources: BTreeSet<&'a ResourceKey>,
}

impl<'a> About<'a> {
    fn of(waiver: &Waiver, evaluations: &'a [Evaluation], tagged: &Tagged<'_>) -> Self {
        let mut about = Self { failures: 0, unknown: 0, rules: BTreeSet::new(), resources: BTreeSet::new() };
        for evaluation in evaluations.iter().filter(|evaluation| waiver.is_about(evaluation, tagged)) {
            match evaluation.verdict {
                Verdict::Fail { .. } | Verdict::Waived { .. } => {
                    about.failures += 1;
                    about.rules.insert(&evaluation.rule);
                    about.resources.insert(&evaluation.resource);
                }
                Verdict::Unknown { .. } => about.unknown += 1,
                Verdict::Pass => {}
            }
        }
        about
    }

    fn problem(&self, terms: Terms, covered: bool) -> Option<Problem> {
        match (self.failures, self.unknown) {
            // Why it is not needed is told already.
            (0, _) if covered => None,
            (0, 0) => Some(Problem::Unused),
            (0, unknown) => Some(Problem::Undecided(unknown)),
            (failures, _) if failures > terms.most_failures => {
                Some(Problem::Broad { failures, rules: self.rules.len(), resources: self.resources.len() })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::{AccountId, Denial, Pointer, Region, ResourceId, ResourceType, Severity};

    fn waiver(rule: &str, resource: &str, expires: &str) -> Waiver {
        Waiver {
            rule: rule.to_owned(),
            severity: None,
            resource: resource.to_owned(),
            account: None,
            tags: BTreeMap::new(),
            reason: "a public website".to_owned(),
            owner: "web".to_owned(),
            ticket: None,
            granted: None,
            expires: expires.parse().unwrap(),
        }
    }

    fn evaluation(name: &str, verdict: Verdict) -> Evaluation {
        Evaluation {
            rule: RuleId::new("aws-s3-not-public").unwrap(),
            severity: Severity::High,
            resource: ResourceKey {
                account: AccountId::new("111122223333").unwrap(),
                region: Region::global(),
                resource_type: ResourceType::Bucket,
                id: ResourceId::new(format!("arn:aws:s3:::{name}")).unwrap(),
            },
            verdict,
        }
    }

    fn fail(name: &str) -> Evaluation {
        let denial = Denial {
            message: "public".to_owned(),
            path: Pointer::new("/facts/public"),
            because: Vec::new(),
            topic: None,
        };
        evaluation(name, Verdict::Fail { denials: vec![denial], open: Vec::new() })
    }

    fn problems(waivers: &[Waiver], evaluations: &[Evaluation]) -> Vec<Vec<Problem>> {
        let now = "2026-11-22T12:00:00Z".parse().unwrap();
        let terms = Terms { most_failures: 2, ..Terms::default() };
        let rule = RuleId::new("aws-s3-not-public").unwrap();
        let reviewed = review(waivers, &[&rule], Some(evaluations), terms, &Tagged::default(), now);
        reviewed.into_iter().map(|one| one.problems).collect()
    }

    #[test]
    fn what_is_over_or_soon_over_or_holds_too_long_is_told() {
        let waivers = [
            waiver("aws-s3-not-public", "a", "2026-11-21"),
            waiver("aws-s3-not-public", "b", "2026-12-06"),
            waiver("aws-s3-not-public", "c", "2026-12-07"),
            waiver("aws-s3-not-public", "d", "2027-11-23"),
            Waiver { granted: Some("2026-11-01".parse().unwrap()), ..waiver("aws-s3-not-public", "e", "2027-11-02") },
        ];
        let told = problems(&waivers, &[fail("a"), fail("b"), fail("c"), fail("d"), fail("e")]);
        let too_long = Problem::TooLong { days: 366, most: 365 };
        let wanted = [vec![Problem::Expired], vec![Problem::EndsSoon], vec![], vec![too_long.clone()], vec![too_long]];
        assert_eq!(told, wanted);
    }

    #[test]
    fn what_is_not_needed_or_not_known_to_be_is_told() {
        let unknown = evaluation("b", Verdict::Unknown { causes: vec!["the policy was not read".to_owned()] });
        let waivers = [
            waiver("aws-s3-*", "a", "2027-03-01"),
            waiver("aws-s3-*", "b", "2027-03-01"),
            waiver("x", "c", "2027-03-01"),
        ];
        let told = problems(&waivers, &[evaluation("a", Verdict::Pass), unknown, fail("c")]);
        assert_eq!(told, [vec![Problem::Unused], vec![Problem::Undecided(1)], vec![Problem::NoRule]]);
    }

    #[test]
    fn what_accepts_too_much_is_told() {
        let failures = [fail("a"), fail("b"), fail("c")];
        let everything = Waiver { severity: Some(Severity::High), ..waiver("*", "*", "2027-03-01") };
        let broad = Problem::Broad { failures: 3, rules: 1, resources: 3 };
        assert_eq!(problems(&[everything], &failures), [[Problem::Everything, broad.clone()]]);
        assert_eq!(problems(&[waiver("aws-s3-not-public", "*", "2027-03-01")], &failures), [[broad]]);
        assert_eq!(problems(&[waiver("aws-s3-not-public", "a", "2027-03-01")], &failures), [[]]);
    }

    #[test]
    fn of_two_that_say_the_same_the_later_is_needless() {
        let narrow = waiver("aws-s3-not-public", "site-a", "2027-01-01");
        let wide = waiver("aws-s3-*", "site-*", "2027-01-01");
        let shorter = waiver("aws-s3-*", "site-*", "2026-12-31");
        let failures = [fail("site-a")];
        assert_eq!(problems(&[narrow.clone(), narrow.clone()], &failures), [vec![], vec![Problem::Covered(0)]]);
        assert_eq!(problems(&[narrow.clone(), wide], &failures), [vec![Problem::Covered(1)], vec![]]);
        assert_eq!(problems(&[narrow, shorter], &failures), [[], []]);
    }
}
