//! Reading a request: which service and operation, signed by which key for which region.
//!
//! Signatures are not verified; the scope of the SigV4 header names key, region and service.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::refusal::Refusal;

/// The services that are simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Service {
    AccessAnalyzer,
    Backup,
    Iam,
    Sts,
    Ec2,
    S3,
    S3Control,
    Organizations,
    CloudTrail,
}

impl Service {
    /// The name in fault rules and counts.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::AccessAnalyzer => "accessanalyzer",
            Self::Backup => "backup",
            Self::Iam => "iam",
            Self::Sts => "sts",
            Self::Ec2 => "ec2",
            Self::S3 => "s3",
            Self::S3Control => "s3control",
            Self::Organizations => "organizations",
            Self::CloudTrail => "cloudtrail",
        }
    }

    /// Whether it is REST with JSON: operations by path, error codes in a header.
    pub(super) fn is_rest_json(self) -> bool {
        matches!(self, Self::AccessAnalyzer | Self::Backup)
    }

    /// The XML namespace of its answers; services that answer in JSON have none.
    pub(super) fn namespace(self) -> &'static str {
        match self {
            Self::Iam => "https://iam.amazonaws.com/doc/2010-05-08/",
            Self::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
            Self::Ec2 => "http://ec2.amazonaws.com/doc/2016-11-15/",
            Self::S3 => "http://s3.amazonaws.com/doc/2006-03-01/",
            Self::S3Control => "http://awss3control.amazonaws.com/doc/2018-08-20/",
            Self::AccessAnalyzer | Self::Backup | Self::CloudTrail | Self::Organizations => "",
        }
    }
}

/// The scope of a signature: `Credential=AKIA…/20261122/eu-central-1/s3/aws4_request`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) access_key: String,
    pub(super) region: String,
    pub(super) service: String,
}

impl Scope {
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let header = headers.get("authorization")?.to_str().ok()?;
        let (_, after) = header.split_once("Credential=")?;
        let credential = after.split([',', ' ']).next()?;
        let mut parts = credential.split('/');
        let (access_key, _date, region, service) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        Some(Self { access_key: access_key.to_owned(), region: region.to_owned(), service: service.to_owned() })
    }
}

/// What a request asks for, before it is known who asks.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) service: Service,
    pub(super) operation: String,
    /// Parameters of the query string and, for Query and JSON services, of the body.
    pub(super) parameters: BTreeMap<String, String>,
    /// The bucket, the access point, the trail, or the policy or account of an organization.
    pub(super) subject: Option<String>,
}

/// A request that is understood: what it asks for and in whose name.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) asked: Asked,
    pub(super) region: String,
    pub(super) access_key: String,
    /// Account of the caller.
    pub(super) account: String,
    /// ARN of the caller.
    pub(super) caller: String,
    /// Id of this request.
    pub(super) request: String,
}

