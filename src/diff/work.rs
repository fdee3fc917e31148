//! What a transaction did to relations that were there before it: locks, rewriting, reading, writing.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What there is, and what this transaction holds and did.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Measured {
    /// The major version of the server.
    pub major: u32,
    /// Tables, views and indexes of users.
    pub relations: Vec<Relation>,
    /// The locks of this session.
    pub locks: Vec<Lock>,
    /// The last values of sequences, by name.
    pub sequences: BTreeMap<String, Option<i64>>,
}

/// A relation, with what the running transaction did to it.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Relation {
    /// Its object id.
    pub id: u32,
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// As in `pg_class.relkind`.
    pub kind: String,
    /// Its storage: a rewrite makes a new one.
    pub storage: u32,
    /// The table of an index.
    pub table: Option<u32>,
    /// The server's estimate of its rows.
    pub rows: Option<u64>,
    /// How often all of it was read.
    pub scans: u64,
    /// Rows that were inserted.
    pub inserted: u64,
    /// Rows that were updated.
    pub updated: u64,
    /// Rows that were deleted.
    pub deleted: u64,
}

impl Relation {
    /// `public.orders`.
    pub fn qualified(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }
}

/// A lock on a relation.
#[derive(Clone, Debug, Deserialize)]
pub struct Lock {
    /// The relation's object id.
    pub id: u32,
    /// As `pg_locks` calls it: `AccessExclusiveLock`.
    pub mode: String,
}

/// How strong a lock is: by what others cannot do meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// `ROW SHARE`, `ROW EXCLUSIVE`: what SELECT FOR UPDATE and writing take.
    Schema(&'static str),
    /// `SHARE UPDATE EXCLUSIVE`.
    Maintenance,
    /// `SHARE`.
    Writes(&'static str),
    /// `EXCLUSIVE`.
    LockingReads,
    /// `ACCESS EXCLUSIVE`.
    Everything,
}

impl Strength {
    /// Source: the table of conflicting lock modes, chapter "Explicit Locking" of the Postgres manual. `ACCESS SHARE`, which
    /// every SELECT takes, is none.
    pub fn of(mode: &str) -> Option<Self> {
        Some(match mode {
            "AccessExclusiveLock" => Self::Everything,
            "ExclusiveLock" => Self::LockingReads,
            "ShareRowExclusiveLock" => Self::Writes("SHARE ROW EXCLUSIVE"),
            "ShareLock" => Self::Writes("SHARE"),
            "ShareUpdateExclusiveLock" => Self::Maintenance,
            "RowExclusiveLock" => Self::Schema("ROW EXCLUSIVE"),
            "RowShareLock" => Self::Schema("ROW SHARE"),
            _ => return None,
        })
    }

    /// What others wait for.
    pub fn blocks(self) -> &'static str {
        match self {
            Self::Everything => "blocks reads and writes",
            Self::LockingReads => "blocks writes and SELECT FOR UPDATE",
            Self::Writes(_) => "blocks writes",
            Self::Maintenance => "blocks VACUUM and changes of the schema",
            Self::Schema(_) => "blocks changes of the schema",
        }
    }

    /// The mode as SQL calls it.
    pub fn mode(self) -> &'static str {
        match self {
            Self::Everything => "ACCESS EXCLUSIVE",
            Self::LockingReads => "EXCLUSIVE",
            Self::Maintenance => "SHARE UPDATE EXCLUSIVE",
            Self::Writes(mode) | Self::Schema(mode) => mode,
        }
    }
}

/// What was done to one relation that was there before.
#[derive(Clone, Debug, Default)]
pub struct Work {
    /// It, as it was before.
    pub relation: Relation,
    /// The strongest lock, above that of a SELECT.
    pub lock: Option<Strength>,
    /// It has another storage: it was written anew, or emptied.
    pub rewritten: bool,
    /// Indexes of it that were built anew.
    pub rebuilt: Vec<String>,
    /// How often all of it was read.
    pub scans: u64,
    /// Rows inserted, updated and deleted.
    pub rows: [u64; 3],
}

impl Work {
    /// Whether others would wait for nothing, and nothing happened.
    fn nothing(&self) -> bool {
        self.lock.is_none()
            && !self.rewritten
            && self.rebuilt.is_empty()
            && self.scans == 0
            && self.rows == [0; 3]
    }
}

