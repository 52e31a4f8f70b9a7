//! The section `budget_policy`: what the state of the budgets means for changes, as written -> as
//! meant.
//!
//! There is no key by which missing data means that a change may go ahead.

use std::borrow::Cow;
use std::path::PathBuf;
use std::time::Duration;

use jiff::civil::Date;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use super::Config;
use super::fault::Reader;
use super::notify::{self, NotifyEntry};
use super::read::{Read, Sense, entries, parsed, sections};
use super::slo::fault;
use super::value::{Interval, Share};
use super::yaml::Node;
use crate::model::Pattern;
use crate::slo::TierName;
use crate::slo::policy::{Action, BreakGlass, Burning, Enter, Exception, Policy, Stage, Target, Trigger};

entries! {
    /// What the remaining budget means. One of `enter_below` and `enter_at_most` is needed.
    StageEntry {
        /// What happens to changes.
        action: Action,
        /// It begins below this remaining share.
        #[serde(skip_serializing_if = "Option::is_none")]
        enter_below: Option<Remaining>,
        /// It begins at this remaining share, or below.
        #[serde(skip_serializing_if = "Option::is_none")]
        enter_at_most: Option<Remaining>,
        /// It ends above this remaining share.
        exit_above: Remaining,
    }

    /// What a fast burn means: that of a tier, or that over a window.
    BurnRateEntry {
        /// The tier: it begins when both of its windows burn faster than its factor, and ends when
        /// the long one does not.
        #[serde(skip_serializing_if = "Option::is_none")]
        tier: Option<TierName>,
        /// A window, with `above`.
        #[serde(skip_serializing_if = "Option::is_none")]
        window: Option<Interval>,
        /// The burn rate of that window; 1 uses the budget up by the end of the objective's window.
        #[serde(skip_serializing_if = "Option::is_none")]
        above: Option<BurnRate>,
        /// What happens to changes.
        action: Action,
        /// Until when a person must have looked, from when it began.
        #[serde(skip_serializing_if = "Option::is_none")]
        review_within: Option<Interval>,
    }

    /// Objectives whose stages are set aside until a day. Missing data is never set aside.
    ExceptionEntry {
        /// Its name.
        name: String,
        /// The objectives, by name or pattern.
        objectives: Vec<Pattern>,
        /// Who answers for it.
        owner: String,
        /// Where it was agreed.
        #[serde(skip_serializing_if = "Option::is_none")]
        ticket: Option<String>,
        /// Why.
        reason: String,
        /// The last day on which it holds, in UTC.
        #[schemars(with = "String")]
        expires: Date,
    }
}

sections! {
    /// What the state of the objectives' budgets means for changes.
    BudgetPolicy {
        /// The objectives that decide, by name or pattern.
        objectives: Vec<Pattern> = vec![Pattern::new("*")],
        /// What the remaining budget means; each action once.
        stages: Vec<StageEntry> = default_stages(),
        /// What a fast burn means.
        burn_rates: Vec<BurnRateEntry> = default_burn_rates(),
        /// The least share of what was expected that must be known, now and over the measured part of
        /// the window, from 0.5 to 1. With less, stages hold and changes need approval.
        minimum_coverage: Share = Share::literal(0.9),
        /// How long an objective must have been measured; before that changes need approval. At least
        /// 1h.
        minimum_history: Interval = Interval::from_secs(24 * 60 * 60),
        /// Objectives whose stages are set aside.
        exceptions: Vec<ExceptionEntry> = Vec::new(),
        /// How people may set the answer aside.
        break_glass: BreakGlassEntry = BreakGlassEntry::default(),
        /// Who is told when a stage or burn rate begins or ends, after the scan that finds it.
        notify: Vec<NotifyEntry> = Vec::new(),
    }

    /// How people may set the answer aside.
    BreakGlassEntry {
        /// For how long at most.
        maximum: Interval = Interval::from_secs(4 * 60 * 60),
        /// How many people must agree.
        approvers: u32 = 2,
        /// Whether a ticket must be named.
        ticket_required: bool = true,
    }
}

