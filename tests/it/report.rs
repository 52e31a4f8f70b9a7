//! Reports, as they are written. The expected files stand in `tests/it/report/`; run the tests
//! with `BLESS=1` to write them anew, and read the difference before committing it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use plimsoll::config::Config;
use plimsoll::gate;
use plimsoll::model::{
    AccountId, Bucket, Change, ChangeKind, Denial, Direction, Evaluation, FieldChange, Finding, Gap, GapReason,
    Listing, Pointer, Region, Remediation, Resolution, Resolved, Resource, ResourceId, ResourceKey, ResourceType, Rule,
    RuleId, SecurityGroup, Service, Severity, Snapshot, Verdict, Witness, WitnessPacket, WitnessRequest, finding_id,
};
use plimsoll::report::{
    Format, GateOutcome, ListedRule, Report, RuleDetail, ScanOutcome, Status, Style, Window, write,
};
use plimsoll::rules::Parameter;
use plimsoll::sli::{Assessment, BySeverity, States, assess};
use plimsoll::slo::policy::State;
use plimsoll::slo::{Indicator, Measure, Point, Scope, Slo, SloName, SloStatus, TIERS, Tally, TimeWindow, status};
use serde_json::{Value, json};

/// Everything a report may hold, about one small estate.
struct Estate {
    rules: Vec<Rule>,
    evaluations: Vec<Evaluation>,
    findings: Vec<Finding>,
    changes: Vec<Change>,
    gaps: Vec<Gap>,
    assessment: Assessment,
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-11-22T13:04:00Z")
}

fn rule(id: &str, title: &str, severity: Severity, resource_type: ResourceType) -> Rule {
    Rule {
        id: RuleId::new(id).unwrap(),
        title: title.to_owned(),
        description: "Anyone on the internet can read what is in the bucket. Most leaks of recent years began with \
                      one that was meant to be private."
            .to_owned(),
        severity,
        severity_reason: None,
        enabled: true,
        resource_types: vec![resource_type],
        controls: BTreeMap::from([
            ("cis-5.0".to_owned(), vec!["2.1.4".to_owned()]),
            ("fsbp".to_owned(), vec!["S3.1".to_owned(), "S3.8".to_owned()]),
        ]),
        reads: vec![Pointer::configuration("public_access_block"), Pointer::new("/facts/public")],
        reads_now: false,
        remediation: Remediation {
            text: "Block public access at the bucket, and serve public content from a distribution.".to_owned(),
            terraform: Some(
                "resource \"aws_s3_bucket_public_access_block\" \"this\" {\n  block_public_acls = true\n}".to_owned(),
            ),
            cli: None,
        },
        related_resources: vec!["https://docs.aws.amazon.com/AmazonS3/latest/userguide/".to_owned()],
        digest: "5f1d".to_owned(),
    }
}

fn bucket(name: &str) -> Resource {
    Resource::new(
        ResourceId::new(format!("arn:aws:s3:::{name}")).unwrap(),
        AccountId::new("111122223333").unwrap(),
        Region::new("eu-central-1").unwrap(),
        name,
        Bucket::default(),
    )
}

fn group(account: &str, id: &str) -> Resource {
    let arn = format!("arn:aws:ec2:us-east-1:{account}:security-group/{id}");
    Resource::new(
        ResourceId::new(arn).unwrap(),
        AccountId::new(account).unwrap(),
        Region::new("us-east-1").unwrap(),
        id,
        SecurityGroup::default(),
    )
}

fn denial(message: &str, path: &str) -> Denial {
    Denial { message: message.to_owned(), path: Pointer::new(path), because: Vec::new(), topic: None }
}

fn finding(rule: &Rule, resource: &Resource, denials: &[Denial], first_seen: &str) -> Finding {
    let key = ResourceKey::from(resource);
    Finding {
        id: finding_id(&rule.id, &key),
        rule: rule.id.clone(),
        severity: rule.severity,
        resource: key,
        denials: denials.to_vec(),
        first_seen: at(first_seen),
        last_seen: at("2026-11-22T13:00:00Z"),
        resolved: None,
        reopened: 0,
        detected: None,
    }
}

fn evaluation(rule: &Rule, resource: &Resource, verdict: Verdict) -> Evaluation {
    Evaluation { rule: rule.id.clone(), severity: rule.severity, resource: ResourceKey::from(resource), verdict }
}

