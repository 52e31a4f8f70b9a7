//! IAM's answers as resources of the model.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::operation::get_open_id_connect_provider::GetOpenIdConnectProviderOutput;
use aws_sdk_iam::types::{
    AttachedPermissionsBoundary, AttachedPolicy, GroupDetail, ManagedPolicyDetail, PasswordPolicy, PolicyDetail,
    RoleDetail, SamlProviderListEntry, ServerCertificateMetadata, Tag, UserDetail,
};
use aws_smithy_types::DateTime;
use percent_encoding::percent_decode_str;

use super::cell::Cell;
use super::credential_report::{CredentialReport, UserCredentials};
use super::fault::Fault;
use super::{Session, day, read_policy, sorted, timestamp};
use crate::model::{
    self, Account, AccountObserved, Configuration, Gap, GapReason, Grants, Group, InlinePolicy, ManagedPolicy,
    OidcProvider, Pointer, PolicyDocument, Region, Resource, ResourceId, ResourceType, Role, RoleObserved,
    SamlProvider, ServerCertificate, User, UserObserved,
};

const DETAILS: &str = "GetAccountAuthorizationDetails";

/// Where the credential report stands in a user's document.
pub(super) fn report_places() -> Vec<Pointer> {
    let observed = Pointer::configuration("observed");
    sorted([
        Pointer::configuration("access_keys"),
        Pointer::configuration("console_password"),
        Pointer::configuration("mfa_active"),
        observed.child("access_key_last_service"),
        observed.child("access_key_last_used"),
        observed.child("password_last_used"),
        Pointer::configuration("password_last_changed"),
    ])
}

/// Where the credential report stands in the account's document.
pub(super) fn root_use_place() -> Pointer {
    Pointer::configuration("observed").child("root_last_used")
}

/// Makes resources, and gaps of what cannot be understood.
pub(super) struct Convert<'a> {
    pub(super) session: &'a Session,
    pub(super) cell: &'a Cell,
    pub(super) gaps: Vec<Gap>,
}

