//! Answers about access on a terminal.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::{AccessReport, is_denied, needs, word};
use crate::access::{Access, Chain, Escalation, Escalations, Requirement, Standing, Step};
use crate::policy::{Answer, Comparison, Decision, LayerAnswer, Lint, Need, Request, Says, StatementRef};
use crate::report::terminal::{Paint, Terminal, counted, text};

/// Writes an answer as text.
pub(in crate::report) fn write(report: &AccessReport<'_>, terminal: &mut Terminal<'_>) -> io::Result<()> {
    match report {
        AccessReport::Can { request, answer } => can(request, answer, terminal),
        AccessReport::Who { action, resource, standings, all } => {
            terminal.row(0, &[text(format!("{action} on {resource}"), Paint::Bold)])?;
            who(standings, *all, terminal)
        }
        AccessReport::Chains { from, to, chains: [] } => {
            let none = format!("no chain of roles from {from} to {to}");
            terminal.row(0, &[text(none, Paint::Green)])
        }
        AccessReport::Chains { chains, .. } => chains.iter().try_for_each(|one| chain(one, terminal)),
        AccessReport::Escalations { found, steps } => escalations(found, *steps, terminal),
        AccessReport::Comparison(comparison) => compare(comparison, terminal),
        AccessReport::Lints(files) => files.iter().try_for_each(|(file, found)| lints(file, found, terminal)),
    }
}

fn paint(decision: &Decision) -> Paint {
    match decision {
        Decision::Allow => Paint::Green,
        Decision::Deny(_) => Paint::Red,
        Decision::Depends(_) => Paint::Yellow,
    }
}

fn can(request: &Request, answer: &Answer, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let asked = format!("{} may {} on {}", request.principal, request.action, request.resource);
    terminal.row(0, &[text(word(&answer.decision), paint(&answer.decision)), text(asked, Paint::Bold)])?;
    match &answer.decision {
        Decision::Allow => {}
        Decision::Deny(denial) => terminal.row(2, &[text(denial.reason.as_str(), Paint::Plain)])?,
        Decision::Depends(_) => {
            for need in needs(&answer.decision) {
                terminal.row(2, &[text("needs", Paint::Dim), text(need, Paint::Plain)])?;
            }
        }
    }
    terminal.gap()?;
    for layer in &answer.layers {
        write_layer(layer, terminal)?;
    }
    Ok(())
}

fn write_layer(layer: &LayerAnswer, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let (says, paint) = match &layer.says {
        Says::Allow => ("allows", Paint::Green),
        Says::ExplicitDeny => ("denies", Paint::Red),
        Says::ImplicitDeny => ("is silent", Paint::Red),
        Says::Depends(_) => ("depends", Paint::Yellow),
        Says::NotAsked => ("not asked", Paint::Dim),
    };
    let name = format!("{:<23}", layer.layer.name());
    terminal.row(
        2,
        &[text(name, Paint::Plain), text(format!("{says:<9}"), paint), text(layer.reason.as_str(), Paint::Plain)],
    )?;
    layer.statements.iter().try_for_each(|place| terminal.row(38, &[text(statement(place), Paint::Dim)]))
}

/// `statement 2 (OnlyEurope) of arn:…`.
fn statement(place: &StatementRef) -> String {
    let label = place.sid.as_ref().map(|sid| format!(" ({sid})")).unwrap_or_default();
    format!("statement {}{label} of {}", place.statement, place.policy)
}

fn who(standings: &[Standing], all: bool, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let shown: Vec<&Standing> = standings.iter().filter(|standing| all || !is_denied(standing)).collect();
    for inside in [true, false] {
        let part = shown.iter().filter(|standing| standing.inside == inside);
        let rows: Vec<Vec<_>> = part
            .map(|standing| {
                let decision = &standing.answer.decision;
                let needs = short_needs(decision);
                let needs = if needs.is_empty() { needs } else { format!(" ({needs})") };
                vec![
                    text(word(decision), paint(decision)),
                    text(format!("{}{needs}", standing.principal), Paint::Plain),
                ]
            })
            .collect();
        if !rows.is_empty() {
            terminal.heading(if inside { "In the snapshot" } else { "Outside" })?;
            terminal.rows(2, &rows)?;
        }
    }
    let unread: BTreeSet<String> = shown.iter().flat_map(|standing| unread(&standing.answer.decision)).collect();
    if !unread.is_empty() {
        terminal.heading("Not read")?;
        unread.iter().take(MOST_UNREAD).try_for_each(|why| terminal.row(2, &[text(why.as_str(), Paint::Plain)]))?;
        more(unread.len().saturating_sub(MOST_UNREAD), terminal)?;
    }
    let denied = standings.iter().filter(|standing| is_denied(standing)).count();
    terminal.gap()?;
    let may = counted(standings.len() - denied, "principal");
    terminal.row(0, &[text(format!("{may} may, or may under conditions; {denied} denied"), Paint::Plain)])
}

