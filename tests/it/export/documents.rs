//! OpenSLO, Sloth and Pyrra: others read the documents, and the thresholds that an independent
//! generator makes of them are ours.

use plimsoll::export::{Language, RULES, files, left_out};
use plimsoll::slo::{Slo, TimeWindow};
use saphyr::{LoadableYamlNode, Yaml};
use slokit::generate::{GenerateOptions, generate_all};
use slokit::spec::alert_windows::AlertWindowsSet;
use slokit::spec::{Spec, openslo};

use super::{demo, text};

/// A threshold of an objective over a window.
type Threshold = ((String, String), f64);

/// The thresholds in `…_rate1h{…slo="x"…} > (a * b)`.
fn thresholds(rules: &str) -> Vec<Threshold> {
    rules.split("_rate").skip(1).filter_map(threshold).collect()
}

fn threshold(rest: &str) -> Option<Threshold> {
    let (window, rest) = rest.split_once('{')?;
    let (labels, rest) = rest.split_once('}')?;
    let product = rest.strip_prefix(" > (")?.split(')').next()?;
    let name = labels.split("slo=\"").nth(1)?.split('"').next()?;
    Some(((name.to_owned(), window.to_owned()), reckoned(product)))
}

/// `a * b` or `a * b / c`.
fn reckoned(product: &str) -> f64 {
    let (product, divisor) = product.split_once(" / ").unwrap_or((product, "1"));
    let factors = product.split(" * ").map(|factor| factor.parse::<f64>().unwrap());
    factors.product::<f64>() / divisor.parse::<f64>().unwrap()
}

/// The rules that slokit makes of its own reading, with our windows.
fn generated(specs: &[Spec], windows: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("windows.yml");
    std::fs::write(&file, windows).unwrap();
    let mut options = GenerateOptions::default();
    options.alert_windows = AlertWindowsSet::load(&file).unwrap();
    options.default_period = slokit::Window::days(28);
    generate_all(specs, &options).unwrap().to_prometheus_yaml().unwrap().replace("sloth_slo=", "slo=")
}

/// Each of our thresholds is one of theirs.
fn assert_equal(rules: &str, slos: &[Slo]) {
    let theirs = thresholds(rules);
    let exported = demo::exported(slos);
    let ours = thresholds(&text(Language::Alerts, &exported));
    for (key, value) in &ours {
        let same = |(other, theirs): &Threshold| other == key && (theirs - value).abs() <= 1e-8 * value;
        assert!(theirs.iter().any(same), "{key:?} {value}: {theirs:?}");
    }
    let tiers = slos.iter().flat_map(|slo| slo.tiers.iter().map(move |tier| (slo, tier)));
    let kept = tiers.filter(|(slo, tier)| left_out(slo, tier, exported.cadence).is_none()).count();
    assert_eq!(ours.len(), 2 * kept, "a long and a short window for each tier");
    assert_eq!(theirs.len(), 2 * 4 * slos.len());
}

/// The specification of Sloth and its catalogue of windows.
fn sloth(slos: &[Slo]) -> [String; 2] {
    let files = files(Language::Sloth, &demo::exported(slos));
    let texts: Vec<String> = files.into_iter().map(|file| file.text).collect();
    texts.try_into().unwrap()
}

#[test]
fn another_generator_makes_the_same_thresholds_of_our_openslo() {
    let slos = demo::slos();
    let import = openslo::from_yaml(&text(Language::OpenSlo, &demo::exported(&slos))).unwrap();
    let [_, windows] = sloth(&slos);
    let rules = generated(&import.specs, &windows);
    assert_equal(&rules, &slos);
    for rest in ["(13.44 * 0.01)", "(5.6 * 0.01)", "(2.8 * 0.01)", "(0.9333333333 * 0.01)"] {
        assert!(rules.contains(rest), "{rest}");
    }
}

#[test]
fn another_generator_makes_the_same_thresholds_of_our_sloth() {
    let mut slos = demo::slos();
    let [specification, windows] = sloth(&slos);
    assert_equal(&generated(&Spec::from_yaml_stream(&specification).unwrap(), &windows), &slos);
    // The counters are the ones that our own rules read.
    let rules = text(Language::PrometheusRules, &demo::exported(&slos));
    for line in specification.lines().filter_map(|line| line.trim().split_once("query: ")) {
        let selector = line.1.trim_matches('\'').split_once('(').unwrap().1.split_once('[').unwrap().0;
        assert!(rules.contains(selector.split_once('(').unwrap().1), "{selector} is in {RULES}");
    }
    slos[0].window = TimeWindow::Month;
    assert!(sloth(&slos)[0].contains("# Left out: resources-high."));
}

