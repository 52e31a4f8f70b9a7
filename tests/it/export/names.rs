//! Every metric and every label that an export names is published.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll::export::{File, Language, files};
use plimsoll::metrics::METRICS;

use super::demo;

/// Labels that a scrape, Prometheus itself or a function of an expression makes.
const MADE: &[&str] = &["job", "instance", "alertname", "alertstate", "burn_tier", "window", "finding_severity", "le"];

fn published() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    METRICS.iter().map(|metric| (metric.name, metric.labels.iter().copied().collect())).collect()
}

/// The metric of a series: that of a histogram without its ending.
fn metric<'n>(name: &'n str, published: &BTreeMap<&str, BTreeSet<&str>>) -> &'n str {
    let stem = ["_bucket", "_sum", "_count"].iter().find_map(|ending| name.strip_suffix(ending));
    stem.filter(|stem| published.contains_key(stem)).unwrap_or(name)
}

/// The words of a text, and whether a `{` follows each.
fn words(text: &str) -> impl Iterator<Item = (&str, usize)> {
    let inside = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == ':';
    text.split(move |letter| !inside(letter)).map(move |word| (word, word.as_ptr() as usize - text.as_ptr() as usize))
}

fn texts() -> Vec<File> {
    let slos = demo::slos();
    Language::ALL.iter().flat_map(|language| files(*language, &demo::exported(&slos))).collect()
}

/// The labels between `{` and `}` that follow at a place.
fn matchers(text: &str) -> Vec<&str> {
    let Some(inner) = text.strip_prefix('{').and_then(|rest| rest.split_once('}')) else { return Vec::new() };
    let label = |part: &'_ str| part.trim_start_matches(['\\', ',']).len();
    let parts = inner.0.split(',').filter(|part| part.contains('='));
    parts.map(|part| &part[part.len() - label(part)..]).map(|part| part.split(['=', '!']).next().unwrap()).collect()
}

#[test]
fn every_metric_and_its_labels_are_published() {
    let published = published();
    let (mut wrong, mut seen) = (BTreeSet::new(), BTreeSet::new());
    for File { name: file, text } in texts() {
        for (word, at) in words(&text).filter(|(word, _)| word.starts_with("plimsoll_")) {
            let Some(labels) = published.get(metric(word, &published)) else {
                if word != "plimsoll_" {
                    wrong.insert(format!("{file} uses {word}, which is not published"));
                }
                continue;
            };
            seen.insert(metric(word, &published).to_owned());
            for label in matchers(&text[at + word.len()..]) {
                if !labels.contains(label) && label != "le" {
                    wrong.insert(format!("{file}: {word} has no label {label}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let of_slos = METRICS.iter().map(|metric| metric.name).filter(|name| name.starts_with("plimsoll_slo_"));
    let unused: Vec<&str> = of_slos.filter(|name| !seen.contains(*name)).collect();
    assert_eq!(unused, ["plimsoll_slo_budget_seconds", "plimsoll_slo_burn_rate"], "the others are used");
}

#[test]
fn every_label_that_is_grouped_by_exists() {
    let published = published();
    let known: BTreeSet<&str> = published.values().flatten().copied().chain(MADE.iter().copied()).collect();
    let mut count = 0;
    for File { name, text } in texts() {
        let text: String = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
        for keyword in ["by (", "on (", "group_left (", "without ("] {
            for list in text.split(keyword).skip(1) {
                for label in list.split(')').next().unwrap().split(',').map(str::trim).filter(|label| !label.is_empty())
                {
                    assert!(known.contains(label), "{name}: {keyword}{label})");
                    count += 1;
                }
            }
        }
    }
    assert!(count > 300, "{count} labels were looked at");
}

#[test]
fn every_recorded_name_that_is_used_is_recorded() {
    let texts = texts();
    let rules = texts.iter().find(|file| file.name == plimsoll::export::RULES).unwrap();
    let recorded: BTreeSet<&str> =
        rules.text.lines().filter_map(|line| line.split_once("record: ")).map(|(_, name)| name).collect();
    for File { name: file, text } in &texts {
        for (word, _) in
            words(text).filter(|(word, _)| word.starts_with("plimsoll:slo") || word.starts_with("plimsoll:f"))
        {
            assert!(recorded.contains(word), "{file} uses {word}, which is not recorded");
        }
    }
    assert!(recorded.len() > 20);
}
