//! CloudTrail's event history: `LookupEvents`, newest first, one attribute, 50 events a page. JSON 1.1.

use serde_json::{Value, json};

use super::estate::Account;
use super::estate_trail::TrailEvent;
use super::paging::page;
use super::refusal::Refusal;
use super::request::{Call, Service};

/// The region that every account has, and where global services tell.
const HOME: &str = "us-east-1";
/// The largest page.
const PAGE: usize = 50;

pub(super) fn answer(call: &Call, account: &Account) -> Result<String, Refusal> {
    if call.region != HOME && !account.regions.contains_key(&call.region) {
        return Err(Refusal::unknown_key(Service::CloudTrail));
    }
    let attribute = attribute(call)?;
    let (from, to) = (moment(call, "StartTime")?.unwrap_or(i64::MIN), moment(call, "EndTime")?.unwrap_or(i64::MAX));
    if from > to {
        let message = "The start time must be before the end time.";
        return Err(Refusal::new(400, "InvalidTimeRangeException", message));
    }
    let asked_for = |event: &&TrailEvent| {
        let fits = attribute.as_ref().is_none_or(|(key, value)| has(event, key, value));
        event.region == call.region && (from..=to).contains(&event.at.as_second()) && fits
    };
    let mut events: Vec<&TrailEvent> = account.events.iter().filter(asked_for).collect();
    events.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
    let size = call.parameter("MaxResults").and_then(|size| size.parse().ok()).unwrap_or(PAGE);
    if !(1..=PAGE).contains(&size) {
        let message = "The maximum number of results must be between 1 and 50.";
        return Err(Refusal::new(400, "InvalidMaxResultsException", message));
    }
    let page = page(&events, call.parameter("NextToken"), size)
        .map_err(|_bad| Refusal::new(400, "InvalidNextTokenException", "The next token is not valid."))?;
    let mut answer = json!({"Events": page.items.iter().map(|event| told(event, account)).collect::<Vec<_>>()});
    if let Some(next) = page.next {
        answer["NextToken"] = next.into();
    }
    Ok(answer.to_string())
}

/// The one attribute that may be asked for.
fn attribute(call: &Call) -> Result<Option<(String, String)>, Refusal> {
    let refused = || {
        let message = "Exactly one lookup attribute with a key and a value is allowed.";
        Refusal::new(400, "InvalidLookupAttributesException", message)
    };
    let Some(text) = call.parameter("LookupAttributes") else { return Ok(None) };
    let attributes: Vec<Value> = serde_json::from_str(text).map_err(|_error| refused())?;
    let [attribute] = attributes.as_slice() else { return Err(refused()) };
    let word = |name: &str| attribute[name].as_str().map(str::to_owned).ok_or_else(refused);
    Ok(Some((word("AttributeKey")?, word("AttributeValue")?)))
}

fn has(event: &TrailEvent, key: &str, value: &str) -> bool {
    match key {
        "ResourceName" => event.resources.iter().any(|(_, name)| name == value),
        "ResourceType" => event.resources.iter().any(|(of, _)| of == value),
        "EventName" => event.name == value,
        "EventId" => event.id == value,
        "EventSource" => event.source == value,
        "ReadOnly" => event.reads.to_string() == value,
        _ => false,
    }
}

/// Times are seconds since 1970, with or without a fraction.
fn moment(call: &Call, parameter: &str) -> Result<Option<i64>, Refusal> {
    let Some(text) = call.parameter(parameter) else { return Ok(None) };
    let whole = text.split('.').next().unwrap_or(text);
    let message = || Refusal::new(400, "SerializationException", format!("{parameter} is not a time"));
    whole.parse().map(Some).map_err(|_error| message())
}

fn told(event: &TrailEvent, account: &Account) -> Value {
    let user = event.who.rsplit('/').next().unwrap_or(&event.who);
    let mut record = json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": if event.who.contains(":assumed-role/") { "AssumedRole" } else { "IAMUser" },
            "arn": event.who,
            "accountId": account.id,
            "userName": user,
        },
        "eventTime": event.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "eventSource": event.source,
        "eventName": event.name,
        "awsRegion": event.region,
        "eventID": event.id,
        "readOnly": event.reads,
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": account.id,
        "eventCategory": "Management",
    });
    if let Some(error) = &event.error {
        record["errorCode"] = error.as_str().into();
    }
    let resources = event.resources.iter().map(|(of, name)| json!({"ResourceType": of, "ResourceName": name}));
    json!({
        "EventId": event.id,
        "EventName": event.name,
        "ReadOnly": event.reads.to_string(),
        "EventTime": event.at.as_second(),
        "EventSource": event.source,
        "Username": user,
        "Resources": resources.collect::<Vec<_>>(),
        "CloudTrailEvent": record.to_string(),
    })
}
