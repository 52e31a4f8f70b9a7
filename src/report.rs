//! Files and terminal output.

pub mod judgement;
pub mod junit;
pub mod sarif;
