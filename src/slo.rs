//! Objectives: how much may fail and for how long, how much of that is used up, how fast it burns,
//! and what follows for changes.
//!
//! An [`Slo`] is either a ratio (share of resource-time, or of findings) with an error budget, or an
//! absolute breach budget of finding-time. Budgets, burn rates and stages are computed from what the
//! ledger has measured; nothing here reads the ledger or a clock.

mod budget;
mod history;
mod measure;
mod objective;
pub mod policy;
mod reach;
mod seed;
mod status;
mod tally;
mod tier;

pub use budget::{Amounts, BURN_WINDOWS, Spent, burn_rate, known, spent};
pub use history::{History, Reading};
pub use measure::{Event, Observed, Scanned, measure};
pub use objective::{Indicator, Scope, Slo, SloName, TimeWindow};
pub use reach::{Asked, Cadence, Reach, Threshold, Verdict, reach};
pub use seed::{PastScan, Slice, Untold, seeded};
pub use status::{EXHAUSTION_OVER, SloStatus, status};
pub use tally::{Measure, Point, Tally, readings};
pub use tier::{TIERS, Tier, TierName, length};