/// Most things not read that are told under a list.
const MOST_UNREAD: usize = 5;

fn unread(decision: &Decision) -> Vec<String> {
    let Decision::Depends(needs) = decision else { return Vec::new() };
    needs.iter().filter(|need| matches!(need, Need::Policy(_))).map(Need::to_string).collect()
}

/// What a decision waits for in one line: keys, and how much was not read.
fn short_needs(decision: &Decision) -> String {
    let Decision::Depends(needs) = decision else { return String::new() };
    let keys = needs.iter().filter_map(|need| match need {
        Need::Key(key) => Some(key.clone()),
        Need::Policy(_) => None,
    });
    let organization = needs.iter().any(Access::is_about_organization);
    let unread = needs.iter().filter(|need| matches!(need, Need::Policy(_)) && !Access::is_about_organization(need));
    let unread = match unread.count() {
        0 => None,
        count => Some(format!("{} not read", counted(count, "policy"))),
    };
    let organization = organization.then(|| "organization not read".to_owned());
    keys.chain(unread).chain(organization).collect::<Vec<_>>().join(", ")
}

fn sure(certain: bool) -> (&'static str, Paint) {
    if certain { ("certain", Paint::Red) } else { ("depends", Paint::Yellow) }
}

fn chain(one: &Chain, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let (word, paint) = sure(one.certain);
    let from = one.hops.first().map_or("the same principal", |hop| hop.from.as_str());
    terminal.row(0, &[text(word, paint), text(from, Paint::Bold)])?;
    for hop in &one.hops {
        terminal.row(4, &[text(hop.action.as_str(), Paint::Dim), text(hop.to.as_str(), Paint::Plain)])?;
        write_requirements(&hop.requirements, terminal)?;
    }
    one.notes
        .iter()
        .try_for_each(|note| terminal.row(4, &[text("note:", Paint::Bold), text(note.as_str(), Paint::Plain)]))?;
    terminal.gap()
}

fn write_requirements(requirements: &[Requirement], terminal: &mut Terminal<'_>) -> io::Result<()> {
    requirements
        .iter()
        .try_for_each(|asked| terminal.row(8, &[text("if", Paint::Yellow), text(asked.words.as_str(), Paint::Plain)]))
}

fn escalations(found: &Escalations, steps: bool, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let mut principals: BTreeMap<&str, Vec<&Escalation>> = BTreeMap::new();
    for way in &found.found {
        principals.entry(way.principal.as_str()).or_default().push(way);
    }
    if principals.is_empty() {
        terminal.row(0, &[text("nobody was found who can get more permissions", Paint::Green)])?;
    }
    for (principal, ways) in &principals {
        terminal.row(0, &[text(*principal, Paint::Bold)])?;
        if steps {
            ways.iter().try_for_each(|way| escalation(way, terminal))?;
        } else {
            summary(ways, terminal)?;
        }
        terminal.gap()?;
    }
    if !steps && !principals.is_empty() {
        let help = "every step with what it needs: --principal NAME, with the statements: --format json";
        terminal.row(0, &[text(help, Paint::Dim)])?;
    }
    let everything = principals.values().filter(|ways| ways.iter().any(|way| way.everything)).count();
    let counts = format!(
        "{} can get more, {everything} of them everything; {} nothing to gain",
        counted(principals.len(), "principal"),
        match found.administrators.len() {
            1 => "1 may do everything already and has".to_owned(),
            count => format!("{count} may do everything already and have"),
        },
    );
    terminal.row(0, &[text(counts, Paint::Plain)])?;
    if !found.unread.is_empty() {
        let unread =
            format!("policies of {} were not read: they may do more", counted(found.unread.len(), "principal"));
        terminal.row(0, &[text("note:", Paint::Bold), text(unread, Paint::Plain)])?;
    }
    if !found.unfinished.is_empty() {
        let open = format!("{} could try more targets than were tried", counted(found.unfinished.len(), "principal"));
        terminal.row(0, &[text("note:", Paint::Bold), text(open, Paint::Plain)])?;
    }
    Ok(())
}

