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
        if *owner == AccountId::unknown() && self.entries.iter().any(|entry| entry.account.is_some()) {
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
mod tests {
    use super::super::estate::testing::{ACCOUNT, listed, resource, snapshot, without};
    use crate::model::{
        AccessPoint, Account, AclGrant, Bucket, BucketAccess, BucketFacts, Facts, MultiRegionAccessPoint,
        PublicAccessBlock, Resource, ResourceType,
    };
    use crate::policy::parse;

    const BOTH: &str = r#"["arn:aws:s3:::photos","arn:aws:s3:::photos/*"]"#;
    const RESTRICTED: PublicAccessBlock = PublicAccessBlock {
        block_public_acls: false,
        ignore_public_acls: false,
        block_public_policy: false,
        restrict_public_buckets: true,
    };

    fn statement(effect: &str, principal: &str, action: &str, resource: &str, condition: &str) -> String {
        format!(
            r#"{{"Effect":"{effect}","Principal":{principal},"Action":{action},"Resource":{resource},"Condition":{condition}}}"#
        )
    }

    fn allow(principal: &str, action: &str, condition: &str) -> String {
        statement("Allow", principal, action, BOTH, condition)
    }

    fn deny(condition: &str) -> String {
        statement("Deny", r#""*""#, r#""s3:*""#, BOTH, condition)
    }

    fn policy(statements: &[String]) -> Bucket {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
        Bucket {
            policy: Some(parse(&text).unwrap()),
            ownership: Some("BucketOwnerEnforced".to_owned()),
            ..Bucket::default()
        }
    }

    fn beside(bucket: Bucket, unknown: &[&str], others: impl IntoIterator<Item = Resource>) -> BucketFacts {
        let bucket = without(resource("arn:aws:s3:::photos", "photos", bucket), unknown);
        let account = resource("arn:aws:iam::111122223333:root", ACCOUNT, Account::default());
        let mut snapshot = snapshot([bucket, account].into_iter().chain(others));
        listed(&mut snapshot, "global", ResourceType::AccessPoint, true);
        listed(&mut snapshot, "global", ResourceType::MultiRegionAccessPoint, true);
        crate::facts::derive(&mut snapshot);
        match snapshot.resources[0].facts.clone().unwrap() {
            Facts::Bucket(facts) => *facts,
            other => panic!("{other:?}"),
        }
    }

    fn facts(statements: &[String]) -> BucketFacts {
        beside(policy(statements), &[], [])
    }

    /// `everyone *: list read`.
    fn told(entries: &[BucketAccess]) -> Vec<String> {
        let word = |value: &dyn erased::Name| value.name();
        let levels = |entry: &BucketAccess| entry.levels.iter().map(|level| word(level)).collect::<Vec<_>>().join(" ");
        entries.iter().map(|entry| format!("{} {}: {}", word(&entry.who), entry.name, levels(entry))).collect()
    }

    /// The names of enum values as they stand in documents.
    mod erased {
        pub(super) trait Name {
            fn name(&self) -> String;
        }

        impl<T: serde::Serialize> Name for T {
            fn name(&self) -> String {
                serde_json::to_value(self).unwrap().as_str().unwrap().to_owned()
            }
        }
    }

    fn who(statements: &[String]) -> Vec<String> {
        told(&facts(statements).effective_access.value.unwrap())
    }

    #[test]
    fn each_caller_has_the_levels_of_its_actions() {
        let public = allow(r#""*""#, r#"["s3:GetObject","s3:ListBucket"]"#, "{}");
        assert_eq!(who(&[public]), ["everyone *: list read"]);
        for (principal, condition, expected) in [
            (r#"{"AWS":"444455556666"}"#, "{}", "account 444455556666: write"),
            (
                r#"{"AWS":"arn:aws:iam::444455556666:role/ci"}"#,
                "{}",
                "principal arn:aws:iam::444455556666:role/ci: write",
            ),
            (
                r#"{"Service":"logging.s3.amazonaws.com"}"#,
                r#"{"StringEquals":{"aws:SourceAccount":"111122223333"}}"#,
                "service logging.s3.amazonaws.com: write",
            ),
            (r#"{"CanonicalUser":"79a59d"}"#, "{}", "canonical_user 79a59d: write"),
            (r#"{"Federated":"graph.facebook.com"}"#, "{}", "federated graph.facebook.com: write"),
            (r#""*""#, r#"{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}"#, "organization o-a1b2c3d4e5: write"),
            (r#""*""#, r#"{"StringEquals":{"aws:PrincipalAccount":"444455556666"}}"#, "account 444455556666: write"),
            (
                r#""*""#,
                r#"{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::444455556666:role/ci"}}"#,
                "principal arn:aws:iam::444455556666:role/ci: write",
            ),
            (r#""*""#, r#"{"StringEquals":{"aws:SourceVpce":"vpce-1a2b3c4d"}}"#, "network vpce-1a2b3c4d: write"),
            (r#""*""#, r#"{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, "network 203.0.113.0/24: write"),
            (
                r#""*""#,
                r#"{"StringEquals":{"s3:DataAccessPointAccount":"444455556666"}}"#,
                "access_points 444455556666: write",
            ),
        ] {
            assert_eq!(who(&[allow(principal, r#""s3:PutObject""#, condition)]), [expected]);
        }
        assert_eq!(
            who(&[allow(r#"{"AWS":["111122223333","AIDAEXAMPLEID1234567A"]}"#, r#""s3:*""#, "{}")]),
            [""; 0],
            "the own account and those who are gone"
        );
        assert_eq!(
            who(&[allow(r#"{"AWS":"444455556666"}"#, r#""s3:*""#, "{}")]),
            ["account 444455556666: list read write tagging permissions_management"]
        );
        let objects_only = statement("Allow", r#""*""#, r#""s3:*""#, r#""arn:aws:s3:::photos""#, "{}");
        assert_eq!(who(&[objects_only]), ["everyone *: list read write tagging permissions_management"]);
        let nothing = statement("Allow", r#""*""#, r#""s3:GetObject""#, r#""arn:aws:s3:::photos""#, "{}");
        assert_eq!(who(&[nothing]), [""; 0], "objects are not the bucket");
    }

    #[test]
    fn denies_take_away_what_they_take_of_that_caller() {
        let read = || allow(r#""*""#, r#"["s3:GetObject","s3:PutObject"]"#, "{}");
        for (condition, expected) in [
            (r#"{"Bool":{"aws:SecureTransport":"false"}}"#, Some("everyone *: read write")),
            (r#"{"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}"#, None),
            (r#"{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}"#, None),
            (r#"{"StringNotLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:*"}}"#, None),
            (r#"{"NotIpAddress":{"aws:SourceIp":["203.0.113.0/24","198.51.100.0/24"]}}"#, None),
            (r#"{"NotIpAddress":{"aws:SourceIp":"128.0.0.0/1"}}"#, Some("everyone *: read write")),
            (r#"{"StringNotEquals":{"aws:SourceVpce":"vpce-1a2b3c4d"}}"#, None),
            (r#"{"Null":{"aws:PrincipalArn":"true"}}"#, Some("aws_accounts *: read write")),
            (r#"{"Null":{"aws:SourceVpce":"true"}}"#, Some("aws_accounts *: read write")),
            (r#"{"StringNotEquals":{"aws:PrincipalTag/team":"web"}}"#, Some("aws_accounts *: read write")),
            (r#"{"StringNotEquals":{"aws:Referer":"https://example.com/"}}"#, Some("everyone *: read write")),
            (
                r#"{"StringEquals":{"s3:x-amz-acl":"public-read"},"Bool":{"aws:SecureTransport":"true"}}"#,
                Some("everyone *: read write"),
            ),
            ("{}", None),
        ] {
            let facts = facts(&[read(), deny(condition)]);
            assert_eq!(facts.policy_public.value, Some(true), "{condition}");
            assert_eq!(facts.public_after_deny.value, Some(expected.is_some()), "{condition}");
            let found = told(&facts.effective_access.value.unwrap());
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{condition}");
        }
        let writes = statement("Deny", r#""*""#, r#""s3:Put*""#, BOTH, "{}");
        assert_eq!(who(&[read(), writes]), ["everyone *: read"]);
        let but_private = statement("Deny", r#""*""#, r#""s3:*""#, r#""arn:aws:s3:::photos/private/*""#, "{}");
        assert_eq!(who(&[read(), but_private]), ["everyone *: read write"]);
        let but_own = r#"{"Effect":"Deny","NotPrincipal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"s3:*","Resource":"*"}"#;
        assert_eq!(facts(&[read(), but_own.to_owned()]).public_after_deny.value, Some(false));
    }

    #[test]
    fn a_public_policy_and_a_restricting_flag_leave_services_only() {
        let statements = [
            allow(r#""*""#, r#""s3:GetObject""#, "{}"),
            allow(r#"{"AWS":"444455556666","Service":"cloudtrail.amazonaws.com"}"#, r#""s3:PutObject""#, "{}"),
        ];
        let open = facts(&statements);
        assert_eq!(open.foreign_access_cut.value, Some(false));
        assert_eq!(told(&open.effective_access.value.unwrap()).len(), 3);
        let cut = beside(Bucket { public_access_block: Some(RESTRICTED), ..policy(&statements) }, &[], []);
        assert_eq!(cut.foreign_access_cut.value, Some(true));
        assert_eq!(told(&cut.effective_access.value.unwrap()), ["service cloudtrail.amazonaws.com: write"]);
        let shared = Bucket { public_access_block: Some(RESTRICTED), ..policy(&statements[1..]) };
        let shared = beside(shared, &[], []);
        assert_eq!(shared.foreign_access_cut.value, Some(false), "a policy that is not public is left alone");
        assert_eq!(told(&shared.effective_access.value.unwrap()).len(), 2);
    }

    #[test]
    fn acls_count_unless_ownership_or_a_block_switches_them_off() {
        let grant = |grantee: &str, permission: &str| AclGrant {
            grantee: grantee.to_owned(),
            permission: permission.to_owned(),
        };
        let acl = vec![
            grant(super::EVERYONE[0], "READ"),
            grant(super::EVERYONE[1], "WRITE_ACP"),
            grant("owner", "FULL_CONTROL"),
            grant("79a59d", "FULL_CONTROL"),
        ];
        let bucket = |ownership: &str| Bucket {
            acl: Some(acl.clone()),
            ownership: Some(ownership.to_owned()),
            ..Bucket::default()
        };
        let on = beside(bucket("ObjectWriter"), &[], []).effective_access.value.unwrap();
        assert_eq!(
            told(&on),
            [
                "everyone *: list",
                "aws_accounts *: permissions_management",
                "canonical_user 79a59d: list read write permissions_management",
            ]
        );
        assert_eq!(on[0].evidence, "/configuration/acl/0");
        assert_eq!(beside(bucket("BucketOwnerEnforced"), &[], []).effective_access.value.unwrap(), []);
        let block = PublicAccessBlock { ignore_public_acls: true, ..PublicAccessBlock::default() };
        let ignored = Bucket { public_access_block: Some(block), ..bucket("ObjectWriter") };
        assert_eq!(told(&beside(ignored, &[], []).effective_access.value.unwrap()).len(), 1);
        let unread = beside(bucket("ObjectWriter"), &["/configuration/ownership"], []).effective_access;
        assert_eq!((unread.value, unread.waits_for), (None, vec!["/configuration/ownership".to_owned()]));
    }

    fn point(origin: &str, policy: &str) -> Resource {
        let arn = "arn:aws:s3:eu-west-1:111122223333:accesspoint/p";
        let point = AccessPoint {
            bucket: "photos".to_owned(),
            network_origin: origin.to_owned(),
            policy: Some(parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{policy}]}}"#)).unwrap()),
            ..AccessPoint::default()
        };
        resource(arn, "p", point)
    }

    #[test]
    fn access_points_let_in_whom_both_policies_allow() {
        let delegate =
            |action: &str| allow(r#""*""#, action, r#"{"StringEquals":{"s3:DataAccessPointAccount":"111122223333"}}"#);
        let objects = r#""arn:aws:s3:eu-west-1:111122223333:accesspoint/p/object/*""#;
        let through = |origin: &str, principal: &str, delegated: &str| {
            let open = statement("Allow", principal, r#""s3:*Object""#, objects, "{}");
            beside(policy(&[delegate(delegated)]), &[], [point(origin, &open)])
        };
        let open = through("Internet", r#""*""#, r#""*""#);
        assert_eq!(open.policy_public.value, Some(false), "delegation is not public by AWS's definition");
        let entries = open.effective_access.value.unwrap();
        assert_eq!(told(&entries), ["everyone *: read write"]);
        assert_eq!(
            entries[0].evidence,
            "arn:aws:s3:eu-west-1:111122223333:accesspoint/p#/configuration/policy/Statement/0"
        );
        let reads = through("Internet", r#"{"AWS":"444455556666"}"#, r#""s3:Get*""#);
        assert_eq!(told(&reads.effective_access.value.unwrap()), ["account 444455556666: read"]);
        assert_eq!(through("VPC", r#""*""#, r#""*""#).effective_access.value.unwrap(), []);
        let not_delegated =
            beside(policy(&[]), &[], [point("Internet", &statement("Allow", r#""*""#, r#""s3:*""#, objects, "{}"))]);
        assert_eq!(not_delegated.effective_access.value.unwrap(), []);
        let unread = without(point("Internet", ""), &["/configuration/policy"]);
        assert_eq!(beside(policy(&[delegate(r#""*""#)]), &[], [unread]).effective_access.value, None);
    }

    #[test]
    fn a_multi_region_access_point_lets_in_whom_both_policies_allow() {
        const ARN: &str = "arn:aws:s3::111122223333:accesspoint/mabc.mrap";
        let delegate = |condition: &str| allow(r#""*""#, r#""*""#, &format!(r#"{{"StringEquals":{{{condition}}}}}"#));
        let account = r#""s3:DataAccessPointAccount":"111122223333""#;
        let open = statement("Allow", r#""*""#, r#""s3:GetObject""#, &format!(r#""{ARN}/object/*""#), "{}");
        let point = |buckets: &[&str], policy: &str, block| {
            let point = MultiRegionAccessPoint {
                alias: Some("mabc.mrap".to_owned()),
                buckets: buckets.iter().map(|bucket| (*bucket).to_owned()).collect(),
                policy: Some(parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{policy}]}}"#)).unwrap()),
                public_access_block: block,
                ..MultiRegionAccessPoint::default()
            };
            resource(ARN, "m", point)
        };
        let entries = |condition: &str, point: Resource| {
            beside(policy(&[delegate(condition)]), &[], [point]).effective_access.value.map(|entries| told(&entries))
        };
        let everyone = Some(vec!["everyone *: read".to_owned()]);
        assert_eq!(entries(account, point(&["maps", "photos"], &open, None)), everyone);
        assert_eq!(entries(&format!(r#""s3:DataAccessPointArn":"{ARN}""#), point(&["photos"], &open, None)), everyone);
        let internet = format!(r#"{account},"s3:AccessPointNetworkOrigin":"Internet""#);
        assert_eq!(entries(&internet, point(&["photos"], &open, None)), everyone);
        assert_eq!(entries(account, point(&["maps"], &open, None)), Some(Vec::new()), "it leads elsewhere");
        assert_eq!(entries(account, point(&["photos"], &open, Some(RESTRICTED))), Some(Vec::new()));
        assert_eq!(entries(account, point(&["photos"], "", None)), Some(Vec::new()));
        let unread = without(point(&["photos"], "", None), &["/configuration/policy"]);
        assert_eq!(entries(account, unread.clone()), None);
        let shut = Bucket { public_access_block: Some(RESTRICTED), ..policy(&[delegate(account)]) };
        assert_eq!(beside(shut, &[], [unread]).public_access.value, Some(Vec::new()));
        let delegating = resource("arn:aws:s3:::photos", "photos", policy(&[delegate(account)]));
        let mut unlisted =
            snapshot([delegating, resource("arn:aws:iam::111122223333:root", ACCOUNT, Account::default())]);
        listed(&mut unlisted, "global", ResourceType::AccessPoint, true);
        crate::facts::derive(&mut unlisted);
        let Some(Facts::Bucket(facts)) = &unlisted.resources[0].facts else { panic!("a bucket has facts") };
        let list = "list of AWS::S3::MultiRegionAccessPoint in 111122223333 global".to_owned();
        assert_eq!((&facts.effective_access.value, &facts.effective_access.waits_for), (&None, &vec![list]));
    }

    #[test]
    fn what_hides_a_deny_hides_what_it_may_cut() {
        let statements =
            [allow(r#""*""#, r#""s3:GetObject""#, "{}"), deny(r#"{"Bool":{"aws:SecureTransport":"false"}}"#)];
        let with =
            |place: &str| beside(policy(&statements), &[&format!("/configuration/policy/Statement/{place}")], []);
        let unread = with("2");
        assert_eq!((unread.public_after_deny.value, unread.effective_access.value), (None, None));
        let unread = with("1/Condition");
        assert_eq!((unread.public_after_deny.value, unread.effective_access.value), (None, None));
        let label = with("1/Sid");
        assert_eq!((label.public_after_deny.value, label.effective_access.value.unwrap().len()), (Some(true), 1));
        let shut = [statements[0].clone(), deny("{}")];
        let known = beside(policy(&shut), &["/configuration/policy/Statement/2"], []);
        assert_eq!(known.public_after_deny.value, None, "another statement may allow more");
    }
}