/// A remaining share of a budget: at most 1, below 0 when more than all of it is used up.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Remaining(f64);

/// A burn rate above 0.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct BurnRate(f64);

parsed! {
    Remaining, "a share of the budget, at most 1, such as 0.25",
        |text| text.parse().ok().filter(|share: &f64| share.is_finite() && *share <= 1.0).map(Self);
    BurnRate, "a burn rate above 0, such as 13.44",
        |text| text.parse().ok().filter(|rate: &f64| rate.is_finite() && *rate > 0.0).map(Self);
}

macro_rules! numbers {
    ($($type:ty, $name:literal, $schema:tt;)*) => {$(
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )*};
}

numbers! {
    Remaining, "Remaining", {"type": "number", "maximum": 1};
    BurnRate, "BurnRate", {"type": "number", "exclusiveMinimum": 0};
}

impl Read for Action {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let words: Vec<(&'static str, Self)> = Self::ALL.iter().map(|action| (action.name(), *action)).collect();
        reader.word(&words, node)
    }
}

fn default_stages() -> Vec<StageEntry> {
    let stage = |action, below, at_most, exit| StageEntry {
        action,
        enter_below: below,
        enter_at_most: at_most,
        exit_above: Remaining(exit),
    };
    vec![
        stage(Action::Warn, Some(Remaining(0.5)), None, 0.6),
        stage(Action::RequireApproval, Some(Remaining(0.25)), None, 0.35),
        stage(Action::Freeze, None, Some(Remaining(0.0)), 0.1),
    ]
}

/// What pages somebody is looked at before more is changed.
fn default_burn_rates() -> Vec<BurnRateEntry> {
    vec![BurnRateEntry {
        tier: Some(TierName::Fast),
        window: None,
        above: None,
        action: Action::RequireApproval,
        review_within: Some(Interval::from_secs(24 * 60 * 60)),
    }]
}

impl Sense for BudgetPolicy {
    fn sense(&self, node: &Node, reader: &mut Reader) {
        if self.stages.is_empty() {
            let help = Some("leave the key out for the usual stages, or name fewer objectives");
            fault(reader, "stages", node.mark_of("stages"), "without a stage no budget means anything", help);
        }
        if self.minimum_coverage.get() < 0.5 {
            let problem = format!("{} is not between 0.5 and 1", self.minimum_coverage.get());
            let help = Some("what was not seen is never taken to be well");
            fault(reader, "minimum_coverage", node.mark_of("minimum_coverage"), problem, help);
        }
        if self.minimum_history < Interval::from_secs(3_600) {
            let problem = format!("{} is too short; the least is 1h", self.minimum_history);
            fault(reader, "minimum_history", node.mark_of("minimum_history"), problem, None);
        }
        self.stages_sense(node, reader);
        for (index, (burn, item)) in self.burn_rates.iter().zip(node.items("burn_rates")).enumerate() {
            reader.at(format!("burn_rates[{index}]"), |reader| burn.sense(item, reader));
        }
        notify::sense(&self.notify, node, reader);
    }
}

impl BudgetPolicy {
    /// Each action once; each stage ends above where it begins; a stricter one does not begin first.
    fn stages_sense(&self, node: &Node, reader: &mut Reader) {
        let mut before: Vec<(Stage, usize)> = Vec::new();
        for (index, (entry, item)) in self.stages.iter().zip(node.items("stages")).enumerate() {
            reader.at(format!("stages[{index}]"), |reader| {
                let Some(stage) = entry.sense(item, reader) else { return };
                let name = stage.action.name();
                if let Some((_, line)) = before.iter().find(|(other, _)| other.action == stage.action) {
                    let problem = format!("{name} is there twice, first in line {line}");
                    fault(reader, "action", item.mark_of("action"), problem, None);
                }
                for (other, _) in &before {
                    let (lax, strict) = if other.action < stage.action { (*other, stage) } else { (stage, *other) };
                    if lax.action != strict.action && strict.enter.share() > lax.enter.share() {
                        let problem = format!(
                            "{} begins at {}, before {} at {}, which would never be seen",
                            strict.action.name(),
                            strict.enter.share(),
                            lax.action.name(),
                            lax.enter.share()
                        );
                        fault(reader, "action", item.mark_of("action"), problem, Some("stricter stages begin later"));
                    }
                }
                before.push((stage, item.mark.line));
            });
        }
    }

