//! Places in a JSON text: where a pointer leads, and whether an object says a key twice.
//!
//! The text was read as JSON before, so that nothing is checked here; on a text that is not JSON
//! the answers mean nothing, but they come.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

use crate::model::Pointer;

/// The first key that an object says a second time: where the object is, the key, and where the
/// repetition begins, in bytes.
pub(super) fn repeated_key(text: &str) -> Option<(Pointer, String, usize)> {
    let mut scan = Scan { text, at: 0, wanted: None };
    match scan.value(&Place::Document) {
        ControlFlow::Break(Found::Repeated(place, key, at)) => Some((place, key, at)),
        _ => None,
    }
}

/// Where the value that a pointer leads to begins, in bytes.
pub(super) fn find(text: &str, pointer: &Pointer) -> Option<usize> {
    let mut scan = Scan { text, at: 0, wanted: Some(pointer) };
    match scan.value(&Place::Document) {
        ControlFlow::Break(Found::Wanted(at)) => Some(at),
        _ => None,
    }
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    wanted: Option<&'a Pointer>,
}

enum Found {
    Wanted(usize),
    Repeated(Pointer, String, usize),
}

enum Place<'a> {
    Document,
    Key(&'a Self, &'a str),
    Item(&'a Self, usize),
}

impl Place<'_> {
    fn pointer(&self) -> Pointer {
        match self {
            Self::Document => Pointer::default(),
            Self::Key(parent, key) => parent.pointer().child(key),
            Self::Item(parent, index) => parent.pointer().child(index),
        }
    }
}

impl<'a> Scan<'a> {
    fn value(&mut self, place: &Place<'_>) -> ControlFlow<Found> {
        self.space();
        if self.wanted.is_some_and(|wanted| *wanted == place.pointer()) {
            return ControlFlow::Break(Found::Wanted(self.at));
        }
        match self.peek() {
            Some(b'{') => self.object(place),
            Some(b'[') => self.list(place),
            Some(b'"') => {
                self.string();
                ControlFlow::Continue(())
            }
            _ => {
                self.skip(|byte| !matches!(byte, b',' | b']' | b'}'));
                ControlFlow::Continue(())
            }
        }
    }

    fn object(&mut self, place: &Place<'_>) -> ControlFlow<Found> {
        let mut keys = BTreeSet::new();
        self.at += 1;
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                self.at += 1;
                return ControlFlow::Continue(());
            }
            let start = self.at;
            let key = self.string();
            self.skip(|byte| byte != b':');
            self.at += 1;
            if self.wanted.is_none() && keys.contains(&key) {
                return ControlFlow::Break(Found::Repeated(place.pointer(), key.into_owned(), start));
            }
            self.value(&Place::Key(place, &key))?;
            keys.insert(key);
            if !self.comma() {
                return ControlFlow::Continue(());
            }
        }
    }

    fn list(&mut self, place: &Place<'_>) -> ControlFlow<Found> {
        self.at += 1;
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return ControlFlow::Continue(());
        }
        let mut index = 0;
        loop {
            self.value(&Place::Item(place, index))?;
            index += 1;
            if !self.comma() {
                return ControlFlow::Continue(());
            }
        }
    }

    /// Steps over what stands after a member; whether another one follows.
    fn comma(&mut self) -> bool {
        self.space();
        let comma = self.peek() == Some(b',');
        self.at += 1;
        comma
    }

    /// The string that begins here, without its escapes.
    fn string(&mut self) -> Cow<'a, str> {
        let start = self.at;
        self.at += 1;
        let mut escaped = false;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => break,
                b'\\' => {
                    escaped = true;
                    self.at += 2;
                }
                _ => self.at += 1,
            }
        }
        let inside = self.text.get(start + 1..self.at).unwrap_or_default();
        self.at += 1;
        let quoted = self.text.get(start..self.at).unwrap_or_default();
        let unescaped = if escaped { serde_json::from_str(quoted).ok().map(Cow::Owned) } else { None };
        unescaped.unwrap_or(Cow::Borrowed(inside))
    }

    fn space(&mut self) {
        self.skip(|byte| byte.is_ascii_whitespace());
    }

    fn skip(&mut self, over: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&over) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_lead_to_places_in_the_text() {
        let text = "{ \"a\": [1, {\"b/c\": null}],\n \"d\\u0065\": \"x\\\"y\" }";
        let at = |pointer: &str| find(text, &Pointer::new(pointer)).map(|at| &text[at..]);
        assert_eq!(at(""), Some(text));
        assert_eq!(at("/a/0").unwrap().chars().next(), Some('1'));
        assert!(at("/a/1/b~1c").unwrap().starts_with("null"));
        assert!(at("/de").unwrap().starts_with("\"x"));
        assert_eq!(at("/a/2"), None);
        assert_eq!(at("/nope"), None);
    }

    #[test]
    fn a_key_said_twice_is_found_at_any_depth_and_in_any_spelling() {
        let twice = |text: &str| repeated_key(text).map(|(place, key, at)| (place.to_string(), key, at));
        assert_eq!(twice(r#"{"a":1,"b":{"a":2},"c":[{"a":1},{"a":1},[],{}]}"#), None);
        assert_eq!(twice(r#"{"a":1,"a":2}"#), Some((String::new(), "a".to_owned(), 7)));
        assert_eq!(twice(r#"[0,{"x":{"a":1,"b":[],"\u0061":2}}]"#), Some(("/1/x".to_owned(), "a".to_owned(), 22)));
        assert_eq!(twice("{} "), None);
        assert_eq!(twice(r#""a""#), None);
    }

    proptest::proptest! {
        #[test]
        fn any_text_gives_an_answer(text in "[{}\\[\\],:\"\\\\a1 é]{0,40}") {
            let _ = (repeated_key(&text), find(&text, &Pointer::new("/a/0")));
        }
    }
}
