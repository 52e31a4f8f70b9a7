//! What is drift, which way it goes, and the laws.

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::model::{
    AclGrant, Bucket, BucketVersioning, Configuration, Grants, GroupRule, InlinePolicy, Instance, MetadataOptions,
    NetworkAcl, NetworkAclEntry, Pointer, PolicyDocument, PrefixList, PublicAccessBlock, Role, RoleObserved,
    SecurityGroup, User, Witness,
};
use crate::policy::parse;

pub(super) const ACCOUNT: &str = "111122223333";
pub(super) const GROUP: &str = "arn:aws:ec2:eu-central-1:111122223333:security-group/sg-0a";
pub(super) const BUCKET: &str = "arn:aws:s3:::photos";
pub(super) const ROLE: &str = "arn:aws:iam::111122223333:role/ci";

pub(super) fn resource(arn: &str, configuration: impl Into<Configuration>) -> Resource {
    let region = arn.split(':').nth(3).filter(|region| !region.is_empty()).unwrap_or("global");
    let name = arn.rsplit(['/', ':']).next().unwrap();
    let (account, region) = (AccountId::new(ACCOUNT).unwrap(), Region::new(region).unwrap());
    Resource::new(ResourceId::new(arn).unwrap(), account, region, name, configuration)
}

pub(super) fn snapshot(resources: impl IntoIterator<Item = Resource>) -> Snapshot {
    let mut snapshot = Snapshot::empty(Timestamp::UNIX_EPOCH);
    snapshot.resources.extend(resources);
    snapshot.sort();
    crate::facts::derive(&mut snapshot);
    snapshot
}

fn listed(mut snapshot: Snapshot, region: &str, resource_type: ResourceType, complete: bool) -> Snapshot {
    let (account, region) = (AccountId::new(ACCOUNT).unwrap(), Region::new(region).unwrap());
    snapshot.listings.push(Listing { account, region, resource_type, complete, listed_before: false });
    snapshot
}

pub(super) fn without(mut resource: Resource, place: &str) -> Resource {
    resource.mark_unknown(Pointer::new(place));
    resource
}

pub(super) fn changes(old: Resource, new: Resource) -> Vec<Change> {
    compare(&snapshot([old]), &snapshot([new]))
}

/// Whether the one is the other, written otherwise.
pub(super) fn rewritten(old: Resource, new: Resource) -> bool {
    let changes = changes(old, new);
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert_eq!(changes[0].is_drift(), changes[0].kind != ChangeKind::Rewritten);
    changes[0].kind == ChangeKind::Rewritten && changes[0].direction == Direction::Neutral
}

/// The one field that changed, and its direction.
pub(super) fn one_field(old: Resource, new: Resource) -> FieldChange {
    let mut changes = changes(old, new);
    assert_eq!(changes.len(), 1, "{changes:?}");
    let mut change = changes.remove(0);
    assert_eq!(change.fields.len(), 1, "{change:?}");
    assert_eq!(change.direction, change.fields[0].direction);
    change.fields.remove(0)
}

fn cidr(protocol: &str, port: Option<i32>, range: &str) -> GroupRule {
    let (cidr_ipv4, cidr_ipv6) = if range.contains(':') { (None, Some(range)) } else { (Some(range), None) };
    GroupRule {
        protocol: protocol.to_owned(),
        from_port: port,
        to_port: port,
        cidr_ipv4: cidr_ipv4.map(ToOwned::to_owned),
        cidr_ipv6: cidr_ipv6.map(ToOwned::to_owned),
        ..GroupRule::default()
    }
}

fn group(rules: impl IntoIterator<Item = GroupRule>) -> Resource {
    resource(GROUP, SecurityGroup { ingress: Some(rules.into_iter().collect()), ..SecurityGroup::default() })
}

pub(super) fn policy(statements: &str) -> PolicyDocument {
    parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)).unwrap()
}

