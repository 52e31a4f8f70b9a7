//! Deciding one request by all policies that apply, in three values.
//!
//! Takes a request and the policies of every layer; gives allow, deny or what it depends on, with
//! the word of each layer. What is not known of the request or was not read of the policies counts
//! only where the known part does not already decide. Source: IAM user guide, "Policy evaluation
//! logic".

mod combine;
mod condition;
mod domain;
mod explain;
mod layer;
mod near;
mod operator;
mod possible;
mod principal;
mod statement;
mod value;
mod variable;

use std::borrow::Cow;

pub(super) use self::condition::test_holds;
pub(super) use self::operator::{Operator, Set, Test};
pub(super) use self::principal::named;
pub(super) use self::value::{date as date_of, range_of};

use self::combine::{Case, Layers};
use self::layer::Said;
use self::possible::Outcome;
use self::statement::Asked;
use super::{Answer, Decision, Layer, Principal, Request, Truth};
use crate::model::PolicyDocument;

/// A policy that applies, under the name by which answers speak of it.
#[derive(Debug, Clone)]
pub struct Applied<'a> {
    /// An ARN, `inline read`, `trust policy`.
    pub name: Cow<'a, str>,
    /// The policy.
    pub document: &'a PolicyDocument,
}

impl<'a> Applied<'a> {
    /// A policy under a name.
    #[must_use]
    pub fn new(name: impl Into<Cow<'a, str>>, document: &'a PolicyDocument) -> Self {
        Self { name: name.into(), document }
    }
}

/// The policies of one layer, or of one level of it.
#[derive(Debug, Clone, Default)]
pub struct LayerPolicies<'a> {
    /// Those that are known.
    pub policies: Vec<Applied<'a>>,
    /// What could not be read or understood, in words: each may allow or deny anything.
    pub unread: Vec<String>,
}

impl<'a> LayerPolicies<'a> {
    /// Policies of which all were read.
    #[must_use]
    pub fn of(policies: Vec<Applied<'a>>) -> Self {
        Self { policies, unread: Vec::new() }
    }

    /// A layer that could not be read, and why.
    #[must_use]
    pub fn unread(why: impl Into<String>) -> Self {
        Self { policies: Vec::new(), unread: vec![why.into()] }
    }
}

/// All policies that apply to a request.
///
/// Which apply is for the caller to know: no levels of service control policies for principals of
/// the management account and for service-linked roles, no levels of resource control policies
/// for resources of the management account and of services that do not take part.
#[derive(Debug, Clone, Default)]
pub struct Policies<'a> {
    /// Those of the user and its groups, or of the role.
    pub identity: LayerPolicies<'a>,
    /// The permissions boundary; `None` where there is none.
    pub boundary: Option<LayerPolicies<'a>>,
    /// The session's policies; `None` where it was made without.
    pub session: Option<LayerPolicies<'a>>,
    /// Service control policies, one entry per level, the organization's root first.
    pub service_control: Vec<LayerPolicies<'a>>,
    /// Resource control policies in the same order. They only deny: `RCPFullAWSAccess`, which
    /// allows, cannot be detached and need not be listed.
    pub resource_control: Vec<LayerPolicies<'a>>,
    /// The resource's own policy, for `sts:AssumeRole` the role's trust policy; `None` where it
    /// has none.
    pub resource: Option<LayerPolicies<'a>>,
}

impl<'a> Policies<'a> {
    /// All documents of all layers.
    fn documents(&self) -> impl Iterator<Item = &'a PolicyDocument> {
        let own = [Some(&self.identity), self.boundary.as_ref(), self.session.as_ref(), self.resource.as_ref()];
        let levels = self.service_control.iter().chain(&self.resource_control);
        own.into_iter().flatten().chain(levels).flat_map(|layer| &layer.policies).map(|policy| policy.document)
    }

    /// How many statements there are.
    fn statements(&self) -> usize {
        self.documents().map(|document| document.statement.len()).sum()
    }
}

/// Decides a request.
///
/// Context keys are taken as the request gives them; [`Request::with_derived_keys`] fills those
/// that follow from principal and resource.
#[must_use]
pub fn evaluate(request: &Request, policies: &Policies<'_>) -> Answer {
    let case = Case::of(request);
    if case.action == "sts:getcalleridentity" && request.principal != Principal::Anonymous {
        return explain::always_allowed();
    }
    let layers = Layers::ask(&case, policies);
    let decision = match layers.decides(&case) {
        Truth::Yes => Decision::Allow,
        Truth::No => Decision::Deny(explain::denial(&case, &layers)),
        Truth::Depends(needs) => match possible::decide(request, policies, needs) {
            Outcome::Allow => Decision::Allow,
            Outcome::Deny(denial) => Decision::Deny(denial),
            Outcome::Depends(needs) => Decision::Depends(needs),
        },
    };
    Answer { decision, layers: explain::layers(&case, &layers) }
}

/// What the statements of one policy say to a request, each effect for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effects {
    /// Whether some Allow takes the request.
    pub allow: Truth,
    /// Whether some Deny takes it.
    pub deny: Truth,
}

/// Asks one policy, as a policy of this layer, for the effects of its statements on a request.
#[must_use]
pub fn judge(layer: Layer, document: &PolicyDocument, request: &Request) -> Effects {
    let action = combine::lowercase(&request.action);
    let asked = Asked {
        principal: &request.principal,
        action: &action,
        resource: &request.resource,
        context: &request.context,
        bounded: false,
    };
    let policies = LayerPolicies::of(vec![Applied::new("", document)]);
    let said = Said::by(layer, &policies, asked);
    Effects { allow: said.allow(), deny: said.deny }
}

#[cfg(test)]
mod laws_tests;
#[cfg(test)]
mod tests;
