//! `plimsoll access`: who can do what on a snapshot, and how.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use plimsoll::access::{Access, ChainLimits, Endpoint, EscalationLimits, NameError};
use plimsoll::exit::Exit;
use plimsoll::model::{PolicyDocument, Snapshot};
use plimsoll::policy::{
    self, Budget, Context, Decision, KeyValue, Kind, Layer, Need, Principal, Relation, Request, compare, from_value,
    lint,
};
use plimsoll::report::{AccessReport, Report};
use plimsoll::source::file;

use super::{WrongArgument, existing_ledger, ledger_place, load_config, print};
use crate::cli::{AccessVerb, Common, ContextArgs, PolicyKind, SnapshotArgs};

pub(super) async fn run(common: &Common, verb: &AccessVerb) -> anyhow::Result<Exit> {
    match verb {
        AccessVerb::Can { principal, action, resource, context, of } => {
            let snapshot = snapshot(common, of).await?;
            can(common, &snapshot, (principal, action, resource), context)
        }
        AccessVerb::Who { action, resource, all, context, of } => {
            let snapshot = snapshot(common, of).await?;
            who(common, &snapshot, (action, resource), *all, context)
        }
        AccessVerb::Chain { from, to, hops, most, of } => {
            let snapshot = snapshot(common, of).await?;
            chain(common, &snapshot, (from, to), ChainLimits { hops: *hops, chains: *most })
        }
        AccessVerb::Escalations { principal, targets, of } => {
            let snapshot = snapshot(common, of).await?;
            let limits = EscalationLimits { targets: *targets, ..EscalationLimits::default() };
            escalations(common, &snapshot, principal.as_deref(), limits)
        }
        AccessVerb::Compare { old, new, kind, of } => {
            let needed = is_place(old) || is_place(new);
            let snapshot = if needed { Some(snapshot(common, of).await?) } else { None };
            let read = |argument, text: &str| document(argument, text, snapshot.as_ref());
            comparison(common, &read("OLD", old)?, &read("NEW", new)?, *kind)
        }
        AccessVerb::Lint { files, kind } => lints(common, files, *kind),
    }
}

/// The snapshot of the file, else the ledger's last one.
pub(super) async fn snapshot(common: &Common, of: &SnapshotArgs) -> anyhow::Result<Snapshot> {
    if let Some(path) = &of.snapshot {
        return Ok(file::read(path)?);
    }
    let config = load_config(common)?;
    let place = ledger_place(&config, of.ledger.as_ref());
    let ledger = existing_ledger(place).await?;
    let last = ledger.previous_snapshot().await?;
    last.with_context(|| {
        format!("the ledger {place} has no scan yet\nhelp: run plimsoll scan first, or name a file with --snapshot")
    })
}

fn can(common: &Common, snapshot: &Snapshot, asked: (&str, &str, &str), context: &ContextArgs) -> anyhow::Result<Exit> {
    let (principal, action, resource) = asked;
    let access = Access::new(snapshot);
    let principal = access.read_principal(principal).map_err(|error| wrong_name("PRINCIPAL", &error))?;
    let mut request = Request::new(principal, action_of(action)?, resource_of(resource)?);
    request.context = known(context)?;
    let mut answer = access.can(&request);
    if context.without_organization {
        answer.decision = aside(answer.decision);
    }
    print(common, &Report::Access(AccessReport::Can { request: &access.settled(&request), answer: &answer }))?;
    Ok(match answer.decision {
        Decision::Allow => Exit::Success,
        Decision::Deny(_) => Exit::Findings,
        Decision::Depends(_) => Exit::Incomplete,
    })
}

fn who(
    common: &Common,
    snapshot: &Snapshot,
    asked: (&str, &str),
    all: bool,
    context: &ContextArgs,
) -> anyhow::Result<Exit> {
    let (action, resource) = (action_of(asked.0)?, resource_of(asked.1)?);
    let mut standings = Access::new(snapshot).who(action, resource, &known(context)?);
    if context.without_organization {
        for standing in &mut standings {
            standing.answer.decision = aside(standing.answer.decision.clone());
        }
    }
    print(common, &Report::Access(AccessReport::Who { action, resource, standings: &standings, all }))?;
    Ok(Exit::Success)
}

