//! How many evaluations one core makes per second: 10,000 mixed documents, all embedded rules.
//!
//! Prints two rates, medians of several rounds in CPU time of this process: of the engine as a
//! scan uses it (typed resource to verdict, with the conversion to JSON and Rego values and the
//! sampled second evaluation), and of the part after the conversion, which is the first less the
//! time that making the documents takes by itself.
//!
//! ```sh
//! cargo bench --bench evaluate                  # the two rates, and that of all cores
//! cargo bench --bench evaluate -- write FILE    # the documents and verdicts, one JSON object per line
//! cargo bench --bench evaluate -- text          # CPU seconds from the text of documents to the text of evaluations
//! ```
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and may stop at what is wrong")]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use plimsoll::model::{AccountId, Configuration, Evaluation, Facts, Region, Resource, ResourceId, ResourceType};
use plimsoll::rules::{Engine, Pack, Parameters};
use serde_json::{Value, json};

const DOCUMENTS: usize = 10_000;
const ROUNDS: usize = 7;
/// The clock of the system counts in 10 ms, so that a round has to last.
const PASSES: usize = 3;
const NOW: &str = "2026-11-22T00:00:00Z";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let pack = Pack::embedded(&Parameters::default()).unwrap();
    let engine = Engine::new(&pack).with_threads(1);
    let resources: Vec<Resource> = (0..DOCUMENTS).map(resource).collect();
    match arguments.as_slice() {
        [] => measure(&engine, &resources),
        ["write", file] => write(&engine, &resources, file),
        ["text"] => measure_text(&engine, &resources),
        other => println!("cannot tell what {other:?} asks for; see the top of benches/evaluate.rs"),
    }
}

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn measure(engine: &Engine, resources: &[Resource]) {
    let references: Vec<&Resource> = resources.iter().collect();
    let bytes: usize = resources.iter().map(|resource| resource.document().to_string().len()).sum();
    let warm = engine.evaluate(&references, now());
    assert!(warm.suspects.is_empty(), "{:?}", warm.suspects);

    let mut whole = Vec::new();
    let mut rest = Vec::new();
    for _ in 0..ROUNDS {
        let evaluation = timed(|| engine.evaluate(&references, now()).evaluations.len());
        let documents = timed(|| resources.iter().map(|resource| resource.document().to_string().len()).sum());
        whole.push(evaluation);
        rest.push(evaluation.saturating_sub(documents));
    }
    println!("{DOCUMENTS} documents of {} bytes on average, {} rules", bytes / DOCUMENTS, engine.pack().rules.len());
    println!("{} evaluations, {} of them made twice; {ROUNDS} rounds", warm.evaluated, warm.rechecked);
    print("resource to verdict", warm.evaluated, whole);
    print("without making documents", warm.evaluated, rest);

    let parallel = Engine::new(engine.pack());
    let _warm = parallel.evaluate(&references, now());
    let wall = |_| {
        let start = Instant::now();
        let _all = parallel.evaluate(&references, now());
        start.elapsed()
    };
    print("all cores, wall clock", warm.evaluated, (0..ROUNDS).map(wall).collect());
}

/// Writes what each rule gets as `input`, and what plimsoll says.
fn write(engine: &Engine, resources: &[Resource], file: &str) {
    let references: Vec<&Resource> = resources.iter().collect();
    let mut verdicts: BTreeMap<String, BTreeMap<String, &str>> = BTreeMap::new();
    let evaluated = engine.evaluate(&references, now());
    for evaluation in &evaluated.evaluations {
        let of_resource = verdicts.entry(evaluation.resource.id.to_string()).or_default();
        of_resource.insert(evaluation.rule.to_string(), evaluation.verdict.name());
    }
    let mut file = BufWriter::new(File::create(file).unwrap());
    for resource in resources {
        let row = json!({
            "input": {"resource": resource.document(), "now": NOW},
            "verdicts": verdicts.get(resource.id.as_str()),
        });
        writeln!(file, "{row}").unwrap();
    }
    file.flush().unwrap();
}

