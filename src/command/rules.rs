//! `plimsoll rules`: list, show, test, lint, new, schema.

use std::path::{Path, PathBuf};

use anyhow::Context;
use plimsoll::exit::Exit;
use plimsoll::model::{ResourceType, Rule, RuleId};
use plimsoll::report::{ListedRule, Report, RuleDetail, junit};
use plimsoll::rules::{Fault, Lint, Pack, Parameters, Workshop, near, schema, template, testing};
use plimsoll::scan::Judge;
use serde_json::{Value, json};

use super::{WrongArgument, choose_rules, load_config, print, print_text};
use crate::cli::{Common, Format, RulesArgs, RulesVerb};

pub(super) fn run(common: &Common, verb: &RulesVerb) -> anyhow::Result<Exit> {
    match verb {
        RulesVerb::List { judged_by, service, severity, resource_type, enabled, disabled } => {
            let wanted = Wanted {
                service: service.as_deref(),
                severity: super::severity("--severity", severity.as_ref())?,
                resource_type: resource_type.as_deref().map(type_of).transpose()?,
                judging: (*enabled || *disabled).then_some(*enabled),
            };
            list(common, judged_by, &wanted)
        }
        RulesVerb::Show { id, judged_by, source } => show(common, id, judged_by, *source),
        RulesVerb::Test { of, rules, coverage, minimum_coverage, junit } => {
            let report = Workshop::open(of.as_deref(), rules)?;
            let wanted = Tested { coverage: *coverage, minimum: *minimum_coverage, junit: junit.as_deref() };
            test(common, &report, &wanted)
        }
        RulesVerb::Lint { of, rules, strict } => lint(common, &Workshop::open(of.as_deref(), rules)?.lint(), *strict),
        RulesVerb::New { path, resource_type, rules } => new(path, resource_type.as_deref(), rules),
        RulesVerb::Schema { resource_type } => {
            print_text(&serde_json::to_string_pretty(&schema::document(type_of(resource_type)?))?)?;
            Ok(Exit::Success)
        }
    }
}

fn type_of(name: &str) -> Result<ResourceType, WrongArgument> {
    name.parse().map_err(|error: plimsoll::model::InvalidId| WrongArgument {
        argument: "resource type",
        problem: error.to_string(),
        help: "the types are those that plimsoll rules list shows",
    })
}

/// Which rules are listed.
struct Wanted<'a> {
    service: Option<&'a str>,
    severity: Option<plimsoll::model::Severity>,
    resource_type: Option<ResourceType>,
    judging: Option<bool>,
}

impl Wanted<'_> {
    fn includes(&self, listed: &ListedRule<'_>) -> bool {
        let rule = listed.rule;
        self.service.is_none_or(|service| service_of(rule) == service)
            && self.severity.is_none_or(|severity| rule.severity == severity)
            && self.resource_type.is_none_or(|of| rule.resource_types.contains(&of))
            && self.judging.is_none_or(|judging| listed.reason.is_none() == judging)
    }
}

/// `s3` of `aws-s3-versioned`.
fn service_of(rule: &Rule) -> &str {
    rule.id.as_str().split('-').nth(1).unwrap_or_default()
}

fn list(common: &Common, judged_by: &RulesArgs, wanted: &Wanted<'_>) -> anyhow::Result<Exit> {
    let (config, pack) = all_rules(common, judged_by)?;
    let chosen = !judged_by.frameworks.is_empty();
    let listed: Vec<ListedRule<'_>> = pack
        .rules
        .iter()
        .map(|rule| listed(rule, &pack, &config))
        // Who asks for a framework does not want to read of the others.
        .filter(|listed| !(chosen && listed.standing == "other_framework"))
        .filter(|listed| wanted.includes(listed))
        .collect();
    let services: Vec<&str> = pack.rules.iter().map(service_of).collect();
    if let Some(service) = wanted.service.filter(|service| !services.contains(service)) {
        let mut known = services;
        known.sort_unstable();
        known.dedup();
        let problem = format!("no rule is about {service:?}; there are {}", known.join(", "));
        return Err(WrongArgument { argument: "--service", problem, help: "name one of them" }.into());
    }
    print(common, &Report::Rules(&listed))?;
    tell_lost(&pack)
}

