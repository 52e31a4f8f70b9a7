//! Who gets at a bucket from outside its account, and what for: by its policy, its ACL and the
//! access points that lead to it, after ownership, access blocks and explicit denies.
//!
//! An entry stands for one grant: whom one statement, one ACL entry or one access point lets in.
//! It is there when some request of that caller is allowed, whatever else the caller has to put
//! into it, and it is known only when everything that could cut it is. Callers of the bucket's own
//! account are left out: they are the business of identity policies.

use std::collections::BTreeSet;

use super::Estate;
use super::bucket::{EVERYONE, acls_off, bucket_arn};
use super::grantee::{Grant, grants, unknown_in};
use super::s3_actions::{Targets, targets};
use crate::model::{
    AccessLevel, AccountId, AclGrant, Bucket, BucketAccess, Fact, Grantee, Pointer, PolicyDocument, Resource, Statement,
};
use crate::policy::admits::{admits_any, beside_denies, named, strangers};
use crate::policy::{Guards, PolicyView, StatementView, limited, names_anyone};

/// A bucket as this file looks at it.
pub(super) struct BucketView<'a> {
    pub(super) resource: &'a Resource,
    pub(super) bucket: &'a Bucket,
    pub(super) policy: &'a PolicyView<'a>,
    /// Whether the policy is public and therefore serves only the account and AWS services.
    pub(super) restricted: Fact<bool>,
    /// Whether a block has that effect on any public policy.
    pub(super) restricts: Fact<bool>,
    /// Whether public ACLs have no effect.
    pub(super) ignored_acls: Fact<bool>,
}

/// The Deny statements of a policy, and the places where more of them may be.
pub(super) struct Denies {
    known: Vec<Statement>,
    pub(super) waits_for: Vec<String>,
    version: String,
}

impl Denies {
    pub(super) fn of(policy: &PolicyView<'_>, version: Option<&str>) -> Self {
        let mut denies =
            Self { known: Vec::new(), waits_for: policy.unread(), version: version.unwrap_or("2012-10-17").to_owned() };
        for statement in policy.statements() {
            let effect = statement.has_effect("Deny");
            if effect.value == Some(false) {
                continue;
            }
            match unknown_in(&statement) {
                unknown if unknown.is_empty() => denies.known.push(statement.statement.clone()),
                unknown => denies.waits_for.extend(unknown),
            }
        }
        denies
    }

    /// The statement with every Deny that is known.
    pub(super) fn beside(&self, allow: &Statement) -> PolicyDocument {
        beside_denies(allow.clone(), &self.known, &self.version)
    }
}

/// Whether a stranger is still allowed something by the policy.
pub(super) fn public_after_deny(seen: &BucketView<'_>) -> Fact<bool> {
    let denies = Denies::of(seen.policy, version(seen.bucket));
    let arn = bucket_arn(seen.resource);
    seen.policy.any(|statement| {
        let public = Fact::all([
            statement.has_effect("Allow"),
            names_anyone(statement),
            limited(statement, Guards::Bucket).negated(),
        ]);
        match public.value {
            Some(true) => survives(statement, &denies, &arn, seen.policy.place()),
            _ => public,
        }
    })
}

/// Whether strangers are allowed one of the things that a statement allows everyone.
fn survives(statement: &StatementView<'_>, denies: &Denies, arn: &str, place: &Pointer) -> Fact<bool> {
    let unknown = unknown_in(statement);
    if !unknown.is_empty() {
        return Fact::unknown(unknown);
    }
    let document = denies.beside(statement.statement);
    let callers = strangers(&document);
    let found = targets(&document, &[], arn, &format!("{arn}/"));
    match found.anything(|targets| admits_any(&document, &callers, targets, "")) {
        Some(false) => Fact::known(false, Vec::new()),
        Some(true) if denies.waits_for.is_empty() => Fact::known(true, Vec::new()),
        Some(true) => Fact::unknown(denies.waits_for.clone()),
        None => Fact::unknown(vec![place.to_string()]),
    }
}

pub(super) fn version(bucket: &Bucket) -> Option<&str> {
    bucket.policy.as_ref().map(|policy| policy.version.as_str())
}

