//! What went wrong with one call, in the words of a [`Gap`]: why, what the service said, and
//! which permission would help.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::model::GapReason;

/// A call that did not give an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// API operation.
    pub(super) operation: &'static str,
    /// The service's error code, when the service answered.
    pub(super) code: Option<String>,
    /// Why.
    pub(super) reason: GapReason,
    /// The service's own words, or the transport's.
    pub(super) message: String,
    /// The region that the service says to ask instead.
    pub(super) elsewhere: Option<String>,
}

impl Fault {
    /// Reads the SDK's error.
    pub(super) fn new<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let response = error.raw_response();
        let code = error
            .as_service_error()
            .and_then(ProvideErrorMetadata::code)
            .map(str::to_owned)
            .or_else(|| response.and_then(code_of));
        let reason = reason(error, code.as_deref());
        Self {
            operation,
            message: message(error, code.as_deref(), reason),
            reason,
            elsewhere: elsewhere(response),
            code,
        }
    }

    /// An answer that arrived but cannot be understood.
    pub(super) fn malformed(operation: &'static str, message: impl Into<String>) -> Self {
        Self { operation, code: None, reason: GapReason::Malformed, message: message.into(), elsewhere: None }
    }

    /// Whether the error code is one of these.
    pub(super) fn is(&self, codes: &[&str]) -> bool {
        self.code.as_deref().is_some_and(|code| codes.contains(&code))
    }

    /// Whether the same call may well succeed later.
    pub(super) const fn may_pass(&self) -> bool {
        match self.reason {
            GapReason::Throttled | GapReason::TimedOut | GapReason::Unavailable => true,
            GapReason::Malformed => self.code.is_none(),
            _ => false,
        }
    }

    /// Whether nothing came back at all: what a circuit breaker counts.
    pub(super) const fn is_hard(&self) -> bool {
        self.code.is_none() && matches!(self.reason, GapReason::TimedOut | GapReason::Unavailable)
    }
}

/// Whether the code means "slow down". The list is the SDK's, and `TooManyRequests`.
pub(super) fn is_throttle(code: &str) -> bool {
    matches!(
        code,
        "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "TooManyRequests"
            | "TooManyRequestsException"
            | "RequestLimitExceeded"
            | "BandwidthLimitExceeded"
            | "LimitExceededException"
            | "PriorRequestNotComplete"
            | "SlowDown"
            | "EC2ThrottledException"
    )
}

/// The error code of an error, in the XML or JSON of any of the services; REST services with JSON
/// have it in a header.
pub(super) fn code_of(response: &HttpResponse) -> Option<String> {
    if let Some(header) = response.headers().get("x-amzn-errortype") {
        // `AccessDeniedException:http://internal.amazon.com/coral/…`
        return header.split(':').next().and_then(|code| code.rsplit('#').next()).map(str::to_owned);
    }
    let body = std::str::from_utf8(response.body().bytes()?).ok()?;
    element(body, "Code").or_else(|| error_type(body))
}

/// `{"__type": "com.amazonaws.organizations#AccessDeniedException", …}`, with or without the
/// namespace.
fn error_type(body: &str) -> Option<String> {
    let error: serde_json::Value = serde_json::from_str(body).ok()?;
    error.get("__type")?.as_str()?.rsplit('#').next().map(str::to_owned)
}

fn element(body: &str, name: &str) -> Option<String> {
    let (_, rest) = body.split_once(&format!("<{name}>"))?;
    rest.split_once("</").map(|(text, _)| text.trim().to_owned())
}

/// A bucket that lives elsewhere is answered with its region, in a header or in the body.
fn elsewhere(response: Option<&HttpResponse>) -> Option<String> {
    let response = response?;
    let code = code_of(response);
    let moved = matches!(response.status().as_u16(), 301 | 307)
        || matches!(
            code.as_deref(),
            Some("AuthorizationHeaderMalformed" | "PermanentRedirect" | "IllegalLocationConstraintException")
        );
    if !moved {
        return None;
    }
    let body = || element(std::str::from_utf8(response.body().bytes()?).ok()?, "Region");
    response.headers().get("x-amz-bucket-region").map(str::to_owned).or_else(body)
}

