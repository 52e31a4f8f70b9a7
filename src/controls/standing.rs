//! From evaluations to the state of every control of a framework.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;

use super::catalogue::{Control, Framework, Method};
use super::part::Part;
use super::state::{ControlState, Counts, ResourceState, Summary};
use crate::model::{
    AccountId, Evaluation, Listing, Region, Resource, ResourceKey, ResourceType, Rule, RuleId, Snapshot, Verdict,
};

/// How an estate stands by a framework.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compliance {
    /// The framework.
    pub framework: &'static Framework,
    /// When collection began: the age of everything here.
    pub taken_at: Timestamp,
    /// Every control, in the framework's order.
    pub controls: Vec<ControlStanding>,
    /// Controls that rules name and that the framework does not have.
    pub strays: Vec<Stray>,
}

/// How an estate stands by one control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlStanding {
    /// The control.
    pub control: &'static Control,
    /// Its state.
    pub state: ControlState,
    /// Resources by state.
    pub counts: Counts,
    /// The same in each account and region.
    pub places: BTreeMap<AccountId, BTreeMap<Region, Counts>>,
    /// Every resource that its rules judge, by key.
    pub resources: Vec<ResourceStanding>,
    /// The rules that judge it.
    pub rules: Vec<RuleId>,
    /// Lists it needs that are not whole.
    pub unlisted: Vec<Listing>,
    /// Why it is not judged, or not fully, a sentence each.
    pub reasons: Vec<String>,
}

/// How one resource stands by one control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceStanding {
    /// The resource.
    pub resource: ResourceKey,
    /// Its state: the worst of the control's rules.
    pub state: ResourceState,
    /// The rules that give it that state.
    pub rules: Vec<RuleId>,
    /// What offends, or what is not known, in words.
    pub messages: Vec<String>,
}

/// A rule that does not judge, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idle {
    /// The rule.
    pub rule: Rule,
    /// Why, in words.
    pub reason: String,
}

/// A control that a rule names and the framework does not have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stray {
    /// The rule.
    pub rule: RuleId,
    /// What it names.
    pub control: String,
}

impl Compliance {
    /// How many controls are in each state.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for standing in &self.controls {
            summary.add(standing.state);
        }
        summary
    }
}

/// How the estate of a snapshot stands by a framework.
///
/// `rules` are those that judged, `idle` those that exist and did not.
#[must_use]
pub fn assess(
    framework: &'static Framework,
    snapshot: &Snapshot,
    evaluations: &[Evaluation],
    rules: &[Rule],
    idle: &[Idle],
) -> Compliance {
    let estate = Estate::new(snapshot, evaluations);
    let controls = framework.controls.iter().map(|control| estate.control(framework, control, rules, idle)).collect();
    Compliance { framework, taken_at: snapshot.taken_at, controls, strays: strays(framework, rules) }
}

fn strays(framework: &Framework, rules: &[Rule]) -> Vec<Stray> {
    let mut strays = Vec::new();
    for rule in rules {
        for written in rule.controls.get(&framework.id).into_iter().flatten() {
            let (id, _) = Rule::control_and_topic(written);
            if framework.control(id).is_none() {
                strays.push(Stray { rule: rule.id.clone(), control: id.to_owned() });
            }
        }
    }
    strays.sort();
    strays
}

/// What was read and what the rules said, to be asked about one control after the other.
struct Estate<'a> {
    by_type: HashMap<ResourceType, Vec<(&'a Resource, ResourceKey)>>,
    verdicts: HashMap<&'a RuleId, HashMap<&'a ResourceKey, &'a Verdict>>,
    listed: HashSet<ResourceType>,
    /// Lists that are not whole.
    unlisted: HashMap<ResourceType, Vec<&'a Listing>>,
    /// Where at least one resource of a type is known.
    seen: HashSet<(&'a AccountId, &'a str, ResourceType)>,
}

impl<'a> Estate<'a> {
    fn new(snapshot: &'a Snapshot, evaluations: &'a [Evaluation]) -> Self {
        let mut estate = Self {
            by_type: HashMap::new(),
            verdicts: HashMap::new(),
            listed: HashSet::new(),
            unlisted: HashMap::new(),
            seen: HashSet::new(),
        };
        for resource in &snapshot.resources {
            let of_type = estate.by_type.entry(resource.resource_type).or_default();
            of_type.push((resource, ResourceKey::from(resource)));
            for region in [resource.region.as_str(), "global"] {
                estate.seen.insert((&resource.account, region, resource.resource_type));
            }
        }
        for evaluation in evaluations {
            let of_rule = estate.verdicts.entry(&evaluation.rule).or_default();
            of_rule.insert(&evaluation.resource, &evaluation.verdict);
        }
        let lists = snapshot.lists();
        for listing in &snapshot.listings {
            estate.listed.insert(listing.resource_type);
            if !lists.covers(listing) {
                estate.unlisted.entry(listing.resource_type).or_default().push(listing);
            }
        }
        estate
    }

