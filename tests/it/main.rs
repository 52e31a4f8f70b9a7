//! The integration tests: one binary, one module per subject.
#![expect(clippy::unwrap_used, reason = "a failed assumption of a test is a failed test")]

mod architecture;
mod collect;
mod moto;
mod simulator;
