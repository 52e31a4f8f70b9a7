//! Tallies of objectives: one small row for each scan and objective, from which any window follows.

use std::collections::{BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::db::{Row, Transaction, Value, sql};
use super::row::{from_json, time};
use super::slices::{Slices, seven, states};
use super::{Ledger, LedgerError, ScanId, Writer};
use crate::model::Service;
use crate::sli::{Standing, States};
use crate::slo::{Measure, PastScan, Point, Slice, Tally};

impl Ledger {
    /// What the objective of this definition has gathered up to a moment; `None` before it was first
    /// measured, and when it never was.
    ///
    /// Before its first point that pruning has left, it is the tally of that point: a window that
    /// begins earlier is as long as is remembered, see [`Ledger::measured_since`].
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn tally(&self, digest: &str, moment: Timestamp) -> Result<Option<Tally>, LedgerError> {
        let mut transaction = self.db.read().await?;
        if let Some(point) = point_at(&mut transaction, digest, moment).await? {
            return Ok(Some(point.at(moment)));
        }
        let first = first_point(&mut transaction, digest).await?;
        // The first point of all has no time behind it.
        let pruned = |point: &Point| point.tally.resources.total() > 0 || point.tally.open > 0;
        Ok(first.filter(pruned).map(|point| point.tally))
    }

    /// What was measured of the objective of this definition since a moment, oldest first: the last
    /// point at or before it, and all after.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn points(&self, digest: &str, from: Timestamp) -> Result<Vec<Point>, LedgerError> {
        // A window of 90 d has 8,640 points of 22 numbers each: a row and a value for each of them would
        // take longer than all the rest, so a day of them comes as one text.
        let select = "SELECT '[' || string_agg('[' || at || ',' || hold || ',' || pass || ',' || critical || ',' || high \
                          || ',' || medium || ',' || low || ',' || waived || ',' || unknown || ',' || open || ',' || pass_ms \
                          || ',' || critical_ms || ',' || high_ms || ',' || medium_ms || ',' || low_ms || ',' || waived_ms \
                          || ',' || unknown_ms || ',' || open_ms || ',' || within || ',' || late || ']', ',' \
                          ORDER BY at, scan) || ']' AS points \
                      FROM slo_points JOIN slos ON slos.id = slo WHERE digest = $1 \
                      AND at >= coalesce((SELECT max(earlier.at) FROM slo_points AS earlier \
                                          WHERE earlier.slo = slos.id AND earlier.at <= $2), $2) \
                      GROUP BY at / 86400000 ORDER BY at / 86400000";
        let select = sql(select).bind(digest).bind(from.as_millisecond());
        let mut points = Vec::new();
        let take = |row: &Row| {
            let day: Vec<[i64; 20]> = from_json("points of an objective", row.get("points")?)?;
            for numbers in &day {
                points.push(unpacked(numbers)?);
            }
            Ok(())
        };
        self.db.read().await?.each(select, take).await?;
        Ok(points)
    }

    /// The scans since a moment, with the last one before, in their order: what each of them says about
    /// the resources of a slice.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn past_scans(&self, slice: &Slice, since: Timestamp) -> Result<Vec<PastScan>, LedgerError> {
        let select = "SELECT id, taken_at, at, hold, slices, rules_digest FROM scans \
                      WHERE id >= coalesce((SELECT max(id) FROM scans WHERE at < $1), 0) ORDER BY id";
        let mut scans = Vec::new();
        let take = |row: &Row| {
            scans.push(PastScan {
                id: row.get("id")?,
                taken_at: time(row.get("taken_at")?)?,
                at: time(row.get("at")?)?,
                hold: SignedDuration::from_millis(row.get("hold")?),
                resources: of(slice, &Slices::read(row.get("slices")?)?),
                rules_digest: row.get("rules_digest")?,
            });
            Ok(())
        };
        self.db.read().await?.each(sql(select).bind(since.as_millisecond()), take).await?;
        Ok(scans)
    }

    /// Keeps points of an objective that no scan has measured yet, each with its scan. `false` when it
    /// is measured already: then nothing is written. The writer says that nobody records meanwhile.
    ///
    /// # Errors
    /// When the ledger cannot be written; then it is as it was before.
    pub async fn seed(&self, _writer: &Writer, digest: &str, points: &[(ScanId, Point)]) -> Result<bool, LedgerError> {
        let mut transaction = self.db.maintain().await?;
        if first_point(&mut transaction, digest).await?.is_some() {
            return Ok(false);
        }
        let insert_slo = sql("INSERT INTO slos (digest) VALUES ($1) ON CONFLICT (digest) DO NOTHING");
        transaction.execute(insert_slo.bind(digest)).await?;
        let Some(id) = ids(&mut transaction).await?.remove(digest) else { return Ok(false) };
        insert(&mut transaction, points.iter().map(|(scan, point)| row(id, *scan, point)).collect()).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Since when the objective of this definition has been measured, as far as is remembered.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn measured_since(&self, digest: &str) -> Result<Option<Timestamp>, LedgerError> {
        let first = first_point(&mut self.db.read().await?, digest).await?;
        Ok(first.map(|point| point.at))
    }
}

fn of(slice: &Slice, slices: &Slices) -> States {
    match slice {
        Slice::Overall => slices.overall.resources,
        Slice::Severity(severity) => slices.severities.get(severity).map(|part| part.resources).unwrap_or_default(),
        Slice::Services(services) => {
            let services: BTreeSet<&Service> = services.iter().collect();
            let mut states = States::default();
            for part in services.into_iter().filter_map(|service| slices.services.get(service)) {
                states.add_times(&part.resources, 1);
            }
            states
        }
    }
}

