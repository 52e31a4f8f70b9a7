//! `plimsoll gate`: may we deploy now, and a Terraform plan, judged before it is applied.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::path::Path;

use anyhow::Context;
use plimsoll::config::Config;
use plimsoll::drift::Pairs;
use plimsoll::exit::Exit;
use plimsoll::gate::{self, Decision, Failures, Filled, GateFinding, Moved, OnUnknown, Policy, Remark, Request, Side};
use plimsoll::model::{Evaluation, Resource, ResourceKey, Rule, Snapshot, SourcePlace};
use plimsoll::report::judgement::Judgement;
use plimsoll::report::{BudgetAnswer, GateOutcome, Report, github, gitlab, junit, markdown, sarif};
use plimsoll::scan::Judge;
use plimsoll::slo::policy::{self, Plan as Weight, Planned};
use plimsoll::source::file;
use plimsoll::source::terraform::{Filling, Plan, read_plan};
use plimsoll::{facts, report};

use super::asking::Asked;
use super::{WrongArgument, clock, existing_ledger, fail_on, ledger_place, load_config_with, print, print_text};
use crate::cli::{self, Common, Format, GateArgs, GateFormat};

pub(super) async fn run(common: &Common, arguments: &GateArgs) -> anyhow::Result<Exit> {
    let config = load_config_with(common, &arguments.judged_by)?;
    let approved_by = approvers(arguments)?;
    match &arguments.plan {
        None => may_we_deploy(common, &config, arguments, &approved_by).await,
        Some(path) => judged(common, &config, arguments, path, &approved_by).await,
    }
}

/// Who approves, each once; a name must be one.
fn approvers(arguments: &GateArgs) -> Result<BTreeSet<String>, WrongArgument> {
    let names: BTreeSet<String> = arguments.approved_by.iter().map(|name| name.trim().to_owned()).collect();
    if names.contains("") {
        let (problem, help) = ("nobody is named".to_owned(), "say who approves");
        return Err(WrongArgument { argument: "--approved-by", problem, help });
    }
    Ok(names)
}

/// The answer of the budget policy alone.
async fn may_we_deploy(
    common: &Common,
    config: &Config,
    arguments: &GateArgs,
    approved_by: &BTreeSet<String>,
) -> anyhow::Result<Exit> {
    let format = match arguments.output {
        None => common.format,
        Some(GateFormat::Table) => cli::Format::Table,
        Some(GateFormat::Json) => cli::Format::Json,
        Some(_) => {
            let problem = "this format is about the findings of a plan, and there is no plan".to_owned();
            return Err(WrongArgument { argument: "--output", problem, help: "use table or json" }.into());
        }
    };
    let asked = Asked::of(config, ledger_place(config, arguments.ledger.as_ref()), clock()).await;
    let (decision, notes) = asked.answer(approved_by, None).await;
    let common = Common { format, ..common.clone() };
    print(&common, &Report::Budget(BudgetAnswer { decision: &decision, notes: &notes }))?;
    Ok(exit(decision.outcome))
}

/// The exit code of an answer.
const fn exit(outcome: policy::Outcome) -> Exit {
    match outcome {
        policy::Outcome::Allowed | policy::Outcome::Warned | policy::Outcome::Override => Exit::Success,
        policy::Outcome::Incomplete => Exit::Incomplete,
        policy::Outcome::ApprovalRequired => Exit::ApprovalRequired,
        policy::Outcome::Frozen => Exit::Frozen,
        policy::Outcome::Denied => Exit::Findings,
    }
}

/// What the rules say of a plan; with objectives, together with the budget policy.
async fn judged(
    common: &Common,
    config: &Config,
    arguments: &GateArgs,
    path: &Path,
    approved_by: &BTreeSet<String>,
) -> anyhow::Result<Exit> {
    let (judge, read) = side_by_side(|| Judge::configured(config), || plan_of(path))?;
    let (judge, (plan, hash)) = (judge?, read?);
    let fail_on = fail_on(config, arguments.fail_on.as_ref())?;
    // A state is no change, so that no budget is asked about it.
    let asks_budgets = !config.slos.is_empty() && !plan.is_state();
    if !asks_budgets && !approved_by.is_empty() {
        let problem = "no budget policy asks for approval: there is no objective, or this is a state".to_owned();
        return Err(WrongArgument { argument: "--approved-by", problem, help: "leave it out" }.into());
    }
    let live = live_of(arguments).await;
    let (live, not_filled) = match live {
        Ok(live) => (live, None),
        // Where the budget policy answers there is an answer, whatever becomes of the ledger.
        Err(error) if asks_budgets && arguments.ledger.is_some() => (None, Some(format!("{error:#}"))),
        Err(error) => return Err(error),
    };
    // A state has nothing before it that a failure could be old beside.
    let all = arguments.all || plan.is_state();
    if arguments.new_only && plan.is_state() {
        return Err(WrongArgument {
            argument: "--new-only",
            problem: "this is a state, in which nothing is new".to_owned(),
            help: "leave it out, or judge a plan",
        }
        .into());
    }
    let set = Policy {
        fail_on,
        failures: if all { Failures::All } else { Failures::New },
        unknown: if arguments.deny_unknown { OnUnknown::Deny } else { OnUnknown::List },
    };
    let (mut decision, tags) = decide(&plan, live.as_ref(), &judge, set, not_filled)?;
    if asks_budgets {
        let mut asked = Asked::of(config, ledger_place(config, arguments.ledger.as_ref()), clock()).await;
        weigh(&mut asked, &plan, &decision, &judge, &tags);
        let (answer, notes) = asked.answer(approved_by, Some((&hash, &decision))).await;
        decision.budget = Some(answer);
        for note in notes {
            tracing::warn!("{note}");
        }
    }
    let declared = declared(arguments, &plan, &decision)?;
    write(common, arguments, path, &judge, &decision, &declared)?;
    Ok(exit(decision.answer()))
}