impl Convert<'_> {
    pub(super) fn unread(&mut self, fault: &Fault, resource: &mut Resource, places: &[Pointer]) {
        self.gaps.push(self.cell.unread(fault, resource, places));
    }

    fn resource(&self, id: ResourceId, name: &str, configuration: impl Into<Configuration>) -> Resource {
        Resource::new(id, self.session.account.clone(), Region::global(), name, configuration)
    }

    fn named(
        &self,
        arn: Option<&str>,
        kind: &str,
        path: Option<&str>,
        name: &str,
        of: impl Into<Configuration>,
    ) -> Resource {
        let id = self.session.given_arn(arn, "iam", "", &format!("{kind}{}{name}", path.unwrap_or("/")));
        self.resource(id, name, of)
    }

    /// A user; `virtual_mfa` are the ARNs of those who hold a virtual device, when all are known.
    pub(super) fn user(
        &mut self,
        detail: &UserDetail,
        report: Option<&CredentialReport>,
        virtual_mfa: Option<&BTreeSet<&str>>,
    ) -> Resource {
        let name = detail.user_name().unwrap_or_default();
        let mut resource = self.named(detail.arn(), "user", detail.path(), name, User::default());
        resource.tags = tags(detail.tags());
        let mut user = User {
            path: detail.path().unwrap_or("/").to_owned(),
            groups: sorted(detail.group_list().iter().cloned()),
            grants: self.grants(&mut resource, detail.user_policy_list(), detail.attached_managed_policies()),
            permissions_boundary: boundary(detail.permissions_boundary()),
            observed: Some(UserObserved { created: on(detail.create_date()), ..UserObserved::default() }),
            ..User::default()
        };
        let created = detail.create_date().and_then(timestamp);
        self.credentials(&mut resource, &mut user, created, report);
        user.virtual_mfa = virtual_mfa.map(|holders| holders.contains(resource.id.as_str()));
        match user.virtual_mfa {
            // The list of devices is of now; the report may be four hours old.
            Some(true) if user.mfa_active.is_some() => user.mfa_active = Some(true),
            Some(_) => {}
            None => resource.mark_unknown(Pointer::configuration("virtual_mfa")),
        }
        resource.configuration = user.into();
        resource
    }

    /// Adds the user's row of the credential report. A row of another user who had the same name
    /// before does not count.
    fn credentials(
        &mut self,
        resource: &mut Resource,
        user: &mut User,
        created: Option<jiff::Timestamp>,
        report: Option<&CredentialReport>,
    ) {
        let Some(report) = report else {
            for place in report_places() {
                resource.mark_unknown(place);
            }
            return;
        };
        let row = report.users.get(&resource.name).filter(|row| row.is_of_one_made(created));
        let Some(row) = row else {
            let fault =
                missing("GetCredentialReport", "the user is not in the credential report, which may be four hours old");
            self.unread(&fault, resource, &report_places());
            return;
        };
        user.console_password = row.console_password;
        user.password_last_changed = row.password_last_changed;
        user.mfa_active = Some(row.mfa_active);
        user.access_keys = Some(row.access_keys.clone());
        self.undated(resource, row);
        if let Some(observed) = &mut user.observed {
            observed.password_last_used = row.password_last_used;
            observed.access_key_last_used.clone_from(&row.access_key_last_used);
            observed.access_key_last_service.clone_from(&row.access_key_last_service);
        }
    }

    /// Credentials that are there have a date, or one that is not known; without it nothing would
    /// ever be too old.
    fn undated(&mut self, resource: &mut Resource, row: &UserCredentials) {
        let keys = Pointer::configuration("access_keys");
        let undated = |(_, key): &(usize, &model::AccessKey)| key.last_rotated.is_none();
        let mut places: Vec<Pointer> = row
            .access_keys
            .iter()
            .enumerate()
            .filter(undated)
            .map(|(index, _)| keys.child(index).child("last_rotated"))
            .collect();
        if row.console_password == Some(true) && row.password_last_changed.is_none() {
            places.push(Pointer::configuration("password_last_changed"));
        }
        if !places.is_empty() {
            let fault = missing("GetCredentialReport", "the report does not say how old a password or key is");
            self.unread(&fault, resource, &places);
        }
    }

    pub(super) fn group(&mut self, detail: &GroupDetail) -> Resource {
        let name = detail.group_name().unwrap_or_default();
        let mut resource = self.named(detail.arn(), "group", detail.path(), name, Group::default());
        let grants = self.grants(&mut resource, detail.group_policy_list(), detail.attached_managed_policies());
        resource.configuration = Group { path: detail.path().unwrap_or("/").to_owned(), grants }.into();
        resource
    }

    pub(super) fn role(&mut self, detail: &RoleDetail, sessions: Option<&BTreeMap<String, Option<i32>>>) -> Resource {
        let name = detail.role_name().unwrap_or_default();
        let mut resource = self.named(detail.arn(), "role", detail.path(), name, Role::default());
        resource.tags = tags(detail.tags());
        let last_used = detail.role_last_used();
        let role = Role {
            path: detail.path().unwrap_or("/").to_owned(),
            assume_role_policy: self.policy_at(
                &mut resource,
                &Pointer::configuration("assume_role_policy"),
                detail.assume_role_policy_document(),
            ),
            grants: self.grants(&mut resource, detail.role_policy_list(), detail.attached_managed_policies()),
            permissions_boundary: boundary(detail.permissions_boundary()),
            max_session_duration: self.longest_session(&mut resource, sessions),
            instance_profiles: Some(sorted(detail.instance_profile_list().iter().map(|profile| profile.arn.clone()))),
            observed: Some(RoleObserved {
                created: on(detail.create_date()),
                last_used: last_used.and_then(|used| on(used.last_used_date())),
                last_used_region: last_used.and_then(|used| super::filled(used.region())),
            }),
        };
        resource.configuration = role.into();
        resource
    }

    fn longest_session(
        &mut self,
        resource: &mut Resource,
        sessions: Option<&BTreeMap<String, Option<i32>>>,
    ) -> Option<i32> {
        let place = Pointer::configuration("max_session_duration");
        let Some(sessions) = sessions else {
            resource.mark_unknown(place);
            return None;
        };
        let seconds = sessions.get(&resource.name).copied().flatten();
        if seconds.is_none() {
            self.unread(
                &missing("ListRoles", "the role is not in the list, or without a session length"),
                resource,
                &[place],
            );
        }
        seconds
    }

    pub(super) fn policy(&mut self, detail: &ManagedPolicyDetail, aws_managed: bool) -> Resource {
        let arn = detail.arn().unwrap_or_default();
        let name = detail.policy_name().or_else(|| arn.rsplit('/').next()).unwrap_or_default();
        let mut resource = self.named(detail.arn(), "policy", detail.path(), name, ManagedPolicy::default());
        let version = detail.policy_version_list().iter().find(|version| version.is_default_version);
        let text = version.and_then(|version| version.document());
        let document = self.policy_at(&mut resource, &Pointer::configuration("document"), text);
        let path = detail.path().unwrap_or("/").to_owned();
        resource.configuration = ManagedPolicy { path, aws_managed, document }.into();
        resource
    }

    pub(super) fn saml_provider(&self, entry: &SamlProviderListEntry) -> Option<Resource> {
        let arn = entry.arn()?;
        let configuration = SamlProvider { expires: entry.valid_until().and_then(timestamp) };
        Some(self.resource(ResourceId::new(arn).ok()?, arn.rsplit('/').next()?, configuration))
    }

    pub(super) fn certificate(&self, entry: &ServerCertificateMetadata) -> Resource {
        let configuration =
            ServerCertificate { path: entry.path().to_owned(), expires: entry.expiration().and_then(timestamp) };
        let name = entry.server_certificate_name();
        self.named(Some(entry.arn()), "server-certificate", Some(entry.path()), name, configuration)
    }

    pub(super) fn oidc_provider(
        &mut self,
        arn: &str,
        answer: Result<GetOpenIdConnectProviderOutput, Fault>,
    ) -> Option<Resource> {
        let url = arn.split_once(":oidc-provider/").map_or(arn, |(_, url)| url);
        let mut resource = self.resource(ResourceId::new(arn).ok()?, url, OidcProvider::default());
        let mut provider = OidcProvider { url: url.to_owned(), ..OidcProvider::default() };
        match answer {
            Ok(answer) => {
                provider.client_ids = sorted(answer.client_id_list().iter().cloned());
                provider.thumbprints = sorted(answer.thumbprint_list().iter().cloned());
                resource.tags = tags(answer.tags());
            }
            Err(fault) if fault.is(&["NoSuchEntity"]) => return None,
            Err(fault) => {
                let places = [
                    Pointer::configuration("client_ids"),
                    Pointer::configuration("thumbprints"),
                    Pointer::new("/tags"),
                ];
                self.unread(&fault, &mut resource, &places);
            }
        }
        resource.configuration = provider.into();
        Some(resource)
    }

    pub(super) fn account(&self) -> Resource {
        let name = self.session.account.to_string();
        self.resource(self.session.arn("iam", "", "root"), &name, Account::default())
    }

    #[expect(clippy::unused_self, reason = "reads like its neighbours")]
    pub(super) fn password_policy(&self, policy: Option<&Option<PasswordPolicy>>) -> Option<model::PasswordPolicy> {
        let policy = policy?.as_ref()?;
        Some(model::PasswordPolicy {
            minimum_length: policy.minimum_password_length().unwrap_or(6),
            require_symbols: policy.require_symbols(),
            require_numbers: policy.require_numbers(),
            require_uppercase: policy.require_uppercase_characters(),
            require_lowercase: policy.require_lowercase_characters(),
            allow_users_to_change: policy.allow_users_to_change_password(),
            max_age_days: policy.max_password_age().filter(|days| *days > 0),
            reuse_prevention: policy.password_reuse_prevention().filter(|count| *count > 0),
        })
    }

    pub(super) fn root_use(
        &mut self,
        report: Option<&CredentialReport>,
        fault: Option<&Fault>,
        resource: &mut Resource,
    ) -> AccountObserved {
        if let Some(root) = report.and_then(|report| report.root) {
            return AccountObserved { root_last_used: root.last_used };
        }
        let place = root_use_place();
        if fault.is_some() {
            // The gap of the report itself is already there.
            resource.mark_unknown(place);
        } else {
            let fault = Fault::malformed("GetCredentialReport", "the credential report has no row for root");
            self.unread(&fault, resource, &[place]);
        }
        AccountObserved::default()
    }

    /// Tags of policies, SAML providers and certificates would cost one call each; they are
    /// unknown, and one gap for each operation says so.
    pub(super) fn tags_not_collected(&mut self, resources: &mut [Resource]) {
        let tags = Pointer::new("/tags");
        let kinds = [
            (ResourceType::ManagedPolicy, "ListPolicyTags"),
            (ResourceType::SamlProvider, "ListSAMLProviderTags"),
            (ResourceType::ServerCertificate, "ListServerCertificateTags"),
        ];
        for (resource_type, operation) in kinds {
            let mut any = false;
            for resource in resources.iter_mut().filter(|resource| resource.resource_type == resource_type) {
                // AWS's own policies have no tags.
                if !resource.id.as_str().contains(":iam::aws:") {
                    resource.mark_unknown(tags.clone());
                    any = true;
                }
            }
            if any {
                let gap = self.cell.gap(&not_collected(operation, "tags cost one call per resource"));
                self.gaps.push(Gap { places: vec![tags.clone()], ..gap });
            }
        }
    }

    fn grants(&mut self, resource: &mut Resource, inline: &[PolicyDetail], attached: &[AttachedPolicy]) -> Grants {
        let base = Pointer::configuration("inline_policies");
        let mut inline: Vec<_> = inline.iter().collect();
        inline.sort_by_key(|policy| policy.policy_name());
        let inline_policies = inline
            .into_iter()
            .enumerate()
            .map(|(index, policy)| InlinePolicy {
                name: policy.policy_name().unwrap_or_default().to_owned(),
                document: self.policy_at(resource, &base.child(index).child("document"), policy.policy_document()),
            })
            .collect();
        let attached_policies = sorted(attached.iter().filter_map(|policy| policy.policy_arn.clone()));
        Grants { inline_policies, attached_policies }
    }

    /// A policy document that must be there: one that is missing or cannot be read is unknown.
    fn policy_at(&mut self, resource: &mut Resource, place: &Pointer, text: Option<&str>) -> Option<PolicyDocument> {
        let text = text.map(decode).unwrap_or_default();
        match read_policy(resource, place, &text) {
            Ok(document) => Some(document),
            Err(problem) => {
                self.unread(&Fault::malformed(DETAILS, problem), resource, std::slice::from_ref(place));
                None
            }
        }
    }
}

