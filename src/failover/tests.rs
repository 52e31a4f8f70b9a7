//! Paths in a few lines, and what follows from them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::model::{
    AccountId, Change, ChangeKind, Configuration, Direction, Facts, FailoverFacts, Goal, Grants, Hop, InlinePolicy,
    Listing, Membership, OidcProvider, OrganizationAccount, OrganizationPolicy, OrganizationPolicyType, PolicyDocument,
    Region, ResourceId, ResourceKey, ResourceType, Role, ServiceAccount, Snapshot,
};
use crate::policy::from_value;

const HOME: &str = "111122223333";
const OTHER: &str = "444455556666";
const EAST: &str = "us-east-1";
const WEST: &str = "eu-west-1";

fn document(statements: &Value) -> PolicyDocument {
    from_value(&json!({"Version": "2012-10-17", "Statement": statements})).unwrap()
}

fn resource(id: &str, region: &str, configuration: impl Into<Configuration>) -> Resource {
    let account = id.split(':').nth(4).unwrap();
    let (id, account) = (ResourceId::new(id).unwrap(), AccountId::new(account).unwrap());
    let name = id.as_str().rsplit('/').next().unwrap().to_owned();
    Resource::new(id, account, Region::new(region).unwrap(), name, configuration)
}

fn arn(account: &str, role: &str) -> String {
    format!("arn:aws:iam::{account}:role/{role}")
}

fn role(account: &str, name: &str, trust: &Value, may: &Value) -> Resource {
    let inline = InlinePolicy { name: "own".into(), document: Some(document(may)) };
    let role = Role {
        path: "/".into(),
        assume_role_policy: Some(document(trust)),
        grants: Grants { inline_policies: vec![inline], attached_policies: Vec::new() },
        ..Role::default()
    };
    resource(&arn(account, name), "global", role)
}

/// These accounts, read whole, in no organization.
fn snapshot(accounts: &[&str], resources: Vec<Resource>) -> Snapshot {
    let mut snapshot = Snapshot::empty(jiff::Timestamp::UNIX_EPOCH);
    snapshot.resources = resources;
    for account in accounts {
        let place = format!("arn:aws:organizations::{account}:account/o-none/{account}");
        snapshot.resources.push(resource(&place, "global", OrganizationAccount::default()));
        let types = [ResourceType::Role, ResourceType::User, ResourceType::OidcProvider, ResourceType::ManagedPolicy];
        snapshot.listings.extend(types.map(|resource_type| Listing {
            account: AccountId::new(*account).unwrap(),
            region: Region::global(),
            resource_type,
            complete: true,
            listed_before: false,
        }));
    }
    snapshot.sort();
    snapshot
}

fn hop(role: &str) -> Hop {
    Hop {
        assume: role.to_owned(),
        region: Region::new(WEST).unwrap(),
        global_sts: false,
        external_id: None,
        session_tags: BTreeMap::new(),
        duration_seconds: None,
        source_vpce: None,
        source_ip: None,
    }
}

fn goal(action: &str, resource: &str) -> Goal {
    Goal {
        action: action.to_owned(),
        resource: resource.to_owned(),
        region: Region::new(WEST).unwrap(),
        context: BTreeMap::new(),
    }
}

fn path(subject: &str, hops: Vec<Hop>, must: Vec<Goal>) -> FailoverPath {
    FailoverPath {
        degraded_region: Region::new(EAST).unwrap(),
        region: Region::new(WEST).unwrap(),
        subject: Some(subject.to_owned()),
        service_account: None,
        hops,
        must,
        must_not: Vec::new(),
        recipe: Vec::new(),
    }
}

fn judge(path: &FailoverPath, snapshot: &Snapshot) -> FailoverFacts {
    facts(path, &Ground::new(snapshot))
}

