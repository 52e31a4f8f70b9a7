//! Objectives as the ledger knows them: where each stands now, and what the budget policy makes of it
//! after a scan.

use jiff::Timestamp;

use crate::ledger::{Ledger, LedgerError, PolicyChange, PolicyStates};
use crate::slo::policy::{Policy, Target, Transition};
use crate::slo::{Slo, SloStatus, status};

/// How often settling is tried when others change the states meanwhile.
const ATTEMPTS: usize = 4;

/// Every objective at a moment, in the order of `slos`. Changes nothing: a stage that begins or ends
/// at this very moment is told as the next scan will write it down.
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
    statuses_from(ledger, slos, policy, &states, now).await
}

async fn statuses_from(
    ledger: &Ledger,
    slos: &[Slo],
    policy: &Policy,
    states: &PolicyStates,
    now: Timestamp,
) -> Result<Vec<SloStatus>, LedgerError> {
    let mut statuses = Vec::with_capacity(slos.len());
    for slo in slos {
        let points = ledger.points(&slo.digest(), slo.needed_since(policy, now)).await?;
        let before = states.get(slo.name.as_str()).cloned().unwrap_or_default();
        statuses.push(status(slo, &points, policy, &before, now));
    }
    Ok(statuses)
}

/// The same after a scan: what began or ended is kept, and each of `targets` that wants it is to be
/// told. What was active of an objective that is not there any more ends.
///
/// Somebody who reviews a trigger meanwhile changes the states too; then it is done again from what
/// they left. Should that go on, nothing is written, and the next scan finds the same transitions.
///
/// # Errors
/// When the ledger cannot be read or written; then the next scan finds the same transitions.
pub async fn settle(
    ledger: &Ledger,
    slos: &[Slo],
    policy: &Policy,
    targets: &[Target],
    now: Timestamp,
) -> Result<Vec<SloStatus>, LedgerError> {
    let mut settled = Vec::new();
    for _ in 0..ATTEMPTS {
        let before = ledger.policy_states().await?;
        settled = statuses_from(ledger, slos, policy, &before, now).await?;
        let after = settled.iter().map(|status| (status.slo.name.as_str().to_owned(), status.state.clone())).collect();
        if before == after {
            break;
        }
        let is_gone = |name: &str| slos.iter().all(|slo| slo.name.as_str() != name);
        let gone = before.iter().filter(|(name, _)| is_gone(name)).flat_map(|(name, state)| state.ended(name, now));
        let transitions: Vec<Transition> =
            gone.chain(settled.iter().flat_map(|status| status.transitions.clone())).collect();
        let change = PolicyChange { before: &before, after: &after, transitions: &transitions, targets };
        if ledger.record_policy(now, change).await? {
            break;
        }
    }
    Ok(settled)
}
