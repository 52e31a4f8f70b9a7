//! Arguments of what is written by people: rules, waivers, configuration.

use std::path::PathBuf;

use clap::Subcommand;

use super::{RulesArgs, SnapshotArgs};

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
