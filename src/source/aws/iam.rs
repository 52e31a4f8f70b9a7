//! IAM: users, groups, roles and policies in bulk, the account as a whole, and identity
//! providers.
//!
//! `GetAccountAuthorizationDetails` gives everything about identities in a few pages, split by
//! kind so that the pages of one kind do not wait for another's; the credential report gives the
//! credentials. Nothing is called per user, role or policy.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_iam::Client;
use aws_sdk_iam::operation::get_account_authorization_details::GetAccountAuthorizationDetailsOutput;
use aws_sdk_iam::operation::get_open_id_connect_provider::GetOpenIdConnectProviderOutput;
use aws_sdk_iam::types::{
    EntityType, FeatureType, GroupDetail, ManagedPolicyDetail, PasswordPolicy, RoleDetail, SamlProviderListEntry,
    ServerCertificateMetadata, SummaryKeyType, UserDetail, VirtualMfaDevice,
};
use futures::StreamExt;

use super::cell::{Chain, Page, Regional};
use super::credential_report::{self, CredentialReport};
use super::fault::Fault;
use super::iam_convert::Convert;
use super::meter::Meter;
use super::{Collected, Progress, Session};
use crate::model::{Account, Gap, Pointer, Region, Resource, ResourceType, RootManagement, Service};

/// What IAM gave, and the account's own document, to which S3 will add.
pub(super) struct AccountPart {
    pub(super) collected: Collected,
    pub(super) account: Resource,
}

impl AccountPart {
    pub(super) fn finish(mut self) -> Collected {
        self.collected.resources.push(self.account);
        self.collected
    }
}

/// Reads IAM.
pub(super) async fn collect(session: &Session, progress: &(dyn Fn(Progress) + Sync)) -> AccountPart {
    let iam = session.iam();
    let mut lists = Lists::new(&iam);
    lists.read(&Meter::new(Service::Iam, &Region::global(), Lists::COUNT, progress)).await;
    let providers = oidc_providers(&iam, &lists.oidc.items).await;
    convert(session, &iam, &lists, providers)
}

/// One more page of a list has at most this many items; IAM may give fewer.
const PAGE: i32 = 1000;

const DETAILS: &str = "GetAccountAuthorizationDetails";

/// All that is asked of IAM.
struct Lists<'a> {
    users: Chain<'a, UserDetail>,
    groups: Chain<'a, GroupDetail>,
    roles: Chain<'a, RoleDetail>,
    policies: Chain<'a, ManagedPolicyDetail>,
    aws_policies: Chain<'a, ManagedPolicyDetail>,
    /// Role name to longest session: the one thing about roles that the details leave out.
    sessions: Chain<'a, (String, Option<i32>)>,
    report: Chain<'a, CredentialReport>,
    summary: Chain<'a, HashMap<SummaryKeyType, i32>>,
    root_features: Chain<'a, Option<RootManagement>>,
    password_policy: Chain<'a, Option<PasswordPolicy>>,
    mfa_devices: Chain<'a, VirtualMfaDevice>,
    saml: Chain<'a, SamlProviderListEntry>,
    oidc: Chain<'a, String>,
    certificates: Chain<'a, ServerCertificateMetadata>,
    iam: &'a Regional<Client>,
}

impl<'a> Lists<'a> {
    const COUNT: usize = 14;

    fn new(iam: &'a Regional<Client>) -> Self {
        Self {
            users: details(iam, EntityType::User, |answer| answer.user_detail_list),
            groups: details(iam, EntityType::Group, |answer| answer.group_detail_list),
            roles: details(iam, EntityType::Role, |answer| answer.role_detail_list),
            policies: details(iam, EntityType::LocalManagedPolicy, |answer| answer.policies),
            aws_policies: details(iam, EntityType::AwsManagedPolicy, |answer| answer.policies),
            sessions: sessions(iam),
            report: Chain::single("GetCredentialReport", move || credential_report::read(iam)),
            summary: summary(iam),
            root_features: root_features(iam),
            password_policy: password_policy(iam),
            mfa_devices: mfa_devices(iam),
            saml: saml_providers(iam),
            oidc: oidc_arns(iam),
            certificates: certificates(iam),
            iam,
        }
    }

