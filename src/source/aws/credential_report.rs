//! The credential report: passwords, MFA and access keys of all users and of root, as one CSV.
//!
//! It replaces half a dozen calls per user by two per account. AWS makes it on request and keeps
//! it for up to four hours, so a user younger than the report is not in it.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_iam::Client;
use aws_sdk_iam::types::ReportStateType;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use tokio::time::sleep;

use super::cell::{Cell, Regional};
use super::day;
use super::fault::Fault;
use crate::model::{AccessKey, GapReason};

/// How often the report is asked for until it is there, and the first and longest pause.
const POLLS: u32 = 20;
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The name of root's row.
const ROOT: &str = "<root_account>";

/// Credentials by user name, and root's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct CredentialReport {
    pub(super) users: BTreeMap<String, UserCredentials>,
    pub(super) root: Option<RootUse>,
}

/// One user's row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct UserCredentials {
    /// When the user was made.
    pub(super) created: Option<Timestamp>,
    pub(super) console_password: Option<bool>,
    pub(super) password_last_changed: Option<Timestamp>,
    pub(super) password_last_used: Option<Timestamp>,
    pub(super) mfa_active: bool,
    pub(super) access_keys: Vec<AccessKey>,
    /// Slot to day of last use.
    pub(super) access_key_last_used: BTreeMap<String, Timestamp>,
    /// Slot to the service of that last use.
    pub(super) access_key_last_service: BTreeMap<String, String>,
}

impl UserCredentials {
    /// Whether the row is about a user that was made at this time, as far as both are known, and
    /// not about one that had the same name before.
    pub(super) fn is_of_one_made(&self, created: Option<Timestamp>) -> bool {
        match (self.created, created) {
            (Some(one), Some(other)) => one.duration_since(other).abs() <= SignedDuration::from_secs(1),
            (None, _) | (_, None) => true,
        }
    }
}

/// When root was last used, by password or by key, to the day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct RootUse {
    pub(super) last_used: Option<Timestamp>,
}

/// The columns we read. AWS writes `N/A`, `no_information` and `not_supported` where there is no
/// value.
#[derive(Debug, Deserialize)]
struct Row {
    user: String,
    #[serde(default)]
    user_creation_time: String,
    #[serde(default)]
    password_enabled: String,
    #[serde(default)]
    password_last_used: String,
    #[serde(default)]
    password_last_changed: String,
    mfa_active: String,
    access_key_1_active: String,
    #[serde(default)]
    access_key_1_last_rotated: String,
    #[serde(default)]
    access_key_1_last_used_date: String,
    #[serde(default)]
    access_key_1_last_used_service: String,
    access_key_2_active: String,
    #[serde(default)]
    access_key_2_last_rotated: String,
    #[serde(default)]
    access_key_2_last_used_date: String,
    #[serde(default)]
    access_key_2_last_used_service: String,
}

/// Has AWS make the report, waits for it, and reads it.
pub(super) async fn read(iam: &Regional<Client>) -> Result<CredentialReport, Fault> {
    let (client, cell) = (&iam.client, &*iam.cell);
    generate(client, cell).await?;
    let report = cell.call("GetCredentialReport", || client.get_credential_report().send()).await?;
    let content = report.content.map(aws_smithy_types::Blob::into_inner).unwrap_or_default();
    parse(&content).map_err(|problem| Fault::malformed("GetCredentialReport", problem))
}

