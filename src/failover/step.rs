//! The steps of a path as requests: each hop, then what must be allowed at the end.
//!
//! A step is judged as if those before it went through: its principal is the session that the hop
//! before it would have given. What the declaration tells of a call (region, external id, session
//! tags, endpoint, address) is known in its context; what follows from the kind of call (no MFA
//! in a chained session, no other service in between) is too; everything else may be there or not.

use std::collections::BTreeMap;

use super::ground::{Ground, Seen, account_of};
use super::stability::is_opt_in;
use crate::model::{FailoverPath, Goal, Hop, Pointer, Region};
use crate::policy::{Context, KeyValue, Principal, Request};

/// Where the global endpoint of STS answers from, if not where the call comes from.
pub(super) const GLOBAL_STS: &str = "us-east-1";

/// The action of whoever has a token and no credentials.
pub(super) const PRESENTING_A_TOKEN: &str = "sts:AssumeRoleWithWebIdentity";

/// The tags of a principal; `None` when they are not known.
pub(super) type Tags = Option<BTreeMap<String, String>>;

/// The steps of one path.
pub(super) struct Walk {
    /// Hops, then `must`.
    pub(super) steps: Vec<Step>,
    /// Who acts: at the beginning, after the first hop, and so on to the end, each with the place
    /// that declares it.
    pub(super) sessions: Vec<(Pointer, Session)>,
}

/// One step.
#[derive(Clone)]
pub(super) struct Step {
    /// `hop 1`, `must 2`.
    pub(super) name: String,
    /// Where it is declared.
    pub(super) place: Pointer,
    /// What is asked, as declared.
    pub(super) action: String,
    /// On what.
    pub(super) resource: String,
    /// Where.
    pub(super) region: Region,
    pub(super) is_hop: bool,
    /// Requests that must all be allowed: with session tags a hop is two.
    pub(super) requests: Vec<Request>,
    /// The tags that conditions on `aws:PrincipalTag` see.
    pub(super) principal_tags: Tags,
    /// The tags that conditions on `aws:RequestTag` see; `None` when the request is not a hop.
    pub(super) request_tags: Tags,
    /// What the step needs and is not in the snapshot.
    pub(super) missing: Option<Missing>,
}

/// What a step needs and is not in the snapshot.
#[derive(Clone)]
pub(super) enum Missing {
    /// It does not exist, in words.
    Gone(String),
    /// It may exist; what that waits for.
    Unseen(String),
}

/// Who acts after so many hops.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) principal: Principal,
    /// Its own tags and those of the session.
    pub(super) tags: Tags,
    /// Keys that every request of the session has or lacks.
    keys: Vec<(&'static str, KeyValue)>,
}

impl Walk {
    pub(super) fn of(path: &FailoverPath, ground: &Ground<'_>) -> Self {
        let mut steps = Vec::new();
        let begins = if path.service_account.is_some() { "service_account" } else { "subject" };
        let mut session = Session::first(path, ground);
        let mut sessions = vec![(Pointer::configuration(begins), session.clone())];
        for (index, hop) in path.hops.iter().enumerate() {
            let place = Pointer::configuration("hops").child(index);
            let name = format!("hop {}", index + 1);
            let token = path.service_account.as_ref().filter(|_| index == 0);
            let mut step = match token {
                Some(_) => session.present_token(path, hop),
                None => session.assume(hop),
            };
            step.missing = missing(path, index, hop, ground);
            session = session.after(hop, token.is_some(), ground);
            sessions.push((place.clone(), session.clone()));
            (step.name, step.place) = (name, place);
            steps.push(step);
        }
        for (index, goal) in path.must.iter().enumerate() {
            let place = Pointer::configuration("must").child(index);
            let mut step = session.step(goal);
            (step.name, step.place) = (format!("must {}", index + 1), place);
            steps.push(step);
        }
        Self { steps, sessions }
    }
}

impl Walk {
    /// Who acts at the end.
    pub(super) fn end(&self) -> Option<&Session> {
        self.sessions.last().map(|(_, session)| session)
    }
}

