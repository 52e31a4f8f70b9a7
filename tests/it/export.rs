//! What is exported for others: it is fresh, it uses only what is published, and those it is for
//! accept it.

mod command;
mod dashboards;
pub(crate) mod demo;
mod documents;
mod names;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use plimsoll::export::{ALERTS, Exported, File, Language, RULES, files};
use plimsoll::slo::{Cadence, Indicator, Slo, TimeWindow};

use crate::tools;

/// Where the files of a language are kept in the repository.
fn folder(language: Language) -> &'static str {
    match language {
        Language::PrometheusRules | Language::Alerts | Language::PromtoolTests => "deploy/prometheus",
        Language::Grafana => "deploy/grafana",
        Language::OpenSlo | Language::Sloth | Language::Pyrra => "deploy/slo",
    }
}

/// The only file of a language.
fn text(language: Language, exported: &Exported<'_>) -> String {
    let mut files = files(language, exported);
    assert_eq!(files.len(), 1);
    files.remove(0).text
}

/// All files for Prometheus in a folder of their own.
fn written(exported: &Exported<'_>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for language in [Language::PrometheusRules, Language::Alerts, Language::PromtoolTests] {
        for File { name, text } in files(language, exported) {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
    }
    folder
}

/// Runs promtool in a folder; its complaint when it has one.
fn promtool(folder: &Path, arguments: &[&str]) -> Result<(), String> {
    let Some(program) = tools::find("promtool", "prometheus") else { return Ok(()) };
    let output = Command::new(program).args(arguments).current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    if output.status.success() { Ok(()) } else { Err(said) }
}

#[test]
fn the_files_of_the_demo_are_those_of_the_repository() {
    let slos = demo::slos();
    for language in Language::ALL {
        for File { name, text } in files(*language, &demo::exported(&slos)) {
            tools::check_file(&format!("{}/{name}", folder(*language)), &text);
        }
    }
}

#[test]
fn promtool_accepts_the_rules_at_any_scale() {
    let slos = demo::slos();
    for time_scale in [0, 1, 60, 3600] {
        let folder = written(&Exported { time_scale, ..demo::exported(&slos) });
        promtool(folder.path(), &["check", "rules", RULES, ALERTS]).unwrap();
    }
    promtool(
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/prometheus")),
        &["check", "config", "prometheus.yml"],
    )
    .unwrap();
}

#[test]
fn alertmanager_accepts_its_configuration() {
    let Some(amtool) = tools::find("amtool", "prometheus-alertmanager") else { return };
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/prometheus/alertmanager.yml");
    let output = Command::new(amtool).args(["check-config", file]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()));
}

#[test]
fn the_rules_pass_their_generated_tests() {
    let slos = demo::slos();
    let folder = written(&demo::exported(&slos));
    promtool(folder.path(), &["test", "rules", "plimsoll.test.yml"]).unwrap();
}

#[test]
fn the_rules_over_weeks_pass_their_generated_tests() {
    let slos = demo::slos();
    let folder = written(&demo::exported(&slos));
    promtool(folder.path(), &["test", "rules", "plimsoll.window.test.yml"]).unwrap();
}

/// The generated tests are no good if they pass whatever the rules say.
#[test]
fn the_generated_tests_fail_when_a_threshold_is_wrong() {
    if tools::find("promtool", "prometheus").is_none() {
        return;
    }
    let slos: Vec<Slo> = demo::slos().into_iter().take(1).collect();
    let spoilt = [
        ("(13.44 * 0.01)", "(13.9 * 0.01)", ALERTS),
        ("(13.44 * 0.01)", "(13 * 0.01)", ALERTS),
        ("unless on (slo)\n            plimsoll", "and on (slo)\n            plimsoll", ALERTS),
        ("state=\"fail\"}[5m]", "state=\"fail\"}[30m]", RULES),
        ("state=~\"pass|fail|waived\"}[1h]", "state=~\"pass\"}[1h]", RULES),
    ];
    for (from, to, name) in spoilt {
        let folder = written(&demo::exported(&slos));
        let file = folder.path().join(name);
        let text = std::fs::read_to_string(&file).unwrap();
        let wrong = text.replace(from, to);
        assert_ne!(text, wrong, "{from} stands in {name}");
        std::fs::write(&file, wrong).unwrap();
        let said = promtool(folder.path(), &["test", "rules", "plimsoll.test.yml"]).unwrap_err();
        assert!(said.contains("FAILED"), "{from} -> {to}: {said}");
    }
}

