//! Estates of any size, the same ones each time, for measuring.
//!
//! About one resource in ten is bad in a way that rules see.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;

use super::estate::{Account, Estate, Tags, hex_id};
use super::estate_ec2::{NetworkAcl, Opening, Region, SecurityGroup, Settings, Subnet, Vpc};
use super::estate_iam::{AccessKey, InlinePolicy, Mfa, Password, PasswordPolicy, Role, Root, User};
use super::estate_s3::{AccessBlock, Bucket};

/// How much there is in each account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Accounts.
    pub accounts: usize,
    /// Regions that EC2 and S3 resources are spread over.
    pub regions: usize,
    /// Buckets of each account.
    pub buckets: usize,
    /// Roles of each account.
    pub roles: usize,
    /// Users of each account.
    pub users: usize,
    /// Security groups of each account.
    pub security_groups: usize,
}

impl Default for Size {
    /// The size that scans are measured with.
    fn default() -> Self {
        Self { accounts: 1, regions: 2, buckets: 200, roles: 300, users: 50, security_groups: 200 }
    }
}

const REGIONS: [&str; 8] = [
    "eu-central-1",
    "us-east-1",
    "eu-west-1",
    "us-west-2",
    "eu-north-1",
    "ap-southeast-1",
    "ap-northeast-1",
    "ca-central-1",
];

impl Estate {
    /// An estate of this size. The n-th account (from 0) has id 100000000000 + n and access key
    /// `AKIAGENERATED` followed by that n in seven digits.
    pub fn generated(size: &Size, now: Timestamp) -> Result<Self, serde_json::Error> {
        Self::of((0..size.accounts).map(|number| account(size, number)).collect(), now)
    }
}

fn account(size: &Size, number: usize) -> Account {
    let id = format!("{}", 100_000_000_000 + number);
    let names: Vec<&str> = REGIONS.iter().copied().take(size.regions.max(1)).collect();
    let mut regions: BTreeMap<String, Region> =
        names.iter().map(|name| ((*name).to_owned(), network(&id, name))).collect();
    for group in 0..size.security_groups {
        if let Some(region) = regions.get_mut(names[group % names.len()]) {
            let vpc = region.vpcs[0].id.clone();
            region.security_groups.push(security_group(&id, group, vpc));
        }
    }
    Account {
        access_key: format!("AKIAGENERATED{number:07}"),
        caller: "auditor".to_owned(),
        alias: Some(format!("generated-{number}")),
        root: Root { created_days_ago: 900, mfa: Mfa::Hardware, ..Root::default() },
        password_policy: Some(PasswordPolicy { minimum_length: 14, remembered: Some(24), ..PasswordPolicy::default() }),
        s3_access_block: Some(AccessBlock::ALL),
        users: (0..size.users).map(user).collect(),
        roles: (0..size.roles).map(|role| self::role(&id, role)).collect(),
        buckets: (0..size.buckets).map(|bucket| self::bucket(&id, bucket, names[bucket % names.len()])).collect(),
        regions,
        id,
        ..Account::default()
    }
}

fn bad(number: usize) -> bool {
    number % 10 == 3
}

fn team(number: usize) -> Tags {
    let team = ["platform", "payments", "search", "data", "web"][number % 5];
    Tags::from([("team".to_owned(), team.to_owned())])
}

fn bucket(account: &str, number: usize, region: &str) -> Bucket {
    let name = format!("generated-{account}-{number:05}");
    let arn = format!("arn:aws:s3:::{name}");
    let tls_only = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
            "Resource": [&arn, format!("{arn}/*")],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}
        }]
    });
    Bucket {
        region: region.to_owned(),
        created_days_ago: 400,
        tags: team(number),
        policy: (!bad(number)).then_some(tls_only),
        ownership: Some("BucketOwnerEnforced".to_owned()),
        access_block: (!bad(number)).then_some(AccessBlock::ALL),
        versioning: (!number.is_multiple_of(3)).then(|| "Enabled".to_owned()),
        name,
        ..Bucket::default()
    }
}

