//! What may be asked for, read from the address.

use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Query};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::model::{
    AccountId, Change, ChangeKind, Direction, Finding, Region, ResourceId, ResourceKey, ResourceType, RuleId, Service,
    Severity,
};
use crate::server::JudgedResource;
use crate::server::guard::Refusal;

/// The most items on one page.
const MOST_ITEMS: usize = 1000;

/// The parameters of an address, or the reason why they are refused.
pub(super) struct Parameters<T>(pub(super) T);

impl<T: DeserializeOwned + Paged, S: Send + Sync> FromRequestParts<S> for Parameters<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let refuse = |message: String| Refusal { status: StatusCode::BAD_REQUEST, code: "invalid_parameter", message };
        let Query(query) = Query::<T>::from_request_parts(parts, state)
            .await
            .map_err(|rejection: QueryRejection| refuse(rejection.body_text()))?;
        let limit = query.page().limit;
        if limit == 0 || limit > MOST_ITEMS {
            return Err(refuse(format!("limit is {limit}, and must be 1 to {MOST_ITEMS}")));
        }
        Ok(Self(query))
    }
}

/// Has a page.
pub(super) trait Paged {
    /// Which part of the list.
    fn page(&self) -> Page;
}

/// Which part of a list.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Page {
    pub(super) offset: usize,
    pub(super) limit: usize,
}

impl Default for Page {
    fn default() -> Self {
        Self { offset: 0, limit: 100 }
    }
}

impl Paged for Page {
    fn page(&self) -> Page {
        *self
    }
}

/// Which resources, by what they are and where. Flattening is not used, because it would let
/// unknown parameters through.
macro_rules! place_query {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name {
            account: Option<AccountId>,
            region: Option<Region>,
            service: Option<Service>,
            #[serde(rename = "type")]
            resource_type: Option<ResourceType>,
            id: Option<ResourceId>,
            rule: Option<RuleId>,
            severity: Option<Severity>,
            #[serde(default)]
            offset: usize,
            #[serde(default = "usual_limit")]
            limit: usize,
            $($field: $type,)*
        }

        impl $name {
            fn is_there(&self, key: &ResourceKey) -> bool {
                agrees(self.account.as_ref(), &key.account)
                    && agrees(self.region.as_ref(), &key.region)
                    && agrees(self.service.as_ref(), &key.resource_type.service())
                    && agrees(self.resource_type.as_ref(), &key.resource_type)
                    && agrees(self.id.as_ref(), &key.id)
            }
        }

        impl Paged for $name {
            fn page(&self) -> Page {
                Page { offset: self.offset, limit: self.limit }
            }
        }
    };
}

place_query! {
    /// Which findings. Open ones unless asked otherwise.
    FindingQuery { status: Option<Status>, }
}

place_query! {
    /// Which resources.
    ResourceQuery { state: Option<StateWord>, }
}

/// Which changes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeQuery {
    account: Option<AccountId>,
    region: Option<Region>,
    service: Option<Service>,
    #[serde(rename = "type")]
    resource_type: Option<ResourceType>,
    id: Option<ResourceId>,
    kind: Option<ChangeKind>,
    direction: Option<Direction>,
    #[serde(default)]
    offset: usize,
    #[serde(default = "usual_limit")]
    limit: usize,
}

impl Paged for ChangeQuery {
    fn page(&self) -> Page {
        Page { offset: self.offset, limit: self.limit }
    }
}

impl ChangeQuery {
    pub(super) fn matches(&self, change: &Change) -> bool {
        let Change { resource, kind, direction, .. } = change;
        agrees(self.account.as_ref(), &resource.account)
            && agrees(self.region.as_ref(), &resource.region)
            && agrees(self.service.as_ref(), &resource.resource_type.service())
            && agrees(self.resource_type.as_ref(), &resource.resource_type)
            && agrees(self.id.as_ref(), &resource.id)
            && agrees(self.kind.as_ref(), kind)
            && agrees(self.direction.as_ref(), direction)
    }
}

fn usual_limit() -> usize {
    Page::default().limit
}

/// Nothing asked for agrees with everything.
fn agrees<T: PartialEq>(asked: Option<&T>, is: &T) -> bool {
    asked.is_none_or(|asked| asked == is)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Open,
    Resolved,
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum StateWord {
    Pass,
    Fail,
    Unknown,
    Waived,
}

impl FindingQuery {
    pub(super) fn matches(&self, finding: &Finding) -> bool {
        let status = match self.status.unwrap_or(Status::Open) {
            Status::Open => finding.resolved.is_none(),
            Status::Resolved => finding.resolved.is_some(),
            Status::All => true,
        };
        status
            && self.is_there(&finding.resource)
            && agrees(self.rule.as_ref(), &finding.rule)
            && agrees(self.severity.as_ref(), &finding.severity)
    }
}

impl ResourceQuery {
    pub(super) fn matches(&self, judged: &JudgedResource) -> bool {
        let word = |state: StateWord| match state {
            StateWord::Pass => "pass",
            StateWord::Fail => "fail",
            StateWord::Unknown => "unknown",
            StateWord::Waived => "waived",
        };
        self.is_there(&judged.resource)
            && self.state.is_none_or(|state| judged.state.is_some_and(|is| is.name() == word(state)))
            && self.severity.is_none_or(|severity| judged.worst_severity == Some(severity))
            && self.rule.as_ref().is_none_or(|rule| judged.evaluations.iter().any(|found| found.rule == *rule))
    }
}