/// Rules that nothing can be told about are told nevertheless.
fn tell_lost(pack: &Pack) -> anyhow::Result<Exit> {
    use std::io::Write;
    for lost in &pack.lost {
        let name = lost.rule.as_ref().map_or(&*lost.file, RuleId::as_str);
        writeln!(std::io::stderr(), "rule {name} cannot be used: {}\n  help: see plimsoll rules lint", lost.cause)?;
    }
    Ok(if pack.lost.is_empty() { Exit::Success } else { Exit::Incomplete })
}

/// Every rule there is, and the configuration that says which of them judge.
fn all_rules(common: &Common, judged_by: &RulesArgs) -> anyhow::Result<(plimsoll::config::Config, Pack)> {
    let mut config = load_config(common)?;
    choose_rules(&mut config, judged_by);
    let pack = Judge::all_rules(&config)?;
    // What the configuration names must exist here as well as in a scan.
    Judge::configured(&config).map(drop).or_else(|error| match error {
        plimsoll::scan::JudgeFaults::NoRules => Ok(()),
        other => Err(other),
    })?;
    Ok((config, pack))
}

fn listed<'a>(rule: &'a Rule, pack: &Pack, config: &plimsoll::config::Config) -> ListedRule<'a> {
    let standing = config.rules.standing(rule);
    let cause = pack.quarantined.get(&rule.id).filter(|_| config.rules.selects(rule));
    ListedRule {
        rule,
        standing: if cause.is_some() { "quarantined" } else { standing.name() },
        reason: cause.map(|cause| format!("unknown everywhere: {cause}")).or_else(|| standing.reason()),
        built_in: pack.is_built_in(&rule.id),
    }
}

fn show(common: &Common, id: &str, judged_by: &RulesArgs, source: bool) -> anyhow::Result<Exit> {
    let wrong = |problem| WrongArgument { argument: "rule", problem, help: "see plimsoll rules list" };
    let asked = RuleId::new(id).map_err(|error| wrong(error.to_string()))?;
    let (config, pack) = all_rules(common, judged_by)?;
    let Some(rule) = pack.rules.iter().find(|rule| rule.id == asked) else {
        let near = near(id, pack.rules.iter().map(|rule| rule.id.as_str()));
        let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        let lost = pack.lost.iter().find(|lost| lost.rule.as_ref() == Some(&asked));
        let lost = lost.map(|lost| format!("; {}", lost.cause)).unwrap_or_default();
        return Err(wrong(format!("there is no rule {asked}{near}{lost}")).into());
    };
    let detail = RuleDetail {
        listed: listed(rule, &pack, &config),
        file: pack.source_file(&rule.id).unwrap_or_default(),
        parameters: pack.parameters_of(&rule.id).collect(),
        source: if source { pack.text(&rule.id) } else { None },
    };
    print(common, &Report::Rule(detail))?;
    Ok(Exit::Success)
}

/// What to tell about the tests.
struct Tested<'a> {
    coverage: bool,
    minimum: Option<f64>,
    junit: Option<&'a Path>,
}

/// Runs the rules' own tests: every case on both evaluators, every `test_*` rule on the strict
/// one.
fn test(common: &Common, workshop: &Workshop, wanted: &Tested<'_>) -> anyhow::Result<Exit> {
    let report = workshop.test();
    let failed = report.failed().count();
    let covered = report.covered_ratio().map_or(100.0, |ratio| ratio * 100.0);
    let too_little = wanted.minimum.filter(|minimum| covered < *minimum);
    if let Some(file) = wanted.junit {
        let xml = junit::of_cases(&report)?;
        std::fs::write(file, xml).with_context(|| format!("cannot write {}", file.display()))?;
    }
    match common.format {
        Format::Table | Format::Csv => {
            let mut lines: Vec<String> = report.failed().map(ToString::to_string).collect();
            for file in &report.coverage {
                lines.extend(uncovered(file, wanted.coverage));
            }
            let rules = report.coverage.iter().filter(|file| !file.file.contains("/lib/")).count();
            lines.push(format!(
                "{rules} rules, {} tests, {failed} failed; {covered:.1} % of lines evaluated",
                report.tests.len()
            ));
            lines.extend(too_little.map(|minimum| format!("that is less than {minimum} %")));
            print_text(&lines.join("\n"))?;
        }
        Format::Json => print_text(&serde_json::to_string_pretty(&tests_json(&report))?)?,
    }
    Ok(if failed == 0 && too_little.is_none() { Exit::Success } else { Exit::Findings })
}

