//! Getting into an account: which credentials, and whose they are. Each way in which that fails
//! has an error that says what to do next.

use std::error::Error;
use std::sync::Arc;

use aws_config::SdkConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_credential_types::provider::error::CredentialsError;

use super::calls::{CallCounts, Observer};
use super::credentials::Renewable;
use super::fault::{Fault, chain, innermost};
use super::limiter::Pace;
use super::session::Access;
use crate::model::{AccountId, GapReason, InvalidId};

/// Why an account could not be entered.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// No place held credentials.
    #[error(
        "no AWS credentials found: looked at {looked_at}\n\
         help: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with --profile"
    )]
    NoCredentials {
        /// The places, in order.
        looked_at: String,
    },
    /// A place held something that cannot be used.
    #[error("cannot load AWS credentials: {message}\nhelp: check the profile in ~/.aws/config and ~/.aws/credentials")]
    BadCredentials {
        /// What the SDK says.
        message: String,
    },
    /// AWS says that the credentials are over or wrong.
    #[error("AWS does not accept the credentials: {message}\nhelp: {help}")]
    Refused {
        /// AWS's words.
        message: String,
        /// The next step.
        help: &'static str,
    },
    /// The role could not be assumed.
    #[error(
        "cannot assume role {role}: {message}\n\
         help: the role's trust policy must allow this caller{}, and the caller needs sts:AssumeRole on it",
        if *external_id { " with this external id" } else { "" }
    )]
    Role {
        /// ARN of the role.
        role: String,
        /// Whether an external id was given.
        external_id: bool,
        /// AWS's words.
        message: String,
    },
    /// AWS, or the endpoint in its place, cannot be reached.
    #[error("cannot reach {endpoint}: {message}\nhelp: check the network, proxy and endpoint (AWS_ENDPOINT_URL)")]
    Unreachable {
        /// The endpoint.
        endpoint: String,
        /// What the transport says.
        message: String,
    },
    /// The call was made and did not give an identity.
    #[error("cannot tell whose credentials these are: {message}")]
    NoIdentity {
        /// AWS's words.
        message: String,
    },
    /// The configured region is no region.
    #[error("the configured AWS region cannot be used: {source}")]
    Region {
        /// What is wrong with it.
        source: InvalidId,
    },
}

/// Whose credentials these are.
pub(super) struct Caller {
    pub(super) account: AccountId,
    pub(super) partition: String,
    pub(super) arn: String,
}

/// The chain of providers that `access` describes.
pub(super) async fn provider(access: &Access, config: &SdkConfig) -> SharedCredentialsProvider {
    let base = base_provider(access).await;
    let Some(role) = &access.role_arn else { return base };
    let mut assume = AssumeRoleProvider::builder(role).configure(config).session_name("plimsoll");
    if let Some(external_id) = &access.external_id {
        assume = assume.external_id(external_id);
    }
    SharedCredentialsProvider::new(assume.build_from_provider(base).await)
}

async fn base_provider(access: &Access) -> SharedCredentialsProvider {
    if let Some(keys) = &access.keys {
        let mut credentials = Credentials::builder()
            .access_key_id(&keys.access_key_id)
            .secret_access_key(&keys.secret_access_key)
            .provider_name("given");
        credentials.set_session_token(keys.session_token.clone());
        return SharedCredentialsProvider::new(credentials.build());
    }
    let mut chain = aws_config::default_provider::credentials::DefaultCredentialsChain::builder();
    if let Some(profile) = &access.profile {
        chain = chain.profile_name(profile);
    }
    SharedCredentialsProvider::new(chain.build().await)
}

