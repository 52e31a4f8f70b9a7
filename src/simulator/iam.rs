//! IAM: the account's identities and policies, in bulk and one by one.

use super::estate::{Account, Estate, Tags, document_text, opaque_id};
use super::estate_iam::{Mfa, PasswordPolicy, Role, User};
use super::iam_details::{self, authorization_details};
use super::iam_report::{self, Reports};
use super::paging::{Page, page};
use super::refusal::Refusal;
use super::request::{Call, Service};
use super::s3::instant;
use super::xml::{Xml, query_answer};

pub(super) fn answer(
    call: &Call,
    estate: &Estate,
    account: &Account,
    reports: &mut Reports,
) -> Result<String, Refusal> {
    match call.operation() {
        "GetAccountAuthorizationDetails" => authorization_details(call, estate, account),
        "GenerateCredentialReport" => Ok(iam_report::generate(call, reports)),
        "GetCredentialReport" => iam_report::get(call, estate, account, reports),
        "GetAccountSummary" => Ok(summary(call, account)),
        "GetAccountPasswordPolicy" => password_policy(call, account),
        "ListVirtualMFADevices" => virtual_mfa_devices(call, estate, account),
        "ListOrganizationsFeatures" => organization_features(call, estate),
        "ListAccountAliases" => Ok(aliases(call, account)),
        "ListUsers" => users(call, estate, account),
        "ListRoles" => roles(call, estate, account),
        "GetRole" => one_role(call, estate, account),
        _ => providers(call, estate, account),
    }
}

fn providers(call: &Call, estate: &Estate, account: &Account) -> Result<String, Refusal> {
    match call.operation() {
        "ListSAMLProviders" => Ok(list_saml(call, estate, account)),
        "GetSAMLProvider" => get_saml(call, estate, account),
        "ListOpenIDConnectProviders" => Ok(list_oidc(call, account)),
        "GetOpenIDConnectProvider" => get_oidc(call, estate, account),
        "ListServerCertificates" => server_certificates(call, estate, account),
        _ => Err(Refusal::unsupported(&call.asked)),
    }
}

pub(super) fn respond(call: &Call, fill: impl FnOnce(&mut Xml)) -> String {
    query_answer(Service::Iam, call.operation(), &call.request, fill)
}

/// The page that `Marker` and `MaxItems` ask for.
pub(super) fn paged<'a, T>(call: &Call, items: &'a [T]) -> Result<Page<'a, T>, Refusal> {
    let size = match call.parameter("MaxItems").map(str::parse::<usize>) {
        None => 100,
        Some(Ok(size @ 1..=1000)) => size,
        Some(_) => {
            let message = "1 validation error detected: Value at 'maxItems' failed to satisfy constraint: \
                           Member must have value between 1 and 1000";
            return Err(Refusal::new(400, "ValidationError", message));
        }
    };
    page(items, call.parameter("Marker"), size).map_err(|_bad| Refusal::new(400, "ValidationError", "Invalid Marker."))
}

pub(super) fn end_of_page(xml: &mut Xml, next: Option<String>) {
    xml.text("IsTruncated", next.is_some());
    xml.maybe("Marker", next);
}

pub(super) fn no_such(what: impl Into<String>) -> Refusal {
    Refusal::new(404, "NoSuchEntity", what)
}

pub(super) fn tag_list(xml: &mut Xml, tags: &Tags) {
    xml.list("Tags", "member", tags, |xml, (key, value)| {
        xml.text("Key", key);
        xml.text("Value", value);
    });
}

fn summary(call: &Call, account: &Account) -> String {
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let with_mfa = account.users.iter().filter(|user| user.mfa != Mfa::None).count();
    let profiles = account.roles.iter().filter(|role| role.instance_profile.is_some()).count();
    let rows = [
        ("AccountAccessKeysPresent", i64::from(!account.root.access_keys.is_empty())),
        ("AccountMFAEnabled", i64::from(account.root.mfa != Mfa::None)),
        ("AccountPasswordPresent", i64::from(!account.root.no_password)),
        ("AccountSigningCertificatesPresent", 0),
        ("AccessKeysPerUserQuota", 2),
        ("Groups", count(account.groups.len())),
        ("GroupsQuota", 300),
        ("InstanceProfiles", count(profiles)),
        ("MFADevices", count(with_mfa)),
        ("MFADevicesInUse", count(with_mfa)),
        ("Policies", count(account.policies.len())),
        ("PoliciesQuota", 1500),
        ("Providers", count(account.saml_providers.len() + account.oidc_providers.len())),
        ("Roles", count(account.roles.len())),
        ("RolesQuota", 1000),
        ("ServerCertificates", count(account.server_certificates.len())),
        ("Users", count(account.users.len())),
        ("UsersQuota", 5000),
    ];
    respond(call, |xml| {
        xml.list("SummaryMap", "entry", rows, |xml, (key, value)| {
            xml.text("key", key);
            xml.text("value", value);
        });
    })
}

