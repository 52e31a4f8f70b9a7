//! How policies let their holder take over another user or role, or something that runs as one.
//!
//! Every published path (`policy::paths`) whose requests are all allowed by the policies is told,
//! with whether any target will do or which. That such a target is there, whom it trusts and what
//! it may do follows from the rest of the account; `plimsoll access escalations` looks for that.
//! Each request is decided by all policies of the principal with their denies and by its boundary;
//! organization policies and policies of the target are left aside.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::Estate;
use super::grants::spelled;
use super::powers::{path_actions, takes};
use crate::model::{AccountId, EscalationGain, PolicyDocument, Statement};
use crate::policy::paths::{Bind, Gain, On, Path, paths};
use crate::policy::{
    Applied, Decision, KeyValue, Layer, LayerPolicies, Need, Policies, Principal, Request, catalog, evaluate, pattern,
};

/// The most named targets that are tried where not any will do.
const MOST_TARGETS: usize = 8;

/// The policy that "attach any policy" is tried with.
const ANY_POLICY: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

const ASSUME_ROLE: &str = "sts:assumerole";

/// A path that is allowed, and the statements that allow it: position of the policy and of the
/// statement in it.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub(super) path: &'static Path,
    pub(super) any_target: bool,
    pub(super) target: Option<String>,
    /// A shorter path that is found too.
    pub(super) extends: Option<&'static str>,
    pub(super) depends_on: BTreeSet<String>,
    pub(super) statements: BTreeSet<(usize, usize)>,
}

impl Way {
    /// Its actions as AWS writes them, in the order of doing.
    pub(super) fn actions(&self) -> Vec<String> {
        self.path.steps.iter().map(|(action, _)| spelled(action)).collect()
    }

    pub(super) const fn gain(&self) -> EscalationGain {
        match self.path.gain {
            Gain::Everything => EscalationGain::Everything,
            Gain::Target => EscalationGain::Target,
            Gain::Boundary => EscalationGain::Boundary,
            Gain::Older => EscalationGain::OlderVersion,
        }
    }
}

type Key = (Vec<usize>, Option<usize>, AccountId, bool);

/// What was found for principals with the same policies.
#[derive(Debug, Default)]
pub(super) struct Memo(RefCell<BTreeMap<Key, Rc<Vec<Way>>>>);

/// One who asks, with all policies that are held.
pub(super) struct Asker<'h, 'a> {
    pub(super) principal: Principal,
    pub(super) account: &'a AccountId,
    pub(super) identity: &'h [&'a PolicyDocument],
    pub(super) boundary: Option<&'a PolicyDocument>,
}

/// An allowed request: the keys it depends on, and the statements that allow it.
type Allowed = (BTreeSet<String>, BTreeSet<(usize, usize)>);

impl Asker<'_, '_> {
    /// All ways to another one's permissions.
    pub(super) fn ways(&self, estate: &Estate<'_>) -> Rc<Vec<Way>> {
        let powers: Vec<_> = self.identity.iter().map(|document| estate.memo.powers(document, self.account)).collect();
        let steps = powers.iter().fold(0, |bits, powers| bits | powers.steps);
        if !paths().any(|path| is_of_another(path) && has_steps(path, steps)) {
            return Rc::default();
        }
        let bounds = self.boundary.map(|document| estate.memo.powers(document, self.account));
        let asks_who = powers.iter().chain(&bounds).any(|powers| powers.asks_who);
        let key = if asks_who { None } else { self.key(estate) };
        if let Some(known) = key.as_ref().and_then(|key| estate.memo.takeovers.0.borrow().get(key).map(Rc::clone)) {
            return known;
        }
        let of_another = paths().filter(|path| is_of_another(path) && has_steps(path, steps));
        let found = Rc::new(with_shorter(of_another.filter_map(|path| self.way(path)).collect()));
        if let Some(key) = key {
            estate.memo.takeovers.0.borrow_mut().insert(key, Rc::clone(&found));
        }
        found
    }

