//! What a region's settings decide of the metadata of new instances, from the last scan. On volumes
//! `encrypting` decides.
//!
//! What nobody asks for is as the region has it. Where no resource of the plan holds the setting, and
//! none changes it, it is as it was scanned.

use crate::model::{Configuration, Instance, MetadataOptions, Pointer, RegionSettings, Resource, ResourceType};

use super::fill::Live;
use super::identity::partition;
use super::region_settings::METADATA;
use super::side::BY_REGION;
use super::touched::Touched;

/// What the image decides where the region leaves it open.
const IMAGE: &str = "the image decides";

/// Fills a new resource from the settings of its region; gives the places.
pub(super) fn fill(planned: &mut Resource, live: &Live<'_>, touched: &Touched<'_>) -> Vec<Pointer> {
    if planned.resource_type != ResourceType::Instance {
        return Vec::new();
    }
    let id = format!("arn:{}:ec2:{}:{}:region-settings", partition(&planned.region), planned.region, planned.account);
    let Some(scanned) = live.only(ResourceType::RegionSettings, &id).filter(|scanned| scanned.stale_since.is_none())
    else {
        return Vec::new();
    };
    let Configuration::RegionSettings(settings) = &scanned.configuration else { return Vec::new() };
    let place = Pointer::configuration("metadata_defaults");
    if touched.any(METADATA) || scanned.unknown.iter().any(|unknown| unknown.overlaps(&place)) {
        return Vec::new();
    }
    let mut open = Open { resource: planned, told: Vec::new() };
    open.metadata(settings);
    open.told
}

/// A resource with places that its region decides.
struct Open<'a> {
    resource: &'a mut Resource,
    told: Vec<Pointer>,
}

impl Open<'_> {
    /// Whether this is why a place is unknown.
    fn waits(&self, place: &Pointer, why: &str) -> bool {
        self.resource.origin.unknown_because.get(place).is_some_and(|because| because == why)
    }

    fn forget(&mut self, place: &Pointer) {
        self.resource.unknown.retain(|unknown| unknown != place);
        self.resource.origin.unknown_because.remove(place);
    }

    fn tell(&mut self, place: Pointer) {
        self.forget(&place);
        self.told.push(place);
    }

    fn metadata(&mut self, settings: &RegionSettings) {
        let whole = Pointer::configuration("metadata_options");
        let options = ["http_tokens", "http_endpoint", "http_put_response_hop_limit"].map(|name| whole.child(name));
        let left_open = options.each_ref().map(|place| self.waits(&whole, BY_REGION) || self.waits(place, BY_REGION));
        let Configuration::Instance(instance) = &mut self.resource.configuration else { return };
        if left_open == [false; 3] {
            return;
        }
        let default = settings.metadata_defaults.clone().unwrap_or_default();
        let set = lay_over(instance, left_open, default);
        self.forget(&whole);
        for ((place, left_open), is_set) in options.into_iter().zip(left_open).zip(set) {
            if left_open && is_set {
                self.tell(place);
            } else if left_open {
                self.resource.mark_unknown(place.clone());
                self.resource.origin.unknown_because.insert(place, IMAGE.to_owned());
            }
        }
    }
}

/// Puts the region's options where the instance leaves them open; gives which of them it has.
fn lay_over(instance: &mut Instance, left_open: [bool; 3], default: MetadataOptions) -> [bool; 3] {
    let own = instance.metadata_options.get_or_insert_default();
    let [tokens, endpoint, hops] = left_open;
    if tokens {
        own.http_tokens = default.http_tokens;
    }
    if endpoint {
        own.http_endpoint = default.http_endpoint;
    }
    if hops {
        own.http_put_response_hop_limit = default.http_put_response_hop_limit;
    }
    [own.http_tokens.is_some(), own.http_endpoint.is_some(), own.http_put_response_hop_limit.is_some()]
}
