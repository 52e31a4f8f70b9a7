//! Ledgers of every released schema come forward with all they hold.

use std::path::Path;

use jiff::SignedDuration;
use plimsoll::ledger::{FindingFilter, Ledger, LedgerError};
use plimsoll::model::LedgerPlace;
use plimsoll::sli::{Assessment, Counters, Integrals, Standing, accrue, assess};
use serde_json::json;
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection, Executor, SqliteConnection};

use crate::estate::{program, run};
use crate::ledger_lab::{Lab, SCHEMA, account, at, bucket, export, rule};
use crate::ledger_postgres::Home;

/// A ledger as the first migrations make it, with two scans in it.
async fn old_ledger(path: &Path, schema: usize) -> (Assessment, Counters, Standing) {
    let migrations = tempfile::tempdir().unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ledger/migrations/sqlite");
    for name in ["0001_ledger.sql", "0002_rules.sql"].iter().take(schema) {
        std::fs::copy(folder.join(name), migrations.path().join(name)).unwrap();
    }
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    Migrator::new(migrations.path()).await.unwrap().run(&mut connection).await.unwrap();

    let mut snapshot = plimsoll::model::Snapshot::empty(at(1900));
    snapshot.resources = vec![bucket("logs", false), bucket("site", true)];
    let mut assessment = assess(&snapshot, &[], &[rule("1")]);
    let slice = assessment.services.values_mut().find(|slice| slice.resources.unknown > 0).unwrap();
    slice.resources = plimsoll::sli::States { pass: 1, ..slice.resources };
    slice.resources.unknown = 0;
    slice.resources.fail.high = 1;
    assessment.overall = *slice;
    let hold = SignedDuration::new(3_661, 500_000_000);
    let standing = |second| Standing::new(&assessment, [plimsoll::model::Severity::High], at(second), hold);
    let mut counters = Counters { scan_runs: 2, ..Counters::default() };
    let mut insert = async |id: i64, second: i64, integrals: &Integrals| {
        let values = [
            serde_json::to_string(&assessment).unwrap(),
            r#"{"s3":{"ListBuckets":{"calls":1,"attempts":1,"throttles":0,"errors":0}}}"#.to_owned(),
            r#"{"documents":2}"#.to_owned(),
            serde_json::to_string(&standing(second)).unwrap(),
            serde_json::to_string(integrals).unwrap(),
        ]
        .map(|text| format!("'{text}'"));
        let [assessment, calls, written, standing, integrals] = values;
        let (finished, started) = (second * 1000, (second - 60 - id) * 1000);
        let insert = format!(
            "INSERT INTO scans VALUES ({id}, {started}, {finished}, {started}, TRUE, 'r', 'w', {assessment}, {calls}, \
             {written}, {finished}, {standing}, {integrals})"
        );
        connection.execute(AssertSqlSafe(insert)).await.unwrap();
    };
    insert(1, 1000, &counters.integrals).await;
    accrue(&mut counters.integrals, &standing(1000), at(1000), at(1900));
    insert(2, 1900, &counters.integrals).await;
    let document = json!(bucket("logs", false).document()).to_string();
    let hash = plimsoll::model::content_hash(&bucket("logs", false).document());
    let account = account();
    let rest = format!(
        "INSERT INTO documents VALUES ('{hash}', '{document}', '{{}}');
         INSERT INTO versions (account, region, type, resource, name, document, valid_from, in_scope, state, severity)
             VALUES ('{account}', 'eu-central-1', 'AWS::S3::Bucket', 'arn:aws:s3:::logs', 'logs', '{hash}', 2, TRUE, 'pass', 'none');
         INSERT INTO findings (id, opening, rule, severity, account, region, type, resource, denials, first_seen)
             VALUES ('f', 0, 'aws-s3-tagged-private', 'high', '{account}', 'eu-central-1', 'AWS::S3::Bucket', 'arn:aws:s3:::site', '[]', 938000);
         INSERT INTO counters VALUES (1, '{}');",
        serde_json::to_string(&counters).unwrap()
    );
    connection.execute(AssertSqlSafe(rest)).await.unwrap();
    connection.close().await.unwrap();
    (assessment.clone(), counters, standing(1900))
}