#[test]
fn a_group_tells_what_it_gained_and_lost() {
    let ssh = || cidr("tcp", Some(22), "10.0.0.0/8");
    let opened = one_field(group([ssh()]), group([ssh(), cidr("tcp", Some(22), "0.0.0.0/0")]));
    assert_eq!(opened.path.as_str(), "/configuration/ingress");
    assert_eq!(opened.direction, Direction::Widened);
    assert_eq!(opened.gained.len(), 1);
    assert!(opened.gained[0].starts_with("tcp 22 from 0.0.0.0/5, 8.0.0.0/7, 11.0.0.0/8"), "{:?}", opened.gained);

    let fresh = one_field(group([]), group([cidr("tcp", Some(22), "0.0.0.0/0")]));
    assert_eq!((fresh.gained, fresh.lost), (vec!["tcp 22 from 0.0.0.0/0".to_owned()], vec![]));

    let moved = one_field(group([cidr("tcp", Some(22), "::/0")]), group([cidr("tcp", Some(443), "::/0")]));
    assert_eq!(moved.direction, Direction::Both);
    assert_eq!((moved.gained, moved.lost), (vec!["tcp 443 from ::/0".to_owned()], vec!["tcp 22 from ::/0".to_owned()]));

    let all = one_field(group([cidr("tcp", Some(22), "0.0.0.0/0")]), group([cidr("all", None, "0.0.0.0/0")]));
    assert_eq!((all.direction, all.gained), (Direction::Widened, vec!["all traffic from 0.0.0.0/0".to_owned()]));
    let less = one_field(group([cidr("all", None, "0.0.0.0/0")]), group([cidr("tcp", Some(22), "0.0.0.0/0")]));
    assert_eq!(less.direction, Direction::Narrowed);
    let proof = |witness: Option<Witness>, gained| witness.map(|witness| witness.sentence(gained)).unwrap_or_default();
    assert_eq!(proof(fresh.gained_witness, true), "tcp 22 from 1.0.0.1 may now come in");
    assert_eq!(
        (proof(all.gained_witness, true), all.lost_witness),
        ("tcp 3389 from 1.0.0.1 may now come in".to_owned(), None)
    );
    assert_eq!(proof(less.lost_witness, false), "tcp 3389 from 1.0.0.1 may no longer come in");
}

#[test]
fn references_and_unread_prefix_lists_are_peers_by_name() {
    let peer = |group_id: Option<&str>, list: Option<&str>| GroupRule {
        protocol: "all".to_owned(),
        group_id: group_id.map(ToOwned::to_owned),
        prefix_list_id: list.map(ToOwned::to_owned),
        ..GroupRule::default()
    };
    let change = one_field(group([peer(Some("self"), None)]), group([peer(Some("sg-0b"), None)]));
    assert_eq!(
        (change.gained, change.lost),
        (vec!["all traffic from sg-0b".to_owned()], vec!["all traffic from self".to_owned()])
    );
    let change = one_field(group([peer(None, Some("pl-0a"))]), group([peer(None, Some("pl-0b"))]));
    assert_eq!(change.gained, ["all traffic from pl-0b"]);
    assert_eq!(changes(group([peer(None, Some("pl-0a"))]), group([peer(None, Some("pl-0a"))])), []);
}

#[test]
fn the_same_reach_in_other_entries_is_a_rewriting_and_a_description_is_neutral() {
    let halves = group([cidr("tcp", Some(22), "0.0.0.0/1"), cidr("tcp", Some(22), "128.0.0.0/1")]);
    assert!(rewritten(halves, group([cidr("tcp", Some(22), "0.0.0.0/0")])));
    let described = GroupRule { description: Some("office".to_owned()), ..cidr("tcp", Some(22), "10.0.0.0/8") };
    let change = one_field(group([cidr("tcp", Some(22), "10.0.0.0/8")]), group([described]));
    assert_eq!((change.direction, change.same_meaning), (Direction::Neutral, false));
}

#[test]
fn an_unknown_entry_hides_only_what_it_can_be() {
    let later = || {
        without(
            group([cidr("tcp", Some(443), "0.0.0.0/0"), cidr("tcp", Some(22), "10.0.0.0/8")]),
            "/configuration/ingress/1/cidr_ipv4",
        )
    };
    assert_eq!(one_field(group([]), later()).gained, ["tcp 443 from 0.0.0.0/0"]);
    assert_eq!(changes(group([cidr("tcp", Some(22), "10.0.0.0/8"), cidr("tcp", Some(443), "0.0.0.0/0")]), later()), []);
    assert_eq!(changes(group([]), without(group([]), "/configuration/ingress")), []);
}

