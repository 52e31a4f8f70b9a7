//! What questions about access cost on a large account: index, one request, everyone, chains of
//! roles, ways to more permissions.
//!
//! Two accounts of 5,000 roles: one as accounts are, with services, applications, builders and
//! operators; and one in which every role may assume every other and start functions as it.
//!
//! ```sh
//! cargo bench --bench access
//! ```
#![expect(clippy::expect_used, clippy::print_stdout, reason = "a benchmark prints, and may stop at what is wrong")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use plimsoll::access::{Access, ChainLimits, EscalationLimits};
use plimsoll::model::{
    AccountId, Configuration, Grants, InlinePolicy, Listing, ManagedPolicy, Region, Resource, ResourceId, ResourceType,
    Role, Snapshot, User,
};
use plimsoll::policy::{Context, Principal, Request, from_value};
use serde_json::{Value, json};

const ACCOUNT: &str = "111122223333";
const ROLES: usize = 5_000;

fn main() {
    measure("an account as accounts are", &usual());
    measure("every role may assume every role", &open());
}

fn measure(name: &str, snapshot: &Snapshot) {
    println!("{name}: {} resources", snapshot.resources.len());
    let access = timed("index", || Access::new(snapshot));
    let roles: Vec<&str> = snapshot
        .resources
        .iter()
        .filter(|resource| resource.resource_type == ResourceType::Role)
        .map(|resource| resource.id.as_str())
        .collect();
    let request = Request::new(Principal::role(roles[0]), "s3:GetObject", "arn:aws:s3:::data/key");
    timed("100,000 requests", || {
        for _ in 0..100_000 {
            black_box(access.can(black_box(&request)));
        }
    });
    let standings = timed("who can", || access.who("s3:GetObject", "arn:aws:s3:::data/key", &Context::open()));
    println!("    {} principals", standings.len());
    let end = |arn: &str| access.endpoint(arn).expect("the role is there");
    let operator = roles[17];
    let last = roles.last().expect("there are roles");
    let chains = timed("chains from the first role to the last", || {
        access.chains(&end(roles[0]), &end(last), ChainLimits::default())
    });
    println!("    {} chains", chains.len());
    let limits = ChainLimits { chains: usize::MAX, ..ChainLimits::default() };
    let reached = timed("everything an operator reaches", || access.chains(&end(operator), &end("*"), limits));
    println!("    {} roles", reached.len());
    let found = timed("ways to more permissions", || access.escalations(None, EscalationLimits::default()));
    println!(
        "    {} ways of {} principals, {} not finished",
        found.found.len(),
        found.found.iter().map(|way| &way.principal).collect::<std::collections::BTreeSet<_>>().len(),
        found.unfinished.len()
    );
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let (cpu, wall) = (cpu_time(), Instant::now());
    let done = work();
    let (cpu, wall) = (cpu_time().saturating_sub(cpu), wall.elapsed());
    println!("  {what}: {:.2} s CPU, {:.2} s", cpu.as_secs_f64(), wall.as_secs_f64());
    done
}

/// CPU time of this process in hundredths of a second; none where the system does not tell it.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    Duration::from_millis(fields.filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10)
}

/// Service roles, applications, builders, operators and administrators, and people with keys.
fn usual() -> Snapshot {
    let mut resources = vec![managed("base", &json!([allow("logs:*", "*"), allow("cloudwatch:PutMetricData", "*")]))];
    for number in 0..ROLES {
        let (trust, inline) = match number % 20 {
            0..8 => (service(["lambda", "ec2", "ecs-tasks", "glue"][number % 4]), application(number)),
            8..14 => (by_account(), application(number)),
            14..17 => (provider(), builder(number)),
            17 => (by_account(), json!([allow("sts:AssumeRole", &arn("role/*")), application(number)[0].clone()])),
            18 => (by_role(number), json!([allow("iam:PutRolePolicy", &arn(&format!("role/app-{number:04}")))])),
            _ if number % 400 == 19 => (by_account(), json!([allow("*", "*")])),
            _ => (by_account(), json!([allow("s3:Get*", "*"), allow("ec2:Describe*", "*")])),
        };
        resources.push(role(&format!("app-{number:04}"), &trust, &inline));
    }
    for number in 0..500 {
        let keys = json!([
            allow("iam:*AccessKey*", &arn("user/${aws:username}")),
            allow("sts:AssumeRole", &arn(&format!("role/app-{:04}", number * 7 % ROLES)))
        ]);
        resources.push(user(&format!("person-{number:03}"), &keys));
    }
    snapshot(resources)
}

