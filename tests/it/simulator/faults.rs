//! Each kind of fault, as the SDK reports it.

use std::time::Duration;

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::timeout::TimeoutConfig;
use plimsoll::simulator::{Fault, FaultKind, Latency, Simulator, When};

use super::{ACCOUNT, Clients, EU, US, code, demo};

const BUCKET: &str = "nordwind-customer-exports";

async fn demo_with(fault: Fault) -> (Simulator, Clients) {
    let simulator = demo().await;
    simulator.set_faults(vec![fault]);
    let clients = Clients::new(&simulator, EU);
    (simulator, clients)
}

/// What each service calls the same trouble, by one read of each.
async fn check_codes(kind: FaultKind, [sts, iam, ec2, s3, control]: [&str; 5]) {
    let (_simulator, clients) = demo_with(Fault::new(kind)).await;
    assert_eq!(code(clients.sts.get_caller_identity().send().await), sts);
    assert_eq!(code(clients.iam.get_account_summary().send().await), iam);
    assert_eq!(code(clients.ec2.describe_vpcs().send().await), ec2);
    assert_eq!(code(clients.s3.get_bucket_policy().bucket(BUCKET).send().await), s3);
    assert_eq!(code(clients.s3control.list_access_points().account_id(ACCOUNT).send().await), control);
}

#[tokio::test]
async fn denials_have_each_services_own_code() {
    let denied = "AccessDenied";
    check_codes(FaultKind::Denied, [denied, denied, "UnauthorizedOperation", denied, denied]).await;
}

#[tokio::test]
async fn throttles_have_each_services_own_code() {
    let codes = ["Throttling", "Throttling", "RequestLimitExceeded", "SlowDown", "SlowDown"];
    check_codes(FaultKind::Throttle, codes).await;
}

#[tokio::test]
async fn expired_credentials_have_each_services_own_code() {
    let expired = "ExpiredToken";
    check_codes(FaultKind::Expired, [expired, expired, "RequestExpired", expired, expired]).await;
}

#[tokio::test]
async fn failures_have_each_services_own_code() {
    let codes = ["ServiceFailure", "ServiceFailure", "InternalError", "InternalError", "InternalError"];
    check_codes(FaultKind::Http500, codes).await;
}

#[tokio::test]
async fn a_denial_names_the_caller_and_the_action() {
    let (_simulator, clients) = demo_with(Fault::new(FaultKind::Denied)).await;
    let message = clients.s3.get_bucket_encryption().bucket(BUCKET).send().await.unwrap_err();
    assert_eq!(
        message.message(),
        Some(
            "User: arn:aws:iam::111122223333:user/service/plimsoll-scanner is not authorized to perform: \
             s3:GetEncryptionConfiguration on resource: \"arn:aws:s3:::nordwind-customer-exports\" because no \
             identity-based policy allows the s3:GetEncryptionConfiguration action"
        )
    );
    let message = clients.ec2.describe_vpcs().send().await.unwrap_err();
    assert!(message.message().unwrap().starts_with("You are not authorized to perform this operation. User: arn:"));
}

#[tokio::test]
async fn a_denied_head_has_a_status_and_no_body() {
    let (_simulator, clients) = demo_with(Fault::new(FaultKind::Denied)).await;
    let error = clients.s3.head_bucket().bucket(BUCKET).send().await.unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 403);
}

#[tokio::test]
async fn a_bad_gateway_is_html() {
    let (_simulator, clients) = demo_with(Fault::new(FaultKind::BadGateway)).await;
    let error = clients.iam.get_account_summary().send().await.unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 502);
    assert_eq!(error.code(), None);
}

#[tokio::test]
async fn a_reset_drops_the_connection() {
    let (simulator, clients) = demo_with(Fault::new(FaultKind::Reset).when(When::First(1))).await;
    let error = clients.ec2.describe_vpcs().send().await.unwrap_err();
    assert!(matches!(error, SdkError::DispatchFailure(_)), "{error:?}");
    clients.ec2.describe_vpcs().send().await.unwrap();
    let counted: Vec<u16> = simulator.stats().calls.iter().map(|call| call.status).collect();
    assert_eq!(counted, [0, 200]);
}

/// The trap that makes this fault worth having: to the SDK a document that ends early is a short
/// one, so that a list loses its end and the token of the next page without any error.
#[tokio::test]
async fn half_a_body_looks_whole_to_the_sdk() {
    let (_simulator, clients) = demo_with(Fault::new(FaultKind::Truncate)).await;
    let vpcs = clients.ec2.describe_vpcs().send().await.unwrap();
    assert!(vpcs.vpcs().len() < 3, "{vpcs:?}");
    let policy = clients.s3.get_bucket_policy().bucket(BUCKET).send().await.unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(policy.policy().unwrap()).is_err());
}

#[tokio::test]
async fn a_connection_cut_in_the_middle_of_a_body_is_an_error() {
    let (_simulator, clients) = demo_with(Fault::new(FaultKind::Cut)).await;
    let error = clients.ec2.describe_vpcs().send().await.unwrap_err();
    assert!(matches!(error, SdkError::ResponseError(_) | SdkError::DispatchFailure(_)), "{error:?}");
}

