//! The description of the API and the API say the same.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::server::serving;

/// Whether a value has the form of a schema: types, required and known fields, words.
fn conforms(description: &Value, schema: &Value, value: &Value, place: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        return conforms(description, description.pointer(&reference[1..]).unwrap(), value, place);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let choice = choices.iter().find(|choice| (choice["type"] == "null") == value.is_null()).unwrap();
        return conforms(description, choice, value, place);
    }
    let is = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let types: BTreeSet<&str> = match &schema["type"] {
        Value::Array(types) => types.iter().map(|name| name.as_str().unwrap()).collect(),
        name => BTreeSet::from([name.as_str().unwrap()]),
    };
    assert!(types.contains(is) || (is == "integer" && types.contains("number")), "{place} is {value}, not {types:?}");
    if let Some(words) = schema["enum"].as_array() {
        assert!(words.contains(value), "{place} is {value}, not one of {words:?}");
    }
    for item in value.as_array().into_iter().flatten() {
        conforms(description, &schema["items"], item, &format!("{place}[]"));
    }
    let Some(fields) = value.as_object() else { return };
    for required in schema["required"].as_array().into_iter().flatten() {
        assert!(fields.contains_key(required.as_str().unwrap()), "{place} has no {required}");
    }
    for (name, field) in fields {
        let known = schema["properties"].get(name).or_else(|| schema.get("additionalProperties"));
        let known = known.filter(|known| !known.is_null());
        assert!(known.is_some(), "{place}.{name} is not described");
        conforms(description, known.unwrap(), field, &format!("{place}.{name}"));
    }
}

#[test]
fn every_answer_has_the_described_form() {
    let server = serving();
    let description = server.json("/openapi.json");
    for (path, operations) in description["paths"].as_object().unwrap() {
        let (status, body) = server.get(path);
        assert_eq!(status, 200, "{path}");
        let content = &operations["get"]["responses"]["200"]["content"];
        if let Some(schema) = content["application/json"].get("schema") {
            conforms(&description, schema, &serde_json::from_str(&body).unwrap(), path);
        }
    }
    let all = server.json("/api/v1/findings?status=all");
    conforms(
        &description,
        &description["paths"]["/api/v1/findings"]["get"]["responses"]["200"]["content"]["application/json"]["schema"],
        &all,
        "all",
    );
    let (_, error) = server.get("/api/v1/findings?nothing=1");
    conforms(
        &description,
        &description["components"]["schemas"]["Error"],
        &serde_json::from_str(&error).unwrap(),
        "error",
    );
}

#[test]
fn every_described_parameter_is_taken_and_no_other_is() {
    let server = serving();
    let description = server.json("/openapi.json");
    let mut lists = 0;
    for (path, operations) in description["paths"].as_object().unwrap() {
        let Some(parameters) = operations["get"]["parameters"].as_array() else { continue };
        lists += 1;
        let described: BTreeSet<&str> =
            parameters.iter().map(|parameter| parameter["name"].as_str().unwrap()).collect();
        let (_, refusal) = server.get(&format!("{path}?nothing=1"));
        let expected = refusal.split("expected").nth(1).unwrap();
        let taken: BTreeSet<&str> = expected.split('`').skip(1).step_by(2).collect();
        assert_eq!(described, taken, "{path}");
        for word in parameters.iter().flat_map(|parameter| {
            let words = parameter["schema"]["enum"].as_array().into_iter().flatten();
            words.map(|word| format!("{}={}", parameter["name"].as_str().unwrap(), word.as_str().unwrap()))
        }) {
            assert_eq!(server.get(&format!("{path}?{word}")).0, 200, "{path}?{word}");
        }
    }
    assert_eq!(lists, 4);
}