/// The SELECT of all that as one JSON object, within the transaction or before it.
///
/// Locks come first: reading sequences takes some. Where it is read before, `flush` makes the server count anew with the
/// next transaction.
pub fn measure(flush: bool) -> String {
    let flush = match flush {
        true => ", 'flush', pg_catalog.pg_stat_force_next_flush()::text",
        false => "",
    };
    format!(
        "json_build_object(
  'locks', (select coalesce(json_agg(json_build_object('id', l.relation::bigint, 'mode', l.mode)), '[]')
     from pg_catalog.pg_locks l where l.locktype = 'relation' and l.pid = pg_catalog.pg_backend_pid() and l.granted),
  'major', current_setting('server_version_num')::int / 10000,
  'relations', (select coalesce(json_agg(json_build_object(
       'id', c.oid::bigint, 'schema', n.nspname, 'name', c.relname, 'kind', c.relkind,
       'storage', c.relfilenode::bigint,
       'table', (select x.indrelid::bigint from pg_catalog.pg_index x where x.indexrelid = c.oid),
       'rows', case when c.relkind in ('r', 'm') and c.reltuples >= 0 then c.reltuples::bigint end,
       'scans', pg_catalog.pg_stat_get_xact_numscans(c.oid),
       'inserted', pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid),
       'updated', pg_catalog.pg_stat_get_xact_tuples_updated(c.oid),
       'deleted', pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid))), '[]')
     from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'm', 'v', 'f', 'i') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'),
  'sequences', (select coalesce(json_object_agg(n.nspname || '.' || c.relname, pg_catalog.pg_sequence_last_value(c.oid)), '{{}}')
     from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where case when c.relkind = 'S' and n.nspname !~ '^pg_' then pg_catalog.has_schema_privilege(n.oid, 'usage')
      and pg_catalog.has_sequence_privilege(c.oid, 'usage,select') else false end){flush})"
    )
}

/// What was done to relations of `before`, the strongest lock first.
pub fn done(before: &Measured, after: &Measured) -> Vec<Work> {
    let after_of: BTreeMap<u32, &Relation> = after.relations.iter().map(|r| (r.id, r)).collect();
    let mut locks: BTreeMap<u32, Strength> = BTreeMap::new();
    for lock in &after.locks {
        if let Some(strength) = Strength::of(&lock.mode) {
            let strongest = locks.entry(lock.id).or_insert(strength);
            *strongest = strength.max(*strongest);
        }
    }
    let rewritten = |relation: &Relation| {
        after_of
            .get(&relation.id)
            .is_some_and(|after| after.storage != relation.storage)
    };
    let mut out: Vec<Work> = before
        .relations
        .iter()
        .filter(|relation| relation.kind != "i")
        .map(|relation| {
            let after = after_of.get(&relation.id);
            let indexes = before
                .relations
                .iter()
                .filter(|index| index.table == Some(relation.id) && rewritten(index));
            Work {
                lock: locks.get(&relation.id).copied(),
                rewritten: rewritten(relation),
                rebuilt: indexes.map(|index| index.name.clone()).collect(),
                scans: after.map_or(0, |after| after.scans),
                rows: after.map_or([0; 3], |after| {
                    [after.inserted, after.updated, after.deleted]
                }),
                relation: relation.clone(),
            }
        })
        .filter(|work| !work.nothing())
        .collect();
    out.sort_by_key(|work| (std::cmp::Reverse(work.lock), work.relation.qualified()));
    out
}

/// Sequences that went on, with their values before and after: no rollback takes that back.
pub fn advanced(before: &Measured, after: &Measured) -> Vec<(String, Option<i64>, Option<i64>)> {
    before
        .sequences
        .iter()
        .filter_map(|(name, old)| {
            let new = after.sequences.get(name)?;
            (new != old).then(|| (name.clone(), *old, *new))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(storage: u32, scans: u64, modes: &[&str]) -> Measured {
        Measured {
            relations: vec![Relation {
                id: 1,
                schema: "public".to_owned(),
                name: "t".to_owned(),
                kind: "r".to_owned(),
                storage,
                scans,
                ..Relation::default()
            }],
            locks: modes
                .iter()
                .map(|mode| Lock {
                    id: 1,
                    mode: (*mode).to_owned(),
                })
                .collect(),
            ..Measured::default()
        }
    }

    #[test]
    fn the_strongest_lock_counts() {
        let before = measured(10, 0, &[]);
        let modes = [
            "RowExclusiveLock",
            "AccessExclusiveLock",
            "ShareLock",
            "AccessShareLock",
        ];
        let work = done(&before, &measured(11, 1, &modes));
        assert_eq!(work[0].lock.unwrap().blocks(), "blocks reads and writes");
        assert!(work[0].rewritten && work[0].scans == 1);
        assert!(done(&before, &measured(10, 0, &["AccessShareLock"])).is_empty());
        let weaker = done(&before, &measured(10, 0, &["ShareLock", "RowShareLock"]));
        assert_eq!(weaker[0].lock.unwrap().mode(), "SHARE");
    }

    #[test]
    fn what_was_not_there_before_is_no_work() {
        let after = measured(11, 1, &["AccessExclusiveLock"]);
        assert!(done(&Measured::default(), &after).is_empty());
    }

    #[test]
    fn a_sequence_that_went_on_is_known() {
        let with = |value| Measured {
            sequences: [("public.s".to_owned(), value)].into(),
            ..Measured::default()
        };
        assert_eq!(
            advanced(&with(None), &with(Some(1))),
            [("public.s".to_owned(), None, Some(1))]
        );
        assert!(advanced(&with(Some(1)), &with(Some(1))).is_empty());
    }
}
