//! The evaluations before a change beside those after it.
//!
//! The two belong together by Terraform address, because a resource that is replaced or created
//! has another ARN, or none yet; resources without an address by their id.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::{Denial, Evaluation, Resource, ResourceKey, RuleId, Verdict};

use super::cause::{Causes, Lookup, UnknownCause};
use super::exposure::is_of_the_plan;
use super::worse::is_worse;
use super::{Failures, GateFinding, Request, Side};

/// What a plan does to one rule of one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Fails after the plan, and did not before.
    NewFailure,
    /// Failed before, and fails for more reasons after the plan.
    Worse,
    /// Not known for certain, but fails unless something outside the plan prevents it, and did not
    /// before.
    Exposed,
    /// Not known until the plan is applied: neither pass nor fail.
    Unknown,
    /// Failed before, and fails after.
    StillFailing,
    /// Fails, and that was accepted.
    Waived,
    /// Failed before, and passes after.
    Fixed,
    /// Failed before, and the resource is deleted.
    Deleted,
}

impl Effect {
    /// All effects, the worst first.
    pub const ALL: &[Self] = &[
        Self::NewFailure,
        Self::Worse,
        Self::Exposed,
        Self::Unknown,
        Self::StillFailing,
        Self::Waived,
        Self::Fixed,
        Self::Deleted,
    ];

    /// The words in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NewFailure => "new failure",
            Self::Worse => "worse",
            Self::Exposed => "exposed",
            Self::Unknown => "unknown",
            Self::StillFailing => "still failing",
            Self::Waived => "waived",
            Self::Fixed => "fixed",
            Self::Deleted => "deleted",
        }
    }
}

/// A resource's place in the plan: type and address, or type and id.
type Identity<'a> = (&'static str, &'a str);

/// A rule on a resource.
type Place<'a> = (Identity<'a>, &'a RuleId);

/// One side, by resource and rule.
struct Judged<'a> {
    resources: BTreeMap<ResourceKey, &'a Resource>,
    by_identity: BTreeMap<Identity<'a>, &'a Resource>,
    lookup: Lookup<'a>,
    evaluations: BTreeMap<Place<'a>, &'a Evaluation>,
    exposed: BTreeMap<Place<'a>, &'a Evaluation>,
}

impl<'a> Judged<'a> {
    fn of(side: Side<'a>, changed: &'a BTreeMap<String, Vec<String>>) -> Self {
        let resources: BTreeMap<ResourceKey, &Resource> =
            side.resources.iter().map(|resource| (ResourceKey::from(resource), resource)).collect();
        let by_place = |evaluations: &'a [Evaluation]| {
            evaluations
                .iter()
                .map(|evaluation| {
                    let identity = identity(resources.get(&evaluation.resource).copied(), &evaluation.resource);
                    ((identity, &evaluation.rule), evaluation)
                })
                .collect()
        };
        let (evaluations, exposed) = (by_place(side.evaluations), by_place(side.exposed));
        let by_identity = side.resources.iter().map(|resource| (identity_of(resource), resource)).collect();
        Self { resources, by_identity, lookup: Lookup::of(side.resources, changed), evaluations, exposed }
    }

    fn resource(&self, evaluation: &Evaluation) -> Option<&'a Resource> {
        self.resources.get(&evaluation.resource).copied()
    }

    /// What fails there, for certain or unless something outside prevents it.
    fn failing(&self, place: &Place<'_>) -> Option<&'a [Denial]> {
        [&self.evaluations, &self.exposed].into_iter().find_map(|all| match &all.get(place)?.verdict {
            Verdict::Fail { denials, .. } => Some(denials.as_slice()),
            _ => None,
        })
    }
}

fn identity<'a>(resource: Option<&'a Resource>, key: &'a ResourceKey) -> Identity<'a> {
    let address = resource.and_then(|resource| resource.origin.terraform_address.as_deref());
    (key.resource_type.name(), address.unwrap_or_else(|| key.id.as_str()))
}

fn identity_of(resource: &Resource) -> Identity<'_> {
    let address = resource.origin.terraform_address.as_deref();
    (resource.resource_type.name(), address.unwrap_or_else(|| resource.id.as_str()))
}
/// What comparing the sides gives.
pub(super) struct Compared {
    /// What the plan does to each rule of each resource; what passes before and after is left out.
    pub(super) findings: Vec<GateFinding>,
    /// What the unknown evaluations after the plan wait for.
    pub(super) causes: Vec<UnknownCause>,
    /// Whether anything that is judged changes.
    pub(super) changes: bool,
}

/// Compares the two sides, rule by rule and resource by resource.
pub(super) fn compare(request: &Request<'_>) -> Compared {
    let before = Judged::of(request.before, request.changed);
    let after = Judged::of(request.after, request.changed);
    let (mut findings, mut causes, mut changes) = (Vec::new(), Causes::default(), false);
    for (place, evaluation) in &after.evaluations {
        let earlier = before.evaluations.get(place).map(|earlier| &earlier.verdict);
        let touched = earlier != Some(&evaluation.verdict) || touches(request, &before, &after, place.0);
        changes |= touched;
        let was = Earlier { request, before: &before, after: &after, place };
        let asked_for = was.asked_for();
        let effect = was.effect(earlier, &evaluation.verdict).or(asked_for.is_some().then_some(Effect::Exposed));
        let Some(effect) = effect else { continue };
        let mut finding = finding(request, &after, place.0, evaluation, effect, earlier);
        finding.denials.extend(asked_for.filter(|_| effect == Effect::Exposed).into_iter().flatten());
        finding.touched = touched;
        if let Verdict::Unknown { causes: waits_for } = &evaluation.verdict {
            causes.add(&after.lookup, after.resource(evaluation), &evaluation.resource, waits_for);
        }
        if let (Effect::Unknown, Some(denials)) = (effect, after.failing(place)) {
            let resource = after.resource(evaluation);
            let denials: Vec<Denial> =
                denials.iter().filter(|denial| is_of_the_plan(resource, denial)).cloned().collect();
            if !denials.is_empty() && was.is_news(&denials) {
                finding.effect = Effect::Exposed;
                finding.denials = denials;
            }
        }
        findings.push(finding);
    }
    for (place, evaluation) in &before.evaluations {
        if after.evaluations.contains_key(place) {
            continue;
        }
        changes = true;
        if matches!(evaluation.verdict, Verdict::Fail { .. }) {
            findings.push(finding(request, &before, place.0, evaluation, Effect::Deleted, Some(&evaluation.verdict)));
        }
    }
    Compared { findings, causes: causes.sorted(), changes }
}

