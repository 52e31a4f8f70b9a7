//! The command line: what can be asked, in the words of the user.
//!
//! One struct per verb. Turning arguments into library calls is the business of `command/`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Measures how much of an AWS estate fails its configuration rules, as a service level
/// indicator.
#[derive(Debug, Parser)]
#[command(
    name = "plimsoll",
    version,
    about,
    long_about = None,
    arg_required_else_help = true,
    after_help = "Measure: scan, collect, serve, gate.  Understand: status, findings, drift.\n\
                  Author: rules, config.  Operate: demo, completions.\n\n\
                  Exit codes: 0 nothing at or above the threshold, 1 error, 2 usage, 3 incomplete (no verdict),\n\
                  10 findings or a plan denied, 11 drift."
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
    /// Judge a Terraform plan before it is applied.
    Gate(GateArgs),
    /// The SLI now and over a window, from the ledger.
    Status(StatusArgs),
    /// Findings in the ledger.
    Findings(FindingsArgs),
    /// What changed between two snapshots.
    Drift(DriftArgs),
    /// The rules.
    #[command(subcommand)]
    Rules(RulesVerb),
    /// The configuration file.
    #[command(subcommand)]
    Config(ConfigVerb),
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

/// Arguments of `scan`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ScanArgs {
    #[command(flatten)]
    pub(crate) access: AccessArgs,
    /// Judge a snapshot file instead of collecting; nothing is recorded.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["profile", "role_arn", "regions"])]
    pub(crate) snapshot: Option<PathBuf>,
    /// The ledger; the configuration's otherwise.
    #[arg(long, value_name = "FILE")]
    pub(crate) ledger: Option<PathBuf>,
    /// Exit 10 when a finding of at least this severity is open.
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<String>,
    /// Also write the metrics page to this file, for node_exporter's textfile collector.
    #[arg(long, value_name = "FILE")]
    pub(crate) metrics_file: Option<PathBuf>,
}

/// Arguments of `collect`.
#[derive(Debug, Clone, Args)]
pub(crate) struct CollectArgs {
    #[command(flatten)]
    pub(crate) access: AccessArgs,
    /// Where the snapshot goes.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

/// Arguments of `serve`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) access: AccessArgs,
    /// Address to listen on; the configuration's otherwise.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<SocketAddr>,
    /// The ledger; the configuration's otherwise.
    #[arg(long, value_name = "FILE")]
    pub(crate) ledger: Option<PathBuf>,
}

/// Arguments of `gate`.
#[derive(Debug, Clone, Args)]
pub(crate) struct GateArgs {
    /// Output of `terraform show -json`; `-` for standard input.
    pub(crate) plan: PathBuf,
    /// Deny when the plan adds a failure of at least this severity.
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<String>,
    /// Also deny for failures that were there before the plan.
    #[arg(long)]
    pub(crate) all: bool,
    /// Also deny for what cannot be known before apply, on resources that the plan touches.
    #[arg(long)]
    pub(crate) deny_unknown: bool,
    /// How the answer is printed.
    #[arg(long = "output", short, value_enum)]
    pub(crate) output: Option<GateFormat>,
}

/// Arguments of `status`.
#[derive(Debug, Clone, Args)]
pub(crate) struct StatusArgs {
    /// The ledger; the configuration's otherwise.
    #[arg(long, value_name = "FILE")]
    pub(crate) ledger: Option<PathBuf>,
    /// Length of the window, such as 24h or 28d.
    #[arg(long, default_value = "24h", value_name = "DURATION")]
    pub(crate) window: String,
}

/// Arguments of `findings`.
#[derive(Debug, Clone, Args)]
pub(crate) struct FindingsArgs {
    /// The ledger; the configuration's otherwise.
    #[arg(long, value_name = "FILE")]
    pub(crate) ledger: Option<PathBuf>,
    /// Also those that are resolved.
    #[arg(long)]
    pub(crate) all: bool,
    /// Of at least this severity.
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) severity: Option<String>,
    /// Of this rule.
    #[arg(long, value_name = "ID")]
    pub(crate) rule: Option<String>,
    /// On resources whose ARN contains this.
    #[arg(long, value_name = "TEXT")]
    pub(crate) resource: Option<String>,
}

/// Arguments of `drift`.
#[derive(Debug, Clone, Args)]
pub(crate) struct DriftArgs {
    /// Snapshot before; without files, the ledger's last recorded changes.
    #[arg(requires = "new")]
    pub(crate) old: Option<PathBuf>,
    /// Snapshot after.
    pub(crate) new: Option<PathBuf>,
    /// The ledger; the configuration's otherwise.
    #[arg(long, value_name = "FILE", conflicts_with = "old")]
    pub(crate) ledger: Option<PathBuf>,
    /// Exit 11 when anything changed; what was only written otherwise did not.
    #[arg(long)]
    pub(crate) fail: bool,
}

/// What can be done with rules.
#[derive(Debug, Subcommand)]
pub(crate) enum RulesVerb {
    /// All rules in force.
    List {
        /// Folder of rules, instead of the built-in ones.
        #[arg(long, value_name = "FOLDER")]
        rules: Option<PathBuf>,
    },
    /// One rule: what it wants, why, what it reads, what to do.
    Show {
        /// Its id.
        id: String,
        /// Folder of rules, instead of the built-in ones.
        #[arg(long, value_name = "FOLDER")]
        rules: Option<PathBuf>,
    },
    /// Run the rules' own tests, on both evaluators.
    Test {
        /// Folder of rules, instead of the built-in ones.
        folder: Option<PathBuf>,
    },
    /// The JSON Schema of a resource type's document, for rule authors.
    Schema {
        /// CloudFormation name, such as AWS::S3::Bucket.
        resource_type: String,
    },
}

/// What can be done with the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigVerb {
    /// Read it and report every fault.
    Check,
    /// The configuration in force, defaults filled in.
    Show,
    /// Its JSON Schema.
    Schema,
}

/// Arguments of `demo`.
#[derive(Debug, Clone, Args)]
pub(crate) struct DemoArgs {
    /// End after the second scan instead of serving.
    #[arg(long)]
    pub(crate) once: bool,
    /// Address to serve pages and metrics on.
    #[arg(long, default_value = "127.0.0.1:9820", value_name = "ADDRESS")]
    pub(crate) listen: SocketAddr,
    /// Loopback port of the simulated AWS; a free one by default. Any AWS client can scan it too.
    #[arg(long, default_value_t = 0, value_name = "PORT")]
    pub(crate) aws_port: u16,
    /// Keep the demo's ledger in this file instead of a temporary one.
    #[arg(long, value_name = "FILE")]
    pub(crate) ledger: Option<PathBuf>,
}