/// Tags of the planned resources that the findings are about; those that are not known are not there.
type Tags = BTreeMap<ResourceKey, BTreeMap<String, String>>;

/// Tells the budgets what the plan does.
fn weigh(asked: &mut Asked, plan: &Plan, decision: &Decision, judge: &Judge, tags: &Tags) {
    let planned = |finding: &'_ GateFinding| {
        let rule = judge.rules().iter().find(|rule| rule.id == finding.rule)?;
        Some((rule, finding.resource.clone()))
    };
    let adds: Vec<(&Rule, ResourceKey)> = decision.adds().filter_map(planned).collect();
    let before: Vec<(&Rule, ResourceKey)> = decision.failing_before().filter_map(planned).collect();
    asked.with_plan(&Weight {
        adds: &as_planned(&adds, tags),
        before: &as_planned(&before, tags),
        ends: decision.ends(),
        unknown: decision.unknowns() + plan.unjudged(),
    });
}

fn as_planned<'a>(findings: &'a [(&'a Rule, ResourceKey)], tags: &'a Tags) -> Vec<Planned<'a>> {
    findings.iter().map(|(rule, resource)| Planned { rule, resource, tags: tags.get(resource) }).collect()
}

/// The stack of a thread that reads or judges: the one that a program begins with.
const STACK: usize = 8 * 1024 * 1024;

/// Does two things at once.
fn side_by_side<A: Send, B>(first: impl FnOnce() -> A + Send, second: impl FnOnce() -> B) -> anyhow::Result<(A, B)> {
    std::thread::scope(|scope| {
        let first = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, first);
        let first = first.context("cannot start a thread")?;
        let second = second();
        Ok((first.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), second))
    })
}

/// The plan, and the content hash of its bytes.
fn plan_of(path: &Path) -> anyhow::Result<(Plan, String)> {
    let bytes = if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).context("cannot read standard input")?;
        bytes
    } else {
        std::fs::read(path).with_context(|| format!("cannot read the plan {}", path.display()))?
    };
    let plan = read_plan(&bytes).with_context(|| format!("cannot read the plan {}", path.display()))?;
    Ok((plan, blake3::hash(&bytes).to_hex().to_string()))
}

/// A scan to fill from, and what it is called.
struct Live {
    from: String,
    snapshot: Snapshot,
}

/// The scan that the command line names. The ledger of the configuration is not used unasked: it may
/// be of other accounts, and older than anybody knows.
async fn live_of(arguments: &GateArgs) -> anyhow::Result<Option<Live>> {
    if let Some(path) = &arguments.snapshot {
        return Ok(Some(Live { from: format!("snapshot {}", path.display()), snapshot: file::read(path)? }));
    }
    let Some(place) = &arguments.ledger else { return Ok(None) };
    let ledger = existing_ledger(place).await?;
    let last = ledger.previous_snapshot().await?;
    ledger.close().await;
    let snapshot =
        last.with_context(|| format!("the ledger {place} has no scan yet\nhelp: run plimsoll scan first"))?;
    Ok(Some(Live { from: format!("ledger {place}"), snapshot }))
}

