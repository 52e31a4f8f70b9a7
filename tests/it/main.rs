//! The integration tests: one binary, one module per subject.
#![expect(clippy::unwrap_used, reason = "a failed assumption of a test is a failed test")]

mod architecture;
mod ledger;
mod metrics;
mod openapi;
mod prometheus;
mod recorded;
mod schedule;
mod server;
mod tools;
