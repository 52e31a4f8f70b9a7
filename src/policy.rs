//! The IAM policy language: reading a document in every legal spelling and giving its canonical
//! form.
//!
//! Order, scalar or list, the case of actions and condition keys, and the spelling of principals
//! have no meaning, so they do not survive. A document that cannot be read is an error, never an
//! empty policy. [`PolicyView`] reads a document of which parts are unknown; `public` holds AWS's
//! definition of a public policy; [`catalog`] knows AWS's actions, [`paths`] the known ways
//! from some permissions to more, and [`lint`] says what in a policy cannot be meant.

pub mod admits;
mod answer;
mod canonical;
pub mod catalog;
mod compare;
mod evaluate;
mod lint;
mod parse;
pub mod paths;
pub mod pattern;
mod public;
mod request;
mod view;

pub use answer::{Answer, Decision, Denial, Layer, LayerAnswer, Need, Says, StatementRef, Truth};
pub use canonical::meaning_hash;
pub use catalog::catalog;
pub use compare::{Budget, Comparison, Kind, Permission, Relation, Through, compare};
pub use evaluate::{Applied, Effects, LayerPolicies, Policies, evaluate, judge};
pub use lint::{Lint, LintKind, lint};
pub use parse::{MAX_BYTES, PolicyError, Position, from_value, parse, position_of};
pub use public::{Guards, account_of, is_unique_id, limited, limits, names_anyone, policy_public};
pub use request::{Context, KeyValue, Principal, Request};
pub use view::{Condition, Listed, PolicyView, StatementView};
