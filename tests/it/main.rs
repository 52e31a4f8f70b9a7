//! The integration tests: one binary, one module per subject.
#![expect(clippy::unwrap_used, reason = "a failed assumption of a test is a failed test")]

mod access;
mod architecture;
mod bad_input;
mod collect;
mod config;
mod credentials;
mod day;
mod denied;
mod drift_command;
mod drift_laws;
mod estate;
mod failover;
mod gate;
mod killed;
mod ledger;
mod main_job;
mod metrics;
mod moto;
mod openapi;
mod oracle;
mod organization;
mod parity;
mod plan;
mod policy_versions;
mod prometheus;
mod recorded;
mod report;
mod rules;
mod schedule;
mod server;
mod service;
mod simulator;
mod tools;
mod waivers;
