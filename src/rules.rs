//! Rules: Rego that says what is wrong with one resource.
//!
//! A [`Pack`] is read from a directory (or from the binary), checked as a whole and evaluated by
//! an [`Engine`] on all cores. Verdicts are three-valued and come from evidence; a rule that errs
//! or whose two engines differ is `unknown`, never `pass`. [`waiver`] turns accepted failures into
//! `waived`, and [`testing`] runs the cases that stand beside each rule.

mod advice;
mod bounds;
mod engine;
mod fault;
mod growth;
mod guard;
mod metadata;
mod outline;
mod pack;
mod parameters;
mod plan;
mod quarantine;
mod queues;
mod reading;
mod rego;
pub mod schema;
pub mod template;
pub mod testing;
mod texts;
pub mod verdict;
pub mod waiver;
pub mod waiver_review;
mod worker;
mod workshop;

pub use advice::Advice;
pub use engine::{Engine, Evaluated, Job, Suspect};
pub use fault::{Fault, PackFaults};
pub use pack::{Lost, Pack};
pub use parameters::{Parameter, Parameters, near};
pub use workshop::{Lint, NothingThere, Workshop};
