//! The part of plimsoll that judges a Terraform plan, from the bytes of the file to every output,
//! without the rest of it: the SDK would take half an hour to compile under a fuzzer. The modules
//! are links to those of the program.

pub mod access;
pub mod controls;
pub mod drift;
pub mod facts;
pub mod failover;
pub mod findings;
pub mod gate;
pub mod model;
pub mod network;
pub mod policy;
pub mod report;
pub mod rules;
pub mod sli;
pub mod source;
