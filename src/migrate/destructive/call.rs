//! Functions that a plan calls: those that it creates are read where they stand, those that are there already as the database
//! has them.

use serde::Deserialize;
use serde_json::Value;

use super::read::Reader;
use super::{Call, Found, Unseen};
use crate::platform::facts::SCHEMAS;
use crate::source::{Origin, Source};
use crate::sql::{QualifiedName, Token, quote_literal};

/// What stands before a parenthesis in most statements, and is none of a user's functions: it need not be asked about.
const ORDINARY: [&str; 72] = [
    "abs",
    "all",
    "and",
    "any",
    "array",
    "array_agg",
    "as",
    "avg",
    "begin",
    "by",
    "call",
    "case",
    "cast",
    "char",
    "check",
    "clock_timestamp",
    "coalesce",
    "concat",
    "count",
    "current_setting",
    "date_trunc",
    "do",
    "else",
    "exists",
    "extract",
    "filter",
    "format",
    "from",
    "gen_random_uuid",
    "generate_series",
    "greatest",
    "if",
    "in",
    "into",
    "is",
    "json_agg",
    "json_build_object",
    "jsonb_agg",
    "jsonb_build_object",
    "key",
    "least",
    "left",
    "length",
    "lower",
    "ltrim",
    "max",
    "min",
    "nextval",
    "not",
    "now",
    "nullif",
    "numeric",
    "on",
    "or",
    "over",
    "references",
    "replace",
    "round",
    "rtrim",
    "select",
    "set_config",
    "setval",
    "string_agg",
    "substring",
    "sum",
    "then",
    "timezone",
    "trim",
    "unique",
    "upper",
    "values",
    "varchar",
];

/// A function or procedure that is there already.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Function {
    schema: String,
    name: String,
    /// `sql`, `plpgsql` and others.
    language: String,
    /// Its text, empty where the server keeps it in another form.
    body: String,
    /// Whether the server lets it write.
    volatile: bool,
    /// It sets a search path of its own.
    path: bool,
}

/// The SELECT of the functions that are called, with those that they may call in turn; `None` where only the server's own are.
/// Those of extensions and of the platform are not among them.
pub fn functions_question(found: &Found) -> Option<String> {
    let asked = |call: &&Call| match call.name.schema.as_deref() {
        Some(schema) => !schema.starts_with("pg_") && !is_platforms(schema),
        None => !ORDINARY.contains(&call.name.name.as_str()),
    };
    let mut names: Vec<String> = (found.calls.iter().filter(asked))
        .map(|call| quote_literal(&call.name.name))
        .collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return None;
    }
    let platform: Vec<String> = (SCHEMAS.iter())
        .filter(|schema| is_platforms(schema.name))
        .map(|schema| quote_literal(schema.name))
        .collect();
    // A body that has the name of a function in it may call it; which it does, its text tells.
    Some(format!(
        "with recursive own as (select p.oid, s.nspname as schema, p.proname as name, l.lanname as language, p.prosrc as body, \
         p.provolatile = 'v' as volatile, coalesce(p.proconfig::text ~ 'search_path', false) as path \
         from pg_catalog.pg_proc p join pg_catalog.pg_namespace s on s.oid = p.pronamespace \
         join pg_catalog.pg_language l on l.oid = p.prolang where p.prokind in ('f', 'p') and s.nspname !~ '^pg_' \
         and s.nspname <> 'information_schema' and s.nspname <> all (array[{}]::text[]) \
         and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass \
         and d.objid = p.oid and d.deptype = 'e')), \
         called as (select oid from own where name = any (array[{}]::text[]) union \
         select o.oid from called c join own b on b.oid = c.oid \
         join own o on strpos(lower(b.body), lower(o.name)) > 0) \
         select coalesce(json_agg(json_build_object('schema', schema, 'name', name, 'language', language, 'body', body, \
         'volatile', volatile, 'path', path) order by schema, name, oid), '[]') from own where oid in (select oid from called)",
        platform.join(", "),
        names.join(", ")
    ))
}

/// The answer to [`functions_question`].
///
/// # Errors
/// Where it does not have the expected shape.
pub fn functions(answer: &Value) -> Result<Vec<Function>, serde_json::Error> {
    Vec::deserialize(answer)
}

fn is_platforms(schema: &str) -> bool {
    schema != "public" && SCHEMAS.iter().any(|known| known.name == schema)
}

impl Reader {
    /// The functions that a statement calls.
    pub(super) fn called(&mut self, source: &Source, tokens: &[Token<'_>]) {
        for at in 1..tokens.len() {
            if !tokens[at].is_symbol("(") {
                continue;
            }
            let Some(name) = tokens[at - 1].identifier() else {
                continue;
            };
            let schema = (at >= 3 && tokens[at - 2].is_symbol("."))
                .then(|| tokens[at - 3].identifier())
                .flatten();
            // `insert into t (a, b)`: a table and its columns.
            let before = at.checked_sub(if schema.is_some() { 4 } else { 2 });
            let before = before.and_then(|before| tokens.get(before));
            if before.is_some_and(|token| token.is_word("into") || token.is_word("references")) {
                continue;
            }
            let place = self.place.clone();
            let origin = place.unwrap_or_else(|| source.origin(tokens[at - 1].span.clone()));
            self.call(&QualifiedName { schema, name }, &origin);
        }
    }

    pub(super) fn call(&mut self, name: &QualifiedName, origin: &Origin) {
        if let Some((source, range)) = self.functions.get(&name.name).cloned() {
            if self.inside.insert(name.name.clone()) {
                self.body(&source, range);
                self.inside.remove(&name.name);
            }
            return;
        }
        let call = Call {
            name: name.clone(),
            origin: origin.clone(),
        };
        if !self.calls.contains(&call) {
            self.calls.push(call);
        }
        let is_it = |it: &&Function| {
            it.name == name.name && name.schema.as_ref().is_none_or(|of| *of == it.schema)
        };
        let known: Vec<Function> = self.existing.iter().filter(is_it).cloned().collect();
        for function in known {
            self.existing_body(function, origin);
        }
    }

    fn existing_body(&mut self, function: Function, origin: &Origin) {
        let name = format!("{}.{}", function.schema, function.name);
        let is_text = ["sql", "plpgsql"].contains(&function.language.as_str());
        if !is_text || function.body.trim().is_empty() {
            if function.volatile {
                self.unseen(Unseen {
                    origin: origin.clone(),
                    text: format!("{name}()"),
                    name,
                });
            }
            return;
        }
        let key = format!("{name} {}", function.body);
        if !self.inside.insert(key.clone()) {
            return;
        }
        let (place, within) = (self.place.clone(), self.within.clone());
        let (anywhere, names) = (self.anywhere, self.names.anywhere);
        self.place = Some(origin.clone());
        self.within = Some(name.clone());
        self.anywhere |= function.path;
        self.names.anywhere = self.anywhere;
        let length = function.body.len();
        let source = Source::new(name, function.body);
        self.body(&source, 0..length);
        (self.place, self.within) = (place, within);
        (self.anywhere, self.names.anywhere) = (anywhere, names);
        self.inside.remove(&key);
    }

    /// Notes that something is not looked at, once for its place.
    pub(super) fn unseen(&mut self, unseen: Unseen) {
        if !self.unseen.contains(&unseen) {
            self.unseen.push(unseen);
        }
    }
}
