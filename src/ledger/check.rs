//! Looking for damage: what the database says of its storage, and what must hold between the rows.
//!
//! Each fault is a sentence. The ledger writes in transactions, so that none of them can come from
//! a process or a machine that stopped; they come from disks, from hands, or from an error of ours.

use jiff::Timestamp;

use super::db::{Row, Transaction, sql};
use super::row::{from_json, time};
use super::window::{integrals, standing};
use super::{Ledger, LedgerError, query};
use crate::model::content_hash;
use crate::sli::Integrals;

/// How many faults of one kind are named.
const NAMED: usize = 5;

impl Ledger {
    /// Reads the whole ledger and looks for damage.
    ///
    /// # Errors
    /// When there is damage, all that was found; or when the ledger cannot be read.
    pub async fn check(&self) -> Result<(), LedgerError> {
        let mut faults = self.db.storage_faults().await?;
        match self.faults_between_rows().await {
            Ok(more) => faults.extend(more),
            Err(error) if faults.is_empty() => return Err(error),
            // Rows that cannot be read are what was just found.
            Err(error) => tracing::debug!(%error, "the rows could not be looked at"),
        }
        if faults.is_empty() {
            return Ok(());
        }
        Err(LedgerError::Damaged { place: self.place().clone(), faults })
    }

    async fn faults_between_rows(&self) -> Result<Vec<String>, LedgerError> {
        let mut transaction = self.db.survey().await?;
        let mut faults = Vec::new();
        for rule in RULES {
            faults.extend(rule.faults(&mut transaction).await?);
        }
        faults.extend(documents(&mut transaction).await?);
        faults.extend(time_integrals(&mut transaction).await?);
        faults.extend(open_findings(&mut transaction).await?);
        Ok(faults)
    }
}

/// What must hold between rows: a query for what breaks it, and how that is said.
struct Rule {
    /// Gives one text per fault, as `what`.
    broken: &'static str,
    says: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        broken: "SELECT versions.document AS what FROM versions LEFT JOIN documents ON hash = versions.document \
                 WHERE hash IS NULL",
        says: "a version's document is not there",
    },
    Rule {
        broken: "SELECT last_known AS what FROM versions LEFT JOIN documents ON hash = last_known \
                 WHERE hash IS NULL AND last_known IS NOT NULL",
        says: "the document that a version was last known by is not there",
    },
    Rule {
        broken: "SELECT resource AS what FROM versions WHERE valid_to IS NULL \
                 GROUP BY account, region, type, resource HAVING count(*) > 1",
        says: "a resource has more than one latest version",
    },
    Rule {
        broken: "SELECT resource AS what FROM (SELECT resource, valid_from, lag(coalesce(valid_to, 9223372036854775807)) \
                 OVER (PARTITION BY account, region, type, resource ORDER BY valid_from, id) AS ended FROM versions) \
                 AS following WHERE ended > valid_from",
        says: "two versions of a resource overlap",
    },
    Rule {
        broken: "SELECT resource AS what FROM versions WHERE valid_to <= valid_from",
        says: "a version ends before it begins",
    },
    Rule {
        broken: "SELECT resource AS what FROM versions LEFT JOIN scans ON scans.id = valid_from WHERE scans.id IS NULL \
                 UNION ALL SELECT resource FROM versions LEFT JOIN scans ON scans.id = valid_to \
                 WHERE scans.id IS NULL AND valid_to IS NOT NULL",
        says: "a version's scan is not there",
    },
    Rule {
        broken: "SELECT resource AS what FROM changes LEFT JOIN scans ON scans.id = scan WHERE scans.id IS NULL",
        says: "the scan that saw a change is not there",
    },
    Rule {
        broken: "SELECT id AS what FROM findings WHERE resolved_at IS NULL GROUP BY id HAVING count(*) > 1",
        says: "a finding is open more than once",
    },
    Rule {
        broken: "SELECT id AS what FROM (SELECT id, opening, resolved_at, max(opening) OVER (PARTITION BY id) AS newest \
                 FROM findings) AS openings WHERE resolved_at IS NULL AND opening < newest",
        says: "a finding is open that was opened again later",
    },
    Rule {
        broken: "SELECT id AS what FROM findings WHERE (resolved_at IS NULL) <> (resolution IS NULL)",
        says: "a finding is resolved in no way, or is open and resolved",
    },
    Rule {
        broken: "SELECT id AS what FROM findings WHERE (bound IS NULL) <> (delay IS NULL) OR delay < 0 \
                 OR (bound IS NULL AND event IS NOT NULL) OR (bound = 'exact' AND event IS NULL)",
        says: "the detection of a finding has no delay, or no call that it is exact by",
    },
    Rule {
        broken: "SELECT id AS what FROM findings WHERE awaited IS NOT NULL AND coalesce(bound, '') <> 'upper'",
        says: "a call is looked for that explains nothing",
    },
    Rule {
        broken: "SELECT account AS what FROM listings WHERE complete AND whole_at IS NOT NULL",
        says: "a list is whole and remembers when it was whole last",
    },
    Rule {
        broken: "SELECT CAST(id AS TEXT) AS what FROM (SELECT id, at, lag(at) OVER (ORDER BY id) AS before FROM scans) \
                 AS following WHERE at < before",
        says: "a scan holds from before the one before it",
    },
    Rule {
        broken: "SELECT CAST(max(id) AS TEXT) AS what FROM scans \
                 HAVING count(*) > 0 AND max(id) <> coalesce((SELECT scan FROM latest), 0)",
        says: "the latest scan is not the one that is kept in full",
    },
    Rule {
        broken: "SELECT digest AS what FROM (SELECT slo, pass_ms - lag(pass_ms) OVER points AS pass_ms, \
                 critical_ms - lag(critical_ms) OVER points AS critical_ms, high_ms - lag(high_ms) OVER points AS high_ms, \
                 medium_ms - lag(medium_ms) OVER points AS medium_ms, low_ms - lag(low_ms) OVER points AS low_ms, \
                 waived_ms - lag(waived_ms) OVER points AS waived_ms, unknown_ms - lag(unknown_ms) OVER points AS unknown_ms, \
                 open_ms - lag(open_ms) OVER points AS open_ms, within - lag(within) OVER points AS within, \
                 late - lag(late) OVER points AS late \
                 FROM slo_points WINDOW points AS (PARTITION BY slo ORDER BY at, scan)) AS steps \
                 JOIN slos ON slos.id = slo WHERE pass_ms < 0 OR critical_ms < 0 OR high_ms < 0 OR medium_ms < 0 \
                 OR low_ms < 0 OR waived_ms < 0 OR unknown_ms < 0 OR open_ms < 0 OR within < 0 OR late < 0",
        says: "the tally of an objective falls",
    },
    Rule {
        broken: "SELECT CAST(notifications.id AS TEXT) AS what FROM notifications \
                 LEFT JOIN policy_transitions ON policy_transitions.id = transition WHERE policy_transitions.id IS NULL",
        says: "the transition that somebody was told of is not there",
    },
    Rule {
        broken: "SELECT outcome AS what FROM (SELECT outcome, reason, count(*) AS kept FROM decisions \
                 GROUP BY outcome, reason) AS answers LEFT JOIN decision_counts USING (outcome, reason) \
                 WHERE kept > coalesce(times, 0)",
        says: "more answers of the gate are kept than were counted",
    },
];

