//! Everything the ledger holds as JSON Lines: one object per row, table by table, the oldest first.

use std::io::Write;

use serde_json::{Map, Value, json};

use super::db::{Row, Transaction, sql};
use super::row::{from_json, time};
use super::{Ledger, LedgerError};

/// The version of the format. The first line names it; each other has `table` and the columns.
const FORMAT: u32 = 1;

impl Ledger {
    /// Writes everything, as it is at one moment. Rows go out as they are read, so that the size of the
    /// ledger does not matter.
    ///
    /// # Errors
    /// When the ledger cannot be read, or the output not be written.
    pub async fn export(&self, out: &mut (dyn Write + Send)) -> Result<(), LedgerError> {
        let (schema, _) = Self::schemas(self.place()).await?;
        writeln!(out, "{}", json!({"format": FORMAT, "schema": schema}))?;
        let mut transaction = self.db.survey().await?;
        for table in TABLES {
            table.write(&mut transaction, out).await?;
        }
        out.flush()?;
        Ok(())
    }
}

/// A table, and what its columns hold.
struct Table {
    name: &'static str,
    select: &'static str,
    columns: &'static [(&'static str, Kind)],
}

/// What a column holds.
#[derive(Clone, Copy)]
enum Kind {
    /// Milliseconds since 1970, written as a timestamp.
    Time,
    Number,
    Text,
    Truth,
    /// JSON, written as it is.
    Json,
}

use Kind::{Json, Number, Text, Time, Truth};

