//! Laws of drift by meaning, on made-up policies: there and back, rewritings, and witnesses.

use jiff::Timestamp;
use plimsoll::drift::compare;
use plimsoll::facts;
use plimsoll::model::{
    AccountId, Bucket, Change, Configuration, Direction, Grants, InlinePolicy, PolicyDocument, Region, Resource,
    ResourceId, Role, Snapshot, Statement, Witness, WitnessRequest,
};
use plimsoll::policy::{Context, KeyValue, Layer, Principal, Request, Truth, judge, parse};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

const ROLE: &str = "arn:aws:iam::111122223333:role/ci";
const ACTIONS: &[&str] = &["s3:GetObject", "s3:PutObject", "s3:Get*", "ec2:RunInstances", "s3:*", "*"];
const RESOURCES: &[&str] = &["arn:aws:s3:::a/*", "arn:aws:s3:::a/b/*", "arn:aws:s3:::a/${aws:username}/*", "*"];
const CONDITIONS: &[&str] = &[
    "{}",
    "{}",
    "{}",
    r#"{"StringEquals":{"aws:SourceVpce":"vpce-1"}}"#,
    r#"{"StringNotEquals":{"aws:SourceVpce":"vpce-1"}}"#,
    r#"{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","192.0.2.0/24"]}}"#,
    r#"{"Bool":{"aws:SecureTransport":"false"}}"#,
];
const PRINCIPALS: &[&str] = &["*", "444455556666", "arn:aws:iam::444455556666:role/web", "111122223333"];

fn resource(arn: &str, configuration: impl Into<Configuration>) -> Resource {
    let (account, region) = (AccountId::new("111122223333").unwrap(), Region::new("global").unwrap());
    Resource::new(ResourceId::new(arn).unwrap(), account, region, arn.rsplit(['/', ':']).next().unwrap(), configuration)
}

/// A role with these inline policies.
fn role(policies: &[&[Statement]]) -> Resource {
    let inline = policies.iter().enumerate().map(|(index, statements)| InlinePolicy {
        name: format!("policy-{index}"),
        document: Some(document(statements)),
    });
    let grants = Grants { inline_policies: inline.collect(), ..Grants::default() };
    resource(ROLE, Role { grants, ..Role::default() })
}

fn bucket(statements: &[Statement]) -> Resource {
    let policy = (!statements.is_empty()).then(|| document(statements));
    resource("arn:aws:s3:::a", Bucket { policy, ..Bucket::default() })
}

fn document(statements: &[Statement]) -> PolicyDocument {
    PolicyDocument { version: "2012-10-17".to_owned(), id: None, statement: statements.to_vec() }
}

fn changes(old: Resource, new: Resource) -> Vec<Change> {
    let [old, new] = [old, new].map(|resource| {
        let mut snapshot = Snapshot::empty(Timestamp::UNIX_EPOCH);
        snapshot.resources.push(resource);
        facts::derive(&mut snapshot);
        snapshot
    });
    compare(&old, &new)
}

