//! What unknown evaluations wait for, said once for all that wait for the same.
//!
//! A bucket whose policy is not in the plan leaves a dozen rules open, and so does the next one. What
//! helps a reader is the cause, how much hangs on it, and what would tell it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::model::{AccountId, NOT_HELD, Pointer, Resource, ResourceKey, is_not_held};

/// Something that unknown evaluations wait for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnknownCause {
    /// What is not known, without the resource: `policy of AWS::S3::Bucket`, `list of
    /// AWS::CloudTrail::Trail`.
    pub cause: String,
    /// What tells it.
    pub told_by: ToldBy,
    /// Evaluations that wait for it; many wait for something else as well.
    pub evaluations: usize,
    /// The resources that these are about.
    pub resources: usize,
}

/// What tells something that is not known before a plan is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ToldBy {
    /// It is known after apply.
    Apply,
    /// It exists and is not in the plan: a scan of the account may tell it.
    Scan,
    /// It hangs on which account it is, which the plan does not tell.
    Account,
    /// Neither: the plan leaves open what belongs to what, or a rule went wrong.
    Nothing,
}

impl ToldBy {
    /// What is to be said of such causes. `filled` says whether a scan was given.
    #[must_use]
    pub const fn meaning(self, filled: bool) -> &'static str {
        match (self, filled) {
            (Self::Apply, _) => "known after apply",
            (Self::Scan, false) => "not in the plan; a scan may tell it (--ledger or --snapshot)",
            (Self::Scan, true) => "neither in the plan nor in the scan",
            (Self::Account, _) => "in an account that the plan does not name (data \"aws_caller_identity\" would)",
            (Self::Nothing, _) => "left open by the plan",
        }
    }
}

/// Resources of a plan by id, to look up what is said of them.
pub(super) struct Lookup<'a> {
    by_id: BTreeMap<&'a str, &'a Resource>,
}

impl<'a> Lookup<'a> {
    pub(super) fn of(resources: &'a [Resource]) -> Self {
        Self { by_id: resources.iter().map(|resource| (resource.id.as_str(), resource)).collect() }
    }

    /// A cause with what the place waits for, where the plan tells: `/configuration/policy: known
    /// after apply; waits for aws_s3_bucket.b.arn`.
    pub(super) fn explain(&self, resource: Option<&Resource>, cause: &str) -> String {
        match self.reason(resource, cause) {
            Some(reason) => format!("{cause}: {reason}"),
            None => cause.to_owned(),
        }
    }

    /// Why the place is unknown, as its document says; of the place itself, or of what it is in.
    fn reason<'b>(&'b self, resource: Option<&'b Resource>, cause: &str) -> Option<&'b str> {
        let (resource, place) = self.place(resource, cause)?;
        let Some(resource) = resource else { return Some("not in the plan") };
        let because = &resource.origin.unknown_because;
        because
            .get(&place)
            .or_else(|| Some(because.iter().rev().find(|(other, _)| other.covers(&place))?.1))
            .map(String::as_str)
    }

    /// The document and the place in it that a cause names.
    fn place<'b>(&'b self, resource: Option<&'b Resource>, cause: &str) -> Option<(Option<&'b Resource>, Pointer)> {
        if cause.starts_with('/') {
            return (cause != "/account").then(|| (resource, Pointer::new(cause)));
        }
        let (id, place) = cause.split_once('#').filter(|(_, place)| place.starts_with('/'))?;
        Some((self.by_id.get(id).copied(), Pointer::new(place)))
    }

    /// The cause without the resource, and what tells it.
    fn class(&self, resource: Option<&Resource>, cause: &str) -> (ToldBy, String) {
        if cause == "/account" {
            return (ToldBy::Account, "which account it is".to_owned());
        }
        if let Some(list) = cause.strip_prefix("list of ") {
            let mut words = list.split(' ');
            let told_by = if words.clone().nth(2) == Some(AccountId::unknown().as_str()) {
                ToldBy::Account
            } else {
                ToldBy::Scan
            };
            return (told_by, format!("list of {}", words.next().unwrap_or_default()));
        }
        let Some((of, place)) = self.place(resource, cause) else { return (ToldBy::Nothing, cause.to_owned()) };
        let Some(of) = of else {
            // It is not in the plan, and only its id tells what it is.
            let id = cause.split('#').next().unwrap_or_default();
            let nowhere = id.contains(&format!(":{}:", AccountId::unknown()));
            let told_by = if nowhere { ToldBy::Account } else { ToldBy::Scan };
            return (told_by, format!("{} of {}", attribute(&place), kind_of(id)));
        };
        let cause_of = format!("{} of {}", attribute(&place), of.resource_type);
        (told_by(of, self.reason(resource, cause)), cause_of)
    }
}

/// The attribute that a place is in: `policy`, `tags`.
fn attribute(place: &Pointer) -> &str {
    let mut steps = place.as_str().split('/').skip(1);
    let first = steps.next().unwrap_or_default();
    if matches!(first, "configuration" | "facts") { steps.next().unwrap_or(first) } else { first }
}

/// What an ARN is of, as far as its form tells.
fn kind_of(id: &str) -> String {
    let mut parts = id.splitn(6, ':').skip(2);
    let service = parts.next().unwrap_or_default();
    let name = parts.nth(2).unwrap_or_default();
    match (service, name.split(['/', ':']).next().unwrap_or_default()) {
        ("iam", "root") => "the account".to_owned(),
        ("iam", "policy") => "managed policies that are not in the plan".to_owned(),
        _ => format!("{service} resources that are not in the plan").trim_start().to_owned(),
    }
}