impl Call {
    pub(super) fn operation(&self) -> &str {
        &self.asked.operation
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.asked.parameters.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The parameter, or the service's own refusal that it is missing.
    pub(super) fn needed(&self, name: &str) -> Result<&str, Refusal> {
        self.parameter(name).ok_or_else(|| match self.asked.service {
            Service::Ec2 => Refusal::new(
                400,
                "MissingParameter",
                format!("The request must contain the parameter {}", lower_first(name)),
            ),
            Service::Organizations => Refusal::new(
                400,
                "InvalidInputException",
                "You specified an invalid value, or left out one that is required.",
            ),
            _ => Refusal::new(
                400,
                "ValidationError",
                format!(
                    "1 validation error detected: Value null at '{}' failed to satisfy constraint: Member must not be null",
                    lower_first(name)
                ),
            ),
        })
    }

    /// The values of a numbered list: `GroupId.1`, `GroupId.2`, … or `Filter.member.1`, ….
    pub(super) fn numbered(&self, prefix: &str) -> Vec<&str> {
        (1..).map_while(|number| self.parameter(&format!("{prefix}.{number}"))).collect()
    }
}

/// Reads what is asked for.
pub(super) fn read(
    method: &Method,
    path: &str,
    query: &str,
    body: &[u8],
    headers: &HeaderMap,
    scope: Option<&Scope>,
) -> Option<Asked> {
    if let Some((service, operation)) = json_operation(headers) {
        return Some(json(service, operation, body));
    }
    if scope.is_some_and(|scope| scope.service == "access-analyzer") {
        let operation = match (method.as_str(), path) {
            ("GET", "/analyzer") => "ListAnalyzers".to_owned(),
            (method, path) => format!("{method} {path}"),
        };
        let parameters = pairs(query.as_bytes());
        return Some(Asked { service: Service::AccessAnalyzer, operation, parameters, subject: None });
    }
    if scope.is_some_and(|scope| scope.service == "backup") {
        let operation = match (method.as_str(), path) {
            ("GET", "/resources") => "ListProtectedResources".to_owned(),
            (method, path) => format!("{method} {path}"),
        };
        let parameters = pairs(query.as_bytes());
        return Some(Asked { service: Service::Backup, operation, parameters, subject: None });
    }
    let mut parameters = pairs(query.as_bytes());
    if is_form(headers) {
        parameters.extend(pairs(body));
    }
    if let Some(action) = parameters.get("Action").cloned() {
        let service = query_service(&parameters, scope)?;
        return Some(Asked { service, operation: action, parameters, subject: None });
    }
    let segments: Vec<String> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
        .collect();
    let (service, operation, subject) = match segments.split_first() {
        Some((first, rest)) if first == "v20180820" => {
            let (operation, subject) = s3control_operation(method, rest);
            (Service::S3Control, operation, subject)
        }
        Some((bucket, rest)) => (Service::S3, s3_operation(method, rest.is_empty(), &parameters), Some(bucket.clone())),
        None if *method == Method::GET && scope.is_some_and(|scope| scope.service == "s3express") => {
            (Service::S3, "ListDirectoryBuckets".to_owned(), None)
        }
        None if *method == Method::GET => (Service::S3, "ListBuckets".to_owned(), None),
        None => return None,
    };
    Some(Asked { service, operation, parameters, subject })
}

/// JSON services name the operation in a header: `AWSOrganizationsV20161128.ListRoots`.
fn json_operation(headers: &HeaderMap) -> Option<(Service, &str)> {
    let (interface, operation) = headers.get("x-amz-target")?.to_str().ok()?.split_once('.')?;
    match interface {
        "AWSOrganizationsV20161128" => Some((Service::Organizations, operation)),
        "CloudTrail_20131101" => Some((Service::CloudTrail, operation)),
        _ => None,
    }
}

fn json(service: Service, operation: &str, body: &[u8]) -> Asked {
    let body: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let parameters: BTreeMap<_, _> = body.into_iter().map(|(name, value)| (name, text(value))).collect();
    let subjects = ["PolicyId", "ChildId", "TrailName", "Name"];
    let subject = subjects.into_iter().find_map(|name| parameters.get(name)).cloned();
    Asked { service, operation: operation.to_owned(), parameters, subject }
}

fn pairs(encoded: &[u8]) -> BTreeMap<String, String> {
    form_urlencoded::parse(encoded).into_owned().collect()
}

fn is_form(headers: &HeaderMap) -> bool {
    headers
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"))
}

fn query_service(parameters: &BTreeMap<String, String>, scope: Option<&Scope>) -> Option<Service> {
    match (parameters.get("Version").map(String::as_str), scope.map(|scope| scope.service.as_str())) {
        (Some("2010-05-08"), _) | (None, Some("iam")) => Some(Service::Iam),
        (Some("2011-06-15"), _) | (None, Some("sts")) => Some(Service::Sts),
        (_, Some("ec2")) | (Some("2016-11-15"), _) => Some(Service::Ec2),
        _ => None,
    }
}

/// S3 names its operations by method and sub-resource.
fn s3_operation(method: &Method, of_bucket: bool, parameters: &BTreeMap<String, String>) -> String {
    const READS: [(&str, &str); 15] = [
        ("policyStatus", "GetBucketPolicyStatus"),
        ("policy", "GetBucketPolicy"),
        ("acl", "GetBucketAcl"),
        ("ownershipControls", "GetBucketOwnershipControls"),
        ("publicAccessBlock", "GetPublicAccessBlock"),
        ("encryption", "GetBucketEncryption"),
        ("versioning", "GetBucketVersioning"),
        ("logging", "GetBucketLogging"),
        ("lifecycle", "GetBucketLifecycleConfiguration"),
        ("object-lock", "GetObjectLockConfiguration"),
        ("replication", "GetBucketReplication"),
        ("notification", "GetBucketNotificationConfiguration"),
        ("website", "GetBucketWebsite"),
        ("tagging", "GetBucketTagging"),
        ("location", "GetBucketLocation"),
    ];
    if !of_bucket {
        return format!("{method} object");
    }
    if *method == Method::HEAD {
        return "HeadBucket".to_owned();
    }
    let read = READS.iter().find(|(parameter, _)| parameters.contains_key(*parameter));
    match read {
        Some((_, operation)) if *method == Method::GET => (*operation).to_owned(),
        Some((parameter, _)) => format!("{method} bucket?{parameter}"),
        None => format!("{method} bucket"),
    }
}

fn s3control_operation(method: &Method, path: &[String]) -> (String, Option<String>) {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let name = |name: &str| Some(name.to_owned());
    match (method.as_str(), path.as_slice()) {
        ("GET", ["configuration", "publicAccessBlock"]) => ("GetPublicAccessBlock".to_owned(), None),
        ("GET", ["mrap", "instances"]) => ("ListMultiRegionAccessPoints".to_owned(), None),
        ("GET", ["mrap", "instances", point, "policy"]) => ("GetMultiRegionAccessPointPolicy".to_owned(), name(point)),
        ("GET", ["accesspoint"]) => ("ListAccessPoints".to_owned(), None),
        ("GET", ["accesspoint", point]) => ("GetAccessPoint".to_owned(), name(point)),
        ("GET", ["accesspoint", point, "policy"]) => ("GetAccessPointPolicy".to_owned(), name(point)),
        ("GET", ["accesspoint", point, "policyStatus"]) => ("GetAccessPointPolicyStatus".to_owned(), name(point)),
        (method, path) => (format!("{method} {}", path.join("/")), None),
    }
}

fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: &Method, path: &str, query: &str) -> Asked {
        read(method, path, query, b"", &HeaderMap::new(), None).unwrap()
    }

    #[test]
    fn s3_operations_are_named_by_sub_resource() {
        assert_eq!(asked(&Method::GET, "/", "x-id=ListBuckets").operation, "ListBuckets");
        assert_eq!(asked(&Method::GET, "/logs", "policyStatus").operation, "GetBucketPolicyStatus");
        assert_eq!(asked(&Method::HEAD, "/logs", "").operation, "HeadBucket");
        assert_eq!(asked(&Method::PUT, "/logs", "policy").operation, "PUT bucket?policy");
        assert_eq!(asked(&Method::GET, "/logs", "policy").subject.as_deref(), Some("logs"));
    }

    #[test]
    fn s3_control_is_known_by_its_path() {
        let point = asked(&Method::GET, "/v20180820/accesspoint/reports/policy", "");
        assert_eq!((point.service, point.operation.as_str()), (Service::S3Control, "GetAccessPointPolicy"));
        assert_eq!(point.subject.as_deref(), Some("reports"));
    }

    #[test]
    fn organizations_is_known_by_its_target() {
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-target", "AWSOrganizationsV20161128.ListParents".parse().unwrap());
        let body = br#"{"ChildId": "111122223333", "MaxResults": 20}"#;
        let asked = read(&Method::POST, "/", "", body, &headers, None).unwrap();
        assert_eq!((asked.service, asked.operation.as_str()), (Service::Organizations, "ListParents"));
        assert_eq!(asked.subject.as_deref(), Some("111122223333"));
        assert_eq!(asked.parameters["MaxResults"], "20");
    }

    #[test]
    fn directory_buckets_are_known_by_the_name_that_the_request_is_signed_for() {
        let scope =
            Scope { access_key: String::new(), region: "us-east-1".to_owned(), service: "s3express".to_owned() };
        let asked = read(&Method::GET, "/", "x-id=ListDirectoryBuckets", b"", &HeaderMap::new(), Some(&scope)).unwrap();
        assert_eq!((asked.service, asked.operation.as_str()), (Service::S3, "ListDirectoryBuckets"));
    }

    #[test]
    fn the_signature_names_key_region_and_service() {
        let mut headers = HeaderMap::new();
        let value =
            "AWS4-HMAC-SHA256 Credential=AKIA1/20261122/eu-central-1/s3/aws4_request, SignedHeaders=host, Signature=0";
        headers.insert("authorization", value.parse().unwrap());
        let scope = Scope::of(&headers).unwrap();
        assert_eq!(
            (scope.access_key.as_str(), scope.region.as_str(), scope.service.as_str()),
            ("AKIA1", "eu-central-1", "s3")
        );
    }
}
