//! What a statement of a bucket's policy lets do, as requests to try: one for each class of
//! actions that the policy does not tell apart, on the bucket and on objects of each form that the
//! policy names.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use crate::model::{AccessLevel, PolicyDocument, Statement};
use crate::policy::admits::{Admits, Target, instances};
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
    /// What no statement of the policy tells apart: one action, on each resource.
    pub(super) classes: Vec<Vec<Target>>,
    /// Classes by what their actions do; actions that the catalogue does not have have no level.
    by_level: BTreeMap<AccessLevel, BTreeSet<usize>>,
    /// False when the statement takes resources of a form for which no example was found.
    whole: bool,
}

impl Targets {
    /// The levels of which something is allowed. `None` when that cannot be told of one of them.
    pub(super) fn levels(&self, ask: impl Fn(&[Target]) -> Admits) -> Option<Vec<AccessLevel>> {
        let answers: Vec<Admits> = self.classes.iter().map(|class| ask(class)).collect();
        let of = |classes: &BTreeSet<usize>| self.any(classes.iter().filter_map(|class| answers.get(*class)));
        let levels: Option<Vec<(AccessLevel, bool)>> =
            self.by_level.iter().map(|(level, classes)| Some((*level, of(classes)?))).collect();
        Some(levels?.into_iter().filter(|(_, allowed)| *allowed).map(|(level, _)| level).collect())
    }

    /// Whether anything is allowed; `None` when that cannot be told.
    pub(super) fn anything(&self, ask: impl Fn(&[Target]) -> Admits) -> Option<bool> {
        let mut sure = self.whole;
        for class in &self.classes {
            match ask(class) {
                Admits::Yes(_) => return Some(true),
                Admits::No => {}
                Admits::Unsure => sure = false,
            }
        }
        sure.then_some(false)
    }

    fn any<'a>(&self, mut answers: impl Iterator<Item = &'a Admits> + Clone) -> Option<bool> {
        if answers.clone().any(|answer| matches!(answer, Admits::Yes(_))) {
            return Some(true);
        }
        (self.whole && answers.all(|answer| *answer == Admits::No)).then_some(false)
    }
}

/// What the first statement of the document lets do with a bucket or through an access point.
/// `within` is what the ARNs of its objects begin with, and `also` are further statements that
/// tell actions apart.
pub(super) fn targets(document: &PolicyDocument, also: &[Statement], bucket: &str, within: &str) -> Targets {
    let Some(allow) = document.statement.first() else { return Targets::default() };
    let objects = objects(document, allow, bucket, within);
    let on_bucket = takes_resource(allow, bucket);
    let every_object = format!("{within}*");
    let named = |patterns: &Vec<String>| patterns.iter().any(|one| pattern::overlaps(one, &every_object));
    let mut found = Targets {
        whole: !objects.is_empty() || !(allow.resource.as_ref().is_some_and(named) || allow.not_resource.is_some()),
        ..Targets::default()
    };
    let class = |action: &str, on_bucket: bool, on_object: bool| -> Vec<Target> {
        let resources = objects.iter().filter(|_| on_object).cloned().chain(on_bucket.then(|| bucket.to_owned()));
        resources.map(|resource| Target { action: action.to_owned(), resource }).collect()
    };
    let mut numbers: BTreeMap<(bool, bool, Vec<bool>), usize> = BTreeMap::new();
    for action in ACTIONS.iter().filter(|action| takes_action(allow, &action.name)) {
        let taken: Vec<bool> =
            document.statement.iter().chain(also).map(|one| takes_action(one, &action.name)).collect();
        let next = found.classes.len();
        let number = *numbers.entry((action.on_bucket, action.on_object, taken)).or_insert(next);
        if number == next {
            found.classes.push(class(&action.name, action.on_bucket && on_bucket, action.on_object));
        }
        found.by_level.entry(action.level).or_default().insert(number);
    }
    if found.classes.is_empty() {
        let unlisted = allow.action.iter().flatten().filter(|action| action.starts_with("s3:"));
        found.classes =
            unlisted.flat_map(|action| instances(action)).map(|action| class(&action, on_bucket, true)).collect();
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

pub(super) fn takes_resource(statement: &Statement, arn: &str) -> bool {
    let of = |patterns: &Vec<String>| patterns.iter().any(|one| pattern::matches(one, arn));
    match &statement.not_resource {
        Some(exceptions) => !of(exceptions),
        None => statement.resource.as_ref().is_some_and(of),
    }
}

/// Objects that the statement takes, one for each form the policy knows.
pub(super) fn objects(document: &PolicyDocument, allow: &Statement, bucket: &str, within: &str) -> Vec<String> {
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
