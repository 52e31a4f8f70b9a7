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
    after_help = "Measure: scan, collect, serve, gate.  Understand: status, findings, drift, report.\n\
                  Author: rules, waivers, config.  Access: access.  Operate: demo, completions.\n\n\
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
    /// Judge a Terraform plan before it is applied.
    Gate(GateArgs),
    /// The SLI now and over a window, from the ledger.
    Status(StatusArgs),
    /// Findings in the ledger.
    Findings(FindingsArgs),
    /// What changed between two snapshots, or outside Terraform.
    Drift(DriftArgs),
    /// How the estate stands by the controls of a framework, such as cis-5.0.
    ///
    /// Exits with 10 when a control fails, 3 when none does and something is unknown.
    Report(ReportArgs),
    /// Who can do what, and how: requests, role chains, ways to more permissions, policies.
    #[command(subcommand)]
    Access(AccessVerb),
    /// The rules.
    #[command(subcommand)]
    Rules(RulesVerb),
    /// Accepted failures.
    #[command(subcommand)]
    Waivers(WaiversVerb),
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

/// Arguments of `scan`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ScanArgs {
    #[command(flatten)]
    pub(crate) access: AccessArgs,
    #[command(flatten)]
    pub(crate) judged_by: RulesArgs,
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
    #[command(flatten)]
    pub(crate) judged_by: RulesArgs,
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
    #[command(flatten)]
    pub(crate) judged_by: RulesArgs,
    /// Output of `terraform show -json` on a plan, or on a state, which is judged as it is; `-` for
    /// standard input.
    pub(crate) plan: PathBuf,
    /// Fill what the plan does not hold of existing resources from the last scan in this ledger.
    #[arg(long, value_name = "FILE", conflicts_with = "snapshot")]
    pub(crate) ledger: Option<PathBuf>,
    /// Fill it from this snapshot file.
    #[arg(long, value_name = "FILE")]
    pub(crate) snapshot: Option<PathBuf>,
    /// Deny when the plan adds a failure of at least this severity.
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<String>,
    /// Deny only for failures that the plan makes: the default.
    #[arg(long, conflicts_with = "all")]
    pub(crate) new_only: bool,
    /// Also deny for failures that were there before the plan.
    #[arg(long)]
    pub(crate) all: bool,
    /// Also deny for what cannot be known before apply, on resources that the plan touches.
    #[arg(long)]
    pub(crate) deny_unknown: bool,
    /// How the answer is printed.
    #[arg(long = "output", short, value_enum)]
    pub(crate) output: Option<GateFormat>,
    /// Folder of the root module, to name file and line of resources in sarif, github, markdown and gitlab.
    #[arg(long, value_name = "DIR")]
    pub(crate) source: Option<PathBuf>,
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
    /// Compare what the last scan saw with what Terraform declares: `terraform show -json` of a
    /// state, or of a plan (what will be there when it has been applied); `-` for standard input.
    ///
    /// Tells what was changed outside Terraform, what is missing, what is unmanaged (live and not
    /// declared, of a type that is declared in the same account and region), and what could not be
    /// compared. Only what the declaration holds is compared. What AWS makes by itself is never
    /// unmanaged: its own policies, service-linked and reserved roles, default VPCs with their
    /// subnets, default network ACLs and security groups; they are counted. Exits with 3 when
    /// nothing could be compared, and with --fail also when there is no drift but less was compared
    /// than the configured minimum coverage.
    #[arg(long, value_name = "FILE", conflicts_with = "old")]
    pub(crate) declared: Option<PathBuf>,
    /// The snapshot file to compare with what is declared; the ledger's last snapshot otherwise.
    #[arg(long, value_name = "FILE", requires = "declared", conflicts_with = "ledger")]
    pub(crate) snapshot: Option<PathBuf>,
    /// Of what is compared with the declaration, tell and fail on these only.
    #[arg(long, value_name = "KIND", value_delimiter = ',', requires = "declared")]
    pub(crate) only: Vec<DriftKind>,
    /// Neither tell nor fail on what is unmanaged.
    #[arg(long, requires = "declared", conflicts_with = "only")]
    pub(crate) no_unmanaged: bool,
    /// The ledger; the configuration's otherwise.
    #[arg(long, value_name = "FILE", conflicts_with = "old")]
    pub(crate) ledger: Option<PathBuf>,
    /// Exit 11 when anything changed; what was only written otherwise did not.
    #[arg(long)]
    pub(crate) fail: bool,
}

