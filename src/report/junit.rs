//! JUnit XML, for the test pages of CI systems.
//!
//! One suite per rule, one case per resource. What denies is a failure; what fails without denying,
//! what is waived and what is unknown is skipped with the reason, so that it is seen and not
//! counted as passed.

mod cases;

use std::collections::BTreeMap;
use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use crate::model::{Rule, RuleId, Verdict};

use super::judgement::Judgement;

pub use cases::of_cases;

/// The report, as UTF-8 XML. `incomplete` are reasons why there is no whole answer; each is an
/// error of its own suite.
///
/// # Errors
/// When the bytes cannot be written; never for a vector.
pub fn render(judgements: &[Judgement], rules: &[Rule], incomplete: &[String]) -> io::Result<Vec<u8>> {
    let mut suites: BTreeMap<&RuleId, Vec<&Judgement>> = BTreeMap::new();
    for judgement in judgements {
        suites.entry(&judgement.rule).or_default().push(judgement);
    }
    let failures = judgements.iter().filter(|judgement| is_failure(judgement)).count();
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    writer
        .create_element("testsuites")
        .with_attribute(("name", "plimsoll"))
        .with_attribute(("tests", (judgements.len() + incomplete.len()).to_string().as_str()))
        .with_attribute(("failures", failures.to_string().as_str()))
        .with_attribute(("errors", incomplete.len().to_string().as_str()))
        .write_inner_content(|writer| {
            if !incomplete.is_empty() {
                write_incomplete(writer, incomplete)?;
            }
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

fn write_incomplete(writer: &mut Writer<Vec<u8>>, reasons: &[String]) -> io::Result<()> {
    let count = reasons.len().to_string();
    writer
        .create_element("testsuite")
        .with_attribute(("name", "plan"))
        .with_attribute(("tests", count.as_str()))
        .with_attribute(("failures", "0"))
        .with_attribute(("errors", count.as_str()))
        .with_attribute(("skipped", "0"))
        .write_inner_content(|writer| {
            reasons.iter().try_for_each(|reason| {
                writer
                    .create_element("testcase")
                    .with_attribute(("classname", "plan"))
                    .with_attribute(("name", "is complete"))
                    .write_inner_content(|writer| {
                        writer
                            .create_element("error")
                            .with_attribute(("message", legal(reason).as_str()))
                            .write_empty()?;
                        Ok(())
                    })?;
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
