//! The credentials of a session, kept until shortly before they expire and renewable once.
//!
//! The SDK never retries "expired token", and its own cache keeps what a provider gave until the
//! time written on it. So the session keeps them itself: when AWS says that they have expired, it
//! builds the whole provider anew (which reads files and environment again) and goes on.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use futures::future::BoxFuture;
use tokio::sync::{Mutex, OnceCell};

type Build = Box<dyn Fn() -> BoxFuture<'static, SharedCredentialsProvider> + Send + Sync>;

/// Credentials that can be made anew.
pub(super) struct Renewable {
    build: Build,
    provider: Mutex<Option<SharedCredentialsProvider>>,
    kept: Mutex<Option<Credentials>>,
    renewed: OnceCell<bool>,
}

/// Credentials are replaced this long before they expire.
const BEFORE_EXPIRY: Duration = Duration::from_mins(2);

impl Renewable {
    pub(super) fn new(build: Build) -> Self {
        Self { build, provider: Mutex::default(), kept: Mutex::default(), renewed: OnceCell::new() }
    }

    /// Credentials that hold for a while.
    pub(super) async fn current(&self) -> Result<Credentials, CredentialsError> {
        let mut kept = self.kept.lock().await;
        if let Some(credentials) = kept.as_ref().filter(|credentials| holds(credentials)) {
            return Ok(credentials.clone());
        }
        let credentials = self.provider().await.provide_credentials().await?;
        *kept = Some(credentials.clone());
        Ok(credentials)
    }

    async fn provider(&self) -> SharedCredentialsProvider {
        let mut provider = self.provider.lock().await;
        if let Some(provider) = provider.as_ref() {
            return provider.clone();
        }
        let built = (self.build)().await;
        *provider = Some(built.clone());
        built
    }

    /// Makes the credentials anew, once per session, and says whether there are any. All calls
    /// that were refused at the same time wait for this one renewal.
    pub(super) async fn renew_once(&self) -> bool {
        *self
            .renewed
            .get_or_init(|| async {
                *self.provider.lock().await = None;
                *self.kept.lock().await = None;
                self.current().await.is_ok()
            })
            .await
    }
}

#[expect(clippy::disallowed_methods, reason = "credentials expire by the wall clock, and this is the edge")]
fn holds(credentials: &Credentials) -> bool {
    credentials.expiry().is_none_or(|expiry| expiry > SystemTime::now() + BEFORE_EXPIRY)
}

/// The session's credentials as the SDK wants them.
#[derive(Debug)]
pub(super) struct Shared(pub(super) Arc<Renewable>);

impl ProvideCredentials for Shared {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.0.current())
    }
}

impl fmt::Debug for Renewable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renewable").finish_non_exhaustive()
    }
}
