//! Facts of a bucket: who can reach it, and whether it takes plain HTTP.

use std::collections::BTreeSet;

use super::Estate;
use super::access_block;
use super::bucket_access::{self, BucketView};
use super::bucket_control;
use super::estate::{waits_elsewhere, waits_here};
use super::trail;
use crate::model::{Bucket, BucketFacts, Fact, Pointer, Resource};
use crate::policy::{Guards, PolicyView, StatementView, account_of, pattern, policy_public};

pub(super) const EVERYONE: &[&str] =
    &["http://acs.amazonaws.com/groups/global/AllUsers", "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"];

pub(super) fn facts(resource: &Resource, bucket: &Bucket, estate: &Estate<'_>) -> BucketFacts {
    let policy = PolicyView::new(bucket.policy.as_ref(), Pointer::configuration("policy"), &resource.unknown);
    let policy_public = policy_public(&policy, Guards::Bucket);
    let acl_public = acl_public(resource, bucket);
    let block = access_block::flags(resource, bucket, estate);
    let open_policy = Fact::all([policy_public.clone(), block.restrict_public_buckets.clone().negated()]);
    let foreign_accounts = foreign_accounts(resource, &policy);
    let named = decided(foreign_accounts.value.iter().flatten().count() > 0, foreign_accounts.waits_for.clone());
    let restricted = Fact::all([policy_public.clone(), block.restrict_public_buckets.clone()]);
    let seen = BucketView {
        resource,
        bucket,
        policy: &policy,
        restricted: restricted.clone(),
        restricts: block.restrict_public_buckets.clone(),
        ignored_acls: block.ignore_public_acls.clone(),
    };
    let open_acl = Fact::all([
        acl_public.clone(),
        block.ignore_public_acls.clone().negated(),
        acls_off(resource, bucket).negated(),
    ]);
    let effective_access = bucket_access::effective(&seen, estate);
    BucketFacts {
        public_access: bucket_access::public(&seen, &effective_access),
        objects_may_be_public: Fact::all([
            block.ignore_public_acls.clone().negated(),
            acls_off(resource, bucket).negated(),
        ]),
        foreign_control: bucket_control::foreign_control(&seen),
        open_services: bucket_control::open_services(&seen),
        old_tls_denied: denied_to_everyone(resource, &policy, only_tests_old_tls),
        replicated_to_another_region: replicated_to_another_region(resource, bucket, estate),
        trail_logs_unwatched: trail::logs_unwatched(resource, bucket, &effective_access, estate),
        public: Fact::any([open_policy, open_acl]),
        public_after_deny: bucket_access::public_after_deny(&seen),
        effective_access,
        foreign_access_cut: Fact::all([restricted, named]),
        public_access_block: block.united(),
        plain_http_denied: denied_to_everyone(resource, &policy, only_tests_plain_http),
        foreign_accounts,
        policy_public,
        acl_public,
    }
}

fn acl_public(resource: &Resource, bucket: &Bucket) -> Fact<bool> {
    let place = Pointer::configuration("acl");
    let mut answers = Vec::new();
    for (index, grant) in bucket.acl.iter().flatten().enumerate() {
        let at = place.child(index);
        if EVERYONE.contains(&grant.grantee.as_str())
            && !resource.unknown.iter().any(|other| other.covers(&at.child("grantee")))
        {
            answers.push(Fact::known(true, vec![at]));
        }
    }
    let grantee_unknown = |other: &&Pointer| other.overlaps(&place) && !other.as_str().ends_with("/permission");
    let waits_for: Vec<String> = resource.unknown.iter().filter(grantee_unknown).map(ToString::to_string).collect();
    answers.push(if waits_for.is_empty() { Fact::known(false, Vec::new()) } else { Fact::unknown(waits_for) });
    Fact::any(answers)
}