async fn generate(client: &Client, cell: &Cell) -> Result<(), Fault> {
    const OPERATION: &str = "GenerateCredentialReport";
    let mut pause = FIRST_PAUSE;
    for _ in 0..POLLS {
        let answer = cell.call(OPERATION, || client.generate_credential_report().send()).await?;
        if answer.state == Some(ReportStateType::Complete) {
            return Ok(());
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    Err(Fault {
        operation: OPERATION,
        code: None,
        reason: GapReason::TimedOut,
        message: format!("the report was not ready after {POLLS} requests"),
        elsewhere: None,
    })
}

/// Reads the report. The SDK has already undone the base64 it travels in.
fn parse(content: &[u8]) -> Result<CredentialReport, String> {
    let mut report = CredentialReport::default();
    let mut rows = csv::Reader::from_reader(content);
    for row in rows.deserialize::<Row>() {
        let row = row.map_err(|error| format!("credential report: {error}"))?;
        let credentials = credentials(&row)?;
        if row.user == ROOT {
            let uses = credentials.access_key_last_used.values().copied().chain(credentials.password_last_used);
            report.root = Some(RootUse { last_used: uses.max() });
        } else {
            report.users.insert(row.user, credentials);
        }
    }
    Ok(report)
}

fn credentials(row: &Row) -> Result<UserCredentials, String> {
    let mut credentials = UserCredentials {
        created: time(&row.user_creation_time)?,
        console_password: truth(&row.password_enabled)?,
        password_last_changed: time(&row.password_last_changed)?,
        password_last_used: time(&row.password_last_used)?.map(day),
        mfa_active: truth(&row.mfa_active)?.unwrap_or_default(),
        ..UserCredentials::default()
    };
    let slots = [
        (
            1,
            &row.access_key_1_active,
            &row.access_key_1_last_rotated,
            &row.access_key_1_last_used_date,
            &row.access_key_1_last_used_service,
        ),
        (
            2,
            &row.access_key_2_active,
            &row.access_key_2_last_rotated,
            &row.access_key_2_last_used_date,
            &row.access_key_2_last_used_service,
        ),
    ];
    for (slot, active, rotated, used, service) in slots {
        let (active, last_rotated) = (truth(active)?.unwrap_or_default(), time(rotated)?);
        // An inactive key still has a date of creation; an empty slot has none.
        if active || last_rotated.is_some() {
            credentials.access_keys.push(AccessKey { slot, active, last_rotated });
        }
        if let Some(used) = time(used)? {
            credentials.access_key_last_used.insert(slot.to_string(), day(used));
        }
        if let Some(service) = word(service) {
            credentials.access_key_last_service.insert(slot.to_string(), service);
        }
    }
    Ok(credentials)
}

fn word(text: &str) -> Option<String> {
    let none = matches!(text, "" | "N/A" | "no_information" | "not_supported");
    (!none).then(|| text.to_owned())
}

fn truth(text: &str) -> Result<Option<bool>, String> {
    match text {
        "true" | "TRUE" => Ok(Some(true)),
        "false" | "FALSE" => Ok(Some(false)),
        "" | "N/A" | "not_supported" => Ok(None),
        other => Err(format!("credential report: {other:?} is neither true nor false")),
    }
}

fn time(text: &str) -> Result<Option<Timestamp>, String> {
    match text {
        "" | "N/A" | "no_information" | "not_supported" => Ok(None),
        text => {
            let time: Timestamp =
                text.parse().map_err(|error| format!("credential report: {text:?} is not a time: {error}"))?;
            Ok(Timestamp::from_second(time.as_second()).ok())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
        password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
        access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
        access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,\
        cert_1_last_rotated,cert_2_active,cert_2_last_rotated\n";

    fn report(rows: &str) -> Result<CredentialReport, String> {
        parse(format!("{HEADER}{rows}").as_bytes())
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn root_has_its_own_row_and_its_latest_use_counts() {
        let report = report(
            "<root_account>,arn:aws:iam::111122223333:root,2020-01-01T00:00:00+00:00,not_supported,\
             2026-10-01T10:11:12+00:00,not_supported,not_supported,true,true,2020-01-01T00:00:00+00:00,\
             2026-11-20T23:59:59+00:00,us-east-1,s3,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A\n",
        )
        .unwrap();
        assert_eq!(report.root.unwrap().last_used, Some(at("2026-11-20T00:00:00Z")));
        assert!(report.users.is_empty());
    }

    #[test]
    fn a_user_with_a_password_and_an_inactive_second_key() {
        let report = report(
            "alice,arn:aws:iam::111122223333:user/alice,2024-01-01T00:00:00+00:00,true,no_information,\
             2026-01-02T03:04:05+00:00,N/A,false,true,2025-01-01T00:00:00+00:00,2026-11-21T12:00:00+00:00,eu-central-1,\
             s3,false,2023-05-05T05:05:05+00:00,N/A,N/A,N/A,false,N/A,false,N/A\n",
        )
        .unwrap();
        let alice = &report.users["alice"];
        assert_eq!((alice.console_password, alice.mfa_active), (Some(true), false));
        assert_eq!(alice.password_last_changed, Some(at("2026-01-02T03:04:05Z")));
        assert_eq!(alice.password_last_used, None);
        assert_eq!(
            alice.access_keys,
            [
                AccessKey { slot: 1, active: true, last_rotated: Some(at("2025-01-01T00:00:00Z")) },
                AccessKey { slot: 2, active: false, last_rotated: Some(at("2023-05-05T05:05:05Z")) },
            ]
        );
        assert_eq!(alice.access_key_last_used.get("1").copied(), Some(at("2026-11-21T00:00:00Z")));
        assert_eq!(alice.access_key_last_used.get("2"), None);
        assert_eq!(alice.access_key_last_service, BTreeMap::from([("1".to_owned(), "s3".to_owned())]));
        assert_eq!(alice.created, Some(at("2024-01-01T00:00:00Z")));
    }

    #[test]
    fn a_row_of_an_earlier_user_of_the_same_name_is_not_that_of_the_new_one() {
        let row = UserCredentials { created: Some(at("2024-01-01T00:00:00Z")), ..UserCredentials::default() };
        assert!(row.is_of_one_made(Some(at("2024-01-01T00:00:00.5Z"))));
        assert!(!row.is_of_one_made(Some(at("2026-11-22T08:00:00Z"))));
        assert!(row.is_of_one_made(None));
    }

    #[test]
    fn a_user_without_credentials_has_none() {
        let report = report(
            "bob,arn:aws:iam::111122223333:user/bob,2024-01-01T00:00:00+00:00,false,N/A,N/A,N/A,true,false,N/A,N/A,N/A,\
             N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A\n",
        )
        .unwrap();
        let bob = &report.users["bob"];
        assert_eq!((bob.console_password, bob.mfa_active), (Some(false), true));
        assert!(bob.access_keys.is_empty());
    }

    #[test]
    fn what_is_not_a_report_is_refused() {
        assert!(parse(b"<html>\n<body>hello</body>\n").unwrap_err().starts_with("credential report: "));
        let row = "eve,arn,2024-01-01T00:00:00+00:00,maybe,N/A,N/A,N/A,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,\
                   false,N/A,false,N/A\n";
        assert_eq!(report(row).unwrap_err(), r#"credential report: "maybe" is neither true nor false"#);
    }
}