/// All may do all but edit IAM, under policies that differ.
fn open() -> Snapshot {
    let inline = |number: usize| {
        json!([
            allow("sts:AssumeRole", "*"),
            allow("iam:PassRole", "*"),
            allow("lambda:*", "*"),
            allow("s3:*", &format!("arn:aws:s3:::data-{number}/*"))
        ])
    };
    let both = json!({"Effect": "Allow", "Action": "sts:AssumeRole",
                      "Principal": {"AWS": ACCOUNT, "Service": "lambda.amazonaws.com"}});
    snapshot((0..ROLES).map(|number| role(&format!("app-{number:04}"), &both, &inline(number))).collect())
}

fn snapshot(resources: Vec<Resource>) -> Snapshot {
    let mut snapshot = Snapshot::empty(Timestamp::UNIX_EPOCH);
    snapshot.resources = resources;
    for region in ["eu-central-1", "us-east-1"] {
        snapshot.listings.push(listing(region, ResourceType::Instance));
    }
    snapshot.listings.push(listing("global", ResourceType::Role));
    snapshot.sort();
    snapshot
}

fn listing(region: &str, resource_type: ResourceType) -> Listing {
    let region = Region::new(region).expect("a region");
    Listing { account: account(), region, resource_type, complete: true, listed_before: false }
}

fn account() -> AccountId {
    AccountId::new(ACCOUNT).expect("an account")
}

fn arn(of: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:{of}")
}

fn allow(action: &str, resource: &str) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

fn application(number: usize) -> Value {
    json!([
        allow("s3:GetObject", &format!("arn:aws:s3:::data-{number}/*")),
        allow("sqs:SendMessage", &format!("arn:aws:sqs:eu-central-1:{ACCOUNT}:queue-{number}")),
        allow("dynamodb:*Item", &format!("arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/table-{number}"))
    ])
}

fn builder(number: usize) -> Value {
    json!([
        allow("iam:PassRole", &arn(&format!("role/app-{:02}*", number % 50))),
        allow("lambda:*", &format!("arn:aws:lambda:*:{ACCOUNT}:function:build-*")),
        allow("cloudformation:*", "*")
    ])
}

fn service(name: &str) -> Value {
    json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": format!("{name}.amazonaws.com")}})
}

fn by_account() -> Value {
    json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ACCOUNT}})
}

fn by_role(number: usize) -> Value {
    json!({"Effect": "Allow", "Action": "sts:AssumeRole",
           "Principal": {"AWS": arn(&format!("role/app-{:04}", number - 1))},
           "Condition": {"StringEquals": {"sts:ExternalId": "orders"}}})
}

fn provider() -> Value {
    json!({"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
           "Principal": {"Federated": arn("oidc-provider/token.actions.githubusercontent.com")},
           "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/*"}}})
}

fn grants(inline: &Value, attached: Vec<String>) -> Grants {
    let document = from_value(&json!({"Version": "2012-10-17", "Statement": inline})).expect("a policy");
    let inline_policies = vec![InlinePolicy { name: "own".to_owned(), document: Some(document) }];
    Grants { inline_policies, attached_policies: attached }
}

fn role(name: &str, trust: &Value, inline: &Value) -> Resource {
    let trust = from_value(&json!({"Version": "2012-10-17", "Statement": trust})).expect("a policy");
    let role = Role {
        path: "/".to_owned(),
        assume_role_policy: Some(trust),
        grants: grants(inline, vec![arn("policy/base")]),
        ..Role::default()
    };
    resource("role", name, role)
}

fn user(name: &str, inline: &Value) -> Resource {
    resource("user", name, User { path: "/".to_owned(), grants: grants(inline, Vec::new()), ..User::default() })
}

fn managed(name: &str, statements: &Value) -> Resource {
    let document = from_value(&json!({"Version": "2012-10-17", "Statement": statements})).expect("a policy");
    let policy = ManagedPolicy { path: "/".to_owned(), aws_managed: false, document: Some(document) };
    resource("policy", name, policy)
}

fn resource(kind: &str, name: &str, configuration: impl Into<Configuration>) -> Resource {
    let id = ResourceId::new(arn(&format!("{kind}/{name}"))).expect("an ARN");
    Resource::new(id, account(), Region::global(), name, configuration)
}
