//! What costs calls of its own to know about instances: their user data, one call for each, and
//! what has become of their images, one list for two hundred. Both are asked for only when a rule
//! in force reads them, or everything is.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{Filter, Image, InstanceAttributeName};
use futures::StreamExt;

use super::cell::{Chain, Page, Regional};
use super::compute_convert::{day_of, mark_unread};
use super::ec2_compute::of_region;
use super::fault::Fault;
use super::iam_convert::not_collected;
use super::{Collected, Depth, Scope, filled, secrets};
use crate::model::{Configuration, ImageStanding, Instance, Pointer, Resource};
use crate::network::short_id;

const IMAGES: &str = "DescribeImages";
const USER_DATA: &str = "DescribeInstanceAttribute";
/// What one filter holds at most.
const FILTER_VALUES: usize = 200;
const IMAGES_PAGE: i32 = 1000;

/// Completes the instances among the resources.
pub(super) async fn read(ec2: &Regional<Client>, scope: &Scope, resources: &mut [Resource], collected: &mut Collected) {
    let mut instances: Vec<&mut Resource> =
        resources.iter_mut().filter(|one| matches!(one.configuration, Configuration::Instance(_))).collect();
    if instances.is_empty() {
        return;
    }
    let (image, user_data) = (image_place(), user_data_place());
    if wants(scope, &image) {
        read_images(ec2, &mut instances, collected).await;
    } else {
        skip(ec2, IMAGES, &image, &mut instances, collected);
    }
    if wants(scope, &user_data) {
        read_user_data(ec2, &mut instances, collected).await;
    } else {
        skip(ec2, USER_DATA, &user_data, &mut instances, collected);
    }
}

fn image_place() -> Pointer {
    Pointer::configuration("observed").child("image")
}

fn user_data_place() -> Pointer {
    Pointer::configuration("user_data")
}

fn wants(scope: &Scope, place: &Pointer) -> bool {
    scope.depth == Depth::Full || scope.wanted_of_instances.iter().any(|wanted| wanted.overlaps(place))
}

fn skip(
    ec2: &Regional<Client>,
    operation: &'static str,
    place: &Pointer,
    instances: &mut [&mut Resource],
    collected: &mut Collected,
) {
    let fault = not_collected(operation, "no enabled rule reads it, and the depth is standard");
    for instance in instances.iter_mut() {
        instance.mark_unknown(place.clone());
    }
    collected.gaps.push(of_region(ec2, &fault, vec![place.clone()]));
}

fn configured(resource: &mut Resource) -> Option<&mut Instance> {
    match &mut resource.configuration {
        Configuration::Instance(instance) => Some(instance),
        _ => None,
    }
}

async fn read_images(ec2: &Regional<Client>, instances: &mut [&mut Resource], collected: &mut Collected) {
    let named = instances.iter_mut().filter_map(|resource| configured(resource)?.image_id.clone());
    let named: Vec<String> = named.collect::<BTreeSet<_>>().into_iter().collect();
    let mut found: BTreeMap<String, ImageStanding> = BTreeMap::new();
    let mut fault: Option<Fault> = None;
    for ids in named.chunks(FILTER_VALUES) {
        let mut chain = images(ec2, ids.to_vec());
        chain.read().await;
        chain.read_again().await;
        found.extend(chain.items.iter().filter_map(|image| Some((image.image_id()?.to_owned(), standing(image)))));
        fault = fault.or(chain.fault);
    }
    let place = image_place();
    for resource in instances {
        let image_id = configured(resource).and_then(|instance| instance.image_id.clone());
        let standing = image_id.as_ref().and_then(|id| found.get(id)).cloned();
        // Not in a whole list: nobody shares it any more.
        let gone = (image_id.is_some() && fault.is_none()).then(ImageStanding::default);
        let standing = standing.or(gone);
        if standing.is_none() {
            resource.mark_unknown(place.clone());
        }
        if let Some(observed) = configured(resource).and_then(|instance| instance.observed.as_mut()) {
            observed.image = standing;
        }
    }
    collected.gaps.extend(fault.map(|fault| of_region(ec2, &fault, vec![place])));
}

fn standing(image: &Image) -> ImageStanding {
    ImageStanding {
        available: true,
        owner: filled(image.image_owner_alias()).or_else(|| filled(image.owner_id())),
        deprecated: image.deprecation_time().and_then(day_of),
    }
}

/// By a filter: an id that is gone would make the whole list fail.
fn images(ec2: &Regional<Client>, ids: Vec<String>) -> Chain<'_, Image> {
    Chain::new(IMAGES, move |token| {
        let filter = Filter::builder().name("image-id").set_values(Some(ids.clone())).build();
        async move {
            let request = || {
                ec2.client
                    .describe_images()
                    .filters(filter.clone())
                    .include_deprecated(true)
                    .include_disabled(true)
                    .max_results(ec2.cell.page(IMAGES_PAGE))
                    .set_next_token(token.clone())
                    .send()
            };
            let answer = ec2.cell.call(IMAGES, request).await?;
            Ok(Page { items: answer.images.unwrap_or_default(), next: answer.next_token })
        }
    })
}

async fn read_user_data(ec2: &Regional<Client>, instances: &mut [&mut Resource], collected: &mut Collected) {
    let read = |id: String| async move {
        let mut chain = user_data(ec2, id);
        chain.read().await;
        chain.read_again().await;
        let Chain { items, fault, .. } = chain;
        fault.map_or_else(|| Ok(items.into_iter().next().flatten()), Err)
    };
    let ids: Vec<String> = instances.iter().map(|resource| short_id(&resource.id).to_owned()).collect();
    let answers: Vec<_> = futures::stream::iter(ids).map(read).buffered(ec2.cell.concurrency()).collect().await;
    for (resource, answer) in instances.iter_mut().zip(answers) {
        match answer {
            Ok(encoded) => keep(resource, encoded.as_deref()),
            Err(fault) => collected.gaps.push(ec2.cell.unread(&fault, resource, &[user_data_place()])),
        }
    }
}

fn keep(resource: &mut Resource, encoded: Option<&str>) {
    let read = encoded.and_then(secrets::in_user_data);
    if let Some(why) = read.as_ref().and_then(|read| read.unread) {
        mark_unread(resource, why);
    }
    if let Some(instance) = configured(resource) {
        instance.user_data = read.map(|read| read.user_data);
    }
}

fn user_data(ec2: &Regional<Client>, id: String) -> Chain<'_, Option<String>> {
    Chain::single(USER_DATA, move || {
        let id = id.clone();
        async move {
            let request = || {
                ec2.client
                    .describe_instance_attribute()
                    .instance_id(id.clone())
                    .attribute(InstanceAttributeName::UserData)
                    .send()
            };
            let answer = ec2.cell.call(USER_DATA, request).await?;
            Ok(answer.user_data.and_then(|attribute| attribute.value))
        }
    })
}
