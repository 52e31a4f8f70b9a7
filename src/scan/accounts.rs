//! Reading every account in scope.

use std::collections::BTreeSet;

use futures::future::join_all;
use jiff::Timestamp;

use super::{Clock, organizations};
use crate::model::{AccountId, Gap, GapReason, Listing, Region, Resource, ResourceType, Service, Snapshot};
use crate::sli::{CallCount, Calls};
use crate::source::aws::{self, Access, ConnectError, Organization, Scope, Session};

/// One account in scope, and the way into it.
#[derive(Debug, Clone)]
pub struct Account {
    /// The account the credentials must lead to, when that is known.
    pub id: Option<AccountId>,
    /// The way in.
    pub access: Access,
    /// Regions; none means the region of the credentials.
    pub regions: Vec<Region>,
}

/// What was read of all accounts.
#[derive(Debug)]
pub struct Collected {
    /// Everything read, and the gaps.
    pub snapshot: Snapshot,
    /// API calls made.
    pub calls: Calls,
    /// When the scan began.
    pub started: Timestamp,
    /// Accounts that could not be entered, sorted.
    pub closed: Vec<AccountId>,
    /// The ways into the others.
    pub sessions: Vec<Session>,
}

impl Collected {
    /// Keeps everything in scope that an earlier scan listed in the accounts that cannot be
    /// entered now. Without regions in the configuration nobody else knows which ones those are.
    pub fn keep_in_scope(&mut self, previous: &Snapshot) {
        let listed: BTreeSet<_> = self.snapshot.listings.iter().map(place).collect();
        let lost = |listing: &&Listing| self.closed.contains(&listing.account) && !listed.contains(&place(listing));
        let lost: Vec<Listing> = previous
            .listings
            .iter()
            .filter(lost)
            .map(|listing| Listing { complete: false, listed_before: false, ..listing.clone() })
            .collect();
        // What stood for all regions is not needed where they are known.
        let regional: BTreeSet<_> = lost
            .iter()
            .filter(|listing| listing.region.as_str() != "global")
            .map(|listing| (listing.account.clone(), listing.resource_type))
            .collect();
        let stand_in = |listing: &Listing| {
            listing.region.as_str() == "global" && regional.contains(&(listing.account.clone(), listing.resource_type))
        };
        self.snapshot.listings.retain(|listing| !stand_in(listing));
        self.snapshot.listings.extend(lost);
        self.snapshot.sort();
    }

    /// Adds what is declared and not read: failover paths, as resources of their own.
    pub fn declare(&mut self, paths: Vec<Resource>) {
        declare(&mut self.snapshot, paths);
    }
}

/// Adds failover paths to a snapshot. The declaration is the whole list in every account, so that
/// a path that is not declared any more is gone.
pub fn declare(snapshot: &mut Snapshot, paths: Vec<Resource>) {
    let read = snapshot.listings.iter().map(|listing| listing.account.clone());
    let accounts: BTreeSet<AccountId> = read.chain(paths.iter().map(|path| path.account.clone())).collect();
    snapshot.listings.retain(|listing| listing.resource_type != ResourceType::FailoverPath);
    snapshot.listings.extend(accounts.into_iter().map(|account| Listing {
        account,
        region: Region::global(),
        resource_type: ResourceType::FailoverPath,
        complete: true,
        listed_before: false,
    }));
    snapshot.resources.retain(|resource| resource.resource_type != ResourceType::FailoverPath);
    snapshot.resources.extend(paths);
    snapshot.sort();
}

fn place(listing: &Listing) -> (AccountId, Region, ResourceType) {
    (listing.account.clone(), listing.region.clone(), listing.resource_type)
}

/// Why nothing could be read at all.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// No account could be entered.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The credentials lead elsewhere.
    #[error(
        "the credentials lead to account {found}, not to {expected}\nhelp: correct the profile or the role of account {expected}"
    )]
    WrongAccount {
        /// The account that was meant.
        expected: AccountId,
        /// Where they lead.
        found: AccountId,
    },
    /// Two ways in lead to one account, whose resources would count twice.
    #[error(
        "two of the configured accounts lead to account {0}\nhelp: name each account's id in the configuration, and remove one of the two"
    )]
    Twice(AccountId),
}

