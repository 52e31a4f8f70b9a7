//! JUnit XML, for the test pages of CI systems.
//!
//! One suite per rule, one case per resource. What denies is a failure; what fails without denying,
//! what is waived and what is unknown is skipped with the reason, so that it is seen and not
//! counted as passed. The first suite is about the plan: its properties say why the exit code is
//! what it is, and its case, that the plan tells everything, keeps a report without findings from
//! being one without tests, which some readers take for an error.

mod cases;

use std::collections::BTreeMap;
use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use quick_xml::writer::ElementWriter;

use crate::gate::Decision;
use crate::model::{Rule, RuleId, Verdict};

use super::judgement::Judgement;
use super::told;

pub use cases::of_cases;

/// The report, as UTF-8 XML. `incomplete` are reasons why there is no whole answer; each is an
/// error of the suite about the plan, which has the `properties`.
///
/// # Errors
/// When the bytes cannot be written; never for a vector.
pub fn render(
    judgements: &[Judgement],
    rules: &[Rule],
    incomplete: &[String],
    properties: &[(String, String)],
) -> io::Result<Vec<u8>> {
    suites(judgements, rules, &Plan { incomplete, properties, budget: None })
}

/// The report about a decision: the same, with a case for the budget policy where that was asked.
///
/// # Errors
/// When the bytes cannot be written; never for a vector.
pub fn render_decision(judgements: &[Judgement], rules: &[Rule], decision: &Decision) -> io::Result<Vec<u8>> {
    let budget = told::budget_line(decision).map(|said| (told::budget_stops(decision), said));
    let plan = Plan { incomplete: &decision.incomplete, properties: &told::properties(decision), budget };
    suites(judgements, rules, &plan)
}

/// What the first suite says.
struct Plan<'a> {
    incomplete: &'a [String],
    properties: &'a [(String, String)],
    /// Whether the budget policy stops the plan, and what it says; `None` when it was not asked.
    budget: Option<(bool, String)>,
}

impl Plan<'_> {
    fn tests(&self) -> usize {
        self.incomplete.len().max(1) + usize::from(self.budget.is_some())
    }

    fn failures(&self) -> usize {
        usize::from(self.budget.as_ref().is_some_and(|(stops, _)| *stops))
    }
}

fn suites(judgements: &[Judgement], rules: &[Rule], plan: &Plan<'_>) -> io::Result<Vec<u8>> {
    let mut suites: BTreeMap<&RuleId, Vec<&Judgement>> = BTreeMap::new();
    for judgement in judgements {
        suites.entry(&judgement.rule).or_default().push(judgement);
    }
    let failures = judgements.iter().filter(|judgement| is_failure(judgement)).count() + plan.failures();
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    writer
        .create_element("testsuites")
        .with_attribute(("name", "plimsoll"))
        .with_attribute(("tests", (judgements.len() + plan.tests()).to_string().as_str()))
        .with_attribute(("failures", failures.to_string().as_str()))
        .with_attribute(("errors", plan.incomplete.len().to_string().as_str()))
        .write_inner_content(|writer| {
            write_plan(writer, plan)?;
            for (rule, cases) in &suites {
                let title = rules.iter().find(|known| known.id == **rule).map_or("", |rule| rule.title.as_str());
                write_suite(writer, rule, title, cases)?;
            }
            Ok(())
        })?;
    let mut bytes = writer.into_inner();
    bytes.push(b'\n');
    Ok(bytes)
}

fn is_failure(judgement: &Judgement) -> bool {
    judgement.denies
}

fn write_suite(writer: &mut Writer<Vec<u8>>, rule: &RuleId, title: &str, cases: &[&Judgement]) -> io::Result<()> {
    let failures = cases.iter().filter(|case| is_failure(case)).count();
    let skipped = cases.iter().filter(|case| !is_failure(case) && !matches!(case.verdict, Verdict::Pass)).count();
    let name = if title.is_empty() { rule.to_string() } else { format!("{rule}: {title}") };
    writer
        .create_element("testsuite")
        .with_attribute(("name", legal(&name).as_str()))
        .with_attribute(("tests", cases.len().to_string().as_str()))
        .with_attribute(("failures", failures.to_string().as_str()))
        .with_attribute(("errors", "0"))
        .with_attribute(("skipped", skipped.to_string().as_str()))
        .write_inner_content(|writer| cases.iter().try_for_each(|case| write_case(writer, case)))?;
    Ok(())
}