/// Who gets in.
pub(super) fn effective(seen: &BucketView<'_>, estate: &Estate<'_>) -> Fact<Vec<BucketAccess>> {
    let mut list = List { entries: BTreeSet::new(), waits_for: seen.policy.unread() };
    let denies = Denies::of(seen.policy, version(seen.bucket));
    let arn = bucket_arn(seen.resource);
    let mut delegates = false;
    for statement in seen.policy.statements() {
        let effect = statement.has_effect("Allow");
        if effect.value == Some(false) {
            continue;
        }
        let unknown = unknown_in(&statement);
        if !unknown.is_empty() {
            list.waits_for.extend(unknown);
            continue;
        }
        delegates |= statement.conditions().any(|test| test.key.starts_with("s3:dataaccesspoint"));
        let document = denies.beside(statement.statement);
        let found = targets(&document, &[], &arn, &format!("{arn}/"));
        let mut everyone: Vec<AccessLevel> = Vec::new();
        for grant in grants(&statement, &document, &seen.resource.account) {
            let cut = if grant.is_cut() { seen.restricted.clone() } else { Fact::known(false, Vec::new()) };
            if cut.value == Some(true) {
                continue;
            }
            let Some(levels) = list.levels(&grant, &document, &found, &seen.resource.account, seen.policy.place())
            else {
                continue;
            };
            if grant.who == Grantee::Everyone {
                everyone.clone_from(&levels);
            } else if grant.who == Grantee::AwsAccounts && levels.iter().all(|level| everyone.contains(level)) {
                continue;
            }
            list.add(BucketAccess { levels, ..grant.entry(&statement) }, &denies.waits_for, &cut);
        }
    }
    if delegates {
        list.waits_for.extend(super::delegated::add(seen, estate, &mut list.entries));
    }
    add_acl(seen, &denies, &mut list);
    list.into_fact(&seen.resource.account)
}

/// What is found, and the places from where more may come.
struct List {
    entries: BTreeSet<BucketAccess>,
    waits_for: Vec<String>,
}

impl List {
    /// What the caller is allowed; `None` when there is nothing or it cannot be told.
    fn levels(
        &mut self,
        grant: &Grant,
        document: &PolicyDocument,
        found: &Targets,
        owner: &AccountId,
        place: &Pointer,
    ) -> Option<Vec<AccessLevel>> {
        let document = &grant.tried(document);
        let levels = found.levels(|targets| admits_any(document, &grant.callers, targets, owner.as_str()));
        if levels.is_none() {
            self.waits_for.push(place.to_string());
        }
        levels.filter(|levels| !levels.is_empty())
    }

    fn add(&mut self, entry: BucketAccess, denies: &[String], cut: &Fact<bool>) {
        match cut.value {
            Some(true) => {}
            Some(false) if denies.is_empty() => {
                self.entries.insert(entry);
            }
            _ => self.waits_for.extend(denies.iter().chain(&cut.waits_for).cloned()),
        }
    }

    fn into_fact(mut self, owner: &AccountId) -> Fact<Vec<BucketAccess>> {
        if owner.is_unknown() && self.entries.iter().any(|entry| entry.account.is_some()) {
            // Whether these are of another account is not known.
            self.entries.retain(|entry| entry.account.is_none());
            self.waits_for.push("/account".to_owned());
        }
        let because: BTreeSet<Pointer> = self.entries.iter().flat_map(|entry| entry.because.clone()).collect();
        Fact::partial(self.entries.into_iter().collect(), because.into_iter().collect(), self.waits_for)
    }
}

/// Who of those who get in is everyone. Where blocks and ownership shut out the public, nobody is,
/// whatever else is not read.
pub(super) fn public(seen: &BucketView<'_>, effective: &Fact<Vec<BucketAccess>>) -> Fact<Vec<BucketAccess>> {
    let no_acls = Fact::any([seen.ignored_acls.clone(), acls_off(seen.resource, seen.bucket)]);
    let shut = Fact::all([seen.restricts.clone(), no_acls]);
    if shut.value == Some(true) {
        return Fact::known(Vec::new(), shut.because);
    }
    let public = |entry: &&BucketAccess| matches!(entry.who, Grantee::Everyone | Grantee::AwsAccounts);
    let entries: Vec<BucketAccess> = effective.value.iter().flatten().filter(public).cloned().collect();
    let because: BTreeSet<Pointer> = entries.iter().flat_map(|entry| entry.because.clone()).collect();
    Fact::partial(entries, because.into_iter().collect(), effective.waits_for.clone())
}

