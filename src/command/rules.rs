//! `plimsoll rules`: list, show, test, schema.

use std::path::PathBuf;

use plimsoll::exit::Exit;
use plimsoll::model::{ResourceType, Rule, RuleId};
use plimsoll::report::Report;
use plimsoll::rules::{Pack, Parameters, schema, testing};
use plimsoll::scan::Judge;

use super::{WrongArgument, load_config, print, print_text};
use crate::cli::{Common, Format, RulesVerb};

pub(super) fn run(common: &Common, verb: &RulesVerb) -> anyhow::Result<Exit> {
    match verb {
        RulesVerb::List { rules } => {
            print(common, &Report::Rules(&in_force(common, rules.as_ref())?))?;
            Ok(Exit::Success)
        }
        RulesVerb::Show { id, rules } => show(common, id, rules.as_ref()),
        RulesVerb::Test { folder } => test(common, folder.as_ref()),
        RulesVerb::Schema { resource_type } => {
            let resource_type: ResourceType =
                resource_type.parse().map_err(|error: plimsoll::model::InvalidId| WrongArgument {
                    argument: "resource type",
                    problem: error.to_string(),
                    help: "the types are those that plimsoll rules list shows",
                })?;
            print_text(&serde_json::to_string_pretty(&schema::document(resource_type))?)?;
            Ok(Exit::Success)
        }
    }
}

fn in_force(common: &Common, folder: Option<&PathBuf>) -> anyhow::Result<Vec<Rule>> {
    Ok(match folder {
        Some(folder) => Pack::load(folder, &Parameters::default())?.rules,
        None => Judge::configured(&load_config(common)?)?.rules().to_vec(),
    })
}

fn show(common: &Common, id: &str, folder: Option<&PathBuf>) -> anyhow::Result<Exit> {
    let wrong = |problem| WrongArgument { argument: "rule", problem, help: "see plimsoll rules list" };
    let id = RuleId::new(id).map_err(|error| wrong(error.to_string()))?;
    let rules = in_force(common, folder)?;
    let rule = rules.iter().find(|rule| rule.id == id).ok_or_else(|| wrong(format!("there is no rule {id}")))?;
    print(common, &Report::Rule(rule))?;
    Ok(Exit::Success)
}

/// Runs the rules' own tests: every case on both evaluators, every `test_*` rule on the strict
/// one.
fn test(common: &Common, folder: Option<&PathBuf>) -> anyhow::Result<Exit> {
    let pack = match folder {
        Some(folder) => Pack::load(folder, &Parameters::default())?,
        None => Pack::embedded(&Parameters::default())?,
    };
    let report = testing::run(&pack);
    let failed = report.failed().count();
    match common.format {
        Format::Table | Format::Csv => {
            let mut lines: Vec<String> = report.failed().map(ToString::to_string).collect();
            for file in report.coverage.iter().filter(|file| !file.missing.is_empty()) {
                let missing: Vec<String> = file.missing.iter().map(ToString::to_string).collect();
                lines.push(format!("no test evaluates {}:{}", file.file, missing.join(",")));
            }
            let covered = report.covered_ratio().map_or(0.0, |ratio| ratio * 100.0);
            lines.push(format!(
                "{} rules, {} tests, {failed} failed; {covered:.1} % of lines evaluated",
                pack.rules.len(),
                report.tests.len()
            ));
            print_text(&lines.join("\n"))?;
        }
        Format::Json => print_text(&serde_json::to_string_pretty(&json(&report))?)?,
    }
    Ok(if failed == 0 { Exit::Success } else { Exit::Findings })
}

fn json(report: &testing::Report) -> serde_json::Value {
    let tests = report.tests.iter().map(|test| {
        let (outcome, detail) = match &test.outcome {
            testing::Outcome::Pass => ("pass", None),
            testing::Outcome::Fail(detail) => ("fail", Some(detail)),
            testing::Outcome::Diff(detail) => ("diff", Some(detail)),
            testing::Outcome::Todo => ("todo", None),
        };
        serde_json::json!({"file": test.file, "line": test.line, "name": test.name, "outcome": outcome, "detail": detail})
    });
    serde_json::json!({"format": 1, "tests": tests.collect::<Vec<_>>(), "covered_ratio": report.covered_ratio()})
}
