//! CloudTrail: the trails of an account, with their selectors and whether they are on. JSON 1.1.
//! What it knows of events stands in `trail_events`.

use serde_json::{Map, Value, json};

use super::estate::Account;
use super::estate_trail::{AdvancedSelector, Selector, Trail};
use super::refusal::Refusal;
use super::request::{Call, Service};
use super::trail_events;

pub(super) fn answer(call: &Call, account: &Account) -> Result<String, Refusal> {
    if call.operation() == "LookupEvents" {
        return trail_events::answer(call, account);
    }
    if !account.regions.contains_key(&call.region) {
        // What a region says that the account has not enabled.
        return Err(Refusal::unknown_key(Service::CloudTrail));
    }
    let answer = match call.operation() {
        "DescribeTrails" => describe(call, account),
        "GetTrailStatus" => status(find(call, account, "Name")?),
        "GetEventSelectors" => selectors(account, own(call, find(call, account, "TrailName")?)?),
        _ => return Err(Refusal::unsupported(&call.asked)),
    };
    Ok(answer.to_string())
}

/// A region names its own trails and, unless told otherwise, those of other regions that record
/// it.
fn describe(call: &Call, account: &Account) -> Value {
    let shadows = call.parameter("includeShadowTrails") != Some("false");
    let here = |trail: &&Trail| trail.region == call.region || (shadows && !trail.single_region);
    let trails = account.trails.iter().filter(here).map(|trail| {
        let mut told = json!({
            "Name": trail.name,
            "S3BucketName": trail.bucket,
            "IncludeGlobalServiceEvents": true,
            "IsMultiRegionTrail": !trail.single_region,
            "HomeRegion": trail.region,
            "TrailARN": arn(account, trail),
            "LogFileValidationEnabled": trail.validated,
            "HasCustomEventSelectors": !trail.selectors.is_empty() || !trail.advanced_selectors.is_empty(),
            "HasInsightSelectors": false,
            "IsOrganizationTrail": trail.owner.is_some(),
        });
        for (name, value) in [("S3KeyPrefix", &trail.prefix), ("KmsKeyId", &trail.kms_key)] {
            if let Some(value) = value {
                told[name] = value.as_str().into();
            }
        }
        told
    });
    json!({"trailList": trails.collect::<Vec<_>>()})
}

fn arn(account: &Account, trail: &Trail) -> String {
    let owner = trail.owner.as_ref().unwrap_or(&account.id);
    format!("arn:aws:cloudtrail:{}:{owner}:trail/{}", trail.region, trail.name)
}

/// A trail of another region, or of another account, is found by its ARN only.
fn find<'a>(call: &Call, account: &'a Account, parameter: &str) -> Result<&'a Trail, Refusal> {
    let wanted = call.parameter(parameter).unwrap_or_default();
    let named = |trail: &&Trail| {
        arn(account, trail) == wanted || (trail.name == wanted && trail.region == call.region && trail.owner.is_none())
    };
    account.trails.iter().find(named).ok_or_else(|| unknown(call, wanted))
}

/// What a trail of the organization selects, its owner alone is told.
fn own<'a>(call: &Call, trail: &'a Trail) -> Result<&'a Trail, Refusal> {
    if trail.owner.is_some() { Err(unknown(call, &trail.name)) } else { Ok(trail) }
}

fn unknown(call: &Call, trail: &str) -> Refusal {
    let message = format!("Unknown trail: {trail} for the user: {}", call.account);
    Refusal::new(400, "TrailNotFoundException", message)
}

fn status(trail: &Trail) -> Value {
    json!({"IsLogging": !trail.stopped})
}

/// A trail without selectors of its own records management events.
fn selectors(account: &Account, trail: &Trail) -> Value {
    let mut answer = json!({"TrailARN": arn(account, trail)});
    if trail.advanced_selectors.is_empty() {
        let usual = [Selector { events: "All".to_owned(), data: Vec::new() }];
        let basic = if trail.selectors.is_empty() { &usual[..] } else { &trail.selectors };
        answer["EventSelectors"] = basic.iter().map(basic_selector).collect();
    } else {
        answer["AdvancedEventSelectors"] = trail.advanced_selectors.iter().map(advanced_selector).collect();
    }
    answer
}

fn basic_selector(selector: &Selector) -> Value {
    let data = selector.data.iter().map(|data| json!({"Type": data.of, "Values": data.arns}));
    json!({
        "ReadWriteType": selector.events,
        "IncludeManagementEvents": true,
        "DataResources": data.collect::<Vec<_>>(),
        "ExcludeManagementEventSources": [],
    })
}

fn advanced_selector(selector: &AdvancedSelector) -> Value {
    let fields = selector.fields.iter().map(|(field, tests)| {
        let mut told = Map::from_iter([("Field".to_owned(), field.as_str().into())]);
        told.extend(tests.iter().map(|(operator, values)| (operator.clone(), values.clone().into())));
        Value::Object(told)
    });
    json!({"Name": selector.name, "FieldSelectors": fields.collect::<Vec<_>>()})
}