    /// The same for all who hold the same documents in the same order.
    fn key(&self, estate: &Estate<'_>) -> Option<Key> {
        let identity: Option<Vec<usize>> = self.identity.iter().map(|one| estate.memo.number(one)).collect();
        let boundary = match self.boundary {
            Some(document) => Some(estate.memo.number(document)?),
            None => None,
        };
        Some((identity?, boundary, self.account.clone(), matches!(self.principal, Principal::User(_))))
    }

    fn way(&self, path: &'static Path) -> Option<Way> {
        let is_user = matches!(self.principal, Principal::User(_));
        if path.bind == Bind::OtherGroup && !is_user {
            return None;
        }
        let mut way = Way {
            path,
            any_target: true,
            target: None,
            extends: None,
            depends_on: BTreeSet::new(),
            statements: BTreeSet::new(),
        };
        let may_choose = !matches!(path.bind, Bind::Running(_));
        for (action, _) in path.steps.iter().filter(|(_, on)| *on == On::Some) {
            for kind in kinds(action) {
                let (any, resource, allowed) = self.some(action, &kind)?;
                if !may_choose && !any {
                    way.any_target = false;
                    way.target = Some(resource);
                }
                way.add(allowed);
            }
        }
        let kind = target_kind(path.bind);
        if path.steps.iter().any(|(_, on)| *on != On::Some) {
            let (any, target, allowed) = self.on_target(path, kind?)?;
            way.any_target &= any;
            if !any {
                way.target = Some(target);
            }
            way.add(allowed);
        }
        way.any_target &= !way.depends_on.iter().any(|key| is_of_target(key));
        Some(way)
    }

    /// Some resource of a kind on which the action is allowed, and whether any is as good.
    fn some(&self, action: &'static str, kind: &[String]) -> Option<(bool, String, Allowed)> {
        let first = kind.iter().map(|pattern| (true, self.instance(pattern, pattern)));
        let named = kind.iter().flat_map(|pattern| self.named(&[action], pattern)).map(|resource| (false, resource));
        first.chain(named).find_map(|(any, resource)| {
            let allowed = self.ask(action, &resource, None)?;
            Some((any, resource, allowed))
        })
    }

    /// A target on which all steps of a path that touch it are allowed, and whether any is as good.
    fn on_target(&self, path: &'static Path, kind: &str) -> Option<(bool, String, Allowed)> {
        let actions: Vec<&'static str> =
            path.steps.iter().filter(|(_, on)| *on != On::Some).map(|(action, _)| *action).collect();
        let first = self.instance(kind, kind);
        let others = self.named(&actions, kind);
        let targets = std::iter::once((true, first)).chain(others.into_iter().map(|one| (false, one)));
        targets.into_iter().find_map(|(any, target)| {
            let (role_is_any, allowed) = self.all_steps(path, &target)?;
            Some((any && role_is_any, target, allowed))
        })
    }

    fn all_steps(&self, path: &'static Path, target: &str) -> Option<(bool, Allowed)> {
        if path.bind != Bind::RolePolicy {
            return Some((true, self.steps_on(path, target, target)?));
        }
        // The policy is the target, and some role that holds it is used.
        let role = target_kind(Bind::Role)?;
        let actions: Vec<&'static str> = path
            .steps
            .iter()
            .filter(|(_, on)| matches!(on, On::Holder | On::Assume))
            .map(|(action, _)| *action)
            .collect();
        let first = std::iter::once((true, self.instance(role, role)));
        let others = self.named(&actions, role).into_iter().map(|one| (false, one));
        first.chain(others).find_map(|(any, holder)| Some((any, self.steps_on(path, target, &holder)?)))
    }

