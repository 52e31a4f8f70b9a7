//! `/metrics`: the page in the format and the encoding that the client asks for.

use std::io::Write;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::board::Board;
use crate::metrics::{Format, render_as};

pub(super) async fn page(State(board): State<Board>, headers: HeaderMap) -> Response {
    let format = Format::accepted(&list(&headers, &header::ACCEPT));
    let (shown, now) = board.look();
    let page = render_as(format, &shown.published, now);
    let about = [(header::CONTENT_TYPE, format.content_type()), (header::VARY, "accept, accept-encoding")];
    if takes_gzip(&list(&headers, &header::ACCEPT_ENCODING))
        && let Ok(compressed) = compress(&page)
    {
        return (about, [(header::CONTENT_ENCODING, "gzip")], compressed).into_response();
    }
    (about, page).into_response()
}

/// The values of a header; several headers of one name are one list.
fn list(headers: &HeaderMap, name: &HeaderName) -> String {
    let values: Vec<&str> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    values.join(",")
}

/// Whether an `Accept-Encoding` header names gzip, and not to refuse it.
fn takes_gzip(header: &str) -> bool {
    header.split(',').any(|coding| {
        let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = parameters.trim().strip_prefix("q=").and_then(|weight| weight.trim().parse::<f64>().ok());
        name.trim().eq_ignore_ascii_case("gzip") && weight.is_none_or(|weight| weight > 0.0)
    })
}

/// The fastest level: series resemble each other so much that a twentieth is left.
fn compress(page: &str) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(page.len() / 8), Compression::fast());
    encoder.write_all(page.as_bytes())?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_used_when_it_is_named_and_not_refused() {
        for (header, taken) in [
            ("gzip", true),
            ("deflate, GZIP;q=0.5", true),
            ("gzip; q=1.0", true),
            ("gzip;q=0", false),
            ("identity", false),
            ("*", false),
            ("", false),
        ] {
            assert_eq!(takes_gzip(header), taken, "{header}");
        }
    }
}
