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
        (r#"{"AWS":"arn:aws:iam::444455556666:role/ci"}"#, "{}", "principal arn:aws:iam::444455556666:role/ci: write"),
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
    let but_own =
        r#"{"Effect":"Deny","NotPrincipal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"s3:*","Resource":"*"}"#;
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
    let grant =
        |grantee: &str, permission: &str| AclGrant { grantee: grantee.to_owned(), permission: permission.to_owned() };
    let acl = vec![
        grant(super::EVERYONE[0], "READ"),
        grant(super::EVERYONE[1], "WRITE_ACP"),
        grant("owner", "FULL_CONTROL"),
        grant("79a59d", "FULL_CONTROL"),
    ];
    let bucket =
        |ownership: &str| Bucket { acl: Some(acl.clone()), ownership: Some(ownership.to_owned()), ..Bucket::default() };
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
    let mut unlisted = snapshot([delegating, resource("arn:aws:iam::111122223333:root", ACCOUNT, Account::default())]);
    listed(&mut unlisted, "global", ResourceType::AccessPoint, true);
    crate::facts::derive(&mut unlisted);
    let Some(Facts::Bucket(facts)) = &unlisted.resources[0].facts else { panic!("a bucket has facts") };
    let list = "list of AWS::S3::MultiRegionAccessPoint in 111122223333 global".to_owned();
    assert_eq!((&facts.effective_access.value, &facts.effective_access.waits_for), (&None, &vec![list]));
}

#[test]
fn what_hides_a_deny_hides_what_it_may_cut() {
    let statements = [allow(r#""*""#, r#""s3:GetObject""#, "{}"), deny(r#"{"Bool":{"aws:SecureTransport":"false"}}"#)];
    let with = |place: &str| beside(policy(&statements), &[&format!("/configuration/policy/Statement/{place}")], []);
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
