//! Comparisons that people can check by eye, and laws.

use super::*;
use crate::policy::parse;

fn document(statements: &str) -> PolicyDocument {
    parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)).unwrap()
}

fn check(old: &str, new: &str) -> Comparison {
    let (old, new) = (document(old), document(new));
    let comparison = compare(Kind::Identity, &[&old], &[&new], &Budget::default());
    assert_eq!(comparison.unconfirmed, [], "{comparison:#?}");
    comparison
}

fn relation(old: &str, new: &str) -> &'static str {
    check(old, new).relation.name()
}

const READ: &str = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#;

#[test]
fn a_new_action_widens_and_is_named() {
    let new = r#"{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::b/*",
        "Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1"}}}"#;
    let comparison = check(READ, &format!("{READ},{new}"));
    assert_eq!(comparison.relation, Relation::Widened);
    assert_eq!(comparison.gained.len(), 1);
    assert_eq!(comparison.gained[0].to_string(), "s3:PutObject on arn:aws:s3:::b/* when aws:sourcevpce is vpce-1");
    let witness = comparison.gained_witness.unwrap();
    assert_eq!((witness.action.as_str(), witness.resource.as_str()), ("s3:PutObject", "arn:aws:s3:::b/example"));
}

#[test]
fn wildcards_that_meet_are_sorted_out() {
    let allow = |actions: &str| format!(r#"{{"Effect":"Allow","Action":{actions},"Resource":"*"}}"#);
    assert_eq!(
        relation(&allow(r#"["s3:Get*","s3:*Object"]"#), &allow(r#"["s3:*Object","s3:Get*","s3:GetObject"]"#)),
        "same"
    );
    assert_eq!(relation(&allow(r#"["s3:Get*"]"#), &allow(r#"["s3:G*"]"#)), "widened");
    assert_eq!(relation(&allow(r#"["s3:Get*"]"#), &allow(r#"["s3:*Object"]"#)), "incomparable");
    assert_eq!(relation(&allow(r#""*""#), &allow(r#"["s3:*","*:*"]"#)), "same");
}

#[test]
fn a_deny_that_goes_widens_in_company_only() {
    let deny = r#"{"Effect":"Deny","Action":"iam:*","Resource":"*"}"#;
    let comparison = check(&format!("{READ},{deny}"), READ);
    assert_eq!((comparison.relation, comparison.standalone), (Relation::Widened, Relation::Same));
    assert_eq!(comparison.gained[0].to_string(), "iam:* on * (no longer denied)");
}

#[test]
fn the_value_of_a_variable_may_be_denied() {
    let own = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b1/${aws:username}/*"}"#;
    let deny = r#"{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::b1/alice/*"}"#;
    let comparison = check(own, &format!("{own},{deny}"));
    assert_eq!((comparison.relation, comparison.standalone), (Relation::Narrowed, Relation::Narrowed));
    let witness = comparison.lost_witness.unwrap();
    assert_eq!(witness.resource, "arn:aws:s3:::b1/alice/example");
}
