//! What a change of policies means: the same, more, less, both, or not known.
//!
//! Takes two policies, or two sets of them, and gives the relation with a request that shows each
//! difference, and what was gained and lost in words. Every such request is confirmed by the
//! evaluator. A budget of steps makes it end: what could not be told is unknown, never the same.
//!
//! Two relations are told. The standalone one asks what the policies allow by themselves. The
//! compositional one asks what they allow in the company of any other policies, which is what
//! matters where a principal has several: a Deny that goes widens, though it denied nothing that
//! this policy allows. With `A` and `D` for what the Allow and the Deny statements take, a change
//! adds nothing in any company exactly when `A_new ∖ D_new ⊆ A_old` and `D_old ⊆ D_new`.

mod actions;
mod asking;
mod atoms;
mod automaton;
mod budget;
mod conditions;
mod glob;
mod permission;
mod principals;
mod readings;
mod resources;
mod search;
mod space;
mod variables;
mod witness;
mod words;

use std::cell::OnceCell;

use serde::{Deserialize, Serialize};

pub use self::budget::Budget;
use self::permission::permissions;
pub use self::permission::{Permission, Through};
use self::search::{Added, Query, Search, Verdict};
use self::space::{Index, Piece, Side, not_among};
use self::witness::Goal;
use super::{Layer, Request};
use crate::model::PolicyDocument;

/// What a policy hangs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A user, group or role.
    Identity,
    /// A bucket, key, queue or other resource.
    Resource,
    /// A role, saying who may assume it.
    Trust,
    /// A limit: service or resource control policy, permissions boundary, session policy.
    Control,
}

impl Kind {
    const fn layer(self) -> Layer {
        match self {
            Self::Identity => Layer::Identity,
            Self::Resource | Self::Trust => Layer::Resource,
            Self::Control => Layer::ServiceControl,
        }
    }
}

/// How the new policies stand to the old ones.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// They mean the same.
    Same,
    /// They allow less.
    Narrowed,
    /// They allow more.
    Widened,
    /// They allow more here and less there.
    Incomparable,
    /// They allow more; whether also less is not known, and why.
    AtLeastWidened(String),
    /// They allow less; whether also more is not known, and why.
    AtLeastNarrowed(String),
    /// Not known, and why.
    Unknown(String),
}

impl Relation {
    /// The name in texts: `widened`, `at least widened`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Narrowed => "narrowed",
            Self::Widened => "widened",
            Self::Incomparable => "incomparable",
            Self::AtLeastWidened(_) => "at least widened",
            Self::AtLeastNarrowed(_) => "at least narrowed",
            Self::Unknown(_) => "unknown",
        }
    }

    /// Why it is not known whole.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::AtLeastWidened(why) | Self::AtLeastNarrowed(why) | Self::Unknown(why) => Some(why),
            Self::Same | Self::Narrowed | Self::Widened | Self::Incomparable => None,
        }
    }

    fn of(gained: &Verdict, lost: &Verdict) -> Self {
        match (gained, lost) {
            (Verdict::Proven, Verdict::Proven) => Self::Same,
            (Verdict::Found(_), Verdict::Proven) => Self::Widened,
            (Verdict::Proven, Verdict::Found(_)) => Self::Narrowed,
            (Verdict::Found(_), Verdict::Found(_)) => Self::Incomparable,
            (Verdict::Found(_), Verdict::Open(why)) => Self::AtLeastWidened(why.clone()),
            (Verdict::Open(why), Verdict::Found(_)) => Self::AtLeastNarrowed(why.clone()),
            (Verdict::Open(why), _) | (_, Verdict::Open(why)) => Self::Unknown(why.clone()),
        }
    }
}

impl std::fmt::Display for Relation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.reason() {
            Some(why) => write!(f, "{}: {why}", self.name()),
            None => f.write_str(self.name()),
        }
    }
}

/// What a change of policies means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// In the company of any other policies; what drift reports.
    pub relation: Relation,
    /// By themselves.
    pub standalone: Relation,
    /// What the new policies allow and the old ones do not.
    pub gained: Vec<Permission>,
    /// How many more there are than [`Budget::permissions`] let in.
    pub gained_more: usize,
    /// What the old policies allow and the new ones do not.
    pub lost: Vec<Permission>,
    /// How many more there are.
    pub lost_more: usize,
    /// A request that shows the gain: allowed by the new policies and not by the old ones. Where
    /// only a Deny went that denied nothing the policies allow themselves: denied by the old ones
    /// and not by the new ones.
    pub gained_witness: Option<Request>,
    /// A request that shows the loss.
    pub lost_witness: Option<Request>,
    /// Requests that were found as differences and that the evaluator does not confirm. Always
    /// empty unless there is a fault in the comparison; they are never reported as a difference.
    pub unconfirmed: Vec<Request>,
}

