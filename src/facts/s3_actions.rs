//! What a statement of a bucket's policy lets do, as requests to try: one for each class of
//! actions that the policy does not tell apart, on the bucket and on objects of each form that the
//! policy names.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use crate::model::{AccessLevel, PolicyDocument, Statement};
use crate::policy::admits::{Target, instances};
use crate::policy::catalog::{self, catalog};
use crate::policy::pattern;

/// An action on a bucket or on its objects.
struct S3Action {
    name: String,
    level: AccessLevel,
    on_bucket: bool,
    on_object: bool,
}

static ACTIONS: LazyLock<Vec<S3Action>> = LazyLock::new(|| {
    let of_service = catalog().service("s3").map(catalog::Service::actions).unwrap_or_default();
    let actions = of_service.iter().map(|action| {
        let types: Vec<&str> = action.resource_types().iter().map(|of| of.name()).collect();
        S3Action {
            name: action.to_string().to_ascii_lowercase(),
            level: level(action.access_level()),
            on_bucket: types.contains(&"bucket"),
            on_object: types.contains(&"object"),
        }
    });
    actions.filter(|action| action.on_bucket || action.on_object).collect()
});

const fn level(level: catalog::AccessLevel) -> AccessLevel {
    match level {
        catalog::AccessLevel::List => AccessLevel::List,
        catalog::AccessLevel::Read => AccessLevel::Read,
        catalog::AccessLevel::Write => AccessLevel::Write,
        catalog::AccessLevel::Tagging => AccessLevel::Tagging,
        catalog::AccessLevel::PermissionsManagement => AccessLevel::PermissionsManagement,
    }
}

/// Requests to try, and whether they stand for all.
#[derive(Debug, Default)]
pub(super) struct Targets {
    /// By what the action does; `None` for actions that the catalogue does not have.
    pub(super) by_level: BTreeMap<Option<AccessLevel>, Vec<Target>>,
    /// False when the statement takes resources of a form for which no example was found.
    pub(super) whole: bool,
}

/// What the first statement of the document lets do with a bucket or through an access point, by
/// level. `within` is what the ARNs of its objects begin with.
pub(super) fn targets(document: &PolicyDocument, bucket: &str, within: &str) -> Targets {
    let Some(allow) = document.statement.first() else { return Targets::default() };
    let objects = objects(document, allow, bucket, within);
    let on_bucket = takes_resource(allow, bucket);
    let every_object = format!("{within}*");
    let named = |patterns: &Vec<String>| patterns.iter().any(|one| pattern::overlaps(one, &every_object));
    let mut found = Targets {
        whole: !objects.is_empty() || !(allow.resource.as_ref().is_some_and(named) || allow.not_resource.is_some()),
        ..Targets::default()
    };
    let mut add = |level: Option<AccessLevel>, action: &str, on_bucket: bool, on_object: bool| {
        let resources = objects.iter().filter(|_| on_object).cloned().chain(on_bucket.then(|| bucket.to_owned()));
        let targets = resources.map(|resource| Target { action: action.to_owned(), resource });
        found.by_level.entry(level).or_default().extend(targets);
    };
    let mut classes = BTreeSet::new();
    for action in ACTIONS.iter().filter(|action| takes_action(allow, &action.name)) {
        let class: Vec<bool> = document.statement.iter().map(|one| takes_action(one, &action.name)).collect();
        if classes.insert((action.level, action.on_bucket, action.on_object, class)) {
            add(Some(action.level), &action.name, action.on_bucket && on_bucket, action.on_object);
        }
    }
    if classes.is_empty() {
        for action in allow.action.iter().flatten().filter(|action| action.starts_with("s3:")) {
            instances(action).iter().for_each(|action| add(None, action, on_bucket, true));
        }
    }
    found
}

pub(super) fn takes_action(statement: &Statement, action: &str) -> bool {
    let of = |patterns: &Vec<String>| patterns.iter().any(|one| pattern::matches(one, action));
    match &statement.not_action {
        Some(exceptions) => !of(exceptions),
        None => statement.action.as_ref().is_some_and(of),
    }
}

fn takes_resource(statement: &Statement, arn: &str) -> bool {
    let of = |patterns: &Vec<String>| patterns.iter().any(|one| pattern::matches(one, arn));
    match &statement.not_resource {
        Some(exceptions) => !of(exceptions),
        None => statement.resource.as_ref().is_some_and(of),
    }
}

/// Objects that the statement takes, one for each form the policy knows.
fn objects(document: &PolicyDocument, allow: &Statement, bucket: &str, within: &str) -> Vec<String> {
    let name = bucket.rsplit(':').next().unwrap_or_default();
    let patterns = document.statement.iter().flat_map(|one| [&one.resource, &one.not_resource]).flatten().flatten();
    let examples = patterns.flat_map(|one| {
        let here = one.replacen('*', name, 1);
        [instances(one), instances(&here)].concat()
    });
    let mut objects: BTreeSet<String> = [format!("{within}~")].into();
    objects.extend(examples.filter(|object| object.len() > within.len() && object.starts_with(within)));
    objects.into_iter().filter(|object| takes_resource(allow, object)).collect()
}
