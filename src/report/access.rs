//! Answers about access, for programs; [`table`] has them for people.
//!
//! The JSON forms are part of the report's published contract: `report` tells which one it is.

mod table;

use serde::Serialize;
use serde_json::{Value, json};

use crate::access::{Chain, Escalations, Standing};
use crate::policy::{Answer, Comparison, Decision, Lint, Need, Request};

pub(super) use table::write;

/// Something that was asked about access.
#[derive(Debug, Clone)]
pub enum AccessReport<'a> {
    /// Whether a request is allowed.
    Can {
        /// The request, with what the snapshot added to it.
        request: &'a Request,
        /// The answer.
        answer: &'a Answer,
    },
    /// Everyone's answer to one request.
    Who {
        /// The action.
        action: &'a str,
        /// What it is done on.
        resource: &'a str,
        /// The answers.
        standings: &'a [Standing],
        /// Whether those who are denied are listed too.
        all: bool,
    },
    /// Chains of roles.
    Chains {
        /// Where they start, as asked.
        from: &'a str,
        /// Where they end, as asked.
        to: &'a str,
        /// The chains.
        chains: &'a [Chain],
    },
    /// Ways to more permissions.
    Escalations {
        /// The ways.
        found: &'a Escalations,
        /// Whether a table has every step of every way.
        steps: bool,
    },
    /// What a change of a policy means.
    Comparison(&'a Comparison),
    /// What in policies cannot be meant, by file.
    Lints(&'a [(String, Vec<Lint>)]),
}

/// The word for a decision.
const fn word(decision: &Decision) -> &'static str {
    match decision {
        Decision::Allow => "allow",
        Decision::Deny(_) => "deny",
        Decision::Depends(_) => "depends",
    }
}

/// What a decision waits for, in words.
fn needs(decision: &Decision) -> Vec<String> {
    match decision {
        Decision::Depends(needs) => needs.iter().map(Need::to_string).collect(),
        Decision::Allow | Decision::Deny(_) => Vec::new(),
    }
}

/// The keys of a report's JSON object, but for its format.
pub(super) fn document(report: &AccessReport<'_>) -> Value {
    match report {
        AccessReport::Can { request, answer } => json!({
            "report": "access can",
            "principal": request.principal.to_string(),
            "action": request.action,
            "resource": request.resource,
            "context": request.context,
            "decision": word(&answer.decision),
            "needs": needs(&answer.decision),
            "denial": match &answer.decision { Decision::Deny(denial) => value(denial), _ => Value::Null },
            "layers": answer.layers,
        }),
        AccessReport::Who { action, resource, standings, all } => {
            let shown = standings.iter().filter(|standing| *all || !is_denied(standing));
            json!({
                "report": "access who",
                "action": action,
                "resource": resource,
                "principals": shown.map(standing).collect::<Vec<_>>(),
                "denied": standings.iter().filter(|standing| is_denied(standing)).count(),
            })
        }
        AccessReport::Chains { from, to, chains } => {
            json!({"report": "access chain", "from": from, "to": to, "chains": chains})
        }
        AccessReport::Escalations { found, steps: _ } => json!({
            "report": "access escalations",
            "escalations": found.found,
            "administrators": found.administrators,
            "unread": found.unread.iter().map(|(id, why)| json!({"principal": id, "why": why})).collect::<Vec<_>>(),
            "unfinished": found.unfinished,
        }),
        AccessReport::Comparison(comparison) => json!({
            "report": "access compare",
            "relation": comparison.relation.name(),
            "reason": comparison.relation.reason(),
            "standalone": comparison.standalone.name(),
            "gained": words(&comparison.gained),
            "gained_more": comparison.gained_more,
            "lost": words(&comparison.lost),
            "lost_more": comparison.lost_more,
            "gained_witness": comparison.gained_witness,
            "lost_witness": comparison.lost_witness,
            "unconfirmed": comparison.unconfirmed,
        }),
        AccessReport::Lints(files) => json!({
            "report": "access lint",
            "files": files.iter().map(|(file, lints)| json!({"file": file, "lints": lints})).collect::<Vec<_>>(),
        }),
    }
}

fn standing(standing: &Standing) -> Value {
    json!({
        "principal": standing.principal.to_string(),
        "inside": standing.inside,
        "decision": word(&standing.answer.decision),
        "needs": needs(&standing.answer.decision),
    })
}

fn is_denied(standing: &Standing) -> bool {
    matches!(standing.answer.decision, Decision::Deny(_))
}

fn words<T: ToString>(items: &[T]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}

fn value(item: &impl Serialize) -> Value {
    serde_json::to_value(item).unwrap_or_default()
}
