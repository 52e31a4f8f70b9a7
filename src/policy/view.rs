//! A policy of which parts may be unknown: each element with what it holds and what it waits for.

use std::collections::BTreeMap;

use crate::model::{Fact, Places, Pointer, PolicyDocument, Statement};

/// A policy document at its place in a resource document.
#[derive(Debug)]
pub struct PolicyView<'a> {
    document: Option<&'a PolicyDocument>,
    place: Pointer,
    unknown: Places<'a>,
}

/// One statement of it.
#[derive(Debug)]
pub struct StatementView<'a> {
    /// The statement; use [`Self::list`] and [`Self::principals`] where parts may be unknown.
    pub statement: &'a Statement,
    /// Where it stands.
    pub place: Pointer,
    unknown: Vec<&'a Pointer>,
}

/// The known names in an element, and the places from where more may come.
#[derive(Debug, Default)]
pub struct Listed<'a> {
    /// Known values.
    pub known: Vec<&'a str>,
    /// Unknown places in the element.
    pub waits_for: Vec<String>,
}

impl<'a> PolicyView<'a> {
    /// A document at a place, with the unknown places of its resource.
    #[must_use]
    pub fn new(document: Option<&'a PolicyDocument>, place: Pointer, unknown: &'a [Pointer]) -> Self {
        let unknown = unknown.iter().filter(|other| other.overlaps(&place)).collect();
        Self { document, place, unknown }
    }

    /// Where the document stands.
    #[must_use]
    pub const fn place(&self) -> &Pointer {
        &self.place
    }

    /// Unknown places that stand for statements which are not in the document.
    #[must_use]
    pub fn unread(&self) -> Vec<String> {
        let list = self.place.child("Statement");
        let listed = self.document.map_or(0, |document| document.statement.len());
        let below = |place: &Pointer| list.element(place).is_some_and(|index| index < listed);
        let unread = self.unknown.iter().filter(|place| place.covers(&list) || (list.covers(place) && !below(place)));
        unread.map(ToString::to_string).collect()
    }

    /// All unknown places of the document.
    #[must_use]
    pub fn waits_for(&self) -> Vec<String> {
        self.unknown.iter().map(ToString::to_string).collect()
    }

    /// The statements, in the document's order.
    pub fn statements(&self) -> impl Iterator<Item = StatementView<'a>> + '_ {
        let list = self.place.child("Statement");
        let statements = self.document.into_iter().flat_map(|document| &document.statement);
        statements.enumerate().map(move |(index, statement)| {
            let place = list.child(index);
            let unknown = self.unknown.overlapping(&place).collect();
            StatementView { statement, place, unknown }
        })
    }

    /// Whether a statement is as the question asks; the answer for the whole policy rests on the
    /// statements that are, or on the whole policy when none is.
    #[must_use]
    pub fn any(&self, question: impl Fn(&StatementView<'a>) -> Fact<bool>) -> Fact<bool> {
        let unread = self.unread();
        let mut answers: Vec<Fact<bool>> = self
            .statements()
            .map(|statement| {
                let answer = question(&statement);
                let because = if answer.value == Some(true) { vec![statement.place] } else { Vec::new() };
                Fact { because, ..answer }
            })
            .collect();
        if !unread.is_empty() {
            answers.push(Fact::unknown(unread));
        }
        let mut answer = Fact::any(answers);
        if answer.value == Some(false) && self.document.is_some() {
            answer.because = vec![self.place.clone()];
        }
        answer
    }
}

impl<'a> StatementView<'a> {
    /// Unknown places in an element of the statement.
    #[must_use]
    pub fn waits_for(&self, element: &str) -> Vec<String> {
        let element = self.place.child(element);
        self.unknown.iter().filter(|place| place.overlaps(&element)).map(ToString::to_string).collect()
    }

    /// Whether the effect is the one asked for.
    #[must_use]
    pub fn has_effect(&self, effect: &str) -> Fact<bool> {
        match self.waits_for("Effect") {
            waits_for if !waits_for.is_empty() => Fact::unknown(waits_for),
            _ => Fact::known(self.statement.effect == effect, Vec::new()),
        }
    }

    /// The values of a list element.
    #[must_use]
    pub fn list(&self, element: &str, values: Option<&'a Vec<String>>) -> Listed<'a> {
        Listed { known: self.known_of(&self.place.child(element), values), waits_for: self.waits_for(element) }
    }

    /// Kind and name of each known principal of `Principal`.
    #[must_use]
    pub fn principals(&self) -> Vec<(&'a str, &'a str)> {
        self.names("Principal", self.statement.principal.as_ref())
    }

    fn names(&self, element: &str, principals: Option<&'a BTreeMap<String, Vec<String>>>) -> Vec<(&'a str, &'a str)> {
        let place = self.place.child(element);
        principals
            .into_iter()
            .flatten()
            .flat_map(|(kind, names)| {
                let names = self.known_of(&place.child(kind), Some(names));
                names.into_iter().map(move |name| (kind.as_str(), name))
            })
            .collect()
    }

    /// Operator, key and known values of each condition, and whether all its values are known.
    pub fn conditions(&self) -> impl Iterator<Item = Condition<'a>> + '_ {
        let place = self.place.child("Condition");
        self.statement.condition.iter().flat_map(move |(operator, keys)| {
            let place = place.child(operator);
            keys.iter().map(move |(key, values)| {
                let place = place.child(key);
                let known = self.known_of(&place, Some(values));
                let whole = !self.unknown.iter().any(|other| other.overlaps(&place));
                Condition { operator, key, values: known, whole }
            })
        })
    }

    fn known_of(&self, place: &Pointer, values: Option<&'a Vec<String>>) -> Vec<&'a str> {
        let known = |at: &Pointer| !self.unknown.iter().any(|other| other.covers(at));
        let values = values.into_iter().flatten().enumerate();
        values.filter(|(index, _)| known(&place.child(index))).map(|(_, value)| value.as_str()).collect()
    }
}

/// One test of a condition: it holds when one of the values matches, for positive operators.
#[derive(Debug)]
pub struct Condition<'a> {
    /// The operator as written, `ForAnyValue:StringLike`.
    pub operator: &'a str,
    /// The key in lower case.
    pub key: &'a str,
    /// Known values.
    pub values: Vec<&'a str>,
    /// Whether all values are known.
    pub whole: bool,
}
