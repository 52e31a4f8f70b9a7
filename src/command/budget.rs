//! `plimsoll budget`: break-glass and reviews, and what the budget policy did.

use anyhow::Context;
use jiff::{SignedDuration, Timestamp};
use plimsoll::config::{Config, Interval};
use plimsoll::exit::Exit;
use plimsoll::ledger::{DecisionRecord, Delivery, Ledger, Notification, OverrideRecord, TransitionRecord};
use plimsoll::report::{Log, Report};
use plimsoll::slo::length;
use plimsoll::slo::policy::Grant;
use serde_json::{Value, json};

use super::{WrongArgument, clock, existing_ledger, ledger_place, load_config, notifying, print, print_text, when};
use crate::cli::{
    BudgetLedger, BudgetVerb, Common, DecisionsArgs, Format, NotificationsArgs, OverrideArgs, ReviewArgs,
    TransitionsArgs,
};

pub(super) async fn run(common: &Common, verb: &BudgetVerb) -> anyhow::Result<Exit> {
    let config = load_config(common)?;
    match verb {
        BudgetVerb::Override(arguments) => set_aside(common, &config, arguments).await,
        BudgetVerb::Review(arguments) => review(common, &config, arguments).await,
        BudgetVerb::Decisions(arguments) => decisions(common, &config, arguments).await,
        BudgetVerb::Transitions(arguments) => transitions(common, &config, arguments).await,
        BudgetVerb::Notifications(arguments) => Box::pin(notifications(common, &config, arguments)).await,
    }
}

async fn open(config: &Config, of: &BudgetLedger) -> anyhow::Result<Ledger> {
    existing_ledger(ledger_place(config, of.ledger.as_ref())).await
}

async fn set_aside(common: &Common, config: &Config, arguments: &OverrideArgs) -> anyhow::Result<Exit> {
    let (now, terms) = (clock(), config.budget_policy.policy().break_glass);
    let mut faults = Vec::new();
    let asked: Option<Interval> =
        arguments.length.parse().ok().filter(|length: &Interval| !length.duration().is_zero());
    if asked.is_none() {
        faults.push(format!("{:?} is not a length of time such as 2h", arguments.length));
    }
    let until = asked.and_then(|asked| now.checked_add(SignedDuration::try_from(asked.duration()).ok()?).ok());
    let grant = Grant {
        approvers: arguments.approvers.iter().map(|name| name.trim().to_owned()).collect(),
        reason: arguments.reason.trim().to_owned(),
        ticket: arguments.ticket.clone(),
        from: now,
        // A length that is not one is a fault already, and must not be another one.
        until: until.or_else(|| now.checked_add(SignedDuration::from_secs(1)).ok()).unwrap_or(now),
    };
    if let Err(refused) = terms.accepts(&grant, now) {
        faults.extend(refused.faults);
    }
    if !faults.is_empty() {
        let ticket = if terms.ticket_required { ", --ticket" } else { "" };
        anyhow::bail!(super::Refused {
            problem: format!("nothing was set aside: {}", faults.join("; ")),
            help: format!(
                "budget_policy.break_glass asks for {} times --approver, --reason{ticket}, and --for of {} at most",
                terms.approvers,
                length(terms.maximum)
            ),
        });
    }
    let ledger = open(config, &arguments.of).await?;
    ledger.record_override(&grant, now).await?;
    ledger.close().await;
    let sentence = format!("the gate answers \"override\" until {}\nagreed by {grant}", grant.until);
    tell(common, &sentence, &json!({"report": "override", "format": 1, "at": now, "override": grant}))
}

async fn review(common: &Common, config: &Config, arguments: &ReviewArgs) -> anyhow::Result<Exit> {
    if arguments.by.trim().is_empty() {
        let (problem, help) = ("nobody is named".to_owned(), "say who looked");
        return Err(WrongArgument { argument: "--by", problem, help }.into());
    }
    let ledger = open(config, &arguments.of).await?;
    let (now, by) = (clock(), arguments.by.trim());
    let reviewed = ledger.review(&arguments.slo, &arguments.trigger, (by, &arguments.note), now).await?;
    if !reviewed {
        let due = due(&ledger).await?;
        let due = if due.is_empty() { "no review is due".to_owned() } else { format!("due are: {}", due.join(", ")) };
        anyhow::bail!(super::Refused {
            problem: format!("no review of {:?} is due for the objective {:?}", arguments.trigger, arguments.slo),
            help: due,
        });
    }
    ledger.close().await;
    let sentence = format!("{}: {} was reviewed by {by}", arguments.slo, arguments.trigger);
    let document = json!({
        "report": "review", "format": 1, "at": now,
        "objective": arguments.slo, "trigger": arguments.trigger, "by": by, "note": arguments.note,
    });
    tell(common, &sentence, &document)
}

