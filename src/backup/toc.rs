//! The table of contents of a dump, as `pg_restore --list` prints it, and what of it is restored.

use super::manifest::Manifest;
use crate::platform::facts;
use crate::sql::quote_ident;

/// The kinds of entries that `pg_dump` writes, where one may be the beginning of another: the longer first.
///
/// Source: the descriptions of archive entries in pg_dump.c, Postgres 15 to 18.
const KINDS: &[&str] = &[
    "PUBLICATION TABLES IN SCHEMA",
    "PUBLICATION TABLE",
    "PUBLICATION",
    "TEXT SEARCH CONFIGURATION",
    "TEXT SEARCH DICTIONARY",
    "TEXT SEARCH TEMPLATE",
    "TEXT SEARCH PARSER",
    "FOREIGN DATA WRAPPER",
    "MATERIALIZED VIEW DATA",
    "MATERIALIZED VIEW",
    "PROCEDURAL LANGUAGE",
    "SEQUENCE OWNED BY",
    "OPERATOR FAMILY",
    "OPERATOR CLASS",
    "OPERATOR",
    "CHECK CONSTRAINT",
    "FK CONSTRAINT",
    "CONSTRAINT",
    "SECURITY LABEL",
    "STATISTICS DATA",
    "STATISTICS",
    "EVENT TRIGGER",
    "FOREIGN TABLE",
    "ACCESS METHOD",
    "INDEX ATTACH",
    "TABLE ATTACH",
    "ROW SECURITY",
    "SEQUENCE SET",
    "USER MAPPING",
    "DEFAULT ACL",
    "SHELL TYPE",
    "TABLE DATA",
    "AGGREGATE",
    "COLLATION",
    "CONVERSION",
    "EXTENSION",
    "PROCEDURE",
    "TRANSFORM",
    "FUNCTION",
    "SEQUENCE",
    "COMMENT",
    "DEFAULT",
    "TRIGGER",
    "DOMAIN",
    "POLICY",
    "SCHEMA",
    "SERVER",
    "INDEX",
    "TABLE",
    "CAST",
    "RULE",
    "TYPE",
    "VIEW",
    "ACL",
];

/// What is restored.
#[derive(Clone, Copy, Debug)]
pub struct Chosen<'a> {
    /// The rows of the platform's tables, too.
    pub platform_rows: bool,
    /// All of the platform's schemas, as in a database that has none of them.
    pub platform_whole: bool,
    /// A role that may not change what others own.
    pub role: Option<&'a str>,
    /// Schemas that are there already.
    pub there: &'a [String],
}

/// The lines of a listing that are restored, for `pg_restore --use-list`.
pub fn choose(listing: &str, manifest: &Manifest, chosen: &Chosen<'_>) -> String {
    listing
        .lines()
        .filter(|line| !line.starts_with(';') && keeps(line, manifest, chosen))
        .map(|line| format!("{line}\n"))
        .collect()
}

