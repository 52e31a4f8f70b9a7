//! `AWS::IAM::ManagedPolicy`, and `AWS::::Account` from the password policy and the account's S3
//! public access block.

use std::collections::BTreeMap;

use crate::model::{
    Account, AccountId, Configuration, ManagedPolicy, PasswordPolicy, Pointer, PolicyDocument, Region, Resource,
    ResourceId, Statement,
};

use super::bucket::flags;
use super::estate::{Estate, Id};
use super::identity::{by_address, known_name};
use super::policy_document::policy;
use super::side::{NEVER_HELD, NOT_HELD, Notes, Side};
use super::value::{Field, Place, Settled};

const PASSWORDS: &str = "aws_iam_account_password_policy";
const ACCESS_BLOCK: &str = "aws_s3_account_public_access_block";

/// All customer managed policies of a side.
pub(super) fn managed_policies(side: &Side<'_, '_>) -> Vec<Resource> {
    let managed_policy = |&id: &Id| {
        let instance = side.instance(id);
        let mut notes = Notes::default();
        let document = policy(side.estate, instance, instance.get("policy"));
        let configuration = ManagedPolicy {
            path: notes.take("path", instance.get("path").text().or(Some("/".to_owned()))).unwrap_or_default(),
            aws_managed: false,
            document: notes.policy(&Pointer::configuration("document"), document),
        };
        let name = known_name(instance).unwrap_or_else(|| instance.address.to_owned());
        side.resource(id, Region::global(), name, configuration, notes)
    };
    side.estate.of_kind("aws_iam_policy").iter().map(managed_policy).collect()
}

/// AWS's own policies that are attached to these resources, or that a resource of the plan attaches
/// to somebody, as far as their document is known without asking AWS: that of `AdministratorAccess`
/// has never changed. Live, an attached one is a resource too.
pub(super) fn aws_policies(side: &Side<'_, '_>, principals: &[Resource]) -> Vec<Resource> {
    let mut found: BTreeMap<(AccountId, String), Resource> = BTreeMap::new();
    let mut put = |account: &AccountId, arn: &str| {
        let Some(id) = arn.ends_with(":iam::aws:policy/AdministratorAccess").then(|| arn.parse().ok()).flatten() else {
            return;
        };
        let configuration = ManagedPolicy { path: "/".to_owned(), aws_managed: true, document: Some(everything()) };
        let policy = Resource::new(id, account.clone(), Region::global(), "AdministratorAccess", configuration);
        found.insert((account.clone(), arn.to_owned()), policy);
    };
    for principal in principals {
        for arn in attached(principal) {
            put(&principal.account, arn);
        }
    }
    for &id in ATTACHMENTS.iter().flat_map(|kind| side.estate.of_kind(kind)) {
        let instance = side.instance(id);
        if let Field::Known(arn) = instance.get("policy_arn").text() {
            put(&side.accounts.apart(instance), &arn);
        }
    }
    found.into_values().collect()
}

/// What attaches a policy: to whom may be in doubt.
const ATTACHMENTS: [&str; 4] = [
    "aws_iam_policy_attachment",
    "aws_iam_role_policy_attachment",
    "aws_iam_user_policy_attachment",
    "aws_iam_group_policy_attachment",
];

fn attached(principal: &Resource) -> &[String] {
    match &principal.configuration {
        Configuration::Role(role) => &role.grants.attached_policies,
        Configuration::User(user) => &user.grants.attached_policies,
        Configuration::Group(group) => &group.grants.attached_policies,
        _ => &[],
    }
}

fn everything() -> PolicyDocument {
    let all = || Some(vec!["*".to_owned()]);
    let statement = Statement { effect: "Allow".to_owned(), action: all(), resource: all(), ..Statement::default() };
    PolicyDocument { version: "2012-10-17".to_owned(), id: None, statement: vec![statement] }
}

/// The accounts whose settings the plan holds or takes away.
pub(super) fn accounts(side: &Side<'_, '_>) -> Vec<Resource> {
    let mut by_account: BTreeMap<AccountId, Settings> = BTreeMap::new();
    let mut put = |estate: &Estate<'_>, id: Id, setting: Setting| {
        let instance = estate.instance(id);
        let settings = by_account.entry(side.accounts.apart(instance)).or_default();
        settings.address.get_or_insert_with(|| instance.address.to_owned());
        if instance.kind == PASSWORDS {
            settings.passwords = setting;
        } else {
            settings.access_block = setting;
        }
    };
    for kind in [PASSWORDS, ACCESS_BLOCK] {
        if let Some(previous) = side.previous {
            previous.of_kind(kind).iter().for_each(|&id| put(previous, id, Setting::Removed));
        }
        side.estate.of_kind(kind).iter().for_each(|&id| put(side.estate, id, Setting::Own(id)));
    }
    by_account.into_iter().map(|(account, settings)| settings.resource(side, &account)).collect()
}

/// Where a setting of an account comes from.
#[derive(Default)]
enum Setting {
    /// The plan does not touch it.
    #[default]
    NotHeld,
    /// This resource.
    Own(Id),
    /// Its resource is deleted by this plan: AWS's default is left.
    Removed,
}

#[derive(Default)]
struct Settings {
    address: Option<String>,
    passwords: Setting,
    access_block: Setting,
}

impl Settings {
    fn resource(self, side: &Side<'_, '_>, account: &AccountId) -> Resource {
        let mut notes = Notes::default();
        let configuration = Account {
            root: None,
            root_management: None,
            password_policy: notes.take("password_policy", self.passwords.read(side, password_policy)),
            s3_public_access_block: notes.take("s3_public_access_block", self.access_block.read(side, flags)),
            observed: None,
        };
        for attribute in ["root", "root_management", "observed"] {
            notes.unknown(Pointer::configuration(attribute), NEVER_HELD);
        }
        let address = self.address.unwrap_or_default();
        let id = if account.is_unknown() {
            by_address(&address)
        } else {
            ResourceId::new(format!("arn:aws:iam::{account}:root")).unwrap_or_else(|_| by_address(&address))
        };
        let mut resource = Resource::new(id, account.clone(), Region::global(), account.to_string(), configuration);
        resource.origin.terraform_address = Some(address);
        notes.write_to(&mut resource);
        resource
    }
}

impl Setting {
    fn read<T>(&self, side: &Side<'_, '_>, read: impl FnOnce(Place<'_>) -> Settled<T>) -> Settled<T> {
        match self {
            Self::Own(id) => read(side.instance(*id).place()),
            Self::Removed => Ok(None),
            Self::NotHeld => Err(NOT_HELD.to_owned()),
        }
    }
}

fn password_policy(place: Place<'_>) -> Settled<PasswordPolicy> {
    let flag = |name: &str, default| place.get(name).truth().or(Some(default)).map(Option::unwrap_or_default);
    let number = |name: &str| Ok::<_, String>(place.get(name).number().or(None)?.filter(|&number| number > 0));
    Ok(Some(PasswordPolicy {
        minimum_length: place.get("minimum_password_length").number().or(Some(6))?.unwrap_or(6),
        require_symbols: flag("require_symbols", false)?,
        require_numbers: flag("require_numbers", false)?,
        require_uppercase: flag("require_uppercase_characters", false)?,
        require_lowercase: flag("require_lowercase_characters", false)?,
        allow_users_to_change: flag("allow_users_to_change_password", true)?,
        max_age_days: number("max_password_age")?,
        reuse_prevention: number("password_reuse_prevention")?,
    }))
}