/// Reads all accounts at the same time, each by the scope with its own regions.
///
/// An account that cannot be entered and whose id is known becomes a gap over everything in it,
/// unless no account can be entered.
///
/// # Errors
/// When no account can be entered, or one whose id is not known.
pub async fn collect(
    accounts: &[Account],
    scope: &Scope,
    progress: &(dyn Fn(aws::Progress) + Sync),
    clock: Clock<'_>,
) -> Result<Collected, CollectError> {
    let started = clock();
    let entered = join_all(accounts.iter().map(enter)).await;
    let mut sessions = Vec::new();
    let mut closed = Vec::new();
    for (account, session) in accounts.iter().zip(entered) {
        match (session, &account.id) {
            (Ok(session), _) => sessions.push((account, session)),
            (Err(error), Some(id)) => closed.push((account, id, error)),
            (Err(error), None) => return Err(error),
        }
    }
    if sessions.is_empty()
        && let Some((_, _, error)) = closed.pop()
    {
        return Err(error);
    }
    let mut entered = BTreeSet::new();
    if let Some((_, twice)) = sessions.iter().find(|(_, session)| !entered.insert(&session.account)) {
        return Err(CollectError::Twice(twice.account.clone()));
    }
    let mut snapshot = Snapshot::empty(started);
    let mut calls = Calls::new();
    for (account, id, error) in &closed {
        tracing::warn!(account = %id, %error, "the account cannot be entered");
        add_closed(&mut snapshot, account, id, scope, error);
    }
    let mut closed: Vec<AccountId> = closed.into_iter().map(|(_, id, _)| id.clone()).collect();
    closed.sort();
    let entered: Vec<AccountId> = entered.into_iter().cloned().collect();
    let read = sessions.iter().map(|(account, session)| {
        let regions = if account.regions.is_empty() { vec![session.region.clone()] } else { account.regions.clone() };
        let scope = Scope { regions, accounts: entered.clone(), ..scope.clone() };
        async move { aws::collect(session, &scope, progress, started).await }
    });
    for part in join_all(read).await {
        snapshot.listings.extend(part.listings);
        snapshot.resources.extend(part.resources);
        snapshot.gaps.extend(part.gaps);
    }
    for (_, session) in &sessions {
        add_calls(&mut calls, session);
    }
    organizations::join(&mut snapshot);
    snapshot.sort();
    let sessions = sessions.into_iter().map(|(_, session)| session).collect();
    Ok(Collected { snapshot, calls, started, closed, sessions })
}

async fn enter(account: &Account) -> Result<Session, CollectError> {
    let session = Session::connect(&account.access).await?;
    match &account.id {
        Some(expected) if *expected != session.account => {
            Err(CollectError::WrongAccount { expected: expected.clone(), found: session.account })
        }
        _ => Ok(session),
    }
}

/// An account that cannot be entered: nothing in it is listed.
fn add_closed(snapshot: &mut Snapshot, account: &Account, id: &AccountId, scope: &Scope, error: &CollectError) {
    let global = Region::global();
    let in_scope = |service: Service| service != Service::Organizations || scope.organization != Organization::Off;
    for service in Service::ALL.iter().filter(|service| in_scope(**service)) {
        snapshot.gaps.push(Gap {
            account: id.clone(),
            region: global.clone(),
            service: *service,
            operation: "GetCallerIdentity".to_owned(),
            resource: None,
            unlisted: read_types(scope).filter(|known| known.service() == *service).collect(),
            places: Vec::new(),
            reason: reason(error),
            message: error.to_string(),
            permission: None,
        });
    }
    for resource_type in read_types(scope).filter(|known| in_scope(known.service())) {
        let regional = match resource_type.service() {
            Service::AccessAnalyzer | Service::Backup | Service::Ec2 => true,
            Service::S3 => matches!(resource_type, ResourceType::AccessPoint | ResourceType::DirectoryBucket),
            Service::CloudTrail | Service::Iam | Service::Organizations => false,
        };
        // Without regions in the configuration nobody knows them; a list under `global` is of all.
        let known = regional && !account.regions.is_empty();
        let regions = if known { account.regions.as_slice() } else { std::slice::from_ref(&global) };
        snapshot.listings.extend(regions.iter().map(|region| Listing {
            account: id.clone(),
            region: region.clone(),
            resource_type,
            complete: false,
            listed_before: false,
        }));
    }
}

