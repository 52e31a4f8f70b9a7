//! Frameworks, their controls, and how an estate stands by them.
//!
//! [`frameworks`] is the catalogue that travels in the binary: each control with a title of our
//! own, and the reason where no rule judges it. [`assess`] turns evaluations into the state of
//! every control of a framework. Pure: it takes what was read and what the rules said.
//!
//! The one policy to know: a control passes only when all that it is about was seen and judged. One
//! that no rule judges, whose rules are switched off, or whose resources were not listed whole
//! never does.

mod catalogue;
mod limit;
mod part;
mod standing;
mod state;

pub use catalogue::{Control, Framework, Method, framework, frameworks};
pub use limit::Limit;
pub use standing::{Compliance, ControlStanding, Idle, ResourceStanding, Stray, assess};
pub use state::{ControlState, Counts, ResourceState, Summary};

#[cfg(test)]
mod tests;