/// Reviews that are due, as they are named on the command line.
async fn due(ledger: &Ledger) -> anyhow::Result<Vec<String>> {
    let states = ledger.policy_states().await?;
    let due = states.iter().flat_map(|(slo, state)| state.reviews.keys().map(move |name| format!("{slo} \"{name}\"")));
    Ok(due.collect())
}

async fn decisions(common: &Common, config: &Config, arguments: &DecisionsArgs) -> anyhow::Result<Exit> {
    let ledger = open(config, &arguments.of).await?;
    let decisions = ledger.decisions(arguments.limit).await?;
    ledger.close().await;
    let told = |record: &DecisionRecord| {
        let why = record.decision["because"][0]["text"].as_str().unwrap_or("nothing is the matter");
        let plan = record.plan.as_ref().map_or("no plan", |_| "a plan");
        vec![moment(record.at), record.outcome.name().to_owned(), plan.to_owned(), why.to_owned()]
    };
    let document = |record: &DecisionRecord| {
        json!({
            "id": record.id, "at": record.at, "outcome": record.outcome, "reason": record.reason,
            "plan": record.plan, "decision": record.decision,
        })
    };
    let log = Log {
        name: "decisions",
        titles: &["when", "answer", "asked for", "why"],
        rows: decisions.iter().map(told).collect(),
        documents: decisions.iter().map(document).collect(),
        empty: "the gate has not answered yet",
    };
    print(common, &Report::Log(&log))?;
    Ok(Exit::Success)
}

async fn transitions(common: &Common, config: &Config, arguments: &TransitionsArgs) -> anyhow::Result<Exit> {
    let now = clock();
    let since = when::moment("--since", &arguments.since, now)?;
    let ledger = open(config, &arguments.of).await?;
    let mut transitions = ledger.transitions(since, Timestamp::MAX).await?;
    let overrides = ledger.past_overrides(since).await?;
    ledger.close().await;
    transitions.reverse();
    let told = |record: &TransitionRecord| (record.transition.at, record.transition.to_string());
    let set_aside = |one: &OverrideRecord| (one.at, format!("override by {}", one.grant));
    let mut rows: Vec<(Timestamp, String)> =
        transitions.iter().map(told).chain(overrides.iter().map(set_aside)).collect();
    // What stands at one moment stays as the ledger has it.
    rows.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let document = |record: &TransitionRecord| json!({"id": record.id, "transition": record.transition});
    let set_aside = |one: &OverrideRecord| json!({"override": one.grant, "at": one.at});
    let log = Log {
        name: "transitions",
        titles: &["when", "what"],
        rows: rows.into_iter().map(|(at, text)| vec![moment(at), text]).collect(),
        documents: transitions.iter().map(document).chain(overrides.iter().map(set_aside)).collect(),
        empty: "nothing began or ended",
    };
    print(common, &Report::Log(&log))?;
    Ok(Exit::Success)
}

async fn notifications(common: &Common, config: &Config, arguments: &NotificationsArgs) -> anyhow::Result<Exit> {
    let ledger = open(config, &arguments.of).await?;
    if arguments.retry {
        let again = ledger.tell_again(clock()).await.context("nobody is told again")?;
        let told = notifying::deliver(&ledger, config).await;
        tracing::info!(again, sent = told.sent, failed = told.failed, "told again");
    }
    let states: &[Delivery] = if arguments.dead { &[Delivery::GivenUp] } else { Delivery::ALL };
    let mut all: Vec<Notification> = Vec::new();
    for state in states {
        all.extend(ledger.notifications(*state).await?);
    }
    ledger.close().await;
    all.sort_by_key(|one| std::cmp::Reverse(one.id));
    let told = |one: &Notification| {
        let trouble = one.error.as_ref().map_or_else(String::new, |error| format!("; {error}"));
        vec![
            moment(one.at),
            one.delivery.name().replace('_', " "),
            one.target.clone(),
            format!("{} tries", one.attempts),
            format!("{}{trouble}", one.transition.transition),
        ]
    };
    let log = Log {
        name: "notifications",
        titles: &["when", "state", "target", "tried", "what"],
        rows: all.iter().map(told).collect(),
        documents: all.iter().map(document).collect(),
        empty: if arguments.dead { "nobody was given up" } else { "nobody was to be told of anything" },
    };
    print(common, &Report::Log(&log))?;
    Ok(Exit::Success)
}

fn document(one: &Notification) -> Value {
    json!({
        "id": one.id, "at": one.at, "target": one.target, "state": one.delivery.name(), "attempts": one.attempts,
        "error": one.error, "transition": {"id": one.transition.id, "transition": one.transition.transition},
    })
}

/// To the second: a gate that is asked twice in a minute may answer twice.
fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn tell(common: &Common, sentence: &str, document: &Value) -> anyhow::Result<Exit> {
    match common.format {
        Format::Table | Format::Csv => print_text(sentence)?,
        Format::Json => print_text(&serde_json::to_string_pretty(document)?)?,
    }
    Ok(Exit::Success)
}
