//! One request as IAM sees it: who, what, on which resource, and in which context.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::account_of;

/// Who makes a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Principal {
    /// The root user of an account, by account id.
    Root(String),
    /// A user, by ARN.
    User(String),
    /// A session of a role: the role's ARN (with its path) and the name of the session. Requests
    /// are never made by a role itself.
    Role {
        /// `arn:aws:iam::111122223333:role/service/orders`.
        role: String,
        /// `arn:aws:sts::111122223333:assumed-role/orders/<session>`.
        session: String,
    },
    /// A session of `GetFederationToken`, by its `sts` ARN.
    FederatedUser(String),
    /// An AWS service that acts for itself, `cloudtrail.amazonaws.com`.
    Service(String),
    /// Somebody an identity provider vouches for, before a role is assumed: the provider's ARN
    /// (`arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com`) or its host
    /// (`cognito-identity.amazonaws.com`).
    Federated(String),
    /// Nobody: an unsigned request.
    Anonymous,
}

impl Principal {
    /// Reads the spelling of people: an ARN, an account id, a service's or a provider's name, `*`
    /// for an unsigned request. A role's ARN is a session of it named `plimsoll`.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let resource = text.splitn(6, ':').nth(5).unwrap_or_default();
        match resource.split_once('/').map_or(resource, |(kind, _)| kind) {
            "root" if account_of(text).is_some() => Self::Root(account_of(text).unwrap_or_default().to_owned()),
            "user" => Self::User(text.to_owned()),
            "role" => Self::role(text),
            "assumed-role" => Self::session(text),
            "federated-user" => Self::FederatedUser(text.to_owned()),
            "oidc-provider" | "saml-provider" => Self::Federated(text.to_owned()),
            _ if text == "*" => Self::Anonymous,
            _ if account_of(text).is_some() => Self::Root(text.to_owned()),
            _ if is_service(text) => Self::Service(text.to_owned()),
            _ => Self::Federated(text.to_owned()),
        }
    }

    /// A session of a role.
    #[must_use]
    pub fn role(arn: &str) -> Self {
        let partition = arn.split(':').nth(1).unwrap_or("aws");
        let name = arn.rsplit('/').next().unwrap_or_default();
        let account = account_of(arn).unwrap_or_default();
        Self::Role {
            role: arn.to_owned(),
            session: format!("arn:{partition}:sts::{account}:assumed-role/{name}/plimsoll"),
        }
    }

    /// A session by its own ARN, which does not tell the role's path; `/` is taken.
    fn session(arn: &str) -> Self {
        let partition = arn.split(':').nth(1).unwrap_or("aws");
        let name = arn.split('/').nth(1).unwrap_or_default();
        let account = account_of(arn).unwrap_or_default();
        Self::Role { role: format!("arn:{partition}:iam::{account}:role/{name}"), session: arn.to_owned() }
    }

    /// The account the principal belongs to; services, providers outside AWS and unsigned
    /// requests have none.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::Root(account) => Some(account),
            Self::User(arn) | Self::Role { role: arn, .. } | Self::FederatedUser(arn) | Self::Federated(arn) => {
                account_of(arn)
            }
            Self::Service(_) | Self::Anonymous => None,
        }
    }

    /// The value of `aws:PrincipalArn`: for a session its role.
    #[must_use]
    pub fn arn(&self) -> Option<String> {
        match self {
            Self::Root(account) => Some(format!("arn:aws:iam::{account}:root")),
            Self::User(arn) | Self::Role { role: arn, .. } | Self::FederatedUser(arn) => Some(arn.clone()),
            Self::Service(_) | Self::Federated(_) | Self::Anonymous => None,
        }
    }
}

fn is_service(text: &str) -> bool {
    (text.ends_with(".amazonaws.com") || text.ends_with(".amazonaws.com.cn"))
        && !matches!(text, "cognito-identity.amazonaws.com" | "cognito-identity.amazonaws.com.cn")
}

impl std::fmt::Display for Principal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Root(account) => write!(f, "arn:aws:iam::{account}:root"),
            Self::User(name)
            | Self::Role { role: name, .. }
            | Self::FederatedUser(name)
            | Self::Service(name)
            | Self::Federated(name) => f.write_str(name),
            Self::Anonymous => f.write_str("anyone"),
        }
    }
}

