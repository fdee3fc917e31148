//! Changes to the rich schema, each with all that it changes: one or more for every property.

mod cluster;
mod constraints;
mod functions;
mod others;
mod rules;
mod services;
mod tables;
mod types;
mod views;

/// A change, and the differences that it makes: `+object`, `-object`, `object: property`.
pub(crate) struct Mutation {
    pub(crate) sql: &'static str,
    pub(crate) changes: &'static [&'static str],
    /// What else it changes since Postgres 18, which names not-null constraints.
    pub(crate) since_18: &'static [&'static str],
    /// The first major that knows the syntax.
    pub(crate) from: u32,
}

const fn m(sql: &'static str, changes: &'static [&'static str]) -> Mutation {
    Mutation {
        sql,
        changes,
        since_18: &[],
        from: 15,
    }
}

const fn not_null(
    sql: &'static str,
    changes: &'static [&'static str],
    since_18: &'static [&'static str],
) -> Mutation {
    Mutation {
        sql,
        changes,
        since_18,
        from: 15,
    }
}

const fn since(from: u32, sql: &'static str, changes: &'static [&'static str]) -> Mutation {
    Mutation {
        sql,
        changes,
        since_18: &[],
        from,
    }
}

pub(crate) fn all() -> impl Iterator<Item = &'static Mutation> {
    [
        tables::ALL,
        constraints::ALL,
        views::ALL,
        rules::ALL,
        types::ALL,
        functions::ALL,
        others::ALL,
        cluster::ALL,
        services::ALL,
    ]
    .into_iter()
    .flatten()
}
