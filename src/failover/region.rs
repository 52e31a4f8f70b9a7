//! The same path in the other region: what works there shows what is pinned.

use std::collections::BTreeSet;

use super::bounds::instance;
use super::fix::Edits;
use super::ground::{Ground, account_of};
use super::opinion::{self, Opinion};
use super::step::{Session, Walk};
use crate::model::{Fact, FailoverPath, Goal, Pinned, Pointer, Region, Statement};
use crate::policy::{Need, Principal};

/// Of one statement, as many actions are tried.
const MOST_ACTIONS: usize = 12;

/// The path as it is taken while the region is not degraded. A service account has several when
/// the region has several clusters.
pub(super) struct Home {
    walks: Vec<Walk>,
}

impl Home {
    pub(super) fn of(path: &FailoverPath, ground: &Ground<'_>) -> Self {
        let (from, to) = (&path.region, &path.degraded_region);
        let mut home = path.clone();
        home.region = to.clone();
        for text in home.subject.iter_mut().chain(home.hops.iter_mut().map(|hop| &mut hop.assume)) {
            *text = moved(text, from, to);
        }
        for hop in &mut home.hops {
            put(&mut hop.region, from, to);
            // Its counterpart there is not declared.
            hop.source_vpce = None;
            hop.source_ip = None;
        }
        home.must = home.must.iter().map(|goal| goal_in(goal, from, to)).collect();
        let Some(account) = &path.service_account else {
            return Self { walks: vec![Walk::of(&home, ground)] };
        };
        let owner = home.hops.first().map(|hop| account_of(&hop.assume).to_owned()).unwrap_or_default();
        let mut walks = Vec::new();
        for issuer in ground.cluster_issuers(&owner, to) {
            let mut account = account.clone();
            issuer.clone_into(&mut account.issuer);
            walks.push(Walk::of(&FailoverPath { service_account: Some(account), ..home.clone() }, ground));
        }
        Self { walks }
    }

    /// Whether a step goes through there; `None` when that is not known.
    pub(super) fn works(&self, step: usize, ground: &Ground<'_>) -> Option<bool> {
        let mut denied = None;
        for step in self.walks.iter().filter_map(|walk| walk.steps.get(step)) {
            if step.missing.is_some() {
                return None;
            }
            match opinion::of(step, ground, &Edits::default(), &mut BTreeSet::new()) {
                Opinion::Allowed => return Some(true),
                Opinion::Denied(_) => denied = Some(false),
                Opinion::Open(_) => return None,
            }
        }
        denied
    }
}

/// What the roles of the path may do in the degraded region and not in the other.
pub(super) fn pinned(
    path: &FailoverPath,
    walk: &Walk,
    ground: &Ground<'_>,
    evidence: &mut BTreeSet<String>,
) -> Fact<Vec<Pinned>> {
    let mut found = Vec::new();
    let mut waits_for = Vec::new();
    for (place, session) in &walk.sessions {
        let Some(arn) = session.principal.arn() else { continue };
        for named in named_at_home(path, session, ground) {
            let home = session.step(&named.home);
            let there = session.step(&named.there);
            let Opinion::Denied(denial) = opinion::of(&there, ground, &Edits::default(), evidence) else { continue };
            match opinion::of(&home, ground, &Edits::default(), evidence) {
                Opinion::Denied(_) => {}
                // What was not read would have to deny in one region only.
                Opinion::Open(needs) if needs.iter().any(|need| matches!(need, Need::Key(_))) => {
                    waits_for.extend(needs.iter().map(|need| {
                        let what = format!("{} on {}", named.home.action, named.home.resource);
                        match need {
                            Need::Key(key) => format!("{what} depends on the condition key {key}"),
                            Need::Policy(why) => why.clone(),
                        }
                    }));
                }
                Opinion::Allowed | Opinion::Open(_) => found.push(Pinned {
                    role: arn.clone(),
                    action: named.action.clone(),
                    home: named.home.resource.clone(),
                    resource: named.there.resource.clone(),
                    reason: format!("the {}: {}", denial.layer, denial.reason),
                    statement: named.statement.clone(),
                    because: place.clone(),
                }),
            }
        }
    }
    found.dedup_by(|next, kept| (&next.role, &next.statement, &next.home) == (&kept.role, &kept.statement, &kept.home));
    let because: BTreeSet<Pointer> = found.iter().map(|pinned: &Pinned| pinned.because.clone()).collect();
    Fact::partial(found, because.into_iter().collect(), waits_for)
}