#[test]
fn a_burn_rate_of_open_time_is_that_of_its_failure_ratio() {
    let slos = demo::slos();
    let [specification, _] = sloth(&slos);
    // 24 h of 672 h may be bad.
    assert!(specification.contains("objective: 96.4285714286\n"), "{specification}");
}

fn documents(text: &str) -> Vec<Yaml<'_>> {
    Yaml::load_from_str(text).unwrap()
}

fn word<'y>(value: &'y Yaml<'_>, path: &[&str]) -> &'y str {
    at(value, path).as_str().unwrap()
}

fn at<'y, 'i>(value: &'y Yaml<'i>, path: &[&str]) -> &'y Yaml<'i> {
    path.iter().fold(value, |value, key| value.as_mapping_get(key).unwrap())
}

#[test]
fn openslo_documents_have_what_their_schema_asks_for() {
    let slos = demo::slos();
    let exported = demo::exported(&slos);
    let text = text(Language::OpenSlo, &exported);
    let all = documents(&text);
    let of = |kind: &str| all.iter().filter(|document| word(document, &["kind"]) == kind).collect::<Vec<_>>();
    assert!(all.iter().all(|document| word(document, &["apiVersion"]) == "openslo/v1"));
    let policies = of("AlertPolicy");
    for slo in of("SLO") {
        assert!(!word(slo, &["metadata", "displayName"]).is_empty());
        assert_eq!(word(slo, &["spec", "service"]), word(of("Service")[0], &["metadata", "name"]));
        assert_eq!(word(slo, &["spec", "budgetingMethod"]), "Occurrences");
        let goal = at(slo, &["spec", "objectives"]).as_sequence_get(0).unwrap();
        assert!(word(goal, &["displayName"]).ends_with(" %"));
        let target = at(goal, &["target"]).as_floating_point().unwrap();
        assert!(target > 0.0 && target < 1.0);
        let metric = at(slo, &["spec", "indicator", "spec", "ratioMetric"]);
        assert_eq!(at(metric, &["counter"]).as_bool(), Some(true));
        for named in at(slo, &["spec", "alertPolicies"]).as_sequence().unwrap() {
            assert!(policies.iter().any(|policy| word(policy, &["metadata", "name"]) == named.as_str().unwrap()));
        }
    }
    for policy in &policies {
        let conditions = at(policy, &["spec", "conditions"]).as_sequence().unwrap();
        assert_eq!(conditions.len(), 1, "an alert policy has one condition");
        let condition = at(&conditions[0], &["spec", "condition"]);
        assert_eq!((word(condition, &["kind"]), word(condition, &["op"])), ("burnrate", "gt"));
        for length in ["lookbackWindow", "alertAfter"] {
            let length = word(condition, &[length]);
            assert!(length.ends_with(['m', 'h', 'd']) && !length.starts_with('0'), "{length}");
        }
        let notified = at(policy, &["spec", "notificationTargets"]).as_sequence_get(0).unwrap();
        assert_eq!(word(notified, &["targetRef"]), word(of("AlertNotificationTarget")[0], &["metadata", "name"]));
    }
    assert_eq!((of("SLO").len(), policies.len()), (5, 18));
}

#[test]
fn pyrra_gets_pure_counters_and_targets_in_percent_as_text() {
    let slos = demo::slos();
    let text = text(Language::Pyrra, &demo::exported(&slos));
    assert!(text.contains("# Left out: critical-open."));
    let all = documents(&text);
    assert_eq!(all.len(), 4);
    for resource in &all {
        assert_eq!(word(resource, &["apiVersion"]), "pyrra.dev/v1alpha1");
        assert_eq!(word(resource, &["kind"]), "ServiceLevelObjective");
        let target: f64 = word(resource, &["spec", "target"]).parse().unwrap();
        assert!(target > 1.0 && target < 100.0, "a percentage: {target}");
        assert_eq!(word(resource, &["spec", "window"]), "28d");
        let ratio = at(resource, &["spec", "indicator", "ratio"]);
        let [errors, total] = ["errors", "total"].map(|part| word(ratio, &[part, "metric"]));
        assert_ne!(errors, total);
        for selector in [errors, total] {
            assert!(selector.starts_with("plimsoll_slo_") && selector.ends_with('}') && !selector.contains(['(', '[']));
        }
    }
}