#[test]
fn a_network_acl_is_compared_by_effect() {
    let entry = |number, allow, range: &str| NetworkAclEntry {
        number,
        allow,
        protocol: "tcp".to_owned(),
        from_port: Some(22),
        to_port: Some(22),
        cidr_ipv4: Some(range.to_owned()),
        ..NetworkAclEntry::default()
    };
    let acl = |entries: Vec<NetworkAclEntry>| {
        let id = "arn:aws:ec2:eu-central-1:111122223333:network-acl/acl-0a";
        resource(id, NetworkAcl { entries, ..NetworkAcl::default() })
    };
    let guarded = || acl(vec![entry(100, false, "0.0.0.0/0"), entry(200, true, "0.0.0.0/0")]);
    let open = acl(vec![entry(200, false, "0.0.0.0/0"), entry(100, true, "0.0.0.0/0")]);
    let change = one_field(guarded(), open);
    assert_eq!((change.direction, change.gained), (Direction::Widened, vec!["tcp 22 from 0.0.0.0/0".to_owned()]));
    assert_eq!(change.gained_witness.unwrap().sentence(true), "tcp 22 from 1.0.0.1 may now come in");
    assert!(rewritten(guarded(), acl(vec![entry(50, false, "0.0.0.0/0")])), "closed either way");
}

#[test]
fn a_prefix_list_changes_by_itself_and_not_through_its_groups() {
    let list = |entries: &[&str]| {
        let id = "arn:aws:ec2:eu-central-1:111122223333:prefix-list/pl-0a";
        let entries = Some(entries.iter().map(|entry| (*entry).to_owned()).collect());
        resource(id, PrefixList { address_family: "IPv4".to_owned(), entries, ..PrefixList::default() })
    };
    let admits = || {
        let rule = GroupRule { prefix_list_id: Some("pl-0a".to_owned()), ..cidr("tcp", Some(22), "10.0.0.0/8") };
        group([GroupRule { cidr_ipv4: None, ..rule }])
    };
    let found = compare(&snapshot([list(&["10.0.0.0/9"]), admits()]), &snapshot([list(&["10.0.0.0/8"]), admits()]));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].resource.resource_type, ResourceType::PrefixList);
    assert_eq!(found[0].fields[0].gained, ["10.128.0.0/9"]);
    assert!(rewritten(list(&["10.0.0.0/9", "10.128.0.0/9"]), list(&["10.0.0.0/8"])));
}

#[test]
fn access_blocks_move_access_flag_by_flag() {
    let bucket = |public_access_block| resource(BUCKET, Bucket { public_access_block, ..Bucket::default() });
    let shut = PublicAccessBlock { restrict_public_buckets: true, ..PublicAccessBlock::default() };
    let change = one_field(bucket(Some(shut)), bucket(None));
    assert_eq!(change.path.as_str(), "/configuration/public_access_block/restrict_public_buckets");
    assert_eq!((change.old, change.new), (Some(true.into()), Some(false.into())));
    assert_eq!(change.direction, Direction::Widened);
    assert_eq!(change.gained, ["a policy that lets in the public has effect"]);
    let shutting = one_field(bucket(None), bucket(Some(shut)));
    assert_eq!((shutting.direction, shutting.lost), (Direction::Narrowed, change.gained));
    assert_eq!(changes(bucket(None), bucket(Some(PublicAccessBlock::default()))), [], "never set is four times false");
    assert_eq!(changes(bucket(Some(shut)), without(bucket(None), "/configuration/public_access_block")), []);
}

