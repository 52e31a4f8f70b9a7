//! Who outside the account may take a bucket over by its policy, and which AWS services it lets in
//! whoever they act for.
//!
//! Both are asked of the evaluator: a request is put together and judged under the statement and
//! every Deny beside it, so that what a Deny or a condition takes away is gone.

use std::collections::BTreeSet;

use super::bucket::bucket_arn;
use super::bucket_access::{BucketView, Denies, version};
use super::grantee::{Grant, grants, unknown_in};
use super::s3_actions::{objects, takes_action, takes_resource, targets};
use crate::model::{Fact, ForeignControl, Grantee, OpenService, Pointer, PolicyDocument, Statement};
use crate::policy::admits::{Admits, Caller, Target, admits_any, unnamed_account};
use crate::policy::{KeyValue, StatementView};

/// What gives or takes access, or the key to everything new: the actions that AWS's own control
/// names. True for those on objects.
const ACTIONS: [(&str, bool); 5] = [
    ("s3:DeleteBucketPolicy", false),
    ("s3:PutBucketAcl", false),
    ("s3:PutBucketPolicy", false),
    ("s3:PutEncryptionConfiguration", false),
    ("s3:PutObjectAcl", true),
];

/// Who may do one of these things. What access points let do is left aside: they take none of
/// them but `s3:PutObjectAcl`.
pub(super) fn foreign_control(seen: &BucketView<'_>) -> Fact<Vec<ForeignControl>> {
    let mut found = BTreeSet::new();
    let waits_for = each_allow(seen, |seen, statement, document, denies, waits_for| {
        for (action, on_object) in ACTIONS {
            let targets = targets_of(seen, statement.statement, document, action, on_object);
            let mut everyone = false;
            for grant in grants(statement, document, &seen.resource.account) {
                let told = everyone && grant.who == Grantee::AwsAccounts;
                if targets.is_empty() || told || matches!(grant.who, Grantee::Service | Grantee::AccessPoints) {
                    continue;
                }
                let owner = seen.resource.account.as_str();
                match admits_any(&grant.tried(document), &grant.callers, &targets, owner) {
                    Admits::No => {}
                    Admits::Unsure => waits_for.push(seen.policy.place().to_string()),
                    Admits::Yes(_) => {
                        everyone |= grant.who == Grantee::Everyone;
                        let entry = control(&grant, action, &statement.place);
                        note(&mut found, entry, denies, &seen.restricted, waits_for);
                    }
                }
            }
        }
    });
    into_fact(found, waits_for, |entry| &entry.because)
}

fn targets_of(
    seen: &BucketView<'_>,
    allow: &Statement,
    document: &PolicyDocument,
    action: &str,
    on_object: bool,
) -> Vec<Target> {
    let arn = bucket_arn(seen.resource);
    let name = action.to_ascii_lowercase();
    let resources = match on_object {
        _ if !takes_action(allow, &name) => Vec::new(),
        true => objects(document, allow, &arn, &format!("{arn}/")),
        false if takes_resource(allow, &arn) => vec![arn],
        false => Vec::new(),
    };
    resources.into_iter().map(|resource| Target { action: name.clone(), resource }).collect()
}

fn control(grant: &Grant, action: &str, because: &Pointer) -> ForeignControl {
    ForeignControl {
        who: grant.who,
        name: grant.name.clone(),
        account: grant.account.clone(),
        action: action.to_owned(),
        because: because.clone(),
    }
}

/// Services that are let in on behalf of an account that the policy does not name.
pub(super) fn open_services(seen: &BucketView<'_>) -> Fact<Vec<OpenService>> {
    let mut found = BTreeSet::new();
    let arn = bucket_arn(seen.resource);
    let waits_for = each_allow(seen, |seen, statement, document, denies, waits_for| {
        let services = grants(statement, document, &seen.resource.account);
        for grant in services.into_iter().filter(|grant| grant.who == Grantee::Service) {
            let callers: Vec<Caller> =
                grant.callers.iter().map(|caller| for_a_stranger(caller, &grant, document)).collect();
            let targets = targets(document, &[], &arn, &format!("{arn}/"));
            let owner = seen.resource.account.as_str();
            match targets.levels(|targets| admits_any(document, &callers, targets, owner)) {
                None => waits_for.push(seen.policy.place().to_string()),
                Some(levels) if levels.is_empty() => {}
                Some(levels) => {
                    let because = statement.place.clone();
                    let entry = OpenService { service: grant.name.clone(), levels, because };
                    note(&mut found, entry, denies, &Fact::known(false, Vec::new()), waits_for);
                }
            }
        }
    });
    into_fact(found, waits_for, |entry| &entry.because)
}