#[tokio::test]
async fn a_hanging_call_ends_when_the_client_gives_up() {
    let (simulator, clients) = demo_with(Fault::new(FaultKind::Hang).of("ec2", "DescribeVpcs")).await;
    let soon = TimeoutConfig::builder().operation_timeout(Duration::from_millis(200)).build();
    let config = aws_sdk_ec2::config::Config::builder().timeout_config(soon);
    let error = clients.ec2.describe_vpcs().customize().config_override(config).send().await.unwrap_err();
    assert!(matches!(error, SdkError::TimeoutError(_)), "{error:?}");
    clients.ec2.describe_subnets().send().await.unwrap();
    simulator.stop().await;
}

#[tokio::test]
async fn a_delay_only_delays() {
    let mut late = Fault::new(FaultKind::Delay);
    late.delay_ms = 30;
    let (simulator, clients) = demo_with(late).await;
    simulator.set_latency(Latency::Aws);
    let both = tokio::join!(clients.ec2.describe_vpcs().send(), clients.ec2.describe_subnets().send());
    assert!(both.0.is_ok() && both.1.is_ok());
    assert_eq!(simulator.stats().max_in_flight, 2);
}

#[tokio::test]
async fn rules_can_be_narrowed_to_service_operation_region_account_and_bucket() {
    let simulator = demo().await;
    simulator.set_faults(vec![
        Fault::new(FaultKind::Denied).of("s3", "GetBucketPolicy").for_subject(BUCKET),
        Fault::new(FaultKind::Throttle).of_service("ec2").in_region(US),
        Fault::new(FaultKind::Http500).in_account("999999999999"),
    ]);
    let (eu, us) = (Clients::new(&simulator, EU), Clients::new(&simulator, US));
    assert_eq!(code(eu.s3.get_bucket_policy().bucket(BUCKET).send().await), "AccessDenied");
    eu.s3.get_bucket_policy().bucket("nordwind-orders-documents").send().await.unwrap();
    eu.s3.get_bucket_acl().bucket(BUCKET).send().await.unwrap();
    eu.ec2.describe_vpcs().send().await.unwrap();
    assert_eq!(code(us.ec2.describe_vpcs().send().await), "RequestLimitExceeded");
}

#[tokio::test]
async fn rules_can_select_some_of_the_calls() {
    let simulator = demo().await;
    let clients = Clients::new(&simulator, EU);
    let fails = async |when: When, calls: usize| {
        simulator.set_faults(vec![Fault::new(FaultKind::Throttle).when(when)]);
        let mut pattern = String::new();
        for _ in 0..calls {
            let outcome = clients.sts.get_caller_identity().send().await;
            pattern.push(if outcome.is_ok() { '.' } else { 'x' });
        }
        pattern
    };
    assert_eq!(fails(When::First(2), 5).await, "xx...");
    assert_eq!(fails(When::Every(3), 7).await, "..x..x.");
    assert_eq!(fails(When::Bucket { capacity: 3.0, refill: 0.0 }, 5).await, "...xx");
    assert_eq!(fails(When::Pct(0), 4).await, "....");
    let half = fails(When::Pct(50), 40).await.matches('x').count();
    assert!((10..=30).contains(&half), "{half} of 40");
}

#[tokio::test]
async fn faults_and_counts_are_there_over_http() {
    let simulator = demo().await;
    let clients = Clients::new(&simulator, EU);
    let (base, faults) = (simulator.endpoint(), r#"[{"service": "iam", "kind": "throttle", "when": {"first": 1}}]"#);
    let posted = tokio::task::spawn_blocking({
        let base = base.clone();
        move || {
            let bad = ureq::post(format!("{base}/__faults")).send(r#"[{"kind": "gremlins"}]"#).unwrap_err();
            let good = ureq::post(format!("{base}/__faults")).send(faults).unwrap();
            (bad.to_string(), good.status().as_u16())
        }
    });
    assert_eq!(posted.await.unwrap(), ("http status: 400".to_owned(), 204));
    assert_eq!(code(clients.iam.get_account_summary().send().await), "Throttling");
    clients.iam.get_account_summary().send().await.unwrap();
    let stats = tokio::task::spawn_blocking(move || {
        let stats = ureq::get(format!("{base}/__stats")).call().unwrap().body_mut().read_to_string().unwrap();
        ureq::post(format!("{base}/__reset")).send_empty().unwrap();
        serde_json::from_str::<plimsoll::simulator::Stats>(&stats).unwrap()
    });
    let stats = stats.await.unwrap();
    let seen: Vec<(&str, u16, u64)> =
        stats.calls.iter().map(|call| (call.operation.as_str(), call.status, call.count)).collect();
    assert_eq!(seen, [("GetAccountSummary", 200, 1), ("GetAccountSummary", 400, 1)]);
    assert_eq!((stats.calls[0].region.as_str(), stats.calls[0].account.as_str()), (EU, ACCOUNT));
    assert_eq!(simulator.stats().total(), 0);
}
