//! Faults on demand: which calls go wrong, how, and how often.
//!
//! Rules are tried in order. The first one that matches the call and selects it decides; delays
//! add up and let the search go on. As JSON, for `POST /__faults`:
//!
//! ```json
//! [{"service": "s3", "operation": "GetBucketPolicy", "kind": "throttle", "when": {"pct": 50}},
//!  {"region": "eu-central-1", "kind": "delay", "delay_ms": 200},
//!  {"service": "iam", "kind": "throttle", "when": {"bucket": {"capacity": 100, "refill": 20}}}]
//! ```

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::request::Call;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The caller may not do this.
    Denied,
    /// The caller asks too much.
    Throttle,
    /// The caller's credentials have expired.
    Expired,
    /// The service fails.
    Http500,
    /// A load balancer answers in HTML.
    BadGateway,
    /// The connection is dropped without an answer.
    Reset,
    /// Half of the body, with a length that agrees.
    Truncate,
    /// Half of the body, then the connection is dropped.
    Cut,
    /// No answer, ever.
    Hang,
    /// The answer comes late.
    Delay,
}

/// Which of the matching calls go wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum When {
    /// All.
    #[default]
    Always,
    /// So many of a hundred, at random (from a fixed seed).
    Pct(u8),
    /// Every n-th.
    Every(u64),
    /// The first n.
    First(u64),
    /// Those that find no token in the bucket of their key, region and operation.
    Bucket {
        /// Tokens when full.
        capacity: f64,
        /// Tokens per second.
        refill: f64,
    },
}

/// One fault rule. What is not named matches everything.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// `iam`, `sts`, `ec2`, `s3`, `s3control`, `organizations` or `cloudtrail`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Name of the operation, `GetBucketPolicy`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Region the call is signed for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Account the call is answered from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Access key; a `*` at the end stands for any ending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key: Option<String>,
    /// Bucket or access point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What goes wrong.
    pub kind: FaultKind,
    /// Which of the matching calls.
    #[serde(default)]
    pub when: When,
    /// How late, for [`FaultKind::Delay`].
    #[serde(default)]
    pub delay_ms: u64,
}

impl Fault {
    /// A fault of every call.
    #[must_use]
    pub fn new(kind: FaultKind) -> Self {
        Self {
            service: None,
            operation: None,
            region: None,
            account: None,
            access_key: None,
            subject: None,
            kind,
            when: When::Always,
            delay_ms: 0,
        }
    }

    /// Only of this operation.
    #[must_use]
    pub fn of(mut self, service: &str, operation: &str) -> Self {
        self.operation = Some(operation.to_owned());
        self.of_service(service)
    }

    /// Only of this service.
    #[must_use]
    pub fn of_service(mut self, service: &str) -> Self {
        self.service = Some(service.to_owned());
        self
    }

    /// Only in this region.
    #[must_use]
    pub fn in_region(mut self, region: &str) -> Self {
        self.region = Some(region.to_owned());
        self
    }

    /// Only in this account.
    #[must_use]
    pub fn in_account(mut self, account: &str) -> Self {
        self.account = Some(account.to_owned());
        self
    }

    /// Only for this bucket or access point.
    #[must_use]
    pub fn for_subject(mut self, subject: &str) -> Self {
        self.subject = Some(subject.to_owned());
        self
    }

    /// Only some of the matching calls.
    #[must_use]
    pub fn when(mut self, when: When) -> Self {
        self.when = when;
        self
    }

    fn matches(&self, call: &Call) -> bool {
        let same = |wanted: &Option<String>, actual: &str| wanted.as_ref().is_none_or(|wanted| wanted == actual);
        same(&self.service, call.asked.service.name())
            && same(&self.operation, &call.asked.operation)
            && same(&self.region, &call.region)
            && same(&self.account, &call.account)
            && same(&self.subject, call.asked.subject.as_deref().unwrap_or_default())
            && self.access_key.as_deref().is_none_or(|wanted| key_matches(wanted, &call.access_key))
    }
}

fn key_matches(wanted: &str, actual: &str) -> bool {
    wanted.strip_suffix('*').map_or(wanted == actual, |start| actual.starts_with(start))
}

/// What the rules do to one call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Effect {
    pub(super) delay: Duration,
    pub(super) kind: Option<FaultKind>,
}

/// The rules in force and what they remember.
#[derive(Debug, Default)]
pub(super) struct Faults {
    rules: Vec<Active>,
}

#[derive(Debug)]
struct Active {
    fault: Fault,
    matched: u64,
    random: fastrand::Rng,
    buckets: HashMap<String, (f64, Instant)>,
}

impl Faults {
    pub(super) fn new(faults: Vec<Fault>) -> Self {
        let rules = faults
            .into_iter()
            .map(|fault| Active { fault, matched: 0, random: fastrand::Rng::with_seed(7), buckets: HashMap::new() })
            .collect();
        Self { rules }
    }

    /// What happens to this call.
    pub(super) fn effect(&mut self, call: &Call, at: Instant) -> Effect {
        let mut effect = Effect::default();
        for rule in &mut self.rules {
            if !rule.fault.matches(call) || !rule.selects(call, at) {
                continue;
            }
            if rule.fault.kind == FaultKind::Delay {
                effect.delay += Duration::from_millis(rule.fault.delay_ms);
            } else {
                effect.kind = Some(rule.fault.kind);
                break;
            }
        }
        effect
    }
}

impl Active {
    fn selects(&mut self, call: &Call, at: Instant) -> bool {
        self.matched += 1;
        match self.fault.when {
            When::Always => true,
            When::Pct(share) => self.random.u8(0..100) < share,
            When::Every(step) => step != 0 && self.matched.is_multiple_of(step),
            When::First(count) => self.matched <= count,
            When::Bucket { capacity, refill } => {
                let key = format!("{}/{}/{}", call.access_key, call.region, call.asked.operation);
                let (tokens, since) = self.buckets.entry(key).or_insert((capacity, at));
                *tokens = (*tokens + refill * at.duration_since(*since).as_secs_f64()).min(capacity);
                *since = at;
                let empty = *tokens < 1.0;
                if !empty {
                    *tokens -= 1.0;
                }
                empty
            }
        }
    }
}
