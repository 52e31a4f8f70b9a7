//! The section `slos`: what is promised, as written -> as meant.
//!
//! The words are OpenSLO's. What cannot work is a fault here: a target of 1 leaves no budget, a
//! budget without a length is none, a tier that can never fire looks like a quiet one.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::fault::Reader;
use super::read::{Read, entries, parsed};
use super::value::{Interval, Share, words, written_as_text};
use super::yaml::{Mark, Node};
use super::{Config, Schedule};
use crate::model::{AccountId, Pattern, Service, Severity};
use crate::slo::{Asked, Cadence, Indicator, Reach, Scope, Slo, SloName, TierName, TimeWindow, reach};

entries! {
    /// One objective.
    SloEntry {
        /// Its name: lower-case letters, digits and hyphens, at most 63.
        name: SloName,
        /// What it promises, in a sentence.
        #[serde(skip_serializing_if = "Option::is_none")]
        description: Option<String>,
        /// What is measured, and of what.
        indicator: IndicatorEntry,
        /// The least share that must be good, such as 0.995. Of every type but `open_time`.
        #[serde(skip_serializing_if = "Option::is_none")]
        target: Option<Share>,
        /// The finding-time that may be used up in a window, such as 24h: one finding for a day, or
        /// two for half a day. Of `open_time` only.
        #[serde(skip_serializing_if = "Option::is_none")]
        budget: Option<Interval>,
        /// A length of at least 1d, such as 28d, up to now; or `month`, the month of the calendar in
        /// UTC. None: 28d.
        #[serde(skip_serializing_if = "Option::is_none")]
        window: Option<WindowEntry>,
        /// Which tiers of burn-rate alerts there are. None: all that fit.
        #[serde(skip_serializing_if = "Option::is_none")]
        tiers: Option<TiersEntry>,
    }

    /// What is measured, and of what. Keys that are left out do not narrow it.
    IndicatorEntry {
        /// What is measured.
        r#type: IndicatorType,
        /// Only rules of this severity or worse.
        #[serde(skip_serializing_if = "Option::is_none")]
        severity: Option<Severity>,
        /// Only resources of these services.
        #[serde(skip_serializing_if = "Option::is_none")]
        services: Option<Vec<Service>>,
        /// Only resources in these accounts.
        #[serde(skip_serializing_if = "Option::is_none")]
        accounts: Option<Vec<AccountId>>,
        /// Only these rules, by id or pattern.
        #[serde(skip_serializing_if = "Option::is_none")]
        rules: Option<Vec<Pattern>>,
        /// Only rules that serve a control of one of these frameworks, such as `cis-5.0`.
        #[serde(skip_serializing_if = "Option::is_none")]
        frameworks: Option<Vec<String>>,
        /// Only resources that have all of these tags; values may be patterns.
        #[serde(skip_serializing_if = "Option::is_none")]
        tags: Option<BTreeMap<String, Pattern>>,
        /// How long detection may take from the change, or remediation from detection. Of
        /// `detection` and `remediation` only.
        #[serde(skip_serializing_if = "Option::is_none")]
        within: Option<Interval>,
    }

    /// Which tiers of burn-rate alerts there are.
    TiersEntry {
        /// These and no others. One that is faster than the scans is a fault then; otherwise it is
        /// left out.
        #[serde(skip_serializing_if = "Option::is_none")]
        enabled: Option<Vec<TierName>>,
        /// Not these.
        #[serde(skip_serializing_if = "Option::is_none")]
        disabled: Option<Vec<TierName>>,
    }

}

words! {
    /// What is measured.
    IndicatorType {
        /// Resource-time that does not fail, of all that has a verdict.
        Compliance = "compliance",
        /// Resource-time that is known, of all that is expected.
        Coverage = "coverage",
        /// Time that findings are open, against a budget of it.
        OpenTime = "open_time",
        /// Findings that are detected in time, of all that are opened.
        Detection = "detection",
        /// Findings that are resolved in time, of all that are resolved or late.
        Remediation = "remediation",
    }
}

