//! One principal trying the steps of a path, each by a real evaluation.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::chain::{evidence, own};
use super::words::{Requirement, requirements};
use super::{Access, trust};
use crate::policy::{Answer, Decision, KeyValue, Policies, Principal, StatementRef, catalog, pattern};

/// The most resources that are tried for "some resource".
const MOST_RESOURCES: usize = 12;

/// The policy that "attach any policy" is tried with.
const ANY_POLICY: &str = "policy/AdministratorAccess";

/// One request of a path that is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// `iam:PassRole`, as AWS spells it.
    pub action: String,
    /// What it is done on.
    pub resource: String,
    /// Whether it is allowed, but for organization policies that were not read.
    pub certain: bool,
    /// What must hold for it to be allowed.
    pub requirements: Vec<Requirement>,
    /// The statements that allow it.
    pub evidence: Vec<StatementRef>,
}

/// Where a resource comes from that is only known by its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// The principal makes it, so nobody's policy of the resource is in the way.
    Made,
    /// It is there, and may have a policy.
    Found,
}

/// A principal that tries; what it has tried is remembered.
#[derive(Debug)]
pub(super) struct Attempt<'s, 'a> {
    access: &'s Access<'a>,
    at: usize,
    principal: Principal,
    tried: BTreeMap<(String, String, Option<String>), Option<Step>>,
    tried_some: BTreeMap<(&'static str, Place), Option<Vec<Step>>>,
}

impl<'s, 'a> Attempt<'s, 'a> {
    pub(super) fn by(access: &'s Access<'a>, at: usize) -> Self {
        Self { access, at, principal: access.as_principal(at), tried: BTreeMap::new(), tried_some: BTreeMap::new() }
    }

    /// The principal's ARN.
    pub(super) fn arn(&self) -> &'a str {
        self.access.index.holders[self.at].arn()
    }

    /// An action on one resource.
    pub(super) fn on(&mut self, action: &str, resource: &str) -> Option<Step> {
        self.with(action, resource, None)
    }

    /// A role passed to a service.
    pub(super) fn pass(&mut self, action: &str, role: &str, service: &str) -> Option<Step> {
        self.with(action, role, Some(service))
    }

    fn with(&mut self, action: &str, resource: &str, service: Option<&str>) -> Option<Step> {
        let key = (action.to_owned(), resource.to_owned(), service.map(ToOwned::to_owned));
        if let Some(known) = self.tried.get(&key) {
            return known.clone();
        }
        let step = self.ask(action, resource, service, None, Place::Found);
        self.tried.insert(key, step.clone());
        step
    }

    fn ask(
        &self,
        action: &str,
        resource: &str,
        service: Option<&str>,
        region: Option<&str>,
        place: Place,
    ) -> Option<Step> {
        let mut request = own(self.principal.clone(), action, resource);
        if let Some(service) = service {
            request.context.set("iam:passedtoservice", KeyValue::Known(vec![service.to_owned()]));
        }
        if let Some(region) = region {
            request.context.set("aws:requestedregion", KeyValue::Known(vec![region.to_owned()]));
        }
        if action.starts_with("iam:attach") {
            let any = format!("arn:{}:iam::aws:{ANY_POLICY}", self.partition());
            request.context.set("iam:policyarn", KeyValue::Known(vec![any]));
        }
        if let Some(target) = self.access.index.holder_of(resource) {
            let boundary = target.boundary_arn().map_or(KeyValue::Absent, |arn| KeyValue::Known(vec![arn.to_owned()]));
            request.context.set("iam:permissionsboundary", boundary);
        }
        let (answer, policies) = match place {
            Place::Found => self.access.judged(&request),
            Place::Made => self.access.judged_on_own(&request),
        };
        step(action, resource, &answer, &policies)
    }

    /// An action on some resource of every kind it needs; the caller chooses name and region.
    pub(super) fn some(&mut self, action: &'static str, place: Place) -> Option<Vec<Step>> {
        if let Some(known) = self.tried_some.get(&(action, place)) {
            return known.clone();
        }
        let kinds = kinds(action);
        let steps: Option<Vec<Step>> = kinds.iter().map(|kind| self.some_of(action, kind, place)).collect();
        self.tried_some.insert((action, place), steps.clone());
        steps
    }

