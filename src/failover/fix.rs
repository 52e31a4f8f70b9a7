//! The smallest change after which a step goes through.
//!
//! Changes are proposed by [`super::change`] for the layer that denies and tried on the policies
//! as they were read, until nothing denies any more: a trust policy in one account and an identity
//! policy in another are two changes. A set of changes that does not end in the step going through
//! is not told.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::change::{self, Change};
use super::ground::Ground;
use super::opinion::{self, Opinion};
use super::step::Step;
use crate::model::{Fix, PolicyDocument};
use crate::policy::{Applied, Decision, Denial, LayerPolicies, Need, Policies, Request, evaluate};

/// More changes than this for one step are no fix but a new design.
const MOST_CHANGES: usize = 6;

/// Policies as they would be after some changes.
#[derive(Default, Clone)]
pub(super) struct Edits {
    documents: BTreeMap<String, PolicyDocument>,
    fixes: Vec<Fix>,
}

/// The changes after which a step goes through as far as its policies were read; none when they
/// were not found.
pub(super) fn of(step: &Step, ground: &Ground<'_>) -> Vec<Fix> {
    let mut edits = Edits::default();
    for _ in 0..=MOST_CHANGES {
        match opinion::of(step, ground, &edits, &mut std::collections::BTreeSet::new()) {
            Opinion::Allowed => return edits.fixes,
            Opinion::Open(needs) if needs.iter().all(|need| matches!(need, Need::Policy(_))) => return edits.fixes,
            Opinion::Open(_) => return Vec::new(),
            Opinion::Denied(_) => match next(step, ground, &edits) {
                Some(next) => edits = next,
                None => return Vec::new(),
            },
        }
    }
    Vec::new()
}

/// One more change: the first that the denying layer does not deny after any more.
fn next(step: &Step, ground: &Ground<'_>, edits: &Edits) -> Option<Edits> {
    for request in &step.requests {
        let (request, policies) = opinion::asked(step, request, ground);
        let now = edits.applied(&policies, &request);
        let Decision::Deny(denial) = evaluate(&request, &now).decision else { continue };
        let proposals = change::proposals(step, &request, &now, &denial);
        return proposals.into_iter().map(|changes| edits.with(step, changes)).find(|edits| {
            let then = evaluate(&request, &edits.applied(&policies, &request)).decision;
            !denied_alike(&then, &denial) && !opens(&then)
        });
    }
    None
}

fn denied_alike(decision: &Decision, before: &Denial) -> bool {
    match decision {
        Decision::Deny(denial) => denial.layer == before.layer && denial.statement == before.statement,
        Decision::Allow | Decision::Depends(_) => false,
    }
}

/// Whether a change leaves it to a condition key.
fn opens(decision: &Decision) -> bool {
    let Decision::Depends(needs) = decision else { return false };
    needs.iter().any(|need| matches!(need, Need::Key(_)))
}

impl Edits {
    fn with(&self, step: &Step, changes: Vec<Change>) -> Self {
        let mut edits = self.clone();
        for change in changes {
            edits.fixes.push(Fix {
                policy: change.policy.clone(),
                change: change.words,
                statement: change::written(&change.statement, step),
            });
            edits.documents.insert(change.policy, change.document);
        }
        edits
    }

    /// The policies of a request with the changes in them.
    pub(super) fn applied<'p>(&'p self, policies: &'p Policies<'_>, request: &Request) -> Policies<'p> {
        let layer = |layer: &'p LayerPolicies<'_>| self.layer(layer);
        let mut changed = Policies {
            identity: self.layer(&policies.identity),
            boundary: policies.boundary.as_ref().map(layer),
            session: policies.session.as_ref().map(layer),
            service_control: policies.service_control.iter().map(layer).collect(),
            resource_control: policies.resource_control.iter().map(layer).collect(),
            resource: policies.resource.as_ref().map(layer),
        };
        // A policy that the changes add to whoever asks.
        let added = request.principal.arn().map(|arn| change::new_inline_policy(&arn));
        if let Some((name, document)) = added.and_then(|name| self.documents.get_key_value(&name)) {
            changed.identity.policies.push(Applied { name: Cow::Borrowed(name), document });
        }
        changed
    }

    fn layer<'p>(&'p self, layer: &'p LayerPolicies<'_>) -> LayerPolicies<'p> {
        let applied = |applied: &'p Applied<'_>| Applied {
            name: Cow::Borrowed(applied.name.as_ref()),
            document: self.documents.get(applied.name.as_ref()).unwrap_or(applied.document),
        };
        LayerPolicies { policies: layer.policies.iter().map(applied).collect(), unread: layer.unread.clone() }
    }
}
