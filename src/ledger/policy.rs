//! The budget policy in the ledger: which stages are active, what began and ended, what the gate
//! answered, who set an answer aside, and who was told.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::db::{Row, Transaction, sql};
use super::row::{from_json, time, to_json};
use super::{Ledger, LedgerError};
use crate::slo::policy::{Action, Cause, Decision, Grant, Outcome, State, Target, Transition};

/// For so many milliseconds the same answer about the same plan is one.
const ONE_ANSWER: i64 = 10 * 60 * 1000;

/// A transition that the ledger keeps, with its number.
#[derive(Debug, Clone, PartialEq)]
pub struct TransitionRecord {
    /// Its number; later ones are higher.
    pub id: i64,
    /// What began or ended.
    pub transition: Transition,
}

/// An answer of the gate that the ledger keeps.
#[derive(Debug, Clone, PartialEq)]
pub struct DecisionRecord {
    /// Its number; later ones are higher.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// In a word.
    pub outcome: Outcome,
    /// The strictest reason in a word; `none` when nothing was the matter.
    pub reason: String,
    /// Content hash of the plan; `None` without one.
    pub plan: Option<String>,
    /// All of it, as JSON.
    pub decision: Json,
}

/// Whether somebody was told of a transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Not yet.
    Pending,
    /// Yes.
    Sent,
    /// No, and it is not tried any more: a dead letter.
    GivenUp,
}

impl Delivery {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Pending, Self::Sent, Self::GivenUp];

    /// The word in the ledger and in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sent => "sent",
            Self::GivenUp => "given_up",
        }
    }
}

/// Somebody to be told of a transition.
#[derive(Debug, Clone, PartialEq)]
pub struct Notification {
    /// Its number.
    pub id: i64,
    /// Of what.
    pub transition: TransitionRecord,
    /// Who: the name of a target in the configuration.
    pub target: String,
    /// Whether it went out.
    pub delivery: Delivery,
    /// How often it was tried.
    pub attempts: u32,
    /// When it last was, or else when it was written down.
    pub at: Timestamp,
    /// What was wrong the last time.
    pub error: Option<String>,
}

/// What the latest evaluation of the policy left of each objective, by name.
pub type PolicyStates = BTreeMap<String, State>;

/// What an evaluation of the policy changes.
#[derive(Debug, Clone, Copy)]
pub struct PolicyChange<'a> {
    /// The states that it started from.
    pub before: &'a PolicyStates,
    /// The states of all objectives after it: one that is not there any more is forgotten.
    pub after: &'a PolicyStates,
    /// What began or ended.
    pub transitions: &'a [Transition],
    /// Who may want to know.
    pub targets: &'a [Target],
}

/// An override that the ledger keeps, with when it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverrideRecord {
    /// When.
    pub at: Timestamp,
    /// Who, why, and for how long.
    pub grant: Grant,
}

