//! The command line: what can be asked, in the words of the user.
//!
//! One struct per verb. Turning arguments into library calls is the business of `command/`.

mod access;
mod author;
mod budget;
mod export;
mod measure;
mod metrics;
mod operate;
mod slo;
mod understand;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use access::*;
pub(crate) use author::*;
pub(crate) use budget::*;
pub(crate) use export::*;
pub(crate) use measure::*;
pub(crate) use metrics::*;
pub(crate) use operate::*;
pub(crate) use slo::*;
pub(crate) use understand::*;

/// Measures how much of an AWS estate fails its configuration rules, as a service level
/// indicator.
#[derive(Debug, Parser)]
#[command(
    name = "plimsoll",
    version,
    about,
    long_about = None,
    arg_required_else_help = true,
    after_help = "Measure: scan, collect, serve, gate.  Understand: status, findings, history, explain, drift,\n\
                  report.  Author: rules, waivers, slo, config.  Access: access.\n\
                  Operate: budget, ledger, metrics, export, demo, completions.\n\n\
                  Exit codes: 0 nothing at or above the threshold, 1 error, 2 usage, 3 incomplete (no verdict),\n\
                  10 findings or a plan denied, 11 drift, 12 approval required, 13 frozen."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What every verb takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Common {
    /// Configuration file; `plimsoll.yaml` in the current folder when it exists.
    #[arg(long, short, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// How results are printed on standard output.
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    /// How logs are printed on standard error.
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
    /// More about what is going on; twice for everything.
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// Form of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
    /// For spreadsheets; of `report` only.
    Csv,
}

/// Form of logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// One line of text per event.
    Text,
    /// One JSON object per event.
    Json,
}

/// Form of a gate's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GateFormat {
    /// For people.
    Table,
    /// For programs.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit XML, for CI.
    Junit,
    /// Annotations of GitHub Actions.
    Github,
    /// Markdown, for the comment of a pull request.
    Markdown,
    /// Code quality report of GitLab.
    Gitlab,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Collect, judge, record: one scan.
    Scan(ScanArgs),
    /// Collect only, and write the snapshot to a file.
    Collect(CollectArgs),
    /// Scan on a schedule and serve metrics, API and overview page.
    Serve(ServeArgs),
    /// May we deploy now? And, with a Terraform plan: may this be applied?
    ///
    /// Without a plan the budget policy answers, from the ledger: exit code 0 (allowed, warned, or set
    /// aside by people), 12 (a person must approve: also when data is missing or old) or 13 (frozen). With
    /// a plan the rules judge it too: 10 denied, 3 incomplete; the strictest answer counts, denied before
    /// frozen before approval before incomplete. Without objectives in the configuration only the rules
    /// judge a plan.
    Gate(GateArgs),
    /// The SLI now and over a window, from the ledger.
    Status(StatusArgs),
    /// Findings in the ledger.
    Findings(FindingsArgs),
    /// What one resource was, and when, with its findings.
    History(HistoryArgs),
    /// Why the SLI moved between two scans, split by cause.
    Explain(ExplainArgs),
    /// What changed between two snapshots, or outside Terraform.
    Drift(DriftArgs),
    /// How the estate stands by the controls of a framework, such as cis-5.0.
    ///
    /// Exits with 10 when a control fails, 3 when none does and something is unknown.
    Report(ReportArgs),
    /// A blameless draft in Markdown: what changed, what detected it, what it cost, what ended it.
    Postmortem(PostmortemArgs),
    /// Who can do what, and how: requests, role chains, ways to more permissions, policies.
    #[command(subcommand)]
    Access(AccessVerb),
    /// The rules.
    #[command(subcommand)]
    Rules(RulesVerb),
    /// Accepted failures.
    #[command(subcommand)]
    Waivers(WaiversVerb),
    /// Objectives: how much may fail and for how long, and whether alerts on them can fire.
    #[command(subcommand)]
    Slo(SloVerb),
    /// The budget policy: break-glass, reviews, what the gate answered, who is told.
    #[command(subcommand)]
    Budget(BudgetVerb),
    /// The configuration file.
    #[command(subcommand)]
    Config(ConfigVerb),
    /// The ledger itself: bring it up to date, prune, check, export.
    #[command(subcommand)]
    Ledger(LedgerVerb),
    /// The metrics page: publish it again, and what it costs.
    #[command(subcommand)]
    Metrics(MetricsVerb),
    /// The objectives for others: rules, alerts, tests and the past for Prometheus, dashboards, OpenSLO,
    /// Sloth, Pyrra.
    Export(ExportArgs),
    /// The main job on a simulated AWS account; needs nothing.
    Demo(DemoArgs),
    /// Completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Which AWS account, and as whom.
#[derive(Debug, Clone, Args, Default)]
pub(crate) struct AccessArgs {
    /// Profile of the shared AWS configuration.
    #[arg(long)]
    pub(crate) profile: Option<String>,
    /// Role to assume.
    #[arg(long, value_name = "ARN")]
    pub(crate) role_arn: Option<String>,
    /// External id the role's trust policy asks for.
    #[arg(long, requires = "role_arn", value_name = "ID")]
    pub(crate) external_id: Option<String>,
    /// Regions, repeated or separated by commas; the configuration's, else that of the profile.
    #[arg(long = "region", value_delimiter = ',', value_name = "REGION")]
    pub(crate) regions: Vec<String>,
}

/// Which rules judge, beside what the configuration says.
#[derive(Debug, Clone, Args, Default)]
pub(crate) struct RulesArgs {
    /// Folder of rules beside the built-in ones; repeated for several. A file there takes the
    /// place of the built-in one of the same path.
    #[arg(long = "rules", value_name = "DIR")]
    pub(crate) rules: Vec<PathBuf>,
    /// Only rules that serve a control of this framework, opt-in ones included, such as cis-5.0;
    /// repeated or separated by commas. In place of the configuration's. A scan by them is recorded
    /// only into a ledger that is named with --ledger.
    #[arg(long = "framework", value_delimiter = ',', value_name = "FRAMEWORK")]
    pub(crate) frameworks: Vec<String>,
}