/// A decision without its needs of organization policies that were not read.
fn aside(decision: Decision) -> Decision {
    let Decision::Depends(mut needs) = decision else { return decision };
    needs.retain(|need: &Need| !Access::is_about_organization(need));
    if needs.is_empty() { Decision::Allow } else { Decision::Depends(needs) }
}

fn chain(common: &Common, snapshot: &Snapshot, ends: (&str, &str), limits: ChainLimits) -> anyhow::Result<Exit> {
    let access = Access::new(snapshot);
    let end = |argument, text: &str| access.endpoint(text).map_err(|error| wrong_name(argument, &error));
    let (from, to) = (end("FROM", ends.0)?, end("TO", ends.1)?);
    if let Endpoint::Outside(name) = &to {
        return Err(WrongArgument {
            argument: "TO",
            problem: format!("{name} is not a role"),
            help: "a chain ends at a role: give its ARN or name, or * for everything that can be reached",
        }
        .into());
    }
    let chains = access.chains(&from, &to, limits);
    print(common, &Report::Access(AccessReport::Chains { from: ends.0, to: ends.1, chains: &chains }))?;
    Ok(match chains.iter().map(|chain| chain.certain).max() {
        Some(true) => Exit::Success,
        Some(false) => Exit::Incomplete,
        None => Exit::Findings,
    })
}

fn escalations(
    common: &Common,
    snapshot: &Snapshot,
    principal: Option<&str>,
    limits: EscalationLimits,
) -> anyhow::Result<Exit> {
    let access = Access::new(snapshot);
    let principal = principal
        .map(|name| match access.read_principal(name) {
            Ok(Principal::User(arn) | Principal::Role { role: arn, .. }) => Ok(arn),
            Ok(_) => Err(wrong_name("--principal", &NameError::NotPrincipal(name.to_owned()))),
            Err(error) => Err(wrong_name("--principal", &error)),
        })
        .transpose()?;
    let principal = principal
        .map(|arn| match access.principal(&arn) {
            Some(id) => Ok(id.to_string()),
            None => Err(wrong_name("--principal", &NameError::Unknown(arn))),
        })
        .transpose()?;
    let found = access.escalations(principal.as_deref(), limits);
    print(common, &Report::Access(AccessReport::Escalations { found: &found, steps: principal.is_some() }))?;
    let open = !found.found.is_empty() || !found.unread.is_empty() || !found.unfinished.is_empty();
    Ok(if found.found.iter().any(|way| way.certain) {
        Exit::Findings
    } else if open {
        Exit::Incomplete
    } else {
        Exit::Success
    })
}

fn comparison(
    common: &Common,
    old: &PolicyDocument,
    new: &PolicyDocument,
    kind: Option<PolicyKind>,
) -> anyhow::Result<Exit> {
    let kind = kind.unwrap_or_else(|| kind_of(new));
    let comparison = compare(kind.into(), &[old], &[new], &Budget::default());
    print(common, &Report::Access(AccessReport::Comparison(&comparison)))?;
    Ok(match comparison.relation {
        Relation::Same | Relation::Narrowed => Exit::Success,
        Relation::Widened | Relation::Incomparable | Relation::AtLeastWidened(_) => Exit::Findings,
        Relation::AtLeastNarrowed(_) | Relation::Unknown(_) => Exit::Incomplete,
    })
}

fn lints(common: &Common, files: &[std::path::PathBuf], kind: Option<PolicyKind>) -> anyhow::Result<Exit> {
    let mut found = Vec::new();
    for path in files {
        let document = of_file("FILE", path)?;
        let kind = kind.unwrap_or_else(|| kind_of(&document));
        found.push((path.display().to_string(), lint(&document, layer(kind))));
    }
    print(common, &Report::Access(AccessReport::Lints(&found)))?;
    Ok(if found.iter().all(|(_, lints)| lints.is_empty()) { Exit::Success } else { Exit::Findings })
}