impl IndicatorType {
    const fn name(self) -> &'static str {
        match self {
            Self::Compliance => "compliance",
            Self::Coverage => "coverage",
            Self::OpenTime => "open_time",
            Self::Detection => "detection",
            Self::Remediation => "remediation",
        }
    }

    const fn has_limit(self) -> bool {
        matches!(self, Self::Detection | Self::Remediation)
    }
}

/// The window of an objective.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowEntry(pub TimeWindow);

impl fmt::Display for WindowEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

parsed! {
    SloName, "a name of lower-case letters, digits and hyphens that begins with a letter, at most 63", Self::new;
    WindowEntry, "month, or a length from 1d to 366d such as 28d", window;
}

fn window(text: &str) -> Option<WindowEntry> {
    if text == "month" {
        return Some(WindowEntry(TimeWindow::Month));
    }
    let length = text.parse::<Interval>().ok()?.duration();
    (SHORTEST_WINDOW..=LONGEST_WINDOW).contains(&length).then_some(WindowEntry(TimeWindow::Rolling(length)))
}

const SHORTEST_WINDOW: Duration = Duration::from_hours(24);
const LONGEST_WINDOW: Duration = Duration::from_hours(366 * 24);
const USUAL_WINDOW: TimeWindow = TimeWindow::Rolling(Duration::from_hours(28 * 24));

written_as_text! {
    WindowEntry, "Window", "^(month|([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?)$", "28d";
}

impl JsonSchema for SloName {
    fn schema_name() -> Cow<'static, str> {
        "SloName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$"})
    }
}

impl Read for TierName {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let words: Vec<(&'static str, Self)> = Self::ALL.iter().map(|tier| (tier.name(), *tier)).collect();
        reader.word(&words, node)
    }
}

pub(super) fn fault(reader: &mut Reader, key: &str, mark: Mark, problem: impl Into<String>, help: Option<&str>) {
    reader.at(key, |reader| reader.fault(Some(mark), problem, help.map(str::to_owned)));
}

/// What does not fit together in the objectives, and names that are there twice.
pub(super) fn sense(config: &Config, node: &Node, reader: &mut Reader) {
    let mut names: Vec<(&SloName, usize)> = Vec::new();
    for (index, (slo, item)) in config.slos.iter().zip(node.items("slos")).enumerate() {
        let mark = item.mark_of("name");
        reader.at(format!("slos[{index}]"), |reader| {
            if let Some((_, line)) = names.iter().find(|(name, _)| **name == slo.name) {
                fault(reader, "name", mark, format!("{} is there twice, first in line {line}", slo.name), None);
            }
            slo.sense(item, config, reader);
        });
        names.push((&slo.name, mark.line));
    }
    super::budget_policy::names_sense(config, node, reader);
}

impl SloEntry {
    fn sense(&self, node: &Node, config: &Config, reader: &mut Reader) {
        let before = reader.faults.len();
        self.amount_sense(node, reader);
        reader.at("indicator", |reader| {
            let indicator = node.value_of("indicator");
            self.indicator.limit_sense(indicator, &config.schedule, reader);
            self.indicator.scope_sense(indicator, reader);
        });
        if reader.faults.len() == before {
            self.tiers_sense(node, config.cadence(), reader);
        }
    }