    fn steps_on(&self, path: &'static Path, target: &str, holder: &str) -> Option<Allowed> {
        let services: &[&str] = match path.bind {
            Bind::Passed(services) => services,
            Bind::PassedProfile => &["ec2.amazonaws.com"],
            _ => &[],
        };
        let mut all = Allowed::default();
        for (action, on) in path.steps {
            let (keys, statements) = match on {
                On::Some => continue,
                On::Pass => services.iter().find_map(|service| self.ask(action, target, Some(service)))?,
                On::Holder | On::Assume => self.ask(action, holder, None)?,
                On::Itself | On::Target | On::Instance => self.ask(action, target, None)?,
            };
            all.0.extend(keys);
            all.1.extend(statements);
        }
        Some(all)
    }

    /// Whether the policies allow a request.
    pub(super) fn ask(&self, action: &str, resource: &str, service: Option<&str>) -> Option<Allowed> {
        let identity = self.identity.iter().enumerate();
        // Whether a role trusts its account is left aside: to be assumed, some policy has to let in.
        let trust = (action == ASSUME_ROLE).then(|| self.trust());
        let policies = Policies {
            identity: LayerPolicies::of(
                identity.map(|(at, document)| Applied::new(at.to_string(), document)).collect(),
            ),
            boundary: self.boundary.map(|document| LayerPolicies::of(vec![Applied::new("boundary", document)])),
            resource: trust.as_ref().map(|document| LayerPolicies::of(vec![Applied::new("trust", document)])),
            ..Policies::default()
        };
        let mut request = Request::new(self.principal.clone(), action, resource);
        let mut set = |key: &str, value: &str| request.context.set(key, KeyValue::Known(vec![value.to_owned()]));
        set("aws:PrincipalIsAWSService", "false");
        if let Some(service) = service {
            set("iam:PassedToService", service);
        }
        if action.to_ascii_lowercase().starts_with("iam:attach") {
            set("iam:PolicyARN", ANY_POLICY);
        }
        let answer = evaluate(&request.with_derived_keys(), &policies);
        let depends_on = match &answer.decision {
            Decision::Allow => BTreeSet::new(),
            Decision::Deny(_) => return None,
            Decision::Depends(needs) => needs
                .iter()
                .map(|need| match need {
                    Need::Key(key) => key.to_ascii_lowercase(),
                    Need::Policy(why) => why.clone(),
                })
                .collect(),
        };
        let own = answer.layers.iter().filter(|said| said.layer == Layer::Identity);
        let statements = own.flat_map(|said| &said.statements);
        let at = statements.filter_map(|statement| Some((statement.policy.parse().ok()?, statement.statement)));
        Some((depends_on, at.collect()))
    }

    /// A trust policy that leaves the decision to the account's own policies.
    fn trust(&self) -> PolicyDocument {
        let account = BTreeMap::from([("AWS".to_owned(), vec![format!("arn:aws:iam::{}:root", self.account)])]);
        let statement = Statement {
            effect: "Allow".to_owned(),
            principal: Some(account),
            action: Some(vec![ASSUME_ROLE.to_owned()]),
            ..Statement::default()
        };
        PolicyDocument { version: "2012-10-17".to_owned(), id: None, statement: vec![statement] }
    }

