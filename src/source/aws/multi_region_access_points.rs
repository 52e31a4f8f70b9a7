//! Multi-region access points of the account. S3 Control answers for all of them in one region,
//! us-west-2, and their policies come from buckets and access points that are read elsewhere.

use aws_sdk_s3control::Client;
use aws_sdk_s3control::types::{MultiRegionAccessPointReport, RegionReport};

use super::access_points::{LIST_TAGS, ONE_CALL_EACH, access_block};
use super::cell::{Chain, Page, Regional};
use super::{Collected, Session, filled, leave_out_tags, sorted};
use crate::model::{Gap, MultiRegionAccessPoint, Region, Resource, ResourceType};

/// The one region that knows them.
const HOME: &str = "us-west-2";

/// Reads all of them. Partitions other than `aws` have none.
pub(super) async fn collect(session: &Session) -> Collected {
    let mut collected = Collected::default();
    let home = Region::new(HOME).ok().filter(|_| session.partition == "aws");
    let Some(home) = home else {
        collected.listed(session, &Region::global(), ResourceType::MultiRegionAccessPoint, true);
        return collected;
    };
    let control = session.s3control(&home);
    let mut list = reports(session, &control);
    list.read().await;
    list.read_again().await;
    if let Some(fault) = &list.fault {
        let gap = control.cell.unlisted(fault, &[ResourceType::MultiRegionAccessPoint]);
        collected.gaps.push(Gap { region: Region::global(), ..gap });
    }
    collected.listed(session, &Region::global(), ResourceType::MultiRegionAccessPoint, list.fault.is_none());
    collected.resources.extend(list.items.iter().map(|report| resource(session, report)));
    leave_out_tags(&session.s3control(&session.region).cell, LIST_TAGS, ONE_CALL_EACH, &mut collected);
    collected
}

const OPERATION: &str = "ListMultiRegionAccessPoints";

/// AWS's largest page.
const PAGE: i32 = 100;

fn reports<'a>(session: &'a Session, control: &'a Regional<Client>) -> Chain<'a, MultiRegionAccessPointReport> {
    Chain::new(OPERATION, move |token| async move {
        let request = || {
            control
                .client
                .list_multi_region_access_points()
                .account_id(session.account.to_string())
                .max_results(control.cell.page(PAGE))
                .set_next_token(token.clone())
                .send()
        };
        let answer = control.cell.call(OPERATION, request).await?;
        Ok(Page { items: answer.access_points.unwrap_or_default(), next: answer.next_token })
    })
}

/// The ARN is made of the alias, or of the name while there is no alias yet.
fn resource(session: &Session, report: &MultiRegionAccessPointReport) -> Resource {
    let name = report.name().unwrap_or_default();
    let alias = filled(report.alias());
    let id = session.arn("s3", "", &format!("accesspoint/{}", alias.as_deref().unwrap_or(name)));
    let mut buckets = sorted(report.regions().iter().filter_map(RegionReport::bucket).map(str::to_owned));
    buckets.dedup();
    let configuration = MultiRegionAccessPoint {
        alias,
        status: report
            .status()
            .map(aws_sdk_s3control::types::MultiRegionAccessPointStatus::as_str)
            .unwrap_or_default()
            .to_owned(),
        buckets,
        public_access_block: report.public_access_block().map(access_block),
    };
    Resource::new(id, session.account.clone(), Region::global(), name, configuration)
}