/// What is known of one condition key in a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyValue {
    /// Present with these values; single-valued keys have one.
    Known(Vec<String>),
    /// Not in the request.
    Absent,
    /// May be in the request or not, with any value.
    Unknown,
    /// In the request, with a value that is not known.
    Present,
}

/// The condition keys of a request, by name in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Context {
    /// What is known of the keys that were thought of.
    pub keys: BTreeMap<String, KeyValue>,
    /// What holds for every other key: [`KeyValue::Absent`] for a request that is written down whole,
    /// [`KeyValue::Unknown`] for one of which only a part is known.
    pub otherwise: KeyValue,
}

impl Context {
    /// A request of which everything is known: keys not set are absent.
    #[must_use]
    pub const fn whole() -> Self {
        Self { keys: BTreeMap::new(), otherwise: KeyValue::Absent }
    }

    /// A request of which only the set keys are known.
    #[must_use]
    pub const fn open() -> Self {
        Self { keys: BTreeMap::new(), otherwise: KeyValue::Unknown }
    }

    /// Sets a key, in any case.
    pub fn set(&mut self, key: &str, value: KeyValue) {
        self.keys.insert(key.to_ascii_lowercase(), value);
    }

    /// The same with one value for a key.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.set(key, KeyValue::Known(vec![value.to_owned()]));
        self
    }

    /// What is known of a key; `key` is in lower case.
    #[must_use]
    pub fn get(&self, key: &str) -> &KeyValue {
        self.keys.get(key).unwrap_or(&self.otherwise)
    }
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Request {
    /// Who.
    pub principal: Principal,
    /// `s3:GetObject`, in any case.
    pub action: String,
    /// The ARN acted on; `*` for actions without resource types.
    pub resource: String,
    /// The account that owns the resource, where its ARN does not tell (S3). Absent: the account
    /// in the ARN, else the principal's.
    pub resource_account: Option<String>,
    /// Condition keys.
    pub context: Context,
}

impl Request {
    /// A request in an open context.
    #[must_use]
    pub fn new(principal: Principal, action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self {
            principal,
            action: action.into(),
            resource: resource.into(),
            resource_account: None,
            context: Context::open(),
        }
    }

    /// The same with the condition keys that follow from principal and resource; keys that are
    /// set stay as they are. Source: IAM user guide, "AWS global condition context keys" and
    /// "Principal key values".
    #[must_use]
    pub fn with_derived_keys(mut self) -> Self {
        let mut derived = of_principal(&self.principal);
        if let Some(account) = self.owner() {
            derived.push(("aws:resourceaccount", known(account)));
        }
        for (key, value) in derived {
            self.context.keys.entry(key.to_owned()).or_insert(value);
        }
        self
    }

    /// The account of the resource, as far as the request tells.
    fn owner(&self) -> Option<&str> {
        let told = self.resource_account.as_deref().or_else(|| account_of(&self.resource));
        told.or_else(|| self.principal.account())
    }
}

fn known(value: &str) -> KeyValue {
    KeyValue::Known(vec![value.to_owned()])
}

/// Keys that services set when they call for a resource of theirs; nobody else has them.
const OF_SERVICES: [&str; 3] = ["aws:sourcearn", "aws:sourceaccount", "aws:principalservicename"];

