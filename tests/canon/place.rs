//! A text written at a place of a schema, and what the catalog has of it.

use supaproof::catalog::{self, Catalog, Selection};
use supaproof::meaning::canon::{Of, Question, Relation};

use crate::support::Server;

/// What the texts are about beside the table of `generate`.
pub(crate) const MORE: &str = r#"
    create extension if not exists citext schema extensions;
    create table public.members (user_id uuid, org integer, role text);
    create table app.things (id integer, owner uuid, label text);
    create table public."Odd ""table"". 😀" ("drop table" integer, "Größe" text, "select" text, "a.b" integer, plain integer);
    create table public.parts (a integer, note text, at timestamptz) partition by range (a);
    create function public.fire() returns trigger language plpgsql as 'begin return new; end';
    create function app.allowed(integer) returns boolean language sql stable as 'select true';
    create domain public.short as varchar(5);
    create collation public.german (provider = libc, locale = 'C');
    alter table public.t enable row level security;
    alter table public.t add column cit extensions.citext;
    set search_path = public, extensions;
"#;

/// Where a text is written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    Check,
    Using,
    /// Of a column of this type.
    Default(&'static str),
    /// Of a column of this type.
    Generated(&'static str),
    /// With this access method.
    Index(&'static str),
    Where,
    When,
    View,
    /// Over this type.
    Domain(&'static str),
    Type,
}

fn t() -> Relation {
    relation("t")
}

pub(crate) fn relation(name: &str) -> Relation {
    Relation {
        schema: "public".to_owned(),
        name: name.to_owned(),
    }
}

/// Writes texts, each at its place, and says what the catalog has there afterwards.
pub(crate) fn written(server: &Server, texts: &[(Place, &str)]) -> Vec<(Of, String)> {
    // Columns come first: once its row type is used, a table takes no more of them.
    let (mut first, then): (Vec<_>, Vec<_>) = texts
        .iter()
        .enumerate()
        .partition(|(_, (place, _))| matches!(place, Place::Generated(_)));
    first.extend(then);
    for (n, (place, text)) in first {
        let ddl = match place {
            Place::Check => format!("alter table public.t add constraint k{n} check ({text})"),
            Place::Using => format!("create policy k{n} on public.t using ({text})"),
            Place::Default(of) => format!("create table public.k{n} (c {of} default {text})"),
            Place::Generated(of) => {
                format!(
                    "alter table public.t add column k{n} {of} generated always as ({text}) stored"
                )
            }
            Place::Index(method) => {
                format!("create index k{n} on public.t using {method} ({text})")
            }
            Place::Where => format!("create index k{n} on public.t (a) where {text}"),
            Place::When => format!(
                "create trigger k{n} after update on public.t for each row when ({text}) execute function public.fire()"
            ),
            Place::View => format!("create view public.k{n} as {text}"),
            Place::Domain(of) => format!("create domain public.k{n} as {of} check ({text})"),
            Place::Type => format!("create table public.k{n} (c {text})"),
        };
        server.sql(
            "postgres",
            &format!("set search_path = public, extensions; {ddl}"),
        );
    }
    let document = server.json("postgres", &catalog::statement(&Selection::typed()));
    let catalog = Catalog::parse(document).unwrap();
    let printed = |sql: String| -> Option<String> {
        let text = server.json(
            "postgres",
            &format!("set search_path = ''; select to_json({sql})"),
        );
        text.as_str().map(ToOwned::to_owned)
    };
    let read = |n: usize, place: Place| -> Option<(Of, String)> {
        let name = format!("k{n}");
        let column = |table: &str, name: &str| {
            catalog
                .columns_of("public", table)
                .ok()?
                .find(|c| c.name == name)
                .cloned()
        };
        let index = || {
            catalog
                .indexes
                .known()
                .unwrap()
                .iter()
                .find(|i| i.name == name)
        };
        Some(match place {
            Place::Check => {
                let all = catalog.constraints.known().unwrap();
                let found = all.iter().find(|c| c.name == name)?;
                (Of::Condition(t()), found.expression.clone()?)
            }
            Place::Using => {
                let found = catalog
                    .policies
                    .known()
                    .unwrap()
                    .iter()
                    .find(|p| p.name == name)?;
                (Of::Condition(t()), found.using.clone()?)
            }
            Place::Default(_) => {
                let found = column(&name, "c")?;
                (Of::Value(relation(&name), found.r#type), found.default?)
            }
            Place::Generated(_) => {
                let found = column("t", &name)?;
                (Of::Value(t(), found.r#type), found.generated?)
            }
            Place::Index(method) => {
                let of = Of::IndexColumn(t(), method.to_owned());
                (of, index()?.columns[0].to_string())
            }
            Place::Where => (Of::Condition(t()), index()?.predicate.clone()?),
            Place::When => {
                let found = catalog
                    .triggers
                    .known()
                    .unwrap()
                    .iter()
                    .find(|t| t.name == name)?;
                (Of::When(t()), found.when.clone()?)
            }
            Place::View => (
                Of::Select,
                printed(format!("pg_get_viewdef('public.{name}'::regclass)"))?,
            ),
            Place::Domain(_) => {
                let of = "select typbasetype, typtypmod from pg_type where typname =";
                let of = printed(format!(
                    "(select format_type(typbasetype, typtypmod) from ({of} '{name}') b)"
                ))?;
                let check = "select pg_get_expr(conbin, 0) from pg_constraint where contypid =";
                (
                    Of::DomainCheck(of),
                    printed(format!("({check} 'public.{name}'::regtype)"))?,
                )
            }
            Place::Type => (Of::Type, column(&name, "c")?.r#type),
        })
    };
    texts
        .iter()
        .enumerate()
        .map(|(n, (place, text))| {
            read(n, *place).unwrap_or_else(|| panic!("`{text}` is not in the catalog"))
        })
        .collect()
}

/// The questions whether what is expected is what was written, by place.
pub(crate) fn questions(server: &Server, rows: &[(Place, &str, &str)]) -> Vec<Question> {
    let texts: Vec<(Place, &str)> = rows
        .iter()
        .map(|(place, text, _)| (*place, *text))
        .collect();
    written(server, &texts)
        .into_iter()
        .zip(rows)
        .map(|((of, found), (_, _, expected))| Question {
            of,
            schema: "public".to_owned(),
            expected: (*expected).to_owned(),
            found,
        })
        .collect()
}
