//! Short forms and keys of every kind on the rich schema: each passes as it is, and each change of it is found.

use supaproof::catalog::{Catalog, Selection};
use supaproof::source::Source;

use super::suite::{SCHEMA, findings, read};
use super::support::Server;

/// Words that are replaced by others, and the finding that this makes.
type Change = (&'static str, &'static str, &'static str);

/// Suites in the schema `app` that pass, and their changes.
const FORMS: &[(&str, &[Change])] = &[
    (
        "views: {cheap: {columns: {id: int8, price: 'numeric(12, 2)', none: absent}}}",
        &[
            ("int8", "int4", "view-columns column app.cheap.id"),
            ("none", "name", "view-columns column app.cheap.name"),
            (
                "none: absent",
                "nome: text",
                "view-columns column app.cheap.nome",
            ),
            (
                "none: absent}",
                "id2: absent}, other_columns: refused",
                "view-columns column app.cheap.name",
            ),
        ],
    ),
    (
        "materialized_views: {sums: 'select count(*) as n from app.customers', later: {options: {none_of: [fillfactor=70]}}}",
        &[
            (
                "count(*)",
                "sum(id)",
                "materialized-view-definition materialized view app.sums",
            ),
            (
                "none_of",
                "at_least",
                "materialized-view-storage materialized view app.later",
            ),
            (
                "later",
                "cheap",
                "materialized-view-missing materialized view app.cheap",
            ),
        ],
    ),
    (
        "sequences: {numbers: as int start 3 increment by -2 minvalue -100 maxvalue 50 cache 4 cycle owned by bookings.room}",
        &[
            (" start 3", "", "sequence-start sequence app.numbers"),
            (" cache 4", "", "sequence-cache sequence app.numbers"),
            ("cycle", "no cycle", "sequence-cycle sequence app.numbers"),
            ("as int", "as bigint", "sequence-type sequence app.numbers"),
            ("minvalue -100 ", "", "sequence-range sequence app.numbers"),
            (
                "bookings.room",
                "app.bookings.note",
                "sequence-owned-by sequence app.numbers",
            ),
            (
                " owned by bookings.room",
                "",
                "sequence-owned-by sequence app.numbers",
            ),
        ],
    ),
    (
        "domains: {email: \"varchar(200) collate \\\"C\\\" default 'a@b' not null constraint has_at check (VALUE like '%@%') check (length(value) < 100)\"}",
        &[
            ("200", "201", "domain-type domain app.email"),
            (" not null", "", "domain-nullability domain app.email"),
            ("a@b", "a@c", "domain-default domain app.email"),
            (
                " collate \\\"C\\\"",
                "",
                "domain-collation domain app.email",
            ),
            ("'%@%'", "'%'", "domain-checks domain app.email"),
            (
                " check (length(value) < 100)",
                "",
                "domain-checks domain app.email",
            ),
            ("< 100", "< 99", "domain-checks domain app.email"),
        ],
    ),
    (
        "domains: {email: {checks: {has_at: value like '%@%'}}}",
        &[
            (
                "value like '%@%'",
                "{expression: value like '%@%', validated: false}",
                "domain-checks domain app.email",
            ),
            (
                "}}}",
                "}, other_checks: refused}}",
                "domain-checks domain app.email",
            ),
        ],
    ),
    (
        "composite_types: {place: '(street text collate \"C\", zip varchar(10))'}",
        &[
            (
                " collate \"C\"",
                "",
                "composite-type-attributes composite type app.place",
            ),
            (
                "(10)",
                "",
                "composite-type-attributes composite type app.place",
            ),
            (
                ", zip varchar(10)",
                "",
                "composite-type-attributes composite type app.place",
            ),
            (
                "street",
                "strasse",
                "composite-type-attributes composite type app.place",
            ),
        ],
    ),
    (
        "composite_types: {place: {attributes: {zip: varchar(10)}, other_attributes: allowed}}",
        &[(
            "allowed",
            "refused",
            "composite-type-attributes composite type app.place",
        )],
    ),
    (
        "ranges: {span: float8, words: {collation: C, operator_class: text_pattern_ops, subtype_diff: none}}",
        &[
            ("float8", "real", "range-subtype range app.span"),
            (
                "collation: C",
                "collation: none",
                "range-order range app.words",
            ),
            ("none", "float_diff", "range-functions range app.words"),
        ],
    ),
    (
        "extensions: {citext: {version: '>= 1.4, < 2', schema: app, stand_in: false}}",
        &[
            (">= 1.4", "> 1.9", "extension-version extension citext"),
            (
                "schema: app",
                "schema: public",
                "extension-schema extension citext",
            ),
            ("false", "true", "extension-stand-in extension citext"),
        ],
    ),
    (
        "extensions: {citext: '>= 1.4'}",
        &[("'>= 1.4'", "'1.4'", "extension-version extension citext")],
    ),
    (
        "collations: {binary: {provider: libc, locale: C, rules: none}}",
        &[(
            "rules: none",
            "rules: '&a'",
            "collation-locale collation app.binary",
        )],
    ),
    (
        "text_search_configurations: {search: {parser: default, mappings: {word: [plain, pg_catalog.simple], email: simple, protocol: []}}}",
        &[
            (
                "[plain, pg_catalog.simple]",
                "[simple, plain]",
                "text-search-configuration-mappings text search configuration app.search",
            ),
            (
                "email: simple",
                "protocol2: simple",
                "text-search-configuration-mappings text search configuration app.search",
            ),
            (
                "[]}",
                "[]}, other_mappings: refused",
                "text-search-configuration-mappings text search configuration app.search",
            ),
        ],
    ),
    (
        "statistics: {together: {table: orders, kinds: [ndistinct, dependencies], columns: [note, room, lower(note)], target: 50}}",
        &[
            (
                "orders",
                "bookings",
                "statistics-object-table statistics object app.together",
            ),
            (
                "ndistinct, ",
                "",
                "statistics-object-kinds statistics object app.together",
            ),
            (
                "note, room",
                "note",
                "statistics-object-columns statistics object app.together",
            ),
            (
                "lower",
                "upper",
                "statistics-object-columns statistics object app.together",
            ),
            (
                "50",
                "51",
                "statistics-object-target statistics object app.together",
            ),
        ],
    ),
    (
        "text_search_dictionaries: {plain: {template: simple, options: {accept: false, stopwords: english}}}",
        &[
            (
                "accept: false, ",
                "",
                "text-search-dictionary-options text search dictionary app.plain",
            ),
            (
                "simple",
                "snowball",
                "text-search-dictionary-template text search dictionary app.plain",
            ),
        ],
    ),
    (
        "casts: {text as app.place: with function app.to_place(text) as assignment}",
        &[
            (
                " as assignment",
                "",
                "cast-context cast (text AS app.place)",
            ),
            ("(text)", "(int)", "cast-function cast (text AS app.place)"),
            (
                "function app.to_place(text)",
                "inout",
                "cast-function cast (text AS app.place)",
            ),
            (
                "text as",
                "integer as",
                "cast-missing cast (integer AS app.place)",
            ),
        ],
    ),
    (
        "operators: {'===(place, place)': {function: same, commutator: ===, restrict: eqsel, negator: none}, '*(place, place)': absent}",
        &[
            (
                "negator: none",
                "negator: ===",
                "operator-partners operator app.===(place,place)",
            ),
            (
                "same",
                "differ",
                "operator-function operator app.===(place,place)",
            ),
            (
                "'===(place, place)'",
                "'===(none, place)'",
                "operator-missing operator app.===(none,place)",
            ),
            (
                "'*(place, place)'",
                "'*(place, place)': absent, '/=/'",
                "operator-unexpected operator app.===(app.place,app.place)",
            ),
        ],
    ),
    (
        "event_triggers: {app_watch: {event: ddl_command_end, tags: {at_least: [create view]}, function: app.watch()}}",
        &[
            (
                "create view",
                "create table",
                "event-trigger-tags event trigger app_watch",
            ),
            (
                "app.watch",
                "watch",
                "event-trigger-function event trigger app_watch",
            ),
            (
                "function",
                "enabled: always, function",
                "event-trigger-enabled event trigger app_watch",
            ),
        ],
    ),
    (
        "rules: {items: {bookings: {quiet: on delete where old.room = 0 do instead nothing}}}",
        &[
            ("delete", "update", "rule-event rule quiet on app.bookings"),
            (
                " where old.room = 0",
                "",
                "rule-where rule quiet on app.bookings",
            ),
            ("instead ", "", "rule-instead rule quiet on app.bookings"),
            (
                "nothing",
                "notify x",
                "rule-action rule quiet on app.bookings",
            ),
            // A view has rules, too.
            ("bookings", "cheap", "rule-missing rule quiet on app.cheap"),
        ],
    ),
];

#[test]
fn short_forms_mean_what_the_sql_means() {
    for server in Server::each() {
        server.sql_as("supabase_admin", "postgres", SCHEMA).unwrap();
        // Read once: each form gets all that any needs.
        let catalog: Catalog = read(&server, "select 1", &Selection::typed());
        let found = |yaml: &str| {
            let text = format!("schema: app\n{yaml}");
            let source = Source::new("form.yaml", text.as_str());
            let expected = supaproof::expect::parse(&source, "form").unwrap_or_else(|error| {
                panic!("{}\n{yaml}", supaproof::report::render_error(&error))
            });
            let found: Vec<String> = findings(&expected.checks, &catalog).into_iter().collect();
            found.join(", ")
        };
        let mut wrong = Vec::new();
        for (form, changes) in FORMS {
            let all = std::iter::once((String::from(*form), ""));
            let all = all.chain(changes.iter().map(|(from, to, finding)| {
                assert!(form.contains(from), "{from} is not in {form}");
                (form.replacen(from, to, 1), *finding)
            }));
            for (yaml, expected) in all {
                let found = found(&yaml);
                if found != expected {
                    wrong.push(format!("{yaml}\n  found    {found}\n  expected {expected}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
