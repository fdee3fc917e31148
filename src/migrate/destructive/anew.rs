//! What a plan takes away and makes again: whether it is the same then.

use std::collections::BTreeSet;

use super::What;
use super::cursor::{Cursor, at_top, enclosed};
use super::names::{Class, Names};
use crate::meaning::{Names as Meant, same_expression, same_optional_expression};
use crate::sql::{NamedObject, ObjectKind, QualifiedName, Token, tokens};

/// An object by kind, table and name.
pub(super) type Made = (String, String, String);

/// A name for comparing it.
pub(super) fn words(name: &QualifiedName) -> String {
    let schema = name.schema.as_deref().unwrap_or("public");
    format!("{schema}.{}", name.name)
}

/// An object that may have been dropped before it is made.
pub(super) fn made(object: &NamedObject, names: &Names) -> Option<Made> {
    let name = words(&QualifiedName {
        schema: object.schema.clone(),
        name: object.name.clone(),
    });
    let plain = |kind: &str, name: &str| Some((kind.to_owned(), String::new(), name.to_owned()));
    let part = |kind: &str, table: &QualifiedName| {
        let table = names.object(Class::Relation, table)?;
        Some((kind.to_owned(), words(&table), object.name.clone()))
    };
    match &object.kind {
        ObjectKind::Policy { table } => part("policy", table),
        ObjectKind::Trigger { table } => part("trigger", table),
        ObjectKind::Rule { table } => part("rule", table),
        ObjectKind::View => plain("view", &name),
        ObjectKind::MaterializedView => plain("materialized view", &name),
        ObjectKind::Index => plain("index", &object.name),
        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Aggregate => {
            plain("function", &name)
        }
        ObjectKind::EventTrigger => plain("event trigger", &object.name),
        ObjectKind::Publication => plain("publication", &object.name),
        ObjectKind::Other(words) => plain(&words.to_lowercase(), &name),
        _ => None,
    }
}

/// What would have to be made for a deed to be undone.
pub(super) fn made_of(what: &What) -> Option<Made> {
    let plain = |kind: &str, name: String| Some((kind.to_owned(), String::new(), name));
    match what {
        What::Part {
            kind, table, name, ..
        } => Some(((*kind).to_owned(), words(table), name.clone())),
        What::Relation {
            kind: kind @ ("view" | "materialized view"),
            name,
            ..
        } => plain(kind, words(name)),
        What::Relation {
            kind: "index",
            name,
            ..
        } => plain("index", name.name.clone()),
        What::Function { name, .. } => plain("function", words(name)),
        What::Global {
            kind: kind @ ("event trigger" | "publication"),
            name,
        } => plain(kind, name.clone()),
        What::Other { kind, name } => plain(kind, words(name)),
        _ => None,
    }
}

/// Whether something guards rows, so that another of its name is not just a new version.
pub(super) fn guards(what: &What) -> bool {
    matches!(
        what,
        What::Part { .. } | What::Relation { kind: "index", .. } | What::Global { .. }
    )
}

/// Whether what the server says of an object is what a statement makes; in doubt not.
pub(super) fn same(server: &str, statement: &str) -> bool {
    let (one, two) = (plain(server), plain(statement));
    if one == two {
        return true;
    }
    let names = Meant::default();
    if let (Some(one), Some(two)) = (check(server), check(statement)) {
        return same_expression(one, two, &names);
    }
    match (policy(server), policy(statement)) {
        (Some(one), Some(two)) => {
            (one.permissive, one.command, one.roles) == (two.permissive, two.command, two.roles)
                && same_optional_expression(one.using, two.using, &names)
                && same_optional_expression(one.check, two.check, &names)
        }
        _ => false,
    }
}

/// The words of a definition, without those that change nothing.
fn plain(text: &str) -> Vec<String> {
    let all: Vec<String> = tokens(text)
        .map(|token| token.identifier().unwrap_or_else(|| token.text.to_owned()))
        .collect();
    let idle: [&[&str]; 7] = [
        &["or", "replace"],
        &["if", "not", "exists"],
        &["concurrently"],
        &["using", "btree"],
        &["public", "."],
        &["only"],
        &[";"],
    ];
    let (mut out, mut at) = (Vec::new(), 0);
    while at < all.len() {
        let rest = &all[at..];
        let skip = idle.iter().find(|words| {
            rest.get(..words.len())
                .is_some_and(|next| next.iter().zip(words.iter()).all(|(a, b)| a == b))
        });
        if let Some(words) = skip {
            at += words.len();
            continue;
        }
        // Two words for one thing.
        let executes = out.last().is_some_and(|last| last == "execute");
        out.push(match rest[0].as_str() {
            "procedure" if executes => "function".to_owned(),
            other => other.to_owned(),
        });
        at += 1;
    }
    out
}

