//! The integration tests: one binary, one module per subject.
#![expect(clippy::unwrap_used, reason = "a failed assumption of a test is a failed test")]

mod architecture;
mod config;
mod ledger;
mod report;
mod metrics;
mod openapi;
mod prometheus;
mod recorded;
mod schedule;
mod server;
mod tools;
mod plan;
mod rules;
mod collect;
mod moto;
mod simulator;
