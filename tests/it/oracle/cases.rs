//! Requests and policies by chance, always the same for a seed.
//!
//! Patterns are bent from the request's own action and resource, so that most of them nearly
//! match; documents are legal as AWS and the oracle have it.

use fastrand::Rng;
use serde_json::{Map, Value, json};

use super::keys::{Key, keys_of};

pub(crate) const OWN: &str = "111122223333";
const OTHER: &str = "444455556666";
const THIRD: &str = "777788889999";

/// One request with all its policies, as the oracle's driver reads it.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) json: Value,
    /// The role of a session, which its ARN does not tell whole.
    pub(crate) role: Option<&'static str>,
}

struct Caller {
    arn: &'static str,
    role: Option<&'static str>,
    /// Whether policies of its own, a boundary and service control policies can apply.
    of_account: bool,
    session_policy: bool,
}

const CALLERS: &[Caller] = &[
    Caller { arn: "arn:aws:iam::111122223333:user/ann", role: None, of_account: true, session_policy: false },
    Caller { arn: "arn:aws:iam::111122223333:user/team/bob", role: None, of_account: true, session_policy: false },
    Caller {
        arn: "arn:aws:sts::111122223333:assumed-role/orders/run",
        role: Some("arn:aws:iam::111122223333:role/orders"),
        of_account: true,
        session_policy: true,
    },
    Caller {
        arn: "arn:aws:sts::111122223333:assumed-role/deploy/run",
        role: Some("arn:aws:iam::111122223333:role/team/deploy"),
        of_account: true,
        session_policy: true,
    },
    Caller {
        arn: "arn:aws:sts::111122223333:federated-user/guest",
        role: None,
        of_account: true,
        session_policy: true,
    },
    Caller { arn: "cloudtrail.amazonaws.com", role: None, of_account: false, session_policy: false },
    Caller { arn: "*", role: None, of_account: false, session_policy: false },
];

/// Names that policies give to principals, apart from the caller's own.
const NAMES: &[&str] = &[
    "*",
    "111122223333",
    "arn:aws:iam::111122223333:root",
    "arn:aws:iam::444455556666:root",
    "777788889999",
    "arn:aws:iam::111122223333:user/ann",
    "arn:aws:iam::111122223333:user/team/bob",
    "arn:aws:iam::111122223333:role/orders",
    "arn:aws:iam::111122223333:role/team/deploy",
    "arn:aws:sts::111122223333:assumed-role/orders/run",
    "arn:aws:sts::111122223333:assumed-role/orders/other",
    "arn:aws:sts::111122223333:assumed-role/deploy/run",
    "arn:aws:sts::111122223333:federated-user/guest",
    "arn:aws:iam::444455556666:role/orders",
];

/// Actions with a resource, `{}` for the account.
const ACTIONS: &[(&str, &str)] = &[
    ("s3:GetObject", "arn:aws:s3:::b1/home/ann/log1.txt"),
    ("s3:PutObject", "arn:aws:s3:::b1/a.txt"),
    ("s3:DeleteObject", "arn:aws:s3:::b2/home/x/y"),
    ("s3:GetObjectTagging", "arn:aws:s3:::logs/AWSLogs/x:y"),
    ("s3:ListBucket", "arn:aws:s3:::b1"),
    ("s3:ListAllMyBuckets", "*"),
    ("sqs:SendMessage", "arn:aws:sqs:eu-central-1:{}:orders"),
    ("kms:Decrypt", "arn:aws:kms:eu-central-1:{}:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
    ("sts:AssumeRole", "arn:aws:iam::{}:role/team/target"),
    ("dynamodb:PutItem", "arn:aws:dynamodb:eu-central-1:{}:table/orders"),
    ("dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:{}:table/ann-orders"),
    ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-central-1:{}:secret:orders/db-AbCdEf"),
    ("lambda:InvokeFunction", "arn:aws:lambda:eu-central-1:{}:function:orders"),
    ("iam:GetUser", "arn:aws:iam::{}:user/ann"),
    ("ec2:DescribeInstances", "*"),
    ("ec2:StopInstances", "arn:aws:ec2:eu-central-1:{}:instance/i-0123456789abcdef0"),
    ("s3:PutObjectTagging", "arn:aws:s3:::b1/home/bob/x"),
    ("sqs:TagQueue", "arn:aws:sqs:eu-central-1:{}:orders"),
];

/// Which policy a statement is for, as far as the form of a statement depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Own,
    ServiceControl,
    ResourceControl,
    Resource,
    Trust,
}

struct World<'a> {
    rng: Rng,
    caller: &'a Caller,
    action: &'static str,
    resource: String,
    keys: Vec<&'static Key>,
}

/// The case of this number.
pub(crate) fn case(number: u64) -> Case {
    let mut rng = Rng::with_seed(number.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x706C_696D);
    let caller = &CALLERS[rng.usize(..CALLERS.len())];
    let (action, resource) = ACTIONS[rng.usize(..ACTIONS.len())];
    let account = if rng.u8(..10) < 6 { OWN } else { OTHER };
    // Actions without resources are of the caller's own account.
    let account = if resource == "*" { OWN } else { account };
    let keys = keys_of(action);
    let mut world = World { rng, caller, action, resource: resource.replace("{}", account), keys };
    let mut json = world.policies();
    json["request"] = world.request(account);
    Case { json, role: caller.role }
}