/// A point from its numbers, in the order of the table's columns without the first two.
fn unpacked([at, hold, amounts @ ..]: &[i64; 20]) -> Result<Point, LedgerError> {
    let mut unsigned = [0; 18];
    for (amount, value) in unsigned.iter_mut().zip(amounts) {
        let negative = |_| LedgerError::StoredAmount { column: "slo_points".to_owned(), value: *value };
        *amount = u64::try_from(*value).map_err(negative)?;
    }
    let seven = |from: usize| states(std::array::from_fn(|index| unsigned[from + index]));
    let [.., open_ms, within, late] = unsigned;
    Ok(Point {
        at: time(*at)?,
        hold: SignedDuration::from_millis(*hold),
        // What turned out in this scan is in the tally already.
        measure: Measure { resources: seven(0), open: unsigned[7], within: 0, late: 0 },
        tally: Tally { resources: seven(8), open: open_ms, within, late },
    })
}

fn read_point(row: &Row) -> Result<Point, LedgerError> {
    let amounts = |columns: [&str; 7]| -> Result<_, LedgerError> {
        let mut seven = [0; 7];
        for (amount, column) in seven.iter_mut().zip(columns) {
            *amount = row.amount(column)?;
        }
        Ok(states(seven))
    };
    let resources = amounts(["pass", "critical", "high", "medium", "low", "waived", "unknown"])?;
    let times = ["pass_ms", "critical_ms", "high_ms", "medium_ms", "low_ms", "waived_ms", "unknown_ms"];
    let (within, late) = (row.amount("within")?, row.amount("late")?);
    Ok(Point {
        at: time(row.get("at")?)?,
        hold: SignedDuration::from_millis(row.get("hold")?),
        // What turned out in this scan is in the tally already.
        measure: Measure { resources, open: row.amount("open")?, within: 0, late: 0 },
        tally: Tally { resources: amounts(times)?, open: row.amount("open_ms")?, within, late },
    })
}

async fn point_at(
    transaction: &mut Transaction<'_>,
    digest: &str,
    moment: Timestamp,
) -> Result<Option<Point>, LedgerError> {
    let select = "SELECT slo_points.* FROM slo_points JOIN slos ON slos.id = slo \
                  WHERE digest = $1 AND at <= $2 ORDER BY at DESC, scan DESC LIMIT 1";
    let row = transaction.first(sql(select).bind(digest).bind(moment.as_millisecond())).await?;
    row.as_ref().map(read_point).transpose()
}

async fn first_point(transaction: &mut Transaction<'_>, digest: &str) -> Result<Option<Point>, LedgerError> {
    let select = "SELECT slo_points.* FROM slo_points JOIN slos ON slos.id = slo WHERE digest = $1 \
                  ORDER BY at, scan LIMIT 1";
    let row = transaction.first(sql(select).bind(digest)).await?;
    row.as_ref().map(read_point).transpose()
}

/// Adds what a scan measured for each objective: the tally goes on from the last point, however long
/// ago that was.
pub(super) async fn write_points(
    transaction: &mut Transaction<'_>,
    scan: ScanId,
    standing: &Standing,
    measures: &[(String, Measure)],
) -> Result<(), LedgerError> {
    let mut ids = ids(transaction).await?;
    let mut rows = Vec::with_capacity(measures.len());
    for (digest, measure) in measures {
        let before = point_at(transaction, digest, Timestamp::MAX).await?;
        let tally = before.map_or_else(Tally::default, |point| point.at(standing.at)).and(measure);
        if !ids.contains_key(digest) {
            transaction.execute(sql("INSERT INTO slos (digest) VALUES ($1)").bind(digest)).await?;
            ids = self::ids(transaction).await?;
        }
        let Some(id) = ids.get(digest) else { continue };
        rows.push(row(*id, scan, &Point { at: standing.at, hold: standing.hold, measure: *measure, tally }));
    }
    insert(transaction, rows).await
}

/// The values of a point in the order of the table's columns.
fn row(slo: i64, scan: ScanId, Point { at, hold, measure, tally }: &Point) -> Vec<Value> {
    let amounts = seven(&measure.resources).into_iter().chain([measure.open]).chain(seven(&tally.resources)).chain([
        tally.open,
        tally.within,
        tally.late,
    ]);
    let hold = i64::try_from(hold.as_millis()).unwrap_or(i64::MAX);
    let numbers = [slo, scan, at.as_millisecond(), hold].into_iter();
    numbers.chain(amounts.map(|amount| i64::try_from(amount).unwrap_or(i64::MAX))).map(Value::from).collect()
}

async fn insert(transaction: &mut Transaction<'_>, rows: Vec<Vec<Value>>) -> Result<(), LedgerError> {
    let into = "INSERT INTO slo_points (slo, scan, at, hold, pass, critical, high, medium, low, waived, unknown, open, \
                pass_ms, critical_ms, high_ms, medium_ms, low_ms, waived_ms, unknown_ms, open_ms, within, late)";
    transaction.insert(into, rows, "").await?;
    Ok(())
}

async fn ids(transaction: &mut Transaction<'_>) -> Result<HashMap<String, i64>, LedgerError> {
    let rows = transaction.all(sql("SELECT id, digest FROM slos")).await?;
    rows.iter().map(|row| Ok((row.get("digest")?, row.get("id")?))).collect()
}
