//! How long a scrape takes: the page of 1,000 accounts with 100,000 resources, 30 regions, 170 rules
//! and 20 objectives, in both formats.
//!
//! ```sh
//! cargo bench --bench metrics
//! ```
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program for people")]

use std::collections::BTreeMap;
use std::io::Write;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::{SignedDuration, Timestamp};
use plimsoll::metrics::{Build, Format, Published, RuleSummary, ScanValues, SloValues, render_as};
use plimsoll::model::{AccountId, Region, RuleId, Service, Severity, Snapshot};
use plimsoll::sli::{Assessment, BySeverity, Indicator, RuleCounts, Standing, States};
use plimsoll::slo::policy::Action as PolicyAction;
use plimsoll::slo::{Measure, Point, SloName, TIERS, Tally};

const ROUNDS: usize = 25;

fn main() {
    let now = Timestamp::constant(1_900_000_000, 0);
    let published = page(now);
    for format in [Format::Text, Format::OpenMetrics] {
        let mut times: Vec<Duration> = (0..ROUNDS).map(|_| timed(|| render_as(format, &published, now))).collect();
        times.sort();
        let text = render_as(format, &published, now);
        let series = text.lines().filter(|line| !line.starts_with('#')).count();
        println!(
            "{format:?}: {series} series, {} bytes, median {:.1?}, slowest {:.1?}",
            text.len(),
            times[ROUNDS / 2],
            times[ROUNDS - 1]
        );
        let mut compressed = 0;
        let took = timed(|| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(text.as_bytes()).unwrap();
            compressed = encoder.finish().unwrap().len();
        });
        println!("    compressing it would take {took:.1?} and leave {compressed} bytes");
    }
}

fn timed<T>(mut work: impl FnMut() -> T) -> Duration {
    let began = Instant::now();
    std::hint::black_box(work());
    began.elapsed()
}

fn page(now: Timestamp) -> Published {
    let build = Build { version: "0.1.0".to_owned(), revision: "unknown".to_owned(), rules_digest: "5f1d".to_owned() };
    let mut published = Published::before_the_first_scan(build, Duration::from_mins(15));
    let rule = |number: usize| {
        let severity = Severity::ALL[number % Severity::ALL.len()];
        let id = RuleId::new(format!("aws-ec2-a-rule-of-usual-length-{number:03}")).unwrap();
        (id, RuleSummary { severity, title: format!("Something that should hold, number {number}, holds") })
    };
    published.rules = (0..170).map(rule).collect();
    published.accounts = (0..1000).map(|number| (account(number), Some(format!("account {number}")))).collect();
    let at = now - SignedDuration::from_mins(7);
    let indicator = |resources: u64| Indicator { resources: states(resources), stale: 0, unlisted: 0 };
    let assessment = Assessment {
        taken_at: at,
        overall: indicator(100_000),
        severities: BTreeMap::new(),
        services: Service::ALL.iter().map(|service| (*service, indicator(20_000))).collect(),
        accounts: (0..1000).map(|number| (account(number), indicator(100))).collect(),
        regions: (0..30).map(|number| (Region::new(format!("eu-mars-{number}")).unwrap(), indicator(3000))).collect(),
        rules: published
            .rules
            .iter()
            .map(|(id, summary)| {
                let severity = summary.severity;
                (id.clone(), RuleCounts { severity, pass: 20_000, fail: 300, waived: 20, unknown: 5 })
            })
            .collect(),
    };
    let standing = Standing::new(&assessment, [], at, SignedDuration::from_mins(34));
    published.scan = Some(ScanValues::new(assessment, standing, &Snapshot::empty(at), &[]));
    published.slos =
        (0..20).map(|number| (SloName::new(&format!("an-objective-{number:02}")).unwrap(), slo(at))).collect();
    published
}

fn account(number: u64) -> AccountId {
    AccountId::new(format!("{number:012}")).unwrap()
}

fn states(resources: u64) -> States {
    let fail = BySeverity { critical: 1, high: resources / 100, medium: resources / 50, low: resources / 25 };
    States { pass: resources - fail.total(), fail, waived: 0, unknown: 0 }
}

fn slo(at: Timestamp) -> SloValues {
    SloValues {
        digest: String::new(),
        target: Some(0.995),
        budget: None,
        window: Duration::from_hours(28 * 24),
        latest: Some(Point {
            at,
            hold: SignedDuration::from_mins(34),
            measure: Measure { resources: states(100_000), open: 1000, ..Measure::default() },
            tally: Tally::default(),
        }),
        remaining: Some(0.25),
        window_coverage: Some(0.75),
        burn_rates: TIERS.iter().flat_map(|tier| [tier.long, tier.short]).map(|window| (window, 1.5)).collect(),
        recovery: Some(at),
        actions: BTreeMap::from([(PolicyAction::Warn, at)]),
    }
}