impl Estate {
    fn new() -> Self {
        let public = rule(
            "aws-s3-public-access-blocked",
            "Public access to the bucket is blocked",
            Severity::Critical,
            ResourceType::Bucket,
        );
        let logged =
            rule("aws-s3-access-logged", "Access to the bucket is logged", Severity::Low, ResourceType::Bucket);
        let ssh = rule(
            "aws-ec2-ssh-not-open-to-the-world",
            "SSH is not open to the world",
            Severity::High,
            ResourceType::SecurityGroup,
        );
        let buckets: Vec<Resource> = ["archive", "payments", "site", "website"].map(bucket).into();
        let groups = [group("111122223333", "sg-0a"), group("444455556666", "sg-0b")];
        let mut anyone = denial("the policy lets anyone read objects", "/facts/public");
        anyone.because = vec![Pointer::new("/configuration/policy/Statement/0")];
        let unlogged = denial("no log target is set", "/configuration/logging");
        let open = denial("tcp 22 is open to 0.0.0.0/0", "/configuration/ingress/3");
        let fail = |denial: &Denial| Verdict::Fail { denials: vec![denial.clone()], open: Vec::new() };
        let unknown = Verdict::Unknown { causes: vec!["/configuration/policy (GetBucketPolicy denied)".to_owned()] };
        let waived =
            Verdict::Waived { denials: vec![anyone.clone()], open: Vec::new(), reason: "a public website".to_owned() };
        let mut evaluations = vec![
            evaluation(&ssh, &groups[0], fail(&open)),
            evaluation(&ssh, &groups[1], Verdict::Pass),
            evaluation(&public, &buckets[0], fail(&anyone)),
            evaluation(&public, &buckets[1], unknown),
            evaluation(&public, &buckets[2], Verdict::Pass),
            evaluation(&public, &buckets[3], waived),
        ];
        evaluations.extend(buckets.iter().map(|bucket| evaluation(&logged, bucket, fail(&unlogged))));
        let mut findings = vec![
            finding(&public, &buckets[0], &[anyone], "2026-11-20T11:00:00Z"),
            finding(&ssh, &groups[0], &[open], "2026-11-22T13:00:00Z"),
        ];
        findings.extend(
            buckets
                .iter()
                .map(|bucket| finding(&logged, bucket, std::slice::from_ref(&unlogged), "2026-11-01T00:00:00Z")),
        );
        findings[1].reopened = 2;
        let rules = vec![public, logged, ssh];
        let gaps = Self::gaps();
        let mut snapshot = Snapshot::empty(at("2026-11-22T13:00:00Z"));
        snapshot.resources = buckets.iter().chain(&groups).cloned().collect();
        snapshot.gaps.clone_from(&gaps);
        snapshot.listings = vec![Listing {
            account: AccountId::new("444455556666").unwrap(),
            region: Region::global(),
            resource_type: ResourceType::Bucket,
            complete: false,
            listed_before: false,
        }];
        snapshot.sort();
        let assessment = assess(&snapshot, &evaluations, &rules);
        Self {
            changes: Self::changes(&groups[0], &buckets[0], &buckets[2]),
            rules,
            evaluations,
            findings,
            gaps,
            assessment,
        }
    }

    fn gaps() -> Vec<Gap> {
        let gap = |operation: &str, reason, permission: Option<&str>| Gap {
            account: AccountId::new("444455556666").unwrap(),
            region: Region::global(),
            service: Service::S3,
            operation: operation.to_owned(),
            resource: None,
            unlisted: Vec::new(),
            places: Vec::new(),
            reason,
            message: "AccessDenied".to_owned(),
            permission: permission.map(str::to_owned),
        };
        let mut list = gap("ListBuckets", GapReason::Denied, Some("s3:ListAllMyBuckets"));
        list.unlisted = vec![ResourceType::Bucket];
        let mut policy = gap("GetBucketPolicy", GapReason::Denied, Some("s3:GetBucketPolicy"));
        policy.account = AccountId::new("111122223333").unwrap();
        policy.resource = Some(ResourceId::new("arn:aws:s3:::payments").unwrap());
        policy.places = vec![Pointer::configuration("policy")];
        vec![list, policy, gap("GetAccountPublicAccessBlock", GapReason::TimedOut, None)]
    }

