//! A session: one account, the credentials to read it, and a client for each service and region.
//!
//! All clients of a session share one connection pool, one set of time limits and one set of
//! counters; each has a retry quota of its own, because the SDK's default quota is shared by the
//! whole process and one throttled account would starve the others.

use std::collections::BTreeMap;
use std::fmt;
use std::num::{NonZeroI32, NonZeroU32, NonZeroUsize};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use aws_smithy_runtime::client::retries::{RetryPartition, TokenBucket};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::calls::{CallCount, CallCounts, Observer};
use super::cell::{Cell, Regional};
use super::connect::{self, ConnectError};
use super::credentials::{Renewable, Shared};
use super::limiter::Pace;
use crate::model::{AccountId, Region, ResourceId, Service};

/// How to get into an account. Everything absent is found as the AWS tools find it: environment,
/// profile, container and instance.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// Profile in the AWS configuration files.
    pub profile: Option<String>,
    /// ARN of a role to assume first.
    pub role_arn: Option<String>,
    /// External id that the role's trust policy asks for.
    pub external_id: Option<String>,
    /// Endpoint for all services; `AWS_ENDPOINT_URL` when absent.
    pub endpoint_url: Option<String>,
    /// Region for calls that belong to no region; that of the environment or profile, or else
    /// `us-east-1`, when absent.
    pub region: Option<Region>,
    /// Keys to use instead of looking for credentials.
    pub keys: Option<Keys>,
    /// Time limits, retries and pace.
    pub limits: Limits,
}

/// Access keys given by hand, for simulated accounts.
#[derive(Clone)]
pub struct Keys {
    /// Access key id.
    pub access_key_id: String,
    /// Secret access key; never printed.
    pub secret_access_key: String,
    /// Session token; never printed.
    pub session_token: Option<String>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

/// Time limits, retries and pace of a session.
#[derive(Debug, Clone)]
pub struct Limits {
    /// To open a connection.
    pub connect: Duration,
    /// From the request to the first byte of the answer.
    pub read: Duration,
    /// For one attempt.
    pub attempt: Duration,
    /// For one call with all its attempts.
    pub operation: Duration,
    /// Attempts of one call.
    pub attempts: u32,
    /// Further rounds of attempts when the service throttles.
    pub throttle_rounds: u32,
    /// Longest pause before the second attempt; doubles with each attempt, with full jitter.
    pub backoff: Duration,
    /// Longest pause between attempts.
    pub longest_backoff: Duration,
    /// Calls at the same time, per region and service; the collector's own number when absent.
    pub concurrency: Option<NonZeroUsize>,
    /// Calls per second, per region and service; the collector's own number when absent.
    pub calls_per_second: Option<NonZeroU32>,
    /// Items per page, where that is less than the service's largest page. EC2 gives no fewer than 5.
    pub page_size: Option<NonZeroI32>,
    /// Calls without an answer in a row after which a region's service is not called any more.
    pub breaker_after: NonZeroU32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_millis(3_100),
            read: Duration::from_secs(20),
            attempt: Duration::from_secs(30),
            operation: Duration::from_mins(3),
            attempts: 3,
            throttle_rounds: 4,
            backoff: Duration::from_millis(500),
            longest_backoff: Duration::from_secs(20),
            concurrency: None,
            calls_per_second: None,
            page_size: None,
            breaker_after: NonZeroU32::MIN.saturating_add(7),
        }
    }
}

/// An open way into one account.
#[derive(Debug)]
pub struct Session {
    /// The account.
    pub account: AccountId,
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: String,
    /// Who is reading, as an ARN.
    pub caller: String,
    /// Region for calls that belong to no region.
    pub region: Region,
    config: SdkConfig,
    limits: Limits,
    credentials: Arc<Renewable>,
    counts: CallCounts,
    buckets: Mutex<BTreeMap<Region, Regional<aws_sdk_s3::Client>>>,
}

impl Session {
    /// Finds credentials and asks AWS whose they are.
    ///
    /// # Errors
    /// When there are no credentials, when AWS does not accept them, or cannot be reached.
    pub async fn connect(access: &Access) -> Result<Self, ConnectError> {
        let config = configure(access).await;
        let credentials = Arc::new(renewable(access.clone(), config.clone()));
        let config = config
            .into_builder()
            .credentials_provider(SharedCredentialsProvider::new(Shared(Arc::clone(&credentials))))
            .identity_cache(aws_config::identity::IdentityCache::no_cache())
            .build();
        let counts = CallCounts::default();
        let region = home_region(&config)?;
        let caller = connect::caller(access, &config, &credentials, &counts).await?;
        Ok(Self {
            account: caller.account,
            partition: caller.partition,
            caller: caller.arn,
            region,
            config,
            limits: access.limits.clone(),
            credentials,
            counts,
            buckets: Mutex::default(),
        })
    }

    /// What was asked of AWS so far.
    #[must_use]
    pub fn calls(&self) -> Vec<CallCount> {
        self.counts.read()
    }

    /// The ARN of something in this account.
    pub(super) fn arn(&self, service: &str, region: &str, path: &str) -> ResourceId {
        made(format!("arn:{}:{service}:{region}:{}:{path}", self.partition, self.account))
    }

