//! Where resources come from. Each source gives a [`crate::model::Snapshot`]: the resources of a
//! scope, which lists are whole, and what could not be read.

pub mod aws;
pub mod file;
pub mod terraform;
