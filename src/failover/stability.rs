//! What a path leans on at the moment of failing over: control planes that stand in one region,
//! the degraded region itself, sessions that end too early.
//!
//! Sources: AWS Fault Isolation Boundaries, appendix A (global services and where their control
//! planes are); IAM user guide, role chaining and regions that are not enabled by default.

use super::ground::{Ground, Seen, account_of};
use super::step::{GLOBAL_STS, Walk, asked_region};
use crate::model::{Fact, FailoverPath, Hop, Pointer, Region, Weakness};

/// A session that was made from another role's session ends after this many seconds at the
/// latest, whatever the role allows.
const CHAINED_SESSION_SECONDS: u32 = 3_600;
/// Every role allows sessions of this length.
const LEAST_MAXIMUM_SECONDS: u32 = 3_600;

/// Services whose control plane stands in one region.
const CONTROL_PLANES: &[(&str, &str)] = &[
    ("account", "us-east-1"),
    ("cloudfront", "us-east-1"),
    ("globalaccelerator", "us-west-2"),
    ("iam", "us-east-1"),
    ("networkmanager", "us-west-2"),
    ("organizations", "us-east-1"),
    ("route53", "us-east-1"),
    ("shield", "us-east-1"),
    ("waf", "us-east-1"),
];

/// Services that a failover should not have to change, whichever region is degraded: what they
/// hold goes on working, and whether a change is taken then nobody promises.
const NEVER_AT_FAILOVER: &[&str] = &["account", "iam", "organizations"];

/// Regions that an account has to enable first.
const OPT_IN: &[&str] = &[
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-west-1",
    "eu-central-2",
    "eu-south-1",
    "eu-south-2",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
];

/// Whether an account has to enable the region before it can use it.
pub(super) fn is_opt_in(region: &Region) -> bool {
    OPT_IN.contains(&region.as_str())
}

/// What the path needs that may be gone when it is taken.
pub(super) fn unstable(path: &FailoverPath, walk: &Walk, ground: &Ground<'_>) -> Fact<Vec<Weakness>> {
    let mut found: Vec<Weakness> = Vec::new();
    for (index, call) in path.recipe.iter().enumerate() {
        let because = Pointer::configuration("recipe").child(index);
        found.extend(control_plane(call, &path.degraded_region).map(|reason| Weakness { reason, because }));
    }
    if let Some(account) = &path.service_account
        && account.issuer.split(['.', '/']).any(|part| part == path.degraded_region.as_str())
    {
        let reason = format!("the tokens come from {}, a cluster in {}", account.issuer, path.degraded_region);
        found.push(Weakness { reason, because: Pointer::configuration("service_account").child("issuer") });
    }
    for (index, hop) in path.hops.iter().enumerate() {
        let because = Pointer::configuration("hops").child(index);
        found.extend(endpoint(index, hop, path).map(|reason| Weakness { reason, because }));
    }
    for (index, goal) in path.must.iter().enumerate() {
        let because = Pointer::configuration("must").child(index);
        let in_arn = goal.resource.split(':').nth(3) == Some(path.degraded_region.as_str());
        if goal.region == path.degraded_region || in_arn {
            let reason = format!("must {} is asked of {}, the degraded region", index + 1, path.degraded_region);
            found.push(Weakness { reason, because });
        }
    }
    let mut waits_for = Vec::new();
    for step in &walk.steps {
        let account = account_of(if step.is_hop { &step.resource } else { account_arn(path) });
        if !is_opt_in(&step.region) {
            continue;
        }
        match ground.enabled(account, &step.region) {
            Some(true) => {}
            Some(false) => found.push(Weakness {
                reason: format!("{} needs region {}, which account {account} has not enabled", step.name, step.region),
                because: step.place.clone(),
            }),
            None => waits_for.push(format!("whether region {} is enabled in account {account}", step.region)),
        }
    }
    known_or_partial(found, waits_for)
}

/// An ARN in the account of whoever acts at the end.
fn account_arn(path: &FailoverPath) -> &str {
    let last = path.hops.last().map(|hop| hop.assume.as_str());
    last.or(path.subject.as_deref()).unwrap_or_default()
}

