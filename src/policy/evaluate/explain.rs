//! The reasons of a decision, in words.

use std::collections::BTreeSet;

use super::combine::{Caller, Case, Layers, Way};
use super::layer::{Hit, Said};
use super::near;
use crate::policy::{Answer, Decision, Denial, Layer, LayerAnswer, Need, Says, Truth};

/// The answer to a request that no policy can deny.
pub(super) fn always_allowed() -> Answer {
    let reason = "sts:GetCallerIdentity needs no permission and cannot be denied";
    Answer { decision: Decision::Allow, layers: ORDER.map(|layer| not_asked(layer, reason.to_owned())).into() }
}

const ORDER: [Layer; 6] =
    [Layer::ResourceControl, Layer::ServiceControl, Layer::Resource, Layer::Identity, Layer::Boundary, Layer::Session];

/// Why a request is denied: the first explicit deny in AWS's order, else the first layer that had
/// to allow and does not.
pub(super) fn denial(case: &Case<'_>, layers: &Layers<'_>) -> Denial {
    let of =
        |layer: Layer| said(layers, layer).into_iter().filter(|said| said.deny == Truth::Yes).find_map(Said::denial);
    if let Some((layer, hit)) = ORDER.into_iter().find_map(|layer| Some((layer, of(layer)?))) {
        let reason = format!("{} denies {}", near::name(hit), what(case));
        return Denial { layer, statement: Some(hit.place()), reason };
    }
    let (layer, reason) = missing(case, layers);
    let said = said(layers, layer).into_iter().filter(|said| said.allow() == Truth::No);
    let reason = match near::missed(said, case.asked(layers.boundary.is_some())) {
        Some(missed) => format!("{reason}; {missed}"),
        None => reason,
    };
    Denial { layer, statement: None, reason }
}

/// The layer that had to allow and does not.
fn missing(case: &Case<'_>, layers: &Layers<'_>) -> (Layer, String) {
    let levels = layers.service_control.len();
    if let Some(level) = layers.service_control.iter().position(|level| level.allow() == Truth::No) {
        let at = format!("level {} of {levels}, counted from the root", level + 1);
        return (Layer::ServiceControl, format!("no service control policy at {at}, allows {}", what(case)));
    }
    let principal = &case.request.principal;
    if case.crosses_partitions() {
        return (Layer::Resource, format!("{principal} and {} are in different partitions", case.request.resource));
    }
    if case.cannot_ask() {
        let who = if case.caller == Caller::Root { "the root user of an account" } else { "an unsigned request" };
        return (Layer::Identity, format!("{who} cannot assume a role"));
    }
    if case.way != Way::Either && layers.by_resource() == Truth::No {
        return (Layer::Resource, resource_is_silent(case, layers));
    }
    let to_role = layers.resource.as_ref().is_some_and(|said| said.to_role != Truth::No) && case.way != Way::Both;
    if layers.by_identity() == Truth::No && !to_role {
        let and = if case.way == Way::Either { ", and no resource policy lets it in by name" } else { "" };
        return (Layer::Identity, format!("no identity policy of {principal} allows {}{and}", what(case)));
    }
    if layers.within_boundary() == Truth::No {
        return (Layer::Boundary, format!("the permissions boundary of {principal} does not allow {}", what(case)));
    }
    if layers.session.is_none() {
        let reason = format!("{principal} was made without a session policy, and so may do nothing of its own");
        return (Layer::Session, reason);
    }
    (Layer::Session, format!("no session policy of {principal} allows {}", what(case)))
}

fn resource_is_silent(case: &Case<'_>, layers: &Layers<'_>) -> String {
    let request = case.request;
    let policy = match case.action.split_once(':') {
        Some(("sts", _)) => "trust policy",
        Some(("kms", _)) => "key policy",
        _ => "resource policy",
    };
    let why = match case.way {
        Way::Both => ", which belongs to another account",
        Way::ByResource => ", which is needed also within the account",
        Way::ResourceAlone | Way::Either => "",
    };
    match layers.resource {
        Some(_) => format!(
            "the {policy} of {} does not let {} do {}{why}",
            request.resource, request.principal, request.action
        ),
        None => {
            format!("{} has no {policy}{why}, so {} may not {}", request.resource, request.principal, request.action)
        }
    }
}

fn what(case: &Case<'_>) -> String {
    format!("{} on {}", case.request.action, case.request.resource)
}

fn said<'b, 'a>(layers: &'b Layers<'a>, layer: Layer) -> Vec<&'b Said<'a>> {
    match layer {
        Layer::ResourceControl => layers.resource_control.iter().collect(),
        Layer::ServiceControl => layers.service_control.iter().collect(),
        Layer::Resource => layers.resource.iter().collect(),
        Layer::Identity => layers.identity.iter().collect(),
        Layer::Boundary => layers.boundary.iter().collect(),
        Layer::Session => layers.session.iter().collect(),
    }
}

