//! Why the SLI moved: the step from one scan to the next, split exactly by cause.
//!
//! [`step`] follows every resource from the scan before to this one, through the states it would
//! have had if one cause after the other had come about, in the order of [`Cause::ALL`]. Each stop
//! on that way is a population of whole resources, so each part is a difference of two real SLIs,
//! and the parts of any number of scans add up to the difference between the first and the last.
//!
//! What is only attributed, and how: a document that changed together with a rule counts as
//! configuration; a verdict that changes with the date alone (a key that grew too old) counts as
//! configuration too, because nothing but the resource's own age moved it.

mod step;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use step::{Said, Seen, Stepped, Word, step};

/// Why resources changed their state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Resources appeared or went away.
    Inventory,
    /// Resources are configured otherwise, or what they depend on is.
    Configuration,
    /// Rules were added, changed or taken away.
    Rules,
    /// Failures were accepted, or are no longer.
    Waivers,
    /// Something could no longer be read, or can be again.
    Coverage,
}

impl Cause {
    /// All causes, in the order in which they are applied.
    pub const ALL: &[Self] = &[Self::Inventory, Self::Configuration, Self::Rules, Self::Waivers, Self::Coverage];

    /// The word in tables and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inventory => "inventory",
            Self::Configuration => "configuration",
            Self::Rules => "rules",
            Self::Waivers => "waivers",
            Self::Coverage => "coverage",
        }
    }
}

/// Failing and valid resources.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// In state `fail`.
    pub fail: u64,
    /// In state `pass`, `fail` or `waived`.
    pub valid: u64,
}

impl Count {
    /// `1 − fail / valid`; `None` when nothing is valid. 5 failing of 80 is 0.9375.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "numbers of resources are far below 2^53")]
    pub fn compliance(self) -> Option<f64> {
        (self.valid > 0).then(|| 1.0 - self.fail as f64 / self.valid as f64)
    }
}

impl Count {
    /// Counts one resource; one that is unknown or not judged is not valid.
    pub const fn add(&mut self, word: Option<Word>) {
        match word {
            Some(Word::Fail) => {
                self.fail += 1;
                self.valid += 1;
            }
            Some(Word::Pass | Word::Waived) => self.valid += 1,
            Some(Word::Unknown) | None => {}
        }
    }
}

/// The way from one scan to the next: the counts before it, and after each cause has come about.
/// The last of them are those of the scan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// After the scan before.
    pub before: Count,
    /// With resources that came and went.
    pub inventory: Count,
    /// And with what is configured otherwise.
    pub configuration: Count,
    /// And with the rules of this scan.
    pub rules: Count,
    /// And with its waivers.
    pub waivers: Count,
    /// And with what could be read: the counts of this scan.
    pub coverage: Count,
}

impl Step {
    /// A step on which nothing moves.
    #[must_use]
    pub const fn standing(count: Count) -> Self {
        Self { before: count, inventory: count, configuration: count, rules: count, waivers: count, coverage: count }
    }

    /// The counts once everything up to this cause has come about.
    #[must_use]
    pub const fn after(&self, cause: Cause) -> Count {
        match cause {
            Cause::Inventory => self.inventory,
            Cause::Configuration => self.configuration,
            Cause::Rules => self.rules,
            Cause::Waivers => self.waivers,
            Cause::Coverage => self.coverage,
        }
    }

    const fn after_mut(&mut self, cause: Cause) -> &mut Count {
        match cause {
            Cause::Inventory => &mut self.inventory,
            Cause::Configuration => &mut self.configuration,
            Cause::Rules => &mut self.rules,
            Cause::Waivers => &mut self.waivers,
            Cause::Coverage => &mut self.coverage,
        }
    }
}

/// Why the SLI moved between two scans: the parts sum to `to − from`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The SLI after the first scan, 0 to 1; `None` when nothing was valid.
    pub from: Option<f64>,
    /// The SLI after the last scan.
    pub to: Option<f64>,
    /// Each cause's part: above 0 the SLI rose by it.
    pub parts: BTreeMap<Cause, f64>,
    /// What moved between scans of which no step was kept.
    pub unrecorded: f64,
}

/// Adds up steps, oldest first; `None` for a scan of which no step was kept. Each comes with the
/// counts after it.
///
/// `from` are the counts that the first step begins with. Where nothing is valid the SLI is taken to
/// stay where it was, so that the parts still sum to the difference: from 0.90 over nothing at all
/// to 0.95 the way up is charged to what brought the resources back.
#[must_use]
pub fn explain(from: Count, steps: impl IntoIterator<Item = (Option<Step>, Count)>) -> Explanation {
    let mut parts: BTreeMap<Cause, f64> = Cause::ALL.iter().map(|cause| (*cause, 0.0)).collect();
    let mut unrecorded = 0.0;
    let mut end = from;
    let mut value = from.compliance();
    let moved = |value: &mut Option<f64>, to: Count| {
        let (was, is) = (*value, to.compliance().or(*value));
        *value = is;
        was.zip(is).map_or(0.0, |(was, is)| is - was)
    };
    for (step, after) in steps {
        match step {
            // A step that does not begin where the one before ended was kept by another ledger's
            // arithmetic; what lies between has no cause.
            Some(step) => {
                unrecorded += moved(&mut value, step.before);
                for cause in Cause::ALL {
                    *parts.entry(*cause).or_default() += moved(&mut value, step.after(*cause));
                }
                unrecorded += moved(&mut value, after);
            }
            None => unrecorded += moved(&mut value, after),
        }
        end = after;
    }
    Explanation { from: from.compliance(), to: end.compliance(), parts, unrecorded }
}

#[cfg(test)]
mod tests;
