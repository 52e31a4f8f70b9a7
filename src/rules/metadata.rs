//! The METADATA block of a rule: YAML in the comments above `package`, in OPA's annotation format.
//!
//! OPA ignores what it does not know and the engine ignores all of it, so it is read and checked
//! here: what is missing, unknown or of the wrong form is a fault with its line.

use std::collections::BTreeMap;

use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};

use super::fault::Fault;
use super::verdict::is_topic;
use crate::model::{Remediation, ResourceType, Rule, Severity};

/// What a rule's METADATA says.
#[derive(Debug, Clone)]
pub(super) struct Metadata {
    pub(super) title: String,
    pub(super) description: String,
    pub(super) related_resources: Vec<String>,
    pub(super) severity: Severity,
    pub(super) severity_reason: Option<String>,
    pub(super) enabled: bool,
    pub(super) resource_types: Vec<ResourceType>,
    pub(super) controls: BTreeMap<String, Vec<String>>,
    /// As written, `policy` or `facts.public`, with their lines.
    pub(super) reads: Vec<(String, u32)>,
    /// Parameter to what it means, with its line.
    pub(super) parameters: BTreeMap<String, (String, u32)>,
    pub(super) remediation: Remediation,
}

const FRAMEWORKS: &[&str] = &["cis-3.0", "cis-5.0", "fsbp", "prowler", "security-hub"];
const KEYS: &[&str] = &["title", "description", "scope", "related_resources", "custom"];
const CUSTOM_KEYS: &[&str] =
    &["severity", "severity_reason", "enabled", "resource_types", "controls", "reads", "parameters", "remediation"];
const REMEDIATION_KEYS: &[&str] = &["text", "terraform", "cli"];

/// Reads the METADATA block of a rule file.
///
/// # Errors
/// All faults of the block.
pub(super) fn read(file: &str, text: &str) -> Result<Metadata, Vec<Fault>> {
    let Some((first, yaml)) = block(text) else {
        return Err(vec![Fault::new(
            file,
            1,
            "there is no METADATA block above the package",
            "begin the file with `# METADATA` and title, description and custom as YAML comments; \
             rules/README.md shows one",
        )]);
    };
    let documents = match MarkedYaml::load_from_str(&yaml) {
        Ok(documents) => documents,
        Err(error) => {
            let line = first + u32::try_from(error.marker().line()).unwrap_or(0);
            return Err(vec![Fault::new(
                file,
                line,
                format!("METADATA is not YAML: {}", error.info()),
                "quote texts that hold a colon, and indent with spaces",
            )]);
        }
    };
    let mut reader = Reader { file, first, faults: Vec::new() };
    let metadata = documents.first().and_then(|root| reader.metadata(root));
    match metadata {
        Some(metadata) if reader.faults.is_empty() => Ok(metadata),
        _ => {
            if reader.faults.is_empty() {
                reader.faults.push(Fault::new(file, first, "METADATA is empty", "give title, description and custom"));
            }
            Err(reader.faults)
        }
    }
}

/// What can be told from the METADATA of a file that cannot be used.
pub(super) fn readable(file: &str, text: &str) -> Option<Metadata> {
    let (first, yaml) = block(text)?;
    let documents = MarkedYaml::load_from_str(&yaml).ok()?;
    Reader { file, first, faults: Vec::new() }.metadata(documents.first()?)
}

/// The line of `# METADATA` and the YAML below it; only above `package`.
fn block(text: &str) -> Option<(u32, String)> {
    let mut first = None;
    let mut yaml = String::new();
    for (number, line) in (1u32..).zip(text.lines()) {
        if line.starts_with("package") {
            break;
        }
        match (first, line.strip_prefix('#')) {
            (None, Some(comment)) if comment.trim() == "METADATA" => first = Some(number),
            (Some(_), Some(comment)) => {
                yaml.push_str(comment.strip_prefix(' ').unwrap_or(comment));
                yaml.push('\n');
            }
            (Some(_), None) => break,
            (None, _) => {}
        }
    }
    let first = first?;
    (!nests_deeply(&yaml)).then_some((first, yaml))
}

