//! Of the sources, the one that reads files of strangers.

pub mod aws;
pub mod terraform;
