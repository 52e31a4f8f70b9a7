//! What holds for every request: limits, headers, and errors as JSON.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Limits;

/// The largest request body in bytes. Nothing here reads one.
const MOST_BODY: u64 = 4096;

/// An error as every page of the API gives it.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({"error": {"code": self.code, "message": self.message}});
        (self.status, Json(body)).into_response()
    }
}

pub(super) async fn no_such_page(request: Request) -> Refusal {
    Refusal {
        status: StatusCode::NOT_FOUND,
        code: "not_found",
        message: format!("there is no {}", request.uri().path()),
    }
}

/// Applies the limits, and sets the headers that keep a browser from doing more than showing.
pub(super) async fn guard(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    let mut response = if announced_body(request.headers()) > MOST_BODY {
        Refusal {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            code: "body_too_large",
            message: format!("requests here need no body; at most {MOST_BODY} bytes are taken"),
        }
        .into_response()
    } else {
        tokio::time::timeout(limits.request, next.run(request)).await.unwrap_or_else(|_late| {
            Refusal {
                status: StatusCode::SERVICE_UNAVAILABLE,
                code: "timed_out",
                message: format!("the request took longer than {} s", limits.request.as_secs()),
            }
            .into_response()
        })
    };
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

fn announced_body(headers: &HeaderMap) -> u64 {
    if headers.contains_key(header::TRANSFER_ENCODING) {
        return u64::MAX;
    }
    headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok()).unwrap_or_default()
}

/// No scripts, no frames, nothing from elsewhere, nothing kept.
const HEADERS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];
