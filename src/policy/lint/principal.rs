//! Principals: those that nobody can be, and where the kind of policy has none.

use std::collections::BTreeMap;

use super::{LintKind, Lints, Subject};
use crate::model::Pointer;
use crate::policy::Layer;

pub(super) fn lint(subject: &Subject<'_>, lints: &mut Lints) {
    let statement = subject.statement;
    for (element, principals) in [("Principal", &statement.principal), ("NotPrincipal", &statement.not_principal)] {
        if let Some(principals) = principals {
            lint_names(subject, principals, &subject.place.child(element), lints);
        }
    }
    if statement.not_principal.is_some() && subject.allows() {
        let message = "allows everyone but these, also people of other accounts and unsigned requests".to_owned();
        subject.say(lints, subject.place.child("NotPrincipal"), LintKind::AllowNotPrincipal, message);
    }
    lint_presence(subject, lints);
}

/// Policies on resources name principals, the others cannot.
fn lint_presence(subject: &Subject<'_>, lints: &mut Lints) {
    let statement = subject.statement;
    let present = statement.principal.is_some() || statement.not_principal.is_some();
    let (wanted, says) = match subject.layer {
        Layer::Resource | Layer::ResourceControl => (true, "must name a principal"),
        Layer::Identity | Layer::Boundary | Layer::Session | Layer::ServiceControl => (false, "cannot name principals"),
    };
    if present != wanted {
        let message = format!("a statement of a {} {says}", subject.layer);
        subject.say(lints, subject.place.clone(), LintKind::PrincipalMisplaced, message);
    }
}

fn lint_names(subject: &Subject<'_>, principals: &BTreeMap<String, Vec<String>>, place: &Pointer, lints: &mut Lints) {
    for (kind, names) in principals {
        let at = place.child(kind);
        if names.is_empty() {
            subject.say(lints, at.clone(), LintKind::EmptyList, format!("{kind} has no members"));
        }
        for (item, name) in names.iter().enumerate() {
            if let Some((lint, message)) = fault(kind, name) {
                subject.say(lints, at.child(item), lint, message);
            }
        }
    }
}

fn fault(kind: &str, name: &str) -> Option<(LintKind, String)> {
    if name != "*" && name.contains('*') {
        let message = format!("{name:?} names nobody: a principal is \"*\" or a whole name");
        return Some((LintKind::PrincipalPattern, message));
    }
    if kind != "AWS" {
        return None;
    }
    if name.splitn(6, ':').nth(5).is_some_and(|resource| resource.starts_with("group/")) {
        let message = format!("{name:?} is a group, and groups are not principals");
        return Some((LintKind::GroupPrincipal, message));
    }
    is_unique_id(name).then(|| {
        let message = format!("{name:?} is the id of a principal that was deleted; one of its name would not be meant");
        (LintKind::DanglingPrincipal, message)
    })
}

/// The ids that IAM puts in the place of a principal that was deleted: of users, roles, groups and
/// instance profiles.
fn is_unique_id(name: &str) -> bool {
    const PREFIXES: [&str; 4] = ["AIDA", "AROA", "AGPA", "AIPA"];
    name.len() >= 16
        && PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}
