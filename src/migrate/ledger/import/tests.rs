use serde_json::json;

use super::super::{Applied, Kept};
use super::*;
use crate::migrate::files::fixture::migrations;

fn found(tool: Tool, rows: Value) -> Found {
    Found {
        tool,
        table: "public.theirs".into(),
        rows: tool.rows(rows.as_array().unwrap()),
    }
}

/// What becomes of each: recorded versions, and what stays out with the reason.
fn told(tool: Tool, rows: Value, files: &[(&str, &str)]) -> String {
    let plan = plan(
        &found(tool, rows),
        &migrations(files),
        &Ledger::default(),
        false,
    );
    let record = plan.record.iter().map(|one| {
        let sum = match one.checked {
            Checked::Same => "same",
            Checked::Changed(..) => "changed",
            Checked::Unknown => "unknown",
        };
        format!("{} {sum}", one.migration.label())
    });
    let left = plan.left.iter().map(|left| {
        assert!(!left.help.is_empty());
        format!("{}: {}", left.what, left.why)
    });
    let pending = (plan.pending > 0).then(|| format!("{} pending", plan.pending));
    record
        .chain(left)
        .chain(pending)
        .collect::<Vec<_>>()
        .join("; ")
}

const TWO: [(&str, &str); 2] = [("1_a.sql", "a"), ("2_b.sql", "b")];

#[test]
fn flyways_rows_say_what_they_are() {
    let row = |rank: u32,
               version: Option<&str>,
               kind: &str,
               script: &str,
               sum: Option<i64>,
               success| {
        json!({"installed_rank": rank, "version": version, "type": kind, "script": script, "checksum": sum,
            "success": success, "installed_on": "2024-01-01T00:00:00", "installed_by": "me", "execution_time": 5})
    };
    // python3 -c 'import zlib; print(zlib.crc32(b"a"))', as a signed number
    let (sum_a, other) = (-390_611_389, 7);
    let rows = json!([
        row(0, None, "SCHEMA", "\"public\"", None, true),
        row(
            1,
            Some("0"),
            "BASELINE",
            "<< Flyway Baseline >>",
            None,
            true
        ),
        row(2, Some("1"), "SQL", "V1__a.sql", Some(sum_a), true),
        row(3, None, "SQL", "R__views.sql", Some(9), true),
        row(4, Some("2"), "SQL", "V2__b.sql", Some(other), true),
        row(5, Some("3"), "SQL", "V3__c.sql", None, true),
        row(6, Some("4"), "SQL", "V4__d.sql", None, false),
        row(7, Some("5"), "JDBC", "db.migration.V5__e", None, true),
        row(8, Some("6.1"), "SQL", "V6_1__f.sql", None, true),
    ]);
    let files = [
        ("V1__a.sql", "a"),
        ("V2__b.sql", "b"),
        ("V4__d.sql", "d"),
        ("V6.1__f.sql", "f"),
    ];
    assert_eq!(
        told(Tool::Flyway, rows, &files),
        "1_a same; 6.1_f unknown; \
         0 (<< Flyway Baseline >>): it is a baseline: Flyway has not applied what comes before it; \
         R__views.sql: it is a repeatable migration, which supaproof does not have; \
         V2__b.sql: its file has changed since it was applied: 7 there, 1908338681 here (CRC-32); \
         V3__c.sql: it is applied there, and the suite has no file of it; \
         V4__d.sql: it failed there; \
         db.migration.V5__e: it is no SQL file (JDBC); 1 pending"
    );
}

#[test]
fn the_original_tool_of_taskflow_keeps_names_and_checksums() {
    let sha = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
    let rows = json!([
        {"version": "1_a", "checksum": sha, "success": true, "rollback_sql": "drop table a", "execution_time_ms": 12},
        {"version": "2_b", "checksum": "manual_execution", "success": true},
        {"version": "3_c", "checksum": "error", "success": false, "error_message": "no"},
        {"version": "4_d", "checksum": sha, "success": false, "type": "rollback"},
        {"version": "5_e", "checksum": sha, "success": true},
        {"version": "add_users", "checksum": sha, "success": true},
    ]);
    let files = [TWO[0], TWO[1], ("3_c.sql", "c"), ("5_other.sql", "a")];
    assert_eq!(
        told(Tool::Taskflow, rows.clone(), &files),
        "1_a same; 2_b unknown; 3_c: it failed there: no; 4_d: it was rolled back there; \
         5_e: the file with this version is another: 5_other; add_users: its version is no number; 1 pending"
    );
    let plan = plan(
        &found(Tool::Taskflow, rows),
        &migrations(&files),
        &Ledger::default(),
        false,
    );
    assert_eq!(plan.record[0].rollback.as_deref(), Some("drop table a"));
    assert_eq!(plan.record[0].duration_ms, Some(12));
}

