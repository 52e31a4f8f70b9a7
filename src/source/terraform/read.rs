//! Bytes to a plan file: encodings, and errors that say what the file is instead.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::format::{PlanFile, PlannedValues, State, StateValues};
use super::json::{Value, reading};

/// What may come out of a compressed file, in bytes.
const LARGEST: u64 = 4 << 30;

const MAKE_JSON: &str = "make the file with: terraform plan -out tfplan && terraform show -json tfplan > plan.json";

/// Why a file is not a plan that can be judged.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Nothing in it.
    #[error("the plan file is empty\nhelp: {MAKE_JSON}")]
    Empty,
    /// What `terraform plan -out` writes.
    #[error("this is Terraform's binary plan file, not its JSON form\nhelp: terraform show -json FILE > plan.json")]
    Binary,
    /// Neither UTF-8 nor UTF-16.
    #[error("the plan file is neither UTF-8 nor UTF-16 text\nhelp: {MAKE_JSON}")]
    NotText,
    /// Configuration source.
    #[error("this is Terraform configuration (HCL), not a plan\nhelp: {MAKE_JSON}")]
    Configuration,
    /// Begins as gzip does, and is cut off or damaged.
    #[error("the plan file is compressed with gzip, and cannot be expanded: {0}\nhelp: compress it once more")]
    Compressed(std::io::Error),
    /// So much comes out of a compressed file that it is no plan.
    #[error("more than {} GiB come out of the compressed plan file\nhelp: expand it and look at what it is", LARGEST >> 30)]
    Expanding,
    /// A state as Terraform keeps it, which promises no format.
    #[error(
        "this is a Terraform state as it is stored, not its JSON form\nhelp: terraform show -json FILE > state.json"
    )]
    State,
    /// What `terraform plan -json` writes: a log, one object a line.
    #[error("this is the message log of terraform plan -json, not a plan\nhelp: {MAKE_JSON}")]
    MessageLog,
    /// The file ends in the middle.
    #[error("the plan file ends in the middle, at line {line} column {column}\nhelp: {MAKE_JSON}")]
    Truncated {
        /// Where it ends.
        line: usize,
        /// Where it ends.
        column: usize,
    },
    /// Not JSON at all.
    #[error("the plan file is not JSON: {0}\nhelp: {MAKE_JSON}")]
    NotJson(serde_json::Error),
    /// JSON, but not of a plan.
    #[error("the file is JSON, but not a Terraform plan: {problem}\nhelp: {MAKE_JSON}")]
    NotPlan {
        /// What is missing or wrong.
        problem: String,
    },
    /// A major version that this program does not know.
    #[error("plan format {version} is newer than this program reads (0.1 to 1.x)\nhelp: use a newer plimsoll")]
    NewerFormat {
        /// `2.x`.
        version: String,
    },
}

/// What is in a file that `gzip` made; any other file as it is.
pub(super) fn expanded(bytes: &[u8]) -> Result<Cow<'_, [u8]>, PlanError> {
    let [0x1f, 0x8b, ..] = bytes else { return Ok(Cow::Borrowed(bytes)) };
    let mut inside = Vec::new();
    MultiGzDecoder::new(bytes).take(LARGEST + 1).read_to_end(&mut inside).map_err(PlanError::Compressed)?;
    if inside.len() as u64 > LARGEST { Err(PlanError::Expanding) } else { Ok(Cow::Owned(inside)) }
}

/// Reads a plan file.
pub(super) fn plan_file(bytes: &[u8]) -> Result<PlanFile, PlanError> {
    let text = decode(bytes)?;
    let mut plan: PlanFile = reading(|| serde_json::from_str(&text)).map_err(|error| explain(&text, error))?;
    check_kind(&plan)?;
    check_format(&plan)?;
    if !is_plan(&plan) {
        plan.prior_state = Some(State { values: plan.values.take() });
        plan.resource_changes = Some(Vec::new());
        plan.is_state = true;
    }
    let prior = plan.prior_state.as_mut().and_then(|state| state.values.as_mut()?.root_module.as_mut());
    if let Some(root) = prior {
        root.complete_addresses();
    }
    Ok(plan)
}