const LOG_DELIVERY: &str = "http://acs.amazonaws.com/groups/s3/LogDelivery";

/// What the ACL grants to others than the owner, unless ownership switches it off.
fn add_acl(seen: &BucketView<'_>, denies: &Denies, list: &mut List) {
    let place = Pointer::configuration("acl");
    let off = acls_off(seen.resource, seen.bucket);
    if off.value == Some(true) {
        return;
    }
    let mut unknown: Vec<String> =
        seen.resource.unknown.iter().filter(|other| other.overlaps(&place)).map(ToString::to_string).collect();
    for (index, granted) in seen.bucket.acl.iter().flatten().enumerate() {
        let at = place.child(index);
        let whole = !seen.resource.unknown.iter().any(|other| other.overlaps(&at));
        if !whole || granted.grantee == "owner" {
            continue;
        }
        let public = EVERYONE.contains(&granted.grantee.as_str());
        let cut = if public { seen.ignored_acls.clone() } else { Fact::known(false, Vec::new()) };
        let cut = Fact::any([cut, off.clone()]);
        match acl_entry(granted, &at, denies, &bucket_arn(seen.resource)) {
            Some(entry) if entry.levels.is_empty() => {}
            Some(entry) => list.add(entry, &denies.waits_for, &cut),
            None => list.waits_for.push(seen.policy.place().to_string()),
        }
    }
    unknown.sort();
    list.waits_for.extend(unknown);
}

/// The grant as the statement that it amounts to, after the policy's denies. `None` when it cannot
/// be told what these leave.
fn acl_entry(granted: &AclGrant, at: &Pointer, denies: &Denies, arn: &str) -> Option<BucketAccess> {
    let (who, name) = match granted.grantee.as_str() {
        group if group == EVERYONE[0] => (Grantee::Everyone, "*"),
        group if group == EVERYONE[1] => (Grantee::AwsAccounts, "*"),
        LOG_DELIVERY => (Grantee::Service, "logging.s3.amazonaws.com"),
        other => (Grantee::CanonicalUser, other),
    };
    let document = denies.beside(&acl_statement(&granted.permission, arn));
    let mut callers = strangers(&document);
    match who {
        Grantee::Everyone => callers.truncate(1),
        Grantee::AwsAccounts => drop(callers.remove(0)),
        // A canonical id tells no account, so that it is tried as anybody.
        _ => callers = vec![named("AWS", "*", &document)],
    }
    let found = targets(&document, &[], arn, &format!("{arn}/"));
    let levels = found.levels(|targets| admits_any(&document, &callers, targets, ""))?;
    Some(BucketAccess {
        who,
        name: name.to_owned(),
        account: None,
        levels,
        condition_keys: Vec::new(),
        evidence: at.to_string(),
        because: vec![at.clone()],
    })
}

/// What a bucket's ACL permission lets do. Source: S3 user guide, "Mapping of ACL permissions and
/// access policy permissions".
fn acl_statement(permission: &str, arn: &str) -> Statement {
    const READ: &[&str] = &["s3:listbucket", "s3:listbucketversions", "s3:listbucketmultipartuploads"];
    const WRITE: &[&str] = &["s3:putobject", "s3:deleteobject", "s3:deleteobjectversion"];
    let actions = match permission {
        "READ" => READ.to_vec(),
        "WRITE" => WRITE.to_vec(),
        "READ_ACP" => vec!["s3:getbucketacl"],
        "WRITE_ACP" => vec!["s3:putbucketacl"],
        "FULL_CONTROL" => [READ, WRITE, &["s3:getbucketacl", "s3:putbucketacl"]].concat(),
        _ => Vec::new(),
    };
    Statement {
        effect: "Allow".to_owned(),
        principal: Some([("AWS".to_owned(), vec!["*".to_owned()])].into()),
        action: Some(actions.into_iter().map(ToOwned::to_owned).collect()),
        resource: Some(vec![arn.to_owned(), format!("{arn}/*")]),
        ..Statement::default()
    }
}

#[cfg(test)]
mod tests;