    /// Reads everything side by side; what broke off is taken up once more at the end.
    async fn read(&mut self, meter: &Meter<'_>) {
        tokio::join!(
            meter.measure(self.users.read()),
            meter.measure(self.groups.read()),
            meter.measure(self.roles.read()),
            meter.measure(self.policies.read()),
            meter.measure(self.aws_policies.read()),
            meter.measure(self.sessions.read()),
            meter.measure(self.report.read()),
            meter.measure(self.summary.read()),
            meter.measure(self.root_features.read()),
            meter.measure(self.password_policy.read()),
            meter.measure(self.mfa_devices.read()),
            meter.measure(self.saml.read()),
            meter.measure(self.oidc.read()),
            meter.measure(self.certificates.read()),
        );
        self.iam.cell.last_chance();
        tokio::join!(
            self.users.read_again(),
            self.groups.read_again(),
            self.roles.read_again(),
            self.policies.read_again(),
            self.aws_policies.read_again(),
            self.sessions.read_again(),
            self.report.read_again(),
            self.summary.read_again(),
            self.root_features.read_again(),
            self.password_policy.read_again(),
            self.mfa_devices.read_again(),
            self.saml.read_again(),
            self.oidc.read_again(),
            self.certificates.read_again(),
        );
    }
}

fn details<'a, T: Send + 'a>(
    iam: &'a Regional<Client>,
    kind: EntityType,
    pick: fn(GetAccountAuthorizationDetailsOutput) -> Option<Vec<T>>,
) -> Chain<'a, T> {
    Chain::new(DETAILS, move |marker| {
        let kind = kind.clone();
        async move {
            let request = || {
                iam.client
                    .get_account_authorization_details()
                    .filter(kind.clone())
                    .max_items(iam.cell.page(PAGE))
                    .set_marker(marker.clone())
                    .send()
            };
            let answer = iam.cell.call(DETAILS, request).await?;
            let next = answer.is_truncated.then(|| answer.marker.clone()).flatten();
            Ok(Page { items: pick(answer).unwrap_or_default(), next })
        }
    })
}

fn sessions(iam: &Regional<Client>) -> Chain<'_, (String, Option<i32>)> {
    const OPERATION: &str = "ListRoles";
    Chain::new(OPERATION, move |marker| async move {
        let request = || iam.client.list_roles().max_items(iam.cell.page(PAGE)).set_marker(marker.clone()).send();
        let answer = iam.cell.call(OPERATION, request).await?;
        let next = answer.is_truncated.then_some(answer.marker).flatten();
        let items = answer.roles.into_iter().map(|role| (role.role_name, role.max_session_duration)).collect();
        Ok(Page { items, next })
    })
}

const SUMMARY: &str = "GetAccountSummary";

fn summary(iam: &Regional<Client>) -> Chain<'_, HashMap<SummaryKeyType, i32>> {
    Chain::single(SUMMARY, move || async move {
        let answer = iam.cell.call(SUMMARY, || iam.client.get_account_summary().send()).await?;
        answer.summary_map.ok_or_else(|| Fault::malformed(SUMMARY, "the answer holds no summary"))
    })
}

/// What the organization may do about root users, as far as this account is told.
///
/// Only the management account, and one that it delegates to, get an answer. The refusals say what
/// there is to know, and only "denied" and trouble leave it unknown:
/// - In a member, and without an organization, the question is not about this account. That is
///   known: no permission would bring another answer, and a place that is unknown for ever in each
///   member would only lower coverage. The organization is judged where it is managed.
/// - Without all features, or without trusted access for IAM, neither feature can be on.
fn root_features(iam: &Regional<Client>) -> Chain<'_, Option<RootManagement>> {
    const OPERATION: &str = "ListOrganizationsFeatures";
    const NOT_ASKED_HERE: &[&str] =
        &["AccountNotManagementOrDelegatedAdministratorException", "OrganizationNotFoundException"];
    const CANNOT_BE_ON: &[&str] = &["OrganizationNotInAllFeaturesModeException", "ServiceAccessNotEnabledException"];
    Chain::single(OPERATION, move || async move {
        match iam.cell.call(OPERATION, || iam.client.list_organizations_features().send()).await {
            Ok(answer) => {
                let on = |feature: &FeatureType| answer.enabled_features().contains(feature);
                let credentials = on(&FeatureType::RootCredentialsManagement);
                Ok(Some(RootManagement { credentials, sessions: on(&FeatureType::RootSessions) }))
            }
            Err(fault) if fault.is(NOT_ASKED_HERE) => Ok(None),
            Err(fault) if fault.is(CANNOT_BE_ON) => Ok(Some(RootManagement::default())),
            Err(fault) => Err(fault),
        }
    })
}