/// Whether ACLs have no effect. A bucket without ownership controls is one of the time before
/// them, and its ACLs count.
pub(super) fn acls_off(resource: &Resource, bucket: &Bucket) -> Fact<bool> {
    let place = Pointer::configuration("ownership");
    match waits_here(resource, &place) {
        waits_for if waits_for.is_empty() => {
            Fact::known(bucket.ownership.as_deref() == Some("BucketOwnerEnforced"), vec![place])
        }
        waits_for => Fact::unknown(waits_for),
    }
}

/// Whether the policy denies something to every principal, for every action, on the bucket and on
/// all its objects; two statements may share that work.
fn denied_to_everyone(
    resource: &Resource,
    policy: &PolicyView<'_>,
    tests: fn(&StatementView<'_>) -> Fact<bool>,
) -> Fact<bool> {
    let bucket = bucket_arn(resource);
    let objects = format!("{bucket}/*");
    Fact::all([bucket, objects].map(|target| policy.any(|statement| denies_everyone(statement, &target, tests))))
}

/// The ARN that statements name the bucket by.
pub(super) fn bucket_arn(resource: &Resource) -> String {
    match resource.id.as_str() {
        arn if arn.starts_with("arn:") => arn.to_owned(),
        _ => format!("arn:aws:s3:::{}", resource.name),
    }
}

fn denies_everyone(
    statement: &StatementView<'_>,
    target: &str,
    tests: fn(&StatementView<'_>) -> Fact<bool>,
) -> Fact<bool> {
    let actions = statement.list("Action", statement.statement.action.as_ref());
    let resources = statement.list("Resource", statement.statement.resource.as_ref());
    let everyone = statement.principals().contains(&("AWS", "*"));
    let every_action = actions.known.iter().any(|action| pattern::covers(action, "s3:*"));
    let whole_target = resources.known.iter().any(|resource| pattern::covers(resource, target));
    Fact::all([
        statement.has_effect("Deny"),
        decided(everyone, statement.waits_for("Principal")),
        decided(every_action, actions.waits_for),
        decided(whole_target, resources.waits_for),
        tests(statement),
    ])
}

/// A condition that holds for every request without TLS: none, or `aws:SecureTransport` false.
/// Further tests would let some of those requests through.
fn only_tests_plain_http(statement: &StatementView<'_>) -> Fact<bool> {
    let insecure = statement.conditions().all(|condition| {
        matches!(condition.operator, "Bool" | "BoolIfExists")
            && condition.key == "aws:securetransport"
            && (!condition.whole || condition.values.iter().any(|value| value.eq_ignore_ascii_case("false")))
    });
    let waits_for = statement.waits_for("Condition");
    if !insecure || waits_for.is_empty() { Fact::known(insecure, Vec::new()) } else { Fact::unknown(waits_for) }
}

/// A condition that holds for every request with TLS before 1.2.
fn only_tests_old_tls(statement: &StatementView<'_>) -> Fact<bool> {
    let old = statement.conditions().all(|condition| {
        matches!(condition.operator, "NumericLessThan" | "NumericLessThanIfExists")
            && condition.key == "s3:tlsversion"
            && (!condition.whole
                || condition.values.iter().any(|value| value.parse().is_ok_and(|bound: f64| bound >= 1.2)))
    });
    let waits_for = statement.waits_for("Condition");
    if !old || waits_for.is_empty() { Fact::known(old, Vec::new()) } else { Fact::unknown(waits_for) }
}

/// Where a destination lies is known of buckets in the snapshot only.
fn replicated_to_another_region(resource: &Resource, bucket: &Bucket, estate: &Estate<'_>) -> Fact<bool> {
    let place = Pointer::configuration("replication");
    let enabled = bucket.replication.iter().flat_map(|replication| &replication.rules).filter(|rule| rule.enabled);
    let answers = enabled.map(|rule| {
        let name = rule.destination.rsplit(':').next().unwrap_or_default();
        match estate.bucket(name) {
            Some((other, _)) if waits_elsewhere(other, &Pointer::new("/region")).is_empty() => {
                Fact::known(other.region != resource.region, vec![place.clone()])
            }
            _ => Fact::unknown(vec![format!("arn:aws:s3:::{name}#/region")]),
        }
    });
    let unread = waits_here(resource, &place);
    let unread = (!unread.is_empty()).then(|| Fact::unknown(unread));
    Fact::any(answers.chain(unread))
}

/// True when the known part says so, otherwise false unless more may come.
fn decided(known: bool, waits_for: Vec<String>) -> Fact<bool> {
    if known || waits_for.is_empty() { Fact::known(known, Vec::new()) } else { Fact::unknown(waits_for) }
}

/// Accounts that Allow statements name: as principals, or where everyone is named, as those that
/// `aws:PrincipalAccount` or `aws:PrincipalArn` limit it to. `CanonicalUser` ids name no account.
fn foreign_accounts(resource: &Resource, policy: &PolicyView<'_>) -> Fact<Vec<String>> {
    let mut accounts = BTreeSet::new();
    let mut because = BTreeSet::new();
    let mut waits_for = policy.unread();
    for statement in policy.statements() {
        waits_for.extend(statement.waits_for("Principal"));
        let effect = statement.has_effect("Allow");
        waits_for.extend(effect.waits_for);
        if effect.value != Some(true) {
            continue;
        }
        for account in named_accounts(&statement).filter(|account| *account != resource.account.as_str()) {
            accounts.insert(account.to_owned());
            because.insert(statement.place.clone());
        }
    }
    if resource.account.is_unknown() && !accounts.is_empty() {
        return Fact::unknown(vec!["/account".to_owned()]);
    }
    Fact::partial(accounts.into_iter().collect(), because.into_iter().collect(), waits_for)
}

fn named_accounts<'a>(statement: &'a StatementView<'a>) -> impl Iterator<Item = &'a str> {
    let principals = statement.principals().into_iter().filter(|(kind, _)| *kind == "AWS").map(|(_, name)| name);
    let limits = statement
        .conditions()
        .filter(|condition| {
            matches!(condition.key, "aws:principalaccount" | "aws:principalarn") && !condition.operator.contains("Not")
        })
        .flat_map(|condition| condition.values);
    principals.chain(limits).filter_map(account_of)
}

#[cfg(test)]
mod tests {
    use super::super::estate::testing::{ACCOUNT, resource, snapshot, without};
    use super::*;
    use crate::model::{Account, AclGrant, Facts, PublicAccessBlock};
    use crate::policy::parse;

    const BLOCKED: PublicAccessBlock = PublicAccessBlock {
        block_public_acls: true,
        ignore_public_acls: true,
        block_public_policy: true,
        restrict_public_buckets: true,
    };
    const READABLE: &str = r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"}}"#;

    fn bucket(policy: &str) -> Bucket {
        Bucket { policy: Some(parse(policy).unwrap()), ..Bucket::default() }
    }

    fn public_acl(ownership: &str) -> Bucket {
        let grants = vec![AclGrant { grantee: EVERYONE[1].to_owned(), permission: "READ".to_owned() }];
        Bucket { acl: Some(grants), ownership: Some(ownership.to_owned()), ..Bucket::default() }
    }

    fn account(block: Option<PublicAccessBlock>) -> Resource {
        let settings = Account { s3_public_access_block: block, ..Account::default() };
        resource("arn:aws:iam::111122223333:root", ACCOUNT, settings)
    }

    fn facts_beside(bucket: Bucket, unknown: &[&str], others: impl IntoIterator<Item = Resource>) -> BucketFacts {
        let bucket = without(resource("arn:aws:s3:::photos", "photos", bucket), unknown);
        let mut snapshot = snapshot([bucket].into_iter().chain(others));
        crate::facts::derive(&mut snapshot);
        match snapshot.resources[0].facts.clone().unwrap() {
            Facts::Bucket(facts) => *facts,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_public_policy_opens_a_bucket_unless_the_bucket_or_the_account_restricts_it() {
        let open = facts_beside(bucket(READABLE), &[], [account(None)]);
        assert_eq!(open.policy_public.value, Some(true));
        assert_eq!(open.public.value, Some(true));
        assert!(open.public.because.contains(&Pointer::new("/configuration/policy/Statement/0")));
        assert_eq!(open.public_access_block.value, Some(PublicAccessBlock::default()));

        let by_account = facts_beside(bucket(READABLE), &[], [account(Some(BLOCKED))]);
        assert_eq!(by_account.public.value, Some(false));
        assert_eq!(by_account.public_access_block.value, Some(BLOCKED));

        let by_bucket = Bucket { public_access_block: Some(BLOCKED), ..bucket(READABLE) };
        assert_eq!(facts_beside(by_bucket, &[], []).public.value, Some(false), "the account does not matter");
    }

    #[test]
    fn flags_of_bucket_and_account_add_up() {
        let half =
            PublicAccessBlock { block_public_acls: true, ignore_public_acls: true, ..PublicAccessBlock::default() };
        let other = PublicAccessBlock {
            block_public_policy: true,
            restrict_public_buckets: true,
            ..PublicAccessBlock::default()
        };
        let bucket = Bucket { public_access_block: Some(half), ..Bucket::default() };
        assert_eq!(facts_beside(bucket, &[], [account(Some(other))]).public_access_block.value, Some(BLOCKED));
    }

    #[test]
    fn an_unread_account_leaves_only_unrestricted_buckets_unknown() {
        let unread = || without(account(None), &["/configuration/s3_public_access_block"]);
        let facts = facts_beside(bucket(READABLE), &[], [unread()]);
        assert_eq!(facts.policy_public.value, Some(true));
        assert_eq!(facts.public.value, None);
        assert_eq!(facts.public.waits_for, ["arn:aws:iam::111122223333:root#/configuration/s3_public_access_block"]);
        assert_eq!(facts.public_access_block.value, None);
        assert_eq!(facts_beside(Bucket::default(), &[], [unread()]).public.value, Some(false), "nothing to restrict");
        let stale = Resource { stale_since: Some(jiff::Timestamp::UNIX_EPOCH), ..account(Some(BLOCKED)) };
        assert_eq!(facts_beside(bucket(READABLE), &[], [stale]).public.value, None);
    }

    #[test]
    fn an_acl_counts_unless_ownership_or_a_block_switches_it_off() {
        let writer = facts_beside(public_acl("ObjectWriter"), &[], [account(None)]);
        assert_eq!((writer.acl_public.value, writer.public.value), (Some(true), Some(true)));
        assert_eq!(writer.acl_public.because, [Pointer::new("/configuration/acl/0")]);
        let enforced = facts_beside(public_acl("BucketOwnerEnforced"), &[], [account(None)]);
        assert_eq!((enforced.acl_public.value, enforced.public.value), (Some(true), Some(false)));
        let ignored = facts_beside(public_acl("ObjectWriter"), &[], [account(Some(BLOCKED))]);
        assert_eq!(ignored.public.value, Some(false));
        let unread = facts_beside(Bucket::default(), &["/configuration/acl"], [account(None)]);
        assert_eq!((unread.acl_public.value, unread.public.value), (None, None));
    }

    #[test]
    fn an_unread_policy_makes_public_unknown_unless_it_is_restricted() {
        let unread = &["/configuration/policy"];
        let facts = facts_beside(Bucket::default(), unread, [account(None)]);
        assert_eq!((facts.policy_public.value, facts.public.value), (None, None));
        assert_eq!(facts.plain_http_denied.value, None);
        assert_eq!(facts.foreign_accounts.value, None);
        assert_eq!(facts_beside(Bucket::default(), unread, [account(Some(BLOCKED))]).public.value, Some(false));
        let acl_decides = facts_beside(public_acl("ObjectWriter"), unread, [account(None)]);
        assert_eq!(acl_decides.public.value, Some(true));
    }

    fn http(statements: &str, unknown: &[&str]) -> Option<bool> {
        facts_beside(bucket(&format!(r#"{{"Statement":[{statements}]}}"#)), unknown, []).plain_http_denied.value
    }

    fn deny(principal: &str, action: &str, resource: &str, condition: &str) -> String {
        format!(r#"{{"Effect":"Deny",{principal},"Action":{action},"Resource":{resource},"Condition":{condition}}}"#)
    }

    const ALL: &str = r#""Principal":"*""#;
    const BOTH: &str = r#"["arn:aws:s3:::photos","arn:aws:s3:::photos/*"]"#;
    const PLAIN: &str = r#"{"Bool":{"aws:SecureTransport":"false"}}"#;

    #[test]
    fn plain_http_is_denied_only_to_everyone_for_everything() {
        assert_eq!(http(&deny(ALL, r#""s3:*""#, BOTH, PLAIN), &[]), Some(true));
        assert_eq!(http(&deny(ALL, r#""*""#, r#""*""#, PLAIN), &[]), Some(true));
        assert_eq!(http(&deny(ALL, r#""s3:*""#, r#""arn:aws:s3:::photos*""#, PLAIN), &[]), Some(true));
        for partial in [
            deny(ALL, r#""s3:Get*""#, BOTH, PLAIN),
            deny(r#""Principal":{"AWS":"arn:aws:iam::111122223333:role/web"}"#, r#""s3:*""#, BOTH, PLAIN),
            deny(r#""NotPrincipal":{"AWS":"arn:aws:iam::111122223333:root"}"#, r#""s3:*""#, BOTH, PLAIN),
            deny(ALL, r#""s3:*""#, r#""arn:aws:s3:::photos/*""#, PLAIN),
            deny(ALL, r#""s3:*""#, r#"["arn:aws:s3:::photos","arn:aws:s3:::photos/private/*"]"#, PLAIN),
            deny(ALL, r#""s3:*""#, BOTH, r#"{"Bool":{"aws:SecureTransport":"true"}}"#),
            deny(ALL, r#""s3:*""#, BOTH, r#"{"NumericLessThan":{"s3:TlsVersion":"1.2"}}"#),
            deny(
                ALL,
                r#""s3:*""#,
                BOTH,
                r#"{"Bool":{"aws:SecureTransport":"false"},"StringEquals":{"aws:username":"eve"}}"#,
            ),
            deny(ALL, r#""s3:*""#, BOTH, PLAIN).replace("Deny", "Allow"),
        ] {
            assert_eq!(http(&partial, &[]), Some(false), "{partial}");
        }
    }

    #[test]
    fn two_statements_may_share_bucket_and_objects() {
        let bucket = deny(ALL, r#""s3:*""#, r#""arn:aws:s3:::photos""#, PLAIN);
        let objects = deny(ALL, r#""s3:*""#, r#""arn:aws:s3:::photos/*""#, PLAIN);
        assert_eq!(http(&format!("{bucket},{objects}"), &[]), Some(true));
    }

    #[test]
    fn an_unknown_resource_of_the_deny_leaves_it_open() {
        let half = deny(ALL, r#""s3:*""#, r#"["arn:aws:s3:::photos","later"]"#, PLAIN);
        assert_eq!(http(&half, &["/configuration/policy/Statement/0/Resource/1"]), None);
        let useless = half.replace("s3:*", "s3:Get*");
        assert_eq!(http(&useless, &["/configuration/policy/Statement/0/Resource/1"]), Some(false));
    }

    #[test]
    fn old_tls_is_denied_by_a_bound_of_at_least_1_2() {
        let tls = |condition: &str| {
            let text = format!(r#"{{"Statement":[{}]}}"#, deny(ALL, r#""s3:*""#, BOTH, condition));
            facts_beside(bucket(&text), &[], []).old_tls_denied.value
        };
        assert_eq!(tls(r#"{"NumericLessThan":{"s3:TlsVersion":"1.2"}}"#), Some(true));
        assert_eq!(tls(r#"{"NumericLessThan":{"s3:TlsVersion":["1.1","1.3"]}}"#), Some(true));
        assert_eq!(tls(r#"{"NumericLessThan":{"s3:TlsVersion":"1.1"}}"#), Some(false));
        assert_eq!(tls(PLAIN), Some(false));
    }

    #[test]
    fn replication_counts_when_a_destination_lies_in_another_region() {
        use crate::model::{Replication, ReplicationRule};
        let replicated = |enabled: bool, region: Option<&str>| {
            let rule =
                ReplicationRule { enabled, destination: "arn:aws:s3:::copy".to_owned(), ..ReplicationRule::default() };
            let replication = Some(Replication { role: String::new(), rules: vec![rule] });
            let copy = region.map(|region| Resource {
                region: crate::model::Region::new(region).unwrap(),
                ..resource("arn:aws:s3:::copy", "copy", Bucket::default())
            });
            facts_beside(Bucket { replication, ..Bucket::default() }, &[], copy).replicated_to_another_region.value
        };
        assert_eq!(replicated(true, Some("us-east-1")), Some(true));
        assert_eq!(replicated(true, Some("global")), Some(false), "where the bucket itself is");
        assert_eq!(replicated(false, Some("us-east-1")), Some(false));
        assert_eq!(replicated(true, None), None);
        let unread = facts_beside(Bucket::default(), &["/configuration/replication"], []);
        assert_eq!(unread.replicated_to_another_region.value, None);
    }

    #[test]
    fn objects_may_be_public_while_acls_count_and_are_not_ignored() {
        let objects = |bucket: Bucket, unknown: &[&str], block| {
            facts_beside(bucket, unknown, [account(block)]).objects_may_be_public.value
        };
        let on = || Bucket { ownership: Some("ObjectWriter".to_owned()), ..Bucket::default() };
        assert_eq!(objects(on(), &[], None), Some(true));
        assert_eq!(objects(Bucket::default(), &[], None), Some(true), "of the time before ownership");
        assert_eq!(objects(on(), &[], Some(BLOCKED)), Some(false));
        assert_eq!(
            objects(Bucket { ownership: Some("BucketOwnerEnforced".to_owned()), ..on() }, &[], None),
            Some(false)
        );
        assert_eq!(objects(on(), &["/configuration/public_access_block"], None), None);
        assert_eq!(objects(on(), &["/configuration/ownership"], None), None);
    }

    #[test]
    fn blocks_shut_out_the_public_whatever_is_not_read() {
        let unread = &["/configuration/policy", "/configuration/acl"];
        let shut = facts_beside(Bucket::default(), unread, [account(Some(BLOCKED))]);
        assert_eq!(shut.public_access.value, Some(Vec::new()));
        assert_eq!(facts_beside(Bucket::default(), unread, [account(None)]).public_access.value, None);
        let open = facts_beside(bucket(READABLE), &[], [account(None)]).public_access;
        assert_eq!(open.value.unwrap().len(), 1);
    }

    #[test]
    fn foreign_accounts_are_named_by_principals_and_by_limits_on_everyone() {
        let policy = r#"{"Statement":[
            {"Effect":"Allow","Principal":{"AWS":["444455556666","arn:aws:iam::111122223333:role/a"]},"Action":"s3:*","Resource":"*"},
            {"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalAccount":"777788889999"}}},
            {"Effect":"Deny","Principal":{"AWS":"000011112222"},"Action":"s3:*","Resource":"*"}]}"#;
        let facts = facts_beside(bucket(policy), &[], []);
        assert_eq!(facts.foreign_accounts.value.unwrap(), ["444455556666", "777788889999"]);
        let rest = facts_beside(bucket(policy), &["/configuration/policy/Statement/9"], []).foreign_accounts;
        assert_eq!((rest.value.unwrap().len(), rest.waits_for.len()), (2, 1));
    }
}