    /// The ARN that AWS gave, or else the one it would give.
    pub(super) fn given_arn(&self, given: Option<&str>, service: &str, region: &str, path: &str) -> ResourceId {
        let given = given.and_then(|arn| ResourceId::new(arn).ok());
        given.unwrap_or_else(|| self.arn(service, region, path))
    }

    /// The ARN of a bucket, which names neither region nor account.
    pub(super) fn bucket_arn(&self, name: &str) -> ResourceId {
        made(format!("arn:{}:s3:::{name}", self.partition))
    }

    fn cell(&self, region: &Region, service: Service) -> Arc<Cell> {
        let credentials = Arc::clone(&self.credentials);
        Arc::new(Cell::new(self.account.clone(), region.clone(), service, &self.limits, credentials))
    }

    fn observer(&self, cell: &Cell) -> Observer {
        Observer { counts: self.counts.clone(), pace: Arc::clone(&cell.pace) }
    }

    fn partition(&self, region: &Region, service: &str) -> RetryPartition {
        RetryPartition::custom(format!("{}/{region}/{service}", self.account))
            .token_bucket(TokenBucket::builder().capacity(1_000_000).build())
            .build()
    }

    /// IAM Access Analyzer in one region.
    pub(super) fn access_analyzer(&self, region: &Region) -> Regional<aws_sdk_accessanalyzer::Client> {
        let cell = self.cell(region, Service::AccessAnalyzer);
        let config = aws_sdk_accessanalyzer::config::Builder::from(&self.config)
            .region(aws_sdk_accessanalyzer::config::Region::new(region.to_string()))
            .retry_partition(self.partition(region, "accessanalyzer"))
            .interceptor(self.observer(&cell));
        Regional { client: aws_sdk_accessanalyzer::Client::from_conf(config.build()), cell }
    }

    /// IAM, which has one region per partition; resources are `global`.
    pub(super) fn iam(&self) -> Regional<aws_sdk_iam::Client> {
        let cell = self.cell(&Region::global(), Service::Iam);
        let config = aws_sdk_iam::config::Builder::from(&self.config)
            .retry_partition(self.partition(&cell.region, "iam"))
            .interceptor(self.observer(&cell));
        Regional { client: aws_sdk_iam::Client::from_conf(config.build()), cell }
    }

    /// Organizations, which has one region per partition; resources are `global`.
    pub(super) fn organizations(&self) -> Regional<aws_sdk_organizations::Client> {
        let cell = self.cell(&Region::global(), Service::Organizations);
        let config = aws_sdk_organizations::config::Builder::from(&self.config)
            .retry_partition(self.partition(&cell.region, "organizations"))
            .interceptor(self.observer(&cell));
        Regional { client: aws_sdk_organizations::Client::from_conf(config.build()), cell }
    }

    /// EC2 in one region.
    pub(super) fn ec2(&self, region: &Region) -> Regional<aws_sdk_ec2::Client> {
        let cell = self.cell(region, Service::Ec2);
        let config = aws_sdk_ec2::config::Builder::from(&self.config)
            .region(aws_sdk_ec2::config::Region::new(region.to_string()))
            .retry_partition(self.partition(region, "ec2"))
            .interceptor(self.observer(&cell));
        Regional { client: aws_sdk_ec2::Client::from_conf(config.build()), cell }
    }

    /// CloudTrail in one region.
    pub(super) fn cloudtrail(&self, region: &Region) -> Regional<aws_sdk_cloudtrail::Client> {
        let cell = self.cell(region, Service::CloudTrail);
        let config = aws_sdk_cloudtrail::config::Builder::from(&self.config)
            .region(aws_sdk_cloudtrail::config::Region::new(region.to_string()))
            .retry_partition(self.partition(region, "cloudtrail"))
            .interceptor(self.observer(&cell));
        Regional { client: aws_sdk_cloudtrail::Client::from_conf(config.build()), cell }
    }

    /// CloudTrail's event history in one region, at the pace that AWS allows. Every attempt waits for
    /// its turn, so that the client makes one at a time.
    pub(super) fn trail_events(&self, region: &Region) -> Regional<aws_sdk_cloudtrail::Client> {
        let credentials = Arc::clone(&self.credentials);
        let mut cell = Cell::new(self.account.clone(), region.clone(), Service::CloudTrail, &self.limits, credentials);
        cell.pace = Arc::new(Pace::new(super::trail_events::PER_SECOND, 1.0));
        let config = aws_sdk_cloudtrail::config::Builder::from(&self.config)
            .region(aws_sdk_cloudtrail::config::Region::new(region.to_string()))
            .retry_config(RetryConfig::disabled())
            .interceptor(self.observer(&cell));
        Regional { client: aws_sdk_cloudtrail::Client::from_conf(config.build()), cell: Arc::new(cell) }
    }

