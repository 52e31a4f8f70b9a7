//! `plimsoll drift` on two snapshot files: what it prints, and when it fails.

use std::path::Path;

use plimsoll::model::{
    AccountId, Bucket, GroupRule, Listing, Region, Resource, ResourceId, ResourceType, SecurityGroup, Snapshot,
};
use plimsoll::policy::parse;
use plimsoll::source::file;
use serde_json::Value;

use crate::estate::{folder, program, run, time};

const DRIFT: i32 = 11;
const GROUP: &str = "arn:aws:ec2:eu-central-1:111122223333:security-group/sg-0a";

fn resource(arn: &str, region: &str, configuration: impl Into<plimsoll::model::Configuration>) -> Resource {
    let (account, region) = (AccountId::new("111122223333").unwrap(), Region::new(region).unwrap());
    Resource::new(ResourceId::new(arn).unwrap(), account, region, "one", configuration)
}

fn bucket(statements: &str) -> Resource {
    let policy = parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)).unwrap();
    resource("arn:aws:s3:::photos", "eu-central-1", Bucket { policy: Some(policy), ..Bucket::default() })
}

fn group(range: &str) -> Resource {
    let rule = GroupRule {
        protocol: "tcp".to_owned(),
        from_port: Some(22),
        to_port: Some(22),
        cidr_ipv4: Some(range.to_owned()),
        ..GroupRule::default()
    };
    resource(GROUP, "eu-central-1", SecurityGroup { ingress: Some(vec![rule]), ..SecurityGroup::default() })
}

fn write(folder: &Path, name: &str, resources: Vec<Resource>) {
    let mut snapshot = Snapshot::empty(time(0));
    snapshot.listings.push(Listing {
        account: AccountId::new("111122223333").unwrap(),
        region: Region::global(),
        resource_type: ResourceType::Bucket,
        complete: true,
        listed_before: false,
    });
    snapshot.resources = resources;
    snapshot.sort();
    file::write(&folder.join(name), &snapshot).unwrap();
}

const READ: &str = r#"{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::photos/*"}"#;

#[test]
fn only_a_change_of_meaning_is_drift() {
    let (folder, _) = folder();
    let split = [READ.replace(r#","s3:PutObject""#, ""), READ.replace(r#""s3:GetObject","#, "")].join(",");
    write(folder.path(), "old.json", vec![bucket(READ), group("10.0.0.0/8")]);
    write(folder.path(), "same.json", vec![bucket(&split), group("10.0.0.0/8")]);
    write(folder.path(), "open.json", vec![bucket(READ), group("0.0.0.0/0")]);
    let drift = |new: &str, format: &str| {
        run(&mut program(folder.path()), &["drift", "old.json", new, "--fail", "--format", format])
    };

    let same = drift("same.json", "table");
    assert_eq!(same.code, 0, "{}", same.stdout);
    assert!(same.stdout.starts_with("no drift\n"), "{}", same.stdout);
    assert!(same.stdout.contains("1 resource written otherwise, with the same meaning"), "{}", same.stdout);
    let report: Value = serde_json::from_str(&drift("same.json", "json").stdout).unwrap();
    assert_eq!(
        (report["changes"].as_array().unwrap().len(), &report["rewritten"][0]["kind"]),
        (0, &"rewritten".into())
    );

    let open = drift("open.json", "table");
    assert_eq!(open.code, DRIFT, "{}", open.stdout);
    for wanted in
        ["widened", GROUP, "gained  tcp 22 from ", "tcp 22 from 1.0.0.1 may now come in", "1 change: 1 widened"]
    {
        assert!(open.stdout.contains(wanted), "{wanted:?} is not in:\n{}", open.stdout);
    }
}