/// Most ways of one principal that a summary names.
const MOST_WAYS: usize = 6;

/// The paths of one principal, one line each: where it leads and what it gives.
fn summary(ways: &[&Escalation], terminal: &mut Terminal<'_>) -> io::Result<()> {
    let mut paths: Vec<(&Escalation, usize)> = Vec::new();
    for way in ways {
        match paths.iter_mut().find(|(first, _)| first.path == way.path && first.certain == way.certain) {
            Some((_, others)) => *others += 1,
            None => paths.push((way, 0)),
        }
    }
    let rows: Vec<Vec<_>> = paths
        .iter()
        .take(MOST_WAYS)
        .map(|(way, others)| {
            let (word, paint) = sure(way.certain);
            let grade = if way.everything { Paint::BoldRed } else { Paint::Plain };
            vec![text(word, paint), text(way.path.as_str(), Paint::Cyan), text(leads(way, *others), grade)]
        })
        .collect();
    terminal.rows(2, &rows)?;
    more(paths.len().saturating_sub(MOST_WAYS), terminal)
}

/// `every permission in account 111122223333 as role/admin (and 2 more)`.
fn leads(way: &Escalation, others: usize) -> String {
    let target = way.target.as_deref().map(|arn| arn.splitn(6, ':').nth(5).unwrap_or(arn));
    let by = target.map(|target| format!(" by {target}")).unwrap_or_default();
    let others = match (others, way.more_targets) {
        (0, false) => String::new(),
        _ => " and others".to_owned(),
    };
    format!("{}{by}{others}", way.gains.first().map(String::as_str).unwrap_or_default())
}

fn escalation(way: &Escalation, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let (word, paint) = sure(way.certain);
    let more = if way.more_targets { ", and by other targets" } else { "" };
    let gains = format!("{}{more}", way.gains.join("; "));
    let grade = if way.everything { Paint::BoldRed } else { Paint::Plain };
    terminal.row(2, &[text(word, paint), text(way.path.as_str(), Paint::Cyan), text(gains, grade)])?;
    for step in &way.steps {
        write_step(step, terminal)?;
    }
    match &way.unless {
        Some(unless) => terminal.row(8, &[text("if", Paint::Yellow), text(unless.as_str(), Paint::Plain)]),
        None => Ok(()),
    }
}

fn write_step(step: &Step, terminal: &mut Terminal<'_>) -> io::Result<()> {
    terminal.row(6, &[text(step.action.as_str(), Paint::Dim), text(step.resource.as_str(), Paint::Plain)])?;
    write_requirements(&step.requirements, terminal)
}

fn compare(comparison: &Comparison, terminal: &mut Terminal<'_>) -> io::Result<()> {
    terminal.row(0, &[text(comparison.relation.to_string(), Paint::Bold)])?;
    for gained in &comparison.gained {
        terminal.row(2, &[text("+", Paint::Red), text(gained.to_string(), Paint::Red)])?;
    }
    more(comparison.gained_more, terminal)?;
    for lost in &comparison.lost {
        terminal.row(2, &[text("-", Paint::Green), text(lost.to_string(), Paint::Green)])?;
    }
    more(comparison.lost_more, terminal)?;
    let witnesses = [("allowed now:", &comparison.gained_witness), ("denied now:", &comparison.lost_witness)];
    for (label, request) in witnesses {
        if let Some(request) = request {
            terminal.row(2, &[text(label, Paint::Bold), text(in_words(request), Paint::Plain)])?;
        }
    }
    Ok(())
}

fn more(count: usize, terminal: &mut Terminal<'_>) -> io::Result<()> {
    if count == 0 { Ok(()) } else { terminal.row(4, &[text(format!("and {count} more"), Paint::Dim)]) }
}

fn in_words(request: &Request) -> String {
    format!("{} on {} by {}", request.action, request.resource, request.principal)
}

fn lints(file: &str, found: &[Lint], terminal: &mut Terminal<'_>) -> io::Result<()> {
    if found.is_empty() {
        return terminal.row(0, &[text(format!("{file}: nothing"), Paint::Green)]);
    }
    terminal.row(0, &[text(format!("{file}: {}", counted(found.len(), "lint")), Paint::Bold)])?;
    let rows: Vec<Vec<_>> = found
        .iter()
        .map(|lint| vec![text(lint.place.as_str(), Paint::Cyan), text(lint.message.as_str(), Paint::Plain)])
        .collect();
    terminal.rows(2, &rows)
}
