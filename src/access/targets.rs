//! Whom and what a path is tried on: targets bound by who may use them, mightiest first.

use std::collections::{BTreeMap, BTreeSet};

use super::attempt::{Attempt, Place, Step};
use super::chain::{Hops, evidence};
use super::documents::Held;
use super::index::Holder;
use super::power::is_administrator;
use super::words::requirements;
use super::{Access, trust};
use crate::model::Pointer;
use crate::policy::paths::{Bind, Login, On, Path, paths};
use crate::policy::{Decision, KeyValue, Principal, Request, account_of, pattern};

/// Something a path is tried on.
#[derive(Debug, Clone)]
pub(super) enum Target<'a> {
    /// The principal itself.
    Itself,
    /// A group with its policies.
    Group(String, Held<'a>),
    /// A group the principal is in already, or a policy it has.
    Own(String),
    /// A policy, and a role it is attached to.
    Policy(String, usize),
    /// A user or a role.
    Holder(usize),
    /// A role that a service may use, and how the service comes to use it.
    Passed(usize, &'static str),
    /// The mightiest role that something which runs may use.
    Running(usize),
    /// An instance, and the role it runs as.
    Instance(String, usize),
}

impl Target<'_> {
    /// The user or role it leads to.
    pub(super) fn leads_to(&self) -> Option<usize> {
        match self {
            Self::Itself | Self::Group(..) | Self::Own(_) => None,
            Self::Policy(_, at)
            | Self::Holder(at)
            | Self::Passed(at, ..)
            | Self::Running(at)
            | Self::Instance(_, at) => Some(*at),
        }
    }
}

/// Everything that can be a target, by account.
pub(super) struct Targets<'s, 'a> {
    access: &'s Access<'a>,
    roles: BTreeMap<&'a str, Vec<usize>>,
    users: BTreeMap<&'a str, Vec<usize>>,
    groups: BTreeMap<&'a str, Vec<(&'a str, &'a str, Held<'a>)>>,
    /// By customer-managed policy: the roles it is attached to.
    attached: BTreeMap<&'a str, Vec<usize>>,
    /// By account and service: the roles it may use, mightiest first.
    used_by: BTreeMap<(&'a str, &'static str), Vec<usize>>,
    /// How a service comes to use a role.
    uses: BTreeMap<(usize, &'static str), Step>,
}

impl<'s, 'a> Targets<'s, 'a> {
    pub(super) fn of(access: &'s Access<'a>, named: &BTreeMap<usize, u128>) -> Self {
        let holders = &access.index.holders;
        let mut ranked: Vec<usize> = (0..holders.len()).collect();
        ranked.sort_by_key(|at| {
            let holder = &holders[*at];
            let names = named.get(&holder.class).map_or(0, |bits| bits.count_ones());
            (!is_administrator(holder), std::cmp::Reverse(names), *at)
        });
        let mut targets = Self {
            access,
            roles: BTreeMap::new(),
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
            attached: BTreeMap::new(),
            used_by: BTreeMap::new(),
            uses: BTreeMap::new(),
        };
        for at in &ranked {
            let holder = &holders[*at];
            let kind = if holder.role().is_some() { &mut targets.roles } else { &mut targets.users };
            kind.entry(holder.account()).or_default().push(*at);
            if holder.role().is_none() || holder.reserved() {
                continue;
            }
            let attached = holder.grants().map(|grants| grants.attached_policies.as_slice()).unwrap_or_default();
            for arn in attached.iter().filter(|arn| !is_of_aws(arn)) {
                targets.attached.entry(arn).or_default().push(*at);
            }
        }
        for (source, group) in access.index.groups() {
            let resource = source.resource;
            let held = access.index.granted(source, &group.grants);
            targets.groups.entry(resource.account.as_str()).or_default().push((
                &resource.name,
                resource.id.as_str(),
                held,
            ));
        }
        targets.groups.values_mut().for_each(|groups| groups.sort_by_key(|(name, ..)| *name));
        for service in paths().flat_map(|path| path.bind.services()) {
            targets.add_service(service, &ranked);
        }
        targets
    }

    fn add_service(&mut self, service: &'static str, ranked: &[usize]) {
        let roles: BTreeSet<usize> = self.access.trusts.of_service(service).collect();
        for at in ranked.iter().filter(|at| roles.contains(at)) {
            if self.uses.contains_key(&(*at, service)) {
                return;
            }
            if let Some(step) = self.used(*at, service) {
                let account = self.access.index.holders[*at].account();
                self.used_by.entry((account, service)).or_default().push(*at);
                self.uses.insert((*at, service), step);
            }
        }
    }