    /// S3 for directory buckets in one region. AWS answers on a host of its own; another endpoint
    /// is asked as for any bucket, without the session that only AWS's hosts for objects give.
    pub(super) fn s3express(&self, region: &Region) -> Regional<aws_sdk_s3::Client> {
        let cell = self.cell(region, Service::S3);
        let config = aws_sdk_s3::config::Builder::from(&self.config)
            .region(aws_sdk_s3::config::Region::new(region.to_string()))
            .disable_s3_express_session_auth(true)
            .retry_partition(self.partition(region, "s3express"))
            .interceptor(self.observer(&cell));
        Regional { client: aws_sdk_s3::Client::from_conf(config.build()), cell }
    }

    /// AWS Backup in one region.
    pub(super) fn backup(&self, region: &Region) -> Regional<aws_sdk_backup::Client> {
        let cell = self.cell(region, Service::Backup);
        let config = aws_sdk_backup::config::Builder::from(&self.config)
            .region(aws_sdk_backup::config::Region::new(region.to_string()))
            .retry_partition(self.partition(region, "backup"))
            .interceptor(self.observer(&cell));
        Regional { client: aws_sdk_backup::Client::from_conf(config.build()), cell }
    }

    /// S3 in one region; one client per region for the life of the session.
    pub(super) fn s3(&self, region: &Region) -> Regional<aws_sdk_s3::Client> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.entry(region.clone()).or_insert_with(|| self.new_s3(region)).clone()
    }

    /// All clients that buckets were read with.
    pub(super) fn s3_clients(&self) -> Vec<Regional<aws_sdk_s3::Client>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    fn new_s3(&self, region: &Region) -> Regional<aws_sdk_s3::Client> {
        let cell = self.cell(region, Service::S3);
        let config = aws_sdk_s3::config::Builder::from(&self.config)
            .region(aws_sdk_s3::config::Region::new(region.to_string()))
            // Only AWS answers on a host name per bucket.
            .force_path_style(self.config.endpoint_url().is_some())
            .retry_partition(self.partition(region, "s3"))
            .interceptor(self.observer(&cell));
        Regional { client: aws_sdk_s3::Client::from_conf(config.build()), cell }
    }

    /// S3 Control in one region.
    pub(super) fn s3control(&self, region: &Region) -> Regional<aws_sdk_s3control::Client> {
        let cell = self.cell(region, Service::S3);
        let mut config = aws_sdk_s3control::config::Builder::from(&self.config)
            .region(aws_sdk_s3control::config::Region::new(region.to_string()))
            .retry_partition(self.partition(region, "s3control"))
            .interceptor(self.observer(&cell));
        if let Some(endpoint) = self.config.endpoint_url() {
            config = config.endpoint_resolver(AsGiven(endpoint.to_owned()));
        }
        Regional { client: aws_sdk_s3control::Client::from_conf(config.build()), cell }
    }
}

#[expect(clippy::expect_used, reason = "a text that begins with arn: is a resource id")]
fn made(arn: String) -> ResourceId {
    ResourceId::new(arn).expect("the text begins with arn:")
}

/// S3 Control puts the account id in front of the host name, which only AWS answers to.
#[derive(Debug)]
struct AsGiven(String);

impl aws_sdk_s3control::config::endpoint::ResolveEndpoint for AsGiven {
    fn resolve_endpoint<'a>(
        &'a self,
        _params: &'a aws_sdk_s3control::config::endpoint::Params,
    ) -> aws_sdk_s3control::config::endpoint::EndpointFuture<'a> {
        let endpoint = aws_smithy_types::endpoint::Endpoint::builder().url(self.0.clone()).build();
        aws_sdk_s3control::config::endpoint::EndpointFuture::ready(Ok(endpoint))
    }
}

async fn configure(access: &Access) -> SdkConfig {
    let limits = &access.limits;
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client())
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(limits.connect)
                .read_timeout(limits.read)
                .operation_attempt_timeout(limits.attempt)
                .operation_timeout(limits.operation)
                .build(),
        )
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(limits.attempts.max(1))
                .with_initial_backoff(limits.backoff)
                .with_max_backoff(limits.longest_backoff),
        )
        .stalled_stream_protection(StalledStreamProtectionConfig::enabled().build());
    if let Some(profile) = &access.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(endpoint) = &access.endpoint_url {
        loader = loader.endpoint_url(endpoint);
    }
    if let Some(region) = &access.region {
        loader = loader.region(aws_config::Region::new(region.to_string()));
    }
    let config = loader.load().await;
    if config.region().is_some() {
        return config;
    }
    config.into_builder().region(aws_config::Region::from_static("us-east-1")).build()
}

/// One connection pool for all clients of a session.
fn http_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().tls_provider(tls::Provider::Rustls(CryptoMode::AwsLc)).build_https()
}

fn home_region(config: &SdkConfig) -> Result<Region, ConnectError> {
    let region = config.region().map_or("us-east-1", aws_config::Region::as_ref);
    Region::new(region).map_err(|source| ConnectError::Region { source })
}

/// A way to make credentials, as often as needed.
fn renewable(access: Access, config: SdkConfig) -> Renewable {
    let access = Arc::new(access);
    Renewable::new(Box::new(move || {
        let (access, config) = (Arc::clone(&access), config.clone());
        Box::pin(async move { connect::provider(&access, &config).await })
    }))
}
