//! The page in OpenMetrics: held to the standard by a strict reader, and taken by a real Prometheus.
#![expect(clippy::float_cmp, reason = "both formats write the same number")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use plimsoll::metrics::{Build, Format, Published, render, render_as};
use plimsoll::server::{Limits, Scanned};

use crate::prometheus::Prometheus;
use crate::server::{Server, keep, nothing, once, scanned};
use crate::{metrics, tools};

/// A page as it was read.
#[derive(Debug, Default)]
struct Read {
    /// Type and unit by family.
    families: BTreeMap<String, (String, Option<String>)>,
    /// Values by name and labels, written as in the text format.
    samples: BTreeMap<String, f64>,
    /// Finding ids by name and labels.
    exemplars: BTreeMap<String, String>,
}

/// A family under way.
#[derive(Debug, Default)]
struct Family {
    name: String,
    kind: String,
    unit: Option<String>,
    help: bool,
    samples: usize,
    /// The last bucket: labels without `le`, bound and count.
    bucket: Option<(String, f64, f64)>,
}

type Labels = Vec<(String, String)>;

/// Reads a page as the standard has it, and refuses everything else.
fn read(page: &str) -> Result<Read, String> {
    let body = page.strip_suffix("# EOF\n").ok_or("no EOF")?;
    let (mut read, mut family) = (Read::default(), Family::default());
    for line in body.split_terminator('\n') {
        let refuse = |why: &str| Err(format!("{why}: {line}"));
        if let Some(rest) = line.strip_prefix("# ") {
            let (word, rest) = rest.split_once(' ').ok_or(format!("metadata: {line}"))?;
            let (name, text) = rest.split_once(' ').ok_or(format!("metadata: {line}"))?;
            if name != family.name {
                close(&mut read, std::mem::take(&mut family))?;
                if read.families.contains_key(name) {
                    return refuse("a family in two places");
                }
                name.clone_into(&mut family.name);
            } else if family.samples > 0 {
                return refuse("metadata after samples");
            }
            match word {
                "TYPE" if family.kind.is_empty() => text.clone_into(&mut family.kind),
                "UNIT" if family.unit.is_none() && name.ends_with(&format!("_{text}")) => {
                    family.unit = Some(text.to_owned());
                }
                "HELP" if !family.help && unescape(text).is_some() => family.help = true,
                _ => return refuse("metadata"),
            }
        } else {
            sample(line, &mut family, &mut read).map_err(|why| format!("{why}: {line}"))?;
        }
    }
    close(&mut read, family)?;
    Ok(read)
}

fn close(read: &mut Read, family: Family) -> Result<(), String> {
    if family.name.is_empty() {
        return Ok(());
    }
    if family.kind.is_empty() || !family.help || family.samples == 0 {
        return Err(format!("{} is not whole", family.name));
    }
    if family.bucket.is_some_and(|(_, bound, _)| bound != f64::INFINITY) {
        return Err(format!("{} has no last bucket", family.name));
    }
    read.families.insert(family.name, (family.kind, family.unit));
    Ok(())
}

fn sample(line: &str, family: &mut Family, read: &mut Read) -> Result<(), String> {
    let (sample, exemplar) = match line.split_once(" # ") {
        Some((sample, exemplar)) => (sample, Some(exemplar)),
        None => (line, None),
    };
    let (series, value) = sample.rsplit_once(' ').ok_or("no value")?;
    let value = number(value)?;
    let (name, labels) = split(series)?;
    let suffix = name.strip_prefix(family.name.as_str()).ok_or("a sample of another family")?;
    match (family.kind.as_str(), suffix) {
        ("gauge", "") => {}
        ("counter", "_total") | ("histogram", "_sum" | "_count" | "_bucket") if value >= 0.0 => {}
        ("info", "_info") if value == 1.0 => {}
        _ => return Err("a name or a value that its type does not have".to_owned()),
    }
    if suffix == "_bucket" {
        bucket(family, &labels, value)?;
    } else if labels.iter().any(|(name, _)| name == "le") {
        return Err("le outside a bucket".to_owned());
    }
    if suffix == "_count"
        && family.bucket.as_ref().is_none_or(|(_, bound, count)| !bound.is_infinite() || *count != value)
    {
        return Err("the last bucket does not hold all".to_owned());
    }
    if let Some(exemplar) = exemplar {
        if !matches!(suffix, "_total" | "_bucket") {
            return Err("an exemplar where none may be".to_owned());
        }
        read.exemplars.insert(series.to_owned(), finding(exemplar, &labels)?);
    }
    family.samples += 1;
    match read.samples.insert(series.to_owned(), value) {
        None => Ok(()),
        Some(_) => Err("a series twice".to_owned()),
    }
}

