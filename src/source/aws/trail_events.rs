//! Which API call changed a resource, asked of CloudTrail's event history.
//!
//! CloudTrail keeps management events of 90 days without any trail, by region, and delivers them within
//! 15 minutes. It allows two lookups per second, account and region, which nothing here exceeds. What
//! it does not answer is no gap: only how long detection took, and who made the change, is known less
//! well then.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey};
use aws_smithy_types::DateTime;
use futures::future::join_all;
use jiff::Timestamp;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::Session;
use super::cell::Regional;
use super::fault::Fault;
use super::trail_calls::source_of;
use crate::model::{AccountId, ChangeEvent, GapReason, Region, ResourceKey, ResourceType, Service};

/// The operation that looks events up; its permission is `cloudtrail:LookupEvents`.
pub const LOOKUP_OPERATION: &str = "LookupEvents";
/// Lookups per second, account and region: what AWS allows.
pub(super) const PER_SECOND: f64 = 2.0;
/// The largest page.
const PAGE: i32 = 50;
/// Pages of one lookup; of a resource with more events than that nobody can tell which it was.
const PAGES: usize = 4;
/// How often a call without an answer is made.
const ATTEMPTS: usize = 3;

/// A question: which calls wrote a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// The resource.
    pub resource: ResourceKey,
    /// The calls came after this moment,
    pub from: Timestamp,
    /// and not after this one.
    pub to: Timestamp,
    /// Operations that may have been called.
    pub calls: Vec<String>,
}

/// How much is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookupLimits {
    /// Questions in all. The others have no answer.
    pub most: usize,
    /// Time for all of them together.
    pub time: Duration,
}

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoAnswer {
    /// The caller may not ask.
    Denied(String),
    /// It was not asked, not in time, or not answered.
    NotYet(String),
}

/// Successful calls, oldest first, or why nobody knows.
pub type Answer = Result<Vec<ChangeEvent>, NoAnswer>;

/// Asks, and gives the answers in the order of the questions. Never fails as a whole.
pub async fn look_up(sessions: &[Session], asked: &[Lookup], limits: LookupLimits) -> Vec<Answer> {
    let deadline = Instant::now() + limits.time;
    let answers: Mutex<BTreeMap<usize, Answer>> = Mutex::default();
    let mut groups: BTreeMap<(&AccountId, Region), Vec<usize>> = BTreeMap::new();
    for (at, lookup) in asked.iter().enumerate().take(limits.most) {
        if let Some(session) = sessions.iter().find(|session| session.account == lookup.resource.account) {
            groups.entry((&session.account, region_of(session, &lookup.resource))).or_default().push(at);
        }
    }
    let in_group = |((account, region), places): ((&AccountId, Region), Vec<usize>)| {
        let session = sessions.iter().find(|session| session.account == *account);
        let answers = &answers;
        async move {
            let Some(session) = session else { return };
            let cloudtrail = session.trail_events(&region);
            for at in places {
                let answer = timeout_at(deadline, read(&cloudtrail, &asked[at])).await;
                let late = |_elapsed| Err(NoAnswer::NotYet("the time for lookups was over".to_owned()));
                let answer = answer.unwrap_or_else(late);
                let ends = matches!(answer, Err(NoAnswer::Denied(_)));
                answers.lock().unwrap_or_else(PoisonError::into_inner).insert(at, answer.clone());
                if ends {
                    break;
                }
            }
        }
    };
    join_all(groups.into_iter().map(in_group)).await;
    let mut answers = answers.into_inner().unwrap_or_else(PoisonError::into_inner);
    let denied: BTreeMap<&AccountId, NoAnswer> = answers
        .iter()
        .filter_map(|(at, answer)| match answer {
            Err(denied @ NoAnswer::Denied(_)) => Some((&asked[*at].resource.account, denied.clone())),
            _ => None,
        })
        .collect();
    // What was left after a refusal would have been refused, too.
    let none = |lookup: &Lookup| {
        let entered = sessions.iter().any(|session| session.account == lookup.resource.account);
        let why = || {
            if entered {
                format!("{} lookups were made, the most in one scan", limits.most)
            } else {
                "it was not entered".to_owned()
            }
        };
        let not_asked = || NoAnswer::NotYet(why());
        Err(denied.get(&lookup.resource.account).cloned().unwrap_or_else(not_asked))
    };
    let unanswered: Vec<Answer> = asked.iter().map(none).collect();
    unanswered.into_iter().enumerate().map(|(at, none)| answers.remove(&at).unwrap_or(none)).collect()
}

