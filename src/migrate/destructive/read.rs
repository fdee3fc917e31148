//! From statements to deeds.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::cursor::{Cursor, at_top, enclosed, list, string};
use super::names::Names;
use super::{Call, Checked, Deed, Found, Function, Unseen, What};
use crate::migrate::file::Script;
use crate::source::{Origin, Source};
use crate::sql::{
    NamedObject, ObjectKind, QualifiedName, Statement, Token, named_objects, statements_in,
};

/// Reads scripts one after the other.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) names: Names,
    found: Vec<Deed>,
    pub(super) unseen: Vec<Unseen>,
    pub(super) calls: Vec<Call>,
    pub(super) checked: Vec<Checked>,
    /// Functions that are in the database already.
    pub(super) existing: Vec<Function>,
    /// That of them which is being read.
    pub(super) within: Option<String>,
    /// Statements that the plan prepared.
    prepared: BTreeSet<String>,
    /// A statement was read that may have written rows.
    pub(super) wrote: bool,
    /// What the plan creates, with the place among the deeds: what was taken away before comes back.
    created: Vec<(usize, Made)>,
    /// Bodies of functions that the plan creates.
    pub(super) functions: BTreeMap<String, (Source, Range<usize>)>,
    /// How deep in texts within texts the reader is.
    pub(super) depth: usize,
    /// Those that are being read.
    pub(super) inside: BTreeSet<String>,
    pub(super) anywhere: bool,
    /// The place of what stands in a text that is not a part of the file as it is.
    pub(super) place: Option<Origin>,
}

/// Statements whose expressions run.
const RUNS: [&str; 11] = [
    "select", "call", "perform", "with", "insert", "update", "delete", "merge", "values",
    "explain", "declare",
];

/// An object without rows of its own, by kind, table and name.
pub(super) type Made = (String, String, String);

