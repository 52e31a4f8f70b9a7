//! The integration tests: one binary, one module per subject.
#![expect(clippy::unwrap_used, reason = "a failed assumption of a test is a failed test")]

mod architecture;
mod collect;
mod config;
mod denied;
mod estate;
mod killed;
mod ledger;
mod main_job;
mod metrics;
mod openapi;
mod prometheus;
mod report;
mod recorded;
mod schedule;
mod server;
mod tools;
mod plan;
mod rules;
mod server;
mod simulator;
mod tools;