/// Where the events about a resource are: those of global services in one region of the partition.
fn region_of(session: &Session, resource: &ResourceKey) -> Region {
    let global = match session.partition.as_str() {
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => "us-gov-west-1",
        _ => "us-east-1",
    };
    match resource.resource_type.service() {
        Service::Iam => Region::new(global).unwrap_or_else(|_| resource.region.clone()),
        _ => resource.region.clone(),
    }
}

async fn read(cloudtrail: &Regional<Client>, lookup: &Lookup) -> Answer {
    let mut events = Vec::new();
    let mut next: Option<String> = None;
    for _ in 0..PAGES {
        let (page, token) = page(cloudtrail, lookup, next.take()).await.map_err(|fault| no_answer(&fault))?;
        for event in &page {
            events.extend(successful(event, lookup).map_err(|problem| NoAnswer::NotYet(problem.to_owned()))?);
        }
        next = token.filter(|token| !token.is_empty());
        if next.is_none() {
            events.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
            return Ok(events);
        }
    }
    Err(NoAnswer::NotYet(format!("{} has more than {} events", lookup.resource.id, PAGES * 50)))
}

fn no_answer(fault: &Fault) -> NoAnswer {
    match fault.reason {
        GapReason::Denied => NoAnswer::Denied(fault.message.clone()),
        _ => NoAnswer::NotYet(fault.message.clone()),
    }
}

/// One page. The pace stands around every attempt, so the client itself makes only one.
async fn page(
    cloudtrail: &Regional<Client>,
    lookup: &Lookup,
    next: Option<String>,
) -> Result<(Vec<Event>, Option<String>), Fault> {
    let attribute = LookupAttribute::builder()
        .attribute_key(LookupAttributeKey::ResourceName)
        .attribute_value(name_of(&lookup.resource))
        .build()
        .map_err(|error| Fault::malformed(LOOKUP_OPERATION, error.to_string()))?;
    let request = || {
        let request = cloudtrail.client.lookup_events().lookup_attributes(attribute.clone());
        let request = request.start_time(DateTime::from_secs(lookup.from.as_second()));
        let request = request.end_time(DateTime::from_secs(lookup.to.as_second() + 1));
        request.max_results(cloudtrail.cell.page(PAGE)).set_next_token(next.clone()).send()
    };
    let mut attempt = 1;
    loop {
        match cloudtrail.cell.call(LOOKUP_OPERATION, request).await {
            Ok(answer) => return Ok((answer.events.unwrap_or_default(), answer.next_token)),
            Err(fault) if fault.may_pass() && attempt < ATTEMPTS => attempt += 1,
            Err(fault) => return Err(fault),
        }
    }
}

/// The event, if it is a successful call of one of the operations within the time asked for.
fn successful(event: &Event, lookup: &Lookup) -> Result<Option<ChangeEvent>, &'static str> {
    let name = event.event_name().unwrap_or_default();
    let writes = event.read_only() != Some("true") && lookup.calls.iter().any(|call| call == name);
    if !writes || event.event_source() != source_of(lookup.resource.resource_type) {
        return Ok(None);
    }
    let record: Value = event
        .cloud_trail_event()
        .and_then(|text| serde_json::from_str(text).ok())
        .ok_or("CloudTrail gave an event without its record")?;
    if record.get("errorCode").is_some_and(|code| !code.is_null()) {
        return Ok(None);
    }
    let at = event.event_time().and_then(super::timestamp).ok_or("CloudTrail gave an event without its time")?;
    // A time to the second was in that second, so the second in which the last scan read counts.
    if at.as_second() < lookup.from.as_second() || at > lookup.to {
        return Ok(None);
    }
    let id = event.event_id().unwrap_or_default().to_owned();
    Ok(Some(ChangeEvent { id, name: name.to_owned(), at, who: who(event, &record) }))
}

/// Who called: an ARN, or the service, or a name.
fn who(event: &Event, record: &Value) -> String {
    let identity = |key: &str| record["userIdentity"][key].as_str();
    let name = identity("arn").or_else(|| identity("invokedBy")).or_else(|| event.username());
    name.or_else(|| identity("principalId")).unwrap_or("unknown").to_owned()
}

/// The name under which CloudTrail lists a resource: of buckets, users, groups and roles the name, of
/// EC2 the id, of policies the ARN.
fn name_of(resource: &ResourceKey) -> &str {
    let arn = resource.id.as_str();
    match resource.resource_type {
        ResourceType::ManagedPolicy => arn,
        _ => arn.rsplit(['/', ':']).next().unwrap_or(arn),
    }
}
