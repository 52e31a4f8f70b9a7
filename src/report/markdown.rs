//! The gate's answer as Markdown, for the comment of a pull request.
//!
//! The first line is the answer, the last line a mark by which the comment is found again and
//! written anew in its place. The same plan gives the same bytes. What does not fit into a comment
//! is left out, and said to be. Texts from the plan cannot become Markdown, HTML, a link or a
//! mention: see [`prose`] and [`code`]. What is unknown is told by cause first, then by address, in
//! one row for all rules that wait for the same; what the plan does not change is only counted.

use std::collections::BTreeMap;

use crate::gate::Decision;
use crate::model::{Rule, Verdict};
use crate::slo::policy::Outcome;

use super::foreign::{first_sentence, shortened, visible};
use super::judgement::Judgement;
use super::terminal::counted;
use super::told;

/// The line by which a comment is known as the gate's.
pub const MARK: &str = "<!-- plimsoll-gate -->";

/// Bytes of the whole. GitHub takes 65,536 characters; what a workflow adds has to fit as well.
const LONGEST: usize = 64_000;

/// Bytes for the line about what is left out, and for the mark.
const FOOT: usize = 300;

/// Characters of an address, of a message and of a fix in the table.
const CELLS: [usize; 3] = [200, 400, 200];

/// Characters of a word that may be broken.
const LONG_WORD: usize = 16;

/// Reasons why a plan does not tell everything that are listed.
const REASONS: usize = 10;

/// The comment.
#[must_use]
pub fn render(decision: &Decision, judgements: &[Judgement], rules: &[Rule]) -> String {
    let mut comment = Comment { text: head(decision), left_out: 0 };
    for group in Group::ALL {
        let members: Vec<&Judgement> = judgements.iter().filter(|judgement| group.holds(judgement)).collect();
        match group {
            Group::Unknown => comment.waiting(decision, &members),
            _ => comment.failing(*group, &members, rules),
        }
        if *group == Group::Denies {
            comment.fixes(&members, rules);
        }
    }
    comment.finish()
}

/// What the tables are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    Denies,
    Fails,
    Unknown,
    Waived,
}

impl Group {
    const ALL: &[Self] = &[Self::Denies, Self::Fails, Self::Unknown, Self::Waived];

    const fn title(self) -> &'static str {
        match self {
            Self::Denies => "Denies the plan",
            Self::Fails => "Fails, and does not deny",
            Self::Unknown => "Not known before apply, so not a pass",
            Self::Waived => "Fails, and was accepted",
        }
    }

    fn holds(self, judgement: &Judgement) -> bool {
        match (&judgement.verdict, judgement.denies) {
            (Verdict::Pass, _) => false,
            (_, true) => matches!(self, Self::Denies),
            (Verdict::Fail { .. }, false) => matches!(self, Self::Fails),
            (Verdict::Unknown { .. }, false) => matches!(self, Self::Unknown) && !judgement.is_only_counted(),
            (Verdict::Waived { .. }, false) => matches!(self, Self::Waived),
        }
    }
}

fn head(decision: &Decision) -> String {
    let (sign, answer) = match decision.answer() {
        Outcome::Allowed => ("✅", "allowed"),
        Outcome::Warned => ("✅", "allowed, with a warning"),
        Outcome::Override => ("⚠️", "allowed, as people set the answer aside"),
        Outcome::Denied => ("❌", "denied"),
        Outcome::Frozen => ("❌", "frozen by the budget policy"),
        Outcome::ApprovalRequired => ("✋", "approval required by the budget policy"),
        Outcome::Incomplete => ("⚠️", "no answer, the plan is incomplete"),
    };
    let counts = decision.counts();
    let sli = decision.sli.to_string().replace("->", "→");
    let mut why = decision.why();
    why.replace_range(..1, "E");
    let policy = told::policy(decision);
    let mut head =
        format!("### {sign} plimsoll gate: {answer}\n\n{counts}.\nIndicator over the plan: {sli}.\n{why}. {policy}.\n");
    if let Some((answer, because)) = told::budget(decision).split_first() {
        let because = because.iter().take(REASONS).map(|reason| format!("- {}\n", prose(&shortened(reason, CELLS[1]))));
        let list: String = because.collect();
        head = format!("{head}\n**{answer}**\n\n{list}");
    }
    if let Some(remark) = decision.remark {
        head = format!("{head}\n**About the plan:** {remark}.\n");
    }
    if let Some(scan) = &decision.filled {
        head = format!("{head}\n{}.\n", prose(&shortened(&told::filled(scan), CELLS[1])));
        let notes = scan.notes.iter().take(REASONS).map(|note| format!("- {}\n", prose(&shortened(note, CELLS[1]))));
        head.extend(notes);
    }
    if !decision.incomplete.is_empty() {
        let reasons = counted(decision.incomplete.len(), "reason");
        let listed = decision.incomplete.iter().take(REASONS).map(|reason| prose(&shortened(reason, CELLS[1])));
        let more = decision.incomplete.len().saturating_sub(REASONS);
        let more = (more > 0).then(|| format!("and {more} more"));
        let list: Vec<String> = listed.chain(more).map(|line| format!("- {line}\n")).collect();
        head = format!("{head}\n**{reasons} why the plan does not tell everything:**\n\n{}", list.concat());
    }
    head
}

