//! Whether somebody looks for access from outside, region by region.
//!
//! An analyzer of an organization looks at all its accounts. So "there is none" also waits for
//! what other accounts of the scan may have, unless they are known to belong elsewhere. Accounts
//! that are not scanned are not waited for.

use std::collections::{BTreeMap, BTreeSet};

use super::Estate;
use super::estate::waits_elsewhere;
use crate::model::{
    AccountId, Analyzer, Configuration, Fact, GapReason, OrganizationAccount, Pointer, Region, RegionSettingsFacts,
    Resource, ResourceType, Snapshot,
};

/// The facts of a region's document.
pub(super) fn facts(resource: &Resource, estate: &Estate<'_>) -> RegionSettingsFacts {
    RegionSettingsFacts { external_access_analyzed: estate.analyzers.external_access(resource, estate) }
}

/// Analyzers by region, and where accounts stand in their organizations.
#[derive(Debug, Default)]
pub(super) struct Analyzers<'a> {
    by_region: BTreeMap<&'a Region, Vec<(&'a Resource, &'a Analyzer)>>,
    accounts: BTreeMap<&'a AccountId, (&'a Resource, &'a OrganizationAccount)>,
    /// Accounts whose analyzers in a region are not all known.
    missing: BTreeMap<&'a Region, BTreeSet<&'a AccountId>>,
}

impl<'a> Analyzers<'a> {
    pub(super) fn add(&mut self, resource: &'a Resource) {
        match &resource.configuration {
            Configuration::Analyzer(analyzer) => {
                self.by_region.entry(&resource.region).or_default().push((resource, analyzer));
            }
            Configuration::OrganizationAccount(account) => {
                self.accounts.insert(&resource.account, (resource, account));
            }
            _ => {}
        }
    }

    /// Notes which lists of a snapshot are not whole. A region that an account has not enabled
    /// holds no analyzer of it.
    pub(super) fn miss(&mut self, snapshot: &'a Snapshot) {
        let disabled = snapshot.gaps.iter().filter(|gap| gap.reason == GapReason::RegionDisabled);
        let disabled = disabled.filter(|gap| gap.unlisted.contains(&ResourceType::Analyzer));
        let disabled: BTreeSet<_> = disabled.map(|gap| (&gap.account, &gap.region)).collect();
        let broken = snapshot.listings.iter().filter(|listing| {
            listing.resource_type == ResourceType::Analyzer
                && !listing.complete
                && !disabled.contains(&(&listing.account, &listing.region))
        });
        for list in broken {
            self.missing.entry(&list.region).or_default().insert(&list.account);
        }
    }

    fn external_access(&self, settings: &Resource, estate: &Estate<'_>) -> Fact<bool> {
        let mut waits_for = Vec::new();
        for (resource, analyzer) in self.by_region.get(&settings.region).into_iter().flatten() {
            let covers = self.covers(resource, analyzer, settings, estate);
            if covers.value == Some(false) {
                continue;
            }
            let mut hidden = waits_elsewhere(resource, &Pointer::configuration("status"));
            if hidden.is_empty() && analyzer.status != "ACTIVE" {
                continue;
            }
            hidden.extend(waits_elsewhere(resource, &Pointer::configuration("analyzer_type")));
            hidden.extend(covers.waits_for);
            if hidden.is_empty() {
                return Fact::known(true, Vec::new());
            }
            waits_for.extend(hidden);
        }
        for account in self.missing.get(&settings.region).into_iter().flatten() {
            let other = **account != settings.account;
            if other && self.same_organization(account, &settings.account, estate).value != Some(false) {
                waits_for.extend(estate.unlisted_in(account, &settings.region, ResourceType::Analyzer));
            }
        }
        waits_for.extend(estate.unlisted(settings, ResourceType::Analyzer));
        if waits_for.is_empty() { Fact::known(false, Vec::new()) } else { Fact::unknown(waits_for) }
    }

