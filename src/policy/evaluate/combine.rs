//! How the layers make one decision.
//!
//! An explicit deny anywhere decides. Otherwise every level of service control policies has to
//! allow; then within one account identity or resource policy, across accounts both, and boundary
//! and session policy limit what the identity policy gives. Source: IAM user guide, "Policy
//! evaluation logic", "Cross-account policy evaluation logic" and "Permissions boundaries".

use std::borrow::Cow;

use super::layer::Said;
use super::statement::Asked;
use super::{LayerPolicies, Policies};
use crate::policy::{Layer, Principal, Request, Truth, account_of};

/// Who asks, as far as it decides which layers are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    /// A user, or a session of a role or of `GetFederationToken`.
    Identity,
    /// The root user of an account, whom no identity policy limits.
    Root,
    /// A service, somebody at an identity provider, or nobody: only the resource lets them in.
    Outside,
}

/// Where access comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Identity or resource policy.
    Either,
    /// The resource policy has to allow explicitly, also within the account: trust policies and
    /// policies of KMS keys.
    ByResource,
    /// Both sides, each in its account.
    Both,
    /// Only the resource policy is there to allow.
    ResourceAlone,
}

/// A request with what follows from it before any policy is read.
#[derive(Debug)]
pub(super) struct Case<'a> {
    pub(super) request: &'a Request,
    pub(super) action: Cow<'a, str>,
    pub(super) caller: Caller,
    pub(super) way: Way,
}

impl<'a> Case<'a> {
    pub(super) fn of(request: &'a Request) -> Self {
        let action = lowercase(&request.action);
        let caller = match request.principal {
            Principal::User(_) | Principal::Role { .. } | Principal::FederatedUser(_) => Caller::Identity,
            Principal::Root(_) => Caller::Root,
            Principal::Service(_) | Principal::Federated(_) | Principal::Anonymous => Caller::Outside,
        };
        let way = if caller == Caller::Outside {
            Way::ResourceAlone
        } else if !same_account(request) {
            Way::Both
        } else if resource_must_allow(&action, &request.resource) {
            Way::ByResource
        } else {
            Way::Either
        };
        Self { request, action, caller, way }
    }

    pub(super) fn asked(&self, bounded: bool) -> Asked<'_> {
        Asked {
            bounded,
            principal: &self.request.principal,
            action: &self.action,
            resource: &self.request.resource,
            context: &self.request.context,
        }
    }

    /// Whether this principal cannot make this request at all: the root user and unsigned requests
    /// assume no role with `sts:AssumeRole`.
    pub(super) fn cannot_ask(&self) -> bool {
        self.action == "sts:assumerole" && matches!(self.request.principal, Principal::Root(_) | Principal::Anonymous)
    }

    /// Whether a bucket's policy has no word: its account's root user can always replace it. Source:
    /// Amazon S3 user guide, "Bucket policies".
    fn is_way_out(&self) -> bool {
        self.caller == Caller::Root
            && self.way == Way::Either
            && matches!(&*self.action, "s3:getbucketpolicy" | "s3:putbucketpolicy" | "s3:deletebucketpolicy")
    }

    /// Whether principal and resource are in different partitions (`aws`, `aws-cn`, …), between
    /// which nothing is shared.
    pub(super) fn crosses_partitions(&self) -> bool {
        let partition = |arn: &str| arn.strip_prefix("arn:").and_then(|rest| rest.split(':').next()).map(str::to_owned);
        match &self.request.principal {
            Principal::User(arn) | Principal::Role { role: arn, .. } | Principal::FederatedUser(arn) => {
                partition(arn).zip(partition(&self.request.resource)).is_some_and(|(own, other)| own != other)
            }
            _ => false,
        }
    }
}

pub(super) fn lowercase(action: &str) -> Cow<'_, str> {
    if action.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(action.to_ascii_lowercase())
    } else {
        Cow::Borrowed(action)
    }
}

fn same_account(request: &Request) -> bool {
    let owner = request.resource_account.as_deref().or_else(|| account_of(&request.resource));
    owner.is_none_or(|owner| request.principal.account() == Some(owner))
}

/// Trust policies and policies of KMS keys: without their word nobody gets in.
fn resource_must_allow(action: &str, resource: &str) -> bool {
    let kind = resource.splitn(6, ':').nth(5).unwrap_or_default();
    match action.split_once(':') {
        Some(("sts", name)) => {
            kind.starts_with("role/")
                && (name.starts_with("assumerole") || matches!(name, "tagsession" | "setsourceidentity"))
        }
        Some(("kms", _)) => kind.starts_with("key/"),
        _ => false,
    }
}