/// What is known of the context: `KEY=VALUE` is known, `KEY=` is absent.
fn known(arguments: &ContextArgs) -> Result<Context, WrongArgument> {
    let mut values: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for argument in &arguments.keys {
        let (key, value) =
            argument.split_once('=').filter(|(key, _)| key.contains(':')).ok_or_else(|| WrongArgument {
                argument: "--context",
                problem: format!("{argument:?} is not a condition key and its value"),
                help: "write --context aws:SourceIp=203.0.113.7; --context aws:SourceVpce= says that the key is absent",
            })?;
        let values = values.entry(key).or_default();
        values.extend((!value.is_empty()).then(|| value.to_owned()));
    }
    let mut context = if arguments.whole_context { Context::whole() } else { Context::open() };
    for (key, values) in values {
        context.set(key, if values.is_empty() { KeyValue::Absent } else { KeyValue::Known(values) });
    }
    Ok(context)
}

fn action_of(text: &str) -> Result<&str, WrongArgument> {
    let whole = text.split_once(':').is_some_and(|(service, name)| !service.is_empty() && !name.is_empty());
    if whole && !text.contains(['*', '?']) {
        return Ok(text);
    }
    Err(WrongArgument {
        argument: "ACTION",
        problem: format!("{text:?} is not one action"),
        help: "write the service and the action, s3:GetObject, without wildcards",
    })
}

fn resource_of(text: &str) -> Result<&str, WrongArgument> {
    if text == "*" || (text.starts_with("arn:") && text.splitn(6, ':').count() == 6) {
        return Ok(text);
    }
    Err(WrongArgument {
        argument: "RESOURCE",
        problem: format!("{text:?} is not an ARN"),
        help: "write the whole ARN, arn:aws:s3:::bucket/key, or * for an action without resource",
    })
}

fn wrong_name(argument: &'static str, error: &NameError) -> WrongArgument {
    WrongArgument {
        argument,
        problem: error.to_string(),
        help: "give the ARN, or the name of a user or role that only one has",
    }
}

/// Whether an argument is a place in the snapshot rather than a file.
fn is_place(text: &str) -> bool {
    text.starts_with("arn:") && text.contains("#/")
}

fn document(argument: &'static str, text: &str, snapshot: Option<&Snapshot>) -> anyhow::Result<PolicyDocument> {
    let (Some(snapshot), Some((id, pointer))) = (snapshot, text.split_once('#')) else {
        return Ok(of_file(argument, Path::new(text))?);
    };
    let wrong = |problem: String| WrongArgument {
        argument,
        problem,
        help: "write the resource's ARN, # and the place, arn:aws:s3:::bucket#/configuration/policy",
    };
    let resource = snapshot.resources.iter().find(|resource| resource.id.as_str() == id);
    let whole = resource.ok_or_else(|| wrong(format!("{id} is not in the snapshot")))?.document();
    let value = whole.pointer(pointer).ok_or_else(|| wrong(format!("{id} has no {pointer}")))?;
    Ok(from_value(value).map_err(|error| wrong(format!("{text}: {error}")))?)
}

fn of_file(argument: &'static str, path: &Path) -> Result<PolicyDocument, WrongArgument> {
    let wrong = |problem: String| WrongArgument {
        argument,
        problem: format!("{}: {problem}", path.display()),
        help: "give a file that holds one IAM policy document as JSON",
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    policy::parse(&text).map_err(|error| wrong(error.to_string()))
}

/// What a policy hangs on, by its elements: a trust policy has principals and no resources.
fn kind_of(document: &PolicyDocument) -> PolicyKind {
    let has_principals =
        |statement: &plimsoll::model::Statement| statement.principal.is_some() || statement.not_principal.is_some();
    let has_resources =
        |statement: &plimsoll::model::Statement| statement.resource.is_some() || statement.not_resource.is_some();
    if !document.statement.iter().any(has_principals) {
        PolicyKind::Identity
    } else if document.statement.iter().any(has_resources) {
        PolicyKind::Resource
    } else {
        PolicyKind::Trust
    }
}

const fn layer(kind: PolicyKind) -> Layer {
    match kind {
        PolicyKind::Identity => Layer::Identity,
        PolicyKind::Resource | PolicyKind::Trust => Layer::Resource,
        PolicyKind::Control => Layer::ServiceControl,
    }
}

impl From<PolicyKind> for Kind {
    fn from(kind: PolicyKind) -> Self {
        match kind {
            PolicyKind::Identity => Self::Identity,
            PolicyKind::Resource => Self::Resource,
            PolicyKind::Trust => Self::Trust,
            PolicyKind::Control => Self::Control,
        }
    }
}
