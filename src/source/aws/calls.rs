//! Counts what is asked of AWS: calls, attempts, throttles, errors and time, by service and
//! operation, from an interceptor that sits in every client.
//!
//! Counting happens where the bytes travel, so that the SDK's own retries are seen too.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextRef,
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, Metadata};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};

use super::fault::{code_of, is_throttle};
use super::limiter::Pace;

/// How often one operation was called, and how that went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallCount {
    /// The SDK's name of the service: `IAM`, `S3`, `S3 Control`, `EC2`, `STS`.
    pub service: String,
    /// API operation.
    pub operation: String,
    /// Calls as the collectors made them; a call with two retries is one call.
    pub calls: u64,
    /// Requests that went out.
    pub attempts: u64,
    /// Attempts that the service answered with "slow down".
    pub throttles: u64,
    /// Calls that ended in an error, including AWS's way of saying "there is none".
    pub errors: u64,
    /// Time spent in calls, retries and their pauses included.
    pub duration: Duration,
}

impl CallCount {
    /// Attempts beyond the first of each call.
    #[must_use]
    pub const fn retries(&self) -> u64 {
        self.attempts.saturating_sub(self.calls)
    }
}

/// The counts of one session, shared by all its clients.
#[derive(Debug, Clone, Default)]
pub(super) struct CallCounts(Arc<Mutex<BTreeMap<(String, String), CallCount>>>);

impl CallCounts {
    /// The counts so far, sorted by service and operation.
    #[must_use]
    pub(super) fn read(&self) -> Vec<CallCount> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    fn count(&self, cfg: &ConfigBag, change: impl FnOnce(&mut CallCount)) {
        let Some(metadata) = cfg.load::<Metadata>() else { return };
        let key = (metadata.service().to_owned(), metadata.name().to_owned());
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = counts.entry(key).or_insert_with(|| CallCount {
            service: metadata.service().to_owned(),
            operation: metadata.name().to_owned(),
            ..CallCount::default()
        });
        change(entry);
    }
}

/// Sits in one client: counts into the session's counts and slows the cell down on a throttle.
#[derive(Debug)]
pub(super) struct Observer {
    pub(super) counts: CallCounts,
    pub(super) pace: Arc<Pace>,
}

/// When the call began.
#[derive(Debug)]
struct Started(Instant);

impl Storable for Started {
    type Storer = StoreReplace<Self>;
}

#[dyn_dispatch_hint]
impl Intercept for Observer {
    fn name(&self) -> &'static str {
        "plimsoll-observer"
    }

    fn read_before_execution(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        cfg.interceptor_state().store_put(Started(Instant::now()));
        Ok(())
    }

    // Not in the hook before: the operation's name is not there yet. Not after the execution: a
    // call that its time limit ends never gets there.
    fn read_before_serialization(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.counts.count(cfg, |count| count.calls += 1);
        Ok(())
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.counts.count(cfg, |count| count.attempts += 1);
        Ok(())
    }

    // The SDK reads what there is of an XML answer that breaks off, and takes it for the whole.
    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        let whole = !response.status().is_success() || response.body().bytes().is_none_or(is_whole);
        if whole { Ok(()) } else { Err("the answer breaks off in the middle".into()) }
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if context.response().is_some_and(says_slow_down) {
            self.counts.count(cfg, |count| count.throttles += 1);
            self.pace.slow_down();
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let failed = matches!(context.output_or_error(), Some(Err(_)));
        let took = cfg.load::<Started>().map(|started| started.0.elapsed()).unwrap_or_default();
        self.counts.count(cfg, |count| {
            count.errors += u64::from(failed);
            count.duration += took;
        });
        Ok(())
    }
}

fn says_slow_down(response: &HttpResponse) -> bool {
    let status = response.status().as_u16();
    status >= 400 && (status == 429 || code_of(response).is_some_and(|code| is_throttle(&code)))
}

/// Whether an XML document ends with its root element; anything else is taken for whole here and
/// left to whoever parses it.
fn is_whole(body: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(body) else { return true };
    let Some(root) = root_of(text) else { return true };
    let end = text.trim_end();
    end.strip_suffix('>').map(str::trim_end).is_some_and(|end| {
        end.ends_with('/') && !text.contains("</") || end.strip_suffix(root).is_some_and(|end| end.ends_with("</"))
    })
}

/// Name of the root element of an XML text.
fn root_of(text: &str) -> Option<&str> {
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    while rest.starts_with("<?") || rest.starts_with("<!") {
        rest = rest.split_once('>')?.1.trim_start();
    }
    let name = rest.strip_prefix('<')?;
    name.split(|letter: char| letter.is_whitespace() || letter == '>' || letter == '/').next()
}

#[cfg(test)]
mod tests {
    use super::is_whole;

    #[test]
    fn an_answer_is_whole_when_its_root_element_is_closed() {
        let whole = "<?xml version=\"1.0\"?>\n<Reply xmlns=\"x\"><Item>1</Item></Reply>\n";
        assert!(is_whole(whole.as_bytes()));
        for end in whole.find("<Item>").unwrap()..whole.trim_end().len() {
            assert!(!is_whole(&whole.as_bytes()[..end]), "{}", &whole[..end]);
        }
        assert!(is_whole(b"<VersioningConfiguration xmlns=\"x\"/>"));
        assert!(is_whole(b"") && is_whole(b"{\"Version\":"), "not XML: left to the parser");
    }
}
