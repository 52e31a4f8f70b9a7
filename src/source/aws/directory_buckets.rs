//! Directory buckets (S3 Express One Zone) of the regions of the scope, with their lifecycle.
//!
//! They are listed by a host of their own, `s3express-control`, with permissions of another prefix
//! (`s3express:`). In a region without them that host does not exist: that is an answer, unless
//! AWS is known to have them there or an earlier scan saw one there, because a resolver that knows
//! only the hosts of a private network says the same.

use aws_sdk_s3::Client;
use futures::StreamExt;
use futures::stream::FuturesUnordered;

use super::access_points::{LIST_TAGS, ONE_CALL_EACH};
use super::cell::{Chain, Page, Regional};
use super::fault::Fault;
use super::{Collected, Scope, Session, leave_out_tags, s3_convert};
use crate::model::{AccountId, DirectoryBucket, Gap, GapReason, Pointer, Region, Resource, ResourceType};

/// Regions that have had directory buckets since 2025 at the latest. Elsewhere a host that does
/// not exist says that there are none.
const KNOWN: [&str; 7] =
    ["ap-northeast-1", "ap-south-1", "eu-north-1", "eu-west-1", "us-east-1", "us-east-2", "us-west-2"];

/// Reads all of them.
pub(super) async fn collect(session: &Session, scope: &Scope) -> Collected {
    let regions: FuturesUnordered<_> = scope.regions.iter().map(|region| in_region(session, scope, region)).collect();
    let parts: Vec<Collected> = regions.collect().await;
    let mut all = Collected::default();
    for part in parts {
        all.extend(part);
    }
    leave_out_tags(&session.s3control(&session.region).cell, LIST_TAGS, ONE_CALL_EACH, &mut all);
    all
}

async fn in_region(session: &Session, scope: &Scope, region: &Region) -> Collected {
    let express = session.s3express(region);
    let mut list = names(&express);
    list.read().await;
    believe(&mut list, scope, &(session.account.clone(), region.clone()));
    list.read_again().await;
    let mut collected = Collected::default();
    if let Some(fault) = &list.fault {
        let gap = express.cell.unlisted(fault, &[ResourceType::DirectoryBucket]);
        collected.gaps.push(permitted_by("s3express:ListAllMyDirectoryBuckets", gap));
    }
    collected.listed(session, region, ResourceType::DirectoryBucket, list.fault.is_none());
    let read = |name: String| bucket(session, &express, name);
    let buckets: Vec<_> = futures::stream::iter(std::mem::take(&mut list.items))
        .map(read)
        .buffered(express.cell.concurrency())
        .collect()
        .await;
    for (resource, gap) in buckets.into_iter().flatten() {
        collected.resources.push(resource);
        collected.gaps.extend(gap);
    }
    collected
}

/// Takes a region without the host for one without directory buckets. A host that answered a first
/// page exists, and so does one where directory buckets were seen before.
fn believe(list: &mut Chain<'_, String>, scope: &Scope, place: &(AccountId, Region)) {
    let exists = list.has_begun() || scope.directory_buckets.contains(place);
    if !exists && list.fault.as_ref().is_some_and(|fault| has_none(fault, &place.1)) {
        list.fault = None;
    }
}

/// Whether the fault says that the region has no directory buckets: no such host, in the words of
/// glibc, musl and macOS.
fn has_none(fault: &Fault, region: &Region) -> bool {
    const NO_SUCH_HOST: [&str; 3] = ["Name or service not known", "Name does not resolve", "nodename nor servname"];
    let no_such_host = NO_SUCH_HOST.iter().any(|words| fault.message.contains(words));
    fault.reason == GapReason::Unavailable && no_such_host && !KNOWN.contains(&region.as_str())
}

/// The gap with the permission by its right name.
fn permitted_by(permission: &str, gap: Gap) -> Gap {
    Gap { permission: gap.permission.map(|_| permission.to_owned()), ..gap }
}

/// AWS's largest page.
const PAGE: i32 = 1000;