    /// A service of the role's own account that assumes the role.
    fn used(&self, at: usize, service: &str) -> Option<Step> {
        let holder = &self.access.index.holders[at];
        let mut request = Request::new(Principal::Service(service.to_owned()), trust::ASSUME, holder.arn());
        request.context.set("aws:sourceaccount", KeyValue::Known(vec![holder.account().to_owned()]));
        let (answer, policies) = self.access.judged(&request);
        let certain = match &answer.decision {
            Decision::Allow => true,
            Decision::Deny(_) => return None,
            Decision::Depends(needs) => needs.iter().all(Access::is_about_organization),
        };
        Some(Step {
            action: format!("sts:AssumeRole by {service}"),
            resource: holder.arn().to_owned(),
            certain,
            requirements: requirements(&answer, &policies),
            evidence: evidence(&answer),
        })
    }

    /// The steps of a path that do not touch its target; `None` when one of them is denied.
    pub(super) fn fixed_steps(attempt: &mut Attempt<'s, 'a>, path: &Path) -> Option<Vec<Step>> {
        let some = path.steps.iter().filter(|(_, on)| *on == On::Some);
        let place = if matches!(path.bind, Bind::Running(_)) { Place::Found } else { Place::Made };
        let steps: Option<Vec<Vec<Step>>> = some.map(|(action, _)| attempt.some(action, place)).collect();
        Some(steps?.concat())
    }

    /// The steps that touch the target; `None` when one of them is denied.
    pub(super) fn steps(&self, attempt: &mut Attempt<'s, 'a>, path: &Path, target: &Target<'a>) -> Option<Vec<Step>> {
        let own = attempt.arn();
        let arn = |at: &usize| self.access.index.holders[*at].arn();
        let mut steps = Vec::new();
        for (action, on) in path.steps {
            match (on, target) {
                (On::Some, _) => {}
                (On::Itself, _) => steps.push(attempt.on(action, own)?),
                (On::Target, Target::Group(group, _) | Target::Own(group)) => steps.push(attempt.on(action, group)?),
                (On::Target, Target::Policy(policy, _)) => steps.push(attempt.on(action, policy)?),
                (On::Pass, Target::Passed(role, service)) => {
                    steps.push(attempt.pass(action, arn(role), service)?);
                    steps.push(self.uses.get(&(*role, *service))?.clone());
                }
                (On::Instance, Target::Instance(instance, _)) => {
                    steps.push(attempt.on(action, instance)?);
                    steps.extend(attempt.besides(action, "instance")?);
                }
                (On::Target | On::Holder | On::Assume | On::Pass | On::Instance, target) => {
                    steps.push(attempt.on(action, arn(&target.leads_to()?))?);
                }
            }
        }
        Some(steps)
    }