#[tokio::test]
async fn ledgers_of_the_first_schemas_come_forward() {
    for schema in [1, 2] {
        let home = Home::file();
        let LedgerPlace::File(path) = home.place() else { unreachable!() };
        let (assessment, counters, standing) = old_ledger(&path, schema).await;
        assert_eq!(Ledger::schemas(&home.place()).await.unwrap(), (i64::try_from(schema).unwrap(), SCHEMA));

        let ledger = home.ledger().await;
        assert_eq!(Ledger::schemas(&home.place()).await.unwrap(), (SCHEMA, SCHEMA));
        ledger.check().await.unwrap();
        let last = ledger.last_scan().await.unwrap().unwrap();
        assert_eq!((&last.assessment, &last.counters, &last.standing), (&assessment, &counters, &standing));
        assert_eq!(last.calls["s3"]["ListBuckets"].calls, 1);
        let scans = ledger.scans(9).await.unwrap();
        let ids: Vec<_> = scans.iter().map(|scan| (scan.id, scan.slices.overall, scan.written.documents)).collect();
        assert_eq!(ids, [(2, assessment.overall, 2), (1, assessment.overall, 2)]);
        assert_eq!(scans[1].slices.services, assessment.services);
        let window = ledger.window(at(1450), at(2000)).await.unwrap();
        assert_eq!((window.overall().pass, window.findings.high), (550_000, 550_000));
        let past_the_hold = ledger.window(at(1900 + 3_661), at(1900 + 3_662)).await.unwrap().overall();
        assert_eq!((past_the_hold.pass, past_the_hold.unknown), (500, 1_000), "half a second of the hold is left");
        let resource = &ledger.resources(&plimsoll::ledger::ResourceFilter::default()).await.unwrap()[0];
        assert_eq!(resource.since, at(1900 - 62));
        assert_eq!(ledger.findings(&FindingFilter::default()).await.unwrap()[0].first_seen, at(938));
        assert_eq!(ledger.rules().await.unwrap().len(), 0);

        let lab = Lab { ledger, ..Lab::new(Home::file(), &[("logs", false), ("site", true)]).await };
        let next = lab.scan(2800).await;
        assert_eq!((next.scan.id, next.counters.scan_runs), (3, 3));
        assert_eq!(next.counters.integrals.overall().pass, 1_860_000);
        lab.ledger.check().await.unwrap();
    }
}

#[tokio::test]
async fn migrating_says_from_which_schema_to_which() {
    let folder = tempfile::tempdir().unwrap();
    old_ledger(&folder.path().join("plimsoll.db"), 1).await;
    let migrate = |format| run(&mut program(folder.path()), &["ledger", "migrate", "--format", format]);
    let ended = migrate("table");
    assert!(
        ended.stdout.contains("plimsoll.db was brought from schema 1 to schema 6"),
        "{}{}",
        ended.stdout,
        ended.stderr
    );
    let again: serde_json::Value = serde_json::from_str(&migrate("json").stdout).unwrap();
    assert_eq!((again["from"].as_i64(), again["to"].as_i64()), (Some(SCHEMA), Some(SCHEMA)));
    let none = run(&mut program(folder.path()), &["ledger", "migrate", "--ledger", "none.db"]);
    assert_eq!(none.code, 1);
    assert!(none.stderr.contains("there is no ledger none.db"), "{}", none.stderr);
    assert!(!folder.path().join("none.db").exists());
}

/// The same rows go in and come out, whatever keeps them.
#[tokio::test]
async fn both_databases_have_the_same_schema() {
    let Some(postgres) = Home::postgres().await else { return };
    let mut exports = Vec::new();
    for home in [Home::file(), postgres] {
        let mut lab = Lab::new(home, &[("logs", false), ("site", true)]).await;
        for second in [0, 900, 1800] {
            lab.buckets.insert("logs".to_owned(), second == 900);
            lab.scan(second).await;
        }
        exports.push(export(&lab.ledger).await);
    }
    assert_eq!(exports[0], exports[1]);
}

#[tokio::test]
async fn a_newer_ledger_is_refused_with_both_schemas() {
    let insert = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                  VALUES (9999, 'later', TRUE, '', 0)";
    for home in [Some(Home::file()), Home::postgres().await].into_iter().flatten() {
        home.ledger().await.close().await;
        home.tamper(insert).await;
        let refused = Ledger::open(&home.place()).await.unwrap_err();
        assert!(matches!(refused, LedgerError::Newer { found: 9999, known: SCHEMA, .. }), "{refused}");
        assert!(refused.to_string().contains("help: use the version of plimsoll that wrote it"));
    }
}
