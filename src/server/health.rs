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
    let hold = shown.published.hold.as_secs();
    match shown.published.age(now) {
        None => (StatusCode::SERVICE_UNAVAILABLE, "no scan has been completed yet\n".to_owned()),
        Some(age) if shown.published.is_held(now) => {
            (StatusCode::OK, format!("ok, data are {} s old\n", age.as_secs()))
        }
        Some(age) => {
            (StatusCode::SERVICE_UNAVAILABLE, format!("data are {} s old, and hold for {hold} s\n", age.as_secs()))
        }
    }
}