/// The lines of a file that no test evaluates: each with what stands there, or all in one line.
fn uncovered(file: &testing::Coverage, each: bool) -> Vec<String> {
    if file.missing.is_empty() {
        return Vec::new();
    }
    if !each {
        let missing: Vec<String> = file.missing.iter().map(ToString::to_string).collect();
        return vec![format!("no test evaluates {}:{}", file.file, missing.join(","))];
    }
    let lines = file.missing.iter().zip(&file.texts);
    lines.map(|(line, text)| format!("no test evaluates {}:{line}  {text}", file.file)).collect()
}

fn tests_json(report: &testing::Report) -> Value {
    let tests = report.tests.iter().map(|test| {
        let (outcome, detail) = match &test.outcome {
            testing::Outcome::Pass => ("pass", None),
            testing::Outcome::Fail(detail) => ("fail", Some(detail)),
            testing::Outcome::Diff(detail) => ("diff", Some(detail)),
            testing::Outcome::Todo => ("todo", None),
        };
        json!({"file": test.file, "line": test.line, "name": test.name, "outcome": outcome, "detail": detail})
    });
    let coverage = report.coverage.iter().map(|file| {
        let missing = file.missing.iter().zip(&file.texts).map(|(line, text)| json!({"line": line, "text": text}));
        json!({"file": file.file, "covered_lines": file.covered, "missing": missing.collect::<Vec<_>>()})
    });
    json!({
        "format": 1, "tests": tests.collect::<Vec<_>>(), "covered_ratio": report.covered_ratio(),
        "coverage": coverage.collect::<Vec<_>>(),
    })
}

fn lint(common: &Common, lint: &Lint, strict: bool) -> anyhow::Result<Exit> {
    let wrong = lint.faults.len();
    match common.format {
        Format::Table | Format::Csv => {
            let mut lines: Vec<String> = lint.faults.iter().map(|fault| format!("error: {fault}")).collect();
            lines.extend(lint.advice.iter().map(|advice| format!("advice: {advice}")));
            let advice = lint.advice.len();
            lines.push(format!("{} rules, {wrong} errors, {advice} pieces of advice", lint.rules));
            print_text(&lines.join("\n"))?;
        }
        Format::Json => {
            let place = |fault: &Fault| json!({"file": fault.file, "line": fault.line, "problem": fault.problem, "help": fault.help});
            let errors: Vec<Value> = lint.faults.iter().map(place).collect();
            let advice: Vec<Value> = lint.advice.iter().map(|advice| place(&advice.0)).collect();
            let document = json!({"format": 1, "rules": lint.rules, "errors": errors, "advice": advice});
            print_text(&serde_json::to_string_pretty(&document)?)?;
        }
    }
    Ok(if wrong > 0 || (strict && !lint.advice.is_empty()) { Exit::Findings } else { Exit::Success })
}

fn new(path: &str, resource_type: Option<&str>, folder: &Path) -> anyhow::Result<Exit> {
    let built_in = Pack::of_scan(true, &[], &Parameters::default())?;
    let of = resource_type.map(type_of).transpose()?;
    let files: [PathBuf; 2] = template::begin(folder, path, of, |id| built_in.rule(id).is_some())?;
    let [rule, test] = files.each_ref().map(|file| file.display().to_string());
    print_text(&format!(
        "{rule}\n{test}\nnext: write what is wrong, then plimsoll rules test {rule} and plimsoll rules lint {rule}"
    ))?;
    Ok(Exit::Success)
}