    /// The kinds besides the one with this name that an action needs, on some resource each.
    pub(super) fn besides(&mut self, action: &str, kind: &str) -> Option<Vec<Step>> {
        let Some(known) = catalog().action(action) else { return Some(Vec::new()) };
        let needed = known.required_types();
        let others =
            known.resource_types().into_iter().filter(|other| other.name() != kind && needed.contains(&other.name()));
        let patterns: Vec<Vec<String>> = others.map(crate::policy::catalog::ResourceType::arns).collect();
        patterns.iter().map(|kind| self.some_of(action, kind, Place::Found)).collect()
    }

    /// The best answer over some resources of one kind and all regions: certain if one is.
    fn some_of(&self, action: &str, kind: &[String], place: Place) -> Option<Step> {
        let mut best: Option<Step> = None;
        for resource in self.resources(action, kind) {
            for region in self.regions(&resource) {
                match self.ask(action, &resource, None, Some(region), place) {
                    Some(step) if step.certain => return Some(step),
                    Some(step) => best = best.or(Some(step)),
                    None => {}
                }
            }
        }
        best
    }

    /// Resources of a kind: a made-up one, and made-up ones that the principal's own policies name.
    fn resources(&self, action: &str, kind: &[String]) -> Vec<String> {
        let mut found: Vec<String> = kind.iter().map(|pattern| self.instance(pattern, pattern)).collect();
        let holder = &self.access.index.holders[self.at];
        let statements = holder.identity.policies.iter().flat_map(|policy| &policy.document.statement);
        let named = statements.filter(|statement| statement.effect == "Allow" && trust::names(statement, &[action]));
        for resource in named.flat_map(|statement| statement.resource.iter().flatten()) {
            for pattern in kind.iter().filter(|pattern| *pattern != "*" && pattern::overlaps(pattern, resource)) {
                let instance = self.instance(pattern, resource);
                if pattern::matches(resource, &instance) && !found.contains(&instance) {
                    found.push(instance);
                }
            }
        }
        found.truncate(MOST_RESOURCES);
        found
    }

    /// A resource with the form of the kind and, as far as that goes, of the narrower pattern.
    fn instance(&self, kind: &str, narrower: &str) -> String {
        if kind == "*" {
            return kind.to_owned();
        }
        let region = self.access.regions.first().copied().unwrap_or("us-east-1");
        let defaults = ["arn", self.partition(), "", region, self.access.index.holders[self.at].account(), "plimsoll"];
        let mut of_kind = kind.splitn(6, ':');
        let mut of_narrower = narrower.splitn(6, ':');
        let parts = defaults.into_iter().map(|default| {
            let wide = of_kind.next().unwrap_or("*");
            let narrow = of_narrower.next().unwrap_or("*");
            let written = if pattern::overlaps(wide, narrow) && narrow != "*" { narrow } else { wide };
            if written == "*" { default.to_owned() } else { written.replace('*', "plimsoll").replace('?', "p") }
        });
        parts.collect::<Vec<_>>().join(":")
    }

    fn partition(&self) -> &'a str {
        self.access.index.holders[self.at].arn().split(':').nth(1).unwrap_or("aws")
    }

    /// The regions to try a resource in: its own, or all that were scanned.
    fn regions<'r>(&'r self, resource: &'r str) -> Vec<&'r str> {
        match resource.split(':').nth(3) {
            Some(region) if !region.is_empty() => vec![region],
            _ if self.access.regions.is_empty() => vec!["us-east-1"],
            _ => self.access.regions.clone(),
        }
    }
}

/// The kinds of resource that an action needs, each as patterns of ARNs; `*` for one that needs
/// none.
fn kinds(action: &str) -> Vec<Vec<String>> {
    let Some(known) = catalog().action(action) else { return vec![vec!["*".to_owned()]] };
    let needed: BTreeSet<&str> = known.required_types().into_iter().collect();
    let types = known.resource_types();
    let required = types.iter().filter(|kind| needed.contains(kind.name())).map(|kind| kind.arns());
    let required: Vec<Vec<String>> = required.collect();
    if required.is_empty() {
        let any = types.iter().flat_map(|kind| kind.arns()).chain(["*".to_owned()]);
        return vec![any.collect()];
    }
    required
}

fn step(action: &str, resource: &str, answer: &Answer, policies: &Policies<'_>) -> Option<Step> {
    let certain = match &answer.decision {
        Decision::Allow => true,
        Decision::Deny(_) => return None,
        Decision::Depends(needs) => needs.iter().all(Access::is_about_organization),
    };
    Some(Step {
        action: catalog().action(action).map_or_else(|| action.to_owned(), ToString::to_string),
        resource: resource.to_owned(),
        certain,
        requirements: requirements(answer, policies),
        evidence: evidence(answer),
    })
}
