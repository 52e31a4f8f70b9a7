//! What the services say when they refuse, in each one's own words and format.

use super::request::{Asked, Call, Service};
use super::xml::Xml;

/// A request that is not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
    /// The region the bucket is in, when the caller asked the wrong one.
    pub(super) region: Option<String>,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into(), region: None }
    }

    /// The caller may not do this.
    pub(super) fn denied(call: &Call) -> Self {
        let action = action(&call.asked);
        let who = format!("User: {} is not authorized to perform: {action}", call.caller);
        let why = format!("because no identity-based policy allows the {action} action");
        match (call.asked.service, &call.asked.subject) {
            (Service::Ec2, _) => Self::new(
                403,
                "UnauthorizedOperation",
                format!("You are not authorized to perform this operation. {who} {why}"),
            ),
            (Service::S3, Some(bucket)) if is_directory(bucket) => {
                let arn = format!("arn:aws:s3express:{}:{}:bucket/{bucket}", call.region, call.account);
                Self::new(403, "AccessDenied", format!("{who} on resource: \"{arn}\" {why}"))
            }
            (Service::CloudTrail, trail) => {
                let on = trail.as_deref().unwrap_or("*");
                Self::new(400, "AccessDeniedException", format!("{who} on resource: {on} {why}"))
            }
            (Service::S3, Some(bucket)) => {
                Self::new(403, "AccessDenied", format!("{who} on resource: \"arn:aws:s3:::{bucket}\" {why}"))
            }
            (Service::S3Control, Some(point)) => Self::new(
                403,
                "AccessDenied",
                format!("{who} on resource: \"arn:aws:s3:{}:{}:accesspoint/{point}\" {why}", call.region, call.account),
            ),
            (Service::Iam | Service::Sts, _) => Self::new(403, "AccessDenied", format!("{who} on resource: * {why}")),
            (Service::S3 | Service::S3Control, None) => Self::new(403, "AccessDenied", format!("{who} {why}")),
            (Service::AccessAnalyzer | Service::Backup, _) => {
                Self::new(403, "AccessDeniedException", format!("{who} on resource: * {why}"))
            }
            (Service::Organizations, _) => {
                Self::new(400, "AccessDeniedException", format!("{who} on resource: * {why}"))
            }
        }
    }

    /// The caller asks too much.
    pub(super) fn throttled(service: Service) -> Self {
        match service {
            Service::AccessAnalyzer | Service::Backup => Self::new(429, "ThrottlingException", "Rate exceeded"),
            Service::Iam | Service::Sts => Self::new(400, "Throttling", "Rate exceeded"),
            Service::Ec2 => Self::new(503, "RequestLimitExceeded", "Request limit exceeded."),
            Service::S3 | Service::S3Control => Self::new(503, "SlowDown", "Please reduce your request rate."),
            Service::CloudTrail => Self::new(400, "ThrottlingException", "Rate exceeded"),
            Service::Organizations => Self::new(
                400,
                "TooManyRequestsException",
                "AWS Organizations can't complete your request because another request is already in progress.",
            ),
        }
    }

    /// The caller's credentials are too old.
    pub(super) fn expired(service: Service) -> Self {
        match service {
            Service::Iam | Service::Sts => {
                Self::new(403, "ExpiredToken", "The security token included in the request is expired")
            }
            Service::AccessAnalyzer | Service::Backup => {
                Self::new(403, "ExpiredTokenException", "The security token included in the request is expired")
            }
            Service::Ec2 => Self::new(400, "RequestExpired", "Request has expired."),
            Service::S3 | Service::S3Control => Self::new(400, "ExpiredToken", "The provided token has expired."),
            Service::Organizations | Service::CloudTrail => {
                Self::new(400, "ExpiredTokenException", "The security token included in the request is expired")
            }
        }
    }

    /// The service itself has failed.
    pub(super) fn internal(service: Service) -> Self {
        match service {
            Service::Iam | Service::Sts => Self::new(
                500,
                "ServiceFailure",
                "The request processing has failed because of an unknown error, exception or failure.",
            ),
            Service::AccessAnalyzer | Service::Backup => {
                Self::new(500, "InternalServerException", "An internal error has occurred")
            }
            Service::Ec2 => Self::new(500, "InternalError", "An internal error has occurred"),
            Service::S3 | Service::S3Control => {
                Self::new(500, "InternalError", "We encountered an internal error. Please try again.")
            }
            Service::CloudTrail => Self::new(500, "InternalFailure", "An internal error has occurred."),
            Service::Organizations => {
                Self::new(500, "ServiceException", "AWS Organizations can't complete your request. Try again later.")
            }
        }
    }

    /// The request carries no signature.
    pub(super) fn unsigned(service: Service) -> Self {
        match service {
            Service::Iam | Service::Sts => {
                Self::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
            }
            Service::AccessAnalyzer | Service::Backup => {
                Self::new(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
            }
            Service::Ec2 => {
                Self::new(401, "AuthFailure", "AWS was not able to validate the provided access credentials")
            }
            Service::S3 | Service::S3Control => Self::new(403, "AccessDenied", "Access Denied"),
            Service::Organizations | Service::CloudTrail => {
                Self::new(400, "MissingAuthenticationTokenException", "Missing Authentication Token")
            }
        }
    }

    /// Nobody has this access key, or its session token is not the one it was given.
    pub(super) fn unknown_key(service: Service) -> Self {
        match service {
            Service::Iam | Service::Sts => {
                Self::new(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
            }
            Service::AccessAnalyzer | Service::Backup => {
                Self::new(403, "UnrecognizedClientException", "The security token included in the request is invalid.")
            }
            Service::Ec2 => {
                Self::new(401, "AuthFailure", "AWS was not able to validate the provided access credentials")
            }
            Service::S3 | Service::S3Control => Self::new(
                403,
                "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.",
            ),
            Service::Organizations | Service::CloudTrail => {
                Self::new(400, "UnrecognizedClientException", "The security token included in the request is invalid.")
            }
        }
    }

    /// The operation exists only on the real AWS, or nowhere.
    pub(super) fn unsupported(asked: &Asked) -> Self {
        let operation = &asked.operation;
        match asked.service {
            Service::AccessAnalyzer | Service::Backup => {
                Self::new(404, "UnknownOperationException", format!("no operation {operation}"))
            }
            Service::Iam => {
                Self::new(400, "InvalidAction", format!("Could not find operation {operation} for version 2010-05-08"))
            }
            Service::Sts => {
                Self::new(400, "InvalidAction", format!("Could not find operation {operation} for version 2011-06-15"))
            }
            Service::Ec2 => {
                Self::new(400, "InvalidAction", format!("The action {operation} is not valid for this web service."))
            }
            Service::S3 | Service::S3Control if operation.starts_with("GET") => {
                Self::new(501, "NotImplemented", "A header you provided implies functionality that is not implemented")
            }
            Service::S3 | Service::S3Control => {
                Self::new(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
            }
            Service::Organizations | Service::CloudTrail => {
                Self::new(400, "UnknownOperationException", format!("no operation {operation}"))
            }
        }
    }

    /// The body of the answer.
    pub(super) fn body(&self, service: Service, subject: Option<&str>, request: &str) -> String {
        match service {
            Service::Iam | Service::Sts => Xml::document("ErrorResponse", service.namespace(), |xml| {
                xml.element("Error", |xml| {
                    xml.text("Type", if self.status < 500 { "Sender" } else { "Receiver" });
                    self.code_and_message(xml);
                });
                xml.text("RequestId", request);
            }),
            Service::Ec2 => {
                let mut xml = Xml::default();
                xml.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
                xml.element("Response", |xml| {
                    xml.list("Errors", "Error", [self], |xml, refusal| refusal.code_and_message(xml));
                    xml.text("RequestID", request);
                });
                xml.finish()
            }
            Service::S3 => self.s3_body(subject, request),
            Service::AccessAnalyzer | Service::Backup => {
                serde_json::json!({"message": self.message.as_str()}).to_string()
            }
            Service::Organizations | Service::CloudTrail => {
                serde_json::json!({"__type": self.code.as_str(), "Message": self.message.as_str()}).to_string()
            }
            Service::S3Control => {
                let mut xml = Xml::default();
                xml.raw("<?xml version=\"1.0\"?>\n");
                xml.element("ErrorResponse", |xml| {
                    xml.element("Error", |xml| self.code_and_message(xml));
                    xml.text("RequestId", request);
                });
                xml.finish()
            }
        }
    }

    fn s3_body(&self, bucket: Option<&str>, request: &str) -> String {
        let mut xml = Xml::default();
        xml.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        xml.element("Error", |xml| {
            self.code_and_message(xml);
            xml.maybe("BucketName", bucket);
            if let Some(region) = &self.region {
                xml.text("Region", region);
                xml.text("Endpoint", format!("s3.{region}.amazonaws.com"));
            }
            xml.text("RequestId", request);
            xml.text("HostId", "simulated");
        });
        xml.finish()
    }

    fn code_and_message(&self, xml: &mut Xml) {
        xml.text("Code", &self.code);
        xml.text("Message", &self.message);
    }
}

/// The IAM action that permits an operation; S3 calls many of them by other names.
fn action(asked: &Asked) -> String {
    let operation = asked.operation.as_str();
    let of_directories = operation == "ListDirectoryBuckets" || asked.subject.as_deref().is_some_and(is_directory);
    match asked.service {
        Service::S3 if of_directories => format!("s3express:{}", s3_action(asked.service, operation)),
        Service::S3 | Service::S3Control => format!("s3:{}", s3_action(asked.service, operation)),
        Service::AccessAnalyzer => format!("access-analyzer:{operation}"),
        service => format!("{}:{operation}", service.name()),
    }
}

/// Directory buckets are known by the end of their names.
pub(super) fn is_directory(bucket: &str) -> bool {
    bucket.ends_with("--x-s3")
}

fn s3_action(service: Service, operation: &str) -> &str {
    match (service, operation) {
        (Service::S3Control, "GetPublicAccessBlock") => "GetAccountPublicAccessBlock",
        (_, "ListBuckets") => "ListAllMyBuckets",
        (_, "ListDirectoryBuckets") => "ListAllMyDirectoryBuckets",
        (_, "HeadBucket") => "ListBucket",
        (_, "GetPublicAccessBlock") => "GetBucketPublicAccessBlock",
        (_, "GetBucketEncryption") => "GetEncryptionConfiguration",
        (_, "GetBucketLifecycleConfiguration") => "GetLifecycleConfiguration",
        (_, "GetObjectLockConfiguration") => "GetBucketObjectLockConfiguration",
        (_, "GetBucketReplication") => "GetReplicationConfiguration",
        (_, "GetBucketNotificationConfiguration") => "GetBucketNotification",
        (_, other) => other,
    }
}
