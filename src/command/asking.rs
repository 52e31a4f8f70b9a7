//! Asking the ledger whether a change may go ahead, and keeping the answer there.
//!
//! There is always an answer. Whatever keeps the ledger from being read makes it "approval required",
//! and so does a ledger that cannot keep an answer by which a change would go ahead.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use plimsoll::budgets;
use plimsoll::config::Config;
use plimsoll::gate;
use plimsoll::ledger::{Ledger, LedgerError};
use plimsoll::model::LedgerPlace;
use plimsoll::slo::policy::{BreakGlass, Charge, Decision, Effect, Grant, Plan, Policy, Ruling, charge};
use plimsoll::slo::{Slo, SloStatus};

/// How long the ledger may take, to be read and to be written.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the ledger says at a moment.
pub(super) struct Asked {
    /// The answer to "may we deploy now?", before anybody approved or set it aside.
    decision: Decision,
    statuses: Vec<SloStatus>,
    grants: Vec<Grant>,
    terms: BreakGlass,
    ledger: Option<Ledger>,
    place: LedgerPlace,
    /// What else a reader must know, a sentence each.
    notes: Vec<String>,
}

impl Asked {
    /// Asks the ledger. It is not begun when there is none.
    pub(super) async fn of(config: &Config, place: &LedgerPlace, now: Timestamp) -> Self {
        let (slos, policy) = (config.slos(), config.budget_policy.policy());
        let mut asked = Self {
            decision: Decision::now(&[], now),
            statuses: Vec::new(),
            grants: Vec::new(),
            terms: policy.break_glass,
            ledger: None,
            place: place.clone(),
            notes: Vec::new(),
        };
        if slos.is_empty() {
            asked.notes.push("the configuration has no objectives; declare them under slos".to_owned());
            return asked;
        }
        let opened = in_time(place, Ledger::existing(place)).await;
        let ledger = match opened {
            Ok(Some(ledger)) => ledger,
            Ok(None) => {
                asked.decision = Decision::without_budgets(format!("there is no ledger {place}"), now);
                asked.notes.push("run plimsoll scan first, or name the ledger with --ledger".to_owned());
                return asked;
            }
            Err(cause) => {
                asked.decision = Decision::without_budgets(cause, now);
                return asked;
            }
        };
        asked.read(&ledger, &slos, &policy, now).await;
        asked.ledger = Some(ledger);
        asked
    }

    async fn read(&mut self, ledger: &Ledger, slos: &[Slo], policy: &Policy, now: Timestamp) {
        match in_time(&self.place, budgets::statuses(ledger, slos, policy, now)).await {
            Ok(statuses) => {
                let rulings: Vec<Ruling> = statuses.iter().filter_map(|status| status.ruling.clone()).collect();
                self.decision = Decision::now(&rulings, now);
                if statuses.iter().all(|status| status.latest.is_none()) {
                    let place = &self.place;
                    self.notes.push(format!(
                        "no scan in the ledger {place} has measured these objectives; run plimsoll scan"
                    ));
                }
                self.statuses = statuses;
            }
            Err(cause) => self.decision = Decision::without_budgets(cause, now),
        }
        match in_time(&self.place, ledger.overrides(now)).await {
            Ok(grants) => self.grants = grants,
            Err(cause) => self.notes.push(format!("whether people set the answer aside is not known: {cause}")),
        }
    }

    /// What a plan does to it: passed when it only reduces risk, charged with what it adds.
    pub(super) fn with_plan(&mut self, plan: &Plan<'_>) {
        let charged = |status: &SloStatus| {
            let valid = status.latest.map_or(0, |latest| latest.measure.resources.valid());
            status.ruling.as_ref().and_then(|_| charge(&status.slo, plan, &status.spent, valid))
        };
        let charges: Vec<Charge> = self.statuses.iter().filter_map(charged).collect();
        let effect: Effect = plan.effect();
        self.decision = self.decision.clone().with_plan(effect, charges).doubting(plan.doubt());
    }

    /// The answer, kept in the ledger. `plan` is the content hash of the plan and what the rules say of
    /// it.
    pub(super) async fn answer(
        self,
        approved_by: &BTreeSet<String>,
        plan: Option<(&str, &gate::Decision)>,
    ) -> (Decision, Vec<String>) {
        let Self { decision, grants, terms, ledger, place, mut notes, .. } = self;
        let mut decision = decision.approved(approved_by.clone());
        for grant in &grants {
            match decision.clone().overridden(grant, terms) {
                Ok(overridden) => {
                    decision = overridden;
                    break;
                }
                Err(refused) => {
                    notes.push(format!("the override of {grant} does not hold: {}", refused.faults.join("; ")));
                }
            }
        }
        if let Some((_, rules)) = plan {
            decision = decision.judged(rules.outcome.in_policy(), rules.rules_say());
        }
        let kept = match &ledger {
            Some(ledger) => in_time(&place, ledger.record_decision(&decision, plan.map(|(hash, _)| hash))).await,
            // Why there is none is said already.
            None if !decision.outcome.goes_ahead() => Ok(()),
            None => Err("there is no ledger to keep it in".to_owned()),
        };
        if let Err(cause) = kept {
            decision = decision.unrecorded(cause);
        }
        if let Some(ledger) = ledger {
            ledger.close().await;
        }
        (decision, notes)
    }
}

/// What the ledger gives within [`PATIENCE`], or why it does not, on one line and with what to do.
async fn in_time<T>(place: &LedgerPlace, asked: impl Future<Output = Result<T, LedgerError>>) -> Result<T, String> {
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(given)) => Ok(given),
        Ok(Err(error)) => Err(error.to_string().replace('\n', "; ")),
        Err(_elapsed) => Err(format!("the ledger {place} did not answer in {} s", PATIENCE.as_secs())),
    }
}
