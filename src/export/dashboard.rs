//! A Grafana dashboard in the classic model: rows of panels, laid out from left to right.

use serde_json::{Value, json};

/// The version of the classic model that is written.
const SCHEMA_VERSION: u32 = 39;
/// The width of Grafana's grid.
const GRID: u32 = 24;

/// A dashboard.
#[derive(Debug, Clone)]
pub(super) struct Dashboard {
    /// Stable name in addresses.
    pub(super) uid: &'static str,
    pub(super) title: &'static str,
    pub(super) description: &'static str,
    /// Whether its panels are about the objectives chosen above.
    pub(super) by_objective: bool,
    pub(super) rows: Vec<(&'static str, Vec<Panel>)>,
}

/// How a panel shows its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// The last value of each series, large.
    Number,
    /// Lines over time.
    Lines,
    /// Areas over time that add up.
    Areas,
    /// One bar for each series.
    Bars,
    /// How many values fell where over time.
    Heat,
}

/// A panel.
#[derive(Debug, Clone)]
pub(super) struct Panel {
    pub(super) title: &'static str,
    pub(super) description: &'static str,
    pub(super) form: Form,
    pub(super) unit: &'static str,
    /// Where colours begin, from the lowest value; none for one colour.
    pub(super) steps: &'static [(Option<f64>, &'static str)],
    pub(super) size: (u32, u32),
    /// Expressions and how their series are called.
    pub(super) targets: Vec<(String, &'static str)>,
}

impl Panel {
    pub(super) fn new(form: Form, title: &'static str, unit: &'static str, description: &'static str) -> Self {
        let size = match form {
            Form::Number => (6, 5),
            Form::Lines | Form::Areas | Form::Bars | Form::Heat => (12, 9),
        };
        Self { title, description, form, unit, steps: &[(None, "blue")], size, targets: Vec::new() }
    }

    pub(super) fn target(mut self, expression: &str, legend: &'static str) -> Self {
        self.targets.push((expression.to_owned(), legend));
        self
    }

    pub(super) const fn steps(mut self, steps: &'static [(Option<f64>, &'static str)]) -> Self {
        self.steps = steps;
        self
    }

    pub(super) const fn size(mut self, width: u32, height: u32) -> Self {
        self.size = (width, height);
        self
    }

    fn json(&self, id: usize, (x, y): (u32, u32)) -> Value {
        let instant = matches!(self.form, Form::Number | Form::Bars);
        let heat = self.form == Form::Heat;
        let targets: Vec<Value> = self
            .targets
            .iter()
            .enumerate()
            .map(|(index, (expression, legend))| {
                json!({
                    "datasource": datasource(),
                    "editorMode": "code",
                    "expr": expression,
                    "format": if heat { "heatmap" } else { "time_series" },
                    "instant": instant,
                    "legendFormat": legend,
                    "range": !instant,
                    "refId": char::from(b'A' + u8::try_from(index % 26).unwrap_or_default()).to_string(),
                })
            })
            .collect();
        json!({
            "id": id,
            "type": self.kind(),
            "title": self.title,
            "description": self.description,
            "datasource": datasource(),
            "gridPos": {"x": x, "y": y, "w": self.size.0, "h": self.size.1},
            "fieldConfig": {"defaults": self.defaults(), "overrides": []},
            "options": self.options(),
            "targets": targets,
        })
    }

    const fn kind(&self) -> &'static str {
        match self.form {
            Form::Number => "stat",
            Form::Lines | Form::Areas => "timeseries",
            Form::Bars => "bargauge",
            Form::Heat => "heatmap",
        }
    }

    fn defaults(&self) -> Value {
        let steps: Vec<Value> =
            self.steps.iter().map(|(value, color)| json!({"value": value, "color": color})).collect();
        let mut defaults = json!({
            "unit": self.unit,
            "color": {"mode": if matches!(self.form, Form::Lines | Form::Areas) { "palette-classic" } else { "thresholds" }},
            "thresholds": {"mode": "absolute", "steps": steps},
        });
        if matches!(self.form, Form::Lines | Form::Areas) {
            let stacked = self.form == Form::Areas;
            defaults["custom"] = json!({
                "drawStyle": "line",
                "fillOpacity": if stacked { 30 } else { 0 },
                "showPoints": "never",
                "spanNulls": false,
                "stacking": {"group": "A", "mode": if stacked { "normal" } else { "none" }},
            });
        }
        defaults
    }

    fn options(&self) -> Value {
        let last = json!({"calcs": ["lastNotNull"], "fields": "", "values": false});
        match self.form {
            Form::Number => {
                json!({"reduceOptions": last, "colorMode": "value", "graphMode": "none", "textMode": "auto"})
            }
            Form::Bars => {
                json!({"reduceOptions": last, "displayMode": "basic", "orientation": "horizontal", "valueMode": "color"})
            }
            Form::Lines | Form::Areas => json!({
                "legend": {"calcs": ["lastNotNull"], "displayMode": "table", "placement": "bottom", "showLegend": true},
                "tooltip": {"mode": "multi", "sort": "desc"},
            }),
            Form::Heat => json!({"calculate": false, "yAxis": {"unit": self.unit}, "tooltip": {"mode": "single"}}),
        }
    }
}

fn datasource() -> Value {
    json!({"type": "prometheus", "uid": "${datasource}"})
}

impl Dashboard {
    /// The dashboard as Grafana reads it.
    pub(super) fn json(&self) -> String {
        let value = json!({
            "id": null,
            "uid": self.uid,
            "title": self.title,
            "description": self.description,
            "tags": ["plimsoll"],
            "schemaVersion": SCHEMA_VERSION,
            "version": 1,
            "editable": true,
            "graphTooltip": 1,
            "timezone": "browser",
            "refresh": "1m",
            "time": {"from": "now-7d", "to": "now"},
            "annotations": {"list": []},
            "links": [{
                "type": "dashboards", "title": "plimsoll", "tags": ["plimsoll"],
                "asDropdown": true, "includeVars": true, "keepTime": true,
            }],
            "templating": {"list": self.variables()},
            "panels": self.panels(),
        });
        format!("{value:#}\n")
    }

    fn variables(&self) -> Vec<Value> {
        let mut variables = vec![json!({
            "name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus",
            "regex": "", "hide": 0, "refresh": 1, "multi": false, "includeAll": false,
        })];
        if self.by_objective {
            let query = "label_values(plimsoll_slo_window_seconds, slo)";
            variables.push(json!({
                "name": "slo", "label": "Objective", "type": "query", "datasource": datasource(),
                "query": {"query": query, "refId": "slo"}, "definition": query, "regex": "", "hide": 0,
                "refresh": 2, "sort": 1, "multi": true, "includeAll": true, "allValue": ".+",
                "current": {"selected": true, "text": ["All"], "value": ["$__all"]},
            }));
        }
        variables
    }

    fn panels(&self) -> Vec<Value> {
        let mut panels = Vec::new();
        let mut y = 0;
        for (title, row) in &self.rows {
            panels.push(json!({
                "id": panels.len() + 1, "type": "row", "title": title, "collapsed": false,
                "gridPos": {"x": 0, "y": y, "w": GRID, "h": 1}, "panels": [],
            }));
            let (mut x, mut height) = (0, 0);
            y += 1;
            for panel in row {
                if x + panel.size.0 > GRID {
                    (x, y, height) = (0, y + height, 0);
                }
                panels.push(panel.json(panels.len() + 1, (x, y)));
                x += panel.size.0;
                height = height.max(panel.size.1);
            }
            y += height;
        }
        panels
    }
}
