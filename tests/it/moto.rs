//! The collectors against moto, another team's AWS, holding the demo account: the same documents
//! as from our simulator, apart from the list of what moto cannot hold.
//!
//! Needs moto and boto3 (`pip install 'moto[server]==5.2.5' boto3`) in `.venv`, or the path of
//! `moto_server` in `PLIMSOLL_MOTO`. Without them the test says so, and fails where `CI` is set.

use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use plimsoll::model::{AccountId, Levels, NoLevels, OrganizationPolicyType, Region, Snapshot, levels};
use plimsoll::simulator::{Estate, Simulator};
use plimsoll::source::aws::{Access, Keys, Limits, Organization, Scope, Session, collect};
use serde_json::Value;

/// A running moto server; it ends with the test.
struct Moto {
    server: Child,
    endpoint: String,
    python: PathBuf,
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn moto_server() -> Option<PathBuf> {
    let path = std::env::var_os("PLIMSOLL_MOTO").map_or_else(|| root().join(".venv/bin/moto_server"), PathBuf::from);
    path.exists().then_some(path)
}

#[expect(clippy::print_stderr, clippy::panic, reason = "a test that did not run must be seen")]
async fn start() -> Option<Moto> {
    let Some(program) = moto_server() else {
        let message = "moto is not installed: pip install 'moto[server]==5.2.5' boto3 into .venv, or set PLIMSOLL_MOTO";
        assert!(std::env::var("CI").is_err(), "{message}");
        eprintln!("NOT TESTED: {message}");
        return None;
    };
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = Command::new(&program)
        .args(["-H", "127.0.0.1", "-p", &port.to_string()])
        .env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
        .env("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let python = program.with_file_name("python");
    let moto = Moto { server, endpoint: format!("http://127.0.0.1:{port}"), python };
    for _ in 0..600 {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Some(moto);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("moto did not open its port");
}

/// What the script says about the account it made.
fn populate(moto: &Moto, script: &str) -> Value {
    let script = root().join("tests/moto").join(script);
    let output = Command::new(&moto.python).arg(script).arg(&moto.endpoint).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn access(endpoint: &str, keys: Keys) -> Access {
    // moto answers 500 without a code to what it does not know; that is no reason to give up.
    let limits = Limits { backoff: Duration::from_millis(1), breaker_after: NonZeroU32::MAX, ..Limits::default() };
    Access {
        endpoint_url: Some(endpoint.to_owned()),
        region: Some(Region::new("us-east-1").unwrap()),
        keys: Some(keys),
        limits,
        ..Access::default()
    }
}

fn keys_of(populated: &Value) -> Keys {
    let text = |key: &str| populated["credentials"][key].as_str().map(str::to_owned);
    Keys {
        access_key_id: text("AccessKeyId").unwrap(),
        secret_access_key: text("SecretAccessKey").unwrap(),
        session_token: text("SessionToken"),
    }
}

async fn scan(access: &Access, regions: &[Region]) -> Snapshot {
    let session = Session::connect(access).await.unwrap();
    let scope = Scope { regions: regions.to_vec(), ..Scope::default() };
    collect(&session, &scope, &|_| {}, "2026-11-22T12:00:00Z".parse().unwrap()).await
}

/// What moto cannot hold or say: resource type, place, and why. A line that no longer differs
/// makes the test fail, so that the list stays short.
const MOTOS_GAPS: &[(&str, &str, &str)] = &[
    ("AWS::::Account", "/configuration/observed/root_last_used", "no row for root in the credential report"),
    ("AWS::::Account", "/configuration/root/mfa_enabled", "the summary does not know root's device"),
    ("AWS::::Account", "/configuration/root/password_present", "the summary has no such key"),
    ("AWS::::Account", "/configuration/root/virtual_mfa", "devices cannot be given to root"),
    ("AWS::::Account", "/unknown", "no row for root in the credential report"),
    ("AWS::EC2::Image", "/configuration/block_devices", "always one, of a new snapshot, without a word on encryption"),
    ("AWS::EC2::Instance", "/configuration/enclave_enabled", "not told"),
    ("AWS::EC2::Instance", "/configuration/observed/launched", "launched today"),
    ("AWS::EC2::Instance", "/configuration/observed/stopped_since", "stopped today"),
    ("AWS::EC2::Instance", "/configuration/public_ip", "addresses are chosen by moto"),
    ("AWS::EC2::Instance", "/configuration/virtualization_type", "paravirtual of an image it does not know"),
    ("AWS::EC2::NetworkAcl", "/configuration/subnet_ids", "subnets are never taken from the default ACL"),
    ("AWS::EC2::NetworkInterface", "/configuration/interface_type", "always interface"),
    ("AWS::EC2::NetworkInterface", "/configuration/ipv6_addresses", "not kept"),
    ("AWS::EC2::NetworkInterface", "/configuration/public_ip", "addresses are chosen by moto"),
    ("AWS::EC2::NetworkInterface", "/configuration/security_groups", "a NAT gateway gets the default group"),
    ("AWS::EC2::PrefixList", "/configuration/entries", "AWS's own ranges are those of one region everywhere"),
    ("AWS::EC2::Snapshot", "/configuration/public", "DescribeSnapshots does not look at who may restore"),
    ("AWS::EC2::VPCPeeringConnection", "/name", "tags of one region are shown in the other"),
    ("AWS::EC2::VPCPeeringConnection", "/tags", "tags of one region are shown in the other"),
    ("AWS::EC2::VPNConnection", "/configuration/observed", "no telemetry"),
    ("AWS::EC2::VPNConnection", "/configuration/tunnels", "no options of tunnels"),
    ("AWS::EC2::VPNConnection", "/unknown", "no options of tunnels, and no telemetry"),
    ("AWS::IAM::ManagedPolicy", "/configuration/document", "AWS's own policies, which the demo shortens"),
    ("AWS::IAM::Role", "/configuration/observed", "made today and never used"),
    ("AWS::IAM::SAMLProvider", "/configuration/expires", "a constant"),
    ("AWS::IAM::ServerCertificate", "/configuration/expires", "a constant"),
    ("AWS::IAM::User", "/configuration/access_keys", "made today"),
    ("AWS::IAM::User", "/configuration/observed", "made today and never used"),
    ("AWS::IAM::User", "/configuration/password_last_changed", "made today"),
    ("AWS::IAM::User", "/configuration/permissions_boundary", "not in the authorization details of users"),
    ("AWS::S3::Bucket", "/configuration/versioning", "GetBucketVersioning answers with a wrong root element"),
    ("AWS::S3::Bucket", "/unknown", "GetBucketVersioning answers with a wrong root element"),
    ("Plimsoll::EC2::RegionSettings", "/configuration/image_block_public_access", "no such operation"),
    ("Plimsoll::EC2::RegionSettings", "/configuration/metadata_defaults", "no such operation"),
    ("Plimsoll::EC2::RegionSettings", "/configuration/snapshot_block_public_access", "no such operation"),
    ("Plimsoll::EC2::RegionSettings", "/configuration/vpc_block_public_access", "no such operation"),
    ("Plimsoll::EC2::RegionSettings", "/unknown", "no such operation"),
];

/// Resources that only one of the two has: ours, theirs, and why.
const ONLY_ONE_HAS: &[(&str, usize, usize, &str)] = &[
    ("AWS::AccessAnalyzer::Analyzer", 2, 0, "no such service"),
    ("AWS::EC2::ClientVpnEndpoint", 1, 0, "no such operations"),
    (
        "AWS::EC2::NetworkInterface",
        0,
        4,
        "a terminated instance keeps its interface; an endpoint gets one in each of its three subnets, which the demo leaves out",
    ),
    ("AWS::EC2::Snapshot", 0, 2, "every image gets a snapshot that cannot be deleted"),
    ("AWS::EC2::Volume", 0, 1, "an instance of the demo has no volume, and no instance starts without one"),
    ("AWS::S3::AccessPoint", 4, 0, "ListAccessPoints answers with a wrong root element"),
    ("AWS::S3::MultiRegionAccessPoint", 2, 0, "ListMultiRegionAccessPoints answers with a wrong root element"),
    ("AWS::S3Express::DirectoryBucket", 2, 0, "ListDirectoryBuckets is taken for ListBuckets"),
    ("Plimsoll::Backup::ProtectedResource", 3, 0, "no such operation"),
];

#[tokio::test]
async fn moto_gives_the_same_documents_as_the_simulator() {
    let Some(moto) = start().await else { return };
    let account = populate(&moto, "populate.py");
    let simulator = Simulator::start(Estate::demo("2026-11-22T12:00:00Z".parse().unwrap()).unwrap()).await.unwrap();
    let regions: Vec<_> = simulator
        .look(|estate| estate.accounts[0].regions.keys().cloned().collect::<Vec<_>>())
        .into_iter()
        .map(|region| Region::new(region).unwrap())
        .collect();
    let keys = Keys { access_key_id: simulator.access_key(), secret_access_key: "any".into(), session_token: None };
    let ours = documents(&scan(&access(&simulator.endpoint(), keys), &regions).await, &[]);
    let keys = keys_of(&account);
    let ids = account["ids"].as_object().unwrap();
    let ids: Vec<_> = ids.iter().map(|(ours, theirs)| (theirs.as_str().unwrap(), ours.as_str())).collect();
    let theirs = documents(&scan(&access(&moto.endpoint, keys), &regions).await, &ids);

    let mut differences: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    let mut only: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (id, document) in &ours {
        let kind = document["type"].as_str().unwrap().to_owned();
        let Some(other) = theirs.get(id) else {
            only.entry(kind).or_default().0 += 1;
            continue;
        };
        let mut places = Vec::new();
        compare(document, other, "", &mut places);
        for (place, values) in places {
            differences.entry((kind.clone(), place)).or_default().push(format!("{id}: {values}"));
        }
    }
    for (_, document) in theirs.iter().filter(|(id, _)| !ours.contains_key(*id)) {
        only.entry(document["type"].as_str().unwrap().to_owned()).or_default().1 += 1;
    }
    let known: BTreeMap<_, _> =
        ONLY_ONE_HAS.iter().map(|(kind, ours, theirs, _)| ((*kind).to_owned(), (*ours, *theirs))).collect();
    assert_eq!(only, known, "resources that only one has");
    let explains = |(kind, place): &(String, String), (known, at, _): &(&str, &str, &str)| {
        kind == known && place.strip_prefix(at).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let unexplained: BTreeMap<_, _> =
        differences.iter().filter(|(found, _)| !MOTOS_GAPS.iter().any(|gap| explains(found, gap))).collect();
    assert!(unexplained.is_empty(), "differences that are not on the list: {unexplained:#?}");
    let stale: Vec<_> = MOTOS_GAPS.iter().filter(|gap| !differences.keys().any(|found| explains(found, gap))).collect();
    assert_eq!(stale, Vec::<&(&str, &str, &str)>::new(), "gaps that moto does not have any more");
    assert!(ours.len() > 250, "{} documents were compared", ours.len());
}

/// Here moto's own words are what is expected: it knows nothing of our simulator's organization.
#[tokio::test]
async fn moto_gives_the_policies_of_an_organization() {
    let Some(moto) = start().await else { return };
    let made = populate(&moto, "organization.py");
    let [member, top, unit] = ["member", "root", "unit"].map(|name| made[name].as_str().unwrap());
    let session = Session::connect(&access(&moto.endpoint, keys_of(&made))).await.unwrap();
    let member: AccountId = member.parse().unwrap();
    let organization = Organization::Required;
    let scope = Scope { organization, accounts: vec![member.clone()], ..Scope::default() };
    let snapshot = collect(&session, &scope, &|_| {}, "2026-11-22T12:00:00Z".parse().unwrap()).await;
    let told = |policy_type| match levels(&snapshot, &member, policy_type) {
        Levels::Read(levels) => levels
            .iter()
            .map(|level| {
                assert_eq!(level.unread, Vec::<String>::new());
                let names = level.policies.iter().map(|(policy, _)| policy.name.clone()).collect::<Vec<_>>();
                (level.target.to_owned(), names.join(", "))
            })
            .collect::<Vec<_>>(),
        other => panic!("{other:?}: {:#?}", snapshot.gaps),
    };
    let level = |target: &str, names: &str| (target.to_owned(), names.to_owned());
    let service_control = told(OrganizationPolicyType::ServiceControlPolicy);
    assert_eq!(service_control[0], level(top, "FullAWSAccess"));
    assert!(service_control[1].1.contains("only-two-regions"), "{service_control:?}");
    assert_eq!((service_control[1].0.as_str(), service_control.len()), (unit, 3));
    let resource_control = told(OrganizationPolicyType::ResourceControlPolicy);
    assert_eq!(resource_control[0], level(top, "RCPFullAWSAccess"));
    let management = levels(&snapshot, &session.account, OrganizationPolicyType::ServiceControlPolicy);
    assert_eq!(management, Levels::NoneApply(NoLevels::ManagementAccount));
}

/// The documents by id, under the estate's ids.
fn documents(snapshot: &Snapshot, ids: &[(&str, &str)]) -> BTreeMap<String, Value> {
    let documents = snapshot.resources.iter().map(|resource| {
        let mut text = resource.document().to_string();
        for (from, to) in ids {
            text = text.replace(from, to);
        }
        // moto writes AWS's own lists with AWS in place of aws.
        text = text.replace(":AWS:prefix-list/", ":aws:prefix-list/");
        let mut document = serde_json::from_str(&text).unwrap();
        settle(&mut document);
        let id = document["id"].as_str().unwrap().to_owned();
        (id, document)
    });
    documents.collect()
}

/// Takes out what moto cannot hold inside of lists, and ids that the simulator makes up, and sorts
/// the lists, because moto's ids sort differently.
fn settle(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if fields.contains_key("prefix_list_id") {
                // moto keeps no description of a rule whose source is a prefix list.
                fields.remove("description");
            }
            if fields.contains_key("destination") && fields.contains_key("target") {
                // Routes of moto are always active.
                fields.remove("state");
            }
            for specification in
                fields.get_mut("launch_specifications").and_then(Value::as_array_mut).into_iter().flatten()
            {
                // Spot fleets of moto know nothing of volumes.
                specification["block_devices"] = Value::Null;
            }
            if let Some(Value::String(id)) = fields.get_mut("association_id") {
                // Of addresses: no id of the estate, but there or not.
                id.truncate("eipassoc-".len());
            }
            fields.values_mut().for_each(settle);
        }
        Value::Array(items) => {
            // Groups of other accounts cannot be named, and the last entry of an ACL is not shown.
            items.retain(|item| item.get("group_account").is_none() && item["number"] != 32_767);
            items.iter_mut().for_each(settle);
            items.sort_by_key(ToString::to_string);
        }
        _ => {}
    }
}

fn compare(ours: &Value, theirs: &Value, place: &str, differences: &mut Vec<(String, String)>) {
    match (ours, theirs) {
        (Value::Object(left), Value::Object(right)) => {
            let keys: std::collections::BTreeSet<_> = left.keys().chain(right.keys()).collect();
            for key in keys {
                compare(&ours[key], &theirs[key], &format!("{place}/{key}"), differences);
            }
        }
        _ if ours == theirs => {}
        _ => differences.push((place.to_owned(), format!("{ours} here, {theirs} there"))),
    }
}