impl Session {
    /// Who begins.
    fn first(path: &FailoverPath, ground: &Ground<'_>) -> Self {
        let (principal, tags) = match (&path.service_account, &path.subject) {
            (Some(account), _) => {
                let role = path.hops.first().map(|hop| hop.assume.as_str()).unwrap_or_default();
                let provider = provider_arn(role, &account.issuer);
                // A token has no tags of IAM.
                (Principal::Federated(provider), Some(BTreeMap::new()))
            }
            (None, Some(subject)) if subject.contains(":user/") => {
                (Principal::User(subject.clone()), ground.tags(subject).cloned())
            }
            (None, Some(subject)) => (Principal::role(subject), ground.tags(subject).cloned()),
            (None, None) => (Principal::Anonymous, Some(BTreeMap::new())),
        };
        Self { principal, tags, keys: Vec::new() }
    }

    /// The session that a hop gives.
    fn after(&self, hop: &Hop, by_token: bool, ground: &Ground<'_>) -> Self {
        let tags = ground.tags(&hop.assume).map(|own| {
            let passed = hop.session_tags.iter().map(|(key, value)| (key.clone(), value.clone()));
            own.iter().map(|(key, value)| (key.clone(), value.clone())).chain(passed).collect()
        });
        // A session that was made from another one or from a token was made without MFA.
        let mut keys =
            vec![("aws:multifactorauthpresent", KeyValue::Absent), ("aws:multifactorauthage", KeyValue::Absent)];
        if by_token && let Principal::Federated(provider) = &self.principal {
            keys.push(("aws:federatedprovider", KeyValue::Known(vec![provider.clone()])));
        }
        Self { principal: Principal::role(&hop.assume), tags, keys }
    }

    /// What holds for every call of this session in a region.
    fn context(&self, region: &Region) -> Context {
        let mut context = Context::open().with("aws:requestedregion", region.as_str());
        for (key, value) in [("aws:securetransport", "true"), ("aws:viaawsservice", "false")] {
            context = context.with(key, value);
        }
        for key in ["aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "aws:sourcearn", "aws:sourceaccount"] {
            context.set(key, KeyValue::Absent);
        }
        for key in ["aws:currenttime", "aws:epochtime"] {
            context.set(key, KeyValue::Present);
        }
        for (key, value) in &self.keys {
            context.set(key, value.clone());
        }
        for (key, value) in self.tags.iter().flatten() {
            context = context.with(&format!("aws:principaltag/{key}"), value);
        }
        context
    }

    fn assume(&self, hop: &Hop) -> Step {
        let region = asked_region(hop);
        let mut context = self.call_of(hop, &region);
        context.set("sts:externalid", known_or_absent(hop.external_id.as_ref()));
        for (key, value) in &hop.session_tags {
            context = context.with(&format!("aws:requesttag/{key}"), value);
        }
        let tag_keys: Vec<String> = hop.session_tags.keys().cloned().collect();
        context.set("aws:tagkeys", if tag_keys.is_empty() { KeyValue::Absent } else { KeyValue::Known(tag_keys) });
        context.set("sts:transitivetagkeys", KeyValue::Absent);
        let mut actions = vec!["sts:AssumeRole"];
        if !hop.session_tags.is_empty() {
            actions.push("sts:TagSession");
        }
        self.hop_step(hop, region, &context, &actions)
    }

    fn present_token(&self, path: &FailoverPath, hop: &Hop) -> Step {
        let region = asked_region(hop);
        let mut context = self.call_of(hop, &region);
        if let Some(account) = &path.service_account {
            context = context
                .with(&format!("{}:sub", account.issuer), &account.sub)
                .with(&format!("{}:aud", account.issuer), &account.audience);
        }
        if let Principal::Federated(provider) = &self.principal {
            context = context.with("aws:federatedprovider", provider);
        }
        self.hop_step(hop, region, &context, &[PRESENTING_A_TOKEN])
    }

