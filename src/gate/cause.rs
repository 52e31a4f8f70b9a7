//! What unknown evaluations wait for, said once for all that wait for the same.
//!
//! A bucket whose policy is not in the plan leaves a dozen rules open, and so does the next one. What
//! helps a reader is the cause, how much hangs on it, and what would tell it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::model::{AccountId, NOT_HELD, NOT_IN_PLAN, Pointer, Resource, ResourceKey, is_not_held};

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
    /// It hangs on which account or region it is, which the plan does not tell.
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
            (Self::Scan, true) => "not in the plan, and not filled from the scan",
            (Self::Account, _) => {
                "of an account or region that the plan does not name (data \"aws_caller_identity\" names the account)"
            }
            (Self::Nothing, _) => "left open by the plan",
        }
    }
}

/// Resources of a plan by id, to look up what is said of them.
pub(super) struct Lookup<'a> {
    by_id: BTreeMap<&'a str, &'a Resource>,
    /// Addresses of what the plan makes: no scan has seen that.
    made: BTreeSet<&'a str>,
}

impl<'a> Lookup<'a> {
    pub(super) fn of(resources: &'a [Resource], changed: &'a BTreeMap<String, Vec<String>>) -> Self {
        let made = changed.iter().filter(|(_, actions)| actions.iter().any(|action| action == "create"));
        Self {
            by_id: resources.iter().map(|resource| (resource.id.as_str(), resource)).collect(),
            made: made.map(|(address, _)| address.as_str()).collect(),
        }
    }

    /// A cause with what the place waits for, where the plan tells: `/configuration/policy: known
    /// after apply; waits for aws_s3_bucket.b.arn`.
    pub(super) fn explain(&self, resource: Option<&Resource>, cause: &str) -> String {
        match self.reason(resource, cause) {
            _ if cause == ACCOUNT => format!("{cause}: the plan does not name it"),
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
            return (cause != ACCOUNT).then(|| (resource, Pointer::new(cause)));
        }
        let (id, place) = cause.split_once('#').filter(|(_, place)| place.starts_with('/'))?;
        Some((self.by_id.get(id).copied(), Pointer::new(place)))
    }

    /// The cause without the resource, and what tells it.
    fn class(&self, resource: Option<&Resource>, cause: &str) -> (ToldBy, String) {
        if cause == ACCOUNT {
            return (ToldBy::Account, "which account it is".to_owned());
        }
        if let Some(list) = cause.strip_prefix("list of ") {
            let mut words = list.split(' ');
            let nowhere = words.clone().skip(2).any(is_no_account);
            let told_by = if nowhere { ToldBy::Account } else { ToldBy::Scan };
            return (told_by, format!("list of {}", words.next().unwrap_or_default()));
        }
        let Some((of, place)) = self.place(resource, cause) else { return (ToldBy::Nothing, cause.to_owned()) };
        let Some(of) = of else {
            // It is not in the plan, and only its id tells what it is.
            let id = cause.split('#').next().unwrap_or_default();
            let nowhere = id.split(':').any(is_no_account);
            let told_by = if nowhere { ToldBy::Account } else { ToldBy::Scan };
            return (told_by, format!("{} of {}", attribute(&place), kind_of(id)));
        };
        let cause_of = format!("{} of {}", attribute(&place), of.resource_type);
        let reason = self.reason(resource, cause).unwrap_or_default();
        let address = of.origin.terraform_address.as_deref().unwrap_or_default();
        (told_by(self.made.contains(address), reason), cause_of)
    }
}

/// The cause of what hangs on which account it is.
const ACCOUNT: &str = "/account";

