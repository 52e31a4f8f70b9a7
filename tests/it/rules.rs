//! The rules that travel in the binary, and the engine that evaluates them.

use plimsoll::rules::{Pack, Parameters, schema, testing};

fn pack() -> Pack {
    Pack::embedded(&Parameters::default()).unwrap_or_else(|faults| panic!("{faults}"))
}

#[test]
fn every_rule_passes_its_tests_on_both_engines() {
    let report = testing::run(&pack());
    let failed: Vec<String> = report.failed().map(ToString::to_string).collect();
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
    assert!(report.tests.len() > 3, "{} tests", report.tests.len());
}

#[test]
fn the_schema_files_are_those_of_the_model() {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/schema");
    if std::env::var_os("PLIMSOLL_WRITE_SCHEMAS").is_some() {
        schema::write(&directory).unwrap();
    }
    let help = "run PLIMSOLL_WRITE_SCHEMAS=1 cargo test --test it schema_files";
    for (name, content) in schema::files() {
        let found = std::fs::read_to_string(directory.join(&name)).unwrap_or_default();
        assert!(found == content, "rules/schema/{name} is not what the model says: {help}");
    }
    let files = std::fs::read_dir(&directory).unwrap().count();
    assert_eq!(files, schema::files().len(), "rules/schema holds files of no type: {help}");
}