fn keeps(line: &str, manifest: &Manifest, chosen: &Chosen<'_>) -> bool {
    // `215; 1259 16389 TABLE public orders postgres`
    let Some(entry) = line.splitn(4, ' ').nth(3) else {
        return false;
    };
    let kind = KINDS.iter().copied().find(|kind| {
        let rest = entry.strip_prefix(kind);
        rest.is_some_and(|rest| rest.starts_with(' '))
    });
    let Some(kind) = kind else {
        return true;
    };
    let rest = entry[kind.len()..].trim_start();
    // What a schema is itself: `SCHEMA - public`, `ACL - SCHEMA public`, `COMMENT - SCHEMA public`.
    let of_schema = rest
        .strip_prefix("- ")
        .map(|rest| rest.strip_prefix("SCHEMA ").unwrap_or(rest));
    if let Some(name) = of_schema.filter(|_| matches!(kind, "SCHEMA" | "ACL" | "COMMENT")) {
        // A schema's own entry has its name as it is, the others as SQL has it.
        let begins = |schema: &str| {
            name.strip_prefix(schema)
                .is_some_and(|r| r.starts_with(' '))
        };
        let is = |schema: &str| begins(schema) || begins(&quote_ident(schema));
        if manifest.platform.iter().any(|schema| is(schema)) {
            return chosen.platform_whole;
        }
        return match kind {
            "SCHEMA" => !chosen.there.iter().any(|schema| is(schema)),
            // It belongs to another role than ours.
            "COMMENT" => !is("public"),
            _ => true,
        };
    }
    let all = manifest.schemas.iter().chain(&manifest.platform);
    let schema = all
        // A line has a blank where a name has a line's end.
        .map(|schema| (schema, schema.replace(['\n', '\r'], " ")))
        .filter(|(_, shown)| {
            rest.strip_prefix(shown.as_str())
                .is_some_and(|r| r.starts_with(' '))
        })
        .max_by_key(|(_, shown)| shown.len());
    let Some((schema, shown)) = schema else {
        return true;
    };
    if manifest.platform.contains(schema) && !chosen.platform_whole {
        let mut words = rest[shown.len()..].split_whitespace();
        let (table, name) = (words.next(), words.next());
        return match (kind, table, name) {
            ("TABLE DATA" | "SEQUENCE SET", ..) => chosen.platform_rows,
            ("POLICY", Some(table), _) => !facts::owns_policy(schema, table),
            ("TRIGGER", Some(table), Some(name)) => !facts::owns_trigger(schema, table, name),
            _ => false,
        };
    }
    if let ("DEFAULT ACL", Some(role), Some(owner)) =
        (kind, chosen.role, rest.split(' ').next_back())
    {
        // Those of the platform's roles are there, and only they may change them.
        return owner == role || !facts::owns_role(owner);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::Contents;

    const LISTING: &str = "\
;
; Archive created at 2026-11-21 21:00:00 UTC
;
5; 2615 2200 SCHEMA - public pg_database_owner
9; 2615 16400 SCHEMA - shop postgres
8; 2615 16401 SCHEMA - auth supabase_admin
4010; 0 0 COMMENT - SCHEMA public pg_database_owner
4011; 0 0 ACL - SCHEMA public pg_database_owner
4012; 0 0 ACL - SCHEMA \"auth\" supabase_admin
4013; 0 0 COMMENT - SCHEMA \"public\" pg_database_owner
216; 1259 16402 TABLE shop odd name postgres
300; 1259 16500 TABLE auth users supabase_auth_admin
3999; 0 16402 TABLE DATA shop odd name postgres
4000; 0 16500 TABLE DATA auth users supabase_auth_admin
3500; 2620 16600 TRIGGER auth users on_auth_user_created supabase_auth_admin
3501; 2620 16601 TRIGGER storage objects protect_objects_delete supabase_storage_admin
3502; 3256 16602 POLICY storage objects Own files supabase_storage_admin
3503; 3256 16603 ROW SECURITY storage objects supabase_storage_admin
217; 1259 16403 TABLE auth x t postgres
2700; 826 16700 DEFAULT ACL public DEFAULT PRIVILEGES FOR TABLES supabase_admin
2701; 826 16701 DEFAULT ACL public DEFAULT PRIVILEGES FOR TABLES postgres
";

    fn manifest() -> Manifest {
        Manifest {
            version: 1,
            file: String::new(),
            bytes: 0,
            sha256: String::new(),
            created_at: String::new(),
            target: String::new(),
            server: String::new(),
            major: 15,
            pg_dump: String::new(),
            supaproof: String::new(),
            suites: Vec::new(),
            schemas: ["public", "shop", "auth x"].map(str::to_owned).to_vec(),
            platform: ["auth", "storage"].map(str::to_owned).to_vec(),
            left_out: Vec::new(),
            roles: Vec::new(),
            extensions: Vec::new(),
            publications: Vec::new(),
            contents: Contents::default(),
            verified: None,
        }
    }

    fn numbers(chosen: &Chosen<'_>) -> Vec<u32> {
        choose(LISTING, &manifest(), chosen)
            .lines()
            .map(|line| line.split(';').next().unwrap().parse().unwrap())
            .collect()
    }

    #[test]
    fn of_the_platform_only_what_is_the_users_comes_back() {
        let there = ["public".to_owned()];
        let mut chosen = Chosen {
            platform_rows: false,
            platform_whole: false,
            role: Some("postgres"),
            there: &there,
        };
        let plain = [9, 4011, 216, 3999, 3500, 3502, 217, 2701];
        assert_eq!(numbers(&chosen), plain);
        chosen.platform_rows = true;
        assert_eq!(
            numbers(&chosen),
            [9, 4011, 216, 3999, 4000, 3500, 3502, 217, 2701]
        );
        chosen = Chosen {
            platform_whole: true,
            role: None,
            ..chosen
        };
        let all = numbers(&chosen);
        assert!(![5, 4010, 4013].iter().any(|public| all.contains(public)));
        assert_eq!(all.len(), 15);
    }
}
