//! `plimsoll gate`: a Terraform plan, judged before it is applied.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::Path;

use anyhow::Context;
use plimsoll::exit::Exit;
use plimsoll::gate::{self, Decision, Failures, OnUnknown, Outcome, Policy, Request, Side};
use plimsoll::model::{Evaluation, Snapshot, SourcePlace};
use plimsoll::report::judgement::Judgement;
use plimsoll::report::{GateOutcome, Report, github, gitlab, junit, markdown, sarif};
use plimsoll::scan::Judge;
use plimsoll::source::terraform::{Plan, read_plan};
use plimsoll::{facts, report};

use super::{clock, fail_on, load_config_with, print, print_text};
use crate::cli::{Common, Format, GateArgs, GateFormat};

pub(super) fn run(common: &Common, arguments: &GateArgs) -> anyhow::Result<Exit> {
    let config = load_config_with(common, &arguments.judged_by)?;
    let judge = Judge::configured(&config)?;
    let policy = Policy {
        fail_on: fail_on(&config, arguments.fail_on.as_ref())?,
        failures: if arguments.all { Failures::All } else { Failures::New },
        unknown: if arguments.deny_unknown { OnUnknown::Deny } else { OnUnknown::List },
    };
    let bytes = bytes_of(&arguments.plan)?;
    let plan = read_plan(&bytes).with_context(|| format!("cannot read the plan {}", arguments.plan.display()))?;
    let decision = decide(&plan, &judge, policy);
    let declared = declared(arguments, &plan, &decision)?;
    write(common, arguments, &judge, &decision, &declared)?;
    Ok(match decision.outcome {
        Outcome::Allowed => Exit::Success,
        Outcome::Denied => Exit::Findings,
        Outcome::Incomplete => Exit::Incomplete,
    })
}

fn bytes_of(path: &Path) -> anyhow::Result<Vec<u8>> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).context("cannot read standard input")?;
        return Ok(bytes);
    }
    std::fs::read(path).with_context(|| format!("cannot read the plan {}", path.display()))
}

/// Both sides of the plan through the same facts, rules and waivers as a scan.
fn decide(plan: &Plan, judge: &Judge, policy: Policy) -> Decision {
    let now = clock();
    let (before, after) = plan.snapshots(now);
    let (before, after) = (Judged::of(before, judge), Judged::of(after, judge));
    let mut incomplete: Vec<String> = plan.incomplete().iter().map(ToString::to_string).collect();
    // A gate that is without a rule does not say that nothing speaks against the change.
    incomplete.extend(judge.lost().iter().map(|lost| format!("a rule is missing: {}", lost.cause)));
    incomplete.extend(judge.quarantined().iter().map(|(rule, cause)| format!("rule {rule} cannot be used: {cause}")));
    let mut decision = gate::decide(&Request {
        before: before.side(),
        after: after.side(),
        changed: &plan.changed(),
        incomplete: &incomplete,
        policy,
    });
    let redaction = plan.redaction();
    decision.map_texts(|text| redaction.redact(text));
    for reason in &mut decision.incomplete {
        *reason = redaction.redact(reason);
    }
    decision
}

/// One side of a plan with everything that is said about it.
struct Judged {
    snapshot: Snapshot,
    evaluations: Vec<Evaluation>,
    exposed: Vec<Evaluation>,
}

impl Judged {
    fn of(mut snapshot: Snapshot, judge: &Judge) -> Self {
        let exposed = gate::unprotected(&snapshot).map(|mut exposed| evaluate(&mut exposed, judge)).unwrap_or_default();
        let evaluations = evaluate(&mut snapshot, judge);
        Self { snapshot, evaluations, exposed }
    }

    fn side(&self) -> Side<'_> {
        Side { resources: &self.snapshot.resources, evaluations: &self.evaluations, exposed: &self.exposed }
    }
}

fn evaluate(snapshot: &mut Snapshot, judge: &Judge) -> Vec<Evaluation> {
    facts::derive(snapshot);
    judge.judge_all(snapshot, snapshot.taken_at, snapshot.taken_at).evaluations
}

/// Where the resources of the findings are declared, by address; empty when nobody asks.
fn declared(arguments: &GateArgs, plan: &Plan, decision: &Decision) -> anyhow::Result<BTreeMap<String, SourcePlace>> {
    let Some(source) = &arguments.source else { return Ok(BTreeMap::new()) };
    // A reader of the output knows the files by their place in the repository.
    let here = std::env::current_dir().unwrap_or_default();
    let folder = source.strip_prefix(&here).unwrap_or(source);
    let addresses = decision.findings.iter().map(|finding| finding.address.as_str());
    let found = plan.source_places(folder, addresses);
    let mut found = found.with_context(|| format!("cannot read the folder {} of --source", source.display()))?;
    let redaction = plan.redaction();
    for declared in found.values_mut() {
        declared.file = redaction.redact(&declared.file);
    }
    Ok(found)
}

fn write(
    common: &Common,
    arguments: &GateArgs,
    judge: &Judge,
    decision: &Decision,
    declared: &BTreeMap<String, SourcePlace>,
) -> anyhow::Result<()> {
    let judgements = || {
        let planned = decision.findings.iter().filter_map(Judgement::of_planned);
        let placed = planned.map(|one| Judgement { declared: declared.get(one.place()).cloned(), ..one });
        placed.collect::<Vec<_>>()
    };
    let format = arguments.output.unwrap_or(match common.format {
        Format::Table | Format::Csv => GateFormat::Table,
        Format::Json => GateFormat::Json,
    });
    match format {
        GateFormat::Table => print(common, &Report::Gate(GateOutcome { decision, rules: judge.rules() })),
        GateFormat::Json => {
            let mut out = std::io::stdout().lock();
            let gate = Report::Gate(GateOutcome { decision, rules: judge.rules() });
            report::json::write(&gate, clock(), &mut out)?;
            out.flush().context("cannot write to standard output")
        }
        GateFormat::Sarif => {
            let file = (arguments.plan != Path::new("-")).then(|| arguments.plan.to_string_lossy());
            let log = sarif::render(&judgements(), judge.rules(), file.as_deref());
            print_text(&serde_json::to_string_pretty(&sarif::with_incomplete(log, &decision.incomplete))?)
        }
        GateFormat::Junit => {
            let suites = junit::render(&judgements(), judge.rules(), &decision.incomplete)?;
            print_text(&String::from_utf8(suites)?)
        }
        GateFormat::Github => print_text(&github::render(decision, &judgements(), judge.rules())),
        GateFormat::Markdown => print_text(&markdown::render(decision, &judgements(), judge.rules())),
        GateFormat::Gitlab => {
            let plan = arguments.plan.to_string_lossy();
            let file = if plan == "-" { "plan.json" } else { &plan };
            let issues = gitlab::render(&judgements(), judge.rules(), &decision.incomplete, file);
            print_text(&serde_json::to_string_pretty(&issues)?)
        }
    }
}