    fn changes(group: &Resource, policy: &Resource, added: &Resource) -> Vec<Change> {
        let field = |path: &str, old: Option<Value>, new: Option<Value>, direction, gained: &[&str], lost: &[&str]| {
            FieldChange {
                direction,
                gained: gained.iter().map(|text| (*text).to_owned()).collect(),
                lost: lost.iter().map(|text| (*text).to_owned()).collect(),
                ..FieldChange::new(Pointer::new(path), old, new)
            }
        };
        let change = |resource: &Resource, kind, direction, fields| Change {
            resource: ResourceKey::from(resource),
            name: resource.name.clone(),
            kind,
            direction,
            fields,
            consequences: Vec::new(),
            breaks: Vec::new(),
            by: None,
        };
        let mut ingress = field(
            "/configuration/ingress",
            None,
            None,
            Direction::Both,
            &["tcp 22 from 0.0.0.0/0"],
            &["tcp 443 from 10.0.0.0/8"],
        );
        let packet = |port, peer: &str| {
            let (peer, protocol) = (peer.to_owned(), "tcp".to_owned());
            Some(Witness::Packet(WitnessPacket { peer, protocol, port: Some(port), outgoing: false }))
        };
        (ingress.gained_witness, ingress.lost_witness) = (packet(22, "1.0.0.1"), packet(443, "10.0.0.1"));
        let block = field(
            "/configuration/public_access_block/block_public_policy",
            Some(json!(true)),
            Some(json!(false)),
            Direction::Widened,
            &["policies that let in the public may be set"],
            &[],
        );
        let attached = FieldChange {
            reason: Some("the document of arn:aws:iam::aws:policy/Fresh was not read".to_owned()),
            ..field(
                "/configuration/attached_policies",
                Some(json!(["a", "b"])),
                Some(json!(["b", "c"])),
                Direction::Unknown,
                &[],
                &[],
            )
        };
        let request = |action: &str, context: &[(&str, &str)]| {
            let context = context.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            let (principal, resource) = ("anyone".to_owned(), "arn:aws:s3:::archive/x".to_owned());
            Some(Witness::Request(WitnessRequest { principal, action: action.to_owned(), resource, context }))
        };
        let told = FieldChange {
            gained_witness: request("s3:GetObject", &[("aws:sourcevpce", "vpce-1")]),
            lost_witness: request("s3:PutObject", &[]),
            ..field(
                "/configuration/policy",
                Some(json!({"Statement": [{"Effect": "Allow"}]})),
                Some(json!({"Statement": [{"Effect": "Deny"}]})),
                Direction::Both,
                &["s3:GetObject on arn:aws:s3:::archive/* when aws:SourceVpce is vpce-1"],
                &["s3:PutObject on arn:aws:s3:::archive/*"],
            )
        };
        let same = FieldChange {
            same_meaning: true,
            ..field("/configuration/policy", Some(json!({})), Some(json!({"Id": "x"})), Direction::Neutral, &[], &[])
        };
        let policy_field = field(
            "/configuration/policy",
            None,
            Some(json!({"Statement": [{"Effect": "Allow", "Sid": "x".repeat(60)}]})),
            Direction::Unknown,
            &[],
            &[],
        );
        vec![
            change(added, ChangeKind::Added, Direction::Neutral, Vec::new()),
            change(group, ChangeKind::Changed, Direction::Both, vec![ingress]),
            Change {
                consequences: vec!["now open to everyone: arn:aws:s3:::site".to_owned()],
                ..change(policy, ChangeKind::Changed, Direction::Widened, vec![policy_field, block])
            },
            change(&bucket("told"), ChangeKind::Changed, Direction::Both, vec![told]),
            change(&bucket("unread"), ChangeKind::Changed, Direction::Unknown, vec![attached]),
            change(&bucket("relabelled"), ChangeKind::Rewritten, Direction::Neutral, vec![same]),
        ]
    }

    fn scan(&self) -> ScanOutcome<'_> {
        ScanOutcome {
            scan: Some("2026-11-22T13:00:00Z-7f3a"),
            assessment: &self.assessment,
            findings: &self.findings,
            changes: Some(&self.changes),
            gaps: &self.gaps,
            rules: &self.rules,
            frameworks: &[],
            notes: &[],
        }
    }
}

/// Compares what is written with the expected file.
fn check(name: &str, report: &Report<'_>, format: Format, style: Style) {
    let mut out = Vec::new();
    write(report, format, now(), style, &mut out).unwrap();
    let written = String::from_utf8(out).unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/report").join(name);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &written).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == expected, "{name} differs from what is expected; written:\n{written}");
}

/// A table 80 columns wide.
fn check_table(name: &str, report: &Report<'_>) {
    check(name, report, Format::Table, Style { width: 80, colour: false });
}

#[test]
fn a_scan_is_reported() {
    let estate = Estate::new();
    let report = Report::Scan(estate.scan());
    check("scan_80.txt", &report, Format::Table, Style { width: 80, colour: false });
    check("scan_120.txt", &report, Format::Table, Style { width: 120, colour: false });
    check("scan_colour.txt", &report, Format::Table, Style { width: 100, colour: true });
    check("scan.json", &report, Format::Json, Style::PLAIN);
}