/// Why an API call should not be part of a failover.
fn control_plane(call: &str, degraded: &Region) -> Option<String> {
    let (service, name) = call.split_once(':')?;
    let reading = ["Get", "List", "Describe", "Simulate", "Check", "Test"];
    if reading.iter().any(|verb| name.starts_with(verb)) {
        return None;
    }
    let (service, region) = CONTROL_PLANES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(service) || is_version_of(service, known))?;
    if *region == degraded.as_str() {
        Some(format!("{call} changes {service}, whose control plane is in {region}, the degraded region"))
    } else if NEVER_AT_FAILOVER.contains(service) {
        Some(format!("{call} changes {service}, whose control plane is in {region} alone; make the change beforehand"))
    } else {
        None
    }
}

/// `wafv2` and `waf-regional` are not `waf`: their control planes are regional.
fn is_version_of(service: &str, known: &str) -> bool {
    known == "route53" && service.eq_ignore_ascii_case("route53domains")
}

/// What is wrong with the endpoint that a hop asks.
fn endpoint(index: usize, hop: &Hop, path: &FailoverPath) -> Option<String> {
    let name = format!("hop {}", index + 1);
    if hop.global_sts {
        let region = is_opt_in(&path.region).then_some(&path.region);
        return Some(match region {
            _ if path.degraded_region.as_str() == GLOBAL_STS => {
                format!(
                    "{name} asks the global endpoint of STS, which may answer from {GLOBAL_STS}, the degraded region"
                )
            }
            Some(region) => format!(
                "{name} asks the global endpoint of STS, whose tokens {region} does not take unless the account was set so"
            ),
            None => format!("{name} asks the global endpoint of STS, which may answer from {GLOBAL_STS}"),
        });
    }
    let asked = asked_region(hop);
    (asked == path.degraded_region).then(|| format!("{name} asks STS in {asked}, the degraded region"))
}

/// Hops whose session ends before it may.
pub(super) fn short_sessions(path: &FailoverPath, ground: &Ground<'_>) -> Fact<Vec<Weakness>> {
    let mut found = Vec::new();
    let mut waits_for = Vec::new();
    for (index, hop) in path.hops.iter().enumerate() {
        let Some(wanted) = hop.duration_seconds else { continue };
        let because = Pointer::configuration("hops").child(index).child("duration_seconds");
        let name = format!("hop {}", index + 1);
        if wanted > CHAINED_SESSION_SECONDS {
            match chained(path, index, ground) {
                Some(true) => {
                    let reason = format!(
                        "{name} asks for {wanted} s, and a session made from a role's session has at most {CHAINED_SESSION_SECONDS} s"
                    );
                    found.push(Weakness { reason, because });
                    continue;
                }
                Some(false) => {}
                None => waits_for.push(format!("whether {name} begins with the credentials of an instance profile")),
            }
        }
        if wanted <= LEAST_MAXIMUM_SECONDS {
            continue;
        }
        match ground.role(&hop.assume).map(|(_, role)| role.max_session_duration) {
            Some(Some(most)) if u32::try_from(most).is_ok_and(|most| wanted > most) => {
                let reason = format!("{name} asks for {wanted} s, and {} allows {most} s", hop.assume);
                found.push(Weakness { reason, because });
            }
            Some(Some(_)) => {}
            Some(None) => waits_for.push(format!("{}#/configuration/max_session_duration", hop.assume)),
            None => match ground.principal(&hop.assume) {
                Seen::Unseen(why) => waits_for.push(why),
                // That it does not exist is told by `blocked`.
                Seen::Gone | Seen::There(_) => {}
            },
        }
    }
    known_or_partial(found, waits_for)
}

/// Whether a hop is role chaining. Credentials of an instance profile are a role's, and AWS says
/// both that their use is not chaining and that nothing made from a role's session lasts longer.
fn chained(path: &FailoverPath, hop: usize, ground: &Ground<'_>) -> Option<bool> {
    if hop > 0 {
        return Some(true);
    }
    let subject = path.subject.as_ref().filter(|subject| subject.contains(":role/"));
    let Some(subject) = subject else { return Some(false) };
    match ground.role(subject).map(|(_, role)| &role.instance_profiles) {
        Some(Some(profiles)) if !profiles.is_empty() => None,
        _ => Some(true),
    }
}

fn known_or_partial(found: Vec<Weakness>, waits_for: Vec<String>) -> Fact<Vec<Weakness>> {
    let because = found.iter().map(|weakness| weakness.because.clone()).collect();
    Fact::partial(found, because, waits_for)
}
