//! Which way one changed attribute moved access.
//!
//! Only where it is clear: an attribute that is not named here moves nothing. What protects
//! (versioning, encryption, MFA, password rules) counts as access: with less of it, more is
//! possible. Policies are judged by their meaning, in `policies`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::model::{Direction, FieldChange, ResourceType as Type};

/// How to read the direction off the two values.
enum Measure {
    /// The greater the number, the tighter.
    Tightness(fn(Option<&Value>) -> i64),
    /// Each element grants something.
    Grants,
    /// Policies: judged elsewhere, by what they mean.
    Policy,
    /// Neither.
    Neutral,
    /// Each element changes what is granted in a way that other documents decide, and why.
    Attachments(&'static str),
    /// Moves access in a way that the values do not tell, and why.
    Unclear(&'static str),
}

/// Sets the direction, and what was gained and lost, of one change.
pub(super) fn judge(resource_type: Type, field: &mut FieldChange) {
    match measure(resource_type, field.path.as_str()) {
        Measure::Tightness(tightness) => {
            field.direction = match tightness(field.new.as_ref()).cmp(&tightness(field.old.as_ref())) {
                std::cmp::Ordering::Less => Direction::Widened,
                std::cmp::Ordering::Equal => Direction::Neutral,
                std::cmp::Ordering::Greater => Direction::Narrowed,
            };
        }
        Measure::Grants => {
            tell_elements(field);
            field.direction = by_gain(&field.gained, &field.lost);
        }
        Measure::Attachments(why) => {
            tell_elements(field);
            field.direction = Direction::Unknown;
            field.reason = Some(why.to_owned());
        }
        Measure::Unclear(why) => {
            field.direction = Direction::Unknown;
            field.reason = Some(why.to_owned());
        }
        Measure::Neutral => field.direction = Direction::Neutral,
        Measure::Policy => {}
    }
    let attribute = field.path.as_str().rsplit('/').next().unwrap_or_default();
    match (field.direction, possible_without(attribute)) {
        (Direction::Widened, Some(words)) => field.gained = vec![words.to_owned()],
        (Direction::Narrowed, Some(words)) => field.lost = vec![words.to_owned()],
        _ => {}
    }
}

/// What becomes possible when a setting that protects is taken back.
fn possible_without(attribute: &str) -> Option<&'static str> {
    Some(match attribute {
        "block_public_acls" => "ACLs that let in the public may be set",
        "ignore_public_acls" => "ACLs that let in the public have effect",
        "block_public_policy" => "policies that let in the public may be set",
        "restrict_public_buckets" => "a policy that lets in the public has effect",
        "ownership" => "ACLs have effect",
        "network_origin" => "requests may come from outside the VPC",
        _ => return None,
    })
}

/// The direction of a change that gained and lost these.
pub(super) fn by_gain(gained: &[String], lost: &[String]) -> Direction {
    match (gained.is_empty(), lost.is_empty()) {
        (true, true) => Direction::Neutral,
        (false, true) => Direction::Widened,
        (true, false) => Direction::Narrowed,
        (false, false) => Direction::Both,
    }
}

fn measure(resource_type: Type, path: &str) -> Measure {
    let attribute = path.strip_prefix("/configuration/").unwrap_or(path);
    match resource_type {
        Type::Bucket => bucket(attribute),
        Type::AccessPoint => access_point(attribute),
        Type::Account => account(attribute),
        Type::Role | Type::User | Type::Group => identity(attribute),
        Type::Instance | Type::NetworkInterface | Type::Subnet | Type::Volume | Type::RegionSettings => {
            computing(attribute)
        }
        Type::ManagedPolicy | Type::OrganizationPolicy if attribute == "document" => Measure::Policy,
        Type::MultiRegionAccessPoint if attribute == "policy" => Measure::Policy,
        Type::OrganizationPolicy if attribute == "targets" => {
            Measure::Attachments("what it does where it is attached depends on the other policies there")
        }
        Type::OrganizationAccount => Measure::Unclear("other policies apply at another place in an organization"),
        Type::OidcProvider if attribute == "client_ids" => Measure::Grants,
        _ => Measure::Neutral,
    }
}

fn bucket(attribute: &str) -> Measure {
    match attribute {
        "policy" => Measure::Policy,
        "acl" => Measure::Grants,
        "ownership" => Measure::Tightness(|value| i64::from(text(value) == Some("BucketOwnerEnforced"))),
        "versioning/status" => Measure::Tightness(|value| i64::from(text(value) == Some("Enabled"))),
        "versioning/mfa_delete" | "object_lock/enabled" => Measure::Tightness(truth),
        "object_lock" => Measure::Tightness(|value| truth(value.and_then(|lock| lock.get("enabled")))),
        "encryption" => Measure::Tightness(|value| encryption(value.and_then(|settings| settings.get("algorithm")))),
        "encryption/algorithm" => Measure::Tightness(encryption),
        flag if flag.starts_with("public_access_block/") => Measure::Tightness(truth),
        _ => Measure::Neutral,
    }
}

fn encryption(algorithm: Option<&Value>) -> i64 {
    match text(algorithm) {
        None => 0,
        Some("aws:kms") => 2,
        Some("aws:kms:dsse") => 3,
        Some(_) => 1,
    }
}

fn access_point(attribute: &str) -> Measure {
    match attribute {
        "policy" => Measure::Policy,
        "network_origin" => Measure::Tightness(|value| i64::from(text(value) == Some("VPC"))),
        flag if flag.starts_with("public_access_block/") => Measure::Tightness(truth),
        _ => Measure::Neutral,
    }
}

fn account(attribute: &str) -> Measure {
    match attribute {
        "root/access_keys_present" => Measure::Tightness(|value| -truth(value)),
        "root/mfa_enabled"
        | "password_policy/require_symbols"
        | "password_policy/require_numbers"
        | "password_policy/require_uppercase"
        | "password_policy/require_lowercase" => Measure::Tightness(truth),
        "password_policy/minimum_length" | "password_policy/reuse_prevention" => {
            Measure::Tightness(|value| value.and_then(Value::as_i64).unwrap_or_default())
        }
        "password_policy/max_age_days" => {
            Measure::Tightness(|value| -value.and_then(Value::as_i64).unwrap_or(i64::from(i32::MAX)))
        }
        // Without one AWS's own default holds, which is tighter in some points and not in others.
        "password_policy" => Measure::Unclear("without a policy AWS's own defaults hold, tighter in some points only"),
        flag if flag.starts_with("s3_public_access_block/") => Measure::Tightness(truth),
        _ => Measure::Neutral,
    }
}

fn identity(attribute: &str) -> Measure {
    match attribute {
        "assume_role_policy" | "attached_policies" | "groups" | "permissions_boundary" => Measure::Policy,
        "max_session_duration" => Measure::Tightness(|value| -value.and_then(Value::as_i64).unwrap_or(3600)),
        "console_password" => Measure::Tightness(|value| -truth(value)),
        "mfa_active" => Measure::Tightness(truth),
        "access_keys" => Measure::Tightness(|value| {
            let keys = value.and_then(Value::as_array).into_iter().flatten();
            -keys.map(|key| truth(key.get("active"))).sum::<i64>()
        }),
        inline if inline.starts_with("inline_policies/") => Measure::Policy,
        _ => Measure::Neutral,
    }
}

fn computing(attribute: &str) -> Measure {
    match attribute {
        "metadata_options/http_tokens" | "metadata_defaults/http_tokens" => {
            Measure::Tightness(|value| i64::from(text(value) == Some("required")))
        }
        "metadata_options/http_endpoint" | "metadata_defaults/http_endpoint" => {
            Measure::Tightness(|value| i64::from(text(value) == Some("disabled")))
        }
        "metadata_options/http_put_response_hop_limit" | "metadata_defaults/http_put_response_hop_limit" => {
            Measure::Tightness(|value| -value.and_then(Value::as_i64).unwrap_or(1))
        }
        "encrypted" | "ebs_encryption_by_default" => Measure::Tightness(truth),
        "snapshot_block_public_access" | "image_block_public_access" => Measure::Tightness(|value| match text(value) {
            Some("block-all-sharing") => 2,
            Some("block-new-sharing") => 1,
            _ => 0,
        }),
        "map_public_ip_on_launch" => Measure::Tightness(|value| -truth(value)),
        "public_ip" => Measure::Tightness(|value| -i64::from(value.is_some())),
        "security_groups" => Measure::Grants,
        _ => Measure::Neutral,
    }
}

fn text(value: Option<&Value>) -> Option<&str> {
    value.and_then(Value::as_str)
}

fn truth(value: Option<&Value>) -> i64 {
    i64::from(value.and_then(Value::as_bool).unwrap_or_default())
}

fn tell_elements(field: &mut FieldChange) {
    let (old, new) = (elements(field.old.as_ref()), elements(field.new.as_ref()));
    field.gained = new.difference(&old).cloned().collect();
    field.lost = old.difference(&new).cloned().collect();
}

fn elements(value: Option<&Value>) -> BTreeSet<String> {
    value.and_then(Value::as_array).into_iter().flatten().map(in_words).collect()
}

fn in_words(element: &Value) -> String {
    if let Some(text) = element.as_str() {
        return text.to_owned();
    }
    match (text(element.get("permission")), text(element.get("grantee"))) {
        (Some(permission), Some(grantee)) => {
            let grantee = match grantee.rsplit_once("/groups/global/") {
                Some((_, "AllUsers")) => "everyone",
                Some((_, "AuthenticatedUsers")) => "every AWS account",
                _ => grantee,
            };
            format!("{permission} to {grantee}")
        }
        _ => element.to_string(),
    }
}