fn password_policy(iam: &Regional<Client>) -> Chain<'_, Option<PasswordPolicy>> {
    const OPERATION: &str = "GetAccountPasswordPolicy";
    Chain::single(OPERATION, move || async move {
        match iam.cell.call(OPERATION, || iam.client.get_account_password_policy().send()).await {
            Ok(answer) => match answer.password_policy {
                Some(policy) => Ok(Some(policy)),
                None => Err(Fault::malformed(OPERATION, "the answer holds no password policy")),
            },
            Err(fault) if fault.is(&["NoSuchEntity"]) => Ok(None),
            Err(fault) => Err(fault),
        }
    })
}

fn mfa_devices(iam: &Regional<Client>) -> Chain<'_, VirtualMfaDevice> {
    const OPERATION: &str = "ListVirtualMFADevices";
    Chain::new(OPERATION, move |marker| async move {
        let request =
            || iam.client.list_virtual_mfa_devices().max_items(iam.cell.page(PAGE)).set_marker(marker.clone()).send();
        let answer = iam.cell.call(OPERATION, request).await?;
        let next = answer.is_truncated.then_some(answer.marker).flatten();
        Ok(Page { items: answer.virtual_mfa_devices, next })
    })
}

fn saml_providers(iam: &Regional<Client>) -> Chain<'_, SamlProviderListEntry> {
    const OPERATION: &str = "ListSAMLProviders";
    Chain::new(OPERATION, move |_| async move {
        let answer = iam.cell.call(OPERATION, || iam.client.list_saml_providers().send()).await?;
        Ok(Page { items: answer.saml_provider_list.unwrap_or_default(), next: None })
    })
}

fn oidc_arns(iam: &Regional<Client>) -> Chain<'_, String> {
    const OPERATION: &str = "ListOpenIDConnectProviders";
    Chain::new(OPERATION, move |_| async move {
        let answer = iam.cell.call(OPERATION, || iam.client.list_open_id_connect_providers().send()).await?;
        let providers = answer.open_id_connect_provider_list.unwrap_or_default();
        Ok(Page { items: providers.into_iter().filter_map(|provider| provider.arn).collect(), next: None })
    })
}

fn certificates(iam: &Regional<Client>) -> Chain<'_, ServerCertificateMetadata> {
    const OPERATION: &str = "ListServerCertificates";
    Chain::new(OPERATION, move |marker| async move {
        let request =
            || iam.client.list_server_certificates().max_items(iam.cell.page(PAGE)).set_marker(marker.clone()).send();
        let answer = iam.cell.call(OPERATION, request).await?;
        let next = answer.is_truncated.then_some(answer.marker).flatten();
        Ok(Page { items: answer.server_certificate_metadata_list, next })
    })
}

type OidcProviders = Vec<(String, Result<GetOpenIdConnectProviderOutput, Fault>)>;

/// The providers themselves: one call each, and there are few.
async fn oidc_providers(iam: &Regional<Client>, arns: &[String]) -> OidcProviders {
    const OPERATION: &str = "GetOpenIDConnectProvider";
    let read = |arn: String| async move {
        let request = || iam.client.get_open_id_connect_provider().open_id_connect_provider_arn(arn.clone()).send();
        let mut answer = iam.cell.call(OPERATION, request).await;
        if answer.as_ref().is_err_and(Fault::may_pass) {
            answer = iam.cell.call(OPERATION, request).await;
        }
        (arn.clone(), answer)
    };
    futures::stream::iter(arns.to_vec()).map(read).buffered(iam.cell.concurrency()).collect().await
}

