//! What comes with a VPC, is adopted, and is named through it: its first network ACL and its first
//! route table.
//!
//! While the VPC does not exist yet, nothing has an id to name them by: what refers to an attribute
//! of the VPC means its default.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::ec2::VPCS;
use super::estate::{Estate, Id};
use super::join::Children;
use super::reference::{Target, targets};
use super::value::{Expression, Field};

/// A kind of thing that comes with a VPC.
pub(super) struct FirstOfVpc {
    /// The type that adopts it.
    pub(super) kind: &'static str,
    /// What names it, on it and on its VPC; the VPC may have further names for it.
    pub(super) names: &'static [&'static str],
}

/// Which VPC each adopted default belongs to, and what names one through its VPC.
pub(super) struct Adopted {
    vpcs: BTreeMap<Id, Id>,
    parts: BTreeMap<Id, Vec<Id>>,
}

impl Adopted {
    /// The defaults of one side, with the resources of one type that belong to them.
    pub(super) fn of(estate: &Estate<'_>, default: &FirstOfVpc, part: (&str, &str)) -> Self {
        let vpc_of = |&id: &Id| Some((default.vpc_named(estate, id, part.1)?, id));
        let mut parts: BTreeMap<Id, Vec<Id>> = BTreeMap::new();
        for (vpc, id) in estate.of_kind(part.0).iter().filter_map(vpc_of) {
            parts.entry(vpc).or_default().push(id);
        }
        Self { vpcs: default.vpcs(estate), parts }
    }

    /// The VPC of an adopted default.
    pub(super) fn vpc(&self, id: Id) -> Option<Id> {
        self.vpcs.get(&id).copied()
    }

    /// What belongs to a default, and names it through its VPC.
    pub(super) fn parts(&self, id: Id) -> &[Id] {
        self.vpc(id).and_then(|vpc| self.parts.get(&vpc)).map_or(&[], Vec::as_slice)
    }

    /// What belongs to a default that no resource adopts, by its VPC.
    pub(super) fn unadopted(&self) -> impl Iterator<Item = (Id, &[Id])> {
        let adopted: BTreeSet<Id> = self.vpcs.values().copied().collect();
        let others = self.parts.iter().filter(move |(vpc, _)| !adopted.contains(vpc));
        others.map(|(&vpc, parts)| (vpc, parts.as_slice()))
    }

    /// The parts that name what they belong to by itself.
    pub(super) fn others(&self, estate: &Estate<'_>, part: (&str, &str), parents: &[&str]) -> Children {
        let placed: BTreeSet<&str> = self.parts.values().flatten().map(|&id| estate.instance(id).address).collect();
        Children::join_some(estate, part.0, part.1, parents, |instance| !placed.contains(instance.address))
    }
}

impl FirstOfVpc {
    fn vpcs(&self, estate: &Estate<'_>) -> BTreeMap<Id, Id> {
        let Some(&own) = self.names.first() else { return BTreeMap::new() };
        let vpcs = VPCS.iter().flat_map(|kind| estate.of_kind(kind)).copied();
        let named = |vpc: Id| Some((estate.instance(vpc).value.get(own)?.as_str()?, vpc));
        let by_name: HashMap<&str, Id> = vpcs.filter_map(named).collect();
        let vpc_of = |&id: &Id| {
            let known = || by_name.get(estate.instance(id).value.get(own)?.as_str()?).copied();
            Some((id, self.vpc_named(estate, id, own).or_else(known)?))
        };
        estate.of_kind(self.kind).iter().filter_map(vpc_of).collect()
    }

    /// The VPC whose default an attribute that is not known yet refers to.
    fn vpc_named(&self, estate: &Estate<'_>, owner: Id, attribute: &str) -> Option<Id> {
        let place = estate.instance(owner).get(attribute);
        let (Field::Unknown(_), Expression::Set(expression)) = (place.text(), place.expression) else { return None };
        match targets(estate, estate.instance(owner), expression).as_slice() {
            [Target::Instance(vpc, name)]
                if self.names.contains(&name.as_str()) && VPCS.contains(&estate.instance(*vpc).kind) =>
            {
                Some(*vpc)
            }
            _ => None,
        }
    }
}