/// Reads `planned_values`, which [`plan_file`] passes over.
pub(super) fn planned_values(bytes: &[u8]) -> Result<Option<StateValues>, PlanError> {
    let text = decode(bytes)?;
    let planned: PlannedValues = reading(|| serde_json::from_str(&text)).map_err(|error| explain(&text, error))?;
    Ok(planned.planned_values)
}

pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, PlanError> {
    let text = match bytes {
        [b'P', b'K', 3, 4, ..] => return Err(PlanError::Binary),
        [0xff, 0xfe, rest @ ..] => Cow::Owned(utf16(rest, u16::from_le_bytes)?),
        [0xfe, 0xff, rest @ ..] => Cow::Owned(utf16(rest, u16::from_be_bytes)?),
        [first, 0, ..] if *first != 0 => Cow::Owned(utf16(bytes, u16::from_le_bytes)?),
        [0, first, ..] if *first != 0 => Cow::Owned(utf16(bytes, u16::from_be_bytes)?),
        [0xef, 0xbb, 0xbf, rest @ ..] => Cow::Borrowed(utf8(rest)?),
        bytes => Cow::Borrowed(utf8(bytes)?),
    };
    if text.trim().is_empty() { Err(PlanError::Empty) } else { Ok(text) }
}

fn utf8(bytes: &[u8]) -> Result<&str, PlanError> {
    std::str::from_utf8(bytes).map_err(|error| {
        if error.error_len().is_some() {
            return PlanError::NotText;
        }
        // The file ends inside a letter of several bytes.
        let mut lines = bytes.split(|byte| *byte == b'\n');
        let (last, above) = (lines.next_back().unwrap_or_default(), lines.count());
        PlanError::Truncated { line: above + 1, column: last.len() }
    })
}

#[expect(clippy::map_err_ignore, reason = "the position of the first bad unit helps nobody")]
fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, PlanError> {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units).collect::<Result<String, _>>().map_err(|_| PlanError::NotText)
}

/// What a text that is not a plan most likely is.
pub(super) fn explain(text: &str, error: serde_json::Error) -> PlanError {
    if text.trim_start().starts_with(r#"{"@level""#) {
        return PlanError::MessageLog;
    }
    match error.classify() {
        serde_json::error::Category::Eof => PlanError::Truncated { line: error.line(), column: error.column() },
        serde_json::error::Category::Data => PlanError::NotPlan { problem: wrong_shape(&error) },
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => {
            if looks_like_configuration(text) {
                PlanError::Configuration
            } else {
                PlanError::NotJson(error)
            }
        }
    }
}

/// What is wrong with the shape of the file, and where: its values may be secret, and the message
/// of the error quotes them.
fn wrong_shape(error: &serde_json::Error) -> String {
    const KINDS: [&str; 8] =
        ["null", "boolean", "integer", "floating point", "string", "sequence", "map", "newtype struct"];
    let said = error.to_string();
    let found = said.strip_prefix("invalid type: ").or_else(|| said.strip_prefix("invalid value: "));
    let kind = found.and_then(|found| KINDS.into_iter().find(|kind| found.starts_with(kind)));
    // Names of fields are those of the format.
    let field = said.strip_prefix("missing field `").or_else(|| said.strip_prefix("duplicate field `"));
    let field = field.and_then(|rest| rest.split('`').next());
    let what = match (kind, field) {
        (Some("integer"), _) => "an integer stands where the format has none".to_owned(),
        (Some("floating point"), _) => "a floating point number stands where the format has none".to_owned(),
        (Some(kind), _) => format!("a {kind} stands where the format has none"),
        (None, Some(field)) if said.starts_with("missing") => format!("an object without {field}"),
        (None, Some(field)) => format!("an object with {field} twice"),
        (None, None) => "a value that the format does not have".to_owned(),
    };
    format!("{what}, at line {} column {}", error.line(), error.column())
}

