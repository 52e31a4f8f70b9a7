//! IAM Access Analyzer: REST with JSON.

use serde_json::json;

use super::estate::Account;
use super::estate_iam::Analyzer;
use super::paging::page;
use super::refusal::Refusal;
use super::request::Call;

pub(super) fn answer(call: &Call, account: &Account) -> Result<String, Refusal> {
    // In a region that the account has not enabled, nobody is known.
    if !account.regions.contains_key(&call.region) {
        return Err(Refusal::unknown_key(call.asked.service));
    }
    match call.operation() {
        "ListAnalyzers" => list(call, account),
        _ => Err(Refusal::unsupported(&call.asked)),
    }
}

fn list(call: &Call, account: &Account) -> Result<String, Refusal> {
    const MOST: usize = 100;
    let size = call.parameter("maxResults").and_then(|text| text.parse().ok()).unwrap_or(MOST).clamp(1, MOST);
    let kind = call.parameter("type");
    let wanted =
        |analyzer: &&Analyzer| analyzer.region == call.region && kind.is_none_or(|kind| kind == analyzer.analyzer_type);
    let analyzers: Vec<&Analyzer> = account.analyzers.iter().filter(wanted).collect();
    let page = page(&analyzers, call.parameter("nextToken"), size)
        .map_err(|_bad| Refusal::new(400, "ValidationException", "Invalid nextToken"))?;
    let summary = |analyzer: &&Analyzer| {
        json!({
            "arn": format!("arn:aws:access-analyzer:{}:{}:analyzer/{}", call.region, account.id, analyzer.name),
            "name": analyzer.name,
            "type": analyzer.analyzer_type,
            "status": analyzer.status,
            "createdAt": "2024-01-01T00:00:00Z",
            "tags": analyzer.tags,
        })
    };
    let mut answer = json!({"analyzers": page.items.iter().map(summary).collect::<Vec<_>>()});
    if let Some(next) = page.next {
        answer["nextToken"] = next.into();
    }
    Ok(answer.to_string())
}
