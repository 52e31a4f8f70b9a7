//! Every metric: name, help, labels, value.
//!
//! [`render`] turns one immutable [`Published`] into a metrics page at the time of a scrape. The
//! time-integral counters go on growing between scans, in the states the last scan saw, until the
//! hold ends; from then on the same time counts as `unknown`, because nobody looked.
//!
//! Nothing here knows the ledger, the server or the clock.

pub(crate) mod catalogue;
mod estimate;
mod negotiation;
mod objectives;
mod openmetrics;
mod published;
mod series;
mod text;
mod values;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use catalogue::{Kind, METRICS, Metric, reference};
pub use estimate::{Estimate, FamilySize, Size, estimate};
pub use negotiation::Format;
pub use objectives::{SloPages, SloValues, window_name};
pub use published::{
    AccountSeries, Accounts, Build, FailureReason, GateDecision, Phase, Published, ReloadOutcome, RuleSummary,
    ScanFailure, ScanValues, SloState, UnitStatus, WaiverStatus,
};
pub use series::OVERFLOW;
use series::Page;

/// The metrics page at `now`, in the Prometheus text format: families and series sorted, no
/// timestamps.
#[must_use]
pub fn render(published: &Published, now: Timestamp) -> String {
    render_as(Format::Text, published, now)
}

/// The metrics page at `now`, in the form that was asked for.
#[must_use]
pub fn render_as(format: Format, published: &Published, now: Timestamp) -> String {
    let page = page(published, now);
    match format {
        Format::Text => text::encode(&page),
        Format::OpenMetrics => openmetrics::encode(&page),
    }
}

/// What a scan that brought no values adds to a page that others keep: when it began and ended, and
/// how many there were. Everything else on the page stays as it was.
#[must_use]
pub fn render_failure(published: &Published, now: Timestamp) -> String {
    let counters = [catalogue::SCAN_RUNS, catalogue::SCAN_FAILURES];
    let times = [catalogue::SCAN_START, catalogue::SCAN_COMPLETION];
    part(published, now, &[counters, times].concat())
}

/// The same when the ledger cannot tell how many there were: only when it began and ended.
#[must_use]
pub fn render_times(published: &Published, now: Timestamp) -> String {
    part(published, now, &[catalogue::SCAN_START, catalogue::SCAN_COMPLETION])
}

fn part(published: &Published, now: Timestamp, metrics: &[&'static Metric]) -> String {
    let mut page = page(published, now);
    page.keep(metrics);
    text::encode(&page)
}

impl Published {
    /// Makes this the successor of `previous` on the same metrics page: no counter is shown lower
    /// than `previous` showed it at `now`.
    ///
    /// A scan closes its accounts a moment before its values are shown, and scrapes in between
    /// have let the old states run on. Without this a counter could step back by some
    /// milliseconds, which Prometheus takes for a restart from zero. The counters of an objective
    /// whose definition is another one do begin anew.
    #[must_use]
    pub fn following(mut self, previous: &Self, now: Timestamp) -> Self {
        let mut floor = page(previous, now).counters();
        let digest = |of: &Self, name: &str| {
            of.slos.iter().find(|(known, _)| known.as_str() == name).map(|(_, values)| values.digest.clone())
        };
        floor.retain(|(name, labels), _| {
            series::objective_of(name, labels).is_none_or(|slo| digest(&self, slo) == digest(previous, slo))
        });
        self.floor = floor;
        self
    }

    /// How many label sets each metric has lost to the limit of series.
    #[must_use]
    pub fn folded(&self, now: Timestamp) -> BTreeMap<&'static str, usize> {
        page(self, now).folded()
    }

    /// Says in the log when the limit of series has cost something.
    pub fn warn_of_folding(&self, now: Timestamp) {
        let folded = self.folded(now);
        if !folded.is_empty() {
            let label_sets: usize = folded.values().sum();
            tracing::warn!(
                label_sets,
                max_series = self.max_series,
                families = %folded.keys().copied().collect::<Vec<_>>().join(" "),
                "the metrics page is at its limit of series: what is past it shares one series, and objectives past it \
                 are left out; raise metrics.max_series, or set metrics.account_detail to none"
            );
        }
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