/// Compares two sets of policies of one kind.
#[must_use]
pub fn compare(kind: Kind, old: &[&PolicyDocument], new: &[&PolicyDocument], budget: &Budget) -> Comparison {
    let places = |documents: &[&PolicyDocument]| {
        let statements = documents.iter().map(|document| document.statement.len()).sum();
        std::iter::repeat_with(OnceCell::new).take(statements).collect::<Vec<OnceCell<Index>>>()
    };
    let (old_places, new_places) = (places(old), places(new));
    let (old_side, new_side) = (Side::new(kind, old, &old_places), Side::new(kind, new, &new_places));
    let half = Budget { steps: budget.steps / 2, ..*budget };
    let gain = Direction::of(kind, (new, &new_side), (old, &old_side), &half);
    let loss = Direction::of(kind, (old, &old_side), (new, &new_side), &half);
    let (gained, gained_more) = permissions(&gain.added, Through::gained, budget.permissions);
    let (lost, lost_more) = permissions(&loss.added, Through::lost, budget.permissions);
    let mut unconfirmed = gain.unconfirmed;
    unconfirmed.extend(loss.unconfirmed);
    Comparison {
        relation: Relation::of(&gain.compositional, &loss.compositional),
        standalone: Relation::of(&gain.standalone, &loss.standalone),
        gained,
        gained_more,
        lost,
        lost_more,
        gained_witness: witness([gain.standalone, gain.compositional]),
        lost_witness: witness([loss.standalone, loss.compositional]),
        unconfirmed,
    }
}

fn witness(verdicts: [Verdict; 2]) -> Option<Request> {
    verdicts.into_iter().find_map(|verdict| match verdict {
        Verdict::Found(request) => Some(*request),
        Verdict::Proven | Verdict::Open(_) => None,
    })
}

/// What one side has that the other has not.
struct Direction<'p> {
    compositional: Verdict,
    standalone: Verdict,
    added: Vec<Added<'p>>,
    unconfirmed: Vec<Request>,
}

impl<'p> Direction<'p> {
    /// What `from` allows and `to` does not.
    fn of(
        kind: Kind,
        (from, ours): (&'p [&'p PolicyDocument], &Side<'p>),
        (to, theirs): (&'p [&'p PolicyDocument], &Side<'p>),
        budget: &Budget,
    ) -> Self {
        let new_allows = not_among(&ours.allow, &theirs.allow);
        let gone_denials = not_among(&theirs.deny, &ours.deny);
        let mut direction = Self {
            compositional: Verdict::Proven,
            standalone: Verdict::Proven,
            added: Vec::new(),
            unconfirmed: Vec::new(),
        };
        if new_allows.is_empty() && gone_denials.is_empty() {
            return direction;
        }
        let sides = [&ours.allow, &ours.deny, &theirs.allow, &theirs.deny];
        let everybody: Vec<Piece<'p>> = sides.into_iter().flatten().copied().collect();
        let mut search = Search::new(kind, everybody, budget);
        for allow in new_allows {
            if search.purse.left() == 0 {
                break;
            }
            let avoid = ours.deny.iter().chain(&theirs.allow).copied().collect();
            let (verdict, added) = search.run(&Query { must: vec![allow], avoid, goal: Goal::Allowed, from, to });
            direction.added.extend(added);
            direction.standalone = direction.standalone.or(verdict.clone());
            direction.compositional = direction.compositional.or(verdict);
        }
        for denial in gone_denials {
            if search.purse.left() == 0 {
                break;
            }
            let avoid = ours.deny.clone();
            let (verdict, added) = search.run(&Query { must: vec![denial], avoid, goal: Goal::NotDenied, from, to });
            direction.added.extend(added);
            if verdict != Verdict::Proven && !direction.standalone.is_found() {
                let standalone = search.denied_of(denial, ours, from, to);
                direction.standalone = direction.standalone.or(standalone);
            }
            direction.compositional = direction.compositional.or(verdict);
        }
        if search.purse.left() == 0 {
            let open = Verdict::Open(search::SPENT.to_owned());
            direction.standalone = direction.standalone.or(open.clone());
            direction.compositional = direction.compositional.or(open);
        }
        direction.unconfirmed = search.unconfirmed;
        direction
    }
}

impl<'p> Search<'p> {
    /// Whether a Deny that went takes something that our own Allows take.
    fn denied_of(
        &mut self,
        denial: Piece<'p>,
        ours: &Side<'p>,
        from: &'p [&'p PolicyDocument],
        to: &'p [&'p PolicyDocument],
    ) -> Verdict {
        let mut verdict = Verdict::Proven;
        for allow in &ours.allow {
            let avoid = ours.deny.clone();
            let query = Query { must: vec![denial, *allow], avoid, goal: Goal::AllowedNotDenied, from, to };
            verdict = verdict.or(self.run(&query).0);
            if verdict.is_found() || self.purse.left() == 0 {
                break;
            }
        }
        verdict
    }
}

#[cfg(test)]
mod budget_tests;
#[cfg(test)]
mod law_tests;
#[cfg(test)]
mod tests;
