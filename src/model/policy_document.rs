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
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "spelling::principals")]
    pub principal: Option<BTreeMap<String, Vec<String>>>,
    /// Everyone but these.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "spelling::principals")]
    pub not_principal: Option<BTreeMap<String, Vec<String>>>,
    /// Action patterns, in lower case.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "spelling::actions")]
    pub action: Option<Vec<String>>,
    /// All actions but these, in lower case.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "spelling::actions")]
    pub not_action: Option<Vec<String>>,
    /// Resource ARN patterns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Vec<String>>,
    /// All resources but these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_resource: Option<Vec<String>>,
    /// Operator to condition key (in lower case) to values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "spelling::conditions")]
    pub condition: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// The statement's label. Last, so that it does not decide the order of statements.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
}

/// A principal of type `AWS` as documents have it: an account by its root ARN.
#[must_use]
pub fn canonical_aws_principal(name: &str) -> String {
    if name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("arn:aws:iam::{name}:root")
    } else {
        name.to_owned()
    }
}

/// The spelling that all who look into a document count on, also for files that others wrote. Lists
/// keep their order: pointers lead into them.
mod spelling {
    use std::collections::BTreeMap;

    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer};

    type Principals = Option<BTreeMap<String, Vec<String>>>;
    type Conditions = BTreeMap<String, BTreeMap<String, Vec<String>>>;

    pub(super) fn actions<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<String>>, D::Error> {
        let mut actions = Option::<Vec<String>>::deserialize(from)?;
        actions.iter_mut().flatten().for_each(|action| action.make_ascii_lowercase());
        Ok(actions)
    }

    pub(super) fn principals<'de, D: Deserializer<'de>>(from: D) -> Result<Principals, D::Error> {
        let mut principals = Principals::deserialize(from)?;
        let accounts = principals.iter_mut().filter_map(|by_kind| by_kind.get_mut("AWS")).flatten();
        accounts.for_each(|name| *name = super::canonical_aws_principal(name));
        Ok(principals)
    }

    pub(super) fn conditions<'de, D: Deserializer<'de>>(from: D) -> Result<Conditions, D::Error> {
        let mut conditions = Conditions::default();
        for (operator, tests) in Conditions::deserialize(from)? {
            let by_key = conditions.entry(operator).or_default();
            for (key, values) in tests {
                if by_key.insert(key.to_ascii_lowercase(), values).is_some() {
                    return Err(D::Error::custom(format!("condition key {key:?} is said twice, in different case")));
                }
            }
        }
        Ok(conditions)
    }
}
