//! How far a condition narrows the identities of an OpenID Connect provider.
//!
//! IAM's `*` spans `/` and `:`, so that `repo:octo-org*` is also `repo:octo-organisation-of-eve/x`.
//! What stands before the first wildcard therefore decides: a whole owner, or not. Providers that
//! many strangers share write owner and project into the subject in a form of their own.
//! Sources: the providers' pages on the claims of their tokens.

use crate::model::{Requirement, RequirementKind, Subjects};

/// Claims other than `sub` that name an owner or a project, for providers that AWS reads more
/// claims of.
pub(super) const CLAIMS: &[&str] = &[
    "repository",
    "repository_id",
    "repository_owner",
    "repository_owner_id",
    "job_workflow_ref",
    "project_path",
    "project_id",
    "namespace_path",
    "namespace_id",
    "enterprise_id",
];

/// How far the tests of one statement narrow who gets in by a provider's token; every test narrows
/// further. Only tests that demand a value do, and the widest of its values counts.
pub(super) fn narrowed(requirements: &[Requirement]) -> Subjects {
    let tests = requirements
        .iter()
        .filter(|test| test.demanded && matches!(test.kind, RequirementKind::Subject | RequirementKind::Audience));
    let widest = |test: &Requirement| test.values.iter().map(|value| scope(&test.key, value)).min();
    tests.filter_map(widest).max().unwrap_or(Subjects::Any)
}

/// How far one value of one claim narrows.
fn scope(key: &str, value: &str) -> Subjects {
    let Some((provider, claim)) = key.rsplit_once(':') else { return Subjects::Any };
    match claim {
        "repository_owner" | "repository_owner_id" | "namespace_path" | "namespace_id" | "enterprise_id" => {
            if is_open(value) { Subjects::Any } else { Subjects::Owner }
        }
        "repository_id" | "project_id" => {
            if is_open(value) {
                Subjects::Any
            } else {
                Subjects::Named
            }
        }
        "repository" | "project_path" | "job_workflow_ref" => owned(value, '/'),
        "sub" => subject(provider, value),
        // An audience says for whom a token is, not whose it is. Only Cognito's is an owner: the
        // identity pool.
        "aud" if provider == "cognito-identity.amazonaws.com" && !is_open(value) => Subjects::Owner,
        "email" if !is_open(value) => Subjects::Named,
        _ => Subjects::Any,
    }
}

/// `<owner>/<project>…`: the part before the separator is the owner, the next the project.
fn owned(value: &str, separator: char) -> Subjects {
    match value.split_once(separator) {
        Some((owner, rest)) if !is_open(owner) => {
            if is_open(rest.split(':').next().unwrap_or_default()) {
                Subjects::Owner
            } else {
                Subjects::Named
            }
        }
        None if !is_open(value) => Subjects::Named,
        _ => Subjects::Any,
    }
}

fn subject(provider: &str, value: &str) -> Subjects {
    let fixed = &value[..value.find(['*', '?', '$']).unwrap_or(value.len())];
    if fixed.len() == value.len() {
        return Subjects::Named;
    }
    // By what a subject begins with, whoever the provider is: GitHub Enterprise and self-hosted
    // GitLab write as their public services do.
    if let Some(rest) = value.strip_prefix("repo:").or_else(|| value.strip_prefix("project_path:")) {
        return owned(rest, '/');
    }
    if let Some(rest) = value.strip_prefix("system:serviceaccount:") {
        return owned(rest, ':');
    }
    if let Some(rest) = value.strip_prefix("organization:").or_else(|| value.strip_prefix("org/")) {
        let separator = if value.starts_with("org/") { '/' } else { ':' };
        return match rest.split_once(separator) {
            Some((owner, _)) if !is_open(owner) => Subjects::Owner,
            _ => Subjects::Any,
        };
    }
    // Of a provider whose subjects have no form that is known here, a pattern says something only
    // by what it begins with; with a public one that may be anybody's.
    if fixed.is_empty() || SHARED.contains(&provider) { Subjects::Any } else { Subjects::Owner }
}

/// Providers that strangers share: an identity of theirs says nothing without its owner.
const SHARED: &[&str] = &[
    "token.actions.githubusercontent.com",
    "gitlab.com",
    "app.terraform.io",
    "api.bitbucket.org",
    "agent.buildkite.com",
    "accounts.google.com",
    "graph.facebook.com",
    "www.amazon.com",
    "cognito-identity.amazonaws.com",
];

fn is_open(part: &str) -> bool {
    part.is_empty() || part.contains(['*', '?']) || part.contains("${")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_as_narrow_as_what_stands_before_its_first_wildcard() {
        let github = "token.actions.githubusercontent.com:sub";
        let eks = "oidc.eks.eu-west-1.amazonaws.com/id/0A1B2C:sub";
        for (key, value, expected) in [
            (github, "*", Subjects::Any),
            (github, "repo:*", Subjects::Any),
            (github, "repo:octo-org*", Subjects::Any),
            (github, "repo:octo-org*/site:*", Subjects::Any),
            (github, "repo:*/site:*", Subjects::Any),
            (github, "repo:octo-org/*", Subjects::Owner),
            (github, "repo:octo-org/site-*:ref:refs/heads/main", Subjects::Owner),
            (github, "repo:octo-org/site*", Subjects::Owner),
            (github, "repo:octo-org/site:*", Subjects::Named),
            (github, "repo:octo-org/site:ref:refs/heads/main", Subjects::Named),
            ("token.actions.githubusercontent.com:repository", "octo-org/*", Subjects::Owner),
            ("token.actions.githubusercontent.com:repository_owner", "octo-org", Subjects::Owner),
            ("token.actions.githubusercontent.com:repository_id", "74", Subjects::Named),
            ("gitlab.com:sub", "project_path:group/*", Subjects::Owner),
            ("gitlab.com:sub", "project_path:group/project:ref_type:branch:ref:*", Subjects::Named),
            ("app.terraform.io:sub", "organization:*", Subjects::Any),
            ("app.terraform.io:sub", "organization:acme:project:*", Subjects::Owner),
            (eks, "system:serviceaccount:*:*", Subjects::Any),
            (eks, "system:serviceaccount:shop:*", Subjects::Owner),
            (eks, "system:serviceaccount:shop:orders", Subjects::Named),
            ("login.example.com:sub", "team-*", Subjects::Owner),
            ("accounts.google.com:sub", "1*", Subjects::Any),
            ("token.actions.githubusercontent.com:aud", "sts.amazonaws.com", Subjects::Any),
            ("cognito-identity.amazonaws.com:aud", "us-east-1:12345678-dead-beef", Subjects::Owner),
            ("cognito-identity.amazonaws.com:amr", "authenticated", Subjects::Any),
        ] {
            assert_eq!(scope(key, value), expected, "{key} {value}");
        }
    }
}
