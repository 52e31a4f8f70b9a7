//! Principals as people name them.

use serde::Serialize;

use super::Access;
use crate::policy::{Principal, account_of};

/// An end of a chain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// A user or a role, by ARN; it need not be in the snapshot.
    Holder(String),
    /// A service or an identity provider.
    Outside(String),
    /// As a start everyone outside of the snapshot, as an end everything that can be reached.
    World,
}

/// Why a name is not a principal to ask about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing in the snapshot has the name.
    #[error("{0:?} is neither an ARN nor the name of a user or role in the snapshot")]
    Unknown(String),
    /// More than one has it.
    #[error("{name:?} is the name of {}", candidates.join(" and of "))]
    Ambiguous {
        /// The name.
        name: String,
        /// ARNs of those who have it.
        candidates: Vec<String>,
    },
    /// It is an ARN, but of nothing that makes requests of its own.
    #[error("{0:?} is not the ARN of a user or a role")]
    NotPrincipal(String),
}

impl Access<'_> {
    /// An end of a chain from its ARN, its name where only one user or role has it, the name of
    /// a service or provider, or `*` (also `outside`).
    ///
    /// # Errors
    /// When the name is nobody's or more than one's.
    pub fn endpoint(&self, text: &str) -> Result<Endpoint, NameError> {
        if text == "*" || text == "outside" {
            return Ok(Endpoint::World);
        }
        match self.read_principal(text)? {
            Principal::User(arn) | Principal::Role { role: arn, .. } => Ok(Endpoint::Holder(self.whole(&arn))),
            Principal::Service(name) => Ok(Endpoint::Outside(name)),
            Principal::Federated(name) if !name.starts_with("arn:") || name.contains("-provider/") => {
                Ok(Endpoint::Outside(name))
            }
            _ => Err(NameError::NotPrincipal(text.to_owned())),
        }
    }

    /// Who makes a request: an ARN, an account id, `*` for an unsigned request, the name of a user
    /// or role where only one has it, a service or an identity provider.
    ///
    /// # Errors
    /// When the name is nobody's or more than one's, or the ARN is of no principal.
    pub fn read_principal(&self, text: &str) -> Result<Principal, NameError> {
        let is_name = !text.starts_with("arn:") && text != "*" && account_of(text).is_none();
        if is_name {
            match self.named(text) {
                Ok(arn) => return Ok(Principal::read(&arn)),
                Err(NameError::Unknown(_)) if text.contains('.') => {}
                Err(error) => return Err(error),
            }
        }
        match Principal::read(text) {
            Principal::User(arn) => Ok(Principal::User(self.whole(&arn))),
            Principal::Federated(name) if name.starts_with("arn:") && !name.contains("-provider/") => {
                Err(NameError::NotPrincipal(name))
            }
            principal => Ok(principal),
        }
    }

    fn whole(&self, arn: &str) -> String {
        self.principal(arn).map_or_else(|| arn.to_owned(), ToString::to_string)
    }

    fn named(&self, name: &str) -> Result<String, NameError> {
        let of = |(path, last): (&str, &str)| path == name || last == name;
        let fits = |arn: &str| {
            let path = arn.split_once(":role/").or_else(|| arn.split_once(":user/")).map(|(_, path)| path);
            path.is_some_and(|path| of((path, path.rsplit('/').next().unwrap_or(path))))
        };
        let candidates: Vec<&str> =
            self.index.holders.iter().map(super::index::Holder::arn).filter(|arn| fits(arn)).collect();
        match candidates.as_slice() {
            [] => Err(NameError::Unknown(name.to_owned())),
            [one] => Ok((*one).to_owned()),
            more => Err(NameError::Ambiguous {
                name: name.to_owned(),
                candidates: more.iter().map(|arn| (*arn).to_owned()).collect(),
            }),
        }
    }
}
