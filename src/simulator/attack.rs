//! What an attacker with a stolen key does first: open a bucket, open SSH, leave a way back in.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::estate::{Account, Estate};
use super::estate_ec2::Opening;
use super::estate_trail::TrailEvent;

/// Somebody else's account.
const FOREIGN_ACCOUNT: &str = "666677778888";

/// The targets in the demo account; in other estates the first resource of the kind is taken.
const BUCKET: &str = "nordwind-customer-exports";
const GROUP: &str = "orders-api";
const ROLE: &str = "ci-deploy";

/// One change the attacker made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attack {
    /// ARN of what was changed.
    pub resource: String,
    /// What was done to it.
    pub what: String,
}

/// Makes the changes in the first account, and says what they were.
pub fn attack(estate: &mut Estate) -> Vec<Attack> {
    let Some(account) = estate.first_mut() else { return Vec::new() };
    [open_bucket(account), open_ssh(account), trust_outsider(account)].into_iter().flatten().collect()
}

/// Makes the changes as [`attack`] does, and tells CloudTrail who made them when.
pub fn attack_by(estate: &mut Estate, who: &str, at: Timestamp) -> Vec<Attack> {
    let attacks = attack(estate);
    let Some(account) = estate.first_mut() else { return attacks };
    for (resource, calls) in attacks.iter().zip(CALLS) {
        let arn = resource.resource.as_str();
        let bucket = account.buckets.iter().find(|bucket| arn.ends_with(&format!(":::{}", bucket.name)));
        let region = bucket.map_or_else(
            || arn.split(':').nth(3).filter(|region| !region.is_empty()).unwrap_or("us-east-1").to_owned(),
            |bucket| bucket.region.clone(),
        );
        let name = arn.rsplit(['/', ':']).next().unwrap_or(arn).to_owned();
        for (source, of, call) in calls {
            let event = TrailEvent {
                id: format!("0a1b2c3d-0000-4000-8000-{:012}", account.events.len() + 1),
                at,
                region: region.clone(),
                source: (*source).to_owned(),
                name: (*call).to_owned(),
                who: who.to_owned(),
                resources: vec![((*of).to_owned(), name.clone())],
                reads: false,
                error: None,
            };
            account.events.push(event);
        }
    }
    attacks
}

/// The calls of each of the changes, in their order: source, type of the resource, operation.
const CALLS: [&[(&str, &str, &str)]; 3] = [
    &[
        ("s3.amazonaws.com", "AWS::S3::Bucket", "PutBucketPolicy"),
        ("s3.amazonaws.com", "AWS::S3::Bucket", "DeleteBucketPublicAccessBlock"),
    ],
    &[("ec2.amazonaws.com", "AWS::EC2::SecurityGroup", "AuthorizeSecurityGroupIngress")],
    &[("iam.amazonaws.com", "AWS::IAM::Role", "UpdateAssumeRolePolicy")],
];

fn open_bucket(account: &mut Account) -> Option<Attack> {
    let at = account.buckets.iter().position(|bucket| bucket.name == BUCKET).unwrap_or(0);
    let bucket = account.buckets.get_mut(at)?;
    let arn = format!("arn:aws:s3:::{}", bucket.name);
    let everyone = json!({
        "Sid": "Temp", "Effect": "Allow", "Principal": "*",
        "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": [&arn, format!("{arn}/*")]
    });
    let policy = bucket.policy.get_or_insert_with(|| json!({"Version": "2012-10-17", "Statement": []}));
    add_statement(policy, everyone);
    bucket.access_block = None;
    Some(Attack { resource: arn, what: "lets everyone read it, and drops its access block".to_owned() })
}

fn open_ssh(account: &mut Account) -> Option<Attack> {
    let named = account.regions.iter().find(|(_, region)| region.security_groups.iter().any(|one| one.name == GROUP));
    let filled = || account.regions.iter().find(|(_, region)| !region.security_groups.is_empty());
    let region_name = named.or_else(filled)?.0.clone();
    let groups = &mut account.regions.get_mut(&region_name)?.security_groups;
    let at = groups.iter().position(|group| group.name == GROUP).unwrap_or(0);
    let group = groups.get_mut(at)?;
    group.ingress.push(Opening {
        protocol: "tcp".to_owned(),
        ports: Some((22, 22)),
        peers: vec!["0.0.0.0/0".to_owned()],
        description: Some("temp".to_owned()),
    });
    let resource = format!("arn:aws:ec2:{region_name}:{}:security-group/{}", account.id, group.id);
    Some(Attack { resource, what: "opens SSH to the world".to_owned() })
}

fn trust_outsider(account: &mut Account) -> Option<Attack> {
    let at = account.roles.iter().position(|role| role.name == ROLE).unwrap_or(0);
    let role = account.roles.get_mut(at)?;
    let outsider = json!({
        "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": format!("arn:aws:iam::{FOREIGN_ACCOUNT}:root")}
    });
    add_statement(&mut role.trust, outsider);
    let resource = format!("arn:aws:iam::{}:role{}{}", account.id, role.path, role.name);
    Some(Attack { resource, what: format!("lets account {FOREIGN_ACCOUNT} assume it") })
}

/// A policy's statements may be a list or a single one.
fn add_statement(policy: &mut Value, statement: Value) {
    match &mut policy["Statement"] {
        Value::Array(statements) => statements.push(statement),
        single => *single = json!([single.take(), statement]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_resources_of_the_demo_are_changed() {
        let before = Estate::demo(Timestamp::UNIX_EPOCH).unwrap();
        let mut after = before.clone();
        let attacks = attack(&mut after);
        let resources: Vec<&str> = attacks.iter().map(|attack| attack.resource.as_str()).collect();
        assert_eq!(resources[0], "arn:aws:s3:::nordwind-customer-exports");
        assert!(resources[1].starts_with("arn:aws:ec2:eu-central-1:111122223333:security-group/sg-"));
        assert_eq!(resources[2], "arn:aws:iam::111122223333:role/ci/ci-deploy");
        let (old, new) = (&before.accounts[0], &after.accounts[0]);
        assert!(old.bucket(BUCKET).unwrap().access_block.is_some());
        assert!(new.bucket(BUCKET).unwrap().access_block.is_none());
        assert_eq!(new.roles.iter().filter(|role| old.role(&role.name) != Some(role)).count(), 1);
    }

    #[test]
    fn an_empty_account_has_nothing_to_attack() {
        let mut estate = Estate::of(vec![Account::default()], Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(attack(&mut estate), []);
    }
}