/// What every layer that is asked says.
#[derive(Debug)]
pub(super) struct Layers<'a> {
    pub(super) resource_control: Vec<Said<'a>>,
    pub(super) service_control: Vec<Said<'a>>,
    pub(super) resource: Option<Said<'a>>,
    pub(super) identity: Option<Said<'a>>,
    pub(super) boundary: Option<Said<'a>>,
    pub(super) session: Option<Said<'a>>,
}

impl<'a> Layers<'a> {
    /// Asks the layers that have a word in this case.
    pub(super) fn ask(case: &Case<'_>, policies: &'a Policies<'a>) -> Self {
        let asked = case.asked(policies.boundary.is_some());
        let levels = |layer, levels: &'a [LayerPolicies<'a>]| -> Vec<Said<'a>> {
            levels.iter().map(|level| Said::by(layer, level, asked)).collect()
        };
        let identity = case.caller == Caller::Identity;
        let own = |layer, policies: Option<&'a LayerPolicies<'a>>| {
            policies.filter(|_| identity).map(|policies| Said::by(layer, policies, asked))
        };
        // RetireGrant is the one action of a service with resource control policies that they do
        // not reach: AWS KMS developer guide, "Resource control policies".
        let reached = if case.action == "kms:retiregrant" { &[] } else { policies.resource_control.as_slice() };
        let commanded = if case.caller == Caller::Outside { &[] } else { policies.service_control.as_slice() };
        let resource = policies.resource.as_ref().filter(|_| !case.is_way_out());
        Self {
            resource_control: levels(Layer::ResourceControl, reached),
            service_control: levels(Layer::ServiceControl, commanded),
            resource: resource.map(|resource| Said::by(Layer::Resource, resource, asked)),
            identity: own(Layer::Identity, Some(&policies.identity)),
            boundary: own(Layer::Boundary, policies.boundary.as_ref()),
            session: own(Layer::Session, policies.session.as_ref()),
        }
    }

    /// Every layer and level that is asked.
    pub(super) fn all(&self) -> impl Iterator<Item = &Said<'a>> {
        let levels = self.resource_control.iter().chain(&self.service_control);
        let own = [&self.resource, &self.identity, &self.boundary, &self.session];
        levels.chain(own.into_iter().flatten())
    }

    /// Whether the request is allowed.
    pub(super) fn decides(&self, case: &Case<'_>) -> Truth {
        match self.denied() {
            Truth::Yes => Truth::No,
            denied => denied.negated().and(self.allowed(case)),
        }
    }

    /// Whether a statement of some layer denies.
    pub(super) fn denied(&self) -> Truth {
        self.all().fold(Truth::No, |any, said| any.or(said.deny.clone()))
    }

    /// Whether all that has to allow does.
    pub(super) fn allowed(&self, case: &Case<'_>) -> Truth {
        let commanded = self.service_control.iter().fold(Truth::Yes, |all, level| all.and(level.allow()));
        if commanded == Truth::No || case.crosses_partitions() || case.cannot_ask() {
            return Truth::No;
        }
        let limited = self.within_boundary().and(self.within_session(case));
        let own = self.by_identity().and(limited.clone());
        let granted = match case.way {
            Way::ResourceAlone => self.by_resource(),
            Way::Both => own.and(self.by_resource()),
            Way::ByResource => self.by_name(limited).or(self.delegated().and(own)),
            Way::Either => own.or(self.by_name(limited)),
        };
        commanded.and(granted)
    }

    /// Grants of the resource policy that need no identity policy: to the principal itself, and
    /// to the role of a session within boundary and session policy.
    fn by_name(&self, limited: Truth) -> Truth {
        match &self.resource {
            None => Truth::No,
            Some(said) => said.direct.clone().or(said.to_role.clone().and(limited)),
        }
    }

    fn delegated(&self) -> Truth {
        self.resource.as_ref().map_or(Truth::No, |said| said.delegated.clone())
    }

    pub(super) fn by_resource(&self) -> Truth {
        self.resource.as_ref().map_or(Truth::No, Said::allow)
    }

    /// The root user has no identity policies and needs none.
    pub(super) fn by_identity(&self) -> Truth {
        self.identity.as_ref().map_or(Truth::Yes, Said::allow)
    }

    pub(super) fn within_boundary(&self) -> Truth {
        self.boundary.as_ref().map_or(Truth::Yes, Said::allow)
    }

    /// A session of `GetFederationToken` may only what its session policy allows; without one it
    /// may nothing of its own.
    pub(super) fn within_session(&self, case: &Case<'_>) -> Truth {
        match (&self.session, &case.request.principal) {
            (Some(said), _) => said.allow(),
            (None, Principal::FederatedUser(_)) => Truth::No,
            (None, _) => Truth::Yes,
        }
    }
}
