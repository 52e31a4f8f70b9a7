//! A fixture's plan, changed in places that the bytes choose, with a secret in each place that is
//! marked as sensitive.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use serde_json::Value;

#[path = "../../tests/it/hostile_plans/mutation.rs"]
mod mutation;
#[path = "../../tests/it/hostile_plans/whole_gate.rs"]
mod whole_gate;

/// The plans of the fixtures that are UTF-8, by name.
static PLANS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../terraform-fixtures");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let plan = |folder: &std::path::PathBuf| std::fs::read_to_string(folder.join("plan.json")).ok();
    files.iter().filter_map(plan).map(|text| serde_json::from_str(&text).unwrap()).collect()
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let plan = mutation::with_secrets(mutation::mutated(&PLANS, bytes));
    for (format, text) in whole_gate::answer(plan.to_string().as_bytes()).unwrap_or_default() {
        mutation::assert_silent(format, &text);
    }
});
