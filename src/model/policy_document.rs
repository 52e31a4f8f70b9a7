//! An IAM policy document in canonical form.
//!
//! Two documents that differ only in order, in scalar or list, in the case of actions or in the
//! spelling of principals have the same canonical form. [`crate::policy::parse`] makes it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A policy document. Keys are AWS's own (`Statement`, `Effect`, …), every list is sorted and
/// free of repeats, statements are sorted by content.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct PolicyDocument {
    /// `2012-10-17` or `2008-10-17`; absent means the latter.
    pub version: String,
    /// The optional document id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The statements.
    pub statement: Vec<Statement>,
}

/// One statement. Exactly one of `action` and `not_action` is present in a legal statement, and
/// at most one of each other pair.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Statement {
    /// `Allow` or `Deny`.
    pub effect: String,
    /// Principal type (`AWS`, `Service`, `Federated`, `CanonicalUser`) to names. Everyone, written
    /// `"*"` or `{"AWS": "*"}`, is `{"AWS": ["*"]}`; an account is its `:root` ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<BTreeMap<String, Vec<String>>>,
    /// Everyone but these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_principal: Option<BTreeMap<String, Vec<String>>>,
    /// Action patterns, in lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<Vec<String>>,
    /// All actions but these, in lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_action: Option<Vec<String>>,
    /// Resource ARN patterns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Vec<String>>,
    /// All resources but these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_resource: Option<Vec<String>>,
    /// Operator to condition key (in lower case) to values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub condition: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// The statement's label. Last, so that it does not decide the order of statements.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
}