/// A comment that is being written.
struct Comment {
    text: String,
    left_out: usize,
}

impl Comment {
    /// Adds a text when it and `after` fit.
    fn add(&mut self, text: &str, after: usize) -> bool {
        let fits = self.text.len() + text.len() + after + FOOT <= LONGEST;
        if fits {
            self.text.push_str(text);
        }
        fits
    }

    /// A section with a table, as much of it as fits. A row is told with how many findings it holds.
    fn section(&mut self, open: &str, title: &str, table: &str, rows: &[(usize, String)]) {
        const END: &str = "\n</details>\n";
        let all: usize = rows.iter().map(|(findings, _)| findings).sum();
        let begin = format!("\n<details{open}>\n<summary><b>{title}</b></summary>\n\n{table}");
        let first = rows.first().map_or(0, |(_, row)| row.len());
        if !self.add(&begin, first + END.len()) {
            self.left_out += all;
            return;
        }
        let written: usize =
            rows.iter().take_while(|(_, row)| self.add(row, END.len())).map(|(findings, _)| findings).sum();
        self.left_out += all - written;
        self.text.push_str(END);
    }

    fn failing(&mut self, group: Group, members: &[&Judgement], rules: &[Rule]) {
        if members.is_empty() {
            return;
        }
        let open = if group == Group::Denies { " open" } else { "" };
        let table = "| address | rule | severity | message | fix |\n| --- | --- | --- | --- | --- |\n";
        let rows: Vec<(usize, String)> = members.iter().map(|member| (1, row(member, rules))).collect();
        self.section(open, &format!("{}: {}", group.title(), members.len()), table, &rows);
    }

    /// What is unknown: the causes, and what waits for them.
    fn waiting(&mut self, decision: &Decision, members: &[&Judgement]) {
        let groups = told::cause_groups(decision);
        if groups.is_empty() {
            return;
        }
        let mut lines = vec![format!("{}\n", prose(&format!("{}:", told::waiting(decision))))];
        for group in groups {
            lines.push(format!("- {}", prose(group.meaning)));
            let named = group.causes.iter().map(|one| prose(&shortened(&told::cause(one), CELLS[1])));
            let more = (group.more > 0).then(|| format!("and {}", counted(group.more, "more cause")));
            lines.extend(named.chain(more).map(|cause| format!("  - {cause}")));
        }
        lines.extend(told::unlisted_sentence(decision).map(|sentence| format!("\n{}.", prose(&sentence))));
        let rows = waiting_rows(members);
        if !rows.is_empty() {
            lines.push("\n| address | rules | waits for |\n| --- | --- | --- |".to_owned());
        }
        let causes = format!("{}\n", lines.join("\n"));
        let title = format!("{}: {}", Group::Unknown.title(), told::unlisted(decision) + members.len());
        self.section("", &title, &causes, &rows);
    }

    /// The Terraform of each rule, once.
    fn fixes(&mut self, members: &[&Judgement], rules: &[Rule]) {
        let broken = rules.iter().filter(|rule| members.iter().any(|member| member.rule == rule.id));
        for rule in broken {
            let Some(terraform) = &rule.remediation.terraform else { continue };
            let terraform = visible(terraform.trim_end());
            let fence = "`".repeat(longest_run(&terraform, '`').max(2) + 1);
            let title = format!("How to fix {}: {}", code(rule.id.as_str()), prose(&rule.title));
            let text = prose(rule.remediation.text.trim());
            self.add(
                &format!("\n<details>\n<summary>{title}</summary>\n\n{text}\n\n{fence}hcl\n{terraform}\n{fence}\n\n</details>\n"),
                0,
            );
        }
    }

    fn finish(self) -> String {
        let left_out = if self.left_out > 0 {
            let findings = counted(self.left_out, "finding");
            format!(
                "\n**{findings} left out**, because a comment cannot hold them: `plimsoll gate` prints all of them.\n"
            )
        } else {
            String::new()
        };
        format!("{}{left_out}\n{MARK}\n", self.text)
    }
}