    /// A share has a target, an amount has a budget, and none has both.
    fn amount_sense(&self, node: &Node, reader: &mut Reader) {
        let kind = self.indicator.r#type.name();
        if self.indicator.r#type == IndicatorType::OpenTime {
            match self.budget {
                None => {
                    let help = Some("say how much finding-time may be used up in a window, such as 24h");
                    fault(reader, "budget", node.mark, "the key is missing", help);
                }
                Some(budget) if budget.duration().is_zero() => {
                    let help = Some("give at least 1s; with no budget at all every finding would exceed it");
                    fault(reader, "budget", node.mark_of("budget"), "there is no budget in 0s", help);
                }
                Some(_) => {}
            }
            if self.target.is_some() {
                let help = Some("leave it out; the budget says what may be used up");
                fault(reader, "target", node.mark_of("target"), "open_time has a budget, not a target", help);
            }
            return;
        }
        match self.target.map(Share::get) {
            None => {
                let help = Some("say which share must be good at least, such as 0.995");
                fault(reader, "target", node.mark, "the key is missing", help);
            }
            Some(target) if target <= 0.0 || target >= 1.0 => {
                let (problem, help) = if target >= 1.0 {
                    ("a target of 1 leaves no budget", "nothing is always good; 0.999 leaves 40 minutes in 28 days")
                } else {
                    ("a target of 0 promises nothing", "say which share must be good at least, such as 0.995")
                };
                fault(reader, "target", node.mark_of("target"), problem, Some(help));
            }
            Some(_) => {}
        }
        if self.budget.is_some() {
            let help = Some("leave it out, or measure open_time; the budget of a share is 1 − target");
            fault(reader, "budget", node.mark_of("budget"), format!("{kind} has a target, not a budget"), help);
        }
    }

    fn tiers_sense(&self, node: &Node, cadence: Cadence, reader: &mut Reader) {
        let tiers = node.value_of("tiers");
        let asked = self.asked();
        for (index, tier) in asked.enabled.iter().flatten().enumerate() {
            if asked.disabled.contains(tier) {
                let mark = tiers.items("enabled").get(index).map_or(tiers.mark, |item| item.mark);
                let key = format!("tiers.enabled[{index}]");
                fault(reader, &key, mark, format!("{tier} is disabled too"), Some("take it out of one of the lists"));
            }
        }
        for one in self.reach(cadence).iter().flatten().filter(|one| one.is_fault) {
            let name = one.tier.name;
            let at = asked.enabled.iter().flatten().position(|tier| *tier == name);
            let (key, mark) = match at {
                Some(at) => {
                    let mark = tiers.items("enabled").get(at).map_or(tiers.mark, |item| item.mark);
                    (format!("tiers.enabled[{at}]"), mark)
                }
                None => ("tiers".to_owned(), node.mark_of("target")),
            };
            let help = match at {
                Some(_) => "take it out of the list".to_owned(),
                None => format!("raise the target, or do without the tier: tiers: {{disabled: [{name}]}}"),
            };
            let problem = format!("the {name} tier {}: {}", one.verdict.as_fault(), one.because);
            fault(reader, &key, mark, problem, Some(&help));
        }
    }

    fn asked(&self) -> Asked {
        let tiers = self.tiers.as_ref();
        Asked {
            enabled: tiers.and_then(|tiers| tiers.enabled.clone()),
            disabled: tiers.and_then(|tiers| tiers.disabled.clone()).unwrap_or_default(),
        }
    }

    fn window(&self) -> TimeWindow {
        self.window.map_or(USUAL_WINDOW, |window| window.0)
    }

    /// The indicator as meant; `None` when an amount is missing, which is a fault.
    fn meant(&self) -> Option<Indicator> {
        let (target, within) = (self.target.map(Share::get), self.indicator.within.map(Interval::duration));
        Some(match self.indicator.r#type {
            IndicatorType::Compliance => Indicator::Compliance { target: target? },
            IndicatorType::Coverage => Indicator::Coverage { target: target? },
            IndicatorType::OpenTime => Indicator::OpenTime { budget: self.budget?.duration() },
            IndicatorType::Detection => Indicator::Detection { target: target?, within: within? },
            IndicatorType::Remediation => Indicator::Remediation { target: target?, within: within? },
        })
    }

    fn reach(&self, cadence: Cadence) -> Option<Vec<Reach>> {
        Some(reach(&self.meant()?, self.window(), &self.asked(), cadence))
    }

    fn slo(&self, cadence: Cadence) -> Option<Slo> {
        let remaining = self.reach(cadence)?.into_iter().filter(|one| one.verdict.remains());
        Some(Slo {
            name: self.name.clone(),
            description: self.description.clone().unwrap_or_default(),
            scope: self.indicator.scope(),
            indicator: self.meant()?,
            window: self.window(),
            tiers: remaining.map(|one| one.tier).collect(),
        })
    }
}