/// What is said of it besides: applying the plan fails, until somebody takes away what is in its way.
const REFUSED: &str = ", which for now only AWS refuses";

/// One rule on one resource, on both sides.
struct Earlier<'a, 'b> {
    request: &'b Request<'a>,
    before: &'b Judged<'a>,
    after: &'b Judged<'a>,
    place: &'b Place<'a>,
}

impl Earlier<'_, '_> {
    fn effect(&self, before: Option<&Verdict>, after: &Verdict) -> Option<Effect> {
        match (before, after) {
            (Some(Verdict::Fail { denials: old, .. }), Verdict::Fail { denials: new, .. }) => {
                Some(if self.is_worse(old, new) { Effect::Worse } else { Effect::StillFailing })
            }
            (_, Verdict::Fail { .. }) => Some(Effect::NewFailure),
            (_, Verdict::Unknown { .. }) => Some(Effect::Unknown),
            (_, Verdict::Waived { .. }) => Some(Effect::Waived),
            (Some(Verdict::Fail { .. }), Verdict::Pass) => Some(Effect::Fixed),
            (_, Verdict::Pass) => None,
        }
    }

    fn is_worse(&self, old: &[Denial], new: &[Denial]) -> bool {
        let identity = &self.place.0;
        let change = match (self.before.by_identity.get(identity), self.after.by_identity.get(identity)) {
            (Some(before), Some(after)) => self.request.moved.0(before, after),
            _ => None,
        };
        is_worse(old, new, change.as_ref())
    }

    /// Whether what will fail unless something outside the plan prevents it counts: it did not
    /// before, or not as much, or the old ones count too.
    fn is_news(&self, denials: &[Denial]) -> bool {
        let before = self.before.failing(self.place);
        self.request.policy.failures == Failures::All || before.is_none_or(|old| self.is_worse(old, denials))
    }

    /// What passes only because AWS refuses what the plan asks for, and would otherwise newly fail.
    fn asked_for(&self) -> Option<Vec<Denial>> {
        let (Verdict::Fail { denials, .. }, Verdict::Pass) =
            (&self.after.exposed.get(self.place)?.verdict, &self.after.evaluations.get(self.place)?.verdict)
        else {
            return None;
        };
        let resource = self.after.by_identity.get(&self.place.0).copied();
        let mut denials: Vec<Denial> =
            denials.iter().filter(|denial| is_of_the_plan(resource, denial)).cloned().collect();
        if denials.is_empty() || !self.is_news(&denials) {
            return None;
        }
        for denial in &mut denials {
            denial.message.push_str(REFUSED);
        }
        Some(denials)
    }
}

/// Whether the plan changes a resource: itself, or its document by what belongs to it, such as the
/// policy of a bucket.
fn touches(request: &Request<'_>, before: &Judged<'_>, after: &Judged<'_>, identity: Identity<'_>) -> bool {
    if request.changed.contains_key(identity.1) {
        return true;
    }
    match (before.by_identity.get(&identity), after.by_identity.get(&identity)) {
        (Some(before), Some(after)) => {
            before.configuration != after.configuration
                || before.tags != after.tags
                || before.unknown != after.unknown
                // What was set outside Terraform and is now known after apply is unknown on both sides.
                || before.origin.unknown_because != after.origin.unknown_because
        }
        _ => true,
    }
}

fn finding(
    request: &Request<'_>,
    side: &Judged<'_>,
    (_, address): Identity<'_>,
    evaluation: &Evaluation,
    effect: Effect,
    earlier: Option<&Verdict>,
) -> GateFinding {
    let resource = side.resource(evaluation);
    let shown = if effect == Effect::Fixed { earlier.unwrap_or(&evaluation.verdict) } else { &evaluation.verdict };
    let (denials, waived) = match shown {
        Verdict::Fail { denials, .. } => (denials.clone(), None),
        Verdict::Waived { denials, reason, .. } => (denials.clone(), Some(reason.clone())),
        Verdict::Pass | Verdict::Unknown { .. } => (Vec::<Denial>::new(), None),
    };
    let waits_for = match shown {
        Verdict::Unknown { causes } => causes.iter().map(|cause| side.lookup.explain(resource, cause)).collect(),
        _ => Vec::new(),
    };
    GateFinding {
        effect,
        denies: false,
        rule: evaluation.rule.clone(),
        severity: evaluation.severity,
        resource_type: evaluation.resource.resource_type,
        address: address.to_owned(),
        name: resource.map_or_else(|| evaluation.resource.id.to_string(), |resource| resource.name.clone()),
        resource: evaluation.resource.clone(),
        actions: actions(request, address),
        touched: true,
        denials,
        waits_for,
        waived,
    }
}

fn actions(request: &Request<'_>, address: &str) -> Vec<String> {
    request.changed.get(address).cloned().unwrap_or_default()
}