/// The address, and file and line where they are known.
fn place(judgement: &Judgement) -> String {
    let [longest, ..] = CELLS;
    let file = judgement
        .declared
        .as_ref()
        .map_or_else(String::new, |declared| format!("<br>{}", prose(&shortened(&declared.to_string(), longest))));
    format!("{}{file}", code(&shortened(judgement.place(), longest)))
}

/// A row for all rules that wait for the same at one place, with how many they are.
fn waiting_rows(members: &[&Judgement]) -> Vec<(usize, String)> {
    let mut groups: Vec<Vec<&Judgement>> = Vec::new();
    let mut numbers: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for member in members {
        let number = *numbers.entry((member.place(), member.message())).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[number].push(member);
    }
    let row = |group: Vec<&Judgement>| {
        let first = group.first()?;
        let rules: Vec<String> =
            group.iter().map(|one| format!("{} {}", code(one.rule.as_str()), one.severity)).collect();
        let message = first.message();
        let waits_for = message.strip_prefix("unknown, not a pass: ").unwrap_or(&message);
        let waits_for = prose(&shortened(waits_for, CELLS[1]));
        Some((group.len(), format!("| {} | {} | {waits_for} |\n", place(first), rules.join("<br>"))))
    };
    groups.into_iter().filter_map(row).collect()
}

fn row(judgement: &Judgement, rules: &[Rule]) -> String {
    let [_, message, fix] = CELLS;
    // What is not known or was accepted needs no mending, and its table says what it is.
    let fails = judgement.denies || matches!(judgement.verdict, Verdict::Fail { .. });
    let effect = judgement.effect.filter(|_| fails).map_or_else(String::new, |effect| format!("{}: ", effect.name()));
    let rule = rules.iter().find(|rule| fails && rule.id == judgement.rule);
    format!(
        "| {} | {} | {} | {effect}{} | {} |\n",
        place(judgement),
        code(judgement.rule.as_str()),
        judgement.severity,
        prose(&shortened(&judgement.message(), message)),
        rule.map_or_else(String::new, |rule| prose(&shortened(first_sentence(&rule.remediation.text), fix))),
    )
}

/// A sentence from outside, as the inside of one line. Words of letters, and short numbers, stay as
/// they are; all others become code, in which nobody is mentioned and nothing is linked.
pub(super) fn prose(text: &str) -> String {
    let words = text.split_whitespace().map(|word| {
        let start = word.len() - word.trim_start_matches('(').len();
        let end = word.trim_end_matches(['.', ',', ';', ':', ')', '?']).len().max(start);
        let (before, core, after) = (&word[..start], &word[start..end], &word[end..]);
        let plain = core.chars().all(|letter| letter.is_alphabetic() || matches!(letter, '-' | '\'' | '…'))
            || core.len() <= 6 && core.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '.' | '%'));
        let core = if plain { visible(core) } else { code(core.trim_matches('`')) };
        format!("{before}{core}{after}")
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A text from outside as code, in which no character means anything. A long one may be broken
/// behind its punctuation, so that a table stays as wide as the page; a copy of it has no breaks.
pub(super) fn code(text: &str) -> String {
    let text = visible(text);
    let long = text.chars().nth(LONG_WORD).is_some();
    let letter = |letter: char| {
        let written = match letter {
            // With nothing behind it this is no mail address, and without code no mention.
            '@' => "&#64;<!-- -->".to_owned(),
            '\n' | '\t' => " ".to_owned(),
            '/' | '-' | ',' => letter.to_string(),
            letter if letter.is_ascii_punctuation() => format!("&#{};", u32::from(letter)),
            letter => letter.to_string(),
        };
        if long && matches!(letter, '.' | '/' | '_' | ':') { written + "<wbr>" } else { written }
    };
    let inside: String = text.chars().map(letter).collect();
    format!("<code>{inside}</code>")
}

fn longest_run(text: &str, of: char) -> usize {
    let (mut longest, mut run) = (0, 0);
    for letter in text.chars() {
        run = if letter == of { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words_and_all_else_is_code() {
        assert_eq!(prose("tcp 22 is open to 0.0.0.0/0"), "tcp 22 is open to <code>0&#46;0&#46;0&#46;0/0</code>");
        assert_eq!(prose("(ask @admin, or `x_y`.)"), "(ask <code>&#64;<!-- -->admin</code>, or <code>x&#95;y</code>.)");
        assert_eq!(prose("a\n| b </details>"), "a <code>&#124;</code> b <code>&#60;/details&#62;</code>");
        assert_eq!(prose("GH-12 IPv4 99.1 %"), "<code>GH-12</code> IPv4 99.1 %");
    }

    #[test]
    fn a_fence_is_longer_than_any_in_the_text() {
        assert_eq!(longest_run("a``b```c`", '`'), 3);
    }
}
