//! From statements to deeds.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::anew::{Made, guards, made, made_of};
use super::cursor::{Cursor, at_top, list, string};
use super::fires;
use super::names::{Class, Names};
use super::write::Base;
use super::{Call, Checked, Deed, Found, Function, Unseen, What};
use crate::migrate::files::Script;
use crate::migrate::ledger::Fires;
use crate::source::{Origin, Source};
use crate::sql::{
    NamedObject, ObjectKind, QualifiedName, Statement, Token, named_objects, statements_in,
};

/// Reads scripts one after the other.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) names: Names,
    pub(super) found: Vec<Deed>,
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
    /// What the plan creates, with the place among the deeds and the text: what was taken away before comes back.
    created: Vec<(usize, Made, String)>,
    /// Triggers that are in the database already, and those that the plan creates.
    pub(super) triggers: Vec<Fires>,
    pub(super) made_triggers: Vec<fires::Made>,
    /// Views that the plan creates.
    pub(super) views: BTreeMap<(String, String), Base>,
    /// The running file is a data migration, whose statements are repeated.
    pub(super) data: bool,
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
        self.data = script.batch().is_some();
        for statement in script.statements() {
            self.statement(statement);
        }
    }

    /// All that was found, without what comes back.
    pub(super) fn finish(self) -> Found {
        let created = self.created;
        let finished = |(at, mut deed): (usize, Deed)| {
            let later = || created.iter().filter(|(when, ..)| *when > at);
            let again = made_of(&deed.what)
                .and_then(|made| later().rfind(|(_, new, _)| *new == made))
                .map(|(_, _, text)| text.clone());
            if again.is_some() && !guards(&deed.what) && !deed.what.cascades() {
                return None;
            }
            if deed.what.cascades() {
                deed.later = later().map(|(_, made, _)| made.clone()).collect();
            }
            deed.again = again;
            Some(deed)
        };
        Found {
            deeds: self
                .found
                .into_iter()
                .enumerate()
                .filter_map(finished)
                .collect(),
            unseen: self.unseen,
            calls: self.calls,
            checked: self.checked,
        }
    }

    /// Notes something that is made, and may have been taken away before.
    pub(super) fn makes(&mut self, made: Made, text: &str) {
        self.created.push((self.found.len(), made, text.to_owned()));
    }

    pub(super) fn push(&mut self, what: What, statement: &Statement) {
        self.found.push(Deed {
            what,
            origin: self.place.clone().unwrap_or_else(|| statement.origin()),
            anywhere: self.anywhere,
            again: None,
            later: Vec::new(),
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
            "insert" => self.upsert(statement, &tokens),
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
        if RUNS.contains(&first.as_str()) || ["truncate", "copy"].contains(&first.as_str()) {
            self.fire(statement, &tokens);
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
            if let Some(made) = made(&object, &self.names) {
                self.replaces(statement, tokens, &object);
                self.makes(made, statement.text());
            }
            let name = QualifiedName {
                schema: object.schema.clone(),
                name: object.name.clone(),
            };
            match &object.kind {
                ObjectKind::Trigger { table } => self.remember_trigger(tokens, table),
                ObjectKind::View => self.remember_view(tokens, &name),
                ObjectKind::Table => {
                    self.views.remove(&self.names.key(&name));
                }
                _ => {}
            }
        }
    }

    /// A trigger or a rule that is replaced is one that goes and comes back.
    fn replaces(&mut self, statement: &Statement, tokens: &[Token<'_>], object: &NamedObject) {
        let (kind, table) = match &object.kind {
            ObjectKind::Trigger { table } => ("trigger", table),
            ObjectKind::Rule { table } => ("rule", table),
            _ => return,
        };
        if Cursor::new(tokens).take(&["create", "or", "replace"])
            && let Some((table, name)) = self.names.part(kind, table, &object.name)
        {
            let what = What::Part {
                kind,
                table,
                name,
                replaced: true,
                cascade: false,
            };
            self.push(what, statement);
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
                self.views.remove(&self.names.key(&name));
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
            let schema = matches!(object.kind, ObjectKind::Schema).then(|| name.name.clone());
            if let Some(what) = self.dropped(object, name, cascade) {
                self.push(what, statement);
            }
            if let Some(schema) = schema {
                self.names.drop_schema(&schema);
            }
        }
    }

    fn dropped(&self, object: NamedObject, name: QualifiedName, cascade: bool) -> Option<What> {
        let names = &self.names;
        let global = |kind| {
            let name = names.global(kind, &name.name)?;
            Some(What::Global { kind, name })
        };
        let part = |kind, table: &QualifiedName| {
            let (table, name) = names.part(kind, table, &name.name)?;
            Some(What::Part {
                kind,
                table,
                name,
                replaced: false,
                cascade,
            })
        };
        let function = |kind| {
            let name = names.object(Class::Function, &name)?;
            Some(What::Function {
                kind,
                name,
                cascade,
            })
        };
        let r#type = |kind| {
            let name = names.object(Class::Type, &name)?;
            Some(What::Type {
                kind,
                name,
                cascade,
            })
        };
        Some(match &object.kind {
            ObjectKind::Policy { table } => part("policy", table)?,
            ObjectKind::Trigger { table } => part("trigger", table)?,
            ObjectKind::Rule { table } => part("rule", table)?,
            ObjectKind::Type => r#type("type")?,
            ObjectKind::Domain => r#type("domain")?,
            ObjectKind::Function => function("function")?,
            ObjectKind::Procedure => function("procedure")?,
            ObjectKind::Routine => function("routine")?,
            ObjectKind::Aggregate => function("aggregate")?,
            ObjectKind::Schema => What::Schema {
                name: names.schema(&name.name)?,
                cascade,
            },
            ObjectKind::Extension => What::Extension {
                name: name.name,
                cascade,
            },
            ObjectKind::Role => global("role")?,
            ObjectKind::EventTrigger => global("event trigger")?,
            ObjectKind::Publication => global("publication")?,
            ObjectKind::Subscription => global("subscription")?,
            ObjectKind::Server => global("server")?,
            ObjectKind::ForeignDataWrapper => global("foreign data wrapper")?,
            ObjectKind::Database => global("database")?,
            ObjectKind::Other(words) => What::Other {
                kind: words.to_lowercase(),
                name,
            },
            _ => return None,
        })
    }
}
