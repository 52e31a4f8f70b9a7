//! The ledger's upkeep: tallies of objectives, pruning, checking, exporting, and how small it stays.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use plimsoll::ledger::{LedgerError, Pruned};
use plimsoll::sli::{BySeverity, States};
use plimsoll::slo::{Measure, Tally};

use crate::estate::{program, run};
use crate::ledger_conformance::on_both;
use crate::ledger_lab::{Lab, SCHEMA, at, export, resource_id};
use crate::ledger_postgres::Home;

on_both! {
    a_tally_is_exact_at_any_moment,
    windows_of_an_objective_add_up,
    an_objective_that_comes_back_goes_on,
    a_clock_that_goes_back_leaves_tallies_as_they_are,
    pruning_leaves_every_window_within_the_limit_as_it_was,
    pruning_says_what_it_removed_and_keeps_what_is_open,
    pruning_a_ledger_without_old_scans_removes_nothing,
    an_undamaged_ledger_has_no_faults,
    each_fault_is_named,
    everything_is_exported,
    scans_are_small,
    the_verbs_say_what_they_did,
}

const OBJECTIVE: &str = "digest of an objective";
const OTHER: &str = "digest of another";

fn measure(pass: u64, high: u64, open: u64) -> Measure {
    let fail = BySeverity { high, ..BySeverity::default() };
    Measure { resources: States { pass, fail, ..States::default() }, open, within: 0, late: 0 }
}

/// Three scans of 60 s, from 0 s, 900 s and 1,800 s. The hold is 2 × 15 minutes and 60 s.
async fn three_scans(home: Home) -> Lab {
    let mut lab = Lab::new(home, &[("logs", false), ("site", true)]).await;
    for (second, measure) in [
        (0, measure(4, 0, 0)),
        (900, Measure { within: 1, late: 2, ..measure(3, 1, 2) }),
        (1800, Measure { within: 1, ..measure(4, 0, 1) }),
    ] {
        lab.measures = vec![(OBJECTIVE.to_owned(), measure)];
        lab.scan(second).await;
    }
    lab
}

async fn a_tally_is_exact_at_any_moment(home: Home) {
    let lab = three_scans(home).await;
    let tally = async |second| {
        let tally: Option<Tally> = lab.ledger.tally(OBJECTIVE, at(second)).await.unwrap();
        tally.map(|tally| {
            let resources = tally.resources;
            let of = |milliseconds: u64| milliseconds / 1000;
            (
                of(resources.pass),
                of(resources.fail.high),
                of(resources.unknown),
                of(tally.open),
                tally.within,
                tally.late,
            )
        })
    };
    assert_eq!(tally(59).await, None, "before it was measured");
    assert_eq!(tally(60).await, Some((0, 0, 0, 0, 0, 0)));
    assert_eq!(tally(160).await, Some((400, 0, 0, 0, 0, 0)));
    assert_eq!(tally(959).await, Some((3596, 0, 0, 0, 0, 0)));
    assert_eq!(tally(960).await, Some((3600, 0, 0, 0, 1, 2)));
    assert_eq!(tally(1860).await, Some((6300, 900, 0, 1800, 2, 2)));
    // The states of the last scan hold until 3,720 s; after that resources are unknown.
    assert_eq!(tally(3720).await, Some((13740, 900, 0, 3660, 2, 2)));
    assert_eq!(tally(3820).await, Some((13740, 900, 400, 3660, 2, 2)));
    assert_eq!(lab.ledger.tally(OTHER, at(3820)).await.unwrap(), None);
    assert_eq!(lab.ledger.measured_since(OBJECTIVE).await.unwrap(), Some(at(60)));
    assert_eq!(lab.ledger.measured_since(OTHER).await.unwrap(), None);
}

async fn windows_of_an_objective_add_up(home: Home) {
    let lab = three_scans(home).await;
    let tally = async |second| lab.ledger.tally(OBJECTIVE, at(second)).await.unwrap().unwrap_or_default();
    for _ in 0..50 {
        let mut times = [(); 3].map(|()| fastrand::i64(0..5000));
        times.sort_unstable();
        let [from, middle, to] = times;
        let (from, middle, to) = (tally(from).await, tally(middle).await, tally(to).await);
        let mut sum = middle.since(&from).resources;
        sum.add_times(&to.since(&middle).resources, 1);
        assert_eq!(sum, to.since(&from).resources, "{times:?}");
        assert_eq!(middle.since(&from).open + to.since(&middle).open, to.since(&from).open, "{times:?}");
    }
}

