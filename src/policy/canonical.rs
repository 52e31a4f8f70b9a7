//! The hash of what a policy means.
//!
//! [`super::parse`] already leaves no trace of order, of scalar or list, of the case of actions
//! and condition keys. Here what is left for people is set aside too, and spellings that mean the
//! same are brought together. Equal hashes mean equal policies; the reverse does not hold: two
//! policies that grant the same with different statements are for [`super`]'s comparison.

use std::collections::BTreeMap;

use crate::model::{PolicyDocument, Statement};

/// A hash, in hexadecimal, that two documents share when they differ at most in order, in scalar or
/// list, in the case of actions and condition keys, in the spelling of accounts (id, root ARN of
/// any partition), in `ArnEquals` for `ArnLike`, in stars beside stars, in repeated statements, and
/// in what is only for people: `Id` and `Sid`.
#[must_use]
pub fn meaning_hash(document: &PolicyDocument) -> String {
    let mut statement: Vec<Statement> = document.statement.iter().map(meaning).collect();
    statement.sort();
    statement.dedup();
    let meant = PolicyDocument { version: document.version.clone(), id: None, statement };
    // A struct of texts always has a JSON form; the debug form is as good a text to hash.
    let text = serde_json::to_string(&meant).unwrap_or_else(|_| format!("{meant:?}"));
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

fn meaning(statement: &Statement) -> Statement {
    let actions = |list: &Option<Vec<String>>| list.as_ref().map(|list| folded(list, action));
    let resources = |list: &Option<Vec<String>>| list.as_ref().map(|list| folded(list, single_stars));
    Statement {
        effect: statement.effect.clone(),
        principal: statement.principal.as_ref().map(principals),
        not_principal: statement.not_principal.as_ref().map(principals),
        action: actions(&statement.action),
        not_action: actions(&statement.not_action),
        resource: resources(&statement.resource),
        not_resource: resources(&statement.not_resource),
        condition: conditions(&statement.condition),
        sid: None,
    }
}

fn folded(list: &[String], fold: impl Fn(&str) -> String) -> Vec<String> {
    let mut list: Vec<String> = list.iter().map(|text| fold(text)).collect();
    list.sort();
    list.dedup();
    list
}

fn action(pattern: &str) -> String {
    match single_stars(&pattern.to_ascii_lowercase()) {
        all if all == "*:*" => "*".to_owned(),
        pattern => pattern,
    }
}

/// A run of stars means what one star means.
fn single_stars(pattern: &str) -> String {
    let mut folded = String::with_capacity(pattern.len());
    for letter in pattern.chars() {
        if !(letter == '*' && folded.ends_with('*')) {
            folded.push(letter);
        }
    }
    folded
}

/// Ids of accounts are unique over all partitions.
fn principals(principals: &BTreeMap<String, Vec<String>>) -> BTreeMap<String, Vec<String>> {
    let account = |name: &str| {
        let parts: Vec<&str> = name.split(':').collect();
        match parts.as_slice() {
            ["arn", _, "iam", "", account, "root"] => (*account).to_owned(),
            _ => name.to_owned(),
        }
    };
    principals
        .iter()
        .map(|(kind, names)| (kind.clone(), if kind == "AWS" { folded(names, account) } else { names.clone() }))
        .collect()
}

/// `ArnEquals` and `ArnLike` are one operator, as are their negations. Where a statement has both,
/// they stay apart: both must hold.
fn conditions(
    conditions: &BTreeMap<String, BTreeMap<String, Vec<String>>>,
) -> BTreeMap<String, BTreeMap<String, Vec<String>>> {
    let mut folded = BTreeMap::new();
    for (operator, keys) in conditions.iter().filter(|(_, keys)| !keys.is_empty()) {
        let like = operator.replace("ArnEquals", "ArnLike").replace("ArnNotEquals", "ArnNotLike");
        let name = if conditions.contains_key(&like) { operator.clone() } else { like };
        folded.insert(name, keys.clone());
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::parse;

    fn hash(statements: &str) -> String {
        meaning_hash(&parse(&format!(r#"{{"Version":"2012-10-17","Statement":{statements}}}"#)).unwrap())
    }

    #[test]
    fn what_is_for_people_and_other_spellings_have_no_part_in_it() {
        let plain = r#"[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"*",
            "Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/*"}}}]"#;
        let other = r#"[{"Sid":"a","Effect":"Allow","Principal":{"AWS":["arn:aws-cn:iam::111122223333:root"]},
            "Action":["S3:**"],"Resource":["**"],"Condition":{"Bool":{},
            "ArnEquals":{"AWS:principalarn":["arn:aws:iam::111122223333:role/*"]}}},
            {"Sid":"b","Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"*",
            "Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/*"}}}]"#;
        assert_eq!(hash(plain), hash(other));
        assert_eq!(hash(r#"{"Effect":"Deny","NotAction":"*:*"}"#), hash(r#"{"Effect":"Deny","NotAction":"*"}"#));
    }

    #[test]
    fn what_has_meaning_has_a_part_in_it() {
        let hashes = [
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#,
            r#"{"Effect":"Deny","Action":"s3:*","Resource":"*"}"#,
            r#"{"Effect":"Allow","NotAction":"s3:*","Resource":"*"}"#,
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::A"}"#,
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::a"}"#,
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}"#,
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#,
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"ArnLike":{"aws:SourceArn":["a","b"]}}}"#,
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"*",
                "Condition":{"ArnLike":{"aws:SourceArn":"a"},"ArnEquals":{"aws:SourceArn":"b"}}}"#,
        ]
        .map(hash);
        let distinct: std::collections::BTreeSet<&String> = hashes.iter().collect();
        assert_eq!(distinct.len(), hashes.len());
        let old = parse(r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#).unwrap();
        assert_ne!(meaning_hash(&old), hashes[0], "variables are text under the old version");
    }
}
