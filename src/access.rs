//! Who can do what, on a snapshot: which policies apply to a request, and what follows from all
//! of them together.
//!
//! [`Access`] is an index over one snapshot or several. It gathers for a request every layer that
//! applies, hands them to [`crate::policy::evaluate`], and searches with that: everyone who can do
//! something, the chains of roles from one principal to another, the ways to more permissions.
//!
//! What was not read is never taken as absent: it is an unread part of its layer, and the answer
//! depends on it unless what is known decides already.

mod attempt;
mod chain;
mod class;
mod documents;
mod endpoint;
mod escalation;
mod index;
mod organization;
mod power;
mod resource_policy;
mod targets;
mod trust;
mod who;
mod words;

#[cfg(test)]
mod chain_tests;
#[cfg(test)]
mod escalation_tests;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::model::{ResourceId, Snapshot};
use crate::policy::{
    Answer, Context, Decision, KeyValue, LayerPolicies, Need, Policies, Principal, Request, account_of, evaluate,
};

use documents::Held;
use index::{Holder, Index};
use organization::Levels;
use resource_policy::ResourcePolicies;
use trust::Trusts;

pub use attempt::Step;
pub use chain::{Chain, ChainLimits, Hop};
pub use endpoint::{Endpoint, NameError};
pub use escalation::{Escalation, EscalationLimits, Escalations};
pub use who::Standing;
pub use words::Requirement;

/// An index over snapshots, to be asked about access.
#[derive(Debug)]
pub struct Access<'a> {
    index: Index<'a>,
    levels: Levels<'a>,
    resource_policies: ResourcePolicies<'a>,
    trusts: Trusts<'a>,
    /// The regions that were scanned.
    regions: Vec<&'a str>,
}

impl<'a> Access<'a> {
    /// An index over one snapshot.
    #[must_use]
    pub fn new(snapshot: &'a Snapshot) -> Self {
        Self::over(&[snapshot])
    }

    /// An index over snapshots of several accounts.
    #[must_use]
    pub fn over(snapshots: &[&'a Snapshot]) -> Self {
        let index = Index::of(snapshots);
        let levels = Levels::of(snapshots, &index.seen);
        let resource_policies = ResourcePolicies::of(&index);
        let trusts = Trusts::of(&index);
        let listed = snapshots.iter().flat_map(|snapshot| &snapshot.listings);
        let regions: BTreeSet<&str> = listed.map(|listing| listing.region.as_str()).collect();
        let regions = regions.into_iter().filter(|region| !matches!(*region, "global" | "unknown")).collect();
        Self { index, levels, resource_policies, trusts, regions }
    }

    /// The answer to a request, with everything added to it that the snapshot knows.
    #[must_use]
    pub fn can(&self, request: &Request) -> Answer {
        self.judged(request).0
    }

    /// Every policy that applies to a request, layer by layer.
    ///
    /// The name of a policy is a managed policy's ARN, or the place of the document:
    /// `<resource id>#<pointer>`. `unread` of a layer says in words what was not read or is not
    /// known of it.
    #[must_use]
    pub fn policies(&self, request: &Request) -> Policies<'_> {
        self.gather(&self.settled(request))
    }

    /// The request with what the snapshot and the request itself tell: the whole ARN of a role
    /// that is known by a session, the account of a bucket, the keys that follow from those.
    #[must_use]
    pub fn settled(&self, request: &Request) -> Request {
        let mut request = request.clone();
        if let Principal::Role { role, .. } = &mut request.principal
            && let Some(holder) = self.index.holder_of(role)
        {
            holder.arn().clone_into(role);
        }
        if request.resource_account.is_none() {
            request.resource_account = self.account_of_bucket(&request.resource);
        }
        self.add_tags(&mut request);
        if let Some(region) = region_of(&request) {
            request.context.keys.entry("aws:requestedregion".to_owned()).or_insert(KeyValue::Known(vec![region]));
        }
        request.with_derived_keys()
    }