impl Reader {
    pub(super) fn script(&mut self, script: &Script) {
        let sets_path = |token: &Token<'_>| {
            token.is_word("search_path")
                || string(token).is_some_and(|(_, text)| text == "search_path")
        };
        // Of a function its own setting is none of the file's.
        self.anywhere = script.statements().iter().any(|statement| {
            let first = statement.tokens().next();
            let sets = first.is_some_and(|t| t.is_word("set") || t.is_word("select"));
            sets && statement.tokens().any(|token| sets_path(&token))
        });
        self.names.anywhere = self.anywhere;
        for statement in script.statements() {
            self.statement(statement);
        }
    }

    /// All that was found, without what comes back.
    pub(super) fn finish(self) -> Found {
        let created = self.created;
        let comes_back = |(at, deed): &(usize, Deed)| {
            made_of(&deed.what)
                .is_some_and(|made| created.iter().any(|(when, new)| when > at && *new == made))
        };
        let deeds = self.found.into_iter().enumerate();
        Found {
            deeds: deeds
                .filter(|deed| !comes_back(deed))
                .map(|(_, deed)| deed)
                .collect(),
            unseen: self.unseen,
            calls: self.calls,
            checked: self.checked,
        }
    }

    /// Notes something that is made, and may have been taken away before.
    pub(super) fn makes(&mut self, made: Made) {
        self.created.push((self.found.len(), made));
    }

    pub(super) fn push(&mut self, what: What, statement: &Statement) {
        self.found.push(Deed {
            what,
            origin: self.place.clone().unwrap_or_else(|| statement.origin()),
            anywhere: self.anywhere,
        });
    }

    pub(super) fn statement(&mut self, statement: &Statement) {
        let tokens: Vec<Token<'_>> = statement.tokens().collect();
        let mut cursor = Cursor::new(&tokens);
        let Some(first) = cursor.next() else { return };
        let source = statement.origin().source;
        let first = first.text.to_ascii_lowercase();
        match first.as_str() {
            "create" => self.create(statement, &tokens),
            "drop" => self.drop(statement, &tokens, cursor),
            "alter" => self.alter(statement, cursor),
            "truncate" => self.truncate(statement, cursor),
            "do" => self.block(statement, &tokens),
            "delete" | "update" => self.write(statement, &tokens),
            "merge" => self.merge(statement, &tokens),
            "prepare" => self.prepare(statement, &tokens, cursor),
            "execute" => {
                let name = cursor.ident();
                if !name.is_some_and(|name| self.prepared.contains(&name)) {
                    self.not_looked_at(&source, statement.span());
                }
            }
            "with" => self.with(statement, &tokens),
            "explain" => {
                // Only ANALYZE runs it; to list one more costs a look.
                let at = tokens
                    .iter()
                    .position(|t| t.is_word("delete") || t.is_word("update"));
                if let (true, Some(at)) = (tokens.iter().any(|t| t.is_word("analyze")), at) {
                    self.write(statement, &tokens[at..]);
                }
            }
            _ => {}
        }
        if RUNS.contains(&first.as_str())
            || first == "alter" && tokens.get(1).is_some_and(|token| token.is_word("table"))
        {
            self.called(&source, &tokens);
        }
        // The query of CREATE TABLE … AS runs at once.
        let second = tokens.get(1..).unwrap_or_default();
        if first == "create"
            && (second.iter().take(3)).any(|t| t.is_word("table") || t.is_word("materialized"))
            && let Some(at) = at_top(&tokens, "as")
        {
            self.called(&source, &tokens[at..]);
        }
        self.wrote |= first != "alter" && RUNS.contains(&first.as_str())
            || ["do", "truncate", "execute", "copy"].contains(&first.as_str());
    }

    /// The statement that PREPARE keeps, as if it ran.
    fn prepare(&mut self, statement: &Statement, tokens: &[Token<'_>], mut cursor: Cursor<'_, '_>) {
        self.prepared.extend(cursor.ident());
        let source = statement.origin().source;
        if let Some(at) = at_top(tokens, "as")
            && let Some(token) = tokens.get(at + 1)
            && let Ok(found) = statements_in(&source, token.span.start..statement.span().end)
        {
            found.iter().for_each(|inner| self.statement(inner));
        }
    }

    /// `merge into … when … then delete`.
    fn merge(&mut self, statement: &Statement, tokens: &[Token<'_>]) {
        let tokens = enclosed(tokens);
        let mut cursor = Cursor::new(tokens);
        cursor.take(&["merge", "into"]);
        let deletes = |two: &[Token<'_>]| two[0].is_word("then") && two[1].is_word("delete");
        if tokens.windows(2).any(deletes)
            && let Some(table) = cursor.table().and_then(|table| self.names.before(&table))
        {
            self.push(What::Merge { table }, statement);
        }
    }

    /// Notes that a statement checks the rows of a table.
    pub(super) fn checks(&mut self, statement: &Statement, table: &QualifiedName) {
        if let Some(table) = self.names.before(table) {
            self.checked.push(Checked {
                table,
                origin: self.place.clone().unwrap_or_else(|| statement.origin()),
                text: statement.first_line(80),
            });
        }
    }

    fn create(&mut self, statement: &Statement, tokens: &[Token<'_>]) {
        if tokens.get(1).is_some_and(|t| t.is_word("unique"))
            && let Some(at) = at_top(tokens, "on")
            && let Some(table) = Cursor::new(&tokens[at + 1..]).table()
        {
            self.checks(statement, &table);
        }
        for object in named_objects(statement) {
            if matches!(object.kind, ObjectKind::Function | ObjectKind::Procedure) {
                self.remember_body(statement, tokens, &object.name);
            }
            if let Some(made) = made(&object) {
                self.makes(made);
            }
        }
    }

    fn drop(&mut self, statement: &Statement, tokens: &[Token<'_>], mut cursor: Cursor<'_, '_>) {
        let cascade = tokens.last().is_some_and(|token| token.is_word("cascade"));
        if cursor.take(&["owned", "by"]) {
            for role in list(cursor.rest()) {
                if let Some(role) = Cursor::new(role).ident() {
                    self.push(What::Owned { role }, statement);
                }
            }
            return;
        }
        for object in named_objects(statement) {
            let name = QualifiedName {
                schema: object.schema.clone(),
                name: object.name.clone(),
            };
            let relation = |kind| (kind, true);
            let (kind, is_relation) = match &object.kind {
                ObjectKind::Table => relation("table"),
                ObjectKind::ForeignTable => relation("foreign table"),
                ObjectKind::View => relation("view"),
                ObjectKind::MaterializedView => relation("materialized view"),
                ObjectKind::Index => relation("index"),
                ObjectKind::Sequence => relation("sequence"),
                _ => ("", false),
            };
            if is_relation {
                if let Some(before) = self.names.before(&name) {
                    let what = What::Relation {
                        kind,
                        name: before,
                        cascade,
                    };
                    self.push(what, statement);
                }
                self.names.drop(&name);
                continue;
            }
            if matches!(object.kind, ObjectKind::Schema) && cascade {
                // The plan itself may have moved them there.
                for (moved, before) in self.names.moved_into(&name.name) {
                    let what = What::Relation {
                        kind: "table",
                        name: before,
                        cascade,
                    };
                    self.push(what, statement);
                    self.names.drop(&moved);
                }
            }
            if let Some(what) = self.dropped(object, name, cascade) {
                self.push(what, statement);
            }
        }
    }

    fn dropped(&self, object: NamedObject, name: QualifiedName, cascade: bool) -> Option<What> {
        let global = |kind| What::Global {
            kind,
            name: name.name.clone(),
        };
        let part = |kind, table: &QualifiedName| {
            Some(What::Part {
                kind,
                table: self.names.before(table)?,
                name: name.name.clone(),
            })
        };
        let function = |kind| What::Function {
            kind,
            name: name.clone(),
        };
        Some(match &object.kind {
            ObjectKind::Policy { table } => part("policy", table)?,
            ObjectKind::Trigger { table } => part("trigger", table)?,
            ObjectKind::Rule { table } => part("rule", table)?,
            ObjectKind::Type => What::Type {
                kind: "type",
                name,
                cascade,
            },
            ObjectKind::Domain => What::Type {
                kind: "domain",
                name,
                cascade,
            },
            ObjectKind::Function => function("function"),
            ObjectKind::Procedure => function("procedure"),
            ObjectKind::Routine => function("routine"),
            ObjectKind::Aggregate => function("aggregate"),
            ObjectKind::Schema => What::Schema {
                name: name.name,
                cascade,
            },
            ObjectKind::Extension => What::Extension { name: name.name },
            ObjectKind::Role => global("role"),
            ObjectKind::EventTrigger => global("event trigger"),
            ObjectKind::Publication => global("publication"),
            ObjectKind::Subscription => global("subscription"),
            ObjectKind::Server => global("server"),
            ObjectKind::ForeignDataWrapper => global("foreign data wrapper"),
            ObjectKind::Database => global("database"),
            ObjectKind::Other(words) => What::Other {
                kind: words.to_lowercase(),
                name,
            },
            _ => return None,
        })
    }

    fn truncate(&mut self, statement: &Statement, mut cursor: Cursor<'_, '_>) {
        cursor.take(&["table"]);
        let cascade = cursor.rest().last().is_some_and(|t| t.is_word("cascade"));
        for part in list(cursor.rest()) {
            let table = Cursor::new(part).table();
            if let Some(table) = table.and_then(|table| self.names.before(&table)) {
                self.push(What::Truncate { table, cascade }, statement);
            }
        }
    }

    /// `delete from …` and `update …`, up to the end or to the parenthesis that closes it.
    fn write(&mut self, statement: &Statement, tokens: &[Token<'_>]) {
        let tokens = enclosed(tokens);
        if is_bounded(tokens) {
            return;
        }
        let mut cursor = Cursor::new(tokens);
        let delete = cursor.take(&["delete", "from"]);
        if !delete && !cursor.take(&["update"]) {
            return;
        }
        let Some(table) = cursor.table().and_then(|t| self.names.before(&t)) else {
            return;
        };
        if delete {
            return self.push(What::Delete { table }, statement);
        }
        let Some(at) = at_top(cursor.rest(), "set") else {
            return;
        };
        let after = &cursor.rest()[at + 1..];
        let ends = ["from", "returning"];
        let end = ends.iter().filter_map(|word| at_top(after, word)).min();
        let columns = list(&after[..end.unwrap_or(after.len())])
            .into_iter()
            .filter_map(|part| {
                let column = Cursor::new(part).ident()?;
                Some(self.names.column(&table, &column).map_or(column, |c| c.1))
            })
            .collect();
        self.push(What::Update { table, columns }, statement);
    }

    /// The deletes and updates of `with … as (delete …) update …`.
    fn with(&mut self, statement: &Statement, tokens: &[Token<'_>]) {
        for (at, token) in tokens.iter().enumerate() {
            let after = at.checked_sub(1).and_then(|before| tokens.get(before));
            let begins = after.is_some_and(|t| t.is_symbol("(") || t.is_symbol(")"));
            if begins && (token.is_word("delete") || token.is_word("update")) {
                self.write(statement, &tokens[at..]);
            }
            if (begins || at > 0) && token.is_word("merge") {
                self.merge(statement, &tokens[at..]);
            }
        }
    }
}

/// Whether a condition says which rows: there is a WHERE, and it is not just true.
fn is_bounded(tokens: &[Token<'_>]) -> bool {
    let Some(at) = at_top(tokens, "where") else {
        return false;
    };
    let condition: Vec<&str> = tokens[at + 1..].iter().map(|t| t.text).take(4).collect();
    let always = match condition.as_slice() {
        [one] | [one, "returning", ..] => one.eq_ignore_ascii_case("true"),
        [one, "=", two] | [one, "=", two, "returning"] => one == two,
        _ => false,
    };
    !always
}

/// A name for comparing it.
pub(super) fn words(name: &QualifiedName) -> String {
    let schema = name.schema.as_deref().unwrap_or("public");
    format!("{schema}.{}", name.name)
}

/// An object that loses nothing where it is dropped and made again.
fn made(object: &NamedObject) -> Option<Made> {
    let name = words(&QualifiedName {
        schema: object.schema.clone(),
        name: object.name.clone(),
    });
    let plain = |kind: &str, name: &str| Some((kind.to_owned(), String::new(), name.to_owned()));
    match &object.kind {
        ObjectKind::Policy { table } => {
            Some(("policy".to_owned(), words(table), object.name.clone()))
        }
        ObjectKind::Trigger { table } => {
            Some(("trigger".to_owned(), words(table), object.name.clone()))
        }
        ObjectKind::Rule { table } => Some(("rule".to_owned(), words(table), object.name.clone())),
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
fn made_of(what: &What) -> Option<Made> {
    let plain = |kind: &str, name: String| Some((kind.to_owned(), String::new(), name));
    match what {
        What::Part { kind, table, name } => Some(((*kind).to_owned(), words(table), name.clone())),
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