/// The YAML reader calls itself for each bracket; a block that nests deeply is none.
fn nests_deeply(yaml: &str) -> bool {
    let mut open = 0usize;
    yaml.bytes().any(|byte| {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        open > 64
    })
}

type Node<'a> = MarkedYaml<'a>;

struct Reader<'f> {
    file: &'f str,
    first: u32,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn line(&self, node: &Node<'_>) -> u32 {
        self.first + u32::try_from(node.span.start.line()).unwrap_or(0)
    }

    fn fault(&mut self, line: u32, problem: impl Into<String>, help: impl Into<String>) {
        self.faults.push(Fault::new(self.file, line, problem, help));
    }

    fn metadata(&mut self, root: &Node<'_>) -> Option<Metadata> {
        let fields = self.fields(root, "METADATA", KEYS)?;
        if let Some(scope) = fields.get("scope")
            && self.text(scope, "scope").is_some_and(|scope| scope != "package")
        {
            self.fault(self.line(scope), "scope is not package", "a rule is one package; write `scope: package`");
        }
        let title = self.required_text(root, &fields, "title");
        let description = self.required_text(root, &fields, "description");
        let related_resources = fields.get("related_resources").map(|node| self.related(node)).unwrap_or_default();
        let custom = self.required(root, &fields, "custom");
        let custom_node = custom?;
        let custom = self.fields(custom_node, "custom", CUSTOM_KEYS)?;
        let severity = self.severity(custom_node, &custom);
        let severity_reason = custom.get("severity_reason").and_then(|node| self.text(node, "severity_reason"));
        let enabled = custom.get("enabled").is_none_or(|node| self.truth(node, "enabled"));
        let resource_types = self.resource_types(custom_node, &custom);
        let controls = self.controls(custom_node, &custom);
        let reads = self.required(custom_node, &custom, "reads").map(|node| self.texts(node, "reads"));
        let parameters = custom.get("parameters").map(|node| self.parameters(node)).unwrap_or_default();
        let remediation = self.required(custom_node, &custom, "remediation").and_then(|node| self.remediation(node));
        Some(Metadata {
            title: title?,
            description: description?,
            related_resources,
            severity: severity?,
            severity_reason,
            enabled,
            resource_types: resource_types?,
            controls: controls?,
            reads: reads?,
            parameters,
            remediation: remediation?,
        })
    }

    /// The fields of a mapping; keys that are not known are faults.
    fn fields<'n, 'y>(
        &mut self,
        node: &'n Node<'y>,
        what: &str,
        known: &[&str],
    ) -> Option<BTreeMap<String, &'n Node<'y>>> {
        let YamlData::Mapping(mapping) = &node.data else {
            self.fault(self.line(node), format!("{what} is not a mapping"), format!("it has {}", known.join(", ")));
            return None;
        };
        let mut fields = BTreeMap::new();
        for (key, value) in mapping {
            let line = self.line(key);
            let Some(name) = string(key) else {
                self.fault(line, format!("a key of {what} is not text"), "");
                continue;
            };
            if !known.is_empty() && !known.contains(&name.as_str()) {
                self.fault(line, format!("{what} has no {name:?}"), format!("it has {}", known.join(", ")));
            }
            fields.insert(name, value);
        }
        Some(fields)
    }

    fn required<'n, 'y>(
        &mut self,
        parent: &Node<'_>,
        fields: &BTreeMap<String, &'n Node<'y>>,
        key: &str,
    ) -> Option<&'n Node<'y>> {
        let found = fields.get(key).copied();
        if found.is_none() {
            self.fault(self.line(parent), format!("METADATA lacks {key}"), "rules/README.md shows a complete block");
        }
        found
    }

    fn required_text(&mut self, parent: &Node<'_>, fields: &BTreeMap<String, &Node<'_>>, key: &str) -> Option<String> {
        let node = self.required(parent, fields, key)?;
        self.text(node, key)
    }

    fn text(&mut self, node: &Node<'_>, what: &str) -> Option<String> {
        let text = string(node).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        if text.is_none() {
            self.fault(self.line(node), format!("{what} is not text"), "write it in quotes; 2.10 without them is 2.1");
        }
        text
    }

    fn truth(&mut self, node: &Node<'_>, what: &str) -> bool {
        if let YamlData::Value(Scalar::Boolean(truth)) = node.data {
            return truth;
        }
        self.fault(self.line(node), format!("{what} is not true or false"), "leave it out for true");
        true
    }

    fn texts(&mut self, node: &Node<'_>, what: &str) -> Vec<(String, u32)> {
        let YamlData::Sequence(items) = &node.data else {
            self.fault(self.line(node), format!("{what} is not a list"), "write [a, b]");
            return Vec::new();
        };
        items
            .iter()
            .filter_map(|item| Some((self.text(item, &format!("an item of {what}"))?, self.line(item))))
            .collect()
    }

    fn related(&mut self, node: &Node<'_>) -> Vec<String> {
        let YamlData::Sequence(items) = &node.data else {
            self.fault(self.line(node), "related_resources is not a list", "write a list of addresses");
            return Vec::new();
        };
        let mut related = Vec::new();
        for item in items {
            let address = match &item.data {
                YamlData::Mapping(_) => self
                    .fields(item, "a related resource", &["ref", "description"])
                    .and_then(|fields| fields.get("ref").copied())
                    .and_then(|node| self.text(node, "ref")),
                _ => self.text(item, "a related resource"),
            };
            related.extend(address);
        }
        related
    }

    fn severity(&mut self, parent: &Node<'_>, custom: &BTreeMap<String, &Node<'_>>) -> Option<Severity> {
        let node = self.required(parent, custom, "severity")?;
        let text = self.text(node, "severity")?;
        let severity = Severity::ALL.iter().copied().find(|severity| severity.name() == text);
        if severity.is_none() {
            self.fault(self.line(node), format!("{text:?} is not a severity"), "it is critical, high, medium or low");
        }
        severity
    }

    fn resource_types(&mut self, parent: &Node<'_>, custom: &BTreeMap<String, &Node<'_>>) -> Option<Vec<ResourceType>> {
        let node = self.required(parent, custom, "resource_types")?;
        let mut types = Vec::new();
        for (text, line) in self.texts(node, "resource_types") {
            if let Ok(resource_type) = text.parse::<ResourceType>() {
                types.push(resource_type);
            } else {
                let known: Vec<&str> = ResourceType::ALL.iter().map(|known| known.name()).collect();
                let problem = format!("{text:?} is not a resource type");
                self.fault(line, problem, format!("the types are {}", known.join(", ")));
            }
        }
        types.sort_unstable();
        types.dedup();
        if types.is_empty() {
            self.fault(self.line(node), "resource_types names no type", "name the types the rule judges");
            return None;
        }
        Some(types)
    }

    fn controls(
        &mut self,
        parent: &Node<'_>,
        custom: &BTreeMap<String, &Node<'_>>,
    ) -> Option<BTreeMap<String, Vec<String>>> {
        let node = self.required(parent, custom, "controls")?;
        let fields = self.fields(node, "controls", FRAMEWORKS)?;
        let ids = |(framework, node): (String, &Node<'_>)| {
            let written = self.texts(node, &framework);
            for (id, line) in &written {
                self.control(&framework, id, *line);
            }
            (framework, written.into_iter().map(|(id, _)| id).collect())
        };
        Some(fields.into_iter().map(ids).collect())
    }

    /// `EC2.13`, or `EC2.13@ssh` when only denials of that topic are about it.
    fn control(&mut self, framework: &str, written: &str, line: u32) {
        let (id, topic) = Rule::control_and_topic(written);
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'_';
        if id.is_empty() || !id.bytes().all(allowed) || topic.is_some_and(|topic| !is_topic(topic)) {
            self.fault(
                line,
                format!("{written:?} is not a control of {framework}"),
                "write its id, or id@topic, where the topic is a word of lower-case letters, digits and dashes",
            );
        }
    }

    fn parameters(&mut self, node: &Node<'_>) -> BTreeMap<String, (String, u32)> {
        let Some(fields) = self.fields(node, "parameters", &[]) else { return BTreeMap::new() };
        fields
            .into_iter()
            .filter_map(|(name, node)| {
                let meaning = self.text(node, &format!("the meaning of parameter {name}"))?;
                Some((name, (meaning, self.line(node))))
            })
            .collect()
    }

    fn remediation(&mut self, node: &Node<'_>) -> Option<Remediation> {
        let fields = self.fields(node, "remediation", REMEDIATION_KEYS)?;
        let text = self.required_text(node, &fields, "text");
        let terraform = fields.get("terraform").and_then(|node| self.text(node, "terraform"));
        let cli = fields.get("cli").and_then(|node| self.text(node, "cli"));
        Some(Remediation { text: text?, terraform, cli })
    }
}

