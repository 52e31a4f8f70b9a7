//! What the end of a path may do although it must not.
//!
//! A pattern is tried with every request that the policies in force suggest: for each Allow
//! statement of any layer, an action and a resource that fit both the pattern and the statement.

use std::collections::BTreeSet;

use super::fix::Edits;
use super::ground::Ground;
use super::opinion::{self, Opinion};
use super::step::{Session, Step, Walk};
use crate::model::{Exceeded, Fact, FailoverPath, Goal, Pointer};

use crate::policy::{Layer, Says, catalog, pattern};

/// As many ways to exceed one bound are told.
const MOST_TOLD: usize = 3;
/// As many requests are tried for one bound.
const MOST_TRIED: usize = 1_000;

pub(super) fn exceeded(
    path: &FailoverPath,
    walk: &Walk,
    ground: &Ground<'_>,
    evidence: &mut BTreeSet<String>,
) -> Fact<Vec<Exceeded>> {
    let Some(end) = walk.end() else { return Fact::known(Vec::new(), Vec::new()) };
    let mut found = Vec::new();
    let mut waits_for = Vec::new();
    for (index, goal) in path.must_not.iter().enumerate() {
        let name = format!("must_not {}", index + 1);
        let place = Pointer::configuration("must_not").child(index);
        let requests = requests(goal, end, ground);
        if requests.len() > MOST_TRIED {
            waits_for.push(format!("{name} stands for more than {MOST_TRIED} requests"));
        }
        let mut told = 0;
        for tried in requests.into_iter().take(MOST_TRIED) {
            let mut step = end.step(&tried);
            (step.name, step.place) = (name.clone(), place.clone());
            match opinion::of(&step, ground, &Edits::default(), evidence) {
                Opinion::Denied(_) => {}
                Opinion::Open(needs) => waits_for.extend(needs.iter().map(|need| opinion::in_words(&step, need))),
                Opinion::Allowed => {
                    found.push(told_of(step, ground));
                    told += 1;
                    if told == MOST_TOLD {
                        break;
                    }
                }
            }
        }
    }
    let because: BTreeSet<Pointer> = found.iter().map(|exceeded: &Exceeded| exceeded.because.clone()).collect();
    Fact::partial(found, because.into_iter().collect(), waits_for)
}

fn told_of(step: Step, ground: &Ground<'_>) -> Exceeded {
    let mut statements = BTreeSet::new();
    for request in &step.requests {
        let answer = opinion::answer(&step, request, ground, &Edits::default(), &mut BTreeSet::new());
        let granting = |layer: Layer| matches!(layer, Layer::Identity | Layer::Resource);
        let allowing = answer.layers.iter().filter(|layer| granting(layer.layer) && layer.says == Says::Allow);
        statements.extend(allowing.flat_map(|layer| &layer.statements).map(opinion::statement_in_words));
    }
    Exceeded {
        step: step.name,
        action: step.action,
        resource: step.resource,
        statements: statements.into_iter().collect(),
        because: step.place,
    }
}

/// The requests that a bound stands for: itself, or what policies name under its patterns.
fn requests(goal: &Goal, end: &Session, ground: &Ground<'_>) -> Vec<Goal> {
    let any_action = goal.action.contains(['*', '?']);
    let any_resource = goal.resource.contains(['*', '?']);
    if !any_action && !any_resource {
        return vec![goal.clone()];
    }
    let mut actions = BTreeSet::new();
    let mut resources = BTreeSet::new();
    if !any_action {
        actions.insert(goal.action.clone());
    }
    if !any_resource || goal.resource == "*" {
        resources.insert(goal.resource.clone());
    }
    let step = end.step(goal);
    for request in &step.requests {
        let (_, policies) = opinion::asked(&step, request, ground);
        let documents = opinion::layers(&policies).flat_map(|layer| &layer.policies).map(|applied| applied.document);
        for statement in documents.flat_map(|document| &document.statement).filter(|one| one.effect == "Allow") {
            let wanted = goal.action.to_ascii_lowercase();
            let everything = [String::from("*")];
            let named = statement.action.as_deref().unwrap_or(&everything);
            if any_action {
                actions.extend(named.iter().flat_map(|action| actions_of(&wanted, action)));
            }
            let named = statement.resource.as_deref().unwrap_or(&everything);
            if any_resource {
                resources.extend(named.iter().filter_map(|resource| common(&goal.resource, resource)));
            }
        }
    }
    let with = |action: &String, resource: &String| Goal {
        action: action.clone(),
        resource: resource.clone(),
        ..goal.clone()
    };
    let pairs = actions.iter().flat_map(|action| resources.iter().map(move |resource| with(action, resource)));
    pairs.take(MOST_TRIED + 1).collect()
}