/// How a resource can stand to what is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DriftKind {
    /// Declared and live, and not as declared.
    Changed,
    /// Declared and not live.
    Missing,
    /// Live and not declared.
    Unmanaged,
    /// Not to be compared, or not as a whole.
    NotComparable,
}

/// Arguments of `report`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    pub(crate) judged_by: RulesArgs,
    /// Only this control, with every resource behind it; repeated for several.
    #[arg(long = "control", value_name = "ID")]
    pub(crate) controls: Vec<String>,
    #[command(flatten)]
    pub(crate) of: SnapshotArgs,
}

/// What can be asked about access.
#[derive(Debug, Subcommand)]
pub(crate) enum AccessVerb {
    /// Whether a principal may do something, and why, layer by layer.
    ///
    /// Exits with 0 when it is allowed, 10 when it is denied, 3 when it depends on what is not
    /// known.
    Can {
        /// ARN, account id, service, `*` for an unsigned request, or the name of a user or role.
        principal: String,
        /// The action, s3:GetObject.
        action: String,
        /// ARN of what it is done on; `*` for actions without resource.
        #[arg(default_value = "*")]
        resource: String,
        #[command(flatten)]
        context: ContextArgs,
        #[command(flatten)]
        of: SnapshotArgs,
    },
    /// Everyone who may do something.
    Who {
        /// The action, s3:GetObject.
        action: String,
        /// ARN of what it is done on; `*` for actions without resource.
        #[arg(default_value = "*")]
        resource: String,
        /// Also those who are denied.
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        context: ContextArgs,
        #[command(flatten)]
        of: SnapshotArgs,
    },
    /// Whether a policy allows more or less than another one, with a request that shows it.
    ///
    /// Exits with 0 when nothing is gained (same, narrowed), 10 when something is, 3 when that is
    /// not known.
    Compare {
        /// File with a policy document, or its place in the snapshot, ARN#/configuration/policy.
        old: String,
        /// The same, of the new policy.
        new: String,
        /// What the policies hang on; told by their elements otherwise.
        #[arg(long, value_enum)]
        kind: Option<PolicyKind>,
        #[command(flatten)]
        of: SnapshotArgs,
    },
    /// How a principal gets to be a role, assuming one after the other.
    ///
    /// Exits with 0 when there is a way, 3 when every way depends on what is not known, 10 when
    /// there is none.
    Chain {
        /// ARN, name, service, identity provider, or `outside` for everyone outside of the snapshot.
        from: String,
        /// ARN or name of a role; `*` for everything that can be reached.
        to: String,
        /// Most hops of a chain.
        #[arg(long, default_value_t = 6, value_name = "NUMBER")]
        hops: usize,
        /// Most chains.
        #[arg(long, default_value_t = 20, value_name = "NUMBER")]
        most: usize,
        #[command(flatten)]
        of: SnapshotArgs,
    },
    /// Who can get more permissions than it was given, and how.
    ///
    /// Exits with 10 when there is a way for certain, 3 when ways depend on what is not known or
    /// policies were not read, 0 when there is none.
    Escalations {
        /// Only this principal: ARN or name.
        #[arg(long, value_name = "PRINCIPAL")]
        principal: Option<String>,
        /// Most targets that are named for one principal and path.
        #[arg(long, default_value_t = 3, value_name = "NUMBER")]
        targets: usize,
        #[command(flatten)]
        of: SnapshotArgs,
    },
    /// What in policies cannot be meant.
    ///
    /// Exits with 10 when there is something.
    Lint {
        /// Files with policy documents.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// What the policies hang on; told by their elements otherwise.
        #[arg(long, value_enum)]
        kind: Option<PolicyKind>,
    },
}

/// Which snapshot is asked.
#[derive(Debug, Clone, Args)]
pub(crate) struct SnapshotArgs {
    /// Snapshot file; without it the ledger's last snapshot.
    #[arg(long, value_name = "FILE")]
    pub(crate) snapshot: Option<PathBuf>,
    /// The ledger; the configuration's otherwise.
    #[arg(long, value_name = "FILE", conflicts_with = "snapshot")]
    pub(crate) ledger: Option<PathBuf>,
}