impl Ledger {
    /// Which stages and triggers are active, by objective; nothing for one that was never judged.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn policy_states(&self) -> Result<PolicyStates, LedgerError> {
        let rows = self.db.read().await?.all(sql("SELECT slo, state FROM policy_states")).await?;
        rows.iter().map(|row| Ok((row.get("slo")?, from_json("a policy state", row.get("state")?)?))).collect()
    }

    /// Keeps what is active now and what began or ended, and writes down for each target that wants it
    /// that it is to be told. All of it, or nothing.
    ///
    /// Gives whether it was kept: it is not when the states are not those that it started from.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn record_policy(&self, at: Timestamp, change: PolicyChange<'_>) -> Result<bool, LedgerError> {
        let mut transaction = self.db.amend().await?;
        let rows = transaction.all(sql("SELECT slo, state FROM policy_states ORDER BY slo")).await?;
        let mut found = PolicyStates::new();
        for row in &rows {
            found.insert(row.get("slo")?, from_json("a policy state", row.get("state")?)?);
        }
        if found != *change.before {
            return Ok(false);
        }
        for row in &rows {
            // By what was read: a review that came in between has changed it.
            let delete = sql("DELETE FROM policy_states WHERE slo = $1 AND state = $2");
            let (slo, state): (&str, &str) = (row.get("slo")?, row.get("state")?);
            if transaction.execute(delete.bind(slo).bind(state)).await? != 1 {
                return Ok(false);
            }
        }
        for (slo, state) in change.after {
            let insert = "INSERT INTO policy_states (slo, at, state) VALUES ($1, $2, $3) ON CONFLICT (slo) DO NOTHING";
            let insert = sql(insert).bind(slo).bind(at.as_millisecond()).bind(to_json("a policy state", state)?);
            if transaction.execute(insert).await? != 1 {
                return Ok(false);
            }
        }
        for transition in change.transitions {
            let id = insert_transition(&mut transaction, transition).await?;
            for target in change.targets.iter().filter(|target| target.wants(transition)) {
                let insert = "INSERT INTO notifications (transition, target, state, attempts, at) \
                              VALUES ($1, $2, $3, 0, $4)";
                let insert = sql(insert).bind(id).bind(&target.name).bind(Delivery::Pending.name());
                transaction.execute(insert.bind(at.as_millisecond())).await?;
            }
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// What began or ended after one moment and until another, oldest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn transitions(&self, after: Timestamp, until: Timestamp) -> Result<Vec<TransitionRecord>, LedgerError> {
        let select = "SELECT id AS transition, at AS began, slo, action, begins, cause FROM policy_transitions \
                      WHERE at > $1 AND at <= $2 ORDER BY id";
        let select = sql(select).bind(after.as_millisecond()).bind(until.as_millisecond());
        self.db.read().await?.all(select).await?.iter().map(transition).collect()
    }

    /// Keeps an answer of the gate and counts it. `plan` is the content hash of the plan, if there was
    /// one.
    ///
    /// The same answer about the same plan within ten minutes is one: a pipeline asks for one output after
    /// the other.
    ///
    /// # Errors
    /// When the ledger cannot be written; then the answer is neither kept nor counted.
    pub async fn record_decision(&self, decision: &Decision, plan: Option<&str>) -> Result<(), LedgerError> {
        let (outcome, reason) = (decision.outcome.name(), decision.reason());
        let mut transaction = self.db.amend().await?;
        let at = decision.at.as_millisecond();
        if let Some(plan) = plan
            && is_the_same_again(&mut transaction, decision, plan).await?
        {
            return Ok(());
        }
        let insert = "INSERT INTO decisions (at, outcome, reason, plan, decision) VALUES ($1, $2, $3, $4, $5)";
        let insert = sql(insert).bind(at).bind(outcome).bind(reason).bind(plan).bind(to_json("a decision", decision)?);
        transaction.execute(insert).await?;
        let count = "INSERT INTO decision_counts (outcome, reason, times) VALUES ($1, $2, 1) \
                     ON CONFLICT (outcome, reason) DO UPDATE SET times = decision_counts.times + 1";
        transaction.execute(sql(count).bind(outcome).bind(reason)).await?;
        transaction.commit().await
    }

    /// Answers of the gate, latest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn decisions(&self, most: u32) -> Result<Vec<DecisionRecord>, LedgerError> {
        let select = "SELECT id, at, outcome, reason, plan, decision FROM decisions ORDER BY id DESC LIMIT $1";
        let rows = self.db.read().await?.all(sql(select).bind(most)).await?;
        let record = |row: &Row| {
            Ok(DecisionRecord {
                id: row.get("id")?,
                at: time(row.get("at")?)?,
                outcome: word("an outcome", row.get("outcome")?)?,
                reason: row.get("reason")?,
                plan: row.get("plan")?,
                decision: from_json("a decision", row.get("decision")?)?,
            })
        };
        rows.iter().map(record).collect()
    }

    /// How many answers the gate ever gave, by outcome and reason.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn decision_counts(&self) -> Result<BTreeMap<(Outcome, String), u64>, LedgerError> {
        let rows = self.db.read().await?.all(sql("SELECT outcome, reason, times FROM decision_counts")).await?;
        let count = |row: &Row| {
            let outcome = word("an outcome", row.get("outcome")?)?;
            Ok(((outcome, row.get("reason")?), row.amount("times")?))
        };
        rows.iter().map(count).collect()
    }

    /// Keeps that people set answers aside.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn record_override(&self, grant: &Grant, at: Timestamp) -> Result<(), LedgerError> {
        let mut transaction = self.db.amend().await?;
        let insert = sql("INSERT INTO overrides (at, begins_at, ends_at, terms) VALUES ($1, $2, $3, $4)")
            .bind(at.as_millisecond())
            .bind(grant.from.as_millisecond())
            .bind(grant.until.as_millisecond())
            .bind(to_json("a grant", grant)?);
        transaction.execute(insert).await?;
        transaction.commit().await
    }

    /// All overrides that the ledger remembers and that ended after a moment, latest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn past_overrides(&self, ended_after: Timestamp) -> Result<Vec<OverrideRecord>, LedgerError> {
        let select = "SELECT at, terms FROM overrides WHERE ends_at > $1 ORDER BY id DESC";
        let rows = self.db.read().await?.all(sql(select).bind(ended_after.as_millisecond())).await?;
        let record = |row: &Row| {
            Ok(OverrideRecord { at: time(row.get("at")?)?, grant: from_json("a grant", row.get("terms")?)? })
        };
        rows.iter().map(record).collect()
    }

    /// The grants that hold at a moment, latest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn overrides(&self, now: Timestamp) -> Result<Vec<Grant>, LedgerError> {
        let select = "SELECT terms FROM overrides WHERE begins_at <= $1 AND ends_at > $1 ORDER BY id DESC";
        let rows = self.db.read().await?.all(sql(select).bind(now.as_millisecond())).await?;
        rows.iter().map(|row| from_json("a grant", row.get("terms")?)).collect()
    }

    /// Takes a due review from an objective's state and keeps who looked. Gives whether it was due.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn review(
        &self,
        slo: &str,
        trigger: &str,
        (reviewer, note): (&str, &str),
        at: Timestamp,
    ) -> Result<bool, LedgerError> {
        let mut transaction = self.db.amend().await?;
        loop {
            let select = sql("SELECT state FROM policy_states WHERE slo = $1").bind(slo);
            let Some(row) = transaction.first(select).await? else { return Ok(false) };
            let before: &str = row.get("state")?;
            let mut state: State = from_json("a policy state", before)?;
            if !state.review(trigger) {
                return Ok(false);
            }
            let update = sql("UPDATE policy_states SET state = $1 WHERE slo = $2 AND state = $3");
            let update = update.bind(to_json("a policy state", &state)?).bind(slo).bind(before);
            // A scan that settles the policy may have changed it in between.
            if transaction.execute(update).await? == 1 {
                break;
            }
        }
        let insert = "INSERT INTO reviews (at, slo, what, reviewer, note) VALUES ($1, $2, $3, $4, $5)";
        let insert = sql(insert).bind(at.as_millisecond()).bind(slo).bind(trigger).bind(reviewer).bind(note);
        transaction.execute(insert).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Everybody who is still to be told, oldest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn pending(&self) -> Result<Vec<Notification>, LedgerError> {
        self.notifications(Delivery::Pending).await
    }

    /// Those who were to be told of a transition, oldest first: in this state.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn notifications(&self, delivery: Delivery) -> Result<Vec<Notification>, LedgerError> {
        let select = "SELECT notifications.id, transition, target, state, attempts, notifications.at, error, \
                      policy_transitions.at AS began, slo, action, begins, cause \
                      FROM notifications JOIN policy_transitions ON policy_transitions.id = transition \
                      WHERE state = $1 ORDER BY notifications.id";
        let rows = self.db.read().await?.all(sql(select).bind(delivery.name())).await?;
        let notification = |row: &Row| {
            Ok(Notification {
                id: row.get("id")?,
                transition: transition(row)?,
                target: row.get("target")?,
                delivery,
                attempts: u32::try_from(row.amount("attempts")?).unwrap_or(u32::MAX),
                at: time(row.get("at")?)?,
                error: row.get("error")?,
            })
        };
        rows.iter().map(notification).collect()
    }

    /// Counts a try before it is made. Gives whether it may be made: not when another process has made
    /// one since this was read.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn begin_telling(&self, told: &Notification, now: Timestamp) -> Result<bool, LedgerError> {
        let mut transaction = self.db.amend().await?;
        let update = "UPDATE notifications SET attempts = attempts + 1, at = $1 \
                      WHERE id = $2 AND attempts = $3 AND state = $4";
        let update =
            sql(update).bind(now.as_millisecond()).bind(told.id).bind(told.attempts).bind(Delivery::Pending.name());
        let begun = transaction.execute(update).await? == 1;
        transaction.commit().await?;
        Ok(begun)
    }

    /// Makes everybody who was given up pending again, with no try behind them. Gives how many.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn tell_again(&self, now: Timestamp) -> Result<u64, LedgerError> {
        let mut transaction = self.db.amend().await?;
        let update = "UPDATE notifications SET state = $1, attempts = 0, at = $2 WHERE state = $3";
        let update =
            sql(update).bind(Delivery::Pending.name()).bind(now.as_millisecond()).bind(Delivery::GivenUp.name());
        let again = transaction.execute(update).await?;
        transaction.commit().await?;
        Ok(again)
    }

    /// Keeps what became of telling somebody.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn delivered(&self, told: &Notification) -> Result<(), LedgerError> {
        let mut transaction = self.db.amend().await?;
        let update = sql("UPDATE notifications SET state = $1, attempts = $2, at = $3, error = $4 WHERE id = $5")
            .bind(told.delivery.name())
            .bind(told.attempts)
            .bind(told.at.as_millisecond())
            .bind(told.error.as_ref())
            .bind(told.id);
        transaction.execute(update).await?;
        transaction.commit().await
    }
}

