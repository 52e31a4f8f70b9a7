//! What paths are judged on: the snapshot, and who can do what in it.

use std::collections::{BTreeMap, BTreeSet};

use crate::access::Access;
use crate::model::{
    AccountId, Configuration, GapReason, Pointer, Region, Resource, ResourceType, Role, Service, Snapshot,
};

/// A snapshot, to be asked about one path after the other.
pub struct Ground<'a> {
    pub(super) access: Access<'a>,
    resources: BTreeMap<&'a str, &'a Resource>,
    complete: BTreeSet<(&'a AccountId, ResourceType)>,
    regions: BTreeSet<(&'a str, &'a str)>,
    disabled: BTreeSet<(&'a str, &'a str)>,
}

/// Whether something stands in the snapshot.
pub(super) enum Seen<T> {
    /// It does.
    There(T),
    /// It does not, and it would if it existed.
    Gone,
    /// It does not, and that says nothing.
    Unseen(String),
}

impl<'a> Ground<'a> {
    /// An index over a snapshot.
    #[must_use]
    pub fn new(snapshot: &'a Snapshot) -> Self {
        let fresh = snapshot.resources.iter().filter(|resource| resource.stale_since.is_none());
        let whole = snapshot.listings.iter().filter(|listing| listing.complete);
        let is_disabled = |gap: &&crate::model::Gap| gap.reason == GapReason::RegionDisabled;
        Self {
            access: Access::new(snapshot),
            resources: fresh.map(|resource| (resource.id.as_str(), resource)).collect(),
            complete: whole.clone().map(|listing| (&listing.account, listing.resource_type)).collect(),
            regions: whole
                .filter(|listing| listing.resource_type.service() == Service::Ec2)
                .map(|listing| (listing.account.as_str(), listing.region.as_str()))
                .collect(),
            disabled: snapshot
                .gaps
                .iter()
                .filter(is_disabled)
                .map(|gap| (gap.account.as_str(), gap.region.as_str()))
                .collect(),
        }
    }

    /// A resource by its id.
    pub(super) fn resource(&self, id: &str) -> Option<&'a Resource> {
        self.resources.get(id).copied()
    }

    /// A user or a role by its ARN.
    pub(super) fn principal(&self, arn: &str) -> Seen<&'a Resource> {
        let of_type = if arn.contains(":user/") { ResourceType::User } else { ResourceType::Role };
        self.see(arn, of_type)
    }

    /// An OpenID Connect provider by its ARN.
    pub(super) fn provider(&self, arn: &str) -> Seen<&'a Resource> {
        self.see(arn, ResourceType::OidcProvider)
    }

    fn see(&self, arn: &str, of_type: ResourceType) -> Seen<&'a Resource> {
        if let Some(resource) = self.resource(arn) {
            return Seen::There(resource);
        }
        let account = account_of(arn);
        let whole = AccountId::new(account).is_ok_and(|account| self.complete.contains(&(&account, of_type)));
        if whole {
            return Seen::Gone;
        }
        let scanned = self.complete.iter().any(|(known, _)| known.as_str() == account);
        Seen::Unseen(if scanned {
            format!("list of {of_type} in {account} global")
        } else {
            format!("{arn} was not read: account {account} is not in the scan")
        })
    }

    /// A role by its ARN.
    pub(super) fn role(&self, arn: &str) -> Option<(&'a Resource, &'a Role)> {
        let resource = self.resource(arn)?;
        match &resource.configuration {
            Configuration::Role(role) => Some((resource, role)),
            _ => None,
        }
    }

    /// The tags of a user or role, when they are known.
    pub(super) fn tags(&self, arn: &str) -> Option<&'a BTreeMap<String, String>> {
        let resource = self.resource(arn)?;
        let tags = Pointer::new("/tags");
        (!resource.unknown.iter().any(|place| place.overlaps(&tags))).then_some(&resource.tags)
    }

    /// Whether a region is enabled in an account; `None` when that was not seen.
    pub(super) fn enabled(&self, account: &str, region: &Region) -> Option<bool> {
        let unit = (account, region.as_str());
        if self.disabled.contains(&unit) {
            return Some(false);
        }
        self.regions.contains(&unit).then_some(true)
    }

    /// Issuers of clusters in a region that an account has a provider for, sorted.
    pub(super) fn cluster_issuers(&self, account: &str, region: &Region) -> Vec<&'a str> {
        let host = format!("oidc.eks.{region}.amazonaws.com/");
        let of_region = |resource: &&'a Resource| match &resource.configuration {
            Configuration::OidcProvider(provider) if resource.account.as_str() == account => {
                provider.url.starts_with(&host).then_some(provider.url.as_str())
            }
            _ => None,
        };
        self.resources.values().filter_map(of_region).collect()
    }
}

/// The account in an ARN; empty where there is none.
pub(super) fn account_of(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}
