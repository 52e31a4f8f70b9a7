//! What is exported for others: it is fresh, it uses only what is published, and those it is for
//! accept it.

mod demo;
mod names;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use plimsoll::export::{ALERTS, Exported, File, Language, RULES, files};
use plimsoll::slo::{Indicator, Slo, TimeWindow};

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
    let alerts = |interval| text(Language::Alerts, &Exported { interval, ..demo::exported(&slos) });
    let often = alerts(Duration::from_mins(15));
    let fired =
        |text: &str, slo: &str, tier: &str| text.contains(&format!("slo: {slo}\n          burn_tier: {tier}\n"));
    assert!(fired(&often, "resources-high", "fast") && fired(&often, "critical-open", "fast"));
    assert!(!fired(&often, "detection", "fast") && fired(&often, "detection", "medium"));
    assert!(often.contains(
        "# Left out: tier fast of detection (1h/5m): can never fire. 13.44 x 0.1 = 134 %, and no more than 100 % can be bad."
    ));
    let seldom = alerts(Duration::from_hours(2));
    assert!(!fired(&seldom, "resources-high", "medium") && fired(&seldom, "resources-high", "slow"));
    assert!(seldom.contains("faster than the scans. A scan every 2h needs a long window of at least 8h."));
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
