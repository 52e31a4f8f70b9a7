//! Multi-region access points of the account, with their policies. S3 Control answers for all of
//! them in one region, us-west-2.

use aws_sdk_s3control::Client;
use aws_sdk_s3control::types::{MultiRegionAccessPointPolicyDocument, MultiRegionAccessPointReport, RegionReport};
use futures::StreamExt;

use super::access_points::{LIST_TAGS, ONE_CALL_EACH, access_block};
use super::cell::{Chain, Page, Regional};
use super::fault::Fault;
use super::{Collected, Session, filled, leave_out_tags, read_policy, sorted};
use crate::model::{Gap, GapReason, MultiRegionAccessPoint, Pointer, Region, Resource, ResourceType};

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
    let read = |report| read_point(session, &control, report);
    let points: Vec<_> = futures::stream::iter(std::mem::take(&mut list.items))
        .map(read)
        .buffered(control.cell.concurrency())
        .collect()
        .await;
    for (resource, gap) in points.into_iter().flatten() {
        collected.resources.push(resource);
        collected.gaps.extend(gap);
    }
    leave_out_tags(&session.s3control(&session.region).cell, LIST_TAGS, ONE_CALL_EACH, &mut collected);
    collected
}

const OPERATION: &str = "ListMultiRegionAccessPoints";

/// AWS says of the page size and of the token not to use them: the first call has neither, and a
/// token is followed where an answer has one all the same.
fn reports<'a>(session: &'a Session, control: &'a Regional<Client>) -> Chain<'a, MultiRegionAccessPointReport> {
    Chain::new(OPERATION, move |token| async move {
        let request = || {
            control
                .client
                .list_multi_region_access_points()
                .account_id(session.account.to_string())
                .set_next_token(token.clone())
                .send()
        };
        let answer = control.cell.call(OPERATION, request).await?;
        Ok(Page { items: answer.access_points.unwrap_or_default(), next: answer.next_token })
    })
}

/// One access point with its policy; `None` when it was deleted in the meantime.
async fn read_point(
    session: &Session,
    control: &Regional<Client>,
    report: MultiRegionAccessPointReport,
) -> Option<(Resource, Option<Gap>)> {
    let (mut resource, mut configuration) = described(session, &report);
    let place = Pointer::configuration("policy");
    let policy = policy_of(session, control, &resource.name).await.and_then(|text| {
        let read = |text: String| read_policy(&mut resource, &place, &text);
        text.map(read).transpose().map_err(|problem| Fault::malformed(POLICY, problem))
    });
    let mut gap = None;
    match policy {
        Ok(policy) => configuration.policy = policy,
        Err(fault) if fault.is(&["NoSuchMultiRegionAccessPoint"]) => return None,
        Err(fault) => gap = Some(control.cell.unread(&fault, &mut resource, &[place])),
    }
    resource.configuration = configuration.into();
    Some((resource, gap))
}

const POLICY: &str = "GetMultiRegionAccessPointPolicy";

async fn policy_of(session: &Session, control: &Regional<Client>, name: &str) -> Result<Option<String>, Fault> {
    let account = session.account.to_string();
    let request = || control.client.get_multi_region_access_point_policy().account_id(&account).name(name).send();
    let mut answer = control.cell.call(POLICY, request).await;
    if answer.as_ref().is_err_and(Fault::may_pass) {
        answer = control.cell.call(POLICY, request).await;
    }
    match answer {
        Ok(answer) => answer.policy.as_ref().map_or(Ok(None), in_force),
        Err(fault) if fault.is(&["NoSuchMultiRegionAccessPointPolicy"]) => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// The policy in force. While an update is on its way, some regions have the old one and others the
/// new one.
fn in_force(policies: &MultiRegionAccessPointPolicyDocument) -> Result<Option<String>, Fault> {
    let established = filled(policies.established().and_then(|policy| policy.policy()));
    let proposed = filled(policies.proposed().and_then(|policy| policy.policy()));
    if proposed.is_some() && proposed != established {
        let pending = Fault::malformed(POLICY, "an update of the policy is on its way");
        return Err(Fault { reason: GapReason::Unavailable, ..pending });
    }
    Ok(established)
}

/// The ARN is made of the alias, or of the name while there is no alias yet.
fn described(session: &Session, report: &MultiRegionAccessPointReport) -> (Resource, MultiRegionAccessPoint) {
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
        policy: None,
        public_access_block: report.public_access_block().map(access_block),
    };
    let point = MultiRegionAccessPoint::default();
    (Resource::new(id, session.account.clone(), Region::global(), name, point), configuration)
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3control::types::{
        EstablishedMultiRegionAccessPointPolicy as Established, ProposedMultiRegionAccessPointPolicy as Proposed,
    };

    use super::*;

    #[test]
    fn a_policy_that_is_on_its_way_is_not_known() {
        let policies = |established: &str, proposed: Option<&str>| {
            MultiRegionAccessPointPolicyDocument::builder()
                .established(Established::builder().policy(established).build())
                .set_proposed(proposed.map(|text| Proposed::builder().policy(text).build()))
                .build()
        };
        assert_eq!(in_force(&policies("old", None)), Ok(Some("old".to_owned())));
        assert_eq!(in_force(&policies("old", Some("old"))), Ok(Some("old".to_owned())));
        assert_eq!(in_force(&policies("old", Some("new"))).unwrap_err().reason, GapReason::Unavailable);
        assert_eq!(in_force(&policies("", Some("new"))).unwrap_err().reason, GapReason::Unavailable);
        assert_eq!(in_force(&policies("", None)), Ok(None));
    }
}