/// Statements of an identity policy, or with principals of a bucket policy.
fn statements(principals: bool) -> impl Strategy<Value = Vec<Statement>> {
    let lists = (subsequence(ACTIONS, 1..4), subsequence(RESOURCES, 1..3), subsequence(PRINCIPALS, 1..3));
    let statement = (select(vec!["Allow", "Allow", "Deny"]), lists, select(CONDITIONS)).prop_map(
        move |(effect, (actions, resources, whom), condition)| {
            let list = |items: &[&str]| serde_json::to_string(items).unwrap();
            let whom =
                if principals { format!(r#""Principal":{{"AWS":{}}},"#, list(&whom)) } else { String::new() };
            let (actions, resources) = (list(&actions), list(&resources));
            let text = format!(
                r#"{{"Version":"2012-10-17","Statement":{{"Effect":"{effect}",{whom}"Action":{actions},"Resource":{resources},"Condition":{condition}}}}}"#
            );
            parse(&text).unwrap().statement.remove(0)
        },
    );
    prop::collection::vec(statement, 0..4)
}

/// One way of writing the same otherwise.
#[derive(Debug, Clone, Copy)]
enum Rewriting {
    Relabel,
    Repeat,
    SplitActions,
    SplitResources,
    AddPart,
    Reverse,
}

fn rewritings() -> impl Strategy<Value = Vec<(Rewriting, usize)>> {
    use Rewriting::{AddPart, Relabel, Repeat, Reverse, SplitActions, SplitResources};
    let rewriting = select(vec![Relabel, Repeat, SplitActions, SplitResources, AddPart, Reverse]);
    prop::collection::vec((rewriting, 0_usize..8), 1..4)
}

fn rewrite(statements: &mut Vec<Statement>, rewriting: Rewriting, at: usize) {
    if statements.is_empty() {
        return;
    }
    let at = at % statements.len();
    let one = statements[at].clone();
    let first = |list: &Option<Vec<String>>| list.as_ref().map(|list| list[..1].to_vec());
    let rest = |list: &Option<Vec<String>>| list.as_ref().map(|list| list[1..].to_vec());
    let many = |list: &Option<Vec<String>>| list.as_ref().is_some_and(|list| list.len() > 1);
    match rewriting {
        Rewriting::Relabel => statements[at].sid = Some(format!("Label{at}")),
        Rewriting::Repeat => statements.push(one),
        Rewriting::SplitActions if many(&one.action) => {
            statements[at].action = first(&one.action);
            statements.push(Statement { action: rest(&one.action), ..one });
        }
        Rewriting::SplitResources if many(&one.resource) => {
            statements[at].resource = first(&one.resource);
            statements.push(Statement { resource: rest(&one.resource), ..one });
        }
        Rewriting::AddPart => {
            statements.push(Statement { action: first(&one.action), resource: first(&one.resource), ..one });
        }
        Rewriting::SplitActions | Rewriting::SplitResources | Rewriting::Reverse => statements.reverse(),
    }
}

/// No change, or one that is none by its meaning.
fn check_same(changes: &[Change]) -> Result<(), TestCaseError> {
    for change in changes {
        prop_assert!(!change.is_drift(), "{:#?}", change);
        prop_assert_eq!(change.direction, Direction::Neutral);
        let told = change.fields.iter().map(|field| field.gained.len() + field.lost.len()).sum::<usize>();
        prop_assert_eq!(told, 0, "{:#?}", change);
    }
    Ok(())
}

fn check_mirrored(forth: &[Change], back: &[Change]) -> Result<(), TestCaseError> {
    prop_assert_eq!(forth.len(), back.len());
    for (forth, back) in forth.iter().zip(back) {
        let open = |change: &Change| change.direction == Direction::Unknown;
        if open(forth) || open(back) {
            // What surely narrowed and may have widened is open; back, it surely widened.
            for change in [forth, back] {
                prop_assert!(open(change) || change.direction == Direction::Widened, "{:#?}", change);
                prop_assert!(change.fields.iter().all(|field| field.reason.is_some()), "{:#?}", change);
            }
            continue;
        }
        let mirrored = match forth.direction {
            Direction::Widened => Direction::Narrowed,
            Direction::Narrowed => Direction::Widened,
            other => other,
        };
        prop_assert_eq!(back.direction, mirrored, "{:#?}", forth);
        prop_assert_eq!(forth.is_drift(), back.is_drift());
        for (forth, back) in forth.fields.iter().zip(&back.fields) {
            prop_assert_eq!(forth.gained_witness.is_some(), back.lost_witness.is_some(), "{:#?}", forth);
            prop_assert_eq!(forth.gained.is_empty(), back.lost.is_empty(), "{:#?}", forth);
        }
    }
    Ok(())
}

/// The request of a witness, read back from its words.
fn read(witness: &WitnessRequest) -> Request {
    let mut context = Context::whole();
    for (key, value) in witness.context.iter().filter(|(_, value)| *value != "(absent)") {
        context.set(key, KeyValue::Known(vec![value.clone()]));
    }
    let principal = Principal::read(&witness.principal);
    Request { context, ..Request::new(principal, &witness.action, &witness.resource) }.with_derived_keys()
}

/// Whether a request is allowed, and whether it is denied.
fn says(statements: &[Statement], request: &Request) -> (bool, bool) {
    let effects = judge(Layer::Identity, &document(statements), request);
    (effects.allow == Truth::Yes, effects.deny == Truth::Yes)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn what_widens_there_narrows_back(old in statements(false), new in statements(false)) {
        let forth = changes(role(&[&old]), role(&[&new]));
        check_mirrored(&forth, &changes(role(&[&new]), role(&[&old])))?;
    }

    #[test]
    fn what_widens_a_bucket_there_narrows_it_back(old in statements(true), new in statements(true)) {
        let forth = changes(bucket(&old), bucket(&new));
        check_mirrored(&forth, &changes(bucket(&new), bucket(&old)))?;
    }

    #[test]
    fn a_policy_written_otherwise_never_alarms(old in statements(false), steps in rewritings()) {
        let mut new = old.clone();
        for (rewriting, at) in steps {
            rewrite(&mut new, rewriting, at);
        }
        check_same(&changes(role(&[&old]), role(&[&new])))?;
        let (one, other) = new.split_at(new.len() / 2);
        check_same(&changes(role(&[&old]), role(&[one, other])))?;
        check_same(&changes(role(&[one, other]), role(&[&old])))?;
    }

    #[test]
    fn a_bucket_policy_written_otherwise_never_alarms(old in statements(true), steps in rewritings()) {
        let mut new = old.clone();
        for (rewriting, at) in steps {
            rewrite(&mut new, rewriting, at);
        }
        check_same(&changes(bucket(&old), bucket(&new)))?;
    }

    #[test]
    fn a_witness_shows_what_it_says(old in statements(false), new in statements(false)) {
        for field in changes(role(&[&old]), role(&[&new])).iter().flat_map(|change| &change.fields) {
            for (witness, from, to) in [(&field.gained_witness, &new, &old), (&field.lost_witness, &old, &new)] {
                let Some(Witness::Request(witness)) = witness else { continue };
                if witness.principal != ROLE {
                    // No session of a role has a user name.
                    prop_assert!(witness.principal.ends_with(" (with the policies of ci)"), "{:?}", witness);
                    continue;
                }
                let request = read(witness);
                let (here, there) = (says(from, &request), says(to, &request));
                let allowed = here == (true, false) && there != (true, false);
                let no_longer_denied = !here.1 && there.1;
                prop_assert!(allowed || no_longer_denied, "{:?}: {:?} {:?}", request, here, there);
            }
        }
    }
}

#[test]
fn the_same_change_to_many_roles_is_compared_once_and_told_of_each() {
    let text = |action: &str| {
        parse(&format!(r#"{{"Statement":{{"Effect":"Allow","Action":"{action}","Resource":"*"}}}}"#)).unwrap().statement
    };
    let estate = |statements: &[Statement]| {
        let mut snapshot = Snapshot::empty(Timestamp::UNIX_EPOCH);
        let number = |index: usize| Resource {
            id: ResourceId::new(format!("arn:aws:iam::111122223333:role/r{index:04}")).unwrap(),
            ..role(&[statements])
        };
        snapshot.resources.extend((0..2000).map(number));
        snapshot.sort();
        facts::derive(&mut snapshot);
        snapshot
    };
    let changes = compare(&estate(&text("s3:Get*")), &estate(&text("s3:*")));
    assert_eq!(changes.len(), 2000);
    for change in &changes {
        let field = &change.fields[0];
        assert_eq!((field.direction, &field.gained), (Direction::Widened, &changes[0].fields[0].gained));
        let Some(Witness::Request(request)) = &field.gained_witness else { panic!("{field:#?}") };
        assert_eq!(request.principal, change.resource.id.as_str(), "each is shown by its own role");
    }
}