    /// What a path can be tried on by a principal.
    pub(super) fn bound(&self, path: &Path, at: usize, hops: &Hops) -> Vec<Target<'a>> {
        let holder = &self.access.index.holders[at];
        let account = holder.account();
        let is_user = holder.user().is_some();
        match path.bind {
            Bind::OwnUser if is_user => vec![Target::Itself],
            Bind::OwnRole if !is_user && !holder.reserved() => vec![Target::Itself],
            Bind::OwnBoundary if holder.boundary_arn().is_some() && !holder.reserved() => {
                let kind = if is_user { "user" } else { "role" };
                let fits = path.steps.iter().all(|(action, _)| action.contains(kind));
                if fits { vec![Target::Itself] } else { Vec::new() }
            }
            Bind::OwnGroup => self.own_groups(holder).map(|arn| Target::Own(arn.to_owned())).collect(),
            Bind::OwnPolicy => self.own_policies(holder).into_iter().map(|arn| Target::Own(arn.to_owned())).collect(),
            Bind::OtherGroup if is_user => self.other_groups(holder),
            Bind::User(login) => {
                let users = self.within(path, holder, self.users.get(account));
                users.into_iter().filter(|user| *user != at && self.fits(*user, login)).map(Target::Holder).collect()
            }
            Bind::Role => self.roles(path, at, hops).into_iter().map(Target::Holder).collect(),
            Bind::RolePolicy => self.policies_of_roles(path, at, hops),
            Bind::Passed(services) => services.iter().flat_map(|service| self.passed(path, holder, service)).collect(),
            Bind::PassedProfile => {
                let passed = self.passed(path, holder, "ec2.amazonaws.com");
                passed.into_iter().filter(|target| target.leads_to().is_some_and(|at| self.in_profile(at))).collect()
            }
            Bind::Running(services) => {
                let used = services.iter().filter_map(|service| self.used_by.get(&(account, *service))).flatten();
                used.map(|role| Target::Running(*role)).filter(|target| target.leads_to() != Some(at)).collect()
            }
            Bind::Instance => self.instances(account, at),
            Bind::OwnUser | Bind::OwnRole | Bind::OwnBoundary | Bind::OtherGroup => Vec::new(),
        }
    }

    fn fits(&self, user: usize, login: Login) -> bool {
        let Some(user) = self.access.index.holders[user].user() else { return false };
        // What is not known of a user's credentials keeps nobody from trying.
        let keys = user.access_keys.as_ref().map(Vec::len);
        match login {
            Login::Any => true,
            Login::KeyFree => keys != Some(2),
            Login::KeysFull => keys == Some(2),
            Login::NoPassword => user.console_password != Some(true),
            Login::Password => user.console_password == Some(true),
        }
    }

    fn own_groups(&self, holder: &Holder<'a>) -> impl Iterator<Item = &'a str> + '_ {
        let names = holder.user().map(|user| user.groups.as_slice()).unwrap_or_default();
        let groups = self.groups.get(holder.account()).into_iter().flatten();
        groups.filter(move |(name, ..)| names.iter().any(|own| own == name)).map(|(_, arn, _)| *arn)
    }

    fn other_groups(&self, holder: &Holder<'a>) -> Vec<Target<'a>> {
        let own: BTreeSet<&str> = self.own_groups(holder).collect();
        let groups = self.groups.get(holder.account()).into_iter().flatten();
        let others = groups.filter(|(_, arn, _)| !own.contains(arn));
        others.map(|(_, arn, held)| Target::Group((*arn).to_owned(), held.clone())).collect()
    }

    /// Customer-managed policies that a principal has, by itself or by a group.
    fn own_policies(&self, holder: &Holder<'a>) -> BTreeSet<&'a str> {
        let own = holder.grants().map(|grants| grants.attached_policies.as_slice()).unwrap_or_default();
        let names = holder.user().map(|user| user.groups.as_slice()).unwrap_or_default();
        let groups = names.iter().filter_map(|name| self.access.index.group(holder.account(), name));
        let of_groups = groups.flat_map(|(_, group)| &group.grants.attached_policies);
        own.iter().chain(of_groups).map(String::as_str).filter(|arn| !is_of_aws(arn)).collect()
    }

    /// Roles to be changed, and to be assumed where the path says so.
    fn roles(&self, path: &Path, at: usize, hops: &Hops) -> Vec<usize> {
        let holder = &self.access.index.holders[at];
        let can_change = |role: &usize| *role != at && !self.access.index.holders[*role].reserved();
        let roles = if path.steps.iter().any(|(_, on)| *on == On::Assume) {
            hops.from(at)
                .map(|(role, _)| role)
                .filter(|role| self.access.index.holders[*role].account() == holder.account())
                .collect()
        } else {
            self.within(path, holder, self.roles.get(holder.account()))
        };
        roles.into_iter().filter(can_change).collect()
    }

    fn policies_of_roles(&self, path: &Path, at: usize, hops: &Hops) -> Vec<Target<'a>> {
        let account = self.access.index.holders[at].account();
        let assumable: Option<BTreeSet<usize>> =
            path.steps.iter().any(|(_, on)| *on == On::Assume).then(|| hops.from(at).map(|(role, _)| role).collect());
        let own = self.attached.iter().filter(|(arn, _)| account_of(arn) == Some(account));
        own.flat_map(|(arn, roles)| {
            let fits = |role: &&usize| **role != at && assumable.as_ref().is_none_or(|known| known.contains(*role));
            roles.iter().filter(fits).map(|role| Target::Policy((*arn).to_owned(), *role)).collect::<Vec<_>>()
        })
        .collect()
    }

    fn passed(&self, path: &Path, holder: &Holder<'a>, service: &'static str) -> Vec<Target<'a>> {
        let used = self.used_by.get(&(holder.account(), service)).map(Vec::as_slice).unwrap_or_default();
        let scope = Scope::of(holder, path);
        let may_pass = |role: &&usize| {
            let arn = self.access.index.holders[**role].arn();
            arn != holder.arn() && scope.takes(arn)
        };
        used.iter().filter(may_pass).map(|role| Target::Passed(*role, service)).collect()
    }

    /// Whether a role can be given to an instance: it is in an instance profile, or may be.
    fn in_profile(&self, at: usize) -> bool {
        let holder = &self.access.index.holders[at];
        let unknown =
            holder.resource.unknown.iter().any(|place| place.overlaps(&Pointer::configuration("instance_profiles")));
        let profiles = holder.role().and_then(|role| role.instance_profiles.as_ref());
        unknown || profiles.is_some_and(|profiles| !profiles.is_empty())
    }

    fn instances(&self, account: &str, at: usize) -> Vec<Target<'a>> {
        let own = self.access.index.instances.iter().filter(|(resource, _)| resource.account.as_str() == account);
        own.filter_map(|(resource, instance)| {
            let profile = instance.instance_profile.as_ref()?;
            let role = self.roles.get(account)?.iter().find(|role| {
                let profiles =
                    self.access.index.holders[**role].role().and_then(|role| role.instance_profiles.as_ref());
                profiles.is_some_and(|profiles| profiles.contains(profile))
            })?;
            (*role != at).then(|| Target::Instance(resource.id.to_string(), *role))
        })
        .collect()
    }

    /// Those whose ARN the principal's own policies may take for the path's action on its target.
    fn within(&self, path: &Path, holder: &Holder<'a>, all: Option<&Vec<usize>>) -> Vec<usize> {
        let scope = Scope::of(holder, path);
        let all = all.map(Vec::as_slice).unwrap_or_default();
        match &scope.literal {
            Some(arns) => {
                let named: BTreeSet<usize> = arns.iter().filter_map(|arn| self.access.index.position_of(arn)).collect();
                // In their rank only where that is cheap: these are few.
                named.into_iter().filter(|at| all.contains(at)).collect()
            }
            None => all.iter().copied().filter(|at| scope.takes(self.access.index.holders[*at].arn())).collect(),
        }
    }

    /// The name of a target, as escalations show it.
    pub(super) fn name(&self, target: &Target<'a>) -> Option<String> {
        match target {
            Target::Itself | Target::Running(_) => None,
            Target::Group(arn, _) | Target::Own(arn) => Some(arn.clone()),
            other => other.leads_to().map(|at| self.access.index.holders[at].arn().to_owned()),
        }
    }
}

