//! Rego rules, judged by evidence.