/// What each layer says.
pub(super) fn layers(case: &Case<'_>, layers: &Layers<'_>) -> Vec<LayerAnswer> {
    ORDER.map(|layer| one_layer(case, layer, &said(layers, layer))).into()
}

fn one_layer(case: &Case<'_>, layer: Layer, said: &[&Said<'_>]) -> LayerAnswer {
    if said.is_empty() {
        return not_asked(layer, why_not_asked(case, layer));
    }
    let deny = said.iter().fold(Truth::No, |any, said| any.or(said.deny.clone()));
    // Resource control policies only deny: the one that allows everything is always attached.
    let allow = match layer {
        Layer::ResourceControl => Truth::Yes,
        _ => said.iter().fold(Truth::Yes, |all, said| all.and(said.allow())),
    };
    let says = match (deny, allow) {
        (Truth::Yes, _) => Says::ExplicitDeny,
        (Truth::No, Truth::Yes) => Says::Allow,
        (Truth::No, Truth::No) => Says::ImplicitDeny,
        (Truth::Depends(mut needs), Truth::Depends(more)) => {
            needs.extend(more);
            Says::Depends(needs)
        }
        (Truth::Depends(needs), _) | (Truth::No, Truth::Depends(needs)) => Says::Depends(needs),
    };
    let hits: Vec<&Hit<'_>> = match says {
        Says::ExplicitDeny => said.iter().flat_map(|said| &said.denying).filter(|hit| hit.certain).collect(),
        Says::Allow => said.iter().flat_map(|said| &said.allowing).filter(|hit| hit.certain).collect(),
        _ => said.iter().flat_map(|said| said.denying.iter().chain(&said.allowing)).collect(),
    };
    let reason = reason(case, layer, &says, &hits, said);
    LayerAnswer { layer, says, statements: hits.into_iter().map(Hit::place).collect(), reason }
}

fn reason(case: &Case<'_>, layer: Layer, says: &Says, hits: &[&Hit<'_>], said: &[&Said<'_>]) -> String {
    match (says, hits.first()) {
        (Says::ExplicitDeny, Some(hit)) => format!("{} denies", near::name(hit)),
        (Says::Allow, Some(hit)) if layer == Layer::Resource => {
            format!("{} allows, {}", near::name(hit), how(case, said))
        }
        (Says::Allow, Some(hit)) => format!("{} allows", near::name(hit)),
        (Says::Allow, None) => "no statement denies".to_owned(),
        (Says::Depends(needs), _) => format!("depends on {}", listed(needs)),
        _ if layer == Layer::ServiceControl => {
            let silent = said.iter().position(|said| said.allow() == Truth::No).unwrap_or_default();
            format!("no statement of level {} of {}, counted from the root, allows", silent + 1, said.len())
        }
        _ if layer == Layer::Resource && case.way == Way::Either => {
            "no statement allows, which within the account is not needed".to_owned()
        }
        _ => "no statement allows".to_owned(),
    }
}

/// How a resource policy names the one it lets in, which decides what else is needed.
fn how(case: &Case<'_>, said: &[&Said<'_>]) -> &'static str {
    if said.iter().any(|said| said.direct == Truth::Yes) {
        "naming the principal itself or everyone"
    } else if said.iter().any(|said| said.to_role == Truth::Yes) {
        "naming the role of the session"
    } else if case.caller == Caller::Root {
        "naming the account"
    } else {
        "naming the account, whose identity policies decide"
    }
}

fn listed(needs: &BTreeSet<Need>) -> String {
    needs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn not_asked(layer: Layer, reason: String) -> LayerAnswer {
    LayerAnswer { layer, says: Says::NotAsked, statements: Vec::new(), reason }
}

fn why_not_asked(case: &Case<'_>, layer: Layer) -> String {
    let principal = &case.request.principal;
    match (layer, case.caller) {
        (Layer::ResourceControl, _) => "no resource control policies apply".to_owned(),
        (Layer::Resource, _) => "the resource has no policy".to_owned(),
        (Layer::ServiceControl, Caller::Identity | Caller::Root) => "no service control policies apply".to_owned(),
        (Layer::Identity, Caller::Root) => "the root user may do everything in its account".to_owned(),
        (Layer::Boundary, Caller::Identity | Caller::Root) => "there is no permissions boundary".to_owned(),
        (Layer::Session, Caller::Identity | Caller::Root) => "there is no session policy".to_owned(),
        (_, _) => format!("{principal} is not a principal of an account"),
    }
}
