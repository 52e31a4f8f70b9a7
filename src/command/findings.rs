//! `plimsoll findings`: findings in the ledger, and one of them in full.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use anyhow::Context as _;
use plimsoll::exit::Exit;
use plimsoll::ledger::{ChangeRecord, FindingFilter, Ledger};
use plimsoll::model::{AccountId, Finding, Pointer, RuleId, Service};
use plimsoll::report::{Evidence, FindingDetail, Opening, Report};
use serde_json::Value;

use super::{WrongArgument, clock, existing_ledger, ledger_place, load_config, print, severity, when};
use crate::cli::{Common, FindingsArgs, FindingsOrder, FindingsVerb};

/// Fewer digits of an id than these could name anything.
const LEAST_DIGITS: usize = 4;

pub(super) async fn run(common: &Common, arguments: &FindingsArgs) -> anyhow::Result<Exit> {
    let config = load_config(common)?;
    if let Some(FindingsVerb::Show { id, ledger }) = &arguments.verb {
        let ledger = existing_ledger(ledger_place(&config, ledger.as_ref())).await?;
        return show(common, &ledger, id).await;
    }
    let filter = filter(arguments)?;
    let service = arguments.service.as_ref().map(|name| service(name)).transpose()?;
    let ledger = existing_ledger(ledger_place(&config, arguments.ledger.as_ref())).await?;
    let mut findings = ledger.findings(&FindingFilter { limit: enough(arguments), ..filter }).await?;
    findings.retain(|finding| {
        let part = arguments.resource.as_ref().is_none_or(|part| finding.resource.id.as_str().contains(part.as_str()));
        part && service.is_none_or(|service| finding.resource.resource_type.service() == service)
    });
    match arguments.sort {
        FindingsOrder::Rule => {}
        FindingsOrder::Oldest => findings.sort_by_key(|finding| finding.first_seen),
        FindingsOrder::Latest => findings.sort_by_key(|finding| Reverse(latest(finding))),
    }
    findings.truncate(arguments.limit.unwrap_or(usize::MAX));
    let report = match arguments.sort {
        FindingsOrder::Rule => Report::Findings(&findings),
        FindingsOrder::Oldest | FindingsOrder::Latest => Report::FindingsInOrder(&findings),
    };
    print(common, &report)?;
    Ok(Exit::Success)
}

fn filter(arguments: &FindingsArgs) -> Result<FindingFilter, WrongArgument> {
    let rule = arguments.rule.as_ref().map(|rule| RuleId::new(rule.as_str())).transpose();
    let account = arguments.account.as_ref().map(|account| AccountId::new(account.as_str())).transpose();
    let since = arguments.since.as_ref().map(|text| when::moment("--since", text, clock())).transpose()?;
    Ok(FindingFilter {
        open: if arguments.all { None } else { Some(!arguments.resolved) },
        severity: severity("--severity", arguments.severity.as_ref())?,
        rule: rule.map_err(|error| WrongArgument {
            argument: "--rule",
            problem: error.to_string(),
            help: "see plimsoll rules list",
        })?,
        account: account.map_err(|error| WrongArgument {
            argument: "--account",
            problem: error.to_string(),
            help: "an account id has 12 digits",
        })?,
        since,
        ..FindingFilter::default()
    })
}

/// How many need to be read: all, when some of them are left out afterwards or another order is asked for.
fn enough(arguments: &FindingsArgs) -> Option<u32> {
    let whole = arguments.resource.is_none() && arguments.service.is_none() && arguments.sort == FindingsOrder::Rule;
    arguments.limit.filter(|_| whole).map(|limit| u32::try_from(limit).unwrap_or(u32::MAX))
}

fn service(name: &str) -> Result<Service, WrongArgument> {
    let known = Service::ALL.iter().copied().find(|service| service.name() == name);
    known.ok_or_else(|| WrongArgument {
        argument: "--service",
        problem: format!("{name:?} is not a service"),
        help: "the services are iam, s3, ec2, account and those that plimsoll status lists",
    })
}

fn latest(finding: &Finding) -> jiff::Timestamp {
    finding.resolved.as_ref().map_or(finding.first_seen, |resolved| resolved.at)
}

/// One finding, by the beginning of its id.
async fn show(common: &Common, ledger: &Ledger, id: &str) -> anyhow::Result<Exit> {
    let found = the_only_one(ledger, id).await?;
    let openings = ledger.life(&found).await?;
    let (_, last) = openings.last().with_context(|| format!("the ledger has no finding {found}"))?;
    let rules = ledger.rules().await?;
    let changes = ledger.changes_of(&last.resource.id).await?;
    let versions = ledger.history(&last.resource.id).await?;
    let document = versions.iter().find(|version| last.resolved.is_none() || version.from < latest(last));
    let openings: Vec<Opening<'_>> = openings
        .iter()
        .map(|(cause, finding)| Opening {
            finding,
            cause: *cause,
            opened_by: at(&changes, finding.first_seen, finding),
            resolved_by: finding
                .resolved
                .as_ref()
                .map(|resolved| at(&changes, resolved.at, finding))
                .unwrap_or_default(),
        })
        .collect();
    let detail = FindingDetail {
        openings: &openings,
        rule: rules.iter().find(|rule| rule.id == last.rule),
        evidence: &document.map(|version| evidence(last, &version.document)).unwrap_or_default(),
        versions: versions.len(),
    };
    print(common, &Report::Finding(detail))?;
    Ok(Exit::Success)
}

async fn the_only_one(ledger: &Ledger, id: &str) -> anyhow::Result<String> {
    let wrong = |problem| WrongArgument { argument: "ID", problem, help: "see plimsoll findings --all --format json" };
    if id.len() < LEAST_DIGITS {
        return Err(wrong(format!("{id:?} is too short to name a finding")).into());
    }
    let is_digits = id.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let mut named = if is_digits { ledger.findings_named(id).await? } else { Vec::new() };
    match (named.pop(), named.len()) {
        (Some(one), 0) => Ok(one),
        (Some(_), more) => Err(wrong(format!("{} findings begin with {id:?}", more + 1)).into()),
        (None, _) => Err(wrong(format!("no finding begins with {id:?}")).into()),
    }
}

/// The changes that a scan saw at the finding's resource.
fn at<'a>(changes: &'a [ChangeRecord], scan: jiff::Timestamp, finding: &Finding) -> Vec<&'a plimsoll::model::Change> {
    let there = |record: &&ChangeRecord| record.at == scan && record.change.resource == finding.resource;
    changes.iter().filter(there).map(|record| &record.change).collect()
}

/// What stands at the places that offend, and at those that they rest on.
fn evidence(finding: &Finding, document: &Value) -> Vec<Evidence> {
    let mut found: BTreeMap<&Pointer, Option<Value>> = BTreeMap::new();
    for denial in &finding.denials {
        let places = if denial.because.is_empty() { std::slice::from_ref(&denial.path) } else { &denial.because };
        for place in places {
            found.insert(place, document.pointer(place.as_str()).cloned());
        }
    }
    found.into_iter().map(|(path, value)| Evidence { path: path.clone(), value }).collect()
}
