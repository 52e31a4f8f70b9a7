//! What AWS Backup has backed up in one region.

use aws_sdk_backup::Client;

use super::cell::{Chain, Page, Regional};
use super::meter::Meter;
use super::{Collected, Progress, Session, sorted};
use crate::model::{ProtectedResource, Region, Resource, ResourceType, Service};

/// The largest page that AWS gives.
const PAGE: i32 = 1000;

/// Reads one region.
pub(super) async fn collect(session: &Session, region: &Region, progress: &(dyn Fn(Progress) + Sync)) -> Collected {
    let backup = session.backup(region);
    let mut list = protected(&backup);
    let meter = Meter::new(Service::Backup, region, 1, progress);
    meter.measure(list.read()).await;
    backup.cell.last_chance();
    list.read_again().await;

    let mut collected = Collected::default();
    let mut arns = sorted(list.items.iter().cloned());
    arns.dedup();
    collected.resources.extend(arns.into_iter().map(|arn| resource(session, region, arn)));
    collected
        .gaps
        .extend(list.fault.as_ref().map(|fault| backup.cell.unlisted(fault, &[ResourceType::ProtectedResource])));
    collected.listed(session, region, ResourceType::ProtectedResource, list.fault.is_none());
    collected
}

/// The ARN of what is protected is taken: it is the resource's own.
fn resource(session: &Session, region: &Region, arn: String) -> Resource {
    let id = session.arn("backup", region.as_str(), &format!("protected-resource/{arn}"));
    let name = arn.rsplit(':').next().unwrap_or(&arn).to_owned();
    Resource::new(id, session.account.clone(), region.clone(), name, ProtectedResource { resource: arn })
}

fn protected(backup: &Regional<Client>) -> Chain<'_, String> {
    const OPERATION: &str = "ListProtectedResources";
    Chain::new(OPERATION, move |token| async move {
        let request = || {
            backup
                .client
                .list_protected_resources()
                .max_results(backup.cell.page(PAGE))
                .set_next_token(token.clone())
                .send()
        };
        let answer = backup.cell.call(OPERATION, request).await?;
        let arns = answer.results.unwrap_or_default().into_iter().filter_map(|result| result.resource_arn);
        Ok(Page { items: arns.collect(), next: answer.next_token })
    })
}