fn string(node: &Node<'_>) -> Option<String> {
    match &node.data {
        YamlData::Value(Scalar::String(text)) => Some(text.clone().into_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPLETE: &str = "\
# METADATA
# title: Buckets are private
# description: Anyone could read them.
# related_resources:
# - ref: https://example.com/a
# - https://example.com/b
# custom:
#   severity: high
#   resource_types: [\"AWS::S3::Bucket\"]
#   controls: {cis-5.0: [\"2.10\"], fsbp: [S3.2]}
#   reads: [facts.public, tags]
#   parameters:
#     port: The port
#   remediation:
#     text: Close it.
#     terraform: |
#       resource \"aws_s3_bucket\" \"b\" {
#       }
package aws.s3.private
";

    #[test]
    fn a_complete_block_is_read() {
        let metadata = read("a.rego", COMPLETE).unwrap();
        assert_eq!(metadata.title, "Buckets are private");
        assert_eq!(metadata.severity, Severity::High);
        assert_eq!(metadata.controls["cis-5.0"], ["2.10"]);
        assert_eq!(metadata.reads, [("facts.public".to_owned(), 11), ("tags".to_owned(), 11)]);
        assert_eq!(metadata.related_resources.len(), 2);
        assert_eq!(metadata.parameters["port"].0, "The port");
        assert!(metadata.remediation.terraform.unwrap().contains("\n}"));
    }

    #[test]
    fn every_fault_is_told_with_its_line() {
        let text = COMPLETE
            .replace("severity: high", "severity: grave")
            .replace("AWS::S3::Bucket", "AWS::S3::Bukket")
            .replace("\"2.10\"", "2.10")
            .replace("[S3.2]", "[S3.2@SSH, \"S3.3@\", \"S3 4\", S3.5@ssh-22]")
            .replace("# title: Buckets are private\n", "# titel: x\n");
        let faults: Vec<String> = read("a.rego", &text).unwrap_err().iter().map(ToString::to_string).collect();
        let all = faults.join("\n");
        assert!(all.contains("a.rego:2: METADATA has no \"titel\""), "{all}");
        assert!(all.contains("METADATA lacks title"), "{all}");
        assert!(all.contains("a.rego:8: \"grave\" is not a severity"), "{all}");
        assert!(all.contains("a.rego:9: \"AWS::S3::Bukket\" is not a resource type"), "{all}");
        assert!(all.contains("a.rego:10: an item of cis-5.0 is not text"), "{all}");
        for wrong in ["S3.2@SSH", "S3.3@", "S3 4"] {
            assert!(all.contains(&format!("a.rego:10: {wrong:?} is not a control of fsbp")), "{all}");
        }
        assert!(!all.contains("S3.5"), "{all}");
    }

    #[test]
    fn a_file_without_a_block_is_a_fault() {
        let faults = read("a.rego", "package a\n").unwrap_err();
        assert!(faults[0].problem.contains("no METADATA"));
    }
}
