//! One account × region × service: the place where its calls wait for their turn, are tried
//! again, and stop being made when the service is out of reach.
//!
//! The SDK retries one call a few times by itself. Around that stand three things it does not
//! do: throttled calls get more rounds than failing ones, expired credentials are renewed once,
//! and after several hard failures in a row the cell gives up quickly.

use std::error::Error;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures::future::BoxFuture;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};

use super::credentials::Renewable;
use super::fault::{Fault, permission};
use super::limiter::{Breaker, Pace};
use super::session::Limits;
use crate::model::{AccountId, Gap, GapReason, Pointer, Region, Resource, ResourceType, Service};

/// The answer of an SDK call.
pub(super) type Answer<T, E> = Result<T, SdkError<E, HttpResponse>>;

/// One account × region × service.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) account: AccountId,
    pub(super) region: Region,
    pub(super) service: Service,
    pub(super) pace: Arc<Pace>,
    pub(super) limits: Limits,
    pub(super) credentials: Arc<Renewable>,
    slots: Semaphore,
    breaker: Breaker,
}

/// A client, and the cell that its calls go through.
#[derive(Debug, Clone)]
pub(super) struct Regional<C> {
    pub(super) client: C,
    pub(super) cell: Arc<Cell>,
}

/// Calls at the same time, calls per second, and the burst before that rate holds.
///
/// EC2 documents 100 calls and then 20 per second for each kind of read, account and region; a
/// collector has about a dozen kinds. IAM and S3 publish no numbers for reads of configuration.
/// Organizations allows a few calls per second, to the whole organization.
const fn pace_of(service: Service) -> (usize, f64, f64) {
    match service {
        Service::AccessAnalyzer | Service::Backup | Service::CloudTrail => (4, 5.0, 10.0),
        Service::Ec2 => (8, 40.0, 100.0),
        Service::Iam => (6, 10.0, 40.0),
        Service::Organizations => (3, 3.0, 6.0),
        Service::S3 => (16, 100.0, 200.0),
    }
}

/// Calls at the same time: what is asked for, but never more than Organizations stands.
fn concurrency(service: Service, limits: &Limits) -> usize {
    let own = pace_of(service).0;
    match (limits.concurrency, service) {
        (Some(limit), Service::Organizations) => own.min(limit.get()),
        (Some(limit), _) => limit.get(),
        (None, _) => own,
    }
}

impl Cell {
    pub(super) fn new(
        account: AccountId,
        region: Region,
        service: Service,
        limits: &Limits,
        credentials: Arc<Renewable>,
    ) -> Self {
        let (_, rate, burst) = pace_of(service);
        let rate = limits.calls_per_second.map_or(rate, |limit| f64::from(limit.get()));
        Self {
            account,
            region,
            service,
            pace: Arc::new(Pace::new(rate, burst.min(rate * 10.0))),
            slots: Semaphore::new(concurrency(service, limits)),
            breaker: Breaker::new(limits.breaker_after.get()),
            limits: limits.clone(),
            credentials,
        }
    }

    /// How many calls may be under way at the same time.
    pub(super) fn concurrency(&self) -> usize {
        concurrency(self.service, &self.limits)
    }

    /// How many items to ask for in one page, of at most so many.
    pub(super) fn page(&self, largest: i32) -> i32 {
        self.limits.page_size.map_or(largest, |size| largest.min(size.get()))
    }

    /// Makes one call, with everything that may be done to get an answer.
    pub(super) async fn call<T, E, F, Fut>(&self, operation: &'static str, request: F) -> Result<T, Fault>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Answer<T, E>>,
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let began = Instant::now();
        let (mut rounds, mut renewed) = (0, false);
        loop {
            let fault = match self.once(operation, &request).await {
                Ok(answer) => return Ok(answer),
                Err(fault) => fault,
            };
            match fault.reason {
                GapReason::Credentials if !renewed && self.credentials.renew_once().await => renewed = true,
                GapReason::Throttled
                    if rounds < self.limits.throttle_rounds && began.elapsed() < self.limits.operation =>
                {
                    sleep(self.pause(rounds)).await;
                    rounds += 1;
                }
                _ => return Err(fault),
            }
        }
    }

    async fn once<T, E, F, Fut>(&self, operation: &'static str, request: &F) -> Result<T, Fault>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Answer<T, E>>,
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let _slot = self.slots.acquire().await;
        if self.breaker.is_open() {
            return Err(self.refused(operation));
        }
        self.pace.turn().await;
        match request().await {
            Ok(answer) => {
                self.breaker.answered();
                Ok(answer)
            }
            Err(error) => {
                let fault = Fault::new(operation, &error);
                if fault.is_hard() {
                    self.breaker.failed(fault.reason);
                } else {
                    self.breaker.answered();
                }
                Err(fault)
            }
        }
    }