/// Resources go on counting, past the hold as unknown; what turned out is not counted again.
async fn an_objective_that_comes_back_goes_on(home: Home) {
    let mut lab = Lab::new(home, &[("logs", false)]).await;
    lab.measures = vec![(OBJECTIVE.to_owned(), Measure { late: 1, ..measure(1, 0, 0) })];
    lab.scan(0).await;
    lab.measures.clear();
    lab.scan(900).await;
    lab.measures = vec![(OTHER.to_owned(), measure(7, 0, 0)), (OBJECTIVE.to_owned(), measure(1, 0, 0))];
    lab.scan(3600).await;
    let tally = lab.ledger.tally(OBJECTIVE, at(3660)).await.unwrap().unwrap();
    assert_eq!((tally.resources.pass, tally.resources.unknown, tally.late), (1_860_000, 1_740_000, 1));
    assert_eq!(lab.ledger.tally(OTHER, at(3660)).await.unwrap(), Some(Tally::default()));
}

async fn a_clock_that_goes_back_leaves_tallies_as_they_are(home: Home) {
    let mut lab = three_scans(home).await;
    let before = lab.ledger.tally(OBJECTIVE, at(1860)).await.unwrap().unwrap();
    lab.measures = vec![(OBJECTIVE.to_owned(), Measure { late: 1, ..measure(0, 4, 0) })];
    lab.scan(300).await;
    let after = lab.ledger.tally(OBJECTIVE, at(1860)).await.unwrap().unwrap();
    assert_eq!(after, Tally { late: before.late + 1, ..before });
    let later = lab.ledger.tally(OBJECTIVE, at(1870)).await.unwrap().unwrap();
    assert_eq!(later.since(&after).resources.fail.high, 40_000, "what was found last holds");
    lab.ledger.check().await.unwrap();
}

/// A year of changes in an hour: buckets come, change and go, findings open and end.
async fn busy(home: Home) -> Lab {
    let mut lab = Lab::new(home, &[("old", false)]).await;
    for scan in 0..12_i64 {
        for bucket in 0..6 {
            let name = format!("bucket-{bucket}");
            match (scan + bucket) % 4 {
                0 => drop(lab.buckets.remove(&name)),
                1 | 2 => drop(lab.buckets.insert(name, true)),
                _ => drop(lab.buckets.insert(name, false)),
            }
        }
        let failing = lab.buckets.values().filter(|public| **public).count() as u64;
        let measure = Measure { within: 1, ..measure(lab.buckets.len() as u64 - failing, failing, failing) };
        lab.measures = vec![(OBJECTIVE.to_owned(), measure)];
        if scan == 2 {
            lab.measures.push((OTHER.to_owned(), measure));
        }
        lab.scan(scan * 900).await;
    }
    lab
}

async fn pruning_leaves_every_window_within_the_limit_as_it_was(home: Home) {
    let lab = busy(home).await;
    let limit = 5000;
    let answers = async || {
        let mut answers = Vec::new();
        for from in [limit, 5001, 5400, 5460, 9000, 12_000] {
            for to in [5460, 9_960, 10_000, 20_000] {
                let window = lab.ledger.window(at(from), at(to)).await.unwrap();
                let tally = async |second| lab.ledger.tally(OBJECTIVE, at(second)).await.unwrap().unwrap();
                let other = async |second| lab.ledger.tally(OTHER, at(second)).await.unwrap().unwrap();
                let tallies = (tally(to).await.since(&tally(from).await), other(to).await.since(&other(from).await));
                answers.push((window, tallies));
            }
        }
        let open = lab.findings().await.into_iter().filter(|finding| finding.resolved.is_none());
        let resources = lab.ledger.resources(&plimsoll::ledger::ResourceFilter::default()).await.unwrap();
        let versions = lab.ledger.history(&resource_id("old")).await.unwrap();
        (
            answers,
            open.collect::<Vec<_>>(),
            resources,
            versions,
            lab.previous().await,
            lab.ledger.last_scan().await.unwrap(),
        )
    };
    let before = answers().await;
    let pruned = prune(&lab, limit).await;
    assert!(pruned.scans == 5 && pruned.versions > 3 && pruned.findings > 3 && pruned.slo_points == 5, "{pruned:?}");
    lab.ledger.check().await.unwrap();
    assert_eq!(answers().await, before);

    // What is older is as long as is remembered: never more than was measured since.
    let (long, whole) = (lab.ledger.window(at(0), at(9000)), lab.ledger.window(at(4560), at(9000)));
    assert_eq!(long.await.unwrap(), whole.await.unwrap());
    let since = lab.ledger.measured_since(OBJECTIVE).await.unwrap().unwrap();
    assert_eq!(since, at(4560));
    let tally = async |moment| lab.ledger.tally(OBJECTIVE, moment).await.unwrap();
    assert_eq!(tally(at(0)).await, tally(since).await);

    let next = lab.scan(12 * 900).await;
    assert_eq!(next.scan.id, 13);
    lab.ledger.check().await.unwrap();
}