    fn control(
        &self,
        framework: &Framework,
        control: &'static Control,
        rules: &[Rule],
        idle: &[Idle],
    ) -> ControlStanding {
        let parts: Vec<(&Rule, Part<'_>)> = rules
            .iter()
            .filter_map(|rule| Part::of(rule, &framework.id, &control.id).map(|part| (rule, part)))
            .collect();
        let idle: Vec<&Idle> =
            idle.iter().filter(|idle| Part::of(&idle.rule, &framework.id, &control.id).is_some()).collect();
        let mut reasons: Vec<String> =
            idle.iter().map(|idle| format!("{} does not judge: {}", idle.rule.id, idle.reason)).collect();
        if parts.is_empty() {
            let state = match (idle.is_empty(), control.assessment) {
                (false, _) => ControlState::Unknown,
                (true, Method::Manual) => ControlState::Manual,
                (true, _) => ControlState::NoRule,
            };
            if idle.is_empty() {
                reasons.extend(control.left_out.clone());
            }
            return ControlStanding::unjudged(control, state, reasons);
        }
        let types: BTreeSet<ResourceType> = parts
            .iter()
            .flat_map(|(rule, _)| &rule.resource_types)
            .copied()
            .filter(|resource_type| control.is_about(*resource_type))
            .collect();
        let mut standing = ControlStanding::unjudged(control, ControlState::NotApplicable, reasons);
        standing.rules = parts.iter().map(|(rule, _)| rule.id.clone()).collect();
        for resource_type in types {
            self.judge(resource_type, &parts, &mut standing);
            self.lists(resource_type, &mut standing);
        }
        standing.resources.sort_by(|one, other| one.resource.cmp(&other.resource));
        standing.unlisted.sort();
        standing.settle();
        standing
    }

    /// Adds every resource of a type.
    fn judge(&self, resource_type: ResourceType, parts: &[(&Rule, Part<'_>)], standing: &mut ControlStanding) {
        let parts: Vec<_> = parts.iter().filter(|(rule, _)| rule.resource_types.contains(&resource_type)).collect();
        for (resource, key) in self.by_type.get(&resource_type).into_iter().flatten() {
            let mut worst = ResourceStanding {
                resource: key.clone(),
                state: ResourceState::Pass,
                rules: Vec::new(),
                messages: Vec::new(),
            };
            for (rule, part) in &parts {
                let (state, messages) = self.verdict(resource, key, rule, part);
                if state > worst.state {
                    (worst.state, worst.rules, worst.messages) = (state, Vec::new(), Vec::new());
                }
                if state == worst.state {
                    worst.rules.push(rule.id.clone());
                    worst.messages.extend(messages);
                }
            }
            worst.messages.sort();
            worst.messages.dedup();
            standing.add(worst);
        }
    }

    /// What a rule says about a resource. What is stale, or has no evaluation, is unknown.
    fn verdict(
        &self,
        resource: &Resource,
        key: &ResourceKey,
        rule: &Rule,
        part: &Part<'_>,
    ) -> (ResourceState, Vec<String>) {
        if let Some(since) = resource.stale_since {
            return (ResourceState::Unknown, vec![format!("not listed since {since}")]);
        }
        match self.verdicts.get(&rule.id).and_then(|verdicts| verdicts.get(key)) {
            Some(verdict) => part.of_verdict(verdict),
            None => (ResourceState::Unknown, vec![format!("{} did not judge it", rule.id)]),
        }
    }

    /// Adds the lists of a type that are not whole. One of which nothing is known counts as one
    /// unknown resource, as nobody knows how many it hides.
    fn lists(&self, resource_type: ResourceType, standing: &mut ControlStanding) {
        if !self.listed.contains(&resource_type) {
            standing.reasons.push(format!("{resource_type} was not listed"));
            standing.counts.unknown += 1;
            return;
        }
        for listing in self.unlisted.get(&resource_type).into_iter().flatten() {
            let known = self.seen.contains(&(&listing.account, listing.region.as_str(), resource_type));
            if !known && !listing.listed_before {
                standing.counts.add(ResourceState::Unknown);
                standing.place(&listing.account, &listing.region).add(ResourceState::Unknown);
            }
            standing.unlisted.push((*listing).clone());
        }
    }
}

impl ControlStanding {
    const fn unjudged(control: &'static Control, state: ControlState, reasons: Vec<String>) -> Self {
        Self {
            control,
            state,
            counts: Counts { pass: 0, fail: 0, waived: 0, unknown: 0 },
            places: BTreeMap::new(),
            resources: Vec::new(),
            rules: Vec::new(),
            unlisted: Vec::new(),
            reasons,
        }
    }

    fn add(&mut self, resource: ResourceStanding) {
        self.counts.add(resource.state);
        self.place(&resource.resource.account, &resource.resource.region).add(resource.state);
        self.resources.push(resource);
    }

    fn place(&mut self, account: &AccountId, region: &Region) -> &mut Counts {
        self.places.entry(account.clone()).or_default().entry(region.clone()).or_default()
    }

    /// Sets the state that follows from the counts, of a control that at least one rule judges.
    /// Reasons that are there by now say what was not judged.
    pub(super) const fn settle(&mut self) {
        let Counts { pass, fail, waived, unknown } = self.counts;
        self.state = if fail > 0 {
            ControlState::Fail
        } else if unknown > 0 || !self.unlisted.is_empty() || !self.reasons.is_empty() {
            ControlState::Unknown
        } else if waived > 0 {
            ControlState::Waived
        } else if pass > 0 {
            ControlState::Pass
        } else {
            ControlState::NotApplicable
        };
    }
}
