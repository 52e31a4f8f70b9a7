//! The credential report: asked for first, fetched later, CSV in base64.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::estate::{Account, Estate};
use super::estate_iam::{AccessKey, Mfa, User};
use super::iam::respond;
use super::refusal::Refusal;
use super::request::Call;
use super::s3::instant;

/// How far each account's report is.
pub(super) type Reports = HashMap<String, Progress>;

/// How far a report is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    Started,
    Complete,
}

const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,\
cert_1_last_rotated,cert_2_active,cert_2_last_rotated";

/// The first call starts the report, the second finds it complete.
pub(super) fn generate(call: &Call, reports: &mut Reports) -> String {
    let before = reports.get(&call.account).copied();
    let now = if before.is_none() { Progress::Started } else { Progress::Complete };
    reports.insert(call.account.clone(), now);
    respond(call, |xml| match now {
        Progress::Started => {
            xml.text("State", "STARTED");
            xml.text("Description", "No report exists. Starting a new report generation task");
        }
        Progress::Complete => xml.text("State", "COMPLETE"),
    })
}

pub(super) fn get(call: &Call, estate: &Estate, account: &Account, reports: &mut Reports) -> Result<String, Refusal> {
    match reports.insert(call.account.clone(), Progress::Complete) {
        None => {
            reports.remove(&call.account);
            let message = "No credential report exists. Call GenerateCredentialReport to generate one.";
            Err(Refusal::new(410, "ReportNotPresent", message))
        }
        Some(Progress::Started) => {
            Err(Refusal::new(404, "ReportInProgress", "Credential report is still being generated"))
        }
        Some(Progress::Complete) => Ok(respond(call, |xml| {
            xml.text("Content", STANDARD.encode(report(estate, account)));
            xml.text("ReportFormat", "text/csv");
            xml.text("GeneratedTime", instant(estate.now));
        })),
    }
}

fn report(estate: &Estate, account: &Account) -> String {
    let users = account.users.iter().map(|user| user_row(estate, account, user));
    let rows: Vec<String> = [HEADER.to_owned(), root_row(estate, account)].into_iter().chain(users).collect();
    rows.join("\n")
}

fn root_row(estate: &Estate, account: &Account) -> String {
    let root = &account.root;
    let mut cells = vec![
        "<root_account>".to_owned(),
        format!("arn:aws:iam::{}:root", account.id),
        date(estate.days_ago(root.created_days_ago)),
        "not_supported".to_owned(),
        root.used_days_ago.map_or_else(no_information, |days| date(estate.days_ago(days))),
        "not_supported".to_owned(),
        "not_supported".to_owned(),
        (root.mfa != Mfa::None).to_string(),
    ];
    keys_and_certificates(&mut cells, estate, &root.access_keys);
    cells.join(",")
}

fn user_row(estate: &Estate, account: &Account, user: &User) -> String {
    let password = user.password.as_ref();
    let used = match password {
        None => not_applicable(),
        Some(password) => password.used_days_ago.map_or_else(no_information, |days| date(estate.days_ago(days))),
    };
    let changed = password.map(|password| password.changed_days_ago);
    let max_age = account.password_policy.as_ref().and_then(|policy| policy.max_age_days);
    let next = changed.zip(max_age).map(|(changed, age)| changed - i64::from(age));
    let on = |days: Option<i64>| days.map_or_else(not_applicable, |days| date(estate.days_ago(days)));
    let mut cells = vec![
        user.name.clone(),
        account.iam_arn("user", &user.path, &user.name),
        date(estate.days_ago(user.created_days_ago)),
        password.is_some().to_string(),
        used,
        on(changed),
        on(next),
        (user.mfa != Mfa::None).to_string(),
    ];
    keys_and_certificates(&mut cells, estate, &user.access_keys);
    cells.join(",")
}

fn keys_and_certificates(cells: &mut Vec<String>, estate: &Estate, keys: &[AccessKey]) {
    for slot in 0..2 {
        let key = keys.get(slot);
        let used = key.and_then(|key| key.used_days_ago);
        cells.push(key.is_some_and(|key| !key.inactive).to_string());
        cells.push(key.map_or_else(not_applicable, |key| date(estate.days_ago(key.created_days_ago))));
        cells.push(used.map_or_else(not_applicable, |days| date(estate.days_ago(days))));
        cells.push(used.map_or_else(not_applicable, |_| "us-east-1".to_owned()));
        let service = key.and_then(|key| key.used_for.as_deref()).unwrap_or("s3");
        cells.push(used.map_or_else(not_applicable, |_| service.to_owned()));
    }
    for _certificate in 0..2 {
        cells.push("false".to_owned());
        cells.push(not_applicable());
    }
}

fn not_applicable() -> String {
    "N/A".to_owned()
}

fn no_information() -> String {
    "no_information".to_owned()
}

fn date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}
