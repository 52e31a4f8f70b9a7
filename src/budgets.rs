//! Objectives as the ledger knows them: where each stands now, and what the budget policy makes of it
//! after a scan.

use jiff::Timestamp;

use crate::ledger::{Ledger, LedgerError};
use crate::slo::policy::{Policy, Transition};
use crate::slo::{Slo, SloStatus, status};

/// Every objective at a moment, in the order of `slos`. Changes nothing.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn statuses(
    ledger: &Ledger,
    slos: &[Slo],
    policy: &Policy,
    now: Timestamp,
) -> Result<Vec<SloStatus>, LedgerError> {
    let states = ledger.policy_states().await?;
    let mut statuses = Vec::with_capacity(slos.len());
    for slo in slos {
        let points = ledger.points(&slo.digest(), slo.needed_since(policy, now)).await?;
        let before = states.get(slo.name.as_str()).cloned().unwrap_or_default();
        statuses.push(status(slo, &points, policy, &before, now));
    }
    Ok(statuses)
}

/// The same after a scan: what began or ended is kept, and each of `targets` is to be told.
///
/// # Errors
/// When the ledger cannot be read or written; then the next scan finds the same transitions.
pub async fn settle(
    ledger: &Ledger,
    slos: &[Slo],
    policy: &Policy,
    targets: &[String],
    now: Timestamp,
) -> Result<Vec<SloStatus>, LedgerError> {
    let before = ledger.policy_states().await?;
    let statuses = statuses(ledger, slos, policy, now).await?;
    let after = statuses.iter().map(|status| (status.slo.name.as_str().to_owned(), status.state.clone())).collect();
    let transitions: Vec<Transition> = statuses.iter().flat_map(|status| status.transitions.clone()).collect();
    if before != after {
        ledger.record_policy(now, &after, &transitions, targets).await?;
    }
    Ok(statuses)
}
