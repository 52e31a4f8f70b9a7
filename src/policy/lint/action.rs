//! Actions: names that AWS does not know, empty lists, Allow with `NotAction`.

use super::{Budget, LintKind, Lints, Subject};
use crate::model::{Pointer, Statement};
use crate::policy::catalog::{Action, Service, catalog};

/// The actions a statement names, as far as the catalogue knows them.
pub(super) enum Named {
    /// These, and no others; of those that act on the same types and have the same keys, one.
    These(Vec<&'static Action>),
    /// Every action, or all but some, or some that the catalogue does not know: nothing can be said
    /// of all of them.
    Unclear,
}

impl Named {
    pub(super) fn of(statement: &Statement, budget: &mut Budget) -> Self {
        let Some(patterns) = &statement.action else { return Self::Unclear };
        let mut actions: Vec<&Action> = Vec::new();
        for pattern in patterns {
            let found = expand(pattern, budget);
            if found.is_empty() {
                return Self::Unclear;
            }
            actions.extend(found);
        }
        actions.sort_by_key(|action| action.shape());
        actions.dedup_by_key(|action| action.shape());
        if actions.is_empty() { Self::Unclear } else { Self::These(actions) }
    }
}

/// The actions of a pattern that names its service; none for others, and none when the budget is
/// spent.
fn expand(pattern: &str, budget: &mut Budget) -> Vec<&'static Action> {
    let named = pattern.split_once(':').and_then(|(prefix, _)| catalog().service(prefix));
    match named {
        Some(service) if budget.take(service.actions().len() * pattern.len()) => catalog().expand(pattern),
        _ => Vec::new(),
    }
}

pub(super) fn lint(subject: &Subject<'_>, budget: &mut Budget, lints: &mut Lints) {
    let statement = subject.statement;
    for (element, patterns) in [("Action", &statement.action), ("NotAction", &statement.not_action)] {
        let at = subject.place.child(element);
        for (item, pattern) in patterns.iter().flatten().enumerate() {
            lint_pattern(subject, pattern, &at.child(item), budget, lints);
        }
        if patterns.as_ref().is_some_and(Vec::is_empty) {
            let message = format!("{element} has no members");
            subject.say(lints, at, LintKind::EmptyList, message);
        }
    }
    if statement.not_action.is_some() && subject.grants() {
        let message = "allows every action but these, also those that AWS adds".to_owned();
        subject.say(lints, subject.place.child("NotAction"), LintKind::AllowNotAction, message);
    }
}

fn lint_pattern(subject: &Subject<'_>, pattern: &str, at: &Pointer, budget: &mut Budget, lints: &mut Lints) {
    let date = catalog().date();
    let Some((prefix, name)) = pattern.split_once(':') else {
        if !pattern.contains('*') {
            let message = format!("{pattern:?} is not an action: the service and a colon are missing");
            subject.say(lints, at.clone(), LintKind::UnknownAction, message);
        }
        return;
    };
    if prefix.contains(['*', '?']) {
        return;
    }
    let Some(service) = catalog().service(prefix) else {
        let message = format!("no service that AWS documents has the prefix {prefix:?} (as of {date})");
        return subject.say(lints, at.clone(), LintKind::UnknownService, message);
    };
    if !budget.take(service.actions().len() * pattern.len()) || !catalog().positions(pattern).is_empty() {
        return;
    }
    let message = if name.contains(['*', '?']) {
        format!("no action that AWS documents has the form {pattern:?} (as of {date})")
    } else {
        let meant = nearest(service, name, budget).map_or_else(String::new, |name| format!("; is {name} meant?"));
        format!("AWS documents no action {pattern:?} (as of {date}){meant}")
    };
    subject.say(lints, at.clone(), LintKind::UnknownAction, message);
}

/// The action of a service whose name is the most like this, at most two letters away.
fn nearest(service: &Service, name: &str, budget: &mut Budget) -> Option<String> {
    const MOST: usize = 2;
    let near = |action: &&Action| action.name().len().abs_diff(name.len()) <= MOST;
    let candidates: Vec<&Action> = service.actions().iter().filter(near).collect();
    if name.len() > 100 || !budget.take(candidates.len() * name.len() * name.len()) {
        return None;
    }
    let distances = candidates.into_iter().map(|action| (distance(&action.name().to_ascii_lowercase(), name), action));
    let (distance, action) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= MOST).then(|| action.to_string())
}

/// How many letters must be put in, taken out or changed to get from one text to the other.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.bytes().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, b) in right.bytes().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[right.len()]
}