impl Rule {
    async fn faults(&self, transaction: &mut Transaction<'_>) -> Result<Vec<String>, LedgerError> {
        let rows = transaction.all(sql(self.broken)).await?;
        let what = rows.iter().map(|row| row.get("what")).collect::<Result<Vec<String>, _>>()?;
        Ok(named(self.says, &what))
    }
}

/// One sentence per fault, and one for those that are not named.
fn named(says: &str, what: &[String]) -> Vec<String> {
    let mut faults: Vec<String> = what.iter().take(NAMED).map(|what| format!("{says}: {what}")).collect();
    if what.len() > NAMED {
        faults.push(format!("{says}: {} more", what.len() - NAMED));
    }
    faults
}

/// A document is kept by its content, so that nothing can change it unseen.
async fn documents(transaction: &mut Transaction<'_>) -> Result<Vec<String>, LedgerError> {
    let mut other = Vec::new();
    let take = |row: &Row| {
        let (hash, text): (String, &str) = (row.get("hash")?, row.get("document")?);
        let same = from_json("a document", text).is_ok_and(|document| content_hash(&document) == hash);
        other.extend((!same).then_some(hash));
        Ok(())
    };
    transaction.each(sql("SELECT hash, document FROM documents ORDER BY hash"), take).await?;
    Ok(named("a document is not what it was when it was recorded", &other))
}

/// Time only adds up: from scan to scan, and to what the counters say.
async fn time_integrals(transaction: &mut Transaction<'_>) -> Result<Vec<String>, LedgerError> {
    let mut before: Option<Integrals> = None;
    let mut falls: Vec<String> = Vec::new();
    let take = |row: &Row| {
        let now = integrals(row)?;
        if before.as_ref().is_some_and(|before| !adds_up(before, &now)) {
            falls.push(row.get::<i64>("id")?.to_string());
        }
        before = Some(now);
        Ok(())
    };
    transaction.each(sql("SELECT id, integrals FROM scans ORDER BY id"), take).await?;
    let mut faults = named("time in some state is less after a scan than before it", &falls);
    let counters = query::counters(transaction).await?;
    if before.is_some_and(|last| last != counters.integrals) {
        faults.push("the counters and the latest scan disagree about time in states".to_owned());
    }
    Ok(faults)
}

/// Whether nothing is less than before: then the step from one to the other, added again, gives it.
fn adds_up(before: &Integrals, now: &Integrals) -> bool {
    let step = now.since(before);
    let mut sum = before.clone();
    sum.findings.add_times(&step.findings, 1);
    for (service, states) in &step.resources {
        sum.resources.entry(*service).or_default().add_times(states, 1);
    }
    sum == *now
}

/// As many findings are open as the latest scan says.
async fn open_findings(transaction: &mut Transaction<'_>) -> Result<Vec<String>, LedgerError> {
    let latest = sql("SELECT taken_at, at, hold, slices, open FROM scans ORDER BY id DESC LIMIT 1");
    let Some(row) = transaction.first(latest).await? else { return Ok(Vec::new()) };
    let said = standing(&row)?.findings.total();
    let taken_at: Timestamp = time(row.get("taken_at")?)?;
    let open = transaction.first(sql("SELECT count(*) AS open FROM findings WHERE resolved_at IS NULL")).await?;
    let open = open.map_or(Ok(0), |row| row.amount("open"))?;
    let fault = format!("{open} findings are open, and the latest scan, of {taken_at}, says {said}");
    Ok(if open == said { Vec::new() } else { vec![fault] })
}