/// From the text of each document to the text of its evaluations, with nothing left out.
fn measure_text(engine: &Engine, resources: &[Resource]) {
    let texts: Vec<String> = resources.iter().map(|resource| resource.document().to_string()).collect();
    let pass = || {
        let resources: Vec<Resource> = texts.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
        let references: Vec<&Resource> = resources.iter().collect();
        let text = |evaluation: &Evaluation| serde_json::to_string(evaluation).unwrap().len();
        engine.evaluate(&references, now()).evaluations.iter().map(text).sum()
    };
    std::hint::black_box(pass());
    println!("{}", timed(pass).as_secs_f64());
}

#[expect(clippy::cast_precision_loss, reason = "rates for people")]
fn print(what: &str, evaluations: usize, mut times: Vec<Duration>) {
    times.sort();
    let rate = |time: Duration| evaluations as f64 / time.as_secs_f64() / 1000.0;
    let (median, fastest, slowest) = (times[times.len() / 2], times[0], times[times.len() - 1]);
    println!(
        "{what:<26} {:>6.1} thousand evaluations/s ({:.1} to {:.1})  {:>8.1?}",
        rate(median),
        rate(slowest),
        rate(fastest),
        median
    );
}

/// Time of one pass: CPU time of the process where the system tells it, wall-clock time elsewhere.
fn timed(work: impl Fn() -> usize) -> Duration {
    let (cpu, wall) = (cpu_time(), Instant::now());
    for _ in 0..PASSES {
        std::hint::black_box(work());
    }
    let time = match (cpu, cpu_time()) {
        (Some(before), Some(after)) => after.saturating_sub(before),
        _ => wall.elapsed(),
    };
    time / u32::try_from(PASSES).unwrap()
}

/// User and system time of all threads, ended ones included, in ticks of 10 ms.
fn cpu_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 10))
}

/// A mixed estate: groups, buckets, roles, users, instances and volumes.
fn resource(at: usize) -> Resource {
    let (of, configuration, facts) = match at % 20 {
        0..=4 => (ResourceType::SecurityGroup, group(at), reach(at)),
        5..=8 => (ResourceType::Bucket, bucket(at), bucket_facts(at)),
        9..=13 => (ResourceType::Role, role(at), role_facts(at)),
        14 | 15 => (ResourceType::User, user(at), json!({"admin": {"value": false}})),
        16 | 17 => (ResourceType::Instance, instance(at), Value::Null),
        _ => (ResourceType::Volume, json!({"encrypted": at.is_multiple_of(3), "instance_ids": ["i-1"]}), Value::Null),
    };
    let mut resource = Resource::new(
        ResourceId::new(format!("arn:aws:x:eu-central-1:111122223333:thing/{at:05}")).unwrap(),
        AccountId::new("111122223333").unwrap(),
        Region::new("eu-central-1").unwrap(),
        format!("thing-{at}"),
        Configuration::from_value(of, configuration).unwrap(),
    );
    resource.tags = [("team", "payments"), ("environment", "production"), ("cost-centre", "4711")]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
    if !facts.is_null() {
        resource.facts = Facts::from_value(of, facts).unwrap();
    }
    resource
}

fn statement(at: usize, sid: usize) -> Value {
    json!({
        "Effect": "Allow", "Sid": format!("s{sid}"),
        "Principal": {"AWS": [format!("arn:aws:iam::111122223333:role/reader-{at}")]},
        "Action": ["s3:getobject", "s3:listbucket", "s3:putobject"],
        "Resource": [format!("arn:aws:s3:::thing-{at}"), format!("arn:aws:s3:::thing-{at}/*")],
        "Condition": {"StringEquals": {"aws:sourcevpc": ["vpc-0123456789abcdef0"]}},
    })
}

fn policy(at: usize, statements: usize) -> Value {
    json!({"Version": "2012-10-17", "Statement": (0..statements).map(|sid| statement(at, sid)).collect::<Vec<_>>()})
}

