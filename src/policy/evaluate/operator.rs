//! Condition operators: `ForAnyValue:StringNotLikeIfExists` in parts.

/// A condition operator, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::policy) struct Operator {
    /// How the values of the request are taken together.
    pub(in crate::policy) set: Set,
    /// What is compared.
    pub(in crate::policy) test: Test,
    /// `Not`: the condition holds where no value passes.
    pub(in crate::policy) negated: bool,
    /// `IfExists`: it holds where the key is absent.
    pub(in crate::policy) if_exists: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::policy) enum Set {
    /// No prefix: for keys with one value.
    Single,
    /// `ForAnyValue:`.
    Any,
    /// `ForAllValues:`.
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::policy) enum Test {
    StringEquals,
    StringEqualsIgnoreCase,
    StringLike,
    NumericEquals,
    NumericLess,
    NumericLessEquals,
    NumericGreater,
    NumericGreaterEquals,
    DateEquals,
    DateLess,
    DateLessEquals,
    DateGreater,
    DateGreaterEquals,
    Bool,
    BinaryEquals,
    IpAddress,
    ArnLike,
    Null,
}

impl Test {
    /// Whether values of the policy may hold variables.
    pub(in crate::policy) const fn takes_variables(self) -> bool {
        matches!(self, Self::StringEquals | Self::StringEqualsIgnoreCase | Self::StringLike | Self::ArnLike)
    }
}

impl Operator {
    /// Reads an operator in any case; `None` for one that IAM does not have.
    pub(in crate::policy) fn read(name: &str) -> Option<Self> {
        let (set, rest) = match name.split_once(':') {
            None => (Set::Single, name),
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case("ForAnyValue") => (Set::Any, rest),
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case("ForAllValues") => (Set::All, rest),
            Some(_) => return None,
        };
        let (base, if_exists) = without_if_exists(rest);
        let (test, negated) = base_of(base).or_else(|| base_in_any_case(base))?;
        let null_with_more = test == Test::Null && (if_exists || set != Set::Single);
        (!null_with_more).then_some(Self { set, test, negated, if_exists })
    }

    /// Whether the name of an operator has AWS's own case; AWS refuses policies with another one.
    pub(in crate::policy) fn is_spelled_so(name: &str) -> bool {
        let rest = name.strip_prefix("ForAnyValue:").or_else(|| name.strip_prefix("ForAllValues:")).unwrap_or(name);
        base_of(rest.strip_suffix("IfExists").unwrap_or(rest)).is_some()
    }
}

fn without_if_exists(name: &str) -> (&str, bool) {
    const SUFFIX: &str = "IfExists";
    match name.len().checked_sub(SUFFIX.len()).and_then(|at| name.split_at_checked(at)) {
        Some((base, suffix)) if suffix.eq_ignore_ascii_case(SUFFIX) => (base, true),
        _ => (name, false),
    }
}

fn base_of(name: &str) -> Option<(Test, bool)> {
    OPERATORS.iter().find(|(spelling, ..)| *spelling == name).map(|(_, test, negated)| (*test, *negated))
}

fn base_in_any_case(name: &str) -> Option<(Test, bool)> {
    let found = OPERATORS.iter().find(|(spelling, ..)| spelling.eq_ignore_ascii_case(name));
    found.map(|(_, test, negated)| (*test, *negated))
}

/// All of them, the frequent ones first. `ArnEquals` and `ArnLike` are one.
const OPERATORS: &[(&str, Test, bool)] = &[
    ("StringEquals", Test::StringEquals, false),
    ("StringLike", Test::StringLike, false),
    ("Null", Test::Null, false),
    ("StringNotEquals", Test::StringEquals, true),
    ("ArnLike", Test::ArnLike, false),
    ("ArnEquals", Test::ArnLike, false),
    ("Bool", Test::Bool, false),
    ("StringNotLike", Test::StringLike, true),
    ("StringEqualsIgnoreCase", Test::StringEqualsIgnoreCase, false),
    ("StringNotEqualsIgnoreCase", Test::StringEqualsIgnoreCase, true),
    ("ArnNotLike", Test::ArnLike, true),
    ("ArnNotEquals", Test::ArnLike, true),
    ("IpAddress", Test::IpAddress, false),
    ("NotIpAddress", Test::IpAddress, true),
    ("NumericEquals", Test::NumericEquals, false),
    ("NumericNotEquals", Test::NumericEquals, true),
    ("NumericLessThan", Test::NumericLess, false),
    ("NumericLessThanEquals", Test::NumericLessEquals, false),
    ("NumericGreaterThan", Test::NumericGreater, false),
    ("NumericGreaterThanEquals", Test::NumericGreaterEquals, false),
    ("DateEquals", Test::DateEquals, false),
    ("DateNotEquals", Test::DateEquals, true),
    ("DateLessThan", Test::DateLess, false),
    ("DateLessThanEquals", Test::DateLessEquals, false),
    ("DateGreaterThan", Test::DateGreater, false),
    ("DateGreaterThanEquals", Test::DateGreaterEquals, false),
    ("BinaryEquals", Test::BinaryEquals, false),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_come_with_prefix_and_suffix_in_any_case() {
        let read = Operator::read("foranyvalue:stringNOTlikeifexists").unwrap();
        assert_eq!(read, Operator { set: Set::Any, test: Test::StringLike, negated: true, if_exists: true });
        for unknown in ["StringMatches", "ForSomeValues:StringLike", "NullIfExists", "ForAnyValue:Null", "", "IfExists"]
        {
            assert_eq!(Operator::read(unknown), None, "{unknown}");
        }
    }
}
