//! JSON pointers (RFC 6901) into a resource document.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A JSON pointer such as `/configuration/ingress/3/cidr_ipv4`, relative to the resource
/// document.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Pointer(String);

impl Pointer {
    /// A pointer from its text form, `/a/b/0`.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A pointer into `configuration`: `Pointer::configuration("policy")` is
    /// `/configuration/policy`.
    #[must_use]
    pub fn configuration(attribute: &str) -> Self {
        Self(format!("/configuration/{attribute}"))
    }

    /// The pointer one level down; `/` and `~` in the key are escaped.
    #[must_use]
    pub fn child(&self, key: impl fmt::Display) -> Self {
        let key = key.to_string().replace('~', "~0").replace('/', "~1");
        Self(format!("{}/{key}", self.0))
    }

    /// The text form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `other` is this place or stands below it.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        other.0.strip_prefix(self.0.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Whether one of the two places covers the other.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.covers(other) || other.covers(self)
    }

    /// Which element of the list at this place another place is, or stands in.
    #[must_use]
    pub fn element(&self, place: &Self) -> Option<usize> {
        let number = place.0.strip_prefix(self.0.as_str())?.strip_prefix('/')?.split('/').next()?;
        let is_plain = number == "0" || number.starts_with(|first: char| matches!(first, '1'..='9'));
        number.parse().ok().filter(|_| is_plain)
    }

    /// The value at this place.
    #[must_use]
    pub fn resolve<'a>(&self, document: &'a Value) -> Option<&'a Value> {
        document.pointer(&self.0)
    }
}

/// Places in order, to find those that touch one without looking at each: a list of ten thousand
/// elements may have as many unknown places.
#[derive(Debug, Clone, Default)]
pub struct Places<'a>(Vec<&'a Pointer>);

impl<'a> Places<'a> {
    /// The places that overlap a place, in order: those above it, itself, and those below it.
    pub fn overlapping(&self, place: &Pointer) -> impl Iterator<Item = &'a Pointer> {
        let text = place.as_str();
        let ends = text.match_indices('/').map(|(end, _)| end).chain([text.len()]);
        let above = ends.filter_map(|end| self.0.binary_search_by(|one| one.as_str().cmp(&text[..end])).ok());
        let above: Vec<usize> = above.collect();
        let below = format!("{text}/");
        let first = self.0.partition_point(|one| one.as_str() < below.as_str());
        let count = self.0[first..].partition_point(|one| one.as_str().starts_with(&below));
        above.into_iter().chain(first..first + count).map(|at| self.0[at])
    }

    /// Whether one of the places overlaps a place.
    #[must_use]
    pub fn overlap(&self, place: &Pointer) -> bool {
        self.overlapping(place).next().is_some()
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &'a Pointer> {
        self.0.iter().copied()
    }
}

impl<'a> FromIterator<&'a Pointer> for Places<'a> {
    fn from_iter<I: IntoIterator<Item = &'a Pointer>>(places: I) -> Self {
        let mut places: Vec<&Pointer> = places.into_iter().collect();
        places.sort_unstable();
        places.dedup();
        Self(places)
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_covers_itself_and_what_stands_below_but_not_a_longer_name() {
        let policy = Pointer::configuration("policy");
        assert!(policy.covers(&policy));
        assert!(policy.covers(&policy.child("Statement").child(0)));
        assert!(!policy.covers(&Pointer::configuration("policy_status")));
        assert!(policy.child("Statement").overlaps(&policy));
    }

    #[test]
    fn of_places_in_order_those_that_overlap_are_found() {
        let all: Vec<Pointer> =
            ["/b/2", "/a", "/a/b", "/a/b-c", "/a/b/1", "/a/b/10", "/a/b/1/x", "/a.b", ""].map(Pointer::new).into();
        let places: Places<'_> = all.iter().collect();
        for asked in ["", "/a", "/a/b", "/a/b/1", "/a/b/1/x/y", "/a/b/2", "/a/b-c", "/b", "/c", "/a/b/1x"] {
            let asked = Pointer::new(asked);
            let mut expected: Vec<&Pointer> = all.iter().filter(|place| place.overlaps(&asked)).collect();
            expected.sort();
            assert_eq!(places.overlapping(&asked).collect::<Vec<_>>(), expected, "{asked}");
        }
    }

    #[test]
    fn the_element_of_a_list_is_a_plain_number() {
        let list = Pointer::new("/a");
        for (place, element) in [
            ("/a/7", Some(7)),
            ("/a/10/x", Some(10)),
            ("/a/0", Some(0)),
            ("/a/01", None),
            ("/a/+1", None),
            ("/ab/1", None),
        ] {
            assert_eq!(list.element(&Pointer::new(place)), element, "{place}");
        }
        assert_eq!(list.element(&list), None);
    }

    #[test]
    fn a_slash_in_a_key_is_escaped() {
        assert_eq!(Pointer::new("/tags").child("a/b~c").as_str(), "/tags/a~1b~0c");
    }
}
