//! All buckets of the account, in whatever region they are, each read part by part.
//!
//! Buckets are the bulk of a scan: one call per part and bucket. Calls go to the bucket's own
//! region, many buckets at a time; parts that failed are asked for once more when all buckets are
//! done.

use aws_sdk_s3::Client;
use futures::StreamExt;

use super::bucket::{Draft, Plan, Unasked};
use super::cell::{Chain, Page, Regional};
use super::fault::Fault;
use super::meter::Meter;
use super::{Collected, Progress, Scope, Session};
use crate::model::{Pointer, Region, ResourceType, Service};

/// Reads all buckets.
pub(super) async fn collect(session: &Session, scope: &Scope, progress: &(dyn Fn(Progress) + Sync)) -> Collected {
    let home = session.s3(&session.region);
    let mut list = buckets(&home);
    list.read().await;
    list.read_again().await;
    let plan = Plan::new(scope);
    let mut collected = Collected::default();
    if let Some(fault) = &list.fault {
        let gap = home.cell.unlisted(fault, &[ResourceType::Bucket]);
        collected.gaps.push(crate::model::Gap { region: Region::global(), ..gap });
    }
    collected.listed(session, &Region::global(), ResourceType::Bucket, list.fault.is_none());

    let global = Region::global();
    let listed = std::mem::take(&mut list.items);
    let meter = Meter::new(Service::S3, &global, listed.len(), progress);
    let concurrency = home.cell.concurrency() * 2;
    let drafts: Vec<Draft> = futures::stream::iter(listed)
        .map(|bucket| meter.measure(first_pass(session, &plan, &home, bucket)))
        .buffered(concurrency)
        .collect()
        .await;

    session.s3_clients().iter().for_each(|s3| s3.cell.last_chance());
    let drafts: Vec<Draft> = futures::stream::iter(drafts)
        .map(|draft| draft.read_again(session, &plan))
        .buffered(concurrency)
        .collect()
        .await;

    let mut unasked = Unasked::default();
    for draft in drafts.into_iter().filter(|draft| !draft.vanished()) {
        unasked.note(&draft);
        draft.finish(session, &mut collected);
    }
    collected.gaps.extend(unasked.gaps(&home.cell));
    collected
}

/// A bucket as listed.
struct Listed {
    name: String,
    region: Option<Region>,
}

/// AWS's largest page. The region is in the answer only because a page size is asked for.
const PAGE: i32 = 10_000;

fn buckets(home: &Regional<Client>) -> Chain<'_, Listed> {
    const OPERATION: &str = "ListBuckets";
    Chain::new(OPERATION, move |token| async move {
        let request = || {
            home.client.list_buckets().max_buckets(home.cell.page(PAGE)).set_continuation_token(token.clone()).send()
        };
        let answer = home.cell.call(OPERATION, request).await?;
        let items = answer.buckets.unwrap_or_default().into_iter().filter_map(|bucket| {
            let region = bucket.bucket_region.and_then(|region| Region::new(region).ok());
            Some(Listed { name: bucket.name?, region })
        });
        Ok(Page { items: items.collect(), next: answer.continuation_token })
    })
}

async fn first_pass(session: &Session, plan: &Plan, home: &Regional<Client>, bucket: Listed) -> Draft {
    let located = match bucket.region {
        Some(region) => Ok(region),
        None => location(home, &bucket.name).await,
    };
    let (region, fault) = match located {
        Ok(region) => (region, None),
        // Where the bucket is decides where to ask; a redirect may still tell.
        Err(fault) => (session.region.clone(), Some(fault)),
    };
    let mut draft = Draft::new(session, &bucket.name, region, fault);
    draft.read(session, plan).await;
    draft
}

/// Only for endpoints that do not tell the region in the list, such as older emulators.
async fn location(home: &Regional<Client>, bucket: &str) -> Result<Region, Fault> {
    const OPERATION: &str = "GetBucketLocation";
    let answer = home.cell.call(OPERATION, || home.client.get_bucket_location().bucket(bucket).send()).await?;
    let constraint = answer.location_constraint.map(|constraint| constraint.as_str().to_owned()).unwrap_or_default();
    // The names from before regions had names.
    let region = match constraint.as_str() {
        "" => "us-east-1",
        "EU" => "eu-west-1",
        region => region,
    };
    Region::new(region).map_err(|error| Fault::malformed(OPERATION, error.to_string()))
}

/// The place of a bucket's region, for gaps.
pub(super) fn region_place() -> Pointer {
    Pointer::new("/region")
}
