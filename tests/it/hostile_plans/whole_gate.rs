//! The whole way from the bytes of a plan to every output, and what holds for any bytes.

use std::sync::LazyLock;

use jiff::Timestamp;
use plimsoll::drift::Pairs;
use plimsoll::facts;
use plimsoll::gate::{self, Moved, Policy, Request, Side};
use plimsoll::model::{Evaluation, Snapshot};
use plimsoll::report::judgement::Judgement;
use plimsoll::report::{Format, GateOutcome, Report, Style, github, gitlab, junit, markdown, sarif, told, write};
use plimsoll::rules::{Engine, Pack, Parameters};
use plimsoll::source::terraform::{Plan, read_declared, read_plan};
use serde_json::Value;

static PACK: LazyLock<Pack> = LazyLock::new(|| {
    let mut pack = Pack::embedded(&Parameters::default()).unwrap();
    pack.rules.retain(|rule| rule.enabled);
    pack
});
static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new(&PACK).with_threads(1));

/// The outputs of the gate by format, or the error. Panics when one of them is not fit to be shown.
pub(crate) fn answer(bytes: &[u8]) -> Result<Vec<(&'static str, String)>, String> {
    // Drift also takes a state of nothing, which is no plan.
    let _ = read_declared(bytes).map(|file| file.declaration(now()));
    let plan = match read_plan(bytes) {
        Ok(plan) => plan,
        Err(error) => {
            let error = error.to_string();
            assert_fit("error", &error);
            return Err(error);
        }
    };
    let outputs = outputs(&plan);
    for (format, text) in &outputs {
        assert_fit(format, text);
    }
    Ok(outputs)
}

fn now() -> Timestamp {
    "2026-11-22T00:00:00Z".parse().unwrap()
}

struct Judged(Snapshot, Vec<Evaluation>, Vec<Evaluation>);

impl Judged {
    fn of(mut snapshot: Snapshot) -> Self {
        let evaluate = |snapshot: &mut Snapshot| {
            facts::derive(snapshot);
            ENGINE.evaluate(&snapshot.resources.iter().collect::<Vec<_>>(), now()).evaluations
        };
        let evaluations = evaluate(&mut snapshot);
        let exposed = gate::unprotected(&snapshot).map(|mut exposed| evaluate(&mut exposed)).unwrap_or_default();
        Self(snapshot, evaluations, exposed)
    }

    fn side(&self) -> Side<'_> {
        Side { resources: &self.0.resources, evaluations: &self.1, exposed: &self.2 }
    }
}

fn outputs(plan: &Plan) -> Vec<(&'static str, String)> {
    let (before, after) = plan.snapshots(now());
    let (before, after) = (Judged::of(before), Judged::of(after));
    let redaction = plan.redaction();
    let incomplete: Vec<String> = plan.incomplete().iter().map(|why| redaction.redact(&why.to_string())).collect();
    let pairs = Pairs::of(&before.0, &after.0);
    let mut decision = gate::decide(&Request {
        before: before.side(),
        after: after.side(),
        changed: &plan.changed(),
        incomplete: &incomplete,
        moved: Moved(&|before, after| pairs.change(before, after)),
        policy: Policy::default(),
    });
    decision.map_messages(|address, places, text| redaction.redact_about(address, places.iter().copied(), text));
    decision.map_texts(|text| redaction.redact(text));
    let judgements: Vec<Judgement> = decision.findings.iter().filter_map(Judgement::of_planned).collect();
    let report = |format: Format| {
        let mut out = Vec::new();
        let outcome = Report::Gate(GateOutcome { decision: &decision, rules: &PACK.rules });
        write(&outcome, format, now(), Style::PLAIN, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap();
    let log = sarif::with_decision(sarif::render(&judgements, &PACK.rules, "plan.json"), &decision);
    let suites = junit::render(&judgements, &PACK.rules, &incomplete, &told::properties(&decision)).unwrap();
    vec![
        ("table", report(Format::Table)),
        ("json", report(Format::Json)),
        ("sarif", pretty(&log)),
        ("junit", String::from_utf8(suites).unwrap()),
        ("github", github::render(&decision, &judgements, &PACK.rules)),
        ("markdown", markdown::render(&decision, &judgements, &PACK.rules)),
        ("gitlab", pretty(&gitlab::render(&judgements, &PACK.rules, &incomplete, "plan.json"))),
    ]
}

/// No output moves a cursor, changes a colour, or turns the text around.
fn assert_fit(format: &str, text: &str) {
    assert!(!text.is_empty(), "{format} is empty");
    let is_json = matches!(format, "json" | "sarif" | "gitlab");
    let harms = |letter: char| match letter {
        '\n' => false,
        '\t' => format == "table",
        // A program reads these, and is told what there is.
        _ if is_json || format == "junit" => letter < ' ',
        letter => {
            letter.is_control()
                || format == "table" && matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        }
    };
    assert_eq!(text.chars().find(|letter| harms(*letter)), None, "{format} holds a control character: {text:?}");
    assert!(!is_json || serde_json::from_str::<Value>(text).is_ok(), "{format} is not JSON: {text}");
}
