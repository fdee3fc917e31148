//! Views, sequences, types, extensions, text search, casts, operators, event triggers, rules.

use supaproof::catalog::Catalog;
use supaproof::checks::{
    casts::CastExpectation, collations::CollationExpectation,
    composite_types::CompositeTypeExpectation, domains::DomainExpectation,
    event_triggers::EventTriggerExpectation, extensions::ExtensionExpectation,
    materialized_views::MaterializedViewExpectation, operators::OperatorExpectation,
    ranges::RangeExpectation, rules::RuleExpectation, sequences::SequenceExpectation,
    statistics::StatisticsExpectation,
    text_search_configurations::TextSearchConfigurationExpectation,
    text_search_dictionaries::TextSearchDictionaryExpectation, views::ViewExpectation,
};

use super::caught::{EVERY_MAJOR, page};
use super::mutations::Mutation;
use super::suite::{Part, children, judge, objects, plain, rows, typed};

fn parts(catalog: &Catalog) -> Vec<Part> {
    vec![
        objects::<ViewExpectation>("views", catalog, plain),
        objects::<MaterializedViewExpectation>("materialized_views", catalog, plain),
        objects::<SequenceExpectation>("sequences", catalog, plain),
        objects::<DomainExpectation>("domains", catalog, plain),
        objects::<CompositeTypeExpectation>("composite_types", catalog, plain),
        objects::<RangeExpectation>("ranges", catalog, plain),
        objects::<ExtensionExpectation>("extensions", catalog, plain),
        objects::<CollationExpectation>("collations", catalog, plain),
        objects::<CastExpectation>("casts", catalog, typed),
        objects::<OperatorExpectation>("operators", catalog, typed),
        objects::<TextSearchConfigurationExpectation>("text_search_configurations", catalog, plain),
        objects::<TextSearchDictionaryExpectation>("text_search_dictionaries", catalog, plain),
        objects::<StatisticsExpectation>("statistics", catalog, plain),
        objects::<EventTriggerExpectation>("event_triggers", catalog, plain),
        children::<RuleExpectation>("rules", catalog),
    ]
}

/// What of a code stands behind the kind, by kind and property of the catalog.
const CODES: &[(&str, &[(&str, &str)])] = &[
    (
        "materialized view",
        &[
            ("access_method", "storage"),
            ("tablespace", "storage"),
            ("options", "storage"),
        ],
    ),
    (
        "view",
        &[
            ("security_invoker", "security-invoker"),
            ("security_barrier", "security-barrier"),
            ("check_option", "check-option"),
        ],
    ),
    (
        "sequence",
        &[
            ("min", "range"),
            ("max", "range"),
            ("owned_by", "owned-by"),
            ("identity", "owned-by"),
            ("persistence", "unlogged"),
        ],
    ),
    ("domain", &[("not_null", "nullability")]),
    ("composite type", &[]),
    (
        "range",
        &[
            ("collation", "order"),
            ("operator_class", "order"),
            ("canonical", "functions"),
            ("subtype_diff", "functions"),
        ],
    ),
    ("extension", &[("stand_in", "stand-in")]),
    ("collation", &[("ctype", "locale"), ("rules", "locale")]),
    ("cast", &[("method", "function")]),
    (
        "operator",
        &[
            ("commutator", "partners"),
            ("negator", "partners"),
            ("restrict", "estimates"),
            ("join", "estimates"),
            ("hashes", "joins"),
            ("merges", "joins"),
        ],
    ),
    ("text search configuration", &[]),
    ("text search dictionary", &[]),
    ("statistics object", &[("expressions", "columns")]),
    (
        "event trigger",
        &[
            ("function_schema", "function"),
            ("function_name", "function"),
        ],
    ),
    ("rule", &[("definition", "where")]),
];

/// Who may do what is for other kinds to say; whose extension an object is, and whether that can be moved, for none.
const NOT_OURS: [&str; 3] = ["privileges", "extension", "relocatable"];

fn code(change: &str, mutation: &Mutation) -> Option<String> {
    let (sign, object) = match change.strip_prefix(['+', '-']) {
        Some(object) => (&change[..1], object),
        None => ("", change),
    };
    let kinds = CODES.iter();
    let (kind, fields) = kinds.copied().find(|(kind, _)| {
        object
            .strip_prefix(kind)
            .is_some_and(|rest| rest.starts_with(' '))
    })?;
    let noun = kind.replace(' ', "-");
    if !sign.is_empty() {
        let code = if sign == "+" { "unexpected" } else { "missing" };
        return Some(format!("{noun}-{code} {object}"));
    }
    let (object, field) = object.rsplit_once(": ").unwrap();
    if NOT_OURS.contains(&field) {
        return None;
    }
    // The definition of a rule holds its other properties, too.
    if (kind, field) == ("rule", "definition") && mutation.changes.len() > 1 {
        return None;
    }
    let code = fields
        .iter()
        .find(|(name, _)| *name == field)
        .map_or(field, |(_, code)| code);
    Some(format!("{noun}-{code} {object}"))
}

#[test]
fn every_change_is_found_where_it_was_written_down() {
    let number = judge(parts, code);
    page(
        "relations-and-types",
        "views, types, sequences and more",
        EVERY_MAJOR,
        &rows(code),
    );
    assert!(number > 90, "{number}");
}
