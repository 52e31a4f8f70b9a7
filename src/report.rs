//! Results for people and for programs.
//!
//! Takes what the stages found and writes it to a stream the caller gives; nothing here opens
//! files, reads the clock or knows the ledger. [`table`] is for a terminal and may change,
//! [`json`] is a published contract with a version. Everything is sorted before it is written,
//! so that the same outcome gives the same bytes.

mod access;
mod budget;
mod change;
pub mod compliance;
mod declared;
mod explanation;
mod finding;
mod foreign;
mod gap;
mod gate;
pub mod github;
pub mod gitlab;
mod indicator;
pub mod json;
pub mod judgement;
pub mod junit;
mod life;
mod log;
pub mod markdown;
mod objectives;
pub mod postmortem;
mod rule;
pub mod sarif;
mod slo;
pub mod table;
mod terminal;
pub mod told;
pub mod waiver;

use std::io;

use jiff::Timestamp;

pub use access::AccessReport;
pub use budget::BudgetAnswer;
pub use declared::DeclaredReport;
pub use explanation::{ExplanationReport, ScanPoint};
pub use gate::GateOutcome;
pub use life::{Difference, Evidence, FindingDetail, History, Opening, VersionTold, differences};
pub use log::Log;
pub use rule::{ListedRule, RuleDetail};
pub use slo::{Checked as CheckedSlo, SloReport};
pub use terminal::Style;
pub use waiver::WaiverReport;

use crate::controls::Compliance;
use crate::model::{Change, Finding, Gap, Rule};
use crate::sli::{Assessment, States};
use crate::slo::SloStatus;

/// Something to report.
#[derive(Debug, Clone)]
pub enum Report<'a> {
    /// What a scan found.
    Scan(ScanOutcome<'a>),
    /// Where things stand, from what is stored.
    Status(Status<'a>),
    /// Findings, and nothing else.
    Findings(&'a [Finding]),
    /// Findings in the order they are given in.
    FindingsInOrder(&'a [Finding]),
    /// One finding with all there is to say about it.
    Finding(FindingDetail<'a>),
    /// What became of one resource.
    History(History<'a>),
    /// Why the SLI moved.
    Explanation(ExplanationReport<'a>),
    /// Changes, and nothing else.
    Drift(&'a [Change]),
    /// Live resources against what Terraform declares.
    DeclaredDrift(DeclaredReport<'a>),
    /// Rules, one line each.
    Rules(&'a [ListedRule<'a>]),
    /// One rule with all there is to say about it.
    Rule(RuleDetail<'a>),
    /// What the gate says about a plan.
    Gate(GateOutcome<'a>),
    /// What the gate says without a plan.
    Budget(BudgetAnswer<'a>),
    /// What happened, one line each.
    Log(&'a Log<'a>),
    /// Waivers.
    Waivers(WaiverReport<'a>),
    /// Objectives.
    Slo(SloReport<'a>),
    /// What was asked about access.
    Access(AccessReport<'a>),
    /// How the estate stands by frameworks.
    Compliance(ComplianceReport<'a>),
}

/// How the estate stands by frameworks.
#[derive(Debug, Clone)]
pub struct ComplianceReport<'a> {
    /// One for each framework.
    pub frameworks: &'a [Compliance],
    /// How much of each control a terminal shows.
    pub detail: compliance::Detail,
    /// What could not be read.
    pub gaps: &'a [Gap],
    /// What else a reader must know, a sentence each.
    pub notes: &'a [String],
}

/// What a scan found.
#[derive(Debug, Clone)]
pub struct ScanOutcome<'a> {
    /// Identity of the scan; absent when it was not stored.
    pub scan: Option<&'a str>,
    /// The indicators.
    pub assessment: &'a Assessment,
    /// Open findings.
    pub findings: &'a [Finding],
    /// Changes since the scan before; `None` when there is none to compare with.
    pub changes: Option<&'a [Change]>,
    /// What could not be read.
    pub gaps: &'a [Gap],
    /// The rules that judged.
    pub rules: &'a [Rule],
    /// How the estate stands by the frameworks that were chosen.
    pub frameworks: &'a [Compliance],
    /// What else a reader must know, a sentence each: an expired waiver, a rule that errs.
    pub notes: &'a [String],
}

/// Where things stand, from what is stored.
#[derive(Debug, Clone)]
pub struct Status<'a> {
    /// Identity of the latest scan.
    pub scan: Option<&'a str>,
    /// Its indicators.
    pub assessment: &'a Assessment,
    /// Open findings; a table does without them.
    pub findings: &'a [Finding],
    /// How many findings are open.
    pub open: u64,
    /// What could not be read in the latest scan.
    pub gaps: &'a [Gap],
    /// Resource-time in milliseconds by state over windows that end now.
    pub windows: &'a [Window],
    /// Where the objectives stand.
    pub objectives: &'a [SloStatus],
    /// What else a reader must know, a sentence each.
    pub notes: &'a [String],
}

/// Resource-time over a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Its length as people write it, `24h`.
    pub length: String,
    /// Milliseconds that resources spent in each state.
    pub milliseconds: States,
}

/// How to write a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
}

impl Format {
    /// All formats, by the word on the command line.
    pub const ALL: &[(&str, Self)] = &[("table", Self::Table), ("json", Self::Json)];
}

/// Writes a report. `now` gives ages; `style` is for tables only.
///
/// # Errors
/// When the stream does not take it.
pub fn write(
    report: &Report<'_>,
    format: Format,
    now: Timestamp,
    style: Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    match format {
        Format::Table => table::write(report, now, style, out),
        Format::Json => json::write(report, now, out),
    }
}