#[test]
fn no_objectives_and_months_of_the_calendar_give_rules_too() {
    let mut slos = demo::slos();
    for slo in &mut slos {
        slo.window = TimeWindow::Month;
    }
    for slos in [slos.as_slice(), &[]] {
        let folder = written(&demo::exported(slos));
        promtool(folder.path(), &["check", "rules", RULES, ALERTS]).unwrap();
        promtool(folder.path(), &["test", "rules", "plimsoll.window.test.yml"]).unwrap();
    }
}

#[test]
fn tiers_that_cannot_fire_or_outrun_the_scans_are_left_out_with_the_arithmetic() {
    let slos = demo::slos();
    let alerts = |interval| {
        let cadence = Cadence { interval, stepwise: false };
        text(Language::Alerts, &Exported { cadence, ..demo::exported(&slos) })
    };
    let often = alerts(Duration::from_mins(15));
    let fired =
        |text: &str, slo: &str, tier: &str| text.contains(&format!("slo: {slo}\n          burn_tier: {tier}\n"));
    assert!(fired(&often, "resources-high", "fast") && fired(&often, "critical-open", "fast"));
    assert!(!fired(&often, "detection", "fast") && fired(&often, "detection", "medium"));
    assert!(often.contains(
        "# Left out: tier fast of detection (1h/5m) is faster than the scans: its window of 5m is shorter than 2 × 15m \
         between scans = 30m, and the counters move only when a scan ends."
    ));
    let very_often = alerts(Duration::from_mins(2));
    assert!(very_often.contains(
        "# Left out: tier fast of detection (1h/5m) can never fire: 13.44 × (1 − 0.9) = 1.344: more than all of the "
    ));
    let seldom = alerts(Duration::from_hours(2));
    assert!(!fired(&seldom, "resources-high", "medium") && fired(&seldom, "resources-high", "slow"));
    assert!(seldom.contains("is faster than the scans: its window of 6h is shorter than 4 × 2h between scans = 8h."));
}

#[test]
fn names_and_labels_stay_while_windows_shrink() {
    let slos = demo::slos();
    let rules = text(Language::PrometheusRules, &Exported { time_scale: 60, ..demo::exported(&slos) });
    assert!(rules.contains("record: plimsoll:slo_error:ratio_rate1h"));
    assert!(rules.contains("state=\"fail\"}[1m])"), "an hour is a minute");
    assert!(rules.contains("state=\"fail\"}[672m])"), "four weeks are eleven hours");
    assert!(rules.contains("/ 1440'"), "a budget of 24 h is one of 24 min");
    assert!(rules.contains("window: 28d"));
    let alerts = text(Language::Alerts, &Exported { time_scale: 60, ..demo::exported(&slos) });
    assert!(alerts.contains("> (13.44 * 0.01)") && alerts.contains("keep_firing_for: 5s"));
}

/// One finding that is open all the time uses up 24 hours in 24 hours.
#[test]
fn an_open_finding_burns_by_its_share_of_the_window() {
    let slos = demo::slos();
    let alerts = text(Language::Alerts, &demo::exported(&slos));
    let open = slos.iter().find(|slo| matches!(slo.indicator, Indicator::OpenTime { .. })).unwrap();
    assert!(alerts.contains("plimsoll:slo_open:mean_rate1h{slo=\"critical-open\"} > (13.44 * 86400 / 2419200)"));
    let mean = open.tiers[0].factor(Duration::from_hours(672)) * 86_400.0 / 2_419_200.0;
    let minutes = mean * 60.0;
    assert!((minutes - 28.8).abs() < 1e-9, "it pages after {minutes} minutes");
}

