//! JSON pointers (RFC 6901) into a resource document.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A JSON pointer such as `/configuration/ingress/3/cidr_ipv4`, relative to the resource
/// document.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Pointer(String);

impl Pointer {
    /// A pointer from its text form, `/a/b/0`.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A pointer into `configuration`: `Pointer::configuration("policy")` is
    /// `/configuration/policy`.
    #[must_use]
    pub fn configuration(attribute: &str) -> Self {
        Self(format!("/configuration/{attribute}"))
    }

    /// The pointer one level down; `/` and `~` in the key are escaped.
    #[must_use]
    pub fn child(&self, key: impl fmt::Display) -> Self {
        let key = key.to_string().replace('~', "~0").replace('/', "~1");
        Self(format!("{}/{key}", self.0))
    }

    /// The text form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `other` is this place or stands below it.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        other.0.strip_prefix(self.0.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Whether one of the two places covers the other.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.covers(other) || other.covers(self)
    }

    /// The value at this place.
    #[must_use]
    pub fn resolve<'a>(&self, document: &'a Value) -> Option<&'a Value> {
        document.pointer(&self.0)
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_covers_itself_and_what_stands_below_but_not_a_longer_name() {
        let policy = Pointer::configuration("policy");
        assert!(policy.covers(&policy));
        assert!(policy.covers(&policy.child("Statement").child(0)));
        assert!(!policy.covers(&Pointer::configuration("policy_status")));
        assert!(policy.child("Statement").overlaps(&policy));
    }

    #[test]
    fn a_slash_in_a_key_is_escaped() {
        assert_eq!(Pointer::new("/tags").child("a/b~c").as_str(), "/tags/a~1b~0c");
    }
}