fn convert(session: &Session, iam: &Regional<Client>, lists: &Lists<'_>, providers: OidcProviders) -> AccountPart {
    let mut collected = Collected::default();
    list_types(session, iam, lists, &mut collected);
    let mut convert = Convert { session, cell: &iam.cell, gaps: Vec::new() };

    let report = lists.report.items.first();
    let sessions: BTreeMap<_, _> = lists.sessions.items.iter().cloned().collect();
    let sessions = lists.sessions.fault.is_none().then_some(&sessions);
    let virtual_mfa = lists.mfa_devices.fault.is_none().then(|| with_virtual_mfa(&lists.mfa_devices.items));
    let resources = &mut collected.resources;
    resources.extend(lists.users.items.iter().map(|user| convert.user(user, report, virtual_mfa.as_ref())));
    resources.extend(lists.groups.items.iter().map(|group| convert.group(group)));
    resources.extend(lists.roles.items.iter().map(|role| convert.role(role, sessions)));
    resources.extend(lists.policies.items.iter().map(|policy| convert.policy(policy, false)));
    let in_use = lists.aws_policies.items.iter().filter(|policy| is_in_use(policy));
    resources.extend(in_use.map(|policy| convert.policy(policy, true)));
    resources.extend(lists.saml.items.iter().filter_map(|provider| convert.saml_provider(provider)));
    resources.extend(lists.certificates.items.iter().map(|certificate| convert.certificate(certificate)));
    resources.extend(providers.into_iter().filter_map(|(arn, answer)| convert.oidc_provider(&arn, answer)));
    convert.tags_not_collected(resources);

    let account = account(&mut convert, lists);
    collected.gaps.append(&mut convert.gaps);
    AccountPart { collected, account }
}

/// AWS-managed policies are resources of the account only where it uses them.
fn is_in_use(policy: &ManagedPolicyDetail) -> bool {
    policy.attachment_count.unwrap_or_default() > 0 || policy.permissions_boundary_usage_count.unwrap_or_default() > 0
}

/// Which types were listed whole; a fault that several lists share is one gap.
fn list_types(session: &Session, iam: &Regional<Client>, lists: &Lists<'_>, collected: &mut Collected) {
    let faults = [
        (ResourceType::User, &lists.users.fault),
        (ResourceType::Group, &lists.groups.fault),
        (ResourceType::Role, &lists.roles.fault),
        (ResourceType::ManagedPolicy, &lists.policies.fault),
        (ResourceType::ManagedPolicy, &lists.aws_policies.fault),
        (ResourceType::SamlProvider, &lists.saml.fault),
        (ResourceType::OidcProvider, &lists.oidc.fault),
        (ResourceType::ServerCertificate, &lists.certificates.fault),
    ];
    let mut complete: BTreeMap<ResourceType, bool> = BTreeMap::from([(ResourceType::Account, true)]);
    let mut gaps: Vec<Gap> = Vec::new();
    for (resource_type, fault) in faults {
        *complete.entry(resource_type).or_insert(true) &= fault.is_none();
        let Some(fault) = fault else { continue };
        let gap = iam.cell.unlisted(fault, &[resource_type]);
        let same = |other: &&mut Gap| other.operation == gap.operation && other.message == gap.message;
        match gaps.iter_mut().find(same) {
            Some(other) if other.unlisted.contains(&resource_type) => {}
            Some(other) => other.unlisted.push(resource_type),
            None => gaps.push(gap),
        }
    }
    for gap in &mut gaps {
        gap.unlisted.sort();
    }
    collected.gaps.append(&mut gaps);
    for (resource_type, complete) in complete {
        collected.listed(session, &Region::global(), resource_type, complete);
    }
    let per_role = [Pointer::configuration("max_session_duration")];
    collected.gaps.extend(lists.sessions.fault.as_ref().map(|fault| of_all(iam.cell.gap(fault), &per_role)));
    let per_user = [Pointer::configuration("virtual_mfa")];
    collected.gaps.extend(lists.mfa_devices.fault.as_ref().map(|fault| of_all(iam.cell.gap(fault), &per_user)));
    let mut of_report = super::iam_convert::report_places();
    of_report.push(super::iam_convert::root_use_place());
    of_report.sort();
    collected.gaps.extend(lists.report.fault.as_ref().map(|fault| of_all(iam.cell.gap(fault), &of_report)));
}

