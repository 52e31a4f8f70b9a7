//! What a change of policies means: which way access moved, what was gained and lost, and what
//! proves it.
//!
//! The same documents are compared once in one comparison of snapshots, however many resources
//! carry them.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use crate::model::{Direction, FieldChange, PolicyDocument, Witness, WitnessRequest};
use crate::policy::{KeyValue, Request};

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
    pub(super) fn tell(&self, field: &mut FieldChange) {
        field.direction = self.direction;
        field.same_meaning = self.same;
        field.gained.clone_from(&self.gained);
        field.lost.clone_from(&self.lost);
        field.gained_witness = self.gained_witness.as_ref().map(witness);
        field.lost_witness = self.lost_witness.as_ref().map(witness);
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
        let meaning = Rc::new(if key.1 == key.2 { Meaning::same() } else { compare(place, old, new) });
        self.known.insert(key, Rc::clone(&meaning));
        meaning
    }
}

/// Labels have no meaning, and nor has the order of statements.
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

fn compare(_place: Place, _old: &[&PolicyDocument], _new: &[&PolicyDocument]) -> Meaning {
    Meaning::unknown("policies are not compared by meaning")
}

/// A request as people write it down.
pub(super) fn witness(request: &Request) -> Witness {
    let value = |value: &KeyValue| match value {
        KeyValue::Known(values) => Some(values.join(", ")),
        KeyValue::Present => Some("any value".to_owned()),
        KeyValue::Absent | KeyValue::Unknown => None,
    };
    let context = request.context.keys.iter().filter_map(|(key, is)| Some((key.clone(), value(is)?)));
    Witness::Request(WitnessRequest {
        principal: request.principal.to_string(),
        action: request.action.clone(),
        resource: request.resource.clone(),
        context: context.collect(),
    })
}