fn trusts(principal: &str) -> Value {
    json!([{"Sid": "Trust", "Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}])
}

fn may_assume(role: &str) -> Value {
    json!([{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role}])
}

fn works() -> Value {
    json!([{"Effect": "Allow", "Action": "ecs:UpdateService", "Resource": "arn:aws:ecs:eu-west-1:111122223333:service/orders"}])
}

const SERVICE: &str = "arn:aws:ecs:eu-west-1:111122223333:service/orders";

fn two_hops(trust: &Value, may: &Value) -> (Snapshot, FailoverPath) {
    let (api, orders) = (arn(HOME, "api"), arn(HOME, "orders"));
    let service =
        json!([{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]);
    let roles = vec![role(HOME, "api", &service, &may_assume(&orders)), role(HOME, "orders", trust, may)];
    (snapshot(&[HOME], roles), path(&api, vec![hop(&orders)], vec![goal("ecs:UpdateService", SERVICE)]))
}

fn only_blocked(facts: &FailoverFacts) -> &Blocked {
    let blocked = facts.blocked.value.as_ref().unwrap_or_else(|| panic!("{:?}", facts.blocked));
    assert_eq!(blocked.len(), 1, "{blocked:#?}");
    &blocked[0]
}

#[test]
fn a_path_that_goes_through_is_known_to() {
    let (snapshot, path) = two_hops(&trusts(&arn(HOME, "api")), &works());
    let facts = judge(&path, &snapshot);
    assert_eq!(facts.blocked, Fact::known(Vec::new(), Vec::new()));
    assert_eq!(facts.exceeded.value, Some(Vec::new()));
    assert_eq!(facts.unstable.value, Some(Vec::new()));
    let of_orders = |place: &str| format!("{}#/configuration/{place}", arn(HOME, "orders"));
    let evidence = facts.evidence.value.unwrap();
    assert!(evidence.contains(&of_orders("assume_role_policy")), "{evidence:?}");
    assert!(evidence.contains(&of_orders("inline_policies/0/document")), "{evidence:?}");
}

#[test]
fn a_missing_principal_is_added_to_the_trust_policy() {
    let (snapshot, path) = two_hops(&trusts(&arn(HOME, "web")), &works());
    let facts = judge(&path, &snapshot);
    let blocked = only_blocked(&facts);
    assert_eq!((blocked.step.as_str(), blocked.layer.as_str()), ("hop 1", "trust policy"));
    assert_eq!(blocked.works_at_home, Some(false));
    assert_eq!(blocked.fix.len(), 1);
    assert_eq!(blocked.fix[0].policy, format!("{}#/configuration/assume_role_policy", arn(HOME, "orders")));
    assert_eq!(
        blocked.fix[0].change,
        "add arn:aws:iam::111122223333:role/api to the principals of statement \"Trust\""
    );
    let statement: Value = serde_json::from_str(&blocked.fix[0].statement).unwrap();
    assert_eq!(statement["Action"], json!(["sts:AssumeRole"]));
    assert_eq!(statement["Principal"]["AWS"], json!([arn(HOME, "api"), arn(HOME, "web")]));
}

#[test]
fn a_condition_on_the_region_is_extended() {
    let mut trust = trusts(&arn(HOME, "api"));
    trust[0]["Condition"] = json!({"StringEquals": {"aws:RequestedRegion": [EAST]}});
    let (snapshot, path) = two_hops(&trust, &works());
    let facts = judge(&path, &snapshot);
    let blocked = only_blocked(&facts);
    assert_eq!(blocked.works_at_home, Some(true));
    assert_eq!(blocked.fix[0].change, "add \"eu-west-1\" to aws:RequestedRegion (StringEquals) of statement \"Trust\"");
}

#[test]
fn session_tags_need_an_action_of_their_own() {
    let (snapshot, mut path) = two_hops(&trusts(&arn(HOME, "api")), &works());
    path.hops[0].session_tags = BTreeMap::from([("team".to_owned(), "orders".to_owned())]);
    let facts = judge(&path, &snapshot);
    let blocked = only_blocked(&facts);
    assert!(blocked.reason.to_lowercase().contains("sts:tagsession"), "{}", blocked.reason);
    let changes: Vec<&str> = blocked.fix.iter().map(|fix| fix.change.as_str()).collect();
    assert!(changes[0].contains("sts:TagSession to the actions of statement \"Trust\""), "{changes:?}");
}

#[test]
fn session_tags_are_the_tags_of_the_next_principal() {
    let may = json!([{"Effect": "Allow", "Action": "ecs:UpdateService", "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalTag/team": "orders"}}}]);
    let mut trust = trusts(&arn(HOME, "api"));
    trust[0]["Action"] = json!(["sts:AssumeRole", "sts:TagSession"]);
    let (mut snapshot, mut path) = two_hops(&trust, &may);
    let api = snapshot.resources.iter_mut().find(|resource| resource.name == "api").unwrap();
    let Configuration::Role(role) = &mut api.configuration else { panic!() };
    role.grants.inline_policies[0].document =
        Some(document(&json!([{"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"], "Resource": "*"}])));
    let blocked = judge(&path, &snapshot);
    assert_eq!(only_blocked(&blocked).step, "must 1", "without the tag");
    path.hops[0].session_tags = BTreeMap::from([("team".to_owned(), "orders".to_owned())]);
    assert_eq!(judge(&path, &snapshot).blocked.value, Some(Vec::new()));
}

#[test]
fn across_accounts_both_sides_are_fixed() {
    let (api, store) = (arn(HOME, "api"), arn(OTHER, "store"));
    let service =
        json!([{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]);
    let nothing = json!([{"Effect": "Allow", "Action": "logs:CreateLogStream", "Resource": "*"}]);
    let target = "arn:aws:ecs:eu-west-1:444455556666:service/orders";
    let may = json!([{"Effect": "Allow", "Action": "ecs:UpdateService", "Resource": target}]);
    let roles = vec![role(HOME, "api", &service, &nothing), role(OTHER, "store", &service, &may)];
    let snapshot = snapshot(&[HOME, OTHER], roles);
    let mut path = path(&api, vec![hop(&store)], vec![goal("ecs:UpdateService", target)]);
    path.hops[0].external_id = Some("orders-4711".to_owned());
    let facts = judge(&path, &snapshot);
    let blocked = only_blocked(&facts);
    let policies: Vec<&str> = blocked.fix.iter().map(|fix| fix.policy.as_str()).collect();
    assert_eq!(
        policies,
        [
            "arn:aws:iam::444455556666:role/store#/configuration/assume_role_policy",
            "arn:aws:iam::111122223333:role/api#/configuration/inline_policies/-",
        ]
    );
    let trust: Value = serde_json::from_str(&blocked.fix[0].statement).unwrap();
    assert_eq!(trust["Condition"], json!({"StringEquals": {"sts:ExternalId": ["orders-4711"]}}));
}

#[test]
fn a_role_of_an_account_that_was_not_scanned_leaves_the_path_undecided() {
    let (api, store) = (arn(HOME, "api"), arn(OTHER, "store"));
    let service =
        json!([{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]);
    let snapshot = snapshot(&[HOME], vec![role(HOME, "api", &service, &may_assume(&store))]);
    let target = SERVICE.replace(HOME, OTHER);
    let facts = judge(&path(&api, vec![hop(&store)], vec![goal("ecs:UpdateService", &target)]), &snapshot);
    assert_eq!(facts.blocked.value, None);
    let reason = "arn:aws:iam::444455556666:role/store was not read: account 444455556666 is not in the scan";
    assert!(facts.blocked.waits_for.contains(&reason.to_owned()), "{:?}", facts.blocked.waits_for);
}

#[test]
fn a_role_that_does_not_exist_blocks_the_path() {
    let (snapshot, mut path) = two_hops(&trusts(&arn(HOME, "api")), &works());
    path.hops.push(hop(&arn(HOME, "gone")));
    path.must.clear();
    let facts = judge(&path, &snapshot);
    assert_eq!(only_blocked(&facts).reason, "arn:aws:iam::111122223333:role/gone does not exist");
    assert_eq!(only_blocked(&facts).step, "hop 2");
}

#[test]
fn an_undeclared_network_leaves_a_condition_on_it_open() {
    let mut trust = trusts(&arn(HOME, "api"));
    trust[0]["Condition"] = json!({"StringEquals": {"aws:SourceVpce": "vpce-west"}});
    let (snapshot, mut path) = two_hops(&trust, &works());
    let facts = judge(&path, &snapshot);
    assert_eq!(facts.blocked.waits_for, ["hop 1 depends on the condition key aws:sourcevpce"]);
    path.hops[0].source_vpce = Some("vpce-west".to_owned());
    assert_eq!(judge(&path, &snapshot).blocked.value, Some(Vec::new()));
    path.hops[0].source_vpce = Some("vpce-other".to_owned());
    assert_eq!(only_blocked(&judge(&path, &snapshot)).layer, "trust policy");
}

fn clusters(trusted: &[&str]) -> (Snapshot, FailoverPath) {
    let issuer = |region: &str| format!("oidc.eks.{region}.amazonaws.com/id/{}", region.to_uppercase());
    let provider = |region: &str| format!("arn:aws:iam::{HOME}:oidc-provider/{}", issuer(region));
    let trust = |region: &&str| {
        json!({"Effect": "Allow", "Principal": {"Federated": provider(region)}, "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {
                format!("{}:sub", issuer(region)): "system:serviceaccount:orders:api",
                format!("{}:aud", issuer(region)): "sts.amazonaws.com"}}})
    };
    let trust: Vec<Value> = trusted.iter().map(trust).collect();
    let mut resources = vec![role(HOME, "orders", &json!(trust), &works())];
    for region in [EAST, WEST] {
        let configuration = OidcProvider { url: issuer(region), ..OidcProvider::default() };
        resources.push(resource(&provider(region), "global", configuration));
    }
    let account = ServiceAccount {
        issuer: issuer(WEST),
        sub: "system:serviceaccount:orders:api".to_owned(),
        audience: "sts.amazonaws.com".to_owned(),
    };
    let mut path = path("", vec![hop(&arn(HOME, "orders"))], vec![goal("ecs:UpdateService", SERVICE)]);
    path.subject = None;
    path.service_account = Some(account);
    (snapshot(&[HOME], resources), path)
}

#[test]
fn a_cluster_of_the_other_region_needs_a_statement_of_its_own() {
    let (snapshot, path) = clusters(&[EAST]);
    let facts = judge(&path, &snapshot);
    let blocked = only_blocked(&facts);
    assert_eq!((blocked.layer.as_str(), blocked.works_at_home), ("trust policy", Some(true)));
    assert_eq!(blocked.fix.len(), 1);
    let statement: Value = serde_json::from_str(&blocked.fix[0].statement).unwrap();
    let issuer = "oidc.eks.eu-west-1.amazonaws.com/id/EU-WEST-1";
    assert_eq!(statement["Principal"]["Federated"], json!([format!("arn:aws:iam::{HOME}:oidc-provider/{issuer}")]));
    assert_eq!(statement["Action"], json!(["sts:AssumeRoleWithWebIdentity"]));
    assert_eq!(statement["Condition"]["StringEquals"][format!("{issuer}:aud")], json!(["sts.amazonaws.com"]));
    let (snapshot, path) = clusters(&[EAST, WEST]);
    assert_eq!(judge(&path, &snapshot).blocked.value, Some(Vec::new()));
}

const MANAGEMENT: &str = "999900001111";

/// The same account in an organization with this service control policy beside `FullAWSAccess`.
fn under(mut snapshot: Snapshot, control: &Value) -> Snapshot {
    let policy = |name: &str, aws_managed: bool, statements: &Value| {
        let id = format!("arn:aws:organizations::{MANAGEMENT}:policy/o-exampleorgid/service_control_policy/{name}");
        let configuration = OrganizationPolicy {
            policy_type: OrganizationPolicyType::ServiceControlPolicy,
            aws_managed,
            document: Some(document(statements)),
            targets: Some(vec![HOME.to_owned()]),
        };
        resource(&id, "global", configuration)
    };
    let membership = Membership {
        id: "o-exampleorgid".to_owned(),
        management_account: AccountId::new(MANAGEMENT).unwrap(),
        management: false,
        policy_types: Some(vec![OrganizationPolicyType::ServiceControlPolicy]),
        parents: Some(Vec::new()),
    };
    for place in &mut snapshot.resources {
        if let Configuration::OrganizationAccount(account) = &mut place.configuration {
            account.organization = Some(membership.clone());
        }
    }
    let everything = json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]);
    snapshot.resources.push(policy("p-FullAWSAccess", true, &everything));
    snapshot.resources.push(policy("p-regions", false, control));
    snapshot.listings.push(Listing {
        account: AccountId::new(MANAGEMENT).unwrap(),
        region: Region::global(),
        resource_type: ResourceType::OrganizationPolicy,
        complete: true,
        listed_before: false,
    });
    snapshot.sort();
    snapshot
}