    /// Makes relative paths relative to the directory of the configuration.
    pub(super) fn resolve_paths(&mut self, resolve: impl Fn(&mut PathBuf)) {
        self.notify.iter_mut().for_each(|entry| entry.resolve_paths(&resolve));
    }

    /// Who is told of transitions.
    #[must_use]
    pub fn targets(&self) -> Vec<Target> {
        self.notify.iter().map(NotifyEntry::target).collect()
    }

    /// The policy as meant.
    #[must_use]
    pub fn policy(&self) -> Policy {
        // Nothing is lost here: a stage or burn rate that was read is complete.
        let mut stages: Vec<Stage> = self.stages.iter().filter_map(StageEntry::stage).collect();
        stages.sort_by_key(|stage| stage.action);
        Policy {
            objectives: self.objectives.clone(),
            stages,
            triggers: self.burn_rates.iter().filter_map(BurnRateEntry::trigger).collect(),
            minimum_coverage: self.minimum_coverage.get(),
            minimum_history: self.minimum_history.duration(),
            exceptions: self.exceptions.iter().map(ExceptionEntry::exception).collect(),
            break_glass: BreakGlass {
                maximum: self.break_glass.maximum.duration(),
                approvers: self.break_glass.approvers,
                ticket_required: self.break_glass.ticket_required,
            },
        }
    }
}

impl StageEntry {
    fn sense(&self, node: &Node, reader: &mut Reader) -> Option<Stage> {
        let help = Some("name one of enter_below and enter_at_most");
        if self.enter_below.is_some() && self.enter_at_most.is_some() {
            let mark = node.mark_of("enter_at_most");
            fault(reader, "enter_at_most", mark, "there is an enter_below already", help);
            return None;
        }
        let Some(stage) = self.stage() else {
            fault(reader, "enter_below", node.mark, "the key is missing", help);
            return None;
        };
        if stage.exit_above <= stage.enter.share() {
            let problem = format!("{} is not above {}, where the stage begins", stage.exit_above, stage.enter.share());
            let help = Some("leave some room between them, so that the stage does not come and go");
            fault(reader, "exit_above", node.mark_of("exit_above"), problem, help);
        }
        Some(stage)
    }

    fn stage(&self) -> Option<Stage> {
        let enter = match (self.enter_below, self.enter_at_most) {
            (Some(Remaining(below)), None) => Enter::Below(below),
            (None, Some(Remaining(at_most))) => Enter::AtMost(at_most),
            _ => return None,
        };
        Some(Stage { action: self.action, enter, exit_above: self.exit_above.0 })
    }
}

impl BurnRateEntry {
    fn sense(&self, node: &Node, reader: &mut Reader) {
        let help = Some("name a tier, or a window with above");
        match (self.tier, self.window, self.above) {
            (Some(_), None, None) | (None, Some(_), Some(_)) => {}
            (Some(_), Some(_), _) => {
                fault(reader, "window", node.mark_of("window"), "the tier has its windows already", help);
            }
            (Some(_), None, Some(_)) => {
                fault(reader, "above", node.mark_of("above"), "the tier has its factor already", help);
            }
            (None, None, _) => fault(reader, "tier", node.mark, "the key is missing", help),
            (None, Some(_), None) => fault(reader, "above", node.mark, "the key is missing", help),
        }
        for (key, value) in [("window", self.window), ("review_within", self.review_within)] {
            if let Some(value) = value.filter(|value| *value < Interval::from_secs(60)) {
                let problem = format!("{value} is too short; the least is 1m");
                fault(reader, key, node.mark_of(key), problem, None);
            }
        }
    }

