//! Alert rules: the file, and the shape that all of them have.
//!
//! Every alert has a `severity` (`page`, `ticket`, or `info` for what only explains others), a
//! summary of what is the case and a description that ends with what to do.

use std::time::Duration;

use super::Exported;
use super::yaml::{Yaml, document};
use super::{burning, estate};

/// An alert rule.
#[derive(Debug, Clone)]
pub(super) struct Alert {
    pub(super) name: &'static str,
    pub(super) expression: String,
    /// How long it must hold; zero for at once.
    pub(super) hold: Duration,
    /// How long it goes on after it ceased to hold.
    pub(super) keep: Duration,
    pub(super) severity: &'static str,
    pub(super) labels: Vec<(&'static str, String)>,
    pub(super) summary: String,
    pub(super) description: String,
}

impl Alert {
    fn yaml(&self, exported: &Exported<'_>) -> Yaml {
        let mut entries = vec![("alert", Yaml::text(self.name)), ("expr", Yaml::expression(&self.expression))];
        if !self.hold.is_zero() {
            entries.push(("for", Yaml::text(exported.range(self.hold))));
        }
        if !self.keep.is_zero() {
            entries.push(("keep_firing_for", Yaml::text(exported.range(self.keep))));
        }
        let own = self.labels.iter().map(|(key, value)| (*key, value.as_str()));
        let labels = std::iter::once(("severity", self.severity)).chain(own);
        entries.push(("labels", Yaml::texts(labels)));
        let sentences = [("summary", self.summary.as_str()), ("description", self.description.as_str())];
        entries.push(("annotations", Yaml::texts(sentences)));
        Yaml::map(entries)
    }
}

/// The names of the groups of alert rules.
pub(super) fn group_names() -> [&'static str; 2] {
    ["plimsoll-burning", "plimsoll-health"]
}

pub(super) fn rules(exported: &Exported<'_>) -> String {
    let burning = exported.slos.iter().flat_map(|slo| {
        let fires = slo.tiers.iter().map(|tier| match super::left_out(slo, tier, exported.cadence) {
            Some(why) => Yaml::Remark(why),
            None => burning::alert(exported, slo, tier).yaml(exported),
        });
        fires.collect::<Vec<_>>()
    });
    let health = estate::alerts(exported).into_iter().map(|alert| alert.yaml(exported));
    let [first, second] = group_names();
    let groups = [group(first, Yaml::list(burning)), group(second, Yaml::list(health))];
    let remark = "Alert rules, written by: plimsoll export alerts\nThey need the recording rules beside them. \
                  Tell people by severity (page, ticket, info);\nalertmanager.yml lets faster tiers silence slower ones.";
    document(remark, &Yaml::map([("groups", Yaml::list(groups))]))
}

fn group(name: &str, rules: Yaml) -> Yaml {
    Yaml::map([("name", Yaml::text(name)), ("rules", rules)])
}