async fn prune(lab: &Lab, limit: i64) -> Pruned {
    let writer = lab.ledger.writer("a test", Duration::from_secs(10)).await.unwrap();
    let pruned = lab.ledger.prune(&writer, at(limit)).await.unwrap();
    writer.release().await;
    lab.ledger.compact().await.unwrap();
    pruned
}

async fn pruning_says_what_it_removed_and_keeps_what_is_open(home: Home) {
    let lab = busy(home).await;
    let count = async |table: &str| export(&lab.ledger).await.iter().filter(|row| row["table"] == table).count() as u64;
    let tables = ["scans", "versions", "documents", "findings", "slo_points"];
    let mut before = Vec::new();
    for table in tables {
        before.push(count(table).await);
    }
    let open = lab.findings().await.into_iter().filter(|finding| finding.resolved.is_none()).count();
    let Pruned { scans, versions, documents, findings, slo_points, .. } = prune(&lab, 1_000_000).await;
    for ((table, before), removed) in tables.iter().zip(before).zip([scans, versions, documents, findings, slo_points])
    {
        assert_eq!(count(table).await + removed, before, "{table}");
    }
    assert_eq!((scans, lab.ledger.scans(99).await.unwrap().len()), (11, 1), "the latest scan stays");
    assert_eq!(lab.findings().await.len(), open);
    assert_eq!(prune(&lab, 1_000_000).await, Pruned::default(), "nothing is left to remove");
    lab.ledger.check().await.unwrap();
}

async fn pruning_a_ledger_without_old_scans_removes_nothing(home: Home) {
    let lab = three_scans(home).await;
    let before = export(&lab.ledger).await;
    assert_eq!(prune(&lab, 30).await, Pruned::default());
    assert_eq!(export(&lab.ledger).await, before);
}

async fn an_undamaged_ledger_has_no_faults(home: Home) {
    busy(home).await.ledger.check().await.unwrap();
}

async fn each_fault_is_named(home: Home) {
    let lab = busy(home).await;
    for (tampering, sentence) in [
        (
            "DELETE FROM documents WHERE hash = (SELECT min(document) FROM versions WHERE valid_to IS NULL)",
            "a version's document is not there: ",
        ),
        (
            "UPDATE documents SET document = '{}' WHERE hash = (SELECT max(hash) FROM documents)",
            "a document is not what it was",
        ),
        (
            "UPDATE versions SET valid_from = 1, valid_to = 12 WHERE id = (SELECT max(id) FROM versions WHERE valid_to IS NOT NULL)",
            "overlap: arn:aws:s3:::",
        ),
        (
            "UPDATE versions SET valid_to = valid_from WHERE id = (SELECT min(id) FROM versions WHERE valid_to IS NOT NULL)",
            "a version ends before it begins: arn",
        ),
        (
            "INSERT INTO changes (scan, position, kind, direction, account, region, type, resource, change) VALUES (99, 0, '', '', '', '', '', 'arn:x', '{}')",
            "the scan that saw a change is not there: arn:x",
        ),
        ("UPDATE findings SET resolution = NULL WHERE resolved_at IS NOT NULL", "a finding is resolved in no way"),
        ("UPDATE findings SET resolved_at = NULL WHERE opening = 0", "a finding is open that was opened again later"),
        ("UPDATE scans SET at = 0 WHERE id = 5", "a scan holds from before the one before it: 5"),
        ("UPDATE latest SET scan = 3", "the latest scan is not the one that is kept in full"),
        (
            "UPDATE scans SET integrals = '{\"findings\":[0,0,0,0],\"services\":{}}' WHERE id = 7",
            "time in some state is less after a scan than before it: 7",
        ),
        (
            "UPDATE scans SET integrals = '{\"findings\":[0,0,0,0],\"services\":{}}' WHERE id = 12",
            "the counters and the latest scan disagree",
        ),
        ("UPDATE slo_points SET pass_ms = 1 WHERE scan = 9", "the tally of an objective falls: digest of an objective"),
        ("DELETE FROM findings WHERE resolved_at IS NULL", "0 findings are open, and the latest scan"),
    ] {
        lab.home.tamper(tampering).await;
        let found = lab.ledger.check().await.unwrap_err();
        let LedgerError::Damaged { faults, .. } = &found else { unreachable!("{tampering}: {found}") };
        let named = faults.iter().any(|fault| fault.contains(sentence));
        assert!(named, "{tampering}: {faults:#?}");
    }
}