    fn trigger(&self) -> Option<Trigger> {
        let burning = match (self.tier, self.window, self.above) {
            (Some(tier), ..) => Burning::Tier(tier),
            (None, Some(window), Some(above)) => Burning::Over { window: window.duration(), above: above.0 },
            _ => return None,
        };
        let review_within = self.review_within.map(Interval::duration);
        Some(Trigger { burning, action: self.action, review_within })
    }
}

impl ExceptionEntry {
    fn exception(&self) -> Exception {
        Exception {
            name: self.name.clone(),
            objectives: self.objectives.clone(),
            owner: self.owner.clone(),
            ticket: self.ticket.clone(),
            reason: self.reason.clone(),
            expires: self.expires,
        }
    }
}

impl Sense for BreakGlassEntry {
    fn sense(&self, node: &Node, reader: &mut Reader) {
        let (least, most) = (Duration::from_mins(1), Duration::from_hours(24));
        if !(least..=most).contains(&self.maximum.duration()) {
            let problem = format!("{} is not between 1m and 1d", self.maximum);
            let help = Some("for longer, write an exception, which has an owner and a last day");
            fault(reader, "maximum", node.mark_of("maximum"), problem, help);
        }
        if !(1..=10).contains(&self.approvers) {
            let problem = format!("{} is not between 1 and 10", self.approvers);
            fault(reader, "approvers", node.mark_of("approvers"), problem, None);
        }
    }
}

/// Patterns that no objective has the name of, and exceptions of one name.
pub(super) fn names_sense(config: &Config, node: &Node, reader: &mut Reader) {
    let policy = &config.budget_policy;
    let section = node.value_of("budget_policy");
    reader.at("budget_policy", |reader| {
        known_names(config, &policy.objectives, section, reader);
        let mut names: Vec<(&str, usize)> = Vec::new();
        for (index, (exception, item)) in policy.exceptions.iter().zip(section.items("exceptions")).enumerate() {
            let mark = item.mark_of("name");
            reader.at(format!("exceptions[{index}]"), |reader| {
                if let Some((_, line)) = names.iter().find(|(name, _)| *name == exception.name) {
                    let problem = format!("{} is there twice, first in line {line}", exception.name);
                    fault(reader, "name", mark, problem, None);
                }
                known_names(config, &exception.objectives, item, reader);
            });
            names.push((&exception.name, mark.line));
        }
        for (index, (entry, item)) in policy.notify.iter().zip(section.items("notify")).enumerate() {
            if let Some(objectives) = &entry.objectives {
                reader.at(format!("notify[{index}]"), |reader| known_names(config, objectives, item, reader));
            }
        }
    });
}

fn known_names(config: &Config, patterns: &[Pattern], node: &Node, reader: &mut Reader) {
    if patterns.is_empty() {
        let help = Some("name objectives, or \"*\" for all");
        fault(reader, "objectives", node.mark_of("objectives"), "the list is empty", help);
    }
    for (index, pattern) in patterns.iter().enumerate().filter(|(_, pattern)| pattern.as_str() != "*") {
        if config.slos.iter().any(|slo| pattern.matches(slo.name.as_str())) {
            continue;
        }
        let names: Vec<&str> = config.slos.iter().map(|slo| slo.name.as_str()).collect();
        let help = match names.as_slice() {
            [] => "there are no objectives; declare them under slos".to_owned(),
            names => format!("objectives: {}", names.join(", ")),
        };
        let mark = node.items("objectives").get(index).map_or(node.mark, |item| item.mark);
        let problem = format!("no objective has the name {pattern}");
        reader.at(format!("objectives[{index}]"), |reader| reader.fault(Some(mark), problem, Some(help)));
    }
}
