//! What a condition demands of a request, test by test, in words and as keys.
//!
//! An Allow demands what its tests say. A Deny demands the opposite of what it tests, which is one
//! test only where the Deny has one; those with several are left out.

use crate::model::{Requirement, RequirementKind};
use crate::policy::{Condition, account_of};

/// What one test of an Allow demands.
pub(super) fn demanded(test: &Condition<'_>) -> Requirement {
    let operator = Operator::read(test.operator);
    requirement(&operator, test.key, test.values.iter().map(|value| (*value).to_owned()).collect())
}

/// What a Deny with this one test demands of everyone it applies to. `None` where the opposite has
/// no words: of set operators.
pub(super) fn left_by_deny(test: &Condition<'_>) -> Option<Requirement> {
    let operator = Operator::read(test.operator);
    let mut values: Vec<String> = test.values.iter().map(|value| (*value).to_owned()).collect();
    if operator.set.is_some() {
        return None;
    }
    let base = match operator.base.as_str() {
        "null" | "bool" => {
            values = values.iter().map(|value| opposite(value)).collect::<Option<_>>()?;
            operator.base.clone()
        }
        base => OPPOSITES.iter().find_map(|(one, other)| match base {
            base if base == *one => Some((*other).to_owned()),
            base if base == *other => Some((*one).to_owned()),
            _ => None,
        })?,
    };
    // What is denied also when the key is absent has to be there.
    let denied_when_absent = operator.if_exists || operator.is_negated();
    let if_exists = base != "null" && !denied_when_absent && !negated(&base);
    Some(requirement(&Operator { base, if_exists, set: None }, test.key, values))
}

/// Whether a pattern leaves anything out: more than wildcards, or an ARN of a known account.
pub(super) fn says_something(value: &str) -> bool {
    match value.strip_prefix("arn:") {
        Some(_) => account_of(value).is_some() || value.split(':').nth(5).is_some_and(|part| !part.starts_with('*')),
        None => !value.starts_with(['*', '?']),
    }
}

fn opposite(truth: &str) -> Option<String> {
    match truth.to_ascii_lowercase().as_str() {
        "true" => Some("false".to_owned()),
        "false" => Some("true".to_owned()),
        _ => None,
    }
}

const OPPOSITES: &[(&str, &str)] = &[
    ("stringequals", "stringnotequals"),
    ("stringequalsignorecase", "stringnotequalsignorecase"),
    ("stringlike", "stringnotlike"),
    ("arnequals", "arnnotequals"),
    ("arnlike", "arnnotlike"),
    ("ipaddress", "notipaddress"),
    ("numericequals", "numericnotequals"),
    ("numericlessthan", "numericgreaterthanequals"),
    ("numericlessthanequals", "numericgreaterthan"),
    ("dateequals", "datenotequals"),
    ("datelessthan", "dategreaterthanequals"),
    ("datelessthanequals", "dategreaterthan"),
];

/// A condition operator in its parts.
struct Operator {
    /// In lower case, without prefix and suffix.
    base: String,
    if_exists: bool,
    /// `any` or `all` values of the request.
    set: Option<&'static str>,
}

impl Operator {
    fn read(text: &str) -> Self {
        let text = text.to_ascii_lowercase();
        let (set, text) = match text.split_once(':') {
            Some(("foranyvalue", rest)) => (Some("any"), rest.to_owned()),
            Some(("forallvalues", rest)) => (Some("all"), rest.to_owned()),
            _ => (None, text),
        };
        let base = text.strip_suffix("ifexists");
        Self { if_exists: base.is_some(), base: base.unwrap_or(&text).to_owned(), set }
    }

    fn is_negated(&self) -> bool {
        negated(&self.base)
    }

    /// Whether one of the values has to be in the request.
    fn demands(&self) -> bool {
        let equals = matches!(
            self.base.as_str(),
            "stringequals"
                | "stringequalsignorecase"
                | "stringlike"
                | "arnequals"
                | "arnlike"
                | "ipaddress"
                | "bool"
                | "numericequals"
                | "dateequals"
                | "binaryequals"
        );
        equals && !self.if_exists && self.set != Some("all")
    }
}

fn negated(base: &str) -> bool {
    base.contains("not")
}

fn requirement(operator: &Operator, key: &str, mut values: Vec<String>) -> Requirement {
    values.sort();
    values.dedup();
    Requirement {
        kind: kind(key),
        key: key.to_owned(),
        demanded: operator.demands() && !values.is_empty(),
        words: words(operator, key, &values),
        values,
    }
}

fn words(operator: &Operator, key: &str, values: &[String]) -> String {
    if operator.base == "null" {
        let absent = values.iter().any(|value| value.eq_ignore_ascii_case("true"));
        return format!("{key} is {}", if absent { "absent" } else { "present" });
    }
    let verb = match operator.base.as_str() {
        "stringequals" | "arnequals" | "numericequals" | "dateequals" | "binaryequals" | "bool" => "is",
        "stringequalsignorecase" => "is, in any case,",
        "stringlike" | "arnlike" => "is like",
        "stringnotequals" | "arnnotequals" | "numericnotequals" | "datenotequals" => "is not",
        "stringnotequalsignorecase" => "is not, in any case,",
        "stringnotlike" | "arnnotlike" => "is not like",
        "ipaddress" => "is in",
        "notipaddress" => "is not in",
        "numericlessthan" => "is below",
        "numericlessthanequals" => "is at most",
        "numericgreaterthan" => "is above",
        "numericgreaterthanequals" => "is at least",
        "datelessthan" => "is before",
        "datelessthanequals" => "is not after",
        "dategreaterthan" => "is after",
        "dategreaterthanequals" => "is not before",
        other => other,
    };
    let quoted: Vec<String> = values.iter().map(|value| format!("\"{value}\"")).collect();
    let listed = quoted.join(if operator.is_negated() { " nor " } else { " or " });
    let test = match operator.set {
        Some("any") => format!("one of {key} {verb} {listed}"),
        Some(_) => format!("each of {key} {verb} {listed}"),
        None => format!("{key} {verb} {listed}"),
    };
    if operator.if_exists { format!("{test}, if present") } else { test }
}