/// All tables. Row numbers that mean nothing outside are left out.
const TABLES: &[Table] = &[
    Table {
        name: "scans",
        select: "SELECT * FROM scans ORDER BY id",
        columns: &[
            ("id", Number),
            ("started", Time),
            ("finished", Time),
            ("taken_at", Time),
            ("complete", Truth),
            ("rules_digest", Text),
            ("waivers_digest", Text),
            ("written", Json),
            ("at", Time),
            ("hold", Number),
            ("longest", Number),
            ("slices", Json),
            ("open", Json),
            ("integrals", Json),
            ("step", Json),
        ],
    },
    Table {
        name: "latest",
        select: "SELECT * FROM latest",
        columns: &[("scan", Number), ("assessment", Json), ("calls", Json)],
    },
    Table {
        name: "failed_scans",
        select: "SELECT * FROM failed_scans ORDER BY id",
        columns: &[("started", Time), ("finished", Time), ("reason", Text), ("message", Text)],
    },
    Table {
        name: "documents",
        select: "SELECT * FROM documents ORDER BY hash",
        columns: &[("hash", Text), ("document", Json), ("origin", Json)],
    },
    Table {
        name: "versions",
        select: "SELECT * FROM versions ORDER BY account, region, type, resource, valid_from",
        columns: &[
            ("account", Text),
            ("region", Text),
            ("type", Text),
            ("resource", Text),
            ("name", Text),
            ("document", Text),
            ("last_known", Text),
            ("valid_from", Number),
            ("valid_to", Number),
            ("since", Time),
            ("stale_since", Time),
            ("absent_at", Time),
            ("in_scope", Truth),
            ("state", Text),
            ("severity", Text),
        ],
    },
    Table {
        name: "verdicts",
        select: "SELECT * FROM verdicts ORDER BY document",
        columns: &[("document", Text), ("verdicts", Json)],
    },
    Table {
        name: "listings",
        select: "SELECT * FROM listings ORDER BY account, region, type",
        columns: &[
            ("account", Text),
            ("region", Text),
            ("type", Text),
            ("complete", Truth),
            ("listed_before", Truth),
            ("whole_at", Time),
        ],
    },
    Table { name: "gaps", select: "SELECT * FROM gaps ORDER BY gap", columns: &[("gap", Json)] },
    Table {
        name: "findings",
        select: "SELECT * FROM findings ORDER BY id, opening",
        columns: &[
            ("id", Text),
            ("opening", Number),
            ("rule", Text),
            ("severity", Text),
            ("account", Text),
            ("region", Text),
            ("type", Text),
            ("resource", Text),
            ("denials", Json),
            ("first_seen", Time),
            ("last_seen", Time),
            ("resolved_at", Time),
            ("resolution", Text),
            ("cause", Text),
            ("bound", Text),
            ("delay", Number),
            ("event", Json),
            ("awaited", Json),
        ],
    },
    Table {
        name: "changes",
        select: "SELECT * FROM changes ORDER BY scan, position",
        columns: &[("scan", Number), ("position", Number), ("change", Json)],
    },
    Table { name: "rules", select: "SELECT * FROM rules ORDER BY id", columns: &[("id", Text), ("rule", Json)] },
    Table { name: "counters", select: "SELECT * FROM counters", columns: &[("counters", Json)] },
    Table {
        name: "slo_points",
        select: "SELECT slo_points.*, digest FROM slo_points JOIN slos ON slos.id = slo ORDER BY digest, at, scan",
        columns: &[
            ("digest", Text),
            ("scan", Number),
            ("at", Time),
            ("hold", Number),
            ("pass", Number),
            ("critical", Number),
            ("high", Number),
            ("medium", Number),
            ("low", Number),
            ("waived", Number),
            ("unknown", Number),
            ("open", Number),
            ("pass_ms", Number),
            ("critical_ms", Number),
            ("high_ms", Number),
            ("medium_ms", Number),
            ("low_ms", Number),
            ("waived_ms", Number),
            ("unknown_ms", Number),
            ("open_ms", Number),
            ("within", Number),
            ("late", Number),
        ],
    },
    Table {
        name: "policy_states",
        select: "SELECT * FROM policy_states ORDER BY slo",
        columns: &[("slo", Text), ("at", Time), ("state", Json)],
    },
    Table {
        name: "policy_transitions",
        select: "SELECT * FROM policy_transitions ORDER BY id",
        columns: &[("id", Number), ("at", Time), ("slo", Text), ("action", Text), ("begins", Truth), ("cause", Json)],
    },
    Table {
        name: "decisions",
        select: "SELECT * FROM decisions ORDER BY id",
        columns: &[("at", Time), ("outcome", Text), ("reason", Text), ("plan", Text), ("decision", Json)],
    },
    Table {
        name: "decision_counts",
        select: "SELECT * FROM decision_counts ORDER BY outcome, reason",
        columns: &[("outcome", Text), ("reason", Text), ("times", Number)],
    },
    Table {
        name: "overrides",
        select: "SELECT * FROM overrides ORDER BY id",
        columns: &[("at", Time), ("begins_at", Time), ("ends_at", Time), ("terms", Json)],
    },
    Table {
        name: "reviews",
        select: "SELECT * FROM reviews ORDER BY id",
        columns: &[("at", Time), ("slo", Text), ("what", Text), ("reviewer", Text), ("note", Text)],
    },
    Table {
        name: "notifications",
        select: "SELECT * FROM notifications ORDER BY id",
        columns: &[
            ("transition", Number),
            ("target", Text),
            ("state", Text),
            ("attempts", Number),
            ("at", Time),
            ("error", Text),
        ],
    },
];

impl Table {
    async fn write(&self, transaction: &mut Transaction<'_>, out: &mut (dyn Write + Send)) -> Result<(), LedgerError> {
        let take = |row: &Row| {
            let mut object = Map::from_iter([("table".to_owned(), self.name.into())]);
            for (column, kind) in self.columns {
                object.insert((*column).to_owned(), value(row, column, *kind)?);
            }
            writeln!(out, "{}", Value::Object(object))?;
            Ok(())
        };
        transaction.each(sql(self.select), take).await
    }
}

fn value(row: &Row, column: &str, kind: Kind) -> Result<Value, LedgerError> {
    Ok(match kind {
        Time => json!(row.get::<Option<i64>>(column)?.map(time).transpose()?),
        Number => json!(row.get::<Option<i64>>(column)?),
        Text => json!(row.get::<Option<&str>>(column)?),
        Truth => json!(row.get::<Option<bool>>(column)?),
        Json => row.get::<Option<&str>>(column)?.map_or(Ok(Value::Null), |text| from_json("JSON", text))?,
    })
}