    /// Whether the analyzer, once active, looks at access to this account from outside. One of an
    /// organization also looks at its other accounts.
    fn covers(&self, resource: &Resource, analyzer: &Analyzer, settings: &Resource, estate: &Estate<'_>) -> Fact<bool> {
        let own = resource.account == settings.account;
        match analyzer.analyzer_type.as_str() {
            // Of one whose type was not read, nobody knows; another account's is left aside.
            "ACCOUNT" | "" => Fact::known(own, Vec::new()),
            "ORGANIZATION" if own => Fact::known(true, Vec::new()),
            "ORGANIZATION" => self.same_organization(&resource.account, &settings.account, estate),
            _unused_or_internal => Fact::known(false, Vec::new()),
        }
    }

    /// Whether two accounts are in one organization; it waits for what tells where they are.
    fn same_organization(&self, one: &AccountId, other: &AccountId, estate: &Estate<'_>) -> Fact<bool> {
        match (self.organization(one, estate), self.organization(other, estate)) {
            (Ok(None), _) | (_, Ok(None)) => Fact::known(false, Vec::new()),
            (Ok(one), Ok(other)) => Fact::known(one == other, Vec::new()),
            (one, other) => Fact::unknown([one.err(), other.err()].into_iter().flatten().flatten().collect()),
        }
    }