/// Asks AWS whose the credentials are.
pub(super) async fn caller(
    access: &Access,
    config: &SdkConfig,
    credentials: &Renewable,
    counts: &CallCounts,
) -> Result<Caller, ConnectError> {
    credentials.current().await.map_err(|error| no_credentials(access, &error))?;
    let observer = Observer { counts: counts.clone(), pace: Arc::new(Pace::new(10.0, 10.0)) };
    let client =
        aws_sdk_sts::Client::from_conf(aws_sdk_sts::config::Builder::from(config).interceptor(observer).build());
    let identity = client.get_caller_identity().send().await;
    let identity = identity.map_err(|error| refused(config, &Fault::new("GetCallerIdentity", &error)))?;
    let arn = identity.arn().unwrap_or_default().to_owned();
    let no_identity = |message: String| ConnectError::NoIdentity { message };
    let account =
        AccountId::new(identity.account().unwrap_or_default()).map_err(|error| no_identity(error.to_string()))?;
    match arn.split(':').nth(1) {
        Some(partition) if arn.starts_with("arn:") => Ok(Caller { account, partition: partition.to_owned(), arn }),
        _ => Err(no_identity(format!("{arn:?} is not an ARN"))),
    }
}

fn no_credentials(access: &Access, error: &CredentialsError) -> ConnectError {
    let message = causes(error);
    match (error, &access.role_arn) {
        _ if nothing_found(error) => ConnectError::NoCredentials { looked_at: looked_at(access) },
        (CredentialsError::ProviderError(_), Some(role)) => {
            ConnectError::Role { role: role.clone(), external_id: access.external_id.is_some(), message }
        }
        _ => ConnectError::BadCredentials { message },
    }
}

/// Whether the chain found nothing, also where that kept a role from being assumed.
fn nothing_found(error: &CredentialsError) -> bool {
    chain(error).any(|cause| matches!(cause.downcast_ref(), Some(CredentialsError::CredentialsNotLoaded(_))))
}

fn looked_at(access: &Access) -> String {
    let profile = access.profile.as_deref().unwrap_or("default (or AWS_PROFILE)");
    format!(
        "the environment (AWS_ACCESS_KEY_ID), profile {profile} in ~/.aws/config and ~/.aws/credentials, web identity \
         (AWS_WEB_IDENTITY_TOKEN_FILE), the container's endpoint and the instance's metadata"
    )
}

fn refused(config: &SdkConfig, fault: &Fault) -> ConnectError {
    let message = fault.message.clone();
    match fault.reason {
        GapReason::Credentials if fault.is(&["ExpiredToken", "ExpiredTokenException", "RequestExpired"]) => {
            ConnectError::Refused { message, help: "they have expired; sign in again or renew them" }
        }
        GapReason::Credentials => ConnectError::Refused {
            message,
            help: "the access key is unknown to AWS or the secret does not match it; check both",
        },
        GapReason::Denied => ConnectError::Refused {
            message,
            help: "sts:GetCallerIdentity needs no permission, so a service control policy or endpoint policy refuses it",
        },
        GapReason::TimedOut | GapReason::Unavailable | GapReason::Throttled => {
            ConnectError::Unreachable { endpoint: endpoint(config), message }
        }
        _ => ConnectError::NoIdentity { message },
    }
}

fn endpoint(config: &SdkConfig) -> String {
    match (config.endpoint_url(), config.region()) {
        (Some(endpoint), _) => endpoint.to_owned(),
        (None, Some(region)) => format!("AWS STS in {region}"),
        (None, None) => "AWS STS".to_owned(),
    }
}

/// What went wrong, and why at the bottom.
fn causes(error: &(dyn Error + 'static)) -> String {
    let (outer, inner) = (error.to_string(), innermost(error));
    if outer == inner { outer } else { format!("{outer}: {inner}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_credentials_says_where_it_looked_and_what_to_do() {
        let access = Access { profile: Some("audit".into()), ..Access::default() };
        let message = no_credentials(&access, &CredentialsError::not_loaded("nothing")).to_string();
        assert!(message.starts_with("no AWS credentials found: looked at the environment (AWS_ACCESS_KEY_ID), "));
        assert!(message.contains("profile audit in ~/.aws/config"), "{message}");
        assert!(message.contains("\nhelp: set AWS_ACCESS_KEY_ID"), "{message}");
    }

    #[test]
    fn a_profile_that_cannot_be_used_is_told_with_the_cause() {
        let error = CredentialsError::invalid_configuration("profile `audit` names a source that does not exist");
        let message = no_credentials(&Access::default(), &error).to_string();
        assert!(message.contains("profile `audit` names a source that does not exist"), "{message}");
    }
}