/// What is known of a request's context.
#[derive(Debug, Clone, Args)]
pub(crate) struct ContextArgs {
    /// A condition key: KEY=VALUE, repeated for several values; KEY= is a key that the request
    /// does not have. All others are unknown.
    #[arg(long = "context", value_name = "KEY=VALUE")]
    pub(crate) keys: Vec<String>,
    /// The request has no other condition keys than those of --context and those that follow from
    /// principal and resource.
    #[arg(long)]
    pub(crate) whole_context: bool,
    /// Leave aside organization policies that were not read.
    #[arg(long)]
    pub(crate) without_organization: bool,
}

/// What a policy hangs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyKind {
    /// A user, group or role.
    Identity,
    /// A bucket, key, queue or other resource.
    Resource,
    /// A role: who may assume it.
    Trust,
    /// A limit: service or resource control policy, permissions boundary, session policy.
    Control,
}

/// What can be done with rules.
#[derive(Debug, Subcommand)]
pub(crate) enum RulesVerb {
    /// All rules: those that judge, and those that do not, with the reason.
    List {
        #[command(flatten)]
        judged_by: RulesArgs,
        /// Of this service: s3, iam, ec2, account.
        #[arg(long, value_name = "NAME")]
        service: Option<String>,
        /// Of this severity.
        #[arg(long, value_name = "SEVERITY")]
        severity: Option<String>,
        /// On resources of this type, such as `AWS::S3::Bucket`.
        #[arg(long = "type", value_name = "TYPE")]
        resource_type: Option<String>,
        /// Only rules that judge.
        #[arg(long, conflicts_with = "disabled")]
        enabled: bool,
        /// Only rules that do not judge.
        #[arg(long)]
        disabled: bool,
    },
    /// One rule: what it wants, why, what it reads, its parameters, its controls, what to do.
    Show {
        /// Its id.
        id: String,
        #[command(flatten)]
        judged_by: RulesArgs,
        /// Also its Rego.
        #[arg(long)]
        source: bool,
    },
    /// Run the rules' own tests, on both evaluators.
    ///
    /// Exits with 10 when a test fails, or when fewer lines are evaluated than asked for.
    Test {
        /// A folder of rules, a rule file, or rule ids with `*`; the built-in rules otherwise.
        #[arg(value_name = "PATH")]
        of: Option<String>,
        /// Folder of rules beside the built-in ones, for ids.
        #[arg(long = "rules", value_name = "DIR")]
        rules: Vec<PathBuf>,
        /// Also each line that no test evaluates, file by file.
        #[arg(long)]
        coverage: bool,
        /// The least share of lines that tests must evaluate, in percent.
        #[arg(long, value_name = "PERCENT")]
        minimum_coverage: Option<f64>,
        /// Also write the outcome as JUnit XML to this file.
        #[arg(long, value_name = "FILE")]
        junit: Option<PathBuf>,
    },
    /// What is wrong with rules, and what could be better.
    ///
    /// Exits with 10 when something is wrong; advice alone leaves it at 0, unless --strict is given.
    Lint {
        /// A folder of rules, a rule file, or rule ids with `*`; the built-in rules otherwise.
        #[arg(value_name = "PATH")]
        of: Option<String>,
        /// Folder of rules beside the built-in ones, for ids.
        #[arg(long = "rules", value_name = "DIR")]
        rules: Vec<PathBuf>,
        /// Exit with 10 for advice too.
        #[arg(long)]
        strict: bool,
    },
    /// Begin a rule: a file with metadata, and its tests, that pass.
    New {
        /// Its path without ending, such as aws/s3/my_rule.
        path: String,
        /// What it judges; told by the service otherwise.
        #[arg(long = "type", value_name = "TYPE")]
        resource_type: Option<String>,
        /// The folder it goes into.
        #[arg(long = "rules", value_name = "DIR", default_value = "rules")]
        rules: PathBuf,
    },
    /// The JSON Schema of a resource type's document, for rule authors.
    Schema {
        /// CloudFormation name, such as `AWS::S3::Bucket`.
        resource_type: String,
    },
}

/// What can be done with waivers.
#[derive(Debug, Subcommand)]
pub(crate) enum WaiversVerb {
    /// All of them: what each accepts, until when, and how much of it fails now.
    List {
        #[command(flatten)]
        of: SnapshotArgs,
    },
    /// Those that are over, end soon, would hold too long, are not needed, accept too much, or say
    /// what another one says.
    ///
    /// Exits with 10 when there is one.
    Check {
        #[command(flatten)]
        of: SnapshotArgs,
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
    #[command(flatten)]
    pub(crate) judged_by: RulesArgs,
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
