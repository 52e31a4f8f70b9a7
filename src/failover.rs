//! Failover paths: whether what must work when a region is degraded would work, before it is.
//!
//! Takes a declared path and the snapshot it is part of, and gives the facts that rules judge:
//! which step does not go through, who denies it and the smallest change after which it would;
//! what the end of the path may do although it must not; what the path leans on that may be gone
//! with the region. Every step is a request to [`crate::policy::evaluate`] against the policies
//! that [`Access`] gathers. What was not read leaves a step undecided, never allowed.

mod bounds;
mod breaks;
mod change;
mod fix;
mod ground;
mod opinion;
mod region;
mod stability;
mod step;

use std::collections::BTreeSet;

pub use breaks::annotate;
pub use ground::Ground;

use crate::model::{Blocked, Fact, FailoverFacts, FailoverPath, Pointer, Resource};
use crate::policy::Layer;
use fix::Edits;
use opinion::Opinion;
use step::{Step, Walk};

/// Everything that follows from one declared path.
#[must_use]
pub fn facts(path: &FailoverPath, ground: &Ground<'_>) -> FailoverFacts {
    let walk = Walk::of(path, ground);
    let mut evidence = BTreeSet::new();
    let blocked = blocked(path, &walk, ground, &mut evidence);
    let exceeded = bounds::exceeded(path, &walk, ground, &mut evidence);
    let pinned = region::pinned(path, &walk, ground, &mut evidence);
    FailoverFacts {
        blocked,
        exceeded,
        unstable: stability::unstable(path, &walk, ground),
        short_sessions: stability::short_sessions(path, ground),
        pinned,
        evidence: Fact::known(evidence.into_iter().collect(), Vec::new()),
    }
}

/// The steps that are denied, with the steps that are undecided as what the rest waits for.
fn blocked(
    path: &FailoverPath,
    walk: &Walk,
    ground: &Ground<'_>,
    evidence: &mut BTreeSet<String>,
) -> Fact<Vec<Blocked>> {
    let mut found = Vec::new();
    let mut waits_for = Vec::new();
    let home = region::Home::of(path, ground);
    for (index, step) in walk.steps.iter().enumerate() {
        if let Some(missing) = &step.missing {
            match missing {
                step::Missing::Gone(reason) => {
                    found.push(Blocked { layer: "account".to_owned(), reason: reason.clone(), ..declared(step) });
                }
                step::Missing::Unseen(reason) => waits_for.push(reason.clone()),
            }
            continue;
        }
        match opinion::of(step, ground, &Edits::default(), evidence) {
            Opinion::Allowed => {}
            Opinion::Open(needs) => waits_for.extend(needs.iter().map(|need| opinion::in_words(step, need))),
            Opinion::Denied(denial) => {
                let at_home = home.works(index, ground);
                found.push(Blocked {
                    layer: layer_of(denial.layer, step).to_owned(),
                    statement: denial.statement.as_ref().map(opinion::statement_in_words),
                    reason: denial.reason.clone(),
                    works_at_home: at_home,
                    fix: fix::of(step, ground),
                    ..declared(step)
                });
            }
        }
    }
    let because: BTreeSet<Pointer> = found.iter().map(|blocked: &Blocked| blocked.because.clone()).collect();
    Fact::partial(found, because.into_iter().collect(), waits_for)
}

/// What is known of a blocked step by its declaration alone.
fn declared(step: &Step) -> Blocked {
    Blocked {
        step: step.name.clone(),
        action: step.action.clone(),
        resource: step.resource.clone(),
        region: step.region.clone(),
        layer: String::new(),
        statement: None,
        reason: String::new(),
        works_at_home: None,
        fix: Vec::new(),
        because: step.place.clone(),
    }
}

/// The name of a layer; a role's resource policy is its trust policy.
const fn layer_of(layer: Layer, step: &Step) -> &'static str {
    match layer {
        Layer::Resource if step.is_hop => "trust policy",
        other => other.name(),
    }
}

/// Whether a resource is a path, and its declaration.
pub(crate) fn path_of(resource: &Resource) -> Option<&FailoverPath> {
    match &resource.configuration {
        crate::model::Configuration::FailoverPath(path) => Some(path),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
