//! How long it takes to decide one request: a role's session in an organization reads an object.
//!
//! Four identity policies of 14 statements, a permissions boundary, three levels of service control
//! policies and a bucket policy, with ten condition keys. Prints the median of several rounds, in CPU
//! time of this process, for a request that is allowed, one that is denied, one across accounts, and two of which keys are
//! unknown: in one they decide, in the other they do not matter.
//!
//! ```sh
//! cargo bench --bench access_request
//! ```
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and may stop at what is wrong")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use plimsoll::model::PolicyDocument;
use plimsoll::policy::{Applied, Context, Decision, LayerPolicies, Policies, Principal, Request, evaluate, from_value};
use serde_json::{Value, json};

const ROUNDS: usize = 9;
/// The clock of the system counts in 10 ms, so that a round has to last.
const REQUESTS: u32 = 50_000;
/// Fewer where an answer takes hundreds of tries.
const REQUESTS_THAT_DEPEND: u32 = 500;

fn main() {
    let documents = Documents::new();
    let policies = documents.policies();
    for (what, request, expected) in requests() {
        let decision = evaluate(&request, &policies).decision;
        assert_eq!(word(&decision), expected, "{what}: {decision:?}");
        let requests = if expected == "depends" { REQUESTS_THAT_DEPEND } else { REQUESTS };
        let mut rounds: Vec<f64> = (0..ROUNDS).map(|_| microseconds(&request, &policies, requests)).collect();
        rounds.sort_by(f64::total_cmp);
        println!(
            "{what:<44} {expected:<8} {:>6.2} µs ({:.2} to {:.2})",
            rounds[ROUNDS / 2],
            rounds[0],
            rounds[ROUNDS - 1]
        );
    }
}

fn microseconds(request: &Request, policies: &Policies<'_>, requests: u32) -> f64 {
    let (cpu, wall) = (cpu_time(), Instant::now());
    for _ in 0..requests {
        black_box(evaluate(black_box(request), black_box(policies)));
    }
    let time = match (cpu, cpu_time()) {
        (Some(before), Some(after)) => after.saturating_sub(before),
        _ => wall.elapsed(),
    };
    time.as_secs_f64() * 1e6 / f64::from(requests)
}

/// User and system time of this process, in ticks of 10 ms.
fn cpu_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 10))
}

const fn word(decision: &Decision) -> &'static str {
    match decision {
        Decision::Allow => "allow",
        Decision::Deny(_) => "deny",
        Decision::Depends(_) => "depends",
    }
}

fn requests() -> Vec<(&'static str, Request, &'static str)> {
    let session = Principal::Role {
        role: "arn:aws:iam::111122223333:role/orders".to_owned(),
        session: "arn:aws:sts::111122223333:assumed-role/orders/run".to_owned(),
    };
    let read = |context: Context| {
        let object = "arn:aws:s3:::orders-archive/2026/11/22/part-00001.parquet";
        Request { context, ..Request::new(session.clone(), "s3:GetObject", object) }.with_derived_keys()
    };
    let elsewhere = Context::whole().with("aws:RequestedRegion", "us-east-1").with("aws:SourceVpce", "vpce-1");
    let secret = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:payments/db";
    let across = Request { resource_account: Some("444455556666".to_owned()), ..read(known()) };
    vec![
        ("an object, everything known", read(known()), "allow"),
        ("an object of another account", across, "allow"),
        ("an object, from the wrong region", read(elsewhere), "deny"),
        (
            "a secret that no policy has",
            Request { context: known(), ..Request::new(session.clone(), "secretsmanager:GetSecretValue", secret) },
            "deny",
        ),
        ("an object, region and endpoint unknown", read(Context::open()), "depends"),
        ("an object, keys unknown that do not matter", read(known_but_open()), "allow"),
    ]
}

fn known() -> Context {
    [
        ("aws:RequestedRegion", "eu-central-1"),
        ("aws:SourceVpce", "vpce-1"),
        ("aws:SecureTransport", "true"),
        ("aws:SourceIp", "10.1.2.3"),
        ("aws:PrincipalOrgID", "o-a1b2c3d4e5"),
        ("aws:PrincipalTag/team", "orders"),
        ("aws:CurrentTime", "2026-11-22T12:00:00Z"),
    ]
    .into_iter()
    .fold(Context::whole(), |context, (key, value)| context.with(key, value))
}

fn known_but_open() -> Context {
    Context { otherwise: Context::open().otherwise, ..known() }
}

struct Documents {
    identity: Vec<PolicyDocument>,
    boundary: PolicyDocument,
    control: PolicyDocument,
    everything: PolicyDocument,
    resource: PolicyDocument,
}

impl Documents {
    fn new() -> Self {
        let document =
            |statements: Vec<Value>| from_value(&json!({"Version": "2012-10-17", "Statement": statements})).unwrap();
        let allow =
            |actions: &[&str], resource: &str| json!({"Effect": "Allow", "Action": actions, "Resource": resource});
        let services = ["sqs", "sns", "dynamodb", "logs", "cloudwatch", "xray", "kms", "ssm", "events", "states"];
        let own = |service: &str| {
            let resource = format!("arn:aws:{service}:eu-central-1:111122223333:*");
            allow(
                &[&format!("{service}:Get*"), &format!("{service}:Describe*"), &format!("{service}:List*")],
                &resource,
            )
        };
        let mut objects = allow(&["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], "arn:aws:s3:::orders-*/*");
        objects["Condition"] = json!({"StringEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]},
                                      "StringLike": {"aws:PrincipalTag/team": "orders*"}});
        let home = allow(&["s3:*"], "arn:aws:s3:::homes/${aws:PrincipalTag/team}/*");
        let region_guard = json!({"Effect": "Deny", "NotAction": ["iam:*", "sts:*", "organizations:*"], "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]}}});
        let network_guard = json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:SourceVpce": ["vpce-1", "vpce-2"]}, "Bool": {"aws:ViaAWSService": "false"}}});
        let plain = json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}});
        let named = json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/orders"},
            "Action": "s3:GetObject", "Resource": "arn:aws:s3:::orders-archive/*"});
        Self {
            identity: vec![
                document(services[..5].iter().map(|service| own(service)).collect()),
                document(services[5..].iter().map(|service| own(service)).collect()),
                document(vec![objects, home, allow(&["s3:ListBucket"], "arn:aws:s3:::orders-*")]),
                document(vec![allow(&["sts:AssumeRole"], "arn:aws:iam::*:role/orders-*")]),
            ],
            boundary: document(vec![allow(&["s3:*", "sqs:*", "sns:*", "dynamodb:*", "logs:*", "sts:AssumeRole"], "*")]),
            control: document(vec![region_guard, allow(&["*"], "*")]),
            everything: document(vec![allow(&["*"], "*")]),
            resource: document(vec![network_guard, plain, named]),
        }
    }

    fn policies(&self) -> Policies<'_> {
        let level = |document| LayerPolicies::of(vec![Applied::new("policy", document)]);
        Policies {
            identity: LayerPolicies::of(self.identity.iter().map(|document| Applied::new("own", document)).collect()),
            boundary: Some(level(&self.boundary)),
            service_control: vec![level(&self.everything), level(&self.control), level(&self.everything)],
            resource: Some(level(&self.resource)),
            ..Policies::default()
        }
    }
}