fn role(account: &str, number: usize) -> Role {
    let principal = if bad(number) { json!({"AWS": "*"}) } else { json!({"Service": "lambda.amazonaws.com"}) };
    let resource = format!("arn:aws:s3:::generated-{account}-{number:05}/*");
    Role {
        name: format!("service-{number:05}"),
        path: "/".to_owned(),
        created_days_ago: 300,
        used_days_ago: Some(1),
        used_in: Some("eu-central-1".to_owned()),
        max_session_seconds: 3600,
        tags: team(number),
        trust: json!({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]
        }),
        inline: vec![InlinePolicy {
            name: "work".to_owned(),
            document: json!({
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": resource}]
            }),
        }],
        attached: vec!["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole".to_owned()],
        ..Role::default()
    }
}

fn user(number: usize) -> User {
    User {
        name: format!("person-{number:05}"),
        path: "/".to_owned(),
        created_days_ago: 500,
        tags: team(number),
        password: Some(Password { changed_days_ago: 30, used_days_ago: Some(2) }),
        mfa: if bad(number) { Mfa::None } else { Mfa::Virtual },
        access_keys: vec![AccessKey {
            created_days_ago: if bad(number) { 200 } else { 20 },
            used_days_ago: Some(1),
            ..AccessKey::default()
        }],
        ..User::default()
    }
}

fn network(account: &str, region: &str) -> Region {
    let id = |prefix: &str, what: &str| hex_id(prefix, &format!("{account}/{region}/{what}"));
    let (vpc, subnet) = (id("vpc", "main"), id("subnet", "main"));
    Region {
        settings: Settings { ebs_encryption: true, ..Settings::default() },
        subnets: vec![Subnet {
            id: subnet.clone(),
            vpc: vpc.clone(),
            zone: format!("{region}a"),
            range: "10.0.0.0/20".to_owned(),
            ..Subnet::default()
        }],
        network_acls: vec![NetworkAcl {
            id: id("acl", "main"),
            vpc: vpc.clone(),
            is_default: true,
            subnets: vec![subnet],
            ..NetworkAcl::default()
        }],
        security_groups: vec![SecurityGroup {
            id: id("sg", "default"),
            name: "default".to_owned(),
            description: "default VPC security group".to_owned(),
            vpc: vpc.clone(),
            ..SecurityGroup::default()
        }],
        vpcs: vec![Vpc { id: vpc, ranges: vec!["10.0.0.0/16".to_owned()], ..Vpc::default() }],
        ..Region::default()
    }
}

fn security_group(account: &str, number: usize, vpc: String) -> SecurityGroup {
    let (port, from) = if bad(number) { (22, "0.0.0.0/0") } else { (443, "10.0.0.0/8") };
    let opening = |protocol: &str, ports, peer: &str| Opening {
        protocol: protocol.to_owned(),
        ports,
        peers: vec![peer.to_owned()],
        description: None,
    };
    SecurityGroup {
        id: hex_id("sg", &format!("{account}/{number}")),
        name: format!("service-{number:05}"),
        description: "generated".to_owned(),
        vpc,
        ingress: vec![opening("tcp", Some((port, port)), from)],
        egress: vec![opening("all", None, "0.0.0.0/0")],
        tags: team(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_is_as_asked_and_the_same_each_time() {
        let size = Size { accounts: 2, buckets: 7, ..Size::default() };
        let estate = Estate::generated(&size, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(estate, Estate::generated(&size, Timestamp::UNIX_EPOCH).unwrap());
        assert_eq!(estate.accounts[1].id, "100000000001");
        assert_eq!(estate.accounts[1].buckets.len(), 7);
        let groups: usize = estate.accounts[0].regions.values().map(|region| region.security_groups.len()).sum();
        assert_eq!(groups, 202);
    }
}