/// Buckets of one histogram ascend and count all before them.
fn bucket(family: &mut Family, labels: &Labels, count: f64) -> Result<(), String> {
    let bound = number(&labels.iter().find(|(name, _)| name == "le").ok_or("a bucket without le")?.1)?;
    let of = format!("{:?}", labels.iter().filter(|(name, _)| name != "le").collect::<Vec<_>>());
    match &family.bucket {
        Some((same, before, fewer)) if *same == of && (*before >= bound || *fewer > count) => {
            return Err("buckets do not ascend".to_owned());
        }
        Some((other, last, _)) if *other != of && !last.is_infinite() => {
            return Err("the histogram before has no last bucket".to_owned());
        }
        _ => {}
    }
    family.bucket = Some((of, bound, count));
    Ok(())
}

/// `{finding_id="…"} value time`; the value is within the bucket.
fn finding(exemplar: &str, labels: &Labels) -> Result<String, String> {
    let (set, rest) = exemplar.split_once("} ").ok_or("exemplar")?;
    let (value, time) = rest.split_once(' ').ok_or("exemplar without time")?;
    let (_, own) = split(&format!("x{set}}}"))?;
    let letters: usize = own.iter().map(|(name, value)| name.chars().count() + value.chars().count()).sum();
    let [(name, id)] = own.as_slice() else { return Err("exemplar labels".to_owned()) };
    let bound = labels.iter().find(|(name, _)| name == "le").map(|(_, bound)| number(bound)).transpose()?;
    if letters > 128
        || name != "finding_id"
        || number(time)? <= 0.0
        || bound.is_some_and(|bound| number(value).unwrap() > bound)
    {
        return Err("an exemplar that cannot be".to_owned());
    }
    Ok(id.clone())
}

/// Name and labels of a series.
fn split(series: &str) -> Result<(String, Labels), String> {
    let Some((name, rest)) = series.split_once('{') else { return Ok((series.to_owned(), Vec::new())) };
    let mut rest = rest.strip_suffix('}').ok_or("labels do not end")?;
    let mut labels: Labels = Vec::new();
    while !rest.is_empty() {
        let (label, quoted) = rest.split_once("=\"").ok_or("a label without value")?;
        let mut escaped = false;
        let end = quoted.find(|letter| {
            let ends = letter == '"' && !escaped;
            escaped = letter == '\\' && !escaped;
            ends
        });
        let (value, after) = quoted.split_at(end.ok_or("a value that does not end")?);
        let valid = label.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        if !valid || label.is_empty() || labels.iter().any(|(known, _)| known == label) {
            return Err(format!("label {label}"));
        }
        labels.push((label.to_owned(), unescape(value).ok_or("an escape that is none")?));
        rest = match &after[1..] {
            "" => "",
            more => more.strip_prefix(',').filter(|more| !more.is_empty()).ok_or("labels not separated")?,
        };
    }
    Ok((name.to_owned(), labels))
}

fn unescape(text: &str) -> Option<String> {
    let (mut plain, mut letters) = (String::new(), text.chars());
    while let Some(letter) = letters.next() {
        plain.push(match letter {
            '\\' => match letters.next()? {
                'n' => '\n',
                letter @ ('\\' | '"') => letter,
                _ => return None,
            },
            '"' => return None,
            letter => letter,
        });
    }
    Some(plain)
}

fn number(text: &str) -> Result<f64, String> {
    match text {
        "+Inf" => Ok(f64::INFINITY),
        "-Inf" => Ok(f64::NEG_INFINITY),
        "NaN" => Ok(f64::NAN),
        text if text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.e".contains(&byte)) => {
            text.parse().map_err(|error| format!("number {text}: {error}"))
        }
        _ => Err(format!("number {text}")),
    }
}

fn blank() -> Published {
    let build = Build { version: "0.1.0".to_owned(), revision: "unknown".to_owned(), rules_digest: "1".to_owned() };
    Published::before_the_first_scan(build, Duration::from_mins(15))
}