fn chance(rng: &mut Rng, percent: u8) -> bool {
    rng.u8(..100) < percent
}

fn pick<'a, T: ?Sized>(rng: &mut Rng, from: &[&'a T]) -> &'a T {
    from[rng.usize(..from.len())]
}

impl World<'_> {
    fn request(&mut self, account: &str) -> Value {
        let mut context = Map::new();
        for key in self.keys.clone() {
            if chance(&mut self.rng, 65) {
                context.insert(key.name.to_owned(), key.value(&mut self.rng));
            }
        }
        if chance(&mut self.rng, 80) {
            let arn = self.caller.role.unwrap_or(self.caller.arn);
            if arn.starts_with("arn:") {
                context.insert("aws:PrincipalArn".to_owned(), json!(arn));
            }
        }
        let action = if chance(&mut self.rng, 10) { self.action.to_lowercase() } else { self.action.to_owned() };
        json!({"principal": self.caller.arn, "action": action, "resource": self.resource, "account": account, "context": context})
    }

    fn policies(&mut self) -> Value {
        let mut all = json!({"identity": [], "service_control": [], "resource_control": []});
        let of_account = self.caller.of_account;
        if of_account {
            let count = self.rng.usize(0..=2);
            all["identity"] = (0..count).map(|_| self.document(Place::Own)).collect();
            if chance(&mut self.rng, 25) {
                all["boundary"] = self.document(Place::Own);
            }
            if self.caller.session_policy && chance(&mut self.rng, 35) {
                all["session"] = self.document(Place::Own);
            }
        }
        if of_account && chance(&mut self.rng, 40) {
            all["service_control"] = self.levels(Place::ServiceControl);
        }
        if chance(&mut self.rng, 25) {
            all["resource_control"] = self.levels(Place::ResourceControl);
        }
        let has_policy = ["s3:", "sqs:", "kms:", "sts:", "dynamodb:", "secretsmanager:", "lambda:"]
            .iter()
            .any(|service| self.action.starts_with(service) && self.resource != "*");
        let must = self.action == "sts:AssumeRole" || self.action.starts_with("kms:");
        if has_policy && (must || chance(&mut self.rng, 65)) {
            let trust = self.action == "sts:AssumeRole";
            all["resource"] = self.document(if trust { Place::Trust } else { Place::Resource });
        }
        all
    }

    fn levels(&mut self, place: Place) -> Value {
        let count = self.rng.usize(1..=3);
        let level = |world: &mut Self| {
            // AWS keeps at least one policy attached; most often one that allows everything.
            let mut documents = Vec::new();
            if place == Place::ServiceControl && chance(&mut world.rng, 75) {
                documents.push(json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}));
            }
            if documents.is_empty() && place == Place::ServiceControl || chance(&mut world.rng, 40) {
                documents.push(world.document(place));
            }
            Value::Array(documents)
        };
        (0..count).map(|_| level(self)).collect()
    }

    fn document(&mut self, place: Place) -> Value {
        let count = self.rng.usize(1..=3);
        let statements: Vec<Value> = (0..count).map(|_| self.statement(place)).collect();
        let mut document = json!({"Version": "2012-10-17", "Statement": statements});
        if !matches!(place, Place::ServiceControl | Place::ResourceControl) && chance(&mut self.rng, 6) {
            document["Version"] = json!("2008-10-17");
        }
        if count == 1 && chance(&mut self.rng, 20) {
            document["Statement"] = document["Statement"][0].clone();
        }
        document
    }

    fn statement(&mut self, place: Place) -> Value {
        let deny = place == Place::ResourceControl || chance(&mut self.rng, 22);
        let mut statement = json!({"Effect": if deny { "Deny" } else { "Allow" }});
        let many = self.rng.usize(1..=3);
        let actions: Vec<String> = (0..many).map(|_| self.action_pattern(place)).collect();
        let not_action = chance(&mut self.rng, 10) && place != Place::Trust && place != Place::ResourceControl;
        statement[if not_action { "NotAction" } else { "Action" }] = self.one_or_more(actions);
        if matches!(place, Place::Resource | Place::Trust) {
            let excepted = chance(&mut self.rng, 6) && place != Place::Trust;
            statement[if excepted { "NotPrincipal" } else { "Principal" }] = self.principals();
        }
        if place == Place::ResourceControl {
            statement["Principal"] = json!("*");
        }
        if place != Place::Trust {
            let many = self.rng.usize(1..=2);
            let resources: Vec<String> = (0..many).map(|_| self.resource_pattern()).collect();
            let excepted = chance(&mut self.rng, 12) && (place != Place::ServiceControl || deny);
            statement[if excepted { "NotResource" } else { "Resource" }] = self.one_or_more(resources);
        }
        if chance(&mut self.rng, if deny { 80 } else { 45 }) {
            statement["Condition"] = self.conditions();
        }
        statement
    }

    fn one_or_more(&mut self, mut texts: Vec<String>) -> Value {
        if texts.len() == 1 && chance(&mut self.rng, 50) { json!(texts.remove(0)) } else { json!(texts) }
    }

    fn principals(&mut self) -> Value {
        if chance(&mut self.rng, 15) {
            return json!("*");
        }
        let mut names: Vec<&str> = (0..self.rng.usize(1..=2)).map(|_| pick(&mut self.rng, NAMES)).collect();
        if chance(&mut self.rng, 55) {
            names.push(match (self.caller.arn, self.caller.role) {
                (arn, Some(role)) if arn.starts_with("arn:") => pick(&mut self.rng, &[arn, role, OWN]),
                (arn, _) if arn.starts_with("arn:") => pick(&mut self.rng, &[arn, OWN]),
                _ => THIRD,
            });
        }
        names.sort_unstable();
        names.dedup();
        let mut principals = json!({"AWS": names});
        if !self.caller.of_account && chance(&mut self.rng, 60) {
            principals["Service"] = json!(pick(&mut self.rng, &["cloudtrail.amazonaws.com", "ec2.amazonaws.com"]));
        }
        principals
    }

    fn action_pattern(&mut self, place: Place) -> String {
        let (service, name) = self.action.split_once(':').unwrap();
        let wide = if place == Place::ResourceControl { 0 } else { 3 };
        match self.rng.u8(..14 + wide) {
            0..=3 => self.action.to_owned(),
            4 | 5 => format!("{service}:*"),
            6 | 7 => format!("{service}:{}", bent(&mut self.rng, name)),
            8 => self.action.to_uppercase().replacen(&service.to_uppercase(), service, 1),
            9 => format!("{service}:{}*", &name[..self.rng.usize(1..name.len())]),
            10 => format!("{service}:*{}", &name[self.rng.usize(1..name.len())..]),
            11 | 12 => format!("{service}:Get*"),
            13 => "s3:PutObject".to_owned(),
            _ => "*".to_owned(),
        }
    }

    fn resource_pattern(&mut self) -> String {
        if self.resource == "*" {
            return (*pick(&mut self.rng, &["*", "*", "arn:aws:s3:::*", "arn:aws:ec2:*:*:instance/*"])).to_owned();
        }
        let mut parts: Vec<String> = self.resource.splitn(6, ':').map(str::to_owned).collect();
        // AWS has no wildcards and variables in the type (`role/`, `function:`).
        let typed = !self.resource.starts_with("arn:aws:s3:");
        let name_at = parts[5].find(['/', ':']).filter(|_| typed).map_or(0, |at| at + 1);
        let (kind, name) = parts[5].split_at(name_at);
        let bent = match self.rng.u8(..12) {
            0..=2 => return "*".to_owned(),
            3 | 4 => return self.resource.clone(),
            5 if chance(&mut self.rng, 30) => {
                "*".clone_into(&mut parts[5]);
                return parts.join(":");
            }
            5 => "*".to_owned(),
            6 | 7 => bent(&mut self.rng, name),
            8 => format!("{}*", &name[..self.rng.usize(..name.len())]),
            9 => with_variable(&mut self.rng, name),
            10 => name.to_uppercase(),
            _ => format!("{name}x"),
        };
        parts[5] = format!("{kind}{bent}");
        for at in [3, 4] {
            if chance(&mut self.rng, 15) && !parts[at].is_empty() {
                "*".clone_into(&mut parts[at]);
            }
        }
        parts.join(":")
    }

    fn conditions(&mut self) -> Value {
        let mut conditions = Map::new();
        for _ in 0..self.rng.usize(1..=2) {
            let key = self.keys[self.rng.usize(..self.keys.len())];
            let (operator, values) = key.test(&mut self.rng);
            let spelling = if chance(&mut self.rng, 10) { key.name.to_lowercase() } else { key.name.to_owned() };
            let tests = conditions.entry(operator).or_insert_with(|| json!({}));
            let taken = tests.as_object().unwrap().keys().any(|other| other.eq_ignore_ascii_case(key.name));
            if !taken {
                tests[spelling] = self.one_or_more(values);
            }
        }
        Value::Object(conditions)
    }
}

/// The text with some of its letters under wildcards, or with one letter wrong.
fn bent(rng: &mut Rng, text: &str) -> String {
    let from = rng.usize(..text.len());
    let to = rng.usize(from..=text.len());
    match rng.u8(..5) {
        0 | 1 => format!("{}*{}", &text[..from], &text[to..]),
        2 => format!("{}{}{}", &text[..from], "?".repeat(to - from), &text[to..]),
        3 => format!("*{}*", &text[from..to]),
        _ => format!("{}q{}", &text[..from], &text[from + 1..]),
    }
}

fn with_variable(rng: &mut Rng, text: &str) -> String {
    let variables =
        ["${aws:username}", "${aws:PrincipalTag/team}", "${aws:PrincipalTag/team, 'ann'}", "${aws:userid}", "${*}"];
    let variable = pick(rng, &variables);
    if text.contains("ann") { text.replacen("ann", variable, 1) } else { format!("{variable}-{text}*") }
}