/// The types that are read from an account, rather than declared.
fn read_types(scope: &Scope) -> impl Iterator<Item = ResourceType> {
    let read = |known: &ResourceType| *known != ResourceType::FailoverPath && scope.reads(*known);
    ResourceType::ALL.iter().copied().filter(read)
}

/// In gap words; all that is not a matter of the network is one of credentials.
const fn reason(error: &CollectError) -> GapReason {
    match error {
        CollectError::Connect(ConnectError::Unreachable { .. }) => GapReason::Unavailable,
        CollectError::Connect(_) | CollectError::WrongAccount { .. } | CollectError::Twice(_) => GapReason::Credentials,
    }
}

fn add_calls(calls: &mut Calls, session: &Session) {
    add(calls, session.calls());
}

/// Adds the calls that were made after collection.
pub(super) fn add_lookups(calls: &mut Calls, sessions: &[Session]) {
    let made = sessions.iter().flat_map(Session::calls);
    add(calls, made.filter(|count| count.operation == aws::LOOKUP_OPERATION));
}

fn add(calls: &mut Calls, counts: impl IntoIterator<Item = aws::CallCount>) {
    for count in counts {
        let sum: &mut CallCount =
            calls.entry(label(&count.service)).or_default().entry(count.operation.clone()).or_default();
        sum.calls += count.calls;
        sum.attempts += count.attempts;
        sum.throttles += count.throttles;
        sum.errors += count.errors;
    }
}

/// A service's name as labels have it: `s3control` for the SDK's `S3 Control`.
fn label(service: &str) -> String {
    service.to_ascii_lowercase().replace(' ', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What nobody could list is not nothing, also where nobody knows the regions.
    #[test]
    fn an_account_that_cannot_be_entered_has_a_list_of_every_type_that_is_not_whole() {
        let id = AccountId::new("444455556666").unwrap();
        let error = CollectError::Twice(id.clone());
        let lists = |regions: &[&str]| {
            let regions = regions.iter().map(|region| Region::new(*region).unwrap()).collect();
            let account = Account { id: Some(id.clone()), access: Access::default(), regions };
            let mut snapshot = Snapshot::empty(Timestamp::UNIX_EPOCH);
            add_closed(&mut snapshot, &account, &id, &Scope::default(), &error);
            Collected {
                snapshot,
                calls: Calls::new(),
                started: Timestamp::UNIX_EPOCH,
                closed: vec![id.clone()],
                sessions: Vec::new(),
            }
        };
        let of_groups = |collected: &Collected| {
            let groups = collected.snapshot.listings.iter();
            let groups = groups.filter(|listing| listing.resource_type == ResourceType::SecurityGroup);
            groups.map(|listing| (listing.region.to_string(), listing.complete)).collect::<Vec<_>>()
        };
        assert_eq!(of_groups(&lists(&["eu-central-1"])), [("eu-central-1".to_owned(), false)]);
        let mut unknown = lists(&[]);
        assert_eq!(of_groups(&unknown), [("global".to_owned(), false)]);
        unknown.keep_in_scope(&lists(&["eu-central-1", "eu-west-1"]).snapshot);
        let known = [("eu-central-1".to_owned(), false), ("eu-west-1".to_owned(), false)];
        assert_eq!(of_groups(&unknown), known, "an earlier scan knows the regions");
    }
}