#[test]
fn a_scan_of_nothing_claims_nothing() {
    let assessment = assess(&Snapshot::empty(at("2026-11-22T13:00:00Z")), &[], &[]);
    let outcome = ScanOutcome {
        scan: None,
        assessment: &assessment,
        findings: &[],
        changes: None,
        gaps: &[],
        rules: &[],
        frameworks: &[],
        notes: &[],
    };
    check_table("scan_empty.txt", &Report::Scan(outcome.clone()));
    check("scan_empty.json", &Report::Scan(outcome), Format::Json, Style::PLAIN);
}

/// A share of which much is left and that burns fast, and a budget that is overspent, for 20 days of
/// scans every 15 minutes; one that was never measured.
fn objectives() -> Vec<SloStatus> {
    let now = at("2026-11-22T13:00:00Z");
    let slo = |name: &str, indicator| Slo {
        name: SloName::new(name).unwrap(),
        description: String::new(),
        scope: Scope::default(),
        indicator,
        window: TimeWindow::Rolling(Duration::from_hours(28 * 24)),
        tiers: TIERS.to_vec(),
    };
    let mut points: Vec<Point> = Vec::new();
    for scan in 0..20 * 96 {
        let is_bad = scan > 20 * 96 - 8;
        let fail = BySeverity { high: if is_bad { 20 } else { 0 }, ..BySeverity::default() };
        let resources = States { pass: if is_bad { 80 } else { 100 }, fail, ..States::default() };
        let measure = Measure { resources, open: u64::from(scan > 1900) * 30, within: 0, late: 0 };
        let when = now - SignedDuration::from_mins(15) * (20 * 96 - scan);
        let tally = points.last().map_or_else(Tally::default, |before| before.at(when)).and(&measure);
        points.push(Point { at: when, hold: SignedDuration::from_mins(30), measure, tally });
    }
    let policy = Config::parse("slos: []", Path::new("plimsoll.yaml")).unwrap().budget_policy.policy();
    let states = State::default();
    let budget = Duration::from_hours(24);
    vec![
        status(&slo("resources-high", Indicator::Compliance { target: 0.99 }), &points, &policy, &states, now),
        status(&slo("critical-open", Indicator::OpenTime { budget }), &points, &policy, &states, now),
        status(&slo("coverage", Indicator::Coverage { target: 0.95 }), &[], &policy, &states, now),
    ]
}

#[test]
fn the_status_shows_resource_time() {
    let estate = Estate::new();
    let mut time = States { pass: 86_400_000, unknown: 3_600_000, ..States::default() };
    time.fail.high = 43_200_000;
    let windows = [
        Window { length: "24h".to_owned(), milliseconds: time },
        Window { length: "28d".to_owned(), milliseconds: States::default() },
    ];
    let standing = Status {
        scan: Some("2026-11-22T13:00:00Z-7f3a"),
        assessment: &estate.assessment,
        findings: &estate.findings,
        open: estate.findings.len() as u64,
        gaps: &estate.gaps,
        windows: &windows,
        objectives: &objectives(),
        notes: &["the waiver of aws-s3-* for website-* expires in 3 days".to_owned()],
    };
    check_table("status.txt", &Report::Status(standing.clone()));
    check("status.json", &Report::Status(standing), Format::Json, Style::PLAIN);
}

#[test]
fn findings_and_drift_are_lists() {
    let mut estate = Estate::new();
    estate.findings[5].resolved = Some(Resolved { at: at("2026-11-22T12:00:00Z"), how: Resolution::Fixed });
    check_table("findings.txt", &Report::Findings(&estate.findings));
    check("findings.json", &Report::Findings(&estate.findings), Format::Json, Style::PLAIN);
    check_table("findings_none.txt", &Report::Findings(&[]));
    check_table("drift.txt", &Report::Drift(&estate.changes));
    check("drift.json", &Report::Drift(&estate.changes), Format::Json, Style::PLAIN);
    check_table("drift_none.txt", &Report::Drift(&[]));
}