fn password_policy(call: &Call, account: &Account) -> Result<String, Refusal> {
    let policy: &PasswordPolicy = account
        .password_policy
        .as_ref()
        .ok_or_else(|| no_such(format!("The Password Policy with domain name {} cannot be found.", account.id)))?;
    Ok(respond(call, |xml| {
        xml.element("PasswordPolicy", |xml| {
            xml.text("MinimumPasswordLength", policy.minimum_length);
            xml.text("RequireSymbols", policy.symbols);
            xml.text("RequireNumbers", policy.numbers);
            xml.text("RequireUppercaseCharacters", policy.uppercase);
            xml.text("RequireLowercaseCharacters", policy.lowercase);
            xml.text("AllowUsersToChangePassword", policy.users_may_change);
            xml.text("ExpirePasswords", policy.max_age_days.is_some());
            xml.maybe("MaxPasswordAge", policy.max_age_days);
            xml.maybe("PasswordReusePrevention", policy.remembered);
        });
    }))
}

fn virtual_mfa_devices(call: &Call, estate: &Estate, account: &Account) -> Result<String, Refusal> {
    let root = (account.root.mfa == Mfa::Virtual).then_some(None);
    let users = account.users.iter().filter(|user| user.mfa == Mfa::Virtual).map(Some);
    let mut devices: Vec<Option<&User>> = root.into_iter().chain(users).collect();
    if call.parameter("AssignmentStatus") == Some("Unassigned") {
        devices.clear();
    }
    let page = paged(call, &devices)?;
    Ok(respond(call, |xml| {
        xml.list("VirtualMFADevices", "member", page.items, |xml, user| {
            let name = user.map_or("root-account-mfa-device", |user| &user.name);
            let since = user.map_or(account.root.created_days_ago, |user| user.created_days_ago);
            xml.text("SerialNumber", format!("arn:aws:iam::{}:mfa/{name}", account.id));
            xml.text("EnableDate", instant(estate.days_ago(since)));
            xml.element("User", |xml| {
                if let Some(user) = user {
                    write_user(xml, estate, account, user);
                } else {
                    xml.text("UserId", &account.id);
                    xml.text("Arn", format!("arn:aws:iam::{}:root", account.id));
                    xml.text("CreateDate", instant(estate.days_ago(since)));
                }
            });
        });
        end_of_page(xml, page.next);
    }))
}

/// What the organization may do about root users; only where it is managed is there an answer.
fn organization_features(call: &Call, estate: &Estate) -> Result<String, Refusal> {
    let organization =
        estate.organization.as_ref().filter(|organization| organization.accounts.contains_key(&call.account));
    let Some(organization) = organization else {
        let message = "The request was rejected because no organization is associated with your account.";
        return Err(Refusal::new(400, "OrganizationNotFoundException", message));
    };
    if organization.management_account != call.account {
        let message = "The account making the request is neither the management account nor a delegated administrator.";
        return Err(Refusal::new(409, "AccountNotManagementOrDelegatedAdministratorException", message));
    }
    if !organization.all_features {
        let message = "Your organization does not have all features enabled.";
        return Err(Refusal::new(409, "OrganizationNotInAllFeaturesModeException", message));
    }
    let Some(features) = &organization.root_features else {
        let message = "Trusted access is not enabled for IAM in Organizations.";
        return Err(Refusal::new(409, "ServiceAccessNotEnabledException", message));
    };
    Ok(respond(call, |xml| {
        xml.text("OrganizationId", &organization.id);
        xml.texts("EnabledFeatures", "member", features);
    }))
}

fn aliases(call: &Call, account: &Account) -> String {
    respond(call, |xml| {
        xml.texts("AccountAliases", "member", &account.alias);
        end_of_page(xml, None);
    })
}

fn users(call: &Call, estate: &Estate, account: &Account) -> Result<String, Refusal> {
    let prefix = call.parameter("PathPrefix").unwrap_or("/");
    let users: Vec<&User> = account.users.iter().filter(|user| user.path.starts_with(prefix)).collect();
    let page = paged(call, &users)?;
    Ok(respond(call, |xml| {
        xml.list("Users", "member", page.items, |xml, user| write_user(xml, estate, account, user));
        end_of_page(xml, page.next);
    }))
}

fn write_user(xml: &mut Xml, estate: &Estate, account: &Account, user: &User) {
    let arn = account.iam_arn("user", &user.path, &user.name);
    xml.text("Path", &user.path);
    xml.text("UserName", &user.name);
    xml.text("UserId", opaque_id("AIDA", &arn));
    xml.text("Arn", arn);
    xml.text("CreateDate", instant(estate.days_ago(user.created_days_ago)));
    let used = user.password.as_ref().and_then(|password| password.used_days_ago);
    xml.maybe("PasswordLastUsed", used.map(|days| instant(estate.days_ago(days))));
}