fn names(express: &Regional<Client>) -> Chain<'_, String> {
    const OPERATION: &str = "ListDirectoryBuckets";
    Chain::new(OPERATION, move |token| async move {
        let request = || {
            let page = express.cell.page(PAGE);
            express
                .client
                .list_directory_buckets()
                .max_directory_buckets(page)
                .set_continuation_token(token.clone())
                .send()
        };
        let answer = express.cell.call(OPERATION, request).await?;
        let names = answer.buckets.unwrap_or_default().into_iter().filter_map(|bucket| bucket.name);
        // An endpoint that does not know the operation answers with its general purpose buckets.
        Ok(Page { items: names.filter(|name| name.ends_with("--x-s3")).collect(), next: answer.continuation_token })
    })
}

/// One bucket; `None` when it was deleted in the meantime.
async fn bucket(session: &Session, express: &Regional<Client>, name: String) -> Option<(Resource, Option<Gap>)> {
    const OPERATION: &str = "GetBucketLifecycleConfiguration";
    let region = &express.cell.region;
    let id = session.arn("s3express", region.as_str(), &format!("bucket/{name}"));
    let request = || express.client.get_bucket_lifecycle_configuration().bucket(&name).send();
    let mut answer = express.cell.call(OPERATION, request).await;
    if answer.as_ref().is_err_and(Fault::may_pass) {
        answer = express.cell.call(OPERATION, request).await;
    }
    let mut resource =
        Resource::new(id, session.account.clone(), region.clone(), name.as_str(), DirectoryBucket::default());
    let mut gap = None;
    match answer {
        Ok(answer) => {
            let lifecycle_rules = s3_convert::lifecycle(&answer);
            resource.configuration = DirectoryBucket { lifecycle_rules }.into();
        }
        Err(fault) if fault.is(&["NoSuchBucket"]) => return None,
        Err(fault) if fault.is(&["NoSuchLifecycleConfiguration"]) => {}
        Err(fault) => {
            let place = Pointer::configuration("lifecycle_rules");
            let unread = express.cell.unread(&fault, &mut resource, &[place]);
            gap = Some(permitted_by("s3express:GetLifecycleConfiguration", unread));
        }
    }
    Some((resource, gap))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_does_not_exist_means_none_only_where_none_are_known() {
        let fault = |message: &str, reason| Fault { reason, ..Fault::malformed("ListDirectoryBuckets", message) };
        let nowhere = fault("failed to lookup address information: Name or service not known", GapReason::Unavailable);
        let region = |name: &str| Region::new(name).unwrap();
        assert!(has_none(&nowhere, &region("eu-central-1")));
        assert!(!has_none(&nowhere, &region("us-east-1")), "there the name is known to exist");
        let for_now = fault("Temporary failure in name resolution", GapReason::Unavailable);
        assert!(!has_none(&for_now, &region("eu-central-1")));
        assert!(!has_none(&fault("connection refused", GapReason::Unavailable), &region("eu-central-1")));
    }

    #[tokio::test]
    async fn a_host_that_answered_once_or_before_exists() {
        let nowhere = || Fault {
            reason: GapReason::Unavailable,
            ..Fault::malformed("ListDirectoryBuckets", "Name or service not known")
        };
        let broken = |answered: bool| {
            Chain::new("ListDirectoryBuckets", move |token: Option<String>| {
                let first = Page { items: vec!["a--x-s3".to_owned()], next: Some("more".to_owned()) };
                let answer = if answered && token.is_none() { Ok(first) } else { Err(nowhere()) };
                async move { answer }
            })
        };
        let place = (AccountId::new("111122223333").unwrap(), Region::new("eu-central-1").unwrap());
        let before = Scope { directory_buckets: [place.clone()].into(), ..Scope::default() };
        for (answered, scope, whole) in
            [(false, &Scope::default(), true), (true, &Scope::default(), false), (false, &before, false)]
        {
            let mut list = broken(answered);
            list.read().await;
            believe(&mut list, scope, &place);
            assert_eq!(list.fault.is_none(), whole);
        }
    }
}
