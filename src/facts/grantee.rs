//! Whom a statement of a bucket's policy lets in, from outside the bucket's account.

use std::borrow::Cow;

use crate::model::{AccountId, BucketAccess, Grantee, PolicyDocument};
use crate::policy::admits::{Caller, named, strangers};
use crate::policy::{Condition, Guards, StatementView, account_of, is_unique_id, limited, names_anyone};

/// One caller that a statement names.
pub(super) struct Grant {
    pub(super) who: Grantee,
    pub(super) name: String,
    pub(super) account: Option<String>,
    /// As whom it makes requests; each is tried.
    pub(super) callers: Vec<Caller>,
}

impl Grant {
    /// Whether `RestrictPublicBuckets` shuts it out of a bucket with a public policy. AWS services
    /// are let in, and the bucket's own access points serve its own account.
    pub(super) fn is_cut(&self) -> bool {
        self.who != Grantee::Service
    }

    /// The document to try the callers on. A canonical id tells no account, so that it is tried as
    /// anybody.
    pub(super) fn tried<'d>(&self, document: &'d PolicyDocument) -> Cow<'d, PolicyDocument> {
        if self.who != Grantee::CanonicalUser {
            return Cow::Borrowed(document);
        }
        let mut document = document.clone();
        if let Some(allow) = document.statement.first_mut() {
            allow.principal = Some([("AWS".to_owned(), vec!["*".to_owned()])].into());
        }
        Cow::Owned(document)
    }

    pub(super) fn entry(&self, statement: &StatementView<'_>) -> BucketAccess {
        let mut keys: Vec<String> =
            statement.statement.condition.values().flat_map(|keys| keys.keys().cloned()).collect();
        keys.sort();
        keys.dedup();
        BucketAccess {
            who: self.who,
            name: self.name.clone(),
            account: self.account.clone(),
            levels: Vec::new(),
            condition_keys: keys,
            evidence: statement.place.to_string(),
            because: vec![statement.place.clone()],
        }
    }
}

/// The callers outside the account, by the principals of a statement and by what limits everyone.
/// The statement is known as a whole; `document` holds it and every Deny beside it.
pub(super) fn grants(statement: &StatementView<'_>, document: &PolicyDocument, own: &AccountId) -> Vec<Grant> {
    let mut grants = Vec::new();
    if names_anyone(statement).value == Some(true) {
        grants.extend(if limited(statement, Guards::Bucket).value == Some(true) {
            within_limits(statement, document)
        } else {
            anyone(statement, document)
        });
    }
    if statement.statement.not_principal.is_none() {
        // A deleted principal makes no requests.
        let acts = |(kind, name): &(&str, &str)| *kind != "Federated" && *name != "*" && !is_unique_id(name);
        let listed = statement.principals().into_iter().filter(acts);
        grants.extend(listed.map(|(kind, name)| principal(kind, name, document)));
    }
    grants.retain(|grant| grant.account.as_deref() != Some(own.as_str()));
    grants
}

fn anyone(statement: &StatementView<'_>, document: &PolicyDocument) -> Vec<Grant> {
    let provider = statement.principals().into_iter().find(|(kind, _)| *kind == "Federated");
    let everyone = statement.statement.not_principal.is_some() || statement.principals().contains(&("AWS", "*"));
    if let (Some((kind, name)), false) = (provider, everyone) {
        let callers = vec![named(kind, name, document)];
        return vec![Grant { who: Grantee::Federated, name: name.to_owned(), account: None, callers }];
    }
    let mut signed = strangers(document);
    let unsigned = vec![signed.remove(0)];
    let grant = |who, callers| Grant { who, name: "*".to_owned(), account: None, callers };
    vec![grant(Grantee::Everyone, unsigned), grant(Grantee::AwsAccounts, signed)]
}

/// The tightest test that holds everyone back decides what they are called.
fn within_limits(statement: &StatementView<'_>, document: &PolicyDocument) -> Vec<Grant> {
    let tests: Vec<Condition<'_>> = statement.conditions().collect();
    let limit = |keys: &[&str]| {
        let limits = |test: &&Condition<'_>| keys.contains(&test.key) && crate::policy::limits(test, Guards::Bucket);
        tests.iter().find(limits).map(|test| test.values.clone())
    };
    let caller = || vec![named("AWS", "*", document)];
    let grant = |who, name: &str, account: Option<&str>| Grant {
        who,
        name: name.to_owned(),
        account: account.map(ToOwned::to_owned),
        callers: match account {
            Some(account) if who != Grantee::AccessPoints => {
                vec![named("AWS", &format!("arn:aws:iam::{account}:root"), document)]
            }
            _ => caller(),
        },
    };
    if let Some(values) = limit(&["aws:principalarn"]) {
        return values.iter().map(|arn| grant(Grantee::Principal, arn, account_of(arn))).collect();
    }
    if let Some(values) = limit(&["aws:principalaccount"]) {
        return values.iter().map(|account| grant(Grantee::Account, account, Some(account))).collect();
    }
    if let Some(values) = limit(&["aws:principalorgid", "aws:principalorgpaths"]) {
        return values.iter().map(|organization| grant(Grantee::Organization, organization, None)).collect();
    }
    if let Some(values) = limit(&["s3:dataaccesspointaccount", "s3:dataaccesspointarn"]) {
        return values.iter().map(|point| grant(Grantee::AccessPoints, point, account_of(point))).collect();
    }
    if let Some(values) = limit(&["aws:sourcevpc", "aws:sourcevpce", "aws:sourceip"]) {
        return values.iter().map(|network| grant(Grantee::Network, network, None)).collect();
    }
    tests
        .iter()
        .find(|test| crate::policy::limits(test, Guards::Bucket))
        .into_iter()
        .flat_map(|test| test.values.iter().map(|value| grant(Grantee::Source, value, None)))
        .collect()
}

fn principal(kind: &str, name: &str, document: &PolicyDocument) -> Grant {
    let account = account_of(name);
    let tried = if kind == "CanonicalUser" { "*" } else { name };
    let (who, shown) = match kind {
        "Service" => (Grantee::Service, name),
        "CanonicalUser" => (Grantee::CanonicalUser, name),
        _ if name.ends_with(":root") => (Grantee::Account, account.unwrap_or(name)),
        _ => (Grantee::Principal, name),
    };
    Grant {
        who,
        name: shown.to_owned(),
        account: account.map(ToOwned::to_owned),
        callers: vec![named(kind, tried, document)],
    }
}

/// Places of a statement that decide whom it lets in and what for; its label does not.
pub(super) fn unknown_in(statement: &StatementView<'_>) -> Vec<String> {
    let elements =
        ["Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];
    let mut places: Vec<String> = elements.iter().flat_map(|element| statement.waits_for(element)).collect();
    places.sort();
    places.dedup();
    places
}
