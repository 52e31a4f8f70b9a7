//! Whether somebody looks for access from outside, region by region.

use std::collections::BTreeMap;

use super::Estate;
use super::estate::waits_elsewhere;
use crate::model::{
    AccountId, Analyzer, Configuration, Fact, Pointer, Region, RegionSettingsFacts, Resource, ResourceType,
};

/// The facts of a region's document.
pub(super) fn facts(resource: &Resource, estate: &Estate<'_>) -> RegionSettingsFacts {
    RegionSettingsFacts { external_access_analyzed: estate.analyzers.external_access(resource, estate) }
}

/// Analyzers by region, and the organization of each account as far as that is known.
#[derive(Debug, Default)]
pub(super) struct Analyzers<'a> {
    by_region: BTreeMap<&'a Region, Vec<(&'a Resource, &'a Analyzer)>>,
    organizations: BTreeMap<&'a AccountId, &'a str>,
}

impl<'a> Analyzers<'a> {
    pub(super) fn add(&mut self, resource: &'a Resource) {
        match &resource.configuration {
            Configuration::Analyzer(analyzer) => {
                self.by_region.entry(&resource.region).or_default().push((resource, analyzer));
            }
            Configuration::OrganizationAccount(account) => {
                if let Some(membership) = &account.organization {
                    self.organizations.insert(&resource.account, &membership.id);
                }
            }
            _ => {}
        }
    }

    fn external_access(&self, settings: &Resource, estate: &Estate<'_>) -> Fact<bool> {
        let mut waits_for = Vec::new();
        for (resource, analyzer) in self.by_region.get(&settings.region).into_iter().flatten() {
            if !self.covers(resource, analyzer, settings) {
                continue;
            }
            let mut hidden = waits_elsewhere(resource, &Pointer::configuration("analyzer_type"));
            hidden.extend(waits_elsewhere(resource, &Pointer::configuration("status")));
            if hidden.is_empty() && analyzer.status == "ACTIVE" {
                return Fact::known(true, Vec::new());
            }
            waits_for.extend(hidden);
        }
        waits_for.extend(estate.unlisted(settings, ResourceType::Analyzer));
        if waits_for.is_empty() { Fact::known(false, Vec::new()) } else { Fact::unknown(waits_for) }
    }

    /// Whether the analyzer, once active, looks at access to this account from outside. One of an
    /// organization also looks at its other accounts.
    fn covers(&self, resource: &Resource, analyzer: &Analyzer, settings: &Resource) -> bool {
        let own = resource.account == settings.account;
        match analyzer.analyzer_type.as_str() {
            // Of one whose type was not read, nobody knows; another account's is left aside.
            "ACCOUNT" | "" => own,
            "ORGANIZATION" => own || self.same_organization(&resource.account, &settings.account),
            _unused_or_internal => false,
        }
    }

    fn same_organization(&self, one: &AccountId, other: &AccountId) -> bool {
        let organization = self.organizations.get(one);
        organization.is_some() && organization == self.organizations.get(other)
    }
}

#[cfg(test)]
mod tests {
    use super::super::estate::testing::{listed, resource, snapshot};
    use super::*;
    use crate::model::{Facts, Membership, OrganizationAccount, RegionSettings, Snapshot};

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

    fn analyzed(others: impl IntoIterator<Item = Resource>, complete: bool) -> Option<bool> {
        let settings =
            resource("arn:aws:ec2:eu-west-1:111122223333:region-settings", "eu-west-1", RegionSettings::default());
        let mut snapshot: Snapshot = snapshot([settings].into_iter().chain(others));
        listed(&mut snapshot, "eu-west-1", ResourceType::Analyzer, complete);
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
        assert_eq!(analyzed([theirs("ORGANIZATION"), member(OTHER)], true), Some(false));
        assert_eq!(analyzed([theirs("ACCOUNT"), member(OTHER), member(OWN)], true), Some(false));
    }
}
