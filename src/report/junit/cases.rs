//! The tests of rules as JUnit XML: one suite per test file.

use std::collections::BTreeMap;
use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::legal;
use crate::rules::testing::{Outcome, Report, Test};

/// The report, as UTF-8 XML.
///
/// # Errors
/// When the bytes cannot be written; never for a vector.
pub fn of_cases(report: &Report) -> io::Result<Vec<u8>> {
    let mut suites: BTreeMap<&str, Vec<&Test>> = BTreeMap::new();
    for test in &report.tests {
        suites.entry(&test.file).or_default().push(test);
    }
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    writer
        .create_element("testsuites")
        .with_attribute(("name", "plimsoll rules"))
        .with_attribute(("tests", report.tests.len().to_string().as_str()))
        .with_attribute(("failures", report.failed().count().to_string().as_str()))
        .with_attribute(("errors", "0"))
        .write_inner_content(|writer| suites.iter().try_for_each(|(file, tests)| suite(writer, file, tests)))?;
    let mut bytes = writer.into_inner();
    bytes.push(b'\n');
    Ok(bytes)
}

fn suite(writer: &mut Writer<Vec<u8>>, file: &str, tests: &[&Test]) -> io::Result<()> {
    let count = |is: fn(&Outcome) -> bool| tests.iter().filter(|test| is(&test.outcome)).count().to_string();
    writer
        .create_element("testsuite")
        .with_attribute(("name", legal(file).as_str()))
        .with_attribute(("tests", tests.len().to_string().as_str()))
        .with_attribute(("failures", count(|outcome| matches!(outcome, Outcome::Fail(_) | Outcome::Diff(_))).as_str()))
        .with_attribute(("errors", "0"))
        .with_attribute(("skipped", count(|outcome| matches!(outcome, Outcome::Todo)).as_str()))
        .write_inner_content(|writer| tests.iter().try_for_each(|test| case(writer, test)))?;
    Ok(())
}

fn case(writer: &mut Writer<Vec<u8>>, test: &Test) -> io::Result<()> {
    let element = writer
        .create_element("testcase")
        .with_attribute(("classname", legal(&test.file).as_str()))
        .with_attribute(("name", legal(&test.name).as_str()))
        .with_attribute(("file", legal(&test.file).as_str()))
        .with_attribute(("line", test.line.to_string().as_str()));
    let (kind, detail) = match &test.outcome {
        Outcome::Pass => {
            element.write_empty()?;
            return Ok(());
        }
        Outcome::Todo => {
            element.write_inner_content(|writer| writer.create_element("skipped").write_empty().map(drop))?;
            return Ok(());
        }
        Outcome::Fail(detail) => ("verdict", detail),
        Outcome::Diff(detail) => ("evaluators", detail),
    };
    let place = format!("{}:{}", test.file, test.line);
    element.write_inner_content(|writer| {
        writer
            .create_element("failure")
            .with_attribute(("message", legal(detail.lines().next().unwrap_or_default()).as_str()))
            .with_attribute(("type", kind))
            .write_text_content(BytesText::new(&legal(&format!("{place}\n{detail}"))))?;
        Ok(())
    })?;
    Ok(())
}