fn kind(key: &str) -> RequirementKind {
    match key {
        "sts:externalid" => RequirementKind::ExternalId,
        "aws:principalorgid" | "aws:principalorgpaths" | "aws:sourceorgid" | "aws:sourceorgpaths" => {
            RequirementKind::Organization
        }
        "aws:sourceaccount" | "aws:sourcearn" | "aws:sourceowner" => RequirementKind::Source,
        "aws:principalaccount"
        | "aws:principalarn"
        | "aws:principaltype"
        | "aws:username"
        | "aws:userid"
        | "aws:principalisawsservice"
        | "aws:principalservicename" => RequirementKind::Principal,
        "aws:sourceip" | "aws:vpcsourceip" | "aws:sourcevpc" | "aws:sourcevpcarn" | "aws:sourcevpce"
        | "aws:vpceaccount" | "aws:vpceorgid" | "aws:vpceorgpaths" => RequirementKind::Network,
        "aws:multifactorauthpresent" | "aws:multifactorauthage" => RequirementKind::Mfa,
        _ if ["aws:principaltag/", "aws:requesttag/", "aws:resourcetag/", "iam:resourcetag/"]
            .iter()
            .any(|prefix| key.starts_with(prefix))
            || key == "aws:tagkeys" =>
        {
            RequirementKind::Tag
        }
        // Claims of an identity provider stand after its name: `gitlab.com:sub`, `saml:aud`.
        _ => match key.rsplit(':').next() {
            Some("aud" | "azp") => RequirementKind::Audience,
            Some("sub" | "amr" | "sub_type" | "email" | "oaud") => RequirementKind::Subject,
            Some(claim) if super::subject::CLAIMS.contains(&claim) => RequirementKind::Subject,
            _ => RequirementKind::Other,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test<'a>(operator: &'a str, key: &'a str, values: &[&'a str]) -> Condition<'a> {
        Condition { operator, key, values: values.to_vec(), whole: true }
    }

    #[test]
    fn tests_are_put_in_words() {
        for (operator, key, values, kind, demanded_there, words) in [
            (
                "StringEquals",
                "sts:externalid",
                &["b", "a"][..],
                RequirementKind::ExternalId,
                true,
                r#"sts:externalid is "a" or "b""#,
            ),
            (
                "StringEqualsIfExists",
                "aws:sourceaccount",
                &["1"],
                RequirementKind::Source,
                false,
                r#"aws:sourceaccount is "1", if present"#,
            ),
            (
                "ForAnyValue:StringLike",
                "aws:principalorgpaths",
                &["o-1/*"],
                RequirementKind::Organization,
                true,
                r#"one of aws:principalorgpaths is like "o-1/*""#,
            ),
            (
                "ForAllValues:StringEquals",
                "aws:tagkeys",
                &["team"],
                RequirementKind::Tag,
                false,
                r#"each of aws:tagkeys is "team""#,
            ),
            (
                "NotIpAddress",
                "aws:sourceip",
                &["10.0.0.0/8"],
                RequirementKind::Network,
                false,
                r#"aws:sourceip is not in "10.0.0.0/8""#,
            ),
            (
                "Null",
                "aws:multifactorauthage",
                &["false"],
                RequirementKind::Mfa,
                false,
                "aws:multifactorauthage is present",
            ),
            (
                "NumericLessThan",
                "aws:multifactorauthage",
                &["3600"],
                RequirementKind::Mfa,
                false,
                r#"aws:multifactorauthage is below "3600""#,
            ),
            ("StringLike", "gitlab.com:sub", &["*"], RequirementKind::Subject, true, r#"gitlab.com:sub is like "*""#),
        ] {
            let found = demanded(&test(operator, key, values));
            assert_eq!((found.kind, found.demanded, found.words.as_str()), (kind, demanded_there, words));
        }
    }

    #[test]
    fn a_deny_demands_the_opposite() {
        for (operator, values, demanded_there, words) in [
            ("StringNotEquals", "a", true, Some(r#"k is "a""#)),
            ("StringNotEqualsIfExists", "a", true, Some(r#"k is "a""#)),
            ("StringEquals", "a", false, Some(r#"k is not "a""#)),
            ("StringNotLike", "a*", true, Some(r#"k is like "a*""#)),
            ("Bool", "false", false, Some(r#"k is "true", if present"#)),
            ("BoolIfExists", "false", true, Some(r#"k is "true""#)),
            ("Null", "true", false, Some("k is present")),
            ("NumericGreaterThan", "3", false, Some(r#"k is at most "3", if present"#)),
            ("NumericGreaterThanIfExists", "3", false, Some(r#"k is at most "3""#)),
            ("ForAnyValue:StringEquals", "a", false, None),
        ] {
            let found = left_by_deny(&test(operator, "k", &[values]));
            assert_eq!(found.as_ref().map(|found| found.words.as_str()), words, "{operator}");
            assert_eq!(found.is_some_and(|found| found.demanded), demanded_there, "{operator}");
        }
    }
}
