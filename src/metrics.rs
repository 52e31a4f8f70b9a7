//! Every metric: name, help, labels, value.
//!
//! [`render`] turns one immutable [`Published`] into a metrics page at the time of a scrape. The
//! time-integral counters go on growing between scans, in the states the last scan saw, until the
//! hold ends; from then on the same time counts as `unknown`, because nobody looked.
//!
//! Nothing here knows the ledger, the server or the clock.

mod catalogue;
mod published;
mod series;
mod values;

use jiff::Timestamp;
use prometheus::TextEncoder;

pub use catalogue::{Kind, METRICS, Metric, reference};
pub use published::{
    Accounts, Build, FailureReason, Phase, Published, ReloadOutcome, RuleSummary, ScanFailure, ScanValues, UnitStatus,
    WaiverStatus,
};
pub use series::OVERFLOW;
use series::Page;

/// The content type of a metrics page.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The metrics page at `now`, in the Prometheus text format: families and series sorted, no
/// timestamps.
#[must_use]
#[expect(clippy::expect_used, reason = "the encoder only refuses families without name or series, which are left out")]
pub fn render(published: &Published, now: Timestamp) -> String {
    let families = page(published, now).into_families();
    TextEncoder::new().encode_to_string(&families).expect("named families with series can be written")
}

impl Published {
    /// Makes this the successor of `previous` on the same metrics page: no counter is shown lower
    /// than `previous` showed it at `now`.
    ///
    /// A scan closes its accounts a moment before its values are shown, and scrapes in between
    /// have let the old states run on. Without this a counter could step back by some
    /// milliseconds, which Prometheus takes for a restart from zero.
    #[must_use]
    pub fn following(mut self, previous: &Self, now: Timestamp) -> Self {
        self.floor = page(previous, now).counters();
        self
    }
}

/// All series at `now`.
fn page(published: &Published, now: Timestamp) -> Page {
    let mut page = Page::new(published.max_series);
    values::fill(&mut page, published, now);
    page.close();
    page.raise(&published.floor);
    page
}