async fn everything_is_exported(home: Home) {
    let lab = busy(home).await;
    let rows = export(&lab.ledger).await;
    assert_eq!((rows[0]["format"].as_i64(), rows[0]["schema"].as_i64()), (Some(1), Some(SCHEMA)));
    let count = |table: &str| rows.iter().filter(|row| row["table"] == table).count();
    assert_eq!((count("scans"), count("latest"), count("counters"), count("slo_points")), (12, 1, 1, 13));
    assert_eq!(count("findings"), {
        let mut openings = 0;
        for finding in lab.findings().await {
            openings += lab.ledger.openings(&finding.id).await.unwrap().len();
        }
        openings
    });
    let version = rows.iter().find(|row| row["table"] == "versions" && row["name"] == "old").unwrap();
    assert_eq!(version["since"], serde_json::json!(at(0)));
    assert!(version["valid_to"].is_null() && version["in_scope"] == true);
    let document = rows.iter().find(|row| row["hash"] == version["document"]).unwrap();
    assert_eq!(document["document"]["name"], "old");
}

/// A scan that finds nothing new takes the row of the scan, and one for each objective.
async fn scans_are_small(home: Home) {
    let mut lab = Lab::new(home, &[("logs", false), ("site", true)]).await;
    lab.measures = (0..5).map(|number| (format!("{number:064}"), measure(90_000, 1_000, 1_000))).collect();
    let begin: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    for scan in 0..100 {
        lab.scan((begin + SignedDuration::from_mins(15 * scan)).as_second()).await;
    }
    lab.ledger.compact().await.unwrap();
    let before = lab.ledger.size().await.unwrap();
    for scan in 100..300 {
        lab.scan((begin + SignedDuration::from_mins(15 * scan)).as_second()).await;
    }
    lab.ledger.compact().await.unwrap();
    let per_scan = (lab.ledger.size().await.unwrap() - before) / 200;
    assert!((100..2_500).contains(&per_scan), "{per_scan} bytes per scan with five objectives");
    let scans = export(&lab.ledger).await;
    let longest = scans.iter().filter(|row| row["table"] == "scans").map(|row| row.to_string().len()).max();
    assert!(longest.unwrap() < 1_000, "{longest:?} bytes");
}

async fn the_verbs_say_what_they_did(home: Home) {
    let lab = busy(home).await;
    let folder = tempfile::tempdir().unwrap();
    let ledger = lab.home.argument();
    let place = lab.home.place().to_string();
    let ask = |arguments: &[&str]| {
        let ended = run(&mut program(folder.path()), &[&["ledger"], arguments, &["--ledger", &ledger]].concat());
        assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
        ended
    };
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();

    let whole = ask(&["check"]);
    assert!(whole.code == 0 && whole.stdout.starts_with(&format!("{place} is in order; ")), "{}", whole.stdout);
    let exported = ask(&["export"]);
    let rows: Vec<_> = exported.stdout.lines().map(json).collect();
    assert_eq!(rows, export(&lab.ledger).await);

    // All of it happened in 1970.
    let pruned = json(&ask(&["prune", "--keep", "30d", "--format", "json"]).stdout);
    assert_eq!((pruned["removed"]["scans"].as_i64(), pruned["removed"]["slo_points"].as_i64()), (Some(11), Some(11)));
    assert_eq!(pruned["ledger"], place);
    assert!(pruned["bytes_after"].as_u64() > Some(0), "{pruned}");
    let again = ask(&["prune", "--keep", "30d"]).stdout;
    assert!(again.starts_with(&format!("{place}: removed nothing; nothing is older\n")), "{again}");
    assert_eq!(ask(&["prune", "--keep", "soon"]).code, 2);

    lab.home.tamper("DELETE FROM findings WHERE resolved_at IS NULL").await;
    let damaged = ask(&["check"]);
    assert_eq!(damaged.code, 1);
    assert!(
        damaged.stdout.contains(" is damaged:\n  0 findings are open, and the latest scan, of "),
        "{}",
        damaged.stdout
    );
    let faults = json(&ask(&["check", "--format", "json"]).stdout);
    assert_eq!(faults["faults"].as_array().map(Vec::len), Some(1));
}