    /// Exponential, with full jitter, after the SDK's own attempts.
    fn pause(&self, round: u32) -> Duration {
        let longest = self.limits.backoff.saturating_mul(1 << (round + self.limits.attempts).min(16));
        longest.min(self.limits.longest_backoff).mul_f64(fastrand::f64())
    }

    fn refused(&self, operation: &'static str) -> Fault {
        Fault {
            operation,
            code: None,
            reason: self.breaker.last_reason(),
            message: format!(
                "not called: the last {} calls to {} in {} got no answer",
                self.breaker.failures(),
                self.service,
                self.region
            ),
            elsewhere: None,
        }
    }

    /// Before failed calls are made once more, at the end.
    pub(super) fn last_chance(&self) {
        self.breaker.half_open();
    }

    /// The gap that a fault leaves.
    pub(super) fn gap(&self, fault: &Fault) -> Gap {
        Gap {
            account: self.account.clone(),
            region: self.region.clone(),
            service: self.service,
            operation: fault.operation.to_owned(),
            resource: None,
            unlisted: Vec::new(),
            places: Vec::new(),
            reason: fault.reason,
            message: fault.message.clone(),
            permission: (fault.reason == GapReason::Denied)
                .then(|| permission(self.service.name(), fault.operation, true)),
        }
    }

    /// The gap of a list that is not whole.
    pub(super) fn unlisted(&self, fault: &Fault, types: &[ResourceType]) -> Gap {
        let mut unlisted = types.to_vec();
        unlisted.sort();
        Gap { unlisted, ..self.gap(fault) }
    }

    /// The gap of a detail, which also becomes unknown in the resource.
    pub(super) fn unread(&self, fault: &Fault, resource: &mut Resource, places: &[Pointer]) -> Gap {
        for place in places {
            resource.mark_unknown(place.clone());
        }
        let account_wide = resource.resource_type == ResourceType::Account;
        let permission = permission(self.service.name(), fault.operation, account_wide);
        Gap {
            resource: Some(resource.id.clone()),
            region: resource.region.clone(),
            places: places.to_vec(),
            permission: (fault.reason == GapReason::Denied).then_some(permission),
            ..self.gap(fault)
        }
    }
}

/// A part of a list.
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    /// Where the next part begins.
    pub(super) next: Option<String>,
}

type Fetch<'a, T> = Box<dyn Fn(Option<String>) -> BoxFuture<'a, Result<Page<T>, Fault>> + Send + Sync + 'a>;

/// A list that is read page by page, and can be taken up again where it broke off.
pub(super) struct Chain<'a, T> {
    operation: &'static str,
    fetch: Fetch<'a, T>,
    next: Option<String>,
    /// What was read.
    pub(super) items: Vec<T>,
    /// Why the list is not whole.
    pub(super) fault: Option<Fault>,
}

impl<'a, T> Chain<'a, T> {
    /// A list of pages.
    pub(super) fn new<F, Fut>(operation: &'static str, fetch: F) -> Self
    where
        F: Fn(Option<String>) -> Fut + Send + Sync + 'a,
        Fut: Future<Output = Result<Page<T>, Fault>> + Send + 'a,
    {
        let fetch: Fetch<'a, T> = Box::new(move |token| Box::pin(fetch(token)));
        Self { operation, fetch, next: None, items: Vec::new(), fault: None }
    }

    /// One call whose answer is one item.
    pub(super) fn single<F, Fut>(operation: &'static str, fetch: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'a,
        Fut: Future<Output = Result<T, Fault>> + Send + 'a,
        T: Send + 'a,
    {
        Self::new(operation, move |_| {
            let answer = fetch();
            async move { Ok(Page { items: vec![answer.await?], next: None }) }
        })
    }

    /// Reads to the end, or to the first fault.
    pub(super) async fn read(&mut self) {
        self.fault = None;
        loop {
            match (self.fetch)(self.next.clone()).await {
                Ok(page) => {
                    self.items.extend(page.items);
                    let next = page.next.filter(|token| !token.is_empty());
                    if next.is_none() {
                        return;
                    }
                    if next == self.next {
                        self.fault =
                            Some(Fault::malformed(self.operation, "the service gave the same page token twice"));
                        return;
                    }
                    self.next = next;
                }
                Err(fault) => {
                    self.fault = Some(fault);
                    return;
                }
            }
        }
    }

    /// Whether a page was answered that is not the last.
    pub(super) const fn has_begun(&self) -> bool {
        self.next.is_some()
    }

    /// Takes the list up where it broke off, when that may help.
    pub(super) async fn read_again(&mut self) {
        if self.fault.as_ref().is_some_and(Fault::may_pass) {
            self.read().await;
        }
    }
}

impl<T> std::fmt::Debug for Chain<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chain").field("items", &self.items.len()).field("fault", &self.fault).finish_non_exhaustive()
    }
}