/// Whether a word stands for an account that is not known.
fn is_no_account(word: &str) -> bool {
    AccountId::new(word).is_ok_and(|account| account.is_unknown())
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

fn told_by(made: bool, reason: &str) -> ToldBy {
    /// What nobody decides before the plan is applied.
    const LATER: [&str; 4] = ["known after apply", "makes up a name", "AWS chooses", "provider computes"];
    if reason.ends_with(NOT_IN_PLAN) {
        ToldBy::Scan
    } else if made || LATER.iter().any(|later| reason.contains(later)) {
        ToldBy::Apply
    } else if is_not_held(reason) || reason.starts_with(NOT_HELD) {
        ToldBy::Scan
    } else {
        ToldBy::Nothing
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

    fn bucket(name: &str, unknown: &[(&str, &str)]) -> Resource {
        let id = ResourceId::new(format!("arn:aws:s3:::{name}")).unwrap();
        let mut bucket = Resource::new(id, AccountId::unknown(), Region::unknown(), name.to_owned(), Bucket::default());
        bucket.origin.terraform_address = Some(format!("aws_s3_bucket.{name}"));
        for (place, why) in unknown {
            bucket.origin.unknown_because.insert(Pointer::new(*place), (*why).to_owned());
        }
        bucket
    }

    #[test]
    fn a_cause_is_what_is_not_known_and_what_tells_it() {
        let old = bucket(
            "old",
            &[
                ("/configuration/policy", NOT_HELD),
                ("/configuration/acl", "two resources set it"),
                ("/tags", "known after apply"),
            ],
        );
        let new = bucket(
            "new",
            &[("/configuration/acl", "two resources set it"), ("/tags", "the bucket is not in the plan")],
        );
        let changed = BTreeMap::from([
            ("aws_s3_bucket.new".to_owned(), vec!["create".to_owned()]),
            ("aws_s3_bucket.old".to_owned(), vec!["update".to_owned()]),
        ]);
        let all = [old.clone(), new.clone()];
        let lookup = Lookup::of(&all, &changed);
        for (resource, cause, expected) in [
            (&old, "/configuration/policy", (ToldBy::Scan, "policy of AWS::S3::Bucket")),
            (&old, "/configuration/policy/Statement/0", (ToldBy::Scan, "policy of AWS::S3::Bucket")),
            (&old, "/configuration/acl", (ToldBy::Nothing, "acl of AWS::S3::Bucket")),
            (&old, "/tags/team", (ToldBy::Apply, "tags of AWS::S3::Bucket")),
            (&old, "/account", (ToldBy::Account, "which account it is")),
            (&old, "arn:aws:s3:::new#/configuration/acl", (ToldBy::Apply, "acl of AWS::S3::Bucket")),
            (&new, "arn:aws:s3:::old#/configuration/policy", (ToldBy::Scan, "policy of AWS::S3::Bucket")),
            (&new, "/configuration/observed", (ToldBy::Apply, "observed of AWS::S3::Bucket")),
            (&new, "/tags", (ToldBy::Scan, "tags of AWS::S3::Bucket")),
            (&new, "list of AWS::EC2::FlowLog in unknown global", (ToldBy::Account, "list of AWS::EC2::FlowLog")),
            (&new, "list of AWS::EC2::FlowLog in 111122223333 eu-west-1", (ToldBy::Scan, "list of AWS::EC2::FlowLog")),
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
        for (cause, explained) in [
            ("arn:aws:s3:::old#/configuration/policy/Statement", NOT_HELD),
            ("arn:aws:s3:::other#/configuration/policy", "not in the plan"),
            ("/account", "the plan does not name it"),
        ] {
            assert_eq!(lookup.explain(Some(&new), cause), format!("{cause}: {explained}"));
        }
    }

    #[test]
    fn what_waits_for_the_same_is_counted_once_for_each_evaluation() {
        let all: Vec<Resource> =
            ["one", "two"].iter().map(|name| bucket(name, &[("/configuration/policy", NOT_HELD)])).collect();
        let keys: Vec<ResourceKey> = all.iter().map(ResourceKey::from).collect();
        let changed = BTreeMap::new();
        let lookup = Lookup::of(&all, &changed);
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
