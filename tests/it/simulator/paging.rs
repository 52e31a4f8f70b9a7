//! Pages: each resource exactly once, and sizes that AWS refuses are refused.

use std::collections::BTreeSet;

use super::{Clients, EU, US, code, demo};

/// All distinct, and as many as there are.
#[track_caller]
fn check_each_once(seen: &[String], expected: usize) {
    let distinct: BTreeSet<&String> = seen.iter().collect();
    assert_eq!((distinct.len(), seen.len()), (expected, expected), "{seen:?}");
}

#[tokio::test]
async fn authorization_details_come_in_pages_across_kinds() {
    let simulator = demo().await;
    let iam = Clients::new(&simulator, US).iam;
    let (mut seen, mut marker, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = iam.get_account_authorization_details().max_items(7).set_marker(marker).send().await.unwrap();
        seen.extend(page.user_detail_list().iter().filter_map(|one| one.arn().map(str::to_owned)));
        seen.extend(page.group_detail_list().iter().filter_map(|one| one.arn().map(str::to_owned)));
        seen.extend(page.role_detail_list().iter().filter_map(|one| one.arn().map(str::to_owned)));
        seen.extend(page.policies().iter().filter_map(|one| one.arn().map(str::to_owned)));
        pages += 1;
        if !page.is_truncated() {
            break;
        }
        marker = page.marker().map(str::to_owned);
    }
    assert_eq!(pages, seen.len().div_ceil(7));
    check_each_once(&seen, 20 + 7 + 62 + 14 + 10);
}

#[tokio::test]
async fn buckets_come_in_pages_with_their_regions() {
    let simulator = demo().await;
    let s3 = Clients::new(&simulator, US).s3;
    let mut pages = s3.list_buckets().max_buckets(7).into_paginator().send();
    let mut seen = Vec::new();
    while let Some(page) = pages.next().await {
        for bucket in page.unwrap().buckets() {
            assert!(bucket.bucket_region().is_some_and(|region| region == EU || region == US));
            seen.push(bucket.name().unwrap().to_owned());
        }
    }
    check_each_once(&seen, 40);
    assert_eq!(simulator.stats().of("s3", "ListBuckets"), 6);
    let plain = s3.list_buckets().send().await.unwrap();
    assert_eq!(plain.buckets().len(), 40);
    assert!(plain.buckets()[0].bucket_region().is_none(), "only a request with a parameter gets regions");
}

#[tokio::test]
async fn groups_and_their_rules_come_in_pages() {
    let simulator = demo().await;
    let ec2 = Clients::new(&simulator, EU).ec2;
    let mut pages = ec2.describe_security_groups().max_results(5).into_paginator().send();
    let mut groups = Vec::new();
    while let Some(page) = pages.next().await {
        groups.extend(page.unwrap().security_groups().iter().map(|group| group.group_id().unwrap().to_owned()));
    }
    check_each_once(&groups, 26);
    let all = ec2.describe_security_group_rules().send().await.unwrap().security_group_rules().len();
    let mut pages = ec2.describe_security_group_rules().max_results(5).into_paginator().send();
    let mut rules = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        rules.extend(page.security_group_rules().iter().map(|rule| rule.security_group_rule_id().unwrap().to_owned()));
    }
    check_each_once(&rules, all);
}

#[tokio::test]
async fn everything_else_comes_in_pages_too() {
    let simulator = demo().await;
    let clients = Clients::new(&simulator, EU);
    let mut pages = clients.ec2.describe_network_interfaces().max_results(6).into_paginator().send();
    let mut interfaces = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        interfaces.extend(page.network_interfaces().iter().map(|one| one.network_interface_id().unwrap().to_owned()));
    }
    check_each_once(&interfaces, 20);
    let mut pages = clients.ec2.describe_instances().max_results(5).into_paginator().send();
    let mut reservations = Vec::new();
    while let Some(page) = pages.next().await {
        reservations.extend(page.unwrap().reservations().iter().map(|one| one.reservation_id().unwrap().to_owned()));
    }
    check_each_once(&reservations, 10);
    let mut pages = clients.iam.list_roles().max_items(11).into_paginator().send();
    let mut roles = Vec::new();
    while let Some(page) = pages.next().await {
        roles.extend(page.unwrap().roles().iter().map(|role| role.arn().to_owned()));
    }
    check_each_once(&roles, 62);
    let mut pages =
        clients.s3control.list_access_points().account_id(super::ACCOUNT).max_results(1).into_paginator().send();
    let mut points = Vec::new();
    while let Some(page) = pages.next().await {
        points.extend(page.unwrap().access_point_list().iter().map(|point| point.name().to_owned()));
    }
    check_each_once(&points, 3);
}

#[tokio::test]
async fn sizes_and_tokens_out_of_bounds_are_refused() {
    let simulator = demo().await;
    let clients = Clients::new(&simulator, EU);
    let groups = || clients.ec2.describe_security_groups();
    assert_eq!(code(groups().max_results(4).send().await), "InvalidParameterValue");
    assert_eq!(code(groups().max_results(1001).send().await), "InvalidParameterValue");
    assert_eq!(code(groups().next_token("mine").send().await), "InvalidPaginationToken");
    let details = || clients.iam.get_account_authorization_details();
    assert_eq!(code(details().max_items(1001).send().await), "ValidationError");
    assert_eq!(code(details().marker("mine").send().await), "ValidationError");
    assert_eq!(code(clients.s3.list_buckets().max_buckets(10_001).send().await), "InvalidArgument");
}

#[tokio::test]
async fn ids_and_filters_narrow_what_is_listed() {
    use aws_sdk_ec2::types::Filter;
    let simulator = demo().await;
    let ec2 = Clients::new(&simulator, EU).ec2;
    let with = async |name: &str, value: &str| {
        let filter = Filter::builder().name(name).values(value).build();
        ec2.describe_security_groups().filters(filter).send().await.map(|page| page.security_groups().len())
    };
    assert_eq!(with("group-name", "default").await.unwrap(), 3);
    assert_eq!(with("tag:team", "orders").await.unwrap(), 4);
    assert_eq!(code(with("no-such-filter", "x").await), "InvalidParameterValue");
    assert_eq!(code(ec2.describe_security_groups().group_ids("sg-0").send().await), "InvalidGroup.NotFound");
}