/// A value that AWS did not include where it belongs.
fn missing(operation: &'static str, message: &str) -> Fault {
    Fault { reason: GapReason::Unavailable, ..Fault::malformed(operation, message) }
}

/// A value that was not asked for.
pub(super) fn not_collected(operation: &'static str, message: &str) -> Fault {
    Fault { reason: GapReason::NotCollected, ..Fault::malformed(operation, message) }
}

/// IAM documents travel percent-encoded (RFC 3986); a JSON text never begins with a percent sign.
fn decode(text: &str) -> Cow<'_, str> {
    if text.trim_start().starts_with('{') { Cow::Borrowed(text) } else { percent_decode_str(text).decode_utf8_lossy() }
}

fn boundary(boundary: Option<&AttachedPermissionsBoundary>) -> Option<String> {
    boundary?.permissions_boundary_arn().map(str::to_owned)
}

fn tags(list: &[Tag]) -> BTreeMap<String, String> {
    super::tags(list, |tag| (Some(tag.key()), Some(tag.value())))
}

/// The day of an SDK time.
fn on(time: Option<&DateTime>) -> Option<jiff::Timestamp> {
    time.and_then(timestamp).map(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_decoded_whether_encoded_or_not_and_a_plus_stays_a_plus() {
        assert_eq!(decode("%7B%22Id%22%3A%22a+b%2B%C3%A9%22%7D"), r#"{"Id":"a+b+é"}"#);
        assert_eq!(decode(r#"{"Id":"50%25"}"#), r#"{"Id":"50%25"}"#);
    }
}
