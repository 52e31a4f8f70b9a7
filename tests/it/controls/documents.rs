//! The documents that are made from rules and catalogue.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use plimsoll::model::ResourceType;
use plimsoll::rules::schema;
use serde_json::Value;

use super::{Library, Rule, RuleId, Serving};

/// `rules/CATALOG.md`: every rule, by service.
pub(super) fn catalogue(library: &Library) -> String {
    let mut services: BTreeMap<String, Vec<&Rule>> = BTreeMap::new();
    for rule in &library.pack.rules {
        services.entry(service(&rule.id)).or_default().push(rule);
    }
    let rules = &library.pack.rules;
    let opt_in = rules.iter().filter(|rule| !rule.enabled).count();
    let mut text = format!(
        "# Rules\n\n<!-- Made from the rules by `BLESS=1 cargo test --test it controls`; do not edit. -->\n\n\
         {} rules, {opt_in} of them opt-in: those judge only when the configuration names them or their framework is \
         chosen. `plimsoll rules show ID` has the whole of a rule, with what to do about a finding.\n\n\
         | service | rules | critical | high | medium | low |\n|---|---:|---:|---:|---:|---:|\n",
        rules.len()
    );
    for (service, rules) in &services {
        let of = |severity: &str| rules.iter().filter(|rule| rule.severity.name() == severity).count();
        let [critical, high, medium, low] = ["critical", "high", "medium", "low"].map(of);
        let count = rules.len();
        writeln!(text, "| [{service}](#{service}) | {count} | {critical} | {high} | {medium} | {low} |").unwrap();
    }
    for (service, mut rules) in services {
        rules.sort_by(|one, other| (other.severity, &one.id).cmp(&(one.severity, &other.id)));
        writeln!(text, "\n## {service}").unwrap();
        for rule in rules {
            entry(library, rule, &mut text);
        }
    }
    text
}

/// `s3` of `aws-s3-tls-only`.
fn service(id: &RuleId) -> String {
    id.as_str().split('-').nth(1).unwrap_or("other").to_owned()
}

fn entry(library: &Library, rule: &Rule, text: &mut String) {
    let opt_in = if rule.enabled { "" } else { ", opt-in" };
    write!(text, "\n### {}\n\n{} ({}{opt_in}). ", rule.id, rule.title, rule.severity).unwrap();
    let description = rule.description.split_whitespace().collect::<Vec<_>>().join(" ");
    writeln!(text, "{description}\n").unwrap();
    let types: Vec<&str> = rule.resource_types.iter().map(|judged| judged.name()).collect();
    writeln!(text, "- judges {}", types.join(", ")).unwrap();
    for parameter in library.pack.parameters_of(&rule.id) {
        let default = serde_json::to_string(&parameter.default).unwrap();
        writeln!(text, "- parameter `{}`, by default `{default}`: {}", parameter.name, parameter.meaning).unwrap();
    }
    for (framework, controls) in &rule.controls {
        if !controls.is_empty() {
            let ids: Vec<String> = controls.iter().map(|written| written.replacen('@', " (only ", 1)).collect();
            let ids: Vec<String> =
                ids.into_iter().map(|id| if id.contains(" (only ") { id + ")" } else { id }).collect();
            writeln!(text, "- {framework}: {}", ids.join(", ")).unwrap();
        }
    }
    if let Some(reason) = &rule.severity_reason {
        writeln!(text, "- severity: {}", reason.trim()).unwrap();
    }
}

/// A text with its generated tables made anew; each stands between `<!-- table: name -->` and
/// `<!-- end -->`.
pub(super) fn with_tables(library: &Library, text: &str) -> String {
    let mut made = String::new();
    let mut inside = false;
    for line in text.lines() {
        if line == "<!-- end -->" {
            inside = false;
        }
        if !inside {
            made.push_str(line);
            made.push('\n');
        }
        if let Some(name) = line.strip_prefix("<!-- table: ").and_then(|rest| rest.strip_suffix(" -->")) {
            inside = true;
            let table = match name {
                "severity" => severities(library),
                "facts" => facts(),
                framework => controls(library, framework),
            };
            made.push_str(&table);
        }
    }
    made
}

/// Every control of a framework with its rules, or the reason why there is none.
fn controls(library: &Library, name: &str) -> String {
    let framework = library.frameworks.iter().find(|framework| framework.id == name).unwrap();
    let mut text = String::from("\n| control | asks that | rules |\n|---|---|---|\n");
    for control in &framework.controls {
        let rules: Vec<String> = library.serving(name, &control.id).iter().map(serving).collect();
        let rules = match &control.left_out {
            Some(reason) if rules.is_empty() => format!("none: {reason}"),
            _ if rules.is_empty() => "none".to_owned(),
            _ => rules.join(", "),
        };
        writeln!(text, "| {} | {} | {rules} |", control.id, control.title).unwrap();
    }
    text.push('\n');
    text
}

fn serving(serving: &Serving<'_>) -> String {
    let id = &serving.rule.id;
    let mut words = Vec::new();
    if !serving.topics.is_empty() {
        words.push(format!("only {}", serving.topics.join(", ")));
    }
    if !serving.rule.enabled {
        words.push("opt-in".to_owned());
    }
    if words.is_empty() { format!("`{id}`") } else { format!("`{id}` ({})", words.join("; ")) }
}

/// The facts of every type, from the schemas.
fn facts() -> String {
    let mut text = String::from("\n| type | fact | says |\n|---|---|---|\n");
    for resource_type in ResourceType::ALL {
        let schema = schema::document(*resource_type);
        let of = |value: &Value| match value["$ref"].as_str() {
            Some(place) => schema.pointer(place.trim_start_matches('#')).cloned().unwrap_or_default(),
            None => value.clone(),
        };
        let facts = of(&schema["properties"]["facts"]);
        for (name, fact) in facts["properties"].as_object().into_iter().flatten() {
            let own = fact["description"].as_str().map(str::to_owned);
            let said = own.or_else(|| of(fact)["description"].as_str().map(str::to_owned)).unwrap_or_default();
            let said = said.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
            writeln!(text, "| {} | `{name}` | {said} |", resource_type.name()).unwrap();
        }
    }
    text.push('\n');
    text
}

/// Where our severity is not that of AWS.
fn severities(library: &Library) -> String {
    let mut text = String::from("\n| rule | ours | AWS's | why |\n|---|---|---|---|\n");
    for rule in library.pack.rules.iter().filter(|rule| library.differs(rule)) {
        let aws: Vec<String> =
            library.severities_of_aws(rule).iter().map(|(id, severity)| format!("{severity} ({id})")).collect();
        let reason = rule.severity_reason.as_deref().unwrap_or_default();
        let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
        writeln!(text, "| `{}` | {} | {} | {reason} |", rule.id, rule.severity, aws.join(", ")).unwrap();
    }
    text.push('\n');
    text
}
