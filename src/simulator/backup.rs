//! AWS Backup: what was backed up. REST with JSON.

use serde_json::json;

use super::estate::{Account, Estate};
use super::paging::page;
use super::refusal::Refusal;
use super::request::Call;

pub(super) fn answer(call: &Call, estate: &Estate, account: &Account) -> Result<String, Refusal> {
    match call.operation() {
        "ListProtectedResources" => protected(call, estate, account),
        _ => Err(Refusal::unsupported(&call.asked)),
    }
}

fn protected(call: &Call, estate: &Estate, account: &Account) -> Result<String, Refusal> {
    let region = match account.regions.get(&call.region) {
        Some(region) => region,
        None if account.regions.is_empty() => return Ok(json!({"Results": []}).to_string()),
        None => return Err(Refusal::unknown_key(call.asked.service)),
    };
    let size = call.parameter("maxResults").and_then(|text| text.parse().ok()).unwrap_or(1000).clamp(1, 1000);
    let page = page(&region.backed_up, call.parameter("nextToken"), size)
        .map_err(|_bad| Refusal::new(400, "InvalidParameterValueException", "Invalid pagination token"))?;
    let result = |id: &String| {
        let (kind, arn) = match id.split_once('-') {
            _ if id.starts_with("arn:") => ("S3", id.clone()),
            Some(("vol", _)) => ("EBS", arn(account, &call.region, "volume", id)),
            _ => ("EC2", arn(account, &call.region, "instance", id)),
        };
        json!({
            "ResourceArn": arn,
            "ResourceType": kind,
            "LastBackupTime": estate.days_ago(1).as_second(),
        })
    };
    let results: Vec<_> = page.items.iter().map(result).collect();
    let mut answer = json!({"Results": results});
    if let Some(next) = page.next {
        answer["NextToken"] = next.into();
    }
    Ok(answer.to_string())
}

fn arn(account: &Account, region: &str, kind: &str, id: &str) -> String {
    format!("arn:aws:ec2:{region}:{}:{kind}/{id}", account.id)
}
