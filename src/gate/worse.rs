//! Whether what failed before fails worse after the plan.
//!
//! Messages tell what is open, but the same opening can be told in other words: by the position of
//! a statement, or by a smaller range of ports. So what a denial rests on is compared by meaning:
//! what was only narrowed is not worse, however it is told. And where a message does not tell how
//! far an opening goes, what was widened is worse, though it is told in the same words.

use std::collections::BTreeSet;

use crate::model::{Change, Denial, Direction, FieldChange, Pointer};

/// Whether the new denials are more than the old ones. `change` is what happened to the resource;
/// absent when its document is as it was.
pub(super) fn is_worse(old: &[Denial], new: &[Denial], change: Option<&Change>) -> bool {
    let told: BTreeSet<String> = old.iter().map(|denial| without_positions(&denial.message)).collect();
    new.iter().any(|denial| {
        let moved = Moved::of(denial, change);
        if told.contains(&without_positions(&denial.message)) {
            moved == Moved::Wider && tells_no_extent(denial)
        } else {
            moved != Moved::NotWider
        }
    })
}

/// How what a denial rests on has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moved {
    /// It lets through more.
    Wider,
    /// It lets through less, or the same in other words.
    NotWider,
    /// It did not change, or not in a way that has a direction.
    Otherwise,
}

impl Moved {
    fn of(denial: &Denial, change: Option<&Change>) -> Self {
        let Some(change) = change else { return Self::Otherwise };
        let places: BTreeSet<&str> = denial.because.iter().chain([&denial.path]).filter_map(attribute).collect();
        // What follows from all of the document stands under `/facts`.
        let follows = |field: &FieldChange| Pointer::new("/facts").covers(&field.path);
        let rests_on =
            |field: &&FieldChange| attribute(&field.path).is_some_and(|place| places.contains(place)) || follows(field);
        let fields: Vec<&FieldChange> = change.fields.iter().filter(rests_on).collect();
        let is = |field: &&FieldChange, directions: &[Direction]| directions.contains(&field.direction);
        if fields.iter().any(|field| is(field, &[Direction::Widened, Direction::Both])) {
            Self::Wider
        } else if !fields.is_empty()
            // What rests on other resources too may be open by them.
            && denial.because.iter().all(|place| attribute(place).is_some())
            && fields.iter().all(|field| field.same_meaning || is(field, &[Direction::Narrowed]))
        {
            Self::NotWider
        } else {
            Self::Otherwise
        }
    }
}

/// Whether the message names neither what can be reached nor under which condition.
fn tells_no_extent(denial: &Denial) -> bool {
    ["/facts/public", "/facts/public_access"].iter().any(|place| Pointer::new(*place).covers(&denial.path))
}

/// `/configuration/policy` of `/configuration/policy/Statement/0`.
fn attribute(place: &Pointer) -> Option<&str> {
    let below = place.as_str().strip_prefix("/configuration/")?;
    let length = below.find('/').unwrap_or(below.len());
    place.as_str().get(..place.as_str().len() - below.len() + length)
}

/// A message without the positions of statements and lines, which move when others come or go.
fn without_positions(message: &str) -> String {
    let mut rest = message;
    let mut text = String::with_capacity(message.len());
    while let Some(at) = ["Statement/", "line "].iter().filter_map(|word| Some(rest.find(word)? + word.len())).min() {
        text.push_str(&rest[..at]);
        rest = rest[at..].trim_start_matches(|character: char| character.is_ascii_digit());
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AccountId, ChangeKind, Region, ResourceId, ResourceKey, ResourceType};

    fn denial(message: &str, path: &str, because: &str) -> Denial {
        Denial {
            message: message.to_owned(),
            path: Pointer::new(path),
            because: vec![Pointer::new(because)],
            topic: None,
        }
    }

    fn change(path: &str, direction: Direction, same_meaning: bool) -> Change {
        let resource = ResourceKey {
            account: AccountId::unknown(),
            region: Region::global(),
            resource_type: ResourceType::Bucket,
            id: ResourceId::new("arn:aws:s3:::b").unwrap(),
        };
        let field = FieldChange { direction, same_meaning, ..FieldChange::new(Pointer::new(path), None, None) };
        Change {
            resource,
            name: "b".to_owned(),
            kind: ChangeKind::Changed,
            direction,
            fields: vec![field],
            consequences: Vec::new(),
            breaks: Vec::new(),
            by: None,
        }
    }

    fn public(statement: usize) -> Vec<Denial> {
        let because = format!("/configuration/policy/Statement/{statement}");
        vec![denial(&format!("anyone can read, by {because}"), "/facts/public_access/value/0", &because)]
    }

    #[test]
    fn the_position_of_a_statement_is_not_news() {
        assert!(!is_worse(&public(1), &public(0), None));
        assert!(!is_worse(&public(1), &public(10), Some(&change("/configuration/policy", Direction::Narrowed, false))));
        let line = |line: usize| [denial(&format!("a password in line {line} of it"), "/facts/secrets", "")];
        assert!(!is_worse(&line(3), &line(14), None));
    }

    #[test]
    fn what_is_said_in_the_same_words_is_worse_when_it_was_widened() {
        for (direction, worse) in [
            (Direction::Widened, true),
            (Direction::Both, true),
            (Direction::Narrowed, false),
            (Direction::Unknown, false),
            (Direction::Neutral, false),
        ] {
            let moved = change("/configuration/policy", direction, false);
            assert_eq!(is_worse(&public(0), &public(0), Some(&moved)), worse, "{direction:?}");
        }
        let elsewhere = change("/configuration/acl", Direction::Widened, false);
        assert!(!is_worse(&public(0), &public(0), Some(&elsewhere)));
        let tls = [denial("plain HTTP is not denied", "/facts/plain_http_denied", "/configuration/policy")];
        let wider = change("/configuration/policy", Direction::Widened, false);
        assert!(!is_worse(&tls, &tls, Some(&wider)), "a message that says all is the same opening");
    }

    #[test]
    fn what_was_narrowed_is_not_worse_in_other_words() {
        let reach = |ports: &str| [denial(&format!("TCP {ports} is open"), "/facts/world", "/configuration/ingress/0")];
        let (old, new) = (reach("0-65535"), reach("8000-9000"));
        for (change, worse) in [
            (change("/configuration/ingress", Direction::Narrowed, false), false),
            (change("/configuration/ingress", Direction::Neutral, true), false),
            (change("/configuration/ingress", Direction::Widened, false), true),
            (change("/configuration/ingress", Direction::Neutral, false), true),
            (change("/configuration/egress", Direction::Narrowed, false), true),
        ] {
            assert_eq!(is_worse(&old, &new, Some(&change)), worse, "{change:?}");
        }
        assert!(is_worse(&old, &new, None), "what another resource opens is news");
        let narrowed = change("/configuration/ingress", Direction::Narrowed, false);
        let mut beside = reach("8000-9000");
        beside[0].because.push(Pointer::new("arn:aws:ec2:eu-central-1:111122223333:subnet/subnet-0a#/configuration"));
        assert!(is_worse(&old, &beside, Some(&narrowed)), "another resource may have opened it");
        let mut wider = narrowed.clone();
        wider.fields.push(change("/facts/public_access", Direction::Widened, false).fields.remove(0));
        assert!(is_worse(&old, &new, Some(&wider)), "all of it together lets in more");
    }
}