/// A fifth of the resource time fails, twenty times what may; half of the budget is left. Half of
/// 28 d at twenty times the pace is 16 h 48 min.
#[test]
fn an_alert_says_what_burns_how_long_it_lasts_and_what_to_do() {
    let mut slos: Vec<Slo> = demo::slos().into_iter().take(1).collect();
    slos[0].tiers.truncate(1);
    let folder = written(&demo::exported(&slos));
    let series = |series: &str, values: &str| serde_json::json!({"series": series, "values": values});
    let resources =
        |state: &str| format!("plimsoll_slo_resource_seconds_total{{slo=\"resources-high\",state=\"{state}\"}}");
    let says = "Over 1 hour, more than 13.4 % of the resource time that was judged failed. At this rate a whole budget \
                lasts 2 days 2 hours, and what is left of it lasts 16h 48m 0s. Now: plimsoll findings names what is \
                open; take back the change that opened it. While less than 95 % of its resources can be read, this \
                does not resolve.";
    let test = serde_json::json!({
        "rule_files": [RULES, ALERTS],
        "evaluation_interval": "1m",
        "group_eval_order": ["plimsoll-slo-resources-high", "plimsoll-burning"],
        "tests": [{
            "interval": "1m",
            "input_series": [
                series(&resources("fail"), "1000000+1200x70"),
                series(&resources("pass"), "1000000+4800x70"),
                series("plimsoll_slo_budget_remaining_ratio{slo=\"resources-high\"}", "0.500004+0x70"),
            ],
            "alert_rule_test": [{
                "eval_time": "65m",
                "alertname": "PlimsollBudgetBurn",
                "exp_alerts": [{
                    "exp_labels": {"severity": "page", "slo": "resources-high", "burn_tier": "fast", "window": "1h"},
                    "exp_annotations": {
                        "summary": "resources-high burns its budget more than 13.4 times as fast as it may",
                        "description": says,
                    },
                }],
            }],
        }],
    });
    std::fs::write(folder.path().join("words.test.yml"), test.to_string()).unwrap();
    promtool(folder.path(), &["test", "rules", "words.test.yml"]).unwrap();
}

