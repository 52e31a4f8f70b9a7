//! Where resources come from.

pub mod terraform;
