//! From a place in the canonical document back to the text a person wrote.

use serde_json::Value;

use super::{Place, Position, canonical_aws_principal, position, read_document, read_statement, scan, string};
use crate::model::{Pointer, Statement};

/// Where in a text stands what a place of its canonical document speaks of, or the nearest that
/// holds it: `/Statement/0/Action/2` is the third action of the first statement after sorting,
/// which the text may have anywhere and in another spelling. `None` for a text that is no policy.
#[must_use]
pub fn position_of(text: &str, place: &Pointer) -> Option<Position> {
    let written: Value = serde_json::from_str(text).ok()?;
    let document = read_document(&written).ok()?;
    let canonical = serde_json::to_value(&document).ok()?;
    let tokens: Vec<String> =
        place.as_str().split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect();
    let (mut at, mut in_text, mut in_canonical) = (Pointer::default(), &written, Pointer::default());
    for token in &tokens {
        in_canonical = in_canonical.child(token);
        let next = if in_canonical.as_str().matches('/').count() == 2 && tokens[0] == "Statement" {
            statement(in_text, &document.statement, token)
        } else {
            member(in_text, token, in_canonical.resolve(&canonical))
        };
        match next {
            Some((Some(key), value)) => (at, in_text) = (at.child(key), value),
            // A scalar stands for the list of it.
            Some((None, value)) => in_text = value,
            None => break,
        }
    }
    scan::find(text, &at).map(|at| position(text, at))
}

/// The key or index of a part of the text, and the part; no key where the part is the whole.
type Part<'a> = (Option<String>, &'a Value);

/// The statement that became the one at this index. Of equal ones each has its own.
fn statement<'a>(list: &'a Value, statements: &[Statement], index: &str) -> Option<Part<'a>> {
    let index: usize = index.parse().ok()?;
    let wanted = statements.get(index)?;
    let Value::Array(items) = list else { return Some((None, list)) };
    let earlier = statements[..index].iter().filter(|statement| *statement == wanted).count();
    let reads = |item: &Value| read_statement(item, Place::Document).is_ok_and(|statement| statement == *wanted);
    let (at, item) = items.iter().enumerate().filter(|(_, item)| reads(item)).nth(earlier)?;
    Some((Some(at.to_string()), item))
}

fn member<'a>(value: &'a Value, token: &str, canonical: Option<&Value>) -> Option<Part<'a>> {
    match value {
        Value::Object(members) => {
            let (key, value) = members.iter().find(|(key, _)| key.eq_ignore_ascii_case(token))?;
            Some((Some(key.clone()), value))
        }
        Value::Array(items) => {
            let wanted = canonical?.as_str()?;
            let (at, item) = items.iter().enumerate().find(|(_, item)| means(item, wanted))?;
            Some((Some(at.to_string()), item))
        }
        _ => None,
    }
}

/// Whether an item of a list became this text.
fn means(item: &Value, wanted: &str) -> bool {
    string(item, Place::Document).is_ok_and(|item| {
        item == wanted || item.to_ascii_lowercase() == wanted || canonical_aws_principal(&item) == wanted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{
  "Statement": [
    {"Effect": "Deny", "Action": "s3:*", "Resource": "*"},
    {"Effect": "Allow", "Principal": {"AWS": ["444455556666", "111122223333"]},
     "Action": ["S3:PutObject",
                "s3:getobject"],
     "Condition": {"StringLike": {"aws:PrincipalTag/Team": ["b",
       "a"]}}}
  ]
}"#;

    fn line_and_column(place: &str) -> Option<(usize, usize)> {
        position_of(TEXT, &Pointer::new(place)).map(|at| (at.line, at.column))
    }

    #[test]
    fn places_lead_back_to_what_was_written() {
        assert_eq!(line_and_column("/Statement/0"), Some((4, 5)));
        assert_eq!(line_and_column("/Statement/1/Action/0"), Some((3, 34)));
        assert_eq!(line_and_column("/Statement/0/Action/0"), Some((6, 17)));
        assert_eq!(line_and_column("/Statement/0/Principal/AWS/0"), Some((4, 63)));
        assert_eq!(line_and_column("/Statement/0/Condition/StringLike/aws:principaltag~1team/0"), Some((8, 8)));
    }

    #[test]
    fn a_place_that_is_not_written_leads_to_what_holds_it() {
        assert_eq!(line_and_column(""), Some((1, 1)));
        assert_eq!(line_and_column("/Version"), Some((1, 1)));
        assert_eq!(line_and_column("/Statement/1/NotAction/0"), Some((3, 5)));
        assert_eq!(line_and_column("/Statement/7"), Some((2, 16)));
        assert_eq!(position_of("{}", &Pointer::new("/Statement/0")), None);
    }

    #[test]
    fn one_statement_need_not_be_a_list() {
        let text = r#"{"Statement": {"Effect": "Deny", "Action": "s3:*", "Principal": "*"}}"#;
        let column = |place: &str| position_of(text, &Pointer::new(place)).map(|at| at.column);
        assert_eq!(column("/Statement/0/Action/0"), Some(44));
        assert_eq!(column("/Statement/0/Principal/AWS/0"), Some(65));
    }
}