/// Alerts for the estate: each fires when it should, by the number of minutes it waits.
#[test]
fn alerts_about_the_estate_fire_when_they_should_and_not_before() {
    let slos = demo::slos();
    let folder = written(&demo::exported(&slos));
    // Series, values, alert, labels it is found by, last silent minute, first firing minute.
    let cases = [
        (
            "plimsoll_findings_open{severity=\"critical\",aws_service=\"s3\"}",
            "0x9 1x200",
            "CriticalFindingOpen",
            14,
            15,
        ),
        (
            "plimsoll_findings_overdue{severity=\"high\"}",
            "0x9 2x200",
            "FindingsOverdue{finding_severity=\"high\"}",
            24,
            25,
        ),
        ("plimsoll_waivers{status=\"expired\"}", "0x9 1x200", "WaiverExpired", 9, 10),
        ("plimsoll_metrics_series_dropped{family=\"x\"}", "0x9 3x200", "SeriesDropped{family=\"x\"}", 69, 70),
        ("plimsoll_reload_last_successful", "1x9 0x200", "ReloadRefused", 9, 10),
        ("plimsoll_coverage_ratio", "1x9 1.5x200", "Sanity", 19, 20),
        (
            "plimsoll_policy_action_active{slo=\"coverage\",action=\"freeze\"}",
            "0x9 1x200",
            "FreezeActive{slo=\"coverage\"}",
            9,
            10,
        ),
        (
            "plimsoll_slo_budget_remaining_ratio{slo=\"coverage\"}",
            "0.3x9 0.2x200",
            "BudgetLow{slo=\"coverage\"}",
            14,
            15,
        ),
        (
            "plimsoll_slo_budget_remaining_ratio{slo=\"detection\"}",
            "0.3x9 -0.2x200",
            "BudgetExhausted{slo=\"detection\"}",
            14,
            15,
        ),
        (
            "plimsoll_slo_budget_remaining_ratio{slo=\"critical-open\"}",
            "0.3x200",
            "BudgetLow{slo=\"critical-open\"}",
            200,
            0,
        ),
        ("plimsoll_build_info{job=\"a\",instance=\"b\"}", "1x200", "NeverScanned{instance=\"b\"}", 59, 60),
        ("plimsoll_scan_failures_total{reason=\"x\"}", "5x9 6x200", "ScanFailing", 24, 25),
    ];
    let mut inputs = Vec::new();
    let mut questions = Vec::new();
    for (series, values, alert, silent, firing) in cases {
        inputs.push(serde_json::json!({"series": series, "values": values}));
        let (name, labels) = alert.split_once('{').unwrap_or((alert, "}"));
        let expression = format!("count(ALERTS{{alertname=\"Plimsoll{name}\",alertstate=\"firing\",{labels})");
        let mut ask = |minute: i32, samples: serde_json::Value| {
            questions.push(serde_json::json!({
                "expr": expression, "eval_time": format!("{minute}m"), "exp_samples": samples,
            }));
        };
        ask(silent, serde_json::json!([]));
        if firing > 0 {
            ask(firing, serde_json::json!([{"labels": "{}", "value": 1}]));
        }
    }
    for (metric, values) in [("requests", "0+100x200"), ("throttles", "0+11x200")] {
        let series = format!("plimsoll_aws_api_{metric}_total{{aws_service=\"iam\",operation=\"x\"}}");
        inputs.push(serde_json::json!({"series": series, "values": values}));
    }
    for (minute, samples) in [(60, serde_json::json!([])), (61, serde_json::json!([{"labels": "{}", "value": 1}]))] {
        let expression = "count(ALERTS{alertname=\"PlimsollApiThrottled\",alertstate=\"firing\",aws_service=\"iam\"})";
        questions
            .push(serde_json::json!({"expr": expression, "eval_time": format!("{minute}m"), "exp_samples": samples}));
    }
    let test = serde_json::json!({
        "rule_files": [RULES, ALERTS],
        "evaluation_interval": "1m",
        "tests": [{"interval": "1m", "input_series": inputs, "promql_expr_test": questions}],
    });
    std::fs::write(folder.path().join("estate.test.yml"), test.to_string()).unwrap();
    promtool(folder.path(), &["test", "rules", "estate.test.yml"]).unwrap();
}

/// As `plimsoll status` has it: what was not due was not late, and where nothing was judged nothing is known.
#[test]
fn a_budget_of_findings_is_whole_where_none_was_due_and_unknown_where_nothing_was_judged() {
    let slos: Vec<Slo> = demo::slos().into_iter().filter(|slo| slo.indicator.counts_findings()).collect();
    let folder = written(&demo::exported(&slos));
    let series = |slo: &str, judged: &str| {
        let of = |name: &str, label: &str| format!("plimsoll_slo_{name}_total{{slo=\"{slo}\",{label}}}");
        serde_json::json!([
            {"series": of("findings", "outcome=\"within\""), "values": "7x200"},
            {"series": of("findings", "outcome=\"late\""), "values": "3x200"},
            {"series": of("resource_seconds", "state=\"pass\""), "values": judged},
        ])
    };
    let test = |judged: &str, samples: serde_json::Value| {
        let expression = "plimsoll:slo_budget_remaining:ratio{slo=\"detection\"}";
        serde_json::json!({
            "interval": "1m",
            "input_series": series("detection", judged),
            "promql_expr_test": [{"expr": expression, "eval_time": "150m", "exp_samples": samples}],
        })
    };
    let labels = "plimsoll:slo_budget_remaining:ratio{slo=\"detection\"}";
    let whole = serde_json::json!([{"labels": labels, "value": 1}]);
    let file = serde_json::json!({
        "rule_files": [RULES],
        "evaluation_interval": "1m",
        "tests": [test("0+60x200", whole), test("60x200", serde_json::json!([]))],
    });
    std::fs::write(folder.path().join("due.test.yml"), file.to_string()).unwrap();
    promtool(folder.path(), &["test", "rules", "due.test.yml"]).unwrap();
}
