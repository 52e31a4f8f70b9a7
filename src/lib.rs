//! plimsoll measures how much of an AWS estate fails its configuration rules, and publishes that
//! as a service level indicator.
//!
//! Read the modules in this order: where resources come from, what is derived from them, how
//! they are judged, what follows from the verdicts, and how it is kept and shown.

pub mod access;
pub mod budgets;
pub mod config;
pub mod controls;
pub mod drift;
pub mod exit;
pub mod explain;
pub mod export;
pub mod facts;
pub mod failover;
pub mod findings;
pub mod gate;
pub mod ledger;
pub mod logging;
pub mod metrics;
pub mod model;
pub mod network;
pub mod policy;
pub mod progress;
pub mod publish;
pub mod report;
pub mod rules;
pub mod scan;
pub mod server;
pub mod simulator;
pub mod sli;
pub mod slo;
pub mod source;
