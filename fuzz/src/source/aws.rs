//! What reading a plan shares with reading an account.

pub mod secrets;