#[test]
fn both_formats_say_the_same() {
    let now = metrics::end() + SignedDuration::from_secs(60);
    for published in [metrics::published(metrics::end()), blank(), metrics::large(3000, 900, 500, 5000)] {
        let page = render_as(Format::OpenMetrics, &published, now);
        let read = read(&page).unwrap();
        assert_eq!(read.samples, metrics::samples(&render(&published, now)));
        assert!(!page.contains("\n\n") && !page.contains(" \n"));
        // No series can be mistaken for one of another family.
        for (name, (kind, _)) in &read.families {
            let suffixes: &[&str] = match kind.as_str() {
                "counter" => &["_total", "_created"],
                "histogram" => &["_bucket", "_sum", "_count", "_created"],
                "info" => &["_info"],
                _ => &[],
            };
            assert!(suffixes.iter().all(|suffix| !read.families.contains_key(&format!("{name}{suffix}"))), "{name}");
        }
    }
}

#[test]
fn families_have_their_types_and_units_and_counts_their_exemplars() {
    let now = metrics::end() + SignedDuration::from_secs(60);
    let read = read(&render_as(Format::OpenMetrics, &metrics::published(metrics::end()), now)).unwrap();
    let of = |name: &str| {
        let (kind, unit) = &read.families[name];
        (kind.as_str(), unit.as_deref())
    };
    assert_eq!(of("plimsoll_resource_seconds"), ("counter", Some("seconds")));
    assert_eq!(of("plimsoll_findings_opened"), ("counter", None));
    assert_eq!(of("plimsoll_coverage_ratio"), ("gauge", Some("ratio")));
    assert_eq!(of("plimsoll_scan_last_success_timestamp_seconds"), ("gauge", Some("seconds")));
    assert_eq!(of("plimsoll_rule"), ("info", None));
    assert_eq!(of("plimsoll_finding_detection_delay_seconds"), ("histogram", Some("seconds")));
    let exemplars: BTreeMap<&str, &str> =
        read.exemplars.iter().map(|(series, id)| (series.as_str(), id.as_str())).collect();
    assert_eq!(
        exemplars,
        BTreeMap::from([
            (r#"plimsoll_findings_opened_total{severity="critical"}"#, "0123456789abcdef"),
            (
                r#"plimsoll_finding_detection_delay_seconds_bucket{severity="critical",bound="upper",le="300"}"#,
                "0123456789abcdef"
            ),
            (r#"plimsoll_finding_time_to_remediate_seconds_bucket{severity="high",le="28800"}"#, "fedcba9876543210"),
        ])
    );
}

/// A reader that takes everything proves nothing.
#[test]
fn the_reader_refuses_what_is_not_openmetrics() {
    let page = render_as(Format::OpenMetrics, &metrics::published(metrics::end()), metrics::end());
    assert!(read(&page).is_ok());
    let changed = |from: &str, to: &str| {
        assert!(page.contains(from), "{from}");
        page.replacen(from, to, 1)
    };
    for broken in [
        changed("# EOF\n", ""),
        changed("# EOF\n", "# EOF\n\n"),
        changed("# UNIT plimsoll_resource_seconds seconds", "# UNIT plimsoll_resource_seconds minutes"),
        changed("# TYPE plimsoll_rule info", "# TYPE plimsoll_rule gauge"),
        changed("# TYPE plimsoll_scan_runs counter\n", ""),
        changed("plimsoll_scan_runs_total 12", "plimsoll_scan_runs 12"),
        changed("plimsoll_scan_runs_total 12", "plimsoll_scan_runs_total 12\nplimsoll_scan_runs_total 12"),
        changed("plimsoll_coverage_ratio 0.95", "plimsoll_coverage_ratio 0.95 # {finding_id=\"a\"} 1 1"),
        changed("le=\"300\"} 1 # {", "le=\"300\"} 9 # {"),
        changed("le=\"300\"} 1 # {finding_id=\"0123456789abcdef\"} 100 ", "le=\"300\"} 1 # {finding_id=\"0\"} 301 "),
        changed("payments \\\"prod\\\"", "payments \"prod\""),
        changed("0123456789abcdef", &"f".repeat(130)),
        changed("severity=\"critical\",bound", "severity=\"critical\"bound"),
    ] {
        assert!(read(&broken).is_err(), "{broken}");
    }
    let text = render(&metrics::published(metrics::end()), metrics::end());
    assert!(read(&text).is_err(), "the text format has no end");
}

#[test]
fn the_server_gives_the_form_that_is_asked_for() {
    let scan = |_| std::future::ready(Ok(scanned()));
    let server = Server::start(once(), Limits::default(), nothing(), scan, keep);
    let ask = |accept: &[&str]| {
        let agent: ureq::Agent = ureq::Agent::config_builder().accept("").build().into();
        let mut request = agent.get(format!("http://{}/metrics", server.address));
        for one in accept {
            request = request.header("accept", *one);
        }
        let mut answer = request.call().unwrap();
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        let (kind, vary) = (header("content-type"), header("vary"));
        assert_eq!(vary, "accept, accept-encoding");
        assert!(answer.headers().get("content-encoding").is_none());
        (kind, answer.body_mut().read_to_string().unwrap())
    };
    let (kind, page) = ask(&["application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"]);
    assert_eq!(kind, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert!(read(&page).is_ok());
    // Two headers are one list.
    assert_eq!(ask(&["text/plain;q=0.5", "application/openmetrics-text"]).0, kind);
    for accept in [&["*/*"][..], &[], &["application/openmetrics-text;q=0.1,text/plain"]] {
        let (kind, page) = ask(accept);
        assert_eq!(kind, "text/plain; version=0.0.4; charset=utf-8");
        assert!(read(&page).is_err() && page.starts_with("# HELP "));
    }
}

#[test]
fn a_page_is_compressed_for_who_asks_for_it() {
    let server = Server::start(once(), Limits::default(), nothing(), |_| std::future::ready(Ok(scanned())), keep);
    server.wait_for("/readyz", |status, _| status == 200);
    let mut answer =
        ureq::get(format!("http://{}/metrics", server.address)).header("accept-encoding", "gzip").call().unwrap();
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    let mut page = String::new();
    flate2::read::GzDecoder::new(answer.body_mut().as_reader()).read_to_string(&mut page).unwrap();
    let (_, plain) = server.get("/metrics");
    assert_eq!(page.lines().count(), plain.lines().count());
}

#[test]
fn prometheus_keeps_the_exemplars_and_units() {
    let Some(program) = tools::find("prometheus", "prometheus") else { return };
    let scan = |_| {
        let mut scanned = scanned();
        scanned.published = metrics::published(Timestamp::now());
        // An exemplar that is older than Prometheus looks back for is of no use.
        for exemplar in scanned.published.counters.last_opened.values_mut() {
            exemplar.at = Timestamp::now();
        }
        std::future::ready(Ok::<Scanned, _>(scanned))
    };
    let server = Server::start(once(), Limits::default(), nothing(), scan, keep);
    server.wait_for("/readyz", |status, _| status == 200);
    let prometheus = Prometheus::start(&program, &server.address.to_string());
    prometheus.wait_for("up", |up| up == 1.0);

    let ids = |query: &str| -> Option<BTreeSet<String>> {
        let range = [("start", "2026-01-01T00:00:00Z"), ("end", "2100-01-01T00:00:00Z"), ("query", query)];
        let answer = prometheus.get("query_exemplars", range)?;
        let series = answer["data"].as_array()?.iter().flat_map(|series| series["exemplars"].as_array().unwrap());
        Some(series.map(|exemplar| exemplar["labels"]["finding_id"].as_str().unwrap().to_owned()).collect())
    };
    let patience = Instant::now() + Duration::from_secs(30);
    for (query, id) in [
        ("plimsoll_findings_opened_total", "0123456789abcdef"),
        ("plimsoll_finding_detection_delay_seconds_bucket", "0123456789abcdef"),
        ("plimsoll_finding_time_to_remediate_seconds_bucket", "fedcba9876543210"),
    ] {
        while ids(query).is_none_or(|ids| !ids.contains(id)) {
            assert!(Instant::now() < patience, "{query} gives {:?}", ids(query));
            std::thread::sleep(Duration::from_millis(200));
        }
    }
    let metadata = prometheus.get("metadata", [("metric", "plimsoll_resource_seconds")]).unwrap();
    assert_eq!(metadata["data"]["plimsoll_resource_seconds"][0]["unit"], "seconds", "{metadata}");
    let half = prometheus.wait_for(
        r#"histogram_quantile(0.5, plimsoll_finding_time_to_remediate_seconds_bucket{severity="high"})"#,
        |_| true,
    );
    assert!((14_400.0..=28_800.0).contains(&half), "{half}");
}