/// A gap that is about the same places in all resources of a kind.
fn of_all(gap: Gap, places: &[Pointer]) -> Gap {
    Gap { places: places.to_vec(), ..gap }
}

/// The account's own document.
fn account(convert: &mut Convert<'_>, lists: &Lists<'_>) -> Resource {
    let mut resource = convert.account();
    let mut account = Account::default();
    let mut root = crate::model::Root::default();
    let at = Pointer::configuration;

    if let Some(fault) = &lists.summary.fault {
        let places = ["access_keys_present", "mfa_enabled", "password_present"].map(|name| at("root").child(name));
        convert.unread(fault, &mut resource, &places);
    }
    for summary in &lists.summary.items {
        let lacking = add_summary(&mut root, summary);
        for (key, name) in lacking {
            let fault = Fault::malformed(SUMMARY, format!("the summary holds no {}", key.as_str()));
            convert.unread(&fault, &mut resource, &[at("root").child(name)]);
        }
    }
    match &lists.root_features.fault {
        Some(fault) => convert.unread(fault, &mut resource, &[at("root_management")]),
        None => account.root_management = lists.root_features.items.first().copied().flatten(),
    }
    match &lists.mfa_devices.fault {
        Some(fault) => convert.unread(fault, &mut resource, &[at("root").child("virtual_mfa")]),
        None => root.virtual_mfa = Some(lists.mfa_devices.items.iter().any(is_roots)),
    }
    match &lists.password_policy.fault {
        Some(fault) => convert.unread(fault, &mut resource, &[at("password_policy")]),
        None => account.password_policy = convert.password_policy(lists.password_policy.items.first()),
    }
    account.observed = Some(convert.root_use(lists.report.items.first(), lists.report.fault.as_ref(), &mut resource));
    account.root = Some(root);
    resource.configuration = account.into();
    resource
}

/// Adds what the summary says of the root user; returns the keys that it lacks, by attribute.
fn add_summary(
    root: &mut crate::model::Root,
    summary: &HashMap<SummaryKeyType, i32>,
) -> Vec<(SummaryKeyType, &'static str)> {
    let mut lacking = Vec::new();
    let mut said = |key: SummaryKeyType, name| {
        let count = summary.get(&key).copied();
        if count.is_none() {
            lacking.push((key, name));
        }
        count.map(|count| count > 0)
    };
    root.access_keys_present = said(SummaryKeyType::AccountAccessKeysPresent, "access_keys_present");
    root.mfa_enabled = said(SummaryKeyType::AccountMfaEnabled, "mfa_enabled");
    root.password_present = said(SummaryKeyType::AccountPasswordPresent, "password_present");
    lacking
}

/// ARNs of the users that hold a virtual device.
fn with_virtual_mfa(devices: &[VirtualMfaDevice]) -> BTreeSet<&str> {
    devices.iter().filter_map(|device| device.user.as_ref()).map(|user| user.arn.as_str()).collect()
}

/// Root's virtual device is assigned to a "user" whose ARN ends in `:root`.
fn is_roots(device: &VirtualMfaDevice) -> bool {
    device.serial_number.ends_with(":mfa/root-account-mfa-device")
        || device.user.as_ref().is_some_and(|user| user.arn.ends_with(":root"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_summary_does_not_say_is_not_known() {
        let mut root = crate::model::Root::default();
        let summary = HashMap::from([(SummaryKeyType::AccountMfaEnabled, 1)]);
        let lacking: Vec<&str> = add_summary(&mut root, &summary).into_iter().map(|(_, name)| name).collect();
        assert_eq!((root.mfa_enabled, root.access_keys_present), (Some(true), None));
        assert_eq!(lacking, ["access_keys_present", "password_present"]);
    }
}
