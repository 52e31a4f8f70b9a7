//! Where the oracle differs from AWS's documentation, or decides what the documentation leaves
//! open. Each is as narrow as the case allows, counted and printed; none is a licence for more.

use serde_json::Value;

use super::cases::Case;

/// A difference that is known, and why we stay with our answer.
struct Quirk {
    why: &'static str,
    applies: fn(&Asked<'_>) -> bool,
}

struct Asked<'a> {
    case: &'a Case,
    ours: &'a str,
    theirs: &'a str,
}

const QUIRKS: &[Quirk] = &[
    Quirk {
        why: "NotPrincipal: the oracle excepts whoever matches one entry. AWS asks for account, role and session, \
              and lets a Deny take everyone with a permissions boundary; where its texts end, we answer depends",
        applies: |asked| asked.is_excepted_in_part(),
    },
    Quirk {
        why: "a session of GetFederationToken without a session policy has no permissions of its own \
              (IAM user guide, \"Permissions for GetFederationToken\"); the oracle gives it those of the user",
        applies: |asked| {
            (asked.ours, asked.theirs) == ("ImplicitlyDenied", "Allowed")
                && asked.principal().contains(":federated-user/")
                && asked.case.json.get("session").is_none()
        },
    },
    Quirk {
        why: "a resource policy of the same account that names a session, everyone or everyone but some, is not limited \
              by an implicit deny of the session policy (IAM user guide, \"Policy evaluation logic\"); the oracle limits it",
        applies: |asked| {
            (asked.ours, asked.theirs) == ("Allowed", "ImplicitlyDenied")
                && asked.case.json.get("session").is_some()
                && [asked.principal(), "*", "NotPrincipal"]
                    .iter()
                    .any(|name| asked.case.json["resource"].to_string().contains(&format!("\"{name}\"")))
        },
    },
    Quirk {
        why: "a variable without a value is null, and a negated operator takes what is not null (IAM user guide, \
              \"Policy variables with no value\"); the oracle's condition fails",
        applies: |asked| {
            asked.has_test(|_, operator, _, values| {
                operator.contains("Not") && variables(values).any(|key| !asked.knows(key))
            })
        },
    },
    Quirk {
        why: "policies of a version before 2012-10-17 have no variables (IAM user guide, \"Version\"); the oracle puts \
              defaults and special characters in all the same",
        applies: |asked| {
            let documents = asked.documents();
            documents
                .into_iter()
                .any(|document| document["Version"] == "2008-10-17" && document.to_string().contains("${"))
        },
    },
    Quirk {
        why: "numbers are decimals of any size; the oracle's are binary fractions of 53 bits",
        applies: |asked| {
            asked.has_test(|_, operator, _, values| operator.contains("Numeric") && values.contains("90071992547409"))
        },
    },
    Quirk {
        why: "dates may be seconds or ISO 8601 in policy and request (IAM user guide, \"Date condition operators\"); \
              the oracle does not compare one form with the other",
        applies: |asked| {
            asked.has_test(|_, operator, key, values| {
                operator.contains("Date") && key.eq_ignore_ascii_case("aws:EpochTime") && values.contains('T')
            })
        },
    },
    Quirk {
        why: "IfExists holds on an absent key whatever the operator (IAM user guide, \"...IfExists condition \
              operators\"); with ForAnyValue the oracle's fails",
        applies: |asked| {
            asked.has_test(|_, operator, key, _| {
                operator.starts_with("ForAnyValue:") && operator.ends_with("IfExists") && !asked.knows(key)
            })
        },
    },
    Quirk {
        why: "${*} is a star in every string operator (IAM user guide, \"Special characters\"); the oracle does not \
              find it with Equals",
        applies: |asked| {
            asked.has_test(|_, operator, _, values| operator.contains("Equals") && values.contains("${*}"))
        },
    },
    Quirk {
        why: "an IPv6 address is not a single IPv4 address, so NotIpAddress holds; where the policy writes the \
              address without a prefix length the oracle's condition fails",
        applies: |asked| {
            let address = asked.case.json["request"]["context"]["aws:SourceIp"].as_str().unwrap_or_default();
            address.contains(':')
                && asked.has_test(|_, operator, _, values| {
                    operator.starts_with("NotIpAddress") && values.contains("\"192.0.2.1\"")
                })
        },
    },
    Quirk {
        why: "sts:AssumeRole has to be signed (AWS STS API reference); the oracle lets an unsigned request assume a \
              role that trusts everyone",
        applies: |asked| {
            (asked.ours, asked.theirs) == ("ImplicitlyDenied", "Allowed")
                && asked.principal() == "*"
                && asked.case.json["request"]["action"].as_str().is_some_and(|action| action.starts_with("sts:"))
        },
    },
    Quirk {
        why: "a variable without a value in NotResource makes an Allow take nothing and leaves a Deny open; where it \
              begins a name without a type, as a queue's, the oracle compares it as text, which is outside",
        applies: |asked| {
            let mut statements = Vec::new();
            collect(&asked.case.json, "NotResource", &mut statements);
            asked.case.json["request"]["resource"].to_string().contains(":sqs:")
                && statements.into_iter().any(|statement| {
                    let excepted = statement["NotResource"].to_string();
                    excepted.contains(":${") && variables(&excepted).any(|key| !asked.knows(key))
                })
        },
    },
    Quirk {
        why: "in a Deny with NotResource, what a variable without a value does is left open by AWS's texts, and we \
              answer depends; the oracle takes nothing",
        applies: |asked| asked.ours == "Depends" && has_key(&asked.case.json, "NotResource"),
    },
];