    /// The id of an account's organization; `None` when it is in none, or else what that waits for.
    fn organization(&self, account: &AccountId, estate: &Estate<'_>) -> Result<Option<&'a str>, Vec<String>> {
        let Some((resource, place)) = self.accounts.get(account) else {
            let list = estate.unlisted_in_account(account, ResourceType::OrganizationAccount);
            return Err(vec![list.unwrap_or_else(|| format!("the organization of {account}"))]);
        };
        match waits_elsewhere(resource, &Pointer::configuration("organization/id")) {
            waits_for if waits_for.is_empty() => {
                Ok(place.organization.as_ref().map(|membership| membership.id.as_str()))
            }
            waits_for => Err(waits_for),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::estate::testing::{listed, resource, snapshot, without};
    use super::*;
    use crate::model::{Facts, Gap, Membership, RegionSettings, Service};

    const OTHER: &str = "444455556666";

    fn analyzer(account: &str, region: &str, kind: &str, status: &str) -> Resource {
        let arn = format!("arn:aws:access-analyzer:{region}:{account}:analyzer/{kind}");
        let mut resource = resource(&arn, kind, Analyzer { analyzer_type: kind.to_owned(), status: status.to_owned() });
        resource.account = AccountId::new(account).unwrap();
        resource
    }

    fn member(account: &str) -> Resource {
        let organization = Membership {
            id: "o-example".to_owned(),
            management_account: AccountId::new(OTHER).unwrap(),
            management: account == OTHER,
            policy_types: None,
            parents: None,
        };
        let configuration = OrganizationAccount { organization: Some(organization) };
        let mut resource = resource(&format!("arn:aws:organizations::{account}:account"), account, configuration);
        resource.account = AccountId::new(account).unwrap();
        resource
    }

    /// In no organization.
    fn alone(account: &str) -> Resource {
        Resource { configuration: OrganizationAccount { organization: None }.into(), ..member(account) }
    }

    fn analyzed(others: impl IntoIterator<Item = Resource>, complete: bool) -> Option<bool> {
        analyzed_beside(others, complete, |_| {})
    }

    fn analyzed_beside(
        others: impl IntoIterator<Item = Resource>,
        complete: bool,
        beside: impl FnOnce(&mut Snapshot),
    ) -> Option<bool> {
        let settings =
            resource("arn:aws:ec2:eu-west-1:111122223333:region-settings", "eu-west-1", RegionSettings::default());
        let mut snapshot: Snapshot = snapshot([settings].into_iter().chain(others));
        listed(&mut snapshot, "eu-west-1", ResourceType::Analyzer, complete);
        beside(&mut snapshot);
        crate::facts::derive(&mut snapshot);
        match snapshot.resources[0].facts.as_ref().unwrap() {
            Facts::RegionSettings(facts) => facts.external_access_analyzed.value,
            other => panic!("{other:?}"),
        }
    }

    const OWN: &str = "111122223333";

    #[test]
    fn an_active_external_analyzer_of_the_same_region_counts() {
        assert_eq!(analyzed([analyzer(OWN, "eu-west-1", "ACCOUNT", "ACTIVE")], false), Some(true));
        assert_eq!(analyzed([analyzer(OWN, "eu-west-1", "ORGANIZATION", "ACTIVE")], true), Some(true));
        assert_eq!(analyzed([analyzer(OWN, "us-east-1", "ACCOUNT", "ACTIVE")], true), Some(false));
        assert_eq!(analyzed([analyzer(OWN, "eu-west-1", "ACCOUNT", "DISABLED")], true), Some(false));
        assert_eq!(analyzed([analyzer(OWN, "eu-west-1", "ACCOUNT_UNUSED_ACCESS", "ACTIVE")], true), Some(false));
        assert_eq!(analyzed([], false), None, "the list was not read");
    }

    #[test]
    fn an_organizations_analyzer_covers_its_members_only() {
        let theirs = |kind| analyzer(OTHER, "eu-west-1", kind, "ACTIVE");
        assert_eq!(analyzed([theirs("ORGANIZATION"), member(OTHER), member(OWN)], true), Some(true));
        assert_eq!(analyzed([theirs("ORGANIZATION"), member(OTHER), alone(OWN)], true), Some(false));
        assert_eq!(analyzed([theirs("ACCOUNT"), member(OTHER), member(OWN)], true), Some(false));
    }

    #[test]
    fn while_it_is_not_known_who_belongs_together_no_organizations_analyzer_is_ruled_out() {
        let theirs = |status| analyzer(OTHER, "eu-west-1", "ORGANIZATION", status);
        let hidden = || without(member(OWN), &["/configuration/organization"]);
        assert_eq!(analyzed([theirs("ACTIVE"), member(OTHER)], true), None, "collect.organization: off");
        assert_eq!(analyzed([theirs("ACTIVE"), member(OTHER), hidden()], true), None, "denied");
        assert_eq!(analyzed([theirs("ACTIVE"), member(OWN)], true), None);
        assert_eq!(analyzed([theirs("ACTIVE"), alone(OWN)], true), Some(false), "known to be in none");
        assert_eq!(analyzed([theirs("DISABLED"), member(OTHER)], true), Some(false));
        assert_eq!(analyzed([hidden()], true), Some(false), "no analyzer of another account is known");
        let parents = without(member(OWN), &["/configuration/organization/parents", "/tags"]);
        assert_eq!(analyzed([theirs("ACTIVE"), member(OTHER), parents], true), Some(true));
    }

    #[test]
    fn a_list_that_is_not_whole_may_hold_the_organizations_analyzer() {
        let beside = |complete: bool, disabled: bool| {
            move |snapshot: &mut Snapshot| {
                listed(snapshot, "eu-west-1", ResourceType::Analyzer, complete);
                snapshot.listings.last_mut().unwrap().account = AccountId::new(OTHER).unwrap();
                snapshot.gaps.extend(disabled.then(|| Gap {
                    account: AccountId::new(OTHER).unwrap(),
                    region: Region::new("eu-west-1").unwrap(),
                    service: Service::AccessAnalyzer,
                    operation: "ListAnalyzers".to_owned(),
                    resource: None,
                    unlisted: vec![ResourceType::Analyzer],
                    places: Vec::new(),
                    reason: GapReason::RegionDisabled,
                    message: "UnrecognizedClientException".to_owned(),
                    permission: None,
                }));
            }
        };
        assert_eq!(analyzed_beside([member(OTHER), member(OWN)], true, beside(false, false)), None);
        assert_eq!(analyzed_beside([member(OWN)], true, beside(false, false)), None, "it may be of the same one");
        assert_eq!(analyzed_beside([member(OTHER), member(OWN)], true, beside(true, false)), Some(false));
        assert_eq!(analyzed_beside([member(OTHER), alone(OWN)], true, beside(false, false)), Some(false));
        assert_eq!(analyzed_beside([member(OTHER), member(OWN)], true, beside(false, true)), Some(false));
        let mut stale = analyzer(OTHER, "eu-west-1", "ORGANIZATION", "ACTIVE");
        stale.stale_since = Some(jiff::Timestamp::UNIX_EPOCH);
        assert_eq!(analyzed_beside([stale, member(OTHER), member(OWN)], true, beside(false, false)), None);
    }
}
