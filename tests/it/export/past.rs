//! A past that is written out and read by a real Prometheus gives the budget that was used up.

use std::process::Command;

use jiff::{SignedDuration, Timestamp};
use plimsoll::export::{Past, backfill};
use plimsoll::metrics::Kind;

use crate::prometheus::Prometheus;
use crate::tools;

const STEP: SignedDuration = SignedDuration::from_mins(15);
const STEPS: u32 = 28 * 96 + 8;

/// How many of 1000 resources fail, and whether they are seen, in each quarter of an hour.
fn failing(step: u32) -> (f64, bool) {
    let dead = (1000..1040).contains(&step);
    (f64::from(step * step % 23) + if step.is_multiple_of(97) { 100.0 } else { 0.0 }, !dead)
}

/// The counters at each step: what failed, passed and was unknown before it, in resource seconds.
fn counters() -> Vec<[f64; 3]> {
    let mut sums = vec![[7e6, 9e8, 3e5]];
    for step in 0..STEPS {
        let (fail, seen) = failing(step);
        let grown = if seen { [fail, 1000.0 - fail, 0.0] } else { [0.0, 0.0, 1000.0] };
        let last = *sums.last().unwrap();
        sums.push(std::array::from_fn(|state| last[state] + 900.0 * grown[state]));
    }
    sums
}

#[test]
fn a_past_of_four_weeks_gives_the_budget_of_the_counters_to_six_digits() {
    let Some(promtool) = tools::find("promtool", "prometheus") else { return };
    let Some(program) = tools::find("prometheus", "prometheus") else { return };
    let quarter = STEP.as_secs();
    let end = Timestamp::from_second(Timestamp::now().as_second() / quarter * quarter - 2 * 3600).unwrap();
    let sums = counters();
    let metric = "plimsoll_slo_resource_seconds_total";
    let values = sums.iter().enumerate().flat_map(|(step, sums)| {
        let before = STEP * (i32::try_from(STEPS).unwrap() - i32::try_from(step).unwrap());
        ["fail", "pass", "unknown"].into_iter().zip(*sums).map(move |(state, value)| {
            let labels = vec![("slo", "resources-high".to_owned()), ("state", state.to_owned())];
            Past { metric, kind: Kind::Counter, labels, at: end - before, value }
        })
    });
    let text = backfill(values);
    assert!(text.ends_with("# EOF\n"));

    let server = Prometheus::start_with(&program, "127.0.0.1:1", |data| {
        let file = data.with_file_name("past.om");
        std::fs::write(&file, &text).unwrap();
        let arguments = ["tsdb", "create-blocks-from", "openmetrics"];
        let output = Command::new(&promtool)
            .args(arguments)
            .args([&file, data])
            .arg("--max-block-duration=672h")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()));
    });
    let grown = |state: &str| format!("sum(increase({metric}{{state=~\"{state}\"}}[28d]))");
    server.wait_for("vector(1)", |value| value > 0.0);
    let ratio = server.value(&format!("{} / {}", grown("fail"), grown("pass|fail|waived")), Some(end)).unwrap();
    let unknown = server.value(&format!("{} / {}", grown("unknown"), grown(".+")), Some(end)).unwrap();

    let (now, then) = (sums[sums.len() - 1], sums[sums.len() - 1 - 28 * 96]);
    let [fail, pass, unseen] = std::array::from_fn(|state| now[state] - then[state]);
    let digits = |value: f64| format!("{value:.8}");
    assert_eq!(digits(ratio), digits(fail / (fail + pass)));
    assert_eq!(digits(unknown), digits(unseen / (fail + pass + unseen)));
    assert_eq!(digits(unknown), digits(40.0 / 2688.0));
    assert!(ratio > 0.005, "the share is no rounding: {ratio}");
}
