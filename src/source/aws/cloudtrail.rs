//! CloudTrail: the trails that record the account, with what they select and whether they are on.
//!
//! Every region of the scope is asked, and each names the multi-region and organization trails
//! that are at home elsewhere, too. A trail's details are asked of its home region, by ARN. A trail
//! of the organization stands among those of each account that it records; what the account may
//! not read of it is a gap. CloudTrail may say there that it does not know the trail.

use std::collections::BTreeMap;

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::operation::get_event_selectors::GetEventSelectorsOutput;
use aws_sdk_cloudtrail::types as sdk;
use futures::StreamExt;
use futures::stream::FuturesUnordered;

use super::cell::{Chain, Regional};
use super::fault::Fault;
use super::{Collected, Scope, Session, filled, leave_out_tags, sorted};
use crate::model::{
    AdvancedEventSelector, DataResource, EventSelector, FieldSelector, Gap, Pointer, Region, Resource, ResourceId,
    ResourceType, Trail,
};
use crate::policy::account_of;

/// Reads the trails that record the regions of the scope.
pub(super) async fn collect(session: &Session, scope: &Scope) -> Collected {
    let mut collected = Collected::default();
    let lists: FuturesUnordered<_> = scope.regions.iter().map(|region| in_region(session, region)).collect();
    let lists: Vec<(Vec<sdk::Trail>, Option<Gap>)> = lists.collect().await;
    let complete = lists.iter().all(|(_, gap)| gap.is_none());
    collected.listed(session, &Region::global(), ResourceType::Trail, complete);
    let mut trails = BTreeMap::new();
    for (found, gap) in lists {
        collected.gaps.extend(gap);
        trails.extend(found.into_iter().filter_map(|trail| Some((trail.trail_arn.clone()?, trail))));
    }
    let details: FuturesUnordered<_> = trails.iter().map(|(arn, trail)| read(session, arn, trail)).collect();
    for (resource, gaps) in details.collect::<Vec<_>>().await.into_iter().flatten() {
        collected.resources.push(resource);
        collected.gaps.extend(gaps);
    }
    let cell = session.cloudtrail(&session.region).cell;
    leave_out_tags(&cell, "ListTags", "tags cost one more call for each region", &mut collected);
    collected
}

/// The trails that a region names, and why they are not all.
async fn in_region(session: &Session, region: &Region) -> (Vec<sdk::Trail>, Option<Gap>) {
    const OPERATION: &str = "DescribeTrails";
    let cloudtrail = session.cloudtrail(region);
    let mut list = Chain::single(OPERATION, || async {
        let request = || cloudtrail.client.describe_trails().include_shadow_trails(true).send();
        cloudtrail.cell.call(OPERATION, request).await
    });
    list.read().await;
    list.read_again().await;
    let gap = list.fault.take().map(|fault| cloudtrail.cell.unlisted(&fault, &[ResourceType::Trail]));
    (
        std::mem::take(&mut list.items).into_iter().flat_map(|answer| answer.trail_list.unwrap_or_default()).collect(),
        gap,
    )
}

/// A trail with its details; `None` when it was deleted in the meantime.
async fn read(session: &Session, arn: &str, trail: &sdk::Trail) -> Option<(Resource, Vec<Gap>)> {
    let home = trail.home_region().and_then(|region| Region::new(region).ok());
    let home = home.unwrap_or_else(|| session.region.clone());
    let cloudtrail = session.cloudtrail(&home);
    let id = ResourceId::new(arn).unwrap_or_else(|_| session.arn("cloudtrail", home.as_str(), "trail"));
    let name = trail.name().unwrap_or_default();
    let mut resource = Resource::new(id, session.account.clone(), home, name, Trail::default());
    let mut configuration = Trail {
        bucket: filled(trail.s3_bucket_name()),
        prefix: filled(trail.s3_key_prefix()),
        multi_region: trail.is_multi_region_trail().unwrap_or_default(),
        organization: trail.is_organization_trail().unwrap_or_default(),
        log_file_validation: trail.log_file_validation_enabled().unwrap_or_default(),
        kms_key_id: filled(trail.kms_key_id()),
        ..Trail::default()
    };
    // The trail of another account was named a moment ago: that it is not found means that this
    // account may not look at it.
    let own = account_of(arn).is_none_or(|owner| owner == session.account.as_str());
    let is_gone = |fault: &Fault| own && fault.is(&["TrailNotFoundException"]);
    let mut gaps = Vec::new();
    match status(&cloudtrail, arn).await {
        Ok(logging) => configuration.logging = logging,
        Err(fault) if is_gone(&fault) => return None,
        Err(fault) => gaps.push(cloudtrail.cell.unread(&fault, &mut resource, &[Pointer::configuration("logging")])),
    }
    match selectors(&cloudtrail, arn).await {
        Ok(answer) => {
            configuration.event_selectors = sorted(answer.event_selectors().iter().map(basic));
            configuration.advanced_event_selectors = sorted(answer.advanced_event_selectors().iter().map(advanced));
        }
        Err(fault) if is_gone(&fault) => return None,
        Err(fault) => {
            let places = ["event_selectors", "advanced_event_selectors"].map(Pointer::configuration);
            gaps.push(cloudtrail.cell.unread(&fault, &mut resource, &places));
        }
    }
    resource.configuration = configuration.into();
    Some((resource, gaps))
}

async fn status(cloudtrail: &Regional<Client>, arn: &str) -> Result<bool, Fault> {
    const OPERATION: &str = "GetTrailStatus";
    let request = || cloudtrail.client.get_trail_status().name(arn).send();
    let mut answer = cloudtrail.cell.call(OPERATION, request).await;
    if answer.as_ref().is_err_and(Fault::may_pass) {
        answer = cloudtrail.cell.call(OPERATION, request).await;
    }
    answer?.is_logging.ok_or_else(|| Fault::malformed(OPERATION, "the answer does not say whether the trail is on"))
}

async fn selectors(cloudtrail: &Regional<Client>, arn: &str) -> Result<GetEventSelectorsOutput, Fault> {
    const OPERATION: &str = "GetEventSelectors";
    let request = || cloudtrail.client.get_event_selectors().trail_name(arn).send();
    match cloudtrail.cell.call(OPERATION, request).await {
        Err(fault) if fault.may_pass() => cloudtrail.cell.call(OPERATION, request).await,
        answer => answer,
    }
}

fn basic(selector: &sdk::EventSelector) -> EventSelector {
    let resources = selector.data_resources().iter().map(|resource| DataResource {
        resource_type: resource.r#type().unwrap_or_default().to_owned(),
        values: sorted(resource.values().iter().cloned()),
    });
    EventSelector {
        read_write_type: selector.read_write_type().map_or("All", sdk::ReadWriteType::as_str).to_owned(),
        management_events: selector.include_management_events().unwrap_or(true),
        data_resources: sorted(resources),
    }
}

fn advanced(selector: &sdk::AdvancedEventSelector) -> AdvancedEventSelector {
    let fields = selector.field_selectors().iter().map(|field| FieldSelector {
        field: field.field().to_owned(),
        equals: sorted(field.equals().iter().cloned()),
        starts_with: sorted(field.starts_with().iter().cloned()),
        ends_with: sorted(field.ends_with().iter().cloned()),
        not_equals: sorted(field.not_equals().iter().cloned()),
        not_starts_with: sorted(field.not_starts_with().iter().cloned()),
        not_ends_with: sorted(field.not_ends_with().iter().cloned()),
    });
    AdvancedEventSelector { name: filled(selector.name()), fields: sorted(fields) }
}