fn looks_like_configuration(text: &str) -> bool {
    const WORDS: [&str; 9] =
        ["resource", "provider", "terraform", "variable", "module", "data", "locals", "output", "moved"];
    text.lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#') && !line.starts_with("//"))
        .and_then(|line| line.split([' ', '{', '\t']).next())
        .is_some_and(|word| WORDS.contains(&word))
}

/// Whether the file has anything that only a plan has.
fn is_plan(plan: &PlanFile) -> bool {
    plan.planned_values.is_some()
        || plan.resource_changes.is_some()
        || plan.prior_state.is_some()
        || plan.configuration.is_some()
}

/// Whether the file tells only versions, as of a state without anything in it.
fn is_empty_state(plan: &PlanFile) -> bool {
    let versions = plan.format_version.is_some() && plan.terraform_version.is_some();
    versions && plan.variables.is_none() && plan.errored.is_none() && plan.complete.is_none()
}

fn check_kind(plan: &PlanFile) -> Result<(), PlanError> {
    let has_plan = plan.planned_values.is_some() || plan.resource_changes.is_some();
    if !has_plan && plan.lineage.is_some() {
        return Err(PlanError::State);
    }
    if !is_plan(plan) && plan.values.is_none() && !is_empty_state(plan) {
        return Err(PlanError::NotPlan {
            problem: "it has none of planned_values, resource_changes, prior_state and configuration".to_owned(),
        });
    }
    Ok(())
}

