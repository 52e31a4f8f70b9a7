//! Parts that the plan gives to something that it does not hold: a document of which these parts
//! are known, and nothing else.

use crate::model::{AccountId, Configuration, NOT_IN_PLAN, Pointer, Region, Resource};

use super::estate::{Id, Instance};
use super::identity::{by_address, ec2_arn, region};
use super::join::{Children, stray};
use super::side::{Notes, Side};

/// Something of EC2 that is not in the plan, while its document is made.
pub(super) struct Outside<'e, 'a> {
    /// Its id, or in words what it is of.
    pub(super) name: String,
    /// What it is called in ARNs.
    pub(super) path: &'static str,
    /// What people call it.
    pub(super) what: &'static str,
    /// The part that gives it its address.
    pub(super) first: &'e Instance<'a>,
}

impl Outside<'_, '_> {
    /// Why what the parts do not tell is unknown.
    pub(super) fn why(&self) -> String {
        format!("the {}{NOT_IN_PLAN}", self.what)
    }

    /// The document, in which these attributes are unknown.
    pub(super) fn resource(
        self,
        side: &Side<'_, '_>,
        configuration: impl Into<Configuration>,
        unknown: &[&str],
        mut notes: Notes,
    ) -> Resource {
        let why = self.why();
        for attribute in unknown {
            notes.unknown(Pointer::configuration(attribute), why.clone());
        }
        notes.unknown(Pointer::new("/tags"), why);
        let (account, region) = (side.accounts.account(self.first), region(side.estate, self.first));
        let called = stray(&self.name).map(ToOwned::to_owned);
        let is_known = account != AccountId::unknown() && region != Region::unknown() && !self.name.contains(' ');
        let is_known = is_known && called.is_none();
        let arn = is_known.then(|| ec2_arn(&region, &account, self.path, &self.name)).flatten();
        let id = arn.unwrap_or_else(|| by_address(self.first.address));
        let mut resource = Resource::new(id, account, region, called.unwrap_or(self.name), configuration);
        resource.origin.terraform_address = Some(self.first.address.to_owned());
        notes.write_to(&mut resource);
        resource
    }
}

/// The first part of something outside the plan. One that it had before counts more, so that it goes
/// by the same address on both sides.
pub(super) fn first_part<'e, 'a>(
    side: &Side<'e, 'a>,
    name: &str,
    parts: &[Id],
    previously: Option<&Children>,
) -> Option<&'e Instance<'a>> {
    let earlier = previously.and_then(|children| children.outside.get(name)?.iter().min());
    match (side.previous, earlier) {
        (Some(previous), Some(&part)) => Some(previous.instance(part)),
        _ => Some(side.instance(*parts.iter().min()?)),
    }
}