#[test]
fn other_tools_are_understood() {
    assert_eq!(
        told(
            Tool::Dbmate,
            json!([{"version": "02"}, {"version": "1"}]),
            &TWO
        ),
        "1_a unknown; 2_b unknown"
    );
    let goose = json!([
        {"id": 1, "version_id": 0, "is_applied": true}, {"id": 2, "version_id": 1, "is_applied": true},
        {"id": 3, "version_id": 2, "is_applied": true}, {"id": 4, "version_id": 2, "is_applied": false},
    ]);
    assert_eq!(
        told(Tool::Goose, goose, &TWO),
        "1_a unknown; 2: it was rolled back there; 1 pending"
    );
    assert_eq!(
        told(
            Tool::GolangMigrate,
            json!([{"version": 2, "dirty": false}]),
            &TWO
        ),
        "1_a unknown; 2_b unknown"
    );
    assert_eq!(
        told(
            Tool::GolangMigrate,
            json!([{"version": 2, "dirty": true}]),
            &TWO
        ),
        "2: it is dirty: it failed, perhaps in the middle; 2 pending"
    );
    assert_eq!(
        told(
            Tool::Exeserver,
            json!([{"id": 1, "version": 1, "description": "x"}]),
            &TWO
        ),
        "1_a unknown; 1 pending"
    );
    assert_eq!(
        told(
            Tool::Refinery,
            json!([{"version": 1, "name": "a", "checksum": "7"}]),
            &TWO
        ),
        "1_a unknown; 1 pending"
    );
    assert_eq!(
        told(
            Tool::Supabase,
            json!([{"version": "1", "name": "z"}, {"version": "2", "name": null}]),
            &TWO
        ),
        "2_b unknown; 1_z: the file with this version is another: 1_a"
    );
    // printf a | sha384sum
    let sum = "\\x54a59b9f22b0b80880d8427e548b7c23abd873486e1f035dce9cd697e85175033caa88e6d57bc35efae0b5afd3145f31";
    let sqlx = json!([
        {"version": 1, "description": "a", "success": true, "checksum": sum, "execution_time": 3_000_000},
        {"version": 2, "description": "b", "success": true, "checksum": sum, "execution_time": -1},
        {"version": 3, "description": "c", "success": false, "checksum": sum, "execution_time": 1},
    ]);
    assert_eq!(
        told(Tool::Sqlx, sqlx, &TWO),
        "1_a same; 2: its file has changed since it was applied: 54a59b9f22b0… there, 98a906182cdc… here (SHA-384); \
         3: it is dirty: it failed, perhaps in the middle"
    );
}

#[test]
fn what_is_known_stays_and_what_changed_can_be_taken() {
    let mut ledger = Ledger::default();
    ledger.applied.push(Applied {
        version: crate::migrate::Version::new("1").unwrap(),
        name: "a".into(),
        checksum: "c".into(),
        pushed: false,
        applied_at: "t".into(),
        duration_ms: None,
        author: None,
        rollback: Kept::Nothing,
    });
    let rows = json!([{"version": "1_a", "success": true},
        {"version": "2_b", "checksum": "0".repeat(64), "success": true}]);
    let found = found(Tool::Taskflow, rows);
    let one = plan(&found, &migrations(&TWO), &ledger, false);
    assert_eq!((one.known, one.record.len(), one.left.len()), (1, 0, 1));
    let two = plan(&found, &migrations(&TWO), &ledger, true);
    assert_eq!((two.known, two.left.len()), (1, 0));
    assert!(matches!(two.record[0].checked, Checked::Changed(..)));
}

#[test]
fn a_ledger_is_known_by_its_columns() {
    for (schema, name, columns, tool) in [
        (
            "public",
            "schema_migrations",
            &["version"][..],
            Some(Tool::Dbmate),
        ),
        (
            "public",
            "schema_migrations",
            &["version", "dirty"],
            Some(Tool::GolangMigrate),
        ),
        (
            "public",
            "schema_migrations",
            &["version", "inserted_at"],
            None,
        ),
        (
            "supabase_migrations",
            "schema_migrations",
            &["version"],
            Some(Tool::Supabase),
        ),
        (
            "public",
            "migrations",
            &["id", "version", "description", "applied_at"],
            Some(Tool::Exeserver),
        ),
        ("public", "others", &["version", "dirty"], None),
    ] {
        assert_eq!(Tool::of(schema, name, columns), tool, "{name} {columns:?}");
    }
}

#[test]
fn names_of_tables_are_read_as_sql_reads_them() {
    let read = |text| table_name(text).map(|name| written(&name));
    assert_eq!(
        read("public.Schema_Migrations").as_deref(),
        Some("\"public\".\"schema_migrations\"")
    );
    assert_eq!(
        read("\"My App\".\"a\"\"b.c\"").as_deref(),
        Some("\"My App\".\"a\"\"b.c\"")
    );
    for text in [
        "",
        "migrations",
        "a.b.c",
        "a.",
        ".b",
        "a b.c",
        "1a.b",
        "\"a.b",
        "a.\"\"",
        "a.b;drop table c",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}
