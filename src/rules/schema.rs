//! The JSON Schema of each resource type's document: what rules may read.
//!
//! The files under `rules/schema/` are generated from the model and are what rule authors write
//! against; a test keeps them equal, and the rules' paths are checked against the same schemas.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{LazyLock, Mutex, PoisonError};

use serde_json::{Map, Value, json};

use crate::model::{Pointer, ResourceType};

/// The schema of a whole document of the given type.
#[must_use]
pub fn document(resource_type: ResourceType) -> Value {
    let mut definitions = Map::new();
    let configuration = without_definitions(resource_type.configuration_schema(), &mut definitions);
    let text = json!({"type": "string"});
    let mut properties = json!({
        "id": {"type": "string", "description": "ARN."},
        "type": {"const": resource_type.name()},
        "account": {"type": "string", "description": "Account id."},
        "region": {"type": "string", "description": "Region; `global` for IAM."},
        "name": {"type": "string", "description": "The name people use."},
        "tags": {"type": "object", "additionalProperties": text},
        "configuration": configuration,
        "unknown": {
            "type": "array", "items": text,
            "description": "Places whose value exists but is not known. Not for rules: verdicts come from evidence."
        },
    });
    if let (Some(facts), Some(properties)) = (resource_type.facts_schema(), properties.as_object_mut()) {
        properties.insert("facts".to_owned(), without_definitions(facts, &mut definitions));
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": resource_type.name(),
        "type": "object",
        "properties": properties,
        "required": ["id", "type", "account", "region", "name", "tags", "configuration", "unknown"],
        "additionalProperties": false,
        "$defs": definitions,
    })
}

/// The same, made once.
#[must_use]
pub fn of(resource_type: ResourceType) -> &'static Value {
    static MADE: LazyLock<Mutex<BTreeMap<ResourceType, &'static Value>>> = LazyLock::new(Mutex::default);
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    made.entry(resource_type).or_insert_with(|| Box::leak(Box::new(document(resource_type))))
}

/// The schema without its `$defs`, which are moved to the document's.
fn without_definitions(schema: schemars::Schema, definitions: &mut Map<String, Value>) -> Value {
    let mut schema = schema.to_value();
    if let Some(fields) = schema.as_object_mut() {
        fields.remove("$schema");
        if let Some(Value::Object(own)) = fields.remove("$defs") {
            definitions.extend(own);
        }
    }
    schema
}

/// The file name of a type's schema: `aws-s3-bucket.json`.
#[must_use]
pub fn file_name(resource_type: ResourceType) -> String {
    let words: Vec<&str> = resource_type.name().split("::").filter(|word| !word.is_empty()).collect();
    format!("{}.json", words.join("-").to_ascii_lowercase())
}

/// All schema files: name to content.
#[must_use]
pub fn files() -> BTreeMap<String, String> {
    ResourceType::ALL
        .iter()
        .map(|&resource_type| (file_name(resource_type), format!("{:#}\n", document(resource_type))))
        .collect()
}

/// Writes all schema files into a directory.
///
/// # Errors
/// When a file cannot be written.
pub fn write(directory: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(directory)?;
    for (name, content) in files() {
        std::fs::write(directory.join(name), content)?;
    }
    Ok(())
}

/// The attributes that a schema allows at the top of `configuration` or `facts`.
#[must_use]
pub fn attributes(schema: &Value, part: &str) -> Vec<String> {
    let part = schema.pointer(&format!("/properties/{part}/properties")).and_then(Value::as_object);
    part.map(|properties| properties.keys().cloned().collect()).unwrap_or_default()
}

/// Whether the schema allows a value at this place.
#[must_use]
pub fn allows(schema: &Value, place: &Pointer) -> bool {
    let mut at = vec![schema];
    for segment in place.as_str().split('/').skip(1) {
        let segment = segment.replace("~1", "/").replace("~0", "~");
        at = at.into_iter().flat_map(|node| below(schema, node, &segment)).collect();
        if at.is_empty() {
            return false;
        }
    }
    true
}

/// The schemas of the value under `key` of a value that `node` describes.
fn below<'s>(root: &'s Value, node: &'s Value, key: &str) -> Vec<&'s Value> {
    let mut found = Vec::new();
    for node in alternatives(root, node) {
        if let Some(property) = node.get("properties").and_then(|properties| properties.get(key)) {
            found.push(property);
        } else if let Some(other @ Value::Object(_)) = node.get("additionalProperties") {
            found.push(other);
        }
        if let Some(items) = node.get("items")
            && key.bytes().all(|byte| byte.is_ascii_digit())
        {
            found.push(items);
        }
    }
    found
}

/// The schema itself with references resolved, and what it is any of.
fn alternatives<'s>(root: &'s Value, node: &'s Value) -> Vec<&'s Value> {
    if let Some(reference) = node.get("$ref").and_then(Value::as_str) {
        let target = reference.strip_prefix('#').and_then(|place| root.pointer(place));
        return target.map(|target| alternatives(root, target)).unwrap_or_default();
    }
    let mut found = vec![node];
    for word in ["anyOf", "oneOf", "allOf"] {
        for branch in node.get(word).and_then(Value::as_array).into_iter().flatten() {
            found.extend(alternatives(root, branch));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_allowed_when_the_model_has_it() {
        let bucket = document(ResourceType::Bucket);
        for place in [
            "/configuration/policy/Statement/0/Principal/AWS/0",
            "/configuration/public_access_block/block_public_acls",
            "/facts/public/value",
            "/facts/public_access_block/value/ignore_public_acls",
            "/tags/team",
        ] {
            assert!(allows(&bucket, &Pointer::new(place)), "{place}");
        }
        for place in ["/configuration/polcy", "/facts/publik", "/configuration/versioning/state", "/origin"] {
            assert!(!allows(&bucket, &Pointer::new(place)), "{place}");
        }
        let user = document(ResourceType::User);
        assert!(allows(&user, &Pointer::new("/configuration/attached_policies/0")));
        assert!(allows(&user, &Pointer::new("/configuration/observed/access_key_last_used/1")));
    }

    #[test]
    fn every_type_has_a_file_of_its_own() {
        assert_eq!(files().len(), ResourceType::ALL.len());
        assert_eq!(file_name(ResourceType::Account), "aws-account.json");
        assert_eq!(file_name(ResourceType::RegionSettings), "plimsoll-ec2-regionsettings.json");
    }
}
