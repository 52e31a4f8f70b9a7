//! How large a rule can make a value: texts that double with each step end the process when
//! memory does, and no limit on instructions sees them.
//!
//! The factor of a definition is how many times what it reads its result can hold: the factors of
//! its calls multiplied with those of the functions it calls and the largest of what it refers to.
//! It is an upper bound for calls written out; how many items a comprehension has, the limit on
//! instructions bounds.

use std::collections::{BTreeMap, BTreeSet};

use super::fault::Fault;
use super::guard::Name;
use super::rego::ast::{ArithOp, Expr, Ref};

/// The most that a definition may multiply what it reads.
const MAX_FACTOR: u64 = 1 << 14;

/// What a call makes of its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Growth {
    /// At most so many times as large.
    By(u64),
    /// Nobody can tell; with what must be written out.
    Unbounded(&'static str),
}

/// The growth of a builtin function's call.
pub(super) fn of_call(name: &str, arguments: &[Ref<Expr>]) -> Growth {
    let argument = |at: usize| arguments.get(at).map(AsRef::as_ref);
    match name {
        "sprintf" => match argument(0) {
            Some(format) if text(format).is_some() => Growth::By(argument(1).map_or(1, items)),
            _ => Growth::Unbounded("write the format out, so that its verbs can be told"),
        },
        "concat" => Growth::By(argument(1).map_or(1, items)),
        "array.concat" | "object.union" | "base64.encode" | "base64url.encode" | "json.marshal" => Growth::By(2),
        "urlquery.encode" => Growth::By(3),
        "replace" => match (argument(1).and_then(text), argument(2).and_then(text)) {
            (Some(old), Some(new)) if !old.is_empty() => Growth::By((new.len().div_ceil(old.len())).max(1) as u64),
            _ => Growth::Unbounded("write out what is replaced, and by what"),
        },
        "regex.replace" => match argument(2).and_then(text) {
            Some(new) => Growth::By(new.len() as u64 + 1),
            None => Growth::Unbounded("write out by what is replaced"),
        },
        "strings.replace_n" => match argument(0) {
            Some(Expr::Object { fields, .. }) if fields.iter().all(|(_, _, new)| text(new).is_some()) => {
                let longest = fields.iter().filter_map(|(_, _, new)| text(new)).map(str::len).max();
                Growth::By(longest.unwrap_or(0) as u64 + 1)
            }
            _ => Growth::Unbounded("write out what is replaced, and by what"),
        },
        _ => Growth::By(1),
    }
}

/// The growth of an operator: the product of two numbers has the digits of both.
pub(super) fn of_operator(operator: &ArithOp, left: &Expr, right: &Expr) -> u64 {
    let number = |expr: &Expr| matches!(expr, Expr::Number { .. });
    match operator {
        ArithOp::Mul if !number(left) && !number(right) => 2,
        ArithOp::Mul | ArithOp::Add | ArithOp::Sub | ArithOp::Div | ArithOp::Mod => 1,
    }
}

fn text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::String { span, .. } | Expr::RawString { span, .. } => Some(span.text()),
        _ => None,
    }
}

/// How many items an array has that is written out; two for one that is not, since it can hold the
/// same twice.
fn items(expr: &Expr) -> u64 {
    match expr {
        Expr::Array { items, .. } | Expr::Set { items, .. } => (items.len() as u64).max(1),
        _ => 2,
    }
}

/// One body of a definition.
#[derive(Debug, Default, Clone)]
pub(super) struct Body {
    /// The factors of its calls, multiplied.
    pub(super) factor: u64,
    /// What it refers to, each as often as it does.
    pub(super) names: Vec<Name>,
}

/// All definitions by name: their file and line, whether they are functions, and their bodies.
pub(super) type Bodies<'a> = BTreeMap<&'a Name, (&'a str, u32, bool, &'a [Body])>;

/// The definitions that can grow beyond the limit; of those that need each other, the first.
/// Definitions must not need themselves.
pub(super) fn check(bodies: &Bodies<'_>) -> Vec<Fault> {
    let mut known = BTreeMap::new();
    let mut faults = Vec::new();
    let mut told = BTreeSet::new();
    for (name, (file, line, ..)) in bodies {
        if factor(name, bodies, &mut known) > MAX_FACTOR && told.insert(*file) {
            let problem =
                format!("{} can become more than {MAX_FACTOR} times as large as what it reads", name.join("."));
            let help =
                "texts, lists and products that are put together of each other again and again grow without bound";
            faults.push(Fault::new(file, *line, problem, help));
        }
    }
    faults
}

fn factor<'a>(name: &'a Name, bodies: &Bodies<'a>, known: &mut BTreeMap<&'a Name, u64>) -> u64 {
    if let Some(&factor) = known.get(name) {
        return factor;
    }
    let Some((_, _, _, own)) = bodies.get(name) else { return 1 };
    let mut largest = 1;
    for body in *own {
        let mut of_body = body.factor.max(1);
        let mut referred = 1;
        for name in &body.names {
            let Some((name, (_, _, is_function, _))) = bodies.get_key_value(name) else { continue };
            let factor = factor(name, bodies, known);
            if *is_function {
                of_body = of_body.saturating_mul(factor);
            } else {
                referred = factor.max(referred);
            }
        }
        largest = largest.max(of_body.saturating_mul(referred));
    }
    known.insert(name, largest);
    largest
}