/// Both sides of the plan through the same facts, rules and waivers as a scan.
/// `not_filled` is why the ledger that was to fill the plan could not.
fn decide(
    plan: &Plan,
    live: Option<&Live>,
    judge: &Judge,
    policy: Policy,
    not_filled: Option<String>,
) -> anyhow::Result<(Decision, Tags)> {
    let now = clock();
    let (before, after, filling) = if let Some(live) = live {
        plan.snapshots_beside(&live.snapshot, now)
    } else {
        let (before, after) = plan.snapshots(now);
        (before, after, Filling::default())
    };
    let beside = &filling.beside;
    let (before, after) = side_by_side(|| Derived::of(before, beside), || Derived::of(after, beside))?;
    let before = Judged::of(before, judge, None);
    let after = Judged::of(after, judge, Some(&before));
    let mut incomplete: Vec<String> = plan.incomplete().iter().map(ToString::to_string).collect();
    incomplete.extend(not_filled.map(|cause| format!("it could not be filled from the ledger: {cause}")));
    // A gate that is without a rule does not say that nothing speaks against the change.
    incomplete.extend(judge.lost().iter().map(|lost| format!("a rule is missing: {}", lost.cause)));
    incomplete.extend(judge.quarantined().iter().map(|(rule, cause)| format!("rule {rule} cannot be used: {cause}")));
    let pairs = Pairs::of(&before.snapshot, &after.snapshot);
    let mut decision = gate::decide(&Request {
        before: before.side(),
        after: after.side(),
        changed: &plan.changed(),
        incomplete: &incomplete,
        moved: Moved(&|before, after| pairs.change(before, after)),
        policy,
    });
    decision.filled = live.map(|live| Filled {
        from: live.from.clone(),
        taken_at: live.snapshot.taken_at,
        age_seconds: now.duration_since(live.snapshot.taken_at).as_secs(),
        places: filling.places,
        resources: filling.resources,
        beside: filling.beside.len(),
        notes: filling.notes,
    });
    // A state is not asked what it changes.
    decision.remark = decision.remark.filter(|remark| !plan.is_state() || *remark != Remark::NothingChanges);
    let known = |resource: &&Resource| !resource.unknown.iter().any(|place| place.as_str().starts_with("/tags"));
    let of = |resource: &Resource| (ResourceKey::from(resource), resource.tags.clone());
    let tags: Tags = after.snapshot.resources.iter().filter(known).map(of).collect();
    let redaction = plan.redaction();
    decision.map_messages(|address, places, text| redaction.redact_about(address, places.iter().copied(), text));
    decision.map_texts(|text| redaction.redact(text));
    for reason in &mut decision.incomplete {
        *reason = redaction.redact(reason);
    }
    Ok((decision, tags))
}

/// One side of a plan with its facts, and its buckets once more without what protects them from
/// outside.
struct Derived {
    snapshot: Snapshot,
    unprotected: Option<Snapshot>,
}

impl Derived {
    /// What is beside the plan is there for facts alone.
    fn of(mut snapshot: Snapshot, beside: &BTreeSet<ResourceKey>) -> Self {
        facts::derive(&mut snapshot);
        let mut unprotected = gate::unprotected(&snapshot);
        if let Some(unprotected) = &mut unprotected {
            facts::derive_of(unprotected, gate::is_protected);
            unprotected.resources.retain(|resource| gate::is_protected(resource.resource_type));
        }
        if !beside.is_empty() {
            for snapshot in std::iter::once(&mut snapshot).chain(&mut unprotected) {
                snapshot.resources.retain(|resource| !beside.contains(&ResourceKey::from(resource)));
            }
        }
        Self { snapshot, unprotected }
    }
}

/// One side of a plan with everything that is said about it.
struct Judged {
    snapshot: Snapshot,
    evaluations: Vec<Evaluation>,
    exposed: Vec<Evaluation>,
}

impl Judged {
    /// What is said about the resources of the plan. What an earlier side has alike is not judged
    /// again.
    fn of(derived: Derived, judge: &Judge, earlier: Option<&Self>) -> Self {
        let Derived { snapshot, unprotected } = derived;
        let known = earlier.map(|earlier| (&earlier.snapshot, earlier.evaluations.as_slice()));
        let nothing = Snapshot::empty(snapshot.taken_at);
        let evaluations = judge.judge_beside(&snapshot, known.unwrap_or((&nothing, &[])));
        let exposed = unprotected.map(|unprotected| judge.judge_beside(&unprotected, (&snapshot, &[])));
        Self { snapshot, evaluations, exposed: exposed.unwrap_or_default() }
    }

    fn side(&self) -> Side<'_> {
        Side { resources: &self.snapshot.resources, evaluations: &self.evaluations, exposed: &self.exposed }
    }
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

/// The plan's file, for readers that take no finding without one.
fn file_of(plan: &Path) -> Cow<'_, str> {
    if plan == Path::new("-") { Cow::Borrowed("plan.json") } else { plan.to_string_lossy() }
}

fn write(
    common: &Common,
    arguments: &GateArgs,
    plan: &Path,
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
            // Standard output by itself is written line by line.
            let mut out = std::io::BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
            let gate = Report::Gate(GateOutcome { decision, rules: judge.rules() });
            report::json::write(&gate, clock(), &mut out)?;
            out.flush().context("cannot write to standard output")
        }
        GateFormat::Sarif => {
            let log = sarif::render(&judgements(), judge.rules(), &file_of(plan));
            print_text(&serde_json::to_string_pretty(&sarif::with_decision(log, decision))?)
        }
        GateFormat::Junit => {
            let suites = junit::render_decision(&judgements(), judge.rules(), decision)?;
            print_text(&String::from_utf8(suites)?)
        }
        GateFormat::Github => print_text(&github::render(decision, &judgements(), judge.rules())),
        GateFormat::Markdown => print_text(&markdown::render(decision, &judgements(), judge.rules())),
        GateFormat::Gitlab => {
            let file = file_of(plan);
            let issues = gitlab::render(&judgements(), judge.rules(), &decision.incomplete, &file);
            print_text(&serde_json::to_string_pretty(&gitlab::with_decision(issues, decision, &file))?)
        }
    }
}
