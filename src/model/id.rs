//! Identifiers. Each is a checked newtype over a text, printed and stored as that text, and shared
//! when it is cloned: every evaluation holds those of its rule and resource.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a text is not the identifier it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {expected}")]
pub struct InvalidId {
    /// The text as given.
    pub text: String,
    /// What was expected, in words: "an AWS account id (12 digits)".
    pub expected: &'static str,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks the text.
            ///
            /// # Errors
            /// When the text does not have the form of this identifier.
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidId> {
                let text = text.into();
                let valid: fn(&str) -> bool = $valid;
                if valid(&text) { Ok(Self(text.into())) } else { Err(InvalidId { text, expected: $expected }) }
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.as_ref().to_owned()
            }
        }
    };
}

id!(
    /// AWS account id: 12 digits. A planned resource whose account is not known yet has
    /// [`AccountId::unknown`], or one of [`AccountId::untold`].
    AccountId, "an AWS account id (12 digits)",
    |text| is_untold(text) || (text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()))
);
id!(
    /// AWS region, `global` for IAM and other account-wide resources.
    Region, "an AWS region such as eu-central-1, or global",
    |text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
);
id!(
    /// Identity of a resource: its ARN. A planned resource whose ARN is not known yet has
    /// `terraform:` and its address.
    ResourceId, "an ARN, or terraform: and an address",
    |text| text.starts_with("arn:") || text.starts_with("terraform:")
);
id!(
    /// Identity of a rule: its package with dashes, `aws-s3-public-access-blocked`.
    RuleId, "a rule id such as aws-s3-public-access-blocked",
    |text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
);

impl AccountId {
    /// The account of a planned resource when the plan does not tell it.
    #[must_use]
    pub fn unknown() -> Self {
        Self("unknown".into())
    }

    /// One of several accounts that a plan does not tell: `unknown`, `unknown-2` and so on, from 0. Two of
    /// them are not one account for all that the plan shows.
    #[must_use]
    pub fn untold(at: usize) -> Self {
        if at == 0 { Self::unknown() } else { Self(format!("unknown-{}", at.saturating_add(1)).into()) }
    }

    /// Whether this only stands for an account that is not known.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        is_untold(self.as_str())
    }
}

/// `unknown`, or `unknown-2`.
fn is_untold(text: &str) -> bool {
    let number = |rest: &str| rest.strip_prefix('-').is_some_and(|number| number.parse::<u32>().is_ok());
    text.strip_prefix("unknown").is_some_and(|rest| rest.is_empty() || number(rest))
}

impl Region {
    /// The region of account-wide resources.
    #[must_use]
    pub fn global() -> Self {
        Self("global".into())
    }

    /// The region of a planned resource when the plan does not tell it.
    #[must_use]
    pub fn unknown() -> Self {
        Self("unknown".into())
    }
}