/// `ListRoles` leaves out the boundary, the tags and the last use; `GetRole` has them.
fn roles(call: &Call, estate: &Estate, account: &Account) -> Result<String, Refusal> {
    let prefix = call.parameter("PathPrefix").unwrap_or("/");
    let roles: Vec<&Role> = account.roles.iter().filter(|role| role.path.starts_with(prefix)).collect();
    let page = paged(call, &roles)?;
    Ok(respond(call, |xml| {
        xml.list("Roles", "member", page.items, |xml, role| write_role(xml, estate, account, role));
        end_of_page(xml, page.next);
    }))
}

fn one_role(call: &Call, estate: &Estate, account: &Account) -> Result<String, Refusal> {
    let name = call.needed("RoleName")?;
    let role = account.role(name).ok_or_else(|| no_such(format!("The role with name {name} cannot be found.")))?;
    Ok(respond(call, |xml| {
        xml.element("Role", |xml| {
            write_role(xml, estate, account, role);
            iam_details::boundary(xml, role.boundary.as_ref());
            tag_list(xml, &role.tags);
            iam_details::role_last_used(xml, estate, role);
        });
    }))
}

fn write_role(xml: &mut Xml, estate: &Estate, account: &Account, role: &Role) {
    iam_details::role_head(xml, estate, account, role);
    xml.maybe("Description", role.description.as_ref());
    xml.text("MaxSessionDuration", role.max_session_seconds);
}

fn list_saml(call: &Call, estate: &Estate, account: &Account) -> String {
    respond(call, |xml| {
        xml.list("SAMLProviderList", "member", &account.saml_providers, |xml, provider| {
            xml.text("Arn", account.iam_arn("saml-provider", "/", &provider.name));
            xml.text("ValidUntil", instant(estate.days_ago(-provider.expires_in_days)));
            xml.text("CreateDate", instant(estate.days_ago(provider.created_days_ago)));
        });
    })
}

fn get_saml(call: &Call, estate: &Estate, account: &Account) -> Result<String, Refusal> {
    let arn = call.needed("SAMLProviderArn")?;
    let provider = account
        .saml_providers
        .iter()
        .find(|provider| account.iam_arn("saml-provider", "/", &provider.name) == arn)
        .ok_or_else(|| no_such(format!("Manifest not found for arn {arn}")))?;
    let metadata = format!(
        "<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"https://sso.example.com/{}\"/>",
        provider.name
    );
    Ok(respond(call, |xml| {
        xml.text("SAMLProviderUUID", opaque_id("SAMLP", arn));
        xml.text("SAMLMetadataDocument", metadata);
        xml.text("CreateDate", instant(estate.days_ago(provider.created_days_ago)));
        xml.text("ValidUntil", instant(estate.days_ago(-provider.expires_in_days)));
        tag_list(xml, &provider.tags);
    }))
}

fn list_oidc(call: &Call, account: &Account) -> String {
    respond(call, |xml| {
        xml.list("OpenIDConnectProviderList", "member", &account.oidc_providers, |xml, provider| {
            xml.text("Arn", account.iam_arn("oidc-provider", "/", &provider.url));
        });
    })
}

fn get_oidc(call: &Call, estate: &Estate, account: &Account) -> Result<String, Refusal> {
    let arn = call.needed("OpenIDConnectProviderArn")?;
    let provider = account
        .oidc_providers
        .iter()
        .find(|provider| account.iam_arn("oidc-provider", "/", &provider.url) == arn)
        .ok_or_else(|| no_such(format!("OpenIDConnect Provider not found for arn {arn}")))?;
    Ok(respond(call, |xml| {
        xml.text("Url", &provider.url);
        xml.texts("ClientIDList", "member", &provider.audiences);
        xml.texts("ThumbprintList", "member", &provider.thumbprints);
        xml.text("CreateDate", instant(estate.days_ago(provider.created_days_ago)));
        tag_list(xml, &provider.tags);
    }))
}

fn server_certificates(call: &Call, estate: &Estate, account: &Account) -> Result<String, Refusal> {
    let page = paged(call, &account.server_certificates)?;
    Ok(respond(call, |xml| {
        xml.list("ServerCertificateMetadataList", "member", page.items, |xml, certificate| {
            let arn = account.iam_arn("server-certificate", &certificate.path, &certificate.name);
            xml.text("Path", &certificate.path);
            xml.text("ServerCertificateName", &certificate.name);
            xml.text("ServerCertificateId", opaque_id("ASCA", &arn));
            xml.text("Arn", arn);
            xml.text("UploadDate", instant(estate.days_ago(certificate.created_days_ago)));
            xml.text("Expiration", instant(estate.days_ago(-certificate.expires_in_days)));
        });
        end_of_page(xml, page.next);
    }))
}

/// Policy documents travel percent-encoded as RFC 3986 has it: all but letters, digits and `-._~`.
pub(super) fn encoded(document: &serde_json::Value) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(&document_text(document), ENCODED).to_string()
}
