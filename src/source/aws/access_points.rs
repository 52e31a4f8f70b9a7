//! S3 Control: the account's own public access block, and access points with their policies.

use aws_sdk_s3control::Client;
use aws_sdk_s3control::operation::get_access_point::GetAccessPointOutput;
use aws_sdk_s3control::types::PublicAccessBlockConfiguration;
use futures::StreamExt;
use futures::stream::FuturesUnordered;

use super::cell::{Chain, Page, Regional};
use super::fault::Fault;
use super::iam::AccountPart;
use super::{Collected, Scope, Session, filled, leave_out_tags, read_policy};
use crate::model::{AccessPoint, Configuration, Gap, Pointer, PublicAccessBlock, Region, Resource, ResourceType};

/// Adds the account-wide public access block to the account's document.
pub(super) async fn account_block(session: &Session, part: &mut AccountPart) {
    const OPERATION: &str = "GetPublicAccessBlock";
    let control = session.s3control(&session.region);
    let account = session.account.to_string();
    let request = || control.client.get_public_access_block().account_id(&account).send();
    let mut answer = control.cell.call(OPERATION, request).await;
    if answer.as_ref().is_err_and(Fault::may_pass) {
        answer = control.cell.call(OPERATION, request).await;
    }
    match answer {
        Err(fault) if !fault.is(&[NONE]) => {
            let place = Pointer::configuration("s3_public_access_block");
            part.collected.gaps.push(control.cell.unread(&fault, &mut part.account, &[place]));
        }
        answer => {
            let block = answer.ok().and_then(|answer| answer.public_access_block_configuration);
            if let Configuration::Account(account) = &mut part.account.configuration {
                account.s3_public_access_block = block.as_ref().map(access_block);
            }
        }
    }
}

/// S3 Control's way of saying that the account has no access block.
const NONE: &str = "NoSuchPublicAccessBlockConfiguration";

pub(super) fn access_block(block: &PublicAccessBlockConfiguration) -> PublicAccessBlock {
    PublicAccessBlock {
        block_public_acls: block.block_public_acls().unwrap_or_default(),
        ignore_public_acls: block.ignore_public_acls().unwrap_or_default(),
        block_public_policy: block.block_public_policy().unwrap_or_default(),
        restrict_public_buckets: block.restrict_public_buckets().unwrap_or_default(),
    }
}

/// Reads the access points of all regions of the scope.
pub(super) async fn collect(session: &Session, scope: &Scope) -> Collected {
    let regions: FuturesUnordered<_> = scope.regions.iter().map(|region| in_region(session, region)).collect();
    let parts: Vec<Collected> = regions.collect().await;
    let mut all = Collected::default();
    for part in parts {
        all.extend(part);
    }
    leave_out_tags(&session.s3control(&session.region).cell, LIST_TAGS, ONE_CALL_EACH, &mut all);
    all
}

/// What would give the tags of access points and directory buckets.
pub(super) const LIST_TAGS: &str = "ListTagsForResource";

/// Why it is not asked.
pub(super) const ONE_CALL_EACH: &str = "tags cost one call per resource";

async fn in_region(session: &Session, region: &Region) -> Collected {
    let control = session.s3control(region);
    let mut list = names(session, &control);
    list.read().await;
    list.read_again().await;
    let mut collected = Collected::default();
    collected.gaps.extend(list.fault.as_ref().map(|fault| control.cell.unlisted(fault, &[ResourceType::AccessPoint])));
    collected.listed(session, region, ResourceType::AccessPoint, list.fault.is_none());
    let read = |point: Listed| read_point(session, &control, point);
    let points: Vec<_> = futures::stream::iter(std::mem::take(&mut list.items))
        .map(read)
        .buffered(control.cell.concurrency())
        .collect()
        .await;
    for (resource, gaps) in points.into_iter().flatten() {
        collected.resources.push(resource);
        collected.gaps.extend(gaps);
    }
    collected
}

