//! Keywords that change what a name without quotes means. Source: the appendix on SQL key words, Postgres 15 to 18.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Words, as they are looked up: some are, for each word of each expression.
type Words = LazyLock<HashSet<&'static str>>;

/// Words that are never a column's or table's name without quotes: reserved ones.
static RESERVED: Words = LazyLock::new(|| {
    words(
        "all analyse analyze and any array as asc asymmetric both case cast check collate column \
        constraint create current_catalog current_date current_role current_time current_timestamp current_user default \
        deferrable desc distinct do else end except false fetch for foreign from grant group having in initially \
        intersect into lateral leading limit localtime localtimestamp not null offset on only or order placing primary \
        references returning select session_user some symmetric system_user table then to trailing true union unique \
        user using variadic when where window with",
    )
});

/// Words that may name a function or a type, but no column.
static FUNCTION_OR_TYPE: Words = LazyLock::new(|| {
    words(
        "authorization binary collation concurrently cross current_schema freeze full ilike \
        inner is isnull join left like natural notnull outer overlaps right similar tablesample verbose",
    )
});

/// Words that may name a column; before a parenthesis or as a type they are syntax.
static COLUMN: Words = LazyLock::new(|| {
    words(
        "between bigint bit boolean char character coalesce dec decimal exists extract float greatest \
        grouping inout int integer interval json json_array json_arrayagg json_exists json_object json_objectagg \
        json_query json_scalar json_serialize json_table json_value least merge_action national nchar none normalize \
        nullif numeric out overlay position precision real row setof smallint substring time timestamp treat trim values \
        varchar xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize \
        xmltable",
    )
});

fn words(list: &'static str) -> HashSet<&'static str> {
    list.split_whitespace().collect()
}

/// Whether the word without quotes is, or may be, something else than the word in quotes.
pub(super) fn needs_quotes(word: &str) -> bool {
    is_reserved(word) || FUNCTION_OR_TYPE.contains(word) || COLUMN.contains(word)
}

/// Whether the word without quotes is never a column.
pub(super) fn is_reserved(word: &str) -> bool {
    RESERVED.contains(word) || FUNCTION_OR_TYPE.contains(word)
}

/// Whether the word before a parenthesis is never a function.
pub(super) fn is_syntax(word: &str) -> bool {
    RESERVED.contains(word)
}

/// Whether the quotes may be left out where a column stands, and nothing else could.
pub(super) fn may_name_a_column(word: &str) -> bool {
    !is_reserved(word)
}

/// Whether the quotes may be left out where a function is called.
pub(super) fn may_name_a_function(word: &str) -> bool {
    !RESERVED.contains(word) && (!COLUMN.contains(word) || word == "substring")
}

/// Types of `pg_catalog` that people write.
static BUILTIN: Words = LazyLock::new(|| {
    words(
        "aclitem bit boolean box bpchar bytea cid cidr circle date daterange datemultirange \
        float4 float8 inet int2 int2vector int4 int4multirange int4range int8 int8multirange int8range bool integer \
        bigint smallint interval json jsonb jsonpath line lseg macaddr macaddr8 money name numeric nummultirange \
        numrange oid oidvector path pg_lsn point polygon real record refcursor regclass regcollation regconfig \
        regdictionary regnamespace regoper regoperator regproc regprocedure regrole regtype text tid time timestamp \
        timestamptz timetz trigger event_trigger tsmultirange tsquery tsrange tstzmultirange tstzrange tsvector \
        txid_snapshot uuid varbit varchar void xid xid8 xml anyelement anyarray",
    )
});

/// Whether it is a type of `pg_catalog`: an object of this name elsewhere is never meant by the bare name.
pub(super) fn is_builtin_type(name: &str) -> bool {
    BUILTIN.contains(name)
}