/// The actions that two patterns have in common: those of the catalogue, or one with a made-up
/// name where it knows none.
fn actions_of(wanted: &str, named: &str) -> Vec<String> {
    if !pattern::overlaps(wanted, named) {
        return Vec::new();
    }
    let (narrow, wide) = if pattern::covers(wanted, named) { (named, wanted) } else { (wanted, named) };
    let known: Vec<String> = catalog()
        .expand(narrow)
        .into_iter()
        .map(ToString::to_string)
        .filter(|action| pattern::matches(wide, &action.to_ascii_lowercase()))
        .collect();
    if known.is_empty() { common(wanted, named).map(as_action).into_iter().collect() } else { known }
}

/// An action has a service and a name; what a pattern left open is any name.
fn as_action(text: String) -> String {
    match text.split_once(':') {
        Some((service, "")) => format!("{service}:x"),
        Some(_) => text,
        None => format!("{}:x", if text.is_empty() { "x" } else { &text }),
    }
}

/// A text that both patterns take; `*` when both take everything. None when there is none.
pub(super) fn common(left: &str, right: &str) -> Option<String> {
    match (left, right) {
        ("*", other) | (other, "*") => Some(instance(other)),
        (left, right) if !right.contains(['*', '?']) => pattern::matches(left, right).then(|| right.to_owned()),
        (left, right) if !left.contains(['*', '?']) => pattern::matches(right, left).then(|| left.to_owned()),
        (left, right) => shortest(left, right),
    }
}

/// A text that a pattern takes; `*` stays itself, the resource of actions that have none.
pub(super) fn instance(text: &str) -> String {
    if text == "*" { text.to_owned() } else { text.replace(['*', '?'], "x") }
}

/// A shortest text that both patterns take: a breadth-first walk over pairs of positions.
fn shortest(left: &str, right: &str) -> Option<String> {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut seen = vec![vec![false; right.len() + 1]; left.len() + 1];
    let mut queue = std::collections::VecDeque::from([(0, 0, String::new())]);
    while let Some((i, j, text)) = queue.pop_front() {
        if std::mem::replace(&mut seen[i][j], true) {
            continue;
        }
        let (a, b) = (left.get(i).copied(), right.get(j).copied());
        match (a, b) {
            (None, None) => return Some(text),
            (Some('*'), _) | (_, Some('*')) => {
                // A star ends without a letter, or takes the other side's.
                if a == Some('*') {
                    queue.push_front((i + 1, j, text.clone()));
                }
                if b == Some('*') {
                    queue.push_front((i, j + 1, text.clone()));
                }
                if let (Some('*'), Some(letter)) = (a, b)
                    && letter != '*'
                {
                    queue.push_back((i, j + 1, format!("{text}{}", plain(letter))));
                }
                if let (Some(letter), Some('*')) = (a, b)
                    && letter != '*'
                {
                    queue.push_back((i + 1, j, format!("{text}{}", plain(letter))));
                }
            }
            (Some(a), Some(b)) if a == b || a == '?' || b == '?' => {
                let letter = if a == '?' { b } else { a };
                queue.push_back((i + 1, j + 1, format!("{text}{}", plain(letter))));
            }
            _ => {}
        }
    }
    None
}

const fn plain(letter: char) -> char {
    if letter == '?' { 'x' } else { letter }
}
