//! Ways into an account, through the program and the files that AWS tools use.

use std::path::Path;

use plimsoll::simulator::Simulator;
use plimsoll::source::file;

use crate::estate::{Ended, folder, program, program_on, run_beside, serve, small};

const ROLE: &str = "arn:aws:iam::111122223333:role/plimsoll-audit";

/// A profile in the files of this home folder, with the simulated AWS as its endpoint.
fn write_profile(home: &Path, simulator: &Simulator) {
    let aws = home.join(".aws");
    std::fs::create_dir(&aws).unwrap();
    let endpoint = simulator.endpoint();
    let config = format!("[profile audit]\nregion = eu-central-1\nendpoint_url = {endpoint}\n");
    std::fs::write(aws.join("config"), config).unwrap();
    let key = simulator.access_key();
    let credentials = format!("[audit]\naws_access_key_id = {key}\naws_secret_access_key = any\n");
    std::fs::write(aws.join("credentials"), credentials).unwrap();
}

fn assert_collected(ended: &Ended, snapshot: &Path) {
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let snapshot = file::read(snapshot).unwrap();
    assert!(snapshot.listings.iter().all(|listing| listing.complete));
    assert!(snapshot.resources.len() > 50, "{} resources", snapshot.resources.len());
    assert!(snapshot.resources.iter().all(|resource| resource.account.as_str() == "111122223333"));
}

#[tokio::test]
async fn a_profile_brings_credentials_region_and_endpoint() {
    let simulator = serve(small()).await;
    let (folder, _) = folder();
    write_profile(folder.path(), &simulator);
    let snapshot = folder.path().join("snapshot.json");
    let arguments = ["collect", "--profile", "audit", "--output", snapshot.to_str().unwrap()];
    assert_collected(&run_beside(program(folder.path()), &arguments).await, &snapshot);
    let elsewhere = run_beside(program(folder.path()), &["collect", "--profile", "other", "--output", "x.json"]).await;
    assert_eq!(elsewhere.code, 1, "{}", elsewhere.stderr);
    assert!(elsewhere.stderr.contains("other"), "{}", elsewhere.stderr);
}

#[tokio::test]
async fn a_role_is_assumed_with_the_external_id_it_asks_for() {
    let simulator = serve(small()).await;
    simulator.change(|estate| {
        let whole = crate::estate::demo();
        let audit = whole.accounts[0].roles.iter().find(|role| role.name == "plimsoll-audit").unwrap().clone();
        let roles = &mut estate.accounts[0].roles;
        roles.retain(|role| role.name != "plimsoll-audit");
        roles.push(audit);
    });
    let (folder, _) = folder();
    let snapshot = folder.path().join("snapshot.json");
    let collect = |external_id: &'static str| {
        let program = program_on(&simulator, folder.path());
        let output = snapshot.to_str().unwrap().to_owned();
        async move {
            let arguments = ["collect", "--role-arn", ROLE, "--external-id", external_id, "--output", &output];
            run_beside(program, &arguments).await
        }
    };
    let refused = collect("wrong").await;
    assert_eq!(refused.code, 1, "{}", refused.stderr);
    assert!(refused.stderr.contains("cannot assume role") && refused.stderr.contains(ROLE), "{}", refused.stderr);
    assert!(!snapshot.exists());
    assert_collected(&collect("plimsoll").await, &snapshot);
    let assumed = simulator.stats().of("sts", "AssumeRole");
    assert!(assumed >= 2, "{assumed} calls");
}
