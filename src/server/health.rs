//! Whether the process lives, and whether what it shows is worth reading.

use axum::extract::State;
use axum::http::StatusCode;

use super::board::Board;

/// The process answers.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// The values are there and not older than the hold.
pub(super) async fn readyz(State(board): State<Board>) -> (StatusCode, String) {
    let (shown, now) = board.look();
    let Some((scan, age)) = shown.published.scan.as_ref().zip(shown.published.age(now)) else {
        return (StatusCode::SERVICE_UNAVAILABLE, "no scan has been completed yet\n".to_owned());
    };
    let age = age.as_secs();
    if shown.published.is_held(now) {
        return (StatusCode::OK, format!("ok, data are {age} s old\n"));
    }
    let hold = scan.standing.hold.as_secs();
    (StatusCode::SERVICE_UNAVAILABLE, format!("data are {age} s old, and hold for {hold} s\n"))
}