/// An access point as listed.
struct Listed {
    name: String,
    arn: Option<String>,
    configuration: AccessPoint,
}

const PAGE: i32 = 1000;

fn names<'a>(session: &'a Session, control: &'a Regional<Client>) -> Chain<'a, Listed> {
    const OPERATION: &str = "ListAccessPoints";
    Chain::new(OPERATION, move |token| async move {
        let request = || {
            control
                .client
                .list_access_points()
                .account_id(session.account.to_string())
                .max_results(control.cell.page(PAGE))
                .set_next_token(token.clone())
                .send()
        };
        let answer = control.cell.call(OPERATION, request).await?;
        let items = answer.access_point_list.unwrap_or_default().into_iter().map(|point| Listed {
            configuration: AccessPoint {
                bucket: point.bucket,
                network_origin: point.network_origin.as_str().to_owned(),
                vpc_id: point.vpc_configuration.map(|vpc| vpc.vpc_id),
                ..AccessPoint::default()
            },
            name: point.name,
            arn: point.access_point_arn,
        });
        Ok(Page { items: items.collect(), next: answer.next_token })
    })
}

/// One access point; `None` when it was deleted in the meantime.
async fn read_point(session: &Session, control: &Regional<Client>, point: Listed) -> Option<(Resource, Vec<Gap>)> {
    let region = &control.cell.region;
    let path = format!("accesspoint/{}", point.name);
    let id = session.given_arn(point.arn.as_deref(), "s3", region.as_str(), &path);
    let mut resource =
        Resource::new(id, session.account.clone(), region.clone(), point.name.as_str(), AccessPoint::default());
    let mut configuration = point.configuration;
    let mut gaps = Vec::new();
    match block_of(session, control, &point.name).await {
        Ok(answer) => {
            configuration.public_access_block = answer.public_access_block_configuration().map(access_block);
        }
        Err(fault) if fault.is(&["NoSuchAccessPoint"]) => return None,
        Err(fault) => {
            let place = Pointer::configuration("public_access_block");
            gaps.push(control.cell.unread(&fault, &mut resource, &[place]));
        }
    }
    let place = Pointer::configuration("policy");
    let policy = policy_of(session, control, &point.name).await.and_then(|text| {
        let read = |text: String| read_policy(&mut resource, &place, &text);
        text.map(read).transpose().map_err(|problem| Fault::malformed("GetAccessPointPolicy", problem))
    });
    match policy {
        Ok(policy) => configuration.policy = policy,
        Err(fault) => gaps.push(control.cell.unread(&fault, &mut resource, &[place])),
    }
    resource.configuration = configuration.into();
    Some((resource, gaps))
}

async fn block_of(session: &Session, control: &Regional<Client>, name: &str) -> Result<GetAccessPointOutput, Fault> {
    const OPERATION: &str = "GetAccessPoint";
    let account = session.account.to_string();
    let request = || control.client.get_access_point().account_id(&account).name(name).send();
    match control.cell.call(OPERATION, request).await {
        Err(fault) if fault.may_pass() => control.cell.call(OPERATION, request).await,
        answer => answer,
    }
}

async fn policy_of(session: &Session, control: &Regional<Client>, name: &str) -> Result<Option<String>, Fault> {
    const OPERATION: &str = "GetAccessPointPolicy";
    let account = session.account.to_string();
    let request = || control.client.get_access_point_policy().account_id(&account).name(name).send();
    let mut answer = control.cell.call(OPERATION, request).await;
    if answer.as_ref().is_err_and(Fault::may_pass) {
        answer = control.cell.call(OPERATION, request).await;
    }
    match answer {
        Ok(answer) => Ok(filled(answer.policy.as_deref())),
        Err(fault) if fault.is(&["NoSuchAccessPointPolicy"]) => Ok(None),
        Err(fault) => Err(fault),
    }
}
