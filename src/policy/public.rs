//! Who a resource policy lets in, and whether that is the public by AWS's definition.
//!
//! AWS takes a bucket policy for public unless every Allow is limited to fixed values: to named
//! principals, or by a condition on one of a short list of keys whose values hold no wildcard
//! and no policy variable. Deny statements do not count. Source: S3 user guide, "The meaning of
//! 'public'" (access-control-block-public-access).

use ipnet::IpNet;

use super::{Condition, PolicyView, StatementView};
use crate::model::Fact;

/// What a policy hangs on, which decides the condition keys that can limit it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guards {
    /// A bucket: also `s3:DataAccessPointArn` and `s3:DataAccessPointAccount`.
    Bucket,
    /// Anything else; in an access point's own policy those two keys limit nothing.
    Other,
}

/// Whether the policy is public.
#[must_use]
pub fn policy_public(policy: &PolicyView<'_>, guards: Guards) -> Fact<bool> {
    policy.any(|statement| {
        Fact::all([statement.has_effect("Allow"), names_anyone(statement), limited(statement, guards).negated()])
    })
}

/// Whether the principals of a statement are not all fixed ones.
///
/// Everyone, all but some (`NotPrincipal`), a name with a wildcard or a variable, and a federated
/// provider: its users are whoever signs in there.
#[must_use]
pub fn names_anyone(statement: &StatementView<'_>) -> Fact<bool> {
    let not_fixed = |(kind, name): &(&str, &str)| *kind == "Federated" || !is_fixed(name);
    if statement.statement.not_principal.is_some() || statement.principals().iter().any(not_fixed) {
        return Fact::known(true, Vec::new());
    }
    match statement.waits_for("Principal") {
        waits_for if waits_for.is_empty() => Fact::known(false, Vec::new()),
        waits_for => Fact::unknown(waits_for),
    }
}

/// Whether conditions limit a statement to fixed principals, accounts, organizations, resources
/// or networks.
#[must_use]
pub fn limited(statement: &StatementView<'_>, guards: Guards) -> Fact<bool> {
    if statement.conditions().any(|condition| condition.whole && limits(&condition, guards)) {
        return Fact::known(true, Vec::new());
    }
    match statement.waits_for("Condition") {
        waits_for if waits_for.is_empty() => Fact::known(false, Vec::new()),
        waits_for => Fact::unknown(waits_for),
    }
}

/// Whether a test leaves only fixed principals, accounts, organizations, resources or networks.
#[must_use]
pub fn limits(condition: &Condition<'_>, guards: Guards) -> bool {
    // A test that an absent key passes (`…IfExists`, `ForAllValues:`) limits nobody who leaves
    // the key out, and a negated one admits the rest of the world.
    let operator = condition.operator.strip_prefix("ForAnyValue:").unwrap_or(condition.operator);
    if condition.values.is_empty() {
        return false;
    }
    match operator.to_ascii_lowercase().as_str() {
        "ipaddress" => condition.key == "aws:sourceip" && condition.values.iter().all(|range| is_narrow(range)),
        "stringequals" | "stringequalsignorecase" | "stringlike" | "arnequals" | "arnlike" => {
            condition.values.iter().all(|value| fixes(condition.key, value, guards))
        }
        _ => false,
    }
}

/// Whether one value of a key leaves only fixed principals, resources or networks.
///
/// The keys are AWS's list. Account, ARN and organization of the principal stand for its entry
/// "an AWS principal, user, role"; an organization path is fixed by its organization. AWS excepts
/// the pattern `AROLEID:*` of `aws:userid`; read to the letter, a wildcard there is not fixed.
fn fixes(key: &str, value: &str, guards: Guards) -> bool {
    match key {
        "aws:sourcearn"
        | "aws:sourcevpc"
        | "aws:sourcevpce"
        | "aws:sourceowner"
        | "aws:sourceaccount"
        | "aws:userid"
        | "aws:principalorgid"
        | "aws:principalaccount"
        | "aws:principalarn"
        | "s3:x-amz-server-side-encryption-aws-kms-key-id" => is_fixed(value),
        // The organization comes first in the path; any unit below a fixed one is inside it.
        "aws:principalorgpaths" => value.split_once('/').is_some_and(|(organization, _)| is_fixed(organization)),
        "s3:dataaccesspointaccount" => guards == Guards::Bucket && is_fixed(value),
        // The access point's name may be a wildcard as long as the account is fixed.
        "s3:dataaccesspointarn" => {
            guards == Guards::Bucket
                && value.split(':').nth(4).is_some_and(|account| !account.is_empty() && is_fixed(account))
        }
        _ => false,
    }
}

/// A value without wildcard and policy variable.
fn is_fixed(value: &str) -> bool {
    !value.contains(['*', '?']) && !value.contains("${")
}

/// AWS's bound on address ranges: not broader than /8 (IPv4) or /32 (IPv6), private ranges of
/// RFC 1918 left aside (none of which is broader than /8).
pub(super) fn is_narrow(range: &str) -> bool {
    network(range).is_some_and(|net| match net {
        IpNet::V4(net) => net.prefix_len() >= 8,
        IpNet::V6(net) => net.prefix_len() >= 32,
    })
}

/// An address or a range.
pub(super) fn network(range: &str) -> Option<IpNet> {
    let address = || range.parse::<std::net::IpAddr>().ok().map(IpNet::from);
    range.parse::<IpNet>().ok().or_else(address)
}