/// The reason why the oracle is known to differ on this case.
pub(super) fn of(case: &Case, ours: &str, theirs: &str) -> Option<&'static str> {
    let asked = Asked { case, ours, theirs };
    QUIRKS.iter().find(|quirk| (quirk.applies)(&asked)).map(|quirk| quirk.why)
}

impl Asked<'_> {
    fn principal(&self) -> &str {
        self.case.json["request"]["principal"].as_str().unwrap_or_default()
    }

    /// Whether a NotPrincipal lists the principal's account, role or itself, but not all of them;
    /// or denies somebody with a boundary.
    fn is_excepted_in_part(&self) -> bool {
        let account = self.principal().split(':').nth(4).unwrap_or_default();
        let root = format!("arn:aws:iam::{account}:root");
        let mut statements = Vec::new();
        collect(&self.case.json["resource"], "NotPrincipal", &mut statements);
        statements.into_iter().any(|statement| {
            let names = &statement["NotPrincipal"]["AWS"];
            let listed = |name: &str| {
                names == name || names.as_array().is_some_and(|names| names.iter().any(|other| other == name))
            };
            let mut parts = vec![listed(account) || listed(&root), listed(self.principal())];
            parts.extend(self.case.role.map(listed));
            let in_part = parts.contains(&true) && parts.contains(&false);
            in_part || (statement["Effect"] == "Deny" && self.case.json.get("boundary").is_some())
        })
    }

    /// The policy documents of the case.
    fn documents(&self) -> Vec<&Value> {
        let mut documents = Vec::new();
        collect(&self.case.json, "Statement", &mut documents);
        documents
    }

    /// Whether the request has a condition key.
    fn knows(&self, key: &str) -> bool {
        let context = self.case.json["request"]["context"].as_object();
        context.into_iter().flatten().any(|(known, _)| known.eq_ignore_ascii_case(key))
    }

    /// Whether a statement of the case has a test (effect, operator, key, values as JSON) like this.
    fn has_test(&self, wanted: impl Fn(&str, &str, &str, &str) -> bool) -> bool {
        let mut statements = Vec::new();
        collect(&self.case.json, "Effect", &mut statements);
        statements.into_iter().any(|statement| {
            let effect = statement["Effect"].as_str().unwrap_or_default();
            let operators = statement["Condition"].as_object().into_iter().flatten();
            operators.into_iter().any(|(operator, tests)| {
                let tests = tests.as_object().into_iter().flatten();
                tests.into_iter().any(|(key, values)| wanted(effect, operator, key, &values.to_string()))
            })
        })
    }
}

fn has_key(value: &Value, wanted: &str) -> bool {
    match value {
        Value::Object(parts) => parts.iter().any(|(name, part)| name == wanted || has_key(part, wanted)),
        Value::Array(items) => items.iter().any(|item| has_key(item, wanted)),
        _ => false,
    }
}

/// The keys that a text puts in.
fn variables(text: &str) -> impl Iterator<Item = &str> {
    text.split("${").skip(1).filter_map(|rest| rest.split([',', '}']).next()).filter(|key| key.len() > 1)
}

/// The objects that have this part.
fn collect<'a>(value: &'a Value, part: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(parts) if parts.contains_key(part) => found.push(value),
        Value::Object(parts) => parts.values().for_each(|value| collect(value, part, found)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, part, found)),
        _ => {}
    }
}
