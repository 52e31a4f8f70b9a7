//! `AWS::EC2::PrefixList`: `aws_ec2_managed_prefix_list` with its entries.
//!
//! Entries stand in the list or in resources of their own. The list echoes the latter: those that the
//! plan takes away are taken out of the echo. Of a list that is not in the plan, the entries that it gets
//! there are known.

use std::collections::BTreeSet;

use crate::model::{Pointer, PrefixList, Resource};

use super::ec2::{filled_in, name, rest};
use super::estate::{Estate, Id, Instance};
use super::identity::region;
use super::join::Children;
use super::outside::{Outside, first_part};
use super::security_group::range;
use super::side::{NOT_HELD, Notes, Side};
use super::value::{Field, Place};

/// The Terraform type that makes a list.
pub(super) const LIST: &str = "aws_ec2_managed_prefix_list";
const ENTRY: &str = "aws_ec2_managed_prefix_list_entry";

/// All prefix lists of a side.
pub(super) fn prefix_lists(side: &Side<'_, '_>) -> Vec<Resource> {
    let join = |estate: &Estate<'_>| Children::join(estate, ENTRY, "prefix_list_id", &[LIST]).with_strays(estate);
    let (now, previously) = (join(side.estate), side.previous.map(join));
    let own = side.estate.of_kind(LIST).iter().map(|&id| prefix_list(side, &now, previously.as_ref(), id));
    let outside = now.outside.iter().filter_map(|(name, entries)| {
        Some(stranger(side, name, first_part(side, name, entries, previously.as_ref())?, entries))
    });
    own.chain(outside).collect()
}

/// A list that the plan adds entries to without holding it.
fn stranger(side: &Side<'_, '_>, name: &str, first: &Instance<'_>, ids: &[Id]) -> Resource {
    let outside = Outside { name: name.to_owned(), path: "prefix-list", what: "prefix list", first };
    let mut notes = Notes::default();
    let mut entries = Entries::default();
    for &id in ids {
        entries.put(side.instance(id).place());
    }
    entries.missing.insert(outside.why());
    let entries = Some(entries.finish(&mut notes));
    outside.resource(side, PrefixList { entries, ..PrefixList::default() }, &["address_family", "owner"], notes)
}

fn prefix_list(side: &Side<'_, '_>, now: &Children, previously: Option<&Children>, id: Id) -> Resource {
    let instance = side.instance(id);
    let mut notes = Notes::default();
    let mut entries = Entries::default();
    let own = filled_in(side, instance, "entry");
    entries.put_blocks(own);
    if let (Some((previous, before)), Some(children), false) = (side.before(id), previously, own.is_configured()) {
        let mut echoed = Entries::default();
        children.of(before).iter().for_each(|&child| echoed.put(previous.instance(child).place()));
        entries.known.retain(|entry| !echoed.known.contains(entry));
    }
    now.of(id).iter().for_each(|&child| entries.put(side.instance(child).place()));
    entries.missing.extend(now.doubt(id));
    if !instance.creating && instance.value.get("entry").is_none() {
        entries.missing.insert(NOT_HELD.to_owned());
    }
    let account = side.accounts.account(instance);
    let owner = match instance.get("owner_id").text() {
        Field::Known(owner) => owner,
        _ if !account.is_unknown() => account.to_string(),
        _ => {
            notes.unknown(Pointer::configuration("owner"), "the plan does not tell which account it is");
            String::new()
        }
    };
    let family = notes.take("address_family", instance.get("address_family").text().or(None));
    let configuration =
        PrefixList { address_family: family.unwrap_or_default(), owner, entries: Some(entries.finish(&mut notes)) };
    let called = match instance.get("name").text() {
        Field::Known(called) => called,
        _ => name(instance),
    };
    side.resource(id, region(side.estate, instance), called, configuration, notes)
}

/// Ranges while they are gathered, and what further ones wait for.
#[derive(Default)]
struct Entries {
    known: BTreeSet<String>,
    missing: BTreeSet<String>,
}

impl Entries {
    fn put_blocks(&mut self, place: Place<'_>) {
        let blocks = place.items();
        self.missing.extend(blocks.unknown);
        blocks.known.into_iter().for_each(|block| self.put(block));
    }

    fn put(&mut self, place: Place<'_>) {
        match place.get("cidr").text() {
            Field::Known(cidr) => _ = self.known.insert(range(cidr)),
            Field::Unknown(why) => _ = self.missing.insert(why),
            Field::Absent | Field::Default => {}
        }
    }

    fn finish(self, notes: &mut Notes) -> Vec<String> {
        if !self.missing.is_empty() {
            let why: Vec<String> = self.missing.into_iter().collect();
            notes.unknown(rest(&Pointer::configuration("entries"), self.known.len()), why.join("; "));
        }
        self.known.into_iter().collect()
    }
}