pub(super) fn check_format(plan: &PlanFile) -> Result<(), PlanError> {
    let version = match &plan.format_version {
        Some(Value::String(version)) => version.to_string(),
        Some(Value::Number(version)) => version.to_string(),
        _ => return Err(PlanError::NotPlan { problem: "format_version is missing".to_owned() }),
    };
    match version.split('.').next().and_then(|major| major.parse::<u32>().ok()) {
        Some(0 | 1) => Ok(()),
        Some(major) => Err(PlanError::NewerFormat { version: format!("{major}.x") }),
        None => Err(PlanError::NotPlan { problem: "format_version is not a version".to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const SMALL: &str = r#"{"format_version":"1.2","planned_values":{"root_module":{}},"resource_changes":[],"new":1}"#;

    #[test]
    fn every_encoding_in_use_is_read() {
        let le: Vec<u8> = SMALL.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = SMALL.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let with = |mark: &[u8], rest: &[u8]| [mark, rest].concat();
        for bytes in [
            SMALL.as_bytes().to_vec(),
            with(&[0xef, 0xbb, 0xbf], SMALL.as_bytes()),
            with(&[0xff, 0xfe], &le),
            with(&[0xfe, 0xff], &be),
            le,
            be,
        ] {
            assert_eq!(plan_file(&bytes).unwrap().resource_changes.unwrap().len(), 0);
        }
    }

    #[test]
    fn a_state_is_what_exists_and_leaves_nothing_out() {
        let state = br#"{"format_version":"1.0","terraform_version":"1.11.4","values":{"root_module":{"resources":[
            {"address":"aws_s3_bucket.b","mode":"managed","type":"aws_s3_bucket","name":"b","values":{"bucket":"x"}}]}}}"#;
        let plan = plan_file(state).unwrap();
        assert!(plan.is_state);
        assert_eq!(super::super::estate::prior(&plan).len(), 1);
        for empty in
            [r#"{"format_version":"1.0","values":{}}"#, r#"{"format_version":"1.0","terraform_version":"1.11.4"}"#]
        {
            assert!(plan_file(empty.as_bytes()).unwrap().is_state, "{empty}");
        }
    }

    #[test]
    fn compressed_files_are_read_and_damaged_ones_named() {
        let compress = |text: &[u8]| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        };
        let read = |bytes: &[u8]| plan_file(&expanded(bytes)?);
        let wide: Vec<u8> = SMALL.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for text in [SMALL.as_bytes(), &wide] {
            assert_eq!(read(&compress(text)).unwrap().resource_changes.unwrap().len(), 0);
        }
        let (one, other) = SMALL.as_bytes().split_at(40);
        assert_eq!(read(&[compress(one), compress(other)].concat()).unwrap().resource_changes.unwrap().len(), 0);
        let whole = compress(SMALL.as_bytes());
        for damaged in [&whole[..20], b"\x1f\x8b\x08\x00rest"] {
            let message = read(damaged).unwrap_err().to_string();
            assert!(message.contains("cannot be expanded") && message.contains("\nhelp: "), "{message}");
        }
        assert!(matches!(read(&compress(b"")), Err(PlanError::Empty)));
    }

    #[test]
    fn what_is_not_a_plan_is_named_with_the_command_that_makes_one() {
        let check = |bytes: &[u8], expected: &str| {
            let message = plan_file(bytes).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
            assert!(message.contains("\nhelp: "), "{message}");
        };
        check(b"", "is empty");
        check(b"PK\x03\x04rest", "binary plan file");
        check(b"\x80\x81\x82", "neither UTF-8 nor UTF-16");
        check(b"# a bucket\nresource \"aws_s3_bucket\" \"b\" {\n}\n", "configuration (HCL)");
        check(br#"{"version":4,"lineage":"x","resources":[]}"#, "a Terraform state as it is stored");
        check("{\"format_version\":\"1.0\",\n\"x\":\"\u{e4}".as_bytes().split_last().unwrap().1, "at line 2");
        check(br#"{"format_version":"2.0","values":{}}"#, "plan format 2.x is newer");
        check(br#"{"format_version":"1.0","values":[1]}"#, "not a Terraform plan");
        check(br#"{"resources":[{"type":"aws_s3_bucket"}]}"#, "none of planned_values");
        check(b"[]", "not a Terraform plan");
        check(b"null", "not a Terraform plan");
        check(b"{\"@level\":\"info\"}\n{\"@level\":\"info\"}\n", "message log");
        check(&SMALL.as_bytes()[..60], "ends in the middle, at line 1");
        check(b"{}", "none of planned_values");
        check(br#"{"format_version":"1.0","resource_changes":{}}"#, "not a Terraform plan");
        check(br#"{"format_version":"2.0","resource_changes":[]}"#, "plan format 2.x is newer");
        check(br#"{"resource_changes":[]}"#, "format_version is missing");
        check(b"hello", "is not JSON");
        check("[".repeat(100_000).as_bytes(), "recursion limit exceeded");
    }

    #[test]
    fn an_error_tells_place_and_kind_and_no_value() {
        let check = |text: &str, expected: &str| {
            for file in [text.to_owned(), format!("\u{feff}{text}")] {
                let message = plan_file(file.as_bytes()).unwrap_err().to_string();
                assert!(message.contains(expected), "{message}");
                assert!(!message.contains("s3cr3t") && !message.contains("4711"), "{message}");
            }
        };
        let of = |field: &str| format!("{{\"format_version\":\"1.2\",\n{field}}}");
        check(&of(r#""resource_changes":"s3cr3t, expected `s3cr3t` at line 9""#), "a string stands where");
        check(
            &of(r#""resource_changes":[{"address":4711}]"#),
            "an integer stands where the format has none, at line 2",
        );
        check(&of(r#""resource_changes":[{"address":"a","change":{"actions":"s3cr3t"}}]"#), "a string stands");
        check(&of(r#""resource_changes":[{"name":"s3cr3t"}]"#), "an object without address, at line 2 column");
        check(&of(r#""errored":4711.5,"resource_changes":[]"#), "a floating point number stands");
        check(&of(r#""complete":"s3cr3t","complete":"s3cr3t""#), "a string stands");
        check(&of(r#""values":{},"values":{"s3cr3t":4711}"#), "an object with values twice");
        check(r#"{"format_version":"s3cr3t","resource_changes":[]}"#, "format_version is not a version");
        check(r#"{"format_version":"2.s3cr3t","resource_changes":[]}"#, "plan format 2.x is newer");
        check(r#""s3cr3t""#, "a string stands where");
        check(r#"{"s3cr3t":s3cr3t}"#, "is not JSON");
        check(r#"{"variables":{"s3cr3t":4711e999}}"#, "is not JSON");
        check(r#"{"variables":{"a":"\ud800s3cr3t"}}"#, "is not JSON");
    }
}
