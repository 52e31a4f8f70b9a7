//! Whether what a configuration says about rules can be meant: names that no rule has.

use std::collections::BTreeSet;

use super::JudgeFaults;
use crate::config::{Pattern, RuleSelection};
use crate::model::RuleId;
use crate::rules::waiver::Waiver;
use crate::rules::{Pack, near};

/// Checks ids, patterns and frameworks against the rules there are. A pattern that matches nothing
/// is a sentence to tell; a name that does not exist is an error.
///
/// # Errors
/// Every id and framework that does not exist, with the nearest one that does.
pub(super) fn check(selection: &RuleSelection, pack: &Pack) -> Result<Vec<String>, JudgeFaults> {
    let ids: BTreeSet<&str> = pack.rules.iter().map(|rule| rule.id.as_str()).collect();
    // What was lost exists, and so does everything when nobody can tell what a file would be.
    let lost: BTreeSet<&str> = pack.lost.iter().filter_map(|lost| lost.rule.as_ref()).map(RuleId::as_str).collect();
    let exists = |id: &str| ids.contains(id) || lost.contains(id);
    let unknown = |key: &str, id: &str, names: &mut dyn Iterator<Item = &str>| {
        let near = near(id, names).map(|near| format!("did you mean {near}? ")).unwrap_or_default();
        format!("rules.{key} names {id:?}, which does not exist\n  help: {near}see plimsoll rules list")
    };
    let mut faults = Vec::new();
    let mut notes = Vec::new();
    for (key, patterns) in [("enabled", &selection.enabled), ("disabled", &selection.disabled)] {
        for pattern in patterns {
            let matched = ids.iter().chain(&lost).any(|id| pattern.matches(id));
            if matched || pattern.as_str() == "*" {
                continue;
            }
            if is_id(pattern) {
                faults.push(unknown(key, pattern.as_str(), &mut ids.iter().copied()));
            } else {
                notes.push(format!("rules.{key} has {pattern}, which matches no rule"));
            }
        }
    }
    let wrong = selection.severities.keys().filter(|id| !exists(id.as_str()));
    faults.extend(wrong.map(|id| unknown("severities", id.as_str(), &mut ids.iter().copied())));
    let frameworks: BTreeSet<&str> =
        pack.rules.iter().flat_map(|rule| rule.controls.keys()).map(String::as_str).collect();
    for framework in selection.frameworks.iter().filter(|name| !frameworks.contains(name.as_str())) {
        let near = near(framework, frameworks.iter().copied()).map(|near| format!("did you mean {near}? "));
        let known = frameworks.iter().copied().collect::<Vec<_>>().join(", ");
        let help = format!("{}the frameworks are {known}", near.unwrap_or_default());
        faults.push(format!("no rule serves a control of the framework {framework:?}\n  help: {help}"));
    }
    if faults.is_empty() { Ok(notes) } else { Err(JudgeFaults::Unknown(faults)) }
}

/// Waivers of most rules there are, whatever their pattern looks like, that no severity bounds.
///
/// # Errors
/// A sentence for each.
pub(super) fn check_waivers(waivers: &[Waiver], pack: &Pack) -> Result<(), JudgeFaults> {
    let unbounded = |waiver: &&Waiver| waiver.severity.is_none() && waiver.is_of_most(&pack.rules);
    let fault = |waiver: &Waiver| {
        format!(
            "the waiver of {} on {} is of most rules there are, and of every severity\n  help: add `severity: low` (or medium): \
             failures of at most that severity are accepted",
            waiver.rule, waiver.resource
        )
    };
    let faults: Vec<String> = waivers.iter().filter(unbounded).map(fault).collect();
    if faults.is_empty() { Ok(()) } else { Err(JudgeFaults::Waivers(faults)) }
}

fn is_id(pattern: &Pattern) -> bool {
    !pattern.as_str().contains('*')
}
