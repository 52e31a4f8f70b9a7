//! Telling others over the network, and over files: the metrics page of a scan that does not stay to
//! be scraped.
//!
//! Every request has a time limit for connecting, for one attempt and for all of them, and is tried
//! again with growing, jittered pauses where that can help. Secrets are read from files or the
//! environment by the caller and never printed.

mod client;
mod program;
mod pushgateway;
mod textfile;
mod webhook;

pub use client::{Client, Credentials, Limits, PublishError, Secret};
pub use program::tell as tell_program;
pub use pushgateway::Pushgateway;
pub use textfile::replace;
pub use webhook::{NotTold, Webhook, slack};
