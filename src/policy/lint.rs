//! What in a policy cannot be meant: statements without effect, names that AWS does not know,
//! conditions that do not test what they seem to test.
//!
//! A lint never changes what a policy decides, and silence is better than a false alarm: where the
//! catalogue cannot be sure, nothing is said. Lints point into the canonical document, whose
//! statements and lists are sorted.

mod action;
mod compare;
mod condition;
mod cover;
mod principal;
mod resource;

use serde::{Deserialize, Serialize};

use self::action::Named;
use self::compare::Budget;
use super::Layer;
use crate::model::{Pointer, PolicyDocument, Statement};

/// Something in a policy that cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Lint {
    /// Index of the statement in the canonical document; absent for what concerns the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<usize>,
    /// Where, in the canonical document: `/Statement/0/Action/2`.
    pub place: Pointer,
    /// What kind of thing it is.
    pub kind: LintKind,
    /// In words.
    pub message: String,
}

/// The kinds of lints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LintKind {
    /// A Deny takes back everything that the statement allows.
    Unreachable,
    /// Another statement of the same effect covers it.
    Redundant,
    /// The list of an element has no members, so that the statement takes nothing.
    EmptyList,
    /// No service of AWS has the prefix of the action.
    UnknownService,
    /// AWS documents no such action.
    UnknownAction,
    /// Allow with `NotAction`: also every action that comes to be.
    AllowNotAction,
    /// Allow with `NotResource`: also every resource that comes to be.
    AllowNotResource,
    /// Allow with `NotPrincipal`: almost everyone.
    AllowNotPrincipal,
    /// A resource that no action of the statement acts on.
    ResourceNotTaken,
    /// A resource that has fewer parts than an ARN.
    ShortArn,
    /// The version does not know variables, and need not have been chosen.
    OldVersion,
    /// A variable in a policy whose version does not know variables.
    VariableAsText,
    /// IAM has no such condition operator, or spells it in another case.
    UnknownOperator,
    /// A condition without values.
    EmptyCondition,
    /// `ForAnyValue:` or `ForAllValues:` with a key that has one value.
    SetOperatorOnOneValue,
    /// An operator for one value with a key that can have several.
    OneValueOperatorOnSet,
    /// `ForAllValues:` in an Allow also holds where the key is absent.
    ForAllValuesOfNone,
    /// AWS documents no such condition key.
    UnknownKey,
    /// A condition key that no action of the statement has.
    KeyNotTaken,
    /// A value that no request can have.
    ImpossibleValue,
    /// A wildcard where the operator takes it as a character.
    WildcardAsText,
    /// A wildcard in a principal.
    PrincipalPattern,
    /// A group as principal.
    GroupPrincipal,
    /// The id of a principal that is no more.
    DanglingPrincipal,
    /// A principal where the kind of policy has none, or none where it must have one.
    PrincipalMisplaced,
    /// No `Resource` where the kind of policy must have one.
    ResourceMissing,
    /// The policy is too large to be examined whole.
    Unfinished,
}

/// What in a policy cannot be meant, by statement and place.
///
/// Pure and bounded: a document that would take too long ends with [`LintKind::Unfinished`].
#[must_use]
pub fn lint(document: &PolicyDocument, layer: Layer) -> Vec<Lint> {
    let mut lints = Lints::default();
    let mut budget = Budget::default();
    let variables = lint_variables(document, &mut lints);
    if document.version != "2012-10-17" && !variables {
        let message = "Version is 2008-10-17 or missing, which means the same: ${…} would stand for itself".to_owned();
        lints.add(None, Pointer::new("/Version"), LintKind::OldVersion, message);
    }
    for (index, statement) in document.statement.iter().enumerate() {
        let place = Pointer::new("/Statement").child(index);
        let named = Named::of(statement, &mut budget);
        let subject = Subject { layer, index, statement, place, named };
        action::lint(&subject, &mut budget, &mut lints);
        resource::lint(&subject, &mut budget, &mut lints);
        condition::lint(&subject, &mut lints);
        principal::lint(&subject, &mut lints);
    }
    cover::lint(document, &mut budget, &mut lints);
    if budget.is_spent() {
        let message = "the policy is too large to be examined whole".to_owned();
        lints.add(None, Pointer::default(), LintKind::Unfinished, message);
    }
    lints.0.sort();
    lints.0
}

/// One statement on its way through the lints.
struct Subject<'a> {
    layer: Layer,
    index: usize,
    statement: &'a Statement,
    place: Pointer,
    named: Named,
}

impl Subject<'_> {
    fn allows(&self) -> bool {
        self.statement.effect == "Allow"
    }

    /// Whether an Allow of this layer grants; in the others it lets pass what is granted elsewhere.
    fn grants(&self) -> bool {
        self.allows() && matches!(self.layer, Layer::Identity | Layer::Resource)
    }

    fn say(&self, lints: &mut Lints, place: Pointer, kind: LintKind, message: String) {
        lints.add(Some(self.index), place, kind, message);
    }
}

#[derive(Default)]
struct Lints(Vec<Lint>);

impl Lints {
    fn add(&mut self, statement: Option<usize>, place: Pointer, kind: LintKind, message: String) {
        self.0.push(Lint { statement, place, kind, message });
    }
}

/// Variables under a version that does not know them; whether there are any.
fn lint_variables(document: &PolicyDocument, lints: &mut Lints) -> bool {
    if document.version == "2012-10-17" {
        return false;
    }
    let before = lints.0.len();
    for (index, statement) in document.statement.iter().enumerate() {
        let place = Pointer::new("/Statement").child(index);
        let resources = [("Resource", &statement.resource), ("NotResource", &statement.not_resource)];
        let resources = resources.into_iter().flat_map(|(element, list)| {
            let at = place.child(element);
            list.iter().flatten().enumerate().map(move |(item, text)| (at.child(item), text))
        });
        let condition = place.child("Condition");
        let values = statement.condition.iter().flat_map(|(operator, keys)| {
            let at = condition.child(operator);
            keys.iter().flat_map(move |(key, values)| {
                let at = at.child(key);
                values.iter().enumerate().map(move |(item, text)| (at.child(item), text))
            })
        });
        for (at, text) in resources.chain(values).filter(|(_, text)| text.contains("${")) {
            let message = format!("the variable in {text:?} stands for itself: Version is not 2012-10-17");
            lints.add(Some(index), at, LintKind::VariableAsText, message);
        }
    }
    lints.0.len() > before
}

#[cfg(test)]
mod tests;