#[test]
fn rules_are_listed_and_one_is_shown_whole() {
    let estate = Estate::new();
    let listed = |(at, rule)| ListedRule {
        rule,
        standing: if at == 1 { "disabled" } else { "judges" },
        reason: (at == 1).then(|| "rules.disabled has aws-*".to_owned()),
        built_in: at > 0,
    };
    let rules: Vec<ListedRule<'_>> = estate.rules.iter().enumerate().map(listed).collect();
    check_table("rules.txt", &Report::Rules(&rules));
    check("rules.json", &Report::Rules(&rules), Format::Json, Style::PLAIN);
    check_table("rules_none.txt", &Report::Rules(&[]));
    let parameter = Parameter {
        name: "days".to_owned(),
        meaning: "Days that may pass".to_owned(),
        default: 90.into(),
        value: 30.into(),
    };
    let detail = RuleDetail {
        listed: rules[0].clone(),
        file: "rules/aws/x/one.rego",
        parameters: vec![parameter],
        source: Some("package aws.x.one\n\n_a if {\n\tinput.now\n}\n"),
    };
    check_table("rule.txt", &Report::Rule(detail.clone()));
    check("rule.json", &Report::Rule(detail), Format::Json, Style::PLAIN);
}

/// A plan that makes a group fail, leaves a bucket failing, and waits for a bucket's policy.
fn decision(estate: &Estate) -> gate::Decision {
    let finding = |effect, denies, index: usize, address: &str| {
        let evaluation = &estate.evaluations[index];
        let (denials, waits_for, waived) = match evaluation.verdict.clone() {
            Verdict::Fail { denials, .. } => (denials, Vec::new(), None),
            Verdict::Waived { denials, reason, .. } => (denials, Vec::new(), Some(reason)),
            Verdict::Unknown { causes } => (Vec::new(), causes, None),
            Verdict::Pass => (Vec::new(), Vec::new(), None),
        };
        gate::GateFinding {
            effect,
            denies,
            rule: evaluation.rule.clone(),
            severity: evaluation.severity,
            resource_type: evaluation.resource.resource_type,
            address: address.to_owned(),
            name: evaluation.resource.id.as_str().rsplit([':', '/']).next().unwrap().to_owned(),
            resource: evaluation.resource.clone(),
            actions: vec!["update".to_owned()],
            touched: true,
            denials,
            waits_for,
            waived,
        }
    };
    gate::Decision {
        budget: None,
        outcome: gate::Outcome::Denied,
        policy: gate::Policy::default(),
        remark: None,
        incomplete: vec!["module.data was left out by -target".to_owned()],
        findings: vec![
            finding(gate::Effect::NewFailure, true, 0, "module.net.aws_security_group.ssh"),
            finding(gate::Effect::Unknown, false, 3, "aws_s3_bucket.payments"),
            finding(gate::Effect::StillFailing, false, 2, "aws_s3_bucket.archive"),
            finding(gate::Effect::StillFailing, false, 6, "aws_s3_bucket.archive"),
            finding(gate::Effect::Waived, false, 5, "aws_s3_bucket.website"),
        ],
        sli: gate::SliEffect {
            before: gate::Count { failing: 1, valid: 4, unknown: 0 },
            after: gate::Count { failing: 2, valid: 4, unknown: 1 },
        },
        unknown_by_cause: vec![gate::UnknownCause {
            cause: "policy of AWS::S3::Bucket".to_owned(),
            told_by: gate::ToldBy::Scan,
            evaluations: 1,
            resources: 1,
        }],
        filled: None,
    }
}

#[test]
fn the_gate_says_what_to_do_where() {
    let estate = Estate::new();
    let denied = decision(&estate);
    let outcome = GateOutcome { decision: &denied, rules: &estate.rules };
    check_table("gate.txt", &Report::Gate(outcome));
    check("gate.json", &Report::Gate(outcome), Format::Json, Style::PLAIN);
    let clean = gate::Decision {
        budget: None,
        outcome: gate::Outcome::Allowed,
        policy: gate::Policy::default(),
        remark: Some(gate::Remark::NothingJudged(3)),
        incomplete: Vec::new(),
        findings: Vec::new(),
        sli: gate::SliEffect::default(),
        unknown_by_cause: Vec::new(),
        filled: None,
    };
    check_table("gate_allowed.txt", &Report::Gate(GateOutcome { decision: &clean, rules: &estate.rules }));
}

/// The order in which findings, changes, gaps and rules arrive does not show.
#[test]
fn the_same_outcome_in_another_order_gives_the_same_bytes() {
    let estate = Estate::new();
    let mut turned = Estate::new();
    turned.findings.reverse();
    turned.changes.reverse();
    turned.gaps.reverse();
    turned.rules.reverse();
    for format in [Format::Json, Format::Table] {
        let render = |estate: &Estate| {
            let mut out = Vec::new();
            write(&Report::Scan(estate.scan()), format, now(), Style::PLAIN, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(render(&estate), render(&turned));
    }
}