fn reason<E>(error: &SdkError<E, HttpResponse>, code: Option<&str>) -> GapReason
where
    E: Error + Send + Sync + 'static,
{
    if let Some(code) = code {
        return by_code(code, error.raw_response().map_or(0, |response| response.status().as_u16()));
    }
    match error {
        SdkError::TimeoutError(_) => GapReason::TimedOut,
        SdkError::DispatchFailure(failure) if failure.is_timeout() => GapReason::TimedOut,
        SdkError::ServiceError(_) | SdkError::ResponseError(_) => {
            match error.raw_response().map(|response| response.status().as_u16()) {
                Some(401 | 403) => GapReason::Denied,
                Some(429) => GapReason::Throttled,
                Some(500..) => GapReason::Unavailable,
                _ => GapReason::Malformed,
            }
        }
        _ if caused_by_credentials(error) => GapReason::Credentials,
        _ => GapReason::Unavailable,
    }
}

fn by_code(code: &str, status: u16) -> GapReason {
    match code {
        _ if is_throttle(code) => GapReason::Throttled,
        "AccessDenied"
        | "AccessDeniedException"
        | "UnauthorizedOperation"
        | "AuthorizationError"
        | "AllAccessDisabled"
        | "Forbidden" => GapReason::Denied,
        // By the time collectors call, the session's credentials were accepted once.
        // JSON services say UnrecognizedClientException of a disabled region and of a revoked key
        // alike: which of the two it is, EC2's answer in that region decides.
        "AuthFailure" | "OptInRequired" => GapReason::RegionDisabled,
        "ExpiredToken"
        | "ExpiredTokenException"
        | "RequestExpired"
        | "InvalidToken"
        | "TokenRefreshRequired"
        | "InvalidClientTokenId"
        | "InvalidAccessKeyId"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch"
        | "MissingAuthenticationToken" => GapReason::Credentials,
        "RequestTimeout" | "RequestTimeoutException" => GapReason::TimedOut,
        _ if status == 403 => GapReason::Denied,
        _ if status >= 500 => GapReason::Unavailable,
        _ => GapReason::Malformed,
    }
}

fn caused_by_credentials(error: &(dyn Error + 'static)) -> bool {
    chain(error).any(<dyn Error>::is::<CredentialsError>)
}

/// The service's words; for the transport's trouble the innermost cause, which names it.
fn message<E>(error: &SdkError<E, HttpResponse>, code: Option<&str>, reason: GapReason) -> String
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    if let Some(code) = code {
        let words = error.as_service_error().and_then(ProvideErrorMetadata::message).unwrap_or_default();
        // EC2 adds a message encrypted for the caller, different each time.
        let words = words.split(" Encoded authorization failure message").next().unwrap_or_default();
        return if words.is_empty() { code.to_owned() } else { format!("{code}: {words}") };
    }
    match (error, error.raw_response()) {
        (SdkError::TimeoutError(_), _) => "no answer within the time limit".to_owned(),
        (SdkError::DispatchFailure(_), _) if reason == GapReason::TimedOut => {
            "no answer within the time limit".to_owned()
        }
        (_, Some(response)) => not_understood(response.status().as_u16(), &innermost(error)),
        _ => innermost(error),
    }
}

/// An answer without the form of an answer: a proxy's page, or a body that was cut off.
fn not_understood(status: u16, problem: &str) -> String {
    let problem = problem.split(". This is likely a bug").next().unwrap_or_default();
    let short: String = problem.chars().take(200).collect();
    format!("HTTP {status}, and an answer that cannot be understood: {short}")
}

/// The last cause in the chain, which is the one that names the trouble.
pub(super) fn innermost(error: &(dyn Error + 'static)) -> String {
    chain(error).last().map_or_else(String::new, ToString::to_string)
}

/// An error and its causes.
pub(super) fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let current = next?;
        next = current.source();
        Some(current)
    })
}

