//! S3 Control: the account's access block, and access points.

use super::estate::{Account, Estate, document_text, opaque_id};
use super::estate_s3::AccessPoint;
use super::paging::page;
use super::refusal::Refusal;
use super::request::{Call, Service};
use super::s3::{access_block_flags, instant};
use super::xml::Xml;

pub(super) fn answer(call: &Call, estate: &Estate, account: &Account) -> Result<String, Refusal> {
    match call.operation() {
        "GetPublicAccessBlock" => account_access_block(account),
        "ListAccessPoints" => list_access_points(call, account),
        "ListMultiRegionAccessPoints" => list_multi_region(call, estate, account),
        "GetMultiRegionAccessPointPolicy" => multi_region_policy(call, account),
        "GetAccessPoint" => Ok(access_point(estate, account, find(call, account)?)),
        "GetAccessPointPolicy" => access_point_policy(find(call, account)?),
        _ => Err(Refusal::unsupported(&call.asked)),
    }
}

fn account_access_block(account: &Account) -> Result<String, Refusal> {
    let block = account.s3_access_block.ok_or_else(|| {
        let message = "The public access block configuration was not found";
        Refusal::new(404, "NoSuchPublicAccessBlockConfiguration", message)
    })?;
    Ok(document("PublicAccessBlockConfiguration", |xml| access_block_flags(xml, block)))
}

fn list_access_points(call: &Call, account: &Account) -> Result<String, Refusal> {
    let bucket = call.parameter("bucket");
    let size = call.parameter("maxResults").and_then(|text| text.parse().ok()).unwrap_or(1000).clamp(1, 1000);
    let points: Vec<&AccessPoint> = account
        .access_points
        .iter()
        .filter(|point| point.region == call.region)
        .filter(|point| bucket.is_none_or(|bucket| point.bucket == bucket))
        .collect();
    let page = page(&points, call.parameter("nextToken"), size)
        .map_err(|_bad| Refusal::new(400, "InvalidNextToken", "The continuation token provided is incorrect"))?;
    Ok(document("ListAccessPointsResult", |xml| {
        xml.list("AccessPointList", "AccessPoint", page.items, |xml, point| {
            head(xml, account, point);
            xml.text("AccessPointArn", arn(account, point));
            xml.text("Alias", alias(point));
        });
        xml.maybe("NextToken", page.next);
    }))
}

/// One region answers for all of them.
fn list_multi_region(call: &Call, estate: &Estate, account: &Account) -> Result<String, Refusal> {
    at_home(call)?;
    if call.parameter("maxResults").is_some() {
        // AWS documents the parameter as not to be used.
        return Err(Refusal::new(400, "InvalidRequest", "The parameter maxResults is not supported"));
    }
    let page = page(&account.multi_region_access_points, call.parameter("nextToken"), 100)
        .map_err(|_bad| Refusal::new(400, "InvalidNextToken", "The continuation token provided is incorrect"))?;
    Ok(document("ListMultiRegionAccessPointsResult", |xml| {
        xml.list("AccessPoints", "AccessPoint", page.items, |xml, point| {
            xml.text("Name", &point.name);
            xml.text("Alias", format!("{}.mrap", opaque_id("m", &point.name).to_lowercase()));
            xml.text("CreatedAt", instant(estate.days_ago(point.created_days_ago)));
            xml.element("PublicAccessBlock", |xml| access_block_flags(xml, point.access_block));
            xml.text("Status", "READY");
            xml.list("Regions", "Region", &point.buckets, |xml, name| {
                xml.text("Bucket", name);
                xml.maybe("Region", account.bucket(name).map(|bucket| &bucket.region));
                xml.text("BucketAccountId", &account.id);
            });
        });
        xml.maybe("NextToken", page.next);
    }))
}

fn at_home(call: &Call) -> Result<(), Refusal> {
    if call.region == "us-west-2" {
        return Ok(());
    }
    Err(Refusal::new(400, "InvalidRequest", "This operation is not supported in this Region"))
}

fn multi_region_policy(call: &Call, account: &Account) -> Result<String, Refusal> {
    at_home(call)?;
    let name = call.asked.subject.as_deref().unwrap_or_default();
    let point = account.multi_region_access_points.iter().find(|point| point.name == name).ok_or_else(|| {
        let message = "The specified Multi-Region Access Point does not exist";
        Refusal::new(404, "NoSuchMultiRegionAccessPoint", message)
    })?;
    Ok(document("GetMultiRegionAccessPointPolicyResult", |xml| {
        if let Some(policy) = &point.policy {
            let text = document_text(policy);
            xml.element("Policy", |xml| {
                xml.element("Established", |xml| xml.text("Policy", &text));
                xml.element("Proposed", |xml| xml.text("Policy", &text));
            });
        }
    }))
}

fn find<'a>(call: &Call, account: &'a Account) -> Result<&'a AccessPoint, Refusal> {
    let name = call.asked.subject.as_deref().unwrap_or_default();
    account
        .access_points
        .iter()
        .find(|point| point.name == name && point.region == call.region)
        .ok_or_else(|| Refusal::new(404, "NoSuchAccessPoint", "The specified accesspoint does not exist"))
}

fn access_point(estate: &Estate, account: &Account, point: &AccessPoint) -> String {
    document("GetAccessPointResult", |xml| {
        head(xml, account, point);
        xml.element("PublicAccessBlockConfiguration", |xml| access_block_flags(xml, point.access_block));
        xml.text("CreationDate", instant(estate.days_ago(point.created_days_ago)));
        xml.text("Alias", alias(point));
        xml.text("AccessPointArn", arn(account, point));
    })
}

fn access_point_policy(point: &AccessPoint) -> Result<String, Refusal> {
    let policy = point.policy.as_ref().ok_or_else(|| {
        Refusal::new(404, "NoSuchAccessPointPolicy", "The specified accesspoint policy does not exist")
    })?;
    Ok(document("GetAccessPointPolicyResult", |xml| xml.text("Policy", document_text(policy))))
}

fn head(xml: &mut Xml, account: &Account, point: &AccessPoint) {
    xml.text("Name", &point.name);
    xml.text("NetworkOrigin", if point.vpc.is_some() { "VPC" } else { "Internet" });
    if let Some(vpc) = &point.vpc {
        xml.element("VpcConfiguration", |xml| xml.text("VpcId", vpc));
    }
    xml.text("Bucket", &point.bucket);
    xml.text("BucketAccountId", &account.id);
}

fn arn(account: &Account, point: &AccessPoint) -> String {
    format!("arn:aws:s3:{}:{}:accesspoint/{}", point.region, account.id, point.name)
}

fn alias(point: &AccessPoint) -> String {
    format!("{}-{}-s3alias", point.name, opaque_id("", &point.name).to_lowercase())
}

fn document(root: &str, fill: impl FnOnce(&mut Xml)) -> String {
    Xml::document(root, Service::S3Control.namespace(), fill)
}
