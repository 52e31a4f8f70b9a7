//! Condition keys with values and tests of their type.

use fastrand::Rng;
use serde_json::{Value, json};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Text,
    Texts,
    Number,
    Date,
    Bool,
    Address,
    Arn,
}

#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    of: Type,
    values: &'static [&'static str],
    patterns: &'static [&'static str],
}

const fn key(name: &'static str, of: Type, values: &'static [&'static str], patterns: &'static [&'static str]) -> Key {
    Key { name, of, values, patterns }
}

/// Keys of every request.
static GLOBAL: &[Key] = &[
    key(
        "aws:RequestedRegion",
        Type::Text,
        &["us-east-1", "eu-west-1", "US-EAST-1", "eu-central-1"],
        &["us-*", "*-1", "??-east-?", "*"],
    ),
    key("aws:PrincipalOrgID", Type::Text, &["o-1", "o-2", "o-3"], &["o-*", "o-?", "x*"]),
    key("aws:username", Type::Text, &["ann", "bob", "a*"], &["a*", "${aws:PrincipalTag/team}", "*n", "a${*}"]),
    key("aws:userid", Type::Text, &["AIDAX", "AROAX:run", "ann"], &["AROA*:*", "*:run"]),
    key(
        "aws:PrincipalTag/team",
        Type::Text,
        &["ann", "blue", "Blue", "home"],
        &["b*", "${aws:username}", "${aws:username, 'blue'}"],
    ),
    key("aws:SourceVpce", Type::Text, &["vpce-1", "vpce-2"], &["vpce-*", "vpce-?"]),
    key("aws:PrincipalAccount", Type::Text, &["111122223333", "444455556666"], &["1111*", "????????????"]),
    key(
        "aws:PrincipalOrgPaths",
        Type::Texts,
        &["o-1/r-a/ou-1/", "o-1/r-a/ou-2/", "o-2/r-b/"],
        &["o-1/*", "*/ou-2/*", "*"],
    ),
    key(
        "aws:SourceIp",
        Type::Address,
        &["10.1.2.3", "10.9.9.9", "192.0.2.1", "8.8.8.8", "2001:db8::1", "2620::1"],
        &["10.0.0.0/8", "10.1.0.0/16", "192.0.2.1/32", "192.0.2.1", "2001:db8::/32", "128.0.0.0/1"],
    ),
    key("aws:SecureTransport", Type::Bool, &["true", "false"], &[]),
    key("aws:MultiFactorAuthPresent", Type::Bool, &["true", "false"], &[]),
    key("aws:MultiFactorAuthAge", Type::Number, &["5", "10", "300", "301", "9999"], &["10", "300", "3600", "0"]),
    key(
        "aws:CurrentTime",
        Type::Date,
        &["2023-01-01T00:00:00Z", "2025-01-01T00:00:00Z", "2027-01-01T00:00:00Z"],
        &["2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z", "2026-06-01"],
    ),
    key(
        "aws:EpochTime",
        Type::Date,
        &["1700000000", "1800000000"],
        &["1700000000", "1750000000", "2026-01-01T00:00:00Z"],
    ),
    key(
        "aws:PrincipalArn",
        Type::Arn,
        &[
            "arn:aws:iam::111122223333:user/ann",
            "arn:aws:iam::111122223333:role/orders",
            "arn:aws:iam::444455556666:role/team/x",
        ],
        &[
            "arn:aws:iam::111122223333:role/*",
            "arn:aws:iam::*:user/ann",
            "arn:aws:iam::111122223333:*",
            "arn:aws:iam::111122223333:user/${aws:username}",
            "arn:*:iam::*:*/x",
        ],
    ),
    key(
        "aws:SourceArn",
        Type::Arn,
        &["arn:aws:sns:eu-central-1:111122223333:topic", "arn:aws:cloudtrail:us-east-1:111122223333:trail/x"],
        &["arn:aws:sns:*:111122223333:*", "arn:aws:cloudtrail:*:*:trail/?"],
    ),
];

/// Keys of single actions.
static OF_ACTIONS: &[(&[&str], Key)] = &[
    (
        &["s3:ListBucket"],
        key("s3:prefix", Type::Text, &["home/ann/", "home/bob/", ""], &["home/${aws:username}/*", "home/*", "*"]),
    ),
    (
        &["s3:ListBucket"],
        key("s3:max-keys", Type::Number, &["10", "1000", "9007199254740993"], &["100", "1000", "9007199254740992"]),
    ),
    (
        &["s3:PutObjectTagging"],
        key("s3:RequestObjectTagKeys", Type::Texts, &["env", "team", "cost"], &["t*", "*", "cost"]),
    ),
    (&["sqs:TagQueue"], key("aws:TagKeys", Type::Texts, &["env", "team", "cost", "costs"], &["t*", "cost*", "*"])),
    (&["sts:AssumeRole"], key("sts:ExternalId", Type::Text, &["x-1", "x-2"], &["x-*", "*2"])),
    (&["sts:AssumeRole"], key("sts:RoleSessionName", Type::Text, &["ann", "run"], &["${aws:username}", "r*"])),
    (&["sts:AssumeRole"], key("sts:TransitiveTagKeys", Type::Texts, &["team", "env"], &["t*", "*"])),
    (
        &["dynamodb:PutItem", "dynamodb:GetItem"],
        key("dynamodb:LeadingKeys", Type::Texts, &["ann", "bob", "x"], &["a*", "${aws:username}", "?"]),
    ),
    (
        &["dynamodb:PutItem", "dynamodb:GetItem"],
        key("dynamodb:Attributes", Type::Texts, &["id", "name", "price"], &["id", "n*"]),
    ),
    (
        &["kms:Decrypt"],
        key(
            "kms:ViaService",
            Type::Text,
            &["s3.eu-central-1.amazonaws.com", "ec2.us-east-1.amazonaws.com"],
            &["s3.*.amazonaws.com"],
        ),
    ),
    (&["kms:Decrypt"], key("kms:EncryptionContextKeys", Type::Texts, &["team", "aws:s3:arn"], &["t*", "aws:*"])),
    (&["kms:Decrypt"], key("kms:RecipientAttestation:ImageSha384", Type::Text, &["aa", "bb"], &["a*"])),
    (
        &["secretsmanager:GetSecretValue"],
        key("secretsmanager:VersionStage", Type::Text, &["AWSCURRENT", "AWSPREVIOUS"], &["AWS*"]),
    ),
    (
        &["ec2:StopInstances"],
        key("ec2:MetadataHttpPutResponseHopLimit", Type::Number, &["1", "2", "64"], &["1", "2.0", "10"]),
    ),
];

/// The keys that a request for an action can have.
pub(crate) fn keys_of(action: &str) -> Vec<&'static Key> {
    let own = OF_ACTIONS.iter().filter(|(actions, _)| actions.contains(&action)).map(|(_, key)| key);
    // The action's own keys twice, so that they are not lost among those of every request.
    own.clone().chain(own).chain(GLOBAL).collect()
}

fn some(rng: &mut Rng, from: &[&str], most: usize) -> Vec<String> {
    let mut chosen: Vec<String> = from.iter().map(|text| (*text).to_owned()).collect();
    rng.shuffle(&mut chosen);
    chosen.truncate(rng.usize(1..=most.min(chosen.len())));
    chosen
}

impl Key {
    /// What a request has for it.
    pub(crate) fn value(&self, rng: &mut Rng) -> Value {
        match self.of {
            Type::Texts => json!(some(rng, self.values, 3)),
            _ => json!(some(rng, self.values, 1).remove(0)),
        }
    }

    /// An operator and the values of a test.
    pub(crate) fn test(&self, rng: &mut Rng) -> (String, Vec<String>) {
        if rng.u8(..10) == 0 {
            return ("Null".to_owned(), vec![rng.bool().to_string()]);
        }
        let (operators, values): (&[&str], Vec<&str>) = match self.of {
            Type::Text | Type::Texts if rng.bool() => {
                (&["StringLike", "StringNotLike"], [self.patterns, self.values].concat())
            }
            Type::Text | Type::Texts => {
                let no_patterns = self.patterns.iter().copied().filter(|text| text.contains("${") || rng.u8(..8) == 0);
                let values = self.values.iter().copied().chain(no_patterns.collect::<Vec<_>>()).collect();
                (&["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"], values)
            }
            Type::Number => (
                &[
                    "NumericEquals",
                    "NumericNotEquals",
                    "NumericLessThan",
                    "NumericLessThanEquals",
                    "NumericGreaterThan",
                    "NumericGreaterThanEquals",
                ],
                self.patterns.to_vec(),
            ),
            Type::Date => (
                &[
                    "DateEquals",
                    "DateNotEquals",
                    "DateLessThan",
                    "DateLessThanEquals",
                    "DateGreaterThan",
                    "DateGreaterThanEquals",
                ],
                self.patterns.to_vec(),
            ),
            Type::Bool => (&["Bool"], self.values.to_vec()),
            Type::Address => (&["IpAddress", "NotIpAddress"], self.patterns.to_vec()),
            Type::Arn => {
                (&["ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEquals"], [self.patterns, self.values].concat())
            }
        };
        let mut operator = operators[rng.usize(..operators.len())].to_owned();
        if self.of == Type::Texts {
            operator.insert_str(0, if rng.bool() { "ForAnyValue:" } else { "ForAllValues:" });
        }
        if rng.u8(..5) == 0 {
            operator.push_str("IfExists");
        }
        let most = if matches!(self.of, Type::Text | Type::Texts | Type::Arn | Type::Address) { 3 } else { 1 };
        (operator, some(rng, &values, most))
    }
}
