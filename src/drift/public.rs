//! A bucket or access point that became public, or is so no longer, after all that plays a part:
//! policy, ACL, ownership and the access blocks above.

use std::collections::BTreeMap;

use super::meaning::{Meanings, Place};
use super::proof::{Proof, usual_requests};
use crate::model::{
    AclGrant, BucketFacts, Configuration, Direction, Fact, Facts, FieldChange, Pointer, PolicyDocument, Resource,
    Statement, Witness,
};
use crate::policy::{Context, Layer, Principal, Request, Truth, catalog, judge};

/// The change of `/facts/public`, when something in the resource itself has moved access; what
/// an account's access block opens and closes is told of the account. Also remarks on flags of
/// the bucket that the account's block makes idle.
pub(super) fn difference(
    old: &Resource,
    new: &Resource,
    fields: &mut [FieldChange],
    meanings: &mut Meanings,
) -> Option<FieldChange> {
    remark(old, new, fields);
    if fields.iter().all(|field| field.direction == Direction::Neutral) {
        return None;
    }
    let (was, is) = (is_public(old)?, is_public(new)?);
    let mut change = FieldChange::new(place(), Some(was.into()), Some(is.into()));
    match (was, is) {
        (false, true) => {
            (change.direction, change.gained) = (Direction::Widened, ways_in(new));
            change.gained_witness = witness(new, meanings);
        }
        (true, false) => {
            (change.direction, change.lost) = (Direction::Narrowed, ways_in(old));
            change.lost_witness = witness(old, meanings);
        }
        _ => return None,
    }
    Some(change)
}

/// What lets in everyone, of a resource that is public; `None` when it is not, or that is not
/// known.
pub(super) fn told(resource: &Resource) -> Option<Vec<String>> {
    is_public(resource)?.then(|| ways_in(resource))
}

pub(super) fn place() -> Pointer {
    Pointer::new("/facts/public")
}

/// Whether everyone can reach a bucket or access point.
pub(super) fn is_public(resource: &Resource) -> Option<bool> {
    fact(resource)?.value
}

fn fact(resource: &Resource) -> Option<&Fact<bool>> {
    match resource.facts.as_ref()? {
        Facts::Bucket(facts) => Some(&facts.public),
        Facts::AccessPoint(facts) => Some(&facts.public),
        _ => None,
    }
}

/// What everyone can do, statement by statement and grant by grant.
fn ways_in(resource: &Resource) -> Vec<String> {
    let acl = match &resource.configuration {
        Configuration::Bucket(bucket) => bucket.acl.as_deref().unwrap_or_default(),
        _ => &[],
    };
    let because = fact(resource).map_or(&[][..], |fact| &fact.because);
    let statement = |place| statement(resource, place).map(|statement| format!("everyone can {}", in_words(statement)));
    let ways: Vec<String> =
        because.iter().filter_map(|place| statement(place).or_else(|| in_acl(acl, place))).collect();
    if ways.is_empty() { vec!["everyone can reach it".to_owned()] } else { ways }
}

/// What a public policy lets everyone do, in one request: by nobody in particular where that
/// shows it.
fn witness(resource: &Resource, meanings: &mut Meanings) -> Option<Witness> {
    let because = &fact(resource)?.because;
    let open: Vec<&Statement> = because.iter().filter_map(|place| statement(resource, place)).collect();
    let document = policy(resource).filter(|_| !open.is_empty())?;
    let proof = Proof::own(resource, Vec::new(), vec![document]);
    if let Some(request) = anonymous(resource).into_iter().find(|request| allows(document, request)) {
        return Some(proof.witness(&request));
    }
    // A statement under a condition that leaves it public.
    let denials = document.statement.iter().filter(|statement| statement.effect == "Deny");
    let statements = open.into_iter().chain(denials).cloned().collect();
    let part = PolicyDocument { statement: statements, ..document.clone() };
    let meaning = meanings.of(Place::Resource, &[], &[&part]);
    meaning.gained_witness.as_ref().map(|request| proof.witness(request))
}

/// Unsigned requests over TLS, on the bucket and on an object in it.
fn anonymous(resource: &Resource) -> Vec<Request> {
    let request = |(action, target): (&str, String)| {
        let context = Context::whole().with("aws:securetransport", "true");
        Request { context, ..Request::new(Principal::Anonymous, action, target) }.with_derived_keys()
    };
    usual_requests(resource).into_iter().map(request).collect()
}

fn allows(document: &PolicyDocument, request: &Request) -> bool {
    let effects = judge(Layer::Resource, document, request);
    effects.allow == Truth::Yes && effects.deny == Truth::No
}

fn policy(resource: &Resource) -> Option<&PolicyDocument> {
    match &resource.configuration {
        Configuration::Bucket(bucket) => bucket.policy.as_ref(),
        Configuration::AccessPoint(point) => point.policy.as_ref(),
        _ => None,
    }
}