/// Whether the answer stands there already: about the same plan, in the same words, approved by the
/// same people.
async fn is_the_same_again(
    transaction: &mut Transaction<'_>,
    decision: &Decision,
    plan: &str,
) -> Result<bool, LedgerError> {
    let select =
        "SELECT decision FROM decisions WHERE plan = $1 AND outcome = $2 AND reason = $3 AND at > $4 AND at <= $5";
    let at = decision.at.as_millisecond();
    let select = sql(select)
        .bind(plan)
        .bind(decision.outcome.name())
        .bind(decision.reason())
        .bind(at.saturating_sub(ONE_ANSWER))
        .bind(at);
    let approved_by: Json = from_json("a decision", &to_json("a decision", decision)?)?;
    for row in transaction.all(select).await? {
        let kept: Json = from_json("a decision", row.get("decision")?)?;
        if kept["approved_by"] == approved_by["approved_by"] {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn insert_transition(transaction: &mut Transaction<'_>, transition: &Transition) -> Result<i64, LedgerError> {
    let insert = "INSERT INTO policy_transitions (at, slo, action, begins, cause) VALUES ($1, $2, $3, $4, $5) \
                  RETURNING id";
    let insert = sql(insert)
        .bind(transition.at.as_millisecond())
        .bind(&transition.slo)
        .bind(transition.action.name())
        .bind(transition.begins)
        .bind(to_json("the cause of a transition", &transition.cause)?);
    let row = transaction.first(insert).await?;
    row.map_or(Ok(0), |row| row.get("id"))
}

fn transition(row: &Row) -> Result<TransitionRecord, LedgerError> {
    let cause: Cause = from_json("the cause of a transition", row.get("cause")?)?;
    let action: Action = word("an action", row.get("action")?)?;
    Ok(TransitionRecord {
        id: row.get("transition")?,
        transition: Transition {
            slo: row.get("slo")?,
            action,
            begins: row.get("begins")?,
            at: time(row.get("began")?)?,
            cause,
        },
    })
}

/// A word of the ledger as what it names.
fn word<T: DeserializeOwned>(what: &'static str, word: &str) -> Result<T, LedgerError> {
    from_json(what, &Json::from(word).to_string())
}
