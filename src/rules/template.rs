//! A new rule: a file with metadata and its tests, which pass as they are.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::pack::rule_id;
use super::reading::package_of;
use crate::model::{ResourceType, RuleId};

/// Why a rule cannot be begun.
#[derive(Debug, thiserror::Error)]
pub enum CannotBegin {
    /// The path does not make a package.
    #[error(
        "{0:?} is not the path of a rule\nhelp: write <provider>/<service>/<desired_state>, in lower-case letters, \
         digits and underscores, such as aws/s3/versioned"
    )]
    Path(String),
    /// Nobody can tell what it judges.
    #[error("it cannot be told which resources {0} judges\nhelp: name their type with --type; the types are {1}")]
    Type(String, String),
    /// It is there already.
    #[error("{} is there already\nhelp: nothing was written; choose another name", .0.display())]
    Exists(PathBuf),
    /// A rule of that id comes with the program.
    #[error("there is a built-in rule {0}\nhelp: a file of the same path would take its place; choose another name")]
    BuiltIn(RuleId),
    /// The file system refuses.
    #[error("{} cannot be written", .0.display())]
    Write(PathBuf, #[source] std::io::Error),
}

/// Writes a rule and its tests below a folder; gives the paths of both. Nothing is overwritten.
///
/// # Errors
/// When the path, the type or the file system does not allow it; then nothing is changed.
pub fn begin(
    folder: &Path,
    path: &str,
    of: Option<ResourceType>,
    taken: impl Fn(&RuleId) -> bool,
) -> Result<[PathBuf; 2], CannotBegin> {
    let path = path.trim_end_matches(".rego").trim_matches('/');
    let package = package_of(path);
    let id = rule_id(&package).filter(|_| is_package(path)).ok_or_else(|| CannotBegin::Path(path.to_owned()))?;
    if taken(&id) {
        return Err(CannotBegin::BuiltIn(id));
    }
    let of = of.or_else(|| usual_type(path)).ok_or_else(|| {
        let types: Vec<&str> = ResourceType::ALL.iter().map(|of| of.name()).collect();
        CannotBegin::Type(id.to_string(), types.join(", "))
    })?;
    let rule = folder.join(format!("{path}.rego"));
    let test = folder.join(format!("{path}_test.rego"));
    if let Some(there) = [&rule, &test].into_iter().find(|file| file.exists()) {
        return Err(CannotBegin::Exists(there.clone()));
    }
    write(&rule, &rule_text(&package, of))?;
    write(&test, &test_text(&package))?;
    Ok([rule, test])
}

fn is_package(path: &str) -> bool {
    let segments: Vec<&str> = path.split('/').collect();
    let word = |segment: &&str| {
        segment.starts_with(|first: char| first.is_ascii_lowercase())
            && segment.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let reserved = ["as", "contains", "default", "else", "every", "false", "if", "import", "in", "not", "null"];
    segments.len() >= 2
        && segments[0] != "lib"
        && segments.iter().all(word)
        && segments.iter().all(|segment| !reserved.contains(segment))
        && !path.ends_with("_test")
}

/// The type that most rules of a service judge.
fn usual_type(path: &str) -> Option<ResourceType> {
    let name = match path.split('/').nth(1)? {
        "account" => "AWS::::Account",
        "cloudtrail" => "AWS::CloudTrail::Trail",
        "ec2" => "AWS::EC2::Instance",
        "iam" => "AWS::IAM::User",
        "s3" => "AWS::S3::Bucket",
        "vpc" => "AWS::EC2::VPC",
        _ => return None,
    };
    name.parse().ok()
}

fn write(file: &Path, text: &str) -> Result<(), CannotBegin> {
    let failed = |error| CannotBegin::Write(file.to_owned(), error);
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let opened = OpenOptions::new().write(true).create_new(true).open(file);
    opened.and_then(|mut opened| opened.write_all(text.as_bytes())).map_err(failed)
}

fn rule_text(package: &str, of: ResourceType) -> String {
    let name = package.rsplit('.').next().unwrap_or(package).replace('_', " ");
    let title = name[..1].to_uppercase() + &name[1..];
    format!(
        r#"# METADATA
# title: {title}
# description: >-
#   Say in one to three sentences what goes wrong otherwise. As it stands, this rule wants a tag that
#   tells who answers for the resource.
# related_resources:
# - ref: https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
# custom:
#   severity: low
#   resource_types: ["{of}"]
#   controls: {{}}
#   reads: [tags]
#   remediation:
#     text: Add the tag owner to the resource.
#     # no cli: write the command that repairs it as `cli: |`, or here why there is none
#     # no terraform: write the arguments that repair it as `terraform: |`, or here why there are none
package {package}

deny contains {{"message": "the tag owner is missing", "path": ["tags", "owner"]}} if {{
	not input.resource.tags.owner
}}

deny contains {{"message": message, "path": ["tags", "owner"]}} if {{
	owner := input.resource.tags.owner
	trim_space(owner) == ""
	message := sprintf("the tag owner is %q", [owner])
}}
"#
    )
    .replace("%q", "'%s'")
}

fn test_text(package: &str) -> String {
    let name = package.rsplit('.').next().unwrap_or(package);
    format!(
        r#"package {package}_test

import data.{package}
import data.lib.cases as lib

cases := {{
	"without the tag it fails": {{"want": "fail", "paths": ["/tags/owner"], "resource": {{"tags": {{"team": "web"}}}}}},
	"with an empty tag it fails": {{"want": "fail", "paths": ["/tags/owner"], "resource": {{"tags": {{"owner": " "}}}}}},
	"with the tag it passes": {{"want": "pass", "resource": {{"tags": {{"owner": "web@example.com"}}}}}},
	"with tags that were not read it is unknown": {{"want": "unknown", "resource": {{"unknown": ["/tags"]}}}},
}}

test_cases if {{
	every case in cases {{
		denials := {name}.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}}
}}
"#
    )
}