/// Where a principal's own policies let it use the first action of a path on its target.
struct Scope {
    patterns: Vec<String>,
    /// The patterns, when none of them has a wildcard.
    literal: Option<Vec<String>>,
}

impl Scope {
    fn of(holder: &Holder<'_>, path: &Path) -> Self {
        let on_target = |on: &On| matches!(on, On::Target | On::Pass | On::Holder);
        let action = path.steps.iter().find(|(_, on)| on_target(on)).map(|(action, _)| *action);
        let Some(action) = action else { return Self { patterns: vec!["*".to_owned()], literal: None } };
        let statements = holder.identity.policies.iter().flat_map(|policy| &policy.document.statement);
        let named = statements.filter(|statement| statement.effect == "Allow" && trust::names(statement, &[action]));
        let everything = ["*".to_owned()];
        let resources: BTreeSet<String> = named
            .flat_map(|statement| match &statement.resource {
                Some(resources) => resources.as_slice().to_vec(),
                None => everything.to_vec(),
            })
            .map(|resource| filled(&resource, holder))
            .collect();
        let patterns: Vec<String> = resources.into_iter().collect();
        let plain = patterns.iter().all(|pattern| !pattern.contains(['*', '?']));
        Self { literal: plain.then(|| patterns.clone()), patterns }
    }

    fn takes(&self, arn: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern == "*" || pattern::matches(pattern, arn))
    }
}

/// A resource pattern with the name of a user in the place of its variable; any other variable
/// may be anything.
fn filled(resource: &str, holder: &Holder<'_>) -> String {
    let mut filled = String::new();
    let mut rest = resource;
    while let Some((before, after)) = rest.split_once("${") {
        filled.push_str(before);
        let Some((variable, after)) = after.split_once('}') else { return resource.to_owned() };
        match variable.to_ascii_lowercase().as_str() {
            "aws:username" if holder.user().is_some() => filled.push_str(&holder.resource.name),
            _ => filled.push('*'),
        }
        rest = after;
    }
    filled + rest
}

fn is_of_aws(arn: &str) -> bool {
    arn.split(':').nth(4) == Some("aws")
}

impl Bind {
    /// The services whose roles it takes.
    const fn services(self) -> &'static [&'static str] {
        match self {
            Self::Passed(services) | Self::Running(services) => services,
            Self::PassedProfile => &["ec2.amazonaws.com"],
            _ => &[],
        }
    }
}
