//! `/`: what fails, how much was seen, how old that is. Rendered here, without scripts.

mod parts;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, html};

use super::board::{Board, Shown};
use crate::metrics::ScanValues;
use parts::{age, changes, findings, gaps, percent, rules, services, states_bar};

pub(super) async fn style() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=300")];
    (headers, include_str!("style.css"))
}

pub(super) async fn page(State(board): State<Board>) -> impl IntoResponse {
    let (shown, now) = board.look();
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], document(&shown, now).into_string())
}

fn document(shown: &Shown, now: Timestamp) -> Markup {
    let scan = shown.published.scan.as_ref();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "plimsoll" @if let Some(compliance) = scan.and_then(|scan| scan.assessment.overall.resources.compliance()) { ": " (percent(compliance)) " compliant" } }
                link rel="stylesheet" href="/style.css";
                link rel="icon" href="data:,";
            }
            body {
                header {
                    h1 { "plimsoll" }
                    nav {
                        a href="/metrics" { "metrics" }
                        a href="/api/v1/sli" { "SLI" }
                        a href="/api/v1/findings" { "findings" }
                        a href="/api/v1/resources" { "resources" }
                        a href="/api/v1/scans" { "scans" }
                        a href="/openapi.json" { "API" }
                    }
                }
                main {
                    (notices(shown, now))
                    @if let Some(scan) = scan {
                        (headline(shown, scan, now))
                        (services(scan))
                        (rules(&shown.published, scan))
                        (findings(&shown.estate, now))
                        (changes(&shown.estate))
                        (gaps(&shown.estate))
                    }
                }
                (footer(shown, now))
            }
        }
    }
}

/// What a reader has to know before believing a number on this page.
fn notices(shown: &Shown, now: Timestamp) -> Markup {
    let published = &shown.published;
    html! {
        @if published.scan.is_none() {
            section.notice role="status" {
                h2 { "No scan has been completed yet" }
                @if let Some(since) = shown.scanning_since { p { "The first scan has been running for " (age(since, now)) "." } }
            }
        } @else if let Some(scan) = &published.scan && !published.is_held(now) {
            section.notice.bad role="alert" {
                h2 { "These values are too old to be believed" }
                p { "They hold for " (scan.standing.hold.as_mins()) " minutes after a scan. Since then resource time counts as unknown." }
            }
        }
        @if let Some(failed) = &shown.failure {
            section.notice.bad role="alert" {
                h2 { "The last scan failed " (age(failed.at, now)) " ago" }
                p { (failed.failure.message) }
                @if published.scan.is_some() { p.soft { "What follows is from the last scan that succeeded." } }
            }
        }
        @if let Some(reload) = &published.reload && let Some(reason) = &reload.refused {
            section.notice role="alert" {
                h2 { "New rules or configuration were refused " (age(reload.at, now)) " ago" }
                p { (reason) }
                p.soft { "The old ones stay in force." }
            }
        }
    }
}

fn headline(shown: &Shown, scan: &ScanValues, now: Timestamp) -> Markup {
    let states = &scan.assessment.overall.resources;
    let fail = format!("{} of {} valid resources fail", states.fail.total(), states.valid());
    let known = format!("{} of {} expected resources known", states.valid(), states.total());
    html! {
        section aria-label="Service level indicator" {
            dl.figures {
                (figure("Compliance", states.compliance(), &fail))
                (figure("Coverage", states.coverage(), &known))
                (figure("Failing or unknown", states.bound(), "of expected resources, at most"))
                div {
                    dt { "Age of the data" }
                    dd {
                        (age(scan.standing.at, now))
                        small { (format!("{:.0}", scan.standing.at)) @if shown.scanning_since.is_some() { ", scanning now" } }
                    }
                }
            }
            (states_bar(states))
        }
    }
}

fn figure(name: &str, ratio: Option<f64>, explanation: &str) -> Markup {
    html! {
        div {
            dt { (name) }
            dd { @match ratio { Some(ratio) => (percent(ratio)), None => "nothing to measure" } small { (explanation) } }
        }
    }
}

fn footer(shown: &Shown, now: Timestamp) -> Markup {
    let published = &shown.published;
    html! {
        footer {
            p {
                "plimsoll " (published.build.version) ", rules " (published.build.rules_digest.get(..12).unwrap_or(&published.build.rules_digest))
                ", a scan every " (published.interval.as_secs() / 60) " min, shown at " (format!("{now:.0}")) "."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_style_gives_every_state_and_severity_a_colour_in_both_schemes() {
        let style = include_str!("style.css");
        for word in ["pass", "waived", "unknown", "fail", "critical", "high", "medium", "low"] {
            assert_eq!(style.matches(&format!("--{word}: #")).count(), 2, "{word}");
        }
    }
}
