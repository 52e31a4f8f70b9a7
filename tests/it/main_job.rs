//! The main job from end to end: a simulated AWS account is scanned, attacked, scanned again.

use std::collections::BTreeSet;

use plimsoll::findings::Event;
use plimsoll::ledger::Written;
use plimsoll::model::{Change, ChangeKind, Direction, FieldChange, Resolution};
use plimsoll::report::{Format, Report, ScanOutcome, Style};
use plimsoll::scan::Outcome;
use plimsoll::simulator::attack;
use plimsoll::sli::{Assessment, EvaluationCounts};
use plimsoll::source::file;

use crate::estate::{account, collect, demo, folder, judge, limits, scan, serve, small, time, verdicts};

#[tokio::test]
async fn a_second_scan_of_an_unchanged_account_judges_and_writes_nothing() {
    let (_folder, ledger) = folder();
    let simulator = serve(demo()).await;
    let first = scan(&simulator, &ledger, time(0)).await;
    assert!(first.work.judged > 800 && first.last.scan.written.documents > 200, "{:?}", first.work);

    let second = scan(&simulator, &ledger, time(1)).await;
    assert_eq!(second.work, EvaluationCounts { judged: 0, reused: first.work.judged + first.work.reused });
    assert_eq!(second.last.scan.written, Written::default());
    assert_eq!(second.changes, []);
    assert_eq!(verdicts(&second), verdicts(&first));
    assert_eq!(second.assessment, Assessment { taken_at: time(1), ..first.assessment });
    assert!(second.transitions.iter().all(|transition| transition.event == Event::Seen));
}

#[tokio::test]
async fn an_attack_is_drift_opens_findings_and_lowers_the_sli_until_it_is_undone() {
    let (_folder, ledger) = folder();
    let simulator = serve(small()).await;
    let before = scan(&simulator, &ledger, time(0)).await;
    let original = simulator.look(Clone::clone);

    let attacks = simulator.change(attack);
    let attacked: BTreeSet<&str> = attacks.iter().map(|attack| attack.resource.as_str()).collect();
    let after = scan(&simulator, &ledger, time(1)).await;

    assert_eq!(after.changes.len(), 3, "{:#?}", after.changes);
    assert_eq!(changed(&after), attacked);
    assert!(after.changes.iter().all(|change| change.kind == ChangeKind::Changed));
    let group = change(&after, ":security-group/");
    assert_eq!(group.direction, Direction::Widened);
    assert!(
        group.fields.iter().any(|field| field.gained.iter().any(|gained| gained.contains("0.0.0.0/0"))),
        "{group:#?}"
    );
    let bucket = change(&after, "arn:aws:s3:::");
    let of = |place: &'static str| {
        let within = move |field: &&FieldChange| field.path.as_str().starts_with(place);
        bucket.fields.iter().filter(within).map(|field| field.direction).collect::<Vec<_>>()
    };
    assert_eq!(of("/configuration/public_access_block/"), [Direction::Widened; 4], "{bucket:#?}");
    assert_eq!(of("/configuration/policy"), [Direction::Widened], "{bucket:#?}");
    assert_eq!(bucket.direction, Direction::Widened);
    let proofs = |of: &str| -> Vec<String> {
        let fields = change(&after, of).fields.iter();
        fields.filter_map(|field| Some(field.gained_witness.as_ref()?.sentence(true))).collect()
    };
    assert!(proofs("arn:aws:s3:::").iter().any(|proof| proof.contains(" may now s3:")), "{bucket:#?}");
    assert!(proofs(":security-group/").iter().any(|proof| proof.starts_with("tcp 22 from ")), "{group:#?}");
    let role = change(&after, ":role/");
    assert_eq!(role.direction, Direction::Widened, "{role:#?}");
    let outsider = |proof: &String| proof.contains("666677778888") && proof.contains("may now sts:AssumeRole");
    assert!(proofs(":role/").iter().any(outsider), "{role:#?}");

    let opened = with(&after, Event::Opened);
    assert_eq!(opened, attacked, "each attack is found, and nothing else");
    assert_eq!(with(&after, Event::Resolved), BTreeSet::new());
    let (was, is) = (before.assessment.overall.ratios(), after.assessment.overall.ratios());
    assert!(is.compliance < was.compliance, "{was:?} {is:?}");
    assert_eq!(is.coverage, was.coverage);
    assert_eq!(after.assessment.overall.resources.total(), before.assessment.overall.resources.total());
    assert!(after.work.judged < before.work.judged / 4, "only what changed is judged: {:?}", after.work);

    simulator.change(|estate| *estate = original);
    let undone = scan(&simulator, &ledger, time(2)).await;
    assert_eq!(changed(&undone), attacked);
    assert!(undone.changes.iter().all(|change| change.direction == Direction::Narrowed), "{:#?}", undone.changes);
    assert_eq!(with(&undone, Event::Resolved), attacked);
    let ended = undone.findings.iter().filter_map(|finding| finding.resolved.as_ref());
    assert!(ended.clone().count() > 0 && ended.clone().all(|end| end.how == Resolution::Fixed && end.at == time(2)));
    assert_eq!(undone.assessment, Assessment { taken_at: time(2), ..before.assessment });
}

/// What changed, by ARN.
fn changed(outcome: &Outcome) -> BTreeSet<&str> {
    outcome.changes.iter().map(|change| change.resource.id.as_str()).collect()
}

fn change<'a>(outcome: &'a Outcome, of: &str) -> &'a Change {
    outcome.changes.iter().find(|change| change.resource.id.as_str().contains(of)).unwrap()
}

/// The resources whose findings this happened to.
fn with(outcome: &Outcome, event: Event) -> BTreeSet<&str> {
    let happened = outcome.transitions.iter().filter(|transition| transition.event == event);
    happened.map(|transition| transition.finding.resource.id.as_str()).collect()
}

#[tokio::test]
async fn the_same_estate_gives_the_same_bytes() {
    let (folder, _) = folder();
    let simulator = serve(demo()).await;
    let accounts = [account(&simulator, &simulator.access_key(), limits())];
    let bytes = |name: &'static str| {
        let path = folder.path().join(name);
        let accounts = &accounts;
        async move {
            let collected = collect(accounts, time(0)).await.unwrap();
            file::write(&path, &collected.snapshot).unwrap();
            std::fs::read(path).unwrap()
        }
    };
    assert!(bytes("one.json").await == bytes("two.json").await, "two snapshots of the same estate differ");

    let one = scan(&simulator, &folder.path().join("one.db"), time(0)).await;
    let two = scan(&simulator, &folder.path().join("two.db"), time(0)).await;
    assert_eq!(one.evaluations, two.evaluations);
    assert!(report(&one) == report(&two), "two reports on the same estate differ");
}

fn report(outcome: &Outcome) -> Vec<u8> {
    let mut bytes = Vec::new();
    let report = Report::Scan(ScanOutcome {
        scan: Some("1"),
        assessment: &outcome.assessment,
        findings: &outcome.findings,
        changes: None,
        gaps: &outcome.snapshot.gaps,
        rules: judge().rules(),
        frameworks: &[],
        notes: &[],
    });
    plimsoll::report::write(&report, Format::Json, time(1), Style::PLAIN, &mut bytes).unwrap();
    bytes
}