fn of_principal(principal: &Principal) -> Vec<(&'static str, KeyValue)> {
    let mut keys = vec![("aws:principalisawsservice", known(&matches!(principal, Principal::Service(_)).to_string()))];
    if let Some(arn) = principal.arn() {
        keys.push(("aws:principalarn", KeyValue::Known(vec![arn])));
        keys.extend(principal.account().map(|account| ("aws:principalaccount", known(account))));
        keys.extend(OF_SERVICES.map(|key| (key, KeyValue::Absent)));
    }
    match principal {
        Principal::Root(account) => keys.extend([
            ("aws:principaltype", known("Account")),
            ("aws:userid", known(account)),
            ("aws:username", KeyValue::Absent),
        ]),
        Principal::User(arn) => keys.extend([
            ("aws:principaltype", known("User")),
            ("aws:userid", KeyValue::Present),
            ("aws:username", known(arn.rsplit('/').next().unwrap_or_default())),
        ]),
        Principal::Role { .. } => keys.extend([
            ("aws:principaltype", known("AssumedRole")),
            ("aws:userid", KeyValue::Present),
            ("aws:username", KeyValue::Absent),
            ("aws:tokenissuetime", KeyValue::Present),
        ]),
        Principal::FederatedUser(arn) => {
            let name = arn.rsplit('/').next().unwrap_or_default();
            let id = principal.account().map(|account| known(&format!("{account}:{name}")));
            keys.extend([
                ("aws:principaltype", known("FederatedUser")),
                ("aws:userid", id.unwrap_or(KeyValue::Present)),
                ("aws:username", KeyValue::Absent),
                ("aws:tokenissuetime", KeyValue::Present),
            ]);
        }
        Principal::Service(name) => {
            keys.push(("aws:principalservicename", known(name)));
            keys.extend(OF_PEOPLE.map(|key| (key, KeyValue::Absent)));
        }
        Principal::Anonymous => {
            keys.extend([
                ("aws:principaltype", known("Anonymous")),
                ("aws:principalaccount", known("anonymous")),
                ("aws:userid", known("anonymous")),
            ]);
            keys.extend(OF_SERVICES.map(|key| (key, KeyValue::Absent)));
            keys.extend(OF_PEOPLE.map(|key| (key, KeyValue::Absent)));
        }
        Principal::Federated(_) => keys.extend(OF_SERVICES.map(|key| (key, KeyValue::Absent))),
    }
    keys
}

/// Keys of signed requests by principals of accounts.
const OF_PEOPLE: [&str; 6] = [
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:username",
    "aws:tokenissuetime",
    "aws:multifactorauthpresent",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn derived(principal: Principal) -> Context {
        Request::new(principal, "s3:GetObject", "arn:aws:s3:::b/a").with_derived_keys().context
    }

    #[test]
    fn keys_follow_from_the_principal() {
        let user = derived(Principal::read("arn:aws:iam::111122223333:user/team/ann"));
        assert_eq!(*user.get("aws:username"), known("ann"));
        assert_eq!(*user.get("aws:principaltype"), known("User"));
        assert_eq!(*user.get("aws:principalaccount"), known("111122223333"));
        assert_eq!(*user.get("aws:resourceaccount"), known("111122223333"));
        assert_eq!(*user.get("aws:principalisawsservice"), known("false"));
        assert_eq!(*user.get("aws:sourcearn"), KeyValue::Absent);
        assert_eq!(*user.get("aws:requestedregion"), KeyValue::Unknown);

        let session = derived(Principal::read("arn:aws:iam::111122223333:role/team/orders"));
        assert_eq!(*session.get("aws:principalarn"), known("arn:aws:iam::111122223333:role/team/orders"));
        assert_eq!(*session.get("aws:username"), KeyValue::Absent);
        assert_eq!(*session.get("aws:userid"), KeyValue::Present);

        let guest = derived(Principal::read("arn:aws:sts::111122223333:federated-user/guest"));
        assert_eq!(*guest.get("aws:userid"), known("111122223333:guest"));

        let service = derived(Principal::read("cloudtrail.amazonaws.com"));
        assert_eq!(*service.get("aws:principalservicename"), known("cloudtrail.amazonaws.com"));
        assert_eq!(*service.get("aws:sourcearn"), KeyValue::Unknown);
        assert_eq!(*service.get("aws:principalorgid"), KeyValue::Absent);

        let nobody = derived(Principal::read("*"));
        assert_eq!(*nobody.get("aws:principalarn"), KeyValue::Absent);
        assert_eq!(*nobody.get("aws:userid"), known("anonymous"));
    }

    #[test]
    fn keys_that_are_set_stay() {
        let mut request = Request::new(Principal::Anonymous, "s3:GetObject", "arn:aws:s3:::b/a");
        request.resource_account = Some("444455556666".to_owned());
        request.context.set("aws:PrincipalArn", KeyValue::Unknown);
        let context = request.with_derived_keys().context;
        assert_eq!(*context.get("aws:principalarn"), KeyValue::Unknown);
        assert_eq!(*context.get("aws:resourceaccount"), known("444455556666"));
    }
}
