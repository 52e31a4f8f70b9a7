//! What a change of policies means: which way access moved, what was gained and lost, and what
//! proves it.
//!
//! The same documents are compared once in one comparison of snapshots, however many resources
//! carry them.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::proof::Proof;
use crate::model::{Direction, FieldChange, PolicyDocument};
use crate::policy::{Budget, Comparison, Kind, Permission, Relation, Request, compare};

/// What a policy is, which decides how its statements count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Place {
    /// Of a user, group or role, or a managed policy.
    Identity,
    /// Of a bucket or access point.
    Resource,
    /// Of a role: who may assume it.
    Trust,
    /// A permissions boundary.
    Boundary,
}

/// What a change of policies means.
#[derive(Debug, Clone)]
pub(super) struct Meaning {
    pub(super) direction: Direction,
    pub(super) same: bool,
    pub(super) gained: Vec<String>,
    pub(super) lost: Vec<String>,
    pub(super) gained_witness: Option<Request>,
    pub(super) lost_witness: Option<Request>,
    pub(super) reason: Option<String>,
}

impl Meaning {
    const fn of(direction: Direction) -> Self {
        Self {
            direction,
            same: false,
            gained: Vec::new(),
            lost: Vec::new(),
            gained_witness: None,
            lost_witness: None,
            reason: None,
        }
    }

    /// The same in other words.
    fn same() -> Self {
        Self { same: true, ..Self::of(Direction::Neutral) }
    }

    /// Not determined, and why.
    pub(super) fn unknown(reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..Self::of(Direction::Unknown) }
    }

    /// Says so of a changed attribute.
    pub(super) fn tell(&self, field: &mut FieldChange, proof: &Proof<'_>) {
        field.direction = self.direction;
        field.same_meaning = self.same;
        field.gained.clone_from(&self.gained);
        field.lost.clone_from(&self.lost);
        field.gained_witness = self.gained_witness.as_ref().map(|request| proof.witness(request));
        field.lost_witness = self.lost_witness.as_ref().map(|request| proof.witness(request));
        field.reason.clone_from(&self.reason);
    }
}

/// What is known of pairs of sets of policies.
#[derive(Default)]
pub(super) struct Meanings {
    known: HashMap<(Place, Digests, Digests), Rc<Meaning>>,
}

/// The digests of a set of documents.
type Digests = BTreeSet<[u8; 32]>;

impl Meanings {
    /// What it means that the one set of documents took the place of the other, beside what is
    /// kept. A redundant document changes nothing.
    pub(super) fn beside(
        &mut self,
        place: Place,
        kept: &[&PolicyDocument],
        gone: &[&PolicyDocument],
        come: &[&PolicyDocument],
    ) -> Rc<Meaning> {
        // Most often the same change is made to many principals that hold different policies.
        let alone = self.of(place, gone, come);
        if kept.is_empty() || alone.same {
            return alone;
        }
        self.of(place, &[kept, gone].concat(), &[kept, come].concat())
    }

    /// What it means that the one set of documents took the place of the other.
    pub(super) fn of(&mut self, place: Place, old: &[&PolicyDocument], new: &[&PolicyDocument]) -> Rc<Meaning> {
        let key = (place, digests(old), digests(new));
        if let Some(known) = self.known.get(&key) {
            return Rc::clone(known);
        }
        let meaning = Rc::new(if key.1 == key.2 { Meaning::same() } else { self.compare(place, old, new) });
        self.known.insert(key, Rc::clone(&meaning));
        meaning
    }

    fn compare(&self, place: Place, old: &[&PolicyDocument], new: &[&PolicyDocument]) -> Meaning {
        Meaning::from(compare(place.kind(), old, new, &budget(self.known.len())))
    }
}

/// Labels have no meaning, nor has the order of statements.
fn digests(documents: &[&PolicyDocument]) -> Digests {
    let digest = |document: &&PolicyDocument| {
        let mut bare = (*document).clone();
        bare.id = None;
        bare.statement.iter_mut().for_each(|statement| statement.sid = None);
        bare.statement.sort();
        bare.statement.dedup();
        *blake3::hash(serde_json::to_string(&bare).unwrap_or_default().as_bytes()).as_bytes()
    };
    documents.iter().map(digest).collect()
}

/// How many comparisons of one scan may use a whole budget. A change of many policies at once is
/// of one kind, most often a new name in each; those that are hard are few.
const UNHURRIED: usize = 64;

/// What a comparison may use after that: some milliseconds.
const HURRIED: u64 = 100_000;

fn budget(made: usize) -> Budget {
    let whole = Budget::default();
    if made < UNHURRIED { whole } else { Budget { steps: whole.steps.min(HURRIED), ..whole } }
}

impl Place {
    const fn kind(self) -> Kind {
        match self {
            Self::Identity => Kind::Identity,
            Self::Resource => Kind::Resource,
            Self::Trust => Kind::Trust,
            Self::Boundary => Kind::Control,
        }
    }
}

impl From<Comparison> for Meaning {
    fn from(comparison: Comparison) -> Self {
        let reason = comparison.relation.reason().map(str::to_owned);
        let direction = match comparison.relation {
            Relation::Same => return Self::same(),
            // Whether it widened as well is not known of what surely narrowed.
            Relation::AtLeastNarrowed(_) | Relation::Unknown(_) => Direction::Unknown,
            Relation::Widened | Relation::AtLeastWidened(_) => Direction::Widened,
            Relation::Narrowed => Direction::Narrowed,
            Relation::Incomparable => Direction::Both,
        };
        Self {
            reason,
            gained: in_words(&comparison.gained, comparison.gained_more),
            lost: in_words(&comparison.lost, comparison.lost_more),
            gained_witness: comparison.gained_witness,
            lost_witness: comparison.lost_witness,
            ..Self::of(direction)
        }
    }
}

fn in_words(permissions: &[Permission], more: usize) -> Vec<String> {
    let words = permissions.iter().map(ToString::to_string);
    words.chain((more > 0).then(|| format!("and {more} more"))).collect()
}