impl IndicatorEntry {
    fn limit_sense(&self, node: &Node, schedule: &Schedule, reader: &mut Reader) {
        let kind = self.r#type;
        match self.within {
            None if kind.has_limit() => {
                let help = match kind {
                    IndicatorType::Detection => "say how long detection may take from the change, such as 1h",
                    _ => "say how long a finding may be open, such as 7d",
                };
                fault(reader, "within", node.mark, "the key is missing", Some(help));
            }
            Some(_) if !kind.has_limit() => {
                let problem = format!("{} has no time limit", kind.name());
                let help = Some("leave it out, or measure detection or remediation");
                fault(reader, "within", node.mark_of("within"), problem, help);
            }
            Some(within) if kind == IndicatorType::Detection && within < schedule.interval => {
                let problem = format!(
                    "with a scan every {} a change is seen up to {} later, so {within} cannot be promised",
                    schedule.interval, schedule.interval
                );
                let help = Some("allow more than one interval, or scan more often with schedule.interval");
                fault(reader, "within", node.mark_of("within"), problem, help);
            }
            Some(within) if within.duration().is_zero() => {
                fault(reader, "within", node.mark_of("within"), "no finding is resolved in 0s", None);
            }
            _ => {}
        }
    }

    /// An empty list could be read as everything or as nothing.
    fn scope_sense(&self, node: &Node, reader: &mut Reader) {
        let empty = [
            ("services", self.services.as_ref().is_some_and(Vec::is_empty)),
            ("accounts", self.accounts.as_ref().is_some_and(Vec::is_empty)),
            ("rules", self.rules.as_ref().is_some_and(Vec::is_empty)),
            ("frameworks", self.frameworks.as_ref().is_some_and(Vec::is_empty)),
            ("tags", self.tags.as_ref().is_some_and(BTreeMap::is_empty)),
        ];
        for (key, _) in empty.iter().filter(|(_, empty)| *empty) {
            let help = Some("leave the key out so that it does not narrow the objective");
            fault(reader, key, node.mark_of(key), "it is empty", help);
        }
    }

    fn scope(&self) -> Scope {
        Scope {
            severity: self.severity,
            services: self.services.clone().unwrap_or_default(),
            accounts: self.accounts.clone().unwrap_or_default(),
            rules: self.rules.clone().unwrap_or_default(),
            frameworks: self.frameworks.clone().unwrap_or_default(),
            tags: self.tags.clone().unwrap_or_default(),
        }
    }
}

impl Config {
    /// How often counters move: with each scrape of a server, and only with each scan where scans
    /// publish their page and end.
    #[must_use]
    pub fn cadence(&self) -> Cadence {
        Cadence { interval: self.schedule.interval.duration(), stepwise: self.publish.is_somewhere() }
    }

    /// The objectives, with the tiers of alerts that remain at this cadence.
    #[must_use]
    pub fn slos(&self) -> Vec<Slo> {
        // Nothing is lost here: an objective that was read has the amounts its type needs.
        self.slos.iter().filter_map(|entry| entry.slo(self.cadence())).collect()
    }

    /// What the configuration says about the tiers of each objective, in the order of
    /// [`Config::slos`].
    #[must_use]
    pub fn asked_tiers(&self) -> Vec<Asked> {
        self.slos.iter().filter(|entry| entry.meant().is_some()).map(SloEntry::asked).collect()
    }
}
