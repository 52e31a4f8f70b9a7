//! `/api/v1`: the last completed scan as JSON, with filters and pages.
//!
//! Lists answer `{"as_of", "total", "offset", "limit", "next_offset", "items"}`; an error is
//! `{"error": {"code", "message"}}`. A parameter that is not known is an error, because a
//! misspelt filter would show everything.

mod query;
mod sli;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use serde::Serialize;

use super::board::{Board, Shown};
use super::{JudgedResource, ScanEntry};
use crate::model::{Change, Finding};
use query::{ChangeQuery, FindingQuery, Page, Paged, Parameters, ResourceQuery};

pub(super) fn router() -> Router<Board> {
    Router::new()
        .route("/sli", get(sli::sli))
        .route("/scans", get(scans))
        .route("/findings", get(findings))
        .route("/resources", get(resources))
        .route("/changes", get(changes))
}

/// One page of a list.
#[derive(Debug, Serialize)]
struct List<T> {
    /// When the scan ended that the list is from; null before the first. Pages with different
    /// times are not from one list.
    as_of: Option<Timestamp>,
    /// How many match.
    total: usize,
    offset: usize,
    limit: usize,
    /// Where the next page begins; null on the last.
    next_offset: Option<usize>,
    items: Vec<T>,
}

impl<T> List<T> {
    fn new<'a, S: Clone + Into<T> + 'a>(shown: &Shown, page: Page, matching: impl Iterator<Item = &'a S>) -> Self {
        let Page { offset, limit } = page;
        let mut total = 0;
        let mut items = Vec::new();
        for item in matching {
            if total >= offset && items.len() < limit {
                items.push(item.clone().into());
            }
            total += 1;
        }
        let next_offset = (offset + items.len() < total).then_some(offset + items.len());
        Self {
            as_of: shown.published.scan.as_ref().map(|scan| scan.standing.at),
            total,
            offset,
            limit,
            next_offset,
            items,
        }
    }
}

/// The description of everything served, as OpenAPI.
pub(super) async fn description() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], include_str!("openapi.json"))
}

async fn scans(State(board): State<Board>, Parameters(page): Parameters<Page>) -> Json<List<ScanEntry>> {
    let (shown, _) = board.look();
    Json(List::new(&shown, page, shown.scans.iter()))
}

async fn findings(State(board): State<Board>, Parameters(query): Parameters<FindingQuery>) -> Json<List<Finding>> {
    let (shown, _) = board.look();
    let matching = shown.estate.findings.iter().filter(|finding| query.matches(finding));
    Json(List::new(&shown, query.page(), matching))
}

async fn changes(State(board): State<Board>, Parameters(query): Parameters<ChangeQuery>) -> Json<List<Change>> {
    let (shown, _) = board.look();
    let matching = shown.estate.changes.iter().filter(|change| query.matches(change));
    Json(List::new(&shown, query.page(), matching))
}

async fn resources(
    State(board): State<Board>,
    Parameters(query): Parameters<ResourceQuery>,
) -> Json<List<JudgedResource>> {
    let (shown, _) = board.look();
    let matching = shown.estate.resources.iter().filter(|resource| query.matches(resource));
    Json(List::new(&shown, query.page(), matching))
}
