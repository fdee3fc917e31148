//! A fingerprint of a database's catalogs, for who only wants to know whether anything is otherwise than before.
//!
//! It is made of the rows as the server keeps them, object ids included: where nothing was made anew it costs a fraction of
//! reading the catalog, and where it is another one the catalog may still be the same. What initdb made is left out.

use std::fmt::Write as _;

/// Catalogs whose whole rows count, by the column that tells what initdb made.
const WHOLE: &[(&str, &str)] = &[
    ("pg_aggregate", "aggfnoid"),
    ("pg_am", "oid"),
    ("pg_amop", "oid"),
    ("pg_amproc", "oid"),
    ("pg_attrdef", "oid"),
    ("pg_cast", "oid"),
    ("pg_collation", "oid"),
    ("pg_constraint", "oid"),
    ("pg_conversion", "oid"),
    ("pg_default_acl", "oid"),
    ("pg_depend", "objid"),
    ("pg_description", "objoid"),
    ("pg_enum", "oid"),
    ("pg_event_trigger", "oid"),
    ("pg_extension", "oid"),
    ("pg_foreign_data_wrapper", "oid"),
    ("pg_foreign_server", "oid"),
    ("pg_foreign_table", "ftrelid"),
    ("pg_index", "indexrelid"),
    ("pg_inherits", "inhrelid"),
    ("pg_language", "oid"),
    ("pg_namespace", "oid"),
    ("pg_opclass", "oid"),
    ("pg_operator", "oid"),
    ("pg_opfamily", "oid"),
    ("pg_partitioned_table", "partrelid"),
    ("pg_policy", "oid"),
    ("pg_proc", "oid"),
    ("pg_publication", "oid"),
    ("pg_publication_namespace", "oid"),
    ("pg_publication_rel", "oid"),
    ("pg_range", "rngtypid"),
    ("pg_rewrite", "oid"),
    ("pg_seclabel", "objoid"),
    ("pg_sequence", "seqrelid"),
    ("pg_statistic_ext", "oid"),
    ("pg_transform", "oid"),
    ("pg_trigger", "oid"),
    ("pg_ts_config", "oid"),
    ("pg_ts_config_map", "mapcfg"),
    ("pg_ts_dict", "oid"),
    ("pg_ts_parser", "oid"),
    ("pg_ts_template", "oid"),
    ("pg_type", "oid"),
];

/// Catalogs of which only some rows or columns count: what changes by itself, and what is never set back, does not.
const PARTS: &[(&str, &str)] = &[
    (
        "pg_class",
        "select row(oid, relname, relnamespace, reltype, reloftype, relowner, relam, reltablespace, relisshared, relpersistence,
           relkind, relchecks, relrowsecurity, relforcerowsecurity, relreplident, relispartition, relacl, reloptions, relpartbound)
           from pg_class where oid >= 16384 and relnamespace <> 'pg_toast'::regnamespace",
    ),
    (
        "pg_attribute",
        "select row(attrelid, attname, atttypid, attstattarget, attnum, atttypmod, attstorage, attcompression, attnotnull,
           atthasdef, attidentity, attgenerated, attislocal, attinhcount, attcollation, attacl, attoptions, attfdwoptions)
           from pg_attribute where attrelid >= 16384 and attnum > 0 and not attisdropped",
    ),
    // Of these, what initdb made counts as well: the schema public, the database, numbers that users choose.
    (
        "pg_namespace of initdb",
        "select t from pg_namespace t where oid < 16384",
    ),
    (
        "pg_description of initdb",
        "select t from pg_description t where classoid = 'pg_namespace'::regclass and objoid < 16384",
    ),
    (
        "pg_largeobject_metadata",
        "select t from pg_largeobject_metadata t",
    ),
    (
        "pg_database",
        "select row(oid, datname, datdba, encoding, datallowconn, datconnlimit, datacl) from pg_database",
    ),
    ("pg_roles", "select t from pg_roles t"),
    ("pg_auth_members", "select t from pg_auth_members t"),
    ("pg_db_role_setting", "select t from pg_db_role_setting t"),
    ("pg_shdescription", "select t from pg_shdescription t"),
    ("pg_shseclabel", "select t from pg_shseclabel t"),
    ("pg_user_mappings", "select t from pg_user_mappings t"),
];

/// The SELECT of the fingerprint as a JSON string.
pub fn print_sql() -> String {
    let mut all = String::new();
    let whole = WHOLE.iter().map(|(catalog, id)| {
        let rows = format!("select t from {catalog} t where {id} >= 16384");
        (*catalog, rows)
    });
    let parts = PARTS.iter().map(|(name, rows)| (*name, (*rows).to_owned()));
    for (name, rows) in whole.chain(parts) {
        let or = if all.is_empty() { "" } else { " union all " };
        let _ = writeln!(
            all,
            "{or}select '{name}', count(*), sum(hashtextextended(r.t::text, 0)::numeric) from ({rows}) r(t)"
        );
    }
    format!(
        "select to_json(md5(string_agg(format('%s %s %s', a.name, a.rows, a.sum), ',' order by a.name))) \
         from ({all}) a(name, rows, sum)"
    )
}