fn write_case(writer: &mut Writer<Vec<u8>>, case: &Judgement) -> io::Result<()> {
    let element = writer
        .create_element("testcase")
        .with_attribute(("classname", case.rule.as_str()))
        .with_attribute(("name", legal(case.place()).as_str()));
    if matches!(case.verdict, Verdict::Pass) && !is_failure(case) {
        element.write_empty()?;
        return Ok(());
    }
    let message = legal(&case.message());
    element.write_inner_content(|writer| {
        if is_failure(case) {
            writer
                .create_element("failure")
                .with_attribute(("message", message.as_str()))
                .with_attribute(("type", case.severity.name()))
                .write_text_content(BytesText::new(&details(case)))?;
        } else {
            let reason = match case.verdict {
                Verdict::Fail { .. } => format!("does not deny this change: {message}"),
                _ => message.clone(),
            };
            writer.create_element("skipped").with_attribute(("message", reason.as_str())).write_empty()?;
        }
        Ok(())
    })?;
    Ok(())
}

fn details(case: &Judgement) -> String {
    let mut lines = vec![format!("{} ({})", case.place(), case.resource.resource_type)];
    if let Verdict::Fail { denials, .. } = &case.verdict {
        lines.extend(denials.iter().map(|denial| format!("{}: {}", denial.path, denial.message)));
    }
    legal(&lines.join("\n"))
}

/// The suite about the plan: what is to be known of the answer, whether the plan is whole, and whether
/// the budget policy lets it go ahead.
fn write_plan(writer: &mut Writer<Vec<u8>>, plan: &Plan<'_>) -> io::Result<()> {
    writer
        .create_element("testsuite")
        .with_attribute(("name", "plan"))
        .with_attribute(("tests", plan.tests().to_string().as_str()))
        .with_attribute(("failures", plan.failures().to_string().as_str()))
        .with_attribute(("errors", plan.incomplete.len().to_string().as_str()))
        .with_attribute(("skipped", "0"))
        .write_inner_content(|writer| {
            if !plan.properties.is_empty() {
                write_properties(writer, plan.properties)?;
            }
            if plan.incomplete.is_empty() {
                is_complete(writer).write_empty()?;
            }
            plan.incomplete.iter().try_for_each(|reason| {
                is_complete(writer).write_inner_content(|writer| {
                    writer.create_element("error").with_attribute(("message", legal(reason).as_str())).write_empty()?;
                    Ok(())
                })?;
                Ok::<(), io::Error>(())
            })?;
            plan.budget.as_ref().map_or(Ok(()), |(stops, said)| write_budget(writer, *stops, said))
        })?;
    Ok(())
}

/// The case of a plan that the budget policy lets go ahead.
fn write_budget(writer: &mut Writer<Vec<u8>>, stops: bool, said: &str) -> io::Result<()> {
    let case = writer
        .create_element("testcase")
        .with_attribute(("classname", "plan"))
        .with_attribute(("name", "may go ahead by the budget policy"));
    if !stops {
        case.write_empty()?;
        return Ok(());
    }
    case.write_inner_content(|writer| {
        let failure = writer.create_element("failure").with_attribute(("message", legal(said).as_str()));
        failure.with_attribute(("type", "budget")).write_empty()?;
        Ok(())
    })?;
    Ok(())
}

/// The case of a plan that tells everything.
fn is_complete(writer: &mut Writer<Vec<u8>>) -> ElementWriter<'_, Vec<u8>> {
    writer.create_element("testcase").with_attribute(("classname", "plan")).with_attribute(("name", "is complete"))
}

fn write_properties(writer: &mut Writer<Vec<u8>>, properties: &[(String, String)]) -> io::Result<()> {
    writer.create_element("properties").write_inner_content(|writer| {
        properties.iter().try_for_each(|(name, value)| {
            writer
                .create_element("property")
                .with_attribute(("name", legal(name).as_str()))
                .with_attribute(("value", legal(value).as_str()))
                .write_empty()?;
            Ok(())
        })
    })?;
    Ok(())
}

/// Without the characters that XML 1.0 cannot hold in any spelling.
fn legal(text: &str) -> String {
    text.chars()
        .filter(|&character| {
            matches!(character, '\t' | '\n' | '\r')
                || (character >= ' ' && !matches!(character, '\u{fffe}' | '\u{ffff}'))
        })
        .collect()
}