#[test]
fn acl_grants_and_hardening_have_a_direction() {
    let bucket = |configuration: Bucket| resource(BUCKET, configuration);
    let grants = vec![AclGrant {
        grantee: "http://acs.amazonaws.com/groups/global/AllUsers".to_owned(),
        permission: "READ".to_owned(),
    }];
    let granted = one_field(bucket(Bucket::default()), bucket(Bucket { acl: Some(grants), ..Bucket::default() }));
    assert_eq!((granted.direction, granted.gained), (Direction::Widened, vec!["READ to everyone".to_owned()]));

    let versioned = |status: &str| {
        let versioning = Some(BucketVersioning { status: status.to_owned(), mfa_delete: false });
        bucket(Bucket { versioning, ..Bucket::default() })
    };
    assert_eq!(one_field(versioned("Enabled"), versioned("Suspended")).direction, Direction::Widened);
    assert_eq!(changes(bucket(Bucket::default()), versioned("Disabled")), []);

    let instance = |tokens: &str| {
        let metadata_options =
            Some(MetadataOptions { http_tokens: Some(tokens.to_owned()), ..MetadataOptions::default() });
        let id = "arn:aws:ec2:eu-central-1:111122223333:instance/i-0a";
        resource(id, Instance { metadata_options, ..Instance::default() })
    };
    assert_eq!(one_field(instance("required"), instance("optional")).direction, Direction::Widened);
}

#[test]
fn inline_policies_change_one_by_one() {
    let read = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}"#;
    let role = |policies: &[(&str, Option<&str>)]| {
        let inline =
            |(name, text): &(&str, Option<&str>)| InlinePolicy { name: (*name).to_owned(), document: text.map(policy) };
        let grants = Grants { inline_policies: policies.iter().map(inline).collect(), ..Grants::default() };
        resource(ROLE, Role { grants, ..Role::default() })
    };
    let change = one_field(role(&[("a", Some(read)), ("b", Some(read))]), role(&[("b", Some(read))]));
    assert_eq!((change.path.as_str(), change.new), ("/configuration/inline_policies/0/document", None));
    let write = read.replace("Get", "Put");
    let change = one_field(role(&[("b", Some(read))]), role(&[("a", None), ("b", Some(&write))]));
    assert_eq!(change.path.as_str(), "/configuration/inline_policies/1/document");
}

#[test]
fn a_resource_that_lets_in_the_world_widens_access_when_it_comes() {
    let open = || group([cidr("tcp", Some(22), "0.0.0.0/0")]);
    let added = compare(&snapshot([]), &snapshot([open()]));
    assert_eq!((added[0].kind, added[0].direction), (ChangeKind::Added, Direction::Widened));
    assert_eq!(compare(&snapshot([]), &snapshot([group([])]))[0].direction, Direction::Neutral);
    let later = without(group([]), "/configuration/ingress");
    assert_eq!(compare(&snapshot([]), &snapshot([later]))[0].direction, Direction::Unknown);
    let gone = listed(snapshot([]), "eu-central-1", ResourceType::SecurityGroup, true);
    let removed = compare(&snapshot([open()]), &gone);
    assert_eq!((removed[0].kind, removed[0].direction), (ChangeKind::Removed, Direction::Narrowed));
}

#[test]
fn nothing_is_concluded_from_what_was_not_seen() {
    let group = || group([]);
    let listed = |complete| listed(snapshot([]), "eu-central-1", ResourceType::SecurityGroup, complete);
    assert_eq!(compare(&snapshot([group()]), &snapshot([])), [], "not in scope");
    assert_eq!(compare(&snapshot([group()]), &listed(false)), [], "the list is not whole");
    assert_eq!(compare(&listed(false), &snapshot([group()])), [], "it may have been there");
    let bucket = || Resource { region: Region::new("eu-west-1").unwrap(), ..resource(BUCKET, Bucket::default()) };
    let gone = super::tests::listed(snapshot([]), "global", ResourceType::Bucket, true);
    assert_eq!(compare(&snapshot([bucket()]), &gone).len(), 1, "buckets are listed per account");
    let stale = Resource {
        stale_since: Some(Timestamp::UNIX_EPOCH),
        ..resource(BUCKET, Bucket { ownership: Some("ObjectWriter".to_owned()), ..Bucket::default() })
    };
    assert_eq!(changes(resource(BUCKET, Bucket::default()), stale), []);
}

