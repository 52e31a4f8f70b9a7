//! The dashboards, by the rules that Grafana's linter has, and their expressions by promtool.

use std::collections::BTreeSet;

use plimsoll::export::{File, Language, files};
use serde_json::Value;

use super::{demo, promtool};

fn dashboards() -> Vec<(&'static str, Value)> {
    let slos = demo::slos();
    let read = |file: File| (file.name, serde_json::from_str(&file.text).unwrap());
    files(Language::Grafana, &demo::exported(&slos)).into_iter().map(read).collect()
}

fn list<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    value.pointer(pointer).unwrap().as_array().unwrap()
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

/// Panels that show values, with the dashboard they are on.
fn panels(dashboard: &Value) -> impl Iterator<Item = &Value> {
    list(dashboard, "/panels").iter().filter(|panel| text(panel, "type") != "row")
}

fn targets() -> Vec<(String, String, Value)> {
    let mut found = Vec::new();
    for (name, dashboard) in dashboards() {
        for panel in panels(&dashboard) {
            let place = format!("{name}: {}", text(panel, "title"));
            let of_panel = list(panel, "/targets").iter();
            found.extend(of_panel.map(|target| (place.clone(), text(target, "expr").to_owned(), target.clone())));
        }
    }
    assert!(found.len() > 50, "{} targets", found.len());
    found
}

#[test]
fn dashboards_have_a_stable_name_and_no_number() {
    let all = dashboards();
    let uids: BTreeSet<&str> = all.iter().map(|(_, dashboard)| text(dashboard, "uid")).collect();
    assert_eq!(uids.len(), 4);
    for (name, dashboard) in &all {
        assert_eq!(format!("{}.json", text(dashboard, "uid")), *name);
        assert_eq!(dashboard["id"], Value::Null);
        assert_eq!(dashboard["schemaVersion"], 39);
        assert!(!text(dashboard, "title").is_empty() && text(dashboard, "description").ends_with('.'));
        assert_eq!(dashboard["tags"][0], "plimsoll");
    }
}

#[test]
fn every_panel_and_target_asks_the_chosen_data_source() {
    for (name, dashboard) in dashboards() {
        let variables = list(&dashboard, "/templating/list");
        assert_eq!((text(&variables[0], "name"), text(&variables[0], "type")), ("datasource", "datasource"), "{name}");
        for panel in panels(&dashboard) {
            assert_eq!(panel["datasource"]["uid"], "${datasource}", "{name}: {}", panel["title"]);
            assert!(list(panel, "/targets").iter().all(|target| target["datasource"]["uid"] == "${datasource}"));
        }
        assert!(variables[1..].iter().all(|variable| variable["datasource"]["uid"] == "${datasource}"));
    }
}

#[test]
fn every_panel_says_what_it_shows_and_in_which_unit() {
    for (name, dashboard) in dashboards() {
        let mut titles = BTreeSet::new();
        for panel in panels(&dashboard) {
            let title = text(panel, "title");
            assert!(!title.is_empty() && titles.insert(title), "{name}: {title:?} stands twice or is empty");
            assert!(text(panel, "description").ends_with('.'), "{name}: {title} has no description");
            let unit = panel.pointer("/fieldConfig/defaults/unit").and_then(Value::as_str).unwrap_or_default();
            assert!(!unit.is_empty(), "{name}: {title} has no unit");
            assert!(!list(panel, "/targets").is_empty(), "{name}: {title} asks nothing");
            let first = &list(panel, "/fieldConfig/defaults/thresholds/steps")[0];
            assert_eq!(first["value"], Value::Null, "{name}: {title}: the lowest colour has no bound");
        }
    }
}

#[test]
fn panels_stand_beside_each_other_on_the_grid() {
    for (name, dashboard) in dashboards() {
        let mut taken = BTreeSet::new();
        let mut ids = BTreeSet::new();
        for panel in list(&dashboard, "/panels") {
            assert!(ids.insert(panel["id"].as_u64().unwrap()), "{name}: a number stands twice");
            let [x, y, w, h] = ["x", "y", "w", "h"].map(|key| panel["gridPos"][key].as_u64().unwrap());
            assert!(w > 0 && h > 0 && x + w <= 24, "{name}: {} is off the grid", panel["title"]);
            for cell in (x..x + w).flat_map(|column| (y..y + h).map(move |line| (column, line))) {
                assert!(taken.insert(cell), "{name}: {} covers another panel at {cell:?}", panel["title"]);
            }
        }
    }
}

#[test]
fn names_of_series_are_labels_that_their_expression_leaves() {
    for (place, expression, target) in targets() {
        let legend = text(&target, "legendFormat");
        assert!(!legend.is_empty(), "{place}: a series has no name");
        for label in legend.split("{{").skip(1).map(|rest| rest.split("}}").next().unwrap()) {
            let left = ["by (", "group_left ("].iter().any(|keyword| {
                let lists = expression.split(keyword).skip(1).map(|rest| rest.split(')').next().unwrap());
                lists.flat_map(|list| list.split(',')).any(|grouped| grouped.trim() == label)
            });
            assert!(left, "{place}: {expression} leaves no label {label}");
        }
    }
}

#[test]
fn variables_that_are_used_exist() {
    for (name, dashboard) in dashboards() {
        let variables: BTreeSet<String> =
            list(&dashboard, "/templating/list").iter().map(|variable| text(variable, "name").to_owned()).collect();
        for expression in
            panels(&dashboard).flat_map(|panel| list(panel, "/targets")).map(|target| text(target, "expr"))
        {
            for word in expression.split('$').skip(1) {
                let word: String =
                    word.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect();
                let own = ["__rate_interval", "__range"].contains(&word.as_str());
                assert!(own || variables.contains(&word), "{name}: {expression} uses ${word}");
            }
        }
    }
}

/// Rates follow the zoom, or are over windows that the title names; never over a few scrapes.
#[test]
fn rates_are_over_the_interval_of_the_zoom_or_over_hours() {
    let mut zoomed = 0;
    for (place, expression, _) in targets() {
        for range in expression.split('[').skip(1).map(|rest| rest.split(']').next().unwrap()) {
            zoomed += usize::from(range == "$__rate_interval");
            assert!(["$__rate_interval", "$__range", "1h", "1d", "7d"].contains(&range), "{place}: {range}");
        }
    }
    assert!(zoomed > 5);
}

#[test]
fn prometheus_reads_every_expression() {
    let folder = tempfile::tempdir().unwrap();
    let rules: Vec<Value> = targets()
        .into_iter()
        .enumerate()
        .map(|(index, (_, expression, _))| {
            let filled = expression.replace("$__rate_interval", "5m").replace("$__range", "1d").replace("$slo", ".+");
            serde_json::json!({"record": format!("panel:{index}"), "expr": filled})
        })
        .collect();
    let file = serde_json::json!({"groups": [{"name": "panels", "rules": rules}]});
    std::fs::write(folder.path().join("panels.yml"), file.to_string()).unwrap();
    promtool(folder.path(), &["check", "rules", "panels.yml"]).unwrap();
}