    /// What every way of assuming a role has in common.
    fn call_of(&self, hop: &Hop, region: &Region) -> Context {
        let mut context = self.context(region);
        if hop.global_sts && region.as_str() != GLOBAL_STS {
            context.set("aws:requestedregion", KeyValue::Present);
        }
        context.set("sts:rolesessionname", KeyValue::Present);
        context.set("sts:sourceidentity", KeyValue::Absent);
        if let Some(seconds) = hop.duration_seconds {
            context = context.with("sts:durationseconds", &seconds.to_string());
        }
        match (&hop.source_vpce, &hop.source_ip) {
            (Some(endpoint), address) => {
                context = context.with("aws:sourcevpce", endpoint);
                context.set("aws:sourcevpc", KeyValue::Present);
                // Through an endpoint the address is another key's.
                context.set("aws:sourceip", KeyValue::Absent);
                if let Some(address) = address {
                    context = context.with("aws:vpcsourceip", address);
                }
            }
            (None, Some(address)) => {
                context = context.with("aws:sourceip", address);
                for key in ["aws:sourcevpce", "aws:sourcevpc", "aws:vpcsourceip"] {
                    context.set(key, KeyValue::Absent);
                }
            }
            (None, None) => {}
        }
        context
    }

    fn hop_step(&self, hop: &Hop, region: Region, context: &Context, actions: &[&str]) -> Step {
        let request = |action: &&str| Request {
            principal: self.principal.clone(),
            action: (*action).to_owned(),
            resource: hop.assume.clone(),
            resource_account: None,
            context: context.clone(),
        };
        Step {
            name: String::new(),
            place: Pointer::default(),
            action: actions.first().copied().unwrap_or_default().to_owned(),
            resource: hop.assume.clone(),
            region,
            is_hop: true,
            requests: actions.iter().map(request).collect(),
            principal_tags: self.tags.clone(),
            request_tags: Some(hop.session_tags.clone()),
            missing: None,
        }
    }

    /// A request of this session.
    pub(super) fn step(&self, goal: &Goal) -> Step {
        let mut context = self.context(&goal.region);
        for (key, values) in &goal.context {
            context.set(key, KeyValue::Known(values.clone()));
        }
        let request = Request {
            principal: self.principal.clone(),
            action: goal.action.clone(),
            resource: goal.resource.clone(),
            resource_account: None,
            context,
        };
        Step {
            name: String::new(),
            place: Pointer::default(),
            action: goal.action.clone(),
            resource: goal.resource.clone(),
            region: goal.region.clone(),
            is_hop: false,
            requests: vec![request],
            principal_tags: self.tags.clone(),
            request_tags: None,
            missing: None,
        }
    }
}

/// The region whose STS answers. The global endpoint answers calls from regions that must be
/// enabled first from us-east-1; others are answered where they come from, if Amazon's DNS was
/// asked. Source: IAM user guide, "AWS STS global endpoint changes".
pub(super) fn asked_region(hop: &Hop) -> Region {
    let global = Region::new(GLOBAL_STS).ok().filter(|_| hop.global_sts && is_opt_in(&hop.region));
    global.unwrap_or_else(|| hop.region.clone())
}

/// The provider that vouches for an issuer's tokens, in the account of a role.
pub(super) fn provider_arn(role: &str, issuer: &str) -> String {
    let partition = role.split(':').nth(1).unwrap_or("aws");
    format!("arn:{partition}:iam::{}:oidc-provider/{issuer}", account_of(role))
}

fn known_or_absent(value: Option<&String>) -> KeyValue {
    value.map_or(KeyValue::Absent, |value| KeyValue::Known(vec![value.clone()]))
}

/// What a hop needs and is not in the snapshot: who begins, the issuer's provider, the role.
fn missing(path: &FailoverPath, index: usize, hop: &Hop, ground: &Ground<'_>) -> Option<Missing> {
    if index == 0 {
        let begins = match (&path.service_account, &path.subject) {
            (Some(account), _) => {
                let provider = provider_arn(&hop.assume, &account.issuer);
                not_there(&provider, ground.provider(&provider))
            }
            (None, Some(subject)) => not_there(subject, ground.principal(subject)),
            (None, None) => None,
        };
        if begins.is_some() {
            return begins;
        }
    }
    not_there(&hop.assume, ground.principal(&hop.assume))
}

fn not_there<T>(arn: &str, seen: Seen<T>) -> Option<Missing> {
    match seen {
        Seen::There(_) => None,
        Seen::Gone => Some(Missing::Gone(format!("{arn} does not exist"))),
        Seen::Unseen(why) => Some(Missing::Unseen(why)),
    }
}