#[test]
fn use_and_origin_are_not_drift_and_tags_are_neutral() {
    let mut used = resource(
        ROLE,
        Role {
            observed: Some(RoleObserved { last_used: Some(Timestamp::UNIX_EPOCH), ..RoleObserved::default() }),
            ..Role::default()
        },
    );
    used.origin.terraform_address = Some("aws_iam_role.ci".to_owned());
    assert_eq!(changes(resource(ROLE, Role::default()), used), []);
    let mut tagged = resource(ROLE, Role::default());
    tagged.tags.insert("team/a".to_owned(), "x".to_owned());
    let change = one_field(resource(ROLE, Role::default()), tagged);
    assert_eq!((change.path.as_str(), change.direction), ("/tags/team~1a", Direction::Neutral));
}

fn rules() -> impl Strategy<Value = Vec<GroupRule>> {
    let range = prop::sample::select(vec!["0.0.0.0/0", "0.0.0.0/1", "10.0.0.0/8", "10.1.0.0/16", "::/0", "fd00::/8"]);
    let protocol = prop::sample::select(vec!["all", "tcp", "udp", "icmp", "50"]);
    let rule =
        (protocol, prop::option::of(0_i32..60), range).prop_map(|(protocol, port, range)| cidr(protocol, port, range));
    prop::collection::vec(rule, 0..7)
}

fn statements() -> impl Strategy<Value = Vec<String>> {
    let action = prop::sample::select(vec!["s3:*", "s3:Get*", "*"]);
    let effect = prop::sample::select(vec!["Allow", "Deny"]);
    let principal = prop::sample::select(vec!["*", "arn:aws:iam::444455556666:root"]);
    let statement = (effect, principal, action).prop_map(|(effect, principal, action)| {
        format!(r#"{{"Effect":"{effect}","Principal":{{"AWS":"{principal}"}},"Action":"{action}","Resource":"*"}}"#)
    });
    prop::collection::vec(statement, 1..5)
}

fn estate(rules: &[GroupRule], statements: &[String], groups: &[String]) -> Snapshot {
    let user = User { groups: groups.to_vec(), ..User::default() };
    // Not through the parser, which would sort: a snapshot file may come from elsewhere.
    let statement = statements.iter().map(|text| policy(text).statement.remove(0)).collect();
    let policy = PolicyDocument { version: "2012-10-17".to_owned(), id: None, statement };
    let bucket = Bucket { policy: Some(policy), ..Bucket::default() };
    snapshot([group(rules.to_vec()), resource(BUCKET, bucket), resource("arn:aws:iam::111122223333:user/u", user)])
}

proptest! {
    #[test]
    fn a_snapshot_does_not_drift_from_itself_in_any_order(
        (rules, other_rules) in rules().prop_flat_map(|rules| (Just(rules.clone()), Just(rules).prop_shuffle())),
        (texts, other_texts) in statements().prop_flat_map(|texts| (Just(texts.clone()), Just(texts).prop_shuffle())),
        (groups, other_groups) in Just(vec!["a".to_owned(), "b".to_owned(), "c".to_owned()])
            .prop_flat_map(|groups| (Just(groups.clone()), Just(groups).prop_shuffle())),
    ) {
        let one = estate(&rules, &texts, &groups);
        prop_assert_eq!(compare(&one, &one), vec![]);
        prop_assert_eq!(compare(&one, &estate(&other_rules, &other_texts, &other_groups)), vec![]);
    }

    #[test]
    fn back_is_the_reverse_of_forth(before in rules(), after in rules()) {
        let forth = changes(group(before.clone()), group(after.clone()));
        let back = changes(group(after), group(before));
        prop_assert_eq!(forth.len(), back.len());
        for (forth, back) in forth.iter().flat_map(|c| &c.fields).zip(back.iter().flat_map(|c| &c.fields)) {
            prop_assert_eq!((&forth.gained, &forth.lost), (&back.lost, &back.gained));
            prop_assert_eq!((&forth.gained_witness, &forth.lost_witness), (&back.lost_witness, &back.gained_witness));
            prop_assert_eq!(forth.gained.is_empty(), forth.gained_witness.is_none());
            prop_assert_eq!(forth.direction == Direction::Widened, back.direction == Direction::Narrowed);
            prop_assert_eq!(forth.same_meaning, back.same_meaning);
        }
    }
}
