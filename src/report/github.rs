//! Workflow commands of GitHub Actions, which become annotations of a change.
//!
//! What denies is an error, what fails without denying a warning, what is not known a notice, one
//! for all rules that wait for the same. The last notice is the answer: why the exit code is what it
//! is, from which scan the plan was filled, and what the unknown evaluations wait for.
//! GitHub shows ten annotations of a level for each step and drops the others without a word, so
//! the tenth says how many there are, and the log lists them. What is accepted is only counted.

use std::collections::BTreeMap;

use crate::gate::Decision;
use crate::model::{Rule, SourcePlace, Verdict};

use super::foreign::{first_sentence, shortened, visible};
use super::judgement::Judgement;
use super::told;

/// Annotations of a level that GitHub shows for one step.
const SHOWN: usize = 10;

/// Characters of a message.
const LONGEST: usize = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Error,
    Warning,
    Notice,
}

impl Level {
    /// With how many annotations of each level there is room for.
    const ALL: [(Self, usize); 3] = [(Self::Error, SHOWN), (Self::Warning, SHOWN), (Self::Notice, SHOWN - 1)];

    const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }

    fn of(judgement: &Judgement) -> Option<Self> {
        match judgement.verdict {
            _ if judgement.denies => Some(Self::Error),
            Verdict::Fail { .. } => Some(Self::Warning),
            Verdict::Unknown { .. } => Some(Self::Notice),
            Verdict::Waived { .. } | Verdict::Pass => None,
        }
    }
}

struct Annotation<'a> {
    level: Level,
    title: String,
    message: String,
    declared: Option<&'a SourcePlace>,
}

/// The workflow commands, a line each: errors, warnings, notices, and at the end the answer.
#[must_use]
pub fn render(decision: &Decision, judgements: &[Judgement], rules: &[Rule]) -> String {
    let stops = told::budget_line(decision).filter(|_| told::budget_stops(decision));
    // Before the others: what is beyond the tenth is not shown.
    let mut all: Vec<Annotation<'_>> = stops
        .map(|message| Annotation {
            level: Level::Error,
            title: "plimsoll: the budget policy".to_owned(),
            message,
            declared: None,
        })
        .into_iter()
        .collect();
    all.extend(annotations(judgements, rules));
    all.extend(decision.incomplete.iter().map(|reason| Annotation {
        level: Level::Error,
        title: "plimsoll: the plan does not tell everything".to_owned(),
        message: reason.clone(),
        declared: None,
    }));
    let mut text = String::new();
    let mut rest = Vec::new();
    for (level, room) in Level::ALL {
        let of_level: Vec<&Annotation<'_>> = all.iter().filter(|one| one.level == level).collect();
        let shown = if of_level.len() > room { room - 1 } else { of_level.len() };
        of_level[..shown].iter().for_each(|one| text.push_str(&one.command()));
        if shown < of_level.len() {
            let more = format!("{} more of this kind are listed in the log of this step", of_level.len() - shown);
            text.push_str(&command(level, "plimsoll: not all are shown", None, &more));
            rest.extend_from_slice(&of_level[shown..]);
        }
    }
    if !rest.is_empty() {
        let lines: String = rest.iter().map(|one| one.log_line()).collect();
        text = format!("{text}::group::{} more\n{lines}::endgroup::\n", rest.len());
    }
    let title = format!("plimsoll: {}", decision.word());
    text + &command(Level::Notice, &title, None, &answer(decision))
}