/// The IAM action that allows an operation. S3 names a third of its actions differently from its
/// operations; `account_wide` tells the two `GetPublicAccessBlock` apart.
pub(super) fn permission(service: &str, operation: &str, account_wide: bool) -> String {
    let service = if service == "accessanalyzer" { "access-analyzer" } else { service };
    let action = match (service, operation) {
        ("s3", "ListBuckets") => "ListAllMyBuckets",
        ("s3", "GetPublicAccessBlock") if account_wide => "GetAccountPublicAccessBlock",
        ("s3", "GetPublicAccessBlock") => "GetBucketPublicAccessBlock",
        ("s3", "GetBucketEncryption") => "GetEncryptionConfiguration",
        ("s3", "GetBucketLifecycleConfiguration") => "GetLifecycleConfiguration",
        ("s3", "GetBucketReplication") => "GetReplicationConfiguration",
        ("s3", "GetBucketNotificationConfiguration") => "GetBucketNotification",
        ("s3", "GetObjectLockConfiguration") => "GetBucketObjectLockConfiguration",
        _ => operation,
    };
    format!("{service}:{action}")
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::operation::get_bucket_policy::GetBucketPolicyError;
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;

    use super::*;

    fn answer(status: u16, body: &'static str) -> Fault {
        let response = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body));
        Fault::new("GetBucketPolicy", &SdkError::<GetBucketPolicyError, _>::response_error("not understood", response))
    }

    fn code(code: &str, status: u16) -> GapReason {
        by_code(code, status)
    }

    #[test]
    fn each_code_has_its_reason() {
        assert_eq!(code("SlowDown", 503), GapReason::Throttled);
        assert_eq!(code("AccessDenied", 403), GapReason::Denied);
        assert_eq!(code("UnauthorizedOperation", 403), GapReason::Denied);
        assert_eq!(code("ExpiredToken", 400), GapReason::Credentials);
        assert_eq!(code("AuthFailure", 401), GapReason::RegionDisabled);
        assert_eq!(code("UnrecognizedClientException", 400), GapReason::Credentials);
        assert_eq!(code("InternalError", 500), GapReason::Unavailable);
        assert_eq!(code("SomethingNew", 403), GapReason::Denied);
        assert_eq!(code("SomethingNew", 400), GapReason::Malformed);
    }

    #[test]
    fn an_answer_without_a_code_is_judged_by_its_status() {
        assert_eq!(answer(502, "<html>bad gateway</html>").reason, GapReason::Unavailable);
        assert_eq!(answer(200, "<html>welcome</html>").reason, GapReason::Malformed);
        assert_eq!(answer(403, "").reason, GapReason::Denied);
        assert!(answer(502, "").message.starts_with("HTTP 502, and an answer that cannot be understood: "));
    }

    #[test]
    fn json_services_name_their_code_too() {
        let told = answer(400, r#"{"__type":"com.amazonaws.organizations#TooManyRequestsException","Message":"slow"}"#);
        assert_eq!((told.reason, told.code.as_deref()), (GapReason::Throttled, Some("TooManyRequestsException")));
        assert_eq!(answer(400, r#"{"__type":"AccessDeniedException"}"#).reason, GapReason::Denied);
        assert_eq!(answer(400, r#"{"Message":"no type"}"#).reason, GapReason::Malformed);
    }

    #[test]
    fn rest_services_with_json_name_their_code_in_a_header() {
        let mut response = HttpResponse::new(StatusCode::try_from(403).unwrap(), SdkBody::from(r#"{"message":"no"}"#));
        response.headers_mut().insert("x-amzn-errortype", "AccessDeniedException:http://example.com/");
        assert_eq!(code_of(&response).as_deref(), Some("AccessDeniedException"));
    }

    #[test]
    fn a_redirect_names_the_region_to_ask() {
        let body = "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>";
        assert_eq!(answer(400, body).elsewhere.as_deref(), Some("eu-west-1"));
        assert_eq!(answer(403, "<Error><Code>AccessDenied</Code><Region>eu-west-1</Region></Error>").elsewhere, None);
    }

    #[test]
    fn trouble_of_the_transport_is_told_in_its_own_words() {
        let refused = ConnectorError::io("connection refused".into());
        let fault = Fault::new("ListBuckets", &SdkError::<GetBucketPolicyError, _>::dispatch_failure(refused));
        assert_eq!((fault.reason, fault.message.as_str()), (GapReason::Unavailable, "connection refused"));
        assert!(fault.is_hard());
        let slow = ConnectorError::timeout("deadline".into());
        let fault = Fault::new("ListBuckets", &SdkError::<GetBucketPolicyError, _>::dispatch_failure(slow));
        assert_eq!(fault.reason, GapReason::TimedOut);
    }

    #[test]
    fn permissions_are_named_as_iam_names_them() {
        assert_eq!(permission("s3", "ListBuckets", true), "s3:ListAllMyBuckets");
        assert_eq!(permission("s3", "GetPublicAccessBlock", false), "s3:GetBucketPublicAccessBlock");
        assert_eq!(permission("s3", "GetPublicAccessBlock", true), "s3:GetAccountPublicAccessBlock");
        assert_eq!(permission("ec2", "DescribeVpcs", true), "ec2:DescribeVpcs");
        assert_eq!(permission("accessanalyzer", "ListAnalyzers", true), "access-analyzer:ListAnalyzers");
    }
}
