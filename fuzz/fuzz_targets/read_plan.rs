//! Any bytes: an answer or an error.
#![no_main]

#[path = "../../tests/it/hostile_plans/whole_gate.rs"]
mod whole_gate;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = whole_gate::answer(bytes);
});