/// Whether a principal or condition value is the account id, or the ARN with the account id, of
/// one account; the account.
#[must_use]
pub fn account_of(name: &str) -> Option<&str> {
    let account = if name.starts_with("arn:") { name.split(':').nth(4)? } else { name };
    (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())).then_some(account)
}

/// What AWS shows in place of a principal that was deleted: `AROAEXAMPLEID1234567`.
#[must_use]
pub fn is_unique_id(name: &str) -> bool {
    (16..=128).contains(&name.len())
        && ["AROA", "AIDA", "AGPA", "ANPA"].iter().any(|prefix| name.starts_with(prefix))
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Pointer;
    use crate::policy::parse;

    fn public_with(principal: &str, condition: &str, unknown: &[&str]) -> Option<bool> {
        let document = parse(&format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",{principal},"Action":"s3:GetObject",
                "Resource":"arn:aws:s3:::b/*","Condition":{condition}}}]}}"#
        ))
        .unwrap();
        let unknown: Vec<Pointer> = unknown.iter().map(|place| Pointer::new(*place)).collect();
        let view = PolicyView::new(Some(&document), Pointer::configuration("policy"), &unknown);
        policy_public(&view, Guards::Bucket).value
    }

    const EVERYONE: &str = r#""Principal":"*""#;

    #[test]
    fn everyone_without_a_fixed_condition_is_the_public() {
        for condition in [
            "{}",
            r#"{"StringLike":{"aws:SourceVpc":"vpc-*"}}"#,
            r#"{"StringEquals":{"aws:SourceVpc":["vpc-0a1b2c3d","*"]}}"#.replace("StringEquals", "StringLike").as_str(),
            r#"{"StringEqualsIfExists":{"aws:SourceVpce":"vpce-1a2b3c4d"}}"#,
            r#"{"ForAllValues:StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}"#,
            r#"{"StringNotEquals":{"aws:SourceVpce":"vpce-1a2b3c4d"}}"#,
            r#"{"StringEquals":{"aws:PrincipalOrgID":"${aws:ResourceOrgID}"}}"#,
            r#"{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}"#,
            r#"{"IpAddress":{"aws:SourceIp":["203.0.113.0/24","128.0.0.0/1"]}}"#,
            r#"{"IpAddress":{"aws:SourceIp":"2000::/3"}}"#,
            r#"{"StringEquals":{"aws:Referer":"https://example.com/"}}"#,
            r#"{"Bool":{"aws:SecureTransport":"true"}}"#,
            r#"{"StringLike":{"aws:userid":"AROAEXAMPLEID:*"}}"#,
        ] {
            assert_eq!(public_with(EVERYONE, condition, &[]), Some(true), "{condition}");
        }
    }

    #[test]
    fn one_fixed_condition_is_enough() {
        for condition in [
            r#"{"StringEquals":{"aws:SourceVpc":"vpc-0a1b2c3d"}}"#,
            r#"{"StringLike":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}"#,
            r#"{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*"}}"#,
            r#"{"IpAddress":{"aws:SourceIp":["198.51.100.7","10.0.0.0/8","2001:db8::/32"]}}"#,
            r#"{"ArnLike":{"s3:DataAccessPointArn":"arn:aws:s3:us-west-2:111122223333:accesspoint/*"}}"#,
            r#"{"Bool":{"aws:SecureTransport":"true"},"StringEquals":{"aws:SourceAccount":"111122223333"}}"#,
        ] {
            assert_eq!(public_with(EVERYONE, condition, &[]), Some(false), "{condition}");
        }
    }

    #[test]
    fn principals_are_the_public_unless_all_are_fixed() {
        for (principal, public) in [
            (r#""Principal":{"AWS":"arn:aws:iam::111122223333:root"}"#, false),
            (r#""Principal":{"Service":"cloudtrail.amazonaws.com"}"#, false),
            (r#""Principal":{"CanonicalUser":"79a59d"}"#, false),
            (r#""Principal":{"AWS":["arn:aws:iam::111122223333:root","*"]}"#, true),
            (r#""Principal":{"Federated":"graph.facebook.com"}"#, true),
            (r#""NotPrincipal":{"AWS":"arn:aws:iam::111122223333:root"}"#, true),
        ] {
            assert_eq!(public_with(principal, "{}", &[]), Some(public), "{principal}");
        }
    }

    #[test]
    fn an_unknown_part_matters_only_where_the_known_part_does_not_decide() {
        let statement = "/configuration/policy/Statement";
        let at = |element: &str| format!("{statement}/0/{element}");
        assert_eq!(public_with(EVERYONE, "{}", &[&at("Resource/0")]), Some(true));
        assert_eq!(public_with(EVERYONE, "{}", &[&format!("{statement}/1")]), Some(true));
        assert_eq!(public_with(EVERYONE, "{}", &[&at("Condition")]), None);
        assert_eq!(public_with(EVERYONE, "{}", &[&at("Principal/AWS/0")]), None);
        assert_eq!(public_with(EVERYONE, "{}", &[statement]), None);
        let named = r#""Principal":{"AWS":"arn:aws:iam::111122223333:root"}"#;
        assert_eq!(public_with(named, "{}", &[&format!("{statement}/1")]), None);
        assert_eq!(public_with(named, "{}", &[&at("Condition")]), Some(false));
        let guarded = r#"{"StringEquals":{"aws:SourceVpc":"vpc-0a1b2c3d"}}"#;
        assert_eq!(public_with(EVERYONE, guarded, &[&at("Condition/StringEquals/aws:username")]), Some(false));
        assert_eq!(public_with(EVERYONE, guarded, &[&at("Condition/StringEquals/aws:sourcevpc/0")]), None);
    }
}
