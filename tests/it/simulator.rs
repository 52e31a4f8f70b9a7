//! The simulated AWS, as the real SDK clients see it.

mod faults;
mod operations;
mod paging;
mod tenants;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_s3control::config::endpoint::{Endpoint, EndpointFuture, Params, ResolveEndpoint};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use jiff::Timestamp;
use plimsoll::simulator::{Estate, Simulator};

const EU: &str = "eu-central-1";
const US: &str = "us-east-1";
const ACCOUNT: &str = "111122223333";

/// The demo account, served.
async fn demo() -> Simulator {
    Simulator::start(Estate::demo(now()).unwrap()).await.unwrap()
}

fn now() -> Timestamp {
    "2026-11-22T09:00:00Z".parse().unwrap()
}

/// The SDK clients of one caller in one region, without retries.
struct Clients {
    iam: aws_sdk_iam::Client,
    sts: aws_sdk_sts::Client,
    ec2: aws_sdk_ec2::Client,
    s3: aws_sdk_s3::Client,
    s3control: aws_sdk_s3control::Client,
}

impl Clients {
    fn new(simulator: &Simulator, region: &str) -> Self {
        Self::with_key(simulator, region, &simulator.access_key(), None)
    }

    fn with_key(simulator: &Simulator, region: &str, key: &str, token: Option<&str>) -> Self {
        let credentials = Credentials::new(key, "secret", token.map(str::to_owned), None, "test");
        let config = aws_config::SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .endpoint_url(simulator.endpoint())
            .region(aws_config::Region::new(region.to_owned()))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(RetryConfig::disabled())
            .build();
        let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
        let control =
            aws_sdk_s3control::config::Builder::from(&config).endpoint_resolver(Fixed(simulator.endpoint())).build();
        Self {
            iam: aws_sdk_iam::Client::new(&config),
            sts: aws_sdk_sts::Client::new(&config),
            ec2: aws_sdk_ec2::Client::new(&config),
            s3: aws_sdk_s3::Client::from_conf(s3),
            s3control: aws_sdk_s3control::Client::from_conf(control),
        }
    }
}

/// Keeps the SDK from putting the account id before the host name.
#[derive(Debug)]
struct Fixed(String);

impl ResolveEndpoint for Fixed {
    fn resolve_endpoint<'a>(&'a self, _: &'a Params) -> EndpointFuture<'a> {
        EndpointFuture::ready(Ok(Endpoint::builder().url(self.0.clone()).build()))
    }
}

/// The error code of a call that must fail.
#[track_caller]
fn code<T: std::fmt::Debug, E: ProvideErrorMetadata + std::fmt::Debug>(outcome: Result<T, E>) -> String {
    outcome.unwrap_err().code().unwrap_or("no code").to_owned()
}