/// The service, acting for an account that the policy does not name.
fn for_a_stranger(caller: &Caller, service: &Grant, document: &PolicyDocument) -> Caller {
    let account = unnamed_account(document);
    let host = service.name.split('.').next().unwrap_or_default();
    let known = |values: &[String]| values.iter().map(|value| KeyValue::Known(vec![value.clone()])).collect();
    let mut sources = vec![
        format!("arn:aws:{host}:us-east-1:{account}:plimsoll-stranger"),
        "arn:aws:s3:::plimsoll-stranger".to_owned(),
    ];
    let tests = document.statement.iter().flat_map(|statement| statement.condition.values());
    let patterns = tests.filter_map(|keys| keys.get("aws:sourcearn")).flatten();
    sources.extend(patterns.filter_map(|pattern| source_of_a_stranger(pattern, &account)));
    let mut caller = caller.clone();
    let keys: [(&str, Vec<KeyValue>); 5] = [
        ("aws:sourceaccount", known(std::slice::from_ref(&account))),
        ("aws:sourceowner", known(std::slice::from_ref(&account))),
        ("aws:sourcearn", known(&sources)),
        ("aws:sourceorgid", known(&["o-plimsoll00".to_owned()])),
        ("aws:sourceorgpaths", known(&["o-plimsoll00/r-0000/".to_owned()])),
    ];
    caller.choices.extend(keys.map(|(key, values)| (key.to_owned(), values)));
    caller
}

/// An ARN of that form in a stranger's account; `None` for a form that leaves no room for one.
fn source_of_a_stranger(pattern: &str, account: &str) -> Option<String> {
    let mut parts: Vec<&str> = pattern.splitn(6, ':').collect();
    let owner = parts.get_mut(4)?;
    match *owner {
        "" if pattern.contains('*') => {}
        open if open.contains('*') => *owner = account,
        _ => return None,
    }
    Some(parts.join(":").replace('*', "plimsoll-stranger"))
}

/// Looks at each Allow that is known as a whole, with every Deny; gives the places that hide more.
fn each_allow(
    seen: &BucketView<'_>,
    mut look: impl FnMut(&BucketView<'_>, &StatementView<'_>, &PolicyDocument, &Denies, &mut Vec<String>),
) -> Vec<String> {
    let mut waits_for = seen.policy.unread();
    let denies = Denies::of(seen.policy, version(seen.bucket));
    for statement in seen.policy.statements() {
        if statement.has_effect("Allow").value == Some(false) {
            continue;
        }
        let unknown = unknown_in(&statement);
        if unknown.is_empty() {
            let document = denies.beside(statement.statement);
            look(seen, &statement, &document, &denies, &mut waits_for);
        } else {
            waits_for.extend(unknown);
        }
    }
    waits_for
}

/// Adds what was found, unless something that is not known may cut it.
fn note<T: Ord>(found: &mut BTreeSet<T>, entry: T, denies: &Denies, cut: &Fact<bool>, waits_for: &mut Vec<String>) {
    match cut.value {
        Some(true) => {}
        Some(false) if denies.waits_for.is_empty() => {
            found.insert(entry);
        }
        _ => waits_for.extend(denies.waits_for.iter().chain(&cut.waits_for).cloned()),
    }
}

fn into_fact<T>(found: BTreeSet<T>, waits_for: Vec<String>, place: impl Fn(&T) -> &Pointer) -> Fact<Vec<T>> {
    let because: BTreeSet<Pointer> = found.iter().map(|entry| place(entry).clone()).collect();
    Fact::partial(found.into_iter().collect(), because.into_iter().collect(), waits_for)
}

#[cfg(test)]
mod tests {
    use super::super::estate::testing::{ACCOUNT, resource, snapshot, without};
    use crate::model::{Account, Bucket, BucketFacts, Facts, PublicAccessBlock};
    use crate::policy::parse;

    const BOTH: &str = r#"["arn:aws:s3:::logs","arn:aws:s3:::logs/*"]"#;

