//! Several accounts and regions behind one endpoint, and changes while it runs.

use plimsoll::simulator::{Account, Estate, Simulator, Size, attack};

use super::{ACCOUNT, Clients, EU, US, code, demo, now};

const OTHER: &str = "222233334444";

/// The demo account and a central one, whose user may assume the demo's audit role.
async fn two_accounts() -> Simulator {
    let mut estate = Estate::demo(now()).unwrap();
    estate.accounts.push(Account {
        id: OTHER.to_owned(),
        access_key: "AKIACENTRAL000000001".to_owned(),
        caller: "central".to_owned(),
        ..Account::default()
    });
    Simulator::start(estate).await.unwrap()
}

fn central(simulator: &Simulator) -> Clients {
    Clients::with_key(simulator, EU, "AKIACENTRAL000000001", None)
}

#[tokio::test]
async fn accounts_are_told_apart_by_access_key() {
    let simulator = two_accounts().await;
    let who = central(&simulator).sts.get_caller_identity().send().await.unwrap();
    assert_eq!(who.account(), Some(OTHER));
    assert!(central(&simulator).s3.list_buckets().send().await.unwrap().buckets().is_empty());
    assert_eq!(code(central(&simulator).s3.get_bucket_acl().bucket("nordwind-invoices").send().await), "AccessDenied");
}

#[tokio::test]
async fn a_role_of_another_account_gives_that_account() {
    let simulator = two_accounts().await;
    let sts = central(&simulator).sts;
    let assume = |role: &str, external_id: Option<&str>| {
        sts.assume_role()
            .role_arn(format!("arn:aws:iam::{ACCOUNT}:role/{role}"))
            .role_session_name("scan")
            .set_external_id(external_id.map(str::to_owned))
            .send()
    };
    assert_eq!(code(assume("plimsoll-audit", None).await), "AccessDenied");
    assert_eq!(code(assume("plimsoll-audit", Some("wrong")).await), "AccessDenied");
    assert_eq!(code(assume("no-such-role", Some("plimsoll")).await), "AccessDenied");
    assert_eq!(code(assume("break-glass", None).await), "AccessDenied");
    let assumed = assume("plimsoll-audit", Some("plimsoll")).await.unwrap();
    let given = assumed.credentials().unwrap();
    let inside = Clients::with_key(&simulator, EU, given.access_key_id(), Some(given.session_token()));
    let who = inside.sts.get_caller_identity().send().await.unwrap();
    assert_eq!(who.arn(), Some("arn:aws:sts::111122223333:assumed-role/plimsoll-audit/scan"));
    assert_eq!(inside.s3.list_buckets().send().await.unwrap().buckets().len(), 40);
    let without_token = Clients::with_key(&simulator, EU, given.access_key_id(), None);
    assert_eq!(code(without_token.sts.get_caller_identity().send().await), "InvalidClientTokenId");
}

#[tokio::test]
async fn unknown_keys_are_refused_by_every_service() {
    let simulator = demo().await;
    let nobody = Clients::with_key(&simulator, EU, "AKIANOBODY0000000000", None);
    assert_eq!(code(nobody.sts.get_caller_identity().send().await), "InvalidClientTokenId");
    assert_eq!(code(nobody.ec2.describe_vpcs().send().await), "AuthFailure");
    assert_eq!(code(nobody.s3.list_buckets().send().await), "InvalidAccessKeyId");
    let elsewhere = Clients::new(&simulator, "ap-east-1");
    assert_eq!(code(elsewhere.ec2.describe_vpcs().send().await), "AuthFailure", "a region that is not enabled");
}

#[tokio::test]
async fn unsigned_requests_are_refused() {
    let simulator = demo().await;
    let url = format!("{}/?Action=GetCallerIdentity&Version=2011-06-15", simulator.endpoint());
    let answer = tokio::task::spawn_blocking(move || {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut answer = agent.get(url).call().unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    });
    let (status, body) = answer.await.unwrap();
    assert_eq!(status, 403);
    assert!(body.contains("<Code>MissingAuthenticationToken</Code>"), "{body}");
}

#[tokio::test]
async fn a_bucket_in_another_region_says_where_it_is() {
    let simulator = demo().await;
    let bucket = "nordwind-web-assets";
    let error = Clients::new(&simulator, EU).s3.get_bucket_acl().bucket(bucket).send().await.unwrap_err();
    let response = error.raw_response().unwrap();
    assert_eq!(response.status().as_u16(), 301);
    assert_eq!(response.headers().get("x-amz-bucket-region"), Some(US));
    assert_eq!(code(Err::<(), _>(error)), "PermanentRedirect");
    let elsewhere = "nordwind-invoices";
    let error = Clients::new(&simulator, US).s3.get_bucket_acl().bucket(elsewhere).send().await.unwrap_err();
    assert_eq!(error.raw_response().unwrap().headers().get("x-amz-bucket-region"), Some(EU));
    assert_eq!(code(Err::<(), _>(error)), "AuthorizationHeaderMalformed");
    let location = Clients::new(&simulator, EU).s3.get_bucket_location().bucket(bucket).send().await.unwrap();
    assert_eq!(location.location_constraint().map_or("", |region| region.as_str()), "");
}

#[tokio::test]
async fn an_attack_is_there_for_the_next_request() {
    let simulator = demo().await;
    let clients = Clients::new(&simulator, EU);
    let bucket = "nordwind-customer-exports";
    let is_public = async || {
        let status = clients.s3.get_bucket_policy_status().bucket(bucket).send().await.unwrap();
        status.policy_status().unwrap().is_public()
    };
    assert_eq!(is_public().await, Some(false));
    assert_eq!(simulator.change(attack).len(), 3);
    assert_eq!(is_public().await, Some(true));
    let block = clients.s3.get_public_access_block().bucket(bucket).send().await;
    assert_eq!(code(block), "NoSuchPublicAccessBlockConfiguration");
    let role = clients.iam.get_role().role_name("ci-deploy").send().await.unwrap();
    assert!(role.role().unwrap().assume_role_policy_document().unwrap().contains("666677778888"));
    let groups = clients.ec2.describe_security_groups().send().await.unwrap();
    let orders = groups.security_groups().iter().find(|group| group.group_name() == Some("orders-api")).unwrap();
    assert_eq!(orders.ip_permissions()[0].from_port(), Some(22));
}

#[tokio::test]
async fn generated_estates_are_served_too() {
    let size = Size { accounts: 2, ..Size::default() };
    let simulator = Simulator::start(Estate::generated(&size, now()).unwrap()).await.unwrap();
    let second = Clients::with_key(&simulator, EU, "AKIAGENERATED0000001", None);
    let who = second.sts.get_caller_identity().send().await.unwrap();
    assert_eq!(who.account(), Some("100000000001"));
    assert_eq!(second.s3.list_buckets().send().await.unwrap().buckets().len(), 200);
    let groups = second.ec2.describe_security_groups().send().await.unwrap();
    assert_eq!(groups.security_groups().len(), 101);
}