    /// What everyone may: all users, roles and root users of the snapshot, and those outside of it
    /// whom the resource's policy names. `context` is what is known of the requests.
    #[must_use]
    pub fn who(&self, action: &str, resource: &str, context: &Context) -> Vec<Standing> {
        who::who(self, action, resource, context)
    }

    /// The chains of roles by which one principal gets to be another, shortest first.
    ///
    /// To [`Endpoint::World`] there is one shortest chain for everything that can be reached.
    #[must_use]
    pub fn chains(&self, from: &Endpoint, to: &Endpoint, limits: ChainLimits) -> Vec<Chain> {
        chain::chains(self, from, to, limits)
    }

    /// Who can get more permissions than it was given, and how; of all principals, or of the one
    /// with this ARN.
    #[must_use]
    pub fn escalations(&self, principal: Option<&str>, limits: EscalationLimits) -> Escalations {
        escalation::escalations(self, principal, limits)
    }

    /// The user or role with this ARN, when it is in the snapshot.
    #[must_use]
    pub fn principal(&self, arn: &str) -> Option<&'a ResourceId> {
        self.index.holder_of(arn).map(|holder| &holder.resource.id)
    }

    /// Whether a need is only about policies of an organization that were not read.
    #[must_use]
    pub fn is_about_organization(need: &Need) -> bool {
        organization::is_about_organization(need)
    }

    /// The answer to a request with the policies that gave it.
    fn judged(&self, request: &Request) -> (Answer, Policies<'_>) {
        let request = self.settled(request);
        let policies = self.gather(&request);
        (self.answer(request, &policies), policies)
    }

    /// The same for a resource the principal makes itself, which nobody has given a policy.
    fn judged_on_own(&self, request: &Request) -> (Answer, Policies<'_>) {
        let request = self.settled(request);
        let policies = Policies { resource: None, ..self.gather(&request) };
        (self.answer(request, &policies), policies)
    }

    fn answer(&self, mut request: Request, policies: &Policies<'_>) -> Answer {
        let answer = evaluate(&request, policies);
        let absent = self.absent_tags(&request, &answer);
        if absent.is_empty() {
            return answer;
        }
        request.context.keys.extend(absent.into_iter().map(|key| (key, KeyValue::Absent)));
        evaluate(&request, policies)
    }

    /// A user or role of the index as it makes requests.
    fn as_principal(&self, at: usize) -> Principal {
        let holder = &self.index.holders[at];
        match holder.user() {
            Some(_) => Principal::User(holder.arn().to_owned()),
            None => Principal::role(holder.arn()),
        }
    }

    /// Whether what decides on the roles a holder assumes does not ask who in particular it is.
    fn judged_as_class(&self, at: usize) -> bool {
        let holder = &self.index.holders[at];
        let own = std::iter::once(&holder.identity).chain(&holder.boundary);
        !own.into_iter().any(class::asks_who_assumes)
            && !self.levels.ask_who(holder.account())
            && !holder.service_linked()
    }

    /// The layers of a settled request.
    fn gather(&self, request: &Request) -> Policies<'_> {
        let holder = self.holder(&request.principal);
        let exempt = holder.is_some_and(Holder::service_linked);
        let account = request.principal.account();
        let own = account_of(&request.resource);
        let resource_account = request.resource_account.as_deref().or(own).or(account);
        Policies {
            identity: self.identity(&request.principal, holder),
            boundary: holder.and_then(|holder| holder.boundary.as_ref()).map(Held::applied),
            session: session(&request.principal),
            service_control: match account {
                Some(account) if !exempt => self.levels.service_control(account),
                Some(_) | None => Vec::new(),
            },
            resource_control: match resource_account {
                Some(account) if !exempt && organization::has_resource_control(&request.action) => {
                    self.levels.resource_control(account)
                }
                Some(_) | None => Vec::new(),
            },
            resource: self.resource_policies.layer(&self.index, &request.action, &request.resource),
        }
    }

    fn holder(&self, principal: &Principal) -> Option<&Holder<'a>> {
        match principal {
            Principal::User(arn) | Principal::Role { role: arn, .. } => self.index.holder_of(arn),
            _ => None,
        }
    }

    fn identity<'s>(&'s self, principal: &Principal, holder: Option<&'s Holder<'a>>) -> LayerPolicies<'s> {
        let account = principal.account().unwrap_or_default();
        match (principal, holder) {
            (_, Some(holder)) => holder.identity.applied(),
            (Principal::User(arn) | Principal::Role { role: arn, .. }, None) => {
                LayerPolicies::unread(if self.index.scanned.contains(account) {
                    format!("{arn} is not in the snapshot")
                } else {
                    format!("the policies of {arn} were not read: account {account} is not in the snapshot")
                })
            }
            (Principal::FederatedUser(arn), None) => {
                LayerPolicies::unread(format!("the policies of the user behind {arn} are not known"))
            }
            (_, None) => LayerPolicies::default(),
        }
    }

    /// The account of the bucket a request is about: its ARN does not tell.
    fn account_of_bucket(&self, resource: &str) -> Option<String> {
        let name = resource.split(":s3:::").nth(1)?.split('/').next()?;
        self.index.bucket(name).map(|(source, _)| source.resource.account.to_string())
    }

    /// Tags that the snapshot knows: a user's are those of its requests, while those of a role may
    /// be overridden by the tags of a session; and those of a user or role that is acted on.
    fn add_tags(&self, request: &mut Request) {
        let user = self.holder(&request.principal).filter(|holder| holder.user().is_some());
        let acted_on = self.index.holder_of(&request.resource).filter(|holder| holder.arn() == request.resource);
        let mut add = |prefix: &str, holder: Option<&Holder<'a>>| {
            for (name, value) in holder.iter().flat_map(|holder| holder.known_tags()) {
                let key = format!("{prefix}{}", name.to_ascii_lowercase());
                request.context.keys.entry(key).or_insert_with(|| KeyValue::Known(vec![value.clone()]));
            }
        };
        add("aws:principaltag/", user);
        add("aws:resourcetag/", acted_on);
        add("iam:resourcetag/", acted_on);
    }

    /// Tags that an answer waits for and that the snapshot knows not to be there.
    fn absent_tags(&self, request: &Request, answer: &Answer) -> Vec<String> {
        let Decision::Depends(needs) = &answer.decision else { return Vec::new() };
        let user = self.holder(&request.principal).filter(|holder| holder.user().is_some());
        let acted_on = self.index.holder_of(&request.resource).filter(|holder| holder.arn() == request.resource);
        let lacks = |prefix: &str, holder: Option<&Holder<'a>>, key: &str| {
            key.starts_with(prefix) && holder.is_some_and(Holder::knows_tags)
        };
        let keys = needs.iter().filter_map(|need| match need {
            Need::Key(key) if !request.context.keys.contains_key(key) => Some(key),
            _ => None,
        });
        keys.filter(|key| {
            lacks("aws:principaltag/", user, key)
                || lacks("aws:resourcetag/", acted_on, key)
                || lacks("iam:resourcetag/", acted_on, key)
        })
        .cloned()
        .collect()
    }
}

/// The region a request goes to, where it can only be one: IAM answers in one region for all, and
/// a resource of a region is asked there.
fn region_of(request: &Request) -> Option<String> {
    let mut parts = request.resource.split(':').skip(1);
    let (partition, _service, region) = (parts.next(), parts.next(), parts.next());
    match (request.action.split(':').next(), partition, region) {
        (Some(service), Some("aws") | None, _) if service.eq_ignore_ascii_case("iam") => Some("us-east-1".to_owned()),
        (_, _, Some(region)) if !region.is_empty() && !region.contains(['*', '?']) => Some(region.to_owned()),
        _ => None,
    }
}

/// The policy of a session: one of `GetFederationToken` has one, which is not known.
fn session<'s>(principal: &Principal) -> Option<LayerPolicies<'s>> {
    match principal {
        Principal::FederatedUser(arn) => {
            Some(LayerPolicies::unread(format!("the session policy of {arn} is not known")))
        }
        _ => None,
    }
}