    /// Made-up resources of a kind that Allow statements of the actions name.
    fn named(&self, actions: &[&'static str], kind: &str) -> Vec<String> {
        let mut found = Vec::new();
        let statements = self.identity.iter().flat_map(|document| &document.statement);
        let allows = statements
            .filter(|statement| statement.effect == "Allow" && actions.iter().any(|action| takes(statement, action)));
        for resource in allows.flat_map(|statement| statement.resource.iter().flatten()) {
            if kind == "*" || pattern::is_everything(resource) || !pattern::overlaps(kind, resource) {
                continue;
            }
            let instance = self.instance(kind, resource);
            if pattern::resource_matches(resource, &instance) && !found.contains(&instance) {
                found.push(instance);
            }
        }
        found.truncate(MOST_TARGETS);
        found
    }

    /// A resource with the form of the kind and, as far as that goes, of the narrower pattern.
    fn instance(&self, kind: &str, narrower: &str) -> String {
        if kind == "*" {
            return kind.to_owned();
        }
        let defaults = ["arn", "aws", "", "us-east-1", self.account.as_str(), "plimsoll-target"];
        let mut of_kind = kind.splitn(6, ':');
        let mut of_narrower = narrower.splitn(6, ':');
        let parts = defaults.into_iter().map(|default| {
            let wide = of_kind.next().unwrap_or("*");
            let narrow = of_narrower.next().unwrap_or("*");
            let written = if pattern::overlaps(wide, narrow) && narrow != "*" { narrow } else { wide };
            if written == "*" { default.to_owned() } else { written.replace('*', "plimsoll-target").replace('?', "p") }
        });
        parts.collect::<Vec<_>>().join(":")
    }
}

impl Way {
    fn add(&mut self, (keys, statements): Allowed) {
        self.depends_on.extend(keys);
        self.statements.extend(statements);
    }
}

/// Marks the ways of which a part is a way too.
fn with_shorter(mut ways: Vec<Way>) -> Vec<Way> {
    let is_part = |one: &Way, of: &Way| {
        one.path.steps.len() < of.path.steps.len()
            && one.any_target >= of.any_target
            && one.path.steps.iter().all(|(action, _)| of.path.steps.iter().any(|(other, _)| other == action))
    };
    let shorter: Vec<Option<&'static str>> =
        ways.iter().map(|way| ways.iter().find(|other| is_part(other, way)).map(|other| other.path.id)).collect();
    for (way, shorter) in ways.iter_mut().zip(shorter) {
        way.extends = shorter;
    }
    ways
}

/// Whether a path leads to another one's permissions.
const fn is_of_another(path: &Path) -> bool {
    !matches!(path.bind, Bind::OwnUser | Bind::OwnRole | Bind::OwnBoundary | Bind::OwnGroup | Bind::OwnPolicy)
}

/// Whether an Allow names every action of a path.
pub(super) fn has_steps(path: &Path, steps: u128) -> bool {
    let has = |action: &&str| path_actions().binary_search(action).is_ok_and(|at| steps & (1 << at) != 0);
    path.steps.iter().all(|(action, _)| has(action))
}

const fn target_kind(bind: Bind) -> Option<&'static str> {
    match bind {
        Bind::OtherGroup | Bind::OwnGroup => Some("arn:*:iam::*:group/*"),
        Bind::User(_) | Bind::OwnUser => Some("arn:*:iam::*:user/*"),
        Bind::Role | Bind::Passed(_) | Bind::PassedProfile | Bind::Running(_) | Bind::OwnRole => {
            Some("arn:*:iam::*:role/*")
        }
        Bind::RolePolicy | Bind::OwnPolicy => Some("arn:*:iam::*:policy/*"),
        Bind::Instance => Some("arn:*:ec2:*:*:instance/*"),
        Bind::OwnBoundary => None,
    }
}

/// Whether a condition key is about the target, and so limits which.
fn is_of_target(key: &str) -> bool {
    let (service, name) = key.split_once(':').unwrap_or_default();
    name.starts_with("resourcetag") || (service == "iam" && name != "passedtoservice") || name == "resourceaccount"
}

/// The kinds of resource that an action needs, each as patterns of ARNs; `*` for one that needs
/// none.
fn kinds(action: &str) -> Vec<Vec<String>> {
    let Some(known) = catalog().action(action) else { return vec![vec!["*".to_owned()]] };
    let needed: BTreeSet<&str> = known.required_types().into_iter().collect();
    let types = known.resource_types();
    let required: Vec<Vec<String>> =
        types.iter().filter(|kind| needed.contains(kind.name())).map(|kind| kind.arns()).collect();
    if required.is_empty() {
        return vec![types.iter().flat_map(|kind| kind.arns()).chain(["*".to_owned()]).collect()];
    }
    required
}
