//! Policy documents as far as they are known, and in words what of them is not.
//!
//! A statement of which a part is unknown neither allows nor denies anything for certain. It is
//! made inert in a copy, so that the others keep their index, and stands in the words.

use std::borrow::Cow;

use crate::model::{Gap, Pointer, PolicyDocument, Resource, Statement};
use crate::policy::{Applied, LayerPolicies};

/// The policies of one layer, kept with the index.
#[derive(Debug, Clone, Default)]
pub(super) struct Held<'a> {
    pub(super) policies: Vec<HeldPolicy<'a>>,
    pub(super) unread: Vec<String>,
}

/// One policy and its name: a managed policy's ARN, or the place of the document as
/// `<resource id>#<pointer>`.
#[derive(Debug, Clone)]
pub(super) struct HeldPolicy<'a> {
    pub(super) name: String,
    pub(super) document: Cow<'a, PolicyDocument>,
}

impl<'a> Held<'a> {
    /// A layer of which nothing could be read.
    pub(super) fn unread(why: impl Into<String>) -> Self {
        Self { policies: Vec::new(), unread: vec![why.into()] }
    }

    /// As the evaluator takes it.
    pub(super) fn applied(&self) -> LayerPolicies<'_> {
        LayerPolicies {
            policies: self
                .policies
                .iter()
                .map(|policy| Applied { name: Cow::Borrowed(&policy.name), document: &policy.document })
                .collect(),
            unread: self.unread.clone(),
        }
    }

    /// Adds a document that stands nowhere in the snapshot.
    pub(super) fn add_own(&mut self, name: String, document: PolicyDocument) {
        self.policies.push(HeldPolicy { name, document: Cow::Owned(document) });
    }

    /// Adds what is known of a document, and in words what is not.
    pub(super) fn add(
        &mut self,
        source: &Source<'a>,
        name: String,
        document: Option<&'a PolicyDocument>,
        at: &Pointer,
    ) {
        if let Some(why) = source.stale() {
            self.unread.push(why);
            return;
        }
        let unknown: Vec<&Pointer> = source.resource.unknown.iter().filter(|place| place.overlaps(at)).collect();
        let whole = unknown.iter().find(|place| place.covers(at) || *place == &&at.child("Version"));
        if let Some(place) = whole {
            self.unread.push(source.why(place));
            return;
        }
        let Some(document) = document else { return };
        let document =
            if unknown.is_empty() { Cow::Borrowed(document) } else { Cow::Owned(self.trim(source, document, at)) };
        self.policies.push(HeldPolicy { name, document });
    }

    fn trim(&mut self, source: &Source<'a>, document: &PolicyDocument, at: &Pointer) -> PolicyDocument {
        let list = at.child("Statement");
        let mut trimmed = document.clone();
        for place in source.resource.unknown.iter().filter(|place| place.overlaps(at)) {
            let index = (0..document.statement.len()).find(|index| list.child(index).covers(place));
            let at_label = index.is_some_and(|index| list.child(index).child("Sid").covers(place));
            if at_label || at.child("Id").covers(place) {
                continue;
            }
            if let Some(index) = index {
                trimmed.statement[index] = inert(&document.statement[index]);
            }
            self.unread.push(source.why(place));
        }
        trimmed
    }
}

/// A statement that takes no request.
fn inert(statement: &Statement) -> Statement {
    Statement {
        effect: statement.effect.clone(),
        action: Some(Vec::new()),
        resource: Some(Vec::new()),
        sid: statement.sid.clone(),
        ..Statement::default()
    }
}

/// A resource that carries policies, with the gaps that are about it.
#[derive(Debug, Clone)]
pub(super) struct Source<'a> {
    pub(super) resource: &'a Resource,
    pub(super) gaps: Vec<&'a Gap>,
}

impl Source<'_> {
    /// Why a place is not known, in words.
    pub(super) fn why(&self, place: &Pointer) -> String {
        let about = |gap: &&&Gap| gap.places.iter().any(|at| at.overlaps(place));
        match (self.gaps.iter().find(about), self.resource.origin.unknown_because.get(place)) {
            (Some(gap), _) => {
                format!("{}#{place} was not read ({}: {})", self.resource.id, gap.operation, gap.reason.name())
            }
            (None, Some(because)) => format!("{}#{place} is not known: {because}", self.resource.id),
            (None, None) => format!("{}#{place} is not known", self.resource.id),
        }
    }

    /// Why nothing of the resource counts: the last attempt to list it failed.
    pub(super) fn stale(&self) -> Option<String> {
        let since = self.resource.stale_since?;
        Some(format!("{} could not be listed again since {since}", self.resource.id))
    }

    /// Why a value is not known, when it is not.
    pub(super) fn unknown_place(&self, at: &Pointer) -> Option<String> {
        self.resource.unknown.iter().find(|place| place.overlaps(at)).map(|place| self.why(place))
    }

    /// Why elements of a list may be missing: unknown places that are no part of a known element.
    pub(super) fn why_partial(&self, list: &Pointer, known: usize) -> impl Iterator<Item = String> + '_ {
        let list = list.clone();
        let below =
            move |place: &Pointer| (0..known).any(|index| list.child(index).covers(place)) || !list.overlaps(place);
        self.resource.unknown.iter().filter(move |place| !below(place)).map(|place| self.why(place))
    }

    /// Whether an element of a list is unknown by itself.
    pub(super) fn unknown_element(&self, list: &Pointer, index: usize) -> Option<String> {
        let at = list.child(index);
        self.resource.unknown.iter().find(|place| place.covers(&at)).map(|place| self.why(place))
    }
}