/// The condition of a check constraint.
fn check(text: &str) -> Option<&str> {
    let mut tokens = tokens(text);
    let first = tokens.next().filter(|token| token.is_word("check"))?;
    text.get(first.span.end..)
}

/// A policy as a statement makes it.
struct Policy<'a> {
    permissive: bool,
    command: String,
    roles: BTreeSet<String>,
    using: Option<&'a str>,
    check: Option<&'a str>,
}

fn policy(text: &str) -> Option<Policy<'_>> {
    let tokens: Vec<Token<'_>> = tokens(text).collect();
    let mut cursor = Cursor::new(&tokens);
    if !cursor.take(&["create", "policy"]) {
        return None;
    }
    cursor.ident()?;
    cursor.take(&["on"]);
    cursor.table()?;
    let mut permissive = true;
    if cursor.take(&["as"]) {
        permissive = cursor.ident()? == "permissive";
    }
    let mut command = "all".to_owned();
    if cursor.take(&["for"]) {
        command = cursor.ident()?;
    }
    let mut roles = BTreeSet::new();
    if cursor.take(&["to"]) {
        loop {
            roles.insert(cursor.ident()?);
            if !cursor.symbol(",") {
                break;
            }
        }
    } else {
        roles.insert("public".to_owned());
    }
    let rest = cursor.rest();
    let group = |word: &str| {
        let at = at_top(rest, word)?;
        let open = rest[at..].iter().position(|token| token.is_symbol("("))?;
        let inside = enclosed(rest.get(at + open + 1..)?);
        text.get(inside.first()?.span.start..inside.last()?.span.end)
    };
    Some(Policy {
        permissive,
        command,
        roles,
        using: group("using"),
        check: group("with"),
    })
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn what_is_made_as_it_was_is_the_same() {
        for (server, statement) in [
            (
                "create policy own on public.orders as permissive for all to public using ((total > 0))",
                "CREATE POLICY own ON orders USING (total > 0)",
            ),
            (
                "create policy p on s.t as restrictive for select to anon, authenticated using (true)",
                "create policy p on s.t as restrictive for select to authenticated, anon using (true)",
            ),
            (
                "CREATE TRIGGER a BEFORE UPDATE ON public.t FOR EACH ROW EXECUTE FUNCTION f()",
                "create trigger a before update on t for each row execute procedure f()",
            ),
            (
                "CREATE UNIQUE INDEX i ON public.t USING btree (a)",
                "create unique index concurrently if not exists i on t (a)",
            ),
            ("CHECK ((total > 0))", "check (total > 0)"),
        ] {
            assert!(same(server, statement), "{statement}");
        }
    }

    #[test]
    fn what_is_weaker_is_another() {
        for (server, statement) in [
            (
                "create policy p on public.t as permissive for all to public using (((a and b) or c))",
                "create policy p on t using (a and (b or c))",
            ),
            (
                "create policy p on public.t as permissive for select to anon using (true)",
                "create policy p on t for select using (true)",
            ),
            (
                "create policy p on public.t as restrictive for all to public using (true)",
                "create policy p on t using (true)",
            ),
            (
                "create policy p on public.t as permissive for all to public using (true) with check (a)",
                "create policy p on t using (true)",
            ),
            (
                "CREATE TRIGGER a BEFORE UPDATE ON public.t FOR EACH ROW EXECUTE FUNCTION f()",
                "create trigger a before update on t for each row when (false) execute function f()",
            ),
            (
                "CREATE UNIQUE INDEX i ON public.t USING btree (a)",
                "create index i on t (a)",
            ),
            ("CHECK ((total > 0))", "check (total > 0) not valid"),
            ("CHECK ((total > 0))", "check (total > -1)"),
        ] {
            assert!(!same(server, statement), "{statement}");
        }
    }
}