/// A request that a policy names for the degraded region, and its counterpart.
struct Named {
    /// As the policy has it.
    action: String,
    home: Goal,
    there: Goal,
    statement: String,
}

fn named_at_home(path: &FailoverPath, session: &Session, ground: &Ground<'_>) -> Vec<Named> {
    if !matches!(session.principal, Principal::Role { .. } | Principal::User(_)) {
        return Vec::new();
    }
    let (home, there) = (&path.degraded_region, &path.region);
    let any = goal("sts:GetCallerIdentity", "*", home);
    let step = session.step(&any);
    let Some(request) = step.requests.first() else { return Vec::new() };
    let (_, policies) = opinion::asked(&step, request, ground);
    let mut found = Vec::new();
    for applied in &policies.identity.policies {
        for (index, statement) in applied.document.statement.iter().enumerate() {
            let (Some(actions), Some(resources)) = (&statement.action, &statement.resource) else { continue };
            let by_condition = names_region(statement, home);
            let named = |resource: &&String| by_condition || moved(resource, home, there) != **resource;
            if statement.effect != "Allow" {
                continue;
            }
            for resource in resources.iter().filter(named).map(|resource| instance(resource)) {
                for action in actions.iter().take(MOST_ACTIONS) {
                    let one = instance_of_action(action);
                    let target = moved(&resource, home, there);
                    let is_declared = |goal: &Goal| goal.action.eq_ignore_ascii_case(&one) && goal.resource == target;
                    if path.must.iter().any(is_declared) {
                        continue;
                    }
                    let label = statement.sid.as_ref().map_or_else(|| index.to_string(), |sid| format!("{sid:?}"));
                    found.push(Named {
                        action: action.clone(),
                        home: goal(&one, &resource, home),
                        there: goal(&one, &target, there),
                        statement: format!("{label} of {}", applied.name),
                    });
                }
            }
        }
    }
    found
}

fn goal(action: &str, resource: &str, region: &Region) -> Goal {
    Goal {
        action: action.to_owned(),
        resource: resource.to_owned(),
        region: region.clone(),
        context: std::collections::BTreeMap::new(),
    }
}

fn instance_of_action(action: &str) -> String {
    if action == "*" { "x:x".to_owned() } else { instance(action) }
}

/// Whether a statement holds for requests to a region by name.
fn names_region(statement: &Statement, region: &Region) -> bool {
    let positive = |operator: &&String| !operator.contains("Not") && **operator != "Null";
    let keys = statement.condition.iter().filter(|(operator, _)| positive(operator)).map(|(_, keys)| keys);
    keys.filter_map(|keys| keys.get("aws:requestedregion")).flatten().any(|value| value == region.as_str())
}

fn goal_in(goal: &Goal, from: &Region, to: &Region) -> Goal {
    let mut goal = goal.clone();
    goal.resource = moved(&goal.resource, from, to);
    put(&mut goal.region, from, to);
    for value in goal.context.values_mut().flatten() {
        *value = moved(value, from, to);
    }
    goal
}

fn put(region: &mut Region, from: &Region, to: &Region) {
    if region == from {
        *region = to.clone();
    }
}

/// The text with one region in the place of the other: in ARNs, host names, names of roles.
/// `us-east-1` in `us-east-12` is another region.
fn moved(text: &str, from: &Region, to: &Region) -> String {
    let mut parts = text.split(from.as_str());
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let longer = part.starts_with(|next: char| next.is_ascii_digit());
        out.push_str(if longer { from.as_str() } else { to.as_str() });
        out.push_str(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_moved_where_it_is_a_word() {
        let (from, to) = (Region::new("us-east-1").unwrap(), Region::new("eu-west-1").unwrap());
        for (text, expected) in [
            ("arn:aws:sqs:us-east-1:111122223333:orders", "arn:aws:sqs:eu-west-1:111122223333:orders"),
            ("arn:aws:iam::111122223333:role/orders-us-east-1", "arn:aws:iam::111122223333:role/orders-eu-west-1"),
            ("s3.us-east-1.amazonaws.com", "s3.eu-west-1.amazonaws.com"),
            ("us-east-12", "us-east-12"),
            ("*", "*"),
        ] {
            assert_eq!(moved(text, &from, &to), expected);
        }
    }
}