fn statement<'a>(resource: &'a Resource, place: &Pointer) -> Option<&'a Statement> {
    policy(resource)?.statement.get(index(place, "policy/Statement")?)
}

fn in_acl(acl: &[AclGrant], place: &Pointer) -> Option<String> {
    let grant = acl.get(index(place, "acl")?)?;
    let what = match grant.permission.as_str() {
        "READ" => "list the objects",
        "WRITE" => "create, overwrite and delete objects",
        "READ_ACP" => "read the ACL",
        "WRITE_ACP" => "write the ACL, and so grant the rest",
        "FULL_CONTROL" => "list, write and delete objects, and read and write the ACL",
        other => other,
    };
    let who = if grant.grantee.ends_with("/AuthenticatedUsers") { "every AWS account" } else { "everyone" };
    Some(format!("{who} can {what}"))
}

fn index(place: &Pointer, list: &str) -> Option<usize> {
    let rest = place.as_str().strip_prefix(Pointer::configuration(list).as_str())?;
    rest.split('/').nth(1)?.parse().ok()
}

/// Actions as AWS writes them.
fn spelled(actions: &[String]) -> String {
    let spelled = |action: &String| match catalog().action(action) {
        Some(known) => format!("{}:{}", known.service().prefix(), known.name()),
        None => action.clone(),
    };
    actions.iter().map(spelled).collect::<Vec<_>>().join(", ")
}

fn in_words(statement: &Statement) -> String {
    let listed = |list: &Option<Vec<String>>| list.as_deref().unwrap_or_default().join(", ");
    let what = match &statement.not_action {
        Some(but) => format!("do everything but {}", spelled(but)),
        None => spelled(statement.action.as_deref().unwrap_or_default()),
    };
    let target = match (&statement.resource, &statement.not_resource) {
        (Some(_), _) => format!(" on {}", listed(&statement.resource)),
        (None, Some(_)) => format!(" on everything but {}", listed(&statement.not_resource)),
        (None, None) => String::new(),
    };
    let keys: Vec<&str> = statement.condition.values().flat_map(BTreeMap::keys).map(String::as_str).collect();
    let condition = if keys.is_empty() { "" } else { " under a condition on " };
    format!("{what}{target}{condition}{}", keys.join(", "))
}

/// Says of a flag that changed on a bucket while the account's block sets it all the same.
fn remark(old: &Resource, new: &Resource, fields: &mut [FieldChange]) {
    for field in fields {
        let Some(flag) = field.path.as_str().strip_prefix("/configuration/public_access_block/") else { continue };
        field.reason = match field.direction {
            Direction::Widened if in_force(new, flag) => Some("the account's access block sets it still"),
            Direction::Narrowed if in_force(old, flag) => Some("the account's access block set it already"),
            _ => None,
        }
        .map(str::to_owned);
    }
}