#[test]
fn the_regions_of_a_service_control_policy_are_extended() {
    let (snapshot, path) = two_hops(&trusts(&arn(HOME, "api")), &works());
    let control = |regions: &[&str]| {
        json!([{"Sid": "Regions", "Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": regions}}}])
    };
    let facts = judge(&path, &under(snapshot.clone(), &control(&[EAST])));
    let blocked = only_blocked(&facts);
    assert_eq!((blocked.step.as_str(), blocked.layer.as_str()), ("must 1", "service control policy"));
    assert_eq!(blocked.works_at_home, Some(false), "the service in the other region is not in the role's policy");
    assert!(blocked.statement.as_ref().unwrap().starts_with("\"Regions\" of arn:aws:organizations::"));
    let fix = &blocked.fix[0];
    assert_eq!(fix.change, "add \"eu-west-1\" to aws:RequestedRegion (StringNotEquals) of statement \"Regions\"");
    assert!(fix.statement.contains(r#"{"aws:RequestedRegion":["eu-west-1","us-east-1"]}"#), "{}", fix.statement);
    let facts = judge(&path, &under(snapshot, &control(&[EAST, WEST])));
    assert_eq!(facts.blocked.value, Some(Vec::new()));
}

#[test]
fn a_deny_without_a_way_around_it_leaves_the_role_out() {
    let (snapshot, path) = two_hops(&trusts(&arn(HOME, "api")), &works());
    let control = json!([{"Sid": "NoEcs", "Effect": "Deny", "Action": "ecs:*", "Resource": "*"}]);
    let facts = judge(&path, &under(snapshot, &control));
    let fix = &only_blocked(&facts).fix;
    assert_eq!(fix.len(), 1);
    assert_eq!(fix[0].change, "leave out arn:aws:iam::111122223333:role/orders of statement \"NoEcs\"");
}

#[test]
fn a_missing_permission_is_added_where_the_least_changes() {
    let of = |service: &str| format!("arn:aws:ecs:{service}:111122223333:service/orders");
    let may = |actions: Value, resources: Value| json!([{"Sid": "Deploy", "Effect": "Allow", "Action": actions, "Resource": resources}]);
    for (may, expected) in [
        (
            may(json!("ecs:UpdateService"), json!(of(EAST))),
            format!("add {} to the resources of statement \"Deploy\"", of(WEST)),
        ),
        (
            may(json!("ecs:DescribeServices"), json!(of(WEST))),
            "add ecs:UpdateService to the actions of statement \"Deploy\"".to_owned(),
        ),
        // Neither an action for everything nor a resource for every action.
        (
            may(json!("ecs:DescribeServices"), json!("*")),
            "add an inline policy to arn:aws:iam::111122223333:role/orders with the statement".to_owned(),
        ),
        (
            may(json!("ecs:*"), json!(of(EAST))),
            "add an inline policy to arn:aws:iam::111122223333:role/orders with the statement".to_owned(),
        ),
    ] {
        let (snapshot, path) = two_hops(&trusts(&arn(HOME, "api")), &may);
        let facts = judge(&path, &snapshot);
        let blocked = only_blocked(&facts);
        assert_eq!((blocked.layer.as_str(), blocked.fix.len()), ("identity policy", 1));
        assert_eq!(blocked.fix[0].change, expected);
    }
}

#[test]
fn two_pinned_conditions_are_one_change() {
    let mut trust = trusts(&arn(HOME, "api"));
    trust[0]["Condition"] = json!({"StringEquals": {"aws:RequestedRegion": EAST, "sts:ExternalId": "old"}});
    let (snapshot, mut path) = two_hops(&trust, &works());
    path.hops[0].external_id = Some("new".to_owned());
    let facts = judge(&path, &snapshot);
    let fix = &only_blocked(&facts).fix;
    assert_eq!(fix.len(), 1);
    assert_eq!(
        fix[0].change,
        "add \"eu-west-1\" to aws:RequestedRegion and \"new\" to sts:ExternalId of statement \"Trust\""
    );
}

#[test]
fn many_statements_and_wildcards_do_not_blow_up() {
    let may: Vec<Value> = (0..300)
        .map(|index| json!({"Effect": "Allow", "Action": ["s3:*", "ec2:*", "iam:*"], "Resource": format!("arn:aws:s3:::{}{index}", "*a?".repeat(30))}))
        .collect();
    let (snapshot, mut path) = two_hops(&trusts(&arn(HOME, "api")), &json!(may));
    path.must_not = vec![goal("*:*", "arn:aws:s3:::*b*c*d*"), goal("s3:*", &"*a*".repeat(60))];
    let facts = judge(&path, &snapshot);
    assert!(facts.exceeded.value.is_some() || !facts.exceeded.waits_for.is_empty());
}

#[test]
fn what_must_not_be_allowed_is_found_behind_patterns() {
    let may = json!([works()[0], {"Sid": "Too", "Effect": "Allow", "Action": "iam:Put*", "Resource": "arn:aws:iam::111122223333:role/*"}]);
    let (snapshot, mut path) = two_hops(&trusts(&arn(HOME, "api")), &may);
    path.must_not = vec![goal("iam:*", "*"), goal("s3:*", "*")];
    let facts = judge(&path, &snapshot);
    let exceeded = facts.exceeded.value.unwrap();
    assert!(exceeded.iter().all(|one| one.step == "must_not 1" && one.action.starts_with("iam:Put")), "{exceeded:?}");
    assert!(exceeded[0].statements[0].starts_with("\"Too\" of "), "{exceeded:?}");
}

#[test]
fn a_path_leans_on_nothing_of_the_degraded_region() {
    let (snapshot, mut path) = two_hops(&trusts(&arn(HOME, "api")), &works());
    path.recipe = ["iam:AttachRolePolicy", "iam:GetRole", "route53:ChangeResourceRecordSets", "ecs:UpdateService"]
        .map(str::to_owned)
        .to_vec();
    path.hops[0].global_sts = true;
    let weak = |path: &FailoverPath| {
        let weaknesses = judge(path, &snapshot).unstable.value.unwrap();
        weaknesses.into_iter().map(|weakness| weakness.because.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(weak(&path), ["/configuration/recipe/0", "/configuration/recipe/2", "/configuration/hops/0"]);
    path.degraded_region = Region::new("eu-central-1").unwrap();
    path.hops[0].global_sts = false;
    assert_eq!(weak(&path), ["/configuration/recipe/0"], "route 53 answers, and nobody promises IAM");
    path.hops[0].region = Region::new("eu-central-1").unwrap();
    assert_eq!(weak(&path), ["/configuration/recipe/0", "/configuration/hops/0"]);
}

#[test]
fn a_region_that_must_be_enabled_is_waited_for() {
    let (mut snapshot, mut path) = two_hops(&trusts(&arn(HOME, "api")), &works());
    path.region = Region::new("eu-south-1").unwrap();
    path.hops[0].region = path.region.clone();
    let unstable = judge(&path, &snapshot).unstable;
    assert_eq!(unstable.waits_for, ["whether region eu-south-1 is enabled in account 111122223333"]);
    snapshot.listings.push(Listing {
        account: AccountId::new(HOME).unwrap(),
        region: path.region.clone(),
        resource_type: ResourceType::Vpc,
        complete: true,
        listed_before: false,
    });
    assert_eq!(judge(&path, &snapshot).unstable.value, Some(Vec::new()));
}

#[test]
fn a_chained_session_has_an_hour() {
    let (mut snapshot, mut path) = two_hops(&trusts(&arn(HOME, "api")), &works());
    path.hops[0].duration_seconds = Some(3_600);
    assert_eq!(judge(&path, &snapshot).short_sessions.value, Some(Vec::new()));
    path.hops[0].duration_seconds = Some(3_601);
    assert_eq!(judge(&path, &snapshot).short_sessions.value.unwrap().len(), 1);
    // A user's session is not chained; the role's own maximum counts, where it is known.
    path.subject = Some(format!("arn:aws:iam::{HOME}:user/alma"));
    let short = judge(&path, &snapshot).short_sessions;
    assert_eq!(short.waits_for, [format!("{}#/configuration/max_session_duration", arn(HOME, "orders"))]);
    let orders = snapshot.resources.iter_mut().find(|resource| resource.name == "orders").unwrap();
    let Configuration::Role(role) = &mut orders.configuration else { panic!() };
    role.max_session_duration = Some(7_200);
    assert_eq!(judge(&path, &snapshot).short_sessions.value, Some(Vec::new()));
    path.hops[0].duration_seconds = Some(14_400);
    assert_eq!(judge(&path, &snapshot).short_sessions.value.unwrap().len(), 1);
}

#[test]
fn what_a_policy_names_for_the_degraded_region_only_is_pinned() {
    let queue = |region: &str| format!("arn:aws:ecs:{region}:111122223333:service/mail");
    let may = |resources: Vec<String>| json!([works()[0], {"Sid": "Mail", "Effect": "Allow", "Action": "ecs:UpdateService", "Resource": resources}]);
    let (snapshot, path) = two_hops(&trusts(&arn(HOME, "api")), &may(vec![queue(EAST)]));
    let pinned = judge(&path, &snapshot).pinned.value.unwrap();
    assert_eq!(pinned.len(), 1, "{pinned:?}");
    assert_eq!((pinned[0].home.as_str(), pinned[0].resource.as_str()), (queue(EAST).as_str(), queue(WEST).as_str()));
    assert!(pinned[0].statement.starts_with("\"Mail\" of "));
    let (snapshot, path) = two_hops(&trusts(&arn(HOME, "api")), &may(vec![queue(EAST), queue(WEST)]));
    assert_eq!(judge(&path, &snapshot).pinned.value, Some(Vec::new()));
}

fn with_path(mut snapshot: Snapshot, path: &FailoverPath) -> Snapshot {
    let id = format!("arn:aws:plimsoll:{WEST}:{HOME}:failover-path/orders-eu");
    snapshot.resources.push(resource(&id, WEST, path.clone()));
    snapshot.sort();
    crate::facts::derive(&mut snapshot);
    snapshot
}

fn change(resource: &Resource, direction: Direction) -> Change {
    Change {
        resource: ResourceKey::from(resource),
        name: resource.name.clone(),
        kind: ChangeKind::Changed,
        direction,
        fields: Vec::new(),
        breaks: Vec::new(),
        by: None,
        consequences: Vec::new(),
    }
}

#[test]
fn the_change_that_broke_a_path_says_so_and_others_do_not() {
    let (before, path) = two_hops(&trusts(&arn(HOME, "api")), &works());
    let (after, _) = two_hops(&trusts(&arn(HOME, "web")), &works());
    let (before, mut after) = (with_path(before, &path), with_path(after, &path));
    let of = |name: &str| after.resources.iter().find(|resource| resource.name == name).unwrap();
    let mut changes = vec![change(of("api"), Direction::Neutral), change(of("orders"), Direction::Both)];
    annotate(&mut changes, &before, &after);
    assert_eq!(changes[0].breaks, [""; 0]);
    assert_eq!(changes[1].breaks, ["orders-eu"]);
    // What was broken before is not broken again.
    changes[1].breaks.clear();
    annotate(&mut changes, &after.clone(), &after);
    assert_eq!(changes[1].breaks, [""; 0]);
    after.resources.retain(|resource| resource.resource_type != ResourceType::FailoverPath);
    annotate(&mut changes, &before, &after);
    assert_eq!(changes[1].breaks, [""; 0]);
}

#[test]
fn facts_are_derived_with_the_others_and_read_back() {
    let (snapshot, path) = two_hops(&trusts(&arn(HOME, "web")), &works());
    let snapshot = with_path(snapshot, &path);
    let resource = snapshot.resources.iter().find(|one| one.resource_type == ResourceType::FailoverPath).unwrap();
    assert!(matches!(&resource.facts, Some(Facts::FailoverPath(facts)) if facts.blocked.value.is_some()));
    let text = serde_json::to_string(resource).unwrap();
    assert_eq!(&serde_json::from_str::<Resource>(&text).unwrap(), resource);
}