    fn facts(statements: &[&str], restrict: bool, unknown: &[&str]) -> BucketFacts {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
        let block = PublicAccessBlock { restrict_public_buckets: restrict, ..PublicAccessBlock::default() };
        let bucket = Bucket {
            policy: Some(parse(&text).unwrap()),
            ownership: Some("BucketOwnerEnforced".to_owned()),
            public_access_block: Some(block),
            ..Bucket::default()
        };
        let bucket = without(resource("arn:aws:s3:::logs", "logs", bucket), unknown);
        let mut snapshot = snapshot([bucket, resource("arn:aws:iam::111122223333:root", ACCOUNT, Account::default())]);
        crate::facts::derive(&mut snapshot);
        match snapshot.resources[0].facts.clone().unwrap() {
            Facts::Bucket(facts) => *facts,
            other => panic!("{other:?}"),
        }
    }

    fn allow(principal: &str, action: &str, condition: &str) -> String {
        format!(
            r#"{{"Effect":"Allow","Principal":{principal},"Action":{action},"Resource":{BOTH},"Condition":{condition}}}"#
        )
    }

    fn controls(statements: &[&str]) -> Vec<String> {
        let found = facts(statements, false, &[]).foreign_control.value.unwrap();
        found.iter().map(|entry| format!("{} {}", entry.name, entry.action)).collect()
    }

    #[test]
    fn other_accounts_that_may_take_a_bucket_over_are_told_by_action() {
        let other = r#"{"AWS":"arn:aws:iam::444455556666:root"}"#;
        assert_eq!(
            controls(&[&allow(other, r#""s3:*Acl""#, "{}")]),
            ["444455556666 s3:PutBucketAcl", "444455556666 s3:PutObjectAcl"]
        );
        assert_eq!(controls(&[&allow(other, r#"["s3:GetObject","s3:PutObject"]"#, "{}")]), [""; 0]);
        assert_eq!(controls(&[&allow(r#"{"AWS":"111122223333"}"#, r#""s3:*""#, "{}")]), [""; 0], "the own account");
        let deny = format!(
            r#"{{"Effect":"Deny","Principal":"*","Action":["s3:Put*Acl","s3:*BucketPolicy"],"Resource":{BOTH}}}"#
        );
        let rest = controls(&[&allow(other, r#""s3:*""#, "{}"), &deny]);
        assert_eq!(rest, ["444455556666 s3:PutEncryptionConfiguration"], "after denies");
        let anyone = controls(&[&allow(r#""*""#, r#""s3:PutBucketPolicy""#, "{}")]);
        assert_eq!(anyone, ["* s3:PutBucketPolicy"]);
    }

    #[test]
    fn restricted_public_policies_and_unread_ones_are_told_apart() {
        let statement = allow(r#""*""#, r#""s3:PutBucketPolicy""#, "{}");
        assert_eq!(facts(&[&statement], true, &[]).foreign_control.value.unwrap(), []);
        let unread = facts(&[&statement], false, &["/configuration/policy/Statement/1"]);
        assert_eq!(unread.foreign_control.value, None, "another statement may deny it");
    }

    fn services(statements: &[&str]) -> Vec<String> {
        let found = facts(statements, true, &[]).open_services.value.unwrap();
        found.into_iter().map(|entry| entry.service).collect()
    }

    #[test]
    fn a_service_is_open_unless_something_binds_its_source() {
        let trail = r#"{"Service":"cloudtrail.amazonaws.com"}"#;
        let put = r#""s3:PutObject""#;
        assert_eq!(services(&[&allow(trail, put, "{}")]), ["cloudtrail.amazonaws.com"]);
        let acl = r#"{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}"#;
        assert_eq!(services(&[&allow(trail, put, acl)]), ["cloudtrail.amazonaws.com"], "the old example's condition");
        for bound in [
            r#"{"StringEquals":{"aws:SourceAccount":"111122223333"}}"#,
            r#"{"ArnLike":{"aws:SourceArn":"arn:aws:cloudtrail:*:111122223333:trail/*"}}"#,
            r#"{"StringEquals":{"aws:SourceOrgID":"o-a1b2c3d4e5"}}"#,
        ] {
            assert_eq!(services(&[&allow(trail, put, bound)]), [""; 0], "{bound}");
        }
        let anywhere = r#"{"ArnLike":{"aws:SourceArn":"arn:aws:cloudtrail:*:*:trail/*"}}"#;
        assert_eq!(services(&[&allow(trail, put, anywhere)]), ["cloudtrail.amazonaws.com"]);
        let deny = format!(
            r#"{{"Effect":"Deny","Principal":{trail},"Action":"s3:*","Resource":{BOTH},"Condition":{{"StringNotEquals":{{"aws:SourceAccount":"111122223333"}}}}}}"#
        );
        assert_eq!(services(&[&allow(trail, put, "{}"), &deny]), [""; 0], "a Deny binds as well");
    }
}