/// Whether a flag is set, on the bucket or above it.
fn in_force(resource: &Resource, flag: &str) -> bool {
    let Some(Facts::Bucket(facts)) = &resource.facts else { return false };
    let BucketFacts { public_access_block, .. } = &**facts;
    public_access_block.value.is_some_and(|block| match flag {
        "block_public_acls" => block.block_public_acls,
        "ignore_public_acls" => block.ignore_public_acls,
        "block_public_policy" => block.block_public_policy,
        "restrict_public_buckets" => block.restrict_public_buckets,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::super::compare;
    use super::super::tests::{ACCOUNT, BUCKET, changes, policy, resource, snapshot};
    use super::*;
    use crate::model::{AccessPoint, Account, Bucket, Change, PublicAccessBlock, ResourceType};

    const READABLE: &str =
        r#"{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"}"#;
    const RESTRICTED: PublicAccessBlock = PublicAccessBlock {
        block_public_acls: false,
        ignore_public_acls: false,
        block_public_policy: false,
        restrict_public_buckets: true,
    };

    fn account(block: Option<PublicAccessBlock>) -> Resource {
        let settings = Account { s3_public_access_block: block, ..Account::default() };
        resource("arn:aws:iam::111122223333:root", settings)
    }

    fn bucket(statements: &str, block: Option<PublicAccessBlock>) -> Resource {
        let policy = (!statements.is_empty()).then(|| policy(statements));
        resource(BUCKET, Bucket { policy, public_access_block: block, ..Bucket::default() })
    }

    /// The changes beside an account whose block is not set.
    fn beside(old: Resource, new: Resource) -> Vec<Change> {
        compare(&snapshot([account(None), old]), &snapshot([account(None), new]))
    }

    fn public_field(changes: &[Change]) -> Option<&FieldChange> {
        assert_eq!(changes.len(), 1, "{changes:#?}");
        changes[0].fields.iter().find(|field| field.path == place())
    }

    fn sentence(witness: Option<&Witness>, gained: bool) -> String {
        witness.map(|witness| witness.sentence(gained)).unwrap_or_default()
    }

    #[test]
    fn a_bucket_that_becomes_public_says_so_with_an_unsigned_request() {
        let opened = beside(bucket("", None), bucket(READABLE, None));
        let field = public_field(&opened).unwrap();
        assert_eq!((field.direction, opened[0].direction), (Direction::Widened, Direction::Widened));
        assert_eq!(field.gained, ["everyone can s3:GetObject on arn:aws:s3:::photos/*"]);
        let proof = "anyone may now s3:GetObject on arn:aws:s3:::photos/example";
        assert_eq!(sentence(field.gained_witness.as_ref(), true), proof);
        let closed = beside(bucket(READABLE, None), bucket("", None));
        let field = public_field(&closed).unwrap();
        assert_eq!((field.direction, field.lost.len(), field.lost_witness.is_some()), (Direction::Narrowed, 1, true));
    }

    #[test]
    fn a_flag_that_opens_the_bucket_is_shown_by_the_policy_it_lets_through() {
        let opened = beside(bucket(READABLE, Some(RESTRICTED)), bucket(READABLE, None));
        assert_eq!(opened[0].fields.len(), 2, "{opened:#?}");
        assert!(public_field(&opened).unwrap().gained_witness.is_some());
        assert_eq!(opened[0].fields[0].gained, ["a policy that lets in the public has effect"]);
        let idle = compare(
            &snapshot([account(Some(RESTRICTED)), bucket(READABLE, Some(RESTRICTED))]),
            &snapshot([account(Some(RESTRICTED)), bucket(READABLE, None)]),
        );
        assert_eq!(public_field(&idle), None);
        assert_eq!(idle[0].fields[0].reason.as_deref(), Some("the account's access block sets it still"));
    }

    #[test]
    fn a_condition_that_leaves_it_public_stands_in_the_proof() {
        let condition = r#","Condition":{"StringLike":{"aws:SourceVpc":"vpc-*"}}}"#;
        let statement = READABLE.trim_end_matches('}').to_owned() + condition;
        let opened = beside(bucket("", None), bucket(&statement, None));
        let field = public_field(&opened).unwrap();
        assert_eq!(
            field.gained,
            ["everyone can s3:GetObject on arn:aws:s3:::photos/* under a condition on aws:sourcevpc"]
        );
        let proof = sentence(field.gained_witness.as_ref(), true);
        assert!(proof.contains(" with aws:sourcevpc vpc-"), "{proof}");
    }

    #[test]
    fn an_acl_that_opens_the_bucket_is_told_in_words() {
        let acl = |permission: &str| {
            let grantee = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers".to_owned();
            let acl = Some(vec![AclGrant { grantee, permission: permission.to_owned() }]);
            resource(BUCKET, Bucket { acl, ..Bucket::default() })
        };
        let opened = beside(bucket("", None), acl("WRITE"));
        let field = public_field(&opened).unwrap();
        assert_eq!(field.gained, ["every AWS account can create, overwrite and delete objects"]);
        assert_eq!(field.gained_witness, None);
    }

    #[test]
    fn an_access_point_opens_by_its_own_policy() {
        let point = |statements: &str| {
            let arn = format!("arn:aws:s3:eu-west-1:{ACCOUNT}:accesspoint/p");
            let policy = (!statements.is_empty()).then(|| policy(statements));
            let (bucket, network_origin) = ("photos".to_owned(), "Internet".to_owned());
            resource(&arn, AccessPoint { bucket, network_origin, policy, ..AccessPoint::default() })
        };
        let open = READABLE
            .replace("arn:aws:s3:::photos/*", &format!("arn:aws:s3:eu-west-1:{ACCOUNT}:accesspoint/p/object/*"));
        let with = |point| snapshot([account(None), bucket("", None), point]);
        let opened = compare(&with(point("")), &with(point(&open)));
        let proof = sentence(public_field(&opened).unwrap().gained_witness.as_ref(), true);
        assert!(proof.starts_with("anyone may now s3:GetObject on arn:aws:s3:eu-west-1:"), "{proof}");
    }

    #[test]
    fn what_the_account_opens_is_told_of_the_account() {
        let with = |block| snapshot([account(block), bucket(READABLE, None)]);
        let opened = compare(&with(Some(RESTRICTED)), &with(None));
        assert_eq!(opened.len(), 1, "{opened:#?}");
        assert_eq!(opened[0].resource.resource_type, ResourceType::Account);
        assert_eq!(opened[0].consequences, ["now open to everyone: arn:aws:s3:::photos"]);
        let closed = compare(&with(None), &with(Some(RESTRICTED)));
        assert_eq!(closed[0].consequences, ["no longer open to everyone: arn:aws:s3:::photos"]);
    }

    #[test]
    fn a_public_bucket_that_comes_says_what_it_lets_in() {
        let added = compare(&snapshot([account(None)]), &snapshot([account(None), bucket(READABLE, None)]));
        assert_eq!(added[0].fields[0].gained, ["everyone can s3:GetObject on arn:aws:s3:::photos/*"]);
        assert_eq!(changes(bucket(READABLE, None), bucket(READABLE, None)), []);
    }
}