fn group(at: usize) -> Value {
    let entry = |port: usize| {
        json!({"protocol": "tcp", "from_port": port, "to_port": port, "cidr_ipv4": format!("10.{}.0.0/16", port % 250),
               "description": "from the office network"})
    };
    let everywhere = json!({"protocol": "all", "cidr_ipv4": "0.0.0.0/0"});
    json!({"group_name": format!("web-{at}"), "description": "made by hand", "vpc_id": "vpc-0123456789abcdef0",
           "ingress": (0..at % 12).map(|port| entry(port * 400 + 22)).collect::<Vec<_>>(), "egress": [everywhere]})
}

fn reach(at: usize) -> Value {
    let entry = |port: u16| json!({"protocol": "tcp", "from_port": port, "to_port": port, "family": "ipv4", "because": ["/configuration/ingress/0"]});
    let ports: &[u16] = match at % 10 {
        0 => &[22, 443],
        1 => &[80, 443],
        2 => &[5432],
        _ => &[],
    };
    let ingress: Vec<Value> = ports.iter().map(|&port| entry(port)).collect();
    json!({"world_ingress": {"value": ingress}, "world_egress": {"value": []}, "in_use": {"value": true}})
}

fn bucket(at: usize) -> Value {
    json!({
        "policy": policy(at, 1 + at % 4), "ownership": "BucketOwnerEnforced",
        "acl": [{"grantee": "owner", "permission": "FULL_CONTROL"}],
        "encryption": {"algorithm": "aws:kms", "bucket_key_enabled": true},
        "versioning": {"status": if at.is_multiple_of(2) { "Enabled" } else { "Suspended" }, "mfa_delete": false},
    })
}

fn bucket_facts(at: usize) -> Value {
    let on = !at.is_multiple_of(7);
    json!({
        "policy_public": {"value": false}, "acl_public": {"value": false}, "public": {"value": at.is_multiple_of(50)},
        "public_access_block": {"value": {"block_public_acls": on, "ignore_public_acls": on,
                                          "block_public_policy": on, "restrict_public_buckets": on}},
        "plain_http_denied": {"value": at.is_multiple_of(3)}, "foreign_accounts": {"value": []},
    })
}

fn role(at: usize) -> Value {
    let inline: Vec<Value> =
        (0..=at % 3).map(|number| json!({"name": format!("inline-{number}"), "document": policy(at, 2)})).collect();
    json!({"path": "/", "assume_role_policy": policy(at, 1), "inline_policies": inline,
           "attached_policies": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]})
}

fn role_facts(at: usize) -> Value {
    let foreign = at.is_multiple_of(6);
    let account = if foreign { "444455556666" } else { "111122223333" };
    let trusted = json!({"kind": "account", "name": format!("arn:aws:iam::{account}:root"), "account": account,
                         "foreign": foreign, "condition_keys": [], "restricted": false,
                         "because": "/configuration/assume_role_policy/Statement/0"});
    json!({"trusted": {"value": [trusted]}, "admin": {"value": false}})
}

fn user(at: usize) -> Value {
    json!({
        "path": "/", "groups": ["developers"], "inline_policies": [], "attached_policies": [],
        "console_password": true, "password_last_changed": "2026-01-01T00:00:00Z", "mfa_active": !at.is_multiple_of(4),
        "access_keys": [{"slot": 1, "active": true, "last_rotated": "2026-10-01T00:00:00Z"}],
        "observed": {"password_last_used": "2026-11-01T00:00:00Z", "access_key_last_used": {"1": "2026-11-20T00:00:00Z"}},
    })
}

fn instance(at: usize) -> Value {
    json!({"vpc_id": "vpc-0123456789abcdef0", "subnet_id": "subnet-1", "security_groups": ["sg-1", "sg-2"],
           "metadata_options": {"http_tokens": if at.is_multiple_of(3) { "optional" } else { "required" }, "http_endpoint": "enabled"}})
}