fn told_by(resource: &Resource, reason: Option<&str>) -> ToldBy {
    /// What nobody decides before the resource is made.
    const LATER: [&str; 4] = ["known after apply", "makes up a name", "AWS chooses", "provider computes"];
    let is_to_be_made = resource.id.as_str().starts_with("terraform:");
    match reason {
        Some(reason) if LATER.iter().any(|later| reason.contains(later)) => ToldBy::Apply,
        Some(reason) if is_not_held(reason) && is_to_be_made => ToldBy::Apply,
        Some(reason) if is_not_held(reason) || reason.starts_with(NOT_HELD) => ToldBy::Scan,
        None if is_to_be_made => ToldBy::Apply,
        _ => ToldBy::Nothing,
    }
}

/// Causes while they are counted.
#[derive(Default)]
pub(super) struct Causes<'a> {
    all: BTreeMap<(ToldBy, String), (usize, BTreeSet<&'a ResourceKey>)>,
}

impl<'a> Causes<'a> {
    /// Counts what one unknown evaluation waits for.
    pub(super) fn add(
        &mut self,
        lookup: &Lookup<'_>,
        resource: Option<&Resource>,
        key: &'a ResourceKey,
        causes: &[String],
    ) {
        let classes: BTreeSet<(ToldBy, String)> = causes.iter().map(|cause| lookup.class(resource, cause)).collect();
        for class in classes {
            let (evaluations, resources) = self.all.entry(class).or_default();
            *evaluations += 1;
            resources.insert(key);
        }
    }

    /// The most frequent first.
    pub(super) fn sorted(self) -> Vec<UnknownCause> {
        let mut causes: Vec<UnknownCause> = self
            .all
            .into_iter()
            .map(|((told_by, cause), (evaluations, resources))| UnknownCause {
                cause,
                told_by,
                evaluations,
                resources: resources.len(),
            })
            .collect();
        causes.sort_by_key(|cause| std::cmp::Reverse(cause.evaluations));
        causes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Bucket, Region, ResourceId};

    fn bucket(id: &str, unknown: &[(&str, &str)]) -> Resource {
        let id = ResourceId::new(id).unwrap();
        let mut bucket = Resource::new(id, AccountId::unknown(), Region::unknown(), "b".to_owned(), Bucket::default());
        for (place, why) in unknown {
            bucket.origin.unknown_because.insert(Pointer::new(*place), (*why).to_owned());
        }
        bucket
    }

    #[test]
    fn a_cause_is_what_is_not_known_and_what_tells_it() {
        let old = bucket("arn:aws:s3:::old", &[("/configuration/policy", NOT_HELD), ("/tags", "known after apply")]);
        let new = bucket("terraform:aws_s3_bucket.new", &[("/configuration/policy", "two resources set it")]);
        let all = [old.clone(), new.clone()];
        let lookup = Lookup::of(&all);
        for (resource, cause, expected) in [
            (&old, "/configuration/policy", (ToldBy::Scan, "policy of AWS::S3::Bucket")),
            (&old, "/configuration/policy/Statement/0", (ToldBy::Scan, "policy of AWS::S3::Bucket")),
            (&old, "/tags/team", (ToldBy::Apply, "tags of AWS::S3::Bucket")),
            (&old, "/account", (ToldBy::Account, "which account it is")),
            (&old, "terraform:aws_s3_bucket.new#/configuration/policy", (ToldBy::Nothing, "policy of AWS::S3::Bucket")),
            (&new, "/configuration/observed", (ToldBy::Apply, "observed of AWS::S3::Bucket")),
            (&new, "list of AWS::EC2::FlowLog in unknown global", (ToldBy::Account, "list of AWS::EC2::FlowLog")),
            (&new, "list of AWS::EC2::FlowLog in 111122223333 global", (ToldBy::Scan, "list of AWS::EC2::FlowLog")),
            (
                &new,
                "arn:aws:iam::unknown:root#/configuration/s3_public_access_block",
                (ToldBy::Account, "s3_public_access_block of the account"),
            ),
            (
                &new,
                "arn:aws:iam::aws:policy/service-role/P#/configuration/document",
                (ToldBy::Scan, "document of managed policies that are not in the plan"),
            ),
            (&new, "the rule errs", (ToldBy::Nothing, "the rule errs")),
        ] {
            let (told_by, what) = lookup.class(Some(resource), cause);
            assert_eq!((told_by, what.as_str()), expected, "{cause}");
        }
        assert_eq!(
            lookup.explain(Some(&new), "arn:aws:s3:::old#/configuration/policy"),
            format!("arn:aws:s3:::old#/configuration/policy: {NOT_HELD}")
        );
    }

    #[test]
    fn what_waits_for_the_same_is_counted_once_for_each_evaluation() {
        let all: Vec<Resource> = ["one", "two"]
            .iter()
            .map(|name| bucket(&format!("arn:aws:s3:::{name}"), &[("/configuration/policy", NOT_HELD)]))
            .collect();
        let keys: Vec<ResourceKey> = all.iter().map(ResourceKey::from).collect();
        let lookup = Lookup::of(&all);
        let mut causes = Causes::default();
        let [policy, part] = ["/configuration/policy", "/configuration/policy/Statement/0"].map(str::to_owned);
        causes.add(&lookup, Some(&all[0]), &keys[0], &[policy.clone(), part]);
        causes.add(&lookup, Some(&all[0]), &keys[0], &[policy.clone(), "/account".to_owned()]);
        causes.add(&lookup, Some(&all[1]), &keys[1], &[policy]);
        let counted: Vec<_> =
            causes.sorted().into_iter().map(|cause| (cause.cause, cause.evaluations, cause.resources)).collect();
        assert_eq!(counted, [("policy of AWS::S3::Bucket".to_owned(), 3, 2), ("which account it is".to_owned(), 1, 1)]);
    }
}