/// What is to be said; unknown evaluations of one place that wait for the same as one.
fn annotations<'a>(judgements: &'a [Judgement], rules: &[Rule]) -> Vec<Annotation<'a>> {
    let mut all: Vec<Annotation<'_>> = Vec::new();
    let mut waiting: BTreeMap<(&str, String), Vec<&Judgement>> = BTreeMap::new();
    for judgement in judgements.iter().filter(|one| !one.is_only_counted()) {
        if Level::of(judgement) == Some(Level::Notice) {
            waiting.entry((judgement.place(), judgement.message())).or_default().push(judgement);
        } else {
            all.extend(annotation(judgement, rules));
        }
    }
    let mut notices: Vec<(usize, Annotation<'_>)> = Vec::new();
    for ((place, message), members) in waiting {
        let Some(first) = members.first() else { continue };
        if members.len() == 1 {
            notices.extend(annotation(first, rules).map(|one| (1, one)));
            continue;
        }
        let named: Vec<String> = members.iter().map(|one| format!("{} ({})", one.rule, one.severity)).collect();
        let title = format!("{} rules wait for the same", members.len());
        let message = format!("{place}: {message}\n{}", named.join(", "));
        notices.push((
            members.len(),
            Annotation { level: Level::Notice, title, message, declared: first.declared.as_ref() },
        ));
    }
    // Where most is open first: there is room for few.
    notices.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    all.extend(notices.into_iter().map(|(_, notice)| notice));
    all
}

fn annotation<'a>(judgement: &'a Judgement, rules: &[Rule]) -> Option<Annotation<'a>> {
    let level = Level::of(judgement)?;
    let rule = rules.iter().find(|rule| rule.id == judgement.rule);
    let title = rule.map_or_else(|| judgement.rule.to_string(), |rule| rule.title.clone());
    let mut message = format!("{}: {}\n{}", judgement.place(), judgement.message(), judgement.rule);
    if let Some(rule) = rule.filter(|_| level != Level::Notice) {
        message = format!("{message}: {}", first_sentence(&rule.remediation.text));
    }
    let title = format!("{}: {title}", judgement.severity);
    Some(Annotation { level, title, message, declared: judgement.declared.as_ref() })
}

/// `1 new failure, 2 unknown; indicator over the plan: adds 1 failing of 4: 75.0 % -> 50.0 %`, and a
/// line for each other thing that a reader must know.
fn answer(decision: &Decision) -> String {
    let mut lines = vec![
        format!("{}; indicator over the plan: {}", decision.counts(), decision.sli),
        format!("{}. {}", decision.why(), told::policy(decision)),
    ];
    lines.extend(told::budget_line(decision));
    lines.extend(decision.remark.map(|remark| format!("About the plan: {remark}")));
    if let Some(scan) = &decision.filled {
        lines.push(told::filled(scan));
        lines.extend(scan.notes.iter().cloned());
    }
    for group in told::cause_groups(decision) {
        let causes: Vec<String> = group.causes.iter().map(|one| told::cause(one)).collect();
        let more = if group.more > 0 { format!("; and {} more", group.more) } else { String::new() };
        lines.push(format!("Unknown, {}: {}{more}", group.meaning, causes.join("; ")));
    }
    lines.extend(told::unlisted_sentence(decision));
    lines.join("\n")
}

impl Annotation<'_> {
    fn command(&self) -> String {
        command(self.level, &self.title, self.declared, &self.message)
    }

    /// For the log alone: a line that the runner does not take for a command, in either of its
    /// two spellings (`::name::` at the beginning of a line, `##[name]` anywhere).
    fn log_line(&self) -> String {
        let place = self.declared.map_or_else(String::new, |declared| format!("{declared}: "));
        let line = format!("{} {place}{}: {}", self.level.name(), self.title, self.message);
        format!("{}\n", harmless(&line).replace('\n', " "))
    }
}

fn command(level: Level, title: &str, declared: Option<&SourcePlace>, message: &str) -> String {
    let place =
        declared.map_or_else(String::new, |place| format!("file={},line={},", property(&place.file), place.line));
    format!("::{} {place}title={}::{}\n", level.name(), property(title), data(message))
}

fn harmless(text: &str) -> String {
    shortened(&visible(text), LONGEST).replace("##[", "## [")
}

/// The message of a command, as the runner reads it back.
fn data(text: &str) -> String {
    harmless(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a command, as the runner reads it back.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_and_a_message_hold_what_would_end_them() {
        let place = SourcePlace { file: "a,b:100%.tf".to_owned(), line: 3 };
        assert_eq!(
            command(Level::Error, "one: two,\nthree", Some(&place), "50 %, a::b\n##[add-mask]x\r"),
            "::error file=a%2Cb%3A100%25.tf,line=3,title=one%3A two%2C%0Athree::50 %25, a::b%0A## [add-mask]x\u{fffd}\n"
        );
    }
}
